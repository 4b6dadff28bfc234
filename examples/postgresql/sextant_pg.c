/* sextant_pg.so: Sextant inside PostgreSQL 15. CREATE EXTENSION sextant gives
 *
 *     sextant.redact(text)                      personal data replaced by its type; parallel safe
 *     sextant.ingest(corpus, name, text)        adds or replaces a document of a corpus file on the server
 *     sextant.retrieve(corpus, question, top)   the passages that bear on a question, best first
 *
 * Safe under shared_preload_libraries: loading does nothing, each backend opens what it uses at its first call. A statement
 * timeout, pg_cancel_backend and pg_terminate_backend end a call that is under way: while one runs, a timer of
 * PostgreSQL's own looks at the pending interrupts and sets the library's flag. An error of PostgreSQL jumps, so it is only
 * raised where no frame of the library is on the stack, and what a call holds is freed first. */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/builtins.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include <sextant.h>

PG_MODULE_MAGIC;

enum { MAX_CORPORA = 8, LOOK_MS = 20 };

/* One per backend, kept until it ends: the memory goes with the process. */
static struct {
    llm_cancel *cancel;
    llm_ctx *plain;
    TimeoutId timer;
    int corpora;
    struct {
        char name[MAXPGPATH];
        llm_corpus *corpus;
        llm_ctx *ctx;
    } corpus[MAX_CORPORA];
} backend;

/* ---- calls that can be stopped ---- */

static void look(void) /* in the handler of SIGALRM */
{
    if (QueryCancelPending || ProcDiePending) llm_cancel_set(backend.cancel);
}

static const llm_cancel *begin(void)
{
    CHECK_FOR_INTERRUPTS();
    if (!backend.cancel) {
        if (llm_cancel_create(&backend.cancel) != LLM_OK)
            ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("sextant: no memory")));
        backend.timer = RegisterTimeout(USER_TIMEOUT, look);
    }
    llm_cancel_reset(backend.cancel);
    enable_timeout_every(backend.timer, TimestampTzPlusMilliseconds(GetCurrentTimestamp(), LOOK_MS), LOOK_MS);
    return backend.cancel;
}

static void end(void)
{
    disable_timeout(backend.timer, false);
}

static void fail(llm_status status, const char *sentence)
{
    int code = ERRCODE_EXTERNAL_ROUTINE_EXCEPTION;
    if (status == LLM_E_CANCELLED) {
        ereport(DEBUG1, (errmsg_internal("sextant: stopped in the midst of a call")));
        CHECK_FOR_INTERRUPTS(); /* raises what was pending */
    }
    switch (status) {
    case LLM_E_MEMORY: code = ERRCODE_OUT_OF_MEMORY; break;
    case LLM_E_INVALID: code = ERRCODE_INVALID_PARAMETER_VALUE; break;
    case LLM_E_NOT_FOUND: code = ERRCODE_UNDEFINED_FILE; break;
    case LLM_E_CANCELLED: code = ERRCODE_QUERY_CANCELED; break;
    case LLM_E_IO: code = ERRCODE_IO_ERROR; break;
    case LLM_E_FULL: code = ERRCODE_DISK_FULL; break;
    default: break;
    }
    ereport(ERROR, (errcode(code), errmsg("sextant: %s", sentence)));
}

/* ---- text, in whatever encoding the database has ---- */

static const char *to_utf8(text *value, size_t *len)
{
    char *data = VARDATA_ANY(value);
    char *utf8 = pg_server_to_any(data, (int)VARSIZE_ANY_EXHDR(value), PG_UTF8);
    *len = utf8 == data ? VARSIZE_ANY_EXHDR(value) : strlen(utf8);
    return utf8;
}

static text *from_utf8(const char *data, size_t len)
{
    char *copy = pnstrdup(data, len);
    char *own = pg_any_to_server(copy, (int)len, PG_UTF8);
    return cstring_to_text(own);
}

/* ---- redact ---- */

PG_FUNCTION_INFO_V1(sextant_redact);
Datum sextant_redact(PG_FUNCTION_ARGS)
{
    llm_error err = LLM_ERROR_INIT;
    llm_check_opts opts = LLM_CHECK_OPTS_INIT;
    llm_verdict *verdict = NULL;
    llm_status status = LLM_OK;
    text *volatile result = NULL;
    size_t len;
    const char *data = to_utf8(PG_GETARG_TEXT_PP(0), &len);

    if (!backend.plain) status = llm_ctx_create(&backend.plain, NULL, NULL, NULL, NULL, &err);
    if (status != LLM_OK) fail(status, err.message);
    opts.cancel = begin();
    status = llm_guard_check(backend.plain, data, len, &opts, &verdict);
    end();
    if (status != LLM_OK) fail(status, llm_ctx_errmsg(backend.plain));
    PG_TRY();
    {
        result = from_utf8(llm_verdict_text(verdict), llm_verdict_text_len(verdict));
    }
    PG_FINALLY();
    {
        llm_verdict_free(verdict);
    }
    PG_END_TRY();
    PG_RETURN_TEXT_P((text *)result);
}

