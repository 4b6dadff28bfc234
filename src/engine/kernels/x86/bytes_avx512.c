/* Activations to bytes with AVX-512: four blocks of 32 at a time, so that their largest values, divisions and sums share
 * instructions, and what is left one by one. Both give the same bits. */
#include "engine/kernels/x86/bytes_avx512.h"

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))

enum { BLOCK = 32, FOUR = 4 * BLOCK };

/* max_ps returns its second operand when one is NaN: 0 and the maximum so far come second. */
INLINE __m512 largest(const float *x)
{
    const __m512 abs_bits = _mm512_castsi512_ps(_mm512_set1_epi32(0x7fffffff));
    const __m512 top = _mm512_max_ps(_mm512_and_ps(_mm512_loadu_ps(x), abs_bits), _mm512_setzero_ps());
    return _mm512_max_ps(_mm512_and_ps(_mm512_loadu_ps(x + 16), abs_bits), top);
}

INLINE __m512i rounded(const float *x, __m512 inverse)
{
    const __m512 v = _mm512_loadu_ps(x);
    return _mm512_maskz_cvtps_epi32(_mm512_cmp_ps_mask(v, v, _CMP_ORD_Q), _mm512_mul_ps(v, inverse)); /* NaN: 0 */
}

/* -128 * sum */
INLINE __m256i offset(__m256i sum)
{
    return _mm256_sub_epi32(_mm256_setzero_si256(), _mm256_slli_epi32(sum, 7));
}

/* The largest lane of each of four vectors. */
INLINE __m128 largest_lanes(__m512 a, __m512 b, __m512 c, __m512 d)
{
    const __m512 ab = _mm512_max_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b)),
                 cd = _mm512_max_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
    const __m512 all = _mm512_max_ps(_mm512_shuffle_ps(ab, cd, 0x44), _mm512_shuffle_ps(ab, cd, 0xee));
    const __m256 half = _mm256_max_ps(_mm512_castps512_ps256(all), _mm512_extractf32x8_ps(all, 1));
    return _mm_max_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
}

/* Two blocks as bytes, -127 the least. */
INLINE __m512i two_blocks(const float *x, __m512 first, __m512 second)
{
    const __m512i quad = _mm512_packs_epi16(_mm512_packs_epi32(rounded(x, first), rounded(x + 16, first)),
                                            _mm512_packs_epi32(rounded(x + 32, second), rounded(x + 48, second)));
    const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
    return _mm512_max_epi8(_mm512_permutexvar_epi32(order, quad), _mm512_set1_epi8(-127));
}

/* The sums of the half blocks of a, then of b. */
INLINE __m256i half_sums(__m512i a, __m512i b)
{
    const __m512i ones = _mm512_set1_epi8(1), zero = _mm512_setzero_si512();
    const __m512i sa = _mm512_dpbusd_epi32(zero, ones, a), sb = _mm512_dpbusd_epi32(zero, ones, b);
    __m512i both = _mm512_add_epi32(_mm512_unpacklo_epi32(sa, sb), _mm512_unpackhi_epi32(sa, sb));
    both = _mm512_add_epi32(both, _mm512_shuffle_epi32(both, _MM_PERM_BADC));
    return _mm512_castsi512_si256(
        _mm512_permutexvar_epi32(_mm512_set_epi32(0, 0, 0, 0, 0, 0, 0, 0, 13, 9, 5, 1, 12, 8, 4, 0), both));
}

INLINE void four_blocks(const float *x, int8_t *q, const sx_q8 *out, size_t at)
{
    const __m128 max = largest_lanes(largest(x), largest(x + 32), largest(x + 64), largest(x + 96));
    const __m128 d = _mm_div_ps(max, _mm_set1_ps(127.0f)), bound = _mm_set1_ps(127.0f);
    const __m512 inverse = _mm512_broadcast_f32x4(
        _mm_maskz_div_ps(_mm_cmp_ps_mask(max, _mm_setzero_ps(), _CMP_GT_OQ), bound, max));
    const __m512i a = two_blocks(x, _mm512_permute_ps(inverse, 0x00), _mm512_permute_ps(inverse, 0x55)),
                  b = two_blocks(x + 64, _mm512_permute_ps(inverse, 0xaa), _mm512_permute_ps(inverse, 0xff));
    _mm512_storeu_si512(q, a);
    _mm512_storeu_si512(q + 64, b);
    const __m256i halves = half_sums(a, b);
    const __m128i whole = _mm_hadd_epi32(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
    const __m256 d2 = _mm256_permutevar8x32_ps(_mm256_castps128_ps256(d), _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3));
    _mm_storeu_ps(out->d + at, d);
    _mm256_storeu_si256((__m256i *)(void *)(out->off16 + 2 * at), offset(halves));
    _mm256_storeu_ps(out->sum16 + 2 * at, _mm256_mul_ps(d2, _mm256_cvtepi32_ps(halves)));
    _mm_storeu_si128((__m128i *)(void *)(out->off32 + at),
                     _mm256_castsi256_si128(offset(_mm256_castsi128_si256(whole))));
    _mm_storeu_ps(out->sum32 + at, _mm_mul_ps(d, _mm_cvtepi32_ps(whole)));
}

static void one_block(const float *x, int8_t *q, const sx_q8 *out, size_t at)
{
    const float max = _mm512_reduce_max_ps(largest(x)), d = max / 127.0f, inverse = max > 0.0f ? 127.0f / max : 0.0f;
    const __m512i least = _mm512_set1_epi32(-127), most = _mm512_set1_epi32(127);
    int32_t sum[2];
    for (size_t h = 0; h < 2; h++) {
        const __m512i v = rounded(x + 16 * h, _mm512_set1_ps(inverse)),
                      part = _mm512_max_epi32(_mm512_min_epi32(v, most), least);
        _mm_storeu_si128((__m128i *)(void *)(q + 16 * h), _mm512_cvtepi32_epi8(part));
        sum[h] = _mm512_reduce_add_epi32(part);
        out->off16[2 * at + h] = -128 * sum[h];
        out->sum16[2 * at + h] = d * (float)sum[h];
    }
    out->d[at] = d;
    out->off32[at] = -128 * (sum[0] + sum[1]);
    out->sum32[at] = d * (float)(sum[0] + sum[1]);
}

void sx_to_q8_avx512(const float *x, uint32_t k, const sx_q8 *out, size_t token)
{
    int8_t *q = out->q + token * k;
    size_t at = token * (k / BLOCK);
    uint32_t i = 0;
    for (; i + FOUR <= k; i += FOUR, at += 4) four_blocks(x + i, q + i, out, at);
    for (; i + BLOCK <= k; i += BLOCK, at++) one_block(x + i, q + i, out, at);
}
