/* Tiles in memory: what tile_unit.h says, with AVX-512. Slow, and exact. */
#ifndef SX_ENGINE_TILE_EMULATED_H
#define SX_ENGINE_TILE_EMULATED_H

#include <string.h>

typedef struct memory_tile {
    _Alignas(64) unsigned char bytes[TILE_BYTES];
} memory_tile;

/* c += a b; a: [16][32] numbers, b: [16 pairs of k][16][2]. A fused step is exact whatever the mode; only how tiny numbers
 * count must be set. */
static __attribute__((noinline)) void emulate_product(memory_tile *c, const memory_tile *a, const memory_tile *b)
{
    enum { FLUSH_TINY = 0x8040, AT_ONCE = 4 /* rows */ };
    const unsigned mode = _mm_getcsr();
    const __m512i high = _mm512_set1_epi32((int)0xffff0000);
    _mm_setcsr((mode & ~0x6000u) | FLUSH_TINY);
    __asm__ volatile("" ::: "memory");
    for (int m = 0; m < TILE_ROWS; m += AT_ONCE) {
        __m512 even[AT_ONCE], odd[AT_ONCE];
        for (int i = 0; i < AT_ONCE; i++) even[i] = odd[i] = _mm512_setzero_ps();
        for (int p = 0; p < 16; p++) {
            const __m512i pair = _mm512_load_si512(b->bytes + 64 * p);
            const __m512 b_even = _mm512_castsi512_ps(_mm512_slli_epi32(pair, 16)),
                         b_odd = _mm512_castsi512_ps(_mm512_and_si512(pair, high));
            for (int i = 0; i < AT_ONCE; i++) {
                int32_t bits;
                memcpy(&bits, a->bytes + 64 * (m + i) + 4 * p, sizeof bits);
                const __m512i both = _mm512_set1_epi32(bits);
                even[i] = _mm512_fmadd_ps(_mm512_castsi512_ps(_mm512_slli_epi32(both, 16)), b_even, even[i]);
                odd[i] = _mm512_fmadd_ps(_mm512_castsi512_ps(_mm512_and_si512(both, high)), b_odd, odd[i]);
            }
        }
        for (int i = 0; i < AT_ONCE; i++) {
            unsigned char *row = c->bytes + 64 * (m + i);
            _mm512_store_ps(row, _mm512_add_ps(_mm512_load_ps(row), _mm512_add_ps(even[i], odd[i])));
        }
    }
    __asm__ volatile("" ::: "memory");
    _mm_setcsr(mode);
}

typedef struct tile_unit {
    memory_tile t[8];
} tile_unit;

static inline void tiles_begin(tile_unit *unit)
{
    memset(unit, 0, sizeof *unit);
}

static inline void tiles_end(tile_unit *unit)
{
    (void)unit;
}

static inline void tile_from(memory_tile *t, const void *from, size_t stride)
{
    for (size_t r = 0; r < TILE_ROWS; r++) memcpy(t->bytes + 64 * r, (const unsigned char *)from + r * stride, 64);
}

static inline void tile_to(const memory_tile *t, void *to, size_t stride)
{
    for (size_t r = 0; r < TILE_ROWS; r++) memcpy((unsigned char *)to + r * stride, t->bytes + 64 * r, 64);
}

#define TILE_ZERO(unit, n)                  memset(&(unit)->t[n], 0, sizeof(memory_tile))
#define TILE_LOAD(unit, n, p)               memcpy(&(unit)->t[n], (p), sizeof(memory_tile))
#define TILE_LOAD_ONCE(unit, n, p)          TILE_LOAD(unit, n, p)
#define TILE_STORE(unit, n, p)              memcpy((p), &(unit)->t[n], sizeof(memory_tile))
#define TILE_LOAD_ROWS(unit, n, p, stride)  tile_from(&(unit)->t[n], (p), (stride))
#define TILE_STORE_ROWS(unit, n, p, stride) tile_to(&(unit)->t[n], (p), (stride))
#define TILE_ADD_PRODUCT(unit, c, a, b)     emulate_product(&(unit)->t[c], &(unit)->t[a], &(unit)->t[b])

#endif
