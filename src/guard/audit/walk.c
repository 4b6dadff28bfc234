#include "guard/audit/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEP = 64 << 10, MOST = SX_AUDIT_BODY_MAX + SX_AUDIT_FRAME };

llm_status sx_read_at(int fd, void *bytes, size_t n, uint64_t at, const char *path, llm_error *err)
{
    for (size_t got = 0; got < n;) {
        ssize_t r = pread(fd, (char *)bytes + got, n - got, (off_t)(at + got));
        if (r < 0 && errno == EINTR) continue;
        if (r < 0) return sx_fail_errno(err, errno, "cannot read", path);
        if (r == 0) return sx_fail(err, LLM_E_CORRUPT, "the audit log \"%s\" was cut short while it was read", path);
        got += (size_t)r;
    }
    return LLM_OK;
}

void sx_walk_over(sx_walk *walk, sx_mem *mem, int fd, uint64_t size, uint64_t at, const char *path)
{
    *walk = (sx_walk){.fd = fd, .size = size, .at = at, .from = at, .path = path};
    sx_buf_init(&walk->window, mem, 0);
}

llm_status sx_walk_begin(sx_walk *walk, sx_mem *mem, const char *path, sx_audit_header *header, llm_error *err)
{
    unsigned char bytes[SX_AUDIT_HEADER];
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return sx_fail_errno(err, errno, "cannot open", path);
    llm_status status = LLM_OK;
    if (fstat(fd, &st) != 0)
        status = sx_fail_errno(err, errno, "cannot stat", path);
    else if (!S_ISREG(st.st_mode) || st.st_size < SX_AUDIT_HEADER)
        status = sx_fail(err, LLM_E_FORMAT, "\"%s\" is no audit log: it is %s", path,
                         S_ISREG(st.st_mode) ? "too short" : "not a regular file");
    if (status == LLM_OK) status = sx_read_at(fd, bytes, sizeof bytes, 0, path, err);
    if (status == LLM_OK) status = sx_header_get(header, bytes, sizeof bytes, path, err);
    if (status != LLM_OK) {
        close(fd);
        return status;
    }
    sx_walk_over(walk, mem, fd, (uint64_t)st.st_size, SX_AUDIT_HEADER, path);
    return LLM_OK;
}

void sx_walk_end(sx_walk *walk, bool close_file)
{
    if (close_file) close(walk->fd);
    sx_buf_free(&walk->window);
}

static size_t ready(const sx_walk *walk)
{
    return walk->window.len - (size_t)(walk->at - walk->from);
}

static const unsigned char *here(const sx_walk *walk)
{
    return (const unsigned char *)walk->window.data + (walk->at - walk->from);
}

/* The window holds at least n bytes from `at` on, or all there are. */
static llm_status fill(sx_walk *walk, size_t n, llm_error *err)
{
    uint64_t left = walk->size - walk->at;
    size_t need = n < left ? n : (size_t)left;
    if (ready(walk) >= need) return LLM_OK;
    if (walk->at - walk->from == walk->window.len)
        sx_buf_clear(&walk->window);
    else
        sx_buf_drop_front(&walk->window, (size_t)(walk->at - walk->from));
    walk->from = walk->at;
    size_t want = n < STEP ? STEP : n, old = walk->window.len;
    if (want > left) want = (size_t)left;
    char *room = sx_buf_room(&walk->window, want - old);
    return room != NULL ? sx_read_at(walk->fd, room, want - old, walk->from + old, walk->path, err)
                        : sx_fail_memory(err);
}

llm_status sx_walk_next(sx_walk *walk, sx_record *record, bool *found, llm_error *err)
{
    *found = false;
    llm_status status = fill(walk, SX_AUDIT_FRAME + SX_AUDIT_HEAD_BODY, err);
    if (status != LLM_OK || ready(walk) < SX_AUDIT_FRAME + SX_AUDIT_HEAD_BODY) return status;
    uint32_t body = sx_get_u32(here(walk));
    if (body > SX_AUDIT_BODY_MAX) return LLM_OK;
    status = fill(walk, (size_t)body + SX_AUDIT_FRAME, err);
    if (status != LLM_OK) return status;
    size_t n = sx_record_get(record, here(walk), ready(walk));
    *found = n > 0;
    walk->at += n;
    return LLM_OK;
}

llm_status sx_walk_resync(sx_walk *walk, uint64_t number, bool go, uint64_t *found, llm_error *err)
{
    uint64_t stopped = walk->at;
    llm_status status = LLM_OK;
    *found = 0;
    while (status == LLM_OK && *found == 0 && walk->at < walk->size) {
        status = fill(walk, MOST, err);
        if (status != LLM_OK) break;
        const unsigned char *bytes = here(walk);
        size_t n = ready(walk), i = 0;
        sx_record record;
        /* what lies deeper than a step is looked at again with more behind it */
        size_t end = walk->at + n < walk->size ? STEP : n;
        for (; i < end && *found == 0; i++) {
            if (sx_record_get(&record, bytes + i, n - i) > 0 && record.number > number &&
                record.number - number < UINT32_MAX && record.kind >= SX_RECORD_OPEN && record.kind <= SX_RECORD_TEAR)
                *found = record.number;
        }
        walk->at += *found != 0 ? i - 1 : i;
    }
    if (!go || *found == 0) {
        if (walk->from > stopped) { /* the window has moved on: it begins anew */
            sx_buf_clear(&walk->window);
            walk->from = stopped;
        }
        walk->at = stopped;
    }
    return status;
}
