/* Folders of safetensors: small models of many layouts give the logits that PyTorch's transformers gives, from one file, from
 * shards, and from the GGUF file made of them; what is wrong with a folder is said by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "fail_alloc.h"
#include "st_write.h"

typedef struct tensor {
    const char *name;
    unsigned dims, shape[4];
} tensor;

typedef struct model_case {
    const char *name, *config;
    const tensor *tensors;
    const float *logits; /* [VOCAB] of the last token */
} model_case;

#include "folder_cases.h"

enum { VOCAB = 32, CASES = sizeof cases / sizeof *cases };

static const int32_t tokens[] = {5, 17, 9, 30, 2, 11, 23, 8};
static sx_mem mem;

static void write_case(const model_case *c, const char *folder, bool shards)
{
    st_writer w[2] = {0};
    gguf_bytes index = {0};
    char line[256];
    unsigned n = 0;
    gguf_put(&index, "{\"weight_map\":{", 15);
    for (const tensor *t = c->tensors; t->name; t++, n++) {
        st_add(&w[shards && n % 3 == 1], t->name, t->dims, t->shape);
        snprintf(line, sizeof line, "%s\"%s\":\"%c.safetensors\"", n ? "," : "", t->name, n % 3 == 1 ? 'b' : 'a');
        gguf_put(&index, line, strlen(line));
    }
    gguf_put(&index, "}}", 2);
    st_file(folder, "config.json", c->config, strlen(c->config));
    st_vocab(folder, VOCAB);
    st_save(&w[0], folder, shards ? "a.safetensors" : "model.safetensors");
    if (shards) {
        st_save(&w[1], folder, "b.safetensors");
        st_file(folder, "model.safetensors.index.json", index.data, index.len);
    }
    free(index.data);
}

static void evaluate(const char *path, float *logits)
{
    sx_model *model = NULL;
    sx_session *session = NULL;
    llm_error err = LLM_ERROR_INIT;
    if (sx_model_load(&model, &mem, path, &(sx_model_params){.threads = 1}, &err) != LLM_OK ||
        sx_session_create(&session, &mem, model, &(sx_session_params){16, 16, LLM_KV_F32}, &err) != LLM_OK ||
        sx_session_eval(session, tokens, 8, false, logits, NULL, &err) != LLM_OK)
        fail_msg("%s: %s", path, err.message);
    sx_session_free(session);
    sx_model_free(model);
}

static void check(const model_case *c, const float *got)
{
    for (int i = 0; i < VOCAB; i++)
        if (!(fabsf(got[i] - c->logits[i]) <= 2e-4f))
            fail_msg("%s: logit %d is %f, transformers says %f", c->name, i, (double)got[i], (double)c->logits[i]);
}

static void logits_are_those_of_transformers(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        char folder[256], gguf[300];
        float whole[VOCAB], other[VOCAB];
        llm_error err = LLM_ERROR_INIT;
        st_folder(folder);
        snprintf(gguf, sizeof gguf, "%s/m.gguf", folder);
        write_case(&cases[i], folder, i % 2);
        evaluate(folder, whole);
        check(&cases[i], whole);
        if (sx_quantise_file(folder, gguf, "f32", NULL, 1, NULL, &mem, &err) != LLM_OK) fail_msg("%s", err.message);
        evaluate(gguf, other);
        assert_memory_equal(whole, other, sizeof whole);
        st_remove(folder);
    }
}

/* ---- folders that are wrong ---- */

static void refused(const char *folder, llm_status code, const char *word)
{
    sx_model *model = NULL;
    llm_error err = LLM_ERROR_INIT;
    llm_status s = sx_model_load(&model, &mem, folder, &(sx_model_params){.threads = 1}, &err);
    if (s != code || !strstr(err.message, word))
        fail_msg("status %d \"%s\", expected %d with \"%s\"", s, err.message, code, word);
    assert_null(model);
}

static void put(const char *folder, const char *file, const char *text)
{
    st_file(folder, file, text, strlen(text));
}

static void wrong_configurations_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        llm_status code;
        const char *word;
    } bad[] = {
        {"{", LLM_E_FORMAT, "config.json"},
        {"[]", LLM_E_FORMAT, "config.json"},
        {"{}", LLM_E_FORMAT, "model_type"},
        {"{\"model_type\":\"t5\"}", LLM_E_UNSUPPORTED, "t5"},
        {"{\"model_type\":\"llama\"}", LLM_E_FORMAT, "missing or 0"},
        {"{\"model_type\":\"llama\",\"hidden_size\":-1}", LLM_E_FORMAT, "hidden_size"},
        {"{\"model_type\":\"llama\",\"hidden_size\":1e300}", LLM_E_FORMAT, "hidden_size"},
        {"{\"model_type\":\"llama\",\"hidden_size\":64,\"num_hidden_layers\":2,\"num_attention_heads\":4294967295}",
         LLM_E_FORMAT, "do not fit"},
        {"{\"model_type\":\"llama\",\"hidden_size\":64,\"num_hidden_layers\":2,\"num_attention_heads\":4,"
         "\"num_key_value_heads\":3}",
         LLM_E_FORMAT, "do not fit"},
        {"{\"model_type\":\"llama\",\"hidden_size\":64,\"num_hidden_layers\":2,\"num_attention_heads\":4,"
         "\"hidden_act\":\"mish\"}",
         LLM_E_UNSUPPORTED, "mish"},
        {"{\"model_type\":\"llama\",\"hidden_size\":64,\"num_hidden_layers\":2,\"num_attention_heads\":4,"
         "\"rope_scaling\":{\"type\":\"spiral\",\"factor\":2}}",
         LLM_E_UNSUPPORTED, "spiral"},
        {"{\"model_type\":\"falcon\",\"alibi\":true}", LLM_E_UNSUPPORTED, "alibi"},
    };
    char folder[256];
    st_folder(folder);
    refused(folder, LLM_E_NOT_FOUND, "config.json");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put(folder, "config.json", bad[i].text);
        refused(folder, bad[i].code, bad[i].word);
    }
    put(folder, "config.json", cases[0].config);
    refused(folder, LLM_E_NOT_FOUND, "model.safetensors");
    put(folder, "model.safetensors.index.json", "{\"weight_map\":{\"a\":\"../../etc/passwd\"}}");
    refused(folder, LLM_E_FORMAT, "not a file's name");
    put(folder, "model.safetensors.index.json", "{\"weight_map\":{\"a\":\"a.safetensors\"}}");
    refused(folder, LLM_E_NOT_FOUND, "a.safetensors");
    st_remove(folder);
}

