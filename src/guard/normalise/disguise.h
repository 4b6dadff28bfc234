/* What a character stands for once its disguise is off: case, width and other compatibility forms, marks laid over it,
 * look-alike letters of other scripts, digits and signs in place of letters, traditional forms. One character at a time, so
 * that offsets survive and streams can be cut anywhere. */
#ifndef SX_GUARD_NORMALISE_DISGUISE_H
#define SX_GUARD_NORMALISE_DISGUISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum sx_glyph_kind {
    SX_GLYPH_LETTER, /* a letter or digit */
    SX_GLYPH_SIGN,   /* a sign that may stand for a letter: @ $ ! */
    SX_GLYPH_GAP,    /* space or punctuation that may part letters */
    SX_GLYPH_BREAK,  /* ends whatever was being read: line and sentence ends, broken bytes */
    SX_GLYPH_MARK,   /* belongs to the character before it */
    SX_GLYPH_NONE    /* invisible */
} sx_glyph_kind;

typedef struct sx_glyph {
    sx_glyph_kind kind;
    uint32_t raw[4];   /* folded for case and width; [n] */
    uint32_t canon[4]; /* and undisguised: what words are compared by */
    unsigned n;
} sx_glyph;

void sx_undisguise(uint32_t cp, sx_glyph *out);

/* May a text's raw character be read as the word's? `sure` tells whether it is the letter itself. */
bool sx_stands_for(uint32_t text_raw, uint32_t word_raw, bool *sure);

uint32_t sx_simplified(uint32_t cp); /* of a traditional ideograph; others as they are */

#endif
