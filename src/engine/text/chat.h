/* Reads what a model answered to a chat prompt: the text, the reasoning and the tool calls apart, whatever dialect the model
 * writes them in. The dialects are rows of data, chosen by marks in the model's chat template. */
#ifndef SX_ENGINE_CHAT_H
#define SX_ENGINE_CHAT_H

#include <stdbool.h>

#include "platform/buf.h"
#include "platform/error.h"

typedef struct sx_chat_format sx_chat_format;

/* The dialect of a chat template; never NULL: an unknown one gets <think> and <tool_call>. */
const sx_chat_format *sx_chat_format_of(const char *source, size_t len);

typedef struct sx_chat_answer {
    const sx_chat_format *format;
    const char *prompt; /* the rendered prompt, which may have opened the reasoning; NULL: it did not */
    size_t prompt_len;
    const char *text; /* the answer, special tokens written out */
    size_t len;
    bool partial; /* more may follow: what could still become a mark or a call is held back */
} sx_chat_answer;

/* Appends the answer as JSON: {"content":"...","reasoning":"...","tool_calls":[{"id","type":"function","function":{"name",
 * "arguments":"{...}"}}],"malformed":true}, fields without content left out but for "content". For a longer text of the same
 * beginning, content, reasoning and calls begin with those of the shorter one. Linear in time. LLM_E_MEMORY, LLM_E_LIMIT. */
llm_status sx_chat_parse(sx_mem *mem, const sx_chat_answer *answer, sx_buf *out, llm_error *err);

#endif
