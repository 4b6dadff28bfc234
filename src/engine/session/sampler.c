/* Choosing the next token. Random numbers are counter-based: a function of the seed and the count of tokens chosen, so that
 * the same seed gives the same text whatever else runs. A constraint is asked lazily: for the token that would be chosen,
 * and only when it refuses that one for all of them. */
#include "engine/session/sampler.h"

#include <math.h>
#include <string.h>

enum { DRAW_FREE, DRAW_CONSTRAINED, DRAW_XTC };

static llm_status check(const sx_sampler_params *p, llm_error *err)
{
    const float fields[] = {p->temperature, p->top_p,           p->min_p,         p->dynatemp_range,
                            p->typical_p,   p->xtc_probability, p->xtc_threshold, p->dynatemp_exponent,
                            p->top_n_sigma, p->mirostat_tau,    p->mirostat_eta};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (!(fields[i] >= 0.0f) || !isfinite(fields[i]))
            return sx_fail(err, LLM_E_INVALID,
                           "out of range: temperature, dynatemp_range, dynatemp_exponent, top_p, min_p, typical_p, "
                           "top_n_sigma, xtc_probability, xtc_threshold, mirostat_tau and mirostat_eta must be 0 or "
                           "more");
    return LLM_OK;
}

llm_status sx_sampler_create(sx_sampler **out, sx_mem *mem, const sx_model *model, const sx_sampler_params *params,
                             llm_error *err)
{
    *out = NULL;
    llm_status status = check(params, err);
    if (status != LLM_OK) return status;
    sx_sampler *s = sx_mem_zalloc(mem, sizeof *s);
    if (!s) return sx_fail_memory(err);
    *s = (sx_sampler){.mem = mem, .model = model, .params = *params, .n_vocab = sx_tokenizer_size(model->tok)};
    s->mu = 2.0f * params->mirostat_tau;
    s->candidates = sx_mem_array(mem, s->n_vocab ? s->n_vocab : 1, sizeof *s->candidates);
    if (params->constraint) s->mask = sx_mem_array(mem, s->n_vocab / 32 + 1, sizeof *s->mask);
    status = !s->candidates || (params->constraint && !s->mask) ? sx_fail_memory(err) : sx_penalties_create(s, err);
    if (status != LLM_OK) {
        sx_sampler_free(s);
        return status;
    }
    *out = s;
    return LLM_OK;
}

void sx_sampler_free(sx_sampler *s)
{
    if (!s) return;
    sx_penalties_free(s);
    sx_mem_free(s->mem, s->candidates);
    sx_mem_free(s->mem, s->mask);
    sx_mem_free(s->mem, s);
}

void sx_sampler_read(sx_sampler *s, const int32_t *tokens, size_t n)
{
    for (size_t i = 0; i < n; i++) sx_penalties_read(s, tokens[i]);
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

enum { LANES = 16, STRETCH = 8 * LANES };

/* The most of n logits, a multiple of LANES; NaN counts as less than all. */
static float most_of(const float *logits, uint32_t n)
{
    float lane[LANES];
    for (uint32_t j = 0; j < LANES; j++) lane[j] = -INFINITY;
    for (uint32_t i = 0; i < n; i += LANES)
#pragma GCC unroll 4
        for (uint32_t j = 0; j < LANES; j++) lane[j] = logits[i + j] > lane[j] ? logits[i + j] : lane[j];
    for (uint32_t j = 1; j < LANES; j++) lane[0] = lane[j] > lane[0] ? lane[j] : lane[0];
    return lane[0];
}

static int32_t first_of_most(const float *logits, uint32_t n)
{
    int32_t best = n ? 0 : -1;
    float most = -INFINITY;
    uint32_t i = 0;
    for (; i + STRETCH <= n; i += STRETCH) {
        const float here = most_of(logits + i, STRETCH);
        if (!(here > most)) continue;
        most = here;
        for (best = (int32_t)i; logits[best] != most;) best++;
    }
    for (; i < n; i++)
        if (logits[i] > most) {
            best = (int32_t)i;
            most = logits[i];
        }
    return best;
}

/* The first of the highest logits; NaN is never chosen before a number. */
static int32_t greedy(const sx_sampler *s, const float *logits, const uint32_t *mask)
{
    if (!mask) return first_of_most(logits, s->n_vocab);
    int32_t best = -1;
    float most = -INFINITY;
    for (uint32_t i = 0; i < s->n_vocab; i++) {
        if (!sx_bit(mask, i)) continue;
        float logit = logits[i] == logits[i] ? logits[i] : -INFINITY;
        if (best >= 0 && !(logit > most)) continue;
        best = (int32_t)i;
        most = logit;
    }
    return best;
}

/* Draws one of n candidates by u in [0, 1). *p: its share of what was left. */
static int32_t draw(const sx_sampler *s, uint32_t n, double u, double *p)
{
    const sx_candidate *v = s->candidates;
    double total = 0.0, sum = 0.0;
    int32_t last = -1;
    for (uint32_t i = 0; i < n; i++) total += (double)v[i].p;
    for (uint32_t i = 0; i < n; i++) {
        const sx_candidate *c = s->sorted ? &v[i] : &v[n - 1 - i];
        if (c->p <= 0.0f) continue;
        last = c->token;
        *p = (double)c->p / total;
        sum += (double)c->p;
        if (u * total < sum) break;
    }
    return last;
}

static int32_t choose(sx_sampler *s, const float *logits, const uint32_t *mask, uint64_t index)
{
    const sx_constraint *c = s->params.constraint;
    const bool drawn = s->params.temperature > 0.0f;
    double p = 1.0;
    int32_t token;
    if (drawn) {
        uint32_t n = sx_chain(s, logits, mask, random_at(s->params.seed, index, DRAW_XTC));
        token = draw(s, n, random_at(s->params.seed, index, mask ? DRAW_CONSTRAINED : DRAW_FREE), &p);
    } else {
        token = greedy(s, logits, mask);
    }
    if (token < 0 || (c && !mask && !c->accepts(c->user, token))) return -1;
    if (drawn && s->params.mirostat_tau > 0.0f)
        s->mu -= (s->params.mirostat_eta > 0.0f ? s->params.mirostat_eta : 0.1f) *
                 (float)(-log2(p) - (double)s->params.mirostat_tau);
    return token;
}

int32_t sx_sample(sx_sampler *s, float *logits)
{
    const sx_constraint *c = s->params.constraint;
    uint64_t index = s->count++;
    sx_penalties_apply(s, logits);
    int32_t token = choose(s, logits, NULL, index);
    if (token < 0 && c) {
        memset(s->mask, 0, (s->n_vocab / 32 + 1) * sizeof *s->mask);
        if (c->mask(c->user, s->mask)) token = choose(s, logits, s->mask, index);
    }
    if (token >= 0) sx_penalties_read(s, token);
    return token;
}
