/* A file that takes another one's place does so whole also when the power fails: its bytes are on the disk before its name
 * is, and its name is when the call returns. */
#include <errno.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "platform/newfile.h"

static char order[64];
static bool folders_fail;

int __real_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);

int __wrap_fsync(int fd)
{
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    snprintf(order + strlen(order), sizeof order - strlen(order), S_ISDIR(st.st_mode) ? "folder " : "%lld bytes ",
             (long long)st.st_size);
    if (folders_fail && S_ISDIR(st.st_mode)) {
        errno = EIO;
        return -1;
    }
    return __real_fsync(fd);
}

int __wrap_rename(const char *from, const char *to)
{
    snprintf(order + strlen(order), sizeof order - strlen(order), "name ");
    return __real_rename(from, to);
}

static llm_status write_one(const char *path, const char *bytes, llm_error *err)
{
    sx_mem mem;
    sx_new_file f;
    sx_mem_init(&mem, NULL);
    order[0] = '\0';
    llm_status status = sx_new_file_begin(&f, &mem, path, err);
    if (status != LLM_OK) return status;
    status = sx_new_file_put(&f, bytes, strlen(bytes), err);
    status = sx_new_file_end(&f, status, err);
    assert_int_equal(mem.live_bytes, 0);
    return status;
}

static void expect_bytes(const char *path, const char *bytes)
{
    char now[64] = "";
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    now[fread(now, 1, sizeof now - 1, f)] = '\0';
    fclose(f);
    assert_string_equal(now, bytes);
}

static void test_order(void **state)
{
    (void)state;
    char folder[] = "/tmp/sextant-XXXXXX", path[64], here[64];
    llm_error err = {sizeof err, 0, {0}};
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/state", folder);
    assert_int_equal(write_one(path, "first", &err), LLM_OK);
    assert_string_equal(order, "5 bytes name folder ");
    assert_int_equal(write_one(path, "and second", &err), LLM_OK);
    assert_string_equal(order, "10 bytes name folder ");
    expect_bytes(path, "and second");
    snprintf(here, sizeof here, "sextant-%ld.new", (long)getpid()); /* without a folder in its path */
    assert_int_equal(write_one(here, "here", &err), LLM_OK);
    assert_string_equal(order, "4 bytes name folder ");
    remove(here);
    folders_fail = true;
    assert_int_equal(write_one(path, "third", &err), LLM_E_IO); /* it may be there or not: it is said */
    assert_non_null(strstr(err.message, path));
    folders_fail = false;
    remove(path);
    assert_int_equal(rmdir(folder), 0); /* nothing is left beside it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
