/* GBNF: `name ::= expression`, "literals", [classes], groups, | * + ? {m,n}, `.` for any code point, # comments. Line ends
 * count only between rules: inside a group an expression may go on over lines. */
#include <string.h>

#include "engine/grammar/grammar.h"
#include "platform/map.h"
#include "platform/utf8.h"

enum { MAX_NESTING = 100, MAX_CLASS = 4096, MAX_TEXT = 1 << 20 };

typedef struct parser {
    const char *text;
    size_t len, at;
    sx_rules *rules;
    sx_map names; /* into rules */
    sx_mem *mem;
    uint32_t depth;
    sx_range *ranges; /* [MAX_CLASS] */
    llm_error *err;
    llm_status status;
} parser;

/* ---- sentences ---- */

static void place(const parser *p, size_t at, uint32_t *line, uint32_t *column)
{
    *line = *column = 1;
    for (size_t i = 0; i < at && i < p->len; i++) {
        *column = p->text[i] == '\n' ? 1 : *column + 1;
        *line += p->text[i] == '\n';
    }
}

static sx_expr *wrong(parser *p, const char *what)
{
    uint32_t line, column;
    if (p->status != LLM_OK) return NULL;
    place(p, p->at, &line, &column);
    p->status = sx_fail(p->err, LLM_E_FORMAT, "grammar, line %u, column %u: %s", line, column, what);
    return NULL;
}

/* ---- characters ---- */

static int peek(const parser *p)
{
    return p->at < p->len ? (unsigned char)p->text[p->at] : -1;
}

static bool take(parser *p, char c)
{
    if (peek(p) != c) return false;
    p->at++;
    return true;
}

static bool is_name(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static void skip_space(parser *p, bool lines)
{
    for (;;) {
        int c = peek(p);
        if (c == '#') {
            while (peek(p) >= 0 && peek(p) != '\n' && peek(p) != '\r') p->at++;
        } else if (c == ' ' || c == '\t' || (lines && (c == '\n' || c == '\r'))) {
            p->at++;
        } else {
            return;
        }
    }
}

static uint32_t hex(parser *p, uint32_t digits)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < digits; i++) {
        int c = peek(p);
        uint32_t d = c >= '0' && c <= '9'   ? (uint32_t)c - '0'
                     : c >= 'a' && c <= 'f' ? (uint32_t)c - 'a' + 10
                     : c >= 'A' && c <= 'F' ? (uint32_t)c - 'A' + 10
                                            : 16;
        if (d == 16) {
            wrong(p, "an escape needs hexadecimal digits: \\x41, \\u00e9 or \\U0001f600");
            return 0;
        }
        value = value << 4 | d;
        p->at++;
    }
    if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) wrong(p, "an escape is no code point of a text");
    return value;
}

/* One code point of a literal or class, escaped or as it stands. */
static uint32_t character(parser *p)
{
    size_t n;
    if (peek(p) < 0) {
        wrong(p, "the grammar ends inside a literal or class");
        return 0;
    }
    if (peek(p) != '\\') {
        uint32_t cp = sx_utf8_next(p->text + p->at, p->len - p->at, &n);
        if (cp == SX_UTF8_BAD) wrong(p, "this is not UTF-8");
        p->at += n;
        return cp;
    }
    p->at++;
    int c = peek(p);
    p->at += c >= 0;
    switch (c) {
    case 'x': return hex(p, 2);
    case 'u': return hex(p, 4);
    case 'U': return hex(p, 8);
    case 't': return '\t';
    case 'r': return '\r';
    case 'n': return '\n';
    case '\\':
    case '"':
    case '[':
    case ']': return (uint32_t)c;
    default: wrong(p, "an unknown escape: known are \\x \\u \\U \\t \\r \\n \\\\ \\\" \\[ \\]"); return 0;
    }
}

/* ---- expressions ---- */

static sx_expr *alternatives(parser *p, bool lines);

