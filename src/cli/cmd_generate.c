/* sextant generate: a model continues a prompt. */
#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "commands.h"
#include "gen.h"
#include "term.h"

static const char help[] =
    "usage: sextant generate -m MODEL [--prompt TEXT] [OPTION...]\n"
    "       sextant generate -m MODEL --jsonl [OPTION...]\n"
    "\n"
    "Continues a prompt, which is standard input when --prompt is not given, and\n"
    "prints the new text as it is made. Ctrl-C ends it in good order.\n"
    "\n"
    "  -m, --model FILE        a GGUF file or a folder of safetensors\n"
    "  -p, --prompt TEXT       the prompt, which may be empty\n" SX_GEN_HELP
    "      --parse-special     take special tokens written in the prompt, such as\n"
    "                          <|im_end|>\n"
    "      --no-bos            do not begin the prompt with the model's BOS token\n"
    "      --ignore-eos        go on after an end-of-text token\n"
    "      --chat              the prompt is a user's message: put it through the\n"
    "                          model's chat template\n"
    "      --lora FILE[=SCALE] an adapter to carry, times SCALE (1); may be repeated\n"
    "      --grammar FILE      make only text that the GBNF grammar in FILE takes\n"
    "      --schema FILE       make only JSON that satisfies the JSON Schema in FILE\n"
    "      --json              print one JSON object when done\n"
    "      --jsonl             {\"id\", \"prompt\" or \"messages\", \"max_tokens\",\n"
    "                          \"temperature\", \"top_k\", \"top_p\", \"min_p\", \"seed\",\n"
    "                          \"stop\", \"grammar\", \"schema\", ...} per line in\n"
    "                          (the other options as\n"
    "                          fields, with _ for -; \"logit_bias\" is {\"ID\": V}),\n"
    "                          {\"id\", \"text\", \"tokens\", \"logprobs\", \"finish\", \"usage\"}\n"
    "                          per line out\n";

enum {
    OPT_PROMPT = 1,
    OPT_PARSE,
    OPT_NO_BOS,
    OPT_IGNORE_EOS,
    OPT_CHAT,
    OPT_JSON,
    OPT_JSONL,
    OPT_LORA,
    OPT_GRAMMAR,
    OPT_SCHEMA
};

static const sx_opt table[] = {SX_GEN_OPTIONS,
                               {OPT_PROMPT, 'p', "prompt", true},
                               {OPT_PARSE, 0, "parse-special", false},
                               {OPT_NO_BOS, 0, "no-bos", false},
                               {OPT_IGNORE_EOS, 0, "ignore-eos", false},
                               {OPT_CHAT, 0, "chat", false},
                               {OPT_GRAMMAR, 0, "grammar", true},
                               {OPT_SCHEMA, 0, "schema", true},
                               {OPT_JSON, 0, "json", false},
                               {OPT_JSONL, 0, "jsonl", false},
                               {OPT_LORA, 0, "lora", true},
                               {0, 0, NULL, false}};

typedef struct job {
    sx_run run;
    sx_gen gen;
    bool chat;
    sx_bytes lora;
    sx_bytes grammar, schema; /* texts of files, with a NUL */
} job;

static void result(json_t *out, const llm_gen_opts *opts, const llm_reply *reply)
{
    json_t *tokens = json_array();
    for (uint32_t i = 0; i < llm_reply_output_tokens(reply); i++)
        json_array_append_new(tokens, json_integer(llm_reply_token(reply, i)));
    sx_json_set(out, "text", sx_json_text(llm_reply_text(reply), llm_reply_text_len(reply)));
    sx_json_set(out, "tokens", tokens);
    if (opts->logprobs) sx_json_set(out, "logprobs", sx_json_logprobs(reply, opts->logprobs));
    sx_json_set(out, "finish", sx_json_str(sx_finish_name(llm_reply_finish(reply))));
    sx_json_set(out, "usage", sx_json_usage(reply));
    sx_json_set(out, "verdict", sx_json_verdicts(reply));
}

