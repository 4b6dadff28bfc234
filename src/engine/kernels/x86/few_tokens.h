/* Products of few tokens with float weights, as fast as memory gives the weights. Some rows by some tokens are dot products side
 * by side, so that a weight becomes a float once for all these tokens, and a token is fetched once for all these rows. Tokens
 * are laid out so that a step of all of them lies together.
 *
 * Memory is fastest where a thread reads one stream. So rows side by side are not fetched side by side: what will be needed is
 * asked for in the order in which it lies, at the pace at which weights are used. Tokens that are too long for the cache that
 * gives them as fast as they are wanted are cut, and more tokens than go together take turns: then some rows at a time are
 * worked through part by part, and each part by all tokens while it is near.
 *
 * Each output has one vector of partial sums, which takes STEP elements of k a step, in order, however many rows and tokens go
 * together and wherever k is cut.
 *
 * Included once per use, behind fvec, number (an element of a token here), STEP, GROUP (the most tokens together), side_by_side,
 * second_is_fast, weights, weights_part, pack_step, load_step, accumulate, zero and sum4. */
#ifndef SX_ENGINE_FEW_TOKENS_H
#define SX_ENGINE_FEW_TOKENS_H

#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/kernels/x86/ask.h"
#include "engine/model/gguf.h"

#define INLINE static inline __attribute__((always_inline))

enum {
    ROWS_MAX = 4,     /* side by side */
    UNIT = 12,        /* rows: a multiple of each number of rows side by side */
    LINE = 64,        /* bytes of a row that are worked through at a time */
    SOON = 8 << 10,   /* bytes that are asked for before they are needed, at least */
    PART = 192 << 10, /* bytes of rows that stay in L2 for all tokens, beside as many that are asked for */
    WAITING = 768,    /* sums between two cuts */
    ROOM = 64 << 10,  /* bytes of tokens */
    ALONE = 32 << 10, /* of those of one or two that are in L1 beside little else */
    CLOSE = 28 << 10, /* of those of more that stay there */
    TOGETHER = 32     /* tokens by which a part is multiplied while it is near */
};

typedef struct few { /* what rows are multiplied with */
    size_t stride;
    const number *x; /* [step][token][STEP] from element `from` to `to` of k */
    uint32_t from, to, k;
    fvec *part; /* sums that wait where k is cut: [row][token] */
    float *out;
    size_t ldo;
    const char *w, *next; /* the rows' elements in hand, and those that come thereafter */
    uint32_t n;           /* rows */
    uint32_t turn, turns; /* who asks for what */
} few;

INLINE uint32_t line_of(const uint32_t type) /* elements */
{
    return type == SX_TYPE_F32 ? LINE / 4 : LINE / 2;
}

/* The step of the rows at element i; a compile-time `whole` leaves out the care for the rows' end. */
INLINE void few_step(const few *p, const uint32_t type, const char *w, const number *x, uint32_t i,
                     fvec acc[ROWS_MAX][GROUP], const int rows, const int toks, const bool whole)
{
    fvec row[ROWS_MAX];
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
        const char *at = w + (size_t)r * p->stride;
        row[r] = whole ? weights(type, at, i) : weights_part(type, at, i, p->to - p->from - i);
    }
#pragma GCC unroll 8
    for (int t = 0; t < toks; t++) {
        const fvec v = load_step(x + t * STEP);
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++) acc[r][t] = accumulate(row[r], v, acc[r][t]);
    }
}

INLINE void put_sums(const few *p, uint32_t row, fvec acc[ROWS_MAX][GROUP], const int rows, const int toks)
{
#pragma GCC unroll 8
    for (int t = 0; t < toks; t++) {
        float *to = p->out + (size_t)t * p->ldo + row;
        const __m128 s = sum4(acc[0][t], rows > 1 ? acc[1][t] : zero(), rows > 2 ? acc[2][t] : zero(),
                              rows > 3 ? acc[3][t] : zero());
        if (rows == 4)
            _mm_storeu_ps(to, s);
        else if (rows > 1)
            _mm_storel_pi((__m64 *)(void *)to, s);
        else
            _mm_store_ss(to, s);
        if (rows == 3) _mm_store_ss(to + 2, _mm_movehl_ps(s, s));
    }
}

/* Rows from `row` on, with as many rows asked for as there are, from `soon` on. */
INLINE void few_rows(const few *p, const uint32_t type, uint32_t row, const char *soon, const int rows, const int toks)
{
    const uint32_t line = line_of(type), lines = (p->to - p->from) / line;
    const size_t gap = p->stride - (size_t)lines * LINE;
    const char *w = p->w + row * p->stride, *edge = soon + (size_t)lines * LINE;
    const number *x = p->x;
    const bool again = p->turns > 1 /* whether weights are used more than once */, second = ask_second();
    fvec acc[ROWS_MAX][GROUP], *part = p->part + row * GROUP;
    uint32_t i = 0;
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 8
        for (int t = 0; t < toks; t++) acc[r][t] = p->from ? part[r * GROUP + t] : zero();
    for (uint32_t n = 0; n < lines; n++, i += line) {
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++, soon += LINE) {
            if (again || second)
                ask_line(soon, second);
            else
                _mm_prefetch(soon, _MM_HINT_NTA); /* it need not push anything out of the other caches */
        }
        if (soon >= edge) {
            soon += gap;
            edge += p->stride;
        }
#pragma GCC unroll 4
        for (uint32_t j = 0; j < line; j += STEP, x += STEP * toks)
            few_step(p, type, w, x, i + j, acc, rows, toks, true);
    }
    for (; i + STEP <= p->to - p->from; i += STEP, x += STEP * toks) few_step(p, type, w, x, i, acc, rows, toks, true);
    if (i < p->to - p->from) few_step(p, type, w, x, i, acc, rows, toks, false);
    if (p->to == p->k) {
        put_sums(p, row, acc, rows, toks);
        return;
    }
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 8
        for (int t = 0; t < toks; t++) part[r * GROUP + t] = acc[r][t];
}

