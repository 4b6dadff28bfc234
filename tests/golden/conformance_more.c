/* The calls of conformance.c that came with 0.2: a host's judge, scores, vectors, answers to chats, constrained text, states. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conformance.h"

enum { MOST = 16 };

/* The strings of an array; static storage for one call. */
static size_t texts_of(const json_t *array, const char *texts[MOST], size_t lens[MOST])
{
    size_t i, n = 0;
    json_t *item;
    json_array_foreach(array, i, item) if (n < MOST)
    {
        texts[n] = json_string_value(item);
        lens[n++] = json_string_length(item);
    }
    return n;
}

/* "model": a file beside the conformance program's own model; without it that one. The caller frees what is new. */
static llm_status context_of(world *w, const json_t *call, llm_ctx **ctx, llm_model **model)
{
    const char *name = str(call, "model", NULL), *slash = strrchr(w->path, '/');
    char path[4096];
    *ctx = NULL;
    *model = NULL;
    if (!name) return llm_ctx_create(ctx, w->model, NULL, NULL, NULL, &w->err);
    snprintf(path, sizeof path, "%.*s%s", slash ? (int)(slash - w->path + 1) : 0, w->path, name);
    llm_status status = llm_model_load(model, path, NULL, &w->err);
    return status < 0 ? status : llm_ctx_create(ctx, *model, NULL, NULL, NULL, &w->err);
}

/* ---- a judge with scripted scores: of the first entry whose key the candidate's text holds ---- */

static llm_status scripted(void *user, llm_judge_batch *batch)
{
    const char *part;
    json_t *score;
    for (uint32_t i = 0; i < batch->count; i++)
        json_object_foreach((json_t *)user, part, score) if (strstr(batch->texts[i], part))
        {
            batch->scores[i] = json_number_value(score);
            break;
        }
    return LLM_OK;
}

json_t *call_judge(world *w, const json_t *call)
{
    llm_evidence *found = NULL;
    llm_retrieve_opts opts = LLM_RETRIEVE_OPTS_INIT;
    const char *question = str(call, "question", "");
    opts.judge = scripted;
    opts.judge_user = json_object_get(call, "scores");
    opts.judge_weight = (float)json_number_value(json_object_get(call, "weight"));
    llm_status status = llm_retrieve(w->ctx, question, strlen(question), &opts, &found);
    if (status < 0) return failed(status);
    json_t *result = evidence_json(found), *judged = json_array();
    for (uint32_t i = 0; i < llm_trace_count(found); i++)
        json_array_append_new(judged,
                              json_pack("[o,o]", real(llm_trace_lexical(found, i)), real(llm_trace_judged(found, i))));
    json_object_set_new(result, "judged", judged);
    llm_evidence_free(found);
    return result;
}

/* ---- scores and vectors ---- */

static json_t *scores_json(llm_status status, llm_scores *scores, uint32_t top)
{
    if (status < 0) return failed(status);
    json_t *list = json_array();
    for (uint32_t i = 0; i < llm_scores_count(scores); i++) {
        json_t *tokens = json_array(), *likeliest = json_array();
        for (uint32_t t = 0; t < llm_scores_tokens(scores, i); t++) {
            json_array_append_new(tokens, json_integer(llm_scores_token(scores, i, t)));
            if (top) json_array_append_new(likeliest, json_integer(llm_scores_top_token(scores, i, t, 0)));
        }
        json_array_append_new(list, json_pack("{s:o,s:o,s:o}", "sum", real(llm_scores_sum(scores, i)), "tokens", tokens,
                                              "likeliest", likeliest));
    }
    llm_scores_free(scores);
    return json_pack("{s:o}", "scores", list);
}

json_t *call_score(world *w, const json_t *call)
{
    const char *texts[MOST], *prompt = str(call, "prompt", "");
    size_t lens[MOST], n = texts_of(json_object_get(call, "texts"), texts, lens), i;
    uint64_t given[MOST] = {0};
    json_t *item;
    json_array_foreach(json_object_get(call, "given"), i, item) if (i < MOST)
        given[i] = (uint64_t)json_integer_value(item);
    llm_score_opts opts = LLM_SCORE_OPTS_INIT;
    llm_scores *scores = NULL;
    opts.top = num(call, "top");
    opts.given = given;
    llm_status status = llm_score(w->writer, prompt, strlen(prompt), texts, lens, n, &opts, &scores);
    return scores_json(status, scores, opts.top);
}

