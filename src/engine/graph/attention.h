/* Causal attention of a batch of queries, each over the cache of its own sequence, with a running softmax over tiles of keys: memory does not grow
 * with the context, and a query's result does not depend on its neighbours. */
#ifndef SX_ENGINE_ATTENTION_H
#define SX_ENGINE_ATTENTION_H

#include "engine/graph/run.h"
#include "engine/graph/span.h"

typedef struct sx_attention {
    const sx_run *run;
    const sx_span *spans; /* [n_spans] whose tokens the batch holds; they are all in their caches already */
    uint32_t n_spans;
    uint32_t layer;
    uint32_t n_head, n_head_kv, dim_k, dim_v;
    uint32_t window;    /* positions seen, the query's own included; 0: all */
    float scale, cap;   /* of scores; cap 0: none */
    float alibi;        /* largest bias; 0: none */
    const float *sinks; /* [n_head] or NULL */
    const float *q;     /* [n_tok, n_head, dim_k] of all spans */
    float *out;         /* [n_tok, n_head, dim_v] */
} sx_attention;

void sx_attend(const sx_attention *a);

/* Bytes of scratch a worker needs. */
size_t sx_attention_scratch(uint32_t dim_k, uint32_t dim_v);

#endif
