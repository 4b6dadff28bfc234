/* The rule tables into the form that is searched. */
#include <string.h>

#include "guard/scan/chars.h"
#include "guard/scan/scan.h"

llm_status sx_scan_add_context(sx_scan *scan, uint32_t type, const char *word, size_t len, llm_error *err)
{
    return sx_context_add(&scan->context, type, word, len, err);
}

static llm_status add_context(sx_scan *scan, uint32_t type, const char *words, llm_error *err)
{
    while (words != NULL && *words != 0) {
        size_t n = strcspn(words, "|");
        llm_status status = sx_scan_add_context(scan, type, words, n, err);
        if (status != LLM_OK) return status;
        words += n + (words[n] == '|');
    }
    return LLM_OK;
}

static llm_status type_index(const sx_rule *rule, uint32_t *out, llm_error *err)
{
    sx_type_info info;
    for (size_t i = 0; sx_type_at(i, &info); i++) {
        if (strcmp(info.name, rule->type) == 0) {
            *out = (uint32_t)i;
            return LLM_OK;
        }
    }
    return sx_fail(err, LLM_E_INTERNAL, "the rule %s has a type that is not listed: %s", rule->name, rule->type);
}

/* Room for one more rule. */
static llm_status make_room(sx_scan *scan, llm_error *err)
{
    const size_t n = scan->rule_n + 1;
    if (sx_mem_grow(scan->mem, (void **)&scan->rules, &scan->rule_cap, n, sizeof *scan->rules) ||
        sx_mem_grow(scan->mem, (void **)&scan->dfas, &scan->dfa_cap, n, sizeof *scan->dfas) ||
        sx_mem_grow(scan->mem, (void **)&scan->type_of, &scan->type_cap, n, sizeof *scan->type_of))
        return sx_fail_memory(err);
    return LLM_OK;
}

static void put_rule(sx_scan *scan, const sx_rule *rule, uint32_t type, const sx_dfa *dfa)
{
    scan->dfas[scan->rule_n] = *dfa;
    scan->type_of[scan->rule_n] = (uint16_t)type;
    scan->rules[scan->rule_n++] = rule;
}

llm_status sx_scan_add_rule(sx_scan *scan, sx_pattern_compiler *compiler, const sx_rule *rule, uint32_t type,
                            llm_error *err)
{
    sx_dfa dfa;
    llm_status status = make_room(scan, err);
    if (status == LLM_OK) status = sx_pattern_compile(compiler, &scan->pool, rule->pattern, &dfa, err);
    if (status == LLM_OK) put_rule(scan, rule, type, &dfa);
    return status;
}

/* Bytes that begin or continue no rule differently share a class; the first class is of bytes that begin and continue none. */
static llm_status head_classes(sx_scan *scan, llm_error *err)
{
    size_t n = scan->rule_n;
    uint16_t *rows = sx_mem_array(scan->mem, 256 * 2 * (n + 1),
                                  sizeof *rows); /* per byte: its first and second steps */
    if (rows == NULL) return sx_fail_memory(err);
    for (unsigned b = 0; b < 256; b++) {
        for (size_t r = 0; r < n; r++) {
            const sx_dfa *d = &scan->dfas[r];
            rows[(b * n + r) * 2] = sx_dfa_step(&scan->pool, d, SX_PATTERN_START, (uint8_t)b);
            rows[(b * n + r) * 2 + 1] = scan->pool.class_of[d->class_of + b];
        }
    }
    scan->heads = 0;
    for (unsigned b = 0; b < 256; b++) {
        unsigned same = sx_fold_skips((uint8_t)b) ? b : 0; /* alone: it stands for any */
        while (same < b && memcmp(rows + same * n * 2, rows + b * n * 2, n * 2 * sizeof *rows) != 0) same++;
        scan->head_class[b] = same < b ? scan->head_class[same] : (uint8_t)scan->heads++;
    }
    sx_mem_free(scan->mem, rows);
    return LLM_OK;
}

/* Can a rule in this state go on with the byte? One that folding left over says nothing, a match of one byte needs no second. */
static bool goes_on(const sx_scan *scan, size_t rule, uint16_t state, uint8_t byte)
{
    if ((state & SX_PATTERN_ACCEPT) || sx_fold_skips(byte)) return true;
    return sx_dfa_step(&scan->pool, &scan->dfas[rule], state, byte) != SX_PATTERN_DEAD;
}

