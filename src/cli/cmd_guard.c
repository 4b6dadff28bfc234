/* sextant guard: personal data, secrets and listed words found and redacted, as a filter or line by line. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "commands.h"
#include "guard_jsonl.h"
#include "term.h"
#include "vault.h"

static const char help[] = "usage: sextant guard [OPTION...] [FILE...]\n"
                           "       sextant guard --jsonl [OPTION...]\n"
                           "\n"
                           "A filter: writes its input, standard input or the files in turn, with personal\n"
                           "data redacted, and holds text back only as long as a finding could still grow.\n"
                           "Exit status 1 when a text was blocked. With a vault the default action is\n"
                           "pseudonym, and `sextant restore` puts the originals back.\n"
                           "\n"
                           "      --types A,B             look only for these types, such as EMAIL_ADDRESS;\n"
                           "                              learned guesses, as at names, are redacted only\n"
                           "                              when named here or given an action\n"
                           "                              (--list names all)\n"
                           "      --action TYPE=ACTION    what to do with a type; may be given again;\n"
                           "                              ACTION alone is for all types: allow, replace,\n"
                           "                              mask, remove, hash, pseudonym, review, block\n"
                           "      --min-score S           drop findings below S (default 0.5; 0 drops none)\n"
                           "      --words FILE            also find these words, one per line, as BLOCKED\n"
                           "      --policy FILE           a policy in JSON: {\"default\": ACTION, \"actions\":\n"
                           "                              {TYPE: ACTION}, \"rules\": [], \"custom\": [],\n"
                           "                              \"words\": [], \"allow\": [], \"min_score\": S, ...};\n"
                           "                              `sextant policy check FILE` proves it\n"
                           "      --preset NAME           a policy of the library's: gdpr, pci, pipl or\n"
                           "                              hipaa-safe-harbor (`sextant policy show NAME`)\n"
                           "      --direction D           input (default), evidence or output: a policy may\n"
                           "                              treat them differently\n"
                           "      --max-hold N            most bytes held back\n"
                           "      --cache DIR             keep compiled rules and word lists in this folder,\n"
                           "                              and take them from it\n" SX_VAULT_HELP SX_AUDIT_HELP
                           "      --report                tell the findings on standard error (never the\n"
                           "                              text they stand in)\n"
                           "      --list                  print the types this library knows\n"
                           "      --json                  one JSON object per input: {\"file\", \"action\",\n"
                           "                              \"findings\", \"text\"}\n"
                           "      --jsonl                 {\"id\", \"text\", \"types\", \"min_score\", \"words\",\n"
                           "                              \"pieces\"} per line in, {\"id\", \"action\",\n"
                           "                              \"findings\": [{\"type\", \"start\", \"end\", \"score\",\n"
                           "                              \"rule\"}], \"text\", \"released\"} per line out\n";

enum {
    OPT_TYPES = 1,
    OPT_ACTION,
    OPT_SCORE,
    OPT_WORDS,
    OPT_POLICY,
    OPT_PRESET,
    OPT_DIRECTION,
    OPT_HOLD,
    OPT_CACHE,
    OPT_REPORT,
    OPT_LIST,
    OPT_JSON,
    OPT_JSONL
};

static const sx_opt table[] = {SX_VAULT_OPTIONS,
                               SX_AUDIT_OPTIONS,
                               {OPT_TYPES, 0, "types", true},
                               {OPT_ACTION, 0, "action", true},
                               {OPT_SCORE, 0, "min-score", true},
                               {OPT_WORDS, 0, "words", true},
                               {OPT_POLICY, 0, "policy", true},
                               {OPT_PRESET, 0, "preset", true},
                               {OPT_DIRECTION, 0, "direction", true},
                               {OPT_HOLD, 0, "max-hold", true},
                               {OPT_CACHE, 0, "cache", true},
                               {OPT_REPORT, 0, "report", false},
                               {OPT_LIST, 0, "list", false},
                               {OPT_JSON, 0, "json", false},
                               {OPT_JSONL, 0, "jsonl", false},
                               {0, 0, NULL, false}};

typedef struct job {
    sx_run run;
    sx_policy policy;
    sx_vault_source vault;
    sx_audit_source audit;
    llm_check_opts check;
    bool report, json, jsonl, list;
} job;

static int list_types(void)
{
    for (uint32_t i = 0; llm_guard_type(i); i++) puts(llm_guard_type(i));
    return SX_EXIT_OK;
}

static void report(const llm_verdict *verdict, const char *name)
{
    fprintf(stderr, "%s: %s, %u finding%s\n", name, sx_verdict_name(llm_verdict_action(verdict)),
            llm_verdict_count(verdict), llm_verdict_count(verdict) == 1 ? "" : "s");
    for (uint32_t i = 0; i < llm_verdict_count(verdict); i++)
        fprintf(stderr, "  %-20s bytes %llu-%llu  score %.2f  %-9s  %s\n", llm_verdict_type(verdict, i),
                (unsigned long long)llm_verdict_start(verdict, i), (unsigned long long)llm_verdict_end(verdict, i),
                llm_verdict_score(verdict, i), sx_action_name(llm_verdict_finding_action(verdict, i)),
                llm_verdict_rule(verdict, i));
}

static int judged(const job *j, const llm_verdict *verdict, const char *name)
{
    uint32_t action = llm_verdict_action(verdict);
    if (j->report) report(verdict, name);
    if (action == LLM_VERDICT_REVIEW)
        sx_say(j->run.cmd, "%s: a person should look at this text before it goes on", name);
    if (action == LLM_VERDICT_BLOCK) sx_say(j->run.cmd, "%s: this text was blocked", name);
    return action == LLM_VERDICT_BLOCK ? SX_EXIT_SOME : SX_EXIT_OK;
}

/* Moves what may go out now to stdout, at once: the next program in a pipe waits for it. */
static llm_status pass_on(const llm_guard_stream *stream)
{
    size_t n = llm_guard_text_len(stream);
    return n == 0 || (sx_put(llm_guard_text(stream), n) && fflush(stdout) == 0) ? LLM_OK : LLM_E_IO;
}