/* All rows over the elements in hand. One group of tokens asks for rows that it will soon be at; of several each asks for some of
 * what comes after this part, else for what it has itself, and for nothing thereby. */
INLINE void few_part(const few *p, const uint32_t type, const int toks)
{
    const uint32_t rows = (uint32_t)side_by_side(toks), whole = p->n / rows * rows,
                   bytes = (p->to - p->from) / line_of(type) * LINE * rows + LINE,
                   ahead = p->turns > 1 ? whole : (SOON + bytes - 1) / bytes * rows;
    uint32_t r = 0;
    for (; r < whole; r += rows) {
        const bool mine = r / rows % p->turns == p->turn;
        const uint32_t to = mine ? r + ahead : r;
        few_rows(p, type, r, to < whole ? p->w + to * p->stride : p->next + (to - whole) * p->stride, (int)rows, toks);
    }
    for (; r < p->n; r++) few_rows(p, type, r, p->w + r * p->stride, 1, toks);
}

INLINE void pack_tokens(number *to, const float *x, size_t ldx, uint32_t from, uint32_t n, uint32_t k, const int toks)
{
    for (uint32_t i = 0; i < n; i += STEP)
        for (int t = 0; t < toks; t++, to += STEP) pack_step(to, x + (size_t)t * ldx + from + i, k - from - i);
}

/* How many elements of k are worked through at a time: even parts of whole units of lines. */
INLINE uint32_t cut_of(const uint32_t type, uint32_t k, uint32_t toks)
{
    const uint32_t unit = UNIT * line_of(type),
                   room = second_is_fast() ? ROOM
                          : toks > 2       ? CLOSE
                                           : ALONE,
                   most = room / (uint32_t)sizeof(number) / toks;
    if (k <= most) return k;
    const uint32_t units = (k + unit - 1) / unit, parts = (units + most / unit - 1) / (most / unit);
    return (units + parts - 1) / parts * unit;
}

/* How many rows are worked through part by part. */
INLINE uint32_t rows_of_part(uint32_t groups, size_t bytes)
{
    const size_t near = PART / (bytes + 1), wait = WAITING / GROUP / groups,
                 most = groups > 1 && near < wait ? near : wait;
    return most < UNIT ? UNIT : (uint32_t)(most / UNIT * UNIT);
}

#define TOKENS_CASE(n_toks) \
    case n_toks: \
        pack_tokens(ready, x + t * ldx, ldx, p.from, p.to - p.from, k, n_toks); \
        few_part(&p, type, n_toks); \
        break

/* At most TOGETHER tokens. */
INLINE void together(const uint32_t type, const char *w, size_t stride, uint32_t n_rows, const float *x, size_t ldx,
                     uint32_t n_tok, uint32_t k, float *out, size_t ldo)
{
    fvec part[WAITING];
    _Alignas(LINE) number ready[ROOM / sizeof(number)];
    const size_t bytes = LINE / line_of(type); /* of an element */
    const uint32_t groups = (n_tok + GROUP - 1) / GROUP, most = (n_tok + groups - 1) / groups,
                   cut = cut_of(type, k, most),
                   some = groups == 1 && cut == k ? n_rows : rows_of_part(groups, cut * bytes);
    few p = {.stride = stride, .x = ready, .k = k, .ldo = ldo, .turns = groups};
    for (uint32_t first = 0; first < n_rows; first += p.n) {
        const char *rows = w + first * stride;
        p.n = n_rows - first < some ? n_rows - first : some;
        for (p.from = 0; p.from < k; p.from = p.to) {
            p.to = k - p.from < cut ? k : p.from + cut;
            p.w = rows + p.from * bytes;
            p.next = p.to < k ? rows + p.to * bytes : rows + p.n * stride;
            for (uint32_t g = 0, t = 0, toks; g < groups; g++, t += toks) {
                toks = (n_tok - t + groups - g - 1) / (groups - g);
                p.turn = g;
                p.part = part + (size_t)g * some * GROUP;
                p.out = out + t * ldo + first;
                switch (toks) {
                    TOKENS_CASE(1);
                    TOKENS_CASE(2);
                    TOKENS_CASE(3);
#if GROUP > 4
                    TOKENS_CASE(4);
                    TOKENS_CASE(5);
                    TOKENS_CASE(6);
                    TOKENS_CASE(7);
#endif
                    TOKENS_CASE(GROUP);
                }
            }
        }
    }
}

/* sx_matmul_ops.floats of a type known to the compiler. */
INLINE void few_tokens(const uint32_t type, const void *w, size_t stride, uint32_t n_rows, const float *x, size_t ldx,
                       uint32_t n_tok, uint32_t k, float *out, size_t ldo)
{
    for (uint32_t t = 0; t < n_tok; t += TOGETHER)
        together(type, w, stride, n_rows, x + t * ldx, ldx, n_tok - t < TOGETHER ? n_tok - t : TOGETHER, k,
                 out + t * ldo, ldo);
}

#endif
