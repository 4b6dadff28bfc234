/* Attention of many queries with tiles of bf16: queries, keys, values and weights of values are rounded to bf16, scores and
 * sums stay F32. One step takes SX_KEY_TILE keys and as many queries as there are, 16 at a time; a query's numbers depend on
 * itself and the keys alone.
 *
 * Cost on a processor with AMX, for 16 queries and 64 keys of 64 numbers: 16 products of 16 cycles, half for the scores and
 * half for the values; the exponentials between them cost more than both. */
#include "engine/kernels/kernels.h"
#include "engine/kernels/x86/simd_avx512.h"
#include "engine/kernels/x86/softmax_avx512.h"
#include "engine/kernels/x86/tile_unit.h"

#define INLINE static inline __attribute__((always_inline))

enum {
    TILE = TILE_BYTES / 2,               /* bf16 numbers in a tile */
    COLS = 16,                           /* floats in a row of a tile */
    KEY_STEPS = SX_KEY_TILE / TILE_STEP, /* tiles of weights beside each other */
    SCORE_ROW = SX_KEY_TILE * 4,         /* bytes */
    WEIGHT_ROW = SX_KEY_TILE * 2
};

static bool takes(uint32_t type, bool made)
{
    (void)type;
    return !made;
}

static uint32_t steps_of(uint32_t dim)
{
    return (dim + TILE_STEP - 1) / TILE_STEP;
}

static size_t query_numbers(uint32_t dim)
{
    return (size_t)steps_of(dim) * TILE_STEP;
}

static size_t pair_numbers(uint32_t n, uint32_t cols)
{
    return (size_t)steps_of(n) * (cols / COLS) * TILE;
}

static void query(uint16_t *out, const float *q, float scale, uint32_t dim)
{
    const __m512 by = _mm512_set1_ps(scale);
    for (uint32_t i = 0; i < query_numbers(dim); i += 16) {
        const uint32_t left = dim > i ? dim - i : 0;
        const __m512 x = _mm512_maskz_loadu_ps(head_mask(left < 16 ? left : 16), q + (left ? i : 0));
        _mm256_storeu_si256((__m256i *)(void *)(out + i), (__m256i)_mm512_cvtneps_pbh(_mm512_mul_ps(x, by)));
    }
}

/* 16 floats of two rows, as a row of a tile: those of the first in the low halves. */
INLINE __m512i pair_up(__m512 low, __m512 high)
{
    return _mm512_or_si512(_mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(low)),
                           _mm512_slli_epi32(_mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(high)), 16));
}

/* Tiles stand [cols / 16][steps of n]. */
static void pairs(uint16_t *out, const float *x, size_t ldx, uint32_t n, uint32_t cols)
{
    const uint32_t steps = steps_of(n);
    for (uint32_t i = 0; i < steps * TILE_STEP; i += 2)
        for (uint32_t c = 0; c < cols; c += COLS) {
            const __m512 low = i < n ? _mm512_loadu_ps(x + i * ldx + c) : _mm512_setzero_ps(),
                         high = i + 1 < n ? _mm512_loadu_ps(x + (i + 1) * ldx + c) : _mm512_setzero_ps();
            uint16_t *tile = out + ((size_t)c / COLS * steps + i / TILE_STEP) * TILE;
            _mm512_storeu_si512(tile + (size_t)(i % TILE_STEP) / 2 * TILE_STEP, pair_up(low, high));
        }
}

/* 16 queries from row i on, of which there may be fewer than 16: the others' scores are of no use, and nobody's harm. */
INLINE void score_tiles(tile_unit *unit, float *s, const uint16_t *q, size_t ldq, const uint16_t *k, uint32_t steps)
{
    (void)unit;
    TILE_ZERO(unit, 0);
    TILE_ZERO(unit, 1);
    TILE_ZERO(unit, 2);
    TILE_ZERO(unit, 3);
    for (uint32_t i = 0; i < steps; i++, k += TILE) {
        TILE_LOAD_ROWS(unit, 4, q + (size_t)i * TILE_STEP, ldq * sizeof *q);
        TILE_LOAD(unit, 5, k);
        TILE_LOAD(unit, 6, k + (size_t)steps * TILE);
        TILE_ADD_PRODUCT(unit, 0, 4, 5);
        TILE_LOAD(unit, 7, k + (size_t)2 * steps * TILE);
        TILE_ADD_PRODUCT(unit, 1, 4, 6);
        TILE_LOAD(unit, 5, k + (size_t)3 * steps * TILE);
        TILE_ADD_PRODUCT(unit, 2, 4, 7);
        TILE_ADD_PRODUCT(unit, 3, 4, 5);
    }
    TILE_STORE_ROWS(unit, 0, s, SCORE_ROW);
    TILE_STORE_ROWS(unit, 1, s + COLS, SCORE_ROW);
    TILE_STORE_ROWS(unit, 2, s + 2 * COLS, SCORE_ROW);
    TILE_STORE_ROWS(unit, 3, s + 3 * COLS, SCORE_ROW);
}

static void scores(float *s, const uint16_t *q, size_t ldq, uint32_t n_rows, const uint16_t *keys, uint32_t dim,
                   const sx_wanted *wanted)
{
    (void)wanted;
    tile_unit unit;
    tiles_begin(&unit);
    for (uint32_t i = 0; i < n_rows; i += TILE_ROWS)
        score_tiles(&unit, s + (size_t)i * SX_KEY_TILE, q + i * ldq, ldq, keys, steps_of(dim));
    tiles_end(&unit);
}

