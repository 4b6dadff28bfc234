/* The proof that a file is sound as a database and that its tables hang together. One damaged part does not end the search for
 * others. */
#include <string.h>

#include "store/inner.h"

enum { PAGES_TOLD = 100 };

/* One check: whom to tell, and the first that was told. */
typedef struct inquest {
    sx_connection *c;
    const sx_finder *finder; /* or NULL */
    llm_error first;
    size_t found;
} inquest;

static void tell(inquest *q, const char *doc, const llm_error *why)
{
    if (q->found++ == 0) q->first = *why;
    if (q->finder) q->finder->found(q->finder->user, doc, why->message);
}

/* Runs a query and looks at each row. A page that cannot be read ends the query, which is told. */
static llm_status each(inquest *q, const char *sql, void (*look)(inquest *q, sqlite3_stmt *row), llm_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(q->c->db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) look(q, stmt);
    llm_error why = {sizeof why, 0, {0}};
    llm_status status = rc == SQLITE_DONE ? LLM_OK : sx_sql_fail(q->c->db, rc, "checking the corpus", &why);
    sqlite3_finalize(stmt);
    if (status == LLM_E_CORRUPT) tell(q, NULL, &why);
    return status == LLM_OK || status == LLM_E_CORRUPT ? LLM_OK : sx_fail(err, status, "%s", why.message);
}

/* SQLite's own proof: pages, b-trees, indices. */
static void look_at_pages(inquest *q, sqlite3_stmt *row)
{
    llm_error why = {sizeof why, 0, {0}};
    const char *told = (const char *)sqlite3_column_text(row, 0);
    while (told && *told && strcmp(told, "ok") != 0) {
        size_t n = strcspn(told, "\n");
        if (strncmp(told, "*** in database", n < 15 ? n : 15) != 0) {
            sx_fail(&why, LLM_E_CORRUPT, "the corpus file is damaged (%.*s); restore it from a copy", (int)n, told);
            tell(q, NULL, &why);
        }
        told += n + (told[n] == '\n');
    }
}

static void look_at_parts(inquest *q, sqlite3_stmt *row)
{
    llm_error why = {sizeof why, 0, {0}};
    const char *name = (const char *)sqlite3_column_text(row, 0);
    sx_fail(&why, LLM_E_CORRUPT, "document %s has lost a part; ingest it again", name ? name : "(unknown)");
    tell(q, name, &why);
}

static void look_at_leftovers(inquest *q, sqlite3_stmt *row)
{
    llm_error why = {sizeof why, 0, {0}};
    long long n = sqlite3_column_int64(row, 1);
    if (!n) return;
    sx_fail(&why, LLM_E_CORRUPT,
            "table %s has %lld row%s too many: of documents or segments that are not there; nothing is lost by them",
            (const char *)sqlite3_column_text(row, 0), n, n == 1 ? "" : "s");
    tell(q, NULL, &why);
}

static const char parts_sql[] =
    "SELECT name FROM document d WHERE (SELECT count(*) FROM section s WHERE s.doc=d.id AND "
    "s.part BETWEEN 0 AND 2)<>3";
static const char leftover_sections[] =
    "SELECT 'section',count(*) FROM section WHERE doc NOT IN (SELECT id FROM document) OR part NOT BETWEEN 0 AND 2";
static const char stale_tombstones[] =
    "SELECT 'tombstone',count(*) FROM tombstone WHERE doc IN (SELECT id FROM document) "
    "AND doc NOT IN (SELECT doc FROM pending)";
/* Form 2. A key of a posting is its segment's id times SX_SEGMENT_ROWS. */
static const char *const leftovers[] = {
    "SELECT 'about',count(*) FROM about WHERE doc NOT IN (SELECT id FROM document)",
    "SELECT 'pending',count(*) FROM pending WHERE doc NOT IN (SELECT id FROM document)", stale_tombstones,
    "SELECT 'posting',count(*) FROM posting WHERE id/16777216 NOT IN (SELECT id FROM segment)"};
_Static_assert(SX_SEGMENT_ROWS == 16777216, "what the query above divides by");

static llm_status look_at_all_pages(inquest *q, llm_error *err)
{
    char pages[40];
    sqlite3_snprintf(sizeof pages, pages, "PRAGMA integrity_check(%d)", PAGES_TOLD);
    return each(q, pages, look_at_pages, err);
}

