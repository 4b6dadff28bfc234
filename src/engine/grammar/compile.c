/* Rules to a pushdown automaton over bytes. Code points become sequences of byte ranges, counted repetitions are written out,
 * small rules are written in place, the others become machines that are called. A rule that can call itself before it has
 * read anything is refused: a text would never get past it. */
#include <string.h>

#include "engine/grammar/grammar.h"
#include "platform/utf8.h"

enum { MAX_NODES = 400000, MAX_EDGES = 1600000, MAX_DEPTH = 4096, INLINE = 256, PASSES = 64 };
#define RECURSIVE UINT64_MAX

typedef struct compiler {
    sx_grammar *g;
    const sx_rules *rules;
    uint64_t *size; /* [n] nodes that a rule takes when it is written out; RECURSIVE: it cannot be */
    uint32_t *todo; /* [n] machines to build */
    size_t n_todo;
    llm_status status;
    llm_error *err;
} compiler;

static bool fail_memory(compiler *c)
{
    if (c->status == LLM_OK) c->status = sx_fail_memory(c->err);
    return false;
}

/* ---- nodes and edges ---- */

static uint32_t new_node(compiler *c)
{
    sx_grammar *g = c->g;
    if (g->n_nodes == MAX_NODES) {
        if (c->status == LLM_OK)
            c->status = sx_fail(c->err, LLM_E_LIMIT,
                                "the grammar is too large: its repetitions and classes take more than %d states; use "
                                "smaller bounds",
                                (int)MAX_NODES);
        return 0;
    }
    if (sx_mem_grow(g->mem, (void **)&g->nodes, &g->cap_nodes, g->n_nodes + 1, sizeof *g->nodes)) {
        fail_memory(c);
        return 0;
    }
    g->nodes[g->n_nodes] = (sx_node){.edges = SX_NO_EDGE};
    return (uint32_t)g->n_nodes++;
}

static void add_edge(compiler *c, uint32_t from, sx_edge edge)
{
    sx_grammar *g = c->g;
    if (c->status != LLM_OK) return;
    if (g->n_edges == MAX_EDGES) {
        c->status = sx_fail(c->err, LLM_E_LIMIT, "the grammar is too large: it takes more than %d steps",
                            (int)MAX_EDGES);
        return;
    }
    if (sx_mem_grow(g->mem, (void **)&g->edges, &g->cap_edges, g->n_edges + 1, sizeof *g->edges)) {
        fail_memory(c);
        return;
    }
    edge.next = g->nodes[from].edges;
    g->edges[g->n_edges] = edge;
    g->nodes[from].edges = (uint32_t)g->n_edges++;
    if (edge.kind == SX_EDGE_BYTES) g->nodes[from].consumes = true;
}

static void add_bytes(compiler *c, uint32_t from, uint32_t to, uint8_t lo, uint8_t hi)
{
    add_edge(c, from, (sx_edge){.target = to, .kind = SX_EDGE_BYTES, .lo = lo, .hi = hi});
}

static void add_empty(compiler *c, uint32_t from, uint32_t to)
{
    if (from != to) add_edge(c, from, (sx_edge){.target = to, .kind = SX_EDGE_EMPTY});
}

/* ---- code points ---- */

typedef struct tails { /* nodes from which 1, 2 or 3 continuation bytes lead to the target; 0: not made */
    uint32_t at[4];
} tails;

static uint32_t tail(compiler *c, tails *t, uint32_t to, uint32_t n)
{
    if (n == 0) return to;
    if (!t->at[n]) {
        uint32_t behind = tail(c, t, to, n - 1);
        t->at[n] = new_node(c);
        add_bytes(c, t->at[n], behind, 0x80, 0xbf);
    }
    return t->at[n];
}

