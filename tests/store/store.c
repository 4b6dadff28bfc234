/* The store: documents come, change and go; files of others, of the future, of nobody; damage; two handles at once. */
#include "store_fixture.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "../engine/fail_alloc.h"

static sx_mem mem;

static sx_store *open_ok(const char *path, bool readonly)
{
    sx_store *store = NULL;
    llm_error err = {sizeof err, 0, {0}};
    llm_status status = sx_store_open(&store, &mem, path, readonly, &err);
    if (status != LLM_OK) fail_msg("%s", err.message);
    return store;
}

static void expect_refused(const char *path, bool readonly, llm_status status, const char *word)
{
    sx_store *store = (sx_store *)&mem;
    llm_error err = {sizeof err, 0, {0}};
    assert_int_equal(sx_store_open(&store, &mem, path, readonly, &err), status);
    assert_null(store);
    assert_int_equal(err.code, status);
    if (!strstr(err.message, word)) fail_msg("\"%s\" lacks \"%s\"", err.message, word);
}

static void life_of(sx_store *store)
{
    llm_error err = {sizeof err, 0, {0}};
    doc_list list = {0};
    uint64_t g0, g1, g2;
    assert_int_equal(sx_store_generation(store, &g0, &err), LLM_OK);
    assert_int_equal(put_seeded(store, "b", 1, 1000, &err), LLM_OK);
    assert_int_equal(put_seeded(store, "a", 2, 0, &err), LLM_OK);
    assert_int_equal(put_seeded(store, "ä", 3, 100000, &err), LLM_OK);
    assert_int_equal(sx_store_generation(store, &g1, &err), LLM_OK);
    assert_true(g0 != g1);
    assert_int_equal(sx_store_list(store, collect, &list, &err), LLM_OK);
    assert_int_equal(list.count, 3);
    assert_string_equal(list.names[0], "a");
    assert_string_equal(list.names[1], "b");
    assert_string_equal(list.names[2], "ä");
    for (unsigned i = 0; i < 3; i++) check_seeded(store, &mem, &list.docs[i]);
    int64_t old = list.docs[1].id;
    assert_int_equal(put_seeded(store, "b", 9, 500, &err), LLM_OK);
    void *data;
    size_t size;
    assert_int_equal(sx_store_read(store, old, SX_SECTION_TEXT, &data, &size, &err), LLM_E_NOT_FOUND);
    assert_int_equal(sx_store_remove(store, "a", &err), LLM_OK);
    assert_int_equal(sx_store_remove(store, "a", &err), LLM_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "named a"));
    assert_int_equal(sx_store_generation(store, &g2, &err), LLM_OK);
    assert_true(g2 != g1);
    list.count = 0;
    assert_int_equal(sx_store_list(store, collect, &list, &err), LLM_OK);
    assert_int_equal(list.count, 2);
    assert_int_equal(check_seeded(store, &mem, &list.docs[0]), 9);
    assert_true(list.docs[0].id != old);
    assert_int_equal(sx_store_check(store, &err), LLM_OK);
}

static void test_life(void **state)
{
    (void)state;
    char path[64];
    temp_path(path, "life");
    sx_store *store = open_ok(NULL, false);
    life_of(store);
    sx_store_close(store);
    store = open_ok(path, false);
    life_of(store);
    sx_store_close(store);
    store = open_ok(path, true);
    doc_list list = {0};
    llm_error err = {sizeof err, 0, {0}};
    assert_int_equal(sx_store_list(store, collect, &list, &err), LLM_OK);
    assert_int_equal(list.count, 2);
    assert_int_equal(put_seeded(store, "x", 1, 10, &err), LLM_E_READONLY);
    assert_int_equal(sx_store_remove(store, "b", &err), LLM_E_READONLY);
    assert_int_equal(sx_store_check(store, &err), LLM_OK);
    sx_store_close(store);
    sx_store_close(NULL);
}

