/* The ground floor: memory, buffers, maps, UTF-8, folding, the worker pool, sealing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "platform/arena.h"
#include "platform/buf.h"
#include "platform/crypto.h"
#include "platform/hashes.h"
#include "platform/map.h"
#include "platform/pool.h"
#include "platform/unicode.h"
#include "platform/utf8.h"

static void mem_counts_and_aligns(void **state)
{
    (void)state;
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    void *p = sx_mem_alloc_aligned(&mem, 100, 64);
    assert_int_equal((uintptr_t)p % 64, 0);
    char *q = sx_mem_realloc(&mem, NULL, 10);
    memcpy(q, "123456789", 10);
    q = sx_mem_realloc(&mem, q, 1000);
    assert_string_equal(q, "123456789");
    assert_int_equal(atomic_load(&mem.live_bytes), 1100);
    assert_null(sx_mem_array(&mem, SIZE_MAX / 2, 16));
    sx_mem_free(&mem, p);
    sx_mem_free(&mem, q);
    assert_int_equal(atomic_load(&mem.live_bytes), 0);
}

static void mem_changes_size(void **state)
{
    (void)state;
    static const size_t sizes[] = {10, 1, 1000, 5 << 20, 9 << 20, 100, 0, 40};
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    for (size_t align = 16; align <= 256; align *= 16) {
        size_t kept = 7;
        char *p = sx_mem_alloc_aligned(&mem, kept, align);
        memcpy(p, "sextant", kept);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            p = sx_mem_realloc(&mem, p, sizes[i]);
            assert_non_null(p);
            kept = sizes[i] < kept ? sizes[i] : kept;
            assert_memory_equal(p, "sextant", kept);
            memset(p + kept, 'x', sizes[i] - kept);
            assert_int_equal((uintptr_t)p % 16, 0);
            assert_int_equal(atomic_load(&mem.live_bytes), sizes[i]);
        }
        assert_null(sx_mem_realloc(&mem, p, SIZE_MAX - 8));
        sx_mem_free(&mem, p);
        assert_int_equal(atomic_load(&mem.live_bytes), 0);
    }
}

static void buf_expects(void **state)
{
    (void)state;
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    sx_buf b;
    sx_buf_init(&b, &mem, 100);
    sx_buf_expect(&b, 101); /* more than it may hold: nothing happens */
    assert_null(b.data);
    sx_buf_expect(&b, 90);
    const char *room = b.data;
    sx_buf_str(&b, "forty-two");
    assert_ptr_equal(b.data, room);
    assert_string_equal(sx_buf_cstr(&b), "forty-two");
    assert_int_equal(sx_buf_status(&b), LLM_OK);
    sx_buf_free(&b);
}

static void buf_stops_at_its_limit(void **state)
{
    (void)state;
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    sx_buf b;
    sx_buf_init(&b, &mem, 8);
    sx_buf_printf(&b, "%d-%s", 42, "abc");
    assert_string_equal(sx_buf_cstr(&b), "42-abc");
    sx_buf_str(&b, "xyz");
    assert_int_equal(sx_buf_status(&b), LLM_E_LIMIT);
    assert_string_equal(sx_buf_cstr(&b), "42-abc");
    sx_buf_free(&b);
}

static void map_finds_what_was_put(void **state)
{
    (void)state;
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    sx_arena arena;
    sx_arena_init(&arena, &mem);
    sx_map map;
    sx_map_init(&map, &mem);
    char key[16];
    for (uint32_t i = 0; i < 5000; i++) {
        int n = snprintf(key, sizeof key, "k%u", i);
        assert_int_equal(sx_map_put(&map, sx_arena_strndup(&arena, key, (size_t)n), (size_t)n, i), 0);
    }
    for (uint32_t i = 0; i < 5000; i++) {
        int n = snprintf(key, sizeof key, "k%u", i);
        assert_int_equal(sx_map_get(&map, key, (size_t)n), i);
    }
    assert_int_equal(sx_map_get(&map, "none", 4), SX_MAP_NONE);
    sx_map_free(&map);
    sx_arena_free(&arena);
}

static void sums_tell_every_bit_and_length(void **state)
{
    (void)state;
    unsigned char bytes[100];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i * 7);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        uint64_t sum = sx_sum64(bytes, len, 5);
        assert_true(sum == sx_sum64(bytes, len, 5) && sum != sx_sum64(bytes, len, 6));
        if (len) assert_true(sum != sx_sum64(bytes, len - 1, 5));
        for (size_t bit = 0; bit < len * 8; bit++) {
            bytes[bit / 8] = (unsigned char)(bytes[bit / 8] ^ 1u << bit % 8);
            assert_true(sum != sx_sum64(bytes, len, 5));
            bytes[bit / 8] = (unsigned char)(bytes[bit / 8] ^ 1u << bit % 8);
        }
    }
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i * 7);
    assert_true(sx_sum64(bytes, sizeof bytes, 5) == UINT64_C(0x1bdeb0965e57ee2c)); /* on every machine */
}

