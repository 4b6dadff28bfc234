/* Subset construction: Thompson automaton to tables over byte classes. */
#include "guard/scan/pattern.h"

#include <string.h>

#include "guard/scan/pattern_nfa.h"

enum { STATE_MAX = 6000 };

struct sx_pattern_compiler {
    sx_mem *mem;
    uint64_t steps;      /* that may still be taken */
    const char *pattern; /* being compiled, for sentences */
    sx_nfa nfa;
    uint8_t class_of[256];
    uint8_t sample[256]; /* one byte of each class */
    unsigned classes;
    uint16_t *members; /* the states' node lists, one after the other */
    size_t member_n, member_cap;
    struct dstate {
        uint32_t first, count;
        bool accepts;
    } * states;
    size_t state_n, state_cap;
    uint32_t *table; /* open addressing over states, by list; 0: free */
    size_t table_cap;
    uint32_t *mark; /* per node: last closure that saw it */
    size_t mark_cap;
    uint32_t stamp;
    uint16_t *stack, *list;
    size_t stack_cap, list_cap;
};

llm_status sx_pattern_compiler_create(sx_pattern_compiler **out, sx_mem *mem, llm_error *err)
{
    sx_pattern_compiler *c = sx_mem_zalloc(mem, sizeof *c);
    *out = NULL;
    if (c == NULL) return sx_fail_memory(err);
    c->mem = c->nfa.mem = mem;
    c->steps = UINT64_MAX;
    *out = c;
    return LLM_OK;
}

void sx_pattern_compiler_free(sx_pattern_compiler *c)
{
    if (c == NULL) return;
    sx_nfa_free(&c->nfa);
    sx_mem_free(c->mem, c->members);
    sx_mem_free(c->mem, c->states);
    sx_mem_free(c->mem, c->table);
    sx_mem_free(c->mem, c->mark);
    sx_mem_free(c->mem, c->stack);
    sx_mem_free(c->mem, c->list);
    sx_mem_free(c->mem, c);
}

void sx_pattern_compiler_limit(sx_pattern_compiler *compiler, uint64_t steps)
{
    compiler->steps = steps;
}

void sx_dfa_pool_init(sx_dfa_pool *pool, sx_mem *mem)
{
    *pool = (sx_dfa_pool){.mem = mem};
}

void sx_dfa_pool_free(sx_dfa_pool *pool)
{
    if (pool->kept.map.data == NULL) {
        sx_mem_free(pool->mem, pool->next);
        sx_mem_free(pool->mem, pool->class_of);
    }
    sx_kept_close(&pool->kept);
    *pool = (sx_dfa_pool){.mem = pool->mem};
}

/* Bytes that no set of this pattern tells apart share a class. */
static void make_classes(sx_pattern_compiler *c)
{
    memset(c->class_of, 0, sizeof c->class_of);
    c->classes = 1;
    for (size_t s = 0; s < c->nfa.set_n; s++) {
        uint16_t split[256];
        unsigned before = c->classes;
        memset(split, 0xff, sizeof split);
        bool outside[256] = {false};
        for (unsigned b = 0; b < 256; b++) {
            if (!sx_nfa_has(&c->nfa.sets[s], (uint8_t)b)) outside[c->class_of[b]] = true;
        }
        for (unsigned b = 0; b < 256; b++) {
            uint8_t k = c->class_of[b];
            if (k >= before || !outside[k] || !sx_nfa_has(&c->nfa.sets[s], (uint8_t)b)) continue;
            if (split[k] == 0xffff) split[k] = (uint16_t)c->classes++;
            c->class_of[b] = (uint8_t)split[k];
        }
    }
    for (unsigned b = 256; b-- > 0;) c->sample[c->class_of[b]] = (uint8_t)b;
}

