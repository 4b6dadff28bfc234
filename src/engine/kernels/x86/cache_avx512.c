/* How rows of keys and values are kept, with AVX-512: the same bytes and numbers as the plain form. */
#include "engine/kernels/kernels.h"
#include "engine/kernels/x86/simd_avx512.h"

enum { BLOCK = 32 };

#define INLINE static inline __attribute__((always_inline))

INLINE float put_scale(unsigned char *to, float d)
{
    uint16_t half = _cvtss_sh(d, _MM_FROUND_TO_NEAREST_INT);
    __builtin_memcpy(to, &half, sizeof half);
    d = _cvtsh_ss(half);
    return d != 0.0f ? 1.0f / d : 0.0f;
}

INLINE __m512i whole(__m512 v, float inverse, int low, int high)
{
    v = _mm512_mul_ps(v, _mm512_set1_ps(inverse));
    __mmask16 number = _mm512_cmp_ps_mask(v, v, _CMP_ORD_Q);
    v = _mm512_min_ps(_mm512_max_ps(v, _mm512_set1_ps((float)low)), _mm512_set1_ps((float)high));
    return _mm512_maskz_cvtps_epi32(number, v);
}

/* max_ps and min_ps return their second operand when one is NaN: the bound comes second */
INLINE void pack_q8_0(unsigned char *to, __m512 a, __m512 b)
{
    __m512 peak = _mm512_max_ps(_mm512_abs_ps(a), _mm512_setzero_ps());
    peak = _mm512_max_ps(_mm512_abs_ps(b), peak);
    float inverse = put_scale(to, _mm512_reduce_max_ps(peak) / 127.0f);
    _mm_storeu_si128((__m128i *)(void *)(to + 2), _mm512_cvtepi32_epi8(whole(a, inverse, -127, 127)));
    _mm_storeu_si128((__m128i *)(void *)(to + 18), _mm512_cvtepi32_epi8(whole(b, inverse, -127, 127)));
}

INLINE void pack_q4_0(unsigned char *to, __m512 a, __m512 b)
{
    const __m512 zero = _mm512_setzero_ps();
    const __m512i eight = _mm512_set1_epi32(8);
    float low = _mm512_reduce_min_ps(_mm512_min_ps(b, _mm512_min_ps(a, zero)));
    float high = _mm512_reduce_max_ps(_mm512_max_ps(b, _mm512_max_ps(a, zero)));
    float inverse = put_scale(to, (-low >= high ? low : high) / -8.0f + 0.0f);
    __m512i lower = _mm512_add_epi32(whole(a, inverse, -8, 7), eight),
            upper = _mm512_add_epi32(whole(b, inverse, -8, 7), eight);
    __m512i both = _mm512_or_si512(lower, _mm512_slli_epi32(upper, 4));
    _mm_storeu_si128((__m128i *)(void *)(to + 2), _mm512_cvtepi32_epi8(both));
}

static void pack(uint32_t type, void *row, const float *x, uint32_t n)
{
    if (type != SX_TYPE_Q8_0 && type != SX_TYPE_Q4_0 && type != SX_TYPE_F16) {
        sx_cache_ref.pack(type, row, x, n);
        return;
    }
    unsigned char *to = row;
    for (uint32_t i = 0; i < n; i += BLOCK) {
        uint32_t part = n - i < BLOCK ? n - i : BLOCK;
        __mmask16 first = head_mask(part < 16 ? part : 16), second = head_mask(part < 16 ? 0 : part - 16);
        __m512 a = _mm512_maskz_loadu_ps(first, x + i), b = _mm512_maskz_loadu_ps(second, x + i + 16);
        if (type == SX_TYPE_Q8_0) {
            pack_q8_0(to + (size_t)i / BLOCK * 34, a, b);
        } else if (type == SX_TYPE_Q4_0) {
            pack_q4_0(to + (size_t)i / BLOCK * 18, a, b);
        } else {
            _mm256_mask_storeu_epi16(to + 2 * (size_t)i, first, _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT));
            _mm256_mask_storeu_epi16(to + 2 * (size_t)i + 32, second, _mm512_cvtps_ph(b, _MM_FROUND_TO_NEAREST_INT));
        }
    }
}

INLINE void unpack_block(uint32_t type, const unsigned char *block, __m512 *a, __m512 *b)
{
    uint16_t half;
    __builtin_memcpy(&half, block, sizeof half);
    const __m512 d = _mm512_set1_ps(_cvtsh_ss(half));
    __m128i low = _mm_loadu_si128((const __m128i *)(const void *)(block + 2)), high;
    if (type == SX_TYPE_Q8_0) {
        high = _mm_loadu_si128((const __m128i *)(const void *)(block + 18));
    } else {
        const __m128i nibble = _mm_set1_epi8(15), eight = _mm_set1_epi8(8);
        high = _mm_sub_epi8(_mm_and_si128(_mm_srli_epi16(low, 4), nibble), eight);
        low = _mm_sub_epi8(_mm_and_si128(low, nibble), eight);
    }
    *a = _mm512_mul_ps(d, _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(low)));
    *b = _mm512_mul_ps(d, _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(high)));
}

INLINE void unpack_rows(uint32_t type, uint32_t block_bytes, float *out, size_t ldo, const char *rows, size_t stride,
                        uint32_t n_rows, uint32_t n)
{
    for (uint32_t r = 0; r < n_rows; r++) {
        const unsigned char *block = (const unsigned char *)rows + r * stride;
        float *to = out + r * ldo;
        __m512 a, b;
        uint32_t i = 0;
        for (; i + BLOCK <= n; i += BLOCK, block += block_bytes) {
            unpack_block(type, block, &a, &b);
            _mm512_storeu_ps(to + i, a);
            _mm512_storeu_ps(to + i + 16, b);
        }
        if (i == n) continue;
        unpack_block(type, block, &a, &b);
        _mm512_mask_storeu_ps(to + i, head_mask(n - i < 16 ? n - i : 16), a);
        if (n - i > 16) _mm512_mask_storeu_ps(to + i + 16, head_mask(n - i - 16), b);
    }
}

INLINE void unpack_floats(uint32_t type, float *out, size_t ldo, const char *rows, size_t stride, uint32_t n_rows,
                          uint32_t n)
{
    for (uint32_t r = 0; r < n_rows; r++, rows += stride, out += ldo) {
        uint32_t i = 0;
        for (; i + 16 <= n; i += 16) _mm512_storeu_ps(out + i, load_whole(type, rows, i));
        if (i < n) _mm512_mask_storeu_ps(out + i, head_mask(n - i), load_lanes(type, rows, i, head_mask(n - i)));
    }
}

static void unpack(uint32_t type, float *out, size_t ldo, const void *rows, size_t stride, uint32_t n_rows, uint32_t n)
{
    if (type == SX_TYPE_Q8_0)
        unpack_rows(SX_TYPE_Q8_0, 34, out, ldo, rows, stride, n_rows, n);
    else if (type == SX_TYPE_Q4_0)
        unpack_rows(SX_TYPE_Q4_0, 18, out, ldo, rows, stride, n_rows, n);
    else if (type == SX_TYPE_F16)
        unpack_floats(SX_TYPE_F16, out, ldo, rows, stride, n_rows, n);
    else if (type == SX_TYPE_BF16)
        unpack_floats(SX_TYPE_BF16, out, ldo, rows, stride, n_rows, n);
    else
        sx_cache_ref.unpack(type, out, ldo, rows, stride, n_rows, n);
}

const sx_cache_ops sx_cache_avx512 = {pack, unpack};
