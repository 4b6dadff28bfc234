#include "engine/quantise/fit.h"

#include <math.h>
#include <string.h>

enum { CANDIDATES = 9 };

static int clamp_round(float v, int lo, int hi)
{
    int q = (int)lrintf(v);
    return q < lo ? lo : q > hi ? hi : q;
}

float sx_fit_symmetric(uint32_t n, const float *x, const float *w, int lo, int hi, int8_t *level)
{
    float peak = 0;
    for (uint32_t i = 0; i < n; i++)
        if (fabsf(x[i]) > fabsf(peak)) peak = x[i];
    memset(level, 0, (size_t)n);
    if (!(fabsf(peak) > 1e-30f)) return 0;
    float best_gain = -1, best_d = 0;
    for (int c = -CANDIDATES; c <= CANDIDATES; c++) {
        /* the largest magnitude goes to `lo`, the longer end of the range */
        float inverse = ((float)lo - 0.1f * (float)c) / peak;
        float xq = 0, qq = 0;
        for (uint32_t i = 0; i < n; i++) {
            float q = (float)clamp_round(x[i] * inverse, lo, hi);
            xq += w[i] * x[i] * q;
            qq += w[i] * q * q;
        }
        if (!(qq > 0) || xq * xq <= best_gain * qq) continue; /* error = sum w x^2 - xq^2 / qq */
        best_gain = xq * xq / qq;
        best_d = xq / qq;
        for (uint32_t i = 0; i < n; i++) level[i] = (int8_t)clamp_round(x[i] * inverse, lo, hi);
    }
    return best_d;
}

/* Least squares for x ~ d q - m given q; false when it has no sensible solution. */
static int refit(uint32_t n, const float *x, const float *w, const uint8_t *q, float *d, float *m)
{
    double sw = 0, sq = 0, sqq = 0, sx = 0, sxq = 0;
    for (uint32_t i = 0; i < n; i++) {
        sw += (double)w[i];
        sq += (double)w[i] * q[i];
        sqq += (double)w[i] * q[i] * q[i];
        sx += (double)w[i] * (double)x[i];
        sxq += (double)w[i] * (double)x[i] * q[i];
    }
    double det = sw * sqq - sq * sq;
    if (det <= 0) return 0;
    double slope = (sw * sxq - sq * sx) / det, shift = (sqq * sx - sq * sxq) / det;
    if (shift > 0) { /* the offset may only subtract */
        shift = 0;
        slope = sqq > 0 ? sxq / sqq : 0;
    }
    *d = (float)slope;
    *m = (float)-shift;
    return slope > 0;
}

static float error_of(uint32_t n, const float *x, const float *w, const uint8_t *q, float d, float m)
{
    float sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        float diff = d * (float)q[i] - m - x[i];
        sum += w[i] * diff * diff;
    }
    return sum;
}

float sx_fit_affine(uint32_t n, const float *x, const float *w, int hi, uint8_t *level, float *min)
{
    float lowest = 0, highest = x[0];
    for (uint32_t i = 0; i < n; i++) {
        if (x[i] < lowest) lowest = x[i];
        if (x[i] > highest) highest = x[i];
    }
    memset(level, 0, (size_t)n);
    *min = -lowest;
    if (!(highest - lowest > 1e-30f)) return 0;
    /* the plain scale is where the search begins: a flat row has no least-squares solution of its own */
    uint8_t tried[256];
    float best_d = (highest - lowest) / (float)hi;
    for (uint32_t i = 0; i < n; i++) level[i] = (uint8_t)clamp_round((x[i] - lowest) / best_d, 0, hi);
    float best = error_of(n, x, w, level, best_d, *min);
    for (int c = -CANDIDATES; c <= 2 * CANDIDATES; c++) {
        float inverse = ((float)hi + 0.1f * (float)c) / (highest - lowest), d, m;
        for (uint32_t i = 0; i < n; i++) tried[i] = (uint8_t)clamp_round((x[i] - lowest) * inverse, 0, hi);
        if (!refit(n, x, w, tried, &d, &m)) continue;
        float error = error_of(n, x, w, tried, d, m);
        if (!(error < best)) continue;
        best = error;
        best_d = d;
        *min = m;
        memcpy(level, tried, (size_t)n);
    }
    return best_d;
}
