/* A small random llama model in a file: a real vocabulary of bytes and letters, real shapes, weights from a fixed generator,
 * so that tests have a model without carrying one. What it writes makes no sense and is the same every time. */
#ifndef SX_TESTS_TINY_MODEL_H
#define SX_TESTS_TINY_MODEL_H

#include "../engine/gguf_write.h"

typedef struct tiny_shape {
    uint32_t layers, width, heads, kv_heads, ffn, context;
} tiny_shape;

static const tiny_shape TINY_SMALL = {2, 64, 4, 2, 128, 2048};
static const tiny_shape TINY_SLOW = {4, 256, 8, 4, 1024, 8192}; /* 16 MB: a long prompt takes a while */

enum { TINY_VOCAB = 512 };

static inline void tiny_weights(gguf_writer *w, const char *name, uint64_t rows, uint64_t cols, uint64_t *seed)
{
    const uint64_t n = rows * cols;
    float *data = malloc(n * sizeof *data);
    if (!data) exit(99);
    for (uint64_t i = 0; i < n; i++) {
        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        data[i] = rows == 1 ? 1.0f : ((float)(*seed >> 40) / 16777216.0f - 0.5f) * 0.1f;
    }
    const uint64_t ne[2] = {cols, rows};
    gguf_tensor(w, name, SX_TYPE_F32, rows == 1 ? 1 : 2, ne, data, n * sizeof *data);
    free(data);
}

static inline void tiny_vocabulary(gguf_writer *w)
{
    char room[TINY_VOCAB][16];
    const char *tokens[TINY_VOCAB];
    float scores[TINY_VOCAB];
    int32_t types[TINY_VOCAB];
    for (int i = 0; i < TINY_VOCAB; i++) {
        types[i] = 1;
        scores[i] = -(float)i;
        if (i < 3) {
            snprintf(room[i], sizeof room[i], "%s", i == 0 ? "<unk>" : i == 1 ? "<s>" : "</s>");
            types[i] = i == 0 ? 2 : 3;
        } else if (i < 3 + 256) {
            snprintf(room[i], sizeof room[i], "<0x%02X>", i - 3);
            types[i] = 6;
        } else if (i == 3 + 256) {
            snprintf(room[i], sizeof room[i], "\xe2\x96\x81");
        } else if (i - 260 + 33 < 127) {
            snprintf(room[i], sizeof room[i], "%c", i - 260 + 33);
        } else {
            snprintf(room[i], sizeof room[i], "\xe2\x96\x81w%d", i);
        }
        tokens[i] = room[i];
    }
    gguf_str(w, "tokenizer.ggml.model", "llama");
    gguf_str(w, "tokenizer.ggml.pre", "default");
    gguf_strs(w, "tokenizer.ggml.tokens", tokens, TINY_VOCAB);
    gguf_f32s(w, "tokenizer.ggml.scores", scores, TINY_VOCAB);
    gguf_i32s(w, "tokenizer.ggml.token_type", types, TINY_VOCAB);
    gguf_u32(w, "tokenizer.ggml.bos_token_id", 1);
    gguf_u32(w, "tokenizer.ggml.eos_token_id", 2);
    gguf_u32(w, "tokenizer.ggml.unknown_token_id", 0);
    gguf_bool(w, "tokenizer.ggml.add_bos_token", true);
}

/* The file's bytes stay in w (gguf_free). */
static inline void tiny_model_build(gguf_writer *w, tiny_shape shape)
{
    const uint32_t head = shape.width / shape.heads, kv = head * shape.kv_heads;
    uint64_t seed = 42;
    gguf_begin(w);
    gguf_str(w, "general.architecture", "llama");
    gguf_str(w, "general.name", "tiny-random");
    gguf_u32(w, "llama.block_count", shape.layers);
    gguf_u32(w, "llama.context_length", shape.context);
    gguf_u32(w, "llama.embedding_length", shape.width);
    gguf_u32(w, "llama.feed_forward_length", shape.ffn);
    gguf_u32(w, "llama.attention.head_count", shape.heads);
    gguf_u32(w, "llama.attention.head_count_kv", shape.kv_heads);
    gguf_u32(w, "llama.rope.dimension_count", head);
    gguf_u32(w, "llama.vocab_size", TINY_VOCAB);
    gguf_f32(w, "llama.rope.freq_base", 10000.0f);
    gguf_f32(w, "llama.attention.layer_norm_rms_epsilon", 1e-5f);
    tiny_vocabulary(w);
    tiny_weights(w, "token_embd.weight", TINY_VOCAB, shape.width, &seed);
    for (uint32_t l = 0; l < shape.layers; l++) {
        const struct {
            const char *name;
            uint32_t rows, cols;
        } parts[] = {
            {"attn_norm", 1, shape.width},
            {"attn_q", shape.width, shape.width},
            {"attn_k", kv, shape.width},
            {"attn_v", kv, shape.width},
            {"attn_output", shape.width, shape.width},
            {"ffn_norm", 1, shape.width},
            {"ffn_gate", shape.ffn, shape.width},
            {"ffn_up", shape.ffn, shape.width},
            {"ffn_down", shape.width, shape.ffn},
        };
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
            char name[64];
            snprintf(name, sizeof name, "blk.%u.%s.weight", l, parts[i].name);
            tiny_weights(w, name, parts[i].rows, parts[i].cols, &seed);
        }
    }
    tiny_weights(w, "output_norm.weight", 1, shape.width, &seed);
    gguf_end(w);
}

static inline bool tiny_model_save(const char *path, tiny_shape shape)
{
    gguf_writer w;
    tiny_model_build(&w, shape);
    bool ok = gguf_save(&w, path);
    gguf_free(&w);
    return ok;
}

#endif
