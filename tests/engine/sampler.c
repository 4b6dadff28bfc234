/* Choosing tokens: greedy, cuts, constraints, seeds; and a whole greedy text of a small real model where one is at hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "tiny.h"

enum { VOCAB = 300 };

static sx_mem mem;
static sx_model *model;

static int32_t choose(const sx_sampler_params *params, const float *logits)
{
    float copy[VOCAB];
    sx_sampler *s;
    memcpy(copy, logits, sizeof copy);
    assert_int_equal(sx_sampler_create(&s, &mem, model, params, NULL), LLM_OK);
    int32_t token = sx_sample(s, copy);
    sx_sampler_free(s);
    return token;
}

/* Three tokens stand out: 40 (60 %), 50 (30 %), 60 (10 %). */
static void three(float *logits)
{
    for (int i = 0; i < VOCAB; i++) logits[i] = -INFINITY;
    logits[40] = logf(0.6f);
    logits[50] = logf(0.3f);
    logits[60] = logf(0.1f);
}

static void count(const sx_sampler_params *params, int seen[VOCAB], int n)
{
    float logits[VOCAB];
    sx_sampler *s;
    memset(seen, 0, VOCAB * sizeof *seen);
    assert_int_equal(sx_sampler_create(&s, &mem, model, params, NULL), LLM_OK);
    for (int i = 0; i < n; i++) {
        three(logits);
        int32_t token = sx_sample(s, logits);
        assert_in_range(token, 0, VOCAB - 1);
        seen[token]++;
    }
    sx_sampler_free(s);
}

static void greedy_takes_the_best(void **state)
{
    (void)state;
    float logits[VOCAB];
    three(logits);
    assert_int_equal(choose(&(sx_sampler_params){0}, logits), 40);
    logits[50] = logits[40]; /* a tie: the lower id */
    assert_int_equal(choose(&(sx_sampler_params){0}, logits), 40);
    logits[10] = NAN; /* never chosen */
    logits[0] = NAN;
    assert_int_equal(choose(&(sx_sampler_params){0}, logits), 40);
    static const int32_t places[] = {0, 1, 15, 16, 127, 128, 129, 200, 255, 256, 257, VOCAB - 1};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        for (size_t j = 0; j < sizeof places / sizeof *places;
             j++) { /* two of the same, the rest below or not a number */
            for (int n = 0; n < VOCAB; n++) logits[n] = n % 3 ? -1e30f : NAN;
            logits[places[i]] = logits[places[j]] = -2.0f;
            assert_int_equal(choose(&(sx_sampler_params){0}, logits), places[i < j ? i : j]);
        }
    for (int n = 0; n < VOCAB; n++) logits[n] = n % 2 ? -INFINITY : NAN;
    assert_int_equal(choose(&(sx_sampler_params){0}, logits), 0);
}

static void frequencies_follow_probabilities(void **state)
{
    (void)state;
    int seen[VOCAB];
    count(&(sx_sampler_params){.temperature = 1.0f, .seed = 1}, seen, 4000);
    assert_in_range(seen[40], 2250, 2550);
    assert_in_range(seen[50], 1075, 1325);
    assert_in_range(seen[60], 320, 480);
    assert_int_equal(seen[40] + seen[50] + seen[60], 4000);
    count(&(sx_sampler_params){.temperature = 0.5f, .seed = 1}, seen, 4000); /* squares: 36 : 9 : 1 */
    assert_in_range(seen[40], 3000, 3250);
    assert_in_range(seen[60], 50, 130);
}

static void cuts_leave_the_likeliest(void **state)
{
    (void)state;
    int seen[VOCAB];
    count(&(sx_sampler_params){.temperature = 1.0f, .top_k = 2}, seen, 600);
    assert_int_equal(seen[40] + seen[50], 600);
    assert_in_range(seen[50], 150, 250); /* a third */
    count(&(sx_sampler_params){.temperature = 1.0f, .top_k = 1}, seen, 50);
    assert_int_equal(seen[40], 50);
    count(&(sx_sampler_params){.temperature = 1.0f, .top_p = 0.5f}, seen, 50);
    assert_int_equal(seen[40], 50);
    count(&(sx_sampler_params){.temperature = 1.0f, .top_p = 0.7f}, seen, 600);
    assert_true(seen[60] == 0 && seen[50] > 100);
    count(&(sx_sampler_params){.temperature = 1.0f, .top_k = 2, .top_p = 0.6f}, seen,
          50); /* 60 of 90 is more than 0.6 */
    assert_int_equal(seen[40], 50);
    count(&(sx_sampler_params){.temperature = 1.0f, .min_p = 0.4f}, seen, 600);
    assert_true(seen[60] == 0 && seen[50] > 100);
}

static void seeds_repeat(void **state)
{
    (void)state;
    int32_t first[64], again[64], other[64];
    int32_t *lists[3] = {first, again, other};
    float logits[VOCAB];
    for (int l = 0; l < 3; l++) {
        sx_sampler *s;
        assert_int_equal(
            sx_sampler_create(&s, &mem, model, &(sx_sampler_params){.temperature = 1.0f, .seed = l == 2 ? 8 : 7}, NULL),
            0);
        for (int i = 0; i < 64; i++) {
            three(logits);
            lists[l][i] = sx_sample(s, logits);
        }
        sx_sampler_free(s);
    }
    assert_memory_equal(first, again, sizeof first);
    assert_memory_not_equal(first, other, sizeof first);
}

typedef struct rule {
    int32_t token; /* only this one */
    bool end;      /* or the end of the text */
    int asked, masks;
} rule;

