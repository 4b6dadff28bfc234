/* Two copies of the library in one process, as when two plugins each bring their own: they share nothing and both work, also
 * with every name in the global scope, where the first definition of a name wins.   copies LIBRARY MODEL FOLDER */
#include "host.h"

#include <sys/wait.h>

static void copy_file(const char *from, const char *to)
{
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    CHECK(in && out);
    char block[65536];
    for (size_t n; (n = fread(block, 1, sizeof block, in)) > 0;) CHECK(fwrite(block, 1, n, out) == n);
    CHECK(fclose(in) == 0 && fclose(out) == 0);
}

static void both(const char *first, const char *second, const char *model, int scope)
{
    void *handle[2];
    const llm_api *api[2] = {host_load(first, RTLD_NOW | scope, &handle[0]),
                             host_load(second, RTLD_NOW | scope, &handle[1])};
    CHECK(handle[0] != handle[1] && api[0] != api[1]);
    CHECK(api[0]->version != api[1]->version); /* each table holds its own library's functions */

    llm_corpus *corpus[2] = {NULL, NULL};
    for (int i = 0; i < 2; i++) CHECK(api[i]->corpus_open(&corpus[i], NULL, NULL, NULL) == LLM_OK);
    CHECK(api[0]->ingest(corpus[0], "a", "First text.", 11, NULL, NULL) == LLM_OK);
    for (int i = 0; i < 2; i++) {
        llm_docs *docs = NULL;
        CHECK(api[i]->docs_list(&docs, corpus[i], NULL) == LLM_OK);
        CHECK(api[i]->docs_count(docs) == (i == 0 ? 1u : 0u));
        api[i]->docs_free(docs);
    }
    host_session(api[0], NULL, model);
    host_session(api[1], NULL, model);
    CHECK(dlclose(handle[0]) == 0); /* one plugin goes, the other stays */
    host_session(api[1], NULL, model);
    api[1]->corpus_free(corpus[1]);
    CHECK(dlclose(handle[1]) == 0);
}

int main(int argc, char **argv)
{
    if (argc != 4) return 2;
    char second[4096];
    snprintf(second, sizeof second, "%s/second-copy-of-libsextant.so", argv[3]);
    copy_file(argv[1], second);
    for (int i = 0; i < 2; i++) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            both(argv[1], second, argv[2], i ? RTLD_GLOBAL : RTLD_LOCAL);
            _exit(0);
        }
        int status;
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    remove(second);
    puts("two copies live side by side");
    return 0;
}
