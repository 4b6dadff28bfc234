/* Edits: what a few new words leave alone, what reading anew gives, and that no shortcut is seen in the result: trees and
 * indexes are, byte for byte, those that are made from nothing. */
#include "../store/store_fixture.h"
#include "tree_check.h"

#include "platform/crypto.h"
#include "retrieve/rank/form.h"
#include "retrieve/retrieve.h"
#include "retrieve/tree/patch.h"

static sx_mem mem;

static const char handbook[] =
    "# Handbook\n\nAll of this is for members. It was agreed in May.\n\n## Fees\n\nThe fee is ten euros a year. It is due "
    "in May. Nobody is sent away.\n\n- a list of one thing, which is long enough to be read\n- and of another thing, too\n\n"
    "## Keys\n\nThe keys hang behind the door.\n\n| key | door |\n|---|---|\n| brass | cellar |\n| steel | gate |\n\n"
    "```\ncode here\n```\n\nThe porter — always there — has a spare one. Ask him. Or her.\n";

static sx_corpus *open_corpus(const char *path)
{
    sx_corpus *corpus = NULL;
    llm_error err = {sizeof err, 0, {0}};
    if (sx_corpus_open(&corpus, &mem, path, NULL, &err) != LLM_OK) fail_msg("%s", err.message);
    return corpus;
}

static void ingest(sx_corpus *corpus, const char *name, const char *text)
{
    llm_error err = {sizeof err, 0, {0}};
    if (sx_corpus_ingest(corpus, name, text, strlen(text), NULL, &err) != LLM_OK) fail_msg("%s", err.message);
}

static sx_tree *tree_of(sx_corpus *corpus, const char *name)
{
    sx_tree *tree = NULL;
    llm_error err = {sizeof err, 0, {0}};
    if (sx_corpus_tree(corpus, name, NULL, &tree, &err) != LLM_OK) fail_msg("%s", err.message);
    return tree;
}

/* Replaces the first `old` of the text. */
static llm_status swap(sx_corpus *corpus, const char *name, const char *old, const char *now, llm_error *err)
{
    sx_tree *tree = tree_of(corpus, name);
    const char *at = strstr(tree->text, old);
    assert_non_null(at);
    uint64_t begin = (uint64_t)(at - tree->text);
    const sx_edit edit = {begin, begin + strlen(old), now, strlen(now), NULL};
    sx_tree_unref(tree);
    return sx_corpus_edit(corpus, name, &edit, err);
}

static uint32_t node_with(const sx_tree *tree, const char *begin)
{
    for (uint32_t i = 1; i < tree->count; i++)
        if (strncmp(tree->text + tree->nodes[i].start, begin, strlen(begin)) == 0) return i;
    fail_msg("no node begins with %s", begin);
    return 0;
}

static void index_is_true(const sx_tree *tree, const sx_tree *known_tree, const sx_index *known)
{
    sx_index *a = NULL, *b = NULL;
    assert_int_equal(sx_index_build(&a, &mem, tree, NULL, NULL), LLM_OK);
    assert_int_equal(sx_index_build_from(&b, &mem, tree, known_tree, known, NULL, NULL, NULL), LLM_OK);
    assert_int_equal(a->lang, b->lang);
    assert_int_equal(a->n_terms, b->n_terms);
    assert_int_equal(a->n_tokens, b->n_tokens);
    assert_int_equal(a->n_leaves, b->n_leaves);
    assert_memory_equal(a->terms, b->terms, a->n_terms * sizeof *a->terms);
    assert_memory_equal(a->tokens, b->tokens, a->n_tokens * sizeof *a->tokens);
    assert_memory_equal(a->leaf_start, b->leaf_start, (a->n_leaves + 1) * sizeof *a->leaf_start);
    assert_memory_equal(a->leaf_lead, b->leaf_lead, a->n_leaves * sizeof *a->leaf_lead);
    assert_memory_equal(a->leaf_title, b->leaf_title, a->n_leaves * sizeof *a->leaf_title);
    assert_memory_equal(a->posts, b->posts, a->post_start[a->n_terms] * sizeof *a->posts);
    sx_index_free(a);
    sx_index_free(b);
}

