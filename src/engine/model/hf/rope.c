/* Rotary positions: rope_parameters of transformers 5, or rope_theta and rope_scaling of earlier ones, into GGUF's keys and
 * tensors of factors. The formulas are those of transformers' modeling_rope_utils.py. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/model/hf/parts.h"

enum { KEY = 160 };

typedef struct rope {
    const sx_json *p; /* the parameters of most layers, or of those that see all; NULL: none */
    const char *kind;
    double theta, factor;
    uint32_t n_ctx, original;
} rope;

static double number(const rope *r, const char *name, double otherwise)
{
    return sx_json_get_num(r->p, name, otherwise);
}

static llm_status refuse(const sx_hf *hf, const char *kind)
{
    return sx_fail(hf->err, LLM_E_UNSUPPORTED,
                   "config.json: the rope scaling \"%.40s\" is not supported by this version", kind);
}

static llm_status damaged(const sx_hf *hf, const char *what)
{
    return sx_fail(hf->err, LLM_E_FORMAT, "config.json: %s of the rope parameters is missing or absurd", what);
}

/* A vector of n factors, by which frequencies are divided. */
static float *factors(sx_hf *hf, const char *name, uint32_t n)
{
    float *v = sx_gguf_room(hf->gguf, n * sizeof *v);
    if (v)
        sx_gguf_put_tensor(hf->gguf, name,
                           &(sx_tensor){.type = SX_TYPE_F32, .n_dims = 1, .ne = {n, 1, 1, 1}, .data = v});
    return v;
}

/* Llama 3: low frequencies are divided by the factor, high ones stay, those between are blended. */
static llm_status put_llama3(sx_hf *hf, const rope *r)
{
    const double pi = 3.14159265358979323846, low = number(r, "low_freq_factor", 1),
                 high = number(r, "high_freq_factor", 4);
    if (r->original == 0 || low <= 0 || high <= low) return damaged(hf, "a field");
    float *v = factors(hf, "rope_freqs.weight", hf->n_rot / 2);
    for (uint32_t i = 0; v && i < hf->n_rot / 2; i++) {
        double wave = 2 * pi * pow(r->theta, 2.0 * i / hf->n_rot);
        double keep = (r->original / wave - low) / (high - low);
        if (wave < r->original / high)
            v[i] = 1.0f;
        else if (wave > r->original / low)
            v[i] = (float)r->factor;
        else
            v[i] = (float)(1.0 / ((1 - keep) / r->factor + keep));
    }
    return LLM_OK;
}

static llm_status put_list(sx_hf *hf, const rope *r, const char *list, const char *name)
{
    const sx_json *from = sx_json_get(r->p, list);
    if (!sx_json_is(from, SX_JSON_ARRAY) || from->count != hf->n_rot / 2) return damaged(hf, list);
    float *v = factors(hf, name, from->count);
    uint32_t i = 0;
    for (const sx_json *f = from->first; v && f; f = f->next, i++) {
        if (!sx_json_is(f, SX_JSON_NUMBER) || f->number <= 0) return damaged(hf, list);
        v[i] = (float)f->number;
    }
    return LLM_OK;
}

static llm_status put_longrope(sx_hf *hf, const rope *r)
{
    double factor = r->original ? (double)r->n_ctx / r->original : 1;
    double attention = factor > 1 ? sqrt(1 + log(factor) / log(r->original)) : 1;
    if (r->original < 2) return damaged(hf, "original_max_position_embeddings");
    sx_hf_put_u32(hf, "rope.scaling.original_context_length", r->original);
    sx_hf_put_f32(hf, "rope.scaling.attn_factor", (float)number(r, "attention_factor", attention));
    llm_status s = put_list(hf, r, "long_factor", "rope_factors_long.weight");
    return s == LLM_OK ? put_list(hf, r, "short_factor", "rope_factors_short.weight") : s;
}

/* The length that YaRN gives the turned vectors, as transformers finds it, over the one that the engine does. */
static llm_status put_yarn(sx_hf *hf, const rope *r)
{
    double mscale = number(r, "mscale", 0), all = number(r, "mscale_all_dim", 0), own = 1 + 0.1 * log(r->factor);
    double length = own;
    if (r->original == 0 || r->factor < 1) return damaged(hf, "a field");
    if (mscale != 0 && all != 0) length = (1 + 0.1 * mscale * log(r->factor)) / (1 + 0.1 * all * log(r->factor));
    length = number(r, "attention_factor", length);
    sx_hf_put_str(hf, "rope.scaling.type", "yarn");
    sx_hf_put_f32(hf, "rope.scaling.factor", (float)r->factor);
    sx_hf_put_u32(hf, "rope.scaling.original_context_length", r->original);
    sx_hf_put_f32(hf, "rope.scaling.yarn_beta_fast", (float)number(r, "beta_fast", 32));
    sx_hf_put_f32(hf, "rope.scaling.yarn_beta_slow", (float)number(r, "beta_slow", 1));
    if (!sx_json_get_bool(r->p, "truncate", true)) sx_hf_put_bool(hf, "rope.scaling.yarn_truncate", false);
    if (hf->family->flags & HF_LATENT_KV) { /* there it scales attention instead */
        if (fabs(length - 1) > 1e-6) return refuse(hf, "yarn with mscale other than mscale_all_dim");
        sx_hf_put_f32(hf, "rope.scaling.yarn_log_multiplier", (float)(0.1 * all));
    } else {
        sx_hf_put_f32(hf, "rope.scaling.attn_factor", (float)(length / own));
    }
    return LLM_OK;
}

