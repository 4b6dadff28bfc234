/* Navigation: the right passage first, a trace that can be followed, nothing lost by narrow beams, honest confidence, the
 * same answer every time, and survival when memory runs out. */
#include "../engine/fail_alloc.h"
#include "retrieve/navigate/navigate.h"
#include "tree_check.h"

static sx_mem mem;

static const char handbook[] =
    "# Tenant handbook\n\nThis handbook explains how the house is run.\n\n## Fees\n\nThe monthly rent is 850 euros and is due "
    "on the third working day.\n\nA deposit of two months is paid before moving in.\n\n## Termination\n\nEither party may "
    "terminate the lease with three months' written notice.\n\nThe landlord may end it at once if the rent is two months "
    "late.\n\n## House rules\n\nMusic after 22:00 is not allowed. Bicycles are kept in the yard.\n\nPets need the landlord's "
    "consent.\n";
static const char contract[] =
    "租赁合同\n\n第一条 租期为三年，自二〇二四年一月一日起。\n\n第二条 租金每月五千元，于每月五日前支付。\n\n"
    "第三条 任何一方解除合同应提前三十日书面通知对方。\n\n第四条 房屋的维修由出租人负责。\n";

typedef struct shelf {
    sx_doc_view views[4];
    sx_index *indexes[4];
    uint32_t n;
} shelf;

static void add(shelf *s, const char *name, const char *text)
{
    s->views[s->n].tree = read_string(&mem, name, text);
    assert_int_equal(sx_index_build(&s->indexes[s->n], &mem, s->views[s->n].tree, NULL, NULL), LLM_OK);
    s->views[s->n].index = s->indexes[s->n];
    s->n++;
}

static void clear(shelf *s)
{
    for (uint32_t i = 0; i < s->n; i++) {
        sx_index_free(s->indexes[i]);
        sx_tree_unref(s->views[i].tree);
    }
    s->n = 0;
}

static sx_evidence *ask(const shelf *s, const char *question, uint32_t top, uint32_t beam)
{
    sx_evidence *evidence = NULL;
    sx_retrieve_params params = {.top = top, .beam = beam};
    llm_error err = {sizeof err, 0, {0}};
    assert_int_equal(sx_navigate(&evidence, s->views, s->n, question, strlen(question), &params, &mem, &err), LLM_OK);
    return evidence;
}

/* The first piece of evidence holds `words`; or, with words NULL, the confidence is below one half. */
static void expect(const shelf *s, const char *question, const char *words)
{
    sx_evidence *e = ask(s, question, 0, 0);
    if (!words) {
        assert_true(e->confidence < 0.5);
    } else {
        assert_true(e->count > 0);
        const sx_node *node = &e->found[0].tree->nodes[e->found[0].node];
        const char *at = strstr(e->found[0].tree->text + node->start, words);
        assert_non_null(at);
        assert_true((size_t)(at - e->found[0].tree->text) < node->end);
        assert_true(e->confidence >= 0.5);
    }
    sx_evidence_free(e);
}

static void finds(void **state)
{
    (void)state;
    shelf s = {.n = 0};
    add(&s, "handbook.md", handbook);
    expect(&s, "How much is the monthly rent?", "850 euros");
    expect(&s, "How much notice is needed to terminate the lease?", "three months' written notice");
    expect(&s, "Are pets allowed with the landlord's consent?", "Pets need");
    expect(&s, "What is the wifi password of the lobby router?", NULL);
    expect(&s, "Who won the world cup?", NULL);
    clear(&s);
    add(&s, "contract.txt", contract);
    expect(&s, "租金每月多少？", "五千元");
    expect(&s, "解除合同应提前多少日通知对方？", "三十日");
    expect(&s, "法国总统是谁？", NULL);
    clear(&s);
}