static sx_expr *literal(parser *p)
{
    sx_buf bytes;
    sx_buf_init(&bytes, p->mem, 0);
    while (p->status == LLM_OK && peek(p) != '"') {
        char utf8[4];
        uint32_t cp = character(p);
        if (p->status == LLM_OK) sx_buf_add(&bytes, utf8, sx_utf8_put(cp, utf8));
    }
    p->at++;
    if (sx_buf_status(&bytes) != LLM_OK) p->rules->failed = true;
    sx_expr *e = p->status == LLM_OK ? sx_expr_bytes(p->rules, sx_buf_cstr(&bytes), bytes.len) : NULL;
    sx_buf_free(&bytes);
    return e;
}

static sx_expr *class(parser *p)
{
    bool negated = take(p, '^');
    size_t n = 0;
    while (p->status == LLM_OK && peek(p) != ']') {
        if (n == MAX_CLASS) return wrong(p, "a class has more than 4096 parts");
        uint32_t lo = character(p), hi = lo;
        if (peek(p) == '-' && p->at + 1 < p->len && p->text[p->at + 1] != ']') {
            p->at++;
            hi = character(p);
            if (hi < lo) return wrong(p, "a range runs backwards");
        }
        p->ranges[n++] = (sx_range){lo, hi};
    }
    p->at++;
    return p->status == LLM_OK ? sx_expr_class(p->rules, p->ranges, n, negated) : NULL;
}

static uint32_t rule_named(parser *p, const char *name, size_t len)
{
    uint32_t id = sx_map_get(&p->names, name, len);
    if (id != SX_MAP_NONE) return id;
    if (p->rules->n >= SX_MAX_RULES) {
        wrong(p, "there are more than 16384 rules");
        return 0;
    }
    id = sx_rules_add(p->rules, name, len);
    if (sx_map_put(&p->names, name, len, id)) p->rules->failed = true;
    return id;
}

static size_t name_here(const parser *p)
{
    size_t n = 0;
    while (p->at + n < p->len && is_name((unsigned char)p->text[p->at + n])) n++;
    return n;
}

static sx_expr *item(parser *p, bool lines)
{
    if (take(p, '"')) return literal(p);
    if (take(p, '[')) return class(p);
    if (take(p, '.')) return sx_expr_class(p->rules, NULL, 0, true);
    if (take(p, '(')) {
        if (p->depth == MAX_NESTING) return wrong(p, "groups are nested too deeply");
        p->depth++;
        sx_expr *e = alternatives(p, true);
        p->depth--;
        if (p->status == LLM_OK && !take(p, ')')) return wrong(p, "a group is not closed with )");
        return e;
    }
    size_t n = name_here(p);
    if (n == 0) return NULL;
    const char *name = p->text + p->at;
    size_t begin = p->at;
    p->at += n;
    if (!lines) { /* a name before ::= is the next rule's, which only a new line may begin */
        size_t end = p->at;
        skip_space(p, false);
        if (p->len - p->at >= 3 && memcmp(p->text + p->at, "::=", 3) == 0) {
            p->at = begin;
            return wrong(p, "a rule begins here in the middle of a line");
        }
        p->at = end;
    }
    return sx_expr_rule(p->rules, rule_named(p, name, n));
}

static bool number(parser *p, uint32_t *value)
{
    uint64_t v = 0;
    size_t begin = p->at;
    while (peek(p) >= '0' && peek(p) <= '9' && v < SX_UNBOUNDED) v = v * 10 + (uint64_t)(p->text[p->at++] - '0');
    if (v >= SX_UNBOUNDED) wrong(p, "a repetition is too large");
    *value = (uint32_t)v;
    return p->at > begin;
}

/* {n} {n,} {,n} {m,n} */
static void bounds(parser *p, uint32_t *min, uint32_t *max)
{
    skip_space(p, true);
    bool low = number(p, min);
    skip_space(p, true);
    *max = *min;
    bool comma = take(p, ',');
    if (comma) {
        skip_space(p, true);
        if (!number(p, max)) *max = SX_UNBOUNDED;
        skip_space(p, true);
    }
    if ((!low && !comma) || !take(p, '}') || *max < *min)
        wrong(p, "a repetition is {n}, {n,}, {,n} or {m,n} with m at most n");
}

