/* Products of many tokens with float weights, with the very sums of the dot products that few tokens take: element i of k goes to
 * partial sum i % ROWS of its output, in order, and the ROWS partial sums are added as a tree. A dot product has all partial sums
 * of one output in a vector, and adds across it. Here a vector has the same partial sum of many outputs: one after the other
 * they are summed for PANEL rows by TOKENS tokens at once, and added whole.
 *
 * So weights and tokens are laid out by partial sums: [partial sum][step][rows or tokens], where the partial sums stand in the order
 * in which the tree takes them. Weights come to lie so as floats in a panel that stays in L2 and serves all tokens; tokens once for all
 * rows. What is said of floats here holds of pairs of bf16 likewise.
 *
 * Included once per use, behind the vocabulary of row_columns.h and with PAIRS (1: bf16 by pairs), TOKENS, place_of, pack_line, token_line, accumulate and some f_. */
#ifndef SX_ENGINE_PANELS_H
#define SX_ENGINE_PANELS_H

#include <stdbool.h>
#include <string.h>

#include "engine/kernels/kernels.h"
#include "engine/kernels/x86/row_columns.h"
#include "engine/model/gguf.h"

#if defined(__clang__) /* sums stay in registers only where no loop over them is left */
#define ALL_TOKENS _Pragma("clang loop unroll(full)")
#define FOUR_STEPS _Pragma("clang loop unroll(disable)") /* of several steps it mixes the sums, and has no room */
#else
#define ALL_TOKENS _Pragma("GCC unroll 12")
#define FOUR_STEPS _Pragma("GCC unroll 4")
#endif

enum {
    PANEL = 2 * ROWS,   /* rows of the matrix */
    GROUP = TOKENS / 3, /* tokens are filled up to a multiple of it */
    NEAR = 512 * 1024,  /* bytes of panels that stay in L2 beside the tokens that meet them */
    SOON = 8,           /* steps that tokens are asked for before they are packed */
    AHEAD = 512,        /* bytes of a row */
    LEVELS = 4          /* of the tree that wait */
};

typedef struct shape {
    uint32_t type, k;
    uint32_t steps;       /* of ROWS floats or pairs along k */
    uint32_t first, last; /* partial sums in hand, of ROWS: half of them where all do not fit NEAR */
    size_t lane;          /* lane_of(k) */
} shape;

static uint32_t steps_of(uint32_t k)
{
    return ((PAIRS ? (k + 1) / 2 : k) + ROWS - 1) / ROWS;
}

/* Floats of a partial sum's share: no multiple of a page, or they would push one another out. */
static size_t lane_of(uint32_t k) /* of a panel */
{
    return (size_t)steps_of(k) * PANEL + ROWS;
}

static size_t token_lane(uint32_t k, uint32_t toks) /* of a tile of tokens */
{
    return (size_t)steps_of(k) * toks + ROWS;
}

static uint32_t filled_up(uint32_t n_tok)
{
    return (n_tok + GROUP - 1) / GROUP * GROUP;
}

static size_t tile_at(uint32_t k, uint32_t first) /* where the tile of token `first` begins: all before are whole */
{
    return first / TOKENS * ROWS * token_lane(k, TOKENS);
}

/* ---- weights ---- */

INLINE void put_lane(float *to, const shape *s, size_t lane, const size_t first, const size_t last, fvec v)
{
    const size_t place = place_of(lane);
    if (place >= first && place < last) f_store(to + (place - first) * s->lane, v);
}

