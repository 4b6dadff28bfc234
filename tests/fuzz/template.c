/* Any template over a fixed conversation, in few steps; behind a NUL the input is the variables' JSON. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/text/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char plain[] = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi <b> \\u4e2d\"}],\"tools\":[{\"a\":[1,2.5,null]}],"
                                "\"s\":\"abc\",\"n\":3}";
    const sx_template_params params = {.now = "2026-01-02T03:04:05", .max_steps = 20000, .max_bytes = 1 << 20};
    const uint8_t *cut = size ? memchr(data, 0, size) : NULL;
    size_t len = cut ? (size_t)(cut - data) : size;
    const char *vars = cut ? (const char *)cut + 1 : plain;
    size_t vars_len = cut ? size - len - 1 : sizeof plain - 1;
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    sx_buf out;
    sx_buf_init(&out, &mem, 0);
    llm_error err = {sizeof err, 0, ""};
    llm_status status = sx_template_render(&mem, (const char *)data, len, vars, vars_len, &params, &out, &err);
    if (status != LLM_OK && !err.message[0]) abort();
    sx_buf_free(&out);
    if (atomic_load(&mem.live_bytes) != 0) abort();
    return 0;
}
