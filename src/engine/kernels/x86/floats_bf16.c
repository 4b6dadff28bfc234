/* Products with BF16 weights on machines that multiply pairs of such numbers at once (AVX512_BF16): activations are rounded
 * to BF16, sums stay F32. Along k one accumulator of 16 lanes takes 32 elements a step, in order, however many rows and
 * tokens go together and wherever k is cut. */
#include <stdbool.h>

#include "engine/kernels/x86/floats_bf16.h"
#include "engine/kernels/x86/row_lines.h"
#include "engine/kernels/x86/simd_avx512.h"

enum {
    STEP = 32,  /* elements */
    CUT = 1024, /* of k that many tokens work through at once, so that all of it stays near */
    TOKENS = 6, /* that share a row's load */
    ROWS = 128  /* whose sums wait between cuts */
};

#define INLINE static inline __attribute__((always_inline))

INLINE __m512bh weights(const char *row, uint32_t i, uint32_t k)
{
    if (k - i >= STEP) return (__m512bh)_mm512_loadu_si512(row + 2 * (size_t)i);
    return (__m512bh)_mm512_maskz_loadu_epi16((__mmask32)((1u << (k - i)) - 1), row + 2 * (size_t)i);
}

INLINE __m512bh rounded(const float *x, uint32_t i, uint32_t k)
{
    if (k - i >= STEP) return _mm512_cvtne2ps_pbh(_mm512_loadu_ps(x + i + 16), _mm512_loadu_ps(x + i));
    const uint32_t left = k - i;
    const __mmask16 low = head_mask(left < 16 ? left : 16), high = head_mask(left < 16 ? 0 : left - 16);
    return _mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(high, x + i + 16), _mm512_maskz_loadu_ps(low, x + i));
}

INLINE void put(float *out, size_t ldo, __m512 acc[4][TOKENS], const int rows, const int toks)
{
    for (int t = 0; t < toks; t++) {
        if (rows == 4)
            _mm_storeu_ps(out + (size_t)t * ldo, sum4(acc[0][t], acc[1][t], acc[2][t], acc[3][t]));
        else
            out[(size_t)t * ldo] = sum1(acc[0][t]);
    }
}

/* ---- one or two tokens: weights come from memory, activations are rounded on the way ---- */

INLINE void few_step(const char *w, size_t stride, const float *x, size_t ldx, uint32_t i, uint32_t k,
                     __m512 acc[4][TOKENS], const int rows, const int toks, const bool whole)
{
    __m512bh v[2];
    for (int t = 0; t < toks; t++) {
        const float *at = x + (size_t)t * ldx;
        v[t] = whole ? _mm512_cvtne2ps_pbh(_mm512_loadu_ps(at + i + 16), _mm512_loadu_ps(at + i)) : rounded(at, i, k);
    }
    for (int r = 0; r < rows; r++) {
        const char *at = w + (size_t)r * stride;
        const __m512bh row = whole ? (__m512bh)_mm512_loadu_si512(at + 2 * (size_t)i) : weights(at, i, k);
        for (int t = 0; t < toks; t++) acc[r][t] = _mm512_dpbf16_ps(acc[r][t], row, v[t]);
    }
}

INLINE void few(const char *w, size_t stride, const float *x, size_t ldx, uint32_t k, float *out, size_t ldo,
                const int rows, const int toks)
{
    __m512 acc[4][TOKENS];
    const uint32_t steps = k / STEP; /* lines */
    for (int r = 0; r < rows; r++)
        for (int t = 0; t < toks; t++) acc[r][t] = _mm512_setzero_ps();
    for (uint32_t i = 0; i < steps; i++) {
        ask_for_row_lines(w, stride, rows, i, steps);
        few_step(w, stride, x, ldx, i * STEP, k, acc, rows, toks, true);
    }
    if (steps * STEP < k) few_step(w, stride, x, ldx, steps * STEP, k, acc, rows, toks, false);
    put(out, ldo, acc, rows, toks);
}

