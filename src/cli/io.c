/* Bytes in and out: whole files, standard input, and a standard output whose failures are told. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool sx_bytes_add(sx_bytes *b, const void *bytes, size_t n)
{
    if (n >= SIZE_MAX / 4 - b->len) return false;
    if (b->len + n + 1 > b->cap) {
        size_t cap = b->cap ? b->cap : 4096;
        while (cap < b->len + n + 1) cap *= 2;
        char *data = realloc(b->data, cap);
        if (!data) return false;
        b->data = data;
        b->cap = cap;
    }
    if (n) memcpy(b->data + b->len, bytes, n);
    b->len += n;
    b->data[b->len] = '\0';
    return true;
}

void sx_bytes_free(sx_bytes *b)
{
    free(b->data);
    memset(b, 0, sizeof *b);
}

void sx_hint_terminal(void)
{
    if (isatty(STDIN_FILENO) && isatty(STDERR_FILENO)) fputs("(reading from the terminal; Ctrl-D ends)\n", stderr);
}

bool sx_read_all(const sx_command *cmd, const char *path, sx_bytes *out)
{
    bool is_stdin = strcmp(path, "-") == 0;
    const char *name = is_stdin ? "standard input" : path;
    int fd = is_stdin ? 0 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        sx_say(cmd, "cannot open %s: %s", name, strerror(errno));
        return false;
    }
    if (is_stdin) sx_hint_terminal();
    char chunk[32768];
    bool ok = sx_bytes_add(out, "", 0);
    while (ok) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR && !sx_interrupted()) continue;
        if (n < 0) {
            if (sx_interrupted())
                sx_say(cmd, "cancelled");
            else
                sx_say(cmd, "cannot read %s: %s", name, strerror(errno));
            break;
        }
        if (n == 0) {
            if (!is_stdin) close(fd);
            return true;
        }
        ok = sx_bytes_add(out, chunk, (size_t)n);
    }
    if (!ok) sx_say(cmd, "out of memory while reading %s", name);
    if (!is_stdin) close(fd);
    return false;
}

bool sx_put(const void *bytes, size_t n)
{
    return fwrite(bytes, 1, n, stdout) == n;
}

int sx_finish(const sx_command *cmd, int status)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    int why = errno;
    clearerr(stdout);
    if (why)
        sx_say(cmd, "standard output could not be written: %s", strerror(why));
    else
        sx_say(cmd, "standard output could not be written whole");
    return SX_EXIT_RUN;
}

bool sx_list_add(sx_bytes *list, const char *item, size_t len)
{
    if (len == 0) return true;
    if (list->len) list->len--; /* over the empty string that ended the list so far */
    return sx_bytes_add(list, item, len) && sx_bytes_add(list, "\0", 2);
}

bool sx_list_split(sx_bytes *list, const char *joined)
{
    while (*joined) {
        size_t n = strcspn(joined, ",");
        if (!sx_list_add(list, joined, n)) return false;
        joined += n + (joined[n] == ',');
    }
    return true;
}

bool sx_token_list(const sx_command *cmd, const char *text, int32_t **ids, size_t *n)
{
    size_t room = strlen(text ? text : "") / 2 + 1;
    *n = 0;
    *ids = malloc(room * sizeof **ids);
    if (!*ids) {
        sx_say(cmd, "out of memory");
        return false;
    }
    for (const char *s = text ? text : ""; *s;) {
        char *end = NULL;
        if (strchr(", \t\r\n", *s)) {
            s++;
            continue;
        }
        errno = 0;
        long v = *s >= '0' && *s <= '9' ? strtol(s, &end, 10) : -1;
        if (v < 0 || errno || v > INT32_MAX || !end || (*end && !strchr(", \t\r\n", *end))) {
            sx_say(cmd, "'%.*s' is not a token id", (int)strcspn(s, ", \t\r\n"), s);
            free(*ids);
            *ids = NULL;
            return false;
        }
        (*ids)[(*n)++] = (int32_t)v;
        s = end;
    }
    return true;
}

void sx_error_set(llm_error *err, llm_status code, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    err->code = code;
    vsnprintf(err->message, sizeof err->message, format, ap);
    va_end(ap);
}
