/* How each quantised type unpacks, in plain C: included where it is compiled for one instruction set or another. The layouts
 * are those of GGUF files, as github.com/ggml-org/ggml/blob/master/src/ggml-common.h describes them. */
#ifndef SX_ENGINE_QUANT_BLOCKS_H
#define SX_ENGINE_QUANT_BLOCKS_H

#include "engine/kernels/half.h"
#include "engine/kernels/quant.h"
#include "engine/model/gguf.h"

static void unpack_q4_0(const unsigned char *b, size_t n, int8_t *q, float *scale, float *min)
{
    (void)min;
    for (size_t i = 0; i < n; i++, b += 18, q += 32) {
        scale[i] = sx_f16_f32(sx_load_u16(b));
        for (int j = 0; j < 16; j++) {
            q[j] = (int8_t)((b[2 + j] & 15) - 8);
            q[j + 16] = (int8_t)((b[2 + j] >> 4) - 8);
        }
    }
}

static void unpack_q4_1(const unsigned char *b, size_t n, int8_t *q, float *scale, float *min)
{
    for (size_t i = 0; i < n; i++, b += 20, q += 32) {
        scale[i] = sx_f16_f32(sx_load_u16(b));
        min[i] = sx_f16_f32(sx_load_u16(b + 2));
        for (int j = 0; j < 16; j++) {
            q[j] = (int8_t)(b[4 + j] & 15);
            q[j + 16] = (int8_t)(b[4 + j] >> 4);
        }
    }
}

static void five_bits(const unsigned char *low, uint32_t high, int offset, int8_t *q)
{
    for (int j = 0; j < 16; j++) {
        q[j] = (int8_t)(((low[j] & 15) | (int)((high >> j & 1) << 4)) - offset);
        q[j + 16] = (int8_t)(((low[j] >> 4) | (int)((high >> (j + 16) & 1) << 4)) - offset);
    }
}

static void unpack_q5_0(const unsigned char *b, size_t n, int8_t *q, float *scale, float *min)
{
    (void)min;
    for (size_t i = 0; i < n; i++, b += 22, q += 32) {
        scale[i] = sx_f16_f32(sx_load_u16(b));
        five_bits(b + 6, sx_load_u32(b + 2), 16, q);
    }
}

static void unpack_q5_1(const unsigned char *b, size_t n, int8_t *q, float *scale, float *min)
{
    for (size_t i = 0; i < n; i++, b += 24, q += 32) {
        scale[i] = sx_f16_f32(sx_load_u16(b));
        min[i] = sx_f16_f32(sx_load_u16(b + 2));
        five_bits(b + 8, sx_load_u32(b + 4), 0, q);
    }
}

static void unpack_q8_0(const unsigned char *b, size_t n, int8_t *q, float *scale, float *min)
{
    (void)min;
    for (size_t i = 0; i < n; i++, b += 34, q += 32) {
        scale[i] = sx_f16_f32(sx_load_u16(b));
        memcpy(q, b + 2, 32);
    }
}

/* 2 bits, 16 groups of 16, 4-bit scales and minima. */
static void unpack_q2_k(const unsigned char *b, size_t n, int8_t *q, float *scale, float *min)
{
    for (size_t i = 0; i < n; i++, b += 84, scale += 16, min += 16) {
        const unsigned char *qs = b + 16;
        float d = sx_f16_f32(sx_load_u16(b + 80)), dmin = sx_f16_f32(sx_load_u16(b + 82));
        for (int g = 0; g < 16; g++) {
            scale[g] = d * (float)(b[g] & 15);
            min[g] = -(dmin * (float)(b[g] >> 4));
            const unsigned char *part = qs + g / 8 * 32 + g % 2 * 16;
            int shift = g % 8 / 2 * 2;
            for (int j = 0; j < 16; j++) *q++ = (int8_t)(part[j] >> shift & 3);
        }
    }
}

/* 3 bits, the third in a mask where a clear bit means minus 4; 16 groups of 16 with 6-bit signed scales. */
static void unpack_q3_k(const unsigned char *b, size_t n, int8_t *q, float *scale, float *min)
{
    (void)min;
    for (size_t i = 0; i < n; i++, b += 110, scale += 16) {
        const unsigned char *mask = b, *qs = b + 32, *sc = b + 96;
        float d = sx_f16_f32(sx_load_u16(b + 108));
        for (int g = 0; g < 16; g++) {
            int low = g < 8 ? sc[g] & 15 : sc[g - 8] >> 4, high = sc[8 + g % 4] >> (g / 4 * 2) & 3;
            scale[g] = d * (float)((low | high << 4) - 32);
            const unsigned char *part = qs + g / 8 * 32 + g % 2 * 16, *bits = mask + g % 2 * 16;
            int shift = g % 8 / 2 * 2;
            for (int j = 0; j < 16; j++) *q++ = (int8_t)((part[j] >> shift & 3) - (bits[j] >> (g / 2) & 1 ? 0 : 4));
        }
    }
}

/* Eight 6-bit scales and minima in 12 bytes, shared by Q4_K and Q5_K. */
static void k_scales(const unsigned char *b, float *scale, float *min)
{
    float d = sx_f16_f32(sx_load_u16(b)), dmin = sx_f16_f32(sx_load_u16(b + 2));
    const unsigned char *s = b + 4;
    for (int g = 0; g < 8; g++) {
        int sc = g < 4 ? s[g] & 63 : (s[g + 4] & 15) | (s[g - 4] >> 6) << 4;
        int m = g < 4 ? s[g + 4] & 63 : s[g + 4] >> 4 | (s[g] >> 6) << 4;
        scale[g] = d * (float)sc;
        min[g] = -(dmin * (float)m);
    }
}