INLINE void few_rows(const char *w, size_t stride, uint32_t n_rows, const float *x, size_t ldx, uint32_t k, float *out,
                     size_t ldo, const int toks)
{
    uint32_t r = 0;
    for (; r + 4 <= n_rows; r += 4) few(w + r * stride, stride, x, ldx, k, out + r, ldo, 4, toks);
    for (; r < n_rows; r++) few(w + r * stride, stride, x, ldx, k, out + r, ldo, 1, toks);
}

/* ---- many tokens ---- */

/* One step of 32 elements; a compile-time `whole` leaves the masks out. */
INLINE void step(const char *w, size_t stride, const uint16_t *x, uint32_t i, uint32_t k, __m512 acc[4][TOKENS],
                 const int rows, const bool whole)
{
    __m512bh row[4];
    for (int r = 0; r < rows; r++) {
        const char *at = w + (size_t)r * stride;
        row[r] = whole ? (__m512bh)_mm512_loadu_si512(at + 2 * (size_t)i) : weights(at, i, k);
    }
    for (int t = 0; t < TOKENS; t++) {
        const __m512bh v = (__m512bh)_mm512_load_si512(x + t * CUT);
        for (int r = 0; r < rows; r++) acc[r][t] = _mm512_dpbf16_ps(acc[r][t], row[r], v);
    }
}

/* Elements from..to of k; sums wait in `part` before the end. x: [TOKENS, CUT] rounded. */
INLINE void tile(const char *w, size_t stride, const uint16_t *x, uint32_t from, uint32_t to, uint32_t k, __m512 *part,
                 float *out, size_t ldo, const int rows)
{
    __m512 acc[4][TOKENS];
    for (int r = 0; r < rows; r++)
        for (int t = 0; t < TOKENS; t++) acc[r][t] = from ? part[r * TOKENS + t] : _mm512_setzero_ps();
    uint32_t i = from;
    for (; i + STEP <= to; i += STEP, x += STEP) step(w, stride, x, i, k, acc, rows, true);
    if (i < to) step(w, stride, x, i, k, acc, rows, false);
    if (to == k) {
        put(out, ldo, acc, rows, TOKENS);
        return;
    }
    for (int r = 0; r < rows; r++)
        for (int t = 0; t < TOKENS; t++) part[r * TOKENS + t] = acc[r][t];
}

/* TOKENS tokens by at most ROWS rows */
static void many(const char *w, size_t stride, uint32_t n_rows, const float *x, size_t ldx, uint32_t k, float *out,
                 size_t ldo)
{
    __m512 part[ROWS * TOKENS];
    _Alignas(64) uint16_t ready[TOKENS * CUT];
    for (uint32_t from = 0; from < k; from += CUT) {
        const uint32_t to = k - from < CUT ? k : from + CUT;
        uint32_t r = 0;
        for (uint32_t t = 0; t < TOKENS; t++)
            for (uint32_t i = from; i < to; i += STEP)
                _mm512_store_si512(ready + t * CUT + (i - from), (__m512i)rounded(x + t * ldx, i, k));
        for (; r + 4 <= n_rows; r += 4)
            tile(w + r * stride, stride, ready, from, to, k, part + (size_t)r * TOKENS, out + r, ldo, 4);
        for (; r < n_rows; r++)
            tile(w + r * stride, stride, ready, from, to, k, part + (size_t)r * TOKENS, out + r, ldo, 1);
    }
}

void sx_floats_bf16(const void *weight, size_t stride, uint32_t n_rows, const float *x, size_t ldx, uint32_t n_tok,
                    uint32_t k, float *out, size_t ldo)
{
    const char *w = weight;
    uint32_t t = 0;
    for (; t + TOKENS <= n_tok; t += TOKENS)
        for (uint32_t r = 0; r < n_rows; r += ROWS)
            many(w + r * stride, stride, n_rows - r < ROWS ? n_rows - r : ROWS, x + t * ldx, ldx, k, out + t * ldo + r,
                 ldo);
    for (; t + 2 <= n_tok; t += 2) few_rows(w, stride, n_rows, x + t * ldx, ldx, k, out + t * ldo, ldo, 2);
    for (; t < n_tok; t++) few_rows(w, stride, n_rows, x + t * ldx, ldx, k, out + t * ldo, ldo, 1);
}
