/* The steps of attention with AVX2. */
#include <math.h>
#include <string.h>

#include "engine/kernels/kernels.h"
#include "engine/kernels/x86/simd_avx2.h"

#define INLINE static inline __attribute__((always_inline))

static float softmax(float *s, float *max, float *sum)
{
    __m256 highest = _mm256_loadu_ps(s);
    for (int i = 8; i < SX_KEY_TILE; i += 8) highest = _mm256_max_ps(highest, _mm256_loadu_ps(s + i));
    float top = max_lane(highest), before = *max;
    top = before > top ? before : top;
    if (top == -INFINITY) { /* nothing to see */
        memset(s, 0, SX_KEY_TILE * sizeof *s);
        return 1.0f;
    }
    __m256 total = _mm256_setzero_ps();
    for (int i = 0; i < SX_KEY_TILE; i += 8) {
        __m256 v = exp256(_mm256_sub_ps(_mm256_loadu_ps(s + i), _mm256_set1_ps(top)));
        _mm256_storeu_ps(s + i, v);
        total = _mm256_add_ps(total, v);
    }
    float keep = before == top ? 1.0f : _mm256_cvtss_f32(exp256(_mm256_set1_ps(before - top)));
    *max = top;
    *sum = *sum * keep + sum1(total);
    return keep;
}

/* rows x (vecs * 8) outputs; n of the last vector's lanes are there */
INLINE void weigh_tile(float *acc, size_t lda, const float *p, uint32_t type, const char *v, size_t stride,
                       uint32_t n_keys, size_t d0, uint32_t n, const int rows, const int vecs)
{
    __m256 a[2][4];
    for (int i = 0; i < rows; i++)
        for (int c = 0; c < vecs; c++) a[i][c] = get_part(acc + (size_t)i * lda + d0 + 8 * (size_t)c, n);
    for (uint32_t j = 0; j < n_keys; j++) {
        __m256 x[4];
        for (int c = 0; c < vecs; c++) x[c] = load_lanes(type, v + j * stride, d0 + 8 * (size_t)c, n);
        for (int i = 0; i < rows; i++) {
            __m256 weight = _mm256_set1_ps(p[i * SX_KEY_TILE + (int)j]);
            for (int c = 0; c < vecs; c++) a[i][c] = _mm256_fmadd_ps(weight, x[c], a[i][c]);
        }
    }
    for (int i = 0; i < rows; i++)
        for (int c = 0; c < vecs; c++) put_part(acc + (size_t)i * lda + d0 + 8 * (size_t)c, a[i][c], n);
}

INLINE void weigh_rows(float *acc, size_t lda, const float *p, uint32_t type, const char *v, size_t stride,
                       uint32_t n_keys, uint32_t dim, const int rows)
{
    uint32_t d = 0;
    for (; d + 32 <= dim; d += 32) weigh_tile(acc, lda, p, type, v, stride, n_keys, d, 8, rows, 4);
    for (; d < dim; d += 8) weigh_tile(acc, lda, p, type, v, stride, n_keys, d, dim - d, rows, 1);
}

INLINE void weigh_all(float *acc, size_t lda, uint32_t n_rows, const float *p, uint32_t type, const char *v,
                      size_t stride, uint32_t n_keys, uint32_t dim)
{
    uint32_t i = 0;
    for (; i + 2 <= n_rows; i += 2)
        weigh_rows(acc + i * lda, lda, p + (size_t)i * SX_KEY_TILE, type, v, stride, n_keys, dim, 2);
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
    const __m256 one = _mm256_set1_ps(1.0f), two = _mm256_set1_ps(2.0f);
    for (uint32_t i = 0; i < n; i += 8) {
        __m256 u = _mm256_div_ps(get_part(s + i, n - i), _mm256_set1_ps(cap));
        __m256 t = _mm256_sub_ps(one, _mm256_div_ps(two, _mm256_add_ps(exp256(_mm256_mul_ps(u, two)), one)));
        put_part(s + i, _mm256_mul_ps(t, _mm256_set1_ps(cap)), n - i);
    }
}

const sx_attention_ops sx_attention_avx2 = {softmax, weigh, soft_cap};
