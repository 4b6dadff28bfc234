/* Every vector form against the plain C form over odd shapes, and the promise all of them make: a result depends on its own
 * row and token only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/kernels/half.h"
#include "engine/kernels/kernels.h"
#include "engine/model/gguf.h"
#include "platform/cpu.h"
#include "random_blocks.h"
#include "sextant.h"

#define EACH_LEVEL(k) \
    for (sx_kernels k = sx_kernels_select(LLM_ISA_SCALAR), *once = &k; once; \
         once = k.isa < sx_kernels_select(0).isa ? (k = sx_kernels_select(k.isa + 1), once) : NULL)

static void *grab(size_t bytes)
{
    void *p = aligned_alloc(64, (bytes + 127) / 64 * 64);
    assert_non_null(p);
    return p;
}

static void near(const float *a, const float *b, size_t n, float tolerance)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabsf(a[i] - b[i]) <= tolerance * (1.0f + fabsf(b[i]))))
            fail_msg("element %zu is %g, the plain form gives %g", i, (double)a[i], (double)b[i]);
}

static void same(const float *a, const float *b, size_t n)
{
    assert_memory_equal(a, b, n * sizeof *a);
}

/* ---- products ---- */

static void float_rows(uint32_t type, uint16_t *to, const float *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = type == SX_TYPE_F16 ? sx_f32_f16(from[i]) : (uint16_t)(sx_f32_bits(from[i]) >> 16);
}

static void float_products(void **state)
{
    (void)state;
    enum { K = 2100, R = 21, T = 13 };
    static const uint32_t ks[] = {1, 7, 8, 15, 16, 17, 33, 172, 256, K}, rows[] = {1, 3, 4, 5, 16, R},
                          toks[] = {1, 2, 3, 5, 6, 7, T};
    static const uint32_t types[] = {SX_TYPE_F32, SX_TYPE_F16, SX_TYPE_BF16};
    float *w = grab(R * K * 4), *x = grab(T * (K + 4) * 4), *ref = grab(T * R * 4), *out = grab(T * R * 4);
    float *rounded = grab(T * (K + 4) * 4);
    uint16_t *half = grab(R * K * 2);
    random_floats(w, R * K, 1);
    random_floats(x, T * (K + 4), 2);
    for (size_t i = 0; i < T * (K + 4); i++) rounded[i] = sx_bf16_f32(sx_f32_bf16(x[i]));
    for (size_t c = 0; c < 10 * 6 * 7 * 3; c++) {
        uint32_t k = ks[c % 10], r = rows[c / 10 % 6], t = toks[c / 60 % 7], type = types[c / 420],
                 size = type == SX_TYPE_F32 ? 4 : 2;
        float_rows(type, half, w, (size_t)r * k);
        const void *data = type == SX_TYPE_F32 ? (void *)w : (void *)half;
        EACH_LEVEL(kernels)
        {
            const bool pairs = type == SX_TYPE_BF16 && kernels.isa >= LLM_ISA_AVX512 && sx_cpu_detect().avx512_bf16;
            sx_matmul_ref.floats(type, data, (size_t)k * size, r, pairs ? rounded : x, k + 4, t, k, ref, r);
            kernels.matmul->floats(type, data, (size_t)k * size, r, x, k + 4, t, k, out, r);
            near(out, ref, (size_t)r * t, 1e-4f);
            for (uint32_t i = 0; i < t; i++) /* one token and one row alone: the same bits */
                for (uint32_t j = 0; j < r; j++) {
                    float one;
                    if (k == K && i % 5 != j % 5) continue; /* slow */
                    kernels.matmul->floats(type, (const char *)data + (size_t)j * k * size, (size_t)k * size, 1,
                                           x + (size_t)i * (k + 4), k + 4, 1, k, &one, 1);
                    same(&one, out + (size_t)i * r + j, 1);
                }
        }
    }
    free(w);
    free(x);
    free(rounded);
    free(ref);
    free(out);
    free(half);
}

/* The form in which many tokens meet weights of a type: the first that takes it. */
static const sx_panel_ops *panels_of(const sx_kernels *k, uint32_t type)
{
    for (size_t i = 0; i < SX_PANEL_FORMS; i++)
        if (k->panels[i] && k->panels[i]->takes(type)) return k->panels[i];
    return NULL;
}

