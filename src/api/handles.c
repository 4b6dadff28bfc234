/* Reference counts, the process check, and contexts that admit one call at a time. */
#include "api/handles.h"

#include <string.h>
#include <unistd.h>

void *sx_handle_new(size_t size, const llm_allocator *allocator, const llm_logger *logger)
{
    sx_mem first;
    sx_mem_init(&first, allocator);
    sx_handle *h = sx_mem_zalloc(&first, size);
    if (!h) return NULL;
    sx_mem_init(&h->mem, allocator);
    atomic_store(&h->mem.live_bytes, atomic_load(&first.live_bytes));
    sx_log_init(&h->log, logger);
    atomic_init(&h->refs, 1);
    h->pid = getpid();
    return h;
}

static bool foreign(const sx_handle *h)
{
    return h->pid != getpid();
}

void sx_handle_ref(sx_handle *h)
{
    if (h && !foreign(h)) atomic_fetch_add_explicit(&h->refs, 1, memory_order_relaxed);
}

bool sx_handle_unref(sx_handle *h)
{
    if (!h || foreign(h)) return false;
    return atomic_fetch_sub_explicit(&h->refs, 1, memory_order_acq_rel) == 1;
}

void sx_handle_delete(sx_handle *h)
{
    sx_mem_free(&h->mem, h);
}

llm_status sx_handle_check(const sx_handle *h, const char *what, llm_error *err)
{
    if (!h) return sx_fail(err, LLM_E_INVALID, "the %s is NULL", what);
    if (foreign(h))
        return sx_fail(err, LLM_E_FORK, "this %s was made before fork(); make a new one in the child process", what);
    return LLM_OK;
}

/* ---- contexts ---- */

llm_status sx_ctx_enter(llm_ctx *ctx)
{
    if (!ctx) return LLM_E_INVALID;
    if (foreign(&ctx->h)) return sx_handle_check(&ctx->h, "context", &ctx->err);
    sx_ctx_ref(ctx); /* the call's own hold */
    if (atomic_exchange_explicit(&ctx->busy, true, memory_order_acquire)) {
        sx_ctx_unref(ctx);
        return LLM_E_BUSY; /* the sentence belongs to the other call */
    }
    memset(&ctx->err, 0, sizeof ctx->err);
    llm_status status = LLM_OK;
    if (atomic_load(&ctx->closed)) status = sx_fail(&ctx->err, LLM_E_INVALID, "the context was freed");
    if (ctx->poisoned)
        status = sx_fail(&ctx->err, LLM_E_INTERNAL, "an earlier call broke an invariant of this context; free it");
    return status == LLM_OK ? LLM_OK : sx_ctx_leave(ctx, status);
}

static void drop_session(llm_ctx *ctx)
{
    sx_session_free(ctx->session);
    ctx->session = NULL;
}

llm_status sx_ctx_leave(llm_ctx *ctx, llm_status status)
{
    if (status == LLM_E_INTERNAL) ctx->poisoned = true;
    if (status < 0 && !ctx->err.message[0]) sx_fail(&ctx->err, status, "%s", llm_status_name(status));
    if (atomic_load(&ctx->closed)) drop_session(ctx);
    atomic_store_explicit(&ctx->busy, false, memory_order_release);
    sx_ctx_unref(ctx);
    return status;
}

void sx_ctx_ref(llm_ctx *ctx)
{
    sx_handle_ref(&ctx->h);
}

void sx_ctx_unref(llm_ctx *ctx)
{
    if (!ctx || !sx_handle_unref(&ctx->h)) return;
    drop_session(ctx);
    sx_ctx_undress(ctx);
    llm_guard_free(ctx->guard);
    sx_mem_free(&ctx->h.mem, ctx->tag);
    llm_corpus_free(ctx->corpus);
    llm_model_free(ctx->model);
    sx_handle_delete(&ctx->h);
}

void llm_ctx_free(llm_ctx *ctx)
{
    if (!ctx || foreign(&ctx->h)) return;
    atomic_store(&ctx->closed, true);
    if (!atomic_exchange_explicit(&ctx->busy, true, memory_order_acquire)) {
        drop_session(ctx); /* children may live on; the KV cache need not */
        atomic_store_explicit(&ctx->busy, false, memory_order_release);
    }
    sx_ctx_unref(ctx);
}

const char *llm_ctx_errmsg(llm_ctx *ctx)
{
    return ctx ? ctx->err.message : "the context is NULL";
}

llm_status sx_ctx_session(llm_ctx *ctx, sx_session **session)
{
    if (!ctx->model)
        return sx_fail(&ctx->err, LLM_E_UNSUPPORTED, "the context has no model: pass one to llm_ctx_create");
    if (!ctx->session) {
        llm_status status = sx_session_create(&ctx->session, &ctx->h.mem, ctx->model->model, &ctx->session_params,
                                              &ctx->err);
        if (status == LLM_OK && ctx->n_worn) status = sx_ctx_dress(ctx, ctx->session);
        if (status != LLM_OK) {
            drop_session(ctx);
            return status;
        }
    }
    *session = ctx->session;
    return LLM_OK;
}

void sx_shared_guard_init(sx_shared_guard *shared)
{
    pthread_mutex_init(&shared->lock, NULL);
}

void sx_shared_guard_clear(sx_shared_guard *shared)
{
    llm_guard_free(shared->guard);
    pthread_mutex_destroy(&shared->lock);
}

