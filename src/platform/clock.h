/* Monotonic time, in milliseconds; and the time of day. */
#ifndef SX_PLATFORM_CLOCK_H
#define SX_PLATFORM_CLOCK_H

#include <stdint.h>

double sx_clock_ms(void);
int64_t sx_clock_unix_ms(void); /* since 1970, UTC */

#endif
