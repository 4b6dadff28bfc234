/* A document of any bytes, read as Markdown and as plain text: the tree must be sound, come back from its blob the same,
 * and a blob of these bytes must be refused or be sound. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "platform/utf8.h"
#include "retrieve/read/reader.h"

static void require(int truth)
{
    if (!truth) abort();
}

static void check(const sx_tree *tree)
{
    require(tree->count > 0 && tree->nodes[0].end == tree->text_len);
    for (uint32_t i = 0; i < tree->count; i++) {
        const sx_node *node = &tree->nodes[i];
        uint32_t at = node->start, n = 0;
        require(node->start <= node->end && node->end <= tree->text_len && node->n_children <= 64);
        require(node->title_start >= node->start && node->title_start <= node->title_end &&
                node->title_end <= node->end);
        for (uint32_t c = node->first_child; c != SX_NO_NODE; c = tree->nodes[c].next_sibling) {
            require(c > i && tree->nodes[c].parent == i && tree->nodes[c].child_index == n++);
            require(tree->nodes[c].start >= at && tree->nodes[c].end <= node->end);
            at = tree->nodes[c].end;
        }
        require(n == node->n_children);
    }
}

static void read_as(sx_mem *mem, const char *text, size_t len, uint32_t format)
{
    sx_tree *tree = NULL, *back = NULL;
    sx_buf blob;
    require(sx_read_tree(&tree, mem, "fuzz", sx_mem_strndup(mem, text, len), len, format, NULL, NULL) == LLM_OK);
    check(tree);
    sx_buf_init(&blob, mem, 0);
    require(sx_tree_save(tree, &blob) == LLM_OK);
    require(sx_tree_load(&back, mem, "fuzz", sx_mem_strndup(mem, text, len), len, blob.data, blob.len, true, NULL) ==
            LLM_OK);
    require(back->count == tree->count && memcmp(back->nodes, tree->nodes, tree->count * sizeof(sx_node)) == 0);
    sx_buf_free(&blob);
    sx_tree_unref(back);
    sx_tree_unref(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sx_mem mem;
    sx_tree *tree = NULL;
    const char *text = (const char *)data;
    size_t len = sx_utf8_check(text, size);
    sx_mem_init(&mem, NULL);
    read_as(&mem, text, len, LLM_FORMAT_MARKDOWN);
    read_as(&mem, text, len, LLM_FORMAT_TEXT);
    if (sx_tree_load(&tree, &mem, "fuzz", sx_mem_strndup(&mem, "text", 4), 4, data, size, true, NULL) == LLM_OK)
        check(tree);
    sx_tree_unref(tree);
    require(mem.live_bytes == 0);
    return 0;
}
