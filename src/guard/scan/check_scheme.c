/* Numbers whose last digits are weighted sums of the others, as rows of data; and the few that are computed otherwise. Each
 * names the rule it follows; python-stdnum's documentation of the same schemes was read beside the issuers' own. */
#include <string.h>

#include "guard/scan/chars.h"
#include "guard/scan/digits.h"
#include "guard/scan/rules.h"

/* What becomes of the weighted sum modulo m. */
enum { ZERO, REST, LESS, LESS_X };

/* How a date is written that must be one; in YEAR_MONTHS months tell the century by 20 or 40 more, in ICELAND firms have 40 more
 * days and the tenth digit tells the century. */
enum { NO_DATE, YMD, DMY, DAY_MONTH, YEAR_MONTHS, ICELAND };

static const struct {
    uint8_t n, mod, kind, date, date_at;
    const char *weights; /* of the digits before the check digit, and of it for ZERO; 'A' is 10 */
    const char *first;   /* what the first digit may be; NULL: any */
} SCHEMES[] = {
    [SX_SCHEME_NL_BSN] = {9, 11, ZERO, NO_DATE, 0, "98765432A", NULL}, /* Besluit BSN: eleven test, last weight -1 */
    [SX_SCHEME_PT_NIF] = {9, 11, LESS, NO_DATE, 0, "98765432", "1235689"},    /* Portaria 271/2012 */
    [SX_SCHEME_HU_TAX] = {10, 11, REST, NO_DATE, 0, "123456789", "8"},        /* Act XX of 1996 */
    [SX_SCHEME_BG_EGN] = {10, 11, REST, YEAR_MONTHS, 0, "2485A9736", NULL},   /* GRAO; the month tells the century */
    [SX_SCHEME_RO_CNP] = {13, 11, REST, YMD, 1, "279146358279", "123456789"}, /* Legea 105/1996; 10 stands as 1 */
    [SX_SCHEME_SI_EMSO] = {13, 11, LESS, DAY_MONTH, 0, "765432765432", NULL}, /* the former Yugoslav JMBG */
    [SX_SCHEME_AR_CUIT] = {11, 11, LESS, NO_DATE, 0, "5432765432", "23"},     /* AFIP */
    [SX_SCHEME_JP_MY_NUMBER] = {12, 11, LESS_X, NO_DATE, 0, "65432765432", NULL}, /* Order 85 of 2014, article 5 */
    [SX_SCHEME_PL_NIP] = {10, 11, REST, NO_DATE, 0, "657234567", NULL},           /* Act on taxpayers' numbers */
    [SX_SCHEME_IS_KENNITALA] = {10, 11, ZERO, ICELAND, 0, "3276543210",
                                NULL}, /* Act 140/2019; the last tells the century */
};

static unsigned weight(char c)
{
    return c == 'A' ? 10u : (unsigned)(c - '0');
}

static bool date_in(const char *d, unsigned order)
{
    unsigned a = sx_number(d, 2), b = sx_number(d + 2, 2), c = sx_number(d + 4, 2);
    if (order == YMD) return sx_date_ok(2000 + a, b, c);
    if (order == DAY_MONTH) return sx_date_ok(2000, b, a);
    if (order == YEAR_MONTHS) return sx_date_ok(2000, b > 40 ? b - 40 : b > 20 ? b - 20 : b, c);
    if (order == ICELAND) {
        unsigned century = d[9] == '8' ? 1800 : d[9] == '9' ? 1900 : 2000;
        return (d[9] == '0' || d[9] >= '8') && sx_date_ok(century + c, b, a > 40 ? a - 40 : a);
    }
    return order == NO_DATE || sx_date_ok(2000 + c, b, a);
}