/* What a trade calls otherwise is found by what it is called there, and never believed for that alone. */
static void concepts(void **state)
{
    (void)state;
    static const char report[] =
        "# Report\n\n## Cash flows\n\nPurchases of property, plant and equipment came to 412 million.\n\n## People\n\n"
        "The company had 9,000 people at work in its plants.\n\n## Products\n\nTwo products were withdrawn.\n";
    static const char law[] =
        "第一条 夫妻一方要求解除婚姻关系的，可以由有关组织进行调解。\n\n第二条 用人单位应当按月支付劳动报酬。\n\n"
        "第三条 出租人应当履行租赁物的维修义务。\n";
    shelf s = {.n = 0};
    add(&s, "report.md", report);
    sx_evidence *e = ask(&s, "What was the capex?", 0, 0);
    assert_true(e->count > 0);
    const sx_node *node = &e->found[0].tree->nodes[e->found[0].node];
    assert_memory_equal(e->found[0].tree->text + node->start, "## Cash flows", 13);
    assert_true(e->confidence < 0.5);
    sx_evidence_free(e);
    clear(&s);
    add(&s, "law.txt", law);
    e = ask(&s, "老板拖欠工资怎么办？", 0, 0);
    assert_true(e->count > 0);
    node = &e->found[0].tree->nodes[e->found[0].node];
    assert_memory_equal(e->found[0].tree->text + node->start, "第二条", 9);
    sx_evidence_free(e);
    clear(&s);
}

static void chooses_the_document(void **state)
{
    (void)state;
    shelf s = {.n = 0};
    add(&s, "contract.txt", contract);
    add(&s, "handbook.md", handbook);
    expect(&s, "Where are bicycles kept?", "Bicycles are kept");
    expect(&s, "房屋的维修由谁负责？", "出租人负责");
    clear(&s);
}

static const char *first_document(const shelf *s, const char *question)
{
    sx_evidence *e = ask(s, question, 0, 0);
    assert_true(e->count > 0);
    const char *name = e->found[0].tree->name;
    sx_evidence_free(e);
    return name;
}

/* Of documents that say the same the one is meant whose name the question says, however the name is spelt; words that are in
 * every name and short ones part nothing. */
static void names_choose_the_document(void **state)
{
    (void)state;
    static const char text[] = "Results\n\nThe revenue of the year rose to 12 billion.\n\nThe plants ran at 7 sites.\n";
    shelf s = {.n = 0};
    add(&s, "A_report_5.txt", text);
    add(&s, "BOEING_2021_report_de.txt", text);
    add(&s, "BOEING_2022_report_7.txt", text);
    add(&s, "MGMRESORTS_2022_report_9.txt", text);
    assert_string_equal(first_document(&s, "What was Boeing's revenue in FY2022?"), "BOEING_2022_report_7.txt");
    assert_string_equal(first_document(&s, "What was Boeing's revenue in 2021?"), "BOEING_2021_report_de.txt");
    assert_string_equal(first_document(&s, "How much revenue had MGM in the year?"), "MGMRESORTS_2022_report_9.txt");
    assert_string_equal(first_document(&s, "Which revenue has the report?"), "A_report_5.txt");
    assert_string_equal(first_document(&s, "Did the plants run at 7 sites?"), "A_report_5.txt");
    assert_string_equal(first_document(&s, "revenue de year"), "A_report_5.txt");
    clear(&s);
}

static void unknown_words_and_nothing(void **state)
{
    (void)state;
    shelf s = {.n = 0};
    sx_evidence *e = ask(&s, "anything", 0, 0);
    assert_int_equal(e->count, 0);
    assert_true(e->confidence == 0);
    sx_evidence_free(e);
    add(&s, "handbook.md", handbook);
    static const char *const questions[] = {"", "?", "xyzzy plugh", "\xff\xfe", "the of and"};
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        e = ask(&s, questions[i], 0, 0);
        assert_true(e->confidence < 0.05);
        sx_evidence_free(e);
    }
    clear(&s);
}

/* The trace goes down level by level; what was found is in it; scores are shares of one. */
static void trace_is_sound(void **state)
{
    (void)state;
    shelf s = {.n = 0};
    add(&s, "contract.txt", contract);
    add(&s, "handbook.md", handbook);
    sx_evidence *e = ask(&s, "terminate the lease with notice", 3, 0);
    uint32_t found = 0, depth = 0;
    assert_true(e->n_steps > 0);
    for (uint32_t i = 0; i < e->n_steps; i++) {
        const sx_step *step = &e->steps[i];
        const sx_tree *tree = strcmp(step->doc, "handbook.md") ? s.views[0].tree : s.views[1].tree;
        uint32_t node = sx_tree_find(tree, step->node_id);
        assert_true(node != SX_NO_NODE);
        assert_true(step->score >= 0 && step->score <= 1.5);
        assert_true(step->reason[0] != '\0');
        if (step->action == LLM_TRACE_FOUND) {
            assert_int_equal(node, e->found[found++].node);
        } else {
            assert_true(step->depth == depth || step->depth == depth + 1);
            assert_int_equal(found, 0);
            depth = step->depth;
        }
    }
    assert_int_equal(found, e->count);
    assert_non_null(strstr(e->steps[0].reason, "terms: "));
    for (uint32_t i = 1; i < e->count; i++) assert_true(e->found[i - 1].score >= e->found[i].score);
    sx_evidence_free(e);
    clear(&s);
}

