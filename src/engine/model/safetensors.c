#include "engine/model/safetensors.h"

#include <inttypes.h>
#include <string.h>

#include "platform/json.h"

enum { MAX_HEAD = 100 * 1000 * 1000, MAX_NAME = 1024, SHOWN = 100 };

typedef struct head { /* of one file, while it is read */
    sx_st *st;
    const char *what;
    const unsigned char *data; /* of tensors */
    size_t size;
    llm_error *err;
} head;

void sx_st_init(sx_st *st, sx_mem *mem)
{
    memset(st, 0, sizeof *st);
    st->mem = mem;
    sx_arena_init(&st->arena, mem);
    sx_map_init(&st->index, mem);
}

void sx_st_free(sx_st *st)
{
    if (!st->mem) return;
    sx_mem_free(st->mem, st->tensors);
    sx_map_free(&st->index);
    sx_arena_free(&st->arena);
    memset(st, 0, sizeof *st);
}

static unsigned element_bytes(const char *dtype, uint32_t *type)
{
    static const struct {
        const char *name;
        uint32_t type;
        unsigned bytes;
    } known[] = {
        {"F32", SX_TYPE_F32, 4}, {"F16", SX_TYPE_F16, 2},    {"BF16", SX_TYPE_BF16, 2},  {"F64", UINT32_MAX, 8},
        {"I64", UINT32_MAX, 8},  {"I32", UINT32_MAX, 4},     {"I16", UINT32_MAX, 2},     {"I8", UINT32_MAX, 1},
        {"U64", UINT32_MAX, 8},  {"U32", UINT32_MAX, 4},     {"U16", UINT32_MAX, 2},     {"U8", UINT32_MAX, 1},
        {"BOOL", UINT32_MAX, 1}, {"F8_E4M3", UINT32_MAX, 1}, {"F8_E5M2", UINT32_MAX, 1}, {"F8_E8M0", UINT32_MAX, 1}};
    *type = UINT32_MAX;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, dtype) == 0) {
            *type = known[i].type;
            return known[i].bytes;
        }
    return 0;
}

static llm_status damaged(const head *h, const char *name, const char *how)
{
    return sx_fail(h->err, LLM_E_FORMAT, "%s: tensor %.*s %s: the file is damaged; fetch it again", h->what, SHOWN,
                   name, how);
}

static bool size_at(const sx_json *v, uint64_t *size)
{
    int64_t n;
    if (!sx_json_int(v, &n) || n < 0) return false;
    *size = (uint64_t)n;
    return true;
}

static llm_status read_shape(const head *h, const sx_json *v, sx_st_tensor *t, uint64_t *elements)
{
    const sx_json *shape = sx_json_get(v, "shape");
    if (!sx_json_is(shape, SX_JSON_ARRAY)) return damaged(h, t->name, "has no shape");
    if (shape->count > 4)
        return sx_fail(h->err, LLM_E_UNSUPPORTED, "%s: tensor %.*s has %u dimensions; the most is 4", h->what, SHOWN,
                       t->name, shape->count);
    *elements = 1;
    for (const sx_json *d = shape->first; d; d = d->next) {
        uint64_t n;
        if (!size_at(d, &n)) return damaged(h, t->name, "has a shape that is not made of sizes");
        if (n && *elements > INT64_MAX / n) return damaged(h, t->name, "is larger than any memory");
        *elements *= n;
        t->shape[t->n_dims++] = n;
    }
    return LLM_OK;
}

