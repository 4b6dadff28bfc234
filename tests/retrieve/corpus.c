/* A corpus as its callers see it: documents come, change and go, questions are answered meanwhile, and whatever goes wrong
 * leaves what was there. */
#include "../engine/fail_alloc.h"
#include "../store/store_fixture.h"
#include "tree_check.h"

#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "retrieve/retrieve.h"

static sx_mem mem;

static const char fees[] =
    "# Handbook\n\n## Fees\n\nThe membership fee is ten euros a year. It is due in May.\n\n## Keys\n\n"
    "The keys hang behind the kitchen door.\n";
static const char animals[] =
    "Animals\n=======\n\nThe giraffe eats leaves of acacia trees.\n\nThe penguin dives for krill and fish.\n";

static sx_corpus *open_corpus(const char *path)
{
    sx_corpus *corpus = NULL;
    llm_error err = {sizeof err, 0, {0}};
    if (sx_corpus_open(&corpus, &mem, path, NULL, &err) != LLM_OK) fail_msg("%s", err.message);
    return corpus;
}

static void ingest(sx_corpus *corpus, const char *name, const char *text)
{
    llm_error err = {sizeof err, 0, {0}};
    if (sx_corpus_ingest(corpus, name, text, strlen(text), NULL, &err) != LLM_OK) fail_msg("%s", err.message);
}

/* The document and text of the best evidence; "" without any. */
static void ask(sx_corpus *corpus, const char *question, const char *doc, char name[64], char text[256])
{
    sx_evidence *found = NULL;
    llm_error err = {sizeof err, 0, {0}};
    sx_retrieve_params params = {.doc = doc};
    if (sx_retrieve(&found, corpus, question, strlen(question), &params, &mem, &err) != LLM_OK)
        fail_msg("%s", err.message);
    name[0] = text[0] = '\0';
    if (found->count) {
        const sx_tree *tree = found->found[0].tree;
        const sx_node *node = &tree->nodes[found->found[0].node];
        snprintf(name, 64, "%s", tree->name);
        snprintf(text, 256, "%.*s", (int)(node->end - node->start), tree->text + node->start);
    }
    sx_evidence_free(found);
}

static llm_status count_doc(void *user, const sx_doc_info *doc)
{
    assert_true(doc->nodes > 0);
    ++*(unsigned *)user;
    return LLM_OK;
}

static unsigned count_docs(sx_corpus *corpus)
{
    unsigned n = 0;
    assert_int_equal(sx_corpus_list(corpus, NULL, count_doc, &n, NULL), LLM_OK);
    return n;
}

static void test_ask(void **state)
{
    (void)state;
    char name[64], text[256];
    llm_error err = {sizeof err, 0, {0}};
    sx_corpus *corpus = open_corpus(NULL);
    ask(corpus, "Where are the keys?", NULL, name, text);
    assert_string_equal(name, "");
    ingest(corpus, "handbook.md", fees);
    ingest(corpus, "animals.txt", animals);
    ingest(corpus, "empty.txt", "");
    assert_int_equal(count_docs(corpus), 3);
    ask(corpus, "Where do the keys hang?", NULL, name, text);
    assert_string_equal(name, "handbook.md");
    assert_non_null(strstr(text, "The keys hang behind the kitchen door."));
    ask(corpus, "What does the penguin dive for?", NULL, name, text);
    assert_string_equal(name, "animals.txt");
    assert_non_null(strstr(text, "krill"));
    ask(corpus, "What does the penguin dive for?", "handbook.md", name, text);
    assert_string_not_equal(name, "animals.txt");
    sx_evidence *found;
    sx_retrieve_params params = {.doc = "nothing.md"};
    assert_int_equal(sx_retrieve(&found, corpus, "x", 1, &params, &mem, &err), LLM_E_NOT_FOUND);
    assert_int_equal(sx_retrieve(&found, corpus, "\xFF", 1, NULL, &mem, &err), LLM_E_UTF8);
    assert_int_equal(sx_corpus_remove(corpus, "animals.txt", &err), LLM_OK);
    assert_int_equal(sx_corpus_remove(corpus, "animals.txt", &err), LLM_E_NOT_FOUND);
    ask(corpus, "What does the penguin dive for?", NULL, name, text);
    assert_string_not_equal(name, "animals.txt");
    assert_int_equal(sx_corpus_check(corpus, &err), LLM_OK);
    sx_corpus_close(corpus);
    sx_corpus_close(NULL);
    assert_int_equal(mem.live_bytes, 0);
}

