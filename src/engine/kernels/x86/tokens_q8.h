/* Where the bytes, scales and sums of tokens stand, for the kernels that multiply them with quantised rows; and how those ask
 * for the rows that come next. */
#ifndef SX_ENGINE_TOKENS_Q8_H
#define SX_ENGINE_TOKENS_Q8_H

#include <immintrin.h>

#include "engine/kernels/kernels.h"
#include "engine/kernels/x86/ask.h"

#define TOKENS_INLINE static inline __attribute__((always_inline))

typedef struct token_view { /* from some k on; the bytes of the next token are k away */
    const int8_t *q;
    const float *d, *sum;
    const int32_t *off;
    uint32_t k;
} token_view;

TOKENS_INLINE token_view view(const sx_q8 *x, uint32_t t, uint32_t k, uint32_t k0, const int group)
{
    const size_t at = (size_t)t * k + k0, g = at / (uint32_t)group;
    return (token_view){x->q + at, x->d + at / 32, (group == 32 ? x->sum32 : x->sum16) + g,
                        (group == 32 ? x->off32 : x->off16) + g, k};
}

/* Sums of tokens `ld` floats apart; those of a second panel of rows stand behind those of the first. */
typedef struct place {
    float *at;
    size_t ld;
} place;

TOKENS_INLINE place from_token(place p, uint32_t t)
{
    return (place){p.at ? p.at + t * p.ld : NULL, p.ld};
}

/* Weights that will be needed later, asked for while others are multiplied: so many bytes with each group. */
typedef struct request {
    const char *at;
    size_t bytes;
} request;

/* How many of a product's tiles of tokens share in asking. */
TOKENS_INLINE uint32_t asking_tiles(uint32_t tiles)
{
    return tiles < 4 ? tiles : 4;
}

TOKENS_INLINE void go_on(token_view *x, size_t k, size_t groups)
{
    x->q += k;
    x->d += k / 32;
    x->sum += groups;
    x->off += groups;
}

/* Asks for the weights from p to `to`, and for those a little further on once more: the second request finds them on their way
 * or makes up for a first one that was dropped. The loop must stay one. */
TOKENS_INLINE const char *ask_ahead(const char *p, const char *to)
{
    enum { AHEAD = 8192 /* bytes */ };
    const bool second = ask_second();
#pragma GCC unroll 1
    for (; p < to; p += ASK_LINE) {
        ask_line(p, second);
        ask_line(p + AHEAD, second);
    }
    return p;
}

#endif
