/* Numbers: bounds as automata over digits, exactly. A number is an integer in units of its last decimal; what lies between
 * two units may follow where both units are allowed. */
#include <stdio.h>
#include <string.h>

#include "engine/grammar/schema.h"

enum { DIGITS = 15, MAX_PLACES = 6, EXTRA_DIGITS = 6, MAX_LISTED = 2000, MAX_MODULUS = 500 };
static const int64_t LARGEST = 999999999999999, NEAR = 1000000000;

/* ---- exact decimals ---- */

typedef struct decimal { /* units * 10^-places */
    int64_t units;
    int places;
} decimal;

static bool read_decimal(const sx_json *v, decimal *d)
{
    const char *p = v->text;
    bool negative = *p == '-', point = false;
    int exponent = 0, places = 0;
    int64_t units = 0;
    for (p += negative; (*p >= '0' && *p <= '9') || *p == '.'; p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        if (units > LARGEST / 10) return false;
        units = units * 10 + (*p - '0');
        places += point;
    }
    if (*p == 'e' || *p == 'E') {
        bool down = p[1] == '-';
        for (p += p[1] == '-' || p[1] == '+' ? 2 : 1; *p; p++)
            if ((exponent = exponent * 10 + (*p - '0')) > 30) return units == 0 ? (*d = (decimal){0, 0}, true) : false;
        if (down) exponent = -exponent;
    }
    for (places -= exponent; places < 0; places++) {
        if (units > LARGEST / 10) return false;
        units *= 10;
    }
    for (; places > 0 && units % 10 == 0; places--) units /= 10;
    if (places > MAX_PLACES) return false;
    *d = (decimal){negative ? -units : units, places};
    return true;
}

static bool scale(const decimal *d, int places, int64_t *units)
{
    *units = d->units;
    for (int i = d->places; i < places; i++) {
        if (*units > LARGEST / 10 || *units < -LARGEST / 10) return false;
        *units *= 10;
    }
    return true;
}

/* ---- digits ---- */

typedef struct digits { /* strings of n digits between lo and hi, with a point before the last `places` */
    sx_rules *rules;
    int n, places;
    char lo[24], hi[24];
} digits;

static sx_expr *digit(const digits *d, char from, char to)
{
    const sx_range range = {(uint32_t)from, (uint32_t)to};
    return sx_expr_class(d->rules, &range, 1, false);
}

/* One digit in its place and what follows it. */
static sx_expr *then(const digits *d, int at, char from, char to, sx_expr *rest)
{
    sx_expr *seq = sx_expr_list(d->rules, SX_EXPR_SEQ);
    if (d->places && at == d->n - d->places) sx_expr_add(seq, sx_expr_text(d->rules, "."));
    sx_expr_add(seq, digit(d, from, to));
    sx_expr_add(seq, rest);
    return seq;
}

/* All digits from here on, each at least as lo's (low), at most as hi's (high), or free. */
static sx_expr *rest_of(const digits *d, int at, bool low, bool high)
{
    if (at == d->n || d->rules->failed) return sx_expr_text(d->rules, "");
    char from = low ? d->lo[at] : '0', to = high ? d->hi[at] : '9';
    if (low && high && from == to) return then(d, at, from, to, rest_of(d, at + 1, true, true));
    sx_expr *alt = sx_expr_list(d->rules, SX_EXPR_ALT);
    if (low) sx_expr_add(alt, then(d, at, from, from, rest_of(d, at + 1, true, false)));
    if (high) sx_expr_add(alt, then(d, at, to, to, rest_of(d, at + 1, false, true)));
    from = (char)(from + low);
    to = (char)(to - high);
    if (from <= to) sx_expr_add(alt, then(d, at, from, to, rest_of(d, at + 1, false, false)));
    return alt;
}

/* Whole numbers of units from a to b, neither negative, without leading zeros. */
static void add_between(sx_rules *rules, sx_expr *alt, const char *sign, int64_t a, int64_t b, int places,
                        sx_expr *tail)
{
    int64_t high = 9;
    if (a > b) return;
    sx_expr *seq = sx_expr_list(rules, SX_EXPR_SEQ), *all = sx_expr_list(rules, SX_EXPR_ALT);
    for (int n = 1; n <= DIGITS + 1; n++, high = high * 10 + 9) {
        if (n <= places) continue;
        int64_t low = n == places + 1 ? 0 : (high + 1) / 10;
        int64_t from = a > low ? a : low, to = b < high ? b : high;
        if (from > to) continue;
        digits d = {.rules = rules, .n = n, .places = places};
        snprintf(d.lo, sizeof d.lo, "%0*lld", n, (long long)from);
        snprintf(d.hi, sizeof d.hi, "%0*lld", n, (long long)to);
        sx_expr_add(all, rest_of(&d, 0, true, true));
    }
    sx_expr_add(seq, sx_expr_text(rules, sign));
    sx_expr_add(seq, all);
    sx_expr_add(seq, tail);
    sx_expr_add(alt, seq);
}

