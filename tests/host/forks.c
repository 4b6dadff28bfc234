/* fork(): every handle made before it answers LLM_E_FORK in the child and its free function does nothing there; new handles
 * work in the child; the parent's go on as if nothing had been.   forks LIBRARY MODEL FOLDER */
#include "host.h"

#include <sys/wait.h>

typedef struct handles {
    llm_corpus *corpus;
    llm_model *model;
    llm_ctx *ctx;
    llm_guard *guard;
    llm_vault *vault;
    llm_evidence *evidence;
    llm_reply *reply;
    llm_guard_stream *stream;
    llm_tree *tree;
} handles;

static void make(const llm_api *api, handles *h, const char *corpus, const char *model)
{
    const unsigned char key[32] = {9};
    llm_error err;
    api->error_init(&err, sizeof err);
    CHECK_WHY(api->corpus_open(&h->corpus, corpus, NULL, &err) == LLM_OK, err.message);
    CHECK(api->ingest(h->corpus, "log.md", HOST_DOC, strlen(HOST_DOC), NULL, NULL) == LLM_OK);
    llm_model_opts opts;
    api->model_opts_init(&opts, sizeof opts);
    opts.threads = 2;
    CHECK_WHY(api->model_load(&h->model, model, &opts, &err) == LLM_OK, err.message);
    CHECK(api->guard_create(&h->guard, NULL, NULL) == LLM_OK);
    CHECK(api->vault_open(&h->vault, NULL, key, sizeof key, NULL, NULL) == LLM_OK);
    CHECK(api->ctx_create(&h->ctx, h->model, h->corpus, h->guard, NULL, NULL) == LLM_OK);
    CHECK(api->retrieve(h->ctx, "tower", 5, NULL, &h->evidence) == LLM_OK);
    CHECK(api->guard_open(h->ctx, NULL, &h->stream) == LLM_OK);
    CHECK(api->tree_open(&h->tree, h->corpus, "log.md", NULL) == LLM_OK);
    CHECK(api->generate(h->ctx, "tower", 5, NULL, NULL, &h->reply) == LLM_OK);
    CHECK(api->reply_next(h->reply) >= LLM_OK); /* workers run now */
}

