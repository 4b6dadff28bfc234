/* Log-probabilities from one row of logits. */
#include <math.h>

#include "engine/engine.h"

/* The logarithm of the sum of exponentials, in double and in the order of the vocabulary. */
double sx_logits_sum(const float *logits, uint32_t n)
{
    float max = logits[0];
    for (uint32_t i = 1; i < n; i++) max = logits[i] > max ? logits[i] : max;
    double sum = 0.0;
    for (uint32_t i = 0; i < n; i++) sum += exp((double)logits[i] - (double)max);
    return (double)max + log(sum);
}

/* Inserts each logit where it belongs among the best so far; of equals the first stays ahead. */
void sx_logits_best(const float *logits, uint32_t n, double sum, uint32_t n_top, int32_t *top, float *logprob)
{
    uint32_t have = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (have == n_top && !(logits[i] > logits[top[have - 1]])) continue;
        uint32_t at = have < n_top ? have++ : have - 1;
        for (; at > 0 && logits[i] > logits[top[at - 1]]; at--) top[at] = top[at - 1];
        top[at] = (int32_t)i;
    }
    for (uint32_t i = 0; i < n_top; i++) logprob[i] = i < have ? (float)((double)logits[top[i]] - sum) : -INFINITY;
    for (uint32_t i = have; i < n_top; i++) top[i] = -1;
}
