/* JSON in and out: objects keep their order; what is written is what Python's json.dumps writes. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/text/jinja/jinja.h"
#include "platform/json.h"
#include "platform/utf8.h"

typedef struct reader {
    sx_jx_run *r;
    const char *s;
    size_t n, i;
} reader;

static sx_jx_value fail(reader *x, const char *what)
{
    sx_jx_fail(x->r, LLM_E_FORMAT, "the variables are not JSON: %s at byte %zu", what, x->i);
    return sx_jx_none();
}

static void skip(reader *x)
{
    while (x->i < x->n && (x->s[x->i] == ' ' || x->s[x->i] == '\t' || x->s[x->i] == '\n' || x->s[x->i] == '\r')) x->i++;
}

static bool take(reader *x, char c)
{
    skip(x);
    if (x->i >= x->n || x->s[x->i] != c) return false;
    x->i++;
    return true;
}

/* Four hex digits; UINT32_MAX when they are not. */
static uint32_t hex4(reader *x)
{
    uint32_t v = 0;
    if (x->n - x->i < 4) return UINT32_MAX;
    for (int k = 0; k < 4; k++) {
        char c = x->s[x->i++];
        int d = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
        if (d < 0) return UINT32_MAX;
        v = v << 4 | (uint32_t)d;
    }
    return v;
}

static void read_escape(reader *x, sx_buf *b)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = x->i < x->n ? x->s[x->i++] : 0;
    const char *simple = c ? strchr(from, c) : NULL;
    if (simple) {
        sx_buf_char(b, to[simple - from]);
        return;
    }
    uint32_t cp = c == 'u' ? hex4(x) : UINT32_MAX;
    if (cp >= 0xd800 && cp < 0xdc00 && x->n - x->i >= 6 && x->s[x->i] == '\\' && x->s[x->i + 1] == 'u') {
        size_t back = x->i;
        x->i += 2;
        uint32_t low = hex4(x);
        if (low >= 0xdc00 && low < 0xe000)
            cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
        else
            x->i = back;
    }
    char utf8[4];
    if (cp == UINT32_MAX)
        fail(x, "a bad escape");
    else
        sx_buf_add(b, utf8, sx_utf8_put(cp >= 0xd800 && cp < 0xe000 ? 0xfffd : cp, utf8));
}

static sx_jx_value read_string(reader *x)
{
    size_t from = x->i;
    while (x->i < x->n && x->s[x->i] != '"' && x->s[x->i] != '\\') x->i++;
    if (x->i < x->n && x->s[x->i] == '"') return sx_jx_string(x->r, x->s + from, x->i++ - from);
    sx_buf b;
    sx_buf_init(&b, x->r->mem, (size_t)x->r->max_bytes);
    sx_buf_add(&b, x->s + from, x->i - from);
    while (x->i < x->n && x->s[x->i] != '"' && x->r->status == LLM_OK) {
        char c = x->s[x->i++];
        if (c == '\\')
            read_escape(x, &b);
        else
            sx_buf_char(&b, c);
    }
    if (!take(x, '"')) fail(x, "a text that is not closed");
    return sx_jx_from_buf(x->r, &b);
}

static sx_jx_value read_number(reader *x)
{
    size_t from = x->i;
    bool real = false;
    while (x->i < x->n && strchr("+-0123456789.eE", x->s[x->i]) && x->s[x->i]) {
        real = real || strchr(".eE", x->s[x->i]);
        x->i++;
    }
    int64_t i;
    double d;
    if (!real && sx_number_int(x->s + from, x->i - from, &i)) return sx_jx_int(i);
    if (sx_number_float(x->s + from, x->i - from, &d)) return sx_jx_float(d);
    return fail(x, "a bad number");
}

static bool word(reader *x, const char *w)
{
    size_t n = strlen(w);
    if (x->n - x->i < n || memcmp(x->s + x->i, w, n) != 0) return false;
    x->i += n;
    return true;
}

static sx_jx_value read_value(reader *x);

static sx_jx_value read_list(reader *x)
{
    sx_jx_value list = sx_jx_new_list(x->r, false);
    if (take(x, ']')) return list;
    do sx_jx_push(x->r, list.as.list, read_value(x));
    while (x->r->status == LLM_OK && take(x, ','));
    return take(x, ']') ? list : fail(x, "a list that is not closed");
}

static sx_jx_value read_object(reader *x)
{
    sx_jx_value dict = sx_jx_new_dict(x->r);
    if (take(x, '}')) return dict;
    do {
        if (!take(x, '"')) return fail(x, "a member without a name");
        sx_jx_value key = read_string(x);
        if (!take(x, ':')) return fail(x, "a name without a colon");
        sx_jx_put(x->r, dict.as.dict, key, read_value(x));
    } while (x->r->status == LLM_OK && take(x, ','));
    return take(x, '}') ? dict : fail(x, "an object that is not closed");
}

static sx_jx_value read_value(reader *x)
{
    sx_jx_value v = sx_jx_none();
    if (!sx_jx_step(x->r, 1) || !sx_jx_enter(x->r)) return v;
    if (take(x, '{'))
        v = read_object(x);
    else if (take(x, '['))
        v = read_list(x);
    else if (take(x, '"'))
        v = read_string(x);
    else if (word(x, "true"))
        v = sx_jx_bool(true);
    else if (word(x, "false"))
        v = sx_jx_bool(false);
    else if (!word(x, "null"))
        v = read_number(x);
    sx_jx_leave(x->r);
    return v;
}

