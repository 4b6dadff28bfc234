/* generate MODEL.gguf PROMPT [MAX_TOKENS]: continues a prompt, streamed; Ctrl-C stops the answer, not the program. */
#include <sextant.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static llm_cancel *cancel;

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    llm_cancel_set(cancel); /* lock-free: allowed in a signal handler */
}

static int run(llm_model *model, const char *prompt, uint32_t max_tokens)
{
    llm_error err = LLM_ERROR_INIT;
    llm_ctx *ctx = NULL;
    llm_reply *reply = NULL;
    llm_gen_opts opts = LLM_GEN_OPTS_INIT;
    opts.max_tokens = max_tokens;
    opts.cancel = cancel;
    if (llm_ctx_create(&ctx, model, NULL, NULL, NULL, &err)) {
        fprintf(stderr, "context: %s\n", err.message);
        return 1;
    }
    llm_status status = llm_generate(ctx, prompt, strlen(prompt), NULL, &opts, &reply);
    if (status == LLM_OK)
        while ((status = llm_reply_next(reply)) == LLM_MORE) {
            fwrite(llm_reply_piece(reply), 1, llm_reply_piece_len(reply), stdout);
            fflush(stdout);
        }
    putchar('\n');
    if (status < 0) fprintf(stderr, "generate: %s\n", llm_ctx_errmsg(ctx));
    if (status == LLM_OK)
        fprintf(stderr, "%u tokens of prompt, %u of answer, %.1f tokens per second\n", llm_reply_prompt_tokens(reply),
                llm_reply_output_tokens(reply),
                llm_reply_output_tokens(reply) * 1000.0 / (llm_reply_output_ms(reply) + 1e-3));
    llm_reply_free(reply);
    llm_ctx_free(ctx);
    return status < 0;
}

int main(int argc, char **argv)
{
    llm_error err = LLM_ERROR_INIT;
    llm_model *model = NULL;
    if (argc < 3) {
        fprintf(stderr, "usage: generate MODEL.gguf PROMPT [MAX_TOKENS]\n");
        return 2;
    }
    if (llm_cancel_create(&cancel)) return 1;
    signal(SIGINT, on_interrupt);
    if (llm_model_load(&model, argv[1], NULL, &err)) {
        fprintf(stderr, "model: %s\n", err.message);
        return 1;
    }
    int failed = run(model, argv[2], argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 64);
    llm_model_free(model);
    signal(SIGINT, SIG_DFL);
    llm_cancel_free(cancel);
    return failed;
}
