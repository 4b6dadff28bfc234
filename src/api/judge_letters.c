/* The model names a passage by its letter: nothing is generated, the logits of the letters are read where it would answer.
 * Small models like some letters and places more than others; the ballots let every card stand in every place. */
#include <math.h>
#include <string.h>

#include "api/judge_model.h"

static const char head[] = "Passages:\n";
static const char none[] = " None of these passages.\n\nQuestion: ";
/* A letter behind a blank, or behind a mark, as the vocabulary has it. */
static const char *const tails[] = {"\nAnswer: ", "\nAnswer: (", "\nAnswer:\n"};
enum { LETTERS = SX_BALLOT + 1, QUESTION_TOKENS = 256, PARTS = 2 * SX_BALLOT + 5 };

/* The tail up to where the letter stands, and the token of each letter there. */
typedef struct letters {
    sx_token_run tail;
    int32_t ids[LETTERS];
} letters;

/* The letters behind one tail, when each is one token there. Sets *apart. */
static llm_status try_tail(const sx_judge_port *port, sx_arena *arena, const char *tail, letters *out, bool *apart,
                           llm_error *err)
{
    sx_token_run run[LETTERS];
    size_t same = SIZE_MAX, len = strlen(tail);
    for (int i = 0; i < LETTERS; i++) {
        char text[32];
        memcpy(text, tail, len);
        text[len] = (char)('A' + i);
        llm_status status = sx_judge_tokenize(port, arena, text, len + 1, 0, &run[i], err);
        if (status != LLM_OK) return status;
        size_t n = 0;
        while (n < run[i].n && n < run[0].n && run[i].ids[n] == run[0].ids[n]) n++;
        if (i && n < same) same = n;
    }
    *apart = true;
    for (int i = 0; i < LETTERS; i++) {
        *apart = *apart && run[i].n == same + 1;
        out->ids[i] = *apart ? run[i].ids[same] : -1;
        for (int k = 0; k < i; k++) *apart = *apart && out->ids[k] != out->ids[i];
    }
    out->tail = (sx_token_run){run[0].ids, same};
    return LLM_OK;
}

/* Letters are what parts "Answer: A" from "Answer: B" in tokens. */
static llm_status find_letters(const sx_judge_port *port, sx_arena *arena, letters *out, llm_error *err)
{
    bool apart = false;
    llm_status status = LLM_OK;
    for (size_t i = 0; i < sizeof tails / sizeof *tails && !apart && status == LLM_OK; i++)
        status = try_tail(port, arena, tails[i], out, &apart, err);
    if (status != LLM_OK || apart) return status;
    return sx_fail(err, LLM_E_UNSUPPORTED,
                   "the letters A to %c are not one token each in this model: judge with LLM_RETRIEVE_JUDGE",
                   'A' + LETTERS - 1);
}

/* Cuts at a code point. */
static size_t cut(const char *text, size_t len)
{
    if (len <= SX_BALLOT_BYTES) return len;
    size_t at = SX_BALLOT_BYTES;
    while (at && ((unsigned char)text[at] & 0xc0) == 0x80) at--;
    return at;
}

