/* The `sextant` command: finds the subcommand and lets it run. */
#include <string.h>

#include "commands.h"

typedef struct group {
    const char *title;
    const sx_command *commands[16];
} group;

static const group groups[] = {
    {"Answers", {&sx_cmd_ask, &sx_cmd_retrieve, &sx_cmd_generate}},
    {"Documents",
     {&sx_cmd_ingest, &sx_cmd_list, &sx_cmd_tree, &sx_cmd_text, &sx_cmd_describe, &sx_cmd_remove, &sx_cmd_check}},
    {"Personal data", {&sx_cmd_guard, &sx_cmd_restore, &sx_cmd_forget, &sx_cmd_policy, &sx_cmd_audit}},
    {"Models",
     {&sx_cmd_tokenize, &sx_cmd_detokenize, &sx_cmd_template, &sx_cmd_score, &sx_cmd_perplexity, &sx_cmd_imatrix,
      &sx_cmd_embed, &sx_cmd_rerank, &sx_cmd_logits, &sx_cmd_dequantize, &sx_cmd_quantize, &sx_cmd_bench}},
    {"Besides", {&sx_cmd_version}},
};

static const sx_command *find(const char *name)
{
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++)
        for (const sx_command *const *c = groups[g].commands; *c; c++)
            if (strcmp((*c)->name, name) == 0) return *c;
    return NULL;
}

static int help(void)
{
    printf("sextant %s: answers from your own documents, with citations that are checked\n\n"
           "    sextant ask FILE... \"QUESTION\"      quickest way in\n"
           "    sextant COMMAND [OPTION...]         `sextant COMMAND -h` tells more\n",
           llm_version());
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        printf("\n%s\n", groups[g].title);
        for (const sx_command *const *c = groups[g].commands; *c; c++)
            printf("    %-12s%s\n", (*c)->name, (*c)->summary);
    }
    return sx_finish(NULL, SX_EXIT_OK);
}

static int unknown(const char *name)
{
    return sx_usage(NULL, "there is no %s '%s'", name[0] == '-' ? "option" : "command", name);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        sx_usage(NULL, "say what to do, for example: sextant ask FILE \"QUESTION\"");
        return SX_EXIT_RUN;
    }
    const char *name = argv[1];
    if (strcmp(name, "help") == 0 && argc > 2) {
        const sx_command *command = find(argv[2]);
        if (!command) return unknown(argv[2]);
        fputs(command->help, stdout);
        return sx_finish(command, SX_EXIT_OK);
    }
    if (strcmp(name, "help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "--help") == 0) return help();
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) name = "version";
    const sx_command *command = find(name);
    if (!command) return unknown(name);
    return sx_finish(command, command->run(command, argc - 1, argv + 1));
}
