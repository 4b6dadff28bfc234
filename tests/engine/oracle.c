/* Logits and dequantised blocks against reference values that are not part of the project: every row of the manifest whose
 * architecture and types this build has, at every instruction-set level of the machine, with both kinds of exact KV cache;
 * and how far the smaller kinds move them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "engine/engine.h"
#include "engine/model/gguf.h"
#include "platform/cpu.h"

static char folder[512];

static void *read_all(const char *name, size_t *size)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    *size = (size_t)ftell(f);
    rewind(f);
    char *data = malloc(*size + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, *size, f), *size);
    fclose(f);
    return data;
}

static json_t *manifest(void)
{
    const char *shared = getenv("SEXTANT_SHARED");
    char path[1024];
    snprintf(folder, sizeof folder, "%s/oracle", shared ? shared : "");
    snprintf(path, sizeof path, "%s/manifest.json", folder);
    json_t *m = json_load_file(path, 0, NULL);
    if (!m) {
        print_message("skipped: no oracle at %s (set SEXTANT_SHARED)\n", path);
        skip();
    }
    return m;
}

typedef struct distance {
    double worst, rms;
} distance;

/* Evaluates one sequence in parts of `batch` and compares the listed positions. */
static bool compare(sx_model *model, json_t *row, size_t seq, uint32_t kv, uint32_t batch, distance *d)
{
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    json_t *ids = json_array_get(json_object_get(row, "tokens"), seq);
    json_t *positions = json_array_get(json_object_get(row, "positions"), seq);
    double std = json_number_value(json_array_get(json_object_get(row, "std"), seq));
    size_t n = json_array_size(ids), bytes, vocab = sx_model_n_vocab(model);
    float *want = read_all(json_string_value(json_array_get(json_object_get(row, "logits"), seq)), &bytes);
    float *got = malloc(n * vocab * sizeof *got);
    int32_t *tokens = malloc(n * sizeof *tokens);
    for (size_t i = 0; i < n; i++) tokens[i] = (int32_t)json_integer_value(json_array_get(ids, i));
    sx_session *session;
    llm_error err = LLM_ERROR_INIT;
    sx_session_params params = {.kv_type = kv, .n_batch = batch};
    llm_status s = sx_session_create(&session, &mem, model, &params, &err);
    if (s == LLM_OK) s = sx_session_eval(session, tokens, n, true, got, NULL, &err);
    if (s != LLM_OK) print_message("  %s\n", err.message);
    double sum = 0.0;
    for (size_t p = 0; s == LLM_OK && p < json_array_size(positions); p++) {
        size_t at = (size_t)json_integer_value(json_array_get(positions, p));
        for (size_t i = 0; i < vocab; i++) {
            double diff = fabs((double)(got[at * vocab + i] - want[p * vocab + i])) / std;
            if (!(diff <= d->worst)) d->worst = diff == diff ? diff : 9e9;
            sum += diff * diff;
        }
    }
    double rms = sqrt(sum / (double)(json_array_size(positions) * vocab));
    if (!(rms <= d->rms)) d->rms = rms;
    sx_session_free(session);
    free(tokens);
    free(got);
    free(want);
    return s == LLM_OK;
}

/* 1: within tolerance, 0: not, -1: not supported by this build. */
static int check_row(json_t *row, uint32_t isa, uint32_t kv, bool quantised)
{
    char path[1024];
    const char *name = json_string_value(json_object_get(row, "name"));
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    sx_model *model;
    llm_error err = LLM_ERROR_INIT;
    sx_model_params params = {.threads = 2, .isa = isa};
    snprintf(path, sizeof path, "%s/%s", folder, json_string_value(json_object_get(row, "file")));
    llm_status s = sx_model_load(&model, &mem, path, &params, &err);
    if (s != LLM_OK) print_message("%-20s %s\n", name, err.message);
    if (s == LLM_E_UNSUPPORTED) return -1;
    if (s != LLM_OK) return 0;
    distance d = {0};
    bool ok = compare(model, row, 0, kv, 0, &d) && compare(model, row, 1, kv, 7, &d);
    double noise = json_number_value(json_object_get(json_object_get(row, "noise"), "kv16"));
    double limit = quantised          ? strstr(name, "Q2_K") || strstr(name, "Q3_K") ? 0.4 : 0.3
                   : kv == LLM_KV_F32 ? 1e-3
                                      : fmax(1e-3, 3 * noise);
    ok = ok && d.worst <= limit && (!quantised || d.rms <= 0.06);
    if (!ok)
        print_message("%-20s %s kv %s: max %.2e rms %.2e of a standard deviation (limit %.1e)\n", name,
                      sx_cpu_isa_name(isa), kv == LLM_KV_F32 ? "f32" : "f16", d.worst, d.rms, limit);
    sx_model_free(model);
    assert_int_equal(atomic_load(&mem.live_bytes), 0);
    return ok;
}

