/* Attention over contexts longer than what is summed at once: near the plain formula in double precision, and the same bits
 * for any number of threads and however the text is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "engine/graph/attention.h"
#include "platform/cpu.h"
#include "tiles_at_hand.h"
#include "tiny.h"

/* ---- against the formula ---- */

enum { KEYS = 1200, ROWS = 70, HEADS = 6, HEADS_KV = 2, DIM_K = 40, DIM_V = 48, LAYER = 1 };

typedef struct scene {
    sx_mem mem;
    sx_arena arena;
    sx_cache cache;
    sx_segment segment;
    float q[ROWS * HEADS * DIM_K];
    float *k, *v; /* [KEYS, HEADS_KV, dim] as they were kept */
} scene;

static scene *scene_new(uint32_t type)
{
    scene *s = calloc(1, sizeof *s);
    llm_error err = LLM_ERROR_INIT;
    const sx_hparams hp = {.n_layer = 2, .n_head = HEADS, .n_head_kv = HEADS_KV, .dim_k = DIM_K, .dim_v = DIM_V};
    const sx_kernels kernels = sx_kernels_select(0);
    sx_mem_init(&s->mem, NULL);
    sx_arena_init(&s->arena, &s->mem);
    assert_int_equal(sx_cache_init(&s->cache, &s->mem, &s->arena, &hp, type, KEYS, &err), LLM_OK);
    assert_int_equal(sx_cache_reserve(&s->cache, 0, KEYS, &err), LLM_OK);
    s->k = malloc(sizeof(float) * KEYS * HEADS_KV * DIM_K);
    s->v = malloc(sizeof(float) * KEYS * HEADS_KV * DIM_V);
    random_floats(s->q, ROWS * HEADS * DIM_K, 1);
    random_floats(s->k, KEYS * HEADS_KV * DIM_K, 2);
    random_floats(s->v, KEYS * HEADS_KV * DIM_V, 3);
    for (uint32_t p = 0; p < KEYS; p++)
        for (uint32_t h = 0; h < HEADS_KV; h++) {
            float *k = s->k + (p * HEADS_KV + h) * DIM_K, *v = s->v + (p * HEADS_KV + h) * DIM_V;
            for (uint32_t d = 0; d < DIM_K; d++) k[d] *= 1.0f + (float)(p % 7);
            kernels.cache->pack(type, sx_cache_k(&s->cache, LAYER, h, p), k, DIM_K);
            kernels.cache->pack(type, sx_cache_v(&s->cache, LAYER, h, p), v, DIM_V);
            kernels.cache->unpack(type, k, DIM_K, sx_cache_k(&s->cache, LAYER, h, p), s->cache.k_row, 1, DIM_K);
            kernels.cache->unpack(type, v, DIM_V, sx_cache_v(&s->cache, LAYER, h, p), s->cache.v_row, 1, DIM_V);
        }
    return s;
}

static void scene_free(scene *s)
{
    sx_cache_free(&s->cache);
    sx_arena_free(&s->arena);
    free(s->k);
    free(s->v);
    free(s);
}

/* The last n rows of `a` as of the whole text, by `threads` workers. */
static void attend(scene *s, sx_attention a, uint32_t isa, uint32_t threads, uint32_t from, uint32_t n, bool made,
                   float *out)
{
    llm_error err = LLM_ERROR_INIT;
    sx_kernels kernels = sx_kernels_select(isa);
    if (isa == LLM_ISA_AMX && !kernels.tiles) kernels.tile_attention = emulated_attention();
    sx_pool *pool = NULL;
    assert_int_equal(sx_pool_create(&pool, &s->mem, threads, &err), LLM_OK);
    const size_t stride = (sx_attention_scratch(&kernels, DIM_K, DIM_V) + 63) / 64 * 64;
    sx_run run = {.kernels = &kernels, .pool = pool, .n_batch = n, .scratch_stride = stride};
    run.scratch = aligned_alloc(64, stride * threads);
    a.parts = malloc(sx_attention_parts(HEADS, DIM_V));
    s->segment = (sx_segment){.cache = &s->cache, .n = n, .first = KEYS - ROWS + from, .made = made};
    a.run = &run;
    a.segments = &s->segment;
    a.n_segments = 1;
    a.layer = LAYER;
    a.n_head = HEADS;
    a.n_head_kv = HEADS_KV;
    a.dim_k = DIM_K;
    a.dim_v = DIM_V;
    a.q = s->q + from * HEADS * DIM_K;
    a.out = out;
    sx_attend(&a);
    free(run.scratch);
    free(a.parts);
    sx_pool_free(pool);
}

