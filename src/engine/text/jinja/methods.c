/* Methods of texts, lists and dicts, as Python has them. Those that change a list or dict are known, and refused. */
#include <string.h>
#include <utf8proc.h>

#include "engine/text/jinja/jinja.h"
#include "platform/unicode.h"
#include "platform/utf8.h"

typedef enum method_id {
    M_UPPER,
    M_LOWER,
    M_TITLE,
    M_CAPITALIZE,
    M_STRIP,
    M_LSTRIP,
    M_RSTRIP,
    M_SPLIT,
    M_RSPLIT,
    M_SPLITLINES,
    M_STARTSWITH,
    M_ENDSWITH,
    M_REPLACE,
    M_FIND,
    M_RFIND,
    M_INDEX,
    M_COUNT,
    M_JOIN,
    M_ISDIGIT,
    M_ISALPHA,
    M_ISALNUM,
    M_ISSPACE,
    M_ISUPPER,
    M_ISLOWER,
    M_REMOVEPREFIX,
    M_REMOVESUFFIX,
    M_PARTITION,
    M_RPARTITION,
    M_ZFILL,
    M_LJUST,
    M_RJUST,
    M_CENTER,
    M_FORMAT,
    M_SWAPCASE,
    M_GET,
    M_ITEMS,
    M_KEYS,
    M_VALUES,
    M_COPY,
    M_LIST_INDEX,
    M_LIST_COUNT,
    M_LIST_COPY,
    M_CYCLE,
    M_CHANGED,
    M_NEXT,
    M_RESET,
    M_REFUSED,
    M_NONE
} method_id;

typedef struct method_row {
    uint8_t type;
    uint8_t id;
    const char *name;
} method_row;

static const method_row rows[] = {
    {JX_STRING, M_UPPER, "upper"},
    {JX_STRING, M_LOWER, "lower"},
    {JX_STRING, M_TITLE, "title"},
    {JX_STRING, M_CAPITALIZE, "capitalize"},
    {JX_STRING, M_STRIP, "strip"},
    {JX_STRING, M_LSTRIP, "lstrip"},
    {JX_STRING, M_RSTRIP, "rstrip"},
    {JX_STRING, M_SPLIT, "split"},
    {JX_STRING, M_RSPLIT, "rsplit"},
    {JX_STRING, M_SPLITLINES, "splitlines"},
    {JX_STRING, M_STARTSWITH, "startswith"},
    {JX_STRING, M_ENDSWITH, "endswith"},
    {JX_STRING, M_REPLACE, "replace"},
    {JX_STRING, M_FIND, "find"},
    {JX_STRING, M_RFIND, "rfind"},
    {JX_STRING, M_INDEX, "index"},
    {JX_STRING, M_COUNT, "count"},
    {JX_STRING, M_JOIN, "join"},
    {JX_STRING, M_ISDIGIT, "isdigit"},
    {JX_STRING, M_ISDIGIT, "isnumeric"},
    {JX_STRING, M_ISDIGIT, "isdecimal"},
    {JX_STRING, M_ISALPHA, "isalpha"},
    {JX_STRING, M_ISALNUM, "isalnum"},
    {JX_STRING, M_ISSPACE, "isspace"},
    {JX_STRING, M_ISUPPER, "isupper"},
    {JX_STRING, M_ISLOWER, "islower"},
    {JX_STRING, M_REMOVEPREFIX, "removeprefix"},
    {JX_STRING, M_REMOVESUFFIX, "removesuffix"},
    {JX_STRING, M_PARTITION, "partition"},
    {JX_STRING, M_RPARTITION, "rpartition"},
    {JX_STRING, M_ZFILL, "zfill"},
    {JX_STRING, M_LJUST, "ljust"},
    {JX_STRING, M_RJUST, "rjust"},
    {JX_STRING, M_CENTER, "center"},
    {JX_STRING, M_FORMAT, "format"},
    {JX_STRING, M_LOWER, "casefold"},
    {JX_STRING, M_SWAPCASE, "swapcase"},
    {JX_DICT, M_GET, "get"},
    {JX_DICT, M_ITEMS, "items"},
    {JX_DICT, M_KEYS, "keys"},
    {JX_DICT, M_VALUES, "values"},
    {JX_DICT, M_COPY, "copy"},
    {JX_DICT, M_REFUSED, "pop"},
    {JX_DICT, M_REFUSED, "popitem"},
    {JX_DICT, M_REFUSED, "update"},
    {JX_DICT, M_REFUSED, "clear"},
    {JX_DICT, M_REFUSED, "setdefault"},
    {JX_LIST, M_LIST_INDEX, "index"},
    {JX_LIST, M_LIST_COUNT, "count"},
    {JX_LIST, M_LIST_COPY, "copy"},
    {JX_LIST, M_REFUSED, "append"},
    {JX_LIST, M_REFUSED, "pop"},
    {JX_LIST, M_REFUSED, "insert"},
    {JX_LIST, M_REFUSED, "extend"},
    {JX_LIST, M_REFUSED, "remove"},
    {JX_LIST, M_REFUSED, "reverse"},
    {JX_LIST, M_REFUSED, "sort"},
    {JX_LIST, M_REFUSED, "clear"},
    {JX_LOOP, M_CYCLE, "cycle"},
    {JX_LOOP, M_CHANGED, "changed"},
    {JX_CYCLER, M_NEXT, "next"},
    {JX_CYCLER, M_RESET, "reset"},
};

