/* How sure it is that the answer is in the evidence: a logistic curve over what the best candidates show. How far the numbers
 * hold stands in tests/bench/retrieval.md. */
#include <math.h>

#include "retrieve/navigate/walk.h"
#include "retrieve/rank/cover.h"

/* Where the background of words is known: fitted by tests/bench/confidence.py on questions with and without an answer in their
 * document, COVID-QA (Apache-2.0) and ContractNLI (CC BY 4.0) weighing the same. A long question is seldom covered whole, so
 * its weight speaks for it and what is missing against it. */
static const double start = -4.690;
static const double by_near = 6.799, by_weight = 0.1122, by_missing = -0.1250; /* sx_cover */
static const double by_window = 2.285;                                         /* SX_F_WINDOW of the best passage */

/* Elsewhere: over the best passage's score. The slope is fitted on the same two sets and STARD (MIT; its unanswered questions
 * put to another statute), each set and within it each kind weighing the same. One half stands where COVID-QA, whose questions
 * use the words of its documents, is parted evenly: as large a share is answered above as is not below. */
static const double intercept = -3.25;
static const double by_score = 12.05;

/* Is there anything but function words to go by? */
static bool has_content(const sx_query *query)
{
    for (uint32_t i = 0; i < query->n; i++)
        if (query->terms[i].df && !query->terms[i].weak && !query->terms[i].added &&
            query->terms[i].kind != SX_TOK_LOOSE)
            return true;
    return false;
}

static double logistic(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

double sx_confidence(const sx_ranking *ranking, const char *question, size_t len)
{
    if (!ranking->n_best) return 0;
    const sx_candidate *best = &ranking->best[0];
    const sx_query *query = &ranking->queries[ranking->docs[best->doc].query];
    if (!has_content(query)) return 0.01; /* the documents share function words with any question */
    if (!sx_cover_applies(query, question, len)) return logistic(intercept + by_score * (double)sx_blended(best));
    sx_cover cover = sx_cover_measure(ranking, question, len);
    return logistic(start + by_near * (double)cover.near + by_weight * (double)cover.weight +
                    by_missing * (double)cover.missing + by_window * (double)best->x[SX_F_WINDOW]);
}
