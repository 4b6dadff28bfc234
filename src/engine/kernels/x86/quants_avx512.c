/* Quantised rows times bytes with AVX-512 VNNI, 16 rows at a time over stretches of k.
 *
 * Many tokens: the stretch is unpacked into a panel of lines [16 rows][4 k], so that one instruction multiplies 4 values of
 * 16 rows with 4 of a token and no sum crosses lanes; the panel stays in L1 and serves all tokens. Few tokens: weights are
 * used as they come from memory, 64 of a row with 64 of the token, and the sums of 16 rows are then brought together. Sums
 * within a block are integers, hence exact, and blocks are added in order of k: both ways give the same bits. */
#include "engine/kernels/x86/quants_avx512.h"

#include "engine/kernels/x86/simd_avx512.h"
#include "engine/kernels/x86/unpack_avx512.h"

enum {
    ROWS = 16,
    STRETCH = 1024,   /* elements of k in a panel */
    FEW = 3           /* tokens up to which unpacking a panel does not pay */
};

#define INLINE static inline __attribute__((always_inline))

typedef struct panel {
    uint8_t lines[STRETCH * ROWS];     /* [k / 4][16 rows][4] */
    float scale[STRETCH / 16 * ROWS];  /* [group][16 rows] */
    float min[STRETCH / 16 * ROWS];
    float row_scale[ROWS][STRETCH / 16], row_min[ROWS][STRETCH / 16]; /* before interleaving */
} panel;

enum { PANELS_BYTES = (2 * sizeof(panel) + 63) / 64 * 64 };

typedef struct rows16 { /* 16 rows; those beyond the last one repeat it, their results are not stored */
    const unsigned char *row[ROWS];
} rows16;

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

/* [16 rows][n] of floats to [n][16 rows]; whole vectors are read. */
static void interleave(float from[ROWS][STRETCH / 16], uint32_t n, float *to)
{
    for (uint32_t i = 0; i < n; i += 16) {
        __m512i v[16];
        for (uint32_t r = 0; r < 16; r++) v[r] = _mm512_loadu_si512(from[r] + i);
        transpose16(v);
        for (uint32_t c = 0; c < 16 && i + c < n; c++) _mm512_storeu_si512(to + (size_t)(i + c) * ROWS, v[c]);
    }
}

INLINE void fill_scales(panel *p, const uint32_t type, const rows16 *w, uint32_t n, const int group, const bool mins)
{
    for (int r = 0; r < ROWS; r++) unpack_scales(type, w->row[r], n, p->row_scale[r], p->row_min[r]);
    interleave(p->row_scale, n / (uint32_t)group, p->scale);
    if (mins) interleave(p->row_min, n / (uint32_t)group, p->min);
}

/* ---- many tokens ---- */

/* An odd block of 32 at a row's end, alone. */
INLINE __m512i last_block(const uint32_t type, const unsigned char *row, uint32_t i)
{
    unsigned char pair[256] = {0}; /* two blocks; more only for the types whose rows end in whole 64s */
    const size_t bytes = type == SX_TYPE_Q8_0 ? 34 : type == SX_TYPE_Q4_1 ? 20 : type == SX_TYPE_Q5_0 ? 22
                         : type == SX_TYPE_Q5_1 ? 24 : type == SX_TYPE_MXFP4 ? 17 : 18;
    memcpy(pair, row + i * 2 * bytes, bytes);
    return unpack64(type, pair, 0);
}

INLINE void fill_lines(panel *p, const uint32_t type, const rows16 *w, uint32_t n)
{
    for (uint32_t i = 0; i < n / 64; i++) {
        __m512i v[16];
        for (int r = 0; r < ROWS; r++) v[r] = unpack64(type, w->row[r], i);
        transpose16(v);
        for (int c = 0; c < 16; c++) _mm512_storeu_si512(p->lines + ((size_t)i * 16 + (size_t)c) * 64, v[c]);
    }
    if (n % 64) {
        __m512i v[16];
        for (int r = 0; r < ROWS; r++) v[r] = last_block(type, w->row[r], n / 64);
        transpose16(v);
        for (int c = 0; c < 8; c++) _mm512_storeu_si512(p->lines + ((size_t)(n / 64) * 16 + (size_t)c) * 64, v[c]);
    }
}