static method_id find(const sx_jx_value *v, const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].type == v->type && strlen(rows[i].name) == len && memcmp(rows[i].name, name, len) == 0)
            return (method_id)rows[i].id;
    return M_NONE;
}

bool sx_jx_is_method(const sx_jx_value *v, const char *name, size_t len)
{
    return find(v, name, len) != M_NONE;
}

sx_jx_value sx_jx_change_case(sx_jx_run *r, sx_jx_value s, int how)
{
    sx_buf out;
    sx_buf_init(&out, r->mem, (size_t)r->max_bytes);
    bool start = true;
    sx_jx_step(r, s.len / 16);
    for (size_t i = 0, n; i < s.len; i += n) {
        uint32_t c = sx_utf8_next(s.as.s + i, s.len - i, &n), lower, upper;
        char utf8[4];
        if (c == SX_UTF8_BAD) {
            sx_buf_add(&out, s.as.s + i, n);
            continue;
        }
        lower = sx_uc_lower(c);
        upper = (uint32_t)utf8proc_toupper((utf8proc_int32_t)c);
        bool up = how == 'u' || (how != 'l' && start);
        if (how == 's') up = lower == c;
        if (c == 0xdf && up)
            sx_buf_str(&out, how == 'u' ? "SS" : "Ss");
        else
            sx_buf_add(&out, utf8, sx_utf8_put(up ? upper : lower, utf8));
        start = how == 't' && !(sx_uc_class(c) & SX_UC_L);
    }
    sx_jx_value v = sx_jx_from_buf(r, &out);
    v.markup = s.markup;
    return v;
}

static bool in_set(const sx_jx_value *chars, const char *s, size_t n, uint32_t c)
{
    if (!chars) return (sx_uc_class(c) & SX_UC_SPACE) || (c >= 0x1c && c <= 0x1f);
    return memmem(chars->as.s, chars->len, s, n) != NULL;
}

sx_jx_value sx_jx_strip(sx_jx_value s, const sx_jx_value *chars, bool left, bool right)
{
    size_t from = 0, to = s.len, n;
    while (left && from < to) {
        uint32_t c = sx_utf8_next(s.as.s + from, to - from, &n);
        if (!in_set(chars, s.as.s + from, n, c)) break;
        from += n;
    }
    while (right && to > from) {
        uint32_t c = sx_utf8_prev(s.as.s + from, to - from, &n);
        if (!in_set(chars, s.as.s + to - n, n, c)) break;
        to -= n;
    }
    s.as.s += from;
    s.len = to - from;
    return s;
}

