/* sextant template: a conversation as the text that a model reads. */
#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "commands.h"

static const char help[] = "usage: sextant template -m MODEL [--template FILE] [FILE]\n"
                           "       sextant template --template FILE [--jsonl]\n"
                           "\n"
                           "Renders a chat template, the model's own or that of a file, with the variables\n"
                           "of a JSON object, which FILE or standard input holds: \"messages\", \"tools\",\n"
                           "\"add_generation_prompt\" and whatever else the template knows.\n"
                           "\n"
                           "  -m, --model FILE      a GGUF model: its template, and its bos_token and\n"
                           "                        eos_token where the object gives none\n"
                           "      --template FILE   this template instead of the model's\n"
                           "      --jsonl           {\"id\", \"messages\", \"tools\", ...} per line in,\n"
                           "                        {\"id\", \"text\"} per line out\n";

enum { OPT_MODEL = 1, OPT_TEMPLATE, OPT_JSONL };

static const sx_opt table[] = {{OPT_MODEL, 'm', "model", true},
                               {OPT_TEMPLATE, 0, "template", true},
                               {OPT_JSONL, 0, "jsonl", false},
                               {0, 0, NULL, false}};

typedef struct job {
    sx_run run;
    const char *model, *template;
    sx_bytes source;
    bool jsonl;
} job;

static llm_status line(void *user, const json_t *in, json_t *out, llm_error *err)
{
    job *j = user;
    char *text = NULL;
    size_t len = 0;
    llm_status st = sx_chat_render(j->run.model, j->template ? &j->source : NULL, in, &text, &len, err);
    if (st == LLM_OK) sx_json_set(out, "text", sx_json_text(text, len));
    free(text);
    return st;
}

static int once(job *j, const char *path)
{
    llm_error err = LLM_ERROR_INIT;
    sx_bytes object = {0};
    json_error_t where;
    char *text = NULL;
    size_t len = 0;
    if (!sx_read_all(j->run.cmd, path, &object)) return SX_EXIT_RUN;
    json_t *vars = json_loadb(object.data, object.len, JSON_ALLOW_NUL, &where);
    sx_bytes_free(&object);
    llm_status st = LLM_E_FORMAT;
    if (!vars)
        sx_error_set(&err, st, "the input is not JSON: %s (line %d, column %d)", where.text, where.line, where.column);
    else if (!json_is_object(vars))
        sx_error_set(&err, st, "the input must be a JSON object, such as {\"messages\": [...]}");
    else
        st = sx_chat_render(j->run.model, j->template ? &j->source : NULL, vars, &text, &len, &err);
    json_decref(vars);
    if (st != LLM_OK) return sx_failed(&j->run, st, err.message);
    sx_put(text, len);
    free(text);
    return SX_EXIT_OK;
}

static int work(job *j, const char *path)
{
    sx_run *run = &j->run;
    if (j->template && !sx_read_all(run->cmd, j->template, &j->source)) return SX_EXIT_RUN;
    if (!sx_run_begin(run, run->cmd) || (j->model && !sx_open_model(run, j->model, 1, 0))) return run->status;
    return j->jsonl ? sx_jsonl(run, line, j) : once(j, path);
}

static int run_template(const sx_command *self, int argc, char **argv)
{
    sx_args args;
    job j = {.run = {.cmd = self}};
    int id, status;
    if (!sx_args_init(&args, self, table, argc, argv)) return SX_EXIT_RUN;
    while ((id = sx_args_next(&args)) > 0) {
        if (id == OPT_MODEL) j.model = args.value;
        if (id == OPT_TEMPLATE) j.template = args.value;
        if (id == OPT_JSONL) j.jsonl = true;
    }
    if (id < 0)
        status = args.status;
    else if (!j.model && !j.template)
        status = sx_usage(self, "a template is needed: -m MODEL or --template FILE");
    else if (args.operands > (j.jsonl ? 0 : 1))
        status = sx_usage(self, "'%s' is too much", args.operand[args.operands - 1]);
    else
        status = work(&j, args.operands ? args.operand[0] : "-");
    sx_run_end(&j.run);
    sx_bytes_free(&j.source);
    sx_args_free(&args);
    return status;
}

const sx_command sx_cmd_template = {"template", "a conversation as the text a model reads", help, run_template};
