/* The reading of a reply. */
#include "api/reply.h"

const char *llm_reply_piece(const llm_reply *reply)
{
    return reply && reply->piece_given ? sx_buf_cstr(&reply->piece) : "";
}

size_t llm_reply_piece_len(const llm_reply *reply)
{
    return reply && reply->piece_given ? reply->piece.len : 0;
}

const char *llm_reply_text(const llm_reply *reply)
{
    return reply ? sx_buf_cstr(&reply->text) : "";
}

size_t llm_reply_text_len(const llm_reply *reply)
{
    return reply ? reply->text.len : 0;
}

uint32_t llm_reply_finish(const llm_reply *reply)
{
    return reply && reply->done ? reply->finish : LLM_FINISH_NONE;
}

uint32_t llm_reply_prompt_tokens(const llm_reply *reply)
{
    return reply ? (uint32_t)reply->n_prompt_tokens : 0;
}

uint32_t llm_reply_output_tokens(const llm_reply *reply)
{
    return reply ? (uint32_t)reply->n_out_tokens : 0;
}

uint32_t llm_reply_steps(const llm_reply *reply)
{
    return reply ? reply->steps : 0;
}

double llm_reply_prompt_ms(const llm_reply *reply)
{
    return reply ? reply->prompt_ms : 0;
}

double llm_reply_output_ms(const llm_reply *reply)
{
    return reply ? reply->output_ms : 0;
}

int32_t llm_reply_token(const llm_reply *reply, uint32_t i)
{
    return reply && i < reply->n_out_tokens ? reply->out_tokens[i] : -1;
}

double llm_reply_logprob(const llm_reply *reply, uint32_t i)
{
    return reply && reply->logprobs && i < reply->n_out_tokens ? reply->logprobs[i] : 0;
}

static bool has_top(const llm_reply *reply, uint32_t i, uint32_t k)
{
    return reply && reply->top_tokens && i < reply->n_out_tokens && k < reply->opts.logprobs;
}

int32_t llm_reply_top_token(const llm_reply *reply, uint32_t i, uint32_t k)
{
    return has_top(reply, i, k) ? reply->top_tokens[(size_t)i * reply->opts.logprobs + k] : -1;
}

double llm_reply_top_logprob(const llm_reply *reply, uint32_t i, uint32_t k)
{
    return has_top(reply, i, k) ? (double)reply->top_logprobs[(size_t)i * reply->opts.logprobs + k] : 0;
}

uint32_t llm_reply_citation_count(const llm_reply *reply)
{
    return reply ? (uint32_t)reply->n_citations : 0;
}

static const sx_citation *citation_at(const llm_reply *reply, uint32_t i)
{
    static const sx_citation none = {.text = ""};
    return reply && i < reply->n_citations ? &reply->citations[i] : &none;
}

static const sx_passage *passage_of(const llm_reply *reply, uint32_t i)
{
    static const sx_passage none = {.label = "", .node = "", .doc = "", .path = "", .text = ""};
    return reply && i < reply->n_citations ? &reply->passages[reply->citations[i].passage] : &none;
}

const char *llm_reply_citation_node(const llm_reply *reply, uint32_t i)
{
    return passage_of(reply, i)->node;
}

const char *llm_reply_citation_doc(const llm_reply *reply, uint32_t i)
{
    return passage_of(reply, i)->doc;
}

const char *llm_reply_citation_path(const llm_reply *reply, uint32_t i)
{
    return passage_of(reply, i)->path;
}

const char *llm_reply_citation_text(const llm_reply *reply, uint32_t i)
{
    return citation_at(reply, i)->text;
}

uint64_t llm_reply_citation_start(const llm_reply *reply, uint32_t i)
{
    return citation_at(reply, i)->start;
}

uint64_t llm_reply_citation_end(const llm_reply *reply, uint32_t i)
{
    return citation_at(reply, i)->end;
}

double llm_reply_citation_support(const llm_reply *reply, uint32_t i)
{
    return citation_at(reply, i)->support;
}

uint32_t llm_reply_citation_page(const llm_reply *reply, uint32_t i)
{
    return passage_of(reply, i)->page;
}

const llm_verdict *llm_reply_verdict(const llm_reply *reply, uint32_t direction)
{
    if (!reply || !reply->guarded) return NULL;
    switch (direction) {
    case LLM_DIR_INPUT: return &reply->verdicts[0];
    case LLM_DIR_EVIDENCE: return reply->grounded ? &reply->verdicts[1] : NULL;
    case LLM_DIR_OUTPUT: return &reply->verdicts[2];
    default: return NULL;
    }
}
