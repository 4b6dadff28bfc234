/* The layout of every public struct and the value of every public constant as release 0.1 shipped them, on LP64 machines. A
 * line here is never changed: structs grow at their end, so that sizes may only become larger and offsets stay for ever.
 * Compiling this file is the test. */
#include <stddef.h>

#include "sextant.h"

#if defined(__LP64__)
#define EXACT_0_1(type, size)       _Static_assert(sizeof(type) == (size), #type " changed its size since 0.1")
#define SIZE_0_1(type, size)        _Static_assert(sizeof(type) >= (size), #type " shrank since 0.1")
#define OFFSET_0_1(type, field, at) _Static_assert(offsetof(type, field) == (at), #type "." #field " moved since 0.1")
#else
#define EXACT_0_1(type, size)       _Static_assert(1, "")
#define SIZE_0_1(type, size)        _Static_assert(1, "")
#define OFFSET_0_1(type, field, at) _Static_assert(1, "")
#endif
#define VALUE_0_1(name, value) _Static_assert((name) == (value), #name " changed its value since 0.1")

EXACT_0_1(llm_status, 4);
EXACT_0_1(llm_piece_fn, 8);

SIZE_0_1(llm_error, 512);
OFFSET_0_1(llm_error, struct_size, 0);
OFFSET_0_1(llm_error, code, 4);
OFFSET_0_1(llm_error, message, 8);

SIZE_0_1(llm_allocator, 32);
OFFSET_0_1(llm_allocator, struct_size, 0);
OFFSET_0_1(llm_allocator, reserved, 4);
OFFSET_0_1(llm_allocator, user, 8);
OFFSET_0_1(llm_allocator, alloc, 16);
OFFSET_0_1(llm_allocator, release, 24);

SIZE_0_1(llm_logger, 24);
OFFSET_0_1(llm_logger, struct_size, 0);
OFFSET_0_1(llm_logger, reserved, 4);
OFFSET_0_1(llm_logger, user, 8);
OFFSET_0_1(llm_logger, log, 16);

SIZE_0_1(llm_model_opts, 40);
OFFSET_0_1(llm_model_opts, struct_size, 0);
OFFSET_0_1(llm_model_opts, flags, 4);
OFFSET_0_1(llm_model_opts, threads, 8);
OFFSET_0_1(llm_model_opts, isa, 12);
OFFSET_0_1(llm_model_opts, allocator, 16);
OFFSET_0_1(llm_model_opts, logger, 24);
OFFSET_0_1(llm_model_opts, cancel, 32);

SIZE_0_1(llm_corpus_opts, 32);
OFFSET_0_1(llm_corpus_opts, struct_size, 0);
OFFSET_0_1(llm_corpus_opts, flags, 4);
OFFSET_0_1(llm_corpus_opts, max_doc_bytes, 8);
OFFSET_0_1(llm_corpus_opts, allocator, 16);
OFFSET_0_1(llm_corpus_opts, logger, 24);

SIZE_0_1(llm_ingest_opts, 16);
OFFSET_0_1(llm_ingest_opts, struct_size, 0);
OFFSET_0_1(llm_ingest_opts, format, 4);
OFFSET_0_1(llm_ingest_opts, cancel, 8);

SIZE_0_1(llm_ctx_opts, 40);
OFFSET_0_1(llm_ctx_opts, struct_size, 0);
OFFSET_0_1(llm_ctx_opts, flags, 4);
OFFSET_0_1(llm_ctx_opts, n_ctx, 8);
OFFSET_0_1(llm_ctx_opts, n_batch, 12);
OFFSET_0_1(llm_ctx_opts, kv_type, 16);
OFFSET_0_1(llm_ctx_opts, reserved, 20);
OFFSET_0_1(llm_ctx_opts, allocator, 24);
OFFSET_0_1(llm_ctx_opts, logger, 32);

