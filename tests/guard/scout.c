/* The scout finds what the rules find one by one: every end of every rule, over texts made of what rules are made of, in one piece
 * and byte by byte, for all rules and for some. */
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
                                     "ignore all your previous and prior and earlier and above",
                                     "0044 0532 0130",
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

/* A rule's ends, without those inside of a word where it may not end: the scout does not tell of them. */
static void drop_inner_ends(const sx_scan *scan, const sx_window *w, size_t at, sx_run *run)
{
    sx_run kept = {.rule = run->rule};
    uint32_t flags = scan->rules[run->rule]->flags;
    if (flags & SX_RULE_RIGHT_ANY) return;
    assert_true(run->count <= SX_ACCEPT_MAX);
    for (uint32_t i = 0; i < run->count; i++) {
        size_t end = at + run->ends[i];
        uint8_t next = end < w->avail ? w->fold[end] : 0;
        bool inner = flags & SX_RULE_RIGHT_LETTERS ? next >= '0' && next <= '9' : next < 0x80 && sx_is_word(next);
        if (!inner) kept.ends[kept.count++] = run->ends[i];
    }
    *run = kept;
}

/* The outcome of a rule as the scout tells it. */
static void from_marks(const sx_scan *scan, const sx_scout *scout, const sx_scout_walk *walk, uint16_t rule,
                       sx_run *run)
{
    *run = (sx_run){.rule = rule};
    for (uint32_t m = 0; m < walk->marks; m++) {
        uint32_t n;
        const uint16_t *rules = sx_scout_matches(scout, &walk->mark[m], &n);
        if (scan->rules[rule]->span != 0 && walk->mark[m].at > scan->rules[rule]->span) continue;
        for (uint32_t i = 0; i < n; i++) {
            if (rules[i] == rule) run->ends[run->count++ % SX_ACCEPT_MAX] = walk->mark[m].end;
        }
    }
}

typedef struct counts {
    uint32_t known, none, maybe;
} counts;

/* Every rule of the list by itself, against what the walk said. */
static void compare(const sx_scan *scan, const sx_scout *scout, const uint64_t *on, const sx_window *w, size_t at,
                    uint32_t list, sx_scouted said, const sx_scout_walk *walk)
{
    uint64_t left[SX_RULE_WORDS] = {0};
    bool all = said == SX_SCOUT_MAYBE && !sx_scout_left(scout, walk, left);
    for (uint32_t i = scan->list_at[list]; i < scan->list_at[list + 1]; i++) {
        uint16_t rule = scan->lists[i];
        bool wanted = (on[rule / 64] >> (rule % 64) & 1) != 0;
        sx_run run = {.rule = rule, .state = SX_PATTERN_START}, told;
        assert_true(sx_run_advance(scan, w, at, SX_SPAN_MAX, &run));
        if (run.count > SX_ACCEPT_MAX) continue;
        drop_inner_ends(scan, w, at, &run);
        if (said == SX_SCOUT_MAYBE) {
            assert_true(!wanted || run.count == 0 || all || (left[rule / 64] >> (rule % 64) & 1));
            continue;
        }
        if (said == SX_SCOUT_KNOWN)
            from_marks(scan, scout, walk, rule, &told);
        else
            told = (sx_run){.rule = rule};
        drop_inner_ends(scan, w, at, &told); /* a mark that another rule needs names it too */
        memset(run.ends + run.count, 0, sizeof run.ends - run.count * sizeof *run.ends);
        assert_int_equal(told.count, wanted ? run.count : 0);
        if (wanted) assert_memory_equal(told.ends, run.ends, sizeof run.ends);
    }
}

