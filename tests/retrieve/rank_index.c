/* The index: saved and loaded it is the same; no damaged byte gets past loading; memory that runs out; every leaf of a tree
 * is in it once. */
#include "../engine/fail_alloc.h"
#include "platform/map.h"
#include "retrieve/rank/form.h"
#include "retrieve/rank/spans.h"
#include "tree_check.h"

static sx_mem mem;

static const char document[] =
    "# Handbook\n\nWelcome to the house. Read this first.\n\n## Fees\n\nThe fee is 1,000 euros. It is due in May.\n\n"
    "Late fees are higher.\n\n## Rules\n\n### Quiet\n\nBe quiet at night.\n\n## 第二章 规则\n\n第三条 成员应当准时。迟到应当说明。\n\n"
    "第四条 规则由大会修改。\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";

static sx_index *build(const sx_tree *tree)
{
    sx_index *index = NULL;
    llm_error err = {sizeof err, 0, {0}};
    assert_int_equal(sx_index_build(&index, &mem, tree, NULL, &err), LLM_OK);
    return index;
}

static void put_number(sx_buf *out, uint32_t v)
{
    for (; v >= 0x80; v >>= 7) sx_buf_char(out, (char)(v | 0x80));
    sx_buf_char(out, (char)v);
}

static void put_fixed(sx_buf *out, uint64_t v, int n)
{
    for (int i = 0; i < n; i++) sx_buf_char(out, (char)(v >> (8 * i) & 0xff));
}

/* A blob as the first release wrote it. */
static void save_first_form(const sx_index *index, sx_buf *out)
{
    sx_buf_str(out, "SXI1");
    const uint32_t head[] = {index->lang, index->n_leaves, index->n_sections, index->n_terms, index->n_tokens};
    for (size_t i = 0; i < 5; i++) put_number(out, head[i]);
    for (uint32_t t = 0; t < index->n_terms; t++) put_fixed(out, index->terms[t], 4);
    for (uint32_t i = 0; i < index->n_leaves; i++) {
        put_number(out, index->leaf_start[i + 1] - index->leaf_start[i]);
        put_number(out, index->leaf_lead[i]);
        put_number(out, index->leaf_title[i]);
    }
    for (uint32_t i = 0; i < index->n_sections; i++)
        put_number(out, index->sections[i].title_end - index->sections[i].title);
    for (uint32_t i = 0; i < index->n_tokens; i++) put_number(out, index->tokens[i]);
    put_fixed(out, sx_hash64(out->data, out->len, 0), 8);
}

static void first_form_is_read(void **state)
{
    (void)state;
    sx_tree *tree = read_string(&mem, "a.md", document);
    sx_index *index = build(tree), *again = NULL;
    llm_error err = {sizeof err, 0, {0}};
    sx_buf blob;
    sx_buf_init(&blob, &mem, 0);
    save_first_form(index, &blob);
    assert_int_equal(sx_index_load(&again, &mem, tree, blob.data, blob.len, &err), LLM_OK);
    assert_int_equal(index->n_tokens, again->n_tokens);
    assert_memory_equal(index->tokens, again->tokens, index->n_tokens * sizeof *index->tokens);
    assert_memory_equal(index->posts, again->posts, index->post_start[index->n_terms] * sizeof *index->posts);
    sx_index_free(index);
    sx_index_free(again);
    sx_buf_free(&blob);
    sx_tree_unref(tree);
}

static void saved_and_loaded(void **state)
{
    (void)state;
    sx_tree *tree = read_string(&mem, "a.md", document);
    sx_index *index = build(tree), *again = NULL;
    llm_error err = {sizeof err, 0, {0}};
    sx_buf blob, second;
    sx_buf_init(&blob, &mem, 0);
    sx_buf_init(&second, &mem, 0);
    assert_int_equal(sx_index_save(index, &blob), LLM_OK);
    assert_int_equal(sx_index_load(&again, &mem, tree, blob.data, blob.len, &err), LLM_OK);
    assert_int_equal(sx_index_save(again, &second), LLM_OK);
    assert_int_equal(blob.len, second.len);
    assert_memory_equal(blob.data, second.data, blob.len);
    assert_int_equal(index->n_leaves, again->n_leaves);
    assert_int_equal(index->total_words, again->total_words);
    assert_memory_equal(index->posts, again->posts, index->post_start[index->n_terms] * sizeof *index->posts);
    sx_index_free(index);
    sx_index_free(again);
    sx_buf_free(&blob);
    sx_buf_free(&second);
    sx_tree_unref(tree);
}

/* Flips bits, cuts and lengthens; with the checksum put right again, so that the parser itself is tried too. */
static void damage_is_seen(void **state)
{
    (void)state;
    sx_tree *tree = read_string(&mem, "a.md", document);
    sx_index *index = build(tree);
    sx_buf blob;
    sx_buf_init(&blob, &mem, 0);
    save_first_form(index, &blob);
    char *copy = malloc(blob.len + 1);
    for (size_t i = 0; i < blob.len; i++) {
        for (int b = 0; b < 8; b++) {
            sx_index *got = NULL;
            llm_error err = {sizeof err, 0, {0}};
            memcpy(copy, blob.data, blob.len);
            copy[i] = (char)(copy[i] ^ 1 << b);
            assert_int_equal(sx_index_load(&got, &mem, tree, copy, blob.len, &err), LLM_E_CORRUPT);
            assert_non_null(strstr(err.message, "a.md"));
            uint64_t sum = sx_hash64(copy, blob.len - 8, 0);
            for (int k = 0; k < 8; k++) copy[blob.len - 8 + (size_t)k] = (char)(sum >> (8 * k) & 0xff);
            llm_status status = sx_index_load(&got, &mem, tree, copy, blob.len, NULL);
            assert_true(status == LLM_OK || status == LLM_E_CORRUPT);
            if (status == LLM_OK) sx_index_free(got);
        }
    }
    for (size_t len = 0; len < blob.len; len++) {
        sx_index *got = NULL;
        assert_int_equal(sx_index_load(&got, &mem, tree, blob.data, len, NULL), LLM_E_CORRUPT);
    }
    free(copy);
    sx_buf_free(&blob);
    sx_index_free(index);
    sx_tree_unref(tree);
}

