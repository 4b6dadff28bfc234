/* The best paragraphs of all segments for a question, the same as if every one were scored: lists whose greatest impacts
 * cannot lift a paragraph among the best are only looked up, stretches that cannot hold one are passed over. Scores are
 * whole numbers (shares of the ideal score in 2^24ths), so that their order does not hang on the order of adding up. */
#ifndef SX_RETRIEVE_SEEK_SEARCH_H
#define SX_RETRIEVE_SEEK_SEARCH_H

#include "retrieve/rank/score.h"
#include "retrieve/seek/segment.h"

/* Units of a segment whose document is gone. */
typedef struct sx_gone {
    uint32_t first, last;
} sx_gone;

typedef struct sx_seek_part {
    sx_segment segment;
    sx_gone *gone; /* [n_gone] ascending */
    uint32_t n_gone;
    uint32_t n_docs;          /* that are not gone */
    const sx_seg_stats *seen; /* [SX_LANG_COUNT] of what is not gone, when it was counted beforehand; or NULL */
} sx_seek_part;

/* Of what is to be searched; where nobody counted beforehand, of what is gone too. */
static inline const sx_seg_stats *sx_seek_stats(const sx_seek_part *part, uint32_t lang)
{
    return part->seen ? &part->seen[lang] : &part->segment.stats[lang];
}

typedef struct sx_seek {
    sx_mem *mem;
    sx_rows *rows;
    sx_seek_part *parts; /* [n] by ascending ids of their documents */
    uint32_t n;
} sx_seek;

typedef struct sx_hit {
    uint32_t score; /* share of the ideal, in 2^24ths */
    uint32_t part, unit;
} sx_hit;

/* The best of several runs: a heap with the worst on top until it is sorted. An equal score of a later run or a later place
 * stays behind. */
typedef struct sx_hits {
    sx_hit *hits; /* [most] */
    uint32_t n, most;
    /* [docs_most] or NULL: the best hit of each of the best documents. What follows the first hit of the last of them may be missing
     * among the hits: who takes documents in the order of the hits gets the same, sooner. */
    sx_hit *docs;
    uint32_t n_docs, docs_most;
    bool all; /* score everything, prune nothing: to prove that both give the same */
} sx_hits;

/* Adds what the segments know to the query's statistics: documents; paragraphs, words, and per term paragraphs and names of
 * documents, of its language. */
llm_status sx_seek_count(const sx_seek *seek, sx_query *query, llm_error *err);
/* After sx_query_settle. */
llm_status sx_seek_top(const sx_seek *seek, const sx_query *query, uint32_t field, sx_hits *hits,
                       const llm_cancel *cancel, llm_error *err);
void sx_hits_sort(sx_hits *hits); /* best first */

#endif
