/* Which documents there are and which of them are in memory. */
#include <string.h>

#include "retrieve/corpus/inside.h"

void sx_forget(llm_error *err)
{
    if (!err) return;
    err->code = LLM_OK;
    err->message[0] = '\0';
}

/* ---- documents in memory; the lock is held ---- */

static void entry_unref(sx_corpus *corpus, sx_entry *e)
{
    if (!e || --e->refs > 0) return;
    sx_tree_unref(e->tree);
    sx_index_free(e->index);
    sx_mem_free(corpus->mem, e);
}

static void drop_entry(sx_corpus *corpus, sx_entry *e)
{
    if (!e) return;
    corpus->cached_bytes -= e->bytes;
    entry_unref(corpus, e);
}

static void uncache(sx_corpus *corpus, sx_row *row)
{
    drop_entry(corpus, row->cached);
    row->cached = NULL;
    for (int i = 0; row->variants && i < SX_VARIANTS; i++) drop_entry(corpus, row->variants[i].entry);
    sx_mem_free(corpus->mem, row->variants);
    row->variants = NULL;
}

static void listing_unref(sx_corpus *corpus, sx_listing *list)
{
    if (!list || --list->refs > 0) return;
    for (size_t i = 0; i < list->count; i++) {
        uncache(corpus, &list->rows[i]);
        sx_mem_free(corpus->mem, (void *)(uintptr_t)list->rows[i].doc.name);
        sx_mem_free(corpus->mem, (void *)(uintptr_t)list->rows[i].doc.about);
    }
    sx_mem_free(corpus->mem, list->rows);
    sx_mem_free(corpus->mem, list);
}

static bool in_use(const sx_row *row)
{
    if (row->cached && row->cached->refs > 1) return true;
    for (int i = 0; row->variants && i < SX_VARIANTS; i++)
        if (row->variants[i].entry && row->variants[i].entry->refs > 1) return true;
    return false;
}

/* Drops the longest unused documents of the current list until what is cached is small enough. */
static void make_room(sx_corpus *corpus, const sx_row *but)
{
    while (corpus->cached_bytes > corpus->cache_bytes && corpus->list) {
        sx_row *oldest = NULL;
        for (size_t i = 0; i < corpus->list->count; i++) {
            sx_row *row = &corpus->list->rows[i];
            if (row != but && (row->cached || row->variants) && !in_use(row) && (!oldest || row->used < oldest->used))
                oldest = row;
        }
        if (!oldest) break;
        uncache(corpus, oldest);
    }
}

static void cache(sx_corpus *corpus, sx_row *row, sx_entry *e)
{
    if (row->cached) return;
    row->cached = e;
    row->used = ++corpus->clock;
    e->refs++;
    corpus->cached_bytes += e->bytes;
    make_room(corpus, row);
}

/* ---- the list ---- */

sx_row *sx_listing_find(sx_listing *list, const char *name)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = strcmp(list->rows[mid].doc.name, name);
        if (order == 0) return &list->rows[mid];
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

typedef struct {
    sx_mem *mem;
    sx_listing *list;
} gatherer;

static llm_status gather(void *user, const sx_store_doc *doc)
{
    gatherer *g = user;
    sx_listing *list = g->list;
    if (sx_mem_grow(g->mem, (void **)&list->rows, &list->cap, list->count + 1, sizeof(sx_row))) return LLM_E_MEMORY;
    sx_row *row = &list->rows[list->count];
    *row = (sx_row){.doc = *doc};
    row->doc.about = NULL;
    row->doc.name = sx_mem_strndup(g->mem, doc->name, strlen(doc->name));
    if (!row->doc.name) return LLM_E_MEMORY;
    list->count++;
    if (doc->about_size) {
        char *about = sx_mem_alloc(g->mem, doc->about_size);
        row->doc.about = about;
        if (!about) return LLM_E_MEMORY;
        memcpy(about, doc->about, doc->about_size);
    }
    row->damaged = !sx_about_read(&row->about, row->doc.about, doc->about_size);
    return LLM_OK;
}

