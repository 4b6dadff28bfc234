/* What a reader makes of a document before it is a tree: headings and paragraphs in reading order, as spans of its bytes.
 * The reader alone knows the format; the builder alone knows nodes. */
#ifndef SX_RETRIEVE_OUTLINE_H
#define SX_RETRIEVE_OUTLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/cancel.h"
#include "platform/error.h"
#include "platform/mem.h"
#include "retrieve/tree/tree.h"

enum { SX_BLOCK_HEADING = 1, SX_BLOCK_PARAGRAPH = 2, SX_BLOCK_CLOSE = 3 /* ends sections of its level or higher */ };
enum {
    SX_BLOCK_LINES = 1, /* a line end ends a sentence: lists, rows of tables, text that is not hard-wrapped */
    SX_BLOCK_WHOLE = 2, /* no sentences: code */
    SX_BLOCK_WEAK = 4   /* a heading by its looks alone: without text under it, it is text */
};

typedef struct sx_block {
    uint32_t start, end;             /* a heading: its own line; an inline clause ends where it starts */
    uint32_t title_start, title_end; /* inside the document, behind start */
    uint16_t level;                  /* of headings: a section ends at the next heading of the same or a lower number */
    uint8_t kind;                    /* SX_BLOCK_HEADING, SX_BLOCK_PARAGRAPH */
    uint8_t flags;
} sx_block;

enum { SX_NODES_MAX = 1 << 24 }; /* of a document, unless the caller says otherwise: about 1.3 GB of memory */

typedef struct sx_outline {
    sx_mem *mem;
    const char *text;
    size_t text_len;
    sx_block *blocks; /* [count], starts never fall */
    size_t count, cap;
    uint32_t max_nodes; /* of the tree; SX_NODES_MAX as a rule. An outline of more blocks is not gathered */
    bool failed;        /* a block was lost for want of memory, or because of max_nodes */
} sx_outline;

void sx_outline_init(sx_outline *outline, sx_mem *mem, const char *text, size_t len);
void sx_outline_free(sx_outline *outline);

void sx_outline_heading(sx_outline *outline, uint16_t level, size_t start, size_t end, size_t title_start,
                        size_t title_end, uint8_t flags);
/* Trims white space; a long stretch becomes several paragraphs, cut at sentence ends. Nothing for an empty one. */
void sx_outline_paragraph(sx_outline *outline, size_t start, size_t end, uint8_t flags);

void sx_outline_close(sx_outline *outline, uint16_t level, size_t at);

/* A packer joins small neighbours (list items, rows, short lines) into paragraphs of a sensible size. */
typedef struct sx_pack {
    sx_outline *outline;
    size_t start, end, chars; /* what is gathered; chars 0: nothing */
    size_t limit, alone;      /* code points: join up to; longer ones are no small neighbours. 0: for lists */
    uint8_t flags;
} sx_pack;

void sx_pack_add(sx_pack *pack, size_t start, size_t end);
void sx_pack_flush(sx_pack *pack);

/* Weak headings without text under them become paragraphs; call once, at the end of reading. */
void sx_outline_settle(sx_outline *outline);

/* The tree of an outline. Takes over `text` (allocated with mem, NUL-terminated at len) whatever it returns. */
llm_status sx_tree_build(sx_tree **out, sx_mem *mem, const char *name, char *text, size_t len,
                         const sx_outline *outline, const llm_cancel *cancel, llm_error *err);

/* Computes every node's hash, children first. */
void sx_tree_hash(sx_tree *tree);
/* The same for a node and those above it, when nothing else has changed. */
void sx_tree_rehash(sx_tree *tree, uint32_t node);

#endif
