/* conformance CALLS.jsonl MODEL.gguf: makes the calls of the file through the C API and prints one JSON line per call with
 * what came back. The Python and Go faces have programs of the same form; conformance_check compares all three with each
 * other and with what CALLS.jsonl expects. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conformance.h"

json_t *failed(llm_status status)
{
    return json_pack("{s:s}", "error", llm_status_name(status));
}
json_t *done(llm_status status)
{
    return status < 0 ? failed(status) : json_pack("{s:s}", "status", "LLM_OK");
}

json_t *real(double v)
{
    char text[32];
    snprintf(text, sizeof text, "%.6f", v);
    return json_string(text);
}

const char *str(const json_t *call, const char *key, const char *otherwise)
{
    const char *s = json_string_value(json_object_get(call, key));
    return s ? s : otherwise;
}

uint32_t num(const json_t *call, const char *key)
{
    return (uint32_t)json_integer_value(json_object_get(call, key));
}

/* "text", or the bytes of "hex"; at most as long as the buffer. */
static size_t text_of(const json_t *call, const char **text, char *buf, size_t cap)
{
    const char *hex = str(call, "hex", NULL);
    const json_t *t = json_object_get(call, "text");
    *text = hex ? buf : str(call, "text", "");
    if (!hex) return json_string_length(t);
    size_t n = strlen(hex) / 2 < cap ? strlen(hex) / 2 : cap;
    for (size_t i = 0; i < n; i++) {
        const char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};
        buf[i] = (char)strtoul(pair, NULL, 16);
    }
    return n;
}

const char *list_of(const json_t *array)
{
    static char lists[2][1024];
    static unsigned turn;
    char *list = lists[turn++ % 2];
    size_t at = 0, i;
    json_t *item;
    json_array_foreach(array, i, item)
    {
        size_t len = json_string_length(item);
        if (at + len + 2 > sizeof lists[0]) break;
        memcpy(list + at, json_string_value(item), len + 1);
        at += len + 1;
    }
    list[at] = 0;
    return at ? list : NULL;
}

/* ---- documents ---- */

static json_t *call_ingest(world *w, const json_t *call)
{
    char buf[256];
    const char *text, *format = str(call, "format", "");
    size_t len = text_of(call, &text, buf, sizeof buf);
    llm_ingest_opts opts = LLM_INGEST_OPTS_INIT;
    if (strcmp(format, "markdown") == 0) opts.format = LLM_FORMAT_MARKDOWN;
    if (strcmp(format, "text") == 0) opts.format = LLM_FORMAT_TEXT;
    return done(llm_ingest(w->corpus, str(call, "name", ""), text, len, &opts, &w->err));
}

static json_t *call_remove(world *w, const json_t *call)
{
    return done(llm_remove(w->corpus, str(call, "name", ""), &w->err));
}

static json_t *call_open(world *w, const json_t *call)
{
    llm_corpus *corpus = NULL;
    llm_corpus_opts opts = LLM_CORPUS_OPTS_INIT;
    opts.flags = json_is_true(json_object_get(call, "readonly")) ? LLM_CORPUS_READONLY : 0;
    json_t *result = done(llm_corpus_open(&corpus, str(call, "path", NULL), &opts, &w->err));
    llm_corpus_free(corpus);
    return result;
}

json_t *docs_json(llm_corpus *corpus, llm_error *err)
{
    llm_docs *docs = NULL;
    if (llm_docs_list(&docs, corpus, err) < 0) return json_null();
    json_t *list = json_array();
    for (uint32_t i = 0; i < llm_docs_count(docs); i++) {
        json_t *about = json_array();
        for (uint32_t k = 0; llm_docs_about(docs, i, k); k++)
            json_array_append_new(about, json_string(llm_docs_about(docs, i, k)));
        json_array_append_new(list,
                              json_pack("{s:s,s:I,s:i,s:s,s:o}", "name", llm_docs_name(docs, i), "bytes",
                                        (json_int_t)llm_docs_bytes(docs, i), "nodes", (int)llm_docs_nodes(docs, i),
                                        "hash", llm_docs_hash(docs, i), "about", about));
    }
    llm_docs_free(docs);
    return list;
}

