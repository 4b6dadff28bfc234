/* GGUF: what is written is read; what is damaged is refused in a sentence, in little memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fail_alloc.h"
#include "gguf_write.h"

typedef struct fixture {
    sx_mem mem;
    fail_alloc alloc;
    gguf_writer w;
} fixture;

static const float values[64] = {1.5f, -2.0f, 3.0f};

static void write_sample(gguf_writer *w)
{
    gguf_begin(w);
    gguf_str(w, "general.architecture", "llama");
    gguf_u32(w, "a.u32", 7);
    gguf_u64(w, "a.u64", (uint64_t)1 << 40);
    gguf_u64(w, "a.small", 12);
    gguf_f32(w, "a.f32", 0.1f);
    gguf_bool(w, "a.bool", true);
    gguf_key(w, "a.i8", SX_GGUF_I8);
    gguf_put_le(&w->meta, 0xfe, 1);
    gguf_key(w, "a.f64", SX_GGUF_F64);
    gguf_put_le(&w->meta, 0x3fe0000000000000u, 8);
    gguf_strs(w, "a.strs", (const char *const[]){"one", "", "three"}, 3);
    gguf_f32s(w, "a.f32s", (const float[]){1, 2.5f}, 2);
    gguf_i32s(w, "a.i32s", (const int32_t[]){-1, 5}, 2);
    gguf_array_head(w, "a.nested", SX_GGUF_ARRAY, 2);
    for (int i = 0; i < 2; i++) {
        gguf_put_le(&w->meta, SX_GGUF_U8, 4);
        gguf_put_le(&w->meta, 1, 8);
        gguf_put_le(&w->meta, 9, 1);
    }
    gguf_tensor(w, "x", SX_TYPE_F32, 2, (const uint64_t[]){4, 3}, values, 48);
    gguf_tensor(w, "y", SX_TYPE_Q8_0, 1, (const uint64_t[]){32}, values, 34);
    gguf_end(w);
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    fail_alloc_init(&f->alloc, &f->mem, -1);
    write_sample(&f->w);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    assert_int_equal(f->alloc.held, 0);
    gguf_free(&f->w);
    free(f);
    return 0;
}

static void reads_what_was_written(void **state)
{
    fixture *f = *state;
    llm_error err = {sizeof err, 0, ""};
    sx_gguf *g;
    assert_int_equal(sx_gguf_open(&g, &f->mem, f->w.data, f->w.len, &err), LLM_OK);
    uint32_t u = 0;
    float x = 0;
    bool b = false;
    const char *s;
    size_t len;
    assert_true(sx_gguf_u32(g, "a.u32", &u) && u == 7);
    assert_true(sx_gguf_u32(g, "a.small", &u) && u == 12);
    assert_false(sx_gguf_u32(g, "a.u64", &u));
    assert_false(sx_gguf_u32(g, "a.i8", &u));
    assert_false(sx_gguf_u32(g, "absent", &u));
    assert_true(sx_gguf_f32(g, "a.f32", &x) && x == 0.1f);
    assert_true(sx_gguf_f32(g, "a.f64", &x) && x == 0.5f);
    assert_true(sx_gguf_f32(g, "a.i8", &x) && x == -2.0f);
    assert_true(sx_gguf_bool(g, "a.bool", &b) && b);
    assert_true(sx_gguf_str(g, "general.architecture", &s, &len) && len == 5 && memcmp(s, "llama", 5) == 0);
    assert_false(sx_gguf_str(g, "a.u32", &s, &len));
    assert_int_equal(sx_gguf_tensor_count(g), 2);
    const sx_tensor *t = sx_gguf_tensor(g, "x");
    assert_non_null(t);
    assert_int_equal(t->ne[0], 4);
    assert_int_equal(t->ne[1], 3);
    assert_int_equal(t->ne[2], 1);
    assert_int_equal(t->bytes, 48);
    assert_memory_equal(t->data, values, 48);
    assert_int_equal(sx_gguf_tensor_at(g, 1)->bytes, 34);
    assert_null(sx_gguf_tensor_at(g, 2));
    assert_null(sx_gguf_tensor(g, "z"));
    assert_string_equal(sx_gguf_key_at(g, 1), "a.u32");
    assert_null(sx_gguf_key_at(g, 100));
    sx_gguf_close(g);
}

static void arrays_and_texts(void **state)
{
    fixture *f = *state;
    sx_gguf *g;
    assert_int_equal(sx_gguf_open(&g, &f->mem, f->w.data, f->w.len, NULL), LLM_OK);
    uint32_t type;
    uint64_t n;
    sx_view strs[3];
    float fs[2];
    int32_t is[2];
    char text[16];
    assert_true(sx_gguf_array(g, "a.strs", &type, &n) && type == SX_GGUF_STRING && n == 3);
    assert_true(sx_gguf_array_strs(g, "a.strs", strs, 3));
    assert_memory_equal(strs[2].s, "three", 5);
    assert_int_equal(strs[1].len, 0);
    assert_false(sx_gguf_array_strs(g, "a.strs", strs, 2));
    assert_true(sx_gguf_array_f32(g, "a.f32s", fs, 2) && fs[1] == 2.5f);
    assert_true(sx_gguf_array_i32(g, "a.i32s", is, 2) && is[0] == -1);
    assert_false(sx_gguf_array_i32(g, "a.f32s", is, 2));
    assert_true(sx_gguf_as_text(g, "a.f32", text, sizeof text));
    assert_string_equal(text, "0.1");
    assert_true(sx_gguf_as_text(g, "a.i8", text, sizeof text));
    assert_string_equal(text, "-2");
    assert_true(sx_gguf_as_text(g, "a.bool", text, sizeof text));
    assert_string_equal(text, "true");
    assert_true(sx_gguf_as_text(g, "general.architecture", text, 4));
    assert_string_equal(text, "lla");
    assert_false(sx_gguf_as_text(g, "a.nested", text, sizeof text));
    sx_gguf_close(g);
}

/* Opens bytes that must be refused with a code and words in the sentence. */
static void refuse(fixture *f, const unsigned char *data, size_t len, llm_status code, const char *words)
{
    llm_error err = {sizeof err, 0, ""};
    sx_gguf *g;
    assert_int_equal(sx_gguf_open(&g, &f->mem, data, len, &err), code);
    assert_null(g);
    if (!strstr(err.message, words)) fail_msg("\"%s\" does not say \"%s\"", err.message, words);
}

