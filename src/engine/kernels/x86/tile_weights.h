/* Weights as tiles of bf16 for tiles_amx.c: a stretch of k ("cut") of 16 rows at a time, made from their blocks or halves and
 * laid out as the unit takes them, pairs along k side by side. */
#ifndef SX_ENGINE_TILE_WEIGHTS_H
#define SX_ENGINE_TILE_WEIGHTS_H

#include <string.h>

#include "engine/kernels/x86/lanes_avx512.h"
#include "engine/kernels/x86/lines.h"
#include "engine/kernels/x86/simd_avx512.h"
#include "engine/kernels/x86/tile_unit.h"

enum {
    CUT_MAX = 576,         /* elements of k that all tokens work through at once: 32 rows of them fit L1 */
    TILE = TILE_BYTES / 2, /* bf16 numbers in a tile */
    PAIR = 2 * ROWS        /* rows of the matrix that go together */
};

typedef struct weight_room {                    /* a worker's scratch */
    _Alignas(64) uint16_t pair[CUT_MAX * PAIR]; /* [parts][2][steps of the cut][tile] */
    panel bytes;
    unsigned char last[ROWS * CUT_MAX * 2], rest[ROWS * CUT_MAX * 2]; /* rows of bf16 */
} weight_room;

typedef struct source { /* of a column of tiles: 16 rows of a matrix */
    matrix m;
    uint32_t type;
} source;

typedef struct weights { /* a pair of columns from row r: row r of the first, row r + apart of the second */
    source from[2];
    uint32_t apart, k, cut;
    weight_room *room;
} weights;

/* Numbers of 11 bits and more are taken as two parts of 8, whose products but that of both lesser ones are added. */
static bool in_parts(uint32_t type)
{
    return type == SX_TYPE_F16;
}

/* Cuts of k of about the same length: whole superblocks of 256 where a row may have such. Of numbers in two parts, half. */
static uint32_t cut_of(uint32_t k, bool parts)
{
    const uint32_t most = parts ? CUT_MAX / 2 : CUT_MAX;
    if (k % 256 == 0) return most / 256 * 256;
    const uint32_t cuts = (k + most - 1) / most, each = (k + cuts - 1) / cuts;
    return (each + TILE_STEP - 1) / TILE_STEP * TILE_STEP;
}

static uint32_t steps_of(uint32_t n)
{
    return (n + TILE_STEP - 1) / TILE_STEP;
}

/* ---- weights as tiles ---- */

/* How a weight comes from its byte q: q * scale + min, (q - bias) * scale, or the same as (32768 + q) * scale - (32768 + bias)
 * * scale, for which q need not become a float first: it is set into the mantissa of 32768. Of scales of 11 bits, nothing is
 * lost on that way but by the last rounding, which all three have. */
typedef enum form { WITH_MINS, BIASED, BIASED_F16 } form;

static form form_of(const sx_quant *quant)
{
    if (quant->mins) return WITH_MINS;
    const uint32_t t = quant->type;
    return t == SX_TYPE_Q8_0 || t == SX_TYPE_Q4_0 || t == SX_TYPE_Q5_0 || t == SX_TYPE_IQ4_NL ? BIASED_F16 : BIASED;
}

/* What is added to scale * q, or to scale * (32768 + q). */
INLINE __m512 offset(const float *min, __m512 scale, float bias, const form f)
{
    if (f == WITH_MINS) return _mm512_loadu_ps(min);
    return _mm512_mul_ps(scale, _mm512_set1_ps(-(f == BIASED ? bias : bias + 32768.0f)));
}

/* The bytes of a line that `at` names, a dword each. */
INLINE __m512 numbers_of(__m512i line, __m512i at, const form f)
{
    if (f == BIASED_F16) /* a unit of 32768's mantissa is 2^-8 */
        return _mm512_castsi512_ps(_mm512_mask_permutexvar_epi8(_mm512_set1_epi32(0x47000000), 0x2222222222222222,
                                                                _mm512_slli_epi32(at, 8), line));
    return _mm512_cvtepi32_ps(_mm512_maskz_permutexvar_epi8(0x1111111111111111, at, line));
}

