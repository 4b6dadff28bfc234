/* Adapter files against a model of two matrices: whatever the bytes say, a status and no memory left. */
#include <stdatomic.h>
#include <stdlib.h>

#include "../engine/gguf_write.h"
#include "engine/session/adapter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static sx_mem mem;

/* Only what an adapter is held against: tensors and the architecture's name. */
static const sx_model *model(void)
{
    static sx_model made;
    static gguf_writer w;
    static const float zeros[64];
    if (made.gguf) return &made;
    gguf_begin(&w);
    gguf_str(&w, "general.architecture", "llama");
    gguf_tensor(&w, "blk.0.attn_q.weight", SX_TYPE_F32, 2, (uint64_t[]){8, 4}, zeros, 32 * sizeof *zeros);
    gguf_tensor(&w, "output.weight", SX_TYPE_F32, 2, (uint64_t[]){8, 8}, zeros, sizeof zeros);
    gguf_end(&w);
    sx_gguf *gguf = NULL;
    if (sx_gguf_open(&gguf, &mem, w.data, w.len, NULL) != LLM_OK) abort();
    made.gguf = gguf;
    made.net.hp.arch = sx_arch_get("llama", 5);
    return &made;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!mem.hook.alloc && !atomic_load(&mem.live_bytes)) sx_mem_init(&mem, NULL);
    const sx_model *m = model();
    size_t before = atomic_load(&mem.live_bytes);
    sx_adapter *adapter = NULL;
    llm_error err = LLM_ERROR_INIT;
    llm_status status = sx_adapter_read(&adapter, &mem, m, data, size, &err);
    if ((status == LLM_OK) != (adapter != NULL) || (status != LLM_OK && !err.message[0])) abort();
    sx_adapter_free(adapter);
    if (atomic_load(&mem.live_bytes) != before) abort();
    return 0;
}
