/* Monotonic time, in milliseconds. */
#ifndef SX_PLATFORM_CLOCK_H
#define SX_PLATFORM_CLOCK_H

double sx_clock_ms(void);

#endif
