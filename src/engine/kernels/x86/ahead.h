/* What is wanted next is asked for while the present is computed, a few lines at every step: a machine takes only so many requests
 * at once, and idles between bursts of them. */
#ifndef SX_ENGINE_AHEAD_H
#define SX_ENGINE_AHEAD_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/kernels/attention_blocks.h"

enum { AHEAD_LINE = 64 };

/* Asks for `lines` lines and returns what follows them; NULL stays. */
static inline __attribute__((always_inline)) const char *ask_lines(const char *at, int lines)
{
    if (!at) return NULL;
    for (int i = 0; i < lines; i++) _mm_prefetch(at + AHEAD_LINE * i, _MM_HINT_T0);
    return at + AHEAD_LINE * lines;
}

/* Bytes of 64 numbers as they are kept. */
static inline __attribute__((always_inline)) int ahead_bytes(uint32_t type)
{
    return sx_key_blocks(type) ? 2 * (int)sx_key_block_bytes(type) : type == SX_TYPE_F32 ? 256 : 128;
}

/* Asks for every line that holds some of those bytes. */
static inline __attribute__((always_inline)) void ask_row(const char *at, int bytes)
{
    for (int i = 0; i < bytes; i += AHEAD_LINE) _mm_prefetch(at + i, _MM_HINT_T0);
    if (bytes % AHEAD_LINE) _mm_prefetch(at + bytes - 1, _MM_HINT_T0);
}

#endif
