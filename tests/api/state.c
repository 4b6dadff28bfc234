/* A context's state through the public calls: an answer goes on as if it had never been carried, and misuse is answered. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>

static llm_model *model;

static llm_ctx *open_ctx(uint32_t kv_type)
{
    llm_ctx *ctx = NULL;
    llm_ctx_opts opts = LLM_CTX_OPTS_INIT;
    opts.n_ctx = 128;
    opts.kv_type = kv_type;
    assert_int_equal(llm_ctx_create(&ctx, model, NULL, NULL, &opts, NULL), LLM_OK);
    return ctx;
}

static llm_reply *begin(llm_ctx *ctx, const char *prompt)
{
    llm_gen_opts opts = LLM_GEN_OPTS_INIT;
    opts.flags = LLM_GEN_IGNORE_EOS;
    opts.max_tokens = 8;
    opts.temperature = 0.9f;
    opts.seed = 5;
    llm_reply *reply = NULL;
    if (llm_generate(ctx, prompt, strlen(prompt), NULL, &opts, &reply) != LLM_OK) fail_msg("%s", llm_ctx_errmsg(ctx));
    return reply;
}

static void say(llm_ctx *ctx, const char *prompt, int32_t out[8])
{
    llm_reply *reply = begin(ctx, prompt);
    while (llm_reply_next(reply) == LLM_MORE) {}
    assert_int_equal(llm_reply_output_tokens(reply), 8);
    for (uint32_t i = 0; i < 8; i++) out[i] = llm_reply_token(reply, i);
    llm_reply_free(reply);
}

/* Reads a prompt, is carried in every way there is, and answers a longer one. */
static void carried_answers_are_the_same(void **state)
{
    (void)state;
    static const char first[] = "the ship is lost", second[] = "the ship is lost at sea and the captain";
    for (uint32_t kv = LLM_KV_F16; kv <= LLM_KV_Q4_0; kv++) {
        int32_t cold[8], want[8], got[8];
        llm_ctx *fresh = open_ctx(kv), *never = open_ctx(kv), *imported = open_ctx(kv), *forked = NULL;
        say(fresh, second, cold);
        say(never, first, got);
        assert_int_equal(llm_ctx_fork(never, &forked), LLM_OK);
        int64_t size = llm_ctx_export(never, NULL, 0);
        assert_true(size > 0);
        char *bytes = calloc(1, (size_t)size);
        assert_int_equal(llm_ctx_export(never, bytes, (size_t)size - 1), size);
        for (int64_t i = 0; i < size; i++) assert_int_equal(bytes[i], 0); /* too little room: nothing is written */
        assert_int_equal(llm_ctx_export(never, bytes, (size_t)size), size);
        assert_int_equal(llm_ctx_import(imported, bytes, (size_t)size), LLM_OK);
        free(bytes);
        assert_int_equal(llm_ctx_used(imported), llm_ctx_used(never));
        assert_int_equal(llm_ctx_size(imported), 128);
        say(never, second, want);
        assert_memory_equal(want, cold, sizeof want); /* what was kept is what would be read */
        say(imported, second, got);
        assert_memory_equal(got, want, sizeof want);
        llm_ctx_free(never);
        say(forked, second, got);
        assert_memory_equal(got, want, sizeof want);
        assert_int_equal(llm_ctx_drop(forked, 4, UINT32_MAX), LLM_OK);
        assert_int_equal(llm_ctx_used(forked), 4);
        say(forked, second, got);
        assert_memory_equal(got, want, sizeof want);
        llm_ctx_free(fresh);
        llm_ctx_free(imported);
        llm_ctx_free(forked);
    }
}

static void a_reply_in_the_making_comes_first(void **state)
{
    (void)state;
    llm_ctx *ctx = open_ctx(0), *child = ctx;
    llm_reply *reply = begin(ctx, "the captain");
    assert_int_equal(llm_reply_next(reply), LLM_MORE);
    assert_int_equal(llm_ctx_save(ctx, "state"), LLM_E_BUSY);
    assert_int_equal(llm_ctx_restore(ctx, "state"), LLM_E_BUSY);
    assert_int_equal(llm_ctx_export(ctx, NULL, 0), LLM_E_BUSY);
    assert_int_equal(llm_ctx_import(ctx, "state", 5), LLM_E_BUSY);
    assert_int_equal(llm_ctx_drop(ctx, 0, 1), LLM_E_BUSY);
    assert_int_equal(llm_ctx_fork(ctx, &child), LLM_E_BUSY);
    assert_null(child);
    assert_non_null(strstr(llm_ctx_errmsg(ctx), "reply"));
    assert_true(llm_ctx_used(ctx) > 0);
    while (llm_reply_next(reply) == LLM_MORE) {}
    assert_int_equal(llm_ctx_fork(ctx, &child), LLM_OK);
    llm_reply_free(reply);
    llm_ctx_free(child);
    llm_ctx_free(ctx);
}

static void manners(void **state)
{
    (void)state;
    llm_ctx *ctx = open_ctx(0), *bare = NULL, *child = NULL;
    fixture f = fixture_open(NULL, 0);
    assert_int_equal(llm_ctx_used(ctx), 0);
    assert_int_equal(llm_ctx_save(ctx, NULL), LLM_E_INVALID);
    assert_int_equal(llm_ctx_restore(ctx, NULL), LLM_E_INVALID);
    assert_int_equal(llm_ctx_export(ctx, NULL, 10), LLM_E_INVALID);
    assert_int_equal(llm_ctx_import(ctx, NULL, 10), LLM_E_INVALID);
    assert_int_equal(llm_ctx_import(ctx, "", 0), LLM_E_FORMAT);
    assert_int_equal(llm_ctx_fork(ctx, NULL), LLM_E_INVALID);
    assert_int_equal(llm_ctx_drop(ctx, 1, 2), LLM_E_INVALID);
    assert_int_equal(llm_ctx_drop(ctx, 0, UINT32_MAX), LLM_OK);
    assert_int_equal(llm_ctx_used(NULL), LLM_E_INVALID);
    assert_int_equal(llm_ctx_fork(NULL, &child), LLM_E_INVALID);
    assert_int_equal(llm_ctx_save(f.ctx, "state"), LLM_E_UNSUPPORTED); /* no model, no state */
    assert_int_equal(llm_ctx_size(f.ctx), LLM_E_UNSUPPORTED);
    assert_int_equal(llm_ctx_fork(f.ctx, &bare), LLM_OK); /* but another context on the same corpus */
    fixture_close(&f);
    llm_reply *reply = ask(bare, "How many days of leave are there?", NULL);
    assert_int_equal(llm_reply_citation_count(reply) > 0, 1);
    llm_reply_free(reply);
    llm_ctx_free(bare);
    llm_ctx_free(ctx);
}

static int start(void **state)
{
    char path[512];
    (void)state;
    const char *build = getenv("SEXTANT_BUILD");
    snprintf(path, sizeof path, "%s/tests/tiny.gguf", build ? build : "build");
    return llm_model_load(&model, path, NULL, NULL);
}

static int stop(void **state)
{
    (void)state;
    llm_model_free(model);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carried_answers_are_the_same),
        cmocka_unit_test(a_reply_in_the_making_comes_first),
        cmocka_unit_test(manners),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
