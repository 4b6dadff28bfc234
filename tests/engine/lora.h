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

/* ---- the same as a folder of the peft package ---- */

static inline const char *lora_module(const char *name)
{
    static const char *const names[][2] = {{"attn_q", "self_attn.q_proj"}, {"attn_k", "self_attn.k_proj"},
                                           {"attn_v", "self_attn.v_proj"}, {"attn_output", "self_attn.o_proj"},
                                           {"ffn_gate", "mlp.gate_proj"},  {"ffn_down", "mlp.down_proj"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strstr(name, names[i][0])) return names[i][1];
    return NULL;
}

/* B's rows as transformers has them: the tiny model's heads of 16 turn whole. */
static inline void lora_unturn(float *b, uint32_t n, uint32_t rank)
{
    float *old = malloc((size_t)n * rank * sizeof *old);
    memcpy(old, b, (size_t)n * rank * sizeof *old);
    for (uint32_t row = 0; row < n; row++) {
        uint32_t r = row % 16, from = row / 16 * 16 + r / 2 + (r % 2 ? 8 : 0);
        memcpy(b + (size_t)from * rank, old + (size_t)row * rank, rank * sizeof *b);
    }
    free(old);
}

/* Fills in the path of a new folder; config replaces adapter_config.json where it is not NULL. */
static inline void lora_write_peft(const lora_how *how, const char *config, char path[256])
{
    const char *folder = getenv("TMPDIR");
    char file[300], header[4096] = "{", *at = header + 1;
    gguf_bytes data = {0};
    snprintf(path, 256, "%s/sextant-peft-XXXXXX", folder ? folder : "/tmp");
    if (!mkdtemp(path)) exit(99);
    for (size_t i = 0; i < LORA_TARGETS; i++)
        for (int b = 0; b < 2; b++) {
            const char *name = lora_targets[i].name, *module = lora_module(name);
            uint32_t rows = b ? lora_targets[i].n : how->rank, cols = b ? how->rank : lora_targets[i].k;
            float *x = lora_half(how, name, b, rows, cols);
            if (b && (strstr(name, "attn_q") || strstr(name, "attn_k"))) lora_unturn(x, rows, cols);
            if (module)
                at += sprintf(at, "%s\"base_model.model.model.layers.%c.%s", i + (size_t)b ? "," : "", name[4], module);
            else
                at += sprintf(at, ",\"base_model.model.lm_head");
            at += sprintf(at, ".lora_%c.weight\":{\"dtype\":\"F32\",\"shape\":[%u,%u],\"data_offsets\":[%zu,%zu]}",
                          b ? 'B' : 'A', rows, cols, data.len, data.len + (size_t)rows * cols * 4);
            gguf_put(&data, x, (size_t)rows * cols * 4);
            free(x);
        }
    at += sprintf(at, "}");
    snprintf(file, sizeof file, "%s/adapter_model.safetensors", path);
    FILE *f = fopen(file, "wb");
    uint64_t len = (uint64_t)(at - header);
    unsigned char le[8];
    for (int i = 0; i < 8; i++) le[i] = (unsigned char)(len >> 8 * i);
    fwrite(le, 1, 8, f);
    fwrite(header, 1, (size_t)len, f);
    fwrite(data.data, 1, data.len, f);
    fclose(f);
    snprintf(file, sizeof file, "%s/adapter_config.json", path);
    f = fopen(file, "wb");
    if (config)
        fputs(config, f);
    else
        fprintf(f, "{\"peft_type\": \"LORA\", \"r\": %u, \"lora_alpha\": %g, \"bias\": \"none\", \"rank_pattern\": {}}",
                how->rank, (double)how->alpha);
    fclose(f);
    free(data.data);
}

static inline void lora_remove_peft(const char *path)
{
    char file[300];
    snprintf(file, sizeof file, "%s/adapter_model.safetensors", path);
    unlink(file);
    snprintf(file, sizeof file, "%s/adapter_config.json", path);
    unlink(file);
    rmdir(path);
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
