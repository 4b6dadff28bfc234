/* sextant text, sextant tree: a document as the corpus keeps it. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "json.h"
#include "term.h"

static const char text_help[] = "usage: sextant text -c CORPUS [--node ID] [--labels A,B] DOC\n"
                                "\n"
                                "Writes a document's canonical text: the bytes that every start and end counts\n"
                                "in.\n"
                                "\n"
                                "  -c, --corpus FILE   the corpus file\n"
                                "      --node ID       only the text of this node, such as 0.2.5\n"
                                "      --labels A,B    as holders of these labels see it (default: whole)\n";

static const char tree_help[] =
    "usage: sextant tree -c CORPUS [--depth N] [--sentences] [--json] [--labels A,B] DOC\n"
    "\n"
    "Prints a document's tree: each node's id, and its heading or how its text\n"
    "begins.\n"
    "\n"
    "  -c, --corpus FILE   the corpus file\n"
    "      --depth N       only the first N levels under the root\n"
    "      --sentences     show sentences too\n"
    "      --labels A,B    as holders of these labels see it (default: whole)\n"
    "      --pageindex     as PageIndex's JSON, which `sextant ingest` reads too\n"
    "      --json          one JSON object: {\"doc\", \"bytes\", \"nodes\": [{\"id\",\n"
    "                      \"parent\", \"kind\", \"depth\", \"title\", \"start\", \"end\",\n"
    "                      \"hash\"}]}, all nodes in reading order\n";

enum { OPT_CORPUS = 1, OPT_NODE, OPT_DEPTH, OPT_SENTENCES, OPT_JSON, OPT_LABELS, OPT_PAGEINDEX };

static const sx_opt text_table[] = {{OPT_CORPUS, 'c', "corpus", true},
                                    {OPT_NODE, 0, "node", true},
                                    {OPT_LABELS, 0, "labels", true},
                                    {0, 0, NULL, false}};
static const sx_opt tree_table[] = {{OPT_CORPUS, 'c', "corpus", true},
                                    {OPT_DEPTH, 0, "depth", true},
                                    {OPT_SENTENCES, 0, "sentences", false},
                                    {OPT_JSON, 0, "json", false},
                                    {OPT_LABELS, 0, "labels", true},
                                    {OPT_PAGEINDEX, 0, "pageindex", false},
                                    {0, 0, NULL, false}};

typedef struct request {
    const char *corpus, *node, *doc, *labels;
    uint32_t depth;
    bool sentences, json, pageindex;
} request;

static const char *kind_name(uint32_t kind)
{
    static const char *const names[] = {"", "document", "section", "paragraph", "sentence", "group"};
    return kind < sizeof names / sizeof *names ? names[kind] : "";
}

static int write_text(sx_run *run, const llm_tree *tree, const request *q)
{
    uint64_t start = 0, end = llm_tree_text_len(tree);
    if (q->node) {
        int64_t i = llm_tree_find(tree, q->node);
        if (i < 0) {
            sx_say(run->cmd, "%s has no node %s; `sextant tree` lists its nodes", q->doc, q->node);
            return SX_EXIT_RUN;
        }
        start = llm_tree_start(tree, (uint32_t)i);
        end = llm_tree_end(tree, (uint32_t)i);
    }
    sx_put(llm_tree_text(tree) + start, (size_t)(end - start)); /* as it is, also on a terminal: exact bytes */
    return SX_EXIT_OK;
}

/* The object is written node by node, so that a large document needs no second copy of its tree. */
static int write_json(const llm_tree *tree, const char *doc)
{
    json_t *name = sx_json_str(doc);
    fputs("{\"doc\":", stdout);
    json_dumpf(name, stdout, JSON_ENCODE_ANY);
    json_decref(name);
    printf(",\"bytes\":%llu,\"nodes\":[", (unsigned long long)llm_tree_text_len(tree));
    for (uint32_t i = 0; i < llm_tree_count(tree); i++) {
        int64_t parent = llm_tree_parent(tree, i);
        json_t *n = json_object();
        sx_json_set(n, "id", sx_json_str(llm_tree_id(tree, i)));
        sx_json_set(n, "parent", parent < 0 ? json_null() : sx_json_str(llm_tree_id(tree, (uint32_t)parent)));
        sx_json_set(n, "kind", sx_json_str(kind_name(llm_tree_kind(tree, i))));
        sx_json_set(n, "depth", json_integer(llm_tree_depth(tree, i)));
        sx_json_set(n, "title", sx_json_str(llm_tree_title(tree, i)));
        sx_json_set(n, "start", json_integer((json_int_t)llm_tree_start(tree, i)));
        sx_json_set(n, "end", json_integer((json_int_t)llm_tree_end(tree, i)));
        sx_json_set(n, "hash", sx_json_str(llm_tree_hash(tree, i)));
        fputs(i ? ",\n" : "\n", stdout);
        int rc = json_dumpf(n, stdout, JSON_COMPACT);
        json_decref(n);
        if (rc) break; /* stdout failed; sx_finish says so */
    }
    fputs("]}\n", stdout);
    return SX_EXIT_OK;
}

