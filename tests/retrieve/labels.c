/* Who sees what: a corpus seen with labels gives the answers of a corpus that never held the rest, to the last bit of every
 * score. Folders, pairs and filters; labelled places under way through edits; cut trees. */
#include "../store/store_fixture.h"
#include "tree_check.h"

#include "retrieve/corpus/filter.h"
#include "retrieve/retrieve.h"
#include "retrieve/tree/cut.h"

static sx_mem mem;

static const char handbook[] =
    "# Handbook\n\n## Fees\n\nThe membership fee is ten euros a year. It is due in May.\n\n"
    "The secret fee of the board is ninety euros. Nobody may hear of the board's fee.\n\n## Keys\n\n"
    "The keys hang behind the kitchen door. The code of the safe is twelve. Ask the porter.\n\n## Board\n\n"
    "The board meets in the cellar on Mondays.\n\nThe board drinks the fee.\n";
static const char seen[] =
    "# Handbook\n\n## Fees\n\nThe membership fee is ten euros a year. It is due in May.\n\n## Keys\n\n"
    "The keys hang behind the kitchen door. Ask the porter.\n";
static const char animals[] =
    "Animals\n=======\n\nThe giraffe eats leaves of acacia trees.\n\nThe penguin dives for krill and fish.\n";
static const char board[] = "Board\n=====\n\nThe fee of the board, the keys of the board, the giraffe of the board.\n";

static sx_corpus *open_corpus(void)
{
    sx_corpus *corpus = NULL;
    llm_error err = {sizeof err, 0, {0}};
    if (sx_corpus_open(&corpus, &mem, NULL, NULL, &err) != LLM_OK) fail_msg("%s", err.message);
    return corpus;
}

static void put(sx_corpus *corpus, const char *name, const char *text, const char *labels, const char *folder,
                const char *meta)
{
    llm_error err = {sizeof err, 0, {0}};
    const sx_ingest_params params = {.labels = labels, .folder = folder, .meta = meta};
    if (sx_corpus_ingest(corpus, name, text, strlen(text), &params, &err) != LLM_OK) fail_msg("%s", err.message);
}

static void label(sx_corpus *corpus, const char *name, const char *begin, const char *labels)
{
    llm_error err = {sizeof err, 0, {0}};
    sx_tree *tree;
    sx_buf id;
    sx_buf_init(&id, &mem, 0);
    assert_int_equal(sx_corpus_tree(corpus, name, NULL, &tree, &err), LLM_OK);
    uint32_t i = 1; /* the first node that begins so */
    while (i < tree->count && strncmp(tree->text + tree->nodes[i].start, begin, strlen(begin)) != 0) i++;
    assert_true(i < tree->count);
    sx_tree_put_id(tree, i, &id);
    const sx_ingest_params params = {.labels = labels};
    if (sx_corpus_describe(corpus, name, id.data, &params, &err) != LLM_OK) fail_msg("%s", err.message);
    sx_tree_unref(tree);
    sx_buf_free(&id);
}

static sx_evidence *ask(sx_corpus *corpus, const char *question, const char *doc, const char *labels,
                        const char *filter)
{
    sx_evidence *found = NULL;
    llm_error err = {sizeof err, 0, {0}};
    const sx_retrieve_params params = {.labels = labels, .doc = doc, .filter = filter};
    if (sx_retrieve(&found, corpus, question, strlen(question), &params, &mem, &err) != LLM_OK)
        fail_msg("%s", err.message);
    return found;
}

static void same_node(const sx_found *a, const sx_found *b)
{
    const sx_node *x = &a->tree->nodes[a->node], *y = &b->tree->nodes[b->node];
    assert_string_equal(a->tree->name, b->tree->name);
    assert_int_equal(x->end - x->start, y->end - y->start);
    assert_int_equal(x->start, y->start);
    assert_memory_equal(a->tree->text + x->start, b->tree->text + y->start, x->end - x->start);
    assert_memory_equal(&a->score, &b->score, sizeof a->score);
}

