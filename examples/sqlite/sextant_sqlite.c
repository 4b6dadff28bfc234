/* sextant.so: Sextant inside SQLite. In the sqlite3 shell `.load ./sextant`, then
 *
 *     SELECT sextant_ingest('notes.sextant', 'handbook.md', readfile('handbook.md'));
 *     SELECT doc, node, score, text FROM sextant_retrieve('notes.sextant', 'How many days of leave?');
 *     SELECT sextant_generate('notes.sextant', 'How many days of leave?');
 *     SELECT sextant_redact(body) FROM mail;
 *     SELECT sextant_redact(body, 'a passphrase') FROM mail;       -- pseudonyms, sealed for this connection
 *     SELECT sextant_restore(text, 'a passphrase') FROM answers;
 *
 * A corpus is a file, or ':memory:' for one that lives as long as the connection. What touches files or runs an answer is
 * DIRECTONLY: a view or trigger of a hostile database cannot call it. sqlite3_interrupt stops whatever runs.
 * All state belongs to the connection; nothing is started or opened before the first call. The entry point is also good
 * for sqlite3_auto_extension. */
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1
#include <sextant.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CORPORA = 16, MAX_VAULTS = 8, NAME = 512, PIECE = 65536, LOOK_EACH = 16 };

typedef struct corpus {
    char name[NAME];
    llm_corpus *corpus;
    llm_ctx *ctx;
} corpus;

typedef struct vault {
    unsigned char key[NAME];
    size_t len;
    llm_vault *vault;
    llm_ctx *ctx;
} vault;

/* One per connection, shared by its functions. */
typedef struct state {
    sqlite3 *db;
    int users;
    llm_cancel *cancel;
    llm_allocator allocator; /* of all that is opened here: it looks for interrupts while a call runs */
    unsigned allocations, looking;
    llm_ctx *plain; /* redaction under the default policy */
    corpus corpora[MAX_CORPORA];
    vault vaults[MAX_VAULTS];
} state;

static void release(void *ptr)
{
    state *s = ptr;
    if (--s->users > 0) return;
    for (int i = 0; i < MAX_CORPORA; i++) {
        llm_ctx_free(s->corpora[i].ctx);
        llm_corpus_free(s->corpora[i].corpus);
    }
    for (int i = 0; i < MAX_VAULTS; i++) {
        llm_ctx_free(s->vaults[i].ctx);
        llm_vault_free(s->vaults[i].vault);
    }
    llm_ctx_free(s->plain);
    llm_cancel_free(s->cancel);
    memset(s, 0, sizeof *s);
    sqlite3_free(s);
}

static void fail(sqlite3_context *context, llm_status status, const char *sentence)
{
    if (status == LLM_E_MEMORY) {
        sqlite3_result_error_nomem(context);
        return;
    }
    sqlite3_result_error(context, sentence, -1);
    if (status == LLM_E_CANCELLED) sqlite3_result_error_code(context, SQLITE_INTERRUPT);
}

/* ---- interrupts ---- */

/* Was sqlite3_interrupt called? SQLite answers by interrupting any statement that begins before the running ones have ended;
 * sqlite3_is_interrupted only came with 3.41. */
static void poll_interrupt(state *s)
{
    sqlite3_stmt *probe = NULL;
    if (s->looking++ == 0 && (sqlite3_prepare_v2(s->db, "SELECT 1", -1, &probe, NULL) == SQLITE_INTERRUPT ||
                              sqlite3_step(probe) == SQLITE_INTERRUPT))
        llm_cancel_set(s->cancel);
    sqlite3_finalize(probe);
    s->looking--;
}

/* Before a call of ours. */
static const llm_cancel *begin(state *s)
{
    llm_cancel_reset(s->cancel);
    poll_interrupt(s);
    return s->cancel;
}