static sx_expr *repeated(parser *p, sx_expr *e, bool lines)
{
    for (uint32_t n = 0; p->status == LLM_OK; n++) {
        uint32_t min = 0, max = SX_UNBOUNDED;
        skip_space(p, lines);
        if (take(p, '?'))
            max = 1;
        else if (take(p, '+'))
            min = 1;
        else if (take(p, '{'))
            bounds(p, &min, &max);
        else if (!take(p, '*'))
            break;
        if (n == MAX_NESTING) return wrong(p, "too many repetitions of one item");
        e = sx_expr_repeat(p->rules, e, min, max);
    }
    return e;
}

static sx_expr *sequence(parser *p, bool lines)
{
    sx_expr *seq = sx_expr_list(p->rules, SX_EXPR_SEQ);
    for (;;) {
        skip_space(p, lines);
        size_t begin = p->at;
        sx_expr *e = item(p, lines);
        if (p->status != LLM_OK || p->at == begin) return seq;
        sx_expr_add(seq, repeated(p, e, lines));
    }
}

static sx_expr *alternatives(parser *p, bool lines)
{
    sx_expr *alt = sx_expr_list(p->rules, SX_EXPR_ALT);
    do {
        sx_expr_add(alt, sequence(p, lines));
        skip_space(p, lines);
        /* an alternative may stand on a line of its own */
        size_t end = p->at;
        if (!lines) skip_space(p, true);
        if (peek(p) != '|') p->at = end;
    } while (p->status == LLM_OK && take(p, '|'));
    return alt;
}

/* ---- the whole ---- */

static void rule(parser *p)
{
    size_t n = name_here(p);
    if (n == 0) {
        wrong(p, "here a rule should begin: name ::= ...");
        return;
    }
    uint32_t id = rule_named(p, p->text + p->at, n);
    size_t begin = p->at;
    p->at += n;
    skip_space(p, false);
    if (p->len - p->at < 3 || memcmp(p->text + p->at, "::=", 3) != 0) {
        wrong(p, "::= is missing after the name of a rule");
        return;
    }
    p->at += 3;
    skip_space(p, true);
    if (p->rules->failed || p->status != LLM_OK) return;
    if (p->rules->rules[id].expr) {
        p->at = begin;
        wrong(p, "this rule is defined already");
        return;
    }
    sx_expr *e = alternatives(p, false);
    if (p->rules->failed || p->status != LLM_OK) return;
    p->rules->rules[id].expr = e;
    if (peek(p) >= 0 && peek(p) != '\n' && peek(p) != '\r')
        wrong(p, "here the line should end, or a |, an item or a repetition stand");
}

llm_status sx_gbnf_read(sx_rules *rules, uint32_t *root, const char *text, size_t len, llm_error *err)
{
    if (len > MAX_TEXT) return sx_fail(err, LLM_E_LIMIT, "a grammar of %zu bytes is too long: at most 1 MiB", len);
    parser p = {.text = text, .len = len, .rules = rules, .mem = rules->arena->mem, .err = err};
    p.ranges = sx_arena_alloc(rules->arena, MAX_CLASS * sizeof *p.ranges);
    if (!p.ranges) return sx_fail_memory(err);
    sx_map_init(&p.names, p.mem);
    skip_space(&p, true);
    while (p.status == LLM_OK && !rules->failed && p.at < len) {
        rule(&p);
        skip_space(&p, true);
    }
    *root = sx_map_get(&p.names, "root", 4);
    sx_map_free(&p.names);
    if (p.status != LLM_OK) return p.status;
    if (rules->failed) return sx_fail_memory(err);
    for (size_t i = 0; i < rules->n; i++)
        if (!rules->rules[i].expr)
            return sx_fail(err, LLM_E_FORMAT, "grammar: the rule %.100s is used but not defined", rules->rules[i].name);
    if (*root == SX_MAP_NONE) return sx_fail(err, LLM_E_FORMAT, "grammar: there is no rule root to begin with");
    return LLM_OK;
}
