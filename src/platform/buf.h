/* A growing byte buffer with a hard maximum, always NUL-terminated behind its length. The first failure sticks: later
 * appends do nothing and sx_buf_status tells it, so that a run of appends needs one check at its end. */
#ifndef SX_PLATFORM_BUF_H
#define SX_PLATFORM_BUF_H

#include <stddef.h>

#include "platform/mem.h"

typedef struct sx_buf {
    sx_mem *mem;
    char *data; /* [len + 1], NULL while empty */
    size_t len;
    size_t cap;
    size_t max; /* most bytes it may hold */
    llm_status status;
} sx_buf;

void sx_buf_init(sx_buf *buf, sx_mem *mem, size_t max /* 0: no limit */);
void sx_buf_free(sx_buf *buf);  /* leaves an empty, usable buffer */
void sx_buf_clear(sx_buf *buf); /* length 0 and no failure, memory kept */
void sx_buf_expect(sx_buf *buf,
                   size_t n); /* about n bytes will be added: memory for them at once, if there is so much */
void sx_buf_add(sx_buf *buf, const void *bytes, size_t n);
char *sx_buf_room(sx_buf *buf, size_t n); /* n more bytes, to be written by the caller; NULL after a failure */
void sx_buf_str(sx_buf *buf, const char *s);
void sx_buf_char(sx_buf *buf, char c);
void sx_buf_printf(sx_buf *buf, const char *format, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 2, 3)))
#endif
    ;
void sx_buf_drop_front(sx_buf *buf, size_t n);
void sx_buf_drop_last(sx_buf *buf, size_t n);
llm_status sx_buf_status(const sx_buf *buf); /* LLM_OK, LLM_E_MEMORY or LLM_E_LIMIT */
const char *sx_buf_cstr(const sx_buf *buf);  /* "" while empty */

#endif
