/* Sums of products of bytes over a group of 16 or 32, a row in each lane, with 256-bit vectors.
 *
 * Without BYTES_VNNI two products at a time are summed in 16 bits as far as that is exact, then in 32. With it one instruction
 * does all that (AVX-VNNI), and what is signed has 128 added. Either way the sums are those of integers, the same in any order. */
#ifndef SX_ENGINE_SUMS_AVX2_H
#define SX_ENGINE_SUMS_AVX2_H

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "engine/kernels/quant.h"
#include "engine/kernels/x86/lanes_avx2.h"
#include "engine/model/gguf.h"

/* How weights are multiplied: as unsigned numbers of so many bits, or as signed bytes; those may have their sizes at hand. */
enum { FOUR_BITS = 4, FIVE_BITS, SIX_BITS, SIGNED = 8, SIZED };

typedef struct weights { /* a line */
    vec v, size;
} weights;

/* Compilers leave a sum that they cannot see through in the order it is written in: a tree of it would not fit in registers. */
#define KEEP(x) __asm__("" : "+x"(x))

LANES int bits_of(uint32_t type)
{
    switch (type) {
    case SX_TYPE_Q4_0:
    case SX_TYPE_Q4_1:
    case SX_TYPE_Q4_K:
    case SX_TYPE_Q2_K:
    case SX_TYPE_Q3_K: return FOUR_BITS;
    case SX_TYPE_Q5_0:
    case SX_TYPE_Q5_1:
    case SX_TYPE_Q5_K: return FIVE_BITS;
    case SX_TYPE_Q6_K: return SIX_BITS;
    default: return SIGNED;
    }
}

LANES vec four_bytes(const int8_t *q)
{
    int32_t v;
    memcpy(&v, q, sizeof v);
    return _mm256_set1_epi32(v);
}

LANES vec sixteen_bytes(const int8_t *q) /* in both halves */
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)q));
}

#if defined(BYTES_VNNI)

/* Whether weights without minima are stored with something added. */
LANES bool biased(const int bits)
{
    (void)bits;
    return true;
}

LANES vec begin_sum(vec bias)
{
    return bias;
}

LANES weights weights_of(vec v, const int bits)
{
    (void)bits;
    return (weights){.v = v};
}

LANES void add_line(vec *sum, vec *part, weights w, vec q, const int line, const int lines, const int bits)
{
    (void)part;
    (void)line;
    (void)lines;
    (void)bits;
    *sum = _mm256_dpbusd_avx_epi32(*sum, w.v, q);
}

LANES vec end_sum(vec sum, vec bias)
{
    (void)bias;
    return sum;
}

/* sum = 16 weights of two rows times as many bytes of a token, added to what is there of the group. */
LANES void add_piece(vec *sum, vec v, vec q, const int piece, const int bits)
{
    (void)bits;
    *sum = _mm256_dpbusd_avx_epi32(piece > 0 ? *sum : _mm256_setzero_si256(), v, q);
}

LANES vec two_sums(vec a, vec b, const int bits)
{
    (void)bits;
    return _mm256_add_epi32(_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
}

LANES vec four_sums(vec a, vec b, const int bits)
{
    (void)bits;
    return _mm256_add_epi32(_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
}

#else

LANES bool biased(const int bits)
{
    return bits < SIGNED;
}

LANES vec begin_sum(vec bias)
{
    (void)bias;
    return _mm256_setzero_si256();
}

LANES weights weights_of(vec v, const int bits)
{
    return (weights){v, bits == SIGNED ? _mm256_abs_epi8(v) : v};
}

/* sum += a line, one of so many of a group, times four bytes of a token. Two products of signed bytes fill 16 bits (at most
 * 2 * 128 * 127), two of 4-bit values an eighth of that; they are in `part` until there are
 * enough. */
LANES void add_line(vec *sum, vec *part, weights w, vec q, const int line, const int lines, const int bits)
{
    const int run = bits >= SIGNED ? 1 : bits == SIX_BITS ? 2 : bits == FIVE_BITS ? 4 : lines; /* summed in 16 bits */
    vec pairs = _mm256_maddubs_epi16(w.size, bits >= SIGNED ? _mm256_sign_epi8(q, w.v) : q);
    if (line % run > 0) pairs = _mm256_add_epi16(*part, pairs);
    if (run > 1) KEEP(pairs);
    *part = pairs;
    if (line % run == run - 1) {
        vec fours = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
        if (line >= run) fours = _mm256_add_epi32(*sum, fours);
        KEEP(fours);
        *sum = fours;
    }
}

LANES vec end_sum(vec sum, vec bias)
{
    return _mm256_add_epi32(sum, bias);
}

/* sum = 16 weights of two rows times as many bytes of a token, added to what is there of the group: in 16 bits but for signed
 * bytes. Two pieces of 5 bits or one of 6 fill them to a half, those of 4 bits to a quarter. */
LANES void add_piece(vec *sum, vec v, vec q, const int piece, const int bits)
{
    const weights w = weights_of(v, bits);
    vec pairs = _mm256_maddubs_epi16(w.size, bits == SIGNED ? _mm256_sign_epi8(q, w.v) : q);
    if (bits == SIGNED) pairs = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
    if (piece > 0) pairs = bits == SIGNED ? _mm256_add_epi32(*sum, pairs) : _mm256_add_epi16(*sum, pairs);
    *sum = pairs;
}

/* The sums of a's rows and those of b's, on their way to stand side by side: they go on in 16 bits while these hold them. */
LANES vec two_sums(vec a, vec b, const int bits)
{
    const vec low = _mm256_unpacklo_epi32(a, b), high = _mm256_unpackhi_epi32(a, b);
    if (bits == SIGNED) return _mm256_add_epi32(low, high);
    const vec pairs = _mm256_add_epi16(low, high);
    return bits == FOUR_BITS ? pairs : _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}

/* The sums of all eight rows, of those of rows 0, 1, 4 and 5, and of the others. */
LANES vec four_sums(vec a, vec b, const int bits)
{
    const vec low = _mm256_unpacklo_epi64(a, b), high = _mm256_unpackhi_epi64(a, b);
    return bits == FOUR_BITS ? _mm256_madd_epi16(_mm256_add_epi16(low, high), _mm256_set1_epi16(1))
                             : _mm256_add_epi32(low, high);
}

#endif
#endif