SIZE_0_1(llm_retrieve_opts, 32);
OFFSET_0_1(llm_retrieve_opts, struct_size, 0);
OFFSET_0_1(llm_retrieve_opts, flags, 4);
OFFSET_0_1(llm_retrieve_opts, top, 8);
OFFSET_0_1(llm_retrieve_opts, beam, 12);
OFFSET_0_1(llm_retrieve_opts, doc, 16);
OFFSET_0_1(llm_retrieve_opts, cancel, 24);

SIZE_0_1(llm_gen_opts, 56);
OFFSET_0_1(llm_gen_opts, struct_size, 0);
OFFSET_0_1(llm_gen_opts, flags, 4);
OFFSET_0_1(llm_gen_opts, max_tokens, 8);
OFFSET_0_1(llm_gen_opts, top_k, 12);
OFFSET_0_1(llm_gen_opts, temperature, 16);
OFFSET_0_1(llm_gen_opts, top_p, 20);
OFFSET_0_1(llm_gen_opts, min_p, 24);
OFFSET_0_1(llm_gen_opts, min_confidence, 28);
OFFSET_0_1(llm_gen_opts, seed, 32);
OFFSET_0_1(llm_gen_opts, stop, 40);
OFFSET_0_1(llm_gen_opts, cancel, 48);

SIZE_0_1(llm_guard_opts, 32);
OFFSET_0_1(llm_guard_opts, struct_size, 0);
OFFSET_0_1(llm_guard_opts, default_action, 4);
OFFSET_0_1(llm_guard_opts, min_score, 8);
OFFSET_0_1(llm_guard_opts, max_hold, 12);
OFFSET_0_1(llm_guard_opts, allocator, 16);
OFFSET_0_1(llm_guard_opts, logger, 24);

SIZE_0_1(llm_check_opts, 32);
OFFSET_0_1(llm_check_opts, struct_size, 0);
OFFSET_0_1(llm_check_opts, direction, 4);
OFFSET_0_1(llm_check_opts, types, 8);
OFFSET_0_1(llm_check_opts, min_score, 16);
OFFSET_0_1(llm_check_opts, reserved, 20);
OFFSET_0_1(llm_check_opts, cancel, 24);

SIZE_0_1(llm_vault_opts, 24);
OFFSET_0_1(llm_vault_opts, struct_size, 0);
OFFSET_0_1(llm_vault_opts, flags, 4);
OFFSET_0_1(llm_vault_opts, allocator, 8);
OFFSET_0_1(llm_vault_opts, logger, 16);

