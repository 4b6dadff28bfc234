/* A tiny random model for tests, written as a GGUF file into the temporary folder: so that a plain clone exercises the whole
 * engine. Any metadata can be overridden, to make it wrong. */
#ifndef SX_TESTS_TINY_H
#define SX_TESTS_TINY_H

#include <unistd.h>

#include "engine/kernels/half.h"
#include "gguf_write.h"
#include "platform/map.h"
#include "random.h"

typedef struct tiny {
    const char *arch;
    uint32_t n_layer, n_embd, n_head, n_head_kv, head_dim, n_ff, n_vocab, n_ctx, n_expert, window;
    uint32_t type;       /* of matrices: SX_TYPE_F32, F16, BF16 or Q8_0 */
    const char *bad_key; /* this metadata key (without architecture) gets bad_value instead */
    uint32_t bad_value;
    const char *skip, *squeeze;                 /* this tensor is left out, or loses a row */
    void (*change)(const char *name, float *x); /* changes a tensor's numbers; NULL: none */
} tiny;

static const tiny tiny_default = {"llama", 2, 64, 4, 2, 16, 96, 300, 256, 0, 0, SX_TYPE_F32, NULL, 0, NULL, NULL, NULL};

static inline void tiny_u32(gguf_writer *w, const tiny *t, const char *key, uint32_t v)
{
    char full[96];
    snprintf(full, sizeof full, "%s.%s", t->arch, key);
    gguf_u32(w, full, t->bad_key && strcmp(t->bad_key, key) == 0 ? t->bad_value : v);
}

static inline void tiny_f32(gguf_writer *w, const tiny *t, const char *key, float v)
{
    char full[96];
    snprintf(full, sizeof full, "%s.%s", t->arch, key);
    if (t->bad_key && strcmp(t->bad_key, key) == 0) {
        memcpy(&v, &t->bad_value, sizeof v);
    }
    gguf_f32(w, full, v);
}

static inline void tiny_tensor(gguf_writer *w, const tiny *t, const char *name, uint32_t type, uint64_t k, uint64_t n,
                               uint64_t count)
{
    if (t->skip && strcmp(t->skip, name) == 0) return;
    if (t->squeeze && strcmp(t->squeeze, name) == 0) n--;
    size_t total = (size_t)(k * n * count);
    float *x = malloc(total * sizeof *x);
    random_floats(x, total, sx_hash64(name, strlen(name), 1));
    float spread = n == 1 ? 0.0f : 1.7f / (float)k * 8.0f; /* norms are ones */
    for (size_t i = 0; i < total; i++) x[i] = n == 1 ? 1.0f : x[i] * spread;
    if (t->change) t->change(name, x);
    unsigned char *out = malloc(total * 4);
    size_t bytes = total * 4;
    memcpy(out, x, bytes);
    if (type == SX_TYPE_F16) {
        bytes = total * 2;
        for (size_t i = 0; i < total; i++) memcpy(out + 2 * i, &(uint16_t){sx_f32_f16(x[i])}, 2);
    } else if (type == SX_TYPE_BF16) {
        bytes = total * 2;
        for (size_t i = 0; i < total; i++) memcpy(out + 2 * i, &(uint16_t){sx_f32_bf16(x[i])}, 2);
    } else if (type == SX_TYPE_Q8_0) {
        bytes = total / 32 * 34;
        for (size_t b = 0; b < total / 32; b++) {
            memcpy(out + b * 34, &(uint16_t){sx_f32_f16(spread / 127.0f)}, 2);
            for (size_t i = 0; i < 32; i++)
                out[b * 34 + 2 + i] = (unsigned char)(signed char)(x[b * 32 + i] / spread * 127.0f);
        }
    }
    gguf_tensor(w, name, type, count > 1 ? 3 : n > 1 ? 2 : 1, (uint64_t[]){k, n, count}, out, bytes);
    free(x);
    free(out);
}

