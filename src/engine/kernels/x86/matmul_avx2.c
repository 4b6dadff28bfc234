/* Matrix times vectors with AVX2 and FMA: float weights, each output a vector of 8 partial sums along k; activations to bytes.
 * Quantised weights are in quants_avx2.c. */
#include "engine/kernels/kernels.h"
#include "engine/kernels/x86/quants_avx2.h"
#include "engine/kernels/x86/quants_avx_vnni.h"
#include "engine/kernels/x86/simd_avx2.h"

/* ---- float weights ---- */

#define GROUP 4
#define FEW   static inline __attribute__((always_inline))

enum { STEP = 8 };

typedef __m256 fvec;
typedef float number;

FEW fvec zero(void)
{
    return _mm256_setzero_ps();
}

FEW int side_by_side(const int toks) /* rows: with the tokens they fill the registers */
{
    return toks <= 2 ? 4 : 3;
}

FEW bool second_is_fast(void) /* does L2 give tokens as fast as they are wanted? */
{
    return true;
}

FEW fvec weights(uint32_t type, const char *row, uint32_t i)
{
    return load_lanes(type, row, i, STEP);
}

FEW fvec weights_part(uint32_t type, const char *row, uint32_t i, uint32_t left)
{
    return load_lanes(type, row, i, left);
}

FEW void pack_step(float *to, const float *x, uint32_t left)
{
    _mm256_store_ps(to, get_part(x, left));
}

FEW fvec load_step(const float *x)
{
    fvec v = _mm256_load_ps(x);
    __asm__("" : "+x"(v)); /* loaded once, not at each use */
    return v;
}

FEW fvec accumulate(fvec w, fvec x, fvec sum)
{
    return _mm256_fmadd_ps(w, x, sum);
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
