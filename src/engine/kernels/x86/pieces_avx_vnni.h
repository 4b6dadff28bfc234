/* Quantised rows times one token with AVX-VNNI. */
#ifndef SX_ENGINE_PIECES_AVX_VNNI_H
#define SX_ENGINE_PIECES_AVX_VNNI_H

#include "engine/kernels/kernels.h"

/* Whether sx_pieces_avx_vnni takes a matrix of so many rows. */
bool sx_pieces_take_avx_vnni(uint32_t n_rows);
void sx_pieces_avx_vnni(const sx_quant *quant, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x,
                        uint32_t k, float *out);

#endif
