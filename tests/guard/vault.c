/* A vault's life: numbering, restart, wrong keys, tampering, two processes, a full disk. */
#include <pthread.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "help.h"

static sx_mem mem;
static char folder[] = "/tmp/sextant-vault-XXXXXX";
static const unsigned char KEY[32] = {1, 2, 3};

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static sx_vault *open_vault(const char *path)
{
    sx_vault *v = NULL;
    llm_error err = LLM_ERROR_INIT;
    if (sx_vault_open(&v, &mem, path, KEY, sizeof KEY, 0, &err) != LLM_OK) fail_msg("%s", err.message);
    return v;
}

static void name_is(sx_vault *v, const char *type, const char *value, const char *want)
{
    sx_buf out;
    sx_buf_init(&out, &mem, 0);
    assert_int_equal(sx_vault_pseudonym(v, type, value, strlen(value), false, &out, NULL), LLM_OK);
    assert_string_equal(sx_buf_cstr(&out), want);
    sx_buf_free(&out);
}

static void restored_is(sx_vault *v, const char *text, const char *want)
{
    sx_buf out;
    sx_buf_init(&out, &mem, 0);
    assert_int_equal(sx_vault_restore(v, text, strlen(text), LLM_RESTORE_EXACT, &out, NULL), LLM_OK);
    assert_string_equal(sx_buf_cstr(&out), want);
    sx_buf_free(&out);
}

static void a_vault_outlives_its_process(void **state)
{
    (void)state;
    const char *path = path_of("life");
    sx_vault *v = open_vault(path);
    name_is(v, "PERSON", "Ada", "<PERSON_1>");
    name_is(v, "PERSON", "Bob", "<PERSON_2>");
    name_is(v, "EMAIL_ADDRESS", "Ada", "<EMAIL_ADDRESS_1>");
    name_is(v, "PERSON", "Ada", "<PERSON_1>");
    sx_vault_close(v);
    v = open_vault(path);
    name_is(v, "PERSON", "Bob", "<PERSON_2>");
    name_is(v, "PERSON", "Eve", "<PERSON_3>");
    restored_is(v, "<PERSON_1> met <PERSON_3>, not <PERSON_4> <PERSON_> <<PERSON_2>> <person_1>",
                "Ada met Eve, not <PERSON_4> <PERSON_> <Bob> <person_1>");
    sx_vault_close(v);
}

static void nothing_readable_is_stored(void **state)
{
    (void)state;
    const char *path = path_of("sealed");
    sx_vault *v = open_vault(path);
    name_is(v, "PERSON", "Rumpelstiltskin", "<PERSON_1>");
    sx_vault_close(v);
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    static char bytes[1 << 16];
    size_t n = fread(bytes, 1, sizeof bytes, in);
    fclose(in);
    assert_true(n > 0);
    assert_null(memmem(bytes, n, "Rumpel", 6));
    assert_null(memmem(bytes, n, "PERSON", 6));
}

static void another_key_is_refused(void **state)
{
    (void)state;
    const char *path = path_of("key");
    sx_vault_close(open_vault(path));
    const unsigned char other[32] = {9};
    sx_vault *v;
    llm_error err = LLM_ERROR_INIT;
    assert_int_equal(sx_vault_open(&v, &mem, path, other, sizeof other, 0, &err), LLM_E_KEY);
    assert_null(v);
    assert_int_equal(sx_vault_open(&v, &mem, path, other, 31, 0, &err), LLM_E_INVALID);
    assert_int_equal(sx_vault_open(&v, &mem, path, "words", 5, LLM_VAULT_PASSPHRASE, &err), LLM_E_KEY);
}

static void a_passphrase_opens(void **state)
{
    (void)state;
    const char *path = path_of("phrase");
    sx_vault *v;
    assert_int_equal(sx_vault_open(&v, &mem, path, "open sesame", 11, LLM_VAULT_PASSPHRASE, NULL), LLM_OK);
    name_is(v, "PERSON", "Ali", "<PERSON_1>");
    sx_vault_close(v);
    assert_int_equal(sx_vault_open(&v, &mem, path, "open sesam", 10, LLM_VAULT_PASSPHRASE, NULL), LLM_E_KEY);
    assert_int_equal(sx_vault_open(&v, &mem, path, "open sesame", 11, LLM_VAULT_PASSPHRASE | LLM_VAULT_READONLY, NULL),
                     LLM_OK);
    restored_is(v, "<PERSON_1>", "Ali");
    sx_buf out;
    sx_buf_init(&out, &mem, 0);
    assert_int_equal(sx_vault_pseudonym(v, "PERSON", "new", 3, false, &out, NULL), LLM_E_READONLY);
    sx_buf_free(&out);
    sx_vault_close(v);
}

