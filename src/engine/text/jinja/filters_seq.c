/* Filters over lists and dicts, as a table. */
#include <string.h>

#include "engine/text/jinja/jinja.h"

static bool flag(const sx_jx_args *args, size_t i, const char *name, bool fallback)
{
    sx_jx_value v = sx_jx_arg(args, i, name, sx_jx_bool(fallback));
    return sx_jx_true(&v);
}

/* "a.b.0" of a value; none: the value itself. */
static sx_jx_value attribute(sx_jx_run *r, sx_jx_value v, sx_jx_value path)
{
    if (path.type == JX_INT) return sx_jx_item(r, v, path);
    if (path.type != JX_STRING) return v;
    for (size_t i = 0; i <= path.len && r->status == LLM_OK;) {
        const char *dot = memchr(path.as.s + i, '.', path.len - i);
        size_t n = dot ? (size_t)(dot - path.as.s) - i : path.len - i;
        sx_jx_value key = sx_jx_string(r, path.as.s + i, n);
        int64_t index;
        if (sx_number_int(key.as.s, key.len, &index)) key = sx_jx_int(index);
        v = sx_jx_item(r, v, key);
        i += n + 1;
    }
    return v;
}

static sx_jx_value lazily(sx_jx_value list)
{
    list.lazy = list.type == JX_LIST;
    return list;
}

static sx_jx_value f_length(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    (void)args;
    return sx_jx_int(sx_jx_length(r, &v));
}

static sx_jx_value f_first(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    (void)args;
    v = sx_jx_iterate(r, v);
    return v.as.list->n ? v.as.list->items[0] : sx_jx_undefined(NULL);
}

static sx_jx_value f_last(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    (void)args;
    if (v.lazy) sx_jx_fail(r, LLM_E_INVALID, "an iterator has no last item: make it a list first");
    v = sx_jx_iterate(r, v);
    return v.as.list->n ? v.as.list->items[v.as.list->n - 1] : sx_jx_undefined(NULL);
}

static sx_jx_value f_list(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    (void)args;
    sx_jx_value items = sx_jx_iterate(r, v), list = sx_jx_new_list(r, false);
    for (size_t i = 0; i < items.as.list->n && sx_jx_step(r, 1); i++)
        sx_jx_push(r, list.as.list, items.as.list->items[i]);
    return list;
}

static sx_jx_value f_reverse(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    (void)args;
    if (v.type == JX_STRING) return sx_jx_slice(r, v, sx_jx_none(), sx_jx_none(), sx_jx_int(-1));
    sx_jx_value items = sx_jx_iterate(r, v), list = sx_jx_new_list(r, false);
    for (size_t i = items.as.list->n; i > 0 && sx_jx_step(r, 1); i--)
        sx_jx_push(r, list.as.list, items.as.list->items[i - 1]);
    return lazily(list);
}

static sx_jx_value f_join(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    sx_jx_value glue = sx_jx_to_string(r, sx_jx_arg(args, 0, "d", sx_jx_static(""))),
                path = sx_jx_arg(args, 1, "attribute", sx_jx_none());
    sx_jx_value items = sx_jx_iterate(r, v);
    sx_buf out;
    sx_buf_init(&out, r->mem, (size_t)r->max_bytes);
    for (size_t i = 0; i < items.as.list->n && sx_jx_step(r, 1); i++) {
        sx_jx_value item = attribute(r, items.as.list->items[i], path);
        if (i) sx_buf_add(&out, glue.as.s, glue.len);
        if (r->status == LLM_OK) sx_jx_write(r, &item, &out);
    }
    return sx_jx_from_buf(r, &out);
}

static sx_jx_value pair(sx_jx_run *r, sx_jx_value a, sx_jx_value b)
{
    sx_jx_value t = sx_jx_new_list(r, true);
    sx_jx_push(r, t.as.list, a);
    sx_jx_push(r, t.as.list, b);
    return t;
}

