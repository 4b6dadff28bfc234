/* sextant check: proves a corpus sound, names every damaged part, and has made anew what is made of documents. */
#include <string.h>

#include "commands.h"
#include "json.h"
#include "term.h"

static const char help[] = "usage: sextant check -c CORPUS [--mend] [--json]\n"
                           "\n"
                           "Proves a corpus sound: the file's structure, every document's hashes, and what the\n"
                           "index says of it against its text. Prints \"sound\", or a line for each damaged part\n"
                           "and exit status 1.\n"
                           "\n"
                           "  -c, --corpus FILE   the corpus file\n"
                           "      --mend          makes the index anew where it is damaged, removes rows that belong\n"
                           "                      to nothing, and proves the corpus again. Documents are not touched:\n"
                           "                      a lost one must be ingested again or removed\n"
                           "      --json          one JSON object: {\"sound\": bool, \"damage\": [sentences],\n"
                           "                      \"mended\"?: [sentences], \"message\"?: the sum of the damage}\n";

enum { OPT_CORPUS = 1, OPT_MEND, OPT_JSON };

static const sx_opt table[] = {
    {OPT_CORPUS, 'c', "corpus", true}, {OPT_MEND, 0, "mend", false}, {OPT_JSON, 0, "json", false}, {0, 0, NULL, false}};

/* What one proof told. */
typedef struct proof {
    llm_status status;
    llm_error err;
    sx_bytes damage; /* a list */
} proof;

static void hear(void *user, int32_t level, const char *message)
{
    proof *p = user;
    if (level == LLM_LOG_WARN) sx_list_add(&p->damage, message, strlen(message));
}

/* Opens the corpus, proves it, closes it: who may write mends then. False when it could not be opened. */
static bool prove(sx_run *run, const char *path, bool writing, proof *p)
{
    const llm_logger logger = {sizeof logger, 0, p, hear};
    llm_corpus_opts opts = LLM_CORPUS_OPTS_INIT;
    opts.flags = writing ? 0 : LLM_CORPUS_READONLY;
    opts.logger = &logger;
    llm_error_init(&p->err, sizeof p->err);
    sx_bytes_free(&p->damage);
    p->status = llm_corpus_open(&run->corpus, path, &opts, &p->err);
    if (p->status == LLM_OK) {
        sx_progress("Checking");
        p->status = llm_corpus_check(run->corpus, &p->err);
        sx_progress_end();
    } else {
        sx_failed(run, p->status, p->err.message);
        return false;
    }
    llm_corpus_free(run->corpus);
    run->corpus = NULL;
    return true;
}

static const char *next_of(const sx_bytes *list, const char *last)
{
    const char *next = last ? last + strlen(last) + 1 : list->data;
    return next && next < list->data + list->len && *next ? next : NULL;
}

static bool has(const sx_bytes *list, const char *sentence)
{
    const char *t = NULL;
    while ((t = next_of(list, t)) && strcmp(t, sentence) != 0) continue;
    return t != NULL;
}

/* now: what is damaged; before: what was, NULL when nothing was to be mended. */
static void tell_json(const proof *now, const proof *before)
{
    json_t *o = json_object(), *damage = json_array(), *mended = json_array();
    for (const char *t = NULL; (t = next_of(&now->damage, t));) json_array_append_new(damage, sx_json_str(t));
    for (const char *t = NULL; before && (t = next_of(&before->damage, t));)
        if (!has(&now->damage, t)) json_array_append_new(mended, sx_json_str(t));
    sx_json_set(o, "sound", json_boolean(now->status == LLM_OK));
    sx_json_set(o, "damage", damage);
    if (before)
        sx_json_set(o, "mended", mended);
    else
        json_decref(mended);
    if (now->status != LLM_OK) sx_json_set(o, "message", sx_json_str(now->err.message));
    sx_json_line(o);
}

static void tell_plain(const proof *now, const proof *before)
{
    for (const char *t = NULL; before && (t = next_of(&before->damage, t));) {
        if (has(&now->damage, t)) continue;
        fputs("mended: ", stdout);
        sx_print(t, strlen(t));
        putchar('\n');
    }
    for (const char *t = NULL; (t = next_of(&now->damage, t));) {
        sx_print(t, strlen(t));
        putchar('\n');
    }
    if (now->status == LLM_OK) puts("sound");
}

static bool is_answer(const proof *p)
{
    return p->status == LLM_OK || p->status == LLM_E_CORRUPT;
}

static int check(sx_run *run, const char *path, bool mend, bool json)
{
    proof before = {.status = LLM_OK}, now = {.status = LLM_OK};
    bool done = !mend || (prove(run, path, true, &before) && is_answer(&before));
    if (done) done = prove(run, path, false, &now) && is_answer(&now);
    if (done && json) tell_json(&now, mend ? &before : NULL);
    if (done && !json) tell_plain(&now, mend ? &before : NULL);
    const proof *failed = is_answer(&before) ? &now : &before;
    if (failed->status != LLM_OK && !run->status && !(done && json))
        sx_failed(run, failed->status, failed->err.message);
    sx_bytes_free(&before.damage);
    sx_bytes_free(&now.damage);
    return !done ? run->status : now.status == LLM_OK ? SX_EXIT_OK : SX_EXIT_SOME;
}

static int run_check(const sx_command *self, int argc, char **argv)
{
    sx_args args;
    const char *corpus = NULL;
    bool mend = false, json = false;
    int id, status;
    if (!sx_args_init(&args, self, table, argc, argv)) return SX_EXIT_RUN;
    while ((id = sx_args_next(&args)) > 0) {
        if (id == OPT_CORPUS) corpus = args.value;
        if (id == OPT_MEND) mend = true;
        if (id == OPT_JSON) json = true;
    }
    sx_run run = {0};
    if (id < 0)
        status = args.status;
    else if (!corpus)
        status = sx_usage(self, "a corpus is needed: -c FILE");
    else if (args.operands)
        status = sx_usage(self, "'%s' is too much: check takes no operands", args.operand[0]);
    else if (!sx_run_begin(&run, self))
        status = run.status;
    else
        status = check(&run, corpus, mend, json);
    sx_run_end(&run);
    sx_args_free(&args);
    return status;
}

const sx_command sx_cmd_check = {"check", "prove a corpus file sound", help, run_check};
