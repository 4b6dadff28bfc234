/* A tiny GGUF v3 writer for tests: metadata and tensors into a byte buffer, laid out as the real thing. Header only.
 *
 *     gguf_writer w;
 *     gguf_begin(&w);
 *     gguf_str(&w, "general.architecture", "llama");
 *     gguf_tensor(&w, "token_embd.weight", SX_TYPE_F32, 2, (uint64_t[]){64, 512}, data, bytes);
 *     gguf_end(&w);                        w.data, w.len are the file
 *     gguf_free(&w);
 *
 * Tests only: running out of memory stops the program. */
#ifndef SX_TESTS_GGUF_WRITE_H
#define SX_TESTS_GGUF_WRITE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/model/gguf.h"

typedef struct gguf_bytes {
    unsigned char *data;
    size_t len, cap;
} gguf_bytes;

typedef struct gguf_writer {
    unsigned char *data; /* the file, after gguf_end */
    size_t len;
    gguf_bytes meta, infos, tensors;
    uint64_t n_meta, n_tensors;
} gguf_writer;

static inline void gguf_put(gguf_bytes *b, const void *bytes, size_t n)
{
    if (b->len + n > b->cap) {
        b->cap = (b->len + n) * 2;
        b->data = realloc(b->data, b->cap);
        if (!b->data) exit(99);
    }
    if (n) memcpy(b->data + b->len, bytes, n);
    b->len += n;
}

static inline void gguf_put_le(gguf_bytes *b, uint64_t v, unsigned bytes)
{
    unsigned char le[8];
    for (unsigned i = 0; i < 8; i++) le[i] = (unsigned char)(v >> (8 * i));
    gguf_put(b, le, bytes);
}

static inline void gguf_put_str(gguf_bytes *b, const char *s, size_t len)
{
    gguf_put_le(b, len, 8);
    gguf_put(b, s, len);
}

static inline void gguf_begin(gguf_writer *w)
{
    memset(w, 0, sizeof *w);
}

static inline void gguf_key(gguf_writer *w, const char *key, uint32_t type)
{
    gguf_put_str(&w->meta, key, strlen(key));
    gguf_put_le(&w->meta, type, 4);
    w->n_meta++;
}

static inline void gguf_u32(gguf_writer *w, const char *key, uint32_t v)
{
    gguf_key(w, key, SX_GGUF_U32);
    gguf_put_le(&w->meta, v, 4);
}

static inline void gguf_u64(gguf_writer *w, const char *key, uint64_t v)
{
    gguf_key(w, key, SX_GGUF_U64);
    gguf_put_le(&w->meta, v, 8);
}

static inline void gguf_bool(gguf_writer *w, const char *key, bool v)
{
    gguf_key(w, key, SX_GGUF_BOOL);
    gguf_put_le(&w->meta, v, 1);
}

static inline uint32_t gguf_float_bits(float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

static inline void gguf_f32(gguf_writer *w, const char *key, float v)
{
    gguf_key(w, key, SX_GGUF_F32);
    gguf_put_le(&w->meta, gguf_float_bits(v), 4);
}

static inline void gguf_str_n(gguf_writer *w, const char *key, const char *s, size_t len)
{
    gguf_key(w, key, SX_GGUF_STRING);
    gguf_put_str(&w->meta, s, len);
}

static inline void gguf_str(gguf_writer *w, const char *key, const char *s)
{
    gguf_str_n(w, key, s, strlen(s));
}

static inline void gguf_array_head(gguf_writer *w, const char *key, uint32_t type, uint64_t n)
{
    gguf_key(w, key, SX_GGUF_ARRAY);
    gguf_put_le(&w->meta, type, 4);
    gguf_put_le(&w->meta, n, 8);
}

static inline void gguf_strs(gguf_writer *w, const char *key, const char *const *v, size_t n)
{
    gguf_array_head(w, key, SX_GGUF_STRING, n);
    for (size_t i = 0; i < n; i++) gguf_put_str(&w->meta, v[i], strlen(v[i]));
}

static inline void gguf_views(gguf_writer *w, const char *key, const sx_view *v, size_t n)
{
    gguf_array_head(w, key, SX_GGUF_STRING, n);
    for (size_t i = 0; i < n; i++) gguf_put_str(&w->meta, v[i].s, v[i].len);
}

static inline void gguf_f32s(gguf_writer *w, const char *key, const float *v, size_t n)
{
    gguf_array_head(w, key, SX_GGUF_F32, n);
    for (size_t i = 0; i < n; i++) gguf_put_le(&w->meta, gguf_float_bits(v[i]), 4);
}

static inline void gguf_i32s(gguf_writer *w, const char *key, const int32_t *v, size_t n)
{
    gguf_array_head(w, key, SX_GGUF_I32, n);
    for (size_t i = 0; i < n; i++) gguf_put_le(&w->meta, (uint32_t)v[i], 4);
}

static inline void gguf_pad(gguf_bytes *b)
{
    static const unsigned char zeros[32];
    gguf_put(b, zeros, (32 - b->len % 32) % 32);
}

/* ne[0] is the contiguous dimension, as in the file; `bytes` of data in the type's block layout. */
static inline void gguf_tensor(gguf_writer *w, const char *name, uint32_t type, uint32_t n_dims, const uint64_t *ne,
                               const void *data, size_t bytes)
{
    gguf_pad(&w->tensors);
    gguf_put_str(&w->infos, name, strlen(name));
    gguf_put_le(&w->infos, n_dims, 4);
    for (uint32_t d = 0; d < n_dims; d++) gguf_put_le(&w->infos, ne[d], 8);
    gguf_put_le(&w->infos, type, 4);
    gguf_put_le(&w->infos, w->tensors.len, 8);
    gguf_put(&w->tensors, data, bytes);
    w->n_tensors++;
}

static inline void gguf_end(gguf_writer *w)
{
    gguf_bytes f = {0};
    gguf_put(&f, "GGUF", 4);
    gguf_put_le(&f, 3, 4);
    gguf_put_le(&f, w->n_tensors, 8);
    gguf_put_le(&f, w->n_meta, 8);
    gguf_put(&f, w->meta.data, w->meta.len);
    gguf_put(&f, w->infos.data, w->infos.len);
    if (w->n_tensors) gguf_pad(&f);
    gguf_put(&f, w->tensors.data, w->tensors.len);
    w->data = f.data;
    w->len = f.len;
}

static inline void gguf_free(gguf_writer *w)
{
    free(w->data);
    free(w->meta.data);
    free(w->infos.data);
    free(w->tensors.data);
    memset(w, 0, sizeof *w);
}

/* Writes the file to a path; false when it cannot. */
static inline bool gguf_save(const gguf_writer *w, const char *path)
{
    FILE *f = fopen(path, "wb");
    if (!f) return false;
    bool ok = fwrite(w->data, 1, w->len, f) == w->len;
    return fclose(f) == 0 && ok;
}

#endif