/* Sequences of n bytes between lo and hi, which agree in length; both ends at once is the common case. */
static void add_sequences(compiler *c, tails *t, uint32_t from, uint32_t to, const uint8_t *lo, const uint8_t *hi,
                          uint32_t n)
{
    static const uint8_t lowest[3] = {0x80, 0x80, 0x80}, highest[3] = {0xbf, 0xbf, 0xbf};
    if (c->status != LLM_OK) return;
    if (n == 1) {
        add_bytes(c, from, to, lo[0], hi[0]);
        return;
    }
    uint32_t first = lo[0], last = hi[0];
    if (first == last) {
        uint32_t mid = new_node(c);
        add_bytes(c, from, mid, lo[0], lo[0]);
        add_sequences(c, t, mid, to, lo + 1, hi + 1, n - 1);
        return;
    }
    if (memcmp(lo + 1, lowest, n - 1) != 0) {
        uint32_t mid = new_node(c);
        add_bytes(c, from, mid, lo[0], lo[0]);
        add_sequences(c, t, mid, to, lo + 1, highest, n - 1);
        first++;
    }
    if (memcmp(hi + 1, highest, n - 1) != 0) {
        uint32_t mid = new_node(c);
        add_bytes(c, from, mid, hi[0], hi[0]);
        add_sequences(c, t, mid, to, lowest, hi + 1, n - 1);
        last--;
    }
    if (first <= last) add_bytes(c, from, tail(c, t, to, n - 1), (uint8_t)first, (uint8_t)last);
}

static void add_class(compiler *c, const sx_expr *e, uint32_t from, uint32_t to)
{
    static const uint32_t ends[] = {0x7f, 0x7ff, 0xffff, 0x10ffff}; /* of 1, 2, 3 and 4 bytes */
    tails t = {{0}};
    for (uint32_t i = 0; i < e->n_ranges; i++) {
        uint32_t lo = e->ranges[i].lo;
        for (uint32_t n = 0; n < 4 && lo <= e->ranges[i].hi; n++) {
            if (lo > ends[n]) continue;
            char a[4], b[4];
            uint32_t hi = e->ranges[i].hi < ends[n] ? e->ranges[i].hi : ends[n];
            sx_utf8_put(lo, a);
            sx_utf8_put(hi, b);
            add_sequences(c, &t, from, to, (const uint8_t *)a, (const uint8_t *)b, n + 1);
            lo = hi + 1;
        }
    }
}

/* ---- expressions ---- */

static bool add_expr(compiler *c, const sx_expr *e, uint32_t from, uint32_t to, uint32_t depth);

static void add_text(compiler *c, const sx_expr *e, uint32_t from, uint32_t to)
{
    for (size_t i = 0; i < e->len && c->status == LLM_OK; i++) {
        uint32_t next = i + 1 < e->len ? new_node(c) : to;
        add_bytes(c, from, next, (uint8_t)e->bytes[i], (uint8_t)e->bytes[i]);
        from = next;
    }
    if (e->len == 0) add_empty(c, from, to);
}

static void add_repeat(compiler *c, const sx_expr *e, uint32_t from, uint32_t to, uint32_t depth)
{
    for (uint32_t i = 0; i < e->min && c->status == LLM_OK; i++) {
        uint32_t next = new_node(c);
        add_expr(c, e->first, from, next, depth);
        from = next;
    }
    if (e->max == SX_UNBOUNDED) {
        uint32_t loop = new_node(c);
        add_empty(c, from, loop);
        add_expr(c, e->first, loop, loop, depth);
        add_empty(c, loop, to);
        return;
    }
    for (uint32_t i = e->min; i < e->max && c->status == LLM_OK; i++) {
        uint32_t next = new_node(c);
        add_empty(c, from, to);
        add_expr(c, e->first, from, next, depth);
        from = next;
    }
    add_empty(c, from, to);
}

static void add_rule(compiler *c, uint32_t rule, uint32_t from, uint32_t to, uint32_t depth)
{
    if (c->size[rule] <= INLINE) {
        add_expr(c, c->rules->rules[rule].expr, from, to, depth);
        return;
    }
    sx_machine *m = &c->g->machines[rule];
    if (!m->built) {
        m->built = true;
        m->entry = new_node(c);
        m->final = new_node(c);
        if (c->status == LLM_OK) c->g->nodes[m->final].final = true;
        c->todo[c->n_todo++] = rule;
    }
    add_edge(c, from, (sx_edge){.target = to, .rule = rule, .kind = SX_EDGE_CALL});
}

