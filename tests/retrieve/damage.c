/* A corpus that was damaged: the check names every part, and nothing else; what is made of documents is searched around, the
 * same as if the index had never been, and made anew by the next who writes. */
#include "../engine/fail_alloc.h"
#include "../store/lost_power.h"
#include "wide_fixture.h"

#include <sqlite3.h>

#include "platform/log.h"
#include "platform/map.h"

/* ---- what is told ---- */

static char told[64][504];
static unsigned n_told;

static void hear(void *user, int32_t level, const char *message)
{
    (void)user;
    if (level == LLM_LOG_WARN && n_told < 64) snprintf(told[n_told++], sizeof told[0], "%s", message);
}

static unsigned told_of(const char *word)
{
    unsigned n = 0;
    for (unsigned i = 0; i < n_told; i++) n += strstr(told[i], word) != NULL;
    return n;
}

static sx_corpus *open_heard(const char *path, bool readonly, uint64_t cache)
{
    static sx_log log;
    const llm_logger logger = {sizeof logger, 0, NULL, hear};
    sx_corpus *corpus = NULL;
    llm_error err = {sizeof err, 0, {0}};
    sx_log_init(&log, &logger);
    n_told = 0;
    const sx_corpus_params params = {.pending_bytes = 4000, .readonly = readonly, .cache_bytes = cache, .log = &log};
    if (sx_corpus_open(&corpus, &mem, path, &params, &err) != LLM_OK) fail_msg("%s", err.message);
    return corpus;
}

/* ---- damage ---- */

static int64_t ask_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    int64_t value = -1;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK) fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) value = sqlite3_column_int64(stmt, 0);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return value;
}

static void run_sql(const char *path, const char *sql)
{
    (void)ask_sql(path, sql);
}

/* Turns a bit of a row of the index, and makes its sum fit again when it is to look right. */
static void turn_bit(const char *path, int64_t row, size_t at, bool fits)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    unsigned char bytes[70000];
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT data FROM posting WHERE id=?1", -1, &stmt, NULL), SQLITE_OK);
    sqlite3_bind_int64(stmt, 1, row);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    size_t n = (size_t)sqlite3_column_bytes(stmt, 0);
    assert_true(n > 0 && n < sizeof bytes);
    memcpy(bytes, sqlite3_column_blob(stmt, 0), n);
    sqlite3_finalize(stmt);
    bytes[at % n] ^= 0x10;
    const char *sql = fits ? "UPDATE posting SET data=?1,sum=?3 WHERE id=?2" : "UPDATE posting SET data=?1 WHERE id=?2";
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    sqlite3_bind_blob(stmt, 1, bytes, (int)n, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 2, row);
    if (fits) sqlite3_bind_int64(stmt, 3, (int64_t)(sx_sum64(bytes, n, (uint64_t)row) >> 1));
    assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

/* ---- a corpus to be damaged, again and again ---- */

static char path[64], pristine[64];
static sx_corpus *whole;

