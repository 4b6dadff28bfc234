/* Blocks of any type that is computed with, back to floats. */
#include "engine/engine.h"
#include "engine/kernels/quant.h"
#include "engine/model/gguf.h"

llm_status sx_dequantize(const char *type, const void *src, size_t src_len, float *dst, size_t dst_len, llm_error *err)
{
    uint32_t id = sx_type_by_name(type);
    const sx_type_info *info = id == UINT32_MAX ? NULL : sx_type_get(id);
    if (!info) return sx_fail(err, LLM_E_UNSUPPORTED, "\"%.40s\" is not a tensor type; examples: f16, q8_0, q4_k", type);
    if (id != SX_TYPE_F32 && id != SX_TYPE_F16 && id != SX_TYPE_BF16 && !sx_quant_get(id))
        return sx_fail(err, LLM_E_UNSUPPORTED, "tensor type %s is known but not computed with by this version", info->name);
    if (src_len % info->block_bytes != 0)
        return sx_fail(err, LLM_E_INVALID, "%zu bytes are not whole blocks of %s, which have %u bytes", src_len, info->name,
                       info->block_bytes);
    size_t n = src_len / info->block_bytes * info->block;
    if (n > dst_len)
        return sx_fail(err, LLM_E_INVALID, "%zu bytes of %s hold %zu values; there is room for %zu", src_len, info->name, n,
                       dst_len);
    sx_dequantize_row(id, src, dst, n);
    return LLM_OK;
}