static bool add_expr(compiler *c, const sx_expr *e, uint32_t from, uint32_t to, uint32_t depth)
{
    if (c->status != LLM_OK) return false;
    if (depth == MAX_DEPTH) {
        c->status = sx_fail(c->err, LLM_E_LIMIT, "the grammar is nested too deeply");
        return false;
    }
    switch (e->kind) {
    case SX_EXPR_BYTES: add_text(c, e, from, to); break;
    case SX_EXPR_CLASS: add_class(c, e, from, to); break;
    case SX_EXPR_SEQ:
        if (!e->first) add_empty(c, from, to);
        for (const sx_expr *x = e->first; x && c->status == LLM_OK; x = x->next) {
            uint32_t next = x->next ? new_node(c) : to;
            add_expr(c, x, from, next, depth + 1);
            from = next;
        }
        break;
    case SX_EXPR_ALT:
        for (const sx_expr *x = e->first; x; x = x->next) add_expr(c, x, from, to, depth + 1);
        break;
    case SX_EXPR_REPEAT: add_repeat(c, e, from, to, depth + 1); break;
    case SX_EXPR_RULE: add_rule(c, e->rule, from, to, depth + 1); break;
    }
    return c->status == LLM_OK;
}

/* ---- which rules are written in place ---- */

static uint64_t plus(uint64_t a, uint64_t b)
{
    return a == RECURSIVE || b == RECURSIVE ? RECURSIVE : a + b < UINT32_MAX ? a + b : UINT32_MAX;
}

static uint64_t measure(const compiler *c, const sx_expr *e, uint32_t depth)
{
    uint64_t sum = 0;
    if (depth == MAX_DEPTH) return RECURSIVE;
    switch (e->kind) {
    case SX_EXPR_BYTES: return e->len + 1;
    case SX_EXPR_CLASS: return e->n_ranges * (uint64_t)2 + 1;
    case SX_EXPR_RULE: return c->size[e->rule];
    default: break;
    }
    for (const sx_expr *x = e->first; x; x = x->next) sum = plus(sum, measure(c, x, depth + 1));
    if (e->kind != SX_EXPR_REPEAT || sum == RECURSIVE) return sum;
    uint64_t times = e->max == SX_UNBOUNDED ? e->min + (uint64_t)1 : e->max;
    return times && sum > UINT32_MAX / times ? UINT32_MAX : sum * times + 1;
}

static void measure_rules(compiler *c)
{
    bool changed = true;
    for (size_t i = 0; i < c->rules->n; i++) c->size[i] = RECURSIVE;
    for (int pass = 0; pass < PASSES && changed; pass++) {
        changed = false;
        for (size_t i = c->rules->n; i-- > 0;) { /* rules mostly stand before those they use */
            if (c->size[i] != RECURSIVE) continue;
            c->size[i] = measure(c, c->rules->rules[i].expr, 0);
            changed = changed || c->size[i] != RECURSIVE;
        }
    }
}

/* ---- left recursion ---- */

typedef struct left_walk {
    uint32_t *stack; /* [n_nodes] */
    uint32_t *seen;  /* [n_nodes] the round in which a node was reached */
    uint32_t round;
} left_walk;

/* Visits what a machine reaches without reading; calls `called` for each rule that it can call there. True when the machine
 * can end there. */
