/* sextant score: how likely a model finds given texts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "json.h"

static const char help[] =
    "usage: sextant score -m MODEL [--prompt TEXT] [--top N] TEXT...\n"
    "       sextant score -m MODEL --jsonl\n"
    "\n"
    "Prints for each TEXT the sum of the natural logarithms of its tokens'\n"
    "probabilities after the prompt, the number of tokens, and the perplexity.\n"
    "Several texts after one prompt are scored together; the prompt is read once.\n"
    "\n"
    "  -m, --model FILE     a GGUF file or a folder of safetensors\n"
    "  -p, --prompt TEXT    what comes before every text\n"
    "      --top N          with --json lines: the N likeliest tokens at each place\n"
    "      --no-bos         do not begin with the model's BOS token\n"
    "      --parse-special  take special tokens written in the texts\n"
    "  -c, --ctx N          most tokens of prompt and text together\n"
    "  -t, --threads N      worker threads (default: what the machine gives)\n"
    "      --lora FILE[=SCALE]  an adapter to carry, times SCALE (1); may be repeated\n"
    "      --jsonl          {\"id\", \"prompt\", \"continuations\": [...], \"given\": [bytes of\n"
    "                       each that are not scored]} or {\"id\", \"text\"} per line in;\n"
    "                       {\"id\", \"scores\": [{\"sum\", \"perplexity\", \"tokens\",\n"
    "                       \"logprobs\", \"top\"}]} or those fields themselves per line out\n";

enum { OPT_MODEL = 1, OPT_PROMPT, OPT_TOP, OPT_BOS, OPT_PARSE, OPT_CTX, OPT_THREADS, OPT_JSONL, OPT_LORA };

static const sx_opt table[] = {{OPT_MODEL, 'm', "model", true},
                               {OPT_PROMPT, 'p', "prompt", true},
                               {OPT_TOP, 0, "top", true},
                               {OPT_BOS, 0, "no-bos", false},
                               {OPT_PARSE, 0, "parse-special", false},
                               {OPT_CTX, 'c', "ctx", true},
                               {OPT_THREADS, 't', "threads", true},
                               {OPT_JSONL, 0, "jsonl", false},
                               {OPT_LORA, 0, "lora", true},
                               {0, 0, NULL, false}};

typedef struct request {
    sx_run *run;
    const char *model, *prompt;
    uint32_t threads, flags, top;
    bool jsonl;
    llm_ctx_opts ctx;
    sx_bytes lora;
} request;

/* The texts of a line: pointers into its JSON. */
typedef struct texts {
    const char **text;
    size_t *len;
    uint64_t *given; /* NULL: none */
    size_t n;
} texts;

static double perplexity(const llm_scores *scores, uint32_t i)
{
    uint32_t n = llm_scores_tokens(scores, i);
    return n ? exp(-llm_scores_sum(scores, i) / n) : NAN;
}

/* ---- JSON Lines ---- */

static json_t *top_of(const llm_scores *scores, uint32_t i, uint32_t t, uint32_t top)
{
    json_t *list = json_array();
    for (uint32_t k = 0; k < top; k++) {
        json_t *one = json_array();
        int32_t token = llm_scores_top_token(scores, i, t, k);
        if (token < 0) {
            json_decref(one);
            break;
        }
        json_array_append_new(one, json_integer(token));
        json_array_append_new(one, sx_json_num(llm_scores_top_logprob(scores, i, t, k)));
        json_array_append_new(list, one);
    }
    return list;
}

static void put_scores(json_t *out, const llm_scores *scores, uint32_t i, uint32_t top)
{
    json_t *tokens = json_array(), *logprobs = json_array(), *tops = json_array();
    for (uint32_t t = 0; t < llm_scores_tokens(scores, i); t++) {
        json_array_append_new(tokens, json_integer(llm_scores_token(scores, i, t)));
        json_array_append_new(logprobs, sx_json_num(llm_scores_logprob(scores, i, t)));
        if (top) json_array_append_new(tops, top_of(scores, i, t, top));
    }
    sx_json_set(out, "sum", sx_json_num(llm_scores_sum(scores, i)));
    sx_json_set(out, "perplexity", sx_json_num(perplexity(scores, i)));
    sx_json_set(out, "tokens", tokens);
    sx_json_set(out, "logprobs", logprobs);
    if (top)
        sx_json_set(out, "top", tops);
    else
        json_decref(tops);
}

static void free_texts(texts *t)
{
    free(t->text);
    free(t->len);
    free(t->given);
}

static llm_status take_texts(const json_t *in, texts *t, llm_error *err)
{
    const json_t *list = json_object_get(in, "continuations"), *given = json_object_get(in, "given");
    if (!json_is_array(list) || (given && (!json_is_array(given) || json_array_size(given) != json_array_size(list)))) {
        sx_error_set(err, LLM_E_INVALID,
                     "The field \"continuations\" must be a list of texts, and \"given\" as many numbers.");
        return LLM_E_INVALID;
    }
    t->n = json_array_size(list);
    t->text = calloc(t->n + 1, sizeof *t->text);
    t->len = calloc(t->n + 1, sizeof *t->len);
    t->given = given ? calloc(t->n + 1, sizeof *t->given) : NULL;
    if (!t->text || !t->len || (given && !t->given)) {
        sx_error_set(err, LLM_E_MEMORY, "Out of memory.");
        return LLM_E_MEMORY;
    }
    for (size_t i = 0; i < t->n; i++) {
        const json_t *text = json_array_get(list, i), *bytes = json_array_get(given, i);
        if (!json_is_string(text) || (given && (!json_is_integer(bytes) || json_integer_value(bytes) < 0))) {
            sx_error_set(err, LLM_E_INVALID, "Continuation %zu is not a text, or its \"given\" not a number.", i);
            return LLM_E_INVALID;
        }
        t->text[i] = json_string_value(text);
        t->len[i] = json_string_length(text);
        if (given) t->given[i] = (uint64_t)json_integer_value(bytes);
    }
    return LLM_OK;
}

