/* Values with Python's truth, equality, order and printing. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/text/jinja/jinja.h"
#include "platform/number.h"
#include "platform/unicode.h"
#include "platform/utf8.h"

enum { MAX_BYTES = 64 << 20 };
static const uint64_t MAX_STEPS = 20u * 1000 * 1000;

bool sx_jinja_fail(jinja *j, llm_status code, const char *format, ...)
{
    if (j->status != LLM_OK) return false;
    char why[360];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(why, sizeof why, format, args);
    va_end(args);
    if (n >= (int)sizeof why) why[sx_utf8_floor(why, sizeof why - 1)] = '\0';
    j->status = sx_fail(j->err, code, "chat template, line %u: %s", j->line, why);
    return false;
}

bool sx_jinja_step(jinja *j, uint64_t cost)
{
    if (j->status != LLM_OK) return false;
    j->steps += cost;
    if (j->steps > MAX_STEPS) return sx_jinja_fail(j, LLM_E_LIMIT, "the template runs for too long");
    return true;
}

bool sx_jinja_enter(jinja *j)
{
    j->depth++;
    if (j->depth > J_MAX_DEPTH) return sx_jinja_fail(j, LLM_E_LIMIT, "nested deeper than %d levels", J_MAX_DEPTH);
    return j->status == LLM_OK;
}

void *sx_jinja_alloc(jinja *j, size_t size)
{
    if (j->status != LLM_OK) return NULL;
    if (size > MAX_BYTES || j->bytes + size > MAX_BYTES) {
        sx_jinja_fail(j, LLM_E_LIMIT, "the template needs more than %d MiB of memory", MAX_BYTES >> 20);
        return NULL;
    }
    void *p = sx_arena_alloc(&j->arena, size);
    if (!p)
        j->status = sx_fail_memory(j->err);
    else
        j->bytes += size + 16;
    return p;
}

/* ---- making ---- */

jvalue sx_j_undefined(jstr name)
{
    return (jvalue){.kind = J_UNDEFINED, .u.str = name};
}

jvalue sx_j_none(void)
{
    return (jvalue){.kind = J_NONE};
}

jvalue sx_j_bool(bool b)
{
    return (jvalue){.kind = J_BOOL, .u.b = b};
}

jvalue sx_j_int(int64_t i)
{
    return (jvalue){.kind = J_INT, .u.i = i};
}

jvalue sx_j_float(double f)
{
    return (jvalue){.kind = J_FLOAT, .u.f = f};
}

jvalue sx_j_borrow(const char *s, size_t len)
{
    return (jvalue){.kind = J_STR, .u.str = {s, len}};
}

jvalue sx_j_str(jinja *j, const char *s, size_t len)
{
    char *copy = sx_jinja_alloc(j, len + 1);
    if (!copy) return sx_j_borrow("", 0);
    if (len) memcpy(copy, s, len);
    return sx_j_borrow(copy, len);
}

jvalue sx_j_take(jinja *j, sx_buf *buf)
{
    if (sx_buf_status(buf) != LLM_OK && j->status == LLM_OK) j->status = sx_fail_memory(j->err);
    jvalue v = sx_j_str(j, sx_buf_cstr(buf), buf->len);
    sx_buf_free(buf);
    return v;
}

jvalue sx_j_list(jinja *j, jkind kind)
{
    jlist *list = sx_jinja_alloc(j, sizeof *list);
    return (jvalue){.kind = kind, .u.list = list ? list : &j->no_list};
}

jvalue sx_j_dict(jinja *j, jkind kind)
{
    jdict *dict = sx_jinja_alloc(j, sizeof *dict);
    return (jvalue){.kind = kind, .u.dict = dict ? dict : &j->no_dict};
}

static jvalue *room(jinja *j, jvalue *items, size_t count, size_t *cap)
{
    if (count < *cap) return items;
    size_t n = *cap ? *cap * 2 : 8;
    jvalue *more = sx_jinja_alloc(j, n * sizeof *more);
    if (!more) return NULL;
    if (count) memcpy(more, items, count * sizeof *items);
    *cap = n;
    return more;
}

