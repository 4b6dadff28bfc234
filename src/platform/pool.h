/* A pool of worker threads for data-parallel loops. Threads start at the first sx_pool_run that can use them, never
 * before. The caller works too. One run at a time: concurrent callers queue on a lock. */
#ifndef SX_PLATFORM_POOL_H
#define SX_PLATFORM_POOL_H

#include <stdint.h>

#include "platform/error.h"
#include "platform/mem.h"

typedef struct sx_pool sx_pool;

/* `task` is called once per worker with its index, worker 0 being the calling thread. */
typedef void (*sx_pool_fn)(void *arg, uint32_t worker, uint32_t workers);

llm_status sx_pool_create(sx_pool **out, sx_mem *mem, uint32_t threads, llm_error *err);
void sx_pool_free(sx_pool *pool); /* joins the workers; NULL is fine */
uint32_t sx_pool_size(const sx_pool *pool);

/* Runs task on all workers and returns when all are done. If threads cannot be started the caller does the work of every
 * index itself, so the call cannot fail and results do not depend on it; hence a task may never wait for another worker. */
void sx_pool_run(sx_pool *pool, sx_pool_fn task, void *arg);

#endif
