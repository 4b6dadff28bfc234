/* Quantised rows times two to four tokens with AVX2. */
#include "engine/kernels/x86/columns_avx2.h"

#include "engine/kernels/x86/columns_lines_avx2.h"

uint32_t sx_columns_take_avx2(const sx_quant *quant, uint32_t n_rows)
{
    return columns_take(quant, n_rows);
}

void sx_columns_avx2(const sx_quant *quant, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x,
                     uint32_t n_tok, uint32_t k, float *out, size_t ldo)
{
    columns_by_lines(quant, w, stride, n_rows, x, n_tok, k, out, ldo);
}
