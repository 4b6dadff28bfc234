/* Filters over lists and dicts, as a table. */
#include <string.h>

#include "engine/text/jinja/jinja.h"

static bool flag(const jx_args *args, size_t i, const char *name, bool fallback)
{
    jx_value v = jx_arg(args, i, name, jx_bool(fallback));
    return jx_true(&v);
}

/* "a.b.0" of a value; none: the value itself. */
static jx_value attribute(jx_run *r, jx_value v, jx_value path)
{
    if (path.type == JX_INT) return jx_item(r, v, path);
    if (path.type != JX_STRING) return v;
    for (size_t i = 0; i <= path.len && r->status == LLM_OK;) {
        const char *dot = memchr(path.as.s + i, '.', path.len - i);
        size_t n = dot ? (size_t)(dot - path.as.s) - i : path.len - i;
        jx_value key = jx_string(r, path.as.s + i, n);
        int64_t index;
        if (jx_parse_int(key.as.s, key.len, &index)) key = jx_int(index);
        v = jx_item(r, v, key);
        i += n + 1;
    }
    return v;
}

static jx_value lazily(jx_value list)
{
    list.lazy = list.type == JX_LIST;
    return list;
}

static jx_value f_length(jx_run *r, jx_value v, const jx_args *args)
{
    (void)args;
    return jx_int(jx_length(r, &v));
}

static jx_value f_first(jx_run *r, jx_value v, const jx_args *args)
{
    (void)args;
    v = jx_iterate(r, v);
    return v.as.list->n ? v.as.list->items[0] : jx_undefined(NULL);
}

static jx_value f_last(jx_run *r, jx_value v, const jx_args *args)
{
    (void)args;
    if (v.lazy) jx_fail(r, LLM_E_INVALID, "an iterator has no last item: make it a list first");
    v = jx_iterate(r, v);
    return v.as.list->n ? v.as.list->items[v.as.list->n - 1] : jx_undefined(NULL);
}

static jx_value f_list(jx_run *r, jx_value v, const jx_args *args)
{
    (void)args;
    jx_value items = jx_iterate(r, v), list = jx_new_list(r, false);
    for (size_t i = 0; i < items.as.list->n && jx_step(r, 1); i++) jx_push(r, list.as.list, items.as.list->items[i]);
    return list;
}

static jx_value f_reverse(jx_run *r, jx_value v, const jx_args *args)
{
    (void)args;
    if (v.type == JX_STRING) return jx_slice(r, v, jx_none(), jx_none(), jx_int(-1));
    jx_value items = jx_iterate(r, v), list = jx_new_list(r, false);
    for (size_t i = items.as.list->n; i > 0 && jx_step(r, 1); i--) jx_push(r, list.as.list, items.as.list->items[i - 1]);
    return lazily(list);
}

static jx_value f_join(jx_run *r, jx_value v, const jx_args *args)
{
    jx_value glue = jx_to_string(r, jx_arg(args, 0, "d", jx_static(""))), path = jx_arg(args, 1, "attribute", jx_none());
    jx_value items = jx_iterate(r, v);
    sx_buf out;
    sx_buf_init(&out, r->mem, (size_t)r->max_bytes);
    for (size_t i = 0; i < items.as.list->n && jx_step(r, 1); i++) {
        jx_value item = attribute(r, items.as.list->items[i], path);
        if (i) sx_buf_add(&out, glue.as.s, glue.len);
        if (r->status == LLM_OK) jx_write(r, &item, &out);
    }
    return jx_from_buf(r, &out);
}

static jx_value pair(jx_run *r, jx_value a, jx_value b)
{
    jx_value t = jx_new_list(r, true);
    jx_push(r, t.as.list, a);
    jx_push(r, t.as.list, b);
    return t;
}

