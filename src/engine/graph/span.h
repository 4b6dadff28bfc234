/* A stretch of one sequence in a batch: the batch joins spans of several sequences, each with a cache of its own. */
#ifndef SX_ENGINE_SPAN_H
#define SX_ENGINE_SPAN_H

#include "engine/graph/cache.h"
#include "engine/graph/rope.h"

enum { SX_SPANS = 64 /* most in a batch */ };

typedef struct sx_span {
    sx_cache *cache;
    const sx_rope *rope;   /* [2]: of all layers, of windowed ones */
    const int32_t *tokens; /* [n] */
    uint32_t n, first;     /* they stand at positions first .. first + n - 1, which are writable */
    uint32_t row;          /* of the batch, where the span begins: set by sx_forward */
    bool all_rows;
    float *logits; /* NULL, or all_rows ? [n, n_vocab] : [n_vocab] of the last token */
} sx_span;

#endif
