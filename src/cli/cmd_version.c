/* sextant version: which library answers, and what it was made with. */
#include "commands.h"

static const char help[] = "usage: sextant version\n"
                           "\n"
                           "Prints the version of the library that the command runs on, the instruction set\n"
                           "this machine gets, and the libraries it was built with.\n";

static int run(const sx_command *self, int argc, char **argv)
{
    static const sx_opt table[] = {{0, 0, NULL, false}};
    static const char *const keys[] = {"api_level", "isa", "compiler", "sqlite", "sodium", "unicode"};
    sx_args args;
    if (!sx_args_init(&args, self, table, argc, argv)) return SX_EXIT_RUN;
    int id = sx_args_next(&args);
    int status = id < 0 ? args.status : SX_EXIT_OK;
    if (id == 0 && args.operands) {
        id = -1;
        status = sx_usage(self, "'%s' is too much: version takes no operands", args.operand[0]);
    }
    sx_args_free(&args);
    if (id < 0) return status;
    printf("sextant %s\n", llm_version());
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *value = llm_build_info(keys[i]);
        if (value) printf("  %-10s%s\n", keys[i], value);
    }
    return status;
}

const sx_command sx_cmd_version = {"version", "the library's version and what it was built with", help, run};
