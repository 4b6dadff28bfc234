/* The sampler's insides: a chain over the vocabulary. penalties.c changes logits by what was said before, chain.c turns them
 * into candidates and cuts these, sampler.c draws. */
#ifndef SX_ENGINE_SAMPLER_H
#define SX_ENGINE_SAMPLER_H

#include "engine/session/model.h"

typedef struct sx_candidate {
    float p; /* a logit first, then a probability relative to the likeliest */
    int32_t token;
} sx_candidate;

struct sx_sampler {
    sx_mem *mem;
    const sx_model *model;
    sx_sampler_params params;
    uint64_t count;           /* tokens chosen */
    uint32_t n_vocab;         /* of the tokenizer: padding is never chosen */
    sx_candidate *candidates; /* [n_vocab] */
    bool sorted;              /* candidates stand best first */
    uint32_t *mask;           /* [(n_vocab + 31) / 32] of the constraint; NULL without one */
    float mu;                 /* mirostat: the surprise allowed now, in bits */

    int32_t *history; /* ring of the last `window` tokens, NULL when nothing looks back */
    uint32_t window;
    uint64_t read;      /* tokens that went into it */
    uint32_t *seen;     /* [n_vocab] how often in the penalties' window */
    uint32_t *longest;  /* [n_vocab] of DRY: longest repetition that the token would continue */
    uint32_t *matches;  /* [window] of DRY: how far back each place repeats the end */
    uint32_t *breakers; /* [(n_vocab + 31) / 32] of DRY */
};

static inline bool sx_bit(const uint32_t *bits, uint32_t i)
{
    return bits[i / 32] >> (i % 32) & 1u;
}

/* ---- penalties.c ---- */
llm_status sx_penalties_create(sx_sampler *s, llm_error *err);
void sx_penalties_free(sx_sampler *s);
void sx_penalties_read(sx_sampler *s, int32_t token);
void sx_penalties_apply(sx_sampler *s, float *logits);

/* ---- chain.c ---- */
/* Fills the candidates with relative probabilities after every cut and returns how many are left. mask NULL: all tokens.
 * chance decides whether XTC acts, in [0, 1). */
uint32_t sx_chain(sx_sampler *s, const float *logits, const uint32_t *mask, double chance);

#endif
