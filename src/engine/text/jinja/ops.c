/* What operators do, as Python does it. */
#include <math.h>
#include <string.h>

#include "engine/text/jinja/jinja.h"
#include "platform/utf8.h"

bool sx_jx_true(const sx_jx_value *v)
{
    switch (v->type) {
    case JX_UNDEFINED:
    case JX_NONE: return false;
    case JX_BOOL: return v->as.b;
    case JX_INT: return v->as.i != 0;
    case JX_FLOAT: return v->as.d != 0;
    case JX_STRING: return v->len != 0;
    case JX_LIST: return v->lazy || v->as.list->n != 0;
    case JX_DICT: return v->as.dict->n != 0;
    default: return true;
    }
}

static bool number(const sx_jx_value *v)
{
    return v->type == JX_BOOL || v->type == JX_INT || v->type == JX_FLOAT;
}

static double real(const sx_jx_value *v)
{
    return v->type == JX_FLOAT ? v->as.d : v->type == JX_INT ? (double)v->as.i : (double)v->as.b;
}

static int64_t whole(const sx_jx_value *v)
{
    return v->type == JX_INT ? v->as.i : v->as.b;
}

static bool equal_at(const sx_jx_value *a, const sx_jx_value *b, unsigned depth)
{
    if (number(a) && number(b))
        return a->type == JX_FLOAT || b->type == JX_FLOAT ? real(a) == real(b) : whole(a) == whole(b);
    if (a->type != b->type || depth > JX_MAX_DEPTH) return false;
    switch (a->type) {
    case JX_UNDEFINED:
    case JX_NONE: return true;
    case JX_STRING: return a->len == b->len && memcmp(a->as.s, b->as.s, a->len) == 0;
    case JX_LIST:
        if (a->as.list->n != b->as.list->n || a->tuple != b->tuple) return false;
        for (size_t i = 0; i < a->as.list->n; i++)
            if (!equal_at(&a->as.list->items[i], &b->as.list->items[i], depth + 1)) return false;
        return true;
    case JX_DICT:
        if (a->as.dict->n != b->as.dict->n) return false;
        for (size_t i = 0; i < a->as.dict->n; i++) {
            const sx_jx_value *other = sx_jx_find(b->as.dict, &a->as.dict->entries[i].key);
            if (!other || !equal_at(&a->as.dict->entries[i].value, other, depth + 1)) return false;
        }
        return true;
    case JX_GLOBAL: return a->as.global == b->as.global;
    default: return a->as.dict == b->as.dict; /* the same thing */
    }
}

bool sx_jx_equal(const sx_jx_value *a, const sx_jx_value *b)
{
    return equal_at(a, b, 0);
}

int sx_jx_order(sx_jx_run *r, const sx_jx_value *a, const sx_jx_value *b)
{
    if (number(a) && number(b)) {
        if (a->type == JX_FLOAT || b->type == JX_FLOAT) return (real(a) > real(b)) - (real(a) < real(b));
        return (whole(a) > whole(b)) - (whole(a) < whole(b));
    }
    if (a->type == JX_STRING && b->type == JX_STRING) { /* UTF-8 sorts as its code points do */
        int order = memcmp(a->as.s, b->as.s, a->len < b->len ? a->len : b->len);
        return order ? (order > 0) - (order < 0) : (a->len > b->len) - (a->len < b->len);
    }
    if (a->type == JX_LIST && b->type == JX_LIST && sx_jx_enter(r)) {
        int order = 0;
        size_t n = a->as.list->n, m = b->as.list->n;
        for (size_t i = 0; i < n && i < m && !order; i++) order = sx_jx_order(r, &a->as.list->items[i], &b->as.list->items[i]);
        sx_jx_leave(r);
        return order ? order : (n > m) - (n < m);
    }
    sx_jx_fail(r, LLM_E_INVALID, "a %s and a %s cannot be put in order", sx_jx_type_name(a), sx_jx_type_name(b));
    return 0;
}

