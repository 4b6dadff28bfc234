#include "engine/graph/hparams.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    MAX_LAYERS = SX_MAX_LAYERS,
    MAX_WIDTH = 1 << 20, /* of any dimension of a row: no known model comes near, and products stay in 64 bits */
    MAX_HEADS = 4096,
    MAX_EXPERTS = 4096,
    MAX_GROUPS = SX_MAX_GROUPS,
    MAX_CTX = 1 << 28,
    NAME = 64
};

typedef struct reader {
    const sx_gguf *gguf;
    const char *arch;
    llm_error *err;
} reader;

static const char *key_of(const reader *r, const char *name, char *key, size_t cap)
{
    snprintf(key, cap, "%s.%s", r->arch, name);
    return key;
}

/* An integer within 1..max; a missing one keeps the default, which 0 forbids. */
static llm_status get_count(const reader *r, const char *name, uint32_t *v, uint32_t otherwise, uint32_t max)
{
    char key[2 * NAME];
    key_of(r, name, key, sizeof key);
    *v = otherwise;
    if (!sx_gguf_u32(r->gguf, key, v)) {
        if (sx_gguf_has(r->gguf, key))
            return sx_fail(r->err, LLM_E_UNSUPPORTED,
                           "metadata %s is not one integer; models whose layers differ in it are not supported", key);
        if (otherwise == 0)
            return sx_fail(r->err, LLM_E_FORMAT, "metadata %s is missing; convert the model again", key);
    }
    if (*v == 0 || *v > max)
        return sx_fail(r->err, LLM_E_FORMAT, "metadata %s is %u; it must be within 1 and %u: the file is damaged", key,
                       *v, max);
    return LLM_OK;
}

static uint32_t get_u32(const reader *r, const char *name, uint32_t otherwise)
{
    char key[2 * NAME];
    uint32_t v = otherwise;
    return sx_gguf_u32(r->gguf, key_of(r, name, key, sizeof key), &v) ? v : otherwise;
}

static float get_f32(const reader *r, const char *name, float otherwise)
{
    char key[2 * NAME];
    float v = otherwise;
    return sx_gguf_f32(r->gguf, key_of(r, name, key, sizeof key), &v) ? v : otherwise;
}

static bool get_bool(const reader *r, const char *name, bool otherwise)
{
    char key[2 * NAME];
    bool v = otherwise;
    return sx_gguf_bool(r->gguf, key_of(r, name, key, sizeof key), &v) ? v : otherwise;
}

/* A float that must be finite and at least `low`. */
static llm_status get_number(const reader *r, const char *name, float *v, float otherwise, float low)
{
    *v = get_f32(r, name, otherwise);
    if (isfinite(*v) && *v >= low) return LLM_OK;
    return sx_fail(r->err, LLM_E_FORMAT,
                   "metadata %s.%s is %g; it must be a number of at least %g: the file is damaged", r->arch, name,
                   (double)*v, (double)low);
}

static llm_status read_sizes(const reader *r, sx_hparams *hp)
{
    llm_status s;
    if ((s = get_count(r, "block_count", &hp->n_layer, 0, MAX_LAYERS)) != LLM_OK ||
        (s = get_count(r, "embedding_length", &hp->n_embd, 0, MAX_WIDTH)) != LLM_OK ||
        (s = get_count(r, "context_length", &hp->n_ctx, 0, MAX_CTX)) != LLM_OK ||
        (s = get_count(r, "attention.head_count", &hp->n_head, 0, MAX_HEADS)) != LLM_OK ||
        (s = get_count(r, "attention.head_count_kv", &hp->n_head_kv, hp->n_head, MAX_HEADS)) != LLM_OK ||
        (s = get_count(r, "feed_forward_length", &hp->n_ff, 0, MAX_WIDTH)) != LLM_OK)
        return s;
    if (hp->n_head % hp->n_head_kv != 0)
        return sx_fail(r->err, LLM_E_FORMAT, "%s: %u heads cannot share %u key-value heads evenly: the file is damaged",
                       r->arch, hp->n_head, hp->n_head_kv);
    uint32_t head = hp->n_embd / hp->n_head;
    if ((s = get_count(r, "attention.key_length", &hp->dim_k, head ? head : 1, MAX_WIDTH)) != LLM_OK ||
        (s = get_count(r, "attention.value_length", &hp->dim_v, head ? head : 1, MAX_WIDTH)) != LLM_OK)
        return s;
    if ((uint64_t)hp->n_head * hp->dim_k > MAX_WIDTH || (uint64_t)hp->n_head * hp->dim_v > MAX_WIDTH)
        return sx_fail(r->err, LLM_E_FORMAT, "%s: %u heads of %u and %u elements are too wide: the file is damaged",
                       r->arch, hp->n_head, hp->dim_k, hp->dim_v);
    return LLM_OK;
}

