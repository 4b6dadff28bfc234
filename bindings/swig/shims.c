/* Shims between SWIG and sextant.h, pasted into the generated wrapper. They fill option structs from arguments, return
 * handles instead of writing through pointers, and copy a context's sentence into the caller's error at once. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct sx_text {
    const char *data; /* lives with its handle */
    size_t len;
} sx_text;

typedef struct sx_blob {
    char *data; /* malloc: the typemap frees it */
    size_t len;
} sx_blob;

/* ---- errors ---- */

/* BUSY comes from another call's context: its sentence is not ours to read. */
static llm_status sx_ctx_told(llm_ctx *ctx, llm_status status, llm_error *err)
{
    err->code = status;
    err->message[0] = 0;
    if (status >= 0) return status;
    const char *why = status == LLM_E_BUSY || status == LLM_E_INVALID ? "" : llm_ctx_errmsg(ctx);
    if (status == LLM_E_INVALID && ctx) why = llm_ctx_errmsg(ctx);
    if (status == LLM_E_BUSY) why = "the context is in use by another call or holds an unfinished reply";
    snprintf(err->message, sizeof err->message, "%s", why[0] ? why : llm_status_name(status));
    return status;
}

static sx_blob sx_blob_fail(llm_error *err, const char *why)
{
    err->code = LLM_E_MEMORY;
    snprintf(err->message, sizeof err->message, "%s", why);
    return (sx_blob){NULL, 0};
}

static const char *sx_or_null(const char *s)
{
    return s && s[0] ? s : NULL;
}

/* A list of NUL-ended strings, with the empty one that ends it; NULL for an empty list. */
static char *sx_list(const char *items, size_t len)
{
    if (!items || len == 0) return NULL;
    char *list = malloc(len + 2);
    if (!list) return NULL;
    memcpy(list, items, len);
    list[len] = list[len + 1] = 0;
    return list;
}

/* ---- log ---- */

enum { SX_LOG_LINES = 256, SX_LOG_WIDTH = 512 };

typedef struct sx_log {
    pthread_mutex_t lock;
    uint32_t first, count; /* when full the oldest line goes */
    int32_t level[SX_LOG_LINES];
    char line[SX_LOG_LINES][SX_LOG_WIDTH];
    char taken[SX_LOG_WIDTH];
} sx_log;

static sx_log *sx_log_create(void)
{
    sx_log *log = calloc(1, sizeof *log);
    if (log && pthread_mutex_init(&log->lock, NULL) != 0) {
        free(log);
        log = NULL;
    }
    return log;
}

static void sx_log_add(void *user, int32_t level, const char *message)
{
    sx_log *log = user;
    pthread_mutex_lock(&log->lock);
    uint32_t at = (log->first + log->count) % SX_LOG_LINES;
    if (log->count == SX_LOG_LINES)
        log->first = (log->first + 1) % SX_LOG_LINES;
    else
        log->count++;
    log->level[at] = level;
    snprintf(log->line[at], SX_LOG_WIDTH, "%s", message);
    pthread_mutex_unlock(&log->lock);
}

static void sx_log_put(sx_log *log, int32_t level, const char *line)
{
    if (log) sx_log_add(log, level, line);
}

static int32_t sx_log_next(sx_log *log)
{
    if (!log) return 0;
    int32_t level = 0;
    pthread_mutex_lock(&log->lock);
    if (log->count) {
        level = log->level[log->first];
        memcpy(log->taken, log->line[log->first], SX_LOG_WIDTH);
        log->first = (log->first + 1) % SX_LOG_LINES;
        log->count--;
    }
    pthread_mutex_unlock(&log->lock);
    return level;
}

static sx_text sx_log_line(sx_log *log)
{
    return (sx_text){log->taken, strlen(log->taken)};
}

/* The library copies the struct, so one on the stack will do. */
#define SX_LOGGER(log) \
    { \
        (uint32_t)sizeof(llm_logger), 0, (log), sx_log_add \
    }

/* ---- cancel, model ---- */

static llm_cancel *sx_cancel_create(llm_error *err)
{
    llm_cancel *made = NULL;
    err->code = llm_cancel_create(&made);
    snprintf(err->message, sizeof err->message, "%s", err->code ? llm_status_name(err->code) : "");
    return made;
}

static llm_model_opts sx_model_opts(uint32_t threads, uint32_t isa, const llm_cancel *cancel, const llm_logger *logger)
{
    llm_model_opts opts = LLM_MODEL_OPTS_INIT;
    opts.threads = threads;
    opts.isa = isa;
    opts.cancel = cancel;
    opts.logger = logger->user ? logger : NULL;
    return opts;
}

static llm_model *sx_model_load(const char *path, uint32_t threads, uint32_t isa, const llm_cancel *cancel, sx_log *log,
                                llm_error *err)
{
    const llm_logger logger = SX_LOGGER(log);
    const llm_model_opts opts = sx_model_opts(threads, isa, cancel, &logger);
    llm_model *made = NULL;
    err->code = llm_model_load(&made, path, &opts, err);
    return made;
}

