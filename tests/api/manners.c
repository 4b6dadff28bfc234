/* Manners of the calls: NULLs, structs of other ages, handles freed in any order. */
#include "fixture.h"

static void null_is_an_answer_not_a_crash(void **state)
{
    (void)state;
    llm_error err = LLM_ERROR_INIT;
    llm_model_free(NULL);
    llm_corpus_free(NULL);
    llm_guard_free(NULL);
    llm_vault_free(NULL);
    llm_cancel_free(NULL);
    llm_ctx_free(NULL);
    llm_tree_free(NULL);
    llm_docs_free(NULL);
    llm_evidence_free(NULL);
    llm_reply_free(NULL);
    llm_verdict_free(NULL);
    llm_guard_close(NULL);
    assert_int_equal(llm_model_load(NULL, "x", NULL, &err), LLM_E_INVALID);
    assert_int_equal(llm_ingest(NULL, "x", "y", 1, NULL, &err), LLM_E_INVALID);
    assert_int_equal(llm_retrieve(NULL, "q", 1, NULL, NULL), LLM_E_INVALID);
    assert_int_equal(llm_reply_next(NULL), LLM_E_INVALID);
    assert_string_equal(llm_evidence_doc(NULL, 0), "");
    assert_string_equal(llm_reply_text(NULL), "");
    assert_int_equal(llm_tree_parent(NULL, 0), -1);
    assert_int_equal(llm_verdict_count(NULL), 0);
}

static void a_missing_part_is_named(void **state)
{
    (void)state;
    llm_ctx *ctx = NULL;
    llm_evidence *found = NULL;
    llm_reply *reply = NULL;
    assert_int_equal(llm_ctx_create(&ctx, NULL, NULL, NULL, NULL, NULL), LLM_OK);
    assert_int_equal(llm_retrieve(ctx, "q", 1, NULL, &found), LLM_E_UNSUPPORTED);
    assert_non_null(strstr(llm_ctx_errmsg(ctx), "no corpus"));
    assert_int_equal(llm_generate(ctx, "q", 1, NULL, NULL, &reply), LLM_E_UNSUPPORTED);
    assert_non_null(strstr(llm_ctx_errmsg(ctx), "model"));
    float row[4];
    int32_t token = 0;
    assert_int_equal(llm_logits(ctx, &token, 1, row, 4, NULL), LLM_E_UNSUPPORTED);
    llm_ctx_free(ctx);
}

static void structs_of_other_ages(void **state)
{
    (void)state;
    llm_error err = LLM_ERROR_INIT;
    llm_corpus *corpus = NULL;
    struct {
        llm_corpus_opts known;
        uint64_t newer;
    } future = {LLM_CORPUS_OPTS_INIT, 0};
    future.known.struct_size = sizeof future;
    assert_int_equal(llm_corpus_open(&corpus, NULL, &future.known, &err), LLM_OK);
    llm_corpus_free(corpus);
    future.newer = 1;
    assert_int_equal(llm_corpus_open(&corpus, NULL, &future.known, &err), LLM_E_VERSION);
    assert_null(corpus);
    future.known.struct_size = 0;
    assert_int_equal(llm_corpus_open(&corpus, NULL, &future.known, &err), LLM_E_INVALID);
    assert_non_null(strstr(err.message, "struct_size"));
    llm_gen_opts gen = LLM_GEN_OPTS_INIT;
    gen.top_p = 2;
    fixture f = fixture_open(NULL, 0);
    llm_evidence *found = NULL;
    llm_reply *reply = NULL;
    assert_int_equal(llm_retrieve(f.ctx, "leave", 5, NULL, &found), LLM_OK);
    assert_int_equal(llm_generate(f.ctx, "leave", 5, found, &gen, &reply), LLM_E_INVALID);
    llm_evidence_free(found);
    fixture_close(&f);
}

static void parents_may_go_before_children(void **state)
{
    (void)state;
    fixture f = fixture_open(NULL, 0);
    llm_evidence *found = NULL;
    llm_reply *reply = NULL;
    llm_tree *tree = NULL;
    const char *question = "How many days of annual leave?";
    assert_int_equal(llm_retrieve(f.ctx, question, strlen(question), NULL, &found), LLM_OK);
    assert_int_equal(llm_generate(f.ctx, question, strlen(question), found, NULL, &reply), LLM_OK);
    assert_int_equal(llm_tree_open(&tree, f.corpus, "handbook.md", NULL), LLM_OK);
    fixture_close(&f);
    assert_true(llm_evidence_count(found) > 0);
    assert_non_null(strstr(llm_evidence_text(found, 0), "leave"));
    assert_int_equal(llm_reply_next(reply), LLM_E_INVALID); /* no more text is made */
    assert_true(llm_tree_count(tree) > 5);
    llm_tree_free(tree);
    llm_reply_free(reply);
    llm_evidence_free(found);
}

static void questions_must_be_utf8(void **state)
{
    (void)state;
    fixture f = fixture_open(NULL, 0);
    llm_evidence *found = NULL;
    assert_int_equal(llm_retrieve(f.ctx, "caf\xe9", 4, NULL, &found), LLM_E_UTF8);
    assert_non_null(strstr(llm_ctx_errmsg(f.ctx), "byte 3"));
    llm_error err = LLM_ERROR_INIT;
    assert_int_equal(llm_ingest(f.corpus, "latin1.txt", "caf\xe9", 4, NULL, &err), LLM_E_UTF8);
    assert_int_equal(llm_remove(f.corpus, "nothing", &err), LLM_E_NOT_FOUND);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_is_an_answer_not_a_crash), cmocka_unit_test(a_missing_part_is_named),
        cmocka_unit_test(structs_of_other_ages),         cmocka_unit_test(parents_may_go_before_children),
        cmocka_unit_test(questions_must_be_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
