#include "retrieve/rank/score.h"

#include <math.h>
#include <string.h>

#include "retrieve/rank/concepts.h"

const sx_score_params sx_score_best = {1.2f, 0.65f, 1.0f, 1.0f};

/* What a match is worth by SX_TOK_*: single characters and loose pairs are hardly words, compounds repeat their parts. */
static const float kind_weight[] = {0, 1.0f, 1.0f, 0.6f, 0.5f, 1.0f, 0.5f};
static const float added_weight = 0.6f; /* of words that a concept adds */
static const float weak_weight = 0.25f; /* of function and question words */

static uint32_t find_term(const sx_query *query, uint32_t hash)
{
    for (uint32_t i = 0; i < query->n; i++)
        if (query->terms[i].hash == hash) return i;
    return query->n;
}

/* Words that concepts add; they have no place in the question's order. */
typedef struct widening {
    sx_query *query;
    sx_lexer *lexer;
    uint32_t end; /* of the question: where what it does not say is shown to stand */
    llm_status status;
} widening;

static bool is_word(const sx_token *token)
{
    return !token->weak && token->kind != SX_TOK_CHAR && token->kind != SX_TOK_LOOSE;
}

static void add_to_set(uint32_t *set, uint32_t i)
{
    set[i / 32] |= 1u << (i % 32);
}

/* The terms of the question that a concept goes by. */
static void find_said(widening *w, const char *said, sx_query_concept *concept)
{
    w->status = sx_lexer_run(w->lexer, said, strlen(said));
    for (size_t i = 0; i < w->lexer->count && !w->status; i++) {
        uint32_t t = find_term(w->query, w->lexer->tokens[i].term);
        if (t < w->query->n && (is_word(&w->lexer->tokens[i]) || w->lexer->count == 1)) add_to_set(concept->said, t);
    }
}

static void widen(void *user, const sx_concept *called)
{
    widening *w = user;
    sx_query *query = w->query;
    sx_query_concept concept = {.idf = 0};
    if (!w->status) find_said(w, called->said, &concept);
    if (!w->status) w->status = sx_lexer_run(w->lexer, called->written, strlen(called->written));
    for (size_t i = 0; i < w->lexer->count && !w->status; i++) {
        const sx_token *token = &w->lexer->tokens[i];
        if (!is_word(token)) continue;
        uint32_t t = find_term(query, token->term);
        if (t == SX_QUERY_TERMS) continue;
        if (t == query->n)
            query->terms[query->n++] = (sx_query_term){
                .hash = token->term, .start = w->end, .end = w->end, .kind = token->kind, .count = 1, .added = true};
        add_to_set(concept.written, t);
    }
    if (!w->status && query->n_concepts < SX_QUERY_CONCEPTS) query->concepts[query->n_concepts++] = concept;
}

static llm_status add_concepts(sx_query *query, sx_lexer *lexer, const char *text, size_t len)
{
    char folded[SX_QUESTION_MAX];
    widening w = {query, lexer, (uint32_t)len, LLM_OK};
    sx_query_fold(text, len, folded);
    sx_concepts(folded, widen, &w);
    return w.status;
}

llm_status sx_query_make(sx_query *query, sx_mem *mem, uint32_t lang, const char *text, size_t len)
{
    memset(query, 0, sizeof *query);
    query->lang = lang;
    sx_lexer lexer;
    sx_lexer_init(&lexer, mem, lang, true);
    llm_status status = sx_lexer_run(&lexer, text, len);
    for (size_t i = 0; i < lexer.count && !status; i++) {
        const sx_token *token = &lexer.tokens[i];
        uint32_t t = find_term(query, token->term);
        if (t == query->n) {
            if (query->n == SX_QUERY_TERMS) continue;
            query->terms[query->n++] = (sx_query_term){.hash = token->term,
                                                       .start = token->start,
                                                       .end = token->end,
                                                       .kind = token->kind,
                                                       .weak = token->weak};
        }
        query->terms[t].count++;
        if (query->n_order < sizeof query->order) query->order[query->n_order++] = (uint8_t)t;
    }
    query->cues = sx_query_cues(text, len);
    if (!status) status = add_concepts(query, &lexer, text, len);
    sx_lexer_free(&lexer);
    return status;
}

void sx_query_count(sx_query *query, const sx_index *index)
{
    query->n_leaves += index->n_leaves;
    query->n_words += index->total_words;
    for (uint32_t i = 0; i < query->n; i++) {
        uint32_t t = sx_index_term(index, query->terms[i].hash);
        if (t != SX_NO_TERM) query->terms[i].df += index->post_start[t + 1] - index->post_start[t];
    }
}

void sx_query_weigh_concepts(sx_query *query)
{
    for (uint32_t c = 0; c < query->n_concepts; c++) {
        sx_query_concept *concept = &query->concepts[c];
        concept->idf = 0;
        for (uint32_t i = 0; i < query->n; i++)
            if (concept->written[i / 32] >> (i % 32) & 1) concept->idf += query->terms[i].idf;
    }
}

float sx_term_worth(const sx_query_term *term)
{
    return kind_weight[term->kind] * (term->weak ? weak_weight : 1.0f);
}

