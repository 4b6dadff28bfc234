#include "retrieve/rank/features.h"

#include <math.h>
#include <string.h>

#include "platform/unicode.h"
#include "platform/utf8.h"
#include "retrieve/rank/fold.h"
#include "retrieve/rank/spans.h"

enum { NO_POS = 0x7fffffff, NEAR_WINDOW = 12, SET = SX_QUERY_TERMS / 32 };

/* What is gathered while a paragraph is read. */
typedef struct look {
    const sx_query *query;
    uint32_t has[SET], sentence[SET], before[SET];
    uint32_t lead[SET];
    uint16_t count[SX_QUERY_TERMS];
    int last[SX_QUERY_TERMS]; /* where each term stood last */
    float ordered[SX_QUERY_TERMS * 2],
        near[SX_QUERY_TERMS * 2]; /* best closeness per neighbouring pair of the question */
    float best_sentence, best_window, best_meant;
} look;

static bool bit(const uint32_t *set, uint32_t i)
{
    return set[i / 32] >> (i % 32) & 1;
}

/* The term that the lowest bit of a set's word stands for. */
static uint32_t lowest(uint32_t word, uint32_t bits)
{
    return word * 32 + (uint32_t)__builtin_ctz(bits);
}

static float weigh(const sx_query *query, const uint32_t *a, const uint32_t *b)
{
    float sum = 0;
    for (uint32_t word = 0; word < SET; word++)
        for (uint32_t left = a[word] | (b ? b[word] : 0); left; left &= left - 1)
            sum += query->terms[lowest(word, left)].weight;
    return sum;
}

/* What a set of terms holds of the question in its own words or in those a concept writes for them: a word that it lacks
 * counts by the share that it has of what the best concept writes. */
float sx_meant(const sx_query *query, const uint32_t *has)
{
    float sum = 0, credit[SX_QUERY_TERMS];
    uint32_t credited[SET] = {0};
    for (uint32_t c = 0; c < query->n_concepts; c++) {
        const sx_query_concept *concept = &query->concepts[c];
        float got = 0;
        for (uint32_t word = 0; word < SET; word++)
            for (uint32_t left = concept->written[word] & has[word]; left; left &= left - 1)
                got += query->terms[lowest(word, left)].idf;
        if (got <= 0) continue;
        float share = got < concept->idf ? got / concept->idf : 1;
        for (uint32_t word = 0; word < SET; word++)
            for (uint32_t left = concept->said[word] & ~has[word]; left; left &= left - 1) {
                uint32_t i = lowest(word, left);
                if (!bit(credited, i) || share > credit[i]) credit[i] = share;
                credited[word] |= 1u << (i % 32);
            }
    }
    for (uint32_t word = 0; word < SET; word++) {
        for (uint32_t left = has[word] & query->own[word]; left; left &= left - 1)
            sum += query->terms[lowest(word, left)].weight;
        for (uint32_t left = credited[word] & query->own[word]; left; left &= left - 1)
            sum += query->terms[lowest(word, left)].weight * credit[lowest(word, left)];
    }
    return sum;
}

static void end_sentence(look *l)
{
    float whole = sx_meant(l->query, l->sentence);
    if (whole > l->best_meant) l->best_meant = whole;
    float one = weigh(l->query, l->sentence, NULL);
    float two = weigh(l->query, l->sentence, l->before);
    if (one > l->best_sentence) l->best_sentence = one;
    if (two > l->best_window) l->best_window = two;
    memcpy(l->before, l->sentence, sizeof l->before);
    memset(l->sentence, 0, sizeof l->sentence);
}

static bool counts_as_neighbour(const sx_query_term *t)
{
    return t->kind != SX_TOK_CHAR && t->kind != SX_TOK_JOINED;
}

static float closeness(float gap)
{
    if (gap <= 0 || gap > NEAR_WINDOW) return 0;
    return gap <= 3 ? 1.0f : 2.0f / gap;
}

