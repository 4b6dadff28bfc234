#include "platform/hashes.h"

#include <string.h>

#include "platform/crypto.h"
#include "sextant.h"

#if defined(__x86_64__)

typedef uint64_t lanes __attribute__((vector_size(8 * SX_HASH_LANES)));

static const uint64_t start[8] = {
    UINT64_C(0x6A09E667F3BCC908), UINT64_C(0xBB67AE8584CAA73B), UINT64_C(0x3C6EF372FE94F82B),
    UINT64_C(0xA54FF53A5F1D36F1), UINT64_C(0x510E527FADE682D1), UINT64_C(0x9B05688C2B3E6C1F),
    UINT64_C(0x1F83D9ABFB41BD6B), UINT64_C(0x5BE0CD19137E2179),
};

/* In which order a round takes the words of a block; the eleventh and twelfth are as the first two. */
static const uint8_t orders[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

#define ROTATED(v, n) ((v) >> (n) | (v) << (64 - (n)))
#define MIX(a, b, c, d, x, y) \
    do { \
        a += b + (x); \
        d = ROTATED(d ^ a, 32); \
        c += d; \
        b = ROTATED(b ^ c, 24); \
        a += b + (y); \
        d = ROTATED(d ^ a, 16); \
        c += d; \
        b = ROTATED(b ^ c, 63); \
    } while (0)

/* counted: bytes of each message up to the end of this block; last: all ones in the last one. */
static inline __attribute__((always_inline)) void compress(lanes h[8], const lanes m[16], const lanes *counted,
                                                           uint64_t last)
{
    lanes v[16];
    for (int i = 0; i < 8; i++) v[i] = h[i];
    for (int i = 0; i < 8; i++) v[8 + i] = (lanes){0} + start[i];
    v[12] ^= *counted;
    v[14] ^= last;
    for (int round = 0; round < 12; round++) {
        const uint8_t *o = orders[round % 10];
        MIX(v[0], v[4], v[8], v[12], m[o[0]], m[o[1]]);
        MIX(v[1], v[5], v[9], v[13], m[o[2]], m[o[3]]);
        MIX(v[2], v[6], v[10], v[14], m[o[4]], m[o[5]]);
        MIX(v[3], v[7], v[11], v[15], m[o[6]], m[o[7]]);
        MIX(v[0], v[5], v[10], v[15], m[o[8]], m[o[9]]);
        MIX(v[1], v[6], v[11], v[12], m[o[10]], m[o[11]]);
        MIX(v[2], v[7], v[8], v[13], m[o[12]], m[o[13]]);
        MIX(v[3], v[4], v[9], v[14], m[o[14]], m[o[15]]);
    }
    for (int i = 0; i < 8; i++) h[i] ^= v[i] ^ v[8 + i];
}

static inline __attribute__((always_inline)) void hash_four(size_t blocks, unsigned char *const out[SX_HASH_LANES],
                                                            const unsigned char *const bytes[SX_HASH_LANES],
                                                            const size_t len[SX_HASH_LANES])
{
    enum { PARAMETERS = 0x01010000 | SX_HASH_BYTES /* a plain hash of so many bytes */ };
    lanes h[8], m[16];
    for (int i = 0; i < 8; i++) h[i] = (lanes){0} + (i ? start[i] : start[i] ^ PARAMETERS);
    for (size_t block = 0; block < blocks; block++) {
        lanes counted;
        for (int w = 0; w < 16; w++)
            for (int l = 0; l < SX_HASH_LANES; l++) {
                uint64_t word;
                memcpy(&word, bytes[l] + block * SX_HASH_BLOCK + 8 * w, sizeof word);
                m[w][l] = word;
            }
        bool last = block + 1 == blocks;
        for (int l = 0; l < SX_HASH_LANES; l++) counted[l] = last ? len[l] : (block + 1) * SX_HASH_BLOCK;
        compress(h, m, &counted, last ? UINT64_MAX : 0);
    }
    for (int l = 0; l < SX_HASH_LANES; l++)
        for (int i = 0; i < SX_HASH_BYTES / 8; i++) {
            uint64_t word = h[i][l];
            memcpy(out[l] + 8 * i, &word, sizeof word);
        }
}

__attribute__((target("avx2"))) static void hash_avx2(size_t blocks, unsigned char *const out[SX_HASH_LANES],
                                                      const unsigned char *const bytes[SX_HASH_LANES],
                                                      const size_t len[SX_HASH_LANES])
{
    hash_four(blocks, out, bytes, len);
}

/* It has an instruction that rotates, and room for all words of a block in registers. */
__attribute__((target("avx2,avx512f,avx512vl"))) static void hash_avx512(
    size_t blocks, unsigned char *const out[SX_HASH_LANES], const unsigned char *const bytes[SX_HASH_LANES],
    const size_t len[SX_HASH_LANES])
{
    hash_four(blocks, out, bytes, len);
}

uint32_t sx_hashes_isa(void)
{
    if (!__builtin_cpu_supports("avx2")) return LLM_ISA_SCALAR;
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") ? LLM_ISA_AVX512 : LLM_ISA_AVX2;
}

#else

uint32_t sx_hashes_isa(void)
{
    return LLM_ISA_SCALAR;
}

#endif

void sx_hash_four(uint32_t isa, size_t blocks, unsigned char *const out[SX_HASH_LANES],
                  const unsigned char *const bytes[SX_HASH_LANES], const size_t len[SX_HASH_LANES])
{
#if defined(__x86_64__)
    if (isa != LLM_ISA_SCALAR) {
        (isa == LLM_ISA_AVX2 ? hash_avx2 : hash_avx512)(blocks, out, bytes, len);
        return;
    }
#endif
    (void)isa;
    (void)blocks;
    for (int l = 0; l < SX_HASH_LANES; l++) sx_hash(out[l], bytes[l], len[l]);
}