static bool reach(const sx_grammar *g, left_walk *w, uint32_t rule, bool (*called)(void *user, uint32_t rule),
                  void *user)
{
    bool ends = false;
    size_t n = 0;
    w->round++;
    w->stack[n++] = g->machines[rule].entry;
    w->seen[g->machines[rule].entry] = w->round;
    while (n > 0) {
        uint32_t at = w->stack[--n];
        ends = ends || g->nodes[at].final;
        for (uint32_t i = g->nodes[at].edges; i != SX_NO_EDGE; i = g->edges[i].next) {
            const sx_edge *e = &g->edges[i];
            if (e->kind == SX_EDGE_BYTES) continue;
            if (e->kind == SX_EDGE_CALL && called && !called(user, e->rule)) return false;
            if (e->kind == SX_EDGE_CALL && !g->machines[e->rule].nullable) continue;
            if (w->seen[e->target] == w->round) continue;
            w->seen[e->target] = w->round;
            w->stack[n++] = e->target;
        }
    }
    return ends;
}

static void find_nullable(sx_grammar *g, left_walk *w)
{
    bool changed = true;
    for (bool back = true; changed; back = !back) {
        changed = false;
        for (size_t k = 0; k < g->n_machines; k++) {
            sx_machine *m = &g->machines[back ? g->n_machines - 1 - k : k];
            if (!m->built || m->nullable) continue;
            m->nullable = reach(g, w, (uint32_t)(m - g->machines), NULL, NULL);
            changed = changed || m->nullable;
        }
    }
}

typedef struct calls { /* counts of machines that call a machine at their left end, then a topological order */
    uint32_t *waiting;
    int32_t delta;
} calls;

static bool count_call(void *user, uint32_t rule)
{
    calls *c = user;
    c->waiting[rule] += (uint32_t)c->delta;
    return true;
}

/* Machines that nobody waits for are taken away until none is left; what is left calls itself at its left end. */
static llm_status check_left(compiler *c, left_walk *w, uint32_t *waiting)
{
    sx_grammar *g = c->g;
    calls add = {waiting, 1}, take = {waiting, -1};
    for (size_t i = 0; i < g->n_machines; i++)
        if (g->machines[i].built) reach(g, w, (uint32_t)i, count_call, &add);
    bool changed = true;
    bool *gone = sx_mem_array(g->mem, g->n_machines, sizeof *gone);
    if (!gone) return sx_fail_memory(c->err);
    for (bool back = false; changed; back = !back) {
        changed = false;
        for (size_t k = 0; k < g->n_machines; k++) {
            size_t i = back ? g->n_machines - 1 - k : k;
            if (!g->machines[i].built || gone[i] || waiting[i]) continue;
            gone[i] = changed = true;
            reach(g, w, (uint32_t)i, count_call, &take);
        }
    }
    llm_status status = LLM_OK;
    for (size_t i = 0; i < g->n_machines && status == LLM_OK; i++)
        if (g->machines[i].built && !gone[i])
            status = sx_fail(c->err, LLM_E_UNSUPPORTED,
                             "the grammar is left-recursive at rule %.100s: it can call itself before it reads "
                             "anything; write it as a repetition",
                             c->rules->rules[i].name);
    sx_mem_free(g->mem, gone);
    return status;
}

static llm_status refuse_left_recursion(compiler *c)
{
    sx_grammar *g = c->g;
    left_walk w = {sx_mem_array(g->mem, g->n_nodes, sizeof(uint32_t)),
                   sx_mem_array(g->mem, g->n_nodes, sizeof(uint32_t)), 0};
    uint32_t *waiting = sx_mem_array(g->mem, g->n_machines, sizeof *waiting);
    llm_status status = LLM_E_MEMORY;
    if (w.stack && w.seen && waiting) {
        find_nullable(g, &w);
        status = check_left(c, &w, waiting);
    } else {
        fail_memory(c);
    }
    sx_mem_free(g->mem, w.stack);
    sx_mem_free(g->mem, w.seen);
    sx_mem_free(g->mem, waiting);
    return status;
}

/* ---- dead ends ---- */

typedef struct pruner {
    sx_grammar *g;
    uint32_t *into, *into_next;     /* [n_nodes], [n_edges] the edges that lead to a node */
    uint32_t *source;               /* [n_edges] */
    uint32_t *calls_of, *call_next; /* [n_machines], [n_edges] the calls of a machine */
    uint32_t *machine_of;           /* [n_nodes] of an entry: its machine + 1 */
    uint32_t *stack;                /* [n_nodes] */
    size_t n;
} pruner;

