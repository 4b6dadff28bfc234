/* The n-th allocation fails, for every n: creation, ingest, retrieval, generation with and without a model, the guard whole
 * and in pieces, the vault. Each run ends in LLM_OK or LLM_E_MEMORY with a sentence, gives every byte back, and leaves the
 * handles that live on usable.   memory MODEL [FOLDER] */
#include <unistd.h>

#include "../host/host.h"
#include "faulty.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { EDGE = 100, SAMPLE = 250 }; /* each run is slower here */
#else
enum { EDGE = 300, SAMPLE = 1000 };
#endif

static faulty bank;
static llm_allocator hook;
static const char *model_path, *folder;

/* A status that is neither success nor lack of memory is a failure of the test. */
static llm_status seen(llm_status status, const char *sentence, const char *what)
{
    if (status >= 0) return status;
    if (status != LLM_E_MEMORY) {
        fprintf(stderr, "%s with request %lld refused: %d (%s)\n", what, bank.fail_at, (int)status,
                sentence ? sentence : "");
        _exit(1);
    }
    CHECK_WHY(sentence == NULL || strlen(sentence) > 10, what);
    return status;
}

static llm_corpus *open_corpus(const char *path, llm_error *err)
{
    llm_corpus_opts opts = LLM_CORPUS_OPTS_INIT;
    opts.allocator = &hook;
    llm_corpus *corpus = NULL;
    if (seen(llm_corpus_open(&corpus, path, &opts, err), err->message, "corpus_open")) return NULL;
    CHECK(corpus != NULL);
    return corpus;
}

static llm_ctx *open_ctx(llm_model *model, llm_corpus *corpus, llm_guard *guard, llm_error *err)
{
    llm_ctx_opts opts = LLM_CTX_OPTS_INIT;
    opts.allocator = &hook;
    opts.n_ctx = 512;
    llm_ctx *ctx = NULL;
    if (seen(llm_ctx_create(&ctx, model, corpus, guard, &opts, err), err->message, "ctx_create")) return NULL;
    CHECK(ctx != NULL);
    return ctx;
}

static int ingest(llm_corpus *corpus, const char *name, llm_error *err)
{
    return seen(llm_ingest(corpus, name, HOST_DOC, strlen(HOST_DOC), NULL, err), err->message, "ingest") == LLM_OK;
}

/* ---- what is run with failing memory ---- */

static void run_corpus(void)
{
    llm_error err = LLM_ERROR_INIT;
    llm_corpus *corpus = open_corpus(NULL, &err);
    if (corpus && ingest(corpus, "log.md", &err) && ingest(corpus, "log.txt", &err)) {
        llm_docs *docs = NULL;
        llm_tree *tree = NULL;
        if (seen(llm_docs_list(&docs, corpus, &err), err.message, "docs_list") == LLM_OK)
            CHECK(llm_docs_count(docs) == 2);
        llm_docs_free(docs);
        if (seen(llm_tree_open(&tree, corpus, "log.md", &err), err.message, "tree_open") == LLM_OK)
            CHECK(llm_tree_find(tree, "0") == 0);
        llm_tree_free(tree);
        seen(llm_corpus_check(corpus, &err), err.message, "corpus_check");
        seen(llm_remove(corpus, "log.txt", &err), err.message, "remove");
    }
    llm_corpus_free(corpus);
}

