/* sextant embed, sextant rerank: texts as vectors; documents by how well they answer. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "json.h"

static const char embed_help[] =
    "usage: sextant embed -m MODEL [--pooling WAY] [--raw] TEXT...\n"
    "       sextant embed -m MODEL --jsonl\n"
    "\n"
    "Prints each TEXT as a vector: numbers on a line, joined by spaces.\n"
    "\n"
    "  -m, --model FILE     an encoder (BERT and its kin) or any other model\n"
    "      --pooling WAY    mean, cls or last (default: as the model's file says)\n"
    "      --raw            leave vectors as long as they come; else their length is 1\n"
    "  -t, --threads N      worker threads (default: what the machine gives)\n"
    "      --jsonl          {\"id\", \"text\"} or {\"id\", \"texts\": [...]} per line in,\n"
    "                       {\"id\", \"embedding\"} or {\"id\", \"embeddings\"} per line out\n";

static const char rerank_help[] = "usage: sextant rerank -m MODEL -q QUERY DOCUMENT...\n"
                                  "       sextant rerank -m MODEL --jsonl\n"
                                  "\n"
                                  "Prints for each DOCUMENT how well it answers QUERY, larger is better; the model\n"
                                  "must have a classification head.\n"
                                  "\n"
                                  "  -m, --model FILE     a reranking model\n"
                                  "  -q, --query TEXT     what is asked\n"
                                  "  -t, --threads N      worker threads (default: what the machine gives)\n"
                                  "      --jsonl          {\"id\", \"query\", \"documents\": [...]} per line in,\n"
                                  "                       {\"id\", \"scores\": [...]} per line out, in their order\n";

enum { OPT_MODEL = 1, OPT_THREADS, OPT_JSONL, OPT_POOLING, OPT_RAW, OPT_QUERY };

static const sx_opt embed_table[] = {{OPT_MODEL, 'm', "model", true}, {OPT_POOLING, 0, "pooling", true},
                                     {OPT_RAW, 0, "raw", false},      {OPT_THREADS, 't', "threads", true},
                                     {OPT_JSONL, 0, "jsonl", false},  {0, 0, NULL, false}};
static const sx_opt rerank_table[] = {{OPT_MODEL, 'm', "model", true},
                                      {OPT_QUERY, 'q', "query", true},
                                      {OPT_THREADS, 't', "threads", true},
                                      {OPT_JSONL, 0, "jsonl", false},
                                      {0, 0, NULL, false}};

typedef struct request {
    sx_run *run;
    const char *model, *query;
    uint32_t threads;
    bool rank, jsonl;
    llm_embed_opts opts;
} request;

typedef struct texts { /* pointers into arguments or a line's JSON */
    const char **text; /* [n] */
    size_t *len;       /* [n] */
    float *out;        /* [n, width] */
    size_t n, width;
} texts;

static bool texts_room(texts *t, const request *q, size_t n)
{
    t->n = n;
    t->width = q->rank ? 1 : llm_model_n_embd(q->run->model);
    t->text = calloc(n + 1, sizeof *t->text);
    t->len = calloc(n + 1, sizeof *t->len);
    t->out = calloc(n * t->width + 1, sizeof *t->out);
    return t->text && t->len && t->out;
}

static void texts_free(texts *t)
{
    free(t->text);
    free(t->len);
    free(t->out);
}

static llm_status serve(const request *q, const texts *t, const char *query, size_t len)
{
    llm_ctx *ctx = q->run->ctx;
    return q->rank ? llm_rerank(ctx, query, len, t->text, t->len, t->n, t->out, q->run->cancel)
                   : llm_embed(ctx, t->text, t->len, t->n, &q->opts, t->out, t->n * t->width);
}

/* ---- JSON Lines ---- */

static json_t *numbers(const float *v, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) json_array_append_new(list, sx_json_num((double)v[i]));
    return list;
}

static llm_status take(const request *q, const json_t *in, const char *key, texts *t, llm_error *err)
{
    const json_t *list = json_object_get(in, key), *one = q->rank ? NULL : json_object_get(in, "text");
    size_t n = one ? 1 : json_array_size(list);
    if (!texts_room(t, q, n)) {
        sx_error_set(err, LLM_E_MEMORY, "Out of memory.");
        return LLM_E_MEMORY;
    }
    bool ok = one || json_is_array(list);
    for (size_t i = 0; i < n && ok; i++) {
        const json_t *text = one ? one : json_array_get(list, i);
        ok = json_is_string(text);
        t->text[i] = json_string_value(text);
        t->len[i] = json_string_length(text);
    }
    if (ok) return LLM_OK;
    sx_error_set(err, LLM_E_INVALID, "The field \"%s\" must be a list of texts.", key);
    return LLM_E_INVALID;
}

