/* Characters as the lexer sees them: what kind each is, and the folded form of the common ones without tables. */
#ifndef SX_RETRIEVE_FOLD_H
#define SX_RETRIEVE_FOLD_H

#include <stdint.h>

typedef enum sx_char {
    SX_CHAR_OTHER,
    SX_CHAR_LETTER,
    SX_CHAR_MARK,
    SX_CHAR_DIGIT,
    SX_CHAR_IDEOGRAPH, /* Han and kana: every character is a term */
    SX_CHAR_SEA,       /* Thai, Lao, Khmer, Myanmar: runs without spaces */
    SX_CHAR_HANGUL
} sx_char;

sx_char sx_char_kind(uint32_t cp);
uint32_t sx_digit_value(uint32_t cp); /* 0..9, or 10 when it is no decimal digit the lexer knows */

#define SX_FOLD_SLOW UINT32_MAX
#define SX_FOLD_DROP 0u
/* The folded code point; SX_FOLD_DROP for what searching ignores (tatweel, vowel signs); SX_FOLD_SLOW when only the whole
 * algorithm can tell. */
uint32_t sx_fold_simple(uint32_t cp);
uint32_t sx_script_language(
    uint32_t cp); /* SX_LANG_* of a letter's script, SX_LANG_LATIN_COUNT.. or SX_LANG_EN for Latin */

#endif
