/* What operators do, as Python does it. */
#include <math.h>
#include <string.h>

#include "engine/text/jinja/jinja.h"
#include "platform/utf8.h"

bool jx_true(const jx_value *v)
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

static bool number(const jx_value *v)
{
    return v->type == JX_BOOL || v->type == JX_INT || v->type == JX_FLOAT;
}

static double real(const jx_value *v)
{
    return v->type == JX_FLOAT ? v->as.d : v->type == JX_INT ? (double)v->as.i : (double)v->as.b;
}

static int64_t whole(const jx_value *v)
{
    return v->type == JX_INT ? v->as.i : v->as.b;
}

static bool equal_at(const jx_value *a, const jx_value *b, unsigned depth)
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
            const jx_value *other = jx_find(b->as.dict, &a->as.dict->entries[i].key);
            if (!other || !equal_at(&a->as.dict->entries[i].value, other, depth + 1)) return false;
        }
        return true;
    case JX_GLOBAL: return a->as.global == b->as.global;
    default: return a->as.dict == b->as.dict; /* the same thing */
    }
}

bool jx_equal(const jx_value *a, const jx_value *b)
{
    return equal_at(a, b, 0);
}

int jx_order(jx_run *r, const jx_value *a, const jx_value *b)
{
    if (number(a) && number(b)) {
        if (a->type == JX_FLOAT || b->type == JX_FLOAT) return (real(a) > real(b)) - (real(a) < real(b));
        return (whole(a) > whole(b)) - (whole(a) < whole(b));
    }
    if (a->type == JX_STRING && b->type == JX_STRING) { /* UTF-8 sorts as its code points do */
        int order = memcmp(a->as.s, b->as.s, a->len < b->len ? a->len : b->len);
        return order ? (order > 0) - (order < 0) : (a->len > b->len) - (a->len < b->len);
    }
    if (a->type == JX_LIST && b->type == JX_LIST && jx_enter(r)) {
        int order = 0;
        size_t n = a->as.list->n, m = b->as.list->n;
        for (size_t i = 0; i < n && i < m && !order; i++) order = jx_order(r, &a->as.list->items[i], &b->as.list->items[i]);
        jx_leave(r);
        return order ? order : (n > m) - (n < m);
    }
    jx_fail(r, LLM_E_INVALID, "a %s and a %s cannot be put in order", jx_type_name(a), jx_type_name(b));
    return 0;
}

bool jx_contains(jx_run *r, const jx_value *item, const jx_value *in)
{
    switch (in->type) {
    case JX_STRING:
        if (item->type != JX_STRING) break;
        jx_step(r, in->len / 64);
        return memmem(in->as.s, in->len, item->as.s, item->len) != NULL;
    case JX_LIST:
        if (!jx_step(r, in->as.list->n)) return false;
        for (size_t i = 0; i < in->as.list->n; i++)
            if (jx_equal(&in->as.list->items[i], item)) return true;
        return false;
    case JX_DICT: return jx_find(in->as.dict, item) != NULL;
    case JX_UNDEFINED: return false;
    default: break;
    }
    jx_fail(r, LLM_E_INVALID, "a %s cannot be looked for in a %s", jx_type_name(item), jx_type_name(in));
    return false;
}

static jx_value bad(jx_run *r, const char *op, const jx_value *a, const jx_value *b)
{
    const jx_value *u = a->type == JX_UNDEFINED ? a : b->type == JX_UNDEFINED ? b : NULL;
    if (u)
        jx_fail(r, LLM_E_INVALID, "%s is not defined, so %s cannot take it", u->as.s ? u->as.s : "a value", op);
    else
        jx_fail(r, LLM_E_INVALID, "%s cannot take a %s and a %s", op, jx_type_name(a), jx_type_name(b));
    return jx_undefined(NULL);
}

static jx_value too_large(jx_run *r)
{
    jx_fail(r, LLM_E_LIMIT, "a whole number leaves 64 bits");
    return jx_int(0);
}

static jx_value joined(jx_run *r, const jx_value *a, const jx_value *b)
{
    char *s = jx_alloc(r, a->len + b->len + 1);
    if (!s) return jx_static("");
    if (a->len) memcpy(s, a->as.s, a->len);
    if (b->len) memcpy(s + a->len, b->as.s, b->len);
    jx_step(r, (a->len + b->len) / 64);
    return jx_view(s, a->len + b->len);
}

