/* The way out: what a maker writes goes through the guard's stream and becomes the piece that the caller reads. Citations
 * take a lane of their own beside the guard, since a node id such as 0.0.5.0 must never be taken for an address. */
#include <string.h>

#include "api/reply.h"
#include "platform/utf8.h"

static llm_status open_filter(llm_reply *reply)
{
    const sx_guard *guard = NULL;
    llm_status status = sx_ctx_guard(reply->ctx, &guard);
    if (status != LLM_OK) return status;
    const sx_check_params params = {LLM_DIR_OUTPUT, NULL, 0, reply->opts.cancel};
    reply->filter_taken = 0;
    reply->filter_offset = reply->fed;
    status = sx_filter_open(&reply->filter, &reply->ctx->h.mem, guard, &params, &reply->ctx->err);
    sx_guard_free(guard);
    return status;
}

/* After the filter moved: takes its decisions over; a block ends the answer. */
static llm_status settle(llm_reply *reply, llm_status status)
{
    if (status != LLM_OK) return status;
    llm_verdict *verdict = &reply->verdicts[2];
    status = sx_verdict_take(verdict, reply->filter, reply->filter_offset, &reply->filter_taken, &reply->ctx->err);
    if (status == LLM_OK && verdict->action == LLM_VERDICT_BLOCK) reply->blocked = true;
    return status == LLM_OK ? sx_buf_status(&reply->piece) : status;
}

static llm_status pass(llm_reply *reply, const char *text, size_t len)
{
    if (len == 0 || reply->blocked) return LLM_OK;
    if (!reply->guarded) {
        sx_buf_add(&reply->piece, text, len);
        return sx_buf_status(&reply->piece);
    }
    if (!reply->filter) {
        llm_status status = open_filter(reply);
        if (status != LLM_OK) return status;
    }
    reply->fed += len;
    return settle(reply, sx_filter_feed(reply->filter, text, len, &reply->piece, &reply->ctx->err));
}

llm_status sx_outflow_text(llm_reply *reply, const char *text, size_t len)
{
    size_t from = 0, at = 0, step;
    llm_status status = LLM_OK;
    while (at < len && status == LLM_OK) { /* a model can spell bytes that are not UTF-8 */
        bool bad = sx_utf8_next(text + at, len - at, &step) == SX_UTF8_BAD;
        if (bad) {
            status = pass(reply, text + from, at - from);
            if (status == LLM_OK) status = pass(reply, "\xef\xbf\xbd", 3);
            from = at + step;
        }
        at += step;
    }
    return status == LLM_OK ? pass(reply, text + from, len - from) : status;
}

llm_status sx_outflow_flush(llm_reply *reply)
{
    if (!reply->filter) return LLM_OK;
    llm_status status = LLM_OK;
    if (!reply->blocked) status = settle(reply, sx_filter_finish(reply->filter, &reply->piece, &reply->ctx->err));
    sx_filter_close(reply->filter);
    reply->filter = NULL;
    return status;
}

/* How well the passage supports what was said since the last citation; negative without memory. */
static double support(llm_reply *reply, const char *passage, size_t passage_len)
{
    sx_buf said;
    sx_buf_init(&said, &reply->ctx->h.mem, 0);
    size_t from = reply->sentence_from, have = reply->text.len;
    if (from < have) sx_buf_add(&said, reply->text.data + from, have - from);
    size_t in_piece = from > have ? from - have : 0;
    if (in_piece < reply->piece.len) sx_buf_add(&said, reply->piece.data + in_piece, reply->piece.len - in_piece);
    if (sx_buf_status(&said) != LLM_OK) {
        sx_buf_free(&said);
        return -1;
    }
    double value = said.len ? sx_support(said.data, said.len, passage, passage_len, &reply->ctx->h.mem) : 0;
    sx_buf_free(&said);
    return value;
}

llm_status sx_outflow_cite(llm_reply *reply, uint32_t passage, uint64_t start, uint64_t end, const char *text,
                           size_t text_len)
{
    llm_status status = sx_outflow_flush(reply);
    if (status != LLM_OK || reply->blocked) return status;
    sx_mem *mem = &reply->ctx->h.mem;
    if (sx_mem_grow(mem, (void **)&reply->citations, &reply->cap_citations, reply->n_citations + 1,
                    sizeof *reply->citations))
        return sx_fail_memory(&reply->ctx->err);
    const char *copy = sx_arena_strndup(&reply->arena, text, text_len);
    if (!copy) return sx_fail_memory(&reply->ctx->err);
    double held = support(reply, text, text_len);
    if (held < 0) return sx_fail_memory(&reply->ctx->err);
    reply->citations[reply->n_citations++] = (sx_citation){passage, start, end, copy, held};
    sx_buf_printf(&reply->piece, "[%s]", reply->passages[passage].label);
    reply->fed += strlen(reply->passages[passage].label) + 2;
    reply->sentence_from = reply->text.len + reply->piece.len;
    return sx_buf_status(&reply->piece);
}
