/* The descent. Lexical scores of all paragraphs are known before it begins (they are cheap), so a section can be judged by
 * the best below it, by its own text joined and by its heading; the beam keeps as many branches as hold most of the
 * level's weight. What the beam left still competes for evidence with its own score: the descent explains and orders, it
 * never hides. */
#include "retrieve/navigate/navigate.h"

#include <math.h>
#include <string.h>

#include "retrieve/navigate/judge.h"
#include "retrieve/navigate/walk.h"

enum {
    TOP_DEFAULT = 10,
    TOP_MAX = 1000,
    KEEP_MIN = 64, /* candidates that get the close look */
    BEAM_MIN = 2,
    BEAM_MAX = 24,
    LEFT_SHOWN = 4,    /* left branches noted per level */
    JUDGED_MIN = 24,   /* candidates by words that a judge is asked about first */
    JUDGED_MAX = 4096, /* of one level */
    LEVELS_MAX = 64,
    STEPS_MAX = 400
};
static const double beam_mass = 0.85; /* of the level's weight that the kept branches hold */

/* A branch under consideration: a document, a section or a paragraph. */
typedef struct branch {
    uint32_t doc, section; /* section SX_NO_NODE: the paragraph `first` */
    uint32_t first, last;  /* leaves */
    double score;
    double lexical, judged; /* by words alone; a judge's opinion or SX_NO_OPINION */
} branch;

typedef struct walk {
    sx_ranking *ranking;
    sx_evidence *evidence;
    const char *question;
    size_t question_len;
    size_t steps_cap, now_cap, next_cap;
    float **subtree;    /* [n_docs][n_sections] best leaf score below */
    branch *now, *next; /* the level in hand and the one below it */
    size_t n_now, n_next;
    sx_buf text;
    uint32_t beam;
    sx_bench bench;
    sx_candidate *reached; /* [n_reached] paragraphs that a judge led to */
    size_t n_reached, reached_cap;
} walk;

/* ---- the scratchpad ---- */

static uint32_t node_of(const walk *w, const branch *b)
{
    const sx_index *index = w->ranking->docs[b->doc].index;
    return b->section == SX_NO_NODE ? index->leaf_node[b->first] : index->sections[b->section].node;
}

static llm_status note(walk *w, const branch *b, uint32_t depth, uint32_t action)
{
    sx_evidence *e = w->evidence;
    if (e->n_steps >= STEPS_MAX) return LLM_OK;
    const sx_rank_doc *doc = &w->ranking->docs[b->doc];
    uint32_t node = node_of(w, b);
    uint32_t heading = b->section == SX_NO_NODE ? doc->index->leaf_section[b->first] : b->section;
    if (sx_mem_grow(e->mem, (void **)&e->steps, &w->steps_cap, e->n_steps + 1u, sizeof *e->steps)) return LLM_E_MEMORY;
    sx_step *step = &e->steps[e->n_steps];
    sx_buf_clear(&w->text);
    sx_tree_put_id(doc->tree, node, &w->text);
    step->node_id = sx_arena_strndup(e->arena, sx_buf_cstr(&w->text), w->text.len);
    if (sx_buf_status(&w->text)) return LLM_E_MEMORY;
    sx_buf_clear(&w->text);
    sx_reason(&w->text, w->ranking, b->doc, w->question, b->first, b->last, heading);
    step->reason = sx_arena_strndup(e->arena, sx_buf_cstr(&w->text), w->text.len);
    step->doc = sx_arena_strndup(e->arena, doc->tree->name, strlen(doc->tree->name));
    if (sx_buf_status(&w->text) || !step->node_id || !step->reason || !step->doc) return LLM_E_MEMORY;
    step->depth = depth;
    step->action = action;
    step->score = b->score;
    step->lexical = b->lexical;
    step->judged = b->judged;
    e->n_steps++;
    return LLM_OK;
}

/* ---- scores of branches ---- */

/* The best leaf below each section; sections stand parents first, so one backward pass is enough. */
static llm_status fill_subtrees(walk *w)
{
    sx_ranking *r = w->ranking;
    w->subtree = sx_mem_array(r->mem, r->n_docs, sizeof *w->subtree);
    if (!w->subtree) return LLM_E_MEMORY;
    for (uint32_t d = 0; d < r->n_docs; d++) {
        const sx_rank_doc *doc = &r->docs[d];
        float *best = w->subtree[d] = sx_mem_array(r->mem, doc->index->n_sections, sizeof *best);
        if (!best) return LLM_E_MEMORY;
        for (uint32_t i = 0; i < doc->index->n_leaves; i++) {
            uint32_t s = doc->index->leaf_section[i];
            if (s != SX_NO_NODE && doc->leaf_scores[i] > best[s]) best[s] = doc->leaf_scores[i];
        }
        for (uint32_t s = doc->index->n_sections; s-- > 1;) {
            uint32_t parent = doc->index->sections[s].parent;
            if (best[s] > best[parent]) best[parent] = best[s];
        }
    }
    return LLM_OK;
}

