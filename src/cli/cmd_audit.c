/* sextant audit: logs of verdicts begun, proved, exported, shown. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "commands.h"
#include "json.h"

static const char help[] = "usage: sextant audit init LOG --key-file FILE\n"
                           "       sextant audit head LOG --key-file FILE\n"
                           "       sextant audit verify LOG [--head HEAD]\n"
                           "       sextant audit export LOG [--head HEAD]\n"
                           "       sextant audit report LOG [--head HEAD] [-o FILE]\n"
                           "\n"
                           "An audit log holds one record for each verdict of `sextant guard --audit LOG`,\n"
                           "chained by hashes and signed; no text and no personal data, but keyed hashes of\n"
                           "what was found. init begins a log and prints its head, head signs what is not\n"
                           "signed yet and prints the head; publish heads where the log's keeper cannot\n"
                           "change them. verify proves the log unbroken, or names the first record that was\n"
                           "removed, edited, reordered or torn (exit status 1). export writes the records as\n"
                           "JSON Lines and a summary; report writes a page of HTML.\n"
                           "\n"
                           "      --key-file FILE         the log's key: 32 random bytes, or 64 hex digits\n"
                           "                              (make one with: head -c 32 /dev/urandom > KEY;\n"
                           "                              chmod 600 KEY)\n"
                           "      --head HEAD             a head that was published: the log must hold it\n"
                           "  -o, --output FILE           where the page goes (default standard output)\n"
                           "      --json                  verify: print the summary as JSON\n";

enum { OPT_HEAD = 1, OPT_OUTPUT, OPT_JSON };

static const sx_opt table[] = {{SX_OPT_AUDIT_KEY, 0, "key-file", true},
                               {OPT_HEAD, 0, "head", true},
                               {OPT_OUTPUT, 'o', "output", true},
                               {OPT_JSON, 0, "json", false},
                               {0, 0, NULL, false}};

typedef struct job {
    const sx_command *cmd;
    const char *log, *key_file, *head, *output;
    bool json, lines;
    sx_report *report;
    json_t *summary;
} job;

/* init and head */
static int print_head(const job *j)
{
    const sx_audit_source source = {j->log, j->key_file, NULL};
    llm_error err = LLM_ERROR_INIT;
    llm_audit *audit = NULL;
    char head[256];
    if (!sx_audit_get(j->cmd, &source, &audit)) return SX_EXIT_RUN;
    int64_t n = llm_audit_head(audit, head, sizeof head, &err);
    llm_audit_free(audit);
    if (n < 0 || (size_t)n > sizeof head) {
        sx_say(j->cmd, "%s", err.message);
        return SX_EXIT_RUN;
    }
    printf("%.*s\n", (int)n, head);
    return SX_EXIT_OK;
}

/* One record or the summary. */
static int32_t on_line(const char *line, size_t len, void *user)
{
    job *j = user;
    json_error_t where;
    if (j->lines) return sx_put(line, len) && sx_put("\n", 1) ? 0 : LLM_E_IO;
    if (!j->report && strncmp(line, "{\"kind\":\"summary\"", 17) != 0) return 0;
    json_t *record = json_loadb(line, len, JSON_ALLOW_NUL, &where);
    if (!record) return LLM_E_MEMORY;
    if (!json_object_get(record, "seq")) {
        json_decref(j->summary);
        j->summary = record;
        return 0;
    }
    bool ok = sx_report_add(j->report, record);
    json_decref(record);
    return ok ? 0 : LLM_E_MEMORY;
}

static int write_report(const job *j)
{
    FILE *out = j->output ? fopen(j->output, "wb") : stdout;
    if (!out) {
        sx_say(j->cmd, "cannot create %s: %s", j->output, strerror(errno));
        return SX_EXIT_RUN;
    }
    bool ok = sx_report_write(j->report, j->summary, out);
    if (j->output && fclose(out) != 0) ok = false;
    if (!ok) sx_say(j->cmd, "the report could not be written");
    return ok ? SX_EXIT_OK : SX_EXIT_RUN;
}