/* The whole ballot in tokens; cards give way to the rest where the model's window is small. */
static llm_status write_ballot(const sx_judge_port *port, sx_arena *arena, const sx_judge_request *r,
                               const uint32_t *cards, uint32_t n, const letters *l, sx_token_run *out, llm_error *err)
{
    sx_token_run parts[PARTS];
    size_t count = 0, rest = l->tail.n, room = sx_session_n_ctx(port->letters);
    llm_status status = sx_judge_tokenize(port, arena, head, strlen(head), LLM_TOK_SPECIAL, &parts[count++], err);
    for (uint32_t i = 0; i <= n && status == LLM_OK; i++) {
        const char mark[] = {'\n', '(', (char)('A' + i), ')', ' '};
        const sx_card *card = i < n ? &r->cards[cards[i]] : NULL;
        status = sx_judge_tokenize(port, arena, mark, sizeof mark - (i == n), 0, &parts[count++], err);
        if (status != LLM_OK) break;
        status = card ? sx_judge_tokenize(port, arena, card->text, cut(card->text, card->len), 0, &parts[count++], err)
                      : sx_judge_tokenize(port, arena, none, strlen(none), 0, &parts[count++], err);
    }
    if (status == LLM_OK) status = sx_judge_tokenize(port, arena, r->question, r->len, 0, &parts[count], err);
    if (status != LLM_OK) return status;
    if (parts[count].n > QUESTION_TOKENS) parts[count].n = QUESTION_TOKENS;
    if (parts[count].n > room / 3) parts[count].n = room / 3;
    count++;
    for (size_t i = 0; i < count; i++)
        if (i % 2 || i > 2 * n) rest += parts[i].n; /* all but the cards, which stand at 2, 4 ... 2n */
    rest += parts[0].n;
    size_t most = rest < room ? (room - rest) / n : 0;
    out->ids = sx_arena_alloc(arena, (room + 1) * sizeof *out->ids);
    if (!out->ids) return sx_fail_memory(err);
    out->n = 0;
    parts[count++] = l->tail;
    for (size_t i = 0; i < count; i++) {
        bool card = i && i % 2 == 0 && i <= 2 * n;
        size_t take = card && parts[i].n > most ? most : parts[i].n;
        if (out->n + take > room) return LLM_MORE; /* not even the rest fits */
        if (take) memcpy(out->ids + out->n, parts[i].ids, take * sizeof *out->ids);
        out->n += take;
    }
    return LLM_OK;
}

static void read_letters(const letters *l, const float *logits, uint32_t n, double *p)
{
    double top = -INFINITY, sum = 0;
    for (uint32_t i = 0; i <= n; i++) top = fmax(top, (double)logits[l->ids[i]]);
    for (uint32_t i = 0; i <= n; i++) sum += exp((double)logits[l->ids[i]] - top);
    for (uint32_t i = 0; i < n; i++) p[i] = exp((double)logits[l->ids[i]] - top) / sum;
}

static llm_status vote(void *user, const sx_judge_request *r, const uint32_t *cards, uint32_t n, double *p,
                       uint64_t *tokens, llm_error *err)
{
    const sx_judge_port *port = user;
    sx_arena arena;
    sx_arena_init(&arena, &port->ctx->h.mem);
    letters l;
    sx_token_run text = {NULL, 0};
    llm_status status = find_letters(port, &arena, &l, err);
    if (status == LLM_OK) status = write_ballot(port, &arena, r, cards, n, &l, &text, err);
    if (status == LLM_OK) {
        uint32_t same = sx_session_reuse(port->letters, text.ids, text.n);
        float *logits = sx_arena_alloc(&arena, sx_model_n_vocab(port->ctx->model->model) * sizeof *logits);
        status = logits ? sx_session_eval(port->letters, text.ids + same, text.n - same, false, logits, r->cancel, err)
                        : sx_fail_memory(err);
        if (status == LLM_OK) read_letters(&l, logits, n, p);
        *tokens = text.n - same;
    }
    sx_arena_free(&arena);
    return status == LLM_MORE ? LLM_OK : status;
}

llm_status sx_judge_letters(void *user, sx_judge_request *r, llm_error *err)
{
    const sx_voter voter = {vote, user};
    return sx_ballots(&voter, r, err);
}

llm_status sx_judge_open_letters(sx_judge_port *port, llm_error *err)
{
    sx_arena arena;
    sx_arena_init(&arena, &port->ctx->h.mem);
    letters l;
    llm_status status = find_letters(port, &arena, &l, err);
    if (status == LLM_OK) status = sx_judge_session(port, &port->letters, err);
    sx_arena_free(&arena);
    return status;
}
