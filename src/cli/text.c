/* Text on a terminal: code points and their columns, lines that break at words. */
#include "term.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        if ((is_control(c) && c != '\n' && c != '\t') || (c == 0xFFFD && n == 1))
            fputs("\xEF\xBF\xBD", stdout);
        else
            fwrite(text + i, 1, n, stdout);
    }
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

/* ---- lines that break at words ---- */

/* Where a line stands and the word that is not written yet. A wide character is a word of its own, but closing
 * punctuation stays with what it closes. */
typedef struct flow {
    size_t indent, width, at, gap;
    bool keep_lines; /* line breaks of the text are kept, else they are spaces */
    char word[256];
    size_t len, columns;
    bool wide; /* the word ends in a wide character */
} flow;

static flow flow_begin(size_t indent, size_t most, bool keep_lines)
{
    size_t width = sx_tty_out() ? sx_columns_out() : SIZE_MAX;
    flow f = {.indent = indent, .width = sx_tty_out() && width > most ? most : width, .at = indent};
    f.keep_lines = keep_lines;
    return f;
}

static void flow_word(flow *f)
{
    if (f->len == 0) return;
    if (f->at == f->indent && !f->keep_lines) f->gap = 0;
    if (f->at > f->indent && f->columns + f->gap > f->width - f->at) {
        printf("\n%*s", (int)f->indent, "");
        f->at = f->indent;
        f->gap = 0;
    }
    printf("%*s", (int)f->gap, "");
    sx_print(f->word, f->len);
    f->at += f->gap + f->columns;
    f->gap = f->len = f->columns = 0;
}

static bool closes(uint32_t c)
{
    static const uint32_t closing[] = {0x3001, 0x3002, 0xFF0C, 0xFF1B, 0xFF1A, 0xFF01, 0xFF1F, 0xFF09,
                                       0x300B, 0x300D, 0x300F, 0x3011, 0x201D, 0x2019, 0xFF0E, 0x3015};
    for (size_t i = 0; i < sizeof closing / sizeof *closing; i++)
        if (closing[i] == c) return true;
    return false;
}

static void flow_put(flow *f, const char *text, size_t len)
{
    for (size_t i = 0, n; i < len; i += n) {
        uint32_t c = decode((const unsigned char *)text + i, len - i, &n);
        if (is_space(c)) {
            flow_word(f);
            if (c == '\n' && f->keep_lines) {
                printf("\n%*s", (int)f->indent, "");
                f->at = f->indent;
                f->gap = 0;
            } else if (f->keep_lines || f->gap == 0) {
                f->gap++;
            }
            continue;
        }
        bool wide = columns_of(c) == 2;
        if (f->len && ((wide || f->wide) && !closes(c))) flow_word(f);
        if (f->len + n > sizeof f->word) flow_word(f);
        memcpy(f->word + f->len, text + i, n);
        f->len += n;
        f->columns += columns_of(c);
        f->wide = wide;
    }
}

void sx_print_passage(int indent, const char *text, size_t len)
{
    flow f = flow_begin((size_t)indent, 100, false);
    printf("%*s", indent, "");
    flow_put(&f, text, len);
    flow_word(&f);
    putchar('\n');
}

struct sx_stream {
    flow f;
};

sx_stream *sx_stream_begin(void)
{
    sx_stream *s = malloc(sizeof *s);
    if (s) s->f = flow_begin(0, 100, true);
    return s;
}

void sx_stream_put(sx_stream *s, const char *text, size_t len)
{
    if (s && sx_tty_out())
        flow_put(&s->f, text, len);
    else
        sx_print(text, len);
}

void sx_stream_end(sx_stream *s)
{
    if (s) flow_word(&s->f);
    free(s);
}
