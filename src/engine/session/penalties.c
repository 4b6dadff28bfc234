/* What was said before changes what may be said now: logit bias; repetition, frequency and presence penalties over the last
 * tokens; DRY ("don't repeat yourself", p-e-w 2024): a token that would continue a repetition is made unlikelier the longer
 * the repetition already is. */
#include <math.h>
#include <string.h>

#include "engine/session/sampler.h"

enum { MAX_WINDOW = 1 << 20 };

static const char default_breakers[] = "\n\0:\0\"\0*\0";

static bool penalised(const sx_sampler_params *p)
{
    return (p->repeat_penalty > 0.0f && p->repeat_penalty != 1.0f) || p->frequency_penalty != 0.0f ||
           p->presence_penalty != 0.0f;
}

static uint32_t penalty_window(const sx_sampler_params *p)
{
    if (!penalised(p)) return 0;
    return p->penalty_last_n ? p->penalty_last_n : 64;
}

static uint32_t dry_window(const sx_sampler_params *p)
{
    if (!(p->dry_multiplier > 0.0f)) return 0;
    return p->dry_last_n ? p->dry_last_n : 1024;
}

static bool holds(const char *text, size_t len, const char *what)
{
    size_t n = strlen(what);
    for (size_t i = 0; i + n <= len; i++)
        if (memcmp(text + i, what, n) == 0) return true;
    return false;
}

static void mark_breakers(sx_sampler *s)
{
    const char *list = s->params.dry_breakers ? s->params.dry_breakers : default_breakers;
    for (uint32_t i = 0; i < s->n_vocab; i++) {
        size_t len;
        const char *bytes = sx_token_bytes(s->model, (int32_t)i, &len);
        for (const char *b = list; *b; b += strlen(b) + 1)
            if (holds(bytes, len, b)) s->breakers[i / 32] |= 1u << (i % 32);
    }
}

static llm_status check(const sx_sampler *s, llm_error *err)
{
    const sx_sampler_params *p = &s->params;
    if (!(p->repeat_penalty >= 0.0f) || !isfinite(p->repeat_penalty) || !isfinite(p->frequency_penalty) ||
        !isfinite(p->presence_penalty) || !(p->dry_multiplier >= 0.0f) || !isfinite(p->dry_multiplier) ||
        !(p->dry_base >= 0.0f) || !isfinite(p->dry_base))
        return sx_fail(err, LLM_E_INVALID,
                       "out of range: repeat_penalty, dry_multiplier and dry_base must be 0 or more, "
                       "frequency_penalty and presence_penalty must be numbers");
    if (p->penalty_last_n > MAX_WINDOW || p->dry_last_n > MAX_WINDOW)
        return sx_fail(err, LLM_E_INVALID, "penalty_last_n and dry_last_n may be at most %d tokens", (int)MAX_WINDOW);
    if (p->n_bias && (!p->bias_tokens || !p->bias))
        return sx_fail(err, LLM_E_INVALID, "n_bias is %u but bias_tokens or bias is NULL", p->n_bias);
    for (uint32_t i = 0; i < p->n_bias; i++)
        if (p->bias_tokens[i] < 0 || (uint32_t)p->bias_tokens[i] >= s->n_vocab || p->bias[i] != p->bias[i])
            return sx_fail(err, LLM_E_INVALID,
                           "bias %u is for token %d of a vocabulary of %u, or is no number: give ids of this model", i,
                           p->bias_tokens[i], s->n_vocab);
    return LLM_OK;
}

llm_status sx_penalties_create(sx_sampler *s, llm_error *err)
{
    llm_status status = check(s, err);
    if (status != LLM_OK) return status;
    uint32_t near = penalty_window(&s->params), dry = dry_window(&s->params);
    s->window = near > dry ? near : dry;
    if (s->window == 0) return LLM_OK;
    s->history = sx_mem_array(s->mem, s->window, sizeof *s->history);
    s->seen = sx_mem_array(s->mem, s->n_vocab, sizeof *s->seen);
    if (!s->history || !s->seen) return sx_fail_memory(err);
    if (dry == 0) return LLM_OK;
    s->longest = sx_mem_array(s->mem, s->n_vocab, sizeof *s->longest);
    s->matches = sx_mem_array(s->mem, dry, sizeof *s->matches);
    s->breakers = sx_mem_array(s->mem, s->n_vocab / 32 + 1, sizeof *s->breakers);
    if (!s->longest || !s->matches || !s->breakers) return sx_fail_memory(err);
    mark_breakers(s);
    return LLM_OK;
}

