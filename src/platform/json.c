/* The reader: one pass over the bytes, members chained in order. Recursion is bounded by SX_JSON_MAX_DEPTH. */
#include "platform/json.h"

#include <string.h>

#include "platform/number.h"
#include "platform/utf8.h"

typedef struct reader {
    sx_arena *arena;
    const char *what;
    const char *s;
    size_t n, i;
    unsigned depth;
    sx_buf scratch; /* of a string with escapes */
    llm_error *err;
    llm_status status;
} reader;

static void fail(reader *r, llm_status code, const char *why)
{
    uint32_t line, column;
    if (r->status != LLM_OK) return;
    sx_json_place(r->s, r->n, r->i, &line, &column);
    r->status = sx_fail(r->err, code, "%s is not the JSON it should be: %s at line %u, column %u", r->what, why, line,
                        column);
}

static void fail_memory(reader *r)
{
    if (r->status == LLM_OK) r->status = sx_fail_memory(r->err);
}

static int peek(const reader *r)
{
    return r->i < r->n ? (unsigned char)r->s[r->i] : -1;
}

static int peek_token(reader *r)
{
    int c;
    while ((c = peek(r)) == ' ' || c == '\t' || c == '\n' || c == '\r') r->i++;
    return c;
}

static bool take(reader *r, char c)
{
    if (peek_token(r) != (unsigned char)c) return false;
    r->i++;
    return true;
}

static uint32_t hex4(reader *r)
{
    uint32_t v = 0;
    for (int k = 0; k < 4; k++, r->i++) {
        int c = peek(r);
        int d = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
        if (d < 0) return UINT32_MAX;
        v = v << 4 | (uint32_t)d;
    }
    return v;
}

static uint32_t unicode_escape(reader *r)
{
    uint32_t cp = hex4(r);
    if (cp < 0xd800 || cp >= 0xe000) return cp;
    if (cp >= 0xdc00 || r->n - r->i < 6 || r->s[r->i] != '\\' || r->s[r->i + 1] != 'u') return 0xfffd;
    size_t back = r->i;
    r->i += 2;
    uint32_t low = hex4(r);
    if (low >= 0xdc00 && low < 0xe000) return 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
    r->i = back; /* the first stands alone */
    return 0xfffd;
}

static void read_escape(reader *r)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    int c = peek(r);
    const char *simple = c > 0 ? strchr(from, c) : NULL;
    r->i++;
    if (simple) {
        sx_buf_char(&r->scratch, to[simple - from]);
        return;
    }
    uint32_t cp = c == 'u' ? unicode_escape(r) : UINT32_MAX;
    if (cp == UINT32_MAX) {
        fail(r, LLM_E_FORMAT, "a bad escape");
        return;
    }
    char utf8[4];
    sx_buf_add(&r->scratch, utf8, sx_utf8_put(cp, utf8));
}

/* Stops at a quote, a backslash, a control character or the end. */
static void skip_plain(reader *r)
{
    while (r->i < r->n && r->s[r->i] != '"' && r->s[r->i] != '\\' && (unsigned char)r->s[r->i] >= 0x20) r->i++;
}

/* Behind the opening quote. */
static const char *read_string(reader *r, size_t *len)
{
    size_t from = r->i;
    skip_plain(r);
    bool escaped = peek(r) == '\\';
    sx_buf_clear(&r->scratch);
    while (peek(r) == '\\' && r->status == LLM_OK) {
        sx_buf_add(&r->scratch, r->s + from, r->i - from);
        r->i++;
        read_escape(r);
        from = r->i;
        skip_plain(r);
    }
    if (peek(r) != '"') {
        fail(r, LLM_E_FORMAT, peek(r) < 0 ? "a string without its closing quote" : "a control character in a string");
        return NULL;
    }
    if (escaped) sx_buf_add(&r->scratch, r->s + from, r->i - from);
    const char *s = escaped ? sx_buf_cstr(&r->scratch) : r->s + from;
    *len = escaped ? r->scratch.len : r->i - from;
    r->i++;
    char *copy = sx_buf_status(&r->scratch) == LLM_OK ? sx_arena_strndup(r->arena, s, *len) : NULL;
    if (!copy) fail_memory(r);
    return copy;
}

static size_t skip_digits(reader *r)
{
    size_t from = r->i;
    while (peek(r) >= '0' && peek(r) <= '9') r->i++;
    return r->i - from;
}