static inline void tiny_layer(gguf_writer *w, const tiny *t, uint32_t i)
{
    char name[64];
    const uint64_t d = t->n_embd, nq = (uint64_t)t->n_head * t->head_dim, nk = (uint64_t)t->n_head_kv * t->head_dim;
    const struct {
        const char *part;
        uint32_t type;
        uint64_t k, n, count;
    } parts[] = {{"attn_norm", SX_TYPE_F32, d, 1, 1},
                 {"attn_q", t->type, d, nq, 1},
                 {"attn_k", t->type, d, nk, 1},
                 {"attn_v", t->type, d, nk, 1},
                 {"attn_output", t->type, nq, d, 1},
                 {"ffn_norm", SX_TYPE_F32, d, 1, 1},
                 {"ffn_gate", t->type, d, t->n_expert ? 0 : t->n_ff, 1},
                 {"ffn_up", t->type, d, t->n_expert ? 0 : t->n_ff, 1},
                 {"ffn_down", t->type, t->n_ff, t->n_expert ? 0 : d, 1},
                 {"ffn_gate_inp", SX_TYPE_F32, d, t->n_expert, 1},
                 {"ffn_gate_exps", t->type, d, t->n_ff, t->n_expert},
                 {"ffn_up_exps", t->type, d, t->n_ff, t->n_expert},
                 {"ffn_down_exps", t->type, t->n_ff, d, t->n_expert}};
    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
        if (parts[p].n == 0 || parts[p].count == 0) continue;
        snprintf(name, sizeof name, "blk.%u.%s.weight", i, parts[p].part);
        tiny_tensor(w, t, name, parts[p].type, parts[p].k, parts[p].n, parts[p].count);
    }
}

/* A SentencePiece vocabulary: <unk>, <s>, </s>, 256 bytes, then filler. */
static inline void tiny_vocab(gguf_writer *w, const tiny *t)
{
    char(*names)[16] = calloc(t->n_vocab, sizeof *names);
    const char **list = calloc(t->n_vocab, sizeof *list);
    float *scores = calloc(t->n_vocab, sizeof *scores);
    int32_t *types = calloc(t->n_vocab, sizeof *types);
    for (uint32_t i = 0; i < t->n_vocab; i++) {
        if (i < 3)
            snprintf(names[i], sizeof names[i], "%s", i == 0 ? "<unk>" : i == 1 ? "<s>" : "</s>");
        else if (i < 259)
            snprintf(names[i], sizeof names[i], "<0x%02X>", i - 3);
        else
            snprintf(names[i], sizeof names[i], "w%u", i);
        types[i] = i == 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1;
        scores[i] = -(float)i;
        list[i] = names[i];
    }
    gguf_str(w, "tokenizer.ggml.model", "llama");
    gguf_strs(w, "tokenizer.ggml.tokens", list, t->n_vocab);
    gguf_f32s(w, "tokenizer.ggml.scores", scores, t->n_vocab);
    gguf_i32s(w, "tokenizer.ggml.token_type", types, t->n_vocab);
    gguf_u32(w, "tokenizer.ggml.bos_token_id", 1);
    gguf_u32(w, "tokenizer.ggml.eos_token_id", 2);
    free(names);
    free(list);
    free(scores);
    free(types);
}

/* Writes the model and fills in its path; the caller unlinks it. */
static inline void tiny_write(const tiny *t, char path[256])
{
    gguf_writer w;
    gguf_begin(&w);
    gguf_str(&w, "general.architecture", t->arch);
    gguf_str(&w, "general.name", "tiny");
    tiny_u32(&w, t, "block_count", t->n_layer);
    tiny_u32(&w, t, "context_length", t->n_ctx);
    tiny_u32(&w, t, "embedding_length", t->n_embd);
    tiny_u32(&w, t, "feed_forward_length", t->n_ff);
    tiny_u32(&w, t, "attention.head_count", t->n_head);
    tiny_u32(&w, t, "attention.head_count_kv", t->n_head_kv);
    tiny_u32(&w, t, "attention.key_length", t->head_dim);
    tiny_u32(&w, t, "attention.value_length", t->head_dim);
    tiny_u32(&w, t, "rope.dimension_count", t->head_dim);
    tiny_f32(&w, t, "rope.freq_base", 10000.0f);
    tiny_f32(&w, t, "attention.layer_norm_rms_epsilon", 1e-5f);
    if (t->window) tiny_u32(&w, t, "attention.sliding_window", t->window);
    if (t->n_expert) {
        tiny_u32(&w, t, "expert_count", t->n_expert);
        tiny_u32(&w, t, "expert_used_count", 2);
    }
    tiny_vocab(&w, t);
    tiny_tensor(&w, t, "token_embd.weight", t->type, t->n_embd, t->n_vocab, 1);
    tiny_tensor(&w, t, "output_norm.weight", SX_TYPE_F32, t->n_embd, 1, 1);
    tiny_tensor(&w, t, "output.weight", t->type, t->n_embd, t->n_vocab, 1);
    for (uint32_t i = 0; i < t->n_layer; i++) tiny_layer(&w, t, i);
    gguf_end(&w);
    const char *folder = getenv("TMPDIR");
    static int number;
    snprintf(path, 256, "%s/sextant-tiny-%ld-%d.gguf", folder ? folder : "/tmp", (long)getpid(), number++);
    if (!gguf_save(&w, path)) exit(99);
    gguf_free(&w);
}

#endif
