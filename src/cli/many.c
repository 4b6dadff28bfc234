#include "many.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct beginning {
    pthread_mutex_t start; /* held until it is known how many there are */
    pthread_barrier_t gate;
    bool called_off;
} beginning;

typedef struct sequence {
    sx_many *many;
    beginning *stage;
    llm_ctx *ctx;
    llm_reply *reply;
    llm_status status;
    double read_ms, written_ms; /* when */
    char why[512];
} sequence;

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void step(sequence *s, llm_status status)
{
    s->status = status;
    if (status < 0) snprintf(s->why, sizeof s->why, "%s", llm_ctx_errmsg(s->ctx));
}

/* Everybody passes both gates, also after a failure: the others wait there. */
static void *make(void *arg)
{
    sequence *s = arg;
    const sx_many *m = s->many;
    pthread_mutex_lock(&s->stage->start);
    bool called_off = s->stage->called_off;
    pthread_mutex_unlock(&s->stage->start);
    if (called_off) return NULL;
    pthread_barrier_wait(&s->stage->gate);
    step(s, llm_generate(s->ctx, m->prompt, m->prompt_len, NULL, m->gen, &s->reply));
    if (s->status == LLM_OK) step(s, llm_reply_next(s->reply));
    s->read_ms = now_ms();
    pthread_barrier_wait(&s->stage->gate);
    while (s->status == LLM_MORE) step(s, llm_reply_next(s->reply));
    s->written_ms = now_ms();
    return NULL;
}

static llm_status open_all(sx_many *m, sequence *all, beginning *stage)
{
    llm_error err = LLM_ERROR_INIT;
    for (uint32_t i = 0; i < m->sequences; i++) {
        all[i].many = m;
        all[i].stage = stage;
        if (llm_ctx_create(&all[i].ctx, m->model, NULL, NULL, m->ctx, &err) != LLM_OK) {
            snprintf(m->why, sizeof m->why, "%s", err.message);
            return err.code;
        }
    }
    return LLM_OK;
}

/* How long all took together, and how much they made. */
static llm_status add_up(sx_many *m, const sequence *all, double begin)
{
    double read = begin, written = begin;
    m->prompt_tokens = m->output_tokens = 0;
    for (uint32_t i = 0; i < m->sequences; i++) {
        if (all[i].status < 0) {
            snprintf(m->why, sizeof m->why, "%s", all[i].why);
            return all[i].status;
        }
        if (all[i].read_ms > read) read = all[i].read_ms;
        if (all[i].written_ms > written) written = all[i].written_ms;
        m->prompt_tokens += llm_reply_prompt_tokens(all[i].reply);
        m->output_tokens += llm_reply_output_tokens(all[i].reply);
    }
    m->prompt_ms = read - begin;
    m->output_ms = written - read;
    return LLM_OK;
}

static llm_status run_all(sx_many *m, sequence *all, pthread_t *threads, beginning *stage)
{
    uint32_t started = 0;
    pthread_mutex_lock(&stage->start);
    while (started < m->sequences && pthread_create(&threads[started], NULL, make, &all[started]) == 0) started++;
    stage->called_off = started < m->sequences || pthread_barrier_init(&stage->gate, NULL, started + 1) != 0;
    pthread_mutex_unlock(&stage->start);
    double begin = now_ms();
    if (!stage->called_off) {
        pthread_barrier_wait(&stage->gate);
        begin = now_ms();
        pthread_barrier_wait(&stage->gate);
    }
    for (uint32_t i = 0; i < started; i++) pthread_join(threads[i], NULL);
    if (stage->called_off) {
        snprintf(m->why, sizeof m->why, "no more than %u threads could be started", started);
        return LLM_E_LIMIT;
    }
    pthread_barrier_destroy(&stage->gate);
    return add_up(m, all, begin);
}

llm_status sx_many_run(sx_many *m)
{
    sequence *all = calloc(m->sequences, sizeof *all);
    pthread_t *threads = calloc(m->sequences, sizeof *threads);
    beginning stage = {.start = PTHREAD_MUTEX_INITIALIZER};
    llm_status status = LLM_E_MEMORY;
    if (!all || !threads) {
        snprintf(m->why, sizeof m->why, "out of memory");
    } else {
        status = open_all(m, all, &stage);
        if (status == LLM_OK) status = run_all(m, all, threads, &stage);
    }
    for (uint32_t i = 0; all && i < m->sequences; i++) {
        llm_reply_free(all[i].reply);
        llm_ctx_free(all[i].ctx);
    }
    free(all);
    free(threads);
    return status;
}
