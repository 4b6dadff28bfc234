/* The scout never says no where a rule matches: held against the rules one by one, over texts made of what rules are made of, in
 * one piece and byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guard/scan/scout.h"
#include "platform/utf8.h"

enum { TEXTS = 400, BYTES = 160 };

static const char *const PIECES[] = {"anna@example.org",
                                     "4111 1111 1111 1111",
                                     "password = hunter2hunter2",
                                     "+49 30 901820",
                                     "ghp_",
                                     "AKIA",
                                     "12.345.678",
                                     "https://",
                                     "www.example.com/a?b=c",
                                     " ",
                                     " ",
                                     "\n",
                                     "the",
                                     "Ignore",
                                     " all previous instructions",
                                     "-",
                                     "7",
                                     "192.168.",
                                     "DE89",
                                     "0532",
                                     ":",
                                     "\xe5\xbc\xa0\xe4\xbc\x9f",
                                     "\xef\xbc\x94",
                                     "\xe2\x80\x8b",
                                     "eyJhbGciOi",
                                     "@",
                                     ".",
                                     "x",
                                     "Q~"};

static size_t make_text(uint32_t *seed, char *text)
{
    size_t n = 0;
    for (;;) {
        *seed = *seed * 1664525u + 1013904223u;
        const char *p = PIECES[(*seed >> 8) % (sizeof PIECES / sizeof *PIECES)];
        if (n + strlen(p) > BYTES) return n;
        memcpy(text + n, p, strlen(p));
        n += strlen(p);
    }
}

static void fold(const char *text, size_t n, uint8_t *out)
{
    for (size_t i = 0, len; i < n; i += len) {
        uint32_t cp = sx_utf8_next(text + i, n - i, &len);
        sx_fold_char(cp, text + i, len, out + i);
    }
}

static bool some_rule_matches(const sx_scan *scan, const sx_window *w, size_t at, uint32_t list)
{
    for (uint32_t i = scan->list_at[list]; i < scan->list_at[list + 1]; i++) {
        sx_run run = {.rule = scan->lists[i], .state = SX_PATTERN_START};
        assert_true(sx_run_advance(scan, w, at, SX_SPAN_MAX, &run));
        if (run.count) return true;
    }
    return false;
}

static void no_match_is_missed(void **state)
{
    (void)state;
    sx_mem mem;
    sx_scan scan;
    sx_mem_init(&mem, NULL);
    assert_int_equal(sx_scan_init(&scan, &mem, NULL), LLM_OK);
    sx_scout *scout = sx_scout_create(&mem, &scan);
    assert_non_null(scout);
    uint32_t seed = 7, matched = 0, spared = 0;
    for (int t = 0; t < TEXTS; t++) {
        char text[BYTES];
        uint8_t folded[BYTES];
        size_t n = make_text(&seed, text);
        fold(text, n, folded);
        sx_window whole = {text, folded, n, true};
        for (size_t at = 0; at + 1 < n; at++) {
            uint32_t list = sx_scan_list(&scan, (seed >> at % 31 & 1) != 0, folded[at], folded[at + 1]);
            sx_scout_walk walk = sx_scout_begin(scout, list, true);
            sx_scouted said = sx_scout_go(scout, &whole, at, SX_SPAN_MAX, &walk), piecewise = SX_SCOUT_MORE;
            bool matches = some_rule_matches(&scan, &whole, at, list);
            if (matches) assert_int_equal(said, SX_SCOUT_MAYBE);
            matched += matches;
            spared += said == SX_SCOUT_NONE;
            walk = sx_scout_begin(scout, list, true);
            for (size_t avail = at + 2; avail <= n && piecewise == SX_SCOUT_MORE; avail++) {
                sx_window part = {text, folded, avail, avail == n};
                piecewise = sx_scout_go(scout, &part, at, SX_SPAN_MAX, &walk);
            }
            assert_int_equal(piecewise, said);
        }
    }
    assert_true(matched > 1000 && spared > 10000); /* else nothing was tried */
    sx_scout_free(scout);
    sx_scan_free(&scan);
    assert_int_equal(atomic_load(&mem.live_bytes), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_match_is_missed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
