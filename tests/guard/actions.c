/* What is done with a finding: every action, who wins where findings meet, what a verdict says, what a block lets out. */
#include "help.h"

static sx_mem mem;

static outcome with_action(uint32_t action, const char *text, sx_vault *vault)
{
    sx_guard *g = make_guard(&mem, NULL);
    sx_guard_set_vault(g, vault);
    assert_int_equal(sx_guard_set_action(g, "EMAIL_ADDRESS", LLM_DIR_INPUT, action, NULL), LLM_OK);
    assert_int_equal(sx_guard_freeze(g, NULL), LLM_OK);
    outcome o = check_text(&mem, g, text, strlen(text), NULL, 0, NULL);
    assert_int_equal(o.status, LLM_OK);
    sx_guard_free(g);
    return o;
}

static void gives(uint32_t action, const char *text, const char *want, uint32_t verdict)
{
    outcome o = with_action(action, text, NULL);
    assert_string_equal(sx_buf_cstr(&o.text), want);
    assert_int_equal(o.verdict, verdict);
    free_outcome(&o);
}

static void each_action_does_its_own(void **state)
{
    (void)state;
    gives(LLM_ACTION_ALLOW, "to a.b@c.org now", "to a.b@c.org now", LLM_VERDICT_ALLOW);
    gives(LLM_ACTION_REPLACE, "to a.b@c.org now", "to <EMAIL_ADDRESS> now", LLM_VERDICT_REDACT);
    gives(LLM_ACTION_MASK, "to a.b@c.org now", "to ****c*org now", LLM_VERDICT_REDACT);
    gives(LLM_ACTION_REMOVE, "to a.b@c.org now", "to  now", LLM_VERDICT_REDACT);
    gives(LLM_ACTION_REVIEW, "to a.b@c.org now", "to a.b@c.org now", LLM_VERDICT_REVIEW);
    gives(LLM_ACTION_BLOCK, "to a.b@c.org now", "to ", LLM_VERDICT_BLOCK);
}

static void hashes_are_equal_for_equal_values(void **state)
{
    (void)state;
    outcome o = with_action(LLM_ACTION_HASH, "a@b.org a@b.org c@b.org", NULL);
    const char *t = sx_buf_cstr(&o.text);
    assert_int_equal(o.text.len, 3 * (strlen("<EMAIL_ADDRESS:>") + 16) + 2);
    size_t step = strlen("<EMAIL_ADDRESS:>") + 17;
    assert_memory_equal(t, t + step, step - 1);
    assert_memory_not_equal(t, t + 2 * step, step - 1);
    free_outcome(&o);
}

static void pseudonyms_are_numbered(void **state)
{
    (void)state;
    const unsigned char key[32] = {7};
    sx_vault *vault;
    assert_int_equal(sx_vault_open(&vault, &mem, NULL, key, sizeof key, 0, NULL), LLM_OK);
    outcome o = with_action(LLM_ACTION_PSEUDONYM, "a@b.org, c@b.org, a@b.org", vault);
    assert_string_equal(sx_buf_cstr(&o.text), "<EMAIL_ADDRESS_1>, <EMAIL_ADDRESS_2>, <EMAIL_ADDRESS_1>");
    sx_buf back;
    sx_buf_init(&back, &mem, 0);
    assert_int_equal(sx_vault_restore(vault, o.text.data, o.text.len, LLM_RESTORE_EXACT, &back, NULL), LLM_OK);
    assert_string_equal(sx_buf_cstr(&back), "a@b.org, c@b.org, a@b.org");
    sx_buf_free(&back);
    free_outcome(&o);
    sx_vault_close(vault);
}

static void short_values_are_masked_whole(void **state)
{
    (void)state;
    sx_guard *g = make_guard(&mem, NULL);
    assert_int_equal(sx_guard_add_word(g, "abc", 3, NULL), LLM_OK);
    assert_int_equal(sx_guard_set_action(g, "BLOCKED", LLM_DIR_ALL, LLM_ACTION_MASK, NULL), LLM_OK);
    assert_int_equal(sx_guard_freeze(g, NULL), LLM_OK);
    outcome o = check_text(&mem, g, "x abc y", 7, NULL, 0, NULL);
    assert_string_equal(sx_buf_cstr(&o.text), "x *** y");
    free_outcome(&o);
    sx_guard_free(g);
}

static void actions_follow_directions(void **state)
{
    (void)state;
    sx_guard *g = make_guard(&mem, NULL);
    assert_int_equal(sx_guard_set_action(g, "EMAIL_ADDRESS", LLM_DIR_OUTPUT, LLM_ACTION_REMOVE, NULL), LLM_OK);
    assert_int_equal(sx_guard_freeze(g, NULL), LLM_OK);
    sx_check_params p = {.direction = LLM_DIR_OUTPUT};
    sx_filter *f;
    sx_buf out;
    sx_buf_init(&out, &mem, 0);
    assert_int_equal(sx_filter_open(&f, &mem, g, &p, NULL), LLM_OK);
    assert_int_equal(sx_filter_feed(f, "a@b.org", 7, &out, NULL), LLM_OK);
    assert_int_equal(sx_filter_finish(f, &out, NULL), LLM_OK);
    assert_int_equal(out.len, 0);
    sx_filter_close(f);
    sx_buf_free(&out);
    outcome o = check_text(&mem, g, "a@b.org", 7, NULL, 0, NULL);
    assert_string_equal(sx_buf_cstr(&o.text), "<EMAIL_ADDRESS>");
    free_outcome(&o);
    sx_guard_free(g);
}

