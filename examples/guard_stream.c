/* guard_stream < TEXT: a filter. Copies standard input to standard output without the personal data in it, piece by piece
 * as it comes, and ends with what it found on standard error. Names given as arguments are taken out too. */
#include <sextant.h>
#include <stdio.h>
#include <string.h>

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    return 1;
}

static int report(const llm_verdict *verdict)
{
    for (uint32_t i = 0; i < llm_verdict_count(verdict); i++)
        fprintf(stderr, "%s at byte %llu to %llu, by %s\n", llm_verdict_type(verdict, i),
                (unsigned long long)llm_verdict_start(verdict, i), (unsigned long long)llm_verdict_end(verdict, i),
                llm_verdict_rule(verdict, i));
    return llm_verdict_action(verdict) >= LLM_VERDICT_REVIEW;
}

static int filter(llm_ctx *ctx, llm_guard_stream *stream)
{
    char piece[256];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, stdin)) > 0) {
        if (llm_guard_feed(stream, piece, n)) return fail("guard", llm_ctx_errmsg(ctx));
        fwrite(llm_guard_text(stream), 1, llm_guard_text_len(stream), stdout);
        fflush(stdout);
    }
    if (llm_guard_finish(stream)) return fail("guard", llm_ctx_errmsg(ctx));
    fwrite(llm_guard_text(stream), 1, llm_guard_text_len(stream), stdout);
    return report(llm_guard_verdict(stream));
}

int main(int argc, char **argv)
{
    llm_error err = LLM_ERROR_INIT;
    llm_guard *guard = NULL;
    llm_ctx *ctx = NULL;
    llm_guard_stream *stream = NULL;
    int failed = 1;
    if (llm_guard_create(&guard, NULL, &err)) return fail("guard", err.message);
    if (llm_guard_set_action(guard, "BLOCKED", LLM_DIR_ALL, LLM_ACTION_REPLACE, &err))
        return fail("guard", err.message);
    for (int i = 1; i < argc; i++)
        if (llm_guard_add_word(guard, argv[i], strlen(argv[i]), &err)) return fail(argv[i], err.message);
    if (llm_ctx_create(&ctx, NULL, NULL, guard, NULL, &err))
        fail("context", err.message);
    else if (llm_guard_open(ctx, NULL, &stream))
        fail("guard", llm_ctx_errmsg(ctx));
    else
        failed = filter(ctx, stream);
    llm_guard_close(stream);
    llm_ctx_free(ctx);
    llm_guard_free(guard);
    return failed;
}
