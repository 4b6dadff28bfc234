/* Evaluations of an answer being made, with guesses: tokens that prompt lookup expects are read together with the one that
 * was made, each with its logits. While the sampler then chooses what was guessed, the next logits are there already. Logits
 * do not depend on what is evaluated beside them, so the text is the same with and without. */
#include "api/reply.h"

enum { PAUSE_MAX = 16 /* steps without guesses after guesses that failed */ };

llm_status sx_draft_begin(llm_reply *reply)
{
    llm_ctx *ctx = reply->ctx;
    const uint32_t n_vocab = sx_model_n_vocab(ctx->model->model), n = reply->opts.draft;
    reply->rows = sx_mem_array(&ctx->h.mem, (size_t)n_vocab * (n + 1), sizeof *reply->rows);
    if (n) reply->draft = sx_mem_array(&ctx->h.mem, n, sizeof *reply->draft);
    if (!reply->rows || (n && !reply->draft)) return sx_fail_memory(&ctx->err);
    reply->logits = reply->rows;
    return LLM_OK;
}

llm_status sx_draft_prompt(llm_reply *reply, const int32_t *tokens, size_t n)
{
    llm_ctx *ctx = reply->ctx;
    return sx_session_eval(ctx->session, tokens, n, false, reply->logits, reply->opts.cancel, &ctx->err);
}

void sx_draft_drop(llm_reply *reply)
{
    if (reply->n_rows <= reply->row + 1) return;
    sx_session *session = reply->ctx->session;
    sx_session_truncate(session, sx_session_used(session) - (reply->n_rows - 1 - reply->row));
    reply->n_rows = reply->row + 1;
}

/* The token that was made last is what was guessed. */
static bool came_true(llm_reply *reply, int32_t token)
{
    if (reply->row + 1 >= reply->n_rows || reply->draft[reply->row] != token) return false;
    reply->row++;
    reply->logits = reply->rows + (size_t)reply->row * sx_model_n_vocab(reply->ctx->model->model);
    return true;
}

/* Guessing costs a little, so a text that repeats nothing is left alone for longer and longer. */
static void learn(llm_reply *reply)
{
    if (reply->n_rows <= 1) return;
    reply->misses = reply->row > 0 ? 0 : reply->misses + 1;
    uint32_t pause = reply->misses < 2 ? 0 : 1u << (reply->misses < 6 ? reply->misses - 1 : 5);
    reply->pause = pause < PAUSE_MAX ? pause : PAUSE_MAX;
}

/* How many guesses there is room for. */
static uint32_t room(const llm_reply *reply)
{
    const sx_session *session = reply->ctx->session;
    uint32_t n = reply->opts.draft, left = sx_session_n_ctx(session) - sx_session_used(session) - 1;
    uint32_t wanted = reply->opts.max_tokens - (uint32_t)reply->n_out_tokens - 1; /* the step itself makes one */
    if (n > left) n = left;
    return n < wanted ? n : wanted;
}

llm_status sx_draft_step(llm_reply *reply)
{
    llm_ctx *ctx = reply->ctx;
    const int32_t last = reply->out_tokens[reply->n_out_tokens - 1];
    if (came_true(reply, last)) return LLM_OK;
    learn(reply);
    sx_draft_drop(reply);
    int32_t tokens[1 + LLM_DRAFT_MAX] = {last};
    uint32_t n = 0;
    if (reply->pause > 0)
        reply->pause--;
    else
        n = sx_session_lookup(ctx->session, last, room(reply), tokens + 1);
    reply->n_rows = reply->row = 0;
    reply->logits = reply->rows;
    llm_status status = sx_session_step(ctx->session, tokens, 1 + n, n > 0, reply->rows, reply->opts.cancel, &ctx->err);
    if (status != LLM_OK) return status;
    for (uint32_t i = 0; i < n; i++) reply->draft[i] = tokens[1 + i];
    reply->n_rows = 1 + n;
    reply->steps++;
    return LLM_OK;
}
