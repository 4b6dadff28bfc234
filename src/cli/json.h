/* JSON in and out: the lines of JSON Lines, fields with their types checked, and the library's results as objects. Text
 * that is not UTF-8 is written with U+FFFD for each broken byte; offsets always count the bytes of the original. */
#ifndef SX_CLI_JSON_H
#define SX_CLI_JSON_H

#include <jansson.h>

#include "cli.h"

/* ---- making ---- */
json_t *sx_json_text(const char *text, size_t len);
json_t *sx_json_str(const char *text);
json_t *sx_json_num(double value);                   /* null when not finite */
json_t *sx_json_verdict(const llm_verdict *verdict); /* {"action","findings"}; null for NULL */
json_t *sx_json_evidence(const llm_evidence *evidence);
json_t *sx_json_trace(const llm_evidence *evidence);
json_t *sx_json_citations(const llm_reply *reply);
json_t *sx_json_verdicts(const llm_reply *reply); /* of prompt, evidence and answer, and the strongest action */
json_t *sx_json_usage(const llm_reply *reply);
/* [{"token","logprob","top":[{"token","logprob"}]}] for each token made */
json_t *sx_json_logprobs(const llm_reply *reply, uint32_t n_top);
const char *sx_finish_name(uint32_t finish);
const char *sx_verdict_name(uint32_t action);
/* Adds value under key, taking it over; a NULL value (no memory) makes the object fail to be written later. */
void sx_json_set(json_t *object, const char *key, json_t *value);
/* Writes one line to stdout. False: no memory, or stdout failed. Frees value. */
bool sx_json_line(json_t *value);

/* ---- taking: absent fields leave *out as it is; LLM_E_INVALID with a sentence for a wrong type ---- */
llm_status sx_json_get_text(const json_t *in, const char *key, bool required, const char **text, size_t *len,
                            llm_error *err);
llm_status sx_json_get_bool(const json_t *in, const char *key, bool *out, llm_error *err);
llm_status sx_json_get_u32(const json_t *in, const char *key, uint32_t *out, llm_error *err);
llm_status sx_json_get_u64(const json_t *in, const char *key, uint64_t *out, llm_error *err);
llm_status sx_json_get_float(const json_t *in, const char *key, float *out, llm_error *err);
/* An array of strings (or one string) in the library's list form. */
llm_status sx_json_get_list(const json_t *in, const char *key, sx_bytes *out, llm_error *err);

/* ---- JSON Lines ---- */

/* Serves one line: fills out (an object that already holds the id), or fails with a sentence in err. */
typedef llm_status (*sx_line_fn)(void *user, const json_t *in, json_t *out, llm_error *err);

/* Reads stdin line by line, one line out per line in, in order; stdout is flushed before waiting for more input. Empty
 * lines are skipped. The exit status: 0, 1 when a line failed, 2 when the run did, 130 when cancelled. */
int sx_jsonl(sx_run *run, sx_line_fn fn, void *user);

#endif
