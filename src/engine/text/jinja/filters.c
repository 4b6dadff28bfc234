/* Filters, one function each, found by name in a table. */
#include <math.h>
#include <string.h>

#include "engine/text/jinja/jinja.h"
#include "platform/number.h"
#include "platform/unicode.h"
#include "platform/utf8.h"

jvalue sx_j_arg(jinja *j, const jargs *args, size_t i, const char *name)
{
    if (i < args->pos.count) return args->pos.items[i];
    const jvalue *kw = name ? sx_j_get_name(j, &args->kw, (jstr){name, strlen(name)}) : NULL;
    return kw ? *kw : sx_j_undefined((jstr){name ? name : "argument", name ? strlen(name) : 8});
}

static bool truth_of(jvalue v)
{
    return sx_j_truth(&v);
}

static int64_t int_arg(jinja *j, const jargs *args, size_t i, const char *name, int64_t missing)
{
    jvalue v = sx_j_arg(j, args, i, name);
    return v.kind == J_INT ? v.u.i : missing;
}

static jvalue text_method(jinja *j, jvalue self, const char *name, const jargs *args)
{
    const jmethod m = {sx_j_text(j, self), {name, strlen(name)}};
    return j->status == LLM_OK ? sx_j_method(j, &m, args) : self;
}

static const jargs NO_ARGS;

/* ---- text ---- */

static jvalue f_trim(jinja *j, jvalue self, const jargs *args)
{
    return text_method(j, self, "strip", args);
}

static jvalue f_upper(jinja *j, jvalue self, const jargs *args)
{
    (void)args;
    return text_method(j, self, "upper", &NO_ARGS);
}

static jvalue f_lower(jinja *j, jvalue self, const jargs *args)
{
    (void)args;
    return text_method(j, self, "lower", &NO_ARGS);
}

static jvalue f_capitalize(jinja *j, jvalue self, const jargs *args)
{
    (void)args;
    return text_method(j, self, "capitalize", &NO_ARGS);
}

static jvalue f_title(jinja *j, jvalue self, const jargs *args)
{
    (void)args;
    return text_method(j, self, "title", &NO_ARGS);
}

static jvalue f_string(jinja *j, jvalue self, const jargs *args)
{
    (void)args;
    return sx_j_text(j, self);
}

static jvalue f_replace(jinja *j, jvalue self, const jargs *args)
{
    jvalue from = sx_j_arg(j, args, 0, "old"), to = sx_j_arg(j, args, 1, "new");
    return sx_j_replace(j, sx_j_text(j, self), sx_j_text(j, from), sx_j_text(j, to), int_arg(j, args, 2, "count", -1));
}

jvalue sx_j_escape(jinja *j, jvalue self)
{
    jvalue s = sx_j_text(j, self);
    if (s.safe) return s;
    sx_buf out;
    sx_buf_init(&out, j->mem, 0);
    for (size_t i = 0; i < s.u.str.len; i++) {
        char c = s.u.str.s[i];
        const char *to = c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&#34;" : c == '\'' ? "&#39;" : NULL;
        if (to) sx_buf_str(&out, to);
        else sx_buf_char(&out, c);
    }
    s = sx_j_take(j, &out);
    s.safe = true;
    return s;
}

static jvalue f_escape(jinja *j, jvalue self, const jargs *args)
{
    (void)args;
    return sx_j_escape(j, self);
}

static jvalue f_safe(jinja *j, jvalue self, const jargs *args)
{
    (void)args;
    jvalue s = sx_j_text(j, self);
    s.safe = true;
    return s;
}

/* Indents every line but the first (first=true: that too); blank lines only when blank=true. */
static jvalue f_indent(jinja *j, jvalue self, const jargs *args)
{
    jvalue s = sx_j_text(j, self), width = sx_j_arg(j, args, 0, "width");
    bool first = truth_of(sx_j_arg(j, args, 1, "first")), blank = truth_of(sx_j_arg(j, args, 2, "blank"));
    int64_t spaces = width.kind == J_INT ? width.u.i : 4;
    if (spaces > 1000) sx_jinja_fail(j, LLM_E_LIMIT, "indent is wider than 1000");
    sx_buf out;
    sx_buf_init(&out, j->mem, 0);
    bool start = true;
    for (size_t i = 0, line = 0; i <= s.u.str.len && sx_jinja_step(j, 1); i++) {
        bool end = i == s.u.str.len || s.u.str.s[i] == '\n';
        if (!end) continue;
        bool indent = (start ? first : true) && (i > line || blank);
        if (indent && width.kind == J_STR) sx_buf_add(&out, width.u.str.s, width.u.str.len);
        else if (indent) for (int64_t k = 0; k < spaces; k++) sx_buf_char(&out, ' ');
        sx_buf_add(&out, s.u.str.s + line, i - line);
        if (i < s.u.str.len) sx_buf_char(&out, '\n');
        line = i + 1;
        start = false;
    }
    return sx_j_take(j, &out);
}

