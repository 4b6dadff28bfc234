/* The dialects in which published models write reasoning and tool calls, one row each, the more special ones first. Marks
 * as in the models' chat templates. */
#include <string.h>

#include "engine/text/chat_parts.h"

#define BAR   "\xef\xbd\x9c" /* U+FF5C */
#define BLOCK "\xe2\x96\x81" /* U+2581 */

static const sx_chat_format formats[] = {
    /* gpt-oss */
    {.marks = {"<|channel|>", "<|start|>"}, .channels = true},
    /* Kimi K2 */
    {.marks = {"<|tool_calls_section_begin|>"},
     .think_open = "<think>",
     .think_close = "</think>",
     .open = "<|tool_calls_section_begin|>",
     .close = "<|tool_calls_section_end|>",
     .style = SX_CALLS_ITEMS,
     .item_open = "<|tool_call_begin|>",
     .item_sep = "<|tool_call_argument_begin|>",
     .item_close = "<|tool_call_end|>"},
    /* DeepSeek V3, R1, V3.1 */
    {.marks = {"<" BAR "tool" BLOCK "calls" BLOCK "begin" BAR ">"},
     .think_open = "<think>",
     .think_close = "</think>",
     .open = "<" BAR "tool" BLOCK "calls" BLOCK "begin" BAR ">",
     .close = "<" BAR "tool" BLOCK "calls" BLOCK "end" BAR ">",
     .style = SX_CALLS_ITEMS,
     .item_open = "<" BAR "tool" BLOCK "call" BLOCK "begin" BAR ">",
     .item_sep = "<" BAR "tool" BLOCK "sep" BAR ">",
     .item_close = "<" BAR "tool" BLOCK "call" BLOCK "end" BAR ">"},
    /* Command R7B, Command A */
    {.marks = {"<|START_ACTION|>"},
     .think_open = "<|START_THINKING|>",
     .think_close = "<|END_THINKING|>",
     .open = "<|START_ACTION|>",
     .close = "<|END_ACTION|>",
     .style = SX_CALLS_LIST,
     .drop = {"<|START_RESPONSE|>", "<|END_RESPONSE|>"}},
    /* Mistral with reasoning, then without */
    {.marks = {"[TOOL_CALLS]", "[THINK]"},
     .think_open = "[THINK]",
     .think_close = "[/THINK]",
     .open = "[TOOL_CALLS]",
     .style = SX_CALLS_BRACKET},
    {.marks = {"[TOOL_CALLS]"},
     .think_open = "<think>",
     .think_close = "</think>",
     .open = "[TOOL_CALLS]",
     .style = SX_CALLS_BRACKET},
    /* Hermes, Qwen, Qwen3-Coder, GLM */
    {.marks = {"<tool_call>"},
     .think_open = "<think>",
     .think_close = "</think>",
     .open = "<tool_call>",
     .close = "</tool_call>",
     .style = SX_CALLS_TAGGED},
    /* Functionary on Llama 3.1 */
    {.marks = {"<function="},
     .think_open = "<think>",
     .think_close = "</think>",
     .open = "<function=",
     .style = SX_CALLS_TAGGED},
    /* Llama 3.1 to 3.3 */
    {.marks = {"<|python_tag|>"},
     .think_open = "<think>",
     .think_close = "</think>",
     .open = "<|python_tag|>",
     .style = SX_CALLS_PYTHON,
     .bare = true},
    {.marks = {"<|start_header_id|>", "\"parameters\":"},
     .think_open = "<think>",
     .think_close = "</think>",
     .open = "<|python_tag|>",
     .style = SX_CALLS_PYTHON,
     .bare = true},
    /* any other */
    {.think_open = "<think>",
     .think_close = "</think>",
     .open = "<tool_call>",
     .close = "</tool_call>",
     .style = SX_CALLS_TAGGED},
};

static bool holds(const char *s, size_t len, const char *mark)
{
    size_t n = strlen(mark);
    for (const char *end = s + len; (size_t)(end - s) >= n; s++) {
        s = memchr(s, mark[0], (size_t)(end - s) - n + 1);
        if (!s) return false;
        if (memcmp(s, mark, n) == 0) return true;
    }
    return false;
}

const sx_chat_format *sx_chat_format_of(const char *source, size_t len)
{
    const sx_chat_format *f = formats;
    for (size_t last = sizeof formats / sizeof *formats - 1; f < formats + last; f++)
        if (holds(source, len, f->marks[0]) && (!f->marks[1] || holds(source, len, f->marks[1]))) break;
    return f;
}
