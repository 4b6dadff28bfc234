/* PageIndex's JSON: what is written is read again as the same; what others wrote keeps its titles, nesting and pages; what is
 * wrong is told with its place. */
#include "../store/store_fixture.h"
#include "tree_check.h"

#include <dirent.h>

#include "platform/json.h"
#include "retrieve/read/pageindex.h"
#include "retrieve/retrieve.h"

static sx_mem mem;

static llm_status read_json(sx_tree **tree, const char *json, size_t len, llm_error *err)
{
    sx_foreign doc;
    *tree = NULL;
    llm_status status = sx_pageindex_read(&doc, &mem, "t.json", json, len, 1u << 20, err);
    if (status == LLM_OK) status = sx_foreign_tree(tree, &doc, "t.json", 0, NULL, err);
    sx_foreign_free(&doc);
    return status;
}

static sx_tree *read_ok(const char *json, size_t len)
{
    sx_tree *tree;
    llm_error err = {sizeof err, 0, {0}};
    if (read_json(&tree, json, len, &err) != LLM_OK) fail_msg("%s", err.message);
    check_tree(tree);
    return tree;
}

/* Written, read, written: the second is the first but for the document's name and, without pages, its lines. */
static void comes_back(const sx_tree *tree)
{
    sx_buf a, b, c;
    sx_buf_init(&a, &mem, 0);
    sx_buf_init(&b, &mem, 0);
    sx_buf_init(&c, &mem, 0);
    assert_int_equal(sx_tree_pageindex(&a, tree), LLM_OK);
    sx_tree *once = read_ok(a.data, a.len);
    assert_int_equal(sx_tree_pageindex(&b, once), LLM_OK);
    sx_tree *twice = read_ok(b.data, b.len);
    assert_int_equal(sx_tree_pageindex(&c, twice), LLM_OK);
    assert_string_equal(b.data, c.data);
    assert_string_equal(once->text, twice->text);
    sx_arena arena;
    sx_arena_init(&arena, &mem);
    const sx_json *x, *y;
    assert_int_equal(sx_json_parse(&x, &arena, "a", a.data, a.len, NULL), LLM_OK);
    assert_int_equal(sx_json_parse(&y, &arena, "b", b.data, b.len, NULL), LLM_OK);
    const sx_json *p = sx_json_get(x, "structure")->first, *q = sx_json_get(y, "structure")->first;
    for (; p && q; p = p->next, q = q->next) {
        assert_string_equal(sx_json_get_str(p, "node_id", "?"), sx_json_get_str(q, "node_id", "!"));
        assert_string_equal(sx_json_get_str(p, "text", ""), sx_json_get_str(q, "text", ""));
        const sx_json *n = sx_json_get(p, "nodes"), *m = sx_json_get(q, "nodes");
        assert_int_equal(n ? n->count : 0, m ? m->count : 0);
    }
    assert_true(!p && !q);
    sx_arena_free(&arena);
    sx_tree_unref(once);
    sx_tree_unref(twice);
    sx_buf_free(&a);
    sx_buf_free(&b);
    sx_buf_free(&c);
}

static void test_round(void **state)
{
    (void)state;
    static const char *const texts[] = {
        ("# A \"quoted\"\n\nText of A.\n\nMore of it,\non two lines.\n\n## B\n\nOf B.\n\n### C\n\n## D\n\nOf D.\n\n# E\n\n"
         "- one\n- two\n"),
        "Something first.\n\n# Title\n\nThen this.\n",
        "No titles at all.\n\nJust paragraphs.\n",
        "# One\n\nPage one.\n\f# Two\n\nPage two.\n\n\fPage three of two.\n\n## Two b\n\nHere.\n\f\n# Five\n\nEnd.\n",
        "",
    };
    for (size_t i = 0; i + 1 < sizeof texts / sizeof *texts; i++) {
        sx_tree *tree = read_string(&mem, "t.md", texts[i]);
        comes_back(tree);
        sx_tree_unref(tree);
    }
    sx_tree *tree = read_string(&mem, "t.md", texts[3]);
    sx_buf out;
    sx_buf_init(&out, &mem, 0);
    assert_int_equal(sx_tree_pageindex(&out, tree), LLM_OK);
    assert_non_null(strstr(out.data, "{\"title\":\"Two b\",\"node_id\":\"0002\",\"start_index\":3,\"end_index\":3,"));
    assert_non_null(strstr(out.data, "{\"title\":\"Five\",\"node_id\":\"0003\",\"start_index\":4,"));
    sx_buf_free(&out);
    sx_tree_unref(tree);
    assert_int_equal(mem.live_bytes, 0);
}