INLINE __m512i round_32(__m512 low, __m512 high)
{
    return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

static void softmax(uint16_t *p, float *s, uint32_t n_rows, float *max, float *sum, float *keep)
{
    softmax_rows(s, p, n_rows, max, sum, keep, round_32);
}

/* acc of 16 rows, `stride` bytes apart, += weights times values. */
INLINE void weigh_cols(tile_unit *unit, float *acc, size_t stride, const uint16_t *v, const int cols)
{
    (void)unit;
    TILE_LOAD_ROWS(unit, 0, acc, stride);
    if (cols == 2) TILE_LOAD_ROWS(unit, 1, acc + COLS, stride);
    TILE_LOAD(unit, 6, v);
    TILE_ADD_PRODUCT(unit, 0, 4, 6);
    if (cols == 2) {
        TILE_LOAD(unit, 7, v + KEY_STEPS * TILE);
        TILE_ADD_PRODUCT(unit, 1, 4, 7);
    }
    TILE_LOAD(unit, 6, v + TILE);
    TILE_ADD_PRODUCT(unit, 0, 5, 6);
    if (cols == 2) {
        TILE_LOAD(unit, 7, v + (KEY_STEPS + 1) * TILE);
        TILE_ADD_PRODUCT(unit, 1, 5, 7);
    }
    TILE_STORE_ROWS(unit, 0, acc, stride);
    if (cols == 2) TILE_STORE_ROWS(unit, 1, acc + COLS, stride);
}

INLINE void weigh_tiles(tile_unit *unit, const uint16_t *p, float *acc, size_t lda, const uint16_t *v, uint32_t dim)
{
    TILE_LOAD_ROWS(unit, 4, p, WEIGHT_ROW);
    TILE_LOAD_ROWS(unit, 5, p + TILE_STEP, WEIGHT_ROW);
    uint32_t d = 0;
    for (; d + 2 * COLS <= dim; d += 2 * COLS, v += 2 * KEY_STEPS * TILE)
        weigh_cols(unit, acc + d, lda * sizeof *acc, v, 2);
    if (d < dim) weigh_cols(unit, acc + d, lda * sizeof *acc, v, 1);
}

/* Sums of fewer than 16 rows are worked on beside those of other rows, 32 columns at a time. */
INLINE void weigh_few(tile_unit *unit, const uint16_t *p, float *acc, size_t lda, uint32_t rows, const uint16_t *v,
                      uint32_t dim)
{
    _Alignas(64) float beside[TILE_ROWS * 2 * COLS] = {0};
    for (uint32_t d = 0; d < dim; d += 2 * COLS, v += 2 * KEY_STEPS * TILE) {
        const uint32_t n = dim - d < 2 * COLS ? dim - d : 2 * COLS;
        for (uint32_t r = 0; r < rows; r++)
            for (uint32_t c = 0; c < n; c += COLS)
                _mm512_store_ps(beside + r * 2 * COLS + c, _mm512_loadu_ps(acc + r * lda + d + c));
        weigh_tiles(unit, p, beside, 2 * COLS, v, n);
        for (uint32_t r = 0; r < rows; r++)
            for (uint32_t c = 0; c < n; c += COLS)
                _mm512_storeu_ps(acc + r * lda + d + c, _mm512_load_ps(beside + r * 2 * COLS + c));
    }
}

INLINE void keep_rows(float *acc, size_t lda, uint32_t rows, const float *keep, uint32_t dim)
{
    for (uint32_t r = 0; r < rows; r++, acc += lda)
        if (keep[r] != 1.0f)
            for (uint32_t d = 0; d < dim; d += COLS)
                _mm512_storeu_ps(acc + d, _mm512_mul_ps(_mm512_loadu_ps(acc + d), _mm512_set1_ps(keep[r])));
}

static void weigh(float *acc, size_t lda, uint32_t n_rows, const float *keep, const uint16_t *p, const uint16_t *values,
                  uint32_t dim)
{
    tile_unit unit;
    tiles_begin(&unit);
    for (uint32_t i = 0; i < n_rows; i += TILE_ROWS, acc += TILE_ROWS * lda, p += TILE_ROWS * SX_KEY_TILE) {
        const uint32_t rows = n_rows - i < TILE_ROWS ? n_rows - i : TILE_ROWS;
        keep_rows(acc, lda, rows, keep + i, dim);
        if (rows == TILE_ROWS)
            weigh_tiles(&unit, p, acc, lda, values, dim);
        else
            weigh_few(&unit, p, acc, lda, rows, values, dim);
    }
    tiles_end(&unit);
}

#if defined(SX_TILES_EMULATED)
const sx_tile_attention_ops sx_tile_attention_emulated = {takes, query_numbers, pair_numbers, query, pairs, NULL,
                                                          NULL,  scores,        softmax,      weigh, NULL};
#else
const sx_tile_attention_ops sx_tile_attention_amx = {takes, query_numbers, pair_numbers, query, pairs, NULL,
                                                     NULL,  scores,        softmax,      weigh, NULL};
#endif
