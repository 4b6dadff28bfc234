/* The tokenizers that are not merges of pairs: WordPiece and unigram. tokenizer.c calls them for each stretch of text. */
#ifndef SX_ENGINE_TEXT_PARTS_H
#define SX_ENGINE_TEXT_PARTS_H

#include "engine/text/merge.h"
#include "platform/buf.h"

/* Text in Unicode normalization form C: *s and *len become the composed text in `room`, or stay when nothing changes. Bytes
 * that are not UTF-8 leave the whole as it is. LLM_E_MEMORY. */
llm_status sx_nfc(sx_mem *mem, const char **s, size_t *len, sx_buf *room);

llm_status sx_wordpiece_encode(const sx_vocab *vocab, sx_mem *mem, const char *text, size_t len, sx_tokens *tokens);

/* What unigram needs besides the vocabulary. */
typedef struct sx_unigram {
    sx_trie trie;   /* all tokens a text may be made of */
    double *scores; /* [n], as exact as the file has them: sums of equal scores break ties */
    double unknown_score;
    sx_mem *mem;
    const unsigned char *map; /* the normalizer's double array in the file, 4 bytes per node */
    size_t map_nodes;
    const char *replacements; /* NUL-terminated texts */
    size_t replacements_len;
} sx_unigram;

llm_status sx_unigram_load(sx_unigram *u, sx_mem *mem, const sx_vocab *vocab, const sx_gguf *gguf, llm_error *err);
void sx_unigram_free(sx_unigram *u);
llm_status sx_unigram_encode(const sx_unigram *u, const sx_vocab *vocab, sx_mem *mem, const char *text, size_t len,
                             sx_tokens *tokens);

#endif
