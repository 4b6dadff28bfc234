#include "store/kv.h"

#include <sqlite3.h>
#include <string.h>

#include "platform/crypto.h"

#define APPLICATION_ID "1400399457" /* "Sxva" */

static const char CHECK[] = "sextant sealed table 1";

struct keys {
    unsigned char lookup[SX_KEY_BYTES], seal[SX_KEY_BYTES], hash[SX_KEY_BYTES], master[SX_KEY_BYTES];
};

struct sx_kv {
    sx_mem *mem;
    sqlite3 *db;
    sqlite3_stmt *get, *put, *del, *version;
    struct keys *keys; /* locked memory */
    bool readonly, in_transaction;
    char path[256]; /* for sentences */
};

static llm_status fail(sx_kv *kv, int code, const char *doing, llm_error *err)
{
    switch (code & 0xff) {
    case SQLITE_NOMEM: return sx_fail_memory(err);
    case SQLITE_FULL:
        return sx_fail(err, LLM_E_FULL, "the disk is full while %s \"%s\"; free some space, nothing was changed", doing,
                       kv->path);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:
    case SQLITE_SCHEMA:
        return sx_fail(err, LLM_E_CORRUPT, "\"%s\" is damaged or no vault (%s); restore it from a copy", kv->path,
                       sqlite3_errmsg(kv->db));
    case SQLITE_READONLY:
        if (kv->readonly)
            return sx_fail(err, LLM_E_READONLY,
                           "\"%s\" was being written to when its process or the machine stopped, and a reader may not "
                           "take that back: open it for writing once",
                           kv->path);
        return sx_fail(err, LLM_E_READONLY, "\"%s\" cannot be written; open it read-only or change its permissions",
                       kv->path);
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return sx_fail(err, LLM_E_IO, "another process holds \"%s\" for too long; try again", kv->path);
    default: return sx_fail(err, LLM_E_IO, "%s \"%s\" failed: %s", doing, kv->path, sqlite3_errmsg(kv->db));
    }
}

