#include "platform/lru.h"

#include <string.h>

#include "platform/map.h"

void sx_lru_init(sx_lru *lru, size_t budget, void (*drop)(void *user, sx_lru_node *node), void *user)
{
    memset(lru, 0, sizeof *lru);
    lru->budget = budget;
    lru->drop = drop;
    lru->user = user;
}

void sx_lru_clear(sx_lru *lru)
{
    for (sx_lru_node *node = lru->newest, *older; node; node = older) {
        older = node->older;
        lru->drop(lru->user, node);
    }
    sx_lru_init(lru, lru->budget, lru->drop, lru->user);
}

static sx_lru_node **bucket(sx_lru *lru, int64_t key, uint32_t part)
{
    uint64_t both[2] = {(uint64_t)key, part};
    return &lru->buckets[sx_hash64(both, sizeof both, 0) % SX_LRU_BUCKETS];
}

static void unlink_node(sx_lru *lru, sx_lru_node *node)
{
    *(node->newer ? &node->newer->older : &lru->newest) = node->older;
    *(node->older ? &node->older->newer : &lru->oldest) = node->newer;
    node->newer = node->older = NULL;
}

static void link_newest(sx_lru *lru, sx_lru_node *node)
{
    node->older = lru->newest;
    *(lru->newest ? &lru->newest->newer : &lru->oldest) = node;
    lru->newest = node;
}

static void make_room(sx_lru *lru)
{
    for (sx_lru_node *node = lru->oldest, *newer; node && lru->held > lru->budget; node = newer) {
        newer = node->newer;
        if (node->refs) continue;
        sx_lru_node **at = bucket(lru, node->key, node->part);
        while (*at != node) at = &(*at)->chain;
        *at = node->chain;
        unlink_node(lru, node);
        lru->held -= node->bytes;
        lru->drop(lru->user, node);
    }
}

sx_lru_node *sx_lru_find(sx_lru *lru, int64_t key, uint32_t part)
{
    for (sx_lru_node *node = *bucket(lru, key, part); node; node = node->chain)
        if (node->key == key && node->part == part) {
            node->refs++;
            unlink_node(lru, node);
            link_newest(lru, node);
            return node;
        }
    return NULL;
}

sx_lru_node *sx_lru_add(sx_lru *lru, sx_lru_node *node)
{
    sx_lru_node *there = sx_lru_find(lru, node->key, node->part);
    if (there) {
        lru->drop(lru->user, node);
        return there;
    }
    sx_lru_node **at = bucket(lru, node->key, node->part);
    node->refs = 1;
    node->chain = *at;
    *at = node;
    link_newest(lru, node);
    lru->held += node->bytes;
    make_room(lru);
    return node;
}

void sx_lru_release(sx_lru *lru, sx_lru_node *node)
{
    node->refs--;
    if (lru->held > lru->budget) make_room(lru);
}
