/* What is known of languages: which one a text in Latin letters is written in, which words of a language carry little
 * meaning, and which Snowball stemmer serves it. */
#ifndef SX_RETRIEVE_LANGUAGE_H
#define SX_RETRIEVE_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/error.h"
#include "platform/map.h"

/* Latin-letter languages first: these are detected. The others follow from their script. */
enum {
    SX_LANG_EN,
    SX_LANG_DE,
    SX_LANG_ES,
    SX_LANG_FR,
    SX_LANG_PT,
    SX_LANG_IT,
    SX_LANG_NL,
    SX_LANG_RO,
    SX_LANG_TR,
    SX_LANG_SV,
    SX_LANG_NO,
    SX_LANG_DA,
    SX_LANG_FI,
    SX_LANG_HU,
    SX_LANG_CA,
    SX_LANG_ID,
    SX_LANG_VI,
    SX_LANG_PL,
    SX_LANG_CS,
    SX_LANG_LATIN_COUNT,
    SX_LANG_RU = SX_LANG_LATIN_COUNT,
    SX_LANG_EL,
    SX_LANG_AR,
    SX_LANG_HI,
    SX_LANG_HE,
    SX_LANG_CJK,
    SX_LANG_TH,
    SX_LANG_KO,
    SX_LANG_COUNT
};
#define SX_STEMMERS SX_LANG_COUNT

/* Snowball's name for the language, NULL when it has no stemmer. */
const char *sx_language_stemmer(uint32_t lang);
/* Does the folded word carry little meaning in this language? */
bool sx_language_weak(uint32_t lang, const char *word, size_t len);
/* The Latin-letter language whose function words fill the text best; English when there is no telling. */
llm_status sx_language_detect(uint32_t *lang, sx_mem *mem, const char *text, size_t len);

/* The function words of the Latin-letter languages, ready to be met in texts; made when first used. */
enum { SX_WORD_MARKS = 1 << 14 };
typedef struct sx_function_words {
    sx_map map;                         /* word -> which languages have it */
    uint64_t marks[SX_WORD_MARKS / 64]; /* by hash: most other words are told by these alone */
} sx_function_words;

void sx_function_words_init(sx_function_words *words, sx_mem *mem);
void sx_function_words_free(sx_function_words *words);
/* The same, faster from the second time on. */
llm_status sx_language_detect_with(uint32_t *lang, sx_function_words *words, const char *text, size_t len);

#endif
