/* The key of a vault and the vault opened with it. Keys are wiped from memory when the vault has them. */
#include "vault.h"

#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { KEY_BYTES = 32, MOST_PASSPHRASE = 1024 };

typedef struct secret {
    char bytes[MOST_PASSPHRASE + 2];
    size_t len;
    bool passphrase;
} secret;

void sx_vault_option(sx_vault_source *source, const sx_args *args, int id)
{
    if (id == SX_OPT_VAULT) source->vault = args->value;
    if (id == SX_OPT_KEY_FILE) source->key_file = args->value;
    if (id == SX_OPT_PASSPHRASE_FILE) source->passphrase_file = args->value;
}

static bool read_secret_file(const sx_command *cmd, const char *path, secret *s)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        sx_say(cmd, "cannot open %s: %s", path, strerror(errno));
        return false;
    }
    setvbuf(f, NULL, _IONBF, 0); /* no copy of a key in a buffer that is not wiped */
    s->len = fread(s->bytes, 1, sizeof s->bytes - 1, f);
    bool ok = !ferror(f);
    fclose(f);
    if (!ok) sx_say(cmd, "cannot read %s", path);
    return ok;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* 64 hex digits become 32 bytes in place. */
static bool unhex(secret *s)
{
    for (size_t i = 0; i < KEY_BYTES; i++) {
        int high = hex_digit(s->bytes[2 * i]), low = hex_digit(s->bytes[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        s->bytes[i] = (char)(high << 4 | low);
    }
    s->len = KEY_BYTES;
    return true;
}

static bool key_from_file(const sx_command *cmd, const char *path, secret *s)
{
    if (!read_secret_file(cmd, path, s)) return false;
    if (s->len == KEY_BYTES) return true;
    size_t n = s->len;
    while (n && (s->bytes[n - 1] == '\n' || s->bytes[n - 1] == '\r')) n--;
    if (n == 2 * KEY_BYTES && unhex(s)) return true;
    sx_say(cmd, "%s is not a key: a key file holds 32 bytes or 64 hex digits; for a passphrase use --passphrase-file",
           path);
    return false;
}

bool sx_key_file(const sx_command *cmd, const char *path, unsigned char key[SX_KEY_FILE_BYTES])
{
    secret s = {.len = 0};
    bool ok = key_from_file(cmd, path, &s);
    if (ok) memcpy(key, s.bytes, SX_KEY_FILE_BYTES);
    explicit_bzero(&s, sizeof s);
    return ok;
}

static bool passphrase_from_file(const sx_command *cmd, const char *path, secret *s)
{
    if (!read_secret_file(cmd, path, s)) return false;
    s->passphrase = true;
    char *nl = memchr(s->bytes, '\n', s->len);
    if (nl) s->len = (size_t)(nl - s->bytes);
    if (s->len && s->bytes[s->len - 1] == '\r') s->len--;
    if (s->len > 0 && s->len <= MOST_PASSPHRASE) return true;
    sx_say(cmd, "the first line of %s must hold a passphrase of 1 to %d bytes", path, MOST_PASSPHRASE);
    return false;
}

/* One line from the terminal, not shown. */
static bool ask(FILE *tty, const char *prompt, secret *s)
{
    struct termios old, quiet;
    if (tcgetattr(fileno(tty), &old) != 0) return false;
    quiet = old;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(fileno(tty), TCSAFLUSH, &quiet);
    fputs(prompt, tty);
    fflush(tty);
    bool ok = fgets(s->bytes, (int)sizeof s->bytes, tty) != NULL;
    tcsetattr(fileno(tty), TCSAFLUSH, &old);
    fputc('\n', tty);
    if (!ok) return false;
    s->len = strcspn(s->bytes, "\r\n");
    s->bytes[s->len] = '\0';
    s->passphrase = true;
    return true;
}

static bool passphrase_from_terminal(const sx_command *cmd, const sx_vault_source *source, secret *s)
{
    FILE *tty = fopen("/dev/tty", "r+");
    if (!tty) {
        sx_usage(cmd, "a vault needs a key: name --key-file or --passphrase-file, as there is no terminal to ask on");
        return false;
    }
    setvbuf(tty, NULL, _IONBF, 0);
    bool ok = ask(tty, "Passphrase of the vault: ", s) && s->len > 0;
    if (!ok) sx_say(cmd, "no passphrase was given");
    if (ok && access(source->vault, F_OK) != 0) {
        secret again = {.len = 0};
        ok = ask(tty, "This vault is new. The same once more: ", &again) && again.len == s->len &&
             memcmp(again.bytes, s->bytes, s->len) == 0;
        if (!ok) sx_say(cmd, "the two differ; nothing was done");
        explicit_bzero(&again, sizeof again);
    }
    fclose(tty);
    return ok;
}

bool sx_vault_get(const sx_command *cmd, const sx_vault_source *source, bool readonly, llm_vault **out)
{
    llm_error err = LLM_ERROR_INIT;
    llm_vault_opts opts = LLM_VAULT_OPTS_INIT;
    secret s = {.len = 0};
    *out = NULL;
    if (!source->vault && !source->key_file && !source->passphrase_file) return true;
    if (!source->vault || (source->key_file && source->passphrase_file)) {
        sx_usage(cmd,
                 source->vault ? "a vault has a key or a passphrase, not both" : "a key needs its vault: --vault FILE");
        return false;
    }
    bool ok = source->key_file          ? key_from_file(cmd, source->key_file, &s)
              : source->passphrase_file ? passphrase_from_file(cmd, source->passphrase_file, &s)
                                        : passphrase_from_terminal(cmd, source, &s);
    if (ok) {
        opts.flags = (readonly ? LLM_VAULT_READONLY : 0) | (s.passphrase ? LLM_VAULT_PASSPHRASE : 0);
        llm_status st = llm_vault_open(out, source->vault, s.bytes, s.len, &opts, &err);
        ok = st == LLM_OK;
        if (!ok) sx_say(cmd, "%s", err.message);
    }
    explicit_bzero(&s, sizeof s);
    return ok;
}
