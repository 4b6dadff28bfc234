/* Checks of numbers of Asia, Africa and Oceania. */
#include <string.h>

#include "guard/scan/chars.h"
#include "guard/scan/digits.h"
#include "guard/scan/rules.h"

/* Australian Business Number: one off the first digit, weights 10,1,3,...,19, modulo 89. */
float sx_check_au_abn(const sx_match *m, int arg)
{
    static const unsigned char W[] = {10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19};
    char d[12];
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 11 || d[0] == '0') return SX_CHECK_NO;
    d[0]--;
    return sx_weighted(d, W, 11) % 89 == 0 ? 0.55f : SX_CHECK_NO;
}

float sx_check_au_abn_plain(const sx_match *m, int arg)
{
    return sx_check_au_abn(m, arg) > 0 ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

float sx_check_au_acn(const sx_match *m, int arg)
{
    static const unsigned char W[] = {8, 7, 6, 5, 4, 3, 2, 1};
    char d[12];
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 9) return SX_CHECK_NO;
    return (10 - sx_weighted(d, W, 8) % 10) % 10 == (unsigned)(d[8] - '0') ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

float sx_check_au_medicare(const sx_match *m, int arg)
{
    static const unsigned char W[] = {1, 3, 7, 9, 1, 3, 7, 9};
    char d[12];
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 10) return SX_CHECK_NO;
    return sx_weighted(d, W, 8) % 10 == (unsigned)(d[8] - '0') ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

float sx_check_au_tfn(const sx_match *m, int arg)
{
    static const unsigned char W[] = {1, 4, 3, 7, 5, 8, 6, 9, 10};
    char d[12];
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 9 || sx_all_same(d, 9)) return SX_CHECK_NO;
    return sx_weighted(d, W, 9) % 11 == 0 ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* Aadhaar (UIDAI): Verhoeff, not beginning with 0 or 1, no palindrome. */
float sx_check_in_aadhaar(const sx_match *m, int arg)
{
    char d[14];
    bool palindrome = true;
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 12 || d[0] < '2' || !sx_same_separators(m->text, m->len)) return SX_CHECK_NO;
    for (size_t i = 0; i < 6; i++) palindrome = palindrome && d[i] == d[11 - i];
    return !palindrome && sx_verhoeff(d, 12) ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* GSTIN: a state of 01 to 38 or 97, 99 before the PAN. */
float sx_check_in_gstin(const sx_match *m, int arg)
{
    unsigned state = sx_number(m->text, 2);
    (void)arg;
    return (state >= 1 && state <= 38) || state == 97 || state == 99 ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* Plates begin with the code of a state or territory. */
float sx_check_in_plate(const sx_match *m, int arg)
{
    static const char STATES[] =
        "AN AP AR AS BH BR CG CH CT DD DH DL DN GA GJ HP HR JH JK KA KL LA LD MH ML MN MP MZ NL OD OR PB "
        "PY RJ SK TN TR TS UA UK UL UP UT WB ";
    char v[16] = {0};
    (void)arg;
    size_t n = sx_match_alnum(m, v, sizeof v - 1);
    if (n < 6 || memcmp(v + n - 4, "0000", 4) == 0) return SX_CHECK_NO;
    v[2] = 0;
    const char *at = strstr(STATES, v);
    return at != NULL && (at - STATES) % 3 == 0 ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* Korean business number (NTS): weights 1,3,7,1,3,7,1,3,5 and the tens of the last product. */
float sx_check_kr_brn(const sx_match *m, int arg)
{
    static const unsigned char W[] = {1, 3, 7, 1, 3, 7, 1, 3, 5};
    char d[12];
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 10) return SX_CHECK_NO;
    unsigned sum = sx_weighted(d, W, 9) + (unsigned)(d[8] - '0') * 5 / 10;
    return (10 - sum % 10) % 10 == (unsigned)(d[9] - '0') ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* Korean driving licences begin with a region from 11 to 28, without 27. */
float sx_check_kr_licence(const sx_match *m, int arg)
{
    unsigned region = sx_number(m->text, 2);
    (void)arg;
    return region >= 11 && region <= 28 && region != 27 ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* Korean resident and foreigner numbers: a birth date; the check digit was given up in 2020, so it only raises the score. */
float sx_check_kr_rrn(const sx_match *m, int arg)
{
    static const unsigned char W[] = {2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5};
    char d[14];
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 13) return SX_CHECK_NO;
    unsigned century = d[6] == '3' || d[6] == '4' || d[6] == '7' || d[6] == '8' ? 2000 : 1900;
    if (!sx_date_ok(century + sx_number(d, 2), sx_number(d + 2, 2), sx_number(d + 4, 2))) return SX_CHECK_NO;
    unsigned base = d[6] >= '5' ? 13 : 11;
    return (base - sx_weighted(d, W, 12) % 11) % 10 == (unsigned)(d[12] - '0') ? 0.9f : SX_CHECK_MAYBE;
}

float sx_check_ng_nin(const sx_match *m, int arg)
{
    char d[12];
    (void)arg;
    return sx_match_digits(m, d, sizeof d) == 11 && !sx_all_same(d, 11) && sx_verhoeff(d, 11) ? SX_CHECK_MAYBE
                                                                                              : SX_CHECK_NO;
}

/* Singapore NRIC and FIN: weights 2,7,6,5,4,3,2; the letter tables of S/T, F/G and M. */
float sx_check_sg_nric(const sx_match *m, int arg)
{
    static const unsigned char W[] = {2, 7, 6, 5, 4, 3, 2};
    char v[12];
    (void)arg;
    if (sx_match_alnum(m, v, sizeof v) != 9) return SX_CHECK_NO;
    unsigned sum = sx_weighted(v + 1, W, 7);
    char want;
    switch (v[0]) {
    case 'S': want = "JZIHGFEDCBA"[sum % 11]; break;
    case 'T': want = "JZIHGFEDCBA"[(sum + 4) % 11]; break;
    case 'F': want = "XWUTRQPNMLK"[sum % 11]; break;
    case 'G': want = "XWUTRQPNMLK"[(sum + 4) % 11]; break;
    case 'M': want = "KLJNPQRTUWX"[10 - (sum + 3) % 11]; break;
    default: return SX_CHECK_MAYBE;
    }
    return v[8] == want ? 0.9f : SX_CHECK_MAYBE;
}

/* Singapore's Unique Entity Number (ACRA): businesses, companies, other entities. */
float sx_check_sg_uen(const sx_match *m, int arg)
{
    static const unsigned char A[] = {10, 4, 9, 3, 8, 2, 7, 1}, B[] = {10, 8, 6, 4, 9, 7, 5, 3, 1},
                               C[] = {4, 3, 5, 3, 10, 2, 2, 5, 7};
    static const char ALPHABET[] = "ABCDEFGHJKLMNPQRSTUVWX0123456789";
    char v[12];
    size_t n = sx_match_alnum(m, v, sizeof v);
    unsigned sum = 0;
    (void)arg;
    if (n == 9) return "XMKECAWLJDB"[sx_weighted(v, A, 8) % 11] == v[8] ? SX_CHECK_MAYBE : SX_CHECK_NO;
    if (n != 10) return SX_CHECK_NO;
    if (sx_ascii_digit(v[0])) return "ZKCMDNERGWH"[sx_weighted(v, B, 9) % 11] == v[9] ? SX_CHECK_MAYBE : SX_CHECK_NO;
    for (size_t i = 0; i < 9; i++) {
        const char *at = memchr(ALPHABET, v[i], sizeof ALPHABET - 1);
        if (at == NULL) return SX_CHECK_NO;
        sum += (unsigned)(at - ALPHABET) * C[i];
    }
    return ALPHABET[(sum + 11 - 5) % 11] == v[9] ? 0.6f : SX_CHECK_NO;
}

/* Thai identity number: weights 13 to 2, modulo 11. */
float sx_check_th_id(const sx_match *m, int arg)
{
    static const unsigned char W[] = {13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2};
    char d[14];
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 13) return SX_CHECK_NO;
    return (11 - sx_weighted(d, W, 12) % 11) % 10 == (unsigned)(d[12] - '0') ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* South African identity number: birth date, citizenship 0 to 2, Luhn. */
float sx_check_za_id(const sx_match *m, int arg)
{
    char d[14];
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 13 || !sx_luhn(d, 13)) return SX_CHECK_NO;
    unsigned y = sx_number(d, 2), mo = sx_number(d + 2, 2), day = sx_number(d + 4, 2);
    return sx_date_ok(1900 + y, mo, day) || sx_date_ok(2000 + y, mo, day) ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* Hong Kong identity card: up to two letters, six digits, check modulo 11 (a space counts 36). */
float sx_check_hk_id(const sx_match *m, int arg)
{
    char v[12];
    size_t n = sx_match_alnum(m, v, sizeof v), letters = n == 9 ? 2 : 1;
    (void)arg;
    if (n != 8 && n != 9) return SX_CHECK_NO;
    unsigned sum = letters == 1 ? 36 * 9 : ((unsigned)(v[0] - 'A') + 10) * 9;
    sum += ((unsigned)(v[letters - 1] - 'A') + 10) * 8;
    for (size_t i = 0; i < 6; i++) sum += (unsigned)(v[letters + i] - '0') * (unsigned)(7 - i);
    unsigned check = (11 - sum % 11) % 11;
    return v[n - 1] == (check == 10 ? 'A' : (char)('0' + check)) ? SX_CHECK_YES : SX_CHECK_NO;
}

/* Taiwan identity number and resident certificate: the letter's two digits, weights 1,9,8,...,1,1. */
float sx_check_tw_id(const sx_match *m, int arg)
{
    static const unsigned char PLACE[] = {10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21,
                                          22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33};
    static const unsigned char W[] = {8, 7, 6, 5, 4, 3, 2, 1, 1};
    char v[12];
    (void)arg;
    if (sx_match_alnum(m, v, sizeof v) != 10) return SX_CHECK_NO;
    unsigned place = PLACE[v[0] - 'A'];
    return (place / 10 + place % 10 * 9 + sx_weighted(v + 1, W, 9)) % 10 == 0 ? SX_CHECK_MAYBE : SX_CHECK_NO;
}
