/* Filters over texts and numbers, as a table; and how a filter's name is found. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/text/jinja/jinja.h"

static sx_jx_value text_of(sx_jx_run *r, sx_jx_value v)
{
    return sx_jx_to_string(r, v);
}

static int64_t int_arg(sx_jx_run *r, const sx_jx_args *args, size_t i, const char *name, int64_t fallback)
{
    sx_jx_value v = sx_jx_arg(args, i, name, sx_jx_int(fallback));
    if (v.type == JX_BOOL) return v.as.b;
    if (v.type == JX_INT) return v.as.i;
    if (v.type == JX_NONE) return fallback;
    sx_jx_fail(r, LLM_E_INVALID, "the argument %s must be a whole number, not a %s", name, sx_jx_type_name(&v));
    return fallback;
}

static bool bool_arg(const sx_jx_args *args, size_t i, const char *name, bool fallback)
{
    sx_jx_value v = sx_jx_arg(args, i, name, sx_jx_bool(fallback));
    return sx_jx_true(&v);
}

static sx_jx_value f_default(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    (void)r;
    bool use = v.type == JX_UNDEFINED || (bool_arg(args, 1, "boolean", false) && !sx_jx_true(&v));
    return use ? sx_jx_arg(args, 0, "default_value", sx_jx_static("")) : v;
}

static sx_jx_value f_upper(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    (void)args;
    return sx_jx_change_case(r, text_of(r, v), 'u');
}

static sx_jx_value f_lower(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    (void)args;
    return sx_jx_change_case(r, text_of(r, v), 'l');
}

static sx_jx_value f_title(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    (void)args;
    return sx_jx_change_case(r, text_of(r, v), 't');
}

static sx_jx_value f_capitalize(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    (void)args;
    return sx_jx_change_case(r, text_of(r, v), 'c');
}

static sx_jx_value f_trim(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    sx_jx_value chars = sx_jx_arg(args, 0, "chars", sx_jx_none());
    return sx_jx_strip(text_of(r, v), chars.type == JX_STRING ? &chars : NULL, true, true);
}

static sx_jx_value f_string(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    (void)args;
    return text_of(r, v);
}

static sx_jx_value f_safe(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    (void)args;
    v = text_of(r, v);
    v.markup = true;
    return v;
}

static sx_jx_value f_escape(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    (void)args;
    return sx_jx_escape(r, v);
}

static sx_jx_value f_forceescape(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    (void)args;
    v = text_of(r, v);
    v.markup = false;
    return sx_jx_escape(r, v);
}

static sx_jx_value f_replace(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    v = text_of(r, v);
    v.markup = false;
    sx_jx_value from = text_of(r, sx_jx_arg(args, 0, "old", sx_jx_undefined("old")));
    sx_jx_value to = text_of(r, sx_jx_arg(args, 1, "new", sx_jx_undefined("new")));
    return sx_jx_replace(r, v, from, to, int_arg(r, args, 2, "count", -1));
}

static sx_jx_value f_indent(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    sx_jx_value width = sx_jx_arg(args, 0, "width", sx_jx_int(4));
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
    return sx_jx_from_buf(r, &out);
}

static sx_jx_value f_truncate(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    v = text_of(r, v);
    int64_t length = int_arg(r, args, 0, "length", 255), leeway = int_arg(r, args, 3, "leeway", 5);
    sx_jx_value end = text_of(r, sx_jx_arg(args, 2, "end", sx_jx_static("...")));
    int64_t end_len = sx_jx_length(r, &end);
    if (length < end_len) length = end_len;
    if (leeway < 0) leeway = 0;
    if (sx_jx_length(r, &v) - leeway <= length) return v;
    sx_jx_value head = sx_jx_slice(r, v, sx_jx_int(0), sx_jx_int(length - end_len), sx_jx_none());
    if (r->status != LLM_OK) return v;
    if (!bool_arg(args, 1, "killwords", false))
        for (size_t i = head.len; i > 0; i--)
            if (head.as.s[i - 1] == ' ') {
                head.len = i - 1;
                break;
            }
    return sx_jx_binary(r, JX_ADD, head, end);
}

static sx_jx_value f_center(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    v = text_of(r, v);
    int64_t pad = int_arg(r, args, 0, "width", 80) - sx_jx_length(r, &v);
    if (pad <= 0) return v;
    int64_t width = pad + sx_jx_length(r, &v), left = pad / 2 + (pad & width & 1);
    sx_jx_value space = sx_jx_static(" "), before = sx_jx_binary(r, JX_MUL, space, sx_jx_int(left));
    sx_jx_value after = sx_jx_binary(r, JX_MUL, space, sx_jx_int(pad - left));
    return sx_jx_binary(r, JX_ADD, sx_jx_binary(r, JX_ADD, before, v), after);
}

static sx_jx_value f_wordcount(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    (void)args;
    v = text_of(r, v);
    int64_t n = 0;
    for (size_t i = 0; i < v.len; i++) {
        bool here = v.as.s[i] > ' ' || v.as.s[i] < 0, before = i && (v.as.s[i - 1] > ' ' || v.as.s[i - 1] < 0);
        n += here && !before;
    }
    return sx_jx_int(n);
}

static sx_jx_value f_urlencode(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    (void)args;
    v = text_of(r, v);
    sx_buf out;
    sx_buf_init(&out, r->mem, (size_t)r->max_bytes);
    for (size_t i = 0; i < v.len; i++) {
        unsigned char c = (unsigned char)v.as.s[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     (c && strchr("_.-~/", c));
        if (plain)
            sx_buf_char(&out, (char)c);
        else
            sx_buf_printf(&out, "%%%02X", c);
    }
    return sx_jx_from_buf(r, &out);
}

static sx_jx_value f_format(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    sx_jx_value list = sx_jx_new_list(r, true);
    for (size_t i = 0; i < args->n; i++) sx_jx_push(r, list.as.list, args->v[i]);
    return sx_jx_format_percent(r, text_of(r, v), list);
}

static sx_jx_value f_int(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    sx_jx_value fallback = sx_jx_arg(args, 0, "default", sx_jx_int(0));
    int64_t i;
    double d;
    (void)r;
    if (v.type == JX_INT) return v;
    if (v.type == JX_BOOL) return sx_jx_int(v.as.b);
    if (v.type == JX_STRING && sx_number_int(v.as.s, v.len, &i)) return sx_jx_int(i);
    if (v.type == JX_FLOAT || (v.type == JX_STRING && sx_number_float(v.as.s, v.len, &d))) {
        if (v.type == JX_FLOAT) d = v.as.d;
        if (d > -9.2e18 && d < 9.2e18) return sx_jx_int((int64_t)d);
    }
    return fallback;
}

static sx_jx_value f_float(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    double d;
    (void)r;
    if (v.type == JX_FLOAT) return v;
    if (v.type == JX_INT) return sx_jx_float((double)v.as.i);
    if (v.type == JX_BOOL) return sx_jx_float(v.as.b);
    if (v.type == JX_STRING && sx_number_float(v.as.s, v.len, &d)) return sx_jx_float(d);
    return sx_jx_arg(args, 0, "default", sx_jx_float(0));
}

static sx_jx_value f_abs(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    (void)args;
    if (v.type == JX_FLOAT) return sx_jx_float(fabs(v.as.d));
    if (v.type == JX_BOOL) return sx_jx_int(v.as.b);
    if (v.type == JX_INT && v.as.i != INT64_MIN) return sx_jx_int(v.as.i < 0 ? -v.as.i : v.as.i);
    sx_jx_fail(r, LLM_E_INVALID, "a %s has no absolute value", sx_jx_type_name(&v));
    return v;
}

static sx_jx_value f_round(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    sx_jx_value method = sx_jx_arg(args, 1, "method", sx_jx_static("common"));
    int64_t digits = int_arg(r, args, 0, "precision", 0);
    if (v.type != JX_FLOAT && v.type != JX_INT && v.type != JX_BOOL) {
        sx_jx_fail(r, LLM_E_INVALID, "a %s cannot be rounded", sx_jx_type_name(&v));
        return v;
    }
    bool whole = v.type != JX_FLOAT;
    double d = v.type == JX_FLOAT ? v.as.d : v.type == JX_INT ? (double)v.as.i : (double)v.as.b;
    double scale = pow(10, (double)(digits > 300 ? 300 : digits < -300 ? -300 : digits));
    if (sx_jx_is(&method, "ceil")) return sx_jx_float(ceil(d * scale) / scale);
    if (sx_jx_is(&method, "floor")) return sx_jx_float(floor(d * scale) / scale);
    if (whole && digits >= 0) return v;
    d = rint(d * scale) / scale; /* halves to even, as Python rounds */
    return whole && fabs(d) < 9e15 ? sx_jx_int((int64_t)d) : sx_jx_float(d);
}

