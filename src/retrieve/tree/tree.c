/* Trees at rest: references, ids, paths. */
#include "retrieve/tree/tree.h"

#include <string.h>

#include "retrieve/tree/outline.h"

sx_tree *sx_tree_ref(sx_tree *tree)
{
    if (tree) atomic_fetch_add_explicit(&tree->refs, 1, memory_order_relaxed);
    return tree;
}

void sx_tree_unref(sx_tree *tree)
{
    if (!tree || atomic_fetch_sub_explicit(&tree->refs, 1, memory_order_acq_rel) != 1) return;
    sx_mem *mem = tree->mem;
    sx_mem_free(mem, tree->nodes);
    sx_mem_free(mem, tree->text);
    sx_mem_free(mem, tree->name);
    sx_mem_free(mem, tree);
}

enum { PATH_MAX_DEPTH = 1024 }; /* deeper trees are neither built nor loaded */

void sx_tree_put_id(const sx_tree *tree, uint32_t node, sx_buf *out)
{
    uint32_t parts[PATH_MAX_DEPTH], n = 0;
    for (uint32_t i = node; i < tree->count && n < PATH_MAX_DEPTH; i = tree->nodes[i].parent)
        parts[n++] = tree->nodes[i].child_index;
    for (uint32_t i = n; i-- > 0;) sx_buf_printf(out, i + 1 == n ? "%u" : ".%u", parts[i]);
}

/* One part of an id: decimal, no sign, no leading zeros, so that every node has one spelling. */
static const char *read_part(const char *s, uint32_t *value)
{
    if (*s < '0' || *s > '9' || (s[0] == '0' && s[1] >= '0' && s[1] <= '9')) return NULL;
    uint64_t v = 0;
    for (; *s >= '0' && *s <= '9'; s++) {
        v = v * 10 + (uint64_t)(*s - '0');
        if (v > UINT32_MAX) return NULL;
    }
    *value = (uint32_t)v;
    return s;
}

uint32_t sx_tree_find(const sx_tree *tree, const char *id)
{
    uint32_t part, node = 0;
    const char *s = read_part(id, &part);
    if (!s || part != 0 || tree->count == 0) return SX_NO_NODE;
    while (*s == '.') {
        s = read_part(s + 1, &part);
        if (!s || part >= tree->nodes[node].n_children) return SX_NO_NODE;
        for (node = tree->nodes[node].first_child; part > 0; part--) node = tree->nodes[node].next_sibling;
    }
    return *s == '\0' ? node : SX_NO_NODE;
}

/* A title on one line: runs of white space become one blank. */
static void put_title(const sx_tree *tree, const sx_node *node, sx_buf *out)
{
    bool blank = false;
    for (uint32_t i = node->title_start; i < node->title_end; i++) {
        char c = tree->text[i];
        if (c == ' ' || (c >= '\t' && c <= '\r') || c == '\0') {
            blank = true;
            continue;
        }
        if (blank) sx_buf_char(out, ' ');
        blank = false;
        sx_buf_char(out, c);
    }
}

void sx_tree_put_path(const sx_tree *tree, uint32_t node, sx_buf *out)
{
    uint32_t titled[PATH_MAX_DEPTH], n = 0;
    for (uint32_t i = node; i < tree->count && i != 0 && n < PATH_MAX_DEPTH; i = tree->nodes[i].parent)
        if (tree->nodes[i].title_end > tree->nodes[i].title_start) titled[n++] = i;
    for (uint32_t i = n; i-- > 0;) {
        if (i + 1 != n) sx_buf_str(out, " > ");
        put_title(tree, &tree->nodes[titled[i]], out);
    }
}

uint32_t sx_tree_page(const sx_tree *tree, size_t at)
{
    const char *text = tree->text, *feed = text ? memchr(text, '\f', tree->text_len) : NULL;
    uint32_t page = 1;
    if (!feed) return 0;
    for (; feed && (size_t)(feed - text) < at; page++)
        feed = memchr(feed + 1, '\f', tree->text_len - (size_t)(feed + 1 - text));
    return page;
}
