/* Eight bytes of text at a time: which are ASCII letters, which are digits. Most of most texts is ASCII, whose letters fold by
 * one bit. Bytes beyond ASCII are neither. */
#ifndef SX_PLATFORM_ASCII_H
#define SX_PLATFORM_ASCII_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SX_ASCII_EACH UINT64_C(0x0101010101010101)
#define SX_ASCII_TOPS (SX_ASCII_EACH * 0x80)

/* Each mask has the top bit of every byte that is one; the first byte of the text is the lowest. */
typedef struct sx_ascii8 {
    uint64_t folded; /* letters in lower case, digits as they are; other bytes mean nothing */
    uint64_t letters, digits;
} sx_ascii8;

static inline uint64_t sx_ascii_load(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

static inline void sx_ascii_store(char *p, uint64_t v)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    memcpy(p, &v, sizeof v);
}

/* Which bytes, all below 0x80, are in lo..hi. */
static inline uint64_t sx_ascii_within(uint64_t v, unsigned lo, unsigned hi)
{
    return (v + SX_ASCII_EACH * (0x80 - lo)) & ~(v + SX_ASCII_EACH * (0x7f - hi)) & SX_ASCII_TOPS;
}

static inline uint64_t sx_ascii_equal(uint64_t v, unsigned c)
{
    return sx_ascii_within(v, c, c);
}

static inline sx_ascii8 sx_ascii_at(const char *p)
{
    uint64_t v = sx_ascii_load(p), plain = v & ~SX_ASCII_TOPS, ascii = ~v & SX_ASCII_TOPS;
    sx_ascii8 a = {v | SX_ASCII_EACH * 0x20, 0, sx_ascii_within(plain, '0', '9') & ascii};
    a.letters = sx_ascii_within(plain | SX_ASCII_EACH * 0x20, 'a', 'z') & ascii;
    return a;
}

/* How many bytes of the eight, from the first, a mask has without a gap. */
static inline unsigned sx_ascii_run(uint64_t mask)
{
    uint64_t gap = ~mask & SX_ASCII_TOPS;
    return gap ? (unsigned)__builtin_ctzll(gap) / 8 : 8;
}

/* Of the first n bytes, n 0..8. */
static inline uint64_t sx_ascii_first(uint64_t mask, unsigned n)
{
    return n < 8 ? mask & ((UINT64_C(1) << (8 * n)) - 1) : mask;
}

static inline bool sx_ascii_is_letter(char c)
{
    return (unsigned char)((c | 0x20) - 'a') < 26;
}

static inline bool sx_ascii_is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

#endif
