/* The cuts between logits and the draw, in the order that llm_gen_opts documents: top-n-sigma (Tang et al. 2024), temperature
 * (fixed, or by the entropy), then mirostat 2 (Basu et al. 2020) alone, or min-p, top-k, top-p, locally typical (Meister et
 * al. 2022) and XTC (p-e-w 2024). Where nothing asks for an order the vocabulary is not sorted. */
#include <math.h>

#include "engine/session/sampler.h"

/* ---- a heap with the likeliest on top; ties go to the lower id ---- */

static bool before(const sx_candidate *a, const sx_candidate *b)
{
    return a->p > b->p || (a->p == b->p && a->token < b->token);
}

static void swap(sx_candidate *a, sx_candidate *b)
{
    sx_candidate t = *a;
    *a = *b;
    *b = t;
}

static void sift(sx_candidate *heap, uint32_t n, uint32_t i)
{
    for (;;) {
        uint32_t best = i, left = 2 * i + 1, right = left + 1;
        if (left < n && before(&heap[left], &heap[best])) best = left;
        if (right < n && before(&heap[right], &heap[best])) best = right;
        if (best == i) return;
        swap(&heap[i], &heap[best]);
        i = best;
    }
}

/* Sorts until `keep` stand best first or their sum reaches the goal, whichever comes first (one always stays); returns how
 * many, their sum in *sum. The others follow in no order. */
static uint32_t sort_best(sx_candidate *v, uint32_t n, uint32_t keep, double goal, double *sum)
{
    uint32_t heap = n;
    *sum = 0.0;
    for (uint32_t i = n / 2; i-- > 0;) sift(v, n, i);
    while (heap > 0 && n - heap < keep && (*sum < goal || heap == n)) {
        *sum += (double)v[0].p;
        swap(&v[0], &v[--heap]); /* the best gather at the end */
        sift(v, heap, 0);
    }
    for (uint32_t i = 0; i < n / 2; i++) swap(&v[i], &v[n - 1 - i]);
    return n - heap;
}

static double total_of(const sx_candidate *v, uint32_t n)
{
    double total = 0.0;
    for (uint32_t i = 0; i < n; i++) total += (double)v[i].p;
    return total;
}

/* ---- logits ---- */

static uint32_t collect(sx_sampler *s, const float *logits, const uint32_t *mask)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n_vocab; i++) {
        if (mask && !sx_bit(mask, i)) continue;
        float logit = logits[i] == logits[i] ? logits[i] : -INFINITY; /* NaN is never chosen */
        s->candidates[n++] = (sx_candidate){logit, (int32_t)i};
    }
    return n;
}

static float highest(const sx_candidate *v, uint32_t n)
{
    float max = -INFINITY;
    for (uint32_t i = 0; i < n; i++) max = v[i].p > max ? v[i].p : max;
    return max;
}

/* Keeps what lies within so many standard deviations of the highest logit. */
static uint32_t within_sigma(sx_candidate *v, uint32_t n, float max, float sigmas)
{
    double sum = 0.0, squares = 0.0;
    uint32_t finite = 0, kept = 0;
    for (uint32_t i = 0; i < n; i++) finite += isfinite(v[i].p) != 0;
    for (uint32_t i = 0; i < n; i++)
        if (isfinite(v[i].p)) sum += (double)v[i].p;
    const double mean = sum / finite;
    for (uint32_t i = 0; i < n; i++)
        if (isfinite(v[i].p)) squares += ((double)v[i].p - mean) * ((double)v[i].p - mean);
    const double floor = (double)max - (double)sigmas * sqrt(squares / finite);
    for (uint32_t i = 0; i < n; i++)
        if ((double)v[i].p >= floor) v[kept++] = v[i];
    return kept;
}

/* ---- temperature ---- */

/* Between temperature - range and + range: the more evenly the mass lies, the hotter. */
static float dynamic(const sx_candidate *v, uint32_t n, float max, const sx_sampler_params *p)
{
    const float exponent = p->dynatemp_exponent > 0.0f ? p->dynatemp_exponent : 1.0f;
    const float low = p->temperature > p->dynatemp_range ? p->temperature - p->dynatemp_range : 0.0f;
    const float high = p->temperature + p->dynatemp_range;
    double total = 0.0, weighted = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        double x = (double)v[i].p - (double)max, e = exp(x);
        total += e;
        if (e > 0.0) weighted += e * x;
    }
    if (n < 2) return p->temperature;
    double entropy = (log(total) - weighted / total) / log((double)n);
    float t = low + (high - low) * (float)pow(entropy > 0.0 ? entropy : 0.0, (double)exponent);
    return t > 1e-4f ? t : 1e-4f;
}

