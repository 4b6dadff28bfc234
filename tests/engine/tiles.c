/* Products with tiles of bf16: the kernel's arithmetic spelled out one number at a time, over emulated tiles on every machine
 * with AVX-512, over real ones where there are any; then whole models, whose given and made tokens take different ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "engine/kernels/half.h"
#include "engine/kernels/kernels.h"
#include "engine/model/gguf.h"
#include "engine/session/model.h"
#include "platform/cpu.h"
#include "random_blocks.h"
#include "tiles_at_hand.h"
#include "tiny.h"

static sx_mem mem;

static void *grab(size_t bytes)
{
    void *p = aligned_alloc(64, (bytes + 127) / 64 * 64);
    assert_non_null(p);
    return p;
}

/* ---- the level ---- */

/* In a child: what is granted stays granted. A small alternate signal stack makes Linux refuse the tiles. */
static void a_refusal_leaves_the_level_below(void **state)
{
    (void)state;
#if defined(SEXTANT_EMULATE_AMX)
    skip();
#endif
    const pid_t child = fork();
    if (child == 0) {
        static unsigned char small[2048];
        const stack_t stack = {.ss_sp = small, .ss_size = sizeof small};
        const bool set = sigaltstack(&stack, NULL) == 0;
        const sx_kernels k = sx_kernels_select(0);
        _exit(set && (k.tiles || k.isa > LLM_ISA_AVX512) ? 1 : 0);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void a_lower_level_has_no_tiles(void **state)
{
    (void)state;
    for (uint32_t isa = LLM_ISA_SCALAR; isa <= LLM_ISA_AVX512; isa++) assert_null(sx_kernels_select(isa).tiles);
    const sx_kernels best = sx_kernels_select(0);
    assert_int_equal(best.isa == LLM_ISA_AMX, best.tiles != NULL);
    assert_string_equal(sx_cpu_isa_name(LLM_ISA_AMX), "amx");
}

/* ---- the kernel ---- */

/* w [n_rows, k] as the kernel is to see it: rounded to bf16, but for F16. */
static void plain_weights(uint32_t type, const unsigned char *w, size_t stride, uint32_t n_rows, uint32_t k, float *out)
{
    const sx_quant *quant = sx_quant_get(type);
    int8_t q[256];
    float scale[16], min[16];
    for (uint32_t r = 0; r < n_rows; r++, w += stride)
        for (uint32_t i = 0; i < k; i++) {
            float *to = out + (size_t)r * k + i;
            if (!quant) {
                const uint16_t h = sx_load_u16(w + 2 * (size_t)i);
                *to = type == SX_TYPE_F16 ? sx_f16_f32(h) : sx_bf16_f32(h);
                continue;
            }
            if (i % quant->block == 0) quant->unpack(w + i / quant->block * quant->block_bytes, 1, q, scale, min);
            const uint32_t at = i % quant->block, g = at / quant->group;
            *to = sx_bf16_f32(sx_f32_bf16(fmaf(q[at], scale[g], quant->mins ? min[g] : 0.0f)));
        }
}

/* At most 32 elements, even and odd ones apart. */
static float plain_step(const float *w, const float *x, uint32_t n)
{
    float part[2] = {0.0f, 0.0f};
    for (uint32_t j = 0; j < 32; j++) part[j % 2] = fmaf(j < n ? x[j] : 0.0f, j < n ? w[j] : 0.0f, part[j % 2]);
    return part[0] + part[1];
}

/* One output. */
static float plain_product(const float *w, const float *x, uint32_t k)
{
    float sum = 0.0f;
    for (uint32_t i = 0; i < k; i += 32) sum += plain_step(w + i, x + i, k - i < 32 ? k - i : 32);
    return sum;
}

static float rounded(float x)
{
    return sx_bf16_f32(sx_f32_bf16(x));
}

/* The same of numbers in two parts. */
static float plain_product_in_parts(const float *w, const float *x, uint32_t k)
{
    float sum = 0.0f;
    for (uint32_t i = 0; i < k; i += 32) {
        float high[2][32], low[2][32];
        const uint32_t n = k - i < 32 ? k - i : 32;
        for (uint32_t j = 0; j < n; j++) {
            high[0][j] = rounded(w[i + j]);
            low[0][j] = rounded(w[i + j] - high[0][j]);
            high[1][j] = rounded(x[i + j]);
            low[1][j] = rounded(x[i + j] - high[1][j]);
        }
        sum += plain_step(high[0], high[1], n);
        sum += plain_step(high[0], low[1], n);
        sum += plain_step(low[0], high[1], n);
    }
    return sum;
}

static void random_rows(uint32_t type, unsigned char *w, size_t n)
{
    const sx_quant *quant = sx_quant_get(type);
    if (quant) {
        random_blocks(w, n, quant);
        return;
    }
    for (size_t i = 0; i + 1 < n; i += 2) {
        float f;
        random_floats(&f, 1, i);
        const uint16_t h = type == SX_TYPE_F16 ? sx_f32_f16(f) : sx_f32_bf16(f);
        memcpy(w + i, &h, sizeof h);
    }
}

/* All rows and tokens of one product: packed where it is told to be, nothing written beside the result. */
static void tile_product_of(const sx_tile_ops *ops, uint32_t type, const unsigned char *w, size_t stride,
                            uint32_t n_rows, const float *x, size_t ldx, uint32_t n_tok, uint32_t k, float *out,
                            size_t ldo, bool parts)
{
    const sx_tile_tokens packed = {grab(ops->packed(n_tok, k, parts) * sizeof(uint16_t)), n_tok, parts};
    void *scratch = grab(ops->scratch(n_tok));
    for (uint32_t t = 0; t < n_tok; t += 16) ops->pack(x, ldx, k, &packed, t);
    ops->multiply(type, w, stride, n_rows, &packed, k, out, ldo, scratch);
    free(packed.a);
    free(scratch);
}

static void tile_product(const sx_tile_ops *ops, uint32_t type, const unsigned char *w, size_t stride, uint32_t n_rows,
                         const float *x, size_t ldx, uint32_t n_tok, uint32_t k, float *out, size_t ldo)
{
    tile_product_of(ops, type, w, stride, n_rows, x, ldx, n_tok, k, out, ldo, ops->in_parts(type));
}

static void check_products(const sx_tile_ops *ops, uint32_t type, bool parts)
{
    enum { ROWS = 83, TOKENS = 150 };
    static const struct {
        uint32_t rows, tokens;
    } sizes[] = {{1, 1}, {16, 16}, {17, 3}, {33, 17}, {48, 32}, {ROWS, 33}, {64, TOKENS}};
    const sx_quant *quant = sx_quant_get(type);
    const uint32_t ks[] = {quant ? quant->block : 7, quant ? 2 * quant->block : 33,
                           quant && quant->block == 32 ? 544 : 768};
    for (size_t c = 0; c < 3 * sizeof sizes / sizeof sizes[0]; c++) {
        const uint32_t k = ks[c % 3], n = sizes[c / 3].rows, n_tok = sizes[c / 3].tokens;
        const size_t stride = quant ? (size_t)k / quant->block * quant->block_bytes : 2 * (size_t)k, ldx = k + 3,
                     ldo = n + 5;
        unsigned char *block = grab(n * stride), *w = malloc(n * stride); /* nothing behind them that may be read */
        float *plain = grab((size_t)n * k * sizeof *plain), *x = grab(n_tok * ldx * sizeof *x),
              *out = grab(n_tok * ldo * sizeof *out);
        random_rows(type, block, n * stride);
        memcpy(w, block, n * stride);
        random_floats(x, n_tok * ldx, c);
        plain_weights(type, w, stride, n, k, plain);
        for (size_t i = 0; i < n_tok * ldo; i++) out[i] = 77.0f;
        tile_product_of(ops, type, w, stride, n, x, ldx, n_tok, k, out, ldo, parts);
        for (size_t i = 0; i < n_tok * ldx && !ops->in_parts(type); i++) x[i] = rounded(x[i]);
        for (uint32_t t = 0; t < n_tok; t++)
            for (uint32_t r = 0; r < ldo; r++) {
                const float *row = plain + (size_t)r * k;
                const float want = r >= n                ? 77.0f
                                   : ops->in_parts(type) ? plain_product_in_parts(row, x + t * ldx, k)
                                                         : plain_product(row, x + t * ldx, k);
                if (memcmp(&want, &out[t * ldo + r], sizeof want) != 0)
                    fail_msg("type %u, %u rows, %u tokens, k %u: row %u of token %u is %.9g, not %.9g", type, n, n_tok,
                             k, r, t, (double)out[t * ldo + r], (double)want);
            }
        free(block);
        free(w);
        free(plain);
        free(x);
        free(out);
    }
}

static void check_all(const sx_tile_ops *ops)
{
    uint32_t count = 0;
    for (uint32_t type = 0; type < 64; type++)
        if (ops->takes(type)) {
            check_products(ops, type, ops->in_parts(type));
            count++;
        }
    assert_int_equal(count, 15); /* thirteen quantised types, F16 and bf16 */
    assert_false(ops->takes(SX_TYPE_F32));
    check_products(ops, SX_TYPE_Q4_0, true); /* beside F16, from tokens that lie in parts */
    check_products(ops, SX_TYPE_Q6_K, true);
    check_products(ops, SX_TYPE_BF16, true);
}

static void emulated_tiles_give_the_plain_bits(void **state)
{
    (void)state;
    NEEDS_EMULATION
    check_all(emulated());
}

static void real_tiles_give_the_plain_bits(void **state)
{
    (void)state;
    const sx_kernels best = sx_kernels_select(0);
    if (!best.tiles) {
        print_message("skipped: this machine has no tiles\n");
        skip();
    }
    check_all(best.tiles);
#if defined(__x86_64__) && !defined(SEXTANT_EMULATE_AMX)
    unsigned low, high; /* what of this thread's state is in use: the tiles were given back */
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(1));
    assert_false(low & 1u << 18);
#endif
}

/* More tokens than wait at once, more rows than a block has, and any part of both: the same bits. */
static void check_parts(const sx_tile_ops *ops, uint32_t type)
{
    enum { ROWS = 304 /* whole lines of results */, TOKENS = 530, K = 544 };
    const sx_quant *quant = sx_quant_get(type);
    const size_t stride = quant ? K / quant->block * quant->block_bytes : 2 * (size_t)K;
    unsigned char *w = grab(ROWS * stride);
    float *x = grab(TOKENS * K * 4), *whole = grab((size_t)TOKENS * ROWS * 4), *part = grab((size_t)TOKENS * ROWS * 4);
    random_rows(type, w, ROWS * stride);
    random_floats(x, TOKENS * K, 3);
    tile_product(ops, type, w, stride, ROWS, x, K, TOKENS, K, whole, ROWS);
    static const uint32_t cuts[][4] = {
        {0, 1, 0, 304}, {7, 40, 0, 304}, {500, 30, 32, 100}, {529, 1, 299, 1}, {0, 530, 270, 30}};
    for (size_t c = 0; c < sizeof cuts / sizeof cuts[0]; c++) {
        const uint32_t t0 = cuts[c][0], n_tok = cuts[c][1], r0 = cuts[c][2], n = cuts[c][3];
        tile_product(ops, type, w + r0 * stride, stride, n, x + (size_t)t0 * K, K, n_tok, K, part, ROWS);
        for (uint32_t t = 0; t < n_tok; t++)
            assert_memory_equal(part + (size_t)t * ROWS, whole + (size_t)(t0 + t) * ROWS + r0, n * sizeof *part);
    }
    free(w);
    free(x);
    free(whole);
    free(part);
}

static void parts_have_the_bits_of_the_whole(void **state)
{
    (void)state;
    NEEDS_EMULATION
    const sx_tile_ops *ops = sx_kernels_select(0).tiles ? sx_kernels_select(0).tiles : emulated();
    check_parts(ops, SX_TYPE_Q4_0);
    check_parts(ops, SX_TYPE_F16);
}

/* ---- the steps of attention ---- */

static void check_scores(const sx_tile_attention_ops *ops, uint32_t dim, uint32_t n_rows)
{
    const size_t ldq = ops->query_numbers(dim), rows = (n_rows + 15) / 16 * 16;
    float *q = grab(rows * dim * sizeof *q), *keys = grab((size_t)dim * SX_KEY_TILE * sizeof *keys),
          *s = grab(rows * SX_KEY_TILE * sizeof *s);
    uint16_t *q16 = grab(rows * ldq * sizeof *q16), *k16 = grab(ops->pair_numbers(dim, SX_KEY_TILE) * sizeof *k16);
    random_floats(q, rows * dim, dim);
    random_floats(keys, (size_t)dim * SX_KEY_TILE, n_rows);
    memset(q16, 0xff, rows * ldq * sizeof *q16); /* NaN: rows that are not meant must not reach those that are */
    for (uint32_t i = 0; i < n_rows; i++) ops->query(q16 + i * ldq, q + (size_t)i * dim, 0.125f, dim);
    ops->pairs(k16, keys, SX_KEY_TILE, dim, SX_KEY_TILE);
    ops->scores(s, q16, ldq, n_rows, k16, dim, NULL);
    for (uint32_t i = 0; i < n_rows; i++)
        for (uint32_t j = 0; j < SX_KEY_TILE; j++) {
            float a[192], b[192];
            for (uint32_t d = 0; d < dim; d++) {
                a[d] = rounded(q[i * dim + d] * 0.125f);
                b[d] = rounded(keys[d * SX_KEY_TILE + j]);
            }
            const float want = plain_product(b, a, dim);
            if (memcmp(&want, &s[i * SX_KEY_TILE + j], sizeof want) != 0)
                fail_msg("dim %u: score of query %u and key %u is %.9g, not %.9g", dim, i, j,
                         (double)s[i * SX_KEY_TILE + j], (double)want);
        }
    free(q);
    free(keys);
    free(s);
    free(q16);
    free(k16);
}

static void check_weighing(const sx_tile_attention_ops *ops, uint32_t dim, uint32_t n_rows)
{
    const size_t lda = dim + 3;
    float *p = malloc(n_rows * SX_KEY_TILE * sizeof *p), *acc = malloc(n_rows * lda * sizeof *acc), /* no room behind */
                                                             *before = grab(n_rows * lda * sizeof *before),
          *v = grab(SX_KEY_TILE * lda * sizeof *v);
    uint16_t *v16 = grab(ops->pair_numbers(SX_KEY_TILE, dim) * sizeof *v16);
    float keep[64];
    random_floats(p, n_rows * SX_KEY_TILE, dim);
    random_floats(acc, n_rows * lda, 5);
    random_floats(v, SX_KEY_TILE * lda, n_rows);
    memcpy(before, acc, n_rows * lda * sizeof *acc);
    for (uint32_t i = 0; i < n_rows; i++) keep[i] = i % 3 ? 1.0f : 0.3f;
    ops->pairs(v16, v, lda, SX_KEY_TILE, dim);
    ops->weigh(acc, lda, n_rows, keep, p, v16, dim);
    for (uint32_t i = 0; i < n_rows; i++)
        for (uint32_t d = 0; d < lda; d++) {
            float want = before[i * lda + d] * (d < dim ? keep[i] : 1.0f);
            for (uint32_t j = 0; j < SX_KEY_TILE && d < dim; j += 32) {
                float part[2] = {0.0f, 0.0f};
                for (uint32_t x = j; x < j + 32; x++)
                    part[x % 2] = fmaf(rounded(p[i * SX_KEY_TILE + x]), rounded(v[x * lda + d]), part[x % 2]);
                want += part[0] + part[1];
            }
            if (memcmp(&want, &acc[i * lda + d], sizeof want) != 0)
                fail_msg("dim %u: value %u of query %u is %.9g, not %.9g", dim, d, i, (double)acc[i * lda + d],
                         (double)want);
        }
    free(p);
    free(acc);
    free(before);
    free(v);
    free(v16);
}

static void check_attention(const sx_tile_attention_ops *ops)
{
    static const uint32_t dims[] = {16, 48, 64, 80, 192}, rows[] = {1, 15, 16, 17, 33, 48};
    for (size_t c = 0; c < 5 * 6; c++) {
        check_scores(ops, dims[c % 5], rows[c / 5]);
        check_scores(ops, dims[c % 5] - 3, rows[c / 5]);
        check_weighing(ops, dims[c % 5], rows[c / 5]);
    }
}

static void emulated_attention_gives_the_plain_bits(void **state)
{
    (void)state;
    NEEDS_EMULATION
    check_attention(emulated_attention());
}

static void real_attention_gives_the_plain_bits(void **state)
{
    (void)state;
    if (!sx_kernels_select(0).tiles) {
        print_message("skipped: this machine has no tiles\n");
        skip();
    }
    check_attention(sx_kernels_select(0).tile_attention);
}

/* Of all outputs together, against sums of doubles. */
static double relative_error(uint32_t type)
{
    enum { ROWS = 64, TOKENS = 16, K = 2048 };
    const sx_quant *quant = sx_quant_get(type);
    const size_t stride = quant ? K / quant->block * quant->block_bytes : 2 * (size_t)K;
    unsigned char *w = grab(ROWS * stride);
    float *x = grab(TOKENS * K * 4), *out = grab(TOKENS * ROWS * 4), *dense = grab((size_t)ROWS * K * 4);
    random_rows(type, w, ROWS * stride);
    random_floats(x, TOKENS * K, 3);
    for (size_t r = 0; r < ROWS; r++) sx_dequantize_row(type, w + r * stride, dense + r * K, K);
    tile_product(emulated(), type, w, stride, ROWS, x, K, TOKENS, K, out, ROWS);
    double error = 0.0, size = 0.0;
    for (size_t t = 0; t < TOKENS; t++)
        for (size_t r = 0; r < ROWS; r++) {
            double exact = 0.0;
            for (size_t i = 0; i < K; i++) exact += (double)dense[r * K + i] * (double)x[t * K + i];
            error += ((double)out[t * ROWS + r] - exact) * ((double)out[t * ROWS + r] - exact);
            size += exact * exact;
        }
    free(w);
    free(x);
    free(out);
    free(dense);
    return sqrt(error / size);
}

/* bf16 on both sides costs less than activations as bytes; F16 less than activations as F16. */
static void little_is_lost(void **state)
{
    (void)state;
    NEEDS_EMULATION
    const double bytes = relative_error(SX_TYPE_Q8_0), halves = relative_error(SX_TYPE_F16);
    print_message("relative error %.5f of Q8_0, %.7f of F16\n", bytes, halves);
    assert_true(bytes < 0.003);
    assert_true(halves < 0.00002);
}

/* ---- models ---- */

enum { N = 150 };

/* A model of quantised weights on the AVX-512 level, with emulated tiles put in where there are no real ones, or without the
 * pairs of that level. */
static sx_model *load(const tiny *t, uint32_t threads, bool tiles)
{
    char path[256];
    sx_model *model = NULL;
    llm_error err = LLM_ERROR_INIT;
    tiny_write(t, path);
    const sx_model_params params = {.threads = threads, .isa = LLM_ISA_AVX512};
    if (sx_model_load(&model, &mem, path, &params, &err) != LLM_OK) fail_msg("%s", err.message);
    unlink(path);
    const sx_kernels best = sx_kernels_select(0);
    sx_kernels *kernels = &model->net.kernels;
    kernels->tile_attention = NULL;
    if (tiles) {
        kernels->tiles = best.tiles ? best.tiles : emulated();
        kernels->tile_attention = best.tiles ? best.tile_attention : emulated_attention();
    }
    return model;
}

static sx_session *open_session(sx_model *model, uint32_t n_batch)
{
    sx_session *s = NULL;
    llm_error err = LLM_ERROR_INIT;
    if (sx_session_create(&s, &mem, model, &(sx_session_params){.n_ctx = N, .n_batch = n_batch}, &err) != LLM_OK)
        fail_msg("%s", err.message);
    return s;
}

static void make_tokens(int32_t *tokens, uint32_t n_vocab)
{
    uint64_t state = 7;
    for (size_t i = 0; i < N; i++) tokens[i] = (int32_t)(random_bits(&state) % n_vocab);
}

typedef llm_status (*eval_fn)(sx_session *, const int32_t *, size_t, bool, float *, const llm_cancel *, llm_error *);

/* Logits of all rows: the first `given` tokens are read `chunk` at a time, the others made, `guess` at a time. */
static float *evaluate(sx_model *model, uint32_t n_batch, size_t given, size_t chunk, size_t guess)
{
    int32_t tokens[N];
    const size_t vocab = sx_model_n_vocab(model);
    float *logits = grab(N * vocab * sizeof *logits);
    sx_session *s = open_session(model, n_batch);
    make_tokens(tokens, (uint32_t)vocab);
    for (size_t i = 0, n; i < N; i += n) {
        const eval_fn eval = i < given ? sx_session_eval : sx_session_step;
        const size_t left = i < given ? given - i : N - i, most = i < given ? chunk : guess;
        n = left < most ? left : most;
        assert_int_equal(eval(s, tokens + i, n, true, logits + i * vocab, NULL, NULL), LLM_OK);
    }
    sx_session_free(s);
    return logits;
}

static tiny quantised(uint32_t type, uint32_t experts)
{
    tiny t = tiny_default;
    t.type = type;
    t.n_expert = experts;
    return t;
}

static void same_bits_however_evaluated(void **state)
{
    (void)state;
    NEEDS_EMULATION
    static const struct {
        uint32_t threads, batch;
        size_t chunk, guess;
    } ways[] = {{2, 512, 1, 4}, {4, 16, N, 1}, {1, 5, 33, 7}};
    const tiny models[] = {quantised(SX_TYPE_Q8_0, 0), quantised(SX_TYPE_Q8_0, 5), quantised(SX_TYPE_BF16, 0)};
    for (size_t m = 0; m < 3; m++) {
        sx_model *model = load(&models[m], 1, true);
        const size_t vocab = sx_model_n_vocab(model);
        float *want = evaluate(model, 512, 60, 60, 1);
        sx_model_free(model);
        for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
            model = load(&models[m], ways[w].threads, true);
            float *got = evaluate(model, ways[w].batch, 60, ways[w].chunk, ways[w].guess);
            if (memcmp(got, want, N * vocab * sizeof *got) != 0) fail_msg("model %zu, way %zu gives other bits", m, w);
            free(got);
            sx_model_free(model);
        }
        free(want);
    }
}