/* The lists of one first byte: those rules that it can begin behind such a character, by second byte. */
static llm_status lists_of(sx_scan *scan, uint32_t behind, uint8_t first, const uint8_t *sample, uint32_t *at,
                           llm_error *err)
{
    uint16_t live[SX_RULES_MAX], states[SX_RULES_MAX];
    size_t n = 0;
    for (size_t r = 0; r < scan->rule_n && n < SX_RULES_MAX; r++) {
        uint32_t flags = scan->rules[r]->flags;
        bool letters = (flags & SX_RULE_LEFT_LETTERS) != 0, any = (flags & SX_RULE_LEFT_ANY) != 0;
        if (behind == SX_BEHIND_DIGIT && (letters || !any)) continue;
        if (behind == SX_BEHIND_LETTER && !letters && !any) continue;
        states[n] = sx_dfa_step(&scan->pool, &scan->dfas[r], SX_PATTERN_START, first);
        live[n] = (uint16_t)r;
        n += states[n] != SX_PATTERN_DEAD;
    }
    for (uint32_t second = 0; second < scan->heads; second++) {
        at[second] = (uint32_t)scan->list_n;
        for (size_t i = 0; i < n; i++) {
            if (!goes_on(scan, live[i], states[i], sample[second])) continue;
            if (sx_mem_grow(scan->mem, (void **)&scan->lists, &scan->list_cap, scan->list_n + 1, sizeof *scan->lists))
                return sx_fail_memory(err);
            scan->lists[scan->list_n++] = live[i];
        }
    }
    return LLM_OK;
}

static llm_status make_lists(sx_scan *scan, llm_error *err)
{
    llm_status status = scan->rule_n <= SX_RULES_MAX ? head_classes(scan, err)
                                                     : sx_fail(err, LLM_E_INTERNAL, "more than %u rules", SX_RULES_MAX);
    if (status != LLM_OK) return status;
    uint32_t heads = scan->heads;
    uint8_t sample[256];
    for (unsigned b = 256; b-- > 0;) sample[scan->head_class[b]] = (uint8_t)b;
    scan->list_at = sx_mem_array(scan->mem, SX_BEHIND * (size_t)heads * heads + 1, sizeof *scan->list_at);
    if (scan->list_at == NULL) return sx_fail_memory(err);
    for (uint32_t i = 0; status == LLM_OK && i < SX_BEHIND * heads; i++)
        status = lists_of(scan, i / heads, sample[i % heads], sample, scan->list_at + (size_t)i * heads, err);
    scan->list_at[SX_BEHIND * heads * heads] = (uint32_t)scan->list_n;
    scan->quiet = sx_mem_array(scan->mem, SX_BEHIND * (size_t)heads * heads / 64 + 1, sizeof *scan->quiet);
    if (scan->quiet == NULL) return sx_fail_memory(err);
    for (uint32_t i = 0; i < SX_BEHIND * heads * heads; i++)
        scan->quiet[i / 64] |= (uint64_t)(scan->list_at[i] == scan->list_at[i + 1]) << (i % 64);
    return status;
}

static llm_status make_facts(sx_scan *scan, llm_error *err)
{
    scan->facts = sx_mem_array(scan->mem, scan->rule_n + 1, sizeof *scan->facts);
    if (scan->facts == NULL) return sx_fail_memory(err);
    for (size_t r = 0; r < scan->rule_n; r++) {
        const sx_rule *rule = scan->rules[r];
        float raised = rule->in_context > 0 ? rule->in_context : rule->score + 0.35f;
        bool affirms = rule->check != NULL && sx_check_may_affirm(rule->check);
        float given = affirms ? sx_check_most(rule->check, rule->arg) : 0;
        scan->facts[r] = (sx_fact){.score = rule->score,
                                   .most = given > rule->score ? given : rule->score,
                                   .raised = raised > 1.0f ? 1.0f : raised,
                                   .span = rule->span != 0 ? rule->span : UINT16_MAX,
                                   .required = (rule->flags & SX_RULE_REQUIRED) != 0,
                                   .context = (rule->flags & SX_RULE_CONTEXT) != 0,
                                   .affirms = affirms,
                                   .apart = (rule->flags & (SX_RULE_LEFT_ANY | SX_RULE_LEFT_LETTERS)) == 0};
    }
    return LLM_OK;
}

