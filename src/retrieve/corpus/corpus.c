/* A corpus: the store below, and above it the documents that are in memory. What a caller may not see is left out before anything
 * is counted or scored. */
#include <string.h>

#include "platform/file.h"
#include "platform/utf8.h"
#include "retrieve/corpus/filter.h"
#include "retrieve/corpus/inside.h"
#include "retrieve/corpus/sight.h"
#include "retrieve/read/reader.h"

enum { NAME_BYTES = 1024 };
#define DEFAULT_MAX_BYTES (UINT64_C(256) << 20)
#define DEFAULT_CACHE     (UINT64_C(512) << 20)
#define DEFAULT_PENDING   (UINT64_C(1) << 20)

/* ---- opening ---- */

/* What was just written is kept at least until it is taken into a segment. Much more only makes memory that ingest has to
 * ask the system for, as its next document would fit where the last one was. */
static size_t fresh_room(size_t cache, uint64_t pending)
{
    size_t room = cache / 64, most = cache / 4;
    if (pending > room / 8) room = pending < most / 8 ? (size_t)pending * 8 : most;
    return room;
}

llm_status sx_corpus_open(sx_corpus **out, sx_mem *mem, const char *path, const sx_corpus_params *params,
                          llm_error *err)
{
    *out = NULL;
    sx_corpus *corpus = sx_mem_zalloc(mem, sizeof *corpus);
    if (!corpus) return sx_fail_memory(err);
    corpus->mem = mem;
    corpus->max_bytes = params && params->max_doc_bytes ? params->max_doc_bytes : DEFAULT_MAX_BYTES;
    corpus->max_nodes = params ? params->max_nodes : 0;
    corpus->readonly = params && params->readonly;
    atomic_init(&corpus->untidy, false);
    uint64_t cache = params && params->cache_bytes ? params->cache_bytes : DEFAULT_CACHE;
    uint64_t pending = params && params->pending_bytes ? params->pending_bytes : DEFAULT_PENDING;
    if (cache > SIZE_MAX / 2) cache = SIZE_MAX / 2;
    corpus->cache_bytes = (size_t)(cache - cache / 4); /* documents; the rest is for segments and their trees */
    corpus->fresh_most = fresh_room(corpus->cache_bytes, pending);
    corpus->log = params ? params->log : NULL;
    if (pthread_mutex_init(&corpus->lock, NULL) != 0) {
        sx_mem_free(mem, corpus);
        return sx_fail_memory(err);
    }
    sx_wording_init(&corpus->wording, mem);
    llm_status status = sx_store_open(&corpus->store, mem, path, params && params->readonly, err);
    if (status == LLM_OK) status = sx_corpus_open_wide(corpus, (size_t)(cache / 4), (size_t)pending, err);
    if (status != LLM_OK) {
        sx_corpus_close(corpus);
        return status;
    }
    *out = corpus;
    return LLM_OK;
}

void sx_corpus_close(sx_corpus *corpus)
{
    if (!corpus) return;
    if (corpus->wide && !corpus->readonly) sx_wide_rest(corpus->wide);
    if (corpus->store && !corpus->readonly && atomic_load(&corpus->untidy)) sx_store_sweep(corpus->store, NULL);
    sx_sights_forget(corpus);
    sx_wide_close(corpus->wide);
    sx_entries_forget(corpus);
    if (corpus->list) sx_listing_release(corpus, corpus->list);
    sx_store_close(corpus->store);
    sx_wording_free(&corpus->wording);
    pthread_mutex_destroy(&corpus->lock);
    sx_mem_free(corpus->mem, corpus);
}

/* ---- ingest ---- */

static llm_status check_name(const char *name, llm_error *err)
{
    size_t len = strlen(name);
    if (len == 0) return sx_fail(err, LLM_E_INVALID, "a document needs a name");
    if (len > NAME_BYTES)
        return sx_fail(err, LLM_E_INVALID, "a document's name has %zu bytes; the limit is %d", len, NAME_BYTES);
    if (sx_utf8_check(name, len) != len) return sx_fail(err, LLM_E_INVALID, "a document's name must be UTF-8");
    return LLM_OK;
}

