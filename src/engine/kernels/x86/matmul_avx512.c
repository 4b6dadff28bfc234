/* Matrix times vectors with AVX-512: float weights in tiles of 4 rows by up to 6 tokens, each output a vector of 16 partial
 * sums along k; activations to bytes. Quantised weights are in quants_avx512.c. */
#include <string.h>

#include "engine/kernels/kernels.h"
#include "engine/kernels/x86/bytes_avx512.h"
#include "engine/kernels/x86/floats_bf16.h"
#include "engine/kernels/x86/quants_avx512.h"
#include "engine/kernels/x86/row_lines.h"
#include "engine/kernels/x86/simd_avx512.h"

enum {
    CUT = 768, /* elements of a row that many tokens work through at once */
    ROWS = 64  /* whose sums wait between cuts */
};

#define INLINE static inline __attribute__((always_inline))

/* ---- float weights ---- */

/* One step of 16 elements; a compile-time `whole` leaves the masks out. */
INLINE void float_step(uint32_t type, const char *w, size_t stride, const float *x, size_t ldx, uint32_t i,
                       __mmask16 mask, const bool whole, __m512 acc[4][6], const int rows, const int toks)
{
    __m512 row[4];
    for (int r = 0; r < rows; r++)
        row[r] = whole ? load_whole(type, w + (size_t)r * stride, i)
                       : load_lanes(type, w + (size_t)r * stride, i, mask);
    for (int t = 0; t < toks; t++) {
        const float *at = x + (size_t)t * ldx + i;
        __m512 v = whole ? _mm512_loadu_ps(at) : _mm512_maskz_loadu_ps(mask, at);
        for (int r = 0; r < rows; r++) acc[r][t] = _mm512_fmadd_ps(row[r], v, acc[r][t]);
    }
}

/* One token takes whole lines of the rows; returns the elements done. */
INLINE uint32_t float_lines(uint32_t type, const char *w, size_t stride, const float *x, uint32_t k, __m512 acc[4][6],
                            const int rows)
{
    const uint32_t line = (uint32_t)(ROW_LINE / element_bytes(type)), lines = k / line;
    for (uint32_t i = 0; i < lines; i++) {
        ask_for_row_lines(w, stride, rows, i, lines);
        for (uint32_t j = 0; j < line; j += 16)
            float_step(type, w, stride, x, 0, i * line + j, 0xffff, true, acc, rows, 1);
    }
    return lines * line;
}

/* Elements from..to of k. Sums of a row that is cut wait in `part`. */
INLINE void float_tile(uint32_t type, const char *w, size_t stride, const float *x, size_t ldx, uint32_t from,
                       uint32_t to, uint32_t k, __m512 *part, float *out, size_t ldo, const int rows, const int toks)
{
    __m512 acc[4][6];
    for (int r = 0; r < rows; r++)
        for (int t = 0; t < toks; t++) acc[r][t] = from ? part[r * toks + t] : _mm512_setzero_ps();
    uint32_t i = toks == 1 ? float_lines(type, w, stride, x, k, acc, rows) : from;
    for (; i + 16 <= to; i += 16) float_step(type, w, stride, x, ldx, i, 0xffff, true, acc, rows, toks);
    if (i < to) float_step(type, w, stride, x, ldx, i, head_mask(to - i), false, acc, rows, toks);
    if (to < k) {
        for (int r = 0; r < rows; r++)
            for (int t = 0; t < toks; t++) part[r * toks + t] = acc[r][t];
        return;
    }
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
    for (; r + 4 <= n_rows; r += 4)
        float_tile(type, w + r * stride, stride, x, ldx, 0, k, k, NULL, out + r, ldo, 4, toks);
    for (; r < n_rows; r++) float_tile(type, w + r * stride, stride, x, ldx, 0, k, k, NULL, out + r, ldo, 1, toks);
}

/* Long rows by 6 tokens, CUT elements at a time, so that what the tokens share stays in the nearest cache: the same sums. */
INLINE void float_cuts(uint32_t type, const char *w, size_t stride, uint32_t n_rows, const float *x, size_t ldx,
                       uint32_t k, float *out, size_t ldo)
{
    __m512 part[ROWS * 6];
    for (uint32_t first = 0; first < n_rows; first += ROWS) {
        const uint32_t end = n_rows - first < ROWS ? n_rows : first + ROWS;
        for (uint32_t from = 0, to; from < k; from = to) {
            uint32_t r = first;
            to = k - from < CUT + CUT / 2 ? k : from + CUT;
            for (; r + 4 <= end; r += 4)
                float_tile(type, w + r * stride, stride, x, ldx, from, to, k, part + (size_t)(r - first) * 6, out + r,
                           ldo, 4, 6);
            for (; r < end; r++)
                float_tile(type, w + r * stride, stride, x, ldx, from, to, k, part + (size_t)(r - first) * 6, out + r,
                           ldo, 1, 6);
        }
    }
}

INLINE void floats_of(uint32_t type, const char *w, size_t stride, uint32_t n_rows, const float *x, size_t ldx,
                      uint32_t n_tok, uint32_t k, float *out, size_t ldo)
{
    uint32_t t = 0;
    for (; t + 6 <= n_tok; t += 6)
        if (k < 2 * CUT)
            float_rows(type, w, stride, n_rows, x + t * ldx, ldx, k, out + t * ldo, ldo, 6);
        else
            float_cuts(type, w, stride, n_rows, x + t * ldx, ldx, k, out + t * ldo, ldo);
    for (; t + 2 <= n_tok; t += 2) float_rows(type, w, stride, n_rows, x + t * ldx, ldx, k, out + t * ldo, ldo, 2);
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

static void floats_by_pairs(uint32_t type, const void *w, size_t stride, uint32_t n_rows, const float *x, size_t ldx,
                            uint32_t n_tok, uint32_t k, float *out, size_t ldo)
{
    if (type == SX_TYPE_BF16)
        sx_floats_bf16(w, stride, n_rows, x, ldx, n_tok, k, out, ldo);
    else
        floats(type, w, stride, n_rows, x, ldx, n_tok, k, out, ldo);
}

const sx_matmul_ops sx_matmul_avx512 = {floats, sx_quants_avx512, sx_quants_scratch_avx512, sx_to_q8_avx512};
const sx_matmul_ops sx_matmul_avx512_bf16 = {floats_by_pairs, sx_quants_avx512, sx_quants_scratch_avx512,
                                             sx_to_q8_avx512};