static jvalue f_wordcount(jinja *j, jvalue self, const jargs *args)
{
    (void)args;
    jvalue words = text_method(j, self, "split", &NO_ARGS);
    return sx_j_int(words.kind == J_LIST ? (int64_t)words.u.list->count : 0);
}

static jvalue f_join(jinja *j, jvalue self, const jargs *args)
{
    jvalue by = sx_j_arg(j, args, 0, "d"), attr = sx_j_arg(j, args, 1, "attribute");
    jlist items;
    sx_buf out;
    sx_buf_init(&out, j->mem, 0);
    if (!sx_j_iterate(j, self, &items)) return self;
    for (size_t i = 0; i < items.count && j->status == LLM_OK; i++) {
        if (i && by.kind != J_UNDEFINED) sx_j_print(j, by, &out);
        sx_j_print(j, attr.kind == J_UNDEFINED ? items.items[i] : sx_j_getitem(j, items.items[i], attr), &out);
    }
    return sx_j_take(j, &out);
}

/* ---- numbers ---- */

static jvalue f_int(jinja *j, jvalue self, const jargs *args)
{
    double f;
    if (self.kind == J_INT) return self;
    if (self.kind == J_STR) {
        jvalue s = sx_j_strip(self, NULL, true, true);
        if (sx_number_read(s.u.str.s, s.u.str.len, &f) && fabs(f) < 9e18) return sx_j_int((int64_t)f);
    } else if (sx_j_number(self, &f) && fabs(f) < 9e18) {
        return sx_j_int((int64_t)f);
    }
    jvalue missing = sx_j_arg(j, args, 0, "default");
    return missing.kind == J_UNDEFINED ? sx_j_int(0) : missing;
}

static jvalue f_float(jinja *j, jvalue self, const jargs *args)
{
    double f;
    if (self.kind == J_STR) {
        jvalue s = sx_j_strip(self, NULL, true, true);
        if (sx_number_read(s.u.str.s, s.u.str.len, &f)) return sx_j_float(f);
    } else if (sx_j_number(self, &f)) {
        return sx_j_float(f);
    }
    jvalue missing = sx_j_arg(j, args, 0, "default");
    return missing.kind == J_UNDEFINED ? sx_j_float(0) : missing;
}

static jvalue f_abs(jinja *j, jvalue self, const jargs *args)
{
    (void)args;
    if (self.kind == J_INT && self.u.i != INT64_MIN) return sx_j_int(self.u.i < 0 ? -self.u.i : self.u.i);
    if (self.kind == J_FLOAT) return sx_j_float(fabs(self.u.f));
    sx_jinja_fail(j, LLM_E_INVALID, "abs takes a number");
    return self;
}

static jvalue f_round(jinja *j, jvalue self, const jargs *args)
{
    double f;
    jvalue method = sx_j_arg(j, args, 1, "method");
    if (!sx_j_number(self, &f)) {
        sx_jinja_fail(j, LLM_E_INVALID, "round takes a number");
        return self;
    }
    double unit = pow(10, (double)int_arg(j, args, 0, "precision", 0));
    if (method.kind == J_STR && sx_j_is(method.u.str, "ceil")) return sx_j_float(ceil(f * unit) / unit);
    if (method.kind == J_STR && sx_j_is(method.u.str, "floor")) return sx_j_float(floor(f * unit) / unit);
    return sx_j_float(nearbyint(f * unit) / unit);
}

/* ---- lists ---- */

static jvalue f_length(jinja *j, jvalue self, const jargs *args)
{
    (void)args;
    return sx_j_int(sx_j_length(j, self));
}

