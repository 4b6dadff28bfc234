/* Rows of a batch that follow each other in one text. A batch joins segments of several texts, each with a cache of its own;
 * segments of one cache may stand at the same positions: then each is stored and attended before the next is, so that each
 * sees the cache before `first` and itself, and the last one stays. */
#ifndef SX_ENGINE_SEGMENT_H
#define SX_ENGINE_SEGMENT_H

#include "engine/graph/adapter.h"
#include "engine/graph/cache.h"
#include "engine/graph/rope.h"

enum { SX_SEGMENTS = 64 /* most whose caches differ, attended together */ };

typedef struct sx_segment {
    sx_cache *cache;             /* writable at the segment's positions */
    const sx_rope *rope;         /* [2]: of all layers, of windowed ones */
    const sx_adapters *adapters; /* NULL: none */
    const int32_t *tokens;       /* [n] */
    uint32_t n;                  /* rows */
    uint32_t first;              /* position of the first row */
    uint32_t second;             /* rows from here on are a second sentence to models with token types; n: none */
    bool made;                   /* the tokens are the model's own, or guesses at them; else they are given ones */
    uint32_t row;                /* of the batch, where the segment begins: set by sx_forward */
} sx_segment;

#endif
