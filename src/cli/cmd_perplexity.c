/* sextant perplexity: how well a model predicts a text, and how far another one's predictions lie from its own. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "json.h"

static const char help[] = "usage: sextant perplexity -m MODEL [--against MODEL] [-c N] [-t N] [--json] [FILE]\n"
                           "\n"
                           "Prints the perplexity of a text (standard input without FILE): the exponential of\n"
                           "the mean negative logarithm of its tokens' probabilities. The text is read in\n"
                           "windows that overlap by half, so that a token has at least half a window before\n"
                           "it, but for those of the first.\n"
                           "\n"
                           "  -m, --model FILE     the model\n"
                           "      --against FILE   also the mean Kullback-Leibler divergence of the model's\n"
                           "                       predictions from this one's, in nats per token, and how\n"
                           "                       often both find the same token likeliest; the two must\n"
                           "                       share a vocabulary\n"
                           "  -c, --ctx N          tokens of a window (default 512)\n"
                           "  -t, --threads N      worker threads (default: what the machine gives)\n"
                           "      --json           one JSON object\n";

enum { OPT_MODEL = 1, OPT_AGAINST, OPT_CTX, OPT_THREADS, OPT_JSON };

static const sx_opt table[] = {{OPT_MODEL, 'm', "model", true}, {OPT_AGAINST, 0, "against", true},
                               {OPT_CTX, 'c', "ctx", true},     {OPT_THREADS, 't', "threads", true},
                               {OPT_JSON, 0, "json", false},    {0, 0, NULL, false}};

typedef struct measure {
    double sum;      /* of logarithms */
    double kl;       /* sum over places */
    uint64_t tokens; /* scored */
    uint64_t places, agree;
} measure;

typedef struct request {
    sx_run run, other; /* other: what is compared with */
    const char *model, *against;
    uint32_t threads, window;
    bool json;
    int32_t *ids; /* [n] without BOS */
    size_t n;
    int32_t bos; /* -1: none */
} request;

/* ---- one window ---- */

static uint32_t likeliest(const float *row, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (row[i] > row[best]) best = i;
    return (uint32_t)best;
}

static double log_sum(const float *row, size_t n)
{
    double max = (double)row[likeliest(row, n)], sum = 0.0;
    for (size_t i = 0; i < n; i++) sum += exp((double)row[i] - max);
    return max + log(sum);
}

/* Divergence of q from p, both rows of logits. */
static double divergence(const float *p, const float *q, size_t n)
{
    double lp = log_sum(p, n), lq = log_sum(q, n), sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        double a = (double)p[i] - lp;
        sum += exp(a) * (a - ((double)q[i] - lq));
    }
    return sum;
}

static llm_status compare(request *q, const int32_t *tokens, size_t n, size_t from, measure *m)
{
    size_t width = llm_model_n_vocab(q->run.model);
    float *rows[2] = {malloc(n * width * sizeof **rows), malloc(n * width * sizeof **rows)};
    llm_status st = rows[0] && rows[1] ? LLM_OK : LLM_E_MEMORY;
    if (st == LLM_OK) st = llm_logits(q->other.ctx, tokens, n, rows[0], n * width, q->run.cancel);
    if (st == LLM_OK) st = llm_logits(q->run.ctx, tokens, n, rows[1], n * width, q->run.cancel);
    for (size_t i = from > 0 ? from - 1 : 0; st == LLM_OK && i + 1 < n; i++) {
        const float *p = rows[0] + i * width, *own = rows[1] + i * width;
        m->kl += divergence(p, own, width);
        m->agree += likeliest(p, width) == likeliest(own, width);
        m->places++;
    }
    free(rows[0]);
    free(rows[1]);
    return st;
}

static llm_status one_window(request *q, const int32_t *tokens, size_t n, size_t from, measure *m)
{
    llm_scores *scores = NULL;
    llm_score_opts opts = LLM_SCORE_OPTS_INIT;
    opts.cancel = q->run.cancel;
    llm_status st = llm_score_tokens(q->run.ctx, tokens, n, from, &opts, &scores);
    if (st == LLM_OK) {
        m->sum += llm_scores_sum(scores, 0);
        m->tokens += llm_scores_tokens(scores, 0);
    }
    llm_scores_free(scores);
    return st == LLM_OK && q->against ? compare(q, tokens, n, from, m) : st;
}

static llm_status all_windows(request *q, measure *m)
{
    uint32_t head = q->bos >= 0, step = (q->window - head) / 2;
    int32_t *tokens = malloc(q->window * sizeof *tokens);
    if (!tokens) return LLM_E_MEMORY;
    llm_status st = LLM_OK;
    size_t begin = 0, done = 0; /* tokens before `done` are scored */
    if (step == 0) step = 1;
    while (done < q->n && st == LLM_OK) {
        size_t n = q->n - begin < q->window - head ? q->n - begin : q->window - head;
        if (head) tokens[0] = q->bos;
        memcpy(tokens + head, q->ids + begin, n * sizeof *tokens);
        st = one_window(q, tokens, n + head, done - begin + head, m);
        done = begin + n;
        begin += step;
    }
    free(tokens);
    return st;
}

