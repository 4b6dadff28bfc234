/* The navigator: a question over documents that are in memory. Lexical evidence always counts; the beam widens where a
 * level is unsure, so that pruning does not lose what a flat search would find. */
#ifndef SX_RETRIEVE_NAVIGATE_H
#define SX_RETRIEVE_NAVIGATE_H

#include "retrieve/rank/score.h"
#include "retrieve/retrieve.h"

typedef struct sx_doc_view {
    sx_tree *tree;
    const sx_index *index;
} sx_doc_view;

/* The documents stay valid during the call; evidence takes references on the trees it names. params->doc is not looked
 * at: the caller has chosen the documents. */
llm_status sx_navigate(sx_evidence **out, const sx_doc_view *docs, uint32_t n_docs, const char *question, size_t len,
                       const sx_retrieve_params *params, sx_mem *mem, llm_error *err);
/* The same for documents chosen among many: the statistics of all of them are given, as settled queries of every language
 * among the documents. Light indexes are filled as they are looked at. */
llm_status sx_navigate_among(sx_evidence **out, const sx_doc_view *docs, uint32_t n_docs, const sx_query *queries,
                             uint32_t n_queries, const char *question, size_t len, const sx_retrieve_params *params,
                             sx_mem *mem, llm_error *err);

#endif
