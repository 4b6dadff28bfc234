/* Queries and keys as blocks of 32 integers: what the forms of every level agree on, and the plain way to make them.
 *
 * A query row: dim rounded up to 32 bytes, then one float scale per block, then one int32 per block, -128 * the block's sum,
 * which undoes the 128 that keys carry. A panel of keys: per block 8 lines of SX_KEY_TILE groups of 4 bytes (number + 128),
 * one group per key, then SX_KEY_TILE float scales. */
#ifndef SX_ENGINE_ATTENTION_BLOCKS_H
#define SX_ENGINE_ATTENTION_BLOCKS_H

#include <math.h>

#include "engine/kernels/half.h"
#include "engine/kernels/kernels.h"
#include "engine/model/gguf.h"

enum { SX_KEY_BLOCK_FLOATS = 9 * SX_KEY_TILE };

static inline bool sx_key_blocks(uint32_t type)
{
    return type == SX_TYPE_Q8_0 || type == SX_TYPE_Q4_0;
}

static inline uint32_t sx_key_block_bytes(uint32_t type)
{
    return type == SX_TYPE_Q8_0 ? 34 : 18;
}

static inline uint32_t sx_key_block_count(uint32_t dim)
{
    return (dim + 31) / 32;
}

static inline float sx_query_scale(const float *q, uint32_t dim, uint32_t block)
{
    return q[(size_t)sx_key_block_count(dim) * 8 + block];
}

static inline int32_t sx_query_offset(const float *q, uint32_t dim, uint32_t block)
{
    int32_t offset;
    memcpy(&offset, q + (size_t)sx_key_block_count(dim) * 9 + block, sizeof offset);
    return offset;
}

static inline float sx_float_at(uint32_t type, const unsigned char *row, uint32_t i)
{
    if (type == SX_TYPE_F32) return sx_bits_f32(sx_load_u32(row + 4 * (size_t)i));
    return type == SX_TYPE_F16 ? sx_f16_f32(sx_load_u16(row + 2 * (size_t)i))
                               : sx_bf16_f32(sx_load_u16(row + 2 * (size_t)i));
}

static inline int sx_block_number(uint32_t type, const unsigned char *block, uint32_t at)
{
    return type == SX_TYPE_Q8_0 ? (signed char)block[2 + at] : (block[2 + at % 16] >> (at / 16 * 4) & 15) - 8;
}

static inline float sx_block_at(uint32_t type, const unsigned char *row, uint32_t i)
{
    const unsigned char *block = row + (size_t)i / 32 * sx_key_block_bytes(type);
    return sx_f16_f32(sx_load_u16(block)) * (float)sx_block_number(type, block, i % 32);
}

/* 10 floats for 32: sx_query_floats leaves room for a short last block. NaN becomes 0. */
static inline void sx_query_blocks(float *out, const float *q, float by, uint32_t dim)
{
    const uint32_t blocks = sx_key_block_count(dim);
    signed char *bytes = (signed char *)out;
    for (uint32_t b = 0; b < blocks; b++) {
        float x[32], peak = 0.0f;
        int32_t offset = 0;
        for (uint32_t i = 0; i < 32; i++) {
            x[i] = b * 32 + i < dim ? q[b * 32 + i] * by : 0.0f;
            peak = fabsf(x[i]) > peak ? fabsf(x[i]) : peak;
        }
        const float inverse = peak > 0.0f ? 127.0f / peak : 0.0f;
        for (uint32_t i = 0; i < 32; i++) {
            const float v = rintf(x[i] * inverse);
            bytes[b * 32 + i] = (signed char)(v >= 127.0f ? 127 : v > -127.0f ? (int)v : v <= -127.0f ? -127 : 0);
            offset -= 128 * bytes[b * 32 + i];
        }
        out[(size_t)blocks * 8 + b] = peak / 127.0f;
        memcpy(out + (size_t)blocks * 9 + b, &offset, sizeof offset);
    }
}

/* Keys from n_keys on are not read: they count as 0. */
static inline void sx_key_panel(uint32_t type, float *panel, const unsigned char *rows, size_t stride, uint32_t n_keys,
                                uint32_t dim)
{
    for (uint32_t b = 0; b < sx_key_block_count(dim); b++, panel += SX_KEY_BLOCK_FLOATS)
        for (uint32_t j = 0; j < SX_KEY_TILE; j++) {
            const unsigned char *block = rows + j * stride + (size_t)b * sx_key_block_bytes(type);
            for (uint32_t i = 0; i < 32; i++)
                ((unsigned char *)panel)[(i / 4 * SX_KEY_TILE + j) * 4 + i % 4] =
                    (unsigned char)(128 + (j < n_keys ? sx_block_number(type, block, i) : 0));
            panel[8 * SX_KEY_TILE + j] = j < n_keys ? sx_f16_f32(sx_load_u16(block)) : 0.0f;
        }
}

#endif
