/* Making values, and the bounds of a rendering. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/text/jinja/jinja.h"
#include "platform/map.h"

void jx_fail(jx_run *r, llm_status code, const char *format, ...)
{
    if (r->status != LLM_OK) return;
    char sentence[400];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    r->status = sx_fail(r->err, code, "template line %u: %s", r->line, sentence);
}

bool jx_step(jx_run *r, uint64_t n)
{
    if (r->status != LLM_OK) return false;
    r->steps += n;
    if (r->steps <= r->max_steps) return true;
    jx_fail(r, LLM_E_LIMIT, "it was stopped after %llu steps: it loops for ever or the input is too large for it",
            (unsigned long long)r->max_steps);
    return false;
}

bool jx_enter(jx_run *r)
{
    if (r->status != LLM_OK) return false;
    if (r->depth >= JX_MAX_DEPTH) {
        jx_fail(r, LLM_E_LIMIT, "expressions, calls or data nest deeper than %d levels", JX_MAX_DEPTH);
        return false;
    }
    r->depth++;
    return true;
}

void jx_leave(jx_run *r)
{
    r->depth--;
}

void *jx_alloc(jx_run *r, size_t size)
{
    if (r->status != LLM_OK) return NULL;
    if (size > r->max_bytes - r->bytes) {
        jx_fail(r, LLM_E_LIMIT, "it needs more than %llu bytes of memory", (unsigned long long)r->max_bytes);
        return NULL;
    }
    r->bytes += size + 16;
    if (r->bytes > r->max_bytes) r->bytes = r->max_bytes;
    void *p = sx_arena_alloc(&r->arena, size);
    if (!p) r->status = sx_fail_memory(r->err);
    return p;
}

jx_value jx_undefined(const char *name)
{
    return (jx_value){.type = JX_UNDEFINED, .as.s = name};
}

jx_value jx_none(void)
{
    return (jx_value){.type = JX_NONE};
}

jx_value jx_bool(bool b)
{
    return (jx_value){.type = JX_BOOL, .as.b = b};
}

jx_value jx_int(int64_t i)
{
    return (jx_value){.type = JX_INT, .as.i = i};
}

jx_value jx_float(double d)
{
    return (jx_value){.type = JX_FLOAT, .as.d = d};
}

jx_value jx_view(const char *s, size_t len)
{
    return (jx_value){.type = JX_STRING, .len = len, .as.s = s};
}

jx_value jx_static(const char *s)
{
    return jx_view(s, strlen(s));
}

jx_value jx_string(jx_run *r, const char *s, size_t len)
{
    char *copy = jx_alloc(r, len + 1);
    if (!copy) return jx_static("");
    if (len) memcpy(copy, s, len);
    jx_step(r, len / 64);
    return jx_view(copy, len);
}

jx_value jx_from_buf(jx_run *r, sx_buf *buf)
{
    jx_value v = jx_static("");
    llm_status status = sx_buf_status(buf);
    if (status == LLM_OK)
        v = jx_string(r, sx_buf_cstr(buf), buf->len);
    else if (status == LLM_E_MEMORY && r->status == LLM_OK)
        r->status = sx_fail_memory(r->err);
    else
        jx_fail(r, LLM_E_LIMIT, "a text grows beyond %llu bytes", (unsigned long long)r->max_bytes);
    sx_buf_free(buf);
    return v;
}

jx_value jx_new_list(jx_run *r, bool tuple)
{
    jx_list *list = jx_alloc(r, sizeof *list);
    return (jx_value){.type = JX_LIST, .tuple = tuple, .as.list = list ? list : &r->no_list};
}

/* Doubles an array of the arena. */
static void *more(jx_run *r, const void *old, size_t n, size_t *cap, size_t elem)
{
    size_t bigger = *cap ? *cap * 2 : 4;
    void *p = jx_alloc(r, bigger * elem);
    if (!p) return NULL;
    if (n) memcpy(p, old, n * elem);
    *cap = bigger;
    return p;
}

