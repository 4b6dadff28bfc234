/* Made by hf_compare.py --cases: small models of transformers with weights by formula, and their logits of the last of
 * the tokens [5, 17, 9, 30, 2, 11, 23, 8]. */
static const tensor llama_tensors[] = {
    {"model.embed_tokens.weight", 2, {32, 16}},
    {"model.layers.0.input_layernorm.weight", 1, {16}},
    {"model.layers.0.mlp.down_proj.weight", 2, {16, 24}},
    {"model.layers.0.mlp.gate_proj.weight", 2, {24, 16}},
    {"model.layers.0.mlp.up_proj.weight", 2, {24, 16}},
    {"model.layers.0.post_attention_layernorm.weight", 1, {16}},
    {"model.layers.0.self_attn.k_proj.bias", 1, {8}},
    {"model.layers.0.self_attn.k_proj.weight", 2, {8, 16}},
    {"model.layers.0.self_attn.o_proj.bias", 1, {16}},
    {"model.layers.0.self_attn.o_proj.weight", 2, {16, 16}},
    {"model.layers.0.self_attn.q_proj.bias", 1, {16}},
    {"model.layers.0.self_attn.q_proj.weight", 2, {16, 16}},
    {"model.layers.0.self_attn.v_proj.bias", 1, {8}},
    {"model.layers.0.self_attn.v_proj.weight", 2, {8, 16}},
    {"model.layers.1.input_layernorm.weight", 1, {16}},
    {"model.layers.1.mlp.down_proj.weight", 2, {16, 24}},
    {"model.layers.1.mlp.gate_proj.weight", 2, {24, 16}},
    {"model.layers.1.mlp.up_proj.weight", 2, {24, 16}},
    {"model.layers.1.post_attention_layernorm.weight", 1, {16}},
    {"model.layers.1.self_attn.k_proj.bias", 1, {8}},
    {"model.layers.1.self_attn.k_proj.weight", 2, {8, 16}},
    {"model.layers.1.self_attn.o_proj.bias", 1, {16}},
    {"model.layers.1.self_attn.o_proj.weight", 2, {16, 16}},
    {"model.layers.1.self_attn.q_proj.bias", 1, {16}},
    {"model.layers.1.self_attn.q_proj.weight", 2, {16, 16}},
    {"model.layers.1.self_attn.v_proj.bias", 1, {8}},
    {"model.layers.1.self_attn.v_proj.weight", 2, {8, 16}},
    {"model.norm.weight", 1, {16}},
    {NULL, 0, {0}},
};
static const char llama_config[] =
    "{\"attention_bias\": true, \"attention_dropout\": 0.0, \"bos_token_id\": 1, \"eos_token_id\": 2, \"head_dim\":"
    " 4, \"hidden_act\": \"silu\", \"hidden_size\": 16, \"intermediate_size\": 24, \"max_position_embeddings\": 64,"
    " \"mlp_bias\": false, \"model_type\": \"llama\", \"num_attention_heads\": 4, \"num_hidden_layers\": 2, \"num_ke"
    "y_value_heads\": 2, \"pad_token_id\": 0, \"pretraining_tp\": 1, \"rms_norm_eps\": 1e-06, \"rope_parameters\":"
    " {\"factor\": 8.0, \"high_freq_factor\": 4.0, \"low_freq_factor\": 1.0, \"original_max_position_embeddings\""
    ": 32, \"rope_theta\": 10000.0, \"rope_type\": \"llama3\"}, \"tie_word_embeddings\": true, \"vocab_size\": 32}";
static const float llama_logits[] = {-0.040352f, 0.946260f,  0.048921f,  -1.195852f, -0.886148f, -0.770962f, -1.779506f,
                                     -1.164549f, 0.889417f,  0.091332f,  -0.822219f, 0.848718f,  -2.588537f, 0.897448f,
                                     -0.357908f, -0.748590f, 0.764166f,  -0.214022f, 0.567372f,  -0.005978f, -0.251589f,
                                     1.071231f,  -0.772621f, -2.116814f, 1.032906f,  -1.790669f, 0.243890f,  1.480251f,
                                     -0.200411f, -0.796038f, 1.757174f,  0.933255f};

