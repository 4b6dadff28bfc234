/* A session: one timeline of tokens over a model and its KV cache. */
#include "engine/session/session.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "engine/session/work.h"

enum {
    DEFAULT_CTX = 8192,
    DEFAULT_BATCH = 512,
    MAX_BATCH = 16384,
    MAX_CTX = 1 << 28,
    WINDOW_SLACK =
        1024 /* positions that windowed layers keep beyond their window, so that an answer can be taken back */
};

/* ---- life ---- */

static uint32_t cache_type(uint32_t kv_type)
{
    switch (kv_type) {
    case LLM_KV_F32: return SX_TYPE_F32;
    case LLM_KV_BF16: return SX_TYPE_BF16;
    case LLM_KV_Q8_0: return SX_TYPE_Q8_0;
    case LLM_KV_Q4_0: return SX_TYPE_Q4_0;
    default: return SX_TYPE_F16;
    }
}

static llm_status check(const sx_model *m, const sx_session_params *p, llm_error *err)
{
    if (!m->net.pool)
        return sx_fail(err, LLM_E_UNSUPPORTED,
                       "this file holds a vocabulary and no weights; it can tokenize, not evaluate");
    if (p->kv_type > LLM_KV_Q4_0)
        return sx_fail(err, LLM_E_INVALID, "kv_type %u is not known; use one of LLM_KV_*", p->kv_type);
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

/* Pages are taken as positions fill; that all of them would fit is checked before. */
static llm_status check_size(const sx_session *s, llm_error *err)
{
    uint64_t bytes = sx_cache_bytes(&s->cache, s->cache.n_ctx) + sx_work_bytes(&s->model->net, s->n_batch);
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    uint64_t machine = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : UINT64_MAX / 2;
    if (bytes <= machine) return LLM_OK;
    return sx_fail(err, LLM_E_LIMIT,
                   "a context of %u positions in batches of %u needs %" PRIu64
                   " MiB, more than this machine has; lower n_ctx or n_batch, or choose a smaller kv_type",
                   s->cache.n_ctx, s->n_batch, bytes >> 20);
}

static llm_status build(sx_session *s, const sx_session_params *p, llm_error *err)
{
    sx_net *net = &s->model->net;
    const sx_hparams *hp = &net->hp;
    uint32_t n_ctx = p->n_ctx ? p->n_ctx : hp->n_ctx < DEFAULT_CTX ? hp->n_ctx : DEFAULT_CTX;
    s->kv_type = p->kv_type ? p->kv_type : LLM_KV_F16;
    s->n_batch = p->n_batch ? p->n_batch : DEFAULT_BATCH;
    if (s->n_batch > n_ctx) s->n_batch = n_ctx;
    llm_status status = sx_cache_init(&s->cache, s->mem, &s->arena, hp, cache_type(p->kv_type), n_ctx, err);
    for (int table = 0; table < 2 && status == LLM_OK; table++)
        status = sx_rope_init(&s->rope[table], hp, &net->weights, n_ctx, table == 1, &s->arena, err);
    return status == LLM_OK ? check_size(s, err) : status;
}

llm_status sx_session_create(sx_session **out, sx_mem *mem, sx_model *model, const sx_session_params *params,
                             llm_error *err)
{
    *out = NULL;
    if (model->net.hp.both_ways)
        return sx_fail(err, LLM_E_UNSUPPORTED,
                       "this model turns texts into vectors and writes none; use llm_embed or llm_rerank");
    return sx_session_create_reader(out, mem, model, params, err);
}

llm_status sx_session_create_reader(sx_session **out, sx_mem *mem, sx_model *model, const sx_session_params *params,
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
    sx_request_init(&s->request);
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
    sx_request_end(s->model->scheduler, &s->request);
    sx_cache_free(&s->cache);
    sx_session_drop_adapters(s);
    sx_mem_free(s->mem, s->tokens);
    sx_arena_free(&s->arena);
    sx_mem_free(s->mem, s);
}

llm_status sx_session_fork(sx_session **out, sx_mem *mem, const sx_session *from, llm_error *err)
{
    const sx_session_params params = {from->cache.n_ctx, from->n_batch, from->kv_type};
    sx_session *s;
    llm_status status = sx_session_create(&s, mem, from->model, &params, err);
    *out = NULL;
    if (status != LLM_OK) return status;
    const sx_cache_layer *layers = s->cache.layers;
    sx_cache_free(&s->cache);
    sx_cache_like(&s->cache, &from->cache);
    s->cache.layers = layers; /* in its own arena */
    status = sx_session_room(s, from->used, err);
    if (status == LLM_OK) status = sx_session_adapt_like(s, from, err);
    if (status == LLM_OK) status = sx_cache_share(&s->cache, &from->cache, err);
    if (status != LLM_OK) {
        sx_session_free(s);
        return status;
    }
    sx_session_advance(s, from->tokens, from->used);
    *out = s;
    return LLM_OK;
}

uint32_t sx_session_n_ctx(const sx_session *s)
{
    return s->cache.n_ctx;
}

uint32_t sx_session_used(const sx_session *s)
{
    return s->used;
}

/* ---- the timeline ---- */

uint32_t sx_session_sees_from(const sx_session *s, uint32_t position)
{
    uint32_t window = s->model->net.hp.window;
    return window > 0 && position + 1 > window ? position + 1 - window : 0;
}

uint32_t sx_session_windowed_from(const sx_session *s)
{
    uint32_t page = s->used / SX_PAGE + (s->used % SX_PAGE > 0), end = page;
    while (page > 0 && sx_cache_holds(&s->cache, SX_TABLE_WINDOWED, (page - 1) * SX_PAGE, page * SX_PAGE)) page--;
    return page < end ? page * SX_PAGE : 0;
}

uint32_t sx_session_truncate(sx_session *s, uint32_t keep)
{
    if (keep >= s->used) return s->used;
    if (!sx_cache_holds(&s->cache, SX_TABLE_WINDOWED, sx_session_sees_from(s, keep), keep)) keep = 0;
    sx_cache_truncate(&s->cache, keep);
    s->used = keep;
    return keep;
}

uint32_t sx_session_reuse(sx_session *s, const int32_t *tokens, size_t n)
{
    uint32_t same = 0;
    while (same < s->used && (size_t)same + 1 < n && s->tokens[same] == tokens[same]) same++;
    return sx_session_truncate(s, same);
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

/* Windowed layers give up the pages in positions `from` to where one at `next` begins to see, less some slack. */
static void leave_behind(sx_session *s, uint32_t from, uint32_t next)
{
    uint32_t seen = sx_session_sees_from(s, next);
    if (seen > WINDOW_SLACK) sx_cache_release(&s->cache, SX_TABLE_WINDOWED, from, seen - WINDOW_SLACK);
}

sx_segment sx_session_segment(sx_session *s, const int32_t *tokens, uint32_t n, uint32_t first)
{
    return (sx_segment){.cache = &s->cache,
                        .rope = s->rope,
                        .adapters = s->adapters,
                        .tokens = tokens,
                        .n = n,
                        .first = first,
                        .second = n};
}

llm_status sx_session_alone(sx_session *s, bool (*fn)(void *arg, sx_eval *e), void *arg, const llm_cancel *cancel,
                            llm_error *err)
{
    sx_request *r = &s->request;
    r->alone = fn;
    r->arg = arg;
    r->n_batch = s->n_batch;
    r->cancel = cancel;
    r->segment = (sx_segment){0};
    return sx_scheduler_run(s->model->scheduler, r, err);
}

llm_status sx_session_room(sx_session *s, size_t n, llm_error *err)
{
    if (sx_mem_grow(s->mem, (void **)&s->tokens, &s->tokens_cap, s->used + n, sizeof *s->tokens))
        return sx_fail_memory(err);
    return LLM_OK;
}

void sx_session_advance(sx_session *s, const int32_t *tokens, uint32_t n)
{
    memcpy(s->tokens + s->used, tokens, n * sizeof *tokens);
    s->used += n;
}

static llm_status eval_part(sx_session *s, const int32_t *tokens, uint32_t n, uint32_t first, bool made, bool all_rows,
                            float *logits, const llm_cancel *cancel, llm_error *err)
{
    llm_status status = sx_cache_reserve(&s->cache, first, n, err);
    if (status != LLM_OK) return status;
    sx_request *r = &s->request;
    r->alone = NULL;
    r->segment = sx_session_segment(s, tokens, n, first);
    r->segment.made = made;
    r->all_rows = all_rows;
    r->logits = logits;
    r->n_batch = s->n_batch;
    r->cancel = cancel;
    return sx_scheduler_run(s->model->scheduler, r, err);
}

static llm_status eval(sx_session *s, const int32_t *tokens, size_t n, bool made, bool all_rows, float *logits,
                       const llm_cancel *cancel, llm_error *err)
{
    const size_t n_vocab = s->model->net.hp.n_vocab;
    llm_status status = sx_session_fits(s, tokens, n, err);
    if (status == LLM_OK) status = sx_session_room(s, n, err);
    if (status != LLM_OK) return status;
    for (size_t i = 0; i < n; i += s->n_batch) {
        uint32_t part = n - i < s->n_batch ? (uint32_t)(n - i) : s->n_batch, first = s->used + (uint32_t)i;
        float *rows = logits && all_rows ? logits + i * n_vocab : i + part == n ? logits : NULL;
        status = eval_part(s, tokens + i, part, first, made, all_rows, rows, cancel, err);
        if (status != LLM_OK) { /* the pages before are all still there */
            sx_cache_truncate(&s->cache, s->used);
            return status;
        }
        leave_behind(s, s->used, first + part);
    }
    sx_session_advance(s, tokens, (uint32_t)n);
    leave_behind(s, 0, s->used);
    return LLM_OK;
}

llm_status sx_session_eval(sx_session *s, const int32_t *tokens, size_t n, bool all_rows, float *logits,
                           const llm_cancel *cancel, llm_error *err)
{
    return eval(s, tokens, n, false, all_rows, logits, cancel, err);
}

llm_status sx_session_step(sx_session *s, const int32_t *tokens, size_t n, bool all_rows, float *logits,
                           const llm_cancel *cancel, llm_error *err)
{
    return eval(s, tokens, n, true, all_rows, logits, cancel, err);
}
