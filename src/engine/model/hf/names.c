/* Families of models by config.json's model_type, and what their tensors are called. Sources: the modules of
 * github.com/huggingface/transformers (and of the models' own repositories), and GGUF's names in
 * github.com/ggml-org/llama.cpp. */
#include <string.h>

#include "engine/model/hf/parts.h"

/* Names that mean the same in every family that has them. */
static const hf_name common[] = {
    {"embed_tokens", "token_embd", HF_SAME},
    {"wte", "token_embd", HF_SAME},
    {"word_embeddings", "token_embd", HF_SAME},
    {"embedding.word_embeddings", "token_embd", HF_SAME},
    {"embed_in", "token_embd", HF_SAME},
    {"tok_embeddings", "token_embd", HF_SAME},
    {"word_embeddings_layernorm", "token_embd_norm", HF_SAME},
    {"wpe", "position_embd", HF_SAME},
    {"norm", "output_norm", HF_SAME},
    {"norm_f", "output_norm", HF_SAME},
    {"ln_f", "output_norm", HF_SAME},
    {"final_layernorm", "output_norm", HF_SAME},
    {"final_layer_norm", "output_norm", HF_SAME},
    {"encoder.final_layernorm", "output_norm", HF_SAME},
    {"lm_head", "output", HF_SAME},
    {"embed_out", "output", HF_SAME},
    {"output_layer", "output", HF_SAME},
    {"output", "output", HF_SAME},
    {"input_layernorm", "attn_norm", HF_SAME},
    {"ln_1", "attn_norm", HF_SAME},
    {"norm_1", "attn_norm", HF_SAME},
    {"attention_norm", "attn_norm", HF_SAME},
    {"post_attention_layernorm", "ffn_norm", HF_SAME},
    {"ln_2", "ffn_norm", HF_SAME},
    {"norm_2", "ffn_norm", HF_SAME},
    {"ffn_norm", "ffn_norm", HF_SAME},
    {"self_attn.q_proj", "attn_q", HF_QUERY},
    {"self_attn.k_proj", "attn_k", HF_KEY},
    {"self_attn.v_proj", "attn_v", HF_SAME},
    {"self_attn.o_proj", "attn_output", HF_SAME},
    {"self_attn.dense", "attn_output", HF_SAME},
    {"self_attention.dense", "attn_output", HF_SAME},
    {"attention.dense", "attn_output", HF_SAME},
    {"attention.wo", "attn_output", HF_SAME},
    {"attn.out_proj", "attn_output", HF_SAME},
    {"attn.c_proj", "attn_output", HF_SAME},
    {"self_attn.qkv_proj", "attn_qkv", HF_QKV},
    {"self_attn.W_pack", "attn_qkv", HF_QKV},
    {"attn.Wqkv", "attn_qkv", HF_QKV},
    {"attn.c_attn", "attn_qkv", HF_QKV},
    {"attention.wqkv", "attn_qkv", HF_GROUPS},
    {"attention.query_key_value", "attn_qkv", HF_GROUPS},
    {"self_attention.query_key_value", "attn_qkv", HF_GROUPS},
    {"self_attn.q_norm", "attn_q_norm", HF_SAME},
    {"self_attn.k_norm", "attn_k_norm", HF_SAME},
    {"self_attn.sinks", "attn_sinks", HF_SAME},
    {"mlp.gate_proj", "ffn_gate", HF_SAME},
    {"mlp.up_proj", "ffn_up", HF_SAME},
    {"mlp.down_proj", "ffn_down", HF_SAME},
    {"mlp.gate_up_proj", "ffn_up", HF_SAME},
    {"mlp.fc1", "ffn_up", HF_SAME},
    {"mlp.fc2", "ffn_down", HF_SAME},
    {"mlp.c_fc", "ffn_up", HF_SAME},
    {"mlp.c_proj", "ffn_down", HF_SAME},
    {"mlp.dense_h_to_4h", "ffn_up", HF_SAME},
    {"mlp.dense_4h_to_h", "ffn_down", HF_SAME},
    {"ffn.up_proj", "ffn_up", HF_SAME},
    {"ffn.down_proj", "ffn_down", HF_SAME},
    {"feed_forward.w1", "ffn_gate", HF_SAME},
    {"feed_forward.w2", "ffn_down", HF_SAME},
    {"feed_forward.w3", "ffn_up", HF_SAME},
    {"mlp.gate", "ffn_gate_inp", HF_SAME},
    {"mlp.router", "ffn_gate_inp", HF_SAME},
    {"block_sparse_moe.gate", "ffn_gate_inp", HF_SAME},
    {"block_sparse_moe.router.layer", "ffn_gate_inp", HF_SAME},
    {"mlp.gate.e_score_correction_bias", "exp_probs_b.bias", HF_SAME},
    {"mlp.experts.#.gate_proj", "ffn_gate_exps", HF_EXPERT},
    {"mlp.experts.#.up_proj", "ffn_up_exps", HF_EXPERT},
    {"mlp.experts.#.down_proj", "ffn_down_exps", HF_EXPERT},
    {"block_sparse_moe.experts.#.w1", "ffn_gate_exps", HF_EXPERT},
    {"block_sparse_moe.experts.#.w2", "ffn_down_exps", HF_EXPERT},
    {"block_sparse_moe.experts.#.w3", "ffn_up_exps", HF_EXPERT},
    {"block_sparse_moe.input_linear", "ffn_gate_exps ffn_up_exps", HF_TWO},
    {"block_sparse_moe.output_linear", "ffn_down_exps", HF_SAME},
    {"shared_mlp.input_linear", "ffn_gate_shexp ffn_up_shexp", HF_TWO},
    {"shared_mlp.output_linear", "ffn_down_shexp", HF_SAME},
    {"mlp.shared_expert.gate_proj", "ffn_gate_shexp", HF_SAME},
    {"mlp.shared_expert.up_proj", "ffn_up_shexp", HF_SAME},
    {"mlp.shared_expert.down_proj", "ffn_down_shexp", HF_SAME},
    {"mlp.shared_expert_gate", "ffn_gate_inp_shexp", HF_SAME},
    {"mlp.shared_experts.gate_proj", "ffn_gate_shexp", HF_SAME},
    {"mlp.shared_experts.up_proj", "ffn_up_shexp", HF_SAME},
    {"mlp.shared_experts.down_proj", "ffn_down_shexp", HF_SAME},
    {"self_attn.q_a_proj", "attn_q_a", HF_SAME},
    {"self_attn.q_a_layernorm", "attn_q_a_norm", HF_SAME},
    {"self_attn.q_b_proj", "attn_q_b", HF_SAME},
    {"self_attn.kv_a_proj_with_mqa", "attn_kv_a_mqa", HF_SAME},
    {"self_attn.kv_a_layernorm", "attn_kv_a_norm", HF_SAME},
    {"self_attn.kv_b_proj", "attn_k_b attn_v_b", HF_LATENT},
    {"self_attn.rotary_emb.inv_freq", "", HF_DROP},
    {"attention.rotary_emb.inv_freq", "", HF_DROP},
    {"rotary_emb.inv_freq", "", HF_DROP},
    {"rotary_pos_emb.inv_freq", "", HF_DROP},
    {"attn.masked_bias", "", HF_DROP},
    {"attn.bias", "", HF_DROP}, /* the causal mask */
    {"attention.masked_bias", "", HF_DROP},
    {"attention.bias", "", HF_DROP},
    {NULL, NULL, HF_SAME},
};

