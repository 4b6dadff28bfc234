/* A session, as the files of this folder see it. */
#ifndef SX_ENGINE_SESSION_H
#define SX_ENGINE_SESSION_H

#include "engine/session/model.h"
#include "engine/session/work.h"

struct sx_session {
    sx_mem *mem;
    sx_model *model;
    uint32_t used;   /* positions filled */
    int32_t *tokens; /* [used] that fill them */
    size_t tokens_cap;
    uint32_t n_batch, kv_type;
    sx_cache cache;
    sx_rope rope[2];
    sx_arena arena; /* rope tables, the cache's list of layers */
    sx_request request;
};

/* The earliest position that windowed layers must hold for one at `position` to be evaluated. */
uint32_t sx_session_sees_from(const sx_session *s, uint32_t position);

#endif