static llm_status check_form(inquest *q, llm_error *err)
{
    llm_status status = look_at_all_pages(q, err);
    if (status == LLM_OK) status = each(q, parts_sql, look_at_parts, err);
    if (status == LLM_OK) status = each(q, leftover_sections, look_at_leftovers, err);
    for (size_t i = 0; i < sizeof leftovers / sizeof *leftovers && status == LLM_OK && q->c->has_segments; i++)
        status = each(q, leftovers[i], look_at_leftovers, err);
    return status;
}

static llm_status verdict(const inquest *q, llm_status status, llm_error *err)
{
    return status == LLM_OK && q->found ? sx_fail(err, LLM_E_CORRUPT, "%s", q->first.message) : status;
}

llm_status sx_store_check_form(sx_store *store, const sx_finder *finder, llm_error *err)
{
    inquest q = {.c = store->reader, .finder = finder};
    pthread_mutex_lock(&q.c->lock);
    llm_status status = check_form(&q, err);
    pthread_mutex_unlock(&q.c->lock);
    return verdict(&q, status, err);
}

static void look_at_section(inquest *q, sqlite3_stmt *row)
{
    llm_error why = {sizeof why, 0, {0}};
    const char *name = (const char *)sqlite3_column_text(row, 0);
    int part = sqlite3_column_int(row, 1);
    if (!name || sx_store_sum_fits(row, 2, part)) return;
    sx_fail(&why, LLM_E_CORRUPT,
            "section %d of document %s is damaged: its bytes do not match their hash; ingest it again", part, name);
    tell(q, name, &why);
}

llm_status sx_store_check(sx_store *store, llm_error *err)
{
    inquest q = {.c = store->reader};
    pthread_mutex_lock(&q.c->lock);
    llm_status status = check_form(&q, err);
    if (status == LLM_OK)
        status = each(&q, "SELECT d.name,s.part,s.hash,s.data,d.hash FROM section s JOIN document d ON d.id=s.doc",
                      look_at_section, err);
    pthread_mutex_unlock(&q.c->lock);
    return verdict(&q, status, err);
}

static const char sweep[] =
    "DELETE FROM section WHERE doc NOT IN (SELECT id FROM document) OR part NOT BETWEEN 0 AND 2;"
    "DELETE FROM about WHERE doc NOT IN (SELECT id FROM document);"
    "DELETE FROM pending WHERE doc NOT IN (SELECT id FROM document);"
    "DELETE FROM tombstone WHERE doc IN (SELECT id FROM document) AND doc NOT IN (SELECT doc FROM pending);"
    "DELETE FROM posting WHERE id/16777216 NOT IN (SELECT id FROM segment)";

llm_status sx_store_sweep(sx_store *store, llm_error *err)
{
    sx_connection *c = store->writer;
    if (!c) return sx_store_fail_readonly(err);
    inquest q = {.c = c};
    pthread_mutex_lock(&c->lock);
    llm_status status = sx_store_begin(c, err);
    if (status == LLM_OK) status = sx_store_finish(store, sx_sql_exec(c->db, sweep), err);
    llm_status pages = look_at_all_pages(&q, NULL);
    if (pages == LLM_OK && q.found && sx_sql_exec(c->db, "VACUUM") == SQLITE_OK) atomic_fetch_add(&store->own, 1);
    pthread_mutex_unlock(&c->lock);
    return status;
}

/* The tables are not emptied, which would read their pages, but forgotten; their pages belong to nothing until the file is
 * swept. AUTOINCREMENT's counter stays: the id of a segment is never given again. */
static const char forget[] = "PRAGMA writable_schema=ON;"
                             "DELETE FROM sqlite_schema WHERE type='table' AND name IN "
                             "('pending','tombstone','segment','posting');"
                             "PRAGMA writable_schema=RESET";

llm_status sx_store_remake_index(sx_store *store, llm_error *err)
{
    sx_connection *c = store->writer;
    if (!c) return sx_store_fail_readonly(err);
    pthread_mutex_lock(&c->lock);
    llm_status status = sx_store_begin(c, err);
    if (status == LLM_OK) {
        int rc = sx_sql_exec(c->db, forget);
        if (rc == SQLITE_OK) rc = sx_sql_exec(c->db, SX_TABLES_OF_INDEX "INSERT INTO pending SELECT id FROM document");
        status = sx_store_finish(store, rc, err);
        sx_sql_exec(c->db, "PRAGMA writable_schema=RESET"); /* whatever became of it */
    }
    pthread_mutex_unlock(&c->lock);
    return status;
}
