/* Attention with AVX-512 over whole tiles of keys that are kept as F16 or BF16, with pairs of bf16: queries, keys, values and
 * what weighs them are rounded to bf16, scores and sums stay F32. A product of pairs costs what one of floats costs.
 *
 * AVX512_BF16 has the instruction: to each float of the sums it adds the product of the odd numbers, then that of the even ones,
 * each by a fused step to nearest, with numbers too small to be normal counted as 0 (Intel SDM, VDPBF16PS). With
 * SX_PAIRS_BY_STEPS the same names stand for those steps, bit for bit: what processors without it take. */
#include "engine/kernels/kernels.h"
#include "engine/kernels/x86/ahead.h"
#include "engine/kernels/x86/simd_avx512.h"
#include "engine/kernels/x86/softmax_avx512.h"
#include "engine/kernels/x86/turn_avx512.h"

#define INLINE static inline __attribute__((always_inline))

enum {
    STEP = 32, /* bf16 numbers in a register */
    PAIRS = STEP / 2,
    NO_TYPE = 0xffff /* values that are pairs already */
};

#if defined(SX_PAIRS_BY_STEPS)

enum { MOST = 4 /* rows together */ };

typedef unsigned float_mode;

INLINE float_mode begin_steps(void)
{
    enum { FLUSH_TINY = 0x8040, ROUNDING = 0x6000 };
    const float_mode before = _mm_getcsr();
    _mm_setcsr((before & ~(unsigned)ROUNDING) | FLUSH_TINY);
    __asm__ volatile("" ::: "memory");
    return before;
}

INLINE void end_steps(float_mode before)
{
    __asm__ volatile("" ::: "memory");
    _mm_setcsr(before);
}

INLINE __m512 add_pairs(__m512 acc, __m512i a, __m512i b)
{
    const __m512i high = _mm512_set1_epi32((int)0xffff0000);
    acc = _mm512_fmadd_ps(_mm512_castsi512_ps(_mm512_and_si512(a, high)),
                          _mm512_castsi512_ps(_mm512_and_si512(b, high)), acc);
    return _mm512_fmadd_ps(_mm512_castsi512_ps(_mm512_slli_epi32(a, 16)), _mm512_castsi512_ps(_mm512_slli_epi32(b, 16)),
                           acc);
}

/* To nearest even; what is too small to be normal becomes 0, NaN stays. */
INLINE __m256i round_16(__m512 x)
{
    const __m512i bits = _mm512_castps_si512(x), one = _mm512_set1_epi32(1);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), one);
    __m512i r = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    r = _mm512_mask_or_epi32(r, _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q), bits, _mm512_set1_epi32(1 << 22));
    const __mmask16 tiny = _mm512_testn_epi32_mask(bits, _mm512_set1_epi32(0x7f800000));
    r = _mm512_mask_and_epi32(r, tiny, bits, _mm512_set1_epi32(INT32_MIN));
    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(r, 16));
}

INLINE __m512i round_32(__m512 low, __m512 high)
{
    return _mm512_inserti64x4(_mm512_castsi256_si512(round_16(low)), round_16(high), 1);
}

#else

enum { MOST = 6 };

typedef int float_mode;

INLINE float_mode begin_steps(void)
{
    return 0;
}

INLINE void end_steps(float_mode before)
{
    (void)before;
}

/* Written out: around the intrinsic compilers copy accumulators about. */
INLINE __m512 add_pairs(__m512 acc, __m512i a, __m512i b)
{
    __asm__("vdpbf16ps %2, %1, %0" : "+v"(acc) : "v"(a), "v"(b));
    return acc;
}

