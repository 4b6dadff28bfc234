#include "platform/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static llm_status open_regular(const char *path, int *fd, uint64_t *size, llm_error *err)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0) return sx_fail_errno(err, errno, "cannot open", path);
    struct stat st;
    if (fstat(*fd, &st) != 0) {
        llm_status status = sx_fail_errno(err, errno, "cannot stat", path);
        close(*fd);
        return status;
    }
    if (!S_ISREG(st.st_mode)) {
        close(*fd);
        return sx_fail(err, LLM_E_IO, "%s is not a regular file", path);
    }
    *size = (uint64_t)st.st_size;
    return LLM_OK;
}

/* Maps begin at pages: what lies between is mapped along. */
static llm_status map_range(sx_map_file *map, int fd, uint64_t offset, uint64_t size, const char *name, llm_error *err)
{
    if (size == 0) return LLM_OK;
    uint64_t lead = offset % (uint64_t)sysconf(_SC_PAGESIZE);
    if (size > SIZE_MAX - lead) return sx_fail(err, LLM_E_LIMIT, "%s is larger than this machine can map", name);
    void *data = mmap(NULL, (size_t)(size + lead), PROT_READ, MAP_SHARED, fd, (off_t)(offset - lead));
    if (data == MAP_FAILED) return sx_fail_errno(err, errno, "cannot map", name);
    *map = (sx_map_file){(const unsigned char *)data + lead, (size_t)size, (size_t)lead};
    return LLM_OK;
}

llm_status sx_file_map(sx_map_file *map, const char *path, llm_error *err)
{
    int fd;
    uint64_t size;
    *map = (sx_map_file){NULL, 0, 0};
    llm_status status = open_regular(path, &fd, &size, err);
    if (status != LLM_OK) return status;
    status = map_range(map, fd, 0, size, path, err);
    close(fd);
    return status;
}

llm_status sx_file_map_fd(sx_map_file *map, int fd, uint64_t offset, uint64_t length, llm_error *err)
{
    char name[32];
    struct stat st;
    *map = (sx_map_file){NULL, 0, 0};
    snprintf(name, sizeof name, "file descriptor %d", fd);
    if (fstat(fd, &st) != 0) return sx_fail_errno(err, errno, "cannot stat", name);
    if (!S_ISREG(st.st_mode)) return sx_fail(err, LLM_E_IO, "%s is not a regular file", name);
    uint64_t size = (uint64_t)st.st_size;
    if (offset > size || length > size - offset)
        return sx_fail(err, LLM_E_INVALID, "%s has %llu bytes; %llu at offset %llu do not lie in it", name,
                       (unsigned long long)size, (unsigned long long)length, (unsigned long long)offset);
    return map_range(map, fd, offset, length ? length : size - offset, name, err);
}

void sx_file_unmap(sx_map_file *map)
{
    if (map->data) munmap((void *)(uintptr_t)(map->data - map->lead), map->size + map->lead);
    *map = (sx_map_file){NULL, 0, 0};
}

bool sx_file_is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool sx_file_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static llm_status read_all(int fd, char *data, size_t *size, const char *path, llm_error *err)
{
    size_t got = 0;
    while (got < *size) {
        ssize_t n = read(fd, data + got, *size - got);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return sx_fail_errno(err, errno, "cannot read", path);
        if (n == 0) break; /* it shrank while being read: take what there is */
        got += (size_t)n;
    }
    *size = got;
    data[got] = '\0';
    return LLM_OK;
}

llm_status sx_file_read(sx_mem *mem, const char *path, uint64_t max, char **data, size_t *size, llm_error *err)
{
    int fd;
    uint64_t bytes;
    *data = NULL;
    llm_status status = open_regular(path, &fd, &bytes, err);
    if (status != LLM_OK) return status;
    if (bytes > max) {
        close(fd);
        return sx_fail(err, LLM_E_LIMIT, "%s has %llu bytes; the limit is %llu (raise max_doc_bytes to take it)", path,
                       (unsigned long long)bytes, (unsigned long long)max);
    }
    *size = (size_t)bytes;
    *data = sx_mem_alloc(mem, *size + 1);
    status = *data ? read_all(fd, *data, size, path, err) : sx_fail_memory(err);
    close(fd);
    if (status != LLM_OK) {
        sx_mem_free(mem, *data);
        *data = NULL;
    }
    return status;
}
