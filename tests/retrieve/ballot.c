/* Ballots: places and neighbours cancel out, a voter who knows finds what no word says, one who lies costs no more than the
 * blend allows, budgets hold, and what is no opinion stays none. */
#include <math.h>
#include <stdio.h>

#include "retrieve/navigate/navigate.h"
#include "tree_check.h"

static sx_mem mem;

enum { CARDS = 10, CLAUSES = 40, COST = 100 };

typedef struct script {
    double by_place[SX_BALLOT]; /* a liking for places */
    int behind;                 /* votes for what stands right behind this card; -1: nobody */
    const char *secret;         /* the card with it is named; NULL: nobody knows */
    bool lies;
    llm_status fails;
    double answer; /* instead of all that, when it is not 0 */
    int seats[CARDS][SX_BALLOT];
    uint32_t votes;
} script;

static llm_status vote(void *user, const sx_judge_request *r, const uint32_t *cards, uint32_t n, double *p,
                       uint64_t *tokens, llm_error *err)
{
    script *s = user;
    s->votes++;
    *tokens = COST;
    if (s->fails) return sx_fail(err, s->fails, "the voter is out");
    for (uint32_t i = 0; i < n; i++) {
        assert_true(cards[i] < r->n && isnan(p[i]));
        if (r->n <= CARDS) s->seats[cards[i]][i]++;
        p[i] = s->by_place[i];
        if (s->behind >= 0 && i && (int)cards[i - 1] == s->behind) p[i] += 0.5;
        if (s->secret) p[i] = (strstr(r->cards[cards[i]].text, s->secret) != NULL) != s->lies;
        if (s->answer != 0) p[i] = s->answer;
    }
    return LLM_OK;
}

static sx_judge_request request_of(const sx_card *cards, double *scores, uint64_t tokens)
{
    for (int i = 0; i < CARDS; i++) scores[i] = NAN;
    return (sx_judge_request){.question = "q",
                              .len = 1,
                              .cards = cards,
                              .n = CARDS,
                              .tokens_left = tokens,
                              .ms_left = HUGE_VAL,
                              .scores = scores};
}

static void places_and_neighbours(void **state)
{
    (void)state;
    static const sx_card cards[CARDS] = {{.text = "", .len = 0}};
    script s = {.by_place = {0.6, 0.3, 0.1, 0}, .behind = -1};
    const sx_voter voter = {vote, &s};
    double scores[CARDS];
    sx_judge_request r = request_of(cards, scores, 100000);
    assert_int_equal(sx_ballots(&voter, &r, NULL), LLM_OK);
    assert_int_equal(s.votes, 4 + 4 + 2); /* ten cards: two full ballots and one of two cards */
    assert_int_equal(r.tokens, 10 * COST);
    for (int i = 0; i < CARDS; i++) {
        assert_true(fabs(scores[i] - (i < 8 ? 0.25 : 0.45)) < 1e-9); /* a liking for places favours nobody */
        for (int k = 0; k < (i < 8 ? 4 : 2); k++) assert_int_equal(s.seats[i][k], 1);
    }
    s = (script){.behind = 1};
    r = request_of(cards, scores, 100000);
    assert_int_equal(sx_ballots(&voter, &r, NULL), LLM_OK);
    assert_true(scores[1] == 0);
    for (int i = 0; i < 4; i++) /* each of the three others stands behind it once */
        if (i != 1) assert_true(fabs(scores[i] - 0.125) < 1e-9);
}