bool sx_jx_contains(sx_jx_run *r, const sx_jx_value *item, const sx_jx_value *in)
{
    switch (in->type) {
    case JX_STRING:
        if (item->type != JX_STRING) break;
        sx_jx_step(r, in->len / 64);
        return memmem(in->as.s, in->len, item->as.s, item->len) != NULL;
    case JX_LIST:
        if (!sx_jx_step(r, in->as.list->n)) return false;
        for (size_t i = 0; i < in->as.list->n; i++)
            if (sx_jx_equal(&in->as.list->items[i], item)) return true;
        return false;
    case JX_DICT: return sx_jx_find(in->as.dict, item) != NULL;
    case JX_UNDEFINED: return false;
    default: break;
    }
    sx_jx_fail(r, LLM_E_INVALID, "a %s cannot be looked for in a %s", sx_jx_type_name(item), sx_jx_type_name(in));
    return false;
}

static sx_jx_value bad(sx_jx_run *r, const char *op, const sx_jx_value *a, const sx_jx_value *b)
{
    const sx_jx_value *u = a->type == JX_UNDEFINED ? a : b->type == JX_UNDEFINED ? b : NULL;
    if (u)
        sx_jx_fail(r, LLM_E_INVALID, "%s is not defined, so %s cannot take it", u->as.s ? u->as.s : "a value", op);
    else
        sx_jx_fail(r, LLM_E_INVALID, "%s cannot take a %s and a %s", op, sx_jx_type_name(a), sx_jx_type_name(b));
    return sx_jx_undefined(NULL);
}

static sx_jx_value too_large(sx_jx_run *r)
{
    sx_jx_fail(r, LLM_E_LIMIT, "a whole number leaves 64 bits");
    return sx_jx_int(0);
}

static sx_jx_value joined(sx_jx_run *r, const sx_jx_value *a, const sx_jx_value *b)
{
    char *s = sx_jx_alloc(r, a->len + b->len + 1);
    if (!s) return sx_jx_static("");
    if (a->len) memcpy(s, a->as.s, a->len);
    if (b->len) memcpy(s + a->len, b->as.s, b->len);
    sx_jx_step(r, (a->len + b->len) / 64);
    return sx_jx_view(s, a->len + b->len);
}

static sx_jx_value add(sx_jx_run *r, sx_jx_value a, sx_jx_value b)
{
    if (a.type == JX_STRING && b.type == JX_STRING) {
        bool markup = a.markup || b.markup;
        if (markup && !a.markup) a = sx_jx_escape(r, a);
        if (markup && !b.markup) b = sx_jx_escape(r, b);
        sx_jx_value v = joined(r, &a, &b);
        v.markup = markup;
        return v;
    }
    if (a.type == JX_LIST && b.type == JX_LIST && a.tuple == b.tuple) {
        sx_jx_value v = sx_jx_new_list(r, a.tuple);
        for (size_t i = 0; i < a.as.list->n; i++) sx_jx_push(r, v.as.list, a.as.list->items[i]);
        for (size_t i = 0; i < b.as.list->n; i++) sx_jx_push(r, v.as.list, b.as.list->items[i]);
        return v;
    }
    return bad(r, "+", &a, &b);
}

static sx_jx_value repeat(sx_jx_run *r, sx_jx_value v, int64_t times)
{
    if (times < 0) times = 0;
    if (v.type == JX_LIST) {
        sx_jx_value list = sx_jx_new_list(r, v.tuple);
        for (int64_t k = 0; k < times && v.as.list->n && sx_jx_step(r, v.as.list->n); k++)
            for (size_t i = 0; i < v.as.list->n; i++) sx_jx_push(r, list.as.list, v.as.list->items[i]);
        return list;
    }
    if (v.len && (uint64_t)times > r->max_bytes / v.len) {
        sx_jx_fail(r, LLM_E_LIMIT, "a text repeated %lld times is too long", (long long)times);
        return v;
    }
    char *s = sx_jx_alloc(r, v.len * (size_t)times + 1);
    for (int64_t k = 0; s && k < times; k++) memcpy(s + (size_t)k * v.len, v.as.s, v.len);
    return s ? sx_jx_view(s, v.len * (size_t)times) : v;
}

