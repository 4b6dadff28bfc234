/* A tiny writer of safetensors files for tests: tensors of F32 by a formula of their name. Header only; tests only: failing
 * stops the program. */
#ifndef SX_TESTS_ST_WRITE_H
#define SX_TESTS_ST_WRITE_H

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gguf_write.h"

typedef struct st_writer {
    gguf_bytes head, data;
} st_writer;

/* As formula() of hf_compare.py. */
static inline void st_weights(const char *name, unsigned dims, float *w, size_t n)
{
    uint32_t seed = 2166136261u;
    size_t len = strlen(name);
    bool weight = len > 7 && strcmp(name + len - 7, ".weight") == 0;
    for (const char *c = name; *c; c++) seed = (seed ^ (unsigned char)*c) * 16777619u;
    for (size_t i = 0; i < n; i++) {
        uint32_t x = (uint32_t)i * 2654435761u + seed;
        x = (x ^ x >> 15) * 2246822519u;
        x = (x ^ x >> 13) * 3266489917u;
        double u = (double)(x ^ x >> 16) / 2147483648.0 - 1.0;
        w[i] = (float)(dims < 2 ? u * 0.25 + (weight ? 1.0 : 0.0) : u * 0.5);
    }
}

static inline void st_add(st_writer *w, const char *name, unsigned dims, const unsigned *shape)
{
    char text[512];
    size_t n = 1, from = w->data.len;
    int at = snprintf(text, sizeof text, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[", w->head.len ? "," : "{", name);
    for (unsigned d = 0; d < dims; d++) {
        n *= shape[d];
        at += snprintf(text + at, sizeof text - (size_t)at, "%s%u", d ? "," : "", shape[d]);
    }
    snprintf(text + at, sizeof text - (size_t)at, "],\"data_offsets\":[%zu,%zu]}", from, from + 4 * n);
    gguf_put(&w->head, text, strlen(text));
    float *values = malloc(4 * n);
    if (!values) exit(99);
    st_weights(name, dims, values, n);
    gguf_put(&w->data, values, 4 * n);
    free(values);
}

static inline void st_file(const char *folder, const char *name, const void *bytes, size_t n)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0) exit(99);
}

static inline void st_save(st_writer *w, const char *folder, const char *name)
{
    gguf_bytes all = {0};
    gguf_put(&w->head, "}", 1);
    gguf_put_le(&all, w->head.len, 8);
    gguf_put(&all, w->head.data, w->head.len);
    gguf_put(&all, w->data.data, w->data.len);
    st_file(folder, name, all.data, all.len);
    free(all.data);
    free(w->head.data);
    free(w->data.data);
    *w = (st_writer){0};
}

/* A folder in the temporary one; st_remove takes it away with the files that tests write. */
static inline void st_folder(char folder[256])
{
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, 256, "%s/sextant-folder-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(folder)) exit(99);
}

static inline void st_remove(const char *folder)
{
    static const char *const names[] = {"config.json",     "model.safetensors",     "model.safetensors.index.json",
                                        "a.safetensors",   "b.safetensors",         "tokenizer.json",
                                        "tokenizer.model", "tokenizer_config.json", "generation_config.json",
                                        "m.gguf",          "chat_template.jinja"};
    char path[512];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

/* A byte-level vocabulary of n tokens without merges. */
static inline void st_vocab(const char *folder, unsigned n)
{
    gguf_bytes b = {0};
    char text[128];
    const char *head = "{\"added_tokens\":[],\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false},"
                       "\"model\":{\"type\":\"BPE\",\"merges\":[],\"vocab\":{";
    gguf_put(&b, head, strlen(head));
    for (unsigned i = 0; i < n; i++) {
        snprintf(text, sizeof text, "%s\"t%u\":%u", i ? "," : "", i, i);
        gguf_put(&b, text, strlen(text));
    }
    gguf_put(&b, "}}}", 3);
    st_file(folder, "tokenizer.json", b.data, b.len);
    free(b.data);
}

#endif
