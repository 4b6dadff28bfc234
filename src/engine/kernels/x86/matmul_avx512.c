/* Matrix times vectors with AVX-512: float weights, each output a vector of 16 partial sums along k; activations to bytes.
 * Quantised weights are in quants_avx512.c. */
#include "engine/kernels/kernels.h"
#include "engine/kernels/x86/bytes_avx512.h"
#include "engine/kernels/x86/few_avx512.h"
#include "engine/kernels/x86/floats_bf16.h"
#include "engine/kernels/x86/quants_avx512.h"
#include "engine/kernels/x86/simd_avx512.h"

enum { STEP = 16 };

typedef float number;

FEW fvec weights(uint32_t type, const char *row, uint32_t i)
{
    return load_whole(type, row, i);
}

FEW fvec weights_part(uint32_t type, const char *row, uint32_t i, uint32_t left)
{
    return load_lanes(type, row, i, head_mask(left));
}

FEW void pack_step(float *to, const float *x, uint32_t left)
{
    _mm512_store_ps(to, left >= STEP ? _mm512_loadu_ps(x) : _mm512_maskz_loadu_ps(head_mask(left), x));
}

FEW fvec accumulate(fvec w, fvec x, fvec sum)
{
    return _mm512_fmadd_ps(w, x, sum);
}

#include "engine/kernels/x86/few_tokens.h"

static void floats(uint32_t type, const void *w, size_t stride, uint32_t n_rows, const float *x, size_t ldx,
                   uint32_t n_tok, uint32_t k, float *out, size_t ldo)
{
    if (type == SX_TYPE_F32)
        few_tokens(SX_TYPE_F32, w, stride, n_rows, x, ldx, n_tok, k, out, ldo);
    else if (type == SX_TYPE_F16)
        few_tokens(SX_TYPE_F16, w, stride, n_rows, x, ldx, n_tok, k, out, ldo);
    else
        few_tokens(SX_TYPE_BF16, w, stride, n_rows, x, ldx, n_tok, k, out, ldo);
}

static void floats_by_pairs(uint32_t type, const void *w, size_t stride, uint32_t n_rows, const float *x, size_t ldx,
                            uint32_t n_tok, uint32_t k, float *out, size_t ldo)
{
    if (type == SX_TYPE_BF16)
        sx_floats_bf16(w, stride, n_rows, x, ldx, n_tok, k, out, ldo);
    else
        floats(type, w, stride, n_rows, x, ldx, n_tok, k, out, ldo);
}

const sx_matmul_ops sx_matmul_avx512 = {floats, sx_quants_avx512, sx_quants_scratch_avx512, sx_to_q8_avx512};
const sx_matmul_ops sx_matmul_avx512_bf16 = {floats_by_pairs, sx_quants_avx512, sx_quants_scratch_avx512,
                                             sx_to_q8_avx512};
