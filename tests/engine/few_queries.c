/* One to three queries over keys and values of every kept type, for groups of one to eight heads, lengths about the borders of
 * pages, and windows: every level gives what plain C gives, and the same bits with any number of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/graph/attention.h"
#include "platform/cpu.h"
#include "random.h"
#include "sextant.h"

enum { KEYS = 1100, GROUPS = 8, HEADS_KV = 2, HEADS = GROUPS * HEADS_KV, DIM = 80, QUERIES = 3, LAYER = 1 };

typedef struct scene {
    sx_mem mem;
    sx_arena arena;
    sx_cache cache;
    float q[QUERIES * HEADS * DIM];
} scene;

static scene *scene_new(uint32_t type, uint32_t dim)
{
    scene *s = calloc(1, sizeof *s);
    llm_error err = LLM_ERROR_INIT;
    float x[DIM];
    const sx_hparams hp = {.n_layer = 2, .n_head = HEADS, .n_head_kv = HEADS_KV, .dim_k = dim, .dim_v = dim};
    sx_mem_init(&s->mem, NULL);
    sx_arena_init(&s->arena, &s->mem);
    assert_int_equal(sx_cache_init(&s->cache, &s->mem, &s->arena, &hp, type, KEYS, &err), LLM_OK);
    assert_int_equal(sx_cache_reserve(&s->cache, 0, KEYS, &err), LLM_OK);
    random_floats(s->q, QUERIES * HEADS * DIM, 1);
    for (uint32_t p = 0; p < KEYS; p++)
        for (uint32_t h = 0; h < HEADS_KV; h++) {
            random_floats(x, dim, p * 4 + h * 2);
            for (uint32_t d = 0; d < dim; d++) x[d] *= 1.0f + (float)(p % 7);
            sx_cache_ref.pack(type, sx_cache_k(&s->cache, LAYER, h, p), x, dim);
            random_floats(x, dim, p * 4 + h * 2 + 1);
            sx_cache_ref.pack(type, sx_cache_v(&s->cache, LAYER, h, p), x, dim);
        }
    return s;
}

static void scene_free(scene *s)
{
    sx_cache_free(&s->cache);
    sx_arena_free(&s->arena);
    free(s);
}

/* `queries` of them, the last at position length - 1. */
static void attend(scene *s, uint32_t isa, uint32_t threads, sx_attention a, uint32_t length, uint32_t queries)
{
    llm_error err = LLM_ERROR_INIT;
    const sx_kernels kernels = sx_kernels_select(isa);
    sx_pool *pool = NULL;
    assert_int_equal(sx_pool_create(&pool, &s->mem, threads, &err), LLM_OK);
    const size_t stride = (sx_attention_scratch(&kernels, a.dim_k, a.dim_v) + 63) / 64 * 64;
    sx_run run = {.kernels = &kernels, .pool = pool, .n_batch = queries, .scratch_stride = stride};
    const sx_segment segment = {.cache = &s->cache, .n = queries, .first = length - queries, .made = true};
    run.scratch = aligned_alloc(64, stride * threads);
    a.parts = malloc(sx_attention_parts(a.n_head, a.dim_v));
    a.run = &run;
    a.segments = &segment;
    a.n_segments = 1;
    sx_attend(&a);
    free(run.scratch);
    free(a.parts);
    sx_pool_free(pool);
}

static void check(scene *s, sx_attention a, uint32_t length, uint32_t queries)
{
    float want[QUERIES * HEADS * DIM], got[QUERIES * HEADS * DIM], again[QUERIES * HEADS * DIM];
    const size_t n = (size_t)queries * a.n_head * a.dim_v;
    const uint32_t type = s->cache.type;
    a.out = want;
    attend(s, LLM_ISA_SCALAR, 1, a, length, queries);
    for (uint32_t isa = LLM_ISA_AVX2; isa <= LLM_ISA_AVX512 && isa <= sx_kernels_select(0).isa; isa++) {
        const bool rounded = a.rounds && isa == LLM_ISA_AVX512 && (type == SX_TYPE_F16 || type == SX_TYPE_BF16);
        a.out = got;
        attend(s, isa, 1, a, length, queries);
        a.out = again;
        attend(s, isa, 3, a, length, queries);
        assert_memory_equal(got, again, n * sizeof *got);
        for (size_t i = 0; i < n; i++)
            if (!(fabsf(got[i] - want[i]) <= (rounded ? 0.02f : 1e-5f)))
                fail_msg("type %u, level %u, %u heads of %u, %u keys, %u queries, window %u: %g at %zu, not %g", type,
                         isa, a.n_head, a.dim_k, length, queries, a.window, (double)got[i], i, (double)want[i]);
    }
}

static void as_plain_c(void **state)
{
    (void)state;
    static const uint32_t types[] = {SX_TYPE_F32, SX_TYPE_F16, SX_TYPE_BF16, SX_TYPE_Q8_0, SX_TYPE_Q4_0},
                          lengths[] = {3, 63, 64, 65, 128, 191, 1024, KEYS};
    for (size_t t = 0; t < 5 * 2; t++) {
        const uint32_t dim = t % 2 ? DIM : 64;
        scene *s = scene_new(types[t / 2], dim);
        for (uint32_t group = 1; group <= GROUPS; group++)
            for (size_t l = 0; l < 8; l++) {
                const sx_attention a = {.layer = LAYER,
                                        .n_head = group * HEADS_KV,
                                        .n_head_kv = HEADS_KV,
                                        .dim_k = dim,
                                        .dim_v = dim,
                                        .rounds = (group + l) % 2 == 0,
                                        .window = group % 3 == 2 ? 70 : 0,
                                        .scale = 0.2f,
                                        .q = s->q};
                check(s, a, lengths[l], 1 + (uint32_t)(group + l / 2) % QUERIES);
            }
        scene_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_plain_c)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
