/* The word list: finds words and phrases through disguises. Candidates come from one automaton over undisguised letters
 * without gaps and repeats; each is then judged against the word: gaps all alike or none, letters that can be what they stand
 * for, no fewer repeats than the word has, and word boundaries where the script has them. */
#ifndef SX_GUARD_SCAN_WORDS_H
#define SX_GUARD_SCAN_WORDS_H

#include "guard/normalise/disguise.h"
#include "guard/scan/ac.h"

#define SX_WORD_LETTERS_MAX 128u
#define SX_WORD_RING        256u  /* runs kept, more than any word has */
#define SX_WORD_BYTE_RING   1024u /* bytes given to the automaton, more than any word has */

/* One run of like letters of a word. */
typedef struct sx_word_run {
    uint32_t raw;
    uint16_t count;
    uint8_t turns; /* changes between i and l inside the run */
    bool gap;      /* the word has a space before it */
    bool inner;    /* and one inside it */
} sx_word_run;

/* A word spelt out. Only the text of words is kept: they are spelt when the automaton sees one, which is rare. */
typedef struct sx_word {
    uint16_t runs;
    bool left_edge, right_edge; /* begins / ends with a letter of a script written with spaces */
    sx_word_run run[SX_WORD_LETTERS_MAX];
} sx_word;

typedef struct sx_words {
    sx_mem *mem;
    sx_ac ac;
    char *text; /* words one behind the other */
    size_t text_n, text_cap;
    uint32_t *at;   /* [word_n] where each begins */
    uint16_t *type; /* [word_n] the caller's numbers */
    size_t word_n, at_cap, type_cap;
} sx_words;

void sx_words_init(sx_words *words, sx_mem *mem);
void sx_words_free(sx_words *words);
llm_status sx_words_add(sx_words *words, const char *word, size_t len, uint32_t type, llm_error *err);
/* folder: where the result is looked for, and kept when it is not there (scan/kept.h); NULL: nowhere. */
llm_status sx_words_build(sx_words *words, const char *folder, llm_error *err);

/* One run of like letters of the text. */
typedef struct sx_text_run {
    uint64_t start, end;  /* all of it */
    uint64_t piece_start; /* what follows its last inner gap */
    uint32_t canon, raw;
    uint32_t last_raw;
    uint32_t gap;   /* what stood before it: 0 nothing, a code point, or GAP_MIXED */
    uint32_t inner; /* what stood inside it, between like letters */
    uint32_t count, piece_count;
    uint32_t guesses; /* letters that are digits or signs */
    uint8_t turns;
    bool edge; /* a letter or digit of a script written with spaces */
    bool sign;
} sx_text_run;

/* A stream's place in the list. */
typedef struct sx_word_state {
    const uint8_t *on; /* by type: zero for words that do not count; NULL: all do */
    uint32_t node;
    uint32_t gap, gap_len;
    bool due; /* hits at node wait for what follows */
    uint64_t run_n, byte_n;
    sx_text_run ring[SX_WORD_RING];
    uint64_t byte_start[SX_WORD_BYTE_RING];
} sx_word_state;

typedef struct sx_word_hit {
    uint64_t start, end;
    uint32_t type;
} sx_word_hit;

/* Takes the character [start, end); stores the longest hit that it completes. True when there is one. */
bool sx_words_next(const sx_words *words, sx_word_state *state, uint32_t cp, uint64_t start, uint64_t end,
                   sx_word_hit *hit);
bool sx_words_finish(const sx_words *words, sx_word_state *state, sx_word_hit *hit);
/* Where the earliest hit that may still come begins; UINT64_MAX: nowhere. */
uint64_t sx_words_pending(const sx_words *words, const sx_word_state *state);

#endif
