/* Matrix times vectors with AVX2 and FMA.
 *
 * Float weights: a tile of 4 rows by up to 3 tokens, each output a vector of 8 partial sums along k. Quantised weights: 8
 * rows are unpacked into a panel of lines [8 rows][2 k] of 16-bit integers, so that one multiply-add takes 2 values of 8
 * rows, exactly, and no sum crosses lanes; the panel holds a stretch of k that stays in L1 and serves all tokens. Per
 * output, blocks are added in order of k whatever the tile. */
#include <string.h>

#include "engine/kernels/half.h"
#include "engine/kernels/kernels.h"
#include "engine/kernels/x86/simd_avx2.h"

enum { ROWS = 8, STRETCH = 1024 /* elements of k in a panel */ };

#define INLINE static inline __attribute__((always_inline))

/* ---- float weights ---- */

INLINE void float_tile(uint32_t type, const char *w, size_t stride, const float *x, size_t ldx, uint32_t k, float *out,
                       size_t ldo, const int rows, const int toks)
{
    __m256 acc[4][3];
    for (int r = 0; r < rows; r++)
        for (int t = 0; t < toks; t++) acc[r][t] = _mm256_setzero_ps();
    for (uint32_t i = 0; i < k; i += 8) {
        __m256 v[3];
        for (int t = 0; t < toks; t++) v[t] = get_part(x + (size_t)t * ldx + i, k - i);
        for (int r = 0; r < rows; r++) {
            __m256 row = load_lanes(type, w + (size_t)r * stride, i, k - i);
            for (int t = 0; t < toks; t++) acc[r][t] = _mm256_fmadd_ps(row, v[t], acc[r][t]);
        }
    }
    for (int t = 0; t < toks; t++) {
        if (rows == 4)
            _mm_storeu_ps(out + (size_t)t * ldo, sum4(acc[0][t], acc[1][t], acc[2][t], acc[3][t]));
        else
            out[(size_t)t * ldo] = sum1(acc[0][t]);
    }
}

INLINE void float_rows(uint32_t type, const char *w, size_t stride, uint32_t n_rows, const float *x, size_t ldx, uint32_t k,
                       float *out, size_t ldo, const int toks)
{
    uint32_t r = 0;
    for (; r + 4 <= n_rows; r += 4) float_tile(type, w + r * stride, stride, x, ldx, k, out + r, ldo, 4, toks);
    for (; r < n_rows; r++) float_tile(type, w + r * stride, stride, x, ldx, k, out + r, ldo, 1, toks);
}

INLINE void floats_of(uint32_t type, const char *w, size_t stride, uint32_t n_rows, const float *x, size_t ldx,
                      uint32_t n_tok, uint32_t k, float *out, size_t ldo)
{
    uint32_t t = 0;
    for (; t + 3 <= n_tok; t += 3) float_rows(type, w, stride, n_rows, x + t * ldx, ldx, k, out + t * ldo, ldo, 3);
    for (; t < n_tok; t++) float_rows(type, w, stride, n_rows, x + t * ldx, ldx, k, out + t * ldo, ldo, 1);
}

static void floats(uint32_t type, const void *w, size_t stride, uint32_t n_rows, const float *x, size_t ldx,
                   uint32_t n_tok, uint32_t k, float *out, size_t ldo)
{
    if (type == SX_TYPE_F32)
        floats_of(SX_TYPE_F32, w, stride, n_rows, x, ldx, n_tok, k, out, ldo);
    else if (type == SX_TYPE_F16)
        floats_of(SX_TYPE_F16, w, stride, n_rows, x, ldx, n_tok, k, out, ldo);
    else
        floats_of(SX_TYPE_BF16, w, stride, n_rows, x, ldx, n_tok, k, out, ldo);
}

/* ---- quantised weights ---- */