static jvalue f_first(jinja *j, jvalue self, const jargs *args)
{
    (void)args;
    jlist items;
    if (!sx_j_iterate(j, self, &items) || items.count == 0) return sx_j_undefined((jstr){"first", 5});
    return items.items[0];
}

static jvalue f_last(jinja *j, jvalue self, const jargs *args)
{
    (void)args;
    jlist items;
    if (!sx_j_iterate(j, self, &items) || items.count == 0) return sx_j_undefined((jstr){"last", 4});
    return items.items[items.count - 1];
}

static jvalue f_list(jinja *j, jvalue self, const jargs *args)
{
    (void)args;
    jlist items;
    jvalue out = sx_j_list(j, J_LIST);
    if (!sx_j_iterate(j, self, &items)) return out;
    for (size_t i = 0; i < items.count && sx_jinja_step(j, 1); i++) sx_j_push(j, out.u.list, items.items[i]);
    return out;
}

static jvalue f_reverse(jinja *j, jvalue self, const jargs *args)
{
    (void)args;
    jlist items;
    jvalue out = sx_j_list(j, J_GENERATOR);
    if (!sx_j_iterate(j, self, &items)) return out;
    for (size_t i = items.count; i-- > 0 && sx_jinja_step(j, 1);) sx_j_push(j, out.u.list, items.items[i]);
    return self.kind == J_STR ? f_join(j, out, &NO_ARGS) : out;
}

/* A dotted path of attributes, as map(attribute="a.b") names it. */
static jvalue attribute_of(jinja *j, jvalue v, jvalue path)
{
    if (path.kind != J_STR) return sx_j_getitem(j, v, path);
    size_t from = 0;
    for (size_t i = 0; i <= path.u.str.len && j->status == LLM_OK; i++) {
        if (i < path.u.str.len && path.u.str.s[i] != '.') continue;
        v = sx_j_getitem(j, v, sx_j_borrow(path.u.str.s + from, i - from));
        from = i + 1;
    }
    return v;
}

static jvalue fold_case(jinja *j, jvalue v, bool sensitive)
{
    return v.kind == J_STR && !sensitive ? f_lower(j, v, &NO_ARGS) : v;
}

/* Stable insertion by keys made once. */
static jvalue sorted(jinja *j, const jlist *items, jvalue attr, bool reverse, bool sensitive)
{
    jvalue out = sx_j_list(j, J_LIST), keys = sx_j_list(j, J_LIST);
    for (size_t i = 0; i < items->count && j->status == LLM_OK; i++) {
        jvalue key = attr.kind == J_UNDEFINED ? items->items[i] : attribute_of(j, items->items[i], attr);
        key = fold_case(j, key, sensitive);
        sx_j_push(j, out.u.list, items->items[i]);
        sx_j_push(j, keys.u.list, key);
        for (size_t k = i; k > 0 && j->status == LLM_OK; k--) {
            int c = sx_j_compare(j, keys.u.list->items[k - 1], key);
            if (reverse ? c >= 0 : c <= 0) break;
            out.u.list->items[k] = out.u.list->items[k - 1];
            keys.u.list->items[k] = keys.u.list->items[k - 1];
            out.u.list->items[k - 1] = items->items[i];
            keys.u.list->items[k - 1] = key;
        }
    }
    return out;
}

static jvalue f_sort(jinja *j, jvalue self, const jargs *args)
{
    jlist items;
    if (!sx_j_iterate(j, self, &items)) return self;
    return sorted(j, &items, sx_j_arg(j, args, 2, "attribute"), truth_of(sx_j_arg(j, args, 0, "reverse")),
                  truth_of(sx_j_arg(j, args, 1, "case_sensitive")));
}

static jvalue pairs_of(jinja *j, const jdict *dict, jkind kind)
{
    jvalue out = sx_j_list(j, kind);
    for (size_t i = 0; i < dict->count && sx_jinja_step(j, 1); i++) {
        jvalue pair = sx_j_list(j, J_TUPLE);
        sx_j_push(j, pair.u.list, dict->keys[i]);
        sx_j_push(j, pair.u.list, dict->values[i]);
        sx_j_push(j, out.u.list, pair);
    }
    return out;
}

static jvalue f_items(jinja *j, jvalue self, const jargs *args)
{
    (void)args;
    if (self.kind == J_UNDEFINED) return sx_j_list(j, J_GENERATOR);
    if (self.kind == J_DICT) return pairs_of(j, self.u.dict, J_GENERATOR);
    sx_jinja_fail(j, LLM_E_INVALID, "items takes a mapping, not %s", sx_j_kind(self));
    return self;
}

