/* Tokenizers, built from a model file's metadata: SentencePiece-style BPE ("llama"), byte-level BPE ("gpt2") with each
 * family's split, WordPiece ("bert"). Immutable after creation, any thread. Time is linear in the text's length. */
#ifndef SX_ENGINE_TOKENIZER_H
#define SX_ENGINE_TOKENIZER_H

#include "engine/model/gguf.h"

typedef struct sx_tokenizer sx_tokenizer;

/* The gguf must outlive the tokenizer. LLM_E_UNSUPPORTED names a tokenizer model or pre-tokenizer that is not known. */
llm_status sx_tokenizer_create(sx_tokenizer **out, sx_mem *mem, const sx_gguf *gguf, llm_error *err);
void sx_tokenizer_free(sx_tokenizer *tok);

uint32_t sx_tokenizer_size(const sx_tokenizer *tok);
int32_t sx_tokenizer_special(const sx_tokenizer *tok, const char *name); /* "bos" "eos" "unk" "pad" "eot"; -1: none */
bool sx_tokenizer_ends(const sx_tokenizer *tok, int32_t token);
bool sx_tokenizer_strips_space(const sx_tokenizer *tok);
const char *sx_tokenizer_text(const sx_tokenizer *tok, int32_t token, size_t *len);  /* as the file writes it */
const char *sx_tokenizer_bytes(const sx_tokenizer *tok, int32_t token, size_t *len); /* as sx_token_bytes */

int64_t sx_tokenizer_encode(const sx_tokenizer *tok, sx_mem *mem, const char *text, size_t len, uint32_t flags,
                            int32_t *tokens, size_t capacity, llm_error *err);
int64_t sx_tokenizer_decode(const sx_tokenizer *tok, sx_mem *mem, const int32_t *tokens, size_t n, uint32_t flags,
                            char *text, size_t capacity, llm_error *err);

#endif
