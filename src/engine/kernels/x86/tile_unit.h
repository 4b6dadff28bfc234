/* The tile registers of AMX as the kernel in tiles_amx.c uses them: eight of 16 rows by 64 bytes. With SX_TILES_EMULATED the
 * same names stand for tiles in memory and for the same arithmetic, bit for bit, so that machines without the unit can test
 * the kernel that runs on it.
 *
 * A product adds to each float of the destination 32 terms along k: those of even and of odd k are summed apart, each in order,
 * by fused steps from 0, then both together, then the destination; numbers too small to be normal count as 0
 * (Intel SDM, TDPBF16PS). */
#ifndef SX_ENGINE_TILE_UNIT_H
#define SX_ENGINE_TILE_UNIT_H

#include <immintrin.h>
#include <stdint.h>

enum { TILE_ROWS = 16, TILE_BYTES = 1024, TILE_STEP = 32 /* bf16 numbers of k in a tile */ };

#if defined(SX_TILES_EMULATED)

#include "engine/kernels/x86/tile_emulated.h"

#else

typedef struct tile_unit { /* how the registers are laid out, as LDTILECFG reads it */
    _Alignas(64) uint8_t palette;
    uint8_t start, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} tile_unit;

/* The registers live from here to tiles_end, which must be reached: the system saves live ones at every switch of threads. */
static inline void tiles_begin(tile_unit *unit)
{
    *unit = (tile_unit){.palette = 1};
    for (int i = 0; i < 8; i++) {
        unit->row_bytes[i] = 64;
        unit->rows[i] = TILE_ROWS;
    }
    __asm__ volatile("ldtilecfg %0" ::"m"(*unit));
}

static inline void tiles_end(tile_unit *unit)
{
    (void)unit;
    __asm__ volatile("tilerelease" ::: "memory");
}

/* A tile in memory is contiguous; _ROWS: its rows stand `stride` bytes apart. The registers are not variables of the language:
 * their numbers are part of the instructions. */
#define TILE_ZERO(unit, n)     __asm__ volatile("tilezero %%tmm" #n ::)
#define TILE_LOAD(unit, n, p)  TILE_LOAD_ROWS(unit, n, p, 64)
#define TILE_STORE(unit, n, p) TILE_STORE_ROWS(unit, n, p, 64)
/* A tile that will not be wanted again soon, and should push nothing out of L1. */
#define TILE_LOAD_ONCE(unit, n, p) \
    __asm__ volatile("tileloaddt1 (%0,%1,1), %%tmm" #n ::"r"(p), "r"((long)64) : "memory")
#define TILE_LOAD_ROWS(unit, n, p, stride) \
    __asm__ volatile("tileloadd (%0,%1,1), %%tmm" #n ::"r"(p), "r"((long)(stride)) : "memory")
#define TILE_STORE_ROWS(unit, n, p, stride) \
    __asm__ volatile("tilestored %%tmm" #n ", (%0,%1,1)" ::"r"(p), "r"((long)(stride)) : "memory")
#define TILE_ADD_PRODUCT(unit, c, a, b) __asm__ volatile("tdpbf16ps %%tmm" #b ", %%tmm" #a ", %%tmm" #c ::)

#endif
#endif
