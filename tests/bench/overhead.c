/* bench_overhead MODEL.gguf: what a call that does nothing costs in C, through the shared library: two lines "name nanoseconds",
 * the forms of which bindings/go/internal/overhead and overhead.py measure through their bindings. */
#include <stdio.h>
#include <time.h>

#include "sextant.h"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    enum { CALLS = 20000000 };
    llm_error err = LLM_ERROR_INIT;
    llm_model *model = NULL;
    if (argc != 2 || llm_model_load(&model, argv[1], NULL, &err) != LLM_OK) {
        fprintf(stderr, "bench_overhead MODEL.gguf: %s\n", err.message);
        return 1;
    }
    size_t seen = 0;
    double begin = now();
    for (int i = 0; i < CALLS; i++) seen += llm_guard_type(1u << 30) != NULL;
    printf("c_raw %.3f\n", (now() - begin) / CALLS);
    begin = now();
    for (int i = 0; i < CALLS; i++) seen += llm_model_n_vocab(model);
    printf("c_face %.3f\n", (now() - begin) / CALLS);
    llm_model_free(model);
    return seen == 0;
}
