/* ROWS rows side by side, from rows to columns, 16 bytes of each at a time. Included once per use, behind the vocabulary of an
 * instruction-set level (ROWS, vec and the functions that begin with v_). */
#ifndef SX_ENGINE_ROW_COLUMNS_H
#define SX_ENGINE_ROW_COLUMNS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine/kernels/half.h"

#define INLINE static inline __attribute__((always_inline))

typedef struct rows { /* from the block at hand on */
    const unsigned char *first;
    size_t stride;
    const char *ahead;          /* weights that will be needed later, asked for while these are worked on; NULL: none */
    const unsigned char *at[4]; /* rows 0 to 3: row r is at[r % 4] + r / 4 * four */
    size_t four, twelve;        /* as many strides */
} rows;

#define OPAQUE(x) __asm__("" : "+r"(x)) /* nobody can tell where the number came from */

/* Compilers would compute the address of every row; not knowing where these six numbers come from, they leave it to the modes of
 * addressing. */
INLINE void begin_rows(rows *w)
{
    const unsigned char *row = w->first;
    w->four = 4 * w->stride;
    OPAQUE(w->four);
    w->twelve = 3 * w->four;
    OPAQUE(w->twelve);
    for (size_t j = 0; j < 4; j++, row += w->stride) {
        OPAQUE(row);
        w->at[j] = row;
    }
}

/* The 16 bytes at `at` of every row. Vector j has rows j, j + 4, ... in its 128-bit parts. */
INLINE void pieces(const rows *w, size_t at, vec a[4])
{
    for (int j = 0; j < 4; j++) a[j] = v_pieces(w->at[j] + at, w->four, w->twelve);
}

/* Dword c of the 16 bytes at `at` of every row. */
INLINE void columns(const rows *w, size_t at, vec c[4])
{
    vec a[4];
    pieces(w, at, a);
    vec low = v_low32(a[0], a[1]), high = v_high32(a[0], a[1]);
    vec low2 = v_low32(a[2], a[3]), high2 = v_high32(a[2], a[3]);
    c[0] = v_low64(low, low2);
    c[1] = v_high64(low, low2);
    c[2] = v_low64(high, high2);
    c[3] = v_high64(high, high2);
}

INLINE void next_block(rows *w, size_t bytes)
{
    for (size_t j = 0; j < 4; j++) w->at[j] += bytes;
}

/* The 16 bits at `at` of rows 0 to 3, brought together by whole numbers while the units for vectors are busy. */
INLINE uint64_t four_heads(const rows *w, size_t at)
{
    const uint64_t low = sx_load_u16(w->at[0] + at) | (uint32_t)sx_load_u16(w->at[1] + at) << 16,
                   high = sx_load_u16(w->at[2] + at) | (uint32_t)sx_load_u16(w->at[3] + at) << 16;
    uint64_t four = low | high << 32;
    OPAQUE(four); /* else they are brought together by vectors after all */
    return four;
}

/* Those of all rows. */
INLINE void copy_heads(uint16_t *heads, const rows *w, size_t at)
{
    for (size_t r = 0; r < ROWS; r += 4) {
        const uint64_t four = four_heads(w, at + r / 4 * w->four);
        memcpy(heads + r, &four, sizeof four);
    }
}

#endif