static void utf8_follows_the_standard(void **state)
{
    (void)state;
    assert_int_equal(sx_utf8_check("a\xc3\xb6\xe4\xb8\xad\xf0\x9f\x98\x80", 10), 10);
    assert_int_equal(sx_utf8_check("a\xc0\xaf", 3), 1);          /* overlong */
    assert_int_equal(sx_utf8_check("\xed\xa0\x80", 3), 0);       /* surrogate */
    assert_int_equal(sx_utf8_check("ok\xf4\x90\x80\x80", 6), 2); /* above U+10FFFF */
    assert_int_equal(sx_utf8_floor("ab\xe4\xb8", 4), 2);
    assert_int_equal(sx_utf8_floor("ab\xe4\xb8\xad", 5), 5);
    assert_int_equal(sx_utf8_floor("ab\xff", 3), 3);
    size_t len;
    assert_int_equal(sx_utf8_prev("x\xe4\xb8\xad", 4, &len), 0x4e2d);
    assert_int_equal(len, 3);
}

static void folding_joins_disguises(void **state)
{
    (void)state;
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    sx_buf b;
    sx_buf_init(&b, &mem, 0);
    const char *text = "\xef\xbc\xa1"
                       "Be\xcc\x81"; /* full-width A, then e with a combining acute */
    assert_int_equal(sx_uc_fold(text, strlen(text), &b), LLM_OK);
    assert_string_equal(sx_buf_cstr(&b), "ab\xc3\xa9");
    sx_buf_free(&b);
    assert_true(sx_uc_class('7') & SX_UC_ND);
    assert_true(sx_uc_is_han(0x4e2d));
    assert_true(sx_uc_class(0x200b) & SX_UC_CF);
}

static void add_index(void *arg, uint32_t worker, uint32_t workers)
{
    atomic_uint *sum = arg;
    atomic_fetch_add(sum, worker * 1000 + workers);
}

static void pool_runs_every_worker_each_time(void **state)
{
    (void)state;
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    sx_pool *pool;
    assert_int_equal(sx_pool_create(&pool, &mem, 4, NULL), LLM_OK);
    for (int i = 0; i < 2000; i++) {
        atomic_uint sum = 0;
        sx_pool_run(pool, add_index, &sum);
        assert_int_equal(atomic_load(&sum), 6016);
    }
    sx_pool_free(pool);
}

static void sealing_detects_changes(void **state)
{
    (void)state;
    assert_int_equal(sx_crypto_init(NULL), LLM_OK);
    unsigned char key[SX_KEY_BYTES] = {1}, sealed[5 + SX_SEAL_BYTES], plain[5];
    sx_seal(sealed, "hello", 5, "ad", 2, key);
    assert_true(sx_unseal(plain, sealed, sizeof sealed, "ad", 2, key));
    assert_memory_equal(plain, "hello", 5);
    sealed[30] ^= 1;
    assert_false(sx_unseal(plain, sealed, sizeof sealed, "ad", 2, key));
}

/* With every instruction set that there is here, at every length of up to nine blocks. */
static void hashes_side_by_side(void **state)
{
    (void)state;
    static unsigned char bytes[SX_HASH_LANES][9 * SX_HASH_BLOCK], got[SX_HASH_LANES][SX_HASH_BYTES];
    unsigned char want[SX_HASH_BYTES], *const out[SX_HASH_LANES] = {got[0], got[1], got[2], got[3]};
    const unsigned char *const in[SX_HASH_LANES] = {bytes[0], bytes[1], bytes[2], bytes[3]};
    assert_int_equal(sx_crypto_init(NULL), LLM_OK);
    for (uint32_t isa = LLM_ISA_SCALAR; isa <= sx_hashes_isa(); isa++)
        for (size_t blocks = 1; blocks <= 9; blocks++)
            for (size_t more = 1; more <= SX_HASH_BLOCK; more++) {
                size_t len[SX_HASH_LANES];
                memset(bytes, 0, sizeof bytes);
                for (size_t l = 0; l < SX_HASH_LANES; l++) {
                    len[l] = (blocks - 1) * SX_HASH_BLOCK + 1 + (more * (l + 1) - 1) % SX_HASH_BLOCK;
                    for (size_t i = 0; i < len[l]; i++) bytes[l][i] = (unsigned char)(i * 31 + l * 7 + more);
                }
                sx_hash_four(isa, blocks, out, in, len);
                for (size_t l = 0; l < SX_HASH_LANES; l++) {
                    sx_hash(want, bytes[l], len[l]);
                    assert_memory_equal(got[l], want, sizeof want);
                }
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mem_counts_and_aligns),
        cmocka_unit_test(mem_changes_size),
        cmocka_unit_test(buf_expects),
        cmocka_unit_test(buf_stops_at_its_limit),
        cmocka_unit_test(map_finds_what_was_put),
        cmocka_unit_test(sums_tell_every_bit_and_length),
        cmocka_unit_test(utf8_follows_the_standard),
        cmocka_unit_test(folding_joins_disguises),
        cmocka_unit_test(pool_runs_every_worker_each_time),
        cmocka_unit_test(sealing_detects_changes),
        cmocka_unit_test(hashes_side_by_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
