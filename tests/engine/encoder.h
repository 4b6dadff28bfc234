/* A tiny random encoder for tests, as a GGUF file: numbers are a function of the tensor's name, so that another implementation
 * can be given the same model. */
#ifndef SX_TESTS_ENCODER_H
#define SX_TESTS_ENCODER_H

#include <unistd.h>

#include "gguf_write.h"
#include "random.h"

enum { ENC_DIM = 32, ENC_FF = 48, ENC_VOCAB = 20, ENC_CTX = 16, ENC_LAYERS = 2 };

typedef struct encoder_how {
    const char *arch;
    uint32_t pooling;
    bool rank;        /* with a classification head */
    const char *skip; /* this tensor is left out */
} encoder_how;

static inline void encoder_tensor(gguf_writer *w, const encoder_how *how, const char *name, uint32_t k, uint32_t n)
{
    size_t count = (size_t)k * (n ? n : 1);
    float *x = malloc(count * sizeof *x);
    uint32_t seed = 2166136261u; /* FNV-1a of the name */
    for (const char *c = name; *c; c++) seed = (seed ^ (unsigned char)*c) * 16777619u;
    random_floats(x, count, seed);
    bool one = strstr(name, "norm.weight") != NULL;
    for (size_t i = 0; i < count; i++) x[i] = n ? 0.5f * x[i] : (one ? 1.0f : 0.0f) + 0.25f * x[i];
    if (!how->skip || strcmp(how->skip, name) != 0)
        gguf_tensor(w, name, SX_TYPE_F32, n ? 2 : 1, (uint64_t[]){k, n}, x, count * sizeof *x);
    free(x);
}

static inline void encoder_linear(gguf_writer *w, const encoder_how *how, const char *part, uint32_t k, uint32_t n,
                                  bool bias)
{
    char name[96];
    snprintf(name, sizeof name, "%s.weight", part);
    encoder_tensor(w, how, name, k, n);
    snprintf(name, sizeof name, "%s.bias", part);
    if (bias) encoder_tensor(w, how, name, n ? n : k, 0);
}

static inline void encoder_layer(gguf_writer *w, const encoder_how *how, uint32_t layer)
{
    static const struct {
        const char *part;
        uint32_t k, n; /* n 0: a norm */
        int gated;     /* 0: both kinds, 1: only the gated one, -1: only the other */
    } parts[] = {{"attn_qkv", ENC_DIM, 3 * ENC_DIM, 1}, {"attn_q", ENC_DIM, ENC_DIM, -1},
                 {"attn_k", ENC_DIM, ENC_DIM, -1},      {"attn_v", ENC_DIM, ENC_DIM, -1},
                 {"attn_output", ENC_DIM, ENC_DIM, 0},  {"attn_output_norm", ENC_DIM, 0, 0},
                 {"ffn_gate", ENC_DIM, ENC_FF, 1},      {"ffn_up", ENC_DIM, ENC_FF, 0},
                 {"ffn_down", ENC_FF, ENC_DIM, 0},      {"layer_output_norm", ENC_DIM, 0, 0}};
    bool gated = strcmp(how->arch, "bert") != 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char part[64];
        if (parts[i].gated == (gated ? -1 : 1)) continue;
        snprintf(part, sizeof part, "blk.%u.%s", layer, parts[i].part);
        encoder_linear(w, how, part, parts[i].k, parts[i].n, !gated || parts[i].n == 0);
    }
}

static inline void encoder_u32(gguf_writer *w, const encoder_how *how, const char *key, uint32_t v)
{
    char full[64];
    snprintf(full, sizeof full, "%s.%s", how->arch, key);
    gguf_u32(w, full, v);
}

