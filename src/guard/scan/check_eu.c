/* Checks of numbers of European states. Each names the rule it follows. */
#include <string.h>

#include "guard/scan/chars.h"
#include "guard/scan/digits.h"
#include "guard/scan/rules.h"

/* Luhn's digit sums under given factors, as the German insurers use them. */
static unsigned crossed(const char *d, const unsigned char *weights, size_t n)
{
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned p = (unsigned)(d[i] - '0') * weights[i];
        sum += p / 10 + p % 10;
    }
    return sum;
}

/* Replaces a letter by its two-digit place in the alphabet; out holds n + 2. */
static size_t spell_letter(const char *v, size_t n, size_t letter, char *out)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        if (i != letter) {
            out[k++] = v[i];
            continue;
        }
        unsigned place = (unsigned)(v[i] - 'A') + 1;
        out[k++] = (char)('0' + place / 10);
        out[k++] = (char)('0' + place % 10);
    }
    return k;
}

/* 10th digit over letter and 8 digits, factors 1,2 (Anlage 1 of the Krankenversichertennummer guideline). */
float sx_check_de_kvnr(const sx_match *m, int arg)
{
    static const unsigned char W[] = {1, 2, 1, 2, 1, 2, 1, 2, 1, 2};
    char v[12], d[12];
    (void)arg;
    if (sx_match_alnum(m, v, sizeof v) != 10) return SX_CHECK_NO;
    spell_letter(v, 9, 0, d);
    return crossed(d, W, 10) % 10 == (unsigned)(v[9] - '0') ? 0.6f : SX_CHECK_NO;
}

/* VKVV section 2: area, birth date, initial, serial, check digit. */
float sx_check_de_rvnr(const sx_match *m, int arg)
{
    static const unsigned char W[] = {2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1};
    char v[14], d[14];
    (void)arg;
    if (sx_match_alnum(m, v, sizeof v) != 12) return SX_CHECK_NO;
    unsigned day = sx_number(v + 2, 2), month = sx_number(v + 4, 2);
    if (!((day >= 1 && day <= 31) || (day >= 51 && day <= 81)) || month < 1 || month > 12) return SX_CHECK_NO;
    spell_letter(v, 11, 8, d);
    return crossed(d, W, 12) % 10 == (unsigned)(v[11] - '0') ? 0.9f : SX_CHECK_NO;
}

/* ICAO 9303 weights 7,3,1 over eight characters. arg 1: the old identity card, T and eight digits, passes without check. */
float sx_check_de_document(const sx_match *m, int arg)
{
    char v[12];
    unsigned sum = 0, digits = 0;
    if (sx_match_alnum(m, v, sizeof v) != 9) return SX_CHECK_NO;
    for (size_t i = 0; i < 8; i++) {
        unsigned value = sx_ascii_digit(v[i]) ? (unsigned)(v[i] - '0') : (unsigned)(v[i] - 'A') + 10;
        digits += sx_ascii_digit(v[i]);
        sum += value * (i % 3 == 0 ? 7u : i % 3 == 1 ? 3u : 1u);
    }
    if (arg == 1 && v[0] == 'T' && digits == 7 && sx_ascii_digit(v[8])) return SX_CHECK_MAYBE;
    return sum % 10 == (unsigned)(v[8] - '0') ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* Physicians' number: digit 7 over the first six, factors 4,9. */
float sx_check_de_lanr(const sx_match *m, int arg)
{
    static const unsigned char W[] = {4, 9, 4, 9, 4, 9};
    char d[10];
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 9) return SX_CHECK_NO;
    return (10 - sx_weighted(d, W, 6) % 10) % 10 == (unsigned)(d[6] - '0') ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

float sx_check_not_zero(const sx_match *m, int arg)
{
    char d[24];
    size_t n = sx_match_digits(m, d, sizeof d);
    (void)arg;
    return n > 0 && d[0] == '0' && sx_all_same(d, n) ? SX_CHECK_NO : SX_CHECK_MAYBE;
}

/* Tax identification number (AO section 139b): one digit twice or thrice, ISO 7064 MOD 11,10. */
float sx_check_de_tax_id(const sx_match *m, int arg)
{
    char d[12];
    unsigned seen[10] = {0};
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 11) return SX_CHECK_NO;
    for (size_t i = 0; i < 10; i++) {
        if (++seen[d[i] - '0'] > 3) return SX_CHECK_NO;
    }
    return sx_iso7064_mod11_10(d, 11) ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

float sx_check_de_vat(const sx_match *m, int arg)
{
    char d[12];
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 9) return SX_CHECK_NO;
    return sx_iso7064_mod11_10(d, 9) ? 0.95f : SX_CHECK_MAYBE;
}

/* Postal codes run from 01001 to 99998. */
float sx_check_de_plz(const sx_match *m, int arg)
{
    (void)arg;
    return memcmp(m->text, "00", 2) == 0 || memcmp(m->text, "01000", 5) == 0 || memcmp(m->text, "99999", 5) == 0
               ? SX_CHECK_NO
               : SX_CHECK_MAYBE;
}

