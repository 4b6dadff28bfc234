/* Rows of Q6_K times one token with AVX-512 VNNI. Its numbers lie badly for columns_avx512.c, so rows are taken one after the
 * other as they lie: the 16 groups of a block become 16 exact integer sums with their scales, and only when 16 rows are
 * through are the sums turned round, so that a lane is a row, and added up in the order of k. The bits are those of
 * quants_avx512.c. */
#include "engine/kernels/x86/rows_avx512.h"

#include <immintrin.h>
#include <string.h>

#include "engine/kernels/x86/ask.h"
#include "engine/model/gguf.h"

#define INLINE static inline __attribute__((always_inline))

enum {
    ROWS = 16,         /* taken together */
    GROUPS = 16,       /* of a block */
    GROUPS_MAX = 1024, /* of a row */
    BLOCK = 210,       /* bytes */
    AHEAD = 8192       /* bytes: two pages, since what follows a page begins anew */
};

typedef struct sums { /* [ROWS][groups] */
    float dot[ROWS * GROUPS_MAX], scale[ROWS * GROUPS_MAX];
} sums;

/* [a, b] summed in pairs of dwords: per 128 bits a02 b02 a13 b13. */
INLINE __m512i fold32(__m512i a, __m512i b)
{
    return _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
}

INLINE __m512i fold64(__m512i a, __m512i b)
{
    return _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
}

/* The sums of the 16 parts of 128 bits, in order. */
INLINE __m512i sum_quarters(const __m512i a[4])
{
    return _mm512_permutexvar_epi32(_mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0),
                                    fold64(fold32(a[0], a[1]), fold32(a[2], a[3])));
}

/* Sums of one block's groups and the groups' scales. */
INLINE void q6_k_block(const unsigned char *w, const int8_t *q, __m512i *sum, __m512 *scale)
{
    const __m512i low = _mm512_set1_epi8(15), two = _mm512_set1_epi8(0x30);
    const __m512i left = _mm512_inserti64x4(_mm512_set1_epi16(4), _mm256_set1_epi16(2), 1),
                  right = _mm512_inserti64x4(_mm512_setzero_si512(), _mm256_set1_epi16(2), 1);
    __m512i a[4];
#pragma GCC unroll 2
    for (int h = 0; h < 2; h++) {
        const __m512i v = _mm512_loadu_si512(w + 64 * h), bits = _mm512_broadcast_i64x4(_mm256_loadu_si256(
                                                              (const __m256i *)(const void *)(w + 128 + 32 * h)));
        const __m512i x = _mm512_or_si512(_mm512_and_si512(v, low),
                                          _mm512_and_si512(_mm512_sllv_epi16(bits, left), two)),
                      y = _mm512_or_si512(_mm512_and_si512(_mm512_srli_epi16(v, 4), low),
                                          _mm512_and_si512(_mm512_srlv_epi16(bits, right), two));
        a[2 * h] = _mm512_dpbusd_epi32(_mm512_setzero_si512(), x, _mm512_loadu_si512(q + 128 * h));
        a[2 * h + 1] = _mm512_dpbusd_epi32(_mm512_setzero_si512(), y, _mm512_loadu_si512(q + 128 * h + 64));
    }
    short d;
    memcpy(&d, w + 208, sizeof d);
    *sum = sum_quarters(a);
    *scale = _mm512_mul_ps(
        _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(const void *)(w + 192)))),
        _mm512_cvtph_ps(_mm256_set1_epi16(d)));
}

