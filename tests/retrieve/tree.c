/* Trees at rest: ids, paths, hashes; saving and loading; damage of every bit; memory that runs out at every request. */
#include "../engine/fail_alloc.h"
#include "tree_check.h"

#include "platform/crypto.h"

static sx_mem mem;

static const char document[] =
    "# Handbook\n\nWelcome to the house. Read this first.\n\n## Fees\n\nThe fee is ten euros. It is due in May.\n"
    "\n## 第二章 规则\n\n"
    "第三条 成员应当准时。迟到应当说明。\n\n第四条 规则由大会修改。\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";

static sx_tree *reload(sx_mem *with, const sx_tree *tree, const char *blob, size_t size, llm_status *status)
{
    sx_tree *out = NULL;
    llm_error err = {sizeof err, 0, {0}};
    char *text = sx_mem_strndup(with, tree->text, tree->text_len);
    if (!text) {
        *status = LLM_E_MEMORY;
        return NULL;
    }
    *status = sx_tree_load(&out, with, tree->name, text, tree->text_len, blob, size, true, &err);
    assert_true((*status == LLM_OK) == (out != NULL));
    assert_true(*status == LLM_OK || err.message[0]);
    return out;
}

static void test_ids(void **state)
{
    (void)state;
    sx_tree *tree = read_string(&mem, "h.md", document);
    static const char *const absent[] = {"",      "1",    "0.", ".0",           "0.0.",
                                         "0..0",  "0.99", "00", "0.00",         "0.0.0.0.0.0.0",
                                         "-1",    "0.0x", " 0", "0.4294967296", "0.18446744073709551616",
                                         "0.0.0 "};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        assert_int_equal(sx_tree_find(tree, absent[i]), SX_NO_NODE);
    assert_int_equal(sx_tree_find(tree, "0"), 0);
    sx_buf path;
    sx_buf_init(&path, &mem, 0);
    sx_tree_put_path(tree, 0, &path);
    assert_string_equal(sx_buf_cstr(&path), "");
    uint32_t rule = sx_tree_find(tree, "0.0.2.0.0");
    sx_tree_put_path(tree, rule, &path);
    assert_string_equal(sx_buf_cstr(&path), "Handbook > 第二章 规则 > 第三条");
    assert_int_equal(tree->nodes[rule].kind, LLM_NODE_PARAGRAPH);
    assert_int_equal(tree->nodes[rule].n_children, 2);
    sx_buf_free(&path);
    sx_tree_unref(tree);
}

static void test_round_trip(void **state)
{
    (void)state;
    sx_tree *tree = read_string(&mem, "h.md", document), *back;
    sx_buf blob;
    llm_status status;
    sx_buf_init(&blob, &mem, 0);
    assert_int_equal(sx_tree_save(tree, &blob), LLM_OK);
    back = reload(&mem, tree, blob.data, blob.len, &status);
    assert_int_equal(status, LLM_OK);
    check_tree(back);
    assert_int_equal(back->count, tree->count);
    assert_memory_equal(back->nodes, tree->nodes, tree->count * sizeof(sx_node));
    sx_tree_unref(back);
    sx_tree_unref(sx_tree_ref(tree));
    sx_tree_unref(tree);
    sx_buf_free(&blob);
    tree = read_string(&mem, "empty.txt", "");
    assert_int_equal(sx_tree_save(tree, &blob), LLM_OK);
    back = reload(&mem, tree, blob.data, blob.len, &status);
    assert_int_equal(status, LLM_OK);
    assert_int_equal(back->count, 1);
    sx_tree_unref(back);
    sx_tree_unref(tree);
    sx_buf_free(&blob);
}

static void test_every_bit_counts(void **state)
{
    (void)state;
    sx_tree *tree = read_string(&mem, "h.md", document);
    sx_buf blob;
    llm_status status;
    sx_buf_init(&blob, &mem, 0);
    assert_int_equal(sx_tree_save(tree, &blob), LLM_OK);
    for (size_t i = 0; i < blob.len * 8; i++) {
        blob.data[i / 8] = (char)(blob.data[i / 8] ^ (1 << i % 8));
        assert_null(reload(&mem, tree, blob.data, blob.len, &status));
        assert_int_equal(status, LLM_E_CORRUPT);
        blob.data[i / 8] = (char)(blob.data[i / 8] ^ (1 << i % 8));
    }
    for (size_t n = 0; n < blob.len; n++) {
        assert_null(reload(&mem, tree, blob.data, n, &status));
        assert_int_equal(status, LLM_E_CORRUPT);
    }
    for (size_t i = 0; i < tree->text_len; i++) {
        tree->text[i] = (char)(tree->text[i] ^ 1);
        assert_null(reload(&mem, tree, blob.data, blob.len, &status));
        assert_int_equal(status, LLM_E_CORRUPT);
        tree->text[i] = (char)(tree->text[i] ^ 1);
    }
    sx_buf_char(&blob, '\0');
    assert_null(reload(&mem, tree, blob.data, blob.len, &status));
    sx_buf_free(&blob);
    sx_tree_unref(tree);
}

