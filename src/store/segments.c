/* Segments in the store: one row of `segment` each, its bytes in rows of `posting` under consecutive keys, and the two
 * short tables that say which documents no segment holds yet and which a segment holds in vain. */
#include <string.h>

#include "platform/map.h"
#include "store/inner.h"

static int64_t row_key(int64_t segment, uint32_t row)
{
    return segment * SX_SEGMENT_ROWS + row;
}

static int64_t sum_of(const void *data, size_t size, int64_t key)
{
    return (int64_t)(sx_sum64(data, size, (uint64_t)key) >> 1);
}

/* ---- single documents ---- */

static llm_status copy_doc(sx_store *store, sqlite3_stmt *stmt, sx_store_doc *doc, llm_error *err)
{
    llm_status status = sx_store_read_doc(stmt, doc, err);
    if (status != LLM_OK) return status;
    doc->name = sx_mem_strndup(store->mem, doc->name, strlen(doc->name));
    return doc->name ? LLM_OK : sx_fail_memory(err);
}

static llm_status take_doc(sx_store *store, sqlite3_stmt *stmt, sx_store_doc *doc, llm_error *err)
{
    int rc = sqlite3_step(stmt);
    llm_status status = rc == SQLITE_ROW    ? copy_doc(store, stmt, doc, err)
                        : rc == SQLITE_DONE ? LLM_E_NOT_FOUND
                                            : sx_sql_fail(store->reader->db, rc, "reading a document", err);
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return status;
}

llm_status sx_store_find(sx_store *store, const char *name, sx_store_doc *doc, llm_error *err)
{
    sx_connection *c = store->reader;
    pthread_mutex_lock(&c->lock);
    sqlite3_bind_text(c->stmt[SX_STMT_FIND], 1, name, -1, SQLITE_STATIC);
    llm_status status = take_doc(store, c->stmt[SX_STMT_FIND], doc, err);
    pthread_mutex_unlock(&c->lock);
    return status == LLM_E_NOT_FOUND ? sx_fail(err, status, "the corpus has no document named %s", name) : status;
}

llm_status sx_store_get(sx_store *store, int64_t id, sx_store_doc *doc, llm_error *err)
{
    sx_connection *c = store->reader;
    pthread_mutex_lock(&c->lock);
    sqlite3_bind_int64(c->stmt[SX_STMT_GET], 1, id);
    llm_status status = take_doc(store, c->stmt[SX_STMT_GET], doc, err);
    pthread_mutex_unlock(&c->lock);
    return status == LLM_E_NOT_FOUND ? sx_fail(err, status, "the document was removed or replaced") : status;
}

/* ---- one state ---- */

void sx_store_state_free(sx_store *store, sx_store_state *state)
{
    for (size_t i = 0; i < state->n_pending; i++) sx_mem_free(store->mem, (void *)(uintptr_t)state->pending[i].name);
    sx_mem_free(store->mem, state->pending);
    sx_mem_free(store->mem, state->segments);
    sx_mem_free(store->mem, state->tombstones);
    memset(state, 0, sizeof *state);
}

static llm_status take_segment(sx_store *store, sx_store_state *s, sqlite3_stmt *stmt, llm_error *err)
{
    if (sx_mem_grow(store->mem, (void **)&s->segments, &s->segments_cap, s->n_segments + 1, sizeof *s->segments))
        return sx_fail_memory(err);
    s->segments[s->n_segments++] = (sx_store_segment){sqlite3_column_int64(stmt, 0),
                                                      (uint32_t)sqlite3_column_int64(stmt, 1),
                                                      (uint32_t)sqlite3_column_int64(stmt, 2)};
    return LLM_OK;
}

static llm_status take_tombstone(sx_store *store, sx_store_state *s, sqlite3_stmt *stmt, llm_error *err)
{
    if (sx_mem_grow(store->mem, (void **)&s->tombstones, &s->tombstones_cap, s->n_tombstones + 1,
                    sizeof *s->tombstones))
        return sx_fail_memory(err);
    s->tombstones[s->n_tombstones++] = sqlite3_column_int64(stmt, 0);
    return LLM_OK;
}