static double slope(double alibi, uint32_t head) /* of 6 heads */
{
    return head < 4 ? pow(2.0, -alibi / 4.0 * (head + 1)) : pow(2.0, -alibi / 8.0 * (2 * (head - 4) + 1));
}

static void formula(const scene *s, const sx_attention *a, uint32_t row, uint32_t head, double *out)
{
    const uint32_t position = KEYS - ROWS + row, end = a->both_ways ? KEYS : position + 1,
                   begin = a->window && position + 1 > a->window ? position + 1 - a->window : 0,
                   kv = head / (HEADS / HEADS_KV);
    double score[KEYS], max = a->sinks ? (double)a->sinks[head] : -1e300, sum = 0.0;
    for (uint32_t p = begin; p < end; p++) {
        score[p] = 0.0;
        for (uint32_t d = 0; d < DIM_K; d++)
            score[p] += (double)s->q[(row * HEADS + head) * DIM_K + d] * (double)s->k[(p * HEADS_KV + kv) * DIM_K + d];
        score[p] *= (double)a->scale;
        if (a->cap > 0.0f) score[p] = (double)a->cap * tanh(score[p] / (double)a->cap);
        if (a->alibi > 0.0f) score[p] -= slope((double)a->alibi, head) * fabs((double)position - (double)p);
        max = score[p] > max ? score[p] : max;
    }
    for (uint32_t d = 0; d < DIM_V; d++) out[d] = 0.0;
    if (a->sinks) sum += exp((double)a->sinks[head] - max);
    for (uint32_t p = begin; p < end; p++) {
        const double w = exp(score[p] - max);
        sum += w;
        for (uint32_t d = 0; d < DIM_V; d++) out[d] += w * (double)s->v[(p * HEADS_KV + kv) * DIM_V + d];
    }
    for (uint32_t d = 0; d < DIM_V; d++) out[d] /= sum;
}

static void near_the_formula_and_the_same_for_all(void **state)
{
    (void)state;
    static const float sinks[HEADS] = {0.5f, -1.0f, 3.0f, 0.0f, 8.0f, -20.0f};
    static const sx_attention kinds[] = {{.scale = 0.25f, .rounds = true},
                                         {.scale = 0.25f},
                                         {.scale = 0.25f, .window = 700, .rounds = true},
                                         {.scale = 0.3f, .cap = 5.0f, .sinks = sinks, .window = 100, .rounds = true},
                                         {.scale = 0.25f, .alibi = 8.0f, .rounds = true},
                                         {.scale = 0.25f, .both_ways = true, .rounds = true}};
    static const uint32_t types[] = {SX_TYPE_F32, SX_TYPE_F16, SX_TYPE_BF16, SX_TYPE_Q8_0, SX_TYPE_Q4_0};
    static const struct {
        uint32_t threads, from, n;
    } ways[] = {{2, 0, ROWS}, {3, 0, ROWS}, {1, 3, 1}, {2, 3, 1}, {3, ROWS - 1, 1}, {4, 5, 9}, {2, 30, 40}};
    float *out = malloc(sizeof(float) * ROWS * HEADS * DIM_V), *part = malloc(sizeof(float) * ROWS * HEADS * DIM_V);
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        scene *s = scene_new(types[t]);
        for (size_t c = 0; c < sizeof kinds / sizeof kinds[0] * 4; c++) {
            const sx_attention *kind = &kinds[c / 4];
            const uint32_t isa = LLM_ISA_SCALAR + (uint32_t)(c % 4);
            const bool there = isa == LLM_ISA_AMX ? emulated() != NULL : isa <= sx_kernels_select(0).isa;
            if (!there || (isa == LLM_ISA_SCALAR && t > 0)) continue;
            const bool rounded = kind->rounds &&
                                 (isa == LLM_ISA_AMX || (isa == LLM_ISA_AVX512 && types[t] != SX_TYPE_F32));
            attend(s, *kind, isa, 1, 0, ROWS, false, out);
            for (uint32_t row = 0; row < ROWS; row += 23)
                for (uint32_t head = 0; head < HEADS; head++) {
                    double want[DIM_V];
                    formula(s, kind, row, head, want);
                    for (uint32_t d = 0; d < DIM_V;
                         d++) { /* queries as bytes shift scores by up to a few hundredths, bf16 by less */
                        const double tolerance = sx_quant_get(types[t]) ? 0.03
                                                 : rounded              ? 0.02
                                                                        : 1e-5,
                                     got = (double)out[(row * HEADS + head) * DIM_V + d];
                        if (!(fabs(got - want[d]) <= tolerance))
                            fail_msg("type %u, kind %zu, level %u: row %u head %u gives %g, the formula %g", types[t],
                                     c / 4, isa, row, head, got, want[d]);
                    }
                }
            for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
                if (kind->both_ways && ways[w].from + ways[w].n < ROWS) continue; /* the end of the segment is seen */
                attend(s, *kind, isa, ways[w].threads, ways[w].from, ways[w].n,
                       (isa < LLM_ISA_AMX || !kind->rounds) && w % 2, part);
                const size_t row = HEADS * DIM_V;
                if (memcmp(part, out + ways[w].from * row, ways[w].n * row * sizeof *part) != 0)
                    fail_msg("type %u, kind %zu, level %u: %u threads, %u rows from %u on give other bits", types[t],
                             c / 4, isa, ways[w].threads, ways[w].n, ways[w].from);
            }
        }
        scene_free(s);
    }
    free(out);
    free(part);
}

