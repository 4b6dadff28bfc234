/* Options by table: -x VALUE, -xVALUE, --name VALUE, --name=VALUE; operands may stand between them, `--` ends them. */
#include "cli.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void say(const sx_command *cmd, const char *format, va_list ap)
{
    char text[1024];
    vsnprintf(text, sizeof text, format, ap);
    size_t n = strlen(text);
    while (n && (text[n - 1] == '\n' || text[n - 1] == ' ')) text[--n] = '\0';
    fprintf(stderr, "sextant%s%s: %s%s\n", cmd ? " " : "", cmd ? cmd->name : "", text,
            n && strchr(".!?", text[n - 1]) ? "" : ".");
}

void sx_say(const sx_command *cmd, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    say(cmd, format, ap);
    va_end(ap);
}

int sx_usage(const sx_command *cmd, const char *format, ...)
{
    char text[900];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    sx_say(cmd, "%s; `sextant %s%s-h` tells how to use it", text, cmd ? cmd->name : "", cmd ? " " : "");
    return SX_EXIT_RUN;
}

bool sx_args_init(sx_args *args, const sx_command *cmd, const sx_opt *table, int argc, char **argv)
{
    memset(args, 0, sizeof *args);
    args->cmd = cmd;
    args->table = table;
    args->argc = argc;
    args->argv = argv;
    args->at = 1;
    args->operand = calloc((size_t)argc + 1, sizeof *args->operand);
    if (!args->operand) sx_say(cmd, "out of memory");
    return args->operand != NULL;
}

void sx_args_free(sx_args *args)
{
    free(args->operand);
    args->operand = NULL;
}

static int stop(sx_args *args, int status)
{
    args->status = status;
    return -1;
}

static int found(sx_args *args, const sx_opt *opt, const char *attached)
{
    args->value = NULL;
    if (!opt->takes_value) {
        if (attached) return stop(args, sx_usage(args->cmd, "%s takes no value", args->shown));
        return opt->id;
    }
    if (attached) {
        args->value = attached;
        return opt->id;
    }
    if (args->at >= args->argc) return stop(args, sx_usage(args->cmd, "%s needs a value", args->shown));
    args->value = args->argv[args->at++];
    return opt->id;
}

static int long_option(sx_args *args, char *word)
{
    const char *name = word + 2;
    char *equals = strchr(word, '=');
    size_t len = equals ? (size_t)(equals - name) : strlen(name);
    for (const sx_opt *o = args->table; o->id; o++) {
        if (!o->name || strlen(o->name) != len || strncmp(o->name, name, len) != 0) continue;
        if (equals) *equals = '\0';
        args->shown = word;
        return found(args, o, equals ? equals + 1 : NULL);
    }
    return stop(args, sx_usage(args->cmd, "there is no option %.*s", (int)(len + 2), word));
}

static int short_option(sx_args *args, const char *word)
{
    for (const sx_opt *o = args->table; o->id; o++) {
        if (!o->letter || o->letter != word[1]) continue;
        args->shown = word;
        return found(args, o, word[2] ? word + 2 : NULL);
    }
    return stop(args, sx_usage(args->cmd, "there is no option %s", word));
}

int sx_args_next(sx_args *args)
{
    while (args->at < args->argc) {
        char *word = args->argv[args->at++];
        if (args->only_operands || word[0] != '-' || word[1] == '\0') {
            args->operand[args->operands++] = word;
        } else if (strcmp(word, "--") == 0) {
            args->only_operands = true;
        } else if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
            fputs(args->cmd->help, stdout);
            return stop(args, sx_finish(args->cmd, SX_EXIT_OK));
        } else {
            return word[1] == '-' ? long_option(args, word) : short_option(args, word);
        }
    }
    return 0;
}

bool sx_arg_u64(sx_args *args, uint64_t *out)
{
    char *end = NULL;
    errno = 0;
    unsigned long long v = strtoull(args->value, &end, 10);
    if (errno || end == args->value || *end || args->value[0] < '0' || args->value[0] > '9') {
        sx_usage(args->cmd, "%s takes a whole number, not '%s'", args->shown, args->value);
        return false;
    }
    *out = v;
    return true;
}

bool sx_arg_u32(sx_args *args, uint32_t min, uint32_t max, uint32_t *out)
{
    uint64_t v = 0;
    if (!sx_arg_u64(args, &v)) return false;
    if (v < min || v > max) {
        sx_usage(args->cmd, "%s takes a number from %u to %u, not %s", args->shown, min, max, args->value);
        return false;
    }
    *out = (uint32_t)v;
    return true;
}

bool sx_arg_float(sx_args *args, double min, double max, float *out)
{
    char *end = NULL;
    double v = strtod(args->value, &end);
    if (end == args->value || *end || !isfinite(v) || v < min || v > max) {
        sx_usage(args->cmd, "%s takes a number from %g to %g, not '%s'", args->shown, min, max, args->value);
        return false;
    }
    *out = (float)v;
    return true;
}

int sx_arg_choice(sx_args *args, const char *const *words)
{
    char list[256] = "";
    size_t n = 0;
    for (int i = 0; words[i]; i++) {
        if (strcmp(words[i], args->value) == 0) return i;
        int k = snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", words[i]);
        if (k > 0 && (size_t)k < sizeof list - n) n += (size_t)k;
    }
    sx_usage(args->cmd, "%s takes one of %s, not '%s'", args->shown, list, args->value);
    return -1;
}
