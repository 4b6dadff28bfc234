/* Policies through the public calls: JSON, reloading under running checks, what the host adds. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "fixture.h"

static llm_guard *guard_of(const char *policy, llm_guard *like)
{
    llm_guard_opts opts = LLM_GUARD_OPTS_INIT;
    llm_guard *guard = NULL;
    llm_error err = LLM_ERROR_INIT;
    opts.policy = policy;
    opts.policy_len = policy ? strlen(policy) : 0;
    opts.like = like;
    if (llm_guard_create(&guard, &opts, &err) != LLM_OK) fail_msg("%s", err.message);
    return guard;
}

static llm_ctx *ctx_of(llm_guard *guard)
{
    llm_ctx *ctx = NULL;
    llm_error err = LLM_ERROR_INIT;
    if (llm_ctx_create(&ctx, NULL, NULL, guard, NULL, &err) != LLM_OK) fail_msg("%s", err.message);
    llm_guard_free(guard);
    return ctx;
}

/* Whole and in pieces of every small length: the same text. */
static void gives(llm_ctx *ctx, const char *text, const char *want)
{
    llm_verdict *v = NULL;
    if (llm_guard_check(ctx, text, strlen(text), NULL, &v) != LLM_OK) fail_msg("%s", llm_ctx_errmsg(ctx));
    assert_string_equal(llm_verdict_text(v), want);
    llm_verdict_free(v);
    for (size_t step = 1; step < 8; step += 3) {
        char joined[600] = "";
        llm_guard_stream *s = NULL;
        assert_int_equal(llm_guard_open(ctx, NULL, &s), LLM_OK);
        for (size_t at = 0; at < strlen(text); at += step) {
            assert_int_equal(llm_guard_feed(s, text + at, strlen(text) - at < step ? strlen(text) - at : step), LLM_OK);
            strncat(joined, llm_guard_text(s), sizeof joined - strlen(joined) - 1);
        }
        assert_int_equal(llm_guard_finish(s), LLM_OK);
        strncat(joined, llm_guard_text(s), sizeof joined - strlen(joined) - 1);
        assert_string_equal(joined, want);
        llm_guard_close(s);
    }
}

static void labels_outlive_a_reload(void **state)
{
    (void)state;
    llm_guard *guard = guard_of("{\"custom\":[{\"type\":\"CODE\",\"patterns\":[\"X\\\\d{3}\"]}],"
                                "\"rules\":[{\"types\":\"CODE\",\"action\":\"remove\",\"label\":\"inner\"}]}",
                                NULL);
    llm_ctx *ctx = NULL;
    llm_error err = LLM_ERROR_INIT;
    llm_verdict *v = NULL;
    llm_guard_stream *s = NULL;
    assert_int_equal(llm_ctx_create(&ctx, NULL, NULL, guard, NULL, &err), LLM_OK);
    assert_int_equal(llm_guard_check(ctx, "a X123 b", 8, NULL, &v), LLM_OK);
    assert_int_equal(llm_guard_open(ctx, NULL, &s), LLM_OK);
    assert_int_equal(llm_guard_feed(s, "X1", 2), LLM_OK);
    assert_int_equal(llm_guard_reload(guard, "{\"default\":\"mask\"}", 18, &err), LLM_OK);
    assert_int_equal(llm_guard_set_action(guard, "URL", LLM_DIR_ALL, LLM_ACTION_MASK, &err), LLM_E_BUSY);
    assert_string_equal(llm_verdict_type(v, 0), "CODE");
    assert_string_equal(llm_verdict_label(v, 0), "inner");
    assert_string_equal(llm_verdict_label(v, 7), "");
    llm_verdict_free(v);
    assert_int_equal(llm_guard_feed(s, "23 c", 4), LLM_OK); /* a stream ends as it began */
    assert_int_equal(llm_guard_finish(s), LLM_OK);
    assert_string_equal(llm_verdict_type(llm_guard_verdict(s), 0), "CODE");
    llm_guard_close(s);
    gives(ctx, "X123 jo@ab.org", "X123 ****b*org");
    assert_int_equal(llm_guard_reload(guard, "{\"default\":\"eat\"}", 17, &err), LLM_E_FORMAT);
    assert_non_null(strstr(err.message, "column 12"));
    gives(ctx, "jo@ab.org", "****b*org"); /* the old one stands */
    const char *allow = "{\"allow\":[{\"pattern\":\"[a-z]+@ab.org\"}]}", *bad = "{\"allow\":[{\"pattern\":\"[a-z\"}]}";
    assert_int_equal(llm_guard_reload(guard, allow, strlen(allow), &err), LLM_OK);
    gives(ctx, "jo@ab.org jo@ab.orga", "jo@ab.org <EMAIL_ADDRESS>");
    assert_int_equal(llm_guard_reload(guard, bad, strlen(bad), &err), LLM_E_FORMAT);
    assert_non_null(strstr(err.message, "at /allow/0/pattern"));
    gives(ctx, "jo@ab.org", "jo@ab.org");
    llm_guard_free(guard);
    llm_ctx_free(ctx);
}