/* Given tokens go through tiles, made ones never do: after one given token they have the bits of a model without tiles. */
static void made_tokens_pass_by_the_tiles(void **state)
{
    (void)state;
    NEEDS_EMULATION
    const tiny t = quantised(SX_TYPE_Q8_0, 0);
    sx_model *model = load(&t, 2, true), *plain = load(&t, 2, false);
    const size_t vocab = sx_model_n_vocab(model);
    float *made = evaluate(model, 512, 0, 1, 3), *given = evaluate(model, 512, N, N, 1),
          *want = evaluate(plain, 512, N, N, 1);
    assert_memory_equal(made, want, N * vocab * sizeof *made);
    assert_true(memcmp(given, want, N * vocab * sizeof *given) != 0);
    double error = 0.0, size = 0.0;
    for (size_t i = 0; i < N * vocab; i++) {
        error += (double)(given[i] - want[i]) * (double)(given[i] - want[i]);
        size += (double)want[i] * (double)want[i];
    }
    assert_true(sqrt(error / size) < 0.03);
    free(made);
    free(given);
    free(want);
    sx_model_free(model);
    sx_model_free(plain);
}

/* ---- company ---- */

typedef struct caller {
    sx_model *model;
    size_t given;
    float *got;
} caller;

static void *one_text(void *arg)
{
    caller *c = arg;
    c->got = evaluate(c->model, 32, c->given, 11, 2);
    return NULL;
}

