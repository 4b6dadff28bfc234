/* The lexical index of one document: for every paragraph (the leaves of navigation) its terms and where they stand
 * (heading, lead, body), and the statistics that scoring needs. Built once at ingest, stored as a blob, immutable. */
#ifndef SX_RETRIEVE_INDEX_H
#define SX_RETRIEVE_INDEX_H

#include "platform/cancel.h"
#include "retrieve/rank/wording.h"
#include "retrieve/tree/tree.h"

typedef struct sx_index sx_index;

llm_status sx_index_build(sx_index **out, sx_mem *mem, const sx_tree *tree, const llm_cancel *cancel, llm_error *err);
/* The same index, made faster: what stands in `known` too, an index of another text that is much the same, is taken from
 * there; what words become is remembered in `wording`. NULL is fine for both. */
llm_status sx_index_build_from(sx_index **out, sx_mem *mem, const sx_tree *tree, const sx_tree *known_tree,
                               const sx_index *known, sx_wording *wording, const llm_cancel *cancel, llm_error *err);
void sx_index_free(sx_index *index);
llm_status sx_index_save(const sx_index *index, sx_buf *out);
/* Checks everything against the tree: LLM_E_CORRUPT. The blob is copied. */
llm_status sx_index_load(sx_index **out, sx_mem *mem, const sx_tree *tree, const void *blob, size_t size,
                         llm_error *err);

#endif
