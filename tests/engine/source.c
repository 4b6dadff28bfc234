/* The same model from a file, from memory, from a part of an open file, and from the parts of a split one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "platform/file.h"
#include "tiny.h"

enum { VOCAB = 300 };

static sx_mem mem;

static llm_status load(sx_model **model, const sx_origin *from, llm_error *err)
{
    return sx_model_load_from(model, &mem, from, &(sx_model_params){.threads = 1}, err);
}

static void evaluate(const sx_origin *from, float *logits)
{
    sx_model *model = NULL;
    sx_session *session = NULL;
    llm_error err = LLM_ERROR_INIT;
    if (load(&model, from, &err) != LLM_OK || sx_session_create(&session, &mem, model, NULL, &err) != LLM_OK ||
        sx_session_eval(session, (int32_t[]){1, 7, 3}, 3, false, logits, NULL, &err) != LLM_OK)
        fail_msg("%s", err.message);
    sx_session_free(session);
    sx_model_free(model);
}

static void refused(const sx_origin *from, llm_status code, const char *word)
{
    sx_model *model = NULL;
    llm_error err = LLM_ERROR_INIT;
    llm_status s = load(&model, from, &err);
    if (s != code || !strstr(err.message, word))
        fail_msg("status %d \"%s\", expected %d with \"%s\"", s, err.message, code, word);
    assert_null(model);
}

static void memory_and_parts_of_files(void **state)
{
    (void)state;
    char path[256];
    float want[VOCAB], got[VOCAB];
    char *data;
    size_t size;
    tiny_write(&tiny_default, path);
    evaluate(&(sx_origin){.path = path}, want);
    assert_int_equal(sx_file_read(&mem, path, 1 << 30, &data, &size, NULL), LLM_OK);
    char *room = sx_mem_alloc_aligned(&mem, size + 64, 32);
    for (size_t shift = 0; shift < 64; shift += 31) { /* at an even address and at odd ones */
        memcpy(room + shift, data, size);
        evaluate(&(sx_origin){.data = room + shift, .size = size}, got);
        assert_memory_equal(got, want, sizeof want);
    }
    static const size_t offsets[] = {0, 1, 4096, 5000};
    for (size_t i = 0; i < 4; i++) {
        FILE *f = fopen(path, "wb");
        assert_non_null(f);
        for (size_t k = 0; k < offsets[i]; k++) fputc('x', f);
        assert_int_equal(fwrite(data, 1, size, f), size);
        fputs("behind", f);
        fclose(f);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        evaluate(&(sx_origin){.fd = fd, .offset = offsets[i], .size = size}, got);
        assert_memory_equal(got, want, sizeof want);
        evaluate(&(sx_origin){.fd = fd, .offset = offsets[i]}, got); /* to the end */
        assert_memory_equal(got, want, sizeof want);
        refused(&(sx_origin){.fd = fd, .offset = offsets[i], .size = size + 7}, LLM_E_INVALID, "do not lie in it");
        refused(&(sx_origin){.fd = fd, .offset = UINT64_MAX}, LLM_E_INVALID, "do not lie in it");
        refused(&(sx_origin){.fd = fd, .offset = offsets[i], .size = size - 64}, LLM_E_FORMAT, "truncated");
        close(fd);
    }
    unlink(path);
    sx_mem_free(&mem, data);
    sx_mem_free(&mem, room);
}

/* ---- what has no place ---- */

typedef struct extra { /* one more than a model has */
    const char *tensor, *key, *text;
    float number;
} extra;

static void write_with(const char *path, const sx_gguf *whole, const tiny *t, const extra *more)
{
    gguf_writer w;
    gguf_begin(&w);
    gguf_str(&w, "general.architecture", "llama");
    static const char *const keys[] = {"block_count",         "context_length",       "embedding_length",
                                       "feed_forward_length", "attention.head_count", "attention.head_count_kv"};
    const uint32_t values[] = {t->n_layer, t->n_ctx, t->n_embd, t->n_ff, t->n_head, t->n_head_kv};
    for (size_t i = 0; i < 6; i++) tiny_u32(&w, t, keys[i], values[i]);
    if (more->key && more->text) gguf_str(&w, more->key, more->text);
    if (more->key && !more->text) gguf_f32(&w, more->key, more->number);
    tiny_vocab(&w, t);
    for (uint32_t i = 0; i < sx_gguf_tensor_count(whole); i++) {
        const sx_tensor *x = sx_gguf_tensor_at(whole, i);
        gguf_tensor(&w, x->name, x->type, x->n_dims, x->ne, x->data, x->bytes);
    }
    if (more->tensor) gguf_tensor(&w, more->tensor, SX_TYPE_F32, 1, (uint64_t[]){1}, "\0\0\0", 4);
    gguf_end(&w);
    assert_true(gguf_save(&w, path));
    gguf_free(&w);
}