static llm_status take_pending(sx_store *store, sx_store_state *s, sqlite3_stmt *stmt, llm_error *err)
{
    if (sx_mem_grow(store->mem, (void **)&s->pending, &s->pending_cap, s->n_pending + 1, sizeof *s->pending))
        return sx_fail_memory(err);
    llm_status status = copy_doc(store, stmt, &s->pending[s->n_pending], err);
    if (status == LLM_OK) s->n_pending++;
    return status;
}

static llm_status each_row(sx_store *store, sx_store_state *s, int statement,
                           llm_status (*take)(sx_store *, sx_store_state *, sqlite3_stmt *, llm_error *),
                           llm_error *err)
{
    sqlite3_stmt *stmt = store->reader->stmt[statement];
    llm_status status = LLM_OK;
    int rc;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW && status == LLM_OK) status = take(store, s, stmt, err);
    if (status == LLM_OK && rc != SQLITE_DONE) status = sx_sql_fail(store->reader->db, rc, "reading the corpus", err);
    sqlite3_reset(stmt);
    return status;
}

static llm_status read_generation(sx_store *store, sx_store_state *s, llm_error *err)
{
    sqlite3_stmt *stmt = store->reader->stmt[SX_STMT_DATA_VERSION];
    int rc = sqlite3_step(stmt);
    s->generation = (uint64_t)sqlite3_column_int64(stmt, 0) << 32 | atomic_load(&store->own);
    llm_status status = rc == SQLITE_ROW ? LLM_OK : sx_sql_fail(store->reader->db, rc, "reading the corpus", err);
    sqlite3_reset(stmt);
    return status;
}

/* In one transaction: what is read hangs together. The generation is asked for first, so that a commit in between makes it
 * look old, never new. */
llm_status sx_store_state_read(sx_store *store, sx_store_state *s, llm_error *err)
{
    sx_connection *c = store->reader;
    memset(s, 0, sizeof *s);
    pthread_mutex_lock(&c->lock);
    s->has_segments = c->has_segments;
    llm_status status = read_generation(store, s, err);
    int rc = status == LLM_OK ? sx_sql_exec(c->db, "BEGIN") : SQLITE_OK;
    if (rc != SQLITE_OK) status = sx_sql_fail(c->db, rc, "reading the corpus", err);
    if (status == LLM_OK && s->has_segments) {
        status = each_row(store, s, SX_STMT_SEGMENTS, take_segment, err);
        if (status == LLM_OK) status = each_row(store, s, SX_STMT_TOMBSTONES, take_tombstone, err);
        if (status == LLM_OK) status = each_row(store, s, SX_STMT_PENDING, take_pending, err);
    }
    if (!sqlite3_get_autocommit(c->db)) sx_sql_exec(c->db, "ROLLBACK"); /* nothing was written */
    pthread_mutex_unlock(&c->lock);
    if (status != LLM_OK) sx_store_state_free(store, s);
    return status;
}

llm_status sx_store_read_row(sx_store *store, int64_t segment, uint32_t row, void **data, size_t *size, llm_error *err)
{
    sx_connection *c = store->reader;
    sqlite3_stmt *stmt = c->stmt[SX_STMT_READ_ROW];
    llm_status status = LLM_OK;
    *data = NULL;
    *size = 0;
    pthread_mutex_lock(&c->lock);
    sqlite3_bind_int64(stmt, 1, row_key(segment, row));
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        const void *bytes = sqlite3_column_blob(stmt, 1);
        *size = (size_t)sqlite3_column_bytes(stmt, 1);
        if (*size && !bytes) status = sx_fail_memory(err);
        if (status == LLM_OK && sum_of(bytes, *size, row_key(segment, row)) != sqlite3_column_int64(stmt, 0))
            status = sx_fail(err, LLM_E_CORRUPT, "row %u of segment %lld of the index is damaged", row,
                             (long long)segment);
        if (status == LLM_OK && !(*data = sx_mem_alloc(store->mem, *size + SX_ROW_PAD))) status = sx_fail_memory(err);
        if (status == LLM_OK && *size) memcpy(*data, bytes, *size);
        if (status == LLM_OK) memset((char *)*data + *size, 0, SX_ROW_PAD);
    } else if (rc == SQLITE_DONE) {
        status = sx_fail(err, LLM_E_NOT_FOUND, "row %u of segment %lld of the index is gone", row, (long long)segment);
    } else {
        status = sx_sql_fail(c->db, rc, "reading the index", err);
    }
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    pthread_mutex_unlock(&c->lock);
    return status;
}

