/* A session's insides, for the files of this folder that evaluate in ways of their own. */
#ifndef SX_ENGINE_SESSION_H
#define SX_ENGINE_SESSION_H

#include "engine/session/model.h"

struct sx_session {
    sx_mem *mem;
    sx_model *model;
    uint32_t used;   /* positions filled */
    int32_t *tokens; /* [used] that fill them */
    size_t tokens_cap;
    uint32_t n_batch, kv_type;
    sx_cache cache;
    sx_rope rope[2];
    sx_arena arena;        /* rope tables, the cache's list of layers */
    sx_adapters *adapters; /* that new rows carry, a reference; NULL: none */
    sx_request request;
};

/* LLM_E_INVALID or LLM_E_LIMIT: no tokens, ids outside the vocabulary, more than there is room for. */
llm_status sx_session_fits(const sx_session *s, const int32_t *tokens, size_t n, llm_error *err);

/* A segment of this session's rows. */
sx_segment sx_session_segment(sx_session *s, const int32_t *tokens, uint32_t n, uint32_t first);

/* Calls fn with buffers for n_batch rows while nobody else evaluates on the model: it may use sx_forward and sx_head, and
 * other segments of this session than text that follows. Positions it writes must be writable (sx_cache_reserve). fn
 * returns false when it was cancelled. */
llm_status sx_session_alone(sx_session *s, bool (*fn)(void *arg, sx_eval *e), void *arg, const llm_cancel *cancel,
                            llm_error *err);

void sx_session_drop_adapters(sx_session *s); /* gives the reference up */
/* A session that holds nothing yet carries what another one does. */
llm_status sx_session_adapt_like(sx_session *s, const sx_session *from, llm_error *err);

/* The session has evaluated n more tokens, for which there is room in s->tokens (sx_session_room). */
llm_status sx_session_room(sx_session *s, size_t n, llm_error *err);
void sx_session_advance(sx_session *s, const int32_t *tokens, uint32_t n);

/* The earliest position that windowed layers must hold for one at `position` to be evaluated. */
uint32_t sx_session_sees_from(const sx_session *s, uint32_t position);
/* From where on windowed layers hold everything up to the end: the beginning of a page. */
uint32_t sx_session_windowed_from(const sx_session *s);

#endif
