/* Where siblings meet: a judge for the navigator, made of the host's function or of the context's model. */
#ifndef SX_API_PORTS_H
#define SX_API_PORTS_H

#include "api/handles.h"

typedef struct sx_judge_port {
    sx_judge judge; /* judge.judge is NULL: words alone */
    llm_ctx *ctx;
    llm_judge_fn fn;
    void *user;
    sx_session *session; /* the model's, with the instruction read; or NULL */
    sx_session *letters; /* the model's, for ballots; or NULL */
} sx_judge_port;

/* Checks the options. Close it in any case. */
llm_status sx_judge_open(sx_judge_port *port, llm_ctx *ctx, const llm_retrieve_opts *opts);
void sx_judge_close(sx_judge_port *port);

#endif
