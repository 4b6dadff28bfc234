/* A log's file read record by record, forwards, within a bounded window. */
#ifndef SX_GUARD_AUDIT_WALK_H
#define SX_GUARD_AUDIT_WALK_H

#include "guard/audit/record.h"

typedef struct sx_walk {
    int fd;
    uint64_t size; /* of the file when the walk began */
    uint64_t at;   /* offset of the next record */
    sx_buf window; /* bytes from `from` on */
    uint64_t from;
    const char *path; /* for sentences */
} sx_walk;

/* Opens for reading; the header is checked and skipped. */
llm_status sx_walk_begin(sx_walk *walk, sx_mem *mem, const char *path, sx_audit_header *header, llm_error *err);
/* The same over an open file, from a record's offset on; the file stays the caller's. */
void sx_walk_over(sx_walk *walk, sx_mem *mem, int fd, uint64_t size, uint64_t at, const char *path);
void sx_walk_end(sx_walk *walk, bool close_file);
/* The next whole frame: *found false at the end, or where the bytes are no frame. The record lives until the next call. */
llm_status sx_walk_next(sx_walk *walk, sx_record *record, bool *found, llm_error *err);
/* After a stop before the file's end: does a whole record with a number above `number` stand somewhere behind? Its number, or
 * 0. Then the walk goes on there if `go` is set. */
llm_status sx_walk_resync(sx_walk *walk, uint64_t number, bool go, uint64_t *found, llm_error *err);
/* Reads exactly n bytes at an offset. */
llm_status sx_read_at(int fd, void *bytes, size_t n, uint64_t at, const char *path, llm_error *err);

#endif