static json_t *call_docs(world *w, const json_t *call)
{
    (void)call;
    return json_pack("{s:o}", "docs", docs_json(w->corpus, &w->err));
}

static json_t *call_tree(world *w, const json_t *call)
{
    llm_tree *tree = NULL;
    llm_status status = llm_tree_open(&tree, w->corpus, str(call, "name", ""), &w->err);
    if (status < 0) return failed(status);
    json_t *list = json_array();
    for (uint32_t i = 0; i < llm_tree_count(tree); i++)
        json_array_append_new(list, json_pack("[s,I,i,i,s,I,I]", llm_tree_id(tree, i),
                                              (json_int_t)llm_tree_parent(tree, i), (int)llm_tree_kind(tree, i),
                                              (int)llm_tree_depth(tree, i), llm_tree_title(tree, i),
                                              (json_int_t)llm_tree_start(tree, i), (json_int_t)llm_tree_end(tree, i)));
    json_t *result = json_pack("{s:o,s:I,s:s}", "nodes", list, "found",
                               (json_int_t)llm_tree_find(tree, str(call, "find", "0")), "text", llm_tree_text(tree));
    llm_tree_free(tree);
    return result;
}

/* ---- retrieve and generate ---- */

static llm_status retrieve(world *w, const json_t *call, llm_evidence **found)
{
    llm_retrieve_opts opts = LLM_RETRIEVE_OPTS_INIT;
    opts.top = num(call, "top");
    opts.doc = str(call, "doc", NULL);
    opts.filter = str(call, "filter", NULL);
    const char *question = str(call, "question", "");
    return llm_retrieve(w->ctx, question, strlen(question), &opts, found);
}

json_t *evidence_json(const llm_evidence *found)
{
    json_t *hits = json_array(), *trace = json_array();
    for (uint32_t i = 0; i < llm_evidence_count(found); i++)
        json_array_append_new(
            hits, json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:o}", "doc", llm_evidence_doc(found, i), "node",
                            llm_evidence_node(found, i), "path", llm_evidence_path(found, i), "text",
                            llm_evidence_text(found, i), "start", (json_int_t)llm_evidence_start(found, i), "end",
                            (json_int_t)llm_evidence_end(found, i), "score", real(llm_evidence_score(found, i))));
    for (uint32_t i = 0; i < llm_trace_count(found); i++)
        json_array_append_new(trace, json_pack("[s,s,i,i,o,s]", llm_trace_doc(found, i), llm_trace_node(found, i),
                                               (int)llm_trace_depth(found, i), (int)llm_trace_action(found, i),
                                               real(llm_trace_score(found, i)), llm_trace_reason(found, i)));
    return json_pack("{s:o,s:b,s:o,s:o}", "confidence", real(llm_evidence_confidence(found)), "confident",
                     llm_evidence_confidence(found) >= 0.5, "hits", hits, "trace", trace);
}

static json_t *call_retrieve(world *w, const json_t *call)
{
    llm_evidence *found = NULL;
    llm_status status = retrieve(w, call, &found);
    if (status < 0) return failed(status);
    json_t *result = evidence_json(found);
    llm_evidence_free(found);
    return result;
}

static json_t *verdict_json(const llm_verdict *verdict, const char *text, size_t len)
{
    json_t *findings = json_array();
    for (uint32_t i = 0; i < llm_verdict_count(verdict); i++)
        json_array_append_new(findings,
                              json_pack("{s:s,s:I,s:I,s:s,s:i,s:o}", "type", llm_verdict_type(verdict, i), "start",
                                        (json_int_t)llm_verdict_start(verdict, i), "end",
                                        (json_int_t)llm_verdict_end(verdict, i), "rule", llm_verdict_rule(verdict, i),
                                        "action", (int)llm_verdict_finding_action(verdict, i), "score",
                                        real(llm_verdict_score(verdict, i))));
    return json_pack("{s:i,s:o,s:o}", "decision", (int)llm_verdict_action(verdict), "text", json_stringn(text, len),
                     "findings", findings);
}

