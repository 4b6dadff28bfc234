/* Quantised rows times bytes with AVX2, 8 rows at a time over stretches of k.
 *
 * Many tokens: the stretch is unpacked into a panel of lines [8 rows][2 k] of 16-bit integers, so that one multiply-add
 * takes 2 values of 8 rows, exactly, and no sum crosses lanes; the panel serves all tokens. Few tokens: the unpacked rows are
 * used as they are and the sums of 8 rows then brought together. Sums within a block are integers, hence exact, and blocks
 * are added in order of k: both ways give the same bits. */
#include "engine/kernels/x86/quants_avx2.h"

#include "engine/kernels/quant_blocks.h"
#include "engine/kernels/x86/simd_avx2.h"

enum {
    ROWS = 8,
    STRETCH = 1024, /* elements of k in a panel */
    TILE = 4,       /* tokens worked on together */
    FEW = 2         /* tokens up to which interleaving a panel does not pay */
};

#define INLINE static inline __attribute__((always_inline))

typedef struct panel {
    int16_t lines[STRETCH * ROWS];     /* [k / 2][8 rows][2] */
    float scale[STRETCH / 16 * ROWS];  /* [group][8 rows] */
    float min[STRETCH / 16 * ROWS];
    int16_t wide[TILE][STRETCH];       /* a token tile's activations */
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


/* Rows beyond the last one repeat it: their results are not stored. */
static void fill(panel *p, const sx_quant *quant, const char *w, size_t stride, uint32_t n_rows, uint32_t n, bool lines)
{
    uint32_t blocks = n / quant->block, groups = n / quant->group;
    for (uint32_t r = 0; r < ROWS; r++)
        quant->unpack((const unsigned char *)w + (r < n_rows ? r : n_rows - 1) * stride, blocks, p->rows[r], p->row_scale[r],
                      p->row_min[r]);
    if (lines) interleave_bytes(p, n, p->lines);
    interleave_floats(p->row_scale[0], STRETCH / 16, groups, p->scale);
    if (quant->mins) interleave_floats(p->row_min[0], STRETCH / 16, groups, p->min);
}

typedef struct token_view { /* activations from the stretch's first k on; rows are k apart */
    const int8_t *q;
    const float *d, *sum;
    uint32_t k;
} token_view;

INLINE token_view view(const sx_q8 *x, uint32_t t, uint32_t k, uint32_t k0, const int group)
{
    size_t at = (size_t)t * k + k0;
    return (token_view){x->q + at, x->d + at / 32, group == 32 ? x->sum32 + at / 32 : x->sum16 + at / 16, k};
}

/* ---- many tokens ---- */

INLINE __m256i two_values(const int16_t *q)
{
    int32_t v;
    memcpy(&v, q, sizeof v);
    return _mm256_set1_epi32(v);
}

INLINE void panel_tile(panel *p, uint32_t n, token_view x, float *acc /* [toks][8] */, const int toks, const int group,
                       const bool mins)
{
    __m256 f[TILE];
    const size_t ldd = x.k / 32, ldg = x.k / (uint32_t)group;
    for (int t = 0; t < toks; t++) {
        f[t] = _mm256_loadu_ps(acc + t * ROWS);
        for (uint32_t i = 0; i < n; i += 16) {
            __m128i q = _mm_loadu_si128((const __m128i *)(const void *)(x.q + (size_t)t * x.k + i));
            _mm256_storeu_si256((__m256i *)(void *)(p->wide[t] + i), _mm256_cvtepi8_epi16(q));
        }
    }
    const int16_t *line = p->lines;
    for (uint32_t g = 0; g < n / (uint32_t)group; g++) {
        __m256i s[TILE];
        for (int t = 0; t < toks; t++) s[t] = _mm256_setzero_si256();
#pragma GCC unroll 4
        for (int i = 0; i < group / 2; i++, line += 16) {
            __m256i w = _mm256_loadu_si256((const __m256i *)(const void *)line);
            for (int t = 0; t < toks; t++) {
                __m256i v = two_values(p->wide[t] + g * (uint32_t)group + 2 * i);
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

/* ---- few tokens ---- */

/* Sums of four neighbouring products of bytes; exact, since |w| <= 128 and |q| <= 127 stay below 2^15 in pairs. */
INLINE __m256i products(__m256i w, __m256i q)
{
    __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(q, w));
    return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}

INLINE void one_token(const panel *p, uint32_t n, token_view x, float *acc, const int group, const bool mins)
{
    __m256 f = _mm256_loadu_ps(acc);
    const uint32_t per = 32 / (uint32_t)group;
    for (uint32_t b = 0; b < n / 32; b++) {
        __m256i v[ROWS], q = _mm256_loadu_si256((const __m256i *)(const void *)(x.q + (size_t)b * 32));
        for (int r = 0; r < ROWS; r++)
            v[r] = products(_mm256_loadu_si256((const __m256i *)(const void *)(p->rows[r] + (size_t)b * 32)), q);
        __m256i low = _mm256_hadd_epi32(_mm256_hadd_epi32(v[0], v[1]), _mm256_hadd_epi32(v[2], v[3]));
        __m256i high = _mm256_hadd_epi32(_mm256_hadd_epi32(v[4], v[5]), _mm256_hadd_epi32(v[6], v[7]));
        __m256i s[2] = {_mm256_permute2x128_si256(low, high, 0x20), _mm256_permute2x128_si256(low, high, 0x31)};
        if (group == 32) s[0] = _mm256_add_epi32(s[0], s[1]);
        for (uint32_t j = 0; j < per; j++) {
            size_t g = (size_t)b * per + j;
            __m256 d = _mm256_mul_ps(_mm256_loadu_ps(p->scale + g * ROWS), _mm256_set1_ps(x.d[b]));
            f = _mm256_fmadd_ps(_mm256_cvtepi32_ps(s[j]), d, f);
            if (mins) f = _mm256_fmadd_ps(_mm256_loadu_ps(p->min + g * ROWS), _mm256_set1_ps(x.sum[g]), f);
        }
    }
    _mm256_storeu_ps(acc, f);
}

INLINE void stretch_times_tokens(panel *p, uint32_t n, const sx_q8 *x, uint32_t n_tok, uint32_t k, uint32_t k0, float *acc,
                                 const int group, const bool mins)
{
    uint32_t t = 0;
    if (n_tok > FEW) {
        for (; t + TILE <= n_tok; t += TILE)
            panel_tile(p, n, view(x, t, k, k0, group), acc + (size_t)t * ROWS, TILE, group, mins);
        for (; t < n_tok; t++) panel_tile(p, n, view(x, t, k, k0, group), acc + (size_t)t * ROWS, 1, group, mins);
    }
    for (; t < n_tok; t++) one_token(p, n, view(x, t, k, k0, group), acc + (size_t)t * ROWS, group, mins);
}

/* ---- the whole ---- */

void sx_quants_avx2(const sx_quant *plain, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x,
                    uint32_t n_tok, uint32_t k, float *out, size_t ldo, void *scratch)
{
    const sx_quant *quant = quant_of(plain->type); /* the same, compiled for this level */
    panel *p = scratch;
    float *acc = (float *)(void *)((char *)scratch + (sizeof(panel) + 63) / 64 * 64); /* [n_tok, 8] */
    for (uint32_t r = 0; r < n_rows; r += ROWS) {
        uint32_t rows = n_rows - r < ROWS ? n_rows - r : ROWS;
        memset(acc, 0, (size_t)n_tok * ROWS * sizeof *acc);
        for (uint32_t k0 = 0; k0 < k; k0 += STRETCH) {
            uint32_t n = k - k0 < STRETCH ? k - k0 : STRETCH;
            fill(p, quant, (const char *)w + r * stride + (size_t)k0 / quant->block * quant->block_bytes, stride, rows, n,
                 n_tok > FEW);
            if (quant->group == 32 && !quant->mins)
                stretch_times_tokens(p, n, x, n_tok, k, k0, acc, 32, false);
            else if (quant->group == 32)
                stretch_times_tokens(p, n, x, n_tok, k, k0, acc, 32, true);
            else if (!quant->mins)
                stretch_times_tokens(p, n, x, n_tok, k, k0, acc, 16, false);
            else
                stretch_times_tokens(p, n, x, n_tok, k, k0, acc, 16, true);
        }
        for (uint32_t t = 0; t < n_tok; t++)
            put_part(out + t * ldo + r, _mm256_loadu_ps(acc + (size_t)t * ROWS), rows);
    }
}

size_t sx_quants_scratch_avx2(uint32_t n_tok)
{
    return (sizeof(panel) + 63) / 64 * 64 + (size_t)n_tok * ROWS * sizeof(float);
}
