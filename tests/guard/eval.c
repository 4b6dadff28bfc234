/* The guard over labelled texts from $SEXTANT_SHARED/bench/guard, scored as its harness does: exact spans per type. Skips
 * without the data. With a file's name and a type as arguments it prints what went wrong there. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "guard/guard.h"

typedef struct span {
    const char *type;
    uint64_t start, end;
} span;

enum { SPANS = 256 };

typedef struct counts {
    char type[64];
    unsigned hit, extra, missed;
} counts;

typedef struct eval {
    sx_mem mem;
    sx_guard *guard;
    counts per[SPANS];
    unsigned types;
    const char *show; /* type whose errors are printed, "" for all */
    bool shown;
} eval;

static const char *folder;
static int failures;

static const char *alias(const char *type)
{
    static const char *const PAIRS[][2] = {{"GPE", "LOCATION"},     {"STREET_ADDRESS", "ADDRESS"},
                                           {"ZIP_CODE", "ADDRESS"}, {"CN_ADDRESS", "ADDRESS"},
                                           {"DOMAIN_NAME", "URL"},  {"PREFIX", "TITLE"}};
    for (size_t i = 0; i < sizeof PAIRS / sizeof PAIRS[0]; i++) {
        if (strcmp(type, PAIRS[i][0]) == 0) return PAIRS[i][1];
    }
    return type;
}

static counts *count_of(eval *e, const char *type)
{
    for (unsigned i = 0; i < e->types; i++) {
        if (strcmp(e->per[i].type, type) == 0) return &e->per[i];
    }
    snprintf(e->per[e->types].type, sizeof e->per[0].type, "%s", type);
    return &e->per[e->types++];
}

static bool known(const char *type)
{
    for (uint32_t i = 0; sx_guard_type(i) != NULL; i++) {
        if (strcmp(sx_guard_type(i), type) == 0) return true;
    }
    return false;
}

/* The row's text through a filter, in the pieces that the row asks for; the findings' spans, or SPANS + 1 on an error. */
static unsigned check(eval *e, const char *text, size_t len, const char *types, float min_score, json_t *pieces,
                      span *got, sx_buf *out, uint32_t *action)
{
    sx_filter *f = NULL;
    llm_error err = LLM_ERROR_INIT;
    sx_check_params p = {.types = types, .min_score = min_score};
    llm_status status = sx_filter_open(&f, &e->mem, e->guard, &p, &err);
    size_t at = 0;
    for (size_t i = 0; status == LLM_OK && pieces != NULL && at < len; i++) {
        size_t n = json_is_array(pieces) ? (size_t)json_integer_value(json_array_get(pieces, i)) : 1;
        if (n == 0 || n > len - at) n = len - at;
        status = sx_filter_feed(f, text + at, n, out, &err);
        at += n;
    }
    if (status == LLM_OK && at < len) status = sx_filter_feed(f, text + at, len - at, out, &err);
    if (status == LLM_OK) status = sx_filter_finish(f, out, &err);
    uint32_t n = 0;
    if (status != LLM_OK) {
        printf("  error: %s\n", err.message);
        failures++;
        n = SPANS + 1;
    } else {
        const sx_finding *found = sx_filter_findings(f, &n);
        if (action != NULL) *action = sx_filter_action(f);
        if (n > SPANS) n = SPANS;
        for (uint32_t i = 0; i < n; i++) got[i] = (span){alias(found[i].type), found[i].start, found[i].end};
    }
    sx_filter_close(f);
    return n;
}

static unsigned expected(json_t *row, span *want)
{
    unsigned n = 0;
    size_t i;
    json_t *x;
    json_array_foreach(json_object_get(row, "expected"), i, x)
    {
        span s = {alias(json_string_value(json_object_get(x, "type"))),
                  (uint64_t)json_integer_value(json_object_get(x, "start")),
                  (uint64_t)json_integer_value(json_object_get(x, "end"))};
        bool seen = false;
        for (unsigned k = 0; k < n; k++)
            seen = seen || (want[k].start == s.start && want[k].end == s.end && !strcmp(want[k].type, s.type));
        if (!seen && n < SPANS) want[n++] = s;
    }
    return n;
}

