/* The corpus handle, the list of its documents, and trees as snapshots. */
#include <stddef.h>
#include <string.h>

#include "api/handles.h"
#include "platform/crypto.h"

llm_status llm_corpus_open(llm_corpus **out, const char *path, const llm_corpus_opts *opts, llm_error *err)
{
    if (!out) return sx_fail(err, LLM_E_INVALID, "out is NULL");
    *out = NULL;
    llm_corpus_opts o;
    llm_status status = sx_opts_read(&o, sizeof o, offsetof(llm_corpus_opts, max_cache_bytes), opts, "llm_corpus_opts",
                                     err);
    if (status == LLM_OK) status = sx_hooks_check(o.allocator, o.logger, err);
    if (status == LLM_OK) status = sx_crypto_init(err);
    if (status != LLM_OK) return status;
    llm_corpus *corpus = sx_handle_new(sizeof *corpus, o.allocator, o.logger);
    if (!corpus) return sx_fail_memory(err);
    sx_shared_guard_init(&corpus->defaults);
    const sx_corpus_params params = {.readonly = (o.flags & LLM_CORPUS_READONLY) != 0,
                                     .max_doc_bytes = o.max_doc_bytes,
                                     .cache_bytes = o.max_cache_bytes,
                                     .max_nodes = o.max_doc_nodes,
                                     .log = &corpus->h.log};
    status = sx_corpus_open(&corpus->corpus, &corpus->h.mem, path, &params, err);
    if (status != LLM_OK) {
        llm_corpus_free(corpus);
        return status;
    }
    *out = corpus;
    return LLM_OK;
}

/* Of two lists what stands in both; `whole` NULL stands for everything. Written to out when there is room for it. */
static size_t common(const char *labels, const char *whole, char *out)
{
    size_t n = 0;
    for (const char *l = labels ? labels : ""; *l; l += strlen(l) + 1) {
        bool held = whole == NULL;
        for (const char *w = whole; w && *w && !held; w += strlen(w) + 1) held = strcmp(l, w) == 0;
        if (!held) continue;
        if (out) memcpy(out + n, l, strlen(l) + 1);
        n += strlen(l) + 1;
    }
    if (out) out[n] = '\0';
    return n + 1;
}

llm_status llm_corpus_view(llm_corpus **out, llm_corpus *corpus, const char *labels, llm_error *err)
{
    if (!out) return sx_fail(err, LLM_E_INVALID, "out is NULL");
    *out = NULL;
    llm_status status = sx_handle_check(corpus ? &corpus->h : NULL, "corpus", err);
    if (status != LLM_OK) return status;
    llm_corpus *whole = corpus->whole ? corpus->whole : corpus;
    llm_corpus *view = sx_handle_new(sizeof *view, &whole->h.mem.hook, NULL);
    if (!view) return sx_fail_memory(err);
    sx_shared_guard_init(&view->defaults);
    sx_handle_ref(&whole->h);
    view->whole = whole;
    view->h.log = whole->h.log;
    view->corpus = whole->corpus;
    view->labels = sx_mem_alloc(&view->h.mem, common(labels, corpus->labels, NULL));
    if (!view->labels) {
        llm_corpus_free(view);
        return sx_fail_memory(err);
    }
    common(labels, corpus->labels, view->labels);
    *out = view;
    return LLM_OK;
}

void llm_corpus_free(llm_corpus *corpus)
{
    if (!corpus || !sx_handle_unref(&corpus->h)) return;
    if (!corpus->whole) sx_corpus_close(corpus->corpus);
    sx_shared_guard_clear(&corpus->defaults);
    sx_mem_free(&corpus->h.mem, corpus->labels);
    llm_corpus *whole = corpus->whole;
    sx_handle_delete(&corpus->h);
    llm_corpus_free(whole);
}

/* A view is for reading. */
static llm_status check_owner(const llm_corpus *corpus, llm_error *err)
{
    llm_status status = sx_handle_check(corpus ? &corpus->h : NULL, "corpus", err);
    if (status == LLM_OK && corpus->whole)
        status = sx_fail(err, LLM_E_READONLY,
                         "this is a view of the corpus; change it through the handle that "
                         "llm_corpus_open gave");
    return status;
}

