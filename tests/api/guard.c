/* The guard through the public calls: whole texts, streams, policies, the vault. */
#include "fixture.h"

static llm_ctx *plain_ctx(llm_guard *guard)
{
    llm_ctx *ctx = NULL;
    assert_int_equal(llm_ctx_create(&ctx, NULL, NULL, guard, NULL, NULL), LLM_OK);
    return ctx;
}

static void a_text_is_redacted_with_spans_in_the_original(void **state)
{
    (void)state;
    llm_ctx *ctx = plain_ctx(NULL);
    const char *text = "请联系 ada@example.org 或致电13812345678。";
    llm_verdict *v = NULL;
    assert_int_equal(llm_guard_check(ctx, text, strlen(text), NULL, &v), LLM_OK);
    assert_int_equal(llm_verdict_action(v), LLM_VERDICT_REDACT);
    assert_string_equal(llm_verdict_text(v), "请联系 <EMAIL_ADDRESS> 或致电<CN_MOBILE>。");
    assert_int_equal(llm_verdict_count(v), 2);
    assert_string_equal(llm_verdict_type(v, 0), "EMAIL_ADDRESS");
    assert_memory_equal(text + llm_verdict_start(v, 1), "13812345678", 11);
    assert_string_equal(llm_verdict_type(v, 99), "");
    llm_ctx_free(ctx); /* the verdict stays readable */
    assert_int_equal(llm_verdict_end(v, 0) - llm_verdict_start(v, 0), 15);
    llm_verdict_free(v);
}

static void a_stream_gives_the_same_for_any_cut(void **state)
{
    (void)state;
    llm_ctx *ctx = plain_ctx(NULL);
    const char *text = "Karte 4111 1111 1111 1111 an ada@example.org，谢谢。";
    llm_verdict *whole = NULL;
    assert_int_equal(llm_guard_check(ctx, text, strlen(text), NULL, &whole), LLM_OK);
    for (size_t step = 1; step < 9; step++) {
        llm_guard_stream *stream = NULL;
        char joined[256] = "";
        assert_int_equal(llm_guard_open(ctx, NULL, &stream), LLM_OK);
        for (size_t at = 0; at < strlen(text); at += step) {
            size_t n = strlen(text) - at < step ? strlen(text) - at : step;
            assert_int_equal(llm_guard_feed(stream, text + at, n), LLM_OK);
            strncat(joined, llm_guard_text(stream), sizeof joined - strlen(joined) - 1);
        }
        assert_int_equal(llm_guard_finish(stream), LLM_OK);
        strncat(joined, llm_guard_text(stream), sizeof joined - strlen(joined) - 1);
        assert_string_equal(joined, llm_verdict_text(whole));
        const llm_verdict *seen = llm_guard_verdict(stream);
        assert_int_equal(llm_verdict_count(seen), llm_verdict_count(whole));
        for (uint32_t i = 0; i < llm_verdict_count(seen); i++)
            assert_int_equal(llm_verdict_start(seen, i), llm_verdict_start(whole, i));
        assert_int_equal(llm_guard_feed(stream, "x", 1), LLM_E_INVALID);
        llm_guard_close(stream);
    }
    llm_verdict_free(whole);
    llm_ctx_free(ctx);
}

static void a_policy_freezes_when_a_context_uses_it(void **state)
{
    (void)state;
    llm_error err = LLM_ERROR_INIT;
    llm_guard *guard = NULL;
    assert_int_equal(llm_guard_create(&guard, NULL, &err), LLM_OK);
    assert_int_equal(llm_guard_set_action(guard, "NO_SUCH_TYPE", LLM_DIR_ALL, LLM_ACTION_MASK, &err), LLM_E_NOT_FOUND);
    assert_int_equal(llm_guard_set_action(guard, "EMAIL_ADDRESS", LLM_DIR_ALL, LLM_ACTION_PSEUDONYM, &err),
                     LLM_E_UNSUPPORTED);
    assert_int_equal(llm_guard_set_action(guard, "EMAIL_ADDRESS", LLM_DIR_INPUT, LLM_ACTION_BLOCK, &err), LLM_OK);
    assert_int_equal(llm_guard_add_word(guard, "Project Heron", 13, &err), LLM_OK);
    llm_ctx *ctx = plain_ctx(guard);
    assert_int_equal(llm_guard_add_word(guard, "late", 4, &err), LLM_E_BUSY);
    assert_non_null(strstr(err.message, "new guard"));
    llm_guard_free(guard); /* the context keeps it */
    llm_verdict *v = NULL;
    assert_int_equal(llm_guard_check(ctx, "to ada@example.org", 18, NULL, &v), LLM_OK);
    assert_int_equal(llm_verdict_action(v), LLM_VERDICT_BLOCK);
    assert_string_equal(llm_verdict_text(v), "");
    llm_verdict_free(v);
    llm_check_opts opts = LLM_CHECK_OPTS_INIT;
    opts.direction = LLM_DIR_OUTPUT;
    assert_int_equal(llm_guard_check(ctx, "to ada@example.org", 18, &opts, &v), LLM_OK);
    assert_string_equal(llm_verdict_text(v), "to <EMAIL_ADDRESS>");
    llm_verdict_free(v);
    const char *disguised = "about PROJECT\xe2\x80\x8b heron today";
    assert_int_equal(llm_guard_check(ctx, disguised, strlen(disguised), NULL, &v), LLM_OK);
    assert_int_equal(llm_verdict_count(v), 1);
    assert_string_equal(llm_verdict_type(v, 0), "BLOCKED");
    llm_verdict_free(v);
    llm_ctx_free(ctx);
}

static void pseudonyms_come_back_through_the_vault(void **state)
{
    (void)state;
    llm_error err = LLM_ERROR_INIT;
    llm_vault *vault = NULL;
    llm_guard *guard = NULL;
    unsigned char key[32] = {7};
    assert_int_equal(llm_vault_open(&vault, NULL, key, 16, NULL, &err), LLM_E_INVALID);
    assert_int_equal(llm_vault_open(&vault, NULL, key, sizeof key, NULL, &err), LLM_OK);
    assert_int_equal(llm_guard_create(&guard, NULL, &err), LLM_OK);
    assert_int_equal(llm_guard_set_vault(guard, vault, &err), LLM_OK);
    assert_int_equal(llm_guard_set_action(guard, "EMAIL_ADDRESS", LLM_DIR_ALL, LLM_ACTION_PSEUDONYM, &err), LLM_OK);
    llm_ctx *ctx = plain_ctx(guard);
    const char *text = "ada@example.org wrote to bob@example.org; ada@example.org waits.";
    llm_verdict *v = NULL;
    assert_int_equal(llm_guard_check(ctx, text, strlen(text), NULL, &v), LLM_OK);
    assert_string_equal(llm_verdict_text(v), "<EMAIL_ADDRESS_1> wrote to <EMAIL_ADDRESS_2>; <EMAIL_ADDRESS_1> waits.");
    char back[128];
    int64_t n = llm_vault_restore(vault, llm_verdict_text(v), llm_verdict_text_len(v), back, sizeof back, &err);
    assert_int_equal(n, strlen(text));
    assert_memory_equal(back, text, strlen(text));
    llm_verdict_free(v);
    llm_vault_free(vault);
    llm_guard_free(guard);
    llm_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_redacted_with_spans_in_the_original),
        cmocka_unit_test(a_stream_gives_the_same_for_any_cut),
        cmocka_unit_test(a_policy_freezes_when_a_context_uses_it),
        cmocka_unit_test(pseudonyms_come_back_through_the_vault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
