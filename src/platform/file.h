/* Files: whole reads and read-only maps. Sentences name the path. */
#ifndef SX_PLATFORM_FILE_H
#define SX_PLATFORM_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/error.h"
#include "platform/mem.h"

typedef struct sx_map_file {
    const unsigned char *data; /* NULL for an empty file */
    size_t size;
    size_t lead; /* bytes mapped before data, down to a page */
} sx_map_file;

/* Maps a regular file read-only and shared. A file that shrinks while mapped is the caller's misfortune (SIGBUS), so
 * callers check offsets against size once and never re-read it. */
llm_status sx_file_map(sx_map_file *map, const char *path, llm_error *err);
/* The same of an open file's bytes [offset, offset + length); length 0: to its end. The map outlives the descriptor. */
llm_status sx_file_map_fd(sx_map_file *map, int fd, uint64_t offset, uint64_t length, llm_error *err);
void sx_file_unmap(sx_map_file *map);

bool sx_file_is_folder(const char *path);
bool sx_file_exists(const char *path);

/* Reads a whole regular file of at most max bytes into *data (NUL-terminated besides, sx_mem_free'd by the caller). */
llm_status sx_file_read(sx_mem *mem, const char *path, uint64_t max, char **data, size_t *size, llm_error *err);

#endif
