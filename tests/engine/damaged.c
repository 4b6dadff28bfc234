/* Model files with bytes changed at random, in their head and in their weights: loading and evaluating ends in a result or in
 * a sentence, never in a crash, and takes no absurd amount of memory. Run under sanitizers this says most. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "fail_alloc.h"
#include "tiny.h"

enum { ROUNDS = 400, MOST_BYTES = 1 << 28 };

static unsigned char *read_file(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    *size = (size_t)ftell(f);
    rewind(f);
    unsigned char *data = malloc(*size);
    assert_int_equal(fread(data, 1, *size, f), *size);
    fclose(f);
    return data;
}

static void write_file(const char *path, const unsigned char *data, size_t size)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, size, f), size);
    fclose(f);
}

/* Returns true when the file still evaluated. */
static bool try_file(const char *path)
{
    fail_alloc counting;
    sx_mem mem;
    fail_alloc_init(&counting, &mem, -1);
    sx_model *model = NULL;
    sx_session *session = NULL;
    llm_error err = LLM_ERROR_INIT;
    int32_t tokens[9] = {1, 0, 2, 1, 3, 2, 1, 0, 1};
    llm_status s = sx_model_load(&model, &mem, path, &(sx_model_params){.threads = 1}, &err);
    if (s == LLM_OK) s = sx_session_create(&session, &mem, model, &(sx_session_params){.n_ctx = 16, .n_batch = 5}, &err);
    if (s == LLM_OK) {
        float *logits = malloc(sx_model_n_vocab(model) * sizeof *logits);
        s = sx_session_eval(session, tokens, 9, false, logits, NULL, &err);
        free(logits);
    }
    if (s != LLM_OK) assert_true(err.message[0] != '\0');
    assert_true(counting.peak < MOST_BYTES);
    sx_session_free(session);
    sx_model_free(model);
    assert_int_equal(counting.held, 0);
    return s == LLM_OK;
}

static void damage(const tiny *t, uint64_t seed)
{
    char path[256];
    size_t size;
    int alive = 0;
    tiny_write(t, path);
    unsigned char *good = read_file(path, &size), *bad = malloc(size);
    for (int round = 0; round < ROUNDS; round++) {
        memcpy(bad, good, size);
        uint64_t changes = 1 + random_bits(&seed) % 4;
        size_t within = round % 4 == 3 ? size : round % 2 ? 700 : size / 6; /* mostly the head, often its first keys */
        for (uint64_t c = 0; c < changes; c++) {
            size_t at = 24 + random_bits(&seed) % (within - 24);
            static const unsigned char odd[] = {0, 1, 2, 0x7f, 0x80, 0xff};
            bad[at] = random_bits(&seed) % 2 ? odd[random_bits(&seed) % sizeof odd] : (unsigned char)random_bits(&seed);
        }
        write_file(path, bad, size);
        alive += try_file(path);
    }
    unlink(path);
    free(good);
    free(bad);
    assert_in_range(alive, 1, ROUNDS - 1); /* some changes do no harm, some do */
}

static void random_changes(void **state)
{
    (void)state;
    tiny t = tiny_default;
    damage(&t, 1);
    t.n_expert = 4;
    t.type = SX_TYPE_Q8_0;
    damage(&t, 2);
    t = tiny_default;
    t.arch = "gemma2";
    t.window = 5;
    damage(&t, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_changes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