static branch make_branch(const walk *w, uint32_t doc, uint32_t section, uint32_t leaf)
{
    const sx_rank_doc *d = &w->ranking->docs[doc];
    double ideal = w->ranking->queries[d->query].ideal;
    branch b = {doc, section, leaf, leaf + 1, 0, 0, SX_NO_OPINION};
    if (section == SX_NO_NODE) {
        b.score = (double)d->leaf_scores[leaf] / ideal;
    } else {
        const sx_section *s = &d->index->sections[section];
        b.first = s->first;
        b.last = s->last;
        b.score = (0.8 * (double)w->subtree[doc][section] + 0.2 * (double)d->section_scores[section]) / ideal;
    }
    b.lexical = b.score;
    return b;
}

static llm_status push(walk *w, branch b)
{
    if (sx_mem_grow(w->ranking->mem, (void **)&w->next, &w->next_cap, w->n_next + 1, sizeof *w->next))
        return LLM_E_MEMORY;
    w->next[w->n_next++] = b;
    return LLM_OK;
}

/* The children of a branch: sections whose parent it is, and leaves right below it, in reading order. */
static llm_status expand(walk *w, const branch *b)
{
    const sx_rank_doc *d = &w->ranking->docs[b->doc];
    const sx_tree *tree = d->tree;
    uint32_t section = b->section + 1, leaf = b->first;
    for (uint32_t c = tree->nodes[d->index->sections[b->section].node].first_child; c != SX_NO_NODE;
         c = tree->nodes[c].next_sibling) {
        while (section < d->index->n_sections && d->index->sections[section].node < c) section++;
        while (leaf < b->last && d->index->leaf_node[leaf] < c) leaf++;
        llm_status status = LLM_OK;
        if (section < d->index->n_sections && d->index->sections[section].node == c)
            status = push(w, make_branch(w, b->doc, section, 0));
        else if (leaf < b->last && d->index->leaf_node[leaf] == c)
            status = push(w, make_branch(w, b->doc, SX_NO_NODE, leaf));
        if (status) return status;
    }
    return LLM_OK;
}

/* ---- one level ---- */

static bool before(const branch *a, const branch *b)
{
    if (a->score != b->score) return a->score > b->score;
    if (a->doc != b->doc) return a->doc < b->doc;
    return a->first != b->first ? a->first < b->first : a->section < b->section;
}

/* Brings the n best to the front, in order: levels are wide, beams narrow. */
static void select_best(branch *v, size_t count, size_t n)
{
    for (size_t i = 0; i < n && i < count; i++) {
        size_t best = i;
        for (size_t k = i + 1; k < count; k++)
            if (before(&v[k], &v[best])) best = k;
        branch swap = v[i];
        v[i] = v[best];
        v[best] = swap;
    }
}

/* How many of the level's branches (sorted as far as BEAM_MAX) to keep: those that hold most of its weight, where a
 * branch's weight falls off fast with its distance from the best. */
static size_t beam_width(const walk *w, const branch *v, size_t n)
{
    if (w->beam) return n < w->beam ? n : w->beam;
    double total = 0, sum = 0;
    for (size_t i = 0; i < n; i++) total += v[0].score > 0 ? exp(12 * (v[i].score / v[0].score - 1)) : 1;
    size_t width = 0;
    while (width < n && width < BEAM_MAX && (width < BEAM_MIN || sum < beam_mass * total)) {
        if (v[width].score <= 0 && width) break;
        sum += v[0].score > 0 ? exp(12 * (v[width].score / v[0].score - 1)) : 1;
        width++;
    }
    return width;
}

/* Asks the judge about a level, the best by words first, and blends. */
static llm_status judge_level(walk *w, branch *v, size_t n, llm_error *err)
{
    if (!w->bench.judge || n < 2) return LLM_OK;
    size_t asked = n < JUDGED_MAX ? n : JUDGED_MAX;
    select_best(v, n, asked);
    sx_asked *nodes = sx_mem_array(w->ranking->mem, asked, sizeof *nodes);
    if (!nodes) return sx_fail_memory(err);
    for (size_t i = 0; i < asked; i++)
        nodes[i] = (sx_asked){w->ranking->docs[v[i].doc].tree, v[i].doc, node_of(w, &v[i]), v[i].lexical, 0};
    llm_status status = sx_bench_ask(&w->bench, nodes, asked, 0.5, err);
    double top = v[0].lexical > 0 ? v[0].lexical : 1;
    bool any = false;
    for (size_t i = 0; i < asked; i++) any = any || nodes[i].judged >= 0;
    for (size_t i = 0; i < n && any && !status; i++) {
        v[i].judged = i < asked ? nodes[i].judged : SX_NO_OPINION;
        v[i].score = top * sx_bench_blend(&w->bench, v[i].lexical / top, v[i].judged);
    }
    sx_mem_free(w->ranking->mem, nodes);
    return status;
}

