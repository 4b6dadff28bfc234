/* What panels.h asks for beside the vocabulary of AVX-512. */
#ifndef SX_ENGINE_PANELS_AVX512_H
#define SX_ENGINE_PANELS_AVX512_H

#include "engine/kernels/x86/lanes_avx512.h"
#include "engine/kernels/x86/simd_avx512.h"

enum { TOKENS = 12 };

#define OPAQUE_VECTOR(v) __asm__("" : "+v"(v)) /* loaded once, not at each use */

LANES fvec f_zero(void)
{
    return _mm512_setzero_ps();
}

LANES fvec f_bits(vec v)
{
    return _mm512_castsi512_ps(v);
}

LANES fvec f_load(const float *p)
{
    return _mm512_load_ps(p);
}

LANES fvec f_spread(const float *p)
{
    return _mm512_set1_ps(*p);
}

LANES fvec f_add(fvec a, fvec b)
{
    return _mm512_add_ps(a, b);
}

LANES fvec f_load_part(const float *p, uint32_t n)
{
    return _mm512_maskz_loadu_ps(head_mask(n), p);
}

LANES void f_store_part(float *p, fvec v, uint32_t n)
{
    _mm512_mask_storeu_ps(p, head_mask(n), v);
}

/* Its place among the partial sums: those half a tree apart are added first, then neighbours (see sum4). */
LANES size_t place_of(size_t lane)
{
    return lane % 8 * 2 + lane / 8;
}

/* 16 elements of four tokens, from tokens to elements. */
LANES void pack_line(const fvec v[4], float *to, size_t lane)
{
    const vec a = _mm512_castps_si512(v[0]), b = _mm512_castps_si512(v[1]), c = _mm512_castps_si512(v[2]),
              d = _mm512_castps_si512(v[3]);
    const vec low = v_low32(a, b), high = v_high32(a, b), low2 = v_low32(c, d), high2 = v_high32(c, d);
    const vec e[4] = {v_low64(low, low2), v_high64(low, low2), v_low64(high, high2), v_high64(high, high2)};
#pragma GCC unroll 4
    for (size_t j = 0; j < 4; j++) {
        _mm_storeu_si128((__m128i *)(void *)(to + place_of(j) * lane), _mm512_castsi512_si128(e[j]));
        _mm_storeu_si128((__m128i *)(void *)(to + place_of(4 + j) * lane), _mm512_extracti32x4_epi32(e[j], 1));
        _mm_storeu_si128((__m128i *)(void *)(to + place_of(8 + j) * lane), _mm512_extracti32x4_epi32(e[j], 2));
        _mm_storeu_si128((__m128i *)(void *)(to + place_of(12 + j) * lane), _mm512_extracti32x4_epi32(e[j], 3));
    }
}

#endif
