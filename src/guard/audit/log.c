/* An audit log being written. Every append holds the file's lock: it first catches up with what other processes appended, then
 * writes its records in one go, and takes them back if they do not fit. What is found torn at the end is kept inside a record
 * that tells of it. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "guard/audit/walk.h"
#include "guard/vault/canon.h"
#include "platform/clock.h"

enum { HEAD_EVERY = 64, LOCK_WAIT_MS = 10000, TORN_KEPT = 64 << 10, TAG_MAX = 255, NAME_MAX_BYTES = 255 };

struct keys {
    unsigned char secret[SX_SECRET_BYTES]; /* signs */
    unsigned char mark[SX_KEY_BYTES];      /* hashes values */
};

struct sx_audit {
    sx_mem *mem;
    sx_audit_params params;
    pthread_mutex_t lock;
    int fd;
    char *path;
    struct keys *keys; /* locked memory */
    sx_audit_header header;
    uint64_t end;                       /* of the records that are known */
    uint64_t number;                    /* of the last one */
    unsigned char chain[SX_HASH_BYTES]; /* its hash */
    uint64_t unsigned_n;                /* records since the last head */
    bool told;                          /* this writer's OPEN stands in the log */
    sx_buf out;                         /* records on their way */
};

static uint64_t now(const sx_audit *a)
{
    int64_t ms = a->params.clock != NULL ? a->params.clock(a->params.clock_user) : sx_clock_unix_ms();
    return ms > 0 ? (uint64_t)ms : 0;
}

/* ---- records on their way: all of them or none ---- */

/* Where a record begins and what to go back to. */
typedef struct spot {
    size_t at;
} spot;

static spot begin_record(sx_audit *a, uint8_t kind)
{
    spot m = {a->out.len};
    sx_put_u32(&a->out, 0);
    sx_buf_char(&a->out, (char)kind);
    sx_put_u64(&a->out, ++a->number);
    sx_put_u64(&a->out, now(a));
    return m;
}

static void end_record(sx_audit *a, spot m)
{
    sx_record_close(&a->out, m.at, a->chain);
    a->unsigned_n++;
}

static void put_head(sx_audit *a, bool closing)
{
    unsigned char message[SX_HEAD_MESSAGE], sig[SX_SIGN_BYTES], before[SX_HASH_BYTES];
    memcpy(before, a->chain, sizeof before);
    spot m = begin_record(a, SX_RECORD_HEAD);
    sx_head_message(message, &a->header, a->number, before);
    sx_sign(sig, message, sizeof message, a->keys->secret);
    sx_buf_char(&a->out, closing ? 1 : 0);
    sx_buf_add(&a->out, sig, sizeof sig);
    end_record(a, m);
    a->unsigned_n = 0;
}

static llm_status write_all(const sx_audit *a, llm_error *err)
{
    for (size_t done = 0; done < a->out.len;) {
        ssize_t n = pwrite(a->fd, a->out.data + done, a->out.len - done, (off_t)(a->end + done));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            llm_status status = sx_fail_errno(err, n < 0 ? errno : ENOSPC, "cannot append to the audit log", a->path);
            if (ftruncate(a->fd, (off_t)a->end) != 0) return status; /* a torn end: the next append tells of it */
            return status;
        }
        done += (size_t)n;
    }
    return LLM_OK;
}

/* What the log was before records were put: their failure leaves it so. */
typedef struct past {
    uint64_t number, unsigned_n;
    unsigned char chain[SX_HASH_BYTES];
} past;

static past remember(const sx_audit *a)
{
    past b = {.number = a->number, .unsigned_n = a->unsigned_n};
    memcpy(b.chain, a->chain, sizeof b.chain);
    return b;
}

/* Writes what was put. */
static llm_status flush(sx_audit *a, const past *b, bool durable, llm_error *err)
{
    llm_status status = sx_buf_status(&a->out) == LLM_OK ? write_all(a, err) : sx_fail_memory(err);
    if (status == LLM_OK) {
        a->end += a->out.len;
        if (durable && fdatasync(a->fd) != 0)
            status = sx_fail_errno(err, errno, "cannot make the audit log durable", a->path);
    } else {
        a->number = b->number;
        a->unsigned_n = b->unsigned_n;
        memcpy(a->chain, b->chain, sizeof a->chain);
    }
    sx_buf_clear(&a->out);
    return status;
}

