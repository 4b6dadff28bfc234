/* A question to the whole corpus: queries with the statistics of everything, the best paragraphs of the segments, their
 * documents with light indexes, and then the same ranking and descent as over documents in memory. */
#include <stdlib.h>
#include <string.h>

#include "retrieve/corpus/wide_inside.h"
#include "retrieve/rank/form.h"

enum {
    HITS_LEAST = 128,  /* paragraphs that choose documents */
    NAMES = 8,         /* further documents by headings, and by names */
    CHOSEN_LEAST = 24, /* documents chosen at most, unless more evidence is wanted */
    CHOSEN_MOST = 512,
    TOP = 10
};

typedef struct chosen {
    uint32_t part;
    sx_seg_doc doc;
    uint32_t query; /* of its language */
    sx_kept_tree *kept;
    sx_index *index;
    sx_light_post *posts;
    size_t n_posts, posts_cap;
} chosen;

typedef struct asking {
    sx_wide *wide;
    sx_snapshot *now;
    const sx_scope *scope; /* or NULL */
    const sx_seek *seek;   /* of the scope, or of all there is */
    const sx_doc_view *others;
    uint32_t n_others;
    const sx_retrieve_params *params;
    sx_mem *mem;
    sx_query *queries;
    uint32_t n_queries;
    sx_doc_view *views;                   /* pending ones, others, then chosen ones */
    void **holds;                         /* of pending ones */
    uint32_t n_pending, n_whole, n_views; /* whole: pending ones and others */
    chosen *docs;
    uint32_t n_docs, docs_most;
    sx_lexer own, *lexer; /* the one that is kept, or its own when another thread has that */
} asking;

/* ---- statistics ---- */

static llm_status make_queries(asking *a, const char *question, size_t len, llm_error *err)
{
    bool spoken[SX_LANG_COUNT] = {false};
    uint32_t n = 0;
    for (uint32_t i = 0; i < a->n_whole; i++) spoken[a->views[i].index->lang] = true;
    for (uint32_t lang = 0; lang < SX_LANG_COUNT; lang++) {
        for (uint32_t p = 0; p < a->seek->n; p++)
            spoken[lang] = spoken[lang] || sx_seek_stats(&a->seek->parts[p], lang)->leaves;
        n += spoken[lang];
    }
    a->queries = sx_mem_array(a->mem, n + 1u, sizeof *a->queries);
    if (!a->queries) return sx_fail_memory(err);
    for (uint32_t lang = 0; lang < SX_LANG_COUNT; lang++) {
        if (!spoken[lang]) continue;
        sx_query *query = &a->queries[a->n_queries++];
        if (sx_query_make(query, a->mem, lang, question, len)) return sx_fail_memory(err);
        for (uint32_t i = 0; i < a->n_whole; i++)
            if (a->views[i].index->lang == lang) sx_query_count(query, a->views[i].index);
        llm_status status = sx_seek_count(a->seek, query, err);
        if (status) return status;
        sx_query_settle(query);
    }
    return LLM_OK;
}

static llm_status gather_pending(asking *a, llm_error *err)
{
    const sx_store_state *state = &a->now->state;
    llm_status status = LLM_OK;
    a->views = sx_mem_array(a->mem, state->n_pending + a->n_others + a->docs_most, sizeof *a->views);
    a->holds = sx_mem_array(a->mem, state->n_pending + 1, sizeof *a->holds);
    if (!a->views || !a->holds) return sx_fail_memory(err);
    for (size_t i = 0; i < state->n_pending && !status; i++) {
        uint32_t n = a->n_pending;
        if (a->scope && !a->scope->waiting[i]) continue;
        status = a->wide->port.get(a->wide->port.user, &state->pending[i], state->n_pending, &a->views[n], &a->holds[n],
                                   err);
        if (!status) a->n_pending++;
    }
    if (a->n_others) memcpy(a->views + a->n_pending, a->others, a->n_others * sizeof *a->others);
    a->n_views = a->n_whole = a->n_pending + a->n_others;
    return status == LLM_E_NOT_FOUND ? LLM_MORE : status;
}

/* ---- choosing documents ---- */

static llm_status choose(asking *a, const sx_hits *hits, uint32_t most, llm_error *err)
{
    llm_status status = LLM_OK;
    for (uint32_t i = 0; i < hits->n && a->n_docs < most && !status; i++) {
        const sx_hit *hit = &hits->hits[i];
        bool there = false;
        for (uint32_t d = 0; d < a->n_docs && !there; d++)
            there = a->docs[d].part == hit->part && hit->unit >= a->docs[d].doc.first &&
                    hit->unit - a->docs[d].doc.first < a->docs[d].doc.leaves;
        if (there) continue;
        chosen *c = &a->docs[a->n_docs];
        *c = (chosen){.part = hit->part};
        status = sx_segment_doc_of(&a->seek->parts[hit->part].segment, &a->wide->rows, hit->unit, &c->doc, err);
        if (!status) a->n_docs++;
    }
    return status;
}

