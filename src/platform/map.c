#include "platform/map.h"

#include <string.h>

/* Multiply-and-fold over eight bytes at a time, in the manner of wyhash (public domain), little-endian on any machine. */
static uint64_t load_le(const unsigned char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static uint64_t load_8(const unsigned char *p)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
#else
    return load_le(p, 8);
#endif
}

/* The same as load_le for 0 to 7 bytes, without a loop where there are four or more. */
static uint64_t load_rest(const unsigned char *p, size_t n)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (n >= 4) {
        uint32_t low, high;
        memcpy(&low, p, sizeof low);
        memcpy(&high, p + n - 4, sizeof high);
        return low | (uint64_t)high << (8 * (n - 4));
    }
#endif
    return load_le(p, n);
}

static uint64_t fold(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
    uint64_t al = a & 0xffffffffu, ah = a >> 32, bl = b & 0xffffffffu, bh = b >> 32;
    uint64_t ll = al * bl, lh = al * bh, hl = ah * bl, hh = ah * bh;
    uint64_t mid = (ll >> 32) + (lh & 0xffffffffu) + (hl & 0xffffffffu);
    uint64_t lo = (ll & 0xffffffffu) | (mid << 32);
    uint64_t hi = hh + (lh >> 32) + (hl >> 32) + (mid >> 32);
    return lo ^ hi;
#endif
}

uint64_t sx_hash64(const void *bytes, size_t len, uint64_t seed)
{
    const unsigned char *p = bytes;
    uint64_t h = seed ^ 0x9e3779b97f4a7c15u ^ len;
    size_t left = len;
    for (; left >= 8; left -= 8, p += 8) h = fold(h ^ load_8(p), 0xe7037ed1a0b428dbu);
    h = fold(h ^ load_rest(p, left), 0x8ebc6af09c88c6e3u ^ left);
    return fold(h, 0x589965cc75374cc3u);
}

/* Four chains that do not wait for each other. */
uint64_t sx_sum64(const void *bytes, size_t len, uint64_t seed)
{
    const unsigned char *p = bytes;
    uint64_t a = seed, b = ~seed, c = seed + 0x9e3779b97f4a7c15u, d = seed ^ 0x94d049bb133111ebu;
    size_t left = len;
    for (; left >= 32; left -= 32, p += 32) {
        a = fold(a ^ load_8(p), 0xe7037ed1a0b428dbu);
        b = fold(b ^ load_8(p + 8), 0x8ebc6af09c88c6e3u);
        c = fold(c ^ load_8(p + 16), 0x589965cc75374cc3u);
        d = fold(d ^ load_8(p + 24), 0x1d8e4e27c47d124fu);
    }
    a = fold(a ^ c, 0xa0761d6478bd642fu ^ len);
    b = fold(b ^ d, 0xeb44accab455d165u);
    return sx_hash64(p, left, fold(a ^ b, 0x9fb21c651e98df25u ^ a));
}

void sx_map_init(sx_map *map, sx_mem *mem)
{
    memset(map, 0, sizeof *map);
    map->mem = mem;
}

void sx_map_free(sx_map *map)
{
    if (map->mem) sx_mem_free(map->mem, map->slots);
    sx_map_init(map, map->mem);
}

static sx_map_slot *find(const sx_map *map, const char *key, size_t len, uint32_t hash)
{
    size_t i = hash & (map->cap - 1);
    for (;; i = (i + 1) & (map->cap - 1)) {
        sx_map_slot *s = &map->slots[i];
        if (!s->key || (s->hash == hash && s->key_len == len && memcmp(s->key, key, len) == 0)) return s;
    }
}

static int rehash(sx_map *map, size_t cap)
{
    sx_map bigger = {map->mem, sx_mem_array(map->mem, cap, sizeof(sx_map_slot)), cap, map->count};
    if (!bigger.slots) return -1;
    for (size_t i = 0; i < map->cap; i++) {
        const sx_map_slot *s = &map->slots[i];
        if (s->key) *find(&bigger, s->key, s->key_len, s->hash) = *s;
    }
    sx_mem_free(map->mem, map->slots);
    *map = bigger;
    return 0;
}

int sx_map_reserve(sx_map *map, size_t count)
{
    size_t cap = map->cap ? map->cap : 16;
    while (cap / 3 * 2 < count + 1) cap *= 2;
    return cap > map->cap ? rehash(map, cap) : 0;
}

uint32_t sx_map_get(const sx_map *map, const char *key, size_t len)
{
    if (!map->cap) return SX_MAP_NONE;
    const sx_map_slot *s = find(map, key, len, (uint32_t)sx_hash64(key, len, 0));
    return s->key ? s->value : SX_MAP_NONE;
}

int sx_map_put(sx_map *map, const char *key, size_t len, uint32_t value)
{
    if (len > UINT32_MAX || sx_map_reserve(map, map->count + 1)) return -1;
    uint32_t hash = (uint32_t)sx_hash64(key, len, 0);
    sx_map_slot *s = find(map, key, len, hash);
    if (!s->key) {
        *s = (sx_map_slot){key, (uint32_t)len, hash, value};
        map->count++;
    }
    s->value = value;
    return 0;
}
