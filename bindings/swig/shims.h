/* What SWIG reads of shims.c. Every call fills *err; a handle is NULL and a blob empty when err->code is negative.
 * Strings named path, doc and name: "" stands for NULL. Lists (stops, types) are strings each ended by NUL. */

/* Lines of the library's logger, kept for the face to fetch: no callback ever enters Python or Go. One per process. */
sx_log *sx_log_create(void);
void sx_log_put(sx_log *log, int32_t level, const char *line); /* as the library would */
int32_t sx_log_next(sx_log *log);                              /* level of the next line, 0 when there is none */
sx_text sx_log_line(sx_log *log);                              /* the line that sx_log_next took */

llm_cancel *sx_cancel_create(llm_error *err);

llm_model *sx_model_load(const char *path, uint32_t threads, uint32_t isa, const llm_cancel *cancel, sx_log *log,
                         llm_error *err);
#ifdef SWIGPYTHON
/* The bytes are borrowed: the face keeps them as long as the model. Go's memory may not be lent for so long. */
llm_model *sx_model_load_memory(const char *src, size_t src_len, uint32_t threads, uint32_t isa,
                                const llm_cancel *cancel, sx_log *log, llm_error *err);
#endif
#ifdef SWIGGO
/* A copy of the bytes, in a file without a name that goes with the model. */
llm_model *sx_model_load_copy(const char *src, size_t src_len, uint32_t threads, uint32_t isa, const llm_cancel *cancel,
                              sx_log *log, llm_error *err);
#endif
llm_model *sx_model_load_fd(int32_t fd, uint64_t offset, uint64_t length, uint32_t threads, uint32_t isa,
                            const llm_cancel *cancel, sx_log *log, llm_error *err);
sx_blob sx_tokenize(const llm_model *model, const char *text, size_t len, uint32_t flags, llm_error *err);
sx_blob sx_detokenize(const llm_model *model, const char *ids, size_t ids_len, uint32_t flags, llm_error *err);
sx_blob sx_chat_template(const llm_model *model, const char *text, size_t len, const char *vars, size_t vars_len,
                         llm_error *err); /* an empty template is the model's own */
sx_blob sx_chat_parse(const llm_model *model, const char *text, size_t len, const char *prompt, size_t prompt_len,
                      const char *answer, size_t answer_len, uint32_t flags, llm_error *err);
sx_blob sx_dequantize(const char *type, const char *src, size_t src_len, uint64_t count, llm_error *err);

llm_corpus *sx_corpus_open(const char *path, uint32_t flags, uint64_t max_doc_bytes, uint64_t max_cache_bytes,
                           uint64_t max_doc_nodes, sx_log *log, llm_error *err);
llm_corpus *sx_corpus_view(llm_corpus *corpus, const char *labels, size_t labels_len, llm_error *err);
/* Folder, labels and meta: strings that each end with NUL, an empty list is one NUL; nothing at all: as it was. */
llm_status sx_ingest(llm_corpus *corpus, const char *name, const char *text, size_t len, uint32_t format,
                     const char *folder, size_t folder_len, const char *labels, size_t labels_len, const char *meta,
                     size_t meta_len, const llm_cancel *cancel, llm_error *err);
llm_status sx_ingest_file(llm_corpus *corpus, const char *path, const char *name, uint32_t format, const char *folder,
                          size_t folder_len, const char *labels, size_t labels_len, const char *meta, size_t meta_len,
                          const llm_cancel *cancel, llm_error *err);
llm_status sx_describe(llm_corpus *corpus, const char *name, const char *node, const char *folder, size_t folder_len,
                       const char *labels, size_t labels_len, const char *meta, size_t meta_len, llm_error *err);
llm_status sx_edit(llm_corpus *corpus, const char *name, uint64_t begin, uint64_t end, const char *text, size_t len,
                   const char *hash, llm_error *err);       /* an empty hash is none */
