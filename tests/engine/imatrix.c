/* Importance matrices: what is written is what a text feeds the matrices, quantising by one keeps what matters better, and
 * files that are wrong or of another model are refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "engine/quantise/importance.h"
#include "engine/quantise/quantise.h"
#include "fail_alloc.h"
#include "platform/cancel.h"
#include "platform/file.h"
#include "tiny.h"

enum { N = 60, DIM = 64 };

static sx_mem mem;
static int32_t tokens[N];

static sx_session *open_session(sx_model **model, const tiny *t, char path[256])
{
    sx_session *s = NULL;
    tiny_write(t, path);
    assert_int_equal(sx_model_load(model, &mem, path, &(sx_model_params){.threads = 2}, NULL), LLM_OK);
    assert_int_equal(sx_session_create(&s, &mem, *model, &(sx_session_params){25, 25, LLM_KV_F32}, NULL), LLM_OK);
    return s;
}

/* The first layer's input is the normed embedding: its mean squares are known without the model. */
static void sums_are_of_what_goes_in(void **state)
{
    (void)state;
    char path[256], out[300];
    sx_model *model = NULL;
    sx_session *s = open_session(&model, &tiny_default, path);
    snprintf(out, sizeof out, "%s.imatrix", path);
    assert_int_equal(sx_session_imatrix(s, tokens, N, "test", out, NULL, NULL), LLM_OK);
    assert_int_equal(sx_session_used(s), 0);
    sx_importance *made = NULL;
    assert_int_equal(sx_importance_open(&made, &mem, out, NULL), LLM_OK);
    float *got = NULL, *none = NULL;
    const sx_tensor q = {.name = "blk.0.attn_q.weight", .ne = {DIM, DIM, 1, 1}},
                    absent = {.name = "token_embd.weight", .ne = {DIM, 300, 1, 1}},
                    wide = {.name = "blk.0.attn_q.weight", .ne = {DIM + 1, DIM, 1, 1}};
    assert_int_equal(sx_importance_of(made, &mem, &q, &got, NULL), LLM_OK);
    assert_int_equal(sx_importance_of(made, &mem, &absent, &none, NULL), LLM_OK);
    assert_null(none);
    assert_int_equal(sx_importance_of(made, &mem, &wide, &none, NULL), LLM_E_FORMAT);

    sx_map_file file;
    sx_gguf *gguf = NULL;
    assert_int_equal(sx_file_map(&file, path, NULL), LLM_OK);
    assert_int_equal(sx_gguf_open(&gguf, &mem, file.data, file.size, NULL), LLM_OK);
    const float *embed = sx_gguf_tensor(gguf, "token_embd.weight")->data;
    double want[DIM] = {0};
    for (size_t i = 0; i < N; i++) {
        const float *x = embed + (size_t)tokens[i] * DIM;
        double square = 0.0;
        for (size_t k = 0; k < DIM; k++) square += (double)x[k] * (double)x[k] / DIM;
        for (size_t k = 0; k < DIM; k++) want[k] += (double)x[k] * (double)x[k] / (square + 1e-5) / N;
    }
    for (size_t k = 0; k < DIM; k++) assert_true(fabs((double)got[k] - want[k]) < 1e-4 * want[k]);
    sx_mem_free(&mem, got);
    sx_gguf_close(gguf);
    sx_file_unmap(&file);
    sx_importance_close(made);
    sx_session_free(s);
    sx_model_free(model);
    unlink(path);
    unlink(out);
}

/* Rows of experts are counted apart: those nobody chose get ones. */
static void experts_count_apart(void **state)
{
    (void)state;
    char path[256], out[300];
    tiny t = tiny_default;
    sx_model *model = NULL;
    t.n_expert = 5;
    sx_session *s = open_session(&model, &t, path);
    snprintf(out, sizeof out, "%s.imatrix", path);
    assert_int_equal(sx_session_imatrix(s, tokens, 1, "one token", out, NULL, NULL), LLM_OK);
    sx_importance *made = NULL;
    float *got = NULL;
    const sx_tensor ups = {.name = "blk.0.ffn_up_exps.weight", .ne = {DIM, 96, 5, 1}};
    assert_int_equal(sx_importance_open(&made, &mem, out, NULL), LLM_OK);
    assert_int_equal(sx_importance_of(made, &mem, &ups, &got, NULL), LLM_OK);
    uint32_t fed = 0;
    for (uint32_t e = 0; e < 5; e++) fed += got[e * DIM] != 1.0f || got[e * DIM + 1] != 1.0f;
    assert_int_equal(fed, 2); /* the tiny model uses two experts a token */
    sx_mem_free(&mem, got);
    sx_importance_close(made);
    sx_session_free(s);
    sx_model_free(model);
    unlink(path);
    unlink(out);
}

