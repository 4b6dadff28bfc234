/* Reads a GGUF file's head: metadata, tensor list, and where each tensor's bytes lie. Nothing is believed: every count is
 * held against the bytes that are left before memory is taken for it, so that memory and time are bounded by the file's
 * size, and no pointer is made to bytes outside it. */
#include "engine/model/gguf.h"

#include <inttypes.h>
#include <string.h>

#include "engine/model/gguf_parts.h"
#include "platform/utf8.h"

enum {
    MAX_KEY = 65535,
    MAX_TENSOR_NAME = 1024,
    MIN_KV_BYTES = 8 + 1 + 4 + 1,
    MIN_TENSOR_BYTES = 8 + 1 + 4 + 4 + 8,
    MAX_ARRAY_DEPTH = 4,
    DEFAULT_ALIGNMENT = 32,
    SHOWN = 100 /* bytes of a name that go into a sentence */
};

typedef struct reader {
    const unsigned char *data;
    size_t size, pos;
    llm_error *err;
} reader;

static size_t left(const reader *r)
{
    return r->size - r->pos;
}

static llm_status truncated(const reader *r, const char *what)
{
    return sx_fail(r->err, LLM_E_FORMAT,
                   "the GGUF file ends at byte %zu inside %s, which begins at byte %zu: it is truncated or damaged; "
                   "fetch it again",
                   r->size, what, r->pos);
}

static llm_status read_u32(reader *r, uint32_t *v, const char *what)
{
    if (left(r) < 4) return truncated(r, what);
    *v = (uint32_t)sx_gguf_le(r->data + r->pos, 4);
    r->pos += 4;
    return LLM_OK;
}

static llm_status read_u64(reader *r, uint64_t *v, const char *what)
{
    if (left(r) < 8) return truncated(r, what);
    *v = sx_gguf_le(r->data + r->pos, 8);
    r->pos += 8;
    return LLM_OK;
}

static llm_status read_string(reader *r, const unsigned char **s, uint64_t *len, const char *what)
{
    llm_status status = read_u64(r, len, what);
    if (status != LLM_OK) return status;
    if (*len > left(r)) return truncated(r, what);
    *s = r->data + r->pos;
    r->pos += (size_t)*len;
    return LLM_OK;
}

/* A key or a tensor's name: UTF-8 without NUL, copied. */
static llm_status read_name(reader *r, sx_arena *arena, size_t max, const char **name, const char *what)
{
    const unsigned char *s = NULL;
    uint64_t len = 0;
    size_t at = r->pos;
    llm_status status = read_string(r, &s, &len, what);
    if (status != LLM_OK) return status;
    if (len == 0 || len > max || memchr(s, 0, (size_t)len) || sx_utf8_check((const char *)s, (size_t)len) != len)
        return sx_fail(
            r->err, LLM_E_FORMAT,
            "%s at byte %zu is not a name: it must be 1 to %zu bytes of UTF-8 without NUL; the file is damaged", what,
            at, max);
    char *copy = sx_arena_strndup(arena, (const char *)s, (size_t)len);
    if (!copy) return sx_fail_memory(r->err);
    *name = copy;
    return LLM_OK;
}

