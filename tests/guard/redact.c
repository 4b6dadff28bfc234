/* What stands in a finding's place, parameter by parameter; nothing of a finding survives outside of its span; texts that hold
 * placeholders by themselves come back as they were. With SEXTANT_SHARED also the public operator cases. */
#include "guard/redact/redact.h"
#include "guard/vault/vault.h"
#include "help.h"
#include "platform/file.h"
#include "platform/json.h"

static sx_mem mem;
static const unsigned char KEY[32] = {9};

static sx_guard *guard_of(const char *policy, sx_vault *vault)
{
    const sx_guard_params params = {.policy = policy, .policy_len = strlen(policy)};
    sx_guard *g = make_guard(&mem, &params);
    llm_error err = LLM_ERROR_INIT;
    if (vault != NULL) sx_guard_set_vault(g, vault);
    if (sx_guard_freeze(g, &err) != LLM_OK) fail_msg("%s", err.message);
    return g;
}

static void becomes(const char *policy, const char *text, const char *want)
{
    sx_guard *g = guard_of(policy, NULL);
    outcome o = check_text(&mem, g, text, strlen(text), NULL, 0, NULL);
    assert_int_equal(o.status, LLM_OK);
    assert_string_equal(sx_buf_cstr(&o.text), want);
    free_outcome(&o);
    sx_guard_free(g);
}

#define RULE(more) "{\"rules\":[{\"types\":\"EMAIL_ADDRESS\"," more "}]}"

static void operators_take_parameters(void **state)
{
    (void)state;
    const char *text = "to jo@example.org now";
    becomes(RULE("\"action\":\"mask\",\"mask_first\":5"), text, "to *****ample.org now");
    becomes(RULE("\"action\":\"mask\",\"mask_last\":5,\"mask_with\":\"😈\""), text, "to jo@exampl😈😈😈😈😈 now");
    becomes(RULE("\"action\":\"mask\",\"mask_first\":100"), text, "to ************** now");
    becomes(RULE("\"action\":\"mask\",\"mask_first\":0"), text, text);
    becomes(RULE("\"action\":\"hash\",\"hash_with\":\"sha256\",\"salt\":\"s\""), text,
            "to 0ec66e52271f9d91fddef7d0330e24c28027678449a9c99efdda09182b493e15 now");
}

static void overlaps_follow_the_order(void **state)
{
    (void)state;
    /* an address of a page inside of which stands an address of mail: one wins whole, nothing of it is left */
    becomes("{\"actions\":{\"URL\":\"remove\",\"EMAIL_ADDRESS\":\"remove\"}}", "The url is http://microsoft.com",
            "The url is ");
    becomes("{\"actions\":{\"URL\":\"allow\",\"EMAIL_ADDRESS\":\"replace\"}}", "see jo@example.org",
            "see <EMAIL_ADDRESS>");
}

static void round_trip(const char *text, const char *types, const char *policy)
{
    static const size_t one[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0};
    char first[512] = "";
    for (unsigned cut = 0; cut < 2; cut++) {
        sx_vault *v = NULL;
        sx_buf back;
        assert_int_equal(sx_vault_open(&v, &mem, NULL, KEY, sizeof KEY, 0, NULL), LLM_OK);
        sx_guard *g = guard_of(policy, v);
        outcome o = check_text(&mem, g, text, strlen(text), types, 0, cut ? one : NULL);
        assert_int_equal(o.status, LLM_OK);
        assert_string_not_equal(sx_buf_cstr(&o.text), text);
        if (cut == 0) snprintf(first, sizeof first, "%s", sx_buf_cstr(&o.text));
        assert_string_equal(sx_buf_cstr(&o.text), first); /* however it was cut */
        sx_buf_init(&back, &mem, 0);
        assert_int_equal(sx_vault_restore(v, o.text.data, o.text.len, LLM_RESTORE_EXACT, &back, NULL), LLM_OK);
        assert_string_equal(sx_buf_cstr(&back), text);
        sx_buf_free(&back);
        free_outcome(&o);
        sx_guard_free(g);
        sx_vault_close(v);
    }
}

