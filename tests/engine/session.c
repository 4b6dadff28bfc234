/* Models and sessions over tiny random models: the same bits however a text is evaluated, cancelling, limits, hostile files,
 * failing memory, threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "engine/session/model.h"
#include "fail_alloc.h"
#include "platform/cancel.h"
#include "platform/clock.h"
#include "platform/cpu.h"
#include "platform/map.h"
#include "tiny.h"

enum { N = 150 /* tokens: more than two tiles of keys */ };

static sx_mem mem;

static void make_tokens(int32_t *tokens, size_t n, uint32_t n_vocab)
{
    uint64_t state = 7;
    for (size_t i = 0; i < n; i++) tokens[i] = (int32_t)(random_bits(&state) % n_vocab);
}

static sx_model *load_as(const char *path, uint32_t threads, uint32_t isa)
{
    sx_model *model = NULL;
    llm_error err = LLM_ERROR_INIT;
    sx_model_params params = {.threads = threads, .isa = isa};
    if (sx_model_load(&model, &mem, path, &params, &err) != LLM_OK) fail_msg("%s", err.message);
    return model;
}

static sx_model *load(const tiny *t, uint32_t threads)
{
    char path[256];
    tiny_write(t, path);
    sx_model *model = load_as(path, threads, 0);
    unlink(path);
    return model;
}

static sx_session *open_session(sx_model *model, uint32_t n_ctx, uint32_t n_batch, uint32_t kv)
{
    sx_session *s = NULL;
    llm_error err = LLM_ERROR_INIT;
    if (sx_session_create(&s, &mem, model, &(sx_session_params){n_ctx, n_batch, kv}, &err) != LLM_OK)
        fail_msg("%s", err.message);
    return s;
}

/* All rows of logits of `tokens`, evaluated `chunk` at a time. */
static float *evaluate(sx_model *model, const int32_t *tokens, size_t n, uint32_t n_batch, size_t chunk, uint32_t kv)
{
    size_t vocab = sx_model_n_vocab(model);
    float *logits = malloc(n * vocab * sizeof *logits);
    llm_error err = LLM_ERROR_INIT;
    sx_session *s = open_session(model, (uint32_t)n, n_batch, kv);
    for (size_t i = 0; i < n; i += chunk) {
        size_t part = n - i < chunk ? n - i : chunk;
        if (sx_session_eval(s, tokens + i, part, true, logits + i * vocab, NULL, &err) != LLM_OK)
            fail_msg("%s", err.message);
    }
    assert_int_equal(sx_session_used(s), n);
    sx_session_free(s);
    return logits;
}

static void same_bits_for(const tiny *t)
{
    static const struct {
        uint32_t threads, batch;
        size_t chunk;
    } ways[] = {{2, 512, N}, {4, 512, N}, {1, 1, N}, {2, 5, N}, {1, 64, 33}, {4, 512, 1}, {2, 16, 7}};
    char path[256];
    int32_t tokens[N];
    make_tokens(tokens, N, t->n_vocab);
    tiny_write(t, path);
    for (uint32_t isa = LLM_ISA_SCALAR; isa <= sx_cpu_detect().isa; isa++)
        for (uint32_t kv = LLM_KV_F16; kv <= LLM_KV_Q4_0; kv++) {
            if (isa == LLM_ISA_SCALAR && kv == LLM_KV_F32) continue; /* slow */
            sx_model *model = load_as(path, 1, isa);
            size_t vocab = sx_model_n_vocab(model);
            float *want = evaluate(model, tokens, N, 512, N, kv);
            sx_model_free(model);
            for (size_t i = 0; i < N * vocab; i++) assert_true(want[i] - want[i] == 0.0f);
            assert_true(want[0] != want[1] && want[5 * vocab] != want[6 * vocab]);
            for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
                if ((isa == LLM_ISA_SCALAR && w > 2) || (kv > LLM_KV_F32 && w % 3 == 2)) break; /* slow */
                model = load_as(path, ways[w].threads, isa);
                float *got = evaluate(model, tokens, N, ways[w].batch, ways[w].chunk, kv);
                if (memcmp(got, want, N * vocab * sizeof *got) != 0)
                    fail_msg("%s: %u threads, batches of %u, calls of %zu give other bits", sx_cpu_isa_name(isa),
                             ways[w].threads, ways[w].batch, ways[w].chunk);
                free(got);
                sx_model_free(model);
            }
            free(want);
        }
    unlink(path);
}