static const hf_name gemma2[] = {{"post_attention_layernorm", "post_attention_norm", HF_SAME},
                                 {"pre_feedforward_layernorm", "ffn_norm", HF_SAME},
                                 {"post_feedforward_layernorm", "post_ffw_norm", HF_SAME},
                                 {NULL, NULL, HF_SAME}};
static const hf_name glm4[] = {{"post_self_attn_layernorm", "post_attention_norm", HF_SAME},
                               {"post_mlp_layernorm", "post_ffw_norm", HF_SAME},
                               {NULL, NULL, HF_SAME}};
static const hf_name gpt2[] = {{"attn.c_attn", "attn_qkv", HF_TRANSPOSE},
                               {"attn.c_proj", "attn_output", HF_TRANSPOSE},
                               {"mlp.c_fc", "ffn_up", HF_TRANSPOSE},
                               {"mlp.c_proj", "ffn_down", HF_TRANSPOSE},
                               {NULL, NULL, HF_SAME}};
static const hf_name falcon[] = {
    {"ln_attn", "attn_norm_2", HF_SAME}, {"ln_mlp", "attn_norm", HF_SAME}, {NULL, NULL, HF_SAME}};
static const hf_name chatglm[] = {{"self_attention.query_key_value", "attn_qkv", HF_QKV}, {NULL, NULL, HF_SAME}};
static const hf_name phi[] = {{"self_attn.q_layernorm", "attn_q_norm", HF_SAME},
                              {"self_attn.k_layernorm", "attn_k_norm", HF_SAME},
                              {NULL, NULL, HF_SAME}};