void sx_j_push(jinja *j, jlist *list, jvalue v)
{
    jvalue *items = j->status == LLM_OK ? room(j, list->items, list->count, &list->cap) : NULL;
    if (!items) return;
    list->items = items;
    items[list->count++] = v;
}

/* ---- dicts ---- */

bool sx_j_is(jstr s, const char *name)
{
    return s.len == strlen(name) && memcmp(s.s, name, s.len) == 0;
}

static bool same(jstr a, jstr b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.s, b.s, a.len) == 0);
}

static size_t find_key(jinja *j, const jdict *dict, jvalue key)
{
    sx_jinja_step(j, 1 + dict->count / 8);
    for (size_t i = 0; i < dict->count; i++) {
        const jvalue *k = &dict->keys[i];
        if (k->kind == J_STR && key.kind == J_STR ? same(k->u.str, key.u.str) : sx_j_equal(j, *k, key)) return i;
    }
    return dict->count;
}

void sx_j_put(jinja *j, jdict *dict, jvalue key, jvalue v)
{
    size_t i = find_key(j, dict, key);
    if (j->status != LLM_OK) return;
    if (i == dict->count) {
        jvalue *keys = room(j, dict->keys, dict->count, &dict->key_cap);
        jvalue *values = keys ? room(j, dict->values, dict->count, &dict->value_cap) : NULL;
        if (keys) dict->keys = keys;
        if (!values) return;
        dict->values = values;
        dict->keys[i] = key;
        dict->count++;
    }
    dict->values[i] = v;
}

const jvalue *sx_j_get(jinja *j, const jdict *dict, jvalue key)
{
    size_t i = find_key(j, dict, key);
    return i < dict->count ? &dict->values[i] : NULL;
}

const jvalue *sx_j_get_name(jinja *j, const jdict *dict, jstr name)
{
    return sx_j_get(j, dict, sx_j_borrow(name.s, name.len));
}

/* ---- truth, equality, order ---- */

bool sx_j_truth(const jvalue *v)
{
    switch (v->kind) {
    case J_UNDEFINED:
    case J_NONE: return false;
    case J_BOOL: return v->u.b;
    case J_INT: return v->u.i != 0;
    case J_FLOAT: return v->u.f != 0;
    case J_STR: return v->u.str.len > 0;
    case J_LIST:
    case J_TUPLE: return v->u.list->count > 0;
    case J_DICT: return v->u.dict->count > 0;
    default: return true;
    }
}

bool sx_j_number(jvalue v, double *f)
{
    if (v.kind == J_BOOL) *f = v.u.b;
    else if (v.kind == J_INT) *f = (double)v.u.i;
    else if (v.kind == J_FLOAT) *f = v.u.f;
    else return false;
    return true;
}

static bool equal_dicts(jinja *j, const jdict *a, const jdict *b)
{
    if (a->count != b->count) return false;
    for (size_t i = 0; i < a->count && j->status == LLM_OK; i++) {
        const jvalue *other = sx_j_get(j, b, a->keys[i]);
        if (!other || !sx_j_equal(j, a->values[i], *other)) return false;
    }
    return true;
}

static bool equal_lists(jinja *j, const jlist *a, const jlist *b)
{
    if (a->count != b->count) return false;
    for (size_t i = 0; i < a->count && j->status == LLM_OK; i++)
        if (!sx_j_equal(j, a->items[i], b->items[i])) return false;
    return true;
}

bool sx_j_equal(jinja *j, jvalue a, jvalue b)
{
    double x, y;
    if (!sx_jinja_step(j, 1)) return false;
    if (a.kind == J_INT && b.kind == J_INT) return a.u.i == b.u.i;
    if (sx_j_number(a, &x) && sx_j_number(b, &y)) return x == y;
    if (a.kind != b.kind) return false;
    bool result = true; /* none and none, undefined and undefined */
    if (!sx_jinja_enter(j)) result = false;
    else if (a.kind == J_STR) result = same(a.u.str, b.u.str);
    else if (a.kind == J_LIST || a.kind == J_TUPLE) result = equal_lists(j, a.u.list, b.u.list);
    else if (a.kind == J_DICT) result = equal_dicts(j, a.u.dict, b.u.dict);
    else if (a.kind > J_DICT) result = a.u.dict == b.u.dict;
    j->depth--;
    return result;
}

