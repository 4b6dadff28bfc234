/* A GGUF file of any bytes: opened, then every question asked about it. */
#include <stdint.h>
#include <stdlib.h>

#include "engine/model/gguf.h"

static unsigned touch(const unsigned char *p, size_t n)
{
    unsigned sum = 0;
    for (size_t i = 0; i < n; i += 64) sum += p[i];
    return n ? sum + p[n - 1] : sum;
}

static void ask(sx_mem *mem, const sx_gguf *g, const char *key)
{
    uint32_t u, type;
    float f;
    bool b;
    const char *s;
    size_t len;
    uint64_t n;
    char text[32];
    sx_gguf_u32(g, key, &u);
    sx_gguf_f32(g, key, &f);
    sx_gguf_bool(g, key, &b);
    sx_gguf_as_text(g, key, text, sizeof text);
    if (sx_gguf_str(g, key, &s, &len)) touch((const unsigned char *)s, len);
    if (!sx_gguf_array(g, key, &type, &n) || n > 1 << 20) return;
    void *room = sx_mem_array(mem, (size_t)n, sizeof(sx_view));
    if (room) {
        sx_gguf_array_f32(g, key, room, n);
        sx_gguf_array_i32(g, key, room, n);
        if (sx_gguf_array_strs(g, key, room, n))
            for (uint64_t i = 0; i < n; i++)
                touch((const unsigned char *)((sx_view *)room)[i].s, ((sx_view *)room)[i].len);
    }
    sx_mem_free(mem, room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    llm_error err = {sizeof err, 0, ""};
    sx_gguf *g;
    if (sx_gguf_open(&g, &mem, data, size, &err) == LLM_OK) {
        for (uint32_t i = 0; sx_gguf_key_at(g, i); i++) ask(&mem, g, sx_gguf_key_at(g, i));
        for (uint32_t i = 0; i < sx_gguf_tensor_count(g); i++) {
            const sx_tensor *t = sx_gguf_tensor_at(g, i);
            if (sx_gguf_tensor(g, t->name) != t) abort();
            touch(t->data, t->bytes);
        }
        sx_gguf_close(g);
    }
    if (atomic_load(&mem.live_bytes) != 0) abort();
    return 0;
}
