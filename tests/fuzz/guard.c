/* Any bytes through the guard, whole and cut: the findings, the text and the verdict must be the same. The first byte seeds the
 * cutting and chooses the threshold; two guards are kept, one with a bound on holding. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "guard/guard.h"

static sx_mem mem;
static sx_guard *guards[2];

static void set_up(void)
{
    static const char *const WORDS[] = {"casino", "money mule", "赌博", "代开发票"};
    sx_mem_init(&mem, NULL);
    for (unsigned i = 0; i < 2; i++) {
        const sx_guard_params params = {.max_hold = i == 0 ? 0 : 32};
        if (sx_guard_create(&guards[i], &mem, &params, NULL) != LLM_OK) abort();
        for (unsigned w = 0; w < 4; w++) {
            if (sx_guard_add_word(guards[i], WORDS[w], strlen(WORDS[w]), NULL) != LLM_OK) abort();
        }
        if (sx_guard_set_action(guards[i], "BLOCKED", LLM_DIR_ALL, LLM_ACTION_MASK, NULL) != LLM_OK) abort();
        if (sx_guard_freeze(guards[i], NULL) != LLM_OK) abort();
    }
}

static sx_filter *pass(const sx_guard *guard, float min_score, const char *text, size_t len, uint32_t seed, sx_buf *out)
{
    sx_filter *f;
    sx_check_params params = {.min_score = min_score};
    if (sx_filter_open(&f, &mem, guard, &params, NULL) != LLM_OK) abort();
    for (size_t at = 0; at < len;) {
        seed = seed * 1664525u + 1013904223u;
        size_t n = seed == 0 ? len : 1 + (seed >> 24) % 9;
        if (n > len - at || seed == 1013904223u) n = len - at;
        if (sx_filter_feed(f, text + at, n, out, NULL) != LLM_OK) abort();
        at += n;
    }
    if (sx_filter_finish(f, out, NULL) != LLM_OK) abort();
    return f;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (guards[0] == NULL) set_up();
    if (size == 0) return 0;
    const sx_guard *guard = guards[data[0] & 1];
    float min_score = data[0] & 2 ? -1.0f : 0.0f;
    sx_buf whole, cut;
    sx_buf_init(&whole, &mem, 0);
    sx_buf_init(&cut, &mem, 0);
    sx_filter *a = pass(guard, min_score, (const char *)data + 1, size - 1, 0, &whole);
    sx_filter *b = pass(guard, min_score, (const char *)data + 1, size - 1, data[0] + 7u, &cut);
    uint32_t na, nb;
    const sx_finding *fa = sx_filter_findings(a, &na), *fb = sx_filter_findings(b, &nb);
    if (na != nb || whole.len != cut.len || sx_filter_action(a) != sx_filter_action(b)) abort();
    if (whole.len > 0 && memcmp(whole.data, cut.data, whole.len) != 0) abort();
    for (uint32_t i = 0; i < na; i++) {
        if (fa[i].type != fb[i].type || fa[i].start != fb[i].start || fa[i].end != fb[i].end || fa[i].end > size - 1)
            abort();
        if (!(fa[i].score >= 0.0f && fa[i].score <= 1.0f) || fa[i].start >= fa[i].end) abort();
    }
    sx_filter_close(a);
    sx_filter_close(b);
    sx_buf_free(&whole);
    sx_buf_free(&cut);
    return 0;
}