static void of_another_tree(void **state)
{
    (void)state;
    sx_tree *tree = read_string(&mem, "a.md", document), *other = read_string(&mem, "b.md", "# B\n\nOther text.\n");
    sx_index *index = build(tree), *got = NULL;
    sx_buf blob;
    sx_buf_init(&blob, &mem, 0);
    assert_int_equal(sx_index_save(index, &blob), LLM_OK);
    assert_int_equal(sx_index_load(&got, &mem, other, blob.data, blob.len, NULL), LLM_E_CORRUPT);
    sx_buf_free(&blob);
    sx_index_free(index);
    sx_tree_unref(tree);
    sx_tree_unref(other);
}

/* Every paragraph lies in exactly one leaf, leaves stand in order, and the spans of a leaf fill it without a gap. */
static void leaves_cover(void **state)
{
    (void)state;
    sx_tree *tree = read_string(&mem, "a.md", document);
    sx_index *index = build(tree);
    uint32_t at = 0;
    for (uint32_t i = 0; i < tree->count; i++) {
        if (tree->nodes[i].kind != LLM_NODE_PARAGRAPH) continue;
        uint32_t in = 0;
        for (uint32_t k = 0; k < index->n_leaves; k++) {
            const sx_node *leaf = &tree->nodes[index->leaf_node[k]];
            in += leaf->start <= tree->nodes[i].start && tree->nodes[i].end <= leaf->end;
        }
        assert_int_equal(in, 1);
    }
    for (uint32_t k = 0; k < index->n_leaves; k++) {
        const sx_node *leaf = &tree->nodes[index->leaf_node[k]];
        assert_true(leaf->start >= at);
        at = leaf->end;
        sx_spans spans = sx_spans_of(tree, index->leaf_node[k]);
        uint32_t start, end, last = leaf->start;
        while (sx_spans_next(&spans, &start, &end)) {
            assert_int_equal(start, last);
            assert_true(end > start);
            last = end;
        }
        assert_int_equal(last, leaf->end);
    }
    sx_index_free(index);
    sx_tree_unref(tree);
}

static void empty_documents(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n\n", "#", "?!", "# Only a heading\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        sx_tree *tree = read_string(&mem, "e.md", texts[i]);
        sx_index *index = build(tree), *again = NULL;
        sx_buf blob;
        sx_buf_init(&blob, &mem, 0);
        assert_int_equal(sx_index_save(index, &blob), LLM_OK);
        assert_int_equal(sx_index_load(&again, &mem, tree, blob.data, blob.len, NULL), LLM_OK);
        sx_buf_free(&blob);
        sx_index_free(index);
        sx_index_free(again);
        sx_tree_unref(tree);
    }
}

static llm_status round_trip(sx_mem *with, const sx_tree *tree)
{
    sx_index *index = NULL, *again = NULL;
    llm_error err = {sizeof err, 0, {0}};
    sx_buf blob;
    sx_buf_init(&blob, with, 0);
    llm_status status = sx_index_build(&index, with, tree, NULL, &err);
    if (!status) status = sx_index_save(index, &blob);
    if (!status) status = sx_index_load(&again, with, tree, blob.data, blob.len, &err);
    sx_buf_free(&blob);
    sx_index_free(index);
    sx_index_free(again);
    return status;
}

static void memory_runs_out(void **state)
{
    (void)state;
    sx_tree *tree = read_string(&mem, "a.md", document);
    for (long n = 0;; n++) {
        fail_alloc f;
        sx_mem failing;
        fail_alloc_init(&f, &failing, n);
        llm_status status = round_trip(&failing, tree);
        assert_int_equal(f.held, 0);
        if (status == LLM_OK) break;
        assert_int_equal(status, LLM_E_MEMORY);
        assert_true(n < 2000);
    }
    sx_tree_unref(tree);
}

static void cancelled(void **state)
{
    (void)state;
    sx_tree *tree = read_string(&mem, "a.md", document);
    llm_cancel cancel;
    atomic_init(&cancel.set, 1);
    sx_index *index = NULL;
    assert_int_equal(sx_index_build(&index, &mem, tree, &cancel, NULL), LLM_E_CANCELLED);
    sx_tree_unref(tree);
}

int main(void)
{
    sx_mem_init(&mem, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(saved_and_loaded), cmocka_unit_test(first_form_is_read), cmocka_unit_test(damage_is_seen),
        cmocka_unit_test(of_another_tree),  cmocka_unit_test(leaves_cover),       cmocka_unit_test(empty_documents),
        cmocka_unit_test(memory_runs_out),  cmocka_unit_test(cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
