/* Panels of floats with AVX-512: 32 rows by 12 tokens. */
#include "engine/kernels/x86/panels_avx512.h"

#define PAIRS 0

LANES fvec token_line(const float *x, uint32_t left)
{
    return left >= ROWS ? _mm512_loadu_ps(x) : _mm512_maskz_loadu_ps(head_mask(left), x);
}

LANES fvec accumulate(fvec w, fvec x, fvec sum)
{
    return _mm512_fmadd_ps(w, x, sum);
}

#include "engine/kernels/x86/panels.h"

static bool takes(uint32_t type)
{
    return type == SX_TYPE_F32 || type == SX_TYPE_F16 || type == SX_TYPE_BF16;
}

const sx_panel_ops sx_panels_avx512 = {TOKENS, 24, takes, packed, pack, multiply, scratch_bytes};
