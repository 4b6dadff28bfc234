/* Quantised rows times one token with AVX-512 VNNI: 16 rows at a time, a lane each. The lines of lines.h are multiplied as
 * they come out of the blocks instead of being kept, so the sums of a block never leave the registers. The bits are those of
 * quants_avx512.c: integers within a group, groups in order of k.
 *
 * Weights come from memory, which is fast only when it is read in order by one instruction that the processor can foresee,
 * while the multiplication jumps between 16 rows. Hence one short loop walks through the next 16 rows in the meantime. */
#include "engine/kernels/x86/columns_avx512.h"

#include <string.h>

#include "engine/kernels/x86/lanes_avx512.h"
#include "engine/kernels/x86/simd_avx512.h"

#define LINES_PASS /* lines are used up at once */

typedef struct panel { /* one block of 16 rows */
    float scale[16 * ROWS], min[16 * ROWS];
    vec sum[16];     /* of each group */
    const int8_t *q; /* the token's part */
    size_t per;      /* lines in a group */
} panel;

LANES void put_line(panel *p, size_t line, vec v)
{
    int32_t q;
    memcpy(&q, p->q + 4 * line, sizeof q);
    p->sum[line / p->per] = _mm512_dpbusd_epi32(p->sum[line / p->per], v, _mm512_set1_epi32(q));
}

#include "engine/kernels/x86/lines.h"

enum { AHEAD = 8192 /* bytes */ };

/* Brings the weights from p to `to` near and asks for what follows. From `end` on it only asks: others may go on there. */
INLINE const char *fetch(const char *p, const char *to, const char *end)
{
#pragma GCC unroll 1
    for (; p < to; p += 64) {
        __m128i touched;
        __asm__ volatile("vmovdqu %1, %0" : "=v"(touched) : "m"(*(const char(*)[16])(p < end - 16 ? p : end - 16)));
        _mm_prefetch(p + AHEAD, _MM_HINT_T0);
    }
    return p;
}

/* What 128 added to each value of a group makes of its sum stands in off; other biases are a part of that. */
INLINE int bias_shift(const uint32_t type)
{
    return type == SX_TYPE_Q4_0 ? 4 : type == SX_TYPE_Q5_0 ? 3 : type == SX_TYPE_Q3_K ? 5 : 0;
}

typedef struct token { /* from a block on */
    const int8_t *q;
    const float *d, *sum;
    const int32_t *off;
} token;

/* f += a block of 16 rows times the token. */
INLINE fvec one_block(const uint32_t type, rows *w, token x, fvec f, const int groups, const int group, const bool mins)
{
    panel p;
    p.q = x.q;
    p.per = (size_t)group / 4;
#pragma GCC unroll 16
    for (int g = 0; g < groups; g++)
        p.sum[g] = mins ? _mm512_setzero_si512() : _mm512_set1_epi32(x.off[g] >> bias_shift(type));
    if (groups * group == 256) {
        big_heads(&p, type, w, 0);
        big_lines(&p, type, w, 0);
    } else {
        small_lines(&p, type, w, 0, mins);
    }
#pragma GCC unroll 16
    for (int g = 0; g < groups; g++) {
        const fvec scale = _mm512_mul_ps(_mm512_loadu_ps(p.scale + g * ROWS), _mm512_set1_ps(x.d[g * group / 32]));
        f = _mm512_fmadd_ps(_mm512_cvtepi32_ps(p.sum[g]), scale, f);
        if (mins) f = _mm512_fmadd_ps(_mm512_loadu_ps(p.min + g * ROWS), _mm512_set1_ps(x.sum[g]), f);
    }
    return f;
}

/* 16 rows; `ahead` walks through the next ones. */
INLINE fvec some_rows(const uint32_t type, const unsigned char *w, size_t stride, const sx_q8 *x, uint32_t k,
                      const char **ahead, const char *end, const int group, const bool mins)
{
    const bool big = type == SX_TYPE_IQ4_XS || (type >= SX_TYPE_Q2_K && type <= SX_TYPE_Q6_K);
    const size_t bytes = big ? big_bytes(type) : small_bytes(type);
    const int block = big ? 256 : 32, groups = block / group;
    token t = {x->q, x->d, group == 32 ? x->sum32 : x->sum16, group == 32 ? x->off32 : x->off16};
    rows own = {w, stride, NULL};
    fvec f = _mm512_setzero_ps();
    for (uint32_t b = 0; b < k / (uint32_t)block; b++) {
        if (big || b % 2 == 0) *ahead = fetch(*ahead, *ahead + (big ? ROWS : 2 * ROWS) * bytes, end);
        f = one_block(type, &own, t, f, groups, group, mins);
        own.first += bytes;
        t.q += block;
        t.d += block / 32;
        t.sum += groups;
        t.off += groups;
    }
    return f;
}

/* The last 16 rows may have some in common with those before them. */
INLINE void all_rows(const uint32_t type, const unsigned char *w, size_t stride, size_t row_bytes, uint32_t n_rows,
                     const sx_q8 *x, uint32_t k, float *out, const int group, const bool mins)
{
    const char *first = (const char *)w, *end = first + (n_rows - 1) * stride + row_bytes,
               *ahead = first + ROWS * stride;
#pragma GCC unroll 1
    for (const char *p = first; p < ahead; p += 64) _mm_prefetch(p, _MM_HINT_T0);
    for (uint32_t r = 0; r < n_rows; r += ROWS) {
        if (n_rows - r < ROWS) r = n_rows - ROWS;
        _mm512_storeu_ps(out + r, some_rows(type, w + r * stride, stride, x, k, &ahead, end, group, mins));
    }
}

bool sx_columns_take_avx512(const sx_quant *quant, uint32_t n_rows)
{
    return quant->type != SX_TYPE_Q6_K && n_rows >= ROWS; /* that one is for rows_avx512.c */
}

void sx_columns_avx512(const sx_quant *quant, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x, uint32_t k,
                       float *out)
{
    const size_t row_bytes = (size_t)(k / quant->block) * quant->block_bytes;
#define CASE(type, group, mins) \
    case type: all_rows(type, w, stride, row_bytes, n_rows, x, k, out, group, mins); break
    switch (quant->type) {
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
    default: all_rows(SX_TYPE_MXFP4, w, stride, row_bytes, n_rows, x, k, out, 32, false); break;
    }
#undef CASE
}