/* Steps over `count` elements of an array; nested arrays are walked with a small stack of their own counts. */
static llm_status skip_elements(reader *r, uint32_t type, uint64_t count, const char *key)
{
    uint64_t todo[MAX_ARRAY_DEPTH];
    uint32_t types[MAX_ARRAY_DEPTH];
    unsigned depth = 0;
    todo[0] = count;
    types[0] = type;
    for (;;) {
        unsigned bytes = sx_gguf_number_bytes(types[depth]);
        if (bytes) {
            if (todo[depth] > left(r) / bytes) return truncated(r, key);
            r->pos += (size_t)todo[depth] * bytes;
            todo[depth] = 0;
        }
        if (todo[depth] == 0) {
            if (depth == 0) return LLM_OK;
            depth--;
            continue;
        }
        todo[depth]--;
        if (types[depth] == SX_GGUF_STRING) {
            const unsigned char *s;
            uint64_t len;
            llm_status status = read_string(r, &s, &len, key);
            if (status != LLM_OK) return status;
        } else if (types[depth] == SX_GGUF_ARRAY) {
            if (++depth == MAX_ARRAY_DEPTH)
                return sx_fail(r->err, LLM_E_FORMAT, "metadata %.*s nests arrays deeper than %d", SHOWN, key,
                               MAX_ARRAY_DEPTH);
            llm_status status = read_u32(r, &types[depth], key);
            if (status == LLM_OK) status = read_u64(r, &todo[depth], key);
            if (status != LLM_OK) return status;
        } else {
            return sx_fail(r->err, LLM_E_FORMAT, "metadata %.*s has elements of the unknown type %u", SHOWN, key,
                           types[depth]);
        }
    }
}

static llm_status read_value(reader *r, gguf_kv *kv)
{
    llm_status status = read_u32(r, &kv->type, kv->key);
    if (status != LLM_OK) return status;
    if (kv->type == SX_GGUF_STRING) return read_string(r, &kv->value, &kv->count, kv->key);
    if (kv->type == SX_GGUF_ARRAY) {
        status = read_u32(r, &kv->elem, kv->key);
        if (status == LLM_OK) status = read_u64(r, &kv->count, kv->key);
        if (status != LLM_OK) return status;
        if (kv->elem > SX_GGUF_F64)
            return sx_fail(r->err, LLM_E_FORMAT,
                           "metadata %.*s is an array of the unknown type %u; the file is damaged or "
                           "newer than this library",
                           SHOWN, kv->key, kv->elem);
        kv->value = r->data + r->pos;
        return skip_elements(r, kv->elem, kv->count, kv->key);
    }
    unsigned bytes = sx_gguf_number_bytes(kv->type);
    if (!bytes)
        return sx_fail(r->err, LLM_E_FORMAT,
                       "metadata %.*s has the unknown type %u; the file is damaged or newer than "
                       "this library",
                       SHOWN, kv->key, kv->type);
    if (left(r) < bytes) return truncated(r, kv->key);
    kv->count = 1;
    kv->value = r->data + r->pos;
    r->pos += bytes;
    return LLM_OK;
}

static llm_status index_name(sx_map *map, const char *name, uint32_t i, const char *what, llm_error *err)
{
    size_t len = strlen(name);
    if (sx_map_get(map, name, len) != SX_MAP_NONE)
        return sx_fail(err, LLM_E_FORMAT, "%s %.*s stands in the file twice: it is damaged or forged", what, SHOWN,
                       name);
    return sx_map_put(map, name, len, i) ? sx_fail_memory(err) : LLM_OK;
}

static llm_status read_kvs(sx_gguf *g, reader *r)
{
    g->kvs = sx_mem_array(g->mem, g->n_kvs, sizeof *g->kvs);
    if (!g->kvs || sx_map_reserve(&g->kv_index, g->n_kvs)) return sx_fail_memory(r->err);
    for (uint32_t i = 0; i < g->n_kvs; i++) {
        gguf_kv *kv = &g->kvs[i];
        llm_status status = read_name(r, &g->names, MAX_KEY, &kv->key, "a metadata key");
        if (status == LLM_OK) status = read_value(r, kv);
        if (status == LLM_OK) status = index_name(&g->kv_index, kv->key, i, "metadata", r->err);
        if (status != LLM_OK) return status;
    }
    return LLM_OK;
}

