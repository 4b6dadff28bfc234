#include "engine/kernels/quant_blocks.h"

const sx_quant *sx_quant_get(uint32_t type)
{
    return quant_of(type);
}

static void dequantize_groups(const sx_quant *quant, const unsigned char *src, float *dst, size_t n)
{
    int8_t q[256];
    float scale[16], min[16];
    for (size_t i = 0; i < n; i += quant->block, src += quant->block_bytes) {
        quant->unpack(src, 1, q, scale, min);
        for (uint32_t j = 0; j < quant->block; j++) {
            float v = scale[j / quant->group] * (float)q[j];
            *dst++ = quant->mins ? v + min[j / quant->group] : v;
        }
    }
}

bool sx_dequantize_row(uint32_t type, const void *src, float *dst, size_t n)
{
    const unsigned char *bytes = src;
    if (n == 0) return true;
    if (type == SX_TYPE_F32) {
        memcpy(dst, src, n * sizeof *dst);
    } else if (type == SX_TYPE_F16) {
        for (size_t i = 0; i < n; i++) dst[i] = sx_f16_f32(sx_load_u16(bytes + 2 * i));
    } else if (type == SX_TYPE_BF16) {
        for (size_t i = 0; i < n; i++) dst[i] = sx_bf16_f32(sx_load_u16(bytes + 2 * i));
    } else {
        const sx_quant *quant = sx_quant_get(type);
        if (!quant || n % quant->block != 0) return false;
        dequantize_groups(quant, bytes, dst, n);
    }
    return true;
}
