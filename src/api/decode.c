/* The answer of the model: prompt into the KV cache (what the cache already holds is not read again), then token by token
 * through stop strings and citations to the outflow. */
#include <string.h>

#include "api/reply.h"
#include "platform/clock.h"
#include "platform/utf8.h"

static llm_status make_sampler(llm_reply *reply)
{
    llm_ctx *ctx = reply->ctx;
    const llm_gen_opts *o = &reply->opts;
    sx_sampler_params params = {
        .temperature = o->temperature,
        .top_p = o->top_p,
        .min_p = o->min_p,
        .top_k = o->top_k,
        .seed = o->seed,
        .repeat_penalty = o->repeat_penalty,
        .frequency_penalty = o->frequency_penalty,
        .presence_penalty = o->presence_penalty,
        .penalty_last_n = o->penalty_last_n,
        .dry_multiplier = o->dry_multiplier,
        .dry_base = o->dry_base,
        .dry_allowed_length = o->dry_allowed_length,
        .dry_last_n = o->dry_last_n,
        .dynatemp_range = o->dynatemp_range,
        .dynatemp_exponent = o->dynatemp_exponent,
        .top_n_sigma = o->top_n_sigma,
        .typical_p = o->typical_p,
        .xtc_probability = o->xtc_probability,
        .xtc_threshold = o->xtc_threshold,
        .mirostat_tau = o->mirostat_tau,
        .mirostat_eta = o->mirostat_eta,
        .n_bias = o->n_bias,
        .bias_tokens = o->bias_tokens,
        .bias = o->bias,
        .dry_breakers = o->dry_breakers,
    };
    llm_status status = sx_constrain_begin(reply, &params.constraint);
    if (status != LLM_OK) return status;
    status = sx_sampler_create(&reply->sampler, &ctx->h.mem, ctx->model->model, &params, &ctx->err);
    if (status == LLM_OK) sx_sampler_read(reply->sampler, reply->prompt_tokens, reply->n_prompt_tokens);
    return status;
}

llm_status sx_decode_begin(llm_reply *reply)
{
    llm_ctx *ctx = reply->ctx;
    sx_session *session = NULL;
    llm_status status = sx_ctx_session(ctx, &session);
    if (status == LLM_OK) status = sx_frame_tokens(reply);
    if (status != LLM_OK) return status;
    if (reply->n_prompt_tokens >= sx_session_n_ctx(session))
        return sx_fail(&ctx->err, LLM_E_LIMIT,
                       "the prompt has %zu tokens, the context window %u: shorten the prompt or raise n_ctx",
                       reply->n_prompt_tokens, sx_session_n_ctx(session));
    status = sx_draft_begin(reply);
    if (status != LLM_OK) return status;
    const uint32_t n_vocab = sx_model_n_vocab(ctx->model->model);
    if (reply->opts.logprobs) reply->raw_logits = sx_mem_array(&ctx->h.mem, n_vocab, sizeof *reply->raw_logits);
    if (reply->opts.logprobs && !reply->raw_logits) return sx_fail_memory(&ctx->err);
    reply->strip_space = reply->prompt.len == 0 && sx_model_strips_space(ctx->model->model);
    return make_sampler(reply);
}

/* ---- the KV cache ---- */

static llm_status prefill(llm_reply *reply)
{
    double begin = sx_clock_ms();
    size_t n = reply->n_prompt_tokens, same = sx_session_reuse(reply->ctx->session, reply->prompt_tokens, n);
    llm_status status = sx_draft_prompt(reply, reply->prompt_tokens + same, n - same);
    reply->prompt_ms = sx_clock_ms() - begin;
    reply->prefilled = true;
    return status;
}

/* ---- from bytes to text ---- */

static llm_status close_citation(llm_reply *reply)
{
    for (uint32_t i = 0; i < reply->n_passages; i++) {
        const sx_passage *p = &reply->passages[i];
        if (!p->text || strlen(p->label) != reply->bracket.len - 1 ||
            memcmp(p->label, reply->bracket.data + 1, reply->bracket.len - 1) != 0)
            continue;
        sx_buf_clear(&reply->bracket);
        return sx_outflow_cite(reply, i, p->start, p->end, p->text, p->text_len);
    }
    sx_buf_clear(&reply->bracket); /* unreachable under the automaton: an id that is not evidence is never shown */
    return LLM_OK;
}

/* Text of a grounded answer: what stands in brackets is a citation, all else is prose. */
static llm_status give_grounded(llm_reply *reply, const char *text, size_t len)
{
    llm_status status = LLM_OK;
    size_t from = 0;
    for (size_t i = 0; i < len && status == LLM_OK; i++) {
        bool open = reply->bracket.len > 0;
        if (!open && text[i] != '[') continue;
        if (!open) {
            status = sx_outflow_text(reply, text + from, i - from);
            sx_buf_char(&reply->bracket, '[');
        } else if (text[i] == ']') {
            status = close_citation(reply);
        } else {
            sx_buf_char(&reply->bracket, text[i]);
        }
        from = i + 1;
        if (status == LLM_OK) status = sx_buf_status(&reply->bracket);
    }
    if (status == LLM_OK && !reply->bracket.len) status = sx_outflow_text(reply, text + from, len - from);
    return status;
}

/* Offset of the first stop string in raw, or of a beginning of one at its end; *whole tells which. */
static size_t find_stop(const llm_reply *reply, bool *whole)
{
    const char *raw = sx_buf_cstr(&reply->raw);
    size_t len = reply->raw.len, best = len;
    *whole = false;
    for (const char *stop = reply->opts.stop; stop && *stop; stop += strlen(stop) + 1) {
        size_t n = strlen(stop);
        for (size_t i = 0; i < len && i <= best; i++) {
            size_t cmp = len - i < n ? len - i : n;
            if (memcmp(raw + i, stop, cmp) != 0) continue;
            if (i < best || (cmp == n && !*whole)) {
                best = i;
                *whole = cmp == n;
            }
            break;
        }
    }
    return best;
}

