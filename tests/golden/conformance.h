/* What the parts of the C conformance program share. */
#ifndef SX_TESTS_CONFORMANCE_H
#define SX_TESTS_CONFORMANCE_H

#include <jansson.h>

#include "sextant.h"

typedef struct world {
    const char *path; /* of the model */
    llm_model *model;
    llm_corpus *corpus;
    llm_vault *vault;
    llm_ctx *ctx;     /* corpus and default policy, no model */
    llm_ctx *writer;  /* the model alone */
    llm_ctx *guarded; /* the policy of the last "policy" call */
    llm_error err;
} world;

json_t *failed(llm_status status);
json_t *done(llm_status status);
json_t *real(double v); /* six decimals, as a string */
const char *str(const json_t *call, const char *key, const char *otherwise);
uint32_t num(const json_t *call, const char *key);
/* A JSON array of strings as the list form of the options, NULL when empty; static storage for two lists. */
const char *list_of(const json_t *array);
json_t *docs_json(llm_corpus *corpus, llm_error *err);
json_t *evidence_json(const llm_evidence *found); /* hits and trace */

/* conformance_more.c */
json_t *call_judge(world *w, const json_t *call);
json_t *call_score(world *w, const json_t *call);
json_t *call_score_tokens(world *w, const json_t *call);
json_t *call_embed(world *w, const json_t *call);
json_t *call_rerank(world *w, const json_t *call);
json_t *call_chat_parse(world *w, const json_t *call);
json_t *call_constrain(world *w, const json_t *call);
json_t *call_state(world *w, const json_t *call);

/* conformance_newer.c */
json_t *call_edit(world *w, const json_t *call);
json_t *call_describe(world *w, const json_t *call);
json_t *call_view(world *w, const json_t *call);
json_t *call_pageindex(world *w, const json_t *call);
json_t *call_erase(world *w, const json_t *call);
json_t *call_audit(world *w, const json_t *call);

#endif