static void change(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void changed_rows_are_noticed(void **state)
{
    (void)state;
    static const char *const CHANGES[] = {
        "UPDATE sealed SET v = zeroblob(60)",
        "UPDATE sealed SET v = x'00'",
        /* rows swapped: each is sealed, but to another key */
        "UPDATE sealed SET v = (SELECT v FROM sealed AS o WHERE o.k <> sealed.k ORDER BY length(o.v) DESC, o.k LIMIT 1)",
    };
    for (size_t i = 0; i < sizeof CHANGES / sizeof CHANGES[0]; i++) {
        const char *path = path_of("tamper");
        unlink(path);
        sx_vault *v = open_vault(path);
        name_is(v, "PERSON", "Ada", "<PERSON_1>");
        name_is(v, "PERSON", "Bob", "<PERSON_2>");
        sx_vault_close(v);
        change(path, CHANGES[i]);
        v = open_vault(path);
        sx_buf out;
        sx_buf_init(&out, &mem, 0);
        assert_int_equal(sx_vault_restore(v, "<PERSON_1> <PERSON_2>", 21, LLM_RESTORE_EXACT, &out, NULL),
                         LLM_E_CORRUPT);
        sx_buf_free(&out);
        sx_vault_close(v);
    }
}

static void other_files_are_no_vaults(void **state)
{
    (void)state;
    const char *path = path_of("noise");
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    for (int i = 0; i < 5000; i++) fputc(i * 7 & 255, out);
    fclose(out);
    sx_vault *v;
    assert_int_equal(sx_vault_open(&v, &mem, path, KEY, sizeof KEY, 0, NULL), LLM_E_CORRUPT);
    assert_int_equal(sx_vault_open(&v, &mem, "/nonexistent/vault", KEY, sizeof KEY, 0, NULL), LLM_E_IO);
    assert_int_equal(sx_vault_open(&v, &mem, NULL, KEY, sizeof KEY, LLM_VAULT_READONLY, NULL), LLM_E_INVALID);
}

enum { PROCESSES = 3, VALUES = 30 };

/* Each process names the same values in another order; in the end equal values have one name. */
static int child_names(const char *path, int which)
{
    sx_mem own;
    sx_vault *v;
    sx_mem_init(&own, NULL);
    if (sx_vault_open(&v, &own, path, KEY, sizeof KEY, 0, NULL) != LLM_OK) return 1;
    for (int i = 0; i < VALUES; i++) {
        char value[16];
        sx_buf out, back;
        int n = snprintf(value, sizeof value, "v%d", (i * (which * 2 + 1)) % VALUES);
        sx_buf_init(&out, &own, 0);
        sx_buf_init(&back, &own, 0);
        if (sx_vault_pseudonym(v, "PERSON", value, (size_t)n, false, &out, NULL) != LLM_OK) return 2;
        if (sx_vault_restore(v, out.data, out.len, LLM_RESTORE_EXACT, &back, NULL) != LLM_OK) return 3;
        if (strcmp(sx_buf_cstr(&back), value) != 0) return 4;
        sx_buf_free(&out);
        sx_buf_free(&back);
    }
    sx_vault_close(v);
    return 0;
}

static void processes_share_a_file(void **state)
{
    (void)state;
    const char *path = path_of("shared");
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] == 0) _exit(child_names(path, i));
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = 1;
        waitpid(children[i], &status, 0);
        assert_int_equal(status, 0);
    }
    sx_vault *v = open_vault(path);
    sx_buf out;
    sx_buf_init(&out, &mem, 0);
    assert_int_equal(sx_vault_pseudonym(v, "PERSON", "one more", 8, false, &out, NULL), LLM_OK);
    char want[32];
    snprintf(want, sizeof want, "<PERSON_%d>", VALUES + 1);
    assert_string_equal(sx_buf_cstr(&out), want);
    sx_buf_free(&out);
    sx_vault_close(v);
}

static void *thread_names(void *arg)
{
    sx_buf out;
    sx_buf_init(&out, &mem, 0);
    for (int i = 0; i < 200; i++) {
        char value[16];
        int n = snprintf(value, sizeof value, "t%d", i % 20);
        sx_buf_clear(&out);
        if (sx_vault_pseudonym(arg, "PERSON", value, (size_t)n, false, &out, NULL) != LLM_OK) return arg;
    }
    sx_buf_free(&out);
    return NULL;
}

static void threads_share_a_vault(void **state)
{
    (void)state;
    sx_vault *v = open_vault(NULL);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, thread_names, v), 0);
    for (int i = 0; i < 4; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    name_is(v, "PERSON", "last", "<PERSON_21>");
    sx_vault_close(v);
}

static void a_full_disk_changes_nothing(void **state)
{
    (void)state;
    char small[128];
    snprintf(small, sizeof small, "%s/small", folder);
    mkdir(small, 0700);
    if (mount("tmpfs", small, "tmpfs", 0, "size=64k") != 0) {
        print_message("no small file system can be mounted here\n");
        skip();
    }
    char path[256];
    snprintf(path, sizeof path, "%s/vault", small);
    sx_vault *v = open_vault(path);
    name_is(v, "PERSON", "Ada", "<PERSON_1>");
    llm_status status = LLM_OK;
    int named = 1;
    char value[2000];
    memset(value, 'x', sizeof value);
    sx_buf out;
    sx_buf_init(&out, &mem, 0);
    for (; status == LLM_OK && named < 1000; named++) {
        int n = snprintf(value, sizeof value, "%d", named);
        value[n] = 'x';
        sx_buf_clear(&out);
        status = sx_vault_pseudonym(v, "PERSON", value, sizeof value, false, &out, NULL);
    }
    assert_int_equal(status, LLM_E_FULL);
    assert_int_equal(out.len, 0);
    restored_is(v, "<PERSON_1>", "Ada");
    sx_buf_free(&out);
    sx_vault_close(v);
    v = open_vault(path);
    restored_is(v, "<PERSON_1>", "Ada");
    sx_vault_close(v);
    umount(small);
}

static int setup(void **state)
{
    (void)state;
    sx_mem_init(&mem, NULL);
    return mkdtemp(folder) == NULL;
}

static int teardown(void **state)
{
    (void)state;
    char command[160];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command) != 0 || atomic_load(&mem.live_bytes) != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vault_outlives_its_process), cmocka_unit_test(nothing_readable_is_stored),
        cmocka_unit_test(another_key_is_refused),       cmocka_unit_test(a_passphrase_opens),
        cmocka_unit_test(changed_rows_are_noticed),     cmocka_unit_test(other_files_are_no_vaults),
        cmocka_unit_test(processes_share_a_file),       cmocka_unit_test(threads_share_a_vault),
        cmocka_unit_test(a_full_disk_changes_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