INLINE __m512i round_32(__m512 low, __m512 high)
{
    return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

#endif

static bool takes(uint32_t type, bool made)
{
    (void)made;
    return type == SX_TYPE_F16 || type == SX_TYPE_BF16;
}

/* ---- queries, keys, values ---- */

static size_t query_numbers(uint32_t dim)
{
    return ((size_t)dim + STEP - 1) / STEP * STEP;
}

static size_t pair_numbers(uint32_t n, uint32_t cols)
{
    return ((size_t)n + 1) / 2 * 2 * cols;
}

INLINE __mmask16 lanes_of(uint32_t dim, uint32_t i)
{
    return dim <= i ? 0 : head_mask(dim - i < 16 ? dim - i : 16);
}

static void query(uint16_t *out, const float *q, float scale, uint32_t dim)
{
    const __m512 by = _mm512_set1_ps(scale);
    for (uint32_t i = 0; i < dim; i += STEP) {
        const __m512 low = _mm512_maskz_loadu_ps(lanes_of(dim, i), q + i),
                     high = _mm512_maskz_loadu_ps(lanes_of(dim, i + 16), q + i + 16);
        _mm512_storeu_si512(out + i, round_32(_mm512_mul_ps(low, by), _mm512_mul_ps(high, by)));
    }
}

/* Elements i .. i + 31 of a row, as they come. */
INLINE __m512i row_pairs(uint32_t type, const char *row, uint32_t i, uint32_t dim)
{
    if (type == SX_TYPE_BF16) {
        if (dim - i >= STEP) return _mm512_loadu_si512(row + 2 * (size_t)i);
        return _mm512_maskz_loadu_epi16((__mmask32)((1u << (dim - i)) - 1), row + 2 * (size_t)i);
    }
    if (dim - i >= STEP) return round_32(load_whole(type, row, i), load_whole(type, row, i + 16));
    return round_32(load_lanes(type, row, i, lanes_of(dim, i)), load_lanes(type, row, i + 16, lanes_of(dim, i + 16)));
}

INLINE void keys_of(uint32_t type, uint16_t *out, const char *rows, size_t stride, uint32_t dim,
                    const sx_wanted *wanted)
{
    sx_ahead ahead = ahead_keys(wanted, 0);
    for (uint32_t j = 0; j < SX_KEY_TILE; j += 16)
        for (uint32_t d = 0; d < dim; d += STEP) {
            const uint32_t left = (dim - d + 1) / 2;
            float *to = (float *)(void *)(out + (size_t)d * SX_KEY_TILE) + j;
            __m512 row[16];
            for (uint32_t i = 0; i < 16; i++) {
                if (i % 2) ask_ahead(&ahead, ASK_LINE);
                row[i] = _mm512_castsi512_ps(row_pairs(type, rows + (j + i) * stride, d, dim));
            }
            if (left >= PAIRS)
                turn_16(to, row, 16);
            else
                turn_16(to, row, left);
        }
}

/* [dim / 2] pairs of all keys */
static void keys(uint32_t type, uint16_t *out, const void *rows, size_t stride, uint32_t dim, const sx_wanted *wanted)
{
    if (type == SX_TYPE_F16)
        keys_of(SX_TYPE_F16, out, rows, stride, dim, wanted);
    else
        keys_of(SX_TYPE_BF16, out, rows, stride, dim, wanted);
}

/* Numbers d .. d + 15 of two rows, in turn. */
INLINE __m512i value_pairs(uint32_t type, const char *first, const char *second, uint32_t d)
{
    const __m512i in_turn = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                                             21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    __m512i both;
    if (type == SX_TYPE_BF16) {
        const __m256i *a = (const __m256i *)(const void *)(first + 2 * (size_t)d),
                      *b = (const __m256i *)(const void *)(second + 2 * (size_t)d);
        both = _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_loadu_si256(a)), _mm256_loadu_si256(b), 1);
    } else {
        both = round_32(load_whole(type, first, d), load_whole(type, second, d));
    }
    return _mm512_permutexvar_epi16(in_turn, both);
}

INLINE void values_of(uint32_t type, uint16_t *out, const char *rows, size_t stride, uint32_t dim,
                      const sx_wanted *wanted)
{
    sx_ahead ahead = ahead_values(wanted);
    for (uint32_t j = 0; j < SX_KEY_TILE; j += 2, rows += 2 * stride)
        for (uint32_t d = 0; d < dim; d += 16, out += STEP) {
            ask_ahead(&ahead, ASK_LINE);
            _mm512_storeu_si512(out, value_pairs(type, rows, rows + stride, d));
        }
}

