/* Quantised rows times bytes with AVX2. A stretch of k of 8 rows is laid out as lines (lines.h) in a panel that stays in L1
 * and serves all tokens. Products of bytes are summed in 16 bits as far as that is exact, then in 32. Sums within a block
 * are integers, hence exact, and blocks are added in order of k: one token or many, the bits are the same. */
#include "engine/kernels/x86/quants_avx2.h"

#include "engine/kernels/x86/lanes_avx2.h"
#include "engine/kernels/x86/lines.h"
#include "engine/kernels/x86/simd_avx2.h"

enum { TILE = 4 /* tokens worked on together */, PANEL_BYTES = (sizeof(panel) + 63) / 64 * 64 };

typedef struct token_view { /* a token tile's activations from the stretch's first k on; rows are k apart */
    const int8_t *q;
    const float *d, *sum;
    const int32_t *off;
    uint32_t k;
} token_view;

INLINE token_view view(const sx_q8 *x, uint32_t t, uint32_t k, uint32_t k0, const int group)
{
    size_t at = (size_t)t * k + k0, g = at / (uint32_t)group;
    return (token_view){x->q + at, x->d + at / 32, (group == 32 ? x->sum32 : x->sum16) + g,
                        (group == 32 ? x->off32 : x->off16) + g, k};
}

INLINE __m256i four_bytes(const int8_t *q)
{
    int32_t v;
    memcpy(&v, q, sizeof v);
    return _mm256_set1_epi32(v);
}

INLINE __m256i load_line(const uint8_t *line)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)line);
}

/* s += lines of one group times toks tokens. bits: of the unsigned values, or 8 for signed ones. Two products of 8-bit values
 * fill 16 bits (at most 2 * 128 * 127), two of 4-bit values an eighth of that. */
INLINE void group_sums(const uint8_t *line, const int8_t *q, size_t ldq, __m256i *s, const int toks, const int group,
                       const int bits)
{
    const __m256i ones = _mm256_set1_epi16(1);
    const int run = bits == 8 ? 1 : bits == 6 ? 2 : bits == 5 || group == 16 ? 4 : 8; /* lines summed in 16 bits */
#pragma GCC unroll 8
    for (int from = 0; from < group / 4; from += run) {
        __m256i short_sum[TILE];
#pragma GCC unroll 8
        for (int i = from; i < from + run; i++) {
            const __m256i w = load_line(line + (size_t)i * LINE), size = bits == 8 ? _mm256_abs_epi8(w) : w;
            for (int t = 0; t < toks; t++) {
                __m256i v = four_bytes(q + (size_t)t * ldq + 4 * i);
                __m256i pairs = _mm256_maddubs_epi16(size, bits == 8 ? _mm256_sign_epi8(v, w) : v);
                short_sum[t] = i == from ? pairs : _mm256_add_epi16(short_sum[t], pairs);
            }
        }
        for (int t = 0; t < toks; t++) s[t] = _mm256_add_epi32(s[t], _mm256_madd_epi16(short_sum[t], ones));
    }
}

/* bias: what the unsigned values have too much, 0 for none. */
INLINE void tile(const panel *p, uint32_t groups, token_view x, float *acc /* [toks][8] */, const int toks,
                 const int group, const bool mins, const int bits, const int bias)
{
    __m256 f[TILE];
    const size_t ldd = x.k / 32, ldg = x.k / (uint32_t)group;
    const int shift = bias == 4 ? 5 : bias == 8 ? 4 : bias == 16 ? 3 : 2; /* from -128 * sum to -bias * sum */
    for (int t = 0; t < toks; t++) f[t] = _mm256_loadu_ps(acc + t * ROWS);
    for (uint32_t g = 0; g < groups; g++) {
        __m256i s[TILE];
        for (int t = 0; t < toks; t++)
            s[t] = bias ? _mm256_srai_epi32(_mm256_set1_epi32(x.off[(size_t)t * ldg + g]), shift)
                        : _mm256_setzero_si256();
        group_sums(p->lines + (size_t)g * (uint32_t)group / 4 * LINE, x.q + (size_t)g * (uint32_t)group, x.k, s, toks,
                   group, bits);
        const __m256 scale = _mm256_loadu_ps(p->scale + (size_t)g * ROWS);
        for (int t = 0; t < toks; t++) {
            __m256 d = _mm256_mul_ps(scale, _mm256_set1_ps(x.d[(size_t)t * ldd + g * (uint32_t)group / 32]));
            f[t] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(s[t]), d, f[t]);
            if (mins)
                f[t] = _mm256_fmadd_ps(_mm256_loadu_ps(p->min + (size_t)g * ROWS),
                                       _mm256_set1_ps(x.sum[(size_t)t * ldg + g]), f[t]);
        }
    }
    for (int t = 0; t < toks; t++) _mm256_storeu_ps(acc + t * ROWS, f[t]);
}

