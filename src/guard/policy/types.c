/* The finding types of a guard: those of the tables, and behind them those that its policy brings. */
#include <string.h>

#include "guard/policy/policy.h"

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

static uint32_t table_types(const sx_guard *guard)
{
    return guard->rules->scan.type_n;
}

uint32_t sx_guard_type_count(const sx_guard *guard)
{
    return table_types(guard) + (uint32_t)guard->own_n;
}

uint32_t sx_guard_find_type(const sx_guard *guard, const char *name, size_t len)
{
    uint32_t t = sx_guard_type_index(name, len);
    for (size_t i = 0; t == SX_TYPE_MAX && i < guard->own_n; i++) {
        const char *own = guard->own[i].name;
        if (strlen(own) == len && memcmp(own, name, len) == 0) t = table_types(guard) + (uint32_t)i;
    }
    return t;
}

llm_status sx_guard_make_type(sx_guard *guard, const char *name, size_t len, uint32_t *type, llm_error *err)
{
    *type = sx_guard_find_type(guard, name, len);
    if (*type != SX_TYPE_MAX) return LLM_OK;
    uint32_t made = sx_guard_type_count(guard);
    if (made >= SX_TYPE_MAX)
        return sx_fail(err, LLM_E_LIMIT, "a policy brings at most %u types of its own",
                       SX_TYPE_MAX - table_types(guard));
    if (sx_mem_grow(guard->mem, (void **)&guard->own, &guard->own_cap, guard->own_n + 1, sizeof *guard->own))
        return sx_fail_memory(err);
    const char *copy = sx_arena_strndup(&guard->arena, name, len);
    if (copy == NULL) return sx_fail_memory(err);
    guard->own[guard->own_n++] = (sx_own_type){.name = copy};
    *type = made;
    return LLM_OK;
}

void sx_guard_type_info(const sx_guard *guard, uint32_t type, sx_type_info *info)
{
    if (type >= table_types(guard))
        *info = (sx_type_info){guard->own[type - table_types(guard)].name, NULL, SX_CONTEXT_BYTES, 0, 0};
    else
        (void)sx_type_at(type, info);
    if (guard->own_context[type] && info->context == NULL) {
        info->context = "";
        if (info->before == 0) info->before = SX_CONTEXT_BYTES;
    }
}

const char *sx_guard_type_name(const sx_guard *guard, uint32_t type)
{
    sx_type_info info = {0};
    sx_guard_type_info(guard, type, &info);
    return info.name;
}

float sx_guard_word_score(const sx_guard *guard, uint32_t type)
{
    float own = type >= table_types(guard) ? guard->own[type - table_types(guard)].word_score : 0;
    return own > 0 ? own : 1.0f;
}

void sx_guard_set_word_score(sx_guard *guard, uint32_t type, float score)
{
    if (type >= table_types(guard)) guard->own[type - table_types(guard)].word_score = score;
}