static void copy_file(const char *from, const char *to)
{
    static unsigned char bytes[1 << 22];
    FILE *f = fopen(from, "rb");
    assert_non_null(f);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    f = fopen(to, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

static int setup(void **state)
{
    (void)state;
    lp_install(); /* nothing waits for the disk */
    temp_path(path, "corpus");
    temp_path(pristine, "pristine");
    sx_corpus *corpus = open_corpus(pristine, 4000, false);
    whole = open_corpus(NULL, 1 << 30, false);
    for (int i = 0; i < 2; i++) {
        sx_corpus *c = i ? corpus : whole;
        fill(c, 0);
        ingest(c, "treaty-01.md", 41);
        assert_int_equal(sx_corpus_remove(c, "ledger-03.md", NULL), LLM_OK);
    }
    sx_corpus_close(corpus);
    assert_true(ask_sql(pristine, "SELECT count(*) FROM segment") >= 2);
    assert_true(ask_sql(pristine, "SELECT count(*) FROM tombstone") >= 1);
    return 0;
}

static int teardown(void **state)
{
    sx_corpus_close(whole);
    assert_int_equal(mem.live_bytes, 0);
    return remove_temp(state);
}

static void restore(void)
{
    char log[80];
    copy_file(pristine, path);
    snprintf(log, sizeof log, "%s-wal", path);
    remove(log);
}

static void expect_proof(sx_corpus *corpus, llm_status want, const char *word)
{
    llm_error err = {sizeof err, 0, {0}};
    n_told = 0;
    llm_status status = sx_corpus_check(corpus, &err);
    if (status != want || (word && !strstr(err.message, word))) fail_msg("%d: %s", status, err.message);
}

/* The check names it, the search goes round it, and the next writer mends it. searched: before the check already. */
static void expect_mended(const char *word, bool searched)
{
    sx_corpus *corpus = open_heard(path, true, 4 << 20);
    if (searched) expect_same(whole, corpus);
    expect_proof(corpus, LLM_E_CORRUPT, "damaged");
    assert_true(told_of(word) >= 1);
    expect_same(whole, corpus);
    sx_corpus_close(corpus);
    corpus = open_heard(path, false, 4 << 20);
    expect_proof(corpus, LLM_E_CORRUPT, "damaged");
    sx_corpus_close(corpus);
    corpus = open_heard(path, true, 4 << 20);
    expect_proof(corpus, LLM_OK, NULL);
    assert_int_equal(n_told, 0);
    expect_same(whole, corpus);
    sx_corpus_close(corpus);
}

/* Every row of every segment: its bytes turned, the row gone, or another that looks right. */
static void test_every_row(void **state)
{
    (void)state;
    static int64_t rows[256];
    size_t n = 0;
    for (int64_t row = -1; n < 256; rows[n++] = row) {
        char sql[96];
        snprintf(sql, sizeof sql, "SELECT id FROM posting WHERE id>%lld ORDER BY id LIMIT 1", (long long)row);
        if ((row = ask_sql(pristine, sql)) < 0) break;
    }
    assert_in_range(n, 8, 255);
    for (size_t i = 0; i < n; i++) {
        char sql[96];
        restore();
        if (i % 3 == 1) {
            snprintf(sql, sizeof sql, "DELETE FROM posting WHERE id=%lld", (long long)rows[i]);
            run_sql(path, sql);
        } else {
            turn_bit(path, rows[i], i * 7919, false);
        }
        expect_mended("segment ", true);
    }
}

/* What looks right row by row is held against the text of the documents. */
static void test_postings_against_text(void **state)
{
    (void)state;
    int64_t first = ask_sql(pristine, "SELECT min(id) FROM posting"),
            n = ask_sql(pristine, "SELECT count(*) FROM posting");
    unsigned caught = 0, turned = 0;
    for (int64_t row = 1; row < n && row < 12; row++) {
        char sql[96];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM posting WHERE id=%lld AND length(data)>0",
                 (long long)first + row);
        if (ask_sql(pristine, sql) != 1) continue;
        for (size_t at = 0; at < 12; at++, turned++) {
            restore();
            turn_bit(path, first + row, at * 101 + 5, true);
            sx_corpus *corpus = open_heard(path, true, 4 << 20);
            llm_error err = {sizeof err, 0, {0}};
            llm_status status = sx_corpus_check(corpus, &err);
            assert_true(status == LLM_OK || status == LLM_E_CORRUPT);
            if (status == LLM_E_CORRUPT) expect_same(whole, corpus); /* from now on it is gone round */
            caught += status == LLM_E_CORRUPT;
            sx_corpus_close(corpus);
        }
    }
    print_message("%u of %u turned bits changed what the index says\n", caught, turned);
    assert_true(turned > 20 && caught * 10 >= turned * 9); /* the others are of bounds and of bits that nothing reads */
}

/* Two segments, two documents: all are named. */
static void test_all_are_named(void **state)
{
    (void)state;
    restore();
    run_sql(path, "UPDATE posting SET sum=sum+1 WHERE id%16777216=0");
    run_sql(path, "UPDATE section SET data=zeroblob(10) WHERE part=0 AND doc IN (SELECT id FROM document WHERE name IN "
                  "('comet-11.md','violin-07.md'))");
    int64_t segments = ask_sql(path, "SELECT count(*) FROM segment");
    sx_corpus *corpus = open_heard(path, true, 4 << 20);
    expect_proof(corpus, LLM_E_CORRUPT, "2 of 19 documents are lost: comet-11.md, violin-07.md");
    assert_int_equal(told_of("segment "), segments);
    assert_int_equal(told_of("comet-11.md"), 1);
    assert_int_equal(told_of("violin-07.md"), 1);
    sx_tree *tree = NULL;
    llm_error err = {sizeof err, 0, {0}};
    assert_int_equal(sx_corpus_tree(corpus, "bridge-12.md", NULL, &tree, &err), LLM_OK);
    sx_tree_unref(tree);
    sx_evidence *found = NULL; /* a lost document is not passed over in silence */
    assert_int_equal(sx_retrieve(&found, corpus, questions[0], strlen(questions[0]), NULL, &mem, &err), LLM_E_CORRUPT);
    assert_true(strstr(err.message, "comet-11.md") || strstr(err.message, "violin-07.md"));
    sx_corpus_close(corpus);
    corpus = open_heard(path, false, 4 << 20); /* what is sound is indexed anew though some of it is lost */
    ingest(corpus, "more.md", 77);
    expect_proof(corpus, LLM_E_CORRUPT, "2 of 20 documents are lost: comet-11.md, violin-07.md");
    assert_int_equal(told_of("segment "), 0);
    assert_int_equal(ask_sql(path, "SELECT count(*) FROM pending"), 2);
    assert_int_equal(sx_corpus_remove(corpus, "comet-11.md", &err), LLM_OK);
    ingest(corpus, "violin-07.md", 7);
    expect_proof(corpus, LLM_OK, NULL);
    sx_corpus_close(corpus);
    corpus = open_heard(path, true, 4 << 20);
    expect_proof(corpus, LLM_OK, NULL);
    sx_corpus_close(corpus);
}

/* A lost document is one line, whatever the index says of it. */
static void test_lost_document(void **state)
{
    (void)state;
    restore();
    run_sql(path, "UPDATE section SET data=zeroblob(10) WHERE part=1 AND doc=(SELECT id FROM document WHERE "
                  "name='comet-11.md')");
    sx_corpus *corpus = open_heard(path, true, 4 << 20);
    expect_proof(corpus, LLM_E_CORRUPT, "1 of 19 documents is lost: comet-11.md; ");
    assert_int_equal(n_told, 1);
    sx_corpus_close(corpus);
}

/* Turns a bit in a part of a document, with a sum that fits: hashes alone can tell. */
static void forge(int part, size_t at)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    unsigned char bytes[70000], sum[8];
    uint64_t seed = 0;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT s.data,d.hash FROM section s JOIN document d ON d.id=s.doc WHERE "
                                        "d.name='comet-11.md' AND s.part=?1",
                                        -1, &stmt, NULL),
                     SQLITE_OK);
    sqlite3_bind_int(stmt, 1, part);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    size_t n = (size_t)sqlite3_column_bytes(stmt, 0);
    assert_in_range(n, 8, sizeof bytes);
    memcpy(bytes, sqlite3_column_blob(stmt, 0), n);
    const unsigned char *hash = sqlite3_column_blob(stmt, 1);
    for (int i = 0; i < 8; i++) seed |= (uint64_t)hash[i] << (8 * i);
    sqlite3_finalize(stmt);
    bytes[at % n] ^= 1;
    uint64_t now = sx_sum64(bytes, n, seed + (uint64_t)part + 1);
    for (int i = 0; i < 8; i++) sum[i] = (unsigned char)(now >> (8 * i));
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "UPDATE section SET data=?1,hash=?2 WHERE part=?3 AND doc=(SELECT id FROM "
                                        "document WHERE name='comet-11.md')",
                                        -1, &stmt, NULL),
                     SQLITE_OK);
    sqlite3_bind_blob(stmt, 1, bytes, (int)n, SQLITE_STATIC);
    sqlite3_bind_blob(stmt, 2, sum, sizeof sum, SQLITE_STATIC);
    sqlite3_bind_int(stmt, 3, part);
    assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