/* The titles below a list of nodes, in order, each a section on its page. */
static void has_nodes(const sx_tree *tree, const sx_json *list, uint32_t *at)
{
    for (const sx_json *m = list ? list->first : NULL; m; m = m->next) {
        while (*at < tree->count && (tree->nodes[*at].kind != LLM_NODE_SECTION ||
                                     tree->nodes[*at].title_end == tree->nodes[*at].title_start))
            ++*at;
        assert_true(*at < tree->count);
        const sx_node *node = &tree->nodes[*at];
        const char *title = sx_json_get_str(m, "title", "");
        assert_int_equal(tree->text[node->title_start], title[strspn(title, " ")]);
        uint32_t page = sx_tree_page(tree, node->start);
        assert_true(!page || page >= (uint32_t)sx_json_get_num(m, "start_index", 1));
        ++*at;
        has_nodes(tree, sx_json_get(m, "nodes"), at);
    }
}

static void test_of_others(void **state)
{
    (void)state;
    const char *shared = getenv("SEXTANT_SHARED");
    char folder[400], path[700];
    snprintf(folder, sizeof folder, "%s/bench/pageindex", shared ? shared : "");
    DIR *d = opendir(folder);
    if (!d) {
        print_message("no PageIndex trees at %s\n", folder);
        skip();
    }
    unsigned seen = 0;
    for (const struct dirent *e; (e = readdir(d));) {
        if (!strstr(e->d_name, ".json")) continue;
        static char json[1 << 20];
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        FILE *f = fopen(path, "rb");
        assert_non_null(f);
        size_t len = fread(json, 1, sizeof json, f);
        fclose(f);
        assert_int_equal(sx_reader_format(e->d_name, json, len), LLM_FORMAT_PAGEINDEX);
        sx_tree *tree = read_ok(json, len);
        sx_arena arena;
        const sx_json *root;
        uint32_t at = 0;
        sx_arena_init(&arena, &mem);
        assert_int_equal(sx_json_parse(&root, &arena, "t", json, len, NULL), LLM_OK);
        has_nodes(tree, sx_json_get(root, "structure"), &at);
        comes_back(tree);
        sx_arena_free(&arena);
        sx_tree_unref(tree);
        seen++;
    }
    closedir(d);
    assert_true(seen > 0);
    assert_int_equal(mem.live_bytes, 0);
}

static void test_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *json, *word;
        llm_status status;
    } cases[] = {
        {"{\"structure\":", "t.json", LLM_E_FORMAT},
        {"{\"doc_name\":\"x\"}", "structure", LLM_E_FORMAT},
        {"{\"structure\":{}}", "list", LLM_E_FORMAT},
        {"{\"structure\":[1]}", "line 1, column 15", LLM_E_FORMAT},
        {"[{\"text\":\"x\"}]", "no title", LLM_E_FORMAT},
        {"[{\"title\":\"x\",\"start_index\":0}]", "start_index", LLM_E_FORMAT},
        {"[{\"title\":\"x\",\"start_index\":100001}]", "start_index", LLM_E_FORMAT},
        {"[{\"title\":\"x\",\"text\":[]}]", "text", LLM_E_FORMAT},
        {"[{\"title\":\"x\",\"nodes\":\"y\"}]", "nodes", LLM_E_FORMAT},
        {"[]", "neither", LLM_E_UNSUPPORTED},
        {"[{\"title\":\" \"}]", "neither", LLM_E_UNSUPPORTED},
    };
    sx_tree *tree;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        llm_error err = {sizeof err, 0, {0}};
        assert_int_equal(read_json(&tree, cases[i].json, strlen(cases[i].json), &err), cases[i].status);
        if (!strstr(err.message, cases[i].word)) fail_msg("%s: %s", cases[i].json, err.message);
    }
    size_t n = (2u << 20) + 64, at;
    char *big = malloc(n);
    at = (size_t)snprintf(big, n, "[{\"title\":\"x\",\"text\":\"");
    memset(big + at, 'a', 2u << 20);
    strcpy(big + at + (2u << 20), "\"}]");
    llm_error err = {sizeof err, 0, {0}};
    assert_int_equal(read_json(&tree, big, strlen(big), &err), LLM_E_LIMIT);
    big[0] = '\0';
    for (int i = 0; i < 100000; i++) memcpy(big + i * 10, "[{\"nodes\":", 10);
    assert_int_equal(read_json(&tree, big, 1000000, &err), LLM_E_LIMIT); /* 100,000 nested lists */
    free(big);
    assert_int_equal(mem.live_bytes, 0);
}

int main(void)
{
    sx_mem_init(&mem, NULL);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_round), cmocka_unit_test(test_of_others),
                                       cmocka_unit_test(test_wrong)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
