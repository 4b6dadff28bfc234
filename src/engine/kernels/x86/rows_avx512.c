/* Quantised rows times one token with AVX-512 VNNI. Memory is read fastest as one long stream, so rows are taken one after
 * the other as they lie: 16 groups at a time become 16 exact integer sums with their scales, and only when 16 rows are
 * through are the sums turned round, so that a lane is a row, and added up in the order of k. The bits are those of
 * quants_avx512.c.
 *
 * Rows without gaps are one sequence of groups; a step of 16 groups may begin in one row and end in the next. What belongs to
 * the token is therefore laid out with its beginning repeated behind its end. */
#include "engine/kernels/x86/rows_avx512.h"

#include <immintrin.h>
#include <string.h>

#include "engine/kernels/x86/simd_avx512.h"

#define INLINE static inline __attribute__((always_inline))

enum {
    ROWS = 16,         /* taken together */
    STEP = 16,         /* groups */
    GROUPS_MAX = 1024, /* of a row */
    STEP_BYTES = 544,  /* the most that a step's weights take */
    AHEAD = 8192       /* bytes: two pages, since what follows a page begins anew */
};

enum { HALF = (GROUPS_MAX + STEP) * 16 };

typedef struct token {          /* from any group on, a step can be read */
    int8_t q[2 * HALF];         /* in order; or first halves (of what, the type tells), and from HALF on second ones */
    float d[GROUPS_MAX + STEP]; /* of each group's block */
    int32_t off[GROUPS_MAX + STEP]; /* what a stored value's bias adds to a group's sum */
} token;

typedef struct sums { /* [ROWS][groups]; a step may write past the last row's end */
    float dot[ROWS * GROUPS_MAX + STEP], scale[ROWS * GROUPS_MAX + STEP], min[ROWS * GROUPS_MAX + STEP];
} sums;

typedef struct work {
    token token;
    sums sums;
    unsigned char last[STEP_BYTES]; /* the last step's blocks, filled up */
} work;

/* ---- steps: 16 groups ---- */

typedef struct step {
    __m512i dot;
    __m512 scale, min;
} step;

INLINE __m512i load(const void *p)
{
    return _mm512_loadu_si512(p);
}

INLINE __m128i load16(const void *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

INLINE __m256i load32(const void *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}

INLINE __m512i dot(__m512i sum, __m512i w, const int8_t *q)
{
    return _mm512_dpbusd_epi32(sum, w, load(q));
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

/* Dword i of part p (of 128 bits): all of part p of a[i]. */
INLINE __m512i sum_parts(const __m512i a[4])
{
    return fold64(fold32(a[0], a[1]), fold32(a[2], a[3]));
}

/* 16 groups that are parts in order. */
INLINE __m512i sum_quarters(const __m512i a[4])
{
    return _mm512_permutexvar_epi32(_mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0),
                                    sum_parts(a));
}

/* Parts: first halves of a[0..3], second halves of a[0..3], the same of a[4..7]. */
INLINE __m512i sum_halves(const __m512i a[8])
{
    __m512i u = sum_parts(a), v = sum_parts(a + 4);
    return _mm512_add_epi32(_mm512_shuffle_i32x4(u, v, 0x88), _mm512_shuffle_i32x4(u, v, 0xdd));
}

/* The 16-bit number `at` bytes into each of 16 blocks, from cache lines rather than one by one. */
INLINE __m512 heads(const unsigned char *w, const size_t block, const size_t at)
{
    short from[STEP];
    for (size_t i = 0; i < STEP; i++) {
        const size_t line = (i * block + at) / 64 * 64;
        from[i] = (short)((i * block + at - (line + 64 > STEP * block ? STEP * block - 64 : line)) / 2);
    }
    const __m256i index = load32(from);
    __m512i v = _mm512_setzero_si512();
#pragma GCC unroll 9
    for (size_t line = 0; line < STEP * block; line += 64) {
        __mmask32 here = 0;
#pragma GCC unroll 16
        for (size_t i = 0; i < STEP; i++)
            if ((i * block + at) / 64 == line / 64) here |= (__mmask32)1 << i;
        v = _mm512_mask_permutexvar_epi16(v, here, _mm512_castsi256_si512(index),
                                          load(w + (line + 64 > STEP * block ? STEP * block - 64 : line)));
    }
    return _mm512_cvtph_ps(_mm512_castsi512_si256(v));
}

INLINE step step_q8_0(const unsigned char *w, const int8_t *q)
{
    __m512i a[8];
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) {
        __m512i v = _mm512_castsi256_si512(load32(w + 68 * i + 2));
        v = _mm512_inserti64x4(v, load32(w + 68 * i + 36), 1);
        a[i] = dot(_mm512_setzero_si512(), _mm512_xor_si512(v, _mm512_set1_epi8((char)128)), q + 64 * i);
    }
    return (step){.dot = _mm512_permutexvar_epi32(
                      _mm512_set_epi32(15, 11, 14, 10, 13, 9, 12, 8, 7, 3, 6, 2, 5, 1, 4, 0), sum_halves(a)),
                  .scale = heads(w, 34, 0)};
}

