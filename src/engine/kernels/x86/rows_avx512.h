/* Rows of Q6_K times one token with AVX-512, for quants_avx512.c. */
#ifndef SX_ENGINE_ROWS_AVX512_H
#define SX_ENGINE_ROWS_AVX512_H

#include "engine/kernels/kernels.h"

/* Whether sx_rows_avx512 takes this matrix. */
bool sx_rows_take_avx512(const sx_quant *quant, size_t stride, uint32_t n_rows, uint32_t k);
void sx_rows_avx512(const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x, uint32_t k, float *out,
                    void *scratch);
size_t sx_rows_scratch_avx512(void);

#endif
