/* llm_embed and llm_rerank: texts into tokens, and a session of their own for as long as the call lasts. */
#include <string.h>

#include "api/handles.h"

typedef struct job {
    llm_ctx *ctx;
    sx_arena arena;
    sx_embed_text *texts; /* [n] */
    size_t n;
} job;

static const sx_model *model_of(const job *j)
{
    return j->ctx->model->model;
}

/* ---- tokens ---- */

typedef struct ids {
    int32_t *id;
    size_t n;
} ids;

static llm_status tokenize(job *j, const char *text, size_t len, uint32_t flags, ids *out)
{
    llm_error *err = &j->ctx->err;
    sx_mem *mem = &j->ctx->h.mem;
    int64_t n = sx_tokenize(model_of(j), mem, text, len, flags, NULL, 0, err);
    if (n < 0) return (llm_status)n;
    out->id = sx_arena_alloc(&j->arena, ((size_t)n + 1) * sizeof *out->id);
    if (!out->id) return sx_fail_memory(err);
    n = sx_tokenize(model_of(j), mem, text, len, flags, out->id, (size_t)n, err);
    if (n < 0) return (llm_status)n;
    out->n = (size_t)n;
    return LLM_OK;
}

static llm_status set_text(job *j, size_t i, const ids *parts, size_t n_parts, size_t second)
{
    size_t total = 0;
    for (size_t p = 0; p < n_parts; p++) total += parts[p].n;
    if (total > INT32_MAX) return sx_fail(&j->ctx->err, LLM_E_LIMIT, "text %zu has %zu tokens, too many", i, total);
    int32_t *all = sx_arena_alloc(&j->arena, (total + 1) * sizeof *all);
    if (!all) return sx_fail_memory(&j->ctx->err);
    j->texts[i] = (sx_embed_text){all, (uint32_t)total, (uint32_t)(second < total ? second : total)};
    for (size_t p = 0; p < n_parts; p++) {
        memcpy(all, parts[p].id, parts[p].n * sizeof *all);
        all += parts[p].n;
    }
    return LLM_OK;
}

/* ---- the session ---- */

/* As wide as the longest text; batches of an encoder hold every text whole. */
static llm_status run(job *j, const sx_embed_params *how, float *out, const llm_cancel *cancel)
{
    llm_ctx *ctx = j->ctx;
    uint32_t longest = 1, limit = ctx->session_params.n_ctx ? ctx->session_params.n_ctx : sx_model_n_ctx(model_of(j));
    for (size_t i = 0; i < j->n; i++)
        if (j->texts[i].n > longest) longest = j->texts[i].n;
    sx_session_params params = ctx->session_params;
    params.n_ctx = longest < limit ? longest : limit;
    if (sx_model_encodes(model_of(j))) {
        params.n_batch = params.n_ctx;
        params.kv_type = LLM_KV_F32; /* not kept: nothing is saved by less */
    }
    sx_session *session = NULL;
    llm_status status = sx_session_create_reader(&session, &ctx->h.mem, ctx->model->model, &params, &ctx->err);
    if (status == LLM_OK && ctx->n_worn) status = sx_ctx_dress(ctx, session);
    if (status == LLM_OK) status = sx_session_embed(session, j->texts, j->n, how, out, cancel, &ctx->err);
    sx_session_free(session);
    return status;
}

static llm_status begin(job *j, llm_ctx *ctx, const char *const *texts, const size_t *lens, size_t n)
{
    *j = (job){.ctx = ctx, .n = n};
    sx_arena_init(&j->arena, &ctx->h.mem);
    if (!ctx->model)
        return sx_fail(&ctx->err, LLM_E_UNSUPPORTED, "the context has no model: pass one to llm_ctx_create");
    if ((n && (!texts || !lens)) || n > INT32_MAX)
        return sx_fail(&ctx->err, LLM_E_INVALID, "texts or lens is NULL, or there are too many");
    for (size_t i = 0; i < n; i++)
        if (!texts[i] && lens[i]) return sx_fail(&ctx->err, LLM_E_INVALID, "text %zu is NULL", i);
    j->texts = sx_arena_alloc(&j->arena, (n + 1) * sizeof *j->texts);
    return j->texts ? LLM_OK : sx_fail_memory(&ctx->err);
}

