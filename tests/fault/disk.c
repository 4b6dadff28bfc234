/* The disk fills up while a document or a context's state is written: the call says so, what was there before stands, and
 * when there is room again all goes on. Once with a limit on the size of files, once on a real small file system where that
 * may be mounted.   disk FOLDER MODEL */
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../host/host.h"

static void fills_up(const char *path, void (*fill)(void), void (*empty)(void), int want_full)
{
    llm_corpus *corpus = NULL;
    llm_error err = LLM_ERROR_INIT;
    CHECK_WHY(llm_corpus_open(&corpus, path, NULL, &err) == LLM_OK, err.message);
    CHECK_WHY(llm_ingest(corpus, "log.md", HOST_DOC, strlen(HOST_DOC), NULL, &err) == LLM_OK, err.message);
    size_t len = 3u << 20;
    char *text = malloc(len);
    CHECK(text != NULL);
    for (size_t i = 0; i < len; i++)
        text[i] = i % 80 == 79 ? '\n' : i % 11 == 10 ? ' ' : (char)('a' + (i * 7 + i / 80) % 26);
    fill();
    llm_status status = llm_ingest(corpus, "log.md", text, len, NULL, &err);
    CHECK_WHY(status == LLM_E_FULL || (!want_full && status == LLM_E_IO), err.message);
    CHECK_WHY(strlen(err.message) > 25, err.message);
    llm_ctx *ctx = NULL; /* the previous state stands, for reading too */
    llm_evidence *found = NULL;
    CHECK(llm_ctx_create(&ctx, NULL, corpus, NULL, NULL, NULL) == LLM_OK);
    CHECK_WHY(llm_retrieve(ctx, "Where is the instrument stored?", 31, NULL, &found) == LLM_OK, llm_ctx_errmsg(ctx));
    CHECK(llm_evidence_count(found) > 0 && strstr(llm_evidence_text(found, 0), "north tower"));
    llm_evidence_free(found);
    llm_ctx_free(ctx);
    empty();
    llm_error_init(&err, sizeof err);
    CHECK_WHY(llm_corpus_check(corpus, &err) == LLM_OK, err.message);
    CHECK_WHY(llm_ingest(corpus, "more.txt", "There is room again.", 20, NULL, &err) == LLM_OK, err.message);
    llm_corpus_free(corpus);
    corpus = NULL;
    CHECK_WHY(llm_corpus_open(&corpus, path, NULL, &err) == LLM_OK, err.message);
    llm_docs *docs = NULL;
    CHECK(llm_docs_list(&docs, corpus, NULL) == LLM_OK && llm_docs_count(docs) == 2);
    CHECK(llm_docs_bytes(docs, 0) == strlen(HOST_DOC));
    llm_docs_free(docs);
    llm_corpus_free(corpus);
    free(text);
}

static int files_in(const char *folder)
{
    int n = 0;
    DIR *d = opendir(folder);
    CHECK(d != NULL);
    for (const struct dirent *e; (e = readdir(d));) n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static void make_state(llm_ctx *ctx, size_t len)
{
    llm_reply *reply = NULL;
    llm_gen_opts gen = LLM_GEN_OPTS_INIT;
    gen.max_tokens = 1;
    char *prompt = malloc(len + 1);
    CHECK(prompt != NULL);
    memset(prompt, 'x', len);
    CHECK(llm_generate(ctx, prompt, len, NULL, &gen, &reply) == LLM_OK);
    while (llm_reply_next(reply) == LLM_MORE) {}
    llm_reply_free(reply);
    free(prompt);
}

/* A state that does not fit leaves the one that was saved before, and nothing beside it. */
static void state_does_not_fit(const char *folder, const char *model_path, void (*fill)(void), void (*empty)(void))
{
    char path[4200];
    llm_error err = LLM_ERROR_INIT;
    llm_model *model = NULL;
    llm_ctx *ctx = NULL;
    llm_ctx_opts opts = LLM_CTX_OPTS_INIT;
    opts.flags = LLM_CTX_NO_GUARD;
    opts.kv_type = LLM_KV_F32;
    CHECK_WHY(llm_model_load(&model, model_path, NULL, &err) == LLM_OK, err.message);
    CHECK_WHY(llm_ctx_create(&ctx, model, NULL, NULL, &opts, &err) == LLM_OK, err.message);
    snprintf(path, sizeof path, "%s/state", folder);
    make_state(ctx, 100);
    const int64_t small = llm_ctx_used(ctx);
    CHECK_WHY(llm_ctx_save(ctx, path) == LLM_OK, llm_ctx_errmsg(ctx));
    make_state(ctx, 2000); /* about 2 MB */
    const int files = files_in(folder);
    fill();
    CHECK_WHY(llm_ctx_save(ctx, path) == LLM_E_FULL, llm_ctx_errmsg(ctx));
    CHECK_WHY(strstr(llm_ctx_errmsg(ctx), "state") != NULL, llm_ctx_errmsg(ctx));
    empty();
    CHECK(files_in(folder) == files);
    CHECK_WHY(llm_ctx_restore(ctx, path) == LLM_OK, llm_ctx_errmsg(ctx));
    CHECK(llm_ctx_used(ctx) == small);
    CHECK_WHY(llm_ctx_save(ctx, path) == LLM_OK, llm_ctx_errmsg(ctx));
    llm_ctx_free(ctx);
    llm_model_free(model);
    remove(path);
}

static void limit_on(void)
{
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur = 300000;
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

static void limit_off(void)
{
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

static void nothing(void)
{
}

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    char path[4096];
    signal(SIGXFSZ, SIG_IGN);
    snprintf(path, sizeof path, "%s/disk.sextant", argv[1]);
    remove(path);
    fills_up(path, limit_on, limit_off, 0);
    remove(path);
    snprintf(path, sizeof path, "%s/disk-states", argv[1]);
    mkdir(path, 0700);
    state_does_not_fit(path, argv[2], limit_on, limit_off);
    remove(path);
    puts("a limit on file sizes is answered");

    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        char mounted[4000];
        snprintf(mounted, sizeof mounted, "%s/small-disk", argv[1]);
        mkdir(mounted, 0700);
        if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
            mount("none", mounted, "tmpfs", 0, "size=1m") != 0) {
            printf("SKIP the full disk: no small file system can be mounted here (%s)\n", strerror(errno));
            fflush(NULL);
            _exit(0);
        }
        snprintf(path, sizeof path, "%s/small-disk/disk.sextant", argv[1]);
        fills_up(path, nothing, nothing, 1);
        const char *const parts[] = {"", "-wal", "-shm"};
        for (int i = 0; i < 3; i++) {
            snprintf(path, sizeof path, "%s/disk.sextant%s", mounted, parts[i]);
            remove(path);
        }
        state_does_not_fit(mounted, argv[2], nothing, nothing);
        puts("a full disk is answered");
        fflush(NULL);
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return 0;
}
