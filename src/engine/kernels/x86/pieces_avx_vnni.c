/* Quantised rows times one token with AVX-VNNI. */
#include "engine/kernels/x86/pieces_avx_vnni.h"

#define BYTES_VNNI
#include "engine/kernels/x86/pieces_lines_avx2.h"

bool sx_pieces_avx_vnni(const sx_quant *quant, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x,
                        uint32_t k, float *out)
{
    return pieces_of(quant->type, w, stride, n_rows, x, k, out);
}
