/* Sessions that are saved, restored, forked and shortened, and what they cost: a text goes on with the same bits wherever it
 * was carried; files that are not right change nothing; pages are taken as positions fill. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "engine/session/session.h"
#include "fail_alloc.h"
#include "platform/crypto.h"
#include "tiny.h"

static sx_mem mem;

static void make_tokens(int32_t *tokens, size_t n, uint32_t n_vocab)
{
    uint64_t state = 7;
    for (size_t i = 0; i < n; i++) tokens[i] = (int32_t)(random_bits(&state) % n_vocab);
}

static sx_model *load(const tiny *t)
{
    char path[256];
    sx_model *model = NULL;
    llm_error err = LLM_ERROR_INIT;
    tiny_write(t, path);
    if (sx_model_load(&model, &mem, path, &(sx_model_params){.threads = 2}, &err) != LLM_OK)
        fail_msg("%s", err.message);
    unlink(path);
    return model;
}

static sx_session *open_session(sx_model *model, uint32_t n_ctx, uint32_t kv)
{
    sx_session *s = NULL;
    llm_error err = LLM_ERROR_INIT;
    if (sx_session_create(&s, &mem, model, &(sx_session_params){n_ctx, 64, kv}, &err) != LLM_OK)
        fail_msg("%s", err.message);
    return s;
}

static void eval(sx_session *s, const int32_t *tokens, size_t n, float *logits)
{
    llm_error err = LLM_ERROR_INIT;
    if (sx_session_eval(s, tokens, n, false, logits, NULL, &err) != LLM_OK) fail_msg("%s", err.message);
}

static void file_name(char path[256])
{
    const char *folder = getenv("TMPDIR");
    snprintf(path, 256, "%s/sextant-state-%ld", folder ? folder : "/tmp", (long)getpid());
}

/* A model whose layers see everything, and one whose layers see a window. */
static tiny small_model(bool windowed)
{
    tiny t = tiny_default;
    t.n_ctx = 4096;
    if (windowed) {
        t.arch = "phi3";
        t.window = 37;
    }
    return t;
}

/* ---- save and restore ---- */

static void *export_state(const sx_session *s, size_t *size)
{
    llm_error err = LLM_ERROR_INIT;
    int64_t need = sx_session_export(s, NULL, 0, &err);
    if (need < 0) fail_msg("%s", err.message);
    void *bytes = malloc((size_t)need);
    assert_int_equal(sx_session_export(s, bytes, (size_t)need, &err), need);
    *size = (size_t)need;
    return bytes;
}

static void carried(const tiny *t, uint32_t kv, uint32_t n)
{
    enum { MORE = 5 };
    char path[256];
    llm_error err = LLM_ERROR_INIT;
    sx_model *model = load(t);
    size_t vocab = sx_model_n_vocab(model), size;
    int32_t *tokens = malloc((n + MORE) * sizeof *tokens);
    float *want = malloc(vocab * sizeof *want), *got = malloc(vocab * sizeof *got);
    make_tokens(tokens, n + MORE, (uint32_t)vocab);
    sx_session *never = open_session(model, 2048, kv), *file = open_session(model, 2048, kv),
               *memory = open_session(model, n + MORE, kv);
    eval(never, tokens, n, NULL);
    eval(file, tokens + 3, 9, NULL); /* it holds something else before */
    file_name(path);
    if (sx_session_save(never, path, &err) != LLM_OK || sx_session_restore(file, path, &err) != LLM_OK)
        fail_msg("%s", err.message);
    void *bytes = export_state(never, &size);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, size);
    if (sx_session_import(memory, bytes, size, &err) != LLM_OK) fail_msg("%s", err.message);
    assert_int_equal(sx_session_used(memory), n);
    eval(never, tokens + n, MORE, want);
    eval(file, tokens + n, MORE, got);
    assert_memory_equal(got, want, vocab * sizeof *want);
    assert_int_equal(sx_session_reuse(memory, tokens, n + MORE), n); /* and it knows what it holds */
    eval(memory, tokens + n, MORE, got);
    assert_memory_equal(got, want, vocab * sizeof *want);
    unlink(path);
    sx_session_free(never);
    sx_session_free(file);
    sx_session_free(memory);
    sx_model_free(model);
    free(bytes);
    free(tokens);
    free(want);
    free(got);
}

