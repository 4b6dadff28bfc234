/* A document as a tree over its canonical text: what the reader makes, the index is built on, and the navigator descends.
 * Nodes stand in reading order, a parent before its children; node 0 is the root and covers the whole text. Siblings do
 * not overlap; a child lies inside its parent. Immutable, reference-counted, any thread. */
#ifndef SX_RETRIEVE_TREE_H
#define SX_RETRIEVE_TREE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "platform/buf.h"
#include "platform/error.h"
#include "platform/mem.h"

#define SX_NO_NODE UINT32_MAX

typedef struct sx_node {
    uint32_t parent;       /* SX_NO_NODE for the root */
    uint32_t child_index;  /* among its siblings, from 0: the last part of its id */
    uint32_t first_child;  /* SX_NO_NODE without children */
    uint32_t next_sibling; /* SX_NO_NODE for the last */
    uint32_t n_children;
    uint16_t depth;                  /* root 0 */
    uint16_t kind;                   /* LLM_NODE_* */
    uint32_t start, end;             /* bytes of the canonical text (documents are below 4 GiB) */
    uint32_t title_start, title_end; /* the heading's words; equal when there is none */
    unsigned char hash[32];          /* BLAKE2b-256 over kind, title's place, own text and children's hashes */
} sx_node;

typedef struct sx_tree {
    sx_mem *mem;
    atomic_uint refs;
    char *name;
    char *text; /* [text_len], NUL-terminated besides */
    size_t text_len;
    sx_node *nodes; /* [count] */
    uint32_t count;
} sx_tree;

sx_tree *sx_tree_ref(sx_tree *tree);
void sx_tree_unref(sx_tree *tree); /* NULL is fine */

/* Appends a node's id ("0.3.1"). */
void sx_tree_put_id(const sx_tree *tree, uint32_t node, sx_buf *out);
uint32_t sx_tree_find(const sx_tree *tree, const char *id); /* SX_NO_NODE when there is none */
/* The page that an offset stands on, from 1: form feeds part pages. 0 when the text has none. */
uint32_t sx_tree_page(const sx_tree *tree, size_t at);
/* Appends the titles from the root's child down to the node's nearest titled ancestor-or-self: "Part II > 8. Fees". */
void sx_tree_put_path(const sx_tree *tree, uint32_t node, sx_buf *out);

/* Nodes without the text, for the store; load checks every invariant above and answers LLM_E_CORRUPT. Load takes over
 * `text` (allocated with mem) whatever it returns. hashes: make every node's hash and prove the root's; else the root's is
 * what the blob says it is, the others are zeroes, and only the store's sums speak for the text. */
llm_status sx_tree_save(const sx_tree *tree, sx_buf *out);
llm_status sx_tree_load(sx_tree **out, sx_mem *mem, const char *name, char *text, size_t text_len, const void *blob,
                        size_t size, bool hashes, llm_error *err);

#endif
