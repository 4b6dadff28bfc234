/* What is kept open between questions: the snapshot of the segments, trees, rows. */
#include <stdlib.h>
#include <string.h>

#include "retrieve/corpus/wide_inside.h"

static void drop_tree(void *user, sx_lru_node *node)
{
    sx_wide *wide = user;
    sx_tree_unref(((sx_kept_tree *)node)->tree);
    sx_mem_free(wide->mem, node);
}

llm_status sx_wide_open(sx_wide **out, sx_mem *mem, sx_store *store, const sx_wide_port *port, sx_wording *wording,
                        size_t budget, size_t pending_bytes, llm_error *err)
{
    sx_wide *wide = sx_mem_zalloc(mem, sizeof *wide);
    *out = NULL;
    if (!wide) return sx_fail_memory(err);
    wide->mem = mem;
    wide->store = store;
    wide->port = *port;
    wide->wording = wording;
    wide->pending_bytes = pending_bytes;
    wide->around_bytes = budget / 4;
    wide->innocent = UINT64_MAX;
    atomic_init(&wide->waiting, SIZE_MAX);
    sx_lru_init(&wide->trees, budget / 2, drop_tree, wide);
    pthread_mutex_init(&wide->lock, NULL); /* a default mutex of this libc asks for nothing and cannot fail */
    pthread_mutex_init(&wide->settling, NULL);
    llm_status status = sx_rows_init(&wide->rows, mem, store, budget / 2, err);
    if (status != LLM_OK)
        sx_wide_close(wide);
    else
        *out = wide;
    return status;
}

/* ---- snapshots ---- */

static void free_snapshot(sx_wide *wide, sx_snapshot *s)
{
    for (uint32_t i = 0; s->seek.parts && i < s->seek.n; i++) sx_segment_close(&s->seek.parts[i].segment, &wide->rows);
    sx_mem_free(wide->mem, s->seek.parts);
    sx_mem_free(wide->mem, s->gone);
    sx_mem_free(wide->mem, s->around);
    sx_store_state_free(wide->store, &s->state);
    sx_mem_free(wide->mem, s);
}

void sx_snapshot_release(sx_wide *wide, sx_snapshot *snapshot)
{
    if (!snapshot) return;
    pthread_mutex_lock(&wide->lock);
    bool last = --snapshot->refs == 0;
    pthread_mutex_unlock(&wide->lock);
    if (last) free_snapshot(wide, snapshot);
}

void sx_wide_close(sx_wide *wide)
{
    if (!wide) return;
    sx_snapshot_release(wide, wide->now);
    sx_lru_clear(&wide->trees);
    sx_rows_free(&wide->rows);
    sx_mem_free(wide->mem, wide->bad);
    pthread_mutex_destroy(&wide->lock);
    pthread_mutex_destroy(&wide->settling);
    sx_mem_free(wide->mem, wide);
}

static int by_first_id(const void *a, const void *b)
{
    uint64_t x = sx_fixed_at(((const sx_seek_part *)a)->segment.doc_directory, 8);
    uint64_t y = sx_fixed_at(((const sx_seek_part *)b)->segment.doc_directory, 8);
    return x < y ? -1 : x > y;
}

/* Finds in a segment what tombstones say is gone; both are sorted by id. */
static llm_status mark_gone(sx_wide *wide, sx_snapshot *s, sx_seek_part *part, size_t room, llm_error *err)
{
    sx_seg_doc doc, last;
    llm_status status = sx_segment_doc(&part->segment, &wide->rows, part->segment.n_docs - 1, &last, err);
    int64_t first = (int64_t)sx_fixed_at(part->segment.doc_directory, 8);
    part->n_docs = part->segment.n_docs;
    for (size_t t = 0; t < s->state.n_tombstones && !status; t++) {
        int64_t id = s->state.tombstones[t];
        if (id < first || id > last.id) continue;
        status = sx_segment_doc_by_id(&part->segment, &wide->rows, id, &doc, err);
        if (!status && doc.id && part->n_gone == room) status = sx_segment_damaged(&part->segment, err); /* in two */
        if (!status && doc.id) part->n_docs--;
        if (!status && doc.id && doc.leaves) part->gone[part->n_gone++] = (sx_gone){doc.first, doc.first + doc.leaves};
    }
    return status;
}

