/* The key of a vault, from a file or from a terminal, never from the command line; and the vault opened with it. */
#ifndef SX_CLI_VAULT_H
#define SX_CLI_VAULT_H

#include "cli.h"

/* Ids of the options that `guard` and `restore` share. */
enum { SX_OPT_VAULT = 200, SX_OPT_KEY_FILE, SX_OPT_PASSPHRASE_FILE };

/* clang-format off */
#define SX_VAULT_OPTIONS \
    {SX_OPT_VAULT, 0, "vault", true}, \
    {SX_OPT_KEY_FILE, 0, "key-file", true}, \
    {SX_OPT_PASSPHRASE_FILE, 0, "passphrase-file", true}
/* clang-format on */

#define SX_VAULT_HELP \
    "      --vault FILE            where the sealed originals are kept\n" \
    "      --key-file FILE         the vault's key: 32 random bytes, or 64 hex\n" \
    "                              digits (make one with: head -c 32 /dev/urandom >\n" \
    "                              KEY; chmod 600 KEY)\n" \
    "      --passphrase-file FILE  the vault's passphrase: the first line of FILE\n" \
    "                              (without either, the passphrase is asked for on\n" \
    "                              the terminal)\n"

typedef struct sx_vault_source {
    const char *vault, *key_file, *passphrase_file;
} sx_vault_source;

/* A key out of a file that holds 32 bytes or 64 hex digits. False after a sentence. The caller wipes it. */
enum { SX_KEY_FILE_BYTES = 32 };
bool sx_key_file(const sx_command *cmd, const char *path, unsigned char key[SX_KEY_FILE_BYTES]);

void sx_vault_option(sx_vault_source *source, const sx_args *args, int id);
/* Opens the vault, or leaves *out NULL where none was named. False after a sentence. */
bool sx_vault_get(const sx_command *cmd, const sx_vault_source *source, bool readonly, llm_vault **out);

#endif
