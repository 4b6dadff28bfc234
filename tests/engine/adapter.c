/* Low-rank adapters: equal to a model whose weights have them added, nothing at scale 0, sums of several, one batch with rows
 * of different adapters, refusals, failing memory. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "engine/session/adapter.h"
#include "fail_alloc.h"
#include "lora.h"
#include "platform/cancel.h"

enum { N = 70 };

static sx_mem mem;
static int32_t tokens[N];

static sx_model *load(const char *path)
{
    sx_model *model = NULL;
    llm_error err = LLM_ERROR_INIT;
    if (sx_model_load(&model, &mem, path, &(sx_model_params){.threads = 2}, &err) != LLM_OK)
        fail_msg("%s", err.message);
    return model;
}

static sx_model *load_tiny(void)
{
    char path[256];
    tiny_write(&tiny_default, path);
    sx_model *model = load(path);
    unlink(path);
    return model;
}

static sx_adapter *read_adapter(const sx_model *model, const lora_how *how)
{
    gguf_writer w;
    sx_adapter *made = NULL;
    llm_error err = LLM_ERROR_INIT;
    lora_write(&w, how);
    if (sx_adapter_read(&made, &mem, model, w.data, w.len, &err) != LLM_OK) fail_msg("%s", err.message);
    gguf_free(&w);
    return made;
}

/* All logits of the tokens under these adapters. */
static float *logits(sx_model *model, const sx_adapter *const *adapters, const float *scales, size_t n, uint32_t batch)
{
    float *out = malloc(N * 300 * sizeof *out);
    sx_session *s = NULL;
    assert_int_equal(sx_session_create(&s, &mem, model, &(sx_session_params){N, batch, LLM_KV_F32}, NULL), LLM_OK);
    assert_int_equal(sx_session_eval(s, tokens, 9, false, NULL, NULL, NULL), LLM_OK);
    assert_int_equal(sx_session_adapt(s, adapters, scales, n, NULL), LLM_OK);
    assert_int_equal(sx_session_used(s), 0); /* nothing read without them is kept */
    assert_int_equal(sx_session_eval(s, tokens, N, true, out, NULL, NULL), LLM_OK);
    sx_session_free(s);
    return out;
}

static float furthest(const float *a, const float *b)
{
    float most = 0.0f;
    for (size_t i = 0; i < N * 300; i++) most = fmaxf(most, fabsf(a[i] - b[i]));
    return most;
}

static void equals_merged_weights(void **state)
{
    (void)state;
    const lora_how how = {.rank = 4, .alpha = 6.0f, .seed = 3};
    char path[256];
    sx_model *model = load_tiny();
    sx_adapter *adapter = read_adapter(model, &how);
    lora_write_merged(&how, 0.7f, path);
    sx_model *merged = load(path);
    unlink(path);
    const float scale = 0.7f;
    const sx_adapter *const one[] = {adapter};
    float *plain = logits(model, NULL, NULL, 0, 16), *want = logits(merged, NULL, NULL, 0, 16),
          *got = logits(model, one, &scale, 1, 16), *other = logits(model, one, &scale, 1, 3);
    print_message("changed by %g, off by %g\n", (double)furthest(plain, want), (double)furthest(got, want));
    assert_true(furthest(plain, want) > 0.05f);
    assert_true(furthest(got, want) < 2e-4f);
    assert_memory_equal(got, other, N * 300 * sizeof *got); /* whatever the batches */
    free(plain);
    free(want);
    free(got);
    free(other);
    sx_adapter_free(adapter);
    sx_model_free(merged);
    sx_model_free(model);
}

