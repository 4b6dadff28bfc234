/* Which reader reads what, and the way from bytes to a tree. */
#include "retrieve/read/reader.h"

#include <string.h>

static const struct {
    const char *ending;
    uint32_t format;
} endings[] = {
    {".md", LLM_FORMAT_MARKDOWN},  {".markdown", LLM_FORMAT_MARKDOWN}, {".mdown", LLM_FORMAT_MARKDOWN},
    {".mkd", LLM_FORMAT_MARKDOWN}, {".mkdn", LLM_FORMAT_MARKDOWN},     {".mdwn", LLM_FORMAT_MARKDOWN},
    {".html", LLM_FORMAT_HTML},    {".htm", LLM_FORMAT_HTML},          {".xhtml", LLM_FORMAT_HTML},
    {".docx", LLM_FORMAT_DOCX},    {".docm", LLM_FORMAT_DOCX},         {".epub", LLM_FORMAT_EPUB},
    {".pdf", LLM_FORMAT_PDF},      {".txt", LLM_FORMAT_TEXT},          {".text", LLM_FORMAT_TEXT},
};

static bool holds(const char *bytes, size_t len, const char *what)
{
    return memmem(bytes, len, what, strlen(what)) != NULL;
}

/* Formats that say what they are in their first bytes. */
static uint32_t format_of_bytes(const char *bytes, size_t len)
{
    size_t head = len < 1024 ? len : 1024;
    if (holds(bytes, head, "%PDF-")) return LLM_FORMAT_PDF;
    if (len > 4 && memcmp(bytes, "PK\003\004", 4) == 0) {
        if (holds(bytes, head, "application/epub+zip")) return LLM_FORMAT_EPUB;
        if (holds(bytes, head, "[Content_Types].xml") || holds(bytes, head, "word/")) return LLM_FORMAT_DOCX;
    }
    while (len && (*bytes == ' ' || (*bytes >= '\t' && *bytes <= '\r'))) bytes++, len--;
    if (len >= 15 && (memcmp(bytes, "<!DOCTYPE html", 14) == 0 || memcmp(bytes, "<!doctype html", 14) == 0))
        return LLM_FORMAT_HTML;
    head = len < 4096 ? len : 4096;
    if (len && *bytes == '{' && holds(bytes, head, "\"structure\"") && holds(bytes, head, "\"title\""))
        return LLM_FORMAT_PAGEINDEX;
    if (len >= 6 && (memcmp(bytes, "<html", 5) == 0 || memcmp(bytes, "<HTML", 5) == 0)) return LLM_FORMAT_HTML;
    return LLM_FORMAT_TEXT;
}

uint32_t sx_reader_format(const char *name, const char *bytes, size_t len)
{
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof endings[0]; i++) {
        const char *a = dot, *b = endings[i].ending;
        while (*a && (*a >= 'A' && *a <= 'Z' ? *a + 32 : *a) == *b) a++, b++;
        if (!*a && !*b) return endings[i].format;
    }
    return format_of_bytes(bytes, len);
}

static llm_status settled(sx_outline *outline, llm_status status, llm_error *err)
{
    if (status == LLM_OK && outline->failed)
        status = outline->count >= outline->max_nodes ? LLM_OK
                                                      : sx_fail_memory(err); /* too many: building it says so */
    if (status == LLM_OK) sx_outline_settle(outline);
    return status;
}

llm_status sx_read(sx_outline *outline, uint32_t format, const llm_cancel *cancel, llm_error *err)
{
    if (outline->text_len >= UINT32_MAX)
        return sx_fail(err, LLM_E_LIMIT, "a document of %zu bytes is too long: the limit is 4 GiB; split it",
                       outline->text_len);
    switch (format) {
    case LLM_FORMAT_TEXT: return settled(outline, sx_read_text(outline, cancel, err), err);
    case LLM_FORMAT_MARKDOWN: return settled(outline, sx_read_markdown(outline, cancel, err), err);
    default: return sx_fail(err, LLM_E_UNSUPPORTED, "document format %u is not known; use one of LLM_FORMAT_*", format);
    }
}

/* The last step: outline and text become a tree, or both are freed. */
static llm_status build(sx_tree **out, sx_mem *mem, const char *name, char *text, size_t len, sx_outline *outline,
                        llm_status status, const llm_cancel *cancel, llm_error *err)
{
    if (status == LLM_OK)
        status = sx_tree_build(out, mem, name, text, len, outline, cancel, err);
    else
        sx_mem_free(mem, text);
    sx_outline_free(outline);
    return status;
}

llm_status sx_read_tree_within(sx_tree **out, sx_mem *mem, const char *name, char *text, size_t len, uint32_t format,
                               uint64_t max_nodes, const llm_cancel *cancel, llm_error *err)
{
    sx_outline outline;
    *out = NULL;
    sx_outline_init(&outline, mem, text, len);
    if (max_nodes && max_nodes < outline.max_nodes) outline.max_nodes = (uint32_t)max_nodes;
    return build(out, mem, name, text, len, &outline, sx_read(&outline, format, cancel, err), cancel, err);
}

llm_status sx_read_tree(sx_tree **out, sx_mem *mem, const char *name, char *text, size_t len, uint32_t format,
                        const llm_cancel *cancel, llm_error *err)
{
    return sx_read_tree_within(out, mem, name, text, len, format, 0, cancel, err);
}

llm_status sx_foreign_tree(sx_tree **out, sx_foreign *doc, const char *name, uint64_t max_nodes,
                           const llm_cancel *cancel, llm_error *err)
{
    sx_outline outline;
    *out = NULL;
    sx_outline_init(&outline, doc->mem, doc->text, doc->text_len);
    if (max_nodes && max_nodes < outline.max_nodes) outline.max_nodes = (uint32_t)max_nodes;
    llm_status status = settled(&outline, sx_foreign_outline(doc, &outline, cancel, err), err);
    char *text = doc->text;
    doc->text = NULL;
    return build(out, doc->mem, name, text, doc->text_len, &outline, status, cancel, err);
}
