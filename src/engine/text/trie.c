#include "engine/text/trie.h"

void sx_trie_init(sx_trie *trie, sx_mem *mem)
{
    sx_pairs_init(&trie->edges, mem);
    trie->n_nodes = 1;
}

void sx_trie_free(sx_trie *trie)
{
    sx_pairs_free(&trie->edges);
    trie->n_nodes = 1;
}

int sx_trie_add(sx_trie *trie, const char *text, size_t len, uint32_t token)
{
    uint32_t node = SX_TRIE_ROOT;
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (!sx_pairs_get(&trie->edges, node, byte)) {
            if (trie->n_nodes >= SX_TRIE_NONE - 1) return -1;
            if (sx_pairs_add(&trie->edges, node, byte, trie->n_nodes, SX_TRIE_NONE)) return -1;
            trie->n_nodes++;
        }
        sx_pair_slot *edge = &trie->edges.slots[sx_pairs_get(&trie->edges, node, byte) - trie->edges.slots];
        if (i + 1 == len) edge->y = token;
        node = edge->x;
    }
    return 0;
}

uint32_t sx_trie_longest(const sx_trie *trie, const char *s, size_t n, size_t *len)
{
    uint32_t node = SX_TRIE_ROOT, found = SX_TRIE_NONE;
    for (size_t i = 0; i < n; i++) {
        uint32_t token;
        node = sx_trie_step(trie, node, (unsigned char)s[i], &token);
        if (node == SX_TRIE_NONE) break;
        if (token != SX_TRIE_NONE) {
            found = token;
            *len = i + 1;
        }
    }
    return found;
}
