/* The power fails at any point of any write, and of what was not synced any part may have reached the disk: the store opens
 * with the state before or after, whole; what a call had reported as done is there; and it fails no more when the power
 * fails again while it mends itself. The same of the sealed table of the vault. */
#include "store_fixture.h"

#include "platform/buf.h"
#include "platform/crypto.h"
#include "store/inner.h"
#include "store/kv.h"

#include "lost_power.h"

static sx_mem mem;

enum { STEPS = 20, AGAIN = 4000 };

static char folder[64], file[64], image_folder[64], image_file[64];
static char *states[STEPS]; /* what the store told after each step */

static const char *const known[] = {"it", "it-wal", "it-journal", NULL};

/* ---- what a store tells of itself ---- */

static llm_status tell_doc(void *user, const sx_store_doc *doc)
{
    sx_buf *told = user;
    if (strcmp(doc->name, "again") == 0) return LLM_OK;
    sx_buf_printf(told, "%s=%lld:%u:%llu about %zu:%u\n", doc->name, (long long)doc->id, doc->nodes,
                  (unsigned long long)doc->bytes, doc->about_size, doc->revision);
    return LLM_OK;
}

static void tell_rows(sx_store *store, const sx_store_segment *segment, sx_buf *told)
{
    llm_status status = LLM_OK;
    for (uint32_t row = 0; status == LLM_OK; row++) {
        void *data;
        size_t size;
        llm_error err = {sizeof err, 0, {0}};
        status = sx_store_read_row(store, segment->id, row, &data, &size, &err);
        if (status == LLM_E_NOT_FOUND) break;
        if (status != LLM_OK) fail_msg("%s", err.message);
        const unsigned char *bytes = data;
        for (size_t i = 1; i < size; i++) assert_int_equal((unsigned char)(bytes[i] - bytes[i - 1]), 3);
        sx_buf_printf(told, " row %zu:%u", size, size ? bytes[0] : 0u);
        sx_mem_free(&mem, data);
    }
}

static llm_status check_doc(void *user, const sx_store_doc *doc)
{
    return collect(user, doc);
}

/* Everything, every byte proven. */
static char *all_of(sx_store *store)
{
    llm_error err = {sizeof err, 0, {0}};
    sx_buf told;
    sx_store_state s;
    doc_list list = {0};
    sx_buf_init(&told, &mem, 0);
    if (sx_store_check(store, &err) != LLM_OK) fail_msg("%s", err.message);
    if (sx_store_list(store, tell_doc, &told, &err) != LLM_OK) fail_msg("%s", err.message);
    assert_int_equal(sx_store_list(store, check_doc, &list, &err), LLM_OK);
    for (unsigned i = 0; i < list.count; i++) check_seeded(store, &mem, &list.docs[i]);
    if (sx_store_state_read(store, &s, &err) != LLM_OK) fail_msg("%s", err.message);
    for (size_t i = 0; i < s.n_segments; i++) {
        sx_buf_printf(&told, "segment %lld:%u", (long long)s.segments[i].id, s.segments[i].units);
        tell_rows(store, &s.segments[i], &told);
    }
    for (size_t i = 0; i < s.n_tombstones; i++) sx_buf_printf(&told, " dead %lld", (long long)s.tombstones[i]);
    for (size_t i = 0; i < s.n_pending; i++)
        if (strcmp(s.pending[i].name, "again") != 0) sx_buf_printf(&told, " waits %s", s.pending[i].name);
    sx_store_state_free(store, &s);
    char *copy = strdup(told.len ? told.data : "");
    sx_buf_free(&told);
    return copy;
}

/* ---- a life of it ---- */

/* What takes four megabytes of log in life takes a few pages here: the log is folded into the file and written from its
 * beginning again, over what it held. */
static sx_store *open_store(const char *path)
{
    llm_error err = {sizeof err, 0, {0}};
    sx_store *store;
    if (sx_store_open(&store, &mem, path, false, &err) != LLM_OK) fail_msg("%s", err.message);
    sx_sql_exec(store->writer->db, "PRAGMA wal_autocheckpoint=12");
    return store;
}

static int64_t id_of(sx_store *store, const char *name)
{
    sx_store_doc doc;
    if (sx_store_find(store, name, &doc, NULL) != LLM_OK) return 0;
    sx_mem_free(&mem, (void *)(uintptr_t)doc.name);
    return doc.id;
}

