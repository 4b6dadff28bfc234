/* The vocabulary of lines.h with AVX2: 8 rows; bytes are stored as they are, signed or not. With BYTES_VNNI signed ones have 128
 * added, so that they become the unsigned operand of a VNNI product. */
#ifndef SX_ENGINE_LANES_AVX2_H
#define SX_ENGINE_LANES_AVX2_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

enum { ROWS = 8 };

typedef __m256i vec;
typedef __m256 fvec;

#define LANES static inline __attribute__((always_inline))

LANES __m128i v_quarter(const unsigned char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* 16 bytes of rows 0 and 4. */
LANES vec v_pieces(const unsigned char *row, size_t four, size_t twelve)
{
    (void)twelve;
    return _mm256_inserti128_si256(_mm256_castsi128_si256(v_quarter(row)), v_quarter(row + four), 1);
}

LANES vec v_low32(vec a, vec b)
{
    return _mm256_unpacklo_epi32(a, b);
}

LANES vec v_high32(vec a, vec b)
{
    return _mm256_unpackhi_epi32(a, b);
}

LANES vec v_low64(vec a, vec b)
{
    return _mm256_unpacklo_epi64(a, b);
}

LANES vec v_high64(vec a, vec b)
{
    return _mm256_unpackhi_epi64(a, b);
}

LANES void v_store(void *p, vec v)
{
    _mm256_storeu_si256((__m256i *)p, v);
}

LANES vec v_bytes(int n)
{
    return _mm256_set1_epi8((char)n);
}

LANES vec v_dwords(int n)
{
    return _mm256_set1_epi32(n);
}

LANES vec v_and(vec a, vec b)
{
    return _mm256_and_si256(a, b);
}

LANES vec v_or(vec a, vec b)
{
    return _mm256_or_si256(a, b);
}

LANES vec v_four_and_two(vec four, vec two) /* the low four bits of every byte, and the next two from another one */
{
    return _mm256_or_si256(_mm256_and_si256(four, _mm256_set1_epi8(15)), _mm256_and_si256(two, _mm256_set1_epi8(0x30)));
}

LANES vec v_subtract8(vec a, vec b)
{
    return _mm256_sub_epi8(a, b);
}

LANES vec v_subtract32(vec a, vec b)
{
    return _mm256_sub_epi32(a, b);
}

LANES vec v_left32(vec v, int n)
{
    return _mm256_slli_epi32(v, n);
}

LANES vec v_right32(vec v, int n)
{
    return _mm256_srli_epi32(v, n);
}

LANES vec v_right_signed32(vec v, int n)
{
    return _mm256_srai_epi32(v, n);
}

LANES vec v_lookup(const int8_t *values, vec index)
{
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)values)),
                               index);
}

/* How signed bytes reach the product. */
LANES vec v_signed(vec v)
{
#if defined(BYTES_VNNI)
    return _mm256_xor_si256(v, _mm256_set1_epi8((char)128));
#else
    return v;
#endif
}

/* 16 in byte j of a dword whose bit 4 i + j is set. */
LANES vec v_fifth(vec v, int i)
{
    const int from = 0x01010101 * (i / 2);
    const vec take = _mm256_broadcastsi128_si256(
        _mm_set_epi32(0x0c0c0c0c + from, 0x08080808 + from, 0x04040404 + from, from));
    const vec bit = _mm256_set1_epi32((int)(0x08040201u << (4 * (i % 2))));
    vec set = _mm256_cmpeq_epi8(_mm256_and_si256(_mm256_shuffle_epi8(v, take), bit), bit);
    return _mm256_and_si256(set, _mm256_set1_epi8(16));
}

/* 16 in byte i of each half whose 16 bits from byte `at` on have bit i set. */
LANES vec v_fifth_of(vec v, int at)
{
    const long long from = 0x0101010101010101 * at;
    const vec take = _mm256_broadcastsi128_si256(_mm_set_epi64x(from + 0x0101010101010101, from));
    const vec bit = _mm256_set1_epi64x((long long)0x8040201008040201);
    const vec set = _mm256_cmpeq_epi8(_mm256_and_si256(_mm256_shuffle_epi8(v, take), bit), bit);
    return _mm256_and_si256(set, _mm256_set1_epi8(16));
}

LANES fvec f_low_halves(vec v) /* of every dword */
{
    vec low = _mm256_and_si256(v, _mm256_set1_epi32(0xffff));
    low = _mm256_permute4x64_epi64(_mm256_packus_epi32(low, low), 0x08);
    return _mm256_cvtph_ps(_mm256_castsi256_si128(low));
}

LANES fvec f_halves(const uint16_t *p)
{
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)p));
}

/* Of eight halves in registers: what is stored in parts cannot be loaded at once soon after. */
LANES fvec f_eight(uint64_t low, uint64_t high)
{
    return _mm256_cvtph_ps(_mm_set_epi64x((long long)high, (long long)low));
}

LANES fvec f_from(vec v)
{
    return _mm256_cvtepi32_ps(v);
}

LANES fvec f_mul(fvec a, fvec b)
{
    return _mm256_mul_ps(a, b);
}

LANES fvec f_negate(fvec v)
{
    return _mm256_xor_ps(v, _mm256_set1_ps(-0.0f));
}

LANES void f_store(float *p, fvec v)
{
    _mm256_storeu_ps(p, v);
}

#endif