/* All tokens and rows through panels: nothing is written beside the result, nothing is read behind weights or tokens. */
static void check_panels(const sx_matmul_ops *few, const sx_panel_ops *ops, uint32_t type, uint32_t n_rows,
                         uint32_t n_tok, uint32_t len, uint32_t seed)
{
    const size_t size = type == SX_TYPE_F32 ? 4 : 2, stride = len * size, ldo = n_rows + 3, n = (size_t)n_rows * len;
    float *w = grab(n * 4), *x = malloc(n_tok * (size_t)len * 4), *want = grab(n_tok * ldo * 4),
          *out = grab(n_tok * ldo * 4), *packed = grab(ops->packed(n_tok, len) * 4);
    unsigned char *data = malloc(n * size);
    void *scratch = grab(ops->scratch(len));
    random_floats(w, n, seed);
    random_floats(x, n_tok * (size_t)len, seed + 1);
    if (type == SX_TYPE_F32)
        memcpy(data, w, n * size);
    else
        float_rows(type, (uint16_t *)(void *)data, w, n);
    for (size_t i = 0; i < n_tok * ldo; i++) want[i] = out[i] = 77.0f;
    memset(packed, 0xff, ops->packed(n_tok, len) * 4);
    memset(scratch, 0xff, ops->scratch(len));
    few->floats(type, data, stride, n_rows, x, len, n_tok, len, want, ldo);
    for (uint32_t t = 0; t < n_tok; t += ops->tokens) ops->pack(x, len, n_tok, len, packed, t);
    ops->multiply(type, data, stride, n_rows, packed, n_tok, len, out, ldo, scratch);
    for (size_t i = 0; i < n_tok * ldo; i++)
        if (sx_f32_bits(out[i]) != sx_f32_bits(want[i]))
            fail_msg("type %u: %u rows, %u tokens, %u elements: row %zu of token %zu is %.9g, not %.9g", type, n_rows,
                     n_tok, len, i % ldo, i / ldo, (double)out[i], (double)want[i]);
    free(w);
    free(x);
    free(want);
    free(out);
    free(packed);
    free(data);
    free(scratch);
}

static void check_panels_over(const sx_matmul_ops *few, const sx_panel_ops *ops, uint32_t type)
{
    static const uint32_t rows[] = {1, 15, 16, 17, 31, 32, 33, 70},
                          ks[] = {1, 7, 8, 15, 16, 17, 31, 32, 33, 64, 100, 259};
    assert_true(ops->takes(type));
    for (uint32_t t = 1; t <= 26; t++) /* every number of tokens a tile may have, beside whole ones or alone */
        check_panels(few, ops, type, rows[t % 8], t, ks[t % 12], t);
    for (uint32_t c = 0; c < 8 * 12; c++) check_panels(few, ops, type, rows[c % 8], 5 + c % 14, ks[c / 8], c);
    check_panels(few, ops, type, 300, 13, 1000, 5); /* more rows than are at hand at once */
    check_panels(few, ops, type, 37, 7, 5000, 6);   /* sums in two halves */
    check_panels(few, ops, type, 37, 7, 9001, 7);
    check_panels(few, ops, type, 61, 37, 2100, 8); /* few tokens after many, and rows and elements by parts */
    check_panels(few, ops, type, 100, 1, 17000, 9);
}

/* Many tokens have the bits of few: outer products sum in the same order. */
static void panels_have_the_bits_of_dot_products(void **state)
{
    (void)state;
    static const uint32_t types[] = {SX_TYPE_F32, SX_TYPE_F16, SX_TYPE_BF16};
    EACH_LEVEL(k)
    for (size_t i = 0; i < 3; i++) {
        const sx_panel_ops *ops = panels_of(&k, types[i]);
        assert_int_equal(ops == NULL, k.isa == LLM_ISA_SCALAR);
        if (ops) check_panels_over(k.matmul, ops, types[i]);
    }
#if defined(__x86_64__)
    if (sx_cpu_detect().avx512_bf16) /* what processors with AVX-512 and without pairs take */
        check_panels_over(&sx_matmul_avx512, &sx_panels_avx512, SX_TYPE_BF16);
#endif
}

