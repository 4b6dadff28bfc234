/* Texts as vectors. Reference values: BertModel, BertForSequenceClassification and NomicBertModel of PyTorch's transformers
 * with the same random numbers. And: the same bits in any batch and on any thread count; decoders; limits; failing memory. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "encoder.h"
#include "engine/engine.h"
#include "fail_alloc.h"
#include "platform/cancel.h"
#include "tiny.h"

enum { SHOWN = 6 /* values of a vector that are compared */ };

static sx_mem mem;
static const int32_t first[] = {2, 4, 5, 7, 8, 3}, second[] = {2, 10, 19, 6, 7, 9, 4, 18, 3}, third[] = {2, 3};
static const sx_embed_text texts[] = {{first, 6, 6}, {second, 9, 9}, {third, 2, 2}};
enum { TEXTS = 3 };

static sx_model *load(const encoder_how *how, uint32_t threads)
{
    char path[256];
    sx_model *model = NULL;
    llm_error err = LLM_ERROR_INIT;
    encoder_write(how, path);
    if (sx_model_load(&model, &mem, path, &(sx_model_params){.threads = threads}, &err) != LLM_OK)
        fail_msg("%s", err.message);
    unlink(path);
    return model;
}

static llm_status embed(sx_model *model, const sx_embed_text *what, size_t n, const sx_embed_params *how,
                        uint32_t n_batch, float *out, llm_error *err)
{
    sx_session *s = NULL;
    const sx_session_params params = {ENC_CTX, n_batch, LLM_KV_F32};
    llm_status status = sx_session_create_reader(&s, &mem, model, &params, err);
    if (status == LLM_OK) status = sx_session_embed(s, what, n, how, out, NULL, err);
    sx_session_free(s);
    return status;
}

static void expect(const float *got, const float *want, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabsf(got[i] - want[i]) < 2e-5f))
            fail_msg("value %zu is %.7f, the reference %.7f", i, (double)got[i], (double)want[i]);
}