static inline void encoder_vocab(gguf_writer *w)
{
    static const char *const tokens[ENC_VOCAB] = {"[PAD]",
                                                  "[UNK]",
                                                  "[CLS]",
                                                  "[SEP]",
                                                  "\xe2\x96\x81"
                                                  "the",
                                                  "\xe2\x96\x81"
                                                  "ship",
                                                  "\xe2\x96\x81"
                                                  "sea",
                                                  "\xe2\x96\x81"
                                                  "sail",
                                                  "s",
                                                  "ing",
                                                  "\xe2\x96\x81"
                                                  "who",
                                                  "\xe2\x96\x81"
                                                  "a",
                                                  "\xe2\x96\x81"
                                                  "b",
                                                  "\xe2\x96\x81"
                                                  "c",
                                                  "\xe2\x96\x81"
                                                  "d",
                                                  "\xe2\x96\x81"
                                                  "e",
                                                  "\xe2\x96\x81"
                                                  "f",
                                                  "\xe2\x96\x81"
                                                  "g",
                                                  "\xe2\x96\x81"
                                                  "h",
                                                  "\xe2\x96\x81"
                                                  "i"};
    int32_t types[ENC_VOCAB];
    for (int i = 0; i < ENC_VOCAB; i++) types[i] = i == 1 ? 2 : i < 4 ? 3 : 1;
    gguf_str(w, "tokenizer.ggml.model", "bert");
    gguf_strs(w, "tokenizer.ggml.tokens", (const char **)(uintptr_t)tokens, ENC_VOCAB);
    gguf_i32s(w, "tokenizer.ggml.token_type", types, ENC_VOCAB);
    gguf_u32(w, "tokenizer.ggml.bos_token_id", 2);
    gguf_u32(w, "tokenizer.ggml.eos_token_id", 3);
    gguf_u32(w, "tokenizer.ggml.seperator_token_id", 3);
    gguf_u32(w, "tokenizer.ggml.unknown_token_id", 1);
}

/* Writes the model and fills in its path; the caller unlinks it. */
static inline void encoder_write(const encoder_how *how, char path[256])
{
    gguf_writer w;
    char key[64];
    gguf_begin(&w);
    gguf_str(&w, "general.architecture", how->arch);
    encoder_u32(&w, how, "block_count", ENC_LAYERS);
    encoder_u32(&w, how, "context_length", ENC_CTX);
    encoder_u32(&w, how, "embedding_length", ENC_DIM);
    encoder_u32(&w, how, "feed_forward_length", ENC_FF);
    encoder_u32(&w, how, "attention.head_count", 2);
    encoder_u32(&w, how, "pooling_type", how->pooling);
    snprintf(key, sizeof key, "%s.attention.layer_norm_epsilon", how->arch);
    gguf_f32(&w, key, 1e-12f);
    snprintf(key, sizeof key, "%s.attention.causal", how->arch);
    gguf_bool(&w, key, false);
    snprintf(key, sizeof key, "%s.rope.freq_base", how->arch);
    gguf_f32(&w, key, 1000.0f);
    encoder_vocab(&w);
    encoder_tensor(&w, how, "token_embd.weight", ENC_DIM, ENC_VOCAB);
    encoder_tensor(&w, how, "token_types.weight", ENC_DIM, 2);
    if (strcmp(how->arch, "bert") == 0) encoder_tensor(&w, how, "position_embd.weight", ENC_DIM, ENC_CTX);
    encoder_linear(&w, how, "token_embd_norm", ENC_DIM, 0, true);
    for (uint32_t i = 0; i < ENC_LAYERS; i++) encoder_layer(&w, how, i);
    if (how->rank) {
        encoder_linear(&w, how, "cls", ENC_DIM, ENC_DIM, true);
        encoder_linear(&w, how, "cls.output", ENC_DIM, 1, true);
    }
    gguf_end(&w);
    const char *folder = getenv("TMPDIR");
    static int number;
    snprintf(path, 256, "%s/sextant-encoder-%ld-%d.gguf", folder ? folder : "/tmp", (long)getpid(), number++);
    if (!gguf_save(&w, path)) exit(99);
    gguf_free(&w);
}

#endif
