/* Facts that single families state in their own way. */
#include <math.h>
#include <string.h>

#include "engine/model/hf/parts.h"

static uint32_t count(const sx_json *object, const char *name, uint32_t otherwise)
{
    int64_t n;
    return sx_json_int(sx_json_get(object, name), &n) && n >= 0 && n <= UINT32_MAX ? (uint32_t)n : otherwise;
}

static llm_status unsupported(const sx_hf *hf, const char *what)
{
    return sx_fail(hf->err, LLM_E_UNSUPPORTED, "config.json: %s is not supported by this version for model_type %s",
                   what, hf->family->type);
}

/* Feed-forwards of n times the width, where the width itself is not given. */
static void wide(sx_hf *hf, const char *name, const char *width, uint32_t times)
{
    uint64_t n = (uint64_t)count(hf->config, width, 0) * times;
    if (count(hf->config, name, 0) == 0 && n <= UINT32_MAX) sx_hf_put_u32(hf, "feed_forward_length", (uint32_t)n);
}

llm_status sx_hf_odd_falcon(sx_hf *hf)
{
    const sx_json *c = hf->config;
    uint32_t heads = count(c, "num_attention_heads", count(c, "n_head", 0));
    bool grouped = sx_json_get_bool(c, "new_decoder_architecture", false),
         one = sx_json_get_bool(c, "multi_query", true);
    uint32_t kv = grouped ? count(c, "num_kv_heads", count(c, "n_head_kv", heads)) : one ? 1 : heads;
    sx_hf_put_u32(hf, "attention.head_count_kv", kv);
    sx_hf_put_bool(hf, "use_parallel_residual", grouped || sx_json_get_bool(c, "parallel_attn", true));
    sx_hf_put_u32(hf, "feed_forward_length", count(c, "ffn_hidden_size", 0));
    wide(hf, "ffn_hidden_size", "hidden_size", 4);
    return LLM_OK;
}

llm_status sx_hf_odd_bigcode(sx_hf *hf)
{
    if (!sx_json_get_bool(hf->config, "multi_query", true)) return unsupported(hf, "multi_query false");
    sx_hf_put_u32(hf, "attention.head_count_kv", 1);
    return sx_hf_odd_gpt2(hf);
}

llm_status sx_hf_odd_gpt2(sx_hf *hf)
{
    wide(hf, "n_inner", count(hf->config, "n_embd", 0) ? "n_embd" : "hidden_size", 4);
    return LLM_OK;
}

llm_status sx_hf_odd_bloom(sx_hf *hf)
{
    wide(hf, "", count(hf->config, "hidden_size", 0) ? "hidden_size" : "n_embed", 4);
    if (count(hf->config, "hidden_size", 0) == 0)
        sx_hf_put_u32(hf, "embedding_length", count(hf->config, "n_embed", 0));
    return LLM_OK;
}

llm_status sx_hf_odd_mpt(sx_hf *hf)
{
    const sx_json *a = sx_json_get(hf->config, "attn_config"), *clip = sx_json_get(a, "clip_qkv"),
                  *scale = sx_json_get(a, "softmax_scale"), *logits = sx_json_get(hf->config, "logit_scale");
    if (!sx_json_get_bool(a, "alibi", true)) return unsupported(hf, "attn_config.alibi false");
    if (sx_json_get_bool(a, "qk_ln", false)) return unsupported(hf, "attn_config.qk_ln");
    if (sx_json_is(logits, SX_JSON_STRING)) return unsupported(hf, "a logit_scale that is not a number");
    sx_hf_put_f32(hf, "attention.max_alibi_bias", (float)sx_json_get_num(a, "alibi_bias_max", 8));
    if (sx_json_is(clip, SX_JSON_NUMBER)) sx_hf_put_f32(hf, "attention.clamp_kqv", (float)clip->number);
    if (sx_json_is(scale, SX_JSON_NUMBER)) sx_hf_put_f32(hf, "attention.scale", (float)scale->number);
    wide(hf, "", "d_model", count(hf->config, "expansion_ratio", 4));
    sx_hf_put_u32(hf, "attention.head_count_kv", count(a, "kv_n_heads", count(hf->config, "n_heads", 0)));
    sx_hf_put_f32(hf, "attention.layer_norm_epsilon", (float)sx_json_get_num(hf->config, "layer_norm_epsilon", 1e-5));
    sx_hf_put_str(hf, "hidden_activation", "gelu_erf");
    return LLM_OK;
}

