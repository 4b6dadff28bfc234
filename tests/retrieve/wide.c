/* A corpus whose documents are in segments answers as one whose documents are ranked whole; documents come, change and go;
 * readers of the process and of other processes go on while a writer works. */
#include "../engine/fail_alloc.h"
#include "wide_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/wait.h>

static int64_t count_rows(const char *path, const char *table)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    char sql[64];
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return n;
}

static void test_same_as_whole(void **state)
{
    (void)state;
    char path[64];
    llm_error err = {sizeof err, 0, {0}};
    temp_path(path, "wide");
    sx_corpus *whole = open_corpus(NULL, 1 << 30, false), *wide = open_corpus(path, 1, false);
    fill(whole, 0);
    fill(wide, 0);
    assert_int_equal(count_rows(path, "pending"), 0);
    assert_in_range(count_rows(path, "segment"), 1, 14); /* joined by eights */
    expect_same(whole, wide);
    for (int i = 0; i < 2; i++) { /* replace and remove: segments hold them in vain */
        sx_corpus *c = i ? wide : whole;
        ingest(c, "treaty-01.md", 41);
        ingest(c, "violin-07.md", 42);
        assert_int_equal(sx_corpus_remove(c, "ledger-03.md", &err), LLM_OK);
        assert_int_equal(sx_corpus_remove(c, "engine-04.md", &err), LLM_OK);
    }
    expect_same(whole, wide);
    if (sx_corpus_check(wide, &err) != LLM_OK) fail_msg("%s", err.message);
    sx_corpus_close(wide);
    wide = open_corpus(path, 1, true);
    expect_same(whole, wide);
    sx_corpus_close(wide);
    sx_corpus_close(whole);
    assert_int_equal(mem.live_bytes, 0);
}

static const sx_found *find_in(const sx_evidence *e, const sx_found *wanted)
{
    for (uint32_t i = 0; i < e->count; i++)
        if (e->found[i].node == wanted->node && strcmp(e->found[i].tree->name, wanted->tree->name) == 0)
            return &e->found[i];
    return NULL;
}

/* Passages that both find have the same score; most are found by both. */
static void expect_same_scores(sx_corpus *a, sx_corpus *b)
{
    unsigned both = 0, all = 0;
    for (unsigned q = 0; q < 40; q++) {
        char question[128];
        random_state = q * 7 + 1;
        snprintf(question, sizeof question, "What does the %s %s in the year %u with the %s?", nouns[roll(16)],
                 verbs[roll(8)], 1900 + roll(90), nouns[roll(16)]);
        sx_evidence *x = ask_as(a, question, NULL), *y = ask_as(b, question, NULL);
        for (uint32_t i = 0; i < x->count; i++, all++) {
            const sx_found *there = find_in(y, &x->found[i]);
            if (!there) continue;
            both++;
            assert_true(x->found[i].score - there->score < 1e-6 && there->score - x->found[i].score < 1e-6);
        }
        sx_evidence_free(x);
        sx_evidence_free(y);
    }
    assert_true(all > 200 && both * 10 > all * 7);
}

/* More documents than are chosen for a close look, with names that questions say: a passage's score does not hang on where its
 * document stands, nor on where others do. */
static void test_same_scores(void **state)
{
    (void)state;
    char path[64], other[64];
    llm_error err = {sizeof err, 0, {0}};
    temp_path(path, "settled");
    temp_path(other, "half");
    sx_corpus *whole = open_corpus(NULL, 1 << 30, false), *settled = open_corpus(path, 1, false);
    sx_corpus *half = open_corpus(other, 1, false);
    sx_corpus *all[] = {whole, settled, half};
    for (int c = 0; c < 3; c++) {
        for (unsigned from = 0; from < 100; from += DOCS) {
            if (c == 2 && from == 60) { /* from now on they wait */
                sx_corpus_close(half);
                half = all[2] = open_corpus(other, 1 << 30, false);
            }
            fill(all[c], from);
        }
        ingest(all[c], "empty.md", 0);
        assert_int_equal(sx_corpus_ingest(all[c], "treaty-empty.md", "", 0, NULL, &err), LLM_OK);
        assert_int_equal(sx_corpus_remove(all[c], "treaty-17.md", &err), LLM_OK);
        ingest(all[c], "violin-23.md", 423);
    }
    assert_in_range(count_rows(other, "pending"), 40, 50);
    assert_int_equal(count_rows(path, "pending"), 0);
    expect_same_scores(whole, settled);
    expect_same_scores(whole, half);
    expect_same_scores(half, settled);
    for (int c = 0; c < 3; c++) sx_corpus_close(all[c]);
    assert_int_equal(mem.live_bytes, 0);
}

