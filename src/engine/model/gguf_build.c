#include "engine/model/gguf_build.h"

#include <string.h>

#include "engine/model/gguf_parts.h"

llm_status sx_gguf_create(sx_gguf **out, sx_mem *mem, llm_error *err)
{
    *out = sx_mem_zalloc(mem, sizeof **out);
    if (!*out) return sx_fail_memory(err);
    (*out)->mem = mem;
    sx_arena_init(&(*out)->names, mem);
    sx_map_init(&(*out)->kv_index, mem);
    sx_map_init(&(*out)->tensor_index, mem);
    return LLM_OK;
}

static void fail(sx_gguf *g, llm_status status)
{
    if (g->built == LLM_OK) g->built = status;
}

void *sx_gguf_room(sx_gguf *g, size_t bytes)
{
    void *room = g->built == LLM_OK ? sx_arena_alloc(&g->names, bytes ? bytes : 1) : NULL;
    if (!room) fail(g, LLM_E_MEMORY);
    return room;
}

/* The entry of a key, new or again, with room for its value. */
static unsigned char *entry(sx_gguf *g, const char *key, uint32_t type, uint32_t elem, uint64_t count, size_t bytes)
{
    unsigned char *value = sx_gguf_room(g, bytes);
    if (!value) return NULL;
    uint32_t i = sx_map_get(&g->kv_index, key, strlen(key));
    if (i == SX_MAP_NONE) {
        char *name = sx_arena_strndup(&g->names, key, strlen(key));
        i = g->n_kvs;
        if (!name || sx_mem_grow(g->mem, (void **)&g->kvs, &g->cap_kvs, (size_t)i + 1, sizeof *g->kvs) ||
            sx_map_put(&g->kv_index, name, strlen(name), i)) {
            fail(g, LLM_E_MEMORY);
            return NULL;
        }
        g->kvs[i].key = name;
        g->n_kvs++;
    }
    g->kvs[i] = (gguf_kv){g->kvs[i].key, type, elem, count, value};
    return value;
}

static void put_le(unsigned char *to, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) to[i] = (unsigned char)(v >> 8 * i);
}

static uint32_t bits(float v)
{
    uint32_t u;
    memcpy(&u, &v, sizeof u);
    return u;
}

static void put_number(sx_gguf *g, const char *key, uint32_t type, uint64_t v, unsigned bytes)
{
    unsigned char *to = entry(g, key, type, 0, 1, bytes);
    if (to) put_le(to, v, bytes);
}

void sx_gguf_put_u32(sx_gguf *g, const char *key, uint32_t v)
{
    put_number(g, key, SX_GGUF_U32, v, 4);
}

void sx_gguf_put_f32(sx_gguf *g, const char *key, float v)
{
    put_number(g, key, SX_GGUF_F32, bits(v), 4);
}

void sx_gguf_put_bool(sx_gguf *g, const char *key, bool v)
{
    put_number(g, key, SX_GGUF_BOOL, v, 1);
}

void sx_gguf_put_str(sx_gguf *g, const char *key, const char *s, size_t len)
{
    unsigned char *to = entry(g, key, SX_GGUF_STRING, 0, len, len);
    if (to && len) memcpy(to, s, len);
}

void sx_gguf_put_strs(sx_gguf *g, const char *key, const sx_view *s, size_t n)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) bytes += 8 + s[i].len;
    unsigned char *to = entry(g, key, SX_GGUF_ARRAY, SX_GGUF_STRING, n, bytes);
    for (size_t i = 0; to && i < n; i++) {
        put_le(to, s[i].len, 8);
        if (s[i].len) memcpy(to + 8, s[i].s, s[i].len);
        to += 8 + s[i].len;
    }
}

void sx_gguf_put_f32s(sx_gguf *g, const char *key, const float *v, size_t n)
{
    unsigned char *to = entry(g, key, SX_GGUF_ARRAY, SX_GGUF_F32, n, 4 * n);
    for (size_t i = 0; to && i < n; i++) put_le(to + 4 * i, bits(v[i]), 4);
}

void sx_gguf_put_f64s(sx_gguf *g, const char *key, const double *v, size_t n)
{
    unsigned char *to = entry(g, key, SX_GGUF_ARRAY, SX_GGUF_F64, n, 8 * n);
    for (size_t i = 0; to && i < n; i++) {
        uint64_t word;
        memcpy(&word, &v[i], sizeof word);
        put_le(to + 8 * i, word, 8);
    }
}

void sx_gguf_put_i32s(sx_gguf *g, const char *key, const int32_t *v, size_t n)
{
    unsigned char *to = entry(g, key, SX_GGUF_ARRAY, SX_GGUF_I32, n, 4 * n);
    for (size_t i = 0; to && i < n; i++) put_le(to + 4 * i, (uint32_t)v[i], 4);
}

void sx_gguf_put_bools(sx_gguf *g, const char *key, const bool *v, size_t n)
{
    unsigned char *to = entry(g, key, SX_GGUF_ARRAY, SX_GGUF_BOOL, n, n);
    for (size_t i = 0; to && i < n; i++) to[i] = v[i];
}

void sx_gguf_put_bytes(sx_gguf *g, const char *key, const void *bytes, size_t n)
{
    unsigned char *to = entry(g, key, SX_GGUF_ARRAY, SX_GGUF_U8, n, n);
    if (to && n) memcpy(to, bytes, n);
}

void sx_gguf_put_tensor(sx_gguf *g, const char *name, const sx_tensor *t)
{
    if (g->built != LLM_OK) return;
    size_t n = g->n_tensors, len = strlen(name);
    const sx_type_info *info = sx_type_get(t->type);
    if (!info || sx_map_get(&g->tensor_index, name, len) != SX_MAP_NONE) {
        fail(g, LLM_E_FORMAT);
        return;
    }
    char *copy = sx_arena_strndup(&g->names, name, len);
    if (!copy || sx_mem_grow(g->mem, (void **)&g->tensors, &g->cap_tensors, n + 1, sizeof *g->tensors) ||
        sx_map_put(&g->tensor_index, copy, len, (uint32_t)n)) {
        fail(g, LLM_E_MEMORY);
        return;
    }
    sx_tensor *to = &g->tensors[n];
    *to = *t;
    to->name = copy;
    for (uint32_t d = to->n_dims; d < 4; d++) to->ne[d] = 1;
    to->bytes = (size_t)(to->ne[0] / info->block * to->ne[1] * to->ne[2] * to->ne[3]) * info->block_bytes;
    g->n_tensors++;
}

llm_status sx_gguf_built(const sx_gguf *g, llm_error *err)
{
    if (g->built == LLM_E_FORMAT)
        return sx_fail(err, LLM_E_FORMAT, "two tensors of the folder stand for the same weights: it is damaged");
    return g->built == LLM_OK ? LLM_OK : sx_fail_memory(err);
}