/* What the old list has in memory, the new one has too. Both are sorted by name. */
static void inherit(sx_corpus *corpus, sx_listing *list, const sx_listing *old)
{
    size_t j = 0;
    for (size_t i = 0; old && i < list->count; i++) {
        sx_row *row = &list->rows[i];
        while (j < old->count && strcmp(old->rows[j].doc.name, row->doc.name) < 0) j++;
        if (j == old->count) break;
        const sx_row *was = &old->rows[j];
        if (was->doc.id != row->doc.id || !was->cached) continue;
        cache(corpus, row, was->cached);
        row->used = was->used;
    }
}

/* ---- what was just written; the lock is held ---- */

static void drop_fresh(sx_corpus *corpus, unsigned i)
{
    if (!corpus->fresh[i]) return;
    corpus->fresh_bytes -= corpus->fresh[i]->bytes;
    entry_unref(corpus, corpus->fresh[i]);
    corpus->fresh[i] = NULL;
}

static sx_entry *find_fresh(const sx_corpus *corpus, const sx_store_doc *doc)
{
    for (unsigned i = 0; i < SX_FRESH; i++) {
        sx_entry *e = corpus->fresh[i];
        if (e && memcmp(e->tree->nodes[0].hash, doc->hash, sizeof doc->hash) == 0 && !strcmp(e->tree->name, doc->name))
            return e;
    }
    return NULL;
}

/* A new list takes up what is its own. */
static void take_up(sx_corpus *corpus, sx_listing *list)
{
    for (unsigned i = 0; i < SX_FRESH; i++) {
        sx_entry *e = corpus->fresh[i];
        sx_row *row = e ? sx_listing_find(list, e->tree->name) : NULL;
        if (row && memcmp(row->doc.hash, e->tree->nodes[0].hash, sizeof row->doc.hash) == 0) cache(corpus, row, e);
    }
}

void sx_entry_keep(sx_corpus *corpus, sx_entry *e)
{
    pthread_mutex_lock(&corpus->lock);
    corpus->newest = (corpus->newest + 1) % SX_FRESH;
    drop_fresh(corpus, corpus->newest);
    corpus->fresh[corpus->newest] = e;
    e->refs++;
    corpus->fresh_bytes += e->bytes;
    for (unsigned k = 1; k < SX_FRESH && corpus->fresh_bytes > corpus->fresh_most; k++)
        drop_fresh(corpus, (corpus->newest + k) % SX_FRESH);
    pthread_mutex_unlock(&corpus->lock);
}

sx_entry *sx_entry_fresh(sx_corpus *corpus, const sx_store_doc *doc)
{
    pthread_mutex_lock(&corpus->lock);
    sx_entry *e = find_fresh(corpus, doc);
    if (e) e->refs++;
    pthread_mutex_unlock(&corpus->lock);
    return e;
}

void sx_entries_forget(sx_corpus *corpus)
{
    for (unsigned i = 0; i < SX_FRESH; i++) drop_fresh(corpus, i);
}

llm_status sx_listing_of(sx_corpus *corpus, const char *name, sx_listing **out, llm_error *err)
{
    *out = NULL;
    sx_listing *list = sx_mem_zalloc(corpus->mem, sizeof *list);
    if (!list) return sx_fail_memory(err);
    list->refs = 1;
    gatherer g = {corpus->mem, list};
    llm_status status = sx_store_tell(corpus->store, name, gather, &g, err);
    if (status == LLM_E_MEMORY) sx_fail_memory(err);
    pthread_mutex_lock(&corpus->lock);
    if (status != LLM_OK) {
        listing_unref(corpus, list);
    } else {
        for (size_t i = 0; i < list->count; i++) { /* one at most */
            sx_row *row = &list->rows[i], *was = corpus->list ? sx_listing_find(corpus->list, name) : NULL;
            sx_entry *e = was && was->doc.id == row->doc.id ? was->cached : find_fresh(corpus, &row->doc);
            if (e) cache(corpus, row, e);
        }
        *out = list;
    }
    pthread_mutex_unlock(&corpus->lock);
    return status;
}

