/* sextant restore: the originals back in the place of their pseudonyms, for those who hold the vault's key. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "vault.h"

static const char help[] = "usage: sextant restore --vault FILE [--key-file FILE | --passphrase-file FILE]\n"
                           "               [FILE...]\n"
                           "\n"
                           "Writes its input, standard input or the files in turn, with the originals in\n"
                           "the place of the pseudonyms that `sextant guard` gave under the same vault.\n"
                           "Pseudonyms that the vault does not know stay as they are.\n"
                           "\n" SX_VAULT_HELP;

static const sx_opt table[] = {SX_VAULT_OPTIONS, {0, 0, NULL, false}};

static int restore(const sx_command *self, llm_vault *vault, const char *path)
{
    llm_error err = LLM_ERROR_INIT;
    sx_bytes text = {0};
    char *out = NULL;
    int64_t n = 0;
    size_t capacity = 0;
    if (!sx_read_all(self, path, &text)) return SX_EXIT_RUN;
    for (;;) { /* the first round learns the length */
        n = llm_vault_restore(vault, text.data, text.len, out, capacity, &err);
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
        sx_say(self, "%s", err.message);
    else
        sx_put(out ? out : "", (size_t)n);
    if (out) explicit_bzero(out, capacity);
    free(out);
    sx_bytes_free(&text);
    return n < 0 ? SX_EXIT_RUN : SX_EXIT_OK;
}

static int run(const sx_command *self, int argc, char **argv)
{
    sx_args args;
    sx_vault_source source = {NULL, NULL, NULL};
    llm_vault *vault = NULL;
    int id, status = SX_EXIT_RUN;
    if (!sx_args_init(&args, self, table, argc, argv)) return SX_EXIT_RUN;
    while ((id = sx_args_next(&args)) > 0) sx_vault_option(&source, &args, id);
    if (id < 0)
        status = args.status;
    else if (!source.vault)
        status = sx_usage(self, "a vault is needed: --vault FILE");
    else if (sx_vault_get(self, &source, true, &vault)) {
        status = args.operands ? SX_EXIT_OK : restore(self, vault, "-");
        for (int i = 0; i < args.operands && status == SX_EXIT_OK; i++) status = restore(self, vault, args.operand[i]);
    }
    llm_vault_free(vault);
    sx_args_free(&args);
    return status;
}

const sx_command sx_cmd_restore = {"restore", "put originals back for pseudonyms", help, run};
