/* The keeping of segments. All of it is made outside of the store's locks and put in place by one short write, which fails
 * with LLM_MORE when somebody else was faster: then there is nothing left to do. */
#include <stdlib.h>
#include <string.h>

#include "retrieve/corpus/wide_inside.h"

enum {
    PENDING_DOCS = 256,    /* that may wait, however short they are */
    REST_SHARE = 16,       /* of what may wait: less is left waiting when the corpus is closed */
    FOLD_BYTES = 32 << 20, /* of text that goes into one segment at a time */
    JOINED = 8,            /* segments of a level become one of the next */
    JOINED_UNITS = 1 << 20 /* but none larger than this */
};

static llm_status put(sx_wide *wide, const sx_fold *fold, sx_store_fold *at, llm_error *err)
{
    size_t n = fold->n_docs ? fold->writer.n_rows : 0;
    sx_blob *rows = sx_mem_array(wide->mem, n + 1, sizeof *rows);
    if (!rows) return sx_fail_memory(err);
    for (size_t i = 0; i < n; i++) rows[i] = (sx_blob){fold->writer.rows[i].data, fold->writer.rows[i].len};
    at->units = fold->n_units;
    at->rows = rows;
    at->n_rows = (uint32_t)n;
    llm_status status = sx_store_put_segment(wide->store, at, err);
    sx_mem_free(wide->mem, rows);
    return status;
}

/* ---- documents into a segment ---- */

