/* llm_retrieve and the reading of what it found. */
#include <stddef.h>
#include <string.h>

#include "api/handles.h"
#include "api/ports.h"
#include "platform/utf8.h"

/* A copy in the arena; NULL when the buffer or the arena had no memory. */
static const char *keep(llm_evidence *ev, const sx_buf *text)
{
    return sx_buf_status(text) == LLM_OK ? sx_arena_strndup(&ev->arena, sx_buf_cstr(text), text->len) : NULL;
}

static llm_status fill_rows(llm_evidence *ev, llm_error *err)
{
    sx_mem *mem = ev->arena.mem;
    ev->rows = sx_mem_array(mem, ev->evidence->count + 1, sizeof *ev->rows);
    if (!ev->rows) return sx_fail_memory(err);
    sx_buf text;
    sx_buf_init(&text, mem, 0);
    llm_status status = LLM_OK;
    for (uint32_t i = 0; i < ev->evidence->count && status == LLM_OK; i++) {
        const sx_found *found = &ev->evidence->found[i];
        const sx_node *node = &found->tree->nodes[found->node];
        sx_evidence_row *row = &ev->rows[i];
        sx_buf_clear(&text);
        sx_tree_put_id(found->tree, found->node, &text);
        row->node = keep(ev, &text);
        sx_buf_clear(&text);
        sx_tree_put_path(found->tree, found->node, &text);
        row->path = keep(ev, &text);
        row->text = sx_arena_strndup(&ev->arena, found->tree->text + node->start, node->end - node->start);
        if (!row->node || !row->path || !row->text) status = sx_fail_memory(err);
    }
    sx_buf_free(&text);
    return status;
}

static llm_status retrieve(llm_ctx *ctx, const char *question, size_t len, const llm_retrieve_opts *opts,
                           llm_evidence **out)
{
    llm_error *err = &ctx->err;
    llm_retrieve_opts o;
    llm_status status = sx_opts_read(&o, sizeof o, offsetof(llm_retrieve_opts, judge), opts, "llm_retrieve_opts", err);
    if (status != LLM_OK) return status;
    if (!ctx->corpus) return sx_fail(err, LLM_E_UNSUPPORTED, "the context has no corpus: pass one to llm_ctx_create");
    if (!question && len) return sx_fail(err, LLM_E_INVALID, "question is NULL");
    size_t good = sx_utf8_check(question, len);
    if (good < len) return sx_fail(err, LLM_E_UTF8, "the question is not UTF-8 at byte %zu", good);
    llm_evidence *ev = sx_mem_zalloc(&ctx->h.mem, sizeof *ev);
    if (!ev) return sx_fail_memory(err);
    sx_ctx_ref(ctx);
    ev->ctx = ctx;
    sx_arena_init(&ev->arena, &ctx->h.mem);
    sx_judge_port port;
    status = sx_judge_open(&port, ctx, &o);
    const sx_retrieve_params params = {.top = o.top,
                                       .beam = o.beam,
                                       .doc = o.doc,
                                       .cancel = o.cancel,
                                       .judge = port.judge.judge ? &port.judge : NULL,
                                       .labels = ctx->corpus->labels,
                                       .filter = o.filter};
    if (status == LLM_OK)
        status = sx_retrieve(&ev->evidence, ctx->corpus->corpus, question, len, &params, &ctx->h.mem, err);
    sx_judge_close(&port);
    if (status == LLM_OK) status = fill_rows(ev, err);
    if (status != LLM_OK) {
        llm_evidence_free(ev);
        return status;
    }
    *out = ev;
    return LLM_OK;
}

llm_status llm_retrieve(llm_ctx *ctx, const char *question, size_t len, const llm_retrieve_opts *opts,
                        llm_evidence **out)
{
    if (out) *out = NULL;
    llm_status status = sx_ctx_enter(ctx);
    if (status != LLM_OK) return status;
    status = out ? retrieve(ctx, question, len, opts, out) : sx_fail(&ctx->err, LLM_E_INVALID, "out is NULL");
    return sx_ctx_leave(ctx, status);
}

