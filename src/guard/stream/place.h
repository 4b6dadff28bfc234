/* One place of the text: which rules match there, and what their findings weigh. */
#ifndef SX_GUARD_STREAM_PLACE_H
#define SX_GUARD_STREAM_PLACE_H

#include "guard/stream/filter.h"

/* How far a rule is at a place. */
typedef struct sx_try {
    uint32_t place; /* the number of that place; the rest is of an earlier one when it is another */
    uint8_t ends;   /* at which it matches, from the longest on */
    uint8_t checks; /* that it asked */
    bool over;      /* it found something, or nothing that counts */
} sx_try;

/* Steps f->at over places where no rule matches, up to where something is to be decided, or f->cand_wait, or once in a while
 * for the cancel token. True when it moved. */
bool sx_place_pass(sx_filter *f, const sx_window *w);
/* Decides the place f->at; *done is false when more text must come first. */
llm_status sx_place_decide(sx_filter *f, const sx_window *w, bool *done, llm_error *err);
/* Does a word of the type's context stand before the place, within `reach` bytes? */
bool sx_place_context(sx_filter *f, const sx_window *w, uint32_t type, uint32_t reach);

#endif