#ifdef SWIGPYTHON
static llm_model *sx_model_load_memory(const char *src, size_t src_len, uint32_t threads, uint32_t isa,
                                       const llm_cancel *cancel, sx_log *log, llm_error *err)
{
    const llm_logger logger = SX_LOGGER(log);
    const llm_model_opts opts = sx_model_opts(threads, isa, cancel, &logger);
    llm_model *made = NULL;
    err->code = llm_model_load_memory(&made, src, src_len, &opts, err);
    return made;
}
#endif

static llm_model *sx_model_load_fd(int32_t fd, uint64_t offset, uint64_t length, uint32_t threads, uint32_t isa,
                                   const llm_cancel *cancel, sx_log *log, llm_error *err)
{
    const llm_logger logger = SX_LOGGER(log);
    const llm_model_opts opts = sx_model_opts(threads, isa, cancel, &logger);
    llm_model *made = NULL;
    err->code = llm_model_load_fd(&made, fd, offset, length, &opts, err);
    return made;
}

#ifdef SWIGGO
static llm_model *sx_model_load_copy(const char *src, size_t src_len, uint32_t threads, uint32_t isa,
                                     const llm_cancel *cancel, sx_log *log, llm_error *err)
{
    FILE *copy = tmpfile();
    llm_model *made = NULL;
    if (copy && fwrite(src, 1, src_len, copy) == src_len && fflush(copy) == 0) {
        made = sx_model_load_fd(fileno(copy), 0, 0, threads, isa, cancel, log, err);
    } else {
        err->code = LLM_E_IO;
        snprintf(err->message, sizeof err->message, "the model's %zu bytes cannot be kept in a temporary file",
                 src_len);
    }
    if (copy) fclose(copy);
    return made;
}
#endif

static sx_blob sx_tokenize(const llm_model *model, const char *text, size_t len, uint32_t flags, llm_error *err)
{
    size_t capacity = len / 2 + 16; /* a text seldom has more tokens; else the second round has room */
    for (;;) {
        int32_t *ids = malloc(capacity * sizeof *ids);
        if (!ids) return sx_blob_fail(err, "no memory for the token ids");
        int64_t n = llm_tokenize(model, text, len, flags, ids, capacity, err);
        if (n >= 0 && (uint64_t)n <= capacity) {
            err->code = LLM_OK;
            return (sx_blob){(char *)ids, (size_t)n * sizeof *ids};
        }
        free(ids);
        if (n < 0) {
            err->code = (llm_status)n;
            return (sx_blob){NULL, 0};
        }
        capacity = (size_t)n;
    }
}

static sx_blob sx_detokenize(const llm_model *model, const char *ids, size_t ids_len, uint32_t flags, llm_error *err)
{
    size_t n = ids_len / sizeof(int32_t), capacity = n * 8 + 16;
    int32_t *tokens = malloc(n * sizeof *tokens + 1); /* a copy, because the bytes may not be aligned */
    if (!tokens) return sx_blob_fail(err, "no memory for the token ids");
    if (n) memcpy(tokens, ids, n * sizeof *tokens);
    sx_blob made = {NULL, 0};
    for (;;) {
        char *text = malloc(capacity);
        if (!text) {
            made = sx_blob_fail(err, "no memory for the text");
            break;
        }
        int64_t size = llm_detokenize(model, tokens, n, flags, text, capacity, err);
        if (size >= 0 && (uint64_t)size <= capacity) {
            err->code = LLM_OK;
            made = (sx_blob){text, (size_t)size};
            break;
        }
        free(text);
        if (size < 0) {
            err->code = (llm_status)size;
            break;
        }
        capacity = (size_t)size;
    }
    free(tokens);
    return made;
}

static sx_blob sx_chat_template(const llm_model *model, const char *text, size_t len, const char *vars, size_t vars_len,
                                llm_error *err)
{
    size_t capacity = vars_len * 2 + 1024;
    for (;;) {
        char *out = malloc(capacity);
        if (!out) return sx_blob_fail(err, "no memory for the prompt");
        int64_t size = llm_chat_template(model, len ? text : NULL, len, vars, vars_len, out, capacity, err);
        if (size >= 0 && (uint64_t)size <= capacity) {
            err->code = LLM_OK;
            return (sx_blob){out, (size_t)size};
        }
        free(out);
        if (size < 0) {
            err->code = (llm_status)size;
            return (sx_blob){NULL, 0};
        }
        capacity = (size_t)size;
    }
}

