/* What a token's label is guessed from: hashes of facts about it and its neighbours. The trainer and the library share this
 * file, so that what was learned is what is read. */
#ifndef SX_GUARD_RECOGNISE_FEATURES_H
#define SX_GUARD_RECOGNISE_FEATURES_H

#include "guard/recognise/tokens.h"

#define SX_TAG_REACH    3u /* tokens seen on each side */
#define SX_TAG_WINDOW   (2u * SX_TAG_REACH + 1u)
#define SX_TAG_FEATURES 48u
#define SX_TAG_TYPES    7u
#define SX_TAG_LABELS   (2u * SX_TAG_TYPES + 1u) /* 0: outside; 1 + 2 t: begins type t; 2 + 2 t: goes on */
#define SX_TAG_LANES    16u

/* What was decided before this token. */
typedef struct sx_tag_past {
    uint8_t label, label2; /* of the last token and the one before */
    uint8_t length;        /* tokens of the open finding */
    uint32_t before;       /* word before the open finding */
} sx_tag_past;

/* Fills out with SX_TAG_FEATURES hashes for the token in the middle of the window. */
void sx_tag_features(const sx_token *const window[SX_TAG_WINDOW], const sx_tag_past *past,
                     uint32_t out[SX_TAG_FEATURES]);
/* The past behind a token that got this label. */
void sx_tag_advance(sx_tag_past *past, uint8_t label, uint32_t word_before);

static inline bool sx_tag_allowed(uint8_t last, uint8_t label)
{
    return label == 0 || (label & 1u) != 0 || last == label || last + 1u == label;
}

#endif
