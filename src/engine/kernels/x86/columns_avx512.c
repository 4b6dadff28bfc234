/* Quantised rows times a few tokens with AVX-512 VNNI: 16 rows at a time, a lane each. The lines of lines.h are multiplied
 * as they come out of the blocks instead of being kept, so the sums of a block never leave the registers. The bits are those of
 * quants_avx512.c: integers within a group, groups in order of k.
 *
 * Weights come from memory, which is fast only when it is read in order by one instruction that the processor can foresee,
 * while the multiplication jumps between 16 rows. Hence one short loop asks for the next 16 rows in the meantime. */
#include "engine/kernels/x86/columns_avx512.h"

#include <string.h>

#include "engine/kernels/x86/lanes_avx512.h"
#include "engine/kernels/x86/simd_avx512.h"
#include "engine/kernels/x86/tokens_q8.h"

#define LINES_PASS /* lines are used up at once */

enum { TOKENS = 6 };

typedef struct panel { /* one block of 16 rows */
    float scale[16 * ROWS], min[16 * ROWS];
    vec sum[TOKENS][16];     /* of each group */
    const int8_t *q[TOKENS]; /* the tokens' parts */
    int toks;
    size_t per; /* lines in a group */
} panel;

LANES void put_line(panel *p, size_t line, vec v)
{
    for (int t = 0; t < p->toks; t++) {
        int32_t q;
        memcpy(&q, p->q[t] + 4 * line, sizeof q);
        p->sum[t][line / p->per] = _mm512_dpbusd_epi32(p->sum[t][line / p->per], v, _mm512_set1_epi32(q));
    }
}

#include "engine/kernels/x86/lines.h"

/* f += a block of 16 rows times each token. */
INLINE void one_block(const uint32_t type, rows *w, const token_view *x, fvec *f, const int toks, const int groups,
                      const int group, const bool mins)
{
    panel p;
    p.toks = toks;
    p.per = (size_t)group / 4;
    for (int t = 0; t < toks; t++) {
        p.q[t] = x[t].q;
#pragma GCC unroll 16
        for (int g = 0; g < groups; g++)
            p.sum[t][g] = mins ? _mm512_setzero_si512() : _mm512_set1_epi32(x[t].off[g] >> bias_shift(type));
    }
    if (groups * group == 256) {
        big_heads(&p, type, w, 0);
        big_lines(&p, type, w, 0);
    } else {
        if (bare_scale(type)) {
            uint16_t heads[ROWS];
            copy_heads(heads, w, 0);
            f_store(p.scale, f_halves(heads));
        }
        small_lines(&p, type, w, 0, mins);
    }
    for (int t = 0; t < toks; t++)
#pragma GCC unroll 16
        for (int g = 0; g < groups; g++) {
            const fvec scale = _mm512_mul_ps(_mm512_loadu_ps(p.scale + g * ROWS),
                                             _mm512_set1_ps(x[t].d[g * group / 32]));
            f[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(p.sum[t][g]), scale, f[t]);
            if (mins) f[t] = _mm512_fmadd_ps(_mm512_loadu_ps(p.min + g * ROWS), _mm512_set1_ps(x[t].sum[g]), f[t]);
        }
}

/* ---- blocks of 32 that begin with a scale of 16 bits, four at a time ----
 *
 * Four blocks are whole dwords; of each pair, the second block's scale shares one with the end of the first, whose own scale
 * shares one with its beginning. The scales are multiplied with 0. */

enum { FOUR = 4 };

/* Dword j of four blocks; the last ones come from behind. */
INLINE void four_columns(const rows *w, const size_t bytes, vec dwords[36])
{
#pragma GCC unroll 9
    for (size_t at = 0; at < FOUR * bytes; at += 16) {
        if (at + 16 <= FOUR * bytes) {
            columns(w, at, dwords + at / 4);
        } else {
            vec last[4];
            columns(w, FOUR * bytes - 16, last);
            for (size_t i = 2; i < 4; i++) dwords[at / 4 + i - 2] = last[i];
        }
    }
}

/* What stands for a dword's bytes in the token: n bytes from q on, behind `before` others. */
INLINE vec beside(const int8_t *q, size_t n, int before)
{
    uint32_t v = 0;
    memcpy(&v, q, n);
    return _mm512_set1_epi32((int)(v << (8 * before)));
}

