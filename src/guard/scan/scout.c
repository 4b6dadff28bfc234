#include "guard/scan/scout.h"

#include <pthread.h>
#include <string.h>

#include "platform/utf8.h"

/* States are numbered. A state's row of next states has a column for each class of the ASCII bytes, those that texts have most of
 * side by side, so that little memory is touched; other bytes have rows of their own, made for the few states that meet some. */
enum {
    NO = SX_SCOUT_NO,
    MAYBE = 1, /* something may match, nothing is known of what */
    FIRST = 2, /* the first state that stands for a set of rules */
    STATES = 16000,
    MEMBERS = 1 << 19,
    SLOTS = 1 << 15,
    STOCK = 8
};
#define UNKNOWN 0xffffu
#define MATCHED 0x8000u /* flag of a step: rules match behind it, */
#define CLOSED  0x4000u /* and none of them may end before a letter or digit */
#define NUMBER  0x3fffu

/* A set of rules with the states of their automata: those that match first, each part in order of rules. */
typedef struct {
    uint32_t members; /* into scout->rule and scout->at */
    uint16_t count, matches;
    uint32_t hash;
    uint8_t behind; /* what may stand behind a match of them: UNWORDED, LETTERS, ANY */
    uint16_t wide;  /* the number of its row for other bytes; 0: it has none */
} state;

enum { COLUMNS = 128, WIDE = 255, WIDE_ROW = 256 }; /* of a row; no column; steps of a row for other bytes, by class */

enum { UNWORDED, LETTERS, ANY };
/* Kinds of bytes: letters and digits; which of them are digits; those that begin nothing behind a letter, behind a digit, at all. */
enum { WORD = 1, DIGIT = 2, DULL_LETTER = 4, DULL_DIGIT = 8, IDLE = 16 };

/* A word of up to fifteen letters, what stands behind it (spell tells how much), the rest zeroes. */
typedef struct {
    uint64_t first, second;
} spelling;

enum { SEEN = 2048, SEEN_BITS = 11 };

/* A set being made. */
typedef struct {
    uint16_t rule[SX_RULES_MAX], at[SX_RULES_MAX];
    uint32_t n, matches;
} set;

struct sx_scout {
    sx_mem *mem;
    const sx_scan *scan;
    uint64_t on[SX_RULE_WORDS];
    uint32_t generation; /* how often everything was forgotten */
    state *states;       /* by number; the first two stand for none */
    size_t n, state_cap;
    uint16_t *rule, *at; /* members: rules and the states of their automata, SX_PATTERN_ACCEPT with them */
    size_t members, rule_cap, at_cap;
    uint16_t *next; /* [n * COLUMNS] */
    size_t next_cap;
    uint16_t *wide; /* [wide_n * WIDE_ROW]; the first is nobody's */
    size_t wide_n, wide_cap;
    uint8_t column[256];
    uint16_t *slots;  /* [SLOTS]: numbers of states by hash, 0: free */
    uint16_t *begins; /* [SX_BEHIND * heads * heads]: the state behind the two bytes that chose a list, or UNKNOWN */
    uint8_t *sample;  /* [heads]: a byte of each class */
    spelling *seen;   /* [SEEN]: words that begin nothing behind a sign or a blank, by hash */
    uint8_t kind[256];
    set now, then; /* scratch */
};

static void forget(sx_scout *s)
{
    size_t heads = s->scan->heads;
    s->n = FIRST;
    s->members = 0;
    s->wide_n = 1;
    s->generation++;
    memset(s->slots, 0, SLOTS * sizeof *s->slots);
    memset(s->begins, 0xff, SX_BEHIND * heads * heads * sizeof *s->begins);
}

static bool is_on(const sx_scout *s, uint16_t rule)
{
    return (s->on[rule / 64] >> (rule % 64) & 1) != 0;
}

/* Can a wanted rule begin with a byte of this class? */
static bool begins_behind(const sx_scout *s, uint32_t behind, uint32_t class)
{
    const sx_scan *scan = s->scan;
    uint32_t row = (behind * scan->heads + class) * scan->heads;
    uint32_t from = scan->list_at[row], to = scan->list_at[row + scan->heads];
    for (uint32_t i = from; i < to; i++) {
        if (is_on(s, scan->lists[i])) return true;
    }
    return false;
}