typedef struct panel {
    int16_t lines[STRETCH * ROWS];     /* [k / 2][8 rows][2] */
    float scale[STRETCH / 16 * ROWS];  /* [group][8 rows] */
    float min[STRETCH / 16 * ROWS];
    int8_t rows[ROWS][STRETCH];        /* before interleaving */
    float row_scale[ROWS][STRETCH / 16], row_min[ROWS][STRETCH / 16];
} panel;

/* 8 rows of 8 dwords become 8 columns: in[r] lane c -> out[c] lane r. */
INLINE void transpose8(__m256i v[8])
{
    __m256i a[8], b[8];
#pragma GCC unroll 4
    for (int i = 0; i < 8; i += 2) {
        a[i] = _mm256_unpacklo_epi32(v[i], v[i + 1]);
        a[i + 1] = _mm256_unpackhi_epi32(v[i], v[i + 1]);
    }
#pragma GCC unroll 2
    for (int i = 0; i < 8; i += 4) {
        b[i] = _mm256_unpacklo_epi64(a[i], a[i + 2]);
        b[i + 1] = _mm256_unpackhi_epi64(a[i], a[i + 2]);
        b[i + 2] = _mm256_unpacklo_epi64(a[i + 1], a[i + 3]);
        b[i + 3] = _mm256_unpackhi_epi64(a[i + 1], a[i + 3]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        v[i] = _mm256_permute2x128_si256(b[i], b[i + 4], 0x20);
        v[i + 4] = _mm256_permute2x128_si256(b[i], b[i + 4], 0x31);
    }
}

static void interleave_floats(const float *from, size_t ld, uint32_t n, float *to)
{
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t r = 0; r < ROWS; r++) to[i * ROWS + r] = from[r * ld + i];
}

/* n is a multiple of 16: each row's 16 bytes widen to 8 dwords of two values. */
static void interleave_bytes(const panel *p, uint32_t n, int16_t *to)
{
    for (uint32_t i = 0; i < n; i += 16) {
        __m256i v[8];
        for (uint32_t r = 0; r < 8; r++)
            v[r] = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(p->rows[r] + i)));
        transpose8(v);
        for (uint32_t c = 0; c < 8; c++) _mm256_storeu_si256((__m256i *)(void *)(to + (size_t)i * ROWS + 16 * c), v[c]);
    }
}

/* Q8_0 and Q4_0 blocks of 32: the common types, by vectors; the rest by the plain C form. */
static void unpack_q8_0(const unsigned char *b, size_t n, int8_t *q, float *scale)
{
    for (size_t i = 0; i < n; i++, b += 34, q += 32) {
        scale[i] = _cvtsh_ss(sx_load_u16(b));
        _mm256_storeu_si256((__m256i *)(void *)q, _mm256_loadu_si256((const __m256i *)(const void *)(b + 2)));
    }
}

static void unpack_q4_0(const unsigned char *b, size_t n, int8_t *q, float *scale)
{
    const __m256i low = _mm256_set1_epi8(15), eight = _mm256_set1_epi8(8);
    for (size_t i = 0; i < n; i++, b += 18, q += 32) {
        scale[i] = _cvtsh_ss(sx_load_u16(b));
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(b + 2));
        __m256i w = _mm256_and_si256(_mm256_set_m128i(_mm_srli_epi16(v, 4), v), low);
        _mm256_storeu_si256((__m256i *)(void *)q, _mm256_sub_epi8(w, eight));
    }
}

static void fill(panel *p, const sx_quant *quant, const char *w, size_t stride, uint32_t n_rows, uint32_t n)
{
    uint32_t blocks = n / quant->block, groups = n / quant->group;
    for (uint32_t r = 0; r < ROWS; r++) {
        /* rows beyond the last one repeat it: their results are not stored */
        const unsigned char *row = (const unsigned char *)w + (r < n_rows ? r : n_rows - 1) * stride;
        if (quant->type == SX_TYPE_Q8_0)
            unpack_q8_0(row, blocks, p->rows[r], p->row_scale[r]);
        else if (quant->type == SX_TYPE_Q4_0)
            unpack_q4_0(row, blocks, p->rows[r], p->row_scale[r]);
        else
            quant->unpack(row, blocks, p->rows[r], p->row_scale[r], p->row_min[r]);
    }
    interleave_bytes(p, n, p->lines);
    interleave_floats(p->row_scale[0], STRETCH / 16, groups, p->scale);
    if (quant->mins) interleave_floats(p->row_min[0], STRETCH / 16, groups, p->min);
}