/* ---- llm_embed ---- */

static llm_status embed(job *j, const char *const *texts, const size_t *lens, const llm_embed_opts *opts, float *out,
                        size_t out_len)
{
    llm_error *err = &j->ctx->err;
    llm_embed_opts o;
    llm_status status = sx_opts_read(&o, sizeof o, sizeof o, opts, "llm_embed_opts", err);
    if (status == LLM_OK && (o.pooling > LLM_POOL_NONE || (!out && out_len)))
        status = sx_fail(err, LLM_E_INVALID, "pooling %u is not one of LLM_POOL_*, or out is NULL", o.pooling);
    size_t rows = o.pooling == LLM_POOL_NONE ? 0 : j->n, width = sx_model_n_embd(model_of(j));
    for (size_t i = 0; i < j->n && status == LLM_OK; i++) {
        ids all;
        status = tokenize(j, texts[i], lens[i], LLM_TOK_SPECIAL, &all);
        if (status == LLM_OK) status = set_text(j, i, &all, 1, all.n);
        if (status == LLM_OK && o.pooling == LLM_POOL_NONE) rows += j->texts[i].n;
    }
    if (status == LLM_OK && out_len / width < rows)
        status = sx_fail(err, LLM_E_INVALID, "out holds %zu floats; %zu rows of %zu are needed", out_len, rows, width);
    if (status != LLM_OK) return status;
    const sx_embed_params how = {.pooling = o.pooling ? o.pooling : sx_model_pooling(model_of(j)),
                                 .normalise = (o.flags & LLM_EMBED_NORMALISE) != 0};
    return run(j, &how, out, o.cancel);
}

llm_status llm_embed(llm_ctx *ctx, const char *const *texts, const size_t *lens, size_t n, const llm_embed_opts *opts,
                     float *out, size_t out_len)
{
    job j;
    llm_status status = sx_ctx_enter(ctx);
    if (status != LLM_OK) return status;
    status = begin(&j, ctx, texts, lens, n);
    if (status == LLM_OK) status = embed(&j, texts, lens, opts, out, out_len);
    sx_arena_free(&j.arena);
    return sx_ctx_leave(ctx, status);
}

/* ---- llm_rerank ---- */

/* A query and a document as sentence pairs are read: [CLS] query [SEP] document [SEP], or with two marks between. */
static llm_status pair(job *j, size_t i, const ids *query, const ids *document)
{
    const char *kind = sx_model_info(model_of(j), "tokenizer.ggml.model");
    int32_t end = sx_model_token(model_of(j), "sep");
    if (end < 0) end = sx_model_token(model_of(j), "eos");
    bool one = kind && strcmp(kind, "bert") == 0;
    ids mark = {&end, end >= 0 ? 1 : 0}, between = {&end, one || end < 0 ? 0 : 1};
    const ids parts[] = {*query, between, *document, mark};
    return set_text(j, i, parts, 4, query->n + between.n);
}

static bool same(const ids *a, const ids *b)
{
    return a->n == b->n && memcmp(a->id, b->id, a->n * sizeof *a->id) == 0;
}

/* The model's own frame around both. It is tokenized whole, so that words at its seams are words, unless a text spells special
 * tokens: then each part by itself, the texts as plain text. */
