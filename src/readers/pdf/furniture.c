/* Running heads and feet: lines at the top or bottom of a page, parted from the body, that come again, but for their
 * numbers, on many pages near by; and lone page numbers there. */
#include <stdlib.h>
#include <string.h>

#include "readers/pdf/pdf.h"

enum {
    EDGE = 3,  /* lines at either end of a page that may be furniture */
    NEAR = 8,  /* pages before and after that are compared */
    AGAIN = 3, /* as often there it is furniture */
    MOST_BYTES = 200
};

typedef struct {
    size_t first, count; /* lines of a page */
} page_lines;

/* Alike when equal but for digits and blanks, and something else is left to be equal. */
static bool alike(const char *a, size_t n, const char *b, size_t m)
{
    size_t i = 0, k = 0;
    for (unsigned same = 0;; same++) {
        while (i < n && (a[i] == ' ' || (a[i] >= '0' && a[i] <= '9'))) i++;
        while (k < m && (b[k] == ' ' || (b[k] >= '0' && b[k] <= '9'))) k++;
        if (i == n || k == m) return i == n && k == m && same >= 3;
        if (a[i++] != b[k++]) return false;
    }
}

static bool is_number(const char *s, size_t n)
{
    size_t digits = 0, others = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] >= '0' && s[i] <= '9')
            digits++;
        else if (!strchr(" -|/.[]()ivxlIVXL", s[i]))
            others++;
    }
    return others == 0 && n <= 12 && (digits > 0 || n <= 6);
}

/* The i-th line from the top (i >= 0) or the bottom (i < 0), or NULL. */
static sx_pdf_line *edge_line(sx_pdf *pdf, const page_lines *p, int i)
{
    size_t at = i >= 0 ? (size_t)i : p->count - (size_t)-i;
    return (i >= 0 ? (size_t)i : (size_t)-i - 1) < p->count ? &pdf->lines[p->first + at] : NULL;
}

static bool comes_again(sx_pdf *pdf, const page_lines *pages, uint32_t page, const sx_pdf_line *line, int i)
{
    const char *text = sx_pdf_text(pdf, line);
    uint32_t from = page > NEAR ? page - NEAR : 0, to = page + NEAR + 1 < pdf->n_pages ? page + NEAR + 1 : pdf->n_pages;
    unsigned again = 0;
    for (uint32_t p = from; p < to; p++) {
        for (int k = 0; p != page && k < EDGE; k++) {
            const sx_pdf_line *other = edge_line(pdf, &pages[p], i >= 0 ? k : -1 - k);
            float away = other ? other->top - line->top : 99;
            if (away > 12 || away < -12 || !alike(text, line->len, sx_pdf_text(pdf, other), other->len)) continue;
            again++;
            break;
        }
    }
    return again >= AGAIN;
}

static bool is_furniture(sx_pdf *pdf, const page_lines *pages, uint32_t page, int i)
{
    const sx_pdf_line *line = edge_line(pdf, &pages[page], i);
    if (!line || line->len > MOST_BYTES) return false;
    bool outermost = i == 0 || i == -1;
    return (outermost && is_number(sx_pdf_text(pdf, line), line->len)) || comes_again(pdf, pages, page, line, i);
}

/* From the edge inwards, as far as all is furniture and a gap parts it from what follows; never a whole page. */
static void clear_edge(sx_pdf *pdf, const page_lines *pages, uint32_t page, bool top)
{
    int last = 0;
    for (int n = 0; n < EDGE; n++) {
        int i = top ? n : -1 - n;
        if (!is_furniture(pdf, pages, page, i)) break;
        const sx_pdf_line *inner = edge_line(pdf, &pages[page], top ? i + 1 : i);
        if (inner && inner->gap) last = n + 1;
    }
    if ((size_t)last >= pages[page].count) return;
    for (int n = 0; n < last; n++) edge_line(pdf, &pages[page], top ? n : -1 - n)->dropped = true;
}

void sx_pdf_drop_furniture(sx_pdf *pdf)
{
    page_lines *pages = pdf->out->status ? NULL : calloc(pdf->n_pages + 1u, sizeof *pages);
    if (!pages) return; /* the text is whole, only less tidy */
    for (size_t i = 0; i < pdf->n_lines; i++) {
        page_lines *p = &pages[pdf->lines[i].page];
        if (p->count++ == 0) p->first = i;
    }
    for (uint32_t page = 0; page < pdf->n_pages; page++) {
        clear_edge(pdf, pages, page, true);
        clear_edge(pdf, pages, page, false);
    }
    free(pages);
}
