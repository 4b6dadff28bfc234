/* Attention (causal unless both_ways) of a batch of queries, each over the cache of its own sequence, with a running softmax over tiles of keys: memory does not grow
 * with the context, and a query's result does not depend on its neighbours. */
#ifndef SX_ENGINE_ATTENTION_H
#define SX_ENGINE_ATTENTION_H

#include "engine/graph/run.h"
#include "engine/graph/segment.h"

typedef struct sx_attention {
    const sx_run *run;
    const sx_segment *segments; /* [n_segments] of several caches; their keys and values are in them already */
    uint32_t n_segments;
    uint32_t layer;
    uint32_t n_head, n_head_kv, dim_k, dim_v;
    bool rounds;        /* the layer's weights are coarser than F16: so may be what goes through attention */
    bool both_ways;     /* every query sees all of its segment, not only what is before it */
    uint32_t window;    /* positions seen, the query's own included; 0: all */
    float scale, cap;   /* of scores; cap 0: none */
    float alibi;        /* largest bias; 0: none */
    const float *sinks; /* [n_head] or NULL */
    const float *q;     /* [rows, n_head, dim_k] of the whole batch */
    float *out;         /* [rows, n_head, dim_v] */
    float *parts;       /* of sx_attention_parts bytes */
} sx_attention;

void sx_attend(const sx_attention *a);

/* Bytes of scratch a worker needs. */
size_t sx_attention_scratch(const sx_kernels *kernels, uint32_t dim_k, uint32_t dim_v);
/* Bytes for what several workers give for parts of a few queries' keys. */
size_t sx_attention_parts(uint32_t n_head, uint32_t dim_v);

#endif