static jvalue f_dictsort(jinja *j, jvalue self, const jargs *args)
{
    if (self.kind != J_DICT) {
        sx_jinja_fail(j, LLM_E_INVALID, "dictsort takes a mapping, not %s", sx_j_kind(self));
        return self;
    }
    jvalue pairs = pairs_of(j, self.u.dict, J_LIST), by = sx_j_arg(j, args, 1, "by");
    bool by_value = by.kind == J_STR && sx_j_is(by.u.str, "value");
    return sorted(j, pairs.u.list, sx_j_int(by_value), truth_of(sx_j_arg(j, args, 2, "reverse")),
                  truth_of(sx_j_arg(j, args, 0, "case_sensitive")));
}

static jvalue f_unique(jinja *j, jvalue self, const jargs *args)
{
    jlist items;
    jvalue out = sx_j_list(j, J_GENERATOR), seen = sx_j_list(j, J_LIST), attr = sx_j_arg(j, args, 1, "attribute");
    bool sensitive = truth_of(sx_j_arg(j, args, 0, "case_sensitive"));
    if (!sx_j_iterate(j, self, &items)) return out;
    for (size_t i = 0; i < items.count && j->status == LLM_OK; i++) {
        jvalue key = attr.kind == J_UNDEFINED ? items.items[i] : attribute_of(j, items.items[i], attr);
        key = fold_case(j, key, sensitive);
        bool known = false;
        for (size_t k = 0; k < seen.u.list->count && !known; k++) known = sx_j_equal(j, seen.u.list->items[k], key);
        if (known) continue;
        sx_j_push(j, seen.u.list, key);
        sx_j_push(j, out.u.list, items.items[i]);
    }
    return out;
}

static jvalue extreme(jinja *j, jvalue self, const jargs *args, int sign)
{
    jlist items;
    jvalue attr = sx_j_arg(j, args, 1, "attribute");
    bool sensitive = truth_of(sx_j_arg(j, args, 0, "case_sensitive"));
    if (!sx_j_iterate(j, self, &items) || items.count == 0) return sx_j_undefined((jstr){"item", 4});
    size_t best = 0;
    jvalue best_key = sx_j_none();
    for (size_t i = 0; i < items.count && j->status == LLM_OK; i++) {
        jvalue key = attr.kind == J_UNDEFINED ? items.items[i] : attribute_of(j, items.items[i], attr);
        key = fold_case(j, key, sensitive);
        if (i && sx_j_compare(j, key, best_key) * sign <= 0) continue;
        best = i;
        best_key = key;
    }
    return items.items[best];
}

static jvalue f_min(jinja *j, jvalue self, const jargs *args)
{
    return extreme(j, self, args, -1);
}

static jvalue f_max(jinja *j, jvalue self, const jargs *args)
{
    return extreme(j, self, args, 1);
}

static jvalue f_sum(jinja *j, jvalue self, const jargs *args)
{
    jlist items;
    jvalue attr = sx_j_arg(j, args, 0, "attribute"), start = sx_j_arg(j, args, 1, "start");
    double total = 0, f = 0;
    bool real = start.kind == J_FLOAT;
    if (sx_j_number(start, &f)) total = f;
    if (!sx_j_iterate(j, self, &items)) return self;
    for (size_t i = 0; i < items.count && j->status == LLM_OK; i++) {
        jvalue v = attr.kind == J_UNDEFINED ? items.items[i] : attribute_of(j, items.items[i], attr);
        if (!sx_j_number(v, &f)) sx_jinja_fail(j, LLM_E_INVALID, "sum takes numbers, not %s", sx_j_kind(v));
        real = real || v.kind == J_FLOAT;
        total += f;
    }
    return real ? sx_j_float(total) : sx_j_int((int64_t)total);
}

static jargs rest_of(const jargs *args, size_t from)
{
    jargs rest = {.kw = args->kw};
    if (args->pos.count > from) rest.pos = (jlist){args->pos.items + from, args->pos.count - from, 0};
    return rest;
}

