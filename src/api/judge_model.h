/* The context's model as a judge, in two ways: by how likely a question is behind a card, and by the letter it names on a
 * ballot. What the two share. */
#ifndef SX_API_JUDGE_MODEL_H
#define SX_API_JUDGE_MODEL_H

#include "api/ports.h"

enum { SX_JUDGE_CTX = 2048 };

typedef struct sx_token_run {
    int32_t *ids;
    size_t n;
} sx_token_run;

/* Tokens of a text in the arena, without those that end one. */
llm_status sx_judge_tokenize(const sx_judge_port *port, sx_arena *arena, const char *text, size_t len, uint32_t flags,
                             sx_token_run *out, llm_error *err);
llm_status sx_judge_session(const sx_judge_port *port, sx_session **out, llm_error *err);

llm_status sx_judge_open_likelihood(sx_judge_port *port, const llm_cancel *cancel, llm_error *err);
llm_status sx_judge_open_letters(sx_judge_port *port, llm_error *err);
/* user: the port */
llm_status sx_judge_likelihood(void *user, sx_judge_request *request, llm_error *err);
llm_status sx_judge_letters(void *user, sx_judge_request *request, llm_error *err);

#endif
