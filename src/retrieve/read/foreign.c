/* The plugin's side of the way is a callback table: text goes into a bounded buffer, marks into an array, and both are
 * checked as untrusted input is. Then the marks are blocks of an outline like any other reader's. */
#include "retrieve/read/foreign.h"

#include <string.h>

#include "platform/utf8.h"
#include "readers/plugin.h"
#include "retrieve/read/pageindex.h"
#include "retrieve/read/plugin.h"
#include "retrieve/read/reader.h"
#include "retrieve/read/sentence.h"
#include "retrieve/read/text.h"

enum {
    MAX_PAGES = 100000,
    MAX_DEPTH = 2000,
    MAX_MARKS = 50000000,
    ROWS_CHARS = 1900, /* a table up to here stays whole */
    POLL_MARKS = 4096
};

typedef struct {
    sx_foreign *doc;
    sx_buf text;
    const char *name;
    const llm_cancel *cancel;
    llm_error *err;
    llm_status status; /* the first failure */
} intake;

static int32_t refuse(intake *in, llm_status status, const char *why)
{
    if (in->status == LLM_OK) in->status = sx_fail(in->err, status, "%s %s", in->name, why);
    return in->status;
}

static int32_t take_text(void *user, const char *bytes, size_t len)
{
    intake *in = user;
    if (in->status != LLM_OK) return in->status;
    sx_buf_add(&in->text, bytes, len);
    llm_status status = sx_buf_status(&in->text);
    if (status == LLM_E_LIMIT)
        return refuse(in, LLM_E_LIMIT, "holds more text than max_doc_bytes allows; raise it to take the document");
    if (status != LLM_OK) in->status = sx_fail_memory(in->err);
    return in->status;
}

static int32_t take_mark(void *user, int kind, int level, size_t start, size_t end)
{
    intake *in = user;
    sx_foreign *doc = in->doc;
    if (in->status != LLM_OK) return in->status;
    size_t last = doc->count ? doc->marks[doc->count - 1].end : 0;
    if (kind < SX_MARK_HEADING || kind > SX_MARK_PLAIN || level < 0 || level > 1000 || start > end ||
        end > in->text.len || end >= UINT32_MAX || (start < last && kind != SX_MARK_PLAIN))
        return refuse(in, LLM_E_INTERNAL, "was read by a plugin that marks what is not there");
    if (doc->count >= MAX_MARKS) return refuse(in, LLM_E_LIMIT, "has too many parts; split it");
    if (sx_mem_grow(doc->mem, (void **)&doc->marks, &doc->cap, doc->count + 1, sizeof *doc->marks))
        return in->status = sx_fail_memory(in->err);
    doc->marks[doc->count++] = (sx_mark){(uint32_t)start, (uint32_t)end, (uint16_t)level, (uint8_t)kind};
    return LLM_OK;
}

static int32_t poll(void *user)
{
    intake *in = user;
    if (in->status == LLM_OK && sx_cancelled(in->cancel)) refuse(in, LLM_E_CANCELLED, "was not read: it was cancelled");
    return in->status;
}

static int32_t take_failure(void *user, int32_t status, const char *why)
{
    return refuse(user, status < 0 ? status : LLM_E_INTERNAL, why);
}

bool sx_format_is_foreign(uint32_t format)
{
    return format >= LLM_FORMAT_HTML && format <= LLM_FORMAT_PAGEINDEX;
}

llm_status sx_foreign_read(sx_foreign *doc, sx_mem *mem, const char *name, uint32_t format, const char *bytes,
                           size_t len, uint64_t max_bytes, const llm_cancel *cancel, llm_error *err)
{
    const sx_reader_plugin *plugin;
    *doc = (sx_foreign){.mem = mem};
    if (format == LLM_FORMAT_PAGEINDEX) return sx_pageindex_read(doc, mem, name, bytes, len, max_bytes, err);
    llm_status status = sx_plugin_get(&plugin, format, name, err);
    if (status != LLM_OK) return status;
    if (max_bytes > UINT32_MAX - 1) max_bytes = UINT32_MAX - 1;
    intake in = {.doc = doc, .name = name, .cancel = cancel, .err = err};
    sx_buf_init(&in.text, mem, (size_t)max_bytes);
    const sx_reader_limits limits = {max_bytes, max_bytes, MAX_PAGES, MAX_DEPTH};
    const sx_reader_sink sink = {&in, take_text, take_mark, poll, take_failure};
    int32_t said = plugin->read(format, (const unsigned char *)bytes, len, &limits, &sink);
    if (said != 0) refuse(&in, said < 0 ? said : LLM_E_INTERNAL, "could not be read");
    if (in.status == LLM_OK && sx_utf8_check(sx_buf_cstr(&in.text), in.text.len) != in.text.len)
        refuse(&in, LLM_E_INTERNAL, "was read by a plugin that writes no UTF-8");
    if (in.status == LLM_OK && !in.text.data) sx_buf_str(&in.text, ""); /* memory of its own even when empty */
    if (in.status == LLM_OK && !in.text.data && !(in.text.data = sx_mem_zalloc(mem, 1)))
        in.status = sx_fail_memory(err);
    if (in.status != LLM_OK) {
        sx_buf_free(&in.text);
        sx_foreign_free(doc);
        return in.status;
    }
    doc->text = in.text.data;
    doc->text_len = in.text.len;
    return LLM_OK;
}