static void add_signed(sx_rules *rules, sx_expr *alt, int64_t lo, int64_t hi, int places)
{
    int64_t least = hi < 0 ? -hi : 1;
    if (lo < 0) add_between(rules, alt, "-", least, -lo, places, NULL);
    if (hi >= 0) add_between(rules, alt, "", lo > 0 ? lo : 0, hi, places, NULL);
}

static sx_expr *fraction(sx_rules *rules, bool point)
{
    const sx_range any = {'0', '9'};
    sx_expr *seq = sx_expr_list(rules, SX_EXPR_SEQ);
    if (point) sx_expr_add(seq, sx_expr_text(rules, "."));
    sx_expr_add(seq, sx_expr_repeat(rules, sx_expr_class(rules, &any, 1, false), 1, EXTRA_DIGITS));
    return seq;
}

/* ---- bounds ---- */

typedef struct bounds {
    int64_t lo, hi; /* in units of 10^-places, both in it */
    int places;
    bool any;          /* there are bounds at all */
    bool below, above; /* lo and hi stand next to bounds that are excluded: further digits may follow them */
} bounds;

static const char *const keywords[] = {"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"};

static bool read_bounds(sx_schema *s, const sx_conj *conj, bounds *b)
{
    decimal d;
    *b = (bounds){.lo = -LARGEST, .hi = LARGEST};
    for (int round = 0; round < 2; round++) /* first the places, then the values */
        for (uint32_t i = 0; i < conj->n; i++)
            for (int k = 0; k < 4; k++) {
                const sx_json *v = sx_json_get(conj->part[i], keywords[k]);
                int64_t units;
                if (!v) continue;
                if (v->kind != SX_JSON_NUMBER || !read_decimal(v, &d)) {
                    sx_schema_refuse(s, v, NULL, "a bound must be a number of at most 15 digits, 6 behind the point");
                    return false;
                }
                b->any = true;
                if (round == 0) {
                    int places = d.places + k % 2; /* next to an excluded bound there must be room */
                    if (places > b->places) b->places = places;
                    continue;
                }
                if (!scale(&d, b->places, &units)) {
                    sx_schema_refuse(s, v, NULL, "a bound must be a number of at most 15 digits, 6 behind the point");
                    return false;
                }
                if (k < 2 && units + k >= b->lo) {
                    b->below = k == 1 && (b->below || units + k > b->lo);
                    b->lo = units + k;
                }
                if (k >= 2 && units - (k - 2) <= b->hi) {
                    b->above = k == 3 && (b->above || units - (k - 2) < b->hi);
                    b->hi = units - (k - 2);
                }
            }
    return true;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return a % b < 0 ? q - 1 : q;
}

static void whole_bounds(const bounds *b, int64_t *lo, int64_t *hi)
{
    int64_t unit = 1;
    for (int i = 0; i < b->places; i++) unit *= 10;
    *lo = -floor_div(-b->lo, unit);
    *hi = floor_div(b->hi, unit);
}

/* ---- multiples ---- */

static int64_t modulus(sx_schema *s, const sx_conj *conj)
{
    int64_t found = 0, value;
    for (uint32_t i = 0; i < conj->n; i++) {
        const sx_json *v = sx_json_get(conj->part[i], "multipleOf");
        if (!v) continue;
        if (!sx_json_int(v, &value) || value < 1 || value > LARGEST || (found && found != value)) {
            sx_schema_refuse(s, v, NULL, "only one multipleOf, of a whole number of at least 1, is supported");
            return 0;
        }
        found = value;
    }
    return found;
}

static sx_expr *listed(sx_schema *s, int64_t lo, int64_t hi, int64_t m)
{
    sx_expr *alt = sx_expr_list(s->rules, SX_EXPR_ALT);
    char text[32];
    for (int64_t v = -floor_div(-lo, m) * m; v <= hi; v += m) {
        snprintf(text, sizeof text, "%lld", (long long)v);
        sx_expr_add(alt, sx_expr_text(s->rules, text));
    }
    return alt;
}