/* Gives the classes of ASCII bytes their columns, as long as there are some; what gets none is read as other bytes are. */
static void make_columns(sx_scout *s)
{
    static const char FIRST_ONES[] = "0123456789 .-,:/\n@_()=\"'%+abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const uint8_t *class_of = s->scan->head_class;
    uint8_t taken[256];
    unsigned n = 0;
    memset(taken, WIDE, sizeof taken);
    memset(s->column, WIDE, sizeof s->column);
    const unsigned first_n = (unsigned)(sizeof FIRST_ONES - 1);
    for (unsigned i = 0; i < first_n + 128; i++) {
        unsigned byte = i < first_n ? (unsigned char)FIRST_ONES[i] : i - first_n;
        uint8_t *column = &taken[class_of[byte]];
        if (*column == WIDE && n < COLUMNS) *column = (uint8_t)n++;
        s->column[byte] = *column;
    }
}

sx_scout *sx_scout_create(sx_mem *mem, const sx_scan *scan, const uint64_t on[SX_RULE_WORDS])
{
    sx_scout *s = sx_mem_zalloc(mem, sizeof *s);
    if (!s) return NULL;
    size_t heads = scan->heads;
    s->mem = mem;
    s->scan = scan;
    memcpy(s->on, on, sizeof s->on);
    s->slots = sx_mem_array(mem, SLOTS, sizeof *s->slots);
    s->begins = sx_mem_array(mem, SX_BEHIND * heads * heads, sizeof *s->begins);
    s->sample = sx_mem_array(mem, heads, 1);
    s->seen = sx_mem_array(mem, SEEN, sizeof *s->seen);
    if (!s->slots || !s->begins || !s->sample || !s->seen) {
        sx_scout_free(s);
        return NULL;
    }
    for (unsigned b = 256; b-- > 0;) s->sample[scan->head_class[b]] = (uint8_t)b;
    make_columns(s);
    for (unsigned b = 0; b < 128; b++) {
        bool letter = begins_behind(s, SX_BEHIND_LETTER, scan->head_class[b]);
        bool digit = begins_behind(s, SX_BEHIND_DIGIT, scan->head_class[b]);
        if (!letter && !digit && !begins_behind(s, SX_BEHIND_OTHER, scan->head_class[b])) s->kind[b] = IDLE;
        if (!sx_is_word(b)) continue;
        s->kind[b] |= b >= '0' && b <= '9' ? WORD | DIGIT : WORD;
        if (!letter) s->kind[b] |= DULL_LETTER;
        if (!digit) s->kind[b] |= DULL_DIGIT;
    }
    forget(s);
    return s;
}

void sx_scout_free(sx_scout *s)
{
    if (!s) return;
    sx_mem_free(s->mem, s->states);
    sx_mem_free(s->mem, s->rule);
    sx_mem_free(s->mem, s->at);
    sx_mem_free(s->mem, s->slots);
    sx_mem_free(s->mem, s->begins);
    sx_mem_free(s->mem, s->sample);
    sx_mem_free(s->mem, s->seen);
    sx_mem_free(s->mem, s->next);
    sx_mem_free(s->mem, s->wide);
    sx_mem_free(s->mem, s);
}

/* ---- sets of rules as states ---- */

static bool make_room(sx_scout *s, uint32_t members)
{
    return !sx_mem_grow(s->mem, (void **)&s->states, &s->state_cap, s->n + 1, sizeof *s->states) &&
           !sx_mem_grow(s->mem, (void **)&s->rule, &s->rule_cap, s->members + members, sizeof *s->rule) &&
           !sx_mem_grow(s->mem, (void **)&s->at, &s->at_cap, s->members + members, sizeof *s->at) &&
           !sx_mem_grow(s->mem, (void **)&s->next, &s->next_cap, (s->n + 1) * COLUMNS, sizeof *s->next);
}

static uint32_t set_hash(const set *x)
{
    uint32_t hash = 2166136261u;
    for (uint32_t i = 0; i < x->n; i++)
        hash = (hash ^ ((uint32_t)x->rule[i] << 16 | x->at[i])) * 16777619u ^ (hash >> 15);
    return hash;
}

/* Flags of a step to a state. */
static uint32_t flags_of(const state *x)
{
    return x->matches == 0 ? 0 : x->behind == UNWORDED ? MATCHED | CLOSED : MATCHED;
}

