/* The logger of one handle: silent unless the host gave a function. Formats on the stack, so logging never allocates. */
#ifndef SX_PLATFORM_LOG_H
#define SX_PLATFORM_LOG_H

#include "sextant.h"

typedef struct sx_log {
    llm_logger hook; /* log NULL: silence */
} sx_log;

void sx_log_init(sx_log *log, const llm_logger *hook /* or NULL */);
void sx_log_write(const sx_log *log, int32_t level, const char *format, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 3, 4)))
#endif
    ;

#endif