static void what_changes_the_text_wins(void **state)
{
    (void)state;
    sx_guard *g = make_guard(&mem, NULL);
    assert_int_equal(sx_guard_freeze(g, NULL), LLM_OK);
    /* a URL would only be reported, the address inside it must not leak */
    const char *text = "http://x.org/?to=a.b@c.org&z=1";
    outcome o = check_text(&mem, g, text, strlen(text), NULL, 0, NULL);
    assert_null(strstr(sx_buf_cstr(&o.text), "a.b@c.org"));
    free_outcome(&o);
    /* asked by name, a URL is redacted too */
    o = check_text(&mem, g, "see http://x.org/a now", 22, "URL\0", 0, NULL);
    assert_string_equal(sx_buf_cstr(&o.text), "see <URL> now");
    free_outcome(&o);
    sx_guard_free(g);
}

static void a_listed_word_over_an_address_hides_neither(void **state)
{
    (void)state;
    sx_guard *g = make_guard(&mem, NULL);
    assert_int_equal(sx_guard_add_word(g, "casino", 6, NULL), LLM_OK);
    assert_int_equal(sx_guard_freeze(g, NULL), LLM_OK);
    outcome o = check_text(&mem, g, "write to casino@c.org", 21, NULL, 0, NULL);
    assert_string_equal(sx_buf_cstr(&o.text), "write to <EMAIL_ADDRESS>");
    assert_non_null(strstr(sx_buf_cstr(&o.findings), "BLOCKED[9,15) "));
    assert_int_equal(o.verdict, LLM_VERDICT_REVIEW);
    free_outcome(&o);
    sx_guard_free(g);
}

static void nothing_goes_out_after_a_block(void **state)
{
    (void)state;
    sx_guard *g = make_guard(&mem, NULL);
    assert_int_equal(sx_guard_set_action(g, "US_SSN", LLM_DIR_ALL, LLM_ACTION_BLOCK, NULL), LLM_OK);
    assert_int_equal(sx_guard_freeze(g, NULL), LLM_OK);
    const char *text = "first. 219-09-9998 and then a lot more";
    const size_t ones[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0};
    outcome o = check_text(&mem, g, text, strlen(text), NULL, 0, ones);
    assert_string_equal(sx_buf_cstr(&o.text), "first. ");
    assert_int_equal(o.verdict, LLM_VERDICT_BLOCK);
    free_outcome(&o);
    sx_guard_free(g);
}

static void misuse_is_an_answer(void **state)
{
    (void)state;
    llm_error err = LLM_ERROR_INIT;
    sx_guard *g = make_guard(&mem, NULL), *none;
    sx_filter *f;
    const sx_guard_params bad = {.default_action = 99}, pseudonym = {.default_action = LLM_ACTION_PSEUDONYM};
    assert_int_equal(sx_guard_create(&none, &mem, &bad, &err), LLM_E_INVALID);
    assert_null(none);
    assert_int_equal(sx_guard_set_action(g, "NO_SUCH", LLM_DIR_ALL, LLM_ACTION_MASK, &err), LLM_E_NOT_FOUND);
    assert_int_equal(sx_guard_set_action(g, "URL", 0, LLM_ACTION_MASK, &err), LLM_E_INVALID);
    assert_int_equal(sx_guard_set_action(g, "URL", LLM_DIR_ALL, 0, &err), LLM_E_INVALID);
    assert_int_equal(sx_guard_set_action(g, "URL", LLM_DIR_ALL, LLM_ACTION_PSEUDONYM, &err), LLM_E_UNSUPPORTED);
    assert_int_equal(sx_guard_add_word(g, "", 0, &err), LLM_E_INVALID);
    assert_int_equal(sx_guard_add_word(g, "a\xff", 2, &err), LLM_E_UTF8);
    assert_int_equal(sx_filter_open(&f, &mem, g, NULL, &err), LLM_E_INVALID);
    assert_int_equal(sx_guard_freeze(g, NULL), LLM_OK);
    assert_int_equal(sx_guard_set_action(g, "URL", LLM_DIR_ALL, LLM_ACTION_MASK, &err), LLM_E_BUSY);
    assert_int_equal(sx_guard_add_word(g, "x", 1, &err), LLM_E_BUSY);
    sx_check_params p = {.types = "NO_SUCH\0"};
    assert_int_equal(sx_filter_open(&f, &mem, g, &p, &err), LLM_E_NOT_FOUND);
    p = (sx_check_params){.direction = 3};
    assert_int_equal(sx_filter_open(&f, &mem, g, &p, &err), LLM_E_INVALID);
    sx_guard_free(g);
    assert_int_equal(sx_guard_create(&g, &mem, &pseudonym, &err), LLM_OK);
    assert_int_equal(sx_guard_freeze(g, &err), LLM_E_UNSUPPORTED);
    sx_guard_free(g);
    sx_guard_free(NULL);
    sx_filter_close(NULL);
    sx_vault_close(NULL);
}

static int setup(void **state)
{
    (void)state;
    sx_mem_init(&mem, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return atomic_load(&mem.live_bytes) != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_action_does_its_own),
        cmocka_unit_test(hashes_are_equal_for_equal_values),
        cmocka_unit_test(pseudonyms_are_numbered),
        cmocka_unit_test(short_values_are_masked_whole),
        cmocka_unit_test(actions_follow_directions),
        cmocka_unit_test(what_changes_the_text_wins),
        cmocka_unit_test(a_listed_word_over_an_address_hides_neither),
        cmocka_unit_test(nothing_goes_out_after_a_block),
        cmocka_unit_test(misuse_is_an_answer),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
