/* The reason written beside a step of the scratchpad: which words of the question stand under a branch. */
#include "retrieve/navigate/walk.h"

enum { REASON_TERMS = 6 };

/* Has the term a posting in [first, last)? Postings are sorted by leaf. */
static bool stands_in(const sx_index *index, uint32_t term, uint32_t first, uint32_t last)
{
    uint32_t lo = index->post_start[term], hi = index->post_start[term + 1];
    uint32_t end = hi;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (index->posts[mid].leaf < first)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < end && index->posts[lo].leaf < last;
}

static bool in_heading(const sx_index *index, uint32_t term, uint32_t section)
{
    for (; section != SX_NO_NODE; section = index->sections[section].parent)
        for (uint32_t i = index->sections[section].title; i < index->sections[section].title_end; i++)
            if (index->tokens[i] == term + 1) return true;
    return false;
}

/* The heaviest terms first; single characters and compounds only repeat what pairs and parts say. */
static uint32_t heaviest(const sx_query *query, const bool *taken)
{
    uint32_t best = query->n;
    for (uint32_t i = 0; i < query->n; i++) {
        const sx_query_term *t = &query->terms[i];
        if (taken[i] || t->weak || t->kind == SX_TOK_CHAR || t->kind == SX_TOK_JOINED) continue;
        if (best == query->n || t->weight > query->terms[best].weight) best = i;
    }
    return best;
}

void sx_reason(sx_buf *out, const sx_ranking *ranking, uint32_t doc, const char *question, uint32_t first, uint32_t last,
               uint32_t section)
{
    const sx_index *index = ranking->docs[doc].index;
    const sx_query *query = &ranking->queries[ranking->docs[doc].query];
    bool taken[SX_QUERY_TERMS] = {false}, heading = false;
    uint32_t shown = 0;
    for (uint32_t i; shown < REASON_TERMS && (i = heaviest(query, taken)) < query->n;) {
        taken[i] = true;
        uint32_t term = sx_index_term(index, query->terms[i].hash);
        if (term == SX_NO_TERM) continue;
        bool above = in_heading(index, term, section);
        if (!above && !stands_in(index, term, first, last)) continue;
        heading = heading || above;
        sx_buf_str(out, shown++ ? ", " : "terms: ");
        sx_buf_add(out, question + query->terms[i].start, query->terms[i].end - query->terms[i].start);
    }
    if (!shown) sx_buf_str(out, "no term of the question");
    if (heading) sx_buf_str(out, "; in heading");
}