SIZE_0_1(llm_api, 1040);
OFFSET_0_1(llm_api, size, 0);
OFFSET_0_1(llm_api, level, 4);
OFFSET_0_1(llm_api, status_name, 8);
OFFSET_0_1(llm_api, error_init, 16);
OFFSET_0_1(llm_api, model_opts_init, 24);
OFFSET_0_1(llm_api, corpus_opts_init, 32);
OFFSET_0_1(llm_api, ingest_opts_init, 40);
OFFSET_0_1(llm_api, ctx_opts_init, 48);
OFFSET_0_1(llm_api, retrieve_opts_init, 56);
OFFSET_0_1(llm_api, gen_opts_init, 64);
OFFSET_0_1(llm_api, guard_opts_init, 72);
OFFSET_0_1(llm_api, check_opts_init, 80);
OFFSET_0_1(llm_api, vault_opts_init, 88);
OFFSET_0_1(llm_api, version, 96);
OFFSET_0_1(llm_api, build_info, 104);
OFFSET_0_1(llm_api, cancel_create, 112);
OFFSET_0_1(llm_api, cancel_set, 120);
OFFSET_0_1(llm_api, cancel_reset, 128);
OFFSET_0_1(llm_api, cancel_is_set, 136);
OFFSET_0_1(llm_api, cancel_free, 144);
OFFSET_0_1(llm_api, model_load, 152);
OFFSET_0_1(llm_api, model_free, 160);
OFFSET_0_1(llm_api, model_info, 168);
OFFSET_0_1(llm_api, model_n_vocab, 176);
OFFSET_0_1(llm_api, model_n_ctx, 184);
OFFSET_0_1(llm_api, model_token, 192);
OFFSET_0_1(llm_api, tokenize, 200);
OFFSET_0_1(llm_api, detokenize, 208);
OFFSET_0_1(llm_api, chat_template, 216);
OFFSET_0_1(llm_api, dequantize, 224);
OFFSET_0_1(llm_api, quantize, 232);
OFFSET_0_1(llm_api, corpus_open, 240);
OFFSET_0_1(llm_api, corpus_free, 248);
OFFSET_0_1(llm_api, ingest, 256);
OFFSET_0_1(llm_api, ingest_file, 264);
OFFSET_0_1(llm_api, remove, 272);
OFFSET_0_1(llm_api, corpus_check, 280);
OFFSET_0_1(llm_api, docs_list, 288);
OFFSET_0_1(llm_api, docs_count, 296);
OFFSET_0_1(llm_api, docs_name, 304);
OFFSET_0_1(llm_api, docs_bytes, 312);
OFFSET_0_1(llm_api, docs_nodes, 320);
OFFSET_0_1(llm_api, docs_hash, 328);
OFFSET_0_1(llm_api, docs_free, 336);
OFFSET_0_1(llm_api, tree_open, 344);
OFFSET_0_1(llm_api, tree_free, 352);
OFFSET_0_1(llm_api, tree_text, 360);
OFFSET_0_1(llm_api, tree_text_len, 368);
OFFSET_0_1(llm_api, tree_count, 376);
OFFSET_0_1(llm_api, tree_find, 384);
OFFSET_0_1(llm_api, tree_id, 392);
OFFSET_0_1(llm_api, tree_parent, 400);
OFFSET_0_1(llm_api, tree_kind, 408);
OFFSET_0_1(llm_api, tree_depth, 416);
OFFSET_0_1(llm_api, tree_title, 424);
OFFSET_0_1(llm_api, tree_start, 432);
OFFSET_0_1(llm_api, tree_end, 440);
OFFSET_0_1(llm_api, tree_hash, 448);
OFFSET_0_1(llm_api, ctx_create, 456);
OFFSET_0_1(llm_api, ctx_free, 464);
OFFSET_0_1(llm_api, ctx_errmsg, 472);
OFFSET_0_1(llm_api, logits, 480);
OFFSET_0_1(llm_api, retrieve, 488);
OFFSET_0_1(llm_api, evidence_free, 496);
OFFSET_0_1(llm_api, evidence_count, 504);
OFFSET_0_1(llm_api, evidence_confidence, 512);
OFFSET_0_1(llm_api, evidence_doc, 520);
OFFSET_0_1(llm_api, evidence_node, 528);
OFFSET_0_1(llm_api, evidence_path, 536);
OFFSET_0_1(llm_api, evidence_text, 544);
OFFSET_0_1(llm_api, evidence_start, 552);
OFFSET_0_1(llm_api, evidence_end, 560);
OFFSET_0_1(llm_api, evidence_score, 568);
OFFSET_0_1(llm_api, trace_count, 576);
OFFSET_0_1(llm_api, trace_doc, 584);
OFFSET_0_1(llm_api, trace_node, 592);
OFFSET_0_1(llm_api, trace_depth, 600);
OFFSET_0_1(llm_api, trace_action, 608);
OFFSET_0_1(llm_api, trace_score, 616);
OFFSET_0_1(llm_api, trace_reason, 624);
OFFSET_0_1(llm_api, generate, 632);
OFFSET_0_1(llm_api, reply_next, 640);
OFFSET_0_1(llm_api, reply_each, 648);
OFFSET_0_1(llm_api, reply_free, 656);
OFFSET_0_1(llm_api, reply_piece, 664);
OFFSET_0_1(llm_api, reply_piece_len, 672);
OFFSET_0_1(llm_api, reply_text, 680);
OFFSET_0_1(llm_api, reply_text_len, 688);
OFFSET_0_1(llm_api, reply_finish, 696);
OFFSET_0_1(llm_api, reply_prompt_tokens, 704);
OFFSET_0_1(llm_api, reply_output_tokens, 712);
OFFSET_0_1(llm_api, reply_prompt_ms, 720);
OFFSET_0_1(llm_api, reply_output_ms, 728);
OFFSET_0_1(llm_api, reply_token, 736);
OFFSET_0_1(llm_api, reply_citation_count, 744);
OFFSET_0_1(llm_api, reply_citation_node, 752);
OFFSET_0_1(llm_api, reply_citation_doc, 760);
OFFSET_0_1(llm_api, reply_citation_path, 768);
OFFSET_0_1(llm_api, reply_citation_text, 776);
OFFSET_0_1(llm_api, reply_citation_start, 784);
OFFSET_0_1(llm_api, reply_citation_end, 792);
OFFSET_0_1(llm_api, reply_citation_support, 800);
OFFSET_0_1(llm_api, reply_verdict, 808);
OFFSET_0_1(llm_api, guard_create, 816);
OFFSET_0_1(llm_api, guard_free, 824);
OFFSET_0_1(llm_api, guard_set_action, 832);
OFFSET_0_1(llm_api, guard_add_word, 840);
OFFSET_0_1(llm_api, guard_set_vault, 848);
OFFSET_0_1(llm_api, guard_type, 856);
OFFSET_0_1(llm_api, guard_check, 864);
OFFSET_0_1(llm_api, guard_open, 872);
OFFSET_0_1(llm_api, guard_feed, 880);
OFFSET_0_1(llm_api, guard_finish, 888);
OFFSET_0_1(llm_api, guard_text, 896);
OFFSET_0_1(llm_api, guard_text_len, 904);
OFFSET_0_1(llm_api, guard_verdict, 912);
OFFSET_0_1(llm_api, guard_close, 920);
OFFSET_0_1(llm_api, verdict_action, 928);
OFFSET_0_1(llm_api, verdict_text, 936);
OFFSET_0_1(llm_api, verdict_text_len, 944);
OFFSET_0_1(llm_api, verdict_count, 952);
OFFSET_0_1(llm_api, verdict_type, 960);
OFFSET_0_1(llm_api, verdict_start, 968);
OFFSET_0_1(llm_api, verdict_end, 976);
OFFSET_0_1(llm_api, verdict_score, 984);
OFFSET_0_1(llm_api, verdict_rule, 992);
OFFSET_0_1(llm_api, verdict_finding_action, 1000);
OFFSET_0_1(llm_api, verdict_free, 1008);
OFFSET_0_1(llm_api, vault_open, 1016);
OFFSET_0_1(llm_api, vault_free, 1024);
OFFSET_0_1(llm_api, vault_restore, 1032);