static void a_restored_text_goes_on_with_the_same_bits(void **state)
{
    (void)state;
    for (uint32_t kv = LLM_KV_F16; kv <= LLM_KV_Q4_0; kv++)
        for (int windowed = 0; windowed < 2; windowed++) {
            tiny t = small_model(windowed);
            carried(&t, kv, 70);
            if (kv == LLM_KV_Q8_0 || windowed) carried(&t, kv, 1500); /* past what a window leaves behind */
        }
    tiny t = small_model(false);
    carried(&t, LLM_KV_F16, 64);
}

static void expect_refused(sx_session *s, const void *bytes, size_t size, llm_status code, const char *word)
{
    llm_error err = LLM_ERROR_INIT;
    uint32_t used = sx_session_used(s);
    llm_status status = sx_session_import(s, bytes, size, &err);
    if (status != code || (word && !strstr(err.message, word)))
        fail_msg("status %d \"%s\", expected %d with \"%s\"", status, err.message, code, word ? word : "");
    assert_int_equal(sx_session_used(s), used);
}

static void seal(unsigned char *bytes, size_t size) /* the checksum of what was changed on purpose */
{
    sx_hash(bytes + size - SX_HASH_BYTES, bytes, size - SX_HASH_BYTES);
}

static void wrong_states_change_nothing(void **state)
{
    (void)state;
    tiny t = small_model(false), other = t;
    other.n_ff = 128;
    sx_model *model = load(&t), *another = load(&other);
    size_t vocab = sx_model_n_vocab(model), size;
    int32_t tokens[40];
    float *want = malloc(vocab * sizeof *want), *got = malloc(vocab * sizeof *got);
    make_tokens(tokens, 40, (uint32_t)vocab);
    sx_session *s = open_session(model, 64, LLM_KV_F16), *source = open_session(model, 128, LLM_KV_F16);
    eval(source, tokens, 30, NULL);
    unsigned char *bytes = export_state(source, &size), *bad = malloc(size + 1);
    eval(s, tokens + 5, 20, NULL);
    memcpy(bad, bytes, size);
    for (size_t n = 0; n < size; n += n < 300 ? 1 : 211) expect_refused(s, bad, n, LLM_E_FORMAT, NULL);
    expect_refused(s, bad, size + 1, LLM_E_FORMAT, "whole");
    for (size_t i = 72; i < size; i += i < 300 ? 1 : 97) {
        bad[i] ^= 0x40;
        expect_refused(s, bad, size, LLM_E_FORMAT, NULL);
        bad[i] ^= 0x40;
    }
    for (size_t i = 0; i < 72; i++) /* a head that lies, with a right checksum */
        for (int bit = 0; bit < 8; bit++) {
            llm_error err = LLM_ERROR_INIT;
            bad[i] ^= (unsigned char)(1 << bit);
            seal(bad, size);
            llm_status status = sx_session_import(s, bad, size, &err);
            if (status == LLM_OK || !err.message[0]) fail_msg("byte %zu, bit %d: status %d", i, bit, status);
            bad[i] ^= (unsigned char)(1 << bit);
        }
    memset(bad + 72, 0xff, 4);
    seal(bad, size);
    expect_refused(s, bad, size, LLM_E_FORMAT, "vocabulary");
    sx_session *q8 = open_session(model, 64, LLM_KV_Q8_0), *small = open_session(model, 16, LLM_KV_F16),
               *foreign = open_session(another, 64, LLM_KV_F16);
    expect_refused(q8, bytes, size, LLM_E_INVALID, "q8_0");
    expect_refused(small, bytes, size, LLM_E_LIMIT, "n_ctx");
    expect_refused(foreign, bytes, size, LLM_E_INVALID, "another model");
    llm_error err = LLM_ERROR_INIT;
    assert_int_equal(sx_session_restore(s, "/no/such/state", &err), LLM_E_NOT_FOUND);
    assert_int_equal(sx_session_restore(s, "/dev/null", &err), LLM_E_INVALID);
    assert_int_equal(sx_session_save(s, "/no/such/folder/state", &err), LLM_E_NOT_FOUND);
    eval(s, tokens, 3, got); /* after all that: as if nothing had been tried */
    sx_session_truncate(source, 0);
    eval(source, tokens + 5, 20, NULL);
    eval(source, tokens, 3, want);
    assert_memory_equal(got, want, vocab * sizeof *want);
    sx_session *all[] = {s, source, q8, small, foreign};
    for (size_t i = 0; i < 5; i++) sx_session_free(all[i]);
    sx_model_free(model);
    sx_model_free(another);
    free(bytes);
    free(bad);
    free(want);
    free(got);
}

