/* Grounding: evidence becomes labelled, guarded passages, and a question becomes a prompt over those that fit. */
#include <stdio.h>
#include <string.h>

#include "api/reply.h"

static bool one_document(const llm_evidence *evidence)
{
    for (uint32_t i = 1; i < evidence->evidence->count; i++)
        if (strcmp(llm_evidence_doc(evidence, i), llm_evidence_doc(evidence, 0)) != 0) return false;
    return true;
}

/* "0.3.1" in one document; "name#0.3.1" in several; a name that would break the brackets gives way to a number. */
static const char *make_label(llm_reply *reply, const llm_evidence *evidence, uint32_t i, bool single)
{
    const char *node = llm_evidence_node(evidence, i), *doc = llm_evidence_doc(evidence, i);
    if (single) return sx_arena_strndup(&reply->arena, node, strlen(node));
    sx_buf label;
    sx_buf_init(&label, &reply->ctx->h.mem, 0);
    uint32_t first = 0;
    while (strcmp(llm_evidence_doc(evidence, first), doc) != 0) first++;
    if (strpbrk(doc, "[]\n\r"))
        sx_buf_printf(&label, "#%u#%s", first + 1, node);
    else
        sx_buf_printf(&label, "%s#%s", doc, node);
    const char *copy = sx_buf_status(&label) == LLM_OK ? sx_arena_strndup(&reply->arena, sx_buf_cstr(&label), label.len)
                                                       : NULL;
    sx_buf_free(&label);
    return copy;
}

static llm_status guard_passage(llm_reply *reply, sx_passage *passage, const char *text, size_t len)
{
    llm_ctx *ctx = reply->ctx;
    sx_buf kept;
    sx_buf_init(&kept, &ctx->h.mem, 0);
    llm_status status = LLM_OK;
    llm_verdict seen;
    sx_verdict_init(&seen, &ctx->h.mem);
    if (reply->guarded) {
        const sx_check_params params = {LLM_DIR_EVIDENCE, NULL, 0, reply->opts.cancel};
        status = sx_guard_run(ctx, &params, text, len, passage->start, &seen, &kept, &ctx->err);
    } else {
        sx_buf_add(&kept, text, len);
    }
    if (status == LLM_OK) status = sx_buf_status(&kept);
    llm_verdict *all = &reply->verdicts[1];
    if (status == LLM_OK && seen.count &&
        sx_mem_grow(all->mem, (void **)&all->findings, &all->cap, all->count + seen.count, sizeof *all->findings))
        status = sx_fail_memory(&ctx->err);
    if (status == LLM_OK) {
        if (seen.count) memcpy(all->findings + all->count, seen.findings, seen.count * sizeof *seen.findings);
        all->count += seen.count;
        if (seen.action > all->action) all->action = seen.action;
        if (seen.action != LLM_VERDICT_BLOCK) {
            passage->text = sx_arena_strndup(&reply->arena, sx_buf_cstr(&kept), kept.len);
            passage->text_len = kept.len;
            if (!passage->text) status = sx_fail_memory(&ctx->err);
        }
    }
    sx_verdict_clear(&seen);
    sx_buf_free(&kept);
    return status;
}

llm_status sx_ground_passages(llm_reply *reply, const llm_evidence *evidence)
{
    llm_ctx *ctx = reply->ctx;
    uint32_t count = evidence->evidence->count;
    reply->passages = sx_mem_array(&ctx->h.mem, count + 1, sizeof *reply->passages);
    if (!reply->passages) return sx_fail_memory(&ctx->err);
    bool single = one_document(evidence);
    for (uint32_t i = 0; i < count; i++) {
        sx_passage *p = &reply->passages[i];
        const char *node = llm_evidence_node(evidence, i), *doc = llm_evidence_doc(evidence, i);
        const char *path = llm_evidence_path(evidence, i);
        p->label = make_label(reply, evidence, i, single);
        p->node = sx_arena_strndup(&reply->arena, node, strlen(node));
        p->doc = sx_arena_strndup(&reply->arena, doc, strlen(doc));
        p->path = sx_arena_strndup(&reply->arena, path, strlen(path));
        p->start = llm_evidence_start(evidence, i);
        p->end = llm_evidence_end(evidence, i);
        p->page = llm_evidence_page(evidence, i);
        if (!p->label || !p->node || !p->doc || !p->path) return sx_fail_memory(&ctx->err);
        llm_status status = guard_passage(reply, p, llm_evidence_text(evidence, i), (size_t)(p->end - p->start));
        if (status != LLM_OK) return status;
        reply->n_passages++;
    }
    return LLM_OK;
}

