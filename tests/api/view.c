/* Views of a corpus, what is said about documents, and corpora of an older release, through the public calls. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static llm_corpus *open_ok(const char *path, uint32_t flags)
{
    llm_error err = LLM_ERROR_INIT;
    llm_corpus_opts opts = LLM_CORPUS_OPTS_INIT;
    llm_corpus *corpus = NULL;
    opts.flags = flags;
    if (llm_corpus_open(&corpus, path, &opts, &err) != LLM_OK) fail_msg("%s", err.message);
    return corpus;
}

static void put(llm_corpus *corpus, const char *name, const char *text, const char *labels)
{
    llm_error err = LLM_ERROR_INIT;
    llm_ingest_opts opts = LLM_INGEST_OPTS_INIT;
    opts.labels = labels;
    if (llm_ingest(corpus, name, text, strlen(text), &opts, &err) != LLM_OK) fail_msg("%s", err.message);
}

static uint32_t count(llm_corpus *corpus)
{
    llm_docs *docs = NULL;
    assert_int_equal(llm_docs_list(&docs, corpus, NULL), LLM_OK);
    uint32_t n = llm_docs_count(docs);
    llm_docs_free(docs);
    return n;
}

static void a_view_is_for_reading(void **state)
{
    (void)state;
    llm_error err = LLM_ERROR_INIT;
    llm_corpus *corpus = open_ok(NULL, 0), *a = NULL, *b = NULL, *none = NULL;
    put(corpus, "open", "For everybody.", NULL);
    put(corpus, "x", "For x.", "x\0");
    put(corpus, "y", "For y or z.", "y\0z\0");
    assert_int_equal(llm_corpus_view(&a, corpus, "x\0y\0", &err), LLM_OK);
    assert_int_equal(llm_corpus_view(&b, a, "y\0w\0", &err), LLM_OK); /* no more than what a holds */
    assert_int_equal(llm_corpus_view(&none, b, "x\0z\0", &err), LLM_OK);
    assert_int_equal(count(corpus), 3);
    assert_int_equal(count(a), 3);
    assert_int_equal(count(b), 2);
    assert_int_equal(count(none), 1);
    const llm_ingest_opts opts = LLM_INGEST_OPTS_INIT;
    assert_int_equal(llm_ingest(a, "n", "text", 4, NULL, &err), LLM_E_READONLY);
    assert_int_equal(llm_remove(a, "open", &err), LLM_E_READONLY);
    assert_int_equal(llm_describe(a, "open", NULL, &opts, &err), LLM_E_READONLY);
    assert_int_equal(llm_corpus_check(a, &err), LLM_E_READONLY); /* its sentence would tell of what is hidden */
    put(corpus, "open", "For everybody, later.", NULL);
    llm_corpus_free(corpus); /* views keep it */
    llm_corpus_free(a);
    llm_tree *tree = NULL;
    assert_int_equal(llm_tree_open(&tree, none, "open", &err), LLM_OK);
    assert_string_equal(llm_tree_text(tree), "For everybody, later.");
    llm_tree_free(tree);
    assert_int_equal(llm_tree_open(&tree, none, "x", &err), LLM_E_NOT_FOUND);
    assert_int_equal(count(b), 2);
    llm_corpus_free(b);
    llm_corpus_free(none);
}

static void what_is_said_stays(void **state)
{
    (void)state;
    llm_error err = LLM_ERROR_INIT;
    llm_corpus *corpus = open_ok(NULL, 0);
    llm_ingest_opts opts = LLM_INGEST_OPTS_INIT;
    llm_docs *docs = NULL;
    opts.folder = "/a//b/";
    opts.labels = "l\0";
    opts.meta = "k=1\0k=2\0";
    assert_int_equal(llm_ingest(corpus, "d", "one", 3, &opts, &err), LLM_OK);
    put(corpus, "d", "two", NULL); /* a new text, nothing said */
    assert_int_equal(llm_docs_list(&docs, corpus, NULL), LLM_OK);
    assert_string_equal(llm_docs_about(docs, 0, 0), "folder=a/b");
    assert_string_equal(llm_docs_about(docs, 0, 1), "label=l");
    assert_string_equal(llm_docs_about(docs, 0, 3), "k=2");
    assert_null(llm_docs_about(docs, 0, 4));
    assert_null(llm_docs_about(docs, 1, 0));
    assert_null(llm_docs_about(NULL, 0, 0));
    llm_docs_free(docs);
    assert_int_equal(llm_describe(corpus, "d", "0", &opts, &err),
                     LLM_E_INVALID); /* folder and meta are the document's */
    opts.folder = "";
    opts.labels = opts.meta = "";
    assert_int_equal(llm_describe(corpus, "d", NULL, &opts, &err), LLM_OK);
    assert_int_equal(llm_docs_list(&docs, corpus, NULL), LLM_OK);
    assert_null(llm_docs_about(docs, 0, 0));
    llm_docs_free(docs);
    llm_corpus_free(corpus);
}

static void copy_file(const char *from, const char *to)
{
    char bytes[4096];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    assert_non_null(in);
    assert_non_null(out);
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, in)) > 0;) assert_int_equal(fwrite(bytes, 1, n, out), n);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

static void keys_are_found(llm_corpus *corpus)
{
    static const char *const questions[] = {"Where do the keys hang?", "What does the giraffe eat?", "钥匙挂在哪里？"};
    static const char *const docs[] = {"a.md", "b.txt", "c.txt"};
    llm_ctx *ctx = NULL;
    assert_int_equal(llm_ctx_create(&ctx, NULL, corpus, NULL, NULL, NULL), LLM_OK);
    for (int i = 0; i < 3; i++) {
        llm_evidence *found = NULL;
        assert_int_equal(llm_retrieve(ctx, questions[i], strlen(questions[i]), NULL, &found), LLM_OK);
        assert_true(llm_evidence_count(found) > 0);
        assert_string_equal(llm_evidence_doc(found, 0), docs[i]);
        llm_evidence_free(found);
    }
    llm_ctx_free(ctx);
}

/* A file that release 0.2 wrote is read as it stands, and becomes one of this release when it is opened for writing. */
static void a_corpus_of_0_2(void **state)
{
    (void)state;
    char golden[512], path[] = "/tmp/sextant-view-XXXXXX";
    const char *source = getenv("SEXTANT_SOURCE");
    llm_error err = LLM_ERROR_INIT;
    assert_non_null(source);
    snprintf(golden, sizeof golden, "%s/tests/golden/corpus-0.2.sextant", source);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    copy_file(golden, path);
    llm_corpus *corpus = open_ok(path, LLM_CORPUS_READONLY), *view = NULL;
    assert_int_equal(count(corpus), 3);
    keys_are_found(corpus);
    if (llm_corpus_check(corpus, &err) != LLM_OK) fail_msg("%s", err.message);
    llm_corpus *writer = open_ok(path, 0);
    put(writer, "a.md", "Now for the board.", "board\0");
    assert_int_equal(llm_corpus_view(&view, corpus, NULL, &err), LLM_OK); /* of the reader, which was there before */
    assert_int_equal(count(view), 2);
    llm_corpus_free(view);
    llm_corpus_free(corpus);
    llm_corpus_free(writer);
    corpus = open_ok(path, 0);
    if (llm_corpus_check(corpus, &err) != LLM_OK) fail_msg("%s", err.message);
    assert_int_equal(count(corpus), 3);
    llm_corpus_free(corpus);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_view_is_for_reading),
        cmocka_unit_test(what_is_said_stays),
        cmocka_unit_test(a_corpus_of_0_2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
