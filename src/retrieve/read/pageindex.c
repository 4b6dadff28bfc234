#include "retrieve/read/pageindex.h"

#include <string.h>

#include "platform/json.h"
#include "readers/plugin.h"
#include "retrieve/retrieve.h"

enum { LEVELS = 9, PAGES_MAX = 100000 };

/* ---- writing ---- */

static bool blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void put_stretch(sx_buf *out, const sx_tree *tree, uint32_t start, uint32_t end)
{
    while (start < end && blank(tree->text[start])) start++;
    while (end > start && blank(tree->text[end - 1])) end--;
    if (start == end) return;
    sx_buf_str(out, ",\"text\":");
    sx_json_quote(out, tree->text + start, end - start, false);
}

static bool is_section(const sx_node *node)
{
    return node->kind == LLM_NODE_SECTION && node->title_end > node->title_start;
}

/* The next titled section behind i that lies below `root`; tree->count when there is none. */
static uint32_t next_section(const sx_tree *tree, uint32_t root, uint32_t i)
{
    while (++i < tree->count && tree->nodes[i].depth > tree->nodes[root].depth)
        if (is_section(&tree->nodes[i])) return i;
    return tree->count;
}

typedef struct pages { /* walks forward: where the last offset stood */
    uint32_t at, page, line;
} pages;

static void walk_to(pages *p, const sx_tree *tree, uint32_t at)
{
    for (; p->at < at; p->at++) {
        p->page += tree->text[p->at] == '\f';
        p->line += tree->text[p->at] == '\n';
    }
}

/* Opens a node; it is closed by "}" behind its children. */
static void open_node(sx_buf *out, const sx_tree *tree, uint32_t i, uint32_t number, pages *p, bool paged)
{
    const sx_node *node = &tree->nodes[i];
    uint32_t from = i == 0 ? node->start : node->title_end, first = next_section(tree, i, i);
    uint32_t to = first < tree->count ? tree->nodes[first].start : node->end;
    sx_buf_str(out, "{\"title\":");
    sx_json_quote(out, tree->text + node->title_start, i ? node->title_end - node->title_start : 0, false);
    sx_buf_printf(out, ",\"node_id\":\"%04u\"", number);
    walk_to(p, tree, node->start);
    if (paged)
        sx_buf_printf(out, ",\"start_index\":%u,\"end_index\":%u", p->page, sx_tree_page(tree, i ? node->end : to));
    else
        sx_buf_printf(out, ",\"line_num\":%u", p->line);
    put_stretch(out, tree, from, to);
}

static bool has_preface(const sx_tree *tree)
{
    uint32_t first = next_section(tree, 0, 0);
    uint32_t to = first < tree->count ? tree->nodes[first].start : (uint32_t)tree->text_len;
    for (uint32_t i = 0; i < to; i++)
        if (!blank(tree->text[i])) return true;
    return false;
}

llm_status sx_tree_pageindex(sx_buf *out, const sx_tree *tree)
{
    bool paged = tree->text_len && memchr(tree->text, '\f', tree->text_len) != NULL, sibling = false;
    uint16_t open[LEVELS * 64]; /* depths of the open nodes; a tree is never deeper */
    uint32_t n = 0, number = 0;
    pages p = {0, 1, 1};
    sx_buf_str(out, "{\"doc_name\":");
    sx_json_quote(out, tree->name, strlen(tree->name), false);
    sx_buf_str(out, ",\"structure\":[");
    if (has_preface(tree)) {
        open_node(out, tree, 0, number++, &p, paged);
        sx_buf_char(out, '}');
        sibling = true;
    }
    for (uint32_t i = next_section(tree, 0, 0); i < tree->count; i = next_section(tree, 0, i)) {
        while (n && open[n - 1] >= tree->nodes[i].depth) {
            sx_buf_str(out, sibling ? "]}" : "}");
            sibling = true;
            n--;
        }
        if (sibling)
            sx_buf_char(out, ',');
        else if (n)
            sx_buf_str(out, ",\"nodes\":[");
        open_node(out, tree, i, number++, &p, paged);
        open[n++] = tree->nodes[i].depth;
        sibling = false;
    }
    while (n--) {
        sx_buf_str(out, sibling ? "]}" : "}");
        sibling = true;
    }
    sx_buf_str(out, "]}\n");
    return sx_buf_status(out);
}

/* ---- reading ---- */

typedef struct intake {
    sx_foreign *doc;
    sx_buf text;
    uint32_t page;
    const char *name, *bytes;
    size_t len;
    bool failed; /* no memory for a mark */
} intake;

static void add_mark(intake *in, int kind, size_t level, size_t start)
{
    sx_foreign *doc = in->doc;
    if (start == in->text.len || sx_buf_status(&in->text) != LLM_OK || in->text.len >= UINT32_MAX) return;
    if (sx_mem_grow(doc->mem, (void **)&doc->marks, &doc->cap, doc->count + 1, sizeof *doc->marks)) {
        in->failed = true;
        return;
    }
    doc->marks[doc->count++] = (sx_mark){(uint32_t)start, (uint32_t)in->text.len, (uint16_t)level, (uint8_t)kind};
}

static void add_title(intake *in, const sx_json *title, size_t level)
{
    size_t start = in->text.len;
    bool gap = false;
    for (size_t i = 0; i < title->len; i++) {
        if ((unsigned char)title->text[i] <= ' ') {
            gap = in->text.len > start;
            continue;
        }
        if (gap) sx_buf_char(&in->text, ' ');
        gap = false;
        sx_buf_char(&in->text, title->text[i]);
    }
    add_mark(in, SX_MARK_HEADING, level < LEVELS ? level : LEVELS, start);
    if (in->text.len > start) sx_buf_str(&in->text, "\n\n");
}

