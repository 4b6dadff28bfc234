/* Rows of floats in plain C. */
#include <math.h>

#include "engine/kernels/half.h"
#include "engine/kernels/kernels.h"

static void rms_norm(float *out, const float *x, const float *weight, uint32_t n, float eps)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
    float scale = 1.0f / sqrtf((float)(sum / n) + eps);
    for (uint32_t i = 0; i < n; i++) out[i] = x[i] * scale * (weight ? weight[i] : 1.0f);
}

static void layer_norm(float *out, const float *x, const float *weight, const float *bias, uint32_t n, float eps)
{
    double sum = 0.0, squares = 0.0;
    for (uint32_t i = 0; i < n; i++) sum += (double)x[i];
    double mean = sum / n;
    for (uint32_t i = 0; i < n; i++) squares += ((double)x[i] - mean) * ((double)x[i] - mean);
    float scale = 1.0f / sqrtf((float)(squares / n) + eps), middle = (float)mean;
    for (uint32_t i = 0; i < n; i++)
        out[i] = (x[i] - middle) * scale * (weight ? weight[i] : 1.0f) + (bias ? bias[i] : 0.0f);
}

static void add(float *out, const float *a, const float *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) out[i] = a[i] + b[i];
}

static void add_scaled(float *out, const float *x, float scale, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) out[i] += scale * x[i];
}

static void scale_by(float *x, float scale, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) x[i] *= scale;
}

static void mul(float *out, const float *a, const float *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) out[i] = a[i] * b[i];
}

static void silu(float *x, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) x[i] = x[i] / (1.0f + expf(-x[i]));
}

/* 0.5 x (1 + tanh(u)) = x / (1 + exp(-2u)), u = sqrt(2/pi) (x + 0.044715 x^3) */
static void gelu(float *x, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        float u = 0.7978845608f * x[i] * (1.0f + 0.044715f * x[i] * x[i]);
        x[i] = x[i] / (1.0f + expf(-2.0f * u));
    }
}

static void rope_halves(float *x, const float *cosine, const float *sine, uint32_t n)
{
    for (uint32_t i = 0; i < n / 2; i++) {
        float a = x[i], b = x[i + n / 2];
        x[i] = a * cosine[i] - b * sine[i];
        x[i + n / 2] = a * sine[i] + b * cosine[i];
    }
}

static void rope_pairs(float *x, const float *cosine, const float *sine, uint32_t n)
{
    for (uint32_t i = 0; i < n / 2; i++) {
        float a = x[2 * i], b = x[2 * i + 1];
        x[2 * i] = a * cosine[i] - b * sine[i];
        x[2 * i + 1] = a * sine[i] + b * cosine[i];
    }
}

const sx_vector_ops sx_vector_ref = {rms_norm, layer_norm, add,  add_scaled,  scale_by,
                                     mul,      silu,       gelu, rope_halves, rope_pairs};
