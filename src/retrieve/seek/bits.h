/* A stream of bits, the lowest of a byte first: numbers that are mostly small take about as many bits as they are worth.
 * Gamma codes (P. Elias, 1975) for numbers from 1, Rice codes (R. F. Rice, 1979) for gaps, whose parameter k is about the binary
 * logarithm of their mean. Reading never passes the end: a reader that would turns bad and gives zeros. */
#ifndef SX_RETRIEVE_BITS_H
#define SX_RETRIEVE_BITS_H

#include "retrieve/seek/code.h"

typedef struct sx_bits_out {
    sx_buf *out;
    uint64_t held;
    int n; /* bits held, fewer than 32 */
} sx_bits_out;

/* width: 0..32; v has no other bits. */
static inline void sx_put_bits(sx_bits_out *o, uint32_t v, int width)
{
    o->held |= (uint64_t)v << o->n;
    o->n += width;
    if (o->n < 32) return;
    sx_put_fixed(o->out, o->held & UINT32_MAX, 4);
    o->held >>= 32;
    o->n -= 32;
}

/* To the next whole byte; needed before the buffer is looked at. */
static inline void sx_end_bits(sx_bits_out *o)
{
    sx_put_fixed(o->out, o->held, (o->n + 7) / 8);
    o->held = 0;
    o->n = 0;
}

static inline void sx_put_unary(sx_bits_out *o, uint32_t zeros)
{
    for (; zeros > 31; zeros -= 31) sx_put_bits(o, 0, 31);
    sx_put_bits(o, UINT32_C(1) << zeros, (int)zeros + 1);
}

static inline void sx_put_gamma(sx_bits_out *o, uint32_t v)
{
    int low = sx_bits_of(v) - 1;
    sx_put_unary(o, (uint32_t)low);
    sx_put_bits(o, v & ((UINT32_C(1) << low) - 1), low);
}

static inline void sx_put_rice(sx_bits_out *o, uint32_t v, int k)
{
    sx_put_unary(o, v >> k);
    sx_put_bits(o, v & ((UINT32_C(1) << k) - 1), k);
}

/* A posting of a short list: its gap by Rice, its code and one by gamma. At once when both have room in one word. */
static inline void sx_put_posting(sx_bits_out *o, uint32_t gap, int k, uint32_t code)
{
    uint32_t high = gap >> k, more = code + 1;
    int low = sx_bits_of(more) - 1;
    if (high < 32 && (int)high + k + 2 * low + 2 <= 32) {
        int rice = (int)high + 1 + k;
        uint64_t gamma = UINT64_C(1) << low | (uint64_t)(more & ((UINT32_C(1) << low) - 1)) << (low + 1);
        uint64_t bits = UINT64_C(1) << high | (uint64_t)(gap & ((UINT32_C(1) << k) - 1)) << (high + 1);
        sx_put_bits(o, (uint32_t)(bits | gamma << rice), rice + 2 * low + 1);
        return;
    }
    sx_put_rice(o, gap, k);
    sx_put_gamma(o, more);
}

/* As Rice, but a number that is far larger than expected costs little: the high part by gamma (J. Teuhola, 1978). k: from 1. */
static inline void sx_put_golomb(sx_bits_out *o, uint32_t v, int k)
{
    sx_put_gamma(o, (v >> k) + 1);
    sx_put_bits(o, v & ((UINT32_C(1) << k) - 1), k);
}

/* The parameter for n gaps that fill a range: the greatest of 0..31 by which 11/16 of it still hold as many steps as gaps. */
static inline int sx_rice_for(uint64_t range, uint64_t n)
{
    uint64_t share = range * 11 / 16;
    if (!n) n = 1;
    if (share < n) return 0;
    int k = __builtin_clzll(n) - __builtin_clzll(share);
    if (share >> k < n) k--;
    return k < 0 ? 0 : k > 31 ? 31 : k;
}

typedef struct sx_bits_in {
    const unsigned char *base; /* SX_PAD bytes behind the end must be readable */
    uint64_t at, end;          /* bits */
    bool bad;
} sx_bits_in;

/* The bits at hand, 57 of them at least. */
static inline uint64_t sx_peek_bits(const sx_bits_in *in)
{
    uint64_t word;
    memcpy(&word, in->base + (in->at >> 3), sizeof word);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word >> (in->at & 7);
}

static inline uint32_t sx_take_bits(sx_bits_in *in, int width)
{
    if (in->end - in->at < (uint64_t)width) {
        in->bad = true;
        in->at = in->end;
        return 0;
    }
    uint32_t v = (uint32_t)(sx_peek_bits(in) & ((UINT64_C(1) << width) - 1));
    in->at += (uint64_t)width;
    return v;
}

static inline uint64_t sx_take_unary(sx_bits_in *in)
{
    for (uint64_t zeros = 0; in->at < in->end; zeros += 56, in->at += 56) {
        uint64_t word = sx_peek_bits(in) & ((UINT64_C(1) << 56) - 1);
        if (!word) continue;
        uint64_t more = (uint64_t)__builtin_ctzll(word);
        if (in->end - in->at <= more) break;
        in->at += more + 1;
        return zeros + more;
    }
    in->bad = true;
    in->at = in->end;
    return 0;
}

static inline uint32_t sx_take_gamma(sx_bits_in *in)
{
    uint64_t low = sx_take_unary(in);
    if (low > 31) in->bad = true;
    return in->bad ? 0 : UINT32_C(1) << low | sx_take_bits(in, (int)low);
}

static inline uint64_t sx_take_rice(sx_bits_in *in, int k)
{
    uint64_t high = sx_take_unary(in);
    return high << k | sx_take_bits(in, k);
}

static inline uint64_t sx_take_golomb(sx_bits_in *in, int k)
{
    uint64_t high = sx_take_gamma(in);
    return (high ? high - 1 : 0) << k | sx_take_bits(in, k);
}

/* What sx_put_posting wrote. k: 0..31. */
static inline uint64_t sx_take_posting(sx_bits_in *in, int k, uint32_t *code)
{
    uint64_t word = sx_peek_bits(in);
    int high = word ? __builtin_ctzll(word) : 64;
    if (high < 24) { /* so that the gap ends before the last bit at hand */
        uint64_t rest = word >> (high + 1), gamma = rest >> k;
        int low = gamma ? __builtin_ctzll(gamma) : 32, size = high + 1 + k + 2 * low + 1;
        if (size <= 57 && in->end - in->at >= (uint64_t)size) {
            uint64_t below = (UINT64_C(1) << low) - 1;
            in->at += (uint64_t)size;
            *code = (uint32_t)((UINT64_C(1) << low | (gamma >> (low + 1) & below)) - 1);
            return (uint64_t)high << k | (rest & ((UINT64_C(1) << k) - 1));
        }
    }
    uint64_t gap = sx_take_rice(in, k);
    *code = sx_take_gamma(in) - 1;
    return gap;
}

/* To the next whole byte. */
static inline void sx_align_bits(sx_bits_in *in)
{
    in->at = (in->at + 7) & ~UINT64_C(7);
}

#endif
