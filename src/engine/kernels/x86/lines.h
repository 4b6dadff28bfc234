/* Quantised rows laid out for multiplication: lines of [ROWS rows][4 k] bytes, so that one instruction multiplies 4 values of
 * every row with 4 of a token and no sum crosses lanes, and scales and minima as [group][ROWS] floats. The bytes are brought
 * together straight from the packed blocks, 16 at a time per row, and only then widened.
 *
 * Included once per use, behind the vocabulary of an instruction-set level (ROWS, vec, fvec and the functions that begin with
 * v_ and f_). With LINES_PASS defined, the includer has a panel of one block and a put_line of its own. With LINES_PIECES
 * defined too, line 4 i + j is instead the 16 values of k from 16 i on of every fourth row from row j on, as the rows have them.
 * Everything is inlined with a compile-time type. The layouts of the blocks are explained in quant_blocks.h. */
#ifndef SX_ENGINE_LINES_H
#define SX_ENGINE_LINES_H

#include <stdbool.h>
#include <string.h>

#include "engine/kernels/half.h"
#include "engine/kernels/quant.h"
#include "engine/kernels/x86/ask.h"
#include "engine/kernels/x86/row_columns.h"
#include "engine/model/gguf.h"

enum { STRETCH = 896, /* elements of k that a panel holds */ LINE = 4 * ROWS /* bytes */ };

#ifndef LINES_PASS
typedef struct panel {
    _Alignas(64) uint8_t lines[STRETCH * ROWS]; /* [k / 4][ROWS][4] */
    float scale[STRETCH / 16 * ROWS];           /* [group][ROWS] */
    float min[STRETCH / 16 * ROWS];
    int shift; /* where there are no minima, bytes that are not signed have 128 >> shift added */
    unsigned char last[ROWS * STRETCH / 32 * 34]; /* the packed blocks of a matrix's last rows, filled up to ROWS */
} panel;
#endif