static jx_value add(jx_run *r, jx_value a, jx_value b)
{
    if (a.type == JX_STRING && b.type == JX_STRING) {
        bool markup = a.markup || b.markup;
        if (markup && !a.markup) a = jx_escape(r, a);
        if (markup && !b.markup) b = jx_escape(r, b);
        jx_value v = joined(r, &a, &b);
        v.markup = markup;
        return v;
    }
    if (a.type == JX_LIST && b.type == JX_LIST && a.tuple == b.tuple) {
        jx_value v = jx_new_list(r, a.tuple);
        for (size_t i = 0; i < a.as.list->n; i++) jx_push(r, v.as.list, a.as.list->items[i]);
        for (size_t i = 0; i < b.as.list->n; i++) jx_push(r, v.as.list, b.as.list->items[i]);
        return v;
    }
    return bad(r, "+", &a, &b);
}

static jx_value repeat(jx_run *r, jx_value v, int64_t times)
{
    if (times < 0) times = 0;
    if (v.type == JX_LIST) {
        jx_value list = jx_new_list(r, v.tuple);
        for (int64_t k = 0; k < times && v.as.list->n && jx_step(r, v.as.list->n); k++)
            for (size_t i = 0; i < v.as.list->n; i++) jx_push(r, list.as.list, v.as.list->items[i]);
        return list;
    }
    if (v.len && (uint64_t)times > r->max_bytes / v.len) {
        jx_fail(r, LLM_E_LIMIT, "a text repeated %lld times is too long", (long long)times);
        return v;
    }
    char *s = jx_alloc(r, v.len * (size_t)times + 1);
    for (int64_t k = 0; s && k < times; k++) memcpy(s + (size_t)k * v.len, v.as.s, v.len);
    return s ? jx_view(s, v.len * (size_t)times) : v;
}

static jx_value divide(jx_run *r, jx_op op, jx_value a, jx_value b)
{
    if (real(&b) == 0) {
        jx_fail(r, LLM_E_INVALID, "division by zero");
        return a;
    }
    if (op == JX_DIV) return jx_float(real(&a) / real(&b));
    if (a.type == JX_FLOAT || b.type == JX_FLOAT) {
        double q = floor(real(&a) / real(&b));
        return jx_float(op == JX_FLOORDIV ? q : real(&a) - q * real(&b));
    }
    int64_t x = whole(&a), y = whole(&b);
    if (y == -1) return op == JX_MOD ? jx_int(0) : x == INT64_MIN ? too_large(r) : jx_int(-x);
    int64_t q = x / y, m = x % y;
    if (m && (m < 0) != (y < 0)) { /* Python rounds down */
        q--;
        m += y;
    }
    return jx_int(op == JX_FLOORDIV ? q : m);
}

static jx_value power(jx_run *r, const jx_value *a, const jx_value *b)
{
    if (a->type == JX_FLOAT || b->type == JX_FLOAT || whole(b) < 0) return jx_float(pow(real(a), real(b)));
    int64_t v = 1, x = whole(a);
    for (int64_t n = whole(b); n > 0; n--) {
        if (__builtin_mul_overflow(v, x, &v)) return too_large(r);
        if ((v == 0 || v == 1 || v == -1) && n > 2) n = 1 + (n & 1); /* the rest changes at most the sign */
    }
    return jx_int(v);
}

static jx_value arithmetic(jx_run *r, jx_op op, jx_value a, jx_value b)
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
        if (floats) return jx_float(real(&a) + real(&b));
        over = __builtin_add_overflow(whole(&a), whole(&b), &v);
        break;
    case JX_SUB:
        if (floats) return jx_float(real(&a) - real(&b));
        over = __builtin_sub_overflow(whole(&a), whole(&b), &v);
        break;
    default:
        if (floats) return jx_float(real(&a) * real(&b));
        over = __builtin_mul_overflow(whole(&a), whole(&b), &v);
    }
    return over ? too_large(r) : jx_int(v);
}

