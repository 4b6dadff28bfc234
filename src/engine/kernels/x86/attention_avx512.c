/* The steps of attention with AVX-512: tiles of up to 6 rows by 64 keys or values in registers. Integer keys are in
 * attention_blocks_avx512.h. */
#include "engine/kernels/kernels.h"
#include "engine/kernels/x86/ahead.h"
#include "engine/kernels/x86/attention_blocks_avx512.h"
#include "engine/kernels/x86/simd_avx512.h"
#include "engine/kernels/x86/softmax_avx512.h"
#include "engine/kernels/x86/turn_avx512.h"

#define INLINE static inline __attribute__((always_inline))

static void query(uint32_t type, float *out, const float *q, float scale, uint32_t dim)
{
    if (sx_key_blocks(type)) {
        sx_query_blocks(out, q, scale, dim);
        return;
    }
    for (uint32_t i = 0; i < dim; i += 16) {
        __mmask16 m = dim - i >= 16 ? 0xffff : head_mask(dim - i);
        _mm512_mask_storeu_ps(out + i, m, _mm512_mul_ps(_mm512_maskz_loadu_ps(m, q + i), _mm512_set1_ps(scale)));
    }
}

/* ---- keys as columns ---- */

INLINE void columns_of(uint32_t type, float *panel, const char *rows, size_t stride, uint32_t n_keys, uint32_t dim,
                       const sx_wanted *wanted)
{
    sx_ahead ahead = ahead_keys(wanted, 0);
    for (uint32_t j = 0; j < SX_KEY_TILE; j += 16)
        for (uint32_t d = 0; d < dim; d += 16) {
            const uint32_t n = dim - d < 16 ? dim - d : 16;
            __m512 row[16];
            ask_ahead(&ahead, ASK_LINE * (type == SX_TYPE_F32 ? 12 : 4));
            if (n == 16 && j + 16 <= n_keys) {
                for (uint32_t i = 0; i < 16; i++) row[i] = load_whole(type, rows + (j + i) * stride, d);
                turn_16(panel + (size_t)d * SX_KEY_TILE + j, row, 16);
                continue;
            }
            for (uint32_t i = 0; i < 16; i++)
                row[i] = j + i < n_keys ? load_lanes(type, rows + (j + i) * stride, d, head_mask(n))
                                        : _mm512_setzero_ps();
            turn_16(panel + (size_t)d * SX_KEY_TILE + j, row, n);
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

INLINE void score_rows(float *s, const float *q, size_t ldq, const float *panel, uint32_t dim, sx_ahead ahead,
                       const int rows)
{
    __m512 acc[6][4];
    for (int i = 0; i < rows; i++)
        for (int c = 0; c < 4; c++) acc[i][c] = _mm512_setzero_ps();
    for (uint32_t d = 0; d < dim; d++, panel += SX_KEY_TILE) {
        __m512 k[4];
        ask_ahead(&ahead, ASK_LINE);
        for (int c = 0; c < 4; c++) k[c] = _mm512_loadu_ps(panel + 16 * c);
        for (int i = 0; i < rows; i++) {
            const __m512 x = _mm512_set1_ps(q[(size_t)i * ldq + d]);
            for (int c = 0; c < 4; c++) acc[i][c] = _mm512_fmadd_ps(x, k[c], acc[i][c]);
        }
    }
    for (int i = 0; i < rows; i++)
        for (int c = 0; c < 4; c++) _mm512_storeu_ps(s + i * SX_KEY_TILE + 16 * c, acc[i][c]);
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
        if (i > 0) ahead = (sx_ahead){0};
        switch (n) {
        case 6: score_rows(s, q, ldq, panel, dim, ahead, 6); break;
        case 5: score_rows(s, q, ldq, panel, dim, ahead, 5); break;
        case 4: score_rows(s, q, ldq, panel, dim, ahead, 4); break;
        case 3: score_rows(s, q, ldq, panel, dim, ahead, 3); break;
        case 2: score_rows(s, q, ldq, panel, dim, ahead, 2); break;
        default: score_rows(s, q, ldq, panel, dim, ahead, 1); break;
        }
    }
}

/* ---- softmax ---- */

static void softmax(float *s, uint32_t n_rows, float *max, float *sum, float *keep)
{
    softmax_rows(s, (uint16_t *)(void *)s, n_rows, max, sum, keep, NULL);
}

/* ---- values ---- */

/* rows x (vecs * 16) outputs; the last vector is masked */
INLINE void weigh_tile(float *acc, size_t lda, const float *keep, const float *p, uint32_t type, const char *v,
                       size_t stride, uint32_t n_keys, uint32_t d0, __mmask16 last, sx_ahead *ahead, const int rows,
                       const int vecs)
{
    const int bytes = (vecs * ahead_bytes(type) + 3) / 4;
    _Alignas(64) float scale[2][SX_KEY_TILE];
    __m512 a[6][4];
    if (sx_key_blocks(type)) {
        v += (size_t)(d0 / 32) * sx_key_block_bytes(type);
        for (int c = 0; c < vecs; c += 2)
            block_scales(scale[c / 2], v + (size_t)(c / 2) * sx_key_block_bytes(type), stride, n_keys);
    }
    for (int i = 0; i < rows; i++)
        for (int c = 0; c < vecs; c++)
            a[i][c] = _mm512_mul_ps(_mm512_set1_ps(keep[i]),
                                    _mm512_maskz_loadu_ps(c == vecs - 1 ? last : (__mmask16)0xffff,
                                                          acc + (size_t)i * lda + d0 + 16 * (size_t)c));
    for (uint32_t j = 0; j < n_keys; j++) {
        __m512 x[4];
        if (type != SX_TYPE_F32) ask_ahead(ahead, bytes);
        for (int c = 0; c < vecs; c++)
            if (sx_key_blocks(type))
                x[c] = _mm512_mul_ps(_mm512_set1_ps(scale[c / 2][j]),
                                     block_numbers(type, v + j * stride, d0 % 32 + 16 * (uint32_t)c));
            else if (c == vecs - 1 && last != 0xffff)
                x[c] = load_lanes(type, v + j * stride, d0 + 16 * (uint32_t)c, last);
            else
                x[c] = load_whole(type, v + j * stride, d0 + 16 * (uint32_t)c);
        for (int i = 0; i < rows; i++) {
            const __m512 weight = _mm512_set1_ps(p[i * SX_KEY_TILE + (int)j]);
            for (int c = 0; c < vecs; c++) a[i][c] = _mm512_fmadd_ps(weight, x[c], a[i][c]);
        }
    }
    for (int i = 0; i < rows; i++)
        for (int c = 0; c < vecs; c++)
            _mm512_mask_storeu_ps(acc + (size_t)i * lda + d0 + 16 * (size_t)c, c == vecs - 1 ? last : (__mmask16)0xffff,
                                  a[i][c]);
}

INLINE void weigh_rows(float *acc, size_t lda, const float *keep, const float *p, uint32_t type, const char *v,
                       size_t stride, uint32_t n_keys, uint32_t dim, sx_ahead ahead, const int rows)
{
    uint32_t d = 0;
    for (; d + 64 <= dim; d += 64) weigh_tile(acc, lda, keep, p, type, v, stride, n_keys, d, 0xffff, &ahead, rows, 4);
    for (; d + 32 <= dim; d += 32) weigh_tile(acc, lda, keep, p, type, v, stride, n_keys, d, 0xffff, &ahead, rows, 2);
    for (; d < dim; d += 16) {
        const __mmask16 last = dim - d >= 16 ? 0xffff : head_mask(dim - d);
        weigh_tile(acc, lda, keep, p, type, v, stride, n_keys, d, last, &ahead, rows, 1);
    }
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
    const __m512 one = _mm512_set1_ps(1.0f), two = _mm512_set1_ps(2.0f);
    for (uint32_t i = 0; i < n; i += 16) {
        __mmask16 m = n - i >= 16 ? 0xffff : head_mask(n - i);
        __m512 u = _mm512_div_ps(_mm512_maskz_loadu_ps(m, s + i), _mm512_set1_ps(cap));
        __m512 e = exp512(_mm512_mul_ps(u, two));
        __m512 t = _mm512_sub_ps(one, _mm512_div_ps(two, _mm512_add_ps(e, one)));
        _mm512_mask_storeu_ps(s + i, m, _mm512_mul_ps(t, _mm512_set1_ps(cap)));
    }
}

const sx_attention_ops sx_attention_avx512 = {query, keys, scores, softmax, weigh, soft_cap};
