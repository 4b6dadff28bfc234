#include "api/judge_model.h"

#include <math.h>
#include <string.h>

#include "platform/clock.h"

static const double weight_default = 0.6;

/* ---- a host's function ---- */

/* The columns of a batch, in one block of doubles and pointers. */
static llm_status ask_host(void *user, sx_judge_request *r, llm_error *err)
{
    sx_judge_port *port = user;
    sx_arena arena;
    sx_arena_init(&arena, &port->ctx->h.mem);
    const char **names = sx_arena_alloc(&arena, 3u * r->n * sizeof *names);
    double *lexical = sx_arena_alloc(&arena, r->n * sizeof *lexical);
    char *question = sx_arena_strndup(&arena, r->question, r->len);
    llm_status status = names && lexical && question ? LLM_OK : sx_fail_memory(err);
    for (uint32_t i = 0; i < r->n && status == LLM_OK; i++) {
        names[i] = r->cards[i].doc;
        names[r->n + i] = r->cards[i].node;
        names[2 * r->n + i] = r->cards[i].text;
        lexical[i] = r->cards[i].lexical;
    }
    if (status == LLM_OK) {
        llm_judge_batch batch = {.struct_size = sizeof batch,
                                 .count = r->n,
                                 .question = question,
                                 .docs = names,
                                 .nodes = names + r->n,
                                 .texts = names + 2 * r->n,
                                 .lexical = lexical,
                                 .scores = r->scores,
                                 .tokens_left = r->tokens_left,
                                 .ms_left = r->ms_left,
                                 .cancel = r->cancel};
        status = port->fn(port->user, &batch);
        r->tokens = batch.tokens_used;
        if (status < 0) sx_fail(err, status, "the judge ended the retrieval with %s", llm_status_name(status));
        if (status > 0) status = LLM_OK;
    }
    sx_arena_free(&arena);
    return status;
}

/* ---- the context's model ---- */

llm_status sx_judge_tokenize(const sx_judge_port *port, sx_arena *arena, const char *text, size_t len, uint32_t flags,
                             sx_token_run *out, llm_error *err)
{
    const sx_model *model = port->ctx->model->model;
    sx_mem *mem = &port->ctx->h.mem;
    int64_t n = sx_tokenize(model, mem, text, len, flags, NULL, 0, err);
    if (n < 0) return (llm_status)n;
    out->ids = sx_arena_alloc(arena, ((size_t)n + 1) * sizeof *out->ids);
    if (!out->ids) return sx_fail_memory(err);
    n = sx_tokenize(model, mem, text, len, flags, out->ids, (size_t)n, err);
    out->n = n < 0 ? 0 : (size_t)n;
    while (flags == LLM_TOK_SPECIAL && out->n > 1 && sx_token_ends(model, out->ids[out->n - 1])) out->n--;
    return n < 0 ? (llm_status)n : LLM_OK;
}

llm_status sx_judge_session(const sx_judge_port *port, sx_session **out, llm_error *err)
{
    sx_model *model = port->ctx->model->model;
    sx_session_params params = {.n_ctx = SX_JUDGE_CTX};
    if (sx_model_n_ctx(model) < SX_JUDGE_CTX) params.n_ctx = 0; /* what the model has */
    return sx_session_create(out, &port->ctx->h.mem, model, &params, err);
}

/* Both ways: the mean of two opinions, or the one there is. The letters have what the likelihood leaves of the budget. */
static llm_status ask_both(void *user, sx_judge_request *r, llm_error *err)
{
    const sx_judge_port *port = user;
    double began = sx_clock_ms();
    double *likely = sx_mem_array(&port->ctx->h.mem, r->n, sizeof *likely);
    llm_status status = likely ? sx_judge_likelihood(user, r, err) : sx_fail_memory(err);
    if (status == LLM_OK) {
        sx_judge_request letters = *r;
        letters.tokens = 0;
        letters.tokens_left -= r->tokens < r->tokens_left ? r->tokens : r->tokens_left;
        letters.ms_left -= sx_clock_ms() - began;
        for (uint32_t i = 0; i < r->n; i++) {
            likely[i] = r->scores[i];
            r->scores[i] = NAN;
        }
        status = sx_judge_letters(user, &letters, err);
        r->tokens += letters.tokens;
        for (uint32_t i = 0; i < r->n; i++) {
            if (isnan(r->scores[i]))
                r->scores[i] = likely[i];
            else if (!isnan(likely[i]))
                r->scores[i] = (r->scores[i] + likely[i]) / 2;
        }
    }
    sx_mem_free(&port->ctx->h.mem, likely);
    return status;
}

static llm_status open_model(sx_judge_port *port, uint32_t flags, const llm_cancel *cancel)
{
    llm_ctx *ctx = port->ctx;
    llm_status status = LLM_OK;
    if (!ctx->model)
        return sx_fail(
            &ctx->err, LLM_E_UNSUPPORTED,
            "LLM_RETRIEVE_JUDGE and LLM_RETRIEVE_LETTERS need a model: pass one to llm_ctx_create, or a judge of "
            "your own");
    if (flags & LLM_RETRIEVE_JUDGE) status = sx_judge_open_likelihood(port, cancel, &ctx->err);
    if (status == LLM_OK && (flags & LLM_RETRIEVE_LETTERS)) status = sx_judge_open_letters(port, &ctx->err);
    port->judge.judge = !(flags & LLM_RETRIEVE_LETTERS) ? sx_judge_likelihood
                        : flags & LLM_RETRIEVE_JUDGE    ? ask_both
                                                        : sx_judge_letters;
    return status;
}

/* ---- opening ---- */

llm_status sx_judge_open(sx_judge_port *port, llm_ctx *ctx, const llm_retrieve_opts *o)
{
    memset(port, 0, sizeof *port);
    port->ctx = ctx;
    if (o->flags & ~(LLM_RETRIEVE_JUDGE | LLM_RETRIEVE_LETTERS))
        return sx_fail(&ctx->err, LLM_E_INVALID,
                       "llm_retrieve_opts.flags is %u: only LLM_RETRIEVE_JUDGE and LLM_RETRIEVE_LETTERS are known",
                       o->flags);
    if (!(o->judge_weight >= 0 && o->judge_weight <= 1))
        return sx_fail(&ctx->err, LLM_E_INVALID, "llm_retrieve_opts.judge_weight is %g, not between 0 and 1",
                       (double)o->judge_weight);
    port->judge = (sx_judge){.user = port,
                             .weight = o->judge_weight > 0 ? (double)o->judge_weight : weight_default,
                             .max_tokens = o->judge_tokens,
                             .max_ms = o->judge_ms};
    if (o->judge) {
        port->fn = o->judge;
        port->user = o->judge_user;
        port->judge.judge = ask_host;
        return LLM_OK;
    }
    return o->flags ? open_model(port, o->flags, o->cancel) : LLM_OK;
}

void sx_judge_close(sx_judge_port *port)
{
    sx_session_free(port->session);
    sx_session_free(port->letters);
}
