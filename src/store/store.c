/* The store on SQLite: one table of documents, one of their sections, each section with the hash of its bytes. A file has
 * two connections, one that writes and one that reads, each under a lock of its own: through the write-ahead log a reader
 * sees the last commit while a writer works, be it of this process or another. A store in memory has one for both. */
#include "store/store.h"

#include <string.h>

#include "platform/crypto.h"
#include "platform/map.h"
#include "store/inner.h"

/* the longer ones */
static const char bury[] =
    "INSERT INTO tombstone(doc) SELECT id FROM document WHERE name=?1 AND id NOT IN (SELECT doc FROM pending)";
static const char list_pending[] =
    "SELECT d.id,name,bytes,nodes,format,hash FROM pending p JOIN document d ON d.id=p.doc ORDER BY name";
static const char list_all[] = "SELECT d.id,name,bytes,nodes,format,hash,a.data,a.revision FROM document d LEFT JOIN "
                               "about a ON a.doc=d.id ORDER BY name";
static const char tell_of[] = "SELECT d.id,name,bytes,nodes,format,hash,a.data,a.revision FROM document d LEFT JOIN "
                              "about a ON a.doc=d.id WHERE name=?1";

static const char read_part[] =
    "SELECT s.hash,s.data,d.hash,d.name FROM section s,document d WHERE s.doc=?1 AND s.part=?2 AND d.id=?1";

static const char *const statements[SX_STATEMENTS] = {
    [SX_STMT_PUT_DOC] = "INSERT INTO document(name,bytes,nodes,format,hash) VALUES(?1,?2,?3,?4,?5)",
    [SX_STMT_PUT_SECTION] = "INSERT INTO section(doc,part,hash,data) VALUES(?1,?2,?3,?4)",
    [SX_STMT_DROP_DOC] = "DELETE FROM document WHERE name=?1",
    [SX_STMT_DROP_SECTIONS] = "DELETE FROM section WHERE doc=(SELECT id FROM document WHERE name=?1)",
    [SX_STMT_READ_SECTION] = read_part,
    [SX_STMT_DATA_VERSION] = "PRAGMA data_version",
    [SX_STMT_PUT_PENDING] = "INSERT INTO pending(doc) VALUES(?1)",
    [SX_STMT_BURY] = bury,
    [SX_STMT_DROP_PENDING] = "DELETE FROM pending WHERE doc=(SELECT id FROM document WHERE name=?1)",
    [SX_STMT_FIND] = "SELECT id,name,bytes,nodes,format,hash FROM document WHERE name=?1",
    [SX_STMT_GET] = "SELECT id,name,bytes,nodes,format,hash FROM document WHERE id=?1",
    [SX_STMT_PENDING] = list_pending,
    [SX_STMT_SEGMENTS] = "SELECT id,level,units FROM segment ORDER BY id",
    [SX_STMT_TOMBSTONES] = "SELECT doc FROM tombstone ORDER BY doc",
    [SX_STMT_READ_ROW] = "SELECT sum,data FROM posting WHERE id=?1",
    [SX_STMT_PUT_SEGMENT] = "INSERT INTO segment(level,units) VALUES(?1,?2)",
    [SX_STMT_PUT_ROW] = "INSERT INTO posting(id,sum,data) VALUES(?1,?2,?3)",
    [SX_STMT_DROP_SEGMENT] = "DELETE FROM segment WHERE id=?1",
    [SX_STMT_DROP_ROWS] = "DELETE FROM posting WHERE id>=?1 AND id<?2",
    [SX_STMT_SETTLE] = "DELETE FROM pending WHERE doc=?1",
    [SX_STMT_UNSETTLE] = "INSERT INTO pending(doc) SELECT id FROM document WHERE id=?1",
    [SX_STMT_UNBURY] = "DELETE FROM tombstone WHERE doc=?1",
    [SX_STMT_LIST] = list_all,
    [SX_STMT_TELL] = tell_of,
    [SX_STMT_CLAIM] = "SELECT 1 FROM document WHERE id=?1 AND coalesce((SELECT revision FROM about WHERE doc=?1),0)=?2",
    [SX_STMT_PUT_ABOUT] = "INSERT OR REPLACE INTO about(doc,revision,data) VALUES(?1,?2,?3)",
    [SX_STMT_DROP_ABOUT] = "DELETE FROM about WHERE doc=(SELECT id FROM document WHERE name=?1)",
};