/* The library takes memory as it goes, in the thread that called it, which holds the connection: a place to look from. */
static void *take(void *user, size_t size, size_t align)
{
    state *s = user;
    if (++s->allocations % LOOK_EACH == 0) poll_interrupt(s);
    return size > SIZE_MAX - align ? NULL
                                   : aligned_alloc(align, size == 0 ? align : (size + align - 1) / align * align);
}

static void give(void *user, void *memory, size_t size)
{
    (void)user, (void)size;
    free(memory);
}

/* ---- what a connection keeps open ---- */

static llm_status open_corpus(state *s, const char *name, corpus **out, llm_error *err)
{
    int at = 0;
    while (at < MAX_CORPORA && s->corpora[at].ctx && strcmp(s->corpora[at].name, name) != 0) at++;
    if (at == MAX_CORPORA || strlen(name) >= NAME) {
        sqlite3_snprintf((int)sizeof err->message, err->message, "sextant: a connection keeps at most %d corpora open",
                         MAX_CORPORA);
        return err->code = LLM_E_LIMIT;
    }
    corpus *c = *out = &s->corpora[at];
    if (c->ctx) return LLM_OK;
    llm_corpus_opts corpus_opts = LLM_CORPUS_OPTS_INIT;
    llm_ctx_opts ctx_opts = LLM_CTX_OPTS_INIT;
    corpus_opts.allocator = ctx_opts.allocator = &s->allocator;
    llm_status status = llm_corpus_open(&c->corpus, strcmp(name, ":memory:") == 0 ? NULL : name, &corpus_opts, err);
    if (status == LLM_OK) status = llm_ctx_create(&c->ctx, NULL, c->corpus, NULL, &ctx_opts, err);
    if (status == LLM_OK) {
        memcpy(c->name, name, strlen(name) + 1);
    } else {
        llm_corpus_free(c->corpus);
        c->corpus = NULL;
    }
    return status;
}

static llm_status make_vault(state *s, vault *v, const unsigned char *key, size_t len, llm_error *err)
{
    llm_vault_opts opts = LLM_VAULT_OPTS_INIT;
    llm_guard_opts policy = LLM_GUARD_OPTS_INIT;
    llm_guard *guard = NULL;
    opts.flags = LLM_VAULT_PASSPHRASE;
    policy.default_action = LLM_ACTION_PSEUDONYM;
    llm_status status = llm_vault_open(&v->vault, NULL, key, len, &opts, err);
    if (status == LLM_OK) status = llm_guard_create(&guard, &policy, err);
    if (status == LLM_OK) status = llm_guard_set_vault(guard, v->vault, err);
    llm_ctx_opts ctx_opts = LLM_CTX_OPTS_INIT;
    ctx_opts.allocator = &s->allocator;
    if (status == LLM_OK) status = llm_ctx_create(&v->ctx, NULL, NULL, guard, &ctx_opts, err);
    llm_guard_free(guard);
    if (status == LLM_OK) {
        memcpy(v->key, key, len);
        v->len = len;
    } else {
        llm_vault_free(v->vault);
        v->vault = NULL;
    }
    return status;
}

static llm_status open_vault(state *s, sqlite3_value *secret, vault **out, llm_error *err)
{
    const unsigned char *key = sqlite3_value_text(secret);
    size_t len = (size_t)sqlite3_value_bytes(secret);
    int at = 0;
    if (!key || len == 0 || len > NAME) {
        sqlite3_snprintf((int)sizeof err->message, err->message, "sextant: the passphrase must have 1 to %d bytes",
                         NAME);
        return err->code = LLM_E_INVALID;
    }
    while (at < MAX_VAULTS && s->vaults[at].ctx &&
           (s->vaults[at].len != len || memcmp(s->vaults[at].key, key, len) != 0))
        at++;
    if (at == MAX_VAULTS) {
        sqlite3_snprintf((int)sizeof err->message, err->message, "sextant: a connection keeps at most %d passphrases",
                         MAX_VAULTS);
        return err->code = LLM_E_LIMIT;
    }
    *out = &s->vaults[at];
    return s->vaults[at].ctx ? LLM_OK : make_vault(s, *out, key, len, err);
}

