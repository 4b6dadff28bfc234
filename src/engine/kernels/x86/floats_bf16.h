/* BF16 weights on machines that multiply BF16 in pairs. */
#ifndef SX_ENGINE_FLOATS_BF16_H
#define SX_ENGINE_FLOATS_BF16_H

#include <stddef.h>
#include <stdint.h>

/* sx_matmul_ops.floats for BF16 weights; only on machines with AVX512_BF16. */
void sx_floats_bf16(const void *weight, size_t stride, uint32_t n_rows, const float *x, size_t ldx, uint32_t n_tok,
                    uint32_t k, float *out, size_t ldo);

#endif
