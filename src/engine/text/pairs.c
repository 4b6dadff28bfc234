#include "engine/text/pairs.h"

#include <string.h>

void sx_pairs_init(sx_pairs *pairs, sx_mem *mem)
{
    *pairs = (sx_pairs){mem, NULL, 0, 0};
}

void sx_pairs_free(sx_pairs *pairs)
{
    if (pairs->mem) sx_mem_free(pairs->mem, pairs->slots);
    sx_pairs_init(pairs, pairs->mem);
}

static void put(sx_pairs *pairs, const sx_pair_slot *slot)
{
    size_t i = sx_pairs_hash(slot->a, slot->b) & (pairs->cap - 1);
    while (pairs->slots[i].a != UINT32_MAX) i = (i + 1) & (pairs->cap - 1);
    pairs->slots[i] = *slot;
}

int sx_pairs_reserve(sx_pairs *pairs, size_t count)
{
    size_t cap = pairs->cap ? pairs->cap : 16;
    while (cap / 8 * 5 < count + 1) {
        if (cap > SIZE_MAX / 4 / sizeof(sx_pair_slot)) return -1;
        cap *= 2;
    }
    if (cap == pairs->cap) return 0;
    sx_pairs bigger = {pairs->mem, sx_mem_alloc(pairs->mem, cap * sizeof(sx_pair_slot)), cap, pairs->count};
    if (!bigger.slots) return -1;
    memset(bigger.slots, 0xff, cap * sizeof(sx_pair_slot));
    for (size_t i = 0; i < pairs->cap; i++)
        if (pairs->slots[i].a != UINT32_MAX) put(&bigger, &pairs->slots[i]);
    sx_mem_free(pairs->mem, pairs->slots);
    *pairs = bigger;
    return 0;
}

int sx_pairs_add(sx_pairs *pairs, uint32_t a, uint32_t b, uint32_t x, uint32_t y)
{
    if (sx_pairs_get(pairs, a, b)) return 0;
    if (sx_pairs_reserve(pairs, pairs->count + 1)) return -1;
    put(pairs, &(sx_pair_slot){a, b, x, y});
    pairs->count++;
    return 0;
}