/* New words in a paragraph: all ids stand, and all hashes but those of the paragraph and what is above it. */
static void test_words(void **state)
{
    (void)state;
    sx_corpus *corpus = open_corpus(NULL);
    llm_error err = {sizeof err, 0, {0}};
    ingest(corpus, "h.md", handbook);
    sx_tree *old = tree_of(corpus, "h.md");
    uint32_t p = node_with(old, "The fee");
    assert_int_equal(swap(corpus, "h.md", "ten euros a year", "eleven pounds a month, or so they say", &err), LLM_OK);
    sx_tree *now = tree_of(corpus, "h.md");
    check_tree(now);
    assert_int_equal(now->count, old->count);
    for (uint32_t i = 0; i < old->count; i++) {
        const sx_node *a = &old->nodes[i], *b = &now->nodes[i];
        bool above = a->start <= old->nodes[p].start && a->end >= old->nodes[p].end, in = a->parent == p;
        assert_int_equal(a->parent, b->parent);
        assert_int_equal(a->child_index, b->child_index);
        if (above)
            assert_memory_not_equal(a->hash, b->hash, sizeof a->hash);
        else if (!in)
            assert_memory_equal(a->hash, b->hash, sizeof a->hash);
    }
    sx_tree_unref(old);
    sx_tree_unref(now);
    sx_evidence *found = NULL;
    assert_int_equal(sx_retrieve(&found, corpus, "How many pounds a month?", 24, NULL, &mem, &err), LLM_OK);
    assert_true(found->count > 0);
    const sx_node *best = &found->found[0].tree->nodes[found->found[0].node];
    assert_non_null(memmem(found->found[0].tree->text + best->start, best->end - best->start, "eleven pounds", 13));
    sx_evidence_free(found);
    assert_int_equal(sx_corpus_check(corpus, &err), LLM_OK);
    sx_corpus_close(corpus);
    assert_int_equal(mem.live_bytes, 0);
}

/* More or fewer sentences: only the paragraph's own change. */
static void test_sentences(void **state)
{
    (void)state;
    static const char *const words[] = {"Once. Twice. Three times. ", "", "no end"};
    sx_tree *old = read_string(&mem, "h.md", handbook);
    uint32_t p = node_with(old, "The porter");
    const sx_node *node = &old->nodes[p];
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        sx_tree *now = NULL;
        assert_int_equal(sx_tree_patch(&now, &mem, old, node->start, node->start + 4, words[i],
                                       (uint32_t)strlen(words[i]), LLM_FORMAT_MARKDOWN, NULL),
                         LLM_OK);
        assert_non_null(now);
        check_tree(now);
        char *text = strdup(now->text);
        sx_tree *fresh = read_string(&mem, "h.md", text);
        assert_int_equal(fresh->count, now->count);
        assert_memory_equal(fresh->nodes[0].hash, now->nodes[0].hash, SX_HASH_BYTES);
        sx_tree_unref(fresh);
        sx_tree_unref(now);
        free(text);
    }
    sx_tree_unref(old);
    assert_int_equal(mem.live_bytes, 0);
}

/* What makes more or less than a paragraph of it gives the tree of the new text. */
static void test_structure(void **state)
{
    (void)state;
    static const char *const swaps[][2] = {{"The fee is", "# Not a fee is"},
                                           {"It is due", "\n\nIt is due"},
                                           {"## Keys\n", "## Locks\n"},
                                           {"\n\n## Fees\n\nThe fee is ten", " ten"},
                                           {"handbook", NULL}};
    llm_error err = {sizeof err, 0, {0}};
    for (size_t i = 0; swaps[i][1]; i++) {
        sx_corpus *corpus = open_corpus(NULL);
        ingest(corpus, "h.md", handbook);
        assert_int_equal(swap(corpus, "h.md", swaps[i][0], swaps[i][1], &err), LLM_OK);
        sx_tree *now = tree_of(corpus, "h.md"), *fresh = read_string(&mem, "h.md", now->text);
        check_tree(now);
        assert_int_equal(fresh->count, now->count);
        assert_memory_equal(fresh->nodes[0].hash, now->nodes[0].hash, SX_HASH_BYTES);
        sx_tree_unref(fresh);
        sx_tree_unref(now);
        sx_corpus_close(corpus);
    }
    assert_int_equal(mem.live_bytes, 0);
}

/* Anywhere, anything: a sound tree over the right text, and an index that is as if built from nothing. */
static void test_anything(void **state)
{
    (void)state;
    static const char *const words[] = {"",    "x", "One more. And more.", "\n\n", "# ", "| a |", "- ", "```\n",
                                        "ü—é", ". "};
    sx_tree *tree = read_string(&mem, "h.md", handbook);
    sx_index *known = NULL;
    uint32_t seed = 7, patched = 0;
    assert_int_equal(sx_index_build(&known, &mem, tree, NULL, NULL), LLM_OK);
    for (int round = 0; round < 400; round++) {
        seed = seed * 1664525 + 1013904223;
        uint32_t begin = (seed >> 8) % (uint32_t)tree->text_len, end = begin + (seed >> 4) % 12;
        const char *by = words[(seed >> 16) % 10];
        while (((unsigned char)tree->text[begin] & 0xC0) == 0x80) begin++;
        if (end < begin) end = begin;
        if (end > tree->text_len) end = (uint32_t)tree->text_len;
        while (end < tree->text_len && ((unsigned char)tree->text[end] & 0xC0) == 0x80) end++;
        sx_tree *now = NULL;
        assert_int_equal(
            sx_tree_patch(&now, &mem, tree, begin, end, by, (uint32_t)strlen(by), LLM_FORMAT_MARKDOWN, NULL), LLM_OK);
        patched += now != NULL;
        if (!now) {
            char *text = sx_text_patched(&mem, tree->text, tree->text_len, begin, end, by, strlen(by));
            assert_int_equal(sx_read_tree(&now, &mem, "h.md", text, tree->text_len - (end - begin) + strlen(by),
                                          LLM_FORMAT_MARKDOWN, NULL, NULL),
                             LLM_OK);
        }
        check_links(now);
        check_ids(now);
        assert_memory_equal(now->text, tree->text, begin);
        assert_memory_equal(now->text + begin, by, strlen(by));
        assert_string_equal(now->text + begin + strlen(by), tree->text + end);
        index_is_true(now, tree, known);
        sx_tree_unref(now);
    }
    assert_true(patched > 80);
    sx_index_free(known);
    sx_tree_unref(tree);
    assert_int_equal(mem.live_bytes, 0);
}