/* Error of the products, when columns are fed as the matrix says. */
static double product_error(uint32_t type, const float *x, const float *weight, const float *fed, size_t n)
{
    unsigned char blocks[2048];
    float back[512];
    const sx_type_info *info = sx_type_get(type);
    double error = 0.0;
    sx_quantise_row(type, x, weight, n, blocks);
    assert_int_equal(sx_dequantize(info->name, blocks, n / info->block * info->block_bytes, back, n, NULL), LLM_OK);
    for (size_t i = 0; i < n; i++) {
        double d = (double)back[i] - (double)x[i];
        error += (double)fed[i] * d * d;
    }
    return error;
}

static void what_matters_is_kept_better(void **state)
{
    (void)state;
    static const uint32_t types[] = {SX_TYPE_Q4_0, SX_TYPE_Q4_1, SX_TYPE_Q5_0,
                                     SX_TYPE_Q4_K, SX_TYPE_Q5_K, SX_TYPE_Q6_K};
    float x[512], fed[512];
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        double plain = 0.0, weighted = 0.0;
        for (uint64_t round = 0; round < 8; round++) {
            random_floats(x, 512, round + 1);
            random_floats(fed, 512, round + 100);
            for (size_t i = 0; i < 512; i++) fed[i] = expf(4.0f * fed[i]); /* a few columns carry most */
            plain += product_error(types[t], x, NULL, fed, 512);
            weighted += product_error(types[t], x, fed, fed, 512);
        }
        if (!(weighted < 0.95 * plain))
            fail_msg("%s: %g with, %g without", sx_type_get(types[t])->name, weighted, plain);
    }
}

static void write_bytes(const char *path, const gguf_writer *w)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(w->data, 1, w->len, f), w->len);
    fclose(f);
}

static void wrong_files_are_refused(void **state)
{
    (void)state;
    char path[256], bad[300], out[300];
    const float minus[DIM] = {[3] = -1.0f}, sums[DIM] = {1.0f}, count = 4.0f;
    llm_error err = LLM_ERROR_INIT;
    tiny_write(&tiny_default, path);
    snprintf(bad, sizeof bad, "%s.imatrix", path);
    snprintf(out, sizeof out, "%s.out", path);
    for (int kind = 0; kind < 3; kind++) {
        gguf_writer w;
        uint64_t columns = kind == 1 ? DIM / 2 : DIM;
        gguf_begin(&w);
        gguf_str(&w, "general.type", kind == 0 ? "model" : "imatrix");
        gguf_tensor(&w, "blk.0.attn_q.weight.in_sum2", SX_TYPE_F32, 2, (uint64_t[]){columns, 1},
                    kind == 2 ? minus : sums, columns * 4);
        gguf_tensor(&w, "blk.0.attn_q.weight.counts", SX_TYPE_F32, 2, (uint64_t[]){1, 1}, &count, 4);
        gguf_end(&w);
        write_bytes(bad, &w);
        gguf_free(&w);
        assert_int_equal(sx_quantise_file(path, out, "q8_0", bad, 1, NULL, &mem, &err), LLM_E_FORMAT);
        assert_non_null(strstr(err.message, "importance matrix"));
        assert_false(sx_file_exists(out));
    }
    assert_int_equal(sx_quantise_file(path, out, "q8_0", "/no/such/file", 1, NULL, &mem, &err), LLM_E_NOT_FOUND);
    unlink(path);
    unlink(bad);
}

static void memory_may_run_out(void **state)
{
    (void)state;
    char path[256], out[300];
    sx_model *model = NULL;
    sx_session *whole = open_session(&model, &tiny_default, path);
    snprintf(out, sizeof out, "%s.imatrix", path);
    bool done = false;
    for (long n = 0; !done; n++) {
        fail_alloc failing;
        sx_mem m;
        sx_session *s = NULL;
        fail_alloc_init(&failing, &m, n);
        llm_status status = sx_session_create(&s, &m, model, &(sx_session_params){25, 25, 0}, NULL);
        if (status == LLM_OK) status = sx_session_imatrix(s, tokens, 30, "", out, NULL, NULL);
        done = status == LLM_OK;
        if (!done) assert_int_equal(status, LLM_E_MEMORY);
        if (!done) assert_false(sx_file_exists(out));
        sx_session_free(s);
        assert_int_equal(failing.held, 0);
    }
    assert_int_equal(sx_session_imatrix(whole, tokens, 0, "", out, NULL, NULL), LLM_E_INVALID);
    sx_session_free(whole);
    sx_model_free(model);
    unlink(path);
    unlink(out);
}

static int start(void **state)
{
    (void)state;
    uint64_t bits = 21;
    sx_mem_init(&mem, NULL);
    for (size_t i = 0; i < N; i++) tokens[i] = (int32_t)(random_bits(&bits) % 300);
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
        cmocka_unit_test(sums_are_of_what_goes_in),    cmocka_unit_test(experts_count_apart),
        cmocka_unit_test(what_matters_is_kept_better), cmocka_unit_test(wrong_files_are_refused),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, start, nothing_left);
}
