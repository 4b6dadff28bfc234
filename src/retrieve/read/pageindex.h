/* PageIndex's JSON: a document as nested titles with texts, summaries and pages; sx_tree_pageindex (retrieve.h) writes a
 * tree in it, and it is read as a document whose canonical text is made of it.
 *
 * {"doc_name", "structure": [{"title", "node_id", "start_index", "end_index" (pages; without any: "line_num"), "text",
 * "nodes"}]}: the sections, each with its own text, what stands before the first one under an empty title. */
#ifndef SX_RETRIEVE_PAGEINDEX_H
#define SX_RETRIEVE_PAGEINDEX_H

#include "retrieve/read/foreign.h"

/* Such a document, or the bare list of its structure. A node's text, or where there is none its summary, stands under its
 * title; form feeds before it bring it to its page. LLM_E_FORMAT with the place, LLM_E_LIMIT, LLM_E_UNSUPPORTED when it
 * holds nothing to read, LLM_E_MEMORY. */
llm_status sx_pageindex_read(sx_foreign *doc, sx_mem *mem, const char *name, const char *bytes, size_t len,
                             uint64_t max_bytes, llm_error *err);

#endif