static llm_status check_text(const sx_corpus *corpus, const char *name, const char *text, size_t len, llm_error *err)
{
    if (len > corpus->max_bytes)
        return sx_fail(err, LLM_E_LIMIT, "%s has %zu bytes; the limit is %llu (raise max_doc_bytes to take it)", name,
                       len, (unsigned long long)corpus->max_bytes);
    size_t bad = sx_utf8_check(text, len);
    if (bad != len)
        return sx_fail(err, LLM_E_UTF8,
                       "%s is not UTF-8: byte 0x%02X at offset %zu; convert it first, for instance with iconv -t "
                       "UTF-8",
                       name, (unsigned)(unsigned char)text[bad], bad);
    return LLM_OK;
}

/* A document on its way in: what it was, what is to be said about it. */
typedef struct intake {
    sx_corpus *corpus;
    const char *name;
    const sx_ingest_params *params;
    uint32_t format;
    sx_listing *list;
    sx_row *row;     /* of the list; NULL: it is new */
    sx_entry *entry; /* of the row; NULL: new or damaged */
    sx_buf about;
} intake;

static void intake_end(intake *in)
{
    if (in->entry) sx_entry_release(in->corpus, in->entry);
    if (in->list) sx_listing_release(in->corpus, in->list);
    sx_buf_free(&in->about);
    in->entry = NULL;
    in->list = NULL;
}

/* What there is under the name. A damaged document is replaced, not read. */
static llm_status look(intake *in, llm_error *err)
{
    llm_status status = sx_listing_of(in->corpus, in->name, &in->list, err);
    if (status != LLM_OK) return status;
    in->row = sx_listing_find(in->list, in->name);
    if (!in->row) return LLM_OK;
    status = sx_entry_get(in->corpus, in->row, NULL, &in->entry, err);
    if (status != LLM_E_CORRUPT && status != LLM_E_NOT_FOUND) return status;
    sx_forget(err);
    return LLM_OK;
}

/* How one text became another: all between the longest common beginning and end. */
static void difference(const sx_tree *was, const char *text, size_t len, uint32_t *begin, uint32_t *end, uint32_t *now)
{
    size_t most = was->text_len < len ? was->text_len : len, head = 0, tail = 0;
    while (head < most && was->text[head] == text[head]) head++;
    while (tail < most - head && was->text[was->text_len - 1 - tail] == text[len - 1 - tail]) tail++;
    *begin = (uint32_t)head;
    *end = (uint32_t)(was->text_len - tail);
    *now = (uint32_t)(len - tail - head);
}

/* What will be said about it: what was, moved along with the text, then what the caller changes. */
static llm_status say(intake *in, const char *text, size_t len, llm_error *err)
{
    static const sx_about nothing = {"", 0};
    sx_about_change change = {in->params->folder, in->params->labels, in->params->meta};
    sx_about old = in->row ? in->row->about : nothing;
    sx_buf moved;
    sx_buf_init(&moved, in->corpus->mem, 0);
    llm_status status = LLM_OK;
    if (in->row && in->row->damaged && !change.labels)
        return sx_fail(err, LLM_E_CORRUPT,
                       "the labels of document %s are damaged; give them with its text, or remove it first", in->name);
    if (sx_about_next(&old, NULL, SX_ABOUT_PLACE)) {
        uint32_t begin = 0, end = (uint32_t)in->row->doc.bytes, now = (uint32_t)len;
        if (in->entry) difference(in->entry->tree, text, len, &begin, &end, &now);
        status = sx_about_moved(&moved, &old, begin, end, now);
        if (status == LLM_OK && !sx_about_read(&old, moved.data, moved.len)) status = LLM_E_INTERNAL;
        if (status == LLM_E_MEMORY) sx_fail_memory(err);
    }
    sx_buf_clear(&in->about);
    if (status == LLM_OK && (old.len || change.folder || change.labels || change.meta))
        status = sx_about_write(&in->about, &old, &change, err);
    sx_buf_free(&moved);
    return status;
}

/* The very same text, whole and sound: only what is said about it may be new. */
static bool is_same(const intake *in, const char *text, size_t len)
{
    return in->entry && in->row->doc.format == in->format && in->entry->tree->text_len == len &&
           memcmp(in->entry->tree->text, text, len) == 0;
}

static bool says_the_same(const intake *in)
{
    return in->about.len == in->row->doc.about_size &&
           (!in->about.len || memcmp(in->about.data, in->row->doc.about, in->about.len) == 0);
}

