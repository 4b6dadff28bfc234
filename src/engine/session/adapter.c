/* Adapters, from GGUF files here, and sessions that carry them. An adapter's numbers are copied as floats: a pair is small, and the
 * file need not stay. Every pair is held against the matrix it belongs to before memory is taken. */
#include "engine/session/adapter.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "platform/file.h"

enum { NAME = 128 };

/* ---- pairs ---- */

llm_status sx_adapter_reserve(sx_adapter *adapter, size_t n, llm_error *err)
{
    adapter->set.pairs = sx_arena_alloc(&adapter->arena, (n + 1) * sizeof *adapter->set.pairs);
    if (!adapter->set.pairs || sx_map_reserve(&adapter->set.by_name, n)) return sx_fail_memory(err);
    return LLM_OK;
}

/* The matrix a pair belongs to. */
static llm_status find_base(const sx_adapter *adapter, const char *base, const sx_tensor **t, llm_error *err)
{
    *t = sx_gguf_tensor(adapter->model->gguf, base);
    if (!*t)
        return sx_fail(err, LLM_E_FORMAT,
                       "the adapter changes %.100s, which this model does not have: it was made for another model",
                       base);
    size_t len = strlen(base);
    bool matrix = (*t)->n_dims == 2 && len > 7 && strcmp(base + len - 7, ".weight") == 0;
    if (matrix && strcmp(base, "token_embd.weight") != 0) return LLM_OK;
    return sx_fail(err, LLM_E_UNSUPPORTED,
                   "the adapter changes %.100s; adapters of embeddings, norms and rows of experts are not supported",
                   base);
}

static llm_status check_shape(const sx_tensor *t, const sx_half *a, const sx_half *b, llm_error *err)
{
    if (a->cols != t->ne[0] || b->rows != t->ne[1] || a->rows != b->cols || a->rows == 0)
        return sx_fail(err, LLM_E_FORMAT,
                       "the adapter's matrices for %.100s are [%" PRIu64 ", %" PRIu64 "] and [%" PRIu64 ", %" PRIu64
                       "]; the model's is [%" PRIu64 ", %" PRIu64 "]: it was made for another model",
                       t->name, a->rows, a->cols, b->rows, b->cols, t->ne[1], t->ne[0]);
    if (a->rows > SX_LORA_MAX_RANK)
        return sx_fail(err, LLM_E_UNSUPPORTED, "the adapter's rank for %.100s is %" PRIu64 "; at most %d is supported",
                       t->name, a->rows, SX_LORA_MAX_RANK);
    return LLM_OK;
}

static llm_status floats_of(sx_adapter *adapter, const char *base, const sx_half *h, const float **out, llm_error *err)
{
    const sx_type_info *info = sx_type_get(h->type);
    if (!info || h->cols % info->block != 0)
        return sx_fail(err, LLM_E_UNSUPPORTED,
                       "the adapter's numbers for %.100s are of a type that is not supported; convert it to F32 or F16",
                       base);
    size_t n = (size_t)(h->rows * h->cols); /* of a shape that the model's own matrix has, or less */
    float *made = sx_arena_alloc(&adapter->arena, n * sizeof *made);
    if (!made) return sx_fail_memory(err);
    if (!sx_dequantize_row(h->type, h->data, made, n))
        return sx_fail(err, LLM_E_UNSUPPORTED,
                       "the adapter's numbers for %.100s are of type %s, which is not supported", base, info->name);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(made[i]))
            return sx_fail(err, LLM_E_FORMAT, "the adapter's number %zu for %.100s is not finite: the file is damaged",
                           i, base);
    *out = made;
    return LLM_OK;
}

llm_status sx_adapter_add(sx_adapter *adapter, const char *base, const sx_half *a, const sx_half *b, float alpha,
                          sx_lora **made, llm_error *err)
{
    const sx_tensor *t;
    llm_status status = find_base(adapter, base, &t, err);
    if (status == LLM_OK) status = check_shape(t, a, b, err);
    if (status != LLM_OK) return status;
    sx_lora *pair = &adapter->set.pairs[adapter->count];
    *pair = (sx_lora){.rank = (uint32_t)a->rows, .k = (uint32_t)a->cols};
    pair->scale = alpha != 0.0f ? alpha / (float)pair->rank : 1.0f;
    status = floats_of(adapter, base, a, &pair->a, err);
    if (status == LLM_OK) status = floats_of(adapter, base, b, &pair->b, err);
    if (status != LLM_OK) return status;
    if (sx_map_get(&adapter->set.by_name, t->name, strlen(t->name)) != SX_MAP_NONE)
        return sx_fail(err, LLM_E_FORMAT, "the adapter changes %.100s twice", base);
    if (sx_map_put(&adapter->set.by_name, t->name, strlen(t->name), (uint32_t)adapter->count))
        return sx_fail_memory(err);
    adapter->count++;
    if (made) *made = pair;
    return LLM_OK;
}

