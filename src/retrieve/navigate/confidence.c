/* How sure it is that the answer is in the evidence: a logistic curve over what the best candidate shows. */
#include <math.h>

#include "retrieve/navigate/walk.h"

double sx_confidence(const sx_ranking *ranking)
{
    if (!ranking->n_best) return 0;
    const float *x = ranking->best[0].x;
    double z = -3.0 + 3.0 * (double)x[SX_F_SENTENCE] + 3.0 * (double)x[SX_F_COVER] + 3.0 * (double)x[SX_F_RARE];
    return 1.0 / (1.0 + exp(-z));
}
