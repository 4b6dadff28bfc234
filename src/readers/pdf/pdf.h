/* A PDF on its way to text: pages as lines with their place and looks, gathered first for all pages, because what repeats on
 * many pages (running heads, page numbers) and what size the body has are questions about the whole document. */
#ifndef SX_READERS_PDF_H
#define SX_READERS_PDF_H

#include <poppler.h>
#include <stdbool.h>

#include "readers/out.h"

typedef struct sx_pdf_line {
    uint32_t page;                  /* from 0 */
    uint32_t text, len;             /* in sx_pdf.text */
    float top, bottom, left, right; /* points from the page's upper left corner */
    float size;                     /* of most of its letters, points */
    bool bold;                      /* all of its letters */
    bool gap;                       /* more than the usual space before it, or a new column or page */
    bool dropped;
    uint8_t level; /* as a heading; 0: none */
} sx_pdf_line;

typedef struct sx_pdf {
    sx_out *out;
    char *text; /* of all lines */
    size_t text_len, text_cap;
    sx_pdf_line *lines;
    size_t n_lines, lines_cap;
    uint32_t n_pages;
    float body; /* size of most letters */
} sx_pdf;

/* Appends a line to the document; `words` bytes of text. False after a failure. */
bool sx_pdf_add_line(sx_pdf *pdf, const sx_pdf_line *line, const char *text, size_t len);
const char *sx_pdf_text(const sx_pdf *pdf, const sx_pdf_line *line);

/* page.c: the lines of a page in reading order. */
void sx_pdf_read_page(sx_pdf *pdf, PopplerPage *page, uint32_t number);
/* furniture.c: drops running heads and feet and page numbers. */
void sx_pdf_drop_furniture(sx_pdf *pdf);
/* headings.c: which lines are headings, by the document's own outline and by size and weight. */
void sx_pdf_find_headings(sx_pdf *pdf, PopplerDocument *document);
/* write.c: lines as canonical text. */
void sx_pdf_write(sx_pdf *pdf);

#endif
