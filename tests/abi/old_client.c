/* A program of an earlier RELEASE ("0.1"): built with that release's header, run with today's library. It uses structs of the
 * sizes they had then, the table by its old length, and each of the four calls. */
#include <stdio.h>
#include <string.h>

#include "sextant.h"

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "old_client: %s: %s\n", what, why);
    return 1;
}

static int through_the_table(void)
{
    const llm_api *api = llm_get_api(LLM_API_LEVEL);
    if (!api || api->size < sizeof(llm_api)) return fail("llm_get_api", "the table of " RELEASE " is not there");
    llm_guard *guard = NULL;
    llm_guard_opts opts;
    llm_error err = LLM_ERROR_INIT;
    api->guard_opts_init(&opts, sizeof opts);
    opts.default_action = LLM_ACTION_MASK;
    if (api->guard_create(&guard, &opts, &err)) return fail("guard_create", err.message);
    llm_ctx *ctx = NULL;
    if (api->ctx_create(&ctx, NULL, NULL, guard, NULL, &err)) return fail("ctx_create", err.message);
    llm_verdict *verdict = NULL;
    const char *text = "Write to anna@example.org.";
    if (api->guard_check(ctx, text, strlen(text), NULL, &verdict)) return fail("guard_check", api->ctx_errmsg(ctx));
    int found = api->verdict_count(verdict) == 1 && strstr(api->verdict_text(verdict), "anna") == NULL;
    api->verdict_free(verdict);
    api->ctx_free(ctx);
    api->guard_free(guard);
    return found ? 0 : fail("guard_check", "the address was not masked");
}

int main(void)
{
    static const char doc[] = "# Hours\n\nThe harbour office opens at seven in the morning.\n";
    static const char question[] = "When does the harbour office open?";
    if (strncmp(LLM_VERSION, RELEASE ".", strlen(RELEASE ".")) != 0)
        return fail("the header", "it is not that of " RELEASE);
    llm_error err = LLM_ERROR_INIT;
    llm_corpus *corpus = NULL;
    llm_ctx *ctx = NULL;
    llm_evidence *found = NULL;
    llm_reply *reply = NULL;
    llm_corpus_opts corpus_opts = LLM_CORPUS_OPTS_INIT;
    llm_ingest_opts ingest_opts = LLM_INGEST_OPTS_INIT;
    llm_ctx_opts ctx_opts = LLM_CTX_OPTS_INIT;
    llm_retrieve_opts retrieve_opts = LLM_RETRIEVE_OPTS_INIT;
    llm_gen_opts gen_opts = LLM_GEN_OPTS_INIT;
    ingest_opts.format = LLM_FORMAT_MARKDOWN;
    retrieve_opts.top = 3;
    gen_opts.min_confidence = -1;
    if (llm_corpus_open(&corpus, NULL, &corpus_opts, &err) ||
        llm_ingest(corpus, "hours.md", doc, strlen(doc), &ingest_opts, &err) ||
        llm_ctx_create(&ctx, NULL, corpus, NULL, &ctx_opts, &err))
        return fail("open", err.message);
    if (llm_retrieve(ctx, question, strlen(question), &retrieve_opts, &found) ||
        llm_generate(ctx, question, strlen(question), found, &gen_opts, &reply))
        return fail("ask", llm_ctx_errmsg(ctx));
    while (llm_reply_next(reply) == LLM_MORE) continue;
    int right = strstr(llm_reply_text(reply), "seven in the morning") && llm_reply_citation_count(reply) == 1;
    llm_reply_free(reply);
    llm_evidence_free(found);
    llm_ctx_free(ctx);
    llm_corpus_free(corpus);
    return right ? through_the_table() : fail("ask", "another answer than the document's");
}