/* Elements and bytes of a tensor without overflow; a row must be whole blocks. */
static llm_status size_tensor(sx_tensor *t, llm_error *err)
{
    const sx_type_info *info = sx_type_get(t->type);
    if (!info)
        return sx_fail(err, LLM_E_UNSUPPORTED,
                       "tensor %.*s has type number %u, which this version does not know; convert "
                       "the model to a type it knows, such as Q8_0",
                       SHOWN, t->name, t->type);
    if (t->ne[0] % info->block)
        return sx_fail(err, LLM_E_FORMAT,
                       "tensor %.*s has rows of %" PRIu64 " elements, which is not a multiple of the "
                       "%u of a %s block",
                       SHOWN, t->name, t->ne[0], info->block, info->name);
    uint64_t blocks = t->ne[0] / info->block;
    bool empty = false;
    for (uint32_t d = 0; d < 4; d++) {
        if (t->ne[d] > INT64_MAX) blocks = UINT64_MAX;
        empty = empty || t->ne[d] == 0;
        if (d > 0 && t->ne[d] && blocks > INT64_MAX / t->ne[d])
            blocks = UINT64_MAX;
        else if (d > 0)
            blocks *= t->ne[d];
        if (blocks == UINT64_MAX) break;
    }
    if (empty) return sx_fail(err, LLM_E_FORMAT, "tensor %.*s has a dimension of 0 elements", SHOWN, t->name);
    if (blocks > (uint64_t)(SIZE_MAX / 2) / info->block_bytes)
        return sx_fail(err, LLM_E_FORMAT, "tensor %.*s is larger than any memory: its dimensions are damaged", SHOWN,
                       t->name);
    t->bytes = (size_t)blocks * info->block_bytes;
    return LLM_OK;
}

/* One entry of the tensor list. Its offset is kept aside until the place of the data is known. */
static llm_status read_tensor(sx_gguf *g, reader *r, sx_tensor *t, uint64_t *offset)
{
    llm_status status = read_name(r, &g->names, MAX_TENSOR_NAME, &t->name, "a tensor's name");
    if (status == LLM_OK) status = read_u32(r, &t->n_dims, t->name);
    if (status != LLM_OK) return status;
    if (t->n_dims > 4)
        return sx_fail(r->err, LLM_E_FORMAT, "tensor %.*s has %u dimensions; the most is 4", SHOWN, t->name, t->n_dims);
    for (uint32_t d = 0; d < 4; d++) {
        t->ne[d] = 1;
        if (d < t->n_dims && (status = read_u64(r, &t->ne[d], t->name)) != LLM_OK) return status;
    }
    status = read_u32(r, &t->type, t->name);
    if (status == LLM_OK) status = read_u64(r, offset, t->name);
    if (status == LLM_OK) status = size_tensor(t, r->err);
    return status;
}

static llm_status get_alignment(const sx_gguf *g, uint32_t *alignment, llm_error *err)
{
    *alignment = DEFAULT_ALIGNMENT;
    if (!sx_gguf_has(g, "general.alignment")) return LLM_OK;
    if (!sx_gguf_u32(g, "general.alignment", alignment) || *alignment < 8 || (*alignment & (*alignment - 1)))
        return sx_fail(err, LLM_E_FORMAT, "general.alignment is not a power of two of at least 8; the file is damaged");
    return LLM_OK;
}

/* Restores the heap order of order[0..n) below i: the largest offset on top. */
static void sift(uint32_t *order, uint32_t n, uint32_t i, const uint64_t *key)
{
    for (;;) {
        uint32_t k = i, a = 2 * i + 1, b = a + 1;
        if (a < n && key[order[a]] > key[order[k]]) k = a;
        if (b < n && key[order[b]] > key[order[k]]) k = b;
        if (k == i) return;
        uint32_t swap = order[i];
        order[i] = order[k];
        order[k] = swap;
        i = k;
    }
}