static bool has(const span *v, unsigned n, const span *s)
{
    for (unsigned i = 0; i < n; i++) {
        if (v[i].start == s->start && v[i].end == s->end && strcmp(v[i].type, s->type) == 0) return true;
    }
    return false;
}

static void complain(const eval *e, const char *what, json_t *row, const span *s)
{
    const char *text = json_string_value(json_object_get(row, "text"));
    if (e->show == NULL || (*e->show != 0 && strcmp(e->show, s->type) != 0)) return;
    printf("  %s %s %s [%.*s] in: %.200s\n", what, json_string_value(json_object_get(row, "id")), s->type,
           (int)(s->end - s->start), text + s->start, text);
}

static void score(eval *e, json_t *row, const span *got, unsigned got_n, const span *want, unsigned want_n,
                  bool (*keep)(json_t *row, const char *type))
{
    for (unsigned i = 0; i < want_n; i++) {
        if (!keep(row, want[i].type)) continue;
        bool ok = has(got, got_n, &want[i]);
        counts *c = count_of(e, want[i].type);
        if (ok)
            c->hit++;
        else
            c->missed++, complain(e, "missed", row, &want[i]);
    }
    for (unsigned i = 0; i < got_n; i++) {
        if (!keep(row, got[i].type) || has(want, want_n, &got[i])) continue;
        count_of(e, got[i].type)->extra++;
        complain(e, "extra ", row, &got[i]);
    }
}

static double f1(unsigned hit, unsigned extra, unsigned missed)
{
    return hit == 0 ? (extra + missed == 0) : 2.0 * hit / (2.0 * hit + extra + missed);
}

static double report(eval *e, const char *name)
{
    counts all = {0};
    printf("%s\n", name);
    for (unsigned i = 0; i < e->types; i++) {
        counts *c = &e->per[i];
        all.hit += c->hit;
        all.extra += c->extra;
        all.missed += c->missed;
        double f = f1(c->hit, c->extra, c->missed);
        if (f < 0.995)
            printf("    %-28s F1 %.3f  hit %u extra %u missed %u\n", c->type, f, c->hit, c->extra, c->missed);
    }
    double f = f1(all.hit, all.extra, all.missed);
    printf("  all: F1 %.3f  hit %u extra %u missed %u\n", f, all.hit, all.extra, all.missed);
    e->types = 0;
    memset(e->per, 0, sizeof e->per);
    return f;
}

static FILE *open_data(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/bench/guard/%s.jsonl", folder, name);
    return fopen(path, "rb");
}

static json_t *next_row(FILE *in)
{
    return json_loadf(in, JSON_DISABLE_EOF_CHECK, NULL);
}

static bool keep_entity(json_t *row, const char *type)
{
    return strcmp(type, alias(json_string_value(json_object_get(row, "entity")))) == 0;
}

static bool keep_pattern(json_t *row, const char *type)
{
    static const char *const SKIP[] = {"PERSON", "LOCATION", "ORGANIZATION", "ADDRESS", "NRP", "TITLE", "AGE"};
    static const char *const HAVE[] = {"CREDIT_CARD", "DATE_TIME",  "PHONE_NUMBER", "EMAIL_ADDRESS",    "URL",
                                       "IBAN_CODE",   "IP_ADDRESS", "US_SSN",       "US_DRIVER_LICENSE"};
    (void)row;
    for (size_t i = 0; i < sizeof SKIP / sizeof SKIP[0]; i++) {
        if (strcmp(type, SKIP[i]) == 0) return false;
    }
    for (size_t i = 0; i < sizeof HAVE / sizeof HAVE[0]; i++) {
        if (strcmp(type, HAVE[i]) == 0) return true;
    }
    return false;
}

static bool keep_known(json_t *row, const char *type)
{
    static const char *const LEARNED[] = {"PERSON",       "ADDRESS", "DATE_TIME", "LOCATION",
                                          "ORGANIZATION", "AGE",     "NRP",       "TITLE"};
    (void)row;
    for (size_t i = 0; i < sizeof LEARNED / sizeof LEARNED[0]; i++) {
        if (strcmp(type, LEARNED[i]) == 0) return false;
    }
    return true;
}

