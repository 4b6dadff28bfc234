/* Regular expressions as the inside of a JSON string: literals, classes, groups, alternatives, repetitions, and the anchors at
 * the ends. Shorthands are of ASCII, and what negates (`.`, [^a], \W) leaves out control characters: a part of what every
 * dialect takes. */
#include <string.h>

#include "engine/grammar/schema.h"
#include "platform/utf8.h"

enum { MAX_NESTING = 64, MAX_RANGES = 512, ASCII = 0x7f };

typedef struct reader {
    const char *s;
    size_t len, at;
    sx_rules *rules;
    sx_range ranges[MAX_RANGES];
    size_t n;
    uint32_t depth;
    const char *why;
} reader;

static sx_expr *stop(reader *r, const char *why)
{
    if (!r->why) r->why = why;
    return NULL;
}

static int peek(const reader *r)
{
    return r->at < r->len ? (unsigned char)r->s[r->at] : -1;
}

static bool take(reader *r, char c)
{
    if (peek(r) != c) return false;
    r->at++;
    return true;
}

static void add(reader *r, uint32_t lo, uint32_t hi)
{
    if (r->n == MAX_RANGES)
        stop(r, "a class has too many parts");
    else
        r->ranges[r->n++] = (sx_range){lo, hi};
}

/* ---- characters ---- */

static bool shorthand(reader *r, char c)
{
    static const sx_range digit[] = {{'0', '9'}}, word[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}},
                          space[] = {{'\t', '\r'}, {' ', ' '}};
    const sx_range *of = strchr("dD", c) ? digit : strchr("wW", c) ? word : space;
    size_t n = of == digit ? 1 : of == word ? 4 : 2;
    if (!strchr("dDwWsS", c)) return false;
    if (strchr("dws", c)) {
        for (size_t i = 0; i < n; i++) add(r, of[i].lo, of[i].hi);
        return true;
    }
    uint32_t from = ' ';
    for (size_t i = 0; i < n; i++) {
        if (of[i].lo > from) add(r, from, of[i].lo - 1);
        if (of[i].hi + 1 > from) from = of[i].hi + 1;
    }
    add(r, from, ASCII - 1);
    return true;
}

static uint32_t hex(reader *r, int digits)
{
    uint32_t v = 0;
    for (int i = 0; i < digits; i++) {
        int c = peek(r);
        uint32_t d = c >= '0' && c <= '9'   ? (uint32_t)c - '0'
                     : c >= 'a' && c <= 'f' ? (uint32_t)c - 'a' + 10
                     : c >= 'A' && c <= 'F' ? (uint32_t)c - 'A' + 10
                                            : 16;
        if (d == 16) {
            stop(r, "an escape needs hexadecimal digits");
            return 0;
        }
        v = v * 16 + d;
        r->at++;
    }
    return v;
}

/* After a backslash: one code point. */
static uint32_t escaped(reader *r)
{
    int c = peek(r);
    r->at += c >= 0;
    switch (c) {
    case 't': return '\t';
    case 'n': return '\n';
    case 'r': return '\r';
    case 'f': return '\f';
    case 'v': return '\v';
    case 'x': return hex(r, 2);
    case 'u': return hex(r, 4);
    default: break;
    }
    if (c > 0 && strchr("^$\\.*+?()[]{}|/-\"'#&~%@!,:;<>=` _", c)) return (uint32_t)c;
    stop(r,
         "this escape is not supported (supported: \\d \\w \\s \\D \\W \\S, \\t \\n \\r \\f \\v, \\xHH, \\uHHHH, and "
         "punctuation)");
    return 0;
}

static uint32_t plain(reader *r)
{
    size_t n = 1;
    uint32_t cp = r->at < r->len ? sx_utf8_next(r->s + r->at, r->len - r->at, &n) : SX_UTF8_BAD;
    if (cp == SX_UTF8_BAD) stop(r, "it is not UTF-8, or a class is not closed");
    r->at += n;
    return cp;
}

/* ---- as JSON writes them ---- */