/* Writes what was read, unless somebody else was faster: then what is there is looked at again. */
static llm_status write_over(intake *in, sx_entry *e, llm_error *err)
{
    llm_status status = LLM_E_BUSY;
    for (int i = 0; i < SX_RETRIES && status == LLM_E_BUSY; i++) {
        if (i) {
            sx_forget(err);
            intake_end(in);
            status = look(in, err);
            if (status != LLM_OK) return status;
        }
        status = say(in, e->tree->text, e->tree->text_len, err);
        const sx_store_doc none = {.name = in->name};
        if (status == LLM_OK)
            status = sx_entry_write(in->corpus, in->row ? &in->row->doc : &none, e, in->format, &in->about, err);
    }
    return status;
}

/* The document is safe already: what goes wrong here is made good the next time. */
static void settle(const intake *in, size_t bytes)
{
    llm_error err = LLM_ERROR_INIT;
    llm_status status = sx_wide_settle(in->corpus->wide, bytes, in->params->cancel, &err);
    if (status != LLM_OK && in->corpus->log)
        sx_log_write(in->corpus->log, LLM_LOG_WARN, "the index of the corpus was left as it is: %s", err.message);
}

/* Takes over the tree: indexes it and writes both. */
static llm_status ingest_tree(intake *in, sx_tree *tree, llm_error *err)
{
    sx_corpus *corpus = in->corpus;
    sx_index *index = NULL;
    sx_entry *e = NULL;
    const sx_entry *was = in->entry; /* what did not change since need not be looked at again */
    llm_status status = sx_index_build_from(&index, corpus->mem, tree, was ? was->tree : NULL, was ? was->index : NULL,
                                            &corpus->wording, in->params->cancel, err);
    if (status != LLM_OK) {
        sx_tree_unref(tree);
        return status;
    }
    status = sx_entry_make(corpus, tree, index, tree->text_len, &e, err);
    if (status != LLM_OK) return status;
    if (sx_cancelled(in->params->cancel))
        status = sx_fail(err, LLM_E_CANCELLED, "ingesting %s was cancelled; nothing was changed", tree->name);
    if (status == LLM_OK) status = write_over(in, e, err);
    if (status == LLM_OK) {
        sx_entry_keep(corpus, e);
        settle(in, tree->text_len);
        if (corpus->log)
            sx_log_write(corpus->log, LLM_LOG_INFO, "ingested %s: %zu bytes, %u nodes", tree->name, tree->text_len,
                         tree->count);
    }
    sx_entry_release(corpus, e);
    return status;
}

static llm_status read_tree(intake *in, sx_foreign *doc, sx_tree **tree, llm_error *err)
{
    if (sx_format_is_foreign(in->format))
        return sx_foreign_tree(tree, doc, in->name, in->corpus->max_nodes, in->params->cancel, err);
    char *text = doc->text;
    doc->text = NULL;
    return sx_read_tree_within(tree, in->corpus->mem, in->name, text, doc->text_len, in->format, in->corpus->max_nodes,
                               in->params->cancel, err);
}

/* Takes over doc's text, which is canonical: its own, or (foreign) made with marks. */
static llm_status ingest_text(intake *in, sx_foreign *doc, llm_error *err)
{
    sx_tree *tree = NULL;
    llm_status status = check_text(in->corpus, in->name, doc->text, doc->text_len, err);
    for (int i = 0; i < SX_RETRIES && status == LLM_OK; i++) {
        intake_end(in);
        sx_forget(err);
        status = look(in, err);
        if (status == LLM_OK) status = say(in, doc->text, doc->text_len, err);
        if (status != LLM_OK || !is_same(in, doc->text, doc->text_len)) break;
        if (says_the_same(in)) return LLM_OK;
        status = sx_store_describe(in->corpus->store, &in->row->doc, in->about.data, in->about.len, err);
        if (status != LLM_E_BUSY) return status;
        status = LLM_OK;
    }
    if (status == LLM_OK) status = read_tree(in, doc, &tree, err);
    return status == LLM_OK ? ingest_tree(in, tree, err) : status;
}

/* Takes over bytes: the text itself, or a document of a foreign format. */
static llm_status ingest_owned(sx_corpus *corpus, const char *name, char *bytes, size_t len, uint32_t format,
                               const sx_ingest_params *params, llm_error *err)
{
    sx_foreign doc = {.mem = corpus->mem, .text = bytes, .text_len = len};
    llm_status status = LLM_OK;
    if (format == 0) format = sx_reader_format(name, bytes, len);
    if (sx_format_is_foreign(format)) {
        status = sx_foreign_read(&doc, corpus->mem, name, format, bytes, len, corpus->max_bytes, params->cancel, err);
        sx_mem_free(corpus->mem, bytes);
    }
    intake in = {.corpus = corpus, .name = name, .params = params, .format = format};
    sx_buf_init(&in.about, corpus->mem, 0);
    if (status == LLM_OK) status = ingest_text(&in, &doc, err);
    intake_end(&in);
    sx_foreign_free(&doc);
    return status;
}

