/* Grounded prompts inside a model's chat template. The model is the tests' tiny one with a template put into its file. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static unsigned char *read_file(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("%s is missing", path);
    fseek(f, 0, SEEK_END);
    *size = (size_t)ftell(f);
    rewind(f);
    unsigned char *data = malloc(*size);
    assert_int_equal(fread(data, 1, *size, f), *size);
    fclose(f);
    return data;
}

static size_t put(unsigned char *at, uint64_t v, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) at[i] = (unsigned char)(v >> 8 * i);
    return bytes;
}

/* Writes the model with one more metadata entry. The entry's length is a multiple of the alignment (the template is filled
 * up with blanks), so that the tensors keep their places. */
static void with_template(const char *from, const char *to, const char *template)
{
    static const char key[] = "tokenizer.chat_template";
    enum { HEAD = 24, ALIGN = 32 };
    size_t size, text = strlen(template), n = 0, fixed = 8 + sizeof key - 1 + 4 + 8;
    size_t filled = (fixed + text + ALIGN - 1) / ALIGN * ALIGN - fixed;
    unsigned char *model = read_file(from, &size), *entry = malloc(fixed + filled);
    n += put(entry + n, sizeof key - 1, 8);
    memcpy(entry + n, key, sizeof key - 1);
    n += sizeof key - 1;
    n += put(entry + n, 8, 4); /* a string */
    n += put(entry + n, filled, 8);
    memset(entry + n, ' ', filled);
    memcpy(entry + n, template, text);
    put(model + 16, model[16] + 1u, 1); /* the tiny model has fewer than 255 entries */
    FILE *f = fopen(to, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(model, 1, HEAD, f), HEAD);
    assert_int_equal(fwrite(entry, 1, fixed + filled, f), fixed + filled);
    assert_int_equal(fwrite(model + HEAD, 1, size - HEAD, f), size - HEAD);
    assert_int_equal(fclose(f), 0);
    free(entry);
    free(model);
}

/* Tokens of the prompt of a grounded answer from a model file; the answer is read to its end. */
static uint32_t prompt_tokens(const char *path)
{
    llm_error err = LLM_ERROR_INIT;
    llm_model *model = NULL;
    llm_ctx *ctx = NULL;
    fixture f = fixture_open(NULL, 0);
    if (llm_model_load(&model, path, NULL, &err)) fail_msg("%s", err.message);
    llm_ctx_opts wide = LLM_CTX_OPTS_INIT;
    wide.n_ctx = 2048;
    assert_int_equal(llm_ctx_create(&ctx, model, f.corpus, NULL, &wide, &err), LLM_OK);
    llm_gen_opts gen = LLM_GEN_OPTS_INIT;
    llm_retrieve_opts one = LLM_RETRIEVE_OPTS_INIT;
    llm_evidence *found = NULL;
    llm_reply *reply = NULL;
    const char *question = "How many days of annual leave?";
    gen.max_tokens = 8;
    gen.min_confidence = -1;
    one.top = 1;
    assert_int_equal(llm_retrieve(ctx, question, strlen(question), &one, &found), LLM_OK);
    if (llm_generate(ctx, question, strlen(question), found, &gen, &reply)) fail_msg("%s", llm_ctx_errmsg(ctx));
    llm_status status;
    while ((status = llm_reply_next(reply)) == LLM_MORE) {}
    assert_int_equal(status, LLM_OK);
    uint32_t n = llm_reply_prompt_tokens(reply);
    llm_reply_free(reply);
    llm_evidence_free(found);
    llm_ctx_free(ctx);
    llm_model_free(model);
    fixture_close(&f);
    return n;
}

static void a_template_frames_the_prompt(void **state)
{
    (void)state;
    char tiny[512], made[] = "/tmp/sextant-frame-XXXXXX";
    const char *build = getenv("SEXTANT_BUILD");
    snprintf(tiny, sizeof tiny, "%s/tests/tiny.gguf", build ? build : "build");
    int fd = mkstemp(made);
    assert_true(fd >= 0);
    close(fd);
    uint32_t plain = prompt_tokens(tiny);
    with_template(tiny, made, "{{ 'user says ' * 8 }}{{ messages[0].content }}{{ ' so the answer is' * 8 }}");
    assert_true(prompt_tokens(made) > plain + 16);
    /* a template that refuses a plain message, or loses it, leaves the prompt as it is */
    with_template(tiny, made, "{{ raise_exception('system message first') }}");
    assert_int_equal(prompt_tokens(made), plain);
    with_template(tiny, made, "{{ messages|length }}");
    assert_int_equal(prompt_tokens(made), plain);
    unlink(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_template_frames_the_prompt)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
