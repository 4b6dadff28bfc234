/* Matchers of whole word patterns: what a word, a number, a run of punctuation and a run of space is. */
#include "engine/text/split_parts.h"

/* One of 's 't 're 've 'm 'll 'd, in lower case only or in any; the end, or i. U+017F folds to s. */
static size_t contraction(const scan *t, size_t i, bool any_case)
{
    if (at(t, i).c != '\'') return i;
    point a = at(t, i + 1), b = at(t, i + 1 + a.len);
    uint32_t x = a.c, y = b.c;
    if (any_case) {
        if (x == 0x17f) x = 's';
        if (x >= 'A' && x <= 'Z') x += 32;
        if (y >= 'A' && y <= 'Z') y += 32;
    }
    if (x == 's' || x == 't' || x == 'm' || x == 'd') return i + 1 + a.len;
    if ((x == 'r' && y == 'e') || (x == 'v' && y == 'e') || (x == 'l' && y == 'l')) return i + 3;
    return i;
}

/* Measures the run of white space at i, unless it lies in the run measured last. */
static void measure_space(scan *t, size_t i)
{
    if (t->space_from <= i && i < t->space_end) return;
    t->space_from = t->space_last = i;
    t->space_newline = 0;
    point p;
    for (p = at(t, i); p.cls & SX_UC_SPACE; p = at(t, i)) {
        t->space_last = i;
        i += p.len;
        if (newline(p)) t->space_newline = i;
    }
    t->space_end = i;
}

/* \s{512}(?!\S)|\s{256}(?!\S)|...|\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1} */
static size_t space_steps(const scan *t, size_t i)
{
    static const unsigned steps[] = {512, 256, 128, 64, 32, 16, 8, 4, 2, 1};
    size_t to = i;
    unsigned n = 0;
    while (n < 513 && to < t->space_end) {
        to += at(t, to).len;
        n++;
    }
    unsigned take = 1;
    for (unsigned k = 0; k < sizeof steps / sizeof *steps; k++) {
        take = steps[k];
        if (n > take || (n == take && t->space_end == t->end)) break;
    }
    for (to = i; take; take--) to += at(t, to).len;
    return to;
}

/* \s*[\r\n]+ (when newlines go first) |\s+(?!\S)|\s+ */
static size_t space(scan *t, size_t i, bool newlines_first, bool steps)
{
    measure_space(t, i);
    if (newlines_first && t->space_newline > i) return t->space_newline;
    if (steps) return space_steps(t, i);
    if (t->space_end == t->end || t->space_last == i) return t->space_end;
    return t->space_last;
}

/* 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+ */
size_t sx_match_gpt2(scan *t, size_t i, const rule *r, size_t *skip)
{
    (void)r;
    (void)skip;
    size_t end = contraction(t, i, false);
    if (end > i) return end;
    size_t begin = i;
    point p = at(t, i);
    if (p.c == ' ') p = at(t, ++begin);
    if (p.cls & SX_UC_L) return run_of(t, begin, SX_UC_L);
    if (p.cls & SX_UC_N) return run_of(t, begin, SX_UC_N);
    if (p.len && !(p.cls & SX_UC_SPACE)) return run_not(t, begin, SX_UC_SPACE | SX_UC_L | SX_UC_N);
    return space(t, i, false, false);
}

/* Behind a run of punctuation: [\r\n]*, [\r\n/]* or [\r\n/]?. */
static size_t punctuation_tail(const scan *t, size_t i, const rule *r)
{
    if (r->flags & NO_NEWLINES) return i;
    for (point p = at(t, i); newline(p) || (p.c == '/' && (r->flags & SLASH)); p = at(t, i)) {
        i += p.len;
        if (r->flags & ONE_NEWLINE) break;
    }
    return i;
}

/* \p{N}{1,max}| ?[^\s letters \p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+ */
static size_t no_word(scan *t, size_t i, const rule *r, uint32_t letters)
{
    point p = at(t, i);
    if (p.cls & SX_UC_N) {
        for (unsigned n = 0; (p.cls & SX_UC_N) && (n < r->max || !r->max); n++, p = at(t, i)) i += p.len;
        return i;
    }
    size_t begin = i;
    if (p.c == ' ') p = at(t, ++begin);
    const uint32_t other = SX_UC_SPACE | SX_UC_N | letters;
    if (p.len && !(p.cls & other)) return punctuation_tail(t, run_not(t, begin, other), r);
    return space(t, i, true, r->flags & SPACE_STEPS);
}

/* Letters with marks, and single spaces between letters: (?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+ */
static size_t spaced_letters(const scan *t, size_t i)
{
    for (;;) {
        point p = at(t, i);
        size_t step = p.len;
        if (p.c == ' ') {
            p = at(t, i + 1);
            step = 1 + p.len;
        }
        if (!(p.cls & SX_UC_L)) return i;
        i = run_of(t, i + step, SX_UC_M);
    }
}