/* Everything that evidence tells, bit for bit. */
static void same_answers(sx_corpus *with, const char *labels, sx_corpus *without, const char *filter)
{
    static const char *const questions[] = {
        "What is the fee of the board?",   "Where do the keys hang?", "What does the giraffe eat?",
        "When is the membership fee due?", "code of the safe",        "porter"};
    for (size_t q = 0; q < sizeof questions / sizeof *questions; q++) {
        sx_evidence *a = ask(with, questions[q], NULL, labels, filter);
        sx_evidence *b = ask(without, questions[q], NULL, NULL, NULL);
        assert_int_equal(a->count, b->count);
        assert_memory_equal(&a->confidence, &b->confidence, sizeof a->confidence);
        for (uint32_t i = 0; i < a->count; i++) same_node(&a->found[i], &b->found[i]);
        assert_int_equal(a->n_steps, b->n_steps);
        for (uint32_t i = 0; i < a->n_steps; i++) {
            assert_string_equal(a->steps[i].doc, b->steps[i].doc);
            assert_string_equal(a->steps[i].node_id, b->steps[i].node_id);
            assert_string_equal(a->steps[i].reason, b->steps[i].reason);
            assert_memory_equal(&a->steps[i].score, &b->steps[i].score, sizeof a->steps[i].score);
            assert_memory_equal(&a->steps[i].lexical, &b->steps[i].lexical, sizeof a->steps[i].lexical);
        }
        sx_evidence_free(a);
        sx_evidence_free(b);
    }
}

static void test_documents(void **state)
{
    (void)state;
    sx_corpus *with = open_corpus(), *without = open_corpus();
    put(with, "handbook.md", handbook, NULL, NULL, NULL);
    put(with, "animals.txt", animals, "zoo\0", NULL, NULL);
    put(with, "board.txt", board, "board\0chair\0", NULL, NULL);
    put(without, "handbook.md", handbook, NULL, NULL, NULL);
    same_answers(with, "", without, NULL);
    put(without, "animals.txt", animals, NULL, NULL, NULL);
    same_answers(with, "zoo\0", without, NULL);
    put(without, "board.txt", board, NULL, NULL, NULL);
    same_answers(with, "zoo\0chair\0", without, NULL);
    same_answers(with, NULL, without, NULL);
    sx_tree *tree;
    llm_error hidden = {sizeof hidden, 0, {0}}, absent = {sizeof absent, 0, {0}};
    assert_int_equal(sx_corpus_tree(with, "board.txt", "zoo\0", &tree, &hidden), LLM_E_NOT_FOUND);
    assert_int_equal(sx_corpus_remove(without, "board.txt", NULL), LLM_OK);
    assert_int_equal(sx_corpus_tree(without, "board.txt", NULL, &tree, &absent), LLM_E_NOT_FOUND);
    assert_string_equal(hidden.message, absent.message);
    sx_evidence *none = NULL;
    const sx_retrieve_params only = {.doc = "board.txt", .labels = "zoo\0"};
    assert_int_equal(sx_retrieve(&none, with, "fee", 3, &only, &mem, &hidden), LLM_E_NOT_FOUND);
    /* and changed later */
    const sx_ingest_params open_it = {.labels = ""}, close_it = {.labels = "board\0"};
    assert_int_equal(sx_corpus_describe(with, "board.txt", NULL, &open_it, NULL), LLM_OK);
    assert_int_equal(sx_corpus_tree(with, "board.txt", "", &tree, NULL), LLM_OK);
    sx_tree_unref(tree);
    assert_int_equal(sx_corpus_describe(with, "board.txt", NULL, &close_it, NULL), LLM_OK);
    same_answers(with, "zoo\0", without, NULL);
    sx_corpus_close(with);
    sx_corpus_close(without);
    assert_int_equal(mem.live_bytes, 0);
}

typedef struct told {
    unsigned count;
    uint64_t bytes;
    uint32_t nodes;
    unsigned char hash[32];
    char labels[32];
} told;

static llm_status take_doc(void *user, const sx_doc_info *doc)
{
    told *t = user;
    t->count++;
    t->bytes = doc->bytes;
    t->nodes = doc->nodes;
    memcpy(t->hash, doc->hash, sizeof t->hash);
    memcpy(t->labels, doc->labels, strlen(doc->labels) + 1);
    return LLM_OK;
}