typedef struct token_view { /* a token tile's activations from the stretch's first k on; rows are k apart */
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

/* toks tokens times the rows of one panel or of two: with two, each token's bytes are fetched once for 32 rows. The sums of
 * the second panel stand `next` floats behind those of the first. */
INLINE void panel_tile(const panel *p, uint32_t groups, token_view x, float *acc /* [toks][16] */, size_t next,
                       const int panels, const int toks, const int group, const bool mins)
{
    __m512 f[2][8];
    const size_t ldd = x.k / 32, ldg = x.k / (uint32_t)group;
    for (int c = 0; c < panels; c++)
        for (int t = 0; t < toks; t++) f[c][t] = _mm512_loadu_ps(acc + (size_t)c * next + t * ROWS);
    size_t line = 0;
    for (uint32_t g = 0; g < groups; g++) {
        __m512i s[2][8];
        for (int t = 0; t < toks; t++) s[0][t] = s[1][t] = _mm512_set1_epi32(x.off[(size_t)t * ldg + g]);
#pragma GCC unroll 8
        for (int i = 0; i < group / 4; i++, line += 64)
            for (int t = 0; t < toks; t++) {
                __m512i q = four_bytes(x.q + (size_t)t * x.k + g * (uint32_t)group + 4 * i);
                for (int c = 0; c < panels; c++)
                    s[c][t] = _mm512_dpbusd_epi32(s[c][t], _mm512_loadu_si512(p[c].lines + line), q);
            }
        for (int t = 0; t < toks; t++) {
            __m512 d = _mm512_set1_ps(x.d[(size_t)t * ldd + g * (uint32_t)group / 32]);
            for (int c = 0; c < panels; c++) {
                __m512 scale = _mm512_mul_ps(_mm512_loadu_ps(p[c].scale + (size_t)g * ROWS), d);
                f[c][t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(s[c][t]), scale, f[c][t]);
            }
        }
        for (int t = 0; mins && t < toks; t++) {
            __m512 sum = _mm512_set1_ps(x.sum[(size_t)t * ldg + g]);
            for (int c = 0; c < panels; c++)
                f[c][t] = _mm512_fmadd_ps(_mm512_loadu_ps(p[c].min + (size_t)g * ROWS), sum, f[c][t]);
        }
    }
    for (int c = 0; c < panels; c++)
        for (int t = 0; t < toks; t++) _mm512_storeu_ps(acc + (size_t)c * next + t * ROWS, f[c][t]);
}

INLINE token_view view(const sx_q8 *x, uint32_t t, uint32_t k, uint32_t k0, const int group)
{
    size_t at = (size_t)t * k + k0, g = at / (uint32_t)group;
    return (token_view){x->q + at, x->d + at / 32, (group == 32 ? x->sum32 : x->sum16) + g,
                        (group == 32 ? x->off32 : x->off16) + g, k};
}

INLINE void many_tokens(const panel *p, const int panels, uint32_t n, const sx_q8 *x, uint32_t n_tok, uint32_t k,
                        uint32_t k0, float *acc, const int group, const bool mins)
{
    const uint32_t groups = n / (uint32_t)group;
    const size_t next = (size_t)n_tok * ROWS;
    uint32_t t = 0;
#define TILES(toks) \
    for (; t + (toks) <= n_tok; t += (toks)) \
        panel_tile(p, groups, view(x, t, k, k0, group), acc + (size_t)t * ROWS, next, panels, toks, group, mins)
    if (panels == 2) {
        TILES(6);
        TILES(2);
    } else {
        TILES(8);
        TILES(4);
    }
    TILES(1);
#undef TILES
}

/* ---- few tokens ---- */

/* Sums of neighbouring dwords: v[r] has 16 partial sums of row r, 4 per 16 elements of k. Leaves in v[0..3], for rows 0-3,
 * 4-7, 8-11, 12-15, lanes of four rows' sums, one lane per 16 elements. */
INLINE void gather_sums(__m512i v[16])
{
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        __m512i *r = v + 4 * i;
        __m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(r[0], r[1]), _mm512_unpackhi_epi32(r[0], r[1]));
        __m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(r[2], r[3]), _mm512_unpackhi_epi32(r[2], r[3]));
        v[i] = _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
    }
}