/* Text, tree and index of a document against their hashes, and all against the list of documents. */
static void test_hashes(void **state)
{
    (void)state;
    static const char *const lists[] = {"UPDATE document SET bytes=bytes+1 WHERE name='comet-11.md'",
                                        "UPDATE document SET nodes=nodes+1 WHERE name='comet-11.md'",
                                        "UPDATE document SET hash=randomblob(32) WHERE name='comet-11.md'",
                                        "UPDATE document SET hash=x'00' WHERE name='comet-11.md'"};
    for (size_t i = 0; i < 12; i++) {
        restore();
        forge((int)(i % 3), 7 + i * 211);
        sx_corpus *corpus = open_heard(path, true, 4 << 20);
        expect_proof(corpus, LLM_E_CORRUPT, "1 of 19 documents is lost: comet-11.md; ");
        assert_int_equal(n_told, 1);
        sx_corpus_close(corpus);
    }
    for (size_t i = 0; i < 4; i++) {
        restore();
        run_sql(path, lists[i]);
        sx_corpus *corpus = open_heard(path, true, 4 << 20);
        expect_proof(corpus, LLM_E_CORRUPT, "1 of 19 documents is lost: comet-11.md; ");
        sx_corpus_close(corpus);
    }
}

/* The tables that say what stands where. */
static void test_tables(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *word;
        bool searched; /* the search is right without the check */
    } cases[] = {
        {"UPDATE segment SET units=units+1", "segment ", true},
        {"DELETE FROM document WHERE name='comet-11.md'", "not there", false},
        {"INSERT INTO pending SELECT id FROM document WHERE name='comet-11.md'", "another place of the index", false},
        {"DELETE FROM segment WHERE id=(SELECT max(id) FROM segment)", "does not know of document", false},
        {"INSERT INTO pending VALUES(99999)", "table pending has 1 row too many", true},
        {"INSERT INTO about VALUES(99999,1,x'00')", "table about has 1 row too many", true},
        {"INSERT INTO posting VALUES(99999*16777216,0,x'00')", "table posting has 1 row too many", true},
        {"INSERT INTO section VALUES(99999,0,x'00',x'00')", "table section has 1 row too many", true},
        {"INSERT INTO tombstone VALUES(99999)", "said to be gone", true},
        {"INSERT INTO tombstone SELECT id FROM document WHERE name='comet-11.md'", "table tombstone has 1 row", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        restore();
        run_sql(path, cases[i].sql);
        if (i == 1) { /* the document is gone for good; what is left is a corpus without it */
            run_sql(path, "DELETE FROM section WHERE doc NOT IN (SELECT id FROM document)");
            sx_corpus *without = whole;
            whole = open_corpus(NULL, 1 << 30, false);
            fill(whole, 0);
            ingest(whole, "treaty-01.md", 41);
            assert_int_equal(sx_corpus_remove(whole, "ledger-03.md", NULL), LLM_OK);
            assert_int_equal(sx_corpus_remove(whole, "comet-11.md", NULL), LLM_OK);
            expect_mended(cases[i].word, true);
            sx_corpus_close(whole);
            whole = without;
            continue;
        }
        expect_mended(cases[i].word, cases[i].searched);
    }
}

