#include "platform/file.h"

#include <errno.h>
#include <fcntl.h>
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

llm_status sx_file_map(sx_map_file *map, const char *path, llm_error *err)
{
    int fd;
    uint64_t size;
    *map = (sx_map_file){NULL, 0};
    llm_status status = open_regular(path, &fd, &size, err);
    if (status != LLM_OK) return status;
    if (size > 0) {
        void *data = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0);
        if (data == MAP_FAILED)
            status = sx_fail_errno(err, errno, "cannot map", path);
        else
            *map = (sx_map_file){data, (size_t)size};
    }
    close(fd);
    return status;
}

void sx_file_unmap(sx_map_file *map)
{
    if (map->data) munmap((void *)(uintptr_t)map->data, map->size);
    *map = (sx_map_file){NULL, 0};
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