static void what_has_no_place_is_refused(void **state)
{
    (void)state;
    static const extra bad[] = {{.tensor = "blk.0.attn_sub_norm.weight"},
                                {.tensor = "blk.0.ffn_gate_up_exps.weight"},
                                {.key = "llama.rope.scaling.type", .text = "spiral"},
                                {.key = "llama.attention.temperature_scale", .number = 0.1f},
                                {.key = "llama.hidden_activation", .text = "mish"}},
                       good[] = {{.key = "llama.rope.scaling.type", .text = "none"},
                                 {.key = "llama.attention.temperature_scale", .number = 0.0f},
                                 {.key = "llama.hidden_activation", .text = "silu"},
                                 {.key = "llama.of_no_consequence", .text = "x"}};
    char path[256], other[300];
    float want[VOCAB], got[VOCAB];
    sx_map_file map;
    sx_gguf *whole;
    tiny_write(&tiny_default, path);
    evaluate(&(sx_origin){.path = path}, want);
    assert_int_equal(sx_file_map(&map, path, NULL), LLM_OK);
    assert_int_equal(sx_gguf_open(&whole, &mem, map.data, map.size, NULL), LLM_OK);
    snprintf(other, sizeof other, "%s-other", path);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_with(other, whole, &tiny_default, &bad[i]);
        refused(&(sx_origin){.path = other}, LLM_E_UNSUPPORTED, bad[i].tensor ? bad[i].tensor : bad[i].key);
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        write_with(other, whole, &tiny_default, &good[i]);
        evaluate(&(sx_origin){.path = other}, got);
        assert_memory_equal(got, want, sizeof want);
    }
    sx_gguf_close(whole);
    sx_file_unmap(&map);
    unlink(other);
    unlink(path);
}

/* ---- split files ---- */

/* Part `no` of `count`: the first has the metadata and no tensor; the tensors of the others lie where the whole has them. */
static void write_part(const char *path, const sx_gguf *whole, const tiny *t, uint32_t no, uint32_t count,
                       uint32_t says)
{
    gguf_writer w;
    gguf_begin(&w);
    gguf_u32(&w, "split.no", says);
    gguf_u32(&w, "split.count", count);
    gguf_u32(&w, "split.tensors.count", sx_gguf_tensor_count(whole));
    if (no == 0) {
        gguf_str(&w, "general.architecture", "llama");
        static const char *const keys[] = {"block_count",         "context_length",       "embedding_length",
                                           "feed_forward_length", "attention.head_count", "attention.head_count_kv"};
        const uint32_t values[] = {t->n_layer, t->n_ctx, t->n_embd, t->n_ff, t->n_head, t->n_head_kv};
        for (size_t i = 0; i < 6; i++) tiny_u32(&w, t, keys[i], values[i]);
        tiny_vocab(&w, t);
    }
    for (uint32_t i = 0; i < sx_gguf_tensor_count(whole); i++) {
        const sx_tensor *x = sx_gguf_tensor_at(whole, i);
        if (no > 0 && i % (count - 1) == no - 1) gguf_tensor(&w, x->name, x->type, x->n_dims, x->ne, x->data, x->bytes);
    }
    gguf_end(&w);
    assert_true(gguf_save(&w, path));
    gguf_free(&w);
}

static void split_files(void **state)
{
    (void)state;
    char path[256], part[3][300], alone[300];
    float want[VOCAB], got[VOCAB];
    sx_map_file map;
    sx_gguf *whole;
    tiny_write(&tiny_default, path);
    evaluate(&(sx_origin){.path = path}, want);
    assert_int_equal(sx_file_map(&map, path, NULL), LLM_OK);
    assert_int_equal(sx_gguf_open(&whole, &mem, map.data, map.size, NULL), LLM_OK);
    for (uint32_t i = 0; i < 3; i++) {
        snprintf(part[i], sizeof part[i], "%s-%05u-of-00003.gguf", path, i + 1);
        write_part(part[i], whole, &tiny_default, i, 3, i);
    }
    evaluate(&(sx_origin){.path = part[0]}, got);
    assert_memory_equal(got, want, sizeof want);
    llm_error err = LLM_ERROR_INIT;
    if (sx_quantise_file(part[0], path, "f32", NULL, 1, NULL, &mem, &err) != LLM_OK)
        fail_msg("%s", err.message); /* joins them */
    evaluate(&(sx_origin){.path = path}, got);
    assert_memory_equal(got, want, sizeof want);

    refused(&(sx_origin){.path = part[1]}, LLM_E_INVALID, "give the first one");
    snprintf(alone, sizeof alone, "%s-alone", path);
    assert_int_equal(rename(part[0], alone), 0);
    refused(&(sx_origin){.path = alone}, LLM_E_INVALID, "-00001-of-00003.gguf");
    assert_int_equal(rename(alone, part[0]), 0);
    write_part(part[2], whole, &tiny_default, 2, 3, 1);
    refused(&(sx_origin){.path = part[0]}, LLM_E_FORMAT, "not part 3 of 3");
    write_part(part[2], whole, &tiny_default, 1, 3, 2); /* the tensors of the second once more */
    refused(&(sx_origin){.path = part[0]}, LLM_E_FORMAT, "twice");
    write_part(part[2], whole, &tiny_default, 0, 3, 2); /* none */
    refused(&(sx_origin){.path = part[0]}, LLM_E_FORMAT, "split.tensors.count");
    unlink(part[2]);
    refused(&(sx_origin){.path = part[0]}, LLM_E_NOT_FOUND, part[2]);
    unlink(part[0]);
    unlink(part[1]);
    unlink(path);
    sx_gguf_close(whole);
    sx_file_unmap(&map);
}

static int start(void **state)
{
    (void)state;
    sx_mem_init(&mem, NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    return atomic_load(&mem.live_bytes) == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(memory_and_parts_of_files),
                                       cmocka_unit_test(what_has_no_place_is_refused), cmocka_unit_test(split_files)};
    return cmocka_run_group_tests(tests, start, end);
}
