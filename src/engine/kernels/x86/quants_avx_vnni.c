/* Quantised products with AVX-VNNI. */
#include "engine/kernels/x86/quants_avx_vnni.h"

#include "engine/kernels/x86/columns_avx_vnni.h"
#include "engine/kernels/x86/pieces_avx_vnni.h"
#define BYTES_VNNI
#include "engine/kernels/x86/quants_lines_avx2.h"

void sx_quants_avx_vnni(const sx_quant *quant, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x,
                        uint32_t n_tok, uint32_t k, float *out, size_t ldo, void *scratch)
{
    if (n_tok == 1 && sx_pieces_avx_vnni(quant, w, stride, n_rows, x, k, out)) return;
    if (n_tok <= sx_columns_take_avx_vnni(quant, n_rows))
        sx_columns_avx_vnni(quant, w, stride, n_rows, x, n_tok, k, out, ldo);
    else
        quants_by_lines(quant, w, stride, n_rows, x, n_tok, k, out, ldo, scratch);
}

size_t sx_quants_scratch_avx_vnni(uint32_t n_tok)
{
    return scratch_of(n_tok);
}
