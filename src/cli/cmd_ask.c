/* sextant ask: a question answered from documents, with citations. */
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "gen.h"
#include "ingest.h"
#include "show.h"
#include "term.h"

static const char help[] = "usage: sextant ask FILE... QUESTION\n"
                           "       sextant ask -c CORPUS QUESTION\n"
                           "       sextant ask -c CORPUS --jsonl [OPTION...]\n"
                           "\n"
                           "Answers a question from text and Markdown files, or from a corpus made with\n"
                           "`sextant ingest`. Without a model the answer is made of the sentences that\n"
                           "support it best, quoted; with -m a model writes it. Either way each citation is\n"
                           "checked: it names a passage that was found, and the passage is shown.\n"
                           "\n"
                           "  -c, --corpus FILE       a corpus file instead of FILE...\n"
                           "  -m, --model FILE        a model (GGUF or safetensors) that writes the answer\n"
                           "      --doc DOC           search this document only\n"
                           "      --filter EXPR       only documents that fit, such as\n"
                           "                          'folder ^= contracts and year >= 2020'\n"
                           "      --labels A,B        see what holders of these labels may see (default:\n"
                           "                          everything; '': what has no labels)\n"
                           "      --top N             most passages looked at (default 10)\n"
                           "      --beam N            branches kept per level (default: as many as the\n"
                           "                          level's certainty asks for)\n"
                           "      --min-confidence P  below this the answer is \"not found\" (default 0.5; 0\n"
                           "                          answers always)\n"
                           "      --trace             show what was considered, kept and left on the way\n"
                           "      --json              one JSON object\n"
                           "      --jsonl             {\"id\", \"question\", \"doc\"} per line in, {\"id\",\n"
                           "                          \"answer\", \"citations\", \"evidence\", \"trace\",\n"
                           "                          \"verdict\",...} per line out\n"
                           "\n"
                           "For the answer of a model, and the guard:\n" SX_GEN_HELP;

enum {
    OPT_CORPUS = 1,
    OPT_DOC,
    OPT_TOP,
    OPT_BEAM,
    OPT_CONFIDENCE,
    OPT_TRACE,
    OPT_JSON,
    OPT_JSONL,
    OPT_FILTER,
    OPT_LABELS
};

static const sx_opt table[] = {SX_GEN_OPTIONS,
                               {OPT_CORPUS, 'c', "corpus", true},
                               {OPT_DOC, 0, "doc", true},
                               {OPT_FILTER, 0, "filter", true},
                               {OPT_LABELS, 0, "labels", true},
                               {OPT_TOP, 0, "top", true},
                               {OPT_BEAM, 0, "beam", true},
                               {OPT_CONFIDENCE, 0, "min-confidence", true},
                               {OPT_TRACE, 0, "trace", false},
                               {OPT_JSON, 0, "json", false},
                               {OPT_JSONL, 0, "jsonl", false},
                               {0, 0, NULL, false}};

typedef struct job {
    sx_run run;
    sx_gen gen;
    llm_retrieve_opts find;
    const char *corpus, *labels;
    char *const *files; /* [n_files] */
    int n_files;
    bool trace, json, jsonl;
} job;

static void result(json_t *out, const llm_evidence *evidence, const llm_reply *reply)
{
    sx_json_set(out, "answer", sx_json_text(llm_reply_text(reply), llm_reply_text_len(reply)));
    sx_json_set(out, "finish", sx_json_str(sx_finish_name(llm_reply_finish(reply))));
    sx_json_set(out, "confidence", sx_json_num(llm_evidence_confidence(evidence)));
    sx_json_set(out, "citations", sx_json_citations(reply));
    sx_json_set(out, "evidence", sx_json_evidence(evidence));
    sx_json_set(out, "trace", sx_json_trace(evidence));
    sx_json_set(out, "verdict", sx_json_verdicts(reply));
    sx_json_set(out, "usage", sx_json_usage(reply));
}

static llm_status line(void *user, const json_t *in, json_t *out, llm_error *err)
{
    job *j = user;
    const char *question = "";
    size_t len = 0, doc_len = 0;
    llm_retrieve_opts find = j->find;
    llm_gen_opts gen;
    sx_gen_lists lists = {0};
    llm_evidence *evidence = NULL;
    llm_reply *reply = NULL;
    llm_status st = sx_json_get_text(in, "question", true, &question, &len, err);
    if (st == LLM_OK) st = sx_json_get_text(in, "doc", false, &find.doc, &doc_len, err);
    if (st == LLM_OK) st = sx_json_get_text(in, "filter", false, &find.filter, &doc_len, err);
    if (st == LLM_OK) st = sx_gen_line(&j->gen, in, &gen, &lists, err);
    if (st == LLM_OK) {
        st = llm_retrieve(j->run.ctx, question, len, &find, &evidence);
        if (st == LLM_OK) st = llm_generate(j->run.ctx, question, len, evidence, &gen, &reply);
        if (st == LLM_OK) st = sx_reply_run(reply, false);
        if (st == LLM_OK)
            result(out, evidence, reply);
        else
            sx_error_set(err, st, "%s", llm_ctx_errmsg(j->run.ctx));
    }
    llm_reply_free(reply);
    llm_evidence_free(evidence);
    sx_sampling_free(&lists);
    return st;
}