/* The head of a file as text, with n bytes behind it. */
static void put_head(const char *folder, const char *head, size_t n)
{
    gguf_bytes b = {0};
    gguf_put_le(&b, strlen(head), 8);
    gguf_put(&b, head, strlen(head));
    for (size_t i = 0; i < n; i++) gguf_put(&b, "", 1);
    st_file(folder, "model.safetensors", b.data, b.len);
    free(b.data);
}

static void wrong_weights_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        llm_status code;
        const char *word;
    } bad[] = {
        {"{\"model.norm.weight\":{\"dtype\":\"F32\",\"shape\":[16],\"data_offsets\":[0,128]}}", LLM_E_FORMAT,
         "truncated"},
        {"{\"model.norm.weight\":{\"dtype\":\"F32\",\"shape\":[8],\"data_offsets\":[0,64]}}", LLM_E_FORMAT,
         "another size"},
        {"{\"model.norm.weight\":{\"dtype\":\"F32\",\"shape\":[4000000000,4000000000],\"data_offsets\":[0,64]}}",
         LLM_E_FORMAT, "larger"},
        {"{\"model.norm.weight\":{\"dtype\":\"F32\",\"shape\":[16],\"data_offsets\":[64,0]}}", LLM_E_FORMAT,
         "truncated"},
        {"{\"model.norm.weight\":{\"dtype\":\"F8_E4M3\",\"shape\":[64],\"data_offsets\":[0,64]}}", LLM_E_UNSUPPORTED,
         "F8_E4M3"},
        {"{\"model.layers.0.mystery.weight\":{\"dtype\":\"F32\",\"shape\":[16],\"data_offsets\":[0,64]}}",
         LLM_E_UNSUPPORTED, "mystery"},
        {"{\"model.layers.0.self_attn.q_proj.weight\":{\"dtype\":\"F32\",\"shape\":[16],\"data_offsets\":[0,64]}}",
         LLM_E_FORMAT, "missing"},
        {"{\"model.layers.0.self_attn.q_proj.weight\":{\"dtype\":\"F32\",\"shape\":[4,4],\"data_offsets\":[0,64]}}",
         LLM_E_FORMAT, "q_proj"},
        {"{}", LLM_E_NOT_FOUND, "tokenizer"},
    };
    char folder[256];
    st_folder(folder);
    put(folder, "config.json", cases[0].config);
    put(folder, "model.safetensors", "short");
    refused(folder, LLM_E_FORMAT, "not a whole");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (i + 1 < sizeof bad / sizeof *bad)
            st_vocab(folder, VOCAB);
        else
            st_remove(folder), st_folder(folder), put(folder, "config.json", cases[0].config);
        put_head(folder, bad[i].head, 64);
        refused(folder, bad[i].code, bad[i].word);
    }
    st_remove(folder);
}

static void nan_in_norms_is_refused(void **state)
{
    (void)state;
    char folder[256], path[300];
    float nan = NAN;
    st_folder(folder);
    write_case(&cases[0], folder, false);
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, -4, SEEK_END), 0); /* the last tensor is model.norm.weight */
    assert_int_equal(fwrite(&nan, 4, 1, f), 1);
    fclose(f);
    refused(folder, LLM_E_FORMAT, "output_norm.weight holds a number that is not finite");
    st_remove(folder);
}

static void every_failing_request_is_survived(void **state)
{
    (void)state;
    char folder[256];
    st_folder(folder);
    write_case(&cases[CASES - 1], folder, true);
    long n = 0;
    for (bool done = false; !done; n++) {
        fail_alloc failing;
        sx_mem m;
        fail_alloc_init(&failing, &m, n);
        sx_model *model = NULL;
        llm_error err = LLM_ERROR_INIT;
        llm_status s = sx_model_load(&model, &m, folder, &(sx_model_params){.threads = 1}, &err);
        done = s == LLM_OK;
        if (!done && s != LLM_E_MEMORY) fail_msg("request %ld: status %d, %s", n, s, err.message);
        sx_model_free(model);
        assert_int_equal(failing.held, 0);
    }
    assert_true(n > 20);
    st_remove(folder);
}

static int start(void **state)
{
    (void)state;
    sx_mem_init(&mem, NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    return atomic_load(&mem.live_bytes) == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logits_are_those_of_transformers),  cmocka_unit_test(wrong_configurations_are_refused),
        cmocka_unit_test(wrong_weights_are_refused),         cmocka_unit_test(nan_in_norms_is_refused),
        cmocka_unit_test(every_failing_request_is_survived),
    };
    return cmocka_run_group_tests(tests, start, end);
}
