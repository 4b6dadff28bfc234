/* Types of 256 elements per block whose scales are themselves quantised. Layouts: ggml-common.h of
 * github.com/ggml-org/ggml. */
#include <math.h>
#include <string.h>

#include "engine/quantise/fit.h"
#include "engine/quantise/parts.h"
#include "engine/kernels/half.h"

enum { N = 256, SUB = 32, SUBS = N / SUB };

static void put_half(uint8_t *dst, uint16_t h)
{
    dst[0] = (uint8_t)h;
    dst[1] = (uint8_t)(h >> 8);
}

static uint8_t round_to(float v, int hi)
{
    int q = (int)lrintf(v);
    return (uint8_t)(q < 0 ? 0 : q > hi ? hi : q);
}

/* Six-bit scales s and minima m of eight sub-blocks in twelve bytes: the first four of each whole in bytes 0-7 (low six
 * bits), the last four split between bytes 8-11 (nibbles) and the top two bits of bytes 0-7. */
static void put_scales(uint8_t *dst, const uint8_t *s, const uint8_t *m)
{
    for (int i = 0; i < 4; i++) {
        dst[i] = (uint8_t)(s[i] | (s[i + 4] >> 4) << 6);
        dst[i + 4] = (uint8_t)(m[i] | (m[i + 4] >> 4) << 6);
        dst[i + 8] = (uint8_t)((s[i + 4] & 15) | (m[i + 4] & 15) << 4);
    }
}

/* Fits eight affine sub-blocks with levels 0..hi, quantises their scales and minima, and requantises the levels under the
 * scales that will really be used. Writes d, dmin and scales (16 bytes). */
static void affine_superblock(const float *x, const float *w, int hi, uint8_t *head, uint8_t level[N])
{
    float d[SUBS], m[SUBS], top_d = 0, top_m = 0;
    for (int s = 0; s < SUBS; s++) {
        d[s] = sx_fit_affine(SUB, x + s * SUB, w + s * SUB, hi, level + s * SUB, &m[s]);
        top_d = fmaxf(top_d, d[s]);
        top_m = fmaxf(top_m, m[s]);
    }
    uint16_t hd = sx_f32_f16(top_d / 63), hm = sx_f32_f16(top_m / 63);
    float unit_d = sx_f16_f32(hd), unit_m = sx_f16_f32(hm);
    uint8_t qd[SUBS], qm[SUBS];
    for (int s = 0; s < SUBS; s++) {
        qd[s] = unit_d > 0 ? round_to(d[s] / unit_d, 63) : 0;
        qm[s] = unit_m > 0 ? round_to(m[s] / unit_m, 63) : 0;
        float step = unit_d * (float)qd[s], min = unit_m * (float)qm[s];
        for (int i = s * SUB; i < (s + 1) * SUB; i++) level[i] = step > 0 ? round_to((x[i] + min) / step, hi) : 0;
    }
    put_half(head, hd);
    put_half(head + 2, hm);
    put_scales(head + 4, qd, qm);
}

/* Nibbles in groups of 64: the low ones hold the first 32 elements, the high ones the next 32. */
static void put_nibbles(uint8_t *dst, const uint8_t *level)
{
    for (int g = 0; g < N / 64; g++)
        for (int i = 0; i < 32; i++)
            dst[g * 32 + i] = (uint8_t)((level[g * 64 + i] & 15) | (level[g * 64 + 32 + i] & 15) << 4);
}

void sx_quantise_q4_k(const float *x, const float *w, uint8_t *dst)
{
    uint8_t level[N];
    affine_superblock(x, w, 15, dst, level);
    put_nibbles(dst + 16, level);
}

void sx_quantise_q5_k(const float *x, const float *w, uint8_t *dst)
{
    uint8_t level[N];
    affine_superblock(x, w, 31, dst, level);
    uint8_t *high = dst + 16;
    memset(high, 0, 32);
    for (int i = 0; i < N; i++) high[i % 32] |= (uint8_t)((level[i] >> 4 & 1) << i / 32);
    put_nibbles(dst + 48, level);
}

/* Sixteen symmetric sub-blocks of 16 with eight-bit scales and six-bit levels: four low bits and two high bits apart. */
void sx_quantise_q6_k(const float *x, const float *w, uint8_t *dst)
{
    enum { SMALL = 16, SMALLS = N / SMALL };
    int8_t level[N];
    float d[SMALLS], peak = 0;
    for (int s = 0; s < SMALLS; s++) {
        d[s] = sx_fit_symmetric(SMALL, x + s * SMALL, w + s * SMALL, -32, 31, level + s * SMALL);
        if (fabsf(d[s]) > fabsf(peak)) peak = d[s];
    }
    uint16_t h = sx_f32_f16(peak / -128);
    float unit = sx_f16_f32(h);
    int8_t *scales = (int8_t *)dst + 192;
    for (int s = 0; s < SMALLS; s++) {
        int q = unit != 0 ? (int)lrintf(d[s] / unit) : 0;
        scales[s] = (int8_t)(q < -128 ? -128 : q > 127 ? 127 : q);
        float step = unit * (float)scales[s];
        for (int i = s * SMALL; i < (s + 1) * SMALL; i++) {
            int l = step != 0 ? (int)lrintf(x[i] / step) : 0;
            level[i] = (int8_t)(l < -32 ? -32 : l > 31 ? 31 : l);
        }
    }
    memset(dst, 0, 192);
    for (int i = 0; i < N; i++) {
        int half = i / 128, row = i % 128 / 32, col = i % 32;
        unsigned v = (unsigned)(level[i] + 32);
        dst[half * 64 + (row & 1) * 32 + col] |= (uint8_t)((v & 15) << (row >= 2 ? 4 : 0));
        dst[128 + half * 32 + col] |= (uint8_t)((v >> 4) << 2 * row);
    }
    put_half(dst + 208, h);
}