/* ---- the caller's stack ---- */

static void *on_a_small_stack(void *arg)
{
    const char *path = arg;
    int32_t tokens[N];
    for (uint32_t isa = LLM_ISA_SCALAR; isa <= sx_cpu_detect().isa; isa++) {
        sx_model *model = load_as(path, 1, isa);
        make_tokens(tokens, N, sx_model_n_vocab(model));
        for (size_t chunk = 1; chunk <= 20; chunk += 19) free(evaluate(model, tokens, 40, 512, chunk, LLM_KV_Q8_0));
        sx_model_free(model);
    }
    return NULL;
}

/* 256 KB, as the embedding guide says. */
static void a_small_stack_is_enough(void **state)
{
    (void)state;
    static const uint32_t types[] = {SX_TYPE_F32, SX_TYPE_F16, SX_TYPE_BF16, SX_TYPE_Q8_0};
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    print_message("skipped: sanitizers take stack of their own\n");
    skip();
#endif
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        tiny t = tiny_default;
        char path[256];
        pthread_attr_t attr;
        pthread_t thread;
        t.type = types[i];
        tiny_write(&t, path);
        assert_int_equal(pthread_attr_init(&attr), 0);
        assert_int_equal(pthread_attr_setstacksize(&attr, 256 << 10), 0);
        assert_int_equal(pthread_create(&thread, &attr, on_a_small_stack, path), 0);
        pthread_join(thread, NULL);
        pthread_attr_destroy(&attr);
        unlink(path);
    }
}

static void same_bits_however_evaluated(void **state)
{
    (void)state;
    tiny t = tiny_default;
    same_bits_for(&t);
    t.type = SX_TYPE_F16;
    t.head_dim = 12;
    t.n_ff = 92;
    same_bits_for(&t);
    t.type = SX_TYPE_BF16;
    t.n_layer = 1;
    same_bits_for(&t);
    t = tiny_default;
    t.type = SX_TYPE_Q8_0;
    t.n_expert = 5;
    same_bits_for(&t);
    t = tiny_default;
    t.arch = "phi3"; /* a sliding window on every layer */
    t.window = 37;
    same_bits_for(&t);
}

/* F16 and F32 weights are not multiplied with what was rounded to bf16 somewhere on the way, at any level. */
static void fine_weights_lose_little(void **state)
{
    (void)state;
    int32_t tokens[N];
    for (uint32_t type = SX_TYPE_F32; type <= SX_TYPE_F16; type++) {
        tiny t = tiny_default;
        t.type = type;
        char path[256];
        tiny_write(&t, path);
        make_tokens(tokens, N, t.n_vocab);
        sx_model *model = load_as(path, 1, LLM_ISA_SCALAR);
        const size_t n = N * sx_model_n_vocab(model);
        assert_int_equal(model->net.weights.longest_floats, t.n_ff); /* what their panels and parts have room for */
        float *want = evaluate(model, tokens, N, 512, N, LLM_KV_F16);
        sx_model_free(model);
        model = load_as(path, 2, 0);
        float *got = evaluate(model, tokens, N, 512, N, LLM_KV_F16), worst = 0.0f;
        for (size_t i = 0; i < n; i++) worst = fmaxf(worst, fabsf(got[i] - want[i]));
        print_message("type %u: logits move by at most %g\n", type, (double)worst);
        assert_true(worst < 0.003f); /* keys and values are F16, and may be rounded to a neighbour */
        sx_model_free(model);
        unlink(path);
        free(want);
        free(got);
    }
}