static sx_blob sx_chat_parse(const llm_model *model, const char *text, size_t len, const char *prompt,
                             size_t prompt_len, const char *answer, size_t answer_len, uint32_t flags, llm_error *err)
{
    size_t capacity = answer_len * 2 + 1024;
    for (;;) {
        char *out = malloc(capacity);
        if (!out) return sx_blob_fail(err, "no memory for the answer");
        int64_t size = llm_chat_parse(model, len ? text : NULL, len, prompt, prompt_len, answer, answer_len, flags, out,
                                      capacity, err);
        if (size >= 0 && (uint64_t)size <= capacity) {
            err->code = LLM_OK;
            return (sx_blob){out, (size_t)size};
        }
        free(out);
        if (size < 0) {
            err->code = (llm_status)size;
            return (sx_blob){NULL, 0};
        }
        capacity = (size_t)size;
    }
}

static sx_blob sx_dequantize(const char *type, const char *src, size_t src_len, uint64_t count, llm_error *err)
{
    if (count > SIZE_MAX / sizeof(float)) return sx_blob_fail(err, "no memory for so many floats");
    float *floats = malloc(count ? (size_t)count * sizeof *floats : 1);
    if (!floats) return sx_blob_fail(err, "no memory for the floats");
    err->code = llm_dequantize(type, src, src_len, floats, (size_t)count, err);
    if (err->code == LLM_OK) return (sx_blob){(char *)floats, (size_t)count * sizeof *floats};
    free(floats);
    return (sx_blob){NULL, 0};
}

/* ---- corpus ---- */

static llm_corpus *sx_corpus_open(const char *path, uint32_t flags, uint64_t max_doc_bytes, uint64_t max_cache_bytes,
                                  uint64_t max_doc_nodes, sx_log *log, llm_error *err)
{
    llm_logger logger = SX_LOGGER(log);
    llm_corpus_opts opts = LLM_CORPUS_OPTS_INIT;
    opts.flags = flags;
    opts.max_doc_bytes = max_doc_bytes;
    opts.max_cache_bytes = max_cache_bytes;
    opts.max_doc_nodes = max_doc_nodes;
    if (log) opts.logger = &logger;
    llm_corpus *made = NULL;
    err->code = llm_corpus_open(&made, sx_or_null(path), &opts, err);
    return made;
}

static llm_corpus *sx_corpus_view(llm_corpus *corpus, const char *labels, size_t labels_len, llm_error *err)
{
    llm_corpus *made = NULL;
    err->code = llm_corpus_view(&made, corpus, labels_len ? labels : NULL, err);
    return made;
}

/* What the target language hands over lives as long as the call and ends with NUL; no bytes at all stand for NULL. */
static llm_ingest_opts sx_said(const char *folder, size_t folder_len, const char *labels, size_t labels_len,
                               const char *meta, size_t meta_len)
{
    llm_ingest_opts opts = LLM_INGEST_OPTS_INIT;
    opts.folder = folder_len ? folder : NULL;
    opts.labels = labels_len ? labels : NULL;
    opts.meta = meta_len ? meta : NULL;
    return opts;
}

static llm_status sx_ingest(llm_corpus *corpus, const char *name, const char *text, size_t len, uint32_t format,
                            const char *folder, size_t folder_len, const char *labels, size_t labels_len,
                            const char *meta, size_t meta_len, const llm_cancel *cancel, llm_error *err)
{
    llm_ingest_opts opts = sx_said(folder, folder_len, labels, labels_len, meta, meta_len);
    opts.format = format;
    opts.cancel = cancel;
    return err->code = llm_ingest(corpus, name, text, len, &opts, err);
}

static llm_status sx_ingest_file(llm_corpus *corpus, const char *path, const char *name, uint32_t format,
                                 const char *folder, size_t folder_len, const char *labels, size_t labels_len,
                                 const char *meta, size_t meta_len, const llm_cancel *cancel, llm_error *err)
{
    llm_ingest_opts opts = sx_said(folder, folder_len, labels, labels_len, meta, meta_len);
    opts.format = format;
    opts.cancel = cancel;
    return err->code = llm_ingest_file(corpus, path, sx_or_null(name), &opts, err);
}

static llm_status sx_describe(llm_corpus *corpus, const char *name, const char *node, const char *folder,
                              size_t folder_len, const char *labels, size_t labels_len, const char *meta,
                              size_t meta_len, llm_error *err)
{
    llm_ingest_opts opts = sx_said(folder, folder_len, labels, labels_len, meta, meta_len);
    return err->code = llm_describe(corpus, name, sx_or_null(node), &opts, err);
}

static llm_status sx_edit(llm_corpus *corpus, const char *name, uint64_t begin, uint64_t end, const char *text,
                          size_t len, const char *hash, llm_error *err)
{
    return err->code = llm_edit(corpus, name, begin, end, text, len, sx_or_null(hash), err);
}

