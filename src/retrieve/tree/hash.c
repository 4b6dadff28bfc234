/* The hashes of a tree's nodes. Of a node's text outside its children each stretch goes in with its length, so that no two nodes
 * hash the same bytes in different ways. All offsets are relative: an edit elsewhere leaves a subtree's hash alone. Most nodes
 * are short and many: sentences, then the paragraphs made of them, go some at a time. */
#include <string.h>

#include "platform/crypto.h"
#include "platform/hashes.h"
#include "retrieve/tree/outline.h"

enum { BLOCKS_MOST = 8 /* of what goes with others */ };

/* What a node's bytes go to: a place, a hash, or nowhere but the count. */
typedef struct sink {
    unsigned char *to;
    sx_hasher *hasher;
    size_t size;
} sink;

static void put(sink *s, const void *bytes, size_t n)
{
    if (s->to && n) memcpy(s->to + s->size, bytes, n);
    if (s->hasher) sx_hasher_add(s->hasher, bytes, n);
    s->size += n;
}

static void put_u32(sink *s, uint32_t v)
{
    unsigned char le[4];
    for (int i = 0; i < 4; i++) le[i] = (unsigned char)(v >> (8 * i));
    put(s, le, sizeof le);
}

static void put_node(sink *s, const sx_tree *tree, const sx_node *node)
{
    const unsigned char kind[2] = {(unsigned char)node->kind, (unsigned char)(node->kind >> 8)};
    uint32_t title = node->title_end - node->title_start, at = node->start;
    put(s, kind, sizeof kind);
    put_u32(s, title ? node->title_start - node->start : 0); /* where an empty title stands means nothing */
    put_u32(s, title);
    put_u32(s, node->n_children);
    for (uint32_t c = node->first_child;; c = tree->nodes[c].next_sibling) {
        uint32_t gap_end = c == SX_NO_NODE ? node->end : tree->nodes[c].start;
        put_u32(s, gap_end - at);
        put(s, tree->text + at, gap_end - at);
        if (c == SX_NO_NODE) break;
        put(s, tree->nodes[c].hash, sizeof node->hash);
        at = tree->nodes[c].end;
    }
}

static void hash_node(const sx_tree *tree, sx_node *node)
{
    sx_hasher hasher;
    sink s = {.hasher = &hasher};
    sx_hasher_begin(&hasher);
    put_node(&s, tree, node);
    sx_hasher_end(&hasher, node->hash);
}

/* Nodes that wait until there are enough that take as many blocks. */
typedef struct queue {
    const sx_tree *tree;
    uint32_t isa;
    sx_node *nodes[BLOCKS_MOST + 1][SX_HASH_LANES];
    uint32_t n[BLOCKS_MOST + 1];
} queue;

static void hash_together(queue *q, size_t blocks)
{
    unsigned char room[SX_HASH_LANES][BLOCKS_MOST * SX_HASH_BLOCK], unused[SX_HASH_BYTES], *out[SX_HASH_LANES];
    const unsigned char *bytes[SX_HASH_LANES];
    size_t len[SX_HASH_LANES];
    uint32_t n = q->n[blocks];
    for (uint32_t l = 0; l < SX_HASH_LANES; l++) {
        sink s = {.to = room[l]};
        if (l < n) {
            put_node(&s, q->tree, q->nodes[blocks][l]);
            memset(room[l] + s.size, 0, blocks * SX_HASH_BLOCK - s.size);
        }
        bytes[l] = l < n ? room[l] : room[0];
        len[l] = l < n ? s.size : len[0];
        out[l] = l < n ? q->nodes[blocks][l]->hash : unused;
    }
    sx_hash_four(q->isa, blocks, out, bytes, len);
}

static void flush(queue *q, size_t blocks)
{
    if (q->n[blocks] == 1) hash_node(q->tree, q->nodes[blocks][0]);
    if (q->n[blocks] > 1) hash_together(q, blocks);
    q->n[blocks] = 0;
}

static void flush_all(queue *q)
{
    for (size_t blocks = 1; blocks <= BLOCKS_MOST; blocks++) flush(q, blocks);
}

static void hash_soon(queue *q, sx_node *node)
{
    sink s = {0};
    put_node(&s, q->tree, node);
    size_t blocks = (s.size + SX_HASH_BLOCK - 1) / SX_HASH_BLOCK;
    if (blocks > BLOCKS_MOST) {
        hash_node(q->tree, node);
        return;
    }
    q->nodes[blocks][q->n[blocks]++] = node;
    if (q->n[blocks] == SX_HASH_LANES) flush(q, blocks);
}

/* 0: a node without children; 1: one whose children have none; 2: any other. */
static int height_of(const sx_tree *tree, const sx_node *node)
{
    for (uint32_t c = node->first_child; c != SX_NO_NODE; c = tree->nodes[c].next_sibling)
        if (tree->nodes[c].first_child != SX_NO_NODE) return 2;
    return node->first_child != SX_NO_NODE;
}

void sx_tree_hash(sx_tree *tree)
{
    queue q = {.tree = tree, .isa = sx_hashes_isa()};
    for (int height = 0; height < 2 && q.isa != LLM_ISA_SCALAR; height++) {
        for (uint32_t i = 0; i < tree->count; i++)
            if (height_of(tree, &tree->nodes[i]) == height) hash_soon(&q, &tree->nodes[i]);
        flush_all(&q);
    }
    for (uint32_t i = tree->count; i-- > 0;)
        if (q.isa == LLM_ISA_SCALAR || height_of(tree, &tree->nodes[i]) == 2) hash_node(tree, &tree->nodes[i]);
}

void sx_tree_rehash(sx_tree *tree, uint32_t node)
{
    for (; node != SX_NO_NODE; node = tree->nodes[node].parent) hash_node(tree, &tree->nodes[node]);
}
