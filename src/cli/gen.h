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
    SX_OPT_NO_GUARD,
    SX_OPT_REPEAT_PENALTY,
    SX_OPT_FREQUENCY_PENALTY,
    SX_OPT_PRESENCE_PENALTY,
    SX_OPT_PENALTY_LAST_N,
    SX_OPT_DRY_MULTIPLIER,
    SX_OPT_DRY_BASE,
    SX_OPT_DRY_ALLOWED_LENGTH,
    SX_OPT_DRY_LAST_N,
    SX_OPT_DYNATEMP_RANGE,
    SX_OPT_DYNATEMP_EXPONENT,
    SX_OPT_TOP_N_SIGMA,
    SX_OPT_TYPICAL_P,
    SX_OPT_XTC_PROBABILITY,
    SX_OPT_XTC_THRESHOLD,
    SX_OPT_MIROSTAT_TAU,
    SX_OPT_MIROSTAT_ETA,
    SX_OPT_LOGPROBS,
    SX_OPT_DRAFT,
    SX_OPT_LOGIT_BIAS,
    SX_OPT_DRY_BREAKER
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
    {SX_OPT_NO_GUARD, 0, "no-guard", false}, \
    {SX_OPT_REPEAT_PENALTY, 0, "repeat-penalty", true}, \
    {SX_OPT_FREQUENCY_PENALTY, 0, "frequency-penalty", true}, \
    {SX_OPT_PRESENCE_PENALTY, 0, "presence-penalty", true}, \
    {SX_OPT_PENALTY_LAST_N, 0, "penalty-last-n", true}, \
    {SX_OPT_DRY_MULTIPLIER, 0, "dry-multiplier", true}, \
    {SX_OPT_DRY_BASE, 0, "dry-base", true}, \
    {SX_OPT_DRY_ALLOWED_LENGTH, 0, "dry-allowed-length", true}, \
    {SX_OPT_DRY_LAST_N, 0, "dry-last-n", true}, \
    {SX_OPT_DYNATEMP_RANGE, 0, "dynatemp-range", true}, \
    {SX_OPT_DYNATEMP_EXPONENT, 0, "dynatemp-exponent", true}, \
    {SX_OPT_TOP_N_SIGMA, 0, "top-n-sigma", true}, \
    {SX_OPT_TYPICAL_P, 0, "typical-p", true}, \
    {SX_OPT_XTC_PROBABILITY, 0, "xtc-probability", true}, \
    {SX_OPT_XTC_THRESHOLD, 0, "xtc-threshold", true}, \
    {SX_OPT_MIROSTAT_TAU, 0, "mirostat-tau", true}, \
    {SX_OPT_MIROSTAT_ETA, 0, "mirostat-eta", true}, \
    {SX_OPT_LOGPROBS, 0, "logprobs", true}, \
    {SX_OPT_DRAFT, 0, "draft", true}, \
    {SX_OPT_LOGIT_BIAS, 0, "logit-bias", true}, \
    {SX_OPT_DRY_BREAKER, 0, "dry-breaker", true}
/* clang-format on */

#define SX_GEN_HELP \
    "  -n, --max-tokens N      most tokens to make (default 256)\n" \
    "      --temperature T     0 (default) takes the likeliest token; higher is\n" \
    "                          freer\n" \
    "      --top-k N, --top-p P, --min-p P\n" \
    "                          keep the N likeliest, those that sum to P, those\n" \
    "                          above P times the likeliest\n" \
    "      --repeat-penalty R, --frequency-penalty F, --presence-penalty P\n" \
    "                          make the last tokens unlikelier: logits divided by R,\n" \
    "                          less F for each time, less P for any\n" \
    "      --penalty-last-n N  how many tokens these look back (default 64)\n" \
    "      --dry-multiplier M, --dry-base B, --dry-allowed-length N,\n" \
    "      --dry-last-n N, --dry-breaker TEXT\n" \
    "                          DRY: make it unlikely to go on repeating a sequence;\n" \
    "                          on with M > 0; --dry-breaker may be given again\n" \
    "      --dynatemp-range R, --dynatemp-exponent E\n" \
    "                          temperature moves by R with the entropy\n" \
    "      --top-n-sigma N, --typical-p P\n" \
    "                          keep logits within N deviations of the best, the\n" \
    "                          locally typical that sum to P\n" \
    "      --xtc-probability P, --xtc-threshold T\n" \
    "                          with chance P leave out all but the least of the\n" \
    "                          choices above T\n" \
    "      --mirostat-tau T, --mirostat-eta E\n" \
    "                          mirostat 2: keep the surprise near T bits\n" \
    "      --logit-bias ID=V   add V to a token's logit, -inf bans it; may be given\n" \
    "                          again\n" \
    "      --draft N           guess up to N tokens per step from what was read: the\n" \
    "                          same text, sooner where it repeats the prompt\n" \
    "      --logprobs N        with --json: log-probabilities, and the N likeliest\n" \
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

/* What options of making text point to. */
typedef struct sx_gen_lists {
    sx_bytes stop, breakers, bias_tokens, bias;
} sx_gen_lists;

typedef struct sx_gen {
    const char *model; /* NULL: none */
    uint32_t threads;
    int isa;
    llm_ctx_opts ctx;
    llm_gen_opts opts; /* lists and cancel are set by sx_gen_ready */
    sx_gen_lists lists;
} sx_gen;

void sx_gen_init(sx_gen *gen);
void sx_gen_free(sx_gen *gen);
/* Takes the option just returned, when it is one of the shared ones. False after a sentence. */
bool sx_gen_option(sx_gen *gen, sx_args *args, int id);
void sx_gen_ready(sx_gen *gen, const sx_run *run);
/* The options of one JSON line over the command line's; lists (empty before) holds the line's own. */
llm_status sx_gen_line(const sx_gen *gen, const json_t *in, llm_gen_opts *opts, sx_gen_lists *lists, llm_error *err);
/* sampling.c: the part of the two above that chooses tokens. */
bool sx_sampling_option(sx_gen *gen, sx_args *args, int id);
llm_status sx_sampling_line(const json_t *in, llm_gen_opts *opts, sx_gen_lists *lists, llm_error *err);
void sx_sampling_lists(llm_gen_opts *opts, const sx_gen_lists *lists); /* those that are not empty */
void sx_sampling_free(sx_gen_lists *lists);

/* Makes the whole reply, writing pieces to stdout as they come when `show` (but no "not found"). LLM_OK also when it was cancelled: then
 * llm_reply_finish says so. */
llm_status sx_reply_run(llm_reply *reply, bool show);

#endif
