/* sextant retrieve: the passages that bear on a question. */
#include <string.h>

#include "commands.h"
#include "json.h"
#include "show.h"
#include "term.h"

static const char help[] = "usage: sextant retrieve -c CORPUS [OPTION...] QUESTION\n"
                           "       sextant retrieve -c CORPUS --jsonl [OPTION...]\n"
                           "\n"
                           "Prints the passages that bear on a question, best first, and how sure it is\n"
                           "that the answer is among them.\n"
                           "\n"
                           "  -c, --corpus FILE   the corpus file\n"
                           "      --doc DOC       search this document only\n"
                           "      --filter EXPR   only documents that fit, such as\n"
                           "                      'folder ^= contracts and year >= 2020'\n"
                           "      --labels A,B    see what holders of these labels may see (default:\n"
                           "                      everything; '': what has no labels)\n"
                           "      --top N         most passages (default 10)\n"
                           "      --beam N        branches kept per level (default: as many as the level's\n"
                           "                      certainty asks for)\n"
                           "  -m, --model FILE    a model that judges the branches and passages\n"
                           "      --judge HOW     by likelihood (default), letters or both\n"
                           "      --judge-ms N    milliseconds it may take (default: no limit)\n"
                           "      --judge-tokens N  tokens it may read (default 16384)\n"
                           "      --trace         show what was considered, kept and left on the way\n"
                           "      --json          one JSON object\n"
                           "      --jsonl         {\"id\", \"question\", \"doc\", \"filter\"} per line in, {\"id\",\n"
                           "                      \"confidence\", \"evidence\": [{\"doc\", \"node\", \"path\",\n"
                           "                      \"start\", \"end\", \"score\", \"text\"}]} per line out; --trace\n"
                           "                      adds \"trace\"\n";

enum {
    OPT_CORPUS = 1,
    OPT_DOC,
    OPT_TOP,
    OPT_BEAM,
    OPT_TRACE,
    OPT_JSON,
    OPT_JSONL,
    OPT_MODEL,
    OPT_MS,
    OPT_HOW,
    OPT_TOKENS,
    OPT_FILTER,
    OPT_LABELS
};

static const sx_opt table[] = {{OPT_CORPUS, 'c', "corpus", true},
                               {OPT_DOC, 0, "doc", true},
                               {OPT_FILTER, 0, "filter", true},
                               {OPT_LABELS, 0, "labels", true},
                               {OPT_TOP, 0, "top", true},
                               {OPT_BEAM, 0, "beam", true},
                               {OPT_TRACE, 0, "trace", false},
                               {OPT_JSON, 0, "json", false},
                               {OPT_JSONL, 0, "jsonl", false},
                               {OPT_MODEL, 'm', "model", true},
                               {OPT_MS, 0, "judge-ms", true},
                               {OPT_HOW, 0, "judge", true},
                               {OPT_TOKENS, 0, "judge-tokens", true},
                               {0, 0, NULL, false}};

typedef struct job {
    sx_run run;
    const char *corpus, *model, *labels;
    llm_retrieve_opts opts;
    bool trace, json, jsonl;
} job;

static void result(const job *j, json_t *out, const llm_evidence *evidence)
{
    sx_json_set(out, "confidence", sx_json_num(llm_evidence_confidence(evidence)));
    sx_json_set(out, "evidence", sx_json_evidence(evidence));
    if (j->trace) sx_json_set(out, "trace", sx_json_trace(evidence));
}

static llm_status line(void *user, const json_t *in, json_t *out, llm_error *err)
{
    job *j = user;
    const char *question = "";
    size_t len = 0, doc_len = 0;
    llm_retrieve_opts opts = j->opts;
    llm_evidence *evidence = NULL;
    llm_status st = sx_json_get_text(in, "question", true, &question, &len, err);
    if (st == LLM_OK) st = sx_json_get_text(in, "doc", false, &opts.doc, &doc_len, err);
    if (st == LLM_OK) st = sx_json_get_text(in, "filter", false, &opts.filter, &doc_len, err);
    if (st != LLM_OK) return st;
    st = llm_retrieve(j->run.ctx, question, len, &opts, &evidence);
    if (st == LLM_OK)
        result(j, out, evidence);
    else
        sx_error_set(err, st, "%s", llm_ctx_errmsg(j->run.ctx));
    llm_evidence_free(evidence);
    return st;
}

