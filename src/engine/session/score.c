/* Scores of given texts. Items share a prefix that is read once. Their own tokens go through the layers in common batches,
 * each item a segment at the same positions; only rows that are asked for reach the head, a few at a time, so that memory
 * does not grow with the text. */
#include <string.h>

#include "engine/session/session.h"

enum { HEAD_ROWS = 16 /* rows of logits at once */ };

typedef struct wanted { /* row `row` of the batch says how likely token `at` of the item is */
    uint32_t row;
    sx_score_item *item;
    size_t at; /* from item->from on */
} wanted;

typedef struct scorer {
    sx_session *s;
    sx_score_item *items;
    size_t count;
    uint32_t n_top;
    float *logits;        /* [HEAD_ROWS, n_vocab] */
    wanted *want;         /* [n_batch or count] of the batch in hand */
    uint32_t *rows;       /* [HEAD_ROWS] */
    sx_segment *segments; /* [n_batch] */
    uint32_t n_segments;
    size_t n_want;
    const llm_cancel *cancel;
} scorer;

/* ---- one row ---- */

typedef struct row_task {
    const scorer *c;
    const wanted *want;
    const float *logits;
    bool same_row; /* all of them are asked of the first row */
} row_task;

static void score_some(void *arg, uint32_t begin, uint32_t end, uint32_t worker)
{
    const row_task *t = arg;
    uint32_t n = t->c->s->model->net.hp.n_vocab, n_top = t->c->n_top;
    (void)worker;
    for (uint32_t i = begin; i < end; i++) {
        const wanted *w = &t->want[i];
        const float *logits = t->logits + (t->same_row ? 0 : (size_t)i * n);
        size_t at = w->at - w->item->from;
        double sum = sx_logits_sum(logits, n);
        w->item->logprob[at] = (double)logits[w->item->tokens[w->at]] - sum;
        if (n_top > 0)
            sx_logits_best(logits, n, sum, n_top, w->item->top + at * n_top, w->item->top_logprob + at * n_top);
    }
}

/* ---- batches ---- */

/* What the rows of the batch just evaluated say about the tokens after them. */
static bool score_rows(scorer *c, sx_eval *e)
{
    for (size_t i = 0; i < c->n_want; i += HEAD_ROWS) {
        uint32_t n = c->n_want - i < HEAD_ROWS ? (uint32_t)(c->n_want - i) : HEAD_ROWS;
        for (uint32_t k = 0; k < n; k++) c->rows[k] = c->want[i + k].row;
        row_task task = {c, c->want + i, c->logits, false};
        if (!sx_head(e, c->rows, n, c->logits)) return false;
        sx_parallel(&e->run, n, 1, score_some, &task);
    }
    return !sx_run_cancelled(&e->run);
}

/* The last row of the prefix speaks of every item's first token. */
static bool score_first(scorer *c, sx_eval *e, uint32_t row)
{
    size_t n = 0;
    for (size_t i = 0; i < c->count; i++)
        if (c->items[i].from == 0 && c->items[i].n > 0) c->want[n++] = (wanted){row, &c->items[i], 0};
    if (n == 0) return true;
    row_task task = {c, c->want, c->logits, true};
    if (!sx_head(e, &row, 1, c->logits)) return false;
    for (size_t i = 0; i < n; i += UINT16_MAX) {
        task.want = c->want + i;
        sx_parallel(&e->run, n - i < UINT16_MAX ? (uint32_t)(n - i) : UINT16_MAX, 1, score_some, &task);
    }
    return !sx_run_cancelled(&e->run);
}

/* The last tokens of the prefix, in a turn of their own. */
static bool end_prefix(void *arg, sx_eval *e)
{
    scorer *c = arg;
    return sx_forward(e, c->segments, 1) && score_first(c, e, c->segments[0].n - 1);
}

static llm_status read_prefix(scorer *c, const int32_t *prefix, size_t n, llm_error *err)
{
    sx_session *s = c->s;
    if (n == 0) return LLM_OK;
    uint32_t last = (uint32_t)((n - 1) % s->n_batch + 1);
    llm_status status = LLM_OK;
    if (n > last) status = sx_session_eval(s, prefix, n - last, false, NULL, c->cancel, err);
    if (status == LLM_OK) status = sx_session_room(s, last, err);
    if (status == LLM_OK) status = sx_cache_reserve(&s->cache, s->used, last, err);
    if (status != LLM_OK) return status;
    c->segments[0] = sx_session_segment(s, prefix + n - last, last, s->used);
    status = sx_session_alone(s, end_prefix, c, c->cancel, err);
    if (status == LLM_OK) sx_session_advance(s, prefix + n - last, last);
    return status;
}

