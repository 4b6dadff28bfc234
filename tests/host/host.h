/* What the host programs share: checks that name their line, loading the library through dlopen and its function table, and
 * one whole session of every part through that table. These programs link nothing of ours. */
#ifndef SX_TESTS_HOST_H
#define SX_TESTS_HOST_H

#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "sextant.h"

static inline void host_fail(const char *file, int line, const char *what, const char *why)
{
    fprintf(stderr, "%s:%d: %s%s%s\n", file, line, what, why && why[0] ? ": " : "", why ? why : "");
    _exit(1);
}

#define CHECK(cond)          ((cond) ? (void)0 : host_fail(__FILE__, __LINE__, "failed: " #cond, NULL))
#define CHECK_WHY(cond, why) ((cond) ? (void)0 : host_fail(__FILE__, __LINE__, "failed: " #cond, (why)))

enum { HOST_SKIP = 77 };

static const char HOST_DOC[] =
    "# Station log\n\n"
    "## 1. The instrument\n\n"
    "The sextant was built by Meridian Works in 1911. Its arc is divided to ten seconds.\n\n"
    "## 2. Keepers\n\n"
    "The keeper of the station is Ada Lindqvist, reached at ada.lindqvist@meridian-works.com or 212-555-0147.\n\n"
    "## 3. Storage\n\n"
    "The instrument is stored in the north tower. The key hangs in the harbour office.\n";

static inline const llm_api *host_load(const char *path, int flags, void **handle)
{
    *handle = dlopen(path, flags);
    CHECK_WHY(*handle != NULL, dlerror());
    void *symbol = dlsym(*handle, "llm_get_api");
    CHECK(symbol != NULL);
    const llm_api *(*get)(uint32_t);
    memcpy(&get, &symbol, sizeof get);
    const llm_api *api = get(1);
    CHECK(api != NULL && api->size >= sizeof(llm_api));
    return api;
}