/* kind 0: one type asked without a threshold; 1: patterns of the synthetic sets; 2: Chinese positives */
static double spans_of(eval *e, const char *name, int kind)
{
    FILE *in = open_data(name);
    json_t *row;
    unsigned alarms = 0, negatives = 0;
    if (in == NULL) return 0;
    while ((row = next_row(in)) != NULL) {
        const char *text = json_string_value(json_object_get(row, "text"));
        const char *entity = json_string_value(json_object_get(row, "entity")),
                   *label = json_string_value(json_object_get(row, "label"));
        char types[80] = {0};
        span got[SPANS], want[SPANS];
        sx_buf out;
        sx_buf_init(&out, &e->mem, 0);
        if (kind == 0) snprintf(types, sizeof types - 1, "%s", entity);
        unsigned want_n = expected(row, want), got_n = 0;
        if (kind != 0 || known(entity))
            got_n = check(e, text, strlen(text), kind == 0 ? types : NULL, kind == 0 ? -1.0f : 0, NULL, got, &out,
                          NULL);
        if (kind == 2 && strcmp(label, "positive") != 0) {
            negatives++;
            bool fired = false;
            for (unsigned i = 0; i < got_n; i++) {
                if (strcmp(got[i].type, alias(entity)) != 0) continue;
                fired = true;
                complain(e, "alarm ", row, &got[i]);
            }
            alarms += fired;
        } else {
            score(e, row, got, got_n, want, want_n, kind == 0 ? keep_entity : kind == 1 ? keep_pattern : keep_known);
        }
        sx_buf_free(&out);
        json_decref(row);
    }
    fclose(in);
    double f = report(e, name);
    if (kind == 2) printf("  false alarms %u of %u\n", alarms, negatives);
    return f;
}

static bool stream(eval *e)
{
    FILE *in = open_data("stream");
    json_t *row;
    unsigned rows = 0, text_ok = 0, spans_ok = 0;
    if (in == NULL) return true;
    while ((row = next_row(in)) != NULL) {
        const char *text = json_string_value(json_object_get(row, "text"));
        const char *redacted = json_string_value(json_object_get(row, "expected_redacted"));
        char types[512] = {0};
        size_t used = 0, i;
        json_t *t;
        json_array_foreach(json_object_get(row, "types"), i, t)
            used += (size_t)snprintf(types + used, sizeof types - used - 1, "%s", json_string_value(t)) + 1;
        span got[SPANS], want[SPANS];
        sx_buf out;
        sx_buf_init(&out, &e->mem, 0);
        unsigned got_n = check(e, text, strlen(text), types, 0, json_object_get(row, "chunk_bytes"), got, &out, NULL);
        unsigned want_n = expected(row, want);
        bool same = got_n == want_n, text_same = strcmp(sx_buf_cstr(&out), redacted) == 0;
        for (unsigned k = 0; same && k < got_n; k++) same = has(want, want_n, &got[k]);
        rows++;
        text_ok += text_same;
        spans_ok += same;
        if ((!same || !text_same) && e->show != NULL)
            printf("  %s\n--- wanted\n%s\n--- got\n%s\n", json_string_value(json_object_get(row, "id")), redacted,
                   sx_buf_cstr(&out));
        sx_buf_free(&out);
        json_decref(row);
    }
    fclose(in);
    printf("stream: text %u/%u  spans %u/%u\n", text_ok, rows, spans_ok, rows);
    return text_ok == rows && spans_ok == rows;
}

