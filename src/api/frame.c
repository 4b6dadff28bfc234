/* The prompt in tokens. A grounded prompt goes into the model's chat template as one user message; only what the template
 * itself wrote may become special tokens, so that a document that spells "<|im_end|>" stays text. */
#include <string.h>

#include "api/reply.h"

/* Stands for the message while the template runs: private-use characters, which no template touches. */
static const char MARK[] = "\xee\x80\x80passages\xee\x80\x81";

llm_status sx_frame_prepare(llm_reply *reply)
{
    llm_ctx *ctx = reply->ctx;
    sx_buf vars, text;
    sx_buf_init(&vars, &ctx->h.mem, 0);
    sx_buf_init(&text, &ctx->h.mem, 0);
    sx_buf_printf(&vars, "{\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}],\"add_generation_prompt\":true}",
                  MARK);
    llm_status status = sx_buf_status(&vars);
    if (status == LLM_OK)
        status = sx_model_template(ctx->model->model, &ctx->h.mem, NULL, 0, vars.data, vars.len, &text, NULL);
    const char *at = status == LLM_OK ? strstr(sx_buf_cstr(&text), MARK) : NULL;
    if (at && !strstr(at + 1, MARK)) {
        const char *rest = at + sizeof MARK - 1;
        sx_buf_add(&reply->frame_head, text.data, (size_t)(at - text.data));
        sx_buf_str(&reply->frame_tail, rest);
        reply->framed = true;
    }
    sx_buf_free(&text);
    sx_buf_free(&vars);
    if (sx_buf_status(&reply->frame_head) != LLM_OK || sx_buf_status(&reply->frame_tail) != LLM_OK)
        status = LLM_E_MEMORY;
    /* a model without a template, or one that refuses a plain message, gets the prompt as it is */
    return status == LLM_E_MEMORY ? sx_fail_memory(&ctx->err) : LLM_OK;
}

static llm_status add_tokens(llm_reply *reply, const char *text, size_t len, uint32_t flags)
{
    llm_ctx *ctx = reply->ctx;
    const sx_model *model = ctx->model->model;
    sx_mem *mem = &ctx->h.mem;
    int64_t n = sx_tokenize(model, mem, text, len, flags, NULL, 0, &ctx->err);
    if (n < 0) return (llm_status)n;
    size_t have = reply->n_prompt_tokens;
    if (sx_mem_grow(mem, (void **)&reply->prompt_tokens, &reply->cap_prompt_tokens, have + (size_t)n + 1,
                    sizeof *reply->prompt_tokens))
        return sx_fail_memory(&ctx->err);
    n = sx_tokenize(model, mem, text, len, flags, reply->prompt_tokens + have, (size_t)n, &ctx->err);
    if (n < 0) return (llm_status)n;
    reply->n_prompt_tokens += (size_t)n;
    return LLM_OK;
}

/* What the model puts before every text: BOS, where it wants one. A template that wrote its own is not given a second. */
static llm_status add_head(llm_reply *reply)
{
    llm_status status = add_tokens(reply, "", 0, LLM_TOK_SPECIAL);
    if (status != LLM_OK) return status;
    bool bos = reply->n_prompt_tokens > 0 && reply->prompt_tokens[0] == sx_model_token(reply->ctx->model->model, "bos");
    reply->n_prompt_tokens = bos ? 1 : 0;
    status = add_tokens(reply, sx_buf_cstr(&reply->frame_head), reply->frame_head.len, LLM_TOK_PARSE);
    if (status == LLM_OK && bos && reply->n_prompt_tokens > 1 && reply->prompt_tokens[1] == reply->prompt_tokens[0])
        memmove(reply->prompt_tokens, reply->prompt_tokens + 1,
                --reply->n_prompt_tokens * sizeof *reply->prompt_tokens);
    return status;
}

static llm_status add_plain(llm_reply *reply)
{
    const sx_model *model = reply->ctx->model->model;
    uint32_t flags = reply->opts.flags & LLM_GEN_NO_BOS ? 0 : LLM_TOK_SPECIAL;
    if (reply->opts.flags & LLM_GEN_PARSE_SPECIAL && !reply->grounded) flags |= LLM_TOK_PARSE;
    llm_status status = add_tokens(reply, sx_buf_cstr(&reply->prompt), reply->prompt.len, flags);
    if (status != LLM_OK) return status;
    /* a model that closes every text with EOS would have nothing left to say */
    bool closed = flags == LLM_TOK_SPECIAL;
    while (closed && reply->n_prompt_tokens > 1 &&
           sx_token_ends(model, reply->prompt_tokens[reply->n_prompt_tokens - 1]))
        reply->n_prompt_tokens--;
    return LLM_OK;
}

llm_status sx_frame_tokens(llm_reply *reply)
{
    llm_status status;
    if (reply->framed) {
        status = add_head(reply);
        if (status == LLM_OK) status = add_tokens(reply, sx_buf_cstr(&reply->prompt), reply->prompt.len, 0);
        if (status == LLM_OK)
            status = add_tokens(reply, sx_buf_cstr(&reply->frame_tail), reply->frame_tail.len, LLM_TOK_PARSE);
    } else {
        status = add_plain(reply);
    }
    if (status == LLM_OK && reply->n_prompt_tokens == 0)
        return sx_fail(&reply->ctx->err, LLM_E_INVALID,
                       "the prompt is empty and the model has no BOS token to begin with");
    return status;
}
