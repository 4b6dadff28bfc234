/* Ballots: a voter names one of a few cards, or none. */
#include <math.h>

#include "platform/clock.h"
#include "retrieve/retrieve.h"

/* Row r of a balanced Latin square (Williams 1949): 0, 1, n-1, 2, n-2 ... each plus r. For an odd n neighbours balance only
 * roughly, places always. */
static uint32_t seat(uint32_t row, uint32_t place, uint32_t n)
{
    uint32_t first = place % 2 ? (place + 1) / 2 : n - place / 2;
    return (first + row) % n;
}

enum { BYTES_PER_TOKEN = 4 };

typedef struct counting {
    const sx_voter *voter;
    sx_judge_request *request;
    double began;
    uint64_t used, dearest; /* tokens: of all votes, of one vote at most */
} counting;

static bool affords(const counting *c, uint32_t votes)
{
    const sx_judge_request *r = c->request;
    return c->used + c->dearest * votes <= r->tokens_left && sx_clock_ms() - c->began < r->ms_left;
}

/* One card order after the other. LLM_MORE: the budget ended inside, nothing was settled. */
/* Before the first vote is paid for: what the largest ballot may cost. */
static uint64_t foreseen(const sx_judge_request *r)
{
    uint64_t most = 0;
    for (uint32_t first = 0; first < r->n; first += SX_BALLOT) {
        uint64_t bytes = r->len;
        for (uint32_t i = first; i < r->n && i < first + SX_BALLOT; i++)
            bytes += r->cards[i].len < SX_BALLOT_BYTES ? r->cards[i].len : SX_BALLOT_BYTES;
        if (bytes > most) most = bytes;
    }
    return most / BYTES_PER_TOKEN + 1;
}

static llm_status ballot(counting *c, uint32_t first, uint32_t n, llm_error *err)
{
    double sum[SX_BALLOT] = {0};
    bool counts = true;
    for (uint32_t row = 0; row < n; row++) {
        uint32_t cards[SX_BALLOT];
        double p[SX_BALLOT];
        uint64_t tokens = 0;
        for (uint32_t i = 0; i < n; i++) {
            cards[i] = first + seat(row, i, n);
            p[i] = NAN;
        }
        if (!affords(c, n - row)) return LLM_MORE;
        llm_status status = c->voter->vote(c->voter->user, c->request, cards, n, p, &tokens, err);
        if (status) return status;
        c->used += tokens;
        if (tokens > c->dearest) c->dearest = tokens;
        for (uint32_t i = 0; i < n; i++) {
            counts = counts && p[i] >= 0 && p[i] <= 1;
            sum[cards[i] - first] += p[i];
        }
    }
    for (uint32_t i = 0; i < n && counts; i++) c->request->scores[first + i] = sum[i] / n;
    return LLM_OK;
}

llm_status sx_ballots(const sx_voter *voter, sx_judge_request *request, llm_error *err)
{
    counting c = {voter, request, sx_clock_ms(), 0, foreseen(request)};
    llm_status status = LLM_OK;
    for (uint32_t first = 0; first < request->n && !status; first += SX_BALLOT) {
        uint32_t n = request->n - first < SX_BALLOT ? request->n - first : SX_BALLOT;
        if (sx_cancelled(request->cancel))
            status = sx_fail(err, LLM_E_CANCELLED, "the retrieval was cancelled");
        else
            status = ballot(&c, first, n, err);
    }
    request->tokens += c.used;
    return status == LLM_MORE ? LLM_OK : status;
}