/* The text to continue: "prompt" as it is, or "messages" through the model's chat template, in *made, to be freed. */
static llm_status prompt_of(job *j, const json_t *in, const char **prompt, size_t *len, char **made, llm_gen_opts *opts,
                            llm_error *err)
{
    const json_t *messages = json_object_get(in, "messages");
    if (!messages || json_is_null(messages)) return sx_json_get_text(in, "prompt", true, prompt, len, err);
    json_t *vars = json_copy((json_t *)in);
    if (vars && !json_object_get(vars, "add_generation_prompt"))
        sx_json_set(vars, "add_generation_prompt", json_true());
    llm_status st = LLM_E_MEMORY;
    if (vars) st = sx_chat_render(j->run.model, NULL, vars, made, len, err);
    json_decref(vars);
    *prompt = *made;
    opts->flags |= LLM_GEN_PARSE_SPECIAL | LLM_GEN_NO_BOS; /* the template writes both itself */
    return st;
}

/* A text of the line's own instead of the command line's. */
static llm_status own_text(const json_t *in, const char *key, const char **out, llm_error *err)
{
    const json_t *v = json_object_get(in, key);
    if (!v || json_is_null(v) || json_is_false(v)) return LLM_OK;
    size_t len = 0;
    llm_status st = sx_json_get_text(in, key, true, out, &len, err);
    if (st == LLM_OK && strlen(*out) != len) {
        sx_error_set(err, LLM_E_INVALID, "The field \"%s\" holds a NUL.", key);
        return LLM_E_INVALID;
    }
    return st;
}

