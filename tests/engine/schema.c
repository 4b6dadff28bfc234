/* JSON Schemas as grammars: what they take, what they leave out, and what is refused by its pointer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fail_alloc.h"
#include "grammar_vocab.h"

static sx_mem mem;
static sx_token_trie *trie;

static bool takes(const sx_grammar *g, const char *text)
{
    sx_matcher *m;
    bool all = true;
    assert_int_equal(sx_matcher_over(&m, &mem, g, trie, grammar_text, NULL, NULL), LLM_OK);
    for (const char *c = text; *c && all; c++) all = sx_matcher_advance(m, (uint8_t)*c + 1);
    all = all && sx_matcher_may_end(m);
    sx_matcher_free(m);
    return all;
}

typedef struct sample {
    const char *schema;
    const char *takes[5], *leaves[6];
} sample;

#define NODE \
    "{\"type\":\"object\",\"properties\":{\"v\":{\"type\":\"integer\"},\"next\":{\"$ref\":\"#\"}},\"required\":[\"v\"]}"

static const sample samples[] = {
    {"true", {"1", "\"a\"", "[null, {\"a\":1.5e3}]", "{}"}, {"", "01", "[1,]", "nul"}},
    {"{\"type\":[\"integer\",\"null\"]}", {"-12", "0", "null"}, {"1.5", "\"1\"", "-"}},
    {"{\"type\":\"integer\",\"minimum\":-3,\"exclusiveMaximum\":105}", {"-3", "0", "104"}, {"-4", "105", "-0", "007"}},
    {"{\"type\":\"number\",\"minimum\":0.2,\"maximum\":1}",
     {"0.2", "1", "0.25", "0.999"},
     {"0.1", "1.1", "0", "2", "1.01"}},
    {"{\"type\":\"number\",\"exclusiveMinimum\":0,\"exclusiveMaximum\":1}",
     {"0.1", "0.95"},
     {"0", "1", "0.0", "-0.1", "1.0"}},
    {"{\"type\":\"integer\",\"multipleOf\":7}", {"0", "14", "-21", "700"}, {"1", "15", "07"}},
    {"{\"type\":\"integer\",\"multipleOf\":5,\"minimum\":3,\"maximum\":16}", {"5", "15"}, {"0", "20", "6"}},
    {"{\"type\":\"string\",\"minLength\":1,\"maxLength\":2}",
     {"\"a\"", "\"\xe4\xb8\xad\\n\"", "\"\\u00e9x\""},
     {"\"\"", "\"abc\"", "\"\\ud800\"", "\"\n\"", "\"\\q\""}},
    {"{\"pattern\":\"^[a-c]+(-\\\\d{2})?$\"}", {"\"a\"", "\"abc-12\""}, {"\"\"", "\"a-1\"", "\"d\""}},
    {"{\"pattern\":\"b\"}", {"\"abc\"", "\"b\""}, {"\"ac\"", "\"\""}},
    {"{\"pattern\":\"^[\\\"\\\\n]$\"}", {"\"\\\"\"", "\"\\n\""}, {"\"\"\"", "\"n\""}},
    {"{\"format\":\"date\"}",
     {"\"2024-12-31\"", "\"2023-04-30\""},
     {"\"2023-04-31\"", "\"2023-13-01\"", "\"2023-1-01\""}},
    {"{\"format\":\"date-time\"}",
     {"\"2024-02-28T23:59:59Z\"", "\"2024-02-28T00:00:00.5+05:30\""},
     {"\"2024-02-28T24:00:00Z\""}},
    {"{\"format\":\"uuid\"}", {"\"01234567-89ab-cdef-0123-456789abcdef\""}, {"\"0123\""}},
    {"{\"enum\":[\"a\\\"\",1.50,{\"k\":[1]}]}", {"\"a\\\"\"", "1.50", "{\"k\":[1]}"}, {"\"a\"", "1", "{}"}},
    {"{\"enum\":[1,\"a\",200],\"type\":\"integer\",\"maximum\":100}", {"1"}, {"\"a\"", "200"}},
    {"{\"properties\":{\"a\":{\"const\":1},\"b\":{\"const\":2},\"c\":{\"const\":3}},\"required\":[\"b\"]}",
     {"{\"a\":1,\"b\":2,\"c\":3}", "{\"b\":2}", "{ \"b\": 2, \"c\": 3 }", "{\"a\":1,\n  \"b\":2}"},
     {"{}", "{\"a\":1}", "{\"b\":2,}", "{\"b\":2,\"a\":1}", "{\"b\":2,\"d\":4}"}},
    {"{\"properties\":{\"a\":{\"const\":1},\"b\":{\"const\":2}}}",
     {"{}", "{\"a\":1}", "{\"b\":2}", "{\"a\":1,\"b\":2}"},
     {"{\"a\":2}", "{,\"b\":2}"}},
    {"{\"properties\":{\"ab\":{\"const\":1}},\"additionalProperties\":{\"type\":\"null\"}}",
     {"{\"ab\":1,\"a\":null,\"abc\":null,\"x\":null}", "{\"\":null}"},
     {"{\"ab\":null}", "{\"a\":1}", "{\"\\u0061b\":null}"}},
    {"{\"patternProperties\":{\"^x_\":{\"type\":\"boolean\"}},\"additionalProperties\":false}",
     {"{}", "{\"x_a\":true}"},
     {"{\"y\":true}"}},
    {"{\"items\":{\"type\":\"null\"},\"minItems\":1,\"maxItems\":3}",
     {"[null]", "[null,null, null]"},
     {"[]", "[null,null,null,null]", "[1]"}},
    {"{\"prefixItems\":[{\"const\":1},{\"const\":2}],\"items\":{\"const\":3}}",
     {"[]", "[1]", "[1,2,3,3]"},
     {"[2]", "[1,3]"}},
    {"{\"prefixItems\":[{\"const\":1},{\"const\":2}],\"items\":false,\"minItems\":1}",
     {"[1]", "[1,2]"},
     {"[]", "[1,2,3]"}},
    {NODE,
     {"{\"v\":1}", "{\"v\":1,\"next\":{\"v\":2,\"next\":{\"v\":3}}}"},
     {"{\"next\":{}}", "{\"v\":1,\"next\":{}}"}},
    {"{\"$ref\":\"#/$defs/a~1b\",\"$defs\":{\"a/b\":{\"type\":\"integer\",\"minimum\":5}},\"maximum\":6}",
     {"5", "6"},
     {"4", "7"}},
    {"{\"anyOf\":[{\"type\":\"integer\"},{\"const\":\"x\"}],\"maximum\":2}", {"2", "\"x\""}, {"3", "\"y\""}},
    {"{\"oneOf\":[{\"properties\":{\"k\":{\"const\":\"a\"},\"x\":{\"const\":1}},\"required\":[\"k\",\"x\"]},"
     "{\"properties\":{\"k\":{\"const\":\"b\"}},\"required\":[\"k\"]}]}",
     {"{\"k\":\"a\",\"x\":1}", "{\"k\":\"b\"}"},
     {"{\"k\":\"a\"}", "{\"k\":\"c\"}"}},
    {"{\"allOf\":[{\"properties\":{\"a\":{\"type\":\"integer\"}},\"required\":[\"a\"]},{\"properties\":{\"a\":{\"maximum\":3}}}]}",
     {"{\"a\":3}"},
     {"{\"a\":4}", "{}"}},
    {"{\"properties\":{\"a\":false,\"b\":{\"const\":1}}}", {"{}", "{\"b\":1}"}, {"{\"a\":1}"}},
};

static void schemas_take_and_leave(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const sample *s = &samples[i];
        sx_grammar *g;
        llm_error err = LLM_ERROR_INIT;
        if (sx_grammar_from_schema(&g, &mem, s->schema, strlen(s->schema), &err) != LLM_OK)
            fail_msg("%s: %s", s->schema, err.message);
        for (size_t k = 0; k < 5 && s->takes[k]; k++)
            if (!takes(g, s->takes[k])) fail_msg("%s should take %s", s->schema, s->takes[k]);
        for (size_t k = 0; k < 6 && s->leaves[k]; k++)
            if (takes(g, s->leaves[k])) fail_msg("%s should not take %s", s->schema, s->leaves[k]);
        sx_grammar_free(g);
    }
}

static void refusals_name_the_part(void **state)
{
    (void)state;
    static const struct {
        const char *schema;
        llm_status status;
        const char *says;
    } rows[] = {
        {"{", LLM_E_FORMAT, "schema"},
        {"{\"properties\":{\"a/b\":{\"not\":{}}}}", LLM_E_UNSUPPORTED, "#/properties/a~1b/not"},
        {"{\"items\":[{\"if\":{}}]}", LLM_E_UNSUPPORTED, "prefixItems"},
        {"{\"uniqueItems\":true}", LLM_E_UNSUPPORTED, "#/uniqueItems"},
        {"{\"type\":\"text\"}", LLM_E_UNSUPPORTED, "#/type"},
        {"{\"minLenght\":3}", LLM_E_UNSUPPORTED, "#/minLenght"},
        {"{\"propertyNames\":{}}", LLM_E_UNSUPPORTED, "#/propertyNames"},
        {"{\"format\":\"iban\"}", LLM_E_UNSUPPORTED, "#/format"},
        {"{\"pattern\":\"(?=a)b\"}", LLM_E_UNSUPPORTED, "#/pattern"},
        {"{\"pattern\":\"a\",\"maxLength\":3}", LLM_E_UNSUPPORTED, "#/maxLength"},
        {"{\"oneOf\":[{\"type\":\"number\"},{\"type\":\"integer\"}]}", LLM_E_UNSUPPORTED, "#/oneOf"},
        {"{\"type\":\"number\",\"multipleOf\":0.1}", LLM_E_UNSUPPORTED, "#/multipleOf"},
        {"{\"$ref\":\"other.json\"}", LLM_E_UNSUPPORTED, "#/$ref"},
        {"{\"$ref\":\"#/$defs/none\"}", LLM_E_UNSUPPORTED, "nowhere"},
        {"{\"$ref\":\"#\"}", LLM_E_UNSUPPORTED, "refers to itself"},
        {"{\"$ref\":\"#/$defs/u\",\"$defs\":{\"u\":{\"anyOf\":[{\"$ref\":\"#/$defs/u\"},{\"type\":\"null\"}]}}}",
         LLM_E_UNSUPPORTED, "refers to itself"},
        {"{\"minItems\":-1}", LLM_E_UNSUPPORTED, "#/minItems"},
        {"{\"minProperties\":1}", LLM_E_UNSUPPORTED, "#/minProperties"},
        {"false", LLM_E_INVALID, "no text"},
        {"{\"type\":\"integer\",\"minimum\":3,\"maximum\":2}", LLM_E_INVALID, "no text"},
        {"{\"properties\":{\"n\":{\"$ref\":\"#\"}},\"required\":[\"n\"]}", LLM_E_INVALID, "no text"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sx_grammar *g;
        llm_error err = LLM_ERROR_INIT;
        llm_status status = sx_grammar_from_schema(&g, &mem, rows[i].schema, strlen(rows[i].schema), &err);
        if (status != rows[i].status || g || !strstr(err.message, rows[i].says))
            fail_msg("%s: %d, %s", rows[i].schema, status, err.message);
    }
}

static void memory_may_fail(void **state)
{
    (void)state;
    const char *text =
        "{\"properties\":{\"a\":{\"pattern\":\"^x\"},\"b\":{\"minimum\":3.5}},\"additionalProperties\":true,"
        "\"required\":[\"a\"],\"anyOf\":[{},{\"required\":[\"c\"]}]}";
    for (long n = 0;; n++) {
        fail_alloc plan;
        sx_mem m;
        sx_grammar *g = NULL;
        llm_error err = LLM_ERROR_INIT;
        fail_alloc_init(&plan, &m, n);
        llm_status status = sx_grammar_from_schema(&g, &m, text, strlen(text), &err);
        sx_grammar_free(g);
        assert_int_equal(atomic_load(&m.live_bytes), 0);
        if (status == LLM_OK) break;
        assert_int_equal(status, LLM_E_MEMORY);
    }
}

static int start(void **state)
{
    (void)state;
    sx_mem_init(&mem, NULL);
    return sx_token_trie_create(&trie, &mem, GRAMMAR_VOCAB, grammar_text, NULL, NULL) != LLM_OK;
}

static int stop(void **state)
{
    (void)state;
    sx_token_trie_free(trie);
    return atomic_load(&mem.live_bytes) != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schemas_take_and_leave),
        cmocka_unit_test(refusals_name_the_part),
        cmocka_unit_test(memory_may_fail),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