/* Logits become probabilities relative to the likeliest; those below `least` are left out. */
static uint32_t heat(sx_candidate *v, uint32_t n, float max, float temperature, float least)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        float p = expf((v[i].p - max) / temperature);
        if (p >= least) v[kept++] = (sx_candidate){p, v[i].token};
    }
    return kept;
}

/* ---- cuts ---- */

static uint32_t cut_best(sx_sampler *s, uint32_t n)
{
    const sx_sampler_params *p = &s->params;
    const bool cut_k = p->top_k > 0 && p->top_k<n, cut_p = p->top_p> 0.0f && p->top_p < 1.0f;
    double sum;
    if (cut_k) n = sort_best(s->candidates, n, p->top_k, INFINITY, &sum);
    if (cut_p) n = sort_best(s->candidates, n, n, (double)p->top_p * total_of(s->candidates, n), &sum);
    s->sorted = cut_k || cut_p;
    return n;
}

/* Sorted by probability, those whose surprise is nearest to the entropy stand together: the window grows from there. */
static uint32_t cut_typical(sx_sampler *s, uint32_t n, double mass)
{
    sx_candidate *v = s->candidates;
    double total, entropy = 0.0, sum = 0.0;
    sort_best(v, n, n, INFINITY, &total);
    s->sorted = true;
    for (uint32_t i = 0; i < n; i++) {
        double p = (double)v[i].p / total;
        if (p > 0.0) entropy -= p * log(p);
    }
    uint32_t begin = 0;
    while (begin < n && -log((double)v[begin].p / total) < entropy) begin++;
    uint32_t end = begin;
    while ((begin > 0 || end < n) && (sum < mass * total || begin == end)) {
        double left = begin > 0 ? entropy + log((double)v[begin - 1].p / total) : INFINITY;
        double right = end < n ? -log((double)v[end].p / total) - entropy : INFINITY;
        bool go_left = begin > 0 && (left <= right || end == n);
        sum += (double)(go_left ? v[--begin].p : v[end++].p);
    }
    for (uint32_t i = begin; i < end; i++) v[i - begin] = v[i];
    return end - begin;
}

/* Excludes the top choices: of those at or above the threshold only the least likely stays. */
static uint32_t exclude_top(sx_candidate *v, uint32_t n, float threshold)
{
    const double floor = (double)threshold * total_of(v, n);
    uint32_t above = 0, least = 0, kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        if ((double)v[i].p < floor) continue;
        if (above++ == 0 || before(&v[least], &v[i])) least = i;
    }
    if (above < 2) return n;
    for (uint32_t i = 0; i < n; i++)
        if (i == least || (double)v[i].p < floor) v[kept++] = v[i];
    return kept;
}

/* Leaves out what surprises by more than mu bits; the likeliest always stays. */
static uint32_t cut_surprise(const sx_sampler *s, sx_candidate *v, uint32_t n)
{
    const double floor = exp2(-(double)s->mu) * total_of(v, n);
    uint32_t kept = 0, best = 0;
    for (uint32_t i = 1; i < n; i++)
        if (before(&v[i], &v[best])) best = i;
    for (uint32_t i = 0; i < n; i++)
        if (i == best || (double)v[i].p >= floor) v[kept++] = v[i];
    return kept;
}

uint32_t sx_chain(sx_sampler *s, const float *logits, const uint32_t *mask, double chance)
{
    const sx_sampler_params *p = &s->params;
    sx_candidate *v = s->candidates;
    uint32_t n = collect(s, logits, mask);
    float max = highest(v, n), temperature = p->temperature;
    const bool mirostat = p->mirostat_tau > 0.0f;
    s->sorted = false;
    if (max == -INFINITY || max == INFINITY) { /* nothing to tell them apart by */
        for (uint32_t i = 0; i < n; i++) v[i].p = v[i].p == max ? 1.0f : 0.0f;
        return n;
    }
    if (p->top_n_sigma > 0.0f) n = within_sigma(v, n, max, p->top_n_sigma);
    if (p->dynatemp_range > 0.0f) temperature = dynamic(v, n, max, p);
    n = heat(v, n, max, temperature, mirostat ? 0.0f : p->min_p);
    if (mirostat) return cut_surprise(s, v, n);
    n = cut_best(s, n);
    if (p->typical_p > 0.0f && p->typical_p < 1.0f) n = cut_typical(s, n, (double)p->typical_p);
    if (p->xtc_probability > 0.0f && chance < (double)p->xtc_probability)
        n = exclude_top(v, n, p->xtc_threshold > 0.0f ? p->xtc_threshold : 0.1f);
    return n;
}