/* ---- sessions ---- */

static void truncating_goes_back(void **state)
{
    (void)state;
    int32_t tokens[40];
    sx_model *model = load(&tiny_default, 2);
    size_t vocab = sx_model_n_vocab(model);
    float *want = malloc(vocab * sizeof *want), *got = malloc(vocab * sizeof *got);
    make_tokens(tokens, 40, (uint32_t)vocab);
    sx_session *s = open_session(model, 64, 16, 0);
    assert_int_equal(sx_session_n_ctx(s), 64);
    assert_int_equal(sx_session_eval(s, tokens, 20, false, want, NULL, NULL), LLM_OK);
    assert_int_equal(sx_session_eval(s, tokens + 20, 20, false, NULL, NULL, NULL), LLM_OK);
    assert_int_equal(sx_session_used(s), 40);
    sx_session_truncate(s, 50); /* nothing to forget */
    assert_int_equal(sx_session_used(s), 40);
    sx_session_truncate(s, 10);
    assert_int_equal(sx_session_used(s), 10);
    assert_int_equal(sx_session_eval(s, tokens + 10, 10, false, got, NULL, NULL), LLM_OK);
    assert_memory_equal(want, got, vocab * sizeof *got);
    sx_session_free(s);
    sx_model_free(model);
    free(want);
    free(got);
}

/* 9 TB of keys and values. */
static void a_context_that_no_machine_holds(void **state)
{
    (void)state;
    tiny wide = tiny_default;
    wide.n_layer = 32;
    wide.n_head = wide.n_head_kv = 4;
    wide.head_dim = 64;
    sx_model *model = load(&wide, 1);
    llm_error err = LLM_ERROR_INIT;
    sx_session *s = NULL;
    assert_int_equal(sx_session_create(&s, &mem, model, &(sx_session_params){.n_ctx = 1 << 28}, &err), LLM_E_LIMIT);
    assert_non_null(strstr(err.message, "more than this machine has"));
    assert_null(s);
    sx_model_free(model);
}

static void limits_have_sentences(void **state)
{
    (void)state;
    sx_model *model = load(&tiny_default, 1);
    llm_error err = LLM_ERROR_INIT;
    sx_session *s = NULL;
    int32_t tokens[40];
    make_tokens(tokens, 40, sx_model_n_vocab(model));
    assert_int_equal(sx_session_create(&s, &mem, model, &(sx_session_params){.n_ctx = UINT32_MAX}, &err), LLM_E_LIMIT);
    assert_int_equal(sx_session_create(&s, &mem, model, &(sx_session_params){.n_batch = UINT32_MAX}, &err),
                     LLM_E_LIMIT);
    assert_int_equal(sx_session_create(&s, &mem, model, &(sx_session_params){.kv_type = 9}, &err), LLM_E_INVALID);
    assert_null(s);
    s = open_session(model, 32, 8, 0);
    assert_int_equal(sx_session_eval(s, tokens, 33, false, NULL, NULL, &err), LLM_E_LIMIT);
    assert_non_null(strstr(err.message, "n_ctx"));
    assert_int_equal(sx_session_eval(s, tokens, 20, false, NULL, NULL, &err), LLM_OK);
    assert_int_equal(sx_session_eval(s, tokens, 13, false, NULL, NULL, &err), LLM_E_LIMIT);
    assert_int_equal(sx_session_eval(s, tokens, 0, false, NULL, NULL, &err), LLM_E_INVALID);
    assert_int_equal(sx_session_eval(s, (int32_t[]){-1}, 1, false, NULL, NULL, &err), LLM_E_INVALID);
    assert_int_equal(sx_session_eval(s, (int32_t[]){300}, 1, false, NULL, NULL, &err), LLM_E_INVALID);
    assert_int_equal(sx_session_used(s), 20);
    assert_int_equal(sx_session_eval(s, tokens, 12, false, NULL, NULL, &err), LLM_OK);
    sx_session_free(s);
    sx_model_free(model);
}

