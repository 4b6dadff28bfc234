/* The quantiser: how far decoded blocks lie from the floats, and a whole file in each recipe. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "engine/quantise/quantise.h"
#include "gguf_write.h"
#include "platform/file.h"

enum { ROW = 1024 };

static uint32_t random_state = 7;

/* Sum of uniforms: close enough to the bell of real weights. */
static float bell(void)
{
    float sum = 0;
    for (int i = 0; i < 6; i++) {
        random_state = random_state * 1664525u + 1013904223u;
        sum += (float)(random_state >> 8) / 16777216.0f - 0.5f;
    }
    return sum * 0.05f;
}

/* Error over spread. The bounds are a little above what the types can do on bell-shaped weights. */
static void blocks_stay_close(void **state)
{
    (void)state;
    static const struct {
        uint32_t type;
        double bound;
    } cases[] = {{SX_TYPE_F32, 0},      {SX_TYPE_F16, 0.0005}, {SX_TYPE_BF16, 0.003}, {SX_TYPE_Q8_0, 0.008},
                 {SX_TYPE_Q4_0, 0.100}, {SX_TYPE_Q4_1, 0.090}, {SX_TYPE_Q5_0, 0.052}, {SX_TYPE_Q5_1, 0.044},
                 {SX_TYPE_Q4_K, 0.088}, {SX_TYPE_Q5_K, 0.045}, {SX_TYPE_Q6_K, 0.023}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const sx_type_info *info = sx_type_get(cases[c].type);
        assert_true(sx_quantise_can(cases[c].type));
        float x[ROW], back[ROW];
        double error = 0, power = 0;
        unsigned char blocks[ROW * 4];
        size_t bytes = ROW / info->block * info->block_bytes;
        for (int i = 0; i < ROW; i++) x[i] = bell();
        sx_quantise_row(cases[c].type, x, NULL, ROW, blocks);
        assert_int_equal(sx_dequantize(info->name, blocks, bytes, back, ROW, NULL), LLM_OK);
        for (int i = 0; i < ROW; i++) {
            error += (double)(back[i] - x[i]) * (double)(back[i] - x[i]);
            power += (double)x[i] * (double)x[i];
        }
        double relative = sqrt(error / power);
        if (relative > cases[c].bound)
            fail_msg("%s: %.4f of the spread, bound %.4f", info->name, relative, cases[c].bound);
    }
}

static void flat_and_extreme_rows_are_sound(void **state)
{
    (void)state;
    static const uint32_t types[] = {SX_TYPE_Q8_0, SX_TYPE_Q4_0, SX_TYPE_Q4_1, SX_TYPE_Q5_0,
                                     SX_TYPE_Q5_1, SX_TYPE_Q4_K, SX_TYPE_Q5_K, SX_TYPE_Q6_K};
    static const float values[] = {0, 1, -1, 1e-20f, 6e4f};
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            const sx_type_info *info = sx_type_get(types[t]);
            float x[256], back[256];
            unsigned char blocks[2048];
            for (int i = 0; i < 256; i++) x[i] = values[v];
            sx_quantise_row(types[t], x, NULL, 256, blocks);
            assert_int_equal(sx_dequantize(info->name, blocks, 256 / info->block * info->block_bytes, back, 256, NULL),
                             LLM_OK);
            for (int i = 0; i < 256; i++)
                if (!(fabsf(back[i] - x[i]) <= 0.02f * fabsf(x[i]) + 1e-7f))
                    fail_msg("%s: %g became %g", info->name, (double)x[i], (double)back[i]);
        }
}

static void put_file(const char *path, const void *data, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    fclose(f);
}

static void a_file_keeps_its_head_and_shrinks(void **state)
{
    (void)state;
    char dir[] = "/tmp/sextant-quantise-XXXXXX", in[64], out[64];
    assert_non_null(mkdtemp(dir));
    snprintf(in, sizeof in, "%s/in.gguf", dir);
    snprintf(out, sizeof out, "%s/out.gguf", dir);
    static float wide[512 * 256], narrow[32 * 96], norm[256];
    for (int i = 0; i < 512 * 256; i++) wide[i] = bell();
    for (int i = 0; i < 32 * 96; i++) narrow[i] = bell();
    for (int i = 0; i < 256; i++) norm[i] = 1;
    gguf_writer w;
    gguf_begin(&w);
    gguf_str(&w, "general.architecture", "llama");
    gguf_tensor(&w, "blk.0.attn_norm.weight", SX_TYPE_F32, 1, (uint64_t[]){256}, norm, sizeof norm);
    gguf_tensor(&w, "blk.0.attn_q.weight", SX_TYPE_F32, 2, (uint64_t[]){256, 512}, wide, sizeof wide);
    gguf_tensor(&w, "blk.0.attn_k.weight", SX_TYPE_F32, 2, (uint64_t[]){96, 32}, narrow, sizeof narrow);
    gguf_tensor(&w, "output.weight", SX_TYPE_F32, 2, (uint64_t[]){256, 512}, wide, sizeof wide);
    gguf_end(&w);
    put_file(in, w.data, w.len);
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    llm_error err = LLM_ERROR_INIT;
    assert_int_equal(sx_quantise_file(in, out, "q9_x", NULL, 1, NULL, &mem, &err), LLM_E_UNSUPPORTED);
    assert_int_equal(sx_quantise_file(in, out, "Q4_K_M", NULL, 2, NULL, &mem, &err), LLM_OK);
    sx_map_file map;
    sx_gguf *g = NULL;
    assert_int_equal(sx_file_map(&map, out, &err), LLM_OK);
    assert_int_equal(sx_gguf_open(&g, &mem, map.data, map.size, &err), LLM_OK);
    uint32_t file_type = 0;
    assert_true(sx_gguf_u32(g, "general.file_type", &file_type) && file_type == 15);
    assert_true(sx_gguf_has(g, "general.architecture"));
    assert_int_equal(sx_gguf_tensor(g, "blk.0.attn_norm.weight")->type, SX_TYPE_F32);
    assert_int_equal(sx_gguf_tensor(g, "blk.0.attn_q.weight")->type, SX_TYPE_Q4_K);
    assert_int_equal(sx_gguf_tensor(g, "blk.0.attn_k.weight")->type, SX_TYPE_Q5_0); /* 96 is no multiple of 256 */
    assert_int_equal(sx_gguf_tensor(g, "output.weight")->type, SX_TYPE_Q6_K);
    assert_true(map.size < w.len / 4);
    sx_gguf_close(g);
    sx_file_unmap(&map);
    /* quantised blocks are no source for other blocks, and the target stays what it was */
    assert_int_equal(sx_quantise_file(out, in, "q8_0", NULL, 1, NULL, &mem, &err), LLM_E_UNSUPPORTED);
    assert_int_equal(sx_file_map(&map, in, &err), LLM_OK);
    assert_int_equal(map.size, w.len);
    sx_file_unmap(&map);
    gguf_free(&w);
    /* nor is a device or a pipe ever replaced */
    unlink(out);
    assert_int_equal(mkfifo(out, 0600), 0);
    assert_int_equal(sx_quantise_file(in, out, "q8_0", NULL, 1, NULL, &mem, &err), LLM_E_INVALID);
    unlink(in);
    unlink(out);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_stay_close),
        cmocka_unit_test(flat_and_extreme_rows_are_sound),
        cmocka_unit_test(a_file_keeps_its_head_and_shrinks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
