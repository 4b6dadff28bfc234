/* The terminal: whether there is one, its styles, progress. */
#include "term.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool sx_tty_out(void)
{
    return isatty(STDOUT_FILENO) == 1;
}

bool sx_tty_err(void)
{
    return isatty(STDERR_FILENO) == 1;
}

static bool smart_terminal(void)
{
    const char *term = getenv("TERM");
    return term && strcmp(term, "dumb") != 0;
}

static const char *style(const char *sequence)
{
    const char *off = getenv("NO_COLOR");
    return sx_tty_out() && smart_terminal() && !(off && off[0]) ? sequence : "";
}

const char *sx_bold(void)
{
    return style("\033[1m");
}

const char *sx_dim(void)
{
    return style("\033[2m");
}

const char *sx_green(void)
{
    return style("\033[32m");
}

const char *sx_yellow(void)
{
    return style("\033[33m");
}

const char *sx_plain(void)
{
    return style("\033[0m");
}

static size_t width_of(int fd)
{
    struct winsize size;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20 ? size.ws_col : 80;
}

size_t sx_columns_out(void)
{
    return width_of(STDOUT_FILENO);
}

void sx_progress(const char *format, ...)
{
    if (!sx_tty_err() || !smart_terminal()) return;
    char text[512];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
    size_t room = width_of(STDERR_FILENO) - 4;
    size_t n = strlen(text);
    while (n > room || (n && ((unsigned char)text[n] & 0xC0) == 0x80)) n--; /* at a whole code point */
    fprintf(stderr, "\r\033[K%.*s ...", (int)n, text);
    fflush(stderr);
}

void sx_progress_end(void)
{
    if (!sx_tty_err() || !smart_terminal()) return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
}