/* Half of each head is turned, in pairs; the layout is GGUF's own. */
llm_status sx_hf_odd_chatglm(sx_hf *hf)
{
    const sx_json *c = hf->config;
    if (count(c, "kv_channels", 0)) {
        sx_hf_put_u32(hf, "attention.key_length", count(c, "kv_channels", 0));
        sx_hf_put_u32(hf, "attention.value_length", count(c, "kv_channels", 0));
    }
    sx_hf_put_u32(hf, "attention.head_count_kv", count(c, "multi_query_group_num", 1));
    sx_hf_put_f32(hf, "attention.layer_norm_rms_epsilon", (float)sx_json_get_num(c, "layernorm_epsilon", 1e-5));
    return LLM_OK;
}

llm_status sx_hf_odd_minicpm(sx_hf *hf)
{
    const sx_json *c = hf->config;
    double layers = count(c, "num_hidden_layers", 1), width = count(c, "hidden_size", 0);
    sx_hf_put_f32(hf, "embedding_scale", (float)sx_json_get_num(c, "scale_emb", 1));
    sx_hf_put_f32(hf, "residual_scale", (float)(sx_json_get_num(c, "scale_depth", 1) / sqrt(layers > 0 ? layers : 1)));
    sx_hf_put_f32(hf, "logit_scale", (float)(width / sx_json_get_num(c, "dim_model_base", width)));
    return LLM_OK;
}

llm_status sx_hf_odd_gemma(sx_hf *hf)
{
    double scalar = sx_json_get_num(hf->config, "query_pre_attn_scalar", 256);
    if (scalar <= 0) return unsupported(hf, "a query_pre_attn_scalar that is not positive");
    sx_hf_put_f32(hf, "attention.scale", (float)(1.0 / sqrt(scalar)));
    return LLM_OK;
}

llm_status sx_hf_odd_smollm3(sx_hf *hf)
{
    const sx_json *list = sx_json_get(hf->config, "no_rope_layers");
    uint32_t n = count(hf->config, "num_hidden_layers", 0), i = 0;
    bool ropes[1024];
    if (!sx_json_is(list, SX_JSON_ARRAY) || n > 1024) return LLM_OK;
    for (const sx_json *v = list->first; v && i < n; v = v->next, i++) ropes[i] = v->truth || v->number != 0;
    if (i == n) sx_hf_put_bools(hf, "rope.layer_pattern", ropes, n); /* 1 stands for a layer with rope */
    return LLM_OK;
}

/* Layers that are dense among layers of experts. */
llm_status sx_hf_odd_experts(sx_hf *hf)
{
    if (count(hf->config, "num_experts", count(hf->config, "num_local_experts", 0)) == 0) return LLM_OK;
    if (!sx_json_get(hf->config, "norm_topk_prob")) sx_hf_put_bool(hf, "expert_weights_norm", false);
    return LLM_OK; /* a layer has experts where its tensors are: mlp_only_layers and decoder_sparse_step need no more */
}

llm_status sx_hf_odd_stablelm(sx_hf *hf)
{
    if (sx_json_get_bool(hf->config, "qk_layernorm", false)) return unsupported(hf, "qk_layernorm");
    return LLM_OK;
}

llm_status sx_hf_odd_deepseek(sx_hf *hf)
{
    const sx_json *c = hf->config;
    bool v3 = strcmp(hf->family->type, "deepseek_v3") == 0;
    uint32_t nope = count(c, "qk_nope_head_dim", 0), rope = count(c, "qk_rope_head_dim", 0),
             v = count(c, "v_head_dim", 0), rank = count(c, "kv_lora_rank", 0),
             heads = count(c, "num_attention_heads", 0);
    if (nope == 0 || rope == 0 || v == 0 || rank == 0 || heads == 0 || nope > 65536 || rope > 65536 || v > 65536 ||
        rank > 65536)
        return sx_fail(hf->err, LLM_E_FORMAT, "config.json: the sizes of latent attention are missing or absurd");
    if (v3 && !sx_json_get_bool(c, "rope_interleave", true)) return unsupported(hf, "rope_interleave false");
    hf->dim_nope = nope;
    hf->dim_out = v;
    sx_hf_put_u32(hf, "attention.head_count_kv", 1);
    sx_hf_put_u32(hf, "attention.key_length", rank + rope);
    sx_hf_put_u32(hf, "attention.value_length", rank);
    sx_hf_put_u32(hf, "attention.key_length_mla", nope + rope);
    sx_hf_put_u32(hf, "attention.value_length_mla", v);
    sx_hf_put_u32(hf, "rope.dimension_count", rope);
    sx_hf_put_u32(hf, "expert_gating_func", v3 ? 2 : 1);
    return LLM_OK;
}
