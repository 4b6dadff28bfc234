#include "retrieve/rank/cover.h"

#include <math.h>
#include <string.h>

#include "retrieve/rank/background.h"

enum { PASSAGES = 4, NARROW = 8, WIDE = 40, SET = SX_QUERY_TERMS / 32 };

/* So many paragraphs' worth of background stand beside those of the documents. */
static const double background_leaves = 300;
/* Rare words are worth more than the logarithm of how rare they are. */
static const double rarity = 1.25;
/* What stands in brackets gives examples or says a thing again: it counts little where it is missing. */
static const float aside_worth = 0.2f;
/* This part of what a concept writes is as good as the word itself: not all of its words are called for at once. */
static const float concept_part = 1.0f / 1.5f;

bool sx_cover_applies(const sx_query *query, const char *question, size_t len)
{
    size_t latin = 0, other = 0;
    for (size_t i = 0; i < len; i++) {
        latin += (question[i] >= 'a' && question[i] <= 'z') || (question[i] >= 'A' && question[i] <= 'Z');
        other += (unsigned char)question[i] >= 0x80;
    }
    return sx_background_knows(query->lang) && latin > 2 * other;
}

/* Does a place of the question stand in brackets that are closed? */
static bool is_aside(const char *question, size_t len, uint32_t at)
{
    size_t open = at < len ? at : len, close = open;
    while (open > 0 && question[open - 1] != '(' && question[open - 1] != ')') open--;
    while (close < len && question[close] != ')') close++;
    return open > 0 && question[open - 1] == '(' && close < len;
}

/* Weighs the question anew; returns the weight of its words before asides are discounted. */
static float weigh_anew(sx_query *query, const char *question, size_t len)
{
    double n = query->n_leaves + background_leaves;
    float all = 0, counted = 0;
    for (uint32_t i = 0; i < query->n; i++) {
        sx_query_term *t = &query->terms[i];
        double share = (double)sx_background_share(query->lang, t->hash);
        t->idf = (float)pow(log(1 + n / (t->df + background_leaves * share)), rarity);
        t->weight = t->idf * sx_term_worth(t);
        if (t->added) continue;
        all += t->weight;
        if (is_aside(question, len, t->start)) t->weight *= aside_worth;
        counted += t->weight;
    }
    query->total = counted > 0 ? (double)counted : 1;
    sx_query_weigh_concepts(query);
    for (uint32_t c = 0; c < query->n_concepts; c++) query->concepts[c].idf *= concept_part;
    return all;
}

/* The question's terms in a passage, in reading order. */
typedef struct sighting {
    uint32_t at; /* words before it */
    uint32_t term;
} sighting;

/* A window that slides over a passage. */
typedef struct window {
    const sx_query *query;
    sighting seen[WIDE]; /* [n] a ring: the sightings within it, the oldest at `first` */
    uint32_t first, n;
    uint16_t count[SX_QUERY_TERMS];
    uint32_t set[SET];
    uint32_t width;
    bool fresh; /* it holds what was not measured yet */
    float best;
} window;

static void measure(window *w)
{
    if (!w->fresh) return;
    float got = sx_meant(w->query, w->set);
    if (got > w->best) w->best = got;
    w->fresh = false;
}

static void drop_oldest(window *w)
{
    uint32_t t = w->seen[w->first].term;
    w->first = (w->first + 1) % WIDE;
    w->n--;
    if (!--w->count[t]) w->set[t / 32] &= ~(1u << (t % 32));
}

/* Only a window that is about to lose something can be the best so far. */
static void slide(window *w, sighting s)
{
    while (w->n && s.at - w->seen[w->first].at >= w->width) {
        measure(w);
        drop_oldest(w);
    }
    w->seen[(w->first + w->n++) % WIDE] = s;
    if (!w->count[s.term]++) {
        w->set[s.term / 32] |= 1u << (s.term % 32);
        w->fresh = true;
    }
}

static void finish(window *w)
{
    measure(w);
    while (w->n) drop_oldest(w);
}

/* wide: NULL when the passage has nothing better than what it saw. */
static void read_passage(window *narrow, window *wide, const sx_term_filter *filter, const sx_index *index,
                         uint32_t leaf)
{
    uint32_t first, end, at = 0;
    sx_leaf_tokens(index, leaf, &first, &end);
    for (uint32_t i = first; i < end; i++) {
        if (!index->tokens[i]) continue;
        uint32_t t = sx_term_match(filter, index->tokens[i] - 1);
        if (t != SX_QUERY_TERMS) {
            slide(narrow, (sighting){at, t});
            if (wide) slide(wide, (sighting){at, t});
        }
        at++;
    }
    finish(narrow);
    if (wide) finish(wide);
}

sx_cover sx_cover_measure(const sx_ranking *ranking, const char *question, size_t len)
{
    uint32_t which = ranking->docs[ranking->best[0].doc].query, n = ranking->n_best, doc = UINT32_MAX;
    sx_query query = ranking->queries[which];
    float all = weigh_anew(&query, question, len), best = 0;
    window narrow = {.query = &query, .width = NARROW}, wide = {.query = &query, .width = WIDE};
    sx_term_filter filter;
    for (uint32_t i = 0; i < n && i < PASSAGES; i++) {
        const sx_candidate *c = &ranking->best[i];
        const sx_rank_doc *d = &ranking->docs[c->doc];
        if (d->query != which) continue;
        float whole = sx_meant(&query, c->has);
        if (whole > best) best = whole;
        if (whole <= narrow.best) continue; /* no part of it is better than that */
        if (c->doc != doc) sx_term_filter_make(&filter, &query, d->index);
        doc = c->doc;
        read_passage(&narrow, whole > wide.best ? &wide : NULL, &filter, d->index, c->leaf);
    }
    float total = (float)query.total;
    return (sx_cover){all, 0.5f * (narrow.best + wide.best) / total, total - 0.5f * (narrow.best + best)};
}
