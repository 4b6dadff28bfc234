#include "platform/arena.h"

#include <string.h>

enum { CHUNK_BYTES = 16384, ALIGN = 16 };

struct sx_arena_chunk {
    struct sx_arena_chunk *next;
    size_t used, size; /* of the bytes behind this head */
};

void sx_arena_init(sx_arena *arena, sx_mem *mem)
{
    arena->mem = mem;
    arena->chunks = NULL;
}

void *sx_arena_alloc(sx_arena *arena, size_t size)
{
    if (size > (size_t)-1 / 4) return NULL;
    size = (size + ALIGN - 1) / ALIGN * ALIGN;
    const size_t head = (sizeof(struct sx_arena_chunk) + ALIGN - 1) / ALIGN * ALIGN;
    struct sx_arena_chunk *c = arena->chunks;
    if (!c || c->size - c->used < size) {
        size_t room = size > CHUNK_BYTES ? size : CHUNK_BYTES;
        c = sx_mem_alloc(arena->mem, head + room);
        if (!c) return NULL;
        *c = (struct sx_arena_chunk){arena->chunks, 0, room};
        arena->chunks = c;
    }
    void *ptr = (char *)c + head + c->used;
    c->used += size;
    memset(ptr, 0, size);
    return ptr;
}

char *sx_arena_strndup(sx_arena *arena, const char *s, size_t len)
{
    char *copy = sx_arena_alloc(arena, len + 1);
    if (copy && len) memcpy(copy, s, len);
    return copy;
}

void sx_arena_free(sx_arena *arena)
{
    while (arena->chunks) {
        struct sx_arena_chunk *next = arena->chunks->next;
        sx_mem_free(arena->mem, arena->chunks);
        arena->chunks = next;
    }
}