/* [SX_KEY_TILE / 2] pairs of all columns; dim a multiple of 16 */
static void values(uint32_t type, uint16_t *out, const void *rows, size_t stride, uint32_t dim, const sx_wanted *wanted)
{
    if (type == SX_TYPE_F16)
        values_of(SX_TYPE_F16, out, rows, stride, dim, wanted);
    else
        values_of(SX_TYPE_BF16, out, rows, stride, dim, wanted);
}

/* ---- products ---- */

/* Shares `left` rows out evenly: a few alone would wait for their own sums. */
INLINE uint32_t rows_of(uint32_t left)
{
    const uint32_t groups = (left + MOST - 1) / MOST;
    return (left + groups - 1) / groups;
}

INLINE __m512i pair_at(const uint16_t *p)
{
    int32_t two;
    __builtin_memcpy(&two, p, sizeof two);
    return _mm512_set1_epi32(two);
}

INLINE void score_rows(float *s, const uint16_t *q, size_t ldq, const uint16_t *k, uint32_t dim, sx_ahead ahead,
                       const int rows)
{
    __m512 acc[MOST][4];
    for (int i = 0; i < rows; i++)
        for (int c = 0; c < 4; c++) acc[i][c] = _mm512_setzero_ps();
    for (uint32_t d = 0; d < dim; d += 2, k += 2 * SX_KEY_TILE) {
        __m512i key[4];
        ask_ahead(&ahead, 2 * ASK_LINE);
        for (int c = 0; c < 4; c++) key[c] = _mm512_loadu_si512(k + STEP * c);
        for (int i = 0; i < rows; i++) {
            const __m512i x = pair_at(q + (size_t)i * ldq + d);
            for (int c = 0; c < 4; c++) acc[i][c] = add_pairs(acc[i][c], key[c], x);
        }
    }
    for (int i = 0; i < rows; i++)
        for (int c = 0; c < 4; c++) _mm512_storeu_ps(s + i * SX_KEY_TILE + 16 * c, acc[i][c]);
}

static void scores(float *s, const uint16_t *q, size_t ldq, uint32_t n_rows, const uint16_t *k, uint32_t dim,
                   const sx_wanted *wanted)
{
    const float_mode mode = begin_steps();
    sx_ahead ahead = ahead_keys(wanted, (size_t)dim * ASK_LINE); /* behind what was asked for with the keys */
    for (uint32_t i = 0, n; i < n_rows; i += n, s += n * SX_KEY_TILE, q += n * ldq) {
        n = rows_of(n_rows - i);
        if (i > 0) ahead = (sx_ahead){0};
        switch (n) {
#if !defined(SX_PAIRS_BY_STEPS)
        case 6: score_rows(s, q, ldq, k, dim, ahead, 6); break;
        case 5: score_rows(s, q, ldq, k, dim, ahead, 5); break;
#endif
        case 4: score_rows(s, q, ldq, k, dim, ahead, 4); break;
        case 3: score_rows(s, q, ldq, k, dim, ahead, 3); break;
        case 2: score_rows(s, q, ldq, k, dim, ahead, 2); break;
        default: score_rows(s, q, ldq, k, dim, ahead, 1); break;
        }
    }
    end_steps(mode);
}

static void softmax(uint16_t *p, float *s, uint32_t n_rows, float *max, float *sum, float *keep)
{
    softmax_rows(s, p, n_rows, max, sum, keep, round_32);
}

typedef struct tile_values { /* of SX_KEY_TILE keys */
    const uint16_t *pairs;   /* as `values` gives them, or NULL: */
    const char *rows;        /* as they are kept */
    size_t stride;
    sx_ahead ahead;
} tile_values;