static void vectors_are_those_of_the_reference(void **state)
{
    (void)state;
    static const struct {
        encoder_how how;
        uint32_t pooling;
        float want[TEXTS][SHOWN];
    } cases[] = {
        {{.arch = "bert", .pooling = 1},
         1,
         {{-0.0742445f, -0.2190375f, 0.8753907f, 0.7729300f, 0.3503838f, -0.2814613f},
          {0.4659333f, -0.0788933f, 0.4616262f, 1.0570743f, 0.2683773f, -0.1501774f},
          {0.2357414f, -0.2384594f, 0.7375145f, 0.7230622f, 0.2982641f, 0.2004632f}}},
        {{.arch = "bert", .pooling = 2},
         2,
         {{-0.1368801f, -0.3430072f, 1.0910677f, 0.8826844f, 0.4414402f, -0.3293474f},
          {0.1819123f, -0.3747773f, 0.5525870f, 1.2081643f, 0.2348504f, -0.0178119f},
          {0.1509951f, -0.2778541f, 0.8351358f, 0.8229631f, 0.3643049f, 0.0095145f}}},
        {{.arch = "bert", .pooling = 3},
         3,
         {{-0.2532153f, -0.2841624f, 0.9600015f, 0.7778909f, 0.3787727f, -0.0474023f},
          {0.1677369f, 0.3898128f, 0.1444853f, 1.1884899f, 0.2101671f, -0.1046836f},
          {0.3204876f, -0.1990646f, 0.6398932f, 0.6231614f, 0.2322234f, 0.3914120f}}},
        {{.arch = "nomic-bert", .pooling = 1},
         1,
         {{-0.0160304f, -0.2540607f, -0.0166632f, -1.1094507f, -0.3474274f, -2.1241848f},
          {-1.0330851f, 0.5513620f, 0.8168177f, -0.6384673f, -0.5073755f, -1.7265210f},
          {-0.4680768f, 0.3660707f, 0.5646399f, -1.4277270f, -0.1038257f, -2.3890095f}}},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (uint32_t threads = 1; threads <= 2; threads++) {
            float out[TEXTS * ENC_DIM], alone[ENC_DIM];
            sx_model *model = load(&cases[c].how, threads);
            const sx_embed_params how = {.pooling = cases[c].pooling};
            assert_int_equal(sx_model_n_embd(model), ENC_DIM);
            assert_int_equal(sx_model_pooling(model), cases[c].how.pooling);
            assert_int_equal(embed(model, texts, TEXTS, &how, threads == 1 ? ENC_CTX : 9, out, NULL), LLM_OK);
            for (size_t i = 0; i < TEXTS; i++) {
                expect(out + i * ENC_DIM, cases[c].want[i], SHOWN);
                assert_int_equal(embed(model, &texts[i], 1, &how, ENC_CTX, alone, NULL), LLM_OK);
                assert_memory_equal(alone, out + i * ENC_DIM, sizeof alone);
            }
            sx_model_free(model);
        }
}

static void heads_rank_pairs(void **state)
{
    (void)state;
    static const int32_t pair[] = {2, 10, 7, 8, 3, 4, 5, 7, 8, 3};
    static const sx_embed_text pairs[] = {{pair, 10, 5}, {first, 6, 6}};
    static const float want[] = {
        -0.9645925f,
        -1.3674231f,
    };
    const encoder_how how = {.arch = "bert", .pooling = 4, .rank = true};
    sx_model *model = load(&how, 2);
    float out[2];
    const sx_embed_params rank = {.pooling = LLM_POOL_CLS, .rank = true};
    assert_true(sx_model_ranks(model) && sx_model_encodes(model));
    assert_int_equal(sx_model_pooling(model), LLM_POOL_CLS);
    assert_int_equal(embed(model, pairs, 2, &rank, ENC_CTX, out, NULL), LLM_OK);
    expect(out, want, 2);
    sx_model_free(model);
}

static void pooling_and_length(void **state)
{
    (void)state;
    float each[6 * ENC_DIM], one[ENC_DIM];
    sx_model *model = load(&(encoder_how){.arch = "bert", .pooling = 1}, 1);
    assert_int_equal(embed(model, texts, 1, &(sx_embed_params){.pooling = LLM_POOL_NONE}, ENC_CTX, each, NULL), LLM_OK);
    for (uint32_t way = LLM_POOL_MEAN; way <= LLM_POOL_LAST; way++) {
        double mean = 0.0, length = 0.0;
        assert_int_equal(embed(model, texts, 1, &(sx_embed_params){.pooling = way}, ENC_CTX, one, NULL), LLM_OK);
        for (int t = 0; t < 6; t++) mean += (double)each[t * ENC_DIM + 7] / 6.0;
        const double want = way == LLM_POOL_MEAN ? mean : (double)each[(way == LLM_POOL_CLS ? 0 : 5) * ENC_DIM + 7];
        assert_float_equal(one[7], want, 1e-6);
        const sx_embed_params unit = {.pooling = way, .normalise = true};
        assert_int_equal(embed(model, texts, 1, &unit, ENC_CTX, one, NULL), LLM_OK);
        for (int i = 0; i < ENC_DIM; i++) length += (double)one[i] * (double)one[i];
        assert_float_equal(length, 1.0, 1e-6);
    }
    sx_model_free(model);
}

/* A model that writes: the vector of the last token is what its head would read, however the text is cut. */
static void decoders_give_vectors_too(void **state)
{
    (void)state;
    char path[256];
    sx_model *model = NULL;
    float whole[2 * 64], cut[2 * 64];
    tiny_write(&tiny_default, path);
    assert_int_equal(sx_model_load(&model, &mem, path, NULL, NULL), LLM_OK);
    unlink(path);
    assert_int_equal(sx_model_pooling(model), LLM_POOL_LAST);
    for (uint32_t way = LLM_POOL_MEAN; way <= LLM_POOL_LAST; way++) {
        const sx_embed_params how = {.pooling = way};
        assert_int_equal(embed(model, texts, 2, &how, ENC_CTX, whole, NULL), LLM_OK);
        assert_int_equal(embed(model, texts, 2, &how, 4, cut, NULL), LLM_OK);
        assert_memory_equal(whole, cut, sizeof whole);
        if (way != LLM_POOL_CLS) assert_true(whole[0] != whole[64]); /* both begin with the same token */
    }
    sx_model_free(model);
}

static void refusals(void **state)
{
    (void)state;
    static const int32_t many[ENC_CTX + 1] = {2}, wrong[] = {2, ENC_VOCAB};
    llm_error err = LLM_ERROR_INIT;
    float out[4 * ENC_DIM];
    sx_session *s = NULL;
    char path[256];
    const sx_embed_params mean = {.pooling = LLM_POOL_MEAN}, rank = {.pooling = LLM_POOL_CLS, .rank = true};
    sx_model *model = load(&(encoder_how){.arch = "bert", .pooling = 1}, 1);
    assert_int_equal(sx_session_create(&s, &mem, model, NULL, &err), LLM_E_UNSUPPORTED);
    assert_non_null(strstr(err.message, "llm_embed"));
    assert_int_equal(embed(model, texts, 1, &rank, ENC_CTX, out, &err), LLM_E_UNSUPPORTED);
    assert_int_equal(embed(model, &(sx_embed_text){many, ENC_CTX + 1, ENC_CTX + 1}, 1, &mean, ENC_CTX, out, &err),
                     LLM_E_LIMIT);
    assert_int_equal(embed(model, texts, 1, &mean, 5, out, &err), LLM_E_LIMIT); /* a text must stand whole in a batch */
    assert_int_equal(embed(model, &(sx_embed_text){wrong, 2, 2}, 1, &mean, ENC_CTX, out, &err), LLM_E_INVALID);
    assert_int_equal(embed(model, &(sx_embed_text){wrong, 0, 0}, 1, &mean, ENC_CTX, out, &err), LLM_E_INVALID);
    sx_model_free(model);
    encoder_write(&(encoder_how){.arch = "bert", .pooling = 1, .skip = "blk.1.layer_output_norm.weight"}, path);
    assert_int_equal(sx_model_load(&model, &mem, path, NULL, &err), LLM_E_FORMAT);
    assert_non_null(strstr(err.message, "layer_output_norm"));
    unlink(path);
}

static void memory_may_run_out(void **state)
{
    (void)state;
    sx_model *model = load(&(encoder_how){.arch = "nomic-bert", .pooling = 1}, 1);
    float out[TEXTS * ENC_DIM];
    bool done = false;
    for (long n = 0; !done; n++) {
        fail_alloc failing;
        sx_mem m;
        sx_session *s = NULL;
        fail_alloc_init(&failing, &m, n);
        llm_status status = sx_session_create_reader(&s, &m, model, &(sx_session_params){ENC_CTX, ENC_CTX, 0}, NULL);
        if (status == LLM_OK)
            status = sx_session_embed(s, texts, TEXTS, &(sx_embed_params){.pooling = 1}, out, NULL, NULL);
        done = status == LLM_OK;
        if (!done) assert_int_equal(status, LLM_E_MEMORY);
        sx_session_free(s);
        assert_int_equal(failing.held, 0);
    }
    sx_model_free(model);
}

static int start(void **state)
{
    (void)state;
    sx_mem_init(&mem, NULL);
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
        cmocka_unit_test(vectors_are_those_of_the_reference),
        cmocka_unit_test(heads_rank_pairs),
        cmocka_unit_test(pooling_and_length),
        cmocka_unit_test(decoders_give_vectors_too),
        cmocka_unit_test(refusals),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, start, nothing_left);
}
