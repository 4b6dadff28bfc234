/* An adapter as it is being read; nobody outside adapter*.c includes this. */
#ifndef SX_ENGINE_SESSION_ADAPTER_H
#define SX_ENGINE_SESSION_ADAPTER_H

#include "engine/session/session.h"

struct sx_adapter {
    sx_mem *mem;
    const sx_model *model; /* whose shapes it was held against */
    sx_arena arena;
    sx_lora_set set;
    size_t count;
};

typedef struct sx_half { /* A or B of a pair as it lies in a file */
    uint32_t type;
    const void *data;
    uint64_t rows, cols; /* of A: rank, k; of B: n_out, rank */
} sx_half;

/* An adapter from the bytes of a GGUF file. */
llm_status sx_adapter_read(sx_adapter **out, sx_mem *mem, const sx_model *model, const void *data, size_t size,
                           llm_error *err);

/* The pairs of a folder that the peft package saved. */
llm_status sx_adapter_read_peft(sx_adapter *adapter, const char *folder, llm_error *err);

/* Adds the pair of the model's matrix `base` ("blk.0.attn_q.weight"). alpha 0: the adapter's scale is 1. The pair's floats are
 * in the adapter's arena, `*made` to change them. */
llm_status sx_adapter_add(sx_adapter *adapter, const char *base, const sx_half *a, const sx_half *b, float alpha,
                          sx_lora **made, llm_error *err);
/* Room for n pairs. */
llm_status sx_adapter_reserve(sx_adapter *adapter, size_t n, llm_error *err);

#endif
