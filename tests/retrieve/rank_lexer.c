/* The lexer: which spellings meet in one term and which do not, language by language; hostile bytes; want of memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../engine/fail_alloc.h"
#include "retrieve/rank/lexer.h"

static sx_mem mem;

/* The terms of a text, copied; *n of them. */
static sx_token *terms_of(uint32_t lang, const char *text, size_t *n)
{
    sx_lexer lexer;
    sx_lexer_init(&lexer, &mem, lang, true);
    assert_int_equal(sx_lexer_run(&lexer, text, strlen(text)), LLM_OK);
    sx_token *copy = calloc(lexer.count + 1, sizeof *copy);
    if (lexer.count) memcpy(copy, lexer.tokens, lexer.count * sizeof *copy);
    *n = lexer.count;
    for (size_t i = 0; i < *n; i++) {
        assert_true(copy[i].term != 0);
        assert_true(copy[i].start < copy[i].end && copy[i].end <= strlen(text));
    }
    sx_lexer_free(&lexer);
    return copy;
}

/* Does `text` hold the term that `word`, alone, begins with? */
static bool holds(uint32_t lang, const char *text, const char *word)
{
    size_t n, m;
    sx_token *in = terms_of(lang, text, &n), *of = terms_of(lang, word, &m);
    bool found = false;
    assert_true(m > 0);
    for (size_t i = 0; i < n; i++) found = found || in[i].term == of[m - 1].term;
    free(in);
    free(of);
    return found;
}

static void words_meet(void **state)
{
    (void)state;
    assert_true(holds(SX_LANG_EN, "The parties TERMINATED it.", "terminate"));
    assert_true(holds(SX_LANG_EN, "the company's notices", "Company"));
    assert_true(holds(SX_LANG_EN, "\xEF\xBC\xA1\xEF\xBC\xB0\xEF\xBC\xA9 keys", "api")); /* full width */
    assert_true(holds(SX_LANG_DE, "Die Kündigungen", "kündigung"));
    assert_true(holds(SX_LANG_DE, "auf der STRASSE", "Straße"));
    assert_true(holds(SX_LANG_ES, "los contratos", "contrato"));
    assert_true(holds(SX_LANG_FR, "l'homme", "hommes"));
    assert_true(holds(SX_LANG_RU, "договоры", "договора"));
    assert_true(holds(SX_LANG_EN, "договоры", "ДОГОВОРА")); /* by script, whatever the document's language */
    assert_true(holds(SX_LANG_EN, "ёлка", "елка"));
    assert_true(holds(SX_LANG_EL, "ΟΔΟΣ", "οδος"));
    assert_true(holds(SX_LANG_AR, "الكِتَاب", "الكتاب"));
    assert_true(holds(SX_LANG_TR, "IRAK", "ırak"));
    assert_true(holds(SX_LANG_EN, "e\xCC\x81tude", "\xC3\xA9tude")); /* combining accent */
    assert_true(holds(SX_LANG_HI, "किताबों में", "किताब"));
    assert_false(holds(SX_LANG_EN, "termite", "terminate"));
    assert_false(holds(SX_LANG_EN, "", "a"));
}

static void numbers_and_compounds_meet(void **state)
{
    (void)state;
    assert_true(holds(SX_LANG_EN, "a fee of 1,000 euros", "1000"));
    assert_true(holds(SX_LANG_EN, "1,234,567.00", "1234567"));
    assert_true(holds(SX_LANG_EN, "$2.50", "2.50"));
    assert_false(holds(SX_LANG_EN, "Section 3.10", "3.1"));
    assert_true(holds(SX_LANG_EN, "\xEF\xBC\x91\xEF\xBC\x92", "12"));
    assert_true(holds(SX_LANG_AR, "\xD9\xA1\xD9\xA2", "12")); /* Arabic-Indic */
    assert_false(holds(SX_LANG_EN, "1,00", "100"));
    assert_true(holds(SX_LANG_EN, "non-disclosure", "disclosure"));
    assert_true(holds(SX_LANG_EN, "COVID-19", "covid19"));
    assert_true(holds(SX_LANG_EN, "the U.S. market", "US"));
    assert_true(holds(SX_LANG_EN, "on-line", "online"));
}