static llm_status open_part(sx_wide *wide, sx_snapshot *s, const sx_store_segment *at, size_t *used, llm_error *err)
{
    sx_seek_part *part = &s->seek.parts[s->seek.n];
    *part = (sx_seek_part){.gone = s->gone + *used};
    llm_status status = sx_segment_open(&part->segment, &wide->rows, at, err);
    if (status) return sx_wide_missed(wide, s, status, err);
    status = sx_wide_missed(wide, s, mark_gone(wide, s, part, s->state.n_tombstones - *used, err), err);
    if (status) {
        sx_segment_close(&part->segment, &wide->rows);
        return status;
    }
    *used += part->n_gone;
    s->seek.n++;
    return LLM_OK;
}

/* A damaged one is left aside. */
static llm_status open_parts(sx_wide *wide, sx_snapshot *s, bool warn, llm_error *err)
{
    llm_status status = LLM_OK;
    size_t n = s->state.n_segments, used = 0;
    s->seek = (sx_seek){.mem = wide->mem, .rows = &wide->rows};
    s->seek.parts = sx_mem_array(wide->mem, n + 1, sizeof *s->seek.parts);
    s->gone = sx_mem_array(wide->mem, s->state.n_tombstones + 1, sizeof *s->gone);
    if (!s->seek.parts || !s->gone) return sx_fail_memory(err);
    for (size_t i = 0; i < n && !status; i++) {
        llm_error why = {sizeof why, 0, {0}};
        if (sx_wide_is_bad(wide, s->state.segments[i].id)) continue;
        status = open_part(wide, s, &s->state.segments[i], &used, &why);
        if (status == LLM_E_CORRUPT && warn) wide->port.warn(wide->port.user, why.message);
        if (status == LLM_E_CORRUPT)
            status = sx_wide_mark_bad(wide, s->state.segments[i].id, why.message, err);
        else if (status)
            sx_fail(err, status, "%s", why.message);
    }
    if (!status && s->seek.n) qsort(s->seek.parts, s->seek.n, sizeof *s->seek.parts, by_first_id);
    return status;
}

static llm_status make_snapshot(sx_wide *wide, sx_snapshot **out, bool limited, llm_error *err)
{
    sx_snapshot *s = sx_mem_zalloc(wide->mem, sizeof *s);
    *out = NULL;
    if (!s) return sx_fail_memory(err);
    s->refs = 1;
    llm_status status = sx_store_state_read(wide->store, &s->state, err);
    if (status == LLM_OK) status = open_parts(wide, s, limited, err);
    if (status == LLM_OK && s->state.has_segments && sx_wide_needs_mending(wide))
        status = sx_snapshot_around(wide, s, limited, err);
    if (status == LLM_OK)
        *out = s;
    else
        free_snapshot(wide, s);
    return status == LLM_E_NOT_FOUND ? LLM_MORE : status; /* a segment was joined to others meanwhile */
}

llm_status sx_snapshot_for_mending(sx_wide *wide, sx_snapshot **out, llm_error *err)
{
    return make_snapshot(wide, out, false, err);
}

/* Puts it in the place of the one that is kept. */
static void keep_snapshot(sx_wide *wide, sx_snapshot *s)
{
    pthread_mutex_lock(&wide->lock);
    sx_snapshot *old = wide->now;
    wide->now = s;
    if (s) s->refs++;
    pthread_mutex_unlock(&wide->lock);
    sx_snapshot_release(wide, old);
}

void sx_snapshot_forget(sx_wide *wide)
{
    keep_snapshot(wide, NULL);
}

