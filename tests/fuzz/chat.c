/* Any answer in any dialect, whole and partial: the result is always JSON. The first byte chooses the dialect. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/text/chat.h"
#include "platform/json.h"

static void use(sx_mem *mem, const sx_chat_format *format, const char *text, size_t len, bool partial)
{
    sx_buf out;
    sx_buf_init(&out, mem, 0);
    sx_arena arena;
    sx_arena_init(&arena, mem);
    llm_error err = {sizeof err, 0, ""};
    const sx_json *v;
    const sx_chat_answer a = {.format = format,
                              .prompt = "<think>\n",
                              .prompt_len = len % 2 ? 8 : 0,
                              .text = text,
                              .len = len,
                              .partial = partial};
    if (sx_chat_parse(mem, &a, &out, &err) != LLM_OK) abort();
    if (sx_json_parse(&v, &arena, "answer", out.data, out.len, &err) != LLM_OK) abort();
    sx_arena_free(&arena);
    sx_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const templates[] = {"",
                                            "<tool_call>",
                                            "<|python_tag|>",
                                            "<function=",
                                            "[TOOL_CALLS] [THINK]",
                                            "<\xef\xbd\x9ctool\xe2\x96\x81"
                                            "calls\xe2\x96\x81"
                                            "begin\xef\xbd\x9c>",
                                            "<|tool_calls_section_begin|>",
                                            "<|START_ACTION|>",
                                            "<|channel|> <|start|>"};
    if (size == 0) return 0;
    const char *t = templates[data[0] % (sizeof templates / sizeof *templates)];
    const sx_chat_format *format = sx_chat_format_of(t, strlen(t));
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    use(&mem, format, (const char *)data + 1, size - 1, false);
    use(&mem, format, (const char *)data + 1, size - 1, true);
    if (atomic_load(&mem.live_bytes) != 0) abort();
    return 0;
}