static void scripts_without_spaces(void **state)
{
    (void)state;
    size_t n;
    sx_token *t = terms_of(SX_LANG_EN, "解除合同", &n);
    assert_int_equal(n, 7); /* four characters, three pairs */
    free(t);
    assert_true(holds(SX_LANG_EN, "合同可以解除。", "合同"));
    assert_false(holds(SX_LANG_EN, "合。同", "合同"));
    assert_true(holds(SX_LANG_EN, "\xEF\xBD\xB6\xEF\xBE\x85", "\xE3\x82\xAB")); /* half-width kana */
    assert_true(holds(SX_LANG_EN, "ภาษาไทย", "ไทย"));
    assert_true(holds(SX_LANG_EN, "서울특별시에서", "서울"));
    t = terms_of(SX_LANG_EN, "这是什么合同", &n);
    uint32_t weak = 0, strong = 0;
    for (size_t i = 0; i < n; i++) *(t[i].weak ? &weak : &strong) += 1;
    assert_true(weak >= 5 && strong >= 3);
    free(t);
}

static void function_words_are_weak(void **state)
{
    (void)state;
    size_t n;
    sx_token *t = terms_of(SX_LANG_EN, "When is the notice due?", &n);
    assert_int_equal(n, 5);
    assert_true(t[0].weak && t[1].weak && t[2].weak);
    assert_false(t[3].weak || t[4].weak);
    free(t);
}

