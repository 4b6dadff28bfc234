/* Policies in JSON: what they decide, and what is told of those that are wrong. */
#include "help.h"

static sx_mem mem;
static const sx_guard *compiled; /* whose rules the others share */

static sx_guard *from_json(const char *json, const char *files)
{
    sx_guard *g = NULL;
    llm_error err = LLM_ERROR_INIT;
    const sx_guard_params p = {.policy = json, .policy_len = strlen(json), .files = files, .like = compiled};
    if (sx_guard_create(&g, &mem, &p, &err) != LLM_OK) fail_msg("%s", err.message);
    if (sx_guard_freeze(g, &err) != LLM_OK) fail_msg("%s", err.message);
    return g;
}

static void passes(const char *json, uint32_t direction, const char *text, const char *want, const char *labels)
{
    for (unsigned cut = 0; cut < 3; cut++) {
        sx_guard *g = from_json(json, NULL);
        const sx_check_params p = {.direction = direction};
        sx_filter *f = NULL;
        sx_buf out, seen;
        uint32_t n;
        sx_buf_init(&out, &mem, 0);
        sx_buf_init(&seen, &mem, 0);
        assert_int_equal(sx_filter_open(&f, &mem, g, &p, NULL), LLM_OK);
        sx_guard_free(g); /* the filter holds on to it */
        for (size_t at = 0, step = cut == 0 ? strlen(text) : cut * 3 - 2; at < strlen(text); at += step)
            assert_int_equal(
                sx_filter_feed(f, text + at, step < strlen(text) - at ? step : strlen(text) - at, &out, NULL), LLM_OK);
        assert_int_equal(sx_filter_finish(f, &out, NULL), LLM_OK);
        const sx_finding *found = sx_filter_findings(f, &n);
        for (uint32_t i = 0; i < n; i++) sx_buf_printf(&seen, "%s:%s ", found[i].type, found[i].label);
        assert_string_equal(sx_buf_cstr(&out), want);
        if (labels != NULL) assert_string_equal(sx_buf_cstr(&seen), labels);
        sx_filter_close(f);
        sx_buf_free(&out);
        sx_buf_free(&seen);
    }
}

static void fails(const char *json, llm_status status, const char *place)
{
    sx_guard *g = NULL;
    llm_error err = LLM_ERROR_INIT;
    const sx_guard_params p = {.policy = json, .policy_len = strlen(json), .like = compiled};
    assert_int_equal(sx_guard_create(&g, &mem, &p, &err), status);
    assert_null(g);
    if (strstr(err.message, place) == NULL) fail_msg("\"%s\" lacks \"%s\"", err.message, place);
}

static void old_policies_read_as_they_did(void **state)
{
    (void)state;
    const char *old = "{\"default\":\"mask\",\"actions\":{\"EMAIL_ADDRESS\":\"replace\",\"BLOCKED\":\"remove\"},"
                      "\"words\":[\"falcon\"],\"types\":[],\"min_score\":0}";
    passes(old, 0, "jo@example.org falcon 4111 1111 1111 1111", "<EMAIL_ADDRESS>  ***************1111", NULL);
    passes("{\"types\":[\"CREDIT_CARD\"]}", 0, "jo@example.org", "jo@example.org", "");
}

static void rules_know_direction_score_and_label(void **state)
{
    (void)state;
    const char *json =
        "{\"rules\":["
        "{\"types\":\"EMAIL_ADDRESS\",\"directions\":\"output\",\"action\":\"remove\"},"
        "{\"types\":[\"EMAIL_ADDRESS\"],\"action\":\"replace\",\"replace_with\":\"[mail]\",\"label\":\"c1\"},"
        "{\"types\":\"@card\",\"action\":\"mask\",\"keep_first\":6,\"mask_with\":\"•\",\"label\":\"pan\"}]}";
    passes(json, LLM_DIR_INPUT, "to jo@example.org", "to [mail]", "EMAIL_ADDRESS:c1 ");
    passes(json, LLM_DIR_EVIDENCE, "to jo@example.org", "to [mail]", "EMAIL_ADDRESS:c1 ");
    passes(json, LLM_DIR_OUTPUT, "to jo@example.org", "to ", "EMAIL_ADDRESS: ");
    passes(json, 0, "4111111111111111", "411111••••••1111", "CREDIT_CARD:pan ");
    /* the first rule whose score is reached holds; below the policy's own score only a rule that says so */
    const char *scores = "{\"custom\":[{\"type\":\"CODE\",\"patterns\":[{\"pattern\":\"hi\\\\d\",\"score\":0.9},"
                         "{\"pattern\":\"lo\\\\d\",\"score\":0.3}]}],"
                         "\"rules\":[{\"types\":\"CODE\",\"min_score\":0.8,\"action\":\"remove\"},"
                         "{\"types\":\"CODE\",\"min_score\":0.2,\"action\":\"replace\"}]}";
    passes(scores, 0, "hi1 lo2", " <CODE>", NULL);
}

