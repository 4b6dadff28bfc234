/* sextant describe: what is said about a document, changed without its text. */
#include <string.h>

#include "about.h"
#include "commands.h"

static const char help[] = "usage: sextant describe -c CORPUS [OPTION...] DOC\n"
                           "\n"
                           "Changes what is said about a document: its folder, its labels, its key=value\n"
                           "pairs. What is given replaces what was there of its kind.\n"
                           "\n"
                           "  -c, --corpus FILE     the corpus file\n" SX_ABOUT_HELP
                           "      --node ID         the labels of this place of the document alone;\n"
                           "                        `sextant tree` lists its nodes\n";

enum { OPT_CORPUS = 1, OPT_NODE };

static const sx_opt table[] = {
    SX_ABOUT_OPTIONS, {OPT_CORPUS, 'c', "corpus", true}, {OPT_NODE, 0, "node", true}, {0, 0, NULL, false}};

static int work(sx_run *run, const char *corpus, const char *doc, const char *node, const sx_about_opts *about)
{
    llm_error err = LLM_ERROR_INIT;
    llm_ingest_opts opts = LLM_INGEST_OPTS_INIT;
    sx_about_set(about, &opts);
    if (!sx_run_begin(run, run->cmd) || !sx_open_corpus(run, corpus, false)) return run->status;
    llm_status st = llm_describe(run->corpus, doc, node, &opts, &err);
    return st == LLM_OK ? SX_EXIT_OK : sx_failed(run, st, err.message);
}

static int run_describe(const sx_command *self, int argc, char **argv)
{
    sx_args args;
    sx_about_opts about = {0};
    sx_run run = {.cmd = self};
    const char *corpus = NULL, *node = NULL;
    bool ok = true;
    int id = 0, status = SX_EXIT_RUN;
    if (!sx_args_init(&args, self, table, argc, argv)) return SX_EXIT_RUN;
    while (ok && (id = sx_args_next(&args)) > 0) {
        if (id == OPT_CORPUS) corpus = args.value;
        if (id == OPT_NODE) node = args.value;
        ok = sx_about_option(&about, &args, id);
    }
    if (ok && id < 0)
        status = args.status;
    else if (ok && !corpus)
        status = sx_usage(self, "a corpus is needed: -c FILE");
    else if (ok && args.operands != 1)
        status = sx_usage(self, "one document is needed; `sextant list` names them");
    else if (ok && !about.folder && !about.has_labels && !about.has_meta)
        status = sx_usage(self, "say what to change: --folder, --label or --meta");
    else if (ok)
        status = work(&run, corpus, args.operand[0], node, &about);
    sx_run_end(&run);
    sx_about_free(&about);
    sx_args_free(&args);
    return status;
}

const sx_command sx_cmd_describe = {"describe", "set a document's folder, labels and pairs", help, run_describe};
