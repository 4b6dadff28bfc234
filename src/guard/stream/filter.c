#include "guard/stream/host.h"
#include "guard/stream/inside.h"
#include "guard/stream/learned.h"
#include "guard/stream/place.h"

#include <string.h>

#include "guard/vault/vault.h"
#include "platform/utf8.h"

enum {
    SLICE = 65536,
    HISTORY = 192
}; /* bytes taken in at once; bytes kept before the place being decided, for context */

static llm_status wanted_types(sx_filter *f, const sx_check_params *p, llm_error *err)
{
    uint32_t direction = p != NULL && p->direction != 0 ? p->direction : LLM_DIR_INPUT;
    const sx_guard *g = f->guard;
    const char *types = p != NULL ? p->types : NULL;
    if (direction != LLM_DIR_INPUT && direction != LLM_DIR_EVIDENCE && direction != LLM_DIR_OUTPUT)
        return sx_fail(err, LLM_E_INVALID, "direction %u is not one of LLM_DIR_INPUT, EVIDENCE, OUTPUT", direction);
    f->direction = sx_direction_index(direction);
    for (uint32_t t = 0; types == NULL && t < sx_guard_type_count(g); t++) {
        f->wanted[t] = !g->restricted || g->only[t];
        f->asked[t] = g->restricted && g->only[t];
        f->named[t] = f->asked[t] || sx_guard_action_set(g, t, f->direction);
    }
    for (; types != NULL && *types != 0; types += strlen(types) + 1) {
        uint32_t t = sx_guard_find_type(g, types, strlen(types));
        if (t == SX_TYPE_MAX)
            return sx_fail(err, LLM_E_NOT_FOUND, "there is no finding type \"%.60s\"; llm_guard_type lists them",
                           types);
        f->wanted[t] = f->asked[t] = f->named[t] = true;
    }
    return LLM_OK;
}

llm_status sx_filter_open(sx_filter **out, sx_mem *mem, const sx_guard *guard, const sx_check_params *params,
                          llm_error *err)
{
    *out = NULL;
    if (!guard->frozen) return sx_fail(err, LLM_E_INVALID, "the guard was not frozen before its use");
    if (params != NULL && !(params->min_score <= 1.0f))
        return sx_fail(err, LLM_E_INVALID, "min_score %g is above 1", (double)params->min_score);
    sx_filter *f = sx_mem_zalloc(mem, sizeof *f);
    if (f == NULL) return sx_fail_memory(err);
    f->mem = mem;
    f->guard = guard;
    sx_guard_ref(guard);
    sx_buf_init(&f->allowed, mem, 0);
    f->history = HISTORY;
    f->cancel = params != NULL ? params->cancel : NULL;
    f->floor = params != NULL && params->min_score != 0 ? params->min_score : guard->params.min_score;
    uint32_t hold = guard->params.max_hold;
    f->max_span = hold > 0 && hold / 2 < SX_SPAN_MAX ? (hold / 2 > 0 ? hold / 2 : 1) : SX_SPAN_MAX;
    f->verdict = LLM_VERDICT_ALLOW;
    llm_status status = wanted_types(f, params, err);
    size_t rules = guard->rules->scan.rule_n + guard->extra.rule_n;
    uint64_t on[SX_RULE_WORDS] = {0};
    for (size_t r = 0; r < guard->rules->scan.rule_n; r++)
        on[r / 64] |= (uint64_t)(f->wanted[guard->rules->scan.type_of[r]] != 0) << (r % 64);
    if (status == LLM_OK) {
        f->runs = sx_mem_array(mem, rules + 1, sizeof *f->runs);
        f->covered = sx_mem_array(mem, rules + 1, sizeof *f->covered);
        f->copy.text = sx_mem_alloc(mem, SX_SPAN_MAX + 1);
        f->tries = sx_mem_array(mem, guard->rules->scan.rule_n + 1, sizeof *f->tries);
        f->scout = sx_scout_take(guard->rules->scouts, on);
        f->most = sx_mem_array(mem, guard->rules->scan.rule_n + 1, sizeof *f->most);
        if (f->most == NULL || f->runs == NULL || f->covered == NULL || f->copy.text == NULL || f->scout == NULL ||
            f->tries == NULL)
            status = sx_fail_memory(err);
    }
    for (uint32_t t = 0; t < sx_guard_type_count(guard); t++) {
        if (f->wanted[t]) f->least[t] = sx_guard_threshold(guard, t, f->direction, f->floor);
    }
    for (uint32_t t = 0; t < sx_guard_type_count(guard); t++)
        f->words_on = f->words_on || (guard->has_words[t] && f->wanted[t]);
    if (status == LLM_OK && f->words_on) {
        f->word = sx_mem_zalloc(mem, sizeof *f->word);
        if (f->word == NULL)
            status = sx_fail_memory(err);
        else
            f->word->on = f->wanted;
    }
    if (status == LLM_OK) status = sx_learned_open(f, err);
    if (status == LLM_OK) status = sx_host_open(f, err);
    if (status != LLM_OK) {
        sx_filter_close(f);
        return status;
    }
    *out = f;
    return LLM_OK;
}

