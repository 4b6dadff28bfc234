/* Which reader reads what, and the way from bytes to a tree. */
#include "retrieve/read/reader.h"

#include <string.h>

uint32_t sx_reader_format(const char *name)
{
    static const char *const markdown[] = {".md", ".markdown", ".mdown", ".mkd", ".mkdn", ".mdwn"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof markdown / sizeof markdown[0]; i++) {
        const char *a = dot, *b = markdown[i];
        while (*a && (*a >= 'A' && *a <= 'Z' ? *a + 32 : *a) == *b) a++, b++;
        if (!*a && !*b) return LLM_FORMAT_MARKDOWN;
    }
    return LLM_FORMAT_TEXT;
}

llm_status sx_read(sx_outline *outline, uint32_t format, const llm_cancel *cancel, llm_error *err)
{
    if (outline->text_len >= UINT32_MAX)
        return sx_fail(err, LLM_E_LIMIT, "a document of %zu bytes is too long: the limit is 4 GiB; split it",
                       outline->text_len);
    llm_status status;
    switch (format) {
    case LLM_FORMAT_TEXT: status = sx_read_text(outline, cancel, err); break;
    case LLM_FORMAT_MARKDOWN: status = sx_read_markdown(outline, cancel, err); break;
    default:
        return sx_fail(err, LLM_E_UNSUPPORTED,
                       "document format %u is not known; use text (1) or Markdown "
                       "(2)",
                       format);
    }
    if (status == LLM_OK && outline->failed) status = sx_fail_memory(err);
    if (status == LLM_OK) sx_outline_settle(outline);
    return status;
}

llm_status sx_read_tree(sx_tree **out, sx_mem *mem, const char *name, char *text, size_t len, uint32_t format,
                        const llm_cancel *cancel, llm_error *err)
{
    sx_outline outline;
    *out = NULL;
    sx_outline_init(&outline, mem, text, len);
    llm_status status = sx_read(&outline, format, cancel, err);
    if (status == LLM_OK)
        status = sx_tree_build(out, mem, name, text, len, &outline, cancel, err);
    else
        sx_mem_free(mem, text);
    sx_outline_free(&outline);
    return status;
}
