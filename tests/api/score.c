/* llm_score: what llm_logits says, added up; texts alone and together; what is given; a context that holds the prompt. */
#include "fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static llm_model *model;

static llm_ctx *open_ctx(uint32_t n_batch)
{
    llm_ctx *ctx = NULL;
    llm_ctx_opts opts = LLM_CTX_OPTS_INIT;
    opts.n_ctx = 128;
    opts.n_batch = n_batch;
    assert_int_equal(llm_ctx_create(&ctx, model, NULL, NULL, &opts, NULL), LLM_OK);
    return ctx;
}

static llm_scores *score(llm_ctx *ctx, const char *prompt, const char *const *texts, size_t n,
                         const llm_score_opts *opts)
{
    size_t lens[8];
    llm_scores *made = NULL;
    for (size_t i = 0; i < n; i++) lens[i] = strlen(texts[i]);
    if (llm_score(ctx, prompt, strlen(prompt), texts, lens, n, opts, &made) != LLM_OK)
        fail_msg("%s", llm_ctx_errmsg(ctx));
    assert_int_equal(llm_scores_count(made), n);
    return made;
}

/* The sum of the last `scored` tokens of a text, from all its logits. */
static double by_hand(const char *text, uint32_t scored)
{
    int32_t ids[128];
    size_t width = llm_model_n_vocab(model);
    int64_t n = llm_tokenize(model, text, strlen(text), LLM_TOK_SPECIAL, ids, 128, NULL);
    assert_in_range(n, scored + 1, 128);
    float *rows = malloc((size_t)n * width * sizeof *rows);
    llm_ctx *ctx = open_ctx(0);
    assert_int_equal(llm_logits(ctx, ids, (size_t)n, rows, (size_t)n * width, NULL), LLM_OK);
    double total = 0.0;
    for (size_t i = (size_t)n - scored; i < (size_t)n; i++) {
        const float *row = rows + (i - 1) * width;
        double sum = 0.0;
        for (size_t k = 0; k < width; k++) sum += exp((double)row[k]);
        total += (double)row[ids[i]] - log(sum);
    }
    llm_ctx_free(ctx);
    free(rows);
    return total;
}

static void sums_are_those_of_the_logits(void **state)
{
    (void)state;
    static const char *const texts[] = {" is lost at sea", "", " sails", "s of the fleet sail on and on"};
    llm_ctx *ctx = open_ctx(7);
    llm_scores *s = score(ctx, "the ship", texts, 4, NULL);
    for (uint32_t i = 0; i < 4; i++) {
        char whole[128];
        snprintf(whole, sizeof whole, "the ship%s", texts[i]);
        uint32_t n = llm_scores_tokens(s, i);
        if (i == 1) assert_int_equal(n, 0);
        assert_float_equal(llm_scores_sum(s, i), by_hand(whole, n), 1e-4);
        double added = 0.0;
        for (uint32_t t = 0; t < n; t++) {
            added += llm_scores_logprob(s, i, t);
            assert_in_range(llm_scores_token(s, i, t), 0, llm_model_n_vocab(model) - 1);
        }
        assert_true(added == llm_scores_sum(s, i));
        assert_int_equal(llm_scores_token(s, i, n), -1);
        /* alone, in a context that now holds the prompt: to the bit */
        llm_scores *alone = score(ctx, "the ship", &texts[i], 1, NULL);
        assert_true(llm_scores_sum(alone, 0) == llm_scores_sum(s, i));
        llm_scores_free(alone);
    }
    llm_scores_free(s);
    llm_ctx_free(ctx);
}

static void given_text_is_not_scored(void **state)
{
    (void)state;
    static const char *const texts[] = {"the ship is lost", "a road is lost"};
    static const uint64_t given[] = {8, 6};
    llm_score_opts opts = LLM_SCORE_OPTS_INIT;
    opts.given = given;
    opts.top = 4;
    llm_ctx *ctx = open_ctx(0);
    llm_scores *s = score(ctx, "", texts, 2, &opts);
    static const char *const after[] = {" is lost"};
    llm_scores *one = score(ctx, "the ship", after, 1, NULL);
    assert_true(llm_scores_sum(s, 0) == llm_scores_sum(one, 0));
    assert_int_equal(llm_scores_tokens(s, 0), llm_scores_tokens(one, 0));
    for (uint32_t k = 1; k < 4; k++)
        assert_true(llm_scores_top_logprob(s, 1, 0, k - 1) >= llm_scores_top_logprob(s, 1, 0, k));
    assert_int_equal(llm_scores_top_token(s, 1, 0, 4), -1);
    llm_scores_free(one);
    llm_scores_free(s);
    llm_ctx_free(ctx);
}

static void token_form_and_manners(void **state)
{
    (void)state;
    static const int32_t ids[] = {1, 260, 270, 280};
    llm_ctx *ctx = open_ctx(0), *none = NULL;
    llm_scores *s = NULL;
    assert_int_equal(llm_score_tokens(ctx, ids, 4, 0, NULL, &s), LLM_OK);
    assert_int_equal(llm_scores_tokens(s, 0), 3);
    assert_int_equal(llm_scores_token(s, 0, 2), 280);
    llm_scores *later = NULL;
    assert_int_equal(llm_score_tokens(ctx, ids, 4, 3, NULL, &later), LLM_OK);
    assert_int_equal(llm_scores_tokens(later, 0), 1);
    assert_true(llm_scores_logprob(later, 0, 0) == llm_scores_logprob(s, 0, 2));
    llm_scores_free(later);
    llm_ctx_free(ctx);
    assert_int_equal(llm_scores_tokens(s, 0), 3); /* readable after its context */
    llm_scores_free(s);
    llm_scores_free(NULL);
    assert_int_equal(llm_scores_count(NULL), 0);
    assert_int_equal(llm_ctx_create(&none, NULL, NULL, NULL, NULL, NULL), LLM_OK);
    assert_int_equal(llm_score_tokens(none, ids, 4, 0, NULL, &s), LLM_E_UNSUPPORTED);
    assert_null(s);
    ctx = open_ctx(0);
    const char *text = "x";
    const size_t len = 1;
    const uint64_t given = 2;
    llm_score_opts opts = LLM_SCORE_OPTS_INIT;
    opts.given = &given;
    assert_int_equal(llm_score(ctx, "", 0, &text, &len, 1, &opts, &s), LLM_E_INVALID);
    opts.given = NULL;
    opts.top = 257;
    assert_int_equal(llm_score(ctx, "", 0, &text, &len, 1, &opts, &s), LLM_E_INVALID);
    llm_reply *reply = NULL;
    assert_int_equal(llm_generate(ctx, "the ship", 8, NULL, NULL, &reply), LLM_OK);
    assert_int_equal(llm_score(ctx, "", 0, &text, &len, 1, NULL, &s), LLM_E_BUSY);
    llm_reply_free(reply);
    llm_ctx_free(ctx);
    llm_ctx_free(none);
}

static int start(void **state)
{
    (void)state;
    char path[1024];
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
        cmocka_unit_test(sums_are_those_of_the_logits),
        cmocka_unit_test(given_text_is_not_scored),
        cmocka_unit_test(token_form_and_manners),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
