/* What an older index knows of a document that is much the same: its leaves by their nodes' hashes. */
#ifndef SX_RETRIEVE_DONOR_H
#define SX_RETRIEVE_DONOR_H

#include "retrieve/rank/form.h"

typedef struct sx_donor {
    const sx_tree *tree;
    const sx_index *index; /* NULL: there is none */
    uint32_t *slots;       /* [n_slots] leaf + 1 by hash, 0: free */
    uint32_t n_slots;
    uint32_t *number; /* [index->n_terms] the terms' numbers + 1 in the new index, 0: not met yet */
} sx_donor;

llm_status sx_donor_open(sx_donor *donor, sx_mem *mem, const sx_tree *tree, const sx_index *index);
void sx_donor_close(sx_donor *donor, sx_mem *mem);
uint32_t sx_donor_leaf(const sx_donor *donor, const sx_node *node); /* a leaf of the same hash, or SX_NO_NODE */

#endif
