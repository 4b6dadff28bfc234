/* Corpora with their documents in segments, or ranked whole, and questions that both must answer alike. Tests only. */
#ifndef SX_TESTS_WIDE_FIXTURE_H
#define SX_TESTS_WIDE_FIXTURE_H

#include "../store/store_fixture.h"

#include "retrieve/retrieve.h"

enum { DOCS = 20 };

static sx_mem mem;

static inline sx_corpus *open_corpus(const char *path, uint64_t pending, bool readonly)
{
    sx_corpus *corpus = NULL;
    llm_error err = {sizeof err, 0, {0}};
    const sx_corpus_params params = {.pending_bytes = pending, .readonly = readonly, .cache_bytes = 4 << 20};
    if (sx_corpus_open(&corpus, &mem, path, &params, &err) != LLM_OK) fail_msg("%s", err.message);
    return corpus;
}

static uint32_t random_state;

static inline uint32_t roll(uint32_t n)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % n;
}

static const char *const nouns[] = {"harbour", "treaty", "giraffe", "ledger", "engine", "orchard", "statute", "violin",
                                    "glacier", "tenant", "furnace", "comet",  "bridge", "vaccine", "archive", "parcel"};
static const char *const verbs[] = {"holds",   "carries",   "breaks",  "measures",
                                    "follows", "describes", "repairs", "sells"};

static inline void make_text(sx_buf *text, unsigned seed)
{
    random_state = seed * 977 + 3;
    sx_buf_clear(text);
    sx_buf_printf(text, "# The %s of %s number %u\n\n", nouns[seed % 16], nouns[seed / 3 % 16], seed);
    for (unsigned p = 0; p < 12 + roll(30); p++) {
        if (p % 8 == 7) sx_buf_printf(text, "## On the %s\n\n", nouns[roll(16)]);
        for (unsigned s = 0; s < 1 + roll(4); s++)
            sx_buf_printf(text, "The %s %s the %s in year %u, and the %s of %u. ", nouns[roll(16)], verbs[roll(8)],
                          nouns[roll(16)], 1900 + roll(90), nouns[roll(16)], roll(500));
        sx_buf_str(text, "\n\n");
    }
    if (seed % 5 == 4)
        sx_buf_printf(text, "第%u条 租金应当在每月五日之前支付。违约金为百分之%u。\n\n", seed, roll(30) + 1);
}

/* labels, meta: lists or NULL. */
static inline void ingest_as(sx_corpus *corpus, const char *name, unsigned seed, const char *labels, const char *meta)
{
    llm_error err = {sizeof err, 0, {0}};
    sx_buf text;
    sx_buf_init(&text, &mem, 0);
    make_text(&text, seed);
    const sx_ingest_params params = {.format = LLM_FORMAT_MARKDOWN, .labels = labels, .meta = meta};
    if (sx_corpus_ingest(corpus, name, text.data, text.len, &params, &err) != LLM_OK) fail_msg("%s", err.message);
    sx_buf_free(&text);
}

static inline void ingest(sx_corpus *corpus, const char *name, unsigned seed)
{
    ingest_as(corpus, name, seed, NULL, NULL);
}

static inline void fill(sx_corpus *corpus, unsigned from)
{
    for (unsigned i = from; i < from + DOCS; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s-%02u.md", nouns[i % 16], i);
        ingest(corpus, name, i);
    }
}

static inline sx_evidence *ask_as(sx_corpus *corpus, const char *question, const sx_retrieve_params *params)
{
    sx_evidence *found = NULL;
    llm_error err = {sizeof err, 0, {0}};
    if (sx_retrieve(&found, corpus, question, strlen(question), params, &mem, &err) != LLM_OK)
        fail_msg("%s", err.message);
    return found;
}

static const char *const questions[] = {
    "What does the giraffe measure in 1944?",
    "Who repairs the harbour bridge?",
    "租金什么时候支付？",
    "the treaty of the glacier number 12",
    "vaccine archive comet 17 and the ledger",
    "违约金是多少",
    "nothing of this",
    "On the violin: what describes the tenant in the year 1977 and the furnace of 33?"};

/* The same evidence, the same order, the same scores and confidence, when a is asked with these params. */
static inline void expect_same_as(sx_corpus *a, const sx_retrieve_params *params, sx_corpus *b)
{
    for (size_t q = 0; q < sizeof questions / sizeof *questions; q++) {
        sx_evidence *x = ask_as(a, questions[q], params), *y = ask_as(b, questions[q], NULL);
        assert_int_equal(x->count, y->count);
        for (uint32_t i = 0; i < x->count; i++) {
            assert_string_equal(x->found[i].tree->name, y->found[i].tree->name);
            assert_int_equal(x->found[i].node, y->found[i].node);
            assert_true(x->found[i].score - y->found[i].score < 1e-5 && y->found[i].score - x->found[i].score < 1e-5);
        }
        assert_true(x->confidence - y->confidence < 1e-5 && y->confidence - x->confidence < 1e-5);
        sx_evidence_free(x);
        sx_evidence_free(y);
    }
}

static inline void expect_same(sx_corpus *a, sx_corpus *b)
{
    expect_same_as(a, NULL, b);
}

#endif
