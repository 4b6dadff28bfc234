/* The steps of attention in plain C. */
#include <math.h>

#include "engine/kernels/half.h"
#include "engine/kernels/kernels.h"
#include "engine/model/gguf.h"

static float softmax(float *s, float *max, float *sum)
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

static void weigh(float *acc, size_t lda, uint32_t n_rows, const float *p, uint32_t type, const void *v, size_t stride,
                  uint32_t n_keys, uint32_t dim)
{
    for (uint32_t i = 0; i < n_rows; i++)
        for (uint32_t j = 0; j < n_keys; j++) {
            const unsigned char *row = (const unsigned char *)v + j * stride;
            for (uint32_t d = 0; d < dim; d++) {
                float x = type == SX_TYPE_F32   ? sx_bits_f32(sx_load_u32(row + 4 * (size_t)d))
                          : type == SX_TYPE_F16 ? sx_f16_f32(sx_load_u16(row + 2 * (size_t)d))
                                                : sx_bf16_f32(sx_load_u16(row + 2 * (size_t)d));
                acc[i * lda + d] += p[i * SX_KEY_TILE + j] * x;
            }
        }
}

static void soft_cap(float *s, uint32_t n, float cap)
{
    for (uint32_t i = 0; i < n; i++) s[i] = cap * tanhf(s[i] / cap);
}

const sx_attention_ops sx_attention_ref = {softmax, weigh, soft_cap};
