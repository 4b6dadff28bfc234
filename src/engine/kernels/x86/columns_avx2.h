/* Quantised rows times two to four tokens with AVX2. */
#ifndef SX_ENGINE_COLUMNS_AVX2_H
#define SX_ENGINE_COLUMNS_AVX2_H

#include "engine/kernels/kernels.h"

/* The most tokens, of two and more, that sx_columns_avx2 takes at once of this matrix; 0: it does not take the matrix. */
uint32_t sx_columns_take_avx2(const sx_quant *quant, uint32_t n_rows);
void sx_columns_avx2(const sx_quant *quant, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x,
                     uint32_t n_tok, uint32_t k, float *out, size_t ldo);

#endif
