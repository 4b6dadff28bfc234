/* The policy: what a guard is made of, changing it, and freezing it for use by many. */
#include <string.h>

#include "guard/policy/policy.h"

static llm_status check_params(const sx_guard_params *p, llm_error *err)
{
    if (p->default_action > LLM_ACTION_BLOCK)
        return sx_fail(err, LLM_E_INVALID, "default_action %u is no LLM_ACTION_*", p->default_action);
    if (p->cache != NULL && !sx_file_is_folder(p->cache))
        return sx_fail(err, LLM_E_INVALID, "%s, in which compiled rules were to be kept, is not a folder", p->cache);
    if (!(p->min_score <= 1.0f)) return sx_fail(err, LLM_E_INVALID, "min_score %g is above 1", (double)p->min_score);
    return LLM_OK;
}

/* The compiled rules: those of another guard, or new ones. */
static llm_status take_rules(sx_guard *g, const sx_guard_params *params, llm_error *err)
{
    if (params != NULL && params->like != NULL) {
        g->rules = sx_ruleset_ref(params->like->rules);
        return LLM_OK;
    }
    return sx_ruleset_create(&g->rules, &g->mem->hook, params ? params->cache : NULL, err);
}

static void begin(sx_guard *g, sx_mem *mem)
{
    g->mem = mem;
    atomic_init(&g->refs, 1);
    sx_arena_init(&g->arena, mem);
    sx_words_init(&g->words, mem);
    sx_scan_begin(&g->extra, mem);
    sx_allow_init(&g->allow, mem);
    memset(g->first, 0xff, sizeof g->first);
    for (unsigned b = 0; b < 128; b++) g->ascii_word[b] = sx_is_word(b);
    g->blocked_type = sx_guard_type_index("BLOCKED", 7);
}

llm_status sx_guard_create(sx_guard **out, sx_mem *mem, const sx_guard_params *params, llm_error *err)
{
    *out = NULL;
    sx_guard *g = sx_mem_zalloc(mem, sizeof *g);
    if (g == NULL) return sx_fail_memory(err);
    begin(g, mem);
    llm_status status = sx_crypto_init(err);
    if (status == LLM_OK) sx_hasher_begin(&g->says);
    if (status == LLM_OK && !(g->hash_key = sx_secret_alloc(SX_KEY_BYTES))) status = sx_fail_memory(err);
    if (status == LLM_OK && params != NULL) status = check_params(params, err);
    if (status == LLM_OK && params != NULL) g->params = *params;
    if (status == LLM_OK && pthread_mutex_init(&g->lock, NULL) != 0)
        status = sx_fail(err, LLM_E_MEMORY, "no mutex for the guard");
    else
        g->has_lock = status == LLM_OK;
    if (status == LLM_OK) status = take_rules(g, params, err);
    if (status == LLM_OK && params != NULL && params->policy != NULL) {
        sx_guard_say(g, "policy", params->policy, params->policy_len);
        status = sx_policy_read(g, params->policy, params->policy_len, params->files, err);
    }
    if (status != LLM_OK) {
        sx_guard_free(g);
        return status;
    }
    if (g->params.min_score == 0) g->params.min_score = 0.5f;
    g->params.policy = g->params.files = NULL; /* the caller's, read */
    g->params.like = NULL;
    sx_random(g->hash_key, SX_KEY_BYTES);
    *out = g;
    return LLM_OK;
}

void sx_guard_ref(const sx_guard *guard)
{
    atomic_fetch_add_explicit(&((sx_guard *)guard)->refs, 1, memory_order_relaxed);
}

void sx_guard_free(const sx_guard *held)
{
    sx_guard *guard = (sx_guard *)held;
    if (guard == NULL || atomic_fetch_sub_explicit(&guard->refs, 1, memory_order_acq_rel) != 1) return;
    sx_ruleset_free(guard->rules);
    sx_scan_free(&guard->extra);
    sx_words_free(&guard->words);
    sx_allow_free(&guard->allow);
    sx_mem_free(guard->mem, guard->own);
    sx_mem_free(guard->mem, guard->rulings);
    sx_mem_free(guard->mem, guard->recognisers);
    sx_arena_free(&guard->arena);
    if (guard->has_lock) pthread_mutex_destroy(&guard->lock);
    sx_secret_free(guard->hash_key);
    sx_mem_free(guard->mem, guard);
}

llm_status sx_guard_set_action(sx_guard *guard, const char *type, uint32_t directions, uint32_t action, llm_error *err)
{
    if (guard->frozen) return sx_fail(err, LLM_E_BUSY, "the guard is in use and cannot change; set actions before");
    if (type == NULL || action < LLM_ACTION_ALLOW || action > LLM_ACTION_BLOCK)
        return sx_fail(err, LLM_E_INVALID, "setting an action needs a type and one of LLM_ACTION_*, not %u", action);
    if (directions == 0 || (directions & ~LLM_DIR_ALL) != 0)
        return sx_fail(err, LLM_E_INVALID, "directions %u are not LLM_DIR_* joined", directions);
    uint32_t t = sx_guard_find_type(guard, type, strlen(type));
    if (t == SX_TYPE_MAX)
        return sx_fail(err, LLM_E_NOT_FOUND, "there is no finding type \"%.60s\"; llm_guard_type lists them", type);
    if (action == LLM_ACTION_PSEUDONYM && guard->vault == NULL)
        return sx_fail(err, LLM_E_UNSUPPORTED, "pseudonyms need a vault; give the guard one before");
    for (unsigned d = 0; d < 3; d++) {
        if (directions >> d & 1u) guard->actions[d][t] = (uint8_t)action;
    }
    return LLM_OK;
}