static llm_status run(sx_kv *kv, const char *sql, const char *doing, llm_error *err)
{
    int code = sqlite3_exec(kv->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? LLM_OK : fail(kv, code, doing, err);
}

/* A row of the meta table into at most room bytes; *len 0 when there is none. */
static llm_status meta_get(sx_kv *kv, const char *name, unsigned char *out, size_t room, size_t *len, llm_error *err)
{
    sqlite3_stmt *q = NULL;
    *len = 0;
    int code = sqlite3_prepare_v2(kv->db, "SELECT value FROM meta WHERE name = ?1", -1, &q, NULL);
    if (code == SQLITE_OK) code = sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
    if (code == SQLITE_OK) code = sqlite3_step(q);
    if (code == SQLITE_ROW) {
        size_t n = (size_t)sqlite3_column_bytes(q, 0);
        if (n > 0 && n <= room) {
            memcpy(out, sqlite3_column_blob(q, 0), n);
            *len = n;
        }
        code = SQLITE_DONE;
    }
    sqlite3_finalize(q);
    return code == SQLITE_DONE ? LLM_OK : fail(kv, code, "reading", err);
}

static llm_status meta_put(sx_kv *kv, const char *name, const unsigned char *value, size_t len, llm_error *err)
{
    sqlite3_stmt *q = NULL;
    int code = sqlite3_prepare_v2(kv->db, "INSERT INTO meta(name, value) VALUES(?1, ?2)", -1, &q, NULL);
    if (code == SQLITE_OK) code = sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
    if (code == SQLITE_OK) code = sqlite3_bind_blob(q, 2, value, (int)len, SQLITE_STATIC);
    if (code == SQLITE_OK) code = sqlite3_step(q);
    sqlite3_finalize(q);
    return code == SQLITE_DONE ? LLM_OK : fail(kv, code, "writing", err);
}

static void derive(struct keys *k)
{
    sx_hash_keyed(k->lookup, "lookup", 6, k->master);
    sx_hash_keyed(k->seal, "seal", 4, k->master);
    sx_hash_keyed(k->hash, "hash", 4, k->master);
}

/* The keys from what the caller gave; a passphrase needs the file's salt. */
static llm_status make_keys(sx_kv *kv, const void *key, size_t key_len, uint32_t flags, const unsigned char *salt,
                            llm_error *err)
{
    kv->keys = sx_secret_alloc(sizeof *kv->keys);
    if (kv->keys == NULL) return sx_fail_memory(err);
    if (flags & SX_KV_PASSPHRASE) {
        llm_status status = sx_key_from_passphrase(kv->keys->master, key, key_len, salt, err);
        if (status != LLM_OK) return status;
    } else {
        memcpy(kv->keys->master, key, SX_KEY_BYTES);
    }
    derive(kv->keys);
    return LLM_OK;
}

/* Reads the file's salt and check, or writes those of a new file; tells a wrong key. */
static llm_status unlock(sx_kv *kv, const void *key, size_t key_len, uint32_t flags, llm_error *err)
{
    unsigned char salt[SX_SALT_BYTES], sealed[sizeof CHECK + SX_SEAL_BYTES], plain[sizeof CHECK];
    size_t salt_len, sealed_len;
    llm_status status = meta_get(kv, "salt", salt, sizeof salt, &salt_len, err);
    if (status == LLM_OK) status = meta_get(kv, "check", sealed, sizeof sealed, &sealed_len, err);
    if (status != LLM_OK) return status;
    bool fresh = salt_len == 0 && sealed_len == 0;
    if (!fresh && (salt_len != sizeof salt || sealed_len != sizeof sealed))
        return sx_fail(err, LLM_E_CORRUPT, "\"%s\" has lost its salt or check; restore it from a copy", kv->path);
    if (fresh && kv->readonly) return sx_fail(err, LLM_E_CORRUPT, "\"%s\" is an empty file, no vault", kv->path);
    if (fresh) sx_random(salt, sizeof salt);
    status = make_keys(kv, key, key_len, flags, salt, err);
    if (status != LLM_OK) return status;
    if (!fresh) {
        bool ok = sx_unseal(plain, sealed, sizeof sealed, salt, sizeof salt, kv->keys->seal);
        return ok && memcmp(plain, CHECK, sizeof CHECK) == 0
                   ? LLM_OK
                   : sx_fail(err, LLM_E_KEY, "the key does not open \"%s\"; use the key it was made with", kv->path);
    }
    sx_seal(sealed, CHECK, sizeof CHECK, salt, sizeof salt, kv->keys->seal);
    status = meta_put(kv, "salt", salt, sizeof salt, err);
    return status == LLM_OK ? meta_put(kv, "check", sealed, sizeof sealed, err) : status;
}

static llm_status prepare(sx_kv *kv, const void *key, size_t key_len, uint32_t flags, llm_error *err)
{
    llm_status status = LLM_OK;
    if (!kv->readonly) {
        /* EXTRA: a journal that came back with the power would undo what was reported done, and bring back what was
         * removed */
        status = run(kv, "PRAGMA synchronous = EXTRA; PRAGMA secure_delete = ON", "opening", err);
        if (status == LLM_OK) status = sx_kv_begin(kv, err);
        if (status == LLM_OK)
            status = run(kv,
                         "PRAGMA application_id = " APPLICATION_ID ";"
                         "CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
                         "CREATE TABLE IF NOT EXISTS sealed(k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID",
                         "creating", err);
    }
    if (status == LLM_OK) status = unlock(kv, key, key_len, flags, err);
    if (kv->in_transaction) {
        llm_status end = sx_kv_end(kv, status == LLM_OK, err);
        if (status == LLM_OK) status = end;
    }
    if (status != LLM_OK) return status;
    int code = sqlite3_prepare_v2(kv->db, "SELECT v FROM sealed WHERE k = ?1", -1, &kv->get, NULL);
    if (code == SQLITE_OK && !kv->readonly)
        code = sqlite3_prepare_v2(kv->db, "INSERT OR REPLACE INTO sealed(k, v) VALUES(?1, ?2)", -1, &kv->put, NULL);
    if (code == SQLITE_OK && !kv->readonly)
        code = sqlite3_prepare_v2(kv->db, "DELETE FROM sealed WHERE k = ?1", -1, &kv->del, NULL);
    if (code == SQLITE_OK) code = sqlite3_prepare_v2(kv->db, "PRAGMA data_version", -1, &kv->version, NULL);
    return code == SQLITE_OK ? LLM_OK : fail(kv, code, "opening", err);
}

llm_status sx_kv_open(sx_kv **out, sx_mem *mem, const char *path, const void *key, size_t key_len, uint32_t flags,
                      llm_error *err)
{
    *out = NULL;
    if (key == NULL || key_len == 0 || (!(flags & SX_KV_PASSPHRASE) && key_len != SX_KEY_BYTES))
        return sx_fail(err, LLM_E_INVALID,
                       "a vault's key is 32 bytes, or a passphrase with its flag; this one has %zu bytes", key_len);
    if ((flags & SX_KV_READONLY) && path == NULL)
        return sx_fail(err, LLM_E_INVALID, "a vault in memory cannot be read-only: it would stay empty");
    llm_status status = sx_crypto_init(err);
    if (status != LLM_OK) return status;
    sx_kv *kv = sx_mem_zalloc(mem, sizeof *kv);
    if (kv == NULL) return sx_fail_memory(err);
    kv->mem = mem;
    kv->readonly = (flags & SX_KV_READONLY) != 0;
    const char *name = path != NULL ? path : ":memory:";
    size_t shown = strnlen(name, sizeof kv->path - 1);
    memcpy(kv->path, name, shown);
    int mode = kv->readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    int code = sqlite3_open_v2(name, &kv->db, mode | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK) {
        status = (code & 0xff) == SQLITE_CANTOPEN
                     ? sx_fail(err, LLM_E_IO, "cannot open the vault \"%s\"; check the path and its permissions",
                               kv->path)
                     : fail(kv, code, "opening", err);
    } else {
        sqlite3_busy_timeout(kv->db, 10000);
        status = prepare(kv, key, key_len, flags, err);
    }
    if (status != LLM_OK) {
        sx_kv_close(kv);
        return status;
    }
    *out = kv;
    return LLM_OK;
}

void sx_kv_close(sx_kv *kv)
{
    if (kv == NULL) return;
    sqlite3_finalize(kv->get);
    sqlite3_finalize(kv->put);
    sqlite3_finalize(kv->del);
    sqlite3_finalize(kv->version);
    if (kv->in_transaction) (void)sqlite3_exec(kv->db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(kv->db);
    sx_secret_free(kv->keys);
    sx_mem_free(kv->mem, kv);
}

/* Unseals a row's value onto out. */
static llm_status open_value(sx_kv *kv, const unsigned char *sealed, size_t n, const unsigned char id[SX_HASH_BYTES],
                             sx_buf *out, llm_error *err)
{
    unsigned char *plain = n >= SX_SEAL_BYTES ? sx_mem_alloc(kv->mem, n - SX_SEAL_BYTES + 1) : NULL;
    if (n >= SX_SEAL_BYTES && plain == NULL) return sx_fail_memory(err);
    bool ok = plain != NULL && sx_unseal(plain, sealed, n, id, SX_HASH_BYTES, kv->keys->seal);
    if (ok) sx_buf_add(out, plain, n - SX_SEAL_BYTES);
    if (plain != NULL) sx_wipe(plain, n - SX_SEAL_BYTES);
    sx_mem_free(kv->mem, plain);
    if (!ok) return sx_fail(err, LLM_E_CORRUPT, "a row of \"%s\" was changed; restore the file from a copy", kv->path);
    return sx_buf_status(out) == LLM_OK ? LLM_OK : sx_fail_memory(err);
}

llm_status sx_kv_get(sx_kv *kv, const void *key, size_t key_len, sx_buf *out, bool *found, llm_error *err)
{
    unsigned char id[SX_HASH_BYTES];
    llm_status status = LLM_OK;
    sx_hash_keyed(id, key, key_len, kv->keys->lookup);
    *found = false;
    int code = sqlite3_bind_blob(kv->get, 1, id, sizeof id, SQLITE_STATIC);
    if (code == SQLITE_OK) code = sqlite3_step(kv->get);
    if (code == SQLITE_ROW) {
        *found = true;
        status = open_value(kv, sqlite3_column_blob(kv->get, 0), (size_t)sqlite3_column_bytes(kv->get, 0), id, out,
                            err);
    } else if (code != SQLITE_DONE) {
        status = fail(kv, code, "reading", err);
    }
    sqlite3_reset(kv->get);
    return status;
}

llm_status sx_kv_put(sx_kv *kv, const void *key, size_t key_len, const void *value, size_t len, llm_error *err)
{
    unsigned char id[SX_HASH_BYTES];
    if (kv->readonly) return sx_fail(err, LLM_E_READONLY, "\"%s\" was opened read-only", kv->path);
    if (len > (1u << 28)) return sx_fail(err, LLM_E_LIMIT, "a value of %zu bytes is too long for a vault", len);
    unsigned char *sealed = sx_mem_alloc(kv->mem, len + SX_SEAL_BYTES);
    if (sealed == NULL) return sx_fail_memory(err);
    sx_hash_keyed(id, key, key_len, kv->keys->lookup);
    sx_seal(sealed, value, len, id, sizeof id, kv->keys->seal);
    int code = sqlite3_bind_blob(kv->put, 1, id, sizeof id, SQLITE_STATIC);
    if (code == SQLITE_OK) code = sqlite3_bind_blob(kv->put, 2, sealed, (int)(len + SX_SEAL_BYTES), SQLITE_STATIC);
    if (code == SQLITE_OK) code = sqlite3_step(kv->put);
    llm_status status = code == SQLITE_DONE ? LLM_OK : fail(kv, code, "writing", err);
    sqlite3_reset(kv->put);
    sqlite3_clear_bindings(kv->put);
    sx_mem_free(kv->mem, sealed);
    return status;
}

llm_status sx_kv_remove(sx_kv *kv, const void *key, size_t key_len, llm_error *err)
{
    unsigned char id[SX_HASH_BYTES];
    if (kv->readonly) return sx_fail(err, LLM_E_READONLY, "\"%s\" was opened read-only", kv->path);
    sx_hash_keyed(id, key, key_len, kv->keys->lookup);
    int code = sqlite3_bind_blob(kv->del, 1, id, sizeof id, SQLITE_STATIC);
    if (code == SQLITE_OK) code = sqlite3_step(kv->del);
    llm_status status = code == SQLITE_DONE ? LLM_OK : fail(kv, code, "writing", err);
    sqlite3_reset(kv->del);
    sqlite3_clear_bindings(kv->del);
    return status;
}

llm_status sx_kv_compact(sx_kv *kv, llm_error *err)
{
    return run(kv, "VACUUM", "compacting", err);
}

llm_status sx_kv_version(sx_kv *kv, uint64_t *version, llm_error *err)
{
    int code = sqlite3_step(kv->version);
    if (code == SQLITE_ROW) *version = (uint64_t)sqlite3_column_int64(kv->version, 0);
    sqlite3_reset(kv->version);
    return code == SQLITE_ROW ? LLM_OK : fail(kv, code, "reading", err);
}

llm_status sx_kv_begin(sx_kv *kv, llm_error *err)
{
    if (kv->readonly) return sx_fail(err, LLM_E_READONLY, "\"%s\" was opened read-only", kv->path);
    llm_status status = run(kv, "BEGIN IMMEDIATE", "writing", err);
    kv->in_transaction = status == LLM_OK;
    return status;
}

llm_status sx_kv_end(sx_kv *kv, bool keep, llm_error *err)
{
    llm_status status = LLM_OK;
    if (!kv->in_transaction) return LLM_OK;
    if (keep) status = run(kv, "COMMIT", "writing", err);
    if (!keep || status != LLM_OK) (void)sqlite3_exec(kv->db, "ROLLBACK", NULL, NULL, NULL);
    kv->in_transaction = false;
    return status;
}

const unsigned char *sx_kv_hash_key(const sx_kv *kv)
{
    return kv->keys->hash;
}