static void add_special(sx_rules *rules, sx_expr *alt, uint32_t cp)
{
    static const char letters[] = "\b\t\n\f\r\"\\", names[] = "btnfr\"\\";
    static const char digits[] = "0123456789abcdef";
    const char *at = strchr(letters, (int)cp);
    if (cp && at) {
        const char text[2] = {'\\', names[at - letters]};
        sx_expr_add(alt, sx_expr_bytes(rules, text, 2));
    } else {
        const char text[6] = {'\\', 'u', '0', '0', digits[cp >> 4], digits[cp & 15]};
        sx_expr_add(alt, sx_expr_bytes(rules, text, 6));
    }
}

static bool within(const sx_range *v, size_t n, uint32_t cp)
{
    for (size_t i = 0; i < n; i++)
        if (cp >= v[i].lo && cp <= v[i].hi) return true;
    return false;
}

/* The ranges gathered as one code point: as it is where a string may hold it, else its escape. */
static sx_expr *as_json(reader *r, bool negated)
{
    sx_rules *rules = r->rules;
    sx_expr *alt = sx_expr_list(rules, SX_EXPR_ALT), *class = sx_expr_class(rules, r->ranges, r->n, negated);
    if (!alt || !class) return NULL;
    size_t n = 0;
    static const sx_range good[] = {{0x20, 0x21}, {0x23, 0x5b}, {0x5d, 0x10ffff}};
    sx_range *cut = sx_arena_alloc(rules->arena, (class->n_ranges * 3 + 4) * sizeof *cut);
    if (!cut) rules->failed = true;
    for (uint32_t i = 0; cut && i < class->n_ranges; i++)
        for (size_t k = 0; k < 3; k++) {
            uint32_t lo = class->ranges[i].lo > good[k].lo ? class->ranges[i].lo : good[k].lo;
            uint32_t hi = class->ranges[i].hi < good[k].hi ? class->ranges[i].hi : good[k].hi;
            if (lo <= hi) cut[n++] = (sx_range){lo, hi};
        }
    if (cut && n) sx_expr_add(alt, sx_expr_class(rules, cut, n, false));
    for (uint32_t cp = 0; cp <= '\\'; cp++) {
        bool special = cp == '"' || cp == '\\' || (cp < ' ' && !negated);
        if (special && within(class->ranges, class->n_ranges, cp)) add_special(rules, alt, cp);
    }
    if (!alt->first) stop(r, "a class is empty");
    return alt;
}

static sx_expr *one(reader *r, uint32_t cp)
{
    r->n = 0;
    add(r, cp, cp);
    return as_json(r, false);
}

static sx_expr *class(reader *r)
{
    bool negated = take(r, '^'), short_form = false;
    r->n = 0;
    if (peek(r) == ']') return stop(r, "a class is empty");
    while (!r->why && peek(r) != ']') {
        uint32_t lo;
        if (take(r, '\\')) {
            if (peek(r) > 0 && shorthand(r, (char)peek(r))) {
                if (negated && strchr("DWS", peek(r))) return stop(r, "a negated class holds a negated shorthand");
                r->at++;
                short_form = true;
                continue;
            }
            lo = peek(r) == 'b' ? (r->at++, 8u) : escaped(r);
        } else {
            lo = plain(r);
        }
        uint32_t hi = lo;
        if (peek(r) == '-' && r->at + 1 < r->len && r->s[r->at + 1] != ']') {
            r->at++;
            if (take(r, '\\')) {
                if (peek(r) > 0 && strchr("dDwWsS", peek(r))) return stop(r, "a range ends at a shorthand");
                hi = escaped(r);
            } else {
                hi = plain(r);
            }
            if (hi < lo) return stop(r, "a range runs backwards");
        }
        add(r, lo, hi);
    }
    r->at++;
    if (r->why) return NULL;
    if (negated && short_form) add(r, ASCII + 1, 0x10ffff); /* dialects differ beyond ASCII */
    return as_json(r, negated);
}

/* ---- structure ---- */

static sx_expr *alternatives(reader *r, bool top);

static sx_expr *group(reader *r)
{
    if (take(r, '?') && !take(r, ':'))
        return stop(r, "groups that look around, or have names or flags, are not supported");
    if (r->depth == MAX_NESTING) return stop(r, "groups are nested too deeply");
    r->depth++;
    sx_expr *e = alternatives(r, false);
    r->depth--;
    if (!r->why && !take(r, ')')) return stop(r, "a group is not closed");
    return e;
}