/* To sums of 16 rows per group: two groups of 32, or four of 16. */
INLINE void sums_per_group(__m512i v[16], const int group)
{
    gather_sums(v);
    __m512i even_a = _mm512_shuffle_i32x4(v[0], v[1], 0x88), odd_a = _mm512_shuffle_i32x4(v[0], v[1], 0xdd);
    __m512i even_b = _mm512_shuffle_i32x4(v[2], v[3], 0x88), odd_b = _mm512_shuffle_i32x4(v[2], v[3], 0xdd);
    if (group == 32) {
        __m512i a = _mm512_add_epi32(even_a, odd_a), b = _mm512_add_epi32(even_b, odd_b);
        v[0] = _mm512_shuffle_i32x4(a, b, 0x88);
        v[1] = _mm512_shuffle_i32x4(a, b, 0xdd);
    } else {
        v[0] = _mm512_shuffle_i32x4(even_a, even_b, 0x88);
        v[2] = _mm512_shuffle_i32x4(even_a, even_b, 0xdd);
        v[1] = _mm512_shuffle_i32x4(odd_a, odd_b, 0x88);
        v[3] = _mm512_shuffle_i32x4(odd_a, odd_b, 0xdd);
    }
}

INLINE __m512 add_groups(const panel *p, token_view x, uint32_t g0, uint32_t n, __m512i *s, __m512 f, const int group,
                         const bool mins)
{
    for (uint32_t j = 0; j < n; j++) {
        uint32_t g = g0 + j;
        __m512 d = _mm512_mul_ps(_mm512_loadu_ps(p->scale + (size_t)g * ROWS), _mm512_set1_ps(x.d[g * (uint32_t)group / 32]));
        f = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_add_epi32(s[j], _mm512_set1_epi32(x.off[g]))), d, f);
        if (mins) f = _mm512_fmadd_ps(_mm512_loadu_ps(p->min + (size_t)g * ROWS), _mm512_set1_ps(x.sum[g]), f);
    }
    return f;
}

INLINE void one_token(const panel *p, const uint32_t type, const rows16 *w, uint32_t n, token_view x, float *acc,
                      const int group, const bool mins)
{
    __m512 f = _mm512_loadu_ps(acc);
    const uint32_t per = 64 / (uint32_t)group;
    for (uint32_t i = 0; i < n / 64; i++) {
        __m512i v[16], q = _mm512_loadu_si512(x.q + (size_t)i * 64);
#pragma GCC unroll 16
        for (int r = 0; r < ROWS; r++) v[r] = _mm512_dpbusd_epi32(_mm512_setzero_si512(), unpack64(type, w->row[r], i), q);
        sums_per_group(v, group);
        f = add_groups(p, x, i * per, per, v, f, group, mins);
    }
    if (n % 64) {
        __m512i v[16], q = _mm512_zextsi256_si512(_mm256_loadu_si256((const __m256i *)(const void *)(x.q + n / 64 * 64)));
        for (int r = 0; r < ROWS; r++) v[r] = _mm512_dpbusd_epi32(_mm512_setzero_si512(), last_block(type, w->row[r], n / 64), q);
        sums_per_group(v, group);
        f = add_groups(p, x, n / 64 * per, per / 2, v, f, group, mins);
    }
    _mm512_storeu_ps(acc, f);
}

/* Asks for the rows' next stretch while this one is worked on. */
INLINE void prefetch_rows(const rows16 *w, size_t bytes)
{
    for (int r = 0; r < ROWS; r++)
        for (size_t at = 0; at < bytes; at += 64) _mm_prefetch((const char *)w->row[r] + bytes + at, _MM_HINT_T1);
}

/* ---- the whole ---- */

