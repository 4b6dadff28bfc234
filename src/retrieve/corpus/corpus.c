/* A corpus: the store below, and above it the documents that are in memory. A list of the documents is made afresh when the
 * store's generation has changed, and never altered but for what is cached in its rows; whoever works on it holds a
 * reference, so that retrievals go on undisturbed while documents come and go. Loading and reading happen outside the lock. */
#include <pthread.h>
#include <string.h>

#include "platform/crypto.h"
#include "platform/file.h"
#include "platform/utf8.h"
#include "retrieve/navigate/navigate.h"
#include "retrieve/read/reader.h"
#include "store/store.h"

enum {
    NAME_BYTES = 1024,
    RETRIES = 16 /* a list may be overtaken by replacements so often before a reader gives up */
};
#define DEFAULT_MAX_BYTES (UINT64_C(256) << 20)
#define CACHE_BYTES       (UINT64_C(512) << 20)

/* A document in memory. Counted under the corpus's lock. */
typedef struct {
    sx_tree *tree;
    sx_index *index;
    size_t bytes; /* about what it takes */
    unsigned refs;
} entry;

typedef struct {
    sx_store_doc doc; /* name owned */
    entry *cached;    /* or NULL; under the lock */
    uint64_t used;    /* when it was last asked for; under the lock */
} row;

typedef struct {
    row *rows; /* [count], sorted by name */
    size_t count, cap;
    uint64_t generation;
    unsigned refs; /* under the lock */
} listing;

struct sx_corpus {
    sx_mem *mem;
    sx_store *store;
    uint64_t max_bytes;
    const sx_log *log;
    pthread_mutex_t lock; /* list, the rows' caches, all counts below */
    listing *list;        /* or NULL */
    size_t cached_bytes;
    uint64_t clock;
};

/* ---- documents in memory; the lock is held ---- */

static void entry_unref(sx_corpus *corpus, entry *e)
{
    if (!e || --e->refs > 0) return;
    sx_tree_unref(e->tree);
    sx_index_free(e->index);
    sx_mem_free(corpus->mem, e);
}

static void uncache(sx_corpus *corpus, row *r)
{
    if (!r->cached) return;
    corpus->cached_bytes -= r->cached->bytes;
    entry_unref(corpus, r->cached);
    r->cached = NULL;
}

static void listing_unref(sx_corpus *corpus, listing *list)
{
    if (!list || --list->refs > 0) return;
    for (size_t i = 0; i < list->count; i++) {
        uncache(corpus, &list->rows[i]);
        sx_mem_free(corpus->mem, (void *)(uintptr_t)list->rows[i].doc.name);
    }
    sx_mem_free(corpus->mem, list->rows);
    sx_mem_free(corpus->mem, list);
}

/* Gives an entry to a row's cache, then drops the longest unused ones of the current list until it is small enough. */
static void cache(sx_corpus *corpus, row *r, entry *e)
{
    if (r->cached) return;
    r->cached = e;
    r->used = ++corpus->clock;
    e->refs++;
    corpus->cached_bytes += e->bytes;
    while (corpus->cached_bytes > CACHE_BYTES && corpus->list) {
        row *oldest = NULL;
        for (size_t i = 0; i < corpus->list->count; i++) {
            row *other = &corpus->list->rows[i];
            if (other != r && other->cached && other->cached->refs == 1 && (!oldest || other->used < oldest->used))
                oldest = other;
        }
        if (!oldest) break;
        uncache(corpus, oldest);
    }
}

static row *find_row(listing *list, const char *name)
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

/* ---- the list ---- */

typedef struct {
    sx_mem *mem;
    listing *list;
} gatherer;

static llm_status gather(void *user, const sx_store_doc *doc)
{
    gatherer *g = user;
    listing *list = g->list;
    if (sx_mem_grow(g->mem, (void **)&list->rows, &list->cap, list->count + 1, sizeof(row))) return LLM_E_MEMORY;
    row *r = &list->rows[list->count];
    *r = (row){.doc = *doc};
    r->doc.name = sx_mem_strndup(g->mem, doc->name, strlen(doc->name));
    if (!r->doc.name) return LLM_E_MEMORY;
    list->count++;
    return LLM_OK;
}

/* What the old list has in memory, the new one has too. Both are sorted by name. */
static void inherit(sx_corpus *corpus, listing *list, const listing *old)
{
    size_t j = 0;
    for (size_t i = 0; old && i < list->count; i++) {
        row *r = &list->rows[i];
        while (j < old->count && strcmp(old->rows[j].doc.name, r->doc.name) < 0) j++;
        if (j == old->count) break;
        const row *was = &old->rows[j];
        if (was->doc.id != r->doc.id || !was->cached) continue;
        cache(corpus, r, was->cached);
        r->used = was->used;
    }
}