static void placeholders_of_the_text_itself_stay(void **state)
{
    (void)state;
    static const char TYPES[] = "EMAIL_ADDRESS\0CREDIT_CARD\0";
    static const char *const POLICIES[] = {
        "{\"default\":\"pseudonym\"}",
        "{\"rules\":[{\"types\":[\"EMAIL_ADDRESS\",\"CREDIT_CARD\"],\"action\":\"pseudonym\",\"keep_format\":true}]}"};
    for (size_t i = 0; i < 2; i++) {
        round_trip("Literal <EMAIL_ADDRESS_1> in the input and me@x.io", TYPES, POLICIES[i]);
        round_trip("<<EMAIL_ADDRESS_1>, <EMAIL_ADDRESS_2>: me@x.io, <CREDIT_CARD_1>", TYPES, POLICIES[i]);
        round_trip("Ann (ann@x.org) wrote to Bob (bob@y.org); reply to ann@x.org.", TYPES, POLICIES[i]);
        round_trip("😀 mail: a@b.co 😀 4111-1111-1111-1111, a@b.co", TYPES, POLICIES[i]);
    }
}

/* ---- the public cases ---- */

static void run_operator(const sx_json *row, unsigned *right, unsigned *all)
{
    const char *op = sx_json_get_str(row, "op", ""), *text = sx_json_get_str(row, "text", "");
    const sx_json *p = sx_json_get(row, "params");
    sx_ruling ruling = {.keep_last = 4, .label = "", .salt = sx_json_get_str(p, "salt", NULL)};
    sx_buf out;
    double n = sx_json_get_num(p, "chars_to_mask", 0);
    const char *mask = sx_json_get_str(p, "masking_char", "*");
    bool is_mask = strcmp(op, "mask") == 0;
    ruling.mask_counts = true;
    ruling.mask_end = sx_json_get_bool(p, "from_end", false);
    ruling.mask_n = n > 0 ? (uint16_t)n : 0;
    ruling.mask_len = (uint8_t)strlen(mask);
    memcpy(ruling.mask, mask, ruling.mask_len);
    ruling.hash = strcmp(sx_json_get_str(p, "hash_type", ""), "sha512") == 0 ? SX_HASH_WITH_SHA512
                                                                             : SX_HASH_WITH_SHA256;
    sx_buf_init(&out, &mem, 0);
    assert_int_equal(
        sx_redact(NULL, "X", &ruling, is_mask ? LLM_ACTION_MASK : LLM_ACTION_HASH, text, strlen(text), &out, NULL),
        LLM_OK);
    ++*all;
    *right += strcmp(sx_buf_cstr(&out), sx_json_get_str(row, "expected_text", "")) == 0;
    sx_buf_free(&out);
}

static void run_round_trip(const sx_json *row)
{
    char types[256] = "";
    size_t at = 0;
    for (const sx_json *t = sx_json_get(row, "types")->first; t != NULL; t = t->next)
        at += (size_t)snprintf(types + at, sizeof types - at - 1, "%s", t->text) + 1;
    round_trip(sx_json_get_str(row, "text", ""), types, "{\"default\":\"pseudonym\"}");
}

static void public_cases_are_exact(void **state)
{
    (void)state;
    const char *shared = getenv("SEXTANT_SHARED");
    char path[512], *data = NULL;
    size_t size;
    unsigned right = 0, all = 0;
    snprintf(path, sizeof path, "%s/bench/guard/redact.jsonl", shared ? shared : "");
    if (!shared || sx_file_read(&mem, path, 1 << 20, &data, &size, NULL) != LLM_OK) {
        print_message("SEXTANT_SHARED is not set, or has no bench/guard/redact.jsonl\n");
        skip();
    }
    for (char *line = data; *line;) {
        char *end = strchr(line, '\n');
        size_t n = end ? (size_t)(end - line) : strlen(line);
        sx_arena arena;
        const sx_json *row = NULL;
        sx_arena_init(&arena, &mem);
        if (n > 0) assert_int_equal(sx_json_parse(&row, &arena, "row", line, n, NULL), LLM_OK);
        const char *kind = sx_json_get_str(row, "kind", "");
        if (strcmp(kind, "operator") == 0) run_operator(row, &right, &all);
        if (strcmp(kind, "roundtrip") == 0) run_round_trip(row);
        if (strcmp(kind, "anonymize") == 0)
            becomes("{\"actions\":{\"URL\":\"remove\"}}", sx_json_get_str(row, "text", ""),
                    sx_json_get_str(row, "expected_text", ""));
        sx_arena_free(&arena);
        line += n + (end != NULL);
    }
    sx_mem_free(&mem, data);
    print_message("operators exact: %u of %u\n", right, all);
    assert_int_equal(right, all);
    assert_true(all > 0);
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
        cmocka_unit_test(operators_take_parameters),
        cmocka_unit_test(overlaps_follow_the_order),
        cmocka_unit_test(placeholders_of_the_text_itself_stay),
        cmocka_unit_test(public_cases_are_exact),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
