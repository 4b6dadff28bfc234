#include "guard/scan/scout.h"

#include <pthread.h>
#include <string.h>

/* A state is told by where its row of next states lies: its number times the classes of bytes. At the first match of a rule
 * a walk ends, in a state that names the rules still alive. */
enum {
    NO = 0,    /* nothing can match any more */
    MAYBE = 1, /* something may match, nothing is known of what */
    FIRST = 2, /* number of the first state that stands for a set of rules */
    STATES = 8000,
    MEMBERS = 1 << 18,
    SLOTS = 1 << 14,
    FAR = 96, /* bytes after which a walk gives up */
    STOCK = 8
};
#define UNKNOWN UINT32_MAX
#define MATCHED 0x80000000u /* flag of such an end; below it the state's number */

typedef struct {
    uint32_t members; /* into scout->members */
    uint32_t count;
    uint32_t hash;
} state;

struct sx_scout {
    sx_mem *mem;
    const sx_scan *scan;
    state *states;     /* [STATES] by number */
    uint32_t n;        /* states in use */
    uint32_t *members; /* rule << 16 | state of its automaton; each set in order of rules */
    uint32_t n_members;
    uint32_t *next; /* [next_rows, heads]: rows of states; grows by doubling */
    size_t next_rows;
    uint16_t *slots;  /* [SLOTS]: numbers of states by hash, 0: free */
    uint32_t *begins; /* [2 * heads * heads]: the state behind the two bytes that chose a list, or UNKNOWN */
    uint32_t *set;    /* a set being made */
    uint8_t *sample;  /* [heads]: a byte of each class */
};

static void forget(sx_scout *s)
{
    uint32_t heads = s->scan->heads;
    s->n = FIRST;
    s->n_members = 0;
    memset(s->slots, 0, SLOTS * sizeof *s->slots);
    memset(s->begins, 0xff, 2 * (size_t)heads * heads * sizeof *s->begins);
}

sx_scout *sx_scout_create(sx_mem *mem, const sx_scan *scan)
{
    sx_scout *s = sx_mem_zalloc(mem, sizeof *s);
    if (!s) return NULL;
    uint32_t heads = scan->heads;
    s->mem = mem;
    s->scan = scan;
    s->states = sx_mem_array(mem, STATES, sizeof *s->states);
    s->members = sx_mem_array(mem, MEMBERS, sizeof *s->members);
    s->slots = sx_mem_array(mem, SLOTS, sizeof *s->slots);
    s->begins = sx_mem_array(mem, 2 * (size_t)heads * heads, sizeof *s->begins);
    s->set = sx_mem_array(mem, scan->rule_n + 1, sizeof *s->set);
    s->sample = sx_mem_array(mem, heads, 1);
    if (!s->states || !s->members || !s->slots || !s->begins || !s->set || !s->sample) {
        sx_scout_free(s);
        return NULL;
    }
    for (unsigned b = 256; b-- > 0;) s->sample[scan->head_class[b]] = (uint8_t)b;
    forget(s);
    return s;
}

void sx_scout_free(sx_scout *s)
{
    if (!s) return;
    sx_mem_free(s->mem, s->states);
    sx_mem_free(s->mem, s->members);
    sx_mem_free(s->mem, s->slots);
    sx_mem_free(s->mem, s->begins);
    sx_mem_free(s->mem, s->set);
    sx_mem_free(s->mem, s->sample);
    sx_mem_free(s->mem, s->next);
    sx_mem_free(s->mem, s);
}

/* ---- sets of rules as states ---- */

static bool make_room(sx_scout *s)
{
    if (s->n < s->next_rows) return true;
    size_t rows = s->next_rows ? 2 * s->next_rows : 256;
    if (rows > STATES) rows = STATES;
    uint32_t *grown = sx_mem_realloc(s->mem, s->next, rows * s->scan->heads * sizeof *grown);
    if (!grown) return false;
    s->next = grown;
    s->next_rows = rows;
    return true;
}

static uint32_t set_hash(const uint32_t *set, uint32_t n)
{
    uint32_t hash = 2166136261u;
    for (uint32_t i = 0; i < n; i++) hash = (hash ^ set[i]) * 16777619u ^ (hash >> 15);
    return hash;
}

/* The state of the set in s->set, of n members (n > 0); UNKNOWN when there is no room for a new one. */
static uint32_t intern(sx_scout *s, uint32_t n, bool matched)
{
    uint32_t hash = set_hash(s->set, n), slot = hash % SLOTS, heads = s->scan->heads;
    for (; s->slots[slot]; slot = (slot + 1) % SLOTS) {
        const state *x = &s->states[s->slots[slot]];
        if (x->hash == hash && x->count == n && memcmp(s->members + x->members, s->set, n * sizeof *s->set) == 0)
            return matched ? MATCHED | s->slots[slot] : s->slots[slot] * heads;
    }
    if (s->n >= STATES || s->n_members + n > MEMBERS || !make_room(s)) return UNKNOWN;
    uint32_t made = s->n++;
    s->states[made] = (state){s->n_members, n, hash};
    memcpy(s->members + s->n_members, s->set, n * sizeof *s->set);
    s->n_members += n;
    memset(s->next + (size_t)made * heads, 0xff, heads * sizeof *s->next);
    s->slots[slot] = (uint16_t)made;
    return matched ? MATCHED | made : made * heads;
}

/* The same; when there is no room everything else is forgotten first. MAYBE when even that does not help. */
static uint32_t intern_or_forget(sx_scout *s, uint32_t n, bool matched)
{
    uint32_t made = intern(s, n, matched);
    if (made != UNKNOWN) return made;
    forget(s);
    made = intern(s, n, matched);
    return made == UNKNOWN ? MAYBE : made;
}

