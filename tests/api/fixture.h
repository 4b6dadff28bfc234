/* A small corpus and a context on it, for tests of the public calls. */
#ifndef SX_TESTS_API_FIXTURE_H
#define SX_TESTS_API_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sextant.h"

static const char HANDBOOK[] =
    "# Staff handbook\n\n"
    "This handbook applies to all employees of Meridian Surveys.\n\n"
    "## 1. Leave\n\n"
    "### 1.1 Annual leave\n\n"
    "Employees receive 25 days of paid annual leave per calendar year. Unused leave lapses on 31 March of the next year.\n\n"
    "### 1.2 Sick leave\n\n"
    "A doctor's certificate is required from the third day of sickness.\n\n"
    "## 2. Contact\n\n"
    "Payroll questions go to payroll.desk@meridian-surveys.com at any time.\n\n"
    "## 3. Equipment\n\n"
    "Sextants and theodolites are returned to the instrument store on the day a survey ends.\n";

typedef struct fixture {
    llm_corpus *corpus;
    llm_ctx *ctx;
} fixture;

static inline fixture fixture_open(llm_guard *guard, uint32_t flags)
{
    fixture f = {NULL, NULL};
    llm_error err = LLM_ERROR_INIT;
    llm_ctx_opts opts = LLM_CTX_OPTS_INIT;
    opts.flags = flags;
    assert_int_equal(llm_corpus_open(&f.corpus, NULL, NULL, &err), LLM_OK);
    assert_int_equal(llm_ingest(f.corpus, "handbook.md", HANDBOOK, strlen(HANDBOOK), NULL, &err), LLM_OK);
    assert_int_equal(llm_ctx_create(&f.ctx, NULL, f.corpus, guard, &opts, &err), LLM_OK);
    return f;
}

static inline void fixture_close(fixture *f)
{
    llm_ctx_free(f->ctx);
    llm_corpus_free(f->corpus);
}

/* Retrieves and answers, reading the reply to its end. */
static inline llm_reply *ask(llm_ctx *ctx, const char *question, const llm_gen_opts *opts)
{
    llm_evidence *found = NULL;
    llm_reply *reply = NULL;
    assert_int_equal(llm_retrieve(ctx, question, strlen(question), NULL, &found), LLM_OK);
    assert_int_equal(llm_generate(ctx, question, strlen(question), found, opts, &reply), LLM_OK);
    llm_evidence_free(found);
    while (llm_reply_next(reply) == LLM_MORE) {}
    return reply;
}

#endif