/* Of each token: sum += the dword times its part of a block, n bytes from `at` on; nibbles stand for elements 16 apart. */
INLINE void multiply_dword(const uint32_t type, vec *sum, vec v, const token_view *x, const int toks, size_t at,
                           size_t n, int before)
{
    if (type == SX_TYPE_Q8_0) {
        v = v_signed(v);
        for (int t = 0; t < toks; t++) sum[t] = _mm512_dpbusd_epi32(sum[t], v, beside(x[t].q + at, n, before));
        return;
    }
    vec low = low_bits(v, 0, 15), high = low_bits(v, 4, 15);
    if (type == SX_TYPE_IQ4_NL) {
        low = v_signed(v_lookup(iq4_table, low));
        high = v_signed(v_lookup(iq4_table, high));
    }
    for (int t = 0; t < toks; t++) {
        sum[t] = _mm512_dpbusd_epi32(sum[t], low, beside(x[t].q + at, n, before));
        sum[t] = _mm512_dpbusd_epi32(sum[t], high, beside(x[t].q + at + 16, n, before));
    }
}

INLINE fvec add_group(fvec f, vec sum, fvec scale, float d)
{
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_mul_ps(scale, _mm512_set1_ps(d)), f);
}

/* A pair of the blocks, whose dwords are v. */
INLINE void two_blocks(const uint32_t type, const vec *v, const size_t n, const token_view *x, size_t pair, fvec *f,
                       const int toks)
{
    const size_t q = 64 * pair;
    vec first[TOKENS], second[TOKENS];
    for (int t = 0; t < toks; t++) {
        first[t] = _mm512_set1_epi32(x[t].off[2 * pair] >> bias_shift(type));
        second[t] = _mm512_set1_epi32(x[t].off[2 * pair + 1] >> bias_shift(type));
    }
    multiply_dword(type, first, v[0], x, toks, q, 2, 2);
#pragma GCC unroll 8
    for (size_t i = 1; i < n; i++) multiply_dword(type, first, v[i], x, toks, q + 4 * i - 2, 4, 0);
    multiply_dword(type, first, v[n], x, toks, q + 4 * n - 2, 2, 0);
#pragma GCC unroll 8
    for (size_t i = 0; i < n; i++) multiply_dword(type, second, v[n + 1 + i], x, toks, q + 32 + 4 * i, 4, 0);
    for (int t = 0; t < toks; t++) {
        f[t] = add_group(f[t], first[t], f_low_halves(v[0]), x[t].d[2 * pair]);
        f[t] = add_group(f[t], second[t], f_low_halves(v_right32(v[n], 16)), x[t].d[2 * pair + 1]);
    }
}

INLINE void four_blocks(const uint32_t type, const rows *w, const token_view *x, fvec *f, const int toks)
{
    const size_t bytes = small_bytes(type), n = (bytes - 2) / 4;
    vec dwords[36];
    four_columns(w, bytes, dwords);
#pragma GCC unroll 2
    for (size_t pair = 0; pair < 2; pair++) two_blocks(type, dwords + pair * (2 * n + 1), n, x, pair, f, toks);
}

/* ---- rows ---- */

/* 16 rows: f of each token. */
INLINE void some_rows(const uint32_t type, const unsigned char *w, size_t stride, const sx_q8 *x, uint32_t k, fvec *f,
                      const int toks, const int group, const bool mins)
{
    const bool big = type == SX_TYPE_IQ4_XS || (type >= SX_TYPE_Q2_K && type <= SX_TYPE_Q6_K);
    const size_t bytes = big ? big_bytes(type) : small_bytes(type);
    const int block = big ? 256 : 32, groups = block / group;
    token_view at[TOKENS];
    for (int t = 0; t < toks; t++) {
        at[t] = view(x, (uint32_t)t, k, 0, group);
        f[t] = _mm512_setzero_ps();
    }
    rows own = {.first = w, .stride = stride};
    begin_rows(&own);
    const uint32_t blocks = k / (uint32_t)block;
    const char *ahead = (const char *)w + ROWS * stride;
    uint32_t b = 0;
    for (; bare_scale(type) && b + FOUR <= blocks; b += FOUR) {
        ahead = ask_ahead(ahead, ahead + FOUR * ROWS * bytes);
        four_blocks(type, &own, at, f, toks);
        next_block(&own, FOUR * bytes);
        for (int t = 0; t < toks; t++) go_on(&at[t], FOUR * 32, FOUR);
    }
    for (; b < blocks; b++) {
        if (big || b % 2 == 0) ahead = ask_ahead(ahead, ahead + (big ? ROWS : 2 * ROWS) * bytes);
        one_block(type, &own, at, f, toks, groups, group, mins);
        next_block(&own, bytes);
        for (int t = 0; t < toks; t++) go_on(&at[t], (size_t)block, (size_t)groups);
    }
}

