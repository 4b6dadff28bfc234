/* A hash map from byte strings to uint32_t: open addressing, keys borrowed or copied by the caller's arena. Not shared
 * between threads while it changes; any number may read. */
#ifndef SX_PLATFORM_MAP_H
#define SX_PLATFORM_MAP_H

#include <stdint.h>

#include "platform/mem.h"

typedef struct sx_map_slot {
    const char *key; /* NULL: free */
    uint32_t key_len;
    uint32_t hash;
    uint32_t value;
} sx_map_slot;

typedef struct sx_map {
    sx_mem *mem;
    sx_map_slot *slots;
    size_t cap; /* power of two or 0 */
    size_t count;
} sx_map;

#define SX_MAP_NONE UINT32_MAX /* "absent"; not usable as a value */

void sx_map_init(sx_map *map, sx_mem *mem);
void sx_map_free(sx_map *map);
int sx_map_reserve(sx_map *map, size_t count);                       /* 0, or -1 without memory */
uint32_t sx_map_get(const sx_map *map, const char *key, size_t len); /* SX_MAP_NONE when absent */
/* Sets key to value; the key's bytes must outlive the map. Returns 0, or -1 without memory. */
int sx_map_put(sx_map *map, const char *key, size_t len, uint32_t value);

uint64_t sx_hash64(const void *bytes, size_t len,
                   uint64_t seed); /* fast, not cryptographic, the same on every machine */

/* The same for sums of long stretches, several times as fast; another function. */
uint64_t sx_sum64(const void *bytes, size_t len, uint64_t seed);

#endif
