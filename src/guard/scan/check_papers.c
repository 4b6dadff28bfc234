/* What stands on papers of any country: dates of birth, and the zone of a travel document that machines read. */
#include <string.h>

#include "guard/scan/chars.h"
#include "guard/scan/digits.h"
#include "guard/scan/rules.h"

/* A day that exists, in the order that the separators leave open. Months written as words were named by the pattern. */
float sx_check_birth_date(const sx_match *m, int arg)
{
    unsigned v[3] = {0, 0, 0}, n = 0, digits = 0;
    (void)arg;
    for (size_t i = 0; i < m->len; i++) {
        if (!sx_ascii_digit(m->text[i])) continue;
        bool first = i == 0 || !sx_ascii_digit(m->text[i - 1]);
        if (first && n == 3) return SX_CHECK_NO;
        n += first;
        digits++;
        v[n - 1] = v[n - 1] * 10 + (unsigned)(m->text[i] - '0');
    }
    if (n == 1 && digits == 8)
        return sx_date_ok(v[0] / 10000, v[0] / 100 % 100, v[0] % 100) ? SX_CHECK_MAYBE : SX_CHECK_NO;
    if (n < 3) return SX_CHECK_MAYBE;
    if (v[0] > 31) return sx_date_ok(v[0], v[1], v[2]) ? SX_CHECK_MAYBE : SX_CHECK_NO;
    unsigned year = v[2] < 100 ? 2000 : v[2]; /* of two digits: any, and leap */
    return sx_date_ok(year, v[1], v[0]) || sx_date_ok(year, v[0], v[1]) ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* ICAO Doc 9303, part 3: weights 7, 3, 1 over digits, letters from A as 10, and the filler as zero. */
static unsigned zone_sum(const char *s, size_t n, unsigned *place)
{
    static const unsigned WEIGHTS[] = {7, 3, 1};
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++, ++*place) {
        unsigned value = s[i] == '<' ? 0 : sx_ascii_digit(s[i]) ? (unsigned)(s[i] - '0') : (unsigned)(s[i] - 'A') + 10;
        sum += value * WEIGHTS[*place % 3];
    }
    return sum;
}

/* The digit after s checks s; an optional field that is empty may have the filler for it. */
static bool zone_field(const char *s, size_t n)
{
    unsigned place = 0, sum = zone_sum(s, n, &place) % 10;
    return (s[n] == '<' && sum == 0) || (unsigned)(s[n] - '0') == sum;
}

/* Parts of the last line that the last digit checks together. */
static bool zone_whole(const char *s, const unsigned char (*parts)[2], char check)
{
    unsigned place = 0, sum = 0;
    for (; (*parts)[1] != 0; parts++) sum += zone_sum(s + (*parts)[0], (*parts)[1], &place);
    return sum % 10 == (unsigned)(check - '0');
}

/* arg: letters of a line, 44 (TD3, passports; the last line may stand alone), 36 (TD2) or 30 (TD1, cards). */
float sx_check_mrz(const sx_match *m, int arg)
{
    static const unsigned char TD3[][2] = {{0, 10}, {13, 7}, {21, 22}, {0, 0}},
                               TD2[][2] = {{0, 10}, {13, 7}, {21, 14}, {0, 0}},
                               TD1[][2] = {{5, 25}, {30, 7}, {38, 7}, {48, 11}, {0, 0}};
    char v[96];
    size_t n = 0, line = (size_t)arg;
    for (size_t i = 0; i < m->len; i++) {
        if (m->text[i] == '\r' || m->text[i] == '\n' || m->text[i] == ' ') continue;
        if (n == sizeof v) return SX_CHECK_NO;
        v[n++] = m->text[i];
    }
    bool good;
    if (arg == 30) {
        good = n == 90 && zone_field(v + 5, 9) && zone_field(v + 30, 6) && zone_field(v + 38, 6) &&
               zone_whole(v, TD1, v[59]);
    } else {
        if (n != line && n != 2 * line) return SX_CHECK_NO;
        const char *last = v + n - line;
        good = zone_field(last, 9) && zone_field(last + 13, 6) && zone_field(last + 21, 6) &&
               (arg == 36 || zone_field(last + 28, 14)) && zone_whole(last, arg == 44 ? TD3 : TD2, last[line - 1]);
    }
    return good ? SX_CHECK_YES : SX_CHECK_NO;
}
