/* JSON Lines: requests on stdin, one answer per request on stdout, in order. */
#include "json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct reader {
    sx_bytes buf;
    size_t at; /* start of what is not served yet */
    bool ended;
} reader;

/* The next line without its newline; false at the end, or after a failure told in *why. */
static bool next_line(reader *r, const char **line, size_t *len, int *why)
{
    size_t seen = r->at;
    for (;;) {
        char *nl = r->buf.len > seen ? memchr(r->buf.data + seen, '\n', r->buf.len - seen) : NULL;
        if (nl || (r->ended && r->at < r->buf.len)) {
            *line = r->buf.data + r->at;
            *len = nl ? (size_t)(nl - *line) : r->buf.len - r->at;
            r->at += *len + (nl ? 1 : 0);
            return true;
        }
        if (r->ended) return false;
        if (r->at) { /* keep only the beginning of the unfinished line */
            memmove(r->buf.data, r->buf.data + r->at, r->buf.len - r->at);
            r->buf.len -= r->at;
            r->at = 0;
        }
        seen = r->buf.len;
        fflush(stdout); /* whoever waits for answers before asking on gets them now */
        char chunk[32768];
        ssize_t n = read(STDIN_FILENO, chunk, sizeof chunk);
        if (n < 0) {
            *why = errno;
            return false;
        }
        r->ended = n == 0;
        if (!sx_bytes_add(&r->buf, chunk, (size_t)n)) {
            *why = ENOMEM;
            return false;
        }
    }
}

static bool blank(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r') return false;
    return true;
}

static void add_error(json_t *out, const llm_error *err, llm_status code)
{
    const char *message = err->message[0] ? err->message : "The line could not be served.";
    json_t *e = json_object();
    sx_json_set(e, "code", sx_json_str(llm_status_name(code)));
    sx_json_set(e, "message", sx_json_str(message));
    sx_json_set(out, "error", e);
}

/* Answers one line; LLM_OK, or why it failed. *written tells whether the answer reached stdout. */
static llm_status serve(sx_line_fn fn, void *user, const char *line, size_t len, bool *written)
{
    llm_error err = LLM_ERROR_INIT;
    json_error_t where;
    llm_status st = LLM_OK;
    json_t *in = json_loadb(line, len, JSON_ALLOW_NUL, &where);
    json_t *out = json_object();
    const json_t *id = json_object_get(in, "id");
    sx_json_set(out, "id", id ? json_deep_copy(id) : json_null());
    if (!in) {
        st = LLM_E_FORMAT;
        sx_error_set(&err, st, "The line is not JSON: %s (column %d).", where.text, where.column);
    } else if (!json_is_object(in)) {
        st = LLM_E_FORMAT;
        sx_error_set(&err, st, "The line must be a JSON object.");
    } else {
        st = fn(user, in, out, &err);
    }
    if (st != LLM_OK) {
        json_object_clear(out);
        sx_json_set(out, "id", id ? json_deep_copy(id) : json_null());
        add_error(out, &err, st);
    }
    json_decref(in);
    *written = sx_json_line(out);
    return st;
}

int sx_jsonl(sx_run *run, sx_line_fn fn, void *user)
{
    reader r = {{0}, 0, false};
    int status = SX_EXIT_OK, why = 0;
    const char *line = NULL;
    size_t len = 0;
    while (next_line(&r, &line, &len, &why)) {
        if (blank(line, len)) continue;
        bool written = false;
        llm_status st = serve(fn, user, line, len, &written);
        if (st != LLM_OK || !written) status = SX_EXIT_SOME;
        if (ferror(stdout) || llm_cancel_is_set(run->cancel)) break;
    }
    sx_bytes_free(&r.buf);
    if (llm_cancel_is_set(run->cancel)) return SX_EXIT_CANCELLED;
    if (why) {
        sx_say(run->cmd, "standard input could not be read: %s", strerror(why));
        return SX_EXIT_RUN;
    }
    return status;
}
