/* Filters over texts and numbers, as a table; and how a filter's name is found. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/text/jinja/jinja.h"

static jx_value text_of(jx_run *r, jx_value v)
{
    return jx_to_string(r, v);
}

static int64_t int_arg(jx_run *r, const jx_args *args, size_t i, const char *name, int64_t fallback)
{
    jx_value v = jx_arg(args, i, name, jx_int(fallback));
    if (v.type == JX_BOOL) return v.as.b;
    if (v.type == JX_INT) return v.as.i;
    if (v.type == JX_NONE) return fallback;
    jx_fail(r, LLM_E_INVALID, "the argument %s must be a whole number, not a %s", name, jx_type_name(&v));
    return fallback;
}

static bool bool_arg(const jx_args *args, size_t i, const char *name, bool fallback)
{
    jx_value v = jx_arg(args, i, name, jx_bool(fallback));
    return jx_true(&v);
}

static jx_value f_default(jx_run *r, jx_value v, const jx_args *args)
{
    (void)r;
    bool use = v.type == JX_UNDEFINED || (bool_arg(args, 1, "boolean", false) && !jx_true(&v));
    return use ? jx_arg(args, 0, "default_value", jx_static("")) : v;
}

static jx_value f_upper(jx_run *r, jx_value v, const jx_args *args)
{
    (void)args;
    return jx_change_case(r, text_of(r, v), 'u');
}

static jx_value f_lower(jx_run *r, jx_value v, const jx_args *args)
{
    (void)args;
    return jx_change_case(r, text_of(r, v), 'l');
}

static jx_value f_title(jx_run *r, jx_value v, const jx_args *args)
{
    (void)args;
    return jx_change_case(r, text_of(r, v), 't');
}

static jx_value f_capitalize(jx_run *r, jx_value v, const jx_args *args)
{
    (void)args;
    return jx_change_case(r, text_of(r, v), 'c');
}

static jx_value f_trim(jx_run *r, jx_value v, const jx_args *args)
{
    jx_value chars = jx_arg(args, 0, "chars", jx_none());
    return jx_strip(text_of(r, v), chars.type == JX_STRING ? &chars : NULL, true, true);
}

static jx_value f_string(jx_run *r, jx_value v, const jx_args *args)
{
    (void)args;
    return text_of(r, v);
}

static jx_value f_safe(jx_run *r, jx_value v, const jx_args *args)
{
    (void)args;
    v = text_of(r, v);
    v.markup = true;
    return v;
}

static jx_value f_escape(jx_run *r, jx_value v, const jx_args *args)
{
    (void)args;
    return jx_escape(r, v);
}

static jx_value f_forceescape(jx_run *r, jx_value v, const jx_args *args)
{
    (void)args;
    v = text_of(r, v);
    v.markup = false;
    return jx_escape(r, v);
}

static jx_value f_replace(jx_run *r, jx_value v, const jx_args *args)
{
    v = text_of(r, v);
    v.markup = false;
    jx_value from = text_of(r, jx_arg(args, 0, "old", jx_undefined("old")));
    jx_value to = text_of(r, jx_arg(args, 1, "new", jx_undefined("new")));
    return jx_replace(r, v, from, to, int_arg(r, args, 2, "count", -1));
}

static jx_value f_indent(jx_run *r, jx_value v, const jx_args *args)
{
    jx_value width = jx_arg(args, 0, "width", jx_int(4));
    bool first = bool_arg(args, 1, "first", false), empty = bool_arg(args, 2, "blank", false);
    v = text_of(r, v);
    sx_buf pad, out;
    sx_buf_init(&pad, r->mem, 4096);
    sx_buf_init(&out, r->mem, (size_t)r->max_bytes);
    if (width.type == JX_STRING)
        sx_buf_add(&pad, width.as.s, width.len);
    else
        for (int64_t i = 0; i < int_arg(r, args, 0, "width", 4) && i < 4096; i++) sx_buf_char(&pad, ' ');
    bool start = true;
    for (size_t i = 0; i < v.len; i++) {
        if (start && (i == 0 ? first : (empty || v.as.s[i] != '\n'))) sx_buf_add(&out, sx_buf_cstr(&pad), pad.len);
        start = v.as.s[i] == '\n';
        sx_buf_char(&out, v.as.s[i]);
    }
    sx_buf_free(&pad);
    return jx_from_buf(r, &out);
}

static jx_value f_truncate(jx_run *r, jx_value v, const jx_args *args)
{
    v = text_of(r, v);
    int64_t length = int_arg(r, args, 0, "length", 255), leeway = int_arg(r, args, 3, "leeway", 5);
    jx_value end = text_of(r, jx_arg(args, 2, "end", jx_static("...")));
    int64_t end_len = jx_length(r, &end);
    if (length < end_len) length = end_len;
    if (leeway < 0) leeway = 0;
    if (jx_length(r, &v) - leeway <= length) return v;
    jx_value head = jx_slice(r, v, jx_int(0), jx_int(length - end_len), jx_none());
    if (r->status != LLM_OK) return v;
    if (!bool_arg(args, 1, "killwords", false))
        for (size_t i = head.len; i > 0; i--)
            if (head.as.s[i - 1] == ' ') {
                head.len = i - 1;
                break;
            }
    return jx_binary(r, JX_ADD, head, end);
}

static jx_value f_center(jx_run *r, jx_value v, const jx_args *args)
{
    v = text_of(r, v);
    int64_t pad = int_arg(r, args, 0, "width", 80) - jx_length(r, &v);
    if (pad <= 0) return v;
    int64_t width = pad + jx_length(r, &v), left = pad / 2 + (pad & width & 1);
    jx_value space = jx_static(" "), before = jx_binary(r, JX_MUL, space, jx_int(left));
    jx_value after = jx_binary(r, JX_MUL, space, jx_int(pad - left));
    return jx_binary(r, JX_ADD, jx_binary(r, JX_ADD, before, v), after);
}

static jx_value f_wordcount(jx_run *r, jx_value v, const jx_args *args)
{
    (void)args;
    v = text_of(r, v);
    int64_t n = 0;
    for (size_t i = 0; i < v.len; i++) {
        bool here = v.as.s[i] > ' ' || v.as.s[i] < 0, before = i && (v.as.s[i - 1] > ' ' || v.as.s[i - 1] < 0);
        n += here && !before;
    }
    return jx_int(n);
}

static jx_value f_urlencode(jx_run *r, jx_value v, const jx_args *args)
{
    (void)args;
    v = text_of(r, v);
    sx_buf out;
    sx_buf_init(&out, r->mem, (size_t)r->max_bytes);
    for (size_t i = 0; i < v.len; i++) {
        unsigned char c = (unsigned char)v.as.s[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("_.-~/", c));
        if (plain)
            sx_buf_char(&out, (char)c);
        else
            sx_buf_printf(&out, "%%%02X", c);
    }
    return jx_from_buf(r, &out);
}

static jx_value f_format(jx_run *r, jx_value v, const jx_args *args)
{
    jx_value list = jx_new_list(r, true);
    for (size_t i = 0; i < args->n; i++) jx_push(r, list.as.list, args->v[i]);
    return jx_format_percent(r, text_of(r, v), list);
}

static jx_value f_int(jx_run *r, jx_value v, const jx_args *args)
{
    jx_value fallback = jx_arg(args, 0, "default", jx_int(0));
    int64_t i;
    double d;
    (void)r;
    if (v.type == JX_INT) return v;
    if (v.type == JX_BOOL) return jx_int(v.as.b);
    if (v.type == JX_STRING && jx_parse_int(v.as.s, v.len, &i)) return jx_int(i);
    if (v.type == JX_FLOAT || (v.type == JX_STRING && jx_parse_float(v.as.s, v.len, &d))) {
        if (v.type == JX_FLOAT) d = v.as.d;
        if (d > -9.2e18 && d < 9.2e18) return jx_int((int64_t)d);
    }
    return fallback;
}

static jx_value f_float(jx_run *r, jx_value v, const jx_args *args)
{
    double d;
    (void)r;
    if (v.type == JX_FLOAT) return v;
    if (v.type == JX_INT) return jx_float((double)v.as.i);
    if (v.type == JX_BOOL) return jx_float(v.as.b);
    if (v.type == JX_STRING && jx_parse_float(v.as.s, v.len, &d)) return jx_float(d);
    return jx_arg(args, 0, "default", jx_float(0));
}

static jx_value f_abs(jx_run *r, jx_value v, const jx_args *args)
{
    (void)args;
    if (v.type == JX_FLOAT) return jx_float(fabs(v.as.d));
    if (v.type == JX_BOOL) return jx_int(v.as.b);
    if (v.type == JX_INT && v.as.i != INT64_MIN) return jx_int(v.as.i < 0 ? -v.as.i : v.as.i);
    jx_fail(r, LLM_E_INVALID, "a %s has no absolute value", jx_type_name(&v));
    return v;
}

static jx_value f_round(jx_run *r, jx_value v, const jx_args *args)
{
    jx_value method = jx_arg(args, 1, "method", jx_static("common"));
    int64_t digits = int_arg(r, args, 0, "precision", 0);
    if (v.type != JX_FLOAT && v.type != JX_INT && v.type != JX_BOOL) {
        jx_fail(r, LLM_E_INVALID, "a %s cannot be rounded", jx_type_name(&v));
        return v;
    }
    bool whole = v.type != JX_FLOAT;
    double d = v.type == JX_FLOAT ? v.as.d : v.type == JX_INT ? (double)v.as.i : (double)v.as.b;
    double scale = pow(10, (double)(digits > 300 ? 300 : digits < -300 ? -300 : digits));
    if (jx_is(&method, "ceil")) return jx_float(ceil(d * scale) / scale);
    if (jx_is(&method, "floor")) return jx_float(floor(d * scale) / scale);
    if (whole && digits >= 0) return v;
    d = rint(d * scale) / scale; /* halves to even, as Python rounds */
    return whole && fabs(d) < 9e15 ? jx_int((int64_t)d) : jx_float(d);
}

