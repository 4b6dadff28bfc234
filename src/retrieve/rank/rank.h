/* The whole lexical ranking of a question: documents grouped by language, base scores of every paragraph, a close look at
 * the best of them, the blend. The navigator reads scores off it; nothing found here is lost by pruning. */
#ifndef SX_RETRIEVE_RANK_H
#define SX_RETRIEVE_RANK_H

#include "retrieve/rank/features.h"

typedef struct sx_rank_doc {
    const sx_tree *tree;
    const sx_index *index;
    uint32_t query;     /* of ranking->queries: the group it belongs to */
    float prior;        /* 0..1: how much the document as a whole speaks to the question; 0 when it is the only one */
    float *leaf_scores; /* base scores */
    float *section_scores;
} sx_rank_doc;

typedef struct sx_ranking {
    sx_mem *mem;
    sx_rank_doc *docs;
    uint32_t n_docs;
    sx_query *queries; /* [n_queries] one per language among the documents */
    uint32_t n_queries;
    const sx_query *given; /* [n_given] settled, of every language among the documents: then their statistics count */
    uint32_t n_given;
    float *scores;      /* behind the documents' arrays */
    sx_candidate *best; /* [n_best] best first */
    uint32_t n_best;
    float top; /* the best base score, a share of the ideal one */
} sx_ranking;

/* Fill docs[].tree and .index, and given if there are any, before; the rest is set here. keep: how many candidates get the close look. */
llm_status sx_rank(sx_ranking *ranking, const char *text, size_t len, uint32_t keep, const sx_score_params *params,
                   const llm_cancel *cancel, llm_error *err);
/* The close look at one more paragraph (doc and leaf are set) after sx_rank: its features and score. LLM_OK or
 * LLM_E_MEMORY. */
llm_status sx_rank_look(const sx_ranking *ranking, sx_candidate *candidate);
llm_status sx_ranking_init(sx_ranking *ranking, sx_mem *mem, uint32_t n_docs, llm_error *err);
void sx_ranking_free(sx_ranking *ranking);

extern const float sx_blend[SX_FEATURES]; /* weights of the features */
float sx_blended(
    const sx_candidate *candidate); /* what its features come to, about 0..1; the document does not count */

#endif
