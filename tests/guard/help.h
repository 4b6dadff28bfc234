/* What the guard's tests share: a guard, a text through it whole or in pieces, findings as a line of text. */
#ifndef TESTS_GUARD_HELP_H
#define TESTS_GUARD_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guard/guard.h"

typedef struct outcome {
    llm_status status;
    sx_buf text;     /* released */
    sx_buf findings; /* "TYPE[start,end) " each */
    uint32_t verdict;
    size_t most_held;
} outcome;

static inline sx_guard *make_guard(sx_mem *mem, const sx_guard_params *params)
{
    sx_guard *g = NULL;
    llm_error err = LLM_ERROR_INIT;
    if (sx_guard_create(&g, mem, params, &err) != LLM_OK) fail_msg("%s", err.message);
    return g;
}

static inline void finish_outcome(outcome *o, sx_filter *f)
{
    uint32_t n;
    const sx_finding *found = sx_filter_findings(f, &n);
    for (uint32_t i = 0; i < n; i++)
        sx_buf_printf(&o->findings, "%s[%llu,%llu) ", found[i].type, (unsigned long long)found[i].start,
                      (unsigned long long)found[i].end);
    o->verdict = sx_filter_action(f);
}

/* pieces: lengths, 0 ends; NULL: whole. The last piece takes the rest. */
static inline outcome check_text(sx_mem *mem, const sx_guard *guard, const char *text, size_t len, const char *types,
                                 float min_score, const size_t *pieces)
{
    outcome o = {.status = LLM_OK};
    sx_check_params p = {.types = types, .min_score = min_score};
    sx_filter *f = NULL;
    sx_buf_init(&o.text, mem, 0);
    sx_buf_init(&o.findings, mem, 0);
    o.status = sx_filter_open(&f, mem, guard, &p, NULL);
    size_t at = 0;
    for (size_t i = 0; o.status == LLM_OK && pieces != NULL && pieces[i] != 0 && at < len; i++) {
        size_t n = pieces[i] < len - at ? pieces[i] : len - at;
        o.status = sx_filter_feed(f, text + at, n, &o.text, NULL);
        at += n;
    }
    if (o.status == LLM_OK) o.status = sx_filter_feed(f, text + at, len - at, &o.text, NULL);
    if (o.status == LLM_OK) o.status = sx_filter_finish(f, &o.text, NULL);
    if (f != NULL) finish_outcome(&o, f);
    sx_filter_close(f);
    return o;
}

static inline void free_outcome(outcome *o)
{
    sx_buf_free(&o->text);
    sx_buf_free(&o->findings);
}

/* The same random numbers on every machine. */
static inline uint32_t draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return below == 0 ? 0 : (uint32_t)(*seed >> 33) % below;
}

#endif