static jx_value f_tojson(jx_run *r, jx_value v, const jx_args *args)
{
    jx_value indent = jx_arg(args, 1, "indent", jx_none()), pair = jx_arg(args, 2, "separators", jx_none());
    jx_json_style style = {.ascii = bool_arg(args, 0, "ensure_ascii", false), .sort = bool_arg(args, 3, "sort_keys", false),
                           .indent = -1, .item = ", ", .item_len = 2, .key = ": ", .key_len = 2};
    if (indent.type == JX_INT || indent.type == JX_BOOL) {
        int64_t n = indent.type == JX_INT ? indent.as.i : indent.as.b;
        style.indent = (int)(n < 0 ? 0 : n > 100 ? 100 : n);
        style.item_len = 1;
    } else if (indent.type == JX_STRING) {
        style.pad = indent.as.s;
        style.pad_len = indent.len;
        style.item_len = 1;
    }
    if (pair.type == JX_LIST && pair.as.list->n == 2 && pair.as.list->items[0].type == JX_STRING &&
        pair.as.list->items[1].type == JX_STRING) {
        style.item = pair.as.list->items[0].as.s;
        style.item_len = pair.as.list->items[0].len;
        style.key = pair.as.list->items[1].as.s;
        style.key_len = pair.as.list->items[1].len;
    }
    sx_buf out;
    sx_buf_init(&out, r->mem, (size_t)r->max_bytes);
    jx_write_json(r, &v, &style, &out);
    return jx_from_buf(r, &out);
}

