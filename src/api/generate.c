/* llm_generate and the pulling of a reply: chooses the maker (model or extract), runs the guard on the way in, hands out
 * pieces. */
#include <string.h>

#include "api/reply.h"

enum { DEFAULT_MAX_TOKENS = 256, MAX_LOGPROBS = 1024 };
static const float DEFAULT_MIN_CONFIDENCE = 0.5f;
static const char NOT_FOUND[] = "Not found in the documents.";

static llm_status read_opts(llm_ctx *ctx, const llm_gen_opts *opts, llm_gen_opts *o)
{
    llm_error *err = &ctx->err;
    llm_status status = sx_opts_read(o, sizeof *o, offsetof(llm_gen_opts, repeat_penalty), opts, "llm_gen_opts", err);
    if (status != LLM_OK) return status;
    if (!(o->temperature >= 0) || !(o->top_p >= 0) || !(o->top_p <= 1) || !(o->min_p >= 0) || !(o->min_p <= 1) ||
        !(o->min_confidence <= 1) || !(o->typical_p <= 1) || !(o->xtc_probability <= 1) || !(o->xtc_threshold <= 1))
        return sx_fail(err, LLM_E_INVALID,
                       "out of range: temperature must be 0 or more, top_p, min_p, typical_p, xtc_probability, "
                       "xtc_threshold and min_confidence at most 1");
    if (o->logprobs > MAX_LOGPROBS)
        return sx_fail(err, LLM_E_INVALID, "logprobs is %u: at most %d tokens are kept for each place", o->logprobs,
                       (int)MAX_LOGPROBS);
    if (o->max_tokens == 0) o->max_tokens = DEFAULT_MAX_TOKENS;
    if (o->min_confidence == 0) o->min_confidence = DEFAULT_MIN_CONFIDENCE;
    return LLM_OK;
}

/* A list of strings, each ended by NUL; NULL without memory. */
static const char *copy_list(sx_arena *arena, const char *list)
{
    size_t len = 0;
    while (list[len]) len += strlen(list + len) + 1;
    return sx_arena_strndup(arena, list, len);
}

static const void *copy_array(sx_arena *arena, const void *from, size_t size)
{
    void *to = sx_arena_alloc(arena, size);
    return to ? memcpy(to, from, size) : NULL;
}

/* What the options point to may go away before the reply does. */
static llm_status copy_opts(llm_reply *reply)
{
    llm_gen_opts *o = &reply->opts;
    sx_arena *arena = &reply->arena;
    bool copied = true;
    if (o->stop) copied = (o->stop = copy_list(arena, o->stop)) != NULL;
    if (copied && o->dry_breakers) copied = (o->dry_breakers = copy_list(arena, o->dry_breakers)) != NULL;
    if (copied && o->n_bias && o->bias_tokens && o->bias) {
        o->bias_tokens = copy_array(arena, o->bias_tokens, o->n_bias * sizeof *o->bias_tokens);
        o->bias = copy_array(arena, o->bias, o->n_bias * sizeof *o->bias);
        copied = o->bias_tokens && o->bias;
    }
    return copied ? LLM_OK : sx_fail_memory(&reply->ctx->err);
}

static llm_status guard_prompt(llm_reply *reply, const char *prompt, size_t len)
{
    llm_ctx *ctx = reply->ctx;
    if (!reply->guarded) {
        sx_buf_add(&reply->prompt, prompt, len);
        return sx_buf_status(&reply->prompt);
    }
    llm_verdict *verdict = &reply->verdicts[0];
    const sx_check_params params = {LLM_DIR_INPUT, NULL, 0, reply->opts.cancel};
    llm_status status = sx_guard_run(ctx, &params, prompt, len, 0, verdict, &reply->prompt, &ctx->err);
    if (status == LLM_OK) sx_buf_add(&verdict->text, sx_buf_cstr(&reply->prompt), reply->prompt.len);
    if (status == LLM_OK) status = sx_buf_status(&verdict->text);
    if (status == LLM_OK && verdict->action == LLM_VERDICT_BLOCK) reply->finish = LLM_FINISH_BLOCKED;
    return status;
}

static llm_status not_found(llm_reply *reply)
{
    reply->finish = LLM_FINISH_NOT_FOUND;
    return sx_outflow_text(reply, NOT_FOUND, sizeof NOT_FOUND - 1);
}

