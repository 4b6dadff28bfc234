#include "platform/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "platform/utf8.h"

void sx_log_init(sx_log *log, const llm_logger *hook)
{
    memset(log, 0, sizeof *log);
    if (hook) log->hook = *hook;
}

void sx_log_write(const sx_log *log, int32_t level, const char *format, ...)
{
    if (!log || !log->hook.log) return;
    char line[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n >= (int)sizeof line) line[sx_utf8_floor(line, sizeof line - 1)] = '\0';
    log->hook.log(log->hook.user, level, line);
}
