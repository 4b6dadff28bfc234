/* The pushdown automaton made deterministic as far as texts go. A state is the set of all places where the text so far may
 * stand, each with the stack of returns that led there; stacks share their tails, equal states are one, and steps are
 * remembered. Memory and effort are bounded: a grammar that needs more ends in a sentence. */
#include <string.h>

#include "engine/grammar/grammar.h"
#include "platform/map.h"

enum { MAX_PLACES = 8192, MAX_STATES = 1 << 20, START_SLOTS = 256 };
static const size_t SOFT_BYTES = (size_t)24 << 20, HARD_BYTES = (size_t)160 << 20;
static const uint64_t MAX_EFFORT = (uint64_t)1 << 27;

static bool fail(sx_automaton *a, llm_status status)
{
    if (a->status == LLM_OK) a->status = status;
    return false;
}

static size_t bytes_held(const sx_automaton *a)
{
    return a->n_states * (sizeof *a->states + a->grammar->n_classes * sizeof *a->next) + a->n_pool * sizeof *a->pool +
           a->n_cells * sizeof *a->cells + a->mask_bytes;
}

/* ---- stacks ---- */

static uint32_t hash_pair(uint32_t x, uint32_t y)
{
    uint64_t h = ((uint64_t)x << 32 | y) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(h >> 32 ^ h);
}

static bool grow_table(sx_automaton *a, uint32_t **table, size_t *slots, size_t count)
{
    if (*table && count * 2 < *slots) return true;
    size_t more = *slots ? *slots * 2 : START_SLOTS;
    uint32_t *bigger = sx_mem_array(a->mem, more, sizeof *bigger);
    if (!bigger) return fail(a, LLM_E_MEMORY);
    sx_mem_free(a->mem, *table);
    *table = bigger;
    *slots = more;
    return true;
}

/* Cells stand in the table by number, 0 is a free slot and the empty stack. */
static bool insert_cell(sx_automaton *a, uint32_t id)
{
    size_t at = hash_pair(a->cells[id].back, a->cells[id].below) & (a->cell_slots - 1);
    while (a->cell_table[at]) at = (at + 1) & (a->cell_slots - 1);
    a->cell_table[at] = id;
    return true;
}

static uint32_t push(sx_automaton *a, uint32_t back, uint32_t below)
{
    size_t slots = a->cell_slots;
    if (!grow_table(a, &a->cell_table, &a->cell_slots, a->n_cells + 1)) return 0;
    if (a->cell_slots != slots)
        for (size_t i = 1; i < a->n_cells; i++) insert_cell(a, (uint32_t)i);
    size_t at = hash_pair(back, below) & (a->cell_slots - 1);
    for (uint32_t id; (id = a->cell_table[at]) != 0; at = (at + 1) & (a->cell_slots - 1))
        if (a->cells[id].back == back && a->cells[id].below == below) return id;
    if (sx_mem_grow(a->mem, (void **)&a->cells, &a->cap_cells, a->n_cells + 1, sizeof *a->cells)) {
        fail(a, LLM_E_MEMORY);
        return 0;
    }
    a->cells[a->n_cells] = (sx_cell){back, below};
    a->cell_table[at] = (uint32_t)a->n_cells;
    return (uint32_t)a->n_cells++;
}

/* ---- the state being made ---- */

static void begin(sx_automaton *a)
{
    a->n_work = 0;
    if (++a->stamp != 0) return;
    memset(a->seen, 0, a->seen_slots * sizeof *a->seen);
    a->stamp = 1;
}

static bool rehash_seen(sx_automaton *a)
{
    size_t slots = a->seen_slots ? a->seen_slots * 2 : START_SLOTS;
    sx_seen *bigger = sx_mem_array(a->mem, slots, sizeof *bigger);
    if (!bigger) return fail(a, LLM_E_MEMORY);
    for (size_t i = 0; i < a->n_work; i++) {
        size_t at = hash_pair(a->work[i].node, a->work[i].stack) & (slots - 1);
        while (bigger[at].stamp) at = (at + 1) & (slots - 1);
        bigger[at] = (sx_seen){a->work[i], a->stamp};
    }
    sx_mem_free(a->mem, a->seen);
    a->seen = bigger;
    a->seen_slots = slots;
    return true;
}

/* Adds a place unless it is there, or leads nowhere. */
static bool add(sx_automaton *a, uint32_t node, uint32_t stack)
{
    if (!a->grammar->nodes[node].useful) return true;
    if ((a->n_work + 1) * 2 > a->seen_slots && !rehash_seen(a)) return false;
    size_t at = hash_pair(node, stack) & (a->seen_slots - 1);
    for (; a->seen[at].stamp == a->stamp; at = (at + 1) & (a->seen_slots - 1))
        if (a->seen[at].config.node == node && a->seen[at].config.stack == stack) return true;
    if (a->n_work == MAX_PLACES) return fail(a, LLM_E_LIMIT);
    if (sx_mem_grow(a->mem, (void **)&a->work, &a->cap_work, a->n_work + 1, sizeof *a->work))
        return fail(a, LLM_E_MEMORY);
    a->seen[at] = (sx_seen){{node, stack}, a->stamp};
    a->work[a->n_work++] = (sx_config){node, stack};
    return true;
}

