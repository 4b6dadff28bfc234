/* llm_score: how likely given texts are. Texts are tokenized whole, prompt and all, so that a word that runs over the border
 * is one word; what all of them begin with is read once, and not at all where the context holds it already. */
#include <math.h>
#include <string.h>

#include "api/handles.h"

enum { MAX_TOP = 256 };

typedef struct text_tokens {
    int32_t *ids; /* [n] of prompt and text together */
    size_t n;
    size_t split; /* tokens before it belong to what is given; at least 1 */
} text_tokens;

struct llm_scores {
    llm_ctx *ctx; /* a reference */
    sx_arena arena;
    uint32_t count, top;
    sx_score_item *items; /* [count] */
    double *sums;         /* [count] */
};

typedef struct job {
    llm_ctx *ctx;
    sx_session *session;
    llm_scores *scores;
    text_tokens *texts; /* [count] */
    const llm_cancel *cancel;
} job;

/* ---- tokens ---- */

/* Ids of a text in the arena, without the tokens that end one. */
static llm_status tokenize(job *j, const sx_buf *text, uint32_t flags, int32_t **ids, size_t *n)
{
    llm_ctx *ctx = j->ctx;
    const sx_model *model = ctx->model->model;
    if (sx_buf_status(text) != LLM_OK) return sx_fail_memory(&ctx->err);
    const char *s = sx_buf_cstr(text);
    int64_t count = sx_tokenize(model, &ctx->h.mem, s, text->len, flags, NULL, 0, &ctx->err);
    if (count < 0) return (llm_status)count;
    *ids = sx_arena_alloc(&j->scores->arena, ((size_t)count + 1) * sizeof **ids);
    if (!*ids) return sx_fail_memory(&ctx->err);
    count = sx_tokenize(model, &ctx->h.mem, s, text->len, flags, *ids, (size_t)count, &ctx->err);
    if (count < 0) return (llm_status)count;
    *n = (size_t)count;
    bool closed = flags == LLM_TOK_SPECIAL;
    while (closed && *n > 1 && sx_token_ends(model, (*ids)[*n - 1])) (*n)--;
    return LLM_OK;
}

static size_t common(const int32_t *a, size_t n_a, const int32_t *b, size_t n_b)
{
    size_t n = n_a < n_b ? n_a : n_b, i = 0;
    while (i < n && a[i] == b[i]) i++;
    return i;
}

typedef struct request {
    const char *prompt;
    size_t len;
    const char *const *texts;
    const size_t *lens;
    const uint64_t *given;
    uint32_t flags;
} request;

static llm_status tokens_of(job *j, const request *r, uint32_t i, sx_buf *text)
{
    text_tokens *t = &j->texts[i];
    size_t given = r->given ? (size_t)r->given[i] : 0, n_before;
    int32_t *before;
    if ((!r->texts[i] && r->lens[i]) || given > r->lens[i])
        return sx_fail(&j->ctx->err, LLM_E_INVALID, "text %u is NULL, or more of it is given than its %zu bytes", i,
                       r->lens[i]);
    sx_buf_clear(text);
    sx_buf_add(text, r->prompt, r->len);
    sx_buf_add(text, r->texts[i], given);
    llm_status status = tokenize(j, text, r->flags, &before, &n_before);
    if (status != LLM_OK) return status;
    sx_buf_add(text, r->texts[i] + given, r->lens[i] - given);
    status = tokenize(j, text, r->flags, &t->ids, &t->n);
    if (status != LLM_OK) return status;
    t->split = common(before, n_before, t->ids, t->n);
    if (t->split == 0) t->split = 1; /* the first token of all has nothing before it */
    return LLM_OK;
}

/* ---- the work ---- */

/* How many tokens all texts share that have something to score; none of them reaches past a split. */
static size_t shared_tokens(const job *j)
{
    const text_tokens *first = NULL;
    size_t n = 0;
    for (uint32_t i = 0; i < j->scores->count; i++) {
        const text_tokens *t = &j->texts[i];
        if (t->split >= t->n) continue;
        size_t same = first ? common(first->ids, n, t->ids, t->n) : t->split;
        first = first ? first : t;
        n = same < t->split ? same : t->split;
    }
    return n;
}

static llm_status make_room(job *j, size_t shared)
{
    llm_scores *s = j->scores;
    for (uint32_t i = 0; i < s->count; i++) {
        const text_tokens *t = &j->texts[i];
        sx_score_item *item = &s->items[i];
        if (t->split >= t->n) continue;
        *item = (sx_score_item){.tokens = t->ids + shared, .n = t->n - shared, .from = t->split - shared};
        size_t scored = t->n - t->split;
        item->logprob = sx_arena_alloc(&s->arena, scored * sizeof *item->logprob);
        item->top = s->top ? sx_arena_alloc(&s->arena, scored * s->top * sizeof *item->top) : NULL;
        item->top_logprob = s->top ? sx_arena_alloc(&s->arena, scored * s->top * sizeof *item->top_logprob) : NULL;
        if (!item->logprob || (s->top && (!item->top || !item->top_logprob))) return sx_fail_memory(&j->ctx->err);
    }
    return LLM_OK;
}