void jx_push(jx_run *r, jx_list *list, jx_value v)
{
    if (r->status != LLM_OK) return;
    if (list->n == list->cap) {
        jx_value *items = more(r, list->items, list->n, &list->cap, sizeof v);
        if (!items) return;
        list->items = items;
    }
    list->items[list->n++] = v;
}

jx_value jx_new_dict(jx_run *r)
{
    jx_dict *dict = jx_alloc(r, sizeof *dict);
    return (jx_value){.type = JX_DICT, .as.dict = dict ? dict : &r->no_dict};
}

static size_t hash(const jx_value *v)
{
    if (v->type == JX_STRING) return (size_t)sx_hash64(v->as.s, v->len, 0);
    int64_t i = v->type == JX_INT ? v->as.i : v->type == JX_BOOL ? v->as.b : 0;
    if (v->type == JX_FLOAT && v->as.d >= -9e15 && v->as.d <= 9e15) i = (int64_t)v->as.d; /* 1.0 is the key 1 */
    return (size_t)sx_hash64(&i, sizeof i, 1);
}

static void index_entry(jx_dict *d, size_t entry)
{
    size_t i = hash(&d->entries[entry].key) & (d->n_slots - 1);
    while (d->slots[i]) i = (i + 1) & (d->n_slots - 1);
    d->slots[i] = (uint32_t)entry + 1;
}

static void reindex(jx_run *r, jx_dict *d)
{
    size_t n = d->cap * 2;
    uint32_t *slots = jx_alloc(r, n * sizeof *slots);
    if (!slots) return;
    d->slots = slots;
    d->n_slots = n;
    for (size_t i = 0; i < d->n; i++) index_entry(d, i);
}

jx_value *jx_find(const jx_dict *d, const jx_value *key)
{
    if (!d->slots) {
        for (size_t i = 0; i < d->n; i++)
            if (jx_equal(&d->entries[i].key, key)) return &d->entries[i].value;
        return NULL;
    }
    for (size_t i = hash(key) & (d->n_slots - 1); d->slots[i]; i = (i + 1) & (d->n_slots - 1)) {
        jx_entry *e = &d->entries[d->slots[i] - 1];
        if (jx_equal(&e->key, key)) return &e->value;
    }
    return NULL;
}

jx_value *jx_find_name(const jx_dict *d, const char *name, size_t len)
{
    jx_value key = jx_view(name, len);
    return jx_find(d, &key);
}

void jx_put(jx_run *r, jx_dict *d, jx_value key, jx_value v)
{
    if (r->status != LLM_OK) return;
    if (key.type > JX_STRING && !(key.type == JX_LIST && key.tuple)) {
        jx_fail(r, LLM_E_INVALID, "a %s cannot be a key", jx_type_name(&key));
        return;
    }
    jx_value *old = jx_find(d, &key);
    if (old) {
        *old = v;
        return;
    }
    if (d->n == d->cap) {
        jx_entry *entries = more(r, d->entries, d->n, &d->cap, sizeof *entries);
        if (!entries) return;
        d->entries = entries;
        if (d->cap > 8) reindex(r, d);
        if (r->status != LLM_OK) return;
    }
    d->entries[d->n++] = (jx_entry){key, v};
    if (d->slots) index_entry(d, d->n - 1);
}

bool jx_is(const jx_value *v, const char *text)
{
    return v->type == JX_STRING && v->len == strlen(text) && memcmp(v->as.s, text, v->len) == 0;
}

const char *jx_type_name(const jx_value *v)
{
    static const char *const names[] = {"Undefined", "NoneType", "bool", "int", "float", "str", "list", "dict", "Namespace",
                                        "Macro", "method", "function", "LoopContext", "Cycler", "Joiner"};
    return v->type == JX_LIST && v->tuple ? "tuple" : names[v->type];
}
