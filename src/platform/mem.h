/* Memory: every allocation of the library goes through an sx_mem, so that a host's allocator serves it all and a test can
 * fail the n-th request. Blocks remember their size; sx_mem_free(NULL) is fine. An sx_mem is shared by threads (its
 * counters are atomic) and must outlive its blocks. Nothing here aborts: NULL means no memory. */
#ifndef SX_PLATFORM_MEM_H
#define SX_PLATFORM_MEM_H

#include <stdatomic.h>
#include <stddef.h>

#include "sextant.h"

typedef struct sx_mem {
    llm_allocator hook;       /* alloc NULL: the C library */
    atomic_size_t live_bytes; /* requested bytes now held */
} sx_mem;

void sx_mem_init(sx_mem *mem, const llm_allocator *hook /* or NULL */);

void *sx_mem_alloc(sx_mem *mem, size_t size);                       /* 16-byte aligned, not cleared */
void *sx_mem_alloc_aligned(sx_mem *mem, size_t size, size_t align); /* align: power of two, at most 4096 */
void *sx_mem_zalloc(sx_mem *mem, size_t size);                      /* cleared */
void *sx_mem_array(sx_mem *mem, size_t count, size_t elem);         /* NULL on overflow of count * elem; cleared */
void *sx_mem_realloc(sx_mem *mem, void *ptr, size_t size);    /* of sx_mem_alloc'd blocks; NULL keeps the old one */
char *sx_mem_strndup(sx_mem *mem, const char *s, size_t len); /* NUL-terminated copy */
void sx_mem_free(sx_mem *mem, void *ptr);

/* Makes room for `need` elements in a growing array: data is reallocated to at least that (doubling), cap updated.
 * Returns 0, or -1 when there is no memory (the array is untouched). Call as
 *     if (sx_mem_grow(mem, (void **)&v, &cap, n + 1, sizeof *v)) return sx_fail_memory(err); */
int sx_mem_grow_to(sx_mem *mem, void **data, size_t *cap, size_t need, size_t elem);
static inline int sx_mem_grow(sx_mem *mem, void **data, size_t *cap, size_t need, size_t elem)
{
    return need <= *cap ? 0 : sx_mem_grow_to(mem, data, cap, need, elem);
}

#endif
