/* Quantised rows times a few tokens with AVX-512, for quants_avx512.c. */
#ifndef SX_ENGINE_COLUMNS_AVX512_H
#define SX_ENGINE_COLUMNS_AVX512_H

#include "engine/kernels/kernels.h"

/* The most tokens that sx_columns_avx512 takes at once of this matrix; 0: it does not take the matrix. */
uint32_t sx_columns_take_avx512(const sx_quant *quant, uint32_t n_rows);
void sx_columns_avx512(const sx_quant *quant, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x,
                       uint32_t n_tok, uint32_t k, float *out, size_t ldo);

#endif
