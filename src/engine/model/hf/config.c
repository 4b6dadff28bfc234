/* config.json into the metadata a GGUF file would have. What families name differently but mean alike stands in one table;
 * what only one family has is in odd.c. Values that the engine cannot obey are refused by name, never ignored. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/model/hf/parts.h"

enum { KEY = 160, DEFAULT_CTX = 2048 };

typedef enum kind { COUNT, REAL, FLAG } kind;

typedef struct hf_key {
    const char *names; /* of config.json, the first that is there counts */
    const char *key;   /* of GGUF, behind the architecture */
    kind kind;
} hf_key;

static const hf_key keys[] = {
    {"num_hidden_layers n_layer n_layers num_layers", "block_count", COUNT},
    {"hidden_size n_embd d_model", "embedding_length", COUNT},
    {"max_position_embeddings n_positions max_seq_len seq_length n_ctx", "context_length", COUNT},
    {"intermediate_size n_inner ffn_hidden_size", "feed_forward_length", COUNT},
    {"num_attention_heads n_head n_heads", "attention.head_count", COUNT},
    {"num_key_value_heads", "attention.head_count_kv", COUNT},
    {"head_dim", "attention.key_length", COUNT},
    {"head_dim", "attention.value_length", COUNT},
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", REAL},
    {"layer_norm_eps layer_norm_epsilon norm_epsilon norm_eps rms_norm_eps", "attention.layer_norm_epsilon", REAL},
    {"num_experts num_local_experts n_routed_experts", "expert_count", COUNT},
    {"num_experts_per_tok experts_per_token", "expert_used_count", COUNT},
    {"moe_intermediate_size", "expert_feed_forward_length", COUNT},
    {"shared_expert_intermediate_size shared_intermediate_size", "expert_shared_feed_forward_length", COUNT},
    {"n_shared_experts", "expert_shared_count", COUNT},
    {"norm_topk_prob", "expert_weights_norm", FLAG},
    {"routed_scaling_factor", "expert_weights_scale", REAL},
    {"first_k_dense_replace", "leading_dense_block_count", COUNT},
    {"n_group", "expert_group_count", COUNT},
    {"topk_group", "expert_group_used_count", COUNT},
    {"q_lora_rank", "attention.q_lora_rank", COUNT},
    {"kv_lora_rank", "attention.kv_lora_rank", COUNT},
    {"attn_logit_softcapping", "attn_logit_softcapping", REAL},
    {"final_logit_softcapping", "final_logit_softcapping", REAL},
    {"logit_scale logits_scaling", "logit_scale", REAL},
    {"embedding_multiplier", "embedding_scale", REAL},
    {"residual_multiplier", "residual_scale", REAL},
    {"attention_multiplier", "attention.scale", REAL},
    {"clip_qkv", "attention.clamp_kqv", REAL},
    {"use_parallel_residual", "use_parallel_residual", FLAG},
};

/* Switches that change the result and that nothing here obeys: the value each must have. */
static const struct {
    const char *name;
    bool must;
} switches[] = {
    {"apply_residual_connection_post_layernorm", false},
    {"scale_attn_by_inverse_layer_idx", false},
    {"scale_attn_weights", true},
    {"alibi", false},
    {"use_bidirectional_attention", false},
    {"add_cross_attention", false},
    {"is_encoder_decoder", false},
    {"rmsnorm", true},
    {"multi_query_attention", true},
};

static char *full_key(const sx_hf *hf, const char *name, char key[KEY])
{
    snprintf(key, KEY, "%s.%s", hf->family->arch, name);
    return key;
}

void sx_hf_put_u32(sx_hf *hf, const char *name, uint32_t v)
{
    char key[KEY];
    sx_gguf_put_u32(hf->gguf, full_key(hf, name, key), v);
}

void sx_hf_put_f32(sx_hf *hf, const char *name, float v)
{
    char key[KEY];
    sx_gguf_put_f32(hf->gguf, full_key(hf, name, key), v);
}

void sx_hf_put_bool(sx_hf *hf, const char *name, bool v)
{
    char key[KEY];
    sx_gguf_put_bool(hf->gguf, full_key(hf, name, key), v);
}

void sx_hf_put_str(sx_hf *hf, const char *name, const char *v)
{
    char key[KEY];
    sx_gguf_put_str(hf->gguf, full_key(hf, name, key), v, strlen(v));
}

