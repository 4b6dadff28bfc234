/* Several texts made at the same time, each in a context and a thread of its own, and how fast they are together. */
#ifndef SX_CLI_MANY_H
#define SX_CLI_MANY_H

#include "sextant.h"

typedef struct sx_many {
    llm_model *model;
    const llm_ctx_opts *ctx;
    const llm_gen_opts *gen;
    const char *prompt;
    size_t prompt_len;
    uint32_t sequences;
    /* out */
    uint64_t prompt_tokens, output_tokens; /* of all together */
    double prompt_ms, output_ms;           /* from the first beginning to the last end */
    char why[512];                         /* the sentence of a failure */
} sx_many;

llm_status sx_many_run(sx_many *many);

#endif