/* ---- the file's lock, and catching up ---- */

static llm_status take_lock(sx_audit *a, llm_error *err)
{
    double deadline = sx_clock_ms() + LOCK_WAIT_MS;
    const struct timespec nap = {0, 500000};
    while (flock(a->fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) return sx_fail_errno(err, errno, "cannot lock", a->path);
        if (sx_clock_ms() > deadline)
            return sx_fail(err, LLM_E_BUSY, "another process keeps the audit log \"%s\" locked; try again", a->path);
        nanosleep(&nap, NULL);
    }
    return LLM_OK;
}

static void give_lock(const sx_audit *a)
{
    (void)flock(a->fd, LOCK_UN);
}

/* Follows whole, well-chained records from a->end on. Stops at the end or at the first that is not. */
static llm_status follow(sx_audit *a, uint64_t size, llm_error *err)
{
    sx_walk walk;
    sx_record record;
    bool found = true;
    llm_status status = LLM_OK;
    sx_walk_over(&walk, a->mem, a->fd, size, a->end, a->path);
    while (status == LLM_OK && found) {
        unsigned char hash[SX_HASH_BYTES];
        status = sx_walk_next(&walk, &record, &found, err);
        if (status != LLM_OK || !found) break;
        sx_record_hash(hash, a->chain, record.body, record.body_len);
        if (memcmp(hash, record.hash, sizeof hash) != 0 || record.number != a->number + 1) break;
        memcpy(a->chain, hash, sizeof hash);
        a->number = record.number;
        a->end = walk.at;
        a->unsigned_n = record.kind == SX_RECORD_HEAD ? 0 : a->unsigned_n + 1;
    }
    sx_walk_end(&walk, false);
    return status;
}

/* Something behind the last good record is none: keeps its bytes in a record that tells of it, unless whole records stand
 * behind it, which no torn write leaves. */
static llm_status mend_tear(sx_audit *a, uint64_t size, llm_error *err)
{
    sx_walk walk;
    uint64_t later, torn = size - a->end;
    past b = remember(a);
    sx_walk_over(&walk, a->mem, a->fd, size, a->end + 1, a->path);
    llm_status status = sx_walk_resync(&walk, a->number + 1, false, &later, err);
    sx_walk_end(&walk, false);
    if (status == LLM_OK && later != 0)
        status = sx_fail(err, LLM_E_CORRUPT,
                         "the audit log \"%s\" is damaged at record %llu; keep it as evidence and begin another",
                         a->path, (unsigned long long)a->number + 1);
    if (status != LLM_OK) return status;
    size_t kept = torn < TORN_KEPT ? (size_t)torn : TORN_KEPT;
    spot m = begin_record(a, SX_RECORD_TEAR);
    sx_put_u32(&a->out, torn < UINT32_MAX ? (uint32_t)torn : UINT32_MAX);
    char *room = sx_buf_room(&a->out, kept);
    status = room != NULL ? sx_read_at(a->fd, room, kept, a->end, a->path, err) : sx_fail_memory(err);
    end_record(a, m);
    if (status != LLM_OK) {
        sx_buf_clear(&a->out);
        a->number = b.number;
        memcpy(a->chain, b.chain, sizeof a->chain);
        return status;
    }
    if (a->out.len < torn && ftruncate(a->fd, (off_t)(a->end + a->out.len)) != 0)
        return sx_fail_errno(err, errno, "cannot cut", a->path);
    return flush(a, &b, true, err);
}

/* Under the lock: the file's end is ours. */
static llm_status catch_up(sx_audit *a, llm_error *err)
{
    struct stat st;
    if (fstat(a->fd, &st) != 0) return sx_fail_errno(err, errno, "cannot stat", a->path);
    uint64_t size = (uint64_t)st.st_size;
    if (st.st_nlink == 0)
        return sx_fail(err, LLM_E_CORRUPT, "the audit log \"%s\" was removed while it was open", a->path);
    if (size < a->end)
        return sx_fail(err, LLM_E_CORRUPT, "the audit log \"%s\" was cut short behind record %llu while it was open",
                       a->path, (unsigned long long)a->number);
    if (size == a->end) return LLM_OK;
    llm_status status = follow(a, size, err);
    return status == LLM_OK && a->end < size ? mend_tear(a, size, err) : status;
}

