/* Log-probabilities of the tokens of an answer: of the model's own distribution, whatever the sampler made of it. */
#include <string.h>

#include "api/reply.h"

void sx_logprobs_keep(llm_reply *reply)
{
    if (!reply->raw_logits) return;
    memcpy(reply->raw_logits, reply->logits, sx_model_n_vocab(reply->ctx->model->model) * sizeof *reply->logits);
}

llm_status sx_logprobs_note(llm_reply *reply, int32_t token)
{
    if (!reply->raw_logits) return LLM_OK;
    sx_mem *mem = &reply->ctx->h.mem;
    const uint32_t n_vocab = sx_model_n_vocab(reply->ctx->model->model), n_top = reply->opts.logprobs;
    const size_t at = reply->n_out_tokens, room = (at + 1) * n_top;
    if (sx_mem_grow(mem, (void **)&reply->logprobs, &reply->cap_logprobs, at + 1, sizeof *reply->logprobs) ||
        sx_mem_grow(mem, (void **)&reply->top_tokens, &reply->cap_top_tokens, room, sizeof *reply->top_tokens) ||
        sx_mem_grow(mem, (void **)&reply->top_logprobs, &reply->cap_top_logprobs, room, sizeof *reply->top_logprobs))
        return sx_fail_memory(&reply->ctx->err);
    double sum = sx_logits_sum(reply->raw_logits, n_vocab);
    reply->logprobs[at] = (double)reply->raw_logits[token] - sum;
    sx_logits_best(reply->raw_logits, n_vocab, sum, n_top, reply->top_tokens + at * n_top,
                   reply->top_logprobs + at * n_top);
    return LLM_OK;
}
