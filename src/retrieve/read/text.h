/* The plain-text reader's own: what it knows of a document as a whole and of the line at hand. */
#ifndef SX_RETRIEVE_TEXT_H
#define SX_RETRIEVE_TEXT_H

#include "platform/map.h"
#include "retrieve/read/foreign.h"
#include "retrieve/read/label.h"
#include "retrieve/read/line.h"
#include "retrieve/read/reader.h"

/* A line and what it looks like. */
typedef struct sx_text_line {
    sx_line at;
    size_t chars;     /* code points from its first byte to its end (counted to 4096) */
    bool blank, page; /* page: a form feed stands before it */
    bool table;       /* columns: wide gaps, or cells parted by tabs or pipes */
    bool ended;       /* closes with a terminator */
    bool caps;        /* letters, and none of them lower case (scripts with case only) */
    bool upper;       /* begins with a capital, a digit or a letter of a script without case */
    bool lower;       /* begins with a lower-case letter */
    bool has_label;
    sx_label label;
} sx_text_line;

typedef struct sx_text_scan {
    sx_outline *out;
    sx_lines lines;
    bool wrapped;      /* lines are broken to a width */
    size_t width;      /* that most lines keep, in code points */
    sx_map seen;       /* heading-like lines and how often they occur: running heads do often */
    sx_text_line prev; /* the last line that was not blank */
    bool any_prev,
        blank_before;      /* blank_before: nothing, a blank line or a page break stands before the line at hand */
    bool in_chapter;       /* chapters or divisions were seen: articles stand below them */
    uint32_t top, last[4]; /* decimal labels: first number, last number of each depth */
    uint32_t letter;       /* last B. */
    uint32_t in_list;      /* parts of decimal labels that number a list at hand, not sections; 0: none */
    size_t named[24], named_len[24]; /* the last named label of each rank: running heads repeat it */
    size_t next_at;                  /* the line in `next` begins here */
    sx_text_line next;               /* a line looked at ahead */
    bool next_known;
    const sx_mark *hints; /* [n_hints] headings, starts never fall; hint: the next one */
    size_t n_hints, hint;
} sx_text_scan;

/* Reads the line at offset `at` (below the length) and its looks. */
void sx_text_look(const sx_lines *lines, size_t at, sx_text_line *line);

/* What a heading is. */
typedef struct sx_text_heading {
    uint8_t rank; /* 0: the line is none */
    bool clause;  /* the text goes on behind the label, on the same line */
    bool weak;
    size_t title, title_end;
    size_t after; /* where reading goes on (a title or underline on further lines is taken) */
} sx_text_heading;

/* The heading that hints say begins on the line, or one of rank 0. Hints are headings a reader of pages knows by looks. */
sx_text_heading sx_text_hint(sx_text_scan *s, const sx_text_line *line);

/* Is the line a heading? `line` is the line at hand. */
sx_text_heading sx_text_head(sx_text_scan *s, const sx_text_line *line);

/* Ends like a line of a table of contents: leaders or a gap, then a page number. */
bool sx_text_is_entry(const char *text, const sx_text_line *line);

#endif
