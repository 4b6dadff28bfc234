/* Checks of numbers of the United States. */
#include <string.h>

#include "guard/scan/chars.h"
#include "guard/scan/digits.h"
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
    if (sx_all_same(d, n)) return SX_CHECK_NO;
    return seps == 2 ? 0.5f : SX_CHECK_MAYBE;
}

/* ABA routing number: weights 3,7,1; the first two digits name a Federal Reserve district. */
float sx_check_us_aba(const sx_match *m, int arg)
{
    static const unsigned char W[] = {3, 7, 1, 3, 7, 1, 3, 7, 1};
    char d[12];
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 9 || sx_all_same(d, 9)) return SX_CHECK_NO;
    unsigned head = sx_number(d, 2);
    if (!(head <= 12 || (head >= 21 && head <= 32) || (head >= 61 && head <= 72) || head == 80)) return SX_CHECK_NO;
    return sx_weighted(d, W, 9) % 10 == 0 ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* National Provider Identifier: Luhn behind the issuer's prefix 80840. */
float sx_check_us_npi(const sx_match *m, int arg)
{
    char d[16] = {'8', '0', '8', '4', '0'};
    (void)arg;
    if (sx_match_digits(m, d + 5, 11) != 10 || sx_all_same(d + 5, 9)) return SX_CHECK_NO;
    return sx_luhn(d, 15) ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* Drug Enforcement Administration number: odd places plus twice the even ones. */
float sx_check_us_dea(const sx_match *m, int arg)
{
    static const unsigned char W[] = {1, 2, 1, 2, 1, 2};
    (void)arg;
    const char *d = m->text + 2;
    return sx_weighted(d, W, 6) % 10 == (unsigned)(d[6] - '0') ? 0.6f : SX_CHECK_NO;
}

/* Canadian Social Insurance Number: Luhn, one separator or none. */
float sx_check_ca_sin(const sx_match *m, int arg)
{
    char d[12];
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 9 || sx_all_same(d, 9) || !sx_same_separators(m->text, m->len))
        return SX_CHECK_NO;
    return sx_luhn(d, 9) ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

float sx_check_mac(const sx_match *m, int arg)
{
    char v[16];
    (void)arg;
    if (sx_match_alnum(m, v, sizeof v) != 12 || !sx_same_separators(m->text, m->len)) return SX_CHECK_NO;
    return sx_all_same(v, 12) && (v[0] == '0' || v[0] == 'F') ? SX_CHECK_NO : SX_CHECK_MAYBE;
}
