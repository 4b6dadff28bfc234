/* sextant imatrix: what a model's matrices are fed over a text, for quantize --imatrix. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "term.h"

static const char help[] = "usage: sextant imatrix -m MODEL -o OUT [-c N] [-t N] [FILE]\n"
                           "\n"
                           "Reads a text (standard input without FILE) through the model and writes an\n"
                           "importance matrix, a GGUF file: for each column of each matrix the mean square\n"
                           "of what goes into it. sextant quantize --imatrix spends its bits by it.\n"
                           "\n"
                           "  -m, --model FILE   the model in F32, F16, BF16 or any other type\n"
                           "  -o, --output FILE  where to write; it appears whole or not at all\n"
                           "  -c, --ctx N        tokens read at once from an empty context (default 512)\n"
                           "  -t, --threads N    worker threads (default: what the machine gives)\n";

enum { OPT_MODEL = 1, OPT_OUTPUT, OPT_CTX, OPT_THREADS };

static const sx_opt table[] = {{OPT_MODEL, 'm', "model", true},
                               {OPT_OUTPUT, 'o', "output", true},
                               {OPT_CTX, 'c', "ctx", true},
                               {OPT_THREADS, 't', "threads", true},
                               {0, 0, NULL, false}};

static int work(sx_run *run, const char *file, const char *out)
{
    sx_bytes text = {0};
    int status = SX_EXIT_RUN;
    if (sx_read_all(run->cmd, file, &text)) {
        sx_progress("Reading %s", file);
        llm_status st = llm_imatrix(run->ctx, text.data, text.len, file, out, run->cancel);
        sx_progress_end();
        status = st == LLM_OK ? SX_EXIT_OK : sx_failed(run, st, llm_ctx_errmsg(run->ctx));
    }
    sx_bytes_free(&text);
    return status;
}

static int run_imatrix(const sx_command *self, int argc, char **argv)
{
    sx_args args;
    sx_run run = {0};
    llm_ctx_opts ctx = LLM_CTX_OPTS_INIT;
    const char *model = NULL, *out = NULL;
    uint32_t threads = 0;
    bool ok = true;
    int id = 0, status = SX_EXIT_RUN;
    ctx.n_ctx = 512;
    if (!sx_args_init(&args, self, table, argc, argv)) return SX_EXIT_RUN;
    while (ok && (id = sx_args_next(&args)) > 0) {
        if (id == OPT_MODEL) model = args.value;
        if (id == OPT_OUTPUT) out = args.value;
        if (id == OPT_CTX) ok = sx_arg_u32(&args, 1, 16384, &ctx.n_ctx);
        if (id == OPT_THREADS) ok = sx_arg_u32(&args, 1, 4096, &threads);
    }
    ctx.n_batch = ctx.n_ctx;
    if (ok && id < 0)
        status = args.status;
    else if (ok && (!model || !out || args.operands > 1))
        status = sx_usage(self, "-m MODEL and -o OUT are needed, and one FILE at most");
    else if (ok && (!sx_run_begin(&run, self) || !sx_open_model(&run, model, threads, 0) || !sx_open_ctx(&run, &ctx)))
        status = run.status;
    else if (ok)
        status = work(&run, args.operands ? args.operand[0] : "-", out);
    sx_run_end(&run);
    sx_args_free(&args);
    return status;
}

const sx_command sx_cmd_imatrix = {"imatrix", "measure which weights matter, for quantize", help, run_imatrix};