static llm_status scratch(sx_pattern_compiler *c, llm_error *err)
{
    size_t n = c->nfa.node_n;
    size_t old = c->mark_cap;
    if (sx_mem_grow(c->mem, (void **)&c->mark, &c->mark_cap, n, sizeof *c->mark) ||
        sx_mem_grow(c->mem, (void **)&c->stack, &c->stack_cap, 2 * n + 2, sizeof *c->stack) ||
        sx_mem_grow(c->mem, (void **)&c->list, &c->list_cap, n, sizeof *c->list))
        return sx_fail_memory(err);
    if (c->mark_cap > old) memset(c->mark + old, 0, (c->mark_cap - old) * sizeof *c->mark);
    if (c->table == NULL) {
        c->table_cap = 2 * 8192;
        c->table = sx_mem_array(c->mem, c->table_cap, sizeof *c->table);
        if (c->table == NULL) return sx_fail_memory(err);
    }
    memset(c->table, 0, c->table_cap * sizeof *c->table);
    c->member_n = c->state_n = 0;
    return LLM_OK;
}

/* Adds node and what is reachable without a byte to the list of this stamp. */
static void closure(sx_pattern_compiler *c, uint16_t node, size_t *n)
{
    size_t depth = 0;
    c->stack[depth++] = node;
    while (depth > 0) {
        uint16_t k = c->stack[--depth];
        if (k == SX_NFA_NONE || c->mark[k] == c->stamp) continue;
        c->mark[k] = c->stamp;
        const sx_nfa_node *at = &c->nfa.nodes[k];
        if (at->kind == SX_NFA_SPLIT) {
            c->stack[depth++] = at->out;
            c->stack[depth++] = at->out2;
        } else {
            c->list[(*n)++] = k;
        }
    }
}

/* The same for any order of the list. */
static uint64_t hash_set(const uint16_t *v, size_t n)
{
    uint64_t h = n;
    for (size_t i = 0; i < n; i++) {
        uint64_t x = (v[i] + 1) * 0x9e3779b97f4a7c15u;
        h += x ^ x >> 29;
    }
    return h ^ h >> 32;
}

/* Is the state made of the nodes of the current list? They bear the current stamp. */
static bool is_current(const sx_pattern_compiler *c, const struct dstate *s, size_t n)
{
    if (s->count != n) return false;
    for (size_t i = 0; i < n; i++) {
        if (c->mark[c->members[s->first + i]] != c->stamp) return false;
    }
    return true;
}

static bool has_match(const sx_pattern_compiler *c, size_t n) /* does the current list? */
{
    for (size_t i = 0; i < n; i++)
        if (c->nfa.nodes[c->list[i]].kind == SX_NFA_MATCH) return true;
    return false;
}

/* The number of the state with the current list; a new one when unknown. */
static llm_status intern(sx_pattern_compiler *c, size_t n, uint16_t *id, llm_error *err)
{
    size_t slot = (size_t)hash_set(c->list, n) & (c->table_cap - 1);
    for (; c->table[slot] != 0; slot = (slot + 1) & (c->table_cap - 1)) {
        if (is_current(c, &c->states[c->table[slot] - 1], n)) {
            *id = (uint16_t)(c->table[slot] - 1);
            return LLM_OK;
        }
    }
    if (c->state_n >= STATE_MAX)
        return sx_fail(err, LLM_E_LIMIT, "the pattern \"%.60s\" needs more than %d states", c->pattern, STATE_MAX);
    if (sx_mem_grow(c->mem, (void **)&c->states, &c->state_cap, c->state_n + 1, sizeof *c->states) ||
        sx_mem_grow(c->mem, (void **)&c->members, &c->member_cap, c->member_n + n, sizeof *c->members))
        return sx_fail_memory(err);
    if (n > 0) memcpy(c->members + c->member_n, c->list, n * sizeof *c->list);
    c->states[c->state_n] = (struct dstate){(uint32_t)c->member_n, (uint32_t)n, has_match(c, n)};
    c->member_n += n;
    *id = (uint16_t)c->state_n++;
    c->table[slot] = (uint32_t)c->state_n;
    return LLM_OK;
}

