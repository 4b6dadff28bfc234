/* How kernels ask memory for what is wanted next (sx_wanted): little at a time, along with what was asked for before. */
#ifndef SX_ENGINE_AHEAD_H
#define SX_ENGINE_AHEAD_H

#include <stddef.h>
#include <stdint.h>

#include "engine/kernels/attention_blocks.h"
#include "engine/kernels/x86/ask.h"

#define AHEAD_INLINE static inline __attribute__((always_inline))

typedef struct sx_ahead { /* two stretches, or NULL, and the place reached in both */
    const char *first, *again;
    size_t at;
    bool second; /* see ask.h */
} sx_ahead;

/* Beside keys and, `from` bytes on, scores. */
AHEAD_INLINE sx_ahead ahead_keys(const sx_wanted *w, size_t from)
{
    return w ? (sx_ahead){w->keys, w->now, from, ask_second()} : (sx_ahead){0};
}

/* Beside values. */
AHEAD_INLINE sx_ahead ahead_values(const sx_wanted *w)
{
    return w ? (sx_ahead){w->values, w->keys, 0, ask_second()} : (sx_ahead){0};
}

AHEAD_INLINE void ask_stretch(const char *at, int bytes, bool second)
{
    ask_bytes(at, (size_t)bytes, second);
    if (bytes % ASK_LINE) ask_line(at + bytes - 1, second);
}

/* Asks for as many bytes more of both. Whether there are any, and where they go, stays as it is through a loop, which is therefore
 * compiled for each case. */
AHEAD_INLINE void ask_ahead(sx_ahead *a, int bytes)
{
    if (a->first) ask_stretch(a->first + a->at, bytes, a->second);
    if (a->again) ask_stretch(a->again + a->at, bytes, a->second);
    a->at += (size_t)bytes;
}

/* Keys that are bytes take long beside what they weigh: once is enough. */
AHEAD_INLINE sx_ahead ahead_once(sx_ahead a)
{
    a.again = NULL;
    return a;
}

/* Bytes of 64 numbers as they are kept. */
AHEAD_INLINE int ahead_bytes(uint32_t type)
{
    return sx_key_blocks(type) ? 2 * (int)sx_key_block_bytes(type) : type == SX_TYPE_F32 ? 256 : 128;
}

#endif
