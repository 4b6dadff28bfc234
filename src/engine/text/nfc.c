/* Composition before tokenising, where a model was trained on composed text. */
#include <utf8proc.h>

#include "engine/text/parts.h"

enum { FIRST_TO_MIND = 0xcc /* leads U+0300, the first that composes */ };

static const utf8proc_option_t options = (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_COMPOSE);

static bool plain(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)s[i] >= FIRST_TO_MIND) return false;
    return true;
}

llm_status sx_nfc(sx_mem *mem, const char **s, size_t *len, sx_buf *room)
{
    if (plain(*s, *len)) return LLM_OK;
    const utf8proc_uint8_t *text = (const utf8proc_uint8_t *)*s;
    utf8proc_ssize_t n = utf8proc_decompose(text, (utf8proc_ssize_t)*len, NULL, 0, options);
    if (n < 0) return LLM_OK;
    utf8proc_int32_t *points = sx_mem_array(mem, (size_t)n + 1, sizeof *points);
    if (!points) return LLM_E_MEMORY;
    utf8proc_decompose(text, (utf8proc_ssize_t)*len, points, n, options);
    utf8proc_ssize_t bytes = utf8proc_reencode(points, n, options); /* in place */
    sx_buf_clear(room);
    if (bytes >= 0) sx_buf_add(room, points, (size_t)bytes);
    sx_mem_free(mem, points);
    if (sx_buf_status(room) != LLM_OK) return LLM_E_MEMORY;
    if (bytes >= 0) {
        *s = sx_buf_cstr(room);
        *len = room->len;
    }
    return LLM_OK;
}