static llm_status read_experts(const reader *r, sx_hparams *hp)
{
    hp->n_expert = get_u32(r, "expert_count", 0);
    hp->n_expert_used = get_u32(r, "expert_used_count", 0);
    if (hp->n_expert > MAX_EXPERTS || hp->n_expert_used > hp->n_expert || (hp->n_expert > 0 && hp->n_expert_used == 0))
        return sx_fail(r->err, LLM_E_FORMAT,
                       "%s: %u experts used of %u (at most %d) make no sense: the file is damaged", r->arch,
                       hp->n_expert_used, hp->n_expert, MAX_EXPERTS);
    llm_status s = get_count(r, "expert_feed_forward_length", &hp->n_ff_expert, hp->n_ff, MAX_WIDTH);
    if (s != LLM_OK) return s;
    uint64_t shared = (uint64_t)get_u32(r, "expert_shared_count", 0) * hp->n_ff_expert;
    uint64_t width = get_u32(r, "expert_shared_feed_forward_length", shared <= MAX_WIDTH ? (uint32_t)shared : 0);
    if (shared > MAX_WIDTH || width > MAX_WIDTH)
        return sx_fail(r->err, LLM_E_FORMAT, "%s: shared experts of %llu elements are too wide: the file is damaged",
                       r->arch, (unsigned long long)(shared > width ? shared : width));
    hp->n_ff_shared = (uint32_t)width;
    hp->n_group = get_u32(r, "expert_group_count", 1);
    hp->n_group_used = get_u32(r, "expert_group_used_count", hp->n_group);
    if (hp->n_group <= 1) hp->n_group = hp->n_group_used = 1;
    if (hp->n_group > 1 &&
        (hp->n_expert % hp->n_group || hp->n_group_used == 0 || hp->n_group_used > hp->n_group ||
         hp->n_group > MAX_GROUPS || hp->n_expert / hp->n_group * hp->n_group_used < hp->n_expert_used))
        return sx_fail(r->err, LLM_E_FORMAT, "%s: %u of %u groups of %u experts make no sense: the file is damaged",
                       r->arch, hp->n_group_used, hp->n_group, hp->n_expert);
    uint32_t gating = get_u32(r, "expert_gating_func", 0);
    if (gating > 3)
        return sx_fail(r->err, LLM_E_UNSUPPORTED,
                       "%s.expert_gating_func %u is not known (1 softmax, 2 sigmoid, 3 softmax "
                       "of the chosen)",
                       r->arch, gating);
    hp->gating = gating ? (sx_gating)gating : hp->arch->act == SX_ACT_SWIGLU_OAI ? SX_GATING_CHOSEN : SX_GATING_SOFTMAX;
    bool raw = (hp->arch->flags & SX_ARCH_EXPERTS_RAW) || hp->gating == SX_GATING_CHOSEN;
    hp->expert_norm = get_bool(r, "expert_weights_norm", !raw);
    s = get_number(r, "expert_weights_scale", &hp->expert_scale, 1.0f, 0.0f);
    if (hp->expert_scale == 0.0f) hp->expert_scale = 1.0f; /* 0 stands for none */
    return s;
}

