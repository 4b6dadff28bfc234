/* The power fails at any write while documents come, change and go, are folded into segments, and segments are joined: the
 * corpus that is found proves sound, holds each document as it was before the call or after it, whole, and answers as it
 * did then. */
#include "../store/lost_power.h"
#include "wide_fixture.h"

#include "platform/crypto.h"

enum { STEPS = 40 };
#if defined(__SANITIZE_ADDRESS__)
enum { EVERY = 12 }; /* files are copied whole each time, which is slower here */
#else
enum { EVERY = 2 };
#endif

static char folder[64], path[80], image_folder[64], image[80];
static char *states[STEPS];
static const char *const known[] = {"it", "it-wal", "it-journal", NULL};

static llm_status tell(void *user, const sx_doc_info *doc)
{
    char hash[2 * SX_HASH_BYTES + 1];
    sx_hex(hash, doc->hash, SX_HASH_BYTES);
    sx_buf_printf(user, "%s %.16s %s %s\n", doc->name, hash, doc->labels, doc->meta);
    return LLM_OK;
}

/* Its documents, proven, and what it answers. */
static char *all_of(sx_corpus *corpus, size_t at)
{
    llm_error err = {sizeof err, 0, {0}};
    sx_buf told;
    sx_buf_init(&told, &mem, 0);
    if (sx_corpus_check(corpus, &err) != LLM_OK) fail_msg("power lost before write %zu: %s", at, err.message);
    if (sx_corpus_list(corpus, NULL, tell, &told, &err) != LLM_OK) fail_msg("%s", err.message);
    for (int q = 0; q < 2; q++) {
        sx_evidence *found = ask_as(corpus, questions[q], NULL);
        for (uint32_t i = 0; i < found->count && i < 4; i++)
            sx_buf_printf(&told, "%s:%u %.3f\n", found->found[i].tree->name, found->found[i].node,
                          found->found[i].score);
        sx_evidence_free(found);
    }
    char *copy = strdup(told.len ? told.data : "");
    sx_buf_free(&told);
    return copy;
}

static sx_corpus *open_it(const char *which)
{
    return open_corpus(which, 3000, false);
}

static llm_status step(sx_corpus **corpus, int n)
{
    char name[16];
    const sx_ingest_params about = {.labels = "hr\0", .meta = "year=1999\0"};
    if (n == 0 || n == 17) {
        *corpus = open_it(path);
        return LLM_OK;
    }
    if (n == 16 || n == 26) {
        sx_corpus_close(*corpus);
        *corpus = NULL;
        return LLM_OK;
    }
    if (n > 26) return LLM_MORE;
    if (n == 12) return sx_corpus_describe(*corpus, "3.md", NULL, &about, NULL);
    if (n % 5 == 4) {
        snprintf(name, sizeof name, "%d.md", n / 5);
        return sx_corpus_remove(*corpus, name, NULL);
    }
    snprintf(name, sizeof name, "%d.md", n % 7 + n / 9);
    ingest(*corpus, name, (unsigned)n);
    return LLM_OK;
}

static int live(void)
{
    sx_corpus *corpus = NULL;
    int n = 0;
    lp_watch(folder, NULL, NULL, 0);
    for (;; n++) {
        lp_mark(2 * n + 1);
        llm_status status = step(&corpus, n);
        if (status == LLM_MORE) break;
        assert_true(status == LLM_OK || status == LLM_E_NOT_FOUND);
        lp_mark(2 * n + 2);
        states[n + 1] = corpus ? all_of(corpus, 0) : strdup(states[n]);
    }
    lp_stop();
    return n;
}

static int64_t segments_made(const char *of)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_open(of, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT seq FROM sqlite_sequence WHERE name='segment'", -1, &stmt, NULL),
                     SQLITE_OK);
    int64_t n = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return n;
}

static void fail_at(size_t at)
{
    lp_folder names;
    lp_bytes files[LP_FILES];
    int done = lp_marked(at) / 2, begun = (lp_marked(at) + 1) / 2;
    lp_fail(at, &names, files);
    lp_lay_out(image_folder, &names, files, known);
    lp_free(files);
    sx_corpus *corpus = open_it(image);
    char *now = all_of(corpus, at);
    bool before = states[done] && strcmp(now, states[done]) == 0;
    if (!before && strcmp(now, states[begun]) != 0)
        fail_msg("power lost before write %zu: not the state before\n%s\nnor after\n%s\nbut\n%s", at,
                 states[done] ? states[done] : "(none)", states[begun], now);
    free(now);
    ingest(corpus, "again.md", 99);
    sx_corpus_close(corpus);
}

static void test_power(void **state)
{
    (void)state;
    temp_path(folder, "life");
    temp_path(image_folder, "left");
    assert_int_equal(mkdir(folder, 0755), 0);
    assert_int_equal(mkdir(image_folder, 0755), 0);
    snprintf(path, sizeof path, "%s/it", folder);
    snprintf(image, sizeof image, "%s/it", image_folder);
    lp_install();
    lp_seed = 5;
    int steps = live();
    assert_true(lp.n > 400);
    assert_true(segments_made(path) > 9); /* so that some were joined */
    for (size_t at = 1; at <= lp.n; at += 1 + lp_roll(2 * EVERY - 1)) fail_at(at);
    for (int i = 1; i <= steps; i++) free(states[i]);
    lp_end();
    assert_int_equal(mem.live_bytes, 0);
}

int main(void)
{
    sx_mem_init(&mem, NULL);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_power)};
    return cmocka_run_group_tests(tests, NULL, remove_temp);
}