llm_status sx_listing_current(sx_corpus *corpus, sx_listing **out, llm_error *err)
{
    uint64_t generation;
    *out = NULL;
    llm_status status = sx_store_generation(corpus->store, &generation, err);
    if (status != LLM_OK) return status;
    pthread_mutex_lock(&corpus->lock);
    if (corpus->list && corpus->list->generation == generation) {
        *out = corpus->list;
        corpus->list->refs++;
    }
    pthread_mutex_unlock(&corpus->lock);
    if (*out) return LLM_OK;

    sx_listing *list = sx_mem_zalloc(corpus->mem, sizeof *list);
    if (!list) return sx_fail_memory(err);
    list->refs = 1;
    list->generation = generation;
    gatherer g = {corpus->mem, list};
    status = sx_store_list(corpus->store, gather, &g, err);
    if (status == LLM_E_MEMORY) sx_fail_memory(err);
    pthread_mutex_lock(&corpus->lock);
    if (status == LLM_OK) {
        sx_listing *old = corpus->list;
        inherit(corpus, list, old);
        take_up(corpus, list);
        corpus->list = list;
        list->refs++;
        *out = list;
        list = old;
    }
    listing_unref(corpus, list);
    pthread_mutex_unlock(&corpus->lock);
    return status;
}

void sx_listing_release(sx_corpus *corpus, sx_listing *list)
{
    pthread_mutex_lock(&corpus->lock);
    listing_unref(corpus, list);
    pthread_mutex_unlock(&corpus->lock);
}

/* ---- loading ---- */

void sx_entry_release(sx_corpus *corpus, sx_entry *e)
{
    pthread_mutex_lock(&corpus->lock);
    entry_unref(corpus, e);
    pthread_mutex_unlock(&corpus->lock);
}

llm_status sx_entry_make(sx_corpus *corpus, sx_tree *tree, sx_index *index, size_t blobs, sx_entry **out,
                         llm_error *err)
{
    sx_entry *e = sx_mem_zalloc(corpus->mem, sizeof *e);
    if (!e) {
        sx_tree_unref(tree);
        sx_index_free(index);
        return sx_fail_memory(err);
    }
    *e = (sx_entry){tree, index, tree->text_len + (size_t)tree->count * sizeof(sx_node) + blobs + 256, 1};
    *out = e;
    return LLM_OK;
}

/* Reads a document from the store and proves it: section hashes, tree invariants, root hash, index. */
llm_status sx_entry_load(sx_corpus *corpus, const sx_store_doc *doc, sx_entry **out, llm_error *err)
{
    void *text = NULL, *blob = NULL;
    size_t text_len, size, index_size = 0;
    sx_tree *tree = NULL;
    sx_index *index = NULL;
    llm_status status = sx_store_read(corpus->store, doc->id, SX_SECTION_TEXT, &text, &text_len, err);
    if (status != LLM_OK) return status;
    status = sx_store_read(corpus->store, doc->id, SX_SECTION_TREE, &blob, &size, err);
    if (status != LLM_OK) {
        sx_mem_free(corpus->mem, text);
        return status;
    }
    status = sx_tree_load(&tree, corpus->mem, doc->name, text, text_len, blob, size, true, err);
    sx_mem_free(corpus->mem, blob);
    if (status == LLM_OK && (memcmp(tree->nodes[0].hash, doc->hash, sizeof doc->hash) != 0 ||
                             tree->count != doc->nodes || text_len != doc->bytes))
        status = sx_fail(err, LLM_E_CORRUPT,
                         "document %s is not the one the corpus lists under its name; ingest it again", doc->name);
    if (status == LLM_OK) status = sx_store_read(corpus->store, doc->id, SX_SECTION_INDEX, &blob, &index_size, err);
    if (status == LLM_OK) {
        status = sx_index_load(&index, corpus->mem, tree, blob, index_size, err);
        sx_mem_free(corpus->mem, blob);
    }
    if (status == LLM_OK) return sx_entry_make(corpus, tree, index, 2 * index_size, out, err);
    sx_tree_unref(tree);
    return status;
}

static llm_status get_whole(sx_corpus *corpus, sx_row *row, sx_entry **out, llm_error *err)
{
    pthread_mutex_lock(&corpus->lock);
    *out = row->cached;
    if (row->cached) {
        row->cached->refs++;
        row->used = ++corpus->clock;
    }
    pthread_mutex_unlock(&corpus->lock);
    if (*out) return LLM_OK;
    llm_status status = sx_entry_load(corpus, &row->doc, out, err);
    if (status != LLM_OK) return status;
    pthread_mutex_lock(&corpus->lock);
    cache(corpus, row, *out);
    pthread_mutex_unlock(&corpus->lock);
    return LLM_OK;
}

