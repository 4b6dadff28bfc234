/* The ports between what restrains an answer and the sampler: siblings that do not know each other. */
#include "api/reply.h"

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

void sx_constrain_begin(llm_reply *reply, const sx_constraint **constraint)
{
    *constraint = NULL;
    if (!reply->cite) return;
    reply->constraint = (sx_constraint){reply, cite_accepts, cite_mask};
    *constraint = &reply->constraint;
}

void sx_constrain_advance(llm_reply *reply, int32_t token)
{
    if (!reply->cite) return;
    size_t len;
    const char *bytes = sx_token_bytes(reply->ctx->model->model, token, &len);
    sx_cite_advance(reply->cite, bytes, len);
}