static bool scaling_is(const reader *r, const char *what)
{
    char key[2 * NAME];
    const char *s;
    size_t len;
    key_of(r, "rope.scaling.type", key, sizeof key);
    return sx_gguf_str(r->gguf, key, &s, &len) && len == strlen(what) && memcmp(s, what, len) == 0;
}

static llm_status read_rope(const reader *r, sx_hparams *hp)
{
    llm_status s;
    if ((s = get_count(r, "rope.dimension_count", &hp->n_rot, hp->dim_k, MAX_WIDTH)) != LLM_OK ||
        (s = get_number(r, "rope.freq_base", &hp->rope_base, 10000.0f, 1e-3f)) != LLM_OK ||
        (s = get_number(r, "rope.scaling.attn_factor", &hp->rope_attn_factor, 1.0f, 0.0f)) != LLM_OK)
        return s;
    if (hp->arch->rope != SX_ROPE_NONE && (hp->n_rot > hp->dim_k || hp->n_rot % 2 != 0))
        return sx_fail(r->err, LLM_E_FORMAT,
                       "%s.rope.dimension_count is %u; it must be even and at most the head's %u: the file is damaged",
                       r->arch, hp->n_rot, hp->dim_k);
    float linear = get_f32(r, "rope.scale_linear", 1.0f);
    if ((s = get_number(r, "rope.scaling.factor", &hp->rope_factor, linear, 0.0f)) != LLM_OK) return s;
    if (hp->rope_factor == 0.0f || scaling_is(r, "none")) hp->rope_factor = 1.0f;
    hp->yarn = scaling_is(r, "yarn");
    hp->yarn_exact = !get_bool(r, "rope.scaling.yarn_truncate", true);
    if ((s = get_number(r, "rope.freq_base_swa", &hp->rope_local_base, hp->arch->local_base, 0.0f)) != LLM_OK) return s;
    hp->rope_orig_ctx = get_u32(r, "rope.scaling.original_context_length", hp->n_ctx);
    if ((s = get_number(r, "rope.scaling.yarn_ext_factor", &hp->yarn_ext, 1.0f, 0.0f)) != LLM_OK ||
        (s = get_number(r, "rope.scaling.yarn_beta_fast", &hp->yarn_beta_fast, 32.0f, 0.0f)) != LLM_OK ||
        (s = get_number(r, "rope.scaling.yarn_beta_slow", &hp->yarn_beta_slow, 1.0f, 0.0f)) != LLM_OK ||
        (s = get_number(r, "rope.scaling.yarn_log_multiplier", &hp->yarn_log_mul, 0.0f, 0.0f)) != LLM_OK)
        return s;
    if (hp->yarn && (hp->yarn_beta_fast <= 0.0f || hp->yarn_beta_slow <= 0.0f || hp->rope_orig_ctx == 0))
        return sx_fail(r->err, LLM_E_FORMAT,
                       "%s.rope.scaling: YaRN needs positive betas and an original context length", r->arch);
    return LLM_OK;
}

/* Latent attention (arxiv.org/abs/2405.04434). Files that keep it absorbed give the true head sizes under keys of their
 * own. */
