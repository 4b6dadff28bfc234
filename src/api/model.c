/* The model handle over the engine. */
#include <string.h>

#include "api/handles.h"

static llm_status load(llm_model **out, const sx_origin *from, const llm_model_opts *opts, llm_error *err)
{
    llm_model_opts o;
    llm_status status = sx_opts_read(&o, sizeof o, sizeof o, opts, "llm_model_opts", err);
    if (status == LLM_OK) status = sx_hooks_check(o.allocator, o.logger, err);
    if (status == LLM_OK && o.isa > LLM_ISA_AMX)
        status = sx_fail(err, LLM_E_INVALID, "isa %u is not one of LLM_ISA_*", o.isa);
    if (status != LLM_OK) return status;
    llm_model *model = sx_handle_new(sizeof *model, o.allocator, o.logger);
    if (!model) return sx_fail_memory(err);
    sx_shared_guard_init(&model->defaults);
    const sx_model_params params = {o.threads, o.isa, o.cancel, &model->h.log};
    status = sx_model_load_from(&model->model, &model->h.mem, from, &params, err);
    if (status != LLM_OK) {
        llm_model_free(model);
        return status;
    }
    *out = model;
    return LLM_OK;
}

llm_status llm_model_load(llm_model **out, const char *path, const llm_model_opts *opts, llm_error *err)
{
    if (!out) return sx_fail(err, LLM_E_INVALID, "out is NULL");
    *out = NULL;
    if (!path) return sx_fail(err, LLM_E_INVALID, "path is NULL");
    return load(out, &(sx_origin){.path = path}, opts, err);
}

llm_status llm_model_load_memory(llm_model **out, const void *data, size_t len, const llm_model_opts *opts,
                                 llm_error *err)
{
    if (!out) return sx_fail(err, LLM_E_INVALID, "out is NULL");
    *out = NULL;
    if (!data) return sx_fail(err, LLM_E_INVALID, "data is NULL");
    return load(out, &(sx_origin){.data = data, .size = len}, opts, err);
}

llm_status llm_model_load_fd(llm_model **out, int32_t fd, uint64_t offset, uint64_t len, const llm_model_opts *opts,
                             llm_error *err)
{
    if (!out) return sx_fail(err, LLM_E_INVALID, "out is NULL");
    *out = NULL;
    if (fd < 0) return sx_fail(err, LLM_E_INVALID, "fd %d is not a file descriptor", fd);
    if (len > SIZE_MAX) return sx_fail(err, LLM_E_LIMIT, "len is larger than this machine can map");
    return load(out, &(sx_origin){.fd = fd, .offset = offset, .size = (size_t)len}, opts, err);
}

void llm_model_free(llm_model *model)
{
    if (!model || !sx_handle_unref(&model->h)) return;
    sx_model_free(model->model);
    sx_shared_guard_clear(&model->defaults);
    sx_handle_delete(&model->h);
}

const char *llm_model_info(llm_model *model, const char *key)
{
    return model && key ? sx_model_info(model->model, key) : NULL;
}

uint32_t llm_model_n_vocab(const llm_model *model)
{
    return model ? sx_model_n_vocab(model->model) : 0;
}

uint32_t llm_model_n_ctx(const llm_model *model)
{
    return model ? sx_model_n_ctx(model->model) : 0;
}

uint32_t llm_model_n_embd(const llm_model *model)
{
    return model ? sx_model_n_embd(model->model) : 0;
}

int32_t llm_model_token(const llm_model *model, const char *name)
{
    return model && name ? sx_model_token(model->model, name) : -1;
}

/* The shared handle is const to its users; its allocator still counts bytes, atomically. */
static sx_mem *mem_of(const llm_model *model)
{
    return (sx_mem *)(uintptr_t)&model->h.mem;
}

int64_t llm_tokenize(const llm_model *model, const char *text, size_t len, uint32_t flags, int32_t *tokens,
                     size_t capacity, llm_error *err)
{
    llm_status status = sx_handle_check(model ? &model->h : NULL, "model", err);
    if (status != LLM_OK) return status;
    if ((!text && len) || (!tokens && capacity)) return sx_fail(err, LLM_E_INVALID, "text or tokens is NULL");
    return sx_tokenize(model->model, mem_of(model), text ? text : "", len, flags, tokens, capacity, err);
}

