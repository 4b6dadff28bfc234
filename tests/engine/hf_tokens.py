#!/usr/bin/env python3
"""Tokenizers trained on the spot by the `tokenizers` and `sentencepiece` libraries: their ids held against those of
`sextant tokenize`, which reads the same tokenizer.json or tokenizer.model from a folder.

A development check, not a test of the suite: hf_tokens.py [--sextant PATH] [--text FILE]. It ends with a line that says so
when the libraries are absent."""
import argparse
import io
import json
import os
import random
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import sentencepiece
    import tokenizers
    from safetensors.numpy import save_file
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
except ImportError as e:
    print(f"SKIPPED: {e.name} is not installed")
    sys.exit(0)

BLOCK = "\u2581"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace("{1,3}", "")
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
GPT4O = (rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*"
         r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
BLOOM = " ?[^(\\s|[.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c])]+"
PIECES = ["the", "The", "ship's", "it's", "I'LL", "don't", "42", "1234567", "3.14", " ", "  ", "\n", "\n\n", "\t", "\r\n",
          "naïve", "Ünïcode", "e\u0301te", "北风", "日本語", "한국어", "привет", "\U0001f30a", "a_b", "x==y", "!!!", "...", "-",
          "/path/to", "<s>", "[CLS]", "C++", "\u00a0", "\u3000", "ﬁne", "１２３", "\u200b", "end.", "(x)", "HTTP2"]


def byte_level(pre, normalizer=None, ignore_merges=False):
    t = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    t.pre_tokenizer = pre
    t.decoder = decoders.ByteLevel()
    if normalizer:
        t.normalizer = normalizer
    return t, trainers.BpeTrainer(vocab_size=900, special_tokens=["<s>", "</s>"], show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())


def regex(pattern):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"),
                                    pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def metaspace(scheme, split, byte_fallback=True):
    t = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=byte_fallback, fuse_unk=False))
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme, split=split)
    bytes_ = [f"<0x{i:02X}>" for i in range(256)] if byte_fallback else []
    return t, trainers.BpeTrainer(vocab_size=900, special_tokens=["<unk>", "<s>", "</s>"] + bytes_, show_progress=False)


def legacy():
    t, trainer = metaspace("first", True)
    t.normalizer = normalizers.Sequence([normalizers.Prepend(BLOCK), normalizers.Replace(" ", BLOCK)])
    t.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    return t, trainer


def digits():
    return pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                    pre_tokenizers.ByteLevel(add_prefix_space=False)])


def unigram():
    t = Tokenizer(models.Unigram())
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    return t, trainers.UnigramTrainer(vocab_size=700, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>",
                                      show_progress=False)


def wordpiece(lower):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(lowercase=lower)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return t, trainers.WordPieceTrainer(vocab_size=900, show_progress=False,
                                        special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])


KINDS = {
    "bytes gpt2": lambda: byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False)),
    "bytes digits": lambda: byte_level(digits()),
    "bytes llama3": lambda: byte_level(regex(LLAMA3), ignore_merges=True),
    "bytes llama3 merges": lambda: byte_level(regex(LLAMA3)),
    "bytes qwen2 nfc": lambda: byte_level(regex(QWEN2), normalizers.NFC()),
    "bytes gpt4o": lambda: byte_level(regex(GPT4O)),
    "bytes bloom": lambda: byte_level(regex(BLOOM)),
    "metaspace first": lambda: metaspace("first", True),
    "metaspace first whole": lambda: metaspace("first", False),
    "metaspace always": lambda: metaspace("always", True),
    "metaspace never": lambda: metaspace("never", True),
    "metaspace no bytes": lambda: metaspace("always", True, False),
    "llama legacy": legacy,
    "unigram": unigram,
    "wordpiece lower": lambda: wordpiece(True),
    "wordpiece cased": lambda: wordpiece(False),
}


def around(t, name):
    """BOS for some, CLS and SEP for WordPiece, EOS for unigram."""
    first, last = ("[CLS]", "[SEP]") if "wordpiece" in name else (None, "</s>") if "unigram" in name else ("<s>", None)
    if name in ("bytes gpt2", "metaspace never"):
        return
    parts = [p for p in (first, "$A", last) if p]
    t.post_processor = processors.TemplateProcessing(
        single=" ".join(parts), special_tokens=[(p, t.token_to_id(p)) for p in parts if p != "$A"])


