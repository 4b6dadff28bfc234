/* The library's results as JSON, and fields of JSON with their types checked. */
#include "json.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Length of the well-formed UTF-8 sequence at s (RFC 3629), 0 when there is none. */
static size_t sequence(const unsigned char *s, size_t len)
{
    if (s[0] < 0x80) return 1;
    if (s[0] < 0xC2 || s[0] > 0xF4) return 0;
    size_t n = s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
    if (n > len) return 0;
    unsigned char low = s[0] == 0xE0 ? 0xA0 : s[0] == 0xF0 ? 0x90 : 0x80;
    unsigned char high = s[0] == 0xED ? 0x9F : s[0] == 0xF4 ? 0x8F : 0xBF;
    if (s[1] < low || s[1] > high) return 0;
    for (size_t i = 2; i < n; i++)
        if ((s[i] & 0xC0) != 0x80) return 0;
    return n;
}

json_t *sx_json_text(const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t i = 0, n;
    while (i < len && (n = sequence(s + i, len - i)) > 0) i += n;
    if (i == len) return json_stringn_nocheck(text, len);
    sx_bytes clean = {0};
    bool ok = sx_bytes_add(&clean, text, i);
    while (ok && i < len) {
        n = sequence(s + i, len - i);
        ok = n ? sx_bytes_add(&clean, text + i, n) : sx_bytes_add(&clean, "\xEF\xBF\xBD", 3);
        i += n ? n : 1;
    }
    json_t *value = ok ? json_stringn_nocheck(clean.data, clean.len) : NULL;
    sx_bytes_free(&clean);
    return value;
}

json_t *sx_json_str(const char *text)
{
    return sx_json_text(text ? text : "", text ? strlen(text) : 0);
}

json_t *sx_json_num(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

void sx_json_set(json_t *object, const char *key, json_t *value)
{
    /* a value that could not be made leaves a key that no result has; sx_json_line looks for it */
    if (!value || json_object_set_new(object, key, value)) json_object_set_new(object, "", json_null());
}

bool sx_json_line(json_t *value)
{
    bool whole = value && !(json_is_object(value) && json_object_get(value, ""));
    if (!whole && value) { /* say so in the line's place, as long as there is memory for that */
        json_t *id = json_incref(json_object_get(value, "id"));
        json_object_clear(value);
        if (id) json_object_set_new(value, "id", id);
        json_object_set_new(value, "error", json_pack("{ss,ss}", "code", "LLM_E_MEMORY", "message", "Out of memory."));
    }
    int rc = value ? json_dumpf(value, stdout, JSON_COMPACT | JSON_REAL_PRECISION(7)) : -1;
    json_decref(value);
    return rc == 0 && putchar('\n') != EOF && whole;
}

const char *sx_finish_name(uint32_t finish)
{
    static const char *const names[] = {"none", "stop", "length", "cancel", "blocked", "not_found"};
    return finish < sizeof names / sizeof *names ? names[finish] : "none";
}

const char *sx_verdict_name(uint32_t action)
{
    return action == LLM_VERDICT_BLOCK    ? "block"
           : action == LLM_VERDICT_REVIEW ? "review"
           : action == LLM_VERDICT_REDACT ? "redact"
                                          : "allow";
}

json_t *sx_json_verdict(const llm_verdict *verdict)
{
    if (!verdict) return json_null();
    json_t *object = json_object(), *list = json_array();
    for (uint32_t i = 0; i < llm_verdict_count(verdict); i++) {
        json_t *f = json_object();
        sx_json_set(f, "type", sx_json_str(llm_verdict_type(verdict, i)));
        sx_json_set(f, "start", json_integer((json_int_t)llm_verdict_start(verdict, i)));
        sx_json_set(f, "end", json_integer((json_int_t)llm_verdict_end(verdict, i)));
        sx_json_set(f, "score", sx_json_num(llm_verdict_score(verdict, i)));
        sx_json_set(f, "rule", sx_json_str(llm_verdict_rule(verdict, i)));
        json_array_append_new(list, f);
    }
    sx_json_set(object, "action", sx_json_str(sx_verdict_name(llm_verdict_action(verdict))));
    sx_json_set(object, "findings", list);
    return object;
}

json_t *sx_json_evidence(const llm_evidence *evidence)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < llm_evidence_count(evidence); i++) {
        uint64_t start = llm_evidence_start(evidence, i), end = llm_evidence_end(evidence, i);
        json_t *e = json_object();
        sx_json_set(e, "doc", sx_json_str(llm_evidence_doc(evidence, i)));
        sx_json_set(e, "node", sx_json_str(llm_evidence_node(evidence, i)));
        sx_json_set(e, "path", sx_json_str(llm_evidence_path(evidence, i)));
        sx_json_set(e, "start", json_integer((json_int_t)start));
        sx_json_set(e, "end", json_integer((json_int_t)end));
        if (llm_evidence_page(evidence, i)) sx_json_set(e, "page", json_integer(llm_evidence_page(evidence, i)));
        sx_json_set(e, "score", sx_json_num(llm_evidence_score(evidence, i)));
        sx_json_set(e, "text", sx_json_text(llm_evidence_text(evidence, i), (size_t)(end - start)));
        json_array_append_new(list, e);
    }
    return list;
}

