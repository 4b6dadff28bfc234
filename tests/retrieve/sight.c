/* Who may not see all of a corpus, or asks for a part of it, is answered from its segments as if the rest were not there. */
#include "../engine/fail_alloc.h"
#include "wide_fixture.h"

static const char *const labels_of[] = {NULL, "red\0", "blue\0", "red\0blue\0"};

static void name_of(char name[32], unsigned i)
{
    snprintf(name, 32, "%s-%02u.md", nouns[i % 16], i);
}

/* Every document has a label or two and a number. */
static void fill_labelled(sx_corpus *corpus, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        char name[32], meta[32] = {0};
        name_of(name, i);
        snprintf(meta, sizeof meta - 1, "part=%u", i % 3);
        ingest_as(corpus, name, i, labels_of[i % 4], meta);
    }
}

static bool sees_red(unsigned i)
{
    return i % 4 != 2;
}

static const sx_retrieve_params red = {.labels = "red\0"}, third = {.filter = "part = 1"};
static const sx_retrieve_params red_third = {.labels = "red\0", .filter = "part = 1"}, none = {.filter = "part = 7"};

/* A corpus of those documents alone, ranked whole. */
static sx_corpus *only(unsigned n, bool (*seen)(unsigned))
{
    sx_corpus *corpus = open_corpus(NULL, 1 << 30, false);
    for (unsigned i = 0; i < n; i++) {
        char name[32];
        name_of(name, i);
        if (seen(i)) ingest(corpus, name, i);
    }
    return corpus;
}

static bool is_third(unsigned i)
{
    return i % 3 == 1;
}

static bool is_red_third(unsigned i)
{
    return sees_red(i) && is_third(i);
}

static void check_views(sx_corpus *wide, unsigned n)
{
    sx_corpus *a = only(n, sees_red), *b = only(n, is_third), *c = only(n, is_red_third);
    for (int i = 0; i < 2; i++) { /* the second time from what was kept */
        expect_same_as(wide, &red, a);
        expect_same_as(wide, &third, b);
        expect_same_as(wide, &red_third, c);
    }
    sx_evidence *found = ask_as(wide, questions[0], &none);
    assert_int_equal(found->count, 0);
    sx_evidence_free(found);
    sx_corpus_close(a);
    sx_corpus_close(b);
    sx_corpus_close(c);
}

static void test_views(void **state)
{
    (void)state;
    char path[64];
    temp_path(path, "views");
    sx_corpus *settled = open_corpus(path, 1, false);
    fill_labelled(settled, DOCS);
    check_views(settled, DOCS);
    sx_corpus_close(settled);
    sx_corpus *waiting = open_corpus(path, 1 << 30, false); /* these are in no segment */
    for (unsigned i = DOCS; i < DOCS + 6; i++) {
        char name[32], meta[32] = {0};
        name_of(name, i);
        snprintf(meta, sizeof meta - 1, "part=%u", i % 3);
        ingest_as(waiting, name, i, labels_of[i % 4], meta);
    }
    check_views(waiting, DOCS + 6);
    sx_corpus_close(waiting);
}

/* What changes later shows at once: labels, texts, documents that go. */
static void test_changes(void **state)
{
    (void)state;
    char path[64], name[32];
    temp_path(path, "changes");
    sx_corpus *wide = open_corpus(path, 1, false), *whole = only(DOCS, sees_red);
    fill_labelled(wide, DOCS);
    expect_same_as(wide, &red, whole);
    const sx_ingest_params to_all = {.labels = ""}, to_blue = {.labels = "blue\0"};
    name_of(name, 2); /* blue becomes everybody's */
    assert_int_equal(sx_corpus_describe(wide, name, NULL, &to_all, NULL), LLM_OK);
    ingest(whole, name, 2);
    expect_same_as(wide, &red, whole);
    name_of(name, 5); /* red becomes blue */
    assert_int_equal(sx_corpus_describe(wide, name, NULL, &to_blue, NULL), LLM_OK);
    assert_int_equal(sx_corpus_remove(whole, name, NULL), LLM_OK);
    expect_same_as(wide, &red, whole);
    name_of(name, 9); /* another text */
    ingest(wide, name, 90);
    ingest(whole, name, 90);
    expect_same_as(wide, &red, whole);
    name_of(name, 12);
    assert_int_equal(sx_corpus_remove(wide, name, NULL), LLM_OK);
    assert_int_equal(sx_corpus_remove(whole, name, NULL), LLM_OK);
    expect_same_as(wide, &red, whole);
    sx_corpus_close(wide);
    sx_corpus_close(whole);
}

/* Of some documents a paragraph is hidden: they are there without it. */
static void test_places(void **state)
{
    (void)state;
    char path[64], name[32];
    llm_error err = {sizeof err, 0, {0}};
    temp_path(path, "places");
    sx_corpus *wide = open_corpus(path, 1, false), *whole = open_corpus(NULL, 1 << 30, false);
    const sx_ingest_params to_blue = {.labels = "blue\0"};
    for (unsigned i = 0; i < DOCS; i++) {
        name_of(name, i);
        ingest(wide, name, i);
        if (i % 7 == 3 && sx_corpus_describe(wide, name, "0.0.1", &to_blue, &err) != LLM_OK)
            fail_msg("%s", err.message);
        sx_tree *seen;
        assert_int_equal(sx_corpus_tree(wide, name, "red\0", &seen, NULL), LLM_OK);
        const sx_ingest_params params = {.format = LLM_FORMAT_MARKDOWN};
        assert_int_equal(sx_corpus_ingest(whole, name, seen->text, seen->text_len, &params, NULL), LLM_OK);
        sx_tree_unref(seen);
    }
    expect_same_as(wide, &red, whole);
    sx_corpus_close(wide);
    sx_corpus_close(whole);
}

static void test_no_memory(void **state)
{
    (void)state;
    char path[64];
    temp_path(path, "memory");
    sx_corpus *wide = open_corpus(path, 1, false);
    fill_labelled(wide, DOCS);
    sx_corpus_close(wide);
    llm_status status = LLM_E_MEMORY;
    for (long n = 0; status != LLM_OK; n += 1 + n / 40) {
        fail_alloc f;
        sx_mem small;
        sx_evidence *found = NULL;
        const sx_corpus_params params = {.readonly = true};
        fail_alloc_init(&f, &small, n);
        status = sx_corpus_open(&wide, &small, path, &params, NULL);
        if (status == LLM_OK) {
            status = sx_retrieve(&found, wide, questions[0], strlen(questions[0]), &red_third, &small, NULL);
            sx_evidence_free(found);
            sx_corpus_close(wide);
        }
        assert_int_equal(small.live_bytes, 0);
        assert_true(status == LLM_OK || status == LLM_E_MEMORY);
        assert_true(n < 40000);
    }
}

int main(void)
{
    sx_mem_init(&mem, NULL);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_views), cmocka_unit_test(test_changes),
                                       cmocka_unit_test(test_places), cmocka_unit_test(test_no_memory)};
    return cmocka_run_group_tests(tests, NULL, remove_temp);
}
