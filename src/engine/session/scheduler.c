#include "engine/session/scheduler.h"

#include <string.h>
#include <time.h>

#include "engine/session/work.h"
#include "platform/clock.h"

enum {
    READ_SHARE = 64,  /* tokens of prompts in a batch that others wait for */
    POLL_MS = 10,     /* how often one who waits looks at its cancel token */
    GATHER_PART = 4,  /* those who will be back at once are waited for this part of the last batch's time, */
    GATHER_MAX_MS = 8 /* and no longer than this */
};

struct sx_scheduler {
    sx_mem *mem;
    sx_work work;
    pthread_mutex_t lock; /* guards all below; the work belongs to whoever has the turn */
    pthread_cond_t arrived;
    bool turn;         /* somebody has it */
    sx_request *queue; /* in the order of arrival */
    uint32_t n_queue;
    uint64_t batch; /* batches evaluated so far */
    /* Sessions that were given their token after the last batch, and after the one before, and have not come back yet: they
     * choose the next token now, so they are waited for a little. */
    uint32_t away, away_longer;
    double last_ms; /* how long the last batch took */
};

/* ---- life ---- */

/* Conditions that wait by the monotonic clock. */
static void cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

static void cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, double ms)
{
    struct timespec until = {(time_t)(ms / 1e3), 0};
    until.tv_nsec = (long)((ms - (double)until.tv_sec * 1e3) * 1e6);
    pthread_cond_timedwait(cond, lock, &until);
}

llm_status sx_scheduler_create(sx_scheduler **out, sx_mem *mem, const sx_net *net, llm_error *err)
{
    *out = NULL;
    sx_scheduler *s = sx_mem_zalloc(mem, sizeof *s);
    if (!s) return sx_fail_memory(err);
    s->mem = mem;
    s->batch = 1;
    sx_work_init(&s->work, mem, net);
    pthread_mutex_init(&s->lock, NULL);
    cond_init(&s->arrived);
    *out = s;
    return LLM_OK;
}

void sx_scheduler_free(sx_scheduler *s)
{
    if (!s) return;
    sx_work_free(&s->work);
    pthread_cond_destroy(&s->arrived);
    pthread_mutex_destroy(&s->lock);
    sx_mem_free(s->mem, s);
}

void sx_request_init(sx_request *r)
{
    *r = (sx_request){0};
    cond_init(&r->wake);
}

/* It is back, or it will never come: nobody waits for it any longer. */
static void no_longer_away(sx_scheduler *s, sx_request *r)
{
    if (r->last == s->batch) s->away--;
    if (r->last && r->last == s->batch - 1) s->away_longer--;
    r->last = 0;
}

void sx_request_end(sx_scheduler *s, sx_request *r)
{
    pthread_mutex_lock(&s->lock);
    no_longer_away(s, r);
    if (s->away + s->away_longer == 0) pthread_cond_signal(&s->arrived);
    pthread_mutex_unlock(&s->lock);
    pthread_cond_destroy(&r->wake);
}

/* ---- the queue ---- */

static void enqueue(sx_scheduler *s, sx_request *r)
{
    no_longer_away(s, r);
    r->next = NULL;
    r->done = 0;
    r->status = LLM_OK;
    r->taken = r->finished = false;
    sx_request **end = &s->queue;
    while (*end) end = &(*end)->next;
    *end = r;
    s->n_queue++;
    if (s->away + s->away_longer == 0) pthread_cond_signal(&s->arrived);
}

static void finish(sx_scheduler *s, sx_request *r, llm_status status)
{
    sx_request **at = &s->queue;
    while (*at != r) at = &(*at)->next;
    *at = r->next;
    s->n_queue--;
    r->status = status;
    r->finished = true;
    pthread_cond_signal(&r->wake);
    if (status != LLM_OK) return;
    r->last = s->batch;
    s->away++;
}

/* The turn is free: the first in the queue is to take it. */
static void pass_on(sx_scheduler *s)
{
    if (!s->turn && s->queue) pthread_cond_signal(&s->queue->wake);
}

/* ---- one batch ---- */

