#include "retrieve/rank/donor.h"

#include <string.h>

/* The hashes are cryptographic: any four bytes of one do. */
static uint32_t place_of(const sx_node *node)
{
    uint32_t place;
    memcpy(&place, node->hash, sizeof place);
    return place;
}

llm_status sx_donor_open(sx_donor *donor, sx_mem *mem, const sx_tree *tree, const sx_index *index)
{
    uint32_t cap = 16;
    while (cap < index->n_leaves * 2ull && cap < 1u << 31) cap *= 2;
    *donor = (sx_donor){.tree = tree, .index = index, .n_slots = cap};
    donor->slots = sx_mem_array(mem, cap, sizeof *donor->slots);
    donor->number = sx_mem_array(mem, (size_t)index->n_terms + 1, sizeof *donor->number);
    if (!donor->slots || !donor->number) return LLM_E_MEMORY;
    for (uint32_t leaf = 0; leaf < index->n_leaves; leaf++) {
        uint32_t i = place_of(&tree->nodes[index->leaf_node[leaf]]) & (cap - 1);
        while (donor->slots[i]) i = (i + 1) & (cap - 1);
        donor->slots[i] = leaf + 1;
    }
    return LLM_OK;
}

void sx_donor_close(sx_donor *donor, sx_mem *mem)
{
    sx_mem_free(mem, donor->slots);
    sx_mem_free(mem, donor->number);
    *donor = (sx_donor){0};
}

uint32_t sx_donor_leaf(const sx_donor *donor, const sx_node *node)
{
    if (!donor->index) return SX_NO_NODE;
    for (uint32_t i = place_of(node) & (donor->n_slots - 1); donor->slots[i]; i = (i + 1) & (donor->n_slots - 1)) {
        uint32_t leaf = donor->slots[i] - 1;
        if (memcmp(donor->tree->nodes[donor->index->leaf_node[leaf]].hash, node->hash, sizeof node->hash) == 0)
            return leaf;
    }
    return SX_NO_NODE;
}