void sx_penalties_free(sx_sampler *s)
{
    void *blocks[] = {s->history, s->seen, s->longest, s->matches, s->breakers};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) sx_mem_free(s->mem, blocks[i]);
}

/* The token `back` places before the end of the history; 0 is the last. */
static int32_t past(const sx_sampler *s, uint64_t back)
{
    return s->history[(s->read - 1 - back) % s->window];
}

void sx_penalties_read(sx_sampler *s, int32_t token)
{
    if (!s->history || token < 0 || (uint32_t)token >= s->n_vocab) return;
    uint32_t near = penalty_window(&s->params);
    if (near && s->read >= near) s->seen[past(s, near - 1)]--;
    s->history[s->read++ % s->window] = token;
    if (near) s->seen[token]++;
}

static void penalise(const sx_sampler *s, float *logits)
{
    const sx_sampler_params *p = &s->params;
    const float repeat = p->repeat_penalty > 0.0f ? p->repeat_penalty : 1.0f;
    for (uint32_t i = 0; i < s->n_vocab; i++) {
        if (s->seen[i] == 0) continue;
        float *l = &logits[i];
        *l = *l > 0.0f ? *l / repeat : *l * repeat;
        *l -= (float)s->seen[i] * p->frequency_penalty + p->presence_penalty;
    }
}

/* How many of the last tokens may be repeated in one piece: no repetition reaches over a sequence breaker. */
static uint32_t unbroken(const sx_sampler *s, uint32_t n)
{
    uint32_t i = 0;
    while (i < n && !sx_bit(s->breakers, (uint32_t)past(s, i))) i++;
    return i;
}

/* matches[i]: how many tokens before and at place i, counted from the end, equal the last ones. The Z-function of the
 * reversed window, linear in its length. */
static void match(sx_sampler *s, uint32_t n)
{
    uint32_t *z = s->matches, left = 0, right = 0;
    for (uint32_t i = 1; i < n; i++) {
        z[i] = 0;
        if (i < right) z[i] = z[i - left] < right - i ? z[i - left] : right - i;
        while (i + z[i] < n && past(s, z[i]) == past(s, i + z[i])) z[i]++;
        if (i + z[i] <= right) continue;
        left = i;
        right = i + z[i];
    }
}

static void dry(sx_sampler *s, float *logits)
{
    const sx_sampler_params *p = &s->params;
    const uint32_t window = dry_window(p), allowed = p->dry_allowed_length ? p->dry_allowed_length : 2;
    const uint32_t n = s->read < window ? (uint32_t)s->read : window, limit = unbroken(s, n);
    const float base = p->dry_base > 0.0f ? p->dry_base : 1.75f;
    if (n < 2 || limit < allowed) return;
    match(s, n);
    for (uint32_t i = 1; i < n; i++) s->longest[past(s, i - 1)] = 0;
    for (uint32_t i = 1; i < n; i++) {
        uint32_t len = s->matches[i] < limit ? s->matches[i] : limit, *best = &s->longest[past(s, i - 1)];
        if (len > *best) *best = len;
    }
    for (uint32_t i = 1; i < n; i++) {
        int32_t token = past(s, i - 1);
        if (s->longest[token] < allowed) continue;
        logits[token] -= p->dry_multiplier * powf(base, (float)(s->longest[token] - allowed));
        s->longest[token] = 0;
    }
}

void sx_penalties_apply(sx_sampler *s, float *logits)
{
    for (uint32_t i = 0; i < s->params.n_bias; i++) logits[s->params.bias_tokens[i]] += s->params.bias[i];
    if (penalty_window(&s->params)) penalise(s, logits);
    if (dry_window(&s->params)) dry(s, logits);
}