void sx_query_settle(sx_query *query)
{
    query->total = 0;
    for (uint32_t i = 0; i < query->n; i++) {
        sx_query_term *t = &query->terms[i];
        double df = t->df, n = query->n_leaves;
        t->idf = (float)log(1.0 + (n - df + 0.5) / (df + 0.5));
        float count = t->count > 3 ? 3 : (float)t->count;
        t->weight = t->idf * count * sx_term_worth(t);
        if (t->added)
            t->weight *= added_weight;
        else
            query->total += t->weight;
        if (!t->added) add_to_set(query->own, i);
    }
    sx_query_weigh_concepts(query);
    query->ideal = query->total * (1.0 + sx_score_best.k1);
    if (query->total <= 0) query->total = query->ideal = 1;
}

/* How often the question's term stands in the headings above each section: an ancestor's heading counts for all below. */
static bool count_headings(const sx_index *index, uint32_t term, uint32_t *in_heading)
{
    bool any = false;
    for (uint32_t s = 0; s < index->n_sections; s++) {
        const sx_section *section = &index->sections[s];
        in_heading[s] = section->parent == SX_NO_NODE ? 0 : in_heading[section->parent];
        for (uint32_t i = section->title; i < section->title_end; i++)
            if (index->tokens[i] == term + 1) {
                in_heading[s]++;
                break;
            }
        any = any || in_heading[s];
    }
    return any;
}

typedef struct scorer {
    const sx_index *index;
    const sx_score_params *params;
    float mean_words;
    float *leaf_scores, *section_scores;
    uint32_t *in_heading; /* [n_sections] */
} scorer;

static float saturate(const sx_score_params *p, float tf, float words, float mean)
{
    return tf * (p->k1 + 1) / (tf + p->k1 * (1 - p->b + p->b * words / mean));
}

static void add_term(const scorer *s, uint32_t term, float weight, bool headings)
{
    const sx_index *index = s->index;
    const sx_score_params *p = s->params;
    for (uint32_t i = index->post_start[term]; i < index->post_start[term + 1]; i++) {
        const sx_posting *post = &index->posts[i];
        uint32_t section = index->leaf_section[post->leaf];
        float tf = (float)post->count + p->lead * (float)post->lead;
        if (headings && section != SX_NO_NODE) tf += p->heading * (float)s->in_heading[section];
        s->leaf_scores[post->leaf] += weight * saturate(p, tf, (float)index->leaf_words[post->leaf], s->mean_words);
    }
}

/* Paragraphs below a heading that has the term, which do not have it themselves: the heading alone speaks for them. */
static void add_heading_only(const scorer *s, uint32_t term, float weight)
{
    const sx_index *index = s->index;
    uint32_t post = index->post_start[term], end = index->post_start[term + 1];
    for (uint32_t leaf = 0; leaf < index->n_leaves; leaf++) {
        while (post < end && index->posts[post].leaf < leaf) post++;
        if (post < end && index->posts[post].leaf == leaf) continue;
        uint32_t section = index->leaf_section[leaf];
        if (section == SX_NO_NODE || !s->in_heading[section]) continue;
        float tf = s->params->heading * (float)s->in_heading[section];
        s->leaf_scores[leaf] += weight * saturate(s->params, tf, (float)index->leaf_words[leaf], s->mean_words);
    }
}

/* The section right above the leaves, its text joined: term counts add up over neighbouring postings. */
static void add_sections(const scorer *s, uint32_t term, float weight)
{
    const sx_index *index = s->index;
    uint32_t i = index->post_start[term], end = index->post_start[term + 1];
    while (i < end) {
        uint32_t section = index->leaf_section[index->posts[i].leaf];
        float tf = 0;
        for (; i < end && index->leaf_section[index->posts[i].leaf] == section; i++) tf += (float)index->posts[i].count;
        if (section == SX_NO_NODE) continue;
        tf += 2.0f * (float)s->in_heading[section];
        float size = (float)(index->sections[section].last - index->sections[section].first);
        s->section_scores[section] += weight * tf * (s->params->k1 + 1) / (tf + s->params->k1 * (0.5f + 0.25f * size));
    }
}

void sx_score_document(const sx_query *query, const sx_index *index, const sx_score_params *params, float *leaf_scores,
                       float *section_scores, uint32_t *scratch)
{
    float mean = query->n_leaves ? (float)((double)query->n_words / query->n_leaves) : 1;
    scorer s = {index, params, mean > 0 ? mean : 1, leaf_scores, section_scores, scratch};
    for (uint32_t i = 0; i < query->n; i++) {
        uint32_t term = sx_index_term(index, query->terms[i].hash);
        if (term == SX_NO_TERM) continue;
        bool headings = count_headings(index, term, scratch);
        add_term(&s, term, query->terms[i].weight, headings && params->heading > 0);
        if (headings && params->heading > 0 && !query->terms[i].weak)
            add_heading_only(&s, term, query->terms[i].weight);
        add_sections(&s, term, query->terms[i].weight);
    }
    memset(scratch, 0, index->n_sections * sizeof *scratch);
}