/* Too much to be ranked whole: the question is refused with what to do, and the next writer mends it all the same. */
static void test_too_much(void **state)
{
    (void)state;
    restore();
    run_sql(path, "UPDATE posting SET sum=sum+1 WHERE id%16777216=0");
    sx_corpus *corpus = open_heard(path, true, 100000);
    sx_evidence *found = NULL;
    llm_error err = {sizeof err, 0, {0}};
    assert_int_equal(sx_retrieve(&found, corpus, questions[0], strlen(questions[0]), NULL, &mem, &err), LLM_E_CORRUPT);
    assert_non_null(strstr(err.message, "the documents are whole"));
    const sx_retrieve_params one = {.doc = "comet-11.md"};
    sx_evidence_free(ask_as(corpus, questions[0], &one)); /* one document needs no index */
    sx_corpus_close(corpus);
    corpus = open_heard(path, false, 100000);
    ingest(corpus, "more.md", 77);
    expect_proof(corpus, LLM_OK, NULL);
    sx_corpus_close(corpus);
}

/* ---- pages ---- */

static llm_status compare_doc(void *user, const sx_doc_info *doc)
{
    sx_corpus *corpus = user;
    sx_tree *was = NULL, *now = NULL;
    llm_error err = {sizeof err, 0, {0}};
    assert_int_equal(sx_corpus_tree(whole, doc->name, NULL, &was, &err), LLM_OK);
    llm_status status = sx_corpus_tree(corpus, doc->name, NULL, &now, &err);
    if (status == LLM_OK) {
        assert_int_equal(now->text_len, was->text_len);
        assert_memory_equal(now->text, was->text, was->text_len);
    } else if (status != LLM_E_CORRUPT && status != LLM_E_NOT_FOUND) {
        fail_msg("%d: %s", status, err.message);
    }
    sx_tree_unref(now);
    sx_tree_unref(was);
    return LLM_OK;
}