static void scales_and_sums(void **state)
{
    (void)state;
    const lora_how first = {.rank = 4, .alpha = 6.0f, .seed = 3}, second = {.rank = 2, .alpha = 0.0f, .seed = 8};
    sx_model *model = load_tiny();
    sx_adapter *a = read_adapter(model, &first), *b = read_adapter(model, &second), *c = read_adapter(model, &first);
    const sx_adapter *const ab[] = {a, b}, *const ac[] = {a, c};
    float *plain = logits(model, NULL, NULL, 0, 512);
    float *none = logits(model, ab, (const float[]){0.0f, 0.0f}, 2, 512);
    assert_memory_equal(plain, none, N * 300 * sizeof *plain);
    float *only = logits(model, ab, (const float[]){0.0f, 1.0f}, 2, 512),
          *b_alone = logits(model, ab + 1, (const float[]){1.0f}, 1, 512);
    assert_memory_equal(only, b_alone, N * 300 * sizeof *plain);
    /* the same adapter twice at half its scale is the adapter */
    float *halves = logits(model, ac, (const float[]){0.5f, 0.5f}, 2, 512),
          *whole = logits(model, ac, (const float[]){1.0f}, 1, 512);
    assert_true(furthest(halves, whole) < 1e-4f && furthest(whole, plain) > 0.05f);
    float *both = logits(model, ab, (const float[]){1.0f, 1.0f}, 2, 512);
    assert_true(furthest(both, whole) > 0.05f && furthest(both, only) > 0.05f);
    float *all[] = {plain, none, only, b_alone, halves, whole, both};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
    sx_adapter_free(a);
    sx_adapter_free(b);
    sx_adapter_free(c);
    sx_model_free(model);
}

static void folders_are_the_same_adapter(void **state)
{
    (void)state;
    static const struct {
        const char *config;
        llm_status code;
        const char *word;
    } bad[] = {{"{\"peft_type\":\"LOHA\"}", LLM_E_UNSUPPORTED, "LORA"},
               {"{\"peft_type\":\"LORA\",\"use_dora\":true}", LLM_E_UNSUPPORTED, "use_dora"},
               {"{\"peft_type\":\"LORA\",\"bias\":\"all\"}", LLM_E_UNSUPPORTED, "biases"},
               {"{\"peft_type\":\"LORA\",\"lora_alpha\":-1}", LLM_E_FORMAT, "lora_alpha"},
               {"{\"peft_type\":", LLM_E_FORMAT, "adapter_config.json"}};
    const lora_how how = {.rank = 4, .alpha = 6.0f, .seed = 3};
    const float scale = 1.0f;
    char path[256];
    llm_error err = LLM_ERROR_INIT;
    sx_model *model = load_tiny();
    sx_adapter *one = read_adapter(model, &how), *two = NULL;
    lora_write_peft(&how, NULL, path);
    if (sx_adapter_load(&two, &mem, model, path, &err) != LLM_OK) fail_msg("%s", err.message);
    lora_remove_peft(path);
    float *want = logits(model, (const sx_adapter *const[]){one}, &scale, 1, 16),
          *got = logits(model, (const sx_adapter *const[]){two}, &scale, 1, 16);
    assert_memory_equal(want, got, N * 300 * sizeof *want);
    free(want);
    free(got);
    sx_adapter_free(one);
    sx_adapter_free(two);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lora_write_peft(&how, bad[i].config, path);
        llm_status status = sx_adapter_load(&two, &mem, model, path, &err);
        if (status != bad[i].code || !strstr(err.message, bad[i].word))
            fail_msg("case %zu: %d %s", i, (int)status, err.message);
        lora_remove_peft(path);
    }
    sx_model_free(model);
}

/* ---- different rows of one batch ---- */

typedef struct reader {
    sx_model *model;
    const sx_adapter *adapter;
    float *got;
} reader;

static void *read_text(void *arg)
{
    reader *r = arg;
    const float scale = 1.0f;
    r->got = logits(r->model, &r->adapter, &scale, r->adapter ? 1 : 0, 5);
    return NULL;
}

static void sessions_do_not_mix(void **state)
{
    (void)state;
    const lora_how first = {.rank = 4, .alpha = 6.0f, .seed = 3}, second = {.rank = 2, .alpha = 0.0f, .seed = 8};
    sx_model *model = load_tiny();
    sx_adapter *a = read_adapter(model, &first), *b = read_adapter(model, &second);
    reader readers[3] = {{model, a, NULL}, {model, NULL, NULL}, {model, b, NULL}};
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, read_text, &readers[i]);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < 3; i++) {
        reader alone = readers[i];
        read_text(&alone);
        assert_memory_equal(alone.got, readers[i].got, N * 300 * sizeof(float));
        free(alone.got);
        free(readers[i].got);
    }
    sx_adapter_free(a);
    sx_adapter_free(b);
    sx_model_free(model);
}

