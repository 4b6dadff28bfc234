/* Handles are freed in any order, also parents before children and in the way of a garbage collector; NULL is fine; and
 * a program that frees nothing ends well.   lifetimes LIBRARY MODEL */
#include "host.h"

#include <sys/wait.h>

enum { CORPUS, MODEL, GUARD, VAULT, CTX, EVIDENCE, REPLY, STREAM, VERDICT, TREE, DOCS, KINDS };

typedef struct family {
    const llm_api *api;
    void *h[KINDS];
} family;

static family make(const llm_api *api, const char *model_path)
{
    family f = {api, {NULL}};
    const unsigned char key[32] = {5};
    llm_corpus *corpus = NULL;
    llm_model *model = NULL;
    llm_guard *guard = NULL;
    llm_vault *vault = NULL;
    llm_ctx *ctx = NULL;
    llm_evidence *evidence = NULL;
    llm_reply *reply = NULL;
    llm_guard_stream *stream = NULL;
    llm_verdict *verdict = NULL;
    llm_tree *tree = NULL;
    llm_docs *docs = NULL;
    CHECK(api->corpus_open(&corpus, NULL, NULL, NULL) == LLM_OK);
    CHECK(api->ingest(corpus, "log.md", HOST_DOC, strlen(HOST_DOC), NULL, NULL) == LLM_OK);
    CHECK(api->model_load(&model, model_path, NULL, NULL) == LLM_OK);
    CHECK(api->guard_create(&guard, NULL, NULL) == LLM_OK);
    CHECK(api->vault_open(&vault, NULL, key, sizeof key, NULL, NULL) == LLM_OK);
    CHECK(api->guard_set_vault(guard, vault, NULL) == LLM_OK);
    CHECK(api->ctx_create(&ctx, model, corpus, guard, NULL, NULL) == LLM_OK);
    CHECK(api->retrieve(ctx, "keeper of the station", 21, NULL, &evidence) == LLM_OK);
    CHECK(api->guard_check(ctx, "mail a@example.org", 18, NULL, &verdict) == LLM_OK);
    CHECK(api->guard_open(ctx, NULL, &stream) == LLM_OK);
    CHECK(api->guard_feed(stream, "mail a@exam", 11) == LLM_OK);
    CHECK(api->tree_open(&tree, corpus, "log.md", NULL) == LLM_OK);
    CHECK(api->docs_list(&docs, corpus, NULL) == LLM_OK);
    CHECK(api->generate(ctx, "the north", 9, NULL, NULL, &reply) == LLM_OK);
    CHECK(api->reply_next(reply) >= LLM_OK);
    void *const all[KINDS] = {corpus, model, guard, vault, ctx, evidence, reply, stream, verdict, tree, docs};
    memcpy(f.h, all, sizeof all);
    return f;
}

static void drop(family *f, int kind)
{
    const llm_api *api = f->api;
    void *h = f->h[kind];
    f->h[kind] = NULL;
    switch (kind) {
    case CORPUS: api->corpus_free(h); break;
    case MODEL: api->model_free(h); break;
    case GUARD: api->guard_free(h); break;
    case VAULT: api->vault_free(h); break;
    case CTX: api->ctx_free(h); break;
    case EVIDENCE: api->evidence_free(h); break;
    case REPLY: api->reply_free(h); break;
    case STREAM: api->guard_close(h); break;
    case VERDICT: api->verdict_free(h); break;
    case TREE: api->tree_free(h); break;
    default: api->docs_free(h); break;
    }
}

/* What is still there after others went must still be readable. */
static void read_all(family *f)
{
    const llm_api *api = f->api;
    if (f->h[EVIDENCE]) CHECK(strlen(api->evidence_text(f->h[EVIDENCE], 0)) > 0 && api->evidence_node(f->h[EVIDENCE], 0)[0] == '0');
    if (f->h[VERDICT]) CHECK(api->verdict_count(f->h[VERDICT]) == 1 && api->verdict_text_len(f->h[VERDICT]) > 0);
    if (f->h[TREE]) CHECK(api->tree_text_len(f->h[TREE]) == strlen(HOST_DOC));
    if (f->h[DOCS]) CHECK(strcmp(api->docs_name(f->h[DOCS], 0), "log.md") == 0);
    if (f->h[REPLY]) CHECK(strlen(api->reply_text(f->h[REPLY])) == api->reply_text_len(f->h[REPLY]));
    if (f->h[STREAM]) CHECK(api->guard_text(f->h[STREAM]) != NULL && api->guard_verdict(f->h[STREAM]) != NULL);
    if (f->h[CTX]) CHECK(api->ctx_errmsg(f->h[CTX]) != NULL);
}

int main(int argc, char **argv)
{
    if (argc < 3) return 2;
    void *handle;
    const llm_api *api = host_load(argv[1], RTLD_NOW | RTLD_LOCAL, &handle);
    if (argc == 4) { /* run by the last test below: make everything, free nothing, return from main */
        static family kept;
        kept = make(api, argv[2]);
        return kept.h[CTX] ? 0 : 1;
    }

    /* nothing frees NULL badly */
    family none = {api, {NULL}};
    for (int k = 0; k < KINDS; k++) drop(&none, k);
    api->cancel_free(NULL);

    uint32_t seed = 1;
    for (int round = 0; round < 25; round++) {
        family f = make(api, argv[2]);
        int order[KINDS];
        for (int k = 0; k < KINDS; k++) order[k] = round == 0 ? k : round == 1 ? KINDS - 1 - k : k;
        for (int k = KINDS - 1; round > 1 && k > 0; k--) { /* any order at all */
            seed = seed * 1664525u + 1013904223u;
            int j = (int)(seed >> 8) % (k + 1), t = order[k];
            order[k] = order[j];
            order[j] = t;
        }
        for (int k = 0; k < KINDS; k++) {
            drop(&f, order[k]);
            read_all(&f);
        }
    }

    /* a child whose context is gone makes no more text, and says so */
    family f = make(api, argv[2]);
    drop(&f, CTX);
    CHECK(api->reply_next(f.h[REPLY]) < 0);
    CHECK(api->guard_feed(f.h[STREAM], "ple.org", 7) < 0);
    for (int k = 0; k < KINDS; k++)
        if (k != CTX) drop(&f, k);

    /* never freed: the process ends all the same, with workers asleep and handles alive */
    fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm(60);
        execl(argv[0], argv[0], argv[1], argv[2], "leave", (char *)NULL);
        _exit(3);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    puts("freed in every order, and never");
    return 0;
}
