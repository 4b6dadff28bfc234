/* From an outline to a tree: headings nest by level, long levels are balanced with groups, paragraphs get their sentences.
 * The outline is flat and in reading order, so one pass with a stack of open sections finds every parent. Writing the
 * nodes recurses over the section depth (bounded by MAX_SECTIONS) and the group depth (the logarithm of the children). */
#include <string.h>

#include "platform/crypto.h"
#include "retrieve/read/sentence.h"
#include "retrieve/tree/outline.h"

enum {
    MAX_CHILDREN = 64, /* on a level: more are put into groups */
    MAX_SECTIONS = 24, /* headings nested deeper stay on this depth */
    POLL_EVERY = 4096  /* nodes between two looks at the cancel token */
};
#define NONE UINT32_MAX

typedef struct {
    sx_tree *tree;
    const sx_outline *outline;
    uint32_t *next;  /* [blocks] next block with the same parent */
    uint32_t *first; /* [blocks + 1] first child block; the last entry is the root's */
    uint32_t *end;   /* [blocks] where a block's text ends, descendants included */
    uint32_t *kids;  /* [blocks + 1] how many */
    size_t cap;      /* of tree->nodes */
    const llm_cancel *cancel;
    llm_status status;
} builder;

/* Links every block to its parent. */
static void nest(builder *b)
{
    uint32_t n = (uint32_t)b->outline->count, root = n, stack[MAX_SECTIONS + 1], depth = 0;
    uint32_t last[MAX_SECTIONS + 1]; /* last child of each open section */
    uint16_t levels[MAX_SECTIONS + 1];
    stack[0] = root;
    last[0] = NONE;
    levels[0] = 0;
    b->first[root] = NONE;
    b->kids[root] = 0;
    for (uint32_t i = 0; i < n; i++) {
        const sx_block *block = &b->outline->blocks[i];
        bool heading = block->kind == SX_BLOCK_HEADING, closing = block->kind == SX_BLOCK_CLOSE;
        while ((heading || closing) && depth > 0 &&
               (levels[depth] >= block->level || (heading && depth == MAX_SECTIONS)))
            depth--;
        if (closing) continue;
        b->next[i] = b->first[i] = NONE;
        b->kids[i] = 0;
        uint32_t end = block->end > block->title_end ? block->end : block->title_end;
        b->end[i] = end;
        if (last[depth] == NONE)
            b->first[stack[depth]] = i;
        else
            b->next[last[depth]] = i;
        last[depth] = i;
        b->kids[stack[depth]]++;
        for (uint32_t d = 1; d <= depth; d++)
            if (b->end[stack[d]] < end) b->end[stack[d]] = end;
        if (heading) {
            depth++;
            stack[depth] = i;
            last[depth] = NONE;
            levels[depth] = block->level;
        }
    }
}

/* Appends a node as the next child of `parent`; `before` is its elder sibling or SX_NO_NODE. SX_NO_NODE on failure. */
static uint32_t add_node(builder *b, uint32_t parent, uint32_t before, uint16_t kind, uint32_t start, uint32_t end)
{
    sx_tree *tree = b->tree;
    if (b->status != LLM_OK) return SX_NO_NODE;
    if (tree->count % POLL_EVERY == 0 && sx_cancelled(b->cancel)) b->status = LLM_E_CANCELLED;
    if (tree->count >= b->outline->max_nodes) b->status = LLM_E_LIMIT;
    if (b->status == LLM_OK &&
        sx_mem_grow(tree->mem, (void **)&tree->nodes, &b->cap, (size_t)tree->count + 1, sizeof(sx_node)))
        b->status = LLM_E_MEMORY;
    if (b->status != LLM_OK) return SX_NO_NODE;
    uint32_t i = tree->count++;
    sx_node *node = &tree->nodes[i];
    memset(node, 0, sizeof *node);
    node->parent = parent;
    node->first_child = node->next_sibling = SX_NO_NODE;
    node->kind = kind;
    node->start = node->title_start = node->title_end = start;
    node->end = end;
    if (parent == SX_NO_NODE) return i;
    sx_node *up = &tree->nodes[parent];
    node->depth = (uint16_t)(up->depth + 1);
    node->child_index = up->n_children++;
    if (before == SX_NO_NODE)
        up->first_child = i;
    else
        tree->nodes[before].next_sibling = i;
    return i;
}

/* The sentences of a paragraph, when there are at least two. Many short ones are joined, so that the level stays small. */
static void add_sentences(builder *b, uint32_t node, uint8_t flags)
{
    const char *text = b->tree->text;
    uint32_t start = b->tree->nodes[node].start, end = b->tree->nodes[node].end;
    bool lines = (flags & SX_BLOCK_LINES) != 0;
    if (flags & SX_BLOCK_WHOLE) return;
    size_t least = (end - start) / MAX_CHILDREN + 1; /* bytes: at most MAX_CHILDREN sentences are longer than this */
    size_t at = start, first_end = sx_sentence_end(text, start, end, lines);
    if (sx_skip_space(text, first_end, end) >= end) return;
    uint32_t before = SX_NO_NODE;
    while (at < end && b->status == LLM_OK) {
        size_t stop = at == start ? first_end : sx_sentence_end(text, at, end, lines);
        size_t follow = sx_skip_space(text, stop, end);
        while (stop - at < least && follow < end) {
            stop = sx_sentence_end(text, follow, end, lines);
            follow = sx_skip_space(text, stop, end);
        }
        before = add_node(b, node, before, LLM_NODE_SENTENCE, (uint32_t)at, (uint32_t)sx_trim_space(text, at, stop));
        at = follow;
    }
}