static const tensor gpt2_tensors[] = {
    {"transformer.h.0.attn.c_attn.bias", 1, {48}},
    {"transformer.h.0.attn.c_attn.weight", 2, {16, 48}},
    {"transformer.h.0.attn.c_proj.bias", 1, {16}},
    {"transformer.h.0.attn.c_proj.weight", 2, {16, 16}},
    {"transformer.h.0.ln_1.bias", 1, {16}},
    {"transformer.h.0.ln_1.weight", 1, {16}},
    {"transformer.h.0.ln_2.bias", 1, {16}},
    {"transformer.h.0.ln_2.weight", 1, {16}},
    {"transformer.h.0.mlp.c_fc.bias", 1, {64}},
    {"transformer.h.0.mlp.c_fc.weight", 2, {16, 64}},
    {"transformer.h.0.mlp.c_proj.bias", 1, {16}},
    {"transformer.h.0.mlp.c_proj.weight", 2, {64, 16}},
    {"transformer.h.1.attn.c_attn.bias", 1, {48}},
    {"transformer.h.1.attn.c_attn.weight", 2, {16, 48}},
    {"transformer.h.1.attn.c_proj.bias", 1, {16}},
    {"transformer.h.1.attn.c_proj.weight", 2, {16, 16}},
    {"transformer.h.1.ln_1.bias", 1, {16}},
    {"transformer.h.1.ln_1.weight", 1, {16}},
    {"transformer.h.1.ln_2.bias", 1, {16}},
    {"transformer.h.1.ln_2.weight", 1, {16}},
    {"transformer.h.1.mlp.c_fc.bias", 1, {64}},
    {"transformer.h.1.mlp.c_fc.weight", 2, {16, 64}},
    {"transformer.h.1.mlp.c_proj.bias", 1, {16}},
    {"transformer.h.1.mlp.c_proj.weight", 2, {64, 16}},
    {"transformer.ln_f.bias", 1, {16}},
    {"transformer.ln_f.weight", 1, {16}},
    {"transformer.wpe.weight", 2, {64, 16}},
    {"transformer.wte.weight", 2, {32, 16}},
    {NULL, 0, {0}},
};
static const char gpt2_config[] =
    "{\"activation_function\": \"gelu_new\", \"add_cross_attention\": false, \"attn_pdrop\": 0.1, \"bos_token_id\":"
    " 1, \"embd_pdrop\": 0.1, \"eos_token_id\": 2, \"layer_norm_epsilon\": 1e-05, \"model_type\": \"gpt2\", \"n_embd"
    "\": 16, \"n_head\": 4, \"n_inner\": null, \"n_layer\": 2, \"n_positions\": 64, \"pad_token_id\": 0, \"reorder_an"
    "d_upcast_attn\": false, \"resid_pdrop\": 0.1, \"scale_attn_by_inverse_layer_idx\": false, \"scale_attn_wei"
    "ghts\": true, \"summary_activation\": null, \"summary_first_dropout\": 0.1, \"summary_proj_to_labels\": tru"
    "e, \"summary_type\": \"cls_index\", \"summary_use_proj\": true, \"tie_word_embeddings\": true, \"vocab_size\":"
    " 32}";
static const float gpt2_logits[] = {1.609449f,  2.131360f,  1.200813f,  2.081053f,  0.472044f,  -0.811643f, 0.090240f,
                                    -0.604567f, 1.390470f,  1.547007f,  0.162413f,  -0.855554f, 1.628784f,  -0.731706f,
                                    0.346777f,  -0.958399f, -0.890134f, -0.449524f, 1.381268f,  -2.341519f, 1.111499f,
                                    0.801734f,  0.580032f,  0.595836f,  1.908048f,  -0.377654f, 0.071854f,  -1.203802f,
                                    0.645040f,  0.949993f,  -0.711245f, 0.775986f};

static const tensor gpt_neox_tensors[] = {
    {"embed_out.weight", 2, {32, 16}},
    {"gpt_neox.embed_in.weight", 2, {32, 16}},
    {"gpt_neox.final_layer_norm.bias", 1, {16}},
    {"gpt_neox.final_layer_norm.weight", 1, {16}},
    {"gpt_neox.layers.0.attention.dense.bias", 1, {16}},
    {"gpt_neox.layers.0.attention.dense.weight", 2, {16, 16}},
    {"gpt_neox.layers.0.attention.query_key_value.bias", 1, {48}},
    {"gpt_neox.layers.0.attention.query_key_value.weight", 2, {48, 16}},
    {"gpt_neox.layers.0.input_layernorm.bias", 1, {16}},
    {"gpt_neox.layers.0.input_layernorm.weight", 1, {16}},
    {"gpt_neox.layers.0.mlp.dense_4h_to_h.bias", 1, {16}},
    {"gpt_neox.layers.0.mlp.dense_4h_to_h.weight", 2, {16, 24}},
    {"gpt_neox.layers.0.mlp.dense_h_to_4h.bias", 1, {24}},
    {"gpt_neox.layers.0.mlp.dense_h_to_4h.weight", 2, {24, 16}},
    {"gpt_neox.layers.0.post_attention_layernorm.bias", 1, {16}},
    {"gpt_neox.layers.0.post_attention_layernorm.weight", 1, {16}},
    {"gpt_neox.layers.1.attention.dense.bias", 1, {16}},
    {"gpt_neox.layers.1.attention.dense.weight", 2, {16, 16}},
    {"gpt_neox.layers.1.attention.query_key_value.bias", 1, {48}},
    {"gpt_neox.layers.1.attention.query_key_value.weight", 2, {48, 16}},
    {"gpt_neox.layers.1.input_layernorm.bias", 1, {16}},
    {"gpt_neox.layers.1.input_layernorm.weight", 1, {16}},
    {"gpt_neox.layers.1.mlp.dense_4h_to_h.bias", 1, {16}},
    {"gpt_neox.layers.1.mlp.dense_4h_to_h.weight", 2, {16, 24}},
    {"gpt_neox.layers.1.mlp.dense_h_to_4h.bias", 1, {24}},
    {"gpt_neox.layers.1.mlp.dense_h_to_4h.weight", 2, {24, 16}},
    {"gpt_neox.layers.1.post_attention_layernorm.bias", 1, {16}},
    {"gpt_neox.layers.1.post_attention_layernorm.weight", 1, {16}},
    {NULL, 0, {0}},
};
static const char gpt_neox_config[] =
    "{\"attention_bias\": true, \"attention_dropout\": 0.0, \"bos_token_id\": 1, \"classifier_dropout\": 0.1, \"eo"
    "s_token_id\": 2, \"hidden_act\": \"gelu\", \"hidden_dropout\": 0.0, \"hidden_size\": 16, \"intermediate_size\":"
    " 24, \"is_decoder\": false, \"layer_norm_eps\": 1e-05, \"max_position_embeddings\": 64, \"model_type\": \"gpt"
    "_neox\", \"num_attention_heads\": 4, \"num_hidden_layers\": 2, \"pad_token_id\": 0, \"rope_parameters\": {\"pa"
    "rtial_rotary_factor\": 0.5, \"rope_theta\": 10000.0, \"rope_type\": \"default\"}, \"tie_word_embeddings\": fa"
    "lse, \"use_parallel_residual\": true, \"vocab_size\": 32}";
