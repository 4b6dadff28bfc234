/* Keys and values that are kept as blocks of 32 integers, with AVX2: keys meet queries as bytes, values become floats in
 * registers. */
#ifndef SX_ENGINE_ATTENTION_BLOCKS_AVX2_H
#define SX_ENGINE_ATTENTION_BLOCKS_AVX2_H

#include "engine/kernels/attention_blocks.h"
#include "engine/kernels/x86/ahead.h"
#include "engine/kernels/x86/simd_avx2.h"

#define BLOCK_INLINE static inline __attribute__((always_inline))

/* How many of n rows go into the next tile of registers: at most 6, and no single row left over. */
BLOCK_INLINE uint32_t rows_together(uint32_t n)
{
    return n == 7 ? 4 : n > 6 ? 6 : n;
}

/* Rows of an 8 x 8 square become columns. */
BLOCK_INLINE void turn8(const __m256 row[8], __m256 column[8])
{
    __m256 pair[8], quad[8];
    for (int i = 0; i < 8; i += 2) {
        pair[i] = _mm256_unpacklo_ps(row[i], row[i + 1]);
        pair[i + 1] = _mm256_unpackhi_ps(row[i], row[i + 1]);
    }
    for (int i = 0; i < 8; i += 4)
        for (int h = 0; h < 2; h++) {
            __m256d a = _mm256_castps_pd(pair[i + h]), b = _mm256_castps_pd(pair[i + h + 2]);
            quad[i + 2 * h] = _mm256_castpd_ps(_mm256_unpacklo_pd(a, b));
            quad[i + 2 * h + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(a, b));
        }
    for (int c = 0; c < 4; c++) {
        column[c] = _mm256_permute2f128_ps(quad[c], quad[4 + c], 0x20);
        column[c + 4] = _mm256_permute2f128_ps(quad[c], quad[4 + c], 0x31);
    }
}

/* Up to 8 numbers of a row from element i (a multiple of 8) on; floats behind the n-th are not read. */
BLOCK_INLINE __m256 load_kept(uint32_t type, const char *row, uint32_t i, uint32_t n)
{
    if (!sx_key_blocks(type)) return load_lanes(type, row, i, n);
    const char *block = row + (size_t)(i / 32) * sx_key_block_bytes(type);
    uint16_t half;
    memcpy(&half, block, sizeof half);
    __m128i q;
    if (type == SX_TYPE_Q8_0) {
        q = _mm_loadl_epi64((const __m128i *)(const void *)(block + 2 + i % 32));
    } else {
        q = _mm_loadl_epi64((const __m128i *)(const void *)(block + 2 + i % 16));
        if (i % 32 >= 16) q = _mm_srli_epi16(q, 4);
        q = _mm_sub_epi8(_mm_and_si128(q, _mm_set1_epi8(15)), _mm_set1_epi8(8));
    }
    return _mm256_mul_ps(_mm256_set1_ps(_cvtsh_ss(half)), _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(q)));
}

/* A block's 32 numbers with 128 added. */
BLOCK_INLINE __m256i block_bytes(uint32_t type, const char *block)
{
    if (type == SX_TYPE_Q8_0)
        return _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(const void *)(block + 2)),
                                _mm256_set1_epi8((char)128));
    __m128i q = _mm_loadu_si128((const __m128i *)(const void *)(block + 2));
    __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(q), _mm_srli_epi16(q, 4), 1);
    return _mm256_add_epi8(_mm256_and_si256(both, _mm256_set1_epi8(15)), _mm256_set1_epi8(120));
}

