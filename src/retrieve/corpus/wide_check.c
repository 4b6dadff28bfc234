/* The proof of the segments: their rows and lists are walked, and what they say of each document, summed up without regard to
 * order, is held against what the document's own text gives. */
#include <stdlib.h>
#include <string.h>

#include "platform/map.h"
#include "retrieve/corpus/wide_inside.h"

typedef enum fault { NONE, TWICE, GONE, WRONG } fault;

/* What is said of one document. */
typedef struct said {
    int64_t id, segment;
    uint64_t sum;
    uint32_t leaves, lang;
    bool met;
} said;

struct sx_wide_proof {
    sx_wide *wide;
    sx_snapshot *now;
    said *docs; /* [n] by id */
    size_t n, cap;
};

/* ---- sums ---- */

static uint64_t sum_of_posting(uint64_t key, uint32_t leaf, uint32_t code)
{
    const uint64_t v[2] = {key, (uint64_t)leaf << 32 | code};
    return sx_hash64(v, sizeof v, 1);
}

static uint64_t sum_of_words(uint32_t leaf, uint32_t words)
{
    const uint64_t v[2] = {leaf, words};
    return sx_hash64(v, sizeof v, 2);
}

/* ---- walking ---- */

/* Documents that begin behind each other: the last one that does not begin behind a unit. */
static uint32_t doc_of(const sx_seg_doc *docs, uint32_t n, uint32_t unit)
{
    uint32_t low = 0, high = n;
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        *(docs[mid].first <= unit ? &low : &high) = mid;
    }
    return low;
}

static void add_block(const sx_cursor *c, const sx_seg_doc *docs, uint64_t *sums)
{
    for (uint32_t i = 0; i < c->count; i++) {
        uint32_t d = doc_of(docs, c->segment->n_docs, c->units[i]);
        sums[d] += sum_of_posting(c->list.key, c->units[i] - docs[d].first, c->codes[i]);
    }
}

static llm_status walk_list(sx_wide *wide, const sx_segment *segment, const sx_seg_list *list, sx_seg_row *pin,
                            sx_cursor *c, const sx_seg_doc *docs, uint64_t *sums, llm_error *err)
{
    llm_status status = sx_cursor_open(c, segment, &wide->rows, list, sx_rows_share(&wide->rows, pin), err);
    for (; !status && c->block < c->n_blocks; c->block++) {
        status = sx_cursor_decode(c, err);
        if (!status) status = sx_cursor_codes(c, err);
        if (!status && sums) add_block(c, docs, sums);
    }
    sx_cursor_close(c);
    return status;
}

static llm_status walk_terms(sx_wide *wide, const sx_segment *segment, const sx_seg_doc *docs, uint64_t *sums,
                             llm_error *err)
{
    sx_cursor *c = sx_mem_zalloc(wide->mem, sizeof *c);
    llm_status status = c ? LLM_OK : sx_fail_memory(err);
    for (uint32_t i = 0; i < segment->n_term_rows && !status; i++) {
        sx_seg_row *pin;
        sx_seg_list list = {0};
        status = sx_rows_pin(&wide->rows, segment->id, sx_segment_term_row(segment, i), &pin, err);
        if (status) break;
        sx_seg_lists lists = sx_seg_lists_of(segment, i, pin);
        while (!status && sx_seg_next_list(&lists, &list))
            status = walk_list(wide, segment, &list, pin, c, docs, sums, err);
        if (!status && lists.in.bad) status = sx_segment_damaged(segment, err);
        sx_rows_unpin(&wide->rows, pin);
    }
    sx_mem_free(wide->mem, c);
    return status;
}

