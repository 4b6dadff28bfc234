/* Any bytes as an audit log: proved, shown, and continued by a writer, whose log must be whole if it was before. The first byte
 * chooses: 0 the rest stands behind a good header, 1 the rest is bodies (a length byte, the bytes) that are chained well, else
 * the rest is a whole file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guard/audit/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int32_t drop(const char *line, size_t len, void *user)
{
    (void)user;
    if (len == 0 || line[0] != '{' || line[len - 1] != '}') abort();
    return 0;
}

/* The bodies as frames behind the header that stands in the file. */
static void put_chained(sx_buf *out, int fd, const uint8_t *data, size_t size)
{
    unsigned char header[SX_AUDIT_HEADER], chain[SX_HASH_BYTES];
    if (pread(fd, header, sizeof header, 0) != (ssize_t)sizeof header) abort();
    memcpy(chain, header + SX_AUDIT_HEADER - SX_SIGN_BYTES - SX_HASH_BYTES, sizeof chain);
    for (uint64_t number = 1; size > 1; number++) {
        size_t n = data[0] < size - 1 ? data[0] : size - 1, from = out->len;
        sx_put_u32(out, 0);
        sx_buf_char(out, (char)data[1]);
        sx_put_u64(out, number);
        sx_put_u64(out, 1700000000000 + number);
        if (n > 1) sx_buf_add(out, data + 2, n - 1);
        sx_record_close(out, from, chain);
        data += 1 + n;
        size -= 1 + n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char KEY[SX_KEY_BYTES] = {1};
    sx_mem mem;
    sx_audit *audit;
    sx_buf out;
    char path[] = "/tmp/fuzz-audit-XXXXXX";
    int fd = size > 0 ? mkstemp(path) : -1;
    if (fd < 0) return 0;
    sx_mem_init(&mem, NULL);
    sx_buf_init(&out, &mem, 0);
    if (data[0] < 2 && sx_audit_open(&audit, &mem, path, KEY, sizeof KEY, NULL, NULL) == LLM_OK) {
        sx_audit_close(audit);
        if (ftruncate(fd, SX_AUDIT_HEADER) != 0) abort();
    }
    if (data[0] == 1)
        put_chained(&out, fd, data + 1, size - 1);
    else
        sx_buf_add(&out, data + 1, size - 1);
    if (lseek(fd, 0, SEEK_END) < 0 || write(fd, sx_buf_cstr(&out), out.len) != (ssize_t)out.len) abort();
    sx_buf_free(&out);
    llm_status was = sx_audit_verify(&mem, path, NULL, drop, NULL, NULL);
    if (was > 0) abort();
    if (sx_audit_open(&audit, &mem, path, KEY, sizeof KEY, NULL, NULL) == LLM_OK) {
        const sx_audit_text text = {.direction = 1, .verdict = 1};
        if (sx_audit_verdict(audit, &text, NULL) != LLM_OK) abort();
        sx_audit_close(audit);
        if (was == LLM_OK && sx_audit_verify(&mem, path, NULL, NULL, NULL, NULL) != LLM_OK) abort();
    }
    close(fd);
    unlink(path);
    if (atomic_load(&mem.live_bytes) != 0) abort();
    return 0;
}
