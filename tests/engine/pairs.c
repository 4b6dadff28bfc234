/* Attention with pairs of bf16: the instruction and the steps that stand for it give the bits of the arithmetic spelled out
 * one number at a time, and nothing is read or written beside what is meant. */
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
#include "random.h"
#include "sextant.h"

enum { DIM = 192, ROWS = 33 };

static float rounded(float x)
{
    return sx_bf16_f32(sx_f32_bf16(x));
}

/* [n, dim] as they are kept, with nothing behind them, and as the arithmetic sees them. */
static unsigned char *kept(uint32_t type, uint32_t n, uint32_t dim, size_t stride, uint64_t seed, float *seen)
{
    unsigned char *rows = malloc((n - 1) * stride + 2 * (size_t)dim);
    assert_non_null(rows);
    random_floats(seen, (size_t)n * dim, seed);
    for (uint32_t i = 0; i < n; i++) {
        sx_cache_ref.pack(type, rows + i * stride, seen + (size_t)i * dim, dim);
        sx_cache_ref.unpack(type, seen + (size_t)i * dim, dim, rows + i * stride, stride, 1, dim);
        for (uint32_t d = 0; d < dim; d++) seen[(size_t)i * dim + d] = rounded(seen[(size_t)i * dim + d]);
    }
    return rows;
}

static void same(float got, float want, const char *what, uint32_t dim, uint32_t row, uint32_t at)
{
    if (sx_f32_bits(got) != sx_f32_bits(want))
        fail_msg("%s, dim %u: row %u at %u is %.9g, not %.9g", what, dim, row, at, (double)got, (double)want);
}

static void check_scores(const sx_tile_attention_ops *ops, uint32_t type, uint32_t dim, uint32_t n_rows)
{
    static float q[ROWS * DIM], seen[SX_KEY_TILE * DIM], s[(ROWS + 15) / 16 * 16 * SX_KEY_TILE + 1];
    const size_t ldq = ops->query_numbers(dim), room = ops->pair_numbers(dim, SX_KEY_TILE);
    uint16_t *q16 = malloc(n_rows * ldq * sizeof *q16), *k16 = aligned_alloc(64, (room * sizeof *k16 + 63) / 64 * 64);
    unsigned char *rows = kept(type, SX_KEY_TILE, dim, 2 * (size_t)dim + 6, dim, seen);
    random_floats(q, (size_t)n_rows * dim, n_rows);
    q[0] = 1e-39f; /* too small to be normal: counts as 0 */
    for (uint32_t i = 0; i < n_rows; i++) ops->query(q16 + i * ldq, q + (size_t)i * dim, 0.125f, dim);
    const sx_wanted wanted = {(const char *)rows, NULL, (const char *)rows};
    ops->keys(type, k16, rows, 2 * (size_t)dim + 6, dim, n_rows % 2 ? &wanted : NULL);
    s[n_rows * SX_KEY_TILE] = 77.0f;
    ops->scores(s, q16, ldq, n_rows, k16, dim, n_rows % 2 ? &wanted : NULL);
    assert_true(s[n_rows * SX_KEY_TILE] == 77.0f);
    for (uint32_t i = 0; i < n_rows; i++)
        for (uint32_t j = 0; j < SX_KEY_TILE; j++) {
            const float *x = q + (size_t)i * dim, *k = seen + (size_t)j * dim;
            float want = 0.0f;
            for (uint32_t d = 0; d < dim; d += 2) {
                if (d + 1 < dim) want = fmaf(rounded(x[d + 1] * 0.125f), k[d + 1], want);
                if (i + d > 0) want = fmaf(rounded(x[d] * 0.125f), k[d], want);
            }
            same(s[i * SX_KEY_TILE + j], want, "scores", dim, i, j);
        }
    free(q16);
    free(k16);
    free(rows);
}