/* rows x (vecs * 16) outputs from column d on */
INLINE void weigh_tile(float *acc, size_t lda, const float *keep, const uint16_t *p, uint32_t type, tile_values *v,
                       uint32_t d, uint32_t dim, const int rows, const int vecs)
{
    __m512 a[MOST][4];
    for (int i = 0; i < rows; i++)
        for (int c = 0; c < vecs; c++)
            a[i][c] = _mm512_mul_ps(_mm512_set1_ps(keep[i]),
                                    _mm512_loadu_ps(acc + (size_t)i * lda + d + 16 * (size_t)c));
    for (uint32_t j = 0; j < SX_KEY_TILE; j += 2) {
        __m512i x[4];
        if (type != NO_TYPE) ask_ahead(&v->ahead, 64 * vecs);
        for (int c = 0; c < vecs; c++)
            x[c] = type == NO_TYPE ? _mm512_loadu_si512(v->pairs + j * (size_t)dim + 2 * (size_t)d + STEP * c)
                                   : value_pairs(type, v->rows + j * v->stride, v->rows + (j + 1) * v->stride,
                                                 d + 16 * (uint32_t)c);
        for (int i = 0; i < rows; i++) {
            const __m512i weight = pair_at(p + i * SX_KEY_TILE + j);
            for (int c = 0; c < vecs; c++) a[i][c] = add_pairs(a[i][c], x[c], weight);
        }
    }
    for (int i = 0; i < rows; i++)
        for (int c = 0; c < vecs; c++) _mm512_storeu_ps(acc + (size_t)i * lda + d + 16 * (size_t)c, a[i][c]);
}

INLINE void weigh_rows(float *acc, size_t lda, const float *keep, const uint16_t *p, uint32_t type, tile_values *v,
                       uint32_t dim, const int rows)
{
    uint32_t d = 0;
    for (; d + 64 <= dim; d += 64) weigh_tile(acc, lda, keep, p, type, v, d, dim, rows, 4);
    for (; d + 32 <= dim; d += 32) weigh_tile(acc, lda, keep, p, type, v, d, dim, rows, 2);
    if (d < dim) weigh_tile(acc, lda, keep, p, type, v, d, dim, rows, 1);
}

INLINE void weigh_all(float *acc, size_t lda, uint32_t n_rows, const float *keep, const uint16_t *p, uint32_t type,
                      tile_values v, uint32_t dim)
{
    const float_mode mode = begin_steps();
    for (uint32_t i = 0, n; i < n_rows; i += n, acc += n * lda, keep += n, p += n * SX_KEY_TILE) {
        n = rows_of(n_rows - i);
        switch (n) {
#if !defined(SX_PAIRS_BY_STEPS)
        case 6: weigh_rows(acc, lda, keep, p, type, &v, dim, 6); break;
        case 5: weigh_rows(acc, lda, keep, p, type, &v, dim, 5); break;
#endif
        case 4: weigh_rows(acc, lda, keep, p, type, &v, dim, 4); break;
        case 3: weigh_rows(acc, lda, keep, p, type, &v, dim, 3); break;
        case 2: weigh_rows(acc, lda, keep, p, type, &v, dim, 2); break;
        default: weigh_rows(acc, lda, keep, p, type, &v, dim, 1); break;
        }
        v.ahead = (sx_ahead){0};
    }
    end_steps(mode);
}

static void weigh(float *acc, size_t lda, uint32_t n_rows, const float *keep, const uint16_t *p, const uint16_t *v,
                  uint32_t dim)
{
    weigh_all(acc, lda, n_rows, keep, p, NO_TYPE, (tile_values){.pairs = v}, dim);
}

static void weigh_kept(float *acc, size_t lda, uint32_t n_rows, const float *keep, const uint16_t *p, uint32_t type,
                       const void *rows, size_t stride, uint32_t dim, const sx_wanted *wanted)
{
    const tile_values v = {.rows = rows, .stride = stride, .ahead = ahead_values(wanted)};
    if (type == SX_TYPE_F16)
        weigh_all(acc, lda, n_rows, keep, p, SX_TYPE_F16, v, dim);
    else
        weigh_all(acc, lda, n_rows, keep, p, SX_TYPE_BF16, v, dim);
}

#if defined(SX_PAIRS_BY_STEPS)
const sx_tile_attention_ops sx_tile_attention_steps = {takes,  query_numbers, pair_numbers, query, NULL,      keys,
                                                       values, scores,        softmax,      weigh, weigh_kept};
#else
const sx_tile_attention_ops sx_tile_attention_pairs = {takes,  query_numbers, pair_numbers, query, NULL,      keys,
                                                       values, scores,        softmax,      weigh, weigh_kept};
#endif
