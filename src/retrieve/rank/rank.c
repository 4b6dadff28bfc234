#include "retrieve/rank/rank.h"

#include <string.h>

#include "retrieve/rank/prior.h"

/* Fitted by list-wise logistic regression on three question sets whose licences allow it: COVID-QA (Apache-2.0),
 * ContractNLI (CC BY 4.0) and STARD (MIT). Every other set in tests/bench/retrieval.md was never seen by the fit. */
const float sx_blend[SX_FEATURES] = {
    [SX_F_BASE] = 2.34f,   [SX_F_TOP] = 3.50f,     [SX_F_COVER] = 0.79f,   [SX_F_SENTENCE] = 2.71f,
    [SX_F_WINDOW] = 1.54f, [SX_F_ORDERED] = 2.49f, [SX_F_NEAR] = 0.32f,    [SX_F_RARE] = -1.62f,
    [SX_F_LEAD] = 1.30f,   [SX_F_HEADING] = 5.69f, [SX_F_SECTION] = 2.36f, [SX_F_NEIGHBOUR] = 1.99f,
    [SX_F_CUE] = 0.33f,    [SX_F_LENGTH] = 0.13f,  [SX_F_EARLY] = 1.81f,   [SX_F_SHORT] = -1.26f,
    [SX_F_BOTH] = 0.89f,   [SX_F_BODY] = 3.12f,    [SX_F_MEANT] = 1.67f,   [SX_F_MEANT_SENTENCE] = 2.90f,
};

/* What a passage gets that shows everything: scores handed out are shares of it. */
static const float full_marks = 35.9f;

llm_status sx_ranking_init(sx_ranking *ranking, sx_mem *mem, uint32_t n_docs, llm_error *err)
{
    memset(ranking, 0, sizeof *ranking);
    ranking->mem = mem;
    ranking->n_docs = n_docs;
    ranking->docs = sx_mem_array(mem, n_docs, sizeof *ranking->docs);
    return ranking->docs ? LLM_OK : sx_fail_memory(err);
}

void sx_ranking_free(sx_ranking *ranking)
{
    if (!ranking->mem) return;
    sx_mem_free(ranking->mem, ranking->docs);
    sx_mem_free(ranking->mem, ranking->queries);
    sx_mem_free(ranking->mem, ranking->scores);
    sx_mem_free(ranking->mem, ranking->best);
    memset(ranking, 0, sizeof *ranking);
}

/* One query per language that the documents are in, with the statistics of its documents. */
static llm_status take_queries(sx_ranking *r, llm_error *err)
{
    r->n_queries = r->n_given;
    r->queries = sx_mem_array(r->mem, r->n_queries, sizeof *r->queries);
    if (!r->queries) return sx_fail_memory(err);
    memcpy(r->queries, r->given, r->n_given * sizeof *r->queries);
    for (uint32_t d = 0; d < r->n_docs; d++)
        while (r->docs[d].query + 1 < r->n_queries && r->queries[r->docs[d].query].lang != r->docs[d].index->lang)
            r->docs[d].query++;
    return LLM_OK;
}

static llm_status make_queries(sx_ranking *r, const char *text, size_t len, llm_error *err)
{
    if (r->n_given) return take_queries(r, err);
    uint8_t number[SX_LANG_COUNT] = {0};
    for (uint32_t d = 0; d < r->n_docs; d++) {
        uint32_t lang = r->docs[d].index->lang;
        if (!number[lang]) number[lang] = (uint8_t)++r->n_queries;
        r->docs[d].query = number[lang] - 1u;
    }
    r->queries = sx_mem_array(r->mem, r->n_queries, sizeof *r->queries);
    if (!r->queries) return sx_fail_memory(err);
    for (uint32_t lang = 0; lang < SX_LANG_COUNT; lang++)
        if (number[lang] && sx_query_make(&r->queries[number[lang] - 1], r->mem, lang, text, len))
            return sx_fail_memory(err);
    for (uint32_t d = 0; d < r->n_docs; d++) sx_query_count(&r->queries[r->docs[d].query], r->docs[d].index);
    for (uint32_t q = 0; q < r->n_queries; q++) sx_query_settle(&r->queries[q]);
    return LLM_OK;
}

static llm_status score_all(sx_ranking *r, const sx_score_params *params, const llm_cancel *cancel, llm_error *err)
{
    size_t total = 0, sections = 0;
    for (uint32_t d = 0; d < r->n_docs; d++) {
        const sx_index *index = r->docs[d].index;
        total += (size_t)index->n_leaves + index->n_sections;
        if (index->n_sections > sections) sections = index->n_sections;
    }
    r->scores = sx_mem_array(r->mem, total, sizeof *r->scores);
    uint32_t *scratch = sx_mem_array(r->mem, sections + 1, sizeof *scratch);
    if (!r->scores || !scratch) {
        sx_mem_free(r->mem, scratch);
        return sx_fail_memory(err);
    }
    float *at = r->scores;
    llm_status status = LLM_OK;
    for (uint32_t d = 0; d < r->n_docs && !status; d++) {
        sx_rank_doc *doc = &r->docs[d];
        if (sx_cancelled(cancel)) status = sx_fail(err, LLM_E_CANCELLED, "the retrieval was cancelled");
        doc->leaf_scores = at;
        doc->section_scores = at + doc->index->n_leaves;
        at = doc->section_scores + doc->index->n_sections;
        sx_score_document(&r->queries[doc->query], doc->index, params, doc->leaf_scores, doc->section_scores, scratch);
    }
    sx_mem_free(r->mem, scratch);
    return status;
}

