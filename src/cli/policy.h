/* What the guard is to look for and to do, as `sextant guard` is told it: by options and by a policy file. */
#ifndef SX_CLI_POLICY_H
#define SX_CLI_POLICY_H

#include "json.h"

typedef struct sx_policy {
    uint32_t default_action; /* LLM_ACTION_*, 0: the library's */
    sx_bytes actions;        /* list of "TYPE=ACTION" */
    sx_bytes words;          /* list of listed words */
    sx_bytes types;          /* list of types, empty: all */
    sx_bytes json;           /* the policy file or preset, empty: none */
    sx_bytes folder;         /* of its word files */
    const char *path;        /* of the policy file, for sentences */
    const char *cache;       /* the folder of compiled rules, or NULL */
    float min_score;         /* as in llm_check_opts */
    uint32_t max_hold;
    uint32_t direction; /* LLM_DIR_*, 0: input */
    llm_vault *vault;   /* borrowed */
    llm_audit *audit;   /* borrowed */
} sx_policy;

void sx_policy_free(sx_policy *policy);
/* "TYPE=ACTION", or an action alone for all types. False after a sentence. */
bool sx_policy_action(sx_policy *policy, const sx_command *cmd, const char *text);
/* One word per line; empty lines are skipped. */
bool sx_policy_words(sx_policy *policy, const sx_command *cmd, const char *path);
/* A policy as docs/policies.md tells; word files lie beside it. Options win over it. */
bool sx_policy_file(sx_policy *policy, const sx_command *cmd, const char *path);
bool sx_policy_preset(sx_policy *policy, const sx_command *cmd, const char *name);
/* Makes the guard; extra is a further list of words, or NULL. */
llm_status sx_policy_guard(const sx_policy *policy, const char *extra, llm_guard **out, llm_error *err);
const char *sx_action_name(uint32_t action);

#endif