void sx_filter_close(sx_filter *f)
{
    if (f == NULL) return;
    sx_mem *mem = f->mem;
    if (f->text != NULL) sx_wipe(f->text, f->text_cap);
    if (f->fold != NULL) sx_wipe(f->fold, f->fold_cap);
    if (f->copy.text != NULL) sx_wipe(f->copy.text, SX_SPAN_MAX + 1);
    if (f->allowed.data != NULL) sx_wipe(f->allowed.data, f->allowed.cap);
    sx_buf_free(&f->allowed);
    sx_learned_close(f->learned);
    sx_host_close(f->host);
    sx_scout_give(f->guard->rules->scouts, f->scout);
    sx_guard_free(f->guard);
    sx_mem_free(mem, f->text);
    sx_mem_free(mem, f->fold);
    sx_mem_free(mem, f->runs);
    sx_mem_free(mem, f->covered);
    sx_mem_free(mem, f->tries);
    sx_mem_free(mem, f->most);
    sx_mem_free(mem, f->copy.text);
    sx_mem_free(mem, f->word);
    sx_mem_free(mem, f->cand);
    sx_mem_free(mem, f->taken);
    sx_mem_free(mem, f->found);
    sx_mem_free(mem, f);
}

static llm_status add_hit(sx_filter *f, const sx_word_hit *hit, llm_error *err)
{
    sx_candidate c = {.start = hit->start,
                      .end = hit->end,
                      .score = sx_guard_word_score(f->guard, hit->type),
                      .rule = UINT16_MAX,
                      .type = (uint16_t)hit->type};
    if (f->guard->params.max_hold > 0 && hit->end - hit->start > f->max_span) return LLM_OK;
    return sx_filter_rule(f, &c) ? sx_filter_add(f, &c, err) : LLM_OK;
}

/* A limit as low as what the learned parts may still find. */
static uint64_t behind_learned(const sx_filter *f, uint64_t limit)
{
    uint64_t pending = f->learned != NULL ? sx_learned_pending(f->learned) : UINT64_MAX;
    uint64_t host = f->host != NULL ? sx_host_pending(f->host) : UINT64_MAX;
    if (host < pending) pending = host;
    return pending < limit ? pending : limit;
}