static void every_truncation_is_refused(void **state)
{
    fixture *f = *state;
    for (size_t n = 0; n < f->w.len; n++) {
        unsigned char *copy = malloc(n ? n : 1); /* exactly n bytes, so that ASan sees a read beyond */
        memcpy(copy, f->w.data, n);
        refuse(f, copy, n, LLM_E_FORMAT, "");
        free(copy);
    }
    refuse(f, (const unsigned char *)"", 0, LLM_E_FORMAT, "not a GGUF file");
}

static void bit_flips_never_crash(void **state)
{
    fixture *f = *state;
    for (size_t bit = 0; bit < f->w.len * 8; bit++) {
        f->w.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
        sx_gguf *g;
        llm_error err = {sizeof err, 0, ""};
        if (sx_gguf_open(&g, &f->mem, f->w.data, f->w.len, &err) == LLM_OK)
            sx_gguf_close(g);
        else
            assert_true(err.message[0]);
        f->w.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    assert_true(f->alloc.peak < 256 * 1024);
}

static void absurd_counts_take_no_memory(void **state)
{
    fixture *f = *state;
    unsigned char head[1024] = "GGUF\3";
    head[8 + 3] = 1; /* 16 M tensors */
    refuse(f, head, sizeof head, LLM_E_FORMAT, "more than its 1024 bytes can hold");
    head[8 + 3] = 0;
    head[16 + 7] = 0x7f;
    refuse(f, head, sizeof head, LLM_E_FORMAT, "more than its 1024 bytes can hold");
    gguf_writer w;
    gguf_begin(&w);
    gguf_array_head(&w, "k", SX_GGUF_U64, (uint64_t)1 << 61);
    gguf_end(&w);
    refuse(f, w.data, w.len, LLM_E_FORMAT, "inside k");
    gguf_free(&w);
    assert_true(f->alloc.peak < 64 * 1024);
}

static void versions_and_byte_order(void **state)
{
    fixture *f = *state;
    f->w.data[4] = 2;
    sx_gguf *g;
    assert_int_equal(sx_gguf_open(&g, &f->mem, f->w.data, f->w.len, NULL), LLM_OK);
    sx_gguf_close(g);
    f->w.data[4] = 1;
    refuse(f, f->w.data, f->w.len, LLM_E_UNSUPPORTED, "version 1");
    f->w.data[4] = 0;
    f->w.data[7] = 3;
    refuse(f, f->w.data, f->w.len, LLM_E_UNSUPPORTED, "big-endian");
    f->w.data[0] = 'X';
    refuse(f, f->w.data, f->w.len, LLM_E_FORMAT, "not a GGUF file");
}

static void refuse_tensor(fixture *f, uint32_t type, uint32_t n_dims, const uint64_t *ne, size_t bytes, llm_status code,
                          const char *words)
{
    gguf_writer w;
    gguf_begin(&w);
    gguf_tensor(&w, "blk.0.w", type, n_dims, ne, values, bytes);
    gguf_end(&w);
    refuse(f, w.data, w.len, code, words);
    gguf_free(&w);
}

static void hostile_tensors_are_refused(void **state)
{
    fixture *f = *state;
    const uint64_t big = (uint64_t)1 << 63;
    refuse_tensor(f, 999, 1, (uint64_t[]){32}, 34, LLM_E_UNSUPPORTED, "tensor blk.0.w has type number 999");
    refuse_tensor(f, SX_TYPE_Q8_0, 1, (uint64_t[]){33}, 68, LLM_E_FORMAT, "multiple of the 32 of a q8_0 block");
    refuse_tensor(f, SX_TYPE_F32, 1, (uint64_t[]){17}, 64, LLM_E_FORMAT, "truncated");
    refuse_tensor(f, SX_TYPE_F32, 1, (uint64_t[]){big}, 64, LLM_E_FORMAT, "blk.0.w");
    refuse_tensor(f, SX_TYPE_F32, 4, (uint64_t[]){1u << 31, 1u << 31, 1u << 31, 4}, 64, LLM_E_FORMAT, "blk.0.w");
    refuse_tensor(f, SX_TYPE_F32, 2, (uint64_t[]){0, 5}, 64, LLM_E_FORMAT, "0 elements");
    refuse_tensor(f, SX_TYPE_F32, 5, (uint64_t[]){1, 1, 1, 1, 1}, 64, LLM_E_FORMAT, "5 dimensions");
}

/* The entry of a tensor ends with its offset: the 8 bytes before the next name or the padding. */
static void offsets_are_checked(void **state)
{
    fixture *f = *state;
    gguf_writer w;
    gguf_begin(&w);
    gguf_tensor(&w, "a", SX_TYPE_F32, 1, (uint64_t[]){16}, values, 64);
    gguf_tensor(&w, "b", SX_TYPE_F32, 1, (uint64_t[]){16}, values, 64);
    unsigned char *offset = w.infos.data + w.infos.len - 8;
    offset[0] = 32; /* b inside a */
    gguf_end(&w);
    refuse(f, w.data, w.len, LLM_E_FORMAT, "tensors a and b lie over each other");
    free(w.data);
    offset[0] = 33;
    gguf_end(&w);
    refuse(f, w.data, w.len, LLM_E_FORMAT, "not a multiple of the alignment");
    free(w.data);
    memset(offset, 0xff, 8);
    offset[0] = 0xe0;
    gguf_end(&w);
    refuse(f, w.data, w.len, LLM_E_FORMAT, "truncated");
    free(w.data);
    offset = w.infos.data + w.infos.len / 2 - 8; /* a after b: order in the list is free */
    memset(w.infos.data + w.infos.len - 8, 0, 8);
    offset[0] = 64;
    gguf_end(&w);
    sx_gguf *g;
    assert_int_equal(sx_gguf_open(&g, &f->mem, w.data, w.len, NULL), LLM_OK);
    sx_gguf_close(g);
    gguf_free(&w);
}

static void doubles_and_bad_names_are_refused(void **state)
{
    fixture *f = *state;
    gguf_writer w;
    gguf_begin(&w);
    gguf_u32(&w, "k", 1);
    gguf_u32(&w, "k", 2);
    gguf_end(&w);
    refuse(f, w.data, w.len, LLM_E_FORMAT, "metadata k stands in the file twice");
    gguf_free(&w);
    gguf_begin(&w);
    gguf_tensor(&w, "t", SX_TYPE_F32, 1, (uint64_t[]){1}, values, 4);
    gguf_tensor(&w, "t", SX_TYPE_F32, 1, (uint64_t[]){1}, values, 4);
    gguf_end(&w);
    refuse(f, w.data, w.len, LLM_E_FORMAT, "tensor t stands in the file twice");
    gguf_free(&w);
    static const char *const bad[] = {"", "\xff"};
    for (size_t i = 0; i < 2; i++) {
        gguf_begin(&w);
        gguf_u32(&w, bad[i], 1);
        gguf_u32(&w, "pad", 1);
        gguf_end(&w);
        refuse(f, w.data, w.len, LLM_E_FORMAT, "is not a name");
        gguf_free(&w);
    }
    gguf_begin(&w);
    gguf_u32(&w, "general.alignment", 24);
    gguf_end(&w);
    refuse(f, w.data, w.len, LLM_E_FORMAT, "general.alignment");
    gguf_free(&w);
}

static void deep_arrays_are_refused(void **state)
{
    fixture *f = *state;
    gguf_writer w;
    gguf_begin(&w);
    gguf_array_head(&w, "deep", SX_GGUF_ARRAY, 1);
    for (int i = 0; i < 1000; i++) {
        gguf_put_le(&w.meta, SX_GGUF_ARRAY, 4);
        gguf_put_le(&w.meta, 1, 8);
    }
    gguf_end(&w);
    refuse(f, w.data, w.len, LLM_E_FORMAT, "nests arrays deeper");
    gguf_free(&w);
}

static void survives_every_failed_allocation(void **state)
{
    fixture *f = *state;
    for (long n = 0;; n++) {
        sx_mem mem;
        fail_alloc alloc;
        fail_alloc_init(&alloc, &mem, n);
        sx_gguf *g;
        llm_status status = sx_gguf_open(&g, &mem, f->w.data, f->w.len, NULL);
        if (status == LLM_OK) sx_gguf_close(g);
        assert_int_equal(alloc.held, 0);
        if (status == LLM_OK) break;
        assert_int_equal(status, LLM_E_MEMORY);
    }
}

static void types_by_name_and_number(void **state)
{
    (void)state;
    assert_int_equal(sx_type_by_name("q4_k"), SX_TYPE_Q4_K);
    assert_int_equal(sx_type_by_name("Q8_0"), SX_TYPE_Q8_0);
    assert_int_equal(sx_type_by_name("nope"), UINT32_MAX);
    assert_string_equal(sx_type_get(SX_TYPE_BF16)->name, "bf16");
    assert_int_equal(sx_type_get(SX_TYPE_Q6_K)->block_bytes, 210);
    assert_null(sx_type_get(4));
    assert_null(sx_type_get(100000));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(reads_what_was_written),
        TEST(arrays_and_texts),
        TEST(every_truncation_is_refused),
        TEST(bit_flips_never_crash),
        TEST(absurd_counts_take_no_memory),
        TEST(versions_and_byte_order),
        TEST(hostile_tensors_are_refused),
        TEST(offsets_are_checked),
        TEST(doubles_and_bad_names_are_refused),
        TEST(deep_arrays_are_refused),
        TEST(survives_every_failed_allocation),
        TEST(types_by_name_and_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
