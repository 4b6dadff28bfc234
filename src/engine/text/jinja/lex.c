/* Cuts a template into texts and the words inside its tags, and takes away white space as trim_blocks, lstrip_blocks and
 * the signs - and + say. As Jinja2's lexer.py does it: a tag's line start is its own or what trim_blocks left. */
#include <string.h>

#include "engine/text/jinja/jinja.h"
#include "platform/utf8.h"

typedef struct lexer {
    sx_jx_run *r;
    const char *s;
    size_t n, i;
    uint32_t line;
    size_t cap;
    bool line_start; /* the text before the next tag begins at a line's start */
} lexer;

static bool blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void add(lexer *x, sx_jx_token_kind kind, sx_jx_value v)
{
    sx_jx_run *r = x->r;
    if (r->status != LLM_OK) return;
    if (r->n_tokens == x->cap) {
        size_t cap = x->cap ? x->cap * 2 : 256;
        sx_jx_token *t = sx_jx_alloc(r, cap * sizeof *t);
        if (!t) return;
        if (r->n_tokens) memcpy(t, r->tokens, r->n_tokens * sizeof *t);
        r->tokens = t;
        x->cap = cap;
    }
    r->tokens[r->n_tokens++] = (sx_jx_token){(uint8_t)kind, x->line, v};
}

static void fail(lexer *x, const char *what)
{
    x->r->line = x->line;
    sx_jx_fail(x->r, LLM_E_FORMAT, "%s", what);
}

static void count_lines(lexer *x, size_t from, size_t to)
{
    for (; from < to; from++) x->line += x->s[from] == '\n';
}

/* The text [from, to) before a tag; lstrip: spaces between the line's start and the tag go. */
static void add_text(lexer *x, size_t from, size_t to, bool strip_all, bool lstrip)
{
    size_t end = to;
    if (strip_all) {
        while (end > from && blank(x->s[end - 1])) end--;
    } else if (lstrip) {
        size_t k = to;
        while (k > from && blank(x->s[k - 1]) && x->s[k - 1] != '\n') k--;
        if (k > from ? x->s[k - 1] == '\n' : x->line_start) end = k;
    }
    if (end > from) add(x, JX_T_TEXT, sx_jx_view(x->s + from, end - from));
    count_lines(x, from, to);
}

/* Behind a tag's end: '-' takes all white space, else a block takes one newline. */
static void after_tag(lexer *x, bool strip, bool newline)
{
    size_t from = x->i;
    if (strip)
        while (x->i < x->n && blank(x->s[x->i])) x->i++;
    else if (newline && x->i < x->n && x->s[x->i] == '\n')
        x->i++;
    count_lines(x, from, x->i);
    x->line_start = x->i > 0 && x->s[x->i - 1] == '\n';
}

static bool at(const lexer *x, const char *s)
{
    size_t n = strlen(s);
    return x->n - x->i >= n && memcmp(x->s + x->i, s, n) == 0;
}

static bool name_char(const lexer *x, size_t i, bool first)
{
    unsigned char c = i < x->n ? (unsigned char)x->s[i] : 0;
    return c == '_' || c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (!first && c >= '0' && c <= '9');
}

static bool digit(const lexer *x, size_t i)
{
    return i < x->n && x->s[i] >= '0' && x->s[i] <= '9';
}

