/* What the matrices of a model cost: bytes to read and multiplications to do, as facts of the model. */
#ifndef SX_ENGINE_COST_H
#define SX_ENGINE_COST_H

#include "engine/graph/forward.h"

/* Of matrices alone: norms, biases, the rows of embeddings and the context's keys and values are not counted. Of a mixture
 * the experts that one token uses count. */
typedef struct sx_cost {
    uint64_t step_bytes;      /* that making one token reads: every matrix once */
    uint64_t step_products;   /* multiplications, each with an addition, of making one token */
    uint64_t prompt_products; /* of reading one token of a prompt: without the head, which only the last one needs */
} sx_cost;

sx_cost sx_cost_of(const sx_net *net);

#endif
