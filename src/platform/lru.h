/* A cache's bookkeeping: nodes found by a key of two numbers, the longest unused one dropped first when what is held passes
 * a budget. A node is the first member of what it stands for. Not locked: whoever shares it locks. */
#ifndef SX_PLATFORM_LRU_H
#define SX_PLATFORM_LRU_H

#include <stddef.h>
#include <stdint.h>

typedef struct sx_lru_node {
    int64_t key;
    uint32_t part;
    unsigned refs; /* in use: not dropped */
    size_t bytes;
    struct sx_lru_node *chain, *newer, *older;
} sx_lru_node;

enum { SX_LRU_BUCKETS = 4096 };

typedef struct sx_lru {
    size_t held, budget; /* bytes; what is in use may pass the budget */
    sx_lru_node *buckets[SX_LRU_BUCKETS];
    sx_lru_node *newest, *oldest;
    void (*drop)(void *user, sx_lru_node *node); /* frees it */
    void *user;
} sx_lru;

void sx_lru_init(sx_lru *lru, size_t budget, void (*drop)(void *user, sx_lru_node *node), void *user);
void sx_lru_clear(sx_lru *lru); /* drops all, in use or not */
/* The node of a key, now the newest, one use more; NULL when there is none. */
sx_lru_node *sx_lru_find(sx_lru *lru, int64_t key, uint32_t part);
/* Adds a node (key, part and bytes set) with one use, or, when its key is there, drops it and answers the one there. */
sx_lru_node *sx_lru_add(sx_lru *lru, sx_lru_node *node);
void sx_lru_release(sx_lru *lru, sx_lru_node *node); /* one use less */

#endif
