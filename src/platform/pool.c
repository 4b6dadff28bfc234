/* Workers sleep on a condition variable between runs and spin for a short while first, since the loops of one forward
 * pass follow each other within microseconds. A caller that is done with its own share takes over the share of a worker
 * that has not begun yet: on a busy machine nobody waits for a thread that the system has not put on a CPU. */
#include "platform/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

enum { MAX_THREADS = 256, SPINS = 2000, STACK_BYTES = 1 << 20 };

typedef struct worker {
    struct sx_pool *pool;
    pthread_t thread;
    uint32_t index;
    atomic_uint taken; /* the last round in which someone began this index */
} worker;

struct sx_pool {
    sx_mem *mem;
    uint32_t size;       /* workers asked for, the caller among them */
    uint32_t started;    /* threads running (at most size - 1) */
    bool start_tried;
    pthread_mutex_t turn; /* held by the one caller that runs */
    pthread_mutex_t lock; /* guards sleeping */
    pthread_cond_t wake, done;
    atomic_uint round;    /* grows with each run */
    atomic_uint pending;  /* indices above 0 not yet done in this round */
    atomic_bool stop;
    sx_pool_fn task;
    void *arg;
    worker workers[MAX_THREADS];
};

static inline void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static bool next_round(sx_pool *pool, uint32_t seen)
{
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&pool->round, memory_order_acquire) != seen) return true;
        if (atomic_load_explicit(&pool->stop, memory_order_relaxed)) break;
        relax();
    }
    pthread_mutex_lock(&pool->lock);
    while (atomic_load(&pool->round) == seen && !atomic_load(&pool->stop)) pthread_cond_wait(&pool->wake, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
    return atomic_load(&pool->round) != seen;
}

/* Whoever gets true runs this index in this round. A late worker that still asks for an earlier round gets false. */
static bool take(worker *w, uint32_t round)
{
    unsigned last = atomic_load_explicit(&w->taken, memory_order_relaxed);
    return (int32_t)(round - last) > 0 && atomic_compare_exchange_strong(&w->taken, &last, round);
}

static void *work(void *arg)
{
    worker *self = arg;
    sx_pool *pool = self->pool;
    uint32_t seen = 0;
    while (next_round(pool, seen)) {
        seen = atomic_load_explicit(&pool->round, memory_order_acquire);
        if (!take(self, seen)) continue;
        pool->task(pool->arg, self->index, pool->size);
        if (atomic_fetch_sub_explicit(&pool->pending, 1, memory_order_acq_rel) == 1) {
            pthread_mutex_lock(&pool->lock);
            pthread_cond_signal(&pool->done);
            pthread_mutex_unlock(&pool->lock);
        }
    }
    return NULL;
}

llm_status sx_pool_create(sx_pool **out, sx_mem *mem, uint32_t threads, llm_error *err)
{
    *out = NULL;
    sx_pool *pool = sx_mem_zalloc(mem, sizeof *pool);
    if (!pool) return sx_fail_memory(err);
    pool->mem = mem;
    pool->size = threads < 1 ? 1 : threads > MAX_THREADS ? MAX_THREADS : threads;
    pthread_mutex_init(&pool->turn, NULL);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->done, NULL);
    *out = pool;
    return LLM_OK;
}

void sx_pool_free(sx_pool *pool)
{
    if (!pool) return;
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->stop, true);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (uint32_t i = 0; i < pool->started; i++) pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    pthread_mutex_destroy(&pool->turn);
    sx_mem_free(pool->mem, pool);
}

uint32_t sx_pool_size(const sx_pool *pool)
{
    return pool->size;
}

/* The host's signals must not land on our threads, so they are all blocked there. */
static void start_workers(sx_pool *pool)
{
    pool->start_tried = true;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    while (pool->started + 1 < pool->size) {
        worker *w = &pool->workers[pool->started];
        w->pool = pool;
        w->index = pool->started + 1;
        atomic_init(&w->taken, atomic_load(&pool->round));
        if (pthread_create(&w->thread, &attr, work, w) != 0) break;
        pool->started++;
    }
    pthread_attr_destroy(&attr);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void wait_done(sx_pool *pool)
{
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&pool->pending, memory_order_acquire) == 0) return;
        relax();
    }
    pthread_mutex_lock(&pool->lock);
    while (atomic_load(&pool->pending) != 0) pthread_cond_wait(&pool->done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

void sx_pool_run(sx_pool *pool, sx_pool_fn task, void *arg)
{
    pthread_mutex_lock(&pool->turn);
    if (pool->size > 1 && !pool->start_tried) start_workers(pool);
    if (pool->started) {
        pool->task = task;
        pool->arg = arg;
        atomic_store_explicit(&pool->pending, pool->started, memory_order_relaxed);
        pthread_mutex_lock(&pool->lock);
        atomic_fetch_add_explicit(&pool->round, 1, memory_order_release);
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->lock);
    }
    task(arg, 0, pool->size);
    const uint32_t round = atomic_load_explicit(&pool->round, memory_order_relaxed);
    for (uint32_t i = 1; i <= pool->started; i++)
        if (take(&pool->workers[i - 1], round)) {
            task(arg, i, pool->size);
            atomic_fetch_sub_explicit(&pool->pending, 1, memory_order_acq_rel);
        }
    for (uint32_t i = pool->started + 1; i < pool->size; i++) task(arg, i, pool->size);
    if (pool->started) wait_done(pool);
    pthread_mutex_unlock(&pool->turn);
}
