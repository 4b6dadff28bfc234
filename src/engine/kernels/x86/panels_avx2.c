/* Panels of floats with AVX2: 16 rows by 6 tokens. */
#include "engine/kernels/x86/lanes_avx2.h"
#include "engine/kernels/x86/simd_avx2.h"

#define PAIRS            0
#define OPAQUE_VECTOR(v) __asm__("" : "+x"(v)) /* loaded once, not at each use */

enum { TOKENS = 6 };

LANES fvec f_zero(void)
{
    return _mm256_setzero_ps();
}

LANES fvec f_bits(vec v)
{
    return _mm256_castsi256_ps(v);
}

LANES fvec f_load(const float *p)
{
    return _mm256_load_ps(p);
}

LANES fvec f_spread(const float *p)
{
    return _mm256_broadcast_ss(p);
}

LANES fvec f_add(fvec a, fvec b)
{
    return _mm256_add_ps(a, b);
}

LANES fvec f_load_part(const float *p, uint32_t n)
{
    return get_part(p, n);
}

LANES void f_store_part(float *p, fvec v, uint32_t n)
{
    put_part(p, v, n);
}

LANES fvec token_line(const float *x, uint32_t left)
{
    return get_part(x, left);
}

LANES fvec accumulate(fvec w, fvec x, fvec sum)
{
    return _mm256_fmadd_ps(w, x, sum);
}

LANES size_t place_of(size_t lane) /* neighbours are added first (see sum4) */
{
    return lane;
}

/* 8 elements of two tokens, from tokens to elements. */
LANES void pack_line(const fvec v[2], float *to, size_t lane)
{
    const __m256 a = _mm256_unpacklo_ps(v[0], v[1]), b = _mm256_unpackhi_ps(v[0], v[1]);
    const __m128 part[4] = {_mm256_castps256_ps128(a), _mm256_castps256_ps128(b), _mm256_extractf128_ps(a, 1),
                            _mm256_extractf128_ps(b, 1)};
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; i++) {
        _mm_storel_pi((__m64 *)(void *)(to + 2 * i * lane), part[i]);
        _mm_storeh_pi((__m64 *)(void *)(to + (2 * i + 1) * lane), part[i]);
    }
}

#include "engine/kernels/x86/panels.h"

static bool takes(uint32_t type)
{
    return type == SX_TYPE_F32 || type == SX_TYPE_F16 || type == SX_TYPE_BF16;
}

const sx_panel_ops sx_panels_avx2 = {TOKENS, 96, takes, packed, pack, multiply, scratch_bytes};
