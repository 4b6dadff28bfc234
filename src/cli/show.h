/* Evidence, answers and the scratchpad as a person reads them. */
#ifndef SX_CLI_SHOW_H
#define SX_CLI_SHOW_H

#include "cli.h"

/* The scratchpad: level by level what was considered, kept and left, with the headings of the nodes. */
void sx_show_trace(llm_corpus *corpus, const llm_evidence *evidence);
/* One line per place: "[id] document > section path", then the passage under it. */
void sx_show_evidence(const llm_evidence *evidence, uint32_t most);
void sx_show_citations(const llm_reply *reply, const llm_evidence *evidence);

#endif