static llm_status read_latent(const reader *r, sx_hparams *hp)
{
    llm_status s;
    hp->dim_out = hp->dim_v;
    if (!(hp->arch->flags & SX_ARCH_MLA)) return LLM_OK;
    uint32_t dim_k = hp->dim_k;
    hp->q_rank = get_u32(r, "attention.q_lora_rank", 0);
    hp->absorbed = get_u32(r, "attention.key_length_mla", 0) != 0;
    if ((s = get_count(r, "attention.kv_lora_rank", &hp->kv_rank, 0, MAX_WIDTH)) != LLM_OK) return s;
    if (hp->absorbed) {
        if ((s = get_count(r, "attention.key_length_mla", &dim_k, 0, MAX_WIDTH)) != LLM_OK ||
            (s = get_count(r, "attention.value_length_mla", &hp->dim_out, 0, MAX_WIDTH)) != LLM_OK)
            return s;
    }
    if (hp->n_rot >= dim_k || hp->q_rank > MAX_WIDTH || (uint64_t)hp->n_head * (dim_k + hp->dim_out) > MAX_WIDTH ||
        (hp->absorbed && (hp->n_head_kv != 1 || hp->dim_k != hp->kv_rank + hp->n_rot || hp->dim_v != hp->kv_rank)))
        return sx_fail(r->err, LLM_E_FORMAT,
                       "%s: the sizes of latent attention do not fit together: the file is damaged", r->arch);
    if (!hp->absorbed && hp->n_head_kv != hp->n_head)
        return sx_fail(r->err, LLM_E_FORMAT,
                       "%s: %u key-value heads where latent attention has one for each of %u heads", r->arch,
                       hp->n_head_kv, hp->n_head);
    hp->dim_nope = dim_k - hp->n_rot;
    if (get_f32(r, "attention.scale", 0.0f) == 0.0f) hp->attn_scale = 1.0f / sqrtf((float)dim_k);
    if (hp->yarn) { /* the model's way of YaRN's longer vectors */
        float length = 1.0f + hp->yarn_log_mul * logf(hp->rope_factor);
        hp->attn_scale *= length * length;
    }
    return LLM_OK;
}

static llm_status read_scales(const reader *r, sx_hparams *hp)
{
    uint32_t flags = hp->arch->flags;
    bool mini = (flags & SX_ARCH_MINICPM) != 0;
    float logit, width = (float)hp->n_embd;
    llm_status s;
    const char *eps = hp->arch->norm == SX_NORM_RMS ? "attention.layer_norm_rms_epsilon"
                                                    : "attention.layer_norm_epsilon";
    if ((s = get_number(r, eps, &hp->eps, 1e-5f, 0.0f)) != LLM_OK ||
        (s = get_number(r, "embedding_scale", &hp->embed_scale, mini ? 12.0f : 1.0f, 0.0f)) != LLM_OK ||
        (s = get_number(r, "residual_scale", &hp->residual_scale, mini ? 1.4f / sqrtf((float)hp->n_layer) : 1.0f,
                        0.0f)) != LLM_OK ||
        (s = get_number(r, "logit_scale", &logit, mini ? width / 256.0f : 1.0f, 0.0f)) != LLM_OK ||
        (s = get_number(r, "attention.scale", &hp->attn_scale, 0.0f, 0.0f)) != LLM_OK ||
        (s = get_number(r, "attn_logit_softcapping", &hp->attn_cap, 0.0f, 0.0f)) != LLM_OK ||
        (s = get_number(r, "final_logit_softcapping", &hp->logit_cap, 0.0f, 0.0f)) != LLM_OK ||
        (s = get_number(r, "attention.clamp_kqv", &hp->clamp_qkv, 0.0f, 0.0f)) != LLM_OK ||
        (s = get_number(r, "attention.max_alibi_bias", &hp->alibi, hp->arch->alibi, 0.0f)) != LLM_OK)
        return s;
    if (flags & SX_ARCH_EMBED_SQRT) hp->embed_scale = sqrtf(width);
    if (hp->embed_scale == 0.0f) hp->embed_scale = 1.0f; /* 0 stands for none in all of these */
    if (hp->residual_scale == 0.0f) hp->residual_scale = 1.0f;
    hp->logit_scale = logit == 0.0f ? 1.0f : flags & SX_ARCH_LOGIT_TIMES ? logit : 1.0f / logit;
    uint32_t large = strcmp(hp->arch->name, "gemma2") == 0 ? 46 : 62;
    bool wide = (flags & SX_ARCH_WIDE_SCALE) && hp->n_layer == large;
    if (hp->attn_scale == 0.0f) hp->attn_scale = 1.0f / sqrtf((float)(wide ? hp->n_embd / hp->n_head : hp->dim_k));
    if ((flags & SX_ARCH_ALIBI_40) && hp->n_layer == 40) hp->alibi = 8.0f;
    return LLM_OK;
}