static void number(lexer *x)
{
    size_t from = x->i;
    bool real = false;
    while (digit(x, x->i) || (x->s[x->i] == '_' && digit(x, x->i + 1))) x->i++;
    if (x->i < x->n && x->s[x->i] == '.' && digit(x, x->i + 1)) {
        real = true;
        for (x->i++; digit(x, x->i);) x->i++;
    }
    if (x->i < x->n && (x->s[x->i] == 'e' || x->s[x->i] == 'E')) {
        size_t k = x->i + 1;
        if (k < x->n && (x->s[k] == '+' || x->s[k] == '-')) k++;
        if (digit(x, k)) {
            real = true;
            for (x->i = k; digit(x, x->i);) x->i++;
        }
    }
    double d;
    int64_t i;
    if (real && sx_number_float(x->s + from, x->i - from, &d))
        add(x, JX_T_FLOAT, sx_jx_float(d));
    else if (!real && sx_number_int(x->s + from, x->i - from, &i))
        add(x, JX_T_INT, sx_jx_int(i));
    else
        fail(x, "a number is too large");
}

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The escape behind a backslash at x->i, as Python reads it; unknown ones stay as they are. */
static void escape(lexer *x, sx_buf *b)
{
    static const char from[] = "abfnrtv\\'\"", to[] = "\a\b\f\n\r\t\v\\'\"";
    char c = x->s[x->i++];
    const char *simple = c ? strchr(from, c) : NULL;
    int digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (simple) {
        sx_buf_char(b, to[simple - from]);
    } else if (c == '\n') {
        x->line++;
    } else if (digits) {
        uint32_t cp = 0;
        for (; digits && x->i < x->n && hex(x->s[x->i]) >= 0; digits--) cp = cp << 4 | (uint32_t)hex(x->s[x->i++]);
        char utf8[4];
        if (digits || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000))
            fail(x, "a \\x, \\u or \\U in a string is not a character");
        else
            sx_buf_add(b, utf8, sx_utf8_put(cp, utf8));
    } else {
        sx_buf_char(b, '\\');
        sx_buf_char(b, c);
    }
}

static void string(lexer *x)
{
    char quote = x->s[x->i++];
    sx_buf b;
    sx_buf_init(&b, x->r->mem, x->r->max_bytes);
    while (x->i < x->n && x->s[x->i] != quote && x->r->status == LLM_OK) {
        char c = x->s[x->i++];
        x->line += c == '\n';
        if (c == '\\' && x->i < x->n)
            escape(x, &b);
        else
            sx_buf_char(&b, c);
    }
    if (x->i >= x->n) fail(x, "a string is not closed");
    x->i++;
    add(x, JX_T_STRING, sx_jx_from_buf(x->r, &b));
}

static void operator(lexer *x)
{
    static const char *const ops[] = {"//", "**", "==", "!=", "<=", ">=", "+", "-", "/", "*", "%", "~", "[",
                                      "]",  "(",  ")",  "{",  "}",  "<",  ">", "=", ".", ":", "|", ",", ";"};
    for (size_t k = 0; k < sizeof ops / sizeof *ops; k++)
        if (at(x, ops[k])) {
            add(x, JX_T_OP, sx_jx_static(ops[k]));
            x->i += strlen(ops[k]);
            return;
        }
    fail(x, "a character that has no meaning inside a tag");
}

/* The words of one tag up to its end. Brackets are counted, so that }} may close two dicts. */
static void words(lexer *x, const char *end, sx_jx_token_kind end_kind)
{
    int open = 0;
    while (x->r->status == LLM_OK) {
        while (x->i < x->n && blank(x->s[x->i])) x->line += x->s[x->i++] == '\n';
        if (x->i >= x->n) {
            fail(x, "a tag is not closed");
            return;
        }
        char c = x->s[x->i];
        bool sign = (c == '-' || c == '+') && x->n - x->i >= 3 && memcmp(x->s + x->i + 1, end, 2) == 0;
        if (sign && c == '+' && end[0] != '%') sign = false;
        if (open == 0 && (sign || at(x, end))) {
            x->i += sign ? 3 : 2;
            add(x, end_kind, sx_jx_static(end));
            after_tag(x, sign && c == '-', end[0] == '%' && !sign);
            return;
        }
        if (name_char(x, x->i, true)) {
            size_t from = x->i;
            while (name_char(x, x->i, false)) x->i++;
            add(x, JX_T_NAME, sx_jx_string(x->r, x->s + from, x->i - from));
        } else if (digit(x, x->i)) {
            number(x);
        } else if (c == '"' || c == '\'') {
            string(x);
        } else {
            open += c == '(' || c == '[' || c == '{';
            open -= open > 0 && (c == ')' || c == ']' || c == '}');
            operator(x);
        }
    }
}