/* In a file: a document is there wholly or not at all, and the corpus is sound after any failure. */
static void run_corpus_file(void)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/memory.sextant", folder);
    remove(path);
    llm_error err = LLM_ERROR_INIT;
    llm_corpus *corpus = open_corpus(path, &err);
    int stored = corpus && ingest(corpus, "log.md", &err);
    int replaced = stored &&
                   seen(llm_ingest(corpus, "log.md", "Another text.", 13, NULL, &err), err.message, "ingest") == LLM_OK;
    llm_corpus_free(corpus);
    bank.fail_at = 0;
    corpus = NULL;
    llm_docs *docs = NULL;
    CHECK_WHY(llm_corpus_open(&corpus, path, NULL, &err) == LLM_OK, err.message);
    CHECK_WHY(llm_corpus_check(corpus, &err) == LLM_OK, err.message);
    CHECK(llm_docs_list(&docs, corpus, NULL) == LLM_OK);
    CHECK(!stored || llm_docs_count(docs) == 1);
    if (llm_docs_count(docs) == 1) CHECK(llm_docs_bytes(docs, 0) == (replaced ? 13 : strlen(HOST_DOC)) || !stored);
    llm_docs_free(docs);
    llm_corpus_free(corpus);
    remove(path);
}

static void run_answer(void)
{
    llm_error err = LLM_ERROR_INIT;
    llm_corpus *corpus = open_corpus(NULL, &err);
    llm_ctx *ctx = corpus && ingest(corpus, "log.md", &err) ? open_ctx(NULL, corpus, NULL, &err) : NULL;
    if (ctx) {
        llm_evidence *found = NULL;
        llm_reply *reply = NULL;
        llm_gen_opts opts = LLM_GEN_OPTS_INIT;
        opts.min_confidence = -1.0f;
        const char *question = "Who is the keeper of the station and where is the instrument stored?";
        llm_status status = seen(llm_retrieve(ctx, question, strlen(question), NULL, &found), llm_ctx_errmsg(ctx),
                                 "retrieve");
        if (status == LLM_OK) {
            CHECK(llm_evidence_count(found) > 0);
            status = seen(llm_generate(ctx, question, strlen(question), found, &opts, &reply), llm_ctx_errmsg(ctx),
                          "generate");
        }
        while (status >= 0 && reply &&
               (status = seen(llm_reply_next(reply), llm_ctx_errmsg(ctx), "reply_next")) == LLM_MORE) {}
        /* whatever came out went through the guard: no address ever, not even when memory fails half-way */
        if (reply) CHECK(!strstr(llm_reply_text(reply), "ada.lindqvist@"));
        if (reply && status == LLM_OK && llm_reply_citation_count(reply) == 0) {
            fprintf(stderr, "request %lld refused: an answer without citations: %s\n", bank.fail_at,
                    llm_reply_text(reply));
            _exit(1);
        }
        llm_reply_free(reply);
        llm_evidence_free(found);
    }
    llm_ctx_free(ctx);
    llm_corpus_free(corpus);
}

static void run_model(void)
{
    llm_error err = LLM_ERROR_INIT;
    llm_model_opts opts = LLM_MODEL_OPTS_INIT;
    opts.allocator = &hook;
    opts.threads = 2;
    llm_model *model = NULL;
    if (seen(llm_model_load(&model, model_path, &opts, &err), err.message, "model_load")) return;
    int32_t tokens[32];
    int64_t n = llm_tokenize(model, "the tower", 9, LLM_TOK_SPECIAL, tokens, 32, &err);
    if (n >= 0) {
        char text[64];
        n = llm_detokenize(model, tokens, (size_t)n, 0, text, sizeof text, &err);
    }
    if (n < 0) seen((llm_status)n, err.message, "tokenize");
    llm_ctx *ctx = open_ctx(model, NULL, NULL, &err);
    if (ctx) {
        llm_reply *reply = NULL;
        llm_gen_opts gen = LLM_GEN_OPTS_INIT;
        gen.max_tokens = 5;
        gen.temperature = 0.8f;
        gen.top_k = 40;
        gen.top_p = 0.9f;
        gen.flags = LLM_GEN_IGNORE_EOS;
        gen.stop = "never there\0";
        llm_status status = seen(llm_generate(ctx, "the tower", 9, NULL, &gen, &reply), llm_ctx_errmsg(ctx),
                                 "generate");
        while (status >= 0 && reply &&
               (status = seen(llm_reply_next(reply), llm_ctx_errmsg(ctx), "reply_next")) == LLM_MORE) {}
        llm_reply_free(reply);
    }
    llm_ctx_free(ctx);
    llm_model_free(model);
}