/* Paragraphs that were kept with a good opinion become candidates, whatever their words. */
static llm_status reach(walk *w, const branch *b)
{
    if (b->section != SX_NO_NODE || b->judged < 0) return LLM_OK;
    if (sx_mem_grow(w->ranking->mem, (void **)&w->reached, &w->reached_cap, w->n_reached + 1, sizeof *w->reached))
        return LLM_E_MEMORY;
    sx_candidate *c = &w->reached[w->n_reached++];
    *c = (sx_candidate){.doc = b->doc, .leaf = b->first, .judged = b->judged};
    return sx_rank_look(w->ranking, c);
}

static llm_status walk_level(walk *w, uint32_t depth, llm_error *err)
{
    branch *v = w->next;
    size_t n = w->n_next, most = w->beam > BEAM_MAX ? w->beam : BEAM_MAX;
    llm_status judged = judge_level(w, v, n, err);
    if (judged) return judged;
    select_best(v, n, most + LEFT_SHOWN);
    size_t width = beam_width(w, v, n);
    llm_status status = LLM_OK;
    for (size_t i = 0; i < n && i < width + LEFT_SHOWN && !status; i++)
        if (i < width || v[i].score > 0) status = note(w, &v[i], depth, i < width ? LLM_TRACE_KEPT : LLM_TRACE_LEFT);
    w->next = w->now;
    size_t cap = w->next_cap;
    w->next_cap = w->now_cap;
    w->now = v;
    w->now_cap = cap;
    w->n_now = width;
    w->n_next = 0;
    for (size_t i = 0; i < w->n_now && !status; i++)
        status = w->now[i].section != SX_NO_NODE ? expand(w, &w->now[i]) : reach(w, &w->now[i]);
    return status ? sx_fail_memory(err) : LLM_OK;
}

static llm_status descend(walk *w, const llm_cancel *cancel, llm_error *err)
{
    llm_status status = fill_subtrees(w);
    for (uint32_t d = 0; d < w->ranking->n_docs && !status; d++) {
        const sx_index *index = w->ranking->docs[d].index;
        if (index->n_sections)
            status = push(w, make_branch(w, d, 0, 0));
        else if (index->n_leaves)
            status = push(w, make_branch(w, d, SX_NO_NODE, 0));
    }
    if (status) return sx_fail_memory(err);
    for (uint32_t depth = 0; w->n_next && depth < LEVELS_MAX && !status; depth++) {
        if (sx_cancelled(cancel)) return sx_fail(err, LLM_E_CANCELLED, "the retrieval was cancelled");
        status = walk_level(w, depth, err);
    }
    return status;
}

/* ---- evidence ---- */

/* What words found goes to the judge first: most answers are among it. */
static llm_status judge_candidates(walk *w, uint32_t top, llm_error *err)
{
    sx_ranking *r = w->ranking;
    uint32_t n = top * 2 > JUDGED_MIN ? top * 2 : JUDGED_MIN;
    if (n > r->n_best) n = r->n_best;
    for (uint32_t i = 0; i < r->n_best; i++) r->best[i].judged = SX_NO_OPINION;
    if (!w->bench.judge || !n) return LLM_OK;
    sx_asked *nodes = sx_mem_array(r->mem, n, sizeof *nodes);
    if (!nodes) return sx_fail_memory(err);
    for (uint32_t i = 0; i < n; i++) {
        const sx_candidate *c = &r->best[i];
        const sx_rank_doc *doc = &r->docs[c->doc];
        nodes[i] = (sx_asked){doc->tree, c->doc, doc->index->leaf_node[c->leaf], (double)c->score, 0};
    }
    llm_status status = sx_bench_ask(&w->bench, nodes, n, 0.5, err);
    for (uint32_t i = 0; i < n; i++) r->best[i].judged = nodes[i].judged;
    sx_mem_free(r->mem, nodes);
    return status;
}

/* Joins what the judge led to with what words found, each paragraph once, still in the words' order. */
static llm_status join(walk *w, sx_candidate **out, uint32_t *n, llm_error *err)
{
    const sx_ranking *r = w->ranking;
    sx_candidate *all = sx_mem_array(r->mem, r->n_best + w->n_reached + 1, sizeof *all);
    if (!all) return sx_fail_memory(err);
    uint32_t count = r->n_best;
    if (count) memcpy(all, r->best, count * sizeof *all);
    for (size_t i = 0; i < w->n_reached; i++) {
        const sx_candidate *c = &w->reached[i];
        uint32_t k = 0;
        while (k < count && (all[k].doc != c->doc || all[k].leaf != c->leaf)) k++;
        if (k < count) {
            all[k].judged = c->judged;
            continue;
        }
        for (k = count++; k && all[k - 1].score < c->score; k--) all[k] = all[k - 1];
        all[k] = *c;
    }
    *out = all;
    *n = count;
    return LLM_OK;
}