jx_value jx_binary(jx_run *r, jx_op op, jx_value a, jx_value b)
{
    static const char *const names[] = {"+", "-", "*", "/", "//", "%", "**", "~"};
    switch (op) {
    case JX_EQ: return jx_bool(jx_equal(&a, &b));
    case JX_NE: return jx_bool(!jx_equal(&a, &b));
    case JX_LT: return jx_bool(jx_order(r, &a, &b) < 0);
    case JX_LE: return jx_bool(jx_order(r, &a, &b) <= 0);
    case JX_GT: return jx_bool(jx_order(r, &a, &b) > 0);
    case JX_GE: return jx_bool(jx_order(r, &a, &b) >= 0);
    case JX_IN: return jx_bool(jx_contains(r, &a, &b));
    case JX_NOT_IN: return jx_bool(!jx_contains(r, &a, &b));
    default: break;
    }
    if (op == JX_CONCAT) {
        a = jx_to_string(r, a);
        b = jx_to_string(r, b);
        return joined(r, &a, &b);
    }
    if (number(&a) && number(&b)) return arithmetic(r, op, a, b);
    if (op == JX_ADD) return add(r, a, b);
    if (op == JX_MOD && a.type == JX_STRING) return jx_format_percent(r, a, b);
    if (op == JX_MUL && (a.type == JX_STRING || a.type == JX_LIST) && (b.type == JX_INT || b.type == JX_BOOL))
        return repeat(r, a, whole(&b));
    if (op == JX_MUL && (b.type == JX_STRING || b.type == JX_LIST) && (a.type == JX_INT || a.type == JX_BOOL))
        return repeat(r, b, whole(&a));
    return bad(r, names[op], &a, &b);
}

jx_value jx_iterate(jx_run *r, jx_value v)
{
    if (v.type == JX_LIST && !(v.lazy && v.as.list->used)) {
        v.as.list->used = v.lazy;
        return v;
    }
    jx_value list = jx_new_list(r, false);
    if (v.type == JX_LIST) return list;
    if (v.type == JX_STRING) {
        for (size_t i = 0, n; i < v.len && jx_step(r, 1); i += n) {
            if (sx_utf8_next(v.as.s + i, v.len - i, &n) == SX_UTF8_BAD) n = 1;
            jx_push(r, list.as.list, jx_view(v.as.s + i, n));
        }
    } else if (v.type == JX_DICT) {
        for (size_t i = 0; i < v.as.dict->n && jx_step(r, 1); i++) jx_push(r, list.as.list, v.as.dict->entries[i].key);
    } else if (v.type != JX_UNDEFINED) {
        jx_fail(r, LLM_E_INVALID, "a %s cannot be gone over", jx_type_name(&v));
    }
    return list;
}

int64_t jx_length(jx_run *r, const jx_value *v)
{
    switch (v->type) {
    case JX_STRING: return (int64_t)jx_chars(v->as.s, v->len);
    case JX_LIST:
        if (v->lazy) jx_fail(r, LLM_E_INVALID, "an iterator has no length: make it a list first");
        return (int64_t)v->as.list->n;
    case JX_DICT: return (int64_t)v->as.dict->n;
    case JX_UNDEFINED: return 0;
    case JX_LOOP: return (int64_t)v->as.loop->items->n;
    default: jx_fail(r, LLM_E_INVALID, "a %s has no length", jx_type_name(v)); return 0;
    }
}

/* One bound of a slice as Python adjusts it to [low, high]. */
static int64_t bound(jx_run *r, const jx_value *v, int64_t fallback, int64_t n, int64_t low, int64_t high)
{
    if (v->type == JX_NONE) return fallback;
    if (v->type != JX_INT && v->type != JX_BOOL) {
        jx_fail(r, LLM_E_INVALID, "a slice is cut at whole numbers, not at a %s", jx_type_name(v));
        return fallback;
    }
    int64_t i = whole(v);
    if (i < 0) i = i < -n ? low : i + n;
    return i < low ? low : i > high ? high : i;
}

jx_value jx_slice(jx_run *r, jx_value v, jx_value from, jx_value to, jx_value step)
{
    bool text = v.type == JX_STRING;
    if (v.type == JX_UNDEFINED) return bad(r, "a slice", &v, &v);
    if (!text && (v.type != JX_LIST || v.lazy || v.view)) {
        jx_fail(r, LLM_E_INVALID, "a %s cannot be sliced", jx_type_name(&v));
        return v;
    }
    int64_t n = jx_length(r, &v), by = step.type == JX_NONE ? 1 : bound(r, &step, 1, 0, -n - 1, n + 1);
    if (step.type == JX_INT && step.as.i < 0) by = step.as.i < -n - 1 ? -n - 1 : step.as.i;
    if (by == 0) {
        jx_fail(r, LLM_E_INVALID, "the step of a slice is zero");
        return v;
    }
    int64_t low = by > 0 ? 0 : -1, high = by > 0 ? n : n - 1;
    int64_t a = bound(r, &from, by > 0 ? 0 : n - 1, n, low, high), b = bound(r, &to, by > 0 ? n : -1, n, low, high);
    if (text && by == 1) {
        size_t x = jx_char_offset(v.as.s, v.len, (size_t)a), y = b > a ? jx_char_offset(v.as.s, v.len, (size_t)b) : x;
        jx_value part = jx_view(v.as.s + x, y - x);
        part.markup = v.markup;
        return part;
    }
    jx_value items = jx_iterate(r, v), list = jx_new_list(r, v.type == JX_LIST && v.tuple);
    for (int64_t i = a; (by > 0 ? i < b : i > b) && jx_step(r, 1); i += by) jx_push(r, list.as.list, items.as.list->items[i]);
    if (!text) return list;
    sx_buf out;
    sx_buf_init(&out, r->mem, 0);
    for (size_t i = 0; i < list.as.list->n; i++) sx_buf_add(&out, list.as.list->items[i].as.s, list.as.list->items[i].len);
    return jx_from_buf(r, &out);
}