/* The state of a set (of one rule or more), with its flag; UNKNOWN when there is no room for a new one. */
static uint32_t intern(sx_scout *s, const set *x)
{
    uint32_t hash = set_hash(x), slot = hash % SLOTS;
    size_t bytes = x->n * sizeof *x->rule;
    for (; s->slots[slot]; slot = (slot + 1) % SLOTS) {
        const state *old = &s->states[s->slots[slot]];
        if (old->hash == hash && old->count == x->n && memcmp(s->rule + old->members, x->rule, bytes) == 0 &&
            memcmp(s->at + old->members, x->at, bytes) == 0)
            return s->slots[slot] | flags_of(old);
    }
    if (s->n >= STATES || s->members + x->n > MEMBERS || !make_room(s, x->n)) return UNKNOWN;
    uint32_t made = (uint32_t)s->n++;
    uint8_t behind = UNWORDED;
    for (uint32_t i = 0; i < x->matches; i++) {
        uint32_t flags = s->scan->rules[x->rule[i]]->flags;
        if (flags & SX_RULE_RIGHT_ANY) behind = ANY;
        if ((flags & SX_RULE_RIGHT_LETTERS) && behind == UNWORDED) behind = LETTERS;
    }
    s->states[made] = (state){(uint32_t)s->members, (uint16_t)x->n, (uint16_t)x->matches, hash, behind, 0};
    memcpy(s->rule + s->members, x->rule, bytes);
    memcpy(s->at + s->members, x->at, bytes);
    s->members += x->n;
    memset(s->next + (size_t)made * COLUMNS, 0xff, COLUMNS * sizeof *s->next);
    s->slots[slot] = (uint16_t)made;
    return made | flags_of(&s->states[made]);
}

/* The same; when there is no room everything else is forgotten first. MAYBE when even that does not help. */
static uint32_t intern_or_forget(sx_scout *s, const set *x)
{
    uint32_t made = intern(s, x);
    if (made != UNKNOWN) return made;
    forget(s);
    made = intern(s, x);
    return made == UNKNOWN ? MAYBE : made;
}

/* What a byte makes of members. Bytes that rules read past change nothing. */
static void step_set(const sx_scout *s, const uint16_t *rule, const uint16_t *at, uint32_t n, uint8_t byte, set *out)
{
    const sx_scan *scan = s->scan;
    uint16_t to[SX_RULES_MAX];
    out->n = 0;
    for (uint32_t i = 0; i < n; i++) {
        to[i] = at[i];
        if (!sx_fold_skips(byte))
            to[i] = sx_dfa_step(&scan->pool, &scan->dfas[rule[i]], at[i] & (SX_PATTERN_ACCEPT - 1), byte);
        if (!(to[i] & SX_PATTERN_ACCEPT)) continue;
        out->rule[out->n] = rule[i];
        out->at[out->n++] = to[i];
    }
    out->matches = out->n;
    for (uint32_t i = 0; i < n; i++) {
        if (to[i] == SX_PATTERN_DEAD || (to[i] & SX_PATTERN_ACCEPT)) continue;
        out->rule[out->n] = rule[i];
        out->at[out->n++] = to[i];
    }
    /* members that matched before stand in front: back to the order of rules */
    for (uint32_t part = 0; part < 2; part++) {
        uint32_t lo = part ? out->matches : 0, hi = part ? out->n : out->matches;
        for (uint32_t i = lo + 1; i < hi; i++) {
            uint16_t r = out->rule[i], a = out->at[i];
            uint32_t k = i;
            for (; k > lo && out->rule[k - 1] > r; k--) {
                out->rule[k] = out->rule[k - 1];
                out->at[k] = out->at[k - 1];
            }
            out->rule[k] = r;
            out->at[k] = a;
        }
    }
}

/* The step from a state, as far as it is known. */
static inline uint32_t step(const sx_scout *s, uint32_t from, uint8_t byte)
{
    uint32_t column = s->column[byte];
    if (column != WIDE) return s->next[(size_t)from * COLUMNS + column];
    uint32_t row = s->states[from].wide;
    return row == 0 ? UNKNOWN : s->wide[(size_t)row * WIDE_ROW + s->scan->head_class[byte]];
}

