/* The steps of attention with AVX2: tiles of up to 6 rows by 16 keys or values in registers. Integer keys are in
 * attention_blocks_avx2.h. */
#include <math.h>
#include <string.h>

#include "engine/kernels/kernels.h"
#include "engine/kernels/x86/ahead.h"
#include "engine/kernels/x86/attention_blocks_avx2.h"
#include "engine/kernels/x86/simd_avx2.h"

#define INLINE static inline __attribute__((always_inline))

static void query(uint32_t type, float *out, const float *q, float scale, uint32_t dim)
{
    if (sx_key_blocks(type))
        sx_query_blocks(out, q, scale, dim);
    else
        for (uint32_t i = 0; i < dim; i += 8)
            put_part(out + i, _mm256_mul_ps(get_part(q + i, dim - i), _mm256_set1_ps(scale)), dim - i);
}

/* ---- keys as columns ---- */

INLINE void columns_of(uint32_t type, float *panel, const char *rows, size_t stride, uint32_t n_keys, uint32_t dim,
                       const sx_wanted *wanted)
{
    sx_ahead ahead = ahead_keys(wanted, 0);
    for (uint32_t j = 0; j < SX_KEY_TILE; j += 8)
        for (uint32_t d = 0; d < dim; d += 8) {
            const uint32_t n = dim - d < 8 ? dim - d : 8;
            __m256 row[8], column[8];
            ask_ahead(&ahead, ASK_LINE * (type == SX_TYPE_F32 ? 3 : 1));
            for (uint32_t i = 0; i < 8; i++)
                row[i] = j + i < n_keys ? load_lanes(type, rows + (j + i) * stride, d, n) : _mm256_setzero_ps();
            turn8(row, column);
            for (uint32_t i = 0; i < n; i++) _mm256_storeu_ps(panel + (size_t)(d + i) * SX_KEY_TILE + j, column[i]);
        }
}

static void keys(uint32_t type, float *panel, const void *rows, size_t stride, uint32_t n_keys, uint32_t dim,
                 const sx_wanted *wanted)
{
    if (sx_key_blocks(type))
        block_panel(type, panel, rows, stride, n_keys, dim, wanted);
    else if (type == SX_TYPE_F16)
        columns_of(SX_TYPE_F16, panel, rows, stride, n_keys, dim, wanted);
    else if (type == SX_TYPE_BF16)
        columns_of(SX_TYPE_BF16, panel, rows, stride, n_keys, dim, wanted);
    else
        columns_of(SX_TYPE_F32, panel, rows, stride, n_keys, dim, wanted);
}

/* ---- scores ---- */

INLINE void score_tile(float *s, const float *q, size_t ldq, const float *panel, uint32_t dim, const int rows)
{
    __m256 acc[6][2];
    for (int i = 0; i < rows; i++) acc[i][0] = acc[i][1] = _mm256_setzero_ps();
    for (uint32_t d = 0; d < dim; d++, panel += SX_KEY_TILE) {
        const __m256 k0 = _mm256_loadu_ps(panel), k1 = _mm256_loadu_ps(panel + 8);
        for (int i = 0; i < rows; i++) {
            const __m256 x = _mm256_set1_ps(q[(size_t)i * ldq + d]);
            acc[i][0] = _mm256_fmadd_ps(x, k0, acc[i][0]);
            acc[i][1] = _mm256_fmadd_ps(x, k1, acc[i][1]);
        }
    }
    for (int i = 0; i < rows; i++) {
        _mm256_storeu_ps(s + i * SX_KEY_TILE, acc[i][0]);
        _mm256_storeu_ps(s + i * SX_KEY_TILE + 8, acc[i][1]);
    }
}

static void scores(uint32_t type, float *s, const float *q, size_t ldq, uint32_t n_rows, const float *panel,
                   uint32_t dim, const sx_wanted *wanted)
{
    if (sx_key_blocks(type)) {
        block_scores(s, q, ldq, n_rows, panel, dim, type == SX_TYPE_Q8_0 ? wanted : NULL);
        return;
    }
    /* behind what was asked for with the keys */
    sx_ahead ahead = ahead_keys(wanted, (type == SX_TYPE_F32 ? 3 : 1) * (size_t)dim * ASK_LINE);
    for (uint32_t i = 0, n; i < n_rows; i += n, s += n * SX_KEY_TILE, q += n * ldq) {
        n = rows_together(n_rows - i);
        for (uint32_t j = 0; j < SX_KEY_TILE; j += 16) {
            for (uint32_t d = 0; d < dim && i == 0; d += 4) ask_ahead(&ahead, ASK_LINE);
            switch (n) {
            case 6: score_tile(s + j, q, ldq, panel + j, dim, 6); break;
            case 5: score_tile(s + j, q, ldq, panel + j, dim, 5); break;
            case 4: score_tile(s + j, q, ldq, panel + j, dim, 4); break;
            case 3: score_tile(s + j, q, ldq, panel + j, dim, 3); break;
            case 2: score_tile(s + j, q, ldq, panel + j, dim, 2); break;
            default: score_tile(s + j, q, ldq, panel + j, dim, 1); break;
            }
        }
    }
}

/* ---- softmax ---- */

/* e^x for x <= 0, as exp256; 0 also for -infinity. */
INLINE __m256 exp_down(__m256 x)
{
    __m256 n = _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(1.44269504f)),
                               _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693145752f), x);
    r = _mm256_fnmadd_ps(n, _mm256_set1_ps(1.42860677e-6f), r);
    __m256 p = _mm256_set1_ps(1.38888889e-3f);
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(8.33333333e-3f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(4.16666667e-2f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.66666667e-1f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(0.5f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f));
    const __m256i power = _mm256_slli_epi32(_mm256_cvtps_epi32(n), 23);
    p = _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), power));
    return _mm256_and_ps(p, _mm256_cmp_ps(x, _mm256_set1_ps(-87.3f), _CMP_NLT_UQ));
}

