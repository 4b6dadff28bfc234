/* Grammars in GBNF: what they take and refuse, masks against token by token, hostile ones, failing memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fail_alloc.h"
#include "grammar_vocab.h"

static sx_mem mem;
static sx_token_trie *trie;

static sx_grammar *compile(const char *text)
{
    sx_grammar *g;
    llm_error err = LLM_ERROR_INIT;
    if (sx_grammar_create(&g, &mem, text, strlen(text), &err) != LLM_OK) fail_msg("%s: %s", text, err.message);
    return g;
}

static sx_matcher *match(const sx_grammar *g)
{
    sx_matcher *m;
    assert_int_equal(sx_matcher_over(&m, &mem, g, trie, grammar_text, NULL, NULL), LLM_OK);
    return m;
}

/* 0: some byte may not come; 1: all may, and more must; 2: the text may end there. */
static int judge(const sx_grammar *g, const char *text, size_t len)
{
    sx_matcher *m = match(g);
    int verdict = 1;
    for (size_t i = 0; i < len && verdict; i++) {
        int32_t token = (uint8_t)text[i] + 1;
        verdict = sx_matcher_accepts(m, token);
        assert_int_equal(verdict, sx_matcher_advance(m, token));
    }
    if (verdict && sx_matcher_may_end(m)) verdict = 2;
    sx_matcher_free(m);
    return verdict;
}

typedef struct sample {
    const char *grammar;
    const char *takes[6], *refuses[6];
} sample;

