/* The corpus handle, the list of its documents, and trees as snapshots. */
#include <string.h>

#include "api/handles.h"
#include "platform/crypto.h"

llm_status llm_corpus_open(llm_corpus **out, const char *path, const llm_corpus_opts *opts, llm_error *err)
{
    if (!out) return sx_fail(err, LLM_E_INVALID, "out is NULL");
    *out = NULL;
    llm_corpus_opts o;
    llm_status status = sx_opts_read(&o, sizeof o, sizeof o, opts, "llm_corpus_opts", err);
    if (status == LLM_OK) status = sx_hooks_check(o.allocator, o.logger, err);
    if (status == LLM_OK) status = sx_crypto_init(err);
    if (status != LLM_OK) return status;
    llm_corpus *corpus = sx_handle_new(sizeof *corpus, o.allocator, o.logger);
    if (!corpus) return sx_fail_memory(err);
    sx_shared_guard_init(&corpus->defaults);
    const sx_corpus_params params = {(o.flags & LLM_CORPUS_READONLY) != 0, o.max_doc_bytes, &corpus->h.log};
    status = sx_corpus_open(&corpus->corpus, &corpus->h.mem, path, &params, err);
    if (status != LLM_OK) {
        llm_corpus_free(corpus);
        return status;
    }
    *out = corpus;
    return LLM_OK;
}

void llm_corpus_free(llm_corpus *corpus)
{
    if (!corpus || !sx_handle_unref(&corpus->h)) return;
    sx_corpus_close(corpus->corpus);
    sx_shared_guard_clear(&corpus->defaults);
    sx_handle_delete(&corpus->h);
}

static llm_status ingest_opts(llm_corpus *corpus, const llm_ingest_opts *opts, llm_ingest_opts *o, llm_error *err)
{
    llm_status status = sx_handle_check(corpus ? &corpus->h : NULL, "corpus", err);
    if (status == LLM_OK) status = sx_opts_read(o, sizeof *o, sizeof *o, opts, "llm_ingest_opts", err);
    if (status == LLM_OK && o->format > LLM_FORMAT_PDF)
        status = sx_fail(err, LLM_E_INVALID, "format %u is not one of LLM_FORMAT_*", o->format);
    return status;
}

llm_status llm_ingest(llm_corpus *corpus, const char *name, const char *text, size_t len, const llm_ingest_opts *opts,
                      llm_error *err)
{
    llm_ingest_opts o;
    llm_status status = ingest_opts(corpus, opts, &o, err);
    if (status != LLM_OK) return status;
    if (!name || !*name) return sx_fail(err, LLM_E_INVALID, "the document's name is NULL or empty");
    if (!text && len) return sx_fail(err, LLM_E_INVALID, "text is NULL");
    return sx_corpus_ingest(corpus->corpus, name, text ? text : "", len, o.format, o.cancel, err);
}

llm_status llm_ingest_file(llm_corpus *corpus, const char *path, const char *name, const llm_ingest_opts *opts,
                           llm_error *err)
{
    llm_ingest_opts o;
    llm_status status = ingest_opts(corpus, opts, &o, err);
    if (status != LLM_OK) return status;
    if (!path) return sx_fail(err, LLM_E_INVALID, "path is NULL");
    return sx_corpus_ingest_file(corpus->corpus, path, name, o.format, o.cancel, err);
}

llm_status llm_remove(llm_corpus *corpus, const char *name, llm_error *err)
{
    llm_status status = sx_handle_check(corpus ? &corpus->h : NULL, "corpus", err);
    if (status != LLM_OK) return status;
    if (!name) return sx_fail(err, LLM_E_INVALID, "the document's name is NULL");
    return sx_corpus_remove(corpus->corpus, name, err);
}

llm_status llm_corpus_check(llm_corpus *corpus, llm_error *err)
{
    llm_status status = sx_handle_check(corpus ? &corpus->h : NULL, "corpus", err);
    return status == LLM_OK ? sx_corpus_check(corpus->corpus, err) : status;
}

/* ---- the list of documents ---- */

typedef struct doc_row {
    const char *name;
    char hash[2 * SX_HASH_BYTES + 1];
    uint64_t bytes;
    uint32_t nodes;
} doc_row;

struct llm_docs {
    llm_corpus *corpus; /* a reference: its memory holds the list */
    sx_arena names;
    doc_row *rows;
    size_t count, cap;
};

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
    return LLM_OK;
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
    status = sx_corpus_list(corpus->corpus, add_doc, docs, err);
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