static void mark_useful(pruner *p, uint32_t node)
{
    if (p->g->nodes[node].useful) return;
    p->g->nodes[node].useful = true;
    p->stack[p->n++] = node;
}

static void link_edges(pruner *p)
{
    sx_grammar *g = p->g;
    memset(p->into, 0xff, g->n_nodes * sizeof *p->into);
    memset(p->calls_of, 0xff, g->n_machines * sizeof *p->calls_of);
    for (size_t n = 0; n < g->n_nodes; n++)
        for (uint32_t i = g->nodes[n].edges; i != SX_NO_EDGE; i = g->edges[i].next) {
            const sx_edge *e = &g->edges[i];
            p->source[i] = (uint32_t)n;
            p->into_next[i] = p->into[e->target];
            p->into[e->target] = i;
            if (e->kind != SX_EDGE_CALL) continue;
            p->call_next[i] = p->calls_of[e->rule];
            p->calls_of[e->rule] = i;
        }
    for (size_t i = 0; i < g->n_machines; i++)
        if (g->machines[i].built) p->machine_of[g->machines[i].entry] = (uint32_t)i + 1;
}

/* From the ends of the rules backwards: what is not reached can never come to an end. */
static void spread(pruner *p)
{
    sx_grammar *g = p->g;
    for (size_t i = 0; i < g->n_machines; i++)
        if (g->machines[i].built) mark_useful(p, g->machines[i].final);
    while (p->n > 0) {
        uint32_t at = p->stack[--p->n];
        for (uint32_t i = p->into[at]; i != SX_NO_EDGE; i = p->into_next[i]) {
            const sx_edge *e = &g->edges[i];
            if (e->kind != SX_EDGE_CALL || g->nodes[g->machines[e->rule].entry].useful) mark_useful(p, p->source[i]);
        }
        if (p->machine_of[at])
            for (uint32_t i = p->calls_of[p->machine_of[at] - 1]; i != SX_NO_EDGE; i = p->call_next[i])
                if (g->nodes[g->edges[i].target].useful) mark_useful(p, p->source[i]);
    }
}

static llm_status prune(compiler *c)
{
    sx_grammar *g = c->g;
    pruner p = {.g = g};
    const size_t nodes = g->n_nodes * sizeof(uint32_t), edges = (g->n_edges + 1) * sizeof(uint32_t);
    sx_arena arena;
    sx_arena_init(&arena, g->mem);
    p.into = sx_arena_alloc(&arena, nodes);
    p.machine_of = sx_arena_alloc(&arena, nodes);
    p.stack = sx_arena_alloc(&arena, nodes);
    p.into_next = sx_arena_alloc(&arena, edges);
    p.source = sx_arena_alloc(&arena, edges);
    p.call_next = sx_arena_alloc(&arena, edges);
    p.calls_of = sx_arena_alloc(&arena, g->n_machines * sizeof(uint32_t));
    llm_status status = LLM_OK;
    if (!p.into || !p.machine_of || !p.stack || !p.into_next || !p.source || !p.call_next || !p.calls_of) {
        status = sx_fail_memory(c->err);
    } else {
        link_edges(&p);
        spread(&p);
        if (!g->nodes[g->machines[g->root].entry].useful)
            status = sx_fail(c->err, LLM_E_INVALID,
                             "no text can satisfy the grammar: every way through it goes on for ever or ends at "
                             "something that nothing matches");
    }
    sx_arena_free(&arena);
    return status;
}

/* ---- the whole ---- */

static void find_classes(sx_grammar *g)
{
    bool begins[257] = {0};
    for (size_t i = 0; i < g->n_edges; i++) {
        if (g->edges[i].kind != SX_EDGE_BYTES) continue;
        begins[g->edges[i].lo] = begins[g->edges[i].hi + 1] = true;
    }
    uint32_t class = 0;
    for (uint32_t b = 0; b < 256; b++) {
        if (b > 0 && begins[b]) class ++;
        g->class_of[b] = (uint8_t) class;
    }
    g->n_classes = class + 1;
}