/* Texts being read and texts being written share batches; each has the bits it has alone. */
static void mixed_batches(void **state)
{
    (void)state;
    NEEDS_EMULATION
    enum { CALLERS = 6 };
    const tiny t = quantised(SX_TYPE_Q8_0, 5);
    sx_model *model = load(&t, 2, true);
    const size_t vocab = sx_model_n_vocab(model);
    caller callers[CALLERS];
    pthread_t threads[CALLERS];
    for (size_t i = 0; i < CALLERS; i++) callers[i] = (caller){model, i * N / (CALLERS - 1), NULL};
    for (size_t i = 0; i < CALLERS; i++) pthread_create(&threads[i], NULL, one_text, &callers[i]);
    for (size_t i = 0; i < CALLERS; i++) pthread_join(threads[i], NULL);
    for (size_t i = 0; i < CALLERS; i++) {
        float *alone = evaluate(model, 512, callers[i].given, N, 1);
        if (memcmp(alone, callers[i].got, N * vocab * sizeof *alone) != 0)
            fail_msg("text %zu has other bits in company", i);
        free(alone);
        free(callers[i].got);
    }
    sx_model_free(model);
}

static int set_up(void **state)
{
    (void)state;
    sx_mem_init(&mem, NULL);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_leaves_the_level_below), /* before anything has asked for tiles */
        cmocka_unit_test(a_lower_level_has_no_tiles),
        cmocka_unit_test(emulated_tiles_give_the_plain_bits),
        cmocka_unit_test(real_tiles_give_the_plain_bits),
        cmocka_unit_test(parts_have_the_bits_of_the_whole),
        cmocka_unit_test(emulated_attention_gives_the_plain_bits),
        cmocka_unit_test(real_attention_gives_the_plain_bits),
        cmocka_unit_test(little_is_lost),
        cmocka_unit_test(same_bits_however_evaluated),
        cmocka_unit_test(made_tokens_pass_by_the_tiles),
        cmocka_unit_test(mixed_batches),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