static int by_id(const void *a, const void *b)
{
    const sx_store_doc *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

static llm_status fold_some(sx_wide *wide, const sx_store_doc *docs, size_t n, const llm_cancel *cancel, llm_error *err)
{
    sx_fold_doc *items = sx_mem_array(wide->mem, n, sizeof *items);
    int64_t *ids = sx_mem_array(wide->mem, n, sizeof *ids);
    void **holds = sx_mem_array(wide->mem, n, sizeof *holds);
    size_t held = 0;
    sx_fold fold = {0};
    llm_status status = items && ids && holds ? LLM_OK : sx_fail_memory(err);
    for (size_t i = 0; i < n && !status; i++) {
        sx_doc_view view;
        status = wide->port.get(wide->port.user, &docs[i], n, &view, &holds[i], err);
        if (status) break;
        held++;
        ids[i] = docs[i].id;
        items[i] = (sx_fold_doc){docs[i].id, view.tree, view.index};
    }
    if (!status) status = sx_fold_docs(&fold, wide->mem, items, (uint32_t)n, cancel, err);
    for (size_t i = 0; i < held; i++) wide->port.release(wide->port.user, holds[i]);
    sx_store_fold at = {.level = 0, .settled = ids, .n_settled = n};
    if (!status) status = put(wide, &fold, &at, err);
    sx_fold_free(&fold, wide->mem);
    sx_mem_free(wide->mem, items);
    sx_mem_free(wide->mem, ids);
    sx_mem_free(wide->mem, holds);
    return status == LLM_E_NOT_FOUND ? LLM_MORE : status;
}

/* What was edited since it went into a segment has a tombstone and waits on: a segment knows a document by its id alone. */
static void leave_buried(sx_wide *wide, sx_store_state *state)
{
    size_t n = 0;
    for (size_t i = 0; i < state->n_pending; i++) {
        if (sx_is_dead(state->tombstones, state->n_tombstones, state->pending[i].id))
            sx_mem_free(wide->mem, (void *)(uintptr_t)state->pending[i].name);
        else
            state->pending[n++] = state->pending[i];
    }
    state->n_pending = n;
}

static llm_status fold_pending(sx_wide *wide, sx_store_state *state, size_t may_wait, const llm_cancel *cancel,
                               llm_error *err)
{
    uint64_t bytes = 0;
    llm_status status = LLM_OK;
    leave_buried(wide, state);
    for (size_t i = 0; i < state->n_pending; i++) bytes += state->pending[i].bytes;
    atomic_store(&wide->waiting, bytes > may_wait ? 0 : (size_t)bytes);
    if (bytes <= may_wait && state->n_pending <= PENDING_DOCS) return LLM_OK;
    qsort(state->pending, state->n_pending, sizeof *state->pending, by_id);
    for (size_t first = 0, last; first < state->n_pending && !status; first = last) {
        for (last = first, bytes = 0; last < state->n_pending && (last == first || bytes < FOLD_BYTES); last++)
            bytes += state->pending[last].bytes;
        status = fold_some(wide, state->pending + first, last - first, cancel, err);
    }
    return status;
}

/* ---- segments into one ---- */

/* Which neighbours to join: enough of one level in a row, or a single one that has much that is gone. */
static uint32_t find_joinable(const sx_snapshot *s, uint32_t *first)
{
    for (uint32_t i = 0; i < s->seek.n; i++) {
        uint64_t units = 0, gone = 0;
        uint32_t n = 0;
        const sx_seek_part *part = &s->seek.parts[i];
        for (uint32_t g = 0; g < part->n_gone; g++) gone += part->gone[g].last - part->gone[g].first;
        *first = i;
        if (gone * 4 > part->segment.n_units || part->n_gone > 256) return 1;
        while (i + n < s->seek.n && s->seek.parts[i + n].segment.level == part->segment.level && n < JOINED)
            units += s->seek.parts[i + n++].segment.n_units;
        if (n == JOINED && units <= JOINED_UNITS) return n;
    }
    return 0;
}

static llm_status join(sx_wide *wide, const sx_snapshot *s, uint32_t first, uint32_t n, const llm_cancel *cancel,
                       llm_error *err)
{
    sx_segment segments[JOINED];
    int64_t ids[JOINED], *unburied = sx_mem_array(wide->mem, s->state.n_tombstones + 1, sizeof *unburied);
    size_t n_unburied = 0;
    sx_fold fold = {0};
    llm_status status = unburied ? LLM_OK : sx_fail_memory(err);
    for (uint32_t i = 0; i < n && !status; i++) {
        segments[i] = s->seek.parts[first + i].segment;
        ids[i] = segments[i].id;
        for (size_t t = 0; t < s->state.n_tombstones && !status; t++) {
            sx_seg_doc doc;
            status = sx_segment_doc_by_id(&segments[i], &wide->rows, s->state.tombstones[t], &doc, err);
            if (!status && doc.id) unburied[n_unburied++] = doc.id;
        }
    }
    if (!status)
        status = sx_fold_segments(&fold, wide->mem, segments, n, &wide->rows, s->state.tombstones,
                                  s->state.n_tombstones, cancel, err);
    sx_store_fold at = {.level = segments[0].level + (n > 1),
                        .replaced = ids,
                        .n_replaced = n,
                        .unburied = unburied,
                        .n_unburied = n_unburied};
    if (!status) status = put(wide, &fold, &at, err);
    sx_fold_free(&fold, wide->mem);
    sx_mem_free(wide->mem, unburied);
    return status == LLM_E_NOT_FOUND ? LLM_MORE : status;
}

static llm_status join_all(sx_wide *wide, const llm_cancel *cancel, llm_error *err)
{
    for (;;) {
        sx_snapshot *s;
        uint32_t first = 0;
        llm_status status = sx_snapshot_current(wide, &s, err);
        if (status) return status;
        uint32_t n = find_joinable(s, &first);
        if (n) status = join(wide, s, first, n, cancel, err);
        sx_snapshot_release(wide, s);
        if (!n || status) return status;
    }
}

llm_status sx_wide_settle(sx_wide *wide, size_t bytes, const llm_cancel *cancel, llm_error *err)
{
    sx_store_state state;
    size_t before = atomic_load(&wide->waiting);
    if (before != SIZE_MAX) {
        before = atomic_fetch_add(&wide->waiting, bytes + wide->pending_bytes / PENDING_DOCS);
        if (before + bytes <= wide->pending_bytes) return LLM_OK;
    }
    if (pthread_mutex_trylock(&wide->settling) != 0) return LLM_OK; /* another thread is at it */
    llm_status status = sx_store_state_read(wide->store, &state, err);
    if (status == LLM_OK) {
        status = fold_pending(wide, &state, wide->pending_bytes, cancel, err);
        sx_store_state_free(wide->store, &state);
    }
    if (status == LLM_OK) status = join_all(wide, cancel, err);
    pthread_mutex_unlock(&wide->settling);
    return status == LLM_MORE ? LLM_OK : status;
}

void sx_wide_rest(sx_wide *wide)
{
    sx_store_state state;
    size_t waiting = atomic_load(&wide->waiting), enough = wide->pending_bytes / REST_SHARE;
    if (waiting == SIZE_MAX || waiting <= enough) return; /* nothing was written, or hardly anything */
    if (sx_store_state_read(wide->store, &state, NULL) != LLM_OK) return;
    sx_store_impatient(wide->store);
    if (state.n_segments) fold_pending(wide, &state, enough, NULL, NULL);
    sx_store_state_free(wide->store, &state);
}

/* ---- proof ---- */

static llm_status check_list(sx_wide *wide, const sx_segment *segment, const sx_seg_list *list, sx_seg_row *pin,
                             sx_cursor *c, llm_error *err)
{
    llm_status status = sx_cursor_open(c, segment, &wide->rows, list, sx_rows_share(&wide->rows, pin), err);
    for (; !status && c->block < c->n_blocks; c->block++) {
        status = sx_cursor_decode(c, err);
        if (!status) status = sx_cursor_codes(c, err);
    }
    sx_cursor_close(c);
    return status;
}

static llm_status check_terms(sx_wide *wide, const sx_segment *segment, sx_cursor *c, llm_error *err)
{
    llm_status status = LLM_OK;
    for (uint32_t i = 0; i < segment->n_term_rows && !status; i++) {
        sx_seg_row *pin;
        sx_seg_list list = {0};
        status = sx_rows_pin(&wide->rows, segment->id, sx_segment_term_row(segment, i), &pin, err);
        if (status) break;
        sx_seg_lists lists = sx_seg_lists_of(segment, i, pin);
        while (!status && sx_seg_next_list(&lists, &list)) status = check_list(wide, segment, &list, pin, c, err);
        if (!status && lists.in.bad) status = sx_segment_damaged(segment, err);
        sx_rows_unpin(&wide->rows, pin);
    }
    return status;
}

static llm_status check_docs(sx_wide *wide, const sx_segment *segment, llm_error *err)
{
    llm_status status = LLM_OK;
    uint32_t units = 0;
    sx_seg_row *row;
    sx_seg_doc doc;
    for (uint32_t d = 0; d < segment->n_docs && !status; d++) {
        status = sx_segment_doc(segment, &wide->rows, d, &doc, err);
        if (!status && doc.first != units) status = sx_segment_damaged(segment, err);
        units += doc.leaves;
    }
    if (!status && units != segment->n_units) status = sx_segment_damaged(segment, err);
    for (uint32_t u = 0; u < segment->n_units && !status; u += SX_WORDS_ROW) {
        status = sx_segment_words(segment, &wide->rows, u, &row, err);
        if (!status) sx_rows_unpin(&wide->rows, row);
    }
    return status;
}

llm_status sx_wide_check(sx_wide *wide, llm_error *err)
{
    sx_snapshot *s = NULL;
    llm_status status = LLM_MORE;
    for (int i = 0; i < 16 && status == LLM_MORE; i++) {
        status = sx_snapshot_current(wide, &s, err);
        if (status) continue;
        sx_cursor *c = sx_mem_alloc(wide->mem, sizeof *c);
        if (!c) status = sx_fail_memory(err);
        for (uint32_t p = 0; p < s->seek.n && !status; p++) {
            status = check_docs(wide, &s->seek.parts[p].segment, err);
            if (!status) status = check_terms(wide, &s->seek.parts[p].segment, c, err);
        }
        sx_mem_free(wide->mem, c);
        sx_snapshot_release(wide, s);
        if (status == LLM_E_NOT_FOUND) status = LLM_MORE; /* joined meanwhile */
    }
    return status;
}
