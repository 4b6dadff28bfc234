/* Which documents a question looks at when it is not all of them: those that a holder of labels may see, those that a filter takes.
 * Every document is looked at once for a state of the corpus; what came of it is kept for the next question of the kind. */
#ifndef SX_RETRIEVE_SIGHT_H
#define SX_RETRIEVE_SIGHT_H

#include "retrieve/corpus/filter.h"
#include "retrieve/corpus/inside.h"

/* Does a question with these labels and this filter (or NULL) look at the document? */
bool sx_row_wanted(const sx_row *row, const char *labels, const sx_docfilter *filter);

/* Retrieval over the segments within the labels and the filter of params. LLM_MORE: overtaken, try again. */
llm_status sx_sight_retrieve(sx_evidence **out, sx_corpus *corpus, const sx_docfilter *filter, const char *question,
                             size_t len, const sx_retrieve_params *params, sx_mem *mem, llm_error *err);
void sx_sights_forget(sx_corpus *corpus); /* all that are kept */

#endif