static const sx_ingest_params plainly = {0};

llm_status sx_corpus_ingest(sx_corpus *corpus, const char *name, const char *text, size_t len,
                            const sx_ingest_params *params, llm_error *err)
{
    llm_status status = check_name(name, err);
    if (status == LLM_OK && len > corpus->max_bytes) status = check_text(corpus, name, text, len, err); /* too long */
    if (status != LLM_OK) return status;
    char *copy = sx_mem_alloc(corpus->mem, len + 1);
    if (!copy) return sx_fail_memory(err);
    if (len) memcpy(copy, text, len);
    copy[len] = '\0';
    return ingest_owned(corpus, name, copy, len, params ? params->format : 0, params ? params : &plainly, err);
}

llm_status sx_corpus_ingest_file(sx_corpus *corpus, const char *path, const char *name, const sx_ingest_params *params,
                                 llm_error *err)
{
    char *text;
    size_t len;
    if (!params) params = &plainly;
    if (!name) {
        const char *slash = strrchr(path, '/');
        name = slash ? slash + 1 : path;
    }
    llm_status status = check_name(name, err);
    if (status == LLM_OK) status = sx_file_read(corpus->mem, path, corpus->max_bytes, &text, &len, err);
    if (status != LLM_OK) return status;
    return ingest_owned(corpus, name, text, len, params->format ? params->format : sx_reader_format(path, text, len),
                        params, err);
}

llm_status sx_corpus_remove(sx_corpus *corpus, const char *name, llm_error *err)
{
    return sx_store_remove(corpus->store, name, err);
}

/* ---- what is said about documents ---- */

static llm_status no_such(const char *name, llm_error *err)
{
    return sx_fail(err, LLM_E_NOT_FOUND, "the corpus has no document named %s", name);
}

static llm_status label_place(sx_corpus *corpus, sx_row *row, const char *node, const char *labels, sx_buf *about,
                              llm_error *err)
{
    sx_entry *e = NULL;
    llm_status status = sx_entry_get(corpus, row, NULL, &e, err);
    if (status != LLM_OK) return status;
    uint32_t i = sx_tree_find(e->tree, node);
    if (i == SX_NO_NODE)
        status = sx_fail(err, LLM_E_NOT_FOUND, "document %s has no node %s", row->doc.name, node);
    else
        status = sx_about_label(about, &row->about, (sx_span){e->tree->nodes[i].start, e->tree->nodes[i].end}, labels,
                                err);
    sx_entry_release(corpus, e);
    return status;
}

static llm_status describe_once(sx_corpus *corpus, const char *name, const char *node, const sx_ingest_params *params,
                                llm_error *err)
{
    sx_listing *list;
    llm_status status = sx_listing_current(corpus, &list, err);
    if (status != LLM_OK) return status;
    sx_row *row = sx_listing_find(list, name);
    sx_buf about;
    sx_buf_init(&about, corpus->mem, 0);
    if (!row) {
        status = no_such(name, err);
    } else if (row->damaged) {
        status = sx_fail(err, LLM_E_CORRUPT, "what is said about document %s is damaged; ingest it again", name);
    } else if (node) {
        status = label_place(corpus, row, node, params->labels, &about, err);
    } else {
        const sx_about_change change = {params->folder, params->labels, params->meta};
        status = sx_about_write(&about, &row->about, &change, err);
    }
    if (status == LLM_OK) status = sx_store_describe(corpus->store, &row->doc, about.data, about.len, err);
    sx_buf_free(&about);
    sx_listing_release(corpus, list);
    return status;
}

llm_status sx_corpus_describe(sx_corpus *corpus, const char *name, const char *node, const sx_ingest_params *params,
                              llm_error *err)
{
    llm_status status = LLM_E_BUSY;
    for (int i = 0; i < SX_RETRIES && status == LLM_E_BUSY; i++) {
        sx_forget(err);
        status = describe_once(corpus, name, node, params, err);
    }
    return status;
}