/* Blobs that are well-formed records but no tree, their root hash unknown: structure alone must refuse or hash must. */
static void test_random_blobs(void **state)
{
    (void)state;
    sx_tree *tree = read_string(&mem, "h.md", document);
    sx_buf blob;
    llm_status status;
    uint64_t x = 1234567;
    sx_buf_init(&blob, &mem, 0);
    assert_int_equal(sx_tree_save(tree, &blob), LLM_OK);
    for (int round = 0; round < 20000; round++) {
        char copy[4096];
        assert_true(blob.len <= sizeof copy);
        memcpy(copy, blob.data, blob.len);
        for (int k = 0; k <= round % 5; k++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            copy[48 + x % (blob.len - 48)] = (char)(x >> 40);
        }
        if (memcmp(copy, blob.data, blob.len) == 0) continue;
        assert_null(reload(&mem, tree, copy, blob.len, &status));
    }
    sx_buf_free(&blob);
    sx_tree_unref(tree);
}

/* An edit changes the hashes on its way to the root and no others. */
static void test_hashes_are_local(void **state)
{
    (void)state;
    char other[sizeof document];
    memcpy(other, document, sizeof other);
    char *at = strstr(other, "ten");
    memcpy(at, "six", 3);
    sx_tree *a = read_string(&mem, "a.md", document), *b = read_string(&mem, "b.md", other);
    assert_int_equal(a->count, b->count);
    size_t offset = (size_t)(at - other);
    for (uint32_t i = 0; i < a->count; i++) {
        bool holds = a->nodes[i].start <= offset && offset < a->nodes[i].end;
        assert_int_equal(memcmp(a->nodes[i].hash, b->nodes[i].hash, 32) != 0, holds);
    }
    sx_tree_unref(a);
    sx_tree_unref(b);
}

static void put_number(sx_buf *out, uint32_t v)
{
    for (int i = 0; i < 4; i++) sx_buf_char(out, (char)(unsigned char)(v >> (8 * i)));
}

/* Nodes of all sizes have the hash of their own bytes, whether they were hashed alone or with others. */
static void test_hashes_of_all_sizes(void **state)
{
    (void)state;
    sx_buf text, bytes;
    sx_buf_init(&text, &mem, 0);
    sx_buf_init(&bytes, &mem, 0);
    for (unsigned p = 0; p < 200; p++) {
        if (p % 20 == 0) sx_buf_printf(&text, "# Part %u\n\n", p);
        for (unsigned s = 0; s <= p % 9; s++) sx_buf_printf(&text, "It was %*s %u. ", (int)(p * s), "so", p);
        sx_buf_str(&text, "\n\n");
    }
    sx_tree *tree = read_string(&mem, "all.md", text.data);
    for (uint32_t i = 0; i < tree->count; i++) {
        const sx_node *node = &tree->nodes[i];
        unsigned char hash[SX_HASH_BYTES];
        uint32_t title = node->title_end - node->title_start, at = node->start, c = node->first_child;
        sx_buf_clear(&bytes);
        sx_buf_char(&bytes, (char)node->kind);
        sx_buf_char(&bytes, (char)(node->kind >> 8));
        put_number(&bytes, title ? node->title_start - node->start : 0);
        put_number(&bytes, title);
        put_number(&bytes, node->n_children);
        for (; c != SX_NO_NODE; at = tree->nodes[c].end, c = tree->nodes[c].next_sibling) {
            put_number(&bytes, tree->nodes[c].start - at);
            sx_buf_add(&bytes, tree->text + at, tree->nodes[c].start - at);
            sx_buf_add(&bytes, tree->nodes[c].hash, SX_HASH_BYTES);
        }
        put_number(&bytes, node->end - at);
        sx_buf_add(&bytes, tree->text + at, node->end - at);
        sx_hash(hash, bytes.data, bytes.len);
        assert_memory_equal(node->hash, hash, sizeof hash);
    }
    sx_tree_unref(tree);
    sx_buf_free(&text);
    sx_buf_free(&bytes);
}

/* The n-th request fails, for every n: LLM_E_MEMORY, nothing lost, nothing leaked. */
static void test_no_memory(void **state)
{
    (void)state;
    for (int text = 0; text < 2; text++) {
        llm_status status = LLM_E_MEMORY;
        for (long n = 0; status == LLM_E_MEMORY; n++) {
            fail_alloc f;
            sx_mem small;
            sx_tree *tree = NULL, *back = NULL;
            llm_error err = {sizeof err, 0, {0}};
            fail_alloc_init(&f, &small, n);
            char *copy = sx_mem_strndup(&small, document, sizeof document - 1);
            if (!copy) continue;
            sx_buf blob;
            sx_buf_init(&blob, &small, 0);
            status = sx_read_tree(&tree, &small, "n", copy, sizeof document - 1,
                                  text ? LLM_FORMAT_TEXT : LLM_FORMAT_MARKDOWN, NULL, &err);
            if (status == LLM_OK) status = sx_tree_save(tree, &blob);
            if (status == LLM_OK) back = reload(&small, tree, blob.data, blob.len, &status);
            sx_tree_unref(tree);
            sx_tree_unref(back);
            sx_buf_free(&blob);
            assert_int_equal(small.live_bytes, 0);
            assert_int_equal(f.held, 0);
            assert_true(n < 10000);
        }
        assert_int_equal(status, LLM_OK);
    }
}

int main(void)
{
    sx_mem_init(&mem, NULL);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ids),
                                       cmocka_unit_test(test_round_trip),
                                       cmocka_unit_test(test_every_bit_counts),
                                       cmocka_unit_test(test_random_blobs),
                                       cmocka_unit_test(test_hashes_are_local),
                                       cmocka_unit_test(test_hashes_of_all_sizes),
                                       cmocka_unit_test(test_no_memory)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return failed ? failed : mem.live_bytes != 0;
}