/* ---- opening and closing ---- */

static llm_status make_keys(sx_audit *a, const void *key, llm_error *err)
{
    unsigned char seed[SX_KEY_BYTES];
    a->keys = sx_secret_alloc(sizeof *a->keys);
    if (a->keys == NULL) return sx_fail_memory(err);
    sx_hash_keyed(seed, "audit sign", 10, key);
    sx_hash_keyed(a->keys->mark, "audit mark", 10, key);
    sx_sign_keys(a->header.pub, a->keys->secret, seed);
    sx_wipe(seed, sizeof seed);
    return LLM_OK;
}

/* A new log, or one whose maker died before its header stood. */
static llm_status begin_log(sx_audit *a, llm_error *err)
{
    past b = remember(a);
    sx_random(a->header.id, sizeof a->header.id);
    a->header.time = now(a);
    sx_header_put(&a->out, &a->header, a->keys->secret);
    llm_status status = flush(a, &b, true, err);
    if (status == LLM_OK) memcpy(a->chain, a->header.hash, sizeof a->chain);
    return status;
}

/* The last record from the end; *good false when it does not fit, and all must be walked. */
static llm_status last_record(sx_audit *a, uint64_t size, bool *good, llm_error *err)
{
    unsigned char tail[4], before_hash[SX_HASH_BYTES], hash[SX_HASH_BYTES];
    sx_record record;
    *good = false;
    if (size - SX_AUDIT_HEADER < SX_AUDIT_FRAME + SX_AUDIT_HEAD_BODY) return LLM_OK;
    llm_status status = sx_read_at(a->fd, tail, sizeof tail, size - sizeof tail, a->path, err);
    if (status != LLM_OK) return status;
    uint64_t whole = (uint64_t)sx_get_u32(tail) + SX_AUDIT_FRAME;
    if (sx_get_u32(tail) > SX_AUDIT_BODY_MAX || whole > size - SX_AUDIT_HEADER) return LLM_OK;
    uint64_t at = size - whole;
    memcpy(before_hash, a->header.hash, sizeof before_hash);
    if (at > SX_AUDIT_HEADER)
        status = at < SX_AUDIT_HEADER + SX_AUDIT_FRAME
                     ? LLM_OK
                     : sx_read_at(a->fd, before_hash, sizeof before_hash, at - 4 - SX_HASH_BYTES, a->path, err);
    char *bytes = status == LLM_OK ? sx_mem_alloc(a->mem, (size_t)whole) : NULL;
    if (status == LLM_OK && bytes == NULL) status = sx_fail_memory(err);
    if (status == LLM_OK) status = sx_read_at(a->fd, bytes, (size_t)whole, at, a->path, err);
    if (status == LLM_OK && sx_record_get(&record, (const unsigned char *)bytes, (size_t)whole) == whole) {
        sx_record_hash(hash, before_hash, record.body, record.body_len);
        *good = memcmp(hash, record.hash, sizeof hash) == 0 && record.number > 0;
        if (*good) {
            a->end = size;
            a->number = record.number;
            memcpy(a->chain, hash, sizeof hash);
            a->unsigned_n = record.kind == SX_RECORD_HEAD ? 0 : 1;
        }
    }
    sx_mem_free(a->mem, bytes);
    return status;
}

static llm_status resume(sx_audit *a, uint64_t size, llm_error *err)
{
    unsigned char bytes[SX_AUDIT_HEADER], pub[SX_PUBLIC_BYTES];
    bool good;
    memcpy(pub, a->header.pub, sizeof pub);
    llm_status status = sx_read_at(a->fd, bytes, sizeof bytes, 0, a->path, err);
    if (status == LLM_OK) status = sx_header_get(&a->header, bytes, sizeof bytes, a->path, err);
    if (status == LLM_OK && memcmp(pub, a->header.pub, sizeof pub) != 0)
        status = sx_fail(err, LLM_E_KEY, "the key is not that of the audit log \"%s\"; use the key it was made with",
                         a->path);
    if (status != LLM_OK) return status;
    a->end = SX_AUDIT_HEADER;
    memcpy(a->chain, a->header.hash, sizeof a->chain);
    status = last_record(a, size, &good, err);
    return status == LLM_OK && !good ? catch_up(a, err) : status;
}

