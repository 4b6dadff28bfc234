/* Half-precision numbers as bits: IEEE 754 binary16 and bfloat16, rounded to nearest even. */
#ifndef SX_PLATFORM_HALF_H
#define SX_PLATFORM_HALF_H

#include <stdint.h>
#include <string.h>

static inline uint32_t sx_float_bits(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return u;
}

static inline float sx_bits_float(uint32_t u)
{
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

static inline float sx_f16_to_f32(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000u) << 16, exp = h >> 10 & 0x1fu, man = h & 0x3ffu;
    if (exp == 0x1f) return sx_bits_float(sign | 0x7f800000u | man << 13);
    if (exp == 0) { /* subnormal: man * 2^-24 is exact in float */
        float f = (float)man * 5.9604644775390625e-8f;
        return sign ? -f : f;
    }
    return sx_bits_float(sign | (exp + 112) << 23 | man << 13);
}

static inline uint16_t sx_f32_to_f16(float f)
{
    uint32_t u = sx_float_bits(f), sign = u >> 16 & 0x8000u;
    u &= 0x7fffffffu;
    if (u > 0x7f800000u) return (uint16_t)(sign | 0x7e00u);  /* NaN */
    if (u >= 0x477ff000u) return (uint16_t)(sign | 0x7c00u); /* rounds beyond 65504 */
    if (u < 0x38800000u) { /* subnormal: let float addition round to a multiple of 2^-24 */
        float scaled = sx_bits_float(u) + 0.5f;
        return (uint16_t)(sign | (sx_float_bits(scaled) - 0x3f000000u));
    }
    uint32_t odd = u >> 13 & 1u;
    return (uint16_t)(sign | (u - 0x38000000u + 0xfffu + odd) >> 13);
}

static inline float sx_bf16_to_f32(uint16_t h)
{
    return sx_bits_float((uint32_t)h << 16);
}

static inline uint16_t sx_f32_to_bf16(float f)
{
    uint32_t u = sx_float_bits(f);
    if ((u & 0x7fffffffu) > 0x7f800000u) return (uint16_t)(u >> 16 | 0x40u); /* NaN stays NaN */
    return (uint16_t)((u + 0x7fffu + (u >> 16 & 1u)) >> 16);
}

#endif
