#include "api/ports.h"

#include <math.h>
#include <string.h>

static const double weight_default = 0.6;

/* ---- a host's function ---- */

/* The columns of a batch, in one block of doubles and pointers. */
static llm_status ask_host(void *user, sx_judge_request *r, llm_error *err)
{
    sx_judge_port *port = user;
    sx_arena arena;
    sx_arena_init(&arena, &port->ctx->h.mem);
    const char **names = sx_arena_alloc(&arena, 3u * r->n * sizeof *names);
    double *lexical = sx_arena_alloc(&arena, r->n * sizeof *lexical);
    char *question = sx_arena_strndup(&arena, r->question, r->len);
    llm_status status = names && lexical && question ? LLM_OK : sx_fail_memory(err);
    for (uint32_t i = 0; i < r->n && status == LLM_OK; i++) {
        names[i] = r->cards[i].doc;
        names[r->n + i] = r->cards[i].node;
        names[2 * r->n + i] = r->cards[i].text;
        lexical[i] = r->cards[i].lexical;
    }
    if (status == LLM_OK) {
        llm_judge_batch batch = {.struct_size = sizeof batch,
                                 .count = r->n,
                                 .question = question,
                                 .docs = names,
                                 .nodes = names + r->n,
                                 .texts = names + 2 * r->n,
                                 .lexical = lexical,
                                 .scores = r->scores,
                                 .tokens_left = r->tokens_left,
                                 .ms_left = r->ms_left,
                                 .cancel = r->cancel};
        status = port->fn(port->user, &batch);
        r->tokens = batch.tokens_used;
        if (status < 0) sx_fail(err, status, "the judge ended the retrieval with %s", llm_status_name(status));
        if (status > 0) status = LLM_OK;
    }
    sx_arena_free(&arena);
    return status;
}

/* ---- the context's model ---- */

/* A card is worth what it adds to the likelihood of the question: the mean logarithm of its tokens behind the card, less the
 * same without one, so that neither long questions nor likely ones are favoured. Nothing is generated. All cards of a batch
 * follow the one instruction, which is read once. */
static const char instruction[] = "Each passage below is followed by a question that it answers.\n\nPassage: ";
static const char before_question[] = "\nQuestion: ";
static const double gain_scale = 4; /* a gain of half a nat per token is a clear yes */
enum { JUDGE_CTX = 2048, CARD_TOKENS = 512, QUESTION_TOKENS = 256 };

typedef struct token_run {
    int32_t *ids;
    size_t n;
} token_run;

static llm_status tokenize(const sx_judge_port *port, sx_arena *arena, const char *text, size_t len, uint32_t flags,
                           token_run *out, llm_error *err)
{
    const sx_model *model = port->ctx->model->model;
    sx_mem *mem = &port->ctx->h.mem;
    int64_t n = sx_tokenize(model, mem, text, len, flags, NULL, 0, err);
    if (n < 0) return (llm_status)n;
    out->ids = sx_arena_alloc(arena, ((size_t)n + 1) * sizeof *out->ids);
    if (!out->ids) return sx_fail_memory(err);
    n = sx_tokenize(model, mem, text, len, flags, out->ids, (size_t)n, err);
    out->n = n < 0 ? 0 : (size_t)n;
    while (flags == LLM_TOK_SPECIAL && out->n > 1 && sx_token_ends(model, out->ids[out->n - 1])) out->n--;
    return n < 0 ? (llm_status)n : LLM_OK;
}

/* room: most tokens an item may have behind the instruction; the card gives way to the question. */
static llm_status make_item(sx_arena *arena, sx_score_item *item, const token_run *card, const token_run *bridge,
                            const token_run *question, size_t room, llm_error *err)
{
    size_t rest = bridge->n + question->n, most = rest < room ? room - rest : 0;
    if (most > CARD_TOKENS) most = CARD_TOKENS;
    size_t n_card = card->n < most ? card->n : most;
    size_t n = n_card + bridge->n + question->n;
    int32_t *ids = sx_arena_alloc(arena, (n + 1) * sizeof *ids);
    double *logprob = sx_arena_alloc(arena, (question->n + 1) * sizeof *logprob);
    if (!ids || !logprob) return sx_fail_memory(err);
    if (n_card) memcpy(ids, card->ids, n_card * sizeof *ids);
    if (bridge->n) memcpy(ids + n_card, bridge->ids, bridge->n * sizeof *ids);
    memcpy(ids + n_card + bridge->n, question->ids, question->n * sizeof *ids);
    *item = (sx_score_item){.tokens = ids, .n = n, .from = n - question->n, .logprob = logprob};
    return LLM_OK;
}

static double mean_logprob(const sx_score_item *item)
{
    double sum = 0;
    for (size_t i = item->from; i < item->n; i++) sum += item->logprob[i - item->from];
    return sum / (double)(item->n - item->from);
}

