/* Readers: a format's bytes become an outline over these very bytes (the canonical text of plain text and Markdown is the
 * file itself, so offsets never need translating). Linear time, no recursion, any bytes that are UTF-8. */
#ifndef SX_RETRIEVE_READER_H
#define SX_RETRIEVE_READER_H

#include "retrieve/read/foreign.h"
#include "retrieve/tree/outline.h"

/* The format that a name's ending tells (".md", ".html", ".pdf", ...), else what the first bytes tell, else
 * LLM_FORMAT_TEXT. */
uint32_t sx_reader_format(const char *name, const char *bytes, size_t len);

/* Fills an initialised outline. LLM_E_UNSUPPORTED for an unknown format, LLM_E_LIMIT from 4 GiB on, LLM_E_CANCELLED. */
llm_status sx_read(sx_outline *outline, uint32_t format, const llm_cancel *cancel, llm_error *err);

llm_status sx_read_text(sx_outline *outline, const llm_cancel *cancel, llm_error *err);
/* The same for lines of pages, some of which are known to be headings. */
llm_status sx_read_text_hinted(sx_outline *outline, const sx_mark *hints, size_t n_hints, const llm_cancel *cancel,
                               llm_error *err);
llm_status sx_read_markdown(sx_outline *outline, const llm_cancel *cancel, llm_error *err);

/* Read, build, done: the tree of a document's canonical text, which it takes over whatever it returns. */
llm_status sx_read_tree(sx_tree **out, sx_mem *mem, const char *name, char *text, size_t len, uint32_t format,
                        const llm_cancel *cancel, llm_error *err);
/* The same with a limit of its own on nodes; 0: SX_NODES_MAX. LLM_E_LIMIT. */
llm_status sx_read_tree_within(sx_tree **out, sx_mem *mem, const char *name, char *text, size_t len, uint32_t format,
                               uint64_t max_nodes, const llm_cancel *cancel, llm_error *err);
/* The same from a foreign document, whose text it takes over. */
llm_status sx_foreign_tree(sx_tree **out, sx_foreign *doc, const char *name, uint64_t max_nodes,
                           const llm_cancel *cancel, llm_error *err);

#endif