void sx_hf_put_bools(sx_hf *hf, const char *name, const bool *v, size_t n)
{
    char key[KEY];
    sx_gguf_put_bools(hf->gguf, full_key(hf, name, key), v, n);
}

/* The first of some names, separated by spaces, that the object has with a value other than null. */
static const sx_json *first_of(const sx_json *object, const char *names)
{
    char name[64];
    while (*names) {
        size_t n = strcspn(names, " ");
        snprintf(name, sizeof name, "%.*s", (int)n, names);
        const sx_json *v = sx_json_get(object, name);
        if (v && v->kind != SX_JSON_NULL) return v;
        names += n + (names[n] == ' ');
    }
    return NULL;
}

static llm_status wrong(const sx_hf *hf, const sx_json *v, const char *wanted)
{
    return sx_fail(hf->err, LLM_E_FORMAT, "config.json: %s is not %s", v->key, wanted);
}

static llm_status put_key(sx_hf *hf, const hf_key *k, const sx_json *v)
{
    int64_t n;
    switch (k->kind) {
    case COUNT:
        if (!sx_json_int(v, &n) || n < 0 || n > UINT32_MAX) return wrong(hf, v, "a whole number of 32 bits");
        sx_hf_put_u32(hf, k->key, (uint32_t)n);
        return LLM_OK;
    case REAL:
        if (!sx_json_is(v, SX_JSON_NUMBER)) return wrong(hf, v, "a number");
        sx_hf_put_f32(hf, k->key, (float)v->number);
        return LLM_OK;
    default:
        if (!sx_json_is(v, SX_JSON_BOOL)) return wrong(hf, v, "true or false");
        sx_hf_put_bool(hf, k->key, v->truth);
        return LLM_OK;
    }
}

static llm_status check_switches(const sx_hf *hf)
{
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
        if (sx_json_get_bool(hf->config, switches[i].name, switches[i].must) != switches[i].must)
            return sx_fail(hf->err, LLM_E_UNSUPPORTED,
                           "config.json: %s is %s, which this version does not support for model_type %s",
                           switches[i].name, switches[i].must ? "false" : "true", hf->family->type);
    return LLM_OK;
}

/* Names of activations, as transformers has them, by those of the metadata. */
static llm_status put_activation(sx_hf *hf)
{
    static const struct {
        const char *from, *to;
    } known[] = {{"silu", "silu"},
                 {"swish", "silu"},
                 {"gelu_new", "gelu"},
                 {"gelu_fast", "gelu"},
                 {"gelu_pytorch_tanh", "gelu"},
                 {"gelu", "gelu_erf"},
                 {"relu2", "relu2"}};
    /* gemma's published files say "gelu" and mean the approximation; transformers reads them so */
    const sx_json *v = first_of(hf->config, "hidden_activation hidden_act activation_function activation");
    if (!v) return LLM_OK;
    if (strcmp(hf->family->arch, "gemma") == 0) return LLM_OK;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (sx_json_equal(v, known[i].from)) {
            if (strcmp(hf->family->arch, "gpt-oss") != 0) sx_hf_put_str(hf, "hidden_activation", known[i].to);
            return LLM_OK;
        }
    return sx_fail(hf->err, LLM_E_UNSUPPORTED, "config.json: the activation (%s) %.60s is not known to this version",
                   v->key, v->kind == SX_JSON_STRING ? v->text : "given");
}

/* Which layers see only a window: a list, a period, or the number of the first; silence leaves the family's own pattern. */
static llm_status put_windows(sx_hf *hf)
{
    const sx_json *types = first_of(hf->config, "layer_types"), *window = first_of(hf->config, "sliding_window");
    bool list[1024] = {false}, listed = false;
    int64_t n;
    if (!window || !sx_json_get_bool(hf->config, "use_sliding_window", true)) return LLM_OK;
    if (!sx_json_int(window, &n) || n < 0 || n > INT32_MAX) return wrong(hf, window, "a size");
    if (n == 0 || hf->n_layer > 1024) return LLM_OK;
    if (sx_json_is(types, SX_JSON_ARRAY)) {
        uint32_t i = 0;
        for (const sx_json *t = types->first; t && i < hf->n_layer; t = t->next, i++) {
            list[i] = sx_json_equal(t, "sliding_attention");
            if (!list[i] && !sx_json_equal(t, "full_attention"))
                return sx_fail(
                    hf->err, LLM_E_UNSUPPORTED,
                    "config.json: layer_types has a kind of layer that this version does not know (entry %u)", i);
        }
        if (i < hf->n_layer) return wrong(hf, types, "a list with an entry for each layer");
        listed = true;
    } else if (sx_json_get_bool(hf->config, "use_sliding_window", false)) {
        double first = sx_json_get_num(hf->config, "max_window_layers", 0);
        for (uint32_t i = 0; i < hf->n_layer; i++) list[i] = i >= first;
        listed = true;
    } else {
        double period = sx_json_get_num(hf->config, "sliding_window_pattern", 0);
        listed = period >= 1 && period <= 1024;
        for (uint32_t i = 0; listed && i < hf->n_layer; i++) list[i] = (i + 1) % (uint32_t)period != 0;
    }
    sx_hf_put_u32(hf, "attention.sliding_window", (uint32_t)n);
    if (listed) sx_hf_put_bools(hf, "attention.sliding_window_pattern", list, hf->n_layer);
    return LLM_OK;
}