static void unpack_q4_k(const unsigned char *b, size_t n, int8_t *q, float *scale, float *min)
{
    for (size_t i = 0; i < n; i++, b += 144, scale += 8, min += 8) {
        k_scales(b, scale, min);
        for (const unsigned char *qs = b + 16; qs < b + 144; qs += 32, q += 64)
            for (int j = 0; j < 32; j++) {
                q[j] = (int8_t)(qs[j] & 15);
                q[j + 32] = (int8_t)(qs[j] >> 4);
            }
    }
}

static void unpack_q5_k(const unsigned char *b, size_t n, int8_t *q, float *scale, float *min)
{
    for (size_t i = 0; i < n; i++, b += 176, scale += 8, min += 8) {
        k_scales(b, scale, min);
        const unsigned char *qh = b + 16, *qs = b + 48;
        for (int part = 0; part < 4; part++, qs += 32, q += 64)
            for (int j = 0; j < 32; j++) {
                q[j] = (int8_t)((qs[j] & 15) | (qh[j] >> (2 * part) & 1) << 4);
                q[j + 32] = (int8_t)(qs[j] >> 4 | (qh[j] >> (2 * part + 1) & 1) << 4);
            }
    }
}

static void unpack_q6_k(const unsigned char *b, size_t n, int8_t *q, float *scale, float *min)
{
    (void)min;
    for (size_t i = 0; i < n; i++, b += 210, scale += 16) {
        float d = sx_f16_f32(sx_load_u16(b + 208));
        for (int g = 0; g < 16; g++) scale[g] = d * (float)(int8_t)b[192 + g];
        for (int half = 0; half < 2; half++, q += 128) {
            const unsigned char *low = b + half * 64, *high = b + 128 + half * 32;
            for (int j = 0; j < 32; j++) {
                q[j] = (int8_t)(((low[j] & 15) | (high[j] & 3) << 4) - 32);
                q[j + 32] = (int8_t)(((low[j + 32] & 15) | (high[j] >> 2 & 3) << 4) - 32);
                q[j + 64] = (int8_t)((low[j] >> 4 | (high[j] >> 4 & 3) << 4) - 32);
                q[j + 96] = (int8_t)((low[j + 32] >> 4 | (high[j] >> 6 & 3) << 4) - 32);
            }
        }
    }
}

static const int8_t iq4_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
static const int8_t fp4_values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12}; /* twice E2M1 */

static void look_up(const unsigned char *nibbles, const int8_t *values, int8_t *q)
{
    for (int j = 0; j < 16; j++) {
        q[j] = values[nibbles[j] & 15];
        q[j + 16] = values[nibbles[j] >> 4];
    }
}

static void unpack_iq4_nl(const unsigned char *b, size_t n, int8_t *q, float *scale, float *min)
{
    (void)min;
    for (size_t i = 0; i < n; i++, b += 18, q += 32) {
        scale[i] = sx_f16_f32(sx_load_u16(b));
        look_up(b + 2, iq4_values, q);
    }
}

static void unpack_iq4_xs(const unsigned char *b, size_t n, int8_t *q, float *scale, float *min)
{
    (void)min;
    for (size_t i = 0; i < n; i++, b += 136, scale += 8) {
        float d = sx_f16_f32(sx_load_u16(b));
        int high = sx_load_u16(b + 2);
        for (int g = 0; g < 8; g++, q += 32) {
            int sc = (b[4 + g / 2] >> (g % 2 * 4) & 15) | (high >> (2 * g) & 3) << 4;
            scale[g] = d * (float)(sc - 32);
            look_up(b + 8 + g * 16, iq4_values, q);
        }
    }
}

/* The scale is a bare exponent; it is halved because fp4_values are doubled. */
static void unpack_mxfp4(const unsigned char *b, size_t n, int8_t *q, float *scale, float *min)
{
    (void)min;
    for (size_t i = 0; i < n; i++, b += 17, q += 32) {
        scale[i] = sx_bits_f32(b[0] < 2 ? 0x00200000u << b[0] : (uint32_t)(b[0] - 1) << 23);
        look_up(b + 1, fp4_values, q);
    }
}

static const sx_quant quant_table[] = {
    {SX_TYPE_Q4_0, 32, 18, 32, false, unpack_q4_0},      {SX_TYPE_Q4_1, 32, 20, 32, true, unpack_q4_1},
    {SX_TYPE_Q5_0, 32, 22, 32, false, unpack_q5_0},      {SX_TYPE_Q5_1, 32, 24, 32, true, unpack_q5_1},
    {SX_TYPE_Q8_0, 32, 34, 32, false, unpack_q8_0},      {SX_TYPE_Q2_K, 256, 84, 16, true, unpack_q2_k},
    {SX_TYPE_Q3_K, 256, 110, 16, false, unpack_q3_k},    {SX_TYPE_Q4_K, 256, 144, 32, true, unpack_q4_k},
    {SX_TYPE_Q5_K, 256, 176, 32, true, unpack_q5_k},     {SX_TYPE_Q6_K, 256, 210, 16, false, unpack_q6_k},
    {SX_TYPE_IQ4_NL, 32, 18, 32, false, unpack_iq4_nl},  {SX_TYPE_IQ4_XS, 256, 136, 32, false, unpack_iq4_xs},
    {SX_TYPE_MXFP4, 32, 17, 32, false, unpack_mxfp4},
};

static const sx_quant *quant_of(uint32_t type)
{
    for (size_t i = 0; i < sizeof quant_table / sizeof quant_table[0]; i++)
        if (quant_table[i].type == type) return &quant_table[i];
    return NULL;
}

#endif