static const hf_name gpt_oss[] = {{"post_attention_layernorm", "post_attention_norm", HF_SAME},
                                  {"mlp.experts.gate_up_proj", "ffn_gate_exps ffn_up_exps", HF_WOVEN},
                                  {"mlp.experts.down_proj", "ffn_down_exps", HF_FLIPPED},
                                  {NULL, NULL, HF_SAME}};
static const hf_name seed_oss[] = {{"post_attention_layernorm", "post_attention_norm", HF_SAME}, {NULL, NULL, HF_SAME}};

static const hf_family families[] = {
    {"llama", "llama", HF_TURN, NULL, NULL},
    {"mistral", "llama", HF_TURN, NULL, NULL},
    {"ministral", "llama", HF_TURN, NULL, NULL},
    {"mixtral", "llama", HF_TURN, NULL, NULL},
    {"arcee", "arcee", HF_TURN, NULL, NULL},
    {"qwen2", "qwen2", 0, NULL, NULL},
    {"qwen3", "qwen3", 0, NULL, NULL},
    {"qwen2_moe", "qwen2moe", 0, NULL, sx_hf_odd_experts},
    {"qwen3_moe", "qwen3moe", 0, NULL, sx_hf_odd_experts},
    {"olmoe", "olmoe", 0, NULL, NULL},
    {"gemma", "gemma", HF_PLUS_ONE, NULL, NULL},
    {"gemma2", "gemma2", HF_PLUS_ONE, gemma2, sx_hf_odd_gemma},
    {"gemma3_text", "gemma3", HF_PLUS_ONE, gemma2, sx_hf_odd_gemma},
    {"phi", "phi2", 0, phi, NULL},
    {"phi3", "phi3", 0, NULL, NULL},
    {"gpt2", "gpt2", 0, gpt2, sx_hf_odd_gpt2},
    {"gpt_bigcode", "starcoder", 0, NULL, sx_hf_odd_bigcode},
    {"bloom", "bloom", 0, NULL, sx_hf_odd_bloom},
    {"falcon", "falcon", 0, falcon, sx_hf_odd_falcon},
    {"gpt_neox", "gptneox", 0, NULL, NULL},
    {"mpt", "mpt", 0, NULL, sx_hf_odd_mpt},
    {"starcoder2", "starcoder2", 0, NULL, NULL},
    {"stablelm", "stablelm", 0, NULL, sx_hf_odd_stablelm},
    {"cohere", "command-r", 0, NULL, NULL},
    {"cohere2", "cohere2", 0, NULL, NULL},
    {"olmo", "olmo", HF_TURN, NULL, NULL},
    {"olmo2", "olmo2", 0, gemma2, NULL},
    {"olmo3", "olmo2", 0, gemma2, NULL},
    {"granite", "granite", HF_TURN, NULL, NULL},
    {"granitemoe", "granitemoe", HF_TURN, NULL, NULL},
    {"granitemoeshared", "granitemoe", HF_TURN, NULL, NULL},
    {"deepseek_v2", "deepseek2", HF_LATENT_KV, NULL, sx_hf_odd_deepseek},
    {"deepseek_v3", "deepseek2", HF_LATENT_KV, NULL, sx_hf_odd_deepseek},
    {"smollm3", "smollm3", HF_TURN, NULL, sx_hf_odd_smollm3},
    {"glm", "chatglm", 0, NULL, NULL},
    {"glm4", "glm4", 0, glm4, NULL},
    {"chatglm", "chatglm", 0, chatglm, sx_hf_odd_chatglm},
    {"gpt_oss", "gpt-oss", 0, gpt_oss, NULL},
    {"nemotron", "nemotron", HF_PLUS_ONE, NULL, NULL},
    {"exaone4", "exaone4", 0, gemma2, NULL},
    {"seed_oss", "seed_oss", 0, seed_oss, NULL},
    {"minicpm", "minicpm", HF_TURN, NULL, sx_hf_odd_minicpm},
    {"internlm2", "internlm2", HF_TURN, NULL, NULL},
    {"xverse", "xverse", HF_TURN, NULL, NULL},
    {"orion", "orion", HF_TURN, NULL, NULL},
};

const hf_family *sx_hf_family(const char *model_type)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (strcmp(families[i].type, model_type) == 0) return &families[i];
    return NULL;
}

const hf_family *sx_hf_family_of(const char *arch)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (strcmp(families[i].arch, arch) == 0) return &families[i];
    return NULL;
}

static const hf_name *find(const hf_name *list, const char *name)
{
    for (; list && list->from; list++)
        if (strcmp(list->from, name) == 0) return list;
    return NULL;
}

const hf_name *sx_hf_name(const hf_family *family, const char *name)
{
    const hf_name *own = find(family->names, name);
    return own ? own : find(common, name);
}