static sx_q8 q8_room(size_t tokens, size_t k)
{
    return (sx_q8){.q = grab(tokens * k),
                   .d = grab(tokens * k / 8),
                   .off32 = grab(tokens * k / 8),
                   .off16 = grab(tokens * k / 4),
                   .sum32 = grab(tokens * k / 8),
                   .sum16 = grab(tokens * k / 4)};
}

static void q8_free(sx_q8 *q)
{
    free(q->q);
    free(q->d);
    free(q->off32);
    free(q->off16);
    free(q->sum32);
    free(q->sum16);
}

/* Every form of products that this machine can run: a level may have several, and chooses. */
static size_t product_forms(const sx_matmul_ops *forms[8])
{
    size_t n = 0;
    EACH_LEVEL(k) forms[n++] = k.matmul;
#if defined(__x86_64__)
    if (sx_kernels_select(0).isa >= LLM_ISA_AVX2)
        forms[n++] = &sx_matmul_avx2; /* else hidden where there is AVX-VNNI */
#endif
    return n;
}

static void quantised_products(void **state)
{
    (void)state;
    const sx_matmul_ops *forms[8];
    const size_t n_forms = product_forms(forms);
    static const uint32_t rows[] = {1, 5, 8, 16, 19, 33}, toks[] = {1, 3, 4, 8, 13};
    enum { K = 1024 + 256, R = 33, T = 13 };
    for (uint32_t type = 0; type < 64; type++) {
        const sx_quant *quant = sx_quant_get(type);
        if (!quant) continue;
        size_t stride = (size_t)K / quant->block * quant->block_bytes;
        unsigned char *w = grab(R * stride);
        float *x = grab(T * K * 4), *ref = grab(T * R * 4), *out = grab(T * R * 4), *dense = grab(K * 4);
        sx_q8 q = q8_room(T, K);
        random_blocks(w, R * stride, quant);
        random_floats(x, T * K, 3);
        for (size_t form = 0; form < n_forms; form++) {
            const sx_matmul_ops *matmul = forms[form];
            void *scratch = grab(matmul->scratch(T));
            for (size_t c = 0; c < 6 * 5 * 2; c++) {
                uint32_t r = rows[c % 6], t = toks[c / 6 % 5], k = c / 30 ? K : 256;
                for (uint32_t i = 0; i < t; i++) matmul->to_q8(x + (size_t)i * k, k, &q, i);
                sx_matmul_ref.quants(quant, w, stride, r, &q, t, k, ref, r, scratch);
                matmul->quants(quant, w, stride, r, &q, t, k, out, r, scratch);
                same(out, ref,
                     (size_t)r * t); /* integers within a block, one order of blocks: the same at every level */
            }
            /* and near the exact product: 8-bit activations cost about half a percent of the row's length */
            sx_dequantize_row(type, w, dense, K);
            double dot = 0.0, length = 0.0;
            for (size_t i = 0; i < K; i++) {
                dot += (double)dense[i] * (double)x[i];
                length += (double)dense[i] * (double)dense[i];
            }
            assert_true(fabs(dot - (double)out[0]) <= 0.02 * sqrt(length));
            free(scratch);
        }
        q8_free(&q);
        free(w);
        free(x);
        free(ref);
        free(out);
        free(dense);
    }
}

/* One token, with every number of tokens that a tile may have, and a few rows of many: the same bits, wherever the packed
 * rows begin and nothing behind them. */
