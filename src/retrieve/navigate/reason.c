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

/* The heaviest terms first. Single characters speak only when no pair does; compounds repeat their parts. */
static uint32_t heaviest(const sx_query *query, const bool *taken, bool chars)
{
    uint32_t best = query->n;
    for (uint32_t i = 0; i < query->n && !query->terms[i].added; i++) { /* what is added stands behind */
        const sx_query_term *t = &query->terms[i];
        if (taken[i] || t->weak || (t->kind == SX_TOK_CHAR) != chars || t->kind == SX_TOK_JOINED) continue;
        if (best == query->n || t->weight > query->terms[best].weight) best = i;
    }
    return best;
}

typedef struct shown_term {
    uint32_t start, end; /* bytes of the question */
} shown_term;

/* Pairs that overlap in the question are one phrase to a reader. */
static void show(shown_term *v, uint32_t *n, uint32_t start, uint32_t end)
{
    for (uint32_t i = 0; i < *n; i++) {
        if (start > v[i].end || end < v[i].start || (start == v[i].end || end == v[i].start)) continue;
        start = v[i].start < start ? v[i].start : start;
        end = v[i].end > end ? v[i].end : end;
        v[i] = v[--*n];
        i = UINT32_MAX; /* grown: look from the beginning for more to join */
    }
    v[(*n)++] = (shown_term){start, end};
}

static uint32_t gather(const sx_query *query, const sx_index *index, uint32_t first, uint32_t last, uint32_t section,
                       bool chars, shown_term *shown, bool *heading)
{
    bool taken[SX_QUERY_TERMS] = {false};
    uint32_t n = 0;
    for (uint32_t i; n < REASON_TERMS && (i = heaviest(query, taken, chars)) < query->n;) {
        taken[i] = true;
        uint32_t term = sx_index_term(index, query->terms[i].hash);
        if (term == SX_NO_TERM) continue;
        bool above = in_heading(index, term, section);
        if (!above && !stands_in(index, term, first, last)) continue;
        *heading = *heading || above;
        show(shown, &n, query->terms[i].start, query->terms[i].end);
    }
    return n;
}

void sx_reason(sx_buf *out, const sx_ranking *ranking, uint32_t doc, const char *question, uint32_t first,
               uint32_t last, uint32_t section)
{
    const sx_index *index = ranking->docs[doc].index;
    const sx_query *query = &ranking->queries[ranking->docs[doc].query];
    shown_term shown[REASON_TERMS];
    bool heading = false;
    uint32_t n = gather(query, index, first, last, section, false, shown, &heading);
    if (!n) n = gather(query, index, first, last, section, true, shown, &heading);
    for (uint32_t i = 0; i < n; i++) {
        sx_buf_str(out, i ? ", " : "terms: ");
        sx_buf_add(out, question + shown[i].start, shown[i].end - shown[i].start);
    }
    if (!n) sx_buf_str(out, "no term of the question");
    if (heading) sx_buf_str(out, "; in heading");
}
