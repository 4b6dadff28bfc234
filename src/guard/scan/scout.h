/* The scout goes before the rules: one automaton that stands for all rules which may begin at a place and says, mostly after
 * the few bytes of a word, that none of them can match there. It is the union of the rules' own automata, made state by
 * state as texts ask for them (after K. Thompson's on-the-fly construction; R. Cox, "Regular Expression Matching in the
 * Wild", 2010, tells the same of RE2) and forgotten when it grows beyond its budget. It only ever spares work: where it
 * does not say no, the rules are tried one by one. */
#ifndef SX_GUARD_SCAN_SCOUT_H
#define SX_GUARD_SCAN_SCOUT_H

#include "guard/scan/scan.h"

typedef struct sx_scout sx_scout; /* one user at a time */

typedef enum sx_scouted {
    SX_SCOUT_NONE,  /* no rule can match at the place */
    SX_SCOUT_MAYBE, /* try the rules */
    SX_SCOUT_MORE   /* the text ends first */
} sx_scouted;

/* Where a walk stands that has to wait for more text. */
typedef struct sx_scout_walk {
    uint32_t state;
    uint32_t at; /* bytes read from the start */
} sx_scout_walk;

/* NULL without memory. The scan must outlive it. */
sx_scout *sx_scout_create(sx_mem *mem, const sx_scan *scan);
void sx_scout_free(sx_scout *scout);

/* Begins a walk for a list of rules (sx_scan_list); second: the list's second byte is here. */
sx_scout_walk sx_scout_begin(sx_scout *scout, uint32_t list, bool second);
/* Goes on with the walk that began at `start`; matches longer than max_span do not count. */
sx_scouted sx_scout_go(sx_scout *scout, const sx_window *w, size_t start, size_t max_span, sx_scout_walk *walk);

/* After MAYBE: true when the walk saw the rule die. To be asked for rising rules, *at beginning with 0. */
bool sx_scout_spares(const sx_scout *scout, const sx_scout_walk *walk, uint16_t rule, uint32_t *at);

/* A stock of scouts that are warm from earlier texts, shared by the filters of a guard. Any thread. */
typedef struct sx_scout_stock sx_scout_stock;
sx_scout_stock *sx_scout_stock_create(sx_mem *mem, const sx_scan *scan); /* NULL without memory */
void sx_scout_stock_free(sx_scout_stock *stock);
sx_scout *sx_scout_take(sx_scout_stock *stock); /* NULL without memory */
void sx_scout_give(sx_scout_stock *stock, sx_scout *scout);

#endif