/* ---- forks ---- */

static void forks_go_their_own_ways(void **state)
{
    (void)state;
    for (int windowed = 0; windowed < 2; windowed++) {
        tiny t = small_model(windowed);
        sx_model *model = load(&t);
        size_t vocab = sx_model_n_vocab(model);
        int32_t *tokens = malloc(1400 * sizeof *tokens);
        float *want[2], *got[2];
        make_tokens(tokens, 1400, (uint32_t)vocab);
        sx_session *alone = open_session(model, 2048, 0), *s[2] = {open_session(model, 2048, 0), NULL};
        eval(s[0], tokens, 1200, NULL);
        assert_int_equal(sx_session_fork(&s[1], &mem, s[0], NULL), LLM_OK);
        assert_int_equal(sx_session_used(s[1]), 1200);
        for (int i = 0; i < 2; i++) {
            want[i] = malloc(vocab * sizeof(float));
            got[i] = malloc(vocab * sizeof(float));
            eval(s[i], tokens + 1200 + 100 * i, 50, got[i]);
        }
        for (int i = 0; i < 2; i++) {
            sx_session_truncate(alone, 0);
            eval(alone, tokens, 1200, NULL);
            eval(alone, tokens + 1200 + 100 * i, 50, want[i]);
            assert_memory_equal(got[i], want[i], vocab * sizeof(float));
        }
        sx_session_free(s[0]); /* the parent first: the pages stay */
        sx_session_truncate(s[1], 1200);
        eval(s[1], tokens + 1200, 50, got[1]);
        assert_memory_equal(got[1], want[0], vocab * sizeof(float));
        sx_session_free(s[1]);
        sx_session_free(alone);
        sx_model_free(model);
        for (int i = 0; i < 2; i++) {
            free(want[i]);
            free(got[i]);
        }
        free(tokens);
    }
}

static void a_fork_takes_memory_when_it_writes(void **state)
{
    (void)state;
    tiny t = small_model(false);
    sx_model *model = load(&t);
    fail_alloc counted;
    sx_mem m;
    fail_alloc_init(&counted, &m, -1);
    int32_t tokens[1000];
    make_tokens(tokens, 1000, sx_model_n_vocab(model));
    sx_session *s, *fork;
    assert_int_equal(sx_session_create(&s, &m, model, &(sx_session_params){1024, 64, LLM_KV_F32}, NULL), LLM_OK);
    const size_t page = sx_cache_bytes(&s->cache, SX_PAGE);
    eval(s, tokens, 1000, NULL);
    size_t before = counted.held;
    assert_true(before > 15 * page && before < 17 * page + 20000);
    assert_int_equal(sx_session_fork(&fork, &m, s, NULL), LLM_OK);
    assert_true(counted.held < before + page);
    before = counted.held;
    eval(fork, tokens, 3, NULL); /* into the page that both were in the middle of */
    assert_true(counted.held >= before + page && counted.held < before + 2 * page);
    before = counted.held;
    sx_session_truncate(s, 100);
    assert_true(counted.held <= before); /* the fork still holds what s let go */
    assert_int_equal(sx_session_eval(fork, tokens, 3, false, NULL, NULL, NULL), LLM_OK);
    sx_session_free(s);
    sx_session_free(fork);
    sx_model_free(model);
    assert_int_equal(counted.held, 0);
}