static void in_child(const llm_api *api, handles *h, const char *corpus, const char *model)
{
    llm_error err;
    api->error_init(&err, sizeof err);
    llm_ctx *ctx = NULL;
    llm_evidence *evidence = NULL;
    llm_reply *reply = NULL;
    llm_verdict *verdict = NULL;
    llm_guard_stream *stream = NULL;
    llm_docs *docs = NULL;
    llm_tree *tree = NULL;
    char out[64];
    int32_t tokens[8];
    float logits[8];
    CHECK(api->retrieve(h->ctx, "tower", 5, NULL, &evidence) == LLM_E_FORK);
    CHECK(api->generate(h->ctx, "tower", 5, NULL, NULL, &reply) == LLM_E_FORK);
    CHECK(api->reply_next(h->reply) == LLM_E_FORK);
    CHECK(api->logits(h->ctx, tokens, 1, logits, 8, NULL) == LLM_E_FORK);
    CHECK(api->ctx_save(h->ctx, "state") == LLM_E_FORK && api->ctx_restore(h->ctx, "state") == LLM_E_FORK);
    CHECK(api->ctx_export(h->ctx, NULL, 0) == LLM_E_FORK && api->ctx_import(h->ctx, "x", 1) == LLM_E_FORK);
    CHECK(api->ctx_fork(h->ctx, &ctx) == LLM_E_FORK && api->ctx_drop(h->ctx, 0, 1) == LLM_E_FORK);
    CHECK(api->ctx_used(h->ctx) == LLM_E_FORK && api->ctx_size(h->ctx) == LLM_E_FORK);
    CHECK(api->guard_check(h->ctx, "text", 4, NULL, &verdict) == LLM_E_FORK);
    CHECK(api->guard_open(h->ctx, NULL, &stream) == LLM_E_FORK);
    CHECK(api->guard_feed(h->stream, "x", 1) == LLM_E_FORK);
    CHECK(api->guard_finish(h->stream) == LLM_E_FORK);
    CHECK(api->ingest(h->corpus, "b", "text", 4, NULL, &err) == LLM_E_FORK);
    CHECK(strlen(err.message) > 20); /* the sentence says what to do */
    CHECK(api->remove(h->corpus, "log.md", NULL) == LLM_E_FORK);
    CHECK(api->corpus_check(h->corpus, NULL) == LLM_E_FORK);
    CHECK(api->docs_list(&docs, h->corpus, NULL) == LLM_E_FORK);
    CHECK(api->tree_open(&tree, h->corpus, "log.md", NULL) == LLM_E_FORK);
    CHECK(api->ctx_create(&ctx, h->model, NULL, NULL, NULL, NULL) == LLM_E_FORK);
    CHECK(api->ctx_create(&ctx, NULL, h->corpus, NULL, NULL, NULL) == LLM_E_FORK);
    CHECK(api->ctx_create(&ctx, NULL, NULL, h->guard, NULL, NULL) == LLM_E_FORK);
    CHECK(api->tokenize(h->model, "text", 4, 0, tokens, 8, NULL) == LLM_E_FORK);
    CHECK(api->detokenize(h->model, tokens, 0, 0, out, sizeof out, NULL) == LLM_E_FORK);
    CHECK(api->guard_set_action(h->guard, "URL", LLM_DIR_ALL, LLM_ACTION_MASK, NULL) == LLM_E_FORK);
    CHECK(api->guard_add_word(h->guard, "word", 4, NULL) == LLM_E_FORK);
    CHECK(api->guard_set_vault(h->guard, h->vault, NULL) == LLM_E_FORK);
    CHECK(api->vault_restore(h->vault, "text", 4, out, sizeof out, NULL) == LLM_E_FORK);
    CHECK(!ctx && !evidence && !reply && !verdict && !stream && !docs && !tree);

    host_session(api, NULL, model); /* new handles work */
    (void)corpus;

    api->reply_free(h->reply); /* nothing happens, above all no waiting for workers that are not here */
    api->guard_close(h->stream);
    api->tree_free(h->tree);
    api->evidence_free(h->evidence);
    api->ctx_free(h->ctx);
    api->guard_free(h->guard);
    api->vault_free(h->vault);
    api->model_free(h->model);
    api->corpus_free(h->corpus);
}

int main(int argc, char **argv)
{
    if (argc != 4) return 2;
    char corpus[4096];
    snprintf(corpus, sizeof corpus, "%s/forks.sextant", argv[3]);
    remove(corpus);
    void *handle;
    const llm_api *api = host_load(argv[1], RTLD_NOW | RTLD_LOCAL, &handle);
    handles h = {0};
    make(api, &h, corpus, argv[2]);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm(120); /* a deadlock ends here */
        in_child(api, &h, corpus, argv[2]);
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);

    /* the parent's handles never noticed */
    CHECK(api->reply_next(h.reply) >= LLM_OK);
    CHECK(api->guard_feed(h.stream, "x", 1) == LLM_OK);
    CHECK(api->ingest(h.corpus, "b", "More text.", 10, NULL, NULL) == LLM_OK);
    CHECK(api->corpus_check(h.corpus, NULL) == LLM_OK);
    api->reply_free(h.reply);
    api->guard_close(h.stream);
    api->tree_free(h.tree);
    api->evidence_free(h.evidence);
    api->ctx_free(h.ctx);
    api->guard_free(h.guard);
    api->vault_free(h.vault);
    api->model_free(h.model);
    api->corpus_free(h.corpus);
    remove(corpus);
    puts("fork is answered");
    return 0;
}