static llm_status score_line(void *user, const json_t *in, json_t *out, llm_error *err)
{
    const request *q = user;
    const char *prompt = q->prompt ? q->prompt : "", *text = NULL;
    size_t len = strlen(prompt), text_len = 0;
    texts t = {0};
    llm_scores *scores = NULL;
    llm_score_opts opts = LLM_SCORE_OPTS_INIT;
    opts.flags = q->flags;
    opts.top = q->top;
    opts.cancel = q->run->cancel;
    llm_status st = sx_json_get_text(in, "text", false, &text, &text_len, err);
    if (st == LLM_OK) st = sx_json_get_text(in, "prompt", false, &prompt, &len, err);
    if (st == LLM_OK) st = sx_json_get_u32(in, "top", &opts.top, err);
    if (st == LLM_OK && !text) st = take_texts(in, &t, err);
    opts.given = t.given;
    if (st == LLM_OK) {
        st = text ? llm_score(q->run->ctx, prompt, len, &text, &text_len, 1, &opts, &scores)
                  : llm_score(q->run->ctx, prompt, len, t.text, t.len, t.n, &opts, &scores);
        if (st != LLM_OK) sx_error_set(err, st, "%s", llm_ctx_errmsg(q->run->ctx));
    }
    if (st == LLM_OK && text) put_scores(out, scores, 0, opts.top);
    if (st == LLM_OK && !text) {
        json_t *list = json_array();
        for (uint32_t i = 0; i < llm_scores_count(scores); i++) {
            json_t *one = json_object();
            put_scores(one, scores, i, opts.top);
            json_array_append_new(list, one);
        }
        sx_json_set(out, "scores", list);
    }
    llm_scores_free(scores);
    free_texts(&t);
    return st;
}

/* ---- operands ---- */

static int score_operands(const request *q, const sx_args *args)
{
    size_t n = (size_t)args->operands, *lens = calloc(n + 1, sizeof *lens);
    llm_score_opts opts = LLM_SCORE_OPTS_INIT;
    llm_scores *scores = NULL;
    opts.flags = q->flags;
    opts.cancel = q->run->cancel;
    if (!lens) {
        sx_say(q->run->cmd, "out of memory");
        return SX_EXIT_RUN;
    }
    for (size_t i = 0; i < n; i++) lens[i] = strlen(args->operand[i]);
    llm_status st = llm_score(q->run->ctx, q->prompt, q->prompt ? strlen(q->prompt) : 0,
                              (const char *const *)args->operand, lens, n, &opts, &scores);
    free(lens);
    if (st != LLM_OK) return sx_failed(q->run, st, llm_ctx_errmsg(q->run->ctx));
    for (uint32_t i = 0; i < n; i++)
        printf("%.4f\t%u\t%.4f\t%s\n", llm_scores_sum(scores, i), llm_scores_tokens(scores, i), perplexity(scores, i),
               args->operand[i]);
    llm_scores_free(scores);
    return SX_EXIT_OK;
}

static int run_score(const sx_command *self, int argc, char **argv)
{
    sx_args args;
    sx_run run = {0};
    request q = {.run = &run, .ctx = LLM_CTX_OPTS_INIT};
    bool ok = true;
    int id = 0, status = SX_EXIT_RUN;
    if (!sx_args_init(&args, self, table, argc, argv)) return SX_EXIT_RUN;
    while (ok && (id = sx_args_next(&args)) > 0) {
        if (id == OPT_MODEL) q.model = args.value;
        if (id == OPT_PROMPT) q.prompt = args.value;
        if (id == OPT_TOP) ok = sx_arg_u32(&args, 0, 256, &q.top);
        if (id == OPT_BOS) q.flags |= LLM_SCORE_NO_BOS;
        if (id == OPT_PARSE) q.flags |= LLM_SCORE_PARSE_SPECIAL;
        if (id == OPT_CTX) ok = sx_arg_u32(&args, 1, 1u << 28, &q.ctx.n_ctx);
        if (id == OPT_THREADS) ok = sx_arg_u32(&args, 1, 4096, &q.threads);
        if (id == OPT_JSONL) q.jsonl = true;
        if (id == OPT_LORA) ok = sx_list_add(&q.lora, args.value, strlen(args.value));
    }
    if (ok && id < 0)
        status = args.status;
    else if (ok && !q.model)
        status = sx_usage(self, "a model is needed: -m FILE");
    else if (ok && q.jsonl == (args.operands > 0))
        status = sx_usage(self, "give texts as operands, or --jsonl and requests on standard input");
    else if (ok && (!sx_run_begin(&run, self) || !sx_open_model(&run, q.model, q.threads, 0) ||
                    !sx_open_ctx(&run, &q.ctx) || !sx_open_adapters(&run, &q.lora)))
        status = run.status;
    else if (ok)
        status = q.jsonl ? sx_jsonl(&run, score_line, &q) : score_operands(&q, &args);
    sx_bytes_free(&q.lora);
    sx_run_end(&run);
    sx_args_free(&args);
    return status;
}

const sx_command sx_cmd_score = {"score", "how likely a model finds given texts", help, run_score};
