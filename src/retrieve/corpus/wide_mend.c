/* Damaged segments: left aside as soon as they are met, their documents ranked whole in their place, and taken away by the
 * next who may write. Segments are made of documents: nothing is lost with one but the time to make it anew. */
#include <stdlib.h>
#include <string.h>

#include "platform/utf8.h"
#include "retrieve/corpus/wide_inside.h"

/* ---- which ---- */

bool sx_wide_needs_mending(sx_wide *wide)
{
    pthread_mutex_lock(&wide->lock);
    bool any = wide->n_bad || wide->astray;
    pthread_mutex_unlock(&wide->lock);
    return any;
}

bool sx_wide_why_bad(sx_wide *wide, int64_t segment, char why[128])
{
    bool bad = false;
    pthread_mutex_lock(&wide->lock);
    for (size_t i = 0; i < wide->n_bad && !bad; i++) {
        bad = wide->bad[i].id == segment;
        if (bad) memcpy(why, wide->bad[i].why, sizeof wide->bad[i].why);
    }
    pthread_mutex_unlock(&wide->lock);
    return bad;
}

bool sx_wide_is_bad(sx_wide *wide, int64_t segment)
{
    char why[128];
    return sx_wide_why_bad(wide, segment, why);
}

llm_status sx_wide_mark_bad(sx_wide *wide, int64_t segment, const char *why, llm_error *err)
{
    if (sx_wide_is_bad(wide, segment)) return LLM_OK;
    pthread_mutex_lock(&wide->lock);
    int full = sx_mem_grow(wide->mem, (void **)&wide->bad, &wide->bad_cap, wide->n_bad + 1, sizeof *wide->bad);
    if (!full) {
        sx_bad_segment *bad = &wide->bad[wide->n_bad++];
        size_t n = sx_utf8_floor(why, strlen(why) < sizeof bad->why ? strlen(why) : sizeof bad->why - 1);
        *bad = (sx_bad_segment){.id = segment};
        memcpy(bad->why, why, n);
    }
    pthread_mutex_unlock(&wide->lock);
    if (full) return sx_fail_memory(err);
    sx_snapshot_forget(wide);
    return LLM_OK;
}

llm_status sx_wide_missed(sx_wide *wide, const sx_snapshot *s, llm_status status, llm_error *err)
{
    uint64_t now;
    if (status != LLM_E_NOT_FOUND) return status;
    if (sx_store_generation(wide->store, &now, NULL) != LLM_OK || now != s->state.generation) return status;
    return sx_fail(err, LLM_E_CORRUPT, "rows of the index are missing");
}

void sx_wide_mark_astray(sx_wide *wide)
{
    pthread_mutex_lock(&wide->lock);
    wide->astray = true;
    pthread_mutex_unlock(&wide->lock);
    sx_snapshot_forget(wide);
}

/* ---- documents that no sound segment holds ---- */

typedef struct strays {
    sx_wide *wide;
    sx_store_doc *docs; /* [n], names owned */
    size_t n, cap;
} strays;

static llm_status take(void *user, const sx_store_doc *doc)
{
    strays *a = user;
    sx_mem *mem = a->wide->mem;
    if (sx_mem_grow(mem, (void **)&a->docs, &a->cap, a->n + 1, sizeof *a->docs)) return LLM_E_MEMORY;
    a->docs[a->n] = *doc;
    a->docs[a->n].about = NULL;
    a->docs[a->n].about_size = 0;
    a->docs[a->n].name = sx_mem_strndup(mem, doc->name, strlen(doc->name));
    return a->docs[a->n].name ? (a->n++, LLM_OK) : LLM_E_MEMORY;
}

/* Is the document in one of the segments of a snapshot? One that turns out damaged is marked: LLM_MORE. */
static llm_status is_held(sx_wide *wide, const sx_snapshot *s, int64_t id, bool *held, llm_error *err)
{
    *held = false;
    for (uint32_t p = 0; p < s->seek.n && !*held; p++) {
        sx_seg_doc doc;
        const sx_segment *segment = &s->seek.parts[p].segment;
        llm_error why = {sizeof why, 0, {0}};
        llm_status status = sx_segment_doc_by_id(segment, &wide->rows, id, &doc, &why);
        status = sx_wide_missed(wide, s, status, &why);
        if (status == LLM_E_CORRUPT) status = sx_wide_mark_bad(wide, segment->id, why.message, &why);
        if (status == LLM_OK && sx_wide_is_bad(wide, segment->id)) return LLM_MORE;
        if (status == LLM_E_NOT_FOUND) return LLM_MORE;
        if (status) return sx_fail(err, status, "%s", why.message);
        *held = doc.id == id;
    }
    return LLM_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const sx_store_doc *)a)->name, ((const sx_store_doc *)b)->name);
}