static const float gpt_neox_logits[] = {
    1.806426f,  -0.165377f, 1.020670f, -0.252433f, 0.228421f,  0.791318f, -2.086772f, 0.139873f,
    1.525758f,  0.616110f,  2.139672f, -1.435789f, 1.842143f,  0.641976f, -1.533442f, -0.078284f,
    1.144460f,  -1.350125f, 0.317602f, -0.539231f, -1.124472f, 0.014388f, -0.164080f, -0.479140f,
    -1.962527f, -2.139773f, 1.186080f, -1.025411f, 0.427739f,  2.468855f, -0.775317f, -1.864655f};

static const tensor falcon_tensors[] = {
    {"transformer.h.0.ln_attn.bias", 1, {16}},
    {"transformer.h.0.ln_attn.weight", 1, {16}},
    {"transformer.h.0.ln_mlp.bias", 1, {16}},
    {"transformer.h.0.ln_mlp.weight", 1, {16}},
    {"transformer.h.0.mlp.dense_4h_to_h.weight", 2, {16, 24}},
    {"transformer.h.0.mlp.dense_h_to_4h.weight", 2, {24, 16}},
    {"transformer.h.0.self_attention.dense.weight", 2, {16, 16}},
    {"transformer.h.0.self_attention.query_key_value.weight", 2, {32, 16}},
    {"transformer.h.1.ln_attn.bias", 1, {16}},
    {"transformer.h.1.ln_attn.weight", 1, {16}},
    {"transformer.h.1.ln_mlp.bias", 1, {16}},
    {"transformer.h.1.ln_mlp.weight", 1, {16}},
    {"transformer.h.1.mlp.dense_4h_to_h.weight", 2, {16, 24}},
    {"transformer.h.1.mlp.dense_h_to_4h.weight", 2, {24, 16}},
    {"transformer.h.1.self_attention.dense.weight", 2, {16, 16}},
    {"transformer.h.1.self_attention.query_key_value.weight", 2, {32, 16}},
    {"transformer.ln_f.bias", 1, {16}},
    {"transformer.ln_f.weight", 1, {16}},
    {"transformer.word_embeddings.weight", 2, {32, 16}},
    {NULL, 0, {0}},
};
static const char falcon_config[] =
    "{\"activation\": \"gelu\", \"alibi\": false, \"attention_dropout\": 0.0, \"bias\": false, \"bos_token_id\": 1, \""
    "eos_token_id\": 2, \"ffn_hidden_size\": 24, \"hidden_dropout\": 0.0, \"hidden_size\": 16, \"intermediate_siz"
    "e\": 24, \"layer_norm_epsilon\": 1e-05, \"max_position_embeddings\": 64, \"model_type\": \"falcon\", \"multi_q"
    "uery\": true, \"new_decoder_architecture\": true, \"num_attention_heads\": 4, \"num_hidden_layers\": 2, \"nu"
    "m_kv_heads\": 2, \"num_ln_in_parallel_attn\": 2, \"pad_token_id\": 0, \"parallel_attn\": true, \"rope_parame"
    "ters\": {\"rope_theta\": 10000.0, \"rope_type\": \"default\"}, \"tie_word_embeddings\": true, \"vocab_size\": 3"
    "2}";
static const float falcon_logits[] = {
    -0.399876f, -1.441205f, -0.568880f, -0.731268f, 0.754764f, 0.313417f,  1.002617f,  0.907345f,
    0.332975f,  1.214772f,  0.049392f,  -1.785844f, 0.894223f, 0.407666f,  -2.231166f, -1.229333f,
    -0.723315f, 1.035936f,  2.062814f,  -1.668339f, 1.704299f, -0.701060f, -0.975867f, -0.947388f,
    0.986940f,  0.357046f,  0.288827f,  -0.346350f, 0.328924f, -0.517080f, -1.816710f, -1.210322f};