typedef struct stopper {
    llm_cancel cancel;
    double set_at;
} stopper;

static void *stop_soon(void *arg)
{
    stopper *s = arg;
    usleep(30000);
    s->set_at = sx_clock_ms();
    atomic_store(&s->cancel.set, 1);
    return NULL;
}

static void cancel_stops_and_leaves_no_trace(void **state)
{
    (void)state;
    tiny t = tiny_default;
    t.n_embd = 512;
    t.n_ff = 2048;
    t.n_layer = 4;
    t.n_ctx = 8192;
    int32_t *tokens = malloc(8192 * sizeof *tokens);
    sx_model *model = load(&t, 2);
    size_t vocab = sx_model_n_vocab(model);
    float *want = malloc(vocab * sizeof *want), *got = malloc(vocab * sizeof *got);
    make_tokens(tokens, 8192, (uint32_t)vocab);
    sx_session *s = open_session(model, 8192, 512, 0);
    llm_error err = LLM_ERROR_INIT;
    stopper stop = {.set_at = 0.0};
    pthread_t thread;
    assert_int_equal(sx_session_eval(s, tokens, 10, false, NULL, NULL, &err), LLM_OK);
    pthread_create(&thread, NULL, stop_soon, &stop);
    assert_int_equal(sx_session_eval(s, tokens + 10, 8000, false, got, &stop.cancel, &err), LLM_E_CANCELLED);
    double stopped = sx_clock_ms();
    pthread_join(thread, NULL);
    print_message("stopped after %.1f ms\n", stopped - stop.set_at);
    assert_int_equal(sx_session_used(s), 10);
    assert_int_equal(sx_session_eval(s, tokens + 10, 10, false, got, NULL, &err), LLM_OK);
    sx_session_truncate(s, 0);
    assert_int_equal(sx_session_eval(s, tokens, 20, false, want, NULL, &err), LLM_OK);
    assert_memory_equal(want, got, vocab * sizeof *got);
    sx_session_free(s);
    sx_model_free(model);
    free(tokens);
    free(want);
    free(got);
}

/* ---- threads ---- */

typedef struct reader {
    sx_model *model;
    const int32_t *tokens;
    float *got;
} reader;

static void *read_text(void *arg)
{
    reader *r = arg;
    r->got = evaluate(r->model, r->tokens, N, 16, 11, 0);
    return NULL;
}

static void sessions_share_a_model(void **state)
{
    (void)state;
    int32_t tokens[2][N];
    sx_model *model = load(&tiny_default, 2);
    size_t vocab = sx_model_n_vocab(model);
    make_tokens(tokens[0], N, (uint32_t)vocab);
    for (size_t i = 0; i < N; i++) tokens[1][i] = tokens[0][N - 1 - i];
    reader readers[2] = {{model, tokens[0], NULL}, {model, tokens[1], NULL}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, read_text, &readers[i]);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < 2; i++) {
        float *want = evaluate(model, tokens[i], N, 512, N, 0);
        assert_memory_equal(want, readers[i].got, N * vocab * sizeof *want);
        free(want);
        free(readers[i].got);
    }
    sx_model_free(model);
}

/* ---- files that are wrong ---- */

static void expect_refusal(const tiny *t, llm_status code, const char *word)
{
    char path[256];
    sx_model *model = NULL;
    llm_error err = LLM_ERROR_INIT;
    tiny_write(t, path);
    llm_status s = sx_model_load(&model, &mem, path, NULL, &err);
    unlink(path);
    if (s != code || !strstr(err.message, word))
        fail_msg("%s %u: status %d \"%s\", expected %d with \"%s\"", t->bad_key ? t->bad_key : "", t->bad_value, s,
                 s ? err.message : "", code, word);
    assert_null(model);
}

