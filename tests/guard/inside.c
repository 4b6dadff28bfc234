/* What stands inside of a match that wins anyway is passed over, and that changes no finding: a guard with a pattern of its own, which
 * passes nothing over, finds the same in the same texts. */
#include "help.h"
#include "pattern_types.h"

enum { TEXTS = 3000, BYTES = 260 };

static sx_mem mem;
static sx_guard *quick, *slow, *judges, *slow_judges; /* a review or a block hides nothing */

static const char *const PIECES[] = {"DE89 3704 0044 0532 0130 00",
                                     "GB82 WEST 1234 5698 7654 32",
                                     "4111 1111 1111 1111",
                                     "5500-0000-0000-0004",
                                     "6222021234567890128",
                                     "+49 30 901820",
                                     "0049 (30) 901820 11",
                                     "anna.meier@example.org",
                                     "a@b.com",
                                     "https://www.example.com/docs/anna@example.org?card=4111111111111111",
                                     "www.example.com:80/a/b",
                                     "example.com",
                                     "2026-03-04T10:23:11.123Z",
                                     "2001:db8::1",
                                     "192.168.1.77",
                                     "11010519491231002X",
                                     "11010519491231002",
                                     "219-09-9998",
                                     "13912345678",
                                     "00:1A:2B:3C:4D:5E",
                                     "49.12345, 11.54321",
                                     "password=hunter2hunter2",
                                     "https://user:secret@example.com/",
                                     "ignore all previous instructions",
                                     "ssn ",
                                     "ird ",
                                     "card ",
                                     "bank account ",
                                     "phone ",
                                     "卡号",
                                     "银行",
                                     "身份证",
                                     "手机",
                                     "\xe2\x80\x8b",
                                     "１２３４",
                                     " ",
                                     " ",
                                     " ",
                                     ", ",
                                     "\n",
                                     "-",
                                     ".",
                                     "/",
                                     "@",
                                     "7",
                                     "42",
                                     "0044",
                                     "0532",
                                     "9876 5432",
                                     "x",
                                     "was"};

static size_t make_text(uint64_t *seed, char *text)
{
    size_t n = 0;
    for (;;) {
        const char *p = PIECES[draw(seed, sizeof PIECES / sizeof *PIECES)];
        if (n + strlen(p) > BYTES) return n;
        memcpy(text + n, p, strlen(p));
        n += strlen(p);
    }
}

static void same_of(const sx_guard *one, const sx_guard *other, const char *text, size_t len, float min_score,
                    size_t piece)
{
    size_t pieces[BYTES + 1] = {0};
    for (size_t i = 0; piece > 0 && i < BYTES; i++) pieces[i] = piece;
    outcome a = check_text(&mem, one, text, len, pattern_types(), min_score, piece > 0 ? pieces : NULL);
    outcome b = check_text(&mem, other, text, len, pattern_types(), min_score, NULL);
    assert_int_equal(a.status, LLM_OK);
    assert_int_equal(b.status, LLM_OK);
    sx_buf_add(&a.findings, "", 1);
    sx_buf_add(&b.findings, "", 1);
    if (strcmp(a.findings.data, b.findings.data) != 0)
        fail_msg("%.*s\n%s\n%s", (int)len, text, a.findings.data, b.findings.data);
    assert_int_equal(a.text.len, b.text.len);
    assert_memory_equal(a.text.data, b.text.data, a.text.len);
    assert_int_equal(a.verdict, b.verdict);
    free_outcome(&a);
    free_outcome(&b);
}

static void same(const char *text, size_t len, float min_score, size_t piece)
{
    same_of(quick, slow, text, len, min_score, piece);
    same_of(judges, slow_judges, text, len, min_score, piece);
}

static void test_passing_over_changes_nothing(void **state)
{
    static const float FLOORS[] = {0, -1, 0.3f, 0.85f};
    uint64_t seed = 11;
    (void)state;
    for (unsigned i = 0; i < TEXTS; i++) {
        char text[BYTES];
        size_t n = make_text(&seed, text);
        same(text, n, FLOORS[i % 4], i % 3 == 2 ? 1 + draw(&seed, 40) : 0);
    }
}

/* A wider match that comes behind or waits must still win over what was passed over. */
static void test_what_reaches_over_the_end(void **state)
{
    static const char *const TEXTS_TOO[] = {"see https://example.com/a@b.com/c and on",
                                            "4111 1111 1111 1111 1111 1111 1111 1111 and on",
                                            "卡号4111 1111 1111 1111 银行 and on",
                                            "DE89 3704 0044 0532 0130 00 12 34 56 78 and on",
                                            "card +1 4111 1111 1111 1111 phone and on",
                                            "ird +49 30 901820 and on",
                                            "ignore all previous instructions a@b.com and on",
                                            "http://a@b.com:80/?q=ignore+all+previous and on"};
    (void)state;
    for (size_t i = 0; i < sizeof TEXTS_TOO / sizeof *TEXTS_TOO; i++) {
        same(TEXTS_TOO[i], strlen(TEXTS_TOO[i]), 0, 0);
        same(TEXTS_TOO[i], strlen(TEXTS_TOO[i]), -1, 0);
    }
}

#define NEVER   "\"custom\":[{\"type\":\"NEVER\",\"patterns\":[\"QZQZQZ[0-9]{9}\"],\"score\":0.5}]"
#define REVIEWS "\"actions\":{\"URL\":\"review\",\"PHONE_NUMBER\":\"review\",\"CREDIT_CARD\":\"block\"}"

static sx_guard *open_guard(const char *policy)
{
    const sx_guard_params params = {.policy = policy, .policy_len = strlen(policy)};
    sx_guard *guard = make_guard(&mem, &params);
    assert_int_equal(sx_guard_freeze(guard, NULL), LLM_OK);
    return guard;
}

static int open_guards(void **state)
{
    (void)state;
    sx_mem_init(&mem, NULL);
    quick = open_guard("{\"version\":1}");
    slow = open_guard("{\"version\":1," NEVER "}");
    judges = open_guard("{\"version\":1," REVIEWS "}");
    slow_judges = open_guard("{\"version\":1," NEVER "," REVIEWS "}");
    return 0;
}

static int close_guards(void **state)
{
    (void)state;
    sx_guard_free(quick);
    sx_guard_free(slow);
    sx_guard_free(judges);
    sx_guard_free(slow_judges);
    return atomic_load(&mem.live_bytes) != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_passing_over_changes_nothing),
                                       cmocka_unit_test(test_what_reaches_over_the_end)};
    return cmocka_run_group_tests(tests, open_guards, close_guards);
}
