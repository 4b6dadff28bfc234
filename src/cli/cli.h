/* What the files of the `sextant` command share: the shape of a subcommand, its options, and how it speaks to people.
 * The command is a client of sextant.h, Jansson and libc; nothing here reaches inside the library. */
#ifndef SX_CLI_H
#define SX_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sextant.h"

/* Exit statuses: all well; some line or file failed and the run went on; the run itself failed. */
#define SX_EXIT_OK        0
#define SX_EXIT_SOME      1
#define SX_EXIT_RUN       2
#define SX_EXIT_CANCELLED 130

typedef struct sx_command {
    const char *name;
    const char *summary; /* one line for the list of commands */
    const char *help;    /* what -h prints */
    int (*run)(const struct sx_command *self, int argc, char **argv);
} sx_command;

/* Prints "sextant NAME: sentence" to stderr. A full stop is added where the sentence has none. */
void sx_say(const sx_command *cmd, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- options.c ---- */

typedef struct sx_opt {
    int id;           /* what sx_args_next returns; above 0 */
    char letter;      /* 0: none */
    const char *name; /* NULL: none */
    bool takes_value;
} sx_opt;

/* A walk over argv[1..]: options by a table, operands gathered wherever they stand, `--` ends options. -h and --help
 * are known everywhere. */
typedef struct sx_args {
    const sx_command *cmd;
    const sx_opt *table; /* ended by id 0 */
    int argc;
    char **argv;
    int at;
    bool only_operands;
    const char *shown; /* the option as it was written, for sentences */
    const char *value; /* of the option just returned */
    char **operand;    /* [operands], room for argc */
    int operands;
    int status; /* the exit status when sx_args_next returned -1 */
} sx_args;

bool sx_args_init(sx_args *args, const sx_command *cmd, const sx_opt *table, int argc, char **argv);
int sx_args_next(sx_args *args); /* an id, 0 at the end, -1 when args->status is all there is left to return */
void sx_args_free(sx_args *args);

/* The value of the option just returned as a number. On a wrong one: a sentence, and false. */
bool sx_arg_u32(sx_args *args, uint32_t min, uint32_t max, uint32_t *out);
bool sx_arg_u64(sx_args *args, uint64_t *out);
bool sx_arg_float(sx_args *args, double min, double max, float *out);
/* One of the words: its index in the NULL-terminated list, or -1 after a sentence. */
int sx_arg_choice(sx_args *args, const char *const *words);
/* A usage error: the sentence, a hint at -h, exit status 2. */
int sx_usage(const sx_command *cmd, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- io.c ---- */

/* A growing run of bytes. */
typedef struct sx_bytes {
    char *data;
    size_t len, cap;
} sx_bytes;

bool sx_bytes_add(sx_bytes *b, const void *bytes, size_t n); /* false: no memory */
void sx_bytes_free(sx_bytes *b);

/* Reads a file, or standard input for "-", to its end. False after a sentence. */
bool sx_read_all(const sx_command *cmd, const char *path, sx_bytes *out);
/* Says that the terminal is being read, where it is: nobody should wonder why nothing happens. */
void sx_hint_terminal(void);
/* Flushes stdout and tells whether all of it was written: status, or 2 after a sentence. */
int sx_finish(const sx_command *cmd, int status);
/* Writes to stdout; false when it failed (sx_finish says why). */
bool sx_put(const void *bytes, size_t n);
/* A list of strings in the library's form: each ended by NUL, the list by an empty one. */
bool sx_list_add(sx_bytes *list, const char *item, size_t len);
/* The same from "A,B,C". */
bool sx_list_split(sx_bytes *list, const char *joined);
/* Token ids from "1,2 3" in *ids, to be freed; false after a sentence. */
bool sx_token_list(const sx_command *cmd, const char *text, int32_t **ids, size_t *n);
void sx_error_set(llm_error *err, llm_status code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- open.c ---- */

/* Handles of one run, NULL where not opened, and the flag that Ctrl-C sets. */
typedef struct sx_run {
    const sx_command *cmd;
    llm_cancel *cancel;
    llm_model *model;
    llm_corpus *corpus;
    llm_guard *guard;
    llm_ctx *ctx;
    int status; /* what the process should return after a failure */
} sx_run;

bool sx_run_begin(sx_run *run, const sx_command *cmd); /* makes the flag and installs the handler */
void sx_run_end(sx_run *run);
bool sx_interrupted(void); /* Ctrl-C was pressed in this run */
bool sx_open_model(sx_run *run, const char *path, uint32_t threads, uint32_t isa);
bool sx_open_corpus(sx_run *run, const char *path, bool readonly); /* NULL: in memory */
/* Narrows the open corpus to what holders of the labels "A,B" may see; NULL: leaves it. */
bool sx_open_view(sx_run *run, const char *labels);
bool sx_open_ctx(sx_run *run, const llm_ctx_opts *opts);
/* Lets the context carry adapters: FILE or FILE=SCALE each, joined by NULs as in sx_list_add; NULL: none. */
bool sx_open_adapters(sx_run *run, const sx_bytes *specs);
/* Says what failed, with the sentence that the library gave; keeps and returns the exit status that belongs to it. */
int sx_failed(sx_run *run, llm_status code, const char *message);
int sx_isa(sx_args *args); /* LLM_ISA_* from the option's value, -1 after a sentence */
int sx_kv(sx_args *args);  /* LLM_KV_* likewise */

#endif
