/* What a DOCX says beside its text: which styles are headings, how paragraphs are numbered, what the notes hold. */
#ifndef SX_READERS_DOCX_H
#define SX_READERS_DOCX_H

#include <libxml/tree.h>

#include "readers/xml/zip.h"

typedef struct sx_docx_style {
    const char *id;
    const char *based_on; /* or NULL */
    int level;            /* of a heading, 1..9; 0: none of its own */
    int num, ilvl;        /* numbering; num -1: none of its own */
} sx_docx_style;

enum { SX_DOCX_LEVELS = 9, SX_DOCX_FORMAT_BYTES = 64 };

typedef struct sx_docx_numbering { /* one w:num: a list with counters of its own */
    int num, abstract;
    long counter[SX_DOCX_LEVELS];
    struct {
        char text[SX_DOCX_FORMAT_BYTES]; /* "%1.%2." */
        char kind; /* 'd' decimal, 'a' 'A' letters, 'i' 'I' roman, 'h' Han, '-' bullet, '0' nothing */
        long start;
    } level[SX_DOCX_LEVELS];
} sx_docx_numbering;

typedef struct sx_docx {
    xmlDoc *document, *styles_doc, *numbering_doc, *footnotes, *endnotes;
    sx_docx_style *styles;
    size_t n_styles;
    sx_docx_numbering *lists;
    size_t n_lists;
} sx_docx;

/* Reads the archive's parts; false when there is no document in it or out failed. */
bool sx_docx_open(sx_docx *docx, sx_zip *zip);
void sx_docx_close(sx_docx *docx);

/* Heading level of a paragraph's style (w:pPr may be NULL), 0: none; its list and depth in it, num 0: none. */
int sx_docx_heading(const sx_docx *docx, const xmlNode *properties);
void sx_docx_list(const sx_docx *docx, const xmlNode *properties, int *num, int *ilvl);
/* Counts one paragraph of a list and writes its label ("3.1.2", "(a)"; "" for none) to label. */
void sx_docx_label(sx_docx *docx, int num, int ilvl, char *label, size_t size);

#endif