sx_jx_value sx_jx_replace(sx_jx_run *r, sx_jx_value s, sx_jx_value from, sx_jx_value to, int64_t count)
{
    sx_buf out;
    sx_buf_init(&out, r->mem, (size_t)r->max_bytes);
    size_t i = 0;
    sx_jx_step(r, s.len / 64);
    while (count != 0 && i <= s.len && sx_buf_status(&out) == LLM_OK) {
        const char *at = from.len ? memmem(s.as.s + i, s.len - i, from.as.s, from.len) : s.as.s + i;
        if (!at) break;
        sx_buf_add(&out, s.as.s + i, (size_t)(at - s.as.s) - i);
        sx_buf_add(&out, to.as.s, to.len);
        i = (size_t)(at - s.as.s) + from.len;
        count--;
        if (from.len) continue;
        size_t n = 1; /* nothing is found before each character and at the end */
        if (i < s.len) sx_utf8_next(s.as.s + i, s.len - i, &n);
        if (i < s.len) sx_buf_add(&out, s.as.s + i, n);
        i += n;
    }
    if (i < s.len) sx_buf_add(&out, s.as.s + i, s.len - i);
    return sx_jx_from_buf(r, &out);
}

static sx_jx_value text_arg(sx_jx_run *r, const sx_jx_args *args, size_t i, const char *name)
{
    sx_jx_value v = sx_jx_arg(args, i, name, sx_jx_undefined(name));
    if (v.type == JX_STRING) return v;
    sx_jx_fail(r, LLM_E_INVALID, "a method's argument must be a text, not a %s", sx_jx_type_name(&v));
    return sx_jx_static("");
}

static int64_t int_arg(sx_jx_run *r, const sx_jx_args *args, size_t i, const char *name, int64_t fallback)
{
    sx_jx_value v = sx_jx_arg(args, i, name, sx_jx_int(fallback));
    if (v.type == JX_INT) return v.as.i;
    if (v.type != JX_BOOL)
        sx_jx_fail(r, LLM_E_INVALID, "a method's argument must be a whole number, not a %s", sx_jx_type_name(&v));
    return v.type == JX_BOOL ? v.as.b : fallback;
}

static void push_text(sx_jx_run *r, sx_jx_value *list, const char *s, size_t n)
{
    if (sx_jx_step(r, 1)) sx_jx_push(r, list->as.list, sx_jx_view(s, n));
}

/* At runs of white space; those at the ends count for nothing. */
static sx_jx_value split_space(sx_jx_run *r, sx_jx_value s, int64_t max)
{
    sx_jx_value list = sx_jx_new_list(r, false);
    s = sx_jx_strip(s, NULL, true, false);
    while (s.len && r->status == LLM_OK) {
        size_t i = 0, n;
        for (; i < s.len; i += n)
            if (in_set(NULL, s.as.s + i, 1, sx_utf8_next(s.as.s + i, s.len - i, &n))) break;
        if (max-- == 0) i = s.len; /* the rest, with the white space behind it */
        push_text(r, &list, s.as.s, i);
        s = sx_jx_strip(sx_jx_view(s.as.s + i, s.len - i), NULL, true, false);
    }
    return list;
}

static const char *last_of(const char *s, size_t n, const sx_jx_value *what)
{
    for (size_t i = n; what->len <= n && i + 1 > what->len; i--)
        if (memcmp(s + i - what->len, what->as.s, what->len) == 0) return s + i - what->len;
    return NULL;
}

static sx_jx_value split_right(sx_jx_run *r, sx_jx_value s, sx_jx_value sep, int64_t max)
{
    sx_jx_value back = sx_jx_new_list(r, false), list = sx_jx_new_list(r, false);
    for (const char *at; max != 0 && r->status == LLM_OK && (at = last_of(s.as.s, s.len, &sep)); max--) {
        push_text(r, &back, at + sep.len, (size_t)(s.as.s + s.len - at) - sep.len);
        s.len = (size_t)(at - s.as.s);
    }
    push_text(r, &list, s.as.s, s.len);
    for (size_t i = back.as.list->n; i > 0; i--) sx_jx_push(r, list.as.list, back.as.list->items[i - 1]);
    return list;
}

