/* sextant guard --jsonl and --json: texts in, verdicts out. */
#ifndef SX_CLI_GUARD_JSONL_H
#define SX_CLI_GUARD_JSONL_H

#include "policy.h"

/* The contexts that serve lines: one for the policy as it is, one for the word list that came with the last line that
 * brought its own (a guard in use can learn no words). */
typedef struct sx_guard_lines {
    sx_run *run;
    const sx_policy *policy;
    json_t *words; /* of the second context */
    llm_ctx *with_words;
} sx_guard_lines;

llm_status sx_guard_line(void *user, const json_t *in, json_t *out, llm_error *err); /* user: sx_guard_lines */
void sx_guard_lines_free(sx_guard_lines *lines);

#endif