/* No two tensors share a byte. Files list them in order as a rule; else they are sorted first (heap sort). */
static llm_status check_overlap(const sx_gguf *g, uint32_t *order, const uint64_t *offsets, llm_error *err)
{
    bool sorted = true;
    for (uint32_t i = 0; i < g->n_tensors; i++) {
        order[i] = i;
        if (i && offsets[i] < offsets[i - 1]) sorted = false;
    }
    if (!sorted) {
        for (uint32_t i = g->n_tensors / 2; i-- > 0;) sift(order, g->n_tensors, i, offsets);
        for (uint32_t n = g->n_tensors; n-- > 1;) {
            uint32_t top = order[0];
            order[0] = order[n];
            order[n] = top;
            sift(order, n, 0, offsets);
        }
    }
    for (uint32_t i = 1; i < g->n_tensors; i++) {
        const sx_tensor *a = &g->tensors[order[i - 1]], *b = &g->tensors[order[i]];
        if (offsets[order[i]] - offsets[order[i - 1]] < a->bytes)
            return sx_fail(err, LLM_E_FORMAT,
                           "tensors %.*s and %.*s lie over each other; the file is damaged or forged", SHOWN, a->name,
                           SHOWN, b->name);
    }
    return LLM_OK;
}

static llm_status place_tensors(sx_gguf *g, const reader *r, const uint64_t *offsets)
{
    uint32_t alignment;
    llm_status status = get_alignment(g, &alignment, r->err);
    if (status != LLM_OK) return status;
    size_t pad = (alignment - r->pos % alignment) % alignment;
    size_t room = left(r) < pad ? 0 : left(r) - pad; /* bytes of tensor data */
    for (uint32_t i = 0; i < g->n_tensors; i++) {
        sx_tensor *t = &g->tensors[i];
        if (offsets[i] % alignment)
            return sx_fail(r->err, LLM_E_FORMAT,
                           "tensor %.*s begins at offset %" PRIu64 ", which is not a multiple of the "
                           "alignment %u",
                           SHOWN, t->name, offsets[i], alignment);
        if (offsets[i] > room || t->bytes > room - offsets[i])
            return sx_fail(r->err, LLM_E_FORMAT,
                           "tensor %.*s needs %zu bytes at offset %" PRIu64 " but the file has %zu bytes "
                           "of tensor data: it is truncated; fetch it again",
                           SHOWN, t->name, t->bytes, offsets[i], room);
        t->data = r->data + r->pos + pad + offsets[i];
    }
    return LLM_OK;
}

static llm_status read_tensors(sx_gguf *g, reader *r)
{
    uint64_t *offsets = sx_mem_array(g->mem, g->n_tensors, sizeof *offsets);
    uint32_t *order = sx_mem_array(g->mem, g->n_tensors, sizeof *order);
    g->tensors = sx_mem_array(g->mem, g->n_tensors, sizeof *g->tensors);
    llm_status status = LLM_OK;
    if (!offsets || !order || !g->tensors || sx_map_reserve(&g->tensor_index, g->n_tensors))
        status = sx_fail_memory(r->err);
    for (uint32_t i = 0; status == LLM_OK && i < g->n_tensors; i++) {
        status = read_tensor(g, r, &g->tensors[i], &offsets[i]);
        if (status == LLM_OK) status = index_name(&g->tensor_index, g->tensors[i].name, i, "tensor", r->err);
    }
    if (status == LLM_OK) status = place_tensors(g, r, offsets);
    if (status == LLM_OK) status = check_overlap(g, order, offsets, r->err);
    sx_mem_free(g->mem, order);
    sx_mem_free(g->mem, offsets);
    return status;
}

static llm_status read_head(sx_gguf *g, reader *r)
{
    uint32_t version = 0;
    uint64_t n_tensors = 0, n_kvs = 0;
    if (r->size < 4 || memcmp(r->data, "GGUF", 4) != 0)
        return sx_fail(r->err, LLM_E_FORMAT, "this is not a GGUF file: it does not begin with the bytes GGUF");
    r->pos = 4;
    llm_status status = read_u32(r, &version, "the version");
    if (status != LLM_OK) return status;
    if ((version & 0xffff) == 0 && version != 0)
        return sx_fail(r->err, LLM_E_UNSUPPORTED,
                       "the GGUF file is big-endian; convert it with gguf_convert_endian.py");
    if (version != 2 && version != 3)
        return sx_fail(r->err, LLM_E_UNSUPPORTED, "the GGUF file has version %u; this library reads versions 2 and 3",
                       version);
    status = read_u64(r, &n_tensors, "the number of tensors");
    if (status == LLM_OK) status = read_u64(r, &n_kvs, "the number of metadata entries");
    if (status != LLM_OK) return status;
    if (n_kvs > left(r) / MIN_KV_BYTES || n_tensors > left(r) / MIN_TENSOR_BYTES || n_kvs >= SX_MAP_NONE ||
        n_tensors >= SX_MAP_NONE)
        return sx_fail(r->err, LLM_E_FORMAT,
                       "the GGUF file claims %" PRIu64 " metadata entries and %" PRIu64 " tensors, more than "
                       "its %zu bytes can hold: it is truncated or damaged",
                       n_kvs, n_tensors, r->size);
    g->n_kvs = (uint32_t)n_kvs;
    g->n_tensors = (uint32_t)n_tensors;
    return LLM_OK;
}

