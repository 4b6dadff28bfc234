/* The answer without a model: the best-supported sentences, quoted and cited, one per piece. */
#include "api/reply.h"
#include "platform/unicode.h"
#include "platform/utf8.h"

enum { MAX_QUOTES = 3 };

llm_status sx_extract_begin(llm_reply *reply, const sx_evidence *evidence, const char *question, size_t len)
{
    sx_mem *mem = &reply->ctx->h.mem;
    reply->quotes = sx_mem_array(mem, MAX_QUOTES, sizeof *reply->quotes);
    if (!reply->quotes) return sx_fail_memory(&reply->ctx->err);
    uint32_t found = sx_extract(evidence, question, len, reply->quotes, MAX_QUOTES, mem);
    if (found == SX_NO_QUOTES) return sx_fail_memory(&reply->ctx->err);
    for (uint32_t i = 0; i < found; i++) { /* the quoted words live as long as the reply, the evidence need not */
        sx_quote *quote = &reply->quotes[i];
        const sx_tree *tree = evidence->found[quote->found].tree;
        const char *text = sx_arena_strndup(&reply->arena, tree->text + quote->start, quote->end - quote->start);
        if (!text) return sx_fail_memory(&reply->ctx->err);
        if (!reply->passages[quote->found].text) continue; /* the guard blocked it */
        reply->quotes[reply->n_quotes] = *quote;
        reply->quote_texts[reply->n_quotes++] = text;
    }
    return LLM_OK;
}

/* Lines of a document are not lines of the answer: runs of white space become one space. */
static void put_flowing(sx_buf *out, const char *text, size_t len)
{
    bool space = false;
    for (size_t i = 0, step; i < len; i += step) {
        uint32_t cp = sx_utf8_next(text + i, len - i, &step);
        if (cp != SX_UTF8_BAD && (sx_uc_class(cp) & SX_UC_SPACE)) {
            space = true;
            continue;
        }
        if (space && out->len) sx_buf_char(out, ' ');
        space = false;
        sx_buf_add(out, text + i, step);
    }
}

static llm_status give_quote(llm_reply *reply, const sx_quote *quote, const char *text)
{
    llm_ctx *ctx = reply->ctx;
    sx_buf kept, flowing;
    sx_buf_init(&kept, &ctx->h.mem, 0);
    sx_buf_init(&flowing, &ctx->h.mem, 0);
    size_t len = quote->end - quote->start;
    llm_status status = LLM_OK;
    if (reply->guarded) {
        llm_verdict seen; /* the passage's verdict stands already in the reply; here only its text is wanted */
        sx_verdict_init(&seen, &ctx->h.mem);
        const sx_check_params params = {LLM_DIR_EVIDENCE, NULL, 0, reply->opts.cancel};
        status = sx_guard_pass(ctx, &params, text, len, 0, &seen, &kept, &ctx->err);
        sx_verdict_clear(&seen);
    } else {
        sx_buf_add(&kept, text, len);
    }
    if (status == LLM_OK) status = sx_buf_status(&kept);
    if (status == LLM_OK) {
        if (reply->next_quote > 0) status = sx_outflow_text(reply, "\n", 1);
        put_flowing(&flowing, sx_buf_cstr(&kept), kept.len);
        sx_buf_char(&flowing, ' ');
        if (status == LLM_OK) status = sx_buf_status(&flowing);
        if (status == LLM_OK) status = sx_outflow_text(reply, flowing.data, flowing.len);
        if (status == LLM_OK)
            status = sx_outflow_cite(reply, quote->found, quote->start, quote->end, sx_buf_cstr(&kept), kept.len);
    }
    sx_buf_free(&flowing);
    sx_buf_free(&kept);
    return status;
}

llm_status sx_extract_step(llm_reply *reply)
{
    if (sx_cancelled(reply->opts.cancel)) return sx_fail(&reply->ctx->err, LLM_E_CANCELLED, "cancelled by the caller");
    const uint32_t i = reply->next_quote;
    llm_status status = give_quote(reply, &reply->quotes[i], reply->quote_texts[i]);
    reply->next_quote++;
    if (reply->next_quote >= reply->n_quotes) reply->finish = LLM_FINISH_STOP;
    return status;
}
