/* From text to terms: words at Unicode boundaries, case-folded and compatibility-composed, stemmed by the language they are
 * in; single and paired characters for scripts without spaces; numbers in one spelling. A term is a 32-bit hash: within a
 * document a false match has odds of about one in a million, and no dictionary of strings has to be kept.
 * A lexer serves one thread. Snowball's stemmers behind it are made by malloc, outside the caller's allocator. */
#ifndef SX_RETRIEVE_LEXER_H
#define SX_RETRIEVE_LEXER_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/buf.h"
#include "platform/error.h"
#include "retrieve/rank/language.h"

enum {
    SX_TOK_WORD = 1, /* a word, stemmed */
    SX_TOK_NUMBER,   /* digits with marks: 1,000 and 1000 are one term */
    SX_TOK_JOINED,   /* a hyphenated compound or dotted acronym as a whole, beside its parts */
    SX_TOK_CHAR,     /* one character of a script without spaces */
    SX_TOK_PAIR,     /* two neighbours of such a script, or three for South-East Asian ones */
    SX_TOK_LOOSE     /* a pair that a function word has part in (questions only) */
};

typedef struct sx_token {
    uint32_t term;       /* never 0 */
    uint32_t start, end; /* bytes of the text it was read from */
    uint8_t kind;        /* SX_TOK_* */
    bool weak;           /* a function or question word (only asked for in questions) */
} sx_token;

typedef struct sx_term_slot {
    uint64_t key; /* hash of the folded word; 0: free */
    uint32_t term;
    bool weak;
} sx_term_slot;

/* A word that was read and whose term is looked up when the text is through. */
typedef struct sx_waiting_word {
    uint64_t key;
    size_t token;
    bool stem;
} sx_waiting_word;

typedef struct sx_lexer {
    sx_mem *mem;
    uint32_t lang; /* of words in Latin letters: SX_LANG_* */
    bool want_weak;
    bool failed; /* there was no memory: the tokens are incomplete */
    void *stemmers[SX_STEMMERS];
    sx_term_slot *slots;
    size_t cap, used;
    sx_function_words function_words; /* for sx_language_detect_with */
    sx_buf folded;                    /* of the word in hand when it is not simple */
    sx_token *tokens;                 /* [count] of the last sx_lexer_run */
    size_t count, tokens_cap;
    sx_waiting_word *waiting; /* [n_waiting] */
    size_t n_waiting, waiting_cap;
} sx_lexer;

void sx_lexer_init(sx_lexer *lexer, sx_mem *mem, uint32_t lang, bool want_weak);
void sx_lexer_free(sx_lexer *lexer);

/* Fills lexer->tokens (starts never fall). Text may hold malformed bytes: they separate words. LLM_OK or LLM_E_MEMORY. */
llm_status sx_lexer_run(sx_lexer *lexer, const char *text, size_t len);

#endif