static float softmax_row(float *s, float *max, float *sum)
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
        __m256 v = exp_down(_mm256_sub_ps(_mm256_loadu_ps(s + i), _mm256_set1_ps(top)));
        _mm256_storeu_ps(s + i, v);
        total = _mm256_add_ps(total, v);
    }
    float keep = before == top ? 1.0f : _mm256_cvtss_f32(exp_down(_mm256_set1_ps(before - top)));
    *max = top;
    *sum = *sum * keep + sum1(total);
    return keep;
}

static void softmax(float *s, uint32_t n_rows, float *max, float *sum, float *keep)
{
    for (uint32_t i = 0; i < n_rows; i++) keep[i] = softmax_row(s + (size_t)i * SX_KEY_TILE, max + i, sum + i);
}

/* ---- values ---- */

/* rows x (vecs * 8) outputs; n of the last vector's lanes are there */
INLINE void weigh_tile(float *acc, size_t lda, const float *keep, const float *p, uint32_t type, const char *v,
                       size_t stride, uint32_t n_keys, uint32_t d0, uint32_t n, sx_ahead *ahead, const int rows,
                       const int vecs)
{
    const int bytes = d0 % 32 == 0 ? ahead_bytes(type) / 2 : 0; /* 32 columns have a line: every other step takes one */
    __m256 a[6][2];
    for (int i = 0; i < rows; i++)
        for (int c = 0; c < vecs; c++)
            a[i][c] = _mm256_mul_ps(_mm256_set1_ps(keep[i]), get_part(acc + (size_t)i * lda + d0 + 8 * (size_t)c, n));
    for (uint32_t j = 0; j < n_keys; j++) {
        __m256 x[2];
        if (type != SX_TYPE_F32 && bytes) ask_ahead(ahead, bytes);
        for (int c = 0; c < vecs; c++) x[c] = load_kept(type, v + j * stride, d0 + 8 * (uint32_t)c, n);
        for (int i = 0; i < rows; i++) {
            const __m256 weight = _mm256_set1_ps(p[i * SX_KEY_TILE + (int)j]);
            for (int c = 0; c < vecs; c++) a[i][c] = _mm256_fmadd_ps(weight, x[c], a[i][c]);
        }
    }
    for (int i = 0; i < rows; i++)
        for (int c = 0; c < vecs; c++) put_part(acc + (size_t)i * lda + d0 + 8 * (size_t)c, a[i][c], n);
}

INLINE void weigh_rows(float *acc, size_t lda, const float *keep, const float *p, uint32_t type, const char *v,
                       size_t stride, uint32_t n_keys, uint32_t dim, sx_ahead ahead, const int rows)
{
    uint32_t d = 0;
    for (; d + 16 <= dim; d += 16) weigh_tile(acc, lda, keep, p, type, v, stride, n_keys, d, 8, &ahead, rows, 2);
    for (; d < dim; d += 8) weigh_tile(acc, lda, keep, p, type, v, stride, n_keys, d, dim - d, &ahead, rows, 1);
}

INLINE void weigh_all(float *acc, size_t lda, uint32_t n_rows, const float *keep, const float *p, uint32_t type,
                      const char *v, size_t stride, uint32_t n_keys, uint32_t dim, const sx_wanted *wanted)
{
    for (uint32_t i = 0, n; i < n_rows; i += n, acc += n * lda, keep += n, p += n * SX_KEY_TILE) {
        n = rows_together(n_rows - i);
        sx_ahead ahead = ahead_values(i > 0 ? NULL : wanted);
        if (sx_key_blocks(type)) ahead = ahead_once(ahead);
        switch (n) {
        case 6: weigh_rows(acc, lda, keep, p, type, v, stride, n_keys, dim, ahead, 6); break;
        case 5: weigh_rows(acc, lda, keep, p, type, v, stride, n_keys, dim, ahead, 5); break;
        case 4: weigh_rows(acc, lda, keep, p, type, v, stride, n_keys, dim, ahead, 4); break;
        case 3: weigh_rows(acc, lda, keep, p, type, v, stride, n_keys, dim, ahead, 3); break;
        case 2: weigh_rows(acc, lda, keep, p, type, v, stride, n_keys, dim, ahead, 2); break;
        default: weigh_rows(acc, lda, keep, p, type, v, stride, n_keys, dim, ahead, 1); break;
        }
    }
}

static void weigh(float *acc, size_t lda, uint32_t n_rows, const float *keep, const float *p, uint32_t type,
                  const void *v, size_t stride, uint32_t n_keys, uint32_t dim, const sx_wanted *wanted)
{
    switch (type) {
    case SX_TYPE_F16: weigh_all(acc, lda, n_rows, keep, p, SX_TYPE_F16, v, stride, n_keys, dim, wanted); break;
    case SX_TYPE_BF16: weigh_all(acc, lda, n_rows, keep, p, SX_TYPE_BF16, v, stride, n_keys, dim, wanted); break;
    case SX_TYPE_Q8_0: weigh_all(acc, lda, n_rows, keep, p, SX_TYPE_Q8_0, v, stride, n_keys, dim, wanted); break;
    case SX_TYPE_Q4_0: weigh_all(acc, lda, n_rows, keep, p, SX_TYPE_Q4_0, v, stride, n_keys, dim, wanted); break;
    default: weigh_all(acc, lda, n_rows, keep, p, SX_TYPE_F32, v, stride, n_keys, dim, wanted); break;
    }
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

const sx_attention_ops sx_attention_avx2 = {query, keys, scores, softmax, weigh, soft_cap};