typedef struct batch {
    sx_segment segments[SX_SEGMENTS];
    sx_request *members[SX_SEGMENTS];
    const llm_cancel *cancels[SX_SEGMENTS + 1];
    uint32_t n, n_cancels, rows;
} batch;

static uint32_t left_of(const sx_request *r)
{
    return r->segment.n - r->done;
}

static bool is_step(const sx_request *r) /* one token of an answer being made */
{
    return !r->alone && left_of(r) == 1;
}

static void add(batch *b, sx_request *r, uint32_t n)
{
    sx_segment *segment = &b->segments[b->n];
    *segment = r->segment;
    if (segment->tokens) segment->tokens += r->done; /* an evaluation of its own shape has none */
    segment->first += r->done;
    segment->n = n;
    segment->second = n;
    b->rows += n;
    b->members[b->n++] = r;
    if (r->cancel) b->cancels[b->n_cancels++] = r->cancel;
    r->taken = true;
}

static void drop_cancelled(sx_scheduler *s)
{
    for (sx_request *r = s->queue, *next; r; r = next) {
        next = r->next;
        if (sx_cancelled(r->cancel)) finish(s, r, LLM_E_CANCELLED);
    }
}

/* Tokens that the model has made come first, in a batch's rows too. Otherwise the order stays. */
static void made_first(batch *b)
{
    for (uint32_t i = 1; i < b->n; i++)
        for (uint32_t k = i; k > 0 && b->segments[k].made && !b->segments[k - 1].made; k--) {
            const sx_segment segment = b->segments[k];
            sx_request *const member = b->members[k];
            b->segments[k] = b->segments[k - 1];
            b->members[k] = b->members[k - 1];
            b->segments[k - 1] = segment;
            b->members[k - 1] = member;
        }
}

/* Everybody's next token, and of prompts what there is room for; one who wants to be alone gets that in its own turn. */
static void compose(sx_scheduler *s, batch *b, sx_request *own)
{
    uint32_t want = s->n_queue < SX_SEGMENTS ? s->n_queue : SX_SEGMENTS;
    for (const sx_request *r = s->queue; r; r = r->next) want = r->n_batch > want ? r->n_batch : want;
    const uint32_t room = sx_work_reserve(&s->work, want);
    if (own->alone) {
        if (room >= own->n_batch) add(b, own, 0);
        return;
    }
    for (sx_request *r = s->queue; r; r = r->next)
        if (is_step(r) && b->rows < room && b->n < SX_SEGMENTS) add(b, r, 1);
    const bool whole = s->work.eval.net->hp.both_ways; /* such texts cannot be cut */
    uint32_t reading = room - b->rows;
    if (!whole && (b->n > 0 || s->away + s->away_longer > 0) && reading > READ_SHARE) reading = READ_SHARE;
    for (sx_request *r = s->queue; r && reading > 0; r = r->next) {
        if (r->alone || is_step(r) || b->n == SX_SEGMENTS) continue;
        uint32_t n = left_of(r) < reading ? left_of(r) : reading;
        if (n > r->n_batch) n = r->n_batch;
        if (whole && n < left_of(r)) continue;
        add(b, r, n);
        reading -= n;
    }
    made_first(b);
}

/* ---- logits ---- */

/* Rows of one member: all that were evaluated now, or the last of its text. */
static bool own_head(sx_eval *e, const sx_segment *segment, const sx_request *r)
{
    const size_t n_vocab = e->net->hp.n_vocab;
    uint32_t n = r->all_rows ? segment->n : 1, from = segment->row + segment->n - n;
    for (uint32_t i = 0; i < n; i++) e->b.rows[i] = from + i;
    return sx_head(e, e->b.rows, n, r->logits + (r->all_rows ? r->done * n_vocab : 0));
}

static bool wants_last(const batch *b, uint32_t i)
{
    const sx_request *r = b->members[i];
    return r->logits && !r->all_rows && left_of(r) == b->segments[i].n;
}

