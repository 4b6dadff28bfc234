/* A card is worth what it adds to the likelihood of the question: the mean logarithm of its tokens behind the card, less the
 * same without one, so that neither long questions nor likely ones are favoured. Nothing is generated. All cards of a batch
 * follow the one instruction, which is read once. */
#include <math.h>
#include <string.h>

#include "api/judge_model.h"

static const char instruction[] = "Each passage below is followed by a question that it answers.\n\nPassage: ";
static const char before_question[] = "\nQuestion: ";
static const double gain_scale = 4; /* a gain of half a nat per token is a clear yes */
enum { CARD_TOKENS = 512, QUESTION_TOKENS = 256 };

/* room: most tokens an item may have behind the instruction; the card gives way to the question. */
static llm_status make_item(sx_arena *arena, sx_score_item *item, const sx_token_run *card, const sx_token_run *bridge,
                            const sx_token_run *question, size_t room, llm_error *err)
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
    sx_token_run bridge, question, card, none = {0};
    llm_status status = sx_judge_tokenize(port, arena, before_question, strlen(before_question), 0, &bridge, err);
    if (status == LLM_OK) status = sx_judge_tokenize(port, arena, r->question, r->len, 0, &question, err);
    if (status != LLM_OK || question.n == 0) return status;
    if (question.n > QUESTION_TOKENS) question.n = QUESTION_TOKENS;
    size_t room = sx_session_n_ctx(port->session) - sx_session_used(port->session);
    if (question.n > room / 2) question.n = room / 2;
    for (uint32_t i = 0; i < r->n && status == LLM_OK; i++) {
        status = sx_judge_tokenize(port, arena, r->cards[i].text, r->cards[i].len, 0, &card, err);
        if (status == LLM_OK) status = make_item(arena, &items[i], &card, &bridge, &question, room, err);
    }
    return status == LLM_OK ? make_item(arena, &items[r->n], &none, &bridge, &question, room, err) : status;
}

llm_status sx_judge_likelihood(void *user, sx_judge_request *r, llm_error *err)
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

llm_status sx_judge_open_likelihood(sx_judge_port *port, const llm_cancel *cancel, llm_error *err)
{
    sx_arena arena;
    sx_arena_init(&arena, &port->ctx->h.mem);
    sx_token_run prompt;
    llm_status status = sx_judge_session(port, &port->session, err);
    if (status == LLM_OK)
        status = sx_judge_tokenize(port, &arena, instruction, strlen(instruction), LLM_TOK_SPECIAL, &prompt, err);
    if (status == LLM_OK) status = sx_session_eval(port->session, prompt.ids, prompt.n, false, NULL, cancel, err);
    sx_arena_free(&arena);
    return status;
}
