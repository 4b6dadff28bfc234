/* Matrix times vectors with AVX-512 and VNNI.
 *
 * Float weights: a tile of 4 rows by up to 6 tokens, each output a vector of 16 partial sums along k. Quantised weights:
 * 16 rows are unpacked into a panel of lines [16 rows][4 k] of bytes (128 added), so that one instruction multiplies 4
 * values of 16 rows with 4 of a token and no sum crosses lanes; the panel holds a stretch of k that stays in L1 and serves
 * all tokens. Per output, blocks are added in order of k whatever the tile. */
#include <string.h>

#include "engine/kernels/half.h"
#include "engine/kernels/kernels.h"
#include "engine/kernels/x86/simd_avx512.h"

enum { ROWS = 16, STRETCH = 1024 /* elements of k in a panel */ };

#define INLINE static inline __attribute__((always_inline))

/* ---- float weights ---- */

INLINE void float_tile(uint32_t type, const char *w, size_t stride, const float *x, size_t ldx, uint32_t k, float *out,
                       size_t ldo, const int rows, const int toks)
{
    __m512 acc[4][6];
    for (int r = 0; r < rows; r++)
        for (int t = 0; t < toks; t++) acc[r][t] = _mm512_setzero_ps();
    for (uint32_t i = 0; i < k; i += 16) {
        __mmask16 mask = k - i >= 16 ? 0xffff : head_mask(k - i);
        __m512 row[4];
        for (int r = 0; r < rows; r++) row[r] = load_lanes(type, w + (size_t)r * stride, i, mask);
        for (int t = 0; t < toks; t++) {
            __m512 v = _mm512_maskz_loadu_ps(mask, x + (size_t)t * ldx + i);
            for (int r = 0; r < rows; r++) acc[r][t] = _mm512_fmadd_ps(row[r], v, acc[r][t]);
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
    for (; t + 6 <= n_tok; t += 6) float_rows(type, w, stride, n_rows, x + t * ldx, ldx, k, out + t * ldo, ldo, 6);
    for (; t + 2 <= n_tok; t += 2) float_rows(type, w, stride, n_rows, x + t * ldx, ldx, k, out + t * ldo, ldo, 2);
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
    uint8_t lines[STRETCH * ROWS];         /* [k / 4][16 rows][4] */
    float scale[STRETCH / 16 * ROWS];      /* [group][16 rows] */
    float min[STRETCH / 16 * ROWS];
    int8_t rows[ROWS][STRETCH];            /* before interleaving */
    float row_scale[ROWS][STRETCH / 16], row_min[ROWS][STRETCH / 16];
} panel;

/* 16 rows of 16 dwords become 16 columns: in[r] lane c -> out[c] lane r. */
INLINE void transpose16(__m512i v[16])
{
    __m512i a[16];
#pragma GCC unroll 8
    for (int i = 0; i < 16; i += 2) {
        a[i] = _mm512_unpacklo_epi32(v[i], v[i + 1]);
        a[i + 1] = _mm512_unpackhi_epi32(v[i], v[i + 1]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 16; i += 4) {
        v[i] = _mm512_unpacklo_epi64(a[i], a[i + 2]);
        v[i + 1] = _mm512_unpackhi_epi64(a[i], a[i + 2]);
        v[i + 2] = _mm512_unpacklo_epi64(a[i + 1], a[i + 3]);
        v[i + 3] = _mm512_unpackhi_epi64(a[i + 1], a[i + 3]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        a[i] = _mm512_shuffle_i32x4(v[i], v[i + 4], 0x88);
        a[i + 4] = _mm512_shuffle_i32x4(v[i], v[i + 4], 0xdd);
        a[i + 8] = _mm512_shuffle_i32x4(v[i + 8], v[i + 12], 0x88);
        a[i + 12] = _mm512_shuffle_i32x4(v[i + 8], v[i + 12], 0xdd);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        v[i] = _mm512_shuffle_i32x4(a[i], a[i + 8], 0x88);
        v[i + 8] = _mm512_shuffle_i32x4(a[i], a[i + 8], 0xdd);
        v[i + 4] = _mm512_shuffle_i32x4(a[i + 4], a[i + 12], 0x88);
        v[i + 12] = _mm512_shuffle_i32x4(a[i + 4], a[i + 12], 0xdd);
    }
}

/* [16 rows][n] of dwords to [n][16 rows]; rows are `ld` dwords apart and may be read up to a multiple of 16. */
static void interleave(const void *from, size_t ld, uint32_t n, void *to, __m512i flip)
{
    for (uint32_t i = 0; i < n; i += 16) {
        __m512i v[16];
        __mmask16 mask = n - i >= 16 ? 0xffff : head_mask(n - i);
        for (uint32_t r = 0; r < 16; r++)
            v[r] = _mm512_maskz_loadu_epi32(mask, (const char *)from + 4 * (r * ld + i));
        transpose16(v);
        uint32_t lines = n - i < 16 ? n - i : 16;
        for (uint32_t c = 0; c < lines; c++)
            _mm512_storeu_si512((char *)to + 64 * (size_t)(i + c), _mm512_xor_si512(v[c], flip));
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
    interleave(p->rows, STRETCH / 4, n / 4, p->lines, _mm512_set1_epi8((char)0x80));
    interleave(p->row_scale, STRETCH / 16, groups, p->scale, _mm512_setzero_si512());
    if (quant->mins) interleave(p->row_min, STRETCH / 16, groups, p->min, _mm512_setzero_si512());
}

typedef struct token_view { /* one token tile's activations from the panel's first k on, rows `k` apart */
    const int8_t *q;
    const float *d, *sum;
    const int32_t *off;
    uint32_t k;
} token_view;

INLINE __m512i four_bytes(const int8_t *q)
{
    int32_t v;
    memcpy(&v, q, sizeof v);
    return _mm512_set1_epi32(v);
}

INLINE void quant_tile(const panel *p, uint32_t groups, token_view x, float *acc /* [toks][16] */, const int toks,
                       const int group, const bool mins)
{
    __m512 f[8];
    const size_t ldd = x.k / 32, ldg = x.k / (uint32_t)group;
    for (int t = 0; t < toks; t++) f[t] = _mm512_loadu_ps(acc + t * ROWS);
    const uint8_t *line = p->lines;
    for (uint32_t g = 0; g < groups; g++) {
        __m512i s[8];
        for (int t = 0; t < toks; t++) s[t] = _mm512_set1_epi32(x.off[(size_t)t * ldg + g]);
#pragma GCC unroll 8
        for (int i = 0; i < group / 4; i++, line += 64) {
            __m512i w = _mm512_loadu_si512(line);
            for (int t = 0; t < toks; t++)
                s[t] = _mm512_dpbusd_epi32(s[t], w, four_bytes(x.q + (size_t)t * x.k + g * (uint32_t)group + 4 * i));
        }
        __m512 scale = _mm512_loadu_ps(p->scale + (size_t)g * ROWS);
        for (int t = 0; t < toks; t++) {
            __m512 d = _mm512_mul_ps(scale, _mm512_set1_ps(x.d[(size_t)t * ldd + g * (uint32_t)group / 32]));
            f[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(s[t]), d, f[t]);
        }
        if (mins) {
            __m512 min = _mm512_loadu_ps(p->min + (size_t)g * ROWS);
            for (int t = 0; t < toks; t++)
                f[t] = _mm512_fmadd_ps(min, _mm512_set1_ps(x.sum[(size_t)t * ldg + g]), f[t]);
        }
    }
    for (int t = 0; t < toks; t++) _mm512_storeu_ps(acc + t * ROWS, f[t]);
}

INLINE void quant_tokens(const panel *p, uint32_t n, const sx_q8 *x, uint32_t n_tok, uint32_t k, uint32_t k0, float *acc,
                         const int group, const bool mins)
{
    const uint32_t groups = n / (uint32_t)group;
    for (uint32_t t = 0; t < n_tok;) {
        size_t g0 = ((size_t)t * k + k0) / (uint32_t)group;
        token_view v = {x->q + (size_t)t * k + k0, x->d + ((size_t)t * k + k0) / 32,
                        (group == 32 ? x->sum32 : x->sum16) + g0, (group == 32 ? x->off32 : x->off16) + g0, k};
        float *a = acc + (size_t)t * ROWS;
        if (n_tok - t >= 8) {
            quant_tile(p, groups, v, a, 8, group, mins);
            t += 8;
        } else if (n_tok - t >= 4) {
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
    float *acc = (float *)(void *)((char *)scratch + (sizeof(panel) + 63) / 64 * 64); /* [n_tok, 16] */
    for (uint32_t r = 0; r < n_rows; r += ROWS) {
        uint32_t rows = n_rows - r < ROWS ? n_rows - r : ROWS;
        memset(acc, 0, (size_t)n_tok * ROWS * sizeof *acc);
        for (uint32_t k0 = 0; k0 < k; k0 += STRETCH) {
            uint32_t n = k - k0 < STRETCH ? k - k0 : STRETCH;
            fill(p, quant, (const char *)w + r * stride + (size_t)k0 / quant->block * quant->block_bytes, stride, rows, n);
            panel_times_tokens(p, quant, n, x, n_tok, k, k0, acc);
        }
        for (uint32_t t = 0; t < n_tok; t++)
            _mm512_mask_storeu_ps(out + t * ldo + r, head_mask(rows), _mm512_loadu_ps(acc + (size_t)t * ROWS));
    }
}

static size_t scratch_bytes(uint32_t n_tok)
{
    return (sizeof(panel) + 63) / 64 * 64 + (size_t)n_tok * ROWS * sizeof(float);
}

static void to_q8(const float *x, uint32_t k, const sx_q8 *out, size_t token)
{
    const __m512 abs_bits = _mm512_castsi512_ps(_mm512_set1_epi32(0x7fffffff));
    for (uint32_t b = 0; b < k / 32; b++) {
        size_t at = token * (k / 32) + b;
        __m512 lo = _mm512_loadu_ps(x + b * 32), hi = _mm512_loadu_ps(x + b * 32 + 16);
        /* max_ps returns its second operand when one is NaN: 0 and the maximum so far come second */
        __m512 top = _mm512_max_ps(_mm512_and_ps(lo, abs_bits), _mm512_setzero_ps());
        top = _mm512_max_ps(_mm512_and_ps(hi, abs_bits), top);
        float max = _mm512_reduce_max_ps(top), d = max / 127.0f, inverse = max > 0.0f ? 127.0f / max : 0.0f;
        __m512i ilo = _mm512_cvtps_epi32(_mm512_mul_ps(lo, _mm512_set1_ps(inverse)));
        __m512i ihi = _mm512_cvtps_epi32(_mm512_mul_ps(hi, _mm512_set1_ps(inverse)));
        ilo = _mm512_maskz_mov_epi32(_mm512_cmp_ps_mask(lo, lo, _CMP_ORD_Q), ilo); /* NaN: 0 */
        ihi = _mm512_maskz_mov_epi32(_mm512_cmp_ps_mask(hi, hi, _CMP_ORD_Q), ihi);
        const __m512i bound = _mm512_set1_epi32(127), low = _mm512_set1_epi32(-127);
        ilo = _mm512_max_epi32(_mm512_min_epi32(ilo, bound), low);
        ihi = _mm512_max_epi32(_mm512_min_epi32(ihi, bound), low);
        int8_t *q = out->q + token * k + b * 32;
        _mm_storeu_si128((__m128i *)(void *)q, _mm512_cvtepi32_epi8(ilo));
        _mm_storeu_si128((__m128i *)(void *)(q + 16), _mm512_cvtepi32_epi8(ihi));
        int32_t sum[2] = {_mm512_reduce_add_epi32(ilo), _mm512_reduce_add_epi32(ihi)};
        out->d[at] = d;
        for (size_t h = 0; h < 2; h++) {
            out->off16[2 * at + h] = -128 * sum[h];
            out->sum16[2 * at + h] = d * (float)sum[h];
        }
        out->off32[at] = -128 * (sum[0] + sum[1]);
        out->sum32[at] = d * (float)(sum[0] + sum[1]);
    }
}

const sx_matmul_ops sx_matmul_avx512 = {floats, quants, scratch_bytes, to_q8};