static sx_blob sx_tree_json(const llm_tree *tree, llm_error *err)
{
    int64_t size = llm_tree_pageindex(tree, NULL, 0, err);
    char *out = size > 0 ? malloc((size_t)size) : NULL;
    if (size > 0 && !out) return sx_blob_fail(err, "no memory for the tree");
    if (size > 0) size = llm_tree_pageindex(tree, out, (size_t)size, err);
    if (size >= 0) {
        err->code = LLM_OK;
        return (sx_blob){out, (size_t)size};
    }
    free(out);
    err->code = (llm_status)size;
    return (sx_blob){NULL, 0};
}

static llm_docs *sx_docs_list(llm_corpus *corpus, llm_error *err)
{
    llm_docs *made = NULL;
    err->code = llm_docs_list(&made, corpus, err);
    return made;
}

static llm_tree *sx_tree_open(llm_corpus *corpus, const char *name, llm_error *err)
{
    llm_tree *made = NULL;
    err->code = llm_tree_open(&made, corpus, name, err);
    return made;
}

static sx_text sx_tree_text(const llm_tree *tree)
{
    return (sx_text){llm_tree_text(tree), (size_t)llm_tree_text_len(tree)};
}

/* ---- context ---- */

static llm_ctx *sx_ctx_create(llm_model *model, llm_corpus *corpus, llm_guard *guard, uint32_t flags, uint32_t n_ctx,
                              uint32_t n_batch, uint32_t kv_type, sx_log *log, llm_error *err)
{
    llm_logger logger = SX_LOGGER(log);
    llm_ctx_opts opts = LLM_CTX_OPTS_INIT;
    opts.flags = flags;
    opts.n_ctx = n_ctx;
    opts.n_batch = n_batch;
    opts.kv_type = kv_type;
    if (log) opts.logger = &logger;
    llm_ctx *made = NULL;
    err->code = llm_ctx_create(&made, model, corpus, guard, &opts, err);
    return made;
}

static llm_adapter *sx_adapter_load(llm_model *model, const char *path, llm_error *err)
{
    llm_adapter *made = NULL;
    err->code = llm_adapter_load(&made, model, path, err);
    return made;
}

static llm_status sx_ctx_set_adapter(llm_ctx *ctx, llm_adapter *adapter, float scale, llm_error *err)
{
    return sx_ctx_told(ctx, llm_ctx_set_adapter(ctx, adapter, scale), err);
}

static llm_status sx_imatrix(llm_ctx *ctx, const char *text, size_t len, const char *name, const char *path,
                             const llm_cancel *cancel, llm_error *err)
{
    return sx_ctx_told(ctx, llm_imatrix(ctx, text, len, sx_or_null(name), path, cancel), err);
}

static sx_blob sx_logits(llm_ctx *ctx, llm_model *model, const char *ids, size_t ids_len, const llm_cancel *cancel,
                         llm_error *err)
{
    size_t n = ids_len / sizeof(int32_t), width = model ? llm_model_n_vocab(model) : 0;
    if (width && n > SIZE_MAX / sizeof(float) / width) return sx_blob_fail(err, "no memory for so many logits");
    int32_t *tokens = malloc(n * sizeof *tokens + 1);
    float *out = malloc(n * width * sizeof *out + 1);
    if (!tokens || !out) {
        free(tokens);
        free(out);
        return sx_blob_fail(err, "no memory for the logits");
    }
    if (n) memcpy(tokens, ids, n * sizeof *tokens);
    llm_status status = sx_ctx_told(ctx, llm_logits(ctx, tokens, n, out, n * width, cancel), err);
    free(tokens);
    if (status == LLM_OK) return (sx_blob){(char *)out, n * width * sizeof *out};
    free(out);
    return (sx_blob){NULL, 0};
}

static llm_status sx_ctx_save(llm_ctx *ctx, const char *path, llm_error *err)
{
    return sx_ctx_told(ctx, llm_ctx_save(ctx, path), err);
}

static llm_status sx_ctx_load(llm_ctx *ctx, const char *path, llm_error *err)
{
    return sx_ctx_told(ctx, llm_ctx_restore(ctx, path), err);
}

static sx_blob sx_ctx_export(llm_ctx *ctx, llm_error *err)
{
    int64_t need = llm_ctx_export(ctx, NULL, 0), size = need;
    char *bytes = need > 0 ? malloc((size_t)need) : NULL;
    if (need > 0 && !bytes) return sx_blob_fail(err, "no memory for the state");
    if (bytes) size = llm_ctx_export(ctx, bytes, (size_t)need);
    sx_ctx_told(ctx, size < 0 ? (llm_status)size : LLM_OK, err);
    if (size >= 0) return (sx_blob){bytes, (size_t)size};
    free(bytes);
    return (sx_blob){NULL, 0};
}

static llm_status sx_ctx_import(llm_ctx *ctx, const char *bytes, size_t len, llm_error *err)
{
    return sx_ctx_told(ctx, llm_ctx_import(ctx, bytes, len), err);
}

static llm_ctx *sx_ctx_fork(llm_ctx *ctx, llm_error *err)
{
    llm_ctx *made = NULL;
    sx_ctx_told(ctx, llm_ctx_fork(ctx, &made), err);
    return made;
}