static const tensor gemma3_text_tensors[] = {
    {"model.embed_tokens.weight", 2, {32, 16}},
    {"model.layers.0.input_layernorm.weight", 1, {16}},
    {"model.layers.0.mlp.down_proj.weight", 2, {16, 24}},
    {"model.layers.0.mlp.gate_proj.weight", 2, {24, 16}},
    {"model.layers.0.mlp.up_proj.weight", 2, {24, 16}},
    {"model.layers.0.post_attention_layernorm.weight", 1, {16}},
    {"model.layers.0.post_feedforward_layernorm.weight", 1, {16}},
    {"model.layers.0.pre_feedforward_layernorm.weight", 1, {16}},
    {"model.layers.0.self_attn.k_norm.weight", 1, {8}},
    {"model.layers.0.self_attn.k_proj.weight", 2, {16, 16}},
    {"model.layers.0.self_attn.o_proj.weight", 2, {16, 32}},
    {"model.layers.0.self_attn.q_norm.weight", 1, {8}},
    {"model.layers.0.self_attn.q_proj.weight", 2, {32, 16}},
    {"model.layers.0.self_attn.v_proj.weight", 2, {16, 16}},
    {"model.layers.1.input_layernorm.weight", 1, {16}},
    {"model.layers.1.mlp.down_proj.weight", 2, {16, 24}},
    {"model.layers.1.mlp.gate_proj.weight", 2, {24, 16}},
    {"model.layers.1.mlp.up_proj.weight", 2, {24, 16}},
    {"model.layers.1.post_attention_layernorm.weight", 1, {16}},
    {"model.layers.1.post_feedforward_layernorm.weight", 1, {16}},
    {"model.layers.1.pre_feedforward_layernorm.weight", 1, {16}},
    {"model.layers.1.self_attn.k_norm.weight", 1, {8}},
    {"model.layers.1.self_attn.k_proj.weight", 2, {16, 16}},
    {"model.layers.1.self_attn.o_proj.weight", 2, {16, 32}},
    {"model.layers.1.self_attn.q_norm.weight", 1, {8}},
    {"model.layers.1.self_attn.q_proj.weight", 2, {32, 16}},
    {"model.layers.1.self_attn.v_proj.weight", 2, {16, 16}},
    {"model.norm.weight", 1, {16}},
    {NULL, 0, {0}},
};
static const char gemma3_text_config[] =
    "{\"_sliding_window_pattern\": 6, \"attention_bias\": false, \"attention_dropout\": 0.0, \"attn_logit_softca"
    "pping\": null, \"bos_token_id\": 1, \"eos_token_id\": 2, \"final_logit_softcapping\": null, \"head_dim\": 8, "
    "\"hidden_activation\": \"gelu_pytorch_tanh\", \"hidden_size\": 16, \"intermediate_size\": 24, \"layer_types\":"
    " [\"full_attention\", \"sliding_attention\"], \"max_position_embeddings\": 64, \"model_type\": \"gemma3_text\""
    ", \"num_attention_heads\": 4, \"num_hidden_layers\": 2, \"num_key_value_heads\": 2, \"pad_token_id\": 0, \"qu"
    "ery_pre_attn_scalar\": 256, \"rms_norm_eps\": 1e-06, \"rope_parameters\": {\"full_attention\": {\"rope_theta"
    "\": 1000000.0, \"rope_type\": \"default\"}, \"sliding_attention\": {\"rope_theta\": 10000.0, \"rope_type\": \"de"
    "fault\"}}, \"sliding_window\": 4, \"tie_word_embeddings\": true, \"use_bidirectional_attention\": false, \"v"
    "ocab_size\": 32}";
static const float gemma3_text_logits[] = {
    0.558877f,  -3.693231f, -0.163023f, 3.226078f,  0.073111f,  4.953378f,  2.700705f,  2.722345f,
    -0.098811f, -0.249518f, -2.315627f, -1.860718f, -3.321373f, 0.020409f,  1.265279f,  -2.377373f,
    1.988681f,  -0.102220f, -2.804739f, 0.047551f,  -1.884363f, -0.247156f, 2.532735f,  -0.022906f,
    -1.067463f, -0.696369f, -1.718696f, 1.285849f,  -1.587425f, 0.175580f,  -1.171736f, 0.914878f};