typedef struct swarm {
    llm_guard *guard;
    atomic_bool stop;
    atomic_int wrong;
} swarm;

static void *check_on(void *user)
{
    swarm *s = user;
    llm_ctx *ctx = NULL;
    llm_error err = LLM_ERROR_INIT;
    if (llm_ctx_create(&ctx, NULL, NULL, s->guard, NULL, &err) != LLM_OK) atomic_fetch_add(&s->wrong, 1);
    while (!atomic_load(&s->stop) && atomic_load(&s->wrong) == 0) {
        llm_verdict *v = NULL;
        if (llm_guard_check(ctx, "to A123 now", 11, NULL, &v) != LLM_OK) {
            atomic_fetch_add(&s->wrong, 1);
            break;
        }
        /* one policy or the other, never a mixture */
        const char *text = llm_verdict_text(v), *label = llm_verdict_label(v, 0);
        bool first = strcmp(text, "to <A> now") == 0 && strcmp(label, "one") == 0;
        bool second = strcmp(text, "to  now") == 0 && strcmp(label, "two") == 0;
        if (!first && !second) atomic_fetch_add(&s->wrong, 1);
        llm_verdict_free(v);
    }
    llm_ctx_free(ctx);
    return NULL;
}

static void a_reload_swaps_whole_policies_under_running_checks(void **state)
{
    (void)state;
    static const char *const POLICIES[] = {
        "{\"types\":[\"A\"],\"custom\":[{\"type\":\"A\",\"patterns\":[\"A\\\\d+\"]}],"
        "\"rules\":[{\"types\":\"A\",\"action\":\"replace\",\"label\":\"one\"}]}",
        "{\"types\":[\"A\"],\"custom\":[{\"type\":\"A\",\"patterns\":[\"A[0-9]+\"]}],"
        "\"rules\":[{\"types\":\"A\",\"action\":\"remove\",\"label\":\"two\"}]}"};
    swarm s = {.guard = guard_of(POLICIES[0], NULL)};
    pthread_t threads[2];
    llm_error err = LLM_ERROR_INIT;
    for (int i = 0; i < 2; i++) assert_int_equal(pthread_create(&threads[i], NULL, check_on, &s), 0);
    for (int i = 1; i <= 100; i++)
        assert_int_equal(llm_guard_reload(s.guard, POLICIES[i % 2], strlen(POLICIES[i % 2]), &err), LLM_OK);
    atomic_store(&s.stop, true);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&s.wrong), 0);
    llm_guard_free(s.guard);
}

/* Reports each "zz" of the window; may be told to fail or to answer nonsense. */
typedef struct finder {
    llm_status status;
    uint64_t beyond;
} finder;

static llm_status find_zz(void *user, llm_window *w)
{
    const finder *f = user;
    assert_int_equal(w->struct_size, sizeof *w);
    for (size_t i = 0; i + 1 < w->len; i++) {
        if (w->text[i] != 'z' || w->text[i + 1] != 'z' || w->count >= w->capacity) continue;
        w->spans[w->count++] = (llm_span){i, i + 2 + f->beyond, 0.9};
    }
    return f->status;
}

static llm_status with_finder(llm_guard *guard, finder *f, uint32_t max_span)
{
    llm_recogniser r = {(uint32_t)sizeof r, max_span, "DOUBLE_Z", "zz", find_zz, f};
    return llm_guard_add_recogniser(guard, &r, NULL);
}

static void a_recogniser_of_the_hosts_works_in_streams(void **state)
{
    (void)state;
    finder f = {LLM_OK, 0};
    llm_guard *guard = guard_of("{\"custom\":[{\"type\":\"DOUBLE_Z\"}],\"actions\":{\"DOUBLE_Z\":\"mask\"}}", NULL);
    assert_int_equal(with_finder(guard, &f, 0), LLM_E_INVALID);
    assert_int_equal(with_finder(guard, &f, 5), LLM_OK);
    llm_ctx *ctx = ctx_of(guard);
    gives(ctx, "zz buzz, jo@example.org: fizz und 青青青青zz青青 pizza und zz",
          "** bu**, <EMAIL_ADDRESS>: fi** und 青青青青**青青 pi**a und **");
    gives(ctx, "", "");
    llm_verdict *v = NULL;
    assert_int_equal(llm_guard_check(ctx, "a zz", 4, NULL, &v), LLM_OK);
    assert_string_equal(llm_verdict_rule(v, 0), "zz");
    llm_verdict_free(v);
    f.beyond = 40; /* longer than it declared */
    assert_int_equal(llm_guard_check(ctx, "a zz and more and more and more and more and more", 49, NULL, &v),
                     LLM_E_USER);
    assert_null(v);
    f = (finder){-77, 0};
    assert_int_equal(llm_guard_check(ctx, "harmless", 8, NULL, &v), -77);
    assert_non_null(strstr(llm_ctx_errmsg(ctx), "nothing is released"));
    llm_guard_stream *s = NULL;
    assert_int_equal(llm_guard_open(ctx, NULL, &s), LLM_OK);
    assert_int_equal(llm_guard_feed(s, "harmless and long enough", 24), -77);
    assert_int_equal(llm_guard_text_len(s), 0);
    assert_int_equal(llm_guard_feed(s, "more", 4), -77);
    llm_guard_close(s);
    llm_ctx_free(ctx);
}