/* "GPL-3", "GPL-3 and MPL-2.0", "5 documents". */
static void print_where(const job *j)
{
    const char *names[2] = {j->find.doc, NULL};
    int n = names[0] ? 1 : 0;
    if (!n && j->n_files <= 2)
        for (; n < j->n_files; n++) names[n] = sx_base_name(j->files[n]);
    if (n == 0 && j->n_files)
        printf("the %d documents", j->n_files);
    else if (n == 0)
        sx_print(j->corpus, strlen(j->corpus));
    for (int i = 0; i < n; i++) {
        if (i) fputs(" and ", stdout);
        sx_print(names[i], strlen(names[i]));
    }
}

static void show_not_found(const job *j, const llm_evidence *evidence)
{
    fputs(sx_yellow(), stdout);
    fputs("Not found in ", stdout);
    print_where(j);
    printf(".%s", sx_plain());
    if (llm_evidence_count(evidence) == 0) {
        puts(" No passage bears on the question.");
        return;
    }
    printf(" What comes nearest (confidence %.2f that it holds the answer):\n\n", llm_evidence_confidence(evidence));
    sx_show_evidence(evidence, 1);
}

/* What the guard took out, so that <EMAIL_ADDRESS> in an answer is understood. */
static void tell_redactions(const job *j, const llm_reply *reply)
{
    static const uint32_t ways[] = {LLM_DIR_INPUT, LLM_DIR_EVIDENCE, LLM_DIR_OUTPUT};
    static const char *const names[] = {"question", "passages", "answer"};
    for (size_t w = 0; w < 3; w++) {
        const llm_verdict *v = llm_reply_verdict(reply, ways[w]);
        uint32_t redacted = 0;
        for (uint32_t i = 0; v && i < llm_verdict_count(v); i++) {
            uint32_t action = llm_verdict_finding_action(v, i);
            redacted += action >= LLM_ACTION_REPLACE && action <= LLM_ACTION_PSEUDONYM;
        }
        if (redacted)
            sx_say(j->run.cmd, "%u finding%s of personal data in the %s %s redacted (--no-guard shows them)", redacted,
                   redacted == 1 ? "" : "s", names[w], redacted == 1 ? "was" : "were");
    }
}

static int show(job *j, llm_evidence *evidence, llm_reply *reply)
{
    sx_run *run = &j->run;
    llm_status st = sx_reply_run(reply, true);
    if (st != LLM_OK) return sx_failed(run, st, llm_ctx_errmsg(run->ctx));
    uint32_t finish = llm_reply_finish(reply);
    bool found = finish != LLM_FINISH_NOT_FOUND;
    size_t n = llm_reply_text_len(reply);
    if (found && n && llm_reply_text(reply)[n - 1] != '\n') putchar('\n');
    if (!found) show_not_found(j, evidence);
    if (llm_reply_citation_count(reply)) {
        printf("\n%sSources%s\n", sx_bold(), sx_plain());
        sx_show_citations(reply, evidence);
    } else if (found && finish != LLM_FINISH_BLOCKED && j->gen.model) {
        printf("\n%sThe model cited nothing. The passages it was given:%s\n", sx_yellow(), sx_plain());
        sx_show_evidence(evidence, 3);
    }
    if (j->trace) {
        putchar('\n');
        sx_show_trace(run->corpus, evidence);
    }
    fflush(stdout);
    tell_redactions(j, reply);
    if (finish == LLM_FINISH_BLOCKED) sx_say(run->cmd, "the guard blocked this question or its answer");
    return finish == LLM_FINISH_CANCEL ? SX_EXIT_CANCELLED : finish == LLM_FINISH_BLOCKED ? SX_EXIT_SOME : SX_EXIT_OK;
}