static json_t *reply_json(llm_ctx *ctx, llm_status status, llm_reply *reply)
{
    char joined[4096];
    size_t len = 0;
    if (status < 0) return failed(status);
    while ((status = llm_reply_next(reply)) == LLM_MORE) {
        size_t n = llm_reply_piece_len(reply);
        if (len + n < sizeof joined) memcpy(joined + len, llm_reply_piece(reply), n), len += n;
    }
    if (status < 0) fprintf(stderr, "reply: %s\n", llm_ctx_errmsg(ctx));
    json_t *citations = json_array(), *tokens = json_array();
    for (uint32_t i = 0; i < llm_reply_citation_count(reply); i++)
        json_array_append_new(citations,
                              json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:o}", "node", llm_reply_citation_node(reply, i),
                                        "doc", llm_reply_citation_doc(reply, i), "path",
                                        llm_reply_citation_path(reply, i), "text", llm_reply_citation_text(reply, i),
                                        "start", (json_int_t)llm_reply_citation_start(reply, i), "end",
                                        (json_int_t)llm_reply_citation_end(reply, i), "support",
                                        real(llm_reply_citation_support(reply, i))));
    for (uint32_t i = 0; i < llm_reply_output_tokens(reply); i++)
        json_array_append_new(tokens, json_integer(llm_reply_token(reply, i)));
    const llm_verdict *output = llm_reply_verdict(reply, LLM_DIR_OUTPUT);
    json_t *result = json_pack("{s:o,s:b,s:i,s:i,s:o,s:o,s:i}", "text", json_stringn(joined, len), "whole",
                               len == llm_reply_text_len(reply) && memcmp(joined, llm_reply_text(reply), len) == 0,
                               "finish", (int)llm_reply_finish(reply), "prompt_tokens",
                               (int)llm_reply_prompt_tokens(reply), "tokens", tokens, "citations", citations,
                               "output_verdict", output ? (int)llm_verdict_action(output) : 0);
    llm_reply_free(reply);
    return result;
}

static json_t *call_ask(world *w, const json_t *call)
{
    llm_evidence *found = NULL;
    llm_reply *reply = NULL;
    const char *question = str(call, "question", "");
    llm_status status = retrieve(w, call, &found);
    if (status == LLM_OK) status = llm_generate(w->ctx, question, strlen(question), found, NULL, &reply);
    llm_evidence_free(found);
    return reply_json(w->ctx, status, reply);
}

static json_t *call_generate(world *w, const json_t *call)
{
    llm_gen_opts opts = LLM_GEN_OPTS_INIT;
    llm_reply *reply = NULL;
    const char *prompt = str(call, "prompt", "");
    opts.max_tokens = num(call, "max_tokens");
    opts.top_k = num(call, "top_k");
    opts.seed = num(call, "seed");
    opts.temperature = (float)json_number_value(json_object_get(call, "temperature"));
    opts.stop = list_of(json_object_get(call, "stop"));
    llm_ctx *ctx = json_is_true(json_object_get(call, "no_model")) ? w->ctx : w->writer;
    llm_status status = llm_generate(ctx, prompt, strlen(prompt), NULL, &opts, &reply);
    return reply_json(ctx, status, reply);
}

static json_t *call_tokenize(world *w, const json_t *call)
{
    int32_t ids[256];
    char text[1024];
    const char *s = str(call, "text", "");
    int64_t n = llm_tokenize(w->model, s, strlen(s), num(call, "flags"), ids, 256, &w->err);
    if (n < 0) return failed((llm_status)n);
    json_t *list = json_array();
    for (int64_t i = 0; i < n; i++) json_array_append_new(list, json_integer(ids[i]));
    int64_t len = llm_detokenize(w->model, ids, (size_t)n, 0, text, sizeof text, &w->err);
    return json_pack("{s:o,s:o}", "tokens", list, "back", json_stringn(text, len < 0 ? 0 : (size_t)len));
}