void sx_foreign_free(sx_foreign *doc)
{
    sx_mem_free(doc->mem, doc->text);
    sx_mem_free(doc->mem, doc->marks);
    doc->text = NULL;
    doc->marks = NULL;
    doc->count = doc->cap = 0;
}

/* ---- marks as blocks ---- */

static void set_pack(sx_pack *pack, uint8_t kind)
{
    bool row = kind == SX_MARK_ROW;
    if (row != (pack->limit == ROWS_CHARS)) sx_pack_flush(pack);
    pack->limit = row ? ROWS_CHARS : 0;
    pack->alone = row ? ROWS_CHARS : 0;
}

/* Headings that a format declares have levels 1..9. Those known by their looks stand below, ranked by what they say, and
 * the numbered clauses that are no headings at all below them. */
enum { DECLARED = 9, LOOKS = 20, CLAUSES = 60 };

static uint16_t heading_level(const sx_outline *outline, const sx_mark *m)
{
    sx_label label;
    if (m->level <= DECLARED) return m->level ? m->level : 1;
    bool ranked = sx_label_read(&label, outline->text, m->start, m->end) && label.rank && label.kind != SX_LABEL_ITEM;
    return (uint16_t)(LOOKS + (ranked ? label.rank : SX_RANK_LINE));
}

/* "第三条 ..." or "Section 3.1 ...": a paragraph that begins with such a label opens a section of it. */
static void open_clause(sx_outline *outline, const sx_mark *m)
{
    sx_label label;
    if (!sx_label_read(&label, outline->text, m->start, m->end) || !label.strong || !label.rank) return;
    size_t rest = sx_skip_space(outline->text, label.end, m->end);
    if (rest < m->end && (outline->text[rest] == ',' || (unsigned)(unsigned char)outline->text[rest] - 'a' < 26u))
        return;
    sx_outline_heading(outline, (uint16_t)(CLAUSES + label.rank), m->start, m->start, m->start, label.end, 0);
}

static void add_mark(sx_outline *outline, sx_pack *pack, const sx_mark *m, bool plain)
{
    switch (m->kind) {
    case SX_MARK_HEADING:
        sx_pack_flush(pack);
        sx_outline_heading(outline, heading_level(outline, m), m->start, m->end, m->start, m->end,
                           plain ? 0 : SX_BLOCK_WEAK);
        return;
    case SX_MARK_ITEM:
    case SX_MARK_ROW:
        set_pack(pack, m->kind);
        sx_pack_add(pack, m->start, m->end);
        return;
    case SX_MARK_CODE:
        sx_pack_flush(pack);
        sx_outline_paragraph(outline, m->start, m->end, SX_BLOCK_WHOLE);
        return;
    default:
        sx_pack_flush(pack);
        if (!plain) open_clause(outline, m);
        sx_outline_paragraph(outline, m->start, m->end, 0);
    }
}

llm_status sx_foreign_outline(const sx_foreign *doc, sx_outline *outline, const llm_cancel *cancel, llm_error *err)
{
    if (doc->count && doc->marks[doc->count - 1].kind == SX_MARK_PLAIN)
        return sx_read_text_hinted(outline, doc->marks, doc->count - 1, cancel, err);
    sx_pack pack = {.outline = outline, .flags = SX_BLOCK_LINES};
    for (size_t i = 0; i < doc->count; i++) {
        if (i % POLL_MARKS == 0 && sx_cancelled(cancel))
            return sx_fail(err, LLM_E_CANCELLED, "reading the document was cancelled");
        add_mark(outline, &pack, &doc->marks[i], doc->plain);
    }
    sx_pack_flush(&pack);
    return LLM_OK;
}