static void comment(lexer *x)
{
    size_t from = x->i;
    while (x->i < x->n && !at(x, "#}")) x->i++;
    if (x->i >= x->n) {
        fail(x, "a comment is not closed");
        return;
    }
    char sign = x->i > from ? x->s[x->i - 1] : 0;
    x->i += 2;
    count_lines(x, from, x->i);
    after_tag(x, sign == '-', sign != '+');
}

static void skip_blank(lexer *x)
{
    while (x->i < x->n && blank(x->s[x->i])) x->i++;
}

/* Behind "{%" or "{%-": is this {% word %}? Then x->i goes behind it. */
static bool lone_word(lexer *x, const char *word, bool *strip, bool *keep)
{
    size_t back = x->i, n = strlen(word);
    skip_blank(x);
    if (x->n - x->i >= n && memcmp(x->s + x->i, word, n) == 0) {
        x->i += n;
        skip_blank(x);
        *strip = x->i < x->n && x->s[x->i] == '-';
        *keep = x->i < x->n && x->s[x->i] == '+';
        x->i += *strip || *keep;
        if (at(x, "%}")) {
            x->i += 2;
            return true;
        }
    }
    x->i = back;
    return false;
}

/* Behind {% raw %}: everything up to {% endraw %} is text. */
static void raw(lexer *x)
{
    size_t from = x->i;
    for (; x->i < x->n; x->i++) {
        if (!at(x, "{%")) continue;
        size_t tag = x->i;
        bool strip, keep;
        x->i += 2;
        char sign = x->i < x->n ? x->s[x->i] : 0;
        if (sign == '-' || sign == '+') x->i++;
        if (lone_word(x, "endraw", &strip, &keep)) {
            size_t back = x->i;
            add_text(x, from, tag, sign == '-', sign != '+');
            x->i = back;
            after_tag(x, strip, !keep);
            return;
        }
        x->i = tag;
    }
    fail(x, "a raw block is not closed by endraw");
}

static void tag(lexer *x, size_t text_from)
{
    char kind = x->s[x->i + 1];
    size_t start = x->i;
    x->i += 2;
    char sign = x->i < x->n && (x->s[x->i] == '-' || x->s[x->i] == '+') ? x->s[x->i] : 0;
    if (sign) x->i++;
    add_text(x, text_from, start, sign == '-', kind != '{' && sign != '+');
    bool strip, keep;
    if (kind == '#') {
        x->i -= sign && x->i < x->n && at(x, "}"); /* "{#-#}": the sign is the end's */
        comment(x);
    } else if (kind == '%' && lone_word(x, "raw", &strip, &keep)) {
        after_tag(x, strip, false);
        raw(x);
    } else {
        add(x, kind == '{' ? JX_T_OUT : JX_T_BLOCK, sx_jx_static(""));
        words(x, kind == '{' ? "}}" : "%}", kind == '{' ? JX_T_OUT_END : JX_T_BLOCK_END);
    }
}

/* Newlines of any kind become \n, and one at the end goes, before anything else is looked at. */
static void normalize(lexer *x, const char *source, size_t len)
{
    char *copy = sx_jx_alloc(x->r, len + 1);
    if (!copy) return;
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        if (source[i] == '\r') {
            copy[n++] = '\n';
            i += i + 1 < len && source[i + 1] == '\n';
        } else {
            copy[n++] = source[i];
        }
    }
    if (n && copy[n - 1] == '\n') n--;
    x->s = copy;
    x->n = n;
}

void sx_jx_lex(sx_jx_run *r, const char *source, size_t len)
{
    lexer x = {.r = r, .line = 1, .line_start = true};
    normalize(&x, source, len);
    size_t from = 0;
    while (r->status == LLM_OK && x.i < x.n) {
        const char *brace = memchr(x.s + x.i, '{', x.n - x.i);
        x.i = brace ? (size_t)(brace - x.s) : x.n;
        if (x.n - x.i >= 2 && (x.s[x.i + 1] == '{' || x.s[x.i + 1] == '%' || x.s[x.i + 1] == '#')) {
            tag(&x, from);
            from = x.i;
        } else if (x.i < x.n) {
            x.i++;
        }
    }
    if (r->status == LLM_OK) add_text(&x, from, x.n, false, false);
    add(&x, JX_T_END, sx_jx_static("end of the template"));
}
