/* Quantised rows times two to four tokens with 256-bit vectors: 8 rows at a time, a lane each. The lines of lines.h are
 * multiplied as they come out of the blocks instead of being kept. Integers within a group, groups in order of k: the bits are
 * those of quants_lines_avx2.h. One token takes rows as they lie: pieces_lines_avx2.h.
 *
 * Weights come from memory, which is fast only when it is read in order by one instruction that the processor can foresee,
 * while the multiplication jumps between 8 rows. Hence one short loop asks for the next rows in the meantime.
 *
 * Included once per form of the sums in sums_avx2.h. */
#ifndef SX_ENGINE_COLUMNS_LINES_AVX2_H
#define SX_ENGINE_COLUMNS_LINES_AVX2_H

#include "engine/kernels/x86/lanes_avx2.h"
#include "engine/kernels/x86/sums_avx2.h"
#include "engine/kernels/x86/tokens_q8.h"

#define LINES_PASS /* lines are used up at once */

enum { TOKENS = 4, GROUP = 32, GROUPS_MAX = 8 /* in a block */ };

typedef struct panel { /* one block of 8 rows */
    float scale[GROUPS_MAX * ROWS], min[GROUPS_MAX * ROWS];
    vec sum[TOKENS][GROUPS_MAX], part[TOKENS][GROUPS_MAX]; /* of each group */
    const int8_t *q[TOKENS];                               /* the tokens' parts */
    int toks, bits;
} panel;

LANES void put_line(panel *p, size_t line, vec v)
{
    const weights w = weights_of(v, p->bits);
    const size_t lines = GROUP / 4, g = line / lines;
    for (int t = 0; t < p->toks; t++)
        add_line(&p->sum[t][g], &p->part[t][g], w, four_bytes(p->q[t] + 4 * line), (int)(line % lines), (int)lines,
                 p->bits);
}

#include "engine/kernels/x86/lines.h"

/* f += a block of 8 rows times each token. */
INLINE void one_block(const uint32_t type, rows *w, const token_view *x, fvec *f, const int toks, const int groups,
                      const bool mins)
{
    const int bits = bits_of(type);
    const bool any = !mins && biased(bits);
    panel p;
    p.toks = toks;
    p.bits = bits;
    for (int t = 0; t < toks; t++) {
        p.q[t] = x[t].q;
#pragma GCC unroll 8
        for (int g = 0; g < groups; g++)
            p.sum[t][g] = begin_sum(any ? _mm256_set1_epi32(x[t].off[g] >> bias_shift(type)) : _mm256_setzero_si256());
    }
    if (groups * GROUP == 256) {
        big_heads(&p, type, w, 0);
        big_lines(&p, type, w, 0);
    } else {
        if (bare_scale(type)) f_store(p.scale, f_eight(four_heads(w, 0), four_heads(w, w->four)));
        small_lines(&p, type, w, 0, mins);
    }
    for (int t = 0; t < toks; t++)
#pragma GCC unroll 8
        for (int g = 0; g < groups; g++) {
            const vec bias = any ? _mm256_set1_epi32(x[t].off[g] >> bias_shift(type)) : _mm256_setzero_si256();
            const fvec scale = _mm256_mul_ps(_mm256_loadu_ps(p.scale + g * ROWS), _mm256_set1_ps(x[t].d[g]));
            f[t] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(end_sum(p.sum[t][g], bias)), scale, f[t]);
            if (mins) f[t] = _mm256_fmadd_ps(_mm256_loadu_ps(p.min + g * ROWS), _mm256_set1_ps(x[t].sum[g]), f[t]);
        }
}

