/* What of sextant.h the raw modules leave out, and what stands in its place. A test holds this list against the header:
 * a function is either wrapped or named here. */

/* Option structs hold pointers whose owner a garbage collector would lose: the shims take their fields as arguments. */
%ignore llm_allocator;
%ignore llm_logger;
%ignore llm_model_opts;
%ignore llm_corpus_opts;
%ignore llm_ingest_opts;
%ignore llm_ctx_opts;
%ignore llm_retrieve_opts;
%ignore llm_judge_batch;
%ignore llm_span;
%ignore llm_window;
%ignore llm_recogniser;
%ignore llm_recogniser::type; /* a word of Go's */
%ignore llm_review;
%ignore llm_review::type;
%ignore llm_gen_opts;
%ignore llm_guard_opts;
%ignore llm_check_opts;
%ignore llm_vault_opts;
%ignore llm_audit_opts;
%ignore llm_error_init;
%ignore llm_model_opts_init;
%ignore llm_corpus_opts_init;
%ignore llm_ingest_opts_init;
%ignore llm_ctx_opts_init;
%ignore llm_retrieve_opts_init;
%ignore llm_gen_opts_init;
%ignore llm_guard_opts_init;
%ignore llm_check_opts_init;
%ignore llm_vault_opts_init;
%ignore llm_audit_opts_init;
%ignore llm_score_opts;
%ignore llm_embed_opts;
%ignore llm_embed_opts_init;
%ignore llm_score_opts_init;

/* Handles through an out-pointer: sx_* shims return them. */
%ignore llm_cancel_create;
%ignore llm_model_load;
%ignore llm_adapter_load;
%ignore llm_model_load_memory;
%ignore llm_model_load_fd;
%ignore llm_corpus_open;
%ignore llm_corpus_view;
%ignore llm_docs_list;
%ignore llm_tree_open;
%ignore llm_ctx_create;
%ignore llm_ctx_fork;
%ignore llm_retrieve;
%ignore llm_generate;
%ignore llm_guard_create;
%ignore llm_guard_check;
%ignore llm_guard_open;
%ignore llm_vault_open;
%ignore llm_audit_open;

/* Option arguments, or a sentence that must be taken from the context at once: sx_* shims of the same name. */
%ignore llm_ingest;
%ignore llm_ingest_file;
%ignore llm_describe;
%ignore llm_reply_next;
%ignore llm_guard_feed;
%ignore llm_guard_finish;
%ignore llm_ctx_errmsg;
%ignore llm_ctx_set_adapter;
%ignore llm_ctx_save;
%ignore llm_ctx_set_tag;
%ignore llm_ctx_restore;
%ignore llm_ctx_import;
%ignore llm_ctx_drop;
%ignore llm_ctx_used;
%ignore llm_ctx_size;

/* Buffers the caller sizes: sx_* shims return a blob. */
%ignore llm_tokenize;
%ignore llm_detokenize;
%ignore llm_chat_template;
%ignore llm_chat_parse;
%ignore llm_dequantize;
%ignore llm_logits;
%ignore llm_score;
%ignore llm_imatrix;
%ignore llm_embed;
%ignore llm_rerank;
%ignore llm_score_tokens;
%ignore llm_vault_restore;
%ignore llm_vault_restore_as;
%ignore llm_vault_erase;
%ignore llm_audit_head;
%ignore llm_audit_verify;
%ignore llm_ctx_export;

/* Pointer and length in two functions: sx_* shims return both. */
%ignore llm_reply_piece;
%ignore llm_reply_piece_len;
%ignore llm_reply_text;
%ignore llm_reply_text_len;
%ignore llm_guard_text;
%ignore llm_guard_text_len;
%ignore llm_verdict_text;
%ignore llm_verdict_text_len;
%ignore llm_tree_text;
%ignore llm_tree_text_len;

/* Callbacks and the function table are for C: the faces pull. */
%ignore llm_piece_fn;
%ignore llm_reply_each;
%ignore llm_recognise_fn;
%ignore llm_review_fn;
%ignore llm_guard_add_recogniser;
%ignore llm_guard_set_reviewer;
%ignore llm_api;
%ignore llm_get_api;
