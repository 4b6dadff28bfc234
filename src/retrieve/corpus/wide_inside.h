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
    sx_gone *gone;   /* of all parts */
    int64_t *around; /* [n_around] ids of documents that no sound segment holds: they are among the pending ones too */
    size_t n_around, around_cap;
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

/* A damaged segment, and how that was noticed. */
typedef struct sx_bad_segment {
    int64_t id;
    char why[128];
} sx_bad_segment;

struct sx_wide {
    sx_mem *mem;
    sx_store *store;
    sx_wide_port port;
    size_t pending_bytes;
    size_t around_bytes; /* of text that may be ranked whole in the place of damaged segments */
    sx_rows rows;
    pthread_mutex_t lock; /* all below */
    sx_snapshot *now;     /* or NULL */
    sx_lru trees;         /* by the document's id */
    sx_bad_segment *bad;  /* [n_bad] */
    size_t n_bad, bad_cap;
    bool astray;       /* documents, or their tombstones, may be in no segment */
    uint64_t innocent; /* the generation whose segments were walked and found whole */
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
/* The same, also when too much stands beside the segments to be asked: for who makes the index anew. */
llm_status sx_snapshot_for_mending(sx_wide *wide, sx_snapshot **out, llm_error *err);
void sx_snapshot_forget(sx_wide *wide);

/* ---- wide_mend.c ---- */

bool sx_wide_is_bad(sx_wide *wide, int64_t segment);
bool sx_wide_why_bad(sx_wide *wide, int64_t segment, char why[128]); /* the same, with the reason */
/* From now on the segment is left aside. */
llm_status sx_wide_mark_bad(sx_wide *wide, int64_t segment, const char *why, llm_error *err);
/* Something that a snapshot names is not there: LLM_E_CORRUPT if nobody wrote meanwhile. Other statuses pass. */
llm_status sx_wide_missed(sx_wide *wide, const sx_snapshot *s, llm_status status, llm_error *err);
/* Documents that no segment holds are to be looked for. */
void sx_wide_mark_astray(sx_wide *wide);
/* A status that may come of a damaged segment of this generation: all are walked. LLM_MORE when there is one, which is left
 * aside from now on; else the status. */
llm_status sx_wide_suspect(sx_wide *wide, uint64_t generation, llm_status status);
/* Takes damaged segments away and lets their documents wait. LLM_MORE: overtaken. Under wide->settling. */
llm_status sx_wide_mend(sx_wide *wide, llm_error *err);
/* Documents that no sound segment holds are put to the pending ones. LLM_MORE: look again. */
llm_status sx_snapshot_around(sx_wide *wide, sx_snapshot *s, bool limited, llm_error *err);

/* ---- wide_check.c ---- */

/* Walks a segment: all rows, all lists. sums: [n_docs] or NULL, what is said of each document. */
llm_status sx_wide_walk(sx_wide *wide, const sx_segment *segment, sx_seg_doc *docs, uint64_t *sums, llm_error *err);
/* A document's tree, from memory or the store; given back with sx_kept_release. LLM_MORE: it is gone. */
llm_status sx_kept_get(sx_wide *wide, int64_t id, sx_kept_tree **out, llm_error *err);
void sx_kept_release(sx_wide *wide, sx_kept_tree *kept);

#endif