/* Where a state's step is kept; NULL without memory. */
static uint16_t *step_slot(sx_scout *s, uint32_t from, uint8_t byte)
{
    uint32_t column = s->column[byte];
    if (column != WIDE) return &s->next[(size_t)from * COLUMNS + column];
    if (s->states[from].wide == 0) {
        if (sx_mem_grow(s->mem, (void **)&s->wide, &s->wide_cap, (s->wide_n + 1) * WIDE_ROW, sizeof *s->wide))
            return NULL;
        memset(s->wide + s->wide_n * WIDE_ROW, 0xff, WIDE_ROW * sizeof *s->wide);
        s->states[from].wide = (uint16_t)s->wide_n++;
    }
    return &s->wide[(size_t)s->states[from].wide * WIDE_ROW + s->scan->head_class[byte]];
}

/* The step from a state, made at its first use. After a forgetting nothing leads to it. */
static uint32_t learn(sx_scout *s, uint32_t from, uint8_t byte)
{
    const state *x = &s->states[from];
    step_set(s, s->rule + x->members, s->at + x->members, x->count, byte, &s->now);
    uint32_t made = s->now.n == 0 ? NO : intern(s, &s->now);
    if (made == UNKNOWN) return intern_or_forget(s, &s->now);
    uint16_t *slot = step_slot(s, from, byte);
    if (slot != NULL) *slot = (uint16_t)made;
    return made;
}

/* The state of a list behind its two bytes. One that is not here yet counts as read past, as in the list itself. */
static uint32_t begin(sx_scout *s, uint32_t list)
{
    const sx_scan *scan = s->scan;
    uint8_t first = s->sample[list / scan->heads % scan->heads], second = s->sample[list % scan->heads];
    set *x = &s->now;
    x->n = 0;
    for (uint32_t i = scan->list_at[list]; i < scan->list_at[list + 1]; i++) {
        uint16_t rule = scan->lists[i];
        if (!is_on(s, rule)) continue;
        x->rule[x->n] = rule;
        x->at[x->n++] = SX_PATTERN_START;
    }
    step_set(s, x->rule, x->at, x->n, first, &s->then);
    uint32_t made = MAYBE; /* a match of one byte has no mark */
    if (s->then.matches == 0) {
        step_set(s, s->then.rule, s->then.at, s->then.n, second, &s->now);
        made = s->now.n == 0 ? NO : intern_or_forget(s, &s->now);
    }
    s->begins[list] = (uint16_t)made; /* after a forgetting that may have come first */
    return made;
}

bool sx_scout_begin(sx_scout *s, uint32_t list, bool second, sx_scout_walk *walk)
{
    uint32_t at = s->begins[list];
    if (at == UNKNOWN) at = begin(s, list);
    walk->state = at & NUMBER;
    walk->generation = s->generation;
    walk->at = second ? 2 : 1;
    walk->marks = 0;
    walk->list = list;
    walk->second = second;
    walk->said = SX_SCOUT_NONE;
    if (at & MATCHED) walk->mark[walk->marks++] = (sx_scout_mark){(uint16_t)walk->state, 2, 2};
    return at != NO;
}

/* May one of the rules that match in a state end where this stands behind it? */
static inline bool may_end(const sx_scout *s, uint32_t number, uint8_t next)
{
    if (next >= 0x80 || !(s->kind[next] & WORD)) return true;
    uint8_t behind = s->states[number].behind;
    return behind == ANY || (behind == LETTERS && !(s->kind[next] & DIGIT));
}

/* Does a match that ends where the walk died depend on what follows the number's sign there? */
static bool number_may_go_on(const sx_scout *s, const sx_window *w, size_t start, const sx_scout_walk *walk)
{
    uint32_t n;
    const sx_scout_mark *last = &walk->mark[walk->marks - 1];
    if (last->end != walk->at || start + walk->at + 1 < w->avail) return false;
    const uint16_t *rules = sx_scout_matches(s, last, &n);
    for (uint32_t i = 0; i < n; i++) {
        if (s->scan->rules[rules[i]]->flags & SX_RULE_NUMBER) return sx_joins_numbers(w->fold[start + walk->at]);
    }
    return false;
}

