/* Scores of given texts: equal to what all logits of each text alone say, to the bit, however they are cut into batches;
 * alternatives in order; the session left with the prefix; limits; cancelling; failing memory. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "fail_alloc.h"
#include "platform/cancel.h"
#include "tiny.h"

enum { PREFIX = 21, ITEMS = 5, LONGEST = 40, TOP = 3, ROOM = 128 };

static sx_mem mem;
static int32_t prefix[PREFIX], texts[ITEMS][LONGEST];
static const size_t lengths[ITEMS] = {1, 40, 7, 0, 13}, froms[ITEMS] = {0, 0, 4, 0, 12};

static sx_model *load(uint32_t threads)
{
    char path[256];
    sx_model *model = NULL;
    llm_error err = LLM_ERROR_INIT;
    tiny_write(&tiny_default, path);
    if (sx_model_load(&model, &mem, path, &(sx_model_params){.threads = threads}, &err) != LLM_OK)
        fail_msg("%s", err.message);
    unlink(path);
    return model;
}

static sx_session *open_session(sx_model *model, uint32_t n_batch)
{
    sx_session *s = NULL;
    assert_int_equal(sx_session_create(&s, &mem, model, &(sx_session_params){ROOM, n_batch, 0}, NULL), LLM_OK);
    return s;
}

typedef struct results {
    sx_score_item items[ITEMS];
    double logprob[ITEMS][LONGEST];
    int32_t top[ITEMS][LONGEST * TOP];
    float top_logprob[ITEMS][LONGEST * TOP];
} results;

static void lay_out(results *r)
{
    memset(r, 0, sizeof *r);
    for (size_t i = 0; i < ITEMS; i++)
        r->items[i] = (sx_score_item){texts[i], lengths[i], froms[i], r->logprob[i], r->top[i], r->top_logprob[i]};
}

/* log p of `token` after a row of logits, as the definition has it. */
static double log_p(const float *logits, uint32_t n, int32_t token)
{
    double max = (double)logits[0], sum = 0.0;
    for (uint32_t i = 1; i < n; i++) max = fmax(max, (double)logits[i]);
    for (uint32_t i = 0; i < n; i++) sum += exp((double)logits[i] - max);
    return (double)logits[token] - (max + log(sum));
}

/* Each text alone, from all logits. */
static void reference(sx_model *model, results *r)
{
    uint32_t vocab = sx_model_n_vocab(model);
    float *logits = malloc((PREFIX + LONGEST) * vocab * sizeof *logits);
    lay_out(r);
    for (size_t i = 0; i < ITEMS; i++) {
        sx_session *s = open_session(model, 512);
        assert_int_equal(sx_session_eval(s, prefix, PREFIX, true, logits, NULL, NULL), LLM_OK);
        if (lengths[i])
            assert_int_equal(
                sx_session_eval(s, texts[i], lengths[i], true, logits + (size_t)PREFIX * vocab, NULL, NULL), LLM_OK);
        for (size_t k = froms[i]; k < lengths[i]; k++)
            r->logprob[i][k - froms[i]] = log_p(logits + (PREFIX - 1 + k) * vocab, vocab, texts[i][k]);
        sx_session_free(s);
    }
    free(logits);
}

static void scores_are_those_of_each_text_alone(void **state)
{
    (void)state;
    static const uint32_t ways[][2] = {{1, 512}, {2, 512}, {2, 7}, {1, 1}, {4, 33}};
    results want, got;
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
        sx_model *model = load(ways[w][0]);
        if (w == 0) reference(model, &want);
        sx_session *s = open_session(model, ways[w][1]);
        lay_out(&got);
        assert_int_equal(sx_session_score(s, prefix, PREFIX, got.items, ITEMS, TOP, NULL, NULL), LLM_OK);
        assert_int_equal(sx_session_used(s), PREFIX);
        assert_memory_equal(got.logprob, want.logprob, sizeof want.logprob);
        for (size_t i = 0; i < ITEMS; i++)
            for (size_t k = 0; k + froms[i] < lengths[i]; k++) {
                const float *p = got.top_logprob[i] + k * TOP;
                const int32_t *top = got.top[i] + k * TOP;
                assert_true(p[0] >= p[1] && p[1] >= p[2] && (double)p[0] >= got.logprob[i][k] - 1e-6);
                assert_true(top[0] != top[1] && top[1] != top[2] && top[0] != top[2]);
                for (int j = 0; j < TOP; j++)
                    if (top[j] == texts[i][k + froms[i]]) assert_true((float)got.logprob[i][k] == p[j]);
            }
        /* the prefix stays: the same items again without reading it, but for its last token */
        sx_session_truncate(s, PREFIX - 1);
        lay_out(&got);
        assert_int_equal(sx_session_score(s, prefix + PREFIX - 1, 1, got.items, ITEMS, TOP, NULL, NULL), LLM_OK);
        assert_memory_equal(got.logprob, want.logprob, sizeof want.logprob);
        sx_session_free(s);
        sx_model_free(model);
    }
}

