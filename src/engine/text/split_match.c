/* Matchers of single classes: runs of digits, letters, punctuation, listed characters. */
#include "engine/text/split_parts.h"

bool sx_split_listed(const range *ranges, uint32_t c)
{
    for (; ranges && ranges->hi && c >= ranges->lo; ranges++)
        if (c <= ranges->hi) return true;
    return false;
}

/* The end of up to r->max characters of the rule from i on; i when there are fewer than r->min. */
static size_t members(const scan *t, size_t i, const rule *r)
{
    size_t from = i;
    unsigned n = 0;
    while (!r->max || n < r->max) {
        point p = at(t, i);
        if (!p.len || !((p.cls & r->mask) || sx_split_listed(r->ranges, p.c))) break;
        i += p.len;
        n += n < r->min || r->max;
    }
    return n < r->min ? from : i;
}

/* [class]{min,max}, with SPACE_BEFORE: \s?[class]{min,max} */
size_t sx_match_run(scan *t, size_t i, const rule *r, size_t *skip)
{
    (void)skip;
    if (r->flags & SPACE_BEFORE) {
        point p = at(t, i);
        if (p.cls & SX_UC_SPACE) {
            size_t end = members(t, i + p.len, r);
            if (end > i + p.len) return end;
        }
    }
    return members(t, i, r);
}

/* \s+$ */
size_t sx_match_trailing_space(scan *t, size_t i, const rule *r, size_t *skip)
{
    (void)r;
    size_t end = run_of(t, i, SX_UC_SPACE);
    if (end == t->end) return end;
    *skip = end;
    return i;
}

/* " ?[^(\s|[.,!?…。，、।۔،])]+": brackets and bar are members of the class, as that expression's engine reads it. */
size_t sx_match_bloom(scan *t, size_t i, const rule *r, size_t *skip)
{
    (void)skip;
    size_t from = i;
    if (at(t, i).c == ' ') i++;
    size_t begin = i;
    for (point p = at(t, i); p.len && !(p.cls & SX_UC_SPACE) && !sx_split_listed(r->ranges, p.c); p = at(t, i))
        i += p.len;
    return i > begin ? i : from;
}

/* What \w takes besides letters, marks and decimal digits: joining punctuation, letters that are numbers or symbols. */
static const range word_others[] = {{'_', '_'},         {0xb2, 0xb3},
                                    {0xb9, 0xb9},       {0xbc, 0xbe},
                                    {0x16ee, 0x16f0},   {0x203f, 0x2040},
                                    {0x2054, 0x2054},   {0x2160, 0x2182},
                                    {0x2185, 0x2188},   {0x24b6, 0x24e9},
                                    {0x3007, 0x3007},   {0x3021, 0x3029},
                                    {0x3038, 0x303a},   {0xa6e6, 0xa6ef},
                                    {0xfe33, 0xfe34},   {0xfe4d, 0xfe4f},
                                    {0xff3f, 0xff3f},   {0x10140, 0x10174},
                                    {0x10341, 0x10341}, {0x1034a, 0x1034a},
                                    {0x103d1, 0x103d5}, {0x12400, 0x1246e},
                                    {0x1f130, 0x1f149}, {0x1f150, 0x1f169},
                                    {0x1f170, 0x1f189}, {0, 0}};

static bool word_character(point p)
{
    return (p.cls & (SX_UC_L | SX_UC_M)) || sx_split_listed(word_others, p.c);
}

/* Digits in groups of three counted from the right: \d{1,3}(?=(?:\d{3})*\b). A number that runs into a letter stays. */
size_t sx_match_digit_groups(scan *t, size_t i, const rule *r, size_t *skip)
{
    size_t end = i;
    unsigned n = 0;
    if (t->space_from <= i && i < t->space_end) { /* a number seen before: its rest is whole groups */
        for (end = i; n < 3; n++) end += at(t, end).len;
        return end;
    }
    for (point p = at(t, end); p.cls & SX_UC_ND; p = at(t, end)) {
        end += p.len;
        n = n % 3 + 1;
    }
    if (end == i) return i;
    if (!(r->flags & ANY_END) && word_character(at(t, end))) {
        *skip = end;
        return i;
    }
    size_t first = i;
    for (unsigned k = 0; k < n; k++) first += at(t, first).len;
    t->space_from = first;
    t->space_end = end;
    return first;
}

/* How many decimal digits stand from i on; *end: behind them. */
static size_t digits_from(const scan *t, size_t i, size_t *end)
{
    size_t n = 0;
    for (point p = at(t, i); p.cls & SX_UC_ND; p = at(t, i += p.len)) n++;
    *end = i;
    return n;
}

static size_t step(const scan *t, size_t i, size_t n)
{
    while (n--) i += at(t, i).len;
    return i;
}

/* (?=(\d{3})+(?!\d)): a cut, of no width, before each group of three digits counted from the right; so what comes before
 * the first group, and what follows the last, stays with its neighbour. */
size_t sx_match_digit_cuts(scan *t, size_t i, const rule *r, size_t *skip)
{
    (void)r;
    (void)skip;
    size_t end;
    if (t->space_from <= i && i < t->space_end) { /* a number seen before: its rest is whole groups */
        end = step(t, i, 3);
        if (end < t->space_end) return end;
    } else {
        size_t n = digits_from(t, i, &end);
        if (n > 3) {
            t->space_from = step(t, i, n % 3 ? n % 3 : 3);
            t->space_end = end;
            return t->space_from;
        }
    }
    while (end < t->end) { /* on to the next cut */
        size_t begin = end, n = digits_from(t, begin, &end);
        if (n == 0) {
            end += at(t, end).len;
        } else if (n >= 3) {
            t->space_from = step(t, begin, n % 3);
            t->space_end = end;
            return t->space_from;
        }
    }
    return end;
}

static bool number_byte(unsigned char c)
{
    return (c >= '0' && c <= '9') || c == 0xb2 || c == 0xb3 || c == 0xb9 || (c >= 0xbc && c <= 0xbe);
}

/* Runs of digits in the byte alphabet, where the bytes b2, b3, b9, bc, bd and be are written as the numbers 2 3 1 raised and
 * the fractions: so such a byte of any character stands apart from the bytes before it. */
size_t sx_match_number_bytes(scan *t, size_t i, const rule *r, size_t *skip)
{
    (void)r;
    size_t end = i;
    while (end < t->end && number_byte((unsigned char)t->s[end])) end++;
    if (end > i) return end;
    while (end < t->end && !number_byte((unsigned char)t->s[end])) end++;
    *skip = end;
    return i;
}

/* [^\n]+|[\n]+ */
size_t sx_match_newline_runs(scan *t, size_t i, const rule *r, size_t *skip)
{
    (void)r;
    (void)skip;
    bool line = t->s[i] != '\n';
    while (i < t->end && (t->s[i] != '\n') == line) i++;
    return i;
}
