/* sextant bench: how fast a model reads and writes on this machine. */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "commands.h"
#include "json.h"
#include "many.h"
#include "roofline.h"
#include "term.h"

static const char help[] = "usage: sextant bench -m MODEL [-p N] [-n N] [-t N] [-r N] [--isa LEVEL]\n"
                           "               [--kv TYPE] [--sequences N] [--depth N]\n"
                           "               [--roofline] [--json]\n"
                           "\n"
                           "Measures prompt tokens read and new tokens written per second: medians over\n"
                           "several runs.\n"
                           "\n"
                           "  -m, --model FILE     a GGUF file or a folder of safetensors\n"
                           "  -p, --prompt N       length of the prompt in tokens (default 512; 0 measures\n"
                           "                       writing alone)\n"
                           "  -n, --tokens N       tokens to write (default 128; 0 measures reading alone)\n"
                           "  -t, --threads N      worker threads (default: what the machine gives)\n"
                           "  -r, --repeat N       runs (default 3)\n"
                           "      --isa LEVEL      highest instruction set to use: scalar, avx2, avx512, amx\n"
                           "      --kv TYPE        numbers kept of the context: f16 (default), f32, bf16,\n"
                           "                       q8_0 or q4_0\n"
                           "      --sequences N    texts made at the same time, each in a context of its own:\n"
                           "                       their steps are joined, and the figures are of all\n"
                           "                       together (default 1)\n"
                           "      --depth N        tokens that the context holds before the measured part\n"
                           "                       (default 0; for one sequence)\n"
                           "      --roofline       also what the machine allows: bytes and products of the\n"
                           "                       weights per token, how fast this machine reads and\n"
                           "                       multiplies, the speed that follows, the share reached\n"
                           "                       (the context's keys and values are not counted)\n"
                           "      --json           one JSON object: pp and tg in tokens per second,\n"
                           "                       load_ms, rss_mb, isa, threads, ...\n";

enum {
    OPT_MODEL = 1,
    OPT_PROMPT,
    OPT_TOKENS,
    OPT_THREADS,
    OPT_REPEAT,
    OPT_ISA,
    OPT_KV,
    OPT_SEQUENCES,
    OPT_DEPTH,
    OPT_ROOFLINE,
    OPT_JSON
};

static const sx_opt table[] = {{OPT_MODEL, 'm', "model", true},   {OPT_PROMPT, 'p', "prompt", true},
                               {OPT_TOKENS, 'n', "tokens", true}, {OPT_THREADS, 't', "threads", true},
                               {OPT_REPEAT, 'r', "repeat", true}, {OPT_ISA, 0, "isa", true},
                               {OPT_KV, 0, "kv", true},           {OPT_SEQUENCES, 0, "sequences", true},
                               {OPT_DEPTH, 0, "depth", true},     {OPT_ROOFLINE, 0, "roofline", false},
                               {OPT_JSON, 0, "json", false},      {0, 0, NULL, false}};

