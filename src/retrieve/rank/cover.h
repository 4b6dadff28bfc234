/* How well the best passages cover a question, its words weighed by how rare they are in texts of many kinds and in the
 * documents at hand: what confidence goes by. */
#ifndef SX_RETRIEVE_COVER_H
#define SX_RETRIEVE_COVER_H

#include "retrieve/rank/rank.h"

typedef struct sx_cover {
    float weight;  /* of the whole question */
    float near;    /* the best share of it within a few words: mean of a narrow and a wide window's */
    float missing; /* the weight that the best passage lacks: mean of a narrow window's and the whole passage's */
} sx_cover;

/* Is the background of the question's words known? Documents in other letters than Latin go by any language's name. */
bool sx_cover_applies(const sx_query *query, const char *question, size_t len);

/* Looks at the first passages of ranking->best, which must be one at least; sx_cover_applies to the question of its first. */
sx_cover sx_cover_measure(const sx_ranking *ranking, const char *question, size_t len);

#endif
