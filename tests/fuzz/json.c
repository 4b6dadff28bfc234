/* Any bytes as JSON: what parses is written and parses again to the same text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "platform/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    sx_arena arena;
    sx_arena_init(&arena, &mem);
    sx_buf once, twice;
    sx_buf_init(&once, &mem, 0);
    sx_buf_init(&twice, &mem, 0);
    llm_error err = {sizeof err, 0, ""};
    const sx_json *v;
    if (sx_json_parse(&v, &arena, "the input", (const char *)data, size, &err) == LLM_OK) {
        sx_json_write(&once, v);
        if (sx_json_parse(&v, &arena, "the output", once.data, once.len, &err) != LLM_OK) abort();
        sx_json_write(&twice, v);
        if (once.len != twice.len || memcmp(once.data, twice.data, once.len) != 0) abort();
    } else if (!err.message[0]) {
        abort();
    }
    sx_buf_free(&once);
    sx_buf_free(&twice);
    sx_arena_free(&arena);
    if (atomic_load(&mem.live_bytes) != 0) abort();
    return 0;
}