static void one_token_as_many(void **state)
{
    (void)state;
    const sx_matmul_ops *forms[8];
    const size_t n_forms = product_forms(forms);
    enum { K = 1024 + 512, R = 50, T = 20 };
    for (uint32_t c = 0; c < 4 * 64; c++) {
        const sx_quant *quant = sx_quant_get(c / 4);
        if (!quant) continue;
        const uint32_t ks[2][4] = {{K + 32 /* an odd block at the end */, 32, 96, 576}, {K, 256, 512, 768}},
                       k = ks[quant->block != 32][c % 4];
        const size_t stride = (size_t)k / quant->block * quant->block_bytes;
        unsigned char *block = grab(R * stride), *w = (unsigned char *)malloc(R * stride);
        float *x = grab(T * (size_t)k * 4), *ref = grab(T * R * 4), *out = grab(T * R * 4);
        assert_non_null(w);
        random_blocks(block, R * stride, quant);
        memcpy(w, block, R * stride);
        random_floats(x, T * (size_t)k, 9);
        sx_q8 q = q8_room(T, k + 32);
        for (size_t form = 0; form < n_forms; form++) {
            const sx_matmul_ops *matmul = forms[form];
            void *scratch = grab(matmul->scratch(T));
            for (uint32_t t = 0; t < T; t++) {
                matmul->to_q8(x + t * (size_t)k, k, &q, 0);
                matmul->quants(quant, w, stride, R, &q, 1, k, ref + t * R, R, scratch);
            }
            for (uint32_t t = 0; t < T; t++) matmul->to_q8(x + t * (size_t)k, k, &q, t);
            for (uint32_t t = 2; t <= T; t++) {
                matmul->quants(quant, w, stride, R, &q, t, k, out, R, scratch);
                same(out, ref, (size_t)R * t);
            }
            for (uint32_t r = 0; r < R; r += 7) { /* the last rows alone */
                matmul->quants(quant, w + r * stride, stride, R - r, &q, 5, k, out, R, scratch);
                for (uint32_t t = 0; t < 5; t++) same(out + t * R, ref + t * R + r, R - r);
                matmul->quants(quant, w + r * stride, stride, R - r, &q, 1, k, out, R, scratch);
                same(out, ref + r, R - r);
            }
            free(scratch);
        }
        q8_free(&q);
        free(block);
        free(w);
        free(x);
        free(ref);
        free(out);
    }
}

/* The largest sums that bytes can have, where numbers of 16 bits are just wide enough: the same as in plain C. */
static void largest_products(void **state)
{
    (void)state;
    enum { K = 512, R = 19, T = 9 };
    static const int pattern[] = {0xff, 0x00, 0x80, 0x7f, 0x0f, 0xf0, 0x81};
    const sx_matmul_ops *forms[8];
    const size_t n_forms = product_forms(forms);
    for (uint32_t type = 0; type < 64; type++) {
        const sx_quant *quant = sx_quant_get(type);
        if (!quant) continue;
        const size_t stride = (size_t)K / quant->block * quant->block_bytes;
        unsigned char *w = grab(R * stride);
        float *x = grab(T * K * 4), *ref = grab(T * R * 4), *out = grab(T * R * 4);
        sx_q8 q = q8_room(T, K);
        for (size_t i = 0; i < R * stride; i++) w[i] = (unsigned char)pattern[i / stride % 7];
        finite_scales(w, R * stride, quant);
        for (size_t i = 0; i < T * K; i++) x[i] = (i / K + (i % K) * (i / K / 3)) % 2 ? -1.0f : 1.0f;
        for (uint32_t i = 0; i < T; i++) sx_matmul_ref.to_q8(x + (size_t)i * K, K, &q, i);
        for (size_t form = 0; form < n_forms; form++) {
            void *scratch = grab(forms[form]->scratch(T));
            for (uint32_t t = 1; t <= T; t++) {
                sx_matmul_ref.quants(quant, w, stride, R, &q, t, K, ref, R, scratch);
                forms[form]->quants(quant, w, stride, R, &q, t, K, out, R, scratch);
                same(out, ref, (size_t)R * t);
            }
            free(scratch);
        }
        q8_free(&q);
        free(w);
        free(x);
        free(ref);
        free(out);
    }
}

static void activations_to_bytes(void **state)
{
    (void)state;
    enum { K = 352 };
    float x[K];
    EACH_LEVEL(kernels)
    {
        sx_q8 q = q8_room(2, K), ref = q8_room(2, K);
        for (uint32_t k = 32; k <= K; k += 32)
            for (size_t token = 0; token < 2; token++) {
                random_floats(x, k, 5 + k + (uint32_t)token);
                memset(x, 0, 32 * sizeof *x); /* a block of zeros has no scale to divide by */
                for (uint32_t i = 64; i < k; i++) x[i] *= (float)(1 + i / 32); /* scales differ */
                if (token == 1) x[k - 1] = NAN;                                /* counts as 0 */
                kernels.matmul->to_q8(x, k, &q, token);
                sx_matmul_ref.to_q8(x, k, &ref, token);
                assert_memory_equal(q.q + token * k, ref.q + token * k, k);
                same(q.d + token * k / 32, ref.d + token * k / 32, k / 32);
                same(q.sum16 + token * k / 16, ref.sum16 + token * k / 16, k / 16);
                same(q.sum32 + token * k / 32, ref.sum32 + token * k / 32, k / 32);
                assert_memory_equal(q.off16 + token * k / 16, ref.off16 + token * k / 16, k / 16 * sizeof *q.off16);
                assert_memory_equal(q.off32 + token * k / 32, ref.off32 + token * k / 32, k / 32 * sizeof *q.off32);
            }
        x[0] = NAN;
        x[40] = x[200] = INFINITY;
        kernels.matmul->to_q8(x, K, &q, 0); /* defined, whatever it gives */
        q8_free(&q);
        q8_free(&ref);
    }
}

