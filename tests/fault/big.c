/* A document of 100 MB: it is taken whole, a sentence in its middle is found and its span is right; a document over the
 * corpus's own limit is refused with a sentence that names the limit.   big MEGABYTES */
#include "../host/host.h"

int main(int argc, char **argv)
{
    if (argc != 2) return 2;
    const size_t len = (size_t)atoi(argv[1]) * 1000000, middle = len / 2;
    char *text = malloc(len + 1);
    CHECK(text != NULL);
    uint64_t seed = 3;
    size_t at = 0, words = 0;
    const char *needle = "The lighthouse keeper Tobias Wrenfield paints the zephyr gauge every winter. ";
    size_t needle_at = 0;
    while (at < len) {
        if (!needle_at && at > middle) {
            needle_at = at;
            at += (size_t)snprintf(text + at, len - at, "%s", needle);
        }
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        unsigned letters = 2 + (unsigned)(seed >> 60);
        for (unsigned i = 0; i < letters && at < len; i++) text[at++] = (char)('a' + (seed >> (i * 3 % 40)) % 21);
        words++;
        if (at < len) text[at++] = ' ';
        if (words % 12 == 0 && at > 1 && at + 1 < len) text[at - 1] = '.', text[at++] = words % 96 == 0 ? '\n' : ' ';
        if (words % 96 == 0 && at < len) text[at++] = '\n';
    }
    llm_corpus *corpus = NULL;
    llm_ctx *ctx = NULL;
    llm_evidence *found = NULL;
    llm_error err = LLM_ERROR_INIT;
    CHECK(llm_corpus_open(&corpus, NULL, NULL, &err) == LLM_OK);
    CHECK_WHY(llm_ingest(corpus, "big.txt", text, len, NULL, &err) == LLM_OK, err.message);
    CHECK(llm_ctx_create(&ctx, NULL, corpus, NULL, NULL, &err) == LLM_OK);
    const char *question = "Who paints the zephyr gauge?";
    CHECK_WHY(llm_retrieve(ctx, question, strlen(question), NULL, &found) == LLM_OK, llm_ctx_errmsg(ctx));
    CHECK(llm_evidence_count(found) > 0);
    uint64_t start = llm_evidence_start(found, 0), end = llm_evidence_end(found, 0);
    CHECK(start <= needle_at && end >= needle_at + 70 && end <= len);
    CHECK(memcmp(llm_evidence_text(found, 0), text + start, end - start) == 0);
    llm_evidence_free(found);
    llm_ctx_free(ctx);
    llm_corpus_free(corpus);

    llm_corpus_opts opts = LLM_CORPUS_OPTS_INIT;
    opts.max_doc_bytes = 1000000;
    CHECK(llm_corpus_open(&corpus, NULL, &opts, &err) == LLM_OK);
    CHECK(llm_ingest(corpus, "big.txt", text, len, NULL, &err) == LLM_E_LIMIT);
    CHECK_WHY(strstr(err.message, "1000000"), err.message);
    llm_corpus_free(corpus);
    free(text);
    printf("%zu bytes, %zu words\n", len, words);
    return 0;
}