static sx_jx_value split(sx_jx_run *r, sx_jx_value s, const sx_jx_args *args, bool right)
{
    sx_jx_value sep = sx_jx_arg(args, 0, "sep", sx_jx_none()), list = sx_jx_new_list(r, false);
    int64_t max = int_arg(r, args, 1, "maxsplit", -1);
    if (sep.type == JX_NONE) return split_space(r, s, max);
    if (sep.type != JX_STRING || !sep.len) {
        sx_jx_fail(r, LLM_E_INVALID, "split needs a text that is not empty");
        return list;
    }
    if (right && max >= 0) return split_right(r, s, sep, max);
    sx_jx_step(r, s.len / 64);
    for (const char *at; max != 0 && r->status == LLM_OK && (at = memmem(s.as.s, s.len, sep.as.s, sep.len)); max--) {
        size_t n = (size_t)(at - s.as.s);
        push_text(r, &list, s.as.s, n);
        s.as.s += n + sep.len;
        s.len -= n + sep.len;
    }
    push_text(r, &list, s.as.s, s.len);
    return list;
}

static sx_jx_value splitlines(sx_jx_run *r, sx_jx_value s, bool keep)
{
    sx_jx_value list = sx_jx_new_list(r, false);
    for (size_t i = 0, from = 0; i < s.len && r->status == LLM_OK; from = i) {
        while (i < s.len && s.as.s[i] != '\n' && s.as.s[i] != '\r') i++;
        size_t end = i;
        if (i < s.len) i += s.as.s[i] == '\r' && i + 1 < s.len && s.as.s[i + 1] == '\n' ? 2 : 1;
        push_text(r, &list, s.as.s + from, (keep ? i : end) - from);
    }
    return list;
}

static bool affix(const sx_jx_value *s, const sx_jx_value *a, bool end)
{
    return a->type == JX_STRING && a->len <= s->len &&
           memcmp(end ? s->as.s + s->len - a->len : s->as.s, a->as.s, a->len) == 0;
}

static sx_jx_value has_affix(sx_jx_run *r, sx_jx_value s, const sx_jx_args *args, bool end)
{
    sx_jx_value a = sx_jx_arg(args, 0, "prefix", sx_jx_none());
    if (args->n > 1) { /* from and to */
        s = sx_jx_slice(r, s, args->v[1], args->n > 2 ? args->v[2] : sx_jx_none(), sx_jx_none());
    }
    if (a.type == JX_LIST && a.tuple) {
        for (size_t i = 0; i < a.as.list->n; i++)
            if (affix(&s, &a.as.list->items[i], end)) return sx_jx_bool(true);
        return sx_jx_bool(false);
    }
    if (a.type != JX_STRING)
        sx_jx_fail(r, LLM_E_INVALID, "%s needs a text, not a %s", end ? "endswith" : "startswith", sx_jx_type_name(&a));
    return sx_jx_bool(affix(&s, &a, end));
}

static sx_jx_value without_affix(sx_jx_run *r, sx_jx_value s, const sx_jx_args *args, bool end)
{
    sx_jx_value a = text_arg(r, args, 0, "prefix");
    if (!affix(&s, &a, end)) return s;
    if (!end) s.as.s += a.len;
    s.len -= a.len;
    return s;
}