/* ---- rows ---- */

static void row_loops(void **state)
{
    (void)state;
    enum { MAX = 70 };
    for (uint32_t n = 1; n <= MAX; n++) {
        float x[MAX], y[MAX], w[MAX], c[MAX], s[MAX], a[MAX + 1], b[MAX + 1];
        random_floats(x, MAX, n);
        random_floats(y, MAX, n + 100);
        random_floats(w, MAX, n + 200);
        random_floats(c, MAX, n + 300);
        random_floats(s, MAX, n + 400);
        for (uint32_t i = 0; i < n; i++) x[i] *= 8.0f;
        EACH_LEVEL(k)
        {
            const sx_vector_ops *v = k.vector, *r = &sx_vector_ref;
            a[n] = b[n] = 77.0f; /* nothing may be written behind the end */
#define BOTH(call_a, call_b) \
    do { \
        memcpy(a, x, n * sizeof *x); \
        memcpy(b, x, n * sizeof *x); \
        call_a; \
        call_b; \
        near(a, b, n + 1, 2e-6f); \
        assert_true(a[n] == 77.0f); \
    } while (0)
            BOTH(v->rms_norm(a, a, w, n, 1e-5f), r->rms_norm(b, b, w, n, 1e-5f));
            BOTH(v->rms_norm(a, a, NULL, n, 1e-5f), r->rms_norm(b, b, NULL, n, 1e-5f));
            BOTH(v->layer_norm(a, a, w, y, n, 1e-2f), r->layer_norm(b, b, w, y, n, 1e-2f));
            BOTH(v->layer_norm(a, a, NULL, NULL, n, 1e-2f), r->layer_norm(b, b, NULL, NULL, n, 1e-2f));
            BOTH(v->add(a, a, y, n), r->add(b, b, y, n));
            BOTH(v->mul(a, a, y, n), r->mul(b, b, y, n));
            BOTH(v->add_scaled(a, y, 0.3f, n), r->add_scaled(b, y, 0.3f, n));
            BOTH(v->scale(a, 0.3f, n), r->scale(b, 0.3f, n));
            BOTH(v->silu(a, n), r->silu(b, n));
            BOTH(v->gelu(a, n), r->gelu(b, n));
            BOTH(v->rope_halves(a, c, s, n / 2 * 2), r->rope_halves(b, c, s, n / 2 * 2));
            BOTH(v->rope_pairs(a, c, s, n / 2 * 2), r->rope_pairs(b, c, s, n / 2 * 2));
            BOTH(k.attention->soft_cap(a, n, 5.0f), sx_attention_ref.soft_cap(b, n, 5.0f));
#undef BOTH
            uint16_t ha[MAX + 1], hb[MAX + 1];
            ha[n] = hb[n] = 7;
            k.cache->pack(SX_TYPE_F16, ha, x, n);
            sx_cache_ref.pack(SX_TYPE_F16, hb, x, n);
            assert_memory_equal(ha, hb, (n + 1) * sizeof *ha);
        }
    }
}

static void extreme_values(void **state)
{
    (void)state;
    EACH_LEVEL(k)
    {
        float x[8] = {-1000.0f, 1000.0f, -88.0f, 88.0f, 0.0f, -0.0f, NAN, -INFINITY};
        k.vector->silu(x, 7);
        assert_true(x[0] == 0.0f && x[1] == 1000.0f && fabsf(x[2]) < 1e-30f && x[3] == 88.0f && x[4] == 0.0f &&
                    x[6] != x[6]);
    }
}

static void half_precision_is_exact(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 65536; h++) {
        float f = sx_f16_f32((uint16_t)h);
        if (f == f) assert_int_equal(sx_f32_f16(f), h);
        if (f != f) assert_true(sx_f16_f32(sx_f32_f16(f)) != 0.0f);
    }
    assert_int_equal(sx_f32_f16(65520.0f), 0x7c00);        /* rounds up to infinity */
    assert_int_equal(sx_f32_f16(1.0f + 0x1p-11f), 0x3c00); /* a tie goes to even */
}