static llm_status put_segment(sx_store *store, const char *a, const char *b, int64_t replaced, unsigned seed)
{
    static unsigned char bytes[12000];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(seed + i * 3);
    const sx_blob rows[] = {{bytes, 5000}, {bytes, 700}, {bytes, sizeof bytes}};
    const int64_t settled[] = {id_of(store, a), b ? id_of(store, b) : 0};
    const sx_store_fold fold = {.level = 1,
                                .units = seed,
                                .rows = rows,
                                .n_rows = 3,
                                .settled = settled,
                                .n_settled = b ? 2 : 1,
                                .replaced = &replaced,
                                .n_replaced = replaced != 0};
    return sx_store_put_segment(store, &fold, NULL);
}

static llm_status describe(sx_store *store, const char *name, size_t size)
{
    const sx_store_doc was = {.id = id_of(store, name), .name = name, .revision = 0};
    return sx_store_describe(store, &was, "labels and the like, said about it", size, NULL);
}

static llm_status step(sx_store **store, int n)
{
    switch (n) {
    case 0: *store = open_store(file); return LLM_OK;
    case 1: return put_seeded(*store, "a", 1, 3000, NULL);
    case 2: return put_seeded(*store, "b", 2, 20000, NULL);
    case 3: return put_seeded(*store, "a", 3, 9000, NULL);
    case 4: return describe(*store, "b", 20);
    case 5: return put_segment(*store, "a", "b", 0, 50);
    case 6: return put_seeded(*store, "c", 4, 30000, NULL);
    case 7: return sx_store_remove(*store, "b", NULL);
    case 8: return put_seeded(*store, "c", 5, 100, NULL);
    case 9:
        sx_store_close(*store);
        *store = NULL;
        return LLM_OK;
    case 10: *store = open_store(file); return LLM_OK;
    case 11: return put_seeded(*store, "d", 6, 12000, NULL);
    case 12: return put_segment(*store, "c", "d", 1, 60);
    case 13: return put_seeded(*store, "d", 7, 5000, NULL);
    case 14:
        sx_store_close(*store);
        *store = NULL;
        return LLM_OK;
    default: return LLM_MORE;
    }
}

/* Lives it once, watched; each step is marked when it begins (odd) and when it is done (even). */
static int live(void)
{
    sx_store *store = NULL;
    llm_status status = LLM_OK;
    int n = 0;
    lp_watch(folder, NULL, NULL, 0);
    for (; status == LLM_OK; n++) {
        lp_mark(2 * n + 1);
        status = step(&store, n);
        if (status == LLM_MORE) break;
        assert_int_equal(status, LLM_OK);
        lp_mark(2 * n + 2);
        states[n + 1] = store ? all_of(store) : strdup(states[n]);
    }
    lp_stop();
    return n;
}

/* ---- after the power failed ---- */

static void expect_state(const char *now, int done, int begun, size_t at)
{
    if (states[done] && strcmp(now, states[done]) == 0) return;
    if (strcmp(now, states[begun]) == 0) return;
    fail_msg("power lost before write %zu (step %d done, %d begun): not the state before\n%s\nnor after\n%s\nbut\n%s",
             at, done, begun, states[done] ? states[done] : "(none)", states[begun], now);
}

/* A reader may come first. It sees a whole state, or says that nothing is there as long as the making was not over. */
static void read_it(int done, int begun, size_t at)
{
    llm_error err = {sizeof err, 0, {0}};
    sx_store *store;
    llm_status status = sx_store_open(&store, &mem, image_file, true, &err);
    if (status != LLM_OK) {
        if (done > 0) fail_msg("power lost before write %zu: %s", at, err.message);
        bool says_so = status == LLM_E_NOT_FOUND ||
                       (status == LLM_E_CORRUPT && strstr(err.message, "is an empty file")) ||
                       (status == LLM_E_READONLY && strstr(err.message, "open it for writing once"));
        if (!says_so) fail_msg("power lost before write %zu: %d %s", at, status, err.message);
        return;
    }
    char *now = all_of(store);
    expect_state(now, done, begun, at);
    free(now);
    sx_store_close(store);
}