static llm_status sx_ctx_drop(llm_ctx *ctx, uint32_t begin, uint32_t end, llm_error *err)
{
    return sx_ctx_told(ctx, llm_ctx_drop(ctx, begin, end), err);
}

static llm_status sx_ctx_set_tag(llm_ctx *ctx, const char *tag, llm_error *err)
{
    return sx_ctx_told(ctx, llm_ctx_set_tag(ctx, sx_or_null(tag)), err);
}

static int64_t sx_ctx_used(llm_ctx *ctx, llm_error *err)
{
    int64_t n = llm_ctx_used(ctx);
    sx_ctx_told(ctx, n < 0 ? (llm_status)n : LLM_OK, err);
    return n;
}

static int64_t sx_ctx_size(llm_ctx *ctx, llm_error *err)
{
    int64_t n = llm_ctx_size(ctx);
    sx_ctx_told(ctx, n < 0 ? (llm_status)n : LLM_OK, err);
    return n;
}

/* ---- several texts ---- */

typedef struct sx_texts { /* joined texts taken apart */
    const char **text;    /* [n] */
    size_t *len;          /* [n] */
    uint64_t *given;      /* [n] */
    size_t n;
} sx_texts;

static void sx_texts_free(sx_texts *t)
{
    free(t->text);
    free(t->len);
    free(t->given);
}

/* lens: per text two uint64_t, its bytes and how many of them are given. False without memory or beyond texts_len. */
static int sx_texts_take(sx_texts *t, const char *texts, size_t texts_len, const char *lens, size_t lens_len)
{
    t->n = lens_len / 16;
    t->text = malloc((t->n + 1) * sizeof *t->text);
    t->len = malloc((t->n + 1) * sizeof *t->len);
    t->given = malloc((t->n + 1) * sizeof *t->given);
    if (!t->text || !t->len || !t->given) return 0;
    for (size_t i = 0, at = 0; i < t->n; at += t->len[i++]) {
        uint64_t pair[2];
        memcpy(pair, lens + 16 * i, sizeof pair);
        if (pair[0] > texts_len - at) return 0;
        t->text[i] = texts + at;
        t->len[i] = (size_t)pair[0];
        t->given[i] = pair[1];
    }
    return 1;
}

static llm_scores *sx_score(llm_ctx *ctx, const char *prompt, size_t len, const char *texts, size_t texts_len,
                            const char *lens, size_t lens_len, uint32_t flags, uint32_t top, const llm_cancel *cancel,
                            llm_error *err)
{
    sx_texts t = {NULL, NULL, NULL, 0};
    llm_scores *made = NULL;
    if (sx_texts_take(&t, texts, texts_len, lens, lens_len)) {
        llm_score_opts opts = LLM_SCORE_OPTS_INIT;
        opts.flags = flags;
        opts.top = top;
        opts.given = t.given;
        opts.cancel = cancel;
        sx_ctx_told(ctx, llm_score(ctx, prompt, len, t.text, t.len, t.n, &opts, &made), err);
    } else {
        sx_blob_fail(err, "no memory for the texts");
    }
    sx_texts_free(&t);
    return made;
}

static llm_scores *sx_score_tokens(llm_ctx *ctx, const char *ids, size_t ids_len, uint64_t from, uint32_t top,
                                   const llm_cancel *cancel, llm_error *err)
{
    size_t n = ids_len / sizeof(int32_t);
    int32_t *tokens = malloc(n * sizeof *tokens + 1);
    llm_scores *made = NULL;
    if (tokens) {
        llm_score_opts opts = LLM_SCORE_OPTS_INIT;
        opts.top = top;
        opts.cancel = cancel;
        if (n) memcpy(tokens, ids, n * sizeof *tokens);
        sx_ctx_told(ctx, llm_score_tokens(ctx, tokens, n, (size_t)from, &opts, &made), err);
    } else {
        sx_blob_fail(err, "no memory for the tokens");
    }
    free(tokens);
    return made;
}

static sx_blob sx_floats(llm_status status, float *out, size_t n)
{
    if (status == LLM_OK) return (sx_blob){(char *)out, n * sizeof *out};
    free(out);
    return (sx_blob){NULL, 0};
}

/* Floats that llm_embed gives: one vector per text, or one per token. */
static size_t sx_embed_room(llm_model *model, const sx_texts *t, uint32_t pooling)
{
    size_t rows = t->n;
    if (pooling == LLM_POOL_NONE) {
        rows = 0;
        for (size_t i = 0; i < t->n; i++) {
            int64_t n = llm_tokenize(model, t->text[i], t->len[i], LLM_TOK_SPECIAL, NULL, 0, NULL);
            rows += n > 0 ? (size_t)n : 0;
        }
    }
    return model ? rows * llm_model_n_embd(model) : 0;
}