static llm_status walk_words(sx_wide *wide, const sx_segment *segment, const sx_seg_doc *docs, uint64_t *sums,
                             llm_error *err)
{
    llm_status status = LLM_OK;
    for (uint32_t first = 0; first < segment->n_units && !status; first += SX_WORDS_ROW) {
        sx_seg_row *row;
        status = sx_segment_words(segment, &wide->rows, first, &row, err);
        if (status) break;
        for (uint32_t u = first; sums && u < segment->n_units && u - first < SX_WORDS_ROW; u++) {
            uint32_t d = doc_of(docs, segment->n_docs, u);
            sums[d] += sum_of_words(u - docs[d].first, (uint32_t)sx_fixed_at(row->data + (size_t)(u - first) * 2, 2));
        }
        sx_rows_unpin(&wide->rows, row);
    }
    return status;
}

/* docs: NULL, or to be filled. */
static llm_status walk_docs(sx_wide *wide, const sx_segment *segment, sx_seg_doc *docs, llm_error *err)
{
    llm_status status = LLM_OK;
    uint32_t units = 0;
    int64_t last = 0;
    for (uint32_t d = 0; d < segment->n_docs && !status; d++) {
        sx_seg_doc doc;
        status = sx_segment_doc(segment, &wide->rows, d, &doc, err);
        if (!status && (doc.first != units || doc.id <= last)) status = sx_segment_damaged(segment, err);
        if (status) break;
        units += doc.leaves;
        last = doc.id;
        if (docs) docs[d] = doc;
    }
    return !status && units != segment->n_units ? sx_segment_damaged(segment, err) : status;
}

/* As they stand in the file: what is in memory may be older than the damage. */
static llm_status walk_rows(sx_wide *wide, const sx_segment *segment, llm_error *err)
{
    llm_status status = LLM_OK;
    for (uint32_t row = 0; row < segment->n_rows && !status; row++) {
        void *data;
        size_t size;
        status = sx_store_read_row(wide->store, segment->id, row, &data, &size, err);
        sx_mem_free(wide->mem, data);
    }
    return status;
}

llm_status sx_wide_walk(sx_wide *wide, const sx_segment *segment, sx_seg_doc *docs, uint64_t *sums, llm_error *err)
{
    llm_status status = walk_rows(wide, segment, err);
    if (!status) status = walk_docs(wide, segment, docs, err);
    if (!status) status = walk_words(wide, segment, docs, sums, err);
    if (!status) status = walk_terms(wide, segment, docs, sums, err);
    return status;
}

/* ---- the proof ---- */

