/* Types of 32 elements per block with one half-precision scale, and the plain half types. Layouts: ggml-common.h of
 * github.com/ggml-org/ggml; low nibbles hold the first sixteen elements, high nibbles the others. */
#include <math.h>
#include <string.h>

#include "engine/quantise/fit.h"
#include "engine/quantise/parts.h"
#include "engine/kernels/half.h"

enum { N = 32 };

static void put_half(uint8_t *dst, float v)
{
    uint16_t h = sx_f32_f16(v);
    dst[0] = (uint8_t)h;
    dst[1] = (uint8_t)(h >> 8);
}

static void put_nibbles(uint8_t *dst, const uint8_t *q)
{
    for (int i = 0; i < N / 2; i++) dst[i] = (uint8_t)((q[i] & 15) | (q[i + N / 2] & 15) << 4);
}

static void put_fifth_bits(uint8_t *dst, const uint8_t *q)
{
    uint32_t bits = 0;
    for (int i = 0; i < N; i++) bits |= (uint32_t)(q[i] >> 4 & 1) << i;
    for (int i = 0; i < 4; i++) dst[i] = (uint8_t)(bits >> 8 * i);
}

void sx_quantise_q8_0(const float *x, const float *w, uint8_t *dst)
{
    (void)w; /* eight bits leave nothing to weigh */
    float peak = 0;
    for (int i = 0; i < N; i++) peak = fmaxf(peak, fabsf(x[i]));
    float d = peak / 127, inverse = d > 0 ? 1 / d : 0;
    put_half(dst, d);
    for (int i = 0; i < N; i++) dst[2 + i] = (uint8_t)(int8_t)lrintf(x[i] * inverse);
}

void sx_quantise_q4_0(const float *x, const float *w, uint8_t *dst)
{
    int8_t level[N];
    uint8_t q[N];
    put_half(dst, sx_fit_symmetric(N, x, w, -8, 7, level));
    for (int i = 0; i < N; i++) q[i] = (uint8_t)(level[i] + 8);
    put_nibbles(dst + 2, q);
}

void sx_quantise_q4_1(const float *x, const float *w, uint8_t *dst)
{
    uint8_t q[N];
    float min;
    put_half(dst, sx_fit_affine(N, x, w, 15, q, &min));
    put_half(dst + 2, -min);
    put_nibbles(dst + 4, q);
}

void sx_quantise_q5_0(const float *x, const float *w, uint8_t *dst)
{
    int8_t level[N];
    uint8_t q[N];
    put_half(dst, sx_fit_symmetric(N, x, w, -16, 15, level));
    for (int i = 0; i < N; i++) q[i] = (uint8_t)(level[i] + 16);
    put_fifth_bits(dst + 2, q);
    put_nibbles(dst + 6, q);
}

void sx_quantise_q5_1(const float *x, const float *w, uint8_t *dst)
{
    uint8_t q[N];
    float min;
    put_half(dst, sx_fit_affine(N, x, w, 31, q, &min));
    put_half(dst + 2, -min);
    put_fifth_bits(dst + 4, q);
    put_nibbles(dst + 8, q);
}

void sx_quantise_f16(const float *x, const float *w, uint8_t *dst)
{
    (void)w;
    put_half(dst, x[0]);
}

void sx_quantise_bf16(const float *x, const float *w, uint8_t *dst)
{
    (void)w;
    uint16_t h = sx_f32_bf16(x[0]);
    dst[0] = (uint8_t)h;
    dst[1] = (uint8_t)(h >> 8);
}

void sx_quantise_f32(const float *x, const float *w, uint8_t *dst)
{
    (void)w;
    memcpy(dst, x, sizeof *x);
}
