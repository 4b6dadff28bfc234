/* An arena: many small blocks that live and die together. Not shared between threads. */
#ifndef SX_PLATFORM_ARENA_H
#define SX_PLATFORM_ARENA_H

#include "platform/mem.h"

typedef struct sx_arena {
    sx_mem *mem;
    struct sx_arena_chunk *chunks;
} sx_arena;

void sx_arena_init(sx_arena *arena, sx_mem *mem);
void *sx_arena_alloc(sx_arena *arena, size_t size); /* 16-byte aligned, cleared; NULL without memory */
char *sx_arena_strndup(sx_arena *arena, const char *s, size_t len);
void sx_arena_free(sx_arena *arena); /* all of it; the arena is empty and usable */

#endif
