/* Words of context before a place, found without reading all of the text through an automaton: few places begin a word, and two small
 * filters over its first bytes leave few of those. What they leave is looked up in the tree of all words. */
#ifndef SX_GUARD_SCAN_CONTEXT_H
#define SX_GUARD_SCAN_CONTEXT_H

#include "guard/scan/ac.h"

typedef struct sx_context {
    sx_ac words;          /* in lower case; a word's value is its type */
    uint64_t *four;       /* [1024] bits: first four bytes of words, and words of three letters */
    uint64_t *pair;       /* [1024] words of two letters */
    uint64_t *two;        /* [1024] first two bytes of other short words */
    uint8_t begins[256];  /* by byte: how it may begin a word, */
    uint8_t follows[256]; /* and what may begin behind it */
} sx_context;

void sx_context_init(sx_context *context, sx_mem *mem);
void sx_context_free(sx_context *context);
/* A word (1 to SX_AC_BYTES_MAX bytes), lower case; before it is built. */
llm_status sx_context_add(sx_context *context, uint32_t type, const char *word, size_t len, llm_error *err);
llm_status sx_context_build(sx_context *context, llm_error *err);

#endif
