/* Quantised products with AVX-VNNI, for the table in matmul_avx_vnni.c. */
#ifndef SX_ENGINE_QUANTS_AVX_VNNI_H
#define SX_ENGINE_QUANTS_AVX_VNNI_H

#include "engine/kernels/kernels.h"

void sx_quants_avx_vnni(const sx_quant *quant, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x,
                        uint32_t n_tok, uint32_t k, float *out, size_t ldo, void *scratch);
size_t sx_quants_scratch_avx_vnni(uint32_t n_tok);

#endif