/* Blocks of 32 with nibbles, first halves low. */
INLINE step step_nibbles(const unsigned char *w, const int8_t *first, const int8_t *second, const size_t block,
                         const bool mins, const bool five, const bool looked_up)
{
    const __m512i low = _mm512_set1_epi8(15);
    __m512i a[4];
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; i++) {
        const unsigned char *at = w + 4 * i * block + (mins ? 4 : 2), *p = at + (five ? 4 : 0);
        __m512i v = _mm512_castsi128_si512(load16(p));
        v = _mm512_mask_broadcast_i32x4(v, 0x00f0, load16(p + block));
        v = _mm512_mask_broadcast_i32x4(v, 0x0f00, load16(p + 2 * block));
        v = _mm512_mask_broadcast_i32x4(v, 0xf000, load16(p + 3 * block));
        __m512i x = _mm512_and_si512(v, low), y = _mm512_and_si512(_mm512_srli_epi16(v, 4), low);
        if (five) {
            int32_t bits[4];
            for (size_t j = 0; j < 4; j++) memcpy(&bits[j], at + j * block, 4);
            __m512i b = _mm512_set1_epi32(bits[0]);
            b = _mm512_mask_set1_epi32(b, 0x00f0, bits[1]);
            b = _mm512_mask_set1_epi32(b, 0x0f00, bits[2]);
            b = _mm512_mask_set1_epi32(b, 0xf000, bits[3]);
            const __m512i bit = _mm512_set1_epi64((long long)0x8040201008040201ull), on = _mm512_set1_epi8(16);
            const __m512i spread = _mm512_broadcast_i32x4(_mm_set_epi8(1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0));
            const __m512i further = _mm512_add_epi8(spread, _mm512_set1_epi8(2));
            x = _mm512_mask_add_epi8(x, _mm512_test_epi8_mask(_mm512_shuffle_epi8(b, spread), bit), x, on);
            y = _mm512_mask_add_epi8(y, _mm512_test_epi8_mask(_mm512_shuffle_epi8(b, further), bit), y, on);
        }
        if (looked_up) { /* iq4_nl's values with 128 added */
            const __m512i table = _mm512_broadcast_i32x4(_mm_set_epi8((char)241, (char)217, (char)197, (char)181,
                                                                      (char)166, (char)153, (char)141, (char)129, 118,
                                                                      106, 93, 79, 63, 45, 24, 1));
            x = _mm512_shuffle_epi8(table, x);
            y = _mm512_shuffle_epi8(table, y);
        }
        a[i] = dot(dot(_mm512_setzero_si512(), x, first + 64 * i), y, second + 64 * i);
    }
    step s = {.dot = sum_quarters(a), .scale = heads(w, block, 0)};
    if (mins) s.min = heads(w, block, 2);
    return s;
}

/* Eight 6-bit scales and minima of each of two blocks. */
INLINE void scales_k(const unsigned char *w, const size_t block, step *s)
{
    const __m256i head = _mm256_inserti128_si256(_mm256_castsi128_si256(load16(w)), load16(w + block), 1);
    __m256i low = _mm256_shuffle_epi32(head, _MM_SHUFFLE(3, 2, 3, 1)),
            high = _mm256_shuffle_epi32(head, _MM_SHUFFLE(2, 2, 1, 1));
    low = _mm256_and_si256(_mm256_srlv_epi32(low, _mm256_setr_epi32(0, 0, 0, 4, 0, 0, 0, 4)),
                           _mm256_setr_epi32(0x3f3f3f3f, 0x0f0f0f0f, 0x3f3f3f3f, 0x0f0f0f0f, 0x3f3f3f3f, 0x0f0f0f0f,
                                             0x3f3f3f3f, 0x0f0f0f0f));
    high = _mm256_and_si256(_mm256_srli_epi32(high, 2),
                            _mm256_setr_epi32(0, 0x30303030, 0, 0x30303030, 0, 0x30303030, 0, 0x30303030));
    const __m256i all = _mm256_permute4x64_epi64(_mm256_or_si256(low, high), _MM_SHUFFLE(3, 1, 2, 0));
    const __m512 d = _mm512_castps128_ps512(
        _mm_cvtph_ps(_mm_unpacklo_epi32(_mm256_castsi256_si128(head), _mm256_extracti128_si256(head, 1))));
    const __m512i first = _mm512_set_epi32(2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0);
    const __m512 m = _mm512_permutexvar_ps(_mm512_add_epi32(first, _mm512_set1_epi32(1)), d);
    s->scale = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm256_castsi256_si128(all))),
                             _mm512_permutexvar_ps(first, d));
    s->min = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm256_extracti128_si256(all, 1))),
                           _mm512_xor_ps(m, _mm512_set1_ps(-0.0f)));
}