static uint32_t decide(void *user, const llm_review *r)
{
    uint32_t *calls = user;
    ++*calls;
    assert_true(r->start < r->end && r->end <= r->len);
    if (memchr(r->text + r->start, '!', (size_t)(r->end - r->start))) return LLM_ACTION_BLOCK;
    if (memchr(r->text + r->start, '?', (size_t)(r->end - r->start))) return 12345;
    return strcmp(r->label, "mild") == 0 ? LLM_ACTION_ALLOW : LLM_ACTION_REPLACE;
}

static void the_host_decides_reviews_while_the_text_waits(void **state)
{
    (void)state;
    uint32_t calls = 0;
    llm_guard *guard = guard_of(
        "{\"types\":[\"A\",\"B\",\"EMAIL_ADDRESS\"],\"custom\":[{\"type\":\"A\",\"inside_words\":true,"
        "\"patterns\":[\"<[^>]*>\"]},{\"type\":\"B\",\"patterns\":[\"b\\\\d\"]}],"
        "\"rules\":[{\"types\":\"A\",\"action\":\"review\",\"label\":\"wild\"},"
        "{\"types\":\"B\",\"action\":\"review\",\"label\":\"mild\"}]}",
        NULL);
    assert_int_equal(llm_guard_set_reviewer(guard, decide, &calls, NULL), LLM_OK);
    llm_ctx *ctx = ctx_of(guard);
    gives(ctx, "b1 <jo@example.org is here> end", "b1 <A> end"); /* what it covers takes in what it meets */
    assert_true(calls >= 8);
    static const char *const BLOCKED[] = {"one <stop!> two", "one <what?> two"}; /* told so, and no answer at all */
    for (unsigned i = 0; i < 2; i++) {
        llm_verdict *v = NULL;
        assert_int_equal(llm_guard_check(ctx, BLOCKED[i], strlen(BLOCKED[i]), NULL, &v), LLM_OK);
        assert_int_equal(llm_verdict_action(v), LLM_VERDICT_BLOCK);
        assert_string_equal(llm_verdict_text(v), "");
        llm_verdict_free(v);
    }
    llm_ctx_free(ctx);
}

static void without_a_reviewer_a_person_is_asked_for(void **state)
{
    (void)state;
    llm_ctx *ctx = ctx_of(guard_of("{\"actions\":{\"EMAIL_ADDRESS\":\"review\"}}", NULL));
    llm_verdict *v = NULL;
    assert_int_equal(llm_guard_check(ctx, "jo@example.org", 14, NULL, &v), LLM_OK);
    assert_int_equal(llm_verdict_action(v), LLM_VERDICT_REVIEW);
    assert_string_equal(llm_verdict_text(v), "jo@example.org");
    llm_verdict_free(v);
    llm_ctx_free(ctx);
}

static void guards_share_their_rules(void **state)
{
    (void)state;
    llm_guard *first = guard_of(NULL, NULL), *second = guard_of("{\"default\":\"remove\"}", first);
    llm_guard_free(first); /* what is shared stays */
    llm_ctx *ctx = ctx_of(second);
    gives(ctx, "to jo@example.org", "to ");
    llm_ctx_free(ctx);
}

static void presets_come_along(void **state)
{
    (void)state;
    uint32_t n = 0;
    while (llm_guard_preset_name(n)) {
        assert_non_null(strstr(llm_guard_preset_policy(n), "\"source\""));
        n++;
    }
    assert_int_equal(n, 4);
    assert_null(llm_guard_preset_policy(n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_outlive_a_reload),
        cmocka_unit_test(a_reload_swaps_whole_policies_under_running_checks),
        cmocka_unit_test(a_recogniser_of_the_hosts_works_in_streams),
        cmocka_unit_test(the_host_decides_reviews_while_the_text_waits),
        cmocka_unit_test(without_a_reviewer_a_person_is_asked_for),
        cmocka_unit_test(guards_share_their_rules),
        cmocka_unit_test(presets_come_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