/* Which of a state's sets have the bytes of each class, a bit per set. False: there are more than 64 of them. */
static bool tell_classes_apart(sx_pattern_compiler *c, const struct dstate *s, uint64_t *tells)
{
    uint16_t sets[64];
    size_t n = 0;
    memset(tells, 0, c->classes * sizeof *tells);
    for (uint32_t i = 0; i < s->count; i++) {
        const sx_nfa_node *at = &c->nfa.nodes[c->members[s->first + i]];
        size_t known = 0;
        if (at->kind != SX_NFA_SET) continue;
        while (known < n && sets[known] != at->set) known++;
        if (known < n) continue;
        if (n == 64) return false;
        for (unsigned k = 0; k < c->classes; k++)
            tells[k] |= (uint64_t)(unsigned)sx_nfa_has(&c->nfa.sets[at->set], c->sample[k]) << n;
        sets[n++] = at->set;
    }
    return true;
}

static llm_status take_steps(sx_pattern_compiler *c, uint64_t n, llm_error *err)
{
    if (c->steps < n)
        return sx_fail(err, LLM_E_LIMIT,
                       "the pattern \"%.60s\" makes too large an automaton; use smaller counts and fewer repeats",
                       c->pattern);
    c->steps -= n;
    return LLM_OK;
}

/* The state that a class of bytes leads to. */
static llm_status target(sx_pattern_compiler *c, const struct dstate *s, unsigned k, uint16_t *to, llm_error *err)
{
    size_t n = 0;
    c->stamp++;
    for (uint32_t i = 0; i < s->count; i++) {
        const sx_nfa_node *at = &c->nfa.nodes[c->members[s->first + i]];
        if (at->kind == SX_NFA_SET && sx_nfa_has(&c->nfa.sets[at->set], c->sample[k])) closure(c, at->out, &n);
    }
    llm_status status = take_steps(c, s->count + n, err);
    return status == LLM_OK ? intern(c, n, to, err) : status;
}

/* Appends the row of one finished state to the pool. Classes that its sets do not tell apart lead to the same state. */
static llm_status emit_state(sx_pattern_compiler *c, sx_dfa_pool *pool, uint16_t state, llm_error *err)
{
    uint64_t tells[256];
    if (sx_mem_grow(pool->mem, (void **)&pool->next, &pool->next_cap, pool->next_n + c->classes, sizeof *pool->next))
        return sx_fail_memory(err);
    const struct dstate s = c->states[state];
    const bool apart = tell_classes_apart(c, &s, tells);
    uint16_t *row = pool->next + pool->next_n;
    llm_status status = take_steps(c, c->classes, err);
    for (unsigned k = 0; status == LLM_OK && k < c->classes; k++) {
        unsigned same = apart ? 0 : k;
        while (same < k && tells[same] != tells[k]) same++;
        if (same < k)
            row[k] = row[same];
        else
            status = target(c, &s, k, &row[k], err);
    }
    if (status == LLM_OK) pool->next_n += c->classes;
    return status;
}

llm_status sx_pattern_compile(sx_pattern_compiler *c, sx_dfa_pool *pool, const char *pattern, sx_dfa *dfa,
                              llm_error *err)
{
    c->pattern = pattern;
    llm_status status = sx_nfa_parse(&c->nfa, pattern, err);
    if (status == LLM_OK) status = scratch(c, err);
    if (status != LLM_OK) return status;
    make_classes(c);
    if (sx_mem_grow(pool->mem, (void **)&pool->class_of, &pool->class_cap, pool->class_n + 256, 1))
        return sx_fail_memory(err);
    memcpy(pool->class_of + pool->class_n, c->class_of, 256);
    *dfa = (sx_dfa){
        .next = (uint32_t)pool->next_n, .class_of = (uint32_t)pool->class_n, .classes = (uint16_t)c->classes};
    pool->class_n += 256;
    uint16_t id;
    if ((status = intern(c, 0, &id, err)) != LLM_OK) return status; /* the dead state */
    size_t n = 0;
    c->stamp++;
    closure(c, c->nfa.start, &n);
    if ((status = intern(c, n, &id, err)) != LLM_OK) return status;
    for (size_t s = 0; s < c->state_n; s++) {
        if ((status = emit_state(c, pool, (uint16_t)s, err)) != LLM_OK) return status;
    }
    dfa->states = (uint16_t)c->state_n;
    for (size_t i = dfa->next; i < pool->next_n; i++)
        if (c->states[pool->next[i]].accepts) pool->next[i] |= SX_PATTERN_ACCEPT;
    return LLM_OK;
}
