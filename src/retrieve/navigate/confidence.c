/* How sure it is that the answer is in the evidence: a logistic curve over what the best candidate shows. */
#include <math.h>

#include "retrieve/navigate/walk.h"

/* The slope is fitted on questions with and without an answer in their document, from three sets whose licences allow it:
 * COVID-QA (Apache-2.0), ContractNLI (CC BY 4.0) and STARD (MIT; its unanswered ones put to another statute), each set and
 * within it each kind weighing the same. One half stands where COVID-QA, whose questions use the words of its documents, is
 * parted evenly: as large a share is answered above as is not below. How far the numbers hold on other sets stands in
 * tests/bench/retrieval.md. */
static const double intercept = -3.25;
static const double by_score = 12.05; /* the best passage's score */

/* Is there anything but function words to go by? */
static bool has_content(const sx_query *query)
{
    for (uint32_t i = 0; i < query->n; i++)
        if (query->terms[i].df && !query->terms[i].weak && !query->terms[i].added &&
            query->terms[i].kind != SX_TOK_LOOSE)
            return true;
    return false;
}

double sx_confidence(const sx_ranking *ranking)
{
    if (!ranking->n_best) return 0;
    const sx_candidate *best = &ranking->best[0];
    const sx_query *query = &ranking->queries[ranking->docs[best->doc].query];
    if (!has_content(query)) return 0.01; /* the documents share function words with any question */
    return 1.0 / (1.0 + exp(-(intercept + by_score * (double)sx_blended(best))));
}
