#include "readers/out.h"

#include <stdlib.h>
#include <string.h>

#include "sextant.h"

enum { POLL_EVERY = 512 };

void sx_out_init(sx_out *out, const sx_reader_sink *sink, const sx_reader_limits *limits)
{
    *out = (sx_out){.sink = sink, .limits = limits};
}

int32_t sx_out_close(sx_out *out)
{
    sx_out_end(out);
    free(out->block);
    out->block = NULL;
    return out->status;
}

static void add(sx_out *out, const char *bytes, size_t n)
{
    if (out->status || n == 0) return;
    if (out->len + n > out->cap) {
        size_t cap = out->cap ? out->cap : 1024;
        while (cap < out->len + n) cap *= 2;
        if (cap > out->limits->max_text + 4096) {
            sx_out_fail(out, LLM_E_LIMIT, "holds more text than max_doc_bytes allows; raise it to take the document");
            return;
        }
        char *grown = realloc(out->block, cap);
        if (!grown) {
            sx_out_fail(out, LLM_E_MEMORY, "could not be read: there is no memory left");
            return;
        }
        out->block = grown;
        out->cap = cap;
    }
    memcpy(out->block + out->len, bytes, n);
    out->len += n;
}

static void send(sx_out *out, const char *bytes, size_t n)
{
    if (out->status) return;
    out->status = out->sink->text(out->sink->user, bytes, n);
    out->at += n;
}

/* Bytes of the well-formed UTF-8 sequence at s (Unicode, table 3-7), 0: none. */
static size_t sequence(const unsigned char *s, size_t n)
{
    size_t len = s[0] < 0x80                   ? 1
                 : s[0] >= 0xC2 && s[0] < 0xE0 ? 2
                 : (s[0] & 0xF0) == 0xE0       ? 3
                 : s[0] >= 0xF0 && s[0] < 0xF5 ? 4
                                               : 0;
    if (len == 0 || len > n) return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xC0) != 0x80) return 0;
    bool overlong = (s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xF0 && s[1] < 0x90);
    bool beyond = (s[0] == 0xED && s[1] >= 0xA0) || (s[0] == 0xF4 && s[1] >= 0x90);
    return overlong || beyond ? 0 : len;
}

/* What a parser lets through of a damaged document is not always UTF-8: such bytes become U+FFFD. */
static void send_clean(sx_out *out, const char *bytes, size_t n)
{
    size_t from = 0, i = 0;
    while (i < n) {
        size_t len = sequence((const unsigned char *)bytes + i, n - i);
        if (len) {
            i += len;
            continue;
        }
        send(out, bytes + from, i - from);
        send(out, "\xEF\xBF\xBD", 3);
        from = ++i;
    }
    send(out, bytes + from, n - from);
}

static bool joins(int kind, int last)
{
    return kind == last && (kind == SX_MARK_ITEM || kind == SX_MARK_ROW);
}

void sx_out_end(sx_out *out)
{
    while (out->len && (out->block[out->len - 1] == '\n' || out->block[out->len - 1] == ' ')) out->len--;
    if (out->kind && out->len) {
        if (out->last) send(out, "\n\n", joins(out->kind, out->last) ? 1 : 2);
        size_t start = out->at;
        send_clean(out, out->block, out->len);
        if (!out->status) out->status = out->sink->mark(out->sink->user, out->kind, out->level, start, out->at);
        out->last = out->kind;
    }
    out->kind = 0;
    out->len = 0;
    out->blank = false;
}

void sx_out_begin(sx_out *out, int kind, int level)
{
    sx_out_end(out);
    out->kind = kind;
    out->level = level;
}

/* Bytes of the white space that begins here, no-break spaces among it; 0: none. */
static size_t white(const char *s, size_t n)
{
    if (n && (*s == ' ' || (*s >= '\t' && *s <= '\r'))) return 1;
    return n >= 2 && memcmp(s, "\xC2\xA0", 2) == 0 ? 2 : 0;
}

void sx_out_text(sx_out *out, const char *text, size_t len)
{
    if (!out->kind) {
        size_t i = 0, n;
        while ((n = white(text + i, len - i))) i += n;
        if (i == len) return;
        sx_out_begin(out, SX_MARK_PARAGRAPH, 0);
    }
    if (out->kind == SX_MARK_CODE) {
        add(out, text, len);
        return;
    }
    for (size_t i = 0; i < len;) {
        size_t from = i;
        while (i < len && !white(text + i, len - i)) i++;
        if (i > from) {
            if (out->blank && out->len && out->block[out->len - 1] != '\n') add(out, " ", 1);
            out->blank = false;
            add(out, text + from, i - from);
        }
        if (i < len) out->blank = true;
        for (size_t n; (n = white(text + i, len - i));) i += n;
    }
}

void sx_out_str(sx_out *out, const char *text)
{
    sx_out_text(out, text, strlen(text));
}

void sx_out_line(sx_out *out)
{
    if (out->kind == SX_MARK_ROW || out->kind == SX_MARK_HEADING) {
        out->blank = true;
        return;
    }
    if (out->len) add(out, "\n", 1);
    out->blank = false;
}

void sx_out_blank(sx_out *out)
{
    out->blank = true;
}

void sx_out_page(sx_out *out)
{
    sx_out_end(out);
    send(out, "\n\f", 2);
}

int32_t sx_out_fail(sx_out *out, int32_t status, const char *why)
{
    if (!out->status) out->status = out->sink->fail(out->sink->user, status, why);
    if (!out->status) out->status = status;
    return out->status;
}

bool sx_out_go_on(sx_out *out)
{
    if (!out->status && ++out->polls % POLL_EVERY == 0) out->status = out->sink->poll(out->sink->user);
    return out->status == 0;
}