/* ---- GGUF ---- */

static bool string_is(const sx_gguf *gguf, const char *key, const char *want)
{
    const char *s;
    size_t len;
    return sx_gguf_str(gguf, key, &s, &len) && len == strlen(want) && memcmp(s, want, len) == 0;
}

static llm_status check_kind(const sx_adapter *adapter, const sx_gguf *gguf, float *alpha, llm_error *err)
{
    if (!string_is(gguf, "general.type", "adapter"))
        return sx_fail(err, LLM_E_FORMAT, "this GGUF file is no adapter: general.type is not \"adapter\"");
    if (!string_is(gguf, "adapter.type", "lora"))
        return sx_fail(err, LLM_E_UNSUPPORTED, "adapter.type is not \"lora\", the only kind that is supported");
    const char *arch = adapter->model->net.hp.arch ? adapter->model->net.hp.arch->name : "";
    if (sx_gguf_has(gguf, "general.architecture") && !string_is(gguf, "general.architecture", arch))
        return sx_fail(err, LLM_E_FORMAT, "the adapter was made for another architecture than the model's, %s", arch);
    *alpha = 0.0f;
    if (sx_gguf_f32(gguf, "adapter.lora.alpha", alpha) && !isfinite(*alpha))
        return sx_fail(err, LLM_E_FORMAT, "adapter.lora.alpha is not finite: the file is damaged");
    return LLM_OK;
}

static sx_half half_of(const sx_tensor *t)
{
    return (sx_half){t->type, t->data, t->ne[1], t->ne[0]};
}

static llm_status add_tensor(sx_adapter *adapter, const sx_gguf *gguf, const sx_tensor *t, float alpha, llm_error *err)
{
    char base[NAME + 8], other[NAME + 8];
    size_t len = strlen(t->name);
    bool is_a = len > 7 && strcmp(t->name + len - 7, ".lora_a") == 0,
         is_b = len > 7 && strcmp(t->name + len - 7, ".lora_b") == 0;
    if ((!is_a && !is_b) || len > NAME)
        return sx_fail(err, LLM_E_UNSUPPORTED, "the adapter's tensor %.100s is neither a .lora_a nor a .lora_b",
                       t->name);
    memcpy(base, t->name, len - 7);
    base[len - 7] = '\0';
    memcpy(other, t->name, len + 1);
    other[len - 1] = is_a ? 'b' : 'a';
    const sx_tensor *pair = sx_gguf_tensor(gguf, other);
    if (!pair) return sx_fail(err, LLM_E_FORMAT, "the adapter has %.100s and no %.100s", t->name, other);
    if (is_b) return LLM_OK; /* its A brings it along */
    if (t->ne[2] * t->ne[3] != 1 || pair->ne[2] * pair->ne[3] != 1)
        return sx_fail(err, LLM_E_UNSUPPORTED,
                       "the adapter changes %.100s; adapters of rows of experts are not supported", base);
    const sx_half a = half_of(t), b = half_of(pair);
    return sx_adapter_add(adapter, base, &a, &b, alpha, NULL, err);
}

static llm_status read_gguf(sx_adapter *adapter, const void *data, size_t size, llm_error *err)
{
    sx_gguf *gguf = NULL;
    float alpha = 0.0f;
    llm_status status = sx_gguf_open(&gguf, adapter->mem, data, size, err);
    if (status == LLM_OK) status = check_kind(adapter, gguf, &alpha, err);
    if (status == LLM_OK) status = sx_adapter_reserve(adapter, sx_gguf_tensor_count(gguf), err);
    for (uint32_t i = 0; status == LLM_OK && i < sx_gguf_tensor_count(gguf); i++)
        status = add_tensor(adapter, gguf, sx_gguf_tensor_at(gguf, i), alpha, err);
    sx_gguf_close(gguf);
    if (status == LLM_OK && adapter->count == 0) status = sx_fail(err, LLM_E_FORMAT, "the adapter is empty");
    return status;
}