static sx_blob sx_embed(llm_ctx *ctx, llm_model *model, const char *texts, size_t texts_len, const char *lens,
                        size_t lens_len, uint32_t flags, uint32_t pooling, const llm_cancel *cancel, llm_error *err)
{
    sx_texts t = {NULL, NULL, NULL, 0};
    sx_blob made = {NULL, 0};
    float *out = NULL;
    size_t room = 0;
    if (sx_texts_take(&t, texts, texts_len, lens, lens_len)) {
        room = sx_embed_room(model, &t, pooling);
        out = malloc(room * sizeof *out + 1);
    }
    if (out) {
        llm_embed_opts opts = LLM_EMBED_OPTS_INIT;
        opts.flags = flags;
        opts.pooling = pooling;
        opts.cancel = cancel;
        made = sx_floats(sx_ctx_told(ctx, llm_embed(ctx, t.text, t.len, t.n, &opts, out, room), err), out, room);
    } else {
        sx_blob_fail(err, "no memory for the vectors");
    }
    sx_texts_free(&t);
    return made;
}

static sx_blob sx_rerank(llm_ctx *ctx, const char *prompt, size_t len, const char *texts, size_t texts_len,
                         const char *lens, size_t lens_len, const llm_cancel *cancel, llm_error *err)
{
    sx_texts t = {NULL, NULL, NULL, 0};
    sx_blob made = {NULL, 0};
    float *out = sx_texts_take(&t, texts, texts_len, lens, lens_len) ? malloc(t.n * sizeof *out + 1) : NULL;
    if (out)
        made = sx_floats(sx_ctx_told(ctx, llm_rerank(ctx, prompt, len, t.text, t.len, t.n, out, cancel), err), out,
                         t.n);
    else
        sx_blob_fail(err, "no memory for the scores");
    sx_texts_free(&t);
    return made;
}

/* ---- retrieve, generate ---- */

static llm_evidence *sx_retrieve(llm_ctx *ctx, const char *question, size_t len, uint32_t top, uint32_t beam,
                                 const char *doc, const char *filter, uint32_t flags, float judge_weight,
                                 uint32_t judge_ms, uint64_t judge_tokens, const llm_cancel *cancel, llm_error *err)
{
    llm_retrieve_opts opts = LLM_RETRIEVE_OPTS_INIT;
    opts.top = top;
    opts.beam = beam;
    opts.doc = sx_or_null(doc);
    opts.filter = sx_or_null(filter);
    opts.flags = flags;
    opts.judge_weight = judge_weight;
    opts.judge_ms = judge_ms;
    opts.judge_tokens = judge_tokens;
    opts.cancel = cancel;
    llm_evidence *made = NULL;
    sx_ctx_told(ctx, llm_retrieve(ctx, question, len, &opts, &made), err);
    return made;
}

typedef struct sx_gen {
    llm_gen_opts opts;
    char *dry_breakers, *grammar, *schema;
    int32_t *tokens;
    float *bias;
} sx_gen;

static sx_gen *sx_gen_create(void)
{
    sx_gen *gen = calloc(1, sizeof *gen);
    if (gen) llm_gen_opts_init(&gen->opts, sizeof gen->opts);
    return gen;
}

static void sx_gen_free(sx_gen *gen)
{
    if (!gen) return;
    free(gen->dry_breakers);
    free(gen->grammar);
    free(gen->schema);
    free(gen->tokens);
    free(gen->bias);
    free(gen);
}

static int32_t sx_gen_number(sx_gen *gen, const char *name, double value)
{
    llm_gen_opts *o = &gen->opts;
    const struct {
        const char *name;
        float *at;
    } floats[] = {{"repeat_penalty", &o->repeat_penalty},
                  {"frequency_penalty", &o->frequency_penalty},
                  {"presence_penalty", &o->presence_penalty},
                  {"dry_multiplier", &o->dry_multiplier},
                  {"dry_base", &o->dry_base},
                  {"dynatemp_range", &o->dynatemp_range},
                  {"dynatemp_exponent", &o->dynatemp_exponent},
                  {"top_n_sigma", &o->top_n_sigma},
                  {"typical_p", &o->typical_p},
                  {"xtc_probability", &o->xtc_probability},
                  {"xtc_threshold", &o->xtc_threshold},
                  {"mirostat_tau", &o->mirostat_tau},
                  {"mirostat_eta", &o->mirostat_eta}};
    const struct {
        const char *name;
        uint32_t *at;
    } counts[] = {{"penalty_last_n", &o->penalty_last_n},
                  {"dry_allowed_length", &o->dry_allowed_length},
                  {"dry_last_n", &o->dry_last_n},
                  {"logprobs", &o->logprobs},
                  {"draft", &o->draft}};
    for (size_t i = 0; i < sizeof floats / sizeof floats[0]; i++)
        if (strcmp(floats[i].name, name) == 0) {
            *floats[i].at = (float)value;
            return 1;
        }
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        if (strcmp(counts[i].name, name) == 0 && value >= 0 && value <= UINT32_MAX) {
            *counts[i].at = (uint32_t)value;
            return 1;
        }
    return 0;
}