json_t *sx_json_trace(const llm_evidence *evidence)
{
    static const char *const actions[] = {"", "kept", "left", "found"};
    json_t *list = json_array();
    for (uint32_t i = 0; i < llm_trace_count(evidence); i++) {
        uint32_t action = llm_trace_action(evidence, i);
        json_t *t = json_object();
        sx_json_set(t, "doc", sx_json_str(llm_trace_doc(evidence, i)));
        sx_json_set(t, "node", sx_json_str(llm_trace_node(evidence, i)));
        sx_json_set(t, "level", json_integer(llm_trace_depth(evidence, i)));
        sx_json_set(t, "action", sx_json_str(action < 4 ? actions[action] : ""));
        sx_json_set(t, "score", sx_json_num(llm_trace_score(evidence, i)));
        if (llm_trace_judged(evidence, i) >= 0) {
            sx_json_set(t, "lexical", sx_json_num(llm_trace_lexical(evidence, i)));
            sx_json_set(t, "judged", sx_json_num(llm_trace_judged(evidence, i)));
        }
        sx_json_set(t, "reason", sx_json_str(llm_trace_reason(evidence, i)));
        json_array_append_new(list, t);
    }
    return list;
}

json_t *sx_json_citations(const llm_reply *reply)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < llm_reply_citation_count(reply); i++) {
        json_t *c = json_object();
        sx_json_set(c, "doc", sx_json_str(llm_reply_citation_doc(reply, i)));
        sx_json_set(c, "node", sx_json_str(llm_reply_citation_node(reply, i)));
        sx_json_set(c, "path", sx_json_str(llm_reply_citation_path(reply, i)));
        sx_json_set(c, "start", json_integer((json_int_t)llm_reply_citation_start(reply, i)));
        sx_json_set(c, "end", json_integer((json_int_t)llm_reply_citation_end(reply, i)));
        uint32_t page = llm_reply_citation_page(reply, i);
        if (page) sx_json_set(c, "page", json_integer(page));
        sx_json_set(c, "text", sx_json_str(llm_reply_citation_text(reply, i)));
        sx_json_set(c, "support", sx_json_num(llm_reply_citation_support(reply, i)));
        json_array_append_new(list, c);
    }
    return list;
}

json_t *sx_json_verdicts(const llm_reply *reply)
{
    static const struct {
        uint32_t direction;
        const char *name;
    } ways[] = {{LLM_DIR_INPUT, "input"}, {LLM_DIR_EVIDENCE, "evidence"}, {LLM_DIR_OUTPUT, "output"}};
    json_t *object = json_object();
    uint32_t strongest = LLM_VERDICT_ALLOW;
    sx_json_set(object, "action", sx_json_str(""));
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const llm_verdict *v = llm_reply_verdict(reply, ways[i].direction);
        if (v && llm_verdict_action(v) > strongest) strongest = llm_verdict_action(v);
        sx_json_set(object, ways[i].name, sx_json_verdict(v));
    }
    sx_json_set(object, "action", sx_json_str(sx_verdict_name(strongest)));
    return object;
}

json_t *sx_json_usage(const llm_reply *reply)
{
    json_t *u = json_object();
    sx_json_set(u, "prompt_tokens", json_integer(llm_reply_prompt_tokens(reply)));
    sx_json_set(u, "output_tokens", json_integer(llm_reply_output_tokens(reply)));
    sx_json_set(u, "prompt_ms", sx_json_num(llm_reply_prompt_ms(reply)));
    sx_json_set(u, "output_ms", sx_json_num(llm_reply_output_ms(reply)));
    sx_json_set(u, "steps", json_integer(llm_reply_steps(reply)));
    return u;
}

