/* How rows of keys and values are kept, with AVX2: the same bytes and numbers as the plain form. */
#include "engine/kernels/kernels.h"
#include "engine/kernels/x86/simd_avx2.h"

enum { BLOCK = 32 };

#define INLINE static inline __attribute__((always_inline))

INLINE float put_scale(unsigned char *to, float d)
{
    uint16_t half = _cvtss_sh(d, _MM_FROUND_TO_NEAREST_INT);
    memcpy(to, &half, sizeof half);
    d = _cvtsh_ss(half);
    return d != 0.0f ? 1.0f / d : 0.0f;
}

INLINE __m256i whole(__m256 v, float inverse, int low, int high)
{
    v = _mm256_mul_ps(v, _mm256_set1_ps(inverse));
    __m256i number = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_ORD_Q));
    v = _mm256_min_ps(_mm256_max_ps(v, _mm256_set1_ps((float)low)), _mm256_set1_ps((float)high));
    return _mm256_and_si256(_mm256_cvtps_epi32(v), number);
}

/* 32 whole numbers as signed bytes, in order */
INLINE __m256i to_bytes(const __m256i v[4])
{
    __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(v[0], v[1]), _mm256_packs_epi32(v[2], v[3]));
    return _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

/* max_ps and min_ps return their second operand when one is NaN: the bound comes second */
INLINE void pack_q8_0(unsigned char *to, const __m256 x[4])
{
    const __m256 abs_bits = _mm256_castsi256_ps(_mm256_set1_epi32(0x7fffffff));
    __m256 peak = _mm256_setzero_ps();
    for (int i = 0; i < 4; i++) peak = _mm256_max_ps(_mm256_and_ps(x[i], abs_bits), peak);
    float inverse = put_scale(to, max_lane(peak) / 127.0f);
    __m256i q[4];
    for (int i = 0; i < 4; i++) q[i] = whole(x[i], inverse, -127, 127);
    _mm256_storeu_si256((__m256i *)(void *)(to + 2), to_bytes(q));
}

INLINE void pack_q4_0(unsigned char *to, const __m256 x[4])
{
    __m256 down = _mm256_setzero_ps(),
           up = _mm256_setzero_ps(); /* the lowest number with its sign turned; the highest */
    for (int i = 0; i < 4; i++) {
        down = _mm256_max_ps(_mm256_xor_ps(x[i], _mm256_set1_ps(-0.0f)), down);
        up = _mm256_max_ps(x[i], up);
    }
    float low = -max_lane(down), high = max_lane(up);
    float inverse = put_scale(to, (-low >= high ? low : high) / -8.0f + 0.0f);
    __m256i q[4];
    for (int i = 0; i < 4; i++) q[i] = _mm256_add_epi32(whole(x[i], inverse, -8, 7), _mm256_set1_epi32(8));
    __m256i bytes = to_bytes(q);
    __m128i lower = _mm256_castsi256_si128(bytes), upper = _mm256_extracti128_si256(bytes, 1);
    _mm_storeu_si128((__m128i *)(void *)(to + 2), _mm_or_si128(lower, _mm_slli_epi16(upper, 4)));
}

static void pack(uint32_t type, void *row, const float *x, uint32_t n)
{
    if (type != SX_TYPE_Q8_0 && type != SX_TYPE_Q4_0 && type != SX_TYPE_F16) {
        sx_cache_ref.pack(type, row, x, n);
        return;
    }
    unsigned char *to = row;
    for (uint32_t i = 0; i < n; i += BLOCK) {
        __m256 v[4];
        for (uint32_t j = 0; j < 4; j++)
            v[j] = i + 8 * j < n ? get_part(x + i + 8 * j, n - i - 8 * j) : _mm256_setzero_ps();
        if (type == SX_TYPE_Q8_0) {
            pack_q8_0(to + (size_t)i / BLOCK * 34, v);
        } else if (type == SX_TYPE_Q4_0) {
            pack_q4_0(to + (size_t)i / BLOCK * 18, v);
        } else {
            for (uint32_t j = 0; j < 4 && i + 8 * j < n; j++) {
                __m128i h = _mm256_cvtps_ph(v[j], _MM_FROUND_TO_NEAREST_INT);
                uint32_t left = n - i - 8 * j;
                memcpy(to + 2 * (size_t)(i + 8 * j), &h, (left < 8 ? left : 8) * sizeof(uint16_t));
            }
        }
    }
}

INLINE void unpack_block(uint32_t type, const unsigned char *block, __m256 v[4])
{
    uint16_t half;
    memcpy(&half, block, sizeof half);
    const __m256 d = _mm256_set1_ps(_cvtsh_ss(half));
    __m128i low = _mm_loadu_si128((const __m128i *)(const void *)(block + 2)), high;
    if (type == SX_TYPE_Q8_0) {
        high = _mm_loadu_si128((const __m128i *)(const void *)(block + 18));
    } else {
        const __m128i nibble = _mm_set1_epi8(15), eight = _mm_set1_epi8(8);
        high = _mm_sub_epi8(_mm_and_si128(_mm_srli_epi16(low, 4), nibble), eight);
        low = _mm_sub_epi8(_mm_and_si128(low, nibble), eight);
    }
    v[0] = _mm256_mul_ps(d, _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(low)));
    v[1] = _mm256_mul_ps(d, _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(low, 8))));
    v[2] = _mm256_mul_ps(d, _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(high)));
    v[3] = _mm256_mul_ps(d, _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(high, 8))));
}

INLINE void unpack_rows(uint32_t type, uint32_t block_bytes, float *out, size_t ldo, const char *rows, size_t stride,
                        uint32_t n_rows, uint32_t n)
{
    for (uint32_t r = 0; r < n_rows; r++) {
        const unsigned char *block = (const unsigned char *)rows + r * stride;
        float *to = out + r * ldo;
        for (uint32_t i = 0; i < n; i += BLOCK, block += block_bytes) {
            __m256 v[4];
            unpack_block(type, block, v);
            for (uint32_t j = 0; j < 4 && i + 8 * j < n; j++) put_part(to + i + 8 * j, v[j], n - i - 8 * j);
        }
    }
}

INLINE void unpack_floats(uint32_t type, float *out, size_t ldo, const char *rows, size_t stride, uint32_t n_rows,
                          uint32_t n)
{
    for (uint32_t r = 0; r < n_rows; r++, rows += stride, out += ldo)
        for (uint32_t i = 0; i < n; i += 8) put_part(out + i, load_lanes(type, rows, i, n - i), n - i);
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

const sx_cache_ops sx_cache_avx2 = {pack, unpack};
