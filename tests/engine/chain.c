/* Each step of the sampling chain against values of an independent implementation of its published formula. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>

#include <cmocka.h>

#include "engine/session/sampler.h"
#include "fail_alloc.h"
#include "tiny.h"

enum { VOCAB = 300, FIRST = 40, N = 12 };

static sx_mem mem;
static sx_model *model;

static const float peaked[N] = {2.1f, -0.7f, 1.4f, 0.3f, -2.2f, 0.9f, 3.0f, -1.1f, 0.05f, 1.9f, -3.4f, 2.6f};
static const float flat[N] = {0.4f, 0.1f, -0.2f, 0.3f, 0.0f, 0.55f, -0.1f, 0.2f, 0.35f, -0.3f, 0.15f, 0.5f};
static const int32_t biased[] = {46, 44};
static const float bias[] = {-4.0f, 5.5f};

static const struct {
    int32_t tokens[20];
    size_t n;
} histories[] = {{{0}, 0},
                 {{41, 42, 46, 40, 41, 42, 46, 51, 41, 42, 46}, 11},
                 {{40, 41, 42, 43, 44, 40, 41, 42, 43, 45, 49, 41, 42, 43, 47, 40, 41, 42, 43}, 19}};

typedef struct reference {
    const char *name;
    const float *logits; /* of tokens FIRST.. */
    size_t history;
    double chance;
    sx_sampler_params params;
    float p[N];
} reference;