static void wrong_calls_have_sentences(void **state)
{
    (void)state;
    results r;
    llm_error err = LLM_ERROR_INIT;
    sx_model *model = load(1);
    sx_session *s = open_session(model, 16);
    lay_out(&r);
    assert_int_equal(sx_session_score(s, NULL, 0, r.items, ITEMS, 0, NULL, &err), LLM_E_INVALID);
    assert_non_null(strstr(err.message, "text 0"));
    assert_int_equal(sx_session_score(s, prefix, ROOM + 1, r.items, 0, 0, NULL, &err), LLM_E_LIMIT);
    int32_t *many = calloc(ROOM, sizeof *many);
    double *out = calloc(ROOM, sizeof *out);
    sx_score_item item = {many, ROOM - PREFIX + 2, 0, out, NULL, NULL};
    assert_int_equal(sx_session_score(s, prefix, PREFIX, &item, 1, 0, NULL, &err), LLM_E_LIMIT);
    item.n--; /* its last token needs no room */
    assert_int_equal(sx_session_score(s, prefix, PREFIX, &item, 1, 0, NULL, &err), LLM_OK);
    many[3] = 300;
    sx_session_truncate(s, 0);
    assert_int_equal(sx_session_score(s, prefix, PREFIX, &item, 1, 0, NULL, &err), LLM_E_INVALID);
    many[3] = 0;
    llm_cancel cancel;
    atomic_init(&cancel.set, 1);
    assert_int_equal(sx_session_score(s, prefix, PREFIX, &item, 1, 0, &cancel, &err), LLM_E_CANCELLED);
    assert_int_equal(sx_session_used(s), 0);
    item.from = 1; /* from the first token on, all is scored that can be */
    assert_int_equal(sx_session_score(s, NULL, 0, &item, 1, 0, NULL, &err), LLM_OK);
    assert_int_equal(sx_session_used(s), 0);
    free(many);
    free(out);
    sx_session_free(s);
    sx_model_free(model);
}

static void memory_may_run_out(void **state)
{
    (void)state;
    sx_model *model = load(1);
    results r;
    bool done = false;
    for (long n = 0; !done; n++) {
        fail_alloc failing;
        sx_mem m;
        sx_session *s = NULL;
        fail_alloc_init(&failing, &m, n);
        lay_out(&r);
        llm_status status = sx_session_create(&s, &m, model, &(sx_session_params){ROOM, 16, 0}, NULL);
        if (status == LLM_OK) status = sx_session_score(s, prefix, PREFIX, r.items, ITEMS, TOP, NULL, NULL);
        done = status == LLM_OK;
        if (!done) assert_int_equal(status, LLM_E_MEMORY);
        if (!done && s) assert_int_equal(sx_session_used(s), 0);
        sx_session_free(s);
        assert_int_equal(failing.held, 0);
    }
    sx_model_free(model);
}

static int start(void **state)
{
    (void)state;
    sx_mem_init(&mem, NULL);
    uint64_t bits = 11;
    for (size_t i = 0; i < PREFIX; i++) prefix[i] = (int32_t)(random_bits(&bits) % 300);
    for (size_t i = 0; i < ITEMS; i++)
        for (size_t k = 0; k < LONGEST; k++) texts[i][k] = (int32_t)(random_bits(&bits) % 300);
    return 0;
}

static int nothing_left(void **state)
{
    (void)state;
    return atomic_load(&mem.live_bytes) != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_those_of_each_text_alone),
        cmocka_unit_test(wrong_calls_have_sentences),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, start, nothing_left);
}
