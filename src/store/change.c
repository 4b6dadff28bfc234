/* Changes that hold only for the state they were made for: a writer who looked, thought and writes must not undo what
 * another one wrote meanwhile. */
#include "store/inner.h"

static llm_status overtaken(const char *name, llm_error *err)
{
    return sx_fail(err, LLM_E_BUSY, "document %s was changed by someone else meanwhile; look again", name);
}

/* Is the document still in the state `was`? One that was not there is not asked for: to insert it fails if it is there. */
static int claim(sx_connection *c, const sx_store_doc *was, bool *still)
{
    sqlite3_stmt *stmt = c->stmt[SX_STMT_CLAIM];
    *still = true;
    if (was->id == 0) {
        stmt = c->stmt[SX_STMT_FIND];
        sqlite3_bind_text(stmt, 1, was->name, -1, SQLITE_STATIC);
    } else {
        sqlite3_bind_int64(stmt, 1, was->id);
        sqlite3_bind_int64(stmt, 2, was->revision);
    }
    int rc = sqlite3_step(stmt);
    *still = (rc == SQLITE_ROW) == (was->id != 0);
    int last = sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? last : rc;
}

llm_status sx_store_replace(sx_store *store, const sx_store_doc *was, const sx_store_doc *doc,
                            const sx_blob sections[SX_SECTIONS], llm_error *err)
{
    sx_connection *c = store->writer;
    bool still = true;
    if (!c) return sx_store_fail_readonly(err);
    pthread_mutex_lock(&c->lock);
    llm_status status = sx_store_begin(c, err);
    if (status == LLM_OK) {
        int rc = claim(c, was, &still);
        if (rc == SQLITE_OK && still) rc = sx_store_put_rows(c, doc, sections);
        status = sx_store_finish(store, rc, err);
    }
    pthread_mutex_unlock(&c->lock);
    return status == LLM_OK && !still ? overtaken(doc->name, err) : status;
}

llm_status sx_store_describe(sx_store *store, const sx_store_doc *was, const void *about, size_t size, llm_error *err)
{
    sx_connection *c = store->writer;
    bool still = true;
    if (!c) return sx_store_fail_readonly(err);
    pthread_mutex_lock(&c->lock);
    llm_status status = sx_store_begin(c, err);
    if (status == LLM_OK) {
        int rc = claim(c, was, &still);
        if (rc == SQLITE_OK && still) rc = sx_store_put_about(c, was->id, was->revision + 1, about, size);
        status = sx_store_finish(store, rc, err);
    }
    pthread_mutex_unlock(&c->lock);
    return status == LLM_OK && !still ? overtaken(was->name, err) : status;
}
