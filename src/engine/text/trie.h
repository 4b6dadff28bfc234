/* A byte trie over token texts: finds what stands at a place of a text, one byte at a time. Filled once, then read by any
 * thread. */
#ifndef SX_ENGINE_TEXT_TRIE_H
#define SX_ENGINE_TEXT_TRIE_H

#include "engine/text/pairs.h"

#define SX_TRIE_ROOT 0u
#define SX_TRIE_NONE UINT32_MAX /* no node, or no token at a node */

typedef struct sx_trie {
    sx_pairs edges;   /* (node, byte) -> (child, token at the child) */
    uint32_t n_nodes; /* with the root */
} sx_trie;

void sx_trie_init(sx_trie *trie, sx_mem *mem);
void sx_trie_free(sx_trie *trie);
/* Adds a text of at least one byte; a text that is there already takes the new token. 0, or -1 without memory. */
int sx_trie_add(sx_trie *trie, const char *text, size_t len, uint32_t token);

/* The child of a node by a byte, or SX_TRIE_NONE; *token is the token that ends there, or SX_TRIE_NONE. */
static inline uint32_t sx_trie_step(const sx_trie *trie, uint32_t node, unsigned char byte, uint32_t *token)
{
    const sx_pair_slot *edge = sx_pairs_get(&trie->edges, node, byte);
    if (!edge) return SX_TRIE_NONE;
    *token = edge->y;
    return edge->x;
}

/* The longest text of the trie that begins s; its token, or SX_TRIE_NONE. */
uint32_t sx_trie_longest(const sx_trie *trie, const char *s, size_t n, size_t *len);

#endif