/* A paragraph, a sentence and a section are hidden: the document is the one that never had them. */
static void test_places(void **state)
{
    (void)state;
    sx_corpus *with = open_corpus(), *without = open_corpus();
    told a = {0}, b = {0};
    put(with, "handbook.md", handbook, NULL, NULL, NULL);
    put(with, "animals.txt", animals, NULL, NULL, NULL);
    label(with, "handbook.md", "The secret fee", "board\0");
    label(with, "handbook.md", "Nobody", "board\0"); /* a sentence of it once more */
    label(with, "handbook.md", "The code", "board\0porter\0");
    label(with, "handbook.md", "## Board", "board\0");
    put(without, "handbook.md", seen, NULL, NULL, NULL);
    put(without, "animals.txt", animals, NULL, NULL, NULL);
    sx_tree *cut;
    assert_int_equal(sx_corpus_tree(with, "handbook.md", "zoo\0", &cut, NULL), LLM_OK);
    assert_string_equal(cut->text, seen);
    check_tree(cut);
    sx_tree_unref(cut);
    sx_corpus_remove(with, "animals.txt", NULL);
    assert_int_equal(sx_corpus_list(with, "", take_doc, &a, NULL), LLM_OK);
    put(with, "animals.txt", animals, NULL, NULL, NULL);
    sx_corpus_remove(without, "animals.txt", NULL);
    assert_int_equal(sx_corpus_list(without, NULL, take_doc, &b, NULL), LLM_OK);
    put(without, "animals.txt", animals, NULL, NULL, NULL);
    assert_int_equal(a.bytes, b.bytes);
    assert_int_equal(a.nodes, b.nodes);
    assert_memory_equal(a.hash, b.hash, sizeof a.hash);
    same_answers(with, "zoo\0", without, NULL);
    put(without, "handbook.md", handbook, NULL, NULL, NULL);
    same_answers(with, "board\0", without, NULL);
    same_answers(with, NULL, without, NULL);
    sx_corpus_close(with);
    sx_corpus_close(without);
    assert_int_equal(mem.live_bytes, 0);
}

static char *text_of(sx_corpus *corpus, const char *name, const char *labels)
{
    sx_tree *tree;
    assert_int_equal(sx_corpus_tree(corpus, name, labels, &tree, NULL), LLM_OK);
    char *text = strdup(tree->text);
    sx_tree_unref(tree);
    return text;
}

/* A new text under the old name keeps what is hidden hidden, also what stands in its place now. */
static void test_places_move(void **state)
{
    (void)state;
    sx_corpus *corpus = open_corpus();
    put(corpus, "a.txt", "One is open.\n\nTwo is hidden.\n\nThree is open.\n", NULL, NULL, NULL);
    label(corpus, "a.txt", "Two", "x\0");
    char *text = text_of(corpus, "a.txt", "");
    assert_string_equal(text, "One is open.\n\nThree is open.\n");
    free(text);
    put(corpus, "a.txt", "Zero is new.\n\nOne is open.\n\nTwo is hidden.\n\nThree is open.\n", NULL, NULL, NULL);
    text = text_of(corpus, "a.txt", "");
    assert_string_equal(text, "Zero is new.\n\nOne is open.\n\nThree is open.\n");
    free(text);
    put(corpus, "a.txt", "Zero is new.\n\nOne is open.\n\nTwice as secret.\n\nThree is open.\n", NULL, NULL, NULL);
    text = text_of(corpus, "a.txt", "");
    assert_null(strstr(text, "secret"));
    assert_non_null(strstr(text, "Three is open."));
    free(text);
    text = text_of(corpus, "a.txt", "y\0x\0");
    assert_non_null(strstr(text, "Twice as secret."));
    free(text);
    sx_corpus_close(corpus);
    assert_int_equal(mem.live_bytes, 0);
}

/* Wherever spans are cut out of a tree, it stays one; nothing hidden is left; pages keep their numbers. */
static void test_cut(void **state)
{
    (void)state;
    sx_corpus *corpus = open_corpus();
    char text[sizeof handbook + 8];
    snprintf(text, sizeof text, "%.100s\f%s", handbook, handbook + 100);
    put(corpus, "handbook.md", text, NULL, NULL, NULL);
    sx_tree *tree, *cut;
    assert_int_equal(sx_corpus_tree(corpus, "handbook.md", NULL, &tree, NULL), LLM_OK);
    for (uint32_t i = 0; i < tree->text_len; i += 3)
        for (uint32_t k = i + 1; k < tree->text_len; k += 17) {
            const sx_span spans[2] = {{i, k}, {k + 5 < tree->text_len ? k + 5 : k, (uint32_t)tree->text_len}};
            size_t n = i % 2 && spans[1].begin > k ? 2 : 1;
            assert_int_equal(sx_tree_cut(&cut, tree, spans, n, &mem, NULL), LLM_OK);
            check_links(cut);
            check_ids(cut);
            assert_true(cut->text_len <= tree->text_len);
            assert_non_null(memchr(cut->text, '\f', cut->text_len));
            sx_tree_unref(cut);
        }
    sx_tree_unref(tree);
    sx_corpus_close(corpus);
    assert_int_equal(mem.live_bytes, 0);
}

