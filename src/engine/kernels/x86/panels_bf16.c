/* Panels of pairs of bf16 with AVX512_BF16: 32 rows by 12 tokens. */
#include "engine/kernels/x86/panels_avx512.h"

#define PAIRS 1

LANES fvec token_line(const float *x, uint32_t left)
{
    if (left >= 2 * ROWS) return (fvec)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(x + 16), _mm512_loadu_ps(x));
    const __mmask16 low = head_mask(left < 16 ? left : 16), high = head_mask(left < 16   ? 0
                                                                             : left < 32 ? left - 16
                                                                                         : 16);
    return (fvec)_mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(high, x + 16), _mm512_maskz_loadu_ps(low, x));
}

LANES fvec accumulate(fvec w, fvec x, fvec sum)
{
    return _mm512_dpbf16_ps(sum, (__m512bh)w, (__m512bh)x);
}

#include "engine/kernels/x86/panels.h"

static bool takes(uint32_t type)
{
    return type == SX_TYPE_BF16;
}

const sx_panel_ops sx_panels_avx512_bf16 = {TOKENS, 20, takes, packed, pack, multiply, scratch_bytes};
