/* Random low-rank adapters for the tiny model of tests: as a GGUF file, and added to the model's weights. */
#ifndef SX_TESTS_LORA_H
#define SX_TESTS_LORA_H

#include "tiny.h"

typedef struct lora_how {
    uint32_t rank;
    float alpha; /* 0: no key */
    uint64_t seed;
    const char *type, *kind, *arch; /* general.type, adapter.type and architecture; NULL: as they should be */
    const char *extra;              /* one more pair for this tensor, [rank, 64] and [7, rank] */
    bool alone, nan;                /* an A without its B; a number that is none */
} lora_how;

static const struct {
    const char *name;
    uint32_t k, n;
} lora_targets[] = {
    {"blk.0.attn_q.weight", 64, 64}, {"blk.0.attn_v.weight", 64, 32},      {"blk.0.ffn_down.weight", 96, 64},
    {"blk.1.attn_k.weight", 64, 32}, {"blk.1.attn_output.weight", 64, 64}, {"blk.1.ffn_gate.weight", 64, 96},
    {"output.weight", 64, 300}};
enum { LORA_TARGETS = sizeof lora_targets / sizeof *lora_targets };

/* A [rank, k] or B [n, rank] of a target; free it. */
static inline float *lora_half(const lora_how *how, const char *name, bool b, uint32_t rows, uint32_t cols)
{
    float *x = malloc((size_t)rows * cols * sizeof *x);
    random_floats(x, (size_t)rows * cols, sx_hash64(name, strlen(name), how->seed + b));
    for (size_t i = 0; i < (size_t)rows * cols; i++) x[i] *= 0.1f;
    return x;
}

static inline void lora_pair(gguf_writer *w, const lora_how *how, const char *name, uint32_t k, uint32_t n)
{
    char full[96];
    float *a = lora_half(how, name, false, how->rank, k), *b = lora_half(how, name, true, n, how->rank);
    if (how->nan) b[n - 1] = NAN;
    snprintf(full, sizeof full, "%s.lora_a", name);
    gguf_tensor(w, full, SX_TYPE_F32, 2, (uint64_t[]){k, how->rank}, a, (size_t)k * how->rank * sizeof *a);
    snprintf(full, sizeof full, "%s.lora_b", name);
    if (!how->alone)
        gguf_tensor(w, full, SX_TYPE_F32, 2, (uint64_t[]){how->rank, n}, b, (size_t)n * how->rank * sizeof *b);
    free(a);
    free(b);
}

static inline void lora_write(gguf_writer *w, const lora_how *how)
{
    gguf_begin(w);
    gguf_str(w, "general.type", how->type ? how->type : "adapter");
    gguf_str(w, "general.architecture", how->arch ? how->arch : "llama");
    gguf_str(w, "adapter.type", how->kind ? how->kind : "lora");
    if (how->alpha != 0.0f) gguf_f32(w, "adapter.lora.alpha", how->alpha);
    for (size_t i = 0; i < LORA_TARGETS; i++)
        lora_pair(w, how, lora_targets[i].name, lora_targets[i].k, lora_targets[i].n);
    if (how->extra) lora_pair(w, how, how->extra, 64, 7);
    gguf_end(w);
}

/* What a tensor of the tiny model gets added: scale * alpha / rank * B A. */
static const lora_how *lora_merging;
static float lora_scale;

static inline void lora_merge(const char *name, float *x)
{
    for (size_t i = 0; i < LORA_TARGETS; i++) {
        uint32_t k = lora_targets[i].k, n = lora_targets[i].n, rank = lora_merging->rank;
        if (strcmp(lora_targets[i].name, name) != 0) continue;
        float *a = lora_half(lora_merging, name, false, rank, k), *b = lora_half(lora_merging, name, true, n, rank);
        float scale = lora_scale * (lora_merging->alpha != 0.0f ? lora_merging->alpha / (float)rank : 1.0f);
        for (uint32_t r = 0; r < n; r++)
            for (uint32_t c = 0; c < k; c++)
                for (uint32_t j = 0; j < rank; j++) x[r * k + c] += scale * b[r * rank + j] * a[j * k + c];
        free(a);
        free(b);
    }
}

static inline void lora_write_merged(const lora_how *how, float scale, char path[256])
{
    tiny t = tiny_default;
    lora_merging = how;
    lora_scale = scale;
    t.change = lora_merge;
    tiny_write(&t, path);
}

#endif
