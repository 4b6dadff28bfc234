/* Quantised rows times bytes with AVX-512 VNNI. A stretch of k of 16 rows is laid out as lines (lines.h) in a panel that
 * stays in L1 and serves all tokens; a few tokens take the rows as they lie (columns_avx512.h, rows_avx512.h). Sums within a
 * block are integers, hence exact, and blocks are added in order of k: one token or many, the bits are the same. */
#include "engine/kernels/x86/quants_avx512.h"

#include "engine/kernels/x86/ask.h"
#include "engine/kernels/x86/columns_avx512.h"
#include "engine/kernels/x86/lanes_avx512.h"
#include "engine/kernels/x86/lines.h"
#include "engine/kernels/x86/rows_avx512.h"
#include "engine/kernels/x86/simd_avx512.h"
#include "engine/kernels/x86/tokens_q8.h"

enum {
    TILE = 6,    /* tokens worked on together, times two panels: 12 sums and 12 results in registers */
    FEW = 2,     /* tokens for which rows are taken as they lie */
    NEAR = 16384 /* bytes */
};

enum { PANELS_BYTES = (2 * sizeof(panel) + 63) / 64 * 64 };

INLINE __m512i four_bytes(const int8_t *q)
{
    int32_t v;
    memcpy(&v, q, sizeof v);
    return _mm512_set1_epi32(v);
}

/* toks tokens times the rows of one panel or of two: with two, each token's bytes are fetched once for 32 rows. Sums go from
 * `from` (nowhere: they begin) to `to`. */
INLINE void tile(const panel *p, uint32_t groups, token_view x, place from, place to, request next, const int panels,
                 const int toks, const int group, const bool mins)
{
    __m512 f[2][TILE];
    const size_t ldd = x.k / 32, ldg = x.k / (uint32_t)group;
    const __m512i shift = _mm512_set1_epi32(p->shift); /* from -128 * sum to what undoes the weights' bias */
    if (from.at)
        for (int c = 0; c < panels; c++)
            for (int t = 0; t < toks; t++) f[c][t] = _mm512_loadu_ps(from.at + (size_t)t * from.ld + c * ROWS);
    else
        for (int c = 0; c < panels; c++)
            for (int t = 0; t < toks; t++) f[c][t] = _mm512_setzero_ps();
    const bool second = ask_second();
    size_t line = 0;
    for (uint32_t g = 0; g < groups; g++) {
        __m512i s[2][TILE];
        ask_bytes(next.at, next.bytes, second);
        next.at += next.bytes;
        for (int t = 0; t < toks; t++)
            s[0][t] = s[1][t] = mins ? _mm512_setzero_si512()
                                     : _mm512_srav_epi32(_mm512_set1_epi32(x.off[(size_t)t * ldg + g]), shift);
#pragma GCC unroll 8
        for (int i = 0; i < group / 4; i++, line += LINE)
            for (int t = 0; t < toks; t++) {
                __m512i q = four_bytes(x.q + (size_t)t * x.k + g * (uint32_t)group + 4 * i);
                for (int c = 0; c < panels; c++)
                    s[c][t] = _mm512_dpbusd_epi32(s[c][t], _mm512_loadu_si512(p[c].lines + line), q);
            }
        for (int t = 0; t < toks; t++) {
            __m512 d = _mm512_set1_ps(x.d[(size_t)t * ldd + g * (uint32_t)group / 32]);
            for (int c = 0; c < panels; c++) {
                __m512 scale = _mm512_mul_ps(_mm512_loadu_ps(p[c].scale + (size_t)g * ROWS), d);
                f[c][t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(s[c][t]), scale, f[c][t]);
            }
        }
        for (int t = 0; mins && t < toks; t++) {
            __m512 sum = _mm512_set1_ps(x.sum[(size_t)t * ldg + g]);
            for (int c = 0; c < panels; c++)
                f[c][t] = _mm512_fmadd_ps(_mm512_loadu_ps(p[c].min + (size_t)g * ROWS), sum, f[c][t]);
        }
    }
    for (int c = 0; c < panels; c++)
        for (int t = 0; t < toks; t++) _mm512_storeu_ps(to.at + (size_t)t * to.ld + c * ROWS, f[c][t]);
}

static uint32_t tiles_of(uint32_t n_tok)
{
    return (n_tok + TILE - 1) / TILE;
}

/* The panels' rows times all tokens, which are spread evenly over as few tiles as will do. */
INLINE void all_tokens(const panel *p, const int panels, uint32_t n, const sx_q8 *x, uint32_t n_tok, uint32_t k,
                       uint32_t k0, place from, place to, request next, const int group, const bool mins)
{
    const uint32_t groups = n / (uint32_t)group, tiles = tiles_of(n_tok);
    for (uint32_t i = 0, t = 0; i < tiles; i++) {
        const uint32_t toks = n_tok / tiles + (i < n_tok % tiles);
        const token_view v = view(x, t, k, k0, group);
        const place a = from_token(from, t), b = from_token(to, t);
        const request r = {next.at + i * groups * next.bytes, i < asking_tiles(tiles) ? next.bytes : 0};
        switch (toks) {
        case 1: tile(p, groups, v, a, b, r, panels, 1, group, mins); break;
        case 2: tile(p, groups, v, a, b, r, panels, 2, group, mins); break;
        case 3: tile(p, groups, v, a, b, r, panels, 3, group, mins); break;
        case 4: tile(p, groups, v, a, b, r, panels, 4, group, mins); break;
        case 5: tile(p, groups, v, a, b, r, panels, 5, group, mins); break;
        default: tile(p, groups, v, a, b, r, panels, 6, group, mins); break;
        }
        t += toks;
    }
}

