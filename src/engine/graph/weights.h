/* The weights of a model, bound by name to where the forward pass uses them, each with its shape checked. Matrices stay in
 * the mapped file; vectors (norms, biases) are copied to float. Immutable once bound. */
#ifndef SX_ENGINE_WEIGHTS_H
#define SX_ENGINE_WEIGHTS_H

#include "engine/graph/hparams.h"
#include "engine/kernels/quant.h"
#include "platform/arena.h"

typedef struct sx_weight { /* y = W x + bias */
    const char *data;      /* [n_out] rows of k elements; NULL: the model has none */
    uint32_t type;
    const sx_quant *quant; /* NULL for F32, F16, BF16 */
    uint32_t n_out, k;
    size_t stride;     /* bytes of a row */
    const float *bias; /* [n_out] or NULL */
    const char *name;  /* of the tensor in the file */
    uint32_t row;      /* of that tensor, where the matrix begins */
    uint32_t expert;   /* one of a row of experts: its index + 1; 0: no expert */
} sx_weight;

typedef struct sx_norm {        /* both NULL with present false: no norm here */
    const float *weight, *bias; /* [width * rows] or NULL */
    uint32_t width;             /* elements normalised together */
    uint32_t rows;              /* 1, or one weight row per head */
    bool present;
} sx_norm;

typedef struct sx_experts { /* n_expert matrices of one shape, one after the other or scattered */
    sx_weight first;
    size_t step;              /* bytes from one expert to the next */
    const void *const *parts; /* NULL, or where each lies */
    const float *bias;        /* [n_expert, n_out] or NULL */
} sx_experts;

static inline sx_weight sx_expert(const sx_experts *all, uint32_t i)
{
    sx_weight w = all->first;
    w.data = all->parts ? all->parts[i] : w.data + i * all->step;
    w.expert = i + 1;
    w.bias = all->bias ? all->bias + (size_t)i * w.n_out : NULL;
    return w;
}

typedef struct sx_layer {
    sx_norm attn_norm, q_norm, k_norm, attn_post, ffn_norm, ffn_post;
    sx_weight q, k, v, out;
    const float *sinks; /* [n_head] or NULL */
    /* latent attention: q = q(norm(q_a(x))), [c, rope part] = kv_a(x), keys and values from kv_b(norm(c)) */
    sx_weight q_a, kv_a, kv_b;
    sx_norm q_a_norm, kv_a_norm;
    sx_experts k_up, v_up; /* absorbed form: per head [kv_rank, dim_nope] and [dim_v, kv_rank] */
    /* feed-forward: dense, or experts where `router` is there */
    sx_weight gate, up, down;
    sx_weight router;           /* [n_expert, n_embd] */
    const float *router_offset; /* [n_expert]: added for choosing only; or NULL */
    sx_experts gates, ups, downs;
    sx_weight shared_gate, shared_up, shared_down, shared_scale;
    bool windowed, ropes;
} sx_layer;

typedef struct sx_weights {
    sx_weight embed, position, head;
    sx_weight cls, cls_out; /* the head of sequence classifiers, or none: [n_embd, n_embd] and [labels, n_embd] */
    sx_weight types;        /* embeddings of the first and the second sentence, or none */
    sx_norm embed_norm, out_norm;
    const float *rope_factors, *rope_factors_long, *rope_factors_short; /* [n_rot / 2] or NULL */
    sx_layer *layers;                                                   /* [n_layer] */
    uint32_t longest_floats;                                            /* of the rows of matrices of F32, F16, BF16 */
} sx_weights;

/* LLM_E_FORMAT: a tensor is missing or of another shape; LLM_E_UNSUPPORTED: of a type nothing here computes with. Fills in
 * hp->n_vocab and what else only shapes tell. */
llm_status sx_weights_bind(sx_weights *w, sx_hparams *hp, const sx_gguf *gguf, sx_arena *arena, llm_error *err);

#endif
