/* Source to tokens, with Jinja2's rules for white space: trim_blocks and lstrip_blocks are on, one newline at the very end is
 * dropped, "-" strips, "+" keeps. */
#include <string.h>

#include "engine/text/jinja/jinja.h"
#include "platform/number.h"
#include "platform/utf8.h"

typedef struct lexer {
    jinja *j;
    const char *s;
    size_t len, at;
    uint32_t line;
    bool line_start; /* the data that comes next begins a line */
    bool strip_next; /* a tag ended with "-" */
} lexer;

static jtoken *add(lexer *l, int kind)
{
    jinja *j = l->j;
    if (j->status != LLM_OK) return NULL;
    if (sx_mem_grow(j->mem, (void **)&j->tokens, &j->cap_tokens, j->n_tokens + 1, sizeof *j->tokens)) {
        j->status = sx_fail_memory(j->err);
        return NULL;
    }
    jtoken *t = &j->tokens[j->n_tokens++];
    *t = (jtoken){.kind = kind, .line = l->line};
    return t;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static bool starts(const lexer *l, size_t at, const char *what)
{
    size_t n = strlen(what);
    return l->len - at >= n && memcmp(l->s + at, what, n) == 0;
}

static void advance(lexer *l, size_t to)
{
    for (; l->at < to; l->at++) l->line += l->s[l->at] == '\n';
}

/* Text before the next tag, cut as the tag before and the tag after ask for. */
static void add_data(lexer *l, size_t end, bool strip_right, bool lstrip)
{
    size_t from = l->at, to = end;
    if (l->strip_next)
        while (from < to && is_space(l->s[from])) from++;
    if (strip_right) {
        while (to > from && is_space(l->s[to - 1])) to--;
    } else if (lstrip) {
        size_t p = to;
        while (p > from && (l->s[p - 1] == ' ' || l->s[p - 1] == '\t')) p--;
        if ((p > from && l->s[p - 1] == '\n') || (p == from && (l->line_start || (p > 0 && l->strip_next && l->s[p - 1] == '\n'))))
            to = p;
    }
    l->strip_next = false;
    if (to > from) {
        jtoken *t = add(l, T_DATA);
        if (t) t->text = (jstr){l->s + from, to - from};
    }
    advance(l, end);
}

/* After a tag that closes at l->at: "-" strips what follows, a block drops one newline unless it ends with "+". */
static void after_tag(lexer *l, bool block, char sign)
{
    l->line_start = false;
    l->strip_next = sign == '-';
    if (block && sign != '-' && sign != '+' && l->at < l->len && l->s[l->at] == '\n') {
        advance(l, l->at + 1);
        l->line_start = true;
    }
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int hex_digit(char c)
{
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* Python's escapes; an unknown one keeps its backslash. Returns how many characters behind the backslash were used. */
static size_t unescape(const char *s, size_t n, sx_buf *out)
{
    static const char from[] = "\\'\"abfnrtv\n", to[] = "\\'\"\a\b\f\n\r\t\v";
    const char *known = memchr(from, s[0], sizeof from - 1);
    if (known) {
        if (s[0] != '\n') sx_buf_char(out, to[known - from]);
        return 1;
    }
    size_t digits = s[0] == 'x' ? 2 : s[0] == 'u' ? 4 : s[0] == 'U' ? 8 : 0;
    uint32_t cp = 0;
    for (size_t i = 1; digits && i <= digits; i++) {
        int d = i < n ? hex_digit(s[i]) : -1;
        if (d < 0) {
            digits = 0;
            break;
        }
        cp = cp << 4 | (uint32_t)d;
    }
    if (digits && cp <= 0x10ffff) {
        char utf8[4];
        sx_buf_add(out, utf8, sx_utf8_put(cp, utf8));
        return digits + 1;
    }
    sx_buf_char(out, '\\');
    sx_buf_char(out, s[0]);
    return 1;
}

static bool lex_string(lexer *l)
{
    char quote = l->s[l->at];
    size_t i = l->at + 1;
    sx_buf text;
    sx_buf_init(&text, l->j->mem, 0);
    while (i < l->len && l->s[i] != quote) {
        if (l->s[i] == '\\' && i + 1 < l->len)
            i += 1 + unescape(l->s + i + 1, l->len - i - 1, &text);
        else
            sx_buf_char(&text, l->s[i++]);
    }
    if (i >= l->len) {
        sx_buf_free(&text);
        l->j->line = l->line;
        return sx_jinja_fail(l->j, LLM_E_FORMAT, "a string does not end");
    }
    jtoken *t = add(l, T_STRING);
    jvalue v = sx_j_take(l->j, &text);
    if (t) t->text = v.u.str;
    advance(l, i + 1);
    return l->j->status == LLM_OK;
}

static bool lex_number(lexer *l)
{
    char text[64];
    size_t n = 0, i = l->at;
    bool real = false;
    for (; i < l->len && n + 1 < sizeof text; i++) {
        char c = l->s[i];
        bool exponent = (c == 'e' || c == 'E') && i + 1 < l->len &&
                        (is_digit(l->s[i + 1]) || ((l->s[i + 1] == '-' || l->s[i + 1] == '+') && i + 2 < l->len && is_digit(l->s[i + 2])));
        bool sign = (c == '-' || c == '+') && n && (text[n - 1] == 'e' || text[n - 1] == 'E');
        bool dot = c == '.' && !real && i + 1 < l->len && is_digit(l->s[i + 1]);
        if (!is_digit(c) && c != '_' && !exponent && !sign && !dot) break;
        real = real || exponent || dot;
        if (c != '_') text[n++] = c;
    }
    jtoken *t = add(l, real ? T_REAL : T_INTEGER);
    if (!t) return false;
    if (real) {
        if (!sx_number_read(text, n, &t->f)) return sx_jinja_fail(l->j, LLM_E_FORMAT, "a number is malformed");
    } else {
        for (size_t k = 0; k < n; k++) {
            if (t->i > (INT64_MAX - 9) / 10) return sx_jinja_fail(l->j, LLM_E_FORMAT, "a number is too large");
            t->i = t->i * 10 + (text[k] - '0');
        }
    }
    advance(l, i);
    return true;
}

static int two_characters(const lexer *l)
{
    static const struct {
        const char *s;
        int kind;
    } ops[] = {{"==", T_EQ}, {"!=", T_NE}, {"<=", T_LE}, {">=", T_GE}, {"**", T_POW}, {"//", T_FLOORDIV}};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (starts(l, l->at, ops[i].s)) return ops[i].kind;
    return 0;
}

/* The inside of a tag, up to and with its end "}}" or "%}". */
static bool lex_tag(lexer *l, bool block)
{
    const char *close = block ? "%}" : "}}";
    int depth = 0; /* of brackets: "}}" may close two dicts */
    while (l->j->status == LLM_OK) {
        while (l->at < l->len && is_space(l->s[l->at])) advance(l, l->at + 1);
        if (l->at >= l->len) {
            l->j->line = l->line;
            return sx_jinja_fail(l->j, LLM_E_FORMAT, "a tag does not end: %s is missing", close);
        }
        char c = l->s[l->at];
        bool signed_close = (c == '-' || (c == '+' && block)) && starts(l, l->at + 1, close);
        if (depth == 0 && (signed_close || starts(l, l->at, close))) {
            add(l, block ? T_BLOCK_CLOSE : T_PRINT_CLOSE);
            advance(l, l->at + (signed_close ? 3 : 2));
            after_tag(l, block, signed_close ? c : 0);
            return true;
        }
        int two = two_characters(l);
        if (c == '"' || c == '\'') lex_string(l);
        else if (is_digit(c)) lex_number(l);
        else if (is_name(c)) {
            size_t end = l->at;
            while (end < l->len && is_name(l->s[end])) end++;
            jtoken *t = add(l, T_NAME);
            if (t) t->text = (jstr){l->s + l->at, end - l->at};
            advance(l, end);
        } else if (two) {
            add(l, two);
            advance(l, l->at + 2);
        } else if (strchr("+-*/%~<>=()[]{},.:|", c) && c) {
            depth += strchr("([{", c) ? 1 : strchr(")]}", c) ? -1 : 0;
            if (depth < 0) depth = 0;
            add(l, c);
            advance(l, l->at + 1);
        } else {
            l->j->line = l->line;
            return sx_jinja_fail(l->j, LLM_E_FORMAT, "an unexpected character, byte 0x%02x", (unsigned)(unsigned char)c);
        }
    }
    return false;
}

/* "{% raw %}" to "{% endraw %}": text as it stands. */
static bool lex_raw(lexer *l, bool *raw)
{
    size_t p = l->at + 2;
    if (p < l->len && (l->s[p] == '-' || l->s[p] == '+')) p++;
    while (p < l->len && is_space(l->s[p])) p++;
    *raw = starts(l, p, "raw") && (p + 3 >= l->len || !is_name(l->s[p + 3]));
    if (!*raw) return true;
    p += 3;
    while (p < l->len && is_space(l->s[p])) p++;
    char sign = p < l->len && (l->s[p] == '-' || l->s[p] == '+') ? l->s[p++] : 0;
    if (!starts(l, p, "%}")) return sx_jinja_fail(l->j, LLM_E_FORMAT, "raw takes no arguments");
    advance(l, p + 2);
    after_tag(l, true, sign);
    for (size_t e = l->at; e + 2 <= l->len; e++) {
        if (!starts(l, e, "{%")) continue;
        size_t q = e + 2;
        char before = q < l->len && (l->s[q] == '-' || l->s[q] == '+') ? l->s[q++] : 0;
        while (q < l->len && is_space(l->s[q])) q++;
        if (!starts(l, q, "endraw")) continue;
        q += 6;
        while (q < l->len && is_space(l->s[q])) q++;
        char after = q < l->len && (l->s[q] == '-' || l->s[q] == '+') ? l->s[q++] : 0;
        if (!starts(l, q, "%}")) continue;
        add_data(l, e, before == '-', before == 0);
        advance(l, q + 2);
        after_tag(l, true, after);
        return l->j->status == LLM_OK;
    }
    l->j->line = l->line;
    return sx_jinja_fail(l->j, LLM_E_FORMAT, "raw without endraw");
}

static bool lex_comment(lexer *l)
{
    for (size_t e = l->at + 2; e + 2 <= l->len; e++) {
        if (!starts(l, e, "#}")) continue;
        char sign = l->s[e - 1] == '-' || l->s[e - 1] == '+' ? l->s[e - 1] : 0;
        if (e - 1 < l->at + 2) sign = 0;
        advance(l, e + 2);
        after_tag(l, true, sign);
        return true;
    }
    l->j->line = l->line;
    return sx_jinja_fail(l->j, LLM_E_FORMAT, "a comment does not end");
}

static size_t find_tag(const lexer *l)
{
    for (size_t i = l->at; i + 1 < l->len; i++)
        if (l->s[i] == '{' && (l->s[i + 1] == '{' || l->s[i + 1] == '%' || l->s[i + 1] == '#')) return i;
    return l->len;
}

bool sx_j_lex(jinja *j, const char *source, size_t len)
{
    if (len && source[len - 1] == '\n') len--;
    lexer l = {.j = j, .s = source, .len = len, .line = 1, .line_start = true};
    while (j->status == LLM_OK && l.at < len) {
        size_t tag = find_tag(&l);
        if (tag == len) {
            add_data(&l, len, false, false);
            break;
        }
        char kind = source[tag + 1], sign = tag + 2 < len ? source[tag + 2] : 0;
        if (sign != '-' && sign != '+') sign = 0;
        add_data(&l, tag, sign == '-', kind != '{' && sign != '+');
        bool raw = false;
        if (kind == '#') {
            lex_comment(&l);
            continue;
        }
        if (kind == '%' && (!lex_raw(&l, &raw) || raw)) continue;
        add(&l, kind == '{' ? T_PRINT_OPEN : T_BLOCK_OPEN);
        advance(&l, tag + 2 + (sign == '-' || (sign == '+' && kind == '%') ? 1 : 0));
        lex_tag(&l, kind == '%');
    }
    add(&l, T_END);
    return j->status == LLM_OK;
}
