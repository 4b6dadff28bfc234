/* Walks an answer from mark to mark: reasoning, calls, and the text between. */
#include "engine/text/chat.h"

#include <string.h>

#include "engine/text/chat_parts.h"
#include "platform/json.h"
#include "platform/utf8.h"

static bool blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

size_t sx_chat_blanks(const sx_chat_reader *r, size_t i)
{
    while (i < r->n && blank(r->s[i])) i++;
    return i;
}

bool sx_chat_at(const sx_chat_reader *r, size_t i, const char *mark)
{
    size_t len = mark ? strlen(mark) : 0;
    return len && r->n - i >= len && memcmp(r->s + i, mark, len) == 0;
}

/* Does the text end inside this mark? */
static bool begins(const sx_chat_reader *r, size_t i, const char *mark)
{
    return mark && r->n - i < strlen(mark) && memcmp(r->s + i, mark, r->n - i) == 0;
}

sx_took sx_chat_expect(const sx_chat_reader *r, size_t *i, const char *mark)
{
    if (sx_chat_at(r, *i, mark)) {
        *i += strlen(mark);
        return SX_TOOK;
    }
    return begins(r, *i, mark) ? SX_MORE : SX_BAD;
}

sx_took sx_chat_until(const sx_chat_reader *r, size_t *i, const char *mark, const char **view, size_t *len)
{
    for (size_t k = *i; k < r->n; k++) {
        if (r->s[k] != mark[0] || !sx_chat_at(r, k, mark)) continue;
        *view = r->s + *i;
        *len = k - *i;
        *i = k + strlen(mark);
        return SX_TOOK;
    }
    return SX_MORE;
}

/* Where the next of the marks stands, or n; *held when the text ends inside one there. */
static size_t next_mark(const sx_chat_reader *r, size_t i, const char *const *marks, size_t n_marks, bool *held)
{
    for (; i < r->n; i++) {
        for (size_t k = 0; k < n_marks; k++) {
            if (!marks[k] || r->s[i] != marks[k][0]) continue;
            if (sx_chat_at(r, i, marks[k])) return i;
            if (r->partial && begins(r, i, marks[k])) {
                *held = true;
                return i;
            }
        }
    }
    return i;
}

static void say(sx_chat_reader *r, size_t from, size_t to)
{
    while (r->trim && from < to && blank(r->s[from])) from++;
    if (from == to) return;
    r->trim = false;
    sx_buf_add(&r->content, r->s + from, to - from);
}

/* Reasoning from i to its end; where the walk goes on. */
static size_t think(sx_chat_reader *r, size_t i)
{
    bool held = false;
    size_t end = next_mark(r, i, &r->f->think_close, 1, &held);
    if (r->reasoning.len) sx_buf_char(&r->reasoning, '\n');
    i = sx_chat_blanks(r, i);
    if (i < end) sx_buf_add(&r->reasoning, r->s + i, end - i);
    while (r->reasoning.len && blank(r->reasoning.data[r->reasoning.len - 1])) sx_buf_drop_last(&r->reasoning, 1);
    r->trim = true;
    return end == r->n || held ? r->n : end + strlen(r->f->think_close);
}

/* Calls at i, behind their mark or bare. False: the rest has to wait. What is no call stays text. */
static bool call(sx_chat_reader *r, size_t from, size_t *i, bool bare)
{
    size_t calls = r->calls.len, at = *i;
    uint32_t n_calls = r->n_calls;
    sx_took took = bare ? sx_chat_bare_call(r, &at) : sx_chat_calls(r, &at);
    *i = at;
    if (took == SX_TOOK) {
        r->trim = true;
        return true;
    }
    r->n_calls = n_calls;
    if (r->calls.len > calls) sx_buf_drop_last(&r->calls, r->calls.len - calls);
    if (took == SX_MORE && r->partial) return false;
    if (took == SX_MORE) *i = r->n;
    if (!bare) r->malformed = true;
    say(r, from, *i);
    return true;
}

/* Behind a call another may follow, with a ; between. */
static bool next_object(const sx_chat_reader *r, size_t *i)
{
    size_t at = sx_chat_blanks(r, *i);
    if (!r->f->bare || !r->trim) return false;
    if (at < r->n && r->s[at] == ';') *i = at + 1;
    return true;
}

static void walk(sx_chat_reader *r, bool reasoning)
{
    const char *const marks[] = {r->f->think_open, r->f->open, r->f->drop[0], r->f->drop[1]};
    size_t i = reasoning ? think(r, 0) : 0;
    bool start = true;
    while (i < r->n && r->status == LLM_OK) {
        size_t at = sx_chat_blanks(r, i);
        if (r->f->bare && start && at < r->n && r->s[at] == '{') {
            size_t from = i;
            i = at;
            if (!call(r, from, &i, true)) return;
            start = next_object(r, &i);
            continue;
        }
        bool held = false;
        size_t mark = next_mark(r, i, marks, sizeof marks / sizeof *marks, &held);
        start = start && mark == i;
        say(r, i, mark);
        if (held || mark == r->n) return;
        i = mark;
        if (sx_chat_at(r, i, r->f->think_open)) {
            i = think(r, i + strlen(r->f->think_open));
        } else if (sx_chat_at(r, i, r->f->open)) {
            i += strlen(r->f->open);
            if (!call(r, mark, &i, false)) return;
            start = next_object(r, &i);
        } else {
            i += strlen(sx_chat_at(r, i, r->f->drop[0]) ? r->f->drop[0] : r->f->drop[1]);
        }
    }
}