#define TABLES_2 \
    SX_TABLES_OF_INDEX \
    "CREATE TABLE about(doc INTEGER PRIMARY KEY REFERENCES document(id), revision INTEGER NOT NULL, data BLOB NOT " \
    "NULL);"

/* What a file of form 1 is asked instead. */
static const char list_of_form_1[] = "SELECT id,name,bytes,nodes,format,hash,NULL,0 FROM document ORDER BY name";

/* Form 2 has the segments of the search over all documents; what form 1 held waits to be taken into one. It also has what is
 * said about documents. */
static const char *const upgrades[] = {TABLES_2 "INSERT INTO pending SELECT id FROM document;"};

static const sx_sql_form corpus_form = {
    .what = "corpus",
    .application_id = 0x53585443, /* "SXTC" */
    .version = 2,
    .upgrades = upgrades,
    /* AUTOINCREMENT: the id of a removed document is never given again */
    .schema =
        "CREATE TABLE document(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, bytes INTEGER NOT "
        "NULL,"
        " nodes INTEGER NOT NULL, format INTEGER NOT NULL, hash BLOB NOT NULL);"
        "CREATE TABLE section(doc INTEGER NOT NULL REFERENCES document(id), part INTEGER NOT NULL, hash BLOB NOT "
        "NULL,"
        " data BLOB NOT NULL, UNIQUE(doc,part));" TABLES_2,
};

const char *sx_store_version(void)
{
    return sqlite3_libversion();
}

/* Is it of a form that has segments? Only a reader can meet another. */
static llm_status look_for_segments(sx_connection *c, llm_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(c->db, "PRAGMA user_version", -1, &stmt, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_step(stmt);
    c->has_segments = rc == SQLITE_ROW && sqlite3_column_int(stmt, 0) >= 2;
    llm_status status = rc == SQLITE_ROW ? LLM_OK : sx_sql_fail(c->db, rc, "opening the corpus", err);
    sqlite3_finalize(stmt);
    return status;
}

static llm_status prepare_all(sx_connection *c, llm_error *err)
{
    llm_status status = look_for_segments(c, err);
    for (int i = 0; i < SX_STATEMENTS && status == LLM_OK; i++) {
        const char *sql = i == SX_STMT_LIST && !c->has_segments ? list_of_form_1 : statements[i];
        if (sql == statements[i] && !c->has_segments && sx_stmt_is_of_form_2(i)) continue;
        sqlite3_finalize(c->stmt[i]);
        c->stmt[i] = NULL;
        int rc = sqlite3_prepare_v3(c->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &c->stmt[i], NULL);
        if (rc == SQLITE_ERROR) /* our application id, but not our tables */
            status = sx_fail(err, LLM_E_CORRUPT, "the corpus lacks one of its tables (%s); restore it from a copy",
                             sqlite3_errmsg(c->db));
        else if (rc != SQLITE_OK)
            status = sx_sql_fail(c->db, rc, "opening the corpus", err);
    }
    return status;
}

static llm_status connect_to(sx_connection *c, const char *path, bool readonly, llm_error *err)
{
    llm_status status = sx_sql_open(&c->db, path, readonly, &corpus_form, err);
    return status == LLM_OK ? prepare_all(c, err) : status;
}

static void disconnect(sx_connection *c)
{
    for (int i = 0; i < SX_STATEMENTS; i++) sqlite3_finalize(c->stmt[i]);
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

void sx_store_impatient(sx_store *store)
{
    if (store->writer) sqlite3_busy_timeout(store->writer->db, 0);
}

void sx_store_close(sx_store *store)
{
    if (!store) return;
    disconnect(&store->second); /* the writer last: it folds the log into the file */
    disconnect(&store->first);
    sx_mem_free(store->mem, store);
}

/* Steps a statement that gives no rows and makes it ready for the next use. */
int sx_store_run(sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt), last = sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? last : rc;
}

/* Runs a statement whose only parameter is a document's name. */
static int run_named(sqlite3_stmt *stmt, const char *name)
{
    sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    return sx_store_run(stmt);
}

static int drop(sx_connection *c, const char *name)
{
    static const int steps[] = {SX_STMT_BURY, SX_STMT_DROP_PENDING, SX_STMT_DROP_ABOUT, SX_STMT_DROP_SECTIONS,
                                SX_STMT_DROP_DOC}; /* the document last: it is counted */
    int rc = SQLITE_OK;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && rc == SQLITE_OK; i++)
        rc = run_named(c->stmt[steps[i]], name);
    return rc;
}

