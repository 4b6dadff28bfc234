/* Which model a saved state belongs to. */
#include <string.h>

#include "engine/session/state.h"

enum { SAMPLES = 16, SAMPLE = 4096 /* bytes */ };

static void add_number(sx_hasher *h, uint64_t v)
{
    unsigned char le[8];
    for (int i = 0; i < 8; i++) le[i] = (unsigned char)(v >> 8 * i);
    sx_hasher_add(h, le, sizeof le);
}

static void add_bytes(sx_hasher *h, const void *bytes, size_t n)
{
    add_number(h, n);
    sx_hasher_add(h, bytes, n);
}

static void add_text(sx_hasher *h, const char *s)
{
    add_bytes(h, s, strlen(s));
}

/* Facts of this machine, or that follow from the tensors, which are hashed themselves. */
static bool left_out(const char *key)
{
    static const char *const keys[] = {"isa", "threads", "step_bytes", "step_products", "prompt_products"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(key, keys[i]) == 0) return true;
    return false;
}

static void add_metadata(sx_hasher *h, const sx_model *m)
{
    for (size_t i = 0; i < m->n_facts; i++) {
        const sx_fact *fact = &m->facts[i];
        if (left_out(fact->key)) continue;
        add_text(h, fact->key);
        add_text(h, fact->value);
    }
}

static void add_vocabulary(sx_hasher *h, const sx_model *m)
{
    uint32_t n = sx_tokenizer_size(m->tok);
    add_number(h, n);
    for (uint32_t i = 0; i < n; i++) {
        size_t len;
        const char *bytes = sx_token_bytes(m, (int32_t)i, &len);
        add_bytes(h, bytes, len);
    }
}

static void add_content(sx_hasher *h, const unsigned char *data, size_t bytes)
{
    if (bytes <= (size_t)SAMPLES * SAMPLE) {
        sx_hasher_add(h, data, bytes);
        return;
    }
    const size_t step = (bytes - SAMPLE) / (SAMPLES - 1);
    for (size_t i = 0; i < SAMPLES; i++) sx_hasher_add(h, data + i * step, SAMPLE);
}

static void add_tensor(sx_hasher *h, const sx_tensor *t)
{
    add_text(h, t->name);
    add_number(h, t->type);
    for (int i = 0; i < 4; i++) add_number(h, t->ne[i]);
    add_number(h, t->bytes);
    for (uint64_t i = 0; t->parts && i < t->ne[2]; i++) { /* experts where they lie: the beginning of each */
        size_t slice = t->bytes / (size_t)t->ne[2];
        sx_hasher_add(h, t->parts[i], slice < SAMPLE ? slice : SAMPLE);
    }
    if (t->data) add_content(h, t->data, t->bytes);
    for (uint64_t i = 0; t->parts && i < t->ne[2]; i++) add_content(h, sx_tensor_slice(t, i), t->bytes / t->ne[2]);
}

void sx_model_hash(const sx_model *m, unsigned char hash[SX_HASH_BYTES])
{
    sx_hasher h;
    sx_hasher_begin(&h);
    add_metadata(&h, m);
    add_vocabulary(&h, m);
    for (uint32_t i = 0; i < sx_gguf_tensor_count(m->gguf); i++) add_tensor(&h, sx_gguf_tensor_at(m->gguf, i));
    sx_hasher_end(&h, hash);
}