json_t *sx_json_logprobs(const llm_reply *reply, uint32_t n_top)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < llm_reply_output_tokens(reply); i++) {
        json_t *one = json_object(), *top = json_array();
        for (uint32_t k = 0; k < n_top && llm_reply_top_token(reply, i, k) >= 0; k++) {
            json_t *t = json_object();
            sx_json_set(t, "token", json_integer(llm_reply_top_token(reply, i, k)));
            sx_json_set(t, "logprob", sx_json_num(llm_reply_top_logprob(reply, i, k)));
            json_array_append_new(top, t);
        }
        sx_json_set(one, "token", json_integer(llm_reply_token(reply, i)));
        sx_json_set(one, "logprob", sx_json_num(llm_reply_logprob(reply, i)));
        sx_json_set(one, "top", top);
        json_array_append_new(list, one);
    }
    return list;
}

static llm_status wrong(llm_error *err, const char *key, const char *what)
{
    sx_error_set(err, LLM_E_INVALID, "The field \"%s\" must be %s.", key, what);
    return LLM_E_INVALID;
}

/* The field, or NULL when it is absent or null: both mean the default. */
static const json_t *field(const json_t *in, const char *key)
{
    const json_t *v = json_object_get(in, key);
    return v && !json_is_null(v) ? v : NULL;
}

llm_status sx_json_get_text(const json_t *in, const char *key, bool required, const char **text, size_t *len,
                            llm_error *err)
{
    const json_t *v = field(in, key);
    if (!v && !required) return LLM_OK;
    if (!v) {
        sx_error_set(err, LLM_E_INVALID, "The field \"%s\" is missing.", key);
        return LLM_E_INVALID;
    }
    if (!json_is_string(v)) return wrong(err, key, "a string");
    *text = json_string_value(v);
    *len = json_string_length(v);
    return LLM_OK;
}

llm_status sx_json_get_bool(const json_t *in, const char *key, bool *out, llm_error *err)
{
    const json_t *v = field(in, key);
    if (!v) return LLM_OK;
    if (!json_is_boolean(v)) return wrong(err, key, "true or false");
    *out = json_is_true(v);
    return LLM_OK;
}

llm_status sx_json_get_u64(const json_t *in, const char *key, uint64_t *out, llm_error *err)
{
    const json_t *v = field(in, key);
    if (!v) return LLM_OK;
    if (!json_is_integer(v) || json_integer_value(v) < 0) return wrong(err, key, "a whole number of 0 or more");
    *out = (uint64_t)json_integer_value(v);
    return LLM_OK;
}

llm_status sx_json_get_u32(const json_t *in, const char *key, uint32_t *out, llm_error *err)
{
    uint64_t v = *out;
    llm_status st = sx_json_get_u64(in, key, &v, err);
    if (st == LLM_OK && v > UINT32_MAX) return wrong(err, key, "a whole number below 4294967296");
    *out = (uint32_t)v;
    return st;
}

llm_status sx_json_get_float(const json_t *in, const char *key, float *out, llm_error *err)
{
    const json_t *v = field(in, key);
    if (!v) return LLM_OK;
    if (!json_is_number(v) || fabs(json_number_value(v)) > (double)FLT_MAX) return wrong(err, key, "a number");
    *out = (float)json_number_value(v);
    return LLM_OK;
}

static bool plain_string(const json_t *v)
{
    return json_is_string(v) && memchr(json_string_value(v), '\0', json_string_length(v)) == NULL;
}

llm_status sx_json_get_list(const json_t *in, const char *key, sx_bytes *out, llm_error *err)
{
    const json_t *v = field(in, key);
    if (!v) return LLM_OK;
    size_t n = json_is_array(v) ? json_array_size(v) : 1;
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_is_array(v) ? json_array_get(v, i) : v;
        if (!plain_string(item)) return wrong(err, key, "a list of strings without NUL");
        if (!sx_list_add(out, json_string_value(item), json_string_length(item))) {
            sx_error_set(err, LLM_E_MEMORY, "Out of memory.");
            return LLM_E_MEMORY;
        }
    }
    return LLM_OK;
}