static void languages_are_told(void **state)
{
    (void)state;
    static const struct {
        uint32_t lang;
        const char *text;
    } cases[] = {
        {SX_LANG_EN, "The agreement is between the parties and it was signed in the spring."},
        {SX_LANG_DE, "Der Vertrag ist zwischen den Parteien geschlossen und wird nicht geändert."},
        {SX_LANG_ES, "El contrato es entre las partes y no se puede cambiar por una de ellas."},
        {SX_LANG_FR, "Le contrat est conclu entre les parties et ne peut pas être modifié dans ce cas."},
        {SX_LANG_PT, "O contrato é entre as partes e não pode ser alterado por uma delas."},
        {SX_LANG_IT, "Il contratto è tra le parti e non può essere modificato da una di loro."},
        {SX_LANG_NL, "De overeenkomst is tussen de partijen en kan niet worden gewijzigd door een van hen."},
        {SX_LANG_RO, "Contractul este între părți și nu poate fi modificat de una din ele."},
        {SX_LANG_TR, "Bu sözleşme taraflar arasında bir anlaşma olarak kabul edildi ve daha sonra imzalandı."},
        {SX_LANG_VI, "Hợp đồng này là của các bên và không được thay đổi trong năm này."},
        {SX_LANG_EN, "合同由双方签订。"},
        {SX_LANG_EN, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t lang;
        assert_int_equal(sx_language_detect(&lang, &mem, cases[i].text, strlen(cases[i].text)), LLM_OK);
        assert_int_equal(lang, cases[i].lang);
    }
}

/* A word means the same whether it stands alone, among others, at the text's end, or in a compound, which is read letter by letter. */
static void plain_words_are_words(void **state)
{
    (void)state;
    static const char letters[] = "aZ9zA0mQ5";
    for (size_t len = 1; len < 60; len++)
        for (size_t kind = 0; kind < 3; kind++) {
            char word[64] = {0}, alone[96], inside[96], joined[96];
            for (size_t i = 0; i < len; i++) word[i] = kind == 0 ? 'k' : kind == 1 ? letters[i % 9] : letters[i % 2];
            snprintf(alone, sizeof alone, "%s", word);
            snprintf(inside, sizeof inside, "x %s, and more follows", word);
            snprintf(joined, sizeof joined, "%s-zz", word);
            size_t n, m, k;
            sx_token *a = terms_of(SX_LANG_EN, alone, &n), *b = terms_of(SX_LANG_EN, inside, &m);
            sx_token *c = terms_of(SX_LANG_EN, joined, &k);
            assert_int_equal(n, 1);
            assert_int_equal(m, 5);
            assert_int_equal(a[0].start, 0);
            assert_int_equal(a[0].end, len);
            assert_int_equal(b[1].start, 2);
            assert_int_equal(b[1].end, 2 + len);
            assert_int_equal(a[0].term, b[1].term);
            assert_int_equal(a[0].term, c[0].term);
            assert_int_equal(a[0].kind, c[0].kind);
            free(a);
            free(b);
            free(c);
        }
    size_t n;
    sx_token *t = terms_of(SX_LANG_EN,
                           "ab\x11\x19"
                           "cd@ef`gh{ij[kl",
                           &n); /* neighbours of letters and digits in ASCII */
    assert_int_equal(n, 6);
    free(t);
}

/* What a word becomes does not hang on what the lexer has read before in other languages. These two differ as their languages do. */
static void a_kept_lexer_keeps_languages_apart(void **state)
{
    (void)state;
    sx_lexer lexer;
    size_t n;
    sx_token *fost = terms_of(SX_LANG_RO, "fost", &n);
    sx_lexer_init(&lexer, &mem, SX_LANG_EN, true);
    assert_int_equal(sx_lexer_run(&lexer, "oost", 4), LLM_OK);
    uint32_t oost = lexer.tokens[0].term;
    lexer.lang = SX_LANG_RO;
    assert_int_equal(sx_lexer_run(&lexer, "fost", 4), LLM_OK);
    assert_int_equal(lexer.tokens[0].term, fost[0].term);
    assert_int_not_equal(lexer.tokens[0].term, oost);
    sx_lexer_free(&lexer);
    free(fost);
}

static void any_bytes(void **state)
{
    (void)state;
    unsigned seed = 7;
    for (int round = 0; round < 400; round++) {
        char bytes[300];
        size_t len = (size_t)(rand_r(&seed) % (int)sizeof bytes);
        for (size_t i = 0; i < len; i++) bytes[i] = (char)rand_r(&seed);
        sx_lexer lexer;
        sx_lexer_init(&lexer, &mem, (uint32_t)round % SX_LANG_COUNT, true);
        assert_int_equal(sx_lexer_run(&lexer, bytes, len), LLM_OK);
        for (size_t i = 0; i < lexer.count; i++) assert_true(lexer.tokens[i].end <= len);
        sx_lexer_free(&lexer);
    }
    char *word = calloc(1, 100001); /* one endless word, one endless compound */
    memset(word, 'a', 100000);
    size_t n;
    free(terms_of(SX_LANG_EN, word, &n));
    for (size_t i = 1; i < 100000; i += 2) word[i] = i % 4 == 1 ? '-' : '.';
    free(terms_of(SX_LANG_EN, word, &n));
    for (size_t i = 0; i < 100000; i++) word[i] = i % 2 ? ',' : '7';
    free(terms_of(SX_LANG_EN, word, &n));
    free(word);
}

static void memory_runs_out(void **state)
{
    (void)state;
    static const char text[] = "The İstanbul contracts, ﬁnal 合同 ｶﾅ Straße 1,000 e\xCC\x81t\xC3\xA9";
    for (long n = 0;; n++) {
        fail_alloc f;
        sx_mem failing;
        fail_alloc_init(&f, &failing, n);
        sx_lexer lexer;
        sx_lexer_init(&lexer, &failing, SX_LANG_EN, true);
        llm_status status = sx_lexer_run(&lexer, text, strlen(text));
        sx_lexer_free(&lexer);
        assert_int_equal(f.held, 0);
        if (status == LLM_OK) break;
        assert_int_equal(status, LLM_E_MEMORY);
        assert_true(n < 1000);
    }
}

int main(void)
{
    sx_mem_init(&mem, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_meet),
        cmocka_unit_test(numbers_and_compounds_meet),
        cmocka_unit_test(scripts_without_spaces),
        cmocka_unit_test(function_words_are_weak),
        cmocka_unit_test(languages_are_told),
        cmocka_unit_test(plain_words_are_words),
        cmocka_unit_test(a_kept_lexer_keeps_languages_apart),
        cmocka_unit_test(any_bytes),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