static int write_pageindex(sx_run *run, const llm_tree *tree)
{
    llm_error err = LLM_ERROR_INIT;
    int64_t n = llm_tree_pageindex(tree, NULL, 0, &err);
    char *json = n > 0 ? malloc((size_t)n) : NULL;
    if (n > 0 && json) n = llm_tree_pageindex(tree, json, (size_t)n, &err);
    if (n < 0 || !json) return sx_failed(run, n < 0 ? (llm_status)n : LLM_E_MEMORY, err.message);
    sx_put(json, (size_t)n);
    free(json);
    return SX_EXIT_OK;
}

static int write_plain(const llm_tree *tree, const request *q)
{
    for (uint32_t i = 0; i < llm_tree_count(tree); i++) {
        uint32_t kind = llm_tree_kind(tree, i), depth = llm_tree_depth(tree, i);
        if (depth > q->depth || (kind == LLM_NODE_SENTENCE && !q->sentences)) continue;
        const char *title = llm_tree_title(tree, i);
        uint64_t start = llm_tree_start(tree, i), end = llm_tree_end(tree, i);
        printf("%*s%s%s%s  ", (int)(2 * depth), "", sx_dim(), llm_tree_id(tree, i), sx_plain());
        if (title[0]) {
            fputs(sx_bold(), stdout);
            sx_print_start(title, strlen(title), 78);
            fputs(sx_plain(), stdout);
        } else if (kind == LLM_NODE_DOCUMENT) {
            sx_print(q->doc, strlen(q->doc));
        } else if (kind == LLM_NODE_GROUP) {
            printf("%s(group)%s", sx_dim(), sx_plain());
        } else {
            sx_print_start(llm_tree_text(tree) + start, (size_t)(end - start), 60);
        }
        putchar('\n');
        if (ferror(stdout)) break;
    }
    return SX_EXIT_OK;
}

static int work(sx_run *run, const request *q, bool text)
{
    llm_error err = LLM_ERROR_INIT;
    llm_tree *tree = NULL;
    if (!sx_run_begin(run, run->cmd) || !sx_open_corpus(run, q->corpus, true) || !sx_open_view(run, q->labels))
        return run->status;
    llm_status st = llm_tree_open(&tree, run->corpus, q->doc, &err);
    if (st != LLM_OK) return sx_failed(run, st, err.message);
    int status = text           ? write_text(run, tree, q)
                 : q->pageindex ? write_pageindex(run, tree)
                 : q->json      ? write_json(tree, q->doc)
                                : write_plain(tree, q);
    llm_tree_free(tree);
    return status;
}

static int run_either(const sx_command *self, int argc, char **argv, bool text)
{
    sx_args args;
    request q = {.depth = UINT32_MAX};
    bool ok = true;
    int id = 0, status = SX_EXIT_RUN;
    if (!sx_args_init(&args, self, text ? text_table : tree_table, argc, argv)) return SX_EXIT_RUN;
    while (ok && (id = sx_args_next(&args)) > 0) {
        if (id == OPT_CORPUS) q.corpus = args.value;
        if (id == OPT_LABELS) q.labels = args.value;
        if (id == OPT_NODE) q.node = args.value;
        if (id == OPT_DEPTH) ok = sx_arg_u32(&args, 0, 10000, &q.depth);
        if (id == OPT_SENTENCES) q.sentences = true;
        if (id == OPT_JSON) q.json = true;
        if (id == OPT_PAGEINDEX) q.pageindex = true;
    }
    sx_run run = {.cmd = self};
    if (ok && id < 0)
        status = args.status;
    else if (ok && !q.corpus)
        status = sx_usage(self, "a corpus is needed: -c FILE");
    else if (ok && args.operands != 1)
        status = sx_usage(self, "one document is needed; `sextant list` names them");
    else if (ok) {
        q.doc = args.operand[0];
        status = work(&run, &q, text);
    }
    sx_run_end(&run);
    sx_args_free(&args);
    return status;
}

static int run_text(const sx_command *self, int argc, char **argv)
{
    return run_either(self, argc, argv, true);
}

static int run_tree(const sx_command *self, int argc, char **argv)
{
    return run_either(self, argc, argv, false);
}

const sx_command sx_cmd_text = {"text", "a document's canonical text", text_help, run_text};
const sx_command sx_cmd_tree = {"tree", "a document's tree of sections and paragraphs", tree_help, run_tree};
