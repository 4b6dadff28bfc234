/* How rows of keys and values are kept, in plain C. Q8_0 and Q4_0 are blocks of 32 with one half-precision scale, as in
 * GGUF files (ggml-common.h of github.com/ggml-org/ggml); the scale is rounded before the numbers are divided by it, so that
 * no number pays for that twice. */
#include <math.h>

#include "engine/kernels/half.h"
#include "engine/kernels/kernels.h"
#include "engine/model/gguf.h"

enum { BLOCK = 32 };

/* Nearest whole number in low..high; NaN gives 0. */
static int whole(float v, float low, float high)
{
    v = rintf(v);
    return (int)(v > high ? high : v >= low ? v : v < low ? low : 0.0f);
}

static float put_scale(unsigned char *to, float d)
{
    uint16_t half = sx_f32_f16(d);
    memcpy(to, &half, sizeof half);
    d = sx_f16_f32(half);
    return d != 0.0f ? 1.0f / d : 0.0f;
}

/* The last block of a row may be short: what is missing counts as 0. */
static void pack_q8_0(unsigned char *to, const float *x, uint32_t n)
{
    float peak = 0.0f;
    for (uint32_t i = 0; i < n; i++) peak = fabsf(x[i]) > peak ? fabsf(x[i]) : peak;
    float inverse = put_scale(to, peak / 127.0f);
    for (uint32_t i = 0; i < BLOCK; i++)
        to[2 + i] = (unsigned char)(i < n ? whole(x[i] * inverse, -127.0f, 127.0f) : 0);
}

/* The number that is farthest from 0 becomes -8 exactly. */
static void pack_q4_0(unsigned char *to, const float *x, uint32_t n)
{
    float low = 0.0f, high = 0.0f;
    for (uint32_t i = 0; i < n; i++) {
        low = x[i] < low ? x[i] : low;
        high = x[i] > high ? x[i] : high;
    }
    float inverse = put_scale(to, (-low >= high ? low : high) / -8.0f + 0.0f);
    unsigned q[BLOCK];
    for (uint32_t i = 0; i < BLOCK; i++) q[i] = (unsigned)(8 + (i < n ? whole(x[i] * inverse, -8.0f, 7.0f) : 0));
    for (uint32_t i = 0; i < BLOCK / 2; i++) to[2 + i] = (unsigned char)(q[i] | q[i + BLOCK / 2] << 4);
}

static void pack(uint32_t type, void *row, const float *x, uint32_t n)
{
    unsigned char *to = row;
    if (type == SX_TYPE_F32) {
        memcpy(to, x, n * sizeof *x);
    } else if (type == SX_TYPE_Q8_0 || type == SX_TYPE_Q4_0) {
        for (uint32_t i = 0; i < n; i += BLOCK) {
            uint32_t part = n - i < BLOCK ? n - i : BLOCK;
            if (type == SX_TYPE_Q8_0)
                pack_q8_0(to + (size_t)i / BLOCK * 34, x + i, part);
            else
                pack_q4_0(to + (size_t)i / BLOCK * 18, x + i, part);
        }
    } else {
        for (uint32_t i = 0; i < n; i++) {
            uint16_t half = type == SX_TYPE_F16 ? sx_f32_f16(x[i]) : sx_f32_bf16(x[i]);
            memcpy(to + 2 * (size_t)i, &half, sizeof half);
        }
    }
}

static float element(uint32_t type, const unsigned char *row, uint32_t i)
{
    if (type == SX_TYPE_F32) return sx_bits_f32(sx_load_u32(row + 4 * (size_t)i));
    if (type == SX_TYPE_F16) return sx_f16_f32(sx_load_u16(row + 2 * (size_t)i));
    if (type == SX_TYPE_BF16) return sx_bf16_f32(sx_load_u16(row + 2 * (size_t)i));
    const unsigned char *block = row + (size_t)i / BLOCK * (type == SX_TYPE_Q8_0 ? 34 : 18);
    uint32_t at = i % BLOCK;
    int q = type == SX_TYPE_Q8_0 ? (signed char)block[2 + at] : (block[2 + at % 16] >> (at / 16 * 4) & 15) - 8;
    return sx_f16_f32(sx_load_u16(block)) * (float)q;
}

static void unpack(uint32_t type, float *out, size_t ldo, const void *rows, size_t stride, uint32_t n_rows, uint32_t n)
{
    for (uint32_t r = 0; r < n_rows; r++)
        for (uint32_t i = 0; i < n; i++) out[r * ldo + i] = element(type, (const unsigned char *)rows + r * stride, i);
}

const sx_cache_ops sx_cache_ref = {pack, unpack};
