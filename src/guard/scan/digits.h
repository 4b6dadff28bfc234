/* Arithmetic that checks share. Digits are ASCII characters. */
#ifndef SX_GUARD_SCAN_DIGITS_H
#define SX_GUARD_SCAN_DIGITS_H

#include <stdbool.h>
#include <stddef.h>

static inline unsigned sx_number(const char *d, size_t n)
{
    unsigned v = 0;
    for (size_t i = 0; i < n; i++) v = v * 10 + (unsigned)(d[i] - '0');
    return v;
}

static inline unsigned sx_weighted(const char *d, const unsigned char *weights, size_t n)
{
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++) sum += (unsigned)(d[i] - '0') * weights[i];
    return sum;
}

static inline bool sx_all_same(const char *s, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (s[i] != s[0]) return false;
    }
    return true;
}

bool sx_date_ok(unsigned year, unsigned month, unsigned day); /* Gregorian */
bool sx_iso7064_mod11_10(const char *digits, size_t n);       /* the last digit checks the others */
bool sx_verhoeff(const char *digits, size_t n);
bool sx_same_separators(const char *text, size_t n); /* every character that is no letter or digit is the same */

#endif