static void test_replace(void **state)
{
    (void)state;
    char path[64], name[64], text[256];
    temp_path(path, "replace");
    sx_corpus *a = open_corpus(path), *b = open_corpus(path);
    ingest(a, "notes.md", "The colour is red.\n");
    ask(b, "Which colour?", NULL, name, text);
    assert_string_equal(text, "The colour is red.");
    sx_tree *held = NULL;
    assert_int_equal(sx_corpus_tree(b, "notes.md", NULL, &held, NULL), LLM_OK);
    ingest(a, "notes.md", "The colour is blue.\n");
    ask(b, "Which colour?", NULL, name, text); /* another handle's change is seen at once */
    assert_string_equal(text, "The colour is blue.");
    assert_string_equal(held->text, "The colour is red.\n"); /* what was handed out stays as it was */
    sx_tree_unref(held);
    assert_int_equal(count_docs(a), 1);
    sx_corpus_close(a);
    sx_corpus_close(b);
    a = open_corpus(path);
    ask(a, "Which colour?", NULL, name, text);
    assert_string_equal(text, "The colour is blue.");
    sx_corpus_close(a);
    assert_int_equal(mem.live_bytes, 0);
}

/* The same text again writes nothing; the same text under another format does. */
static void test_unchanged(void **state)
{
    (void)state;
    char path[64];
    temp_path(path, "unchanged");
    llm_error err = {sizeof err, 0, {0}};
    sx_corpus *corpus = open_corpus(path);
    sqlite3 *db;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT max(id) FROM document", -1, &stmt, NULL), SQLITE_OK);
    int64_t ids[3];
    for (int i = 0; i < 3; i++) {
        const sx_ingest_params as = {.format = i < 2 ? LLM_FORMAT_MARKDOWN : LLM_FORMAT_TEXT};
        assert_int_equal(sx_corpus_ingest(corpus, "a", fees, sizeof fees - 1, &as, &err), LLM_OK);
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        ids[i] = sqlite3_column_int64(stmt, 0);
        sqlite3_reset(stmt);
    }
    assert_true(ids[0] == ids[1] && ids[1] != ids[2]);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    sx_corpus_close(corpus);
}

/* Documents that would take far more than they are long: the caller's limits hold, and what was there stays. */
static void test_limits(void **state)
{
    (void)state;
    llm_error err = {sizeof err, 0, {0}};
    sx_corpus *corpus = NULL;
    sx_buf text;
    const sx_corpus_params params = {.max_nodes = 500};
    sx_buf_init(&text, &mem, 0);
    assert_int_equal(sx_corpus_open(&corpus, &mem, NULL, &params, &err), LLM_OK);
    for (int i = 0; i < 499; i++) sx_buf_str(&text, "a\n\n");
    ingest(corpus, "a.md", "kept");
    for (uint32_t format = LLM_FORMAT_TEXT; format <= LLM_FORMAT_MARKDOWN; format++) {
        const sx_ingest_params as = {.format = format};
        sx_buf_str(&text, "Many. Short. Sentences. Stand. Here. ");
        assert_int_equal(sx_corpus_ingest(corpus, "b.md", text.data, text.len, &as, &err),
                         format == LLM_FORMAT_TEXT ? LLM_OK : LLM_E_LIMIT); /* short lines are joined in plain text */
    }
    assert_non_null(strstr(err.message, "more than 500 places"));
    assert_non_null(strstr(err.message, "max_doc_nodes"));
    const sx_edit edit = {.begin = 4, .end = 4, .text = text.data, .len = text.len};
    assert_int_equal(sx_corpus_edit(corpus, "a.md", &edit, &err), LLM_E_LIMIT);
    sx_tree *tree;
    assert_int_equal(sx_corpus_tree(corpus, "a.md", NULL, &tree, &err), LLM_OK);
    assert_string_equal(tree->text, "kept");
    sx_tree_unref(tree);
    char path[] = "/tmp/sextant-line-XXXXXX"; /* a line of 1 GB, which is not even read */
    int fd = mkstemp(path);
    assert_true(fd >= 0 && ftruncate(fd, (off_t)1 << 30) == 0);
    close(fd);
    assert_int_equal(sx_corpus_ingest_file(corpus, path, "line.txt", NULL, &err), LLM_E_LIMIT);
    assert_non_null(strstr(err.message, "max_doc_bytes"));
    unlink(path);
    sx_buf_free(&text);
    sx_corpus_close(corpus);
}