static const tensor qwen2_moe_tensors[] = {
    {"lm_head.weight", 2, {32, 16}},
    {"model.embed_tokens.weight", 2, {32, 16}},
    {"model.layers.0.input_layernorm.weight", 1, {16}},
    {"model.layers.0.mlp.down_proj.weight", 2, {16, 24}},
    {"model.layers.0.mlp.gate_proj.weight", 2, {24, 16}},
    {"model.layers.0.mlp.up_proj.weight", 2, {24, 16}},
    {"model.layers.0.post_attention_layernorm.weight", 1, {16}},
    {"model.layers.0.self_attn.k_proj.bias", 1, {8}},
    {"model.layers.0.self_attn.k_proj.weight", 2, {8, 16}},
    {"model.layers.0.self_attn.o_proj.weight", 2, {16, 16}},
    {"model.layers.0.self_attn.q_proj.bias", 1, {16}},
    {"model.layers.0.self_attn.q_proj.weight", 2, {16, 16}},
    {"model.layers.0.self_attn.v_proj.bias", 1, {8}},
    {"model.layers.0.self_attn.v_proj.weight", 2, {8, 16}},
    {"model.layers.1.input_layernorm.weight", 1, {16}},
    {"model.layers.1.mlp.experts.0.down_proj.weight", 2, {16, 8}},
    {"model.layers.1.mlp.experts.0.gate_proj.weight", 2, {8, 16}},
    {"model.layers.1.mlp.experts.0.up_proj.weight", 2, {8, 16}},
    {"model.layers.1.mlp.experts.1.down_proj.weight", 2, {16, 8}},
    {"model.layers.1.mlp.experts.1.gate_proj.weight", 2, {8, 16}},
    {"model.layers.1.mlp.experts.1.up_proj.weight", 2, {8, 16}},
    {"model.layers.1.mlp.experts.2.down_proj.weight", 2, {16, 8}},
    {"model.layers.1.mlp.experts.2.gate_proj.weight", 2, {8, 16}},
    {"model.layers.1.mlp.experts.2.up_proj.weight", 2, {8, 16}},
    {"model.layers.1.mlp.experts.3.down_proj.weight", 2, {16, 8}},
    {"model.layers.1.mlp.experts.3.gate_proj.weight", 2, {8, 16}},
    {"model.layers.1.mlp.experts.3.up_proj.weight", 2, {8, 16}},
    {"model.layers.1.mlp.gate.weight", 2, {4, 16}},
    {"model.layers.1.mlp.shared_expert.down_proj.weight", 2, {16, 12}},
    {"model.layers.1.mlp.shared_expert.gate_proj.weight", 2, {12, 16}},
    {"model.layers.1.mlp.shared_expert.up_proj.weight", 2, {12, 16}},
    {"model.layers.1.mlp.shared_expert_gate.weight", 2, {1, 16}},
    {"model.layers.1.post_attention_layernorm.weight", 1, {16}},
    {"model.layers.1.self_attn.k_proj.bias", 1, {8}},
    {"model.layers.1.self_attn.k_proj.weight", 2, {8, 16}},
    {"model.layers.1.self_attn.o_proj.weight", 2, {16, 16}},
    {"model.layers.1.self_attn.q_proj.bias", 1, {16}},
    {"model.layers.1.self_attn.q_proj.weight", 2, {16, 16}},
    {"model.layers.1.self_attn.v_proj.bias", 1, {8}},
    {"model.layers.1.self_attn.v_proj.weight", 2, {8, 16}},
    {"model.norm.weight", 1, {16}},
    {NULL, 0, {0}},
};
static const char qwen2_moe_config[] =
    "{\"attention_dropout\": 0.0, \"bos_token_id\": 1, \"decoder_sparse_step\": 1, \"eos_token_id\": 2, \"hidden_a"
    "ct\": \"silu\", \"hidden_size\": 16, \"intermediate_size\": 24, \"layer_types\": [\"full_attention\", \"full_att"
    "ention\"], \"max_position_embeddings\": 64, \"max_window_layers\": 28, \"mlp_only_layers\": [0], \"model_typ"
    "e\": \"qwen2_moe\", \"moe_intermediate_size\": 8, \"norm_topk_prob\": false, \"num_attention_heads\": 4, \"num"
    "_experts\": 4, \"num_experts_per_tok\": 2, \"num_hidden_layers\": 2, \"num_key_value_heads\": 2, \"output_ro"
    "uter_logits\": false, \"pad_token_id\": 0, \"qkv_bias\": true, \"rms_norm_eps\": 1e-06, \"rope_parameters\": "
    "{\"rope_theta\": 10000.0, \"rope_type\": \"default\"}, \"router_aux_loss_coef\": 0.001, \"shared_expert_inter"
    "mediate_size\": 12, \"sliding_window\": 0, \"tie_word_embeddings\": false, \"use_sliding_window\": false, \""
    "vocab_size\": 32}";
static const float qwen2_moe_logits[] = {
    1.171636f,  -1.584886f, -2.415365f, -0.089711f, 0.273247f,  0.356630f,  -0.831005f, 1.309340f,
    -1.568849f, -0.805908f, -2.500628f, -2.229705f, -0.726147f, 1.670401f,  1.523623f,  0.217284f,
    -0.588463f, 0.941722f,  1.572480f,  -2.132764f, 0.542828f,  -0.910911f, -1.319854f, 1.464560f,
    -1.035572f, 0.626353f,  -0.356158f, -1.618838f, -0.548578f, -0.700246f, 0.600019f,  -0.568326f};