static sx_jx_value f_tojson(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    sx_jx_value indent = sx_jx_arg(args, 1, "indent", sx_jx_none()),
                pair = sx_jx_arg(args, 2, "separators", sx_jx_none());
    sx_jx_json_style style = {.ascii = bool_arg(args, 0, "ensure_ascii", false),
                              .sort = bool_arg(args, 3, "sort_keys", false),
                              .indent = -1,
                              .item = ", ",
                              .item_len = 2,
                              .key = ": ",
                              .key_len = 2};
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
    sx_jx_write_json(r, &v, &style, &out);
    return sx_jx_from_buf(r, &out);
}

const sx_jx_filter_row sx_jx_text_filters[] = {
    {"default", f_default},
    {"d", f_default},
    {"upper", f_upper},
    {"lower", f_lower},
    {"title", f_title},
    {"capitalize", f_capitalize},
    {"trim", f_trim},
    {"string", f_string},
    {"safe", f_safe},
    {"escape", f_escape},
    {"e", f_escape},
    {"forceescape", f_forceescape},
    {"replace", f_replace},
    {"indent", f_indent},
    {"truncate", f_truncate},
    {"center", f_center},
    {"wordcount", f_wordcount},
    {"urlencode", f_urlencode},
    {"format", f_format},
    {"int", f_int},
    {"float", f_float},
    {"abs", f_abs},
    {"round", f_round},
    {"tojson", f_tojson},
    {NULL, NULL},
};

static sx_jx_filter_fn find(const sx_jx_filter_row *rows, const sx_jx_value *name)
{
    for (; rows->name; rows++)
        if (sx_jx_is(name, rows->name)) return rows->fn;
    return NULL;
}

sx_jx_value sx_jx_apply_filter(sx_jx_run *r, const sx_jx_value *name, sx_jx_value v, const sx_jx_args *args)
{
    sx_jx_filter_fn fn = find(sx_jx_text_filters, name);
    if (!fn) fn = find(sx_jx_seq_filters, name);
    if (fn) return fn(r, v, args);
    sx_jx_fail(r, LLM_E_UNSUPPORTED, "the filter \"%.*s\" is not known here", name->len > 40 ? 40 : (int)name->len,
               name->as.s);
    return v;
}
