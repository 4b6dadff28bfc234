/* A built automaton as parts of a kept file, and back. */
#ifndef SX_GUARD_SCAN_AC_PARTS_H
#define SX_GUARD_SCAN_AC_PARTS_H

#include "guard/scan/ac.h"

enum { SX_AC_PARTS = 6 };

/* They live as long as the automaton. */
void sx_ac_parts(const sx_ac *ac, sx_kept_part parts[SX_AC_PARTS]);
/* Takes a kept file over in place of words that were added; values are to be below `limit`. False, and ac empty: the file does
 * not hold what it should, or there is no memory. */
bool sx_ac_take(sx_ac *ac, sx_kept *kept, uint32_t limit);
/* What follows from nodes and links: the root's children, reports, ranks. False without memory. */
bool sx_ac_derive(sx_ac *ac);

#endif
