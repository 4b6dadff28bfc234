/* Low-rank adapters (arxiv.org/abs/2106.09685): y = W x + scale * B (A x), with A and B beside the shared model. */
#ifndef SX_ENGINE_GRAPH_ADAPTER_H
#define SX_ENGINE_GRAPH_ADAPTER_H

#include <stdatomic.h>

#include "engine/graph/weights.h"
#include "platform/map.h"

enum { SX_LORA_MAX_RANK = 1024 };

typedef struct sx_lora { /* what one adapter adds to one matrix */
    const float *a, *b;  /* [rank, k], [n_out, rank] */
    uint32_t rank, k;
    float scale; /* the adapter's own: alpha / rank */
} sx_lora;

typedef struct sx_lora_set { /* an adapter: pairs by the name of the matrix they belong to */
    sx_map by_name;          /* index into pairs */
    sx_lora *pairs;
} sx_lora_set;

typedef struct sx_adapters { /* what a segment's rows carry; shared by a session and its forks */
    atomic_uint refs;
    const sx_lora_set **sets;
    float *scales; /* [count], none of them 0 */
    uint32_t count;
} sx_adapters;

/* Sees what goes into each matrix of the model: n_tok rows of w->k floats, ldx apart. */
typedef struct sx_observer {
    void (*see)(void *user, const sx_weight *w, const float *x, size_t ldx, uint32_t n_tok);
    void *user;
} sx_observer;

struct sx_eval;
struct sx_product;
/* Adds to a product's rows 0..count - 1, which are the given rows of the batch (NULL: 0, 1, ...), what their segments carry. */
void sx_adapt_rows(const struct sx_eval *e, const struct sx_product *product, const float *x, size_t ldx,
                   const uint32_t *rows, uint32_t count);

#endif
