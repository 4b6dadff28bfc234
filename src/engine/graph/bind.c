/* Binds the tensors of a file to the places of the graph by name, and checks every shape against the hyper-parameters. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/graph/weights.h"

enum { NAME = 96, FULL = NAME + 32 };

typedef struct binder {
    const sx_gguf *gguf;
    sx_arena *arena;
    llm_error *err;
    uint8_t *used; /* [tensors of the file] 1: it has found its place */
    int layer;     /* -1: outside the layers */
} binder;

static const char *full_name(const binder *b, const char *part, char *name)
{
    if (b->layer < 0)
        snprintf(name, FULL, "%s", part);
    else
        snprintf(name, FULL, "blk.%d.%s", b->layer, part);
    return name;
}

static const sx_tensor *find(const binder *b, const char *part)
{
    char name[FULL];
    const sx_tensor *t = sx_gguf_tensor(b->gguf, full_name(b, part, name));
    if (t) b->used[t - sx_gguf_tensor_at(b->gguf, 0)] = 1;
    return t;
}

static llm_status missing(const binder *b, const char *part)
{
    char name[FULL];
    return sx_fail(b->err, LLM_E_FORMAT, "tensor %s is missing; the file is incomplete: convert the model again",
                   full_name(b, part, name));
}

static llm_status wrong_shape(const binder *b, const sx_tensor *t, uint64_t n0, uint64_t n1, uint64_t n2)
{
    return sx_fail(b->err, LLM_E_FORMAT,
                   "tensor %s has the shape [%" PRIu64 ", %" PRIu64 ", %" PRIu64 "]; the metadata ask for [%" PRIu64
                   ", %" PRIu64 ", %" PRIu64 "]: the file contradicts itself",
                   t->name, t->ne[0], t->ne[1], t->ne[2], n0, n1, n2);
}

static llm_status check_type(const binder *b, const sx_tensor *t)
{
    if (t->type == SX_TYPE_F32 || t->type == SX_TYPE_F16 || t->type == SX_TYPE_BF16 || sx_quant_get(t->type))
        return LLM_OK;
    const sx_type_info *info = sx_type_get(t->type);
    return sx_fail(b->err, LLM_E_UNSUPPORTED,
                   "tensor %s is of type %s, which this version cannot compute with; quantise "
                   "the model to another type, such as Q4_K or Q8_0",
                   t->name, info ? info->name : "unknown");
}

/* A copy as floats of n elements; *out stays NULL when an optional one is absent. */
static llm_status vector(const binder *b, const float **out, const char *part, uint64_t n, bool needed)
{
    const sx_tensor *t = find(b, part);
    *out = NULL;
    if (!t) return needed ? missing(b, part) : LLM_OK;
    if (t->ne[0] * t->ne[1] != n || t->ne[2] * t->ne[3] != 1) return wrong_shape(b, t, n, 1, 1);
    llm_status s = check_type(b, t);
    if (s != LLM_OK) return s;
    float *copy = sx_arena_alloc(b->arena, (size_t)n * sizeof *copy);
    if (!copy) return sx_fail_memory(b->err);
    if (!sx_dequantize_row(t->type, t->data, copy, (size_t)n))
        return sx_fail(b->err, LLM_E_FORMAT, "tensor %s is not made of whole blocks: the file is damaged", t->name);
    for (uint64_t i = 0; i < n; i++)
        if (!isfinite(copy[i]))
            return sx_fail(b->err, LLM_E_FORMAT,
                           "tensor %s holds a number that is not finite at place %" PRIu64
                           ": the model is damaged or was trained badly",
                           t->name, i);
    *out = copy;
    return LLM_OK;
}

static void weight_of(sx_weight *w, const sx_tensor *t)
{
    const sx_type_info *info = sx_type_get(t->type);
    *w = (sx_weight){.data = t->data,
                     .name = t->name,
                     .type = t->type,
                     .quant = sx_quant_get(t->type),
                     .n_out = (uint32_t)t->ne[1],
                     .k = (uint32_t)t->ne[0],
                     .stride = (size_t)(t->ne[0] / info->block) * info->block_bytes};
}