static unsigned taken(sx_corpus *corpus, const char *filter, const char *labels, char first[64])
{
    sx_evidence *found = ask(corpus, "fee giraffe keys board", NULL, labels, filter);
    unsigned n = 0;
    const char *last = NULL;
    first[0] = '\0';
    for (uint32_t i = 0; i < found->count; i++) {
        const char *name = found->found[i].tree->name;
        if (!last || strcmp(last, name) != 0) n++;
        if (!last) snprintf(first, 64, "%s", name);
        last = name;
    }
    sx_evidence_free(found);
    return n;
}

static void test_filter(void **state)
{
    (void)state;
    static const struct {
        const char *filter;
        bool a, b, c;
    } cases[] = {
        {"name = a", 1, 0, 0},
        {"not name=a", 0, 1, 1},
        {"folder ^= x", 1, 1, 0},
        {"folder ^= x/y/", 0, 1, 0},
        {"folder = x", 1, 0, 0},
        {"folder = \"\"", 0, 0, 1},
        {"year >= 2020", 1, 1, 0},
        {"year > 2020 or lang = fr", 0, 1, 1},
        {"year < 2020.5 and (lang = en or lang = de)", 1, 0, 0},
        {"lang in (de, \"fr\")", 1, 0, 1},
        {"lang = de and lang = en", 1, 0, 0},
        {"date <= 2021-03", 0, 1, 0},
        {"date < 2021-03", 0, 0, 0},
        {"date = 2021-03-15", 0, 1, 0},
        {"date >= 2021-03-16", 0, 0, 0},
        {"year != 2020", 0, 1, 1},
        {"date", 0, 1, 0},
        {"not date and not not lang", 1, 0, 1},
        {"title = \"A \\\"b\\\"\"", 0, 0, 1},
        {"year = 2020.0", 1, 0, 0},
        {"label = hr", 0, 1, 0},
        {"bytes < 50 and format = text", 1, 1, 1},
        {"name = a and name = b or name = c", 0, 0, 1},
    };
    sx_corpus *corpus = open_corpus();
    char first[64];
    put(corpus, "a", "The fee of the giraffe.", NULL, "/x/", "year=2020\0lang=de\0lang=en\0");
    put(corpus, "b", "The keys of the board.", "hr\0board\0", "x//y", "year=2021\0date=2021-03-15\0");
    put(corpus, "c", "The giraffe of the board.", NULL, NULL, "lang=fr\0title=A \"b\"\0");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned want = (unsigned)cases[i].a + (unsigned)cases[i].b + (unsigned)cases[i].c;
        if (taken(corpus, cases[i].filter, NULL, first) != want) fail_msg("%s", cases[i].filter);
        const char *only = cases[i].a ? "a" : cases[i].b ? "b" : "c";
        if (want == 1 && strcmp(first, only) != 0) fail_msg("%s took %s", cases[i].filter, first);
    }
    assert_int_equal(taken(corpus, "label = hr", "board\0", first), 0); /* a label that the caller does not hold */
    assert_int_equal(taken(corpus, "label = board", "board\0", first), 1);
    sx_corpus *alone = open_corpus();
    put(alone, "a", "The fee of the giraffe.", NULL, NULL, NULL);
    same_answers(corpus, NULL, alone, "name = a");
    sx_corpus_close(alone);
    sx_corpus_close(corpus);
    assert_int_equal(mem.live_bytes, 0);
}

