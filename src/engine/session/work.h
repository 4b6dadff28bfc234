/* The buffers of the forward pass over one batch: one set per model, grown to the largest batch asked for, used by whoever
 * has the turn. Sessions own caches and nothing else, so that they stay cheap. */
#ifndef SX_ENGINE_WORK_H
#define SX_ENGINE_WORK_H

#include "engine/graph/forward.h"

typedef struct sx_work {
    sx_mem *mem;
    sx_eval eval;
    char *block;   /* all buffers */
    float *joined; /* [n_joined, n_vocab] logits of several texts at once */
    uint32_t n_joined;
} sx_work;

void sx_work_init(sx_work *work, sx_mem *mem, const sx_net *net);
void sx_work_free(sx_work *work);
/* Bytes of buffers for batches of `rows` tokens. */
uint64_t sx_work_bytes(const sx_net *net, uint32_t rows);
/* Makes room for batches of `rows` tokens; without memory what was there stays. Returns the rows there is room for. */
uint32_t sx_work_reserve(sx_work *work, uint32_t rows);
/* Makes room for the logits of `n` texts at once, if there is memory. */
void sx_work_join(sx_work *work, uint32_t n);

#endif