/* Two blocks of Q4_K or Q5_K: even groups low, odd ones high. */
INLINE step step_k(const unsigned char *w, const int8_t *even, const int8_t *odd, const bool five)
{
    const size_t block = five ? 176 : 144;
    const __m512i low = _mm512_set1_epi8(15);
    __m512i a[8];
    step s;
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; i++) {
        const unsigned char *b = w + i / 2 * block;
        const __m512i v = load(b + (five ? 48 : 16) + i % 2 * 64);
        __m512i x = _mm512_and_si512(v, low), y = _mm512_and_si512(_mm512_srli_epi16(v, 4), low);
        if (five) {
            const int bit = i % 2 ? 16 : 1;
            const __m512i bits = _mm512_broadcast_i64x4(load32(b + 16)), on = _mm512_set1_epi8(16);
            const __m512i here = _mm512_inserti64x4(_mm512_set1_epi8((char)bit), _mm256_set1_epi8((char)(4 * bit)), 1);
            x = _mm512_mask_add_epi8(x, _mm512_test_epi8_mask(bits, here), x, on);
            y = _mm512_mask_add_epi8(y, _mm512_test_epi8_mask(bits, _mm512_add_epi8(here, here)), y, on);
        }
        a[2 * i] = dot(_mm512_setzero_si512(), x, even + 64 * i);
        a[2 * i + 1] = dot(_mm512_setzero_si512(), y, odd + 64 * i);
    }
    s.dot = _mm512_permutex_epi64(sum_halves(a), _MM_SHUFFLE(3, 1, 2, 0));
    scales_k(w, block, &s);
    return s;
}

/* One block of Q6_K. */
INLINE step step_q6_k(const unsigned char *w, const int8_t *q)
{
    const __m512i low = _mm512_set1_epi8(15), two = _mm512_set1_epi8(0x30);
    const __m512i left = _mm512_inserti64x4(_mm512_set1_epi16(4), _mm256_set1_epi16(2), 1),
                  right = _mm512_inserti64x4(_mm512_setzero_si512(), _mm256_set1_epi16(2), 1);
    __m512i a[4];
#pragma GCC unroll 2
    for (int h = 0; h < 2; h++) {
        const __m512i v = load(w + 64 * h), bits = _mm512_broadcast_i64x4(load32(w + 128 + 32 * h));
        const __m512i x = _mm512_or_si512(_mm512_and_si512(v, low),
                                          _mm512_and_si512(_mm512_sllv_epi16(bits, left), two)),
                      y = _mm512_or_si512(_mm512_and_si512(_mm512_srli_epi16(v, 4), low),
                                          _mm512_and_si512(_mm512_srlv_epi16(bits, right), two));
        a[2 * h] = dot(_mm512_setzero_si512(), x, q + 128 * h);
        a[2 * h + 1] = dot(_mm512_setzero_si512(), y, q + 128 * h + 64);
    }
    short d;
    memcpy(&d, w + 208, sizeof d);
    return (step){.dot = sum_quarters(a),
                  .scale = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(load16(w + 192))),
                                         _mm512_cvtph_ps(_mm256_set1_epi16(d)))};
}

