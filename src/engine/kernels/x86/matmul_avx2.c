/* Matrix times vectors with AVX2 and FMA: float weights in tiles of 4 rows by up to 3 tokens, each output a vector of 8
 * partial sums along k; activations to bytes. Quantised weights are in quants_avx2.c. */
#include <string.h>

#include "engine/kernels/kernels.h"
#include "engine/kernels/x86/quants_avx2.h"
#include "engine/kernels/x86/quants_avx_vnni.h"
#include "engine/kernels/x86/row_lines.h"
#include "engine/kernels/x86/simd_avx2.h"

#define INLINE static inline __attribute__((always_inline))

/* ---- float weights ---- */

/* One step of n elements: 8, known to the compiler, or what is left of the row. */
INLINE void float_step(uint32_t type, const char *w, size_t stride, const float *x, size_t ldx, uint32_t i, uint32_t n,
                       __m256 acc[4][3], const int rows, const int toks)
{
    __m256 v[3];
    for (int t = 0; t < toks; t++) v[t] = get_part(x + (size_t)t * ldx + i, n);
    for (int r = 0; r < rows; r++) {
        __m256 row = load_lanes(type, w + (size_t)r * stride, i, n);
        for (int t = 0; t < toks; t++) acc[r][t] = _mm256_fmadd_ps(row, v[t], acc[r][t]);
    }
}

/* One token takes whole lines of the rows; returns the elements done. */
INLINE uint32_t float_lines(uint32_t type, const char *w, size_t stride, const float *x, uint32_t k, __m256 acc[4][3],
                            const int rows)
{
    const uint32_t line = type == SX_TYPE_F32 ? ROW_LINE / 4 : ROW_LINE / 2, lines = k / line;
    for (uint32_t i = 0; i < lines; i++) {
        ask_for_row_lines(w, stride, rows, i, lines);
        for (uint32_t j = 0; j < line; j += 8) float_step(type, w, stride, x, 0, i * line + j, 8, acc, rows, 1);
    }
    return lines * line;
}

INLINE void float_tile(uint32_t type, const char *w, size_t stride, const float *x, size_t ldx, uint32_t k, float *out,
                       size_t ldo, const int rows, const int toks)
{
    __m256 acc[4][3];
    for (int r = 0; r < rows; r++)
        for (int t = 0; t < toks; t++) acc[r][t] = _mm256_setzero_ps();
    uint32_t i = toks == 1 ? float_lines(type, w, stride, x, k, acc, rows) : 0;
    for (; i + 8 <= k; i += 8) float_step(type, w, stride, x, ldx, i, 8, acc, rows, toks);
    if (i < k) float_step(type, w, stride, x, ldx, i, k - i, acc, rows, toks);
    for (int t = 0; t < toks; t++) {
        if (rows == 4)
            _mm_storeu_ps(out + (size_t)t * ldo, sum4(acc[0][t], acc[1][t], acc[2][t], acc[3][t]));
        else
            out[(size_t)t * ldo] = sum1(acc[0][t]);
    }
}

INLINE void float_rows(uint32_t type, const char *w, size_t stride, uint32_t n_rows, const float *x, size_t ldx,
                       uint32_t k, float *out, size_t ldo, const int toks)
{
    uint32_t r = 0;
    for (; r + 4 <= n_rows; r += 4) float_tile(type, w + r * stride, stride, x, ldx, k, out + r, ldo, 4, toks);
    for (; r < n_rows; r++) float_tile(type, w + r * stride, stride, x, ldx, k, out + r, ldo, 1, toks);
}

INLINE void floats_of(uint32_t type, const char *w, size_t stride, uint32_t n_rows, const float *x, size_t ldx,
                      uint32_t n_tok, uint32_t k, float *out, size_t ldo)
{
    uint32_t t = 0;
    for (; t + 3 <= n_tok; t += 3) float_rows(type, w, stride, n_rows, x + t * ldx, ldx, k, out + t * ldo, ldo, 3);
    for (; t < n_tok; t++) float_rows(type, w, stride, n_rows, x + t * ldx, ldx, k, out + t * ldo, ldo, 1);
}

static void floats(uint32_t type, const void *w, size_t stride, uint32_t n_rows, const float *x, size_t ldx,
                   uint32_t n_tok, uint32_t k, float *out, size_t ldo)
{
    if (type == SX_TYPE_F32)
        floats_of(SX_TYPE_F32, w, stride, n_rows, x, ldx, n_tok, k, out, ldo);
    else if (type == SX_TYPE_F16)
        floats_of(SX_TYPE_F16, w, stride, n_rows, x, ldx, n_tok, k, out, ldo);
    else
        floats_of(SX_TYPE_BF16, w, stride, n_rows, x, ldx, n_tok, k, out, ldo);
}

static int32_t sum_lanes(__m256i a)
{
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
}

static __m256i to_bytes(__m256 v, __m256 inverse)
{
    __m256i i = _mm256_cvtps_epi32(_mm256_mul_ps(v, inverse));
    i = _mm256_and_si256(i, _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_ORD_Q))); /* NaN: 0 */
    return _mm256_max_epi32(_mm256_min_epi32(i, _mm256_set1_epi32(127)), _mm256_set1_epi32(-127));
}

static void to_q8(const float *x, uint32_t k, const sx_q8 *out, size_t token)
{
    const __m256 abs_bits = _mm256_castsi256_ps(_mm256_set1_epi32(0x7fffffff));
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    for (uint32_t b = 0; b < k / 32; b++) {
        size_t at = token * (k / 32) + b;
        __m256 v[4], top = _mm256_setzero_ps();
        for (int i = 0; i < 4; i++) {
            v[i] = _mm256_loadu_ps(x + b * 32 + 8 * (uint32_t)i);
            top = _mm256_max_ps(_mm256_and_ps(v[i], abs_bits), top); /* the second operand stays when one is NaN */
        }
        float max = max_lane(top), d = max / 127.0f;
        __m256 inverse = _mm256_set1_ps(max > 0.0f ? 127.0f / max : 0.0f);
        __m256i q[4];
        for (int i = 0; i < 4; i++) q[i] = to_bytes(v[i], inverse);
        int32_t sum[2] = {sum_lanes(_mm256_add_epi32(q[0], q[1])), sum_lanes(_mm256_add_epi32(q[2], q[3]))};
        __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(q[0], q[1]), _mm256_packs_epi32(q[2], q[3]));
        _mm256_storeu_si256((__m256i *)(void *)(out->q + token * k + b * 32),
                            _mm256_permutevar8x32_epi32(bytes, order));
        out->d[at] = d;
        for (size_t h = 0; h < 2; h++) {
            out->off16[2 * at + h] = -128 * sum[h];
            out->sum16[2 * at + h] = d * (float)sum[h];
        }
        out->off32[at] = -128 * (sum[0] + sum[1]);
        out->sum32[at] = d * (float)(sum[0] + sum[1]);
    }
}

const sx_matmul_ops sx_matmul_avx2 = {floats, sx_quants_avx2, sx_quants_scratch_avx2, to_q8};
const sx_matmul_ops sx_matmul_avx_vnni = {floats, sx_quants_avx_vnni, sx_quants_scratch_avx_vnni, to_q8};