/* A term met at `at`: how close are its neighbours in the question? */
static void meet(look *l, const int *previous, const int *next, uint32_t t, int at)
{
    const sx_query *q = l->query;
    for (uint32_t i = 0; i < q->n_order; i++) {
        if (q->order[i] != t) continue;
        int before = previous[i];
        if (before >= 0 && l->last[q->order[before]] != NO_POS) {
            float close = closeness((float)(at - l->last[q->order[before]]));
            if (close > l->ordered[i]) l->ordered[i] = close;
            if (close > l->near[i]) l->near[i] = close;
        }
        if (next[i] < 0 || l->last[q->order[next[i]]] == NO_POS) continue;
        float close = closeness((float)(at - l->last[q->order[next[i]]])); /* near, though turned around */
        if (close > l->near[next[i]]) l->near[next[i]] = close;
    }
    l->last[t] = at;
}

static void read_leaf(look *l, const sx_term_filter *filter, const sx_index *index, uint32_t leaf, const int *previous,
                      const int *next)
{
    uint32_t first, end;
    sx_leaf_tokens(index, leaf, &first, &end);
    bool any = false;
    for (uint32_t i = first; i < end; i++) {
        if (!index->tokens[i]) {
            if (any) end_sentence(l);
            any = false;
            continue;
        }
        uint32_t t = sx_term_match(filter, index->tokens[i] - 1);
        if (t == SX_QUERY_TERMS) continue;
        any = true;
        if (l->count[t] < UINT16_MAX) l->count[t]++;
        l->has[t / 32] |= 1u << (t % 32);
        l->sentence[t / 32] |= 1u << (t % 32);
        if (i - first < index->leaf_lead[leaf]) l->lead[t / 32] |= 1u << (t % 32);
        if (counts_as_neighbour(&l->query->terms[t])) meet(l, previous, next, t, (int)(i - first));
    }
    if (any) end_sentence(l);
}

/* previous[i]: the place in the question's order of the last neighbour-worthy, not weak term before i, or -1; next[] is
 * its reverse. */
static void link_neighbours(const sx_query *query, int *previous, int *next)
{
    int last = -1;
    for (uint32_t i = 0; i < query->n_order; i++) {
        const sx_query_term *t = &query->terms[query->order[i]];
        previous[i] = next[i] = -1;
        if (!counts_as_neighbour(t) || t->weak) continue;
        previous[i] = last;
        if (last >= 0) next[last] = (int)i;
        last = (int)i;
    }
}

static void pair_features(const look *l, const int *previous, sx_candidate *c)
{
    const sx_query *q = l->query;
    float ordered = 0, near = 0, total = 0;
    for (uint32_t i = 0; i < q->n_order; i++) {
        if (previous[i] < 0) continue;
        float w = q->terms[q->order[i]].idf + q->terms[q->order[previous[i]]].idf;
        total += w;
        ordered += w * l->ordered[i];
        near += w * l->near[i];
    }
    c->x[SX_F_ORDERED] = total > 0 ? ordered / total : 0;
    c->x[SX_F_NEAR] = total > 0 ? near / total : 0;
}

static float rare_share(const sx_query *query, const uint32_t *has)
{
    float best[3] = {0}, got = 0, all = 0;
    for (uint32_t i = 0; i < query->n; i++) {
        float w = query->terms[i].weight;
        for (int k = 0; k < 3; k++)
            if (w > best[k]) {
                float swap = best[k];
                best[k] = w;
                w = swap;
            }
    }
    for (uint32_t i = 0; i < query->n; i++) {
        if (query->terms[i].weight < best[2] || query->terms[i].weight <= 0) continue;
        all += query->terms[i].weight;
        if (bit(has, i)) got += query->terms[i].weight;
    }
    return all > 0 ? got / all : 0;
}

/* Marks the question's terms among some tokens. */
static void mark(const sx_term_filter *filter, const uint32_t *tokens, uint32_t n, uint32_t *has)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t t = tokens[i] ? sx_term_match(filter, tokens[i] - 1) : SX_QUERY_TERMS;
        if (t != SX_QUERY_TERMS) has[t / 32] |= 1u << (t % 32);
    }
}