INLINE step take_step(const uint32_t type, const unsigned char *w, const token *x, size_t g)
{
    const int8_t *first = x->q + 16 * g, *second = x->q + HALF + 16 * g;
    switch (type) {
    case SX_TYPE_Q4_0: return step_nibbles(w, first, second, 18, false, false, false);
    case SX_TYPE_Q4_1: return step_nibbles(w, first, second, 20, true, false, false);
    case SX_TYPE_Q5_0: return step_nibbles(w, first, second, 22, false, true, false);
    case SX_TYPE_Q5_1: return step_nibbles(w, first, second, 24, true, true, false);
    case SX_TYPE_IQ4_NL: return step_nibbles(w, first, second, 18, false, false, true);
    case SX_TYPE_Q4_K: return step_k(w, first, second, false);
    case SX_TYPE_Q5_K: return step_k(w, first, second, true);
    case SX_TYPE_Q6_K: return step_q6_k(w, x->q + 16 * g);
    default: return step_q8_0(w, x->q + 32 * g);
    }
}

/* ---- 16 rows ---- */

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

/* The rows' results: their groups in order. Memory goes on with the weights from `ahead` on. */
INLINE __m512 add_up(const sums *s, const float *token_sum, size_t groups, const char *ahead, const bool mins)
{
    __m512 f = _mm512_setzero_ps();
    for (size_t g = 0; g < groups; g += STEP) {
        const size_t n = groups - g < STEP ? groups - g : STEP;
        __m512 dots[STEP], scale[STEP], min[STEP];
#pragma GCC unroll 16
        for (size_t i = 0; i < 16; i++) _mm_prefetch(ahead + 64 * (g + i), _MM_HINT_T0);
        turn(s->dot + g, groups, dots);
        turn(s->scale + g, groups, scale);
        if (mins) turn(s->min + g, groups, min);
        if (n == STEP) {
#pragma GCC unroll 16
            for (size_t i = 0; i < STEP; i++) {
                f = _mm512_fmadd_ps(dots[i], scale[i], f);
                if (mins) f = _mm512_fmadd_ps(min[i], _mm512_set1_ps(token_sum[g + i]), f);
            }
        } else {
            for (size_t i = 0; i < n; i++) {
                f = _mm512_fmadd_ps(dots[i], scale[i], f);
                if (mins) f = _mm512_fmadd_ps(min[i], _mm512_set1_ps(token_sum[g + i]), f);
            }
        }
    }
    return f;
}

/* One step; the token's groups begin at `at`. */
INLINE void one_step(const uint32_t type, const unsigned char *w, const token *x, size_t at, sums *s, size_t g,
                     const bool mins)
{
    const step v = take_step(type, w, x, at);
    _mm512_storeu_ps(s->dot + g, _mm512_cvtepi32_ps(mins ? v.dot : _mm512_add_epi32(v.dot, load(x->off + at))));
    _mm512_storeu_ps(s->scale + g, _mm512_mul_ps(v.scale, _mm512_loadu_ps(x->d + at)));
    if (mins) _mm512_storeu_ps(s->min + g, v.min);
}

/* The sums of all groups of `rows` rows. */
INLINE void walk(const uint32_t type, const unsigned char *w, const size_t bytes, size_t all, size_t left, work *k,
                 size_t groups, const bool mins)
{
    size_t at = 0, g = 0;
    for (; g + STEP <= all; g += STEP, w += bytes) {
        for (size_t i = 0; i < bytes; i += 64) _mm_prefetch((const char *)w + AHEAD + i, _MM_HINT_T0);
        one_step(type, w, &k->token, at, &k->sums, g, mins);
        for (at += STEP; at >= groups;) at -= groups;
    }
    if (g == all) return;
    memset(k->last, 0, bytes);
    memcpy(k->last, w, left);
    one_step(type, k->last, &k->token, at, &k->sums, g, mins);
}

INLINE void all_rows(const uint32_t type, const sx_quant *quant, const unsigned char *w, size_t stride, uint32_t n_rows,
                     const float *token_sum, uint32_t k, float *out, work *s, const bool mins)
{
    const size_t groups = k / quant->group, per = quant->block / quant->group,
                 bytes = (size_t)STEP / per * quant->block_bytes;
    for (uint32_t r = 0; r < n_rows; r += ROWS, w += ROWS * stride) {
        const uint32_t rows = n_rows - r < ROWS ? n_rows - r : ROWS;
        const size_t all = rows * groups;
        walk(type, w, bytes, all, all % STEP / per * quant->block_bytes, s, groups, mins);
        _mm512_mask_storeu_ps(out + r, head_mask(rows),
                              add_up(&s->sums, token_sum, groups, (const char *)w + ROWS * stride + AHEAD, mins));
    }
}

/* ---- the token ---- */

