/* sextant edit: a stretch of a document replaced where it stands. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"

static const char help[] = "usage: sextant edit -c CORPUS [--node ID | --bytes BEGIN-END] DOC < TEXT\n"
                           "\n"
                           "Puts TEXT in the place of a stretch of a document's canonical text. Words inside a\n"
                           "paragraph leave all other nodes their ids.\n"
                           "\n"
                           "  -c, --corpus FILE      the corpus file\n"
                           "      --node ID          the text of this node, such as 0.2.5\n"
                           "      --bytes BEGIN-END  these bytes, as evidence and tree name them\n"
                           "      --hash HASH        only if the document still has this hash\n";

enum { OPT_CORPUS = 1, OPT_NODE, OPT_BYTES, OPT_HASH };

static const sx_opt table[] = {{OPT_CORPUS, 'c', "corpus", true},
                               {OPT_NODE, 0, "node", true},
                               {OPT_BYTES, 0, "bytes", true},
                               {OPT_HASH, 0, "hash", true},
                               {0, 0, NULL, false}};

typedef struct job {
    sx_run run;
    const char *corpus, *doc, *node, *hash;
    uint64_t begin, end;
    char root[65]; /* the hash of the tree that a node was looked up in */
} job;

static bool parse_bytes(const char *s, uint64_t *begin, uint64_t *end)
{
    char *rest = NULL;
    if (*s < '0' || *s > '9') return false;
    *begin = strtoull(s, &rest, 10);
    if (*rest != '-' || rest[1] < '0' || rest[1] > '9') return false;
    *end = strtoull(rest + 1, &rest, 10);
    return !*rest;
}

static int find_node(job *j)
{
    llm_error err = LLM_ERROR_INIT;
    llm_tree *tree = NULL;
    llm_status st = llm_tree_open(&tree, j->run.corpus, j->doc, &err);
    if (st != LLM_OK) return sx_failed(&j->run, st, err.message);
    int64_t i = llm_tree_find(tree, j->node);
    if (i < 0) {
        sx_say(j->run.cmd, "%s has no node %s; `sextant tree` lists its nodes", j->doc, j->node);
        llm_tree_free(tree);
        return SX_EXIT_RUN;
    }
    j->begin = llm_tree_start(tree, (uint32_t)i);
    j->end = llm_tree_end(tree, (uint32_t)i);
    snprintf(j->root, sizeof j->root, "%s", llm_tree_hash(tree, 0));
    if (!j->hash) j->hash = j->root;
    llm_tree_free(tree);
    return SX_EXIT_OK;
}

static int work(job *j)
{
    llm_error err = LLM_ERROR_INIT;
    sx_bytes text = {0};
    if (!sx_run_begin(&j->run, j->run.cmd) || !sx_open_corpus(&j->run, j->corpus, false)) return j->run.status;
    int status = j->node ? find_node(j) : SX_EXIT_OK;
    if (status != SX_EXIT_OK) return status;
    if (!sx_read_all(j->run.cmd, "-", &text)) return SX_EXIT_RUN;
    llm_status st = llm_edit(j->run.corpus, j->doc, j->begin, j->end, text.data, text.len, j->hash, &err);
    sx_bytes_free(&text);
    return st == LLM_OK ? SX_EXIT_OK : sx_failed(&j->run, st, err.message);
}

static int run_edit(const sx_command *self, int argc, char **argv)
{
    sx_args args;
    job j = {.run = {.cmd = self}};
    bool ok = true, has_bytes = false;
    int id = 0, status = SX_EXIT_RUN;
    if (!sx_args_init(&args, self, table, argc, argv)) return SX_EXIT_RUN;
    while (ok && (id = sx_args_next(&args)) > 0) {
        if (id == OPT_CORPUS) j.corpus = args.value;
        if (id == OPT_NODE) j.node = args.value;
        if (id == OPT_HASH) j.hash = args.value;
        if (id == OPT_BYTES) {
            has_bytes = true;
            ok = parse_bytes(args.value, &j.begin, &j.end);
            if (!ok) status = sx_usage(self, "--bytes takes BEGIN-END, such as 120-345, not '%s'", args.value);
        }
    }
    if (ok && id < 0)
        status = args.status;
    else if (ok && !j.corpus)
        status = sx_usage(self, "a corpus is needed: -c FILE");
    else if (ok && args.operands != 1)
        status = sx_usage(self, "one document is needed; `sextant list` names them");
    else if (ok && has_bytes == (j.node != NULL))
        status = sx_usage(self, "say what to replace: --node ID or --bytes BEGIN-END");
    else if (ok) {
        j.doc = args.operand[0];
        status = work(&j);
    }
    sx_run_end(&j.run);
    sx_args_free(&args);
    return status;
}

const sx_command sx_cmd_edit = {"edit", "replace a stretch of a document", help, run_edit};