/* What waits when a corpus is closed goes into a segment, if there are any; a single small corpus is left as it is. */
static void test_rest(void **state)
{
    (void)state;
    char path[64];
    temp_path(path, "rest");
    sx_corpus *whole = open_corpus(NULL, 1 << 30, false), *wide = open_corpus(path, 1 << 30, false);
    fill(whole, 0);
    fill(wide, 0);
    int64_t docs = count_rows(path, "document");
    sx_corpus_close(wide);
    assert_int_equal(count_rows(path, "segment"), 0);
    assert_int_equal(count_rows(path, "pending"), docs);
    wide = open_corpus(path, 1, false); /* everything into segments */
    ingest(wide, "more.md", 77);
    ingest(whole, "more.md", 77);
    sx_corpus_close(wide);
    wide = open_corpus(path, 20000, false);
    for (unsigned i = 0; i < 3; i++) {
        char name[32];
        snprintf(name, sizeof name, "late-%u.md", i);
        ingest(wide, name, 80 + i);
        ingest(whole, name, 80 + i);
    }
    assert_true(count_rows(path, "pending") > 0);
    sx_corpus_close(wide);
    assert_int_equal(count_rows(path, "pending"), 0);
    wide = open_corpus(path, 20000, true);
    expect_same(whole, wide);
    sx_corpus_close(wide);
    sx_corpus_close(whole);
    assert_int_equal(mem.live_bytes, 0);
}

/* A corpus of the first form has no segments: it is read as it is, and its documents go into one at the next write. */
static void test_old_form(void **state)
{
    (void)state;
    char path[64];
    temp_path(path, "old");
    sx_corpus *whole = open_corpus(NULL, 1 << 30, false), *old = open_corpus(path, 1 << 30, false);
    fill(whole, 0);
    fill(old, 0);
    sx_corpus_close(old);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "DROP TABLE pending; DROP TABLE tombstone; DROP TABLE segment; DROP TABLE posting;"
                                  "DROP TABLE about; PRAGMA user_version=1",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    old = open_corpus(path, 1, true);
    expect_same(whole, old);
    sx_corpus_close(old);
    old = open_corpus(path, 1, false);
    expect_same(whole, old);
    ingest(old, "new.md", 77);
    ingest(whole, "new.md", 77);
    assert_int_equal(count_rows(path, "pending"), 0);
    expect_same(whole, old);
    sx_corpus_close(old);
    sx_corpus_close(whole);
}

static llm_status all_of_it(sx_mem *with)
{
    llm_error err = {sizeof err, 0, {0}};
    sx_corpus *corpus = NULL;
    sx_evidence *found = NULL;
    const sx_corpus_params params = {.pending_bytes = 1};
    static const char text[] = "# Fees\n\nThe fee is ten euros.\n\nIt is due in May.\n";
    llm_status status = sx_corpus_open(&corpus, with, NULL, &params, &err);
    for (int i = 0; i < 9 && status == LLM_OK; i++) {
        char name[8];
        snprintf(name, sizeof name, "%d.md", i % 8);
        status = sx_corpus_ingest(corpus, name, text, sizeof text - 1 - (size_t)i, NULL, &err);
    }
    if (status == LLM_OK) status = sx_retrieve(&found, corpus, "When is the fee due?", 20, NULL, with, &err);
    if (status == LLM_OK) assert_true(found->count > 0);
    sx_evidence_free(found);
    sx_corpus_close(corpus);
    return status;
}

/* Any allocation may fail: nothing leaks, and what was written stands. A segment that could not be made waits. */
static void test_no_memory(void **state)
{
    (void)state;
    llm_status status = LLM_E_MEMORY;
    for (long n = 0, step = 1; status == LLM_E_MEMORY || n < 3000; n += step) {
        fail_alloc f;
        sx_mem small;
        fail_alloc_init(&f, &small, n);
        status = all_of_it(&small);
        assert_int_equal(small.live_bytes, 0);
        assert_true(n < 40000);
        step = 1 + n / 40;
    }
    assert_int_equal(status, LLM_OK);
}

/* ---- many readers, one writer ---- */

typedef struct {
    sx_corpus *corpus;
    atomic_int stop;
    atomic_uint asked;
} shared;