sx_blob sx_tree_json(const llm_tree *tree, llm_error *err); /* llm_tree_pageindex */
llm_docs *sx_docs_list(llm_corpus *corpus, llm_error *err);
llm_tree *sx_tree_open(llm_corpus *corpus, const char *name, llm_error *err);
sx_text sx_tree_text(const llm_tree *tree);

llm_ctx *sx_ctx_create(llm_model *model, llm_corpus *corpus, llm_guard *guard, uint32_t flags, uint32_t n_ctx,
                       uint32_t n_batch, uint32_t kv_type, sx_log *log, llm_error *err);
llm_adapter *sx_adapter_load(llm_model *model, const char *path, llm_error *err);
llm_status sx_ctx_set_adapter(llm_ctx *ctx, llm_adapter *adapter, float scale, llm_error *err);
/* Texts and lens as in sx_score; vectors or scores as floats. */
sx_blob sx_embed(llm_ctx *ctx, llm_model *model, const char *texts, size_t texts_len, const char *lens, size_t lens_len,
                 uint32_t flags, uint32_t pooling, const llm_cancel *cancel, llm_error *err);
sx_blob sx_rerank(llm_ctx *ctx, const char *prompt, size_t len, const char *texts, size_t texts_len, const char *lens,
                  size_t lens_len, const llm_cancel *cancel, llm_error *err);
llm_status sx_imatrix(llm_ctx *ctx, const char *text, size_t len, const char *name, const char *path,
                      const llm_cancel *cancel, llm_error *err);
sx_blob sx_logits(llm_ctx *ctx, llm_model *model, const char *ids, size_t ids_len, const llm_cancel *cancel,
                  llm_error *err);

llm_status sx_ctx_set_tag(llm_ctx *ctx, const char *tag, llm_error *err); /* "": none */
llm_status sx_ctx_save(llm_ctx *ctx, const char *path, llm_error *err);
llm_status sx_ctx_load(llm_ctx *ctx, const char *path, llm_error *err); /* llm_ctx_restore */
sx_blob sx_ctx_export(llm_ctx *ctx, llm_error *err);
llm_status sx_ctx_import(llm_ctx *ctx, const char *bytes, size_t len, llm_error *err);
llm_ctx *sx_ctx_fork(llm_ctx *ctx, llm_error *err);
llm_status sx_ctx_drop(llm_ctx *ctx, uint32_t begin, uint32_t end, llm_error *err);
int64_t sx_ctx_used(llm_ctx *ctx, llm_error *err);
int64_t sx_ctx_size(llm_ctx *ctx, llm_error *err);

/* Texts one after the other; lens: per text two uint64_t, its bytes and how many of them are given. */
llm_scores *sx_score(llm_ctx *ctx, const char *prompt, size_t len, const char *texts, size_t texts_len,
                     const char *lens, size_t lens_len, uint32_t flags, uint32_t top, const llm_cancel *cancel,
                     llm_error *err);

llm_scores *sx_score_tokens(llm_ctx *ctx, const char *ids, size_t ids_len, uint64_t from, uint32_t top,
                            const llm_cancel *cancel, llm_error *err);

llm_evidence *sx_retrieve(llm_ctx *ctx, const char *question, size_t len, uint32_t top, uint32_t beam, const char *doc,
                          const char *filter, uint32_t flags, float judge_weight, uint32_t judge_ms,
                          uint64_t judge_tokens, const llm_cancel *cancel, llm_error *err);

/* A retrieval with a judge of the host's (judge.c). In the caller's thread: sx_judge_wait gives 1 when a batch waits for its
 * answer, 0 when the retrieval has ended, -1 after so many milliseconds; between a 1 and sx_judge_answer the batch can be
 * read and scored. A negative answer ends the retrieval with it. */
