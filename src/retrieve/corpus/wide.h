/* Retrieval over the whole of a large corpus: segments choose paragraphs and so documents, what is in no segment yet is
 * ranked whole beside them, and the close look reads only what was chosen. Also the keeping of segments: documents go
 * into one when enough of them wait, segments of a size are joined. Any thread; a reader waits for no writer. */
#ifndef SX_RETRIEVE_WIDE_H
#define SX_RETRIEVE_WIDE_H

#include "retrieve/navigate/navigate.h"
#include "retrieve/rank/wording.h"
#include "retrieve/retrieve.h"
#include "store/store.h"

typedef struct sx_wide sx_wide;
typedef struct sx_scope sx_scope; /* scope.h */

/* Where documents come from that are in no segment: trees with whole indexes, given back with release. among: about how many
 * will be asked for. */
typedef struct sx_wide_port {
    llm_status (*get)(void *user, const sx_store_doc *doc, size_t among, sx_doc_view *view, void **hold,
                      llm_error *err);
    void (*release)(void *user, void *hold);
    void (*warn)(void *user, const char *sentence);
    void *user;
} sx_wide_port;

llm_status sx_wide_open(sx_wide **out, sx_mem *mem, sx_store *store, const sx_wide_port *port, sx_wording *wording,
                        size_t budget, size_t pending_bytes, llm_error *err);
void sx_wide_close(sx_wide *wide);

/* *any: there are segments, so that this is the way to ask the whole corpus. */
llm_status sx_wide_has_segments(sx_wide *wide, bool *any, llm_error *err);
/* scope: what is seen, with others: [n_others] documents that are seen in part; NULL: all there is. LLM_MORE: the corpus changed
 * meanwhile, try again. */
llm_status sx_wide_retrieve(sx_evidence **out, sx_wide *wide, const sx_scope *scope, const sx_doc_view *others,
                            uint32_t n_others, const char *question, size_t len, const sx_retrieve_params *params,
                            sx_mem *mem, llm_error *err);
/* After `bytes` of text were written: takes what waits into segments and joins segments, when it is time to. */
llm_status sx_wide_settle(sx_wide *wide, size_t bytes, const llm_cancel *cancel, llm_error *err);
/* Before the corpus is closed: what waits goes into a segment if there are any and it is worth it, so that the first question after the next
 * opening has nothing to index. Nothing is lost when it cannot be done. */
void sx_wide_rest(sx_wide *wide);

/* ---- damage: segments are made of documents, so nothing is lost with one. It is left aside, its documents are ranked whole,
 * and who may write makes the index anew ---- */

/* What the segments say of each document, to be held against the documents of the same generation. First the state is taken,
 * which is quick; then, whatever is written meanwhile, its segments are walked and each damaged one is told. LLM_MORE, and nothing
 * was told: one was joined to others, or is left aside from now on; begin anew. */
typedef struct sx_wide_proof sx_wide_proof;
llm_status sx_wide_proof_make(sx_wide_proof **out, sx_wide *wide, llm_error *err);
llm_status sx_wide_proof_walk(sx_wide_proof *proof, const sx_finder *finder, llm_error *err);
/* The corpus has such a document, be it lost or sound. */
void sx_wide_proof_meet(sx_wide_proof *proof, int64_t id);
/* LLM_E_CORRUPT when the search would not find the document for what is in it. */
llm_status sx_wide_proof_doc(sx_wide_proof *proof, const sx_store_doc *doc, const sx_doc_view *view, llm_error *err);
/* Tells what is said of documents that are not there: none of those that were met. Call it behind the last document. */
void sx_wide_proof_rest(sx_wide_proof *proof, const sx_finder *finder);
/* Nothing was written since it was made. */
bool sx_wide_proof_holds(const sx_wide_proof *proof);
void sx_wide_proof_free(sx_wide_proof *proof);
/* Is something damaged, as far as it was met? */
bool sx_wide_needs_mending(sx_wide *wide);

#endif