/* The documents as they are now; the caller gives its reference back with release(). */
static llm_status current(sx_corpus *corpus, listing **out, llm_error *err)
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

    listing *list = sx_mem_zalloc(corpus->mem, sizeof *list);
    if (!list) return sx_fail_memory(err);
    list->refs = 1;
    list->generation = generation;
    gatherer g = {corpus->mem, list};
    status = sx_store_list(corpus->store, gather, &g, err);
    if (status == LLM_E_MEMORY) sx_fail_memory(err);
    pthread_mutex_lock(&corpus->lock);
    if (status == LLM_OK) {
        listing *old = corpus->list;
        inherit(corpus, list, old);
        corpus->list = list;
        list->refs++;
        *out = list;
        list = old;
    }
    listing_unref(corpus, list);
    pthread_mutex_unlock(&corpus->lock);
    return status;
}

static void release(sx_corpus *corpus, listing *list)
{
    pthread_mutex_lock(&corpus->lock);
    listing_unref(corpus, list);
    pthread_mutex_unlock(&corpus->lock);
}

static void release_entry(sx_corpus *corpus, entry *e)
{
    pthread_mutex_lock(&corpus->lock);
    entry_unref(corpus, e);
    pthread_mutex_unlock(&corpus->lock);
}

/* ---- loading ---- */

static llm_status make_entry(sx_corpus *corpus, sx_tree *tree, sx_index *index, size_t blobs, entry **out,
                             llm_error *err)
{
    entry *e = sx_mem_zalloc(corpus->mem, sizeof *e);
    if (!e) {
        sx_tree_unref(tree);
        sx_index_free(index);
        return sx_fail_memory(err);
    }
    *e = (entry){tree, index, tree->text_len + (size_t)tree->count * sizeof(sx_node) + blobs + 256, 1};
    *out = e;
    return LLM_OK;
}

/* Reads a document from the store and proves it: section hashes, tree invariants, root hash, index. */
static llm_status load(sx_corpus *corpus, const sx_store_doc *doc, entry **out, llm_error *err)
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
    status = sx_tree_load(&tree, corpus->mem, doc->name, text, text_len, blob, size, err);
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
    if (status == LLM_OK) return make_entry(corpus, tree, index, 2 * index_size, out, err);
    sx_tree_unref(tree);
    return status;
}

/* The document of a row, from memory or the store; the caller gives it back with release_entry(). */
static llm_status get(sx_corpus *corpus, row *r, entry **out, llm_error *err)
{
    pthread_mutex_lock(&corpus->lock);
    *out = r->cached;
    if (r->cached) {
        r->cached->refs++;
        r->used = ++corpus->clock;
    }
    pthread_mutex_unlock(&corpus->lock);
    if (*out) return LLM_OK;
    llm_status status = load(corpus, &r->doc, out, err);
    if (status != LLM_OK) return status;
    pthread_mutex_lock(&corpus->lock);
    cache(corpus, r, *out);
    pthread_mutex_unlock(&corpus->lock);
    return LLM_OK;
}

/* ---- opening ---- */

llm_status sx_corpus_open(sx_corpus **out, sx_mem *mem, const char *path, const sx_corpus_params *params,
                          llm_error *err)
{
    *out = NULL;
    sx_corpus *corpus = sx_mem_zalloc(mem, sizeof *corpus);
    if (!corpus) return sx_fail_memory(err);
    corpus->mem = mem;
    corpus->max_bytes = params && params->max_doc_bytes ? params->max_doc_bytes : DEFAULT_MAX_BYTES;
    corpus->log = params ? params->log : NULL;
    if (pthread_mutex_init(&corpus->lock, NULL) != 0) {
        sx_mem_free(mem, corpus);
        return sx_fail_memory(err);
    }
    llm_status status = sx_store_open(&corpus->store, mem, path, params && params->readonly, err);
    if (status != LLM_OK) {
        sx_corpus_close(corpus);
        return status;
    }
    *out = corpus;
    return LLM_OK;
}

void sx_corpus_close(sx_corpus *corpus)
{
    if (!corpus) return;
    listing_unref(corpus, corpus->list);
    sx_store_close(corpus->store);
    pthread_mutex_destroy(&corpus->lock);
    sx_mem_free(corpus->mem, corpus);
}

/* ---- ingest ---- */