static jvalue f_map(jinja *j, jvalue self, const jargs *args)
{
    jlist items;
    jvalue out = sx_j_list(j, J_GENERATOR), attr = args->pos.count ? sx_j_undefined((jstr){"", 0}) : sx_j_arg(j, args, 9, "attribute");
    jvalue name = sx_j_arg(j, args, 0, NULL), missing = sx_j_arg(j, args, 9, "default");
    jargs rest = rest_of(args, 1);
    if (attr.kind == J_UNDEFINED && name.kind != J_STR) sx_jinja_fail(j, LLM_E_INVALID, "map needs a filter or an attribute");
    if (!sx_j_truth(&self) || !sx_j_iterate(j, self, &items)) return out; /* nothing is mapped to nothing */
    for (size_t i = 0; i < items.count && j->status == LLM_OK; i++) {
        jvalue v;
        if (attr.kind == J_UNDEFINED) {
            v = sx_j_filter(j, name.u.str, items.items[i], &rest);
        } else {
            v = attribute_of(j, items.items[i], attr);
            if (v.kind == J_UNDEFINED && missing.kind != J_UNDEFINED) v = missing;
        }
        sx_j_push(j, out.u.list, v);
    }
    return out;
}

/* select, reject and their attr forms: keep the items for which the test (or plain truth) is `want`. */
static jvalue choose(jinja *j, jvalue self, const jargs *args, bool by_attr, bool want)
{
    jlist items;
    jvalue out = sx_j_list(j, J_GENERATOR), attr = sx_j_arg(j, args, 0, NULL), test = sx_j_arg(j, args, by_attr, NULL);
    jargs rest = rest_of(args, by_attr ? 2 : 1);
    if (!sx_j_truth(&self) || !sx_j_iterate(j, self, &items)) return out;
    for (size_t i = 0; i < items.count && j->status == LLM_OK; i++) {
        jvalue v = by_attr ? attribute_of(j, items.items[i], attr) : items.items[i];
        bool yes = test.kind == J_STR ? sx_j_test(j, test.u.str, v, &rest) : sx_j_truth(&v);
        if (yes == want) sx_j_push(j, out.u.list, items.items[i]);
    }
    return out;
}

static jvalue f_select(jinja *j, jvalue self, const jargs *args)
{
    return choose(j, self, args, false, true);
}

static jvalue f_reject(jinja *j, jvalue self, const jargs *args)
{
    return choose(j, self, args, false, false);
}

static jvalue f_selectattr(jinja *j, jvalue self, const jargs *args)
{
    return choose(j, self, args, true, true);
}

static jvalue f_rejectattr(jinja *j, jvalue self, const jargs *args)
{
    return choose(j, self, args, true, false);
}

static jvalue f_groupby(jinja *j, jvalue self, const jargs *args)
{
    jvalue attr = sx_j_arg(j, args, 0, "attribute"), out = sx_j_list(j, J_LIST), last = sx_j_none();
    jlist items;
    if (!sx_j_iterate(j, self, &items)) return out;
    jvalue order = sorted(j, &items, attr, false, true);
    jlist *group = NULL;
    for (size_t i = 0; i < order.u.list->count && j->status == LLM_OK; i++) {
        jvalue key = attribute_of(j, order.u.list->items[i], attr);
        if (!group || !sx_j_equal(j, key, last)) {
            jvalue pair = sx_j_list(j, J_TUPLE), members = sx_j_list(j, J_LIST);
            sx_j_push(j, pair.u.list, key);
            sx_j_push(j, pair.u.list, members);
            sx_j_push(j, out.u.list, pair);
            group = members.u.list;
            last = key;
        }
        sx_j_push(j, group, order.u.list->items[i]);
    }
    return out;
}

static jvalue f_batch(jinja *j, jvalue self, const jargs *args)
{
    jlist items;
    int64_t size = int_arg(j, args, 0, "linecount", 0);
    jvalue out = sx_j_list(j, J_GENERATOR), fill = sx_j_arg(j, args, 1, "fill_with"), row = sx_j_none();
    if (size < 1) sx_jinja_fail(j, LLM_E_INVALID, "batch needs a size");
    if (!sx_j_iterate(j, self, &items)) return out;
    for (size_t i = 0; i < items.count && sx_jinja_step(j, 1); i++) {
        if (i % (size_t)size == 0) {
            row = sx_j_list(j, J_LIST);
            sx_j_push(j, out.u.list, row);
        }
        sx_j_push(j, row.u.list, items.items[i]);
    }
    while (row.kind == J_LIST && fill.kind != J_UNDEFINED && (int64_t)row.u.list->count < size && sx_jinja_step(j, 1))
        sx_j_push(j, row.u.list, fill);
    return out;
}

