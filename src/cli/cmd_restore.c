/* sextant restore: the originals back in the place of their pseudonyms, for those who hold the vault's key; sextant forget:
 * values removed from it. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "vault.h"

static const char help[] = "usage: sextant restore --vault FILE [--key-file FILE | --passphrase-file FILE]\n"
                           "               [--match exact|case|fuzzy] [FILE...]\n"
                           "\n"
                           "Writes its input, standard input or the files in turn, with the originals in\n"
                           "the place of the pseudonyms that `sextant guard` gave under the same vault.\n"
                           "Pseudonyms that the vault does not know stay as they are.\n"
                           "\n"
                           "      --match M               how freely a model may have rewritten them: exact\n"
                           "                              (the default), case, or fuzzy (other brackets or\n"
                           "                              none, blanks, dashes, an initial in a name)\n" SX_VAULT_HELP;

static const char help_forget[] = "usage: sextant forget --vault FILE [--key-file FILE | --passphrase-file FILE]\n"
                                  "               [--type TYPE] [FILE...]\n"
                                  "\n"
                                  "Reads values, one per line, from standard input or the files, and removes them\n"
                                  "from the vault in all their writings; a pseudonym stands for its value. What is\n"
                                  "forgotten is never restored again, and nothing sealed of it is left in the file.\n"
                                  "\n"
                                  "      --type TYPE             only as this type\n" SX_VAULT_HELP;

enum { OPT_MATCH = 1, OPT_TYPE };

static const sx_opt table[] = {SX_VAULT_OPTIONS, {OPT_MATCH, 0, "match", true}, {0, 0, NULL, false}};
static const sx_opt table_forget[] = {SX_VAULT_OPTIONS, {OPT_TYPE, 0, "type", true}, {0, 0, NULL, false}};

typedef struct job {
    const sx_command *self;
    llm_vault *vault;
    uint32_t match;
    const char *type;
    int64_t forgotten;
} job;

static int restore(job *j, const char *path)
{
    llm_error err = LLM_ERROR_INIT;
    sx_bytes text = {0};
    char *out = NULL;
    int64_t n = 0;
    size_t capacity = 0;
    if (!sx_read_all(j->self, path, &text)) return SX_EXIT_RUN;
    for (;;) { /* the first round learns the length */
        n = llm_vault_restore_as(j->vault, text.data, text.len, j->match, out, capacity, &err);
        if (n < 0 || (uint64_t)n <= capacity) break;
        free(out);
        capacity = (size_t)n;
        out = malloc(capacity);
        if (!out) {
            sx_error_set(&err, LLM_E_MEMORY, "out of memory");
            n = LLM_E_MEMORY;
            break;
        }
    }
    if (n < 0)
        sx_say(j->self, "%s", err.message);
    else
        sx_put(out ? out : "", (size_t)n);
    if (out) explicit_bzero(out, capacity);
    free(out);
    sx_bytes_free(&text);
    return n < 0 ? SX_EXIT_RUN : SX_EXIT_OK;
}

static int forget(job *j, const char *path)
{
    llm_error err = LLM_ERROR_INIT;
    sx_bytes text = {0};
    int status = SX_EXIT_OK;
    if (!sx_read_all(j->self, path, &text)) return SX_EXIT_RUN;
    for (size_t at = 0; at < text.len && status == SX_EXIT_OK;) {
        const char *nl = memchr(text.data + at, '\n', text.len - at);
        size_t end = nl ? (size_t)(nl - text.data) : text.len, len = end - at;
        if (len && text.data[at + len - 1] == '\r') len--;
        int64_t n = len ? llm_vault_erase(j->vault, j->type, text.data + at, len, &err) : 0;
        if (n < 0) {
            sx_say(j->self, "%s", err.message);
            status = SX_EXIT_RUN;
        } else {
            j->forgotten += n;
        }
        at = end + 1;
    }
    if (text.data) explicit_bzero(text.data, text.cap);
    sx_bytes_free(&text);
    return status;
}

static int run_with(const sx_command *self, const sx_opt *options, bool readonly, int (*act)(job *j, const char *path),
                    int argc, char **argv)
{
    static const char *const MATCHES[] = {"exact", "case", "fuzzy", NULL};
    sx_args args;
    sx_vault_source source = {NULL, NULL, NULL};
    job j = {.self = self};
    int id, status = SX_EXIT_RUN;
    if (!sx_args_init(&args, self, options, argc, argv)) return SX_EXIT_RUN;
    while ((id = sx_args_next(&args)) > 0) {
        sx_vault_option(&source, &args, id);
        if (id == OPT_TYPE) j.type = args.value;
        if (id != OPT_MATCH) continue;
        int match = sx_arg_choice(&args, MATCHES);
        if (match < 0) {
            sx_args_free(&args);
            return SX_EXIT_RUN;
        }
        j.match = (uint32_t)match;
    }
    if (id < 0)
        status = args.status;
    else if (!source.vault)
        status = sx_usage(self, "a vault is needed: --vault FILE");
    else if (sx_vault_get(self, &source, readonly, &j.vault)) {
        status = args.operands ? SX_EXIT_OK : act(&j, "-");
        for (int i = 0; i < args.operands && status == SX_EXIT_OK; i++) status = act(&j, args.operand[i]);
        if (!readonly && status == SX_EXIT_OK)
            printf("%lld %s forgotten\n", (long long)j.forgotten, j.forgotten == 1 ? "entry was" : "entries were");
    }
    llm_vault_free(j.vault);
    sx_args_free(&args);
    return status;
}

static int run(const sx_command *self, int argc, char **argv)
{
    return run_with(self, table, true, restore, argc, argv);
}

static int run_forget(const sx_command *self, int argc, char **argv)
{
    return run_with(self, table_forget, false, forget, argc, argv);
}

const sx_command sx_cmd_restore = {"restore", "put originals back for pseudonyms", help, run};
const sx_command sx_cmd_forget = {"forget", "remove values from a vault", help_forget, run_forget};