/* Is this very text there already, whole and sound? Then there is nothing to do. A damaged one is replaced. */
static llm_status unchanged(sx_corpus *corpus, const char *name, const char *text, size_t len, uint32_t format,
                            bool *same, llm_error *err)
{
    listing *list;
    *same = false;
    llm_status status = current(corpus, &list, err);
    if (status != LLM_OK) return status;
    row *r = find_row(list, name);
    if (r && r->doc.bytes == len && r->doc.format == format) {
        entry *e = NULL;
        status = get(corpus, r, &e, err);
        if (status == LLM_OK) {
            *same = memcmp(e->tree->text, text, len) == 0;
            release_entry(corpus, e);
        } else if (status == LLM_E_CORRUPT || status == LLM_E_NOT_FOUND) {
            if (err) {
                err->code = LLM_OK;
                err->message[0] = '\0';
            }
            status = LLM_OK;
        }
    }
    release(corpus, list);
    return status;
}

/* What was just written is in memory anyway: keep it, if the list now has it. */
static void keep(sx_corpus *corpus, const char *name, entry *e)
{
    listing *list;
    if (current(corpus, &list, NULL) != LLM_OK) return;
    pthread_mutex_lock(&corpus->lock);
    row *r = find_row(list, name);
    if (r && memcmp(r->doc.hash, e->tree->nodes[0].hash, sizeof r->doc.hash) == 0) cache(corpus, r, e);
    listing_unref(corpus, list);
    pthread_mutex_unlock(&corpus->lock);
}

static llm_status write_entry(sx_corpus *corpus, entry *e, uint32_t format, llm_error *err)
{
    sx_buf tree_blob, index_blob;
    sx_buf_init(&tree_blob, corpus->mem, 0);
    sx_buf_init(&index_blob, corpus->mem, 0);
    llm_status status = sx_tree_save(e->tree, &tree_blob);
    if (status == LLM_OK) status = sx_index_save(e->index, &index_blob);
    if (status == LLM_E_MEMORY)
        sx_fail_memory(err);
    else if (status != LLM_OK)
        sx_fail(err, status, "document %s is too long to be stored", e->tree->name);
    if (status == LLM_OK) {
        sx_store_doc doc = {
            .name = e->tree->name, .bytes = e->tree->text_len, .nodes = e->tree->count, .format = format};
        memcpy(doc.hash, e->tree->nodes[0].hash, sizeof doc.hash);
        sx_blob sections[SX_SECTIONS] = {
            {e->tree->text, e->tree->text_len}, {tree_blob.data, tree_blob.len}, {index_blob.data, index_blob.len}};
        status = sx_store_put(corpus->store, &doc, sections, err);
    }
    sx_buf_free(&tree_blob);
    sx_buf_free(&index_blob);
    return status;
}

static llm_status check_name(const char *name, llm_error *err)
{
    size_t len = strlen(name);
    if (len == 0) return sx_fail(err, LLM_E_INVALID, "a document needs a name");
    if (len > NAME_BYTES)
        return sx_fail(err, LLM_E_INVALID, "a document's name has %zu bytes; the limit is %d", len, NAME_BYTES);
    if (sx_utf8_check(name, len) != len) return sx_fail(err, LLM_E_INVALID, "a document's name must be UTF-8");
    return LLM_OK;
}

static llm_status check_text(const sx_corpus *corpus, const char *name, const char *text, size_t len, llm_error *err)
{
    if (len > corpus->max_bytes)
        return sx_fail(err, LLM_E_LIMIT, "%s has %zu bytes; the limit is %llu (raise max_doc_bytes to take it)", name,
                       len, (unsigned long long)corpus->max_bytes);
    size_t bad = sx_utf8_check(text, len);
    if (bad != len)
        return sx_fail(err, LLM_E_UTF8,
                       "%s is not UTF-8: byte 0x%02X at offset %zu; convert it first, for instance with iconv -t "
                       "UTF-8",
                       name, (unsigned)(unsigned char)text[bad], bad);
    return LLM_OK;
}

/* Takes over the tree: indexes it and writes both. */
static llm_status ingest_tree(sx_corpus *corpus, sx_tree *tree, uint32_t format, const llm_cancel *cancel,
                              llm_error *err)
{
    sx_index *index = NULL;
    entry *e = NULL;
    llm_status status = sx_index_build(&index, corpus->mem, tree, cancel, err);
    if (status != LLM_OK) {
        sx_tree_unref(tree);
        return status;
    }
    status = make_entry(corpus, tree, index, tree->text_len, &e, err);
    if (status != LLM_OK) return status;
    if (sx_cancelled(cancel))
        status = sx_fail(err, LLM_E_CANCELLED, "ingesting %s was cancelled; nothing was changed", tree->name);
    if (status == LLM_OK) status = write_entry(corpus, e, format, err);
    if (status == LLM_OK) {
        keep(corpus, tree->name, e);
        if (corpus->log)
            sx_log_write(corpus->log, LLM_LOG_INFO, "ingested %s: %zu bytes, %u nodes", tree->name, tree->text_len,
                         tree->count);
    }
    release_entry(corpus, e);
    return status;
}

