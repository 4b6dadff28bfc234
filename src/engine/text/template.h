/* Chat templates: the Jinja program in a model file, run over JSON variables as Hugging Face's templates expect it
 * (sandboxed, trim_blocks, lstrip_blocks, loop controls, tojson, raise_exception, strftime_now). Bounded in steps, memory
 * and depth. Any thread. */
#ifndef SX_ENGINE_TEMPLATE_H
#define SX_ENGINE_TEMPLATE_H

#include "platform/buf.h"
#include "platform/error.h"

/* vars: a JSON object whose fields are the template's variables; its "now" ("2026-01-02T03:04:05"), if there, is what
 * strftime_now tells. The text is appended to out. Errors: LLM_E_FORMAT (template or JSON malformed, with the line),
 * LLM_E_INVALID (the template refused: its own words), LLM_E_LIMIT (it ran too long or took too much). */
llm_status sx_template_render(sx_mem *mem, const char *source, size_t source_len, const char *vars, size_t vars_len,
                              sx_buf *out, llm_error *err);

#endif