static inline int host_count(const char *folder)
{
    DIR *dir = opendir(folder);
    CHECK(dir != NULL);
    int n = 0;
    for (struct dirent *e; (e = readdir(dir));) n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

static inline int host_threads(void)
{
    return host_count("/proc/self/task");
}

/* Reads a reply to its end; the pieces joined must be its text. */
static inline void host_drain(const llm_api *api, llm_ctx *ctx, llm_reply *reply)
{
    size_t joined = 0;
    llm_status status;
    while ((status = api->reply_next(reply)) == LLM_MORE) joined += api->reply_piece_len(reply);
    CHECK_WHY(status == LLM_OK, api->ctx_errmsg(ctx));
    CHECK(joined == api->reply_text_len(reply));
    CHECK(strlen(api->reply_text(reply)) == joined);
}

/* Every part once: tree, retrieval, an extractive answer with citations, the guard whole and in pieces, a vault; with a model
 * file also tokens and a generated text. path NULL: the corpus in memory. */
static inline void host_session(const llm_api *api, const char *corpus_path, const char *model_path)
{
    llm_error err;
    api->error_init(&err, sizeof err);
    llm_corpus *corpus = NULL;
    llm_ctx *ctx = NULL;
    llm_model *model = NULL;
    CHECK_WHY(api->corpus_open(&corpus, corpus_path, NULL, &err) == LLM_OK, err.message);
    CHECK_WHY(api->ingest(corpus, "log.md", HOST_DOC, strlen(HOST_DOC), NULL, &err) == LLM_OK, err.message);
    if (model_path) CHECK_WHY(api->model_load(&model, model_path, NULL, &err) == LLM_OK, err.message);

    unsigned char key[32] = {1, 2, 3};
    llm_vault *vault = NULL;
    llm_guard *guard = NULL;
    CHECK_WHY(api->vault_open(&vault, NULL, key, sizeof key, NULL, &err) == LLM_OK, err.message);
    CHECK_WHY(api->guard_create(&guard, NULL, &err) == LLM_OK, err.message);
    CHECK_WHY(api->guard_set_vault(guard, vault, &err) == LLM_OK, err.message);
    CHECK_WHY(api->guard_set_action(guard, "EMAIL_ADDRESS", LLM_DIR_INPUT, LLM_ACTION_PSEUDONYM, &err) == LLM_OK,
              err.message);
    CHECK_WHY(api->ctx_create(&ctx, NULL, corpus, guard, NULL, &err) == LLM_OK, err.message);

    llm_tree *tree = NULL;
    CHECK_WHY(api->tree_open(&tree, corpus, "log.md", &err) == LLM_OK, err.message);
    CHECK(api->tree_count(tree) > 5 && api->tree_text_len(tree) == strlen(HOST_DOC));
    api->tree_free(tree);

    const char *question = "Where is the instrument stored?";
    llm_evidence *found = NULL;
    llm_reply *reply = NULL;
    CHECK_WHY(api->retrieve(ctx, question, strlen(question), NULL, &found) == LLM_OK, api->ctx_errmsg(ctx));
    CHECK(api->evidence_count(found) > 0 && strstr(api->evidence_text(found, 0), "north tower"));
    llm_gen_opts opts;
    api->gen_opts_init(&opts, sizeof opts);
    opts.min_confidence = -1.0f;
    CHECK_WHY(api->generate(ctx, question, strlen(question), found, &opts, &reply) == LLM_OK, api->ctx_errmsg(ctx));
    host_drain(api, ctx, reply);
    CHECK(strstr(api->reply_text(reply), "north tower"));
    CHECK(api->reply_citation_count(reply) > 0);
    api->reply_free(reply);

    const char *text = "Write to ada.lindqvist@meridian-works.com today.";
    llm_verdict *verdict = NULL;
    CHECK_WHY(api->guard_check(ctx, text, strlen(text), NULL, &verdict) == LLM_OK, api->ctx_errmsg(ctx));
    CHECK(api->verdict_count(verdict) == 1 && !strstr(api->verdict_text(verdict), "ada.lindqvist"));
    char restored[128];
    int64_t n = api->vault_restore(vault, api->verdict_text(verdict), api->verdict_text_len(verdict), restored,
                                   sizeof restored, &err);
    CHECK(n == (int64_t)strlen(text) && memcmp(restored, text, strlen(text)) == 0);
    llm_guard_stream *stream = NULL;
    CHECK_WHY(api->guard_open(ctx, NULL, &stream) == LLM_OK, api->ctx_errmsg(ctx));
    char out[256];
    size_t out_len = 0;
    for (size_t i = 0; i < strlen(text); i++) {
        CHECK_WHY(api->guard_feed(stream, text + i, 1) == LLM_OK, api->ctx_errmsg(ctx));
        memcpy(out + out_len, api->guard_text(stream), api->guard_text_len(stream));
        out_len += api->guard_text_len(stream);
    }
    CHECK_WHY(api->guard_finish(stream) == LLM_OK, api->ctx_errmsg(ctx));
    memcpy(out + out_len, api->guard_text(stream), api->guard_text_len(stream));
    out_len += api->guard_text_len(stream);
    CHECK(out_len == api->verdict_text_len(verdict) && memcmp(out, api->verdict_text(verdict), out_len) == 0);
    api->guard_close(stream);
    api->verdict_free(verdict);

    if (model) {
        llm_ctx *speaker = NULL;
        CHECK_WHY(api->ctx_create(&speaker, model, NULL, NULL, NULL, &err) == LLM_OK, err.message);
        api->gen_opts_init(&opts, sizeof opts);
        opts.max_tokens = 12;
        opts.flags = LLM_GEN_IGNORE_EOS;
        CHECK_WHY(api->generate(speaker, "the tower", 9, NULL, &opts, &reply) == LLM_OK, api->ctx_errmsg(speaker));
        host_drain(api, speaker, reply);
        CHECK(api->reply_output_tokens(reply) == 12 && api->reply_finish(reply) == LLM_FINISH_LENGTH);
        api->reply_free(reply);
        api->ctx_free(speaker);
    }
    api->evidence_free(found);
    api->ctx_free(ctx);
    api->guard_free(guard);
    api->vault_free(vault);
    api->model_free(model);
    api->corpus_free(corpus);
}

#endif
