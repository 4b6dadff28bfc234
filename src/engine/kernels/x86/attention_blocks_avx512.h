/* Keys and values that are kept as blocks of 32 integers, with AVX-512: keys meet queries as bytes, values become floats in
 * registers. */
#ifndef SX_ENGINE_ATTENTION_BLOCKS_AVX512_H
#define SX_ENGINE_ATTENTION_BLOCKS_AVX512_H

#include "engine/kernels/attention_blocks.h"
#include "engine/kernels/x86/ahead.h"
#include "engine/kernels/x86/simd_avx512.h"

#define BLOCK_INLINE static inline __attribute__((always_inline))

/* How many of n rows go into the next tile of registers: at most 6, and no single row left over. */
BLOCK_INLINE uint32_t rows_together(uint32_t n)
{
    return n == 7 ? 4 : n > 6 ? 6 : n;
}

/* 16 numbers of a block from number i (a multiple of 16) on, without its scale. */
BLOCK_INLINE __m512 block_numbers(uint32_t type, const char *block, uint32_t i)
{
    __m128i q;
    block += (size_t)(i / 32) * sx_key_block_bytes(type);
    if (type == SX_TYPE_Q8_0) {
        q = _mm_loadu_si128((const __m128i *)(const void *)(block + 2 + i % 32));
    } else {
        q = _mm_loadu_si128((const __m128i *)(const void *)(block + 2));
        if (i % 32) q = _mm_srli_epi16(q, 4);
        q = _mm_sub_epi8(_mm_and_si128(q, _mm_set1_epi8(15)), _mm_set1_epi8(8));
    }
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(q));
}

/* The scales of 8 blocks that stand `stride` bytes apart. Brought together in a register: what is stored in parts cannot be
 * loaded as a whole soon after. */
BLOCK_INLINE __m256 eight_scales(const char *block, size_t stride)
{
    uint16_t half[8];
    for (int j = 0; j < 8; j++) __builtin_memcpy(&half[j], block + (size_t)j * stride, sizeof half[j]);
    const __m128i even = _mm_setr_epi32(half[0], half[2], half[4], half[6]),
                  odd = _mm_setr_epi32(half[1], half[3], half[5], half[7]);
    return _mm256_cvtph_ps(_mm_or_si128(even, _mm_slli_epi32(odd, 16)));
}

/* Of n blocks. */
BLOCK_INLINE void block_scales(float *out, const char *block, size_t stride, uint32_t n)
{
    uint32_t j = 0;
    for (; j + 8 <= n; j += 8) _mm256_storeu_ps(out + j, eight_scales(block + j * stride, stride));
    for (; j < n; j++) {
        uint16_t half;
        __builtin_memcpy(&half, block + j * stride, sizeof half);
        out[j] = _cvtsh_ss(half);
    }
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

/* Groups of 4 bytes of 16 keys: row[i] holds those of keys i and i + 8; group g of all goes to out + g * SX_KEY_TILE. */
BLOCK_INLINE void put_groups(float *out, const __m512i row[8])
{
    const __m512i low = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13),
                  high = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
    __m512i pair[8], quad[8];
    for (int i = 0; i < 8; i += 2) {
        pair[i] = _mm512_unpacklo_epi32(row[i], row[i + 1]);
        pair[i + 1] = _mm512_unpackhi_epi32(row[i], row[i + 1]);
    }
    for (int i = 0; i < 8; i += 4)
        for (int h = 0; h < 2; h++) {
            quad[i + 2 * h] = _mm512_unpacklo_epi64(pair[i + h], pair[i + h + 2]);
            quad[i + 2 * h + 1] = _mm512_unpackhi_epi64(pair[i + h], pair[i + h + 2]);
        }
    for (int c = 0; c < 4; c++) {
        _mm512_storeu_si512(out + c * SX_KEY_TILE, _mm512_permutex2var_epi64(quad[c], low, quad[4 + c]));
        _mm512_storeu_si512(out + (c + 4) * SX_KEY_TILE, _mm512_permutex2var_epi64(quad[c], high, quad[4 + c]));
    }
}