/* part is a name without its ".weight"; a ".bias" beside it is taken along. */
static llm_status matrix(const binder *b, sx_weight *w, const char *part, uint64_t k, uint64_t n_out, bool needed)
{
    char name[NAME];
    memset(w, 0, sizeof *w);
    snprintf(name, sizeof name, "%s.weight", part);
    const sx_tensor *t = find(b, name);
    if (!t) return needed ? missing(b, name) : LLM_OK;
    if (t->ne[0] != k || t->ne[1] != n_out || t->ne[2] != 1 || t->ne[3] != 1) return wrong_shape(b, t, k, n_out, 1);
    llm_status s = check_type(b, t);
    if (s != LLM_OK) return s;
    weight_of(w, t);
    snprintf(name, sizeof name, "%s.bias", part);
    return vector(b, &w->bias, name, n_out, false);
}

/* Rows from..from + n of a matrix that holds several, such as attn_qkv. */
static sx_weight rows_of(const sx_weight *w, uint32_t from, uint32_t n)
{
    sx_weight part = *w;
    part.data += (size_t)from * w->stride;
    part.n_out = n;
    part.row = w->row + from;
    if (w->bias) part.bias += from;
    return part;
}

static llm_status experts(const binder *b, sx_experts *e, const char *part, uint64_t k, uint64_t n_out, uint64_t count)
{
    char name[NAME];
    memset(e, 0, sizeof *e);
    snprintf(name, sizeof name, "%s.weight", part);
    const sx_tensor *t = find(b, name);
    if (!t) return missing(b, name);
    if (t->ne[0] != k || t->ne[1] != n_out || t->ne[2] != count || t->ne[3] != 1)
        return wrong_shape(b, t, k, n_out, count);
    llm_status s = check_type(b, t);
    if (s != LLM_OK) return s;
    weight_of(&e->first, t);
    e->first.data = sx_tensor_slice(t, 0);
    e->parts = t->parts;
    e->step = e->first.stride * (size_t)n_out;
    snprintf(name, sizeof name, "%s.bias", part);
    return vector(b, &e->bias, name, n_out * count, false);
}

/* width: elements normalised together; rows: 1 or the number of heads, where each may have weights of its own. */
static llm_status norm(const binder *b, sx_norm *n, const char *part, uint32_t width, uint32_t rows, bool needed)
{
    char name[NAME];
    memset(n, 0, sizeof *n);
    snprintf(name, sizeof name, "%s.weight", part);
    const sx_tensor *t = find(b, name);
    if (!t) return needed ? missing(b, name) : LLM_OK;
    uint64_t count = width;
    if (rows > 1 && t->ne[1] == rows) count *= rows;
    *n = (sx_norm){.width = width, .rows = count == width ? 1 : rows, .present = true};
    llm_status s = vector(b, &n->weight, name, count, true);
    if (s != LLM_OK) return s;
    snprintf(name, sizeof name, "%s.bias", part);
    return vector(b, &n->bias, name, count, false);
}

/* Norms of queries or keys: per head, or over all heads together. */
static llm_status head_norm(const binder *b, sx_norm *n, const char *part, uint32_t dim, uint32_t heads)
{
    char name[NAME];
    snprintf(name, sizeof name, "%s.weight", part);
    const sx_tensor *t = find(b, name);
    if (t && heads > 1 && t->ne[0] == (uint64_t)dim * heads) return norm(b, n, part, dim * heads, 1, true);
    return norm(b, n, part, dim, heads, false);
}

