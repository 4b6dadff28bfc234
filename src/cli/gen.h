/* What `ask` and `generate` share: the options of making text, and running a reply to its end. */
#ifndef SX_CLI_GEN_H
#define SX_CLI_GEN_H

#include "json.h"

/* Ids of the shared options; a command's own ids stay below 100. */
enum {
    SX_OPT_MODEL = 100,
    SX_OPT_MAX_TOKENS,
    SX_OPT_TEMPERATURE,
    SX_OPT_TOP_K,
    SX_OPT_TOP_P,
    SX_OPT_MIN_P,
    SX_OPT_SEED,
    SX_OPT_STOP,
    SX_OPT_THREADS,
    SX_OPT_ISA,
    SX_OPT_CTX,
    SX_OPT_KV,
    SX_OPT_NO_GUARD
};

/* clang-format off */
#define SX_GEN_OPTIONS \
    {SX_OPT_MODEL, 'm', "model", true}, \
    {SX_OPT_MAX_TOKENS, 'n', "max-tokens", true}, \
    {SX_OPT_TEMPERATURE, 0, "temperature", true}, \
    {SX_OPT_TOP_K, 0, "top-k", true}, \
    {SX_OPT_TOP_P, 0, "top-p", true}, \
    {SX_OPT_MIN_P, 0, "min-p", true}, \
    {SX_OPT_SEED, 0, "seed", true}, \
    {SX_OPT_STOP, 0, "stop", true}, \
    {SX_OPT_THREADS, 't', "threads", true}, \
    {SX_OPT_ISA, 0, "isa", true}, \
    {SX_OPT_CTX, 0, "ctx", true}, \
    {SX_OPT_KV, 0, "kv", true}, \
    {SX_OPT_NO_GUARD, 0, "no-guard", false}
/* clang-format on */

#define SX_GEN_HELP \
    "  -n, --max-tokens N      most tokens to make (default 256)\n" \
    "      --temperature T     0 (default) takes the likeliest token; higher is\n" \
    "                          freer\n" \
    "      --top-k N, --top-p P, --min-p P\n" \
    "                          keep the N likeliest, those that sum to P, those\n" \
    "                          above P times the likeliest\n" \
    "      --seed N            the same seed gives the same text\n" \
    "      --stop TEXT         end before TEXT; may be given again\n" \
    "      --ctx N             most tokens of prompt and answer together\n" \
    "      --kv TYPE           numbers kept of the context: f16 (default), f32,\n" \
    "                          bf16, q8_0 or q4_0\n" \
    "  -t, --threads N         worker threads (default: what the machine gives)\n" \
    "      --isa LEVEL         highest instruction set to use: scalar, avx2 or\n" \
    "                          avx512\n" \
    "      --no-guard          do not look for personal data in prompt, evidence and\n" \
    "                          answer\n"

typedef struct sx_gen {
    const char *model; /* NULL: none */
    uint32_t threads;
    int isa;
    llm_ctx_opts ctx;
    llm_gen_opts opts; /* stop and cancel are set by sx_gen_ready */
    sx_bytes stop;
} sx_gen;

void sx_gen_init(sx_gen *gen);
void sx_gen_free(sx_gen *gen);
/* Takes the option just returned, when it is one of the shared ones. False after a sentence. */
bool sx_gen_option(sx_gen *gen, sx_args *args, int id);
void sx_gen_ready(sx_gen *gen, const sx_run *run);
/* The options of one JSON line over the command line's; stop holds the line's own stop strings. */
llm_status sx_gen_line(const sx_gen *gen, const json_t *in, llm_gen_opts *opts, sx_bytes *stop, llm_error *err);

/* Makes the whole reply, writing pieces to stdout as they come when `show` (but no "not found"). LLM_OK also when it was cancelled: then
 * llm_reply_finish says so. */
llm_status sx_reply_run(llm_reply *reply, bool show);

#endif
