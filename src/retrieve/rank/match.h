/* Which of a question's terms a token of an indexed document is. */
#ifndef SX_RETRIEVE_MATCH_H
#define SX_RETRIEVE_MATCH_H

#include <string.h>

#include "retrieve/rank/score.h"

enum { SX_TERM_FILTER = 1024 };

/* The question's terms as the document numbers them. */
typedef struct sx_term_filter {
    uint8_t slot[SX_TERM_FILTER]; /* 1 + index of the first query term with this hash, 0: none */
    uint32_t term[SX_QUERY_TERMS];
    uint32_t n;
} sx_term_filter;

static inline void sx_term_filter_make(sx_term_filter *f, const sx_query *query, const sx_index *index)
{
    memset(f->slot, 0, sizeof f->slot);
    f->n = query->n;
    for (uint32_t i = query->n; i-- > 0;) {
        f->term[i] = sx_index_term(index, query->terms[i].hash);
        if (f->term[i] != SX_NO_TERM) f->slot[f->term[i] & (SX_TERM_FILTER - 1)] = (uint8_t)(i + 1);
    }
}

/* SX_QUERY_TERMS: none of them. */
static inline uint32_t sx_term_match(const sx_term_filter *f, uint32_t term)
{
    for (uint32_t i = f->slot[term & (SX_TERM_FILTER - 1)]; i && i <= f->n; i++)
        if (f->term[i - 1] == term) return i - 1;
    return SX_QUERY_TERMS;
}

#endif