BLOCK_INLINE void panel_of(uint32_t type, float *panel, const char *rows, size_t stride, uint32_t dim,
                           const sx_wanted *wanted)
{
    sx_ahead ahead = ahead_once(ahead_keys(wanted, 0));
    for (uint32_t b = 0; b < sx_key_block_count(dim); b++, panel += SX_KEY_BLOCK_FLOATS) {
        const char *block = rows + (size_t)b * sx_key_block_bytes(type);
        for (uint32_t j = 0; j < SX_KEY_TILE; j += 16) {
            __m512i row[8];
            ask_ahead(&ahead, ASK_LINE * 4);
            for (uint32_t i = 0; i < 8; i++)
                row[i] = _mm512_inserti64x4(_mm512_castsi256_si512(block_bytes(type, block + (j + i) * stride)),
                                            block_bytes(type, block + (j + i + 8) * stride), 1);
            put_groups(panel + j, row);
        }
        block_scales(panel + 8 * SX_KEY_TILE, block, stride, SX_KEY_TILE);
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

/* Written out: around the intrinsic compilers copy accumulators about, which costs half of the speed. */
BLOCK_INLINE __m512i add_bytes(__m512i acc, __m512i a, __m512i b)
{
    __asm__("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(a), "v"(b));
    return acc;
}

/* rows x 32 keys */
BLOCK_INLINE void block_score_tile(float *s, const float *q, size_t ldq, const float *panel, uint32_t dim,
                                   sx_ahead *ahead, const int rows)
{
    __m512 acc[6][2];
    for (int i = 0; i < rows; i++) acc[i][0] = acc[i][1] = _mm512_setzero_ps();
    for (uint32_t b = 0; b < sx_key_block_count(dim); b++, panel += SX_KEY_BLOCK_FLOATS) {
        __m512i sum[6][2];
        for (int i = 0; i < rows; i++)
            sum[i][0] = sum[i][1] = _mm512_set1_epi32(sx_query_offset(q + (size_t)i * ldq, dim, b));
        for (uint32_t g = 0; g < 8; g++) {
            ask_ahead(ahead, ASK_LINE * (g == 0 ? 2 : 1));
            const __m512i k0 = _mm512_loadu_si512(panel + (size_t)g * SX_KEY_TILE),
                          k1 = _mm512_loadu_si512(panel + (size_t)g * SX_KEY_TILE + 16);
            for (int i = 0; i < rows; i++) {
                int32_t four;
                __builtin_memcpy(&four, q + (size_t)i * ldq + b * 8 + g, sizeof four);
                const __m512i x = _mm512_set1_epi32(four);
                sum[i][0] = add_bytes(sum[i][0], k0, x);
                sum[i][1] = add_bytes(sum[i][1], k1, x);
            }
        }
        const __m512 d0 = _mm512_loadu_ps(panel + 8 * SX_KEY_TILE), d1 = _mm512_loadu_ps(panel + 8 * SX_KEY_TILE + 16);
        for (int i = 0; i < rows; i++) {
            const __m512 scale = _mm512_set1_ps(sx_query_scale(q + (size_t)i * ldq, dim, b));
            acc[i][0] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum[i][0]), _mm512_mul_ps(scale, d0), acc[i][0]);
            acc[i][1] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum[i][1]), _mm512_mul_ps(scale, d1), acc[i][1]);
        }
    }
    for (int i = 0; i < rows; i++) {
        _mm512_storeu_ps(s + i * SX_KEY_TILE, acc[i][0]);
        _mm512_storeu_ps(s + i * SX_KEY_TILE + 16, acc[i][1]);
    }
}

static inline void block_scores(float *s, const float *q, size_t ldq, uint32_t n_rows, const float *panel, uint32_t dim,
                                const sx_wanted *wanted)
{
    /* behind what was asked for with the keys */
    sx_ahead ahead = ahead_once(ahead_keys(wanted, (size_t)ASK_LINE * 16 * sx_key_block_count(dim)));
    for (uint32_t i = 0, n; i < n_rows; i += n, s += n * SX_KEY_TILE, q += n * ldq) {
        n = rows_together(n_rows - i);
        if (i > 0) ahead = (sx_ahead){0};
        for (uint32_t j = 0; j < SX_KEY_TILE; j += 32) switch (n) {
            case 6: block_score_tile(s + j, q, ldq, panel + j, dim, &ahead, 6); break;
            case 5: block_score_tile(s + j, q, ldq, panel + j, dim, &ahead, 5); break;
            case 4: block_score_tile(s + j, q, ldq, panel + j, dim, &ahead, 4); break;
            case 3: block_score_tile(s + j, q, ldq, panel + j, dim, &ahead, 3); break;
            case 2: block_score_tile(s + j, q, ldq, panel + j, dim, &ahead, 2); break;
            default: block_score_tile(s + j, q, ldq, panel + j, dim, &ahead, 1); break;
            }
    }
}

#endif