/* The last rows of several texts go through the head together, as far as there is room for their logits. */
static bool heads(sx_work *work, const batch *b)
{
    sx_eval *e = &work->eval;
    const size_t n_vocab = e->net->hp.n_vocab;
    uint32_t lasts = 0, joined = 0, done = 0;
    for (uint32_t i = 0; i < b->n; i++) lasts += wants_last(b, i);
    if (lasts > 1) {
        sx_work_join(work, lasts);
        for (uint32_t i = 0; i < b->n && joined < work->n_joined; i++)
            if (wants_last(b, i)) e->b.rows[joined++] = b->segments[i].row + b->segments[i].n - 1;
        if (joined > 0 && !sx_head(e, e->b.rows, joined, work->joined)) return false;
    }
    for (uint32_t i = 0; i < b->n; i++) {
        const sx_request *r = b->members[i];
        if (wants_last(b, i) && done < joined)
            memcpy(r->logits, work->joined + done++ * n_vocab, n_vocab * sizeof *r->logits);
        else if ((wants_last(b, i) || (r->logits && r->all_rows)) && !own_head(e, &b->segments[i], r))
            return false;
    }
    return true;
}

static bool evaluate(sx_work *work, batch *b)
{
    sx_eval *e = &work->eval;
    e->run.cancels = b->cancels;
    e->run.n_cancels = b->n_cancels;
    if (b->members[0]->alone) return b->members[0]->alone(b->members[0]->arg, e);
    return sx_forward(e, b->segments, b->n) && heads(work, b);
}

/* A batch that somebody's cancel stopped has evaluated nothing: the others go into the next one. */
static void settle(sx_scheduler *s, const batch *b, bool done)
{
    if (done) {
        s->batch++;
        s->away_longer = s->away;
        s->away = 0;
    }
    for (uint32_t i = 0; i < b->n; i++) {
        sx_request *r = b->members[i];
        r->taken = false;
        if (done) r->done += b->segments[i].n;
        if (done && (r->alone || left_of(r) == 0))
            finish(s, r, LLM_OK);
        else if (sx_cancelled(r->cancel))
            finish(s, r, LLM_E_CANCELLED);
    }
}

/* Those who were given a token just now come back with the next one in a moment. A lone session has nobody to wait for. */
static void gather(sx_scheduler *s)
{
    double patience = s->last_ms / GATHER_PART;
    const double until = sx_clock_ms() + (patience < GATHER_MAX_MS ? patience : GATHER_MAX_MS);
    while (s->away + s->away_longer > 0 && sx_clock_ms() < until) cond_wait_until(&s->arrived, &s->lock, until);
}

/* With the lock held; given up while the batch is evaluated. */
static void take_turn(sx_scheduler *s, sx_request *r)
{
    batch b;
    b.n = b.n_cancels = b.rows = 0;
    s->turn = true;
    if (!r->alone) gather(s);
    drop_cancelled(s);
    if (!r->finished) compose(s, &b, r);
    if (b.n > 0) {
        if (!r->taken && r->cancel) b.cancels[b.n_cancels++] = r->cancel;
        pthread_mutex_unlock(&s->lock);
        double begin = sx_clock_ms();
        bool done = evaluate(&s->work, &b);
        double end = sx_clock_ms();
        pthread_mutex_lock(&s->lock);
        s->last_ms = end - begin;
        settle(s, &b, done);
    } else if (!r->finished) { /* not even room for one token */
        finish(s, r, LLM_E_MEMORY);
    }
    s->turn = false;
}

/* ---- the call ---- */

static void wait_for_turn(sx_scheduler *s, sx_request *r)
{
    if (r->cancel)
        cond_wait_until(&r->wake, &s->lock, sx_clock_ms() + POLL_MS);
    else
        pthread_cond_wait(&r->wake, &s->lock);
}

llm_status sx_scheduler_run(sx_scheduler *s, sx_request *r, llm_error *err)
{
    pthread_mutex_lock(&s->lock);
    enqueue(s, r);
    while (!r->finished) {
        if (!s->turn)
            take_turn(s, r);
        else if (!r->taken && sx_cancelled(r->cancel))
            finish(s, r, LLM_E_CANCELLED);
        else
            wait_for_turn(s, r);
    }
    llm_status status = r->status;
    pass_on(s);
    pthread_mutex_unlock(&s->lock);
    if (status == LLM_E_MEMORY) return sx_fail_memory(err);
    if (status == LLM_E_CANCELLED) return sx_fail(err, status, "the evaluation was cancelled by the caller");
    return status;
}