static llm_status read_tensor(const head *h, const sx_json *v, sx_st_tensor *t)
{
    const sx_json *range = sx_json_get(v, "data_offsets");
    const char *dtype = sx_json_get_str(v, "dtype", NULL);
    uint64_t from, to, elements = 0;
    if (!dtype) return damaged(h, t->name, "has no dtype");
    if (!sx_json_is(range, SX_JSON_ARRAY) || range->count != 2 || !size_at(range->first, &from) ||
        !size_at(range->first->next, &to))
        return damaged(h, t->name, "has no data_offsets");
    for (int d = 0; d < 4; d++) t->shape[d] = 1;
    llm_status status = read_shape(h, v, t, &elements);
    if (status != LLM_OK) return status;
    if (from > to || to > h->size)
        return sx_fail(h->err, LLM_E_FORMAT,
                       "%s: tensor %.*s lies at %" PRIu64 "..%" PRIu64 " but the file has %zu bytes of data: it is "
                       "truncated; fetch it again",
                       h->what, SHOWN, t->name, from, to, h->size);
    unsigned bytes = element_bytes(dtype, &t->type);
    if (bytes && (to - from) / bytes != elements) bytes = UINT32_MAX;
    if (bytes == UINT32_MAX || (bytes && (to - from) % bytes))
        return damaged(h, t->name, "has another size than its shape");
    t->dtype = sx_arena_strndup(&h->st->arena, dtype, strlen(dtype));
    if (!t->dtype) return sx_fail_memory(h->err);
    t->data = h->data + from;
    t->bytes = (size_t)(to - from);
    return LLM_OK;
}

static llm_status add_tensor(const head *h, const sx_json *v)
{
    sx_st *st = h->st;
    if (v->key_len == 0 || v->key_len > MAX_NAME || strlen(v->key) != v->key_len)
        return sx_fail(h->err, LLM_E_FORMAT, "%s: a tensor's name is not 1 to %d bytes of text", h->what, MAX_NAME);
    if (sx_map_get(&st->index, v->key, v->key_len) != SX_MAP_NONE) return damaged(h, v->key, "is there twice");
    sx_st_tensor t = {.name = sx_arena_strndup(&st->arena, v->key, v->key_len)};
    if (!t.name) return sx_fail_memory(h->err);
    llm_status status = read_tensor(h, v, &t);
    if (status != LLM_OK) return status;
    if (st->n >= SX_MAP_NONE || sx_mem_grow(st->mem, (void **)&st->tensors, &st->cap, st->n + 1, sizeof t) ||
        sx_map_put(&st->index, t.name, v->key_len, (uint32_t)st->n))
        return sx_fail_memory(h->err);
    st->tensors[st->n++] = t;
    return LLM_OK;
}

llm_status sx_st_add(sx_st *st, const char *what, const unsigned char *data, size_t size, llm_error *err)
{
    uint64_t len = 0;
    for (unsigned i = 0; i < 8 && i < size; i++) len |= (uint64_t)data[i] << 8 * i;
    if (size < 8 || len > size - 8)
        return sx_fail(err, LLM_E_FORMAT,
                       "%s is not a whole safetensors file: its %zu bytes do not hold the head of %" PRIu64
                       " it announces; fetch it again",
                       what, size, len);
    if (len > MAX_HEAD)
        return sx_fail(err, LLM_E_LIMIT, "%s has a head of %" PRIu64 " bytes; the most is %d", what, len, MAX_HEAD);
    head h = {st, what, data + 8 + len, size - 8 - (size_t)len, err};
    sx_arena arena;
    sx_arena_init(&arena, st->mem);
    const sx_json *all;
    llm_status status = sx_json_parse(&all, &arena, what, (const char *)data + 8, (size_t)len, err);
    if (status == LLM_OK && !sx_json_is(all, SX_JSON_OBJECT))
        status = sx_fail(err, LLM_E_FORMAT, "%s: its head is not a JSON object", what);
    for (const sx_json *v = status == LLM_OK ? all->first : NULL; v && status == LLM_OK; v = v->next)
        if (strcmp(v->key, "__metadata__") != 0) status = add_tensor(&h, v);
    sx_arena_free(&arena);
    return status;
}

const sx_st_tensor *sx_st_find(const sx_st *st, const char *name)
{
    uint32_t i = sx_map_get(&st->index, name, strlen(name));
    return i == SX_MAP_NONE ? NULL : &st->tensors[i];
}