int sx_j_compare(jinja *j, jvalue a, jvalue b)
{
    double x, y;
    if (!sx_jinja_step(j, 1)) return 0;
    if (a.kind == J_INT && b.kind == J_INT) return (a.u.i > b.u.i) - (a.u.i < b.u.i);
    if (sx_j_number(a, &x) && sx_j_number(b, &y)) return (x > y) - (x < y);
    if (a.kind == J_STR && b.kind == J_STR) {
        size_t n = a.u.str.len < b.u.str.len ? a.u.str.len : b.u.str.len;
        int c = n ? memcmp(a.u.str.s, b.u.str.s, n) : 0;
        return c ? c : (a.u.str.len > b.u.str.len) - (a.u.str.len < b.u.str.len);
    }
    if (a.kind == b.kind && (a.kind == J_LIST || a.kind == J_TUPLE)) {
        const jlist *l = a.u.list, *r = b.u.list;
        for (size_t i = 0; i < l->count && i < r->count && j->status == LLM_OK; i++)
            if (!sx_j_equal(j, l->items[i], r->items[i])) {
                int c = sx_jinja_enter(j) ? sx_j_compare(j, l->items[i], r->items[i]) : 0;
                j->depth--;
                return c;
            }
        return (l->count > r->count) - (l->count < r->count);
    }
    sx_jinja_fail(j, LLM_E_INVALID, "%s and %s have no order", sx_j_kind(a), sx_j_kind(b));
    return 0;
}

const char *sx_j_kind(jvalue v)
{
    static const char *const names[] = {"Undefined", "NoneType", "bool",      "int",  "float", "str",    "list",
                                        "tuple", "generator", "dict",     "Namespace", "loop", "macro", "method", "function"};
    return names[v.kind];
}

/* ---- iteration and length ---- */

bool sx_j_iterate(jinja *j, jvalue v, jlist *items)
{
    *items = (jlist){0};
    if (v.kind == J_LIST || v.kind == J_TUPLE || v.kind == J_GENERATOR) *items = *v.u.list;
    else if (v.kind == J_DICT) *items = (jlist){v.u.dict->keys, v.u.dict->count, 0};
    else if (v.kind == J_STR) {
        for (size_t i = 0, step; i < v.u.str.len && j->status == LLM_OK; i += step) {
            sx_utf8_next(v.u.str.s + i, v.u.str.len - i, &step);
            sx_j_push(j, items, sx_j_borrow(v.u.str.s + i, step));
        }
    } else if (v.kind != J_UNDEFINED) {
        return sx_jinja_fail(j, LLM_E_INVALID, "%s cannot be iterated", sx_j_kind(v));
    }
    return j->status == LLM_OK;
}

int64_t sx_j_length(jinja *j, jvalue v)
{
    if (v.kind == J_LIST || v.kind == J_TUPLE) return (int64_t)v.u.list->count;
    if (v.kind == J_DICT) return (int64_t)v.u.dict->count;
    if (v.kind == J_UNDEFINED) return 0;
    if (v.kind != J_STR) {
        sx_jinja_fail(j, LLM_E_INVALID, "%s has no length", sx_j_kind(v));
        return 0;
    }
    int64_t n = 0;
    for (size_t i = 0; i < v.u.str.len; i++) n += ((unsigned char)v.u.str.s[i] & 0xc0) != 0x80;
    return n;
}

/* ---- printing ---- */

void sx_j_put_float(sx_buf *out, double f)
{
    char text[40];
    if (f != f || f - f != 0)
        sx_buf_str(out, f != f ? "nan" : f < 0 ? "-inf" : "inf");
    else
        sx_buf_add(out, text, sx_number_write(text, sizeof text, f));
}

