#include "store/sql.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/buf.h"

enum { BUSY_MS = 30000 };

/* The operating system's reason. SQLite loses it when a failed write ends a transaction; errno still has it then. */
static int system_errno(sqlite3 *db)
{
    int os = db ? sqlite3_system_errno(db) : 0, now = errno;
    if (os == 0 && db && (sqlite3_extended_errcode(db) & 0xFF) == SQLITE_IOERR) os = now;
    return os;
}

static llm_status status_of(int rc, int os)
{
    switch (rc & 0xFF) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return LLM_OK;
    case SQLITE_NOMEM: return LLM_E_MEMORY;
    case SQLITE_FULL: return LLM_E_FULL;
    case SQLITE_READONLY: return LLM_E_READONLY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return LLM_E_CORRUPT;
    case SQLITE_TOOBIG: return LLM_E_LIMIT;
    case SQLITE_IOERR:
        if (rc == SQLITE_IOERR_NOMEM) return LLM_E_MEMORY;
        if (rc == SQLITE_IOERR_SHORT_READ || rc == SQLITE_IOERR_CORRUPTFS) return LLM_E_CORRUPT;
        return os == ENOSPC || os == EFBIG || os == EDQUOT ? LLM_E_FULL : LLM_E_IO;
    default: return os == ENOSPC || os == EFBIG || os == EDQUOT ? LLM_E_FULL : LLM_E_IO;
    }
}

llm_status sx_sql_fail(sqlite3 *db, int rc, const char *doing, llm_error *err)
{
    int os = system_errno(db);
    llm_status status = status_of(rc, os);
    const char *why = db ? sqlite3_errmsg(db) : sqlite3_errstr(rc);
    switch (status) {
    case LLM_E_MEMORY: return sx_fail_memory(err);
    case LLM_E_FULL:
        return sx_fail(err, status,
                       "%s failed: the disk or the quota is full; free some space and try again (nothing was "
                       "changed)",
                       doing);
    case LLM_E_READONLY:
        return sx_fail(err, status, "%s failed: the file or its folder may not be written to (%s)", doing, why);
    case LLM_E_CORRUPT:
        return sx_fail(
            err, status,
            "%s failed: the file is damaged or no SQLite database (%s); restore it from a copy or make a new one",
            doing, why);
    case LLM_E_LIMIT: return sx_fail(err, status, "%s failed: a document is larger than SQLite stores (1 GB)", doing);
    default:
        if ((rc & 0xFF) == SQLITE_BUSY || (rc & 0xFF) == SQLITE_LOCKED)
            return sx_fail(err, LLM_E_IO, "%s failed: another process has been writing for %d s; try again", doing,
                           BUSY_MS / 1000);
        return sx_fail(err, LLM_E_IO, "%s failed: %s%s%s", doing, why, os ? ", " : "", os ? strerror(os) : "");
    }
}

int sx_sql_exec(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static int get_int(sqlite3 *db, const char *sql, int64_t *value)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(stmt);
        if (rc == SQLITE_ROW) {
            *value = sqlite3_column_int64(stmt, 0);
            rc = SQLITE_OK;
        } else if (rc == SQLITE_DONE) {
            rc = SQLITE_ERROR;
        }
    }
    int last = sqlite3_finalize(stmt);
    return rc == SQLITE_OK ? last : rc;
}

/* Looks before the leap: a sentence for a path that cannot be a file of ours. */
static llm_status look_at_path(const char *path, bool readonly, const char *what, llm_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        if (errno != ENOENT) return sx_fail_errno(err, errno, "cannot open", path);
        if (readonly)
            return sx_fail(err, LLM_E_NOT_FOUND, "there is no %s at %s; make it first or open it for writing", what,
                           path);
        return LLM_OK;
    }
    if (S_ISDIR(st.st_mode))
        return sx_fail(err, LLM_E_IO, "%s is a folder; a %s is one file: name one inside it", path, what);
    if (!S_ISREG(st.st_mode)) return sx_fail(err, LLM_E_IO, "%s is not a regular file", path);
    if (access(path, readonly ? R_OK : R_OK | W_OK) != 0)
        return errno == EROFS || !readonly ? sx_fail(err, errno == EROFS ? LLM_E_READONLY : LLM_E_IO,
                                                     "cannot write to %s: %s; open it read-only or mend its "
                                                     "permissions",
                                                     path, strerror(errno))
                                           : sx_fail_errno(err, errno, "cannot open", path);
    return LLM_OK;
}