static llm_status begin(llm_reply *reply, const char *prompt, size_t len, const llm_evidence *evidence)
{
    llm_status status = copy_opts(reply);
    if (status == LLM_OK) status = guard_prompt(reply, prompt, len);
    if (status != LLM_OK || reply->finish != LLM_FINISH_NONE) return status;
    if (!evidence) return sx_decode_begin(reply);
    reply->grounded = true;
    if (evidence->evidence->count == 0 || evidence->evidence->confidence < (double)reply->opts.min_confidence)
        return not_found(reply);
    status = sx_ground_passages(reply, evidence);
    if (status != LLM_OK) return status;
    uint32_t usable = 0;
    for (uint32_t i = 0; i < reply->n_passages; i++) usable += reply->passages[i].text != NULL;
    if (usable == 0) {
        reply->finish = LLM_FINISH_BLOCKED;
        return LLM_OK;
    }
    if (!reply->ctx->model) {
        status = sx_extract_begin(reply, evidence->evidence, prompt, len);
        return status == LLM_OK && reply->n_quotes == 0 ? not_found(reply) : status;
    }
    status = sx_ground_prompt(reply);
    return status == LLM_OK ? sx_decode_begin(reply) : status;
}

static llm_reply *reply_new(llm_ctx *ctx, const llm_gen_opts *opts)
{
    llm_reply *reply = sx_mem_zalloc(&ctx->h.mem, sizeof *reply);
    if (!reply) return NULL;
    sx_mem *mem = &ctx->h.mem;
    sx_ctx_ref(ctx);
    reply->ctx = ctx;
    reply->opts = *opts;
    reply->guarded = !(ctx->flags & LLM_CTX_NO_GUARD);
    sx_arena_init(&reply->arena, mem);
    sx_buf *bufs[] = {&reply->prompt,  &reply->piece,      &reply->text,      &reply->raw,
                      &reply->bracket, &reply->frame_head, &reply->frame_tail};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++) sx_buf_init(bufs[i], mem, 0);
    for (int i = 0; i < 3; i++) sx_verdict_init(&reply->verdicts[i], mem);
    return reply;
}

static llm_status generate(llm_ctx *ctx, const char *prompt, size_t len, const llm_evidence *evidence,
                           const llm_gen_opts *opts, llm_reply **out)
{
    llm_gen_opts o;
    llm_status status = read_opts(ctx, opts, &o);
    if (status != LLM_OK) return status;
    if (!prompt && len) return sx_fail(&ctx->err, LLM_E_INVALID, "prompt is NULL");
    if (!ctx->model && !evidence)
        return sx_fail(&ctx->err, LLM_E_UNSUPPORTED,
                       "without a model an answer needs evidence: pass the result of llm_retrieve, or a model to "
                       "llm_ctx_create");
    status = sx_constrain_check(ctx, &o, evidence != NULL);
    if (status != LLM_OK) return status;
    if (ctx->active)
        return sx_fail(&ctx->err, LLM_E_BUSY, "a reply is being made in this context; finish or free it first");
    llm_reply *reply = reply_new(ctx, &o);
    if (!reply) return sx_fail_memory(&ctx->err);
    status = begin(reply, prompt ? prompt : "", len, evidence);
    if (status != LLM_OK) {
        llm_reply_free(reply);
        return status;
    }
    ctx->active = reply;
    *out = reply;
    return LLM_OK;
}

llm_status llm_generate(llm_ctx *ctx, const char *prompt, size_t len, const llm_evidence *evidence,
                        const llm_gen_opts *opts, llm_reply **out)
{
    if (out) *out = NULL;
    llm_status status = sx_ctx_enter(ctx);
    if (status != LLM_OK) return status;
    status = out ? generate(ctx, prompt, len, evidence, opts, out) : sx_fail(&ctx->err, LLM_E_INVALID, "out is NULL");
    return sx_ctx_leave(ctx, status);
}

/* ---- pulling ---- */

static void end(llm_reply *reply)
{
    reply->done = true;
    if (reply->ctx->active == reply) reply->ctx->active = NULL;
}

