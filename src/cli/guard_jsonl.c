/* sextant guard --jsonl: texts in, verdicts out. */
#include "guard_jsonl.h"

#include <string.h>

void sx_guard_lines_free(sx_guard_lines *lines)
{
    llm_ctx_free(lines->with_words);
    json_decref(lines->words);
    lines->with_words = NULL;
    lines->words = NULL;
}

/* The context for a line: the run's own, or one that knows the line's words. */
static llm_status context_for(sx_guard_lines *lines, const json_t *in, llm_ctx **ctx, llm_error *err)
{
    json_t *words = json_object_get(in, "words");
    *ctx = lines->run->ctx;
    if (!words || json_is_null(words)) return LLM_OK;
    *ctx = lines->with_words;
    if (lines->words && json_equal(lines->words, words)) return LLM_OK;
    sx_guard_lines_free(lines);
    sx_bytes list = {0};
    llm_guard *guard = NULL;
    llm_status st = sx_json_get_list(in, "words", &list, err);
    if (st == LLM_OK) st = sx_policy_guard(lines->policy, list.len ? list.data : NULL, &guard, err);
    if (st == LLM_OK) st = llm_ctx_create(&lines->with_words, NULL, NULL, guard, NULL, err);
    if (st == LLM_OK) lines->words = json_incref(words);
    llm_guard_free(guard);
    sx_bytes_free(&list);
    *ctx = lines->with_words;
    return st;
}

static llm_status piece_length(const json_t *pieces, size_t i, size_t left, size_t *n, llm_error *err)
{
    const json_t *piece = json_array_get(pieces, i);
    json_int_t v = json_integer_value(piece);
    if (!json_is_integer(piece) || v < 0 || (uint64_t)v > left) {
        sx_error_set(err, LLM_E_INVALID,
                     "Piece %zu of \"pieces\" is not a byte count within the %zu bytes left of the text.", i, left);
        return LLM_E_INVALID;
    }
    *n = (size_t)v;
    return LLM_OK;
}

/* Feeds the text as "pieces" cuts it; what remains after the last piece is one more piece. */
static llm_status feed(llm_guard_stream *stream, const char *text, size_t len, const json_t *pieces, sx_bytes *released,
                       json_t *counts, llm_error *err)
{
    size_t at = 0, n = 0, count = json_array_size(pieces);
    llm_status st = LLM_OK;
    for (size_t i = 0; st == LLM_OK && (i < count || at < len); i++) {
        n = len - at;
        if (i < count && (st = piece_length(pieces, i, len - at, &n, err)) != LLM_OK) return st;
        st = llm_guard_feed(stream, text + at, n);
        at += n;
        if (st != LLM_OK) break;
        if (!sx_bytes_add(released, llm_guard_text(stream), llm_guard_text_len(stream))) return LLM_E_MEMORY;
        if (i < count) json_array_append_new(counts, json_integer((json_int_t)llm_guard_text_len(stream)));
    }
    if (st == LLM_OK) st = llm_guard_finish(stream);
    if (st == LLM_OK && !sx_bytes_add(released, llm_guard_text(stream), llm_guard_text_len(stream))) st = LLM_E_MEMORY;
    return st;
}

static llm_status in_pieces(llm_ctx *ctx, const char *text, size_t len, const llm_check_opts *opts,
                            const json_t *pieces, json_t *out, llm_error *err)
{
    llm_guard_stream *stream = NULL;
    sx_bytes released = {0};
    json_t *counts = json_array();
    llm_status st = llm_guard_open(ctx, opts, &stream);
    if (st == LLM_OK) st = feed(stream, text, len, pieces, &released, counts, err);
    if (st == LLM_OK) {
        json_t *verdict = sx_json_verdict(llm_guard_verdict(stream));
        json_object_update(out, verdict);
        json_decref(verdict);
        sx_json_set(out, "text", sx_json_text(released.data ? released.data : "", released.len));
        sx_json_set(out, "released", counts);
    } else {
        json_decref(counts);
        if (!err->message[0]) sx_error_set(err, st, "%s", st == LLM_E_MEMORY ? "Out of memory." : llm_ctx_errmsg(ctx));
    }
    sx_bytes_free(&released);
    llm_guard_close(stream);
    return st;
}

static llm_status whole(llm_ctx *ctx, const char *text, size_t len, const llm_check_opts *opts, json_t *out,
                        llm_error *err)
{
    llm_verdict *verdict = NULL;
    llm_status st = llm_guard_check(ctx, text, len, opts, &verdict);
    if (st == LLM_OK) {
        json_t *object = sx_json_verdict(verdict);
        json_object_update(out, object);
        json_decref(object);
        sx_json_set(out, "text", sx_json_text(llm_verdict_text(verdict), llm_verdict_text_len(verdict)));
    } else {
        sx_error_set(err, st, "%s", llm_ctx_errmsg(ctx));
    }
    llm_verdict_free(verdict);
    return st;
}

llm_status sx_guard_line(void *user, const json_t *in, json_t *out, llm_error *err)
{
    sx_guard_lines *lines = user;
    const json_t *pieces = json_object_get(in, "pieces");
    const char *text = "";
    size_t len = 0;
    sx_bytes types = {0};
    llm_ctx *ctx = NULL;
    llm_check_opts opts = LLM_CHECK_OPTS_INIT;
    opts.min_score = lines->policy->min_score;
    opts.direction = lines->policy->direction;
    opts.cancel = lines->run->cancel;
    llm_status st = sx_json_get_text(in, "text", true, &text, &len, err);
    if (st == LLM_OK) st = sx_json_get_list(in, "types", &types, err);
    if (st == LLM_OK) st = sx_json_get_float(in, "min_score", &opts.min_score, err);
    if (st == LLM_OK && json_is_number(json_object_get(in, "min_score")) && opts.min_score <= 0) opts.min_score = -1;
    if (st == LLM_OK && pieces && !json_is_null(pieces) && !json_is_array(pieces)) {
        st = LLM_E_INVALID;
        sx_error_set(err, st, "The field \"pieces\" must be a list of byte counts.");
    }
    if (st == LLM_OK) st = context_for(lines, in, &ctx, err);
    opts.types = types.len ? types.data : lines->policy->types.len ? lines->policy->types.data : NULL;
    if (st == LLM_OK)
        st = json_is_array(pieces) ? in_pieces(ctx, text, len, &opts, pieces, out, err)
                                   : whole(ctx, text, len, &opts, out, err);
    sx_bytes_free(&types);
    return st;
}
