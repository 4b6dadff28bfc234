/* The store on SQLite: one table of documents, one of their sections, each section with the hash of its bytes. A file has
 * two connections, one that writes and one that reads, each under a lock of its own: through the write-ahead log a reader
 * sees the last commit while a writer works, be it of this process or another. A store in memory has one for both. */
#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "platform/crypto.h"
#include "store/sql.h"

enum { PUT_DOC, PUT_SECTION, DROP_DOC, DROP_SECTIONS, READ_SECTION, DATA_VERSION, STATEMENTS };

static const char *const statements[STATEMENTS] = {
    [PUT_DOC] = "INSERT INTO document(name,bytes,nodes,format,hash) VALUES(?1,?2,?3,?4,?5)",
    [PUT_SECTION] = "INSERT INTO section(doc,part,hash,data) VALUES(?1,?2,?3,?4)",
    [DROP_DOC] = "DELETE FROM document WHERE name=?1",
    [DROP_SECTIONS] = "DELETE FROM section WHERE doc=(SELECT id FROM document WHERE name=?1)",
    [READ_SECTION] = "SELECT hash,data FROM section WHERE doc=?1 AND part=?2",
    [DATA_VERSION] = "PRAGMA data_version",
};

static const sx_sql_form corpus_form = {
    .what = "corpus",
    .application_id = 0x53585443, /* "SXTC" */
    .version = 1,
    /* AUTOINCREMENT: the id of a removed document is never given again */
    .schema =
        "CREATE TABLE document(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, bytes INTEGER NOT "
        "NULL,"
        " nodes INTEGER NOT NULL, format INTEGER NOT NULL, hash BLOB NOT NULL);"
        "CREATE TABLE section(doc INTEGER NOT NULL REFERENCES document(id), part INTEGER NOT NULL, hash BLOB NOT "
        "NULL,"
        " data BLOB NOT NULL, UNIQUE(doc,part));",
};

typedef struct {
    sqlite3 *db;
    sqlite3_stmt *stmt[STATEMENTS];
    pthread_mutex_t lock;
} connection;

struct sx_store {
    sx_mem *mem;
    connection first, second;
    connection *writer; /* NULL: read-only */
    connection *reader; /* the same one in memory */
    atomic_uint own;    /* commits of this handle, which a connection's data_version does not count when it made them */
};

const char *sx_store_version(void)
{
    return sqlite3_libversion();
}

static llm_status connect_to(connection *c, const char *path, bool readonly, llm_error *err)
{
    llm_status status = sx_sql_open(&c->db, path, readonly, &corpus_form, err);
    for (int i = 0; i < STATEMENTS && status == LLM_OK; i++) {
        int rc = sqlite3_prepare_v3(c->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &c->stmt[i], NULL);
        if (rc == SQLITE_ERROR) /* our application id, but not our tables */
            status = sx_fail(err, LLM_E_CORRUPT, "the corpus lacks one of its tables (%s); restore it from a copy",
                             sqlite3_errmsg(c->db));
        else if (rc != SQLITE_OK)
            status = sx_sql_fail(c->db, rc, "opening the corpus", err);
    }
    return status;
}

static void disconnect(connection *c)
{
    for (int i = 0; i < STATEMENTS; i++) sqlite3_finalize(c->stmt[i]);
    sqlite3_close(c->db);
    pthread_mutex_destroy(&c->lock);
}

llm_status sx_store_open(sx_store **out, sx_mem *mem, const char *path, bool readonly, llm_error *err)
{
    *out = NULL;
    llm_status status = sx_crypto_init(err);
    if (status != LLM_OK) return status;
    sx_store *store = sx_mem_zalloc(mem, sizeof *store);
    if (!store) return sx_fail_memory(err);
    store->mem = mem;
    atomic_init(&store->own, 0);
    pthread_mutex_init(&store->first.lock, NULL); /* a default mutex of this libc asks for nothing and cannot fail */
    pthread_mutex_init(&store->second.lock, NULL);
    store->reader = &store->first;
    status = connect_to(&store->first, path, readonly, err);
    if (!readonly) store->writer = &store->first;
    if (status == LLM_OK && !readonly && path) {
        store->reader = &store->second;
        status = connect_to(&store->second, path, true, err);
    }
    if (status != LLM_OK) {
        sx_store_close(store);
        return status;
    }
    *out = store;
    return LLM_OK;
}