/* Is what stands there the beginning of a header that a crash left? */
static llm_status begun(const sx_audit *a, uint64_t size, bool *is, llm_error *err)
{
    static const char MAGIC[8] = "SXAUDIT";
    char bytes[8] = {0};
    size_t n = size < sizeof bytes ? (size_t)size : sizeof bytes;
    llm_status status = sx_read_at(a->fd, bytes, n, 0, a->path, err);
    *is = status == LLM_OK && size < SX_AUDIT_HEADER && memcmp(bytes, MAGIC, n) == 0;
    return status;
}

static llm_status first_look(sx_audit *a, llm_error *err)
{
    struct stat st;
    bool fresh = false;
    if (fstat(a->fd, &st) != 0) return sx_fail_errno(err, errno, "cannot stat", a->path);
    if (!S_ISREG(st.st_mode)) return sx_fail(err, LLM_E_IO, "\"%s\" is not a regular file", a->path);
    uint64_t size = (uint64_t)st.st_size;
    llm_status status = begun(a, size, &fresh, err);
    if (status != LLM_OK) return status;
    if (!fresh && size < SX_AUDIT_HEADER) return sx_fail(err, LLM_E_FORMAT, "\"%s\" is no audit log", a->path);
    return fresh ? begin_log(a, err) : resume(a, size, err);
}

static void discard(sx_audit *a)
{
    if (a->fd >= 0) close(a->fd);
    sx_secret_free(a->keys);
    sx_buf_free(&a->out);
    sx_mem_free(a->mem, a->path);
    sx_mem_free(a->mem, a);
}

llm_status sx_audit_open(sx_audit **out, sx_mem *mem, const char *path, const void *key, size_t key_len,
                         const sx_audit_params *params, llm_error *err)
{
    *out = NULL;
    if (path == NULL || key == NULL || key_len != SX_KEY_BYTES)
        return sx_fail(err, LLM_E_INVALID, "an audit log needs a path and a key of %d bytes, not %zu", SX_KEY_BYTES,
                       key_len);
    llm_status status = sx_crypto_init(err);
    if (status != LLM_OK) return status;
    sx_audit *a = sx_mem_zalloc(mem, sizeof *a);
    if (a == NULL) return sx_fail_memory(err);
    a->mem = mem;
    a->fd = -1;
    if (params != NULL) a->params = *params;
    if (a->params.head_every == 0) a->params.head_every = HEAD_EVERY;
    sx_buf_init(&a->out, mem, 0);
    a->path = sx_mem_strndup(mem, path, strlen(path));
    status = a->path != NULL ? make_keys(a, key, err) : sx_fail_memory(err);
    if (status == LLM_OK) {
        a->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
        if (a->fd < 0) status = sx_fail_errno(err, errno, "cannot open the audit log", path);
    }
    if (status == LLM_OK) status = take_lock(a, err);
    if (status == LLM_OK) {
        status = first_look(a, err);
        give_lock(a);
    }
    if (status == LLM_OK && pthread_mutex_init(&a->lock, NULL) != 0)
        status = sx_fail(err, LLM_E_MEMORY, "no mutex for the audit log");
    if (status != LLM_OK) {
        discard(a);
        return status;
    }
    *out = a;
    return LLM_OK;
}

/* ---- writing ---- */

static llm_status enter(sx_audit *a, llm_error *err)
{
    pthread_mutex_lock(&a->lock);
    llm_status status = take_lock(a, err);
    if (status == LLM_OK) {
        status = catch_up(a, err);
        if (status != LLM_OK) give_lock(a);
    }
    if (status != LLM_OK) pthread_mutex_unlock(&a->lock);
    return status;
}

static llm_status leave(sx_audit *a, llm_status status)
{
    give_lock(a);
    pthread_mutex_unlock(&a->lock);
    return status;
}

static void put_name(sx_buf *out, const char *name, size_t most)
{
    size_t n = name != NULL ? strlen(name) : 0;
    if (n > most) n = most;
    sx_buf_char(out, (char)(unsigned char)n);
    sx_buf_add(out, name != NULL ? name : "", n);
}