static int filter(job *j, int fd, const char *name)
{
    sx_run *run = &j->run;
    llm_guard_stream *stream = NULL;
    llm_status st = llm_guard_open(run->ctx, &j->check, &stream);
    ssize_t n = 1;
    int status = SX_EXIT_OK;
    while (st == LLM_OK && n != 0) {
        char chunk[32768];
        n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR && !llm_cancel_is_set(run->cancel)) continue;
        if (n < 0) {
            if (errno == EINTR)
                status = sx_failed(run, LLM_E_CANCELLED, NULL);
            else
                sx_say(run->cmd, "%s could not be read: %s", name, strerror(errno));
            llm_guard_close(stream);
            return status ? status : SX_EXIT_RUN;
        }
        st = n ? llm_guard_feed(stream, chunk, (size_t)n) : llm_guard_finish(stream);
        if (st == LLM_OK && pass_on(stream) != LLM_OK) {
            llm_guard_close(stream);
            return sx_finish(run->cmd, SX_EXIT_RUN);
        }
    }
    status = st == LLM_OK ? judged(j, llm_guard_verdict(stream), name) : sx_failed(run, st, llm_ctx_errmsg(run->ctx));
    llm_guard_close(stream);
    return status;
}

static int as_json(job *j, const char *path)
{
    sx_run *run = &j->run;
    sx_bytes text = {0};
    llm_verdict *verdict = NULL;
    int status = SX_EXIT_RUN;
    if (sx_read_all(run->cmd, path, &text)) {
        llm_status st = llm_guard_check(run->ctx, text.data, text.len, &j->check, &verdict);
        if (st == LLM_OK) {
            json_t *out = json_object(), *object = sx_json_verdict(verdict);
            sx_json_set(out, "file", sx_json_str(path));
            json_object_update(out, object);
            json_decref(object);
            sx_json_set(out, "text", sx_json_text(llm_verdict_text(verdict), llm_verdict_text_len(verdict)));
            sx_json_line(out);
            status = judged(j, verdict, strcmp(path, "-") == 0 ? "standard input" : path);
        } else {
            status = sx_failed(run, st, llm_ctx_errmsg(run->ctx));
        }
    }
    llm_verdict_free(verdict);
    sx_bytes_free(&text);
    return status;
}

static int one_input(job *j, const char *path)
{
    bool is_stdin = strcmp(path, "-") == 0;
    if (j->json) return as_json(j, path);
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        sx_say(j->run.cmd, "cannot open %s: %s", path, strerror(errno));
        return SX_EXIT_RUN;
    }
    if (is_stdin) sx_hint_terminal();
    int status = filter(j, fd, is_stdin ? "standard input" : path);
    if (!is_stdin) close(fd);
    return status;
}