static bool follows(void *user, int32_t token)
{
    rule *r = user;
    r->asked++;
    return token == r->token || (r->end && token == 2);
}

static bool mask_of(void *user, uint32_t *bits)
{
    rule *r = user;
    r->masks++;
    if (r->token >= 0) bits[r->token / 32] |= 1u << (r->token % 32);
    if (r->end) bits[0] |= 1u << 2;
    return true;
}

static void constraints_hold(void **state)
{
    (void)state;
    float logits[VOCAB];
    rule r = {.token = 50};
    const sx_constraint c = {&r, follows, mask_of};
    sx_sampler_params greedy = {.constraint = &c}, warm = {.temperature = 1.0f, .constraint = &c};
    three(logits);
    assert_int_equal(choose(&greedy, logits), 50);
    assert_true(r.asked == 1 && r.masks == 1); /* lazily: the best first, then the mask */
    r.token = 40;
    assert_int_equal(choose(&greedy, logits), 40);
    assert_true(r.asked == 2 && r.masks == 1);
    r.token = 50;
    for (warm.seed = 0; warm.seed < 50; warm.seed++) assert_int_equal(choose(&warm, logits), 50);
    r = (rule){.token = 4, .end = true}; /* what the rule wants is impossible, the end is not */
    for (int i = 0; i < VOCAB; i++) logits[i] = 0.0f;
    logits[4] = -INFINITY;
    logits[2] = -3.0f;
    assert_int_equal(choose(&greedy, logits), 2);
}

static bool mask_fails(void *user, uint32_t *bits)
{
    (void)user;
    (void)bits;
    return false;
}

static void nothing_accepted(void **state)
{
    (void)state;
    float logits[VOCAB];
    rule r = {.token = -1};
    sx_constraint c = {&r, follows, mask_of};
    three(logits);
    assert_int_equal(choose(&(sx_sampler_params){.constraint = &c}, logits), -1);
    assert_int_equal(choose(&(sx_sampler_params){.temperature = 1.0f, .constraint = &c}, logits), -1);
    c.mask = mask_fails;
    assert_int_equal(choose(&(sx_sampler_params){.constraint = &c}, logits), -1);
}

static void absurd_parameters(void **state)
{
    (void)state;
    sx_sampler *s;
    llm_error err = LLM_ERROR_INIT;
    assert_int_equal(sx_sampler_create(&s, &mem, model, &(sx_sampler_params){.temperature = NAN}, &err), LLM_E_INVALID);
    assert_int_equal(sx_sampler_create(&s, &mem, model, &(sx_sampler_params){.top_p = -1.0f}, &err), LLM_E_INVALID);
    assert_null(s);
}

/* ---- a real text ---- */

static const char story[] =
    "Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, "
    "red ball. She wanted to play with it, but it was too high.\nLily's mom said, \"Lily, let's go to the park.\" Lily was "
    "sad and didn't know what to do. She said, \"I want to play with your ball, but I can't find it.\"";

static void a_story_is_told(void **state)
{
    (void)state;
    const char *shared = getenv("SEXTANT_SHARED");
    char path[1024], text[2048];
    snprintf(path, sizeof path, "%s/models/stories260K.gguf", shared ? shared : "");
    sx_model *teller;
    llm_error err = LLM_ERROR_INIT;
    if (sx_model_load(&teller, &mem, path, NULL, &err) != LLM_OK) {
        print_message("skipped: %s (set SEXTANT_SHARED)\n", err.message);
        skip();
    }
    sx_session *s;
    sx_sampler *greedy;
    float *logits = malloc(sx_model_n_vocab(teller) * sizeof *logits);
    int32_t tokens[256] = {sx_model_token(teller, "bos")};
    size_t n = 1;
    assert_int_equal(sx_session_create(&s, &mem, teller, NULL, &err), LLM_OK);
    assert_int_equal(sx_sampler_create(&greedy, &mem, teller, &(sx_sampler_params){0}, &err), LLM_OK);
    for (; n < 256; n++) {
        assert_int_equal(sx_session_eval(s, tokens + n - 1, 1, false, logits, NULL, &err), LLM_OK);
        tokens[n] = sx_sample(greedy, logits);
    }
    int64_t len = sx_detokenize(teller, &mem, tokens, n, 0, text, sizeof text - 1, &err);
    assert_in_range(len, (int64_t)strlen(story), 2047);
    text[len] = '\0';
    const char *from = text[0] == ' ' ? text + 1 : text;
    assert_memory_equal(from, story, strlen(story));
    free(logits);
    sx_sampler_free(greedy);
    sx_session_free(s);
    sx_model_free(teller);
}

static int start(void **state)
{
    (void)state;
    char path[256];
    llm_error err = LLM_ERROR_INIT;
    sx_mem_init(&mem, NULL);
    tiny_write(&tiny_default, path);
    llm_status s = sx_model_load(&model, &mem, path, NULL, &err);
    unlink(path);
    if (s != LLM_OK) print_message("%s\n", err.message);
    return s != LLM_OK;
}

static int stop(void **state)
{
    (void)state;
    sx_model_free(model);
    return atomic_load(&mem.live_bytes) != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greedy_takes_the_best),    cmocka_unit_test(frequencies_follow_probabilities),
        cmocka_unit_test(cuts_leave_the_likeliest), cmocka_unit_test(seeds_repeat),
        cmocka_unit_test(constraints_hold),         cmocka_unit_test(nothing_accepted),
        cmocka_unit_test(absurd_parameters),        cmocka_unit_test(a_story_is_told),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
