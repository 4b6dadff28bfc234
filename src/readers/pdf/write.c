/* Lines as canonical text: one line each, a blank one before a gap, a form feed before each further page. A word that a line
 * end cuts with a hyphen is made whole; its other half moves up. Headings are marked; the rest is read as plain text. */
#include <string.h>

#include "readers/pdf/pdf.h"
#include "sextant.h"

typedef struct {
    sx_pdf *pdf;
    size_t at; /* bytes given to the sink */
    size_t heading_start, heading_end;
    int heading; /* level of the open heading, 0: none */
} writer;

static void send(writer *w, const char *bytes, size_t n)
{
    sx_out *out = w->pdf->out;
    if (!out->status && n) out->status = out->sink->text(out->sink->user, bytes, n);
    w->at += n;
}

static void mark(writer *w, int kind, int level, size_t start, size_t end)
{
    sx_out *out = w->pdf->out;
    if (!out->status) out->status = out->sink->mark(out->sink->user, kind, level, start, end);
}

static void close_heading(writer *w)
{
    if (w->heading) mark(w, SX_MARK_HEADING, w->heading, w->heading_start, w->heading_end);
    w->heading = 0;
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

/* Bytes of the next line that belong to this one's last word: "exam-" / "ple of". 0: none. */
static size_t other_half(const char *line, size_t n, const char *next, size_t m)
{
    if (n < 3 || line[n - 1] != '-' || !is_lower(line[n - 2]) || !is_lower(line[n - 3])) return 0;
    size_t i = 0;
    while (i < m && is_lower(next[i])) i++;
    bool whole = i == m || next[i] == ' ' || next[i] == ',' || next[i] == '.' || next[i] == ';' || next[i] == ':' ||
                 next[i] == ')';
    if (i < 2 || !whole) return 0;
    while (i < m && next[i] != ' ') i++;
    return i;
}

static sx_pdf_line *following(sx_pdf *pdf, size_t i)
{
    for (i++; i < pdf->n_lines; i++)
        if (!pdf->lines[i].dropped) return &pdf->lines[i];
    return NULL;
}

static void write_line(writer *w, size_t i)
{
    sx_pdf_line *line = &w->pdf->lines[i], *next = following(w->pdf, i);
    const char *text = sx_pdf_text(w->pdf, line);
    size_t half = next && next->page == line->page && !next->gap && !line->level
                      ? other_half(text, line->len, sx_pdf_text(w->pdf, next), next->len)
                      : 0;
    if (line->level && (w->heading != line->level || line->gap)) {
        close_heading(w);
        w->heading = line->level;
        w->heading_start = w->at;
    } else if (!line->level) {
        close_heading(w);
    }
    send(w, text, line->len - (half ? 1 : 0));
    if (half) {
        send(w, sx_pdf_text(w->pdf, next), half);
        next->text += (uint32_t)half;
        next->len -= (uint32_t)half;
        for (; next->len && *sx_pdf_text(w->pdf, next) == ' '; next->len--) next->text++;
    }
    if (w->heading) w->heading_end = w->at;
    send(w, "\n", 1);
}

void sx_pdf_write(sx_pdf *pdf)
{
    writer w = {.pdf = pdf};
    uint32_t page = 0;
    for (size_t i = 0; i < pdf->n_lines && !pdf->out->status; i++) {
        const sx_pdf_line *line = &pdf->lines[i];
        if (line->page > page) close_heading(&w);
        for (; page < line->page; page++) send(&w, "\f", 1); /* pages without text keep their place */
        if (line->dropped || line->len == 0) continue;
        if (line->gap && w.at) send(&w, "\n", 1);
        write_line(&w, i);
    }
    close_heading(&w);
    mark(&w, SX_MARK_PLAIN, 0, 0, w.at);
}
