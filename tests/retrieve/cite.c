/* Citing: the automaton against a brute-force reading of its rule, under random cuts; scanning; extraction; support. */
#include "../engine/fail_alloc.h"
#include "retrieve/navigate/navigate.h"
#include "tree_check.h"

static sx_mem mem;

static const char *const ids[] = {"0", "0.1", "0.1.2", "0.10", "guide#0.3.1", "guide#0.3", "z[q"};
enum { N_IDS = sizeof ids / sizeof *ids };

/* The rule itself: every '[' outside brackets opens an id that ends with ']', or the text ends while it still could. */
static bool allowed(const char *text, size_t len, bool *open)
{
    *open = false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '[') continue;
        const char *close = memchr(text + i, ']', len - i);
        size_t end = close ? (size_t)(close - text) : len;
        bool good = false;
        for (size_t k = 0; k < N_IDS; k++) {
            size_t n = strlen(ids[k]), have = end - i - 1;
            good = good || (close ? n == have : n >= have) ? good || memcmp(ids[k], text + i + 1, have) == 0 : good;
        }
        if (!good) return false;
        *open = !close;
        i = end;
    }
    return true;
}

static void against_the_rule(void **state)
{
    (void)state;
    static const char alphabet[] = "[[[[]]]]00011122..guide#3q zz";
    unsigned seed = 3;
    uint32_t accepted = 0, closed = 0;
    for (int round = 0; round < 60000; round++) {
        sx_cite *cite;
        assert_int_equal(sx_cite_create(&cite, &mem, ids, N_IDS, NULL), LLM_OK);
        char text[64];
        size_t len = 0, want = (size_t)(rand_r(&seed) % 24);
        while (len < 40 && want--) {
            char token[16];
            size_t n = 0, m = 1 + (size_t)(rand_r(&seed) % 3);
            if (rand_r(&seed) % 3 == 0) {
                const char *id = ids[rand_r(&seed) % N_IDS];
                token[n++] = '[';
                memcpy(token + n, id, strlen(id) < 8 ? strlen(id) : 8);
                n += strlen(id) < 8 ? strlen(id) : 8;
                if (rand_r(&seed) % 2) token[n++] = ']';
            } else {
                while (m--) token[n++] = alphabet[rand_r(&seed) % (int)(sizeof alphabet - 1)];
            }
            memcpy(text + len, token, n);
            bool open, ok = allowed(text, len + n, &open);
            assert_int_equal(sx_cite_accepts(cite, token, n), ok);
            if (!ok) continue; /* a sampler would choose another token */
            sx_cite_advance(cite, token, n);
            len += n;
            accepted++;
            closed += !open;
            assert_int_equal(sx_cite_accepts(cite, NULL, 0), !open);
        }
        sx_cite_free(cite);
    }
    assert_true(accepted > 50000 && closed > 10000 && accepted > closed);
}

static void tokens_across_states(void **state)
{
    (void)state;
    sx_cite *cite;
    assert_int_equal(sx_cite_create(&cite, &mem, ids, N_IDS, NULL), LLM_OK);
    assert_true(sx_cite_accepts(cite, "it is so [0.1", 13));
    sx_cite_advance(cite, "it is so [0.1", 13);
    assert_false(sx_cite_accepts(cite, NULL, 0));
    assert_true(sx_cite_accepts(cite, "].", 2));
    assert_true(sx_cite_accepts(cite, ".2] and [guide#0.3", 18));
    assert_false(sx_cite_accepts(cite, ".3", 2));
    assert_false(sx_cite_accepts(cite, " ", 1));
    sx_cite_advance(cite, "].", 2);
    assert_true(sx_cite_accepts(cite, NULL, 0));
    sx_cite_free(cite);
    assert_int_equal(sx_cite_create(&cite, &mem, NULL, 0, NULL), LLM_OK);
    assert_true(sx_cite_accepts(cite, "plain ] text", 12));
    assert_false(sx_cite_accepts(cite, "a [", 3)); /* nothing could follow */
    sx_cite_free(cite);
    const char *bad[] = {"0.1", "a]b"};
    assert_int_equal(sx_cite_create(&cite, &mem, bad, 2, NULL), LLM_E_INVALID);
}

typedef struct hit {
    uint32_t id[16];
    size_t start[16], end[16];
    uint32_t n;
} hit;

static void collect(void *user, uint32_t id, size_t start, size_t end)
{
    hit *h = user;
    assert_true(h->n < 16);
    h->id[h->n] = id;
    h->start[h->n] = start;
    h->end[h->n++] = end;
}