static void own_types_by_pattern(void **state)
{
    (void)state;
    const char *json =
        "{\"custom\":[{\"type\":\"EMPLOYEE_ID\",\"context\":[\"Employee\",\"工号\"],\"score\":0.3,\"score_in_context\":0.9,"
        "\"patterns\":[\"E\\\\d{5}\"]},"
        "{\"type\":\"CUSTOMER\",\"check\":\"luhn\",\"patterns\":[\"C-\\\\d{8}\"]},"
        "{\"type\":\"TICKET\",\"inside_words\":true,\"patterns\":[\"#[0-9a-f]{6}\"]},"
        "{\"type\":\"EMAIL_ADDRESS\",\"patterns\":[\"[a-z]+ at [a-z]+ dot org\"]}]}";
    passes(json, 0, "employee E12345", "employee <EMPLOYEE_ID>", "EMPLOYEE_ID: ");
    passes(json, 0, "工号E12345。", "工号<EMPLOYEE_ID>。", NULL);
    passes(json, 0, "see E12345 xE12345", "see E12345 xE12345", NULL);
    passes(json, 0, "C-79927398713 C-12345674 C-12345675", "C-79927398713 <CUSTOMER> C-12345675", NULL);
    passes(json, 0, "x#a1b2c3y", "x<TICKET>y", NULL);
    passes(json, 0, "jo at example dot org", "<EMAIL_ADDRESS>", NULL);
}

static void own_types_by_words(void **state)
{
    (void)state;
    const char *json = "{\"custom\":[{\"type\":\"PROJECT\",\"words\":[\"blue falcon\",\"青鸟\"]}],"
                       "\"words\":[\"casino\"],\"actions\":{\"BLOCKED\":\"mask\"}}";
    passes(json, 0, "Project Blue-Fa\xe2\x80\x8blcon, c4s1n0, 青鳥计划", "Project <PROJECT>, **s1n0, <PROJECT>计划",
           NULL);
    passes("{\"custom\":[{\"type\":\"P\",\"words\":[\"falcon\"]}],\"types\":[\"EMAIL_ADDRESS\"]}", 0, "falcon",
           "falcon", "");
}

static void allowed_values_pass(void **state)
{
    (void)state;
    const char *json = "{\"allow\":[\"Info@Example.org\",\"*@sextant.example\",{\"value\":\"10.0.0.7\","
                       "\"types\":[\"IP_ADDRESS\"]},{\"value\":\"4111111111111111\",\"types\":[\"@contact\"]}],"
                       "\"types\":[\"EMAIL_ADDRESS\",\"IP_ADDRESS\",\"CREDIT_CARD\"]}";
    passes(json, 0, "info@example.org a@sextant.example b@other.example",
           "info@example.org a@sextant.example <EMAIL_ADDRESS>", NULL);
    passes(json, 0, "10.0.0.7 10.0.0.8 4111111111111111", "10.0.0.7 <IP_ADDRESS> <CREDIT_CARD>", NULL);
}

