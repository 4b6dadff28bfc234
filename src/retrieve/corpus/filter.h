/* Which documents a retrieval looks at, said in one string:
 *
 *     folder ^= contracts/2024 and (year >= 2020 or not has_annex) and lang in (en, de)
 *
 * A test is KEY = VALUE, !=, < <= > >= (numbers, or dates as far as they are given: 2024, 2024-03, 2024-03-15), ^= (begins with;
 * of a folder: is it or lies below), KEY in (VALUE, ...), or KEY alone (there is one). Keys are name, folder, label, format,
 * bytes, nodes and those of the document's own pairs; of a key given several times one that fits is enough. `not` binds
 * closest, then `and`, then `or`. A value with blanks or marks stands in quotation marks, "\"" for one inside. */
#ifndef SX_RETRIEVE_FILTER_H
#define SX_RETRIEVE_FILTER_H

#include "retrieve/corpus/about.h"

typedef struct sx_filter_doc {
    const char *name;
    const sx_about *about;
    const char *labels; /* that the caller holds: others do not show; NULL: all do */
    uint64_t bytes;
    uint32_t nodes, format;
} sx_filter_doc;

typedef struct sx_docfilter sx_docfilter;

/* LLM_E_INVALID with what was expected and at which byte, LLM_E_UTF8, LLM_E_LIMIT. */
llm_status sx_docfilter_parse(sx_docfilter **out, sx_mem *mem, const char *text, llm_error *err);
bool sx_docfilter_takes(const sx_docfilter *filter, const sx_filter_doc *doc);
void sx_docfilter_free(sx_docfilter *filter);

#endif
