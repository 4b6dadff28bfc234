/* What confidence goes by: the background of words, how near together the question's words stand, what is missing, and that
 * common phrases of a kind of document are not taken for an answer. */
#include <math.h>

#include "retrieve/navigate/navigate.h"
#include "retrieve/rank/background.h"
#include "retrieve/rank/cover.h"
#include "retrieve/rank/language.h"
#include "tree_check.h"

static sx_mem mem;

static float share_of(const char *word)
{
    static sx_query query;
    assert_int_equal(sx_query_make(&query, &mem, SX_LANG_EN, word, strlen(word)), LLM_OK);
    return sx_background_share(SX_LANG_EN, query.terms[0].hash);
}

static void background(void **state)
{
    (void)state;
    assert_true(sx_background_knows(SX_LANG_EN));
    assert_false(sx_background_knows(SX_LANG_DE));
    for (uint32_t i = 1; i < sx_background_en_count; i++)
        assert_true(sx_background_en[i] >> 4 > sx_background_en[i - 1] >> 4);
    assert_true(share_of("the") > 0.5f);
    assert_true(share_of("agreement") > 0.2f);
    assert_true(share_of("agreements") == share_of("agreement"));
    assert_true(share_of("provision") < share_of("agreement"));
    assert_true(share_of("provision") > share_of("giraffe"));
    assert_true(share_of("giraffe") == share_of("zyzzyva"));
    assert_true(share_of("giraffe") > 0);
}

static sx_cover measure(const char *text, const char *question)
{
    sx_tree *tree = read_string(&mem, "notes.md", text);
    sx_index *index;
    assert_int_equal(sx_index_build(&index, &mem, tree, NULL, NULL), LLM_OK);
    sx_ranking r;
    assert_int_equal(sx_ranking_init(&r, &mem, 1, NULL), LLM_OK);
    r.docs[0].tree = tree;
    r.docs[0].index = index;
    assert_int_equal(sx_rank(&r, question, strlen(question), 8, &sx_score_best, NULL, NULL), LLM_OK);
    assert_true(r.n_best > 0);
    assert_true(sx_cover_applies(&r.queries[0], question, strlen(question)));
    sx_cover cover = sx_cover_measure(&r, question, strlen(question));
    sx_ranking_free(&r);
    sx_index_free(index);
    sx_tree_unref(tree);
    return cover;
}

#define FAR \
    "and there were so many other things to be seen on that long and quiet afternoon by the river below the hill with its " \
    "old walls that nobody who came along the road would ever have thought of asking for anything more than a glass of water "

static void nearness(void **state)
{
    (void)state;
    const char *question = "giraffe trumpet compass";
    sx_cover together = measure("The giraffe had a trumpet and a compass.\n", question);
    sx_cover apart = measure("The giraffe " FAR "had a trumpet " FAR "and a compass.\n", question);
    sx_cover none = measure("The giraffe " FAR "\n\nA trumpet " FAR "\n", question);
    assert_true(fabsf(together.near - 1) < 1e-5f);
    assert_true(fabsf(together.missing) < 1e-4f);
    assert_true(fabsf(apart.near - 1.0f / 3) < 0.05f);
    assert_true(apart.missing > together.missing && apart.missing < none.missing);
    assert_true(none.near < together.near);
    /* A window ends: two sights of one word are not two words, and what left it is gone. */
    sx_cover again = measure("The giraffe " FAR "giraffe " FAR "giraffe trumpet.\n", question);
    assert_true(fabsf(again.near - 2.0f / 3) < 0.05f);
}

static void asides(void **state)
{
    (void)state;
    const char *text = "A giraffe carried the trumpet.\n";
    sx_cover plain = measure(text, "giraffe trumpet compass lantern");
    sx_cover aside = measure(text, "giraffe trumpet (compass, lantern)");
    sx_cover open = measure(text, "giraffe trumpet (compass, lantern");
    assert_true(aside.near > plain.near + 0.2f);
    assert_true(aside.missing < plain.missing / 2);
    assert_true(fabsf(aside.weight - plain.weight) < 1e-3f);
    assert_true(fabsf(open.near - plain.near) < 1e-5f);
}

