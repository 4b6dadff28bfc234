#include "platform/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void sx_buf_init(sx_buf *buf, sx_mem *mem, size_t max)
{
    memset(buf, 0, sizeof *buf);
    buf->mem = mem;
    buf->max = max ? max : SIZE_MAX / 4;
}

void sx_buf_free(sx_buf *buf)
{
    if (buf->mem) sx_mem_free(buf->mem, buf->data);
    sx_buf_init(buf, buf->mem, buf->max);
}

void sx_buf_clear(sx_buf *buf)
{
    buf->len = 0;
    buf->status = LLM_OK;
    if (buf->data) buf->data[0] = '\0';
}

static int reserve(sx_buf *buf, size_t more)
{
    if (buf->status != LLM_OK) return -1;
    if (more > buf->max - buf->len) {
        buf->status = LLM_E_LIMIT;
        return -1;
    }
    if (sx_mem_grow(buf->mem, (void **)&buf->data, &buf->cap, buf->len + more + 1, 1)) {
        buf->status = LLM_E_MEMORY;
        return -1;
    }
    return 0;
}

void sx_buf_expect(sx_buf *buf, size_t n)
{
    if (buf->status == LLM_OK && n <= buf->max - buf->len)
        (void)sx_mem_grow(buf->mem, (void **)&buf->data, &buf->cap, buf->len + n + 1, 1);
}

void sx_buf_add(sx_buf *buf, const void *bytes, size_t n)
{
    if (reserve(buf, n)) return;
    if (n) memcpy(buf->data + buf->len, bytes, n);
    buf->len += n;
    buf->data[buf->len] = '\0';
}

char *sx_buf_room(sx_buf *buf, size_t n)
{
    if (reserve(buf, n)) return NULL;
    char *room = buf->data + buf->len;
    buf->len += n;
    buf->data[buf->len] = '\0';
    return room;
}

void sx_buf_str(sx_buf *buf, const char *s)
{
    sx_buf_add(buf, s, strlen(s));
}

void sx_buf_char(sx_buf *buf, char c)
{
    sx_buf_add(buf, &c, 1);
}

void sx_buf_printf(sx_buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n >= 0 && !reserve(buf, (size_t)n)) {
        vsnprintf(buf->data + buf->len, (size_t)n + 1, format, again);
        buf->len += (size_t)n;
    }
    va_end(again);
}

void sx_buf_drop_front(sx_buf *buf, size_t n)
{
    if (n == 0 || n > buf->len) return;
    memmove(buf->data, buf->data + n, buf->len - n + 1);
    buf->len -= n;
}

void sx_buf_drop_last(sx_buf *buf, size_t n)
{
    if (n == 0 || n > buf->len) return;
    buf->len -= n;
    buf->data[buf->len] = '\0';
}

llm_status sx_buf_status(const sx_buf *buf)
{
    return buf->status;
}

const char *sx_buf_cstr(const sx_buf *buf)
{
    return buf->data ? buf->data : "";
}
