/* Matrix times vectors in plain C: what the vector forms are tested against, and what other machines run. */
#include <math.h>

#include "engine/kernels/half.h"
#include "engine/kernels/kernels.h"
#include "engine/model/gguf.h"

enum { LANES = 8 }; /* partial sums per dot product, so that a compiler may use what vectors it has */

static float element(uint32_t type, const unsigned char *row, uint32_t i)
{
    if (type == SX_TYPE_F32) return sx_bits_f32(sx_load_u32(row + 4 * (size_t)i));
    uint16_t h = sx_load_u16(row + 2 * (size_t)i);
    return type == SX_TYPE_F16 ? sx_f16_f32(h) : sx_bf16_f32(h);
}

static float dot(uint32_t type, const unsigned char *row, const float *x, uint32_t k)
{
    float lane[LANES] = {0};
    for (uint32_t i = 0; i < k; i++) lane[i % LANES] += element(type, row, i) * x[i];
    for (int n = LANES / 2; n > 0; n /= 2)
        for (int i = 0; i < n; i++) lane[i] += lane[i + n];
    return lane[0];
}

static void floats(uint32_t type, const void *w, size_t stride, uint32_t n_rows, const float *x, size_t ldx,
                   uint32_t n_tok, uint32_t k, float *out, size_t ldo)
{
    for (uint32_t r = 0; r < n_rows; r++)
        for (uint32_t t = 0; t < n_tok; t++)
            out[t * ldo + r] = dot(type, (const unsigned char *)w + r * stride, x + t * ldx, k);
}

static float dot_block(const sx_quant *quant, const int8_t *q, const float *scale, const float *min, const sx_q8 *x,
                       size_t at /* element of x */, float sum)
{
    for (uint32_t g = 0; g < quant->block / quant->group; g++) {
        size_t from = at + (size_t)g * quant->group;
        int32_t s = 0;
        for (uint32_t j = 0; j < quant->group; j++) s += q[g * quant->group + j] * x->q[from + j];
        sum = fmaf((float)s, scale[g] * x->d[from / 32], sum);
        if (quant->mins) sum = fmaf(min[g], quant->group == 32 ? x->sum32[from / 32] : x->sum16[from / 16], sum);
    }
    return sum;
}

static void quants(const sx_quant *quant, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x, uint32_t n_tok,
                   uint32_t k, float *out, size_t ldo, void *scratch)
{
    int8_t q[256];
    float scale[16], min[16];
    (void)scratch;
    for (uint32_t r = 0; r < n_rows; r++) {
        const unsigned char *row = (const unsigned char *)w + r * stride;
        for (uint32_t t = 0; t < n_tok; t++) out[t * ldo + r] = 0.0f;
        for (uint32_t i = 0; i < k; i += quant->block, row += quant->block_bytes) {
            quant->unpack(row, 1, q, scale, min);
            for (uint32_t t = 0; t < n_tok; t++)
                out[t * ldo + r] = dot_block(quant, q, scale, min, x, (size_t)t * k + i, out[t * ldo + r]);
        }
    }
}

static size_t scratch_bytes(uint32_t n_tok)
{
    (void)n_tok;
    return 64;
}

static void to_q8(const float *x, uint32_t k, const sx_q8 *out, size_t token)
{
    for (uint32_t b = 0; b < k / 32; b++) {
        size_t at = token * (k / 32) + b;
        int8_t *q = out->q + token * k + b * 32;
        float max = 0.0f;
        for (uint32_t j = 0; j < 32; j++) max = fmaxf(max, fabsf(x[b * 32 + j]));
        float d = max / 127.0f, inverse = max > 0.0f ? 127.0f / max : 0.0f;
        int32_t sum[2] = {0, 0};
        for (uint32_t j = 0; j < 32; j++) {
            float v = rintf(x[b * 32 + j] * inverse);
            q[j] = (int8_t)(v > 127.0f ? 127.0f : v >= -127.0f ? v : v < 0.0f ? -127.0f : 0.0f); /* NaN: 0 */
            sum[j / 16] += q[j];
        }
        out->d[at] = d;
        for (size_t h = 0; h < 2; h++) {
            out->off16[2 * at + h] = -128 * sum[h];
            out->sum16[2 * at + h] = d * (float)sum[h];
        }
        out->off32[at] = -128 * (sum[0] + sum[1]);
        out->sum32[at] = d * (float)(sum[0] + sum[1]);
    }
}

const sx_matmul_ops sx_matmul_ref = {floats, quants, scratch_bytes, to_q8};