static sx_jx_value find_text(sx_jx_run *r, sx_jx_value s, const sx_jx_args *args, bool last, bool must)
{
    sx_jx_value what = text_arg(r, args, 0, "sub");
    int64_t from = 0;
    sx_jx_value part = s;
    if (args->n > 1) {
        part = sx_jx_slice(r, s, args->v[1], args->n > 2 ? args->v[2] : sx_jx_none(), sx_jx_none());
        from = r->status == LLM_OK ? (int64_t)sx_jx_chars(s.as.s, (size_t)(part.as.s - s.as.s)) : 0;
    }
    sx_jx_step(r, s.len / 64);
    const char *at = last ? last_of(part.as.s, part.len, &what) : memmem(part.as.s, part.len, what.as.s, what.len);
    if (!at && must) sx_jx_fail(r, LLM_E_INVALID, "the text to find is not there");
    return sx_jx_int(at ? from + (int64_t)sx_jx_chars(part.as.s, (size_t)(at - part.as.s)) : -1);
}

static sx_jx_value count_text(sx_jx_run *r, sx_jx_value s, const sx_jx_args *args)
{
    sx_jx_value what = text_arg(r, args, 0, "sub");
    int64_t n = 0;
    if (!what.len) return sx_jx_int(sx_jx_length(r, &s) + 1);
    sx_jx_step(r, s.len / 64);
    for (const char *p = s.as.s, *end = s.as.s + s.len; (p = memmem(p, (size_t)(end - p), what.as.s, what.len));
         p += what.len)
        n++;
    return sx_jx_int(n);
}

static sx_jx_value join(sx_jx_run *r, sx_jx_value glue, const sx_jx_args *args)
{
    sx_jx_value items = sx_jx_iterate(r, sx_jx_arg(args, 0, "iterable", sx_jx_none()));
    sx_buf out;
    sx_buf_init(&out, r->mem, (size_t)r->max_bytes);
    for (size_t i = 0; i < items.as.list->n && sx_jx_step(r, 1); i++) {
        const sx_jx_value *item = &items.as.list->items[i];
        if (i) sx_buf_add(&out, glue.as.s, glue.len);
        if (item->type == JX_STRING)
            sx_buf_add(&out, item->as.s, item->len);
        else
            sx_jx_fail(r, LLM_E_INVALID, "join puts texts together, not a %s", sx_jx_type_name(item));
    }
    return sx_jx_from_buf(r, &out);
}

/* Not empty, and every character has a class of the mask. */
static sx_jx_value all_are(sx_jx_value s, uint32_t mask)
{
    for (size_t i = 0, n; i < s.len; i += n) {
        uint32_t c = sx_utf8_next(s.as.s + i, s.len - i, &n);
        if (c == SX_UTF8_BAD || !(sx_uc_class(c) & mask)) return sx_jx_bool(false);
    }
    return sx_jx_bool(s.len > 0);
}

static sx_jx_value partition(sx_jx_run *r, sx_jx_value s, const sx_jx_args *args, bool last)
{
    sx_jx_value sep = text_arg(r, args, 0, "sep"), t = sx_jx_new_list(r, true);
    const char *at = !sep.len ? NULL : last ? last_of(s.as.s, s.len, &sep) : memmem(s.as.s, s.len, sep.as.s, sep.len);
    size_t n = at ? (size_t)(at - s.as.s) : 0;
    sx_jx_push(r, t.as.list, at ? sx_jx_view(s.as.s, n) : last ? sx_jx_static("") : s);
    sx_jx_push(r, t.as.list, at ? sep : sx_jx_static(""));
    sx_jx_push(r, t.as.list, at ? sx_jx_view(at + sep.len, s.len - n - sep.len) : last ? s : sx_jx_static(""));
    return t;
}