/* ---- documents that are not seen whole ---- */

bool sx_row_visible(const sx_row *row, const char *labels)
{
    return !labels || (!row->damaged && sx_about_open_to(&row->about, labels));
}

static sx_entry *find_variant(sx_corpus *corpus, sx_row *row, const unsigned char key[SX_HASH_BYTES])
{
    sx_entry *e = NULL;
    pthread_mutex_lock(&corpus->lock);
    for (int i = 0; row->variants && i < SX_VARIANTS && !e; i++)
        if (row->variants[i].entry && memcmp(row->variants[i].key, key, SX_HASH_BYTES) == 0) e = row->variants[i].entry;
    if (e) {
        e->refs++;
        row->used = ++corpus->clock;
    }
    pthread_mutex_unlock(&corpus->lock);
    return e;
}

/* The one made longest ago makes place. Without memory it just is not kept. */
static void keep_variant(sx_corpus *corpus, sx_row *row, const unsigned char key[SX_HASH_BYTES], sx_entry *e)
{
    pthread_mutex_lock(&corpus->lock);
    if (!row->variants) row->variants = sx_mem_array(corpus->mem, SX_VARIANTS, sizeof *row->variants);
    if (row->variants) {
        drop_entry(corpus, row->variants[SX_VARIANTS - 1].entry);
        memmove(row->variants + 1, row->variants, (SX_VARIANTS - 1) * sizeof *row->variants);
        memcpy(row->variants[0].key, key, SX_HASH_BYTES);
        row->variants[0].entry = e;
        row->used = ++corpus->clock;
        e->refs++;
        corpus->cached_bytes += e->bytes;
        make_room(corpus, row);
    }
    pthread_mutex_unlock(&corpus->lock);
}

/* The document without what is hidden, with an index of its own: nothing of the rest is in any count. */
static llm_status make_variant(sx_corpus *corpus, const sx_entry *whole, const sx_span *hidden, size_t n,
                               sx_entry **out, llm_error *err)
{
    sx_tree *tree = NULL;
    sx_index *index = NULL;
    llm_status status = sx_tree_cut(&tree, whole->tree, hidden, n, corpus->mem, err);
    if (status != LLM_OK) return status;
    status = sx_index_build_from(&index, corpus->mem, tree, NULL, NULL, &corpus->wording, NULL, err);
    if (status == LLM_OK) return sx_entry_make(corpus, tree, index, tree->text_len, out, err);
    sx_tree_unref(tree);
    return status;
}

static llm_status get_cut(sx_corpus *corpus, sx_row *row, const sx_span *hidden, size_t n, sx_entry **out,
                          llm_error *err)
{
    unsigned char key[SX_HASH_BYTES];
    sx_entry *whole = NULL;
    sx_hash(key, hidden, n * sizeof *hidden);
    *out = find_variant(corpus, row, key);
    if (*out) return LLM_OK;
    llm_status status = get_whole(corpus, row, &whole, err);
    if (status == LLM_OK && hidden[n - 1].end > whole->tree->text_len)
        status = sx_fail(err, LLM_E_CORRUPT, "a label of document %s stands behind its end; label it again",
                         row->doc.name);
    if (status == LLM_OK) status = make_variant(corpus, whole, hidden, n, out, err);
    if (status == LLM_OK) keep_variant(corpus, row, key, *out);
    if (whole) sx_entry_release(corpus, whole);
    return status;
}

llm_status sx_entry_get(sx_corpus *corpus, sx_row *row, const char *labels, sx_entry **out, llm_error *err)
{
    sx_span *hidden = NULL;
    size_t n = 0;
    *out = NULL;
    if (sx_about_hidden(&row->about, labels, corpus->mem, &hidden, &n)) return sx_fail_memory(err);
    llm_status status = n ? get_cut(corpus, row, hidden, n, out, err) : get_whole(corpus, row, out, err);
    sx_mem_free(corpus->mem, hidden);
    return status;
}
