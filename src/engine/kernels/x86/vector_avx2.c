/* Rows of floats with AVX2. Sums run in 8 lanes and meet in one fixed tree. */
#include <math.h>

#include "engine/kernels/kernels.h"
#include "engine/kernels/x86/simd_avx2.h"

/* 8 elements at a time, the last ones in part */
#define EACH(n)      for (uint32_t i = 0; i < (n); i += 8)
#define GET(p, n)    get_part((p) + i, (n)-i)
#define PUT(p, v, n) put_part((p) + i, (v), (n)-i)

static void rms_norm(float *out, const float *x, const float *weight, uint32_t n, float eps)
{
    __m256 sum = _mm256_setzero_ps();
    EACH(n)
    {
        __m256 v = GET(x, n);
        sum = _mm256_fmadd_ps(v, v, sum);
    }
    __m256 scale = _mm256_set1_ps(1.0f / sqrtf(sum1(sum) / (float)n + eps));
    EACH(n)
    {
        __m256 v = _mm256_mul_ps(GET(x, n), scale);
        PUT(out, weight ? _mm256_mul_ps(v, GET(weight, n)) : v, n);
    }
}

static void layer_norm(float *out, const float *x, const float *weight, const float *bias, uint32_t n, float eps)
{
    __m256 sum = _mm256_setzero_ps(), squares = _mm256_setzero_ps();
    EACH(n) sum = _mm256_add_ps(sum, GET(x, n));
    __m256 mean = _mm256_set1_ps(sum1(sum) / (float)n);
    EACH(n)
    {
        __m256 v = _mm256_sub_ps(GET(x, n), mean);
        if (n - i < 8) v = _mm256_and_ps(v, _mm256_castsi256_ps(head_lanes(n - i)));
        squares = _mm256_fmadd_ps(v, v, squares);
    }
    __m256 scale = _mm256_set1_ps(1.0f / sqrtf(sum1(squares) / (float)n + eps));
    EACH(n)
    {
        __m256 v = _mm256_mul_ps(_mm256_sub_ps(GET(x, n), mean), scale);
        if (weight) v = _mm256_mul_ps(v, GET(weight, n));
        if (bias) v = _mm256_add_ps(v, GET(bias, n));
        PUT(out, v, n);
    }
}

static void add(float *out, const float *a, const float *b, uint32_t n)
{
    EACH(n) PUT(out, _mm256_add_ps(GET(a, n), GET(b, n)), n);
}

static void add_scaled(float *out, const float *x, float scale, uint32_t n)
{
    EACH(n) PUT(out, _mm256_fmadd_ps(GET(x, n), _mm256_set1_ps(scale), GET(out, n)), n);
}

static void scale_by(float *x, float scale, uint32_t n)
{
    EACH(n) PUT(x, _mm256_mul_ps(GET(x, n), _mm256_set1_ps(scale)), n);
}

static void mul(float *out, const float *a, const float *b, uint32_t n)
{
    EACH(n) PUT(out, _mm256_mul_ps(GET(a, n), GET(b, n)), n);
}

/* x / (1 + e^-u) */
static inline __m256 gate(__m256 x, __m256 u)
{
    const __m256 one = _mm256_set1_ps(1.0f);
    return _mm256_div_ps(x, _mm256_add_ps(one, exp256(_mm256_sub_ps(_mm256_setzero_ps(), u))));
}

static void silu(float *x, uint32_t n)
{
    EACH(n)
    {
        __m256 v = GET(x, n);
        PUT(x, gate(v, v), n);
    }
}

static void gelu(float *x, uint32_t n)
{
    EACH(n)
    {
        __m256 v = GET(x, n);
        __m256 cubic = _mm256_fmadd_ps(_mm256_mul_ps(v, v), _mm256_set1_ps(0.044715f), _mm256_set1_ps(1.0f));
        PUT(x, gate(v, _mm256_mul_ps(_mm256_mul_ps(v, _mm256_set1_ps(2.0f * 0.7978845608f)), cubic)), n);
    }
}

static void rope_halves(float *x, const float *cosine, const float *sine, uint32_t n)
{
    uint32_t half = n / 2;
    EACH(half)
    {
        __m256 a = GET(x, half), b = GET(x + half, half), c = GET(cosine, half), s = GET(sine, half);
        PUT(x, _mm256_fmsub_ps(a, c, _mm256_mul_ps(b, s)), half);
        PUT(x + half, _mm256_fmadd_ps(a, s, _mm256_mul_ps(b, c)), half);
    }
}

static void rope_pairs(float *x, const float *cosine, const float *sine, uint32_t n)
{
    const __m256i twice = _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3);
    n = n / 2 * 2;
    EACH(n)
    {
        uint32_t pairs = (n - i < 8 ? n - i : 8) / 2;
        __m256 v = GET(x, n), swapped = _mm256_permute_ps(v, 0xb1);
        __m256 c = _mm256_permutevar8x32_ps(_mm256_maskload_ps(cosine + i / 2, head_lanes(pairs)), twice);
        __m256 s = _mm256_permutevar8x32_ps(_mm256_maskload_ps(sine + i / 2, head_lanes(pairs)), twice);
        PUT(x, _mm256_fmaddsub_ps(v, c, _mm256_mul_ps(swapped, s)), n);
    }
}

const sx_vector_ops sx_vector_avx2 = {rms_norm, layer_norm, add,  add_scaled,  scale_by,
                                      mul,      silu,       gelu, rope_halves, rope_pairs};