VALUE_0_1(LLM_OK, 0);
VALUE_0_1(LLM_MORE, 1);
VALUE_0_1(LLM_E_INVALID, -1);
VALUE_0_1(LLM_E_MEMORY, -2);
VALUE_0_1(LLM_E_IO, -3);
VALUE_0_1(LLM_E_FORMAT, -4);
VALUE_0_1(LLM_E_NOT_FOUND, -5);
VALUE_0_1(LLM_E_UNSUPPORTED, -6);
VALUE_0_1(LLM_E_VERSION, -7);
VALUE_0_1(LLM_E_BUSY, -8);
VALUE_0_1(LLM_E_FORK, -9);
VALUE_0_1(LLM_E_CANCELLED, -10);
VALUE_0_1(LLM_E_LIMIT, -11);
VALUE_0_1(LLM_E_UTF8, -12);
VALUE_0_1(LLM_E_CORRUPT, -13);
VALUE_0_1(LLM_E_FULL, -14);
VALUE_0_1(LLM_E_KEY, -15);
VALUE_0_1(LLM_E_READONLY, -16);
VALUE_0_1(LLM_E_USER, -30);
VALUE_0_1(LLM_E_INTERNAL, -99);
VALUE_0_1(LLM_LOG_WARN, 1);
VALUE_0_1(LLM_LOG_INFO, 2);
VALUE_0_1(LLM_LOG_DEBUG, 3);
VALUE_0_1(LLM_ISA_SCALAR, 1);
VALUE_0_1(LLM_ISA_AVX2, 2);
VALUE_0_1(LLM_ISA_AVX512, 3);
VALUE_0_1(LLM_CORPUS_READONLY, 1u);
VALUE_0_1(LLM_FORMAT_TEXT, 1);
VALUE_0_1(LLM_FORMAT_MARKDOWN, 2);
VALUE_0_1(LLM_CTX_NO_GUARD, 1u);
VALUE_0_1(LLM_KV_F16, 1);
VALUE_0_1(LLM_KV_F32, 2);
VALUE_0_1(LLM_GEN_IGNORE_EOS, 1u);
VALUE_0_1(LLM_GEN_NO_BOS, 2u);
VALUE_0_1(LLM_GEN_PARSE_SPECIAL, 4u);
VALUE_0_1(LLM_ACTION_ALLOW, 1);
VALUE_0_1(LLM_ACTION_REPLACE, 2);
VALUE_0_1(LLM_ACTION_MASK, 3);
VALUE_0_1(LLM_ACTION_REMOVE, 4);
VALUE_0_1(LLM_ACTION_HASH, 5);
VALUE_0_1(LLM_ACTION_PSEUDONYM, 6);
VALUE_0_1(LLM_ACTION_REVIEW, 7);
VALUE_0_1(LLM_ACTION_BLOCK, 8);
VALUE_0_1(LLM_DIR_INPUT, 1u);
VALUE_0_1(LLM_DIR_EVIDENCE, 2u);
VALUE_0_1(LLM_DIR_OUTPUT, 4u);
VALUE_0_1(LLM_DIR_ALL, 7u);
VALUE_0_1(LLM_VAULT_READONLY, 1u);
VALUE_0_1(LLM_VAULT_PASSPHRASE, 2u);
VALUE_0_1(LLM_TOK_SPECIAL, 1u);
VALUE_0_1(LLM_TOK_PARSE, 2u);
VALUE_0_1(LLM_NODE_DOCUMENT, 1);
VALUE_0_1(LLM_NODE_SECTION, 2);
VALUE_0_1(LLM_NODE_PARAGRAPH, 3);
VALUE_0_1(LLM_NODE_SENTENCE, 4);
VALUE_0_1(LLM_NODE_GROUP, 5);
VALUE_0_1(LLM_TRACE_KEPT, 1);
VALUE_0_1(LLM_TRACE_LEFT, 2);
VALUE_0_1(LLM_TRACE_FOUND, 3);
VALUE_0_1(LLM_FINISH_NONE, 0);
VALUE_0_1(LLM_FINISH_STOP, 1);
VALUE_0_1(LLM_FINISH_LENGTH, 2);
VALUE_0_1(LLM_FINISH_CANCEL, 3);
VALUE_0_1(LLM_FINISH_BLOCKED, 4);
VALUE_0_1(LLM_FINISH_NOT_FOUND, 5);
VALUE_0_1(LLM_VERDICT_ALLOW, 1);
VALUE_0_1(LLM_VERDICT_REDACT, 2);
VALUE_0_1(LLM_VERDICT_REVIEW, 3);
VALUE_0_1(LLM_VERDICT_BLOCK, 4);