static void allowed_patterns_pass_whole_values(void **state)
{
    (void)state;
    const char *json = "{\"allow\":[{\"pattern\":\"(?i)[a-z.]+@example\\\\.(org|com)\",\"types\":[\"EMAIL_ADDRESS\"]},"
                       "{\"pattern\":\"10(\\\\.\\\\d{1,3}){3}\"},{\"pattern\":\".+\",\"types\":[\"@card\",\"P*T\"]}],"
                       "\"custom\":[{\"type\":\"MAILBOX\",\"patterns\":[\"box [a-z]+@example\\\\.org\"]},"
                       "{\"type\":\"PROJECT\",\"words\":[\"falcon\"]}],"
                       "\"types\":[\"EMAIL_ADDRESS\",\"IP_ADDRESS\",\"CREDIT_CARD\",\"MAILBOX\",\"PROJECT\"]}";
    passes(json, 0, "Jo.Doe@EXAMPLE.org, a@example.com", "Jo.Doe@EXAMPLE.org, a@example.com", "");
    /* the pattern reads plain text, as rules do */
    passes(json, 0, "ｊｏ@example.org and jo＠example.org", "ｊｏ@example.org and jo＠example.org", "");
    passes(json, 0, "10.0.0.7 11.0.0.7 4111111111111111 f4lcon", "10.0.0.7 <IP_ADDRESS> 4111111111111111 f4lcon", NULL);
    /* a part of the value is not enough, at either end */
    passes(json, 0, "jo1@example.org jo@example.org.uk jo@my.example.org",
           "<EMAIL_ADDRESS> <EMAIL_ADDRESS> <EMAIL_ADDRESS>", NULL);
    /* nor one that the pattern would go on behind */
    passes(json, 0, "jo@example.co 10.0.0.7", "<EMAIL_ADDRESS> 10.0.0.7", NULL);
    /* nor is the text of a finding of another type */
    const char *other = "{\"allow\":[{\"pattern\":\".+\",\"types\":[\"IP_ADDRESS\"]}],\"types\":[\"EMAIL_ADDRESS\"]}";
    passes(other, 0, "jo@example.org", "<EMAIL_ADDRESS>", NULL);
    passes(json, 0, "box jo@example.org", "<MAILBOX>", "MAILBOX: ");
    /* none of the types is none at all, as with values */
    passes("{\"allow\":[{\"pattern\":\".+\",\"types\":[]}]}", 0, "jo@example.org", "<EMAIL_ADDRESS>", NULL);
    /* a long value, cut anywhere, beside a listed one */
    passes("{\"allow\":[{\"pattern\":\"[a-z]{60}@[a-z]+.org\"},\"x@y.example\"],\"types\":[\"EMAIL_ADDRESS\"]}", 0,
           "to abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefgh@example.org, X@Y.example",
           "to abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefgh@example.org, X@Y.example", "");
    /* what the learned tagger guesses */
    const char *names = "{\"types\":[\"PERSON\"],\"allow\":[{\"pattern\":\"(Jane|John) [A-Z][a-z]+\"}]}";
    passes(names, 0, "Yours sincerely, Jane Miller", "Yours sincerely, Jane Miller", "");
    passes(names, 0, "Yours sincerely, Sarah Miller", "Yours sincerely, <PERSON>", NULL);
}

