/* The proof that a corpus is sound, or the names of all that is not: what is lost (documents that cannot be read), and what is
 * only damaged (the index, which is made of documents, and rows that belong to nothing). One damaged place does not end the
 * search for others. */
#include <string.h>

#include "retrieve/corpus/inside.h"

enum {
    TRIES = 64,  /* to find the corpus still for as long as it takes to list it */
    SHOWN = 120, /* bytes of names in the sentence */
    WHY = 140    /* and of a reason */
};

/* What was found so far; names go into one sentence as far as there is room. */
typedef struct findings {
    sx_corpus *corpus;
    size_t lost, of, damaged;
    sx_buf names;
    char lost_why[WHY + 1], damaged_why[WHY + 1]; /* of the first */
} findings;

/* Whole characters only. */
static size_t cut(const char *text, size_t len, size_t most)
{
    if (len <= most) return len;
    while (most && ((unsigned char)text[most] & 0xC0) == 0x80) most--;
    return most;
}

static void keep_first(char to[WHY + 1], const char *why)
{
    size_t n = cut(why, strlen(why), WHY);
    memcpy(to, why, n);
    to[n] = '\0';
}

static void tell(const findings *f, const char *sentence)
{
    if (f->corpus->log) sx_log_write(f->corpus->log, LLM_LOG_WARN, "%s", sentence);
}

static void lose(findings *f, const char *name, const char *why)
{
    llm_error told = {sizeof told, 0, {0}};
    sx_fail(&told, LLM_E_CORRUPT, strstr(why, name) ? "%.0s%s" : "document %s is lost: %s", name, why);
    atomic_store(&f->corpus->untidy, true);
    if (f->lost++ == 0) keep_first(f->lost_why, told.message);
    sx_buf_printf(&f->names, f->lost > 1 ? ", %s" : "%s", name);
    tell(f, told.message);
}

static void found_damage(void *user, const char *doc, const char *sentence)
{
    findings *f = user;
    if (doc) return; /* the documents are proven one by one */
    atomic_store(&f->corpus->untidy, true);
    if (f->damaged++ == 0) keep_first(f->damaged_why, sentence);
    tell(f, sentence);
}

/* LLM_OK: it is whole, or noted. */
static llm_status prove(findings *f, const sx_row *row, sx_wide_proof *proof, llm_error *err)
{
    llm_error why = {sizeof why, 0, {0}};
    sx_entry *e = NULL;
    llm_status status = LLM_OK;
    if (proof) sx_wide_proof_meet(proof, row->doc.id);
    if (row->damaged)
        status = sx_fail(&why, LLM_E_CORRUPT, "what is said about document %s (its labels) is damaged; ingest it again",
                         row->doc.name);
    else
        status = sx_entry_load(f->corpus, &row->doc, &e, &why);
    if (status == LLM_E_NOT_FOUND) { /* replaced meanwhile, unless it is still listed */
        sx_store_doc doc;
        if (sx_store_get(f->corpus->store, row->doc.id, &doc, NULL) != LLM_OK) return LLM_OK;
        sx_mem_free(f->corpus->mem, (void *)(uintptr_t)doc.name);
        status = sx_fail(&why, LLM_E_CORRUPT, "document %s has lost a part; ingest it again", row->doc.name);
    }
    if (status == LLM_E_CORRUPT) {
        lose(f, row->doc.name, why.message);
        return LLM_OK;
    }
    if (status == LLM_OK && proof) {
        const sx_doc_view view = {e->tree, e->index};
        status = sx_wide_proof_doc(proof, &row->doc, &view, &why);
    }
    if (e) sx_entry_release(f->corpus, e);
    if (status == LLM_E_CORRUPT) found_damage(f, NULL, why.message);
    return status == LLM_OK || status == LLM_E_CORRUPT ? LLM_OK : sx_fail(err, status, "%s", why.message);
}