static llm_status search(asking *a, uint32_t field, uint32_t keep, uint32_t most, llm_error *err)
{
    uint32_t docs = most - a->n_docs; /* of the first search: later ones may hit what was chosen already */
    sx_hits hits = {.most = keep, .docs_most = docs};
    hits.hits = sx_mem_array(a->mem, keep, sizeof *hits.hits);
    hits.docs = a->n_docs ? NULL : sx_mem_array(a->mem, docs, sizeof *hits.docs);
    llm_status status = hits.hits && (hits.docs || a->n_docs) ? LLM_OK : sx_fail_memory(err);
    for (uint32_t q = 0; q < a->n_queries && !status; q++)
        status = sx_seek_top(a->seek, &a->queries[q], field, &hits, a->params->cancel, err);
    sx_hits_sort(&hits);
    if (!status) status = choose(a, &hits, most, err);
    sx_mem_free(a->mem, hits.hits);
    sx_mem_free(a->mem, hits.docs);
    return status;
}

static llm_status choose_documents(asking *a, llm_error *err)
{
    uint32_t top = a->params->top ? a->params->top : TOP, most = top * 2 > CHOSEN_LEAST ? top * 2 : CHOSEN_LEAST;
    uint32_t keep = top * 8 > HITS_LEAST ? top * 8 : HITS_LEAST;
    if (most > CHOSEN_MOST) most = CHOSEN_MOST;
    llm_status status = search(a, SX_FIELD_BODY, keep, most, err);
    if (!status) status = search(a, SX_FIELD_NAME, NAMES, a->n_docs + NAMES, err);
    if (!status) status = search(a, SX_FIELD_HEAD, NAMES, a->n_docs + NAMES, err);
    return status;
}

/* ---- light indexes ---- */

static int by_place(const void *a, const void *b)
{
    const chosen *x = a, *y = b;
    if (x->part != y->part) return x->part < y->part ? -1 : 1;
    return x->doc.first < y->doc.first ? -1 : x->doc.first > y->doc.first;
}

/* Copies a list's postings within a document; documents come in the order of their units. */
static llm_status take_range(asking *a, sx_cursor *c, chosen *d, uint32_t term, llm_error *err)
{
    uint32_t end = d->doc.first + d->doc.leaves;
    llm_status status = sx_cursor_seek(c, d->doc.first, err);
    while (!status && c->block < c->n_blocks && sx_cursor_begin(c) < end) {
        status = sx_cursor_decode(c, err);
        if (!status) status = sx_cursor_codes(c, err);
        for (uint32_t i = 0; i < c->count && !status; i++) {
            if (c->units[i] < d->doc.first) continue;
            if (c->units[i] >= end) return LLM_OK;
            if (sx_mem_grow(a->mem, (void **)&d->posts, &d->posts_cap, d->n_posts + 1, sizeof *d->posts))
                return sx_fail_memory(err);
            uint32_t count, lead;
            sx_tf_split(c->codes[i], &count, &lead);
            d->posts[d->n_posts++] = (sx_light_post){
                term, {c->units[i] - d->doc.first, (uint16_t)count, (uint16_t)(lead < UINT16_MAX ? lead : UINT16_MAX)}};
        }
        if (!status) c->block++;
    }
    return status;
}

/* The postings of one term for the documents [first, last), which are of one segment. */
static llm_status take_term(asking *a, uint32_t first, uint32_t last, uint32_t query, uint32_t term, sx_cursor *c,
                            llm_error *err)
{
    const sx_segment *segment = &a->seek->parts[a->docs[first].part].segment;
    sx_seg_list list;
    sx_seg_row *pin;
    const sx_query *q = &a->queries[query];
    llm_status status = sx_segment_find(segment, &a->wide->rows,
                                        sx_seek_key(q->terms[term].hash, q->lang, SX_FIELD_BODY), &list, &pin, err);
    if (status || !list.n) return status;
    status = sx_cursor_open(c, segment, &a->wide->rows, &list, pin, err);
    for (uint32_t d = first; d < last && !status; d++)
        if (a->docs[d].query == query) status = take_range(a, c, &a->docs[d], term, err);
    sx_cursor_close(c);
    return status;
}

static llm_status take_postings(asking *a, llm_error *err)
{
    sx_cursor *c = sx_mem_alloc(a->mem, sizeof *c);
    llm_status status = c ? LLM_OK : sx_fail_memory(err);
    for (uint32_t first = 0, last; first < a->n_docs && !status; first = last) {
        for (last = first; last < a->n_docs && a->docs[last].part == a->docs[first].part; last++) continue;
        for (uint32_t q = 0; q < a->n_queries && !status; q++) {
            bool any = false;
            for (uint32_t d = first; d < last; d++) any = any || a->docs[d].query == q;
            for (uint32_t t = 0; any && t < a->queries[q].n && !status; t++)
                status = take_term(a, first, last, q, t, c, err);
        }
    }
    sx_mem_free(a->mem, c);
    return status;
}