/* A section's sum: eight bytes that find damage, in the place of the BLAKE2b of files of form 1. It hangs on the document's own
 * hash and on the part, so that a section that stands in another one's place is found too. That nothing was changed on
 * purpose is for the document's own hash to prove. */
enum { SUM_BYTES = 8 };

static void sum_of(unsigned char out[SUM_BYTES], const void *data, size_t size, const unsigned char *of, int part)
{
    uint64_t seed;
    memcpy(&seed, of, sizeof seed);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    seed = __builtin_bswap64(seed);
#endif
    uint64_t sum = sx_sum64(data, size, seed + (uint64_t)part + 1);
    for (int i = 0; i < SUM_BYTES; i++) out[i] = (unsigned char)(sum >> (8 * i));
}

bool sx_store_sum_fits(sqlite3_stmt *stmt, int column, int part)
{
    unsigned char now[SX_HASH_BYTES];
    const void *sum = sqlite3_column_blob(stmt, column), *data = sqlite3_column_blob(stmt, column + 1);
    size_t sum_size = (size_t)sqlite3_column_bytes(stmt, column), size = (size_t)sqlite3_column_bytes(stmt, column + 1);
    const void *of = sqlite3_column_blob(stmt, column + 2);
    if (!sum || (sum_size != SUM_BYTES && sum_size != SX_HASH_BYTES)) return false;
    if (sum_size == SUM_BYTES && (!of || sqlite3_column_bytes(stmt, column + 2) != SX_HASH_BYTES)) return false;
    if (sum_size == SUM_BYTES)
        sum_of(now, data, size, of, part);
    else
        sx_hash(now, data, size);
    return memcmp(now, sum, sum_size) == 0;
}

int sx_store_put_about(sx_connection *c, int64_t id, uint32_t revision, const void *about, size_t size)
{
    sqlite3_stmt *stmt = c->stmt[SX_STMT_PUT_ABOUT];
    if (!size) return SQLITE_OK;
    sqlite3_bind_int64(stmt, 1, id);
    sqlite3_bind_int64(stmt, 2, revision);
    sqlite3_bind_blob64(stmt, 3, about, size, SQLITE_STATIC);
    return sx_store_run(stmt);
}

