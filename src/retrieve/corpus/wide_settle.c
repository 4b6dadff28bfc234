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
        llm_error why = {sizeof why, 0, {0}};
        status = wide->port.get(wide->port.user, &docs[i], n, &view, &holds[held], &why);
        if (status == LLM_E_CORRUPT) { /* it waits on, and keeps the others from nothing */
            wide->port.warn(wide->port.user, why.message);
            status = LLM_OK;
            continue;
        }
        if (status) {
            sx_fail(err, status, "%s", why.message);
            break;
        }
        ids[held] = docs[i].id;
        items[held++] = (sx_fold_doc){docs[i].id, view.tree, view.index};
    }
    if (!status && held) status = sx_fold_docs(&fold, wide->mem, items, (uint32_t)held, cancel, err);
    for (size_t i = 0; i < held; i++) wide->port.release(wide->port.user, holds[i]);
    sx_store_fold at = {.level = 0, .settled = ids, .n_settled = held};
    if (!status && held) status = put(wide, &fold, &at, err);
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

/* What turns out to be damaged on the way is mended the next time. */
static llm_status settle_once(sx_wide *wide, const llm_cancel *cancel, llm_error *err)
{
    sx_store_state state;
    uint64_t now;
    llm_status status = sx_wide_mend(wide, err);
    if (status == LLM_OK) status = sx_store_state_read(wide->store, &state, err);
    if (status != LLM_OK) return status;
    status = fold_pending(wide, &state, wide->pending_bytes, cancel, err);
    sx_store_state_free(wide->store, &state);
    if (status == LLM_OK) status = join_all(wide, cancel, err);
    if (status == LLM_E_CORRUPT && sx_store_generation(wide->store, &now, NULL) == LLM_OK)
        status = sx_wide_suspect(wide, now, status);
    return status;
}

llm_status sx_wide_settle(sx_wide *wide, size_t bytes, const llm_cancel *cancel, llm_error *err)
{
    size_t before = atomic_load(&wide->waiting);
    if (before != SIZE_MAX && !sx_wide_needs_mending(wide)) {
        before = atomic_fetch_add(&wide->waiting, bytes + wide->pending_bytes / PENDING_DOCS);
        if (before + bytes <= wide->pending_bytes) return LLM_OK;
    }
    if (pthread_mutex_trylock(&wide->settling) != 0) return LLM_OK; /* another thread is at it */
    llm_status status = settle_once(wide, cancel, err);
    if (status != LLM_E_CANCELLED && sx_wide_needs_mending(wide)) status = settle_once(wide, cancel, err);
    pthread_mutex_unlock(&wide->settling);
    return status == LLM_MORE ? LLM_OK : status;
}

void sx_wide_rest(sx_wide *wide)
{
    sx_store_state state;
    sx_store_impatient(wide->store);
    if (sx_wide_needs_mending(wide) && sx_wide_mend(wide, NULL) == LLM_OK) atomic_store(&wide->waiting, SIZE_MAX - 1);
    size_t waiting = atomic_load(&wide->waiting), enough = wide->pending_bytes / REST_SHARE;
    if (waiting == SIZE_MAX || waiting <= enough) return; /* nothing was written, or hardly anything */
    if (sx_store_state_read(wide->store, &state, NULL) != LLM_OK) return;
    if (state.n_segments || waiting == SIZE_MAX - 1) fold_pending(wide, &state, enough, NULL, NULL);
    sx_store_state_free(wide->store, &state);
}
