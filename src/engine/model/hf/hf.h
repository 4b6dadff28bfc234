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

#endif