/* Passes on what is certain: whole code points that cannot begin a stop string; at the end all of it. */
static llm_status drain(llm_reply *reply, bool last)
{
    bool stopped;
    size_t n = find_stop(reply, &stopped);
    if (last && !stopped) n = reply->raw.len;
    if (!last && !stopped) n = sx_utf8_floor(sx_buf_cstr(&reply->raw), n);
    const char *raw = sx_buf_cstr(&reply->raw);
    llm_status status = reply->cite ? give_grounded(reply, raw, n) : sx_outflow_text(reply, raw, n);
    sx_buf_drop_front(&reply->raw, stopped ? reply->raw.len : n);
    if (stopped) reply->finish = LLM_FINISH_STOP;
    return status;
}

/* A grounded answer that cites nothing is attributed to the passage that supports it best, if one does. */
static llm_status attribute(llm_reply *reply)
{
    const double enough = 0.5;
    if (!reply->cite || reply->n_citations || reply->blocked) return LLM_OK;
    llm_status status = sx_outflow_flush(reply);
    if (status != LLM_OK) return status;
    sx_buf said;
    sx_buf_init(&said, &reply->ctx->h.mem, 0);
    sx_buf_add(&said, sx_buf_cstr(&reply->text), reply->text.len);
    sx_buf_add(&said, sx_buf_cstr(&reply->piece), reply->piece.len);
    status = sx_buf_status(&said);
    double best = enough;
    const sx_passage *chosen = NULL;
    for (uint32_t i = 0; status == LLM_OK && said.len && i < reply->n_passages; i++) {
        const sx_passage *p = &reply->passages[i];
        double s = p->text ? sx_support(said.data, said.len, p->text, p->text_len, &reply->ctx->h.mem) : 0;
        if (s < 0) status = sx_fail_memory(&reply->ctx->err);
        if (s < best || (chosen && s == best)) continue;
        best = s;
        chosen = p;
    }
    sx_buf_free(&said);
    if (status != LLM_OK || !chosen) return status;
    status = sx_outflow_text(reply, " ", 1);
    if (status == LLM_OK)
        status = sx_outflow_cite(reply, (uint32_t)(chosen - reply->passages), chosen->start, chosen->end, chosen->text,
                                 chosen->text_len);
    return status;
}

static llm_status finish(llm_reply *reply, uint32_t why)
{
    if (why != LLM_FINISH_NONE) reply->finish = why;
    sx_draft_drop(reply);
    llm_status status = drain(reply, true);
    if (status == LLM_OK) status = attribute(reply);
    return status;
}

static llm_status take_token(llm_reply *reply, int32_t token)
{
    llm_ctx *ctx = reply->ctx;
    if (sx_mem_grow(&ctx->h.mem, (void **)&reply->out_tokens, &reply->cap_out_tokens, reply->n_out_tokens + 1,
                    sizeof *reply->out_tokens))
        return sx_fail_memory(&ctx->err);
    llm_status status = sx_logprobs_note(reply, token);
    if (status != LLM_OK) return status;
    size_t len;
    const sx_model *model = ctx->model->model;
    bool show = reply->opts.flags & LLM_GEN_SHOW_SPECIAL;
    const char *bytes = show ? sx_token_shown(model, token, &len) : sx_token_bytes(model, token, &len);
    sx_constrain_advance(reply, token);
    if (reply->strip_space && reply->n_out_tokens == 0 && len && bytes[0] == ' ') {
        bytes++;
        len--;
    }
    reply->out_tokens[reply->n_out_tokens++] = token;
    sx_buf_add(&reply->raw, bytes, len);
    return sx_buf_status(&reply->raw);
}

static llm_status one_token(llm_reply *reply)
{
    llm_ctx *ctx = reply->ctx;
    if (reply->n_out_tokens >= reply->opts.max_tokens) return finish(reply, LLM_FINISH_LENGTH);
    if (reply->n_out_tokens) { /* the last token is read only when another is wanted */
        const size_t used = reply->n_prompt_tokens + reply->n_out_tokens - 1;
        if (used >= sx_session_n_ctx(ctx->session)) return finish(reply, LLM_FINISH_LENGTH);
        llm_status status = sx_draft_step(reply);
        if (status != LLM_OK) return status;
    }
    sx_logprobs_keep(reply);
    int32_t token = sx_sample(reply->sampler, reply->logits);
    if (token < 0) {
        llm_status status = sx_constrain_stuck(reply);
        return status == LLM_OK ? finish(reply, LLM_FINISH_STOP) : status;
    }
    bool ends = sx_token_ends(ctx->model->model, token);
    if (ends && !(reply->opts.flags & LLM_GEN_IGNORE_EOS)) return finish(reply, LLM_FINISH_STOP);
    llm_status status = take_token(reply, token);
    if (status == LLM_OK) status = drain(reply, false);
    if (status == LLM_OK && reply->finish == LLM_FINISH_STOP) return finish(reply, LLM_FINISH_NONE);
    if (status == LLM_OK && reply->matcher && sx_matcher_must_end(reply->matcher))
        return finish(reply, LLM_FINISH_STOP); /* nothing but the end could follow */
    return status;
}

llm_status sx_decode_step(llm_reply *reply)
{
    if (!reply->prefilled) {
        llm_status status = prefill(reply);
        if (status != LLM_OK) return status;
    }
    double begin = sx_clock_ms();
    llm_status status = one_token(reply);
    reply->output_ms += sx_clock_ms() - begin;
    return status;
}
