/* The places inside of a match that nothing can beat. */
#ifndef SX_GUARD_STREAM_INSIDE_H
#define SX_GUARD_STREAM_INSIDE_H

#include "guard/stream/filter.h"

/* Behind a decided place: where to go on when all that could be found up to there loses to what was found here; 0: at the next
 * place. */
size_t sx_inside_pass(sx_filter *f, const sx_window *w);

#endif
