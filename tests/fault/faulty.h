/* An allocator that fails at will and keeps books: every block that goes out must come back with its size, nothing may be
 * left at the end, and the n-th request can be refused, once or from there on. */
#ifndef SX_TESTS_FAULTY_H
#define SX_TESTS_FAULTY_H

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sextant.h"

typedef struct faulty {
    atomic_llong live_bytes, live_blocks, requests, peak;
    long long fail_at; /* this request gets NULL (1 is the first); 0: none */
    int and_after;     /* and so do all that follow */
    atomic_int refused, mistakes;
} faulty;

typedef struct faulty_head {
    uint64_t size, magic;
} faulty_head;

static inline void *faulty_alloc(void *user, size_t size, size_t align)
{
    faulty *f = user;
    long long n = atomic_fetch_add(&f->requests, 1) + 1;
    if (f->fail_at && (n == f->fail_at || (f->and_after && n > f->fail_at))) {
        atomic_fetch_add(&f->refused, 1);
        return NULL;
    }
    if (align < 16) align = 16;
    if (size > SIZE_MAX / 2) return NULL;
    char *raw = aligned_alloc(align, (size + align + align - 1) / align * align);
    if (!raw) return NULL;
    faulty_head *head = (faulty_head *)(void *)(raw + align) - 1;
    head->size = size;
    head->magic = 0x5e7a9b1c ^ align;
    memset(raw + align, 0xa5, size); /* fresh memory is never clean */
    atomic_fetch_add(&f->live_blocks, 1);
    long long live = atomic_fetch_add(&f->live_bytes, (long long)size) + (long long)size;
    if (live > atomic_load(&f->peak)) atomic_store(&f->peak, live);
    return raw + align;
}

static inline void faulty_release(void *user, void *ptr, size_t size)
{
    faulty *f = user;
    faulty_head *head = (faulty_head *)ptr - 1;
    uint64_t align = head->magic ^ 0x5e7a9b1c;
    if (head->size != size || align < 16 || align > 65536) {
        atomic_fetch_add(&f->mistakes, 1);
        return;
    }
    atomic_fetch_sub(&f->live_bytes, (long long)size);
    atomic_fetch_sub(&f->live_blocks, 1);
    memset(ptr, 0x5a, size); /* and is never readable afterwards */
    head->magic = 0;
    free((char *)ptr - align);
}

static inline llm_allocator faulty_hook(faulty *f)
{
    llm_allocator a = {(uint32_t)sizeof a, 0, f, faulty_alloc, faulty_release};
    return a;
}

#endif
