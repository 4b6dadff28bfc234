/* Quantised rows times bytes with 256-bit vectors: a stretch of k of 16 rows is laid out as lines (lines.h) in two panels that
 * stay in L1 and serve all tokens. Sums within a block are integers, hence exact, and blocks are added in order of k: one token
 * or many, the bits are the same.
 *
 * Included once per form of the sums in sums_avx2.h. */
#ifndef SX_ENGINE_QUANTS_LINES_AVX2_H
#define SX_ENGINE_QUANTS_LINES_AVX2_H

#include "engine/kernels/x86/ask.h"
#include "engine/kernels/x86/lanes_avx2.h"
#include "engine/kernels/x86/lines.h"
#include "engine/kernels/x86/sums_avx2.h"
#include "engine/kernels/x86/tokens_q8.h"

enum {
    TILE = 6, /* tokens worked on together at most */
    PANELS_BYTES = (2 * sizeof(panel) + 63) / 64 * 64,
    SIZES_BYTES = STRETCH * ROWS,
    SIZES_LEAST = 16 /* tokens that are worth keeping the sizes of signed bytes */
};

INLINE vec v_load(const uint8_t *line)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)line);
}

/* What undoes the bias of a group's weights. */
INLINE vec bias_of(const int32_t *off, __m128i shift, const bool any)
{
    return any ? _mm256_sra_epi32(_mm256_set1_epi32(*off), shift) : _mm256_setzero_si256();
}

typedef struct panels { /* of 16 rows; where there are 8, both are the same */
    const panel *of[2];
    const uint8_t *sizes[2]; /* of signed bytes for many tokens, laid out as their lines are */
} panels;

/* Line i of a panel. */
INLINE weights line_of(panels p, const int c, size_t i, const int bits)
{
    const vec v = v_load(p.of[c]->lines + i * LINE);
    return bits == SIZED ? (weights){v, v_load(p.sizes[c] + i * LINE)} : weights_of(v, bits);
}

/* Tokens worked on together: as many as hide the time that a sum takes, or as there are registers for. */
INLINE int tile_of(const int bits)
{
#if defined(BYTES_VNNI)
    (void)bits;
    return TILE;
#else
    return bits == FIVE_BITS || bits == SIX_BITS ? 3 : 4; /* these have sums of both widths open */
#endif
}

/* toks tokens times the rows of both panels. Sums go from `from` (nowhere: they begin) to `to`. */
INLINE void tile(panels p, uint32_t groups, token_view x, place from, place to, request next, const int toks,
                 const int group, const bool mins, const int bits)
{
    __m256 f[2][TILE];
    const size_t ldd = x.k / 32, ldg = x.k / (uint32_t)group;
    const bool second = ask_second();
    const bool any = !mins && biased(bits);                  /* the weights have something added */
    const __m128i shift = _mm_cvtsi32_si128(p.of[0]->shift); /* from -128 * sum to what undoes the weights' bias */
    for (int t = 0; t < toks; t++)
        for (int c = 0; c < 2; c++)
            f[c][t] = from.at ? _mm256_loadu_ps(from.at + (size_t)t * from.ld + c * ROWS) : _mm256_setzero_ps();
    for (uint32_t g = 0; g < groups; g++) {
        const size_t first = (size_t)g * (uint32_t)group;
        vec s[2][TILE], part[2][TILE];
        ask_bytes(next.at, next.bytes, second);
        next.at += next.bytes;
        for (int t = 0; t < toks; t++) s[0][t] = s[1][t] = begin_sum(bias_of(x.off + (size_t)t * ldg + g, shift, any));
#pragma GCC unroll 8
        for (int i = 0; i < group / 4; i++) {
            weights line[2];
            for (int c = 0; c < 2; c++) line[c] = line_of(p, c, first / 4 + (size_t)i, bits);
            for (int t = 0; t < toks; t++) {
                const vec q = four_bytes(x.q + (size_t)t * x.k + first + 4 * i);
                for (int c = 0; c < 2; c++) add_line(&s[c][t], &part[c][t], line[c], q, i, group / 4, bits);
            }
        }
        for (int t = 0; t < toks; t++) {
            const __m256 d = _mm256_set1_ps(x.d[(size_t)t * ldd + first / 32]);
            const vec bias = bias_of(x.off + (size_t)t * ldg + g, shift, any);
            for (int c = 0; c < 2; c++) {
                const __m256 scale = _mm256_mul_ps(_mm256_loadu_ps(p.of[c]->scale + (size_t)g * ROWS), d);
                f[c][t] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(end_sum(s[c][t], bias)), scale, f[c][t]);
            }
        }
        for (int t = 0; mins && t < toks; t++) {
            const __m256 sum = _mm256_set1_ps(x.sum[(size_t)t * ldg + g]);
            for (int c = 0; c < 2; c++)
                f[c][t] = _mm256_fmadd_ps(_mm256_loadu_ps(p.of[c]->min + (size_t)g * ROWS), sum, f[c][t]);
        }
    }
    for (int t = 0; t < toks; t++)
        for (int c = 0; c < 2; c++) _mm256_storeu_ps(to.at + (size_t)t * to.ld + c * ROWS, f[c][t]);
}