/* Whose file is it? An empty one is nobody's; *fresh then. */
static llm_status check_form(sqlite3 *db, const char *path, const sx_sql_form *form, bool *fresh, int *found,
                             llm_error *err)
{
    int64_t id = 0, version = 0, tables = 0;
    int rc = get_int(db, "PRAGMA application_id", &id);
    if (rc == SQLITE_OK) rc = get_int(db, "PRAGMA user_version", &version);
    if (rc == SQLITE_OK) rc = get_int(db, "SELECT count(*) FROM sqlite_schema", &tables);
    *fresh = false;
    if (rc == SQLITE_NOTADB || rc == SQLITE_CORRUPT)
        return sx_fail(err, LLM_E_CORRUPT,
                       "%s is not a Sextant %s, or is damaged (%s); give another path or restore it from a "
                       "copy",
                       path, form->what, sqlite3_errmsg(db));
    if (rc != SQLITE_OK) return sx_sql_fail(db, rc, "reading the file", err);
    if (id == 0 && version == 0 && tables == 0) {
        *fresh = true;
        return LLM_OK;
    }
    if ((uint32_t)id != form->application_id)
        return sx_fail(err, LLM_E_CORRUPT, "%s is an SQLite database but not a Sextant %s; give another path", path,
                       form->what);
    if (version > form->version)
        return sx_fail(err, LLM_E_VERSION,
                       "%s was made by a newer Sextant (form %lld, this library knows %d); update the library", path,
                       (long long)version, form->version);
    if (version < 1)
        return sx_fail(err, LLM_E_CORRUPT, "%s says it has form %lld, which never was", path, (long long)version);
    *found = (int)version;
    return LLM_OK;
}

/* Makes an empty file ours, or an older form the present one. */
static llm_status make_form(sqlite3 *db, const char *path, const sx_sql_form *form, llm_error *err)
{
    char marks[96];
    bool fresh = false;
    int version = 0;
    sqlite3_snprintf(sizeof marks, marks,
                     "PRAGMA application_id=%d; PRAGMA "
                     "user_version=%d",
                     (int)form->application_id, form->version);
    int rc = sx_sql_exec(db, "BEGIN IMMEDIATE");
    if (rc != SQLITE_OK) return sx_sql_fail(db, rc, "making the file", err);
    llm_status status = check_form(db, path, form, &fresh, &version, err); /* another process may have been faster */
    if (status == LLM_OK && fresh)
        rc = sx_sql_exec(db, form->schema);
    else
        for (; status == LLM_OK && rc == SQLITE_OK && version < form->version; version++)
            rc = sx_sql_exec(db, form->upgrades[version - 1]);
    if (status == LLM_OK && rc == SQLITE_OK) rc = sx_sql_exec(db, marks);
    if (status == LLM_OK && rc == SQLITE_OK) rc = sx_sql_exec(db, "COMMIT");
    if (status == LLM_OK && rc != SQLITE_OK) status = sx_sql_fail(db, rc, "making the file", err);
    if (status != LLM_OK) sx_sql_exec(db, "ROLLBACK");
    return status;
}

static llm_status prepare(sqlite3 *db, const char *path, bool readonly, const sx_sql_form *form, llm_error *err)
{
    bool fresh = false;
    int version = form->version;
    sqlite3_extended_result_codes(db, 0);
    sqlite3_busy_timeout(db, BUSY_MS);
    llm_status status = check_form(db, path ? path : "memory", form, &fresh, &version, err);
    if (status != LLM_OK) return status;
    if (readonly)
        return fresh ? sx_fail(err, LLM_E_CORRUPT,
                               "%s is an empty file, not a Sextant "
                               "%s",
                               path, form->what)
                     : LLM_OK;
    int rc = sx_sql_exec(db, "PRAGMA trusted_schema=OFF; PRAGMA foreign_keys=ON; PRAGMA secure_delete=OFF");
    if (rc == SQLITE_OK && path) rc = sx_sql_exec(db, "PRAGMA journal_mode=WAL");
    if (rc == SQLITE_OK) rc = sx_sql_exec(db, "PRAGMA synchronous=FULL; PRAGMA journal_size_limit=67108864");
    if (rc != SQLITE_OK) return sx_sql_fail(db, rc, "opening the file", err);
    return fresh || version < form->version ? make_form(db, path ? path : "memory", form, err) : LLM_OK;
}