/* ---- the prompt ---- */

static const char HEAD[] =
    "Answer the question with the passages below. After each sentence write the id of the passage that "
    "supports it in square brackets. If the passages do not hold the answer, say so.\n\n";

static void put_prompt(const llm_reply *reply, const bool *use, const char *question, sx_buf *out)
{
    sx_buf_str(out, HEAD);
    for (uint32_t i = 0; i < reply->n_passages; i++) {
        const sx_passage *p = &reply->passages[i];
        if (!use[i]) continue;
        sx_buf_printf(out, "[%s] ", p->label);
        if (*p->path) sx_buf_printf(out, "%s: ", p->path);
        sx_buf_add(out, p->text, p->text_len);
        sx_buf_str(out, "\n\n");
    }
    sx_buf_printf(out, reply->framed ? "Question: %s" : "Question: %s\nAnswer:", question);
}

static int64_t count_tokens(llm_reply *reply, const char *text, size_t len)
{
    llm_ctx *ctx = reply->ctx;
    return sx_tokenize(ctx->model->model, &ctx->h.mem, text, len, LLM_TOK_SPECIAL, NULL, 0, &ctx->err);
}

static int64_t frame_tokens(llm_reply *reply)
{
    int64_t head = count_tokens(reply, sx_buf_cstr(&reply->frame_head), reply->frame_head.len);
    int64_t tail = count_tokens(reply, sx_buf_cstr(&reply->frame_tail), reply->frame_tail.len);
    return head < 0 ? head : tail < 0 ? tail : head + tail;
}

/* Passages are tried best first; each stays if the whole prompt and the answer still fit the window. */
static llm_status choose(llm_reply *reply, bool *use, int64_t room, sx_buf *prompt)
{
    sx_buf tried;
    sx_buf_init(&tried, &reply->ctx->h.mem, 0);
    llm_status status = LLM_OK;
    uint32_t chosen = 0;
    for (uint32_t i = 0; i < reply->n_passages && status == LLM_OK; i++) {
        if (!reply->passages[i].text) continue;
        use[i] = true;
        sx_buf_clear(&tried);
        put_prompt(reply, use, sx_buf_cstr(&reply->prompt), &tried);
        status = sx_buf_status(&tried);
        int64_t n = status == LLM_OK ? count_tokens(reply, tried.data, tried.len) : 0;
        if (n < 0) status = (llm_status)n;
        if (n > room) use[i] = false;
        if (status != LLM_OK || n > room) continue;
        chosen++;
        sx_buf_clear(prompt);
        sx_buf_add(prompt, tried.data, tried.len);
        status = sx_buf_status(prompt);
    }
    sx_buf_free(&tried);
    if (status == LLM_OK && chosen == 0)
        status = sx_fail(&reply->ctx->err, LLM_E_LIMIT,
                         "the shortest passage, the question and %u tokens of answer do not fit the context window: "
                         "raise n_ctx, or lower max_tokens",
                         reply->opts.max_tokens);
    return status;
}

llm_status sx_ground_prompt(llm_reply *reply)
{
    llm_ctx *ctx = reply->ctx;
    sx_session *session = NULL;
    llm_status status = sx_ctx_session(ctx, &session);
    if (status != LLM_OK) return status;
    bool *use = sx_mem_array(&ctx->h.mem, reply->n_passages + 1, sizeof *use);
    const char **labels = sx_mem_array(&ctx->h.mem, reply->n_passages + 1, sizeof *labels);
    sx_buf prompt;
    sx_buf_init(&prompt, &ctx->h.mem, 0);
    if (!use || !labels) status = sx_fail_memory(&ctx->err);
    if (status == LLM_OK) status = sx_frame_prepare(reply);
    int64_t around = status == LLM_OK && reply->framed ? frame_tokens(reply) : 0;
    if (around < 0) status = (llm_status)around;
    if (status == LLM_OK)
        status = choose(reply, use, (int64_t)sx_session_n_ctx(session) - reply->opts.max_tokens - around, &prompt);
    uint32_t n = 0;
    for (uint32_t i = 0; status == LLM_OK && i < reply->n_passages; i++)
        if (use[i]) labels[n++] = reply->passages[i].label;
    if (status == LLM_OK) status = sx_cite_create(&reply->cite, &ctx->h.mem, labels, n, &ctx->err);
    if (status == LLM_OK) {
        sx_buf_free(&reply->prompt);
        reply->prompt = prompt;
    } else {
        sx_buf_free(&prompt);
    }
    sx_mem_free(&ctx->h.mem, labels);
    sx_mem_free(&ctx->h.mem, use);
    return status;
}