static char *mend_it(int done, int begun, size_t at)
{
    llm_error err = {sizeof err, 0, {0}};
    sx_store *store = open_store(image_file);
    char *now = all_of(store);
    expect_state(now, done, begun, at);
    assert_int_equal(put_seeded(store, "again", 9, AGAIN, &err), LLM_OK);
    sx_store_close(store);
    return now;
}

static void look_again(const char *was, bool again)
{
    sx_store *store = open_store(image_file);
    char *now = all_of(store);
    assert_string_equal(now, was);
    if (again) assert_true(id_of(store, "again") != 0);
    free(now);
    sx_store_close(store);
}

/* The power fails once more while the file is mended and written to. */
static void fail_again(const lp_folder *names, const lp_bytes *files, int done, int begun, size_t at)
{
    lp_event *events = lp.events; /* the first watch is put by */
    size_t n = lp.n;
    lp_bytes first[LP_FILES];
    lp_folder first_names = lp.first_names;
    memcpy(first, lp.first, sizeof first);
    memset(lp.first, 0, sizeof lp.first);
    lp.events = NULL;
    lp.n = lp.cap = 0;
    lp_lay_out(image_folder, names, files, known);
    lp_watch(image_folder, names, files, LP_FILES / 2);
    char *was = mend_it(done, begun, at);
    lp_mark(1);
    lp_stop();
    for (int i = 0; i < 4; i++) {
        lp_folder left;
        lp_bytes bytes[LP_FILES];
        size_t again = lp_roll((uint32_t)lp.n + 1);
        lp_fail(again, &left, bytes);
        lp_lay_out(image_folder, &left, bytes, known);
        lp_free(bytes);
        look_again(was, lp_marked(again));
    }
    free(was);
    for (size_t i = 0; i < lp.n; i++) free(lp.events[i].data);
    free(lp.events);
    for (int i = 0; i < LP_FILES; i++) free(lp.first[i].data);
    memcpy(lp.first, first, sizeof first);
    lp.first_names = first_names;
    lp.events = events;
    lp.n = lp.cap = n;
}

static void fail_at(size_t at)
{
    lp_folder names;
    lp_bytes files[LP_FILES];
    int done = lp_marked(at) / 2, begun = (lp_marked(at) + 1) / 2;
    lp_fail(at, &names, files);
    lp_lay_out(image_folder, &names, files, known);
    read_it(done, begun, at);
    char *was = mend_it(done, begun, at);
    look_again(was, true);
    free(was);
    if (at % 8 == 3) fail_again(&names, files, done, begun, at);
    lp_free(files);
}

static void make_folders(const char *name)
{
    temp_path(folder, name);
    snprintf(file, sizeof file, "%.50s/it", folder);
    assert_int_equal(mkdir(folder, 0755), 0);
    snprintf(image_folder, sizeof image_folder, "%.50s.left", folder);
    snprintf(image_file, sizeof image_file, "%.50s/it", image_folder);
    assert_int_equal(mkdir(image_folder, 0755), 0);
}

static void test_store(void **state)
{
    (void)state;
    make_folders("life");
    lp_install();
    lp_seed = 7;
    int steps = live();
    assert_true(lp.n > 150);
    for (size_t at = 1; at <= lp.n; at++) fail_at(at);
    for (int i = 1; i <= steps; i++) free(states[i]);
    lp_end();
    assert_int_equal(mem.live_bytes, 0);
}

/* ---- the sealed table ---- */

static const unsigned char key[SX_KEY_BYTES] = {1, 2, 3};

static sx_kv *open_kv(const char *path, bool readonly)
{
    llm_error err = {sizeof err, 0, {0}};
    sx_kv *kv;
    if (sx_kv_open(&kv, &mem, path, key, sizeof key, readonly ? SX_KV_READONLY : 0, &err) != LLM_OK)
        fail_msg("%s", err.message);
    return kv;
}