static int once(job *j, const char *question)
{
    llm_evidence *evidence = NULL;
    sx_progress("Searching");
    llm_status st = llm_retrieve(j->run.ctx, question, strlen(question), &j->opts, &evidence);
    sx_progress_end();
    if (st != LLM_OK) return sx_failed(&j->run, st, llm_ctx_errmsg(j->run.ctx));
    if (j->json) {
        json_t *out = json_object();
        result(j, out, evidence);
        sx_json_line(out);
    } else {
        if (llm_evidence_count(evidence) == 0)
            puts("Nothing in the corpus bears on this question.");
        else
            printf("Confidence that the answer is here: %.2f\n\n", llm_evidence_confidence(evidence));
        sx_show_evidence(evidence, UINT32_MAX);
        if (j->trace) {
            putchar('\n');
            sx_show_trace(j->run.corpus, evidence);
        }
    }
    llm_evidence_free(evidence);
    return SX_EXIT_OK;
}

static int work(job *j, const char *question)
{
    if (!sx_run_begin(&j->run, j->run.cmd) || !sx_open_corpus(&j->run, j->corpus, true) ||
        !sx_open_view(&j->run, j->labels) || (j->model && !sx_open_model(&j->run, j->model, 0, 0)) ||
        !sx_open_ctx(&j->run, NULL))
        return j->run.status;
    if (j->model && !j->opts.flags) j->opts.flags = LLM_RETRIEVE_JUDGE;
    j->opts.cancel = j->run.cancel;
    return j->jsonl ? sx_jsonl(&j->run, line, j) : once(j, question);
}

static bool read_how(const char *how, uint32_t *flags)
{
    *flags = strcmp(how, "likelihood") == 0 ? LLM_RETRIEVE_JUDGE
             : strcmp(how, "letters") == 0  ? LLM_RETRIEVE_LETTERS
             : strcmp(how, "both") == 0     ? LLM_RETRIEVE_JUDGE | LLM_RETRIEVE_LETTERS
                                            : 0;
    return *flags != 0;
}

static int run_retrieve(const sx_command *self, int argc, char **argv)
{
    sx_args args;
    job j = {.run = {.cmd = self}, .opts = LLM_RETRIEVE_OPTS_INIT};
    bool ok = true;
    const char *unknown = NULL;
    int id = 0, status = SX_EXIT_RUN;
    if (!sx_args_init(&args, self, table, argc, argv)) return SX_EXIT_RUN;
    while (ok && (id = sx_args_next(&args)) > 0) {
        if (id == OPT_CORPUS) j.corpus = args.value;
        if (id == OPT_MODEL) j.model = args.value;
        if (id == OPT_MS) ok = sx_arg_u32(&args, 1, UINT32_MAX, &j.opts.judge_ms);
        if (id == OPT_TOKENS) {
            uint32_t tokens = 0;
            ok = sx_arg_u32(&args, 1, UINT32_MAX, &tokens);
            j.opts.judge_tokens = tokens;
        }
        if (id == OPT_HOW && !read_how(args.value, &j.opts.flags)) unknown = args.value;
        if (id == OPT_DOC) j.opts.doc = args.value;
        if (id == OPT_TOP) ok = sx_arg_u32(&args, 1, 1000, &j.opts.top);
        if (id == OPT_BEAM) ok = sx_arg_u32(&args, 1, 100000, &j.opts.beam);
        if (id == OPT_FILTER) j.opts.filter = args.value;
        if (id == OPT_LABELS) j.labels = args.value;
        if (id == OPT_TRACE) j.trace = true;
        if (id == OPT_JSON) j.json = true;
        if (id == OPT_JSONL) j.jsonl = true;
    }
    if (ok && id < 0)
        status = args.status;
    else if (ok && unknown)
        status = sx_usage(self, "--judge is likelihood, letters or both");
    else if (ok && j.opts.flags && !j.model)
        status = sx_usage(self, "--judge needs a model: -m FILE");
    else if (ok && !j.corpus)
        status = sx_usage(self, "a corpus is needed: -c FILE");
    else if (ok && j.jsonl && args.operands)
        status = sx_usage(self, "with --jsonl the questions come from standard input");
    else if (ok && !j.jsonl && args.operands != 1)
        status = sx_usage(self, "one question is needed, in quotation marks");
    else if (ok)
        status = work(&j, args.operand[0]);
    sx_run_end(&j.run);
    sx_args_free(&args);
    return status;
}

const sx_command sx_cmd_retrieve = {"retrieve", "the passages that bear on a question", help, run_retrieve};
