/* A process that dies or runs out of disk in the middle of a write: the file holds the state before or after, whole. */
#include "store_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static sx_mem mem;

enum { ROUNDS = 60, DOCS = 3 };

static size_t size_of(unsigned seed)
{
    return 1000 + seed * 7919 % 120000;
}

/* Replaces documents one after the other, telling the pipe each finished seed, until it is killed. */
static void write_until_killed(const char *path, unsigned seed, int told)
{
    sx_store *store;
    if (sx_store_open(&store, &mem, path, false, NULL) != LLM_OK) _exit(2);
    for (;; seed++) {
        char name[2] = {(char)('a' + seed % DOCS), 0};
        if (put_seeded(store, name, seed, size_of(seed), NULL) != LLM_OK) _exit(3);
        if (write(told, &seed, sizeof seed) != sizeof seed) _exit(4);
    }
}

static void test_kill(void **state)
{
    (void)state;
    char path[64];
    unsigned next = 1;
    temp_path(path, "killed");
    for (int round = 0; round < ROUNDS || next <= 5;
         round++) { /* on a busy machine it goes on until some were stored */
        int ends[2], ended;
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) write_until_killed(path, next, ends[1]);
        close(ends[1]);
        usleep((useconds_t)((500 + round * 37 % 23 * 1500) * (1 + round / ROUNDS)));
        kill(child, SIGKILL);
        waitpid(child, &ended, 0);
        assert_true(WIFSIGNALED(ended)); /* no write had failed */
        unsigned told = next - 1, seed;
        while (read(ends[0], &seed, sizeof seed) == sizeof seed) told = seed;
        close(ends[0]);

        sx_store *store;
        llm_error err = {sizeof err, 0, {0}};
        doc_list list = {0};
        assert_int_equal(sx_store_open(&store, &mem, path, false, &err), LLM_OK);
        assert_int_equal(sx_store_check(store, &err), LLM_OK);
        assert_int_equal(sx_store_list(store, collect, &list, &err), LLM_OK);
        unsigned newest = 0;
        for (unsigned i = 0; i < list.count; i++) {
            seed = check_seeded(store, &mem, &list.docs[i]);
            assert_int_equal(list.docs[i].bytes, size_of(seed));
            assert_int_equal(list.names[i][0], 'a' + seed % DOCS);
            if (seed > newest) newest = seed;
        }
        assert_true(newest == told ||
                    newest == told + 1); /* what was told is kept; at most one more had been finished */
        next = newest + 1;
        sx_store_close(store);
    }
}

/* Writes until the disk is full; then what was there must stand and a small write must work once there is room again. */
static int fill_up(const char *path)
{
    sx_store *store;
    llm_error err = {sizeof err, 0, {0}};
    if (sx_store_open(&store, &mem, path, false, &err) != LLM_OK) return 10;
    if (put_seeded(store, "a", 1, 1000, &err) != LLM_OK) return 11;
    llm_status status = LLM_OK;
    for (unsigned seed = 2; seed < 60 && status == LLM_OK; seed++)
        status = put_seeded(store, "big", seed, seed * 40000, &err);
    if (status != LLM_E_FULL) return status == LLM_OK ? 12 : 13;
    if (!strstr(err.message, "full")) return 14;
    doc_list list = {0};
    if (sx_store_list(store, collect, &list, &err) != LLM_OK || list.count < 1) return 15;
    for (unsigned i = 0; i < list.count; i++) check_seeded(store, &mem, &list.docs[i]);
    sx_store_close(store);
    return 0;
}

static void check_after(const char *path)
{
    sx_store *store;
    llm_error err = {sizeof err, 0, {0}};
    doc_list list = {0};
    assert_int_equal(sx_store_open(&store, &mem, path, false, &err), LLM_OK);
    assert_int_equal(sx_store_check(store, &err), LLM_OK);
    assert_int_equal(sx_store_list(store, collect, &list, &err), LLM_OK);
    assert_true(list.count >= 1);
    for (unsigned i = 0; i < list.count; i++) check_seeded(store, &mem, &list.docs[i]);
    assert_int_equal(put_seeded(store, "again", 77, 1000, &err), LLM_OK);
    sx_store_close(store);
}

static void test_quota(void **state)
{
    (void)state;
    char path[64];
    int result;
    temp_path(path, "quota");
    pid_t child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        struct rlimit limit = {600000, 600000};
        setrlimit(RLIMIT_FSIZE, &limit);
        _exit(fill_up(path));
    }
    waitpid(child, &result, 0);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 0);
    check_after(path);
}

static void test_full_disk(void **state)
{
    (void)state;
    char folder[64], path[64];
    temp_path(folder, "disk");
    temp_path(path, "disk/corpus");
    assert_int_equal(mkdir(folder, 0755), 0);
    if (mount("sextant", folder, "tmpfs", 0, "size=1m") != 0) {
        print_message("no small disk to fill here: %s\n", strerror(errno));
        skip();
    }
    int result = fill_up(path);
    if (result == 0) mount("sextant", folder, "tmpfs", MS_REMOUNT, "size=16m");
    if (result == 0) check_after(path);
    umount(folder);
    assert_int_equal(result, 0);
}

int main(void)
{
    sx_mem_init(&mem, NULL);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kill), cmocka_unit_test(test_quota),
                                       cmocka_unit_test(test_full_disk)};
    return cmocka_run_group_tests(tests, NULL, remove_temp);
}
