/* Rows of Q6_K times one token with AVX-512 VNNI. Its numbers lie badly for columns_avx512.c, so rows are taken as they lie, four
 * at a time: the 16 groups of a block become 16 exact integer sums of each, and only when 16 rows are through are the sums turned
 * round, so that a lane is a row, and added up with their scales in the order of k. The bits are those of quants_avx512.c. */
#include "engine/kernels/x86/rows_avx512.h"

#include <immintrin.h>

#include "engine/kernels/x86/ask.h"
#include "engine/kernels/x86/lanes_avx512.h"
#include "engine/kernels/x86/row_columns.h"
#include "engine/model/gguf.h"

enum {
    GROUPS = 16,       /* of a block */
    GROUPS_MAX = 1024, /* of a row */
    BLOCK = 210        /* bytes */
};

/* Bytes: the next four rows and two pages, since what follows a page begins anew. */
INLINE size_t ahead_of(size_t stride)
{
    return 4 * stride + 8192;
}

/* [a, b] summed in pairs of dwords: per 128 bits a02 b02 a13 b13. */
INLINE __m512i fold32(__m512i a, __m512i b)
{
    return _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
}

INLINE __m512i fold64(__m512i a, __m512i b)
{
    return _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
}

/* What a block's groups add up to: four sums each, 4 groups in a vector. */
INLINE void q6_k_block(const unsigned char *w, const int8_t *q, __m512i a[4])
{
    const __m512i low = _mm512_set1_epi8(15), two = _mm512_set1_epi8(0x30);
    const __m512i left = _mm512_inserti64x4(_mm512_set1_epi16(4), _mm256_set1_epi16(2), 1),
                  right = _mm512_inserti64x4(_mm512_setzero_si512(), _mm256_set1_epi16(2), 1);
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
}

/* The sums of all groups of 16 rows: [ROWS / 4][groups][4 rows]. */
INLINE void walk(const unsigned char *w, size_t stride, const sx_q8 *x, size_t blocks, int32_t *to)
{
    const bool second = ask_second();
    const char *ahead = (const char *)w + ahead_of(stride);
    for (size_t row = 0; row < ROWS; row += 4, w += 4 * stride)
        for (size_t b = 0; b < blocks; b++, to += 4 * GROUPS, ahead += 4 * BLOCK) {
            __m512i a[4][4];
            ask_bytes(ahead, 4 * BLOCK, second);
#pragma GCC unroll 4
            for (size_t r = 0; r < 4; r++) q6_k_block(w + r * stride + b * BLOCK, x->q + b * 256, a[r]);
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++)
                _mm512_storeu_si512(to + 16 * i, fold64(fold32(a[0][i], a[1][i]), fold32(a[2][i], a[3][i])));
        }
}

/* Four groups of 16 rows, from [rows / 4][groups][4 rows], the fours of rows `next` apart. */
INLINE void turn(const int32_t *from, size_t next, __m512i to[4])
{
    const __m512i a = _mm512_loadu_si512(from), b = _mm512_loadu_si512(from + next),
                  c = _mm512_loadu_si512(from + 2 * next), d = _mm512_loadu_si512(from + 3 * next);
    const __m512i low = _mm512_shuffle_i32x4(a, b, 0x44), low2 = _mm512_shuffle_i32x4(c, d, 0x44),
                  high = _mm512_shuffle_i32x4(a, b, 0xee), high2 = _mm512_shuffle_i32x4(c, d, 0xee);
    to[0] = _mm512_shuffle_i32x4(low, low2, 0x88);
    to[1] = _mm512_shuffle_i32x4(low, low2, 0xdd);
    to[2] = _mm512_shuffle_i32x4(high, high2, 0x88);
    to[3] = _mm512_shuffle_i32x4(high, high2, 0xdd);
}

/* The rows' results: their groups in order. Memory goes on with the weights from `ahead` on. */
INLINE __m512 add_up(const int32_t *sums, const unsigned char *w, size_t stride, const sx_q8 *x, size_t groups,
                     const char *ahead)
{
    const bool second = ask_second();
    rows at = {.first = w, .stride = stride};
    __m512 f = _mm512_setzero_ps();
    begin_rows(&at);
    for (size_t b = 0; b < groups; b += GROUPS) {
        int32_t off[GROUPS]; /* the values are stored with 32 added, and what 128 makes of a sum stands in off16 */
        uint16_t heads[ROWS];
        vec scale[4]; /* a byte for each group */
        copy_heads(heads, &at, 208);
        columns(&at, 192, scale);
        const __m512 d = f_halves(heads);
        _mm512_storeu_si512(off, _mm512_srai_epi32(_mm512_loadu_si512(x->off16 + b), 2));
#pragma GCC unroll 16
        for (size_t i = 0; i < GROUPS; i++) ask_line(ahead + 64 * (b + i), second);
#pragma GCC unroll 4
        for (size_t four = 0; four < 4; four++) {
            __m512i dot[4];
            turn(sums + (b + 4 * four) * 4, groups * 4, dot);
#pragma GCC unroll 4
            for (size_t i = 0; i < 4; i++) {
                const size_t g = 4 * four + i;
                const __m512i sum = _mm512_add_epi32(dot[i], _mm512_set1_epi32(off[g]));
                const __m512 by = f_from(v_right_signed32(v_left32(scale[four], 24 - (int)i * 8), 24));
                f = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum),
                                    _mm512_mul_ps(_mm512_mul_ps(by, d), _mm512_set1_ps(x->d[(b + g) / 2])), f);
            }
        }
        next_block(&at, BLOCK);
    }
    return f;
}

bool sx_rows_take_avx512(const sx_quant *quant, size_t stride, uint32_t n_rows, uint32_t k)
{
    return quant->type == SX_TYPE_Q6_K && n_rows >= ROWS && k / GROUPS <= GROUPS_MAX && stride == k / 256 * BLOCK;
}

size_t sx_rows_scratch_avx512(void)
{
    return sizeof(int32_t) * ROWS * GROUPS_MAX;
}

/* The last 16 rows may have some in common with those before them. */
void sx_rows_avx512(const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x, uint32_t k, float *out,
                    void *scratch)
{
    ask_bytes((const char *)w, ahead_of(stride), ask_second());
    for (uint32_t r = 0; r < n_rows; r += ROWS) {
        if (n_rows - r < ROWS) r = n_rows - ROWS;
        const unsigned char *first = (const unsigned char *)w + r * stride;
        const char *ahead = (const char *)first + ROWS * stride + ahead_of(stride);
        walk(first, stride, x, k / 256, scratch);
        _mm512_storeu_ps(out + r, add_up(scratch, first, stride, x, k / GROUPS, ahead));
    }
}