static jx_value pairs_of(jx_run *r, jx_value v)
{
    jx_value list = jx_new_list(r, false);
    if (v.type == JX_UNDEFINED) return list;
    if (v.type != JX_DICT) {
        jx_fail(r, LLM_E_INVALID, "only a dict has items, not a %s", jx_type_name(&v));
        return list;
    }
    for (size_t i = 0; i < v.as.dict->n && jx_step(r, 1); i++)
        jx_push(r, list.as.list, pair(r, v.as.dict->entries[i].key, v.as.dict->entries[i].value));
    return list;
}

static jx_value f_items(jx_run *r, jx_value v, const jx_args *args)
{
    (void)args;
    return lazily(pairs_of(r, v));
}

/* Texts compare without regard to case unless asked to. */
static jx_value sort_key(jx_run *r, jx_value v, bool case_sensitive)
{
    return v.type == JX_STRING && !case_sensitive ? jx_change_case(r, v, 'l') : v;
}

/* Stable, in n log n: by keys [n], items moved along. */
static void merge_sort(jx_run *r, jx_value *keys, jx_value *items, jx_value *spare, size_t n, bool reverse)
{
    jx_value *other = spare + n;
    for (size_t width = 1; width < n && r->status == LLM_OK; width *= 2) {
        for (size_t from = 0; from < n; from += 2 * width) {
            size_t mid = from + width < n ? from + width : n, to = mid + width < n ? mid + width : n;
            size_t a = from, b = mid;
            for (size_t k = from; k < to && jx_step(r, 1); k++) {
                bool second = a == mid;
                if (!second && b < to) {
                    int order = jx_order(r, &keys[a], &keys[b]);
                    second = reverse ? order < 0 : order > 0;
                }
                size_t pick = second ? b++ : a++;
                spare[k] = keys[pick];
                other[k] = items[pick];
            }
        }
        if (r->status != LLM_OK) return;
        memcpy(keys, spare, n * sizeof *keys);
        memcpy(items, other, n * sizeof *items);
    }
}

static jx_value sorted(jx_run *r, jx_value list, jx_value *keys, bool reverse)
{
    size_t n = list.as.list->n;
    jx_value *spare = jx_alloc(r, (2 * n + 1) * sizeof *spare);
    if (spare && n > 1) merge_sort(r, keys, list.as.list->items, spare, n, reverse);
    return list;
}

static jx_value f_sort(jx_run *r, jx_value v, const jx_args *args)
{
    jx_value list = f_list(r, v, args), path = jx_arg(args, 2, "attribute", jx_none());
    jx_value *keys = jx_alloc(r, (list.as.list->n + 1) * sizeof *keys);
    for (size_t i = 0; keys && i < list.as.list->n && r->status == LLM_OK; i++)
        keys[i] = sort_key(r, attribute(r, list.as.list->items[i], path), flag(args, 1, "case_sensitive", false));
    return keys && r->status == LLM_OK ? sorted(r, list, keys, flag(args, 0, "reverse", false)) : list;
}

static jx_value f_dictsort(jx_run *r, jx_value v, const jx_args *args)
{
    jx_value by = jx_arg(args, 1, "by", jx_static("key")), list = pairs_of(r, v);
    jx_value *keys = jx_alloc(r, (list.as.list->n + 1) * sizeof *keys);
    size_t at = jx_is(&by, "value");
    for (size_t i = 0; keys && i < list.as.list->n && r->status == LLM_OK; i++)
        keys[i] = sort_key(r, list.as.list->items[i].as.list->items[at], flag(args, 0, "case_sensitive", false));
    return keys && r->status == LLM_OK ? sorted(r, list, keys, flag(args, 2, "reverse", false)) : list;
}

static jx_value extreme(jx_run *r, jx_value v, const jx_args *args, int sign)
{
    jx_value items = jx_iterate(r, v), path = jx_arg(args, 1, "attribute", jx_none()), best = jx_undefined(NULL), best_key = best;
    for (size_t i = 0; i < items.as.list->n && jx_step(r, 1); i++) {
        jx_value item = items.as.list->items[i];
        jx_value key = sort_key(r, attribute(r, item, path), flag(args, 0, "case_sensitive", false));
        if (i && jx_order(r, &key, &best_key) * sign <= 0) continue;
        best = item;
        best_key = key;
    }
    return best;
}

