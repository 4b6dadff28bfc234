/* Numbers as text with a point, whatever the host's locale says about decimal commas. */
#ifndef SX_PLATFORM_NUMBER_H
#define SX_PLATFORM_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/* Reads all of s[0..len) as a decimal number; false when it is none (or longer than 63 characters). */
bool sx_number_read(const char *s, size_t len, double *value);

/* Writes the shortest decimal form that reads back as the same number, as Python's repr does ("1.0", "1e-07"); finite
 * numbers only. buf has at least 40 bytes. Returns the length. */
size_t sx_number_write(char *buf, size_t size, double value);

#endif