llm_status sx_guard_add_word(sx_guard *guard, const char *word, size_t len, llm_error *err)
{
    if (guard->frozen) return sx_fail(err, LLM_E_BUSY, "the guard is in use and cannot change; add words before");
    if (word == NULL) return sx_fail(err, LLM_E_INVALID, "no word was given");
    guard->has_words[guard->blocked_type] = true;
    sx_guard_say(guard, "word", word, len);
    return sx_words_add(&guard->words, word, len, guard->blocked_type, err);
}

void sx_guard_say(sx_guard *guard, const char *what, const void *bytes, size_t len)
{
    const uint64_t size = len;
    sx_hasher_add(&guard->says, what, strlen(what) + 1);
    sx_hasher_add(&guard->says, &size, sizeof size);
    sx_hasher_add(&guard->says, bytes, len);
}

/* Everything that decides what is done with a text: the rules are those of the library's version. */
static void take_fingerprint(sx_guard *guard)
{
    unsigned char digest[SX_HASH_BYTES];
    const sx_guard_params *p = &guard->params;
    sx_guard_say(guard, "library", LLM_VERSION, sizeof LLM_VERSION);
    sx_guard_say(guard, "default", &p->default_action, sizeof p->default_action);
    sx_guard_say(guard, "score", &p->min_score, sizeof p->min_score);
    sx_guard_say(guard, "hold", &p->max_hold, sizeof p->max_hold);
    sx_guard_say(guard, "actions", guard->actions, sizeof guard->actions);
    sx_hasher_end(&guard->says, digest);
    memcpy(guard->fingerprint, digest, sizeof guard->fingerprint);
}

const unsigned char *sx_guard_fingerprint(const sx_guard *guard)
{
    return guard->fingerprint;
}

void sx_guard_set_audit(sx_guard *guard, struct sx_audit *audit)
{
    guard->audit = audit;
}

void sx_guard_set_vault(sx_guard *guard, sx_vault *vault)
{
    guard->vault = vault;
}

/* Does anything ask for pseudonyms? */
static bool wants_vault(const sx_guard *guard)
{
    bool wants = guard->params.default_action == LLM_ACTION_PSEUDONYM;
    for (unsigned d = 0; d < 3; d++) wants = wants || guard->defaults[d] == LLM_ACTION_PSEUDONYM;
    for (size_t i = 0; i < guard->ruling_n; i++) wants = wants || guard->rulings[i].action == LLM_ACTION_PSEUDONYM;
    for (unsigned d = 0; d < 3; d++) {
        for (size_t t = 0; t < SX_TYPE_MAX; t++) wants = wants || guard->actions[d][t] == LLM_ACTION_PSEUDONYM;
    }
    return wants;
}

static void take_reaches(sx_guard *guard)
{
    for (uint32_t t = 0; t < sx_guard_type_count(guard); t++) {
        sx_type_info info = {0};
        sx_guard_type_info(guard, t, &info);
        guard->reach[t] = (sx_reach){.words = info.context != NULL,
                                     .before = (uint8_t)info.before,
                                     .behind = (uint8_t)info.behind,
                                     .action = (uint8_t)info.action};
    }
}

/* Nothing is added any more: what the list of rulings grew ahead goes back. */
static void trim_rulings(sx_guard *guard)
{
    if (guard->ruling_n == 0 || guard->ruling_n == guard->ruling_cap) return;
    sx_ruling *less = sx_mem_realloc(guard->mem, guard->rulings, guard->ruling_n * sizeof *guard->rulings);
    if (less == NULL) return; /* as good as it was */
    guard->rulings = less;
    guard->ruling_cap = guard->ruling_n;
}

llm_status sx_guard_freeze(sx_guard *guard, llm_error *err)
{
    llm_status status = LLM_OK;
    pthread_mutex_lock(&guard->lock);
    if (!guard->frozen) {
        if (guard->vault == NULL && wants_vault(guard))
            status = sx_fail(err, LLM_E_UNSUPPORTED, "pseudonyms need a vault; give the guard one before");
        if (status == LLM_OK && guard->words.word_n > 0)
            status = sx_words_build(&guard->words, guard->params.cache, err);
        if (status == LLM_OK) take_fingerprint(guard);
        if (status == LLM_OK) take_reaches(guard);
        guard->pseudonyms = guard->vault != NULL && wants_vault(guard);
        if (status == LLM_OK) trim_rulings(guard);
        guard->frozen = status == LLM_OK;
    }
    pthread_mutex_unlock(&guard->lock);
    return status;
}
