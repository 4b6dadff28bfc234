/* sextant dequantize: quantised blocks on stdin to float32 on stdout. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"

static const char help[] = "usage: sextant dequantize TYPE < BLOCKS > FLOATS\n"
                           "\n"
                           "Decodes raw quantised blocks of a GGUF type, such as q4_0, to little-endian\n"
                           "float32.\n";

enum { MOST_BYTES = 4096, MOST_VALUES = 8192 }; /* no block of a GGUF type is larger */

/* The shape of a type's block. The library takes whole blocks into enough room and refuses all else, so one block of
 * zeros, tried at growing sizes, tells both numbers. LLM_E_UNSUPPORTED comes at once for an unknown type. */
static llm_status block_shape(const char *type, size_t *bytes, size_t *values, llm_error *err)
{
    static const char zeros[MOST_BYTES];
    float out[MOST_VALUES];
    llm_status st = LLM_E_INVALID;
    for (*bytes = 1; *bytes <= MOST_BYTES; ++*bytes) {
        st = llm_dequantize(type, zeros, *bytes, out, MOST_VALUES, err);
        if (st != LLM_E_INVALID) break;
    }
    if (st != LLM_OK) return st;
    size_t low = 1, high = MOST_VALUES;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (llm_dequantize(type, zeros, *bytes, out, middle, NULL) == LLM_OK)
            high = middle;
        else
            low = middle + 1;
    }
    *values = low;
    return LLM_OK;
}

static bool read_chunk(const sx_command *self, unsigned char *to, size_t want, size_t *got)
{
    *got = fread(to, 1, want, stdin);
    if (*got < want && ferror(stdin)) {
        sx_say(self, "standard input could not be read: %s", strerror(errno));
        return false;
    }
    return true;
}

static int convert(const sx_command *self, const char *type)
{
    llm_error err = LLM_ERROR_INIT;
    size_t bytes = 0, values = 0;
    if (block_shape(type, &bytes, &values, &err) != LLM_OK) {
        sx_say(self, "%s", err.message);
        return SX_EXIT_RUN;
    }
    const size_t blocks = 4096;
    unsigned char *in = malloc(blocks * bytes);
    float *out = malloc(blocks * values * sizeof *out);
    int status = in && out ? SX_EXIT_OK : SX_EXIT_RUN;
    if (status) sx_say(self, "out of memory");
    size_t got = 0;
    while (status == SX_EXIT_OK) {
        if (!read_chunk(self, in, blocks * bytes, &got)) status = SX_EXIT_RUN;
        if (status || got == 0) break;
        size_t n = got / bytes * values;
        if (llm_dequantize(type, in, got, out, blocks * values, &err) != LLM_OK) {
            sx_say(self, "%s", err.message);
            status = SX_EXIT_RUN;
        } else if (!sx_put(out, n * sizeof *out)) {
            break;
        }
    }
    free(in);
    free(out);
    return status;
}

static int run(const sx_command *self, int argc, char **argv)
{
    static const sx_opt table[] = {{0, 0, NULL, false}};
    sx_args args;
    if (!sx_args_init(&args, self, table, argc, argv)) return SX_EXIT_RUN;
    int id = sx_args_next(&args);
    int status = id < 0               ? args.status
                 : args.operands != 1 ? sx_usage(self, "one type is needed, such as q4_0")
                                      : convert(self, args.operand[0]);
    sx_args_free(&args);
    return status;
}

const sx_command sx_cmd_dequantize = {"dequantize", "quantised blocks to float32", help, run};