/* A model answering from evidence: prompt, constrained sampler, citations. */
static void run_grounded(void)
{
    llm_error err = LLM_ERROR_INIT;
    llm_model_opts opts = LLM_MODEL_OPTS_INIT;
    opts.allocator = &hook;
    opts.threads = 1;
    llm_model *model = NULL;
    llm_corpus *corpus = NULL;
    llm_ctx *ctx = NULL;
    llm_evidence *found = NULL;
    llm_reply *reply = NULL;
    if (seen(llm_model_load(&model, model_path, &opts, &err), err.message, "model_load") == LLM_OK)
        corpus = open_corpus(NULL, &err);
    if (corpus && ingest(corpus, "log.md", &err)) {
        llm_ctx_opts ctx_opts = LLM_CTX_OPTS_INIT;
        ctx_opts.allocator = &hook;
        seen(llm_ctx_create(&ctx, model, corpus, NULL, &ctx_opts, &err), err.message, "ctx_create");
    }
    llm_retrieve_opts few = LLM_RETRIEVE_OPTS_INIT;
    few.top = 2;
    if (ctx && seen(llm_retrieve(ctx, "north tower", 11, &few, &found), llm_ctx_errmsg(ctx), "retrieve") == LLM_OK) {
        llm_gen_opts gen = LLM_GEN_OPTS_INIT;
        gen.max_tokens = 4;
        gen.min_confidence = -1.0f;
        llm_status status = seen(llm_generate(ctx, "north tower", 11, found, &gen, &reply), llm_ctx_errmsg(ctx),
                                 "generate");
        while (status >= 0 && reply &&
               (status = seen(llm_reply_next(reply), llm_ctx_errmsg(ctx), "reply_next")) == LLM_MORE) {}
    }
    llm_reply_free(reply);
    llm_evidence_free(found);
    llm_ctx_free(ctx);
    llm_corpus_free(corpus);
    llm_model_free(model);
}

static int read_prompt(llm_ctx *ctx, const char *prompt)
{
    llm_reply *reply = NULL;
    llm_gen_opts gen = LLM_GEN_OPTS_INIT;
    gen.max_tokens = 2;
    llm_status status = seen(llm_generate(ctx, prompt, strlen(prompt), NULL, &gen, &reply), llm_ctx_errmsg(ctx),
                             "generate");
    while (status >= 0 && reply &&
           (status = seen(llm_reply_next(reply), llm_ctx_errmsg(ctx), "reply_next")) == LLM_MORE) {}
    llm_reply_free(reply);
    return status == LLM_OK;
}

/* A context's state, out of it and into others. */
static void run_state(void)
{
    static char prompt[100], bytes[1 << 20];
    char path[4096];
    llm_error err = LLM_ERROR_INIT;
    llm_model_opts opts = LLM_MODEL_OPTS_INIT;
    opts.allocator = &hook;
    opts.threads = 1;
    llm_model *model = NULL;
    llm_ctx *ctx = NULL, *child = NULL;
    llm_ctx_opts ctx_opts = LLM_CTX_OPTS_INIT;
    ctx_opts.flags = LLM_CTX_NO_GUARD;
    ctx_opts.allocator = &hook;
    snprintf(path, sizeof path, "%s/memory.state", folder);
    memset(prompt, 'a', sizeof prompt - 1);
    if (seen(llm_model_load(&model, model_path, &opts, &err), err.message, "model_load") == LLM_OK)
        seen(llm_ctx_create(&ctx, model, NULL, NULL, &ctx_opts, &err), err.message, "ctx_create");
    if (ctx && read_prompt(ctx, prompt)) {
        int64_t used = llm_ctx_used(ctx), size = llm_ctx_export(ctx, bytes, sizeof bytes);
        CHECK(used > 64 && (size < 0 || size < (int64_t)sizeof bytes));
        if (size < 0) seen((llm_status)size, llm_ctx_errmsg(ctx), "export");
        seen(llm_ctx_save(ctx, path), llm_ctx_errmsg(ctx), "save");
        if (seen(llm_ctx_fork(ctx, &child), llm_ctx_errmsg(ctx), "fork") == LLM_OK) {
            CHECK(llm_ctx_used(child) == used);
            if (seen(llm_ctx_drop(child, 3, 70), llm_ctx_errmsg(child), "drop") != LLM_OK)
                CHECK(llm_ctx_used(child) == used);
            int64_t left = llm_ctx_used(child);
            if (size > 0 && seen(llm_ctx_import(child, bytes, (size_t)size), llm_ctx_errmsg(child), "import") != LLM_OK)
                CHECK(llm_ctx_used(child) == left);
            if (read_prompt(child, prompt)) CHECK(llm_ctx_used(child) == used);
        }
        CHECK(llm_ctx_used(ctx) == used);
    }
    llm_ctx_free(ctx);
    llm_ctx_free(child);
    llm_model_free(model);
    remove(path);
}

