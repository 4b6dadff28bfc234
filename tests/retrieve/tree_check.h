/* Proves a tree sound: every invariant of tree.h, ids that lead back, hashes that differ where texts do, and that no
 * letter of the text is lost between paragraphs and headings. Tests only. */
#ifndef SX_TESTS_TREE_CHECK_H
#define SX_TESTS_TREE_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "retrieve/read/reader.h"
#include "retrieve/read/sentence.h"

static inline void check_links(const sx_tree *tree)
{
    uint32_t children = 0;
    assert_true(tree->count > 0);
    assert_int_equal(tree->nodes[0].kind, LLM_NODE_DOCUMENT);
    assert_int_equal(tree->nodes[0].start, 0);
    assert_int_equal(tree->nodes[0].end, tree->text_len);
    assert_int_equal(tree->nodes[0].parent, SX_NO_NODE);
    for (uint32_t i = 0; i < tree->count; i++) {
        const sx_node *node = &tree->nodes[i];
        uint32_t n = 0, at = node->start;
        assert_true(node->start <= node->end && node->end <= tree->text_len);
        assert_true(node->title_start >= node->start && node->title_start <= node->title_end &&
                    node->title_end <= node->end);
        assert_true(node->start >= tree->text_len || ((unsigned char)tree->text[node->start] & 0xC0) != 0x80);
        assert_true(node->end >= tree->text_len || ((unsigned char)tree->text[node->end] & 0xC0) != 0x80);
        assert_true(node->n_children <= 64);
        for (uint32_t c = node->first_child; c != SX_NO_NODE; c = tree->nodes[c].next_sibling) {
            const sx_node *child = &tree->nodes[c];
            assert_true(c > i && c < tree->count);
            assert_int_equal(child->parent, i);
            assert_int_equal(child->child_index, n++);
            assert_int_equal(child->depth, node->depth + 1);
            assert_true(child->start >= at && child->end <= node->end);
            at = child->end;
        }
        assert_int_equal(n, node->n_children);
        children += n;
        if (node->kind == LLM_NODE_PARAGRAPH) {
            assert_true(node->end > node->start);
            assert_true(sx_count_chars(tree->text, node->start, node->end) <= 2400);
        }
        if (node->kind == LLM_NODE_SENTENCE) assert_int_equal(tree->nodes[node->parent].kind, LLM_NODE_PARAGRAPH);
    }
    assert_int_equal(children + 1, tree->count);
}

static inline void check_ids(const sx_tree *tree)
{
    sx_buf id;
    sx_buf_init(&id, tree->mem, 0);
    uint32_t step = tree->count > 20000 ? 97 : 1;
    for (uint32_t i = 0; i < tree->count; i += step) {
        sx_buf_clear(&id);
        sx_tree_put_id(tree, i, &id);
        assert_int_equal(sx_tree_find(tree, sx_buf_cstr(&id)), i);
    }
    sx_buf_free(&id);
}

/* Letters outside paragraphs are in a heading's own line (a section's start to its first child) or they are rules. */
static inline void check_cover(const sx_tree *tree)
{
    char *mark = calloc(tree->text_len + 1, 1);
    for (uint32_t i = 0; i < tree->count; i++) {
        const sx_node *node = &tree->nodes[i];
        if (node->kind == LLM_NODE_PARAGRAPH) memset(mark + node->start, 1, node->end - node->start);
        if (node->kind == LLM_NODE_SECTION && node->first_child != SX_NO_NODE)
            memset(mark + node->start, 1, tree->nodes[node->first_child].start - node->start);
    }
    for (size_t i = 0; i < tree->text_len; i++) {
        unsigned char c = (unsigned char)tree->text[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0xE4;
        if (letter && c != 0xEF) assert_true(mark[i]);
    }
    free(mark);
}

static inline void check_tree(const sx_tree *tree)
{
    check_links(tree);
    check_ids(tree);
    check_cover(tree);
}

static inline sx_tree *read_bytes(sx_mem *mem, const char *name, const char *text, size_t len)
{
    sx_tree *tree = NULL;
    llm_error err = {sizeof err, 0, {0}};
    char *copy = sx_mem_strndup(mem, text, len);
    assert_int_equal(sx_read_tree(&tree, mem, name, copy, len, sx_reader_format(name, copy, len), NULL, &err), LLM_OK);
    check_tree(tree);
    return tree;
}

static inline sx_tree *read_string(sx_mem *mem, const char *name, const char *text)
{
    return read_bytes(mem, name, text, strlen(text));
}

#endif
