/* Quantised rows times one token with 256-bit vectors: 8 rows at a time, in pieces of 16 bytes as the rows have them, one in each
 * half of a vector. A piece is multiplied with 16 bytes of the token at once, and what stands side by side is added up when a
 * group is complete. Integers within a group, groups in order of k: the bits are those of quants_lines_avx2.h.
 *
 * Columns (columns_lines_avx2.h) need as many loads of the token as of the weights, which is worth it for more tokens only.
 *
 * Included once per form of the sums in sums_avx2.h. */
#ifndef SX_ENGINE_PIECES_LINES_AVX2_H
#define SX_ENGINE_PIECES_LINES_AVX2_H

#include "engine/kernels/x86/lanes_avx2.h"
#include "engine/kernels/x86/sums_avx2.h"
#include "engine/kernels/x86/tokens_q8.h"

#define LINES_PASS /* lines are used up at once */
#define LINES_PIECES

typedef struct panel { /* one block of 8 rows */
    float scale[16 * ROWS], min[16 * ROWS];
    vec part[16][4]; /* of each group: of rows j and j + 4 */
    vec sum[16];     /* of each group: of every row */
    const int8_t *q; /* the token's part */
    int bits, per;   /* per: pieces in a group */
} panel;

LANES void put_line(panel *p, size_t line, vec v)
{
    const int piece = (int)line / 4, j = (int)line % 4, at = piece % p->per;
    vec *part = p->part[piece / p->per];
    add_piece(&part[j], v, sixteen_bytes(p->q + 16 * piece), at, p->bits);
    if (at < p->per - 1) return;
    if (j % 2 == 1) part[j - 1] = two_sums(part[j - 1], part[j], p->bits);
    if (j == 3) p->sum[piece / p->per] = four_sums(part[0], part[2], p->bits);
}

#include "engine/kernels/x86/lines.h"

/* Q5_0 and Q5_1: the fifth bits stand behind the scale and the minimum. */
INLINE void pieces_q5(panel *p, const rows *w, const bool mins)
{
    const size_t bits = mins ? 4 : 2;
    f_store(p->scale, f_eight(four_heads(w, 0), four_heads(w, w->four)));
    if (mins) f_store(p->min, f_eight(four_heads(w, 2), four_heads(w, w->four + 2)));
#pragma GCC unroll 4
    for (size_t j = 0; j < 4; j++) {
        const vec head = v_pieces(w->at[j], w->four, w->twelve),
                  nibbles = v_pieces(w->at[j] + bits + 4, w->four, w->twelve);
#pragma GCC unroll 2
        for (int i = 0; i < 2; i++)
            put_line(p, 4 * (size_t)i + j, v_or(low_bits(nibbles, 4 * i, 15), v_fifth_of(head, (int)bits + 2 * i)));
    }
}

/* Q6_K, four groups at a time and two pairs of rows after the other, so that all stays in registers. */
INLINE void pieces_q6_k(panel *p, const rows *w)
{
#pragma GCC unroll 4
    for (size_t n = 0; n < 4; n++) {
        const size_t half = n / 2, h = n % 2;
        vec s[4][2];
#pragma GCC unroll 2
        for (size_t two = 0; two < 2; two++) {
            vec part[4][2];
#pragma GCC unroll 2
            for (size_t i = 0; i < 2; i++) {
                const unsigned char *at = w->at[2 * two + i] + 16 * h;
                const vec low[2] = {v_pieces(at + 64 * half, w->four, w->twelve),
                                    v_pieces(at + 64 * half + 32, w->four, w->twelve)},
                          high = v_pieces(at + 128 + 32 * half, w->four, w->twelve);
#pragma GCC unroll 4
                for (int f = 0; f < 4; f++)
                    add_piece(&part[f][i], six_bits(low[f % 2], high, f),
                              sixteen_bytes(p->q + 128 * half + 32 * (size_t)f + 16 * h), 0, SIX_BITS);
            }
            for (int f = 0; f < 4; f++) s[f][two] = two_sums(part[f][0], part[f][1], SIX_BITS);
        }
        for (size_t f = 0; f < 4; f++) p->sum[8 * half + 2 * f + h] = four_sums(s[f][0], s[f][1], SIX_BITS);
    }
}