json_t *call_score_tokens(world *w, const json_t *call)
{
    int32_t tokens[64];
    size_t n = 0, i;
    json_t *item;
    json_array_foreach(json_object_get(call, "tokens"), i, item) if (n < 64)
        tokens[n++] = (int32_t)json_integer_value(item);
    llm_scores *scores = NULL;
    llm_status status = llm_score_tokens(w->writer, tokens, n, num(call, "from"), NULL, &scores);
    return scores_json(status, scores, 0);
}

json_t *call_embed(world *w, const json_t *call)
{
    const char *texts[MOST];
    size_t lens[MOST], n = texts_of(json_object_get(call, "texts"), texts, lens);
    llm_ctx *ctx;
    llm_model *model;
    llm_status status = context_of(w, call, &ctx, &model);
    const uint32_t width = llm_model_n_embd(model ? model : w->model);
    float *out = calloc(n * width + 1, sizeof *out);
    llm_embed_opts opts = LLM_EMBED_OPTS_INIT;
    opts.pooling = num(call, "pooling");
    opts.flags = json_is_true(json_object_get(call, "normalise")) ? LLM_EMBED_NORMALISE : 0;
    if (status == LLM_OK) status = out ? llm_embed(ctx, texts, lens, n, &opts, out, n * width) : LLM_E_MEMORY;
    json_t *vectors = json_array();
    for (size_t i = 0; i < n; i++) { /* the first four numbers, and the length, of each */
        double sum = 0;
        json_t *row = json_array();
        for (uint32_t k = 0; out && k < width; k++) {
            sum += (double)out[i * width + k] * (double)out[i * width + k];
            if (k < 4) json_array_append_new(row, real((double)out[i * width + k]));
        }
        json_array_append_new(row, real(sqrt(sum)));
        json_array_append_new(vectors, row);
    }
    free(out);
    llm_ctx_free(ctx);
    llm_model_free(model);
    if (status == LLM_OK) return json_pack("{s:i,s:o}", "width", (int)width, "vectors", vectors);
    json_decref(vectors);
    return failed(status);
}

json_t *call_rerank(world *w, const json_t *call)
{
    const char *texts[MOST], *query = str(call, "query", "");
    size_t lens[MOST], n = texts_of(json_object_get(call, "documents"), texts, lens);
    float out[MOST];
    llm_ctx *ctx;
    llm_model *model;
    llm_status status = context_of(w, call, &ctx, &model);
    if (status == LLM_OK) status = llm_rerank(ctx, query, strlen(query), texts, lens, n, out, NULL);
    llm_ctx_free(ctx);
    llm_model_free(model);
    if (status < 0) return failed(status);
    json_t *scores = json_array();
    for (size_t i = 0; i < n; i++) json_array_append_new(scores, real((double)out[i]));
    return json_pack("{s:o}", "scores", scores);
}

/* ---- chats, constraints, states ---- */

json_t *call_chat_parse(world *w, const json_t *call)
{
    char out[4096];
    const char *source = str(call, "source", ""), *prompt = str(call, "prompt", ""), *answer = str(call, "answer", "");
    const uint32_t flags = json_is_true(json_object_get(call, "partial")) ? LLM_CHAT_PARTIAL : 0;
    int64_t n = llm_chat_parse(w->model, source[0] ? source : NULL, strlen(source), prompt, strlen(prompt), answer,
                               strlen(answer), flags, out, sizeof out, &w->err);
    if (n < 0) return failed((llm_status)n);
    json_t *parsed = json_loadb(out, (size_t)n, 0, NULL), *calls = json_array(), *item;
    size_t i;
    json_array_foreach(json_object_get(parsed, "tool_calls"), i, item)
    {
        const json_t *function = json_object_get(item, "function");
        json_array_append_new(calls, json_pack("[s,s]", str(function, "name", ""), str(function, "arguments", "")));
    }
    json_t *result = json_pack("{s:s,s:s,s:o,s:b}", "content", str(parsed, "content", ""), "reasoning",
                               str(parsed, "reasoning", ""), "calls", calls, "malformed",
                               json_is_true(json_object_get(parsed, "malformed")));
    json_decref(parsed);
    return result;
}

