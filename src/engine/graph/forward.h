/* The forward pass over a batch of tokens: embeddings, layers, head. */
#ifndef SX_ENGINE_FORWARD_H
#define SX_ENGINE_FORWARD_H

#include "engine/graph/run.h"
#include "engine/graph/span.h"

typedef struct sx_net { /* a model as the forward pass sees it */
    sx_hparams hp;
    sx_weights weights;
    sx_kernels kernels;
    sx_pool *pool;
} sx_net;

typedef struct sx_buffers { /* activations of a batch, n_batch rows each */
    float *x;               /* [n_batch, n_embd] the residual */
    float *h;               /* [n_batch, n_embd] normed */
    float *y, *z;           /* [n_batch, n_embd] what attention and feed-forward give */
    float *q, *k, *v;       /* [n_batch, heads * dim] */
    float *a;               /* [n_batch, n_head * dim_v] */
    float *gate, *up;       /* [n_batch, widest feed-forward] */
    float *latent;          /* with latent attention [n_batch, kv_rank + n_rot] */
    float *c;               /* [n_batch, kv_rank] */
    float *qa;              /* [n_batch, q_rank] */
    float *wide;            /* [n_batch, n_head * (dim_nope + the larger of n_rot and dim_out)] */
    float *router;          /* [n_batch, n_expert] */
    uint32_t *chosen;       /* [n_batch, n_expert_used] */
    float *weight;          /* [n_batch, n_expert_used] */
    float *gathered;        /* [n_batch, n_embd] tokens of one expert */
    uint32_t *member;       /* [n_batch] which they are, as indices into chosen */
    float *cosine, *sine;   /* [2, n_batch, n_rot / 2]: of all layers, of windowed ones */
    uint16_t *span;         /* [n_batch] which span each row belongs to */
    float *joined;          /* [n_joined, n_vocab] logits of several spans at once */
    uint32_t n_joined;
} sx_buffers;

typedef struct sx_eval {
    const sx_net *net;
    sx_span *spans; /* [n_spans] the batch */
    uint32_t n_spans;
    sx_buffers b;
    sx_run run;
} sx_eval;

/* Evaluates the tokens of e->spans, at most run.n_batch together, into their caches, and their logits. What a span gets
 * does not depend on the others. Returns false when cancelled. */
bool sx_forward(sx_eval *e);

/* ffn.c: z [n, n_embd] = feed-forward of h [n, n_embd]. */
void sx_feed_forward(sx_eval *e, const sx_layer *l, uint32_t n, const float *h, float *z);

/* latent.c: queries, keys and values of h [n, n_embd] into b.q, b.k and b.v (absorbed: no b.v), not yet turned. */
void sx_latent_project(sx_eval *e, const sx_layer *l, uint32_t n, const float *h);
/* Returns what attention gave as values of dim_out per head: b.a itself, or it led out of the latent space. */
const float *sx_latent_values(sx_eval *e, const sx_layer *l, uint32_t n);

/* Norms of a batch's rows, each of `width`; in place is fine. */
void sx_norm_rows(const sx_eval *e, const sx_norm *norm, float *out, const float *x, uint32_t n, uint32_t width);

/* Bytes of scratch each worker needs for batches of n_batch tokens. */
size_t sx_forward_scratch(const sx_net *net, uint32_t n_batch);

#endif
