/* What speaks for a document as a whole when a question is put to several: its name, and how much of the question stands
 * anywhere in it. */
#ifndef SX_RETRIEVE_PRIOR_H
#define SX_RETRIEVE_PRIOR_H

#include "retrieve/rank/rank.h"

/* Sets docs[].prior of a ranking whose queries are settled; zeroes for a single document. text: the question. LLM_OK or
 * LLM_E_MEMORY. */
llm_status sx_prior(sx_ranking *ranking, const char *text);

#endif
