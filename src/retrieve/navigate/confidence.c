/* How sure it is that the answer is in the evidence: a logistic curve over what the best candidate shows. */
#include <math.h>

#include "retrieve/navigate/walk.h"

/* Fitted on questions with and without an answer in their document, from three sets whose licences allow it: COVID-QA
 * (Apache-2.0), ContractNLI (CC BY 4.0) and STARD (MIT; its unanswered ones put to another statute), each kind weighing the
 * same, so that 0.5 parts them: above it more is answered than not. Every coefficient is what a full mark of that feature
 * adds to the log-odds. */
static const double intercept = -2.43;
static const double by_base = 1.73;     /* base score over the ideal one */
static const double by_cover = 0.43;    /* the passage has the question's terms */
static const double by_sentence = 1.16; /* one sentence of it has them */
static const double by_ordered = 2.73;  /* in the question's order */
static const double by_near = 1.51;     /* side by side */
static const double by_both = 0.30;     /* the passage and the headings above have them */
static const double by_known = 1.74;    /* the documents have them anywhere */

/* The share of the question's weight that the documents know at all. */
static double known_share(const sx_query *query)
{
    double known = 0;
    for (uint32_t i = 0; i < query->n; i++)
        if (query->terms[i].df && !query->terms[i].added) known += (double)query->terms[i].weight;
    return known / query->total;
}

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
    const float *x = best->x;
    double z = intercept + by_base * (double)x[SX_F_BASE] + by_cover * (double)x[SX_F_COVER] +
               by_sentence * (double)x[SX_F_SENTENCE] + by_ordered * (double)x[SX_F_ORDERED] +
               by_near * (double)x[SX_F_NEAR] + by_both * (double)x[SX_F_BOTH] + by_known * known_share(query);
    return 1.0 / (1.0 + exp(-z));
}
