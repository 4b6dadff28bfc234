/* sextant tokenize, sextant detokenize: text to a model's token ids and back. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "json.h"

static const char tokenize_help[] =
    "usage: sextant tokenize -m MODEL [--no-special] [--no-parse] [TEXT...]\n"
    "       sextant tokenize -m MODEL --jsonl\n"
    "\n"
    "Prints the token ids of each TEXT on a line of its own; without TEXT, those of\n"
    "standard input as one text.\n"
    "\n"
    "  -m, --model FILE   the GGUF file whose tokenizer to use\n"
    "      --no-special   do not add what the model wants around a text (BOS, EOS)\n"
    "      --no-parse     take special tokens written in the text, such as </s>, as\n"
    "                     plain text\n"
    "      --jsonl        {\"id\", \"text\", \"add_special\", \"parse_special\"} per line\n"
    "                     in, {\"id\", \"tokens\"} per line out\n";

static const char detokenize_help[] =
    "usage: sextant detokenize -m MODEL [--special] [ID...]\n"
    "       sextant detokenize -m MODEL --jsonl\n"
    "\n"
    "Prints the text of token ids given as words or as one list 1,2,3; without any,\n"
    "of those on standard input.\n"
    "\n"
    "  -m, --model FILE   the GGUF file whose tokenizer to use\n"
    "      --special      write special tokens too\n"
    "      --jsonl        {\"id\", \"tokens\"} per line in, {\"id\", \"text\"} per line out\n";

enum { OPT_MODEL = 1, OPT_JSONL, OPT_SPECIAL, OPT_PARSE };

static const sx_opt tokenize_table[] = {{OPT_MODEL, 'm', "model", true},
                                        {OPT_JSONL, 0, "jsonl", false},
                                        {OPT_SPECIAL, 0, "no-special", false},
                                        {OPT_PARSE, 0, "no-parse", false},
                                        {0, 0, NULL, false}};
static const sx_opt detokenize_table[] = {{OPT_MODEL, 'm', "model", true},
                                          {OPT_JSONL, 0, "jsonl", false},
                                          {OPT_SPECIAL, 0, "special", false},
                                          {0, 0, NULL, false}};

/* Token ids of a text in *ids, to be freed. Returns how many, or a negative status. */
static int64_t tokens_of(const llm_model *model, const char *text, size_t len, uint32_t flags, int32_t **ids,
                         llm_error *err)
{
    size_t capacity = len + 16; /* nearly always enough: a token is a byte or more */
    for (;;) {
        int32_t *room = malloc(capacity * sizeof *room);
        if (!room) {
            sx_error_set(err, LLM_E_MEMORY, "Out of memory.");
            return LLM_E_MEMORY;
        }
        int64_t n = llm_tokenize(model, text, len, flags, room, capacity, err);
        if (n < 0 || (uint64_t)n > capacity) {
            free(room);
            if (n < 0) return n;
            capacity = (size_t)n;
            continue;
        }
        *ids = room;
        return n;
    }
}

static int64_t text_of(const llm_model *model, const int32_t *ids, size_t n, uint32_t flags, char **text,
                       llm_error *err)
{
    int64_t len = llm_detokenize(model, ids, n, flags, NULL, 0, err);
    if (len < 0) return len;
    *text = malloc((size_t)len + 1);
    if (!*text) {
        sx_error_set(err, LLM_E_MEMORY, "Out of memory.");
        return LLM_E_MEMORY;
    }
    int64_t again = llm_detokenize(model, ids, n, flags, *text, (size_t)len, err);
    if (again < 0) free(*text);
    return again;
}

static llm_status tokenize_line(void *user, const json_t *in, json_t *out, llm_error *err)
{
    const llm_model *model = user;
    const char *text = "";
    size_t len = 0;
    bool special = true, parse = true;
    llm_status st = sx_json_get_text(in, "text", true, &text, &len, err);
    if (st == LLM_OK) st = sx_json_get_bool(in, "add_special", &special, err);
    if (st == LLM_OK) st = sx_json_get_bool(in, "parse_special", &parse, err);
    if (st != LLM_OK) return st;
    int32_t *ids = NULL;
    int64_t n = tokens_of(model, text, len, (special ? LLM_TOK_SPECIAL : 0) | (parse ? LLM_TOK_PARSE : 0), &ids, err);
    if (n < 0) return (llm_status)n;
    json_t *list = json_array();
    for (int64_t i = 0; i < n; i++) json_array_append_new(list, json_integer(ids[i]));
    free(ids);
    sx_json_set(out, "tokens", list);
    return LLM_OK;
}

