#!/usr/bin/env python3
"""Small random models of many architectures, written by PyTorch's transformers as safetensors: their logits held against
`sextant logits`, from the folder itself and from the GGUF file that `sextant quantize` makes of it.

A development check, not a test of the suite: hf_compare.py [--sextant PATH] [--only NAME] [--keep FOLDER]. It ends with a
line that says so when torch or transformers is absent."""
import argparse
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import torch
    import transformers
except ImportError as e:
    print(f"SKIPPED: {e.name} is not installed")
    sys.exit(0)

COMMON = dict(hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96, vocab_size=320,
              max_position_embeddings=128, bos_token_id=1, eos_token_id=2, pad_token_id=0)
GQA = dict(num_key_value_heads=2)
MOE = dict(num_experts=6, num_experts_per_tok=2, moe_intermediate_size=24, norm_topk_prob=False)
MLA = dict(num_key_value_heads=4, kv_lora_rank=32, qk_nope_head_dim=16, qk_rope_head_dim=8, v_head_dim=12,
           n_routed_experts=8, num_experts_per_tok=3, moe_intermediate_size=24, first_k_dense_replace=1,
           num_hidden_layers=3)


def rope(kind, **kw):
    return dict(rope_parameters=dict(rope_type=kind, rope_theta=kw.pop("theta", 10000.0), **kw))


