/* A plugin host: dlopen, a whole session, dlclose, and the host goes on living. Loading starts no thread; closing while
 * workers sleep kills nobody; a second round after the close works; local loading hides every name of ours and of what we
 * depend on.   load LIBRARY MODEL */
#include "host.h"

#include <sys/wait.h>

static void one_host(const char *library, const char *model, int scope)
{
    const int before = host_threads();
    void *handle;
    const llm_api *api = host_load(library, RTLD_NOW | scope, &handle);
    CHECK(host_threads() == before); /* merely loading */
    if (scope == RTLD_LOCAL) {
        CHECK(dlsym(RTLD_DEFAULT, "llm_version") == NULL);
        CHECK(dlsym(RTLD_DEFAULT, "sqlite3_open") == NULL);
    } else {
        CHECK(dlsym(RTLD_DEFAULT, "llm_version") != NULL);
        CHECK(dlsym(RTLD_DEFAULT, "sx_mem_alloc") == NULL);
    }
    host_session(api, NULL, NULL);
    CHECK(host_threads() == before); /* nothing here needs a worker */
    host_session(api, NULL, model);
    CHECK(host_threads() == before); /* the last llm_model_free joins them */
    CHECK(dlclose(handle) == 0);

    api = host_load(library, RTLD_NOW | scope, &handle);
    host_session(api, NULL, model);

    /* a careless host: closes the library while a model with sleeping workers is alive, and goes on */
    llm_model *left = NULL;
    llm_ctx *ctx = NULL;
    llm_reply *reply = NULL;
    llm_model_opts opts;
    api->model_opts_init(&opts, sizeof opts);
    opts.threads = 3;
    CHECK(api->model_load(&left, model, &opts, NULL) == LLM_OK);
    CHECK(host_threads() == before); /* workers start at the first evaluation */
    CHECK(api->ctx_create(&ctx, left, NULL, NULL, NULL, NULL) == LLM_OK);
    CHECK(api->generate(ctx, "north", 5, NULL, NULL, &reply) == LLM_OK);
    CHECK(api->reply_next(reply) >= LLM_OK);
    CHECK(dlclose(handle) == 0);
    usleep(20000);
    char *mine = strdup("the host lives");
    CHECK(mine && strlen(mine) == 14);
    free(mine);
}

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    const int scopes[] = {RTLD_LOCAL, RTLD_GLOBAL};
    for (int i = 0; i < 2; i++) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            one_host(argv[1], argv[2], scopes[i]);
            fflush(NULL);
            _exit(0);
        }
        int status;
        CHECK(waitpid(child, &status, 0) == child);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            fprintf(stderr, "the host with %s ended with status %x\n", i ? "RTLD_GLOBAL" : "RTLD_LOCAL",
                    (unsigned)status);
            return 1;
        }
    }
    puts("hosts with RTLD_LOCAL and RTLD_GLOBAL live");
    return 0;
}