/* ---- attention ---- */

static size_t kept_bytes(uint32_t type, uint32_t n)
{
    const sx_type_info *info = sx_type_get(type);
    return (size_t)((n + info->block - 1) / info->block) * info->block_bytes;
}

static const uint32_t kept_types[] = {SX_TYPE_F32, SX_TYPE_F16, SX_TYPE_BF16, SX_TYPE_Q8_0, SX_TYPE_Q4_0};

/* Random rows as they are kept; what stands behind n_rows is no number at all. */
static unsigned char *kept_rows(uint32_t type, uint32_t n_rows, uint32_t dim, uint64_t seed, size_t *stride)
{
    *stride = kept_bytes(type, dim) + 2;
    unsigned char *rows = grab(SX_KEY_TILE * *stride);
    float x[160];
    memset(rows, 0xff, SX_KEY_TILE * *stride);
    for (uint32_t j = 0; j < n_rows; j++) {
        random_floats(x, dim, seed + j);
        sx_cache_ref.pack(type, rows + j * *stride, x, dim);
    }
    return rows;
}

static void scores_of_keys(void **state)
{
    (void)state;
    enum { ROWS = 14, DIM = 160 };
    static const uint32_t dims[] = {1, 8, 12, 16, 31, 40, 64, 80, 160}, n_keys[] = {1, 17, 63, 64};
    const size_t ldq = sx_query_floats(DIM) + 16;
    float *q = grab(ROWS * DIM * 4), *ready = grab(ROWS * ldq * 4), *ready_ref = grab(ROWS * ldq * 4);
    float *panel = grab(sx_panel_floats(DIM) * 4), *panel_ref = grab(sx_panel_floats(DIM) * 4);
    float *a = grab(ROWS * SX_KEY_TILE * 4), *b = grab(ROWS * SX_KEY_TILE * 4), *whole = grab(DIM * 4);
    random_floats(q, ROWS * DIM, 1);
    EACH_LEVEL(k)
    for (size_t c = 0; c < 9 * 4 * 5; c++) {
        const uint32_t dim = dims[c % 9], n = n_keys[c / 9 % 4], type = kept_types[c / 36];
        size_t stride;
        unsigned char *rows = kept_rows(type, n, dim, c, &stride);
        for (uint32_t i = 0; i < ROWS; i++) {
            k.attention->query(type, ready + i * ldq, q + i * dim, 0.25f, dim);
            sx_attention_ref.query(type, ready_ref + i * ldq, q + i * dim, 0.25f, dim);
        }
        const sx_wanted wanted = {(const char *)rows, (const char *)rows, (const char *)rows};
        k.attention->keys(type, panel, rows, stride, n, dim, &wanted);
        sx_attention_ref.keys(type, panel_ref, rows, stride, n, dim, NULL);
        k.attention->scores(type, a, ready, ldq, ROWS, panel, dim, NULL);
        sx_attention_ref.scores(type, b, ready_ref, ldq, ROWS, panel_ref, dim, NULL);
        near(a, b, ROWS * SX_KEY_TILE, 1e-5f);
        for (uint32_t i = 0; i < ROWS; i++)
            for (uint32_t j = n; j < SX_KEY_TILE; j++) assert_true(a[i * SX_KEY_TILE + j] == 0.0f);
        for (uint32_t j = 0; j < n; j++) { /* and near what the numbers say: bytes cost a query half a percent */
            double exact = 0.0, length = 0.0;
            sx_cache_ref.unpack(type, whole, DIM, rows + j * stride, stride, 1, dim);
            for (uint32_t d = 0; d < dim; d++) {
                exact += 0.25 * (double)q[d] * (double)whole[d];
                length += fabs((double)whole[d]);
            }
            assert_true(fabs(exact - (double)a[j]) <=
                        (sx_quant_get(type) ? 0.25 * length / 254.0 : 0.0) + 1e-5 * (1.0 + length));
        }
        for (uint32_t count = 1; count < 9; count++) { /* few rows, and what is wanted next: the same bits */
            k.attention->scores(type, b, ready + ldq, ldq, count, panel, dim, &wanted);
            same(b, a + SX_KEY_TILE, count * SX_KEY_TILE);
        }
        free(rows);
    }
    free(q);
    free(ready);
    free(ready_ref);
    free(panel);
    free(panel_ref);
    free(a);
    free(b);
    free(whole);
}