/* ---- dropping ---- */

/* In a model of one layer keys and values depend on their own token and position alone: what a session holds after a stretch
 * was dropped is what it would hold had the stretch never been there. */
static void dropped(const tiny *t, uint32_t kv, uint32_t n, uint32_t begin, uint32_t end, float tolerance)
{
    sx_model *model = load(t);
    size_t vocab = sx_model_n_vocab(model);
    int32_t *tokens = malloc((n + 1) * sizeof *tokens);
    float *want = malloc(vocab * sizeof *want), *got = malloc(vocab * sizeof *got);
    llm_error err = LLM_ERROR_INIT;
    make_tokens(tokens, n + 1, (uint32_t)vocab);
    sx_session *s = open_session(model, 2048, kv), *fresh = open_session(model, 2048, kv);
    eval(s, tokens, n, NULL);
    if (sx_session_drop(s, begin, end, &err) != LLM_OK) fail_msg("%s", err.message);
    assert_int_equal(sx_session_used(s), n - (end - begin));
    eval(s, tokens + n, 1, got);
    if (begin > 0) eval(fresh, tokens, begin, NULL);
    eval(fresh, tokens + end, n + 1 - end, want);
    float peak = 0.0f, worst = 0.0f;
    for (size_t i = 0; i < vocab; i++) {
        peak = fmaxf(peak, fabsf(want[i]));
        worst = fmaxf(worst, fabsf(want[i] - got[i]));
    }
    if (!(worst <= tolerance * peak))
        fail_msg("%s, kv %u, %u to %u of %u: logits differ by %g of %g", t->arch, kv, begin, end, n, (double)worst,
                 (double)peak);
    tokens[begin] = tokens[end]; /* the session knows its tokens */
    if (n + 1 - end > 1) assert_true(sx_session_reuse(s, tokens, begin + 2) >= (t->window ? 0 : begin + 1));
    sx_session_free(s);
    sx_session_free(fresh);
    sx_model_free(model);
    free(tokens);
    free(want);
    free(got);
}

static void dropping_moves_the_rest_up(void **state)
{
    (void)state;
    tiny t = small_model(false);
    t.n_layer = 1;
    dropped(&t, LLM_KV_F32, 300, 10, 110, 1e-4f);
    dropped(&t, LLM_KV_F32, 300, 0, 128, 1e-4f);
    dropped(&t, LLM_KV_F32, 300, 64, 299, 1e-4f);
    dropped(&t, LLM_KV_F16, 300, 70, 75, 1e-2f);
    dropped(&t, LLM_KV_BF16, 300, 70, 75, 5e-2f);
    dropped(&t, LLM_KV_Q8_0, 300, 70, 75, 5e-2f);
    dropped(&t, LLM_KV_Q4_0, 300, 70, 75, 0.5f);
    t.arch = "qwen2"; /* the other way to pair elements */
    dropped(&t, LLM_KV_F32, 300, 10, 110, 1e-4f);
    t = small_model(true);
    t.n_layer = 1;
    dropped(&t, LLM_KV_F32, 300, 10, 110, 1e-4f);
    dropped(&t, LLM_KV_F32, 1600, 10, 1000, 1e-4f);
    dropped(&t, LLM_KV_F32, 1600, 10, 100, 1e-4f);
    dropped(&t, LLM_KV_F32, 1600, 700, 1300, 1e-4f);
}

