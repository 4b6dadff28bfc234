/* Guessing ahead changes how often the model is evaluated and nothing else: not the tokens, not their probabilities, not what
 * the context holds afterwards. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>

enum { N = 96 };

static llm_model *model;

static const char PROMPT[] = "the ship sails at dawn the ship sails at dawn the ship";

typedef struct answer {
    char text[4096];
    int32_t tokens[N];
    double logprobs[N];
    uint32_t n, steps;
    int64_t used;
} answer;

static void collect(llm_ctx *ctx, const llm_reply *reply, answer *a)
{
    a->n = llm_reply_output_tokens(reply);
    a->steps = llm_reply_steps(reply);
    a->used = llm_ctx_used(ctx);
    assert_true(a->n <= N);
    snprintf(a->text, sizeof a->text, "%s", llm_reply_text(reply));
    for (uint32_t i = 0; i < a->n; i++) {
        a->tokens[i] = llm_reply_token(reply, i);
        a->logprobs[i] = llm_reply_logprob(reply, i);
    }
}

static void say(llm_gen_opts opts, uint32_t n_ctx, uint32_t draft, answer *a)
{
    llm_ctx *ctx = NULL;
    llm_ctx_opts ctx_opts = LLM_CTX_OPTS_INIT;
    ctx_opts.n_ctx = n_ctx;
    assert_int_equal(llm_ctx_create(&ctx, model, NULL, NULL, &ctx_opts, NULL), LLM_OK);
    llm_reply *reply = NULL;
    opts.draft = draft;
    opts.logprobs = 1;
    if (llm_generate(ctx, PROMPT, strlen(PROMPT), NULL, &opts, &reply) != LLM_OK) fail_msg("%s", llm_ctx_errmsg(ctx));
    while (llm_reply_next(reply) == LLM_MORE) {}
    collect(ctx, reply, a);
    llm_reply_free(reply);
    llm_ctx_free(ctx);
}

static void assert_same(const answer *a, const answer *b)
{
    assert_string_equal(a->text, b->text);
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->tokens, b->tokens, sizeof a->tokens[0] * a->n);
    assert_memory_equal(a->logprobs, b->logprobs, sizeof a->logprobs[0] * a->n);
    assert_int_equal(a->used, b->used);
}

static llm_gen_opts base(void)
{
    llm_gen_opts opts = LLM_GEN_OPTS_INIT;
    opts.flags = LLM_GEN_IGNORE_EOS;
    opts.max_tokens = N;
    return opts;
}

static void greedy_text_is_the_same_in_fewer_steps(void **state)
{
    (void)state;
    static const uint32_t drafts[] = {1, 2, 7, LLM_DRAFT_MAX};
    answer plain, drafted;
    say(base(), 512, 0, &plain);
    assert_int_equal(plain.n, N);
    assert_int_equal(plain.steps, N - 1); /* the first token comes out of the prompt */
    for (size_t i = 0; i < sizeof drafts / sizeof drafts[0]; i++) {
        say(base(), 512, drafts[i], &drafted);
        assert_same(&plain, &drafted);
        assert_true(drafted.steps < plain.steps);
    }
}

/* A text that the prompt holds takes fewer steps. */
static void quoting_takes_fewer_steps(void **state)
{
    (void)state;
    llm_gen_opts opts = base();
    opts.grammar = "root ::= \" sails at dawn the ship\"+";
    answer plain, drafted;
    say(opts, 512, 0, &plain);
    say(opts, 512, 16, &drafted);
    assert_same(&plain, &drafted);
    assert_int_equal(plain.steps, N - 1);
    assert_true(drafted.steps * 3 < plain.steps * 2); /* a random model spells the words in many ways */
}

static void every_way_of_choosing_is_kept(void **state)
{
    (void)state;
    llm_gen_opts all[5] = {base(), base(), base(), base(), base()};
    all[0].temperature = 0.8f;
    all[0].seed = 3;
    all[1].repeat_penalty = 1.3f;
    all[1].dry_multiplier = 0.8f;
    all[2].temperature = 1.0f;
    all[2].mirostat_tau = 3.0f;
    all[3].grammar = "root ::= (\"the ship sails at dawn \" | \"no \")+";
    all[4].stop = "\0";
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        answer plain, drafted;
        say(all[i], 512, 0, &plain);
        say(all[i], 512, 8, &drafted);
        assert_same(&plain, &drafted);
    }
}

static void limits_cut_where_they_did(void **state)
{
    (void)state;
    for (uint32_t n_ctx = 64; n_ctx < 80; n_ctx++) { /* the window ends in the middle of guesses */
        answer plain, drafted;
        say(base(), n_ctx, 0, &plain);
        say(base(), n_ctx, 16, &drafted);
        assert_same(&plain, &drafted);
    }
    for (uint32_t n = 1; n < 24; n++) {
        llm_gen_opts opts = base();
        opts.max_tokens = n;
        answer plain, drafted;
        say(opts, 512, 0, &plain);
        say(opts, 512, 16, &drafted);
        assert_same(&plain, &drafted);
    }
    llm_ctx *ctx = NULL;
    llm_reply *reply = NULL;
    llm_gen_opts opts = base();
    opts.draft = LLM_DRAFT_MAX + 1;
    assert_int_equal(llm_ctx_create(&ctx, model, NULL, NULL, NULL, NULL), LLM_OK);
    assert_int_equal(llm_generate(ctx, PROMPT, strlen(PROMPT), NULL, &opts, &reply), LLM_E_INVALID);
    assert_non_null(strstr(llm_ctx_errmsg(ctx), "draft"));
    llm_ctx_free(ctx);
}

/* A reply given up in the middle leaves what its tokens filled and no guess. */
static void a_reply_given_up_takes_its_guesses_along(void **state)
{
    (void)state;
    answer whole;
    say(base(), 512, 0, &whole);
    const int64_t prompt = whole.used - (N - 1);
    for (uint32_t pulls = 1; pulls < 40; pulls++) {
        llm_ctx *ctx = NULL;
        llm_ctx_opts ctx_opts = LLM_CTX_OPTS_INIT;
        llm_reply *reply = NULL;
        llm_gen_opts opts = base();
        opts.draft = 16;
        ctx_opts.n_ctx = 512;
        assert_int_equal(llm_ctx_create(&ctx, model, NULL, NULL, &ctx_opts, NULL), LLM_OK);
        assert_int_equal(llm_generate(ctx, PROMPT, strlen(PROMPT), NULL, &opts, &reply), LLM_OK);
        for (uint32_t i = 0; i < pulls && llm_reply_next(reply) == LLM_MORE; i++) {}
        const uint32_t made = llm_reply_output_tokens(reply);
        llm_reply_free(reply);
        assert_int_equal(llm_ctx_used(ctx), prompt + made - 1);
        llm_ctx_free(ctx);
    }
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
        cmocka_unit_test(greedy_text_is_the_same_in_fewer_steps),
        cmocka_unit_test(quoting_takes_fewer_steps),
        cmocka_unit_test(every_way_of_choosing_is_kept),
        cmocka_unit_test(limits_cut_where_they_did),
        cmocka_unit_test(a_reply_given_up_takes_its_guesses_along),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