/* Where a paragraph ends: before an empty line. */
static size_t paragraph_end(const char *s, size_t at, size_t len)
{
    for (; at < len; at++) {
        if (s[at] != '\n') continue;
        size_t next = at + 1;
        while (next < len && (s[next] == ' ' || s[next] == '\t' || s[next] == '\r')) next++;
        if (next == len || s[next] == '\n') return at;
    }
    return len;
}

static void add_text(intake *in, const sx_json *text)
{
    const char *s = text->text;
    size_t end = text->len, at = 0, any = in->text.len;
    while (end && blank(s[end - 1])) end--;
    while (at < end) {
        size_t skip = at;
        while (skip < end && blank(s[skip])) skip++;
        if (any < in->text.len) sx_buf_add(&in->text, s + at, skip - at); /* what stands between paragraphs, as it is */
        at = skip;
        size_t stop = paragraph_end(s, at, end), start = in->text.len;
        sx_buf_add(&in->text, s + at, stop - at);
        add_mark(in, SX_MARK_PARAGRAPH, 0, start);
        at = stop;
    }
    for (size_t i = any; i < in->text.len; i++) in->page += in->text.data[i] == '\f';
    if (in->text.len > any) sx_buf_str(&in->text, "\n\n");
}

static llm_status wrong(const intake *in, const sx_json *at, const char *what, llm_error *err)
{
    uint32_t line, column;
    sx_json_place(in->bytes, in->len, at->at, &line, &column);
    return sx_fail(err, LLM_E_FORMAT, "%s is no PageIndex tree at line %u, column %u: %s", in->name, line, column,
                   what);
}

static llm_status add_node(intake *in, const sx_json *node, size_t level, llm_error *err)
{
    const sx_json *title = sx_json_get(node, "title"), *text = sx_json_get(node, "text");
    const sx_json *page = sx_json_get(node, "start_index");
    int64_t to;
    if (node->kind != SX_JSON_OBJECT) return wrong(in, node, "a node with a title was expected", err);
    if (!sx_json_is(title, SX_JSON_STRING)) return wrong(in, node, "the node has no title", err);
    if (text && text->kind != SX_JSON_STRING) return wrong(in, text, "the text is no string", err);
    if (!text) text = sx_json_get(node, "summary");
    if (page && page->kind != SX_JSON_NULL && (!sx_json_int(page, &to) || to < 1 || to > PAGES_MAX))
        return wrong(in, page, "start_index is a page from 1 to 100000", err);
    for (; page && page->kind != SX_JSON_NULL && in->page < to; in->page++) sx_buf_char(&in->text, '\f');
    add_title(in, title, level);
    if (sx_json_is(text, SX_JSON_STRING)) add_text(in, text);
    return LLM_OK;
}

/* The nodes in reading order; nesting is bounded by the parser. */
static llm_status add_nodes(intake *in, const sx_json *list, size_t level, llm_error *err)
{
    const sx_json *next[SX_JSON_MAX_DEPTH + 1];
    size_t n = 0;
    llm_status status = LLM_OK;
    if (!sx_json_is(list, SX_JSON_ARRAY)) return wrong(in, list, "a list of nodes was expected", err);
    next[n++] = list->first;
    while (n && status == LLM_OK) {
        const sx_json *node = next[n - 1];
        if (!node) {
            n--;
            continue;
        }
        next[n - 1] = node->next;
        status = add_node(in, node, level + n - 1, err);
        const sx_json *below = sx_json_get(node, "nodes");
        if (status != LLM_OK || !below || below->kind == SX_JSON_NULL) continue;
        if (below->kind != SX_JSON_ARRAY || n > SX_JSON_MAX_DEPTH)
            status = wrong(in, below, "\"nodes\" is no list of nodes", err);
        else
            next[n++] = below->first;
    }
    return status;
}

llm_status sx_pageindex_read(sx_foreign *doc, sx_mem *mem, const char *name, const char *bytes, size_t len,
                             uint64_t max_bytes, llm_error *err)
{
    sx_arena arena;
    const sx_json *root = NULL;
    sx_arena_init(&arena, mem);
    *doc = (sx_foreign){.mem = mem, .plain = true};
    intake in = {.doc = doc, .page = 1, .name = name, .bytes = bytes, .len = len};
    sx_buf_init(&in.text, mem, max_bytes < UINT32_MAX - 1 ? (size_t)max_bytes : UINT32_MAX - 1);
    llm_status status = sx_json_parse(&root, &arena, name, bytes, len, err);
    if (status == LLM_OK) {
        const sx_json *list = root->kind == SX_JSON_OBJECT ? sx_json_get(root, "structure") : root;
        status = list ? add_nodes(&in, list, 1, err) : wrong(&in, root, "it has no \"structure\"", err);
    }
    if (status == LLM_OK && sx_buf_status(&in.text) == LLM_E_LIMIT)
        status = sx_fail(err, LLM_E_LIMIT,
                         "%s holds more text than max_doc_bytes allows; raise it to take the document", name);
    if (status == LLM_OK && (in.failed || sx_buf_status(&in.text) != LLM_OK)) status = sx_fail_memory(err);
    if (status == LLM_OK && !doc->count)
        status = sx_fail(err, LLM_E_UNSUPPORTED, "%s has neither titles nor texts", name);
    sx_arena_free(&arena);
    if (status != LLM_OK) {
        sx_buf_free(&in.text);
        sx_foreign_free(doc);
        return status;
    }
    doc->text = in.text.data;
    doc->text_len = in.text.len;
    return LLM_OK;
}