/* A node from which only one empty step leads is left out: what led to it leads on. So a call at the end of a rule is seen
 * to be one, and lists do not grow the stack. */
static void shorten(sx_grammar *g)
{
    for (size_t i = 0; i < g->n_edges; i++)
        for (int hops = 0; hops < PASSES; hops++) {
            const sx_node *to = &g->nodes[g->edges[i].target];
            if (to->final || to->edges == SX_NO_EDGE) break;
            const sx_edge *only = &g->edges[to->edges];
            if (only->next != SX_NO_EDGE || only->kind != SX_EDGE_EMPTY) break;
            g->edges[i].target = only->target;
        }
}

static llm_status build(compiler *c, uint32_t root)
{
    sx_grammar *g = c->g;
    measure_rules(c);
    c->size[root] = RECURSIVE; /* the root is a machine always */
    new_node(c);               /* number 0 is nobody's, so that it can mean "none" */
    uint32_t outside = new_node(c);
    if (c->status == LLM_OK) add_rule(c, root, outside, outside, 0);
    while (c->n_todo > 0 && c->status == LLM_OK) {
        uint32_t rule = c->todo[--c->n_todo];
        const sx_machine *m = &g->machines[rule];
        add_expr(c, c->rules->rules[rule].expr, m->entry, m->final, 0);
    }
    if (c->status != LLM_OK) return c->status;
    g->root = root;
    shorten(g);
    find_classes(g);
    llm_status status = refuse_left_recursion(c);
    return status == LLM_OK ? prune(c) : status;
}

llm_status sx_grammar_compile(sx_grammar **out, sx_mem *mem, const sx_rules *rules, uint32_t root, llm_error *err)
{
    *out = NULL;
    if (rules->failed) return sx_fail_memory(err);
    sx_grammar *g = sx_mem_zalloc(mem, sizeof *g);
    if (!g) return sx_fail_memory(err);
    g->mem = mem;
    g->n_machines = rules->n;
    g->machines = sx_mem_array(mem, rules->n, sizeof *g->machines);
    compiler c = {.g = g, .rules = rules, .err = err};
    c.size = sx_mem_array(mem, rules->n, sizeof *c.size);
    c.todo = sx_mem_array(mem, rules->n, sizeof *c.todo);
    llm_status status = g->machines && c.size && c.todo ? build(&c, root) : sx_fail_memory(err);
    sx_mem_free(mem, c.size);
    sx_mem_free(mem, c.todo);
    if (status == LLM_OK)
        *out = g;
    else
        sx_grammar_free(g);
    return status;
}

void sx_grammar_free(sx_grammar *g)
{
    if (!g) return;
    sx_mem_free(g->mem, g->nodes);
    sx_mem_free(g->mem, g->edges);
    sx_mem_free(g->mem, g->machines);
    sx_mem_free(g->mem, g);
}

typedef llm_status (*reader)(sx_rules *rules, uint32_t *root, const char *text, size_t len, llm_error *err);

static llm_status create(sx_grammar **out, sx_mem *mem, reader read, const char *text, size_t len, llm_error *err)
{
    sx_arena arena;
    sx_rules rules;
    uint32_t root = 0;
    *out = NULL;
    sx_arena_init(&arena, mem);
    sx_rules_init(&rules, &arena);
    llm_status status = read(&rules, &root, text, len, err);
    if (status == LLM_OK) status = sx_grammar_compile(out, mem, &rules, root, err);
    sx_rules_free(&rules);
    sx_arena_free(&arena);
    return status;
}

llm_status sx_grammar_create(sx_grammar **out, sx_mem *mem, const char *text, size_t len, llm_error *err)
{
    return create(out, mem, sx_gbnf_read, text, len, err);
}

llm_status sx_grammar_from_schema(sx_grammar **out, sx_mem *mem, const char *schema, size_t len, llm_error *err)
{
    return create(out, mem, sx_schema_read, schema, len, err);
}
