/* A context's state: saved, restored, forked, shortened. */
#include "api/handles.h"

/* Opens a call that needs the session, and no reply in the making. */
static llm_status enter(llm_ctx *ctx, sx_session **session)
{
    llm_status status = sx_ctx_enter(ctx);
    if (status != LLM_OK) return status;
    if (ctx->active)
        status = sx_fail(&ctx->err, LLM_E_BUSY, "a reply is being made in this context; finish or free it first");
    else
        status = sx_ctx_session(ctx, session);
    return status == LLM_OK ? LLM_OK : sx_ctx_leave(ctx, status);
}

llm_status llm_ctx_save(llm_ctx *ctx, const char *path)
{
    sx_session *session;
    llm_status status = enter(ctx, &session);
    if (status != LLM_OK) return status;
    status = path ? sx_session_save(session, path, &ctx->err) : sx_fail(&ctx->err, LLM_E_INVALID, "path is NULL");
    return sx_ctx_leave(ctx, status);
}

llm_status llm_ctx_restore(llm_ctx *ctx, const char *path)
{
    sx_session *session;
    llm_status status = enter(ctx, &session);
    if (status != LLM_OK) return status;
    status = path ? sx_session_restore(session, path, &ctx->err) : sx_fail(&ctx->err, LLM_E_INVALID, "path is NULL");
    return sx_ctx_leave(ctx, status);
}

int64_t llm_ctx_export(llm_ctx *ctx, void *bytes, size_t capacity)
{
    sx_session *session;
    llm_status status = enter(ctx, &session);
    if (status != LLM_OK) return status;
    int64_t size = bytes || !capacity ? sx_session_export(session, bytes, capacity, &ctx->err)
                                      : sx_fail(&ctx->err, LLM_E_INVALID, "bytes is NULL");
    status = sx_ctx_leave(ctx, size < 0 ? (llm_status)size : LLM_OK);
    return status == LLM_OK ? size : status;
}

llm_status llm_ctx_import(llm_ctx *ctx, const void *bytes, size_t len)
{
    sx_session *session;
    llm_status status = enter(ctx, &session);
    if (status != LLM_OK) return status;
    status = bytes ? sx_session_import(session, bytes, len, &ctx->err)
                   : sx_fail(&ctx->err, LLM_E_INVALID, "bytes is NULL");
    return sx_ctx_leave(ctx, status);
}

llm_status llm_ctx_drop(llm_ctx *ctx, uint32_t begin, uint32_t end)
{
    sx_session *session;
    llm_status status = enter(ctx, &session);
    if (status != LLM_OK) return status;
    return sx_ctx_leave(ctx, sx_session_drop(session, begin, end, &ctx->err));
}

static int64_t positions(llm_ctx *ctx, uint32_t (*count)(const sx_session *session))
{
    llm_status status = sx_ctx_enter(ctx);
    if (status != LLM_OK) return status;
    sx_session *session = NULL;
    status = sx_ctx_session(ctx, &session);
    int64_t n = status == LLM_OK ? (int64_t)count(session) : 0;
    status = sx_ctx_leave(ctx, status);
    return status == LLM_OK ? n : status;
}

int64_t llm_ctx_used(llm_ctx *ctx)
{
    return positions(ctx, sx_session_used);
}

int64_t llm_ctx_size(llm_ctx *ctx)
{
    return positions(ctx, sx_session_n_ctx);
}

/* Everything the child shares with its parent is counted by reference; it outlives neither on the other's account. */
static llm_status fork_parts(llm_ctx *child, const llm_ctx *from, llm_error *err)
{
    child->flags = from->flags;
    child->session_params = from->session_params;
    if (from->guard) sx_handle_ref(&from->guard->h);
    if (from->model) sx_handle_ref(&from->model->h);
    if (from->corpus) sx_handle_ref(&from->corpus->h);
    child->guard = from->guard;
    child->model = from->model;
    child->corpus = from->corpus;
    child->worn = sx_mem_array(&child->h.mem, from->n_worn + 1, sizeof *child->worn);
    if (!child->worn) return sx_fail_memory(err);
    child->cap_worn = from->n_worn + 1;
    for (size_t i = 0; i < from->n_worn; i++) {
        child->worn[child->n_worn++] = from->worn[i];
        sx_handle_ref(&from->worn[i].adapter->h);
    }
    return from->session ? sx_session_fork(&child->session, &child->h.mem, from->session, err) : LLM_OK;
}

llm_status llm_ctx_fork(llm_ctx *ctx, llm_ctx **out)
{
    if (out) *out = NULL;
    llm_status status = sx_ctx_enter(ctx);
    if (status != LLM_OK) return status;
    if (!out || ctx->active) {
        status = !out
                     ? sx_fail(&ctx->err, LLM_E_INVALID, "out is NULL")
                     : sx_fail(&ctx->err, LLM_E_BUSY, "a reply is being made in this context; finish or free it first");
        return sx_ctx_leave(ctx, status);
    }
    llm_ctx *child = sx_handle_new(sizeof *child, ctx->h.mem.hook.alloc ? &ctx->h.mem.hook : NULL, &ctx->h.log.hook);
    if (!child) return sx_ctx_leave(ctx, sx_fail_memory(&ctx->err));
    status = fork_parts(child, ctx, &ctx->err);
    if (status == LLM_OK)
        *out = child;
    else
        sx_ctx_unref(child);
    return sx_ctx_leave(ctx, status);
}