void llm_evidence_free(llm_evidence *evidence)
{
    if (!evidence || sx_handle_check(&evidence->ctx->h, "context", NULL) != LLM_OK) return;
    llm_ctx *ctx = evidence->ctx;
    sx_evidence_free(evidence->evidence);
    sx_mem_free(&ctx->h.mem, evidence->rows);
    sx_arena_free(&evidence->arena);
    sx_mem_free(&ctx->h.mem, evidence);
    sx_ctx_unref(ctx);
}

uint32_t llm_evidence_count(const llm_evidence *evidence)
{
    return evidence ? evidence->evidence->count : 0;
}

double llm_evidence_confidence(const llm_evidence *evidence)
{
    return evidence ? evidence->evidence->confidence : 0;
}

static const sx_found *found_at(const llm_evidence *evidence, uint32_t i)
{
    return evidence && i < evidence->evidence->count ? &evidence->evidence->found[i] : NULL;
}

static const sx_evidence_row *row_at(const llm_evidence *evidence, uint32_t i)
{
    static const sx_evidence_row none = {"", "", ""};
    return found_at(evidence, i) ? &evidence->rows[i] : &none;
}

const char *llm_evidence_doc(const llm_evidence *evidence, uint32_t i)
{
    const sx_found *found = found_at(evidence, i);
    return found ? found->tree->name : "";
}

const char *llm_evidence_node(const llm_evidence *evidence, uint32_t i)
{
    return row_at(evidence, i)->node;
}

const char *llm_evidence_path(const llm_evidence *evidence, uint32_t i)
{
    return row_at(evidence, i)->path;
}

const char *llm_evidence_text(const llm_evidence *evidence, uint32_t i)
{
    return row_at(evidence, i)->text;
}

uint64_t llm_evidence_start(const llm_evidence *evidence, uint32_t i)
{
    const sx_found *found = found_at(evidence, i);
    return found ? found->tree->nodes[found->node].start : 0;
}

uint64_t llm_evidence_end(const llm_evidence *evidence, uint32_t i)
{
    const sx_found *found = found_at(evidence, i);
    return found ? found->tree->nodes[found->node].end : 0;
}

uint32_t llm_evidence_page(const llm_evidence *evidence, uint32_t i)
{
    const sx_found *found = found_at(evidence, i);
    return found ? sx_tree_page(found->tree, found->tree->nodes[found->node].start) : 0;
}

double llm_evidence_score(const llm_evidence *evidence, uint32_t i)
{
    const sx_found *found = found_at(evidence, i);
    return found ? found->score : 0;
}

/* ---- the scratchpad ---- */

uint32_t llm_trace_count(const llm_evidence *evidence)
{
    return evidence ? evidence->evidence->n_steps : 0;
}

static const sx_step *step_at(const llm_evidence *evidence, uint32_t i)
{
    static const sx_step none = {.doc = "", .node_id = "", .judged = -1, .reason = ""};
    return evidence && i < evidence->evidence->n_steps ? &evidence->evidence->steps[i] : &none;
}

const char *llm_trace_doc(const llm_evidence *evidence, uint32_t i)
{
    return step_at(evidence, i)->doc;
}

const char *llm_trace_node(const llm_evidence *evidence, uint32_t i)
{
    return step_at(evidence, i)->node_id;
}

uint32_t llm_trace_depth(const llm_evidence *evidence, uint32_t i)
{
    return step_at(evidence, i)->depth;
}

uint32_t llm_trace_action(const llm_evidence *evidence, uint32_t i)
{
    return step_at(evidence, i)->action;
}

double llm_trace_score(const llm_evidence *evidence, uint32_t i)
{
    return step_at(evidence, i)->score;
}

double llm_trace_lexical(const llm_evidence *evidence, uint32_t i)
{
    return step_at(evidence, i)->lexical;
}

double llm_trace_judged(const llm_evidence *evidence, uint32_t i)
{
    return step_at(evidence, i)->judged;
}

const char *llm_trace_reason(const llm_evidence *evidence, uint32_t i)
{
    return step_at(evidence, i)->reason;
}