static void checks_are_right(void **state)
{
    (void)state;
    static const struct {
        const char *check, *right, *wrong;
    } CASES[] = {{"luhn", "79927398713", "79927398714"},   {"mod97-10", "79444", "79445"}, {"mod11-2", "079X", "0791"},
                 {"mod11-10", "07945", "07946"},           {"verhoeff", "2363", "2364"},   {"damm", "5724", "5727"},
                 {"gs1", "4006381333931", "4006381333932"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char json[200];
        snprintf(json, sizeof json,
                 "{\"custom\":[{\"type\":\"N\",\"check\":\"%s\",\"patterns\":[\"[0-9X]{4,13}\"]}],\"types\":[\"N\"]}",
                 CASES[i].check);
        passes(json, 0, CASES[i].right, "<N>", NULL);
        passes(json, 0, CASES[i].wrong, CASES[i].wrong, "");
    }
}

static void presets_are_good_and_can_be_extended(void **state)
{
    (void)state;
    const char *text;
    for (uint32_t i = 0; sx_guard_preset(i, &text) != NULL; i++) {
        char json[100];
        snprintf(json, sizeof json, "{\"preset\":\"%s\"}", sx_guard_preset(i, &text));
        sx_guard_free(from_json(json, NULL));
        sx_guard_free(from_json(text, NULL));
    }
    passes("{\"preset\":\"pci\"}", 0, "4111111111111111 CVV: 123", "411111******1111 ", NULL);
    passes("{\"preset\":[\"pci\",\"gdpr\"]}", 0, "4111111111111111 jo@example.org", "411111******1111 <EMAIL_ADDRESS>",
           NULL);
    passes("{\"preset\":\"pci\",\"rules\":[{\"types\":\"CREDIT_CARD\",\"action\":\"remove\"},"
           "{\"types\":\"CARD_EXPIRY\",\"action\":\"allow\"}]}",
           0, "4111111111111111 exp 04/27", " exp 04/27", NULL);
    passes("{\"preset\":\"hipaa-safe-harbor\"}", 0, "MRN: A1234567, 93 years old",
           "<MEDICAL_RECORD_NUMBER>, <AGE_OVER_89>", "MEDICAL_RECORD_NUMBER:H-record AGE_OVER_89:C-date ");
    passes("{\"preset\":\"pipl\",\"types\":[\"CN_MOBILE\",\"CN_MEDICAL_NUMBER\"]}", 0,
           "电话13800138000，病历号：AB1234567", "电话138****8000，<CN_MEDICAL_NUMBER>", NULL);
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
    (void)state;
    fails("", LLM_E_FORMAT, "line 1, column 1");
    fails("{\n  \"defualt\": \"mask\"}", LLM_E_FORMAT, "line 2");
    fails("{\"defualt\": 1}", LLM_E_FORMAT, "at /defualt: there is no key \"defualt\" here; there are");
    fails("{\"default\":\"shred\"}", LLM_E_FORMAT, "\"shred\" is no action");
    fails("{\"rules\":[{\"types\":\"EMAIL_ADDRESS\",\n\"action\":\"eat\"}]}", LLM_E_FORMAT,
          "line 2, column 10, at /rules/0/action");
    fails("{\"rules\":[{\"types\":[\"E_MAIL\"],\"action\":\"mask\"}]}", LLM_E_NOT_FOUND, "/rules/0/types/0");
    fails("{\"rules\":[{\"types\":[\"@nobody\"],\"action\":\"mask\"}]}", LLM_E_NOT_FOUND, "@contact");
    fails("{\"rules\":[{\"types\":\"URL\"}]}", LLM_E_FORMAT, "needs \"types\" and an \"action\"");
    fails("{\"rules\":[{\"types\":\"URL\",\"action\":\"mask\",\"action\":\"mask\"}]}", LLM_E_FORMAT, "comes twice");
    fails("{\"rules\":[{\"types\":\"URL\",\"action\":\"mask\",\"directions\":[\"in\"]}]}", LLM_E_FORMAT,
          "no direction");
    fails("{\"rules\":[{\"types\":\"URL\",\"action\":\"mask\",\"min_score\":2}]}", LLM_E_FORMAT, "min_score");
    fails("{\"custom\":[{\"type\":\"a b\"}]}", LLM_E_FORMAT, "in capitals");
    fails("{\"custom\":[{\"type\":\"A\",\"patterns\":[\"a(b\"]}]}", LLM_E_FORMAT, "/custom/0/patterns/0");
    fails("{\"custom\":[{\"type\":\"A\",\"check\":\"crc\"}]}", LLM_E_NOT_FOUND, "there are luhn");
    fails("{\"custom\":[{\"type\":\"A\",\"words\":[\"\"]}]}", LLM_E_FORMAT, "/custom/0/words/0");
    fails("{\"word_files\":[\"w\"]}", LLM_E_UNSUPPORTED, "/word_files/0");
    fails("{\"preset\":\"dsgvo\"}", LLM_E_NOT_FOUND, "there are gdpr");
    fails("{\"version\":2}", LLM_E_VERSION, "version 1");
    fails("{\"allow\":[{\"types\":[\"URL\"]}]}", LLM_E_FORMAT,
          "line 1, column 11, at /allow/0: what is allowed needs its \"value\" or its \"pattern\"");
    fails("{\"allow\":[{\"value\":\"a\",\"pattern\":\"a\"}]}", LLM_E_FORMAT, "\"pattern\", not both");
    fails("{\"allow\":[\"a\",\n {\"pattern\":\"a(b\"}]}", LLM_E_FORMAT,
          "line 2, column 13, at /allow/1/pattern: the pattern \"a(b\" cannot be read at byte 3");
    fails("{\"allow\":[{\"pattern\":\"^a\"}]}", LLM_E_FORMAT,
          "/allow/0/pattern: the pattern \"^a\" has a ^ at byte 0: there is no");
    fails("{\"custom\":[{\"type\":\"A\",\"patterns\":[\"[$^]\\\\^(b|c$)\"]}]}", LLM_E_FORMAT, "has a $ at byte 10");
    fails("{\"allow\":[{\"pattern\":\"a\",\"types\":[\"E_MAIL\"]}]}", LLM_E_NOT_FOUND, "/allow/0/types/0");
    fails("{\"allow\":[{\"pattern\":7}]}", LLM_E_FORMAT, "/allow/0/pattern: this must be a string, not a number");
    fails("{\"words\":[\"a\xff\"]}", LLM_E_FORMAT, "line 1");
    fails("[]", LLM_E_FORMAT, "an object, not a list");
}

/* Patterns of types and of what is allowed count together. */
static void too_many_patterns(void)
{
    sx_buf json;
    sx_buf_init(&json, &mem, 0);
    sx_buf_str(&json, "{\"custom\":[{\"type\":\"A\",\"patterns\":[\"x\"");
    for (unsigned i = 1; i < 200; i++) sx_buf_str(&json, ",\"x\"");
    sx_buf_str(&json, "]}],\"allow\":[{\"pattern\":\"x\"}");
    for (unsigned i = 1; i < 200; i++) sx_buf_str(&json, ",{\"pattern\":\"x\"}");
    size_t most = json.len;
    sx_buf_str(&json, "]}");
    sx_guard_free(from_json(sx_buf_cstr(&json), NULL));
    json.len = most;
    sx_buf_str(&json, ",{\"pattern\":\"x\"}]}");
    fails(sx_buf_cstr(&json), LLM_E_LIMIT, "/allow/200/pattern: a policy has at most 400 patterns of its own");
    sx_buf_free(&json);
}

static void hostile_policies_end_soon(void **state)
{
    (void)state;
    fails("{\"custom\":[{\"type\":\"A\",\"patterns\":[\"((a{1,900}b?){1,900}c?){1,900}\"]}]}", LLM_E_LIMIT,
          "/custom/0/patterns/0");
    fails("{\"custom\":[{\"type\":\"A\",\"patterns\":[\"(a|b)*a(a|b){11}(a|b)*a(a|b){11}\"]}]}", LLM_E_LIMIT,
          "more than 6000 states");
    fails("{\"allow\":[{\"pattern\":\"((a{1,900}b?){1,900}c?){1,900}\"}]}", LLM_E_LIMIT, "/allow/0/pattern");
    too_many_patterns();
    char *deep = malloc(100001);
    memset(deep, '[', 100000);
    deep[100000] = 0;
    fails(deep, LLM_E_LIMIT, "line 1");
    free(deep);
    size_t n = 100u << 20;
    char *huge = malloc(n + 1);
    assert_non_null(huge);
    memset(huge, 'a', n);
    memcpy(huge, "{\"words\":[\"", 11);
    memcpy(huge + n - 3, "\"]}", 3);
    huge[n] = 0;
    fails(huge, LLM_E_LIMIT, "the policy has 104857600 bytes");
    free(huge);
    size_t kept = atomic_load(&mem.live_bytes);
    fails("{\"custom\":[{\"type\":\"A\",\"patterns\":[\"(ab*){1,200}\",\"x(\"]}]}", LLM_E_FORMAT, "patterns/1");
    assert_int_equal(atomic_load(&mem.live_bytes), kept);
}

static void word_files_lie_in_their_folder(void **state)
{
    (void)state;
    char folder[] = "/tmp/sextant-words-XXXXXX", path[80];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/list.txt", folder);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs("casino\r\n\nmoney mule", out);
    fclose(out);
    sx_guard *g = from_json("{\"word_files\":[\"list.txt\"]}", folder);
    outcome o = check_text(&mem, g, "Casino! money mule", 18, "BLOCKED\0", 0, NULL);
    assert_string_equal(sx_buf_cstr(&o.findings), "BLOCKED[0,6) BLOCKED[8,18) ");
    free_outcome(&o);
    sx_guard_free(g);
    static const char *const BAD[] = {"{\"word_files\":[\"../list.txt\"]}", "{\"word_files\":[\".list\"]}",
                                      "{\"word_files\":[\"none.txt\"]}"};
    for (unsigned i = 0; i < 3; i++) {
        const sx_guard_params p = {.policy = BAD[i], .policy_len = strlen(BAD[i]), .files = folder, .like = compiled};
        assert_int_not_equal(sx_guard_create(&g, &mem, &p, NULL), LLM_OK);
    }
    remove(path);
    remove(folder);
}

static void a_further_guard_is_small(void **state)
{
    (void)state;
    size_t before = atomic_load(&mem.live_bytes);
    sx_guard *g = from_json("{\"preset\":\"gdpr\"}", NULL);
    size_t took = atomic_load(&mem.live_bytes) - before;
    print_message("a further guard under gdpr takes %zu bytes\n", took);
    assert_true(took < 64 << 10);
    sx_guard_free(g);
}

static int setup(void **state)
{
    (void)state;
    sx_mem_init(&mem, NULL);
    compiled = make_guard(&mem, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sx_guard_free(compiled);
    return atomic_load(&mem.live_bytes) != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_policies_read_as_they_did),
        cmocka_unit_test(rules_know_direction_score_and_label),
        cmocka_unit_test(own_types_by_pattern),
        cmocka_unit_test(own_types_by_words),
        cmocka_unit_test(allowed_values_pass),
        cmocka_unit_test(allowed_patterns_pass_whole_values),
        cmocka_unit_test(checks_are_right),
        cmocka_unit_test(presets_are_good_and_can_be_extended),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(hostile_policies_end_soon),
        cmocka_unit_test(word_files_lie_in_their_folder),
        cmocka_unit_test(a_further_guard_is_small),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