static llm_status bind_latent(const binder *b, sx_layer *l, const sx_hparams *hp)
{
    llm_status s;
    uint64_t nq = (uint64_t)hp->n_head * (hp->dim_nope + hp->n_rot), per_head = (uint64_t)hp->dim_nope + hp->dim_out;
    if (hp->q_rank == 0)
        s = matrix(b, &l->q, "attn_q", hp->n_embd, nq, true);
    else if ((s = matrix(b, &l->q_a, "attn_q_a", hp->n_embd, hp->q_rank, true)) == LLM_OK &&
             (s = norm(b, &l->q_a_norm, "attn_q_a_norm", hp->q_rank, 1, true)) == LLM_OK)
        s = matrix(b, &l->q, "attn_q_b", hp->q_rank, nq, true);
    if (s != LLM_OK ||
        (s = matrix(b, &l->kv_a, "attn_kv_a_mqa", hp->n_embd, hp->kv_rank + hp->n_rot, true)) != LLM_OK ||
        (s = norm(b, &l->kv_a_norm, "attn_kv_a_norm", hp->kv_rank, 1, true)) != LLM_OK ||
        (s = matrix(b, &l->out, "attn_output", (uint64_t)hp->n_head * hp->dim_out, hp->n_embd, true)) != LLM_OK)
        return s;
    if (!hp->absorbed) return matrix(b, &l->kv_b, "attn_kv_b", hp->kv_rank, hp->n_head * per_head, true);
    if ((s = experts(b, &l->k_up, "attn_k_b", hp->dim_nope, hp->kv_rank, hp->n_head)) != LLM_OK) return s;
    return experts(b, &l->v_up, "attn_v_b", hp->kv_rank, hp->dim_out, hp->n_head);
}

static llm_status bind_attention(const binder *b, sx_layer *l, const sx_hparams *hp)
{
    if (hp->arch->flags & SX_ARCH_MLA) return bind_latent(b, l, hp);
    uint32_t nq = hp->n_head * hp->dim_k, nk = hp->n_head_kv * hp->dim_k, nv = hp->n_head_kv * hp->dim_v;
    sx_weight qkv;
    llm_status s = matrix(b, &qkv, "attn_qkv", hp->n_embd, (uint64_t)nq + nk + nv, false);
    if (s != LLM_OK) return s;
    if (qkv.data) {
        l->q = rows_of(&qkv, 0, nq);
        l->k = rows_of(&qkv, nq, nk);
        l->v = rows_of(&qkv, nq + nk, nv);
    } else if ((s = matrix(b, &l->q, "attn_q", hp->n_embd, nq, true)) != LLM_OK ||
               (s = matrix(b, &l->k, "attn_k", hp->n_embd, nk, true)) != LLM_OK ||
               (s = matrix(b, &l->v, "attn_v", hp->n_embd, nv, true)) != LLM_OK) {
        return s;
    }
    if ((s = matrix(b, &l->out, "attn_output", (uint64_t)hp->n_head * hp->dim_v, hp->n_embd, true)) != LLM_OK ||
        (s = head_norm(b, &l->q_norm, "attn_q_norm", hp->dim_k, hp->n_head)) != LLM_OK ||
        (s = head_norm(b, &l->k_norm, "attn_k_norm", hp->dim_k, hp->n_head_kv)) != LLM_OK)
        return s;
    return vector(b, &l->sinks, "attn_sinks.weight", hp->n_head, false);
}

static llm_status bind_experts(const binder *b, sx_layer *l, const sx_hparams *hp)
{
    llm_status s;
    uint32_t ff = hp->n_ff_expert, shared = hp->n_ff_shared, n = hp->n_expert;
    if ((s = experts(b, &l->gates, "ffn_gate_exps", hp->n_embd, ff, n)) != LLM_OK ||
        (s = experts(b, &l->ups, "ffn_up_exps", hp->n_embd, ff, n)) != LLM_OK ||
        (s = experts(b, &l->downs, "ffn_down_exps", ff, hp->n_embd, n)) != LLM_OK ||
        (s = vector(b, &l->router_offset, "exp_probs_b.bias", n, false)) != LLM_OK)
        return s;
    if (!find(b, "ffn_up_shexp.weight")) return LLM_OK;
    if ((s = matrix(b, &l->shared_gate, "ffn_gate_shexp", hp->n_embd, shared, true)) != LLM_OK ||
        (s = matrix(b, &l->shared_up, "ffn_up_shexp", hp->n_embd, shared, true)) != LLM_OK ||
        (s = matrix(b, &l->shared_down, "ffn_down_shexp", shared, hp->n_embd, true)) != LLM_OK)
        return s;
    return matrix(b, &l->shared_scale, "ffn_gate_inp_shexp", hp->n_embd, 1, false);
}