static void one_place(const sx_scan *scan, sx_scout *scout, const uint64_t *on, const sx_window *whole, size_t at,
                      uint32_t list, counts *n)
{
    sx_scout_walk walk;
    sx_scouted said = SX_SCOUT_NONE, piecewise = SX_SCOUT_NONE;
    if (sx_scout_begin(scout, list, true, &walk)) said = sx_scout_go(scout, whole, at, SX_SPAN_MAX, &walk);
    compare(scan, scout, on, whole, at, list, said, &walk);
    n->known += said == SX_SCOUT_KNOWN;
    n->none += said == SX_SCOUT_NONE;
    n->maybe += said == SX_SCOUT_MAYBE;
    if (sx_scout_begin(scout, list, true, &walk)) piecewise = SX_SCOUT_MORE;
    for (size_t avail = at + 2, step; avail <= whole->avail && piecewise == SX_SCOUT_MORE; avail += step) {
        sx_window part = {whole->text, whole->fold, avail, avail == whole->avail};
        step = 1; /* whole characters, as a stream has them */
        while (avail < whole->avail && ((unsigned char)whole->text[avail] & 0xc0) == 0x80) part.avail = ++avail;
        part.last = avail == whole->avail;
        piecewise = sx_scout_go(scout, &part, at, SX_SPAN_MAX, &walk);
    }
    assert_int_equal(piecewise, said);
    compare(scan, scout, on, whole, at, list, piecewise, &walk);
}

static void what_rules_find_is_found(void **state)
{
    (void)state;
    sx_mem mem;
    sx_scan scan;
    sx_mem_init(&mem, NULL);
    assert_int_equal(sx_scan_init(&scan, &mem, NULL, NULL), LLM_OK);
    uint64_t on[2][SX_RULE_WORDS];
    memset(on[0], 0xff, sizeof on[0]);
    memset(on[1], 0x5a, sizeof on[1]);
    counts n = {0, 0, 0};
    uint32_t seed = 7;
    for (int some = 0; some < 2; some++) {
        sx_scout *scout = sx_scout_create(&mem, &scan, on[some]);
        assert_non_null(scout);
        for (int t = 0; t < TEXTS; t++) {
            char text[BYTES];
            uint8_t folded[BYTES];
            size_t len = make_text(&seed, text);
            fold(text, len, folded);
            sx_window whole = {text, folded, len, true};
            for (size_t at = 0; at + 1 < len; at++) {
                if (((unsigned char)text[at] & 0xc0) == 0x80) continue;
                uint32_t list = sx_scan_list(&scan, (seed >> at % 29) % SX_BEHIND, folded[at], folded[at + 1]);
                one_place(&scan, scout, on[some], &whole, at, list, &n);
            }
        }
        sx_scout_free(scout);
    }
    assert_true(n.known > 1000 && n.none > 10000 && n.maybe > 10); /* else nothing was tried */
    sx_scan_free(&scan);
    assert_int_equal(atomic_load(&mem.live_bytes), 0);
}

/* A scout forgets what it learned when that grows beyond its budget; what it tells of a place does not depend on when. */
static void forgetting_changes_nothing(void **state)
{
    static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=/+";
    enum { TOKENS = 20000, LEN = 80 };
    (void)state;
    sx_mem mem;
    sx_scan scan;
    sx_mem_init(&mem, NULL);
    assert_int_equal(sx_scan_init(&scan, &mem, NULL, NULL), LLM_OK);
    uint64_t on[SX_RULE_WORDS];
    memset(on, 0xff, sizeof on);
    sx_scout *scout = sx_scout_create(&mem, &scan, on);
    assert_non_null(scout);
    uint32_t seed = 3;
    for (int t = 0; t < TOKENS; t++) {
        char text[LEN];
        const sx_window w = {text, (const uint8_t *)text, LEN, true};
        sx_scout_walk walk;
        for (size_t i = 0; i < LEN; i++) {
            seed = seed * 1664525u + 1013904223u;
            text[i] = LETTERS[(seed >> 8) % (sizeof LETTERS - 1)];
        }
        uint32_t list = sx_scan_list(&scan, SX_BEHIND_OTHER, (uint8_t)text[0], (uint8_t)text[1]);
        if (!sx_scout_begin(scout, list, true, &walk)) continue;
        sx_scouted said = sx_scout_go(scout, &w, 0, SX_SPAN_MAX, &walk);
        assert_int_not_equal(said, SX_SCOUT_MAYBE);
        compare(&scan, scout, on, &w, 0, list, said, &walk);
    }
    sx_scout_free(scout);
    sx_scan_free(&scan);
    assert_int_equal(atomic_load(&mem.live_bytes), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_rules_find_is_found),
                                       cmocka_unit_test(forgetting_changes_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