static jx_value f_max(jx_run *r, jx_value v, const jx_args *args)
{
    return extreme(r, v, args, 1);
}

static jx_value f_min(jx_run *r, jx_value v, const jx_args *args)
{
    return extreme(r, v, args, -1);
}

static jx_value f_sum(jx_run *r, jx_value v, const jx_args *args)
{
    jx_value items = jx_iterate(r, v), path = jx_arg(args, 0, "attribute", jx_none());
    jx_value sum = jx_arg(args, 1, "start", jx_int(0));
    for (size_t i = 0; i < items.as.list->n && jx_step(r, 1); i++)
        sum = jx_binary(r, JX_ADD, sum, attribute(r, items.as.list->items[i], path));
    return sum;
}

static jx_value f_unique(jx_run *r, jx_value v, const jx_args *args)
{
    jx_value items = jx_iterate(r, v), path = jx_arg(args, 1, "attribute", jx_none());
    jx_value seen = jx_new_dict(r), list = jx_new_list(r, false);
    for (size_t i = 0; i < items.as.list->n && jx_step(r, 1); i++) {
        jx_value key = sort_key(r, attribute(r, items.as.list->items[i], path), flag(args, 0, "case_sensitive", false));
        if (r->status != LLM_OK || jx_find(seen.as.dict, &key)) continue;
        jx_put(r, seen.as.dict, key, jx_none());
        jx_push(r, list.as.list, items.as.list->items[i]);
    }
    return lazily(list);
}

/* The arguments behind the first `skip`, for the test or filter that those name. */
static jx_args rest(const jx_args *args, size_t skip)
{
    skip = skip < args->n ? skip : args->n;
    return (jx_args){skip ? args->v + skip : args->v, args->n - skip, NULL};
}

/* What is false, None too, is gone over as if it were empty. */
static jx_value over(jx_run *r, jx_value v)
{
    return jx_iterate(r, jx_true(&v) ? v : jx_undefined(NULL));
}

/* map(attribute=..., default=...) or map('filter', arguments...) */
static jx_value f_map(jx_run *r, jx_value v, const jx_args *args)
{
    jx_value items = over(r, v), list = jx_new_list(r, false), path = jx_arg(args, SIZE_MAX, "attribute", jx_none());
    jx_value fallback = jx_arg(args, SIZE_MAX, "default", jx_undefined(NULL));
    if (path.type == JX_NONE && (args->n == 0 || args->v[0].type != JX_STRING)) {
        jx_fail(r, LLM_E_INVALID, "map needs the name of a filter or attribute=");
        return list;
    }
    jx_args more = rest(args, 1);
    more.named = path.type == JX_NONE ? args->named : NULL;
    for (size_t i = 0; i < items.as.list->n && jx_step(r, 1); i++) {
        jx_value item = items.as.list->items[i];
        item = path.type == JX_NONE ? jx_apply_filter(r, &args->v[0], item, &more) : attribute(r, item, path);
        jx_push(r, list.as.list, item.type == JX_UNDEFINED ? fallback : item);
    }
    return lazily(list);
}

/* Keeps the items whose attribute (or themselves) passes the test, or is true when there is none. */
static jx_value choose(jx_run *r, jx_value v, const jx_args *args, bool by_attribute, bool keep)
{
    jx_value items = over(r, v), list = jx_new_list(r, false), path = jx_none();
    size_t skip = by_attribute;
    if (by_attribute) path = jx_arg(args, 0, "attribute", path);
    if (by_attribute && path.type == JX_NONE) jx_fail(r, LLM_E_INVALID, "the name of an attribute is missing");
    bool tested = args->n > skip && args->v[skip].type == JX_STRING;
    jx_args more = rest(args, skip + 1);
    for (size_t i = 0; i < items.as.list->n && jx_step(r, 1); i++) {
        jx_value item = items.as.list->items[i], what = attribute(r, item, path);
        bool ok = tested ? jx_apply_test(r, &args->v[skip], what, &more) : jx_true(&what);
        if (ok == keep) jx_push(r, list.as.list, item);
    }
    return lazily(list);
}