/* (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[letters]+| and the rest as no_word. r->mask: what a letter is. */
size_t sx_match_words(scan *t, size_t i, const rule *r, size_t *skip)
{
    (void)skip;
    size_t end = r->flags & NO_CONTRACTION ? i : contraction(t, i, true);
    if (end > i) return end;
    point p = at(t, i);
    size_t begin = i;
    if (!(p.cls & (r->mask | SX_UC_N)) && !newline(p)) p = at(t, begin += p.len);
    if (p.cls & r->mask) return r->flags & WORD_SPACES ? spaced_letters(t, begin) : run_of(t, begin, r->mask);
    return no_word(t, i, r, r->mask);
}

static bool upper_like(point p) /* [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}] */
{
    return ((p.cls & SX_UC_L) && !(p.cls & SX_UC_LL)) || (p.cls & SX_UC_M);
}

static bool lower_like(point p) /* [\p{Ll}\p{Lm}\p{Lo}\p{M}] */
{
    return ((p.cls & SX_UC_L) && !(p.cls & SX_UC_LU)) || (p.cls & SX_UC_M);
}

/* The script Han. */
static const range han[] = {{0x2e80, 0x2e99},
                            {0x2e9b, 0x2ef3},
                            {0x2f00, 0x2fd5},
                            {0x3005, 0x3005},
                            {0x3007, 0x3007},
                            {0x3021, 0x3029},
                            {0x3038, 0x303b},
                            {0x3400, 0x4dbf},
                            {0x4e00, 0x9fff},
                            {0xf900, 0xfa6d},
                            {0xfa70, 0xfad9},
                            {0x16fe2, 0x16fe3},
                            {0x16ff0, 0x16ff1},
                            {0x20000, 0x2a6df},
                            {0x2a700, 0x2b739},
                            {0x2b740, 0x2b81d},
                            {0x2b820, 0x2cea1},
                            {0x2ceb0, 0x2ebe0},
                            {0x2ebf0, 0x2ee5d},
                            {0x2f800, 0x2fa1d},
                            {0x30000, 0x3134a},
                            {0x31350, 0x323af},
                            {0, 0}};

static bool apart(const rule *r, point p)
{
    return (r->flags & HAN_APART) && p.c >= 0x2e80 && sx_split_listed(han, p.c);
}

/* upper*lower+ when `first`, else upper+lower*; the end, or i. A greedy engine gives characters of both classes back
 * from the end of the upper run until the lower run has one: so the match ends behind the last such character. */
static size_t cased(const scan *t, size_t i, const rule *r, bool first)
{
    size_t end = i, last_both = i;
    point p;
    for (p = at(t, end); upper_like(p) && !apart(r, p); p = at(t, end)) {
        end += p.len;
        if (lower_like(p)) last_both = end;
    }
    if (!first && end == i) return i;
    size_t lower = end;
    for (; lower_like(p) && !apart(r, p); p = at(t, lower)) lower += p.len;
    if (lower > end) return lower;
    return first ? last_both : end;
}

/* [^\r\n\p{L}\p{N}]? upper*lower+ contraction? | [^\r\n\p{L}\p{N}]? upper+lower* contraction? | as no_word */
size_t sx_match_cased(scan *t, size_t i, const rule *r, size_t *skip)
{
    (void)skip;
    point p = at(t, i);
    if (apart(r, p)) {
        while (apart(r, p)) p = at(t, i += p.len);
        return i;
    }
    bool prefix = p.len && !newline(p) && !(p.cls & (SX_UC_L | SX_UC_N));
    for (int k = 0; k < 2; k++) {
        size_t begin = prefix ? i + p.len : i;
        size_t end = cased(t, begin, r, k == 0);
        if (end == begin && prefix) end = cased(t, begin = i, r, k == 0);
        if (end > begin) return r->flags & NO_CONTRACTION ? end : contraction(t, end, true);
    }
    return no_word(t, i, r, SX_UC_L);
}

static bool ascii_letter(point p)
{
    return (p.c >= 'a' && p.c <= 'z') || (p.c >= 'A' && p.c <= 'Z');
}

/* [ASCII punctuation][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
 * Numbers that stand alone match nothing and stay as they are. */
size_t sx_match_deepseek3(scan *t, size_t i, const rule *r, size_t *skip)
{
    (void)skip;
    const uint32_t marks = SX_UC_P | SX_UC_S, letters = SX_UC_L | SX_UC_M;
    point p = at(t, i);
    if (p.c < 0x80 && (p.cls & marks) && ascii_letter(at(t, i + 1))) {
        do p = at(t, ++i);
        while (ascii_letter(p));
        return i;
    }
    size_t begin = i;
    if (!(p.cls & (letters | marks)) && !newline(p)) begin += p.len;
    if (at(t, begin).cls & letters) return run_of(t, begin, letters);
    begin = i + (p.c == ' ');
    if (at(t, begin).cls & marks) return punctuation_tail(t, run_of(t, begin, marks), r);
    return p.cls & SX_UC_SPACE ? space(t, i, true, false) : i;
}