static llm_status bind_ffn(const binder *b, sx_layer *l, const sx_hparams *hp)
{
    llm_status s;
    if (hp->n_expert > 0) {
        s = matrix(b, &l->router, "ffn_gate_inp", hp->n_embd, hp->n_expert, false);
        if (s != LLM_OK) return s;
        if (l->router.data) return bind_experts(b, l, hp);
    }
    const sx_tensor *up = find(b, "ffn_up.weight");
    if ((s = matrix(b, &l->gate, "ffn_gate", hp->n_embd, hp->n_ff, false)) != LLM_OK) return s;
    if (up && !l->gate.data && up->ne[1] == 2 * (uint64_t)hp->n_ff) { /* gate and up in one matrix, gate first */
        sx_weight both;
        if ((s = matrix(b, &both, "ffn_up", hp->n_embd, 2 * (uint64_t)hp->n_ff, true)) != LLM_OK) return s;
        l->gate = rows_of(&both, 0, hp->n_ff);
        l->up = rows_of(&both, hp->n_ff, hp->n_ff);
    } else if ((s = matrix(b, &l->up, "ffn_up", hp->n_embd, hp->n_ff, true)) != LLM_OK) {
        return s;
    }
    return matrix(b, &l->down, "ffn_down", hp->n_ff, hp->n_embd, true);
}

static llm_status bind_layer(const binder *b, sx_layer *l, sx_hparams *hp)
{
    uint32_t flags = hp->arch->flags, d = hp->n_embd;
    const bool encoder = (flags & SX_ARCH_ENCODER) != 0;
    const char *post = flags & SX_ARCH_POST_IS_FFN ? "attn_post_norm"
                       : encoder                   ? "attn_output_norm"
                                                   : "post_attention_norm";
    const char *last = encoder ? "layer_output_norm" : "post_ffw_norm";
    const char *ffn = flags & SX_ARCH_POST_IS_FFN ? "post_attention_norm" : "ffn_norm";
    llm_status s;
    if ((s = norm(b, &l->attn_norm, "attn_norm", d, 1, false)) != LLM_OK ||
        (s = norm(b, &l->attn_post, post, d, 1, false)) != LLM_OK ||
        (s = norm(b, &l->ffn_norm, ffn, d, 1, false)) != LLM_OK ||
        (s = norm(b, &l->ffn_post, last, d, 1, encoder)) != LLM_OK)
        return s;
    if (flags & SX_ARCH_NO_NORM_W) l->attn_norm = l->ffn_norm = (sx_norm){.width = d, .rows = 1, .present = true};
    if ((flags & SX_ARCH_NORM2_ATTN) && find(b, "attn_norm_2.weight")) {
        l->ffn_norm = l->attn_norm;
        if ((s = norm(b, &l->attn_norm, "attn_norm_2", d, 1, true)) != LLM_OK) return s;
    }
    if (!l->attn_norm.present && !l->attn_post.present) return missing(b, "attn_norm.weight");
    if (!l->ffn_norm.present && (flags & SX_ARCH_PARALLEL_BARE)) hp->parallel = true;
    if (!l->ffn_norm.present && !l->ffn_post.present && !hp->parallel) return missing(b, "ffn_norm.weight");
    if ((s = bind_attention(b, l, hp)) != LLM_OK) return s;
    return bind_ffn(b, l, hp);
}

/* What only encoders and rerankers have: embeddings of sentence kinds, and a head that labels a text. */
static llm_status bind_classifier(const binder *b, sx_weights *w, const sx_hparams *hp)
{
    const sx_tensor *types = find(b, "token_types.weight"), *labels = find(b, "cls.output.weight");
    llm_status s = LLM_OK;
    if (types && types->ne[1] <= UINT16_MAX) s = matrix(b, &w->types, "token_types", hp->n_embd, types->ne[1], true);
    if (s == LLM_OK) s = matrix(b, &w->cls, "cls", hp->n_embd, hp->n_embd, false);
    if (s == LLM_OK && labels && labels->ne[1] <= UINT16_MAX)
        s = matrix(b, &w->cls_out, "cls.output", hp->n_embd, labels->ne[1], true);
    return s;
}