static llm_status kv_step(sx_kv **kv, int n)
{
    static char value[9000];
    llm_status status;
    memset(value, 'a' + n, sizeof value);
    switch (n) {
    case 0: *kv = open_kv(file, false); return LLM_OK;
    case 1: return sx_kv_put(*kv, "x", 1, value, 5000, NULL);
    case 2: return sx_kv_put(*kv, "y", 1, value, 20, NULL);
    case 3: return sx_kv_put(*kv, "x", 1, value, sizeof value, NULL);
    case 4: return sx_kv_remove(*kv, "y", 1, NULL);
    case 5: /* two rows in one */
        status = sx_kv_begin(*kv, NULL);
        if (status == LLM_OK) status = sx_kv_put(*kv, "x", 1, value, 30, NULL);
        if (status == LLM_OK) status = sx_kv_put(*kv, "z", 1, value, 7000, NULL);
        return status == LLM_OK ? sx_kv_end(*kv, true, NULL) : status;
    case 6: return sx_kv_remove(*kv, "z", 1, NULL);
    case 7: return sx_kv_compact(*kv, NULL);
    case 8: return sx_kv_put(*kv, "y", 1, value, 50, NULL);
    case 9:
        sx_kv_close(*kv);
        *kv = NULL;
        return LLM_OK;
    default: return LLM_MORE;
    }
}

static char *all_of_kv(sx_kv *kv)
{
    sx_buf told, value;
    sx_buf_init(&told, &mem, 0);
    sx_buf_init(&value, &mem, 0);
    for (const char *k = "xyz"; *k; k++) {
        bool found;
        llm_error err = {sizeof err, 0, {0}};
        sx_buf_clear(&value);
        if (sx_kv_get(kv, k, 1, &value, &found, &err) != LLM_OK) fail_msg("%s", err.message);
        for (size_t i = 1; i < value.len; i++) assert_int_equal(value.data[i], value.data[0]);
        if (found) sx_buf_printf(&told, "%c=%zu:%c ", *k, value.len, value.data[0]);
    }
    char *copy = strdup(told.len ? told.data : "");
    sx_buf_free(&told);
    sx_buf_free(&value);
    return copy;
}

/* A reader sees a whole state, or says why it may not look. */
static void read_kv(int done, int begun, size_t at)
{
    llm_error err = {sizeof err, 0, {0}};
    sx_kv *kv;
    llm_status status = sx_kv_open(&kv, &mem, image_file, key, sizeof key, SX_KV_READONLY, &err);
    if (status != LLM_OK) {
        if (status == LLM_E_READONLY && strstr(err.message, "open it for writing once")) return;
        if (done == 0 && (status == LLM_E_IO || status == LLM_E_CORRUPT)) return; /* it was not made yet */
        fail_msg("power lost before write %zu: %d %s", at, status, err.message);
    }
    char *now = all_of_kv(kv);
    expect_state(now, done, begun, at);
    free(now);
    sx_kv_close(kv);
}

static void test_kv(void **state)
{
    (void)state;
    sx_kv *kv = NULL;
    int n = 0;
    make_folders("vault");
    lp_install();
    lp_seed = 11;
    lp_watch(folder, NULL, NULL, 0);
    for (llm_status status = LLM_OK; status == LLM_OK; n++) {
        lp_mark(2 * n + 1);
        status = kv_step(&kv, n);
        if (status == LLM_MORE) break;
        assert_int_equal(status, LLM_OK);
        lp_mark(2 * n + 2);
        states[n + 1] = kv ? all_of_kv(kv) : strdup(states[n]);
    }
    lp_stop();
    for (size_t at = 1; at <= lp.n; at++)
        for (int i = 0; i < 4; i++) {
            lp_folder names;
            lp_bytes files[LP_FILES];
            int done = lp_marked(at) / 2, begun = (lp_marked(at) + 1) / 2;
            lp_fail(at, &names, files);
            lp_lay_out(image_folder, &names, files, known);
            lp_free(files);
            read_kv(done, begun, at);
            kv = open_kv(image_file, false);
            char *now = all_of_kv(kv);
            expect_state(now, done, begun, at);
            assert_int_equal(sx_kv_put(kv, "again", 5, "again", 5, NULL), LLM_OK);
            sx_kv_close(kv);
            kv = open_kv(image_file, true);
            char *still = all_of_kv(kv);
            assert_string_equal(still, now);
            sx_kv_close(kv);
            free(still);
            free(now);
        }
    for (int i = 1; i <= n; i++) free(states[i]);
    lp_end();
    assert_int_equal(mem.live_bytes, 0);
}

int main(void)
{
    sx_mem_init(&mem, NULL);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_store), cmocka_unit_test(test_kv)};
    return cmocka_run_group_tests(tests, NULL, remove_temp);
}