static void softmax_tiles(void **state)
{
    (void)state;
    enum { ROWS = 7, ALL = ROWS * SX_KEY_TILE };
    EACH_LEVEL(k)
    {
        float a[ALL], b[ALL], max_a[ROWS], max_b[ROWS], sum_a[ROWS], sum_b[ROWS], keep_a[ROWS], keep_b[ROWS];
        for (int i = 0; i < ROWS; i++) {
            max_a[i] = max_b[i] = -INFINITY;
            sum_a[i] = sum_b[i] = 0.0f;
        }
        for (uint32_t round = 0; round < 5; round++) {
            random_floats(a, ALL, round);
            for (int i = 0; i < ALL; i++)
                a[i] = i % 7 == 3 || round == 2 || (round < 2 && i / SX_KEY_TILE == 2) ? -INFINITY : a[i] * 50.0f;
            memcpy(b, a, sizeof a);
            for (uint32_t i = 0; i < ROWS; i++) { /* a row alone: the same bits */
                float row[SX_KEY_TILE], max = max_a[i], sum = sum_a[i], keep;
                memcpy(row, a + i * SX_KEY_TILE, sizeof row);
                k.attention->softmax(row, 1, &max, &sum, &keep);
                if (i == 0) memcpy(keep_b, row, sizeof keep_b);
                if (i == ROWS - 1) {
                    float all[ALL], maxes[ROWS], sums[ROWS], keeps[ROWS];
                    memcpy(all, a, sizeof all);
                    memcpy(maxes, max_a, sizeof maxes);
                    memcpy(sums, sum_a, sizeof sums);
                    k.attention->softmax(all, ROWS, maxes, sums, keeps);
                    same(row, all + i * SX_KEY_TILE, SX_KEY_TILE);
                    same((float[]){max, sum, keep}, (float[]){maxes[i], sums[i], keeps[i]}, 3);
                    same(keep_b, all, ROWS);
                }
            }
            k.attention->softmax(a, ROWS, max_a, sum_a, keep_a);
            sx_attention_ref.softmax(b, ROWS, max_b, sum_b, keep_b);
            near(a, b, ALL, 1e-6f);
            near(keep_a, keep_b, ROWS, 1e-5f);
            near(sum_a, sum_b, ROWS, 1e-5f);
            assert_memory_equal(max_a, max_b, sizeof max_a);
            for (int i = 3; i < ALL; i += 7) assert_true(a[i] == 0.0f); /* what is not seen weighs nothing at all */
            if (round == 0) assert_true(max_a[2] == -INFINITY && sum_a[2] == 0.0f && keep_a[2] == 1.0f);
        }
    }
}

static void weighing(void **state)
{
    (void)state;
    enum { ROWS = 13, DIM = 160 };
    static const uint32_t dims[] = {1, 8, 12, 16, 24, 40, 64, 80, 160}, keys[] = {1, 5, 64};
    float *p = grab(ROWS * SX_KEY_TILE * 4), *a = grab(ROWS * DIM * 4), *b = grab(ROWS * DIM * 4), keep[ROWS];
    float *floats = grab(SX_KEY_TILE * DIM * 4);
    random_floats(p, ROWS * SX_KEY_TILE, 1);
    for (int i = 0; i < ROWS; i++) keep[i] = i % 3 ? 0.25f + 0.01f * (float)i : 1.0f;
    EACH_LEVEL(k)
    for (size_t c = 0; c < 9 * 3 * 5; c++) {
        const uint32_t dim = dims[c % 9], n = keys[c / 9 % 3], type = kept_types[c / 27];
        size_t stride;
        unsigned char *values = kept_rows(type, n, dim, c, &stride);
        random_floats(a, ROWS * DIM, 9);
        random_floats(b, ROWS * DIM, 9);
        sx_attention_ref.weigh(b, DIM, ROWS, keep, p, type, values, stride, n, dim, NULL);
        k.attention->weigh(a, DIM, ROWS, keep, p, type, values, stride, n, dim, NULL);
        near(a, b, ROWS * DIM, 1e-5f);
        const sx_wanted wanted = {(const char *)values, (const char *)values, (const char *)values};
        for (uint32_t i = 0; i < ROWS; i++) { /* a row alone, and what is wanted next: the same bits */
            random_floats(b, ROWS * DIM, 9);
            k.attention->weigh(b + i * DIM, DIM, 1, keep + i, p + i * SX_KEY_TILE, type, values, stride, n, dim,
                               &wanted);
            same(b + i * DIM, a + i * DIM, DIM);
        }
        for (uint32_t count = 2; count < 9; count++) { /* few rows */
            random_floats(b, ROWS * DIM, 9);
            k.attention->weigh(b, DIM, count, keep, p, type, values, stride, n, dim, &wanted);
            same(b, a, count * DIM);
        }
        k.cache->unpack(type, floats, dim, values, stride, n, dim); /* and so do values made floats before */
        random_floats(b, ROWS * DIM, 9);
        k.attention->weigh(b, DIM, ROWS, keep, p, SX_TYPE_F32, floats, dim * sizeof *floats, n, dim, NULL);
        same(b, a, ROWS * DIM);
        free(values);
    }
    free(p);
    free(a);
    free(b);
    free(floats);
}