/* One step of ROWS rows. */
INLINE void make_line(const rows *from, size_t at, const shape *s, const uint32_t type, const size_t first,
                      const size_t last, float *to)
{
    vec c[4];
    if (type == SX_TYPE_F32 || PAIRS) {
        for (size_t q = 0; q < ROWS / 4; q++) {
            columns(from, at + 16 * q, c);
            for (size_t j = 0; j < 4; j++) put_lane(to, s, 4 * q + j, first, last, f_bits(c[j]));
        }
        return;
    }
    for (size_t q = 0; q < ROWS / 8; q++) {
        columns(from, at + 16 * q, c);
        for (size_t j = 0; j < 4; j++) {
            const size_t lane = 8 * q + 2 * j;
            const bool f16 = type == SX_TYPE_F16;
            put_lane(to, s, lane, first, last, f16 ? f_low_halves(c[j]) : f_bits(v_left32(c[j], 16)));
            put_lane(to, s, lane + 1, first, last,
                     f16 ? f_low_halves(v_right32(c[j], 16)) : f_bits(v_left32(v_right32(c[j], 16), 16)));
        }
    }
}

INLINE void ask_rows(const rows *from, size_t at)
{
    for (size_t r = 0; r < ROWS; r++)
        _mm_prefetch((const char *)from->at[r % 4] + r / 4 * from->four + at, _MM_HINT_T0);
}

/* A panel of at most PANEL rows; what is missing of rows or steps are zeros. */
INLINE void make_of(const shape *s, const char *w, size_t stride, uint32_t n_rows, float *to, const uint32_t type,
                    const size_t first, const size_t last)
{
    const size_t bytes = (size_t)s->k * (type == SX_TYPE_F32 ? 4 : 2),
                 line = type == SX_TYPE_F32 || PAIRS ? 4 * ROWS : 2 * ROWS;
    for (uint32_t g = 0; g < 2; g++, to += ROWS, w += ROWS * stride) {
        const uint32_t there = n_rows > g * ROWS ? n_rows - g * ROWS : 0,
                       whole = there >= ROWS ? (uint32_t)(bytes / line) : 0;
        rows from = {.first = (const unsigned char *)w, .stride = stride};
        if (whole > 0) begin_rows(&from);
        for (uint32_t i = 0; i < whole; i++) {
            if (i * line % 64 == 0) ask_rows(&from, i * line + AHEAD);
            make_line(&from, i * line, s, type, first, last, to + (size_t)i * PANEL);
        }
        for (uint32_t i = whole; i < s->steps; i++) {
            unsigned char part[ROWS * 4 * ROWS] = {0};
            rows filled = {.first = part, .stride = line};
            const size_t left = bytes - i * line;
            for (uint32_t r = 0; r < there && r < ROWS; r++)
                memcpy(part + r * line, w + r * stride + i * line, left < line ? left : line);
            begin_rows(&filled);
            make_line(&filled, 0, s, type, first, last, to + (size_t)i * PANEL);
        }
    }
}

INLINE void make_type(const shape *s, const char *w, size_t stride, uint32_t n_rows, float *to, const uint32_t type)
{
    if (s->last - s->first == ROWS)
        make_of(s, w, stride, n_rows, to, type, 0, ROWS);
    else if (s->first == 0)
        make_of(s, w, stride, n_rows, to, type, 0, ROWS / 2);
    else
        make_of(s, w, stride, n_rows, to, type, ROWS / 2, ROWS);
}

static void make(const shape *s, const char *w, size_t stride, uint32_t n_rows, float *to)
{
    if (PAIRS || s->type == SX_TYPE_BF16)
        make_type(s, w, stride, n_rows, to, SX_TYPE_BF16);
    else if (s->type == SX_TYPE_F16)
        make_type(s, w, stride, n_rows, to, SX_TYPE_F16);
    else
        make_type(s, w, stride, n_rows, to, SX_TYPE_F32);
}

/* ---- products ---- */

typedef struct asking { /* for what is needed later, a little at each step */
    const char *rows;   /* that are to be made panels next */
    size_t pace;        /* bytes of them per step */
    size_t tokens;      /* how far the next tile is from this one */
} asking;

