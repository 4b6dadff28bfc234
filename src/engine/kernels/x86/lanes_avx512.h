/* The vocabulary of lines.h with AVX-512: 16 rows, signed bytes stored with 128 added so that they become the unsigned operand
 * of a VNNI product. */
#ifndef SX_ENGINE_LANES_AVX512_H
#define SX_ENGINE_LANES_AVX512_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

enum { ROWS = 16 };

typedef __m512i vec;
typedef __m512 fvec;

#define LANES static inline __attribute__((always_inline))

LANES __m128i v_quarter(const unsigned char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* 16 bytes of rows 0, 4, 8, 12. */
LANES vec v_pieces(const unsigned char *row, size_t four, size_t twelve)
{
    const __m256i low = _mm256_inserti128_si256(_mm256_castsi128_si256(v_quarter(row)), v_quarter(row + four), 1),
                  high = _mm256_inserti128_si256(_mm256_castsi128_si256(v_quarter(row + 2 * four)),
                                                 v_quarter(row + twelve), 1);
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

LANES vec v_low32(vec a, vec b)
{
    return _mm512_unpacklo_epi32(a, b);
}

LANES vec v_high32(vec a, vec b)
{
    return _mm512_unpackhi_epi32(a, b);
}

LANES vec v_low64(vec a, vec b)
{
    return _mm512_unpacklo_epi64(a, b);
}

LANES vec v_high64(vec a, vec b)
{
    return _mm512_unpackhi_epi64(a, b);
}

LANES void v_store(void *p, vec v)
{
    _mm512_storeu_si512(p, v);
}

LANES vec v_bytes(int n)
{
    return _mm512_set1_epi8((char)n);
}

LANES vec v_dwords(int n)
{
    return _mm512_set1_epi32(n);
}

LANES vec v_and(vec a, vec b)
{
    return _mm512_and_si512(a, b);
}

LANES vec v_or(vec a, vec b)
{
    return _mm512_or_si512(a, b);
}

LANES vec v_four_and_two(vec four, vec two) /* the low four bits of every byte, and the next two from another one */
{
    const vec low = _mm512_ternarylogic_epi32(_mm512_set1_epi8(15), four, two,
                                              0xca); /* bits of `four` where there are ones */
    return _mm512_and_si512(low, _mm512_set1_epi8(63));
}

LANES vec v_subtract8(vec a, vec b)
{
    return _mm512_sub_epi8(a, b);
}

LANES vec v_subtract32(vec a, vec b)
{
    return _mm512_sub_epi32(a, b);
}

LANES vec v_left32(vec v, int n)
{
    return _mm512_slli_epi32(v, (unsigned)n);
}

LANES vec v_right32(vec v, int n)
{
    return _mm512_srli_epi32(v, (unsigned)n);
}

LANES vec v_right_signed32(vec v, int n)
{
    return _mm512_srai_epi32(v, (unsigned)n);
}

LANES vec v_lookup(const int8_t *values, vec index)
{
    return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)values)), index);
}

/* How signed bytes reach the product. */
LANES vec v_signed(vec v)
{
    return _mm512_xor_si512(v, _mm512_set1_epi8((char)128));
}

/* 16 in byte j of a dword whose bit 4 i + j is set. */
LANES vec v_fifth(vec v, int i)
{
    const int from = i / 2, first = 4 * (i % 2);
    const vec take = _mm512_broadcast_i32x4(_mm_set_epi32(0x0c0c0c0c + 0x01010101 * from,
                                                          0x08080808 + 0x01010101 * from,
                                                          0x04040404 + 0x01010101 * from, 0x01010101 * from));
    const vec bit = _mm512_set1_epi32(0x08040201 << first);
    __mmask64 set = _mm512_test_epi8_mask(_mm512_shuffle_epi8(v, take), bit);
    return _mm512_maskz_mov_epi8(set, _mm512_set1_epi8(16));
}

LANES fvec f_low_halves(vec v) /* of every dword */
{
    return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(v));
}

LANES fvec f_halves(const uint16_t *p)
{
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)p));
}

LANES fvec f_from(vec v)
{
    return _mm512_cvtepi32_ps(v);
}

LANES fvec f_mul(fvec a, fvec b)
{
    return _mm512_mul_ps(a, b);
}

LANES fvec f_negate(fvec v)
{
    return _mm512_xor_ps(v, _mm512_set1_ps(-0.0f));
}

LANES void f_store(float *p, fvec v)
{
    _mm512_storeu_ps(p, v);
}

#endif