/* s->set becomes what n members (which may be s->set itself) make of a byte; its size. *matched: one of the rules matches
 * here. Bytes that rules read past change nothing. */
static uint32_t step_set(sx_scout *s, const uint32_t *members, uint32_t n, uint8_t byte, bool *matched)
{
    const sx_scan *scan = s->scan;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t rule = members[i] >> 16;
        uint16_t to = (uint16_t)members[i];
        if (!sx_fold_skips(byte)) to = sx_dfa_step(&scan->pool, &scan->dfas[rule], to, byte);
        if (to & SX_PATTERN_ACCEPT) *matched = true;
        if (to != SX_PATTERN_DEAD) s->set[kept++] = rule << 16 | to;
    }
    return kept;
}

/* The state behind `from` for a class of bytes, made at its first use. */
static uint32_t learn(sx_scout *s, uint32_t from, uint8_t class)
{
    const state *x = &s->states[from / s->scan->heads];
    bool matched = false;
    uint32_t n = step_set(s, s->members + x->members, x->count, s->sample[class], &matched);
    if (n == 0) return s->next[from + class] = NO;
    uint32_t made = intern(s, n, matched);
    if (made == UNKNOWN)
        return intern_or_forget(s, n, matched); /* the walk goes on from a state that nothing leads to */
    return s->next[from + class] = made;
}

/* The state of a list behind its two bytes. One that is not here yet counts as read past, as in the list itself. */
static uint32_t begin(sx_scout *s, uint32_t list)
{
    const sx_scan *scan = s->scan;
    uint8_t first = s->sample[list / scan->heads % scan->heads], second = s->sample[list % scan->heads];
    uint32_t n = scan->list_at[list + 1] - scan->list_at[list];
    for (uint32_t i = 0; i < n; i++)
        s->set[i] = (uint32_t)scan->lists[scan->list_at[list] + i] << 16 | SX_PATTERN_START;
    bool matched = false;
    n = step_set(s, s->set, n, first, &matched);
    if (!matched) n = step_set(s, s->set, n, second, &matched);
    uint32_t made = n == 0 ? NO : intern_or_forget(s, n, matched);
    s->begins[list] = made; /* after a forgetting that may have come first */
    return made;
}

sx_scout_walk sx_scout_begin(sx_scout *s, uint32_t list, bool second)
{
    uint32_t at = s->begins[list];
    return (sx_scout_walk){at == UNKNOWN ? begin(s, list) : at, second ? 2 : 1};
}

sx_scouted sx_scout_go(sx_scout *s, const sx_window *w, size_t start, size_t max_span, sx_scout_walk *walk)
{
    const uint8_t *classes = s->scan->head_class;
    size_t i = start + walk->at, stop = start + (max_span < FAR ? max_span : FAR);
    uint32_t at = walk->state;
    size_t end = stop < w->avail ? stop : w->avail;
    while (at - FIRST < MATCHED - FIRST && i < end) {
        uint8_t class = classes[w->fold[i++]];
        uint32_t to = s->next[at + class];
        at = to == UNKNOWN ? learn(s, at, class) : to;
    }
    walk->state = at;
    walk->at = (uint32_t)(i - start);
    if (at == NO) return SX_SCOUT_NONE;
    if (at == MAYBE || at >= MATCHED) return SX_SCOUT_MAYBE;
    if (i >= stop) return max_span <= FAR ? SX_SCOUT_NONE : SX_SCOUT_MAYBE; /* a longer match would not count */
    return w->last ? SX_SCOUT_NONE : SX_SCOUT_MORE; /* no rule had matched when the text ended */
}

bool sx_scout_spares(const sx_scout *s, const sx_scout_walk *walk, uint16_t rule, uint32_t *at)
{
    if (walk->state < MATCHED) return false;
    const state *x = &s->states[walk->state & ~MATCHED];
    const uint32_t *members = s->members + x->members;
    while (*at < x->count && members[*at] >> 16 < rule) ++*at;
    return *at == x->count || members[*at] >> 16 != rule;
}

/* ---- the stock ---- */

struct sx_scout_stock {
    sx_mem *mem;
    const sx_scan *scan;
    pthread_mutex_t lock;
    sx_scout *idle[STOCK];
    unsigned n;
};

sx_scout_stock *sx_scout_stock_create(sx_mem *mem, const sx_scan *scan)
{
    sx_scout_stock *stock = sx_mem_zalloc(mem, sizeof *stock);
    if (!stock) return NULL;
    stock->mem = mem;
    stock->scan = scan;
    if (pthread_mutex_init(&stock->lock, NULL) != 0) {
        sx_mem_free(mem, stock);
        return NULL;
    }
    return stock;
}

void sx_scout_stock_free(sx_scout_stock *stock)
{
    if (!stock) return;
    for (unsigned i = 0; i < stock->n; i++) sx_scout_free(stock->idle[i]);
    pthread_mutex_destroy(&stock->lock);
    sx_mem_free(stock->mem, stock);
}

sx_scout *sx_scout_take(sx_scout_stock *stock)
{
    pthread_mutex_lock(&stock->lock);
    sx_scout *scout = stock->n ? stock->idle[--stock->n] : NULL;
    pthread_mutex_unlock(&stock->lock);
    return scout ? scout : sx_scout_create(stock->mem, stock->scan);
}

void sx_scout_give(sx_scout_stock *stock, sx_scout *scout)
{
    if (!scout) return;
    pthread_mutex_lock(&stock->lock);
    bool kept = stock->n < STOCK;
    if (kept) stock->idle[stock->n++] = scout;
    pthread_mutex_unlock(&stock->lock);
    if (!kept) sx_scout_free(scout);
}