/* Takes over doc's text, which is canonical: its own, or (foreign) made with marks. */
static llm_status ingest_text(sx_corpus *corpus, const char *name, sx_foreign *doc, uint32_t format,
                              const llm_cancel *cancel, llm_error *err)
{
    sx_tree *tree = NULL;
    bool same = false;
    llm_status status = check_text(corpus, name, doc->text, doc->text_len, err);
    if (status == LLM_OK) status = unchanged(corpus, name, doc->text, doc->text_len, format, &same, err);
    if (status != LLM_OK || same) return status;
    if (sx_format_is_foreign(format)) {
        status = sx_foreign_tree(&tree, doc, name, cancel, err);
    } else {
        char *text = doc->text;
        doc->text = NULL;
        status = sx_read_tree(&tree, corpus->mem, name, text, doc->text_len, format, cancel, err);
    }
    return status == LLM_OK ? ingest_tree(corpus, tree, format, cancel, err) : status;
}

/* Takes over bytes: the text itself, or a document of a foreign format. */
static llm_status ingest_owned(sx_corpus *corpus, const char *name, char *bytes, size_t len, uint32_t format,
                               const llm_cancel *cancel, llm_error *err)
{
    sx_foreign doc = {.mem = corpus->mem, .text = bytes, .text_len = len};
    llm_status status = LLM_OK;
    if (format == 0) format = sx_reader_format(name, bytes, len);
    if (sx_format_is_foreign(format)) {
        status = sx_foreign_read(&doc, corpus->mem, name, format, bytes, len, corpus->max_bytes, cancel, err);
        sx_mem_free(corpus->mem, bytes);
    }
    if (status == LLM_OK) status = ingest_text(corpus, name, &doc, format, cancel, err);
    sx_foreign_free(&doc);
    return status;
}

llm_status sx_corpus_ingest(sx_corpus *corpus, const char *name, const char *text, size_t len, uint32_t format,
                            const llm_cancel *cancel, llm_error *err)
{
    llm_status status = check_name(name, err);
    if (status == LLM_OK && len > corpus->max_bytes) status = check_text(corpus, name, text, len, err); /* too long */
    if (status != LLM_OK) return status;
    char *copy = sx_mem_alloc(corpus->mem, len + 1);
    if (!copy) return sx_fail_memory(err);
    if (len) memcpy(copy, text, len);
    copy[len] = '\0';
    return ingest_owned(corpus, name, copy, len, format, cancel, err);
}

llm_status sx_corpus_ingest_file(sx_corpus *corpus, const char *path, const char *name, uint32_t format,
                                 const llm_cancel *cancel, llm_error *err)
{
    char *text;
    size_t len;
    if (!name) {
        const char *slash = strrchr(path, '/');
        name = slash ? slash + 1 : path;
    }
    llm_status status = check_name(name, err);
    if (status == LLM_OK) status = sx_file_read(corpus->mem, path, corpus->max_bytes, &text, &len, err);
    if (status != LLM_OK) return status;
    if (format == 0) format = sx_reader_format(path, text, len);
    return ingest_owned(corpus, name, text, len, format, cancel, err);
}

llm_status sx_corpus_remove(sx_corpus *corpus, const char *name, llm_error *err)
{
    return sx_store_remove(corpus->store, name, err);
}

/* ---- asking ---- */

llm_status sx_corpus_list(sx_corpus *corpus, llm_status (*fn)(void *user, const sx_doc_info *doc), void *user,
                          llm_error *err)
{
    listing *list;
    llm_status status = current(corpus, &list, err);
    if (status != LLM_OK) return status;
    for (size_t i = 0; i < list->count && status == LLM_OK; i++) {
        const sx_store_doc *doc = &list->rows[i].doc;
        sx_doc_info info = {.name = doc->name, .bytes = doc->bytes, .nodes = doc->nodes};
        memcpy(info.hash, doc->hash, sizeof info.hash);
        status = fn(user, &info);
    }
    release(corpus, list);
    return status;
}

static llm_status no_such(const char *name, llm_error *err)
{
    return sx_fail(err, LLM_E_NOT_FOUND, "the corpus has no document named %s", name);
}