/* ---- the functions ---- */

/* sextant_ingest(corpus, name, text): adds or replaces a document; gives its name. */
static void ingest(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    state *s = sqlite3_user_data(context);
    llm_error err = LLM_ERROR_INIT;
    corpus *c = NULL;
    const char *file = (const char *)sqlite3_value_text(argv[0]), *name = (const char *)sqlite3_value_text(argv[1]);
    const char *text = (const char *)sqlite3_value_blob(argv[2]);
    if (!file || !name || sqlite3_value_type(argv[2]) == SQLITE_NULL) return; /* NULL in, NULL out */
    llm_status status = open_corpus(s, file, &c, &err);
    llm_ingest_opts opts = LLM_INGEST_OPTS_INIT;
    opts.cancel = begin(s);
    if (status == LLM_OK)
        status = llm_ingest(c->corpus, name, text ? text : "", (size_t)sqlite3_value_bytes(argv[2]), &opts, &err);
    if (status == LLM_OK)
        sqlite3_result_value(context, argv[1]);
    else
        fail(context, status, err.message);
}

/* A text is fed in pieces, so that an interrupt is heard between them; the result is that of the whole. */
static void check_with(sqlite3_context *context, llm_ctx *ctx, sqlite3_value *value)
{
    state *s = sqlite3_user_data(context);
    llm_guard_stream *stream = NULL;
    llm_check_opts opts = LLM_CHECK_OPTS_INIT;
    const char *text = (const char *)sqlite3_value_text(value);
    const size_t len = (size_t)sqlite3_value_bytes(value);
    if (!text) return;
    sqlite3_str *out = sqlite3_str_new(s->db);
    opts.cancel = begin(s);
    llm_status status = llm_guard_open(ctx, &opts, &stream);
    for (size_t at = 0; status == LLM_OK && at < len; at += PIECE) {
        status = llm_guard_feed(stream, text + at, len - at < PIECE ? len - at : PIECE);
        if (status == LLM_OK) sqlite3_str_append(out, llm_guard_text(stream), (int)llm_guard_text_len(stream));
        poll_interrupt(s);
    }
    if (status == LLM_OK) status = llm_guard_finish(stream);
    if (status == LLM_OK) sqlite3_str_append(out, llm_guard_text(stream), (int)llm_guard_text_len(stream));
    const int size = sqlite3_str_length(out), bad = sqlite3_str_errcode(out);
    char *whole = sqlite3_str_finish(out); /* NULL when empty */
    if (status != LLM_OK)
        fail(context, status, llm_ctx_errmsg(ctx));
    else if (bad)
        sqlite3_result_error_code(context, bad);
    else if (llm_verdict_action(llm_guard_verdict(stream)) == LLM_VERDICT_BLOCK || !whole)
        sqlite3_result_text(context, "", 0, SQLITE_STATIC);
    else
        sqlite3_result_text(context, whole, size, SQLITE_TRANSIENT);
    sqlite3_free(whole);
    llm_guard_close(stream);
}

/* sextant_redact(text): personal data replaced by its type. */
static void redact(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    state *s = sqlite3_user_data(context);
    llm_error err = LLM_ERROR_INIT;
    llm_ctx_opts ctx_opts = LLM_CTX_OPTS_INIT;
    ctx_opts.allocator = &s->allocator;
    llm_status status = s->plain ? LLM_OK : llm_ctx_create(&s->plain, NULL, NULL, NULL, &ctx_opts, &err);
    if (status == LLM_OK)
        check_with(context, s->plain, argv[0]);
    else
        fail(context, status, err.message);
}

