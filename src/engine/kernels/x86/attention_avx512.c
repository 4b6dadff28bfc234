/* The steps of attention with AVX-512. */
#include <math.h>
#include <string.h>

#include "engine/kernels/kernels.h"
#include "engine/kernels/x86/simd_avx512.h"

#define INLINE static inline __attribute__((always_inline))

static float softmax(float *s, float *max, float *sum)
{
    __m512 v[SX_KEY_TILE / 16];
    for (int i = 0; i < SX_KEY_TILE / 16; i++) v[i] = _mm512_loadu_ps(s + 16 * i);
    float top = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_max_ps(v[0], v[1]), _mm512_max_ps(v[2], v[3]))),
          before = *max;
    top = before > top ? before : top;
    if (top == -INFINITY) { /* nothing to see */
        memset(s, 0, SX_KEY_TILE * sizeof *s);
        return 1.0f;
    }
    for (int i = 0; i < SX_KEY_TILE / 16; i++) {
        v[i] = exp512(_mm512_sub_ps(v[i], _mm512_set1_ps(top)));
        _mm512_storeu_ps(s + 16 * i, v[i]);
    }
    float total = sum1(_mm512_add_ps(_mm512_add_ps(v[0], v[1]), _mm512_add_ps(v[2], v[3])));
    float keep = before == top ? 1.0f : _mm512_cvtss_f32(exp512(_mm512_set1_ps(before - top)));
    *max = top;
    *sum = *sum * keep + total;
    return keep;
}

/* rows x (vecs * 16) outputs; the last vector is masked */
INLINE void weigh_tile(float *acc, size_t lda, const float *p, uint32_t type, const char *v, size_t stride,
                       uint32_t n_keys, size_t d0, __mmask16 last, const int rows, const int vecs)
{
    __m512 a[4][4];
    for (int i = 0; i < rows; i++)
        for (int c = 0; c < vecs; c++)
            a[i][c] = _mm512_maskz_loadu_ps(c == vecs - 1 ? last : (__mmask16)0xffff,
                                            acc + (size_t)i * lda + d0 + 16 * (size_t)c);
    for (uint32_t j = 0; j < n_keys; j++) {
        __m512 x[4];
        for (int c = 0; c < vecs; c++)
            x[c] = load_lanes(type, v + j * stride, d0 + 16 * (size_t)c, c == vecs - 1 ? last : (__mmask16)0xffff);
        for (int i = 0; i < rows; i++) {
            __m512 weight = _mm512_set1_ps(p[i * SX_KEY_TILE + (int)j]);
            for (int c = 0; c < vecs; c++) a[i][c] = _mm512_fmadd_ps(weight, x[c], a[i][c]);
        }
    }
    for (int i = 0; i < rows; i++)
        for (int c = 0; c < vecs; c++)
            _mm512_mask_storeu_ps(acc + (size_t)i * lda + d0 + 16 * (size_t)c, c == vecs - 1 ? last : (__mmask16)0xffff,
                                  a[i][c]);
}

INLINE void weigh_rows(float *acc, size_t lda, const float *p, uint32_t type, const char *v, size_t stride,
                       uint32_t n_keys, uint32_t dim, const int rows)
{
    uint32_t d = 0;
    for (; d + 64 <= dim; d += 64) weigh_tile(acc, lda, p, type, v, stride, n_keys, d, 0xffff, rows, 4);
    for (; d < dim; d += 16)
        weigh_tile(acc, lda, p, type, v, stride, n_keys, d, dim - d >= 16 ? 0xffff : head_mask(dim - d), rows, 1);
}

INLINE void weigh_all(float *acc, size_t lda, uint32_t n_rows, const float *p, uint32_t type, const char *v,
                      size_t stride, uint32_t n_keys, uint32_t dim)
{
    uint32_t i = 0;
    for (; i + 4 <= n_rows; i += 4)
        weigh_rows(acc + i * lda, lda, p + (size_t)i * SX_KEY_TILE, type, v, stride, n_keys, dim, 4);
    for (; i < n_rows; i++)
        weigh_rows(acc + i * lda, lda, p + (size_t)i * SX_KEY_TILE, type, v, stride, n_keys, dim, 1);
}

static void weigh(float *acc, size_t lda, uint32_t n_rows, const float *p, uint32_t type, const void *v, size_t stride,
                  uint32_t n_keys, uint32_t dim)
{
    if (type == SX_TYPE_F16)
        weigh_all(acc, lda, n_rows, p, SX_TYPE_F16, v, stride, n_keys, dim);
    else if (type == SX_TYPE_BF16)
        weigh_all(acc, lda, n_rows, p, SX_TYPE_BF16, v, stride, n_keys, dim);
    else
        weigh_all(acc, lda, n_rows, p, SX_TYPE_F32, v, stride, n_keys, dim);
}

/* cap * tanh(u) = cap * (1 - 2 / (e^2u + 1)) */
static void soft_cap(float *s, uint32_t n, float cap)
{
    const __m512 one = _mm512_set1_ps(1.0f), two = _mm512_set1_ps(2.0f);
    for (uint32_t i = 0; i < n; i += 16) {
        __mmask16 m = n - i >= 16 ? 0xffff : head_mask(n - i);
        __m512 u = _mm512_div_ps(_mm512_maskz_loadu_ps(m, s + i), _mm512_set1_ps(cap));
        __m512 e = exp512(_mm512_mul_ps(u, two));
        __m512 t = _mm512_sub_ps(one, _mm512_div_ps(two, _mm512_add_ps(e, one)));
        _mm512_mask_storeu_ps(s + i, m, _mm512_mul_ps(t, _mm512_set1_ps(cap)));
    }
}

const sx_attention_ops sx_attention_avx512 = {softmax, weigh, soft_cap};
