/* A file that appears whole or not at all: it grows under a temporary name beside its own and takes its name when it is
 * finished and on the disk. Sentences name the path. */
#ifndef SX_PLATFORM_NEWFILE_H
#define SX_PLATFORM_NEWFILE_H

#include <stdio.h>

#include "platform/buf.h"
#include "platform/error.h"

typedef struct sx_new_file {
    const char *path; /* the caller's */
    sx_buf temporary;
    FILE *out;
} sx_new_file;

/* LLM_E_INVALID when the path names something that is not a regular file: a rename would put a file in its place. */
llm_status sx_new_file_begin(sx_new_file *f, sx_mem *mem, const char *path, llm_error *err);
llm_status sx_new_file_put(sx_new_file *f, const void *bytes, size_t n, llm_error *err);
/* Ends it: with LLM_OK the file takes its name, with a failure it is removed. Returns the status, or what went wrong now.
 * Must follow a sx_new_file_begin that succeeded. */
llm_status sx_new_file_end(sx_new_file *f, llm_status status, llm_error *err);

#endif
