/* Numbers as text, both ways, whatever the host's locale is. */
#ifndef SX_PLATFORM_NUMBER_H
#define SX_PLATFORM_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/buf.h"

/* As Python's int() and float() read: blanks around, a sign, single underscores between an integer's digits, "inf", "nan".
 * False when the text is no such number, or (an integer) does not fit. */
bool sx_number_int(const char *s, size_t len, int64_t *value);
bool sx_number_float(const char *s, size_t len, double *value);

/* As Python's repr() writes: the fewest digits that read back the same, in scientific form below 1e-4 and from 1e16. */
void sx_number_print(double d, sx_buf *out);

#endif
