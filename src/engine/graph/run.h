/* What one evaluation works with: kernels, threads, cancel, scratch memory; loops over it and products with weights. */
#ifndef SX_ENGINE_RUN_H
#define SX_ENGINE_RUN_H

#include "engine/graph/weights.h"
#include "engine/kernels/kernels.h"
#include "platform/cancel.h"
#include "platform/pool.h"

typedef struct sx_run {
    const sx_kernels *kernels;
    sx_pool *pool;
    const llm_cancel *const *cancels; /* [n_cancels] of everybody in the batch: any of them stops it */
    uint32_t n_cancels;
    uint32_t n_batch; /* tokens there is room for */
    char *scratch;    /* one stretch per worker, 64-byte aligned */
    size_t scratch_stride;
    sx_q8 q8;        /* room for a batch of the widest activations */
    uint16_t *tiles; /* the same as bf16, where the level has tiles; of up to `longest` elements in two parts */
    uint16_t *gated; /* likewise, what a gated product leaves for the next one */
    float *panels;   /* activations of up to `longest` elements in the order of panels */
    uint32_t longest;
} sx_run;

static inline bool sx_run_cancelled(const sx_run *run)
{
    for (uint32_t i = 0; i < run->n_cancels; i++)
        if (sx_cancelled(run->cancels[i])) return true;
    return false;
}

/* Calls fn for stretches [begin, end) that cover 0..n, `grain` at a time, on all workers; a single stretch runs on the
 * caller alone. After a cancel the rest is left undone: the caller's results are then thrown away. */
typedef void (*sx_range_fn)(void *arg, uint32_t begin, uint32_t end, uint32_t worker);
void sx_parallel(const sx_run *run, uint32_t n, uint32_t grain, sx_range_fn fn, void *arg);

/* The same where memory is the limit: each worker goes through a share of its own in order, as one long stream, in stretches
 * of `least` to `most`, and then helps the others. */
void sx_parallel_shares(const sx_run *run, uint32_t n, uint32_t least, uint32_t most, sx_range_fn fn, void *arg);

typedef struct sx_product {
    const sx_weight *w;
    float *out; /* [n_tok, ldo], the first n_out of each row written */
    size_t ldo;
} sx_product;

typedef struct sx_rows { /* x [n_tok, ldx] */
    const float *x;
    size_t ldx;
    sx_range_fn make; /* makes rows begin..end just before they are first needed; NULL: they are there */
    void *arg;
} sx_rows;

/* out = x W^T + bias for several matrices (at most SX_PRODUCTS) over the same x; all have the same k. The first n_made rows
 * are of tokens that the model has made: they never go through tiles, whose bits are others. */
enum { SX_PRODUCTS = 4 };
void sx_matmul(const sx_run *run, const sx_product *products, uint32_t n, const sx_rows *x, uint32_t n_tok,
               uint32_t n_made);

typedef struct sx_gate { /* act(gate x) * (up x) */
    const sx_weight *gate, *up;
    void (*act)(float *x, uint32_t n); /* works on each number by itself */
} sx_gate;

/* down->out = act(gate x) * (up x) times down: the bits of both products one after the other, of tokens of which none is made,
 * but what is between them never stands in memory as floats. Returns false, with nothing done, where that cannot be. */
bool sx_matmul_gated(const sx_run *run, const sx_gate *gate, const sx_product *down, const sx_rows *x, uint32_t n_tok);

#endif
