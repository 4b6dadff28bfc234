/* sextant list, remove: what a corpus holds. */
#include <string.h>

#include "commands.h"
#include "json.h"
#include "term.h"

static const char list_help[] = "usage: sextant list -c CORPUS [--labels A,B] [--json]\n"
                                "\n"
                                "Prints the documents of a corpus, sorted by name, with their size in nodes and\n"
                                "bytes and what is said about them.\n"
                                "\n"
                                "  -c, --corpus FILE   the corpus file\n"
                                "      --json          one JSON array of {\"doc\", \"nodes\", \"bytes\", \"hash\",\n"
                                "                      \"about\": [\"folder=F\", \"label=L\", \"KEY=VALUE\"]}\n"
                                "      --labels A,B    what holders of these labels may see (default: everything)\n";

static const char remove_help[] = "usage: sextant remove -c CORPUS DOC...\n"
                                  "\n"
                                  "Removes documents from a corpus. A name that is not there is told, and the\n"
                                  "others are removed all the same.\n"
                                  "\n"
                                  "  -c, --corpus FILE   the corpus file\n";

enum { OPT_CORPUS = 1, OPT_JSON, OPT_LABELS };

static const sx_opt list_table[] = {{OPT_CORPUS, 'c', "corpus", true},
                                    {OPT_JSON, 0, "json", false},
                                    {OPT_LABELS, 0, "labels", true},
                                    {0, 0, NULL, false}};
static const sx_opt plain_table[] = {{OPT_CORPUS, 'c', "corpus", true}, {0, 0, NULL, false}};

typedef int (*work_fn)(sx_run *run, const sx_args *args, bool json);

static void list_json(const llm_docs *docs)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < llm_docs_count(docs); i++) {
        json_t *d = json_object();
        sx_json_set(d, "doc", sx_json_str(llm_docs_name(docs, i)));
        sx_json_set(d, "nodes", json_integer(llm_docs_nodes(docs, i)));
        sx_json_set(d, "bytes", json_integer((json_int_t)llm_docs_bytes(docs, i)));
        sx_json_set(d, "hash", sx_json_str(llm_docs_hash(docs, i)));
        json_t *about = json_array();
        for (uint32_t k = 0; llm_docs_about(docs, i, k); k++)
            json_array_append_new(about, sx_json_str(llm_docs_about(docs, i, k)));
        sx_json_set(d, "about", about);
        json_array_append_new(list, d);
    }
    sx_json_line(list);
}

static void list_plain(const llm_docs *docs)
{
    if (llm_docs_count(docs)) printf("%s%10s %12s  %s%s\n", sx_dim(), "nodes", "bytes", "document", sx_plain());
    for (uint32_t i = 0; i < llm_docs_count(docs); i++) {
        const char *name = llm_docs_name(docs, i);
        printf("%10u %12llu  ", llm_docs_nodes(docs, i), (unsigned long long)llm_docs_bytes(docs, i));
        sx_print(name, strlen(name));
        for (uint32_t k = 0; llm_docs_about(docs, i, k); k++) {
            printf("%s%s", sx_dim(), k ? ", " : "  ");
            sx_print(llm_docs_about(docs, i, k), strlen(llm_docs_about(docs, i, k)));
            printf("%s", sx_plain());
        }
        putchar('\n');
    }
}

static int list(sx_run *run, const sx_args *args, bool json)
{
    llm_error err = LLM_ERROR_INIT;
    llm_docs *docs = NULL;
    if (args->operands) return sx_usage(run->cmd, "'%s' is too much: list takes no operands", args->operand[0]);
    llm_status st = llm_docs_list(&docs, run->corpus, &err);
    if (st != LLM_OK) return sx_failed(run, st, err.message);
    if (json)
        list_json(docs);
    else
        list_plain(docs);
    llm_docs_free(docs);
    return SX_EXIT_OK;
}

static int remove_docs(sx_run *run, const sx_args *args, bool json)
{
    (void)json;
    int status = SX_EXIT_OK;
    for (int i = 0; i < args->operands; i++) {
        llm_error err = LLM_ERROR_INIT;
        llm_status st = llm_remove(run->corpus, args->operand[i], &err);
        if (st == LLM_OK) continue;
        sx_say(run->cmd, "%s", err.message);
        if (st != LLM_E_NOT_FOUND) return SX_EXIT_RUN;
        status = SX_EXIT_SOME;
    }
    return status;
}

static int with_corpus(const sx_command *self, const sx_opt *table, int argc, char **argv, bool readonly, work_fn work)
{
    sx_args args;
    const char *corpus = NULL, *labels = NULL;
    bool json = false;
    int id, status = SX_EXIT_RUN;
    if (!sx_args_init(&args, self, table, argc, argv)) return SX_EXIT_RUN;
    while ((id = sx_args_next(&args)) > 0) {
        if (id == OPT_CORPUS) corpus = args.value;
        if (id == OPT_JSON) json = true;
        if (id == OPT_LABELS) labels = args.value;
    }
    sx_run run = {0};
    if (id < 0)
        status = args.status;
    else if (!corpus)
        status = sx_usage(self, "a corpus is needed: -c FILE");
    else if (!readonly && !args.operands)
        status = sx_usage(self, "name at least one document to remove");
    else if (!sx_run_begin(&run, self) || !sx_open_corpus(&run, corpus, readonly) || !sx_open_view(&run, labels))
        status = run.status;
    else
        status = work(&run, &args, json);
    sx_run_end(&run);
    sx_args_free(&args);
    return status;
}

static int run_list(const sx_command *self, int argc, char **argv)
{
    return with_corpus(self, list_table, argc, argv, true, list);
}

static int run_remove(const sx_command *self, int argc, char **argv)
{
    return with_corpus(self, plain_table, argc, argv, false, remove_docs);
}

const sx_command sx_cmd_list = {"list", "the documents of a corpus", list_help, run_list};
const sx_command sx_cmd_remove = {"remove", "take documents out of a corpus", remove_help, run_remove};
