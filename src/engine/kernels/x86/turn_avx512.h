/* Rows of 16 numbers of 32 bits as columns. */
#ifndef SX_ENGINE_TURN_AVX512_H
#define SX_ENGINE_TURN_AVX512_H

#include <immintrin.h>

#include "engine/kernels/kernels.h"

/* Stores column i of the 16 rows at out + i * SX_KEY_TILE, the first n of them. */
static inline __attribute__((always_inline)) void turn_16(float *out, const __m512 row[16], uint32_t n)
{
    __m512 pair[16], quad[16], half[16], column[16];
    for (int i = 0; i < 16; i += 2) {
        pair[i] = _mm512_unpacklo_ps(row[i], row[i + 1]);
        pair[i + 1] = _mm512_unpackhi_ps(row[i], row[i + 1]);
    }
    for (int i = 0; i < 16; i += 4)
        for (int h = 0; h < 2; h++) {
            __m512d a = _mm512_castps_pd(pair[i + h]), b = _mm512_castps_pd(pair[i + h + 2]);
            quad[i + 2 * h] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
            quad[i + 2 * h + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
        }
    for (int c = 0; c < 4; c++) /* quad[4 r + c]: columns c, c + 4, c + 8, c + 12 of rows 4 r .. 4 r + 3 */
        for (int r = 0; r < 2; r++) {
            half[4 * c + 2 * r] = _mm512_shuffle_f32x4(quad[8 * r + c], quad[8 * r + 4 + c], 0x88);
            half[4 * c + 2 * r + 1] = _mm512_shuffle_f32x4(quad[8 * r + c], quad[8 * r + 4 + c], 0xdd);
        }
    for (int c = 0; c < 4; c++)
        for (int odd = 0; odd < 2; odd++) {
            column[c + 4 * odd] = _mm512_shuffle_f32x4(half[4 * c + odd], half[4 * c + 2 + odd], 0x88);
            column[c + 4 * odd + 8] = _mm512_shuffle_f32x4(half[4 * c + odd], half[4 * c + 2 + odd], 0xdd);
        }
    for (uint32_t i = 0; i < 16; i++)
        if (i < n) _mm512_storeu_ps(out + (size_t)i * SX_KEY_TILE, column[i]);
}

#endif