static void *asker(void *arg)
{
    shared *s = arg;
    for (unsigned i = 0; !atomic_load(&s->stop); i++) {
        sx_evidence *found = NULL;
        llm_error err = {sizeof err, 0, {0}};
        const char *question = questions[i % 6];
        static const sx_retrieve_params as[] = {
            {0}, {.filter = "bytes > 0"}, {.labels = "red\0"}, {0}, {.filter = "nodes > 1"}};
        if (sx_retrieve(&found, s->corpus, question, strlen(question), &as[i % 5], &mem, &err) != LLM_OK)
            return "retrieve failed";
        if (!found->count) return "nothing was found";
        for (uint32_t k = 0; k < found->count; k++)
            if (found->found[k].node >= found->found[k].tree->count) return "a node beyond its tree";
        sx_evidence_free(found);
        atomic_fetch_add(&s->asked, 1);
    }
    return NULL;
}

/* A check beside a writer finds nothing, or says that it could not keep up. */
static void *checker(void *arg)
{
    shared *s = arg;
    while (!atomic_load(&s->stop)) {
        llm_error err = {sizeof err, 0, {0}};
        llm_status status = sx_corpus_check(s->corpus, &err);
        if (status != LLM_OK && !(status == LLM_E_IO && strstr(err.message, "faster"))) return "a check found damage";
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    char path[64];
    temp_path(path, "threads");
    shared s = {.corpus = open_corpus(path, 2000, false)};
    atomic_init(&s.stop, 0);
    atomic_init(&s.asked, 0);
    fill(s.corpus, 0);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) assert_int_equal(pthread_create(&threads[i], NULL, i ? asker : checker, &s), 0);
    for (unsigned i = 0; i < 30 || (atomic_load(&s.asked) < 40 && i < 2000); i++) {
        char name[32];
        snprintf(name, sizeof name, "more-%u.md", i % 12);
        if (i % 7 == 6)
            sx_corpus_remove(s.corpus, name, NULL);
        else
            ingest(s.corpus, name, 100 + i);
    }
    atomic_store(&s.stop, 1);
    for (int i = 0; i < 3; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        if (failed) fail_msg("%s", (const char *)failed);
    }
    llm_error err = {sizeof err, 0, {0}};
    if (sx_corpus_check(s.corpus, &err) != LLM_OK) fail_msg("%s", err.message);
    sx_corpus_close(s.corpus);
    assert_int_equal(mem.live_bytes, 0);
}

/* Readers of other processes ask while this one writes and one of the readers' writers is killed; at the end all is sound. */
static void test_processes(void **state)
{
    (void)state;
    char path[64];
    temp_path(path, "processes");
    sx_corpus *corpus = open_corpus(path, 2000, false);
    fill(corpus, 0);
    sx_corpus_close(corpus);
    pid_t readers[2], writer;
    for (int i = 0; i < 2; i++)
        if ((readers[i] = fork()) == 0) {
            sx_corpus *c = open_corpus(path, 2000, i == 0);
            for (unsigned k = 0; k < 25; k++) {
                const char *question = questions[k % 6];
                sx_evidence *found = NULL;
                if (sx_retrieve(&found, c, question, strlen(question), NULL, &mem, NULL) != LLM_OK || !found->count)
                    _exit(1);
                sx_evidence_free(found);
            }
            sx_corpus_close(c);
            _exit(0);
        }
    if ((writer = fork()) == 0) {
        sx_corpus *c = open_corpus(path, 2000, false);
        for (unsigned i = 0;; i++) {
            char name[32];
            snprintf(name, sizeof name, "theirs-%u.md", i % 9);
            ingest(c, name, 300 + i);
        }
    }
    corpus = open_corpus(path, 2000, false);
    for (unsigned i = 0; i < 20; i++) {
        char name[32];
        snprintf(name, sizeof name, "ours-%u.md", i % 7);
        ingest(corpus, name, 200 + i);
    }
    kill(writer, SIGKILL);
    waitpid(writer, NULL, 0);
    for (int i = 0; i < 2; i++) {
        int how;
        waitpid(readers[i], &how, 0);
        assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    }
    llm_error err = {sizeof err, 0, {0}};
    if (sx_corpus_check(corpus, &err) != LLM_OK) fail_msg("%s", err.message);
    sx_corpus_close(corpus);
}

int main(void)
{
    sx_mem_init(&mem, NULL);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_as_whole), cmocka_unit_test(test_same_scores),
                                       cmocka_unit_test(test_rest),          cmocka_unit_test(test_old_form),
                                       cmocka_unit_test(test_no_memory),     cmocka_unit_test(test_threads),
                                       cmocka_unit_test(test_processes)};
    return cmocka_run_group_tests(tests, NULL, remove_temp);
}