/* f + a block of 8 rows times the token. */
INLINE fvec one_block(const uint32_t type, rows *w, const token_view *x, fvec f, const int groups, const int group,
                      const bool mins)
{
    const int bits = bits_of(type);
    panel p;
    p.q = x->q;
    p.bits = bits;
    p.per = group / 16;
    if (groups * group == 256) {
        big_heads(&p, type, w, 0);
        if (type == SX_TYPE_Q6_K)
            pieces_q6_k(&p, w);
        else
            big_lines(&p, type, w, 0);
    } else if (type == SX_TYPE_Q5_0 || type == SX_TYPE_Q5_1) {
        pieces_q5(&p, w, mins);
    } else {
        if (bare_scale(type)) f_store(p.scale, f_eight(four_heads(w, 0), four_heads(w, w->four)));
        small_lines(&p, type, w, 0, mins);
    }
#pragma GCC unroll 16
    for (int g = 0; g < groups; g++) {
        vec sum = p.sum[g];
        if (!mins && biased(bits))
            sum = _mm256_add_epi32(sum, _mm256_srai_epi32(_mm256_set1_epi32(x->off[g]), bias_shift(type)));
        const fvec scale = _mm256_mul_ps(_mm256_loadu_ps(p.scale + g * ROWS), _mm256_set1_ps(x->d[g * group / 32]));
        f = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), scale, f);
        if (mins) f = _mm256_fmadd_ps(_mm256_loadu_ps(p.min + g * ROWS), _mm256_set1_ps(x->sum[g]), f);
    }
    return f;
}

/* 8 rows. */
INLINE fvec some_rows(const uint32_t type, const unsigned char *w, size_t stride, const sx_q8 *x, uint32_t k,
                      const int group, const bool mins)
{
    const bool big = type == SX_TYPE_IQ4_XS || (type >= SX_TYPE_Q2_K && type <= SX_TYPE_Q6_K);
    const size_t bytes = big ? big_bytes(type) : small_bytes(type);
    const int block = big ? 256 : 32, groups = block / group;
    token_view at = view(x, 0, k, 0, group);
    fvec f = _mm256_setzero_ps();
    rows own = {.first = w, .stride = stride};
    begin_rows(&own);
    const char *ahead = (const char *)w + ROWS * stride;
    for (uint32_t b = 0; b < k / (uint32_t)block; b++) {
        if (big || b % 4 == 0) ahead = ask_ahead(ahead, ahead + (big ? ROWS : 4 * ROWS) * bytes);
        f = one_block(type, &own, &at, f, groups, group, mins);
        next_block(&own, bytes);
        go_on(&at, (size_t)block, (size_t)groups);
    }
    return f;
}

/* The last 8 rows may have some in common with those before them. */
INLINE void all_rows(const uint32_t type, const unsigned char *w, size_t stride, uint32_t n_rows, const sx_q8 *x,
                     uint32_t k, float *out, const int group, const bool mins)
{
    ask_ahead((const char *)w, (const char *)w + ROWS * stride);
    for (uint32_t r = 0; r < n_rows; r += ROWS) {
        if (n_rows - r < ROWS) r = n_rows - ROWS;
        _mm256_storeu_ps(out + r, some_rows(type, w + r * stride, stride, x, k, group, mins));
    }
}

INLINE bool pieces_of(uint32_t type, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x, uint32_t k,
                      float *out)
{
    if (n_rows < ROWS) return false;
#define CASE(type, group, mins) \
    case type: all_rows(type, w, stride, n_rows, x, k, out, group, mins); break
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
        CASE(SX_TYPE_Q6_K, 16, false);
        CASE(SX_TYPE_IQ4_NL, 32, false);
        CASE(SX_TYPE_IQ4_XS, 32, false);
    default: all_rows(SX_TYPE_MXFP4, w, stride, n_rows, x, k, out, 32, false); break;
    }
#undef CASE
    return true;
}

#endif