/* ---- the whole engine ---- */

enum { N = 1100 };

static float *read_text(sx_mem *mem, const char *path, uint32_t isa, uint32_t threads, uint32_t batch, size_t cut,
                        uint32_t kv)
{
    sx_model *model = NULL;
    sx_session *session = NULL;
    llm_error err = LLM_ERROR_INIT;
    int32_t tokens[N];
    for (size_t i = 0; i < N; i++) tokens[i] = (int32_t)(i * 7919 % 251);
    assert_int_equal(sx_model_load(&model, mem, path, &(sx_model_params){.threads = threads, .isa = isa}, &err), 0);
    float *logits = malloc(sx_model_n_vocab(model) * sizeof *logits);
    assert_int_equal(sx_session_create(&session, mem, model, &(sx_session_params){N, batch, kv}, &err), LLM_OK);
    for (size_t at = 0, n = cut; at<N; at += n, n = N - at> 3 ? N - at - 3 : 1) /* a part, most of the rest, singles */
        assert_int_equal(sx_session_eval(session, tokens + at, n, false, logits, NULL, &err), LLM_OK);
    sx_session_free(session);
    sx_model_free(model);
    return logits;
}

static void same_bits_far_into_a_text(void **state)
{
    (void)state;
    static const struct {
        uint32_t threads, batch;
        size_t cut;
    } ways[] = {{2, 512, N}, {3, 77, 600}, {2, 512, 511}};
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    tiny t = tiny_default;
    char path[256];
    t.n_ctx = N;
    tiny_write(&t, path);
    for (uint32_t isa = LLM_ISA_AVX2; isa <= sx_cpu_detect().isa; isa++)
        for (uint32_t kv = LLM_KV_F16; kv <= LLM_KV_Q4_0; kv++) {
            float *want = read_text(&mem, path, isa, 1, 512, N, kv);
            for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
                float *got = read_text(&mem, path, isa, ways[w].threads, ways[w].batch, ways[w].cut, kv);
                if (memcmp(got, want, t.n_vocab * sizeof *got) != 0)
                    fail_msg("%s, kv %u: %u threads, batches of %u, cut at %zu give other bits", sx_cpu_isa_name(isa),
                             kv, ways[w].threads, ways[w].batch, ways[w].cut);
                free(got);
            }
            free(want);
        }
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near_the_formula_and_the_same_for_all),
        cmocka_unit_test(same_bits_far_into_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