static sx_scouted go_on(sx_scout *s, const sx_window *w, size_t start, size_t max_span, sx_scout_walk *walk)
{
    const uint8_t *fold = w->fold;
    size_t i = start + walk->at, stop = start + (max_span < SX_SCOUT_FAR ? max_span : SX_SCOUT_FAR);
    size_t end = stop < w->avail ? stop : w->avail;
    uint32_t at = walk->state, marks = walk->marks;
    if (walk->generation != s->generation) at = MAYBE;
    if (at > MAYBE && marks > 0 && walk->mark[marks - 1].end == walk->at) { /* its right side was not here */
        sx_scout_mark *last = &walk->mark[marks - 1];
        while (i < w->avail && fold[i] == SX_FOLD_SKIP) i++;
        last->end = (uint16_t)(i - start);
        if (i < w->avail && !may_end(s, last->state, fold[i])) marks--;
    }
    while (at > MAYBE && i < end) {
        uint32_t to = step(s, at, fold[i]);
        if (to == UNKNOWN) {
            to = learn(s, at, fold[i]);
            if (walk->generation != s->generation) {
                at = MAYBE; /* the marks are forgotten too */
                break;
            }
        }
        at = to & NUMBER;
        if (to == NO) break;
        i++;
        if ((to & CLOSED) && i < w->avail && (s->kind[fold[i]] & WORD)) continue;
        if (to & MATCHED) {
            uint16_t read = (uint16_t)(i - start);
            while (i < w->avail && fold[i] == SX_FOLD_SKIP) i++;
            if (i < w->avail && !may_end(s, at, fold[i])) continue;
            walk->mark[marks++] = (sx_scout_mark){(uint16_t)at, read, (uint16_t)(i - start)};
        }
    }
    walk->state = at;
    walk->at = (uint32_t)(i - start);
    walk->marks = marks;
    if (at == MAYBE) return SX_SCOUT_MAYBE;
    bool over = at == NO || (w->last && i >= w->avail);
    if (!over && i >= stop && max_span > SX_SCOUT_FAR) return SX_SCOUT_MAYBE; /* longer matches count */
    if (!over && i >= w->avail) return SX_SCOUT_MORE;
    if (marks == 0) return SX_SCOUT_NONE;
    return !w->last && number_may_go_on(s, w, start, walk) ? SX_SCOUT_MORE : SX_SCOUT_KNOWN;
}

sx_scouted sx_scout_go(sx_scout *s, const sx_window *w, size_t start, size_t max_span, sx_scout_walk *walk)
{
    sx_scouted said = go_on(s, w, start, max_span, walk);
    if (walk->generation == s->generation) return said;
    /* all was forgotten on the way: once more from the start, so that what is told depends on the text alone */
    (void)sx_scout_begin(s, walk->list, walk->second, walk);
    return go_on(s, w, start, max_span, walk);
}

/* The walk of a place whose two bytes are here, as far as nothing matches: its end, the state there in *reached. *dull: the
 * places between are inside of a word and begin nothing. */
static inline size_t quick_walk(const sx_scout *s, const sx_window *w, size_t at, uint32_t *reached, bool *dull)
{
    const uint8_t *fold = w->fold;
    size_t i = at + 2, stop = at + SX_SCOUT_FAR < w->avail ? at + SX_SCOUT_FAR : w->avail;
    uint32_t x = *reached, to = x, kinds = s->kind[fold[at]] & WORD ? s->kind[fold[at + 1]] : 0;
    while (i < stop) {
        to = step(s, x, fold[i]);
        if (to - FIRST >= CLOSED - FIRST) break; /* the end, a match, or a step to be learned */
        x = to;
        kinds &= s->kind[fold[i++]];
    }
    *reached = i < stop && to == NO ? NO : x;
    *dull = (kinds & (DULL_LETTER | DULL_DIGIT)) == (DULL_LETTER | DULL_DIGIT);
    return i;
}

static inline uint32_t behind_byte(const sx_scout *s, uint8_t byte)
{
    uint8_t kind = s->kind[byte];
    return kind & DIGIT ? SX_BEHIND_DIGIT : kind & WORD ? SX_BEHIND_LETTER : SX_BEHIND_OTHER;
}

