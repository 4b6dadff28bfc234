/* Activations to bytes with AVX-512, for the table in matmul_avx512.c. */
#ifndef SX_ENGINE_BYTES_AVX512_H
#define SX_ENGINE_BYTES_AVX512_H

#include "engine/kernels/kernels.h"

void sx_to_q8_avx512(const float *x, uint32_t k, const sx_q8 *out, size_t token);

#endif