/* The panels' rows times all tokens, which are spread evenly over as few tiles as will do. Asks for `ahead` bytes from next on. */
INLINE void all_tokens(panels p, uint32_t n, const sx_q8 *x, uint32_t n_tok, uint32_t k, uint32_t k0, place from,
                       place to, const char *next, size_t ahead, const int group, const bool mins, const int bits)
{
    const uint32_t most = (uint32_t)tile_of(bits), groups = n / (uint32_t)group, tiles = (n_tok + most - 1) / most,
                   asking = asking_tiles(tiles);
    const size_t each = ahead / (asking * groups);
    for (uint32_t i = 0, t = 0; i < tiles; i++) {
        const uint32_t toks = n_tok / tiles + (i < n_tok % tiles);
        const token_view v = view(x, t, k, k0, group);
        const place a = from_token(from, t), b = from_token(to, t);
        const request r = {next + i * groups * each, i < asking ? each : 0};
#define IF(n) \
    if (tile_of(bits) >= n && toks == n) tile(p, groups, v, a, b, r, n, group, mins, bits)
        IF(1);
        IF(2);
        IF(3);
        IF(4);
        IF(5);
        IF(6);
#undef IF
        t += toks;
    }
}

typedef void (*multiply_fn)(panels p, uint32_t n, const sx_q8 *x, uint32_t n_tok, uint32_t k, uint32_t k0, place from,
                            place to, const char *next, size_t ahead);

#define MULTIPLY(name, group, mins, bits) \
    static void name(panels p, uint32_t n, const sx_q8 *x, uint32_t n_tok, uint32_t k, uint32_t k0, place from, \
                     place to, const char *next, size_t ahead) \
    { \
        all_tokens(p, n, x, n_tok, k, k0, from, to, next, ahead, group, mins, bits); \
    }
#if defined(BYTES_VNNI)
MULTIPLY(of_32, 32, false, SIGNED)
MULTIPLY(of_32_mins, 32, true, SIGNED)
MULTIPLY(of_16, 16, false, SIGNED)
MULTIPLY(of_16_mins, 16, true, SIGNED)

static multiply_fn multiply_of(const sx_quant *quant, bool sized)
{
    (void)sized;
    if (quant->group == 16) return quant->mins ? of_16_mins : of_16;
    return quant->mins ? of_32_mins : of_32;
}
#else
MULTIPLY(signed_of_32, 32, false, SIGNED)
MULTIPLY(sized_of_32, 32, false, SIZED)
MULTIPLY(four_bits_of_32, 32, false, FOUR_BITS)
MULTIPLY(four_bits_of_32_mins, 32, true, FOUR_BITS)
MULTIPLY(five_bits_of_32, 32, false, FIVE_BITS)
MULTIPLY(five_bits_of_32_mins, 32, true, FIVE_BITS)
MULTIPLY(four_bits_of_16, 16, false, FOUR_BITS)
MULTIPLY(four_bits_of_16_mins, 16, true, FOUR_BITS)
MULTIPLY(six_bits_of_16, 16, false, SIX_BITS)