/* A labelled set that asks yes or no; recall and false alarms. */
static void yes_no(eval *e, const char *name, const char *type, bool spans, double *recall, double *alarms)
{
    FILE *in = open_data(name);
    json_t *row;
    unsigned pos = 0, neg = 0, hit = 0, extra = 0;
    *recall = 1;
    *alarms = 0;
    if (in == NULL) return;
    while ((row = next_row(in)) != NULL) {
        json_t *scored = json_object_get(row, "scored");
        const char *text = json_string_value(json_object_get(row, "text"));
        if (scored == NULL || json_is_true(scored)) {
            span got[SPANS];
            sx_buf out;
            uint32_t action = 0;
            char types[80] = {0};
            if (type != NULL) snprintf(types, sizeof types - 1, "%s", type);
            sx_buf_init(&out, &e->mem, 0);
            unsigned n = check(e, text, strlen(text), type != NULL ? types : NULL, 0, NULL, got, &out, &action);
            bool want = spans ? json_array_size(json_object_get(row, "expected")) > 0
                              : json_integer_value(json_object_get(row, "label")) > 0;
            bool fired = type != NULL && n > 0;
            for (unsigned i = 0; type == NULL && i < n; i++)
                fired = fired || strcmp(got[i].type, "PROMPT_INJECTION") == 0 || strcmp(got[i].type, "JAILBREAK") == 0;
            if (type == NULL) fired = fired && action >= LLM_VERDICT_REVIEW;
            pos += want;
            neg += !want;
            hit += want && fired;
            extra += !want && fired;
            if (want != fired && e->show != NULL)
                printf("  %s %s %s: %.300s\n", want ? "missed" : "alarm ",
                       json_string_value(json_object_get(row, "id")),
                       json_string_value(json_object_get(row, json_object_get(row, "rule") ? "rule" : "kind")), text);
            sx_buf_free(&out);
        }
        json_decref(row);
    }
    fclose(in);
    *recall = pos ? (double)hit / pos : 1;
    *alarms = neg ? (double)extra / neg : 0;
    printf("%s: recall %.3f (%u/%u)  false alarms %.3f (%u/%u)  F1 %.3f\n", name, *recall, hit, pos, *alarms, extra,
           neg, f1(hit, extra, pos - hit));
}

static llm_status add_words(eval *e)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/bench/guard/blocklist_words.json", folder);
    json_t *all = json_load_file(path, 0, NULL), *word;
    size_t i;
    llm_status status = LLM_OK;
    const char *const LISTS[] = {"zh", "en"};
    for (unsigned k = 0; k < 2; k++) {
        json_array_foreach(json_object_get(all, LISTS[k]), i, word)
        {
            if (status == LLM_OK)
                status = sx_guard_add_word(e->guard, json_string_value(word), json_string_length(word), NULL);
        }
    }
    json_decref(all);
    return status;
}

static void want(double figure, double bar, const char *what)
{
    if (figure >= bar) return;
    printf("BELOW ITS BAR: %s is %.3f, not %.3f\n", what, figure, bar);
    failures++;
}

int main(int argc, char **argv)
{
    eval e = {.show = NULL};
    double recall, alarms;
    const char *only = argc > 1 ? argv[1] : NULL;
    folder = getenv("SEXTANT_SHARED");
    FILE *probe = folder != NULL ? open_data("stream") : NULL;
    if (probe == NULL) {
        puts("skipped: no labelled texts (SEXTANT_SHARED)");
        return 0;
    }
    fclose(probe);
    if (argc > 1) e.show = argc > 2 ? argv[2] : "";
    sx_mem_init(&e.mem, NULL);
    llm_error err = LLM_ERROR_INIT;
    if (sx_guard_create(&e.guard, &e.mem, NULL, &err) != LLM_OK || add_words(&e) != LLM_OK ||
        sx_guard_freeze(e.guard, &err) != LLM_OK) {
        printf("no guard: %s\n", err.message);
        return 1;
    }
#define WANTED(name) (only == NULL || strcmp(only, name) == 0)
    if (WANTED("pii_presidio")) want(spans_of(&e, "pii_presidio", 0), 0.98, "pii_presidio");
    if (WANTED("pii_synth_v2")) want(spans_of(&e, "pii_synth_v2", 1), 0.92, "pii_synth_v2");
    if (WANTED("pii_synth_large")) want(spans_of(&e, "pii_synth_large", 1), 0.92, "pii_synth_large");
    if (WANTED("pii_zh")) want(spans_of(&e, "pii_zh", 2), 0.97, "pii_zh");
    if (WANTED("blocklist")) {
        yes_no(&e, "blocklist", "BLOCKED", true, &recall, &alarms);
        want(recall, 0.95, "blocklist recall");
    }
    if (WANTED("secrets") && known("SECRET")) yes_no(&e, "secrets", "SECRET", false, &recall, &alarms);
    if (WANTED("injection") && known("PROMPT_INJECTION")) yes_no(&e, "injection", NULL, false, &recall, &alarms);
    if (WANTED("stream")) want(stream(&e), 1, "stream");
    sx_guard_free(e.guard);
    return failures != 0;
}