/* What is put for every family; a family's own function may put it again. */
static void put_defaults(sx_hf *hf)
{
    const sx_json *name = first_of(hf->config, "_name_or_path");
    sx_gguf_put_str(hf->gguf, "general.architecture", hf->family->arch, strlen(hf->family->arch));
    if (sx_json_is(name, SX_JSON_STRING) && name->len) sx_gguf_put_str(hf->gguf, "general.name", name->text, name->len);
    sx_hf_put_u32(hf, "context_length", DEFAULT_CTX);
}

static uint32_t size_of(const sx_hf *hf, const char *name, uint32_t otherwise)
{
    char key[KEY];
    uint32_t v = otherwise;
    return sx_gguf_u32(hf->gguf, full_key(hf, name, key), &v) ? v : otherwise;
}

/* What layouts depend on, from the metadata as they are now. hparams.c checks them again, with the tensors' shapes. */
static llm_status read_sizes(sx_hf *hf)
{
    uint32_t width = size_of(hf, "embedding_length", 0);
    hf->n_layer = size_of(hf, "block_count", 0);
    hf->n_head = size_of(hf, "attention.head_count", 0);
    if (hf->n_head == 0 || hf->n_layer == 0 || width == 0)
        return sx_fail(hf->err, LLM_E_FORMAT,
                       "config.json: the number of layers, the number of heads or the width is missing or 0");
    hf->n_head_kv = size_of(hf, "attention.head_count_kv", hf->n_head);
    hf->dim_k = size_of(hf, "attention.key_length", width / hf->n_head);
    hf->n_expert = size_of(hf, "expert_count", 0);
    if (hf->n_head_kv == 0 || hf->n_head % hf->n_head_kv || hf->dim_k == 0 || hf->dim_k > 65536 || hf->n_head > 65536 ||
        hf->n_expert > 65536)
        return sx_fail(
            hf->err, LLM_E_FORMAT,
            "config.json: %u heads of %u elements sharing %u key-value heads, and %u experts, do not fit together",
            hf->n_head, hf->dim_k, hf->n_head_kv, hf->n_expert);
    return LLM_OK;
}

/* Families that came later than this library: what they are called, and what is known. */
static llm_status choose_family(sx_hf *hf)
{
    const char *type = sx_json_get_str(hf->config, "model_type", NULL);
    if (!type)
        return sx_fail(hf->err, LLM_E_FORMAT, "config.json has no model_type; this folder is not a language model");
    hf->family = sx_hf_family(type);
    if (hf->family) return LLM_OK;
    return sx_fail(hf->err, LLM_E_UNSUPPORTED, "model_type \"%.60s\" is not supported by this version", type);
}

llm_status sx_hf_config(sx_hf *hf)
{
    llm_status s = choose_family(hf);
    if (s == LLM_OK) s = check_switches(hf);
    if (s != LLM_OK) return s;
    put_defaults(hf);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const sx_json *v = first_of(hf->config, keys[i].names);
        if (v && (s = put_key(hf, &keys[i], v)) != LLM_OK) return s;
    }
    if (hf->family->odd && (s = hf->family->odd(hf)) != LLM_OK) return s;
    const sx_json *tied = sx_json_get(hf->config, "tie_word_embeddings");
    hf->tied = sx_json_is(tied, SX_JSON_BOOL) && tied->truth;
    if ((s = read_sizes(hf)) != LLM_OK || (s = put_activation(hf)) != LLM_OK || (s = put_windows(hf)) != LLM_OK)
        return s;
    return sx_hf_rope(hf);
}