/* Follows what reads nothing from every place, calls and returns among it. *accepts: the text may end here. */
static bool close_over(sx_automaton *a, bool *accepts)
{
    const sx_grammar *g = a->grammar;
    *accepts = false;
    for (size_t i = 0; i < a->n_work; i++) { /* the list grows */
        const sx_config at = a->work[i];
        if (g->nodes[at.node].final) {
            if (at.stack == 0)
                *accepts = true;
            else if (!add(a, a->cells[at.stack].back, a->cells[at.stack].below))
                return false;
        }
        for (uint32_t k = g->nodes[at.node].edges; k != SX_NO_EDGE; k = g->edges[k].next) {
            const sx_edge *e = &g->edges[k];
            if (++a->effort > MAX_EFFORT) return fail(a, LLM_E_LIMIT);
            if (e->kind == SX_EDGE_EMPTY && !add(a, e->target, at.stack)) return false;
            if (e->kind != SX_EDGE_CALL) continue;
            uint32_t stack = at.stack; /* a call that returns to the end of its rule returns further */
            if (!g->nodes[e->target].final) stack = push(a, e->target, at.stack);
            if (a->status != LLM_OK || !add(a, g->machines[e->rule].entry, stack)) return false;
        }
    }
    return true;
}

static bool less(const sx_config *x, const sx_config *y)
{
    return x->node != y->node ? x->node < y->node : x->stack < y->stack;
}

static void sort(sx_config *v, size_t n)
{
    for (size_t gap = n / 2; gap > 0; gap /= 2)
        for (size_t i = gap; i < n; i++) {
            sx_config x = v[i];
            size_t k = i;
            for (; k >= gap && less(&x, &v[k - gap]); k -= gap) v[k] = v[k - gap];
            v[k] = x;
        }
}

/* Only places that read something are kept. */
static size_t keep_readers(sx_automaton *a)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n_work; i++)
        if (a->grammar->nodes[a->work[i].node].consumes) a->work[n++] = a->work[i];
    sort(a->work, n);
    return n;
}

/* ---- states ---- */

static void insert_state(sx_automaton *a, uint32_t id)
{
    size_t at = a->states[id].hash & (a->state_slots - 1);
    while (a->state_table[at]) at = (at + 1) & (a->state_slots - 1);
    a->state_table[at] = id;
}

static bool make_room(sx_automaton *a, size_t places)
{
    const size_t classes = a->grammar->n_classes;
    if (a->n_states == MAX_STATES || bytes_held(a) > HARD_BYTES) return fail(a, LLM_E_LIMIT);
    if (sx_mem_grow(a->mem, (void **)&a->states, &a->cap_states, a->n_states + 1, sizeof *a->states) ||
        sx_mem_grow(a->mem, (void **)&a->next, &a->cap_next, (a->n_states + 1) * classes, sizeof *a->next) ||
        sx_mem_grow(a->mem, (void **)&a->pool, &a->cap_pool, a->n_pool + places + 1, sizeof *a->pool))
        return fail(a, LLM_E_MEMORY);
    return true;
}

static uint32_t new_state(sx_automaton *a, size_t places, uint32_t hash, bool accepts)
{
    const size_t classes = a->grammar->n_classes;
    uint32_t id = (uint32_t)a->n_states;
    if (!make_room(a, places)) return SX_STATE_FAILED;
    a->states[id] = (sx_state){a->n_pool, (uint32_t)places, hash, accepts, NULL};
    if (places) memcpy(a->pool + a->n_pool, a->work, places * sizeof *a->work);
    a->n_pool += places;
    for (size_t i = 0; i < classes; i++)
        a->next[id * classes + i] = id == SX_STATE_DEAD ? SX_STATE_DEAD : SX_STATE_UNKNOWN;
    a->n_states++;
    return id;
}

/* The places gathered, closed over, as a state: one that is known or a new one. A place that only ends is not kept, so a
 * state made again from its places is told that it accepts. */
static uint32_t settle(sx_automaton *a, bool accepts)
{
    bool ends;
    if (!close_over(a, &ends)) return SX_STATE_FAILED;
    accepts = accepts || ends;
    size_t n = keep_readers(a), slots = a->state_slots;
    if (n == 0 && !accepts) return SX_STATE_DEAD;
    uint32_t hash = (uint32_t)sx_hash64(a->work, n * sizeof *a->work, accepts);
    if (!grow_table(a, &a->state_table, &a->state_slots, a->n_states + 1)) return SX_STATE_FAILED;
    if (a->state_slots != slots)
        for (size_t i = 1; i < a->n_states; i++) insert_state(a, (uint32_t)i);
    size_t at = hash & (a->state_slots - 1);
    for (uint32_t id; (id = a->state_table[at]) != 0; at = (at + 1) & (a->state_slots - 1)) {
        const sx_state *s = &a->states[id];
        if (s->hash == hash && s->n == n && s->accepts == accepts &&
            (n == 0 || memcmp(a->pool + s->first, a->work, n * sizeof *a->work) == 0))
            return id;
    }
    uint32_t id = new_state(a, n, hash, accepts);
    if (id != SX_STATE_FAILED) a->state_table[at] = id;
    return id;
}

