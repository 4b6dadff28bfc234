/* Choosing the next token. Random numbers are counter-based: a function of the seed and the count of tokens chosen, so that
 * the same seed gives the same text whatever else runs. A constraint is asked lazily: for the token that would be chosen,
 * and only when it refuses that one for the others. */
#include <math.h>
#include <stdlib.h>

#include "engine/session/model.h"

typedef struct candidate {
    float p;
    int32_t token;
} candidate;

struct sx_sampler {
    sx_mem *mem;
    const sx_model *model;
    sx_sampler_params params;
    uint64_t count;        /* tokens chosen */
    uint32_t n_vocab;      /* of the tokenizer: padding is never chosen */
    candidate *candidates; /* [n_vocab] */
};

llm_status sx_sampler_create(sx_sampler **out, sx_mem *mem, const sx_model *model, const sx_sampler_params *params,
                             llm_error *err)
{
    *out = NULL;
    if (!(params->temperature >= 0.0f) || !(params->top_p >= 0.0f) || !(params->min_p >= 0.0f) ||
        !isfinite(params->temperature))
        return sx_fail(err, LLM_E_INVALID, "temperature, top_p and min_p must be numbers of at least 0");
    sx_sampler *s = sx_mem_zalloc(mem, sizeof *s);
    if (!s) return sx_fail_memory(err);
    *s = (sx_sampler){.mem = mem, .model = model, .params = *params, .n_vocab = sx_tokenizer_size(model->tok)};
    s->candidates = sx_mem_array(mem, s->n_vocab ? s->n_vocab : 1, sizeof *s->candidates);
    if (!s->candidates) {
        sx_mem_free(mem, s);
        return sx_fail_memory(err);
    }
    *out = s;
    return LLM_OK;
}

void sx_sampler_free(sx_sampler *s)
{
    if (!s) return;
    sx_mem_free(s->mem, s->candidates);
    sx_mem_free(s->mem, s);
}

/* Special tokens that do not end the text have no bytes, so no constraint on the text can be met by them. */
static bool accepted(const sx_sampler *s, int32_t token)
{
    size_t len;
    if (!s->params.accept) return true;
    const char *bytes = sx_token_bytes(s->model, token, &len);
    if (sx_token_ends(s->model, token)) return s->params.accept(s->params.user, "", 0);
    return len > 0 && s->params.accept(s->params.user, bytes, len);
}

/* SplitMix64 over seed, index and draw: 53 bits in [0, 1). */
static double random_at(uint64_t seed, uint64_t index, uint64_t draw)
{
    uint64_t x = seed;
    const uint64_t words[2] = {index, draw};
    for (int i = 0; i < 2; i++) {
        x += 0x9e3779b97f4a7c15u * (words[i] + 1);
        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
        x = (x ^ x >> 27) * 0x94d049bb133111ebu;
        x ^= x >> 31;
    }
    return (double)(x >> 11) * 0x1p-53;
}

/* ---- a heap with the likeliest on top; ties go to the lower id ---- */

static bool before(const candidate *a, const candidate *b)
{
    return a->p > b->p || (a->p == b->p && a->token < b->token);
}

static void sift(candidate *heap, uint32_t n, uint32_t i)
{
    for (;;) {
        uint32_t best = i, left = 2 * i + 1, right = left + 1;
        if (left < n && before(&heap[left], &heap[best])) best = left;
        if (right < n && before(&heap[right], &heap[best])) best = right;
        if (best == i) return;
        candidate swap = heap[i];
        heap[i] = heap[best];
        heap[best] = swap;
        i = best;
    }
}

static void heapify(candidate *heap, uint32_t n)
{
    for (uint32_t i = n / 2; i-- > 0;) sift(heap, n, i);
}

/* The top moves behind the heap, which shrinks by one. */
static candidate pop(candidate *heap, uint32_t *n)
{
    candidate top = heap[0];
    heap[0] = heap[--*n];
    heap[*n] = top;
    sift(heap, *n, 0);
    return top;
}