/* ---- harmony ---- */

/* Does this word stand in the header, and what follows it up to a blank or a mark? */
static const char *after(const char *head, size_t len, const char *word, size_t *n)
{
    size_t w = strlen(word);
    for (size_t i = 0; i + w <= len; i++) {
        if (memcmp(head + i, word, w) != 0) continue;
        size_t k = i + w;
        while (k < len && !blank(head[k]) && head[k] != '<') k++;
        *n = k - i - w;
        return head + i + w;
    }
    return NULL;
}

/* The end of a message's body: the first of the marks that end one. */
static size_t message_end(const sx_chat_reader *r, size_t i, bool *held)
{
    static const char *const ends[] = {"<|end|>", "<|call|>", "<|return|>", "<|start|>", "<|channel|>"};
    return next_mark(r, i, ends, sizeof ends / sizeof *ends, held);
}

static void message(sx_chat_reader *r, const char *head, size_t head_len, size_t from, size_t to, bool whole)
{
    size_t n = 0, to_len = 0;
    const char *channel = after(head, head_len, "<|channel|>", &n);
    const char *tool = after(head, head_len, "to=functions.", &to_len);
    if (tool) {
        sx_chat_reader body = *r;
        body.n = to;
        size_t i = from;
        if (!whole && r->partial) return;
        sx_took took = sx_chat_named_call(&body, &i, tool, to_len, NULL, 0);
        r->calls = body.calls;
        r->n_calls = body.n_calls;
        r->status = body.status;
        if (took == SX_TOOK) return;
        r->malformed = true;
        say(r, from, to);
    } else if (channel && n == 8 && memcmp(channel, "analysis", 8) == 0) {
        if (r->reasoning.len) sx_buf_char(&r->reasoning, '\n');
        sx_buf_add(&r->reasoning, r->s + from, to - from);
    } else {
        say(r, from, to);
    }
}

static void walk_channels(sx_chat_reader *r)
{
    size_t i = 0;
    while (i < r->n && r->status == LLM_OK) {
        bool held = false;
        if (!sx_chat_at(r, i, "<|channel|>") && !sx_chat_at(r, i, "<|start|>")) {
            size_t end = message_end(r, i, &held);
            say(r, i, end);
            if (held || end == r->n) return;
            i = end;
            static const char *const over[] = {"<|end|>", "<|call|>", "<|return|>"};
            for (size_t k = 0; k < 3; k++)
                if (sx_chat_at(r, i, over[k])) i += strlen(over[k]);
            continue;
        }
        const char *head;
        size_t head_len;
        if (sx_chat_until(r, &i, "<|message|>", &head, &head_len) != SX_TOOK) {
            if (r->partial) return;
            r->malformed = true;
            say(r, i, r->n);
            return;
        }
        size_t end = message_end(r, i, &held);
        message(r, head, head_len, i, end, end < r->n && !held);
        i = held ? r->n : end;
    }
}

/* ---- the whole ---- */

static bool opened_reasoning(const sx_chat_answer *a)
{
    const char *open = a->format->think_open;
    size_t n = a->prompt ? a->prompt_len : 0, len = open ? strlen(open) : 0;
    while (n && blank(a->prompt[n - 1])) n--;
    return len && n >= len && memcmp(a->prompt + n - len, open, len) == 0;
}

static void write_answer(sx_chat_reader *r, sx_buf *out)
{
    if (r->partial || r->n_calls)
        while (r->content.len && blank(r->content.data[r->content.len - 1])) sx_buf_drop_last(&r->content, 1);
    sx_buf_str(out, "{\"content\":");
    sx_json_quote(out, sx_buf_cstr(&r->content), r->content.len, false);
    if (r->reasoning.len) {
        sx_buf_str(out, ",\"reasoning\":");
        sx_json_quote(out, sx_buf_cstr(&r->reasoning), r->reasoning.len, false);
    }
    if (r->n_calls) {
        sx_buf_str(out, ",\"tool_calls\":[");
        sx_buf_add(out, sx_buf_cstr(&r->calls), r->calls.len);
        sx_buf_char(out, ']');
    }
    if (r->malformed) sx_buf_str(out, ",\"malformed\":true");
    sx_buf_char(out, '}');
}

llm_status sx_chat_parse(sx_mem *mem, const sx_chat_answer *a, sx_buf *out, llm_error *err)
{
    sx_chat_reader r = {.f = a->format, .s = a->text, .n = a->len, .partial = a->partial, .mem = mem};
    if (r.partial) r.n = sx_utf8_floor(r.s, r.n);
    sx_buf *bufs[] = {&r.content, &r.reasoning, &r.calls};
    for (size_t i = 0; i < 3; i++) sx_buf_init(bufs[i], mem, 0);
    if (r.f->channels)
        walk_channels(&r);
    else
        walk(&r, opened_reasoning(a));
    for (size_t i = 0; i < 3 && r.status == LLM_OK; i++) r.status = sx_buf_status(bufs[i]);
    if (r.status == LLM_OK) write_answer(&r, out);
    if (r.status == LLM_OK) r.status = sx_buf_status(out);
    for (size_t i = 0; i < 3; i++) sx_buf_free(bufs[i]);
    if (r.status == LLM_OK) return LLM_OK;
    return r.status == LLM_E_MEMORY ? sx_fail_memory(err) : sx_fail(err, r.status, "the answer is too long to read");
}
