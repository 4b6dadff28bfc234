/* Making values, and the bounds of a rendering. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/text/jinja/jinja.h"
#include "platform/map.h"

void sx_jx_fail(sx_jx_run *r, llm_status code, const char *format, ...)
{
    if (r->status != LLM_OK) return;
    char sentence[400];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    r->status = sx_fail(r->err, code, "template line %u: %s", r->line, sentence);
}

bool sx_jx_step(sx_jx_run *r, uint64_t n)
{
    if (r->status != LLM_OK) return false;
    r->steps += n;
    if (r->steps <= r->max_steps) return true;
    sx_jx_fail(r, LLM_E_LIMIT, "it was stopped after %llu steps: it loops for ever or the input is too large for it",
            (unsigned long long)r->max_steps);
    return false;
}

bool sx_jx_enter(sx_jx_run *r)
{
    if (r->status != LLM_OK) return false;
    if (r->depth >= JX_MAX_DEPTH) {
        sx_jx_fail(r, LLM_E_LIMIT, "expressions, calls or data nest deeper than %d levels", JX_MAX_DEPTH);
        return false;
    }
    r->depth++;
    return true;
}

void sx_jx_leave(sx_jx_run *r)
{
    r->depth--;
}

void *sx_jx_alloc(sx_jx_run *r, size_t size)
{
    if (r->status != LLM_OK) return NULL;
    if (size > r->max_bytes - r->bytes) {
        sx_jx_fail(r, LLM_E_LIMIT, "it needs more than %llu bytes of memory", (unsigned long long)r->max_bytes);
        return NULL;
    }
    r->bytes += size + 16;
    if (r->bytes > r->max_bytes) r->bytes = r->max_bytes;
    void *p = sx_arena_alloc(&r->arena, size);
    if (!p) r->status = sx_fail_memory(r->err);
    return p;
}

sx_jx_value sx_jx_undefined(const char *name)
{
    return (sx_jx_value){.type = JX_UNDEFINED, .as.s = name};
}

sx_jx_value sx_jx_none(void)
{
    return (sx_jx_value){.type = JX_NONE};
}

sx_jx_value sx_jx_bool(bool b)
{
    return (sx_jx_value){.type = JX_BOOL, .as.b = b};
}

sx_jx_value sx_jx_int(int64_t i)
{
    return (sx_jx_value){.type = JX_INT, .as.i = i};
}

sx_jx_value sx_jx_float(double d)
{
    return (sx_jx_value){.type = JX_FLOAT, .as.d = d};
}

sx_jx_value sx_jx_view(const char *s, size_t len)
{
    return (sx_jx_value){.type = JX_STRING, .len = len, .as.s = s};
}

sx_jx_value sx_jx_static(const char *s)
{
    return sx_jx_view(s, strlen(s));
}

sx_jx_value sx_jx_string(sx_jx_run *r, const char *s, size_t len)
{
    char *copy = sx_jx_alloc(r, len + 1);
    if (!copy) return sx_jx_static("");
    if (len) memcpy(copy, s, len);
    sx_jx_step(r, len / 64);
    return sx_jx_view(copy, len);
}

sx_jx_value sx_jx_from_buf(sx_jx_run *r, sx_buf *buf)
{
    sx_jx_value v = sx_jx_static("");
    llm_status status = sx_buf_status(buf);
    if (status == LLM_OK)
        v = sx_jx_string(r, sx_buf_cstr(buf), buf->len);
    else if (status == LLM_E_MEMORY && r->status == LLM_OK)
        r->status = sx_fail_memory(r->err);
    else
        sx_jx_fail(r, LLM_E_LIMIT, "a text grows beyond %llu bytes", (unsigned long long)r->max_bytes);
    sx_buf_free(buf);
    return v;
}

sx_jx_value sx_jx_new_list(sx_jx_run *r, bool tuple)
{
    sx_jx_list *list = sx_jx_alloc(r, sizeof *list);
    return (sx_jx_value){.type = JX_LIST, .tuple = tuple, .as.list = list ? list : &r->no_list};
}

/* Doubles an array of the arena. */
static void *more(sx_jx_run *r, const void *old, size_t n, size_t *cap, size_t elem)
{
    size_t bigger = *cap ? *cap * 2 : 4;
    void *p = sx_jx_alloc(r, bigger * elem);
    if (!p) return NULL;
    if (n) memcpy(p, old, n * elem);
    *cap = bigger;
    return p;
}

