#include <sextant.h>
#include <stdio.h>
#include <string.h>

static int fail(const char *what, const char *why) { fprintf(stderr, "%s: %s\n", what, why); return 1; }

int main(int argc, char **argv)                      // ask FILE QUESTION
{
    llm_error err = LLM_ERROR_INIT;
    llm_corpus *corpus = NULL;
    llm_ctx *ctx = NULL;
    llm_evidence *found = NULL;
    llm_reply *reply = NULL;
    if (argc != 3) return fail("usage", "ask FILE QUESTION");
    if (llm_corpus_open(&corpus, NULL, NULL, &err) ||                  // NULL path: in memory
        llm_ingest_file(corpus, argv[1], NULL, NULL, &err) ||
        llm_ctx_create(&ctx, NULL, corpus, NULL, NULL, &err))          // no model: an extractive answer
        return fail("open", err.message);
    if (llm_retrieve(ctx, argv[2], strlen(argv[2]), NULL, &found) ||
        llm_generate(ctx, argv[2], strlen(argv[2]), found, NULL, &reply))
        return fail("ask", llm_ctx_errmsg(ctx));
    while (llm_reply_next(reply) == LLM_MORE)
        fwrite(llm_reply_piece(reply), 1, llm_reply_piece_len(reply), stdout);
    for (uint32_t i = 0; i < llm_reply_citation_count(reply); i++)
        printf("\n[%s] %s", llm_reply_citation_node(reply, i), llm_reply_citation_text(reply, i));
    llm_reply_free(reply);
    llm_evidence_free(found);
    llm_ctx_free(ctx);
    llm_corpus_free(corpus);
    return 0;
}