static const char PRIVATE[] =
    "Mail a.person@example.org, card 4111 1111 1111 1111, the word is Plumbago, call 212-555-0147.";

static void run_guard(void)
{
    llm_error err = LLM_ERROR_INIT;
    llm_guard_opts guard_opts = LLM_GUARD_OPTS_INIT;
    llm_vault_opts vault_opts = LLM_VAULT_OPTS_INIT;
    guard_opts.allocator = vault_opts.allocator = &hook;
    const unsigned char key[32] = {3};
    llm_vault *vault = NULL;
    llm_guard *guard = NULL;
    llm_ctx *ctx = NULL;
    llm_verdict *verdict = NULL;
    llm_guard_stream *stream = NULL;
    if (seen(llm_vault_open(&vault, NULL, key, sizeof key, &vault_opts, &err), err.message, "vault_open") == LLM_OK &&
        seen(llm_guard_create(&guard, &guard_opts, &err), err.message, "guard_create") == LLM_OK &&
        seen(llm_guard_set_vault(guard, vault, &err), err.message, "set_vault") == LLM_OK &&
        seen(llm_guard_set_action(guard, "EMAIL_ADDRESS", LLM_DIR_ALL, LLM_ACTION_PSEUDONYM, &err), err.message,
             "action") == LLM_OK &&
        seen(llm_guard_set_action(guard, "CREDIT_CARD", LLM_DIR_ALL, LLM_ACTION_HASH, &err), err.message, "action") ==
            LLM_OK &&
        seen(llm_guard_add_word(guard, "plumbago", 8, &err), err.message, "add_word") == LLM_OK)
        ctx = open_ctx(NULL, NULL, guard, &err);
    if (ctx && seen(llm_guard_check(ctx, PRIVATE, sizeof PRIVATE - 1, NULL, &verdict), llm_ctx_errmsg(ctx), "check") ==
                   LLM_OK) {
        CHECK(llm_verdict_count(verdict) == 4);
        CHECK(!strstr(llm_verdict_text(verdict), "a.person") && !strstr(llm_verdict_text(verdict), "4111"));
        char restored[256];
        int64_t n = llm_vault_restore(vault, llm_verdict_text(verdict), llm_verdict_text_len(verdict), restored,
                                      sizeof restored, &err);
        if (n < 0)
            seen((llm_status)n, err.message, "restore");
        else
            CHECK(n < 256 && memmem(restored, (size_t)n, "a.person@example.org", 20));
    }
    if (ctx && seen(llm_guard_open(ctx, NULL, &stream), llm_ctx_errmsg(ctx), "guard_open") == LLM_OK) {
        char out[512] = "";
        size_t len = 0;
        llm_status status = LLM_OK;
        for (size_t i = 0; i < sizeof PRIVATE - 1 && status == LLM_OK; i += 3) {
            size_t piece = sizeof PRIVATE - 1 - i < 3 ? sizeof PRIVATE - 1 - i : 3;
            status = seen(llm_guard_feed(stream, PRIVATE + i, piece), llm_ctx_errmsg(ctx), "feed");
            if (status != LLM_OK) break;
            memcpy(out + len, llm_guard_text(stream), llm_guard_text_len(stream));
            len += llm_guard_text_len(stream);
        }
        if (status == LLM_OK) status = seen(llm_guard_finish(stream), llm_ctx_errmsg(ctx), "finish");
        CHECK(!strstr(out, "a.person") && !strstr(out, "4111"));         /* it fails closed */
        if (status != LLM_OK) CHECK(llm_guard_feed(stream, "x", 1) < 0); /* and stays closed */
    }
    llm_guard_close(stream);
    llm_verdict_free(verdict);
    llm_ctx_free(ctx);
    llm_guard_free(guard);
    llm_vault_free(vault);
}

