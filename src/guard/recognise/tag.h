/* Names, places, firms, addresses, ages, nationalities and titles, found by a small learned tagger that reads a text once, from
 * left to right, three tokens ahead. What it finds depends on the text alone, never on how it was cut. */
#ifndef SX_GUARD_RECOGNISE_TAG_H
#define SX_GUARD_RECOGNISE_TAG_H

#include "guard/recognise/model.h"

#define SX_TAG_SPAN_TOKENS 48u /* a longer finding is cut */
#define SX_TAG_HITS        6u  /* most findings that one character can complete */

enum { SX_TAG_PERSON, SX_TAG_LOCATION, SX_TAG_ORGANIZATION, SX_TAG_ADDRESS, SX_TAG_AGE, SX_TAG_NRP, SX_TAG_TITLE };

typedef struct sx_tag_hit {
    uint64_t start, end;
    float score; /* calibrated: how often such a finding is right */
    uint8_t type;
} sx_tag_hit;

/* A stream's place. Zero it before the first character. */
typedef struct sx_tag_state {
    sx_token_reader reader;
    sx_token ring[8]; /* tokens, by number modulo 8 */
    uint64_t seen;    /* tokens read */
    uint64_t done;    /* tokens decided */
    sx_tag_past past;
    sx_tag_hit open; /* the finding being read, while past.label is not 0 */
    unsigned open_tokens;
    uint32_t open_lists; /* of its first token */
    bool open_han;
    bool in_link; /* inside a web address */
} sx_tag_state;

/* Takes the character [start, end); stores the findings that it completes, returns their number. */
unsigned sx_tag_next(const sx_tag_model *model, sx_tag_state *state, uint32_t cp, uint64_t start, uint64_t end,
                     sx_tag_hit hits[SX_TAG_HITS]);
unsigned sx_tag_finish(const sx_tag_model *model, sx_tag_state *state, sx_tag_hit hits[SX_TAG_HITS]);
/* Where the earliest finding that may still come begins; UINT64_MAX: nowhere. */
uint64_t sx_tag_pending(const sx_tag_state *state);
/* Adds a token to the ring as the library does: ideographs learn of the words that they begin and end. */
void sx_tag_link_han(const sx_tag_model *model, sx_token *two_back, sx_token *last, sx_token *now);

#endif