static jx_value f_select(jx_run *r, jx_value v, const jx_args *args)
{
    return choose(r, v, args, false, true);
}

static jx_value f_reject(jx_run *r, jx_value v, const jx_args *args)
{
    return choose(r, v, args, false, false);
}

static jx_value f_selectattr(jx_run *r, jx_value v, const jx_args *args)
{
    return choose(r, v, args, true, true);
}

static jx_value f_rejectattr(jx_run *r, jx_value v, const jx_args *args)
{
    return choose(r, v, args, true, false);
}

static jx_value f_groupby(jx_run *r, jx_value v, const jx_args *args)
{
    jx_value path = jx_arg(args, 0, "attribute", jx_none()), groups = jx_new_list(r, false);
    jx_args by = {NULL, 0, jx_new_dict(r).as.dict};
    jx_put(r, by.named, jx_static("attribute"), path);
    jx_value items = f_sort(r, v, &by), last = jx_undefined(NULL), group = last;
    for (size_t i = 0; i < items.as.list->n && jx_step(r, 1); i++) {
        jx_value key = attribute(r, items.as.list->items[i], path);
        if (i == 0 || !jx_equal(&key, &last)) {
            group = jx_new_list(r, false);
            jx_push(r, groups.as.list, pair(r, key, group));
            last = key;
        }
        jx_push(r, group.as.list, items.as.list->items[i]);
    }
    return groups;
}

static jx_value f_batch(jx_run *r, jx_value v, const jx_args *args)
{
    jx_value items = jx_iterate(r, v), size = jx_arg(args, 0, "linecount", jx_int(1)), fill = jx_arg(args, 1, "fill_with", jx_none());
    jx_value list = jx_new_list(r, false), row = list;
    if (size.type != JX_INT || size.as.i < 1 || size.as.i > 1 << 20) {
        jx_fail(r, LLM_E_INVALID, "batch needs a size from 1 on");
        return list;
    }
    for (size_t i = 0; i < items.as.list->n && jx_step(r, 1); i++) {
        if (i % (size_t)size.as.i == 0) {
            row = jx_new_list(r, false);
            jx_push(r, list.as.list, row);
        }
        jx_push(r, row.as.list, items.as.list->items[i]);
    }
    while (fill.type != JX_NONE && items.as.list->n && row.as.list->n < (size_t)size.as.i && jx_step(r, 1))
        jx_push(r, row.as.list, fill);
    return list;
}

static jx_value f_attr(jx_run *r, jx_value v, const jx_args *args)
{
    jx_value name = jx_to_string(r, jx_arg(args, 0, "name", jx_static("")));
    if (v.type == JX_DICT && !jx_is_method(&v, name.as.s, name.len)) return jx_undefined(name.as.s);
    return jx_attr(r, v, name.as.s, name.len);
}

const jx_filter_row jx_seq_filters[] = {
    {"length", f_length}, {"count", f_length}, {"first", f_first}, {"last", f_last}, {"list", f_list},
    {"reverse", f_reverse}, {"join", f_join}, {"items", f_items}, {"sort", f_sort}, {"dictsort", f_dictsort},
    {"max", f_max}, {"min", f_min}, {"sum", f_sum}, {"unique", f_unique}, {"map", f_map}, {"select", f_select},
    {"reject", f_reject}, {"selectattr", f_selectattr}, {"rejectattr", f_rejectattr}, {"groupby", f_groupby},
    {"batch", f_batch}, {"attr", f_attr}, {NULL, NULL},
};