/* The shared tokens that the context holds are not read again, but for the last, which speaks of what follows. */
static llm_status score_all(job *j)
{
    llm_ctx *ctx = j->ctx;
    llm_scores *s = j->scores;
    size_t shared = shared_tokens(j);
    llm_status status = make_room(j, shared);
    if (status != LLM_OK) return status;
    const int32_t *prefix = NULL;
    for (uint32_t i = 0; i < s->count && !prefix; i++)
        if (s->items[i].n) prefix = j->texts[i].ids;
    if (!prefix) return LLM_OK;
    size_t same = sx_session_reuse(j->session, prefix, shared);
    status = sx_session_score(j->session, prefix + same, shared - same, s->items, s->count, s->top, j->cancel,
                              &ctx->err);
    if (status != LLM_OK) return status;
    for (uint32_t i = 0; i < s->count; i++)
        for (size_t k = s->items[i].from; k < s->items[i].n; k++)
            s->sums[i] += s->items[i].logprob[k - s->items[i].from];
    return LLM_OK;
}

/* ---- the calls ---- */

static llm_status begin(job *j, llm_ctx *ctx, size_t count, uint32_t top, llm_scores **out)
{
    if (ctx->active)
        return sx_fail(&ctx->err, LLM_E_BUSY, "a reply is being made in this context; finish or free it first");
    if (!out || count > INT32_MAX || top > MAX_TOP)
        return sx_fail(&ctx->err, LLM_E_INVALID, "out is NULL, or there are too many texts, or top is above %d",
                       MAX_TOP);
    *out = NULL;
    llm_status status = sx_ctx_session(ctx, &j->session);
    if (status != LLM_OK) return status;
    llm_scores *s = sx_mem_zalloc(&ctx->h.mem, sizeof *s);
    if (!s) return sx_fail_memory(&ctx->err);
    sx_ctx_ref(ctx);
    s->ctx = ctx;
    s->count = (uint32_t)count;
    s->top = top;
    sx_arena_init(&s->arena, &ctx->h.mem);
    j->ctx = ctx;
    j->scores = s;
    s->items = sx_arena_alloc(&s->arena, (count + 1) * sizeof *s->items);
    s->sums = sx_arena_alloc(&s->arena, (count + 1) * sizeof *s->sums);
    j->texts = sx_arena_alloc(&s->arena, (count + 1) * sizeof *j->texts);
    return s->items && s->sums && j->texts ? LLM_OK : sx_fail_memory(&ctx->err);
}

static llm_status finish(job *j, llm_status status, llm_scores **out)
{
    if (status == LLM_OK)
        *out = j->scores;
    else
        llm_scores_free(j->scores);
    return status;
}

static llm_status score(llm_ctx *ctx, request *r, size_t n, const llm_score_opts *opts, llm_scores **out)
{
    job j = {0};
    llm_score_opts o;
    llm_status status = sx_opts_read(&o, sizeof o, sizeof o, opts, "llm_score_opts", &ctx->err);
    if (status == LLM_OK && ((!r->prompt && r->len) || (n && (!r->texts || !r->lens))))
        status = sx_fail(&ctx->err, LLM_E_INVALID, "prompt, texts or lens is NULL");
    if (status == LLM_OK) status = begin(&j, ctx, n, o.top, out);
    r->given = o.given;
    r->flags = (o.flags & LLM_SCORE_NO_BOS ? 0 : LLM_TOK_SPECIAL) |
               (o.flags & LLM_SCORE_PARSE_SPECIAL ? LLM_TOK_PARSE : 0);
    sx_buf text;
    sx_buf_init(&text, &ctx->h.mem, 0);
    for (uint32_t i = 0; status == LLM_OK && i < n; i++) status = tokens_of(&j, r, i, &text);
    sx_buf_free(&text);
    j.cancel = o.cancel;
    if (status == LLM_OK) status = score_all(&j);
    return j.scores ? finish(&j, status, out) : status;
}

llm_status llm_score(llm_ctx *ctx, const char *prompt, size_t len, const char *const *texts, const size_t *lens,
                     size_t n, const llm_score_opts *opts, llm_scores **out)
{
    llm_status status = sx_ctx_enter(ctx);
    if (status != LLM_OK) return status;
    request r = {.prompt = prompt, .len = len, .texts = texts, .lens = lens};
    return sx_ctx_leave(ctx, score(ctx, &r, n, opts, out));
}