static llm_status bind_outside(binder *b, sx_weights *w, sx_hparams *hp)
{
    const sx_tensor *embed = find(b, "token_embd.weight");
    llm_status s;
    if (!embed) return missing(b, "token_embd.weight");
    if (embed->ne[1] == 0 || embed->ne[1] > INT32_MAX) return wrong_shape(b, embed, hp->n_embd, INT32_MAX, 1);
    hp->n_vocab = (uint32_t)embed->ne[1];
    bool bare = (hp->arch->flags & (SX_ARCH_NO_NORM_W | SX_ARCH_ENCODER)) != 0;
    if ((s = matrix(b, &w->embed, "token_embd", hp->n_embd, hp->n_vocab, true)) != LLM_OK ||
        (s = matrix(b, &w->head, "output", hp->n_embd, hp->n_vocab, false)) != LLM_OK ||
        (s = norm(b, &w->embed_norm, "token_embd_norm", hp->n_embd, 1, false)) != LLM_OK ||
        (s = norm(b, &w->out_norm, "output_norm", hp->n_embd, 1, !bare)) != LLM_OK ||
        (s = vector(b, &w->rope_factors, "rope_freqs.weight", hp->n_rot / 2, false)) != LLM_OK ||
        (s = vector(b, &w->rope_factors_long, "rope_factors_long.weight", hp->n_rot / 2, false)) != LLM_OK ||
        (s = vector(b, &w->rope_factors_short, "rope_factors_short.weight", hp->n_rot / 2, false)) != LLM_OK)
        return s;
    if (hp->arch->flags & SX_ARCH_NO_NORM_W) w->out_norm = (sx_norm){.width = hp->n_embd, .rows = 1, .present = true};
    if (!w->head.data) w->head = w->embed; /* tied */
    if ((s = bind_classifier(b, w, hp)) != LLM_OK) return s;
    const sx_tensor *position = find(b, "position_embd.weight");
    if (!position) return LLM_OK;
    if (position->ne[1] < hp->n_ctx) return wrong_shape(b, position, hp->n_embd, hp->n_ctx, 1);
    return matrix(b, &w->position, "position_embd", hp->n_embd, position->ne[1], true);
}

/* A tensor without a place would have changed the result: leaving it out is not an answer. Heads that classify stand beside
 * the language model and are left alone. */
static llm_status check_all_used(const binder *b, const sx_hparams *hp)
{
    for (uint32_t i = 0; i < sx_gguf_tensor_count(b->gguf); i++) {
        const sx_tensor *t = sx_gguf_tensor_at(b->gguf, i);
        if (b->used[i] || strncmp(t->name, "cls", 3) == 0) continue;
        return sx_fail(b->err, LLM_E_UNSUPPORTED,
                       "tensor %.100s has no place in a model of the architecture %s as this version knows it", t->name,
                       hp->arch->name);
    }
    return LLM_OK;
}

static uint32_t longest_floats(const sx_gguf *gguf)
{
    uint64_t longest = 0;
    for (uint32_t i = 0; i < sx_gguf_tensor_count(gguf); i++) {
        const sx_tensor *t = sx_gguf_tensor_at(gguf, i);
        if (t->ne[1] > 1 && !sx_quant_get(t->type) && t->ne[0] > longest) longest = t->ne[0];
    }
    return (uint32_t)longest;
}

llm_status sx_weights_bind(sx_weights *w, sx_hparams *hp, const sx_gguf *gguf, sx_arena *arena, llm_error *err)
{
    binder b = {gguf, arena, err, NULL, -1};
    memset(w, 0, sizeof *w);
    b.used = sx_arena_alloc(arena, sx_gguf_tensor_count(gguf) + 1);
    if (!b.used) return sx_fail_memory(err);
    llm_status s = bind_outside(&b, w, hp);
    if (s != LLM_OK) return s;
    w->layers = sx_arena_alloc(arena, hp->n_layer * sizeof *w->layers);
    if (!w->layers) return sx_fail_memory(err);
    for (uint32_t i = 0; i < hp->n_layer; i++) {
        b.layer = (int)i;
        if ((s = bind_layer(&b, &w->layers[i], hp)) != LLM_OK) return s;
        w->layers[i].windowed = sx_layer_windowed(hp, i);
        w->layers[i].ropes = sx_layer_ropes(hp, i);
    }
    w->longest_floats = longest_floats(gguf);
    return check_all_used(&b, hp);
}