BLOCK_INLINE void panel_of(uint32_t type, float *panel, const char *rows, size_t stride, uint32_t dim,
                           const sx_wanted *wanted)
{
    sx_ahead ahead = ahead_once(ahead_keys(wanted, 0));
    for (uint32_t b = 0; b < sx_key_block_count(dim); b++, panel += SX_KEY_BLOCK_FLOATS) {
        const char *block = rows + (size_t)b * sx_key_block_bytes(type);
        for (uint32_t j = 0; j < SX_KEY_TILE; j += 8) {
            __m256 row[8], column[8];
            ask_ahead(&ahead, ASK_LINE * 2);
            for (uint32_t i = 0; i < 8; i++) row[i] = _mm256_castsi256_ps(block_bytes(type, block + (j + i) * stride));
            turn8(row, column);
            for (uint32_t g = 0; g < 8; g++) _mm256_storeu_ps(panel + (size_t)g * SX_KEY_TILE + j, column[g]);
        }
        for (uint32_t j = 0; j < SX_KEY_TILE; j++) {
            uint16_t half;
            memcpy(&half, block + j * stride, sizeof half);
            panel[8 * SX_KEY_TILE + j] = _cvtsh_ss(half);
        }
    }
}

BLOCK_INLINE void block_panel(uint32_t type, float *panel, const void *rows, size_t stride, uint32_t n_keys,
                              uint32_t dim, const sx_wanted *wanted)
{
    if (n_keys < SX_KEY_TILE)
        sx_key_panel(type, panel, rows, stride, n_keys, dim);
    else if (type == SX_TYPE_Q8_0)
        panel_of(SX_TYPE_Q8_0, panel, rows, stride, dim, wanted);
    else
        panel_of(SX_TYPE_Q4_0, panel, rows, stride, dim, wanted);
}

/* One row by 16 keys. A key's bytes carry 128; taken off, they are at most 127 in size, so that the sums of two products fit
 * 16 bits when the signs are moved to the query. */
BLOCK_INLINE void block_score_tile(float *s, const float *q, const float *panel, uint32_t dim)
{
    const __m256i high = _mm256_set1_epi8((char)128), ones = _mm256_set1_epi16(1);
    __m256 acc[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
    for (uint32_t b = 0; b < sx_key_block_count(dim); b++, panel += SX_KEY_BLOCK_FLOATS) {
        __m256i sum[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
        for (uint32_t g = 0; g < 8; g++) {
            int32_t four;
            memcpy(&four, q + b * 8 + g, sizeof four);
            const __m256i x = _mm256_set1_epi32(four);
            for (int c = 0; c < 2; c++) {
                const __m256i *at = (const __m256i *)(const void *)(panel + (size_t)g * SX_KEY_TILE + 8 * c);
                const __m256i k = _mm256_xor_si256(_mm256_loadu_si256(at), high);
                const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(k), _mm256_sign_epi8(x, k));
                sum[c] = _mm256_add_epi32(sum[c], _mm256_madd_epi16(pairs, ones));
            }
        }
        const __m256 scale = _mm256_set1_ps(sx_query_scale(q, dim, b));
        for (int c = 0; c < 2; c++)
            acc[c] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum[c]),
                                     _mm256_mul_ps(scale, _mm256_loadu_ps(panel + 8 * SX_KEY_TILE + 8 * c)), acc[c]);
    }
    _mm256_storeu_ps(s, acc[0]);
    _mm256_storeu_ps(s + 8, acc[1]);
}

static inline void block_scores(float *s, const float *q, size_t ldq, uint32_t n_rows, const float *panel, uint32_t dim,
                                const sx_wanted *wanted)
{
    /* behind what was asked for with the keys */
    sx_ahead ahead = ahead_once(ahead_keys(wanted, (size_t)ASK_LINE * 16 * sx_key_block_count(dim)));
    for (uint32_t i = 0; i < n_rows; i++)
        for (uint32_t j = 0; j < SX_KEY_TILE; j += 16) {
            for (uint32_t b = 0; b < 2 * sx_key_block_count(dim) && i == 0; b++)
                ask_ahead(&ahead, ASK_LINE * (b % 2 ? 5 : 4)); /* of 18 lines a block */
            block_score_tile(s + (size_t)i * SX_KEY_TILE + j, q + i * ldq, panel + j, dim);
        }
}

#endif