static const int8_t iq4_table[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
static const int8_t fp4_table[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

/* 16 bytes of every row, as put_line wants them. */
INLINE void sixteen(const rows *w, size_t at, vec c[4])
{
#if defined(LINES_PIECES)
    pieces(w, at, c);
#else
    columns(w, at, c);
#endif
}

INLINE int bias_shift(uint32_t type)
{
    return type == SX_TYPE_Q3_K   ? 5
           : type == SX_TYPE_Q4_0 ? 4
           : type == SX_TYPE_Q5_0 ? 3
           : type == SX_TYPE_Q6_K ? 2
                                  : 0;
}

/* Asks for 1 / parts of as many bytes as a block has in all rows. Many requests at once would hold up the loads behind them. */
INLINE void ask(rows *w, size_t block_bytes, size_t parts)
{
    const size_t bytes = ROWS * block_bytes / parts;
    if (!w->ahead) return;
    ask_bytes(w->ahead, bytes, ask_second());
    w->ahead += bytes;
}

#ifndef LINES_PASS
INLINE void put_line(panel *p, size_t line, vec v)
{
    v_store(p->lines + line * LINE, v);
}
#endif

INLINE vec low_bits(vec v, int shift, int mask) /* a field of every byte */
{
    return v_and(shift ? v_right32(v, shift) : v, v_bytes(mask));
}

/* ---- blocks of 32 ---- */

INLINE size_t small_bytes(const uint32_t type)
{
    return type == SX_TYPE_Q8_0    ? 34
           : type == SX_TYPE_Q4_1  ? 20
           : type == SX_TYPE_Q5_0  ? 22
           : type == SX_TYPE_Q5_1  ? 24
           : type == SX_TYPE_MXFP4 ? 17
                                   : 18;
}

/* Twice the bare exponents are powers of two; the two smallest are subnormal. */
INLINE void exponents(panel *p, const rows *w, uint32_t g)
{
    for (uint32_t r = 0; r < ROWS; r++) {
        uint32_t e = w->at[r % 4][r / 4 * w->four];
        p->scale[g * ROWS + r] = sx_bits_f32(e < 2 ? 0x00200000u << e : (e - 1) << 23);
    }
}

/* Scales and minima, which stand in a block's first bytes; returns the fifth bits of the types that have them. */
INLINE vec small_heads(panel *p, const uint32_t type, const rows *w, uint32_t g, const bool mins)
{
    vec c[4];
    if (type == SX_TYPE_MXFP4) {
        exponents(p, w, g);
        return v_bytes(0);
    }
    columns(w, 0, c);
    f_store(p->scale + (size_t)g * ROWS, f_low_halves(c[0]));
    if (mins) f_store(p->min + (size_t)g * ROWS, f_low_halves(v_right32(c[0], 16)));
    return mins ? c[1] : v_or(v_right32(c[0], 16), v_left32(c[1], 16));
}

/* Whether a block's head is its scale alone: such heads go by copy_heads, and become floats when all are there. */
INLINE bool bare_scale(const uint32_t type)
{
    return type == SX_TYPE_Q4_0 || type == SX_TYPE_Q8_0 || type == SX_TYPE_IQ4_NL;
}

INLINE void small_lines(panel *p, const uint32_t type, const rows *w, uint32_t g, const bool mins)
{
    const size_t line = (size_t)g * 8;
    const bool five = type == SX_TYPE_Q5_0 || type == SX_TYPE_Q5_1;
    vec c[4], fifth = bare_scale(type) ? v_bytes(0) : small_heads(p, type, w, g, mins);
    if (type == SX_TYPE_Q8_0) {
#pragma GCC unroll 2
        for (size_t h = 0; h < 2; h++) {
            sixteen(w, 2 + 16 * h, c);
#pragma GCC unroll 4
            for (size_t i = 0; i < 4; i++) put_line(p, line + 4 * h + i, v_signed(c[i]));
        }
        return;
    }
    sixteen(w, (mins ? 4u : type == SX_TYPE_MXFP4 ? 1u : 2u) + (five ? 4u : 0u), c);
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) {
        vec v = low_bits(c[i % 4], i / 4 * 4, 15);
        switch (type) {
        case SX_TYPE_Q5_0:
        case SX_TYPE_Q5_1: v = v_or(v, v_fifth(fifth, i)); break;
        case SX_TYPE_IQ4_NL: v = v_signed(v_lookup(iq4_table, v)); break;
        case SX_TYPE_MXFP4: v = v_signed(v_lookup(fp4_table, v)); break;
        default: break; /* Q4_0, Q4_1 */
        }
        put_line(p, line + (size_t)i, v);
    }
}

/* ---- blocks of 256 ---- */

INLINE size_t big_bytes(const uint32_t type)
{
    return type == SX_TYPE_Q2_K   ? 84
           : type == SX_TYPE_Q3_K ? 110
           : type == SX_TYPE_Q4_K ? 144
           : type == SX_TYPE_Q5_K ? 176
           : type == SX_TYPE_Q6_K ? 210
                                  : 136;
}

/* The bytes of v, four per row, times d: groups 0-3 of `to`. */
INLINE void four_scales(float *to, vec v, fvec d, const bool sign)
{
    for (int j = 0; j < 4; j++) {
        vec b = sign ? v_right_signed32(v_left32(v, 24 - 8 * j), 24) : v_and(v_right32(v, 8 * j), v_dwords(255));
        f_store(to + j * ROWS, f_mul(f_from(b), d));
    }
}

INLINE vec joined(vec low, vec high, int shift) /* 4 bits below, 2 of `high` above */
{
    vec at = shift < 4 ? v_left32(high, 4 - shift) : shift > 4 ? v_right32(high, shift - 4) : high;
    return v_or(low, v_and(at, v_bytes(0x30)));
}

INLINE void big_heads(panel *p, const uint32_t type, const rows *w, size_t block)
{
    const bool sixteen = type == SX_TYPE_Q2_K || type == SX_TYPE_Q3_K || type == SX_TYPE_Q6_K;
    float *scale = p->scale + block * (sixteen ? 16 : 8) * ROWS, *min = p->min + (scale - p->scale);
    vec c[4], e[4];
    switch (type) {
    case SX_TYPE_Q2_K: {
        columns(w, 0, c);
        columns(w, 68, e);
        fvec d = f_low_halves(e[3]), m = f_negate(f_low_halves(v_right32(e[3], 16)));
        for (int i = 0; i < 4; i++) {
            four_scales(scale + 4 * i * ROWS, low_bits(c[i], 0, 15), d, false);
            four_scales(min + 4 * i * ROWS, low_bits(c[i], 4, 15), m, false);
        }
        break;
    }
    case SX_TYPE_Q3_K: {
        columns(w, 94, e); /* the scales stand at 96: reading from there would read past the block */
        for (int i = 0; i < 3; i++) c[i] = v_or(v_right32(e[i], 16), v_left32(e[i + 1], 16));
        fvec d = f_low_halves(v_right32(e[3], 16));
        for (int i = 0; i < 4; i++) {
            vec v = joined(low_bits(c[i % 2], i / 2 * 4, 15), c[2], 2 * i);
            four_scales(scale + 4 * i * ROWS, v_subtract8(v, v_bytes(32)), d, true);
        }
        break;
    }
    case SX_TYPE_Q6_K: {
        columns(w, 192, c);
        columns(w, 194, e);
        fvec d = f_low_halves(v_right32(e[3], 16));
        for (int i = 0; i < 4; i++) four_scales(scale + 4 * i * ROWS, c[i], d, true);
        break;
    }
    case SX_TYPE_IQ4_XS: {
        columns(w, 0, c);
        fvec d = f_low_halves(c[0]);
        for (int g = 0; g < 8; g++) {
            vec low = v_and(v_right32(c[1], 4 * g), v_dwords(15)),
                high = v_and(v_right32(c[0], 16 + 2 * g), v_dwords(3));
            vec v = v_subtract32(v_or(low, v_left32(high, 4)), v_dwords(32));
            f_store(scale + g * ROWS, f_mul(f_from(v), d));
        }
        break;
    }
    default: { /* Q4_K, Q5_K */
        columns(w, 0, c);
        fvec d = f_low_halves(c[0]), m = f_negate(f_low_halves(v_right32(c[0], 16)));
        four_scales(scale, low_bits(c[1], 0, 63), d, false);
        four_scales(scale + 4 * ROWS, joined(low_bits(c[3], 0, 15), c[1], 6), d, false);
        four_scales(min, low_bits(c[2], 0, 63), m, false);
        four_scales(min + 4 * ROWS, joined(low_bits(c[3], 4, 15), c[2], 6), m, false);
        break;
    }
    }
}

INLINE void lines_q4_k(panel *p, rows *w, size_t line, const bool five)
{
    vec c[4], high[2][4];
    for (size_t h = 0; five && h < 2; h++) sixteen(w, 16 + 16 * h, high[h]);
#pragma GCC unroll 4
    for (int part = 0; part < 4; part++)
#pragma GCC unroll 2
        for (size_t h = 0; h < 2; h++) {
            ask(w, five ? 176 : 144, 8);
            sixteen(w, (five ? 48 : 16) + 32 * (size_t)part + 16 * h, c);
#pragma GCC unroll 8
            for (int i = 0; i < 8; i++) {
                vec v = low_bits(c[i % 4], i / 4 * 4, 15);
                if (five) v = v_or(v, v_left32(low_bits(high[h][i % 4], 2 * part + i / 4, 1), 4));
                put_line(p, line + (size_t)(16 * part + i / 4 * 8 + i % 4) + 4 * h, v);
            }
        }
}

/* Field f of four: a half of a byte of `low` and, above it, two bits of `high`. */
INLINE vec six_bits(vec low, vec high, const int f)
{
    const vec bits = f < 2 ? v_left32(high, 4 - 2 * f) : f > 2 ? v_right32(high, 2) : high;
    return v_four_and_two(f < 2 ? low : v_right32(low, 4), bits);
}

INLINE void lines_q6_k(panel *p, rows *w, size_t line)
{
    vec low[2][4], high[4];
#pragma GCC unroll 2
    for (size_t half = 0; half < 2; half++)
#pragma GCC unroll 2
        for (size_t h = 0; h < 2; h++) {
            sixteen(w, 128 + 32 * half + 16 * h, high);
            sixteen(w, 64 * half + 16 * h, low[0]);
            sixteen(w, 64 * half + 32 + 16 * h, low[1]);
#pragma GCC unroll 4
            for (int f = 0; f < 4; f++) {
                ask(w, 210, 16);
#pragma GCC unroll 4
                for (int i = 0; i < 4; i++)
                    put_line(p, line + 32 * half + (size_t)(8 * f + i) + 4 * h, six_bits(low[f % 2][i], high[i], f));
            }
        }
}

/* Two bits per value and, for Q3_K, a third one. */
INLINE void lines_q2_k(panel *p, rows *w, size_t line, const bool three)
{
    vec c[4], mask[4];
#pragma GCC unroll 2
    for (size_t h = 0; h < 2; h++) {
        if (three) sixteen(w, 16 * h, mask);
#pragma GCC unroll 2
        for (int half = 0; half < 2; half++) {
            ask(w, three ? 110 : 84, 4);
            sixteen(w, (three ? 32 : 16) + 32 * (size_t)half + 16 * h, c);
#pragma GCC unroll 4
            for (int f = 0; f < 4; f++)
#pragma GCC unroll 4
                for (int i = 0; i < 4; i++) {
                    vec v = low_bits(c[i], 2 * f, 3);
                    if (three) v = v_or(v, v_left32(low_bits(mask[i], 4 * half + f, 1), 2));
                    put_line(p, line + (size_t)(32 * half + 8 * f + i) + 4 * h, v);
                }
        }
    }
}

INLINE void big_lines(panel *p, const uint32_t type, rows *w, size_t block)
{
    const size_t line = block * 64;
    vec c[4];
    switch (type) {
    case SX_TYPE_Q2_K: lines_q2_k(p, w, line, false); break;
    case SX_TYPE_Q3_K: lines_q2_k(p, w, line, true); break;
    case SX_TYPE_Q4_K: lines_q4_k(p, w, line, false); break;
    case SX_TYPE_Q5_K: lines_q4_k(p, w, line, true); break;
    case SX_TYPE_Q6_K: lines_q6_k(p, w, line); break;
    default: /* IQ4_XS */
        for (size_t g = 0; g < 8; g++) {
            ask(w, 136, 8);
            sixteen(w, 8 + 16 * g, c);
            for (int i = 0; i < 8; i++)
                put_line(p, line + 8 * g + (size_t)i, v_signed(v_lookup(iq4_table, low_bits(c[i % 4], i / 4 * 4, 15))));
        }
        break;
    }
}

#ifndef LINES_PASS
/* ---- a stretch ---- */

INLINE void fill_panel(panel *p, const uint32_t type, rows *in, uint32_t n, const bool mins)
{
    uint16_t heads[STRETCH / 32 * ROWS];
    rows own = *in, *w = &own; /* in registers */
    begin_rows(w);
    const bool big = type == SX_TYPE_IQ4_XS || (type >= SX_TYPE_Q2_K && type <= SX_TYPE_Q6_K);
    for (uint32_t b = 0; b < n / (big ? 256 : 32); b++) {
        if (big) {
            big_heads(p, type, w, b);
            big_lines(p, type, w, b);
            next_block(w, big_bytes(type));
        } else {
            ask(w, small_bytes(type), 1);
            if (bare_scale(type)) copy_heads(heads + b * ROWS, w, 0);
            small_lines(p, type, w, b, mins);
            next_block(w, small_bytes(type));
        }
    }
    for (uint32_t b = 0; bare_scale(type) && b < n / 32; b++) f_store(p->scale + b * ROWS, f_halves(heads + b * ROWS));
    in->ahead = own.ahead;
}

/* Fills p with n elements of every row. */
static void fill(panel *p, uint32_t type, rows *w, uint32_t n)
{
#define CASE(type, mins) \
    case type: fill_panel(p, type, w, n, mins); break
    switch (type) {
        CASE(SX_TYPE_Q4_0, false);
        CASE(SX_TYPE_Q4_1, true);
        CASE(SX_TYPE_Q5_0, false);
        CASE(SX_TYPE_Q5_1, true);
        CASE(SX_TYPE_Q8_0, false);
        CASE(SX_TYPE_Q2_K, true);
        CASE(SX_TYPE_Q3_K, false);
        CASE(SX_TYPE_Q4_K, true);
        CASE(SX_TYPE_Q5_K, true);
        CASE(SX_TYPE_Q6_K, false);
        CASE(SX_TYPE_IQ4_NL, false);
        CASE(SX_TYPE_IQ4_XS, false);
    default: fill_panel(p, SX_TYPE_MXFP4, w, n, false); break;
    }
#undef CASE
}

typedef struct matrix {
    const sx_quant *quant;
    const unsigned char *w;
    size_t stride;
    uint32_t n_rows;
} matrix;

/* How much of k goes into a panel at a time: rows that fit go whole, longer ones in even parts that leave the nearest cache
 * room for the tokens. */
INLINE uint32_t stretch_of(uint32_t k, uint32_t block)
{
    enum { PART = 768 };
    const uint32_t blocks = k / block, most = (k <= STRETCH ? STRETCH : PART) / block,
                   parts = (blocks + most - 1) / most;
    return (blocks + parts - 1) / parts * block;
}

/* Rows from r0 on over n elements from k0 on; missing ones are filled in, their results are not stored. Returns how far it
 * has asked for the weights `ahead`. */
static const char *fill_rows(panel *p, const matrix *m, uint32_t r0, uint32_t k0, uint32_t n, const char *ahead)
{
    const size_t at = (size_t)(k0 / m->quant->block) * m->quant->block_bytes,
                 bytes = (size_t)(n / m->quant->block) * m->quant->block_bytes;
    rows part = {.first = m->w + (size_t)r0 * m->stride + at, .stride = m->stride, .ahead = ahead};
    if (m->n_rows - r0 < ROWS) {
        for (uint32_t r = 0; r < ROWS; r++)
            memcpy(p->last + r * bytes, part.first + (r < m->n_rows - r0 ? r : 0) * m->stride, bytes);
        part.first = p->last;
        part.stride = bytes;
    }
    p->shift = bias_shift(m->quant->type);
    fill(p, m->quant->type, &part, n);
    return part.ahead;
}

#endif
#endif
