/* The rows of queries that one worker has in hand, and what they do with one tile of keys. */
#ifndef SX_ENGINE_ATTENTION_BLOCK_H
#define SX_ENGINE_ATTENTION_BLOCK_H

#include "engine/graph/attention.h"

enum { SX_BLOCK_ROWS = 96, SX_BLOCK_ROWS_TILED = 256 /* tiles of keys and values cost more to make */ };

typedef struct sx_stretch {
    const char *rows;
    size_t bytes;
} sx_stretch;

typedef struct sx_attention_block { /* (query, head) pairs that share a key-value head */
    const sx_attention *a;
    const sx_segment *segment;
    uint32_t head_kv, row, n; /* rows row .. row + n of (token of the segment, head of the group), heads fastest */
    float *q;                 /* [n, ldq] ready for the keys' type */
    size_t ldq;
    float *s;            /* scores of some rows */
    float *acc;          /* [n, dim_v] of the chunk in hand */
    float *panel;        /* a tile of keys */
    float *values;       /* [SX_KEY_TILE, dim_v] */
    sx_stretch ahead[2]; /* of the next tile, not yet asked for: keys, values */
    bool tiled;          /* rows that see a whole tile of keys take it through tiles of bf16 */
    uint16_t *q16;       /* [n, ldq16]; NULL: there are no such tiles */
    size_t ldq16;
    uint16_t *keys16, *values16;
    float *key_rows; /* [SX_KEY_TILE, dim_k] */
    float max[SX_BLOCK_ROWS_TILED], sum[SX_BLOCK_ROWS_TILED], keep[SX_BLOCK_ROWS_TILED];
    uint32_t position[SX_BLOCK_ROWS_TILED];                        /* of each row's query */
    uint32_t begin[SX_BLOCK_ROWS_TILED], end[SX_BLOCK_ROWS_TILED]; /* keys each row sees: neither ever falls */
} sx_attention_block;

static inline uint32_t sx_block_rows(const sx_kernels *kernels)
{
    return kernels->tile_attention ? SX_BLOCK_ROWS_TILED : SX_BLOCK_ROWS;
}

static inline uint32_t sx_block_group(const sx_attention *a) /* heads that share keys and values */
{
    return a->n_head / a->n_head_kv;
}

static inline uint32_t sx_block_head(const sx_attention_block *b, uint32_t i)
{
    return b->head_kv * sx_block_group(b->a) + (b->row + i) % sx_block_group(b->a);
}

static inline uint32_t sx_block_token(const sx_attention_block *b, uint32_t i) /* of the segment */
{
    return (b->row + i) / sx_block_group(b->a);
}

/* Of the whole batch: where a row's result stands among those of all heads. */
static inline size_t sx_block_place(const sx_attention_block *b, uint32_t i)
{
    return (size_t)(b->segment->row + sx_block_token(b, i)) * b->a->n_head + sx_block_head(b, i);
}

/* Shares a worker's scratch out. */
void sx_block_lay_out(sx_attention_block *b, const sx_attention *a, uint32_t worker);

/* Takes n_keys keys from `from` on (a multiple of SX_KEY_TILE) into the sums of all rows that see any of them. */
void sx_attend_tile(sx_attention_block *b, uint32_t from, uint32_t n_keys);

#endif