uint32_t sx_automaton_make(sx_automaton *a, uint32_t state, uint8_t byte)
{
    const sx_grammar *g = a->grammar;
    const sx_state s = a->states[state];
    if (a->status != LLM_OK) return SX_STATE_FAILED;
    begin(a);
    for (uint32_t i = 0; i < s.n; i++) {
        const sx_config at = a->pool[s.first + i];
        for (uint32_t k = g->nodes[at.node].edges; k != SX_NO_EDGE; k = g->edges[k].next) {
            const sx_edge *e = &g->edges[k];
            if (++a->effort > MAX_EFFORT) {
                fail(a, LLM_E_LIMIT);
                return SX_STATE_FAILED;
            }
            if (e->kind != SX_EDGE_BYTES || byte < e->lo || byte > e->hi) continue;
            if (!add(a, e->target, at.stack)) return SX_STATE_FAILED;
        }
    }
    uint32_t next = settle(a, false);
    if (next != SX_STATE_FAILED) a->next[(size_t)state * g->n_classes + g->class_of[byte]] = next;
    return next;
}

/* ---- the whole ---- */

static bool reset(sx_automaton *a)
{
    for (size_t i = 0; i < a->n_states; i++) sx_mem_free(a->mem, a->states[i].mask);
    a->n_states = a->n_pool = a->mask_bytes = 0;
    if (a->state_table) memset(a->state_table, 0, a->state_slots * sizeof *a->state_table);
    if (a->cell_table) memset(a->cell_table, 0, a->cell_slots * sizeof *a->cell_table);
    if (sx_mem_grow(a->mem, (void **)&a->cells, &a->cap_cells, 1, sizeof *a->cells)) return fail(a, LLM_E_MEMORY);
    a->n_cells = 1; /* the empty stack */
    return new_state(a, 0, 0, false) == SX_STATE_DEAD;
}

llm_status sx_automaton_init(sx_automaton *a, sx_mem *mem, const sx_grammar *grammar, uint32_t *start)
{
    *a = (sx_automaton){.mem = mem, .grammar = grammar};
    *start = SX_STATE_DEAD;
    if (!reset(a)) return a->status;
    begin(a);
    if (add(a, grammar->machines[grammar->root].entry, 0)) *start = settle(a, false);
    return a->status;
}

void sx_automaton_free(sx_automaton *a)
{
    for (size_t i = 0; i < a->n_states; i++) sx_mem_free(a->mem, a->states[i].mask);
    void *blocks[] = {a->states, a->next, a->pool, a->cells, a->state_table, a->cell_table, a->work, a->seen};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) sx_mem_free(a->mem, blocks[i]);
}

/* A stack of the old cells among the new ones, from its bottom up. */
static uint32_t restack(sx_automaton *a, const sx_cell *old, uint32_t stack, uint32_t **path, size_t *cap)
{
    size_t n = 0;
    for (; stack; stack = old[stack].below) {
        if (sx_mem_grow(a->mem, (void **)path, cap, n + 1, sizeof **path)) {
            fail(a, LLM_E_MEMORY);
            return 0;
        }
        (*path)[n++] = old[stack].back;
    }
    uint32_t made = 0;
    while (n > 0 && a->status == LLM_OK) made = push(a, (*path)[--n], made);
    return made;
}

static uint32_t rebuild(sx_automaton *a, const sx_config *places, uint32_t n, bool accepts)
{
    sx_cell *old = a->cells;
    uint32_t *path = NULL, state = SX_STATE_FAILED;
    size_t cap = 0;
    a->cells = NULL;
    a->cap_cells = 0;
    if (reset(a)) {
        begin(a);
        for (uint32_t i = 0; i < n && a->status == LLM_OK; i++) {
            uint32_t stack = restack(a, old, places[i].stack, &path, &cap);
            if (a->status == LLM_OK) add(a, places[i].node, stack);
        }
        if (a->status == LLM_OK) state = settle(a, accepts);
    }
    sx_mem_free(a->mem, path);
    sx_mem_free(a->mem, old);
    return state;
}

uint32_t sx_automaton_rest(sx_automaton *a, uint32_t state)
{
    a->effort = 0;
    if (a->status != LLM_OK) return SX_STATE_FAILED;
    if (bytes_held(a) < SOFT_BYTES) return state;
    const sx_state s = a->states[state];
    sx_config *places = sx_mem_array(a->mem, s.n ? s.n : 1, sizeof *places);
    if (!places) {
        fail(a, LLM_E_MEMORY);
        return SX_STATE_FAILED;
    }
    if (s.n) memcpy(places, a->pool + s.first, s.n * sizeof *places);
    uint32_t made = rebuild(a, places, s.n, s.accepts);
    sx_mem_free(a->mem, places);
    return made;
}
