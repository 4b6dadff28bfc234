/* Any bytes as a policy: read or refused with a sentence, within bounds of memory; one that is read checks a text, whole and cut, to
 * the same end. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "guard/guard.h"

enum { MOST = 200 << 20 }; /* bytes that no policy of a fuzzer's size may take */

static sx_mem mem;
static sx_guard *compiled; /* whose rules all share */

static void check(const sx_guard *guard, size_t step, sx_buf *out)
{
    static const char TEXT[] =
        "Ask jo@example.org or 13800138000: card 4111 1111 1111 1111, code E12345, c4s1no, 青鳥, \xff end.";
    sx_filter *f = NULL;
    if (sx_filter_open(&f, &mem, guard, NULL, NULL) != LLM_OK) abort();
    for (size_t at = 0; at < sizeof TEXT - 1; at += step) {
        size_t n = sizeof TEXT - 1 - at < step ? sizeof TEXT - 1 - at : step;
        if (sx_filter_feed(f, TEXT + at, n, out, NULL) != LLM_OK) abort();
    }
    if (sx_filter_finish(f, out, NULL) != LLM_OK) abort();
    sx_filter_close(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (compiled == NULL) {
        sx_mem_init(&mem, NULL);
        if (sx_guard_create(&compiled, &mem, NULL, NULL) != LLM_OK) abort();
    }
    size_t before = atomic_load(&mem.live_bytes);
    sx_guard *guard = NULL;
    llm_error err = LLM_ERROR_INIT;
    const sx_guard_params p = {.policy = (const char *)data, .policy_len = size, .like = compiled};
    llm_status status = sx_guard_create(&guard, &mem, &p, &err);
    if ((status == LLM_OK) != (guard != NULL) || (status != LLM_OK && err.message[0] == 0)) abort();
    if (status == LLM_OK) {
        if (atomic_load(&mem.live_bytes) - before > MOST) abort();
        status = sx_guard_freeze(guard, &err);
        if (status != LLM_OK && status != LLM_E_UNSUPPORTED) abort(); /* pseudonyms without a vault */
    }
    if (status == LLM_OK) {
        sx_buf whole, cut;
        sx_buf_init(&whole, &mem, 0);
        sx_buf_init(&cut, &mem, 0);
        check(guard, 4096, &whole);
        check(guard, 1 + size % 7, &cut);
        /* a bound on holding, and keyed hashes, are this guard's own: equal all the same */
        if (whole.len != cut.len || (whole.len > 0 && memcmp(whole.data, cut.data, whole.len) != 0)) abort();
        sx_buf_free(&whole);
        sx_buf_free(&cut);
    }
    sx_guard_free(guard);
    if (atomic_load(&mem.live_bytes) != before) abort();
    return 0;
}