float sx_check_scheme(const sx_match *m, int arg)
{
    char d[24];
    size_t n = sx_match_digits(m, d, sizeof d);
    if (n != SCHEMES[arg].n || sx_all_same(d, n)) return SX_CHECK_NO;
    if (SCHEMES[arg].first != NULL && memchr(SCHEMES[arg].first, d[0], strlen(SCHEMES[arg].first)) == NULL)
        return SX_CHECK_NO;
    if (SCHEMES[arg].date != NO_DATE && !date_in(d + SCHEMES[arg].date_at, SCHEMES[arg].date)) return SX_CHECK_NO;
    unsigned sum = 0, mod = SCHEMES[arg].mod, check = (unsigned)(d[n - 1] - '0');
    for (size_t i = 0; SCHEMES[arg].weights[i] != 0; i++)
        sum += weight(SCHEMES[arg].weights[i]) * (unsigned)(d[i] - '0');
    unsigned rest = sum % mod, want = rest;
    if (SCHEMES[arg].kind == ZERO) return rest == 0 ? SX_CHECK_MAYBE : SX_CHECK_NO;
    if (SCHEMES[arg].kind == LESS) want = mod - rest;
    if (SCHEMES[arg].kind == LESS_X) want = rest <= 1 ? 0 : mod - rest;
    if (want == 10 && arg == SX_SCHEME_PL_NIP) return SX_CHECK_NO; /* never issued */
    if (want == 10) want = arg == SX_SCHEME_RO_CNP ? 1 : arg == SX_SCHEME_AR_CUIT ? 9 : 0;
    if (want == 11) want = 0;
    return want == check ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* n digits modulo a number below 1000. */
static unsigned modulo(const char *d, size_t n, unsigned mod)
{
    unsigned rest = 0;
    for (size_t i = 0; i < n; i++) rest = (rest * 10 + (unsigned)(d[i] - '0')) % mod;
    return rest;
}

/* Sums of falling weights from `from` on, as two check digits modulo 11 in turn take them. */
static unsigned falling(const char *d, size_t n, unsigned from, unsigned back_to)
{
    unsigned sum = 0, w = from;
    for (size_t i = 0; i < n; i++) {
        sum += w * (unsigned)(d[i] - '0');
        w = w == 2 ? back_to : w - 1;
    }
    return sum % 11 < 2 ? 0 : 11 - sum % 11;
}

/* Instrucao Normativa RFB 1548/2015 (CPF, 11 digits) and 1863/2018 (CNPJ, 14). */
float sx_check_br(const sx_match *m, int arg)
{
    char d[20];
    size_t n = sx_match_digits(m, d, sizeof d);
    if (n != (size_t)arg || sx_all_same(d, n)) return SX_CHECK_NO;
    unsigned first = falling(d, n - 2, n == 11 ? 10 : 5, 9), second = falling(d, n - 1, n == 11 ? 11 : 6, 9);
    return first == (unsigned)(d[n - 2] - '0') && second == (unsigned)(d[n - 1] - '0') ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* INSEE: sex, year, month, place, serial, and 97 less the rest of all modulo 97; Corsica's 2A and 2B count as 19 and 18. */
float sx_check_fr_nir(const sx_match *m, int arg)
{
    char v[20];
    (void)arg;
    if (sx_match_alnum(m, v, sizeof v) != 15) return SX_CHECK_NO;
    if (v[6] == 'A' || v[6] == 'B') {
        v[6] = v[6] == 'A' ? '9' : '8';
        v[5] = '1';
    }
    for (size_t i = 0; i < 15; i++) {
        if (!sx_ascii_digit(v[i])) return SX_CHECK_NO;
    }
    return 97 - modulo(v, 13, 97) == sx_number(v + 13, 2) ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* Royal decree of 3 April 1984: date, serial, and 97 less the rest; from 2000 on with a 2 before it. */
float sx_check_be_national(const sx_match *m, int arg)
{
    char d[14] = "2";
    (void)arg;
    if (sx_match_digits(m, d + 1, 12) != 11) return SX_CHECK_NO;
    unsigned check = sx_number(d + 10, 2), month = sx_number(d + 3, 2) % 20;
    if (month > 12 || sx_number(d + 5, 2) > 31) return SX_CHECK_NO;
    bool good = 97 - modulo(d + 1, 9, 97) == check || 97 - modulo(d, 10, 97) == check;
    return good ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* ASVG section 31: serial, check digit, birth date; modulo 11. */
float sx_check_at_svnr(const sx_match *m, int arg)
{
    static const unsigned char W[] = {3, 7, 9, 0, 5, 8, 4, 2, 1, 6};
    char d[12];
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 10 || d[0] == '0') return SX_CHECK_NO;
    if (sx_number(d + 4, 2) > 31 || sx_number(d + 6, 2) > 15 || sx_number(d + 6, 2) == 0) return SX_CHECK_NO;
    return sx_weighted(d, W, 10) % 11 == (unsigned)(d[3] - '0') ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* Skatteetaten: birth date, serial, two check digits modulo 11. */
float sx_check_no_fnr(const sx_match *m, int arg)
{
    static const unsigned char FIRST[] = {3, 7, 6, 1, 8, 9, 4, 5, 2, 1}, SECOND[] = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1};
    char d[14];
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 11) return SX_CHECK_NO;
    if (sx_number(d, 2) % 40 > 31 || sx_number(d + 2, 2) % 40 > 12) return SX_CHECK_NO;
    return sx_weighted(d, FIRST, 10) % 11 == 0 && sx_weighted(d, SECOND, 11) % 11 == 0 ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* CPR office: a birth date and a serial; check digits are no longer kept. */
float sx_check_dk_cpr(const sx_match *m, int arg)
{
    char d[12];
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 10) return SX_CHECK_NO;
    return date_in(d, DMY) ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* Social Welfare Acts: weights 8 to 2 over the digits, 9 over a second letter, modulo 23. */
float sx_check_ie_ppsn(const sx_match *m, int arg)
{
    static const unsigned char W[] = {8, 7, 6, 5, 4, 3, 2};
    char v[12];
    (void)arg;
    size_t n = sx_match_alnum(m, v, sizeof v);
    if (n != 8 && n != 9) return SX_CHECK_NO;
    unsigned sum = sx_weighted(v, W, 7) + (n == 9 && v[8] != 'W' ? 9 * ((unsigned)(v[8] - 'A') + 1) : 0);
    return "WABCDEFGHIJKLMNOPQRSTUV"[sum % 23] == v[7] ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* Act 133/2000: date (women's months have 50 more), serial, all divisible by 11. */
float sx_check_cz_birth(const sx_match *m, int arg)
{
    char d[12];
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 10) return SX_CHECK_NO;
    unsigned month = sx_number(d + 2, 2) % 50, day = sx_number(d + 4, 2);
    if (month > 20) month -= 20;
    if (month < 1 || month > 12 || day < 1 || day > 31) return SX_CHECK_NO;
    return modulo(d, 10, 11) == 0 ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* Estonia and Lithuania: century and sex, date, serial, a sum modulo 11 with a second try. */
float sx_check_baltic(const sx_match *m, int arg)
{
    static const unsigned char FIRST[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1}, SECOND[] = {3, 4, 5, 6, 7, 8, 9, 1, 2, 3};
    char d[14];
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 11 || !date_in(d + 1, YMD)) return SX_CHECK_NO;
    unsigned check = sx_weighted(d, FIRST, 10) % 11;
    if (check == 10) check = sx_weighted(d, SECOND, 10) % 11;
    return check % 10 == (unsigned)(d[10] - '0') ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* Latvia: a date and the century with a sum modulo 11 over all, or since 2017 a serial from 32 on without a check digit. */
float sx_check_lv_pk(const sx_match *m, int arg)
{
    static const unsigned char W[] = {10, 5, 8, 4, 2, 1, 6, 3, 7, 9};
    char d[14];
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 11 || sx_all_same(d, 11)) return SX_CHECK_NO;
    if (d[0] == '3' && d[1] >= '2') return SX_CHECK_MAYBE;
    if (d[6] > '2' ||
        !sx_date_ok(1800 + 100 * (unsigned)(d[6] - '0') + sx_number(d + 4, 2), sx_number(d + 2, 2), sx_number(d, 2)))
        return SX_CHECK_NO;
    return (1 + sx_weighted(d, W, 10)) % 11 % 10 == (unsigned)(d[10] - '0') ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* Luxembourg, regulation of 28 November 2013: birth date, serial, a digit by Luhn and one by Verhoeff over the first eleven. */
float sx_check_lu_matricule(const sx_match *m, int arg)
{
    char d[16];
    (void)arg;
    if (sx_match_digits(m, d, sizeof d) != 13) return SX_CHECK_NO;
    if (!sx_date_ok(sx_number(d, 4), sx_number(d + 4, 2), sx_number(d + 6, 2)) || !sx_luhn(d, 12)) return SX_CHECK_NO;
    d[11] = d[12];
    return sx_verhoeff(d, 12) ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* arg 11: Croatia's OIB (ISO 7064 modulo 11,10). arg 13: Switzerland's AHV number (EAN-13). */
float sx_check_check_digit(const sx_match *m, int arg)
{
    static const unsigned char EAN[] = {1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1};
    char d[20];
    size_t n = sx_match_digits(m, d, sizeof d);
    if (n != (size_t)arg || sx_all_same(d, n)) return SX_CHECK_NO;
    bool good = arg == 11 ? sx_iso7064_mod11_10(d, n) : sx_weighted(d, EAN, 13) % 10 == 0;
    return good ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* arg 0: AFM of Greece, powers of two modulo 11. arg 1: AMKA, a date and Luhn. */
float sx_check_gr(const sx_match *m, int arg)
{
    char d[14];
    size_t n = sx_match_digits(m, d, sizeof d);
    if (arg == 1) return n == 11 && date_in(d, DMY) && sx_luhn(d, n) ? SX_CHECK_MAYBE : SX_CHECK_NO;
    unsigned sum = 0;
    if (n != 9 || sx_all_same(d, n)) return SX_CHECK_NO;
    for (size_t i = 0; i < 8; i++) sum = sum * 2 + (unsigned)(d[i] - '0');
    return sum * 2 % 11 % 10 == (unsigned)(d[8] - '0') ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* Ministerio de Hacienda: 2 to 7 in turn from the right, modulo 11, K for ten. */
float sx_check_cl_rut(const sx_match *m, int arg)
{
    char v[12];
    (void)arg;
    size_t n = sx_match_alnum(m, v, sizeof v);
    unsigned sum = 0;
    if (n < 8 || n > 9) return SX_CHECK_NO;
    for (size_t i = 0; i + 1 < n; i++) sum += (unsigned)(v[n - 2 - i] - '0') * (unsigned)(2 + i % 6);
    return "0K987654321"[sum % 11] == v[n - 1] ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* RENAPO: letters of the names, birth date, sex, state, and a digit over all (37 characters, N after A to N). */
float sx_check_mx_curp(const sx_match *m, int arg)
{
    static const char ALPHABET[] = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ";
    char v[20];
    unsigned sum = 0;
    (void)arg;
    if (sx_match_alnum(m, v, sizeof v) != 18 || !date_in(v + 4, YMD)) return SX_CHECK_NO;
    for (size_t i = 0; i < 17; i++) sum += (unsigned)(strchr(ALPHABET, v[i]) - ALPHABET) * (unsigned)(18 - i);
    return (10 - sum % 10) % 10 == (unsigned)(v[17] - '0') ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* SAT: three or four letters and a date that is one. */
float sx_check_mx_rfc(const sx_match *m, int arg)
{
    char v[16];
    (void)arg;
    size_t n = sx_match_alnum(m, v, sizeof v);
    return (n == 12 || n == 13) && date_in(v + n - 9, YMD) ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* arg 0: Indonesia's NIK: district, birth date (women's days have 40 more), serial. arg 1: Malaysia's number: date, place.
 * arg 2: Vietnam's: province, century and sex, year. */
float sx_check_se_asia(const sx_match *m, int arg)
{
    char d[20];
    size_t n = sx_match_digits(m, d, sizeof d);
    if (arg == 0) {
        if (n != 16 || d[0] == '0') return SX_CHECK_NO;
        unsigned day = sx_number(d + 6, 2) % 40, month = sx_number(d + 8, 2);
        return day >= 1 && day <= 31 && month >= 1 && month <= 12 && sx_number(d + 12, 4) > 0 ? SX_CHECK_MAYBE
                                                                                              : SX_CHECK_NO;
    }
    if (n != 12) return SX_CHECK_NO;
    if (arg == 2) return sx_number(d, 3) >= 1 && sx_number(d, 3) <= 96 && d[3] <= '3' ? SX_CHECK_MAYBE : SX_CHECK_NO;
    unsigned place = sx_number(d + 6, 2);
    bool known = place > 0 && place != 17 && place != 18 && place != 19 && place != 20 && place != 69 && place != 70 &&
                 place != 73 && place != 80 && place != 81 && place != 94 && place != 95 && place != 96 && place != 97;
    return known && date_in(d, YMD) ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* Inland Revenue: weights 3,2,7,6,5,4,3,2, on a rest of ten 7,4,3,2,5,2,7,6; modulo 11. */
float sx_check_nz_ird(const sx_match *m, int arg)
{
    static const unsigned char FIRST[] = {3, 2, 7, 6, 5, 4, 3, 2}, SECOND[] = {7, 4, 3, 2, 5, 2, 7, 6};
    char d[12] = "0";
    (void)arg;
    size_t n = sx_match_digits(m, d + 1, 10);
    if (n != 8 && n != 9) return SX_CHECK_NO;
    const char *all = n == 8 ? d : d + 1;
    if (sx_number(all, 9) < 10000000u || sx_number(all, 9) > 150000000u) return SX_CHECK_NO;
    unsigned check = (11 - sx_weighted(all, FIRST, 8) % 11) % 11;
    if (check == 10) check = (11 - sx_weighted(all, SECOND, 8) % 11) % 11;
    return check == (unsigned)(all[8] - '0') ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* 49 CFR 565: letters as digits, weights, modulo 11, X for ten in the ninth place. */
float sx_check_vin(const sx_match *m, int arg)
{
    static const char VALUES[] = "12345678012345070923456789"; /* of A to Z */
    static const unsigned char W[] = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
    char v[20];
    unsigned sum = 0, digits = 0;
    (void)arg;
    if (sx_match_alnum(m, v, sizeof v) != 17) return SX_CHECK_NO;
    for (size_t i = 0; i < 17; i++) {
        digits += sx_ascii_digit(v[i]);
        sum += W[i] * (unsigned)((sx_ascii_digit(v[i]) ? v[i] : VALUES[v[i] - 'A']) - '0');
    }
    return digits >= 4 && digits < 17 && "0123456789X"[sum % 11] == v[8] ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* ISO 17442: ISO 7064 modulo 97,10 over letters as two digits. */
float sx_check_lei(const sx_match *m, int arg)
{
    char v[24];
    unsigned rest = 0;
    (void)arg;
    if (sx_match_alnum(m, v, sizeof v) != 20) return SX_CHECK_NO;
    for (size_t i = 0; i < 20; i++) {
        bool digit = sx_ascii_digit(v[i]);
        rest = (rest * (digit ? 10u : 100u) + (unsigned)(digit ? v[i] - '0' : v[i] - 'A' + 10)) % 97;
    }
    return rest == 1 ? SX_CHECK_YES : SX_CHECK_NO;
}

/* ISO 9362: letters five and six are a country; in capitals, as the registers print it. */
float sx_check_bic(const sx_match *m, int arg)
{
    static const char COUNTRIES[] =
        "AD AE AL AM AO AR AT AU AZ BA BB BD BE BG BH BM BN BO BR BS BW BY BZ CA CH CI CL CM CN CO CR CU CV CY CZ DE DK DO "
        "DZ EC EE EG ES ET FI FJ FO FR GB GE GG GH GI GR GT HK HN HR HU ID IE IL IM IN IQ IR IS IT JE JM JO JP KE KG KH KR "
        "KW KY KZ LA LB LI LK LT LU LV LY MA MC MD ME MG MK MM MN MO MT MU MV MX MY MZ NA NG NI NL NO NP NZ OM PA PE PG PH "
        "PK PL PR PS PT PY QA RO RS RU RW SA SC SD SE SG SI SK SM SN SR SV SY TH TJ TM TN TR TT TW TZ UA UG US UY UZ VA VE "
        "VN XK YE ZA ZM ZW ";
    char country[] = {m->text[4], m->text[5], ' ', 0};
    (void)arg;
    return strstr(COUNTRIES, country) != NULL ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* Degrees: latitude up to 90, longitude up to 180. */
float sx_check_coordinates(const sx_match *m, int arg)
{
    unsigned part = 0, whole[2] = {0, 0};
    bool point = false;
    (void)arg;
    for (size_t i = 0; i < m->len; i++) {
        char c = m->text[i];
        if (c == ',') {
            part = 1;
            point = false;
        }
        if (c == '.') point = true;
        if (!point && sx_ascii_digit(c)) whole[part] = whole[part] * 10 + (unsigned)(c - '0');
    }
    return whole[0] <= 90 && whole[1] <= 180 ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* What leads to a value stays outside of the finding: up to the last '/' (arg 0) or what follows ':' (arg 1). */
float sx_check_behind_lead(const sx_match *m, int arg)
{
    size_t at = 0;
    for (size_t i = 0; i < m->len; i++) {
        if (m->text[i] == (arg == 0 ? '/' : ':') && (arg == 0 || at == 0)) at = i + 1;
    }
    while (at < m->len && m->text[at] == ' ') at++;
    *m->lead = at;
    return at < m->len ? SX_CHECK_MAYBE : SX_CHECK_NO;
}