static llm_status keep_found(walk *w, const sx_candidate *c, llm_error *err)
{
    sx_evidence *e = w->evidence;
    const sx_rank_doc *doc = &w->ranking->docs[c->doc];
    sx_tree *tree = (sx_tree *)(uintptr_t)doc->tree; /* the views own it; a reference is counted on it */
    uint32_t node = doc->index->leaf_node[c->leaf];
    e->found[e->count++] = (sx_found){sx_tree_ref(tree), node, (double)c->score};
    branch b = {c->doc, SX_NO_NODE, c->leaf, c->leaf + 1, (double)c->score, (double)c->lexical, c->judged};
    return note(w, &b, doc->tree->nodes[node].depth, LLM_TRACE_FOUND) ? sx_fail_memory(err) : LLM_OK;
}

static llm_status collect(walk *w, uint32_t top, llm_error *err)
{
    sx_candidate *all = NULL;
    uint32_t n = 0;
    llm_status status = join(w, &all, &n, err);
    if (!status) status = sx_bench_settle(&w->bench, all, n, err);
    for (uint32_t i = 0; i < n && i < top && !status; i++) status = keep_found(w, &all[i], err);
    sx_mem_free(w->ranking->mem, all);
    w->evidence->confidence = sx_confidence(w->ranking, w->question, w->question_len);
    return status;
}

static void end_walk(walk *w)
{
    sx_mem *mem = w->ranking->mem;
    for (uint32_t d = 0; w->subtree && d < w->ranking->n_docs; d++) sx_mem_free(mem, w->subtree[d]);
    sx_mem_free(mem, w->subtree);
    sx_mem_free(mem, w->now);
    sx_mem_free(mem, w->next);
    sx_mem_free(mem, w->reached);
    sx_bench_free(&w->bench);
    sx_buf_free(&w->text);
}

static llm_status navigate(sx_evidence *evidence, sx_ranking *ranking, const char *question, size_t len, uint32_t top,
                           const sx_retrieve_params *params, llm_error *err)
{
    const llm_cancel *cancel = params ? params->cancel : NULL;
    uint32_t keep = top * 2 > KEEP_MIN ? top * 2 : KEEP_MIN;
    llm_status status = sx_rank(ranking, question, len, keep, &sx_score_best, cancel, err);
    walk w = {.ranking = ranking, .evidence = evidence, .question = question, .question_len = len};
    w.beam = params ? params->beam : 0;
    sx_buf_init(&w.text, ranking->mem, 0);
    sx_bench_init(&w.bench, ranking->mem, params ? params->judge : NULL, question, len, cancel);
    if (!status) status = judge_candidates(&w, top, err);
    if (!status && (ranking->n_best || w.bench.judge)) status = descend(&w, cancel, err);
    if (!status) status = collect(&w, top, err);
    end_walk(&w);
    return status;
}

llm_status sx_navigate(sx_evidence **out, const sx_doc_view *docs, uint32_t n_docs, const char *question, size_t len,
                       const sx_retrieve_params *params, sx_mem *mem, llm_error *err)
{
    return sx_navigate_among(out, docs, n_docs, NULL, 0, question, len, params, mem, err);
}

llm_status sx_navigate_among(sx_evidence **out, const sx_doc_view *docs, uint32_t n_docs, const sx_query *queries,
                             uint32_t n_queries, const char *question, size_t len, const sx_retrieve_params *params,
                             sx_mem *mem, llm_error *err)
{
    uint32_t top = params && params->top ? params->top : TOP_DEFAULT;
    if (top > TOP_MAX) top = TOP_MAX;
    if (len > UINT32_MAX / 2) return sx_fail(err, LLM_E_LIMIT, "a question of %zu bytes is too long", len);
    sx_evidence *evidence;
    llm_status status = sx_evidence_new(&evidence, mem, top, err);
    if (status) return status;
    sx_ranking ranking;
    status = sx_ranking_init(&ranking, mem, n_docs, err);
    ranking.given = queries;
    ranking.n_given = n_queries;
    for (uint32_t i = 0; i < n_docs && !status; i++) {
        ranking.docs[i].tree = docs[i].tree;
        ranking.docs[i].index = docs[i].index;
    }
    if (!status && n_docs) status = navigate(evidence, &ranking, question, len, top, params, err);
    sx_ranking_free(&ranking);
    if (status)
        sx_evidence_free(evidence);
    else
        *out = evidence;
    return status;
}
