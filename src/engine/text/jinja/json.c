/* JSON in (RFC 8259) and out (as Python's json.dumps writes it). */
#include <stdlib.h>
#include <string.h>

#include "engine/text/jinja/jinja.h"
#include "platform/number.h"
#include "platform/utf8.h"

typedef struct reader {
    jinja *j;
    const char *s;
    size_t len, at;
} reader;

static jvalue bad(reader *r, const char *what)
{
    if (r->j->status == LLM_OK)
        r->j->status = sx_fail(r->j->err, LLM_E_FORMAT, "the JSON variables are malformed at byte %zu: %s", r->at, what);
    return sx_j_none();
}

static void skip_space(reader *r)
{
    while (r->at < r->len && strchr(" \t\r\n", r->s[r->at]) && r->s[r->at]) r->at++;
}

static int peek(const reader *r)
{
    return r->at < r->len ? (unsigned char)r->s[r->at] : -1;
}

static bool read_hex(reader *r, uint32_t *v)
{
    *v = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        int c = peek(r);
        int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (d < 0) return false;
        *v = *v << 4 | (uint32_t)d;
    }
    return true;
}

static bool read_escape(reader *r, sx_buf *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    int c = peek(r);
    r->at++;
    const char *known = c > 0 ? strchr(from, c) : NULL;
    if (known) {
        sx_buf_char(out, to[known - from]);
        return true;
    }
    uint32_t cp, low;
    char utf8[4];
    if (c != 'u' || !read_hex(r, &cp)) return false;
    if (cp >= 0xd800 && cp < 0xdc00 && r->at + 6 <= r->len && r->s[r->at] == '\\' && r->s[r->at + 1] == 'u') {
        size_t back = r->at;
        r->at += 2;
        if (read_hex(r, &low) && low >= 0xdc00 && low < 0xe000) cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
        else r->at = back;
    }
    if (cp >= 0xd800 && cp < 0xe000) cp = 0xfffd;
    sx_buf_add(out, utf8, sx_utf8_put(cp, utf8));
    return true;
}

static jvalue read_string(reader *r)
{
    size_t from = ++r->at;
    sx_buf text;
    sx_buf_init(&text, r->j->mem, 0);
    for (;; r->at++) {
        int c = peek(r);
        if (c < 32 || c == '"' || c == '\\') {
            sx_buf_add(&text, r->s + from, r->at - from);
            if (c == '"') break;
            r->at++;
            if (c != '\\' || !read_escape(r, &text)) {
                sx_buf_free(&text);
                return bad(r, "a string that does not end or a bad escape");
            }
            from = r->at--;
        }
    }
    r->at++;
    size_t good = sx_utf8_check(sx_buf_cstr(&text), text.len);
    if (good < text.len) {
        sx_buf_free(&text);
        return bad(r, "a string that is not UTF-8");
    }
    return sx_j_take(r->j, &text);
}

static jvalue read_number(reader *r)
{
    char text[64];
    size_t n = 0;
    bool real = false;
    while (n + 1 < sizeof text && r->at < r->len && strchr("+-0123456789.eE", r->s[r->at]) && r->s[r->at]) {
        real = real || strchr(".eE", r->s[r->at]);
        text[n++] = r->s[r->at++];
    }
    text[n] = '\0';
    if (!real && n < 19) {
        char *end;
        long long i = strtoll(text, &end, 10);
        return n && !*end ? sx_j_int(i) : bad(r, "not a number");
    }
    double f;
    return sx_number_read(text, n, &f) ? sx_j_float(f) : bad(r, "not a number");
}

static jvalue read_value(reader *r);

static jvalue read_array(reader *r)
{
    jvalue v = sx_j_list(r->j, J_LIST);
    r->at++;
    skip_space(r);
    if (peek(r) == ']') {
        r->at++;
        return v;
    }
    while (r->j->status == LLM_OK) {
        sx_j_push(r->j, v.u.list, read_value(r));
        skip_space(r);
        int c = peek(r);
        r->at++;
        if (c == ']') return v;
        if (c != ',') return bad(r, "expected , or ] in an array");
    }
    return v;
}

static jvalue read_object(reader *r)
{
    jvalue v = sx_j_dict(r->j, J_DICT);
    r->at++;
    skip_space(r);
    if (peek(r) == '}') {
        r->at++;
        return v;
    }
    while (r->j->status == LLM_OK) {
        skip_space(r);
        if (peek(r) != '"') return bad(r, "expected a field name");
        jvalue key = read_string(r);
        skip_space(r);
        if (peek(r) != ':') return bad(r, "expected : after a field name");
        r->at++;
        jvalue value = read_value(r);
        if (r->j->status == LLM_OK) sx_j_put(r->j, v.u.dict, key, value);
        skip_space(r);
        int c = peek(r);
        r->at++;
        if (c == '}') return v;
        if (c != ',') return bad(r, "expected , or } in an object");
    }
    return v;
}

static bool word(reader *r, const char *w)
{
    size_t n = strlen(w);
    if (r->len - r->at < n || memcmp(r->s + r->at, w, n) != 0) return false;
    r->at += n;
    return true;
}