/* acc [n_tok, 8] += the panel's rows times all tokens. */
INLINE void all_tokens(const panel *p, uint32_t n, const sx_q8 *x, uint32_t n_tok, uint32_t k, uint32_t k0, float *acc,
                       const int group, const bool mins, const int bits, const int bias)
{
    const uint32_t groups = n / (uint32_t)group, tiles = (n_tok + TILE - 1) / TILE;
    for (uint32_t i = 0, t = 0; i < tiles; i++) {
        const uint32_t toks = n_tok / tiles + (i < n_tok % tiles);
        token_view v = view(x, t, k, k0, group);
        float *to = acc + (size_t)t * ROWS;
        switch (toks) {
        case 1: tile(p, groups, v, to, 1, group, mins, bits, bias); break;
        case 2: tile(p, groups, v, to, 2, group, mins, bits, bias); break;
        case 3: tile(p, groups, v, to, 3, group, mins, bits, bias); break;
        default: tile(p, groups, v, to, 4, group, mins, bits, bias); break;
        }
        t += toks;
    }
}

static void multiply(uint32_t type, const panel *p, uint32_t n, const sx_q8 *x, uint32_t n_tok, uint32_t k, uint32_t k0,
                     float *acc)
{
    switch (type) {
    case SX_TYPE_Q4_0: all_tokens(p, n, x, n_tok, k, k0, acc, 32, false, 4, 8); break;
    case SX_TYPE_Q4_1:
    case SX_TYPE_Q4_K: all_tokens(p, n, x, n_tok, k, k0, acc, 32, true, 4, 0); break;
    case SX_TYPE_Q5_0: all_tokens(p, n, x, n_tok, k, k0, acc, 32, false, 5, 16); break;
    case SX_TYPE_Q5_1:
    case SX_TYPE_Q5_K: all_tokens(p, n, x, n_tok, k, k0, acc, 32, true, 5, 0); break;
    case SX_TYPE_Q2_K: all_tokens(p, n, x, n_tok, k, k0, acc, 16, true, 4, 0); break;
    case SX_TYPE_Q3_K: all_tokens(p, n, x, n_tok, k, k0, acc, 16, false, 4, 4); break;
    case SX_TYPE_Q6_K: all_tokens(p, n, x, n_tok, k, k0, acc, 16, false, 6, 32); break;
    default: all_tokens(p, n, x, n_tok, k, k0, acc, 32, false, 8, 0); break;
    }
}

void sx_quants_avx2(const sx_quant *quant, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x,
                    uint32_t n_tok, uint32_t k, float *out, size_t ldo, void *scratch)
{
    enum { FURTHER = 2 * ROWS };
    const matrix m = {quant, w, stride, n_rows};
    panel *p = scratch;
    float *acc = (float *)(void *)((char *)scratch + PANEL_BYTES); /* [n_tok, 8] */
    const uint32_t stretch = stretch_of(k, quant->block);
    for (uint32_t r = 0; r < n_rows; r += ROWS) {
        const char *ahead = (const char *)w + (size_t)(r + FURTHER) * stride;
        memset(acc, 0, (size_t)n_tok * ROWS * sizeof *acc);
        for (uint32_t k0 = 0; k0 < k; k0 += stretch) {
            const uint32_t n = k - k0 < stretch ? k - k0 : stretch;
            ahead = fill_rows(p, &m, r, k0, n, ahead);
            multiply(quant->type, p, n, x, n_tok, k, k0, acc);
        }
        for (uint32_t t = 0; t < n_tok; t++)
            put_part(out + t * ldo + r, _mm256_loadu_ps(acc + (size_t)t * ROWS), n_rows - r < ROWS ? n_rows - r : ROWS);
    }
}

size_t sx_quants_scratch_avx2(uint32_t n_tok)
{
    return PANEL_BYTES + (size_t)n_tok * ROWS * sizeof(float);
}
