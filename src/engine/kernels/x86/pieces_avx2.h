/* Quantised rows times one token with AVX2. */
#ifndef SX_ENGINE_PIECES_AVX2_H
#define SX_ENGINE_PIECES_AVX2_H

#include "engine/kernels/kernels.h"

/* Returns false, with nothing done, of fewer rows than go together. */
bool sx_pieces_avx2(const sx_quant *quant, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x, uint32_t k,
                    float *out);

#endif