static int once(job *j, const char *question)
{
    sx_run *run = &j->run;
    size_t len = strlen(question);
    llm_evidence *evidence = NULL;
    llm_reply *reply = NULL;
    int status = SX_EXIT_OK;
    sx_progress("Searching");
    llm_status st = llm_retrieve(run->ctx, question, len, &j->find, &evidence);
    if (st == LLM_OK) st = llm_generate(run->ctx, question, len, evidence, &j->gen.opts, &reply);
    sx_progress_end();
    if (st == LLM_OK && j->json) st = sx_reply_run(reply, false);
    if (st != LLM_OK) {
        status = sx_failed(run, st, llm_ctx_errmsg(run->ctx));
    } else if (j->json) {
        json_t *out = json_object();
        result(out, evidence, reply);
        sx_json_line(out);
    } else {
        status = show(j, evidence, reply);
    }
    llm_reply_free(reply);
    llm_evidence_free(evidence);
    return status;
}

static bool read_files(job *j)
{
    for (int i = 0; i < j->n_files; i++) {
        llm_error err = LLM_ERROR_INIT;
        const char *path = j->files[i];
        const char *name = sx_name_taken(j->files, i) ? path : sx_base_name(path);
        llm_status st = sx_ingest_one(&j->run, path, name, 0, NULL, &err);
        if (st != LLM_OK) {
            sx_failed(&j->run, st, err.message);
            return false;
        }
    }
    return true;
}

static int work(job *j, const char *question)
{
    sx_run *run = &j->run;
    if (!sx_run_begin(run, run->cmd) || !sx_open_corpus(run, j->corpus, j->corpus != NULL) || !read_files(j) ||
        !sx_open_view(run, j->labels) ||
        (j->gen.model && !sx_open_model(run, j->gen.model, j->gen.threads, (uint32_t)j->gen.isa)) ||
        !sx_open_ctx(run, &j->gen.ctx))
        return run->status;
    sx_gen_ready(&j->gen, run);
    j->find.cancel = run->cancel;
    return j->jsonl ? sx_jsonl(run, line, j) : once(j, question);
}

/* What stands on the line is checked before any work: files first, the question last. */
static int arrange(job *j, const sx_args *args)
{
    const sx_command *self = j->run.cmd;
    int n = args->operands, questions = j->jsonl ? 0 : 1;
    const char *last = n ? args->operand[n - 1] : NULL;
    if (n < questions) return sx_usage(self, "a question is needed, in quotation marks");
    if (j->corpus && n > questions)
        return sx_usage(self, "'%s' is too much: a corpus or files, not both (and the question in quotation marks)",
                        args->operand[0]);
    if (!j->corpus && n == questions)
        return last && access(last, F_OK) == 0 ? sx_usage(self, "the question is missing after %s", last)
                                               : sx_usage(self, "name a file to search, or a corpus with -c");
    if (questions && !j->corpus && access(last, F_OK) == 0)
        return sx_usage(self, "the question comes last, but '%s' is a file", last);
    j->files = args->operand;
    j->n_files = n - questions;
    return work(j, last);
}

static int run_ask(const sx_command *self, int argc, char **argv)
{
    sx_args args;
    job j = {.run = {.cmd = self}, .find = LLM_RETRIEVE_OPTS_INIT};
    bool ok = true;
    int id = 0, status = SX_EXIT_RUN;
    sx_gen_init(&j.gen);
    if (!sx_args_init(&args, self, table, argc, argv)) return SX_EXIT_RUN;
    while (ok && (id = sx_args_next(&args)) > 0) {
        if (id == OPT_CORPUS) j.corpus = args.value;
        if (id == OPT_DOC) j.find.doc = args.value;
        if (id == OPT_FILTER) j.find.filter = args.value;
        if (id == OPT_LABELS) j.labels = args.value;
        if (id == OPT_TRACE) j.trace = true;
        if (id == OPT_JSON) j.json = true;
        if (id == OPT_JSONL) j.jsonl = true;
        ok = id == OPT_TOP          ? sx_arg_u32(&args, 1, 1000, &j.find.top)
             : id == OPT_BEAM       ? sx_arg_u32(&args, 1, 100000, &j.find.beam)
             : id == OPT_CONFIDENCE ? sx_arg_float(&args, 0, 1, &j.gen.opts.min_confidence)
                                    : sx_gen_option(&j.gen, &args, id);
        /* the library takes 0 for its default; who writes 0 here means "never say not found" */
        if (ok && id == OPT_CONFIDENCE && j.gen.opts.min_confidence <= 0) j.gen.opts.min_confidence = -1;
    }
    if (ok) status = id < 0 ? args.status : arrange(&j, &args);
    sx_run_end(&j.run);
    sx_gen_free(&j.gen);
    sx_args_free(&args);
    return status;
}

const sx_command sx_cmd_ask = {"ask", "answer a question from documents, with citations", help, run_ask};
