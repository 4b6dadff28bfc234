/* Compiled rules with a count of their holders. */
#include "guard/policy/ruleset.h"

llm_status sx_ruleset_create(sx_ruleset **out, const llm_allocator *hook, const char *folder, llm_error *err)
{
    sx_mem first;
    *out = NULL;
    sx_mem_init(&first, hook);
    sx_ruleset *rules = sx_mem_zalloc(&first, sizeof *rules);
    if (rules == NULL) return sx_fail_memory(err);
    sx_mem_init(&rules->mem, hook);
    atomic_store(&rules->mem.live_bytes, atomic_load(&first.live_bytes));
    atomic_init(&rules->refs, 1);
    sx_scan_begin(&rules->scan, &rules->mem);
    llm_status status = sx_scan_init(&rules->scan, &rules->mem, folder, err);
    if (status == LLM_OK && !(rules->scouts = sx_scout_stock_create(&rules->mem, &rules->scan)))
        status = sx_fail_memory(err);
    if (status != LLM_OK) {
        sx_ruleset_free(rules);
        return status;
    }
    *out = rules;
    return LLM_OK;
}

sx_ruleset *sx_ruleset_ref(sx_ruleset *rules)
{
    atomic_fetch_add_explicit(&rules->refs, 1, memory_order_relaxed);
    return rules;
}

void sx_ruleset_free(sx_ruleset *rules)
{
    if (rules == NULL || atomic_fetch_sub_explicit(&rules->refs, 1, memory_order_acq_rel) != 1) return;
    sx_scout_stock_free(rules->scouts);
    sx_scan_free(&rules->scan);
    sx_mem_free(&rules->mem, rules);
}