static llm_status framed(job *j, size_t i, const char *frame, const char *const text[2], const size_t len[2])
{
    static const char *const marks[2] = {"{query}", "{document}"};
    const char *at[2] = {strstr(frame, marks[0]), strstr(frame, marks[1])};
    if (!at[0] || !at[1] || at[0] > at[1])
        return sx_fail(&j->ctx->err, LLM_E_FORMAT, "the model's rerank template does not hold {query} and {document}");
    const char *rest[2] = {at[0] + strlen(marks[0]), at[1] + strlen(marks[1])};
    ids plain[2], parsed[2], parts[5];
    llm_status status = LLM_OK;
    for (int t = 0; t < 2 && status == LLM_OK; t++) {
        status = tokenize(j, text[t], len[t], 0, &plain[t]);
        if (status == LLM_OK) status = tokenize(j, text[t], len[t], LLM_TOK_PARSE, &parsed[t]);
    }
    if (status != LLM_OK) return status;
    if (!same(&plain[0], &parsed[0]) || !same(&plain[1], &parsed[1])) {
        status = tokenize(j, frame, (size_t)(at[0] - frame), LLM_TOK_PARSE, &parts[0]);
        if (status == LLM_OK) status = tokenize(j, rest[0], (size_t)(at[1] - rest[0]), LLM_TOK_PARSE, &parts[2]);
        if (status == LLM_OK) status = tokenize(j, rest[1], strlen(rest[1]), LLM_TOK_PARSE, &parts[4]);
        parts[1] = plain[0];
        parts[3] = plain[1];
        return status == LLM_OK ? set_text(j, i, parts, 5, SIZE_MAX) : status;
    }
    sx_buf whole;
    sx_buf_init(&whole, &j->ctx->h.mem, 0);
    sx_buf_add(&whole, frame, (size_t)(at[0] - frame));
    sx_buf_add(&whole, text[0], len[0]);
    sx_buf_add(&whole, rest[0], (size_t)(at[1] - rest[0]));
    sx_buf_add(&whole, text[1], len[1]);
    sx_buf_str(&whole, rest[1]);
    status = sx_buf_status(&whole) == LLM_OK ? tokenize(j, whole.data, whole.len, LLM_TOK_PARSE, &parts[0])
                                             : sx_fail_memory(&j->ctx->err);
    sx_buf_free(&whole);
    return status == LLM_OK ? set_text(j, i, parts, 1, SIZE_MAX) : status;
}

static llm_status rerank(job *j, const char *query, size_t len, const char *const *documents, const size_t *lens,
                         float *scores, const llm_cancel *cancel)
{
    llm_error *err = &j->ctx->err;
    if ((!query && len) || (!scores && j->n)) return sx_fail(err, LLM_E_INVALID, "query or scores is NULL");
    if (!sx_model_ranks(model_of(j)))
        return sx_fail(err, LLM_E_UNSUPPORTED,
                       "this model has no classification head (tensors cls and cls.output); use a reranking model");
    const char *frame = sx_model_info(model_of(j), "tokenizer.chat_template.rerank");
    ids asked;
    llm_status status = tokenize(j, query, len, LLM_TOK_SPECIAL, &asked);
    for (size_t i = 0; i < j->n && status == LLM_OK; i++) {
        ids document;
        if (frame) {
            status = framed(j, i, frame, (const char *const[]){query, documents[i]}, (const size_t[]){len, lens[i]});
            continue;
        }
        status = tokenize(j, documents[i], lens[i], 0, &document);
        if (status == LLM_OK) status = pair(j, i, &asked, &document);
    }
    if (status != LLM_OK) return status;
    const sx_embed_params how = {.pooling = sx_model_encodes(model_of(j)) ? LLM_POOL_CLS : LLM_POOL_LAST, .rank = true};
    return run(j, &how, scores, cancel);
}

llm_status llm_rerank(llm_ctx *ctx, const char *query, size_t len, const char *const *documents, const size_t *lens,
                      size_t n, float *scores, const llm_cancel *cancel)
{
    job j;
    llm_status status = sx_ctx_enter(ctx);
    if (status != LLM_OK) return status;
    status = begin(&j, ctx, documents, lens, n);
    if (status == LLM_OK) status = rerank(&j, query, len, documents, lens, scores, cancel);
    sx_arena_free(&j.arena);
    return sx_ctx_leave(ctx, status);
}
