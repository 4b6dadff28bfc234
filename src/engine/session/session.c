/* A session: one timeline of tokens over a model, its KV cache, and the evaluation of prompts in batches. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "engine/session/session.h"

enum { DEFAULT_CTX = 8192, DEFAULT_BATCH = 512, MAX_BATCH = 16384, MAX_CTX = 1 << 28, ALIGN = 64 };

/* ---- memory ---- */

/* Lays buffers out one after the other: with base NULL it only counts. Sizes stay far below 2^64, since every width was
 * checked when the model was loaded and the batch is at most MAX_BATCH. */
typedef struct layout {
    char *base;
    size_t at;
} layout;

static void *place(layout *l, uint64_t count, size_t elem)
{
    char *p = l->base ? l->base + l->at : NULL;
    l->at += (size_t)((count * elem + ALIGN - 1) / ALIGN * ALIGN);
    return p;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static void place_q8(sx_q8 *q8, layout *l, uint64_t n, uint64_t k)
{
    q8->q = place(l, n * k, sizeof *q8->q);
    q8->d = place(l, n * (k / 32 + 1), sizeof *q8->d);
    q8->off32 = place(l, n * (k / 32 + 1), sizeof *q8->off32);
    q8->off16 = place(l, n * (k / 16 + 1), sizeof *q8->off16);
    q8->sum32 = place(l, n * (k / 32 + 1), sizeof *q8->sum32);
    q8->sum16 = place(l, n * (k / 16 + 1), sizeof *q8->sum16);
}

static void place_all(sx_session *s, layout *l)
{
    const sx_net *net = &s->model->net;
    const sx_hparams *hp = &net->hp;
    sx_buffers *b = &s->eval.b;
    uint64_t n = s->n_batch, d = hp->n_embd;
    uint32_t nq = hp->n_head * hp->dim_k, na = hp->n_head * hp->dim_v;
    uint32_t ff = larger(hp->n_ff, hp->n_expert ? larger(hp->n_ff_expert, hp->n_ff_shared) : 0);
    b->x = place(l, n * d, sizeof(float));
    b->h = place(l, n * d, sizeof(float));
    b->y = place(l, n * d, sizeof(float));
    b->z = place(l, n * d, sizeof(float));
    b->q = place(l, n * nq, sizeof(float));
    b->k = place(l, n * s->cache.k_width, sizeof(float));
    b->v = place(l, n * s->cache.v_width, sizeof(float));
    b->a = place(l, n * na, sizeof(float));
    b->gate = place(l, n * ff, sizeof(float));
    b->up = place(l, n * ff, sizeof(float));
    if (hp->n_expert) {
        b->router = place(l, n * hp->n_expert, sizeof(float));
        b->chosen = place(l, n * hp->n_expert_used, sizeof(uint32_t));
        b->weight = place(l, n * hp->n_expert_used, sizeof(float));
        b->gathered = place(l, n * d, sizeof(float));
        b->member = place(l, n, sizeof(uint32_t));
    }
    if (hp->kv_rank) {
        b->latent = place(l, n * (hp->kv_rank + hp->n_rot), sizeof(float));
        b->c = place(l, n * hp->kv_rank, sizeof(float));
        b->qa = place(l, n * hp->q_rank, sizeof(float));
        b->wide = place(l, n * hp->n_head * (hp->dim_nope + larger(hp->n_rot, hp->dim_out)), sizeof(float));
    }
    b->cosine = place(l, n * hp->n_rot, sizeof(float));
    b->sine = place(l, n * hp->n_rot, sizeof(float));
    place_q8(
        &s->eval.run.q8, l, n,
        larger(larger(hp->n_embd, ff), larger(larger(na, hp->n_head * hp->dim_out), larger(hp->q_rank, hp->kv_rank))));
    s->eval.run.scratch_stride = sx_forward_scratch(net, s->n_batch);
    s->eval.run.scratch = place(l, sx_pool_size(net->pool), s->eval.run.scratch_stride);
}

static llm_status allocate(sx_session *s, llm_error *err)
{
    const sx_hparams *hp = &s->model->net.hp;
    layout l = {NULL, 0};
    place_all(s, &l);
    uint64_t per_position = (uint64_t)hp->n_layer * s->cache.elem;
    uint64_t k_bytes = per_position * s->cache.k_width * s->cache.n_ctx,
             v_bytes = per_position * s->cache.v_width * s->cache.n_ctx;
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    uint64_t machine = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : UINT64_MAX / 2;
    if (k_bytes + v_bytes + l.at > machine)
        return sx_fail(err, LLM_E_LIMIT,
                       "a context of %u positions in batches of %u needs %" PRIu64
                       " MiB, more than this machine has; lower "
                       "n_ctx or n_batch",
                       s->cache.n_ctx, s->n_batch, (k_bytes + v_bytes + l.at) >> 20);
    s->cache.k = sx_mem_alloc_aligned(s->mem, (size_t)k_bytes, ALIGN);
    s->block = sx_mem_alloc_aligned(s->mem, l.at, ALIGN);
    if (v_bytes) s->cache.v = sx_mem_alloc_aligned(s->mem, (size_t)v_bytes, ALIGN);
    if (!s->cache.k || !s->block || (v_bytes && !s->cache.v)) return sx_fail_memory(err);
    l = (layout){s->block, 0};
    place_all(s, &l);
    return LLM_OK;
}

/* ---- life ---- */

static llm_status check(const sx_model *m, const sx_session_params *p, llm_error *err)
{
    if (!m->net.pool)
        return sx_fail(err, LLM_E_UNSUPPORTED,
                       "this file holds a vocabulary and no weights; it can tokenize, not evaluate");
    if (p->kv_type > LLM_KV_F32)
        return sx_fail(err, LLM_E_INVALID, "kv_type %u is not known; use LLM_KV_F16 or LLM_KV_F32", p->kv_type);
    if (p->n_batch > MAX_BATCH)
        return sx_fail(err, LLM_E_LIMIT, "n_batch is %u; the limit is %d tokens", p->n_batch, MAX_BATCH);
    if (p->n_ctx > MAX_CTX)
        return sx_fail(err, LLM_E_LIMIT, "n_ctx is %u; the limit is %d positions", p->n_ctx, MAX_CTX);
    const sx_weight *position = &m->net.weights.position;
    if (position->data && p->n_ctx > position->n_out)
        return sx_fail(err, LLM_E_LIMIT, "n_ctx is %u; this model has learned %u positions and no more", p->n_ctx,
                       position->n_out);
    return LLM_OK;
}

static llm_status build(sx_session *s, const sx_session_params *p, llm_error *err)
{
    sx_net *net = &s->model->net;
    const sx_hparams *hp = &net->hp;
    uint32_t n_ctx = p->n_ctx ? p->n_ctx : hp->n_ctx < DEFAULT_CTX ? hp->n_ctx : DEFAULT_CTX;
    s->n_batch = p->n_batch ? p->n_batch : DEFAULT_BATCH;
    if (s->n_batch > n_ctx) s->n_batch = n_ctx;
    bool wide = p->kv_type == LLM_KV_F32;
    s->cache = (sx_cache){.type = wide ? SX_TYPE_F32 : SX_TYPE_F16,
                          .n_ctx = n_ctx,
                          .elem = wide ? 4 : 2,
                          .k_width = hp->n_head_kv * hp->dim_k,
                          .v_width = hp->absorbed ? 0 : hp->n_head_kv * hp->dim_v};
    llm_status status;
    for (int table = 0; table < 2; table++)
        if ((status = sx_rope_init(&s->rope[table], hp, &net->weights, n_ctx, table == 1, &s->arena, err)) != LLM_OK)
            return status;
    if ((status = allocate(s, err)) != LLM_OK) return status;
    s->eval.net = net;
    s->eval.cache = &s->cache;
    s->eval.rope = s->rope;
    s->eval.run.kernels = &net->kernels;
    s->eval.run.pool = net->pool;
    s->eval.run.n_batch = s->n_batch;
    return LLM_OK;
}

llm_status sx_session_create(sx_session **out, sx_mem *mem, sx_model *model, const sx_session_params *params,
                             llm_error *err)
{
    static const sx_session_params defaults;
    *out = NULL;
    if (!params) params = &defaults;
    llm_status status = check(model, params, err);
    if (status != LLM_OK) return status;
    sx_session *s = sx_mem_zalloc(mem, sizeof *s);
    if (!s) return sx_fail_memory(err);
    s->mem = mem;
    s->model = model;
    sx_arena_init(&s->arena, mem);
    status = build(s, params, err);
    if (status == LLM_OK)
        *out = s;
    else
        sx_session_free(s);
    return status;
}

void sx_session_free(sx_session *s)
{
    if (!s) return;
    sx_mem_free(s->mem, s->cache.k);
    sx_mem_free(s->mem, s->cache.v);
    sx_mem_free(s->mem, s->block);
    sx_arena_free(&s->arena);
    sx_mem_free(s->mem, s);
}

uint32_t sx_session_n_ctx(const sx_session *s)
{
    return s->cache.n_ctx;
}

uint32_t sx_session_used(const sx_session *s)
{
    return s->used;
}

void sx_session_truncate(sx_session *s, uint32_t keep)
{
    if (keep < s->used) s->used = keep;
}

/* ---- evaluation ---- */

llm_status sx_session_fits(const sx_session *s, const int32_t *tokens, size_t n, llm_error *err)
{
    if (n == 0) return sx_fail(err, LLM_E_INVALID, "no tokens to evaluate; pass at least one");
    if (n > s->cache.n_ctx - s->used)
        return sx_fail(
            err, LLM_E_LIMIT,
            "%zu tokens do not fit: %u of the context's %u positions are filled; use a larger n_ctx or shorten "
            "the text",
            n, s->used, s->cache.n_ctx);
    for (size_t i = 0; i < n; i++)
        if (tokens[i] < 0 || (uint32_t)tokens[i] >= s->model->net.hp.n_vocab)
            return sx_fail(err, LLM_E_INVALID, "token %d at index %zu is outside the vocabulary of %u", tokens[i], i,
                           s->model->net.hp.n_vocab);
    return LLM_OK;
}

llm_status sx_session_eval(sx_session *s, const int32_t *tokens, size_t n, bool all_rows, float *logits,
                           const llm_cancel *cancel, llm_error *err)
{
    llm_status status = sx_session_fits(s, tokens, n, err);
    if (status != LLM_OK) return status;
    s->eval.run.cancel = cancel;
    for (size_t i = 0; i < n; i += s->n_batch) {
        uint32_t part = n - i < s->n_batch ? (uint32_t)(n - i) : s->n_batch;
        float *rows = !logits ? NULL : all_rows ? logits + i * s->model->net.hp.n_vocab : i + part == n ? logits : NULL;
        const sx_segment segment = {part, s->used + (uint32_t)i, part, s->adapters};
        const uint32_t last = part - 1;
        if (!sx_forward(&s->eval, tokens + i, &segment, 1) ||
            (rows && !sx_head(&s->eval, all_rows ? NULL : &last, all_rows ? part : 1, rows)))
            return sx_fail(err, LLM_E_CANCELLED, "the evaluation was cancelled by the caller");
    }
    s->used += (uint32_t)n;
    return LLM_OK;
}
