/* Sessions to bytes and back. All numbers are little-endian:
 *
 *     offset 0   "SXTSTATE"
 *            8   u32 version, 1
 *           12   u32 LLM_KV_* of the numbers kept
 *           16   the model's hash, 32 bytes
 *           48   u32 n: positions filled
 *           52   u32 w: the first position that windowed layers hold, a multiple of SX_PAGE
 *           56   u64 a mark of the angles by which positions turn keys
 *           64   u64 bytes of the rows below
 *           72   i32 tokens [n]
 *                per layer and key-value head: keys of positions 0 (or w) to n - 1, then their values
 *                the BLAKE2b-256 of all of this, 32 bytes
 *
 * Reading fills a cache of its own and puts it in the session's place only when the last byte was right. */
#include "engine/session/state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/map.h"
#include "platform/newfile.h"

enum { VERSION = 1, HEAD = 72 };
static const char MAGIC[8] = {'S', 'X', 'T', 'S', 'T', 'A', 'T', 'E'};

/* ---- what a state holds ---- */

static void put_le(unsigned char *to, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++) to[i] = (unsigned char)(v >> 8 * i);
}

static uint64_t get_le(const unsigned char *from, int bytes)
{
    uint64_t v = 0;
    for (int i = 0; i < bytes; i++) v |= (uint64_t)from[i] << 8 * i;
    return v;
}

/* Sessions of one model may turn keys differently: LongRoPE chooses by n_ctx. */
static uint64_t rope_mark(const sx_session *s)
{
    uint64_t mark = 1;
    for (int t = 0; t < 2; t++) {
        const sx_rope *rope = &s->rope[t];
        mark = sx_hash64(&rope->length, sizeof rope->length, mark);
        if (rope->step) mark = sx_hash64(rope->step, rope->half * sizeof *rope->step, mark);
    }
    return mark;
}

static uint64_t row_bytes(const sx_cache *c, uint32_t n, uint32_t from)
{
    const uint64_t each = (uint64_t)c->n_head * (c->k_row + c->v_row);
    return each * c->table[SX_TABLE_ALL].n_layer * n + each * c->table[SX_TABLE_WINDOWED].n_layer * (n - from);
}

static uint64_t state_bytes(const sx_cache *c, uint32_t n, uint32_t from)
{
    return HEAD + (uint64_t)n * sizeof(int32_t) + row_bytes(c, n, from) + SX_HASH_BYTES;
}

/* Calls fn for every stretch of rows of positions [0, n) or [from, n), in the order of the file. */
typedef llm_status (*stretch_fn)(void *arg, char *rows, size_t bytes);

static llm_status each_stretch(const sx_cache *c, uint32_t n, uint32_t from, stretch_fn fn, void *arg)
{
    llm_status status = LLM_OK;
    for (uint32_t l = 0; l < c->n_layer; l++)
        for (uint32_t h = 0; h < c->n_head; h++)
            for (int values = 0; values < (c->dim_v ? 2 : 1); values++) {
                uint32_t at = c->layers[l].table == SX_TABLE_WINDOWED ? from : 0;
                for (uint32_t count; at < n && status == LLM_OK; at += count) {
                    count = SX_PAGE - at % SX_PAGE < n - at ? SX_PAGE - at % SX_PAGE : n - at;
                    char *rows = values ? sx_cache_v(c, l, h, at) : sx_cache_k(c, l, h, at);
                    status = fn(arg, rows, count * (values ? c->v_row : c->k_row));
                }
                if (status != LLM_OK) return status;
            }
    return LLM_OK;
}

/* ---- writing ---- */

typedef struct writer { /* into a file or into memory */
    sx_new_file *file;
    unsigned char *to;
    sx_hasher hash;
    llm_error *err;
} writer;

static llm_status write_plain(writer *w, const void *bytes, size_t n)
{
    if (w->file) return sx_new_file_put(w->file, bytes, n, w->err);
    memcpy(w->to, bytes, n);
    w->to += n;
    return LLM_OK;
}

static llm_status write_bytes(void *arg, char *bytes, size_t n)
{
    writer *w = arg;
    sx_hasher_add(&w->hash, bytes, n);
    return write_plain(w, bytes, n);
}

static llm_status write_tokens(writer *w, const sx_session *s)
{
    llm_status status = LLM_OK;
    for (uint32_t i = 0; i < s->used && status == LLM_OK; i++) {
        unsigned char le[4];
        put_le(le, (uint32_t)s->tokens[i], 4);
        status = write_bytes(w, (char *)le, sizeof le);
    }
    return status;
}