void sx_store_close(sx_store *store)
{
    if (!store) return;
    disconnect(&store->second); /* the writer last: it folds the log into the file */
    disconnect(&store->first);
    sx_mem_free(store->mem, store);
}

/* Steps a statement that gives no rows and makes it ready for the next use. */
static int run(sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt), last = sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? last : rc;
}

static int drop(connection *c, const char *name)
{
    sqlite3_bind_text(c->stmt[DROP_SECTIONS], 1, name, -1, SQLITE_STATIC);
    int rc = run(c->stmt[DROP_SECTIONS]);
    if (rc != SQLITE_OK) return rc;
    sqlite3_bind_text(c->stmt[DROP_DOC], 1, name, -1, SQLITE_STATIC);
    return run(c->stmt[DROP_DOC]);
}

static int put(connection *c, const sx_store_doc *doc, const sx_blob sections[SX_SECTIONS])
{
    sqlite3_stmt *insert = c->stmt[PUT_DOC];
    int rc = drop(c, doc->name);
    if (rc != SQLITE_OK) return rc;
    sqlite3_bind_text(insert, 1, doc->name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(insert, 2, (int64_t)doc->bytes);
    sqlite3_bind_int64(insert, 3, doc->nodes);
    sqlite3_bind_int64(insert, 4, doc->format);
    sqlite3_bind_blob(insert, 5, doc->hash, sizeof doc->hash, SQLITE_STATIC);
    rc = run(insert);
    int64_t id = sqlite3_last_insert_rowid(c->db);
    for (int part = 0; part < SX_SECTIONS && rc == SQLITE_OK; part++) {
        unsigned char hash[SX_HASH_BYTES];
        sqlite3_stmt *stmt = c->stmt[PUT_SECTION];
        sx_hash(hash, sections[part].data, sections[part].size);
        sqlite3_bind_int64(stmt, 1, id);
        sqlite3_bind_int(stmt, 2, part);
        sqlite3_bind_blob(stmt, 3, hash, sizeof hash, SQLITE_STATIC);
        rc = sections[part].size ? sqlite3_bind_blob64(stmt, 4, sections[part].data, sections[part].size, SQLITE_STATIC)
                                 : sqlite3_bind_zeroblob(stmt, 4, 0);
        if (rc == SQLITE_OK)
            rc = run(stmt);
        else
            sqlite3_clear_bindings(stmt);
    }
    return rc;
}

static llm_status begin(connection *c, llm_error *err)
{
    int rc = sx_sql_exec(c->db, "BEGIN IMMEDIATE");
    return rc == SQLITE_OK ? LLM_OK : sx_sql_fail(c->db, rc, "writing to the corpus", err);
}

static llm_status finish(sx_store *store, int rc, llm_error *err)
{
    sqlite3 *db = store->writer->db;
    if (rc == SQLITE_OK) rc = sx_sql_exec(db, "COMMIT");
    if (rc == SQLITE_OK) {
        atomic_fetch_add(&store->own, 1);
        return LLM_OK;
    }
    llm_status status = sx_sql_fail(db, rc, "writing to the corpus", err);
    if (!sqlite3_get_autocommit(db)) sx_sql_exec(db, "ROLLBACK");
    return status;
}

static llm_status fail_readonly(llm_error *err)
{
    return sx_fail(err, LLM_E_READONLY, "the corpus was opened read-only; open it for writing to change it");
}

llm_status sx_store_put(sx_store *store, const sx_store_doc *doc, const sx_blob sections[SX_SECTIONS], llm_error *err)
{
    connection *c = store->writer;
    if (!c) return fail_readonly(err);
    pthread_mutex_lock(&c->lock);
    llm_status status = begin(c, err);
    if (status == LLM_OK) status = finish(store, put(c, doc, sections), err);
    pthread_mutex_unlock(&c->lock);
    return status;
}

llm_status sx_store_remove(sx_store *store, const char *name, llm_error *err)
{
    connection *c = store->writer;
    if (!c) return fail_readonly(err);
    pthread_mutex_lock(&c->lock);
    llm_status status = begin(c, err);
    if (status == LLM_OK) {
        int rc = drop(c, name), gone = sqlite3_changes(c->db);
        status = finish(store, rc, err);
        if (status == LLM_OK && gone == 0)
            status = sx_fail(err, LLM_E_NOT_FOUND, "the corpus has no document named %s", name);
    }
    pthread_mutex_unlock(&c->lock);
    return status;
}

static llm_status read_doc(sqlite3_stmt *stmt, sx_store_doc *doc, llm_error *err)
{
    doc->id = sqlite3_column_int64(stmt, 0);
    doc->name = (const char *)sqlite3_column_text(stmt, 1);
    doc->bytes = (uint64_t)sqlite3_column_int64(stmt, 2);
    doc->nodes = (uint32_t)sqlite3_column_int64(stmt, 3);
    doc->format = (uint32_t)sqlite3_column_int64(stmt, 4);
    const void *hash = sqlite3_column_blob(stmt, 5);
    if (!doc->name) return sx_fail_memory(err);
    if (!hash || sqlite3_column_bytes(stmt, 5) != SX_HASH_BYTES)
        return sx_fail(err, LLM_E_CORRUPT, "the hash of document %s is damaged; ingest it again", doc->name);
    memcpy(doc->hash, hash, SX_HASH_BYTES);
    return LLM_OK;
}

/* The lock is held throughout, so that the list is one state of the corpus. */
llm_status sx_store_list(sx_store *store, llm_status (*fn)(void *user, const sx_store_doc *doc), void *user,
                         llm_error *err)
{
    connection *c = store->reader;
    sqlite3_stmt *stmt = NULL;
    pthread_mutex_lock(&c->lock);
    int rc = sqlite3_prepare_v2(c->db,
                                "SELECT id,name,bytes,nodes,format,hash FROM document ORDER BY "
                                "name",
                                -1, &stmt, NULL);
    llm_status status = LLM_OK;
    if (rc == SQLITE_OK)
        while (status == LLM_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
            sx_store_doc doc = {0};
            status = read_doc(stmt, &doc, err);
            if (status == LLM_OK) status = fn(user, &doc);
        }
    if (status == LLM_OK && rc != SQLITE_DONE) status = sx_sql_fail(c->db, rc, "listing the documents", err);
    sqlite3_finalize(stmt);
    pthread_mutex_unlock(&c->lock);
    return status;
}

static llm_status read_row(sx_store *store, sqlite3_stmt *stmt, int section, void **data, size_t *size, llm_error *err)
{
    const void *hash = sqlite3_column_blob(stmt, 0);
    size_t hash_size = (size_t)sqlite3_column_bytes(stmt, 0);
    const void *bytes = sqlite3_column_blob(stmt, 1);
    size_t n = (size_t)sqlite3_column_bytes(stmt, 1);
    if (n && !bytes) return sx_fail_memory(err);
    unsigned char now[SX_HASH_BYTES];
    sx_hash(now, bytes, n);
    if (hash_size != SX_HASH_BYTES || memcmp(now, hash, SX_HASH_BYTES) != 0)
        return sx_fail(err, LLM_E_CORRUPT,
                       "section %d of a document is damaged: its bytes do not match their hash; ingest it again",
                       section);
    char *copy = sx_mem_alloc(store->mem, n + 1);
    if (!copy) return sx_fail_memory(err);
    if (n) memcpy(copy, bytes, n);
    copy[n] = '\0';
    *data = copy;
    *size = n;
    return LLM_OK;
}

static llm_status read_locked(sx_store *store, int64_t id, int section, void **data, size_t *size, llm_error *err)
{
    connection *c = store->reader;
    sqlite3_stmt *stmt = c->stmt[READ_SECTION];
    sqlite3_bind_int64(stmt, 1, id);
    sqlite3_bind_int(stmt, 2, section);
    int rc = sqlite3_step(stmt);
    llm_status status;
    if (rc == SQLITE_ROW)
        status = read_row(store, stmt, section, data, size, err);
    else if (rc == SQLITE_DONE)
        status = sx_fail(err, LLM_E_NOT_FOUND, "the document was removed or replaced");
    else
        status = sx_sql_fail(c->db, rc, "reading a document", err);
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return status;
}

llm_status sx_store_read(sx_store *store, int64_t id, int section, void **data, size_t *size, llm_error *err)
{
    connection *c = store->reader;
    *data = NULL;
    *size = 0;
    pthread_mutex_lock(&c->lock);
    llm_status status = read_locked(store, id, section, data, size, err);
    pthread_mutex_unlock(&c->lock);
    return status;
}

llm_status sx_store_generation(sx_store *store, uint64_t *generation, llm_error *err)
{
    connection *c = store->reader;
    pthread_mutex_lock(&c->lock);
    sqlite3_stmt *stmt = c->stmt[DATA_VERSION];
    int rc = sqlite3_step(stmt);
    *generation = (uint64_t)sqlite3_column_int64(stmt, 0) << 32 | atomic_load(&store->own);
    llm_status status = rc == SQLITE_ROW ? LLM_OK : sx_sql_fail(c->db, rc, "reading the corpus", err);
    sqlite3_reset(stmt);
    pthread_mutex_unlock(&c->lock);
    return status;
}

/* SQLite's own proof: pages, b-trees, indices. */
static llm_status check_structure(connection *c, llm_error *err)
{
    sqlite3_stmt *stmt = NULL;
    llm_status status = LLM_OK;
    int rc = sqlite3_prepare_v2(c->db, "PRAGMA integrity_check(1)", -1, &stmt, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        const char *told = (const char *)sqlite3_column_text(stmt, 0);
        if (!told)
            status = sx_fail_memory(err);
        else if (strcmp(told, "ok") != 0)
            status = sx_fail(err, LLM_E_CORRUPT, "the corpus file is damaged (%.*s); restore it from a copy",
                             (int)strcspn(told, "\n"), told);
    } else {
        status = sx_sql_fail(c->db, rc, "checking the corpus", err);
    }
    sqlite3_finalize(stmt);
    return status;
}

/* Every document has its sections, every section its document, and every section's bytes their hash. */
static llm_status check_sections(connection *c, llm_error *err)
{
    sqlite3_stmt *stmt = NULL;
    llm_status status = LLM_OK;
    int rc = sqlite3_prepare_v2(
        c->db,
        "SELECT d.name, s.part, s.hash, s.data FROM section s LEFT JOIN document d ON d.id=s.doc "
        "UNION ALL SELECT d.name, -1, NULL, NULL FROM document d "
        "WHERE (SELECT count(*) FROM section s WHERE s.doc=d.id)<>3",
        -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        while (status == LLM_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
            const char *name = (const char *)sqlite3_column_text(stmt, 0);
            unsigned char now[SX_HASH_BYTES];
            const void *hash = sqlite3_column_blob(stmt, 2), *data = sqlite3_column_blob(stmt, 3);
            if (!name || !hash || sqlite3_column_bytes(stmt, 2) != SX_HASH_BYTES) {
                status = sx_fail(err, LLM_E_CORRUPT, "document %s has lost a part; ingest it again",
                                 name ? name : "(unknown)");
                break;
            }
            sx_hash(now, data, (size_t)sqlite3_column_bytes(stmt, 3));
            if (memcmp(now, hash, sizeof now) != 0)
                status = sx_fail(
                    err, LLM_E_CORRUPT,
                    "section %d of document %s is damaged: its bytes do not match their hash; ingest it again",
                    sqlite3_column_int(stmt, 1), name);
        }
    if (status == LLM_OK && rc != SQLITE_DONE) status = sx_sql_fail(c->db, rc, "checking the corpus", err);
    sqlite3_finalize(stmt);
    return status;
}

llm_status sx_store_check(sx_store *store, llm_error *err)
{
    connection *c = store->reader;
    pthread_mutex_lock(&c->lock);
    llm_status status = check_structure(c, err);
    if (status == LLM_OK) status = check_sections(c, err);
    pthread_mutex_unlock(&c->lock);
    return status;
}