static llm_status ingest_opts(llm_corpus *corpus, const llm_ingest_opts *opts, sx_ingest_params *params, llm_error *err)
{
    llm_ingest_opts o;
    llm_status status = check_owner(corpus, err);
    if (status == LLM_OK)
        status = sx_opts_read(&o, sizeof o, offsetof(llm_ingest_opts, folder), opts, "llm_ingest_opts", err);
    if (status == LLM_OK && o.format > LLM_FORMAT_PAGEINDEX)
        status = sx_fail(err, LLM_E_INVALID, "format %u is not one of LLM_FORMAT_*", o.format);
    if (status == LLM_OK) *params = (sx_ingest_params){o.format, o.cancel, o.folder, o.labels, o.meta};
    return status;
}

llm_status llm_ingest(llm_corpus *corpus, const char *name, const char *text, size_t len, const llm_ingest_opts *opts,
                      llm_error *err)
{
    sx_ingest_params params;
    llm_status status = ingest_opts(corpus, opts, &params, err);
    if (status != LLM_OK) return status;
    if (!name || !*name) return sx_fail(err, LLM_E_INVALID, "the document's name is NULL or empty");
    if (!text && len) return sx_fail(err, LLM_E_INVALID, "text is NULL");
    return sx_corpus_ingest(corpus->corpus, name, text ? text : "", len, &params, err);
}

llm_status llm_ingest_file(llm_corpus *corpus, const char *path, const char *name, const llm_ingest_opts *opts,
                           llm_error *err)
{
    sx_ingest_params params;
    llm_status status = ingest_opts(corpus, opts, &params, err);
    if (status != LLM_OK) return status;
    if (!path) return sx_fail(err, LLM_E_INVALID, "path is NULL");
    return sx_corpus_ingest_file(corpus->corpus, path, name, &params, err);
}

llm_status llm_describe(llm_corpus *corpus, const char *name, const char *node, const llm_ingest_opts *opts,
                        llm_error *err)
{
    sx_ingest_params params;
    llm_status status = ingest_opts(corpus, opts, &params, err);
    if (status != LLM_OK) return status;
    if (!name) return sx_fail(err, LLM_E_INVALID, "the document's name is NULL");
    if (node && (!params.labels || params.folder || params.meta))
        return sx_fail(err, LLM_E_INVALID,
                       "of a node only labels can be set: give opts with labels and no folder or meta");
    return sx_corpus_describe(corpus->corpus, name, node, &params, err);
}

llm_status llm_edit(llm_corpus *corpus, const char *name, uint64_t begin, uint64_t end, const char *text, size_t len,
                    const char *hash, llm_error *err)
{
    llm_status status = check_owner(corpus, err);
    if (status != LLM_OK) return status;
    if (!name) return sx_fail(err, LLM_E_INVALID, "the document's name is NULL");
    if (!text && len) return sx_fail(err, LLM_E_INVALID, "text is NULL");
    const sx_edit edit = {begin, end, text ? text : "", len, hash};
    return sx_corpus_edit(corpus->corpus, name, &edit, err);
}

llm_status llm_remove(llm_corpus *corpus, const char *name, llm_error *err)
{
    llm_status status = check_owner(corpus, err);
    if (status != LLM_OK) return status;
    if (!name) return sx_fail(err, LLM_E_INVALID, "the document's name is NULL");
    return sx_corpus_remove(corpus->corpus, name, err);
}

llm_status llm_corpus_check(llm_corpus *corpus, llm_error *err)
{
    llm_status status = check_owner(corpus, err);
    return status == LLM_OK ? sx_corpus_check(corpus->corpus, err) : status;
}

/* ---- the list of documents ---- */

typedef struct doc_row {
    const char *name;
    char hash[2 * SX_HASH_BYTES + 1];
    uint64_t bytes;
    uint32_t nodes;
    const char **about; /* NULL behind the last */
} doc_row;

struct llm_docs {
    llm_corpus *corpus; /* a reference: its memory holds the list */
    sx_arena names;
    doc_row *rows;
    size_t count, cap;
};

static size_t list_length(const char *list)
{
    size_t n = 0;
    for (; *list; list += strlen(list) + 1) n++;
    return n;
}

