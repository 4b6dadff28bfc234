/* Products with BF16 weights on machines that multiply pairs of such numbers at once (AVX512_BF16): activations are rounded
 * to BF16, sums stay F32. Each output is a vector of 16 partial sums of pairs along k. */
#include "engine/kernels/x86/floats_bf16.h"

#include "engine/kernels/x86/few_avx512.h"

enum { STEP = 32 };

typedef uint16_t number;

FEW fvec weights(uint32_t type, const char *row, uint32_t i)
{
    (void)type;
    return _mm512_loadu_ps(row + 2 * (size_t)i);
}

FEW fvec weights_part(uint32_t type, const char *row, uint32_t i, uint32_t left)
{
    (void)type;
    return (fvec)_mm512_maskz_loadu_epi16((__mmask32)((1u << left) - 1), row + 2 * (size_t)i);
}

FEW void pack_step(uint16_t *to, const float *x, uint32_t left)
{
    const __mmask16 low = head_mask(left < 16 ? left : 16), high = head_mask(left < 16   ? 0
                                                                             : left < 32 ? left - 16
                                                                                         : 16);
    _mm512_store_si512(
        to, (__m512i)_mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(high, x + 16), _mm512_maskz_loadu_ps(low, x)));
}

FEW fvec accumulate(fvec w, fvec x, fvec sum)
{
    return _mm512_dpbf16_ps(sum, (__m512bh)w, (__m512bh)x);
}

#include "engine/kernels/x86/few_tokens.h"

void sx_floats_bf16(const void *weight, size_t stride, uint32_t n_rows, const float *x, size_t ldx, uint32_t n_tok,
                    uint32_t k, float *out, size_t ldo)
{
    few_tokens(SX_TYPE_BF16, weight, stride, n_rows, x, ldx, n_tok, k, out, ldo);
}
