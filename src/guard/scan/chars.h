/* ASCII classes, without locale. */
#ifndef SX_GUARD_SCAN_CHARS_H
#define SX_GUARD_SCAN_CHARS_H

#include <stdbool.h>
#include <stdint.h>

static inline bool sx_ascii_digit(int c)
{
    return c >= '0' && c <= '9';
}

static inline bool sx_ascii_upper(int c)
{
    return c >= 'A' && c <= 'Z';
}

static inline bool sx_ascii_letter(int c)
{
    return (c >= 'a' && c <= 'z') || sx_ascii_upper(c);
}

static inline char sx_ascii_lower(char c)
{
    return sx_ascii_upper(c) ? (char)(c + 32) : c;
}

#endif