static const tensor granitemoeshared_tensors[] = {
    {"lm_head.weight", 2, {32, 16}},
    {"model.embed_tokens.weight", 2, {32, 16}},
    {"model.layers.0.block_sparse_moe.input_linear.weight", 3, {4, 48, 16}},
    {"model.layers.0.block_sparse_moe.output_linear.weight", 3, {4, 16, 24}},
    {"model.layers.0.block_sparse_moe.router.layer.weight", 2, {4, 16}},
    {"model.layers.0.input_layernorm.weight", 1, {16}},
    {"model.layers.0.post_attention_layernorm.weight", 1, {16}},
    {"model.layers.0.self_attn.k_proj.weight", 2, {8, 16}},
    {"model.layers.0.self_attn.o_proj.weight", 2, {16, 16}},
    {"model.layers.0.self_attn.q_proj.weight", 2, {16, 16}},
    {"model.layers.0.self_attn.v_proj.weight", 2, {8, 16}},
    {"model.layers.0.shared_mlp.input_linear.weight", 2, {16, 16}},
    {"model.layers.0.shared_mlp.output_linear.weight", 2, {16, 8}},
    {"model.layers.1.block_sparse_moe.input_linear.weight", 3, {4, 48, 16}},
    {"model.layers.1.block_sparse_moe.output_linear.weight", 3, {4, 16, 24}},
    {"model.layers.1.block_sparse_moe.router.layer.weight", 2, {4, 16}},
    {"model.layers.1.input_layernorm.weight", 1, {16}},
    {"model.layers.1.post_attention_layernorm.weight", 1, {16}},
    {"model.layers.1.self_attn.k_proj.weight", 2, {8, 16}},
    {"model.layers.1.self_attn.o_proj.weight", 2, {16, 16}},
    {"model.layers.1.self_attn.q_proj.weight", 2, {16, 16}},
    {"model.layers.1.self_attn.v_proj.weight", 2, {8, 16}},
    {"model.layers.1.shared_mlp.input_linear.weight", 2, {16, 16}},
    {"model.layers.1.shared_mlp.output_linear.weight", 2, {16, 8}},
    {"model.norm.weight", 1, {16}},
    {NULL, 0, {0}},
};
static const char granitemoeshared_config[] =
    "{\"attention_bias\": false, \"attention_dropout\": 0.0, \"attention_multiplier\": 1.0, \"bos_token_id\": 1, "
    "\"embedding_multiplier\": 1.0, \"eos_token_id\": 2, \"hidden_act\": \"silu\", \"hidden_size\": 16, \"intermedia"
    "te_size\": 24, \"logits_scaling\": 2.0, \"max_position_embeddings\": 64, \"model_type\": \"granitemoeshared\""
    ", \"num_attention_heads\": 4, \"num_experts_per_tok\": 2, \"num_hidden_layers\": 2, \"num_key_value_heads\":"
    " 2, \"num_local_experts\": 4, \"output_router_logits\": false, \"pad_token_id\": 0, \"residual_multiplier\":"
    " 1.0, \"rms_norm_eps\": 1e-06, \"rope_parameters\": {\"rope_theta\": 10000.0, \"rope_type\": \"default\"}, \"ro"
    "uter_aux_loss_coef\": 0.001, \"shared_intermediate_size\": 8, \"tie_word_embeddings\": false, \"vocab_size"
    "\": 32}";
static const float granitemoeshared_logits[] = {
    1.269827f,  0.228684f,  -0.938574f, 0.139108f,  0.210931f,  0.059322f,  -0.351479f, 0.245227f,
    -1.266571f, -0.888475f, -0.907588f, -0.669539f, -0.310481f, 0.453293f,  0.799711f,  -0.216936f,
    0.091216f,  0.469298f,  1.552246f,  -0.644733f, -0.238416f, -0.961771f, -0.519508f, 0.708904f,
    -0.768397f, 0.035295f,  -1.008684f, -0.616602f, 0.397414f,  0.294627f,  -0.680084f, -0.879156f};