def model_folder(folder, n):
    """The least that loads: a llama of one layer."""
    d = 8
    config = dict(model_type="llama", hidden_size=d, num_hidden_layers=1, num_attention_heads=1, intermediate_size=d,
                  vocab_size=n, max_position_embeddings=64, rms_norm_eps=1e-5, tie_word_embeddings=True, hidden_act="silu")
    json.dump(config, open(os.path.join(folder, "config.json"), "w"))
    one = np.zeros((d, d), np.float32)
    names = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj",
             "mlp.up_proj", "mlp.down_proj"]
    w = {f"model.layers.0.{k}.weight": one for k in names}
    for k in ("model.norm", "model.layers.0.input_layernorm", "model.layers.0.post_attention_layernorm"):
        w[f"{k}.weight"] = np.ones(d, np.float32)
    w["model.embed_tokens.weight"] = np.zeros((n, d), np.float32)
    save_file(w, os.path.join(folder, "model.safetensors"))


def ours(sextant, folder, texts, special):
    lines = "".join(json.dumps(dict(id=i, text=t, add_special=special, parse_special=True)) + "\n" for i, t in enumerate(texts))
    p = subprocess.run([sextant, "tokenize", "-m", folder, "--jsonl"], input=lines.encode(), stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE)
    if p.returncode:
        raise RuntimeError((p.stderr or p.stdout).decode()[:300])
    return [json.loads(x)["tokens"] for x in p.stdout.decode().splitlines()]


def compare(name, sextant, folder, texts, encode):
    bad = 0
    for special in (False, True):
        for text, got in zip(texts, ours(sextant, folder, texts, special)):
            want = encode(text, special)
            if want != got:
                bad += 1
                if bad == 1:
                    print(f"{name}: {text!r}\n  theirs {want}\n  ours   {got}")
    print(f"{name:22} {'ok  ' if not bad else 'FAIL'} {2 * len(texts) - bad}/{2 * len(texts)}", flush=True)
    return bad > 0


def spm_model(kind, corpus):
    out = io.BytesIO()
    more = dict(normalization_rule_name="identity", remove_extra_whitespaces=False) if kind == "bpe" else {}
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(corpus.splitlines()), model_writer=out, vocab_size=700,
                                             model_type=kind, byte_fallback=kind == "bpe", minloglevel=2,
                                             user_defined_symbols=["<sep>"], **more)
    return out.getvalue()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--sextant", default=os.environ.get("SEXTANT", "build/sextant"))
    ap.add_argument("--text", default=os.path.join(os.path.dirname(__file__), "..", "..", "README.md"))
    ap.add_argument("--only")
    a = ap.parse_args()
    corpus = open(a.text, encoding="utf-8").read()
    rng = random.Random(3)
    texts = [line for line in corpus.splitlines() if line][:60] + ["", " ", "a", "  a  b "]
    texts += ["".join(rng.choice(PIECES) + rng.choice(["", " ", ""]) for _ in range(12)) for _ in range(300)]
    bad = 0
    for name, make in KINDS.items():
        if a.only and a.only not in name:
            continue
        t, trainer = make()
        t.train_from_iterator([corpus] + PIECES * 3, trainer)
        around(t, name)
        with tempfile.TemporaryDirectory() as folder:
            model_folder(folder, t.get_vocab_size())
            t.save(os.path.join(folder, "tokenizer.json"))
            try:
                bad += compare(name, a.sextant, folder, texts, lambda s, sp: t.encode(s, add_special_tokens=sp).ids)
            except RuntimeError as e:
                bad += 1
                print(f"{name:22} FAIL {e}")
    for kind in ("bpe", "unigram"):
        if a.only and a.only not in "sentencepiece " + kind:
            continue
        sp = sentencepiece.SentencePieceProcessor(model_proto=spm_model(kind, corpus))
        with tempfile.TemporaryDirectory() as folder:
            model_folder(folder, sp.get_piece_size())
            open(os.path.join(folder, "tokenizer.model"), "wb").write(sp.serialized_model_proto())
            json.dump(dict(add_bos_token=True, add_eos_token=False), open(os.path.join(folder, "tokenizer_config.json"), "w"))
            plain = [t for t in texts if "<s>" not in t]
            bad += compare("sentencepiece " + kind, a.sextant, folder, plain, lambda s, x: sp.encode(s, add_bos=x))
    return bad > 0


sys.exit(main())