/* ---- greedy ---- */

static float usable(float logit)
{
    return logit == logit ? logit : -INFINITY;
}

static int32_t greedy(sx_sampler *s, const float *logits)
{
    int32_t best = -1;
    for (uint32_t i = 0; i < s->n_vocab; i++)
        if (best < 0 || usable(logits[i]) > usable(logits[best])) best = (int32_t)i;
    if (best < 0 || accepted(s, best)) return best;
    uint32_t n = s->n_vocab;
    for (uint32_t i = 0; i < n; i++) s->candidates[i] = (candidate){usable(logits[i]), (int32_t)i};
    heapify(s->candidates, n);
    pop(s->candidates, &n);
    while (n > 0) {
        candidate c = pop(s->candidates, &n);
        if (accepted(s, c.token)) return c.token;
    }
    return -1;
}

/* ---- sampling ---- */

/* Fills the candidates with probabilities relative to the likeliest; those below min_p are left out. */
static uint32_t collect(sx_sampler *s, const float *logits, bool constrained)
{
    float max = -INFINITY;
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n_vocab; i++)
        if (!constrained || accepted(s, (int32_t)i)) {
            s->candidates[n++] = (candidate){usable(logits[i]), (int32_t)i};
            max = usable(logits[i]) > max ? usable(logits[i]) : max;
        }
    if (max == -INFINITY || max == INFINITY) { /* nothing to tell them apart by */
        for (uint32_t i = 0; i < n; i++) s->candidates[i].p = s->candidates[i].p == max ? 1.0f : 0.0f;
        return n;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        float p = expf((s->candidates[i].p - max) / s->params.temperature);
        if (p >= s->params.min_p) s->candidates[kept++] = (candidate){p, s->candidates[i].token};
    }
    return kept;
}

/* Draws among the first of n sorted candidates, or among all n where no cut is asked for. */
static int32_t draw(sx_sampler *s, uint32_t n, double u)
{
    const bool cut_k = s->params.top_k > 0 && s->params.top_k<n, cut_p = s->params.top_p> 0.0f &&
                       s->params.top_p < 1.0f;
    candidate *from = s->candidates;
    double total = 0.0;
    if (n == 0) return -1;
    if (cut_k || cut_p) { /* the likeliest are moved, best first, from the end of the array downwards */
        uint32_t heap = n, keep = cut_k ? s->params.top_k : n;
        double sum = 0.0, goal;
        for (uint32_t i = 0; i < n; i++) total += (double)s->candidates[i].p;
        heapify(s->candidates, n);
        if (cut_k) {
            total = 0.0;
            while (n - heap < keep) total += (double)pop(s->candidates, &heap).p;
            heapify(s->candidates, n); /* popped ones form the tail; start over to cut by probability */
            heap = n;
        }
        goal = cut_p ? (double)s->params.top_p * total : INFINITY;
        while (n - heap < keep && (sum < goal || heap == n)) sum += (double)pop(s->candidates, &heap).p;
        from = s->candidates + heap;
        n -= heap;
        total = sum;
    } else {
        for (uint32_t i = 0; i < n; i++) total += (double)from[i].p;
    }
    double at = u * total, sum = 0.0;
    int32_t last = -1;
    for (uint32_t i = n; i-- > 0;) { /* best first where sorted */
        if (from[i].p <= 0.0f) continue;
        last = from[i].token;
        sum += (double)from[i].p;
        if (at < sum) break;
    }
    return last;
}

int32_t sx_sample(sx_sampler *s, float *logits)
{
    uint64_t index = s->count++;
    if (s->params.temperature <= 0.0f) return greedy(s, logits);
    int32_t token = draw(s, collect(s, logits, false), random_at(s->params.seed, index, 0));
    if (token < 0 || !s->params.accept || accepted(s, token)) return token;
    return draw(s, collect(s, logits, true), random_at(s->params.seed, index, 1));
}
