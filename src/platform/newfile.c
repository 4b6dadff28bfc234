#include "platform/newfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES = 100 };

/* Others may be writing the same file: each has a name of its own. */
static FILE *create(sx_new_file *f, llm_error *err)
{
    for (int i = 0; i < TRIES; i++) {
        sx_buf_clear(&f->temporary);
        sx_buf_printf(&f->temporary, "%s.%ld-%d.part", f->path, (long)getpid(), i);
        if (sx_buf_status(&f->temporary) != LLM_OK) {
            sx_fail_memory(err);
            return NULL;
        }
        int fd = open(f->temporary.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno == EEXIST && i + 1 < TRIES) continue;
        FILE *out = fd < 0 ? NULL : fdopen(fd, "wb");
        if (!out) sx_fail_errno(err, errno, "cannot create", f->temporary.data);
        if (!out && fd >= 0) close(fd);
        return out;
    }
    return NULL;
}

llm_status sx_new_file_begin(sx_new_file *f, sx_mem *mem, const char *path, llm_error *err)
{
    llm_error why = LLM_ERROR_INIT;
    struct stat st;
    *f = (sx_new_file){.path = path};
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return sx_fail(err, LLM_E_INVALID, "%s exists and is not a regular file: choose another name", path);
    sx_buf_init(&f->temporary, mem, 0);
    f->out = create(f, &why);
    if (f->out) return LLM_OK;
    sx_buf_free(&f->temporary);
    return sx_fail(err, why.code, "%s", why.message);
}

llm_status sx_new_file_put(sx_new_file *f, const void *bytes, size_t n, llm_error *err)
{
    if (n && fwrite(bytes, 1, n, f->out) != n) return sx_fail_errno(err, errno, "cannot write", f->temporary.data);
    return LLM_OK;
}

/* The new name is on the disk only when its folder is; what cannot sync a folder keeps names in some other way. */
static int sync_folder(sx_new_file *f)
{
    char *slash = strrchr(f->temporary.data, '/'); /* it is of no more use as a name */
    if (slash) slash[slash == f->temporary.data] = '\0';
    int fd = open(slash ? f->temporary.data : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return 0;
    int failed = fsync(fd) != 0 && errno != EINVAL && errno != EROFS ? errno : 0;
    close(fd);
    return failed;
}

llm_status sx_new_file_end(sx_new_file *f, llm_status status, llm_error *err)
{
    if (status == LLM_OK && (fflush(f->out) != 0 || fsync(fileno(f->out)) != 0))
        status = sx_fail_errno(err, errno, "cannot write", f->temporary.data);
    if (fclose(f->out) != 0 && status == LLM_OK) status = sx_fail_errno(err, errno, "cannot write", f->temporary.data);
    if (status == LLM_OK && rename(f->temporary.data, f->path) != 0)
        status = sx_fail_errno(err, errno, "cannot rename to", f->path);
    if (status != LLM_OK) {
        unlink(f->temporary.data);
    } else {
        int failed = sync_folder(f);
        if (failed) status = sx_fail_errno(err, failed, "cannot make sure of", f->path);
    }
    sx_buf_free(&f->temporary);
    return status;
}