/* 32 k of a panel's 16 rows: line i has 4 k of every row, which are rows 2 i and 2 i + 1 of the tile. */
INLINE void tile_of_lines(const uint8_t *lines, const float *scale, const float *min, uint16_t *tile, float bias,
                          const int group, const form f)
{
    const __m512i twice[2] = {_mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7),
                              _mm512_setr_epi32(8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15)};
    const __m512i odd = _mm512_set1_epi64(0x0000000100000000); /* dwords 0, 1, 0, 1, ... */
    __m512 s[2], o[2];
    for (int i = 0; i < 8; i++) {
        if (i % (group / 4) == 0) {
            const int g = i * 4 / group * ROWS;
            const __m512 whole = _mm512_loadu_ps(scale + g), from = offset(min + g, whole, bias, f);
            for (int h = 0; h < 2; h++) {
                s[h] = _mm512_permutexvar_ps(twice[h], whole);
                o[h] = _mm512_permutexvar_ps(twice[h], from);
            }
        }
        const __m512i line = _mm512_loadu_si512(lines + i * LINE);
        for (int j = 0; j < 2; j++) {
            __m512 v[2];
            for (int h = 0; h < 2; h++) { /* bytes 4 row + 2 j + (0 or 1) */
                const __m512i at = _mm512_add_epi32(_mm512_add_epi32(_mm512_slli_epi32(twice[h], 2), odd),
                                                    _mm512_set1_epi32(2 * j));
                v[h] = _mm512_fmadd_ps(numbers_of(line, at, f), s[h], o[h]);
            }
            _mm512_store_si512(tile + (2 * i + j) * 32, (__m512i)_mm512_cvtne2ps_pbh(v[1], v[0]));
        }
    }
}

INLINE void tiles_of(const panel *p, uint32_t n, uint16_t *tiles, const int group, const form f)
{
    for (uint32_t t = 0; t < n / TILE_STEP; t++) {
        const size_t g = (size_t)t * TILE_STEP / (uint32_t)group * ROWS;
        tile_of_lines(p->lines + (size_t)t * 8 * LINE, p->scale + g, p->min + g, tiles + (size_t)t * TILE,
                      (float)(128 >> p->shift), group, f);
    }
}

static void quantised(const matrix *m, panel *p, uint32_t r0, uint32_t k0, uint32_t n, uint16_t *tiles)
{
    const form f = form_of(m->quant);
    const bool small = m->quant->group == 16;
    fill_rows(p, m, r0, k0, n, NULL);
    if (f == BIASED_F16) /* groups of 32 */
        tiles_of(p, n, tiles, 32, BIASED_F16);
    else if (f == BIASED)
        small ? tiles_of(p, n, tiles, 16, BIASED) : tiles_of(p, n, tiles, 32, BIASED);
    else
        small ? tiles_of(p, n, tiles, 16, WITH_MINS) : tiles_of(p, n, tiles, 32, WITH_MINS);
}

/* Rows of bf16, whole steps of them: the pairs along k are there, and go from rows to columns. */
INLINE void turned(rows from, uint32_t n, uint16_t *tiles)
{
    begin_rows(&from);
    for (uint32_t t = 0; t < steps_of(n); t++)
        for (uint32_t i = 0; i < 4; i++) {
            vec c[4];
            columns(&from, (size_t)t * 64 + i * 16, c);
            for (uint32_t j = 0; j < 4; j++) _mm512_store_si512(tiles + (size_t)t * TILE + (4 * i + j) * 32, c[j]);
        }
}

static uint32_t rows_left(const matrix *m, uint32_t r0)
{
    return m->n_rows - r0 < ROWS ? m->n_rows - r0 : ROWS;
}

/* Missing rows and a last part of k are zeros. */
static void halves(const matrix *m, weight_room *room, uint32_t r0, uint32_t k0, uint32_t n, uint16_t *tiles)
{
    const uint32_t left = rows_left(m, r0);
    rows from = {.first = m->w + (size_t)r0 * m->stride + 2 * (size_t)k0, .stride = m->stride};
    if (left < ROWS || n % TILE_STEP != 0) {
        memset(room->last, 0, sizeof room->last);
        for (uint32_t r = 0; r < left; r++)
            memcpy(room->last + (size_t)r * CUT_MAX * 2, from.first + (size_t)r * from.stride, (size_t)n * 2);
        from = (rows){.first = room->last, .stride = (size_t)CUT_MAX * 2};
    }
    turned(from, n, tiles);
}