int sx_store_put_rows(sx_connection *c, const sx_store_doc *doc, const sx_blob sections[SX_SECTIONS])
{
    sqlite3_stmt *insert = c->stmt[SX_STMT_PUT_DOC];
    int rc = drop(c, doc->name);
    if (rc != SQLITE_OK) return rc;
    sqlite3_bind_text(insert, 1, doc->name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(insert, 2, (int64_t)doc->bytes);
    sqlite3_bind_int64(insert, 3, doc->nodes);
    sqlite3_bind_int64(insert, 4, doc->format);
    sqlite3_bind_blob(insert, 5, doc->hash, sizeof doc->hash, SQLITE_STATIC);
    rc = sx_store_run(insert);
    int64_t id = sqlite3_last_insert_rowid(c->db);
    if (rc == SQLITE_OK) {
        sqlite3_bind_int64(c->stmt[SX_STMT_PUT_PENDING], 1, id);
        rc = sx_store_run(c->stmt[SX_STMT_PUT_PENDING]);
    }
    if (rc == SQLITE_OK) rc = sx_store_put_about(c, id, 1, doc->about, doc->about_size);
    for (int part = 0; part < SX_SECTIONS && rc == SQLITE_OK; part++) {
        unsigned char sum[SUM_BYTES];
        sqlite3_stmt *stmt = c->stmt[SX_STMT_PUT_SECTION];
        sum_of(sum, sections[part].data, sections[part].size, doc->hash, part);
        sqlite3_bind_int64(stmt, 1, id);
        sqlite3_bind_int(stmt, 2, part);
        sqlite3_bind_blob(stmt, 3, sum, sizeof sum, SQLITE_STATIC);
        rc = sections[part].size ? sqlite3_bind_blob64(stmt, 4, sections[part].data, sections[part].size, SQLITE_STATIC)
                                 : sqlite3_bind_zeroblob(stmt, 4, 0);
        if (rc == SQLITE_OK)
            rc = sx_store_run(stmt);
        else
            sqlite3_clear_bindings(stmt);
    }
    return rc;
}

llm_status sx_store_begin(sx_connection *c, llm_error *err)
{
    int rc = sx_sql_exec(c->db, "BEGIN IMMEDIATE");
    return rc == SQLITE_OK ? LLM_OK : sx_sql_fail(c->db, rc, "writing to the corpus", err);
}

llm_status sx_store_finish(sx_store *store, int rc, llm_error *err)
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

llm_status sx_store_fail_readonly(llm_error *err)
{
    return sx_fail(err, LLM_E_READONLY, "the corpus was opened read-only; open it for writing to change it");
}

llm_status sx_store_put(sx_store *store, const sx_store_doc *doc, const sx_blob sections[SX_SECTIONS], llm_error *err)
{
    sx_connection *c = store->writer;
    if (!c) return sx_store_fail_readonly(err);
    pthread_mutex_lock(&c->lock);
    llm_status status = sx_store_begin(c, err);
    if (status == LLM_OK) status = sx_store_finish(store, sx_store_put_rows(c, doc, sections), err);
    pthread_mutex_unlock(&c->lock);
    return status;
}

llm_status sx_store_remove(sx_store *store, const char *name, llm_error *err)
{
    sx_connection *c = store->writer;
    if (!c) return sx_store_fail_readonly(err);
    pthread_mutex_lock(&c->lock);
    llm_status status = sx_store_begin(c, err);
    if (status == LLM_OK) {
        int rc = drop(c, name), gone = sqlite3_changes(c->db);
        status = sx_store_finish(store, rc, err);
        if (status == LLM_OK && gone == 0)
            status = sx_fail(err, LLM_E_NOT_FOUND, "the corpus has no document named %s", name);
    }
    pthread_mutex_unlock(&c->lock);
    return status;
}

llm_status sx_store_read_doc(sqlite3_stmt *stmt, sx_store_doc *doc, llm_error *err)
{
    doc->id = sqlite3_column_int64(stmt, 0);
    doc->name = (const char *)sqlite3_column_text(stmt, 1);
    doc->bytes = (uint64_t)sqlite3_column_int64(stmt, 2);
    doc->nodes = (uint32_t)sqlite3_column_int64(stmt, 3);
    doc->format = (uint32_t)sqlite3_column_int64(stmt, 4);
    const void *hash = sqlite3_column_blob(stmt, 5);
    if (!doc->name) return sx_fail_memory(err);
    if (hash && sqlite3_column_bytes(stmt, 5) == SX_HASH_BYTES)
        memcpy(doc->hash, hash, SX_HASH_BYTES);
    else
        memset(doc->hash, 0, SX_HASH_BYTES); /* no document has it: this one is lost, the others are not */
    return LLM_OK;
}

/* A file of form 1 that was opened for reading may have been made new by another process: what is said there about
 * documents must not be overlooked. */
static llm_status refresh_form(sx_connection *c, llm_error *err)
{
    if (c->has_segments) return LLM_OK;
    llm_status status = look_for_segments(c, err);
    return status == LLM_OK && c->has_segments ? prepare_all(c, err) : status;
}

static llm_status read_about(sqlite3_stmt *stmt, sx_store_doc *doc, llm_error *err)
{
    doc->about = sqlite3_column_blob(stmt, 6);
    doc->about_size = (size_t)sqlite3_column_bytes(stmt, 6);
    doc->revision = (uint32_t)sqlite3_column_int64(stmt, 7);
    return doc->about_size && !doc->about ? sx_fail_memory(err) : LLM_OK;
}

/* The lock is held throughout, so that the list is one state of the corpus. */
static llm_status tell(sx_store *store, const char *only, llm_status (*fn)(void *user, const sx_store_doc *doc),
                       void *user, llm_error *err)
{
    sx_connection *c = store->reader;
    pthread_mutex_lock(&c->lock);
    llm_status status = refresh_form(c, err);
    sqlite3_stmt *stmt = c->stmt[only ? SX_STMT_TELL : SX_STMT_LIST];
    int rc = SQLITE_DONE;
    if (only) sqlite3_bind_text(stmt, 1, only, -1, SQLITE_STATIC);
    while (status == LLM_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        sx_store_doc doc = {0};
        status = sx_store_read_doc(stmt, &doc, err);
        if (status == LLM_OK) status = read_about(stmt, &doc, err);
        if (status == LLM_OK) status = fn(user, &doc);
    }
    if (status == LLM_OK && rc != SQLITE_DONE) status = sx_sql_fail(c->db, rc, "listing the documents", err);
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    pthread_mutex_unlock(&c->lock);
    return status;
}

llm_status sx_store_list(sx_store *store, llm_status (*fn)(void *user, const sx_store_doc *doc), void *user,
                         llm_error *err)
{
    return tell(store, NULL, fn, user, err);
}

llm_status sx_store_tell(sx_store *store, const char *name, llm_status (*fn)(void *user, const sx_store_doc *doc),
                         void *user, llm_error *err)
{
    return tell(store, name, fn, user, err);
}

static llm_status read_row(sx_store *store, sqlite3_stmt *stmt, int section, void **data, size_t *size, llm_error *err)
{
    const void *bytes = sqlite3_column_blob(stmt, 1);
    size_t n = (size_t)sqlite3_column_bytes(stmt, 1);
    if (n && !bytes) return sx_fail_memory(err);
    if (!sx_store_sum_fits(stmt, 0, section))
        return sx_fail(err, LLM_E_CORRUPT,
                       "section %d of document %s is damaged: its bytes do not match their hash; ingest it again",
                       section, (const char *)sqlite3_column_text(stmt, 3));
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
    sx_connection *c = store->reader;
    sqlite3_stmt *stmt = c->stmt[SX_STMT_READ_SECTION];
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
    sx_connection *c = store->reader;
    *data = NULL;
    *size = 0;
    pthread_mutex_lock(&c->lock);
    llm_status status = read_locked(store, id, section, data, size, err);
    pthread_mutex_unlock(&c->lock);
    return status;
}

llm_status sx_store_generation(sx_store *store, uint64_t *generation, llm_error *err)
{
    sx_connection *c = store->reader;
    pthread_mutex_lock(&c->lock);
    sqlite3_stmt *stmt = c->stmt[SX_STMT_DATA_VERSION];
    int rc = sqlite3_step(stmt);
    *generation = (uint64_t)sqlite3_column_int64(stmt, 0) << 32 | atomic_load(&store->own);
    llm_status status = rc == SQLITE_ROW ? LLM_OK : sx_sql_fail(c->db, rc, "reading the corpus", err);
    sqlite3_reset(stmt);
    pthread_mutex_unlock(&c->lock);
    return status;
}