/* What 128 added to each value of a group makes of its sum stands in off; other biases are a part of that. */
static unsigned bias_shift(uint32_t type)
{
    return type == SX_TYPE_Q4_0 ? 4 : type == SX_TYPE_Q5_0 ? 3 : type == SX_TYPE_Q6_K ? 2 : 0;
}

/* Elements that are stored in low bits, and then as many in high ones, go apart. */
INLINE void split(token *to, const int8_t *q, size_t k, const size_t half)
{
    for (size_t i = 0; i < k; i += 2 * half) {
        memcpy(to->q + i / 2, q + i, half);
        memcpy(to->q + HALF + i / 2, q + i + half, half);
    }
}

/* n bytes, and from behind them on what they begin with. */
static void repeat(void *from, size_t n, size_t more)
{
    char *p = from;
    for (size_t at = 0; at < more; at += 4) memcpy(p + n + at, p + at, 4);
}

static void lay_out(token *to, const sx_quant *quant, const sx_q8 *x, size_t k)
{
    const size_t groups = k / quant->group, more = (size_t)STEP * quant->group;
    switch (quant->type) {
    case SX_TYPE_Q8_0:
    case SX_TYPE_Q6_K:
        memcpy(to->q, x->q, k);
        repeat(to->q, k, more);
        break;
    case SX_TYPE_Q4_K:
    case SX_TYPE_Q5_K: split(to, x->q, k, 32); break;
    default: split(to, x->q, k, 16); break;
    }
    for (int h = 0; h < 2 && quant->type != SX_TYPE_Q8_0 && quant->type != SX_TYPE_Q6_K; h++)
        repeat(to->q + h * HALF, k / 2, more / 2);
    const __m128i shift = _mm_cvtsi32_si128((int)bias_shift(quant->type));
    const int32_t *off = quant->group == 32 ? x->off32 : x->off16;
    for (size_t g = 0; g < groups; g += STEP) {
        const __mmask16 m = head_mask(groups - g < STEP ? (uint32_t)(groups - g) : STEP);
        _mm512_storeu_si512(to->off + g, _mm512_sra_epi32(_mm512_maskz_loadu_epi32(m, off + g), shift));
        if (quant->group == 32) _mm512_storeu_ps(to->d + g, _mm512_maskz_loadu_ps(m, x->d + g));
    }
    for (size_t g = 0; g < groups && quant->group == 16; g++) to->d[g] = x->d[g / 2];
    repeat(to->d, groups * sizeof *to->d, STEP * sizeof *to->d);
    repeat(to->off, groups * sizeof *to->off, STEP * sizeof *to->off);
}

static bool known(uint32_t type)
{
    switch (type) {
    case SX_TYPE_Q4_0:
    case SX_TYPE_Q4_1:
    case SX_TYPE_Q5_0:
    case SX_TYPE_Q5_1:
    case SX_TYPE_Q8_0:
    case SX_TYPE_Q4_K:
    case SX_TYPE_Q5_K:
    case SX_TYPE_Q6_K:
    case SX_TYPE_IQ4_NL: return true;
    default: return false;
    }
}

bool sx_rows_take_avx512(const sx_quant *quant, size_t stride, uint32_t k)
{
    return known(quant->type) && k / quant->group <= GROUPS_MAX &&
           stride == (size_t)(k / quant->block) * quant->block_bytes;
}

size_t sx_rows_scratch_avx512(void)
{
    return sizeof(work);
}

void sx_rows_avx512(const sx_quant *quant, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x, uint32_t k,
                    float *out, void *scratch)
{
    work *s = scratch;
    for (size_t i = 0; i < AHEAD; i += 64) _mm_prefetch((const char *)w + i, _MM_HINT_T0);
    lay_out(&s->token, quant, x, k);
#define CASE(type, mins) \
    case type: \
        all_rows(type, quant, w, stride, n_rows, quant->group == 32 ? x->sum32 : x->sum16, k, out, s, mins); \
        break
    switch (quant->type) {
        CASE(SX_TYPE_Q4_0, false);
        CASE(SX_TYPE_Q4_1, true);
        CASE(SX_TYPE_Q5_0, false);
        CASE(SX_TYPE_Q5_1, true);
        CASE(SX_TYPE_Q4_K, true);
        CASE(SX_TYPE_Q5_K, true);
        CASE(SX_TYPE_Q6_K, false);
        CASE(SX_TYPE_IQ4_NL, false);
    default: all_rows(SX_TYPE_Q8_0, quant, w, stride, n_rows, x->sum32, k, out, s, false); break;
    }
#undef CASE
}