/* A list with one entry per layer; other forms of the key are left to the architecture's own pattern. */
static llm_status get_pattern(const reader *r, const char *name, uint8_t *layers, uint32_t n, bool *listed)
{
    char key[2 * NAME];
    int32_t values[MAX_LAYERS];
    uint32_t type, period;
    uint64_t count;
    key_of(r, name, key, sizeof key);
    if (sx_gguf_array(r->gguf, key, &type, &count)) {
        if (count != n || !sx_gguf_array_i32(r->gguf, key, values, n))
            return sx_fail(r->err, LLM_E_FORMAT, "metadata %s does not hold one flag for each of %u layers", key, n);
        for (uint32_t i = 0; i < n; i++) layers[i] = values[i] != 0;
        *listed = true;
    } else if (sx_gguf_u32(r->gguf, key, &period)) { /* every so many layers one is not meant */
        for (uint32_t i = 0; i < n; i++) layers[i] = period == 0 || i % period < period - 1;
        *listed = true;
    }
    return LLM_OK;
}

/* What files may ask for and the forward pass does not do. Keys that only describe a model are not looked at. */
static llm_status refuse_unknown(const reader *r, const sx_hparams *hp)
{
    static const char *const keys[] = {
        "attention.temperature_scale", "attention.key_length_swa",   "attention.value_length_swa",
        "rope.dimension_count_swa",    "attention.chunk_size",       "swiglu_clamp_exp",
        "swiglu_clamp_shexp",          "attention.shared_kv_layers", "embedding_length_per_layer_input",
        "rope.dimension_sections"};
    static const char *const scalings[] = {"none", "linear", "yarn", "longrope", NULL};
    char key[2 * NAME];
    const char *kind;
    size_t len;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (sx_gguf_has(r->gguf, key_of(r, keys[i], key, sizeof key)) && get_f32(r, keys[i], 1.0f) != 0.0f)
            return sx_fail(r->err, LLM_E_UNSUPPORTED, "metadata %s asks for what this version does not do", key);
    if ((hp->arch->flags & SX_ARCH_MLA) && hp->rope_attn_factor != 1.0f)
        return sx_fail(r->err, LLM_E_UNSUPPORTED,
                       "metadata %s.rope.scaling.attn_factor is not supported with latent attention", r->arch);
    if (!sx_gguf_str(r->gguf, key_of(r, "rope.scaling.type", key, sizeof key), &kind, &len)) return LLM_OK;
    for (const char *const *known = scalings; *known; known++)
        if (strlen(*known) == len && memcmp(*known, kind, len) == 0) return LLM_OK;
    return sx_fail(r->err, LLM_E_UNSUPPORTED, "metadata %s is \"%.*s\", which this version does not know", key,
                   len < NAME ? (int)len : NAME, kind);
}

static llm_status read_act(const reader *r, sx_hparams *hp)
{
    static const struct {
        const char *name;
        sx_act_kind act;
    } known[] = {{"silu", SX_ACT_SILU}, {"gelu", SX_ACT_GELU}, {"gelu_erf", SX_ACT_GELU_ERF}, {"relu2", SX_ACT_RELU2}};
    char key[2 * NAME];
    const char *s;
    size_t len;
    hp->act = hp->arch->act;
    if (!sx_gguf_str(r->gguf, key_of(r, "hidden_activation", key, sizeof key), &s, &len)) return LLM_OK;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].name) == len && memcmp(known[i].name, s, len) == 0) {
            hp->act = known[i].act;
            return LLM_OK;
        }
    return sx_fail(r->err, LLM_E_UNSUPPORTED, "metadata %s is \"%.*s\", an activation that this version does not know",
                   key, len < NAME ? (int)len : NAME, s);
}

