#include "engine/quantise/importance.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/kernels/half.h"
#include "platform/file.h"

enum { NAME = 256 };

struct sx_importance {
    sx_mem *mem;
    sx_map_file file; /* empty when it was read from bytes */
    sx_gguf *gguf;
};

static llm_status check_kind(const sx_gguf *gguf, llm_error *err)
{
    const char *s;
    size_t len;
    if (sx_gguf_str(gguf, "general.type", &s, &len) && len == 7 && memcmp(s, "imatrix", 7) == 0) return LLM_OK;
    return sx_fail(
        err, LLM_E_FORMAT,
        "this GGUF file is no importance matrix: general.type is not \"imatrix\"; make one with sextant imatrix");
}

static llm_status create(sx_importance **out, sx_mem *mem, const void *data, size_t size, const sx_map_file *file,
                         llm_error *err)
{
    *out = NULL;
    sx_importance *made = sx_mem_zalloc(mem, sizeof *made);
    if (!made) return sx_fail_memory(err);
    made->mem = mem;
    llm_status status = sx_gguf_open(&made->gguf, mem, data, size, err);
    if (status == LLM_OK) status = check_kind(made->gguf, err);
    if (status != LLM_OK) {
        sx_importance_close(made);
        return status;
    }
    if (file) made->file = *file;
    *out = made;
    return LLM_OK;
}

llm_status sx_importance_read(sx_importance **out, sx_mem *mem, const void *data, size_t size, llm_error *err)
{
    return create(out, mem, data, size, NULL, err);
}

llm_status sx_importance_open(sx_importance **out, sx_mem *mem, const char *path, llm_error *err)
{
    sx_map_file file;
    *out = NULL;
    llm_status status = sx_file_map(&file, path, err);
    if (status != LLM_OK) return status;
    status = create(out, mem, file.data, file.size, &file, err);
    if (status != LLM_OK) sx_file_unmap(&file);
    return status;
}

void sx_importance_close(sx_importance *importance)
{
    if (!importance) return;
    sx_gguf_close(importance->gguf);
    sx_file_unmap(&importance->file);
    sx_mem_free(importance->mem, importance);
}

static float number(const sx_tensor *t, uint64_t i)
{
    return sx_bits_f32(sx_load_u32((const unsigned char *)t->data + 4 * i));
}

static llm_status damaged(const sx_tensor *t, llm_error *err)
{
    return sx_fail(err, LLM_E_FORMAT, "the importance matrix has a number for %.100s that is negative or not finite",
                   t->name);
}

llm_status sx_importance_of(const sx_importance *importance, sx_mem *mem, const sx_tensor *t, float **out,
                            llm_error *err)
{
    char name[NAME];
    *out = NULL;
    if (!importance || strlen(t->name) > NAME - 16) return LLM_OK;
    snprintf(name, sizeof name, "%s.in_sum2", t->name);
    const sx_tensor *sums = sx_gguf_tensor(importance->gguf, name);
    snprintf(name, sizeof name, "%s.counts", t->name);
    const sx_tensor *counts = sx_gguf_tensor(importance->gguf, name);
    if (!sums || !counts) return LLM_OK;
    uint64_t matrices = t->ne[2] * t->ne[3], k = t->ne[0];
    if (sums->type != SX_TYPE_F32 || counts->type != SX_TYPE_F32 || sums->ne[0] != k || sums->ne[1] != matrices ||
        sums->ne[2] * sums->ne[3] != 1 || counts->bytes / 4 != matrices)
        return sx_fail(err, LLM_E_FORMAT,
                       "the importance matrix has [%" PRIu64 ", %" PRIu64 "] for %.100s, the model [%" PRIu64
                       ", %" PRIu64 "]: it was made for another model",
                       sums->ne[0], sums->ne[1], t->name, k, matrices);
    float *made = sx_mem_array(mem, (size_t)(k * matrices), sizeof *made);
    if (!made) return sx_fail_memory(err);
    llm_status status = LLM_OK;
    for (uint64_t m = 0; m < matrices && status == LLM_OK; m++) {
        float count = number(counts, m);
        if (!(count >= 0.0f && isfinite(count))) status = damaged(t, err);
        for (uint64_t i = 0; i < k && status == LLM_OK; i++) {
            float sum = number(sums, m * k + i);
            if (!(sum >= 0.0f && isfinite(sum))) status = damaged(t, err);
            made[m * k + i] = count > 0.0f ? sum / count : 1.0f;
        }
    }
    if (status == LLM_OK)
        *out = made;
    else
        sx_mem_free(mem, made);
    return status;
}