/* sextant_redact(text, passphrase): pseudonyms that sextant_restore puts back on this connection. */
static void seal(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    llm_error err = LLM_ERROR_INIT;
    vault *v = NULL;
    llm_status status = open_vault(sqlite3_user_data(context), argv[1], &v, &err);
    if (status == LLM_OK)
        check_with(context, v->ctx, argv[0]);
    else
        fail(context, status, err.message);
}

/* sextant_restore(text, passphrase). */
static void restore(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    llm_error err = LLM_ERROR_INIT;
    vault *v = NULL;
    const char *text = (const char *)sqlite3_value_text(argv[0]);
    size_t len = (size_t)sqlite3_value_bytes(argv[0]);
    if (!text) return;
    llm_status status = open_vault(sqlite3_user_data(context), argv[1], &v, &err);
    int64_t need = status == LLM_OK ? llm_vault_restore(v->vault, text, len, NULL, 0, &err) : status;
    char *out = need >= 0 ? sqlite3_malloc64((sqlite3_uint64)need + 1) : NULL;
    if (out) need = llm_vault_restore(v->vault, text, len, out, (size_t)need, &err);
    if (need < 0 || !out)
        fail(context, need < 0 ? (llm_status)need : LLM_E_MEMORY, err.message);
    else
        sqlite3_result_text64(context, out, (sqlite3_uint64)need, SQLITE_TRANSIENT, SQLITE_UTF8);
    sqlite3_free(out);
}

static llm_status find(state *s, corpus *c, const char *question, size_t len, int64_t top, llm_evidence **out)
{
    llm_retrieve_opts opts = LLM_RETRIEVE_OPTS_INIT;
    opts.top = top > 0 && top < 1000 ? (uint32_t)top : 0;
    opts.cancel = begin(s);
    return llm_retrieve(c->ctx, question, len, &opts, out);
}

/* sextant_generate(corpus, question): the answer, extracted from the corpus and redacted under the default policy. */
static void generate(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    state *s = sqlite3_user_data(context);
    llm_error err = LLM_ERROR_INIT;
    corpus *c = NULL;
    llm_evidence *found = NULL;
    llm_reply *reply = NULL;
    const char *file = (const char *)sqlite3_value_text(argv[0]), *question = (const char *)sqlite3_value_text(argv[1]);
    size_t len = (size_t)sqlite3_value_bytes(argv[1]);
    if (!file || !question) return;
    llm_status status = open_corpus(s, file, &c, &err);
    if (status != LLM_OK) {
        fail(context, status, err.message);
        return;
    }
    llm_gen_opts opts = LLM_GEN_OPTS_INIT;
    opts.cancel = s->cancel;
    status = find(s, c, question, len, 0, &found);
    if (status == LLM_OK) status = llm_generate(c->ctx, question, len, found, &opts, &reply);
    if (status == LLM_OK)
        while ((status = llm_reply_next(reply)) == LLM_MORE) poll_interrupt(s);
    if (status == LLM_OK)
        sqlite3_result_text64(context, llm_reply_text(reply), llm_reply_text_len(reply), SQLITE_TRANSIENT, SQLITE_UTF8);
    else
        fail(context, status, llm_ctx_errmsg(c->ctx));
    llm_reply_free(reply);
    llm_evidence_free(found);
}

/* ---- sextant_retrieve(corpus, question [, top]): a table-valued function ---- */

enum { COL_DOC, COL_NODE, COL_PATH, COL_TEXT, COL_START, COL_END, COL_SCORE, COL_CONFIDENCE, COL_CORPUS };

typedef struct table {
    sqlite3_vtab base;
    state *state;
} table;

typedef struct cursor {
    sqlite3_vtab_cursor base;
    llm_evidence *found;
    uint32_t at;
} cursor;

