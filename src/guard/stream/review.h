/* Findings that the host decides. */
#ifndef SX_GUARD_STREAM_REVIEW_H
#define SX_GUARD_STREAM_REVIEW_H

#include "guard/stream/filter.h"

/* Asks the host about the group's chosen findings whose action is REVIEW, and gives them the action that it answers. One
 * that is to be covered grows over the others it meets, so that nothing of either stays. Nothing without a reviewer. */
void sx_filter_review(sx_filter *f);

#endif
