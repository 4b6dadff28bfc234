/* How kernels ask memory for what is wanted next (sx_wanted): little at a time, along with what was asked for before. */
#ifndef SX_ENGINE_AHEAD_H
#define SX_ENGINE_AHEAD_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/kernels/attention_blocks.h"

#define AHEAD_INLINE static inline __attribute__((always_inline))

enum { AHEAD_LINE = 64 };

typedef struct sx_ahead { /* the places reached in two stretches; NULL: nothing */
    const char *first, *again;
} sx_ahead;

/* Beside keys and, `from` bytes on, scores. */
AHEAD_INLINE sx_ahead ahead_keys(const sx_wanted *w, size_t from)
{
    return w ? (sx_ahead){w->keys ? w->keys + from : NULL, w->now ? w->now + from : NULL} : (sx_ahead){0};
}

/* Beside values. */
AHEAD_INLINE sx_ahead ahead_values(const sx_wanted *w)
{
    return w ? (sx_ahead){w->values, w->keys} : (sx_ahead){0};
}

AHEAD_INLINE const char *ask_stretch(const char *at, int bytes)
{
    if (!at) return NULL;
    for (int i = 0; i < bytes; i += AHEAD_LINE) _mm_prefetch(at + i, _MM_HINT_T0);
    if (bytes % AHEAD_LINE) _mm_prefetch(at + bytes - 1, _MM_HINT_T0);
    return at + bytes;
}

/* Asks for as many bytes more of both. */
AHEAD_INLINE void ask_ahead(sx_ahead *a, int bytes)
{
    a->first = ask_stretch(a->first, bytes);
    a->again = ask_stretch(a->again, bytes);
}

/* Bytes of 64 numbers as they are kept. */
AHEAD_INLINE int ahead_bytes(uint32_t type)
{
    return sx_key_blocks(type) ? 2 * (int)sx_key_block_bytes(type) : type == SX_TYPE_F32 ? 256 : 128;
}

#endif
