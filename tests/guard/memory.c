/* The n-th allocation fails, for every n: the call says so, nothing leaks, and nothing of the text goes out. */
#include "help.h"

typedef struct budget {
    long left;
    bool refused;
} budget;

static void *limited(void *user, size_t size, size_t align)
{
    budget *b = user;
    if (b->left-- <= 0) {
        b->refused = true;
        return NULL;
    }
    return aligned_alloc(align, (size + align - 1) / align * align);
}

static void give_back(void *user, void *ptr, size_t size)
{
    (void)user;
    (void)size;
    free(ptr);
}

static const char TEXT[] =
    "mail a.b@c.org or call 13912345678, card 4111 1111 1111 1111, C-A-S-I-N-O, 22 498317 office";

static llm_status use(sx_mem *mem, sx_vault *vault, sx_buf *out)
{
    sx_guard *g = NULL;
    sx_filter *f = NULL;
    llm_status status = sx_guard_create(&g, mem, NULL, NULL);
    if (status == LLM_OK) {
        sx_guard_set_vault(g, vault);
        status = sx_guard_add_word(g, "casino", 6, NULL);
    }
    if (status == LLM_OK && vault != NULL)
        status = sx_guard_set_action(g, "EMAIL_ADDRESS", LLM_DIR_ALL, LLM_ACTION_PSEUDONYM, NULL);
    if (status == LLM_OK) status = sx_guard_freeze(g, NULL);
    if (status == LLM_OK) status = sx_filter_open(&f, mem, g, NULL, NULL);
    size_t before = out->len;
    if (status == LLM_OK) status = sx_filter_feed(f, TEXT, sizeof TEXT - 1, out, NULL);
    if (status != LLM_OK) assert_int_equal(out->len, before);
    before = out->len;
    if (status == LLM_OK) {
        status = sx_filter_finish(f, out, NULL);
        if (status != LLM_OK) assert_int_equal(out->len, before);
    }
    sx_filter_close(f);
    sx_guard_free(g);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (long n = 0;; n++) {
        budget b = {.left = n};
        llm_allocator hook = {.struct_size = sizeof hook, .user = &b, .alloc = limited, .release = give_back};
        sx_mem mem, own;
        sx_buf out;
        sx_mem_init(&mem, &hook);
        sx_mem_init(&own, NULL);
        sx_buf_init(&out, &own, 0);
        llm_status status = use(&mem, NULL, &out);
        assert_int_equal(atomic_load(&mem.live_bytes), 0);
        bool done = !b.refused;
        if (done) {
            assert_int_equal(status, LLM_OK);
            assert_non_null(strstr(sx_buf_cstr(&out), "<CREDIT_CARD>"));
        } else {
            assert_int_equal(status, LLM_E_MEMORY);
        }
        sx_buf_free(&out);
        if (done) break;
    }
}

static void with_a_vault_too(void **state)
{
    (void)state;
    const unsigned char key[32] = {5};
    for (long n = 0;; n++) {
        budget b = {.left = n};
        llm_allocator hook = {.struct_size = sizeof hook, .user = &b, .alloc = limited, .release = give_back};
        sx_mem mem, own;
        sx_buf out;
        sx_mem_init(&mem, &hook);
        sx_mem_init(&own, NULL);
        sx_buf_init(&out, &own, 0);
        sx_vault *vault = NULL;
        llm_status status = sx_vault_open(&vault, &mem, NULL, key, sizeof key, 0, NULL);
        /* the vault's own allocations while it is used come from here, the guard's from elsewhere */
        if (status == LLM_OK) status = use(&own, vault, &out);
        sx_vault_close(vault);
        assert_int_equal(atomic_load(&mem.live_bytes), 0);
        assert_int_equal(atomic_load(&own.live_bytes), out.data != NULL ? out.cap : 0);
        bool done = !b.refused;
        assert_int_equal(status, done ? LLM_OK : LLM_E_MEMORY);
        sx_buf_free(&out);
        if (done) break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail), cmocka_unit_test(with_a_vault_too)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