llm_status sx_snapshot_current(sx_wide *wide, sx_snapshot **out, llm_error *err)
{
    uint64_t generation;
    *out = NULL;
    llm_status status = sx_store_generation(wide->store, &generation, err);
    if (status != LLM_OK) return status;
    pthread_mutex_lock(&wide->lock);
    if (wide->now && wide->now->state.generation == generation) {
        *out = wide->now;
        wide->now->refs++;
    }
    pthread_mutex_unlock(&wide->lock);
    if (*out) return LLM_OK;
    status = make_snapshot(wide, out, true, err);
    if (status == LLM_OK) keep_snapshot(wide, *out);
    return status;
}

llm_status sx_wide_has_segments(sx_wide *wide, bool *any, llm_error *err)
{
    sx_snapshot *s = NULL;
    *any = false;
    llm_status status = LLM_MORE;
    for (int i = 0; i < 16 && status == LLM_MORE; i++) status = sx_snapshot_current(wide, &s, err);
    if (status != LLM_OK) return status == LLM_MORE ? LLM_E_IO : status;
    *any = s->seek.n > 0;
    sx_snapshot_release(wide, s);
    return LLM_OK;
}

/* ---- trees ---- */

/* The store's sums, which hang on the document's hash, prove text and tree; so does what the tree says of its root. All nodes'
 * hashes would take longer than everything else a question asks for. */
static llm_status load_tree(sx_wide *wide, int64_t id, sx_tree **out, llm_error *err)
{
    sx_store_doc doc;
    void *text = NULL, *blob = NULL;
    size_t text_len, size;
    llm_status status = sx_store_get(wide->store, id, &doc, err);
    if (status != LLM_OK) return status;
    status = sx_store_read(wide->store, id, SX_SECTION_TEXT, &text, &text_len, err);
    if (status == LLM_OK) status = sx_store_read(wide->store, id, SX_SECTION_TREE, &blob, &size, err);
    if (status == LLM_OK)
        status = sx_tree_load(out, wide->mem, doc.name, text, text_len, blob, size, false, err);
    else
        sx_mem_free(wide->mem, text);
    sx_mem_free(wide->mem, blob);
    if (status == LLM_OK && memcmp((*out)->nodes[0].hash, doc.hash, sizeof doc.hash) != 0) {
        status = sx_fail(err, LLM_E_CORRUPT,
                         "document %s is not the one the corpus lists under its name; ingest it again", doc.name);
        sx_tree_unref(*out);
    }
    sx_mem_free(wide->mem, (void *)(uintptr_t)doc.name);
    return status;
}

llm_status sx_kept_get(sx_wide *wide, int64_t id, sx_kept_tree **out, llm_error *err)
{
    sx_tree *tree;
    pthread_mutex_lock(&wide->lock);
    *out = (sx_kept_tree *)sx_lru_find(&wide->trees, id, 0);
    pthread_mutex_unlock(&wide->lock);
    if (*out) return LLM_OK;
    llm_status status = load_tree(wide, id, &tree, err);
    if (status != LLM_OK) return status == LLM_E_NOT_FOUND ? LLM_MORE : status;
    sx_kept_tree *kept = sx_mem_zalloc(wide->mem, sizeof *kept);
    if (!kept) {
        sx_tree_unref(tree);
        return sx_fail_memory(err);
    }
    kept->tree = tree;
    kept->node.key = id;
    kept->node.bytes = tree->text_len + (size_t)tree->count * sizeof(sx_node) + sizeof *kept + sizeof *tree;
    pthread_mutex_lock(&wide->lock);
    *out = (sx_kept_tree *)sx_lru_add(&wide->trees, &kept->node);
    pthread_mutex_unlock(&wide->lock);
    return LLM_OK;
}

void sx_kept_release(sx_wide *wide, sx_kept_tree *kept)
{
    pthread_mutex_lock(&wide->lock);
    sx_lru_release(&wide->trees, &kept->node);
    pthread_mutex_unlock(&wide->lock);
}