static int32_t sx_gen_text(sx_gen *gen, const char *name, const char *text, size_t len)
{
    const struct {
        const char *name;
        char **held;
        const char **field;
    } texts[] = {{"dry_breakers", &gen->dry_breakers, &gen->opts.dry_breakers},
                 {"grammar", &gen->grammar, &gen->opts.grammar},
                 {"schema", &gen->schema, &gen->opts.schema}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(texts[i].name, name) != 0) continue;
        free(*texts[i].held);
        *texts[i].field = *texts[i].held = sx_list(text, len);
        return *texts[i].held != NULL;
    }
    return 0;
}

static int32_t sx_gen_bias(sx_gen *gen, int32_t token, double value)
{
    size_t n = gen->opts.n_bias + (size_t)1;
    int32_t *tokens = realloc(gen->tokens, n * sizeof *tokens);
    if (tokens) gen->tokens = tokens;
    float *bias = realloc(gen->bias, n * sizeof *bias);
    if (bias) gen->bias = bias;
    if (!tokens || !bias) return 0;
    tokens[n - 1] = token;
    bias[n - 1] = (float)value;
    gen->opts.bias_tokens = tokens;
    gen->opts.bias = bias;
    gen->opts.n_bias = (uint32_t)n;
    return 1;
}

static llm_reply *sx_generate(llm_ctx *ctx, const char *prompt, size_t len, const llm_evidence *evidence,
                              uint32_t flags, uint32_t max_tokens, uint32_t top_k, float temperature, float top_p,
                              float min_p, float min_confidence, uint64_t seed, const char *stops, size_t stops_len,
                              const sx_gen *more, const llm_cancel *cancel, llm_error *err)
{
    llm_gen_opts opts = LLM_GEN_OPTS_INIT;
    if (more) opts = more->opts;
    opts.flags = flags;
    opts.max_tokens = max_tokens;
    opts.top_k = top_k;
    opts.temperature = temperature;
    opts.top_p = top_p;
    opts.min_p = min_p;
    opts.min_confidence = min_confidence;
    opts.seed = seed;
    opts.cancel = cancel;
    char *list = sx_list(stops, stops_len); /* the library copies it */
    opts.stop = list;
    llm_reply *made = NULL;
    if (stops_len && !list)
        sx_blob_fail(err, "no memory for the stop strings");
    else
        sx_ctx_told(ctx, llm_generate(ctx, prompt, len, evidence, &opts, &made), err);
    free(list);
    return made;
}

static llm_status sx_reply_next(llm_reply *reply, llm_ctx *ctx, llm_error *err)
{
    return sx_ctx_told(ctx, llm_reply_next(reply), err);
}

static sx_text sx_reply_piece(const llm_reply *reply)
{
    return (sx_text){llm_reply_piece(reply), llm_reply_piece_len(reply)};
}

static sx_text sx_reply_text(const llm_reply *reply)
{
    return (sx_text){llm_reply_text(reply), llm_reply_text_len(reply)};
}

/* ---- guard ---- */

static llm_guard *sx_guard_create(uint32_t default_action, float min_score, uint32_t max_hold, const char *text,
                                  size_t len, const char *files, llm_guard *like, const char *cache, sx_log *log,
                                  llm_error *err)
{
    llm_logger logger = SX_LOGGER(log);
    llm_guard_opts opts = LLM_GUARD_OPTS_INIT;
    opts.default_action = default_action;
    opts.min_score = min_score;
    opts.max_hold = max_hold;
    if (len) opts.policy = text;
    opts.policy_len = len;
    if (files && *files) opts.files = files;
    opts.like = like;
    if (cache && *cache) opts.cache = cache;
    if (log) opts.logger = &logger;
    llm_guard *made = NULL;
    err->code = llm_guard_create(&made, &opts, err);
    return made;
}

static llm_verdict *sx_guard_check(llm_ctx *ctx, const char *text, size_t len, uint32_t direction, const char *types,
                                   size_t types_len, float min_score, const llm_cancel *cancel, llm_error *err)
{
    llm_check_opts opts = LLM_CHECK_OPTS_INIT;
    char *list = sx_list(types, types_len);
    opts.direction = direction;
    opts.types = list;
    opts.min_score = min_score;
    opts.cancel = cancel;
    llm_verdict *made = NULL;
    if (types_len && !list)
        sx_blob_fail(err, "no memory for the types");
    else
        sx_ctx_told(ctx, llm_guard_check(ctx, text, len, &opts, &made), err);
    free(list);
    return made;
}