static sx_expr *atom(reader *r)
{
    int c = peek(r);
    if (c == '(') return r->at++, group(r);
    if (c == '[') return r->at++, class(r);
    if (c == '.') {
        r->at++;
        r->n = 0;
        static const uint32_t ends[] = {'\n', '\r', 0x85, 0x2028, 0x2029};
        for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) add(r, ends[i], ends[i]);
        return as_json(r, true);
    }
    if (c == '\\') {
        r->at++;
        c = peek(r);
        r->n = 0;
        if (c > 0 && shorthand(r, (char)c)) return r->at++, as_json(r, false);
        if (c >= '0' && c <= '9') return stop(r, "backreferences are not supported");
        if (c == 'b' || c == 'B') return stop(r, "word boundaries are not supported");
        if (c == 'p' || c == 'P' || c == 'k') return stop(r, "\\p, \\P and \\k are not supported");
        uint32_t cp = escaped(r);
        return r->why ? NULL : one(r, cp);
    }
    if (c == '^' || c == '$') return stop(r, "anchors are supported at the ends of the whole expression only");
    if (c == '*' || c == '+' || c == '?' || c == '{' || c == '}' || c == ']')
        return stop(r, "a repetition or bracket stands where a character should");
    uint32_t cp = plain(r);
    return r->why ? NULL : one(r, cp);
}

static bool number(reader *r, uint32_t *v)
{
    size_t begin = r->at;
    *v = 0;
    while (peek(r) >= '0' && peek(r) <= '9' && *v < 100000) *v = *v * 10 + (uint32_t)(r->s[r->at++] - '0');
    return r->at > begin;
}

static sx_expr *repeated(reader *r, sx_expr *e)
{
    uint32_t min = 0, max = SX_UNBOUNDED;
    if (take(r, '?')) {
        max = 1;
    } else if (take(r, '+')) {
        min = 1;
    } else if (take(r, '{')) {
        if (!number(r, &min)) return stop(r, "a repetition is {n}, {n,} or {m,n}");
        max = min;
        if (take(r, ',') && !number(r, &max)) max = SX_UNBOUNDED;
        if (!take(r, '}') || max < min) return stop(r, "a repetition is {n}, {n,} or {m,n}");
    } else if (!take(r, '*')) {
        return e;
    }
    take(r, '?'); /* a lazy repetition takes the same texts */
    return sx_expr_repeat(r->rules, e, min, max);
}

static sx_expr *anything(reader *r)
{
    r->n = 0;
    return sx_expr_repeat(r->rules, as_json(r, true), 0, SX_UNBOUNDED);
}

static bool ended(const reader *r)
{
    int c = peek(r);
    return c < 0 || c == '|' || c == ')';
}

/* At the top a missing anchor lets anything stand there. */
static sx_expr *sequence(reader *r, bool top)
{
    sx_expr *seq = sx_expr_list(r->rules, SX_EXPR_SEQ);
    bool closed = false;
    if (top && !take(r, '^')) sx_expr_add(seq, anything(r));
    while (!r->why && !r->rules->failed && !ended(r) && !closed) {
        if (top && peek(r) == '$' && (r->at + 1 == r->len || r->s[r->at + 1] == '|'))
            closed = take(r, '$');
        else
            sx_expr_add(seq, repeated(r, atom(r)));
    }
    if (top && !closed) sx_expr_add(seq, anything(r));
    return seq;
}

static sx_expr *alternatives(reader *r, bool top)
{
    sx_expr *alt = sx_expr_list(r->rules, SX_EXPR_ALT);
    do {
        sx_expr_add(alt, sequence(r, top));
    } while (!r->why && !r->rules->failed && take(r, '|'));
    return alt;
}

sx_expr *sx_regex_read(sx_rules *rules, const char *pattern, size_t len, const char **why)
{
    reader r = {.s = pattern, .len = len, .rules = rules};
    sx_expr *e = alternatives(&r, true);
    if (!r.why && !rules->failed && r.at < len) stop(&r, "a group is closed that was not opened");
    *why = r.why;
    return r.why || rules->failed ? NULL : e;
}