typedef struct token_view { /* one token tile's activations from the panel's first k on, rows `k` apart */
    const int8_t *q;
    const float *d, *sum;
    uint32_t k;
} token_view;

INLINE __m256i two_values(const int8_t *q)
{
    return _mm256_set1_epi32((int32_t)((uint32_t)(uint16_t)q[0] | (uint32_t)(uint16_t)q[1] << 16));
}

INLINE void quant_tile(const panel *p, uint32_t groups, token_view x, float *acc /* [toks][8] */, const int toks,
                       const int group, const bool mins)
{
    __m256 f[4];
    const size_t ldd = x.k / 32, ldg = x.k / (uint32_t)group;
    for (int t = 0; t < toks; t++) f[t] = _mm256_loadu_ps(acc + t * ROWS);
    const int16_t *line = p->lines;
    for (uint32_t g = 0; g < groups; g++) {
        __m256i s[4];
        for (int t = 0; t < toks; t++) s[t] = _mm256_setzero_si256();
#pragma GCC unroll 4
        for (int i = 0; i < group / 2; i++, line += 16) {
            __m256i w = _mm256_loadu_si256((const __m256i *)(const void *)line);
            for (int t = 0; t < toks; t++) {
                __m256i v = two_values(x.q + (size_t)t * x.k + g * (uint32_t)group + 2 * i);
                s[t] = _mm256_add_epi32(s[t], _mm256_madd_epi16(w, v));
            }
        }
        __m256 scale = _mm256_loadu_ps(p->scale + (size_t)g * ROWS);
        for (int t = 0; t < toks; t++) {
            __m256 d = _mm256_mul_ps(scale, _mm256_set1_ps(x.d[(size_t)t * ldd + g * (uint32_t)group / 32]));
            f[t] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(s[t]), d, f[t]);
        }
        if (mins) {
            __m256 min = _mm256_loadu_ps(p->min + (size_t)g * ROWS);
            for (int t = 0; t < toks; t++)
                f[t] = _mm256_fmadd_ps(min, _mm256_set1_ps(x.sum[(size_t)t * ldg + g]), f[t]);
        }
    }
    for (int t = 0; t < toks; t++) _mm256_storeu_ps(acc + t * ROWS, f[t]);
}

INLINE void quant_tokens(const panel *p, uint32_t n, const sx_q8 *x, uint32_t n_tok, uint32_t k, uint32_t k0, float *acc,
                         const int group, const bool mins)
{
    const uint32_t groups = n / (uint32_t)group;
    for (uint32_t t = 0; t < n_tok;) {
        size_t g0 = ((size_t)t * k + k0) / (uint32_t)group;
        token_view v = {x->q + (size_t)t * k + k0, x->d + ((size_t)t * k + k0) / 32,
                        (group == 32 ? x->sum32 : x->sum16) + g0, k};
        float *a = acc + (size_t)t * ROWS;
        if (n_tok - t >= 4) {
            quant_tile(p, groups, v, a, 4, group, mins);
            t += 4;
        } else {
            quant_tile(p, groups, v, a, 1, group, mins);
            t += 1;
        }
    }
}

static void panel_times_tokens(const panel *p, const sx_quant *quant, uint32_t n, const sx_q8 *x, uint32_t n_tok,
                               uint32_t k, uint32_t k0, float *acc)
{
    if (quant->group == 32 && !quant->mins)
        quant_tokens(p, n, x, n_tok, k, k0, acc, 32, false);
    else if (quant->group == 32)
        quant_tokens(p, n, x, n_tok, k, k0, acc, 32, true);
    else if (!quant->mins)
        quant_tokens(p, n, x, n_tok, k, k0, acc, 16, false);
    else
        quant_tokens(p, n, x, n_tok, k, k0, acc, 16, true);
}

