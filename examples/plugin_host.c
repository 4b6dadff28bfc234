/* plugin_host LIBSEXTANT.so TEXT: a host that does not link the library. It opens it while running, takes one symbol,
 * llm_get_api, and reaches everything through the table; when the library is absent or too old it says so and goes on. */
#include <dlfcn.h>
#include <sextant.h>
#include <stdio.h>
#include <string.h>

typedef const llm_api *(*get_api_fn)(uint32_t level);

static const llm_api *open_api(const char *path, void **library)
{
    *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!*library) {
        fprintf(stderr, "the guard is off: %s\n", dlerror());
        return NULL;
    }
    void *symbol = dlsym(*library, "llm_get_api");
    get_api_fn get_api = NULL;
    memcpy(&get_api, &symbol, sizeof symbol); /* ISO C has no cast from an object pointer to a function pointer */
    const llm_api *api = get_api ? get_api(LLM_API_LEVEL) : NULL;
    if (!api) fprintf(stderr, "the guard is off: %s is older than API level %d\n", path, LLM_API_LEVEL);
    return api;
}

static int redact(const llm_api *api, const char *text)
{
    llm_error err = LLM_ERROR_INIT;
    llm_ctx *ctx = NULL;
    llm_verdict *verdict = NULL;
    if (api->ctx_create(&ctx, NULL, NULL, NULL, NULL, &err)) {
        fprintf(stderr, "context: %s\n", err.message);
        return 1;
    }
    llm_status status = api->guard_check(ctx, text, strlen(text), NULL, &verdict);
    if (status)
        fprintf(stderr, "guard: %s\n", api->ctx_errmsg(ctx));
    else
        printf("%.*s\n", (int)api->verdict_text_len(verdict), api->verdict_text(verdict));
    api->verdict_free(verdict);
    api->ctx_free(ctx);
    return status != LLM_OK;
}

int main(int argc, char **argv)
{
    void *library = NULL;
    if (argc != 3) {
        fprintf(stderr, "usage: plugin_host LIBSEXTANT.so TEXT\n");
        return 2;
    }
    const llm_api *api = open_api(argv[1], &library);
    if (api) fprintf(stderr, "sextant %s, API level %u\n", api->version(), (unsigned)api->level);
    int failed = api ? redact(api, argv[2]) : 1;
    if (library) dlclose(library);
    return failed;
}