sx_judge *sx_judge_create(void);
void sx_judge_free(sx_judge *judge);
llm_evidence *sx_retrieve_judged(llm_ctx *ctx, const char *question, size_t len, uint32_t top, uint32_t beam,
                                 const char *doc, const char *filter, sx_judge *judge, float judge_weight,
                                 uint32_t judge_ms, uint64_t judge_tokens, const llm_cancel *cancel, llm_error *err);
void sx_judge_end(sx_judge *judge); /* for a retrieval that did not begin */
int32_t sx_judge_wait(sx_judge *judge, uint32_t ms);
const char *sx_judge_question(const sx_judge *judge);
uint32_t sx_judge_count(const sx_judge *judge);
const char *sx_judge_doc(const sx_judge *judge, uint32_t i);
const char *sx_judge_node(const sx_judge *judge, uint32_t i);
const char *sx_judge_text(const sx_judge *judge, uint32_t i);
double sx_judge_lexical(const sx_judge *judge, uint32_t i);
uint64_t sx_judge_tokens_left(const sx_judge *judge);
double sx_judge_ms_left(const sx_judge *judge);
void sx_judge_score(sx_judge *judge, uint32_t i, double score);
void sx_judge_answer(sx_judge *judge, llm_status status);

/* The further fields of llm_gen_opts by name. The setters give 1, or 0 when there is no such field or no memory. */
sx_gen *sx_gen_create(void);
int32_t sx_gen_number(sx_gen *gen, const char *name, double value);
int32_t sx_gen_text(sx_gen *gen, const char *name, const char *text, size_t len);
int32_t sx_gen_bias(sx_gen *gen, int32_t token, double value);
void sx_gen_free(sx_gen *gen);
llm_reply *sx_generate(llm_ctx *ctx, const char *prompt, size_t len, const llm_evidence *evidence, uint32_t flags,
                       uint32_t max_tokens, uint32_t top_k, float temperature, float top_p, float min_p,
                       float min_confidence, uint64_t seed, const char *stops, size_t stops_len, const sx_gen *more,
                       const llm_cancel *cancel, llm_error *err);
llm_status sx_reply_next(llm_reply *reply, llm_ctx *ctx, llm_error *err);
sx_text sx_reply_piece(const llm_reply *reply);
sx_text sx_reply_text(const llm_reply *reply);

llm_guard *sx_guard_create(uint32_t default_action, float min_score, uint32_t max_hold, const char *text, size_t len,
                           const char *files, llm_guard *like, const char *cache, sx_log *log, llm_error *err);
llm_verdict *sx_guard_check(llm_ctx *ctx, const char *text, size_t len, uint32_t direction, const char *types,
                            size_t types_len, float min_score, const llm_cancel *cancel, llm_error *err);
llm_guard_stream *sx_guard_open(llm_ctx *ctx, uint32_t direction, const char *types, size_t types_len, float min_score,
                                const llm_cancel *cancel, llm_error *err);
llm_status sx_guard_feed(llm_guard_stream *stream, llm_ctx *ctx, const char *bytes, size_t len, llm_error *err);
llm_status sx_guard_finish(llm_guard_stream *stream, llm_ctx *ctx, llm_error *err);
sx_text sx_guard_text(const llm_guard_stream *stream);
sx_text sx_verdict_text(const llm_verdict *verdict);

llm_vault *sx_vault_open(const char *path, const char *key, size_t key_len, uint32_t flags, sx_log *log,
                         llm_error *err);
sx_blob sx_vault_restore(llm_vault *vault, const char *text, size_t len, uint32_t match, llm_error *err);
int64_t sx_vault_erase(llm_vault *vault, const char *type, const char *word, size_t len,
                       llm_error *err); /* type "": all */

llm_audit *sx_audit_open(const char *path, const char *key, size_t key_len, uint32_t flags, uint32_t head_every,
                         sx_log *log, llm_error *err);
sx_blob sx_audit_head(llm_audit *audit, llm_error *err);
/* The records and the summary as lines of JSON, also of a broken log: then err tells what is broken. */
sx_blob sx_audit_verify(const char *path, const char *head, llm_error *err);