LLAMA3 = rope("llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32)
YARN = rope("yarn", factor=4.0, original_max_position_embeddings=32)
FAMILIES = {
    "llama": ("llama", GQA),
    "llama-tied-bias": ("llama", dict(attention_bias=True, mlp_bias=True, tie_word_embeddings=True)),
    "llama-head-dim": ("llama", dict(GQA, head_dim=24)),
    "llama-llama3": ("llama", {**GQA, **LLAMA3}),
    "llama-yarn": ("llama", {**GQA, **YARN}),
    "llama-linear": ("llama", {**GQA, **rope("linear", factor=2.0)}),
    "mistral-window": ("mistral", dict(GQA, sliding_window=8)),
    "mixtral": ("mixtral", dict(GQA, num_local_experts=4, num_experts_per_tok=2, sliding_window=None)),
    "qwen2": ("qwen2", dict(GQA, tie_word_embeddings=True)),
    "qwen2-window": ("qwen2", dict(GQA, use_sliding_window=True, sliding_window=8, max_window_layers=1,
                                   num_hidden_layers=3)),
    "qwen3": ("qwen3", dict(GQA, head_dim=24)),
    "qwen2_moe": ("qwen2_moe", dict(GQA, **MOE, shared_expert_intermediate_size=40)),
    "qwen2_moe-dense": ("qwen2_moe", dict(GQA, **MOE, shared_expert_intermediate_size=40, num_hidden_layers=3,
                                          mlp_only_layers=[1])),
    "qwen3_moe": ("qwen3_moe", dict(GQA, **MOE, head_dim=16)),
    "qwen3_moe-norm": ("qwen3_moe", {**GQA, **MOE, "norm_topk_prob": True, "decoder_sparse_step": 2}),
    "gemma": ("gemma", dict(num_key_value_heads=1, head_dim=24)),
    "gemma2": ("gemma2", dict(GQA, head_dim=24, sliding_window=8, query_pre_attn_scalar=20, num_hidden_layers=3)),
    "gemma3": ("gemma3_text", dict(GQA, head_dim=24, sliding_window=8, query_pre_attn_scalar=20, num_hidden_layers=7)),
    "gemma3-linear": ("gemma3_text", dict(GQA, head_dim=24, sliding_window=8, num_hidden_layers=6, rope_parameters={
        "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6},
        "sliding_attention": {"rope_type": "default", "rope_theta": 5000.0}})),
    "phi": ("phi", dict()),
    "phi3": ("phi3", dict(GQA, sliding_window=8)),
    "phi3-longrope": ("phi3", dict(GQA, original_max_position_embeddings=8, **rope(
        "longrope", factor=16.0, long_factor=[1.0 + 0.3 * i for i in range(8)], short_factor=[1.0] * 8,
        original_max_position_embeddings=8))),
    "phi3-partial": ("phi3", dict(GQA, rope_parameters=dict(rope_type="default", rope_theta=10000.0,
                                                            partial_rotary_factor=0.5))),
    "gpt2": ("gpt2", dict(n_embd=64, n_layer=2, n_head=4, n_positions=128)),
    "gpt_bigcode": ("gpt_bigcode", dict(n_embd=64, n_layer=2, n_head=4, n_positions=128, n_inner=96)),
    "bloom": ("bloom", dict(n_head=4, n_layer=2, hidden_size=64)),
    "bloom-6-heads": ("bloom", dict(n_head=6, n_layer=2, hidden_size=96)),
    "falcon-7b": ("falcon", dict(new_decoder_architecture=False, multi_query=True, parallel_attn=True, bias=False)),
    "falcon-40b": ("falcon", dict(new_decoder_architecture=True, num_kv_heads=2)),
    "falcon-11b": ("falcon", dict(new_decoder_architecture=True, num_kv_heads=2, num_ln_in_parallel_attn=1)),
    "falcon-bias": ("falcon", dict(new_decoder_architecture=False, multi_query=False, parallel_attn=False, bias=True)),
    "gpt_neox": ("gpt_neox", dict()),
    "gpt_neox-serial": ("gpt_neox", dict(use_parallel_residual=False, hidden_act="gelu_new")),
    "mpt": ("mpt", dict(d_model=64, n_heads=4, n_layers=2, max_seq_len=128)),
    "starcoder2": ("starcoder2", dict(GQA, sliding_window=8)),
    "stablelm": ("stablelm", dict(GQA, use_qkv_bias=True)),
    "stablelm-parallel": ("stablelm", dict(GQA, use_parallel_residual=True)),
    "phi-norms": ("phi", dict(GQA, qk_layernorm=True)),
    "cohere-norms": ("cohere", dict(GQA, use_qk_norm=True, attention_bias=True, tie_word_embeddings=False)),
    "qwen3-bias": ("qwen3", dict(GQA, head_dim=12, attention_bias=True)),
    "granite-bias": ("granite", dict(GQA, attention_bias=True, mlp_bias=True, tie_word_embeddings=True)),
    "gpt_neox-plain": ("gpt_neox", dict(attention_bias=False, tie_word_embeddings=True, rope_parameters=dict(
        rope_type="linear", factor=2.0, rope_theta=5000.0, partial_rotary_factor=1.0))),
    "olmo3-yarn": ("olmo3", dict(GQA, num_hidden_layers=5, sliding_window=8, rope_parameters={
        "full_attention": {"rope_type": "yarn", "factor": 4.0, "rope_theta": 10000.0,
                           "original_max_position_embeddings": 32},
        "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}})),
    "gpt_oss-plain": ("gpt_oss", dict(GQA, head_dim=16, num_local_experts=5, num_experts_per_tok=3, sliding_window=4,
                                      num_hidden_layers=3, **rope("default"))),
    "starcoder2-plain": ("starcoder2", dict(GQA, use_bias=False, tie_word_embeddings=False, sliding_window=None)),
    "exaone4-full": ("exaone4", dict(GQA, sliding_window=None, layer_types=["full_attention"] * 2)),
    "smollm3-own": ("smollm3", dict(GQA, num_hidden_layers=4, no_rope_layers=[1, 0, 0, 1])),
    "deepseek_v2-tied": ("deepseek_v2", dict(MLA, q_lora_rank=24, n_shared_experts=1, topk_method="greedy",
                                             tie_word_embeddings=True, attention_bias=True, **rope(
        "yarn", factor=8.0, original_max_position_embeddings=16, mscale=0.7, mscale_all_dim=0.7))),
    "cohere": ("cohere", dict(GQA, logit_scale=0.25)),
    "cohere2": ("cohere2", dict(GQA, num_hidden_layers=5, sliding_window=8, head_dim=24)),
    "olmo": ("olmo", dict(GQA, clip_qkv=1.5)),
    "olmo2": ("olmo2", GQA),
    "olmo3": ("olmo3", dict(GQA, num_hidden_layers=5, sliding_window=8)),
    "olmoe": ("olmoe", dict(GQA, num_experts=6, num_experts_per_tok=2)),
    "granite": ("granite", dict(GQA, embedding_multiplier=3.0, residual_multiplier=0.4, attention_multiplier=0.2,
                                logits_scaling=2.0)),
    "granitemoe": ("granitemoe", dict(GQA, num_local_experts=4, num_experts_per_tok=2, residual_multiplier=0.4)),
    "granitemoeshared": ("granitemoeshared", dict(GQA, num_local_experts=4, num_experts_per_tok=2,
                                                  shared_intermediate_size=32)),
    "deepseek_v2": ("deepseek_v2", dict(MLA, q_lora_rank=24, n_shared_experts=2, topk_method="greedy")),
    "deepseek_v2-lite": ("deepseek_v2", dict(MLA, q_lora_rank=None, n_shared_experts=1, n_group=4, topk_group=2,
                                             topk_method="group_limited_greedy", routed_scaling_factor=2.0)),
    "deepseek_v3": ("deepseek_v3", dict(MLA, q_lora_rank=24, n_shared_experts=1, n_group=4, topk_group=2)),
    "deepseek_v3-yarn": ("deepseek_v3", dict(MLA, q_lora_rank=24, n_shared_experts=1, n_group=1, topk_group=1, **rope(
        "yarn", factor=4.0, original_max_position_embeddings=32, mscale=1.0, mscale_all_dim=1.0))),
    "smollm3": ("smollm3", dict(GQA, num_hidden_layers=5)),
    "glm": ("glm", dict(GQA, head_dim=16)),
    "glm4": ("glm4", dict(GQA, head_dim=24, attention_bias=True)),
    "gpt_oss": ("gpt_oss", dict(GQA, head_dim=16, num_local_experts=4, num_experts_per_tok=2, sliding_window=8)),
    "nemotron": ("nemotron", GQA),
    "arcee": ("arcee", GQA),
    "exaone4": ("exaone4", dict(GQA, num_hidden_layers=5, sliding_window=8)),
    "seed_oss": ("seed_oss", dict(GQA, head_dim=24)),
}
PLAIN = {"gpt2", "gpt_bigcode", "bloom", "mpt"}
BPE = {"version": "1.0", "added_tokens": [], "normalizer": None, "post_processor": None, "decoder": {"type": "ByteLevel"},
       "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True},
       "model": {"type": "BPE", "vocab": {}, "merges": []}}


def write_model(kind, options, folder, seed):
    base = {k: v for k, v in COMMON.items() if kind not in PLAIN or k.endswith("_id") or k == "vocab_size"}
    config = transformers.AutoConfig.for_model(kind, **{**base, **options})
    torch.manual_seed(seed)
    model = transformers.AutoModelForCausalLM.from_config(config, attn_implementation="eager").eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            spread = 0.3 if p.dim() < 2 else 0.6 if "embed" in name or "wte" in name or "router" in name else 1.3 / p.shape[-1] ** 0.5
            p.add_(torch.randn_like(p) * spread) if p.dim() < 2 else p.copy_(torch.randn_like(p) * spread)
        for name, p in model.named_buffers():
            if name.endswith("e_score_correction_bias"):
                p.copy_(torch.randn_like(p) * 0.2)
    model.save_pretrained(folder)
    import json
    vocab = dict(BPE, model={"type": "BPE", "vocab": {chr(0x100 + i) if i < 256 else f"t{i}": i for i in range(320)}, "merges": []})
    json.dump(vocab, open(os.path.join(folder, "tokenizer.json"), "w"))
    return model


# ---- reference values for tests/engine/folder.c ----

CASES = {
    "llama": ("llama", {**GQA, **LLAMA3, "tie_word_embeddings": True, "attention_bias": True}),
    "gpt2": ("gpt2", dict(n_embd=16, n_layer=2, n_head=4, n_positions=64)),
    "gpt_neox": ("gpt_neox", rope("default", partial_rotary_factor=0.5)),
    "falcon": ("falcon", dict(new_decoder_architecture=True, num_kv_heads=2, ffn_hidden_size=24)),
    "gemma3_text": ("gemma3_text", dict(GQA, head_dim=8, sliding_window=4, num_hidden_layers=2,
                                        layer_types=["full_attention", "sliding_attention"])),
    "qwen2_moe": ("qwen2_moe", dict(GQA, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=8,
                                    shared_expert_intermediate_size=12, mlp_only_layers=[0])),
    "granitemoeshared": ("granitemoeshared", dict(GQA, num_local_experts=4, num_experts_per_tok=2,
                                                  shared_intermediate_size=8, logits_scaling=2.0)),
    "gpt_oss": ("gpt_oss", dict(GQA, head_dim=8, num_local_experts=4, num_experts_per_tok=2, sliding_window=4)),
    "deepseek_v3": ("deepseek_v3", dict(num_key_value_heads=4, q_lora_rank=8, kv_lora_rank=8, qk_nope_head_dim=4,
                                        qk_rope_head_dim=4, v_head_dim=6, n_routed_experts=4, num_experts_per_tok=2,
                                        moe_intermediate_size=8, first_k_dense_replace=1, n_shared_experts=1, n_group=2,
                                        topk_group=1)),
}
SMALL = dict(COMMON, hidden_size=16, intermediate_size=24, vocab_size=32, max_position_embeddings=64)
TOKENS = [5, 17, 9, 30, 2, 11, 23, 8]


def formula(name, shape):
    """As weight() of folder.c: a number in -1..1 from the tensor's name and the element's place."""
    seed = 2166136261
    for c in name.encode():
        seed = (seed ^ c) * 16777619 & 0xFFFFFFFF
    n = int(np.prod(shape))
    x = (np.arange(n, dtype=np.uint64) * 2654435761 + seed) & 0xFFFFFFFF
    x = ((x ^ x >> 15) * 2246822519) & 0xFFFFFFFF
    x = ((x ^ x >> 13) * 3266489917) & 0xFFFFFFFF
    u = (x ^ x >> 16).astype(np.float64) / 2147483648.0 - 1.0
    if len(shape) < 2:
        u = u * 0.25 + (1.0 if name.endswith(".weight") else 0.0)
    else:
        u = u * 0.5
    return u.astype(np.float32).reshape(shape)


def print_cases():
    """The table of folder.c: configurations, tensors, and what transformers says."""
    import json
    from safetensors import safe_open
    from safetensors.numpy import save_file
    print("/* Made by hf_compare.py --cases: small models of transformers with weights by formula, and their logits of the last of")
    print(f" * the tokens {TOKENS}. */")
    for name, (kind, options) in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            base = {k: v for k, v in SMALL.items() if kind not in PLAIN or k.endswith("_id") or k == "vocab_size"}
            config = transformers.AutoConfig.for_model(kind, **{**base, **options})
            transformers.AutoModelForCausalLM.from_config(config).save_pretrained(folder)
            file = os.path.join(folder, "model.safetensors")
            with safe_open(file, "np") as f:
                shapes = {k: list(f.get_slice(k).get_shape()) for k in f.keys()}
            save_file({k: formula(k, v) for k, v in shapes.items()}, file, {"format": "pt"})
            model = transformers.AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager").eval().float()
            with torch.no_grad():
                logits = model(torch.tensor([TOKENS])).logits[0, -1].numpy()
            drop = ("architectures", "transformers_version", "use_cache", "initializer_range", "dtype", "id2label", "label2id")
            text = json.dumps({k: v for k, v in json.load(open(os.path.join(folder, "config.json"))).items() if k not in drop})
        print(f"static const tensor {name}_tensors[] = {{")
        for k, v in shapes.items():
            print(f'    {{"{k}", {len(v)}, {{{", ".join(map(str, v))}}}}},')
        print("    {NULL, 0, {0}},\n};")
        print(f"static const char {name}_config[] =")
        for i in range(0, len(text), 100):
            print("    " + json.dumps(text[i:i + 100]) + (";" if i + 100 >= len(text) else ""))
        rows = [", ".join(f"{x:.6f}f" for x in logits[i:i + 8]) for i in range(0, 32, 8)]
        print(f"static const float {name}_logits[] = {{" + ",\n    ".join(rows) + "};\n")
    print("static const model_case cases[] = {")
    for name in CASES:
        print(f'    {{"{name}", {name}_config, {name}_tensors, {name}_logits}},')
    print("};")


def ours(sextant, path, tokens):
    with tempfile.NamedTemporaryFile() as f:
        p = subprocess.run([sextant, "logits", "-m", path, "--kv", "f32", "--tokens", ",".join(map(str, tokens)), "-o", f.name],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if p.returncode:
            raise RuntimeError(p.stderr.decode().strip())
        return np.fromfile(f.name, "<f4").reshape(len(tokens), -1)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--sextant", default=os.environ.get("SEXTANT", "build/sextant"))
    ap.add_argument("--only")
    ap.add_argument("--keep")
    ap.add_argument("--tolerance", type=float, default=1e-3, help="largest difference, in standard deviations")
    ap.add_argument("--cases", action="store_true", help="print tests/engine/folder_cases.h instead")
    a = ap.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    if a.cases:
        print_cases()
        return False
    bad = 0
    names = [n for n in FAMILIES if not a.only or a.only == n or (a.only.endswith("*") and n.startswith(a.only[:-1]))]
    for seed, name in enumerate(names):
        with tempfile.TemporaryDirectory() as scratch:
            folder = os.path.join(a.keep or scratch, name)
            os.makedirs(folder, exist_ok=True)
            try:
                kind, options = FAMILIES[name]
                model = write_model(kind, options, folder, seed)
                tokens = [int(t) for t in np.random.default_rng(seed).integers(3, 320, 40)]
                with torch.no_grad():
                    want = model(torch.tensor([tokens])).logits[0].float().numpy()
                got = ours(a.sextant, folder, tokens)
                worst = float(np.abs(got - want).max() / want.std())
                gguf = os.path.join(scratch, "m.gguf")
                subprocess.run([a.sextant, "quantize", folder, gguf, "f32"], check=True, stdout=subprocess.DEVNULL)
                again = float(np.abs(ours(a.sextant, gguf, tokens) - got).max())
                ok = worst <= a.tolerance and again == 0
                bad += not ok
                print(f"{name:20} {'ok  ' if ok else 'FAIL'} max {worst:.1e} of one standard deviation; as GGUF {again:.1e}", flush=True)
            except Exception as e:
                bad += 1
                print(f"{name:20} FAIL {str(e)[:300]}", flush=True)
    print(f"TOTAL {len(names) - bad}/{len(names)}")
    return bad > 0


sys.exit(main())