static llm_guard_stream *sx_guard_open(llm_ctx *ctx, uint32_t direction, const char *types, size_t types_len,
                                       float min_score, const llm_cancel *cancel, llm_error *err)
{
    llm_check_opts opts = LLM_CHECK_OPTS_INIT;
    char *list = sx_list(types, types_len);
    opts.direction = direction;
    opts.types = list;
    opts.min_score = min_score;
    opts.cancel = cancel;
    llm_guard_stream *made = NULL;
    if (types_len && !list)
        sx_blob_fail(err, "no memory for the types");
    else
        sx_ctx_told(ctx, llm_guard_open(ctx, &opts, &made), err);
    free(list);
    return made;
}

static llm_status sx_guard_feed(llm_guard_stream *stream, llm_ctx *ctx, const char *bytes, size_t len, llm_error *err)
{
    return sx_ctx_told(ctx, llm_guard_feed(stream, bytes, len), err);
}

static llm_status sx_guard_finish(llm_guard_stream *stream, llm_ctx *ctx, llm_error *err)
{
    return sx_ctx_told(ctx, llm_guard_finish(stream), err);
}

static sx_text sx_guard_text(const llm_guard_stream *stream)
{
    return (sx_text){llm_guard_text(stream), llm_guard_text_len(stream)};
}

static sx_text sx_verdict_text(const llm_verdict *verdict)
{
    return (sx_text){llm_verdict_text(verdict), llm_verdict_text_len(verdict)};
}

/* ---- vault ---- */

static llm_vault *sx_vault_open(const char *path, const char *key, size_t key_len, uint32_t flags, sx_log *log,
                                llm_error *err)
{
    llm_logger logger = SX_LOGGER(log);
    llm_vault_opts opts = LLM_VAULT_OPTS_INIT;
    opts.flags = flags;
    if (log) opts.logger = &logger;
    llm_vault *made = NULL;
    err->code = llm_vault_open(&made, sx_or_null(path), key, key_len, &opts, err);
    return made;
}

static sx_blob sx_vault_restore(llm_vault *vault, const char *text, size_t len, uint32_t match, llm_error *err)
{
    size_t capacity = len * 2 + 64;
    for (;;) {
        char *out = malloc(capacity);
        if (!out) return sx_blob_fail(err, "no memory for the restored text");
        int64_t size = match == LLM_RESTORE_EXACT ? llm_vault_restore(vault, text, len, out, capacity, err)
                                                  : llm_vault_restore_as(vault, text, len, match, out, capacity, err);
        if (size >= 0 && (uint64_t)size <= capacity) {
            err->code = LLM_OK;
            return (sx_blob){out, (size_t)size};
        }
        free(out);
        if (size < 0) {
            err->code = (llm_status)size;
            return (sx_blob){NULL, 0};
        }
        capacity = (size_t)size;
    }
}

static int64_t sx_vault_erase(llm_vault *vault, const char *type, const char *word, size_t len, llm_error *err)
{
    int64_t n = llm_vault_erase(vault, sx_or_null(type), word, len, err);
    err->code = n < 0 ? (llm_status)n : LLM_OK;
    return n;
}

static llm_audit *sx_audit_open(const char *path, const char *key, size_t key_len, uint32_t flags, uint32_t head_every,
                                sx_log *log, llm_error *err)
{
    llm_logger logger = SX_LOGGER(log);
    llm_audit_opts opts = LLM_AUDIT_OPTS_INIT;
    opts.flags = flags;
    opts.head_every = head_every;
    if (log) opts.logger = &logger;
    llm_audit *made = NULL;
    err->code = llm_audit_open(&made, sx_or_null(path), key, key_len, &opts, err);
    return made;
}

static sx_blob sx_audit_head(llm_audit *audit, llm_error *err)
{
    enum { ROOM = 256 }; /* a number and two keys in hex */
    char *out = malloc(ROOM);
    if (!out) return sx_blob_fail(err, "no memory for the head");
    int64_t size = llm_audit_head(audit, out, ROOM, err);
    err->code = size < 0 ? (llm_status)size : LLM_OK;
    if (size >= 0 && size <= ROOM) return (sx_blob){out, (size_t)size};
    free(out);
    return (sx_blob){NULL, 0};
}

typedef struct sx_lines {
    char *data;
    size_t len, cap;
} sx_lines;

static int32_t sx_lines_add(const char *line, size_t len, void *user)
{
    sx_lines *all = user;
    if (all->len + len + 1 > all->cap) {
        size_t cap = 2 * all->cap + len + 4096;
        char *more = realloc(all->data, cap);
        if (!more) return LLM_E_MEMORY;
        all->data = more;
        all->cap = cap;
    }
    memcpy(all->data + all->len, line, len);
    all->data[all->len + len] = '\n';
    all->len += len + 1;
    return 0;
}

static sx_blob sx_audit_verify(const char *path, const char *head, llm_error *err)
{
    sx_lines all = {NULL, 0, 0};
    err->code = llm_audit_verify(path, sx_or_null(head), sx_lines_add, &all, err);
    return (sx_blob){all.data, all.len};
}
