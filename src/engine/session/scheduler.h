/* Joins the evaluations of all sessions of a model into batches. There is no thread of its own: whoever wants something
 * evaluated queues it, and whoever finds the turn free takes it, evaluates what waits as one batch, and passes the turn on.
 * Single tokens (an answer being made) always go first; of longer texts (a prompt being read) a stretch goes with them, so
 * that reading does not hold writing up. What a sequence gets does not depend on its company. */
#ifndef SX_ENGINE_SCHEDULER_H
#define SX_ENGINE_SCHEDULER_H

#include <pthread.h>

#include "engine/graph/forward.h"

typedef struct sx_scheduler sx_scheduler;

typedef struct sx_request { /* of one session; it lives as long as the session */
    sx_segment segment;     /* what to evaluate: the whole text */
    bool all_rows;
    float *logits;    /* NULL, or all_rows ? [n, n_vocab] : [n_vocab] of the last token */
    uint32_t n_batch; /* most tokens of it at once */
    /* Or, when it is not NULL, what to do instead, with room for n_batch rows and with nobody else; false: cancelled. */
    bool (*alone)(void *arg, sx_eval *e);
    void *arg;
    const llm_cancel *cancel;
    /* the scheduler's */
    pthread_cond_t wake;
    struct sx_request *next; /* in the queue */
    uint64_t last;           /* the batch after which this session went to fetch its next token; 0: none */
    uint32_t done;           /* tokens evaluated */
    llm_status status;
    bool taken, finished;
} sx_request;

llm_status sx_scheduler_create(sx_scheduler **out, sx_mem *mem, const sx_net *net, llm_error *err);
void sx_scheduler_free(sx_scheduler *s); /* nobody may be inside; NULL is fine */

void sx_request_init(sx_request *r);
void sx_request_end(sx_scheduler *s, sx_request *r);
/* Evaluates r->segment, alone or in company, and returns when it is done: LLM_OK, LLM_E_CANCELLED (what was evaluated is to be
 * forgotten) or LLM_E_MEMORY. */
llm_status sx_scheduler_run(sx_scheduler *s, sx_request *r, llm_error *err);

#endif