typedef void (*multiply_fn)(const panel *p, uint32_t n, const sx_q8 *x, uint32_t n_tok, uint32_t k, uint32_t k0,
                            place from, place to, request next);

#define MULTIPLY(name, panels, group, mins) \
    static void name(const panel *p, uint32_t n, const sx_q8 *x, uint32_t n_tok, uint32_t k, uint32_t k0, place from, \
                     place to, request next) \
    { \
        all_tokens(p, panels, n, x, n_tok, k, k0, from, to, next, group, mins); \
    }
MULTIPLY(one_of_32, 1, 32, false)
MULTIPLY(one_of_32_mins, 1, 32, true)
MULTIPLY(one_of_16, 1, 16, false)
MULTIPLY(one_of_16_mins, 1, 16, true)
MULTIPLY(two_of_32, 2, 32, false)
MULTIPLY(two_of_32_mins, 2, 32, true)
MULTIPLY(two_of_16, 2, 16, false)
MULTIPLY(two_of_16_mins, 2, 16, true)
#undef MULTIPLY

static multiply_fn multiply_of(const sx_quant *quant, uint32_t panels)
{
    static const multiply_fn of[2][2][2] = {{{one_of_32, one_of_32_mins}, {one_of_16, one_of_16_mins}},
                                            {{two_of_32, two_of_32_mins}, {two_of_16, two_of_16_mins}}};
    return of[panels - 1][quant->group == 16][quant->mins];
}

/* ---- few tokens ---- */

static sx_q8 token_of(const sx_q8 *x, size_t t, size_t k)
{
    return (sx_q8){.q = x->q + t * k,
                   .d = x->d + t * (k / 32),
                   .off32 = x->off32 + t * (k / 32),
                   .off16 = x->off16 + t * (k / 16),
                   .sum32 = x->sum32 + t * (k / 32),
                   .sum16 = x->sum16 + t * (k / 16)};
}

/* The kernels for a few tokens, where a panel would not be worth filling. Rows that fit the nearest cache serve all tokens before
 * the next ones. */
static bool few_tokens(const sx_quant *quant, const char *w, size_t stride, uint32_t n_rows, const sx_q8 *x,
                       uint32_t n_tok, uint32_t k, float *out, size_t ldo, void *scratch)
{
    const uint32_t columns = sx_columns_take_avx512(quant, n_rows), together = columns ? columns : 1;
    if (n_tok > (columns > FEW ? columns : FEW)) return false;
    if (!columns && !sx_rows_take_avx512(quant, stride, n_rows, k)) return false;
    const uint32_t near = n_tok <= together ? n_rows : (uint32_t)(NEAR / (ROWS * stride) + 1) * ROWS;
    for (uint32_t r = 0, n; r < n_rows; r += n) {
        n = n_rows - r < 2 * near ? n_rows - r : near; /* never fewer than a kernel takes */
        for (uint32_t t = 0; t < n_tok; t += together) {
            const sx_q8 at = token_of(x, t, k);
            float *to = out + t * ldo + r;
            if (columns)
                sx_columns_avx512(quant, w + r * stride, stride, n, &at, n_tok - t < together ? n_tok - t : together, k,
                                  to, ldo);
            else
                sx_rows_avx512(w + r * stride, stride, n, &at, k, to, scratch);
        }
    }
    return true;
}

void sx_quants_avx512(const sx_quant *quant, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x,
                      uint32_t n_tok, uint32_t k, float *out, size_t ldo, void *scratch)
{
    if (few_tokens(quant, w, stride, n_rows, x, n_tok, k, out, ldo, scratch)) return;
    const matrix m = {quant, w, stride, n_rows};
    const uint32_t stretch = stretch_of(k, quant->block);
    const place acc = {(float *)(void *)((char *)scratch + PANELS_BYTES), (size_t)2 * ROWS}; /* [n_tok, 32] */
    panel *p = scratch;
    for (uint32_t r0 = 0; r0 < n_rows; r0 += 2 * ROWS) {
        const uint32_t left = n_rows - r0 < 2 * ROWS ? n_rows - r0 : 2 * ROWS, panels = left > ROWS ? 2 : 1;
        const char *ahead = (const char *)w + (size_t)(r0 + 2 * ROWS) * stride;
        multiply_fn multiply = multiply_of(quant, panels);
        for (uint32_t k0 = 0, n; k0 < k; k0 += n) {
            n = k - k0 < stretch ? k - k0 : stretch;
            for (uint32_t c = 0; c < panels; c++) fill_rows(&p[c], &m, r0 + c * ROWS, k0, n, NULL);
            const size_t bytes = (size_t)n / quant->block * quant->block_bytes * panels * ROWS;
            const request next = {ahead, bytes / (n / quant->group * asking_tiles(tiles_of(n_tok)))};
            ahead += bytes;
            multiply(p, n, x, n_tok, k, k0, k0 ? acc : (place){NULL, 0},
                     k0 + n == k && left == panels * ROWS ? (place){out + r0, ldo} : acc, next);
        }
        if (left < panels * ROWS)
            for (uint32_t t = 0; t < n_tok; t++) memcpy(out + t * ldo + r0, acc.at + t * acc.ld, left * sizeof(float));
    }
}

size_t sx_quants_scratch_avx512(uint32_t n_tok)
{
    const size_t bytes = PANELS_BYTES + (size_t)n_tok * 2 * ROWS * sizeof(float), alone = sx_rows_scratch_avx512();
    return bytes > alone ? bytes : alone;
}