static sx_jx_value justify(sx_jx_run *r, sx_jx_value s, const sx_jx_args *args, method_id id)
{
    int64_t pad = int_arg(r, args, 0, "width", 0) - sx_jx_length(r, &s);
    sx_jx_value fill = id == M_ZFILL ? sx_jx_static("0") : sx_jx_arg(args, 1, "fillchar", sx_jx_static(" "));
    if (pad <= 0 || fill.type != JX_STRING) return s;
    if (id == M_CENTER) { /* the odd one goes left when the width is odd, as in CPython */
        int64_t left = pad / 2 + (pad & (pad + sx_jx_length(r, &s)) & 1);
        s = sx_jx_binary(r, JX_ADD, sx_jx_binary(r, JX_MUL, fill, sx_jx_int(left)), s);
        return sx_jx_binary(r, JX_ADD, s, sx_jx_binary(r, JX_MUL, fill, sx_jx_int(pad - left)));
    }
    fill = sx_jx_binary(r, JX_MUL, fill, sx_jx_int(pad));
    if (id == M_LJUST) return sx_jx_binary(r, JX_ADD, s, fill);
    if (id == M_ZFILL && s.len && (s.as.s[0] == '-' || s.as.s[0] == '+'))
        return sx_jx_binary(r, JX_ADD, sx_jx_binary(r, JX_ADD, sx_jx_view(s.as.s, 1), fill),
                            sx_jx_view(s.as.s + 1, s.len - 1));
    return sx_jx_binary(r, JX_ADD, fill, s);
}

static sx_jx_value call_text(sx_jx_run *r, sx_jx_value s, method_id id, const sx_jx_args *args)
{
    sx_jx_value chars = id >= M_STRIP && id <= M_RSTRIP ? sx_jx_arg(args, 0, "chars", sx_jx_none()) : sx_jx_none();
    const sx_jx_value *set = chars.type == JX_STRING ? &chars : NULL;
    sx_jx_args one = {args->v, args->n, args->named};
    switch (id) {
    case M_UPPER: return sx_jx_change_case(r, s, 'u');
    case M_LOWER: return sx_jx_change_case(r, s, 'l');
    case M_TITLE: return sx_jx_change_case(r, s, 't');
    case M_CAPITALIZE: return sx_jx_change_case(r, s, 'c');
    case M_SWAPCASE: return sx_jx_change_case(r, s, 's');
    case M_STRIP: return sx_jx_strip(s, set, true, true);
    case M_LSTRIP: return sx_jx_strip(s, set, true, false);
    case M_RSTRIP: return sx_jx_strip(s, set, false, true);
    case M_SPLIT: return split(r, s, args, false);
    case M_RSPLIT: return split(r, s, args, true);
    case M_SPLITLINES:
        chars = sx_jx_arg(args, 0, "keepends", sx_jx_bool(false));
        return splitlines(r, s, sx_jx_true(&chars));
    case M_STARTSWITH: return has_affix(r, s, args, false);
    case M_ENDSWITH: return has_affix(r, s, args, true);
    case M_REPLACE:
        return sx_jx_replace(r, s, text_arg(r, args, 0, "old"), text_arg(r, args, 1, "new"),
                             int_arg(r, args, 2, "count", -1));
    case M_FIND: return find_text(r, s, &one, false, false);
    case M_RFIND: return find_text(r, s, &one, true, false);
    case M_INDEX: return find_text(r, s, &one, false, true);
    case M_COUNT: return count_text(r, s, args);
    case M_JOIN: return join(r, s, args);
    case M_ISDIGIT: return all_are(s, SX_UC_ND);
    case M_ISALPHA: return all_are(s, SX_UC_L);
    case M_ISALNUM: return all_are(s, SX_UC_L | SX_UC_N);
    case M_ISSPACE: return all_are(s, SX_UC_SPACE);
    case M_ISUPPER:
        chars = sx_jx_static("upper");
        one = (sx_jx_args){NULL, 0, NULL};
        return sx_jx_bool(sx_jx_apply_test(r, &chars, s, &one));
    case M_ISLOWER:
        chars = sx_jx_static("lower");
        one = (sx_jx_args){NULL, 0, NULL};
        return sx_jx_bool(sx_jx_apply_test(r, &chars, s, &one));
    case M_REMOVEPREFIX: return without_affix(r, s, args, false);
    case M_REMOVESUFFIX: return without_affix(r, s, args, true);
    case M_FORMAT: return sx_jx_format_braces(r, s, args);
    case M_PARTITION: return partition(r, s, args, false);
    case M_RPARTITION: return partition(r, s, args, true);
    default: return justify(r, s, args, id);
    }
}