static jvalue read_value(reader *r)
{
    jvalue v = sx_j_none();
    skip_space(r);
    int c = peek(r);
    if (!sx_jinja_step(r->j, 1)) return v;
    if (!sx_jinja_enter(r->j)) v = sx_j_none();
    else if (c == '{') v = read_object(r);
    else if (c == '[') v = read_array(r);
    else if (c == '"') v = read_string(r);
    else if (c == '-' || (c >= '0' && c <= '9')) v = read_number(r);
    else if (word(r, "true")) v = sx_j_bool(true);
    else if (word(r, "false")) v = sx_j_bool(false);
    else if (!word(r, "null")) v = bad(r, "expected a value");
    r->j->depth--;
    return v;
}

jvalue sx_j_read_json(jinja *j, const char *s, size_t len)
{
    reader r = {j, s, len, 0};
    jvalue v = read_value(&r);
    skip_space(&r);
    if (r.at < len && j->status == LLM_OK) bad(&r, "text after the value");
    return v;
}

/* ---- writing ---- */

static void put_string(jstr s, bool ascii, sx_buf *out)
{
    sx_buf_char(out, '"');
    for (size_t i = 0, step; i < s.len; i += step) {
        uint32_t cp = sx_utf8_next(s.s + i, s.len - i, &step);
        static const char plain[] = "\"\\\n\r\t\b\f", letter[] = "\"\\nrtbf";
        const char *at = cp && cp < 128 ? strchr(plain, (int)cp) : NULL;
        if (at) sx_buf_printf(out, "\\%c", letter[at - plain]);
        else if (cp < 32 || (ascii && cp >= 127 && cp < 0x10000 && cp != 127)) sx_buf_printf(out, "\\u%04x", cp);
        else if (ascii && cp >= 0x10000 && cp != SX_UTF8_BAD)
            sx_buf_printf(out, "\\u%04x\\u%04x", 0xd800 + ((cp - 0x10000) >> 10), 0xdc00 + (cp & 0x3ff));
        else sx_buf_add(out, s.s + i, step);
    }
    sx_buf_char(out, '"');
}

static void put_break(const jdump *how, uint32_t level, sx_buf *out)
{
    if (!how->pretty) return;
    sx_buf_char(out, '\n');
    for (uint32_t i = 0; i < level; i++) sx_buf_add(out, how->indent.s, how->indent.len);
}

static void put_key(jinja *j, jvalue key, const jdump *how, sx_buf *out)
{
    if (key.kind == J_STR) {
        put_string(key.u.str, how->ascii, out);
        return;
    }
    sx_buf_char(out, '"'); /* Python writes numbers, booleans and None as strings here */
    sx_j_write_json(j, key, how, 0, out);
    sx_buf_char(out, '"');
}

static void put_object(jinja *j, const jdict *dict, const jdump *how, uint32_t level, sx_buf *out)
{
    size_t *order = sx_jinja_alloc(j, (dict->count + 1) * sizeof *order);
    if (!order) return;
    for (size_t i = 0; i < dict->count; i++) {
        size_t k = i;
        for (; how->sort && k > 0 && sx_j_compare(j, dict->keys[order[k - 1]], dict->keys[i]) > 0; k--) order[k] = order[k - 1];
        order[k] = i;
    }
    sx_buf_char(out, '{');
    for (size_t i = 0; i < dict->count && j->status == LLM_OK; i++) {
        if (i) sx_buf_add(out, how->item.s, how->item.len);
        put_break(how, level + 1, out);
        put_key(j, dict->keys[order[i]], how, out);
        sx_buf_add(out, how->key.s, how->key.len);
        sx_j_write_json(j, dict->values[order[i]], how, level + 1, out);
    }
    if (dict->count) put_break(how, level, out);
    sx_buf_char(out, '}');
}

void sx_j_write_json(jinja *j, jvalue v, const jdump *how, uint32_t level, sx_buf *out)
{
    if (!sx_jinja_step(j, 1)) return;
    if (sx_jinja_enter(j)) switch (v.kind) {
    case J_NONE: sx_buf_str(out, "null"); break;
    case J_BOOL: sx_buf_str(out, v.u.b ? "true" : "false"); break;
    case J_INT: sx_j_print(j, v, out); break;
    case J_FLOAT:
        if (v.u.f != v.u.f) sx_buf_str(out, "NaN");
        else if (v.u.f - v.u.f != 0) sx_buf_str(out, v.u.f < 0 ? "-Infinity" : "Infinity");
        else sx_j_put_float(out, v.u.f);
        break;
    case J_STR: put_string(v.u.str, how->ascii, out); break;
    case J_LIST:
    case J_TUPLE:
        sx_buf_char(out, '[');
        for (size_t i = 0; i < v.u.list->count && j->status == LLM_OK; i++) {
            if (i) sx_buf_add(out, how->item.s, how->item.len);
            put_break(how, level + 1, out);
            sx_j_write_json(j, v.u.list->items[i], how, level + 1, out);
        }
        if (v.u.list->count) put_break(how, level, out);
        sx_buf_char(out, ']');
        break;
    case J_DICT: put_object(j, v.u.dict, how, level, out); break;
    default: sx_jinja_fail(j, LLM_E_INVALID, "%s cannot be written as JSON", sx_j_kind(v)); break;
    }
    j->depth--;
}