/* ---- life ---- */

static sx_adapter *create(sx_mem *mem, const sx_model *model)
{
    sx_adapter *adapter = sx_mem_zalloc(mem, sizeof *adapter);
    if (!adapter) return NULL;
    adapter->mem = mem;
    adapter->model = model;
    sx_arena_init(&adapter->arena, mem);
    sx_map_init(&adapter->set.by_name, mem);
    return adapter;
}

static llm_status finish(sx_adapter *adapter, llm_status status, sx_adapter **out)
{
    if (status == LLM_OK)
        *out = adapter;
    else
        sx_adapter_free(adapter);
    return status;
}

llm_status sx_adapter_read(sx_adapter **out, sx_mem *mem, const sx_model *model, const void *data, size_t size,
                           llm_error *err)
{
    *out = NULL;
    sx_adapter *adapter = create(mem, model);
    return adapter ? finish(adapter, read_gguf(adapter, data, size, err), out) : sx_fail_memory(err);
}

llm_status sx_adapter_load(sx_adapter **out, sx_mem *mem, const sx_model *model, const char *path, llm_error *err)
{
    sx_map_file file;
    *out = NULL;
    if (sx_file_is_folder(path)) {
        sx_adapter *adapter = create(mem, model);
        return adapter ? finish(adapter, sx_adapter_read_peft(adapter, path, err), out) : sx_fail_memory(err);
    }
    llm_status status = sx_file_map(&file, path, err);
    if (status != LLM_OK) return status;
    status = sx_adapter_read(out, mem, model, file.data, file.size, err);
    sx_file_unmap(&file);
    return status;
}

void sx_adapter_free(sx_adapter *adapter)
{
    if (!adapter) return;
    sx_map_free(&adapter->set.by_name);
    sx_arena_free(&adapter->arena);
    sx_mem_free(adapter->mem, adapter);
}

/* ---- sessions ---- */

void sx_session_drop_adapters(sx_session *s)
{
    sx_adapters *all = s->adapters;
    s->adapters = NULL;
    if (all && atomic_fetch_sub_explicit(&all->refs, 1, memory_order_acq_rel) == 1) sx_mem_free(s->mem, all);
}

static sx_adapters *adapters_new(sx_session *s, size_t n)
{
    sx_adapters *all = sx_mem_zalloc(s->mem, sizeof *all + n * (sizeof *all->sets + sizeof *all->scales));
    if (!all) return NULL;
    atomic_init(&all->refs, 1);
    all->sets = (const sx_lora_set **)(all + 1);
    all->scales = (float *)(all->sets + n);
    return all;
}

llm_status sx_session_adapt_like(sx_session *s, const sx_session *from, llm_error *err)
{
    if (!from->adapters) return LLM_OK;
    const uint32_t n = from->adapters->count;
    s->adapters = adapters_new(s, n);
    if (!s->adapters) return sx_fail_memory(err);
    memcpy(s->adapters->sets, from->adapters->sets, n * sizeof *s->adapters->sets);
    memcpy(s->adapters->scales, from->adapters->scales, n * sizeof *s->adapters->scales);
    s->adapters->count = n;
    return LLM_OK;
}

llm_status sx_session_adapt(sx_session *s, const sx_adapter *const *adapters, const float *scales, size_t n,
                            llm_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (adapters[i]->model != s->model)
            return sx_fail(err, LLM_E_INVALID, "adapter %zu was loaded for another model than the context's", i);
        if (!isfinite(scales[i])) return sx_fail(err, LLM_E_INVALID, "the scale of adapter %zu is not finite", i);
    }
    sx_adapters *all = adapters_new(s, n);
    if (!all) return sx_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        if (scales[i] == 0.0f) continue; /* not there at all, to the bit */
        all->sets[all->count] = &adapters[i]->set;
        all->scales[all->count++] = scales[i];
    }
    sx_session_truncate(s, 0); /* what was read without them, or with others, is another model's */
    sx_session_drop_adapters(s);
    s->adapters = all;
    if (all->count == 0) sx_session_drop_adapters(s);
    return LLM_OK;
}