static bool is_pending(const sx_store_state *state, const sx_store_doc *doc)
{
    const sx_store_doc *there = state->n_pending ? bsearch(doc, state->pending, state->n_pending, sizeof *doc, by_name)
                                                 : NULL;
    return there && there->id == doc->id;
}

/* Moves one document to the pending ones; its name goes along. */
static llm_status move(sx_wide *wide, sx_snapshot *s, sx_store_doc *doc, llm_error *err)
{
    if (sx_mem_grow(wide->mem, (void **)&s->state.pending, &s->state.pending_cap, s->state.n_pending + 1,
                    sizeof *s->state.pending) ||
        sx_mem_grow(wide->mem, (void **)&s->around, &s->around_cap, s->n_around + 1, sizeof *s->around))
        return sx_fail_memory(err);
    s->around[s->n_around++] = doc->id;
    s->state.pending[s->state.n_pending++] = *doc;
    doc->name = NULL;
    return LLM_OK;
}

static llm_status refuse(size_t n, llm_error *err)
{
    return sx_fail(
        err, LLM_E_CORRUPT,
        "the index of %zu documents is damaged, too many to be searched without it; the documents are whole: "
        "write to the corpus (sextant check --mend) and the index is made anew",
        n);
}

llm_status sx_snapshot_around(sx_wide *wide, sx_snapshot *s, bool limited, llm_error *err)
{
    strays a = {.wide = wide};
    uint64_t bytes = 0, now;
    size_t waiting = s->state.n_pending;
    llm_status status = sx_store_list(wide->store, take, &a, err);
    if (status == LLM_E_MEMORY) sx_fail_memory(err);
    if (!status) status = sx_store_generation(wide->store, &now, err);
    if (!status && now != s->state.generation) status = LLM_MORE;
    for (size_t i = 0; i < a.n && !status; i++) {
        bool held = false;
        const sx_store_state so_far = {.pending = s->state.pending, .n_pending = waiting};
        if (is_pending(&so_far, &a.docs[i])) continue;
        status = is_held(wide, s, a.docs[i].id, &held, err);
        if (status || held) continue;
        bytes += a.docs[i].bytes;
        status = move(wide, s, &a.docs[i], err);
    }
    for (size_t i = 0; i < a.n; i++) sx_mem_free(wide->mem, (void *)(uintptr_t)a.docs[i].name);
    sx_mem_free(wide->mem, a.docs);
    if (!status && limited && bytes > wide->around_bytes) status = refuse(s->n_around, err);
    if (!status && s->n_around) qsort(s->state.pending, s->state.n_pending, sizeof *s->state.pending, by_name);
    return status;
}

/* ---- suspicion ---- */

/* Are all documents of a segment there that ought to be? */
static llm_status check_ids(sx_wide *wide, const sx_snapshot *s, const sx_segment *segment, const strays *all,
                            llm_error *err)
{
    llm_status status = LLM_OK;
    for (uint32_t d = 0; d < segment->n_docs && !status; d++) {
        sx_seg_doc doc;
        bool there = false;
        status = sx_segment_doc(segment, &wide->rows, d, &doc, err);
        if (status || sx_is_dead(s->state.tombstones, s->state.n_tombstones, doc.id)) continue;
        for (size_t low = 0, high = all->n; low < high && !there;) {
            size_t mid = low + (high - low) / 2;
            there = all->docs[mid].id == doc.id;
            *(all->docs[mid].id < doc.id ? &low : &high) = all->docs[mid].id < doc.id ? mid + 1 : mid;
        }
        if (!there)
            status = sx_fail(err, LLM_E_CORRUPT, "segment %lld of the index holds a document that is not there",
                             (long long)segment->id);
    }
    return status;
}