json_t *call_constrain(world *w, const json_t *call)
{
    llm_gen_opts opts = LLM_GEN_OPTS_INIT;
    llm_reply *reply = NULL;
    const char *prompt = str(call, "prompt", "");
    json_t *schema = json_object_get(call, "schema");
    char *schema_text = schema ? json_dumps(schema, JSON_COMPACT) : NULL;
    opts.max_tokens = num(call, "max_tokens");
    opts.seed = num(call, "seed");
    opts.temperature = (float)json_number_value(json_object_get(call, "temperature"));
    opts.repeat_penalty = (float)json_number_value(json_object_get(call, "repeat_penalty"));
    opts.logprobs = num(call, "logprobs");
    opts.grammar = str(call, "grammar", NULL);
    opts.schema = schema_text;
    llm_status status = llm_generate(w->writer, prompt, strlen(prompt), NULL, &opts, &reply);
    while (status >= 0 && (status = llm_reply_next(reply)) == LLM_MORE) continue;
    json_t *result = NULL;
    if (status == LLM_OK) {
        json_t *logprobs = json_array();
        for (uint32_t i = 0; opts.logprobs && i < llm_reply_output_tokens(reply); i++)
            json_array_append_new(logprobs, json_pack("[o,i,o]", real(llm_reply_logprob(reply, i)),
                                                      llm_reply_top_token(reply, i, 0),
                                                      real(llm_reply_top_logprob(reply, i, 0))));
        result = json_pack("{s:s,s:i,s:o}", "text", llm_reply_text(reply), "finish", (int)llm_reply_finish(reply),
                           "logprobs", logprobs);
    }
    llm_reply_free(reply);
    free(schema_text);
    return result ? result : failed(status);
}

static int continue_text(llm_ctx *ctx, const char *prompt, char text[256])
{
    llm_gen_opts opts = LLM_GEN_OPTS_INIT;
    llm_reply *reply = NULL;
    opts.max_tokens = 6;
    text[0] = 0;
    if (llm_generate(ctx, prompt, strlen(prompt), NULL, &opts, &reply) != LLM_OK) return 0;
    while (llm_reply_next(reply) == LLM_MORE) continue;
    snprintf(text, 256, "%s", llm_reply_text(reply));
    llm_reply_free(reply);
    return text[0] != 0;
}

/* A text; the state after it saved, restored and forked; the same text again from each; what dropping leaves. */
json_t *call_state(world *w, const json_t *call)
{
    const char *prompt = str(call, "prompt", "");
    char path[4096], first[256], again[256], forked[256];
    llm_ctx *ctx = NULL, *other = NULL, *child = NULL;
    snprintf(path, sizeof path, "%s.state-c", w->path);
    llm_status status = llm_ctx_create(&ctx, w->model, NULL, NULL, NULL, &w->err);
    if (status == LLM_OK) status = llm_ctx_create(&other, w->model, NULL, NULL, NULL, &w->err);
    int good = status == LLM_OK && continue_text(ctx, prompt, first) && llm_ctx_save(ctx, path) == LLM_OK &&
               llm_ctx_restore(other, path) == LLM_OK && llm_ctx_fork(ctx, &child) == LLM_OK;
    remove(path);
    json_t *result = NULL;
    if (good) {
        const int64_t used = llm_ctx_used(other), exported = llm_ctx_export(ctx, NULL, 0);
        continue_text(other, prompt, again);
        continue_text(child, prompt, forked);
        llm_ctx_drop(ctx, num(call, "begin"), num(call, "end"));
        result = json_pack("{s:s,s:b,s:b,s:I,s:I,s:I}", "text", first, "restored", strcmp(first, again) == 0, "forked",
                           strcmp(first, forked) == 0, "used", (json_int_t)used, "bytes", (json_int_t)exported, "left",
                           (json_int_t)llm_ctx_used(ctx));
    }
    llm_ctx_free(child);
    llm_ctx_free(other);
    llm_ctx_free(ctx);
    return result ? result : failed(LLM_E_INTERNAL);
}