/* ---- corpora ---- */

static int open_corpus(text *path)
{
    llm_error err = LLM_ERROR_INIT;
    char *name = text_to_cstring(path);
    int at = 0;
    while (at < backend.corpora && strcmp(backend.corpus[at].name, name) != 0) at++;
    if (at < backend.corpora) return at;
    if (at == MAX_CORPORA || strlen(name) >= MAXPGPATH)
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                        errmsg("sextant: a session keeps at most %d corpora open", MAX_CORPORA)));
    if (!is_absolute_path(name))
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_NAME), errmsg("sextant: the corpus needs an absolute path on the server"),
                 errhint("For example '/var/lib/sextant/notes.sextant', in a folder of the server's user.")));
    llm_corpus *corpus = NULL;
    llm_ctx *ctx = NULL;
    llm_status status = llm_corpus_open(&corpus, name, NULL, &err);
    if (status == LLM_OK) status = llm_ctx_create(&ctx, NULL, corpus, NULL, NULL, &err);
    if (status != LLM_OK) {
        llm_corpus_free(corpus);
        fail(status, err.message);
    }
    strlcpy(backend.corpus[at].name, name, MAXPGPATH);
    backend.corpus[at].corpus = corpus;
    backend.corpus[at].ctx = ctx;
    backend.corpora++;
    return at;
}

PG_FUNCTION_INFO_V1(sextant_ingest);
Datum sextant_ingest(PG_FUNCTION_ARGS)
{
    llm_error err = LLM_ERROR_INIT;
    llm_ingest_opts opts = LLM_INGEST_OPTS_INIT;
    int at = open_corpus(PG_GETARG_TEXT_PP(0));
    size_t name_len, len;
    const char *name_data = to_utf8(PG_GETARG_TEXT_PP(1), &name_len);
    const char *name = pnstrdup(name_data, name_len);
    const char *data = to_utf8(PG_GETARG_TEXT_PP(2), &len);

    opts.cancel = begin();
    llm_status status = llm_ingest(backend.corpus[at].corpus, name, data, len, &opts, &err);
    end();
    if (status != LLM_OK) fail(status, err.message);
    PG_RETURN_VOID();
}

/* ---- retrieve ---- */

enum { COLUMNS = 8 };

static void put_row(ReturnSetInfo *set, const llm_evidence *found, uint32_t i)
{
    Datum values[COLUMNS];
    bool nulls[COLUMNS] = {false};
    const uint64_t start = llm_evidence_start(found, i), stop = llm_evidence_end(found, i);
    const char *doc = llm_evidence_doc(found, i), *path = llm_evidence_path(found, i);
    values[0] = PointerGetDatum(from_utf8(doc, strlen(doc)));
    values[1] = CStringGetTextDatum(llm_evidence_node(found, i));
    values[2] = PointerGetDatum(from_utf8(path, strlen(path)));
    values[3] = PointerGetDatum(from_utf8(llm_evidence_text(found, i), (size_t)(stop - start)));
    values[4] = Int64GetDatum((int64)start);
    values[5] = Int64GetDatum((int64)stop);
    values[6] = Float8GetDatum(llm_evidence_score(found, i));
    values[7] = Float8GetDatum(llm_evidence_confidence(found));
    tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(sextant_retrieve);
Datum sextant_retrieve(PG_FUNCTION_ARGS)
{
    llm_retrieve_opts opts = LLM_RETRIEVE_OPTS_INIT;
    llm_evidence *found = NULL;
    int at = open_corpus(PG_GETARG_TEXT_PP(0));
    size_t len;
    const char *question = to_utf8(PG_GETARG_TEXT_PP(1), &len);
    int32 top = PG_GETARG_INT32(2);

    if (top < 1 || top > 1000)
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("sextant: top must be 1 to 1000, not %d", top)));
    InitMaterializedSRF(fcinfo, 0);
    opts.top = (uint32_t)top;
    opts.cancel = begin();
    llm_status status = llm_retrieve(backend.corpus[at].ctx, question, len, &opts, &found);
    end();
    if (status != LLM_OK) fail(status, llm_ctx_errmsg(backend.corpus[at].ctx));
    PG_TRY();
    {
        for (uint32_t i = 0; i < llm_evidence_count(found); i++) put_row((ReturnSetInfo *)fcinfo->resultinfo, found, i);
    }
    PG_FINALLY();
    {
        llm_evidence_free(found);
    }
    PG_END_TRY();
    PG_RETURN_NULL();
}