static void test_refusals(void **state)
{
    (void)state;
    llm_error err = {sizeof err, 0, {0}};
    sx_corpus *corpus = NULL;
    sx_corpus_params params = {.max_doc_bytes = 1000};
    struct llm_cancel cancel;
    const sx_ingest_params odd = {.format = 77}, stopped = {.cancel = &cancel};
    assert_int_equal(sx_corpus_open(&corpus, &mem, NULL, &params, &err), LLM_OK);
    ingest(corpus, "a", "kept");
    assert_int_equal(sx_corpus_ingest(corpus, "a", "caf\xE9 au lait", 12, NULL, &err), LLM_E_UTF8);
    assert_non_null(strstr(err.message, "offset 3"));
    assert_non_null(strstr(err.message, "iconv"));
    char big[1001];
    memset(big, 'x', sizeof big);
    assert_int_equal(sx_corpus_ingest(corpus, "a", big, 1001, NULL, &err), LLM_E_LIMIT);
    assert_int_equal(sx_corpus_ingest(corpus, "b", big, 1000, NULL, &err), LLM_OK);
    assert_int_equal(sx_corpus_ingest(corpus, "", "x", 1, NULL, &err), LLM_E_INVALID);
    assert_int_equal(sx_corpus_ingest(corpus, "\xFF", "x", 1, NULL, &err), LLM_E_INVALID);
    assert_int_equal(sx_corpus_ingest(corpus, "a", "x", 1, &odd, &err), LLM_E_UNSUPPORTED);
    assert_int_equal(sx_corpus_ingest_file(corpus, "/absent/file", NULL, NULL, &err), LLM_E_NOT_FOUND);
    assert_int_equal(sx_corpus_ingest_file(corpus, "/tmp", NULL, NULL, &err), LLM_E_IO);
    atomic_init(&cancel.set, 1);
    assert_int_equal(sx_corpus_ingest(corpus, "a", "other", 5, &stopped, &err), LLM_E_CANCELLED);
    sx_tree *tree;
    assert_int_equal(sx_corpus_tree(corpus, "c", NULL, &tree, &err), LLM_E_NOT_FOUND);
    assert_int_equal(sx_corpus_tree(corpus, "a", NULL, &tree, &err), LLM_OK);
    assert_string_equal(tree->text, "kept");
    sx_tree_unref(tree);
    sx_corpus_close(corpus);
    assert_int_equal(mem.live_bytes, 0);
}

/* A section changed behind our back, hash and all: the check tells, and ingesting the document again heals it. */
static void test_check_and_heal(void **state)
{
    (void)state;
    char path[64];
    llm_error err = {sizeof err, 0, {0}};
    temp_path(path, "heal");
    sx_corpus *corpus = open_corpus(path);
    ingest(corpus, "a.md", fees);
    ingest(corpus, "b.md", animals);
    sx_corpus_close(corpus);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (int part = 0; part < 3; part++) {
        char sql[256];
        snprintf(sql, sizeof sql,
                 "UPDATE section SET data=(SELECT data FROM section WHERE doc=2 AND part=%d),"
                 "hash=(SELECT hash FROM section WHERE doc=2 AND part=%d) WHERE doc=1 AND part=%d",
                 part, part, part);
        if (part == 1) continue; /* the tree stays: text and index are another document's */
        assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    }
    sqlite3_close(db);
    corpus = open_corpus(path);
    sx_tree *tree = NULL;
    assert_int_equal(sx_corpus_check(corpus, &err), LLM_E_CORRUPT);
    assert_non_null(strstr(err.message, "a.md"));
    assert_int_equal(sx_corpus_tree(corpus, "a.md", NULL, &tree, &err), LLM_E_CORRUPT);
    assert_int_equal(sx_corpus_tree(corpus, "b.md", NULL, &tree, &err), LLM_OK);
    sx_tree_unref(tree);
    ingest(corpus, "a.md", fees);
    assert_int_equal(sx_corpus_check(corpus, &err), LLM_OK);
    sx_corpus_close(corpus);
}