static void tell(const job *j)
{
    const json_t *s = j->summary;
    long long tears = json_integer_value(json_object_get(s, "tears")),
              open = json_integer_value(json_object_get(s, "unsigned"));
    printf("%s is unbroken: %lld records, %lld verdicts, %lld signatures%s\n", j->log,
           json_integer_value(json_object_get(s, "records")), json_integer_value(json_object_get(s, "verdicts")),
           json_integer_value(json_object_get(s, "heads")),
           json_is_true(json_object_get(s, "closed")) ? ", closed" : "");
    if (tears) printf("%lld torn record%s kept inside the log\n", tears, tears == 1 ? " was" : "s were");
    if (open) printf("the last %lld record%s not signed yet\n", open, open == 1 ? " is" : "s are");
    if (!j->head)
        puts("without --head, records missing at the end and a log written anew under another key are not seen");
    printf("head %s\n", json_string_value(json_object_get(s, "head")));
}

/* verify, export and report: one walk over the log. A broken log is exported and reported all the same. */
static int walk(job *j, bool report)
{
    llm_error err = LLM_ERROR_INIT;
    if (report && !(j->report = sx_report_begin(j->log))) {
        sx_say(j->cmd, "out of memory");
        return SX_EXIT_RUN;
    }
    llm_status st = llm_audit_verify(j->log, j->head, on_line, j, &err);
    int status = st == LLM_OK ? SX_EXIT_OK : st == LLM_E_CORRUPT ? SX_EXIT_SOME : SX_EXIT_RUN;
    if (st != LLM_OK) sx_say(j->cmd, "%s", err.message);
    if (report && j->summary) {
        int written = write_report(j);
        if (written != SX_EXIT_OK) status = written;
    } else if (!report && !j->lines && j->json && j->summary) {
        if (!sx_json_line(json_incref(j->summary))) status = SX_EXIT_RUN;
    } else if (st == LLM_OK && !report && !j->lines) {
        tell(j);
    }
    sx_report_end(j->report);
    json_decref(j->summary);
    return status;
}

static int act(job *j, const char *what)
{
    bool writes = strcmp(what, "init") == 0 || strcmp(what, "head") == 0;
    if (writes && !j->key_file) return sx_usage(j->cmd, "%s needs the log's key: --key-file FILE", what);
    if (strcmp(what, "init") == 0) {
        FILE *there = fopen(j->log, "rb");
        if (there) {
            fclose(there);
            sx_say(j->cmd, "%s exists already; a log is begun once", j->log);
            return SX_EXIT_RUN;
        }
    }
    if (writes) return print_head(j);
    j->lines = strcmp(what, "export") == 0;
    if (j->lines || strcmp(what, "verify") == 0) return walk(j, false);
    if (strcmp(what, "report") == 0) return walk(j, true);
    return sx_usage(j->cmd, "there is no '%s'; there are init, head, verify, export and report", what);
}

static int run(const sx_command *self, int argc, char **argv)
{
    sx_args args;
    job j = {.cmd = self};
    int id, status = SX_EXIT_RUN;
    if (!sx_args_init(&args, self, table, argc, argv)) return SX_EXIT_RUN;
    while ((id = sx_args_next(&args)) > 0) {
        if (id == SX_OPT_AUDIT_KEY) j.key_file = args.value;
        if (id == OPT_HEAD) j.head = args.value;
        if (id == OPT_OUTPUT) j.output = args.value;
        if (id == OPT_JSON) j.json = true;
    }
    if (id < 0)
        status = args.status;
    else if (args.operands != 2)
        status = sx_usage(self, "say what to do with which log, such as: sextant audit verify LOG");
    else {
        j.log = args.operand[1];
        status = act(&j, args.operand[0]);
    }
    sx_args_free(&args);
    return status;
}

const sx_command sx_cmd_audit = {"audit", "prove, export and show logs of verdicts", help, run};