static void contradictions_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        uint32_t value;
    } bad[] = {{"block_count", 0},
               {"block_count", UINT32_MAX},
               {"block_count", 3},
               {"embedding_length", 0},
               {"embedding_length", UINT32_MAX},
               {"embedding_length", 63},
               {"feed_forward_length", UINT32_MAX},
               {"feed_forward_length", 97},
               {"attention.head_count", 0},
               {"attention.head_count", UINT32_MAX},
               {"attention.head_count", 3},
               {"attention.head_count_kv", 0},
               {"attention.head_count_kv", 3},
               {"attention.head_count_kv", 8},
               {"attention.key_length", 0},
               {"attention.key_length", 1 << 30},
               {"attention.key_length", 15},
               {"attention.value_length", 1 << 30},
               {"rope.dimension_count", 15},
               {"rope.dimension_count", 18},
               {"rope.dimension_count", UINT32_MAX},
               {"context_length", 0},
               {"context_length", UINT32_MAX},
               {"rope.freq_base", 0x7fc00000},
               {"rope.freq_base", 0xc0000000},
               {"attention.layer_norm_rms_epsilon", 0x7f800000},
               {"attention.layer_norm_rms_epsilon", 0xbf800000}};
    tiny t = tiny_default;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        t.bad_key = bad[i].key;
        t.bad_value = bad[i].value;
        expect_refusal(&t, LLM_E_FORMAT, "");
    }
    t = tiny_default;
    t.n_expert = 4;
    t.bad_key = "expert_count";
    for (t.bad_value = 0xfffffff0; t.bad_value < 0xfffffff4; t.bad_value++) expect_refusal(&t, LLM_E_FORMAT, "expert");
    t.bad_value = 3;
    expect_refusal(&t, LLM_E_FORMAT, "ffn_gate_inp");
    t.bad_key = "expert_used_count";
    t.bad_value = 5;
    expect_refusal(&t, LLM_E_FORMAT, "expert");
    t = tiny_default;
    t.skip = "blk.1.attn_k.weight";
    expect_refusal(&t, LLM_E_FORMAT, "blk.1.attn_k.weight");
    t = tiny_default;
    t.squeeze = "blk.0.ffn_down.weight";
    expect_refusal(&t, LLM_E_FORMAT, "[96, 63, 1]");
    t = tiny_default;
    t.squeeze = "token_embd.weight";
    expect_refusal(&t, LLM_E_FORMAT, "");
    t = tiny_default;
    t.arch = "clippy";
    expect_refusal(&t, LLM_E_UNSUPPORTED, "clippy");
}

static void absent_files(void **state)
{
    (void)state;
    sx_model *model = NULL;
    llm_error err = LLM_ERROR_INIT;
    assert_int_equal(sx_model_load(&model, &mem, "/no/such/model.gguf", NULL, &err), LLM_E_NOT_FOUND);
    llm_cancel cancel;
    atomic_init(&cancel.set, 1);
    char path[256];
    tiny_write(&tiny_default, path);
    assert_int_equal(sx_model_load(&model, &mem, path, &(sx_model_params){.cancel = &cancel}, &err), LLM_E_CANCELLED);
    unlink(path);
    sx_model_free(NULL);
    sx_session_free(NULL);
}