/* All headings above together. A document's title says nothing about a place in it. */
static void heading_features(const sx_query *query, const sx_term_filter *filter, const sx_index *index,
                             sx_candidate *c)
{
    uint32_t above[SET] = {0};
    for (uint32_t section = index->leaf_section[c->leaf]; section != SX_NO_NODE;
         section = index->sections[section].parent) {
        const sx_section *s = &index->sections[section];
        if (s->parent == SX_NO_NODE) break;
        mark(filter, index->tokens + s->title, s->title_end - s->title, above);
    }
    float total = (float)query->total;
    c->x[SX_F_HEADING] = weigh(query, above, NULL) / total;
    c->x[SX_F_BOTH] = weigh(query, above, c->has) / total;
}

static void cue_features(const sx_query *query, const sx_tree *tree, uint32_t node, sx_candidate *c)
{
    if (!query->cues) return;
    const sx_node *n = &tree->nodes[node];
    uint32_t shown = sx_text_cues(tree->text + n->start, n->end - n->start);
    c->x[SX_F_CUE] = shown & query->cues ? 1 : 0;
}

static float body_score(const look *l, float words, float mean)
{
    const sx_query *q = l->query;
    const float k1 = 1.2f, b = 0.75f;
    float sum = 0;
    for (uint32_t i = 0; i < q->n; i++) {
        float tf = (float)l->count[i];
        if (tf > 0) sum += q->terms[i].weight * tf * (k1 + 1) / (tf + k1 * (1 - b + b * words / mean));
    }
    return sum;
}

void sx_features(const sx_query *query, const sx_term_filter *filter, const sx_index *index, const sx_tree *tree,
                 const float *leaf_scores, const float *section_scores, sx_candidate *c)
{
    look l = {.query = query};
    int previous[SX_QUERY_TERMS * 2], next[SX_QUERY_TERMS * 2];
    link_neighbours(query, previous, next);
    for (uint32_t i = 0; i < query->n; i++) l.last[i] = NO_POS;
    read_leaf(&l, filter, index, c->leaf, previous, next);

    float total = (float)query->total, ideal = (float)query->ideal;
    uint32_t section = index->leaf_section[c->leaf];
    float before = c->leaf ? leaf_scores[c->leaf - 1] : 0;
    float behind = c->leaf + 1 < index->n_leaves ? leaf_scores[c->leaf + 1] : 0;
    memset(c->x, 0, sizeof c->x);
    memcpy(c->has, l.has, sizeof c->has);
    c->x[SX_F_BASE] = c->base / ideal;
    c->x[SX_F_COVER] = weigh(query, l.has, NULL) / total;
    c->x[SX_F_SENTENCE] = l.best_sentence / total;
    c->x[SX_F_WINDOW] = l.best_window / total;
    pair_features(&l, previous, c);
    c->x[SX_F_RARE] = rare_share(query, l.has);
    c->x[SX_F_LEAD] = weigh(query, l.lead, NULL) / total;
    heading_features(query, filter, index, c);
    c->x[SX_F_SHORT] = index->leaf_words[c->leaf] < 10;
    c->x[SX_F_SECTION] = section == SX_NO_NODE ? 0 : section_scores[section] / ideal;
    c->x[SX_F_NEIGHBOUR] = (before > behind ? before : behind) / ideal;
    cue_features(query, tree, index->leaf_node[c->leaf], c);
    float mean = query->n_leaves ? (float)((double)query->n_words / query->n_leaves) : 1;
    c->x[SX_F_LENGTH] = logf(((float)index->leaf_words[c->leaf] + 4) / (mean + 4));
    c->x[SX_F_BODY] = body_score(&l, (float)index->leaf_words[c->leaf], mean > 0 ? mean : 1) / ideal;
    c->x[SX_F_MEANT] = sx_meant(query, l.has) / total;
    c->x[SX_F_MEANT_SENTENCE] = l.best_meant / total;
    c->x[SX_F_EARLY] = 1.0f / (1.0f + (float)c->leaf / 8);
}
