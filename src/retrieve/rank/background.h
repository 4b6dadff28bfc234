/* How common words are in texts of several kinds, whatever a text is about: what a short document alone cannot tell. Only
 * English has such a table. */
#ifndef SX_RETRIEVE_BACKGROUND_H
#define SX_RETRIEVE_BACKGROUND_H

#include <stdbool.h>
#include <stdint.h>

bool sx_background_knows(uint32_t lang);
/* The share of paragraphs that have the term (its hash), in the kind of text that has it most; a small constant for rare
 * words. 0 < share <= 1. The language must be known. */
float sx_background_share(uint32_t lang, uint32_t hash);

/* [sx_background_en_count] sorted; the upper 28 bits of a term's hash, and how rare it is: 0 in nearly every paragraph,
 * each level takes the logarithm of the share down by 0.4. Written by
 * tests/bench/background.py. */
extern const uint32_t sx_background_en[];
extern const uint32_t sx_background_en_count;

#endif
