/* Pieces shared by the AVX-512 kernels: loads of every float type, exponentials, sums in a fixed order. */
#ifndef SX_ENGINE_SIMD_AVX512_H
#define SX_ENGINE_SIMD_AVX512_H

#include <immintrin.h>
#include <stdint.h>

#include "engine/model/gguf.h"

static inline __mmask16 head_mask(uint32_t n) /* the first n of 16 lanes, n <= 16 */
{
    return (__mmask16)((1u << n) - 1);
}

/* 16 elements from element i of a row; lanes outside the mask are 0 and are not read. */
static inline __m512 load_lanes(uint32_t type, const void *row, size_t i, __mmask16 mask)
{
    if (type == SX_TYPE_F32) return _mm512_maskz_loadu_ps(mask, (const char *)row + 4 * i);
    __m256i h = _mm256_maskz_loadu_epi16(mask, (const char *)row + 2 * i);
    if (type == SX_TYPE_F16) return _mm512_cvtph_ps(h);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(h), 16));
}

static inline size_t element_bytes(uint32_t type)
{
    return type == SX_TYPE_F32 ? 4 : 2;
}

static inline __m512 load_whole(uint32_t type, const void *row, size_t i)
{
    if (type == SX_TYPE_F32) return _mm512_loadu_ps((const char *)row + 4 * i);
    __m256i h = _mm256_loadu_si256((const __m256i *)(const void *)((const char *)row + 2 * i));
    if (type == SX_TYPE_F16) return _mm512_cvtph_ps(h);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(h), 16));
}

/* e^x: Cody-Waite reduction and a polynomial of degree 6, about 1 ulp; 0 below -87.3, infinity above 88.7, NaN stays. */
static inline __m512 exp512(__m512 x)
{
    __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)), _MM_FROUND_TO_NEAREST_INT);
    __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693145752f), x);
    r = _mm512_fnmadd_ps(n, _mm512_set1_ps(1.42860677e-6f), r);
    __m512 p = _mm512_set1_ps(1.38888889e-3f);
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(8.33333333e-3f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(4.16666667e-2f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.66666667e-1f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.5f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
    p = _mm512_scalef_ps(p, n);
    __mmask16 low = _mm512_cmp_ps_mask(x, _mm512_set1_ps(-87.3f), _CMP_LT_OQ);
    __mmask16 high = _mm512_cmp_ps_mask(x, _mm512_set1_ps(88.7f), _CMP_GT_OQ);
    p = _mm512_mask_mov_ps(p, low, _mm512_setzero_ps());
    return _mm512_mask_mov_ps(p, high, _mm512_set1_ps(__builtin_inff()));
}

/* Sums of the lanes of four vectors: the same tree for each. */
static inline __m128 sum4(__m512 a, __m512 b, __m512 c, __m512 d)
{
    __m256 a8 = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
    __m256 b8 = _mm256_add_ps(_mm512_castps512_ps256(b), _mm512_extractf32x8_ps(b, 1));
    __m256 c8 = _mm256_add_ps(_mm512_castps512_ps256(c), _mm512_extractf32x8_ps(c, 1));
    __m256 d8 = _mm256_add_ps(_mm512_castps512_ps256(d), _mm512_extractf32x8_ps(d, 1));
    __m256 quads = _mm256_hadd_ps(_mm256_hadd_ps(a8, b8), _mm256_hadd_ps(c8, d8));
    return _mm_add_ps(_mm256_castps256_ps128(quads), _mm256_extractf128_ps(quads, 1));
}

static inline float sum1(__m512 a)
{
    __m512 zero = _mm512_setzero_ps();
    return _mm_cvtss_f32(sum4(a, zero, zero, zero));
}

#endif