static llm_status put_scaling(sx_hf *hf, const rope *r)
{
    /* "dynamic" changes nothing within the positions the model was trained for, which is where context_length ends */
    if (!r->kind || strcmp(r->kind, "default") == 0 || strcmp(r->kind, "dynamic") == 0) return LLM_OK;
    if (!isfinite(r->factor) || r->factor <= 0) return damaged(hf, "factor");
    if (strcmp(r->kind, "llama3") == 0) return put_llama3(hf, r);
    if (strcmp(r->kind, "yarn") == 0) return put_yarn(hf, r);
    if (strcmp(r->kind, "longrope") == 0 || strcmp(r->kind, "su") == 0) return put_longrope(hf, r);
    if (strcmp(r->kind, "linear") != 0) return refuse(hf, r->kind);
    sx_hf_put_str(hf, "rope.scaling.type", "linear");
    sx_hf_put_f32(hf, "rope.scaling.factor", (float)r->factor);
    return LLM_OK;
}

/* Layers with a window may have a base of their own. */
static void put_local(sx_hf *hf, const sx_json *both, const rope *r)
{
    double local = sx_json_get_num(hf->config, "rope_local_base_freq", 0);
    local = sx_json_get_num(sx_json_get(both, "sliding_attention"), "rope_theta", local);
    if (local > 0 && (strcmp(hf->family->arch, "gemma3") == 0 || local != r->theta || r->kind))
        sx_hf_put_f32(hf, "rope.freq_base_swa", (float)local);
}

static uint32_t turned(const sx_hf *hf, const rope *r)
{
    uint32_t n = hf->dim_k, given = 0;
    char key[KEY];
    snprintf(key, sizeof key, "%s.rope.dimension_count", hf->family->arch);
    if (sx_gguf_u32(hf->gguf, key, &given)) return given; /* latent attention */
    double part = sx_json_get_num(hf->config, "rotary_pct", strcmp(hf->family->type, "chatglm") == 0 ? 0.5 : 1);
    part = sx_json_get_num(hf->config, "partial_rotary_factor", part);
    part = number(r, "partial_rotary_factor", part);
    if (!(part > 0 && part <= 1)) return 0;
    return (uint32_t)(n * part) & ~1u;
}

llm_status sx_hf_rope(sx_hf *hf)
{
    const sx_json *c = hf->config, *both = sx_json_get(c, "rope_parameters");
    rope r = {.p = both};
    if (sx_json_get(both, "full_attention")) r.p = sx_json_get(both, "full_attention");
    if (!sx_json_is(r.p, SX_JSON_OBJECT)) r.p = sx_json_get(c, "rope_scaling");
    if (!sx_json_is(r.p, SX_JSON_OBJECT)) r.p = NULL;
    char key[KEY];
    snprintf(key, sizeof key, "%s.context_length", hf->family->arch);
    sx_gguf_u32(hf->gguf, key, &r.n_ctx);
    r.kind = sx_json_get_str(r.p, "rope_type", sx_json_get_str(r.p, "type", NULL));
    r.factor = number(&r, "factor", 1);
    r.theta = number(&r, "rope_theta", sx_json_get_num(c, "rope_theta", sx_json_get_num(c, "rotary_emb_base", 10000)));
    if (strcmp(hf->family->type, "chatglm") == 0) r.theta = 10000 * sx_json_get_num(c, "rope_ratio", 1);
    double original = number(&r, "original_max_position_embeddings",
                             sx_json_get_num(c, "original_max_position_embeddings", r.n_ctx));
    if (!(original >= 0 && original <= UINT32_MAX) || !(r.theta > 0)) return damaged(hf, "a number");
    r.original = (uint32_t)original;
    hf->n_rot = turned(hf, &r);
    if (hf->n_rot == 0) return damaged(hf, "partial_rotary_factor");
    sx_hf_put_u32(hf, "rope.dimension_count", hf->n_rot);
    sx_hf_put_f32(hf, "rope.freq_base", (float)r.theta);
    put_local(hf, both, &r);
    return put_scaling(hf, &r);
}