static int by_id(const void *a, const void *b)
{
    const said *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

static llm_status add_segment(sx_wide_proof *p, const sx_segment *segment, llm_error *err)
{
    sx_mem *mem = p->wide->mem;
    sx_seg_doc *docs = sx_mem_array(mem, segment->n_docs, sizeof *docs);
    uint64_t *sums = sx_mem_array(mem, segment->n_docs, sizeof *sums);
    bool room = docs && sums && !sx_mem_grow(mem, (void **)&p->docs, &p->cap, p->n + segment->n_docs, sizeof *p->docs);
    llm_status status = room ? LLM_OK : sx_fail_memory(err);
    if (room) memset(sums, 0, segment->n_docs * sizeof *sums);
    if (!status) status = sx_wide_walk(p->wide, segment, docs, sums, err);
    for (uint32_t d = 0; d < segment->n_docs && !status; d++)
        p->docs[p->n++] = (said){docs[d].id, segment->id, sums[d], docs[d].leaves, docs[d].lang, false};
    sx_mem_free(mem, docs);
    sx_mem_free(mem, sums);
    return status;
}

static void tell_segment(const sx_finder *finder, int64_t segment, const char *why)
{
    llm_error told = {sizeof told, 0, {0}};
    sx_fail(
        &told, LLM_E_CORRUPT,
        "segment %lld of the index is damaged (%s): nothing is lost, its documents are searched without it until it "
        "is made anew",
        (long long)segment, why);
    finder->found(finder->user, NULL, told.message);
}

llm_status sx_wide_proof_walk(sx_wide_proof *p, const sx_finder *finder, llm_error *err)
{
    sx_wide *wide = p->wide;
    const sx_store_state *state = &p->now->state;
    bool found = false;
    llm_status status = LLM_OK;
    char bad[128];
    for (uint32_t i = 0; !status && i < p->now->seek.n; i++) {
        llm_error why = {sizeof why, 0, {0}};
        const sx_segment *segment = &p->now->seek.parts[i].segment;
        status = sx_wide_missed(wide, p->now, add_segment(p, segment, &why), &why);
        found = found || status == LLM_E_CORRUPT;
        if (status == LLM_E_CORRUPT)
            status = sx_wide_mark_bad(wide, segment->id, why.message, err);
        else if (status)
            sx_fail(err, status, "%s", why.message);
    }
    if (found || status) return found || status == LLM_E_NOT_FOUND ? LLM_MORE : status;
    for (size_t i = 0; i < state->n_segments; i++)
        if (sx_wide_why_bad(wide, state->segments[i].id, bad)) tell_segment(finder, state->segments[i].id, bad);
    if (p->n) qsort(p->docs, p->n, sizeof *p->docs, by_id);
    return LLM_OK;
}

llm_status sx_wide_proof_make(sx_wide_proof **out, sx_wide *wide, llm_error *err)
{
    sx_wide_proof *p = sx_mem_zalloc(wide->mem, sizeof *p);
    *out = NULL;
    if (!p) return sx_fail_memory(err);
    p->wide = wide;
    llm_status status = sx_snapshot_for_mending(wide, &p->now, err);
    if (status == LLM_E_CORRUPT) sx_wide_mark_astray(wide); /* not even its tables can be read */
    if (status)
        sx_wide_proof_free(p);
    else
        *out = p;
    return status;
}

void sx_wide_proof_free(sx_wide_proof *p)
{
    if (!p) return;
    sx_snapshot_release(p->wide, p->now);
    sx_mem_free(p->wide->mem, p->docs);
    sx_mem_free(p->wide->mem, p);
}

bool sx_wide_proof_holds(const sx_wide_proof *p)
{
    uint64_t now;
    return sx_store_generation(p->wide->store, &now, NULL) == LLM_OK && now == p->now->state.generation;
}

/* ---- single documents ---- */

static said *find(const sx_wide_proof *p, int64_t id, size_t *n)
{
    const said key = {.id = id};
    said *at = p->n ? bsearch(&key, p->docs, p->n, sizeof key, by_id) : NULL;
    *n = at != NULL;
    if (!at) return NULL;
    while (at > p->docs && at[-1].id == id) at--;
    for (*n = 1; at + *n < p->docs + p->n && at[*n].id == id; ++*n) continue;
    return at;
}

void sx_wide_proof_meet(sx_wide_proof *p, int64_t id)
{
    size_t n;
    said *at = find(p, id, &n);
    for (size_t i = 0; i < n; i++) at[i].met = true;
}

static bool waits(const sx_wide_proof *p, const sx_store_doc *doc)
{
    const sx_store_state *s = &p->now->state;
    for (size_t low = 0, high = s->n_pending; low < high;) { /* by name */
        size_t mid = low + (high - low) / 2;
        int order = strcmp(s->pending[mid].name, doc->name);
        if (order == 0) return s->pending[mid].id == doc->id;
        *(order < 0 ? &low : &high) = order < 0 ? mid + 1 : mid;
    }
    return false;
}

static llm_status add_list(void *user, uint64_t key, const uint32_t *units, const uint32_t *codes, uint32_t n)
{
    uint64_t *sum = user;
    for (uint32_t i = 0; i < n; i++) *sum += sum_of_posting(key, units[i], codes[i]);
    return LLM_OK;
}

static llm_status expected(sx_mem *mem, const sx_store_doc *doc, const sx_doc_view *view, uint64_t *sum, llm_error *err)
{
    const sx_fold_doc item = {doc->id, view->tree, view->index};
    *sum = 0;
    for (uint32_t i = 0; i < view->index->n_leaves; i++) {
        uint32_t words = view->index->leaf_words[i];
        *sum += sum_of_words(i, words > UINT16_MAX ? UINT16_MAX : words);
    }
    return sx_fold_lists(mem, &item, add_list, sum, err);
}

/* What is wrong with a segment by what it says of a document. */
static llm_status blame(int64_t segment, fault what, const char *doc, llm_error *err)
{
    static const char *const said_of[] = {
        [TWICE] = "which stands in another place of the index too",
        [GONE] = "which is said to be gone",
        [WRONG] = "but not what is in its text: it is damaged, or was made by another version",
    };
    return sx_fail(err, LLM_E_CORRUPT, "segment %lld of the index holds document %s, %s", (long long)segment, doc,
                   said_of[what]);
}

static fault fault_of(const sx_wide_proof *p, const sx_store_doc *doc, const said *at, size_t n, uint64_t sum,
                      const sx_index *index)
{
    const sx_store_state *s = &p->now->state;
    if (n > 1 || waits(p, doc)) return TWICE;
    if (sx_is_dead(s->tombstones, s->n_tombstones, doc->id)) return GONE;
    return at->sum == sum && at->leaves == index->n_leaves && at->lang == index->lang ? NONE : WRONG;
}

llm_status sx_wide_proof_doc(sx_wide_proof *p, const sx_store_doc *doc, const sx_doc_view *view, llm_error *err)
{
    size_t n;
    uint64_t sum;
    const said *at = find(p, doc->id, &n);
    if (!p->now->state.has_segments || (waits(p, doc) && !n)) return LLM_OK;
    if (n == 0) {
        sx_wide_mark_astray(p->wide);
        return sx_fail(err, LLM_E_CORRUPT, "the index does not know of document %s: a search would not find it",
                       doc->name);
    }
    llm_status status = expected(p->wide->mem, doc, view, &sum, err);
    if (status) return status;
    fault what = fault_of(p, doc, at, n, sum, view->index);
    if (what == NONE) return LLM_OK;
    for (size_t i = 0; i < n; i++) {
        llm_error why = {sizeof why, 0, {0}};
        blame(at[i].segment, what, doc->name, &why);
        status = sx_wide_mark_bad(p->wide, at[i].segment, why.message, err);
        if (status) return status;
    }
    return blame(at->segment, what, doc->name, err);
}

/* ---- the rest ---- */

void sx_wide_proof_rest(sx_wide_proof *p, const sx_finder *finder)
{
    const sx_store_state *s = &p->now->state;
    llm_error told = {sizeof told, 0, {0}};
    size_t vain = 0, n;
    for (size_t i = 0; i < p->n; i++) {
        const said *d = &p->docs[i];
        if (d->met || sx_is_dead(s->tombstones, s->n_tombstones, d->id) || sx_wide_is_bad(p->wide, d->segment))
            continue;
        sx_fail(&told, LLM_E_CORRUPT, "segment %lld of the index holds a document that is not there (number %lld)",
                (long long)d->segment, (long long)d->id);
        if (sx_wide_mark_bad(p->wide, d->segment, told.message, NULL) == LLM_OK)
            finder->found(finder->user, NULL, told.message);
    }
    for (size_t t = 0; t < s->n_tombstones; t++) vain += !find(p, s->tombstones[t], &n);
    if (!vain || sx_wide_needs_mending(p->wide)) return; /* they may be of what is damaged */
    sx_wide_mark_astray(p->wide);
    sx_fail(&told, LLM_E_CORRUPT, "%zu document%s said to be gone from the index %s not in it; nothing is lost by that",
            vain, vain == 1 ? "" : "s", vain == 1 ? "is" : "are");
    finder->found(finder->user, NULL, told.message);
}
