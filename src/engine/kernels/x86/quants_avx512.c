/* Quantised rows times bytes with AVX-512 VNNI. A stretch of k of 16 rows is laid out as lines (lines.h) in a panel that
 * stays in L1 and serves all tokens. Sums within a block are integers, hence exact, and blocks are added in order of k:
 * one token or many, the bits are the same. */
#include "engine/kernels/x86/quants_avx512.h"

#include "engine/kernels/x86/columns_avx512.h"
#include "engine/kernels/x86/lanes_avx512.h"
#include "engine/kernels/x86/lines.h"
#include "engine/kernels/x86/rows_avx512.h"
#include "engine/kernels/x86/simd_avx512.h"

enum {
    TILE = 6, /* tokens worked on together, times two panels: 12 sums and 12 results in registers */
};

enum { PANELS_BYTES = (2 * sizeof(panel) + 63) / 64 * 64 };

typedef struct token_view { /* a token tile's activations from the stretch's first k on; rows are k apart */
    const int8_t *q;
    const float *d, *sum;
    const int32_t *off;
    uint32_t k;
} token_view;

INLINE token_view view(const sx_q8 *x, uint32_t t, uint32_t k, uint32_t k0, const int group)
{
    size_t at = (size_t)t * k + k0, g = at / (uint32_t)group;
    return (token_view){x->q + at, x->d + at / 32, (group == 32 ? x->sum32 : x->sum16) + g,
                        (group == 32 ? x->off32 : x->off16) + g, k};
}

INLINE __m512i four_bytes(const int8_t *q)
{
    int32_t v;
    memcpy(&v, q, sizeof v);
    return _mm512_set1_epi32(v);
}

/* toks tokens times the rows of one panel or of two: with two, each token's bytes are fetched once for 32 rows. The sums of
 * the second panel stand `next` floats behind those of the first. Types with minima are stored as they are, the others with
 * 128 added. */
INLINE void tile(const panel *p, uint32_t groups, token_view x, float *acc /* [toks][16] */, size_t next,
                 const int panels, const int toks, const int group, const bool mins)
{
    __m512 f[2][TILE];
    const size_t ldd = x.k / 32, ldg = x.k / (uint32_t)group;
    for (int c = 0; c < panels; c++)
        for (int t = 0; t < toks; t++) f[c][t] = _mm512_loadu_ps(acc + (size_t)c * next + t * ROWS);
    size_t line = 0;
    for (uint32_t g = 0; g < groups; g++) {
        __m512i s[2][TILE];
        for (int t = 0; t < toks; t++)
            s[0][t] = s[1][t] = mins ? _mm512_setzero_si512() : _mm512_set1_epi32(x.off[(size_t)t * ldg + g]);
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
        for (int t = 0; t < toks; t++) _mm512_storeu_ps(acc + (size_t)c * next + t * ROWS, f[c][t]);
}

/* acc [panels, n_tok, 16] += the panels' rows times all tokens, which are spread evenly over as few tiles as will do. */
INLINE void all_tokens(const panel *p, const int panels, uint32_t n, const sx_q8 *x, uint32_t n_tok, uint32_t k,
                       uint32_t k0, float *acc, const int group, const bool mins)
{
    const uint32_t groups = n / (uint32_t)group, tiles = (n_tok + TILE - 1) / TILE;
    const size_t next = (size_t)n_tok * ROWS;
    for (uint32_t i = 0, t = 0; i < tiles; i++) {
        const uint32_t toks = n_tok / tiles + (i < n_tok % tiles);
        token_view v = view(x, t, k, k0, group);
        float *to = acc + (size_t)t * ROWS;
        switch (toks) {
        case 1: tile(p, groups, v, to, next, panels, 1, group, mins); break;
        case 2: tile(p, groups, v, to, next, panels, 2, group, mins); break;
        case 3: tile(p, groups, v, to, next, panels, 3, group, mins); break;
        case 4: tile(p, groups, v, to, next, panels, 4, group, mins); break;
        case 5: tile(p, groups, v, to, next, panels, 5, group, mins); break;
        default: tile(p, groups, v, to, next, panels, 6, group, mins); break;
        }
        t += toks;
    }
}

typedef void (*multiply_fn)(const panel *p, uint32_t n, const sx_q8 *x, uint32_t n_tok, uint32_t k, uint32_t k0,
                            float *acc);

#define MULTIPLY(name, panels, group, mins) \
    static void name(const panel *p, uint32_t n, const sx_q8 *x, uint32_t n_tok, uint32_t k, uint32_t k0, float *acc) \
    { \
        all_tokens(p, panels, n, x, n_tok, k, k0, acc, group, mins); \
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

void sx_quants_avx512(const sx_quant *quant, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x,
                      uint32_t n_tok, uint32_t k, float *out, size_t ldo, void *scratch)
{
    if (n_tok == 1 && sx_columns_take_avx512(quant, n_rows)) {
        sx_columns_avx512(quant, w, stride, n_rows, x, k, out);
        return;
    }
    if (n_tok == 1 && sx_rows_take_avx512(quant, stride, n_rows, k)) {
        sx_rows_avx512(w, stride, n_rows, x, k, out, scratch);
        return;
    }
    const matrix m = {quant, w, stride, n_rows};
    panel *p = scratch;
    float *acc = (float *)(void *)((char *)scratch + PANELS_BYTES); /* [2, n_tok, 16] */
    for (uint32_t r0 = 0; r0 < n_rows; r0 += 2 * ROWS) {
        const uint32_t panels = n_rows - r0 > ROWS ? 2 : 1;
        const char *ahead = (const char *)w + (size_t)(r0 + 2 * ROWS) * stride;
        multiply_fn multiply = multiply_of(quant, panels);
        memset(acc, 0, (size_t)n_tok * panels * ROWS * sizeof *acc);
        for (uint32_t k0 = 0; k0 < k; k0 += STRETCH) {
            const uint32_t n = k - k0 < STRETCH ? k - k0 : STRETCH;
            for (uint32_t c = 0; c < panels; c++) ahead = fill_rows(&p[c], &m, r0 + c * ROWS, k0, n, ahead);
            multiply(p, n, x, n_tok, k, k0, acc);
        }
        for (uint32_t r = r0; r < n_rows && r < r0 + 2 * ROWS; r += ROWS)
            for (uint32_t t = 0; t < n_tok; t++)
                _mm512_mask_storeu_ps(out + t * ldo + r, head_mask(n_rows - r < ROWS ? n_rows - r : ROWS),
                                      _mm512_loadu_ps(acc + ((size_t)(r - r0) * n_tok + (size_t)t * ROWS)));
    }
}

size_t sx_quants_scratch_avx512(uint32_t n_tok)
{
    const size_t bytes = PANELS_BYTES + (size_t)n_tok * 2 * ROWS * sizeof(float), alone = sx_rows_scratch_avx512();
    return bytes > alone ? bytes : alone;
}
