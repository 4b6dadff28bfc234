/* The allow list: a hash table of whole values, a short list of ends, an automaton for each pattern. */
#include "guard/policy/allow.h"

#include <string.h>

#include "guard/scan/scan.h"
#include "platform/unicode.h"

void sx_allow_init(sx_allow *allow, sx_mem *mem)
{
    memset(allow, 0, sizeof *allow);
    allow->mem = mem;
    sx_arena_init(&allow->arena, mem);
    sx_map_init(&allow->whole, mem);
    sx_dfa_pool_init(&allow->pool, mem);
}

void sx_allow_free(sx_allow *allow)
{
    if (allow->mem == NULL) return;
    sx_map_free(&allow->whole);
    sx_mem_free(allow->mem, allow->ends);
    sx_mem_free(allow->mem, allow->patterns);
    sx_dfa_pool_free(&allow->pool);
    sx_arena_free(&allow->arena);
    sx_allow_init(allow, allow->mem);
}

bool sx_allow_empty(const sx_allow *allow)
{
    return allow->whole.count == 0 && allow->end_n == 0 && allow->pattern_n == 0;
}

/* What whole values are kept under: folded, a NUL, the type. */
static llm_status key_of(sx_buf *out, const char *value, size_t len, const char *type)
{
    sx_buf_clear(out);
    llm_status status = sx_uc_fold(value, len, out);
    sx_buf_char(out, '\0');
    if (type != NULL) sx_buf_str(out, type);
    return status == LLM_OK ? sx_buf_status(out) : status;
}

static llm_status add_end(sx_allow *allow, sx_buf *folded, const char *text, size_t len, const char *type,
                          llm_error *err)
{
    if (allow->end_n >= SX_ALLOW_ENDS_MAX)
        return sx_fail(err, LLM_E_LIMIT, "an allow list holds at most %d entries that begin with *", SX_ALLOW_ENDS_MAX);
    if (sx_uc_fold(text, len, folded) != LLM_OK ||
        sx_mem_grow(allow->mem, (void **)&allow->ends, &allow->end_cap, allow->end_n + 1, sizeof *allow->ends))
        return sx_fail_memory(err);
    struct sx_allow_end end = {.len = folded->len};
    end.text = sx_arena_strndup(&allow->arena, sx_buf_cstr(folded), folded->len);
    end.type = type != NULL ? sx_arena_strndup(&allow->arena, type, strlen(type)) : NULL;
    if (end.text == NULL || (type != NULL && end.type == NULL)) return sx_fail_memory(err);
    allow->ends[allow->end_n++] = end;
    return LLM_OK;
}

llm_status sx_allow_add(sx_allow *allow, const char *text, size_t len, const char *type, llm_error *err)
{
    sx_buf folded;
    llm_status status = LLM_OK;
    sx_buf_init(&folded, allow->mem, 0);
    if (len > 1 && text[0] == '*') {
        status = add_end(allow, &folded, text + 1, len - 1, type, err);
    } else if (key_of(&folded, text, len, type) != LLM_OK) {
        status = sx_fail_memory(err);
    } else {
        const char *key = sx_arena_strndup(&allow->arena, folded.data, folded.len);
        if (key == NULL || sx_map_put(&allow->whole, key, folded.len, 0) != 0) status = sx_fail_memory(err);
        if (folded.len > allow->longest) allow->longest = folded.len;
    }
    sx_buf_free(&folded);
    return status;
}

llm_status sx_allow_has(const sx_allow *allow, sx_buf *scratch, const char *value, size_t len, const char *type,
                        bool *yes)
{
    *yes = false;
    if (allow->whole.count == 0 && allow->end_n == 0) return LLM_OK;
    llm_status status = key_of(scratch, value, len, type);
    if (status != LLM_OK) return status;
    size_t folded = scratch->len - strlen(type) - 1;
    *yes = folded + 1 <= allow->longest && (sx_map_get(&allow->whole, scratch->data, scratch->len) != SX_MAP_NONE ||
                                            sx_map_get(&allow->whole, scratch->data, folded + 1) != SX_MAP_NONE);
    for (size_t i = 0; i < allow->end_n && !*yes; i++) {
        const struct sx_allow_end *end = &allow->ends[i];
        *yes = end->len < folded && memcmp(scratch->data + folded - end->len, end->text, end->len) == 0 &&
               (end->type == NULL || strcmp(end->type, type) == 0);
    }
    return LLM_OK;
}

llm_status sx_allow_add_pattern(sx_allow *allow, sx_pattern_compiler *compiler, const char *pattern,
                                const sx_type_set *types, llm_error *err)
{
    struct sx_allow_pattern p = {.types = *types};
    llm_status status = sx_pattern_compile(compiler, &allow->pool, pattern, &p.dfa, err);
    if (status != LLM_OK) return status;
    if (sx_mem_grow(allow->mem, (void **)&allow->patterns, &allow->pattern_cap, allow->pattern_n + 1,
                    sizeof *allow->patterns))
        return sx_fail_memory(err);
    allow->patterns[allow->pattern_n++] = p;
    return LLM_OK;
}

/* Does the automaton accept at the last byte? It reads on past earlier ends. */
static bool matches_whole(const sx_dfa_pool *pool, const sx_dfa *dfa, const uint8_t *fold, size_t len)
{
    uint16_t state = SX_PATTERN_START;
    for (size_t i = 0; i < len && state != SX_PATTERN_DEAD; i++) {
        if (!sx_fold_skips(fold[i])) state = sx_dfa_step(pool, dfa, state & (SX_PATTERN_ACCEPT - 1), fold[i]);
    }
    return (state & SX_PATTERN_ACCEPT) != 0;
}

bool sx_allow_matches(const sx_allow *allow, const uint8_t *fold, size_t len, uint32_t type)
{
    for (size_t i = 0; i < allow->pattern_n; i++) {
        const struct sx_allow_pattern *p = &allow->patterns[i];
        if ((p->types.bits[type / 64] >> type % 64 & 1u) == 0) continue;
        if (matches_whole(&allow->pool, &p->dfa, fold, len)) return true;
    }
    return false;
}
