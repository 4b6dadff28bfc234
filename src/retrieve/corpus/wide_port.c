/* What the search over all documents asks the corpus for: documents that no segment holds yet, whole. */
#include <string.h>

#include "retrieve/corpus/inside.h"

/* The list at hand has the document as a rule; a fresh one is made only when it has not. */
static llm_status find_listed(sx_corpus *corpus, const sx_store_doc *doc, sx_listing **list, sx_row **row,
                              llm_error *err)
{
    pthread_mutex_lock(&corpus->lock);
    *list = corpus->list;
    if (*list) (*list)->refs++;
    pthread_mutex_unlock(&corpus->lock);
    *row = *list ? sx_listing_find(*list, doc->name) : NULL;
    if (*row && (*row)->doc.id == doc->id) return LLM_OK;
    if (*list) sx_listing_release(corpus, *list);
    llm_status status = sx_listing_current(corpus, list, err);
    if (status != LLM_OK) return status;
    *row = sx_listing_find(*list, doc->name);
    if (*row && (*row)->doc.id == doc->id) return LLM_OK;
    sx_listing_release(corpus, *list);
    return LLM_E_NOT_FOUND;
}

/* Few documents are kept among what was written last, so that nobody has to list all the others for them. */
static llm_status get_one(sx_corpus *corpus, const sx_store_doc *doc, size_t among, sx_entry **e, llm_error *err)
{
    sx_listing *list;
    sx_row *row;
    if (among <= SX_FRESH / 2) {
        llm_status status = sx_entry_load(corpus, doc, e, err);
        if (status == LLM_OK) sx_entry_keep(corpus, *e);
        return status;
    }
    llm_status status = find_listed(corpus, doc, &list, &row, err);
    if (status != LLM_OK) return status;
    status = sx_entry_get(corpus, row, NULL, e, err);
    sx_listing_release(corpus, list);
    return status;
}

static llm_status get(void *user, const sx_store_doc *doc, size_t among, sx_doc_view *view, void **hold, llm_error *err)
{
    sx_entry *e = sx_entry_fresh(user, doc);
    llm_status status = e ? LLM_OK : get_one(user, doc, among, &e, err);
    if (status != LLM_OK) return status;
    *view = (sx_doc_view){e->tree, e->index};
    *hold = e;
    return LLM_OK;
}

static void release(void *user, void *hold)
{
    sx_entry_release(user, hold);
}

static void warn(void *user, const char *sentence)
{
    const sx_corpus *corpus = user;
    if (corpus->log) sx_log_write(corpus->log, LLM_LOG_WARN, "%s", sentence);
}

llm_status sx_corpus_open_wide(sx_corpus *corpus, size_t budget, size_t pending_bytes, llm_error *err)
{
    const sx_wide_port port = {get, release, warn, corpus};
    return sx_wide_open(&corpus->wide, corpus->mem, corpus->store, &port, &corpus->wording, budget, pending_bytes, err);
}