/* Spanish identity letter: number modulo 23 (X, Y, Z stand for 0, 1, 2). */
float sx_check_es_letter(const sx_match *m, int arg)
{
    char v[12];
    size_t n = sx_match_alnum(m, v, sizeof v);
    (void)arg;
    if (n < 8 || n > 10) return SX_CHECK_NO;
    if (v[0] >= 'X' && v[0] <= 'Z') v[0] = (char)('0' + (v[0] - 'X'));
    return "TRWAGMYFPDXBNJZSQVHLCKE"[sx_number(v, n - 1) % 23] == v[n - 1] ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* Finnish personal identity code: date, century sign, individual number, character modulo 31. */
float sx_check_fi_hetu(const sx_match *m, int arg)
{
    char d[12];
    (void)arg;
    memcpy(d, m->text, 6);
    memcpy(d + 6, m->text + 7, 3);
    char sign = (char)(m->text[6] & ~32), check = m->text[10];
    if (sx_ascii_letter(check)) check = (char)(check & ~32);
    unsigned century = m->text[6] == '+' ? 1800 : sign >= 'A' && sign <= 'F' ? 2000 : 1900;
    unsigned day = sx_number(d, 2), month = sx_number(d + 2, 2), year = century + sx_number(d + 4, 2);
    if (!sx_date_ok(year, month, day) || sx_number(d + 6, 3) < 2) return SX_CHECK_NO;
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[sx_number(d, 9) % 31] == check ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* Italian fiscal code: odd places by a table, even ones by value, modulo 26. */
float sx_check_it_fiscal(const sx_match *m, int arg)
{
    static const unsigned char ODD[] = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                        20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
    char v[20];
    unsigned sum = 0;
    (void)arg;
    if (sx_match_alnum(m, v, sizeof v) != 16) return SX_CHECK_NO;
    for (size_t i = 0; i < 15; i++) {
        unsigned value = sx_ascii_digit(v[i]) ? (unsigned)(v[i] - '0') : (unsigned)(v[i] - 'A');
        sum += i % 2 == 0 ? ODD[value] : value;
    }
    return v[15] == (char)('A' + sum % 26) ? 0.95f : SX_CHECK_MAYBE;
}

float sx_check_it_vat(const sx_match *m, int arg)
{
    char d[12];
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 11 || sx_all_same(d, 11)) return SX_CHECK_NO;
    return sx_luhn(d, 11) ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* PESEL: birth date with the century in the month, weights 1,3,7,9. */
float sx_check_pl_pesel(const sx_match *m, int arg)
{
    static const unsigned char W[] = {1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1};
    static const unsigned CENTURY[] = {1900, 2000, 2100, 2200, 1800};
    char d[12];
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 11) return SX_CHECK_NO;
    unsigned month = sx_number(d + 2, 2);
    if (!sx_date_ok(CENTURY[month / 20] + sx_number(d, 2), month % 20, sx_number(d + 4, 2))) return SX_CHECK_NO;
    return sx_weighted(d, W, 11) % 10 == 0 ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* Swedish numbers: Luhn over the last ten digits. arg 1: a person's, which begins with a birth date (coordination numbers add
 * 60 to the day); arg 0: an organisation's, whose third digit is at least 2. */
float sx_check_se(const sx_match *m, int arg)
{
    char d[14];
    size_t n = sx_match_digits(m, d, sizeof d);
    if (n != 10 && n != 12) return SX_CHECK_NO;
    const char *t = d + n - 10;
    if (!sx_luhn(t, 10)) return SX_CHECK_NO;
    if (arg == 0) return n == 10 && t[2] >= '2' ? SX_CHECK_MAYBE : SX_CHECK_NO;
    unsigned day = sx_number(t + 4, 2), century = n == 12 ? sx_number(d, 2) : 19;
    if (century < 18 || century > 20) return SX_CHECK_NO;
    return sx_date_ok(century * 100 + sx_number(t, 2), sx_number(t + 2, 2), day > 60 ? day - 60 : day) ? SX_CHECK_MAYBE
                                                                                                       : SX_CHECK_NO;
}

/* Turkish identity number: two check digits. */
float sx_check_tr_id(const sx_match *m, int arg)
{
    static const unsigned char W[] = {7, 9, 7, 9, 7, 9, 7, 9, 7};
    static const unsigned char ONE[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    char d[12];
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 11 || d[0] == '0') return SX_CHECK_NO;
    return sx_weighted(d, W, 9) % 10 == (unsigned)(d[9] - '0') &&
                   sx_weighted(d, ONE, 10) % 10 == (unsigned)(d[10] - '0')
               ? 0.6f
               : SX_CHECK_NO;
}

/* NHS number: weights 10 to 2, modulo 11. */
float sx_check_uk_nhs(const sx_match *m, int arg)
{
    static const unsigned char W[] = {10, 9, 8, 7, 6, 5, 4, 3, 2};
    char d[12];
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 10 || sx_all_same(d, 10)) return SX_CHECK_NO;
    return (11 - sx_weighted(d, W, 9) % 11) % 11 == (unsigned)(d[9] - '0') ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* National Insurance number: prefixes that HMRC does not give out. */
float sx_check_uk_nino(const sx_match *m, int arg)
{
    static const char NEVER[] = "BG GB NK KN NT TN ZZ ";
    char v[12] = {0};
    (void)arg;
    if (sx_match_alnum(m, v, sizeof v - 1) != 9) return SX_CHECK_NO;
    v[2] = 0;
    const char *at = strstr(NEVER, v);
    return at != NULL && (at - NEVER) % 3 == 0 ? SX_CHECK_NO : SX_CHECK_MAYBE;
}

/* Plates since 2001: the two digits are the year (02 to 29), or the year plus 50. */
float sx_check_uk_plate(const sx_match *m, int arg)
{
    char v[12];
    (void)arg;
    if (sx_match_alnum(m, v, sizeof v) != 7) return SX_CHECK_NO;
    unsigned age = sx_number(v + 2, 2);
    return (age >= 2 && age <= 29) || (age >= 51 && age <= 79) ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* DVLA: the first five are letters, then nines for what the name lacks. */
float sx_check_uk_licence(const sx_match *m, int arg)
{
    (void)arg;
    return m->len == 16 ? SX_CHECK_MAYBE : SX_CHECK_NO;
}
