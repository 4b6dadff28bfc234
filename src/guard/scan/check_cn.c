/* Checks of Chinese numbers: resident identity (GB 11643), unified social credit code (GB 32100). */
#include <string.h>

#include "guard/scan/rules.h"

static unsigned number(const char *d, size_t n)
{
    unsigned v = 0;
    for (size_t i = 0; i < n; i++) v = v * 10 + (unsigned)(d[i] - '0');
    return v;
}

static bool date_ok(unsigned y, unsigned m, unsigned d)
{
    static const unsigned char DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (m < 1 || m > 12 || d < 1) return false;
    bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    return d <= DAYS[m - 1] + (m == 2 && leap ? 1u : 0u);
}

/* Provinces of GB/T 2260, with Taiwan, Hong Kong, Macao, and 90 to 94 of foreigners' permanent residence. */
static bool province(unsigned p)
{
    return (p >= 11 && p <= 15) || (p >= 21 && p <= 23) || (p >= 31 && p <= 37) || (p >= 41 && p <= 46) ||
           (p >= 50 && p <= 54) || (p >= 61 && p <= 65) || p == 71 || p == 81 || p == 82 || p == 83 || p == 91;
}

float sx_check_cn_resident_id(const sx_match *m, int arg)
{
    static const unsigned char WEIGHT[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    char v[24];
    size_t n = sx_match_alnum(m, v, sizeof v);
    (void)arg;
    if (!province(number(v, 2))) return SX_CHECK_NO;
    if (n == 15) return date_ok(1900 + number(v + 6, 2), number(v + 8, 2), number(v + 10, 2)) ? SX_CHECK_MAYBE : SX_CHECK_NO;
    if (n != 18) return SX_CHECK_NO;
    unsigned year = number(v + 6, 4), sum = 0;
    if (year < 1850 || year > 2100 || !date_ok(year, number(v + 10, 2), number(v + 12, 2))) return SX_CHECK_NO;
    for (size_t i = 0; i < 17; i++) sum += (unsigned)(v[i] - '0') * WEIGHT[i];
    return v[17] == "10X98765432"[sum % 11] ? SX_CHECK_YES : SX_CHECK_NO;
}

float sx_check_cn_uscc(const sx_match *m, int arg)
{
    static const char SET[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    static const unsigned char WEIGHT[] = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
    char v[24];
    size_t n = sx_match_alnum(m, v, sizeof v);
    unsigned sum = 0;
    (void)arg;
    if (n != 18) return SX_CHECK_NO;
    for (size_t i = 0; i < 18; i++) {
        const char *at = memchr(SET, v[i], sizeof SET - 1);
        if (at == NULL) return SX_CHECK_NO;
        if (i < 17) sum += (unsigned)(at - SET) * WEIGHT[i];
    }
    return v[17] == SET[(31 - sum % 31) % 31] ? SX_CHECK_YES : SX_CHECK_NO;
}
