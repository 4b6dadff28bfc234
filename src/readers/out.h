/* What a plugin writes through: blocks of text with white space collapsed, handed to the sink one by one with their marks.
 * The first failure sticks; later calls do nothing. */
#ifndef SX_READERS_OUT_H
#define SX_READERS_OUT_H

#include <stdbool.h>

#include "readers/plugin.h"

typedef struct sx_out {
    const sx_reader_sink *sink;
    const sx_reader_limits *limits;
    size_t at; /* bytes the sink has */
    char *block;
    size_t len, cap; /* of the open block */
    int kind, level; /* of the open block; kind 0: none is open */
    int last;        /* kind of the block before */
    bool blank;      /* white space waits for the next word */
    unsigned polls;
    int32_t status;
} sx_out;

void sx_out_init(sx_out *out, const sx_reader_sink *sink, const sx_reader_limits *limits);
/* Ends the open block, frees, and returns the status. */
int32_t sx_out_close(sx_out *out);

/* Ends the open block and begins one. A block without text leaves no trace. */
void sx_out_begin(sx_out *out, int kind, int level);
void sx_out_end(sx_out *out);
/* Adds text to the open block, or to a paragraph that it begins. White space is collapsed, but not in code. */
void sx_out_text(sx_out *out, const char *text, size_t len);
void sx_out_str(sx_out *out, const char *text);
void sx_out_line(sx_out *out);  /* a line break inside the block */
void sx_out_blank(sx_out *out); /* a word ends here */
/* Begins a new page: a form feed stands between the blocks. */
void sx_out_page(sx_out *out);

int32_t sx_out_fail(sx_out *out, int32_t status, const char *why);
bool sx_out_go_on(sx_out *out); /* false after a failure; asks the sink now and then */

#endif
