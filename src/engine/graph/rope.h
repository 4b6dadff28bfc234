/* Rotary positions: the angle of each pair of elements grows linearly with the position, so a model's scaling scheme
 * (linear, YaRN, factors per frequency, LongRoPE) is one table of angles per step and one length of the turned vector. */
#ifndef SX_ENGINE_ROPE_H
#define SX_ENGINE_ROPE_H

#include "engine/graph/weights.h"

typedef struct sx_rope {
    double *step;  /* [n_rot / 2] radians per position; NULL: no rope */
    uint32_t half; /* n_rot / 2 */
    double length; /* cosines and sines are multiplied with it */
} sx_rope;

/* n_ctx: positions of the session (LongRoPE chooses by it); windowed: the table of windowed layers, which may have a base
 * of their own. step comes from the arena: LLM_E_MEMORY. */
llm_status sx_rope_init(sx_rope *rope, const sx_hparams *hp, const sx_weights *w, uint32_t n_ctx, bool windowed,
                        sx_arena *arena, llm_error *err);

/* cos, sin [n, half] of positions from `first` on. */
void sx_rope_angles(const sx_rope *rope, uint32_t first, uint32_t n, float *cosine, float *sine);

#endif