static llm_status all_of_it(sx_mem *with)
{
    llm_error err = {sizeof err, 0, {0}};
    sx_corpus *corpus = NULL;
    sx_evidence *found = NULL;
    sx_tree *tree = NULL;
    unsigned n = 0;
    llm_status status = sx_corpus_open(&corpus, with, NULL, NULL, &err);
    if (status == LLM_OK) status = sx_corpus_ingest(corpus, "a.md", fees, sizeof fees - 1, NULL, &err);
    if (status == LLM_OK) status = sx_corpus_ingest(corpus, "b.txt", animals, sizeof animals - 1, NULL, &err);
    if (status == LLM_OK) status = sx_corpus_ingest(corpus, "a.md", animals, sizeof animals - 1, NULL, &err);
    if (status == LLM_OK) status = sx_corpus_ingest(corpus, "a.md", animals, sizeof animals - 1, NULL, &err);
    if (status == LLM_OK) status = sx_corpus_list(corpus, NULL, count_doc, &n, &err);
    if (status == LLM_OK) status = sx_corpus_tree(corpus, "a.md", NULL, &tree, &err);
    sx_tree_unref(tree);
    if (status == LLM_OK) status = sx_retrieve(&found, corpus, "What eats leaves?", 17, NULL, with, &err);
    sx_evidence_free(found);
    if (status == LLM_OK) status = sx_corpus_check(corpus, &err);
    assert_true(status == LLM_OK || err.message[0]);
    sx_corpus_close(corpus);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    llm_status status = LLM_E_MEMORY;
    for (long n = 0; status == LLM_E_MEMORY; n++) {
        fail_alloc f;
        sx_mem small;
        fail_alloc_init(&f, &small, n);
        status = all_of_it(&small);
        assert_int_equal(f.held, 0);
        assert_int_equal(small.live_bytes, 0);
        assert_true(n < 20000);
    }
    assert_int_equal(status, LLM_OK);
}

/* One thread replaces documents while others ask: every answer is of some whole state. */
typedef struct {
    sx_corpus *corpus;
    atomic_int stop;
    atomic_uint asked;
} shared;

static void *asker(void *arg)
{
    shared *s = arg;
    while (!atomic_load(&s->stop)) {
        sx_evidence *found = NULL;
        llm_error err = {sizeof err, 0, {0}};
        if (sx_retrieve(&found, s->corpus, "What is the number of the beast?", 32, NULL, &mem, &err) != LLM_OK)
            return "retrieve failed";
        for (uint32_t i = 0; i < found->count; i++)
            if (found->found[i].node >= found->found[i].tree->count) return "a node beyond its tree";
        sx_evidence_free(found);
        atomic_fetch_add(&s->asked, 1);
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    char path[64];
    temp_path(path, "threads");
    shared s = {.corpus = open_corpus(path)};
    atomic_init(&s.stop, 0);
    atomic_init(&s.asked, 0);
    ingest(s.corpus, "doc0", "The number of the beast is 0.\n");
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) assert_int_equal(pthread_create(&threads[i], NULL, asker, &s), 0);
    for (int i = 0; i < 60 || (atomic_load(&s.asked) < 30 && i < 100000); i++) {
        char name[16], text[128];
        snprintf(name, sizeof name, "doc%d", i % 5);
        snprintf(text, sizeof text, "The number of the beast is %d.\n\nIt has %d legs and a name.\n", i, i * 2);
        if (i % 7 == 6)
            sx_corpus_remove(s.corpus, name, NULL);
        else
            ingest(s.corpus, name, text);
    }
    atomic_store(&s.stop, 1);
    for (int i = 0; i < 3; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        if (failed) fail_msg("%s", (const char *)failed);
    }
    llm_error err = {sizeof err, 0, {0}};
    assert_int_equal(sx_corpus_check(s.corpus, &err), LLM_OK);
    sx_corpus_close(s.corpus);
    assert_int_equal(mem.live_bytes, 0);
}