static void concepts(void **state)
{
    (void)state;
    sx_cover without = measure("The buyer may not listen to the parts.\n", "reverse engineer the parts");
    sx_cover with = measure("The buyer may not disassemble or decompile the parts.\n", "reverse engineer the parts");
    assert_true(with.near > without.near + 0.3f);
    assert_true(with.missing < without.missing);
}

/* Of the first n texts as one collection. */
static double confidence(const char *const *texts, uint32_t n, const char *question)
{
    static const char *const names[] = {"one.txt", "two.txt"};
    sx_doc_view views[2];
    sx_index *indexes[2];
    sx_evidence *e;
    for (uint32_t i = 0; i < n; i++) {
        views[i].tree = read_string(&mem, names[i], texts[i]);
        assert_int_equal(sx_index_build(&indexes[i], &mem, views[i].tree, NULL, NULL), LLM_OK);
        views[i].index = indexes[i];
    }
    assert_int_equal(sx_navigate(&e, views, n, question, strlen(question), NULL, &mem, NULL), LLM_OK);
    double sure = e->confidence;
    sx_evidence_free(e);
    for (uint32_t i = 0; i < n; i++) {
        sx_index_free(indexes[i]);
        sx_tree_unref(views[i].tree);
    }
    return sure;
}

/* Two contracts speak of the same parties and things; one alone has what is asked. */
static void boilerplate(void **state)
{
    (void)state;
#define COMMON \
    "1. The Receiving Party shall hold the Confidential Information of the Disclosing Party in confidence.\n\n" \
    "2. The Receiving Party shall use Confidential Information for the purpose of this Agreement alone.\n\n" \
    "3. This Agreement is governed by the laws of the State.\n\n"
    const char *question = "The Receiving Party shall not lease Confidential Information to a museum.";
    const char *const said = COMMON
        "4. No Confidential Information shall be leased by the Receiving Party to a museum.\n";
    const char *const unsaid = COMMON "4. The Receiving Party shall return Confidential Information at the end.\n";
    assert_true(confidence(&said, 1, question) > 0.7);
    assert_true(confidence(&unsaid, 1, question) < 0.4);
}

/* Passages in another language speak in terms of their own: they neither help nor hurt. */
static void two_languages(void **state)
{
    (void)state;
    static const char *const texts[] = {"The museum opens " FAR "on the third day of the week.\n",
                                        "Das Museum mit der Giraffe ist nicht open, und das ist auch nicht gut.\n"};
    const char *question = "On which day of the week does the museum with the giraffe open?";
    double alone = confidence(texts, 1, question), beside = confidence(texts, 2, question);
    assert_true(fabs(alone - beside) < 1e-9);
}

/* A document in other letters goes by the language of its few Latin words; its questions have no background. */
static void other_letters(void **state)
{
    (void)state;
    static sx_query query;
    const char *question = "租金每月多少 EUR？";
    assert_int_equal(sx_query_make(&query, &mem, SX_LANG_EN, question, strlen(question)), LLM_OK);
    assert_false(sx_cover_applies(&query, question, strlen(question)));
    assert_true(sx_cover_applies(&query, "Is he naïve?", strlen("Is he naïve?")));
    query.lang = SX_LANG_FR;
    assert_false(sx_cover_applies(&query, "combien?", strlen("combien?")));
}

int main(void)
{
    sx_mem_init(&mem, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(background),    cmocka_unit_test(nearness),    cmocka_unit_test(asides),
        cmocka_unit_test(concepts),      cmocka_unit_test(boilerplate), cmocka_unit_test(two_languages),
        cmocka_unit_test(other_letters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
