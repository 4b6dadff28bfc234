#include "engine/graph/rope.h"

#include <math.h>

/* The pair whose wavelength fits `turns` times into the original context. */
static double yarn_pair(const sx_hparams *hp, double base, double turns)
{
    return hp->n_rot * log(hp->rope_orig_ctx / (turns * 2.0 * 3.14159265358979323846)) / (2.0 * log(base));
}

/* YaRN (arxiv.org/abs/2309.00071): high frequencies stay, low ones are interpolated, a ramp between. */
static double yarn_step(const sx_hparams *hp, double base, double step, uint32_t i)
{
    double low = yarn_pair(hp, base, (double)hp->yarn_beta_fast),
           high = yarn_pair(hp, base, (double)hp->yarn_beta_slow);
    if (!hp->yarn_exact) {
        low = floor(low);
        high = ceil(high);
    }
    if (low < 0.0) low = 0.0;
    if (high > hp->n_rot - 1) high = hp->n_rot - 1;
    double ramp = (i - low) / (high - low > 0.001 ? high - low : 0.001);
    double keep = (1.0 - (ramp < 0.0 ? 0.0 : ramp > 1.0 ? 1.0 : ramp)) * (double)hp->yarn_ext;
    return step / (double)hp->rope_factor * (1.0 - keep) + step * keep;
}

llm_status sx_rope_init(sx_rope *rope, const sx_hparams *hp, const sx_weights *w, uint32_t n_ctx, bool windowed,
                        sx_arena *arena, llm_error *err)
{
    *rope = (sx_rope){.half = hp->n_rot / 2, .length = (double)hp->rope_attn_factor};
    if (hp->arch->rope == SX_ROPE_NONE) return LLM_OK;
    rope->step = sx_arena_alloc(arena, rope->half * sizeof *rope->step);
    if (!rope->step) return sx_fail_memory(err);
    bool local = windowed && hp->rope_local_base > 0.0f; /* bases of their own are not scaled */
    double base = (double)(local ? hp->rope_local_base : hp->rope_base), factor = local ? 1.0 : (double)hp->rope_factor;
    const float *factors = w->rope_factors;
    if (!factors) factors = n_ctx > hp->rope_orig_ctx ? w->rope_factors_long : w->rope_factors_short;
    for (uint32_t i = 0; i < rope->half; i++) {
        double step = pow(base, -2.0 * i / hp->n_rot);
        if (factors && !local) step /= (double)factors[i];
        rope->step[i] = hp->yarn && !local ? yarn_step(hp, base, step, i) : step / factor;
    }
    if (hp->arch->flags & SX_ARCH_MLA) /* scales attention itself: see attn_scale */
        rope->length = 1.0;
    else if (hp->yarn && !local && hp->yarn_ext > 0.0f)
        rope->length *= 1.0 + 0.1 * log((double)hp->rope_factor);
    return LLM_OK;
}

void sx_rope_angles(const sx_rope *rope, uint32_t first, uint32_t n, float *cosine, float *sine)
{
    for (uint32_t t = 0; t < n; t++)
        for (uint32_t i = 0; i < rope->half; i++) {
            double angle = rope->step[i] * (double)(first + t);
            *cosine++ = (float)(cos(angle) * rope->length);
            *sine++ = (float)(sin(angle) * rope->length);
        }
}
