/* The layout of every public struct as release 0.1 shipped it, on LP64 machines. A line here is never changed: a struct grows
 * at its end, so that sizes may only become larger (AT_LEAST) and offsets stay for ever. Compiling this file is the test. */
#include <limits.h>
#include <stddef.h>

#include "sextant.h"

#if defined(__LP64__)
#define SIZE_0_1(type, size)           _Static_assert(sizeof(type) >= (size), #type " shrank since 0.1")
#define OFFSET_0_1(type, field, place) _Static_assert(offsetof(type, field) == (place), #type "." #field " moved since 0.1")
/* structs that the caller allocates without a size in front, or that are handed out whole, may not grow at all */
#define EXACT_0_1(type, size) _Static_assert(sizeof(type) == (size), #type " changed its size since 0.1")
#else
#define SIZE_0_1(type, size)           _Static_assert(1, "")
#define OFFSET_0_1(type, field, place) _Static_assert(1, "")
#define EXACT_0_1(type, size)          _Static_assert(1, "")
#endif

/* scalars */
EXACT_0_1(llm_status, 4);
EXACT_0_1(llm_piece_fn, 8);

/* llm_error */
SIZE_0_1(llm_error, 512);
OFFSET_0_1(llm_error, struct_size, 0);
OFFSET_0_1(llm_error, code, 4);
OFFSET_0_1(llm_error, message, 8);

/* llm_allocator */
SIZE_0_1(llm_allocator, 32);
OFFSET_0_1(llm_allocator, struct_size, 0);
OFFSET_0_1(llm_allocator, reserved, 4);
OFFSET_0_1(llm_allocator, user, 8);
OFFSET_0_1(llm_allocator, alloc, 16);
OFFSET_0_1(llm_allocator, release, 24);

/* llm_logger */
SIZE_0_1(llm_logger, 24);
OFFSET_0_1(llm_logger, struct_size, 0);
OFFSET_0_1(llm_logger, reserved, 4);
OFFSET_0_1(llm_logger, user, 8);
OFFSET_0_1(llm_logger, log, 16);

/* llm_model_opts */
SIZE_0_1(llm_model_opts, 40);
OFFSET_0_1(llm_model_opts, struct_size, 0);
OFFSET_0_1(llm_model_opts, flags, 4);
OFFSET_0_1(llm_model_opts, threads, 8);
OFFSET_0_1(llm_model_opts, isa, 12);
OFFSET_0_1(llm_model_opts, allocator, 16);
OFFSET_0_1(llm_model_opts, logger, 24);
OFFSET_0_1(llm_model_opts, cancel, 32);

/* llm_corpus_opts */
SIZE_0_1(llm_corpus_opts, 32);
OFFSET_0_1(llm_corpus_opts, struct_size, 0);
OFFSET_0_1(llm_corpus_opts, flags, 4);
OFFSET_0_1(llm_corpus_opts, max_doc_bytes, 8);
OFFSET_0_1(llm_corpus_opts, allocator, 16);
OFFSET_0_1(llm_corpus_opts, logger, 24);

/* llm_ingest_opts */
SIZE_0_1(llm_ingest_opts, 16);
OFFSET_0_1(llm_ingest_opts, struct_size, 0);
OFFSET_0_1(llm_ingest_opts, format, 4);
OFFSET_0_1(llm_ingest_opts, cancel, 8);

/* llm_ctx_opts */
SIZE_0_1(llm_ctx_opts, 40);
OFFSET_0_1(llm_ctx_opts, struct_size, 0);
OFFSET_0_1(llm_ctx_opts, flags, 4);
OFFSET_0_1(llm_ctx_opts, n_ctx, 8);
OFFSET_0_1(llm_ctx_opts, n_batch, 12);
OFFSET_0_1(llm_ctx_opts, kv_type, 16);
OFFSET_0_1(llm_ctx_opts, reserved, 20);
OFFSET_0_1(llm_ctx_opts, allocator, 24);
OFFSET_0_1(llm_ctx_opts, logger, 32);

/* llm_retrieve_opts */
SIZE_0_1(llm_retrieve_opts, 32);
OFFSET_0_1(llm_retrieve_opts, struct_size, 0);
OFFSET_0_1(llm_retrieve_opts, flags, 4);
OFFSET_0_1(llm_retrieve_opts, top, 8);
OFFSET_0_1(llm_retrieve_opts, beam, 12);
OFFSET_0_1(llm_retrieve_opts, doc, 16);
OFFSET_0_1(llm_retrieve_opts, cancel, 24);

/* llm_gen_opts */
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

/* llm_guard_opts */
SIZE_0_1(llm_guard_opts, 32);
OFFSET_0_1(llm_guard_opts, struct_size, 0);
OFFSET_0_1(llm_guard_opts, default_action, 4);
OFFSET_0_1(llm_guard_opts, min_score, 8);
OFFSET_0_1(llm_guard_opts, max_hold, 12);
OFFSET_0_1(llm_guard_opts, allocator, 16);
OFFSET_0_1(llm_guard_opts, logger, 24);