static void make_text(sx_buf *text, unsigned seed)
{
    sx_buf_clear(text);
    sx_buf_printf(text, "# Document %u\n\n", seed);
    for (unsigned i = 0; i < 40 + seed * 37 % 200; i++)
        sx_buf_printf(text, "Paragraph %u of document %u says that %u is %u.\n\n", i, seed, i * seed, i + seed);
}

/* Killed at any point of an ingest: the corpus proves sound and holds the text from before or after. */
static void test_kill_while_ingesting(void **state)
{
    (void)state;
    char path[64];
    temp_path(path, "killed");
    sx_buf text;
    sx_buf_init(&text, &mem, 0);
    for (int round = 0; round < 25; round++) {
        pid_t child = fork();
        if (child == 0) {
            sx_corpus *corpus = open_corpus(path);
            for (unsigned seed = 1 + (unsigned)round;; seed++) {
                make_text(&text, seed);
                if (sx_corpus_ingest(corpus, seed % 2 ? "a.md" : "b.md", text.data, text.len, NULL, NULL) != LLM_OK)
                    _exit(1);
            }
        }
        usleep((useconds_t)(3000 + round * 7 % 11 * 2900));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        llm_error err = {sizeof err, 0, {0}};
        sx_corpus *corpus = open_corpus(path);
        if (sx_corpus_check(corpus, &err) != LLM_OK) fail_msg("%s", err.message);
        for (int k = 0; k < 2; k++) {
            sx_tree *tree;
            if (sx_corpus_tree(corpus, k ? "a.md" : "b.md", NULL, &tree, NULL) != LLM_OK) continue;
            unsigned seed = (unsigned)strtoul(tree->text + 11, NULL, 10);
            make_text(&text, seed);
            assert_string_equal(tree->text, text.data);
            sx_tree_unref(tree);
        }
        sx_corpus_close(corpus);
    }
    sx_buf_free(&text);
}

/* A long document is read, stored and found again. Heavier under sanitizers, hence not longer. */
static void test_long_document(void **state)
{
    (void)state;
    char name[64], found[256];
    sx_buf text;
    sx_buf_init(&text, &mem, 0);
    for (unsigned i = 0; text.len < 6u << 20; i++) {
        if (i % 50 == 0) sx_buf_printf(&text, "## Chapter %u\n\n", i / 50);
        sx_buf_printf(&text, "Item %u was bought on day %u for %u coins and put on shelf %u.\n\n", i, i % 365,
                      i * 7 % 1000, i % 97);
    }
    sx_buf_str(&text, "## Last\n\nThe zeppelin landed at the harbour.\n");
    sx_corpus *corpus = open_corpus(NULL);
    ingest(corpus, "long.md", text.data);
    ask(corpus, "Where did the zeppelin land?", NULL, name, found);
    assert_non_null(strstr(found, "The zeppelin landed at the harbour."));
    sx_buf_free(&text);
    sx_corpus_close(corpus);
    assert_int_equal(mem.live_bytes, 0);
}

int main(void)
{
    sx_mem_init(&mem, NULL);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ask),
                                       cmocka_unit_test(test_replace),
                                       cmocka_unit_test(test_unchanged),
                                       cmocka_unit_test(test_limits),
                                       cmocka_unit_test(test_refusals),
                                       cmocka_unit_test(test_check_and_heal),
                                       cmocka_unit_test(test_no_memory),
                                       cmocka_unit_test(test_threads),
                                       cmocka_unit_test(test_kill_while_ingesting),
                                       cmocka_unit_test(test_long_document)};
    return cmocka_run_group_tests(tests, NULL, remove_temp);
}