sx_jx_value sx_jx_read_json(sx_jx_run *r, const char *s, size_t len)
{
    reader x = {r, s, len, 0};
    size_t bad = sx_utf8_check(s, len);
    if (bad < len) {
        x.i = bad;
        return fail(&x, "a byte that is not UTF-8");
    }
    sx_jx_value v = read_value(&x);
    skip(&x);
    return r->status == LLM_OK && x.i < len ? fail(&x, "something behind the end") : v;
}

/* ---- out ---- */

static void new_line(const sx_jx_json_style *style, unsigned depth, sx_buf *out)
{
    if (style->indent < 0 && !style->pad) return;
    sx_buf_char(out, '\n');
    for (unsigned k = 0; k < depth; k++) {
        if (style->pad) sx_buf_add(out, style->pad, style->pad_len);
        for (int i = 0; !style->pad && i < style->indent; i++) sx_buf_char(out, ' ');
    }
}

/* A key is a text, or the text of a number, a bool or None. */
static void write_key(sx_jx_run *r, const sx_jx_value *key, const sx_jx_json_style *style, sx_buf *out)
{
    sx_jx_value text = *key;
    if (key->type == JX_BOOL)
        text = sx_jx_static(key->as.b ? "true" : "false");
    else if (key->type == JX_NONE)
        text = sx_jx_static("null");
    else if (key->type != JX_STRING)
        text = sx_jx_to_string(r, *key);
    sx_json_quote(out, text.as.s, text.len, style->ascii);
}

static void sort_entries(sx_jx_run *r, const sx_jx_entry **e, size_t n)
{
    for (size_t i = 1; i < n && sx_jx_step(r, i); i++)
        for (size_t k = i; k > 0 && sx_jx_order(r, &e[k - 1]->key, &e[k]->key) > 0; k--) {
            const sx_jx_entry *swap = e[k];
            e[k] = e[k - 1];
            e[k - 1] = swap;
        }
}

static void write_dict(sx_jx_run *r, const sx_jx_dict *d, const sx_jx_json_style *style, unsigned depth, sx_buf *out);

static void write_list(sx_jx_run *r, const sx_jx_list *l, const sx_jx_json_style *style, unsigned depth, sx_buf *out);

static void write_at(sx_jx_run *r, const sx_jx_value *v, const sx_jx_json_style *style, unsigned depth, sx_buf *out)
{
    if (!sx_jx_step(r, 1) || !sx_jx_enter(r)) return;
    switch (v->type) {
    case JX_NONE: sx_buf_str(out, "null"); break;
    case JX_BOOL: sx_buf_str(out, v->as.b ? "true" : "false"); break;
    case JX_INT: sx_buf_printf(out, "%" PRId64, v->as.i); break;
    case JX_FLOAT:
        if (isnan(v->as.d) || isinf(v->as.d))
            sx_buf_str(out, isnan(v->as.d) ? "NaN" : v->as.d < 0 ? "-Infinity" : "Infinity");
        else
            sx_number_print(v->as.d, out);
        break;
    case JX_STRING:
        sx_jx_step(r, v->len / 64);
        sx_json_quote(out, v->as.s, v->len, style->ascii);
        break;
    case JX_LIST:
        if (v->lazy || v->view)
            sx_jx_fail(r, LLM_E_INVALID, "an iterator cannot be written as JSON: make it a list first");
        write_list(r, v->as.list, style, depth, out);
        break;
    case JX_DICT: write_dict(r, v->as.dict, style, depth, out); break;
    default: sx_jx_fail(r, LLM_E_INVALID, "a %s cannot be written as JSON", sx_jx_type_name(v));
    }
    sx_jx_leave(r);
}

static void write_list(sx_jx_run *r, const sx_jx_list *l, const sx_jx_json_style *style, unsigned depth, sx_buf *out)
{
    sx_buf_char(out, '[');
    for (size_t i = 0; i < l->n && r->status == LLM_OK; i++) {
        if (i) sx_buf_add(out, style->item, style->item_len);
        new_line(style, depth + 1, out);
        write_at(r, &l->items[i], style, depth + 1, out);
    }
    if (l->n) new_line(style, depth, out);
    sx_buf_char(out, ']');
}

static void write_dict(sx_jx_run *r, const sx_jx_dict *d, const sx_jx_json_style *style, unsigned depth, sx_buf *out)
{
    const sx_jx_entry **order = sx_jx_alloc(r, (d->n + 1) * sizeof *order);
    if (!order) return;
    for (size_t i = 0; i < d->n; i++) order[i] = &d->entries[i];
    if (style->sort) sort_entries(r, order, d->n);
    sx_buf_char(out, '{');
    for (size_t i = 0; i < d->n && r->status == LLM_OK; i++) {
        if (i) sx_buf_add(out, style->item, style->item_len);
        new_line(style, depth + 1, out);
        write_key(r, &order[i]->key, style, out);
        sx_buf_add(out, style->key, style->key_len);
        write_at(r, &order[i]->value, style, depth + 1, out);
    }
    if (d->n) new_line(style, depth, out);
    sx_buf_char(out, '}');
}

void sx_jx_write_json(sx_jx_run *r, const sx_jx_value *v, const sx_jx_json_style *style, sx_buf *out)
{
    write_at(r, v, style, 0, out);
}