static sx_jx_value pairs_of(sx_jx_run *r, sx_jx_value v)
{
    sx_jx_value list = sx_jx_new_list(r, false);
    if (v.type == JX_UNDEFINED) return list;
    if (v.type != JX_DICT) {
        sx_jx_fail(r, LLM_E_INVALID, "only a dict has items, not a %s", sx_jx_type_name(&v));
        return list;
    }
    for (size_t i = 0; i < v.as.dict->n && sx_jx_step(r, 1); i++)
        sx_jx_push(r, list.as.list, pair(r, v.as.dict->entries[i].key, v.as.dict->entries[i].value));
    return list;
}

static sx_jx_value f_items(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    (void)args;
    return lazily(pairs_of(r, v));
}

/* Texts compare without regard to case unless asked to. */
static sx_jx_value sort_key(sx_jx_run *r, sx_jx_value v, bool case_sensitive)
{
    return v.type == JX_STRING && !case_sensitive ? sx_jx_change_case(r, v, 'l') : v;
}

/* Stable, in n log n: by keys [n], items moved along. */
static void merge_sort(sx_jx_run *r, sx_jx_value *keys, sx_jx_value *items, sx_jx_value *spare, size_t n, bool reverse)
{
    sx_jx_value *other = spare + n;
    for (size_t width = 1; width < n && r->status == LLM_OK; width *= 2) {
        for (size_t from = 0; from < n; from += 2 * width) {
            size_t mid = from + width < n ? from + width : n, to = mid + width < n ? mid + width : n;
            size_t a = from, b = mid;
            for (size_t k = from; k < to && sx_jx_step(r, 1); k++) {
                bool second = a == mid;
                if (!second && b < to) {
                    int order = sx_jx_order(r, &keys[a], &keys[b]);
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

static sx_jx_value sorted(sx_jx_run *r, sx_jx_value list, sx_jx_value *keys, bool reverse)
{
    size_t n = list.as.list->n;
    sx_jx_value *spare = sx_jx_alloc(r, (2 * n + 1) * sizeof *spare);
    if (spare && n > 1) merge_sort(r, keys, list.as.list->items, spare, n, reverse);
    return list;
}

static sx_jx_value f_sort(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    sx_jx_value list = f_list(r, v, args), path = sx_jx_arg(args, 2, "attribute", sx_jx_none());
    sx_jx_value *keys = sx_jx_alloc(r, (list.as.list->n + 1) * sizeof *keys);
    for (size_t i = 0; keys && i < list.as.list->n && r->status == LLM_OK; i++)
        keys[i] = sort_key(r, attribute(r, list.as.list->items[i], path), flag(args, 1, "case_sensitive", false));
    return keys && r->status == LLM_OK ? sorted(r, list, keys, flag(args, 0, "reverse", false)) : list;
}

static sx_jx_value f_dictsort(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    sx_jx_value by = sx_jx_arg(args, 1, "by", sx_jx_static("key")), list = pairs_of(r, v);
    sx_jx_value *keys = sx_jx_alloc(r, (list.as.list->n + 1) * sizeof *keys);
    size_t at = sx_jx_is(&by, "value");
    for (size_t i = 0; keys && i < list.as.list->n && r->status == LLM_OK; i++)
        keys[i] = sort_key(r, list.as.list->items[i].as.list->items[at], flag(args, 0, "case_sensitive", false));
    return keys && r->status == LLM_OK ? sorted(r, list, keys, flag(args, 2, "reverse", false)) : list;
}

static sx_jx_value extreme(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args, int sign)
{
    sx_jx_value items = sx_jx_iterate(r, v), path = sx_jx_arg(args, 1, "attribute", sx_jx_none()),
                best = sx_jx_undefined(NULL), best_key = best;
    for (size_t i = 0; i < items.as.list->n && sx_jx_step(r, 1); i++) {
        sx_jx_value item = items.as.list->items[i];
        sx_jx_value key = sort_key(r, attribute(r, item, path), flag(args, 0, "case_sensitive", false));
        if (i && sx_jx_order(r, &key, &best_key) * sign <= 0) continue;
        best = item;
        best_key = key;
    }
    return best;
}

static sx_jx_value f_max(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    return extreme(r, v, args, 1);
}

static sx_jx_value f_min(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    return extreme(r, v, args, -1);
}

static sx_jx_value f_sum(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    sx_jx_value items = sx_jx_iterate(r, v), path = sx_jx_arg(args, 0, "attribute", sx_jx_none());
    sx_jx_value sum = sx_jx_arg(args, 1, "start", sx_jx_int(0));
    for (size_t i = 0; i < items.as.list->n && sx_jx_step(r, 1); i++)
        sum = sx_jx_binary(r, JX_ADD, sum, attribute(r, items.as.list->items[i], path));
    return sum;
}

static sx_jx_value f_unique(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    sx_jx_value items = sx_jx_iterate(r, v), path = sx_jx_arg(args, 1, "attribute", sx_jx_none());
    sx_jx_value seen = sx_jx_new_dict(r), list = sx_jx_new_list(r, false);
    for (size_t i = 0; i < items.as.list->n && sx_jx_step(r, 1); i++) {
        sx_jx_value key = sort_key(r, attribute(r, items.as.list->items[i], path),
                                   flag(args, 0, "case_sensitive", false));
        if (r->status != LLM_OK || sx_jx_find(seen.as.dict, &key)) continue;
        sx_jx_put(r, seen.as.dict, key, sx_jx_none());
        sx_jx_push(r, list.as.list, items.as.list->items[i]);
    }
    return lazily(list);
}

/* The arguments behind the first `skip`, for the test or filter that those name. */
static sx_jx_args rest(const sx_jx_args *args, size_t skip)
{
    skip = skip < args->n ? skip : args->n;
    return (sx_jx_args){skip ? args->v + skip : args->v, args->n - skip, NULL};
}

/* What is false, None too, is gone over as if it were empty. */
static sx_jx_value over(sx_jx_run *r, sx_jx_value v)
{
    return sx_jx_iterate(r, sx_jx_true(&v) ? v : sx_jx_undefined(NULL));
}

/* map(attribute=..., default=...) or map('filter', arguments...) */
static sx_jx_value f_map(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    sx_jx_value items = over(r, v), list = sx_jx_new_list(r, false),
                path = sx_jx_arg(args, SIZE_MAX, "attribute", sx_jx_none());
    sx_jx_value fallback = sx_jx_arg(args, SIZE_MAX, "default", sx_jx_undefined(NULL));
    if (path.type == JX_NONE && (args->n == 0 || args->v[0].type != JX_STRING)) {
        sx_jx_fail(r, LLM_E_INVALID, "map needs the name of a filter or attribute=");
        return list;
    }
    sx_jx_args more = rest(args, 1);
    more.named = path.type == JX_NONE ? args->named : NULL;
    for (size_t i = 0; i < items.as.list->n && sx_jx_step(r, 1); i++) {
        sx_jx_value item = items.as.list->items[i];
        item = path.type == JX_NONE ? sx_jx_apply_filter(r, &args->v[0], item, &more) : attribute(r, item, path);
        sx_jx_push(r, list.as.list, item.type == JX_UNDEFINED ? fallback : item);
    }
    return lazily(list);
}

/* Keeps the items whose attribute (or themselves) passes the test, or is true when there is none. */
static sx_jx_value choose(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args, bool by_attribute, bool keep)
{
    sx_jx_value items = over(r, v), list = sx_jx_new_list(r, false), path = sx_jx_none();
    size_t skip = by_attribute;
    if (by_attribute) path = sx_jx_arg(args, 0, "attribute", path);
    if (by_attribute && path.type == JX_NONE) sx_jx_fail(r, LLM_E_INVALID, "the name of an attribute is missing");
    bool tested = args->n > skip && args->v[skip].type == JX_STRING;
    sx_jx_args more = rest(args, skip + 1);
    for (size_t i = 0; i < items.as.list->n && sx_jx_step(r, 1); i++) {
        sx_jx_value item = items.as.list->items[i], what = attribute(r, item, path);
        bool ok = tested ? sx_jx_apply_test(r, &args->v[skip], what, &more) : sx_jx_true(&what);
        if (ok == keep) sx_jx_push(r, list.as.list, item);
    }
    return lazily(list);
}

static sx_jx_value f_select(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    return choose(r, v, args, false, true);
}

static sx_jx_value f_reject(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    return choose(r, v, args, false, false);
}

static sx_jx_value f_selectattr(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    return choose(r, v, args, true, true);
}

static sx_jx_value f_rejectattr(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    return choose(r, v, args, true, false);
}

static sx_jx_value f_groupby(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    sx_jx_value path = sx_jx_arg(args, 0, "attribute", sx_jx_none()), groups = sx_jx_new_list(r, false);
    sx_jx_args by = {NULL, 0, sx_jx_new_dict(r).as.dict};
    sx_jx_put(r, by.named, sx_jx_static("attribute"), path);
    sx_jx_value items = f_sort(r, v, &by), last = sx_jx_undefined(NULL), group = last;
    for (size_t i = 0; i < items.as.list->n && sx_jx_step(r, 1); i++) {
        sx_jx_value key = attribute(r, items.as.list->items[i], path);
        if (i == 0 || !sx_jx_equal(&key, &last)) {
            group = sx_jx_new_list(r, false);
            sx_jx_push(r, groups.as.list, pair(r, key, group));
            last = key;
        }
        sx_jx_push(r, group.as.list, items.as.list->items[i]);
    }
    return groups;
}

static sx_jx_value f_batch(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    sx_jx_value items = sx_jx_iterate(r, v), size = sx_jx_arg(args, 0, "linecount", sx_jx_int(1)),
                fill = sx_jx_arg(args, 1, "fill_with", sx_jx_none());
    sx_jx_value list = sx_jx_new_list(r, false), row = list;
    if (size.type != JX_INT || size.as.i < 1 || size.as.i > 1 << 20) {
        sx_jx_fail(r, LLM_E_INVALID, "batch needs a size from 1 on");
        return list;
    }
    for (size_t i = 0; i < items.as.list->n && sx_jx_step(r, 1); i++) {
        if (i % (size_t)size.as.i == 0) {
            row = sx_jx_new_list(r, false);
            sx_jx_push(r, list.as.list, row);
        }
        sx_jx_push(r, row.as.list, items.as.list->items[i]);
    }
    while (fill.type != JX_NONE && items.as.list->n && row.as.list->n < (size_t)size.as.i && sx_jx_step(r, 1))
        sx_jx_push(r, row.as.list, fill);
    return list;
}

static sx_jx_value f_attr(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args)
{
    sx_jx_value name = sx_jx_to_string(r, sx_jx_arg(args, 0, "name", sx_jx_static("")));
    if (v.type == JX_DICT && !sx_jx_is_method(&v, name.as.s, name.len)) return sx_jx_undefined(name.as.s);
    return sx_jx_attr(r, v, name.as.s, name.len);
}

const sx_jx_filter_row sx_jx_seq_filters[] = {
    {"length", f_length},
    {"count", f_length},
    {"first", f_first},
    {"last", f_last},
    {"list", f_list},
    {"reverse", f_reverse},
    {"join", f_join},
    {"items", f_items},
    {"sort", f_sort},
    {"dictsort", f_dictsort},
    {"max", f_max},
    {"min", f_min},
    {"sum", f_sum},
    {"unique", f_unique},
    {"map", f_map},
    {"select", f_select},
    {"reject", f_reject},
    {"selectattr", f_selectattr},
    {"rejectattr", f_rejectattr},
    {"groupby", f_groupby},
    {"batch", f_batch},
    {"attr", f_attr},
    {NULL, NULL},
};