static void put_finding(sx_buf *out, const sx_finding *f)
{
    uint64_t length = f->end - f->start;
    put_name(out, f->type, NAME_MAX_BYTES);
    put_name(out, f->rule, NAME_MAX_BYTES);
    sx_put_u32(out, length < UINT32_MAX ? (uint32_t)length : UINT32_MAX);
    sx_put_u16(out, (uint32_t)(f->score * 10000.0f + 0.5f));
    sx_buf_char(out, (char)f->action);
    sx_buf_add(out, f->mark, sizeof f->mark);
}

/* A writer says who it is before its first verdict. */
static void put_open(sx_audit *a)
{
    spot m = begin_record(a, SX_RECORD_OPEN);
    sx_buf_str(&a->out, LLM_VERSION);
    end_record(a, m);
}

/* One record with as many of the findings as it may hold. */
enum { FINDING_ROOM = 2 * (NAME_MAX_BYTES + 1) + 4 + 2 + 1 + SX_MARK_BYTES };

static size_t put_verdict(sx_audit *a, const sx_audit_text *t, size_t from)
{
    static const unsigned char none[SX_MARK_BYTES];
    enum { MOST = (SX_AUDIT_BODY_MAX - 512) / FINDING_ROOM };
    size_t n = t->count - from < MOST ? t->count - from : MOST;
    uint32_t flags = t->flags | (from + n < t->count ? SX_AUDIT_GOES_ON : 0);
    spot m = begin_record(a, SX_RECORD_VERDICT);
    sx_buf_char(&a->out, (char)t->direction);
    sx_buf_char(&a->out, (char)t->verdict);
    sx_buf_char(&a->out, (char)flags);
    sx_buf_add(&a->out, t->policy != NULL ? t->policy : none, SX_MARK_BYTES);
    sx_put_u64(&a->out, t->bytes);
    put_name(&a->out, t->tag, TAG_MAX);
    sx_put_u32(&a->out, (uint32_t)n);
    for (size_t i = 0; i < n; i++) put_finding(&a->out, &t->findings[from + i]);
    end_record(a, m);
    return from + n;
}

llm_status sx_audit_verdict(sx_audit *a, const sx_audit_text *text, llm_error *err)
{
    llm_status status = enter(a, err);
    if (status != LLM_OK) return status;
    past b = remember(a);
    if (!a->told) put_open(a);
    size_t from = put_verdict(a, text, 0);
    while (from < text->count) from = put_verdict(a, text, from);
    bool sign = a->unsigned_n >= a->params.head_every;
    if (sign) put_head(a, false);
    status = flush(a, &b, sign || a->params.durable, err);
    a->told = a->told || status == LLM_OK;
    return leave(a, status);
}

llm_status sx_audit_head(sx_audit *a, sx_buf *out, llm_error *err)
{
    char hash[2 * SX_HASH_BYTES + 1], pub[2 * SX_PUBLIC_BYTES + 1];
    llm_status status = enter(a, err);
    if (status != LLM_OK) return status;
    past b = remember(a);
    if (a->unsigned_n > 0) {
        put_head(a, false);
        status = flush(a, &b, true, err);
    }
    if (status == LLM_OK) {
        sx_hex(hash, a->chain, sizeof a->chain);
        sx_hex(pub, a->header.pub, sizeof a->header.pub);
        sx_buf_printf(out, "%llu-%s-%s", (unsigned long long)a->number, hash, pub);
        if (sx_buf_status(out) != LLM_OK) status = sx_fail_memory(err);
    }
    return leave(a, status);
}

void sx_audit_close(sx_audit *a)
{
    if (a == NULL) return;
    if (a->told && enter(a, NULL) == LLM_OK) {
        past b = remember(a);
        put_head(a, true);
        (void)leave(a, flush(a, &b, true, NULL));
    }
    pthread_mutex_destroy(&a->lock);
    discard(a);
}

void sx_audit_mark(const sx_audit *audit, const char *type, const char *value, size_t len,
                   unsigned char mark[SX_MARK_BYTES])
{
    unsigned char hash[SX_HASH_BYTES];
    sx_canon canon;
    sx_canon_begin(&canon, audit->mem, type, value, len);
    sx_hash_keyed(hash, canon.text.data, canon.text.len, audit->keys->mark);
    sx_canon_end(&canon);
    memcpy(mark, hash, SX_MARK_BYTES);
}