static llm_status write_state(const sx_session *s, writer *w)
{
    unsigned char head[HEAD], hash[SX_HASH_BYTES];
    const uint32_t from = sx_session_windowed_from(s);
    memcpy(head, MAGIC, sizeof MAGIC);
    put_le(head + 8, VERSION, 4);
    put_le(head + 12, s->kv_type, 4);
    sx_model_hash(s->model, head + 16);
    put_le(head + 48, s->used, 4);
    put_le(head + 52, from, 4);
    put_le(head + 56, rope_mark(s), 8);
    put_le(head + 64, row_bytes(&s->cache, s->used, from), 8);
    sx_hasher_begin(&w->hash);
    llm_status status = write_bytes(w, (char *)head, HEAD);
    if (status == LLM_OK) status = write_tokens(w, s);
    if (status == LLM_OK) status = each_stretch(&s->cache, s->used, from, write_bytes, w);
    sx_hasher_end(&w->hash, hash);
    return status == LLM_OK ? write_plain(w, hash, sizeof hash) : status;
}

/* Keys and values carry what adapters did; the adapters themselves are not in the file. */
static llm_status check_plain(const sx_session *s, llm_error *err)
{
    llm_status status = sx_crypto_init(err);
    if (status == LLM_OK && s->adapters)
        status = sx_fail(err, LLM_E_UNSUPPORTED,
                         "the context has adapters, which a saved state does not hold; take them off first");
    return status;
}

llm_status sx_session_save(const sx_session *s, const char *path, llm_error *err)
{
    sx_new_file file;
    llm_status status = check_plain(s, err);
    if (status == LLM_OK) status = sx_new_file_begin(&file, s->mem, path, err);
    if (status != LLM_OK) return status;
    writer w = {.file = &file, .err = err};
    return sx_new_file_end(&file, write_state(s, &w), err);
}

int64_t sx_session_export(const sx_session *s, void *bytes, size_t capacity, llm_error *err)
{
    llm_status status = check_plain(s, err);
    if (status != LLM_OK) return status;
    uint64_t need = state_bytes(&s->cache, s->used, sx_session_windowed_from(s));
    if (need > capacity) return (int64_t)need;
    writer w = {.to = bytes, .err = err};
    status = write_state(s, &w);
    return status == LLM_OK ? (int64_t)need : status;
}

/* ---- reading ---- */

typedef struct reader { /* from a file or from memory */
    const char *name;   /* in sentences */
    int fd;             /* -1: memory */
    const unsigned char *from;
    uint64_t size, at;
    sx_hasher hash;
    llm_error *err;
} reader;

static llm_status cut_short(const reader *r)
{
    return sx_fail(r->err, LLM_E_FORMAT, "%s: %" PRIu64 " bytes are no whole saved state; save it again", r->name,
                   r->size);
}

static llm_status read_plain(reader *r, void *bytes, size_t n)
{
    if (n > r->size - r->at) return cut_short(r);
    for (size_t done = 0; r->fd >= 0 && done < n;) {
        ssize_t got = read(r->fd, (char *)bytes + done, n - done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return sx_fail_errno(r->err, errno, "cannot read", r->name);
        if (got == 0) return cut_short(r);
        done += (size_t)got;
    }
    if (r->fd < 0) memcpy(bytes, r->from + r->at, n);
    r->at += n;
    return LLM_OK;
}

static llm_status read_bytes(void *arg, char *bytes, size_t n)
{
    reader *r = arg;
    llm_status status = read_plain(r, bytes, n);
    if (status == LLM_OK) sx_hasher_add(&r->hash, bytes, n);
    return status;
}

static const char *kv_name(uint64_t kv)
{
    static const char *const names[] = {"", "f16", "f32", "bf16", "q8_0", "q4_0"};
    return kv > 0 && kv < sizeof names / sizeof *names ? names[kv] : "of an unknown type";
}

/* Whether the head is one of a state that this session can take. */
static llm_status check_head(const sx_session *s, const reader *r, const unsigned char head[HEAD])
{
    unsigned char own[SX_HASH_BYTES];
    const uint64_t version = get_le(head + 8, 4), kv = get_le(head + 12, 4), n = get_le(head + 48, 4),
                   from = get_le(head + 52, 4);
    if (memcmp(head, MAGIC, sizeof MAGIC) != 0)
        return sx_fail(r->err, LLM_E_FORMAT, "%s is not a saved state of a context", r->name);
    if (version != VERSION)
        return sx_fail(r->err, LLM_E_VERSION, "%s: version %" PRIu64 " of the format; this library reads version %d",
                       r->name, version, VERSION);
    sx_model_hash(s->model, own);
    if (memcmp(head + 16, own, sizeof own) != 0)
        return sx_fail(r->err, LLM_E_INVALID, "%s was saved with another model; restore it on the one it came from",
                       r->name);
    if (kv != s->kv_type)
        return sx_fail(r->err, LLM_E_INVALID,
                       "%s keeps its numbers as %s, this context as %s; open one with its kv_type", r->name,
                       kv_name(kv), kv_name(s->kv_type));
    if (n > s->cache.n_ctx)
        return sx_fail(r->err, LLM_E_LIMIT, "%s holds %" PRIu64 " positions, this context has room for %u; raise n_ctx",
                       r->name, n, s->cache.n_ctx);
    if (get_le(head + 56, 8) != rope_mark(s))
        return sx_fail(r->err, LLM_E_INVALID,
                       "%s was saved with an n_ctx for which this model places positions differently; open a context "
                       "with that n_ctx",
                       r->name);
    const bool windows = s->cache.table[SX_TABLE_WINDOWED].n_layer > 0;
    if (from % SX_PAGE != 0 || (from > 0 && (!windows || from >= n || from > sx_session_sees_from(s, (uint32_t)n))))
        return sx_fail(r->err, LLM_E_FORMAT, "%s: windowed layers cannot begin at position %" PRIu64 " of %" PRIu64,
                       r->name, from, n);
    if (get_le(head + 64, 8) != row_bytes(&s->cache, (uint32_t)n, (uint32_t)from) ||
        r->size != state_bytes(&s->cache, (uint32_t)n, (uint32_t)from))
        return cut_short(r);
    return LLM_OK;
}

static llm_status read_tokens(const sx_session *s, reader *r, int32_t *tokens, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        unsigned char le[4];
        llm_status status = read_bytes(r, (char *)le, sizeof le);
        if (status != LLM_OK) return status;
        uint64_t token = get_le(le, 4);
        if (token >= s->model->net.hp.n_vocab)
            return sx_fail(r->err, LLM_E_FORMAT, "%s: token %" PRIu64 " at position %u is outside the vocabulary",
                           r->name, token, i);
        tokens[i] = (int32_t)token;
    }
    return LLM_OK;
}