/* clang-format off */
static const reference references[] = {
    {"temperature",
     peaked, 0, 0.0,
     {.temperature = 0.7f},
     {0.123145f, 0.002255f, 0.045302f, 0.009412f, 0.000265f, 0.022177f, 0.445446f, 0.001274f, 0.006585f, 0.092541f, 0.000048f, 0.251551f}},
    {"bias",
     peaked, 0, 0.0,
     {.temperature = 1.0f, .n_bias = 2, .bias_tokens = biased, .bias = bias},
     {0.124532f, 0.007573f, 0.061841f, 0.020585f, 0.413459f, 0.037508f, 0.005610f, 0.005076f, 0.016032f, 0.101958f, 0.000509f, 0.205318f}},
    {"repeat",
     peaked, 1, 0.0,
     {.temperature = 1.0f, .repeat_penalty = 1.3f},
     {0.132952f, 0.010640f, 0.077597f, 0.035680f, 0.002929f, 0.065014f, 0.265681f, 0.008799f, 0.027788f, 0.176726f, 0.000882f, 0.195313f}},
    {"repeat, last 3",
     peaked, 1, 0.0,
     {.temperature = 1.0f, .repeat_penalty = 1.8f, .penalty_last_n = 3},
     {0.197211f, 0.006850f, 0.052565f, 0.032599f, 0.002676f, 0.059399f, 0.127860f, 0.008039f, 0.025388f, 0.161462f, 0.000806f, 0.325145f}},
    {"frequency and presence",
     peaked, 1, 0.0,
     {.temperature = 0.9f, .frequency_penalty = 0.4f, .presence_penalty = 0.25f},
     {0.146423f, 0.002682f, 0.027656f, 0.040802f, 0.002537f, 0.079471f, 0.163631f, 0.008612f, 0.030906f, 0.241411f, 0.000669f, 0.255202f}},
    {"all penalties, last 6",
     peaked, 1, 0.0,
     {.temperature = 1.1f, .repeat_penalty = 1.2f, .frequency_penalty = -0.3f, .presence_penalty = 0.5f, .penalty_last_n = 6},
     {0.178940f, 0.010304f, 0.083887f, 0.034837f, 0.003589f, 0.060108f, 0.281912f, 0.009757f, 0.027755f, 0.149192f, 0.001206f, 0.158513f}},
    {"dry",
     peaked, 1, 0.0,
     {.temperature = 1.0f, .dry_multiplier = 0.8f},
     {0.047952f, 0.011825f, 0.096564f, 0.032143f, 0.002638f, 0.058569f, 0.478286f, 0.007926f, 0.025033f, 0.159207f, 0.000795f, 0.079060f}},
    {"dry, long",
     peaked, 2, 0.0,
     {.temperature = 1.0f, .dry_multiplier = 0.6f, .dry_base = 1.5f, .dry_allowed_length = 1},
     {0.146313f, 0.008897f, 0.072657f, 0.024185f, 0.000262f, 0.005817f, 0.359871f, 0.001546f, 0.018836f, 0.119791f, 0.000598f, 0.241229f}},
    {"dry, short window",
     peaked, 2, 0.0,
     {.temperature = 1.0f, .dry_multiplier = 0.6f, .dry_base = 1.5f, .dry_allowed_length = 2, .dry_last_n = 9},
     {0.140570f, 0.008548f, 0.069805f, 0.023236f, 0.001907f, 0.042339f, 0.345746f, 0.002330f, 0.018096f, 0.115089f, 0.000574f, 0.231760f}},
    {"dry, breaker",
     peaked, 2, 0.0,
     {.temperature = 1.0f, .dry_multiplier = 0.8f, .dry_allowed_length = 1, .dry_breakers = "&\0"},
     {0.145555f, 0.008851f, 0.072281f, 0.024060f, 0.000487f, 0.010811f, 0.358008f, 0.001463f, 0.018738f, 0.119171f, 0.000595f, 0.239980f}},
    {"dynamic temperature",
     peaked, 0, 0.0,
     {.temperature = 0.9f, .dynatemp_range = 0.6f},
     {0.142405f, 0.012913f, 0.078145f, 0.030433f, 0.003569f, 0.050903f, 0.308044f, 0.009164f, 0.024562f, 0.119967f, 0.001276f, 0.218618f}},
    {"dynamic temperature, exponent",
     flat, 0, 0.0,
     {.temperature = 0.9f, .dynatemp_range = 1.2f, .dynatemp_exponent = 2.5f},
     {0.092899f, 0.080151f, 0.069153f, 0.088439f, 0.076303f, 0.100015f, 0.072640f, 0.084193f, 0.090642f, 0.065833f, 0.082147f, 0.097584f}},
    {"top-n-sigma",
     peaked, 0, 0.0,
     {.temperature = 1.3f, .top_n_sigma = 0.8f},
     {0.187801f, 0, 0, 0, 0, 0, 0.375288f, 0, 0, 0.161022f, 0, 0.275889f}},
    {"top-k",
     peaked, 0, 0.0,
     {.temperature = 1.0f, .top_k = 4},
     {0.168718f, 0, 0, 0, 0, 0, 0.414979f, 0, 0, 0.138134f, 0, 0.278169f}},
    {"top-p",
     peaked, 0, 0.0,
     {.temperature = 1.0f, .top_p = 0.75f},
     {0.168718f, 0, 0, 0, 0, 0, 0.414979f, 0, 0, 0.138134f, 0, 0.278169f}},
    {"min-p",
     peaked, 0, 0.0,
     {.temperature = 1.0f, .min_p = 0.2f},
     {0.155675f, 0, 0.077306f, 0, 0, 0, 0.382899f, 0, 0, 0.127456f, 0, 0.256665f}},
    {"typical",
     peaked, 0, 0.0,
     {.temperature = 1.0f, .typical_p = 0.6f},
     {0.168718f, 0, 0, 0, 0, 0, 0.414979f, 0, 0, 0.138134f, 0, 0.278169f}},
    {"typical, flat",
     flat, 0, 0.0,
     {.temperature = 1.0f, .typical_p = 0.35f},
     {0, 0, 0, 0.261998f, 0, 0, 0, 0.237066f, 0.275431f, 0, 0.225504f, 0}},
    {"xtc",
     peaked, 0, 0.0,
     {.temperature = 1.0f, .xtc_probability = 0.5f, .xtc_threshold = 0.12f},
     {0.330058f, 0.020071f, 0.163902f, 0.054558f, 0.004478f, 0.099412f, 0, 0.013454f, 0.042490f, 0.270229f, 0.001349f, 0}},
    {"xtc, not this time",
     peaked, 0, 0.3,
     {.temperature = 1.0f, .xtc_probability = 0.2f},
     {0.140093f, 0.008519f, 0.069568f, 0.023157f, 0.001901f, 0.042195f, 0.344574f, 0.005711f, 0.018035f, 0.114699f, 0.000573f, 0.230975f}},
    {"mirostat",
     peaked, 0, 0.0,
     {.temperature = 1.0f, .mirostat_tau = 1.4f},
     {0, 0, 0, 0, 0, 0, 0.598688f, 0, 0, 0, 0, 0.401312f}},
    {"many",
     peaked, 1, 0.0,
     {.temperature = 0.8f, .repeat_penalty = 1.1f, .dry_multiplier = 0.5f, .top_k = 8, .top_p = 0.95f, .min_p = 0.02f, .typical_p = 0.9f, .xtc_probability = 1.0f, .xtc_threshold = 0.15f},
     {0.141556f, 0, 0.190756f, 0, 0, 0, 0, 0, 0, 0.417834f, 0, 0.249855f}},
};
/* clang-format on */