/* Nothing that it says is wrong. *sound: all is there, and it says so. */
static void expect_honest(sx_corpus *corpus, bool *sound)
{
    llm_error err = {sizeof err, 0, {0}};
    llm_status status = sx_corpus_check(corpus, &err);
    if (status != LLM_OK && status != LLM_E_CORRUPT) fail_msg("%d: %s", status, err.message);
    *sound = status == LLM_OK;
    if (*sound) expect_same(whole, corpus);
    for (int q = 0; q < 2 && !*sound; q++) {
        sx_evidence *x = ask_as(whole, questions[q], NULL), *y = NULL;
        status = sx_retrieve(&y, corpus, questions[q], strlen(questions[q]), NULL, &mem, &err);
        if (status != LLM_OK && status != LLM_E_CORRUPT) fail_msg("%d: %s", status, err.message);
        if (status == LLM_OK) {
            assert_int_equal(x->count, y->count);
            assert_int_equal(x->found[0].node, y->found[0].node);
            assert_string_equal(x->found[0].tree->name, y->found[0].tree->name);
        }
        sx_evidence_free(x);
        sx_evidence_free(y);
    }
    sx_corpus_list(corpus, NULL, compare_doc, corpus, NULL);
}

/* Pages of the file that were never written, or were written by somebody else: whatever still reads is right, whatever does not
 * is told, and to mend it makes nothing worse. */
static void test_every_page(void **state)
{
    (void)state;
    static unsigned char page[4096];
    struct stat st;
    unsigned refused = 0, told_damaged = 0, sound_again = 0, unused = 0;
    assert_int_equal(stat(pristine, &st), 0);
    for (long n = 0; n < st.st_size / 4096; n++) {
        restore();
        FILE *f = fopen(path, "r+b");
        assert_non_null(f);
        for (size_t i = 0; i < sizeof page; i++) page[i] = n % 2 ? (unsigned char)(i * 31) : 0;
        fseek(f, n * 4096 + (n % 3 == 2 ? 2048 : 0), SEEK_SET); /* or half of one */
        assert_int_equal(fwrite(page, 1, n % 3 == 2 ? 2048 : 4096, f), n % 3 == 2 ? 2048 : 4096);
        fclose(f);
        bool sound = false;
        for (int round = 0; round < 3; round++) { /* a reader, a writer, a reader of what the writer left */
            const sx_corpus_params params = {.readonly = round != 1, .cache_bytes = 4 << 20};
            sx_corpus *corpus = NULL;
            llm_error err = {sizeof err, 0, {0}};
            llm_status status = sx_corpus_open(&corpus, &mem, path, &params, &err);
            if (status != LLM_OK) {
                assert_true(status == LLM_E_CORRUPT && strlen(err.message) > 20);
                refused++;
                break;
            }
            bool was = sound;
            expect_honest(corpus, &sound);
            if (round == 0) *(sound ? &unused : &told_damaged) += 1;
            if (round == 2 && was) assert_true(sound);
            if (round == 2 && sound) sound_again++;
            sx_corpus_close(corpus);
        }
    }
    print_message("%u refused, %u told, %u unused, %u sound at the end\n", refused, told_damaged, unused, sound_again);
    assert_true(refused >= 1 && told_damaged > 20 && sound_again >= unused + 6);
}

