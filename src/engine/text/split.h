/* How a byte-level BPE's text is cut into words before merging: each family of models has its own rule, in its
 * tokenizer.json a regular expression or a list of them. Here they are functions over character classes, linear in time.
 * Bytes that are not UTF-8 count as symbols, one byte each, and are kept. */
#ifndef SX_ENGINE_TEXT_SPLIT_H
#define SX_ENGINE_TEXT_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

#include "sextant.h"

typedef struct sx_split sx_split;

/* The rule by the file's tokenizer.ggml.pre; NULL when it is not known. */
const sx_split *sx_split_find(const char *pre, size_t len);

typedef struct sx_split_traits {
    bool whole_words; /* a word that is a token is taken without merging */
    bool add_bos;     /* unless the file says otherwise */
    bool add_sep;     /* a separator goes behind the text */
} sx_split_traits;

sx_split_traits sx_split_get_traits(const sx_split *split);

/* Calls word for each word in order; a status other than LLM_OK stops and is returned. */
typedef llm_status (*sx_word_fn)(void *user, const char *word, size_t len);
llm_status sx_split_run(const sx_split *split, const char *text, size_t len, sx_word_fn word, void *user);

#endif
