/* Any bytes as HTML, DOCX or EPUB (by the first one): what the plugin sends is UTF-8, and its marks lie in it, in order. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "platform/utf8.h"
#include "readers/xml/formats.h"
#include "sextant.h"

const sx_reader_plugin *sextant_reader_plugin(void);

enum { MOST = 1 << 20 };

typedef struct {
    char *text;
    size_t len, last;
    int failed;
} taken;

static int32_t take_text(void *user, const char *bytes, size_t len)
{
    taken *t = user;
    if (t->len + len > MOST) abort(); /* the limit was told */
    if (len) memcpy(t->text + t->len, bytes, len);
    t->len += len;
    return 0;
}

static int32_t take_mark(void *user, int kind, int level, size_t start, size_t end)
{
    taken *t = user;
    if (kind < SX_MARK_HEADING || kind > SX_MARK_PLAIN || level < 0 || start < t->last || start >= end || end > t->len)
        abort();
    t->last = end;
    return 0;
}

static int32_t poll(void *user)
{
    (void)user;
    return 0;
}

static int32_t fail(void *user, int32_t status, const char *why)
{
    ((taken *)user)->failed = 1;
    if (status >= 0 || !*why) abort();
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const sx_reader_limits limits = {MOST / 2, MOST / 2, 100, 100};
    if (size == 0) return 0;
    taken t = {.text = malloc(MOST)};
    if (!t.text) return 0;
    const sx_reader_sink sink = {&t, take_text, take_mark, poll, fail};
    int32_t status = sextant_reader_plugin()->read(LLM_FORMAT_HTML + data[0] % 3u, data + 1, size - 1, &limits, &sink);
    if ((status != 0) != (t.failed != 0)) abort();
    if (sx_utf8_check(t.text, t.len) != t.len) abort();
    free(t.text);
    return 0;
}
