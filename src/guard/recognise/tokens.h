/* What the recogniser reads: text cut into words, numbers, ideographs and signs, one character at a time, each token with the
 * few facts that features are made of. A token knows nothing of how the text was cut into pieces. */
#ifndef SX_GUARD_RECOGNISE_TOKENS_H
#define SX_GUARD_RECOGNISE_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SX_TOKEN_BYTES 64u /* a longer word is cut */

enum {
    SX_TOKEN_NONE, /* beyond the ends of the text */
    SX_TOKEN_LOWER,
    SX_TOKEN_TITLE, /* Title */
    SX_TOKEN_UPPER, /* UPPER, more than one letter */
    SX_TOKEN_MIXED,
    SX_TOKEN_INITIAL, /* one upper-case letter */
    SX_TOKEN_UNCASED, /* letters without case */
    SX_TOKEN_NUMBER,
    SX_TOKEN_ALNUM, /* letters and digits */
    SX_TOKEN_HAN,   /* one ideograph */
    SX_TOKEN_SIGN   /* anything else */
};

/* What stands before a token. */
enum { SX_GAP_NONE, SX_GAP_SPACE, SX_GAP_LINE, SX_GAP_BLANK };

/* What the word lists know of a word, one bit each. Of ideographs, the second byte tells what begins here, the third what
 * ends here. */
#define SX_LIST_GIVEN   1u
#define SX_LIST_FAMILY  2u
#define SX_LIST_PLACE   4u
#define SX_LIST_COUNTRY 8u
#define SX_LIST_COMMON  16u
#define SX_LIST_PEOPLE  32u /* nationalities, faiths, parties */
#define SX_LIST_STREET  64u
#define SX_LIST_FIRM    128u

typedef struct sx_token {
    uint64_t start, end;
    uint32_t word;  /* hash of it in lower case; numbers by their shape */
    uint32_t shape; /* hash of its shape, like letters run together */
    uint32_t prefix, suffix2, suffix3, suffix4;
    uint32_t lists; /* SX_LIST_* */
    uint32_t first; /* its first code point */
    uint8_t kind, gap;
} sx_token;

/* The word being read. */
typedef struct sx_token_reader {
    sx_token open;
    bool is_open;
    uint8_t gap;
    uint32_t tail[4]; /* last letters, newest first */
    uint32_t count, upper, lower, uncased, digits;
    uint64_t hash;
    uint32_t last_shape;
} sx_token_reader;

/* Tells what a word is by its hash. */
typedef uint8_t (*sx_lists_fn)(const void *lists, uint64_t hash);

static inline uint64_t sx_word_hash_begin(void)
{
    return 0xcbf29ce484222325u;
}

static inline uint64_t sx_word_hash_add(uint64_t hash, uint32_t cp)
{
    hash = (hash ^ cp) * 0x9e3779b97f4a7c15u;
    return hash ^ (hash >> 29);
}

/* Inline: the features of a token take a hundred of them. */
static inline uint32_t sx_mix(uint32_t a, uint32_t b)
{
    uint64_t x = (((uint64_t)a << 32) | b) * 0xd6e8feb86659fd93u;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    return (uint32_t)(x >> 32);
}

/* Takes one character; writes the tokens that it completes (0 to 2) to out. */
unsigned sx_token_next(sx_token_reader *reader, sx_lists_fn lists, const void *data, uint32_t cp, uint64_t start,
                       uint64_t end, sx_token out[2]);
unsigned sx_token_finish(sx_token_reader *reader, sx_lists_fn lists, const void *data, sx_token out[1]);

#endif
