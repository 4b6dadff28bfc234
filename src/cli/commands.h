/* The subcommands, one per cmd_*.c. */
#ifndef SX_CLI_COMMANDS_H
#define SX_CLI_COMMANDS_H

#include "cli.h"

extern const sx_command sx_cmd_ask;
extern const sx_command sx_cmd_ingest;
extern const sx_command sx_cmd_describe;
extern const sx_command sx_cmd_remove;
extern const sx_command sx_cmd_list;
extern const sx_command sx_cmd_text;
extern const sx_command sx_cmd_tree;
extern const sx_command sx_cmd_retrieve;
extern const sx_command sx_cmd_check;
extern const sx_command sx_cmd_guard;
extern const sx_command sx_cmd_restore;
extern const sx_command sx_cmd_forget;
extern const sx_command sx_cmd_audit;
extern const sx_command sx_cmd_policy;
extern const sx_command sx_cmd_generate;
extern const sx_command sx_cmd_tokenize;
extern const sx_command sx_cmd_detokenize;
extern const sx_command sx_cmd_template;
extern const sx_command sx_cmd_logits;
extern const sx_command sx_cmd_dequantize;
extern const sx_command sx_cmd_quantize;
extern const sx_command sx_cmd_score;
extern const sx_command sx_cmd_imatrix;
extern const sx_command sx_cmd_perplexity;
extern const sx_command sx_cmd_embed;
extern const sx_command sx_cmd_rerank;
extern const sx_command sx_cmd_bench;
extern const sx_command sx_cmd_version;

#endif