static sx_jx_value divide(sx_jx_run *r, sx_jx_op op, sx_jx_value a, sx_jx_value b)
{
    if (real(&b) == 0) {
        sx_jx_fail(r, LLM_E_INVALID, "division by zero");
        return a;
    }
    if (op == JX_DIV) return sx_jx_float(real(&a) / real(&b));
    if (a.type == JX_FLOAT || b.type == JX_FLOAT) {
        double q = floor(real(&a) / real(&b));
        return sx_jx_float(op == JX_FLOORDIV ? q : real(&a) - q * real(&b));
    }
    int64_t x = whole(&a), y = whole(&b);
    if (y == -1) return op == JX_MOD ? sx_jx_int(0) : x == INT64_MIN ? too_large(r) : sx_jx_int(-x);
    int64_t q = x / y, m = x % y;
    if (m && (m < 0) != (y < 0)) { /* Python rounds down */
        q--;
        m += y;
    }
    return sx_jx_int(op == JX_FLOORDIV ? q : m);
}

static sx_jx_value power(sx_jx_run *r, const sx_jx_value *a, const sx_jx_value *b)
{
    if (a->type == JX_FLOAT || b->type == JX_FLOAT || whole(b) < 0) return sx_jx_float(pow(real(a), real(b)));
    int64_t v = 1, x = whole(a);
    for (int64_t n = whole(b); n > 0; n--) {
        if (__builtin_mul_overflow(v, x, &v)) return too_large(r);
        if ((v == 0 || v == 1 || v == -1) && n > 2) n = 1 + (n & 1); /* the rest changes at most the sign */
    }
    return sx_jx_int(v);
}

static sx_jx_value arithmetic(sx_jx_run *r, sx_jx_op op, sx_jx_value a, sx_jx_value b)
{
    bool floats = a.type == JX_FLOAT || b.type == JX_FLOAT;
    int64_t v;
    bool over;
    switch (op) {
    case JX_POW: return power(r, &a, &b);
    case JX_DIV:
    case JX_FLOORDIV:
    case JX_MOD: return divide(r, op, a, b);
    case JX_ADD:
        if (floats) return sx_jx_float(real(&a) + real(&b));
        over = __builtin_add_overflow(whole(&a), whole(&b), &v);
        break;
    case JX_SUB:
        if (floats) return sx_jx_float(real(&a) - real(&b));
        over = __builtin_sub_overflow(whole(&a), whole(&b), &v);
        break;
    default:
        if (floats) return sx_jx_float(real(&a) * real(&b));
        over = __builtin_mul_overflow(whole(&a), whole(&b), &v);
    }
    return over ? too_large(r) : sx_jx_int(v);
}

sx_jx_value sx_jx_binary(sx_jx_run *r, sx_jx_op op, sx_jx_value a, sx_jx_value b)
{
    static const char *const names[] = {"+", "-", "*", "/", "//", "%", "**", "~"};
    switch (op) {
    case JX_EQ: return sx_jx_bool(sx_jx_equal(&a, &b));
    case JX_NE: return sx_jx_bool(!sx_jx_equal(&a, &b));
    case JX_LT: return sx_jx_bool(sx_jx_order(r, &a, &b) < 0);
    case JX_LE: return sx_jx_bool(sx_jx_order(r, &a, &b) <= 0);
    case JX_GT: return sx_jx_bool(sx_jx_order(r, &a, &b) > 0);
    case JX_GE: return sx_jx_bool(sx_jx_order(r, &a, &b) >= 0);
    case JX_IN: return sx_jx_bool(sx_jx_contains(r, &a, &b));
    case JX_NOT_IN: return sx_jx_bool(!sx_jx_contains(r, &a, &b));
    default: break;
    }
    if (op == JX_CONCAT) {
        a = sx_jx_to_string(r, a);
        b = sx_jx_to_string(r, b);
        return joined(r, &a, &b);
    }
    if (number(&a) && number(&b)) return arithmetic(r, op, a, b);
    if (op == JX_ADD) return add(r, a, b);
    if (op == JX_MOD && a.type == JX_STRING) return sx_jx_format_percent(r, a, b);
    if (op == JX_MUL && (a.type == JX_STRING || a.type == JX_LIST) && (b.type == JX_INT || b.type == JX_BOOL))
        return repeat(r, a, whole(&b));
    if (op == JX_MUL && (b.type == JX_STRING || b.type == JX_LIST) && (a.type == JX_INT || a.type == JX_BOOL))
        return repeat(r, b, whole(&a));
    return bad(r, names[op], &a, &b);
}