/* Steps over the character at f->at: the word list reads it, and what it settles is settled. */
static llm_status step(sx_filter *f, sx_buf *out, llm_error *err)
{
    size_t len = 1;
    uint32_t cp = (unsigned char)f->text[f->at];
    llm_status status = LLM_OK;
    if (cp >= 0x80) cp = sx_utf8_next(f->text + f->at, f->avail - f->at, &len);
    uint64_t from = f->base + f->at, limit = from + len;
    f->at += len;
    if (f->words_on) {
        sx_word_hit hit;
        if (sx_words_next(&f->guard->words, f->word, cp, from, from + len, &hit)) status = add_hit(f, &hit, err);
        uint64_t pending = sx_words_pending(&f->guard->words, f->word);
        if (pending < limit) limit = pending;
    }
    if (f->learned != NULL && status == LLM_OK) status = sx_learned_read(f, err);
    if (f->host != NULL && status == LLM_OK) status = sx_host_read(f, err);
    limit = behind_learned(f, limit);
    bool bounded = f->guard->params.max_hold > 0;
    if (bounded && limit + f->max_span < f->base + f->at) limit = f->base + f->at - f->max_span;
    if (limit > f->limit) f->limit = limit;
    bool full = bounded && f->cand_n > 0 && f->base + f->at - f->cand_start >= f->max_span;
    if (status == LLM_OK && f->cand_n > 0 && (f->limit >= f->cand_wait || full))
        status = sx_filter_resolve(f, full, out, err);
    return status;
}

/* Lets go what no finding can reach any more. */
static llm_status release(sx_filter *f, sx_buf *out, llm_error *err)
{
    uint64_t to = f->limit;
    if (f->cand_n > 0 && f->cand_start < to) to = f->cand_start;
    if (f->blocked || to <= f->base + f->out) return LLM_OK;
    return sx_filter_pass(f, (size_t)(to - f->base), out, err);
}

/* What it settles that places were passed over is settled. */
static llm_status passed(sx_filter *f, sx_buf *out, llm_error *err)
{
    llm_status status = f->learned != NULL ? sx_learned_read(f, err) : LLM_OK;
    if (f->host != NULL && status == LLM_OK) status = sx_host_read(f, err);
    uint64_t limit = behind_learned(f, f->base + f->at);
    if (limit > f->limit) f->limit = limit;
    if (status == LLM_OK && f->cand_n > 0 && f->limit >= f->cand_wait) status = sx_filter_resolve(f, false, out, err);
    return status;
}

/* Decides place after place as far as the text allows. */
static llm_status advance(sx_filter *f, sx_buf *out, llm_error *err)
{
    sx_window w = {f->text, f->fold, f->avail, f->finished};
    llm_status status = LLM_OK;
    while (status == LLM_OK && !f->blocked && f->at < f->avail) {
        bool done;
        if (sx_place_pass(f, &w)) status = passed(f, out, err);
        if (status != LLM_OK) break;
        if ((f->at & 4095u) == 0 && sx_cancelled(f->cancel))
            return sx_fail(err, LLM_E_CANCELLED, "the check was cancelled");
        status = sx_place_decide(f, &w, &done, err);
        if (status != LLM_OK || !done) break;
        size_t behind = sx_inside_pass(f, &w);
        if (behind > 0) f->at = behind;
        status = behind > 0 ? passed(f, out, err) : step(f, out, err);
    }
    if (status == LLM_OK && f->finished && !f->blocked) {
        sx_word_hit hit;
        if (f->words_on && sx_words_finish(&f->guard->words, f->word, &hit)) status = add_hit(f, &hit, err);
        if (status == LLM_OK && f->learned != NULL) status = sx_learned_finish(f, err);
        if (status == LLM_OK && f->host != NULL) status = sx_host_finish(f, err);
        f->limit = UINT64_MAX;
        if (status == LLM_OK && f->cand_n > 0) status = sx_filter_resolve(f, true, out, err);
        f->limit = f->base + f->n;
    }
    if (status == LLM_OK) status = release(f, out, err);
    return status;
}

/* Forgets text that was released and is too far back to matter. */
static void compact(sx_filter *f)
{
    size_t keep = f->at > f->history ? f->at - f->history : 0;
    size_t drop = f->out < keep ? f->out : keep;
    if (drop == 0 || (drop < SLICE / 4 && drop < f->n / 2)) return;
    memmove(f->text, f->text + drop, f->n - drop);
    memmove(f->fold, f->fold + drop, f->n - drop);
    f->n -= drop;
    f->avail -= drop;
    f->at -= drop;
    f->out -= drop;
    f->base += drop;
}