typedef struct bench {
    sx_run run;
    const char *model;
    uint32_t prompt, tokens, threads, repeat, sequences, depth;
    int isa, kv;
    bool json, roofline;
    uint32_t prompt_was, tokens_were; /* as the library counted them */
    double load_ms, pp, tg;
} bench;

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, uint32_t n)
{
    qsort(values, n, sizeof *values, by_value);
    return n == 0 ? 0 : n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* A text of about `want` tokens: repeated sentences, cut where the token count is met. */
static bool make_prompt(bench *b, uint32_t want, sx_bytes *text)
{
    static const char sentence[] =
        "The old lighthouse stood on the cliff and its lamp turned slowly through the night. ";
    bool ok = sx_bytes_add(text, "", 0);
    size_t room = 64 + (size_t)want * 8;
    while (ok && text->len < room) ok = sx_bytes_add(text, sentence, sizeof sentence - 1);
    size_t low = 0, high = ok ? text->len : 0; /* the longest prefix of at most `want` tokens */
    while (ok && low < high) {
        size_t middle = (low + high + 1) / 2;
        int64_t n = llm_tokenize(b->run.model, text->data, middle, LLM_TOK_SPECIAL, NULL, 0, NULL);
        if (n >= 0 && n <= want)
            low = middle;
        else
            high = middle - 1;
    }
    text->len = low;
    if (!ok) sx_say(b->run.cmd, "out of memory");
    return ok;
}

static llm_ctx_opts ctx_opts(const bench *b)
{
    llm_ctx_opts opts = LLM_CTX_OPTS_INIT;
    opts.flags = LLM_CTX_NO_GUARD;
    opts.kv_type = (uint32_t)b->kv;
    opts.n_ctx = b->depth + b->prompt + b->tokens + 9;
    return opts;
}

/* A context of its own for each run: one that has read the prompt before need not read it again. */
static bool fresh_ctx(bench *b)
{
    llm_ctx_opts opts = ctx_opts(b);
    llm_ctx_free(b->run.ctx);
    b->run.ctx = NULL;
    return sx_open_ctx(&b->run, &opts);
}

/* A context that has read the beginning of a text reads only the rest of it: `held` tokens are not counted. */
static llm_status measure(bench *b, const sx_bytes *prompt, uint32_t held, uint32_t tokens, double *pp, double *tg)
{
    llm_gen_opts opts = LLM_GEN_OPTS_INIT;
    opts.flags = LLM_GEN_IGNORE_EOS;
    opts.max_tokens = tokens;
    opts.cancel = b->run.cancel;
    llm_reply *reply = NULL;
    llm_status st = llm_generate(b->run.ctx, prompt->data, prompt->len, NULL, &opts, &reply);
    if (st != LLM_OK) return st;
    while ((st = llm_reply_next(reply)) == LLM_MORE) {}
    if (st == LLM_OK) {
        double prompt_ms = llm_reply_prompt_ms(reply), output_ms = llm_reply_output_ms(reply);
        b->prompt_was = llm_reply_prompt_tokens(reply);
        b->prompt_was -= held < b->prompt_was ? held : b->prompt_was;
        b->tokens_were = llm_reply_output_tokens(reply);
        *pp = prompt_ms > 0 ? 1e3 * b->prompt_was / prompt_ms : 0;
        /* the first token comes out of reading the prompt; each further one is an evaluation */
        *tg = output_ms > 0 && b->tokens_were > 1 ? 1e3 * (b->tokens_were - 1) / output_ms : 0;
    }
    llm_reply_free(reply);
    return st;
}

/* Several texts at once: what all of them read and write per second. */
static llm_status measure_many(bench *b, const sx_bytes *prompt, uint32_t tokens, double *pp, double *tg, sx_many *many)
{
    llm_ctx_opts ctx = ctx_opts(b);
    llm_gen_opts gen = LLM_GEN_OPTS_INIT;
    gen.flags = LLM_GEN_IGNORE_EOS;
    gen.max_tokens = tokens;
    gen.cancel = b->run.cancel;
    *many = (sx_many){b->run.model, &ctx, &gen, prompt->data, prompt->len, b->sequences, 0, 0, 0, 0, ""};
    llm_status st = sx_many_run(many);
    if (st != LLM_OK) return st;
    b->prompt_was = (uint32_t)many->prompt_tokens;
    b->tokens_were = (uint32_t)(many->output_tokens - b->sequences) + 1; /* the first of each comes out of its prompt */
    *pp = many->prompt_ms > 0 ? 1e3 * b->prompt_was / many->prompt_ms : 0;
    *tg = many->output_ms > 0 ? 1e3 * (b->tokens_were - 1) / many->output_ms : 0;
    return LLM_OK;
}

static void report(const bench *b)
{
    llm_model *model = b->run.model;
    sx_roofline roofline;
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    double rss_mb = (double)use.ru_maxrss / 1024; /* before the roofline takes memory of its own */
    const sx_done done = {b->prompt_was, b->sequences, b->prompt ? b->pp : 0, b->tokens ? b->tg : 0};
    const bool roofs = b->roofline && sx_roofline_make(&roofline, model, &done);
    if (!b->json) {
        printf("%s: %s %s, %s threads, %s\n", b->model, llm_model_info(model, "arch"), llm_model_info(model, "type"),
               llm_model_info(model, "threads"), llm_model_info(model, "isa"));
        if (b->depth) printf("  behind  %6u tokens\n", b->depth);
        if (b->prompt) printf("  reading %6u tokens  %10.1f tokens/s\n", b->prompt_was, b->pp);
        if (b->tokens) printf("  writing %6u tokens  %10.1f tokens/s\n", b->tokens_were - 1, b->tg);
        printf("  loading  %.1f ms, peak memory %.0f MB\n", b->load_ms, rss_mb);
        if (roofs) sx_roofline_print(&roofline);
        return;
    }
    json_t *out = json_object();
    const char *threads = llm_model_info(model, "threads");
    sx_json_set(out, "model", sx_json_str(b->model));
    sx_json_set(out, "arch", sx_json_str(llm_model_info(model, "arch")));
    sx_json_set(out, "type", sx_json_str(llm_model_info(model, "type")));
    sx_json_set(out, "pp", b->prompt ? sx_json_num(b->pp) : json_null());
    sx_json_set(out, "tg", b->tokens ? sx_json_num(b->tg) : json_null());
    sx_json_set(out, "pp_tokens", json_integer(b->prompt_was));
    sx_json_set(out, "tg_tokens", json_integer(b->tokens ? b->tokens_were - 1 : 0));
    sx_json_set(out, "depth", json_integer(b->depth));
    sx_json_set(out, "sequences", json_integer(b->sequences));
    sx_json_set(out, "repeat", json_integer(b->repeat));
    sx_json_set(out, "load_ms", sx_json_num(b->load_ms));
    sx_json_set(out, "rss_mb", sx_json_num(rss_mb));
    sx_json_set(out, "isa", sx_json_str(llm_model_info(model, "isa")));
    sx_json_set(out, "threads", json_integer(threads ? strtol(threads, NULL, 10) : 0));
    if (roofs) sx_json_set(out, "roofline", sx_roofline_json(&roofline));
    sx_json_line(out);
}

/* The runs, and before them one token that is not counted: it brings the weights into memory. */
static int measure_all(bench *b, const sx_bytes *before, const sx_bytes *prompt, double *pp, double *tg)
{
    const sx_bytes first = {0};
    uint32_t tokens = b->tokens + 1;
    for (uint32_t i = 0; i <= b->repeat; i++) {
        sx_progress(i ? "Run %u of %u" : "Warming up", i, b->repeat);
        if (i && b->sequences > 1) {
            sx_many many;
            llm_status st = measure_many(b, prompt, tokens, &pp[i - 1], &tg[i - 1], &many);
            if (st != LLM_OK) return sx_failed(&b->run, st, many.why);
            continue;
        }
        if (!fresh_ctx(b)) return b->run.status;
        llm_status st = LLM_OK;
        uint32_t held = 0;
        double unused[2]; /* nobody asks how fast the text before is read */
        if (!i || b->depth) st = measure(b, i ? before : &first, 0, 1, &unused[0], &unused[1]);
        if (i && b->depth) held = b->prompt_was;
        if (i && st == LLM_OK) st = measure(b, prompt, held, tokens, &pp[i - 1], &tg[i - 1]);
        if (st != LLM_OK) return sx_failed(&b->run, st, llm_ctx_errmsg(b->run.ctx));
    }
    sx_progress_end();
    b->pp = median(pp, b->repeat);
    b->tg = median(tg, b->repeat);
    return SX_EXIT_OK;
}

static int work(bench *b)
{
    sx_run *run = &b->run;
    sx_bytes before = {0}, prompt = {0}; /* the prompt begins with what is there before */
    if (!sx_run_begin(run, run->cmd)) return run->status;
    const double begin = now_ms();
    if (!sx_open_model(run, b->model, b->threads, (uint32_t)b->isa)) return run->status;
    b->load_ms = now_ms() - begin;
    double *pp = calloc(b->repeat, sizeof *pp), *tg = calloc(b->repeat, sizeof *tg);
    int status = SX_EXIT_RUN;
    if (!pp || !tg)
        sx_say(run->cmd, "out of memory");
    else if (make_prompt(b, b->depth, &before) && make_prompt(b, b->depth + b->prompt, &prompt))
        status = measure_all(b, &before, &prompt, pp, tg);
    if (status == SX_EXIT_OK) report(b);
    free(pp);
    free(tg);
    sx_bytes_free(&before);
    sx_bytes_free(&prompt);
    return status;
}

static int run_bench(const sx_command *self, int argc, char **argv)
{
    sx_args args;
    bench b = {.run = {.cmd = self}, .prompt = 512, .tokens = 128, .repeat = 3, .sequences = 1};
    bool ok = true;
    int id = 0, status = SX_EXIT_RUN;
    if (!sx_args_init(&args, self, table, argc, argv)) return SX_EXIT_RUN;
    while (ok && (id = sx_args_next(&args)) > 0) {
        if (id == OPT_MODEL) b.model = args.value;
        if (id == OPT_PROMPT) ok = sx_arg_u32(&args, 0, 1u << 24, &b.prompt);
        if (id == OPT_TOKENS) ok = sx_arg_u32(&args, 0, 1u << 24, &b.tokens);
        if (id == OPT_THREADS) ok = sx_arg_u32(&args, 1, 4096, &b.threads);
        if (id == OPT_REPEAT) ok = sx_arg_u32(&args, 1, 1000, &b.repeat);
        if (id == OPT_SEQUENCES) ok = sx_arg_u32(&args, 1, 1024, &b.sequences);
        if (id == OPT_DEPTH) ok = sx_arg_u32(&args, 0, 1u << 24, &b.depth);
        if (id == OPT_ISA) ok = (b.isa = sx_isa(&args)) >= 0;
        if (id == OPT_KV) ok = (b.kv = sx_kv(&args)) >= 0;
        if (id == OPT_ROOFLINE) b.roofline = true;
        if (id == OPT_JSON) b.json = true;
    }
    if (ok && id < 0)
        status = args.status;
    else if (ok && args.operands)
        status = sx_usage(self, "'%s' is too much: bench takes options only", args.operand[0]);
    else if (ok && !b.model)
        status = sx_usage(self, "a model is needed: -m FILE");
    else if (ok && b.depth && b.sequences > 1)
        status = sx_usage(self, "--depth is for one sequence");
    else if (ok)
        status = work(&b);
    sx_run_end(&b.run);
    sx_args_free(&args);
    return status;
}

const sx_command sx_cmd_bench = {"bench", "how fast a model reads and writes here", help, run_bench};
