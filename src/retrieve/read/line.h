/* Lines of a text, without copies. A file whose only line ends are carriage returns is read by these. */
#ifndef SX_RETRIEVE_LINE_H
#define SX_RETRIEVE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef struct sx_lines {
    const char *text;
    size_t len, pos;
    char eol;
} sx_lines;

typedef struct sx_line {
    size_t start, end; /* without the line end and the white space before it */
    size_t next;       /* where the next line begins */
    size_t first;      /* first byte that is not blank; end for a blank line */
    size_t indent;     /* columns of the blanks before it, tabs to multiples of four */
} sx_line;

static inline sx_lines sx_lines_of(const char *text, size_t len)
{
    bool newline = memchr(text, '\n', len) != NULL;
    size_t bom = len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    return (sx_lines){text, len, bom, newline ? '\n' : '\r'};
}

/* The line at offset `at`, which is below len. */
static inline sx_line sx_line_at(const sx_lines *lines, size_t at)
{
    const char *text = lines->text, *eol = memchr(text + at, lines->eol, lines->len - at);
    sx_line line = {.start = at, .end = eol ? (size_t)(eol - text) : lines->len, .first = at};
    line.next = eol ? line.end + 1 : line.end;
    while (line.end > at && (text[line.end - 1] == ' ' || (text[line.end - 1] >= '\t' && text[line.end - 1] <= '\r')))
        line.end--;
    for (; line.first < line.end; line.first++) {
        char c = text[line.first];
        if (c == ' ' || c == '\f' || c == '\0')
            line.indent++;
        else if (c == '\t')
            line.indent += 4 - line.indent % 4;
        else
            break;
    }
    return line;
}

static inline bool sx_line_next(sx_lines *lines, sx_line *line)
{
    if (lines->pos >= lines->len) return false;
    *line = sx_line_at(lines, lines->pos);
    lines->pos = line->next;
    return true;
}

static inline bool sx_line_blank(const sx_line *line)
{
    return line->first >= line->end;
}

#endif