/* The verdict on the answer, once, before its last piece goes out. */
static llm_status log_answer(llm_reply *reply, bool cut, llm_error *err)
{
    if (!reply->guarded || reply->logged || reply->fed == 0) return LLM_OK;
    reply->logged = true;
    return sx_log_verdict(reply->ctx, LLM_DIR_OUTPUT, &reply->verdicts[2], reply->fed, cut, err);
}

static llm_status make(llm_reply *reply)
{
    llm_status status = LLM_OK;
    while (status == LLM_OK && reply->piece.len == 0 && reply->finish == LLM_FINISH_NONE && !reply->blocked)
        status = reply->quotes ? sx_extract_step(reply) : sx_decode_step(reply);
    if (status == LLM_OK && reply->finish != LLM_FINISH_NONE) status = sx_outflow_flush(reply);
    if (reply->blocked) reply->finish = LLM_FINISH_BLOCKED;
    if (status == LLM_OK && reply->finish != LLM_FINISH_NONE) status = log_answer(reply, false, &reply->ctx->err);
    return status;
}

/* A failure ends the reply; what was released before stays readable. */
static llm_status stop(llm_reply *reply, llm_status status)
{
    sx_buf_clear(&reply->piece);
    reply->failed = status;
    if (status == LLM_E_CANCELLED) reply->finish = LLM_FINISH_CANCEL;
    end(reply);
    return status;
}

static llm_status next(llm_reply *reply)
{
    if (reply->failed != LLM_OK) {
        sx_buf_clear(&reply->piece);
        return sx_fail(&reply->ctx->err, reply->failed, "the reply ended with %s", llm_status_name(reply->failed));
    }
    if (reply->piece_given) sx_buf_clear(&reply->piece); /* the first piece may stand ready since llm_generate */
    reply->piece_given = true;
    llm_status status = reply->done ? LLM_OK : make(reply);
    if (status != LLM_OK) return stop(reply, status);
    sx_buf_add(&reply->text, sx_buf_cstr(&reply->piece), reply->piece.len);
    if (sx_buf_status(&reply->text) != LLM_OK) return stop(reply, sx_fail_memory(&reply->ctx->err));
    if (reply->finish != LLM_FINISH_NONE) end(reply);
    return reply->piece.len ? LLM_MORE : LLM_OK;
}

llm_status llm_reply_next(llm_reply *reply)
{
    if (!reply) return LLM_E_INVALID;
    llm_status status = sx_ctx_enter(reply->ctx);
    if (status != LLM_OK) return status;
    return sx_ctx_leave(reply->ctx, next(reply));
}

llm_status llm_reply_each(llm_reply *reply, llm_piece_fn fn, void *user)
{
    if (!reply || !fn) return LLM_E_INVALID;
    llm_status status;
    while ((status = llm_reply_next(reply)) == LLM_MORE) {
        int32_t stop_code = fn(reply->piece.data, reply->piece.len, user);
        if (stop_code) return stop_code;
    }
    return status;
}

void llm_reply_free(llm_reply *reply)
{
    if (!reply || sx_handle_check(&reply->ctx->h, "context", NULL) != LLM_OK) return;
    llm_ctx *ctx = reply->ctx;
    sx_mem *mem = &ctx->h.mem;
    if (ctx->active == reply) ctx->active = NULL;
    (void)log_answer(reply, true, NULL);
    sx_filter_close(reply->filter);
    sx_sampler_free(reply->sampler);
    sx_matcher_free(reply->matcher);
    sx_grammar_free(reply->grammar);
    sx_cite_free(reply->cite);
    sx_buf *bufs[] = {&reply->prompt,  &reply->piece,      &reply->text,      &reply->raw,
                      &reply->bracket, &reply->frame_head, &reply->frame_tail};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++) sx_buf_free(bufs[i]);
    for (int i = 0; i < 3; i++) sx_verdict_clear(&reply->verdicts[i]);
    void *arrays[] = {reply->passages, reply->citations,  reply->quotes,   reply->prompt_tokens, reply->out_tokens,
                      reply->logits,   reply->raw_logits, reply->logprobs, reply->top_tokens,    reply->top_logprobs};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) sx_mem_free(mem, arrays[i]);
    sx_arena_free(&reply->arena);
    sx_mem_free(mem, reply);
    sx_ctx_unref(ctx);
}