/* 16 columns of 16 rows, `stride` apart, as rows. */
INLINE void turn(const float *from, size_t stride, __m512 to[16])
{
    __m512 a[16];
#pragma GCC unroll 16
    for (size_t i = 0; i < 16; i++) a[i] = _mm512_loadu_ps(from + i * stride);
#pragma GCC unroll 8
    for (size_t i = 0; i < 16; i += 2) {
        to[i] = _mm512_unpacklo_ps(a[i], a[i + 1]);
        to[i + 1] = _mm512_unpackhi_ps(a[i], a[i + 1]);
    }
#pragma GCC unroll 4
    for (size_t i = 0; i < 16; i += 4) {
        a[i] = _mm512_shuffle_ps(to[i], to[i + 2], 0x44);
        a[i + 1] = _mm512_shuffle_ps(to[i], to[i + 2], 0xee);
        a[i + 2] = _mm512_shuffle_ps(to[i + 1], to[i + 3], 0x44);
        a[i + 3] = _mm512_shuffle_ps(to[i + 1], to[i + 3], 0xee);
    }
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; i++) {
        const __m512 low = _mm512_shuffle_f32x4(a[i], a[i + 4], 0x88),
                     high = _mm512_shuffle_f32x4(a[i], a[i + 4], 0xdd);
        const __m512 low2 = _mm512_shuffle_f32x4(a[i + 8], a[i + 12], 0x88),
                     high2 = _mm512_shuffle_f32x4(a[i + 8], a[i + 12], 0xdd);
        to[i] = _mm512_shuffle_f32x4(low, low2, 0x88);
        to[i + 8] = _mm512_shuffle_f32x4(low, low2, 0xdd);
        to[i + 4] = _mm512_shuffle_f32x4(high, high2, 0x88);
        to[i + 12] = _mm512_shuffle_f32x4(high, high2, 0xdd);
    }
}

/* The sums of all groups of 16 rows that lie one behind the other. */
INLINE void walk(const unsigned char *w, const sx_q8 *x, size_t blocks, sums *s)
{
    const __m512i twice = _mm512_set_epi32(7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0, 0);
    const bool second = ask_second();
    size_t at = 0;
    for (size_t row = 0; row < ROWS; row++)
        for (size_t b = 0; b < blocks; b++, w += BLOCK, at += GROUPS) {
            __m512i sum;
            __m512 scale;
            ask_bytes((const char *)w + AHEAD, BLOCK, second);
            q6_k_block(w, x->q + b * 256, &sum, &scale);
            /* the values are stored with 32 added, and what 128 makes of a sum stands in off */
            sum = _mm512_add_epi32(sum, _mm512_srai_epi32(_mm512_loadu_si512(x->off16 + b * GROUPS), 2));
            const __m512 d = _mm512_permutexvar_ps(twice, _mm512_castps256_ps512(_mm256_loadu_ps(x->d + b * 8)));
            _mm512_storeu_ps(s->dot + at, _mm512_cvtepi32_ps(sum));
            _mm512_storeu_ps(s->scale + at, _mm512_mul_ps(scale, d));
        }
}

/* The rows' results: their groups in order. Memory goes on with the weights from `ahead` on. */
INLINE __m512 add_up(const sums *s, size_t groups, const char *ahead)
{
    const bool second = ask_second();
    __m512 f = _mm512_setzero_ps(), dots[GROUPS], scale[GROUPS];
    for (size_t g = 0; g < groups; g += GROUPS) {
#pragma GCC unroll 16
        for (size_t i = 0; i < GROUPS; i++) ask_line(ahead + 64 * (g + i), second);
        turn(s->dot + g, groups, dots);
        turn(s->scale + g, groups, scale);
#pragma GCC unroll 16
        for (size_t i = 0; i < GROUPS; i++) f = _mm512_fmadd_ps(dots[i], scale[i], f);
    }
    return f;
}

bool sx_rows_take_avx512(const sx_quant *quant, size_t stride, uint32_t n_rows, uint32_t k)
{
    return quant->type == SX_TYPE_Q6_K && n_rows >= ROWS && k / GROUPS <= GROUPS_MAX && stride == k / 256 * BLOCK;
}

size_t sx_rows_scratch_avx512(void)
{
    return sizeof(sums);
}

/* The last 16 rows may have some in common with those before them. */
void sx_rows_avx512(const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x, uint32_t k, float *out,
                    void *scratch)
{
    ask_bytes((const char *)w, AHEAD, ask_second());
    for (uint32_t r = 0; r < n_rows; r += ROWS) {
        if (n_rows - r < ROWS) r = n_rows - ROWS;
        const unsigned char *first = (const unsigned char *)w + r * stride;
        walk(first, x, k / 256, scratch);
        _mm512_storeu_ps(out + r, add_up(scratch, k / GROUPS, (const char *)first + ROWS * stride + AHEAD));
    }
}
