/* A host's own judge through the public calls: it sees cards, its word moves the order, both scores stand in the trace, its
 * failure is the retrieval's; and what is asked for wrongly is said. */
#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"

typedef struct script {
    const char *favourite; /* cards with it are the answer */
    uint32_t cards;
    llm_status fails;
} script;

static llm_status judge(void *user, llm_judge_batch *batch)
{
    script *s = user;
    assert_true(batch->struct_size >= sizeof *batch);
    assert_string_equal(batch->question, "How many days of annual leave?");
    for (uint32_t i = 0; i < batch->count; i++) {
        assert_string_equal(batch->docs[i], "handbook.md");
        assert_true(batch->nodes[i][0] == '0' && batch->lexical[i] >= 0);
        batch->scores[i] = strstr(batch->texts[i], s->favourite) ? 1 : 0;
    }
    s->cards += batch->count;
    return s->fails;
}

static llm_evidence *retrieve(llm_ctx *ctx, const llm_retrieve_opts *opts, llm_status want)
{
    static const char question[] = "How many days of annual leave?";
    llm_evidence *found = NULL;
    assert_int_equal(llm_retrieve(ctx, question, strlen(question), opts, &found), want);
    if (want) assert_true(llm_ctx_errmsg(ctx)[0] != '\0');
    return found;
}

static void host_judges(void **state)
{
    (void)state;
    fixture f = fixture_open(NULL, 0);
    script s = {.favourite = "theodolites"};
    llm_retrieve_opts opts = LLM_RETRIEVE_OPTS_INIT;
    llm_evidence *plain = retrieve(f.ctx, NULL, LLM_OK);
    assert_non_null(strstr(llm_evidence_text(plain, 0), "25 days"));
    assert_true(llm_trace_judged(plain, 0) < 0);
    assert_true(llm_trace_judged(plain, UINT32_MAX) < 0);
    opts.judge = judge;
    opts.judge_user = &s;
    llm_evidence *judged = retrieve(f.ctx, &opts, LLM_OK);
    assert_true(s.cards > 3);
    assert_non_null(strstr(llm_evidence_text(judged, 0), "theodolites"));
    assert_non_null(strstr(llm_evidence_text(judged, 1), "25 days"));
    uint32_t first = llm_trace_count(judged) - llm_evidence_count(judged);
    assert_true(llm_trace_judged(judged, first) == 1);
    assert_true(llm_trace_lexical(judged, first) < llm_trace_lexical(judged, first + 1));
    llm_evidence_free(judged);
    opts.judge_weight = 0.1f; /* hardly listened to */
    judged = retrieve(f.ctx, &opts, LLM_OK);
    assert_non_null(strstr(llm_evidence_text(judged, 0), "25 days"));
    llm_evidence_free(judged);
    llm_evidence_free(plain);
    fixture_close(&f);
}

static void refusals(void **state)
{
    (void)state;
    fixture f = fixture_open(NULL, 0);
    script s = {.favourite = "leave", .fails = LLM_E_IO};
    llm_retrieve_opts opts = LLM_RETRIEVE_OPTS_INIT;
    opts.judge = judge;
    opts.judge_user = &s;
    assert_null(retrieve(f.ctx, &opts, LLM_E_IO));
    opts.judge_weight = 1.5f;
    assert_null(retrieve(f.ctx, &opts, LLM_E_INVALID));
    llm_retrieve_opts model = LLM_RETRIEVE_OPTS_INIT;
    model.flags = LLM_RETRIEVE_JUDGE; /* the context has no model */
    assert_null(retrieve(f.ctx, &model, LLM_E_UNSUPPORTED));
    model.flags = LLM_RETRIEVE_LETTERS;
    assert_null(retrieve(f.ctx, &model, LLM_E_UNSUPPORTED));
    model.flags = 0x80;
    assert_null(retrieve(f.ctx, &model, LLM_E_INVALID));
    fixture_close(&f);
}

/* The context's model judges in each way: the same every time, the budget holds, the words keep their share. */
static void model_judges(void **state)
{
    char path[1024];
    const char *shared = getenv("SEXTANT_SHARED");
    llm_model *model = NULL;
    llm_error err = LLM_ERROR_INIT;
    snprintf(path, sizeof path, "%s/models/stories260K.gguf", shared ? shared : "");
    if (llm_model_load(&model, path, NULL, &err) != LLM_OK) {
        printf("skipped: no model at %s\n", path);
        skip();
    }
    fixture f = fixture_open(NULL, 0);
    llm_ctx *ctx = NULL;
    assert_int_equal(llm_ctx_create(&ctx, model, f.corpus, NULL, NULL, &err), LLM_OK);
    llm_retrieve_opts opts = LLM_RETRIEVE_OPTS_INIT;
    opts.flags = *(const uint32_t *)*state;
    llm_evidence *once = retrieve(ctx, &opts, LLM_OK), *again = retrieve(ctx, &opts, LLM_OK);
    uint32_t judged = 0;
    for (uint32_t i = 0; i < llm_trace_count(once); i++) {
        assert_true(llm_trace_judged(once, i) == llm_trace_judged(again, i));
        judged += llm_trace_judged(once, i) > 0 && llm_trace_judged(once, i) < 1;
    }
    assert_true(judged > 3);
    uint32_t right = 0;
    while (right < llm_evidence_count(once) && !strstr(llm_evidence_text(once, right), "25 days")) right++;
    assert_true(right < 3); /* of the first three one is the words' own */
    opts.judge_tokens = 10;
    llm_evidence *poor = retrieve(ctx, &opts, LLM_OK);
    for (uint32_t i = 0; i < llm_trace_count(poor); i++) assert_true(llm_trace_judged(poor, i) < 0);
    llm_evidence_free(poor);
    char *page = malloc(9001); /* a passage longer than the model's window is cut for it */
    for (int i = 0; i < 9000; i++) page[i] = (char)(i % 6 == 5 ? ' ' : 'a' + i * 7 % 26);
    memcpy(page, "annual leave ", 13);
    page[9000] = '\0';
    assert_int_equal(llm_ingest(f.corpus, "page.txt", page, 9000, NULL, &err), LLM_OK);
    opts.judge_tokens = 0;
    llm_evidence_free(retrieve(ctx, &opts, LLM_OK));
    free(page);
    llm_evidence_free(again);
    llm_evidence_free(once);
    llm_ctx_free(ctx);
    fixture_close(&f);
    llm_model_free(model);
}

int main(void)
{
    static uint32_t ways[] = {LLM_RETRIEVE_JUDGE, LLM_RETRIEVE_LETTERS, LLM_RETRIEVE_JUDGE | LLM_RETRIEVE_LETTERS};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_judges),
        cmocka_unit_test(refusals),
        cmocka_unit_test_prestate(model_judges, &ways[0]),
        cmocka_unit_test_prestate(model_judges, &ways[1]),
        cmocka_unit_test_prestate(model_judges, &ways[2]),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
