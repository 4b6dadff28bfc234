/* Chat templates: the Jinja dialect that model files carry, run by an interpreter of our own. It has no way to files,
 * clocks (but for strftime_now), or the host; steps, memory and nesting are bounded. It behaves as Jinja2's immutable
 * sandbox with trim_blocks, lstrip_blocks and loop controls: changing a list or a dict is refused. */
#ifndef SX_ENGINE_TEMPLATE_H
#define SX_ENGINE_TEMPLATE_H

#include <stdint.h>

#include "platform/buf.h"
#include "platform/error.h"

typedef struct sx_template_params {
    const char *now;    /* "2026-01-02T03:04:05" for strftime_now; NULL: the local time */
    uint64_t max_steps; /* 0: 10 million */
    uint64_t max_bytes; /* of memory and of text, each; 0: 64 MiB and 32 times the inputs */
} sx_template_params;

/* Appends the rendered text to out. vars is a JSON object whose members are the template's variables (messages, tools,
 * add_generation_prompt, bos_token...). LLM_E_FORMAT: template or JSON is malformed, the sentence names the line;
 * LLM_E_UNSUPPORTED: a statement, filter or test this version does not know; LLM_E_INVALID: the template refuses the
 * input (raise_exception) or uses it wrongly; LLM_E_LIMIT, LLM_E_MEMORY. params may be NULL. */
llm_status sx_template_render(sx_mem *mem, const char *source, size_t source_len, const char *vars, size_t vars_len,
                              const sx_template_params *params, sx_buf *out, llm_error *err);

#endif