static json_t *call_chat(world *w, const json_t *call)
{
    char out[1024];
    const char *source = str(call, "source", NULL);
    char *vars = json_dumps(json_object_get(call, "vars"), JSON_COMPACT);
    int64_t n = llm_chat_template(w->model, source, source ? strlen(source) : 0, vars, strlen(vars), out, sizeof out,
                                  &w->err);
    free(vars);
    return n < 0 ? failed((llm_status)n) : json_pack("{s:o}", "text", json_stringn(out, (size_t)n));
}

static json_t *call_load(world *w, const json_t *call)
{
    llm_model *model = NULL;
    json_t *result = done(llm_model_load(&model, str(call, "path", ""), NULL, &w->err));
    llm_model_free(model);
    return result;
}

/* ---- guard ---- */

static llm_status set_actions(llm_guard *guard, json_t *actions, llm_error *err)
{
    const char *type;
    json_t *action;
    llm_status status = LLM_OK;
    json_object_foreach(actions, type, action) if (status == LLM_OK)
        status = llm_guard_set_action(guard, type, LLM_DIR_ALL, (uint32_t)json_integer_value(action), err);
    return status;
}

static json_t *call_policy(world *w, const json_t *call)
{
    llm_guard *guard = NULL;
    llm_ctx *ctx = NULL;
    llm_guard_opts opts = LLM_GUARD_OPTS_INIT;
    opts.default_action = num(call, "default");
    opts.policy = str(call, "json", NULL);
    opts.policy_len = opts.policy ? strlen(opts.policy) : 0;
    llm_status status = llm_guard_create(&guard, &opts, &w->err);
    if (status == LLM_OK && json_is_true(json_object_get(call, "vault")))
        status = llm_guard_set_vault(guard, w->vault, &w->err);
    if (status == LLM_OK) status = set_actions(guard, json_object_get(call, "actions"), &w->err);
    size_t i;
    json_t *word;
    json_array_foreach(json_object_get(call, "words"), i, word) if (status == LLM_OK)
        status = llm_guard_add_word(guard, json_string_value(word), json_string_length(word), &w->err);
    if (status == LLM_OK) status = llm_ctx_create(&ctx, NULL, NULL, guard, NULL, &w->err);
    llm_guard_free(guard);
    if (status == LLM_OK) {
        llm_ctx_free(w->guarded);
        w->guarded = ctx;
    }
    return done(status);
}

static llm_check_opts check_opts(const json_t *call)
{
    llm_check_opts opts = LLM_CHECK_OPTS_INIT;
    opts.direction = num(call, "direction");
    opts.types = list_of(json_object_get(call, "types"));
    opts.min_score = (float)json_number_value(json_object_get(call, "min_score"));
    return opts;
}

static json_t *call_guard(world *w, const json_t *call)
{
    llm_check_opts opts = check_opts(call);
    llm_verdict *verdict = NULL;
    const char *text = str(call, "text", "");
    llm_status status = llm_guard_check(w->guarded, text, strlen(text), &opts, &verdict);
    if (status < 0) return failed(status);
    json_t *result = verdict_json(verdict, llm_verdict_text(verdict), llm_verdict_text_len(verdict));
    llm_verdict_free(verdict);
    return result;
}

static json_t *call_guard_stream(world *w, const json_t *call)
{
    llm_check_opts opts = check_opts(call);
    llm_guard_stream *stream = NULL;
    const char *text = str(call, "text", "");
    char out[4096];
    size_t len = strlen(text), cut = num(call, "cut"), n = 0;
    llm_status status = llm_guard_open(w->guarded, &opts, &stream);
    for (size_t at = 0; status == LLM_OK && at <= len; at += cut) {
        status = at < len ? llm_guard_feed(stream, text + at, len - at < cut ? len - at : cut)
                          : llm_guard_finish(stream);
        if (status != LLM_OK) break;
        memcpy(out + n, llm_guard_text(stream), llm_guard_text_len(stream));
        n += llm_guard_text_len(stream);
        if (at < len && at + cut > len) at = len - cut; /* the last piece was short: finish comes next */
    }
    json_t *result = status < 0 ? failed(status) : verdict_json(llm_guard_verdict(stream), out, n);
    llm_guard_close(stream);
    return result;
}

