/* The forward pass over a batch of tokens: embeddings, layers, head. */
#ifndef SX_ENGINE_FORWARD_H
#define SX_ENGINE_FORWARD_H

#include "engine/graph/run.h"
#include "engine/graph/segment.h"

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
    float *parts;           /* of sx_attention_parts bytes, for all rows together */
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
    uint32_t *rows;         /* [n_batch] for whoever asks sx_head */
    uint32_t *segment;      /* [n_batch] which segment each row belongs to */
} sx_buffers;

typedef struct sx_eval {
    const sx_net *net;
    sx_buffers b;
    sx_run run;
    sx_segment *segments; /* [n_segments] of the batch in hand */
    uint32_t n_segments;
    uint32_t n_made;             /* rows in hand that are of tokens which the model has made; they come first */
    const sx_observer *observer; /* sees what goes into each matrix; NULL: nobody */
} sx_eval;

/* Evaluates the segments, at most run.n_batch rows together, into their caches; b.x holds the last hidden states of the rows.
 * Those of tokens that the model has made come first.
 * What a segment gets does not depend on the others. Returns false when cancelled. */
bool sx_forward(sx_eval *e, sx_segment *segments, uint32_t n_segments);

/* Logits [count, n_vocab] of rows (ascending indices into the batch that sx_forward has just evaluated; NULL: 0, 1, ...),
 * through b.h. Returns false when cancelled. */
bool sx_head(sx_eval *e, const uint32_t *rows, uint32_t count, float *logits);

/* project.c: sx_matmul for matrices of the model over rows of the batch: what adapters add, and the observer's look. _made:
 * rows that are made on the way. */
void sx_project_made(const sx_eval *e, const sx_product *products, uint32_t n, sx_rows x, uint32_t n_tok);
void sx_project(const sx_eval *e, const sx_product *products, uint32_t n, const float *x, size_t ldx, uint32_t n_tok);
/* sx_matmul_gated where nobody wants to see or adapt what is between. */
bool sx_project_gated(const sx_eval *e, const sx_gate *gate, const sx_product *down, sx_rows x, uint32_t n_tok);

/* ffn.c: z [n, n_embd] = feed-forward of h [n, n_embd]. */
void sx_feed_forward(sx_eval *e, const sx_layer *l, uint32_t n, sx_rows h, float *z);

/* latent.c: queries, keys and values of h [n, n_embd] into b.q, b.k and b.v (absorbed: no b.v), not yet turned. */
void sx_latent_project(sx_eval *e, const sx_layer *l, uint32_t n, sx_rows h);
/* Returns what attention gave as values of dim_out per head: b.a itself, or it led out of the latent space. */
const float *sx_latent_values(sx_eval *e, const sx_layer *l, uint32_t n);

/* Norms of a batch's rows, each of `width`; in place is fine. */
void sx_norm_rows(const sx_eval *e, const sx_norm *norm, float *out, const float *x, uint32_t n, uint32_t width);

/* Bytes of scratch each worker needs for batches of n_batch tokens; `longest` rows of floats go through panels. */
size_t sx_forward_scratch(const sx_net *net, uint32_t n_batch, uint32_t longest);

#endif