static int serve(job *j, const sx_args *args)
{
    sx_run *run = &j->run;
    llm_error err = LLM_ERROR_INIT;
    llm_status st = sx_policy_guard(&j->policy, NULL, &run->guard, &err);
    if (st != LLM_OK) return sx_failed(run, st, err.message);
    if (!sx_open_ctx(run, NULL)) return run->status;
    st = llm_ctx_set_tag(run->ctx, j->audit.tag);
    if (st != LLM_OK) return sx_failed(run, st, llm_ctx_errmsg(run->ctx));
    j->check.types = j->policy.types.len ? j->policy.types.data : NULL;
    j->check.min_score = j->policy.min_score;
    j->check.cancel = run->cancel;
    int status = SX_EXIT_OK;
    if (j->jsonl) {
        sx_guard_lines lines = {run, &j->policy, NULL, NULL};
        status = sx_jsonl(run, sx_guard_line, &lines);
        sx_guard_lines_free(&lines);
        return status;
    }
    if (args->operands == 0) return one_input(j, "-");
    for (int i = 0; i < args->operands && status <= SX_EXIT_SOME; i++) {
        int one = one_input(j, args->operand[i]);
        if (one > status) status = one;
    }
    return status;
}

static bool option(job *j, sx_args *args, int id)
{
    const sx_command *cmd = args->cmd;
    switch (id) {
    case OPT_TYPES:
        if (sx_list_split(&j->policy.types, args->value)) return true;
        sx_say(cmd, "out of memory");
        return false;
    case OPT_ACTION: return sx_policy_action(&j->policy, cmd, args->value);
    case OPT_SCORE:
        if (!sx_arg_float(args, 0, 1, &j->policy.min_score)) return false;
        if (j->policy.min_score <= 0) j->policy.min_score = -1; /* 0 is the library's default; here it means none */
        return true;
    case OPT_WORDS: return sx_policy_words(&j->policy, cmd, args->value);
    case OPT_POLICY: return sx_policy_file(&j->policy, cmd, args->value);
    case OPT_PRESET: return sx_policy_preset(&j->policy, cmd, args->value);
    case OPT_DIRECTION: {
        static const char *const NAMES[] = {"input", "evidence", "output", NULL};
        int d = sx_arg_choice(args, NAMES);
        j->check.direction = j->policy.direction = d < 0 ? 0 : 1u << d;
        return d >= 0;
    }
    case OPT_HOLD: return sx_arg_u32(args, 1, UINT32_MAX, &j->policy.max_hold);
    case OPT_CACHE: return (j->policy.cache = args->value) != NULL;
    case OPT_REPORT: return j->report = true;
    case OPT_LIST: return j->list = true;
    case OPT_JSON: return j->json = true;
    case OPT_JSONL: return j->jsonl = true;
    default:
        sx_vault_option(&j->vault, args, id);
        sx_audit_option(&j->audit, args, id);
        return true;
    }
}

static int run_guard(const sx_command *self, int argc, char **argv)
{
    sx_args args;
    job j = {.run = {.cmd = self}, .check = LLM_CHECK_OPTS_INIT};
    bool ok = true;
    int id = 0, status = SX_EXIT_RUN;
    if (!sx_args_init(&args, self, table, argc, argv)) return SX_EXIT_RUN;
    while (ok && (id = sx_args_next(&args)) > 0) ok = option(&j, &args, id);
    if (ok && id < 0)
        status = args.status;
    else if (ok && j.list)
        status = list_types();
    else if (ok && j.jsonl && args.operands)
        status = sx_usage(self, "with --jsonl the texts come from standard input");
    else if (ok && sx_vault_get(self, &j.vault, false, &j.policy.vault) &&
             sx_audit_get(self, &j.audit, &j.policy.audit) && sx_run_begin(&j.run, self))
        status = serve(&j, &args);
    sx_run_end(&j.run);
    llm_vault_free(j.policy.vault);
    llm_audit_free(j.policy.audit);
    sx_policy_free(&j.policy);
    sx_args_free(&args);
    return status;
}

const sx_command sx_cmd_guard = {"guard", "find and redact personal data in a stream", help, run_guard};