static void budgets_and_no_opinion(void **state)
{
    (void)state;
    static const sx_card cards[CARDS] = {{.text = "", .len = 0}};
    script s = {.by_place = {0.25, 0.25, 0.25, 0.25}, .behind = -1};
    const sx_voter voter = {vote, &s};
    double scores[CARDS];
    for (uint64_t most = 0; most < 12 * COST; most += 50) {
        s.votes = 0;
        sx_judge_request r = request_of(cards, scores, most);
        assert_int_equal(sx_ballots(&voter, &r, NULL), LLM_OK);
        assert_true(r.tokens <= most || (s.votes == 1 && most < 4 * COST)); /* the first vote tells what one costs */
        for (uint32_t i = 0; i < CARDS; i++) {                              /* whole ballots only */
            uint32_t done = i < 4 ? 4 : i < 8 ? 8 : 10;
            assert_int_equal(!isnan(scores[i]), most >= done * COST);
        }
    }
    sx_judge_request r = request_of(cards, scores, 100000);
    r.ms_left = 0;
    assert_int_equal(sx_ballots(&voter, &r, NULL), LLM_OK);
    assert_true(isnan(scores[0]) && r.tokens == 0);
    static const double nonsense[] = {-1, 1.5, NAN, INFINITY};
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        s.answer = nonsense[i];
        r = request_of(cards, scores, 100000);
        assert_int_equal(sx_ballots(&voter, &r, NULL), LLM_OK);
        for (int k = 0; k < CARDS; k++) assert_true(isnan(scores[k]));
    }
    s.fails = LLM_E_IO;
    r = request_of(cards, scores, 100000);
    assert_int_equal(sx_ballots(&voter, &r, NULL), LLM_E_IO);
}

static llm_status judge(void *user, sx_judge_request *r, llm_error *err)
{
    return sx_ballots(user, r, err);
}

/* Clauses with the same words but for a number that the question does not say. */
static sx_doc_view open_book(sx_index **index)
{
    sx_buf text;
    sx_buf_init(&text, &mem, 0);
    for (int i = 0; i < CLAUSES; i++)
        sx_buf_printf(
            &text,
            "The clause with number %d says what is paid for the delivery of goods, when notice is to be given, and "
            "which custom of the trade stands behind it since the beginning.\n\n",
            1000 + i);
    sx_doc_view view = {.tree = read_string(&mem, "book.txt", sx_buf_cstr(&text))};
    assert_int_equal(sx_index_build(index, &mem, view.tree, NULL, NULL), LLM_OK);
    view.index = *index;
    sx_buf_free(&text);
    return view;
}

static uint32_t rank_of(const sx_doc_view *view, const sx_judge *j, const char *question, const char *secret)
{
    sx_evidence *e = NULL;
    const sx_retrieve_params params = {.judge = j, .top = 10};
    assert_int_equal(sx_navigate(&e, view, 1, question, strlen(question), &params, &mem, NULL), LLM_OK);
    uint32_t rank = 0;
    for (uint32_t i = 0; i < e->count && !rank; i++) {
        const sx_node *node = &e->found[i].tree->nodes[e->found[i].node];
        const char *at = strstr(e->found[i].tree->text + node->start, secret);
        if (at && at < e->found[i].tree->text + node->end) rank = i + 1;
    }
    sx_evidence_free(e);
    return rank;
}

static void knowing_and_lying(void **state)
{
    (void)state;
    sx_index *index;
    sx_doc_view view = open_book(&index);
    script s = {.behind = -1};
    const sx_voter voter = {vote, &s};
    const sx_judge j = {judge, (void *)(uintptr_t)&voter, 0.6, 1000000, 0};
    for (int i = 0; i < CLAUSES; i++) {
        char secret[8];
        snprintf(secret, sizeof secret, "%d", 1000 + i);
        s.secret = secret;
        s.lies = false;
        assert_int_equal(rank_of(&view, &j, "What is paid for the delivery of goods?", secret), 1);
        char asked[80];
        snprintf(asked, sizeof asked, "What does the clause with number %s say?", secret);
        s.lies = true; /* of the first three one is the words' own */
        uint32_t rank = rank_of(&view, &j, asked, secret);
        assert_true(rank && rank <= 3);
    }
    sx_index_free(index);
    sx_tree_unref(view.tree);
}

int main(void)
{
    sx_mem_init(&mem, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_and_neighbours),
        cmocka_unit_test(budgets_and_no_opinion),
        cmocka_unit_test(knowing_and_lying),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
