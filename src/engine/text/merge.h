/* Joins the symbols of one word into tokens: always the best pair first, the leftmost of equals. Best is the lowest rank in
 * the list of merges (BPE) or the highest score of the joined token (SentencePiece). Short words are done in place; long
 * ones with a heap, in n log n. */
#ifndef SX_ENGINE_TEXT_MERGE_H
#define SX_ENGINE_TEXT_MERGE_H

#include "engine/text/vocab.h"

/* Where ids go: as many as fit are written, all are counted. */
typedef struct sx_tokens {
    int32_t *out;
    size_t capacity, n;
} sx_tokens;

static inline void sx_tokens_add(sx_tokens *t, int32_t token)
{
    if (t->n < t->capacity) t->out[t->n] = token;
    t->n++;
}

enum { SX_CACHE_WORD = 23, SX_CACHE_TOKENS = 8 };

/* Words seen before in this text, with their tokens. */
typedef struct sx_cached_word {
    uint8_t len, n;
    char word[SX_CACHE_WORD];
    int32_t tokens[SX_CACHE_TOKENS];
} sx_cached_word;

/* Working memory of one encoding. */
typedef struct sx_merger {
    sx_mem *mem;
    const sx_vocab *vocab;
    const sx_pairs *merges; /* (left, right) -> (rank, joined); NULL: by score */
    sx_tokens *tokens;
    sx_cached_word *cache;  /* [slots], none for a short text */
    size_t slots;           /* power of two, or 0 */
    struct sx_symbol *symbols;
    struct sx_bigram *heap;
    size_t symbols_cap, heap_cap;
} sx_merger;

llm_status sx_merger_begin(sx_merger *m, sx_mem *mem, const sx_vocab *vocab, const sx_pairs *merges, sx_tokens *tokens,
                           size_t text_len);
void sx_merger_end(sx_merger *m);
llm_status sx_merge_word(sx_merger *m, const char *word, size_t len); /* LLM_OK or LLM_E_MEMORY; len at most INT32_MAX */

/* The tokens of bytes that no token spells: byte tokens, else the unknown token. */
void sx_emit_bytes(const sx_vocab *vocab, const char *s, size_t len, sx_tokens *tokens);

#endif
