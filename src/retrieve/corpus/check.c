/* The proof that a corpus is sound, or the names of what is lost: one damaged place does not end the search for others. */
#include <string.h>

#include "retrieve/corpus/inside.h"

enum { SHOWN = 200 }; /* bytes of names in the sentence */

/* What was found so far; names go into one sentence as far as there is room. */
typedef struct losses {
    size_t count, of;
    sx_buf names;
    char why[200]; /* of the first */
} losses;

static void lose(losses *l, const sx_corpus *corpus, const char *name, const llm_error *why)
{
    if (l->count++ == 0) {
        size_t n = strnlen(why->message, sizeof l->why - 1);
        memcpy(l->why, why->message, n);
        l->why[n] = '\0';
    }
    sx_buf_printf(&l->names, l->count > 1 ? ", %s" : "%s", name);
    if (corpus->log) sx_log_write(corpus->log, LLM_LOG_WARN, "%s", why->message);
}

/* LLM_OK: it is whole, or noted as lost. */
static llm_status prove(sx_corpus *corpus, const sx_row *row, losses *l, llm_error *err)
{
    llm_error why = {sizeof why, 0, {0}};
    sx_entry *e = NULL;
    llm_status status = LLM_OK;
    if (row->damaged)
        status = sx_fail(&why, LLM_E_CORRUPT, "what is said about document %s (its labels) is damaged; ingest it again",
                         row->doc.name);
    else
        status = sx_entry_load(corpus, &row->doc, &e, &why);
    if (e) sx_entry_release(corpus, e);
    if (status == LLM_E_CORRUPT)
        lose(l, corpus, row->doc.name, &why);
    else if (status != LLM_OK && status != LLM_E_NOT_FOUND) /* that one was replaced meanwhile */
        return sx_fail(err, status, "%s", why.message);
    return LLM_OK;
}

static llm_status prove_all(sx_corpus *corpus, losses *l, llm_error *err)
{
    sx_listing *list;
    llm_status status = sx_listing_current(corpus, &list, err);
    if (status != LLM_OK) return status;
    l->of = list->count;
    for (size_t i = 0; i < list->count && status == LLM_OK; i++) status = prove(corpus, &list->rows[i], l, err);
    sx_listing_release(corpus, list);
    return status;
}

llm_status sx_corpus_check(sx_corpus *corpus, llm_error *err)
{
    llm_error store = {sizeof store, 0, {0}};
    llm_status structure = sx_store_check(corpus->store, &store);
    if (structure != LLM_OK && structure != LLM_E_CORRUPT) return sx_fail(err, structure, "%s", store.message);
    losses l = {0};
    size_t shown;
    sx_buf_init(&l.names, corpus->mem, 0);
    llm_status status = prove_all(corpus, &l, structure == LLM_OK ? err : NULL);
    if (status == LLM_OK && structure == LLM_OK && !l.count) status = sx_wide_check(corpus->wide, err);
    if (status == LLM_OK && sx_buf_status(&l.names) != LLM_OK) status = sx_fail_memory(err);
    for (shown = l.names.len < SHOWN ? l.names.len : SHOWN; shown < l.names.len && shown;) /* whole characters */
        if (((unsigned char)l.names.data[shown] & 0xC0) != 0x80)
            break;
        else
            shown--;
    if (status != LLM_OK && structure != LLM_OK) /* not even the list can be read */
        status = sx_fail(err, structure, "%s", store.message);
    else if (l.count)
        status = sx_fail(err, LLM_E_CORRUPT, "%zu of %zu documents %s lost: %.*s%s; the first: %s", l.count, l.of,
                         l.count == 1 ? "is" : "are", (int)shown, l.names.data, l.names.len > shown ? "..." : "",
                         l.why);
    else if (structure != LLM_OK)
        status = sx_fail(err, structure, "%s. Every document can still be read: copy them into a new corpus",
                         store.message);
    sx_buf_free(&l.names);
    return status;
}
