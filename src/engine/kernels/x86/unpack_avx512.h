/* Every quantised type as 64 bytes at a time, 128 added to each value, and its scales and minima as floats. Inlined with a
 * compile-time type. The layouts are explained in quant.c. */
#ifndef SX_ENGINE_UNPACK_AVX512_H
#define SX_ENGINE_UNPACK_AVX512_H

#include <immintrin.h>
#include <string.h>

#include "engine/kernels/half.h"
#include "engine/model/gguf.h"

#define UNPACK static inline __attribute__((always_inline))

static const int8_t iq4_table[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
static const int8_t fp4_table[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

UNPACK __m128i load128(const unsigned char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

UNPACK __m256i load256(const unsigned char *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

/* a in the lower half, b in the upper. */
UNPACK __m512i both(__m256i a, __m256i b)
{
    return _mm512_inserti64x4(_mm512_castsi256_si512(a), b, 1);
}

UNPACK __m512i twice(const unsigned char *p)
{
    return _mm512_broadcast_i64x4(load256(p));
}

/* Two blocks of 16 bytes: low nibbles of a, high nibbles of a, low of b, high of b. */
UNPACK __m512i nibbles(const unsigned char *a, const unsigned char *b)
{
    const __m512i shift = both(_mm256_set_m128i(_mm_set1_epi16(4), _mm_setzero_si128()),
                               _mm256_set_m128i(_mm_set1_epi16(4), _mm_setzero_si128()));
    __m512i v = _mm512_mask_broadcast_i32x4(_mm512_broadcast_i32x4(load128(a)), 0xff00, load128(b));
    return _mm512_and_si512(_mm512_srlv_epi16(v, shift), _mm512_set1_epi8(15));
}

/* 32 bytes shifted right by `low` in the lower half and by `high` in the upper; then masked. */
UNPACK __m512i fields(const unsigned char *p, int low, int high, int mask)
{
    const __m512i shift = both(_mm256_set1_epi16((short)low), _mm256_set1_epi16((short)high));
    return _mm512_and_si512(_mm512_srlv_epi16(twice(p), shift), _mm512_set1_epi8((char)mask));
}

/* Which of 32 bytes have bit `low` (for the lower half) and `high` (for the upper). */
UNPACK __mmask64 bits(const unsigned char *p, int low, int high)
{
    const __m512i bit = both(_mm256_set1_epi8((char)(1 << low)), _mm256_set1_epi8((char)(1 << high)));
    return _mm512_test_epi8_mask(twice(p), bit);
}

UNPACK __m512i plus(__m512i v, int n)
{
    return _mm512_add_epi8(v, _mm512_set1_epi8((char)n));
}

UNPACK __m512i table(const int8_t *values, __m512i index)
{
    __m512i t = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)values));
    return plus(_mm512_shuffle_epi8(t, index), 128);
}

UNPACK __mmask64 fifth_bits(const unsigned char *a, const unsigned char *b)
{
    return (__mmask64)sx_load_u32(a) | (__mmask64)sx_load_u32(b) << 32;
}

/* Elements 64 i .. 64 i + 63 of a row. */
UNPACK __m512i unpack64(const uint32_t type, const unsigned char *row, uint32_t i)
{
    const uint32_t small = type == SX_TYPE_Q8_0 ? 34 : type == SX_TYPE_Q4_1 ? 20 : type == SX_TYPE_Q5_0 ? 22
                           : type == SX_TYPE_Q5_1 ? 24 : type == SX_TYPE_MXFP4 ? 17 : 18;
    const unsigned char *a = row + (size_t)i * 2 * small, *b = a + small; /* two blocks of 32 */
    const int part = (int)(i % 4), half = part / 2, odd = part % 2;      /* a quarter of a block of 256 */
    row += i / 4 * (size_t)(type == SX_TYPE_Q2_K ? 84 : type == SX_TYPE_Q3_K ? 110 : type == SX_TYPE_Q4_K ? 144
                            : type == SX_TYPE_Q5_K ? 176 : type == SX_TYPE_Q6_K ? 210 : 136);
    switch (type) {
    case SX_TYPE_Q8_0: return _mm512_xor_si512(both(load256(a + 2), load256(b + 2)), _mm512_set1_epi8((char)128));
    case SX_TYPE_Q4_0: return plus(nibbles(a + 2, b + 2), 128 - 8);
    case SX_TYPE_Q4_1: return plus(nibbles(a + 4, b + 4), 128);
    case SX_TYPE_Q5_0: {
        __m512i v = nibbles(a + 6, b + 6);
        return plus(_mm512_mask_add_epi8(v, fifth_bits(a + 2, b + 2), v, _mm512_set1_epi8(16)), 128 - 16);
    }
    case SX_TYPE_Q5_1: {
        __m512i v = nibbles(a + 8, b + 8);
        return plus(_mm512_mask_add_epi8(v, fifth_bits(a + 4, b + 4), v, _mm512_set1_epi8(16)), 128);
    }
    case SX_TYPE_IQ4_NL: return table(iq4_table, nibbles(a + 2, b + 2));
    case SX_TYPE_MXFP4: return table(fp4_table, nibbles(a + 1, b + 1));
    case SX_TYPE_IQ4_XS: return table(iq4_table, nibbles(row + 8 + part * 32, row + 24 + part * 32));
    case SX_TYPE_Q2_K: return plus(fields(row + 16 + half * 32, 4 * odd, 4 * odd + 2, 3), 128);
    case SX_TYPE_Q3_K: {
        __m512i v = fields(row + 32 + half * 32, 4 * odd, 4 * odd + 2, 3);
        return plus(_mm512_mask_add_epi8(v, bits(row, 2 * part, 2 * part + 1), v, _mm512_set1_epi8(4)), 128 - 4);
    }
    case SX_TYPE_Q4_K: return plus(fields(row + 16 + part * 32, 0, 4, 15), 128);
    case SX_TYPE_Q5_K: {
        __m512i v = fields(row + 48 + part * 32, 0, 4, 15);
        return plus(_mm512_mask_add_epi8(v, bits(row + 16, 2 * part, 2 * part + 1), v, _mm512_set1_epi8(16)), 128);
    }
    default: { /* Q6_K */
        __m512i low = _mm512_loadu_si512(row + half * 64);
        low = _mm512_and_si512(odd ? _mm512_srli_epi16(low, 4) : low, _mm512_set1_epi8(15));
        __m512i high = _mm512_slli_epi16(fields(row + 128 + half * 32, 4 * odd, 4 * odd + 2, 3), 4);
        return plus(_mm512_or_si512(low, high), 128 - 32);
    }
    }
}

/* ---- scales ---- */

UNPACK float half_at(const unsigned char *p)
{
    return _cvtsh_ss(sx_load_u16(p));
}

/* The eight 6-bit scales and minima of Q4_K and Q5_K as 16 bytes: scales, then minima. */
UNPACK __m128i k_bytes(const unsigned char *s)
{
    uint32_t a = sx_load_u32(s), b = sx_load_u32(s + 4), c = sx_load_u32(s + 8);
    uint32_t high_scale = (c & 0x0f0f0f0f) | (a >> 6 & 0x03030303) << 4;
    uint32_t high_min = (c >> 4 & 0x0f0f0f0f) | (b >> 6 & 0x03030303) << 4;
    return _mm_set_epi32((int)high_min, (int)(b & 0x3f3f3f3f), (int)high_scale, (int)(a & 0x3f3f3f3f));
}

/* The sixteen 6-bit scales of Q3_K, 32 subtracted. */
UNPACK __m128i q3_bytes(const unsigned char *s)
{
    uint32_t a = sx_load_u32(s), b = sx_load_u32(s + 4), c = sx_load_u32(s + 8);
    const uint32_t two = 0x03030303, four = 0x0f0f0f0f;
    __m128i v = _mm_set_epi32((int)((b >> 4 & four) | (c >> 6 & two) << 4), (int)((a >> 4 & four) | (c >> 4 & two) << 4),
                              (int)((b & four) | (c >> 2 & two) << 4), (int)((a & four) | (c & two) << 4));
    return _mm_sub_epi8(v, _mm_set1_epi8(32));
}

UNPACK __m512 times(__m128i bytes, float d)
{
    return _mm512_mul_ps(_mm512_set1_ps(d), _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes)));
}

