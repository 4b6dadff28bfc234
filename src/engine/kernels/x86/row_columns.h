/* ROWS rows side by side, from rows to columns, 16 bytes of each at a time. Included once per use, behind the vocabulary of an
 * instruction-set level (ROWS, vec and the functions that begin with v_). */
#ifndef SX_ENGINE_ROW_COLUMNS_H
#define SX_ENGINE_ROW_COLUMNS_H

#include <stddef.h>

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

#endif
