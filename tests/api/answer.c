/* Grounded answers without a model: quoted, cited, verified, or honestly not found. */
#include "fixture.h"

#include <stdio.h>

static void an_answer_is_quoted_and_its_citations_resolve(void **state)
{
    (void)state;
    fixture f = fixture_open(NULL, 0);
    llm_reply *reply = ask(f.ctx, "How many days of annual leave do employees receive?", NULL);
    assert_int_equal(llm_reply_finish(reply), LLM_FINISH_STOP);
    assert_non_null(strstr(llm_reply_text(reply), "25 days of paid annual leave"));
    assert_true(llm_reply_citation_count(reply) >= 1);
    llm_tree *tree = NULL;
    assert_int_equal(llm_tree_open(&tree, f.corpus, "handbook.md", NULL), LLM_OK);
    for (uint32_t i = 0; i < llm_reply_citation_count(reply); i++) {
        int64_t node = llm_tree_find(tree, llm_reply_citation_node(reply, i));
        assert_true(node >= 0);
        uint64_t start = llm_reply_citation_start(reply, i), end = llm_reply_citation_end(reply, i);
        assert_true(llm_tree_start(tree, (uint32_t)node) <= start && end <= llm_tree_end(tree, (uint32_t)node));
        assert_int_equal(strlen(llm_reply_citation_text(reply, i)), end - start);
        assert_memory_equal(llm_reply_citation_text(reply, i), llm_tree_text(tree) + start, end - start);
        assert_string_equal(llm_reply_citation_doc(reply, i), "handbook.md");
        assert_true(llm_reply_citation_support(reply, i) > 0.9);
    }
    llm_tree_free(tree);
    llm_reply_free(reply);
    fixture_close(&f);
}

static void what_is_not_there_is_not_found(void **state)
{
    (void)state;
    fixture f = fixture_open(NULL, 0);
    llm_reply *reply = ask(f.ctx, "What is the melting point of tungsten?", NULL);
    assert_int_equal(llm_reply_finish(reply), LLM_FINISH_NOT_FOUND);
    assert_int_equal(llm_reply_citation_count(reply), 0);
    assert_string_equal(llm_reply_text(reply), "Not found in the documents.");
    llm_reply_free(reply);
    fixture_close(&f);
}

static void pieces_join_to_the_text(void **state)
{
    (void)state;
    fixture f = fixture_open(NULL, 0);
    const char *question = "When does unused annual leave lapse?";
    llm_evidence *found = NULL;
    llm_reply *reply = NULL;
    char joined[4096] = "";
    assert_int_equal(llm_retrieve(f.ctx, question, strlen(question), NULL, &found), LLM_OK);
    assert_int_equal(llm_generate(f.ctx, question, strlen(question), found, NULL, &reply), LLM_OK);
    assert_int_equal(llm_reply_finish(reply), LLM_FINISH_NONE);
    assert_string_equal(llm_reply_piece(reply), "");
    while (llm_reply_next(reply) == LLM_MORE) {
        assert_int_equal(strlen(llm_reply_piece(reply)), llm_reply_piece_len(reply));
        strncat(joined, llm_reply_piece(reply), sizeof joined - strlen(joined) - 1);
    }
    assert_string_equal(joined, llm_reply_text(reply));
    assert_non_null(strstr(joined, "31 March"));
    assert_int_equal(llm_reply_next(reply), LLM_OK); /* the end stays the end */
    llm_reply_free(reply);
    llm_evidence_free(found);
    fixture_close(&f);
}

static void personal_data_is_redacted_in_answer_and_citation(void **state)
{
    (void)state;
    fixture f = fixture_open(NULL, 0);
    llm_reply *reply = ask(f.ctx, "Where do payroll questions go?", NULL);
    assert_null(strstr(llm_reply_text(reply), "meridian-surveys.com"));
    assert_non_null(strstr(llm_reply_text(reply), "<EMAIL_ADDRESS>"));
    assert_null(strstr(llm_reply_citation_text(reply, 0), "meridian-surveys.com"));
    const llm_verdict *seen = llm_reply_verdict(reply, LLM_DIR_EVIDENCE);
    assert_int_equal(llm_verdict_action(seen), LLM_VERDICT_REDACT);
    uint64_t start = llm_verdict_start(seen, 0);
    assert_memory_equal(HANDBOOK + start, "payroll.desk@meridian-surveys.com", 33);
    llm_reply_free(reply);
    fixture_close(&f);

    f = fixture_open(NULL, LLM_CTX_NO_GUARD);
    reply = ask(f.ctx, "Where do payroll questions go?", NULL);
    assert_non_null(strstr(llm_reply_text(reply), "payroll.desk@meridian-surveys.com"));
    assert_null(llm_reply_verdict(reply, LLM_DIR_OUTPUT));
    llm_reply_free(reply);
    fixture_close(&f);
}