/* However narrow the beam, the evidence is that of the whole ranking; and asking again gives the same. */
static void beams_lose_nothing(void **state)
{
    (void)state;
    shelf s = {.n = 0};
    add(&s, "handbook.md", handbook);
    add(&s, "contract.txt", contract);
    static const char *const questions[] = {"rent late landlord", "music at night", "deposit months", "租金 支付"};
    for (size_t q = 0; q < sizeof questions / sizeof *questions; q++) {
        sx_evidence *wide = ask(&s, questions[q], 5, 0);
        for (uint32_t beam = 1; beam < 4; beam++) {
            sx_evidence *narrow = ask(&s, questions[q], 5, beam);
            assert_int_equal(wide->count, narrow->count);
            for (uint32_t i = 0; i < wide->count; i++) {
                assert_ptr_equal(wide->found[i].tree, narrow->found[i].tree);
                assert_int_equal(wide->found[i].node, narrow->found[i].node);
                assert_true(wide->found[i].score == narrow->found[i].score);
            }
            assert_true(wide->confidence == narrow->confidence);
            sx_evidence_free(narrow);
        }
        sx_evidence_free(wide);
    }
    clear(&s);
}

static void long_questions(void **state)
{
    (void)state;
    shelf s = {.n = 0};
    add(&s, "handbook.md", handbook);
    char *question = malloc(200001);
    for (size_t i = 0; i < 200000; i++) question[i] = i % 5 == 4 ? ' ' : (char)('a' + (i * 7 + i / 5) % 26);
    question[200000] = '\0';
    sx_evidence_free(ask(&s, question, 0, 0));
    free(question);
    clear(&s);
}

static void cancelled(void **state)
{
    (void)state;
    shelf s = {.n = 0};
    add(&s, "handbook.md", handbook);
    llm_cancel cancel;
    atomic_init(&cancel.set, 1);
    sx_retrieve_params params = {.cancel = &cancel};
    sx_evidence *e = NULL;
    assert_int_equal(sx_navigate(&e, s.views, s.n, "rent", 4, &params, &mem, NULL), LLM_E_CANCELLED);
    assert_null(e);
    clear(&s);
}

static void memory_runs_out(void **state)
{
    (void)state;
    shelf s = {.n = 0};
    add(&s, "handbook.md", handbook);
    add(&s, "contract.txt", contract);
    for (long n = 0;; n++) {
        fail_alloc f;
        sx_mem failing;
        fail_alloc_init(&f, &failing, n);
        sx_evidence *e = NULL;
        llm_error err = {sizeof err, 0, {0}};
        llm_status status = sx_navigate(&e, s.views, s.n, "rent 租金", 11, NULL, &failing, &err);
        sx_quote quotes[3];
        if (!status) sx_extract(e, "rent 租金", 11, quotes, 3, &failing);
        sx_evidence_free(e);
        assert_int_equal(f.held, 0);
        if (!status && f.until > 0) break;
        if (status) assert_int_equal(status, LLM_E_MEMORY);
        assert_true(n < 2000);
    }
    clear(&s);
}

int main(void)
{
    sx_mem_init(&mem, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds),
        cmocka_unit_test(concepts),
        cmocka_unit_test(chooses_the_document),
        cmocka_unit_test(names_choose_the_document),
        cmocka_unit_test(unknown_words_and_nothing),
        cmocka_unit_test(trace_is_sound),
        cmocka_unit_test(beams_lose_nothing),
        cmocka_unit_test(long_questions),
        cmocka_unit_test(cancelled),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
