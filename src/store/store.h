/* Where a corpus lives: documents as named records of sections (opaque blobs), in one SQLite file or in memory. A put or
 * remove happens wholly or not at all, also when the process is killed or the disk is full. Any thread may call; one
 * write at a time, readers are not blocked (write-ahead log). It knows nothing of trees, ranks or tokens. */
#ifndef SX_STORE_H
#define SX_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/error.h"
#include "platform/mem.h"

typedef struct sx_store sx_store;

const char *sx_store_version(void); /* of SQLite; static */

enum { SX_SECTION_TEXT, SX_SECTION_TREE, SX_SECTION_INDEX, SX_SECTIONS };

typedef struct sx_store_doc {
    int64_t id; /* set by the store; changes when a document is replaced */
    const char *name;
    uint64_t bytes; /* of canonical text */
    uint32_t nodes;
    uint32_t format; /* LLM_FORMAT_* */
    unsigned char hash[32];
} sx_store_doc;

typedef struct sx_blob {
    const void *data;
    size_t size;
} sx_blob;

/* path NULL: in memory. readonly: the file must exist. Errors: as llm_corpus_open. */
llm_status sx_store_open(sx_store **out, sx_mem *mem, const char *path, bool readonly, llm_error *err);
void sx_store_close(sx_store *store);

llm_status sx_store_put(sx_store *store, const sx_store_doc *doc, const sx_blob sections[SX_SECTIONS], llm_error *err);
llm_status sx_store_remove(sx_store *store, const char *name, llm_error *err);
/* Calls fn for each document sorted by name; a non-zero return stops with that status. fn may not use the
 * store. */
llm_status sx_store_list(sx_store *store, llm_status (*fn)(void *user, const sx_store_doc *doc), void *user,
                         llm_error *err);
/* *data is the caller's (sx_mem_free), NUL-terminated besides. */
llm_status sx_store_read(sx_store *store, int64_t id, int section, void **data, size_t *size, llm_error *err);
/* A number that changes whenever the documents changed, by this or another process: cheap to ask. */
llm_status sx_store_generation(sx_store *store, uint64_t *generation, llm_error *err);
/* LLM_E_CORRUPT with what is damaged, when the file does not prove sound. */
llm_status sx_store_check(sx_store *store, llm_error *err);

#endif