/* ---- asking ---- */

/* Appends the texts of a kind as a list: of labels only those that the caller holds. */
static void put_list(sx_buf *out, const sx_about *about, char kind, const char *labels)
{
    for (const char *t = NULL; (t = sx_about_next(about, t, kind));)
        if (kind != SX_ABOUT_LABEL || !labels || sx_list_has(labels, t)) sx_buf_add(out, t, strlen(t) + 1);
    sx_buf_char(out, '\0');
}

/* Numbers and hash are those of what the caller sees. */
static llm_status seen_numbers(sx_corpus *corpus, sx_row *row, const char *labels, sx_doc_info *info, llm_error *err)
{
    sx_span *hidden = NULL;
    sx_entry *e = NULL;
    size_t n = 0;
    if (sx_about_hidden(&row->about, labels, corpus->mem, &hidden, &n)) return sx_fail_memory(err);
    sx_mem_free(corpus->mem, hidden);
    if (!n) return LLM_OK;
    llm_status status = sx_entry_get(corpus, row, labels, &e, err);
    if (status != LLM_OK) return status;
    info->bytes = e->tree->text_len;
    info->nodes = e->tree->count;
    memcpy(info->hash, e->tree->nodes[0].hash, sizeof info->hash);
    sx_entry_release(corpus, e);
    return LLM_OK;
}

static llm_status tell(sx_corpus *corpus, sx_row *row, const char *labels,
                       llm_status (*fn)(void *user, const sx_doc_info *doc), void *user, sx_buf *lists, llm_error *err)
{
    const sx_store_doc *doc = &row->doc;
    sx_doc_info info = {.name = doc->name,
                        .bytes = doc->bytes,
                        .nodes = doc->nodes,
                        .format = doc->format,
                        .folder = sx_about_folder(&row->about)};
    memcpy(info.hash, doc->hash, sizeof info.hash);
    llm_status status = seen_numbers(corpus, row, labels, &info, err);
    if (status == LLM_E_NOT_FOUND) { /* replaced meanwhile */
        sx_forget(err);
        return LLM_OK;
    }
    sx_buf_clear(lists);
    put_list(lists, &row->about, SX_ABOUT_LABEL, labels);
    size_t meta = lists->len;
    put_list(lists, &row->about, SX_ABOUT_META, labels);
    if (status == LLM_OK && sx_buf_status(lists) != LLM_OK) status = sx_fail_memory(err);
    if (status != LLM_OK) return status;
    info.labels = lists->data;
    info.meta = lists->data + meta;
    return fn(user, &info);
}

llm_status sx_corpus_list(sx_corpus *corpus, const char *labels, llm_status (*fn)(void *user, const sx_doc_info *doc),
                          void *user, llm_error *err)
{
    sx_listing *list;
    llm_status status = sx_listing_current(corpus, &list, err);
    if (status != LLM_OK) return status;
    sx_buf lists;
    sx_buf_init(&lists, corpus->mem, 0);
    for (size_t i = 0; i < list->count && status == LLM_OK; i++)
        if (sx_row_visible(&list->rows[i], labels))
            status = tell(corpus, &list->rows[i], labels, fn, user, &lists, err);
    sx_buf_free(&lists);
    sx_listing_release(corpus, list);
    return status;
}

static llm_status tree_once(sx_corpus *corpus, const char *name, const char *labels, sx_tree **out, llm_error *err)
{
    sx_listing *list;
    sx_entry *e = NULL;
    llm_status status = sx_listing_current(corpus, &list, err);
    if (status != LLM_OK) return status;
    sx_row *row = sx_listing_find(list, name);
    if (row && !sx_row_visible(row, labels)) row = NULL;
    status = row ? sx_entry_get(corpus, row, labels, &e, err) : no_such(name, err);
    if (status == LLM_OK) {
        *out = sx_tree_ref(e->tree);
        sx_entry_release(corpus, e);
    }
    bool overtaken = row && status == LLM_E_NOT_FOUND;
    sx_listing_release(corpus, list);
    return overtaken ? LLM_MORE : status;
}

llm_status sx_corpus_tree(sx_corpus *corpus, const char *name, const char *labels, sx_tree **out, llm_error *err)
{
    *out = NULL;
    llm_status status = LLM_MORE;
    for (int i = 0; i < SX_RETRIES && status == LLM_MORE; i++) {
        sx_forget(err);
        status = tree_once(corpus, name, labels, out, err);
    }
    return status == LLM_MORE ? LLM_E_NOT_FOUND : status;
}