/* 8 rows: f of each token. */
INLINE void some_rows(const uint32_t type, const unsigned char *w, size_t stride, const sx_q8 *x, uint32_t k, fvec *f,
                      const int toks, const bool mins)
{
    const bool big = type == SX_TYPE_IQ4_XS || (type >= SX_TYPE_Q2_K && type <= SX_TYPE_Q6_K);
    const size_t bytes = big ? big_bytes(type) : small_bytes(type);
    const int block = big ? 256 : 32, groups = block / GROUP;
    token_view at[TOKENS];
    for (int t = 0; t < toks; t++) {
        at[t] = view(x, (uint32_t)t, k, 0, GROUP);
        f[t] = _mm256_setzero_ps();
    }
    rows own = {.first = w, .stride = stride};
    begin_rows(&own);
    const char *ahead = (const char *)w + ROWS * stride;
    for (uint32_t b = 0; b < k / (uint32_t)block; b++) {
        if (big || b % 4 == 0) ahead = ask_ahead(ahead, ahead + (big ? ROWS : 4 * ROWS) * bytes);
        one_block(type, &own, at, f, toks, groups, mins);
        next_block(&own, bytes);
        for (int t = 0; t < toks; t++) go_on(&at[t], (size_t)block, (size_t)groups);
    }
}

/* The last 8 rows may have some in common with those before them. */
INLINE void all_rows(const uint32_t type, const unsigned char *w, size_t stride, uint32_t n_rows, const sx_q8 *x,
                     uint32_t k, float *out, size_t ldo, const int toks, const bool mins)
{
    ask_ahead((const char *)w, (const char *)w + ROWS * stride);
    for (uint32_t r = 0; r < n_rows; r += ROWS) {
        fvec f[TOKENS];
        if (n_rows - r < ROWS) r = n_rows - ROWS;
        some_rows(type, w + r * stride, stride, x, k, f, toks, mins);
        for (int t = 0; t < toks; t++) _mm256_storeu_ps(out + (size_t)t * ldo + r, f[t]);
    }
}

#define CASE(type, mins) \
    case type: all_rows(type, w, stride, n_rows, x, k, out, ldo, toks, mins); break

/* Two tokens: the types of which not too many sums are open at a time. */
INLINE void columns_of(uint32_t type, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x, uint32_t k,
                       float *out, size_t ldo, const int toks)
{
    switch (type) {
        CASE(SX_TYPE_Q4_0, false);
        CASE(SX_TYPE_Q4_1, true);
        CASE(SX_TYPE_Q5_0, false);
        CASE(SX_TYPE_Q5_1, true);
        CASE(SX_TYPE_Q8_0, false);
        CASE(SX_TYPE_Q4_K, true);
        CASE(SX_TYPE_IQ4_NL, false);
        CASE(SX_TYPE_IQ4_XS, false);
    default: all_rows(SX_TYPE_MXFP4, w, stride, n_rows, x, k, out, ldo, toks, false); break;
    }
}

/* Three tokens and more: the types whose blocks are the simplest. */
INLINE void columns_of_more(uint32_t type, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x, uint32_t k,
                            float *out, size_t ldo, const int toks)
{
    switch (type) {
        CASE(SX_TYPE_Q4_0, false);
        CASE(SX_TYPE_Q8_0, false);
    default: all_rows(SX_TYPE_IQ4_NL, w, stride, n_rows, x, k, out, ldo, toks, false); break;
    }
}
#undef CASE

INLINE uint32_t columns_take(const sx_quant *quant, uint32_t n_rows)
{
    if (n_rows < ROWS) return 0;
    switch (quant->type) {
    case SX_TYPE_Q2_K:
    case SX_TYPE_Q3_K:
    case SX_TYPE_Q5_K:
    case SX_TYPE_Q6_K: return 0;
    default: return bare_scale(quant->type) ? TOKENS : 2;
    }
}

typedef void (*columns_fn)(uint32_t type, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x, uint32_t k,
                           float *out, size_t ldo);

#define COLUMNS(name, of, toks) \
    static void name(uint32_t type, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x, uint32_t k, \
                     float *out, size_t ldo) \
    { \
        of(type, w, stride, n_rows, x, k, out, ldo, toks); \
    }
COLUMNS(two_tokens, columns_of, 2)
COLUMNS(three_tokens, columns_of_more, 3)
COLUMNS(four_tokens, columns_of_more, 4)
#undef COLUMNS

INLINE void columns_by_lines(const sx_quant *quant, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x,
                             uint32_t n_tok, uint32_t k, float *out, size_t ldo)
{
    static const columns_fn of[TOKENS - 1] = {two_tokens, three_tokens, four_tokens};
    of[n_tok - 2](quant->type, w, stride, n_rows, x, k, out, ldo);
}

#endif