/* ---- the run ---- */

static bool take_text(request *q, const char *file)
{
    sx_bytes text = {0};
    llm_error err = LLM_ERROR_INIT;
    int32_t first = -1;
    if (!sx_read_all(q->run.cmd, file, &text)) return false;
    int64_t n = llm_tokenize(q->run.model, text.data, text.len, 0, NULL, 0, &err);
    q->ids = n >= 0 ? malloc(((size_t)n + 1) * sizeof *q->ids) : NULL;
    if (q->ids) n = llm_tokenize(q->run.model, text.data, text.len, 0, q->ids, (size_t)n, &err);
    sx_bytes_free(&text);
    if (n < 0) return sx_failed(&q->run, (llm_status)n, err.message) == SX_EXIT_OK;
    if (!q->ids) {
        sx_say(q->run.cmd, "out of memory");
        return false;
    }
    q->n = (size_t)n;
    if (llm_tokenize(q->run.model, "", 0, LLM_TOK_SPECIAL, &first, 1, NULL) < 1) first = -1;
    q->bos = first >= 0 && first == llm_model_token(q->run.model, "bos") ? first : -1;
    if (q->n + (q->bos >= 0) > 1) return true;
    sx_say(q->run.cmd, "the text is too short: nothing can be predicted");
    return false;
}

static void report(const request *q, const measure *m)
{
    double ppl = exp(-m->sum / (double)m->tokens), kl = m->kl / (double)m->places;
    double same = (double)m->agree / (double)m->places;
    if (q->json) {
        json_t *out = json_object();
        sx_json_set(out, "perplexity", sx_json_num(ppl));
        sx_json_set(out, "tokens", json_integer((json_int_t)m->tokens));
        if (q->against) sx_json_set(out, "kl", sx_json_num(kl));
        if (q->against) sx_json_set(out, "same_top", sx_json_num(same));
        sx_json_line(out);
        return;
    }
    printf("perplexity %.4f over %llu tokens\n", ppl, (unsigned long long)m->tokens);
    if (q->against) printf("divergence %.6f nats per token, same likeliest token %.2f %%\n", kl, 100.0 * same);
}

static int work(request *q, const char *file)
{
    llm_ctx_opts opts = LLM_CTX_OPTS_INIT;
    opts.n_ctx = q->window;
    if (!sx_open_model(&q->run, q->model, q->threads, 0) || !sx_open_ctx(&q->run, &opts)) return q->run.status;
    q->other.cmd = q->run.cmd;
    if (q->against && (!sx_open_model(&q->other, q->against, q->threads, 0) || !sx_open_ctx(&q->other, &opts)))
        return q->other.status;
    if (q->against && llm_model_n_vocab(q->other.model) != llm_model_n_vocab(q->run.model)) {
        sx_say(q->run.cmd, "the two models have different vocabularies");
        return SX_EXIT_RUN;
    }
    if (!take_text(q, file)) return q->run.status ? q->run.status : SX_EXIT_RUN;
    measure m = {0};
    llm_status st = all_windows(q, &m);
    if (st == LLM_OK) {
        report(q, &m);
        return SX_EXIT_OK;
    }
    const char *why = llm_ctx_errmsg(q->run.ctx);
    if (!why[0] && q->other.ctx) why = llm_ctx_errmsg(q->other.ctx);
    return sx_failed(&q->run, st, why[0] ? why : "out of memory");
}

static int run_perplexity(const sx_command *self, int argc, char **argv)
{
    sx_args args;
    request q = {.window = 512};
    bool ok = true;
    int id = 0, status = SX_EXIT_RUN;
    if (!sx_args_init(&args, self, table, argc, argv)) return SX_EXIT_RUN;
    while (ok && (id = sx_args_next(&args)) > 0) {
        if (id == OPT_MODEL) q.model = args.value;
        if (id == OPT_AGAINST) q.against = args.value;
        if (id == OPT_CTX) ok = sx_arg_u32(&args, 2, 1u << 20, &q.window);
        if (id == OPT_THREADS) ok = sx_arg_u32(&args, 1, 4096, &q.threads);
        if (id == OPT_JSON) q.json = true;
    }
    if (ok && id < 0)
        status = args.status;
    else if (ok && (!q.model || args.operands > 1))
        status = sx_usage(self, "a model is needed: -m FILE, and one text at most");
    else if (ok && sx_run_begin(&q.run, self))
        status = work(&q, args.operands ? args.operand[0] : "-");
    llm_ctx_free(q.other.ctx);
    llm_model_free(q.other.model);
    free(q.ids);
    sx_run_end(&q.run);
    sx_args_free(&args);
    return status;
}

const sx_command sx_cmd_perplexity = {"perplexity", "how well a model predicts a text", help, run_perplexity};