static void check_weighing(const sx_tile_attention_ops *ops, uint32_t type, uint32_t dim, uint32_t n_rows, bool kept_so)
{
    static float p[ROWS * SX_KEY_TILE], seen[SX_KEY_TILE * DIM], before[ROWS * (DIM + 3)], keep[ROWS];
    const size_t lda = dim + 3, room = ops->pair_numbers(SX_KEY_TILE, dim);
    float *acc = malloc(n_rows * lda * sizeof *acc);
    uint16_t *v16 = aligned_alloc(64, room * sizeof *v16);
    unsigned char *rows = kept(type, SX_KEY_TILE, dim, 2 * (size_t)dim + 6, n_rows, seen);
    random_floats(p, n_rows * SX_KEY_TILE, dim);
    random_floats(before, n_rows * lda, 5);
    memcpy(acc, before, n_rows * lda * sizeof *acc);
    for (uint32_t i = 0; i < n_rows; i++) keep[i] = i % 3 ? 1.0f : 0.3f;
    const sx_wanted wanted = {(const char *)rows, (const char *)rows, NULL}, *some = n_rows % 2 ? &wanted : NULL;
    if (kept_so) {
        ops->weigh_kept(acc, lda, n_rows, keep, p, type, rows, 2 * (size_t)dim + 6, dim, some);
    } else {
        ops->values(type, v16, rows, 2 * (size_t)dim + 6, dim, some);
        ops->weigh(acc, lda, n_rows, keep, p, v16, dim);
    }
    for (uint32_t i = 0; i < n_rows; i++)
        for (uint32_t d = 0; d < lda; d++) {
            const float *w = p + i * SX_KEY_TILE;
            float want = before[i * lda + d] * (d < dim ? keep[i] : 1.0f);
            for (uint32_t j = 0; j < SX_KEY_TILE && d < dim; j += 2) {
                want = fmaf(rounded(w[j + 1]), seen[(j + 1) * dim + d], want);
                want = fmaf(rounded(w[j]), seen[j * dim + d], want);
            }
            same(acc[i * lda + d], want, "values", dim, i, d);
        }
    free(acc);
    free(v16);
    free(rows);
}

static void check(const sx_tile_attention_ops *ops)
{
    static const uint32_t dims[] = {16, 48, 64, 80, DIM}, rows[] = {1, 2, 3, 4, 5, 6, 7, 11, 32, ROWS};
    for (size_t c = 0; c < 5 * 10 * 2; c++) {
        const uint32_t dim = dims[c % 5], n = rows[c / 5 % 10], type = c < 50 ? SX_TYPE_F16 : SX_TYPE_BF16;
        assert_true(ops->takes(type, false) && ops->takes(type, true));
        check_scores(ops, type, dim, n);
        check_scores(ops, type, dim - 3, n);
        check_weighing(ops, type, dim, n, false);
        check_weighing(ops, type, dim, n, true);
    }
    assert_false(ops->takes(SX_TYPE_F32, false) || ops->takes(SX_TYPE_Q8_0, false));
}

static void steps_give_the_plain_bits(void **state)
{
    (void)state;
#if defined(__x86_64__)
    if (sx_cpu_detect().isa >= LLM_ISA_AVX512) {
        check(&sx_tile_attention_steps);
        return;
    }
#endif
    print_message("skipped: this machine has no AVX-512\n");
    skip();
}

static void the_instruction_gives_the_plain_bits(void **state)
{
    (void)state;
#if defined(__x86_64__)
    if (sx_cpu_detect().isa >= LLM_ISA_AVX512 && sx_cpu_detect().avx512_bf16) {
        check(&sx_tile_attention_pairs);
        return;
    }
#endif
    print_message("skipped: this machine does not multiply pairs of bf16\n");
    skip();
}

/* What is no number, or beyond all numbers, is rounded the same way by both. */
static void odd_numbers_round_alike(void **state)
{
    (void)state;
#if defined(__x86_64__)
    if (sx_cpu_detect().isa >= LLM_ISA_AVX512 && sx_cpu_detect().avx512_bf16) {
        float x[32] = {INFINITY, -INFINITY, NAN, -0.0f, 1e-40f, -1e-40f, 3.4e38f, 1.0f + 0x1p-8f, 1.0f + 0x1p-9f};
        uint16_t a[32], b[32];
        sx_tile_attention_pairs.query(a, x, 1.0f, 32);
        sx_tile_attention_steps.query(b, x, 1.0f, 32);
        assert_memory_equal(a, b, sizeof a);
        assert_int_equal(a[6], 0x7f80);
        assert_int_equal(a[5], 0x8000);
        return;
    }
#endif
    print_message("skipped: this machine does not multiply pairs of bf16\n");
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_give_the_plain_bits),
        cmocka_unit_test(the_instruction_gives_the_plain_bits),
        cmocka_unit_test(odd_numbers_round_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