/* In the highest bit of each byte: it is neither an ASCII letter nor "_" (nor the delete sign, which begins nothing). */
static inline uint64_t no_letters(uint64_t v)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
    uint64_t small = (v | ones * 0x20) & ~high;
    return ~((small + ones * (0x80 - 'a')) & (~(small + ones * (0x7f - 'z')) | (small + ones)) & ~v) & high;
}

/* The first byte lowest. */
static inline uint64_t eight_at(const uint8_t *bytes)
{
    uint64_t v;
    memcpy(&v, bytes, sizeof v);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

/* Bytes of a spelling behind the word's letters: one; two where it is no blank; three behind short words, which may begin a number
 * plate. */
static inline unsigned tail_of(size_t letters, uint8_t behind)
{
    return letters <= 3 ? 3 : behind == ' ' ? 1 : 2;
}

/* Spells the word that begins a text of n bytes; how many letters it has, 0 when there are none or it does not fit in. */
static inline size_t spell(const uint8_t *text, size_t n, spelling *out)
{
    if (n < 8) return 0;
    uint64_t first = eight_at(text), stop = no_letters(first), second = 0;
    size_t letters = (size_t)__builtin_ctzll(stop | UINT64_C(1) << 63) / 8;
    if (stop == 0 || letters == 7) {
        if (n < 17) return 0;
        second = eight_at(text + 8);
        uint64_t more = stop == 0 ? no_letters(second) : 0;
        if (stop == 0) letters = 8 + (size_t)__builtin_ctzll(more | UINT64_C(1) << 63) / 8;
    }
    size_t kept = letters + tail_of(letters, text[letters]);
    if (kept > 16) return 0;
    if (kept < 8) first &= (UINT64_C(1) << (8 * kept)) - 1;
    second = kept <= 8 ? 0 : kept < 16 ? second & ((UINT64_C(1) << (8 * (kept - 8))) - 1) : second;
    *out = (spelling){first, second};
    return letters;
}

static inline spelling *seen_at(const sx_scout *s, const spelling *word)
{
    uint64_t hash = (word->first ^ word->second * UINT64_C(0xff51afd7ed558ccd)) * UINT64_C(0x9e3779b97f4a7c15);
    return &s->seen[hash >> (64 - SEEN_BITS)];
}

/* Is that so of every word of this spelling, since a walk over such a one has read `read` bytes before it ended without a match? */
static bool begins_nothing(const sx_scout *s, const uint8_t *word, size_t letters, size_t read)
{
    size_t i = 1;
    while (i < letters && (s->kind[word[i]] & DULL_LETTER)) i++;
    return i >= letters && read < letters + tail_of(letters, word[letters]);
}

bool sx_scout_pass(sx_scout *s, const sx_window *w, size_t *place, size_t end, size_t max_span, const sx_scan *extra,
                   uint32_t *list, sx_scout_walk *walk)
{
    const sx_scan *scan = s->scan;
    const uint8_t *fold = w->fold;
    size_t at = *place;
    uint32_t behind = sx_behind(sx_window_before(w, at));
    bool found = false, spells = extra == NULL && max_span >= SX_SCOUT_FAR;
    while (at < end) {
        if (extra != NULL) {
            if (!sx_scan_list_empty(extra, sx_scan_list(extra, behind, fold[at], fold[at + 1]))) break;
        } else if ((s->kind[fold[at]] & IDLE) && (unsigned char)w->text[at] < 0x80) {
            behind = behind_byte(s, fold[at++]);
            continue;
        } else if (behind != SX_BEHIND_OTHER) {
            uint8_t kind = s->kind[fold[at]], dull = behind == SX_BEHIND_DIGIT ? DULL_DIGIT : DULL_LETTER;
            if (kind & dull) {
                behind = kind & DIGIT ? SX_BEHIND_DIGIT : SX_BEHIND_LETTER;
                at++;
                if (kind & (kind & DIGIT ? DULL_DIGIT : DULL_LETTER)) {
                    while (at < end && s->kind[fold[at]] == kind) at++;
                }
                continue;
            }
        }
        spelling word = {0, 0};
        size_t letters = 0;
        if (behind == SX_BEHIND_OTHER && (s->kind[fold[at]] & (WORD | DIGIT)) == WORD && spells) {
            letters = spell(fold + at, w->avail - at, &word);
            const spelling *seen = seen_at(s, &word);
            if (letters > 0 && seen->first == word.first && seen->second == word.second && at + letters <= end) {
                at += letters;
                behind = SX_BEHIND_LETTER;
                continue;
            }
        }
        uint32_t l = sx_scan_list(scan, behind, fold[at], fold[at + 1]);
        uint32_t first = sx_scan_list_empty(scan, l) ? NO : s->begins[l];
        if (first - FIRST < CLOSED - FIRST && max_span >= SX_SCOUT_FAR) {
            bool dull;
            uint32_t reached = first;
            size_t i = quick_walk(s, w, at, &reached, &dull);
            if (letters > 0 && reached == NO && begins_nothing(s, fold + at, letters, i - at))
                *seen_at(s, &word) = word;
            if (reached == NO && dull && extra == NULL && i <= end) {
                at = i;
                behind = behind_byte(s, fold[at - 1]);
                continue;
            }
            first = reached;
            walk->state = reached;
            walk->generation = s->generation;
            walk->list = l;
            walk->second = true;
            walk->at = (uint32_t)(i - at);
            walk->marks = 0;
        } else if (first != NO && !sx_scout_begin(s, l, true, walk)) {
            first = NO;
        }
        if (first != NO && (walk->said = sx_scout_go(s, w, at, max_span, walk)) != SX_SCOUT_NONE) {
            *list = l;
            found = true;
            break;
        }
        if ((unsigned char)w->text[at] < 0x80) {
            behind = behind_byte(s, fold[at++]);
            continue;
        }
        size_t len = 3;
        bool han = sx_han_at(w->text + at, w->avail - at);
        if (!han) (void)sx_utf8_next(w->text + at, w->avail - at, &len);
        if (at + len > end) break;
        at += len;
        behind = han ? SX_BEHIND_OTHER : sx_behind(sx_window_before(w, at));
    }
    *place = at;
    return found;
}

const uint16_t *sx_scout_matches(const sx_scout *s, const sx_scout_mark *mark, uint32_t *count)
{
    const state *x = &s->states[mark->state];
    *count = x->matches;
    return s->rule + x->members;
}

static void add_rules(const sx_scout *s, uint32_t number, uint32_t n, uint64_t rules[SX_RULE_WORDS])
{
    const uint16_t *rule = s->rule + s->states[number].members;
    for (uint32_t i = 0; i < n; i++) rules[rule[i] / 64] |= (uint64_t)1 << (rule[i] % 64);
}

void sx_scout_alive(const sx_scout *s, const sx_scout_walk *walk, uint64_t rules[SX_RULE_WORDS])
{
    if (walk->state > MAYBE) add_rules(s, walk->state, s->states[walk->state].count, rules);
}

bool sx_scout_left(const sx_scout *s, const sx_scout_walk *walk, uint64_t rules[SX_RULE_WORDS])
{
    if (walk->state <= MAYBE) return false;
    for (uint32_t i = 0; i < walk->marks; i++)
        add_rules(s, walk->mark[i].state, s->states[walk->mark[i].state].matches, rules);
    sx_scout_alive(s, walk, rules);
    return true;
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

/* Takes the i-th out; the others keep their order, the latest last. */
static sx_scout *pick(sx_scout_stock *stock, unsigned i)
{
    sx_scout *scout = stock->idle[i];
    stock->n--;
    memmove(stock->idle + i, stock->idle + i + 1, (stock->n - i) * sizeof(sx_scout *));
    return scout;
}

sx_scout *sx_scout_take(sx_scout_stock *stock, const uint64_t on[SX_RULE_WORDS])
{
    sx_scout *scout = NULL;
    pthread_mutex_lock(&stock->lock);
    for (unsigned i = stock->n; i-- > 0 && !scout;) {
        if (memcmp(stock->idle[i]->on, on, sizeof stock->idle[i]->on) == 0) scout = pick(stock, i);
    }
    pthread_mutex_unlock(&stock->lock);
    return scout ? scout : sx_scout_create(stock->mem, stock->scan, on);
}

void sx_scout_give(sx_scout_stock *stock, sx_scout *scout)
{
    if (!scout) return;
    pthread_mutex_lock(&stock->lock);
    sx_scout *oldest = stock->n == STOCK ? pick(stock, 0) : NULL;
    stock->idle[stock->n++] = scout;
    pthread_mutex_unlock(&stock->lock);
    sx_scout_free(oldest);
}
