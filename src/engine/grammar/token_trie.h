/* A vocabulary as a trie of bytes, laid out in the order of a walk: a node's first child stands behind it, `skip` is where
 * its subtree ends. Made once per model, read by any thread. */
#ifndef SX_ENGINE_GRAMMAR_TOKEN_TRIE_H
#define SX_ENGINE_GRAMMAR_TOKEN_TRIE_H

#include "engine/engine.h"

typedef struct sx_token_trie {
    sx_mem *mem;
    uint32_t n_tokens; /* of the vocabulary */
    uint32_t n;        /* nodes, without the root */
    uint32_t deepest;  /* bytes of the longest token */
    uint8_t *byte;     /* [n] */
    uint16_t *depth;   /* [n] bytes before this one */
    uint32_t *skip;    /* [n] */
    uint32_t *first;   /* [n + 1] node i stands for tokens first[i] .. first[i + 1] of `tokens` */
    int32_t *tokens;   /* those that have bytes, by their bytes */
    int32_t *ends;     /* [n_ends] those that end the text */
    uint32_t n_ends;
} sx_token_trie;

/* bytes of a token as sx_token_bytes gives them, and whether it ends the text */
typedef const char *(*sx_token_text)(const void *user, int32_t token, size_t *len, bool *ends);

llm_status sx_token_trie_create(sx_token_trie **out, sx_mem *mem, uint32_t n_tokens, sx_token_text text,
                                const void *user, llm_error *err);
void sx_token_trie_free(sx_token_trie *trie);

#endif