/* ---- writing ---- */

/* Runs a statement with one number per id; *whole turns false when one of them changed nothing. */
static int run_ids(sx_connection *c, int statement, const int64_t *ids, size_t n, bool *whole)
{
    int rc = SQLITE_OK;
    for (size_t i = 0; i < n && rc == SQLITE_OK; i++) {
        sqlite3_bind_int64(c->stmt[statement], 1, ids[i]);
        rc = sx_store_run(c->stmt[statement]);
        if (rc == SQLITE_OK && sqlite3_changes(c->db) != 1) *whole = false;
    }
    return rc;
}

static int drop_rows(sx_connection *c, const int64_t *segments, size_t n)
{
    int rc = SQLITE_OK;
    for (size_t i = 0; i < n && rc == SQLITE_OK; i++) {
        sqlite3_bind_int64(c->stmt[SX_STMT_DROP_ROWS], 1, row_key(segments[i], 0));
        sqlite3_bind_int64(c->stmt[SX_STMT_DROP_ROWS], 2, row_key(segments[i] + 1, 0));
        rc = sx_store_run(c->stmt[SX_STMT_DROP_ROWS]);
    }
    return rc;
}

static int put_rows(sx_connection *c, const sx_store_fold *fold)
{
    sqlite3_bind_int64(c->stmt[SX_STMT_PUT_SEGMENT], 1, fold->level);
    sqlite3_bind_int64(c->stmt[SX_STMT_PUT_SEGMENT], 2, fold->units);
    int rc = sx_store_run(c->stmt[SX_STMT_PUT_SEGMENT]);
    int64_t id = sqlite3_last_insert_rowid(c->db);
    for (uint32_t i = 0; i < fold->n_rows && rc == SQLITE_OK; i++) {
        sqlite3_stmt *stmt = c->stmt[SX_STMT_PUT_ROW];
        sqlite3_bind_int64(stmt, 1, row_key(id, i));
        sqlite3_bind_int64(stmt, 2, sum_of(fold->rows[i].data, fold->rows[i].size, row_key(id, i)));
        rc = sqlite3_bind_blob64(stmt, 3, fold->rows[i].size ? fold->rows[i].data : "", fold->rows[i].size,
                                 SQLITE_STATIC);
        if (rc == SQLITE_OK) rc = sx_store_run(stmt);
    }
    return rc;
}

llm_status sx_store_put_segment(sx_store *store, const sx_store_fold *fold, llm_error *err)
{
    sx_connection *c = store->writer;
    if (!c) return sx_store_fail_readonly(err);
    pthread_mutex_lock(&c->lock);
    bool whole = true, ignored = true;
    llm_status status = sx_store_begin(c, err);
    if (status == LLM_OK) {
        int rc = run_ids(c, SX_STMT_SETTLE, fold->settled, fold->n_settled, &whole);
        if (rc == SQLITE_OK) rc = run_ids(c, SX_STMT_DROP_SEGMENT, fold->replaced, fold->n_replaced, &whole);
        if (rc == SQLITE_OK && whole) rc = drop_rows(c, fold->replaced, fold->n_replaced);
        if (rc == SQLITE_OK && whole) rc = run_ids(c, SX_STMT_UNBURY, fold->unburied, fold->n_unburied, &ignored);
        if (rc == SQLITE_OK && whole) rc = run_ids(c, SX_STMT_UNSETTLE, fold->unsettled, fold->n_unsettled, &whole);
        if (rc == SQLITE_OK && whole && fold->n_rows) rc = put_rows(c, fold);
        if (rc == SQLITE_OK && !whole) {
            rc = sx_sql_exec(c->db, "ROLLBACK");
            status = rc == SQLITE_OK ? LLM_MORE : sx_sql_fail(c->db, rc, "writing the index", err);
        } else {
            status = sx_store_finish(store, rc, err);
        }
    }
    pthread_mutex_unlock(&c->lock);
    return status;
}
