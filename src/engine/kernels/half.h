/* Half-precision and bfloat16 numbers in plain C: used where no vector unit converts them, and for single values. */
#ifndef SX_ENGINE_HALF_H
#define SX_ENGINE_HALF_H

#include <stdint.h>
#include <string.h>

static inline float sx_bits_f32(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static inline uint32_t sx_f32_bits(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

static inline float sx_f16_f32(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, exp = (h >> 10) & 31, man = h & 0x3ff;
    if (exp == 31) return sx_bits_f32(sign | 0x7f800000 | man << 13);
    if (exp != 0) return sx_bits_f32(sign | (exp + 112) << 23 | man << 13);
    float tiny = (float)man * 0x1p-24f; /* subnormal: exact */
    return sx_bits_f32(sign | sx_f32_bits(tiny));
}

/* Rounds to nearest even, as the hardware does. */
static inline uint16_t sx_f32_f16(float f)
{
    uint32_t bits = sx_f32_bits(f), sign = bits >> 16 & 0x8000;
    bits &= 0x7fffffff;
    if (bits > 0x7f800000) return (uint16_t)(sign | 0x7e00 | (bits >> 13 & 0x3ff));
    if (bits >= 0x47800000) return (uint16_t)(sign | 0x7c00);
    if (bits < 0x38800000) { /* subnormal half: let float addition do the rounding */
        float scaled = sx_bits_f32(bits) + 0.5f;
        return (uint16_t)(sign | (sx_f32_bits(scaled) - 0x3f000000));
    }
    bits += 0xfff + (bits >> 13 & 1);
    return (uint16_t)(sign | (bits - 0x38000000) >> 13);
}

static inline float sx_bf16_f32(uint16_t h)
{
    return sx_bits_f32((uint32_t)h << 16);
}

static inline uint16_t sx_f32_bf16(float f)
{
    uint32_t bits = sx_f32_bits(f);
    if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40); /* NaN stays NaN */
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static inline uint16_t sx_load_u16(const void *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint32_t sx_load_u32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

#endif
