/* The sentences of a passage, whatever stands between a passage and its sentences in the tree. */
#ifndef SX_RETRIEVE_SPANS_H
#define SX_RETRIEVE_SPANS_H

#include <stdbool.h>

#include "retrieve/tree/tree.h"

typedef struct sx_spans {
    const sx_tree *tree;
    uint32_t node;  /* the next node to look at */
    uint16_t depth; /* of the passage: what is not deeper ends it */
    uint32_t at, end;
} sx_spans;

sx_spans sx_spans_of(const sx_tree *tree, uint32_t passage);
/* The next stretch in reading order: a sentence, a childless node, or what lies between such. False at the end. */
bool sx_spans_next(sx_spans *spans, uint32_t *start, uint32_t *end);

#endif
