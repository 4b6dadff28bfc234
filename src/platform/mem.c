/* The block header stands just before the pointer handed out: its size (for realloc and for the host's release) and how
 * far back the real block begins (for alignment). */
#include "platform/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct block_head {
    size_t size;   /* as requested */
    size_t offset; /* from the real block to the pointer handed out */
} block_head;

enum { MIN_ALIGN = 16 };

void sx_mem_init(sx_mem *mem, const llm_allocator *hook)
{
    memset(&mem->hook, 0, sizeof mem->hook);
    if (hook) mem->hook = *hook;
    atomic_init(&mem->live_bytes, 0);
}

void *sx_mem_alloc_aligned(sx_mem *mem, size_t size, size_t align)
{
    if (align < MIN_ALIGN) align = MIN_ALIGN;
    size_t offset = sizeof(block_head) > align ? sizeof(block_head) : align;
    if (size > SIZE_MAX / 2) return NULL;
    size_t total = (size + offset + align - 1) / align * align;
    char *raw = mem->hook.alloc     ? mem->hook.alloc(mem->hook.user, total, align)
                : align > MIN_ALIGN ? aligned_alloc(align, total)
                                    : malloc(total);
    if (!raw) return NULL;
    block_head *head = (block_head *)(void *)(raw + offset) - 1;
    head->size = size;
    head->offset = offset;
    atomic_fetch_add_explicit(&mem->live_bytes, size, memory_order_relaxed);
    return raw + offset;
}

void *sx_mem_alloc(sx_mem *mem, size_t size)
{
    return sx_mem_alloc_aligned(mem, size, MIN_ALIGN);
}

void *sx_mem_zalloc(sx_mem *mem, size_t size)
{
    void *ptr = sx_mem_alloc(mem, size);
    if (ptr) memset(ptr, 0, size);
    return ptr;
}

void *sx_mem_array(sx_mem *mem, size_t count, size_t elem)
{
    if (elem && count > SIZE_MAX / 2 / elem) return NULL;
    return sx_mem_zalloc(mem, count * elem);
}

void sx_mem_free(sx_mem *mem, void *ptr)
{
    if (!ptr) return;
    block_head *head = (block_head *)ptr - 1;
    char *raw = (char *)ptr - head->offset;
    size_t size = head->size, align = head->offset;
    atomic_fetch_sub_explicit(&mem->live_bytes, size, memory_order_relaxed);
    if (mem->hook.alloc)
        mem->hook.release(mem->hook.user, raw, (size + head->offset + align - 1) / align * align);
    else
        free(raw);
}

/* The system's own way for a block that came from malloc: a large one keeps its pages and moves without being copied. */
static void *resize(sx_mem *mem, char *ptr, size_t old, size_t size)
{
    char *raw = size > SIZE_MAX / 2 ? NULL
                                    : realloc(ptr - MIN_ALIGN, (size + 2 * MIN_ALIGN - 1) / MIN_ALIGN * MIN_ALIGN);
    if (!raw) return NULL;
    ((block_head *)(void *)(raw + MIN_ALIGN) - 1)->size = size;
    atomic_fetch_add_explicit(&mem->live_bytes, size - old, memory_order_relaxed); /* wraps where it shrinks */
    return raw + MIN_ALIGN;
}

void *sx_mem_realloc(sx_mem *mem, void *ptr, size_t size)
{
    if (!ptr) return sx_mem_alloc(mem, size);
    const block_head *head = (block_head *)ptr - 1;
    size_t old = head->size;
    if (!mem->hook.alloc && head->offset == MIN_ALIGN) return resize(mem, ptr, old, size);
    void *bigger = sx_mem_alloc(mem, size);
    if (!bigger) return NULL;
    memcpy(bigger, ptr, old < size ? old : size);
    sx_mem_free(mem, ptr);
    return bigger;
}

char *sx_mem_strndup(sx_mem *mem, const char *s, size_t len)
{
    char *copy = sx_mem_alloc(mem, len + 1);
    if (!copy) return NULL;
    if (len) memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

int sx_mem_grow_to(sx_mem *mem, void **data, size_t *cap, size_t need, size_t elem)
{
    size_t n = *cap ? *cap : 8;
    while (n < need) {
        if (n > SIZE_MAX / 4) return -1;
        n *= 2;
    }
    if (n > SIZE_MAX / 2 / elem) return -1;
    void *bigger = sx_mem_realloc(mem, *data, n * elem);
    if (!bigger) return -1;
    *data = bigger;
    *cap = n;
    return 0;
}
