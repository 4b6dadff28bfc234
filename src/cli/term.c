/* The terminal's side of the command. */
#include "term.h"

#include <stdarg.h>
#include <stdint.h>
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

/* The code point at text, its length in *n; broken bytes are U+FFFD of length 1. */
static uint32_t decode(const unsigned char *s, size_t len, size_t *n)
{
    *n = 1;
    uint32_t c = s[0];
    size_t more = c < 0x80 ? 0 : c >= 0xC2 && c < 0xE0 ? 1 : c >= 0xE0 && c < 0xF0 ? 2 : c >= 0xF0 && c < 0xF5 ? 3 : 9;
    if (more == 0) return c;
    if (more >= len) return 0xFFFD;
    c &= 0x3Fu >> more;
    for (size_t i = 1; i <= more; i++) {
        if ((s[i] & 0xC0) != 0x80) return 0xFFFD;
        c = c << 6 | (s[i] & 0x3Fu);
    }
    *n = more + 1;
    return c;
}

static size_t columns_of(uint32_t c)
{
    if ((c >= 0x300 && c < 0x370) || (c >= 0x200B && c < 0x2010) || c == 0xFEFF) return 0;
    bool wide = (c >= 0x1100 && c < 0x1160) || (c >= 0x2E80 && c < 0xA4D0 && c != 0x303F) ||
                (c >= 0xAC00 && c < 0xD7A4) || (c >= 0xF900 && c < 0xFB00) || (c >= 0xFE30 && c < 0xFE70) ||
                (c >= 0xFF00 && c < 0xFF61) || (c >= 0xFFE0 && c < 0xFFE7) || (c >= 0x1F300 && c < 0x1F650) ||
                (c >= 0x1F900 && c < 0x1FA00) || (c >= 0x20000 && c < 0x3FFFE);
    return wide ? 2 : 1;
}

static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

static bool is_space(uint32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x3000;
}

void sx_print(const char *text, size_t len)
{
    if (!sx_tty_out()) {
        fwrite(text, 1, len, stdout);
        return;
    }
    for (size_t i = 0, n; i < len; i += n) {
        uint32_t c = decode((const unsigned char *)text + i, len - i, &n);
        if ((is_control(c) && c != '\n' && c != '\t') || (c == 0xFFFD && n == 1)) fputs("\xEF\xBF\xBD", stdout);
        else fwrite(text + i, 1, n, stdout);
    }
}

void sx_print_passage(int indent, const char *text, size_t len)
{
    size_t width = sx_tty_out() ? width_of(STDOUT_FILENO) : SIZE_MAX;
    if (width != SIZE_MAX && width > 100) width = 100;
    size_t at = (size_t)indent;
    printf("%*s", indent, "");
    for (size_t i = 0; i < len;) {
        size_t n = 0, gap = 0;
        while (i < len && is_space(decode((const unsigned char *)text + i, len - i, &n))) {
            i += n;
            gap = 1;
        }
        /* a word: up to the next space, or one wide character */
        size_t end = i, columns = 0;
        while (end < len) {
            uint32_t c = decode((const unsigned char *)text + end, len - end, &n);
            size_t w = columns_of(c);
            if (is_space(c) || (w == 2 && end > i)) break;
            end += n;
            columns += w;
            if (w == 2) break;
        }
        if (end == i) break;
        if (at == (size_t)indent) gap = 0;
        if (at + gap + columns > width && at > (size_t)indent) {
            printf("\n%*s", indent, "");
            at = (size_t)indent;
            gap = 0;
        }
        if (gap) putchar(' ');
        sx_print(text + i, end - i);
        at += gap + columns;
        i = end;
    }
    putchar('\n');
}

void sx_print_start(const char *text, size_t len, size_t columns)
{
    size_t at = 0, n = 0;
    bool gap = false;
    for (size_t i = 0; i < len; i += n) {
        uint32_t c = decode((const unsigned char *)text + i, len - i, &n);
        if (is_space(c)) {
            gap = at > 0;
            continue;
        }
        size_t w = columns_of(c) + gap;
        if (at + w + 1 > columns) {
            fputs("…", stdout);
            return;
        }
        if (gap) putchar(' ');
        gap = false;
        sx_print(text + i, n);
        at += w;
    }
}