static llm_status read_rows(sx_cache *c, reader *r, uint32_t n, uint32_t from)
{
    llm_status status = LLM_OK;
    for (uint32_t at = 0; at < n && status == LLM_OK; at += SX_PAGE) {
        status = sx_cache_reserve(c, at, SX_PAGE < n - at ? SX_PAGE : n - at, r->err);
        if (at < from) sx_cache_release(c, SX_TABLE_WINDOWED, at, at + SX_PAGE);
    }
    if (status != LLM_OK || (status = each_stretch(c, n, from, read_bytes, r)) != LLM_OK) return status;
    unsigned char want[SX_HASH_BYTES], got[SX_HASH_BYTES];
    sx_hasher_end(&r->hash, want);
    if ((status = read_plain(r, got, sizeof got)) != LLM_OK) return status;
    if (memcmp(want, got, sizeof got) != 0)
        return sx_fail(r->err, LLM_E_FORMAT, "%s is damaged: its checksum is wrong; save it again", r->name);
    return LLM_OK;
}

static llm_status read_state(sx_session *s, reader *r)
{
    unsigned char head[HEAD];
    sx_hasher_begin(&r->hash);
    llm_status status = check_plain(s, r->err);
    if (status == LLM_OK) status = read_bytes(r, (char *)head, HEAD);
    if (status == LLM_OK) status = check_head(s, r, head);
    if (status != LLM_OK) return status;
    const uint32_t n = (uint32_t)get_le(head + 48, 4), from = (uint32_t)get_le(head + 52, 4);
    sx_cache fresh;
    int32_t *tokens = NULL;
    size_t cap = 0;
    sx_cache_like(&fresh, &s->cache);
    if (sx_mem_grow(s->mem, (void **)&tokens, &cap, n, sizeof *tokens)) status = sx_fail_memory(r->err);
    if (status == LLM_OK) status = read_tokens(s, r, tokens, n);
    if (status == LLM_OK) status = read_rows(&fresh, r, n, from);
    if (status != LLM_OK) {
        sx_cache_free(&fresh);
        sx_mem_free(s->mem, tokens);
        return status;
    }
    sx_cache_free(&s->cache);
    sx_mem_free(s->mem, s->tokens);
    s->cache = fresh;
    s->tokens = tokens;
    s->tokens_cap = cap;
    s->used = n;
    return LLM_OK;
}

llm_status sx_session_restore(sx_session *s, const char *path, llm_error *err)
{
    reader r = {.name = path, .err = err};
    struct stat st;
    r.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (r.fd < 0) return sx_fail_errno(err, errno, "cannot open", path);
    llm_status status = LLM_OK;
    if (fstat(r.fd, &st) != 0)
        status = sx_fail_errno(err, errno, "cannot read", path);
    else if (!S_ISREG(st.st_mode))
        status = sx_fail(err, LLM_E_INVALID, "%s is not a regular file", path);
    else
        r.size = (uint64_t)st.st_size;
    if (status == LLM_OK) status = read_state(s, &r);
    close(r.fd);
    return status;
}

llm_status sx_session_import(sx_session *s, const void *bytes, size_t n, llm_error *err)
{
    reader r = {.name = "the saved state", .fd = -1, .from = bytes, .size = n, .err = err};
    return read_state(s, &r);
}