void sx_jx_push(sx_jx_run *r, sx_jx_list *list, sx_jx_value v)
{
    if (r->status != LLM_OK) return;
    if (list->n == list->cap) {
        sx_jx_value *items = more(r, list->items, list->n, &list->cap, sizeof v);
        if (!items) return;
        list->items = items;
    }
    list->items[list->n++] = v;
}

sx_jx_value sx_jx_new_dict(sx_jx_run *r)
{
    sx_jx_dict *dict = sx_jx_alloc(r, sizeof *dict);
    return (sx_jx_value){.type = JX_DICT, .as.dict = dict ? dict : &r->no_dict};
}

static size_t hash(const sx_jx_value *v)
{
    if (v->type == JX_STRING) return (size_t)sx_hash64(v->as.s, v->len, 0);
    int64_t i = v->type == JX_INT ? v->as.i : v->type == JX_BOOL ? v->as.b : 0;
    if (v->type == JX_FLOAT && v->as.d >= -9e15 && v->as.d <= 9e15) i = (int64_t)v->as.d; /* 1.0 is the key 1 */
    return (size_t)sx_hash64(&i, sizeof i, 1);
}

static void index_entry(sx_jx_dict *d, size_t entry)
{
    size_t i = hash(&d->entries[entry].key) & (d->n_slots - 1);
    while (d->slots[i]) i = (i + 1) & (d->n_slots - 1);
    d->slots[i] = (uint32_t)entry + 1;
}

static void reindex(sx_jx_run *r, sx_jx_dict *d)
{
    size_t n = d->cap * 2;
    uint32_t *slots = sx_jx_alloc(r, n * sizeof *slots);
    if (!slots) return;
    d->slots = slots;
    d->n_slots = n;
    for (size_t i = 0; i < d->n; i++) index_entry(d, i);
}

sx_jx_value *sx_jx_find(const sx_jx_dict *d, const sx_jx_value *key)
{
    if (!d->slots) {
        for (size_t i = 0; i < d->n; i++)
            if (sx_jx_equal(&d->entries[i].key, key)) return &d->entries[i].value;
        return NULL;
    }
    for (size_t i = hash(key) & (d->n_slots - 1); d->slots[i]; i = (i + 1) & (d->n_slots - 1)) {
        sx_jx_entry *e = &d->entries[d->slots[i] - 1];
        if (sx_jx_equal(&e->key, key)) return &e->value;
    }
    return NULL;
}

sx_jx_value *sx_jx_find_name(const sx_jx_dict *d, const char *name, size_t len)
{
    sx_jx_value key = sx_jx_view(name, len);
    return sx_jx_find(d, &key);
}

void sx_jx_put(sx_jx_run *r, sx_jx_dict *d, sx_jx_value key, sx_jx_value v)
{
    if (r->status != LLM_OK) return;
    if (key.type > JX_STRING && !(key.type == JX_LIST && key.tuple)) {
        sx_jx_fail(r, LLM_E_INVALID, "a %s cannot be a key", sx_jx_type_name(&key));
        return;
    }
    sx_jx_value *old = sx_jx_find(d, &key);
    if (old) {
        *old = v;
        return;
    }
    if (d->n == d->cap) {
        sx_jx_entry *entries = more(r, d->entries, d->n, &d->cap, sizeof *entries);
        if (!entries) return;
        d->entries = entries;
        if (d->cap > 8) reindex(r, d);
        if (r->status != LLM_OK) return;
    }
    d->entries[d->n++] = (sx_jx_entry){key, v};
    if (d->slots) index_entry(d, d->n - 1);
}

bool sx_jx_is(const sx_jx_value *v, const char *text)
{
    return v->type == JX_STRING && v->len == strlen(text) && memcmp(v->as.s, text, v->len) == 0;
}

const char *sx_jx_type_name(const sx_jx_value *v)
{
    static const char *const names[] = {"Undefined", "NoneType", "bool", "int", "float", "str", "list", "dict", "Namespace",
                                        "Macro", "method", "function", "LoopContext", "Cycler", "Joiner"};
    return v->type == JX_LIST && v->tuple ? "tuple" : names[v->type];
}