/* A schema stands in the line as JSON, or as a string that holds JSON. *made is to be freed. */
static llm_status own_schema(const json_t *in, const char **out, char **made, llm_error *err)
{
    const json_t *v = json_object_get(in, "schema");
    if (!v || json_is_string(v) || json_is_null(v)) return own_text(in, "schema", out, err);
    *out = *made = json_dumps(v, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    if (*made) return LLM_OK;
    sx_error_set(err, LLM_E_MEMORY, "out of memory");
    return LLM_E_MEMORY;
}

static llm_status line(void *user, const json_t *in, json_t *out, llm_error *err)
{
    job *j = user;
    const char *prompt = "";
    size_t len = 0;
    llm_gen_opts opts;
    sx_gen_lists lists = {0};
    llm_reply *reply = NULL;
    char *made = NULL;
    llm_status st = sx_gen_line(&j->gen, in, &opts, &lists, err);
    if (st == LLM_OK) st = own_text(in, "grammar", &opts.grammar, err);
    char *schema = NULL;
    if (st == LLM_OK) st = own_schema(in, &opts.schema, &schema, err);
    if (st == LLM_OK) st = prompt_of(j, in, &prompt, &len, &made, &opts, err);
    if (st == LLM_OK) {
        st = llm_generate(j->run.ctx, prompt, len, NULL, &opts, &reply);
        if (st == LLM_OK) st = sx_reply_run(reply, false);
        if (st == LLM_OK)
            result(out, &opts, reply);
        else
            sx_error_set(err, st, "%s", llm_ctx_errmsg(j->run.ctx));
    }
    llm_reply_free(reply);
    sx_sampling_free(&lists);
    free(schema);
    free(made);
    return st;
}

/* The prompt as one user message in the model's chat template. */
static char *as_chat(job *j, const char *prompt, size_t *len)
{
    llm_error err = LLM_ERROR_INIT;
    char *made = NULL;
    json_t *vars = json_pack("{s[{ss,so}]sb}", "messages", "role", "user", "content", sx_json_text(prompt, *len),
                             "add_generation_prompt", 1);
    llm_status st = LLM_E_MEMORY;
    if (vars) st = sx_chat_render(j->run.model, NULL, vars, &made, len, &err);
    json_decref(vars);
    if (st != LLM_OK) sx_failed(&j->run, st, err.message);
    j->gen.opts.flags |= LLM_GEN_PARSE_SPECIAL | LLM_GEN_NO_BOS;
    return made;
}

static int once(job *j, const char *prompt, size_t len, bool json)
{
    char *made = j->chat ? as_chat(j, prompt, &len) : NULL;
    if (j->chat && !made) return j->run.status;
    if (made) prompt = made;

    sx_run *run = &j->run;
    llm_reply *reply = NULL;
    llm_status st = llm_generate(run->ctx, prompt, len, NULL, &j->gen.opts, &reply);
    if (st == LLM_OK) st = sx_reply_run(reply, !json);
    int status = st == LLM_OK ? SX_EXIT_OK : sx_failed(run, st, llm_ctx_errmsg(run->ctx));
    if (st == LLM_OK && json) {
        json_t *out = json_object();
        result(out, &j->gen.opts, reply);
        sx_json_line(out);
    } else if (st == LLM_OK) {
        size_t n = llm_reply_text_len(reply);
        if (n && llm_reply_text(reply)[n - 1] != '\n') putchar('\n');
        if (llm_reply_finish(reply) == LLM_FINISH_BLOCKED) {
            sx_say(run->cmd, "the guard blocked this text");
            status = SX_EXIT_SOME;
        }
    }
    if (st == LLM_OK && llm_reply_finish(reply) == LLM_FINISH_CANCEL) status = SX_EXIT_CANCELLED;
    llm_reply_free(reply);
    free(made);
    return status;
}

/* A file as an option's text. */
static bool read_text(const sx_run *run, const char *path, sx_bytes *text, const char **option)
{
    if (!path) return true;
    if (!sx_read_all(run->cmd, path, text)) return false;
    if (text->len && memchr(text->data, 0, text->len)) {
        sx_say(run->cmd, "%s holds a NUL and is no text", path);
        return false;
    }
    if (!sx_bytes_add(text, "", 1)) {
        sx_say(run->cmd, "out of memory");
        return false;
    }
    *option = text->data;
    return true;
}

static int work(job *j, const char *prompt, bool json, bool jsonl)
{
    sx_run *run = &j->run;
    sx_bytes text = {0};
    if (!sx_run_begin(run, run->cmd) || !sx_open_model(run, j->gen.model, j->gen.threads, (uint32_t)j->gen.isa) ||
        !sx_open_ctx(run, &j->gen.ctx) || !sx_open_adapters(run, &j->lora))
        return run->status;
    sx_gen_ready(&j->gen, run);
    if (jsonl) return sx_jsonl(run, line, j);
    if (prompt) return once(j, prompt, strlen(prompt), json);
    int status = sx_read_all(run->cmd, "-", &text) ? once(j, text.data, text.len, json) : SX_EXIT_RUN;
    sx_bytes_free(&text);
    return status;
}

static int run_generate(const sx_command *self, int argc, char **argv)
{
    sx_args args;
    job j = {.run = {.cmd = self}};
    const char *prompt = NULL, *grammar = NULL, *schema = NULL;
    bool ok = true, json = false, jsonl = false;
    int id = 0, status = SX_EXIT_RUN;
    sx_gen_init(&j.gen);
    if (!sx_args_init(&args, self, table, argc, argv)) return SX_EXIT_RUN;
    while (ok && (id = sx_args_next(&args)) > 0) {
        if (id == OPT_PROMPT) prompt = args.value;
        if (id == OPT_PARSE) j.gen.opts.flags |= LLM_GEN_PARSE_SPECIAL;
        if (id == OPT_NO_BOS) j.gen.opts.flags |= LLM_GEN_NO_BOS;
        if (id == OPT_IGNORE_EOS) j.gen.opts.flags |= LLM_GEN_IGNORE_EOS;
        if (id == OPT_CHAT) j.chat = true;
        if (id == OPT_GRAMMAR) grammar = args.value;
        if (id == OPT_SCHEMA) schema = args.value;
        if (id == OPT_JSON) json = true;
        if (id == OPT_JSONL) jsonl = true;
        if (id == OPT_LORA) ok = sx_list_add(&j.lora, args.value, strlen(args.value));
        ok = sx_gen_option(&j.gen, &args, id) && ok;
    }
    if (ok && id < 0)
        status = args.status;
    else if (ok && !j.gen.model)
        status = sx_usage(self, "a model is needed: -m FILE");
    else if (ok && args.operands)
        status = sx_usage(self, "'%s' is too much: give the prompt with -p", args.operand[0]);
    else if (ok && jsonl && prompt)
        status = sx_usage(self, "with --jsonl the prompts come from standard input");
    else if (ok && read_text(&j.run, grammar, &j.grammar, &j.gen.opts.grammar) &&
             read_text(&j.run, schema, &j.schema, &j.gen.opts.schema))
        status = work(&j, prompt, json, jsonl);
    sx_bytes_free(&j.lora);
    sx_run_end(&j.run);
    sx_gen_free(&j.gen);
    sx_bytes_free(&j.grammar);
    sx_bytes_free(&j.schema);
    sx_args_free(&args);
    return status;
}

const sx_command sx_cmd_generate = {"generate", "a model continues a prompt", help, run_generate};
