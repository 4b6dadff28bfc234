/* Documents whose canonical text is made, not given: a reader plugin turns their bytes into text and marks, and the marks
 * become the outline. */
#ifndef SX_RETRIEVE_FOREIGN_H
#define SX_RETRIEVE_FOREIGN_H

#include "platform/buf.h"
#include "retrieve/tree/outline.h"

typedef struct sx_mark {
    uint32_t start, end;
    uint16_t level;
    uint8_t kind; /* SX_MARK_* of readers/plugin.h */
} sx_mark;

typedef struct sx_foreign {
    sx_mem *mem;
    char *text; /* NUL-terminated, sx_mem_free'd by whoever takes it */
    size_t text_len;
    sx_mark *marks; /* [count], starts never fall */
    size_t count, cap;
    bool plain; /* a paragraph is one, whatever it begins with */
} sx_foreign;

bool sx_format_is_foreign(uint32_t format);

/* Reads `bytes`, a document of a foreign format, whose canonical text may have max_bytes. LLM_E_UNSUPPORTED when the plugin is
 * not there or the document holds no text, LLM_E_FORMAT, LLM_E_LIMIT, LLM_E_CANCELLED, LLM_E_MEMORY. */
llm_status sx_foreign_read(sx_foreign *doc, sx_mem *mem, const char *name, uint32_t format, const char *bytes,
                           size_t len, uint64_t max_bytes, const llm_cancel *cancel, llm_error *err);
void sx_foreign_free(sx_foreign *doc);

/* Fills the outline of doc's text from its marks. */
llm_status sx_foreign_outline(const sx_foreign *doc, sx_outline *outline, const llm_cancel *cancel, llm_error *err);

#endif