static llm_status take_words(asking *a, const chosen *d, uint16_t *words, llm_error *err)
{
    const sx_segment *segment = &a->seek->parts[d->part].segment;
    for (uint32_t u = d->doc.first, end = u + d->doc.leaves; u < end;) {
        sx_seg_row *row;
        llm_status status = sx_segment_words(segment, &a->wide->rows, u, &row, err);
        if (status) return status;
        for (uint32_t stop = (u / SX_WORDS_ROW + 1) * SX_WORDS_ROW; u < end && u < stop; u++)
            words[u - d->doc.first] = (uint16_t)sx_fixed_at(row->data + (size_t)(u % SX_WORDS_ROW) * 2, 2);
        sx_rows_unpin(&a->wide->rows, row);
    }
    return LLM_OK;
}

static llm_status make_light(asking *a, chosen *d, llm_error *err)
{
    uint32_t hashes[SX_QUERY_TERMS];
    const sx_query *q = &a->queries[d->query];
    uint16_t *words = sx_mem_array(a->mem, d->doc.leaves, sizeof *words);
    llm_status status = words ? sx_kept_get(a->wide, d->doc.id, &d->kept, err) : sx_fail_memory(err);
    if (!status) status = take_words(a, d, words, err);
    for (uint32_t i = 0; i < q->n; i++) hashes[i] = q->terms[i].hash;
    if (!status)
        status = sx_index_light(&d->index, a->mem, d->kept->tree, d->doc.lang, hashes, q->n, d->posts, d->n_posts,
                                words, d->doc.leaves, a->lexer, err);
    sx_mem_free(a->mem, words);
    return status;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const sx_doc_view *)a)->tree->name, ((const sx_doc_view *)b)->tree->name);
}

static llm_status open_documents(asking *a, llm_error *err)
{
    for (uint32_t d = 0; d < a->n_docs; d++)
        while (a->docs[d].query + 1 < a->n_queries && a->queries[a->docs[d].query].lang != a->docs[d].doc.lang)
            a->docs[d].query++;
    if (a->n_docs) qsort(a->docs, a->n_docs, sizeof *a->docs, by_place);
    llm_status status = take_postings(a, err);
    for (uint32_t d = 0; d < a->n_docs && !status; d++) {
        status = make_light(a, &a->docs[d], err);
        if (!status) a->views[a->n_views++] = (sx_doc_view){a->docs[d].kept->tree, a->docs[d].index};
    }
    if (!status && a->n_views) qsort(a->views, a->n_views, sizeof *a->views, by_name); /* ties go by name */
    return status;
}

/* ---- the whole ---- */

static llm_status ask(sx_evidence **out, asking *a, const char *question, size_t len, llm_error *err)
{
    llm_status status = gather_pending(a, err);
    if (!status) status = make_queries(a, question, len, err);
    if (!status) status = choose_documents(a, err);
    if (!status) status = open_documents(a, err);
    return status ? status
                  : sx_navigate_among(out, a->views, a->n_views, a->queries, a->n_queries, question, len, a->params,
                                      a->mem, err);
}

static void finish(asking *a)
{
    for (uint32_t i = 0; i < a->n_pending; i++) a->wide->port.release(a->wide->port.user, a->holds[i]);
    for (uint32_t d = 0; d < a->n_docs; d++) {
        sx_index_free(a->docs[d].index);
        if (a->docs[d].kept) sx_kept_release(a->wide, a->docs[d].kept);
        sx_mem_free(a->mem, a->docs[d].posts);
    }
    sx_mem_free(a->mem, a->docs);
    sx_mem_free(a->mem, a->views);
    sx_mem_free(a->mem, a->holds);
    sx_mem_free(a->mem, a->queries);
    if (a->lexer == &a->own)
        sx_lexer_free(&a->own);
    else
        sx_wording_return(a->wide->wording);
    if (!a->scope) sx_snapshot_release(a->wide, a->now);
}

llm_status sx_wide_retrieve(sx_evidence **out, sx_wide *wide, const sx_scope *scope, const sx_doc_view *others,
                            uint32_t n_others, const char *question, size_t len, const sx_retrieve_params *params,
                            sx_mem *mem, llm_error *err)
{
    asking a = {.wide = wide,
                .scope = scope,
                .others = others,
                .n_others = n_others,
                .params = params,
                .mem = mem,
                .docs_most = CHOSEN_MOST + 2 * NAMES + 1};
    if (len > UINT32_MAX / 2) return sx_fail(err, LLM_E_LIMIT, "a question of %zu bytes is too long", len);
    llm_status status = scope ? LLM_OK : sx_snapshot_current(wide, &a.now, err);
    if (status) return status;
    if (scope) a.now = scope->now; /* which the scope's owner holds */
    a.seek = scope ? &scope->seek : &a.now->seek;
    a.lexer = sx_wording_borrow(wide->wording);
    if (!a.lexer) {
        sx_lexer_init(&a.own, mem, SX_LANG_EN, false);
        a.lexer = &a.own;
    }
    a.docs = sx_mem_array(mem, a.docs_most, sizeof *a.docs);
    uint64_t generation = a.now->state.generation;
    status = a.docs ? ask(out, &a, question, len, err) : sx_fail_memory(err);
    finish(&a);
    return sx_wide_suspect(wide, generation, status == LLM_E_NOT_FOUND ? LLM_MORE : status);
}