static void read_number(reader *r, sx_json *v)
{
    size_t from = r->i;
    bool good = true;
    if (peek(r) == '-') r->i++;
    bool zero = peek(r) == '0';
    size_t digits = skip_digits(r);
    good = digits > 0 && !(zero && digits > 1);
    if (good && peek(r) == '.') {
        r->i++;
        good = skip_digits(r) > 0;
    }
    if (good && (peek(r) == 'e' || peek(r) == 'E')) {
        r->i++;
        if (peek(r) == '+' || peek(r) == '-') r->i++;
        good = skip_digits(r) > 0;
    }
    v->kind = SX_JSON_NUMBER;
    v->len = r->i - from;
    if (!good || !sx_number_float(r->s + from, v->len, &v->number)) {
        r->i = from;
        fail(r, LLM_E_FORMAT, digits ? "a bad number" : "no value");
        return;
    }
    v->text = sx_arena_strndup(r->arena, r->s + from, v->len);
    if (!v->text) fail_memory(r);
}

static bool word(reader *r, const char *w)
{
    size_t n = strlen(w);
    if (r->n - r->i < n || memcmp(r->s + r->i, w, n) != 0) return false;
    r->i += n;
    return true;
}

static sx_json *read_value(reader *r);

static void read_members(reader *r, sx_json *v, char close)
{
    sx_json **tail = &v->first;
    if (take(r, close)) return;
    do {
        const char *key = NULL;
        size_t key_len = 0;
        if (v->kind == SX_JSON_OBJECT) {
            if (!take(r, '"')) {
                fail(r, LLM_E_FORMAT, "a member without a name in quotes");
                return;
            }
            key = read_string(r, &key_len);
            if (!take(r, ':')) fail(r, LLM_E_FORMAT, "a name without a colon");
        }
        sx_json *member = r->status == LLM_OK ? read_value(r) : NULL;
        if (!member) return;
        member->key = key;
        member->key_len = key_len;
        *tail = member;
        tail = &member->next;
        v->count++;
    } while (take(r, ','));
    if (!take(r, close))
        fail(r, LLM_E_FORMAT,
             v->kind == SX_JSON_OBJECT ? "an object that is not closed" : "an array that is not closed");
}

/* NULL after a failure. */
static sx_json *read_value(reader *r)
{
    sx_json *v = sx_arena_alloc(r->arena, sizeof *v);
    if (!v) {
        fail_memory(r);
        return NULL;
    }
    int c = peek_token(r);
    v->at = r->i;
    if (c == '{' || c == '[') {
        r->i++;
        v->kind = c == '{' ? SX_JSON_OBJECT : SX_JSON_ARRAY;
        if (++r->depth > SX_JSON_MAX_DEPTH)
            fail(r, LLM_E_LIMIT, "nesting deeper than 200");
        else
            read_members(r, v, c == '{' ? '}' : ']');
        r->depth--;
    } else if (c == '"') {
        r->i++;
        v->kind = SX_JSON_STRING;
        v->text = read_string(r, &v->len);
    } else if (word(r, "true") || word(r, "false")) {
        v->kind = SX_JSON_BOOL;
        v->truth = c == 't';
    } else if (!word(r, "null")) {
        read_number(r, v);
    }
    return r->status == LLM_OK ? v : NULL;
}

llm_status sx_json_parse(const sx_json **out, sx_arena *arena, const char *what, const char *text, size_t len,
                         llm_error *err)
{
    reader r = {.arena = arena, .what = what, .s = text, .n = len, .err = err, .status = LLM_OK};
    *out = NULL;
    sx_buf_init(&r.scratch, arena->mem, 0);
    r.i = sx_utf8_check(text, len);
    if (r.i < len) fail(&r, LLM_E_FORMAT, "a byte that is not UTF-8");
    r.i = 0;
    sx_json *v = r.status == LLM_OK ? read_value(&r) : NULL;
    if (v && peek_token(&r) >= 0) fail(&r, LLM_E_FORMAT, "something behind the end");
    sx_buf_free(&r.scratch);
    if (r.status == LLM_OK) *out = v;
    return r.status;
}

void sx_json_place(const char *text, size_t len, size_t at, uint32_t *line, uint32_t *column)
{
    *line = *column = 1;
    for (size_t i = 0; i < at && i < len; i++) {
        ++*column;
        if (text[i] == '\n') {
            ++*line;
            *column = 1;
        }
    }
}
