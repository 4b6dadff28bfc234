/* A tree without some stretches of its text: as if the document had never held them. */
#ifndef SX_RETRIEVE_CUT_H
#define SX_RETRIEVE_CUT_H

#include "retrieve/tree/tree.h"

typedef struct sx_span {
    uint32_t begin, end;
} sx_span;

/* The spans are sorted, apart and inside the text. What stood between a stretch and its neighbours is joined as well: the weaker of
 * the two separators goes with it. Form feeds stay, so that pages keep their numbers. Nodes that are left with nothing to read
 * are gone, and what follows moves up: ids and offsets are those of a document that never had more. */
llm_status sx_tree_cut(sx_tree **out, const sx_tree *tree, const sx_span *spans, size_t n, sx_mem *mem, llm_error *err);

#endif
