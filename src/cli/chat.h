/* Chat templates: messages to the text that a model reads. */
#ifndef SX_CLI_CHAT_H
#define SX_CLI_CHAT_H

#include "json.h"

/* Renders the template `source` (NULL: the model's own) with the fields of vars but its "id". The text is *text, to be
 * freed, of *len bytes. */
llm_status sx_chat_render(const llm_model *model, const sx_bytes *source, const json_t *vars, char **text, size_t *len,
                          llm_error *err);

/* Sets "text", "reasoning", "tool_calls" and "malformed" from an answer to a rendered prompt, in the model's dialect. */
llm_status sx_chat_answer(const llm_model *model, const char *prompt, size_t prompt_len, const llm_reply *reply,
                          json_t *out, llm_error *err);

#endif
