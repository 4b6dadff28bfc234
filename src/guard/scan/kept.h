/* What was compiled, kept in a folder of the host's for the next guard and the next process: a file for each thing, named by a
 * digest of all that it was compiled from, so that nothing stale is ever found. A file appears whole or not at all, carries a
 * digest of itself and is mapped, so that processes share it. Whoever reads parts checks every number in them before it is
 * used: the folder may be written by others. */
#ifndef SX_GUARD_SCAN_KEPT_H
#define SX_GUARD_SCAN_KEPT_H

#include <stdbool.h>

#include "platform/crypto.h"
#include "platform/file.h"
#include "platform/mem.h"

/* Changes when the same source would be compiled to something else, or is laid out otherwise. */
#define SX_KEPT_FORMAT 1u

enum { SX_KEPT_PARTS_MAX = 8 };

typedef struct sx_kept {
    sx_map_file map;
    uint32_t part_n;
    struct sx_kept_part {
        const void *data; /* 64-byte aligned */
        size_t bytes;
    } part[SX_KEPT_PARTS_MAX];
} sx_kept;

typedef struct sx_kept_part sx_kept_part;

/* False: there is none, or it is damaged. */
bool sx_kept_open(sx_kept *kept, sx_mem *mem, const char *folder, const unsigned char key[SX_HASH_BYTES]);
void sx_kept_close(sx_kept *kept); /* a zeroed one is fine */
/* A part as an array; NULL when its size is no multiple of an element's. */
const void *sx_kept_array(const sx_kept *kept, uint32_t part, size_t element, size_t *count);
/* What is said of a file that is whole and holds what it should not. */
llm_status sx_kept_refuse(const char *folder, llm_error *err);
/* Keeps parts under a key. What fails leaves no file behind. */
llm_status sx_kept_write(sx_mem *mem, const char *folder, const unsigned char key[SX_HASH_BYTES],
                         const sx_kept_part *parts, uint32_t count, llm_error *err);

#endif