static json_t *call_restore(world *w, const json_t *call)
{
    char out[4096];
    const char *text = str(call, "text", "");
    int64_t n = llm_vault_restore_as(w->vault, text, strlen(text), num(call, "match"), out, sizeof out, &w->err);
    if (n < 0) return failed((llm_status)n);
    return json_pack("{s:o}", "text", json_stringn(out, (size_t)n));
}

static json_t *call_types(world *w, const json_t *call)
{
    (void)w, (void)call;
    json_t *list = json_array();
    for (uint32_t i = 0; llm_guard_type(i); i++) json_array_append_new(list, json_string(llm_guard_type(i)));
    return json_pack("{s:o}", "types", list);
}

/* ---- the run ---- */

static const struct {
    const char *name;
    json_t *(*make)(world *w, const json_t *call);
} calls[] = {
    {"ingest", call_ingest},     {"remove", call_remove},
    {"open", call_open},         {"docs", call_docs},
    {"tree", call_tree},         {"retrieve", call_retrieve},
    {"ask", call_ask},           {"generate", call_generate},
    {"tokenize", call_tokenize}, {"chat", call_chat},
    {"load", call_load},         {"policy", call_policy},
    {"guard", call_guard},       {"guard_stream", call_guard_stream},
    {"restore", call_restore},   {"types", call_types},
    {"judge", call_judge},       {"score", call_score},
    {"embed", call_embed},       {"score_tokens", call_score_tokens},
    {"rerank", call_rerank},     {"chat_parse", call_chat_parse},
    {"state", call_state},       {"constrain", call_constrain},
    {"edit", call_edit},         {"describe", call_describe},
    {"view", call_view},         {"pageindex", call_pageindex},
    {"erase", call_erase},       {"audit", call_audit},
};

static int run_line(world *w, const char *line)
{
    json_t *call = json_loads(line, 0, NULL);
    const char *name = str(call, "call", "");
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (strcmp(name, calls[i].name) != 0) continue;
        json_t *result = calls[i].make(w, call);
        int bad = !result || json_dumpf(result, stdout, JSON_COMPACT | JSON_SORT_KEYS) != 0;
        putchar('\n');
        json_decref(result);
        json_decref(call);
        return bad;
    }
    fprintf(stderr, "no such call: %s\n", line);
    json_decref(call);
    return 1;
}

static llm_status open_world(world *w, const char *model)
{
    static const char key[33] = "0123456789abcdef0123456789abcdef";
    llm_error_init(&w->err, sizeof w->err);
    llm_status status = llm_model_load(&w->model, model, NULL, &w->err);
    if (status == LLM_OK) status = llm_corpus_open(&w->corpus, NULL, NULL, &w->err);
    if (status == LLM_OK) status = llm_vault_open(&w->vault, NULL, key, 32, NULL, &w->err);
    if (status == LLM_OK) status = llm_ctx_create(&w->ctx, NULL, w->corpus, NULL, NULL, &w->err);
    if (status == LLM_OK) status = llm_ctx_create(&w->writer, w->model, NULL, NULL, NULL, &w->err);
    if (status == LLM_OK) status = llm_ctx_create(&w->guarded, NULL, NULL, NULL, NULL, &w->err);
    return status;
}

int main(int argc, char **argv)
{
    static char line[65536];
    world w = {.path = argc == 3 ? argv[2] : ""};
    FILE *file = argc == 3 ? fopen(argv[1], "r") : NULL;
    int bad = 0;
    if (!file) {
        fprintf(stderr, "usage: conformance CALLS.jsonl MODEL.gguf\n");
        return 2;
    }
    if (open_world(&w, argv[2]) != LLM_OK) {
        fprintf(stderr, "conformance: %s\n", w.err.message);
        bad = 1;
    }
    while (!bad && fgets(line, sizeof line, file))
        if (line[0] == '{') bad = run_line(&w, line);
    fclose(file);
    llm_ctx_free(w.guarded);
    llm_ctx_free(w.writer);
    llm_ctx_free(w.ctx);
    llm_vault_free(w.vault);
    llm_corpus_free(w.corpus);
    llm_model_free(w.model);
    return bad;
}
