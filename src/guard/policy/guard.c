/* The policy: which action for which type in which direction, the word list, and freezing it for use by many. */
#include <string.h>

#include "guard/policy/policy.h"

static const uint32_t DIRECTIONS[3] = {LLM_DIR_INPUT, LLM_DIR_EVIDENCE, LLM_DIR_OUTPUT};

uint32_t sx_guard_type_index(const char *name, size_t len)
{
    sx_type_info info;
    for (uint32_t i = 0; sx_type_at(i, &info); i++) {
        if (strlen(info.name) == len && memcmp(info.name, name, len) == 0) return i;
    }
    return SX_TYPE_MAX;
}

const char *sx_guard_type(uint32_t i)
{
    sx_type_info info;
    return sx_type_at(i, &info) ? info.name : NULL;
}

static llm_status check_params(const sx_guard_params *p, llm_error *err)
{
    if (p->default_action > LLM_ACTION_BLOCK)
        return sx_fail(err, LLM_E_INVALID, "default_action %u is no LLM_ACTION_*", p->default_action);
    if (!(p->min_score <= 1.0f)) return sx_fail(err, LLM_E_INVALID, "min_score %g is above 1", (double)p->min_score);
    return LLM_OK;
}

llm_status sx_guard_create(sx_guard **out, sx_mem *mem, const sx_guard_params *params, llm_error *err)
{
    *out = NULL;
    sx_guard *g = sx_mem_zalloc(mem, sizeof *g);
    if (g == NULL) return sx_fail_memory(err);
    g->mem = g->scan.mem = mem;
    sx_words_init(&g->words, mem);
    sx_dfa_pool_init(&g->scan.pool, mem);
    sx_ac_init(&g->scan.context, mem);
    llm_status status = sx_crypto_init(err);
    if (status == LLM_OK) sx_hasher_begin(&g->says);
    if (status == LLM_OK && !(g->hash_key = sx_secret_alloc(SX_KEY_BYTES))) status = sx_fail_memory(err);
    if (status == LLM_OK && params != NULL) status = check_params(params, err);
    if (status == LLM_OK) status = sx_scan_init(&g->scan, mem, err);
    if (status == LLM_OK && !(g->scouts = sx_scout_stock_create(mem, &g->scan))) status = sx_fail_memory(err);
    for (unsigned b = 0; b < 128; b++) g->ascii_word[b] = sx_is_word(b);
    if (status == LLM_OK && pthread_mutex_init(&g->lock, NULL) != 0)
        status = sx_fail(err, LLM_E_MEMORY, "no mutex for the guard");
    else if (status == LLM_OK)
        g->has_lock = true;
    if (status != LLM_OK) {
        sx_guard_free(g);
        return status;
    }
    if (params != NULL) g->params = *params;
    if (g->params.min_score == 0) g->params.min_score = 0.5f;
    sx_random(g->hash_key, SX_KEY_BYTES);
    g->blocked_type = sx_guard_type_index("BLOCKED", 7);
    *out = g;
    return LLM_OK;
}

void sx_guard_free(sx_guard *guard)
{
    if (guard == NULL) return;
    sx_scout_stock_free(guard->scouts);
    sx_scan_free(&guard->scan);
    sx_words_free(&guard->words);
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
    uint32_t t = sx_guard_type_index(type, strlen(type));
    if (t == SX_TYPE_MAX)
        return sx_fail(err, LLM_E_NOT_FOUND, "there is no finding type \"%.60s\"; llm_guard_type lists them", type);
    if (action == LLM_ACTION_PSEUDONYM && guard->vault == NULL)
        return sx_fail(err, LLM_E_UNSUPPORTED, "pseudonyms need a vault; give the guard one before");
    for (unsigned d = 0; d < 3; d++) {
        if (directions & DIRECTIONS[d]) guard->actions[d][t] = (uint8_t)action;
    }
    return LLM_OK;
}

llm_status sx_guard_add_word(sx_guard *guard, const char *word, size_t len, llm_error *err)
{
    if (guard->frozen) return sx_fail(err, LLM_E_BUSY, "the guard is in use and cannot change; add words before");
    if (word == NULL) return sx_fail(err, LLM_E_INVALID, "no word was given");
    sx_guard_say(guard, "word", word, len);
    return sx_words_add(&guard->words, word, len, err);
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

llm_status sx_guard_freeze(sx_guard *guard, llm_error *err)
{
    llm_status status = LLM_OK;
    pthread_mutex_lock(&guard->lock);
    if (!guard->frozen) {
        if (guard->params.default_action == LLM_ACTION_PSEUDONYM && guard->vault == NULL)
            status = sx_fail(err, LLM_E_UNSUPPORTED, "pseudonyms need a vault; give the guard one before");
        if (status == LLM_OK && guard->words.word_n > 0) status = sx_words_build(&guard->words, err);
        if (status == LLM_OK) take_fingerprint(guard);
        guard->frozen = status == LLM_OK;
    }
    pthread_mutex_unlock(&guard->lock);
    return status;
}

bool sx_guard_action_set(const sx_guard *guard, uint32_t type, uint32_t direction)
{
    unsigned d = 0;
    while (d < 2 && DIRECTIONS[d] != direction) d++;
    return guard->actions[d][type] != 0;
}

uint32_t sx_guard_action(const sx_guard *guard, uint32_t type, uint32_t direction, bool asked)
{
    sx_type_info info;
    unsigned d = 0;
    while (d < 2 && DIRECTIONS[d] != direction) d++;
    if (guard->actions[d][type] != 0) return guard->actions[d][type];
    if (!sx_type_at(type, &info)) return LLM_ACTION_REPLACE;
    if (info.action == LLM_ACTION_REVIEW) return LLM_ACTION_REVIEW; /* a label, not data to cover */
    uint32_t action = guard->params.default_action != 0 ? guard->params.default_action
                      : info.action != 0                ? info.action
                                                        : LLM_ACTION_REPLACE;
    return action == LLM_ACTION_ALLOW && asked && guard->params.default_action == 0 ? LLM_ACTION_REPLACE : action;
}

bool sx_action_edits(uint32_t action)
{
    return action >= LLM_ACTION_REPLACE && action <= LLM_ACTION_PSEUDONYM;
}
