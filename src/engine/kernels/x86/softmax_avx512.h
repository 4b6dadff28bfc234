/* The step of the running softmax with AVX-512, whose weights stay floats or become bf16. */
#ifndef SX_ENGINE_SOFTMAX_AVX512_H
#define SX_ENGINE_SOFTMAX_AVX512_H

#include <math.h>

#include "engine/kernels/kernels.h"
#include "engine/kernels/x86/simd_avx512.h"

#define SX_SOFTMAX static inline __attribute__((always_inline))

/* Two times 16 floats as bf16; NULL: they stay floats. */
typedef __m512i (*softmax_round)(__m512 low, __m512 high);

/* e^x for x <= 0; 0 below -87.3 and for -infinity; 1 for 0. A polynomial for 2^t between whole t, of degree 5: a relative error of
 * 1.5e-7, and 8e-8 |x| of the product that gives t, which e^x makes small beside the largest weight of a row. Of degree 3, for
 * what is rounded to 8 bits: 8.6e-5. */
SX_SOFTMAX __m512 exp_down(__m512 x, const bool rough)
{
    const __m512 t = _mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)),
                 r = _mm512_reduce_ps(t, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    __m512 p;
    if (rough) {
        p = _mm512_fmadd_ps(_mm512_set1_ps(0.0770672403f), r, _mm512_set1_ps(0.227644978f));
        p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.695116631f));
    } else {
        p = _mm512_fmadd_ps(_mm512_set1_ps(0.00186713005f), r, _mm512_set1_ps(0.00901703071f));
        p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.0557999127f));
        p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.240164444f));
        p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.693151295f));
    }
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
    return _mm512_maskz_scalef_ps(_mm512_cmp_ps_mask(x, _mm512_set1_ps(-87.3f), _CMP_NLT_UQ), p, t);
}

/* The largest lane of each of four vectors. */
SX_SOFTMAX __m128 max4(const __m512 v[4])
{
    __m256 h[4];
    for (int i = 0; i < 4; i++) h[i] = _mm256_max_ps(_mm512_castps512_ps256(v[i]), _mm512_extractf32x8_ps(v[i], 1));
    __m256 ab = _mm256_max_ps(_mm256_unpacklo_ps(h[0], h[1]), _mm256_unpackhi_ps(h[0], h[1]));
    __m256 cd = _mm256_max_ps(_mm256_unpacklo_ps(h[2], h[3]), _mm256_unpackhi_ps(h[2], h[3]));
    __m256 all = _mm256_max_ps(_mm256_shuffle_ps(ab, cd, 0x44), _mm256_shuffle_ps(ab, cd, 0xee));
    return _mm_max_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1));
}

SX_SOFTMAX __m512 row_max(const float *s)
{
    __m512 a = _mm512_max_ps(_mm512_loadu_ps(s), _mm512_loadu_ps(s + 16));
    return _mm512_max_ps(a, _mm512_max_ps(_mm512_loadu_ps(s + 32), _mm512_loadu_ps(s + 48)));
}

/* Stores what a row's exponentials weigh, as floats where the scores were or as bf16 in p, and returns their sums, lane by
 * lane. */
SX_SOFTMAX __m512 row_exp(float *s, uint16_t *p, float top, const softmax_round round)
{
    __m512 v[4];
    for (int c = 0; c < 4; c++) {
        v[c] = exp_down(_mm512_sub_ps(_mm512_loadu_ps(s + 16 * c), _mm512_set1_ps(top)), round != NULL);
        if (!round) _mm512_storeu_ps(s + 16 * c, v[c]);
    }
    if (round)
        for (int c = 0; c < 4; c += 2) _mm512_storeu_si512(p + 16 * c, round(v[c], v[c + 1]));
    return _mm512_add_ps(_mm512_add_ps(v[0], v[1]), _mm512_add_ps(v[2], v[3]));
}

/* Of up to four rows. One that sees nothing has its maximum at -INFINITY, and 0 in `top` so that its weights become zeros. */
SX_SOFTMAX void find_tops(const float *s, float *max, float *keep, float *top, const int rows)
{
    __m512 v[4];
    const __mmask8 lanes = (__mmask8)((1 << rows) - 1);
    for (int i = 0; i < 4; i++) v[i] = i < rows ? row_max(s + i * SX_KEY_TILE) : _mm512_setzero_ps();
    const __m128 before = _mm_maskz_loadu_ps(lanes, max), now = _mm_max_ps(max4(v), before);
    const __m128 none = _mm_set1_ps(-INFINITY);
    const __mmask8 blind = _mm_cmp_ps_mask(now, none, _CMP_EQ_OQ), stays = _mm_cmp_ps_mask(now, before, _CMP_EQ_OQ);
    const __m128 k = _mm512_castps512_ps128(exp_down(_mm512_castps128_ps512(_mm_sub_ps(before, now)), false));
    _mm_mask_storeu_ps(max, lanes, now);
    _mm_mask_storeu_ps(keep, lanes, _mm_mask_mov_ps(k, stays, _mm_set1_ps(1.0f)));
    _mm_mask_storeu_ps(top, lanes, _mm_mask_mov_ps(now, blind, _mm_setzero_ps()));
}

SX_SOFTMAX void weights_and_sums(float *s, uint16_t *p, float *sum, const float *keep, const float *top,
                                 const softmax_round round, const int rows)
{
    __m512 v[4];
    const __mmask8 lanes = (__mmask8)((1 << rows) - 1);
    for (int i = 0; i < 4; i++)
        v[i] = i < rows ? row_exp(s + i * SX_KEY_TILE, p + i * SX_KEY_TILE, top[i], round) : _mm512_setzero_ps();
    const __m128 sums = _mm_fmadd_ps(_mm_maskz_loadu_ps(lanes, sum), _mm_maskz_loadu_ps(lanes, keep),
                                     sum4(v[0], v[1], v[2], v[3]));
    _mm_mask_storeu_ps(sum, lanes, sums);
}

/* Maxima first: what follows then waits for nothing. */
SX_SOFTMAX void softmax_rows(float *s, uint16_t *p, uint32_t n_rows, float *max, float *sum, float *keep,
                             const softmax_round round)
{
    enum { AT_ONCE = 16 };
    float top[AT_ONCE];
    for (uint32_t n; n_rows > 0; n_rows -= n) {
        uint32_t i = 0;
        n = n_rows < AT_ONCE ? n_rows : AT_ONCE;
        for (; i + 4 <= n; i += 4) find_tops(s + (size_t)i * SX_KEY_TILE, max + i, keep + i, top + i, 4);
        for (; i < n; i++) find_tops(s + (size_t)i * SX_KEY_TILE, max + i, keep + i, top + i, 1);
        for (i = 0; i + 4 <= n; i += 4, s += 4 * SX_KEY_TILE, p += 4 * SX_KEY_TILE)
            weights_and_sums(s, p, sum + i, keep + i, top + i, round, 4);
        for (; i < n; i++, s += SX_KEY_TILE, p += SX_KEY_TILE)
            weights_and_sums(s, p, sum + i, keep + i, top + i, round, 1);
        max += n;
        sum += n;
        keep += n;
    }
}

#undef SX_SOFTMAX

#endif