UNPACK void negate_product(float *to, __m128i bytes, float d)
{
    _mm512_storeu_ps(to, _mm512_xor_ps(times(bytes, d), _mm512_set1_ps(-0.0f)));
}

/* Scales and minima of n elements of a row, in order. */
UNPACK void unpack_scales(const uint32_t type, const unsigned char *b, uint32_t n, float *scale, float *min)
{
    const __m128i low = _mm_set1_epi8(15);
    for (uint32_t i = 0; i < n; i += type == SX_TYPE_IQ4_XS || (type >= SX_TYPE_Q2_K && type <= SX_TYPE_Q6_K) ? 256 : 32)
        switch (type) {
        case SX_TYPE_MXFP4: *scale++ = sx_bits_f32(b[0] < 2 ? 0x00200000u << b[0] : (uint32_t)(b[0] - 1) << 23); b += 17; break;
        case SX_TYPE_Q4_0:
        case SX_TYPE_IQ4_NL: *scale++ = half_at(b); b += 18; break;
        case SX_TYPE_Q8_0: *scale++ = half_at(b); b += 34; break;
        case SX_TYPE_Q5_0: *scale++ = half_at(b); b += 22; break;
        case SX_TYPE_Q4_1:
        case SX_TYPE_Q5_1:
            *scale++ = half_at(b);
            *min++ = half_at(b + 2);
            b += type == SX_TYPE_Q4_1 ? 20 : 24;
            break;
        case SX_TYPE_Q2_K:
            _mm512_storeu_ps(scale, times(_mm_and_si128(load128(b), low), half_at(b + 80)));
            negate_product(min, _mm_and_si128(_mm_srli_epi16(load128(b), 4), low), half_at(b + 82));
            scale += 16;
            min += 16;
            b += 84;
            break;
        case SX_TYPE_Q3_K:
            _mm512_storeu_ps(scale, times(q3_bytes(b + 96), half_at(b + 108)));
            scale += 16;
            b += 110;
            break;
        case SX_TYPE_Q6_K:
            _mm512_storeu_ps(scale, times(load128(b + 192), half_at(b + 208)));
            scale += 16;
            b += 210;
            break;
        case SX_TYPE_Q4_K:
        case SX_TYPE_Q5_K: {
            __m128i bytes = k_bytes(b + 4);
            _mm256_storeu_ps(scale, _mm512_castps512_ps256(times(bytes, half_at(b))));
            __m256 m = _mm512_castps512_ps256(times(_mm_srli_si128(bytes, 8), half_at(b + 2)));
            _mm256_storeu_ps(min, _mm256_xor_ps(m, _mm256_set1_ps(-0.0f)));
            scale += 8;
            min += 8;
            b += type == SX_TYPE_Q4_K ? 144 : 176;
            break;
        }
        default: { /* IQ4_XS */
            float d = half_at(b);
            uint32_t high = sx_load_u16(b + 2);
            for (uint32_t g = 0; g < 8; g++) {
                uint32_t low_bits = (uint32_t)b[4 + g / 2] >> (g % 2 * 4) & 15;
                *scale++ = d * (float)((int)(low_bits | (high >> (2 * g) & 3) << 4) - 32);
            }
            b += 136;
            break;
        }
        }
}

#endif