/* A node id such as 0.1.0.0 has the shape of an IPv4 address; the guard must not take it for one. */
static void citations_are_never_taken_for_addresses(void **state)
{
    (void)state;
    fixture f = fixture_open(NULL, 0);
    llm_reply *reply = ask(f.ctx, "From which day of sickness is a doctor's certificate required?", NULL);
    assert_non_null(strstr(llm_reply_text(reply), "third day"));
    char label[64];
    snprintf(label, sizeof label, "[%s]", llm_reply_citation_node(reply, 0));
    assert_non_null(strstr(llm_reply_text(reply), label));
    assert_null(strstr(llm_reply_text(reply), "IP_ADDRESS"));
    llm_reply_free(reply);
    fixture_close(&f);
}

static void documents_are_named_in_labels_when_there_are_several(void **state)
{
    (void)state;
    fixture f = fixture_open(NULL, 0);
    const char *other = "# Annual leave in the archive\n\nArchive employees receive 27 days of paid annual leave.\n";
    assert_int_equal(llm_ingest(f.corpus, "archive [old].md", other, strlen(other), NULL, NULL), LLM_OK);
    llm_reply *reply = ask(f.ctx, "How many days of paid annual leave do employees receive?", NULL);
    assert_int_equal(llm_reply_finish(reply), LLM_FINISH_STOP);
    assert_non_null(strchr(llm_reply_text(reply), '#'));
    assert_null(strstr(llm_reply_text(reply), "[old]"));
    llm_reply_free(reply);
    fixture_close(&f);
}

static void one_reply_at_a_time(void **state)
{
    (void)state;
    fixture f = fixture_open(NULL, 0);
    const char *question = "How many days of annual leave do employees receive?";
    llm_evidence *found = NULL;
    llm_reply *first = NULL, *second = NULL;
    assert_int_equal(llm_retrieve(f.ctx, question, strlen(question), NULL, &found), LLM_OK);
    assert_int_equal(llm_generate(f.ctx, question, strlen(question), found, NULL, &first), LLM_OK);
    assert_int_equal(llm_generate(f.ctx, question, strlen(question), found, NULL, &second), LLM_E_BUSY);
    assert_non_null(strstr(llm_ctx_errmsg(f.ctx), "finish or free"));
    llm_reply_free(first);
    assert_int_equal(llm_generate(f.ctx, question, strlen(question), found, NULL, &second), LLM_OK);
    llm_reply_free(second);
    llm_evidence_free(found);
    fixture_close(&f);
}

static int32_t stop_at_once(const char *piece, size_t len, void *user)
{
    (void)piece;
    *(size_t *)user += len;
    return LLM_E_USER;
}

static void the_callback_form_passes_a_stop_through(void **state)
{
    (void)state;
    fixture f = fixture_open(NULL, 0);
    const char *question = "What happens to sextants when a survey ends?";
    llm_evidence *found = NULL;
    llm_reply *reply = NULL;
    size_t seen = 0;
    assert_int_equal(llm_retrieve(f.ctx, question, strlen(question), NULL, &found), LLM_OK);
    assert_int_equal(llm_generate(f.ctx, question, strlen(question), found, NULL, &reply), LLM_OK);
    assert_int_equal(llm_reply_each(reply, stop_at_once, &seen), LLM_E_USER);
    assert_true(seen > 0);
    llm_reply_free(reply);
    llm_evidence_free(found);
    fixture_close(&f);
}

static void a_cancelled_answer_says_so(void **state)
{
    (void)state;
    fixture f = fixture_open(NULL, 0);
    const char *question = "What happens to sextants when a survey ends?";
    llm_cancel *cancel = NULL;
    assert_int_equal(llm_cancel_create(&cancel), LLM_OK);
    llm_evidence *found = NULL;
    llm_reply *reply = NULL;
    llm_gen_opts opts = LLM_GEN_OPTS_INIT;
    opts.cancel = cancel;
    assert_int_equal(llm_retrieve(f.ctx, question, strlen(question), NULL, &found), LLM_OK);
    assert_int_equal(llm_generate(f.ctx, question, strlen(question), found, &opts, &reply), LLM_OK);
    llm_cancel_set(cancel);
    assert_int_equal(llm_reply_next(reply), LLM_E_CANCELLED);
    assert_int_equal(llm_reply_finish(reply), LLM_FINISH_CANCEL);
    assert_int_equal(llm_reply_next(reply), LLM_E_CANCELLED);
    llm_reply_free(reply);
    llm_evidence_free(found);
    llm_cancel_free(cancel);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_quoted_and_its_citations_resolve),
        cmocka_unit_test(what_is_not_there_is_not_found),
        cmocka_unit_test(pieces_join_to_the_text),
        cmocka_unit_test(personal_data_is_redacted_in_answer_and_citation),
        cmocka_unit_test(citations_are_never_taken_for_addresses),
        cmocka_unit_test(documents_are_named_in_labels_when_there_are_several),
        cmocka_unit_test(one_reply_at_a_time),
        cmocka_unit_test(the_callback_form_passes_a_stop_through),
        cmocka_unit_test(a_cancelled_answer_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
