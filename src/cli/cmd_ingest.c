/* sextant ingest: documents into a corpus file. */
#include <string.h>
#include <time.h>

#include "commands.h"
#include "ingest.h"
#include "json.h"
#include "term.h"

static const char help[] =
    "usage: sextant ingest -c CORPUS [OPTION...] FILE...\n"
    "\n"
    "Adds text, Markdown, HTML, DOCX, EPUB and PDF files to a corpus, which is\n"
    "created where there is none. A file's name in the corpus is the last part of its path; a document of that\n"
    "name is replaced. Each file is taken wholly or not at all.\n"
    "\n"
    "  -c, --corpus FILE     the corpus file\n"
    "      --name NAME       the document's name (for a single FILE; - reads\n"
    "                        standard input)\n"
    "      --paths           name documents by their whole path as given\n" SX_ABOUT_HELP
    "      --format FORMAT   text, markdown, html, docx, epub, pdf or pageindex (default: by the\n"
    "                        name's ending, else by the first bytes, else text)\n"
    "  -q, --quiet           say nothing about what went well\n"
    "      --jsonl           {\"file\", \"doc\", \"nodes\", \"bytes\", \"ms\"} per file\n";

enum { OPT_CORPUS = 1, OPT_NAME, OPT_PATHS, OPT_FORMAT, OPT_QUIET, OPT_JSONL };

static const sx_opt table[] = {SX_ABOUT_OPTIONS,
                               {OPT_CORPUS, 'c', "corpus", true},
                               {OPT_NAME, 0, "name", true},
                               {OPT_PATHS, 0, "paths", false},
                               {OPT_FORMAT, 0, "format", true},
                               {OPT_QUIET, 'q', "quiet", false},
                               {OPT_JSONL, 0, "jsonl", false},
                               {0, 0, NULL, false}};

typedef struct job {
    sx_run run;
    const char *corpus, *name;
    uint32_t format;
    sx_about_opts about;
    bool paths, quiet, jsonl;
    uint64_t bytes;
    uint32_t nodes;
} job;

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static llm_status take(job *j, const sx_args *args, int i, const char **name, llm_error *err)
{
    const char *path = args->operand[i];
    *name = j->name ? j->name : j->paths ? path : sx_base_name(path);
    if (!j->name && !j->paths && sx_name_taken(args->operand, i)) {
        sx_error_set(err, LLM_E_INVALID,
                     "%s was left out: an earlier file of this run is stored as %s too; --paths keeps them apart.",
                     path, *name);
        return LLM_E_INVALID;
    }
    llm_status st = sx_ingest_one(&j->run, path, *name, j->format, &j->about, err);
    llm_tree *tree = NULL;
    if (st == LLM_OK && !j->quiet) st = llm_tree_open(&tree, j->run.corpus, *name, err);
    j->bytes = tree ? llm_tree_text_len(tree) : 0;
    j->nodes = tree ? llm_tree_count(tree) : 0;
    llm_tree_free(tree);
    return st;
}

static void tell(const job *j, const char *path, const char *name, double ms, llm_status st, const llm_error *err)
{
    if (j->jsonl) {
        json_t *out = json_object();
        sx_json_set(out, "file", sx_json_str(path));
        if (st == LLM_OK) {
            sx_json_set(out, "doc", sx_json_str(name));
            sx_json_set(out, "nodes", json_integer(j->nodes));
            sx_json_set(out, "bytes", json_integer((json_int_t)j->bytes));
            sx_json_set(out, "ms", sx_json_num(ms));
        } else {
            json_t *e = json_object();
            sx_json_set(e, "code", sx_json_str(llm_status_name(st)));
            sx_json_set(e, "message", sx_json_str(err->message));
            sx_json_set(out, "error", e);
        }
        sx_json_line(out);
        fflush(stdout);
    } else if (st != LLM_OK) {
        sx_say(j->run.cmd, "%s", err->message);
    } else if (!j->quiet) {
        sx_print(name, strlen(name));
        printf(": %u nodes, %llu bytes, %.0f ms\n", j->nodes, (unsigned long long)j->bytes, ms);
    }
}

static int work(job *j, const sx_args *args)
{
    if (!sx_run_begin(&j->run, j->run.cmd) || !sx_open_corpus(&j->run, j->corpus, false)) return j->run.status;
    int status = SX_EXIT_OK;
    for (int i = 0; i < args->operands; i++) {
        llm_error err = LLM_ERROR_INIT;
        const char *name = NULL;
        double before = now_ms();
        llm_status st = take(j, args, i, &name, &err);
        if (st == LLM_E_CANCELLED) return sx_failed(&j->run, st, NULL);
        tell(j, args->operand[i], name, now_ms() - before, st, &err);
        if (st != LLM_OK) status = SX_EXIT_SOME;
        if (st == LLM_E_FULL || st == LLM_E_CORRUPT) return SX_EXIT_RUN; /* the rest would fail the same way */
    }
    return status;
}

static int run_ingest(const sx_command *self, int argc, char **argv)
{
    static const char *const formats[] = {"text", "markdown", "html", "docx", "epub", "pdf", "pageindex", NULL};
    sx_args args;
    job j = {.run = {.cmd = self}};
    bool ok = true;
    int id = 0, word, status = SX_EXIT_RUN;
    if (!sx_args_init(&args, self, table, argc, argv)) return SX_EXIT_RUN;
    while (ok && (id = sx_args_next(&args)) > 0) {
        if (id == OPT_CORPUS) j.corpus = args.value;
        if (id == OPT_NAME) j.name = args.value;
        if (id == OPT_PATHS) j.paths = true;
        if (id == OPT_QUIET) j.quiet = true;
        if (id == OPT_JSONL) j.jsonl = true;
        if (id == OPT_FORMAT) {
            word = sx_arg_choice(&args, formats);
            j.format = (uint32_t)(LLM_FORMAT_TEXT + word);
            ok = word >= 0;
        } else {
            ok = sx_about_option(&j.about, &args, id);
        }
    }
    if (j.jsonl) j.quiet = false;
    if (ok && id < 0)
        status = args.status;
    else if (ok && !j.corpus)
        status = sx_usage(self, "a corpus is needed: -c FILE");
    else if (ok && !args.operands)
        status = sx_usage(self, "name at least one file to ingest");
    else if (ok && j.name && args.operands > 1)
        status = sx_usage(self, "--name goes with one file only");
    else if (ok)
        status = work(&j, &args);
    sx_run_end(&j.run);
    sx_about_free(&j.about);
    sx_args_free(&args);
    return status;
}

const sx_command sx_cmd_ingest = {"ingest", "add documents to a corpus file", help, run_ingest};