llm_status sx_hparams_read(sx_hparams *hp, const sx_gguf *gguf, llm_error *err)
{
    const char *name;
    size_t len;
    memset(hp, 0, sizeof *hp);
    if (!sx_gguf_str(gguf, "general.architecture", &name, &len))
        return sx_fail(err, LLM_E_FORMAT,
                       "metadata general.architecture is missing; this GGUF file is not a language model");
    hp->arch = sx_arch_get(name, len);
    if (!hp->arch)
        return sx_fail(err, LLM_E_UNSUPPORTED, "architecture \"%.*s\" is not supported by this version",
                       len < NAME ? (int)len : NAME, name);
    reader r = {gguf, hp->arch->name, err};
    llm_status s;
    if ((s = read_sizes(&r, hp)) != LLM_OK || (s = read_experts(&r, hp)) != LLM_OK ||
        (s = read_rope(&r, hp)) != LLM_OK || (s = read_scales(&r, hp)) != LLM_OK || (s = read_latent(&r, hp)) != LLM_OK)
        return s;
    hp->window = get_u32(&r, "attention.sliding_window", 0);
    if ((hp->arch->flags & SX_ARCH_LOCAL_PLAIN) && hp->rope_local_base == 0.0f && hp->window > 0)
        hp->rope_local_base = hp->rope_base;
    hp->rope_on = !(hp->arch->flags & SX_ARCH_ROPE_SWITCH) || get_bool(&r, "rope.scaling.finetuned", true);
    if ((s = refuse_unknown(&r, hp)) != LLM_OK || (s = read_act(&r, hp)) != LLM_OK ||
        (s = get_pattern(&r, "attention.sliding_window_pattern", hp->windowed, hp->n_layer, &hp->windows_listed)) !=
            LLM_OK ||
        (s = get_pattern(&r, "rope.layer_pattern", hp->roped, hp->n_layer, &hp->ropes_listed)) != LLM_OK)
        return s;
    bool encoder = (hp->arch->flags & SX_ARCH_ENCODER) != 0;
    hp->both_ways = !get_bool(&r, "attention.causal", !encoder);
    uint32_t pooling = get_u32(&r, "pooling_type", 0); /* in files: 1 mean, 2 first token, 3 last, 4 a head's score */
    hp->pooling = pooling >= SX_POOL_MEAN && pooling <= SX_POOL_LAST ? pooling
                  : pooling == 4 && encoder                          ? SX_POOL_CLS
                  : encoder                                          ? SX_POOL_MEAN
                                                                     : SX_POOL_LAST;
    hp->parallel = get_bool(&r, "use_parallel_residual", (hp->arch->flags & SX_ARCH_PARALLEL) != 0);
    return LLM_OK;
}

bool sx_layer_windowed(const sx_hparams *hp, uint32_t layer)
{
    uint32_t period = hp->arch->window_period;
    if (hp->window > 0 && hp->windows_listed) return hp->windowed[layer];
    return hp->window > 0 && (period == 0 || layer % period < period - 1);
}

bool sx_layer_ropes(const sx_hparams *hp, uint32_t layer)
{
    if (hp->arch->rope == SX_ROPE_NONE || ((hp->arch->flags & SX_ARCH_ALIBI_40) && hp->n_layer == 40)) return false;
    if (hp->ropes_listed) return hp->roped[layer];
    if (!hp->rope_on) return false;
    if (hp->arch->flags & SX_ARCH_ROPE_LOCAL) /* without any window, all layers have it */
        return hp->window == 0 || sx_layer_windowed(hp, layer);
    return hp->arch->rope_skip == 0 || layer % hp->arch->rope_skip != hp->arch->rope_skip - 1;
}