/* ---- refusals ---- */

static void wrong_adapters_are_refused(void **state)
{
    (void)state;
    static const struct {
        lora_how how;
        llm_status code;
        const char *word;
    } bad[] = {
        {{.rank = 4, .type = "model"}, LLM_E_FORMAT, "no adapter"},
        {{.rank = 4, .kind = "ia3"}, LLM_E_UNSUPPORTED, "lora"},
        {{.rank = 4, .arch = "qwen2"}, LLM_E_FORMAT, "architecture"},
        {{.rank = 4, .alpha = NAN}, LLM_E_FORMAT, "alpha"},
        {{.rank = 4, .extra = "blk.0.nothing.weight"}, LLM_E_FORMAT, "blk.0.nothing.weight"},
        {{.rank = 4, .extra = "blk.0.attn_norm.weight"}, LLM_E_UNSUPPORTED, "attn_norm"},
        {{.rank = 4, .extra = "token_embd.weight"}, LLM_E_UNSUPPORTED, "token_embd"},
        {{.rank = 4, .extra = "blk.1.ffn_up.weight"}, LLM_E_FORMAT, "made for another model"},
        {{.rank = 4, .alone = true}, LLM_E_FORMAT, "lora_b"},
        {{.rank = 4, .nan = true}, LLM_E_FORMAT, "finite"},
    };
    sx_model *model = load_tiny();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gguf_writer w;
        sx_adapter *made = NULL;
        llm_error err = LLM_ERROR_INIT;
        lora_write(&w, &bad[i].how);
        llm_status status = sx_adapter_read(&made, &mem, model, w.data, w.len, &err);
        if (status != bad[i].code || !strstr(err.message, bad[i].word))
            fail_msg("case %zu: %d %s", i, (int)status, err.message);
        assert_null(made);
        gguf_free(&w);
    }
    sx_model *twin = load_tiny();
    sx_adapter *adapter = read_adapter(twin, &(lora_how){.rank = 4});
    sx_session *s = NULL;
    const sx_adapter *const one[] = {adapter};
    assert_int_equal(sx_session_create(&s, &mem, model, NULL, NULL), LLM_OK);
    assert_int_equal(sx_session_adapt(s, one, (const float[]){1.0f}, 1, NULL), LLM_E_INVALID);
    assert_int_equal(sx_adapter_load(&adapter, &mem, model, "/no/such/adapter", NULL), LLM_E_NOT_FOUND);
    sx_session_free(s);
    sx_adapter_free((sx_adapter *)(uintptr_t)one[0]);
    sx_model_free(twin);
    sx_model_free(model);
}

static void memory_may_run_out(void **state)
{
    (void)state;
    gguf_writer w;
    sx_model *model = load_tiny();
    lora_write(&w, &(lora_how){.rank = 4});
    bool done = false;
    for (long n = 0; !done; n++) {
        fail_alloc failing;
        sx_mem m;
        sx_adapter *adapter = NULL;
        sx_session *s = NULL;
        fail_alloc_init(&failing, &m, n);
        llm_status status = sx_adapter_read(&adapter, &m, model, w.data, w.len, NULL);
        if (status == LLM_OK) status = sx_session_create(&s, &m, model, NULL, NULL);
        if (status == LLM_OK)
            status = sx_session_adapt(s, (const sx_adapter *const[]){adapter}, (const float[]){1.0f}, 1, NULL);
        done = status == LLM_OK;
        if (!done) assert_int_equal(status, LLM_E_MEMORY);
        sx_session_free(s);
        sx_adapter_free(adapter);
        assert_int_equal(failing.held, 0);
    }
    gguf_free(&w);
    sx_model_free(model);
}

static int start(void **state)
{
    (void)state;
    uint64_t bits = 5;
    sx_mem_init(&mem, NULL);
    for (size_t i = 0; i < N; i++) tokens[i] = (int32_t)(random_bits(&bits) % 300);
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
        cmocka_unit_test(equals_merged_weights),        cmocka_unit_test(scales_and_sums),
        cmocka_unit_test(folders_are_the_same_adapter), cmocka_unit_test(sessions_do_not_mix),
        cmocka_unit_test(wrong_adapters_are_refused),   cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, start, nothing_left);
}