static const tensor gpt_oss_tensors[] = {
    {"lm_head.weight", 2, {32, 16}},
    {"model.embed_tokens.weight", 2, {32, 16}},
    {"model.layers.0.input_layernorm.weight", 1, {16}},
    {"model.layers.0.mlp.experts.down_proj", 3, {4, 24, 16}},
    {"model.layers.0.mlp.experts.down_proj_bias", 2, {4, 16}},
    {"model.layers.0.mlp.experts.gate_up_proj", 3, {4, 16, 48}},
    {"model.layers.0.mlp.experts.gate_up_proj_bias", 2, {4, 48}},
    {"model.layers.0.mlp.router.bias", 1, {4}},
    {"model.layers.0.mlp.router.weight", 2, {4, 16}},
    {"model.layers.0.post_attention_layernorm.weight", 1, {16}},
    {"model.layers.0.self_attn.k_proj.bias", 1, {16}},
    {"model.layers.0.self_attn.k_proj.weight", 2, {16, 16}},
    {"model.layers.0.self_attn.o_proj.bias", 1, {16}},
    {"model.layers.0.self_attn.o_proj.weight", 2, {16, 32}},
    {"model.layers.0.self_attn.q_proj.bias", 1, {32}},
    {"model.layers.0.self_attn.q_proj.weight", 2, {32, 16}},
    {"model.layers.0.self_attn.sinks", 1, {4}},
    {"model.layers.0.self_attn.v_proj.bias", 1, {16}},
    {"model.layers.0.self_attn.v_proj.weight", 2, {16, 16}},
    {"model.layers.1.input_layernorm.weight", 1, {16}},
    {"model.layers.1.mlp.experts.down_proj", 3, {4, 24, 16}},
    {"model.layers.1.mlp.experts.down_proj_bias", 2, {4, 16}},
    {"model.layers.1.mlp.experts.gate_up_proj", 3, {4, 16, 48}},
    {"model.layers.1.mlp.experts.gate_up_proj_bias", 2, {4, 48}},
    {"model.layers.1.mlp.router.bias", 1, {4}},
    {"model.layers.1.mlp.router.weight", 2, {4, 16}},
    {"model.layers.1.post_attention_layernorm.weight", 1, {16}},
    {"model.layers.1.self_attn.k_proj.bias", 1, {16}},
    {"model.layers.1.self_attn.k_proj.weight", 2, {16, 16}},
    {"model.layers.1.self_attn.o_proj.bias", 1, {16}},
    {"model.layers.1.self_attn.o_proj.weight", 2, {16, 32}},
    {"model.layers.1.self_attn.q_proj.bias", 1, {32}},
    {"model.layers.1.self_attn.q_proj.weight", 2, {32, 16}},
    {"model.layers.1.self_attn.sinks", 1, {4}},
    {"model.layers.1.self_attn.v_proj.bias", 1, {16}},
    {"model.layers.1.self_attn.v_proj.weight", 2, {16, 16}},
    {"model.norm.weight", 1, {16}},
    {NULL, 0, {0}},
};
static const char gpt_oss_config[] =
    "{\"attention_bias\": true, \"attention_dropout\": 0.0, \"bos_token_id\": 1, \"eos_token_id\": 2, \"head_dim\":"
    " 8, \"hidden_act\": \"silu\", \"hidden_size\": 16, \"intermediate_size\": 24, \"layer_types\": [\"sliding_atten"
    "tion\", \"full_attention\"], \"max_position_embeddings\": 64, \"model_type\": \"gpt_oss\", \"num_attention_hea"
    "ds\": 4, \"num_experts_per_tok\": 2, \"num_hidden_layers\": 2, \"num_key_value_heads\": 2, \"num_local_exper"
    "ts\": 4, \"output_router_logits\": false, \"pad_token_id\": 0, \"rms_norm_eps\": 1e-05, \"rope_parameters\": "
    "{\"beta_fast\": 32.0, \"beta_slow\": 1.0, \"factor\": 32.0, \"original_max_position_embeddings\": 4096, \"rop"
    "e_theta\": 150000.0, \"rope_type\": \"yarn\", \"truncate\": false}, \"router_aux_loss_coef\": 0.001, \"sliding"
    "_window\": 4, \"swiglu_alpha\": 1.702, \"swiglu_limit\": 7.0, \"tie_word_embeddings\": false, \"vocab_size\":"
    " 32}";
static const float gpt_oss_logits[] = {
    -0.432014f, -0.971358f, 0.632971f,  -0.760776f, 1.004307f,  -1.477480f, -1.614817f, -0.695669f,
    -1.813955f, -2.811291f, -1.611616f, -2.561463f, -1.540029f, 1.031324f,  0.429163f,  -0.131726f,
    -1.934296f, 0.944578f,  2.218813f,  -0.093378f, -1.195180f, -0.206844f, -1.276331f, 2.006007f,
    -1.530424f, -0.364762f, -1.401162f, 0.598010f,  1.883854f,  -0.703308f, 0.800338f,  -1.794037f};