/* Every request for memory fails once: each time a clean error, nothing kept, and the next try works. */
static void memory_may_run_out(void **state)
{
    (void)state;
    char path[256];
    tiny t = tiny_default;
    t.n_expert = 3;
    t.n_layer = 1;
    tiny_write(&t, path);
    int32_t tokens[5] = {1, 2, 3, 4, 5};
    long n = 0;
    for (bool done = false; !done; n++) {
        fail_alloc failing;
        sx_mem m;
        fail_alloc_init(&failing, &m, n);
        sx_model *model = NULL;
        sx_session *session = NULL;
        sx_sampler *sampler = NULL;
        llm_error err = LLM_ERROR_INIT;
        float logits[300];
        llm_status s = sx_model_load(&model, &m, path, &(sx_model_params){.threads = 2}, &err);
        if (s == LLM_OK) s = sx_session_create(&session, &m, model, &(sx_session_params){.n_ctx = 16}, &err);
        if (s == LLM_OK) s = sx_session_eval(session, tokens, 5, false, logits, NULL, &err);
        if (s == LLM_OK) s = sx_sampler_create(&sampler, &m, model, &(sx_sampler_params){0}, &err);
        done = s == LLM_OK;
        if (!done && s != LLM_E_MEMORY) fail_msg("request %ld: status %d, %s", n, s, err.message);
        if (done) assert_in_range(sx_sample(sampler, logits), 0, 299);
        sx_sampler_free(sampler);
        sx_session_free(session);
        sx_model_free(model);
        assert_int_equal(failing.held, 0);
    }
    assert_true(n > 5);
    unlink(path);
}

static void facts(void **state)
{
    (void)state;
    sx_model *model = load(&tiny_default, 3);
    assert_string_equal(sx_model_info(model, "arch"), "llama");
    assert_string_equal(sx_model_info(model, "name"), "tiny");
    assert_string_equal(sx_model_info(model, "type"), "f32");
    assert_string_equal(sx_model_info(model, "threads"), "3");
    assert_string_equal(sx_model_info(model, "llama.block_count"), "2");
    assert_null(sx_model_info(model, "license"));
    assert_null(sx_model_info(model, "tokenizer.ggml.tokens"));
    assert_int_equal(sx_model_n_ctx(model), 256);
    assert_int_equal(sx_model_n_vocab(model), 300);
    assert_int_equal(sx_model_token(model, "bos"), 1);
    sx_model_free(model);
}

static void costs(const tiny *t, const char *step_bytes, const char *step_products, const char *prompt_products)
{
    sx_model *model = load(t, 1);
    assert_string_equal(sx_model_info(model, "step_bytes"), step_bytes);
    assert_string_equal(sx_model_info(model, "step_products"), step_products);
    assert_string_equal(sx_model_info(model, "prompt_products"), prompt_products);
    sx_model_free(model);
}

/* Counted by hand: per layer 64 x (64 + 32 + 32 + 64) of attention and 3 x 64 x 96 of feed-forward, the head 64 x 300. */
static void costs_are_of_what_a_token_uses(void **state)
{
    (void)state;
    tiny t = tiny_default;
    costs(&t, "322560", "80640", "61440");
    t.skip = "output.weight"; /* the embeddings serve as head */
    costs(&t, "322560", "80640", "61440");
    t.type = SX_TYPE_Q8_0; /* 34 bytes for 32 numbers */
    costs(&t, "85680", "80640", "61440");
    t.n_expert = 5; /* two of them used; the router is 64 x 5 of F32 */
    costs(&t, "127408", "118144", "98944");
}

static int start(void **state)
{
    (void)state;
    sx_mem_init(&mem, NULL);
    return 0;
}

static int nothing_left(void **state)
{
    (void)state;
    return atomic_load(&mem.live_bytes) != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bits_however_evaluated),
        cmocka_unit_test(a_small_stack_is_enough),
        cmocka_unit_test(fine_weights_lose_little),
        cmocka_unit_test(truncating_goes_back),
        cmocka_unit_test(a_context_that_no_machine_holds),
        cmocka_unit_test(limits_have_sentences),
        cmocka_unit_test(cancel_stops_and_leaves_no_trace),
        cmocka_unit_test(sessions_share_a_model),
        cmocka_unit_test(contradictions_are_refused),
        cmocka_unit_test(absent_files),
        cmocka_unit_test(memory_may_run_out),
        cmocka_unit_test(facts),
        cmocka_unit_test(costs_are_of_what_a_token_uses),
    };
    return cmocka_run_group_tests(tests, start, nothing_left);
}
