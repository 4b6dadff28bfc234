/* The scout reads for all rules at once: one automaton that stands for all wanted rules which may begin at a place. Mostly it
 * says after the few bytes of a word that none of them can match there; else it tells where which of them matched. It is the
 * union of the rules' own automata, made state by state as texts ask for them (after K. Thompson's on-the-fly construction;
 * R. Cox, "Regular Expression Matching in the Wild", 2010, tells the same of RE2) and forgotten when it grows beyond its
 * budget. What it finds is what the rules find one by one (sx_run_advance); where it cannot say, they are tried so. */
#ifndef SX_GUARD_SCAN_SCOUT_H
#define SX_GUARD_SCAN_SCOUT_H

#include "guard/scan/scan.h"

#define SX_SCOUT_FAR 96u /* bytes after which a walk gives up */
#define SX_SCOUT_NO  0u  /* state: nothing can match any more */

typedef struct sx_scout sx_scout; /* one user at a time */

typedef enum sx_scouted {
    SX_SCOUT_NONE,  /* no rule matches at the place */
    SX_SCOUT_KNOWN, /* the marks tell all matches */
    SX_SCOUT_MAYBE, /* try the rules that sx_scout_spares leaves */
    SX_SCOUT_MORE   /* the text ends first */
} sx_scouted;

/* Where rules matched. A place inside of a word, where no rule of those that match may end, has no mark. */
typedef struct sx_scout_mark {
    uint16_t state; /* names the rules */
    uint16_t at;    /* bytes read from the start */
    uint16_t end;   /* the match's end from there, with what folding left over of its last character */
} sx_scout_mark;

/* Where a walk stands; it may wait for more text. */
typedef struct sx_scout_walk {
    uint32_t state, generation;
    uint32_t list; /* what it began with */
    bool second;
    uint32_t at;     /* bytes read from the start */
    uint32_t marks;  /* rising ends */
    sx_scouted said; /* at its last stop */
    sx_scout_mark mark[SX_SCOUT_FAR + 2];
} sx_scout_walk;

/* NULL without memory. The scan must outlive it. Rules whose bit in `on` is not set are not looked for. */
sx_scout *sx_scout_create(sx_mem *mem, const sx_scan *scan, const uint64_t on[SX_RULE_WORDS]);
void sx_scout_free(sx_scout *scout);

/* Begins a walk for a list of rules (sx_scan_list); second: the list's second byte is here. False: no rule matches. */
bool sx_scout_begin(sx_scout *scout, uint32_t list, bool second, sx_scout_walk *walk);
/* Goes on with the walk that began at `start`; matches longer than max_span do not count. */
sx_scouted sx_scout_go(sx_scout *scout, const sx_window *w, size_t start, size_t max_span, sx_scout_walk *walk);
/* Goes on from *at over places where no rule matches, to `end` at most, behind which another byte must be in the window; not
 * over places where rules of `extra` (or NULL) may begin. True: *at is a place where something may match, *list and *walk tell of
 * it. False: it is to be decided otherwise, or is the end. */
bool sx_scout_pass(sx_scout *scout, const sx_window *w, size_t *at, size_t end, size_t max_span, const sx_scan *extra,
                   uint32_t *list, sx_scout_walk *walk);
/* The rules that match at a mark, rising. */
const uint16_t *sx_scout_matches(const sx_scout *scout, const sx_scout_mark *mark, uint32_t *count);
/* Sets the bits of the rules that may still match; nothing after a walk that knows nothing. */
void sx_scout_alive(const sx_scout *scout, const sx_scout_walk *walk, uint64_t rules[SX_RULE_WORDS]);
/* After MAYBE: sets the bits of the rules that may still match or have matched. False: nothing is known, all may. */
bool sx_scout_left(const sx_scout *scout, const sx_scout_walk *walk, uint64_t rules[SX_RULE_WORDS]);

/* A stock of scouts that are warm from earlier texts, shared by the filters of a guard. Any thread. */
typedef struct sx_scout_stock sx_scout_stock;
sx_scout_stock *sx_scout_stock_create(sx_mem *mem, const sx_scan *scan); /* NULL without memory */
void sx_scout_stock_free(sx_scout_stock *stock);
sx_scout *sx_scout_take(sx_scout_stock *stock, const uint64_t on[SX_RULE_WORDS]); /* NULL without memory */
void sx_scout_give(sx_scout_stock *stock, sx_scout *scout);

#endif