sx_jx_value sx_jx_iterate(sx_jx_run *r, sx_jx_value v)
{
    if (v.type == JX_LIST && !(v.lazy && v.as.list->used)) {
        v.as.list->used = v.lazy;
        return v;
    }
    sx_jx_value list = sx_jx_new_list(r, false);
    if (v.type == JX_LIST) return list;
    if (v.type == JX_STRING) {
        for (size_t i = 0, n; i < v.len && sx_jx_step(r, 1); i += n) {
            if (sx_utf8_next(v.as.s + i, v.len - i, &n) == SX_UTF8_BAD) n = 1;
            sx_jx_push(r, list.as.list, sx_jx_view(v.as.s + i, n));
        }
    } else if (v.type == JX_DICT) {
        for (size_t i = 0; i < v.as.dict->n && sx_jx_step(r, 1); i++) sx_jx_push(r, list.as.list, v.as.dict->entries[i].key);
    } else if (v.type != JX_UNDEFINED) {
        sx_jx_fail(r, LLM_E_INVALID, "a %s cannot be gone over", sx_jx_type_name(&v));
    }
    return list;
}

int64_t sx_jx_length(sx_jx_run *r, const sx_jx_value *v)
{
    switch (v->type) {
    case JX_STRING: return (int64_t)sx_jx_chars(v->as.s, v->len);
    case JX_LIST:
        if (v->lazy) sx_jx_fail(r, LLM_E_INVALID, "an iterator has no length: make it a list first");
        return (int64_t)v->as.list->n;
    case JX_DICT: return (int64_t)v->as.dict->n;
    case JX_UNDEFINED: return 0;
    case JX_LOOP: return (int64_t)v->as.loop->items->n;
    default: sx_jx_fail(r, LLM_E_INVALID, "a %s has no length", sx_jx_type_name(v)); return 0;
    }
}

/* One bound of a slice as Python adjusts it to [low, high]. */
static int64_t bound(sx_jx_run *r, const sx_jx_value *v, int64_t fallback, int64_t n, int64_t low, int64_t high)
{
    if (v->type == JX_NONE) return fallback;
    if (v->type != JX_INT && v->type != JX_BOOL) {
        sx_jx_fail(r, LLM_E_INVALID, "a slice is cut at whole numbers, not at a %s", sx_jx_type_name(v));
        return fallback;
    }
    int64_t i = whole(v);
    if (i < 0) i = i < -n ? low : i + n;
    return i < low ? low : i > high ? high : i;
}

sx_jx_value sx_jx_slice(sx_jx_run *r, sx_jx_value v, sx_jx_value from, sx_jx_value to, sx_jx_value step)
{
    bool text = v.type == JX_STRING;
    if (v.type == JX_UNDEFINED) return bad(r, "a slice", &v, &v);
    if (!text && (v.type != JX_LIST || v.lazy || v.view)) {
        sx_jx_fail(r, LLM_E_INVALID, "a %s cannot be sliced", sx_jx_type_name(&v));
        return v;
    }
    int64_t n = sx_jx_length(r, &v), by = step.type == JX_NONE ? 1 : bound(r, &step, 1, 0, -n - 1, n + 1);
    if (step.type == JX_INT && step.as.i < 0) by = step.as.i < -n - 1 ? -n - 1 : step.as.i;
    if (by == 0) {
        sx_jx_fail(r, LLM_E_INVALID, "the step of a slice is zero");
        return v;
    }
    int64_t low = by > 0 ? 0 : -1, high = by > 0 ? n : n - 1;
    int64_t a = bound(r, &from, by > 0 ? 0 : n - 1, n, low, high), b = bound(r, &to, by > 0 ? n : -1, n, low, high);
    if (text && by == 1) {
        size_t x = sx_jx_char_offset(v.as.s, v.len, (size_t)a), y = b > a ? sx_jx_char_offset(v.as.s, v.len, (size_t)b) : x;
        sx_jx_value part = sx_jx_view(v.as.s + x, y - x);
        part.markup = v.markup;
        return part;
    }
    sx_jx_value items = sx_jx_iterate(r, v), list = sx_jx_new_list(r, v.type == JX_LIST && v.tuple);
    for (int64_t i = a; (by > 0 ? i < b : i > b) && sx_jx_step(r, 1); i += by) sx_jx_push(r, list.as.list, items.as.list->items[i]);
    if (!text) return list;
    sx_buf out;
    sx_buf_init(&out, r->mem, 0);
    for (size_t i = 0; i < list.as.list->n; i++) sx_buf_add(&out, list.as.list->items[i].as.s, list.as.list->items[i].len);
    return sx_jx_from_buf(r, &out);
}

