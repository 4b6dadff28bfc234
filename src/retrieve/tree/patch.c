/* Whether a paragraph stays one is asked of the reader itself: it is given the paragraph alone. Only where that gives what the
 * tree has for the old words is the answer for the new ones believed. */
#include "retrieve/tree/patch.h"

#include <string.h>

#include "retrieve/read/reader.h"
#include "retrieve/tree/outline.h"

char *sx_text_patched(sx_mem *mem, const char *text, size_t text_len, size_t begin, size_t end, const char *by,
                      size_t len)
{
    char *made = sx_mem_alloc(mem, text_len - (end - begin) + len + 1);
    if (!made) return NULL;
    if (begin) memcpy(made, text, begin);
    if (len) memcpy(made + begin, by, len);
    memcpy(made + begin + len, text + end, text_len - end);
    made[text_len - (end - begin) + len] = '\0';
    return made;
}

/* The paragraph that holds all of [begin, end), SX_NO_NODE when there is none. */
static uint32_t find_paragraph(const sx_tree *tree, uint32_t begin, uint32_t end)
{
    for (uint32_t i = 0; i < tree->count; i++) {
        const sx_node *node = &tree->nodes[i];
        if (node->kind == LLM_NODE_PARAGRAPH && node->start <= begin && node->end >= end &&
            node->title_start == node->title_end)
            return i;
    }
    return SX_NO_NODE;
}

/* A paragraph read alone: the root of *out has it as its only child, and it covers everything. Else *out is NULL. */
static llm_status read_alone(sx_tree **out, sx_mem *mem, char *text, size_t len, uint32_t format, llm_error *err)
{
    *out = NULL;
    if (!text) return sx_fail_memory(err);
    llm_status status = sx_read_tree(out, mem, "paragraph", text, len, format, NULL, err);
    if (status != LLM_OK) return status;
    const sx_tree *t = *out;
    if (t->count < 2 || t->nodes[0].n_children != 1 || t->nodes[1].kind != LLM_NODE_PARAGRAPH ||
        t->nodes[1].start != 0 || t->nodes[1].end != len) {
        sx_tree_unref(*out);
        *out = NULL;
    }
    return LLM_OK;
}

/* Has the tree at node p the very sentences that were read alone? */
static bool agrees(const sx_tree *tree, uint32_t p, const sx_tree *alone)
{
    uint32_t n = tree->nodes[p].n_children, start = tree->nodes[p].start;
    if (alone->count != n + 2) return false;
    for (uint32_t k = 0; k < n; k++) {
        const sx_node *a = &tree->nodes[p + 1 + k], *b = &alone->nodes[2 + k];
        if (a->parent != p || a->start - start != b->start || a->end - start != b->end) return false;
    }
    return true;
}

typedef struct shift {
    uint32_t p;         /* the paragraph */
    uint32_t old_n, n;  /* its sentences */
    uint32_t gone, len; /* bytes */
} shift;

/* Where a node of the old tree stands in the new one. */
static uint32_t moved(const shift *s, uint32_t i)
{
    return i == SX_NO_NODE || i <= s->p ? i : i - s->old_n + s->n;
}

static void place_node(const shift *s, const sx_tree *old, uint32_t i, sx_tree *made)
{
    uint32_t behind = s->p + s->old_n;
    sx_node *node = &made->nodes[moved(s, i)];
    *node = old->nodes[i];
    node->parent = moved(s, node->parent);
    node->first_child = moved(s, node->first_child);
    node->next_sibling = moved(s, node->next_sibling);
    if (i > behind) {
        node->start = node->start - s->gone + s->len;
        node->title_start = node->title_start - s->gone + s->len;
        node->title_end = node->title_end - s->gone + s->len;
    }
    if (i > behind || node->end >= old->nodes[s->p].end) node->end = node->end - s->gone + s->len;
}

static void place_sentences(const shift *s, const sx_tree *alone, sx_tree *made)
{
    sx_node *up = &made->nodes[s->p];
    up->n_children = s->n;
    up->first_child = s->n ? s->p + 1 : SX_NO_NODE;
    memcpy(up->hash, alone->nodes[1].hash, sizeof up->hash);
    for (uint32_t k = 0; k < s->n; k++) {
        sx_node *node = &made->nodes[s->p + 1 + k];
        *node = alone->nodes[2 + k];
        node->parent = s->p;
        node->depth = (uint16_t)(up->depth + 1);
        node->next_sibling = k + 1 < s->n ? s->p + 2 + k : SX_NO_NODE;
        node->start += up->start;
        node->end += up->start;
        node->title_start += up->start;
        node->title_end += up->start;
    }
}

static sx_tree *patched(sx_mem *mem, const sx_tree *old, const shift *s, const sx_tree *alone, char *text)
{
    sx_tree *made = text ? sx_mem_zalloc(mem, sizeof *made) : NULL;
    if (!made) {
        sx_mem_free(mem, text);
        return NULL;
    }
    made->mem = mem;
    atomic_init(&made->refs, 1);
    made->text = text;
    made->text_len = old->text_len - s->gone + s->len;
    made->count = old->count - s->old_n + s->n;
    made->name = sx_mem_strndup(mem, old->name, strlen(old->name));
    made->nodes = sx_mem_array(mem, made->count, sizeof *made->nodes);
    if (!made->name || !made->nodes) {
        sx_tree_unref(made);
        return NULL;
    }
    for (uint32_t i = 0; i < old->count; i++)
        if (i <= s->p || i > s->p + s->old_n) place_node(s, old, i, made);
    place_sentences(s, alone, made);
    sx_tree_rehash(made, made->nodes[s->p].parent);
    return made;
}

llm_status sx_tree_patch(sx_tree **out, sx_mem *mem, const sx_tree *old, uint32_t begin, uint32_t end, const char *text,
                         uint32_t len, uint32_t format, llm_error *err)
{
    *out = NULL;
    uint32_t p = find_paragraph(old, begin, end);
    if (p == SX_NO_NODE || old->text_len - (end - begin) + len >= UINT32_MAX) return LLM_OK;
    const sx_node *node = &old->nodes[p];
    uint32_t size = node->end - node->start;
    const char *words = old->text + node->start;
    sx_tree *was = NULL, *now = NULL;
    llm_status status = read_alone(&was, mem, sx_mem_strndup(mem, words, size), size, format, err);
    if (status == LLM_OK && was && agrees(old, p, was))
        status = read_alone(&now, mem,
                            sx_text_patched(mem, words, size, begin - node->start, end - node->start, text, len),
                            size - (end - begin) + len, format, err);
    if (status == LLM_OK && now) {
        const shift s = {p, node->n_children, now->nodes[1].n_children, end - begin, len};
        *out = patched(mem, old, &s, now, sx_text_patched(mem, old->text, old->text_len, begin, end, text, len));
        if (!*out) status = sx_fail_memory(err);
    }
    sx_tree_unref(was);
    sx_tree_unref(now);
    return status;
}
