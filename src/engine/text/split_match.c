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
    for (point p = at(t, i); p.len && !(p.cls & SX_UC_SPACE) && !sx_split_listed(r->ranges, p.c); p = at(t, i)) i += p.len;
    return i > begin ? i : from;
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
    point after = at(t, end);
    if (!(r->flags & ANY_END) && after.len && ((after.cls & (SX_UC_L | SX_UC_M)) || after.c == '_')) {
        *skip = end;
        return i;
    }
    size_t first = i;
    for (unsigned k = 0; k < n; k++) first += at(t, first).len;
    t->space_from = first;
    t->space_end = end;
    return first;
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