/* A frozen policy with all defaults; its memory comes from where `home` takes its own. */
static llm_status make_default(llm_guard **out, const sx_handle *home, llm_error *err)
{
    llm_guard_opts opts = {.struct_size = (uint32_t)sizeof opts};
    if (home->mem.hook.alloc) opts.allocator = &home->mem.hook;
    llm_guard *guard = NULL;
    llm_status status = llm_guard_create(&guard, &opts, err);
    if (status == LLM_OK) status = sx_guard_freeze(guard->guard, err);
    if (status != LLM_OK) {
        llm_guard_free(guard);
        return status;
    }
    guard->in_use = true;
    *out = guard;
    return LLM_OK;
}

/* Compiling the rules takes tens of milliseconds, so contexts on one corpus or model share the result. */
static llm_status share_default(llm_ctx *ctx, sx_shared_guard *shared, const sx_handle *home)
{
    llm_status status = LLM_OK;
    pthread_mutex_lock(&shared->lock);
    if (!shared->guard) status = make_default(&shared->guard, home, &ctx->err);
    if (status == LLM_OK) {
        sx_handle_ref(&shared->guard->h);
        ctx->guard = shared->guard;
    }
    pthread_mutex_unlock(&shared->lock);
    return status;
}

llm_status sx_ctx_guard(llm_ctx *ctx, const sx_guard **guard)
{
    llm_status status = LLM_OK;
    if (!ctx->guard) {
        if (ctx->corpus)
            status = share_default(ctx, &ctx->corpus->defaults, &ctx->corpus->h);
        else if (ctx->model)
            status = share_default(ctx, &ctx->model->defaults, &ctx->model->h);
        else
            status = make_default(&ctx->guard, &ctx->h, &ctx->err);
    }
    if (status != LLM_OK) return status;
    pthread_mutex_lock(&ctx->guard->lock);
    *guard = ctx->guard->guard;
    sx_guard_ref(*guard);
    pthread_mutex_unlock(&ctx->guard->lock);
    return LLM_OK;
}

static llm_status check_parts(llm_model *model, llm_corpus *corpus, llm_guard *guard, llm_error *err)
{
    llm_status status = LLM_OK;
    if (model) status = sx_handle_check(&model->h, "model", err);
    if (status == LLM_OK && corpus) status = sx_handle_check(&corpus->h, "corpus", err);
    if (status == LLM_OK && guard) status = sx_handle_check(&guard->h, "guard", err);
    return status;
}

static llm_status adopt_guard(llm_ctx *ctx, llm_guard *guard, llm_error *err)
{
    pthread_mutex_lock(&guard->lock);
    llm_status status = sx_guard_freeze(guard->guard, err);
    if (status == LLM_OK) guard->in_use = true;
    pthread_mutex_unlock(&guard->lock);
    if (status != LLM_OK) return status;
    sx_handle_ref(&guard->h);
    ctx->guard = guard;
    return LLM_OK;
}

llm_status llm_ctx_create(llm_ctx **out, llm_model *model, llm_corpus *corpus, llm_guard *guard,
                          const llm_ctx_opts *opts, llm_error *err)
{
    if (!out) return sx_fail(err, LLM_E_INVALID, "out is NULL");
    *out = NULL;
    llm_ctx_opts o;
    llm_status status = sx_opts_read(&o, sizeof o, sizeof o, opts, "llm_ctx_opts", err);
    if (status == LLM_OK) status = sx_hooks_check(o.allocator, o.logger, err);
    if (status == LLM_OK) status = check_parts(model, corpus, guard, err);
    if (status == LLM_OK && o.kv_type > LLM_KV_Q4_0)
        status = sx_fail(err, LLM_E_INVALID, "kv_type %u is not one of LLM_KV_*", o.kv_type);
    if (status != LLM_OK) return status;
    llm_ctx *ctx = sx_handle_new(sizeof *ctx, o.allocator, o.logger);
    if (!ctx) return sx_fail_memory(err);
    ctx->flags = o.flags;
    ctx->session_params = (sx_session_params){o.n_ctx, o.n_batch, o.kv_type};
    if (guard) status = adopt_guard(ctx, guard, err);
    if (status != LLM_OK) {
        sx_ctx_unref(ctx);
        return status;
    }
    if (model) sx_handle_ref(&model->h);
    if (corpus) sx_handle_ref(&corpus->h);
    ctx->model = model;
    ctx->corpus = corpus;
    *out = ctx;
    return LLM_OK;
}

llm_status llm_logits(llm_ctx *ctx, const int32_t *tokens, size_t n, float *out, size_t out_len,
                      const llm_cancel *cancel)
{
    llm_status status = sx_ctx_enter(ctx);
    if (status != LLM_OK) return status;
    sx_session *session = NULL;
    if (ctx->active)
        status = sx_fail(&ctx->err, LLM_E_BUSY, "a reply is being made in this context; finish or free it first");
    else if (!tokens || !out || n == 0)
        status = sx_fail(&ctx->err, LLM_E_INVALID, "tokens and out may not be NULL and n may not be 0");
    else
        status = sx_ctx_session(ctx, &session);
    if (status == LLM_OK && out_len / sx_model_n_vocab(ctx->model->model) < n)
        status = sx_fail(&ctx->err, LLM_E_INVALID, "out holds %zu floats; %zu tokens need %zu", out_len, n,
                         n * sx_model_n_vocab(ctx->model->model));
    if (status == LLM_OK) {
        sx_session_truncate(session, 0);
        status = sx_session_eval(session, tokens, n, true, out, cancel, &ctx->err);
        sx_session_truncate(session, 0);
    }
    return sx_ctx_leave(ctx, status);
}