static int by_id(const void *a, const void *b)
{
    const sx_store_doc *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

static llm_status walk_all(sx_wide *wide, const sx_snapshot *s, bool *found, llm_error *err)
{
    strays all = {.wide = wide};
    uint64_t now;
    llm_status status = sx_store_list(wide->store, take, &all, err);
    if (!status) status = sx_store_generation(wide->store, &now, err);
    if (!status && now != s->state.generation) status = LLM_MORE; /* nobody may be accused of another one's documents */
    if (all.n) qsort(all.docs, all.n, sizeof *all.docs, by_id);
    for (uint32_t p = 0; p < s->seek.n && !status; p++) {
        const sx_segment *segment = &s->seek.parts[p].segment;
        llm_error why = {sizeof why, 0, {0}};
        status = sx_wide_walk(wide, segment, NULL, NULL, &why);
        if (!status) status = check_ids(wide, s, segment, &all, &why);
        status = sx_wide_missed(wide, s, status, &why);
        if (status != LLM_E_CORRUPT) continue;
        *found = true;
        wide->port.warn(wide->port.user, why.message);
        status = sx_wide_mark_bad(wide, segment->id, why.message, err);
    }
    for (size_t i = 0; i < all.n; i++) sx_mem_free(wide->mem, (void *)(uintptr_t)all.docs[i].name);
    sx_mem_free(wide->mem, all.docs);
    return status;
}

llm_status sx_wide_suspect(sx_wide *wide, uint64_t generation, llm_status status)
{
    sx_snapshot *s = NULL;
    bool found = false;
    uint64_t now = 0;
    if (status != LLM_E_CORRUPT && status != LLM_MORE) return status;
    if (sx_store_generation(wide->store, &now, NULL) != LLM_OK || now != generation) return status;
    if (sx_snapshot_current(wide, &s, NULL) != LLM_OK) return status;
    pthread_mutex_lock(&wide->lock);
    bool innocent = wide->innocent == s->state.generation;
    pthread_mutex_unlock(&wide->lock);
    llm_status walked = innocent ? LLM_E_CORRUPT : walk_all(wide, s, &found, NULL);
    if (walked == LLM_OK && !found && sx_store_generation(wide->store, &now, NULL) == LLM_OK &&
        now == s->state.generation) {
        pthread_mutex_lock(&wide->lock);
        wide->innocent = now;
        pthread_mutex_unlock(&wide->lock);
    }
    sx_snapshot_release(wide, s);
    return found ? LLM_MORE : status;
}

/* ---- mending ---- */

static llm_status take_away(sx_wide *wide, const sx_snapshot *s, int64_t *bad, int64_t *unburied, llm_error *err)
{
    size_t n_bad = 0, n_unburied = 0;
    llm_status status = LLM_OK;
    for (size_t i = 0; i < s->state.n_segments; i++)
        if (sx_wide_is_bad(wide, s->state.segments[i].id)) bad[n_bad++] = s->state.segments[i].id;
    for (size_t t = 0; t < s->state.n_tombstones && !status; t++) {
        bool held;
        status = is_held(wide, s, s->state.tombstones[t], &held, err);
        if (!status && !held) unburied[n_unburied++] = s->state.tombstones[t];
    }
    const sx_store_fold at = {.replaced = bad,
                              .n_replaced = n_bad,
                              .unburied = unburied,
                              .n_unburied = n_unburied,
                              .unsettled = s->around,
                              .n_unsettled = s->n_around};
    if (!status && (n_bad || n_unburied || s->n_around)) status = sx_store_put_segment(wide->store, &at, err);
    return status;
}

llm_status sx_wide_mend(sx_wide *wide, llm_error *err)
{
    sx_snapshot *s = NULL;
    llm_status status = LLM_MORE;
    if (!sx_wide_needs_mending(wide)) return LLM_OK;
    for (int i = 0; i < 16 && status == LLM_MORE; i++) status = sx_snapshot_for_mending(wide, &s, err);
    if (!status) {
        int64_t *bad = sx_mem_array(wide->mem, s->state.n_segments + 1, sizeof *bad);
        int64_t *unburied = sx_mem_array(wide->mem, s->state.n_tombstones + 1, sizeof *unburied);
        status = bad && unburied ? take_away(wide, s, bad, unburied, err) : sx_fail_memory(err);
        sx_mem_free(wide->mem, bad);
        sx_mem_free(wide->mem, unburied);
        sx_snapshot_release(wide, s);
    }
    if (status == LLM_E_CORRUPT)
        status = sx_store_remake_index(wide->store, err); /* it cannot even be read or removed */
    if (status) return status;
    pthread_mutex_lock(&wide->lock);
    wide->n_bad = 0; /* an id is never given again */
    wide->astray = false;
    pthread_mutex_unlock(&wide->lock);
    sx_snapshot_forget(wide);
    return LLM_OK;
}