static void dropping_has_limits(void **state)
{
    (void)state;
    tiny t = small_model(true);
    sx_model *model = load(&t);
    llm_error err = LLM_ERROR_INIT;
    int32_t *tokens = malloc(1600 * sizeof *tokens);
    make_tokens(tokens, 1600, sx_model_n_vocab(model));
    sx_session *s = open_session(model, 2048, 0);
    eval(s, tokens, 1600, NULL);
    assert_int_equal(sx_session_drop(s, 20, 10, &err), LLM_E_INVALID);
    assert_int_equal(sx_session_drop(s, 1601, 1700, &err), LLM_E_INVALID);
    assert_int_equal(sx_session_drop(s, 100, 1590, &err), LLM_E_UNSUPPORTED); /* what the window would see is gone */
    assert_int_equal(sx_session_used(s), 1600);
    assert_int_equal(sx_session_drop(s, 7, 7, &err), LLM_OK);
    assert_int_equal(sx_session_drop(s, 1590, UINT32_MAX, &err), LLM_OK);
    assert_int_equal(sx_session_used(s), 1590);
    assert_int_equal(sx_session_truncate(s, 30), 0); /* no longer held: forgotten whole rather than wrong */
    sx_session_free(s);
    sx_model_free(model);
    free(tokens);
}

/* ---- long contexts ---- */

/* Positions 0 .. n - 1 filled without the hours that evaluating them would take. */
static void fill(sx_session *s, uint32_t n)
{
    assert_int_equal(sx_session_room(s, n, NULL), LLM_OK);
    for (uint32_t at = 0; at < n; at += SX_PAGE)
        assert_int_equal(sx_cache_reserve(&s->cache, at, SX_PAGE, NULL), LLM_OK);
    for (int k = 0; k < SX_TABLES; k++)
        for (size_t i = 0; i < s->cache.table[k].cap; i++)
            if (s->cache.table[k].pages[i]) memset(s->cache.table[k].pages[i]->data, 0, s->cache.table[k].bytes);
    int32_t token = 5;
    for (uint32_t i = 0; i < n; i++) sx_session_advance(s, &token, 1);
}

static void memory_follows_the_positions(void **state)
{
    (void)state;
    enum { LONG = 131072 };
    tiny t = small_model(false);
    t.n_ctx = LONG;
    t.n_head = t.n_head_kv = 2;
    t.head_dim = 32;
    sx_model *model = load(&t);
    int32_t tokens[640];
    make_tokens(tokens, 640, sx_model_n_vocab(model));
    for (uint32_t kv = LLM_KV_F16; kv <= LLM_KV_Q4_0; kv++) {
        static const double bytes_each[] = {0, 2, 4, 2, 34.0 / 32, 18.0 / 32};
        const size_t position = (size_t)(2 * 2 * 2 * 32 * bytes_each[kv]); /* layers, keys and values, heads */
        fail_alloc counted;
        sx_mem m;
        sx_session *s = NULL;
        fail_alloc_init(&counted, &m, -1);
        assert_int_equal(sx_session_create(&s, &m, model, &(sx_session_params){LONG, 64, kv}, NULL), LLM_OK);
        const size_t empty = counted.held;
        assert_true(empty < 80000);
        eval(s, tokens, 640, NULL);
        assert_true(counted.held - empty >= 640 * position && counted.held - empty < 640 * position * 11 / 10 + 8192);
        sx_session_truncate(s, 0);
        fill(s, LONG - 3);
        eval(s, tokens, 3, NULL);
        const size_t full = counted.held - empty, most = counted.peak;
        assert_int_equal(sx_session_used(s), LONG);
        assert_true(full >= LONG * position);
        assert_true(full < LONG * position * 105 / 100 + LONG * 2 * sizeof(int32_t)); /* and the tokens themselves */
        print_message("kv %u: %u positions take %.1f MiB, %zu bytes each; %zu bytes each are numbers\n", kv, LONG,
                      (double)full / 1048576, full / LONG, position);
        assert_true(most < full + full / 20 + LONG * 4 * sizeof(int32_t));
        sx_session_free(s);
        assert_int_equal(counted.held, 0);
    }
    sx_model_free(model);
}