static void scanning(void **state)
{
    (void)state;
    sx_cite *cite;
    assert_int_equal(sx_cite_create(&cite, &mem, ids, N_IDS, NULL), LLM_OK);
    static const char text[] = "A [0.1] b [nope] [[0.10] x[0.1.2][z[q] [0";
    hit h = {.n = 0};
    sx_cite_scan(cite, text, strlen(text), collect, &h);
    static const uint32_t expected[] = {1, 3, 2, 6};
    assert_int_equal(h.n, 4);
    for (uint32_t i = 0; i < h.n; i++) {
        assert_int_equal(h.id[i], expected[i]);
        assert_int_equal(text[h.start[i]], '[');
        assert_int_equal(text[h.end[i] - 1], ']');
        assert_memory_equal(text + h.start[i] + 1, ids[h.id[i]], strlen(ids[h.id[i]]));
    }
    sx_cite_free(cite);
}

static void extracts(const char *name, const char *text, const char *question, const char *words)
{
    sx_tree *tree = read_string(&mem, name, text);
    sx_index *index = NULL;
    assert_int_equal(sx_index_build(&index, &mem, tree, NULL, NULL), LLM_OK);
    sx_doc_view view = {tree, index};
    sx_evidence *e = NULL;
    assert_int_equal(sx_navigate(&e, &view, 1, question, strlen(question), NULL, &mem, NULL), LLM_OK);
    sx_quote quotes[4], again[4];
    uint32_t n = sx_extract(e, question, strlen(question), quotes, 4, &mem);
    assert_int_equal(sx_extract(e, question, strlen(question), again, 4, &mem), n);
    assert_true(n >= 1 && n <= 2);
    for (uint32_t i = 0; i < n; i++) {
        const sx_found *f = &e->found[quotes[i].found];
        assert_true(quotes[i].start >= f->tree->nodes[f->node].start && quotes[i].end <= f->tree->nodes[f->node].end);
        assert_true(quotes[i].support > 0 && quotes[i].support <= 1);
        assert_int_equal(quotes[i].start, again[i].start);
    }
    const char *at = strstr(tree->text + quotes[0].start, words);
    assert_non_null(at);
    assert_true(at < tree->text + quotes[0].end);
    sx_evidence_free(e);
    sx_index_free(index);
    sx_tree_unref(tree);
}

static void extraction(void **state)
{
    (void)state;
    extracts(
        "a.md",
        "# Lease\n\n## Rent\n\nThe rent is 850 euros a month. It is paid by transfer. The landlord may not raise it in "
        "the first year.\n\n## End\n\nThe lease runs for two years. Either party may end it with three months' notice.\n",
        "How much is the rent a month?", "850 euros");
    extracts(
        "b.txt",
        "租赁合同\n\n第一条 租期为三年。租金每月五千元，于每月五日前支付。\n\n第二条 任何一方解除合同应提前三十日书面通知对方。通知以邮寄方式送达。\n",
        "解除合同需要提前多少日通知？", "三十日");
}

static double support(const char *sentence, const char *passage)
{
    return sx_support(sentence, strlen(sentence), passage, strlen(passage), &mem);
}

static void support_of_sentences(void **state)
{
    (void)state;
    static const char passage[] = "The rent is 850 euros a month and is due on the third working day.";
    assert_true(support("The monthly rent of 850 euros is due on the third day [0.1.2].", passage) > 0.7);
    assert_true(support(passage, passage) > 0.999);
    assert_true(support("Rents are due.", passage) > 0.9);
    assert_true(support("The rent is 900 euros.", passage) < support("The rent is 850 euros.", passage) - 0.2);
    assert_true(support("Pets are not allowed in the garden.", passage) < 0.2);
    assert_true(support("租金每月五千元", "第二条 租金每月五千元，于每月五日前支付。") > 0.9);
    assert_true(support("租金每月五千元", "房屋的维修由出租人负责。") < 0.3);
    assert_true(support("", passage) == 0);
    assert_true(support("[0.1]", passage) == 0);
}

static void memory_runs_out(void **state)
{
    (void)state;
    for (long n = 0;; n++) {
        fail_alloc f;
        sx_mem failing;
        fail_alloc_init(&f, &failing, n);
        sx_cite *cite = NULL;
        llm_status status = sx_cite_create(&cite, &failing, ids, N_IDS, NULL);
        sx_support("The rent is due.", 16, "The rent", 8, &failing);
        if (status == LLM_OK) sx_cite_free(cite);
        assert_int_equal(f.held, 0);
        if (status == LLM_OK && f.until > 0) break;
        assert_true(n < 500);
    }
}

int main(void)
{
    sx_mem_init(&mem, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_the_rule), cmocka_unit_test(tokens_across_states), cmocka_unit_test(scanning),
        cmocka_unit_test(extraction),       cmocka_unit_test(support_of_sentences), cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