/* What one retrieval looks at. */
typedef struct scope {
    sx_corpus *corpus;
    sx_listing *list;
    sx_docfilter *filter; /* or NULL */
    const sx_retrieve_params *params;
    sx_doc_view *views; /* [count], as entries */
    sx_entry **entries;
    uint32_t count;
} scope;

/* Gathers the documents asked for. LLM_MORE: the list was overtaken, try again. */
static llm_status gather_views(scope *s, llm_error *err)
{
    const char *only = s->params->doc;
    sx_row *one = only ? sx_listing_find(s->list, only) : NULL;
    if (only && (!one || !sx_row_visible(one, s->params->labels))) return no_such(only, err);
    size_t first = one ? (size_t)(one - s->list->rows) : 0, last = one ? first + 1 : s->list->count;
    for (size_t i = first; i < last; i++) {
        if (!sx_row_wanted(&s->list->rows[i], s->params->labels, s->filter)) continue;
        sx_entry **e = &s->entries[s->count];
        llm_status status = sx_entry_get(s->corpus, &s->list->rows[i], s->params->labels, e, err);
        if (status == LLM_E_NOT_FOUND) return LLM_MORE;
        if (status != LLM_OK) return status;
        s->views[s->count++] = (sx_doc_view){(*e)->tree, (*e)->index};
    }
    return LLM_OK;
}

/* Questions to more than one document go by the segments, once there are any. Who sees a part of the corpus only must not learn
 * from statistics of the rest: nothing else is counted then. */
static llm_status retrieve_wide(sx_evidence **out, const scope *s, const char *question, size_t len, sx_mem *mem,
                                bool *done, llm_error *err)
{
    *done = false;
    if (s->params->doc) return LLM_OK;
    llm_status status = sx_wide_has_segments(s->corpus->wide, done, err);
    if (status != LLM_OK || !*done) return status;
    if (s->params->labels || s->params->filter)
        return sx_sight_retrieve(out, s->corpus, s->filter, question, len, s->params, mem, err);
    return sx_wide_retrieve(out, s->corpus->wide, NULL, NULL, 0, question, len, s->params, mem, err);
}

static llm_status retrieve_once(sx_evidence **out, scope *s, const char *question, size_t len, sx_mem *mem,
                                llm_error *err)
{
    bool done = false;
    s->count = 0;
    llm_status status = retrieve_wide(out, s, question, len, mem, &done, err);
    if (status != LLM_OK || done) return status;
    status = sx_listing_current(s->corpus, &s->list, err);
    if (status != LLM_OK) return status;
    s->views = sx_mem_array(mem, s->list->count + 1, sizeof *s->views);
    s->entries = sx_mem_array(mem, s->list->count + 1, sizeof(sx_entry *));
    status = s->views && s->entries ? gather_views(s, err) : sx_fail_memory(err);
    if (status == LLM_OK) status = sx_navigate(out, s->views, s->count, question, len, s->params, mem, err);
    for (uint32_t i = 0; i < s->count; i++) sx_entry_release(s->corpus, s->entries[i]);
    sx_listing_release(s->corpus, s->list);
    sx_mem_free(mem, s->views);
    sx_mem_free(mem, s->entries);
    return status;
}

llm_status sx_retrieve(sx_evidence **out, sx_corpus *corpus, const char *question, size_t len,
                       const sx_retrieve_params *params, sx_mem *mem, llm_error *err)
{
    static const sx_retrieve_params defaults = {0};
    *out = NULL;
    size_t bad = sx_utf8_check(question, len);
    if (bad != len) return sx_fail(err, LLM_E_UTF8, "the question is not UTF-8 at offset %zu", bad);
    scope s = {.corpus = corpus, .params = params ? params : &defaults};
    if (s.params->filter) {
        llm_status parsed = sx_docfilter_parse(&s.filter, mem, s.params->filter, err);
        if (parsed != LLM_OK) return parsed;
    }
    llm_status status = LLM_MORE;
    for (int i = 0; i < SX_RETRIES && status == LLM_MORE; i++) {
        sx_forget(err);
        status = retrieve_once(out, &s, question, len, mem, err);
    }
    sx_docfilter_free(s.filter);
    return status == LLM_MORE ? sx_fail(err, LLM_E_IO, "the corpus changes faster than it can be read; try again")
                              : status;
}
