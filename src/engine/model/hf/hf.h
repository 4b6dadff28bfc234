/* A folder as Hugging Face's libraries write it (config.json, model.safetensors or its shards, tokenizer.json or
 * tokenizer.model), presented as a GGUF file would be: config.c translates hyper-parameters, tensors.c names and layouts by
 * the tables of names.c, vocab.c the tokenizer. Weights stay in the mapped files; only what GGUF lays out otherwise is copied. */
#ifndef SX_ENGINE_HF_H
#define SX_ENGINE_HF_H

#include "engine/model/gguf.h"

typedef struct sx_hf sx_hf;

llm_status sx_hf_open(sx_hf **out, sx_mem *mem, const char *folder, llm_error *err);
const sx_gguf *sx_hf_gguf(const sx_hf *hf); /* lives as long as hf */
void sx_hf_close(sx_hf *hf);

typedef struct sx_hf_matrix {
    char name[128]; /* GGUF's: "blk.3.attn_q.weight" */
    bool turns;     /* its rows were reordered from halves of a head to neighbouring pairs */
} sx_hf_matrix;

/* Where the matrix of a module ("model.layers.3.self_attn.q_proj") stands in a model of this architecture (GGUF's name).
 * LLM_E_UNSUPPORTED: not known there, or laid out in a way of its own. */
llm_status sx_hf_find_matrix(const char *arch, const char *module, sx_hf_matrix *out, llm_error *err);

#endif