static llm_status score_tokens(llm_ctx *ctx, const int32_t *tokens, size_t n, size_t from, const llm_score_opts *opts,
                               llm_scores **out)
{
    job j = {0};
    llm_score_opts o;
    llm_status status = sx_opts_read(&o, sizeof o, sizeof o, opts, "llm_score_opts", &ctx->err);
    if (status == LLM_OK && !tokens && n) status = sx_fail(&ctx->err, LLM_E_INVALID, "tokens is NULL");
    if (status == LLM_OK) status = begin(&j, ctx, 1, o.top, out);
    if (!j.scores) return status;
    text_tokens *t = j.texts;
    if (status == LLM_OK && !(t->ids = sx_arena_alloc(&j.scores->arena, (n + 1) * sizeof *t->ids)))
        status = sx_fail_memory(&ctx->err);
    if (status == LLM_OK) {
        if (n) memcpy(t->ids, tokens, n * sizeof *tokens);
        t->n = n;
        t->split = from ? from : 1;
        j.cancel = o.cancel;
        status = score_all(&j);
    }
    return finish(&j, status, out);
}

llm_status llm_score_tokens(llm_ctx *ctx, const int32_t *tokens, size_t n, size_t from, const llm_score_opts *opts,
                            llm_scores **out)
{
    llm_status status = sx_ctx_enter(ctx);
    if (status != LLM_OK) return status;
    return sx_ctx_leave(ctx, score_tokens(ctx, tokens, n, from, opts, out));
}

/* ---- what matters ---- */

static llm_status imatrix(llm_ctx *ctx, const char *text, size_t len, const char *name, const char *out,
                          const llm_cancel *cancel)
{
    sx_session *session = NULL;
    int32_t *ids = NULL;
    if (ctx->active)
        return sx_fail(&ctx->err, LLM_E_BUSY, "a reply is being made in this context; finish or free it first");
    if ((!text && len) || !out) return sx_fail(&ctx->err, LLM_E_INVALID, "text or out is NULL");
    llm_status status = sx_ctx_session(ctx, &session);
    if (status != LLM_OK) return status;
    const sx_model *model = ctx->model->model;
    int64_t n = sx_tokenize(model, &ctx->h.mem, text, len, LLM_TOK_SPECIAL, NULL, 0, &ctx->err);
    if (n >= 0) ids = sx_mem_array(&ctx->h.mem, (size_t)n + 1, sizeof *ids);
    if (n >= 0 && !ids) return sx_fail_memory(&ctx->err);
    if (n > 0) n = sx_tokenize(model, &ctx->h.mem, text, len, LLM_TOK_SPECIAL, ids, (size_t)n, &ctx->err);
    if (n < 0)
        status = (llm_status)n;
    else
        status = sx_session_imatrix(session, ids, (size_t)n, name ? name : "", out, cancel, &ctx->err);
    sx_mem_free(&ctx->h.mem, ids);
    return status;
}

llm_status llm_imatrix(llm_ctx *ctx, const char *text, size_t len, const char *name, const char *out,
                       const llm_cancel *cancel)
{
    llm_status status = sx_ctx_enter(ctx);
    if (status != LLM_OK) return status;
    return sx_ctx_leave(ctx, imatrix(ctx, text, len, name, out, cancel));
}

/* ---- reading ---- */

void llm_scores_free(llm_scores *scores)
{
    if (!scores || sx_handle_check(&scores->ctx->h, "context", NULL) != LLM_OK) return;
    llm_ctx *ctx = scores->ctx;
    sx_arena_free(&scores->arena);
    sx_mem_free(&ctx->h.mem, scores);
    sx_ctx_unref(ctx);
}

uint32_t llm_scores_count(const llm_scores *scores)
{
    return scores ? scores->count : 0;
}

static const sx_score_item *item_of(const llm_scores *scores, uint32_t i)
{
    return scores && i < scores->count ? &scores->items[i] : NULL;
}

uint32_t llm_scores_tokens(const llm_scores *scores, uint32_t i)
{
    const sx_score_item *item = item_of(scores, i);
    return item ? (uint32_t)(item->n - item->from) : 0;
}

double llm_scores_sum(const llm_scores *scores, uint32_t i)
{
    return item_of(scores, i) ? scores->sums[i] : 0.0;
}

int32_t llm_scores_token(const llm_scores *scores, uint32_t i, uint32_t t)
{
    const sx_score_item *item = item_of(scores, i);
    return t < llm_scores_tokens(scores, i) ? item->tokens[item->from + t] : -1;
}

double llm_scores_logprob(const llm_scores *scores, uint32_t i, uint32_t t)
{
    return t < llm_scores_tokens(scores, i) ? item_of(scores, i)->logprob[t] : 0.0;
}

int32_t llm_scores_top_token(const llm_scores *scores, uint32_t i, uint32_t t, uint32_t k)
{
    bool there = t < llm_scores_tokens(scores, i) && k < scores->top;
    return there ? item_of(scores, i)->top[(size_t)t * scores->top + k] : -1;
}

double llm_scores_top_logprob(const llm_scores *scores, uint32_t i, uint32_t t, uint32_t k)
{
    bool there = t < llm_scores_tokens(scores, i) && k < scores->top;
    return there ? (double)item_of(scores, i)->top_logprob[(size_t)t * scores->top + k] : (double)-INFINITY;
}
