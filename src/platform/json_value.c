/* Asking a parsed tree, and writing JSON. */
#include <math.h>
#include <string.h>

#include "platform/json.h"
#include "platform/utf8.h"

const sx_json *sx_json_get(const sx_json *v, const char *key)
{
    const sx_json *found = NULL;
    size_t len = strlen(key);
    if (!sx_json_is(v, SX_JSON_OBJECT)) return NULL;
    for (const sx_json *m = v->first; m; m = m->next)
        if (m->key_len == len && memcmp(m->key, key, len) == 0) found = m;
    return found;
}

bool sx_json_is(const sx_json *v, sx_json_kind kind)
{
    return v && v->kind == kind;
}

bool sx_json_equal(const sx_json *v, const char *s)
{
    return sx_json_is(v, SX_JSON_STRING) && v->len == strlen(s) && memcmp(v->text, s, v->len) == 0;
}

const char *sx_json_get_str(const sx_json *v, const char *key, const char *fallback)
{
    const sx_json *m = sx_json_get(v, key);
    return sx_json_is(m, SX_JSON_STRING) ? m->text : fallback;
}

double sx_json_get_num(const sx_json *v, const char *key, double fallback)
{
    const sx_json *m = sx_json_get(v, key);
    return sx_json_is(m, SX_JSON_NUMBER) ? m->number : fallback;
}

bool sx_json_get_bool(const sx_json *v, const char *key, bool fallback)
{
    const sx_json *m = sx_json_get(v, key);
    return sx_json_is(m, SX_JSON_BOOL) ? m->truth : fallback;
}

bool sx_json_int(const sx_json *v, int64_t *value)
{
    if (!sx_json_is(v, SX_JSON_NUMBER) || v->number != floor(v->number)) return false;
    if (strpbrk(v->text, ".eE")) {
        if (!(fabs(v->number) <= 9007199254740992.0)) return false; /* beyond 2^53 a double is no integer's witness */
        *value = (int64_t)v->number;
        return true;
    }
    bool minus = v->text[0] == '-';
    uint64_t u = 0, limit = (uint64_t)INT64_MAX + (minus ? 1 : 0);
    for (size_t i = minus ? 1 : 0; i < v->len; i++) {
        unsigned digit = (unsigned)(v->text[i] - '0');
        if (u > (limit - digit) / 10) return false;
        u = u * 10 + digit;
    }
    *value = minus ? (u ? -(int64_t)(u - 1) - 1 : 0) : (int64_t)u;
    return true;
}

void sx_json_quote(sx_buf *out, const char *s, size_t len, bool ascii)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    sx_buf_char(out, '"');
    for (size_t i = 0, n; i < len; i += n) {
        uint32_t c = sx_utf8_next(s + i, len - i, &n);
        bool bad = c == SX_UTF8_BAD;
        const char *simple = c && c < 0x80 ? strchr(from, (int)c) : NULL;
        if (bad) c = 0xfffd;
        if (simple)
            sx_buf_printf(out, "\\%c", to[simple - from]);
        else if (c < 0x20 || (ascii && c >= 0x7f && c <= 0xffff))
            sx_buf_printf(out, "\\u%04x", c);
        else if (ascii && c > 0xffff)
            sx_buf_printf(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 0x3ff));
        else if (bad)
            sx_buf_str(out, "\xef\xbf\xbd");
        else
            sx_buf_add(out, s + i, n);
    }
    sx_buf_char(out, '"');
}

void sx_json_write(sx_buf *out, const sx_json *v)
{
    switch (v->kind) {
    case SX_JSON_NULL: sx_buf_str(out, "null"); return;
    case SX_JSON_BOOL: sx_buf_str(out, v->truth ? "true" : "false"); return;
    case SX_JSON_NUMBER: sx_buf_add(out, v->text, v->len); return;
    case SX_JSON_STRING: sx_json_quote(out, v->text, v->len, false); return;
    case SX_JSON_ARRAY:
    case SX_JSON_OBJECT: break;
    }
    bool object = v->kind == SX_JSON_OBJECT;
    sx_buf_char(out, object ? '{' : '[');
    for (const sx_json *m = v->first; m; m = m->next) {
        if (m != v->first) sx_buf_char(out, ',');
        if (object) {
            sx_json_quote(out, m->key, m->key_len, false);
            sx_buf_char(out, ':');
        }
        sx_json_write(out, m);
    }
    sx_buf_char(out, object ? '}' : ']');
}
