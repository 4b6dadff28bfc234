/* A loaded model, as the session sees it. */
#ifndef SX_ENGINE_MODEL_H
#define SX_ENGINE_MODEL_H

#include <stdatomic.h>

#include "engine/engine.h"
#include "engine/graph/forward.h"
#include "engine/session/scheduler.h"
#include "engine/model/source.h"
#include "engine/text/tokenizer.h"
#include "platform/arena.h"

typedef struct sx_fact { /* one answer of sx_model_info */
    const char *key, *value;
} sx_fact;

struct sx_model {
    sx_mem *mem;
    sx_source *source;
    const sx_gguf *gguf; /* the source's */
    sx_tokenizer *tok;
    sx_arena arena; /* vectors, layers, facts */
    sx_net net;
    sx_scheduler *scheduler; /* NULL for a file without weights */
    sx_fact *facts;          /* [n_facts] the library's own first, then the file's */
    size_t n_facts;
    _Atomic(struct sx_token_trie *) trie; /* of the vocabulary, for grammars; NULL until one is used */
};

#endif
