/* Adapters as handles, and contexts that carry them. */
#include <math.h>
#include <string.h>

#include "api/handles.h"

llm_status llm_adapter_load(llm_adapter **out, llm_model *model, const char *path, llm_error *err)
{
    if (!out) return sx_fail(err, LLM_E_INVALID, "out is NULL");
    *out = NULL;
    llm_status status = sx_handle_check(model ? &model->h : NULL, "model", err);
    if (status == LLM_OK && !path) status = sx_fail(err, LLM_E_INVALID, "path is NULL");
    if (status != LLM_OK) return status;
    const llm_allocator *hook = &model->h.mem.hook;
    llm_adapter *adapter = sx_handle_new(sizeof *adapter, hook->alloc ? hook : NULL, NULL);
    if (!adapter) return sx_fail_memory(err);
    sx_handle_ref(&model->h);
    adapter->model = model;
    status = sx_adapter_load(&adapter->adapter, &adapter->h.mem, model->model, path, err);
    if (status == LLM_OK)
        *out = adapter;
    else
        llm_adapter_free(adapter);
    return status;
}

void llm_adapter_free(llm_adapter *adapter)
{
    if (!adapter || !sx_handle_unref(&adapter->h)) return;
    sx_adapter_free(adapter->adapter);
    llm_model_free(adapter->model);
    sx_handle_delete(&adapter->h);
}

llm_status sx_ctx_dress(llm_ctx *ctx, sx_session *session)
{
    sx_mem *mem = &ctx->h.mem;
    const sx_adapter **adapters = sx_mem_array(mem, ctx->n_worn + 1, sizeof *adapters);
    float *scales = sx_mem_array(mem, ctx->n_worn + 1, sizeof *scales);
    llm_status status = LLM_OK;
    if (!adapters || !scales) status = sx_fail_memory(&ctx->err);
    for (size_t i = 0; status == LLM_OK && i < ctx->n_worn; i++) {
        adapters[i] = ctx->worn[i].adapter->adapter;
        scales[i] = ctx->worn[i].scale;
    }
    if (status == LLM_OK) status = sx_session_adapt(session, adapters, scales, ctx->n_worn, &ctx->err);
    sx_mem_free(mem, adapters);
    sx_mem_free(mem, scales);
    return status;
}

void sx_ctx_undress(llm_ctx *ctx)
{
    for (size_t i = 0; i < ctx->n_worn; i++) llm_adapter_free(ctx->worn[i].adapter);
    sx_mem_free(&ctx->h.mem, ctx->worn);
    ctx->worn = NULL;
    ctx->n_worn = 0;
}

static llm_status check(const llm_ctx *ctx, const llm_adapter *adapter, float scale, llm_error *err)
{
    llm_status status = sx_handle_check(adapter ? &adapter->h : NULL, "adapter", err);
    if (status != LLM_OK) return status;
    if (ctx->active) return sx_fail(err, LLM_E_BUSY, "a reply is being made in this context; finish or free it first");
    if (adapter->model != ctx->model)
        return sx_fail(err, LLM_E_INVALID, "the adapter was loaded for another model than the context's");
    return isfinite(scale) ? LLM_OK : sx_fail(err, LLM_E_INVALID, "the scale is not finite");
}

static llm_status set(llm_ctx *ctx, llm_adapter *adapter, float scale)
{
    llm_status status = check(ctx, adapter, scale, &ctx->err);
    if (status != LLM_OK) return status;
    size_t i = 0;
    while (i < ctx->n_worn && ctx->worn[i].adapter != adapter) i++;
    bool there = i < ctx->n_worn;
    float before = there ? ctx->worn[i].scale : 0.0f;
    if (before == scale) return LLM_OK;
    if (!there) {
        if (sx_mem_grow(&ctx->h.mem, (void **)&ctx->worn, &ctx->cap_worn, i + 1, sizeof *ctx->worn))
            return sx_fail_memory(&ctx->err);
        sx_handle_ref(&adapter->h);
        ctx->worn[ctx->n_worn++] = (sx_worn){adapter, 0.0f};
    }
    ctx->worn[i].scale = scale;
    if (ctx->session) status = sx_ctx_dress(ctx, ctx->session);
    if (status != LLM_OK) ctx->worn[i].scale = scale = before;
    if (scale == 0.0f) { /* the session carries it no more */
        memmove(ctx->worn + i, ctx->worn + i + 1, (--ctx->n_worn - i) * sizeof *ctx->worn);
        llm_adapter_free(adapter);
    }
    return status;
}

llm_status llm_ctx_set_adapter(llm_ctx *ctx, llm_adapter *adapter, float scale)
{
    llm_status status = sx_ctx_enter(ctx);
    if (status != LLM_OK) return status;
    return sx_ctx_leave(ctx, set(ctx, adapter, scale));
}