/* A check is of the file, not of what is in memory since before it was damaged. */
static void test_since_it_was_read(void **state)
{
    (void)state;
    restore();
    sx_corpus *corpus = open_heard(path, true, 4 << 20);
    expect_same(whole, corpus);
    expect_proof(corpus, LLM_OK, NULL);
    turn_bit(path, ask_sql(path, "SELECT max(id)-1 FROM posting"), 5, false);
    expect_proof(corpus, LLM_E_CORRUPT, "segment ");
    expect_same(whole, corpus);
    sx_corpus_close(corpus);
}

/* Who sees a part of the corpus is answered round a damaged segment too. */
static void test_in_part(void **state)
{
    (void)state;
    const sx_retrieve_params part = {.filter = "bytes > 0"};
    restore();
    sx_corpus *corpus = open_heard(path, true, 4 << 20);
    expect_same_as(corpus, &part, whole);
    sx_corpus_close(corpus);
    for (int i = 0; i < 3; i++) {
        int64_t last = ask_sql(pristine, "SELECT max(id) FROM posting WHERE id/16777216=(SELECT min(id) FROM segment)");
        restore();
        turn_bit(path, last - i, 3, false);
        corpus = open_heard(path, true, 4 << 20);
        expect_same_as(corpus, &part, whole);
        assert_true(told_of("segment ") >= 1);
        sx_corpus_close(corpus);
    }
}

/* Asks, proves and mends a damaged corpus. */
static llm_status all_of_it(sx_mem *with, bool readonly)
{
    llm_error err = {sizeof err, 0, {0}};
    sx_corpus *corpus = NULL;
    sx_evidence *found = NULL;
    const sx_corpus_params params = {.pending_bytes = 4000, .readonly = readonly, .cache_bytes = 4 << 20};
    llm_status status = sx_corpus_open(&corpus, with, path, &params, &err);
    if (status == LLM_OK) status = sx_retrieve(&found, corpus, questions[0], strlen(questions[0]), NULL, with, &err);
    sx_evidence_free(found);
    if (status == LLM_OK) status = sx_corpus_check(corpus, &err);
    if (status == LLM_E_CORRUPT) status = LLM_OK;
    if (status == LLM_OK && !readonly) status = sx_corpus_ingest(corpus, "a.md", "# A\n\nB.\n", 9, NULL, &err);
    sx_corpus_close(corpus);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    llm_status status = LLM_E_MEMORY;
    long passed = 0;
    for (long n = 0, step = 1; passed < 4; n += step) {
        fail_alloc f;
        sx_mem small;
        restore();
        run_sql(path, "UPDATE posting SET sum=sum+1 WHERE id=(SELECT max(id) FROM posting)");
        fail_alloc_init(&f, &small, n);
        status = all_of_it(&small, n % 2 == 0);
        if (status != LLM_OK && status != LLM_E_MEMORY) fail_msg("allocation %ld failed: %d", n, status);
        assert_int_equal(small.live_bytes, 0);
        assert_true(n < 400000);
        step = 1 + n / 16;
        passed += status == LLM_OK && n > 2000;
    }
}

int main(void)
{
    sx_mem_init(&mem, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row),
        cmocka_unit_test(test_postings_against_text),
        cmocka_unit_test(test_all_are_named),
        cmocka_unit_test(test_lost_document),
        cmocka_unit_test(test_hashes),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_too_much),
        cmocka_unit_test(test_in_part),
        cmocka_unit_test(test_every_page),
        cmocka_unit_test(test_since_it_was_read),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