static llm_status serve_line(void *user, const json_t *in, json_t *out, llm_error *err)
{
    const request *q = user;
    const char *query = "";
    size_t len = 0;
    texts t = {0};
    llm_status st = q->rank ? sx_json_get_text(in, "query", true, &query, &len, err) : LLM_OK;
    if (st == LLM_OK) st = take(q, in, q->rank ? "documents" : "texts", &t, err);
    if (st == LLM_OK) {
        st = serve(q, &t, query, len);
        if (st != LLM_OK) sx_error_set(err, st, "%s", llm_ctx_errmsg(q->run->ctx));
    }
    if (st == LLM_OK && q->rank) {
        sx_json_set(out, "scores", numbers(t.out, t.n));
    } else if (st == LLM_OK && json_object_get(in, "text")) {
        sx_json_set(out, "embedding", numbers(t.out, t.width));
    } else if (st == LLM_OK) {
        json_t *list = json_array();
        for (size_t i = 0; i < t.n; i++) json_array_append_new(list, numbers(t.out + i * t.width, t.width));
        sx_json_set(out, "embeddings", list);
    }
    texts_free(&t);
    return st;
}

/* ---- operands ---- */

static int serve_operands(const request *q, const sx_args *args)
{
    texts t = {0};
    if (!texts_room(&t, q, (size_t)args->operands)) {
        texts_free(&t);
        sx_say(q->run->cmd, "out of memory");
        return SX_EXIT_RUN;
    }
    for (size_t i = 0; i < t.n; i++) {
        t.text[i] = args->operand[i];
        t.len[i] = strlen(args->operand[i]);
    }
    llm_status st = serve(q, &t, q->query, q->query ? strlen(q->query) : 0);
    for (size_t i = 0; st == LLM_OK && i < t.n; i++) {
        for (size_t k = 0; k < t.width; k++) printf("%s%.9g", k ? " " : "", (double)t.out[i * t.width + k]);
        if (q->rank) printf("\t%s", t.text[i]);
        putchar('\n');
    }
    texts_free(&t);
    return st == LLM_OK ? SX_EXIT_OK : sx_failed(q->run, st, llm_ctx_errmsg(q->run->ctx));
}

static int run_either(const sx_command *self, int argc, char **argv, bool rank)
{
    static const char *const ways[] = {"", "mean", "cls", "last", NULL};
    sx_args args;
    sx_run run = {0};
    request q = {.run = &run, .rank = rank, .opts = LLM_EMBED_OPTS_INIT};
    bool ok = true;
    int id = 0, status = SX_EXIT_RUN;
    q.opts.flags = LLM_EMBED_NORMALISE;
    if (!sx_args_init(&args, self, rank ? rerank_table : embed_table, argc, argv)) return SX_EXIT_RUN;
    while (ok && (id = sx_args_next(&args)) > 0) {
        int way = 0;
        if (id == OPT_MODEL) q.model = args.value;
        if (id == OPT_QUERY) q.query = args.value;
        if (id == OPT_JSONL) q.jsonl = true;
        if (id == OPT_RAW) q.opts.flags = 0;
        if (id == OPT_POOLING) ok = (way = sx_arg_choice(&args, ways)) >= 0;
        if (way > 0) q.opts.pooling = (uint32_t)way; /* in the order of LLM_POOL_* */
        if (id == OPT_THREADS) ok = sx_arg_u32(&args, 1, 4096, &q.threads);
    }
    if (ok && id < 0)
        status = args.status;
    else if (ok && !q.model)
        status = sx_usage(self, "a model is needed: -m FILE");
    else if (ok && (q.jsonl == (args.operands > 0) || (rank && !q.jsonl && !q.query)))
        status = sx_usage(self, rank ? "give -q QUERY and documents, or --jsonl and requests on standard input"
                                     : "give texts as operands, or --jsonl and requests on standard input");
    else if (ok &&
             (!sx_run_begin(&run, self) || !sx_open_model(&run, q.model, q.threads, 0) || !sx_open_ctx(&run, NULL)))
        status = run.status;
    else if (ok)
        status = q.jsonl ? sx_jsonl(&run, serve_line, &q) : serve_operands(&q, &args);
    sx_run_end(&run);
    sx_args_free(&args);
    return status;
}

static int run_embed(const sx_command *self, int argc, char **argv)
{
    return run_either(self, argc, argv, false);
}

static int run_rerank(const sx_command *self, int argc, char **argv)
{
    return run_either(self, argc, argv, true);
}

const sx_command sx_cmd_embed = {"embed", "texts as vectors", embed_help, run_embed};
const sx_command sx_cmd_rerank = {"rerank", "how well documents answer a query", rerank_help, run_rerank};