static const char *prefixed(sx_arena *arena, const char *prefix, const char *text)
{
    size_t n = strlen(prefix), m = strlen(text);
    char *s = sx_arena_alloc(arena, n + m + 1);
    if (!s) return NULL;
    memcpy(s, prefix, n);
    memcpy(s + n, text, m);
    return s;
}

static llm_status add_about(sx_arena *arena, doc_row *row, const sx_doc_info *doc)
{
    size_t n = 1 + list_length(doc->labels) + list_length(doc->meta), k = 0;
    row->about = sx_arena_alloc(arena, (n + 1) * sizeof *row->about);
    if (!row->about) return LLM_E_MEMORY;
    if (*doc->folder) row->about[k++] = prefixed(arena, "folder=", doc->folder);
    for (const char *s = doc->labels; *s; s += strlen(s) + 1) row->about[k++] = prefixed(arena, "label=", s);
    for (const char *s = doc->meta; *s; s += strlen(s) + 1) row->about[k++] = prefixed(arena, "", s);
    for (size_t i = 0; i < k; i++)
        if (!row->about[i]) return LLM_E_MEMORY;
    return LLM_OK;
}

static llm_status add_doc(void *user, const sx_doc_info *doc)
{
    llm_docs *docs = user;
    sx_mem *mem = docs->names.mem;
    if (sx_mem_grow(mem, (void **)&docs->rows, &docs->cap, docs->count + 1, sizeof *docs->rows)) return LLM_E_MEMORY;
    doc_row *row = &docs->rows[docs->count];
    row->name = sx_arena_strndup(&docs->names, doc->name, strlen(doc->name));
    if (!row->name) return LLM_E_MEMORY;
    sx_hex(row->hash, doc->hash, SX_HASH_BYTES);
    row->bytes = doc->bytes;
    row->nodes = doc->nodes;
    docs->count++;
    return add_about(&docs->names, row, doc);
}

llm_status llm_docs_list(llm_docs **out, llm_corpus *corpus, llm_error *err)
{
    if (!out) return sx_fail(err, LLM_E_INVALID, "out is NULL");
    *out = NULL;
    llm_status status = sx_handle_check(corpus ? &corpus->h : NULL, "corpus", err);
    if (status != LLM_OK) return status;
    llm_docs *docs = sx_mem_zalloc(&corpus->h.mem, sizeof *docs);
    if (!docs) return sx_fail_memory(err);
    sx_handle_ref(&corpus->h);
    docs->corpus = corpus;
    sx_arena_init(&docs->names, &corpus->h.mem);
    status = sx_corpus_list(corpus->corpus, corpus->labels, add_doc, docs, err);
    if (status == LLM_OK) {
        *out = docs;
        return LLM_OK;
    }
    llm_docs_free(docs);
    return status == LLM_E_MEMORY ? sx_fail_memory(err) : status;
}

void llm_docs_free(llm_docs *docs)
{
    if (!docs || sx_handle_check(&docs->corpus->h, "corpus", NULL) != LLM_OK) return;
    llm_corpus *corpus = docs->corpus;
    sx_mem_free(&corpus->h.mem, docs->rows);
    sx_arena_free(&docs->names);
    sx_mem_free(&corpus->h.mem, docs);
    llm_corpus_free(corpus);
}

uint32_t llm_docs_count(const llm_docs *docs)
{
    return docs ? (uint32_t)docs->count : 0;
}

static const doc_row *doc_at(const llm_docs *docs, uint32_t i)
{
    static const doc_row none = {.name = ""};
    return docs && i < docs->count ? &docs->rows[i] : &none;
}

const char *llm_docs_name(const llm_docs *docs, uint32_t i)
{
    return doc_at(docs, i)->name;
}

uint64_t llm_docs_bytes(const llm_docs *docs, uint32_t i)
{
    return doc_at(docs, i)->bytes;
}

uint32_t llm_docs_nodes(const llm_docs *docs, uint32_t i)
{
    return doc_at(docs, i)->nodes;
}

const char *llm_docs_hash(const llm_docs *docs, uint32_t i)
{
    return doc_at(docs, i)->hash;
}

const char *llm_docs_about(const llm_docs *docs, uint32_t i, uint32_t k)
{
    const char *const *about = doc_at(docs, i)->about;
    for (uint32_t n = 0; about && about[n]; n++)
        if (n == k) return about[n];
    return NULL;
}