static void check_rows(const char *key, bool quantised)
{
    json_t *m = manifest(), *row;
    size_t i;
    int good = 0, bad = 0, unsupported = 0;
    const char *only = getenv("ONLY");
    json_array_foreach(json_object_get(m, key), i, row)
    {
        if (only && !strstr(json_string_value(json_object_get(row, "name")), only)) continue;
        for (uint32_t isa = LLM_ISA_SCALAR; isa <= sx_cpu_detect().isa; isa++) {
            int result = 1;
            for (uint32_t kv = LLM_KV_F16; kv <= LLM_KV_F32 && result == 1; kv++)
                result = check_row(row, isa, kv, quantised);
            good += result == 1;
            bad += result == 0;
            unsupported += result == -1;
            if (result == -1) break;
        }
    }
    print_message("%s: %d good, %d bad, %d unsupported\n", key, good, bad, unsupported);
    json_decref(m);
    assert_int_equal(bad, 0);
    if (!only) assert_true(good > 0);
}

static void logits_match(void **state)
{
    (void)state;
    check_rows("models", false);
}

static void quantised_logits_match(void **state)
{
    (void)state;
    check_rows("quant", true);
}

/* The smaller kinds of KV cache: each has a bound of its own, in standard deviations of a model's logits. */
static void small_caches_stay_near(void **state)
{
    (void)state;
    static const struct {
        uint32_t kv;
        const char *name;
        double rms, worst;
    } kinds[] = {{LLM_KV_F16, "f16", 0.002, 0.02},
                 {LLM_KV_BF16, "bf16", 0.04, 0.2},
                 {LLM_KV_Q8_0, "q8_0", 0.04, 0.4},
                 {LLM_KV_Q4_0, "q4_0", 0.6, 4.0}};
    json_t *m = manifest(), *row;
    size_t i;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        distance all = {0};
        double squares = 0.0;
        int count = 0;
        json_array_foreach(json_object_get(m, "models"), i, row)
        {
            char path[1024];
            sx_mem mem;
            sx_mem_init(&mem, NULL);
            sx_model *model;
            distance d = {0};
            snprintf(path, sizeof path, "%s/%s", folder, json_string_value(json_object_get(row, "file")));
            if (sx_model_load(&model, &mem, path, &(sx_model_params){.threads = 2}, NULL) != LLM_OK) continue;
            assert_true(compare(model, row, 0, kinds[k].kv, 0, &d));
            sx_model_free(model);
            if (d.rms > kinds[k].rms || d.worst > kinds[k].worst)
                fail_msg("%s with a %s cache: rms %.2e, worst %.2e", json_string_value(json_object_get(row, "name")),
                         kinds[k].name, d.rms, d.worst);
            squares += d.rms * d.rms;
            count++;
            if (d.worst > all.worst) all.worst = d.worst;
            if (d.rms > all.rms) all.rms = d.rms;
        }
        print_message("%-5s cache, %d models: rms %.1e, at most %.1e; worst logit %.1e of a standard deviation\n",
                      kinds[k].name, count, count ? sqrt(squares / count) : 0.0, all.rms, all.worst);
    }
    json_decref(m);
}

static void blocks_match(void **state)
{
    (void)state;
    json_t *m = manifest(), *row;
    size_t i;
    int good = 0, bad = 0;
    json_array_foreach(json_object_get(m, "dequant"), i, row)
    {
        const sx_type_info *info = sx_type_get((uint32_t)json_integer_value(json_object_get(row, "ggml_type")));
        size_t raw_len, want_len;
        unsigned char *raw = read_all(json_string_value(json_object_get(row, "raw")), &raw_len);
        float *want = read_all(json_string_value(json_object_get(row, "expect")), &want_len);
        float *got = malloc(want_len);
        llm_error err = LLM_ERROR_INIT;
        llm_status s = sx_dequantize(info ? info->name : "none", raw, raw_len, got, want_len / 4, &err);
        if (s != LLM_E_UNSUPPORTED) {
            assert_int_equal(s, LLM_OK);
            bool ok = true;
            for (size_t j = 0; j < want_len / 4; j++)
                ok = ok && fabs((double)got[j] - (double)want[j]) <= 1e-30 + 2.4e-7 * fabs((double)want[j]);
            if (!ok) print_message("%s differs\n", json_string_value(json_object_get(row, "name")));
            good += ok;
            bad += !ok;
        }
        free(raw);
        free(want);
        free(got);
    }
    print_message("dequant: %d good, %d bad of %zu\n", good, bad, json_array_size(json_object_get(m, "dequant")));
    json_decref(m);
    assert_int_equal(bad, 0);
    assert_true(good >= 28);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_match),
        cmocka_unit_test(logits_match),
        cmocka_unit_test(quantised_logits_match),
        cmocka_unit_test(small_caches_stay_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
