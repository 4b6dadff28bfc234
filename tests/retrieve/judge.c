/* A judge in the navigator: a perfect one finds what no word says, an adversarial one costs no more than the blend allows,
 * budgets hold, a failing one fails the retrieval, and memory may run out. */
#include <math.h>
#include <stdio.h>

#include "../engine/fail_alloc.h"
#include "retrieve/navigate/navigate.h"
#include "tree_check.h"

static sx_mem mem;

enum { CHAPTERS = 9, CLAUSES = 7, ALL = CHAPTERS * CLAUSES };

typedef struct script {
    const char *secret; /* the card that holds it is the answer */
    double good, bad;   /* what is said of the answer's way and of the rest */
    uint64_t tokens_each, asked, calls;
    llm_status fails;
} script;

/* The way to the answer is known by node: the text of a section's card does not reach down to it. */
static bool on_the_way(const char *node, const char *target)
{
    size_t n = strlen(node);
    return strncmp(node, target, n) == 0 && (target[n] == '\0' || target[n] == '.');
}

static llm_status judge(void *user, sx_judge_request *r, llm_error *err)
{
    script *s = user;
    assert_true(r->n > 0);
    assert_true(r->tokens_left > 0);
    s->calls++;
    if (s->fails) return sx_fail(err, s->fails, "the judge is out");
    for (uint32_t i = 0; i < r->n; i++) {
        assert_true(r->cards[i].len == strlen(r->cards[i].text));
        assert_true(isnan(r->scores[i]));
        r->scores[i] = on_the_way(r->cards[i].node, s->secret) ? s->good : s->bad;
    }
    s->asked += r->n;
    r->tokens = s->tokens_each * r->n;
    return LLM_OK;
}

typedef struct book {
    sx_doc_view view;
    sx_index *index;
    char ids[ALL][32]; /* of the clauses */
} book;

/* Chapters of long clauses: each clause has a word of its own and some that many share. */
static void open_book(book *b)
{
    sx_buf text;
    sx_buf_init(&text, &mem, 0);
    for (int c = 0; c < CHAPTERS; c++) {
        char line[400];
        snprintf(line, sizeof line, "# Chapter %d\n\n", c);
        sx_buf_str(&text, line);
        for (int k = 0; k < CLAUSES; k++)
            for (int part = 0; part < 2; part++) { /* filler keeps a chapter from being one passage */
                snprintf(line, sizeof line,
                         "%s%d%c rules the %s matter of payment, delivery and notice between the parties, at length "
                         "and with every exception that the trade has known since it began to write its customs.\n\n",
                         part ? "Comment" : "Clause", c * CLAUSES + k, 'a' + k, k % 2 ? "common" : "special");
                sx_buf_str(&text, line);
            }
    }
    b->view.tree = read_string(&mem, "book.md", sx_buf_cstr(&text));
    assert_int_equal(sx_index_build(&b->index, &mem, b->view.tree, NULL, NULL), LLM_OK);
    b->view.index = b->index;
    int n = 0;
    for (uint32_t i = 0; i < b->view.tree->count; i++) {
        const sx_node *node = &b->view.tree->nodes[i];
        if (node->kind != LLM_NODE_PARAGRAPH || strncmp(b->view.tree->text + node->start, "Clause", 6) != 0) continue;
        sx_buf id;
        sx_buf_init(&id, &mem, 0);
        sx_tree_put_id(b->view.tree, i, &id);
        snprintf(b->ids[n++], sizeof b->ids[0], "%s", sx_buf_cstr(&id));
        sx_buf_free(&id);
    }
    assert_int_equal(n, ALL);
    sx_buf_free(&text);
}

static void close_book(book *b)
{
    sx_index_free(b->index);
    sx_tree_unref(b->view.tree);
}

static sx_evidence *ask(const book *b, const char *question, const sx_judge *j, uint32_t top, sx_mem *m,
                        llm_status want)
{
    sx_evidence *e = NULL;
    sx_retrieve_params params = {.top = top, .judge = j};
    llm_error err = {sizeof err, 0, {0}};
    assert_int_equal(sx_navigate(&e, &b->view, 1, question, strlen(question), &params, m, &err), want);
    if (want) assert_true(err.message[0] != '\0');
    return e;
}

/* Where a node stands in the evidence, from 1; 0: nowhere. */
static uint32_t rank_of(const sx_evidence *e, const char *id)
{
    for (uint32_t i = 0; i < e->count; i++)
        if (e->found[i].node == sx_tree_find(e->found[i].tree, id)) return i + 1;
    return 0;
}

static const char question[] = "what about payment in the common case?";

static void perfect(void **state)
{
    (void)state;
    book b;
    open_book(&b);
    for (int i = 0; i < ALL; i++) {
        script s = {.secret = b.ids[i], .good = 1, .bad = 0};
        const sx_judge j = {judge, &s, 0.6, 1000000, 0};
        sx_evidence *e = ask(&b, i % 3 ? question : "nothing here says that", &j, 10, &mem, LLM_OK);
        assert_int_equal(rank_of(e, b.ids[i]), 1);
        const sx_step *last = &e->steps[e->n_steps - e->count];
        assert_true(last->judged == 1 && last->lexical >= 0 && last->action == LLM_TRACE_FOUND);
        for (uint32_t k = 1; k < e->count; k++) assert_true(e->found[k - 1].score >= e->found[k].score);
        sx_evidence_free(e);
    }
    close_book(&b);
}

