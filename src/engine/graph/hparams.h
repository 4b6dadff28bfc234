/* A model as a row of facts: what its architecture's name implies (sx_arch) and what its file says (sx_hparams). One
 * forward pass obeys them; a new architecture is a row in arch.c and, at most, a fact. */
#ifndef SX_ENGINE_HPARAMS_H
#define SX_ENGINE_HPARAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/model/gguf.h"

typedef enum sx_norm_kind { SX_NORM_RMS, SX_NORM_LAYER } sx_norm_kind;
typedef enum sx_rope_kind { SX_ROPE_NONE, SX_ROPE_PAIRS, SX_ROPE_HALVES } sx_rope_kind;
typedef enum sx_act_kind { /* GELU is the approximation by tanh, GELU_ERF the exact one, RELU2 max(x, 0)^2 */
                           SX_ACT_SILU,
                           SX_ACT_GELU,
                           SX_ACT_SWIGLU_OAI,
                           SX_ACT_GELU_ERF,
                           SX_ACT_RELU2
} sx_act_kind;

enum { SX_MAX_LAYERS = 1024, SX_MAX_GROUPS = 64 };
/* How expert scores become weights: softmax over all before choosing, sigmoid, or softmax over the chosen. */
typedef enum sx_gating { SX_GATING_SOFTMAX = 1, SX_GATING_SIGMOID = 2, SX_GATING_CHOSEN = 3 } sx_gating;

enum {
    SX_ARCH_PARALLEL = 1,          /* attention and feed-forward read the same residual */
    SX_ARCH_EMBED_SQRT = 2,        /* embeddings times sqrt(n_embd) */
    SX_ARCH_EXPERTS_RAW = 4,       /* weights of chosen experts are not renormalised */
    SX_ARCH_LOGIT_TIMES = 8,       /* logits are multiplied by logit_scale, not divided */
    SX_ARCH_POST_IS_FFN = 16,      /* the tensor post_attention_norm is the norm before the feed-forward */
    SX_ARCH_NORM2_ATTN = 32,       /* attn_norm_2, where there, feeds attention, and attn_norm the feed-forward */
    SX_ARCH_NO_NORM_W = 64,        /* norms without weights */
    SX_ARCH_MLA = 128,             /* latent attention (DeepSeek 2) */
    SX_ARCH_MINICPM = 256,         /* scales that older files leave out */
    SX_ARCH_ALIBI_40 = 512,        /* 40 layers: ALiBi instead of rope (Baichuan 13B) */
    SX_ARCH_ROPE_LOCAL = 2048,     /* rope in windowed layers alone */
    SX_ARCH_PARALLEL_BARE = 32768, /* without a norm before the feed-forward, the residual is parallel */
    SX_ARCH_LOCAL_PLAIN = 8192,    /* rope of windowed layers is not scaled */
    SX_ARCH_ROPE_SWITCH = 16384,   /* rope.scaling.finetuned false stands for no rope */
    SX_ARCH_WIDE_SCALE = 1024,     /* the largest size scales queries by n_embd / n_head (Gemma 2 and 3, 27B) */
    SX_ARCH_ENCODER = 4096         /* reads both ways, norms after each sum, has no head that predicts tokens */
};

typedef struct sx_arch {
    const char *name;
    sx_norm_kind norm;
    sx_rope_kind rope;
    sx_act_kind act;
    uint32_t flags;         /* SX_ARCH_* */
    uint32_t window_period; /* with a sliding window: every n-th layer sees all; 0: no layer does */
    uint32_t rope_skip;     /* every n-th layer has no rope; 0: all have */
    float local_base;       /* rope base of windowed layers; 0: as the others */
    float alibi;            /* largest ALiBi bias; 0: none */
} sx_arch;

/* How the hidden states of a text become one vector, numbered as LLM_POOL_*. */
enum { SX_POOL_MEAN = 1, SX_POOL_CLS = 2, SX_POOL_LAST = 3, SX_POOL_NONE = 4 };

const sx_arch *sx_arch_get(const char *name, size_t len); /* NULL: not known */

typedef struct sx_hparams {
    const sx_arch *arch;
    uint32_t n_layer, n_embd, n_ctx, n_vocab;
    uint32_t n_head, n_head_kv, dim_k, dim_v; /* per head */
    uint32_t n_rot;                           /* leading (or, with MLA, trailing) elements of a head that rope turns */
    uint32_t n_ff, n_ff_expert, n_ff_shared;
    uint32_t n_expert, n_expert_used;
    uint32_t n_group, n_group_used; /* experts are chosen from the best groups of them; 1: one group */
    sx_act_kind act;
    uint32_t window;                   /* positions a windowed layer sees, itself included; 0: all */
    bool windows_listed, ropes_listed; /* else the architecture's own pattern counts */
    uint8_t windowed[SX_MAX_LAYERS], roped[SX_MAX_LAYERS]; /* by layer, where listed */
    float eps;
    float embed_scale, residual_scale, logit_scale; /* 1: none; logits are multiplied */
    float attn_scale, attn_cap, logit_cap;          /* caps: 0 none */
    float clamp_qkv, alibi;                         /* 0: none */
    bool parallel;
    uint32_t pooling; /* SX_POOL_*: what the file asks for, or what its kind of model does */
    bool both_ways;   /* an encoder: every position sees all of the text */
    sx_gating gating;
    bool expert_norm;
    float expert_scale;
    /* rope */
    float rope_base, rope_factor, rope_attn_factor; /* factor: positions are divided by it; 1: not scaled */
    bool rope_on;                                   /* false: no layer has rope */
    float rope_local_base;                          /* of windowed layers; 0: as the others */
    bool yarn, yarn_exact;                          /* exact: the ramp's ends are not rounded to whole pairs */
    float yarn_beta_fast, yarn_beta_slow, yarn_log_mul, yarn_ext;
    uint32_t rope_orig_ctx;
    /* latent attention */
    uint32_t q_rank, kv_rank, dim_nope; /* q_rank 0: queries come straight from the input */
    uint32_t dim_out;                   /* of a head's values as attn_output takes them; dim_v unless absorbed */
    bool
        absorbed; /* keys and values are kept in latent form, one head for all: dim_k = kv_rank + n_rot, dim_v = kv_rank */
} sx_hparams;

/* Reads and checks them: LLM_E_UNSUPPORTED names an unknown architecture, LLM_E_FORMAT an absent or absurd value. */
llm_status sx_hparams_read(sx_hparams *hp, const sx_gguf *gguf, llm_error *err);

bool sx_layer_windowed(const sx_hparams *hp, uint32_t layer);
bool sx_layer_ropes(const sx_hparams *hp, uint32_t layer);

#endif