jx_value jx_item(jx_run *r, jx_value v, jx_value key)
{
    bool index = key.type == JX_INT || key.type == JX_BOOL;
    if (v.type == JX_UNDEFINED) {
        jx_fail(r, LLM_E_INVALID, "%s is not defined, so it has no items", v.as.s ? v.as.s : "a value");
    } else if (v.type == JX_DICT) {
        jx_value *found = jx_find(v.as.dict, &key);
        if (found) return *found;
    } else if (((v.type == JX_LIST && !v.lazy && !v.view) || v.type == JX_STRING) && index) {
        int64_t n = jx_length(r, &v), i = whole(&key);
        if (i < 0) i += n;
        if (i < 0 || i >= n) return jx_undefined(NULL);
        if (v.type == JX_LIST) return v.as.list->items[i];
        return jx_slice(r, v, jx_int(i), jx_int(i + 1), jx_none());
    }
    if (key.type == JX_STRING && v.type != JX_UNDEFINED) {
        jx_value name = jx_string(r, key.as.s, key.len);
        if (v.type != JX_DICT || jx_is_method(&v, name.as.s, name.len)) return jx_attr(r, v, name.as.s, name.len);
        return jx_undefined(name.as.s);
    }
    return jx_undefined(NULL);
}

static jx_value loop_attr(const jx_loop *l, const char *name)
{
    int64_t at = (int64_t)l->at, n = (int64_t)l->items->n;
    if (strcmp(name, "index") == 0) return jx_int(at + 1);
    if (strcmp(name, "index0") == 0) return jx_int(at);
    if (strcmp(name, "revindex") == 0) return jx_int(n - at);
    if (strcmp(name, "revindex0") == 0) return jx_int(n - at - 1);
    if (strcmp(name, "first") == 0) return jx_bool(at == 0);
    if (strcmp(name, "last") == 0) return jx_bool(at == n - 1);
    if (strcmp(name, "length") == 0) return jx_int(n);
    if (strcmp(name, "depth") == 0) return jx_int((int64_t)l->depth + 1);
    if (strcmp(name, "depth0") == 0) return jx_int((int64_t)l->depth);
    if (strcmp(name, "previtem") == 0 && at > 0) return l->items->items[at - 1];
    if (strcmp(name, "nextitem") == 0 && at + 1 < n) return l->items->items[at + 1];
    return jx_undefined(name);
}

jx_value jx_attr(jx_run *r, jx_value v, const char *name, size_t len)
{
    if (v.type == JX_UNDEFINED) {
        jx_fail(r, LLM_E_INVALID, "%s is not defined, so it has no %s", v.as.s ? v.as.s : "a value", name);
        return v;
    }
    if (jx_is_method(&v, name, len)) {
        jx_method *m = jx_alloc(r, sizeof *m);
        if (!m) return v;
        *m = (jx_method){v, name, len};
        return (jx_value){.type = JX_METHOD, .as.method = m};
    }
    if (v.type == JX_DICT || v.type == JX_NAMESPACE) {
        jx_value *found = jx_find_name(v.as.dict, name, len);
        if (found) return *found;
    }
    if (v.type == JX_LOOP) return loop_attr(v.as.loop, name);
    if (v.type == JX_CYCLER && strcmp(name, "current") == 0) return v.as.cycler->items->items[v.as.cycler->at % v.as.cycler->items->n];
    if (v.type == JX_MACRO && strcmp(name, "name") == 0) return v.as.macro->node->value;
    return jx_undefined(name);
}
