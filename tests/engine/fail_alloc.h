/* An allocator that fails its n-th request, for tests that every failure is survived. Header only, tests only. */
#ifndef SX_TESTS_FAIL_ALLOC_H
#define SX_TESTS_FAIL_ALLOC_H

#include <stdlib.h>

#include "platform/mem.h"

typedef struct fail_alloc {
    long until;  /* requests that still succeed; negative: all */
    long made;   /* requests so far */
    size_t peak; /* most bytes held at once */
    size_t held;
} fail_alloc;

static inline void *fail_alloc_alloc(void *user, size_t size, size_t align)
{
    fail_alloc *f = user;
    f->made++;
    if (f->until == 0) return NULL;
    if (f->until > 0) f->until--;
    f->held += size;
    if (f->held > f->peak) f->peak = f->held;
    return aligned_alloc(align, (size + align - 1) / align * align);
}

static inline void fail_alloc_release(void *user, void *ptr, size_t size)
{
    fail_alloc *f = user;
    f->held -= size;
    free(ptr);
}

static inline void fail_alloc_init(fail_alloc *f, sx_mem *mem, long until)
{
    *f = (fail_alloc){.until = until};
    llm_allocator hook = {0};
    hook.struct_size = sizeof hook;
    hook.alloc = fail_alloc_alloc;
    hook.release = fail_alloc_release;
    hook.user = f;
    sx_mem_init(mem, &hook);
}

#endif
