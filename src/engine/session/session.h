/* A session's insides, for the files of this folder that evaluate in ways of their own. */
#ifndef SX_ENGINE_SESSION_H
#define SX_ENGINE_SESSION_H

#include "engine/session/model.h"

struct sx_session {
    sx_mem *mem;
    sx_model *model;
    uint32_t used; /* positions filled */
    uint32_t n_batch;
    sx_cache cache;
    sx_rope rope[2];
    sx_arena arena; /* rope tables */
    char *block;    /* all buffers of a batch */
    sx_eval eval;
    const sx_adapters *adapters; /* that new rows carry; NULL: none */
};

/* LLM_E_INVALID or LLM_E_LIMIT: no tokens, ids outside the vocabulary, more than there is room for. */
llm_status sx_session_fits(const sx_session *s, const int32_t *tokens, size_t n, llm_error *err);

#endif
