#include "engine/grammar/rules.h"

#include <string.h>

enum { LAST_CODE_POINT = 0x10ffff, SURROGATES_BEGIN = 0xd800, SURROGATES_END = 0xdfff };

void sx_rules_init(sx_rules *rules, sx_arena *arena)
{
    *rules = (sx_rules){.arena = arena};
}

void sx_rules_free(sx_rules *rules)
{
    sx_mem_free(rules->arena->mem, rules->rules);
}

uint32_t sx_rules_add(sx_rules *rules, const char *name, size_t len)
{
    const char *copy = sx_arena_strndup(rules->arena, name, len);
    if (!copy || sx_mem_grow(rules->arena->mem, (void **)&rules->rules, &rules->cap, rules->n + 1, sizeof(sx_rule))) {
        rules->failed = true;
        return 0;
    }
    rules->rules[rules->n] = (sx_rule){copy, NULL};
    return (uint32_t)rules->n++;
}

static sx_expr *make(sx_rules *rules, sx_expr_kind kind)
{
    sx_expr *e = sx_arena_alloc(rules->arena, sizeof *e);
    if (e) e->kind = kind;
    if (!e) rules->failed = true;
    return e;
}

sx_expr *sx_expr_bytes(sx_rules *rules, const char *bytes, size_t len)
{
    sx_expr *e = make(rules, SX_EXPR_BYTES);
    if (!e) return NULL;
    e->bytes = sx_arena_strndup(rules->arena, bytes, len);
    e->len = len;
    if (!e->bytes) rules->failed = true;
    return e->bytes ? e : NULL;
}

sx_expr *sx_expr_text(sx_rules *rules, const char *text)
{
    return sx_expr_bytes(rules, text, strlen(text));
}

static void sort(sx_range *v, size_t n)
{
    for (size_t gap = n / 2; gap > 0; gap /= 2)
        for (size_t i = gap; i < n; i++) {
            sx_range x = v[i];
            size_t k = i;
            for (; k >= gap && v[k - gap].lo > x.lo; k -= gap) v[k] = v[k - gap];
            v[k] = x;
        }
}

/* Sorted ranges that touch or overlap become one. */
static size_t join(sx_range *v, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept && v[i].lo <= v[kept - 1].hi + 1) {
            if (v[i].hi > v[kept - 1].hi) v[kept - 1].hi = v[i].hi;
        } else {
            v[kept++] = v[i];
        }
    }
    return kept;
}

static void add_range(sx_expr *e, sx_range *out, uint32_t lo, uint32_t hi)
{
    if (lo <= hi) out[e->n_ranges++] = (sx_range){lo, hi};
}

/* Without the surrogates, which no text in UTF-8 holds. */
static void add_encodable(sx_expr *e, sx_range *out, uint32_t lo, uint32_t hi)
{
    if (hi > LAST_CODE_POINT) hi = LAST_CODE_POINT;
    add_range(e, out, lo, hi < SURROGATES_BEGIN ? hi : SURROGATES_BEGIN - 1);
    add_range(e, out, lo > SURROGATES_END ? lo : SURROGATES_END + 1, hi);
}

sx_expr *sx_expr_class(sx_rules *rules, const sx_range *ranges, size_t n, bool negated)
{
    sx_expr *e = make(rules, SX_EXPR_CLASS);
    sx_range *sorted = sx_arena_alloc(rules->arena, (n + 1) * sizeof *sorted);
    sx_range *out = sx_arena_alloc(rules->arena, (2 * n + 4) * sizeof *out);
    if (!e || !sorted || !out) {
        rules->failed = true;
        return NULL;
    }
    if (n) memcpy(sorted, ranges, n * sizeof *sorted);
    sort(sorted, n);
    n = join(sorted, n);
    uint32_t from = 0;
    for (size_t i = 0; i < n; i++) {
        if (!negated)
            add_encodable(e, out, sorted[i].lo, sorted[i].hi);
        else if (sorted[i].lo > from)
            add_encodable(e, out, from, sorted[i].lo - 1);
        from = sorted[i].hi + 1;
    }
    if (negated && from <= LAST_CODE_POINT) add_encodable(e, out, from, LAST_CODE_POINT);
    e->ranges = out;
    return e;
}

sx_expr *sx_expr_list(sx_rules *rules, sx_expr_kind kind)
{
    return make(rules, kind);
}

void sx_expr_add(sx_expr *list, sx_expr *child)
{
    if (!list || !child) return;
    if (list->last)
        list->last->next = child;
    else
        list->first = child;
    list->last = child;
}

sx_expr *sx_expr_repeat(sx_rules *rules, sx_expr *child, uint32_t min, uint32_t max)
{
    sx_expr *e = make(rules, SX_EXPR_REPEAT);
    if (!e || !child) return NULL;
    e->min = min;
    e->max = max;
    sx_expr_add(e, child);
    return e;
}

sx_expr *sx_expr_rule(sx_rules *rules, uint32_t rule)
{
    sx_expr *e = make(rules, SX_EXPR_RULE);
    if (e) e->rule = rule;
    return e;
}