static void run_vault_file(void)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/memory.vault", folder);
    remove(path);
    llm_error err = LLM_ERROR_INIT;
    llm_vault_opts opts = LLM_VAULT_OPTS_INIT;
    opts.allocator = &hook;
    const unsigned char key[32] = {4};
    llm_vault *vault = NULL;
    for (int round = 0; round < 2; round++) { /* made, then opened again */
        if (seen(llm_vault_open(&vault, path, key, sizeof key, &opts, &err), err.message, "vault_open") == LLM_OK) {
            char out[32];
            int64_t n = llm_vault_restore(vault, "<X_1> stays", 11, out, sizeof out, &err);
            if (n < 0)
                seen((llm_status)n, err.message, "restore");
            else
                CHECK(n == 11);
        }
        llm_vault_free(vault);
        vault = NULL;
    }
    remove(path);
}

/* ---- the loop over n ---- */

static void every_allocation(const char *name, void (*run)(void), long long most)
{
    memset(&bank, 0, sizeof bank);
    run();
    const long long total = atomic_load(&bank.requests);
    CHECK(atomic_load(&bank.live_blocks) == 0);
    CHECK_WHY(total > 0, "the caller's allocator was never asked");
    /* with very many requests every one near the beginning and the end is tried, and a sample between */
    const long long step = total > most ? total / most + 1 : 1;
    long long runs = 0;
    for (int after = 0; after < 2; after++)
        for (long long n = 1; n <= total; n += (n < EDGE || n > total - EDGE) ? 1 : step) {
            memset(&bank, 0, sizeof bank);
            bank.fail_at = n;
            bank.and_after = after;
            run();
            runs++;
            if (atomic_load(&bank.live_blocks) != 0 || atomic_load(&bank.mistakes) != 0) {
                fprintf(stderr,
                        "%s, request %lld of %lld refused%s: %lld blocks (%lld bytes) not given back, %d wrong sizes\n",
                        name, n, total, after ? " and all after it" : "", (long long)atomic_load(&bank.live_blocks),
                        (long long)atomic_load(&bank.live_bytes), atomic_load(&bank.mistakes));
                exit(1);
            }
        }
    printf("%s: %lld requests, %lld runs, peak %lld KiB\n", name, total, runs,
           (long long)atomic_load(&bank.peak) / 1024);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc < 3) return 2;
    model_path = argv[1];
    folder = argv[2];
    const char *only = argc > 3 ? argv[3] : NULL;
    hook = faulty_hook(&bank);
    const struct {
        const char *name;
        void (*run)(void);
    } rows[] = {{"corpus", run_corpus}, {"corpus file", run_corpus_file},
                {"answer", run_answer}, {"model", run_model},
                {"state", run_state},   {"grounded answer", run_grounded},
                {"guard", run_guard},   {"vault file", run_vault_file}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!only || strcmp(only, rows[i].name) == 0) every_allocation(rows[i].name, rows[i].run, SAMPLE);
    return 0;
}
