/* Any bytes as a vault's file: opened, read, written, values forgotten. The first byte chooses: 0 the rest is the file, else the rest
 * changes a good vault, four bytes a change (offset, offset, offset, value). Whatever comes back must come with a status. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guard/guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const unsigned char KEY[32] = {3};
static sx_mem mem;
static unsigned char good[1 << 17];
static size_t good_len;

static void name(sx_vault *v, const char *type, const char *value, bool format)
{
    sx_buf out;
    sx_buf_init(&out, &mem, 0);
    (void)sx_vault_pseudonym(v, type, value, strlen(value), format, &out, NULL);
    sx_buf_free(&out);
}

static void make_good(void)
{
    char path[] = "/tmp/fuzz-vault-XXXXXX";
    sx_vault *v;
    int fd = mkstemp(path);
    sx_mem_init(&mem, NULL);
    if (fd < 0 || sx_vault_open(&v, &mem, path, KEY, sizeof KEY, 0, NULL) != LLM_OK) abort();
    name(v, "PERSON", "Ada Byron", false);
    name(v, "PERSON", "Ada Byron", true);
    name(v, "CREDIT_CARD", "4111 1111 1111 1111", true);
    sx_vault_close(v);
    ssize_t n = pread(fd, good, sizeof good, 0);
    if (n <= 0) abort();
    good_len = (size_t)n;
    close(fd);
    unlink(path);
}

static void use(sx_vault *v)
{
    static const char TEXT[] = "<PERSON_1> person_1 <CREDIT_CARD_1> 4111 1111 1111 1111 Robin Hale";
    sx_buf out;
    uint64_t erased;
    sx_buf_init(&out, &mem, 0);
    (void)sx_vault_restore(v, TEXT, sizeof TEXT - 1, LLM_RESTORE_FUZZY, &out, NULL);
    sx_buf_free(&out);
    name(v, "PERSON", "Bob", false);
    name(v, "PERSON", "Ada Byron", true);
    (void)sx_vault_erase(v, NULL, "ADA BYRON", 9, &erased, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char bytes[sizeof good];
    char path[] = "/tmp/fuzz-vault-XXXXXX";
    sx_vault *v;
    if (good_len == 0) make_good();
    if (size == 0) return 0;
    size_t n = data[0] == 0 ? size - 1 : good_len;
    if (n > sizeof bytes) return 0;
    memcpy(bytes, data[0] == 0 ? data + 1 : good, n);
    for (size_t i = 1; data[0] != 0 && i + 4 <= size; i += 4)
        bytes[(data[i] | (size_t)data[i + 1] << 8 | (size_t)data[i + 2] << 16) % n] = data[i + 3];
    int fd = mkstemp(path);
    if (fd < 0) return 0;
    if (n > 0 && write(fd, bytes, n) != (ssize_t)n) abort();
    close(fd);
    if (sx_vault_open(&v, &mem, path, KEY, sizeof KEY, 0, NULL) == LLM_OK) {
        use(v);
        sx_vault_close(v);
    }
    char journal[64];
    snprintf(journal, sizeof journal, "%s-journal", path);
    unlink(journal);
    unlink(path);
    if (atomic_load(&mem.live_bytes) != 0) abort();
    return 0;
}