/* Of the first k, the floor(k * (1 - weight)) best by words stay, whatever the judge says. */
static void adversarial(void **state)
{
    (void)state;
    book b;
    open_book(&b);
    static const double weights[] = {0.2, 0.5, 0.6, 0.9};
    for (int i = 0; i < ALL; i += 5) {
        char q[64];
        snprintf(q, sizeof q, "what does clause%d%c rule on payment?", i, 'a' + i % CLAUSES);
        sx_evidence *plain = ask(&b, q, NULL, 10, &mem, LLM_OK);
        assert_int_equal(rank_of(plain, b.ids[i]), 1);
        assert_true(plain->steps[plain->n_steps - 1].judged < 0);
        for (size_t w = 0; w < sizeof weights / sizeof *weights; w++) {
            script s = {.secret = b.ids[i], .good = 0, .bad = 1};
            const sx_judge j = {judge, &s, weights[w], 1000000, 0};
            sx_evidence *e = ask(&b, q, &j, 10, &mem, LLM_OK);
            assert_true(s.asked > 0);
            for (uint32_t k = 1; k <= e->count; k++) {
                uint32_t owed = (uint32_t)floor(k * (1 - weights[w]) + 1e-9);
                sx_buf id;
                sx_buf_init(&id, &mem, 0);
                if (owed) {
                    sx_tree_put_id(plain->found[owed - 1].tree, plain->found[owed - 1].node, &id);
                    uint32_t rank = rank_of(e, sx_buf_cstr(&id));
                    assert_true(rank > 0 && rank <= k);
                }
                sx_buf_free(&id);
            }
            sx_evidence_free(e);
        }
        sx_evidence_free(plain);
    }
    close_book(&b);
}

static void budget_holds(void **state)
{
    (void)state;
    book b;
    open_book(&b);
    for (uint64_t most = 1; most < 20000; most *= 3) {
        script s = {.secret = b.ids[40], .good = 1, .bad = 0};
        const sx_judge j = {judge, &s, 0.6, most, 0};
        sx_evidence_free(ask(&b, question, &j, 10, &mem, LLM_OK));
        assert_true(s.asked * 25 <= most); /* no card is shorter than a hundred bytes */
    }
    script s = {.secret = b.ids[40], .good = 1, .bad = 0, .tokens_each = 1000000}; /* says it used it all up */
    const sx_judge spent = {judge, &s, 0.6, 20000, 0};
    sx_evidence_free(ask(&b, question, &spent, 10, &mem, LLM_OK));
    assert_int_equal(s.calls, 1);
    s = (script){.secret = b.ids[40], .good = NAN, .bad = NAN}; /* no opinion: as if nobody had been asked */
    const sx_judge silent = {judge, &s, 0.6, 0, 0};
    sx_evidence *e = ask(&b, question, &silent, 10, &mem, LLM_OK), *plain = ask(&b, question, NULL, 10, &mem, LLM_OK);
    for (uint32_t i = 0; i < plain->count; i++) assert_int_equal(e->found[i].node, plain->found[i].node);
    sx_evidence_free(e);
    sx_evidence_free(plain);
    s = (script){.secret = b.ids[40], .good = 1, .bad = 0};
    const sx_judge late = {judge, &s, 0.6, 0, 1e-9}; /* no time at all */
    sx_evidence_free(ask(&b, question, &late, 10, &mem, LLM_OK));
    assert_int_equal(s.calls, 0);
    close_book(&b);
}

static void failures(void **state)
{
    (void)state;
    book b;
    open_book(&b);
    script s = {.secret = b.ids[3], .fails = LLM_E_IO};
    const sx_judge broken = {judge, &s, 0.6, 0, 0};
    assert_null(ask(&b, question, &broken, 10, &mem, LLM_E_IO));
    s = (script){.secret = b.ids[3], .good = 1};
    const sx_judge j = {judge, &s, 0.6, 4000, 0};
    llm_status status = LLM_E_MEMORY;
    for (long n = 0; status == LLM_E_MEMORY; n += n < 40 ? 1 : 7) {
        fail_alloc f;
        sx_mem failing;
        fail_alloc_init(&f, &failing, n);
        sx_evidence *e = NULL;
        sx_retrieve_params params = {.judge = &j};
        status = sx_navigate(&e, &b.view, 1, question, strlen(question), &params, &failing, NULL);
        sx_evidence_free(e);
        assert_int_equal(f.held, 0);
        assert_true(n < 20000);
    }
    assert_int_equal(status, LLM_OK);
    close_book(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(perfect), cmocka_unit_test(adversarial),
                                       cmocka_unit_test(budget_holds), cmocka_unit_test(failures)};
    sx_mem_init(&mem, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
