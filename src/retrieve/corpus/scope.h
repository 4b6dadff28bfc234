/* What somebody sees of the segments, or wants to see: the documents of a list and nothing else. Postings of the others are passed
 * over and stand in no count, as those of removed documents are. Made once for a state of the corpus and kept, as a look
 * at every document is needed. Immutable, any thread. */
#ifndef SX_RETRIEVE_SCOPE_H
#define SX_RETRIEVE_SCOPE_H

#include "retrieve/corpus/wide.h"

/* ids: [n] ascending: documents that are seen whole. LLM_MORE: the corpus is in another state than `generation`. */
llm_status sx_scope_make(sx_scope **out, sx_wide *wide, uint64_t generation, const int64_t *ids, size_t n,
                         llm_error *err);
void sx_scope_free(sx_wide *wide, sx_scope *scope); /* NULL is fine */

#endif