llm_status sx_gguf_open(sx_gguf **out, sx_mem *mem, const void *data, size_t size, llm_error *err)
{
    *out = NULL;
    sx_gguf *g = sx_mem_zalloc(mem, sizeof *g);
    if (!g) return sx_fail_memory(err);
    g->mem = mem;
    sx_arena_init(&g->names, mem);
    sx_map_init(&g->kv_index, mem);
    sx_map_init(&g->tensor_index, mem);
    reader r = {data, size, 0, err};
    llm_status status = read_head(g, &r);
    if (status == LLM_OK) status = read_kvs(g, &r);
    if (status == LLM_OK) status = read_tensors(g, &r);
    if (status != LLM_OK) {
        sx_gguf_close(g);
        return status;
    }
    *out = g;
    return LLM_OK;
}

llm_status sx_gguf_join(sx_gguf *first, sx_gguf *part, llm_error *err)
{
    size_t n = (size_t)first->n_tensors + part->n_tensors;
    if (n >= SX_MAP_NONE) return sx_fail(err, LLM_E_LIMIT, "the parts of the file hold more tensors than fit");
    sx_tensor *all = n ? sx_mem_array(first->mem, n, sizeof *all) : NULL;
    if (n && (!all || sx_map_reserve(&first->tensor_index, n))) {
        sx_mem_free(first->mem, all);
        return sx_fail_memory(err);
    }
    if (first->n_tensors) memcpy(all, first->tensors, first->n_tensors * sizeof *all);
    if (part->n_tensors) memcpy(all + first->n_tensors, part->tensors, part->n_tensors * sizeof *all);
    sx_mem_free(first->mem, first->tensors);
    first->tensors = all;
    for (uint32_t i = first->n_tensors; i < n; i++) {
        llm_status status = index_name(&first->tensor_index, all[i].name, i, "tensor", err);
        if (status != LLM_OK) return status; /* those of the part are not counted: it may be closed */
    }
    first->n_tensors = (uint32_t)n;
    part->joined = first->joined;
    first->joined = part;
    return LLM_OK;
}

void sx_gguf_close(sx_gguf *g)
{
    if (!g) return;
    while (g->joined) {
        sx_gguf *part = g->joined;
        g->joined = part->joined;
        part->joined = NULL;
        sx_gguf_close(part);
    }
    sx_map_free(&g->kv_index);
    sx_map_free(&g->tensor_index);
    sx_arena_free(&g->names);
    sx_mem_free(g->mem, g->kvs);
    sx_mem_free(g->mem, g->tensors);
    sx_mem_free(g->mem, g);
}

uint32_t sx_gguf_tensor_count(const sx_gguf *g)
{
    return g->n_tensors;
}

const sx_tensor *sx_gguf_tensor_at(const sx_gguf *g, uint32_t i)
{
    return i < g->n_tensors ? &g->tensors[i] : NULL;
}

const sx_tensor *sx_gguf_tensor(const sx_gguf *g, const char *name)
{
    uint32_t i = sx_map_get(&g->tensor_index, name, strlen(name));
    return i == SX_MAP_NONE ? NULL : &g->tensors[i];
}