/* kept: the automata of all rules in their order, or NULL: they are compiled. */
static llm_status add_tables(sx_scan *scan, sx_pattern_compiler *compiler, const sx_dfa *kept, llm_error *err)
{
    sx_rule_table table;
    sx_type_info type;
    llm_status status = LLM_OK;
    for (size_t t = 0; status == LLM_OK && sx_rule_table_at(t, &table); t++) {
        for (size_t i = 0; status == LLM_OK && i < table.count; i++) {
            uint32_t number = 0;
            status = type_index(&table.rules[i], &number, err);
            if (status == LLM_OK && kept == NULL)
                status = sx_scan_add_rule(scan, compiler, &table.rules[i], number, err);
            else if (status == LLM_OK && (status = make_room(scan, err)) == LLM_OK)
                put_rule(scan, &table.rules[i], number, &kept[scan->rule_n]);
        }
    }
    for (uint32_t t = 0; status == LLM_OK && sx_type_at(t, &type); t++) {
        status = add_context(scan, t, type.context, err);
        scan->type_n = t + 1;
    }
    if (status == LLM_OK && scan->type_n > SX_TYPE_MAX)
        status = sx_fail(err, LLM_E_INTERNAL, "more than %u finding types", SX_TYPE_MAX);
    return status == LLM_OK ? sx_scan_end(scan, err) : status;
}

void sx_scan_begin(sx_scan *scan, sx_mem *mem)
{
    memset(scan, 0, sizeof *scan);
    scan->mem = mem;
    sx_dfa_pool_init(&scan->pool, mem);
    sx_context_init(&scan->context, mem);
}

llm_status sx_scan_end(sx_scan *scan, llm_error *err)
{
    llm_status status = sx_context_build(&scan->context, err);
    if (status == LLM_OK) status = make_lists(scan, err);
    if (status == LLM_OK) status = make_facts(scan, err);
    return status == LLM_OK ? sx_scan_make_beside(scan, err) : status;
}

static llm_status compile_tables(sx_scan *scan, llm_error *err)
{
    sx_pattern_compiler *compiler;
    llm_status status = sx_pattern_compiler_create(&compiler, scan->mem, err);
    if (status == LLM_OK) status = add_tables(scan, compiler, NULL, err);
    sx_pattern_compiler_free(compiler);
    return status;
}

/* Of all that the automata of the tables are made from; returns how many there are. */
static size_t digest_of_tables(unsigned char key[SX_HASH_BYTES])
{
    const uint64_t format = SX_KEPT_FORMAT;
    sx_rule_table table;
    sx_hasher h;
    size_t n = 0;
    sx_hasher_begin(&h);
    sx_hasher_add(&h, "rules " LLM_VERSION, sizeof "rules " LLM_VERSION);
    sx_hasher_add(&h, &format, sizeof format);
    for (size_t t = 0; sx_rule_table_at(t, &table); t++)
        for (size_t i = 0; i < table.count; i++, n++)
            sx_hasher_add(&h, table.rules[i].pattern, strlen(table.rules[i].pattern) + 1);
    sx_hasher_end(&h, key);
    return n;
}

static llm_status take_tables(sx_scan *scan, const char *folder, llm_error *err)
{
    unsigned char key[SX_HASH_BYTES];
    sx_kept_part parts[SX_DFA_POOL_PARTS];
    sx_kept kept;
    const sx_dfa *dfas;
    const size_t n = digest_of_tables(key);
    if (sx_kept_open(&kept, scan->mem, folder, key)) {
        if (sx_dfa_pool_take(&scan->pool, &kept, &dfas, n)) return add_tables(scan, NULL, dfas, err);
        sx_kept_close(&kept);
        return sx_kept_refuse(folder, err);
    }
    llm_status status = compile_tables(scan, err);
    if (status != LLM_OK) return status;
    sx_dfa_pool_parts(&scan->pool, scan->dfas, n, parts);
    (void)sx_kept_write(scan->mem, folder, key, parts, SX_DFA_POOL_PARTS,
                        NULL); /* else it is compiled again next time */
    return LLM_OK;
}

llm_status sx_scan_init(sx_scan *scan, sx_mem *mem, const char *folder, llm_error *err)
{
    sx_scan_begin(scan, mem);
    llm_status status = folder ? take_tables(scan, folder, err) : compile_tables(scan, err);
    if (status != LLM_OK) sx_scan_free(scan);
    return status;
}

void sx_scan_free(sx_scan *scan)
{
    sx_dfa_pool_free(&scan->pool);
    sx_context_free(&scan->context);
    sx_mem_free(scan->mem, scan->rules);
    sx_mem_free(scan->mem, scan->dfas);
    sx_mem_free(scan->mem, scan->type_of);
    sx_mem_free(scan->mem, scan->lists);
    sx_mem_free(scan->mem, scan->list_at);
    sx_mem_free(scan->mem, scan->quiet);
    sx_mem_free(scan->mem, scan->facts);
    sx_mem_free(scan->mem, scan->rows);
    *scan = (sx_scan){.mem = scan->mem};
}
