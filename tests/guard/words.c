/* The word list: words through disguises with exact spans in the original, and neighbours that are no such word. */
#include "help.h"

static sx_mem mem;
static sx_guard *guard;

static void found_as(const char *text, const char *value)
{
    char want[80] = "";
    const char *at = value != NULL ? strstr(text, value) : NULL;
    if (value != NULL) {
        assert_non_null(at);
        snprintf(want, sizeof want, "BLOCKED[%zu,%zu) ", (size_t)(at - text), (size_t)(at - text) + strlen(value));
    }
    outcome o = check_text(&mem, guard, text, strlen(text), "BLOCKED\0", 0, NULL);
    if (strcmp(sx_buf_cstr(&o.findings), want) != 0) fail_msg("%s: %s, not %s", text, sx_buf_cstr(&o.findings), want);
    assert_int_equal(o.verdict, value != NULL ? LLM_VERDICT_REVIEW : LLM_VERDICT_ALLOW);
    assert_string_equal(sx_buf_cstr(&o.text), text);
    free_outcome(&o);
}

static void disguises_are_seen_through(void **state)
{
    (void)state;
    found_as("they sell casino here", "casino");
    found_as("CaSiNo!", "CaSiNo");
    found_as("ｃＡｓｉｎｏ online", "ｃＡｓｉｎｏ");
    found_as("ca\xe2\x80\x8bsi\xc2\xadno", "ca\xe2\x80\x8bsi\xc2\xadno");
    found_as("a c\xcc\xb6"
             "a\xcc\xb6sino b",
             "c\xcc\xb6"
             "a\xcc\xb6sino");
    found_as("саsinо now", "саsinо"); /* Cyrillic */
    found_as("𝐜𝐚𝐬𝐢𝐧𝐨", "𝐜𝐚𝐬𝐢𝐧𝐨");
    found_as("ⓒⓐⓢⓘⓝⓞ", "ⓒⓐⓢⓘⓝⓞ");
    found_as("c-a-s-i-n-o", "c-a-s-i-n-o");
    found_as("now c a s i n o now", "c a s i n o");
    found_as("c4$1n0 bonus", "c4$1n0");
    found_as("ccaassiinnoo", "ccaassiinnoo");
    found_as("casinooooo", "casinooooo");
}

static void ideographs_too(void **state)
{
    (void)state;
    found_as("网上赌博害人", "赌博");
    found_as("网上賭博害人", "賭博");
    found_as("赌|博", "赌|博");
    found_as("代 开 发 票吗", "代 开 发 票");
    found_as("代＊开＊发＊票", "代＊开＊发＊票");
    found_as("他在洗钱吗", "洗钱");
    found_as("洗钱包的时候", NULL); /* the wallet is washed */
    found_as("赌。博", NULL);
    found_as("赌\n博", NULL);
}

static void phrases_keep_their_words(void **state)
{
    (void)state;
    found_as("a money mule was", "money mule");
    found_as("a money-mule was", "money-mule");
    found_as("a moneymule was", "moneymule");
    found_as("money for a mule", NULL);
}

static void neighbours_are_other_words(void **state)
{
    (void)state;
    found_as("casinos are regulated", NULL);
    found_as("the occasino", NULL);
    found_as("casin o", NULL);
    found_as("cas ino", NULL);
    found_as("c a-s i n o", NULL);
    found_as("casimo", NULL);
    found_as("caslno", NULL); /* a plain l is no i */
    found_as("caiinoo", NULL);
}

/* The i-th word of a made list: no word is another's beginning, each is of four syllables. */
static void make_word(char word[16], unsigned i)
{
    static const char PARTS[] = "bacodifeguhajikelominupa";
    word[0] = 0;
    for (unsigned k = 0; k < 4; k++, i /= 12) strncat(word, PARTS + i % 12 * 2, 2);
}

static void a_long_list_is_small_and_exact(void **state)
{
    enum { WORDS = 12000 };
    (void)state;
    sx_guard *g = NULL;
    const sx_guard_params p = {.like = guard};
    char word[16], text[80];
    assert_int_equal(sx_guard_create(&g, &mem, &p, NULL), LLM_OK);
    size_t before = atomic_load(&mem.live_bytes);
    for (unsigned i = 0; i < WORDS; i++) {
        make_word(word, i);
        assert_int_equal(sx_guard_add_word(g, word, strlen(word), NULL), LLM_OK);
    }
    assert_int_equal(sx_guard_freeze(g, NULL), LLM_OK);
    assert_true(atomic_load(&mem.live_bytes) - before < 60 * WORDS);
    for (unsigned i = 0; i < WORDS + 8000; i += 97) {
        make_word(word, i);
        snprintf(text, sizeof text, "one %s two %sba three", word, word);
        outcome o = check_text(&mem, g, text, strlen(text), "BLOCKED\0", 0, NULL);
        assert_string_equal(sx_buf_cstr(&o.findings), i < WORDS ? "BLOCKED[4,12) " : "");
        free_outcome(&o);
    }
    sx_guard_free(g);
}

static int setup(void **state)
{
    (void)state;
    static const char *const WORDS[] = {"casino", "赌博", "代开发票", "money mule", "洗钱"};
    sx_mem_init(&mem, NULL);
    guard = make_guard(&mem, NULL);
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        if (sx_guard_add_word(guard, WORDS[i], strlen(WORDS[i]), NULL) != LLM_OK) return 1;
    }
    return sx_guard_freeze(guard, NULL);
}

static int teardown(void **state)
{
    (void)state;
    sx_guard_free(guard);
    return atomic_load(&mem.live_bytes) != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(disguises_are_seen_through),     cmocka_unit_test(ideographs_too),
        cmocka_unit_test(phrases_keep_their_words),       cmocka_unit_test(neighbours_are_other_words),
        cmocka_unit_test(a_long_list_is_small_and_exact),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
