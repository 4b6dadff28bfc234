/* The ports between what restrains an answer and the sampler: siblings that do not know each other. */
#include <string.h>

#include "api/reply.h"

/* ---- citations ---- */

/* Special tokens that do not end the text have no bytes, so no constraint on the text can be met by them. */
static bool cite_accepts(void *user, int32_t token)
{
    const llm_reply *reply = user;
    const sx_model *model = reply->ctx->model->model;
    size_t len;
    const char *bytes = sx_token_bytes(model, token, &len);
    if (sx_token_ends(model, token)) return sx_cite_accepts(reply->cite, "", 0);
    return len > 0 && sx_cite_accepts(reply->cite, bytes, len);
}

static bool cite_mask(void *user, uint32_t *bits)
{
    const llm_reply *reply = user;
    const uint32_t n = sx_model_n_tokens(reply->ctx->model->model);
    for (uint32_t i = 0; i < n; i++)
        if (cite_accepts(user, (int32_t)i)) bits[i / 32] |= 1u << (i % 32);
    return true;
}

/* ---- grammars ---- */

static bool grammar_accepts(void *user, int32_t token)
{
    return sx_matcher_accepts(user, token);
}

static bool grammar_mask(void *user, uint32_t *bits)
{
    return sx_matcher_mask(user, bits);
}

static llm_status make_matcher(llm_reply *reply)
{
    llm_ctx *ctx = reply->ctx;
    const char *grammar = reply->opts.grammar, *schema = reply->opts.schema;
    llm_status status = grammar
                            ? sx_grammar_create(&reply->grammar, &ctx->h.mem, grammar, strlen(grammar), &ctx->err)
                            : sx_grammar_from_schema(&reply->grammar, &ctx->h.mem, schema, strlen(schema), &ctx->err);
    if (status != LLM_OK) return status;
    return sx_matcher_create(&reply->matcher, &ctx->h.mem, ctx->model->model, reply->grammar, &ctx->err);
}

/* ---- both ---- */

llm_status sx_constrain_check(llm_ctx *ctx, const llm_gen_opts *opts, bool grounded)
{
    if (!opts->grammar && !opts->schema) return LLM_OK;
    if (opts->grammar && opts->schema)
        return sx_fail(&ctx->err, LLM_E_INVALID, "grammar and schema are both given: choose one");
    if (grounded)
        return sx_fail(
            &ctx->err, LLM_E_UNSUPPORTED,
            "an answer from evidence is restrained to citations already: give no grammar and no schema with evidence");
    return LLM_OK;
}

llm_status sx_constrain_begin(llm_reply *reply, const sx_constraint **constraint)
{
    *constraint = NULL;
    if (reply->cite) {
        reply->constraint = (sx_constraint){reply, cite_accepts, cite_mask};
    } else if (reply->opts.grammar || reply->opts.schema) {
        llm_status status = make_matcher(reply);
        if (status != LLM_OK) return status;
        reply->constraint = (sx_constraint){reply->matcher, grammar_accepts, grammar_mask};
        reply->strip_space = false; /* the grammar says what the text begins with */
    } else {
        return LLM_OK;
    }
    *constraint = &reply->constraint;
    return LLM_OK;
}

void sx_constrain_advance(llm_reply *reply, int32_t token)
{
    size_t len;
    const char *bytes = sx_token_bytes(reply->ctx->model->model, token, &len);
    if (reply->cite) sx_cite_advance(reply->cite, bytes, len);
    if (reply->matcher) sx_matcher_advance(reply->matcher, token);
}

llm_status sx_constrain_stuck(llm_reply *reply)
{
    llm_error *err = &reply->ctx->err;
    if (!reply->matcher) return LLM_OK;
    llm_status status = sx_matcher_status(reply->matcher, err);
    if (status != LLM_OK || sx_matcher_may_end(reply->matcher)) return status;
    return sx_fail(err, LLM_E_UNSUPPORTED,
                   "the grammar asks for text that no token of this model's vocabulary can continue");
}