/* Does a log that is not empty lie beside the file? Then what stands in the file alone may be half of a write. */
static int look_for_logs(const char *path, bool *any)
{
    static const char *const tails[] = {"-wal", "-journal"};
    struct stat st;
    *any = false;
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        char *log = sqlite3_mprintf("%s%s", path, tails[i]);
        if (!log) return SQLITE_NOMEM;
        *any = *any || (stat(log, &st) == 0 && st.st_size > 0);
        sqlite3_free(log);
    }
    return SQLITE_OK;
}

/* A write-ahead-log file on a medium that cannot be written to: SQLite wants to make its shared index there, and cannot.
 * When no log lies beside it, nothing can be missing, and the file may be read as it stands. */
static int open_immutable(sqlite3 **db, const char *path, bool *unfinished)
{
    char *uri = NULL;
    int rc = look_for_logs(path, unfinished);
    if (rc == SQLITE_OK && *unfinished) rc = SQLITE_CANTOPEN;
    if (rc == SQLITE_OK) {
        sqlite3_str *s = sqlite3_str_new(NULL);
        sqlite3_str_appendall(s, "file:");
        for (const char *p = path; *p; p++) {
            if (*p == '?' || *p == '#' || *p == '%')
                sqlite3_str_appendf(s, "%%%02X", (unsigned)(unsigned char)*p);
            else
                sqlite3_str_appendchar(s, 1, *p);
        }
        sqlite3_str_appendall(s, "?immutable=1");
        uri = sqlite3_str_finish(s);
        rc = SQLITE_NOMEM;
        if (uri) rc = sqlite3_open_v2(uri, db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, NULL);
    }
    sqlite3_free(uri);
    return rc;
}

llm_status sx_sql_open(sqlite3 **out, const char *path, bool readonly, const sx_sql_form *form, llm_error *err)
{
    *out = NULL;
    if (readonly && !path)
        return sx_fail(err, LLM_E_NOT_FOUND, "a %s in memory cannot be opened read-only: it would be empty",
                       form->what);
    llm_status status = path ? look_at_path(path, readonly, form->what, err) : LLM_OK;
    if (status != LLM_OK) return status;
    /* a path of the caller's is a file's name, never a URI, an option or a memory database */
    char *name = path ? sqlite3_mprintf("%s%s", path[0] == '/' ? "" : "./", path) : sqlite3_mprintf(":memory:");
    if (!name) return sx_fail_memory(err);
    sqlite3 *db = NULL;
    int flags = readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    int rc = sqlite3_open_v2(name, &db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    int64_t ignored;
    bool unfinished = false;
    if (readonly && rc == SQLITE_OK) {
        rc = get_int(db, "PRAGMA user_version", &ignored);
        if (rc == SQLITE_CANTOPEN || rc == SQLITE_READONLY) {
            sqlite3_close(db);
            db = NULL;
            rc = open_immutable(&db, name, &unfinished);
        } else {
            rc = SQLITE_OK; /* any other failure is told with more words below */
        }
    }
    sqlite3_free(name);
    if (rc != SQLITE_OK && unfinished)
        status = sx_fail(err, LLM_E_READONLY,
                         "%s was being written to when its process or the machine stopped, and a reader may not finish "
                         "it: open it for writing once",
                         path);
    else if (rc != SQLITE_OK)
        status = (rc & 0xFF) == SQLITE_NOMEM ? sx_fail_memory(err)
                 : db && sqlite3_system_errno(db)
                     ? sx_fail_errno(err, sqlite3_system_errno(db), "cannot open", path ? path : "memory")
                     : sx_sql_fail(db, rc, "opening the file", err);
    else
        status = prepare(db, path, readonly, form, err);
    if (status != LLM_OK) {
        sqlite3_close(db);
        return status;
    }
    *out = db;
    return LLM_OK;
}
