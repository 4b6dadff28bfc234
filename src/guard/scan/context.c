#include "guard/scan/context.h"

#include <string.h>

#include "guard/scan/chars.h"
#include "guard/scan/scan.h"

enum { LETTER = 1, OTHER = 2 };         /* a word that begins with a letter, with something else */
enum { FILTER_WORDS = 1024, FOUR = 4 }; /* of 64 bits each */

void sx_context_init(sx_context *c, sx_mem *mem)
{
    memset(c, 0, sizeof *c);
    sx_ac_init(&c->words, mem);
}

void sx_context_free(sx_context *c)
{
    sx_mem *mem = c->words.mem;
    sx_mem_free(mem, c->four);
    sx_mem_free(mem, c->pair);
    sx_mem_free(mem, c->two);
    sx_ac_free(&c->words);
    sx_context_init(c, mem);
}

/* Four bytes, capitals as small letters (and some signs as others). */
static inline uint32_t four_of(const void *s)
{
    uint32_t v;
    memcpy(&v, s, sizeof v);
    return ((v | 0x20202020u) * 0x9e3779b1u) >> 16;
}

static inline uint32_t three_of(const void *s)
{
    const uint8_t *b = s;
    uint32_t v = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16;
    return ((v | 0x202020u) * 0x9e3779b1u) >> 16;
}

static inline uint32_t two_of(const void *s)
{
    uint16_t v;
    memcpy(&v, s, sizeof v);
    return v | 0x2020u;
}

static inline bool has(const uint64_t *bits, uint32_t i)
{
    return (bits[i / 64] >> (i % 64) & 1) != 0;
}

static void set(uint64_t *bits, uint32_t i)
{
    bits[i / 64] |= (uint64_t)1 << (i % 64);
}

llm_status sx_context_add(sx_context *c, uint32_t type, const char *word, size_t len, llm_error *err)
{
    uint64_t **const filters[] = {&c->four, &c->pair, &c->two};
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        if (*filters[i] == NULL) *filters[i] = sx_mem_array(c->words.mem, FILTER_WORDS, sizeof **filters[i]);
        if (*filters[i] == NULL) return sx_fail_memory(err);
    }
    unsigned char first = len > 0 ? (unsigned char)word[0] : 0;
    c->begins[first] |= sx_ascii_letter(first) ? LETTER : OTHER;
    if (sx_ascii_letter(first)) c->begins[first - 32] |= LETTER; /* its capital */
    if (len >= FOUR) {
        set(c->four, four_of(word));
    } else if (len > 1 && sx_ascii_letter(first)) {
        if (len == 3)
            set(c->four, three_of(word));
        else
            set(c->pair, two_of(word));
    } else if (len > 1) {
        set(c->two, two_of(word));
    } else {
        for (uint32_t second = 0; second < 256; second++) {
            const uint8_t pair[2] = {first, (uint8_t)second};
            set(c->two, two_of(pair));
        }
    }
    return sx_ac_add(&c->words, word, len, type, err);
}

llm_status sx_context_build(sx_context *c, llm_error *err)
{
    for (unsigned b = 0; b < 256; b++) {
        bool inside = b < 0x80 && b != '_' && sx_is_word(b);
        c->follows[b] = inside ? OTHER : OTHER | LETTER;
    }
    return sx_ac_build(&c->words, err);
}

/* A context word stands on its own at its left; a short one at its right too ("tin" is not in "tiny"). */
static bool stands_alone(const sx_window *w, size_t from, size_t to)
{
    if (!sx_ascii_letter(w->fold[from])) return true;
    if (from > 0 && sx_is_word(sx_window_before(w, from)) && w->fold[from - 1] != '_') return false;
    return to - from > 3 || to >= w->avail || !sx_ascii_letter(w->fold[to]);
}

/* Notes the words that begin at `at` and end by `to`. True: the text ends before it is known whether longer ones do. */
static bool look_up(const sx_ac *words, const sx_window *w, size_t at, size_t to, uint64_t base,
                    uint64_t began[SX_TYPE_MAX])
{
    uint32_t node = SX_AC_ROOT;
    for (size_t i = at; i < to; i++) {
        node = sx_ac_child(words, node, (uint8_t)sx_ascii_lower((char)w->fold[i]));
        if (node == SX_AC_ROOT) return false;
        if (!sx_ac_ends(words, node) || !stands_alone(w, at, i + 1)) continue;
        uint32_t n;
        const uint32_t *types = sx_ac_values(words, node, &n);
        for (uint32_t k = 0; k < n; k++) {
            if (base + at >= began[types[k]]) began[types[k]] = base + at + 1;
        }
    }
    return !sx_ac_leaf(words, node);
}

/* Can a word begin at `at` and end by `to`, as far as its first bytes tell? Short words of letters stand alone. */
static inline bool may_be(const sx_context *c, const sx_window *w, size_t at, size_t to)
{
    const uint8_t *fold = w->fold + at;
    size_t n = to - at;
    if (n < 2) return true;
    if (n < FOUR) return n == 3 || has(c->two, two_of(fold)) || has(c->pair, two_of(fold));
    if (has(c->four, four_of(fold)) || has(c->two, two_of(fold))) return true;
    return sx_ascii_letter(fold[2]) ? !sx_ascii_letter(fold[3]) && has(c->four, three_of(fold))
                                    : has(c->pair, two_of(fold)) || has(c->four, three_of(fold));
}

size_t sx_scan_context(const sx_scan *scan, const sx_window *w, size_t from, size_t to, uint64_t base,
                       uint64_t began[SX_TYPE_MAX])
{
    const sx_context *c = &scan->context;
    size_t open = to;
    for (size_t at = from; at < to; at += 64) {
        size_t n = to - at < 64 ? to - at : 64;
        uint64_t starts = 0;
        uint8_t follows = at > 0 ? c->follows[w->fold[at - 1]] : LETTER | OTHER;
        for (size_t i = 0; i < n; i++) {
            uint8_t b = w->fold[at + i];
            starts |= (uint64_t)((c->begins[b] & follows) != 0) << i;
            follows = c->follows[b];
        }
        for (; starts != 0; starts &= starts - 1) {
            size_t place = at + (size_t)__builtin_ctzll(starts);
            if (to - place < FOUR && place < open) open = place; /* a longer word may begin here */
            if (may_be(c, w, place, to) && look_up(&c->words, w, place, to, base, began) && place < open) open = place;
        }
    }
    return open;
}