/* ---- the rest ---- */

static jvalue f_default(jinja *j, jvalue self, const jargs *args)
{
    bool falsy = truth_of(sx_j_arg(j, args, 1, "boolean"));
    if (self.kind != J_UNDEFINED && (!falsy || sx_j_truth(&self))) return self;
    jvalue v = sx_j_arg(j, args, 0, "default_value");
    return v.kind == J_UNDEFINED && args->pos.count == 0 ? sx_j_borrow("", 0) : v;
}

static jvalue f_attr(jinja *j, jvalue self, const jargs *args)
{
    jvalue name = sx_j_text(j, sx_j_arg(j, args, 0, "name"));
    if (self.kind == J_DICT) return sx_j_undefined(name.u.str); /* attributes, not items */
    return sx_j_getattr(j, self, name.u.str);
}

static jvalue f_tojson(jinja *j, jvalue self, const jargs *args)
{
    static const char spaces[] = "                ";
    jvalue indent = sx_j_arg(j, args, 1, "indent"), separators = sx_j_arg(j, args, 2, "separators");
    jdump how = {.ascii = truth_of(sx_j_arg(j, args, 0, "ensure_ascii")), .sort = truth_of(sx_j_arg(j, args, 3, "sort_keys")),
                 .item = {", ", 2}, .key = {": ", 2}};
    if (indent.kind == J_INT || indent.kind == J_STR) {
        int64_t n = indent.kind == J_INT ? indent.u.i : 0;
        how.pretty = true;
        how.indent = indent.kind == J_STR ? indent.u.str : (jstr){spaces, (size_t)(n < 0 ? 0 : n > 16 ? 16 : n)};
        how.item = (jstr){",", 1};
    }
    if ((separators.kind == J_TUPLE || separators.kind == J_LIST) && separators.u.list->count == 2 &&
        separators.u.list->items[0].kind == J_STR && separators.u.list->items[1].kind == J_STR) {
        how.item = separators.u.list->items[0].u.str;
        how.key = separators.u.list->items[1].u.str;
    }
    sx_buf out;
    sx_buf_init(&out, j->mem, (size_t)64 << 20);
    sx_j_write_json(j, self, &how, 0, &out);
    return sx_j_take(j, &out);
}

typedef jvalue (*filter_fn)(jinja *j, jvalue self, const jargs *args);

static const struct {
    const char *name;
    filter_fn fn;
} FILTERS[] = {
    {"abs", f_abs}, {"attr", f_attr}, {"batch", f_batch}, {"capitalize", f_capitalize}, {"count", f_length},
    {"d", f_default}, {"default", f_default}, {"dictsort", f_dictsort}, {"e", f_escape}, {"escape", f_escape},
    {"first", f_first}, {"float", f_float}, {"forceescape", f_escape}, {"groupby", f_groupby}, {"indent", f_indent},
    {"int", f_int}, {"items", f_items}, {"join", f_join}, {"last", f_last}, {"length", f_length}, {"list", f_list},
    {"lower", f_lower}, {"map", f_map}, {"max", f_max}, {"min", f_min}, {"reject", f_reject},
    {"rejectattr", f_rejectattr}, {"replace", f_replace}, {"reverse", f_reverse}, {"round", f_round}, {"safe", f_safe},
    {"select", f_select}, {"selectattr", f_selectattr}, {"sort", f_sort}, {"string", f_string}, {"sum", f_sum},
    {"title", f_title}, {"tojson", f_tojson}, {"trim", f_trim}, {"unique", f_unique}, {"upper", f_upper},
    {"wordcount", f_wordcount},
};

jvalue sx_j_filter(jinja *j, jstr name, jvalue self, const jargs *args)
{
    for (size_t i = 0; i < sizeof FILTERS / sizeof *FILTERS; i++)
        if (sx_j_is(name, FILTERS[i].name)) return FILTERS[i].fn(j, self, args);
    sx_jinja_fail(j, LLM_E_FORMAT, "there is no filter %.*s", (int)(name.len < 40 ? name.len : 40), name.s);
    return self;
}