static void refuse(sx_corpus *corpus, const char *name, uint64_t begin, uint64_t end, const char *text,
                   const char *hash, llm_status status)
{
    llm_error err = {sizeof err, 0, {0}};
    const sx_edit edit = {begin, end, text, strlen(text), hash};
    assert_int_equal(sx_corpus_edit(corpus, name, &edit, &err), status);
    assert_true(strlen(err.message) > 20);
}

static void test_refusals(void **state)
{
    (void)state;
    char path[64], hash[65];
    llm_error err = {sizeof err, 0, {0}};
    temp_path(path, "edited");
    sx_corpus *corpus = open_corpus(path);
    ingest(corpus, "h.md", handbook);
    refuse(corpus, "g.md", 0, 1, "x", NULL, LLM_E_NOT_FOUND);
    refuse(corpus, "h.md", 5, 4, "x", NULL, LLM_E_INVALID);
    refuse(corpus, "h.md", 5, 1u << 20, "x", NULL, LLM_E_INVALID);
    uint64_t dash = (uint64_t)(strstr(handbook, "—") - handbook);
    refuse(corpus, "h.md", dash + 1, dash + 3, "x", NULL, LLM_E_UTF8);
    refuse(corpus, "h.md", 20, 21, "\xFF", NULL, LLM_E_UTF8);
    sx_tree *tree = tree_of(corpus, "h.md");
    assert_string_equal(tree->text, handbook); /* nothing was changed */
    sx_hex(hash, tree->nodes[0].hash, SX_HASH_BYTES);
    sx_tree_unref(tree);
    const sx_edit edit = {dash, dash + 3, "--", 2, hash};
    assert_int_equal(sx_corpus_edit(corpus, "h.md", &edit, &err), LLM_OK);
    assert_int_equal(sx_corpus_edit(corpus, "h.md", &edit, &err), LLM_E_BUSY); /* the offsets are of yesterday */
    sx_corpus_close(corpus);
    corpus = open_corpus(path); /* and it lasted */
    tree = tree_of(corpus, "h.md");
    assert_non_null(strstr(tree->text, "The porter -- always there —"));
    sx_tree_unref(tree);
    assert_int_equal(sx_corpus_check(corpus, &err), LLM_OK);
    sx_corpus_close(corpus);
    const sx_corpus_params reading = {.readonly = true};
    assert_int_equal(sx_corpus_open(&corpus, &mem, path, &reading, &err), LLM_OK);
    refuse(corpus, "h.md", 0, 1, "x", NULL, LLM_E_READONLY);
    sx_corpus_close(corpus);
    assert_int_equal(mem.live_bytes, 0);
}

/* A hidden paragraph that is edited stays hidden, new words and all. */
static void test_hidden(void **state)
{
    (void)state;
    sx_corpus *corpus = open_corpus(NULL);
    llm_error err = {sizeof err, 0, {0}};
    const sx_ingest_params secret = {.labels = "board\0"};
    ingest(corpus, "a.txt", "One is open.\n\nTwo is hidden.\n\nThree is open.\n");
    sx_buf id;
    sx_buf_init(&id, &mem, 0);
    sx_tree *tree = tree_of(corpus, "a.txt");
    sx_tree_put_id(tree, node_with(tree, "Two"), &id);
    sx_tree_unref(tree);
    assert_int_equal(sx_corpus_describe(corpus, "a.txt", id.data, &secret, &err), LLM_OK);
    sx_buf_free(&id);
    assert_int_equal(swap(corpus, "a.txt", "Two", "The second and still secret one", &err), LLM_OK);
    assert_int_equal(swap(corpus, "a.txt", "One", "The first", &err), LLM_OK);
    assert_int_equal(sx_corpus_tree(corpus, "a.txt", "", &tree, &err), LLM_OK);
    assert_string_equal(tree->text, "The first is open.\n\nThree is open.\n");
    sx_tree_unref(tree);
    sx_corpus_close(corpus);
    assert_int_equal(mem.live_bytes, 0);
}

int main(void)
{
    sx_mem_init(&mem, NULL);
    if (sx_crypto_init(NULL) != LLM_OK) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),    cmocka_unit_test(test_sentences), cmocka_unit_test(test_structure),
        cmocka_unit_test(test_anything), cmocka_unit_test(test_refusals),  cmocka_unit_test(test_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, remove_temp);
}
