/* Rows of floats with AVX-512. Sums run in 16 lanes and meet in one fixed tree. */
#include <math.h>

#include "engine/kernels/kernels.h"
#include "engine/kernels/x86/simd_avx512.h"

/* for (i, mask): 16 elements at a time, the last ones masked */
#define EACH(n) for (uint32_t i = 0; i < (n); i += 16)
#define MASK(n) ((n)-i >= 16 ? (__mmask16)0xffff : head_mask((n)-i))

static inline __m512 get(const float *p, __mmask16 mask)
{
    return _mm512_maskz_loadu_ps(mask, p);
}

static void rms_norm(float *out, const float *x, const float *weight, uint32_t n, float eps)
{
    __m512 sum = _mm512_setzero_ps();
    EACH(n)
    {
        __m512 v = get(x + i, MASK(n));
        sum = _mm512_fmadd_ps(v, v, sum);
    }
    __m512 scale = _mm512_set1_ps(1.0f / sqrtf(sum1(sum) / (float)n + eps));
    EACH(n)
    {
        __mmask16 m = MASK(n);
        __m512 v = _mm512_mul_ps(get(x + i, m), scale);
        _mm512_mask_storeu_ps(out + i, m, weight ? _mm512_mul_ps(v, get(weight + i, m)) : v);
    }
}

static void layer_norm(float *out, const float *x, const float *weight, const float *bias, uint32_t n, float eps)
{
    __m512 sum = _mm512_setzero_ps(), squares = _mm512_setzero_ps();
    EACH(n) sum = _mm512_add_ps(sum, get(x + i, MASK(n)));
    __m512 mean = _mm512_set1_ps(sum1(sum) / (float)n);
    EACH(n)
    {
        __mmask16 m = MASK(n);
        __m512 v = _mm512_maskz_sub_ps(m, get(x + i, m), mean);
        squares = _mm512_fmadd_ps(v, v, squares);
    }
    __m512 scale = _mm512_set1_ps(1.0f / sqrtf(sum1(squares) / (float)n + eps));
    EACH(n)
    {
        __mmask16 m = MASK(n);
        __m512 v = _mm512_mul_ps(_mm512_sub_ps(get(x + i, m), mean), scale);
        if (weight) v = _mm512_mul_ps(v, get(weight + i, m));
        if (bias) v = _mm512_add_ps(v, get(bias + i, m));
        _mm512_mask_storeu_ps(out + i, m, v);
    }
}

static void add(float *out, const float *a, const float *b, uint32_t n)
{
    EACH(n)
    {
        __mmask16 m = MASK(n);
        _mm512_mask_storeu_ps(out + i, m, _mm512_add_ps(get(a + i, m), get(b + i, m)));
    }
}

static void add_scaled(float *out, const float *x, float scale, uint32_t n)
{
    EACH(n)
    {
        __mmask16 m = MASK(n);
        _mm512_mask_storeu_ps(out + i, m, _mm512_fmadd_ps(get(x + i, m), _mm512_set1_ps(scale), get(out + i, m)));
    }
}

static void scale_by(float *x, float scale, uint32_t n)
{
    EACH(n)
    {
        __mmask16 m = MASK(n);
        _mm512_mask_storeu_ps(x + i, m, _mm512_mul_ps(get(x + i, m), _mm512_set1_ps(scale)));
    }
}

static void mul(float *out, const float *a, const float *b, uint32_t n)
{
    EACH(n)
    {
        __mmask16 m = MASK(n);
        _mm512_mask_storeu_ps(out + i, m, _mm512_mul_ps(get(a + i, m), get(b + i, m)));
    }
}

/* x / (1 + e^-u): the reciprocal of 14 bits and one step of Newton's, 0 from 2^126 on. */
static inline __m512 gate(__m512 x, __m512 u)
{
    const __m512 one = _mm512_set1_ps(1.0f), d = _mm512_add_ps(one, exp512(_mm512_sub_ps(_mm512_setzero_ps(), u)));
    const __mmask16 small = _mm512_cmp_ps_mask(d, _mm512_set1_ps(0x1p126f), _CMP_NGE_UQ);
    const __m512 r = _mm512_rcp14_ps(d);
    return _mm512_mul_ps(x, _mm512_maskz_fmadd_ps(small, r, _mm512_fnmadd_ps(d, r, one), r));
}

static void silu(float *x, uint32_t n)
{
    EACH(n)
    {
        __mmask16 m = MASK(n);
        __m512 v = get(x + i, m);
        _mm512_mask_storeu_ps(x + i, m, gate(v, v));
    }
}

static void gelu(float *x, uint32_t n)
{
    EACH(n)
    {
        __mmask16 m = MASK(n);
        __m512 v = get(x + i, m);
        __m512 cubic = _mm512_fmadd_ps(_mm512_mul_ps(v, v), _mm512_set1_ps(0.044715f), _mm512_set1_ps(1.0f));
        __m512 u = _mm512_mul_ps(_mm512_mul_ps(v, _mm512_set1_ps(2.0f * 0.7978845608f)), cubic);
        _mm512_mask_storeu_ps(x + i, m, gate(v, u));
    }
}

static void rope_halves(float *x, const float *cosine, const float *sine, uint32_t n)
{
    uint32_t half = n / 2;
    EACH(half)
    {
        __mmask16 m = MASK(half);
        __m512 a = get(x + i, m), b = get(x + half + i, m), c = get(cosine + i, m), s = get(sine + i, m);
        _mm512_mask_storeu_ps(x + i, m, _mm512_fmsub_ps(a, c, _mm512_mul_ps(b, s)));
        _mm512_mask_storeu_ps(x + half + i, m, _mm512_fmadd_ps(a, s, _mm512_mul_ps(b, c)));
    }
}

static void rope_pairs(float *x, const float *cosine, const float *sine, uint32_t n)
{
    const __m512i twice = _mm512_set_epi32(7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0, 0);
    n = n / 2 * 2;
    EACH(n)
    {
        __mmask16 m = MASK(n), half = head_mask((n - i < 16 ? n - i : 16) / 2);
        __m512 v = get(x + i, m), swapped = _mm512_permute_ps(v, 0xb1);
        __m512 c = _mm512_permutexvar_ps(twice, get(cosine + i / 2, half));
        __m512 s = _mm512_permutexvar_ps(twice, get(sine + i / 2, half));
        _mm512_mask_storeu_ps(x + i, m, _mm512_fmaddsub_ps(v, c, _mm512_mul_ps(swapped, s)));
    }
}

const sx_vector_ops sx_vector_avx512 = {rms_norm, layer_norm, add,  add_scaled,  scale_by,
                                        mul,      silu,       gelu, rope_halves, rope_pairs};