static llm_status tree_once(sx_corpus *corpus, const char *name, sx_tree **out, llm_error *err)
{
    listing *list;
    entry *e = NULL;
    llm_status status = current(corpus, &list, err);
    if (status != LLM_OK) return status;
    row *r = find_row(list, name);
    status = r ? get(corpus, r, &e, err) : no_such(name, err);
    if (status == LLM_OK) {
        *out = sx_tree_ref(e->tree);
        release_entry(corpus, e);
    }
    bool overtaken = r && status == LLM_E_NOT_FOUND;
    release(corpus, list);
    return overtaken ? LLM_MORE : status;
}

static void forget(llm_error *err)
{
    if (!err) return;
    err->code = LLM_OK;
    err->message[0] = '\0';
}

llm_status sx_corpus_tree(sx_corpus *corpus, const char *name, sx_tree **out, llm_error *err)
{
    *out = NULL;
    llm_status status = LLM_MORE;
    for (int i = 0; i < RETRIES && status == LLM_MORE; i++) {
        forget(err);
        status = tree_once(corpus, name, out, err);
    }
    return status == LLM_MORE ? LLM_E_NOT_FOUND : status;
}

llm_status sx_corpus_check(sx_corpus *corpus, llm_error *err)
{
    listing *list;
    llm_status status = sx_store_check(corpus->store, err);
    if (status == LLM_OK) status = current(corpus, &list, err);
    if (status != LLM_OK) return status;
    for (size_t i = 0; i < list->count && status == LLM_OK; i++) {
        entry *e = NULL;
        status = load(corpus, &list->rows[i].doc, &e, err);
        if (status == LLM_OK)
            release_entry(corpus, e);
        else if (status == LLM_E_NOT_FOUND) { /* replaced meanwhile */
            forget(err);
            status = LLM_OK;
        }
    }
    release(corpus, list);
    return status;
}

/* Gathers the documents asked for. LLM_MORE: the list was overtaken, try again. */
static llm_status gather_views(sx_corpus *corpus, listing *list, const char *only, sx_doc_view *views, entry **entries,
                               uint32_t *count, llm_error *err)
{
    row *one = only ? find_row(list, only) : NULL;
    if (only && !one) return no_such(only, err);
    size_t first = one ? (size_t)(one - list->rows) : 0, last = one ? first + 1 : list->count;
    for (size_t i = first; i < last; i++) {
        llm_status status = get(corpus, &list->rows[i], &entries[*count], err);
        if (status == LLM_E_NOT_FOUND) return LLM_MORE;
        if (status != LLM_OK) return status;
        views[*count] = (sx_doc_view){entries[*count]->tree, entries[*count]->index};
        (*count)++;
    }
    return LLM_OK;
}

static llm_status retrieve_once(sx_evidence **out, sx_corpus *corpus, const char *question, size_t len,
                                const sx_retrieve_params *params, sx_mem *mem, llm_error *err)
{
    listing *list;
    uint32_t count = 0;
    llm_status status = current(corpus, &list, err);
    if (status != LLM_OK) return status;
    sx_doc_view *views = sx_mem_array(mem, list->count + 1, sizeof *views);
    entry **entries = sx_mem_array(mem, list->count + 1, sizeof(entry *));
    status = views && entries ? gather_views(corpus, list, params->doc, views, entries, &count, err)
                              : sx_fail_memory(err);
    if (status == LLM_OK) status = sx_navigate(out, views, count, question, len, params, mem, err);
    pthread_mutex_lock(&corpus->lock);
    for (uint32_t i = 0; i < count; i++) entry_unref(corpus, entries[i]);
    listing_unref(corpus, list);
    pthread_mutex_unlock(&corpus->lock);
    sx_mem_free(mem, views);
    sx_mem_free(mem, entries);
    return status;
}

llm_status sx_retrieve(sx_evidence **out, sx_corpus *corpus, const char *question, size_t len,
                       const sx_retrieve_params *params, sx_mem *mem, llm_error *err)
{
    static const sx_retrieve_params defaults = {0};
    *out = NULL;
    size_t bad = sx_utf8_check(question, len);
    if (bad != len) return sx_fail(err, LLM_E_UTF8, "the question is not UTF-8 at offset %zu", bad);
    llm_status status = LLM_MORE;
    for (int i = 0; i < RETRIES && status == LLM_MORE; i++) {
        forget(err);
        status = retrieve_once(out, corpus, question, len, params ? params : &defaults, mem, err);
    }
    return status == LLM_MORE ? sx_fail(err, LLM_E_IO, "the corpus changes faster than it can be read; try again")
                              : status;
}
