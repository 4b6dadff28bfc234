/* Making segments: from documents that are in none yet, and from older segments without what was removed since. */
#ifndef SX_RETRIEVE_FOLD_SEGMENT_H
#define SX_RETRIEVE_FOLD_SEGMENT_H

#include "retrieve/rank/index.h"
#include "retrieve/seek/segment.h"

typedef struct sx_fold_doc {
    int64_t id;
    const sx_tree *tree;
    const sx_index *index;
} sx_fold_doc;

/* A segment in the making: the writer and what it borrows. */
typedef struct sx_fold {
    sx_seg_writer writer;
    sx_seg_doc *docs;
    uint16_t *words;
    uint32_t n_docs, n_units;
} sx_fold;

/* Documents by ascending id. */
llm_status sx_fold_docs(sx_fold *fold, sx_mem *mem, const sx_fold_doc *docs, uint32_t n, const llm_cancel *cancel,
                        llm_error *err);
/* Segments by ascending ids of their documents. dead: [n_dead] ascending. fold->n_docs 0: nothing is left of them. */
llm_status sx_fold_segments(sx_fold *fold, sx_mem *mem, const sx_segment *segments, uint32_t n, sx_rows *rows,
                            const int64_t *dead, size_t n_dead, const llm_cancel *cancel, llm_error *err);
/* The lists of a single document, one after another, for whoever wants to compare. */
typedef llm_status sx_fold_lists_fn(void *user, uint64_t key, const uint32_t *units, const uint32_t *codes, uint32_t n);
llm_status sx_fold_lists(sx_mem *mem, const sx_fold_doc *doc, sx_fold_lists_fn *put, void *user, llm_error *err);
void sx_fold_free(sx_fold *fold, sx_mem *mem);

bool sx_is_dead(const int64_t *dead, size_t n, int64_t id);

#endif