static int vt_connect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **out, char **problem)
{
    (void)argc, (void)argv, (void)problem;
    int rc = sqlite3_declare_vtab(db, "CREATE TABLE x(doc TEXT, node TEXT, path TEXT, text TEXT, \"start\" INTEGER, "
                                      "\"end\" INTEGER, score REAL, confidence REAL, corpus HIDDEN, question HIDDEN, "
                                      "top HIDDEN)");
    table *t = rc == SQLITE_OK ? sqlite3_malloc(sizeof *t) : NULL;
    if (!t) return rc == SQLITE_OK ? SQLITE_NOMEM : rc;
    memset(t, 0, sizeof *t);
    t->state = aux;
    *out = &t->base;
    return sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
}

static int vt_disconnect(sqlite3_vtab *vtab)
{
    sqlite3_free(vtab);
    return SQLITE_OK;
}

/* corpus and question must be given by =, top may be; they come as arguments in this order. */
static int vt_best(sqlite3_vtab *vtab, sqlite3_index_info *info)
{
    int where[3] = {-1, -1, -1};
    for (int i = 0; i < info->nConstraint; i++) {
        int column = info->aConstraint[i].iColumn - COL_CORPUS;
        if (column < 0 || column > 2 || info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
        if (!info->aConstraint[i].usable) return SQLITE_CONSTRAINT;
        where[column] = i;
    }
    if (where[0] < 0 || where[1] < 0) {
        sqlite3_free(vtab->zErrMsg);
        vtab->zErrMsg = sqlite3_mprintf(
            "sextant_retrieve wants a corpus and a question: FROM sextant_retrieve('notes.sextant', 'question')");
        return SQLITE_ERROR;
    }
    for (int i = 0, next = 1; i < 3; i++) {
        if (where[i] < 0) continue;
        info->aConstraintUsage[where[i]].argvIndex = next++;
        info->aConstraintUsage[where[i]].omit = 1;
    }
    info->estimatedCost = 1000;
    info->estimatedRows = 10;
    return SQLITE_OK;
}

static int vt_open(sqlite3_vtab *vtab, sqlite3_vtab_cursor **out)
{
    (void)vtab;
    cursor *c = sqlite3_malloc(sizeof *c);
    if (!c) return SQLITE_NOMEM;
    memset(c, 0, sizeof *c);
    *out = &c->base;
    return SQLITE_OK;
}

static int vt_close(sqlite3_vtab_cursor *base)
{
    llm_evidence_free(((cursor *)base)->found);
    sqlite3_free(base);
    return SQLITE_OK;
}

static int vt_filter(sqlite3_vtab_cursor *base, int number, const char *text, int argc, sqlite3_value **argv)
{
    (void)number, (void)text;
    cursor *cur = (cursor *)base;
    state *s = ((table *)base->pVtab)->state;
    llm_error err = LLM_ERROR_INIT;
    corpus *c = NULL;
    const char *file = (const char *)sqlite3_value_text(argv[0]), *question = (const char *)sqlite3_value_text(argv[1]);
    llm_evidence_free(cur->found);
    cur->found = NULL;
    cur->at = 0;
    if (!file || !question) return SQLITE_OK; /* of NULL nothing is known */
    llm_status status = open_corpus(s, file, &c, &err);
    const char *sentence = err.message;
    if (status == LLM_OK) {
        status = find(s, c, question, (size_t)sqlite3_value_bytes(argv[1]), argc > 2 ? sqlite3_value_int64(argv[2]) : 0,
                      &cur->found);
        sentence = llm_ctx_errmsg(c->ctx);
    }
    if (status == LLM_OK) return SQLITE_OK;
    if (status == LLM_E_CANCELLED) return SQLITE_INTERRUPT;
    if (status == LLM_E_MEMORY) return SQLITE_NOMEM;
    sqlite3_free(base->pVtab->zErrMsg);
    base->pVtab->zErrMsg = sqlite3_mprintf("%s", sentence);
    return SQLITE_ERROR;
}

static int vt_next(sqlite3_vtab_cursor *base)
{
    ((cursor *)base)->at++;
    return SQLITE_OK;
}

static int vt_eof(sqlite3_vtab_cursor *base)
{
    const cursor *c = (cursor *)base;
    return !c->found || c->at >= llm_evidence_count(c->found);
}

static int vt_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    const cursor *c = (cursor *)base;
    const llm_evidence *e = c->found;
    const uint64_t start = llm_evidence_start(e, c->at), end = llm_evidence_end(e, c->at);
    switch (column) {
    case COL_DOC: sqlite3_result_text(context, llm_evidence_doc(e, c->at), -1, SQLITE_TRANSIENT); break;
    case COL_NODE: sqlite3_result_text(context, llm_evidence_node(e, c->at), -1, SQLITE_TRANSIENT); break;
    case COL_PATH: sqlite3_result_text(context, llm_evidence_path(e, c->at), -1, SQLITE_TRANSIENT); break;
    case COL_TEXT:
        sqlite3_result_text64(context, llm_evidence_text(e, c->at), end - start, SQLITE_TRANSIENT, SQLITE_UTF8);
        break;
    case COL_START: sqlite3_result_int64(context, (sqlite3_int64)start); break;
    case COL_END: sqlite3_result_int64(context, (sqlite3_int64)end); break;
    case COL_SCORE: sqlite3_result_double(context, llm_evidence_score(e, c->at)); break;
    case COL_CONFIDENCE: sqlite3_result_double(context, llm_evidence_confidence(e)); break;
    default: break;
    }
    return SQLITE_OK;
}

