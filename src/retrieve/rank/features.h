/* A close look at one paragraph: what fraction of the question's weight it covers, how near and in what order, whether it
 * shows what kind of answer is asked for. Each feature is a number around 0..1; the blend is linear. */
#ifndef SX_RETRIEVE_FEATURES_H
#define SX_RETRIEVE_FEATURES_H

#include "retrieve/rank/match.h"

enum {
    SX_F_BASE,           /* base score over the ideal */
    SX_F_TOP,            /* base score over the best base score */
    SX_F_COVER,          /* weight of the terms it has */
    SX_F_SENTENCE,       /* the same for its best sentence */
    SX_F_WINDOW,         /* and for its best two neighbouring sentences */
    SX_F_ORDERED,        /* neighbours in the question that follow each other here */
    SX_F_NEAR,           /* neighbours in the question that stand close here */
    SX_F_RARE,           /* of the question's rarest terms */
    SX_F_LEAD,           /* terms among its first characters */
    SX_F_HEADING,        /* terms in the headings above */
    SX_F_SECTION,        /* score of the section above, its text joined, over the ideal */
    SX_F_NEIGHBOUR,      /* best base score of the paragraphs before and behind, over the ideal */
    SX_F_CUE,            /* the kind of thing that was asked for stands in it */
    SX_F_LENGTH,         /* logarithm of its words over the mean */
    SX_F_EARLY,          /* near the beginning of the document */
    SX_F_SHORT,          /* a fragment of a few words */
    SX_F_BOTH,           /* weight of the terms in it or in the headings above */
    SX_F_BODY,           /* BM25 of its own words alone, over the ideal */
    SX_F_MEANT,          /* weight of the question's own terms it has, or for which it has what a concept writes */
    SX_F_MEANT_SENTENCE, /* the same for its best sentence */
    SX_FEATURES
};

typedef struct sx_candidate {
    uint32_t doc, leaf;
    float base;
    float x[SX_FEATURES];
    float score;
    float lexical;                     /* the score by words, when a judge has changed it */
    double judged;                     /* a judge's opinion, negative: none */
    uint32_t order;                    /* by words */
    uint32_t has[SX_QUERY_TERMS / 32]; /* which terms of the question it holds */
} sx_candidate;

/* Fills x but for SX_F_TOP. filter: of the query and the index; scores: of the document's leaves; sections: of its sections. */
void sx_features(const sx_query *query, const sx_term_filter *filter, const sx_index *index, const sx_tree *tree,
                 const float *leaf_scores, const float *section_scores, sx_candidate *candidate);

/* What a set of terms holds of the question's weight, in its own words or in those that a concept writes for them: a word
 * that it lacks counts by the share that it has of what the best concept writes. */
float sx_meant(const sx_query *query, const uint32_t *has);

/* Which SX_CUE_* a piece of text shows. */
uint32_t sx_text_cues(const char *text, size_t len);

#endif
