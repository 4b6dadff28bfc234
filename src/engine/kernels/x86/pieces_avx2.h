/* Quantised rows times one token with AVX2. */
#ifndef SX_ENGINE_PIECES_AVX2_H
#define SX_ENGINE_PIECES_AVX2_H

#include "engine/kernels/kernels.h"

/* Whether sx_pieces_avx2 takes a matrix of so many rows. */
bool sx_pieces_take_avx2(uint32_t n_rows);
void sx_pieces_avx2(const sx_quant *quant, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x, uint32_t k,
                    float *out);

#endif