static void test_filter_errors(void **state)
{
    (void)state;
    static const struct {
        const char *filter, *words[2];
    } cases[] = {
        {"", {"byte 0", "key"}},
        {"year >= large", {"byte 8", "number or a date"}},
        {"a = 1 b = 2", {"byte 6", "'and'"}},
        {"(a = 1", {"byte 6", "')'"}},
        {"a in de", {"byte 5", "list"}},
        {"a in (de fr)", {"byte 9", "','"}},
        {"a = \"open", {"byte 4", "not closed"}},
        {"a =", {"byte 3", "value"}},
        {"and b", {"byte 0", "key"}},
        {"a = 1 and", {"byte 9", "key"}},
    };
    llm_error err = {sizeof err, 0, {0}};
    sx_docfilter *filter;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(sx_docfilter_parse(&filter, &mem, cases[i].filter, &err), LLM_E_INVALID);
        for (int k = 0; k < 2; k++)
            if (!strstr(err.message, cases[i].words[k])) fail_msg("%s: %s", cases[i].filter, err.message);
    }
    char deep[400];
    memset(deep, '(', sizeof deep);
    deep[sizeof deep - 1] = '\0';
    assert_int_equal(sx_docfilter_parse(&filter, &mem, deep, &err), LLM_E_INVALID);
    assert_non_null(strstr(err.message, "too deep"));
    char *many = malloc(6000);
    strcpy(many, "a");
    for (int i = 0; i < 600; i++) strcat(many, " and a");
    assert_int_equal(sx_docfilter_parse(&filter, &mem, many, &err), LLM_E_LIMIT);
    free(many);
    assert_int_equal(mem.live_bytes, 0);
}

static void refuse(sx_corpus *corpus, const char *labels, const char *folder, const char *meta, const char *word)
{
    llm_error err = {sizeof err, 0, {0}};
    const sx_ingest_params params = {.labels = labels, .folder = folder, .meta = meta};
    assert_true(sx_corpus_ingest(corpus, "x", "text", 4, &params, &err) < 0);
    if (!strstr(err.message, word)) fail_msg("%s", err.message);
}

static void test_refusals(void **state)
{
    (void)state;
    sx_corpus *corpus = open_corpus();
    refuse(corpus, NULL, NULL, "no pair\0", "key=value");
    refuse(corpus, NULL, NULL, "=x\0", "key=value");
    refuse(corpus, NULL, NULL, "1a=x\0", "begins with a letter");
    refuse(corpus, NULL, NULL, "folder=x\0", "meaning already");
    refuse(corpus, NULL, "a/../b", NULL, "..");
    refuse(corpus, "a\nb\0", NULL, NULL, "control character");
    refuse(corpus, "a\xFF\0", NULL, NULL, "UTF-8");
    llm_error err = {sizeof err, 0, {0}};
    const sx_ingest_params params = {.labels = "a\0"};
    assert_int_equal(sx_corpus_describe(corpus, "x", NULL, &params, &err), LLM_E_NOT_FOUND);
    put(corpus, "x", "text", NULL, NULL, NULL);
    assert_int_equal(sx_corpus_describe(corpus, "x", "0.9", &params, &err), LLM_E_NOT_FOUND);
    told t = {0};
    assert_int_equal(sx_corpus_list(corpus, NULL, take_doc, &t, NULL), LLM_OK);
    assert_int_equal(t.count, 1);
    sx_corpus_close(corpus);
    assert_int_equal(mem.live_bytes, 0);
}

/* What is said is kept when a document is taken anew without it, damaged bytes of it hide the document. */
static void test_about_blob(void **state)
{
    (void)state;
    static const sx_about nothing = {"", 0};
    const sx_about_change change = {"a/b", "l1\0l2\0", "k=v\0"};
    sx_buf blob;
    sx_about about;
    sx_buf_init(&blob, &mem, 0);
    assert_int_equal(sx_about_write(&blob, &nothing, &change, NULL), LLM_OK);
    assert_true(sx_about_read(&about, blob.data, blob.len));
    assert_string_equal(sx_about_folder(&about), "a/b");
    assert_true(sx_about_open_to(&about, "x\0l2\0"));
    assert_false(sx_about_open_to(&about, "x\0l\0"));
    assert_true(sx_about_open_to(&about, NULL));
    for (size_t i = 0; i < blob.len; i++) {
        blob.data[i] ^= 4;
        assert_false(sx_about_read(&about, blob.data, blob.len));
        assert_false(sx_about_read(&about, blob.data, i ? i : 1));
        blob.data[i] ^= 4;
    }
    assert_true(sx_about_read(&about, blob.data, blob.len));
    sx_buf_free(&blob);
    assert_int_equal(mem.live_bytes, 0);
}

int main(void)
{
    sx_mem_init(&mem, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documents), cmocka_unit_test(test_places),     cmocka_unit_test(test_places_move),
        cmocka_unit_test(test_cut),       cmocka_unit_test(test_filter),     cmocka_unit_test(test_filter_errors),
        cmocka_unit_test(test_refusals),  cmocka_unit_test(test_about_blob),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
