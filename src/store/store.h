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
    /* What is said about it, opaque here: given to a put, and told by sx_store_list alone. */
    const void *about; /* [about_size] */
    size_t about_size;
    uint32_t revision; /* set by the store: (id, revision) names one state of document and what is said about it */
} sx_store_doc;

typedef struct sx_blob {
    const void *data;
    size_t size;
} sx_blob;

/* path NULL: in memory. readonly: the file must exist. Errors: as llm_corpus_open. */
llm_status sx_store_open(sx_store **out, sx_mem *mem, const char *path, bool readonly, llm_error *err);
void sx_store_close(sx_store *store);
/* From now on a write does not wait for another process's: it fails instead. */
void sx_store_impatient(sx_store *store);

llm_status sx_store_put(sx_store *store, const sx_store_doc *doc, const sx_blob sections[SX_SECTIONS], llm_error *err);
/* The same if the document of that name still is in the state `was` (id 0: there is none); else LLM_E_BUSY. */
llm_status sx_store_replace(sx_store *store, const sx_store_doc *was, const sx_store_doc *doc,
                            const sx_blob sections[SX_SECTIONS], llm_error *err);
/* Replaces what is said about a document that still is in this state; else LLM_E_BUSY. */
llm_status sx_store_describe(sx_store *store, const sx_store_doc *was, const void *about, size_t size, llm_error *err);
llm_status sx_store_remove(sx_store *store, const char *name, llm_error *err);
/* Calls fn for each document sorted by name; a non-zero return stops with that status. fn may not use the
 * store. */
llm_status sx_store_list(sx_store *store, llm_status (*fn)(void *user, const sx_store_doc *doc), void *user,
                         llm_error *err);
/* The same for the document of one name, if there is one. Of a corpus that is written to. */
llm_status sx_store_tell(sx_store *store, const char *name, llm_status (*fn)(void *user, const sx_store_doc *doc),
                         void *user, llm_error *err);
/* The document of a name, or of an id: its name is the caller's (sx_mem_free). LLM_E_NOT_FOUND with a sentence. */
llm_status sx_store_find(sx_store *store, const char *name, sx_store_doc *doc, llm_error *err);
llm_status sx_store_get(sx_store *store, int64_t id, sx_store_doc *doc, llm_error *err);
/* *data is the caller's (sx_mem_free), NUL-terminated besides. */
llm_status sx_store_read(sx_store *store, int64_t id, int section, void **data, size_t *size, llm_error *err);

/* ---- segments: rows of opaque bytes that say something of many documents at once, never changed once written ----
 * Every document is either pending (in no segment yet: a put makes it so) or in one segment; one that was removed or
 * replaced since it went into a segment leaves its id as a tombstone until the segment is written anew. */

enum {
    SX_SEGMENT_ROWS = 1 << 24, /* most rows of one */
    SX_ROW_PAD = 8             /* zeroes behind the bytes of a row that was read */
};

typedef struct sx_store_segment {
    int64_t id; /* set by the store, never given again */
    uint32_t level, units;
} sx_store_segment;

/* One state of the corpus; the arrays are the caller's: sx_store_state_free. */
typedef struct sx_store_state {
    uint64_t generation;
    bool has_segments; /* false: an older form, opened read-only; then every document is to be looked for in the list */
    sx_store_segment *segments;
    size_t n_segments, segments_cap;
    int64_t *tombstones; /* [n_tombstones] ascending */
    size_t n_tombstones, tombstones_cap;
    sx_store_doc *pending; /* [n_pending] sorted by name, names owned */
    size_t n_pending, pending_cap;
} sx_store_state;

llm_status sx_store_state_read(sx_store *store, sx_store_state *state, llm_error *err);
void sx_store_state_free(sx_store *store, sx_store_state *state);

/* A new segment in the place of older ones and of pending documents. */
typedef struct sx_store_fold {
    uint32_t level, units;
    const sx_blob *rows; /* [n_rows]; none: no segment is made (all its documents are gone) */
    uint32_t n_rows;
    const int64_t *settled; /* [n_settled] pending documents that are in it */
    size_t n_settled;
    const int64_t *replaced; /* [n_replaced] segments that it stands for */
    size_t n_replaced;
    const int64_t *unburied; /* [n_unburied] tombstones whose documents no segment holds any longer */
    size_t n_unburied;
    const int64_t *unsettled; /* [n_unsettled] documents that are pending again */
    size_t n_unsettled;
} sx_store_fold;

/* LLM_MORE: what it was made of is no longer so; nothing was changed. */
llm_status sx_store_put_segment(sx_store *store, const sx_store_fold *fold, llm_error *err);
/* A row, proven by its sum; *data is the caller's. LLM_E_NOT_FOUND when the segment is gone. */
llm_status sx_store_read_row(sx_store *store, int64_t segment, uint32_t row, void **data, size_t *size, llm_error *err);

/* A number that changes whenever the documents changed, by this or another process: cheap to ask. */
llm_status sx_store_generation(sx_store *store, uint64_t *generation, llm_error *err);
/* ---- proof ---- */

/* Told of each damaged part that a check finds, in a sentence. doc: whose it is; NULL: no single document's. */
typedef struct sx_finder {
    void (*found)(void *user, const char *doc, const char *sentence);
    void *user;
} sx_finder;

/* Pages, b-trees, and that all tables hang together: each part that does not is told, and the search for others goes on.
 * LLM_E_CORRUPT when there was one, with the first. */
llm_status sx_store_check_form(sx_store *store, const sx_finder *finder, llm_error *err);
/* Removes the rows that belong to nothing, and where pages are damaged writes the file anew, which mends its indices and the
 * list of free pages; it is left as it is when a table cannot be read. */
llm_status sx_store_sweep(sx_store *store, llm_error *err);
/* Gives up all segments, also when their pages cannot be read: every document is pending then. */
llm_status sx_store_remake_index(sx_store *store, llm_error *err);
/* What sx_store_check_form does, and the bytes of every document against their sums; tells the first that is damaged. */
llm_status sx_store_check(sx_store *store, llm_error *err);

#endif
