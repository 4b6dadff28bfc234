/* sextant logits: a model's raw output for a token sequence, for those who check a model. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"

static const char help[] = "usage: sextant logits -m MODEL --tokens 1,2,3 -o FILE [--kv TYPE] [-t N]\n"
                           "               [--isa LEVEL]\n"
                           "\n"
                           "Evaluates the tokens from an empty context, exactly as given (no BOS is added),\n"
                           "and writes little-endian float32: one row per token, one number per entry of\n"
                           "the vocabulary.\n"
                           "\n"
                           "  -m, --model FILE     a GGUF file or a folder of safetensors\n"
                           "      --tokens LIST    token ids joined by commas or spaces\n"
                           "  -o, --output FILE    where to write; - is standard output\n"
                           "      --kv TYPE        numbers kept of the context: f16 (default), f32, bf16,\n"
                           "                       q8_0 or q4_0\n"
                           "  -t, --threads N      worker threads (default: what the machine gives)\n"
                           "      --isa LEVEL      highest instruction set to use: scalar, avx2, avx512, amx\n"
                           "      --batch N        tokens evaluated at once (default 512)\n";

enum { OPT_MODEL = 1, OPT_TOKENS, OPT_OUTPUT, OPT_KV, OPT_THREADS, OPT_ISA, OPT_BATCH };

static const sx_opt table[] = {{OPT_MODEL, 'm', "model", true},   {OPT_TOKENS, 0, "tokens", true},
                               {OPT_OUTPUT, 'o', "output", true}, {OPT_KV, 0, "kv", true},
                               {OPT_ISA, 0, "isa", true},         {OPT_THREADS, 't', "threads", true},
                               {OPT_BATCH, 0, "batch", true},     {0, 0, NULL, false}};

typedef struct request {
    const char *model, *tokens, *output;
    uint32_t threads;
    int isa;
    llm_ctx_opts ctx;
} request;

/* float32 as four little-endian bytes, whatever the machine's order. */
static void little_endian(float *values, size_t n)
{
    const union {
        uint32_t word;
        unsigned char first;
    } order = {1};
    if (order.first) return;
    unsigned char *b = (unsigned char *)values;
    for (size_t i = 0; i < n; i++, b += 4) {
        unsigned char t = b[0];
        b[0] = b[3];
        b[3] = t;
        t = b[1];
        b[1] = b[2];
        b[2] = t;
    }
}

static int write_floats(const sx_command *self, const char *path, float *values, size_t n)
{
    little_endian(values, n);
    if (strcmp(path, "-") == 0) {
        sx_put(values, n * sizeof *values);
        return SX_EXIT_OK;
    }
    FILE *f = fopen(path, "wb");
    if (!f) {
        sx_say(self, "cannot open %s: %s", path, strerror(errno));
        return SX_EXIT_RUN;
    }
    errno = 0;
    bool ok = fwrite(values, sizeof *values, n, f) == n;
    if (fclose(f) != 0) ok = false;
    if (!ok) sx_say(self, "%s could not be written: %s", path, strerror(errno));
    return ok ? SX_EXIT_OK : SX_EXIT_RUN;
}

static int evaluate(sx_run *run, const request *q)
{
    int32_t *ids = NULL;
    float *out = NULL;
    size_t n = 0;
    int status = SX_EXIT_RUN;
    if (!sx_token_list(run->cmd, q->tokens, &ids, &n)) return status;
    llm_ctx_opts opts = q->ctx;
    opts.n_ctx = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
    if (n == 0) {
        sx_usage(run->cmd, "--tokens lists no token");
        goto out;
    }
    if (!sx_open_model(run, q->model, q->threads, (uint32_t)q->isa) || !sx_open_ctx(run, &opts)) goto out;
    size_t row = llm_model_n_vocab(run->model);
    if (row == 0 || n > SIZE_MAX / sizeof *out / row || !(out = malloc(n * row * sizeof *out))) {
        sx_say(run->cmd, "out of memory: %zu rows of %zu numbers do not fit", n, row);
        goto out;
    }
    llm_status st = llm_logits(run->ctx, ids, n, out, n * row, run->cancel);
    status = st == LLM_OK ? write_floats(run->cmd, q->output, out, n * row)
                          : sx_failed(run, st, llm_ctx_errmsg(run->ctx));
out:
    free(out);
    free(ids);
    return run->status ? run->status : status;
}

static int run_logits(const sx_command *self, int argc, char **argv)
{
    sx_args args;
    request q = {NULL, NULL, NULL, 0, 0, LLM_CTX_OPTS_INIT};
    bool ok = true;
    int id = 0;
    if (!sx_args_init(&args, self, table, argc, argv)) return SX_EXIT_RUN;
    while (ok && (id = sx_args_next(&args)) > 0) {
        if (id == OPT_MODEL) q.model = args.value;
        if (id == OPT_TOKENS) q.tokens = args.value;
        if (id == OPT_OUTPUT) q.output = args.value;
        if (id == OPT_KV) {
            int kv = sx_kv(&args);
            ok = kv >= 0;
            q.ctx.kv_type = ok ? (uint32_t)kv : 0;
        }
        if (id == OPT_ISA) ok = (q.isa = sx_isa(&args)) >= 0;
        if (id == OPT_THREADS) ok = sx_arg_u32(&args, 1, 4096, &q.threads);
        if (id == OPT_BATCH) ok = sx_arg_u32(&args, 1, 1u << 20, &q.ctx.n_batch);
    }
    int status = SX_EXIT_RUN;
    sx_run run = {0};
    if (!ok)
        status = SX_EXIT_RUN;
    else if (id < 0)
        status = args.status;
    else if (args.operands)
        status = sx_usage(self, "'%s' is too much: logits takes options only", args.operand[0]);
    else if (!q.model || !q.tokens || !q.output)
        status = sx_usage(self, "-m, --tokens and -o are needed");
    else if (sx_run_begin(&run, self))
        status = evaluate(&run, &q);
    sx_run_end(&run);
    sx_args_free(&args);
    return status;
}

const sx_command sx_cmd_logits = {"logits", "a model's raw output for a token sequence", help, run_logits};
