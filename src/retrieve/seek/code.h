/* Numbers as segments keep them: LEB128, fixed little-endian, packed bits. Reading never passes the end: a cursor that
 * would turns bad and gives zeros. */
#ifndef SX_RETRIEVE_CODE_H
#define SX_RETRIEVE_CODE_H

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "platform/buf.h"

enum { SX_PAD = 8 /* bytes behind packed ones that must be readable: SX_ROW_PAD */ };

static inline void sx_put_varint(sx_buf *out, uint64_t v)
{
    unsigned char bytes[10];
    size_t n = 0;
    for (; v >= 0x80; v >>= 7) bytes[n++] = (unsigned char)(v | 0x80);
    bytes[n++] = (unsigned char)v;
    sx_buf_add(out, bytes, n);
}

static inline void sx_put_fixed(sx_buf *out, uint64_t v, int n)
{
    if (out->status == LLM_OK && out->cap - out->len > 8 && out->max - out->len > 8) { /* as a rule there is room */
        unsigned char *p = (unsigned char *)out->data + out->len;
        for (int i = 0; i < 8; i++) p[i] = (unsigned char)(v >> (8 * i));
        out->len += (size_t)n;
        out->data[out->len] = '\0';
        return;
    }
    unsigned char bytes[8];
    for (int i = 0; i < n; i++) bytes[i] = (unsigned char)(v >> (8 * i));
    sx_buf_add(out, bytes, (size_t)n);
}

typedef struct sx_bytes_in {
    const unsigned char *at, *end;
    bool bad;
} sx_bytes_in;

static inline uint64_t sx_take_varint(sx_bytes_in *in)
{
    uint64_t v = 0;
    for (int shift = 0; shift < 63 && in->at < in->end; shift += 7) {
        unsigned char byte = *in->at++;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return v;
    }
    in->bad = true;
    return 0;
}

static inline uint64_t sx_fixed_at(const unsigned char *p, int n)
{
    uint64_t v = 0;
    for (int i = 0; i < n; i++) v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static inline uint64_t sx_take_fixed(sx_bytes_in *in, int n)
{
    if (in->end - in->at < n) {
        in->bad = true;
        in->at = in->end;
        return 0;
    }
    in->at += n;
    return sx_fixed_at(in->at - n, n);
}

static inline int sx_bits_of(uint32_t v)
{
    return 63 - __builtin_clzll((uint64_t)v << 1 | 1);
}

/* n numbers (512 at most) of `width` bits (0..32) each, the lowest first. */
static inline void sx_pack_bits(sx_buf *out, const uint32_t *v, uint32_t n, int width)
{
    unsigned char bytes[512 * 4 + 4];
    uint64_t held = 0;
    size_t len = 0;
    int bits = 0;
    for (uint32_t i = 0; i < n && width; i++) {
        held |= (uint64_t)v[i] << bits;
        bits += width;
        if (bits < 32) continue;
        for (int b = 0; b < 4; b++) bytes[len + (size_t)b] = (unsigned char)(held >> (8 * b));
        len += 4;
        held >>= 32;
        bits -= 32;
    }
    for (; bits > 0; bits -= 8, held >>= 8) bytes[len++] = (unsigned char)held;
    sx_buf_add(out, bytes, len);
}

static inline size_t sx_packed_size(uint32_t n, int width)
{
    return ((size_t)n * (unsigned)width + 7) / 8;
}

/* SX_PAD bytes behind them must be readable. */
static inline void sx_unpack_bits(const unsigned char *p, uint32_t *v, uint32_t n, int width)
{
    uint64_t mask = (UINT64_C(1) << width) - 1;
    size_t bit = 0;
    for (uint32_t i = 0; i < n; i++, bit += (unsigned)width) {
        uint64_t word;
        memcpy(&word, p + (bit >> 3), sizeof word);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        word = __builtin_bswap64(word);
#endif
        v[i] = (uint32_t)(word >> (bit & 7) & mask);
    }
}

/* How often a term stands in a paragraph and how often among its first characters, as one small number: (1, 0) is 0,
 * (1, 1) is 1, (2, 0) is 2 and so on. count: 1..65535, lead: 0..count. */
static inline uint32_t sx_tf_code(uint32_t count, uint32_t lead)
{
    return count * (count + 1) / 2 - 1 + lead;
}

static inline void sx_tf_split(uint32_t code, uint32_t *count, uint32_t *lead)
{
    static const uint8_t counts[] = {1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6};
    uint32_t c = code < sizeof counts ? counts[code] : (uint32_t)((sqrt(8.0 * ((double)code + 1.0) + 1.0) - 1.0) / 2.0);
    if (c > 65535) c = 65535;
    *count = c;
    *lead = code + 1 - c * (c + 1) / 2;
}

#endif