/* acc [panels, n_tok, 16] += the rows from r0 on, over the stretch of k from k0 on. */
INLINE void add_stretch(const uint32_t type, const sx_quant *quant, const unsigned char *w, size_t stride, uint32_t r0,
                        uint32_t n_rows, const sx_q8 *x, uint32_t n_tok, uint32_t k, uint32_t k0, panel *p, float *acc,
                        const int group, const bool mins)
{
    const uint32_t n = k - k0 < STRETCH ? k - k0 : STRETCH, panels = n_rows - r0 > ROWS && n_tok > FEW ? 2 : 1;
    const size_t at = (size_t)(k0 / quant->block) * quant->block_bytes;
    rows16 part;
    for (uint32_t c = 0; c < panels; c++) {
        for (uint32_t r = 0; r < ROWS; r++) {
            uint32_t row = r0 + c * ROWS + r;
            part.row[r] = w + (size_t)(row < n_rows ? row : n_rows - 1) * stride + at;
        }
        if (n_tok <= FEW) prefetch_rows(&part, (size_t)(n / quant->block) * quant->block_bytes);
        fill_scales(&p[c], type, &part, n, group, mins);
        if (n_tok > FEW) fill_lines(&p[c], type, &part, n);
    }
    if (n_tok <= FEW)
        for (uint32_t t = 0; t < n_tok; t++)
            one_token(p, type, &part, n, view(x, t, k, k0, group), acc + (size_t)t * ROWS, group, mins);
    else if (panels == 2)
        many_tokens(p, 2, n, x, n_tok, k, k0, acc, group, mins);
    else
        many_tokens(p, 1, n, x, n_tok, k, k0, acc, group, mins);
}

INLINE void quants_of(const uint32_t type, const sx_quant *quant, const unsigned char *w, size_t stride, uint32_t n_rows,
                      const sx_q8 *x, uint32_t n_tok, uint32_t k, float *out, size_t ldo, void *scratch, const int group,
                      const bool mins)
{
    panel *p = scratch;
    float *acc = (float *)(void *)((char *)scratch + PANELS_BYTES); /* [2, n_tok, 16] */
    const uint32_t step = n_tok > FEW ? 2 * ROWS : ROWS;
    for (uint32_t r0 = 0; r0 < n_rows; r0 += step) {
        memset(acc, 0, (size_t)n_tok * step * sizeof *acc);
        for (uint32_t k0 = 0; k0 < k; k0 += STRETCH)
            add_stretch(type, quant, w, stride, r0, n_rows, x, n_tok, k, k0, p, acc, group, mins);
        for (uint32_t r = r0; r < n_rows && r < r0 + step; r += ROWS)
            for (uint32_t t = 0; t < n_tok; t++)
                _mm512_mask_storeu_ps(out + t * ldo + r, head_mask(n_rows - r < ROWS ? n_rows - r : ROWS),
                                      _mm512_loadu_ps(acc + ((size_t)(r - r0) * n_tok + (size_t)t * ROWS)));
    }
}

void sx_quants_avx512(const sx_quant *quant, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x,
                      uint32_t n_tok, uint32_t k, float *out, size_t ldo, void *scratch)
{
#define CASE(type, group, mins) \
    case type: quants_of(type, quant, w, stride, n_rows, x, n_tok, k, out, ldo, scratch, group, mins); break
    switch (quant->type) {
    CASE(SX_TYPE_Q4_0, 32, false);
    CASE(SX_TYPE_Q4_1, 32, true);
    CASE(SX_TYPE_Q5_0, 32, false);
    CASE(SX_TYPE_Q5_1, 32, true);
    CASE(SX_TYPE_Q8_0, 32, false);
    CASE(SX_TYPE_Q2_K, 16, true);
    CASE(SX_TYPE_Q3_K, 16, false);
    CASE(SX_TYPE_Q4_K, 32, true);
    CASE(SX_TYPE_Q5_K, 32, true);
    CASE(SX_TYPE_Q6_K, 16, false);
    CASE(SX_TYPE_IQ4_NL, 32, false);
    CASE(SX_TYPE_IQ4_XS, 32, false);
    CASE(SX_TYPE_MXFP4, 32, false);
    default: sx_matmul_ref.quants(quant, w, stride, n_rows, x, n_tok, k, out, ldo, scratch); break;
    }
#undef CASE
}

size_t sx_quants_scratch_avx512(uint32_t n_tok)
{
    return PANELS_BYTES + (size_t)n_tok * 2 * ROWS * sizeof(float);
}