/* llm_check_opts */
SIZE_0_1(llm_check_opts, 32);
OFFSET_0_1(llm_check_opts, struct_size, 0);
OFFSET_0_1(llm_check_opts, direction, 4);
OFFSET_0_1(llm_check_opts, types, 8);
OFFSET_0_1(llm_check_opts, min_score, 16);
OFFSET_0_1(llm_check_opts, reserved, 20);
OFFSET_0_1(llm_check_opts, cancel, 24);

/* llm_vault_opts */
SIZE_0_1(llm_vault_opts, 24);
OFFSET_0_1(llm_vault_opts, struct_size, 0);
OFFSET_0_1(llm_vault_opts, flags, 4);
OFFSET_0_1(llm_vault_opts, allocator, 8);
OFFSET_0_1(llm_vault_opts, logger, 16);

/* llm_api */
SIZE_0_1(llm_api, 1024);
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
OFFSET_0_1(llm_api, dequantize, 216);
OFFSET_0_1(llm_api, corpus_open, 224);
OFFSET_0_1(llm_api, corpus_free, 232);
OFFSET_0_1(llm_api, ingest, 240);
OFFSET_0_1(llm_api, ingest_file, 248);
OFFSET_0_1(llm_api, remove, 256);
OFFSET_0_1(llm_api, corpus_check, 264);
OFFSET_0_1(llm_api, docs_list, 272);
OFFSET_0_1(llm_api, docs_count, 280);
OFFSET_0_1(llm_api, docs_name, 288);
OFFSET_0_1(llm_api, docs_bytes, 296);
OFFSET_0_1(llm_api, docs_nodes, 304);
OFFSET_0_1(llm_api, docs_hash, 312);
OFFSET_0_1(llm_api, docs_free, 320);
OFFSET_0_1(llm_api, tree_open, 328);
OFFSET_0_1(llm_api, tree_free, 336);
OFFSET_0_1(llm_api, tree_text, 344);
OFFSET_0_1(llm_api, tree_text_len, 352);
OFFSET_0_1(llm_api, tree_count, 360);
OFFSET_0_1(llm_api, tree_find, 368);
OFFSET_0_1(llm_api, tree_id, 376);
OFFSET_0_1(llm_api, tree_parent, 384);
OFFSET_0_1(llm_api, tree_kind, 392);
OFFSET_0_1(llm_api, tree_depth, 400);
OFFSET_0_1(llm_api, tree_title, 408);
OFFSET_0_1(llm_api, tree_start, 416);
OFFSET_0_1(llm_api, tree_end, 424);
OFFSET_0_1(llm_api, tree_hash, 432);
OFFSET_0_1(llm_api, ctx_create, 440);
OFFSET_0_1(llm_api, ctx_free, 448);
OFFSET_0_1(llm_api, ctx_errmsg, 456);
OFFSET_0_1(llm_api, logits, 464);
OFFSET_0_1(llm_api, retrieve, 472);
OFFSET_0_1(llm_api, evidence_free, 480);
OFFSET_0_1(llm_api, evidence_count, 488);
OFFSET_0_1(llm_api, evidence_confidence, 496);
OFFSET_0_1(llm_api, evidence_doc, 504);
OFFSET_0_1(llm_api, evidence_node, 512);
OFFSET_0_1(llm_api, evidence_path, 520);
OFFSET_0_1(llm_api, evidence_text, 528);
OFFSET_0_1(llm_api, evidence_start, 536);
OFFSET_0_1(llm_api, evidence_end, 544);
OFFSET_0_1(llm_api, evidence_score, 552);
OFFSET_0_1(llm_api, trace_count, 560);
OFFSET_0_1(llm_api, trace_doc, 568);
OFFSET_0_1(llm_api, trace_node, 576);
OFFSET_0_1(llm_api, trace_depth, 584);
OFFSET_0_1(llm_api, trace_action, 592);
OFFSET_0_1(llm_api, trace_score, 600);
OFFSET_0_1(llm_api, trace_reason, 608);
OFFSET_0_1(llm_api, generate, 616);
OFFSET_0_1(llm_api, reply_next, 624);
OFFSET_0_1(llm_api, reply_each, 632);
OFFSET_0_1(llm_api, reply_free, 640);
OFFSET_0_1(llm_api, reply_piece, 648);
OFFSET_0_1(llm_api, reply_piece_len, 656);
OFFSET_0_1(llm_api, reply_text, 664);
OFFSET_0_1(llm_api, reply_text_len, 672);
OFFSET_0_1(llm_api, reply_finish, 680);
OFFSET_0_1(llm_api, reply_prompt_tokens, 688);
OFFSET_0_1(llm_api, reply_output_tokens, 696);
OFFSET_0_1(llm_api, reply_prompt_ms, 704);
OFFSET_0_1(llm_api, reply_output_ms, 712);
OFFSET_0_1(llm_api, reply_token, 720);
OFFSET_0_1(llm_api, reply_citation_count, 728);
OFFSET_0_1(llm_api, reply_citation_node, 736);
OFFSET_0_1(llm_api, reply_citation_doc, 744);
OFFSET_0_1(llm_api, reply_citation_path, 752);
OFFSET_0_1(llm_api, reply_citation_text, 760);
OFFSET_0_1(llm_api, reply_citation_start, 768);
OFFSET_0_1(llm_api, reply_citation_end, 776);
OFFSET_0_1(llm_api, reply_citation_support, 784);
OFFSET_0_1(llm_api, reply_verdict, 792);
OFFSET_0_1(llm_api, guard_create, 800);
OFFSET_0_1(llm_api, guard_free, 808);
OFFSET_0_1(llm_api, guard_set_action, 816);
OFFSET_0_1(llm_api, guard_add_word, 824);
OFFSET_0_1(llm_api, guard_set_vault, 832);
OFFSET_0_1(llm_api, guard_type, 840);
OFFSET_0_1(llm_api, guard_check, 848);
OFFSET_0_1(llm_api, guard_open, 856);
OFFSET_0_1(llm_api, guard_feed, 864);
OFFSET_0_1(llm_api, guard_finish, 872);
OFFSET_0_1(llm_api, guard_text, 880);
OFFSET_0_1(llm_api, guard_text_len, 888);
OFFSET_0_1(llm_api, guard_verdict, 896);
OFFSET_0_1(llm_api, guard_close, 904);
OFFSET_0_1(llm_api, verdict_action, 912);
OFFSET_0_1(llm_api, verdict_text, 920);
OFFSET_0_1(llm_api, verdict_text_len, 928);
OFFSET_0_1(llm_api, verdict_count, 936);
OFFSET_0_1(llm_api, verdict_type, 944);
OFFSET_0_1(llm_api, verdict_start, 952);
OFFSET_0_1(llm_api, verdict_end, 960);
OFFSET_0_1(llm_api, verdict_score, 968);
OFFSET_0_1(llm_api, verdict_rule, 976);
OFFSET_0_1(llm_api, verdict_finding_action, 984);
OFFSET_0_1(llm_api, verdict_free, 992);
OFFSET_0_1(llm_api, vault_open, 1000);
OFFSET_0_1(llm_api, vault_free, 1008);
OFFSET_0_1(llm_api, vault_restore, 1016);