/* The last 16 rows may have some in common with those before them. */
INLINE void all_rows(const uint32_t type, const unsigned char *w, size_t stride, uint32_t n_rows, const sx_q8 *x,
                     uint32_t k, float *out, size_t ldo, const int toks, const int group, const bool mins)
{
    ask_ahead((const char *)w, (const char *)w + ROWS * stride);
    for (uint32_t r = 0; r < n_rows; r += ROWS) {
        fvec f[TOKENS];
        if (n_rows - r < ROWS) r = n_rows - ROWS;
        some_rows(type, w + r * stride, stride, x, k, f, toks, group, mins);
        for (int t = 0; t < toks; t++) _mm512_storeu_ps(out + (size_t)t * ldo + r, f[t]);
    }
}

INLINE void columns_of(uint32_t type, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x, uint32_t k,
                       float *out, size_t ldo, const int toks)
{
#define CASE(type, group, mins) \
    case type: all_rows(type, w, stride, n_rows, x, k, out, ldo, toks, group, mins); break
    switch (type) {
        CASE(SX_TYPE_Q4_0, 32, false);
        CASE(SX_TYPE_Q4_1, 32, true);
        CASE(SX_TYPE_Q5_0, 32, false);
        CASE(SX_TYPE_Q5_1, 32, true);
        CASE(SX_TYPE_Q8_0, 32, false);
        CASE(SX_TYPE_Q2_K, 16, true);
        CASE(SX_TYPE_Q3_K, 16, false);
        CASE(SX_TYPE_Q4_K, 32, true);
        CASE(SX_TYPE_Q5_K, 32, true);
        CASE(SX_TYPE_IQ4_NL, 32, false);
        CASE(SX_TYPE_IQ4_XS, 32, false);
    default: all_rows(SX_TYPE_MXFP4, w, stride, n_rows, x, k, out, ldo, toks, 32, false); break;
    }
#undef CASE
}

/* Three tokens and more: the types of which few sums are open at a time. */
INLINE void columns_of_more(uint32_t type, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x, uint32_t k,
                            float *out, size_t ldo, const int toks)
{
    switch (type) {
    case SX_TYPE_Q4_0: all_rows(SX_TYPE_Q4_0, w, stride, n_rows, x, k, out, ldo, toks, 32, false); break;
    case SX_TYPE_Q8_0: all_rows(SX_TYPE_Q8_0, w, stride, n_rows, x, k, out, ldo, toks, 32, false); break;
    case SX_TYPE_Q4_K: all_rows(SX_TYPE_Q4_K, w, stride, n_rows, x, k, out, ldo, toks, 32, true); break;
    default: all_rows(SX_TYPE_IQ4_NL, w, stride, n_rows, x, k, out, ldo, toks, 32, false); break;
    }
}

uint32_t sx_columns_take_avx512(const sx_quant *quant, uint32_t n_rows)
{
    if (quant->type == SX_TYPE_Q6_K || n_rows < ROWS) return 0; /* that one is for rows_avx512.c */
    if (quant->type == SX_TYPE_Q4_K) return 4;
    return bare_scale(quant->type) ? TOKENS : 2;
}

typedef void (*columns_fn)(uint32_t type, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x, uint32_t k,
                           float *out, size_t ldo);

#define COLUMNS(name, of, toks) \
    static void name(uint32_t type, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x, uint32_t k, \
                     float *out, size_t ldo) \
    { \
        of(type, w, stride, n_rows, x, k, out, ldo, toks); \
    }
COLUMNS(one_token, columns_of, 1)
COLUMNS(two_tokens, columns_of, 2)
COLUMNS(three_tokens, columns_of_more, 3)
COLUMNS(four_tokens, columns_of_more, 4)
COLUMNS(five_tokens, columns_of_more, 5)
COLUMNS(six_tokens, columns_of_more, 6)
#undef COLUMNS

void sx_columns_avx512(const sx_quant *quant, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x,
                       uint32_t n_tok, uint32_t k, float *out, size_t ldo)
{
    static const columns_fn of[TOKENS] = {one_token, two_tokens, three_tokens, four_tokens, five_tokens, six_tokens};
    of[n_tok - 1](quant->type, w, stride, n_rows, x, k, out, ldo);
}