static llm_status detokenize_line(void *user, const json_t *in, json_t *out, llm_error *err)
{
    const json_t *list = json_object_get(in, "tokens");
    if (!json_is_array(list)) {
        sx_error_set(err, LLM_E_INVALID, "The field \"tokens\" must be a list of token ids.");
        return LLM_E_INVALID;
    }
    size_t n = json_array_size(list);
    int32_t *ids = malloc((n + 1) * sizeof *ids);
    if (!ids) {
        sx_error_set(err, LLM_E_MEMORY, "Out of memory.");
        return LLM_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(list, i);
        json_int_t v = json_integer_value(item);
        if (!json_is_integer(item) || v < 0 || v > INT32_MAX) {
            free(ids);
            sx_error_set(err, LLM_E_INVALID, "Token %zu of \"tokens\" is not a token id.", i);
            return LLM_E_INVALID;
        }
        ids[i] = (int32_t)v;
    }
    char *text = NULL;
    int64_t len = text_of(user, ids, n, LLM_TOK_PARSE, &text, err);
    free(ids);
    if (len < 0) return (llm_status)len;
    sx_json_set(out, "text", sx_json_text(text, (size_t)len));
    free(text);
    return LLM_OK;
}

static int print_tokens(sx_run *run, const char *text, size_t len, uint32_t flags)
{
    llm_error err = LLM_ERROR_INIT;
    int32_t *ids = NULL;
    int64_t n = tokens_of(run->model, text, len, flags, &ids, &err);
    if (n < 0) return sx_failed(run, (llm_status)n, err.message);
    for (int64_t i = 0; i < n; i++) printf("%s%d", i ? " " : "", (int)ids[i]);
    putchar('\n');
    free(ids);
    return SX_EXIT_OK;
}

static int tokenize_plain(sx_run *run, const sx_args *args, uint32_t flags)
{
    for (int i = 0; i < args->operands; i++) {
        int status = print_tokens(run, args->operand[i], strlen(args->operand[i]), flags);
        if (status) return status;
    }
    if (args->operands) return SX_EXIT_OK;
    sx_bytes text = {0};
    int status = sx_read_all(run->cmd, "-", &text) ? print_tokens(run, text.data, text.len, flags) : SX_EXIT_RUN;
    sx_bytes_free(&text);
    return status;
}

static int detokenize_plain(sx_run *run, const sx_args *args, uint32_t flags)
{
    sx_bytes words = {0};
    llm_error err = LLM_ERROR_INIT;
    int status = SX_EXIT_RUN;
    int32_t *ids = NULL;
    char *text = NULL;
    bool ok = true;
    for (int i = 0; ok && i < args->operands; i++)
        ok = sx_bytes_add(&words, args->operand[i], strlen(args->operand[i])) && sx_bytes_add(&words, " ", 1);
    if (ok && !args->operands && !sx_read_all(run->cmd, "-", &words)) goto out;
    size_t n = 0;
    if (ok && !sx_token_list(run->cmd, words.data, &ids, &n)) goto out;
    if (!ok) {
        sx_say(run->cmd, "out of memory");
        goto out;
    }
    int64_t len = text_of(run->model, ids, n, flags, &text, &err);
    if (len < 0) {
        status = sx_failed(run, (llm_status)len, err.message);
        goto out;
    }
    sx_put(text, (size_t)len);
    free(text);
    status = SX_EXIT_OK;
out:
    free(ids);
    sx_bytes_free(&words);
    return status;
}

static int run_either(const sx_command *self, int argc, char **argv, bool back)
{
    sx_args args;
    const char *model = NULL;
    bool jsonl = false;
    uint32_t flags = back ? 0 : LLM_TOK_SPECIAL | LLM_TOK_PARSE;
    if (!sx_args_init(&args, self, back ? detokenize_table : tokenize_table, argc, argv)) return SX_EXIT_RUN;
    int id, status = SX_EXIT_OK;
    while ((id = sx_args_next(&args)) > 0) {
        if (id == OPT_MODEL) model = args.value;
        if (id == OPT_JSONL) jsonl = true;
        if (id == OPT_SPECIAL) flags = back ? flags | LLM_TOK_PARSE : flags & ~LLM_TOK_SPECIAL;
        if (id == OPT_PARSE) flags &= ~LLM_TOK_PARSE;
    }
    sx_run run = {0};
    if (id < 0)
        status = args.status;
    else if (!model)
        status = sx_usage(self, "a model is needed: -m FILE");
    else if (jsonl && args.operands)
        status = sx_usage(self, "with --jsonl the requests come from standard input");
    else if (!sx_run_begin(&run, self) || !sx_open_model(&run, model, 1, 0))
        status = run.status;
    else if (jsonl)
        status = sx_jsonl(&run, back ? detokenize_line : tokenize_line, run.model);
    else
        status = back ? detokenize_plain(&run, &args, flags) : tokenize_plain(&run, &args, flags);
    sx_run_end(&run);
    sx_args_free(&args);
    return status;
}

static int run_tokenize(const sx_command *self, int argc, char **argv)
{
    return run_either(self, argc, argv, false);
}

static int run_detokenize(const sx_command *self, int argc, char **argv)
{
    return run_either(self, argc, argv, true);
}

const sx_command sx_cmd_tokenize = {"tokenize", "text to a model's token ids", tokenize_help, run_tokenize};
const sx_command sx_cmd_detokenize = {"detokenize", "token ids to text", detokenize_help, run_detokenize};