static multiply_fn multiply_of(const sx_quant *quant, bool sized)
{
    switch (quant->type) {
    case SX_TYPE_Q4_0: return four_bits_of_32;
    case SX_TYPE_Q4_1:
    case SX_TYPE_Q4_K: return four_bits_of_32_mins;
    case SX_TYPE_Q5_0: return five_bits_of_32;
    case SX_TYPE_Q5_1:
    case SX_TYPE_Q5_K: return five_bits_of_32_mins;
    case SX_TYPE_Q2_K: return four_bits_of_16_mins;
    case SX_TYPE_Q3_K: return four_bits_of_16;
    case SX_TYPE_Q6_K: return six_bits_of_16;
    default: return sized ? sized_of_32 : signed_of_32;
    }
}
#endif
#undef MULTIPLY

/* Whether the sizes of weights are kept beside them: for few tokens they are taken from the signs each time. */
INLINE bool sizes_kept(const sx_quant *quant, uint32_t n_tok)
{
#if defined(BYTES_VNNI)
    (void)quant;
    (void)n_tok;
    return false;
#else
    return bits_of(quant->type) == SIGNED && n_tok >= SIZES_LEAST;
#endif
}

INLINE void take_sizes(const panel *p, uint32_t n, uint8_t *sizes)
{
    for (size_t i = 0; i < (size_t)n * ROWS; i += LINE) v_store(sizes + i, _mm256_abs_epi8(v_load(p->lines + i)));
}

INLINE void quants_by_lines(const sx_quant *quant, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x,
                            uint32_t n_tok, uint32_t k, float *out, size_t ldo, void *scratch)
{
    enum { BOTH = 2 * ROWS };
    const matrix m = {quant, w, stride, n_rows};
    const uint32_t stretch = stretch_of(k, quant->block);
    const place acc = {(float *)(void *)((char *)scratch + PANELS_BYTES + 2 * SIZES_BYTES), BOTH}; /* [n_tok, 16] */
    const bool sized = sizes_kept(quant, n_tok);
    const multiply_fn multiply = multiply_of(quant, sized);
    panel *p = scratch;
    uint8_t *sizes = (uint8_t *)scratch + PANELS_BYTES;
    for (uint32_t r = 0; r < n_rows; r += BOTH) {
        const uint32_t left = n_rows - r < BOTH ? n_rows - r : BOTH;
        const int second = left > ROWS;
        const panels both = {{p, p + second}, {sizes, sizes + second * SIZES_BYTES}};
        const char *ahead = (const char *)w + (size_t)(r + BOTH) * stride;
        for (uint32_t k0 = 0, n; k0 < k; k0 += n) {
            n = k - k0 < stretch ? k - k0 : stretch;
            for (int c = 0; c <= second; c++) {
                fill_rows(p + c, &m, r + (uint32_t)c * ROWS, k0, n, NULL);
                if (sized) take_sizes(p + c, n, sizes + c * SIZES_BYTES);
            }
            const size_t bytes = (size_t)n / quant->block * quant->block_bytes * BOTH;
            multiply(both, n, x, n_tok, k, k0, k0 ? acc : (place){NULL, 0},
                     k0 + n == k && left == BOTH ? (place){out + r, ldo} : acc, ahead, bytes);
            ahead += bytes;
        }
        if (left < BOTH)
            for (uint32_t t = 0; t < n_tok; t++) memcpy(out + t * ldo + r, acc.at + t * acc.ld, left * sizeof(float));
    }
}

INLINE size_t scratch_of(uint32_t n_tok)
{
    return PANELS_BYTES + 2 * SIZES_BYTES + (size_t)n_tok * 2 * ROWS * sizeof(float);
}

#endif