sx_jx_value sx_jx_item(sx_jx_run *r, sx_jx_value v, sx_jx_value key)
{
    bool index = key.type == JX_INT || key.type == JX_BOOL;
    if (v.type == JX_UNDEFINED) {
        sx_jx_fail(r, LLM_E_INVALID, "%s is not defined, so it has no items", v.as.s ? v.as.s : "a value");
    } else if (v.type == JX_DICT) {
        sx_jx_value *found = sx_jx_find(v.as.dict, &key);
        if (found) return *found;
    } else if (((v.type == JX_LIST && !v.lazy && !v.view) || v.type == JX_STRING) && index) {
        int64_t n = sx_jx_length(r, &v), i = whole(&key);
        if (i < 0) i += n;
        if (i < 0 || i >= n) return sx_jx_undefined(NULL);
        if (v.type == JX_LIST) return v.as.list->items[i];
        return sx_jx_slice(r, v, sx_jx_int(i), sx_jx_int(i + 1), sx_jx_none());
    }
    if (key.type == JX_STRING && v.type != JX_UNDEFINED) {
        sx_jx_value name = sx_jx_string(r, key.as.s, key.len);
        if (v.type != JX_DICT || sx_jx_is_method(&v, name.as.s, name.len)) return sx_jx_attr(r, v, name.as.s, name.len);
        return sx_jx_undefined(name.as.s);
    }
    return sx_jx_undefined(NULL);
}

static sx_jx_value loop_attr(const sx_jx_loop *l, const char *name)
{
    int64_t at = (int64_t)l->at, n = (int64_t)l->items->n;
    if (strcmp(name, "index") == 0) return sx_jx_int(at + 1);
    if (strcmp(name, "index0") == 0) return sx_jx_int(at);
    if (strcmp(name, "revindex") == 0) return sx_jx_int(n - at);
    if (strcmp(name, "revindex0") == 0) return sx_jx_int(n - at - 1);
    if (strcmp(name, "first") == 0) return sx_jx_bool(at == 0);
    if (strcmp(name, "last") == 0) return sx_jx_bool(at == n - 1);
    if (strcmp(name, "length") == 0) return sx_jx_int(n);
    if (strcmp(name, "depth") == 0) return sx_jx_int((int64_t)l->depth + 1);
    if (strcmp(name, "depth0") == 0) return sx_jx_int((int64_t)l->depth);
    if (strcmp(name, "previtem") == 0 && at > 0) return l->items->items[at - 1];
    if (strcmp(name, "nextitem") == 0 && at + 1 < n) return l->items->items[at + 1];
    return sx_jx_undefined(name);
}

sx_jx_value sx_jx_attr(sx_jx_run *r, sx_jx_value v, const char *name, size_t len)
{
    if (v.type == JX_UNDEFINED) {
        sx_jx_fail(r, LLM_E_INVALID, "%s is not defined, so it has no %s", v.as.s ? v.as.s : "a value", name);
        return v;
    }
    if (sx_jx_is_method(&v, name, len)) {
        sx_jx_method *m = sx_jx_alloc(r, sizeof *m);
        if (!m) return v;
        *m = (sx_jx_method){v, name, len};
        return (sx_jx_value){.type = JX_METHOD, .as.method = m};
    }
    if (v.type == JX_DICT || v.type == JX_NAMESPACE) {
        sx_jx_value *found = sx_jx_find_name(v.as.dict, name, len);
        if (found) return *found;
    }
    if (v.type == JX_LOOP) return loop_attr(v.as.loop, name);
    if (v.type == JX_CYCLER && strcmp(name, "current") == 0) return v.as.cycler->items->items[v.as.cycler->at % v.as.cycler->items->n];
    if (v.type == JX_MACRO && strcmp(name, "name") == 0) return v.as.macro->node->value;
    return sx_jx_undefined(name);
}