static const tensor deepseek_v3_tensors[] = {
    {"lm_head.weight", 2, {32, 16}},
    {"model.embed_tokens.weight", 2, {32, 16}},
    {"model.layers.0.input_layernorm.weight", 1, {16}},
    {"model.layers.0.mlp.down_proj.weight", 2, {16, 24}},
    {"model.layers.0.mlp.gate_proj.weight", 2, {24, 16}},
    {"model.layers.0.mlp.up_proj.weight", 2, {24, 16}},
    {"model.layers.0.post_attention_layernorm.weight", 1, {16}},
    {"model.layers.0.self_attn.kv_a_layernorm.weight", 1, {8}},
    {"model.layers.0.self_attn.kv_a_proj_with_mqa.weight", 2, {12, 16}},
    {"model.layers.0.self_attn.kv_b_proj.weight", 2, {40, 8}},
    {"model.layers.0.self_attn.o_proj.weight", 2, {16, 24}},
    {"model.layers.0.self_attn.q_a_layernorm.weight", 1, {8}},
    {"model.layers.0.self_attn.q_a_proj.weight", 2, {8, 16}},
    {"model.layers.0.self_attn.q_b_proj.weight", 2, {32, 8}},
    {"model.layers.1.input_layernorm.weight", 1, {16}},
    {"model.layers.1.mlp.experts.0.down_proj.weight", 2, {16, 8}},
    {"model.layers.1.mlp.experts.0.gate_proj.weight", 2, {8, 16}},
    {"model.layers.1.mlp.experts.0.up_proj.weight", 2, {8, 16}},
    {"model.layers.1.mlp.experts.1.down_proj.weight", 2, {16, 8}},
    {"model.layers.1.mlp.experts.1.gate_proj.weight", 2, {8, 16}},
    {"model.layers.1.mlp.experts.1.up_proj.weight", 2, {8, 16}},
    {"model.layers.1.mlp.experts.2.down_proj.weight", 2, {16, 8}},
    {"model.layers.1.mlp.experts.2.gate_proj.weight", 2, {8, 16}},
    {"model.layers.1.mlp.experts.2.up_proj.weight", 2, {8, 16}},
    {"model.layers.1.mlp.experts.3.down_proj.weight", 2, {16, 8}},
    {"model.layers.1.mlp.experts.3.gate_proj.weight", 2, {8, 16}},
    {"model.layers.1.mlp.experts.3.up_proj.weight", 2, {8, 16}},
    {"model.layers.1.mlp.gate.e_score_correction_bias", 1, {4}},
    {"model.layers.1.mlp.gate.weight", 2, {4, 16}},
    {"model.layers.1.mlp.shared_experts.down_proj.weight", 2, {16, 8}},
    {"model.layers.1.mlp.shared_experts.gate_proj.weight", 2, {8, 16}},
    {"model.layers.1.mlp.shared_experts.up_proj.weight", 2, {8, 16}},
    {"model.layers.1.post_attention_layernorm.weight", 1, {16}},
    {"model.layers.1.self_attn.kv_a_layernorm.weight", 1, {8}},
    {"model.layers.1.self_attn.kv_a_proj_with_mqa.weight", 2, {12, 16}},
    {"model.layers.1.self_attn.kv_b_proj.weight", 2, {40, 8}},
    {"model.layers.1.self_attn.o_proj.weight", 2, {16, 24}},
    {"model.layers.1.self_attn.q_a_layernorm.weight", 1, {8}},
    {"model.layers.1.self_attn.q_a_proj.weight", 2, {8, 16}},
    {"model.layers.1.self_attn.q_b_proj.weight", 2, {32, 8}},
    {"model.norm.weight", 1, {16}},
    {NULL, 0, {0}},
};
static const char deepseek_v3_config[] =
    "{\"attention_bias\": false, \"attention_dropout\": 0.0, \"bos_token_id\": 1, \"eos_token_id\": 2, \"first_k_d"
    "ense_replace\": 1, \"head_dim\": 4, \"hidden_act\": \"silu\", \"hidden_size\": 16, \"intermediate_size\": 24, \""
    "kv_lora_rank\": 8, \"max_position_embeddings\": 64, \"model_type\": \"deepseek_v3\", \"moe_intermediate_size"
    "\": 8, \"n_group\": 2, \"n_routed_experts\": 4, \"n_shared_experts\": 1, \"norm_topk_prob\": true, \"num_atten"
    "tion_heads\": 4, \"num_experts_per_tok\": 2, \"num_hidden_layers\": 2, \"num_key_value_heads\": 4, \"num_nex"
    "tn_predict_layers\": 1, \"output_router_logits\": false, \"pad_token_id\": 0, \"pretraining_tp\": 1, \"q_lor"
    "a_rank\": 8, \"qk_head_dim\": 8, \"qk_nope_head_dim\": 4, \"qk_rope_head_dim\": 4, \"rms_norm_eps\": 1e-06, \""
    "rope_interleave\": true, \"rope_parameters\": {\"rope_theta\": 10000.0, \"rope_type\": \"default\"}, \"routed_"
    "scaling_factor\": 2.5, \"tie_word_embeddings\": false, \"topk_group\": 1, \"v_head_dim\": 6, \"vocab_size\": "
    "32}";
static const float deepseek_v3_logits[] = {
    -1.864677f, -0.483097f, -0.297379f, -2.222758f, 0.655204f,  0.222611f,  -0.140649f, 0.060359f,
    -0.243728f, 0.653581f,  -1.225708f, 1.715102f,  -0.475320f, -0.517312f, -0.894731f, -0.076680f,
    -0.450566f, -1.945665f, -1.510883f, -1.309267f, -0.985346f, -0.655513f, 0.690155f,  1.482409f,
    0.199579f,  1.651070f,  1.891367f,  -1.529443f, 0.984517f,  -0.716695f, 3.030284f,  -0.799889f};

static const model_case cases[] = {
    {"llama", llama_config, llama_tensors, llama_logits},
    {"gpt2", gpt2_config, gpt2_tensors, gpt2_logits},
    {"gpt_neox", gpt_neox_config, gpt_neox_tensors, gpt_neox_logits},
    {"falcon", falcon_config, falcon_tensors, falcon_logits},
    {"gemma3_text", gemma3_text_config, gemma3_text_tensors, gemma3_text_logits},
    {"qwen2_moe", qwen2_moe_config, qwen2_moe_tensors, qwen2_moe_logits},
    {"granitemoeshared", granitemoeshared_config, granitemoeshared_tensors, granitemoeshared_logits},
    {"gpt_oss", gpt_oss_config, gpt_oss_tensors, gpt_oss_logits},
    {"deepseek_v3", deepseek_v3_config, deepseek_v3_tensors, deepseek_v3_logits},
};