int64_t llm_detokenize(const llm_model *model, const int32_t *tokens, size_t n, uint32_t flags, char *text,
                       size_t capacity, llm_error *err)
{
    llm_status status = sx_handle_check(model ? &model->h : NULL, "model", err);
    if (status != LLM_OK) return status;
    if ((!tokens && n) || (!text && capacity)) return sx_fail(err, LLM_E_INVALID, "tokens or text is NULL");
    return sx_detokenize(model->model, mem_of(model), tokens, n, flags, text, capacity, err);
}

/* As much of the text as fits; its whole length, or the failure. */
static int64_t hand_out(sx_buf *made, llm_status status, char *text, size_t capacity)
{
    size_t len = made->len;
    if (status == LLM_OK && len && capacity) memcpy(text, made->data, len < capacity ? len : capacity);
    sx_buf_free(made);
    return status == LLM_OK ? (int64_t)len : status;
}

int64_t llm_chat_template(const llm_model *model, const char *source, size_t source_len, const char *vars,
                          size_t vars_len, char *text, size_t capacity, llm_error *err)
{
    llm_status status = model ? sx_handle_check(&model->h, "model", err) : LLM_OK;
    if (status != LLM_OK) return status;
    if (!vars || (!text && capacity) || (!model && !source))
        return sx_fail(err, LLM_E_INVALID, "vars or text is NULL, or there is neither a model nor a source");
    sx_mem plain;
    sx_mem_init(&plain, NULL);
    sx_mem *mem = model ? mem_of(model) : &plain;
    sx_buf out;
    sx_buf_init(&out, mem, 0);
    status = sx_model_template(model ? model->model : NULL, mem, source, source_len, vars, vars_len, &out, err);
    return hand_out(&out, status, text, capacity);
}

int64_t llm_chat_parse(const llm_model *model, const char *source, size_t source_len, const char *prompt,
                       size_t prompt_len, const char *answer, size_t len, uint32_t flags, char *out, size_t capacity,
                       llm_error *err)
{
    llm_status status = model ? sx_handle_check(&model->h, "model", err) : LLM_OK;
    if (status != LLM_OK) return status;
    if ((!answer && len) || (!prompt && prompt_len) || (!out && capacity))
        return sx_fail(err, LLM_E_INVALID, "prompt, answer or out is NULL");
    if (flags & ~LLM_CHAT_PARTIAL) return sx_fail(err, LLM_E_INVALID, "unknown flags 0x%x", flags);
    sx_mem plain;
    sx_mem_init(&plain, NULL);
    sx_mem *mem = model ? mem_of(model) : &plain;
    sx_buf json;
    sx_buf_init(&json, mem, 0);
    status = sx_model_answer(model ? model->model : NULL, mem, source, source_len, prompt, prompt_len,
                             answer ? answer : "", len, flags & LLM_CHAT_PARTIAL, &json, err);
    return hand_out(&json, status, out, capacity);
}

llm_status llm_dequantize(const char *type, const void *src, size_t src_len, float *dst, size_t dst_len, llm_error *err)
{
    if (!type || (!src && src_len) || (!dst && dst_len)) return sx_fail(err, LLM_E_INVALID, "type, src or dst is NULL");
    return sx_dequantize(type, src, src_len, dst, dst_len, err);
}

llm_status llm_quantize(const char *in, const char *out, const char *recipe, uint32_t threads, const llm_cancel *cancel,
                        llm_error *err)
{
    return llm_quantize_weighted(in, out, recipe, NULL, threads, cancel, err);
}

llm_status llm_quantize_weighted(const char *in, const char *out, const char *recipe, const char *imatrix,
                                 uint32_t threads, const llm_cancel *cancel, llm_error *err)
{
    if (!in || !out || !recipe) return sx_fail(err, LLM_E_INVALID, "in, out or recipe is NULL");
    sx_mem mem;
    sx_mem_init(&mem, NULL); /* no hook: this call belongs to no handle */
    return sx_quantise_file(in, out, recipe, imatrix, threads, cancel, &mem, err);
}
