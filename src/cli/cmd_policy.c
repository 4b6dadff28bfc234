/* sextant policy: policies of the guard, proved and shown. */
#include <string.h>

#include "commands.h"
#include "policy.h"

static const char help[] = "usage: sextant policy check FILE...\n"
                           "       sextant policy show PRESET\n"
                           "       sextant policy list\n"
                           "\n"
                           "check reads policies as `sextant guard --policy` would and tells what is wrong,\n"
                           "with line and column; exit status 1 when one is. Word files are looked for\n"
                           "beside the policy. show prints a policy that comes with the library, to read\n"
                           "or to start from; a policy builds on it by {\"preset\": \"NAME\"}. list names\n"
                           "them.\n";

static const sx_opt table[] = {{0, 0, NULL, false}};

static int check(const sx_command *self, const char *path)
{
    sx_policy policy = {0};
    llm_guard *guard = NULL;
    llm_error err = LLM_ERROR_INIT;
    if (!sx_policy_file(&policy, self, path)) return SX_EXIT_SOME;
    llm_status st = sx_policy_guard(&policy, NULL, &guard, &err);
    llm_guard_free(guard);
    sx_policy_free(&policy);
    if (st == LLM_OK)
        printf("%s: good\n", path);
    else
        sx_say(self, "%s", err.message);
    return st == LLM_OK ? SX_EXIT_OK : SX_EXIT_SOME;
}

static int show(const sx_command *self, const char *name)
{
    for (uint32_t i = 0; llm_guard_preset_name(i); i++) {
        if (strcmp(llm_guard_preset_name(i), name) != 0) continue;
        fputs(llm_guard_preset_policy(i), stdout);
        return SX_EXIT_OK;
    }
    return sx_usage(self, "there is no preset '%s'; `sextant policy list` names them", name);
}

static int act(const sx_command *self, const sx_args *args)
{
    const char *verb = args->operands ? args->operand[0] : "";
    int status = SX_EXIT_OK;
    if (strcmp(verb, "list") == 0 && args->operands == 1) {
        for (uint32_t i = 0; llm_guard_preset_name(i); i++) puts(llm_guard_preset_name(i));
        return status;
    }
    if (strcmp(verb, "show") == 0 && args->operands == 2) return show(self, args->operand[1]);
    if (strcmp(verb, "check") != 0 || args->operands < 2) return sx_usage(self, "say check FILE, show PRESET or list");
    for (int i = 1; i < args->operands; i++) {
        int one = check(self, args->operand[i]);
        if (one > status) status = one;
    }
    return status;
}

static int run(const sx_command *self, int argc, char **argv)
{
    sx_args args;
    if (!sx_args_init(&args, self, table, argc, argv)) return SX_EXIT_RUN;
    int id = sx_args_next(&args);
    int status = id < 0 ? args.status : act(self, &args);
    sx_args_free(&args);
    return status;
}

const sx_command sx_cmd_policy = {"policy", "check a policy of the guard, show those that come along", help, run};
