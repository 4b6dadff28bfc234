/* Checks of numbers of the United States. */
#include <string.h>

#include "guard/scan/chars.h"
#include "guard/scan/rules.h"

/* The Social Security Administration's rules: area not 000, 666 or 9xx, group not 00, serial not 0000; and the numbers that
 * were printed in advertisements. One kind of separator, or none. */
float sx_check_us_ssn(const sx_match *m, int arg)
{
    char d[12], sep = 0;
    size_t n = sx_match_digits(m, d, sizeof d);
    unsigned seps = 0;
    (void)arg;
    for (size_t i = 0; i < m->len; i++) {
        if (sx_ascii_digit(m->text[i])) continue;
        if (sep != 0 && m->text[i] != sep) return SX_CHECK_NO;
        sep = m->text[i];
        seps++;
    }
    if (n != 9 || memcmp(d, "000", 3) == 0 || memcmp(d, "666", 3) == 0 || d[0] == '9') return SX_CHECK_NO;
    if (memcmp(d + 3, "00", 2) == 0 || memcmp(d + 5, "0000", 4) == 0) return SX_CHECK_NO;
    if (memcmp(d, "123456789", 9) == 0 || memcmp(d, "987654320", 9) == 0 || memcmp(d, "078051120", 9) == 0)
        return SX_CHECK_NO;
    bool same = true;
    for (size_t i = 1; i < n; i++) same = same && d[i] == d[0];
    if (same) return SX_CHECK_NO;
    return seps == 2 ? 0.5f : SX_CHECK_MAYBE;
}