/* Digits as a walk over remainders: one rule for each. */
static sx_expr *remainders(sx_schema *s, int64_t m)
{
    sx_rules *rules = s->rules;
    uint32_t first = 0;
    for (int64_t r = 0; r < m; r++) {
        uint32_t id = sx_rules_add(rules, "a remainder", 11);
        if (r == 0) first = id;
    }
    if (rules->failed) return NULL;
    sx_expr *begin = sx_expr_list(rules, SX_EXPR_ALT);
    for (int64_t r = -1; r < m; r++) { /* -1: before the first digit, which is no 0 */
        sx_expr *alt = r < 0 ? begin : sx_expr_list(rules, SX_EXPR_ALT);
        if (r == 0) sx_expr_add(alt, sx_expr_text(rules, ""));
        for (int64_t d = r < 0 ? 1 : 0; d <= 9; d++) {
            const char c = (char)('0' + d);
            sx_expr *seq = sx_expr_list(rules, SX_EXPR_SEQ);
            sx_expr_add(seq, sx_expr_bytes(rules, &c, 1));
            sx_expr_add(seq, sx_expr_rule(rules, first + (uint32_t)(((r < 0 ? 0 : r) * 10 + d) % m)));
            sx_expr_add(alt, seq);
        }
        if (r >= 0) rules->rules[first + (uint32_t)r].expr = alt;
    }
    sx_expr *seq = sx_expr_list(rules, SX_EXPR_SEQ), *all = sx_expr_list(rules, SX_EXPR_ALT);
    sx_expr_add(seq, sx_expr_repeat(rules, sx_expr_text(rules, "-"), 0, 1));
    sx_expr_add(seq, begin);
    sx_expr_add(all, seq);
    sx_expr_add(all, sx_expr_text(rules, "0"));
    return all;
}

static sx_expr *multiples(sx_schema *s, const sx_conj *conj, const bounds *b, int64_t m)
{
    int64_t lo, hi;
    whole_bounds(b, &lo, &hi);
    if (lo > hi) return sx_expr_class(s->rules, NULL, 0, false);
    if ((hi - lo) / m < MAX_LISTED) return listed(s, lo, hi, m);
    if (!b->any && m <= MAX_MODULUS) return remainders(s, m);
    for (uint32_t i = 0; i < conj->n; i++) {
        const sx_json *v = sx_json_get(conj->part[i], "multipleOf");
        if (v)
            return sx_schema_refuse(s, v, NULL,
                                    "it is supported up to 500 without bounds, or with bounds that hold at most 2000 "
                                    "multiples");
    }
    return NULL;
}

/* ---- both types ---- */

static sx_expr *unbounded(sx_schema *s, bool integer)
{
    sx_rules *rules = s->rules;
    const sx_range first = {'1', '9'}, any = {'0', '9'}, e[] = {{'e', 'e'}, {'E', 'E'}},
                   sign[] = {{'+', '+'}, {'-', '-'}};
    sx_expr *all = sx_expr_list(rules, SX_EXPR_SEQ), *whole = sx_expr_list(rules, SX_EXPR_ALT),
            *seq = sx_expr_list(rules, SX_EXPR_SEQ), *part = sx_expr_list(rules, SX_EXPR_SEQ),
            *power = sx_expr_list(rules, SX_EXPR_SEQ);
    sx_expr_add(seq, sx_expr_class(rules, &first, 1, false));
    sx_expr_add(seq, sx_expr_repeat(rules, sx_expr_class(rules, &any, 1, false), 0, DIGITS - 1));
    sx_expr_add(whole, sx_expr_text(rules, "0"));
    sx_expr_add(whole, seq);
    sx_expr_add(all, sx_expr_repeat(rules, sx_expr_text(rules, "-"), 0, 1));
    sx_expr_add(all, whole);
    if (integer) return all;
    sx_expr_add(part, sx_expr_text(rules, "."));
    sx_expr_add(part, sx_expr_repeat(rules, sx_expr_class(rules, &any, 1, false), 1, DIGITS));
    sx_expr_add(all, sx_expr_repeat(rules, part, 0, 1));
    sx_expr_add(power, sx_expr_class(rules, e, 2, false));
    sx_expr_add(power, sx_expr_repeat(rules, sx_expr_class(rules, sign, 2, false), 0, 1));
    sx_expr_add(power, sx_expr_repeat(rules, sx_expr_class(rules, &any, 1, false), 1, 2));
    sx_expr_add(all, sx_expr_repeat(rules, power, 0, 1));
    return all;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

sx_expr *sx_schema_number(sx_schema *s, const sx_conj *conj, bool integer)
{
    bounds b;
    sx_rules *rules = s->rules;
    int64_t m = modulus(s, conj), lo, hi;
    if (!read_bounds(s, conj, &b) || s->status != LLM_OK) return NULL;
    if (m > 1) return multiples(s, conj, &b, m);
    if (!b.any) return unbounded(s, integer || m == 1);
    sx_expr *alt = sx_expr_list(rules, SX_EXPR_ALT);
    whole_bounds(&b, &lo, &hi);
    add_signed(rules, alt, lo, hi, 0);
    if (integer || m == 1) return alt;
    if (b.places) add_signed(rules, alt, b.lo, b.hi, b.places);
    /* further digits where the next unit is allowed too, and where they cannot be rounded away */
    bool point = b.places == 0;
    add_between(rules, alt, "", most(0, b.lo), least(b.hi - !b.above, NEAR), b.places, fraction(rules, point));
    add_between(rules, alt, "-", most(0, -b.hi), least(-b.lo - !b.below, NEAR), b.places, fraction(rules, point));
    return alt;
}