/* One partial sum of PANEL rows by `toks` tokens. */
INLINE void sum_lane(const float *w, const float *x, uint32_t steps, const asking *ask, fvec acc[2][TOKENS],
                     const int toks)
{
    ALL_TOKENS
    for (int t = 0; t < toks; t++) acc[0][t] = acc[1][t] = f_zero();
    const size_t ahead = ask->tokens, pace = ask->pace;
    const char *next = ask->rows;
    FOUR_STEPS
    for (uint32_t i = 0; i < steps; i++, w += PANEL, x += toks) {
        const fvec w0 = f_load(w), w1 = f_load(w + ROWS);
        _mm_prefetch((const char *)(x + ahead), _MM_HINT_T1);
        _mm_prefetch(next, _MM_HINT_T1);
        next += pace;
        ALL_TOKENS
        for (int t = 0; t < toks; t++) {
            fvec v = f_spread(x + t);
            OPAQUE_VECTOR(v);
            acc[0][t] = accumulate(w0, v, acc[0][t]);
            acc[1][t] = accumulate(w1, v, acc[1][t]);
        }
    }
}

/* The partial sums in hand of a panel by `toks` tokens: to `out`, or added to what the first half left there. */
INLINE void tile(const shape *s, const float *w, const float *x, asking *ask, float *out, size_t ldo, uint32_t n_rows,
                 uint32_t n_tok, const int toks)
{
    fvec wait[LEVELS][2][TOKENS], acc[2][TOKENS];
    const uint32_t lanes = s->last - s->first;
    const size_t lane = token_lane(s->k, (uint32_t)toks);
    ask->tokens = ROWS * lane;
    x += s->first * lane;
    for (uint32_t c = 0;; c++, w += s->lane, x += lane, ask->rows += s->steps * ask->pace) {
        uint32_t level = 0;
        sum_lane(w, x, s->steps, ask, acc, toks);
        for (; c >> level & 1; level++) ALL_TOKENS
        for (int t = 0; t < toks; t++) {
            acc[0][t] = f_add(wait[level][0][t], acc[0][t]);
            acc[1][t] = f_add(wait[level][1][t], acc[1][t]);
        }
        if (c + 1 == lanes) level = 0; /* the sum of all */
        ALL_TOKENS
        for (int t = 0; t < toks; t++) {
            wait[level][0][t] = acc[0][t];
            wait[level][1][t] = acc[1][t];
        }
        if (c + 1 == lanes) break;
    }
    for (uint32_t t = 0; t < n_tok; t++, out += ldo)
        for (uint32_t g = 0; g < (n_rows > ROWS ? 2u : 1u); g++) {
            const uint32_t there = n_rows - g * ROWS < ROWS ? n_rows - g * ROWS : ROWS;
            float *to = out + g * ROWS;
            const fvec sum = wait[0][g][t];
            f_store_part(to, s->first > 0 ? f_add(f_load_part(to, there), sum) : sum, there);
        }
}

static uint32_t halves(uint32_t k)
{
    return lane_of(k) * ROWS * sizeof(float) > NEAR ? 2 : 1;
}

static size_t panel_floats(uint32_t k)
{
    return lane_of(k) * (ROWS / halves(k));
}

/* How many panels stay near together, so that tokens are fetched for all of them. */
static uint32_t together(uint32_t k)
{
    const size_t n = NEAR / (panel_floats(k) * sizeof(float));
    return n > 0 ? (uint32_t)n : 1;
}

/* All tokens times n rows, of which the panels hold the partial sums in hand. */
static void all_tokens(const shape *s, const float *panels, uint32_t n, const float *x, uint32_t n_tok, asking *ask,
                       float *out, size_t ldo)
{
    const size_t size = panel_floats(s->k);
    for (uint32_t t = 0; t < n_tok; t += TOKENS, out += TOKENS * ldo) {
        const uint32_t there = n_tok - t < TOKENS ? n_tok - t : TOKENS, toks = filled_up(there);
        const float *tokens = x + tile_at(s->k, t);
        for (uint32_t r = 0; r < n; r += PANEL) {
            const float *w = panels + r / PANEL * size;
            const uint32_t left = n - r < PANEL ? n - r : PANEL;
            if (toks == TOKENS)
                tile(s, w, tokens, ask, out + r, ldo, left, there, TOKENS);
            else if (toks == 2 * GROUP)
                tile(s, w, tokens, ask, out + r, ldo, left, there, 2 * GROUP);
            else
                tile(s, w, tokens, ask, out + r, ldo, left, there, GROUP);
        }
    }
}