static void check(const reference *r)
{
    float logits[VOCAB], got[N] = {0};
    sx_sampler *s;
    for (int i = 0; i < VOCAB; i++) logits[i] = -INFINITY;
    for (int i = 0; i < N; i++) logits[FIRST + i] = r->logits[i];
    assert_int_equal(sx_sampler_create(&s, &mem, model, &r->params, NULL), LLM_OK);
    sx_sampler_read(s, histories[r->history].tokens, histories[r->history].n);
    sx_penalties_apply(s, logits);
    uint32_t mask[VOCAB / 32 + 1] = {0}; /* only those that the reference knows */
    for (int i = FIRST; i < FIRST + N; i++) mask[i / 32] |= 1u << (i % 32);
    uint32_t n = sx_chain(s, logits, mask, r->chance);
    double total = 0;
    for (uint32_t i = 0; i < n; i++) total += (double)s->candidates[i].p;
    for (uint32_t i = 0; i < n; i++) got[s->candidates[i].token - FIRST] = (float)((double)s->candidates[i].p / total);
    for (int i = 0; i < N; i++)
        if (!(fabsf(got[i] - r->p[i]) < 2e-5f))
            fail_msg("%s: token %d has %.6f, the reference %.6f", r->name, FIRST + i, (double)got[i], (double)r->p[i]);
    sx_sampler_free(s);
}

static void the_chain_follows_the_formulas(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof references / sizeof *references; i++) check(&references[i]);
}

/* Mirostat 2 takes the error off mu at each step, so that mu stays in bounds only if the mean surprise comes near tau. */
static void mirostat_steers(void **state)
{
    (void)state;
    sx_sampler *s;
    float logits[VOCAB];
    const sx_sampler_params params = {.temperature = 1.0f, .mirostat_tau = 2.5f, .seed = 3};
    const int rounds = 400;
    assert_int_equal(sx_sampler_create(&s, &mem, model, &params, NULL), LLM_OK);
    assert_true(s->mu == 5.0f);
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < VOCAB; i++) logits[i] = i < 64 ? -0.07f * (float)i : -INFINITY;
        assert_in_range(sx_sample(s, logits), 0, 63);
    }
    double off = (5.0 - (double)s->mu) / (0.1 * rounds);
    assert_true(fabs(off) < 0.15);
    assert_true(s->mu > 2.0f); /* to surprise by 2.5 bits on average more than that must be allowed */
    sx_sampler_free(s);
}

/* A ring that has gone round forgets what left it. */
static void the_window_moves(void **state)
{
    (void)state;
    sx_sampler *s;
    float logits[VOCAB] = {0};
    const int32_t history[] = {7, 8, 9, 8, 7, 6, 5, 4};
    assert_int_equal(
        sx_sampler_create(&s, &mem, model, &(sx_sampler_params){.frequency_penalty = 1.0f, .penalty_last_n = 5}, NULL),
        LLM_OK);
    sx_sampler_read(s, history, 8);
    sx_penalties_apply(s, logits);
    assert_true(logits[9] == 0.0f && logits[8] == -1.0f && logits[7] == -1.0f && logits[4] == -1.0f);
    sx_sampler_free(s);
}

static void memory_may_fail(void **state)
{
    (void)state;
    const sx_sampler_params all = {.temperature = 1.0f, .repeat_penalty = 1.1f, .dry_multiplier = 1.0f};
    for (long n = 0;; n++) {
        fail_alloc plan;
        sx_mem m;
        llm_error err = LLM_ERROR_INIT;
        sx_sampler *s;
        fail_alloc_init(&plan, &m, n);
        llm_status status = sx_sampler_create(&s, &m, model, &all, &err);
        sx_sampler_free(s);
        assert_int_equal(atomic_load(&m.live_bytes), 0);
        if (status == LLM_OK) break;
        assert_int_equal(status, LLM_E_MEMORY);
    }
}

static void absurd_parameters(void **state)
{
    (void)state;
    const int32_t far = VOCAB;
    const float one = 1.0f;
    const sx_sampler_params wrong[] = {
        {.repeat_penalty = -1.0f},
        {.frequency_penalty = NAN},
        {.dry_multiplier = INFINITY},
        {.dry_last_n = UINT32_MAX},
        {.penalty_last_n = UINT32_MAX},
        {.xtc_probability = NAN},
        {.mirostat_tau = -1.0f},
        {.n_bias = 1},
        {.n_bias = 1, .bias_tokens = &far, .bias = &one},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        llm_error err = LLM_ERROR_INIT;
        sx_sampler *s;
        assert_int_equal(sx_sampler_create(&s, &mem, model, &wrong[i], &err), LLM_E_INVALID);
        assert_null(s);
        assert_true(strlen(err.message) > 20);
    }
}

static int start(void **state)
{
    (void)state;
    char path[256];
    sx_mem_init(&mem, NULL);
    tiny_write(&tiny_default, path);
    llm_status s = sx_model_load(&model, &mem, path, NULL, NULL);
    unlink(path);
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
        cmocka_unit_test(the_chain_follows_the_formulas),
        cmocka_unit_test(mirostat_steers),
        cmocka_unit_test(the_window_moves),
        cmocka_unit_test(memory_may_fail),
        cmocka_unit_test(absurd_parameters),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