/* ---- the best of all leaves: a heap with the worst of the kept on top ---- */

/* Ties go to the earlier document and paragraph, so that a question has one answer. */
static bool worse(const sx_candidate *a, const sx_candidate *b)
{
    if (a->score != b->score) return a->score < b->score;
    return a->doc != b->doc ? a->doc > b->doc : a->leaf > b->leaf;
}

static void sift(sx_candidate *heap, uint32_t n, uint32_t i)
{
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= n) return;
        if (child + 1 < n && worse(&heap[child + 1], &heap[child])) child++;
        if (!worse(&heap[child], &heap[i])) return;
        sx_candidate swap = heap[i];
        heap[i] = heap[child];
        heap[child] = swap;
        i = child;
    }
}

static void offer(sx_ranking *r, uint32_t keep, const sx_candidate *c)
{
    if (r->n_best == keep) {
        if (!worse(&r->best[0], c)) return;
        r->best[0] = *c;
        sift(r->best, keep, 0);
        return;
    }
    r->best[r->n_best++] = *c;
    if (r->n_best == keep)
        for (uint32_t i = keep / 2; i-- > 0;) sift(r->best, keep, i);
}

/* Turns the heap (or what there is of it) into a list, best first. */
static void sort_best(sx_ranking *r)
{
    uint32_t n = r->n_best;
    for (uint32_t i = n / 2; i-- > 0;) sift(r->best, n, i);
    while (n > 1) {
        sx_candidate swap = r->best[0];
        r->best[0] = r->best[--n];
        r->best[n] = swap;
        sift(r->best, n, 0);
    }
}

/* How much a document's prior counts when candidates are picked, and in their final score. */
static const float prior_pick = 0.2f, prior_blend = 0.265f;

static llm_status pick(sx_ranking *r, uint32_t keep, llm_error *err)
{
    r->best = sx_mem_array(r->mem, keep, sizeof *r->best);
    if (!r->best) return sx_fail_memory(err);
    for (uint32_t d = 0; d < r->n_docs; d++) {
        const sx_rank_doc *doc = &r->docs[d];
        float ideal = (float)r->queries[doc->query].ideal;
        sx_candidate c = {.doc = d};
        for (c.leaf = 0; c.leaf < doc->index->n_leaves; c.leaf++) {
            c.base = doc->leaf_scores[c.leaf];
            if (c.base <= 0) continue;
            c.score = c.base / ideal + prior_pick * doc->prior;
            offer(r, keep, &c);
        }
    }
    sort_best(r);
    return LLM_OK;
}

float sx_blended(const sx_candidate *c)
{
    float sum = 0;
    for (int k = 0; k < SX_FEATURES; k++) sum += sx_blend[k] * c->x[k];
    return sum / full_marks;
}

static llm_status look(const sx_ranking *r, const sx_term_filter *filter, sx_candidate *c)
{
    const sx_rank_doc *doc = &r->docs[c->doc];
    if (sx_index_read_leaf((sx_index *)(uintptr_t)doc->index, doc->tree, c->leaf)) return LLM_E_MEMORY;
    c->base = doc->leaf_scores[c->leaf];
    sx_features(&r->queries[doc->query], filter, doc->index, doc->tree, doc->leaf_scores, doc->section_scores, c);
    c->x[SX_F_TOP] = r->top > 0 ? c->x[SX_F_BASE] / r->top : 0;
    c->score = sx_blended(c) + prior_blend * doc->prior;
    if (c->score < 0) c->score = 0;
    return LLM_OK;
}

static void make_filter(const sx_ranking *r, uint32_t doc, sx_term_filter *filter)
{
    sx_term_filter_make(filter, &r->queries[r->docs[doc].query], r->docs[doc].index);
}

llm_status sx_rank_look(const sx_ranking *r, sx_candidate *c)
{
    sx_term_filter filter;
    make_filter(r, c->doc, &filter);
    return look(r, &filter, c);
}

static llm_status look_closely(sx_ranking *r, llm_error *err)
{
    r->top = 0;
    for (uint32_t i = 0; i < r->n_best; i++) {
        float share = r->best[i].base / (float)r->queries[r->docs[r->best[i].doc].query].ideal;
        if (share > r->top) r->top = share;
    }
    sx_term_filter filter;
    for (uint32_t i = 0; i < r->n_best; i++) {
        if (!i || r->best[i].doc != r->best[i - 1].doc) make_filter(r, r->best[i].doc, &filter);
        if (look(r, &filter, &r->best[i])) return sx_fail_memory(err);
    }
    sort_best(r);
    return LLM_OK;
}

llm_status sx_rank(sx_ranking *ranking, const char *text, size_t len, uint32_t keep, const sx_score_params *params,
                   const llm_cancel *cancel, llm_error *err)
{
    llm_status status = make_queries(ranking, text, len, err);
    if (!status && sx_prior(ranking, text)) status = sx_fail_memory(err);
    if (!status) status = score_all(ranking, params, cancel, err);
    if (!status) status = pick(ranking, keep, err);
    return status ? status : look_closely(ranking, err);
}