static const sample samples[] = {
    {"root ::= \"yes\" | \"no\"", {"yes", "no"}, {"y", "yesno", "maybe"}},
    {"root ::= [a-c]+ [^a-c\\n]? # a comment\n",
     {"a", "abcabc", "abz", "a\xe4\xb8\xad"},
     {"z", "a\n", "abzz", "a\xe4\xb8"}},
    {"root ::= \"a\"{3}", {"aaa"}, {"aa", "aaaa"}},
    {"root ::= \"a\"{2,4} \"b\"{,2} \"c\"{1,}", {"aac", "aaaabbcc"}, {"ac", "aaaaac", "aabbbc", "aab"}},
    {"root ::= (\"a\" | \"b\" two)*\ntwo ::= (\n  \"x\"\n | \"y\" \"z\"?)", {"abxa", "byz", "by"}, {"b", "bz"}},
    {"root ::= .",
     {"a", "\n", "\xf0\x9f\x98\x80", "\xed\x9f\xbf"},
     {"ab", "\xff", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80"}},
    {"root ::= [\\u00e0-\\u00ff\\U0001F600-\\U0001F64F\\x41\\]-]",
     {"\xc3\xa9", "A", "\xf0\x9f\x98\x80", "]", "-"},
     {"\xc3\x9f", "B"}},
    {"root ::= sum\nsum ::= term (\"+\" term)*\nterm ::= [0-9] | \"(\" sum \")\"",
     {"1", "(1+2)+3", "((((1))))"},
     {"(", "1+", ")", "(1))"}},
    {"root ::= \"\\\"\\\\\\t\\x0a\"", {"\"\\\t\n"}, {"\"", "x"}},
    {"root ::= list\nlist ::= \"x\" list | \"y\"", {"y", "xxxxxxxxy"}, {"x", "yy"}},
    {"root ::= \"a\" root \"b\" | \"-\"", {"-", "a-b", "aaa-bbb"}, {"ab", "aa-b", "a-bb"}},
    {"root ::= (\"a\"? \"b\"?)* \"c\"", {"c", "abbac", "bac"}, {"ab", "cc"}},
    {"root ::= a b\na ::= \"\" | \"x\" a\nb ::= a \"y\"", {"y", "xxy"}, {"x", "yx"}},
    {"# first\n\nroot ::=\n  \"a\"\n  | \"b\"\n\n# last", {"a", "b"}, {"ab"}},
    {"root ::= \"a\" ([] | \"b\") | \"a\" never\nnever ::= \"c\" never", {"ab"}, {"a", "ac", "acc"}},
};

static void grammars_take_and_refuse(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const sample *s = &samples[i];
        sx_grammar *g = compile(s->grammar);
        for (size_t k = 0; k < 6 && s->takes[k]; k++)
            if (judge(g, s->takes[k], strlen(s->takes[k])) != 2) fail_msg("%s should take %s", s->grammar, s->takes[k]);
        for (size_t k = 0; k < 6 && s->refuses[k]; k++)
            if (judge(g, s->refuses[k], strlen(s->refuses[k])) == 2)
                fail_msg("%s should refuse %s", s->grammar, s->refuses[k]);
        sx_grammar_free(g);
    }
}

static void sentences_name_the_place(void **state)
{
    (void)state;
    static const struct {
        const char *grammar;
        llm_status status;
        const char *says;
    } rows[] = {
        {"root ::= \"a", LLM_E_FORMAT, "line 1"},
        {"root ::= [b-a]", LLM_E_FORMAT, "backwards"},
        {"root ::= (\"a\"", LLM_E_FORMAT, "not closed"},
        {"root ::= \"\\q\"", LLM_E_FORMAT, "escape"},
        {"root ::= \"\\ud800\"", LLM_E_FORMAT, "code point"},
        {"root ::= x", LLM_E_FORMAT, "rule x"},
        {"start ::= \"a\"", LLM_E_FORMAT, "root"},
        {"root ::= \"a\"\nroot ::= \"b\"", LLM_E_FORMAT, "line 2, column 1: this rule is defined already"},
        {"root ::= \"a\"{3,2}", LLM_E_FORMAT, "{m,n}"},
        {"root ::= \"a\" * / 2", LLM_E_FORMAT, "column 16"},
        {"root = \"a\"", LLM_E_FORMAT, "::="},
        {"root ::= \"\xff\"", LLM_E_FORMAT, "UTF-8"},
        {"", LLM_E_FORMAT, "root"},
        {"root ::= root \"a\" | \"b\"", LLM_E_UNSUPPORTED, "left-recursive at rule root"},
        {"root ::= a\na ::= b \"x\"\nb ::= c? a | \"y\"\nc ::= \"z\"", LLM_E_UNSUPPORTED, "left-recursive"},
        {"root ::= []", LLM_E_INVALID, "no text"},
        {"root ::= \"a\" root", LLM_E_INVALID, "no text"},
        {"root ::= (.{1000}){1000}", LLM_E_LIMIT, "too large"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sx_grammar *g;
        llm_error err = LLM_ERROR_INIT;
        llm_status status = sx_grammar_create(&g, &mem, rows[i].grammar, strlen(rows[i].grammar), &err);
        if (status != rows[i].status || g || !strstr(err.message, rows[i].says))
            fail_msg("%s: %d, %s", rows[i].grammar, status, err.message);
    }
}

/* The mask holds exactly the tokens that are accepted one by one, along random ways through grammars. */
static void masks_are_what_tokens_are(void **state)
{
    (void)state;
    static const char *const grammars[] = {
        "root ::= value\n"
        "value ::= object | array | string | number | \"true\" | \"null\"\n"
        "object ::= \"{\" (string \":\" \" \"? value (\",\" \" \"? string \":\" value)*)? \"}\"\n"
        "array ::= \"[\" (value (\", \" value)*)? \"]\"\n"
        "string ::= \"\\\"\" ([^\"\\\\\\x00-\\x1f] | \"\\\\\" ([\"\\\\nt] | \"u00\" [0-9a-f]{2}))* \"\\\"\"\n"
        "number ::= \"-\"? (\"0\" | [1-9] [0-9]{0,4}) (\".\" [0-9]{1,3})?\n",
        "root ::= (\"a\" | \"ab\" | \"abc\" | [\\u00e9\\u4e2d\\u56fd] | \"\\\"\")*",
        "root ::= (.{0,3} \",\")* \"\\n\"",
    };
    enum { WORDS = GRAMMAR_VOCAB / 32 + 1 };
    uint64_t seed = 11;
    for (size_t i = 0; i < sizeof grammars / sizeof *grammars; i++) {
        sx_grammar *g = compile(grammars[i]);
        for (int way = 0; way < 30; way++) {
            sx_matcher *m = match(g);
            for (int step = 0; step < 25; step++) {
                uint32_t bits[WORDS] = {0};
                int32_t allowed[GRAMMAR_VOCAB];
                uint32_t n = 0;
                assert_true(sx_matcher_mask(m, bits));
                for (int32_t t = 0; t < GRAMMAR_VOCAB; t++) {
                    bool bit = bits[t / 32] >> (t % 32) & 1;
                    assert_int_equal(bit, sx_matcher_accepts(m, t));
                    if (bit && t > 0) allowed[n++] = t;
                }
                assert_int_equal(bits[0] & 1, sx_matcher_may_end(m));
                if (n == 0) break;
                seed = seed * 6364136223846793005u + 1442695040888963407u;
                assert_true(sx_matcher_advance(m, allowed[(seed >> 33) % n]));
            }
            sx_matcher_free(m);
        }
        sx_grammar_free(g);
    }
}

static void ambiguity_has_a_bound(void **state)
{
    (void)state;
    /* places in ever more stacks: one for each way to cut the text */
    sx_grammar *g = compile(
        "root ::= a a a a a a a a \"!\"\na ::= \"(\" a \")\" | \"(\" a \"]\" | \"(\" a | \"x\" | \"\"");
    sx_matcher *m = match(g);
    llm_error err = LLM_ERROR_INIT;
    int steps = 0;
    while (steps < 4000 && sx_matcher_advance(m, '(' + 1)) steps++;
    assert_true(steps < 4000);
    assert_int_equal(sx_matcher_status(m, &err), LLM_E_LIMIT);
    assert_non_null(strstr(err.message, "ambiguous"));
    uint32_t bits[GRAMMAR_VOCAB / 32 + 1];
    assert_false(sx_matcher_mask(m, bits));
    sx_matcher_free(m);
    sx_grammar_free(g);
}

/* What was learnt is forgotten when it has grown; the place in the text is not. */
static void states_are_forgotten(void **state)
{
    (void)state;
    sx_grammar *g = compile("root ::= \"(\" root \")\" | [a-z]*");
    sx_matcher *m = match(g);
    uint32_t bits[GRAMMAR_VOCAB / 32 + 1];
    enum { DEPTH = 60000 };
    for (int i = 0; i < DEPTH; i++) {
        assert_true(sx_matcher_advance(m, '(' + 1));
        if (i % 64 == 0) assert_true(sx_matcher_mask(m, bits));
    }
    for (int i = 0; i < DEPTH; i++) {
        assert_false(sx_matcher_may_end(m));
        assert_true(sx_matcher_advance(m, ')' + 1));
        if (i % 64 == 0) assert_true(sx_matcher_mask(m, bits));
    }
    assert_true(sx_matcher_must_end(m));
    sx_matcher_free(m);
    sx_grammar_free(g);
    assert_true(atomic_load(&mem.live_bytes) < 1u << 20);
}

static void memory_may_fail(void **state)
{
    (void)state;
    const char *text = "root ::= \"a\" list \"b\" | [\\u0100-\\u4000]{2}\nlist ::= \"(\" list \")\" | \"\"";
    for (long n = 0;; n++) {
        fail_alloc plan;
        sx_mem m;
        sx_grammar *g = NULL;
        sx_matcher *matcher = NULL;
        uint32_t bits[GRAMMAR_VOCAB / 32 + 1] = {0};
        fail_alloc_init(&plan, &m, n);
        llm_error err = LLM_ERROR_INIT;
        llm_status status = sx_grammar_create(&g, &m, text, strlen(text), &err);
        if (status == LLM_OK) status = sx_matcher_over(&matcher, &m, g, trie, grammar_text, NULL, &err);
        bool done = status == LLM_OK && sx_matcher_mask(matcher, bits) && sx_matcher_advance(matcher, 'a' + 1) &&
                    sx_matcher_advance(matcher, '(' + 1) && sx_matcher_mask(matcher, bits);
        if (status == LLM_OK && !done) status = sx_matcher_status(matcher, &err);
        sx_matcher_free(matcher);
        sx_grammar_free(g);
        assert_int_equal(atomic_load(&m.live_bytes), 0);
        if (done) break;
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
        cmocka_unit_test(grammars_take_and_refuse),  cmocka_unit_test(sentences_name_the_place),
        cmocka_unit_test(masks_are_what_tokens_are), cmocka_unit_test(ambiguity_has_a_bound),
        cmocka_unit_test(states_are_forgotten),      cmocka_unit_test(memory_may_fail),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
