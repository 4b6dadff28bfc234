/* The steps of attention in plain C. Keys that are kept as integers meet queries as integers: both in blocks of 32 with one
 * scale, so that a block's sum is exact and its order free. */
#include <math.h>

#include "engine/kernels/attention_blocks.h"
#include "engine/kernels/half.h"
#include "engine/kernels/kernels.h"
#include "engine/model/gguf.h"

static void query(uint32_t type, float *out, const float *q, float scale, uint32_t dim)
{
    if (sx_key_blocks(type))
        sx_query_blocks(out, q, scale, dim);
    else
        for (uint32_t i = 0; i < dim; i++) out[i] = q[i] * scale;
}

static void keys(uint32_t type, float *panel, const void *rows, size_t stride, uint32_t n_keys, uint32_t dim,
                 const sx_wanted *wanted)
{
    (void)wanted;
    const unsigned char *row = rows;
    if (sx_key_blocks(type)) {
        sx_key_panel(type, panel, row, stride, n_keys, dim);
        return;
    }
    for (uint32_t j = 0; j < SX_KEY_TILE; j++)
        for (uint32_t d = 0; d < dim; d++)
            panel[(size_t)d * SX_KEY_TILE + j] = j < n_keys ? sx_float_at(type, row + j * stride, d) : 0.0f;
}

static void block_scores(float *s, const float *q, const float *panel, uint32_t dim)
{
    const uint32_t blocks = sx_key_block_count(dim);
    const unsigned char *bytes = (const unsigned char *)q;
    for (uint32_t j = 0; j < SX_KEY_TILE; j++) {
        float total = 0.0f;
        for (uint32_t b = 0; b < blocks; b++) {
            const float *block = panel + (size_t)b * SX_KEY_BLOCK_FLOATS;
            int32_t sum = 0;
            for (uint32_t i = 0; i < 32; i++) {
                unsigned char k = ((const unsigned char *)block)[(i / 4 * SX_KEY_TILE + j) * 4 + i % 4];
                sum += ((int32_t)k - 128) * (signed char)bytes[b * 32 + i];
            }
            total = fmaf((float)sum, sx_query_scale(q, dim, b) * block[8 * SX_KEY_TILE + j], total);
        }
        s[j] = total;
    }
}

static void scores(uint32_t type, float *s, const float *q, size_t ldq, uint32_t n_rows, const float *panel,
                   uint32_t dim, const sx_wanted *wanted)
{
    (void)wanted;
    for (uint32_t i = 0; i < n_rows; i++, s += SX_KEY_TILE, q += ldq) {
        if (sx_key_blocks(type)) {
            block_scores(s, q, panel, dim);
            continue;
        }
        memset(s, 0, SX_KEY_TILE * sizeof *s);
        for (uint32_t d = 0; d < dim; d++)
            for (uint32_t j = 0; j < SX_KEY_TILE; j++) s[j] += q[d] * panel[(size_t)d * SX_KEY_TILE + j];
    }
}

static float softmax_row(float *s, float *max, float *sum)
{
    float before = *max, top = before, total = 0.0f;
    for (int j = 0; j < SX_KEY_TILE; j++) top = s[j] > top ? s[j] : top;
    if (top == -INFINITY) { /* nothing to see */
        memset(s, 0, SX_KEY_TILE * sizeof *s);
        return 1.0f;
    }
    for (int j = 0; j < SX_KEY_TILE; j++) {
        s[j] = expf(s[j] - top);
        total += s[j];
    }
    float keep = expf(before - top);
    *max = top;
    *sum = *sum * keep + total;
    return keep;
}

static void softmax(float *s, uint32_t n_rows, float *max, float *sum, float *keep)
{
    for (uint32_t i = 0; i < n_rows; i++) keep[i] = softmax_row(s + (size_t)i * SX_KEY_TILE, max + i, sum + i);
}

static void weigh(float *acc, size_t lda, uint32_t n_rows, const float *keep, const float *p, uint32_t type,
                  const void *v, size_t stride, uint32_t n_keys, uint32_t dim, const sx_wanted *wanted)
{
    (void)wanted;
    for (uint32_t i = 0; i < n_rows; i++) {
        float *to = acc + i * lda;
        for (uint32_t d = 0; d < dim; d++) to[d] *= keep[i];
        for (uint32_t j = 0; j < n_keys; j++) {
            const unsigned char *row = (const unsigned char *)v + j * stride;
            for (uint32_t d = 0; d < dim; d++)
                to[d] += p[(size_t)i * SX_KEY_TILE + j] *
                         (sx_key_blocks(type) ? sx_block_at(type, row, d) : sx_float_at(type, row, d));
        }
    }
}

static void soft_cap(float *s, uint32_t n, float cap)
{
    for (uint32_t i = 0; i < n; i++) s[i] = cap * tanhf(s[i] / cap);
}

const sx_attention_ops sx_attention_ref = {query, keys, scores, softmax, weigh, soft_cap};