/* values */
_Static_assert(LLM_OK == 0, "LLM_OK");
_Static_assert(LLM_MORE == 1, "LLM_MORE");
_Static_assert(LLM_E_INVALID == -1, "LLM_E_INVALID");
_Static_assert(LLM_E_MEMORY == -2, "LLM_E_MEMORY");
_Static_assert(LLM_E_IO == -3, "LLM_E_IO");
_Static_assert(LLM_E_FORMAT == -4, "LLM_E_FORMAT");
_Static_assert(LLM_E_NOT_FOUND == -5, "LLM_E_NOT_FOUND");
_Static_assert(LLM_E_UNSUPPORTED == -6, "LLM_E_UNSUPPORTED");
_Static_assert(LLM_E_VERSION == -7, "LLM_E_VERSION");
_Static_assert(LLM_E_BUSY == -8, "LLM_E_BUSY");
_Static_assert(LLM_E_FORK == -9, "LLM_E_FORK");
_Static_assert(LLM_E_CANCELLED == -10, "LLM_E_CANCELLED");
_Static_assert(LLM_E_LIMIT == -11, "LLM_E_LIMIT");
_Static_assert(LLM_E_UTF8 == -12, "LLM_E_UTF8");
_Static_assert(LLM_E_CORRUPT == -13, "LLM_E_CORRUPT");
_Static_assert(LLM_E_FULL == -14, "LLM_E_FULL");
_Static_assert(LLM_E_KEY == -15, "LLM_E_KEY");
_Static_assert(LLM_E_READONLY == -16, "LLM_E_READONLY");
_Static_assert(LLM_E_USER == -30, "LLM_E_USER");
_Static_assert(LLM_E_INTERNAL == -99, "LLM_E_INTERNAL");
_Static_assert(LLM_LOG_WARN == 1, "LLM_LOG_WARN");
_Static_assert(LLM_LOG_INFO == 2, "LLM_LOG_INFO");
_Static_assert(LLM_LOG_DEBUG == 3, "LLM_LOG_DEBUG");
_Static_assert(LLM_ISA_SCALAR == 1, "LLM_ISA_SCALAR");
_Static_assert(LLM_ISA_AVX2 == 2, "LLM_ISA_AVX2");
_Static_assert(LLM_ISA_AVX512 == 3, "LLM_ISA_AVX512");
_Static_assert(LLM_CORPUS_READONLY == 1u, "LLM_CORPUS_READONLY");
_Static_assert(LLM_FORMAT_TEXT == 1, "LLM_FORMAT_TEXT");
_Static_assert(LLM_FORMAT_MARKDOWN == 2, "LLM_FORMAT_MARKDOWN");
_Static_assert(LLM_CTX_NO_GUARD == 1u, "LLM_CTX_NO_GUARD");
_Static_assert(LLM_KV_F16 == 1, "LLM_KV_F16");
_Static_assert(LLM_KV_F32 == 2, "LLM_KV_F32");
_Static_assert(LLM_GEN_IGNORE_EOS == 1u, "LLM_GEN_IGNORE_EOS");
_Static_assert(LLM_GEN_NO_BOS == 2u, "LLM_GEN_NO_BOS");
_Static_assert(LLM_GEN_PARSE_SPECIAL == 4u, "LLM_GEN_PARSE_SPECIAL");
_Static_assert(LLM_ACTION_ALLOW == 1, "LLM_ACTION_ALLOW");
_Static_assert(LLM_ACTION_REPLACE == 2, "LLM_ACTION_REPLACE");
_Static_assert(LLM_ACTION_MASK == 3, "LLM_ACTION_MASK");
_Static_assert(LLM_ACTION_REMOVE == 4, "LLM_ACTION_REMOVE");
_Static_assert(LLM_ACTION_HASH == 5, "LLM_ACTION_HASH");
_Static_assert(LLM_ACTION_PSEUDONYM == 6, "LLM_ACTION_PSEUDONYM");
_Static_assert(LLM_ACTION_REVIEW == 7, "LLM_ACTION_REVIEW");
_Static_assert(LLM_ACTION_BLOCK == 8, "LLM_ACTION_BLOCK");
_Static_assert(LLM_DIR_INPUT == 1u, "LLM_DIR_INPUT");
_Static_assert(LLM_DIR_EVIDENCE == 2u, "LLM_DIR_EVIDENCE");
_Static_assert(LLM_DIR_OUTPUT == 4u, "LLM_DIR_OUTPUT");
_Static_assert(LLM_DIR_ALL == 7u, "LLM_DIR_ALL");
_Static_assert(LLM_VAULT_READONLY == 1u, "LLM_VAULT_READONLY");
_Static_assert(LLM_VAULT_PASSPHRASE == 2u, "LLM_VAULT_PASSPHRASE");
_Static_assert(LLM_TOK_SPECIAL == 1u, "LLM_TOK_SPECIAL");
_Static_assert(LLM_TOK_PARSE == 2u, "LLM_TOK_PARSE");
_Static_assert(LLM_NODE_DOCUMENT == 1, "LLM_NODE_DOCUMENT");
_Static_assert(LLM_NODE_SECTION == 2, "LLM_NODE_SECTION");
_Static_assert(LLM_NODE_PARAGRAPH == 3, "LLM_NODE_PARAGRAPH");
_Static_assert(LLM_NODE_SENTENCE == 4, "LLM_NODE_SENTENCE");
_Static_assert(LLM_NODE_GROUP == 5, "LLM_NODE_GROUP");
_Static_assert(LLM_TRACE_KEPT == 1, "LLM_TRACE_KEPT");
_Static_assert(LLM_TRACE_LEFT == 2, "LLM_TRACE_LEFT");
_Static_assert(LLM_TRACE_FOUND == 3, "LLM_TRACE_FOUND");
_Static_assert(LLM_FINISH_NONE == 0, "LLM_FINISH_NONE");
_Static_assert(LLM_FINISH_STOP == 1, "LLM_FINISH_STOP");
_Static_assert(LLM_FINISH_LENGTH == 2, "LLM_FINISH_LENGTH");
_Static_assert(LLM_FINISH_CANCEL == 3, "LLM_FINISH_CANCEL");
_Static_assert(LLM_FINISH_BLOCKED == 4, "LLM_FINISH_BLOCKED");
_Static_assert(LLM_FINISH_NOT_FOUND == 5, "LLM_FINISH_NOT_FOUND");
_Static_assert(LLM_VERDICT_ALLOW == 1, "LLM_VERDICT_ALLOW");
_Static_assert(LLM_VERDICT_REDACT == 2, "LLM_VERDICT_REDACT");
_Static_assert(LLM_VERDICT_REVIEW == 3, "LLM_VERDICT_REVIEW");
_Static_assert(LLM_VERDICT_BLOCK == 4, "LLM_VERDICT_BLOCK");

int main(void)
{
    return 0;
}
