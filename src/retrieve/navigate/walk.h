/* The inside of the navigator: what its files share. */
#ifndef SX_RETRIEVE_WALK_H
#define SX_RETRIEVE_WALK_H

#include "platform/arena.h"
#include "retrieve/navigate/navigate.h"
#include "retrieve/rank/rank.h"

/* Appends why a stretch of leaves [first, last) of a document speaks for the question: "terms: notice, termination; in
 * heading". section: whose heading is looked at, SX_NO_NODE for none. */
void sx_reason(sx_buf *out, const sx_ranking *ranking, uint32_t doc, const char *question, uint32_t first,
               uint32_t last, uint32_t section);

/* The probability that the answer is among the best candidates, 0 when nothing was found. */
double sx_confidence(const sx_ranking *ranking, const char *question, size_t len);

llm_status sx_evidence_new(sx_evidence **out, sx_mem *mem, uint32_t top, llm_error *err);

#endif
