/* Formats sentences into the caller's fixed buffer: no allocation, so that running out of memory can be reported too. */
#include "platform/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "platform/utf8.h"

llm_status sx_fail(llm_error *err, llm_status code, const char *format, ...)
{
    if (!err) return code;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    err->code = code;
    if (n >= (int)sizeof err->message) {
        size_t keep = sx_utf8_floor(err->message, sizeof err->message - 1);
        err->message[keep] = '\0';
    }
    return code;
}

llm_status sx_fail_memory(llm_error *err)
{
    return sx_fail(err, LLM_E_MEMORY, "out of memory: the allocator returned NULL");
}

/* strerror_r comes in two kinds: glibc's returns the text, POSIX's returns 0 and fills the buffer. */
static const char *text_of_glibc(const char *text, const char *buffer)
{
    (void)buffer;
    return text;
}

static const char *text_of_posix(int result, const char *buffer)
{
    return result == 0 ? buffer : "unknown error";
}

llm_status sx_fail_errno(llm_error *err, int errnum, const char *what, const char *path)
{
    char buffer[128] = "";
    const char *reason = _Generic(strerror_r(errnum, buffer, sizeof buffer), char *: text_of_glibc, int: text_of_posix)(
        strerror_r(errnum, buffer, sizeof buffer), buffer);
    if (errnum == ENOSPC || errnum == EDQUOT || errnum == EFBIG)
        return sx_fail(err, LLM_E_FULL, "%s %s: %s; free some space and try again", what, path, reason);
    if (errnum == ENOENT || errnum == ENOTDIR)
        return sx_fail(err, LLM_E_NOT_FOUND, "%s %s: %s; check the path", what, path, reason);
    return sx_fail(err, LLM_E_IO, "%s %s: %s", what, path, reason);
}
