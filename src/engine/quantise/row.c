/* Rows: the table of types that can be written, and the weights that a block is fitted with. */
#include "engine/quantise/parts.h"
#include "engine/quantise/quantise.h"

typedef void (*block_fn)(const float *x, const float *w, uint8_t *dst);

static block_fn block_of(uint32_t type)
{
    switch (type) {
    case SX_TYPE_F32: return sx_quantise_f32;
    case SX_TYPE_F16: return sx_quantise_f16;
    case SX_TYPE_BF16: return sx_quantise_bf16;
    case SX_TYPE_Q8_0: return sx_quantise_q8_0;
    case SX_TYPE_Q4_0: return sx_quantise_q4_0;
    case SX_TYPE_Q4_1: return sx_quantise_q4_1;
    case SX_TYPE_Q5_0: return sx_quantise_q5_0;
    case SX_TYPE_Q5_1: return sx_quantise_q5_1;
    case SX_TYPE_Q4_K: return sx_quantise_q4_k;
    case SX_TYPE_Q5_K: return sx_quantise_q5_k;
    case SX_TYPE_Q6_K: return sx_quantise_q6_k;
    default: return 0;
    }
}

bool sx_quantise_can(uint32_t type)
{
    return block_of(type) != 0;
}

void sx_quantise_row(uint32_t type, const float *x, const float *weight, size_t n, void *dst)
{
    enum { LARGEST = 256 };
    const sx_type_info *info = sx_type_get(type);
    block_fn block = block_of(type);
    float w[LARGEST];
    uint8_t *out = dst;
    for (size_t at = 0; at < n; at += info->block, out += info->block_bytes) {
        float mean = 0;
        for (uint32_t i = 0; i < info->block; i++) mean += x[at + i] * x[at + i];
        mean /= (float)info->block;
        /* a value counts by its own square beside the block's: large weights move the output most */
        for (uint32_t i = 0; i < info->block; i++)
            w[i] = (weight ? weight[at + i] : 1) * (mean + x[at + i] * x[at + i]) + 1e-30f;
        block(x + at, w, out);
    }
}