static void quants(const sx_quant *quant, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x, uint32_t n_tok,
                   uint32_t k, float *out, size_t ldo, void *scratch)
{
    panel *p = scratch;
    float *acc = (float *)(void *)((char *)scratch + (sizeof(panel) + 63) / 64 * 64); /* [n_tok, 8] */
    for (uint32_t r = 0; r < n_rows; r += ROWS) {
        uint32_t rows = n_rows - r < ROWS ? n_rows - r : ROWS;
        memset(acc, 0, (size_t)n_tok * ROWS * sizeof *acc);
        for (uint32_t k0 = 0; k0 < k; k0 += STRETCH) {
            uint32_t n = k - k0 < STRETCH ? k - k0 : STRETCH;
            fill(p, quant, (const char *)w + r * stride + (size_t)k0 / quant->block * quant->block_bytes, stride, rows, n);
            panel_times_tokens(p, quant, n, x, n_tok, k, k0, acc);
        }
        for (uint32_t t = 0; t < n_tok; t++)
            put_part(out + t * ldo + r, _mm256_loadu_ps(acc + (size_t)t * ROWS), rows);
    }
}

static size_t scratch_bytes(uint32_t n_tok)
{
    return (sizeof(panel) + 63) / 64 * 64 + (size_t)n_tok * ROWS * sizeof(float);
}

static int32_t sum_lanes(__m256i a)
{
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
}

static __m256i to_bytes(__m256 v, __m256 inverse)
{
    __m256i i = _mm256_cvtps_epi32(_mm256_mul_ps(v, inverse));
    i = _mm256_and_si256(i, _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_ORD_Q))); /* NaN: 0 */
    return _mm256_max_epi32(_mm256_min_epi32(i, _mm256_set1_epi32(127)), _mm256_set1_epi32(-127));
}

static void to_q8(const float *x, uint32_t k, const sx_q8 *out, size_t token)
{
    const __m256 abs_bits = _mm256_castsi256_ps(_mm256_set1_epi32(0x7fffffff));
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    for (uint32_t b = 0; b < k / 32; b++) {
        size_t at = token * (k / 32) + b;
        __m256 v[4], top = _mm256_setzero_ps();
        for (int i = 0; i < 4; i++) {
            v[i] = _mm256_loadu_ps(x + b * 32 + 8 * (uint32_t)i);
            top = _mm256_max_ps(_mm256_and_ps(v[i], abs_bits), top); /* the second operand stays when one is NaN */
        }
        float max = max_lane(top), d = max / 127.0f;
        __m256 inverse = _mm256_set1_ps(max > 0.0f ? 127.0f / max : 0.0f);
        __m256i q[4];
        for (int i = 0; i < 4; i++) q[i] = to_bytes(v[i], inverse);
        int32_t sum[2] = {sum_lanes(_mm256_add_epi32(q[0], q[1])), sum_lanes(_mm256_add_epi32(q[2], q[3]))};
        __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(q[0], q[1]), _mm256_packs_epi32(q[2], q[3]));
        _mm256_storeu_si256((__m256i *)(void *)(out->q + token * k + b * 32), _mm256_permutevar8x32_epi32(bytes, order));
        out->d[at] = d;
        for (size_t h = 0; h < 2; h++) {
            out->off16[2 * at + h] = -128 * sum[h];
            out->sum16[2 * at + h] = d * (float)sum[h];
        }
        out->off32[at] = -128 * (sum[0] + sum[1]);
        out->sum32[at] = d * (float)(sum[0] + sum[1]);
    }
}

const sx_matmul_ops sx_matmul_avx2 = {floats, quants, scratch_bytes, to_q8};