static int vt_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
    *out = ((cursor *)base)->at;
    return SQLITE_OK;
}

static const sqlite3_module retrieve_module = {
    .xConnect = vt_connect, /* no xCreate: the table exists by itself */
    .xBestIndex = vt_best,
    .xDisconnect = vt_disconnect,
    .xOpen = vt_open,
    .xClose = vt_close,
    .xFilter = vt_filter,
    .xNext = vt_next,
    .xEof = vt_eof,
    .xColumn = vt_column,
    .xRowid = vt_rowid,
};

/* ---- the entry ---- */

int sqlite3_sextant_init(sqlite3 *db, char **problem, const sqlite3_api_routines *api);
__attribute__((visibility("default"))) int sqlite3_sextant_init(sqlite3 *db, char **problem,
                                                                const sqlite3_api_routines *api)
{
    static const struct {
        const char *name;
        int args, flags;
        void (*run)(sqlite3_context *, int, sqlite3_value **);
    } functions[] = {
        {"sextant_ingest", 3, SQLITE_DIRECTONLY, ingest},
        {"sextant_redact", 1, SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, redact},
        {"sextant_redact", 2, SQLITE_DIRECTONLY, seal},
        {"sextant_restore", 2, SQLITE_DIRECTONLY, restore},
        {"sextant_generate", 2, SQLITE_DIRECTONLY, generate},
    };
    SQLITE_EXTENSION_INIT2(api);
    state *s = sqlite3_malloc(sizeof *s);
    if (!s) return SQLITE_NOMEM;
    memset(s, 0, sizeof *s);
    s->db = db;
    s->allocator = (llm_allocator){sizeof s->allocator, 0, s, take, give};
    s->users = 1; /* ours, until all are registered */
    int rc = llm_cancel_create(&s->cancel) == LLM_OK ? SQLITE_OK : SQLITE_NOMEM;
    for (size_t i = 0; rc == SQLITE_OK && i < sizeof functions / sizeof functions[0]; i++) {
        s->users++; /* SQLite calls release also when it refuses */
        rc = sqlite3_create_function_v2(db, functions[i].name, functions[i].args, SQLITE_UTF8 | functions[i].flags, s,
                                        functions[i].run, NULL, NULL, release);
    }
    if (rc == SQLITE_OK) {
        s->users++;
        rc = sqlite3_create_module_v2(db, "sextant_retrieve", &retrieve_module, s, release);
    }
    if (rc != SQLITE_OK && problem) *problem = sqlite3_mprintf("sextant: the functions could not be registered");
    release(s);
    return rc;
}