static bool read_batch(void *arg, sx_eval *e)
{
    scorer *c = arg;
    return sx_forward(e, c->segments, c->n_segments) && score_rows(c, e);
}

static llm_status flush(scorer *c, llm_error *err)
{
    if (c->n_segments == 0) return LLM_OK;
    llm_status status = sx_session_alone(c->s, read_batch, c, c->cancel, err);
    c->n_segments = 0;
    c->n_want = 0;
    return status;
}

/* Fills batches with items one after the other. An item that is cut goes on as the first of the next batch, when the cache
 * still holds its beginning. The last token of an item is nobody's context. */
static llm_status read_items(scorer *c, llm_error *err)
{
    sx_session *s = c->s;
    uint32_t rows = 0;
    llm_status status = LLM_OK;
    for (size_t i = 0; i < c->count && status == LLM_OK; i++) {
        sx_score_item *item = &c->items[i];
        if (item->from >= item->n) continue;
        for (size_t at = 0; at + 1 < item->n && status == LLM_OK;) {
            size_t left = item->n - 1 - at, room = s->n_batch - rows;
            uint32_t part = (uint32_t)(left < room ? left : room), first = s->used + (uint32_t)at;
            status = sx_cache_reserve(&s->cache, first, part, err);
            if (status != LLM_OK) return status;
            c->segments[c->n_segments++] = sx_session_segment(s, item->tokens + at, part, first);
            for (uint32_t k = 0; k < part; k++)
                if (at + k + 1 >= item->from) c->want[c->n_want++] = (wanted){rows + k, item, at + k + 1};
            rows += part;
            at += part;
            if (rows < s->n_batch) continue;
            status = flush(c, err);
            rows = 0;
        }
    }
    return status == LLM_OK ? flush(c, err) : status;
}

/* ---- the call ---- */

static llm_status check(const sx_session *s, const int32_t *prefix, size_t n_prefix, const sx_score_item *items,
                        size_t count, llm_error *err)
{
    llm_status status = n_prefix ? sx_session_fits(s, prefix, n_prefix, err) : LLM_OK;
    for (size_t i = 0; i < count && status == LLM_OK; i++) {
        const sx_score_item *item = &items[i];
        if (item->from >= item->n) continue;
        if (item->from == 0 && n_prefix == 0)
            return sx_fail(err, LLM_E_INVALID, "the first token of text %zu has no token before it to be scored from",
                           i);
        if (item->n - 1 > s->cache.n_ctx - s->used - n_prefix)
            return sx_fail(err, LLM_E_LIMIT,
                           "text %zu of %zu tokens does not fit behind %zu others in a context of %u positions; use a "
                           "larger n_ctx or shorten the text",
                           i, item->n, s->used + n_prefix, s->cache.n_ctx);
        for (size_t k = 0; k < item->n && status == LLM_OK; k++)
            if (item->tokens[k] < 0 || (uint32_t)item->tokens[k] >= s->model->net.hp.n_vocab)
                status = sx_fail(err, LLM_E_INVALID,
                                 "token %d at index %zu of text %zu is outside the vocabulary of %u", item->tokens[k],
                                 k, i, s->model->net.hp.n_vocab);
    }
    return status;
}

llm_status sx_session_score(sx_session *s, const int32_t *prefix, size_t n_prefix, sx_score_item *items, size_t count,
                            uint32_t n_top, const llm_cancel *cancel, llm_error *err)
{
    llm_status status = check(s, prefix, n_prefix, items, count, err);
    if (status != LLM_OK) return status;
    sx_arena arena;
    sx_arena_init(&arena, s->mem);
    uint32_t n = s->n_batch, before = s->used;
    scorer c = {.s = s, .items = items, .count = count, .n_top = n_top, .cancel = cancel};
    c.want = sx_arena_alloc(&arena, (count > n ? count : n) * sizeof *c.want);
    c.rows = sx_arena_alloc(&arena, HEAD_ROWS * sizeof *c.rows);
    c.segments = sx_arena_alloc(&arena, n * sizeof *c.segments);
    c.logits = sx_mem_alloc(s->mem, (size_t)HEAD_ROWS * s->model->net.hp.n_vocab * sizeof *c.logits);
    if (!c.want || !c.rows || !c.segments || !c.logits) status = sx_fail_memory(err);
    if (status == LLM_OK) status = read_prefix(&c, prefix, n_prefix, err);
    if (status == LLM_OK) status = read_items(&c, err);
    sx_session_truncate(s, status == LLM_OK ? s->used : before);
    sx_cache_truncate(&s->cache, s->used); /* what the items took */
    sx_mem_free(s->mem, c.logits);
    sx_arena_free(&arena);
    return status;
}