/* What rounding to bf16 leaves of each number; nothing of those that are not finite. */
INLINE __m512 rest_of(__m512 x)
{
    const __m512i high = _mm512_slli_epi32(_mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(x)), 16);
    const __m512 rest = _mm512_sub_ps(x, _mm512_castsi512_ps(high));
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(_mm512_abs_ps(rest), _mm512_set1_ps(__builtin_inff()), _CMP_LT_OQ),
                               rest);
}

/* Rows of F16 in two parts, which have all of their bits. */
static void split_halves(const matrix *m, weight_room *room, uint32_t r0, uint32_t k0, uint32_t n, uint16_t *tiles)
{
    const uint32_t left = rows_left(m, r0);
    if (left < ROWS || n % TILE_STEP != 0) {
        memset(room->last, 0, sizeof room->last);
        memset(room->rest, 0, sizeof room->rest);
    }
    for (uint32_t r = 0; r < left; r++) {
        const unsigned char *row = m->w + (size_t)(r0 + r) * m->stride;
        for (uint32_t i = 0; i < n; i += 16) {
            const size_t at = ((size_t)r * CUT_MAX + i) * 2;
            const __m512 x = load_lanes(SX_TYPE_F16, row, k0 + i, head_mask(n - i < 16 ? n - i : 16));
            _mm256_storeu_si256((__m256i *)(void *)(room->last + at), (__m256i)_mm512_cvtneps_pbh(x));
            _mm256_storeu_si256((__m256i *)(void *)(room->rest + at), (__m256i)_mm512_cvtneps_pbh(rest_of(x)));
        }
    }
    turned((rows){.first = room->last, .stride = (size_t)CUT_MAX * 2}, n, tiles);
    turned((rows){.first = room->rest, .stride = (size_t)CUT_MAX * 2}, n, tiles + (size_t)2 * steps_of(n) * TILE);
}

/* n elements from k0 on of the rows from r0 on, as one column of tiles or two. */
static void make_pair(const weights *w, uint32_t r0, uint32_t cols, uint32_t k0, uint32_t n)
{
    for (uint32_t c = 0; c < cols; c++) {
        const source *from = &w->from[c];
        const uint32_t row = r0 + c * w->apart;
        uint16_t *tiles = w->room->pair + (size_t)c * steps_of(n) * TILE;
        if (from->m.quant)
            quantised(&from->m, &w->room->bytes, row, k0, n, tiles);
        else if (in_parts(from->type))
            split_halves(&from->m, w->room, row, k0, n, tiles);
        else
            halves(&from->m, w->room, row, k0, n, tiles);
    }
}

/* One row's bytes of a cut. */
INLINE void ask_for_row(const matrix *m, uint32_t row, uint32_t k0, uint32_t n)
{
    const sx_quant *quant = m->quant;
    const size_t at = quant ? (size_t)(k0 / quant->block) * quant->block_bytes : 2 * (size_t)k0,
                 bytes = quant ? (size_t)(n / quant->block) * quant->block_bytes : 2 * (size_t)n;
    const char *first = (const char *)m->w + (size_t)row * m->stride + at;
    for (size_t i = 0; i < bytes + 63; i += 64) _mm_prefetch(first + (i < bytes ? i : bytes - 1), _MM_HINT_T1);
}

/* The next pair's bytes of the same cut, asked for while this one is worked on: `part` of `parts`. */
static void ask_for(const weights *w, uint32_t r0, uint32_t k0, uint32_t n, uint32_t part, uint32_t parts)
{
    for (uint32_t i = PAIR * part / parts; i < PAIR * (part + 1) / parts; i++) {
        const matrix *m = &w->from[i / ROWS].m;
        const uint32_t row = r0 + i / ROWS * w->apart + i % ROWS;
        if (row < m->n_rows) ask_for_row(m, row, k0, n);
    }
}

#endif