/* Leading ASCII bytes, in whole words of eight; a rest is left to be read one by one. */
static size_t plain_bytes(const char *s, size_t n)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t eight;
        memcpy(&eight, s + i, sizeof eight);
        if (eight & UINT64_C(0x8080808080808080)) break;
    }
    return i;
}

static llm_status take_in(sx_filter *f, const char *bytes, size_t len, llm_error *err)
{
    if (sx_mem_grow(f->mem, (void **)&f->text, &f->text_cap, f->n + len + 1, 1) ||
        sx_mem_grow(f->mem, (void **)&f->fold, &f->fold_cap, f->n + len + 1, 1))
        return sx_fail_memory(err);
    if (len > 0) memcpy(f->text + f->n, bytes, len);
    f->n += len;
    size_t whole = f->finished ? f->n : sx_utf8_floor(f->text, f->n);
    while (f->avail < whole) {
        unsigned char b = (unsigned char)f->text[f->avail];
        if (b < 0x80) {
            size_t plain = plain_bytes(f->text + f->avail, whole - f->avail);
            memcpy(f->fold + f->avail, f->text + f->avail, plain);
            f->avail += plain;
            while (f->avail < whole && (unsigned char)f->text[f->avail] < 0x80) {
                f->fold[f->avail] = (uint8_t)f->text[f->avail];
                f->avail++;
            }
            continue;
        }
        if (sx_han_at(f->text + f->avail, whole - f->avail)) {
            memcpy(f->fold + f->avail, f->text + f->avail, 3);
            f->avail += 3;
            continue;
        }
        size_t step_len;
        uint32_t cp = sx_utf8_next(f->text + f->avail, f->n - f->avail, &step_len);
        sx_fold_char(cp, f->text + f->avail, step_len, f->fold + f->avail);
        f->avail += step_len;
    }
    return LLM_OK;
}

/* One call of the outside: all or nothing. Pseudonyms of a call are one transaction of the vault. */
static llm_status run(sx_filter *f, const char *bytes, size_t len, bool last, sx_buf *out, llm_error *err)
{
    size_t before = out->len;
    if (f->failed != LLM_OK) return sx_fail(err, f->failed, "the check failed before; nothing more is released");
    if (f->finished) return sx_fail(err, LLM_E_INVALID, "the text was already finished");
    if (bytes == NULL && len > 0) return sx_fail(err, LLM_E_INVALID, "a NULL text with a length");
    llm_status status = LLM_OK;
    if (len > SLICE) sx_buf_expect(out, len);
    while (status == LLM_OK && !f->blocked && (len > 0 || (last && !f->finished))) {
        size_t n = len < SLICE ? len : SLICE;
        f->finished = last && n == len;
        status = take_in(f, bytes, n, err);
        if (status == LLM_OK) status = advance(f, out, err);
        compact(f);
        if (n > 0) bytes += n;
        len -= n;
    }
    f->finished = last;
    if (status == LLM_OK && sx_buf_status(out) != LLM_OK)
        status = sx_fail(err, sx_buf_status(out), "no memory for the released text");
    if (f->vault_open) {
        f->vault_open = false;
        llm_status end = sx_vault_end(f->guard->vault, status == LLM_OK, err);
        if (status == LLM_OK) status = end;
    }
    if (status != LLM_OK) {
        f->failed = status;
        if (out->len > before) {
            sx_wipe(out->data + before, out->len - before);
            out->len = before;
        }
    }
    return status;
}

llm_status sx_filter_feed(sx_filter *filter, const char *bytes, size_t len, sx_buf *out, llm_error *err)
{
    return run(filter, bytes, len, false, out, err);
}

llm_status sx_filter_finish(sx_filter *filter, sx_buf *out, llm_error *err)
{
    return run(filter, NULL, 0, true, out, err);
}

const sx_finding *sx_filter_findings(const sx_filter *filter, uint32_t *count)
{
    *count = (uint32_t)filter->found_n;
    return filter->found;
}

const sx_guard *sx_filter_guard(const sx_filter *filter)
{
    return filter->guard;
}

uint32_t sx_filter_action(const sx_filter *filter)
{
    return filter->verdict;
}
