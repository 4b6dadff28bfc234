/* What the search leaves out must not be missed: checks that are skipped never affirm, and words of context are found as by looking
 * for each of them at each place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guard/scan/chars.h"
#include "guard/scan/scan.h"
#include "platform/utf8.h"

static uint32_t roll(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % below;
}

/* ---- checks that only deny ---- */

/* A text that the rule's pattern matches, made byte by byte; 0 when none was hit upon. */
static size_t make_match(const sx_scan *scan, size_t rule, uint32_t *seed, char *text, size_t room)
{
    const sx_dfa *dfa = &scan->dfas[rule];
    uint16_t at = SX_PATTERN_START;
    size_t n = 0;
    for (unsigned tries = 0; tries < 4000 && n + 1 < room; tries++) {
        uint8_t byte = (uint8_t)(roll(seed, 2) ? '0' + roll(seed, 10) : ' ' + roll(seed, 95));
        uint16_t to = sx_dfa_step(&scan->pool, dfa, at & (SX_PATTERN_ACCEPT - 1), byte);
        if (to == SX_PATTERN_DEAD) continue;
        text[n++] = (char)byte;
        at = to;
        if ((at & SX_PATTERN_ACCEPT) && roll(seed, 3) == 0) break;
    }
    text[n] = 0;
    return at & SX_PATTERN_ACCEPT ? n : 0;
}

static unsigned deny_only(const sx_scan *scan, size_t r, uint32_t *seed)
{
    const sx_rule *rule = scan->rules[r];
    unsigned asked = 0;
    for (unsigned i = 0; i < 200; i++) {
        char text[64];
        size_t lead = 0, n = make_match(scan, r, seed, text, sizeof text);
        if (n == 0) continue;
        sx_shared shared = {0};
        const sx_match alone = {text, n, 0, 0, &lead, NULL}, sharing = {text, n, 0, 0, &lead, &shared};
        float said = rule->check(&alone, rule->arg);
        assert_true(said <= 0 || scan->facts[r].affirms);
        assert_true(rule->check(&sharing, rule->arg) == said); /* what is shared changes no answer */
        assert_true(rule->check(&sharing, rule->arg) == said);
        asked++;
    }
    return asked;
}

static void test_checks_that_only_deny(void **state)
{
    sx_mem mem;
    sx_scan scan;
    uint32_t seed = 5, n = 0;
    (void)state;
    sx_mem_init(&mem, NULL);
    assert_int_equal(sx_scan_init(&scan, &mem, NULL, NULL), LLM_OK);
    for (size_t r = 0; r < scan.rule_n; r++) {
        if (scan.rules[r]->check != NULL) n += deny_only(&scan, r, &seed) > 0;
    }
    assert_true(n > 80);
    sx_scan_free(&scan);
}

/* ---- words of context ---- */

static bool letter_before(const sx_window *w, size_t at)
{
    return at > 0 && w->fold[at - 1] != '_' && sx_is_word(sx_window_before(w, at));
}

/* Where the last word of the list begins, and one, among those that end by `to`; 0: there is none. */
static size_t last_word(const sx_window *w, const char *words, size_t to)
{
    size_t best = 0;
    while (words != NULL && *words != 0) {
        size_t n = strcspn(words, "|");
        for (size_t at = 0; at + n <= to; at++) {
            size_t same = 0;
            while (same < n && sx_ascii_lower((char)w->fold[at + same]) == words[same]) same++;
            if (same < n) continue;
            bool letter = sx_ascii_letter(words[0]);
            if (letter && letter_before(w, at)) continue;
            if (letter && n <= 3 && at + n < w->avail && sx_ascii_letter(w->fold[at + n])) continue;
            if (at + 1 > best) best = at + 1;
        }
        words += n + (words[n] == '|');
    }
    return best;
}

static size_t make_text(uint32_t *seed, char *text, size_t room)
{
    static const char *const PIECES[] = {
        "passport", "tin",    "tiny",         "SSN",          " ",    " ",    "_",
        "-",        "7",      "social",       "ID",           "card", "身份", "身份证号",
        "é",        "phone:", "\xef\xbc\xa1", "\xe2\x80\x8b", "\xff", "Tel",  "v",
        "x9",       "ss#",    "number is "};
    size_t n = 0;
    for (;;) {
        const char *p = PIECES[roll(seed, sizeof PIECES / sizeof *PIECES)];
        if (n + strlen(p) > room) return n;
        memcpy(text + n, p, strlen(p));
        n += strlen(p);
    }
}

static void test_context_words(void **state)
{
    sx_mem mem;
    sx_scan scan;
    uint32_t seed = 9;
    (void)state;
    sx_mem_init(&mem, NULL);
    assert_int_equal(sx_scan_init(&scan, &mem, NULL, NULL), LLM_OK);
    for (unsigned text_n = 0; text_n < 150; text_n++) {
        char text[120];
        uint8_t fold[120];
        uint64_t began[SX_TYPE_MAX] = {0};
        sx_type_info type;
        size_t n = make_text(&seed, text, sizeof text), open = 0, to = 0;
        for (size_t i = 0, len; i < n; i += len) {
            uint32_t cp = sx_utf8_next(text + i, n - i, &len);
            sx_fold_char(cp, text + i, len, fold + i);
        }
        const sx_window w = {text, fold, n, false};
        while (to < n) { /* on from where the last call said */
            to += 1 + roll(&seed, 30);
            if (to > n) to = n;
            open = sx_scan_context(&scan, &w, open, to, 0, began);
            for (size_t t = 0; sx_type_at(t, &type); t++) assert_int_equal(began[t], last_word(&w, type.context, to));
        }
    }
    sx_scan_free(&scan);
    assert_int_equal(atomic_load(&mem.live_bytes), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_checks_that_only_deny),
                                       cmocka_unit_test(test_context_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
