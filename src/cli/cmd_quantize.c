/* sextant quantize: a model file in a smaller type. */
#include <sys/stat.h>

#include "commands.h"
#include "term.h"

static const char help[] = "usage: sextant quantize [-t N] [--imatrix FILE] IN OUT TYPE\n"
                           "\n"
                           "Writes the model IN (a GGUF file, the first of a split one, or a folder of\n"
                           "safetensors, in F32, F16 or BF16) as one GGUF file OUT in a smaller type:\n"
                           "q8_0, q4_0, q4_1, q5_0, q5_1, q4_k_s, q5_k_s, q6_k, the mixes q4_k_m and\n"
                           "q5_k_m, f16 or bf16. OUT appears whole or not at all.\n"
                           "\n"
                           "      --imatrix F   an importance matrix of sextant imatrix: columns that are fed\n"
                           "                    more are kept more exactly\n"
                           "  -t, --threads N   worker threads (default: what the machine gives)\n";

enum { OPT_THREADS = 1, OPT_IMATRIX };

static const sx_opt table[] = {
    {OPT_THREADS, 't', "threads", true}, {OPT_IMATRIX, 0, "imatrix", true}, {0, 0, NULL, false}};

static int work(sx_run *run, char *const *names, const char *imatrix, uint32_t threads)
{
    llm_error err = LLM_ERROR_INIT;
    struct stat there;
    /* the new file takes the name over: a device or a pipe of that name would be gone */
    if (stat(names[1], &there) == 0 && !S_ISREG(there.st_mode)) {
        sx_say(run->cmd, "%s is not a regular file; name a file to write", names[1]);
        return SX_EXIT_RUN;
    }
    if (!sx_run_begin(run, run->cmd)) return run->status;
    sx_progress("Writing %s", names[1]);
    llm_status st = llm_quantize_weighted(names[0], names[1], names[2], imatrix, threads, run->cancel, &err);
    sx_progress_end();
    return st == LLM_OK ? SX_EXIT_OK : sx_failed(run, st, err.message);
}

static int run_quantize(const sx_command *self, int argc, char **argv)
{
    sx_args args;
    uint32_t threads = 0;
    const char *imatrix = NULL;
    bool ok = true;
    int id = 0, status = SX_EXIT_RUN;
    if (!sx_args_init(&args, self, table, argc, argv)) return SX_EXIT_RUN;
    while (ok && (id = sx_args_next(&args)) > 0) {
        if (id == OPT_THREADS) ok = sx_arg_u32(&args, 1, 4096, &threads);
        if (id == OPT_IMATRIX) imatrix = args.value;
    }
    sx_run run = {.cmd = self};
    if (ok && id < 0)
        status = args.status;
    else if (ok && args.operands != 3)
        status = sx_usage(self, "three operands are needed: IN, OUT and TYPE");
    else if (ok)
        status = work(&run, args.operand, imatrix, threads);
    sx_run_end(&run);
    sx_args_free(&args);
    return status;
}

const sx_command sx_cmd_quantize = {"quantize", "write a model file in a smaller type", help, run_quantize};
