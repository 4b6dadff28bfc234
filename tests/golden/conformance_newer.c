/* The calls of conformance.c that came with 0.3: edits, what is said about documents, views, PageIndex's JSON, erasing, the
 * audit log. */
#include <stdio.h>
#include <string.h>

#include "conformance.h"

static json_t *tree_text(world *w, llm_corpus *corpus, const char *name)
{
    llm_tree *tree = NULL;
    llm_status status = llm_tree_open(&tree, corpus, name, &w->err);
    json_t *text = status < 0 ? failed(status) : json_string(llm_tree_text(tree));
    llm_tree_free(tree);
    return text;
}

json_t *call_edit(world *w, const json_t *call)
{
    const char *name = str(call, "name", ""), *text = str(call, "text", "");
    llm_status status = llm_edit(w->corpus, name, num(call, "begin"), num(call, "end"), text, strlen(text),
                                 str(call, "hash", NULL), &w->err);
    return status < 0 ? failed(status) : json_pack("{s:o}", "text", tree_text(w, w->corpus, name));
}

/* An array left out: what was said stays. */
static const char *said(const json_t *call, const char *key)
{
    const json_t *array = json_object_get(call, key);
    return json_array_size(array) ? list_of(array) : array ? "" : NULL;
}

json_t *call_describe(world *w, const json_t *call)
{
    llm_ingest_opts opts = LLM_INGEST_OPTS_INIT;
    opts.folder = str(call, "folder", NULL);
    opts.labels = said(call, "labels");
    opts.meta = said(call, "meta");
    return done(llm_describe(w->corpus, str(call, "name", ""), str(call, "node", NULL), &opts, &w->err));
}

/* What a holder of the labels sees: the list, one document's text, the answers to a question; writing is refused. */
json_t *call_view(world *w, const json_t *call)
{
    const char *question = str(call, "question", ""), *name = str(call, "name", "");
    llm_corpus *view = NULL;
    llm_ctx *ctx = NULL;
    llm_evidence *found = NULL;
    llm_status status = llm_corpus_view(&view, w->corpus, list_of(json_object_get(call, "labels")), &w->err);
    if (status == LLM_OK) status = llm_ctx_create(&ctx, NULL, view, NULL, NULL, &w->err);
    if (status == LLM_OK) status = llm_retrieve(ctx, question, strlen(question), NULL, &found);
    json_t *result = status < 0 ? failed(status) : evidence_json(found);
    if (status == LLM_OK) {
        json_object_set_new(result, "docs", docs_json(view, &w->err));
        json_object_set_new(result, "text", tree_text(w, view, name));
        json_object_set_new(result, "write", json_string(llm_status_name(llm_remove(view, name, &w->err))));
    }
    llm_evidence_free(found);
    llm_ctx_free(ctx);
    llm_corpus_free(view);
    return result;
}

json_t *call_pageindex(world *w, const json_t *call)
{
    char out[4096];
    llm_tree *tree = NULL;
    int64_t n = llm_tree_open(&tree, w->corpus, str(call, "name", ""), &w->err);
    if (n == LLM_OK) n = llm_tree_pageindex(tree, out, sizeof out, &w->err);
    llm_tree_free(tree);
    return n < 0 ? failed((llm_status)n) : json_pack("{s:o}", "json", json_stringn(out, (size_t)n));
}

json_t *call_erase(world *w, const json_t *call)
{
    const char *value = str(call, "value", "");
    int64_t n = llm_vault_erase(w->vault, str(call, "type", NULL), value, strlen(value), &w->err);
    return n < 0 ? failed((llm_status)n) : json_pack("{s:I}", "erased", (json_int_t)n);
}

/* ---- the audit log ---- */

/* Checks the texts under a policy that logs; the log's head, before its end is signed. */
static llm_status write_log(world *w, const json_t *call, const char *path, char head[256])
{
    llm_audit *audit = NULL;
    llm_guard *guard = NULL;
    llm_ctx *ctx = NULL;
    size_t i;
    json_t *text;
    llm_status status = llm_audit_open(&audit, path, "0123456789abcdef0123456789abcdef", 32, NULL, &w->err);
    if (status == LLM_OK) status = llm_guard_create(&guard, NULL, &w->err);
    if (status == LLM_OK) status = llm_guard_set_audit(guard, audit, &w->err);
    if (status == LLM_OK) status = llm_ctx_create(&ctx, NULL, NULL, guard, NULL, &w->err);
    if (status == LLM_OK) status = llm_ctx_set_tag(ctx, str(call, "tag", NULL));
    json_array_foreach(json_object_get(call, "texts"), i, text) if (status == LLM_OK)
    {
        llm_verdict *verdict = NULL;
        status = llm_guard_check(ctx, json_string_value(text), json_string_length(text), NULL, &verdict);
        llm_verdict_free(verdict);
    }
    if (status == LLM_OK) {
        int64_t n = llm_audit_head(audit, head, 255, &w->err);
        head[n < 0 ? 0 : n] = 0;
        status = n < 0 ? (llm_status)n : LLM_OK;
    }
    llm_ctx_free(ctx);
    llm_guard_free(guard);
    llm_audit_free(audit);
    return status;
}

/* Takes a record into the result: of a verdict all that is the same at any time, of the summary what was found. */
static int32_t take_record(const char *line, size_t len, void *user)
{
    json_t *result = (json_t *)user, *record = json_loadb(line, len, 0, NULL);
    const char *kind = str(record, "kind", "");
    if (strcmp(kind, "verdict") == 0) {
        json_object_del(record, "time");
        json_object_del(record, "hash");
        json_array_append(json_object_get(result, "verdicts"), record);
    } else if (strcmp(kind, "summary") == 0) {
        json_object_set(result, "verified", json_object_get(record, "verified"));
        json_object_set(result, "closed", json_object_get(record, "closed"));
    }
    json_decref(record);
    return 0;
}

/* Flips a bit of what the log's records call their texts. */
static void spoil(const char *path, const char *tag)
{
    char data[8192];
    FILE *file = fopen(path, "r+b");
    if (!file) return;
    size_t n = fread(data, 1, sizeof data, file), len = strlen(tag);
    for (size_t at = 0; at + len <= n; at++) {
        if (memcmp(data + at, tag, len) != 0) continue;
        fseek(file, (long)at, SEEK_SET);
        fputc(tag[0] ^ 1, file);
        break;
    }
    fclose(file);
}

json_t *call_audit(world *w, const json_t *call)
{
    char path[4096], head[256] = "";
    snprintf(path, sizeof path, "%s.audit-c", w->path);
    remove(path);
    llm_status status = write_log(w, call, path, head);
    json_t *result = json_pack("{s:[]}", "verdicts");
    if (json_is_true(json_object_get(call, "spoil"))) spoil(path, str(call, "tag", ""));
    if (status == LLM_OK) status = llm_audit_verify(path, head, take_record, result, &w->err);
    remove(path);
    if (status == LLM_OK || status == LLM_E_CORRUPT) return result;
    json_decref(result);
    return failed(status);
}