static void add_children(builder *b, uint32_t parent, uint32_t block, uint32_t n);

static uint32_t add_block(builder *b, uint32_t parent, uint32_t before, uint32_t i)
{
    const sx_block *block = &b->outline->blocks[i];
    bool heading = block->kind == SX_BLOCK_HEADING;
    uint16_t kind = heading ? LLM_NODE_SECTION : LLM_NODE_PARAGRAPH;
    uint32_t node = add_node(b, parent, before, kind, block->start, b->end[i]);
    if (node == SX_NO_NODE) return node;
    b->tree->nodes[node].title_start = block->title_start;
    b->tree->nodes[node].title_end = block->title_end;
    if (!heading) {
        add_sentences(b, node, block->flags);
    } else if (b->kids[i]) {
        add_children(b, node, b->first[i], b->kids[i]);
    } else { /* a heading over nothing: its line is all the text there is, and evidence is made of paragraphs */
        add_node(b, node, SX_NO_NODE, LLM_NODE_PARAGRAPH, block->start, b->tree->nodes[node].end);
    }
    return node;
}

/* The `n` blocks from `block` on become children of `parent`, in as few levels of groups as keep every level small. */
static void add_children(builder *b, uint32_t parent, uint32_t block, uint32_t n)
{
    uint64_t per_group = 1;
    while (per_group * MAX_CHILDREN < n) per_group *= MAX_CHILDREN;
    uint32_t before = SX_NO_NODE;
    if (per_group == 1) {
        for (uint32_t i = 0; i < n && b->status == LLM_OK; i++, block = b->next[block])
            before = add_block(b, parent, before, block);
        return;
    }
    uint32_t groups = (uint32_t)((n + per_group - 1) / per_group);
    for (uint32_t g = 0; g < groups && b->status == LLM_OK; g++) {
        uint32_t from = (uint32_t)((uint64_t)n * g / groups), to = (uint32_t)((uint64_t)n * (g + 1) / groups);
        uint32_t after = block, last = block;
        for (uint32_t i = from; i < to; i++, after = b->next[after]) last = after;
        before = add_node(b, parent, before, LLM_NODE_GROUP, b->outline->blocks[block].start, b->end[last]);
        if (before != SX_NO_NODE) add_children(b, before, block, to - from);
        block = after;
    }
}

static llm_status build_nodes(builder *b)
{
    size_t n = b->outline->count;
    sx_mem *mem = b->tree->mem;
    b->next = sx_mem_array(mem, n + 1, sizeof *b->next);
    b->first = sx_mem_array(mem, n + 1, sizeof *b->first);
    b->end = sx_mem_array(mem, n + 1, sizeof *b->end);
    b->kids = sx_mem_array(mem, n + 1, sizeof *b->kids);
    if (b->next && b->first && b->end && b->kids) {
        nest(b);
        uint32_t root = add_node(b, SX_NO_NODE, SX_NO_NODE, LLM_NODE_DOCUMENT, 0, (uint32_t)b->tree->text_len);
        if (root != SX_NO_NODE && n) add_children(b, root, b->first[n], b->kids[n]);
    } else {
        b->status = LLM_E_MEMORY;
    }
    sx_mem_free(mem, b->next);
    sx_mem_free(mem, b->first);
    sx_mem_free(mem, b->end);
    sx_mem_free(mem, b->kids);
    return b->status;
}

llm_status sx_tree_build(sx_tree **out, sx_mem *mem, const char *name, char *text, size_t len,
                         const sx_outline *outline, const llm_cancel *cancel, llm_error *err)
{
    *out = NULL;
    sx_tree *tree = sx_mem_zalloc(mem, sizeof *tree);
    if (!tree) {
        sx_mem_free(mem, text);
        return sx_fail_memory(err);
    }
    tree->mem = mem;
    tree->text = text;
    tree->text_len = len;
    atomic_init(&tree->refs, 1);
    llm_status status = sx_crypto_init(err);
    if (status == LLM_OK) {
        tree->name = sx_mem_strndup(mem, name, strlen(name));
        builder b = {.tree = tree, .outline = outline, .cancel = cancel, .status = LLM_OK};
        bool full = outline->count >= outline->max_nodes;
        status = full ? LLM_E_LIMIT : tree->name && !outline->failed ? build_nodes(&b) : LLM_E_MEMORY;
        if (status == LLM_E_MEMORY) sx_fail_memory(err);
        if (status == LLM_E_LIMIT)
            sx_fail(err, status,
                    "%s has more than %u places (sections, paragraphs, sentences); split it into several documents or "
                    "raise max_doc_nodes",
                    name, outline->max_nodes);
        if (status == LLM_E_CANCELLED) sx_fail(err, status, "reading %s was cancelled", name);
    }
    if (status != LLM_OK) {
        sx_tree_unref(tree);
        return status;
    }
    sx_tree_hash(tree);
    *out = tree;
    return LLM_OK;
}
