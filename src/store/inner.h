/* The inside of the store: what its files share. */
#ifndef SX_STORE_INNER_H
#define SX_STORE_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/sql.h"
#include "store/store.h"

enum {
    SX_STMT_PUT_DOC,
    SX_STMT_PUT_SECTION,
    SX_STMT_DROP_DOC,
    SX_STMT_DROP_SECTIONS,
    SX_STMT_READ_SECTION,
    SX_STMT_DATA_VERSION,
    SX_STMT_FIND,
    SX_STMT_GET,
    SX_STMT_PUT_PENDING, /* from here on: of form 2 */
    SX_STMT_BURY,
    SX_STMT_DROP_PENDING,
    SX_STMT_PENDING,
    SX_STMT_SEGMENTS,
    SX_STMT_TOMBSTONES,
    SX_STMT_READ_ROW,
    SX_STMT_PUT_SEGMENT,
    SX_STMT_PUT_ROW,
    SX_STMT_DROP_SEGMENT,
    SX_STMT_DROP_ROWS,
    SX_STMT_SETTLE,
    SX_STMT_UNSETTLE,
    SX_STMT_UNBURY,
    SX_STMT_LIST,
    SX_STMT_CLAIM,
    SX_STMT_PUT_ABOUT,
    SX_STMT_DROP_ABOUT,
    SX_STMT_TELL,
    SX_STATEMENTS
};

static inline bool sx_stmt_is_of_form_2(int statement)
{
    return statement >= SX_STMT_PUT_PENDING;
}

/* What is made of documents, and may be made anew. */
#define SX_TABLES_OF_INDEX \
    "CREATE TABLE pending(doc INTEGER PRIMARY KEY);" \
    "CREATE TABLE tombstone(doc INTEGER PRIMARY KEY);" \
    "CREATE TABLE segment(id INTEGER PRIMARY KEY AUTOINCREMENT, level INTEGER NOT NULL, units INTEGER NOT NULL);" \
    "CREATE TABLE posting(id INTEGER PRIMARY KEY, sum INTEGER NOT NULL, data BLOB NOT NULL);"

typedef struct sx_connection {
    sqlite3 *db;
    sqlite3_stmt *stmt[SX_STATEMENTS];
    pthread_mutex_t lock;
    bool has_segments; /* false: a file of form 1, opened read-only */
} sx_connection;

struct sx_store {
    sx_mem *mem;
    sx_connection first, second;
    sx_connection *writer; /* NULL: read-only */
    sx_connection *reader; /* the same one in memory */
    atomic_uint own; /* commits of this handle, which a connection's data_version does not count when it made them */
};

/* A document and its sections in the place of the one of that name, inside a write. Returns SQLite's code. */
int sx_store_put_rows(sx_connection *c, const sx_store_doc *doc, const sx_blob sections[SX_SECTIONS]);
/* Of a row whose columns from this one on are a section's sum, its data and the hash of its document. */
bool sx_store_sum_fits(sqlite3_stmt *stmt, int column, int part);
/* Says something about a document of this id, inside a write. Nothing for an empty one. */
int sx_store_put_about(sx_connection *c, int64_t id, uint32_t revision, const void *about, size_t size);
/* Steps a statement that gives no rows and makes it ready for the next use. */
int sx_store_run(sqlite3_stmt *stmt);
/* A write, whole or not at all: begin with the writer's lock held; finish commits when rc is SQLITE_OK, else takes back. */
llm_status sx_store_begin(sx_connection *c, llm_error *err);
llm_status sx_store_finish(sx_store *store, int rc, llm_error *err);
llm_status sx_store_fail_readonly(llm_error *err);
llm_status sx_store_read_doc(sqlite3_stmt *stmt, sx_store_doc *doc, llm_error *err);

#endif