/* State and list of one generation, and what the segments say. *proof NULL: not even the tables of the index can be read. */
static llm_status begin_once(findings *f, sx_wide_proof **proof, sx_listing **list, llm_error *err)
{
    const sx_finder finder = {found_damage, f};
    llm_error why = {sizeof why, 0, {0}};
    *list = NULL;
    llm_status status = sx_wide_proof_make(proof, f->corpus->wide, &why);
    if (status != LLM_OK && status != LLM_E_CORRUPT) return sx_fail(err, status, "%s", why.message);
    llm_status listed = sx_listing_current(f->corpus, list, err);
    if (listed != LLM_OK) return listed;
    if (status == LLM_E_CORRUPT) found_damage(f, NULL, why.message);
    if (*proof && !sx_wide_proof_holds(*proof)) return LLM_MORE;
    return *proof ? sx_wide_proof_walk(*proof, &finder, err) : LLM_OK;
}

static llm_status begin(findings *f, sx_wide_proof **proof, sx_listing **list, llm_error *err)
{
    llm_status status = LLM_MORE;
    for (int i = 0; i < TRIES; i++) {
        status = begin_once(f, proof, list, err);
        if (status == LLM_OK) return LLM_OK;
        if (*list) sx_listing_release(f->corpus, *list);
        sx_wide_proof_free(*proof);
        *list = NULL;
        *proof = NULL;
        if (status != LLM_MORE) return status;
        sx_forget(err);
    }
    return sx_fail(err, LLM_E_IO, "the corpus changes faster than it can be checked; try again");
}

static llm_status look(findings *f, llm_error *err)
{
    const sx_finder finder = {found_damage, f};
    sx_wide_proof *proof = NULL;
    sx_listing *list = NULL;
    llm_status status = sx_store_check_form(f->corpus->store, &finder, err);
    if (status != LLM_OK && status != LLM_E_CORRUPT) return status;
    sx_forget(err);
    status = begin(f, &proof, &list, err);
    if (status != LLM_OK) return status;
    f->of = list->count;
    for (size_t i = 0; i < list->count && status == LLM_OK; i++) status = prove(f, &list->rows[i], proof, err);
    if (status == LLM_OK && proof) sx_wide_proof_rest(proof, &finder);
    sx_wide_proof_free(proof);
    sx_listing_release(f->corpus, list);
    return status;
}

static llm_status verdict(const findings *f, llm_error *err)
{
    const size_t shown = cut(f->names.data ? f->names.data : "", f->names.len, SHOWN);
    const char *more = f->names.len > shown ? "..." : "";
    const char *dots = f->damaged > 1 ? ", the first: " : ": ";
    if (f->lost && f->damaged)
        return sx_fail(err, LLM_E_CORRUPT,
                       "%zu of %zu documents %s lost: %.*s%s; the first: %s. Besides, %zu place%s damaged%s%s", f->lost,
                       f->of, f->lost == 1 ? "is" : "are", (int)shown, f->names.data, more, f->lost_why, f->damaged,
                       f->damaged == 1 ? " is" : "s are", dots, f->damaged_why);
    if (f->lost)
        return sx_fail(err, LLM_E_CORRUPT, "%zu of %zu documents %s lost: %.*s%s; the first: %s", f->lost, f->of,
                       f->lost == 1 ? "is" : "are", (int)shown, f->names.data, more, f->lost_why);
    if (f->damaged)
        return sx_fail(
            err, LLM_E_CORRUPT,
            "%zu place%s damaged%s%s. Every document (%zu) can still be read; sextant check --mend makes anew "
            "what is made of documents",
            f->damaged, f->damaged == 1 ? " is" : "s are", dots, f->damaged_why, f->of);
    return LLM_OK;
}

llm_status sx_corpus_check(sx_corpus *corpus, llm_error *err)
{
    findings f = {.corpus = corpus};
    sx_buf_init(&f.names, corpus->mem, 0);
    llm_status status = look(&f, err);
    if (status == LLM_OK && sx_buf_status(&f.names) != LLM_OK) status = sx_fail_memory(err);
    if (status == LLM_OK) status = verdict(&f, err);
    sx_buf_free(&f.names);
    return status;
}