/* items: [n + 1], the last one without a card. */
static llm_status make_items(const sx_judge_port *port, sx_arena *arena, const sx_judge_request *r,
                             sx_score_item *items, llm_error *err)
{
    token_run bridge, question, card, none = {0};
    llm_status status = tokenize(port, arena, before_question, strlen(before_question), 0, &bridge, err);
    if (status == LLM_OK) status = tokenize(port, arena, r->question, r->len, 0, &question, err);
    if (status != LLM_OK || question.n == 0) return status;
    if (question.n > QUESTION_TOKENS) question.n = QUESTION_TOKENS;
    size_t room = sx_session_n_ctx(port->session) - sx_session_used(port->session);
    if (question.n > room / 2) question.n = room / 2;
    for (uint32_t i = 0; i < r->n && status == LLM_OK; i++) {
        status = tokenize(port, arena, r->cards[i].text, r->cards[i].len, 0, &card, err);
        if (status == LLM_OK) status = make_item(arena, &items[i], &card, &bridge, &question, room, err);
    }
    return status == LLM_OK ? make_item(arena, &items[r->n], &none, &bridge, &question, room, err) : status;
}

static llm_status ask_model(void *user, sx_judge_request *r, llm_error *err)
{
    sx_judge_port *port = user;
    sx_arena arena;
    sx_arena_init(&arena, &port->ctx->h.mem);
    sx_score_item *items = sx_arena_alloc(&arena, (r->n + 1u) * sizeof *items);
    llm_status status = items ? make_items(port, &arena, r, items, err) : sx_fail_memory(err);
    if (status == LLM_OK && items[r->n].n) {
        status = sx_session_score(port->session, NULL, 0, items, r->n + 1u, 0, r->cancel, err);
        double without = status == LLM_OK ? mean_logprob(&items[r->n]) : 0;
        for (uint32_t i = 0; i < r->n && status == LLM_OK; i++) {
            r->scores[i] = 1 / (1 + exp(-gain_scale * (mean_logprob(&items[i]) - without)));
            r->tokens += items[i].n;
        }
    }
    sx_arena_free(&arena);
    return status;
}

static llm_status open_model(sx_judge_port *port, const llm_cancel *cancel)
{
    llm_ctx *ctx = port->ctx;
    if (!ctx->model)
        return sx_fail(&ctx->err, LLM_E_UNSUPPORTED,
                       "LLM_RETRIEVE_JUDGE needs a model: pass one to llm_ctx_create, or a judge of your own");
    sx_session_params params = {.n_ctx = JUDGE_CTX};
    if (sx_model_n_ctx(ctx->model->model) < JUDGE_CTX) params.n_ctx = 0; /* what the model has */
    sx_arena arena;
    sx_arena_init(&arena, &ctx->h.mem);
    token_run prompt;
    llm_status status = sx_session_create(&port->session, &ctx->h.mem, ctx->model->model, &params, &ctx->err);
    if (status == LLM_OK)
        status = tokenize(port, &arena, instruction, strlen(instruction), LLM_TOK_SPECIAL, &prompt, &ctx->err);
    if (status == LLM_OK) status = sx_session_eval(port->session, prompt.ids, prompt.n, false, NULL, cancel, &ctx->err);
    sx_arena_free(&arena);
    port->judge.judge = ask_model;
    return status;
}

/* ---- opening ---- */

llm_status sx_judge_open(sx_judge_port *port, llm_ctx *ctx, const llm_retrieve_opts *o)
{
    memset(port, 0, sizeof *port);
    port->ctx = ctx;
    if (o->flags & ~LLM_RETRIEVE_JUDGE)
        return sx_fail(&ctx->err, LLM_E_INVALID, "llm_retrieve_opts.flags is %u: only LLM_RETRIEVE_JUDGE is known",
                       o->flags);
    if (!(o->judge_weight >= 0 && o->judge_weight <= 1))
        return sx_fail(&ctx->err, LLM_E_INVALID, "llm_retrieve_opts.judge_weight is %g, not between 0 and 1",
                       (double)o->judge_weight);
    port->judge = (sx_judge){.user = port,
                             .weight = o->judge_weight > 0 ? (double)o->judge_weight : weight_default,
                             .max_tokens = o->judge_tokens,
                             .max_ms = o->judge_ms};
    if (o->judge) {
        port->fn = o->judge;
        port->user = o->judge_user;
        port->judge.judge = ask_host;
        return LLM_OK;
    }
    return o->flags & LLM_RETRIEVE_JUDGE ? open_model(port, o->cancel) : LLM_OK;
}

void sx_judge_close(sx_judge_port *port)
{
    sx_session_free(port->session);
}