static llm_status stop(void *user, const sx_store_doc *doc)
{
    (void)doc;
    ++*(int *)user;
    return LLM_E_USER;
}

static void test_list_stops(void **state)
{
    (void)state;
    llm_error err = {sizeof err, 0, {0}};
    sx_store *store = open_ok(NULL, false);
    int calls = 0;
    put_seeded(store, "a", 1, 1, &err);
    put_seeded(store, "b", 1, 1, &err);
    assert_int_equal(sx_store_list(store, stop, &calls, &err), LLM_E_USER);
    assert_int_equal(calls, 1);
    assert_int_equal(put_seeded(store, "c", 1, 1, &err), LLM_OK);
    sx_store_close(store);
}

static void write_file(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void test_not_ours(void **state)
{
    (void)state;
    char path[64];
    llm_error err = {sizeof err, 0, {0}};
    temp_path(path, "text");
    write_file(
        path,
        "This is a letter, not a corpus, and it is longer than a page header would be, so that SQLite looks at it "
        "well.",
        110);
    expect_refused(path, false, LLM_E_CORRUPT, "not a Sextant corpus");
    expect_refused(path, true, LLM_E_CORRUPT, "not a Sextant corpus");
    temp_path(path, "other.db");
    run_sql(path, "CREATE TABLE recipes(name); INSERT INTO recipes VALUES('soup')");
    expect_refused(path, false, LLM_E_CORRUPT, "not a Sextant corpus");
    run_sql(path, "INSERT INTO recipes SELECT name FROM recipes"); /* untouched and usable */
    temp_path(path, "newer");
    sx_store *store = open_ok(path, false);
    put_seeded(store, "a", 1, 10, &err);
    sx_store_close(store);
    run_sql(path, "PRAGMA user_version=7");
    expect_refused(path, false, LLM_E_VERSION, "newer");
    run_sql(path, "PRAGMA user_version=2");
    sx_store_close(open_ok(path, false));
    run_sql(path, "DROP TABLE section");
    expect_refused(path, false, LLM_E_CORRUPT, "table");
    temp_path(path, "absent");
    expect_refused(path, true, LLM_E_NOT_FOUND, "absent");
    assert_int_equal(access(path, F_OK), -1);
    expect_refused("/tmp", false, LLM_E_IO, "folder");
    expect_refused("/dev/null", false, LLM_E_IO, "regular");
    expect_refused("/absent/folder/corpus", false, LLM_E_NOT_FOUND, "cannot open");
    temp_path(path, "empty");
    write_file(path, "", 0);
    expect_refused(path, true, LLM_E_CORRUPT, "empty");
    sx_store_close(open_ok(path, false)); /* an empty file may become a corpus */
    sx_store_close(open_ok(path, true));
}

static void test_odd_paths(void **state)
{
    (void)state;
    char path[64];
    static const char *const names[] = {"a?mode=memory", "file:x", "a b#c%41", "ü"};
    for (size_t i = 0; i < 4; i++) {
        temp_path(path, names[i]);
        sx_store_close(open_ok(path, false));
        assert_int_equal(access(path, F_OK), 0);
        sx_store_close(open_ok(path, true));
    }
}

/* Folder and file that may not be written to: reading works, also without the log's helpers. */
static void test_readonly_medium(void **state)
{
    (void)state;
    char path[64], folder[64];
    llm_error err = {sizeof err, 0, {0}};
    temp_path(folder, "medium");
    temp_path(path, "medium/corpus");
    assert_int_equal(mkdir(folder, 0755), 0);
    sx_store *store = open_ok(path, false);
    assert_int_equal(put_seeded(store, "a", 4, 5000, &err), LLM_OK);
    sx_store_close(store);
    chmod(path, 0444);
    chmod(folder, 0555);
    store = open_ok(path, true);
    doc_list list = {0};
    assert_int_equal(sx_store_list(store, collect, &list, &err), LLM_OK);
    assert_int_equal(list.count, 1);
    check_seeded(store, &mem, &list.docs[0]);
    sx_store_close(store);
    if (geteuid() != 0) expect_refused(path, false, LLM_E_IO, "permissions");
    chmod(folder, 0755);
    chmod(path, 0644);
}

/* Another handle on the same file stands for another process: it sees commits, and a reader is not blocked. */
static void test_two_handles(void **state)
{
    (void)state;
    char path[64];
    llm_error err = {sizeof err, 0, {0}};
    doc_list list = {0};
    uint64_t before, after;
    temp_path(path, "two");
    sx_store *a = open_ok(path, false), *b = open_ok(path, false);
    assert_int_equal(put_seeded(a, "x", 1, 10, &err), LLM_OK);
    assert_int_equal(sx_store_generation(b, &before, &err), LLM_OK);
    assert_int_equal(put_seeded(a, "x", 2, 20, &err), LLM_OK);
    assert_int_equal(sx_store_generation(b, &after, &err), LLM_OK);
    assert_true(before != after);
    sqlite3 *writer;
    assert_int_equal(sqlite3_open(path, &writer), SQLITE_OK);
    assert_int_equal(sqlite3_exec(writer, "BEGIN IMMEDIATE; DELETE FROM document WHERE 0", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sx_store_list(b, collect, &list, &err), LLM_OK);
    assert_int_equal(list.count, 1);
    assert_int_equal(check_seeded(b, &mem, &list.docs[0]), 2);
    sqlite3_exec(writer, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(writer);
    assert_int_equal(put_seeded(b, "y", 3, 30, &err), LLM_OK);
    list.count = 0;
    assert_int_equal(sx_store_list(a, collect, &list, &err), LLM_OK);
    assert_int_equal(list.count, 2);
    sx_store_close(a);
    sx_store_close(b);
}

/* Wherever a byte of the file is turned, the store opens, lists, reads and checks without a crash, and never hands out a
 * document that differs from what was put. */
static void test_damage(void **state)
{
    (void)state;
    char path[64], copy[64];
    llm_error err = {sizeof err, 0, {0}};
    temp_path(path, "damage");
    temp_path(copy, "damaged");
    sx_store *store = open_ok(path, false);
    for (unsigned i = 0; i < 6; i++) {
        char name[8];
        snprintf(name, sizeof name, "doc%u", i);
        assert_int_equal(put_seeded(store, name, i + 1, 2000 + 3000 * i, &err), LLM_OK);
    }
    sx_store_close(store);
    FILE *f = fopen(path, "rb");
    static unsigned char bytes[1 << 20];
    size_t size = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    assert_true(size > 50000 && size < sizeof bytes);
    unsigned noticed = 0, rounds = 0;
    for (size_t at = 0; at < size; at += 389, rounds++) {
        bool cut = rounds % 40 == 39;
        bytes[at] ^= 0x55;
        write_file(copy, bytes, cut ? at : size);
        bytes[at] ^= 0x55;
        store = NULL;
        bool bad = sx_store_open(&store, &mem, copy, false, &err) != LLM_OK;
        doc_list list = {0};
        if (store) bad |= sx_store_check(store, &err) != LLM_OK;
        if (store && sx_store_list(store, collect, &list, &err) == LLM_OK)
            for (unsigned i = 0; i < list.count; i++)
                for (int part = 0; part < SX_SECTIONS; part++) {
                    void *data;
                    size_t n;
                    if (sx_store_read(store, list.docs[i].id, part, &data, &n, &err) != LLM_OK) continue;
                    const unsigned char *p = data;
                    for (size_t k = 1; k < n; k++) assert_int_equal((unsigned char)(p[k] - p[k - 1]), 7);
                    sx_mem_free(&mem, data);
                }
        noticed += bad;
        sx_store_close(store);
    }
    assert_true(noticed * 10 >= rounds * 7); /* the rest lies in unused space */
}

static void test_no_memory(void **state)
{
    (void)state;
    llm_status status = LLM_E_MEMORY;
    for (long n = 0; status == LLM_E_MEMORY; n++) {
        fail_alloc f;
        sx_mem small;
        sx_store *store = NULL;
        llm_error err = {sizeof err, 0, {0}};
        fail_alloc_init(&f, &small, n);
        status = sx_store_open(&store, &small, NULL, false, &err);
        if (status == LLM_OK) {
            assert_int_equal(put_seeded(store, "a", 1, 10, &err), LLM_OK);
            void *data = NULL;
            size_t size;
            status = sx_store_read(store, 1, SX_SECTION_TEXT, &data, &size, &err);
            sx_mem_free(&small, data);
        }
        sx_store_close(store);
        assert_int_equal(f.held, 0);
    }
    assert_int_equal(status, LLM_OK);
}

/* ---- segments ---- */

static sx_store_state state_of(sx_store *store)
{
    sx_store_state s;
    llm_error err = {sizeof err, 0, {0}};
    if (sx_store_state_read(store, &s, &err) != LLM_OK) fail_msg("%s", err.message);
    return s;
}

static void expect_state(sx_store *store, size_t segments, size_t tombstones, size_t pending)
{
    sx_store_state s = state_of(store);
    assert_int_equal(s.n_segments, segments);
    assert_int_equal(s.n_tombstones, tombstones);
    assert_int_equal(s.n_pending, pending);
    sx_store_state_free(store, &s);
}

static void segments_of(sx_store *store)
{
    llm_error err = {sizeof err, 0, {0}};
    const sx_blob rows[] = {{"first", 5}, {"", 0}, {"third", 5}};
    void *data;
    size_t size;
    assert_int_equal(put_seeded(store, "a", 1, 10, &err), LLM_OK);
    assert_int_equal(put_seeded(store, "b", 2, 10, &err), LLM_OK);
    assert_int_equal(put_seeded(store, "b", 3, 10, &err), LLM_OK); /* replaced while pending: no tombstone */
    expect_state(store, 0, 0, 2);
    sx_store_state s = state_of(store);
    int64_t ids[] = {s.pending[0].id, s.pending[1].id, 999};
    sx_store_fold fold = {.level = 1, .units = 7, .rows = rows, .n_rows = 3, .settled = ids, .n_settled = 3};
    assert_int_equal(sx_store_put_segment(store, &fold, &err), LLM_MORE); /* one of them is not pending */
    expect_state(store, 0, 0, 2);
    fold.n_settled = 2;
    assert_int_equal(sx_store_put_segment(store, &fold, &err), LLM_OK);
    sx_store_state_free(store, &s);
    s = state_of(store);
    assert_true(s.n_segments == 1 && s.segments[0].level == 1 && s.segments[0].units == 7 && s.n_pending == 0);
    int64_t segment = s.segments[0].id;
    sx_store_state_free(store, &s);
    assert_int_equal(sx_store_read_row(store, segment, 2, &data, &size, &err), LLM_OK);
    assert_true(size == 5 && memcmp(data, "third", 5) == 0);
    sx_mem_free(&mem, data);
    assert_int_equal(sx_store_read_row(store, segment, 3, &data, &size, &err), LLM_E_NOT_FOUND);
    assert_int_equal(put_seeded(store, "b", 4, 10, &err), LLM_OK);
    assert_int_equal(sx_store_remove(store, "a", &err), LLM_OK);
    expect_state(store, 1, 2, 1);
    fold = (sx_store_fold){.replaced = &segment, .n_replaced = 1, .unburied = ids, .n_unburied = 2};
    assert_int_equal(sx_store_put_segment(store, &fold, &err), LLM_OK);
    expect_state(store, 0, 0, 1);
    assert_int_equal(sx_store_put_segment(store, &fold, &err), LLM_MORE); /* it is gone */
    assert_int_equal(sx_store_read_row(store, segment, 0, &data, &size, &err), LLM_E_NOT_FOUND);
    sx_store_doc doc;
    assert_int_equal(sx_store_find(store, "b", &doc, &err), LLM_OK);
    int64_t id = doc.id;
    sx_mem_free(&mem, (void *)(uintptr_t)doc.name);
    assert_int_equal(sx_store_get(store, id, &doc, &err), LLM_OK);
    assert_string_equal(doc.name, "b");
    sx_mem_free(&mem, (void *)(uintptr_t)doc.name);
    assert_int_equal(sx_store_find(store, "a", &doc, &err), LLM_E_NOT_FOUND);
    assert_int_equal(sx_store_get(store, ids[0], &doc, &err), LLM_E_NOT_FOUND);
}

static void test_segments(void **state)
{
    (void)state;
    char path[64];
    temp_path(path, "segments");
    sx_store *store = open_ok(NULL, false);
    segments_of(store);
    sx_store_close(store);
    store = open_ok(path, false);
    segments_of(store);
    sx_store_close(store);
    assert_int_equal(mem.live_bytes, 0);
}

/* A row that was changed behind our back is told, not used. */
static void test_damaged_row(void **state)
{
    (void)state;
    char path[64];
    llm_error err = {sizeof err, 0, {0}};
    const sx_blob row = {"bytes", 5};
    const sx_store_fold fold = {.rows = &row, .n_rows = 1};
    void *data;
    size_t size;
    temp_path(path, "damagedrow");
    sx_store *store = open_ok(path, false);
    assert_int_equal(sx_store_put_segment(store, &fold, &err), LLM_OK);
    sx_store_close(store);
    run_sql(path, "UPDATE posting SET data='bites'");
    store = open_ok(path, true);
    assert_int_equal(sx_store_read_row(store, 1, 0, &data, &size, &err), LLM_E_CORRUPT);
    assert_null(data);
    assert_int_equal(sx_store_put_segment(store, &fold, &err), LLM_E_READONLY);
    sx_store_close(store);
}

/* A file of the first form: read as it is, made new by the first who may write. */
static void test_first_form(void **state)
{
    (void)state;
    char path[64];
    temp_path(path, "form1");
    llm_error err = {sizeof err, 0, {0}};
    sx_store *store = open_ok(path, false);
    assert_int_equal(put_seeded(store, "a", 1, 100, &err), LLM_OK);
    assert_int_equal(put_seeded(store, "b", 2, 100, &err), LLM_OK);
    sx_store_close(store);
    run_sql(path, "DROP TABLE pending; DROP TABLE tombstone; DROP TABLE segment; DROP TABLE posting; DROP TABLE about;"
                  "PRAGMA user_version=1");
    store = open_ok(path, true);
    sx_store_state s = state_of(store);
    assert_false(s.has_segments);
    sx_store_state_free(store, &s);
    doc_list list = {0};
    assert_int_equal(sx_store_list(store, collect, &list, &err), LLM_OK);
    assert_int_equal(check_seeded(store, &mem, &list.docs[1]), 2);
    sx_store_close(store);
    store = open_ok(path, false);
    expect_state(store, 0, 0, 2);
    assert_int_equal(put_seeded(store, "b", 3, 100, &err), LLM_OK);
    expect_state(store, 0, 0, 2);
    assert_int_equal(sx_store_check(store, &err), LLM_OK);
    sx_store_close(store);
    assert_int_equal(mem.live_bytes, 0);
}

int main(void)
{
    sx_mem_init(&mem, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_segments),  cmocka_unit_test(test_damaged_row),     cmocka_unit_test(test_first_form),
        cmocka_unit_test(test_life),      cmocka_unit_test(test_list_stops),      cmocka_unit_test(test_not_ours),
        cmocka_unit_test(test_odd_paths), cmocka_unit_test(test_readonly_medium), cmocka_unit_test(test_two_handles),
        cmocka_unit_test(test_damage),    cmocka_unit_test(test_no_memory)};
    int failed = cmocka_run_group_tests(tests, NULL, remove_temp);
    return failed ? failed : mem.live_bytes != 0;
}