static void put_repr(sx_buf *out, jstr s)
{
    char quote = memchr(s.s, '\'', s.len) && !memchr(s.s, '"', s.len) ? '"' : '\'';
    sx_buf_char(out, quote);
    for (size_t i = 0, step; i < s.len; i += step) {
        uint32_t cp = sx_utf8_next(s.s + i, s.len - i, &step);
        uint32_t cls = sx_uc_class(cp);
        if (cp == '\n') sx_buf_str(out, "\\n");
        else if (cp == '\r') sx_buf_str(out, "\\r");
        else if (cp == '\t') sx_buf_str(out, "\\t");
        else if (cp == '\\' || cp == (uint32_t)quote) sx_buf_printf(out, "\\%c", (char)cp);
        else if (cp < 32 || cp == 127 || (cp < 256 && cls & (SX_UC_C | SX_UC_Z) && cp != ' ')) sx_buf_printf(out, "\\x%02x", cp);
        else if (cls & (SX_UC_C | SX_UC_Z) && cp != ' ') sx_buf_printf(out, cp < 0x10000 ? "\\u%04x" : "\\U%08x", cp);
        else sx_buf_add(out, s.s + i, step);
    }
    sx_buf_char(out, quote);
}

static void put_list(jinja *j, jvalue v, sx_buf *out)
{
    const jlist *list = v.u.list;
    sx_buf_char(out, v.kind == J_LIST ? '[' : '(');
    for (size_t i = 0; i < list->count && j->status == LLM_OK; i++) {
        if (i) sx_buf_str(out, ", ");
        sx_j_repr(j, list->items[i], out);
    }
    if (v.kind == J_TUPLE && list->count == 1) sx_buf_char(out, ',');
    sx_buf_char(out, v.kind == J_LIST ? ']' : ')');
}

static void put_dict(jinja *j, const jdict *dict, sx_buf *out)
{
    sx_buf_char(out, '{');
    for (size_t i = 0; i < dict->count && j->status == LLM_OK; i++) {
        if (i) sx_buf_str(out, ", ");
        sx_j_repr(j, dict->keys[i], out);
        sx_buf_str(out, ": ");
        sx_j_repr(j, dict->values[i], out);
    }
    sx_buf_char(out, '}');
}

void sx_j_repr(jinja *j, jvalue v, sx_buf *out)
{
    if (v.kind == J_STR) {
        put_repr(out, v.u.str);
        sx_jinja_step(j, 1 + v.u.str.len / 16);
    } else {
        sx_j_print(j, v, out);
    }
}

void sx_j_print(jinja *j, jvalue v, sx_buf *out)
{
    if (!sx_jinja_step(j, 1)) return;
    if (sx_jinja_enter(j)) switch (v.kind) {
    case J_UNDEFINED: break;
    case J_NONE: sx_buf_str(out, "None"); break;
    case J_BOOL: sx_buf_str(out, v.u.b ? "True" : "False"); break;
    case J_INT: sx_buf_printf(out, "%lld", (long long)v.u.i); break;
    case J_FLOAT: sx_j_put_float(out, v.u.f); break;
    case J_STR:
        sx_buf_add(out, v.u.str.s, v.u.str.len);
        sx_jinja_step(j, v.u.str.len / 64);
        break;
    case J_LIST:
    case J_TUPLE: put_list(j, v, out); break;
    case J_DICT: put_dict(j, v.u.dict, out); break;
    case J_NAMESPACE:
        sx_buf_str(out, "<Namespace ");
        put_dict(j, v.u.dict, out);
        sx_buf_char(out, '>');
        break;
    default: sx_buf_printf(out, "<%s>", sx_j_kind(v)); break;
    }
    j->depth--;
    if (sx_buf_status(out) == LLM_E_LIMIT) sx_jinja_fail(j, LLM_E_LIMIT, "the template's text is longer than allowed");
    else if (sx_buf_status(out) != LLM_OK && j->status == LLM_OK) j->status = sx_fail_memory(j->err);
}

jvalue sx_j_text(jinja *j, jvalue v)
{
    if (v.kind == J_STR) return v;
    sx_buf text;
    sx_buf_init(&text, j->mem, 0);
    sx_j_print(j, v, &text);
    return sx_j_take(j, &text);
}