/* ---- keys and values as they are kept ---- */

static void every_level_keeps_the_same_bytes(void **state)
{
    (void)state;
    enum { MAX = 100, ROWS = 3 };
    static const float spread[] = {0.0f, 1.0f, 1e-6f, 3e4f, -1.0f};
    static const float error[] = {0.0f, 0x1p-11f, 0x1p-8f, 0.0045f, 0.13f}; /* of the largest number in a block */
    for (uint32_t n = 1; n <= MAX; n++)
        for (size_t c = 0; c < 5 * 5; c++) {
            const uint32_t type = kept_types[c % 5];
            const size_t bytes = kept_bytes(type, n), stride = bytes + 3;
            unsigned char a[ROWS * (MAX * 4 + 3) + 1], b[sizeof a];
            float x[MAX], u[ROWS * (MAX + 1) + 1], w[sizeof u / sizeof *u];
            random_floats(x, MAX, n + 1000);
            for (uint32_t i = 0; i < n; i++)
                x[i] = spread[c / 5] < 0.0f ? (i % 3 ? -0.0f : fabsf(x[i])) : x[i] * spread[c / 5];
            if (n % 10 == 9 && c / 5 == 1) x[n / 2] = NAN;
            EACH_LEVEL(k)
            {
                memset(a, 7, sizeof a);
                memset(b, 7, sizeof b);
                for (size_t r = 0; r < ROWS; r++) {
                    k.cache->pack(type, a + r * stride, x, n - (uint32_t)r * (n > ROWS));
                    sx_cache_ref.pack(type, b + r * stride, x, n - (uint32_t)r * (n > ROWS));
                }
                assert_memory_equal(a, b, sizeof a);
                for (size_t i = 0; i < sizeof u / sizeof *u; i++) u[i] = w[i] = 77.0f;
                k.cache->unpack(type, u, MAX + 1, a, stride, ROWS, n);
                sx_cache_ref.unpack(type, w, MAX + 1, a, stride, ROWS, n);
                assert_memory_equal(u, w, sizeof u);
                assert_true(u[n] == 77.0f);
            }
            float peak = 0.0f;
            for (uint32_t i = 0; i < n; i++) peak = fabsf(x[i]) > peak ? fabsf(x[i]) : peak;
            if (c / 5 == 1 || c / 5 == 3)
                for (uint32_t i = 0; i < n; i++)
                    if (x[i] == x[i]) assert_true(fabsf(w[i] - x[i]) <= error[c % 5] * peak);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(float_products),
        cmocka_unit_test(panels_have_the_bits_of_dot_products),
        cmocka_unit_test(quantised_products),
        cmocka_unit_test(one_token_as_many),
        cmocka_unit_test(largest_products),
        cmocka_unit_test(activations_to_bytes),
        cmocka_unit_test(row_loops),
        cmocka_unit_test(extreme_values),
        cmocka_unit_test(half_precision_is_exact),
        cmocka_unit_test(scores_of_keys),
        cmocka_unit_test(softmax_tiles),
        cmocka_unit_test(weighing),
        cmocka_unit_test(every_level_keeps_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
