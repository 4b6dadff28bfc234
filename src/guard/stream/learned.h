/* The learned parts beside the rules: the recogniser of names and places, and the scorers of whole texts. They read the text behind
 * the place being decided, so that what they see never depends on how it was cut; what they find joins the rules' candidates.
 * Off, and without cost, when none of their types is asked for. A guess changes the text only where its type was asked for by name or
 * given an action of its own; else it is only told, and then it comes when it has passed, behind findings that begin later. */
#ifndef SX_GUARD_STREAM_LEARNED_H
#define SX_GUARD_STREAM_LEARNED_H

#include "guard/judge/judge.h"
#include "guard/recognise/tag.h"
#include "guard/stream/filter.h"

struct sx_learned {
    sx_mem *mem;
    sx_tag_model tag_model;
    sx_judge_model judge_model;
    uint32_t tag_type[SX_TAG_TYPES]; /* type numbers */
    uint32_t head_type[SX_JUDGE_HEADS];
    bool tags_on;
    bool tag_edits[SX_TAG_TYPES];    /* a finding may change the text */
    bool tags_hold;                  /* some may: what may still become one is held back */
    bool head_edits[SX_JUDGE_HEADS]; /* the same of a judgement */
    bool judge_holds;                /* and its window */
    sx_tag_state tags;
    sx_judge_state *judge; /* NULL: off */
    uint64_t at;           /* read up to here */
};

/* Makes f->learned when f->wanted asks for a type of theirs, else leaves it NULL. */
llm_status sx_learned_open(sx_filter *f, llm_error *err);
void sx_learned_close(sx_learned *learned);
/* Reads up to f->at. */
llm_status sx_learned_read(sx_filter *f, llm_error *err);
/* The text has ended: what is open is closed. */
llm_status sx_learned_finish(sx_filter *f, llm_error *err);
/* Where the earliest candidate that may still come begins; UINT64_MAX: nowhere. */
uint64_t sx_learned_pending(const sx_learned *learned);
/* The name of a learned candidate's rule; static. */
const char *sx_learned_rule(uint16_t rule);

#endif
