/* The inside of sx_wide: what its files share. */
#ifndef SX_RETRIEVE_WIDE_INSIDE_H
#define SX_RETRIEVE_WIDE_INSIDE_H

#include <stdatomic.h>

#include "retrieve/corpus/wide.h"
#include "retrieve/rank/lexer.h"
#include "retrieve/seek/fold.h"
#include "retrieve/seek/search.h"

/* One state of the corpus with its segments open. */
typedef struct sx_snapshot {
    sx_store_state state;
    sx_seek seek;
    sx_gone *gone; /* of all parts */
    unsigned refs; /* under the lock */
} sx_snapshot;

/* The segments as somebody sees them: those of `now`, with more that is gone and statistics of the rest. */
struct sx_scope {
    sx_snapshot *now; /* a reference */
    sx_seek seek;
    sx_gone *gone;       /* of all parts */
    sx_seg_stats *stats; /* [parts][SX_LANG_COUNT] */
    bool *waiting;       /* [now->state.n_pending] is it seen whole? */
};

struct sx_wide {
    sx_mem *mem;
    sx_store *store;
    sx_wide_port port;
    size_t pending_bytes;
    sx_rows rows;
    pthread_mutex_t lock; /* all below */
    sx_snapshot *now;     /* or NULL */
    sx_lru trees;         /* by the document's id */
    pthread_mutex_t settling;
    sx_wording *wording;   /* the corpus's */
    atomic_size_t waiting; /* bytes written since segments were last made; SIZE_MAX: unknown */
};

/* A tree that is kept. */
typedef struct sx_kept_tree {
    sx_lru_node node;
    sx_tree *tree;
} sx_kept_tree;

/* LLM_MORE: overtaken. Given back with sx_snapshot_release. */
llm_status sx_snapshot_current(sx_wide *wide, sx_snapshot **out, llm_error *err);
void sx_snapshot_release(sx_wide *wide, sx_snapshot *snapshot);
/* A document's tree, from memory or the store; given back with sx_kept_release. LLM_MORE: it is gone. */
llm_status sx_kept_get(sx_wide *wide, int64_t id, sx_kept_tree **out, llm_error *err);
void sx_kept_release(sx_wide *wide, sx_kept_tree *kept);

#endif