/* What is asked for behind the last row is of the rows that the same worker mostly gets next. */
static void multiply(uint32_t type, const void *data, size_t stride, uint32_t n_rows, const float *x, uint32_t n_tok,
                     uint32_t k, float *out, size_t ldo, void *scratch)
{
    const uint32_t most = together(k) * PANEL, lanes = ROWS / halves(k), tiles = (n_tok + TOKENS - 1) / TOKENS;
    shape s = {.type = type, .k = k, .steps = steps_of(k), .lane = lane_of(k)};
    float *panels = scratch;
    for (uint32_t r = 0, n; r < n_rows; r += n) {
        const char *w = (const char *)data + r * stride;
        n = n_rows - r < most ? n_rows - r : most;
        const size_t steps = (size_t)tiles * ((n + PANEL - 1) / PANEL) * s.steps * ROWS;
        asking ask = {.rows = w + n * stride, .pace = n * stride / steps + 1};
        for (s.first = 0; s.first < ROWS; s.first += lanes) {
            s.last = s.first + lanes;
            for (uint32_t i = 0; i < n; i += PANEL)
                make(&s, w + i * stride, stride, n - i < PANEL ? n - i : PANEL, panels + i / PANEL * panel_floats(k));
            all_tokens(&s, panels, n, x, n_tok, &ask, out + r, ldo);
        }
    }
}

/* ---- tokens ---- */

static size_t packed(uint32_t n_tok, uint32_t k)
{
    const uint32_t rest = filled_up(n_tok % TOKENS);
    return tile_at(k, n_tok) + (rest > 0 ? ROWS * token_lane(k, rest) : 0);
}

INLINE void ask_numbers(const float *x, size_t at)
{
    for (size_t i = 0; i < (PAIRS ? 2 * ROWS : ROWS); i += 16) _mm_prefetch((const char *)(x + at + i), _MM_HINT_T0);
}

/* [partial sum][step][tokens of a tile]; tokens that are missing repeat the last. */
static void pack(const float *x, size_t ldx, uint32_t n_tok, uint32_t k, float *out, uint32_t first)
{
    const uint32_t there = n_tok - first < TOKENS ? n_tok - first : TOKENS, toks = filled_up(there),
                   steps = steps_of(k), step = PAIRS ? 2 * ROWS : ROWS;
    const size_t lane = token_lane(k, toks), next = TOKENS * ldx; /* elements to the next tile */
    out += tile_at(k, first);
    const float *at[TOKENS];
    for (uint32_t t = 0; t < toks; t++) at[t] = x + (first + (t < there ? t : there - 1)) * ldx;
    for (uint32_t i = 0; i < steps; i++)
        for (uint32_t g = 0; g < toks; g += GROUP, out += GROUP) {
            fvec v[GROUP];
            for (uint32_t t = 0; t < GROUP; t++) {
                ask_numbers(at[g + t],
                            i + SOON < steps ? (size_t)(i + SOON) * step : next + (size_t)(i + SOON - steps) * step);
                v[t] = token_line(at[g + t] + (size_t)i * step, k - i * step);
            }
            pack_line(v, out, lane);
        }
}

static size_t scratch_bytes(uint32_t k)
{
    const size_t one = panel_floats(k) * sizeof(float); /* shorter rows go together, but not beyond NEAR */
    return one > NEAR ? one : NEAR;
}

#endif