static sx_jx_value call_dict(sx_jx_run *r, sx_jx_value v, method_id id, const sx_jx_args *args)
{
    const sx_jx_dict *d = v.as.dict;
    if (id == M_GET) {
        sx_jx_value key = sx_jx_arg(args, 0, "key", sx_jx_undefined(NULL)), *found = sx_jx_find(d, &key);
        return found ? *found : sx_jx_arg(args, 1, "default", sx_jx_none());
    }
    if (id == M_COPY) {
        sx_jx_value copy = sx_jx_new_dict(r);
        for (size_t i = 0; i < d->n && sx_jx_step(r, 1); i++)
            sx_jx_put(r, copy.as.dict, d->entries[i].key, d->entries[i].value);
        return copy;
    }
    sx_jx_value list = sx_jx_new_list(r, false);
    for (size_t i = 0; i < d->n && sx_jx_step(r, 1); i++) {
        sx_jx_value item = id == M_KEYS ? d->entries[i].key : d->entries[i].value;
        if (id == M_ITEMS) {
            item = sx_jx_new_list(r, true);
            sx_jx_push(r, item.as.list, d->entries[i].key);
            sx_jx_push(r, item.as.list, d->entries[i].value);
        }
        sx_jx_push(r, list.as.list, item);
    }
    list.view = true;
    return list;
}

static sx_jx_value call_list(sx_jx_run *r, sx_jx_value v, method_id id, const sx_jx_args *args)
{
    sx_jx_value what = sx_jx_arg(args, 0, "value", sx_jx_none());
    int64_t n = 0;
    if (id == M_LIST_COPY) return sx_jx_slice(r, v, sx_jx_none(), sx_jx_none(), sx_jx_none());
    for (size_t i = 0; i < v.as.list->n && sx_jx_step(r, 1); i++) {
        if (!sx_jx_equal(&v.as.list->items[i], &what)) continue;
        if (id == M_LIST_INDEX) return sx_jx_int((int64_t)i);
        n++;
    }
    if (id == M_LIST_INDEX) sx_jx_fail(r, LLM_E_INVALID, "the item to find is not in the list");
    return sx_jx_int(n);
}

static sx_jx_value call_other(sx_jx_run *r, sx_jx_value v, method_id id, const sx_jx_args *args)
{
    if (id == M_NEXT || id == M_RESET) {
        sx_jx_cycler *c = v.as.cycler;
        sx_jx_value now = c->items->items[c->at % c->items->n];
        c->at = id == M_RESET ? 0 : c->at + 1;
        return id == M_RESET ? sx_jx_none() : now;
    }
    sx_jx_loop *loop = v.as.loop;
    if (id == M_CYCLE && args->n) return args->v[loop->at % args->n];
    if (id == M_CYCLE) {
        sx_jx_fail(r, LLM_E_INVALID, "cycle needs something to choose from");
        return v;
    }
    sx_jx_value now = sx_jx_new_list(r, true);
    for (size_t i = 0; i < args->n; i++) sx_jx_push(r, now.as.list, args->v[i]);
    bool changed = loop->changed.type == JX_UNDEFINED || !sx_jx_equal(&loop->changed, &now);
    loop->changed = now;
    return sx_jx_bool(changed);
}

sx_jx_value sx_jx_call_method(sx_jx_run *r, const sx_jx_method *m, const sx_jx_args *args)
{
    method_id id = find(&m->self, m->name, m->len);
    if (id == M_REFUSED) {
        sx_jx_fail(r, LLM_E_INVALID, "%.*s would change a %s, which a template may not do", (int)m->len, m->name,
                   sx_jx_type_name(&m->self));
        return sx_jx_none();
    }
    if (m->self.type == JX_STRING) return call_text(r, m->self, id, args);
    if (m->self.type == JX_DICT) return call_dict(r, m->self, id, args);
    if (m->self.type == JX_LIST) return call_list(r, m->self, id, args);
    return call_other(r, m->self, id, args);
}
