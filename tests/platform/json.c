/* JSON: what RFC 8259 allows is read, what it forbids is refused with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "platform/json.h"

typedef struct fixture {
    sx_mem mem;
    sx_arena arena;
    llm_error err;
} fixture;

static int setup(void **state)
{
    static fixture f;
    sx_mem_init(&f.mem, NULL);
    sx_arena_init(&f.arena, &f.mem);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    sx_arena_free(&f->arena);
    return atomic_load(&f->mem.live_bytes) != 0;
}

static llm_status parse(fixture *f, const char *text, const sx_json **v)
{
    f->err = (llm_error){sizeof f->err, 0, ""};
    return sx_json_parse(v, &f->arena, "text", text, strlen(text), &f->err);
}

static void values_are_read(void **state)
{
    fixture *f = *state;
    const sx_json *v;
    int64_t n;
    assert_int_equal(
        parse(f, " {\"a\": [1, -2.5e3, true, null], \"s\": \"x\\u00e4\\ud83d\\ude00\\n\", \"a b\":{}} ", &v), LLM_OK);
    assert_int_equal(v->count, 3);
    const sx_json *a = sx_json_get(v, "a");
    assert_int_equal(a->count, 4);
    assert_true(sx_json_int(a->first, &n) && n == 1);
    assert_true(a->first->next->number == -2500.0);
    assert_true(sx_json_int(a->first->next, &n) && n == -2500);
    assert_true(a->first->next->next->truth);
    assert_int_equal(a->first->next->next->next->kind, SX_JSON_NULL);
    assert_string_equal(sx_json_get_str(v, "s", ""), "x\xc3\xa4\xf0\x9f\x98\x80\n");
    assert_int_equal(sx_json_get(v, "a b")->kind, SX_JSON_OBJECT);
    assert_null(sx_json_get(v, "b"));
    assert_null(sx_json_get(a, "a"));
}

static void integers_are_exact(void **state)
{
    fixture *f = *state;
    const sx_json *v;
    int64_t n;
    assert_int_equal(parse(f, "[-9223372036854775808,9223372036854775807,9223372036854775808,1.5,1e30,\"1\"]", &v),
                     LLM_OK);
    const sx_json *m = v->first;
    assert_true(sx_json_int(m, &n) && n == INT64_MIN);
    assert_true(sx_json_int(m = m->next, &n) && n == INT64_MAX);
    while ((m = m->next)) assert_false(sx_json_int(m, &n));
}

static void of_equal_keys_the_last_counts(void **state)
{
    fixture *f = *state;
    const sx_json *v;
    assert_int_equal(parse(f, "{\"k\":1,\"k\":2}", &v), LLM_OK);
    assert_true(sx_json_get_num(v, "k", 0) == 2);
}

static void wrong_text_is_refused(void **state)
{
    fixture *f = *state;
    static const char *const bad[] = {
        "",        " ",           "{",        "[1,]",  "{\"a\":1,}", "{a:1}",    "[01]",
        "[1.]",    "[.5]",        "[+1]",     "[1e]",  "[NaN]",      "tru",      "\"a",
        "\"\\x\"", "\"\\u12g4\"", "\"\x01\"", "[1] 2", "{\"a\" 1}",  "\"\xff\"", "\"\xed\xa0\x80\"",
        "[1 2]",   "-",           "\"\\"};
    const sx_json *v;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (parse(f, bad[i], &v) != LLM_E_FORMAT) fail_msg("taken: %s", bad[i]);
        assert_null(v);
        assert_non_null(strstr(f->err.message, "line "));
    }
    assert_int_equal(parse(f, "{\n \"a\": x}", &v), LLM_E_FORMAT);
    assert_non_null(strstr(f->err.message, "line 2, column 7"));
}

static void nesting_is_bounded(void **state)
{
    fixture *f = *state;
    char deep[2 * 100000 + 1];
    memset(deep, '[', 100000);
    memset(deep + 100000, ']', 100000);
    deep[200000] = '\0';
    const sx_json *v;
    assert_int_equal(parse(f, deep, &v), LLM_E_LIMIT);
    assert_int_equal(parse(f, deep + 100000 - SX_JSON_MAX_DEPTH, &v), LLM_E_FORMAT); /* too many closed */
    deep[100000 + SX_JSON_MAX_DEPTH] = '\0';
    assert_int_equal(parse(f, deep + 100000 - SX_JSON_MAX_DEPTH, &v), LLM_OK);
}

static void writing_round_trips(void **state)
{
    fixture *f = *state;
    static const char text[] = "{\"a\":[1,-2.50,true,null,\"\\\"\\\\\\n\\u0001\xc3\xa4\"],\"b\":{}}";
    const sx_json *v;
    sx_buf out;
    sx_buf_init(&out, &f->mem, 0);
    assert_int_equal(parse(f, text, &v), LLM_OK);
    sx_json_write(&out, v);
    assert_string_equal(sx_buf_cstr(&out), text);
    sx_buf_clear(&out);
    sx_json_quote(&out, "\xf0\x9f\x98\x80\xff", 5, true);
    assert_string_equal(sx_buf_cstr(&out), "\"\\ud83d\\ude00\\ufffd\"");
    sx_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_are_read, setup, teardown),
        cmocka_unit_test_setup_teardown(integers_are_exact, setup, teardown),
        cmocka_unit_test_setup_teardown(of_equal_keys_the_last_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_text_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(nesting_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(writing_round_trips, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