const jx_filter_row jx_text_filters[] = {
    {"default", f_default}, {"d", f_default}, {"upper", f_upper}, {"lower", f_lower}, {"title", f_title},
    {"capitalize", f_capitalize}, {"trim", f_trim}, {"string", f_string}, {"safe", f_safe}, {"escape", f_escape},
    {"e", f_escape}, {"forceescape", f_forceescape}, {"replace", f_replace}, {"indent", f_indent},
    {"truncate", f_truncate}, {"center", f_center}, {"wordcount", f_wordcount}, {"urlencode", f_urlencode},
    {"format", f_format}, {"int", f_int}, {"float", f_float}, {"abs", f_abs}, {"round", f_round}, {"tojson", f_tojson},
    {NULL, NULL},
};

static jx_filter_fn find(const jx_filter_row *rows, const jx_value *name)
{
    for (; rows->name; rows++)
        if (jx_is(name, rows->name)) return rows->fn;
    return NULL;
}

jx_value jx_apply_filter(jx_run *r, const jx_value *name, jx_value v, const jx_args *args)
{
    jx_filter_fn fn = find(jx_text_filters, name);
    if (!fn) fn = find(jx_seq_filters, name);
    if (fn) return fn(r, v, args);
    jx_fail(r, LLM_E_UNSUPPORTED, "the filter \"%.*s\" is not known here", name->len > 40 ? 40 : (int)name->len, name->as.s);
    return v;
}