static void windows_leave_pages_behind(void **state)
{
    (void)state;
    tiny t = small_model(true);
    t.n_ctx = 16384;
    sx_model *model = load(&t);
    fail_alloc counted;
    sx_mem m;
    sx_session *s = NULL;
    fail_alloc_init(&counted, &m, -1);
    int32_t *tokens = malloc(6000 * sizeof *tokens);
    make_tokens(tokens, 6000, sx_model_n_vocab(model));
    assert_int_equal(sx_session_create(&s, &m, model, &(sx_session_params){16384, 64, LLM_KV_F32}, NULL), LLM_OK);
    eval(s, tokens, 2000, NULL);
    size_t first = counted.held;
    eval(s, tokens + 2000, 4000, NULL);
    /* what it would see, and until the call ends what it saw at its beginning, so that a failure can be taken back */
    assert_true(counted.peak < 2 * first + 6000 * 3 * sizeof(int32_t));
    assert_true(counted.held < first + sx_cache_bytes(&s->cache, SX_PAGE) + 6000 * 3 * sizeof(int32_t));
    sx_session_free(s);
    sx_model_free(model);
    free(tokens);
}

/* ---- failing memory ---- */

static void memory_may_run_out(void **state)
{
    (void)state;
    tiny t = small_model(true);
    t.n_layer = 1;
    sx_model *model = load(&t);
    int32_t tokens[200];
    size_t size;
    make_tokens(tokens, 200, sx_model_n_vocab(model));
    sx_session *source = open_session(model, 256, 0);
    eval(source, tokens, 150, NULL);
    void *bytes = export_state(source, &size);
    char path[256];
    file_name(path);
    long n = 0;
    for (bool done = false; !done; n++) {
        fail_alloc failing;
        sx_mem m;
        fail_alloc_init(&failing, &m, n);
        sx_session *s = NULL, *fork = NULL;
        llm_error err = LLM_ERROR_INIT;
        llm_status status = sx_session_create(&s, &m, model, &(sx_session_params){256, 64, 0}, &err);
        if (status == LLM_OK) status = sx_session_eval(s, tokens, 70, false, NULL, NULL, &err);
        uint32_t used = s ? sx_session_used(s) : 0;
        if (status == LLM_OK && (status = sx_session_import(s, bytes, size, &err)) != LLM_OK)
            assert_int_equal(sx_session_used(s), used);
        if (status == LLM_OK) status = sx_session_fork(&fork, &m, s, &err);
        if (status == LLM_OK && (status = sx_session_drop(fork, 20, 50, &err)) != LLM_OK)
            assert_int_equal(sx_session_used(fork), 150);
        if (status == LLM_OK) status = sx_session_eval(fork, tokens, 70, false, NULL, NULL, &err);
        if (status == LLM_OK) status = sx_session_save(fork, path, &err);
        done = status == LLM_OK;
        if (!done && status != LLM_E_MEMORY) fail_msg("request %ld: status %d, %s", n, status, err.message);
        sx_session_free(fork);
        sx_session_free(s);
        assert_int_equal(failing.held, 0);
    }
    assert_true(n > 12);
    unlink(path);
    sx_session_free(source);
    sx_model_free(model);
    free(bytes);
}

int main(void)
{
    sx_mem_init(&mem, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_restored_text_goes_on_with_the_same_bits),
        cmocka_unit_test(wrong_states_change_nothing),
        cmocka_unit_test(forks_go_their_own_ways),
        cmocka_unit_test(a_fork_takes_memory_when_it_writes),
        cmocka_unit_test(dropping_moves_the_rest_up),
        cmocka_unit_test(dropping_has_limits),
        cmocka_unit_test(memory_follows_the_positions),
        cmocka_unit_test(windows_leave_pages_behind),
        cmocka_unit_test(memory_may_run_out),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (atomic_load(&mem.live_bytes) != 0) {
        print_error("%zu bytes were not given back\n", (size_t)atomic_load(&mem.live_bytes));
        return 1;
    }
    return failed;
}
