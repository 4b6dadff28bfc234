/* A hash table from pairs of numbers to pairs of numbers: merges of a BPE (left, right -> rank, token), edges of a trie
 * (node, byte -> node). Filled once, then read by any thread. */
#ifndef SX_ENGINE_TEXT_PAIRS_H
#define SX_ENGINE_TEXT_PAIRS_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/mem.h"

typedef struct sx_pair_slot {
    uint32_t a, b; /* the key; a == UINT32_MAX: free */
    uint32_t x, y; /* the value */
} sx_pair_slot;

typedef struct sx_pairs {
    sx_mem *mem;
    sx_pair_slot *slots;
    size_t cap, count; /* cap: power of two or 0 */
} sx_pairs;

void sx_pairs_init(sx_pairs *pairs, sx_mem *mem);
void sx_pairs_free(sx_pairs *pairs);
int sx_pairs_reserve(sx_pairs *pairs, size_t count); /* 0, or -1 without memory */
/* Adds a pair that may be there already (then the old value stays). a is never UINT32_MAX. 0, or -1 without memory. */
int sx_pairs_add(sx_pairs *pairs, uint32_t a, uint32_t b, uint32_t x, uint32_t y);

static inline size_t sx_pairs_hash(uint32_t a, uint32_t b)
{
    uint64_t h = ((uint64_t)a << 32 | b) * 0x9e3779b97f4a7c15u;
    h ^= h >> 29;
    h *= 0xbf58476d1ce4e5b9u;
    return (size_t)(h >> 32);
}

static inline const sx_pair_slot *sx_pairs_get(const sx_pairs *pairs, uint32_t a, uint32_t b)
{
    if (!pairs->cap) return NULL;
    for (size_t i = sx_pairs_hash(a, b) & (pairs->cap - 1);; i = (i + 1) & (pairs->cap - 1)) {
        const sx_pair_slot *s = &pairs->slots[i];
        if (s->a == a && s->b == b) return s;
        if (s->a == UINT32_MAX) return NULL;
    }
}

#endif
