/* Rows of a matrix that come from memory while one token or two are multiplied with them, a few rows side by side, a cache line of
 * each at a time. */
#ifndef SX_ENGINE_ROW_LINES_H
#define SX_ENGINE_ROW_LINES_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

enum { ROW_LINE = 64 /* bytes */, ROW_LINES_AHEAD = 16 };

/* Asks for what is wanted some lines after line `at` of `lines` of the rows from w on. Behind a row's end that stands in the row
 * which takes its place next, if rows lie one behind the other. */
static inline __attribute__((always_inline)) void ask_for_row_lines(const char *w, size_t stride, const int rows,
                                                                    uint32_t at, uint32_t lines)
{
    const char *next = w + (size_t)(at + ROW_LINES_AHEAD) * ROW_LINE;
    if (at + ROW_LINES_AHEAD >= lines) next += (size_t)(rows - 1) * stride;
    for (int r = 0; r < rows; r++) _mm_prefetch(next + (size_t)r * stride, _MM_HINT_T0);
}

#endif
