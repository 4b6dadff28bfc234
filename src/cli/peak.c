/* Runs a loop on all threads at once, several times; the best counts: whatever else the machine does only slows it down. */
#include "peak.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TRIES = 7, WAIT = 0, GO, LEAVE /* what the threads are told */ };

static const uint32_t TURNS = 1u << 20;
static const uint64_t LEAST = UINT64_C(1)
                              << 28; /* bytes that a try reads at least, so that starting it does not count */
static const uint64_t SIZE_MIN = UINT64_C(1) << 20, SIZE_MAX_READ = UINT64_C(1) << 29;

typedef struct worker {
    pthread_t thread;
    const sx_loop *loop; /* NULL: read */
    const char *isa, *data;
    uint64_t n, passes;
    atomic_int *go;
} worker;

static void *work(void *arg)
{
    const worker *w = arg;
    int go;
    while ((go = atomic_load(w->go)) == WAIT) sched_yield();
    if (go == LEAVE) return NULL;
    if (w->loop) w->loop->run(TURNS);
    for (uint64_t i = 0; !w->loop && i < w->passes; i++) sx_loop_read(w->isa, w->data, w->n);
    return NULL;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Seconds until all are done; 0 when a thread could not be had. */
static double together(worker *workers, uint32_t n)
{
    atomic_int go = WAIT;
    uint32_t started = 0;
    for (; started < n; started++) {
        workers[started].go = &go;
        if (pthread_create(&workers[started].thread, NULL, work, &workers[started])) break;
    }
    const double begin = now();
    atomic_store(&go, started == n ? GO : LEAVE);
    for (uint32_t i = 0; i < started; i++) pthread_join(workers[i].thread, NULL);
    return started == n ? now() - begin : 0;
}

static double best(worker *workers, uint32_t n, double amount)
{
    double most = 0;
    for (int i = 0; i < TRIES; i++) {
        const double took = together(workers, n);
        if (took > 0 && amount / took > most) most = amount / took;
    }
    return most;
}

double sx_peak_products(const sx_loop *loop, uint32_t threads)
{
    worker *workers = calloc(threads, sizeof *workers);
    if (!workers) return 0;
    for (uint32_t i = 0; i < threads; i++) workers[i].loop = loop;
    const double peak = best(workers, threads, (double)loop->products * TURNS * threads);
    free(workers);
    return peak;
}

double sx_peak_read(const char *isa, uint64_t size, uint32_t threads)
{
    const uint64_t page = 4096;
    size = size < SIZE_MIN ? SIZE_MIN : size > SIZE_MAX_READ ? SIZE_MAX_READ : size;
    const uint64_t part = (size / threads + page - 1) / page * page, all = part * threads;
    const uint64_t passes = (LEAST + all - 1) / all;
    worker *workers = calloc(threads, sizeof *workers);
    char *data = aligned_alloc(page, all);
    double peak = 0;
    if (workers && data) {
        memset(data, 1, all); /* memory that was never written is one page of zeros */
        for (uint32_t i = 0; i < threads; i++)
            workers[i] = (worker){.isa = isa, .data = data + i * part, .n = part, .passes = passes};
        peak = best(workers, threads, (double)all * (double)passes);
    }
    free(data);
    free(workers);
    return peak;
}
