/* Quantised rows times one token or two with AVX-512, for quants_avx512.c. */
#ifndef SX_ENGINE_COLUMNS_AVX512_H
#define SX_ENGINE_COLUMNS_AVX512_H

#include "engine/kernels/kernels.h"

/* Whether sx_columns_avx512 takes this matrix. */
bool sx_columns_take_avx512(const sx_quant *quant, uint32_t n_rows);
/* n_tok: 1 or 2. */
void sx_columns_avx512(const sx_quant *quant, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x,
                       uint32_t n_tok, uint32_t k, float *out, size_t ldo);

#endif
