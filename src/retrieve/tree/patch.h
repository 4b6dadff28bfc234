/* A small change of a tree: the words of one paragraph. */
#ifndef SX_RETRIEVE_PATCH_H
#define SX_RETRIEVE_PATCH_H

#include <stdbool.h>

#include "retrieve/tree/tree.h"

/* The tree with [begin, end) of its text replaced by `text`, when that leaves one paragraph one paragraph: every other node keeps
 * its id, and its hash too unless it lies on the way to the root. *out NULL with LLM_OK: the change is not of that kind
 * (it reaches beyond a paragraph, parts it, makes a heading of it, ...) and the document is to be read anew. */
llm_status sx_tree_patch(sx_tree **out, sx_mem *mem, const sx_tree *old, uint32_t begin, uint32_t end, const char *text,
                         uint32_t len, uint32_t format, llm_error *err);

/* Appends the text with the change made; NUL-terminated, of `mem`. NULL without memory. */
char *sx_text_patched(sx_mem *mem, const char *text, size_t text_len, size_t begin, size_t end, const char *by,
                      size_t len);

#endif
