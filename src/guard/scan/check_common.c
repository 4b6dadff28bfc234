/* Checks that many types share: extraction of digits, Luhn, cards, IBAN. */
#include <string.h>

#include "guard/scan/chars.h"
#include "guard/scan/rules.h"

/* Letters as capitals and digits; 0 for all other bytes. */
#define TEN(c)  c, c + 1, c + 2, c + 3, c + 4, c + 5, c + 6, c + 7, c + 8, c + 9
#define LETTERS TEN('A'), TEN('K'), 'U', 'V', 'W', 'X', 'Y', 'Z'
static const char ALNUM[256] = {[48] = TEN('0'), [65] = LETTERS, [97] = LETTERS};
#undef LETTERS
#undef TEN

size_t sx_match_alnum(const sx_match *m, char *out, size_t room)
{
    size_t n = 0;
    for (size_t i = 0; i < m->len && n < room; i++) {
        out[n] = ALNUM[(unsigned char)m->text[i]];
        n += out[n] != 0;
    }
    return n;
}

enum { A_DIGIT = 1, A_LETTER, A_BRACKET };
static const uint8_t TOLD[256] = {
    ['0'] = A_DIGIT,  ['1'] = A_DIGIT,  ['2'] = A_DIGIT,   ['3'] = A_DIGIT,  ['4'] = A_DIGIT,  ['5'] = A_DIGIT,
    ['6'] = A_DIGIT,  ['7'] = A_DIGIT,  ['8'] = A_DIGIT,   ['9'] = A_DIGIT,  ['x'] = A_LETTER, ['X'] = A_LETTER,
    ['e'] = A_LETTER, ['E'] = A_LETTER, ['('] = A_BRACKET, [')'] = A_BRACKET};

/* Makes what is shared tell of this match. A shorter one than before has the same digits but for the last. */
static sx_shared *share(const sx_match *m)
{
    sx_shared *s = m->shared;
    if (m->len == s->len) return s;
    if (m->len < s->len && s->digits > SX_SHARED_DIGITS) s->len = s->digits = 0;
    while (s->digits > 0 && s->place[s->digits - 1] >= m->len) s->digits--;
    for (size_t i = s->len; i < m->len; i++) {
        uint8_t told = TOLD[(unsigned char)m->text[i]];
        if (told == 0) continue;
        if (told == A_DIGIT) {
            if (s->digits < SX_SHARED_DIGITS) {
                s->digit[s->digits] = m->text[i];
                s->place[s->digits] = (uint16_t)i;
            }
            s->digits++;
        } else if (told == A_BRACKET) {
            if (s->bracket == 0) s->bracket = i + 1;
        } else if (s->letter == 0 && i > 0) {
            s->letter = i + 1;
        }
    }
    s->len = m->len;
    return s;
}

/* As memcpy, for few bytes. */
static void copy_few(char *to, const char *from, size_t n)
{
    if (n > 16) {
        memcpy(to, from, n);
    } else if (n >= 8) {
        uint64_t first, last;
        memcpy(&first, from, 8);
        memcpy(&last, from + n - 8, 8);
        memcpy(to, &first, 8);
        memcpy(to + n - 8, &last, 8);
    } else {
        for (size_t i = 0; i < n; i++) to[i] = from[i];
    }
}

size_t sx_match_digits(const sx_match *m, char *out, size_t room)
{
    size_t n = 0;
    if (m->shared != NULL) {
        const sx_shared *shared = share(m);
        n = shared->digits < room ? shared->digits : room;
        if (n <= SX_SHARED_DIGITS) {
            copy_few(out, shared->digit, n);
            return n;
        }
        n = 0;
    }
    for (size_t i = 0; i < m->len && n < room; i++) {
        if (sx_ascii_digit(m->text[i])) out[n++] = m->text[i];
    }
    return n;
}

bool sx_match_undivided(const sx_match *m, bool *brackets)
{
    const sx_shared *shared = share(m);
    *brackets = shared->bracket != 0 && shared->bracket <= m->len;
    return shared->letter == 0 || shared->letter > m->len;
}

bool sx_luhn(const char *digits, size_t n)
{
    static const unsigned char TWICE[10] = {0, 2, 4, 6, 8, 1, 3, 5, 7, 9};
    unsigned sum = 0;
    for (size_t i = n % 2; i < n; i += 2) sum += TWICE[digits[i] - '0'] + (unsigned)(digits[i + 1] - '0');
    if (n % 2 == 1) sum += (unsigned)(digits[0] - '0');
    return n > 0 && sum % 10 == 0;
}

static bool all_same(const char *s, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (s[i] != s[0]) return false;
    }
    return true;
}

float sx_check_luhn(const sx_match *m, int arg)
{
    char d[40];
    size_t n = sx_match_digits(m, d, sizeof d);
    if ((arg != 0 && n != (size_t)arg) || all_same(d, n)) return SX_CHECK_NO;
    return sx_luhn(d, n) ? SX_CHECK_YES : SX_CHECK_NO;
}

static unsigned prefix(const char *d, size_t n)
{
    unsigned v = 0;
    for (size_t i = 0; i < n; i++) v = v * 10 + (unsigned)(d[i] - '0');
    return v;
}

/* Issuer ranges and the lengths they issue (ISO/IEC 7812 registrations as the card networks publish them). */
static const struct {
    unsigned lo, hi;  /* of the first four digits */
    uint32_t lengths; /* bit n: n digits */
} ISSUERS[] = {
#define L(n) (1u << (n))
    {4000, 4999, L(13) | L(16) | L(19)},                                         /* Visa */
    {5100, 5599, L(16)},                                                         /* Mastercard */
    {2221, 2720, L(16)},                                                         /* Mastercard */
    {3400, 3499, L(15)},                                                         /* American Express */
    {3700, 3799, L(15)},                                                         /* American Express */
    {3000, 3059, L(14) | L(16) | L(19)},                                         /* Diners Club */
    {3095, 3095, L(14) | L(16) | L(19)},                                         /* Diners Club */
    {3600, 3699, L(14) | L(16) | L(19)},                                         /* Diners Club */
    {3800, 3999, L(14) | L(16) | L(19)},                                         /* Diners Club */
    {6011, 6011, L(16) | L(19)},                                                 /* Discover */
    {6440, 6599, L(16) | L(19)},                                                 /* Discover */
    {3528, 3589, L(16) | L(19)},                                                 /* JCB */
    {2131, 2131, L(15)},                                                         /* JCB */
    {1800, 1800, L(15)},                                                         /* JCB */
    {6200, 6299, L(16) | L(17) | L(18) | L(19)},                                 /* UnionPay */
    {8100, 8171, L(16) | L(17) | L(18) | L(19)},                                 /* UnionPay */
    {2200, 2204, L(16) | L(17) | L(18) | L(19)},                                 /* Mir */
    {5000, 5099, L(12) | L(13) | L(14) | L(15) | L(16) | L(17) | L(18) | L(19)}, /* Maestro, Dankort, Elo */
    {5600, 5899, L(12) | L(13) | L(14) | L(15) | L(16) | L(17) | L(18) | L(19)}, /* Maestro */
    {6000, 6999, L(12) | L(13) | L(14) | L(15) | L(16) | L(17) | L(18) | L(19)}, /* Maestro, RuPay, Hipercard */
    {1000, 1999, L(15)},                                                         /* UATP */
    {9792, 9792, L(16)},                                                         /* Troy */
#undef L
};

static bool issued(const char *d, size_t n)
{
    unsigned head = prefix(d, 4);
    for (size_t i = 0; i < sizeof ISSUERS / sizeof ISSUERS[0]; i++) {
        if (head >= ISSUERS[i].lo && head <= ISSUERS[i].hi && (ISSUERS[i].lengths >> n & 1u)) return true;
    }
    return false;
}

/* Cards are written in one run or in groups of one separator: 4 first, then 3 to 7. */
static bool grouped_like_a_card(const sx_match *m)
{
    size_t group = 0, groups = 0;
    char sep = 0;
    for (size_t i = 0; i < m->len; i++) {
        char c = m->text[i];
        if (sx_ascii_digit(c)) {
            group++;
            continue;
        }
        if (sep != 0 && c != sep) return false;
        if (groups == 0 ? group != 4 : (group < 3 || group > 7)) return false;
        sep = c;
        groups++;
        group = 0;
    }
    return groups == 0 || group >= 3;
}

static float check_card(const sx_match *m)
{
    char d[32];
    size_t n = sx_match_digits(m, d, sizeof d);
    if (n < 12 || n > 19 || !sx_luhn(d, n)) return SX_CHECK_NO; /* nine in ten go here */
    bool known = issued(d, n);
    if (!known && (n < 13 || d[0] < '3' || d[0] > '6')) return SX_CHECK_NO;
    if (all_same(d, n) || !grouped_like_a_card(m)) return SX_CHECK_NO;
    return known ? SX_CHECK_YES : SX_CHECK_MAYBE; /* a range we do not know, if a word says so */
}

float sx_check_card(const sx_match *m, int arg)
{
    (void)arg;
    if (m->shared == NULL) return check_card(m);
    if (m->shared->card_len != m->len) {
        float said = check_card(m);
        m->shared->card = said < 0 ? 1 : said > 0 ? 3 : 2;
        m->shared->card_len = m->len;
    }
    return m->shared->card == 1 ? SX_CHECK_NO : m->shared->card == 2 ? SX_CHECK_MAYBE : SX_CHECK_YES;
}

/* arg 1: UnionPay, sure by itself. arg 0: any card, to be told from context. */
float sx_check_cn_bank_card(const sx_match *m, int arg)
{
    char d[32];
    size_t n = sx_match_digits(m, d, sizeof d);
    if (arg == 1 && (n < 16 || prefix(d, 2) != 62)) return SX_CHECK_NO;
    if (sx_check_card(m, 0) <= 0) return SX_CHECK_NO;
    return arg == 1 ? SX_CHECK_YES : SX_CHECK_MAYBE;
}

/* Country and length (ISO 13616, SWIFT IBAN registry). */
static const char IBAN_LENGTHS[] =
    "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27"
    "GB22GE22"
    "GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20"
    "MR27MT31"
    "MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29"
    "VA22VG24"
    "XK20YE30DZ26AO25BJ28BF28CV25CM27CF27TD27KM27CG27CI28GA27GQ27GW25IR26MG27ML28MA28MZ25NE28SN28TG28";

static size_t iban_length(const char *country)
{
    for (size_t i = 0; IBAN_LENGTHS[i] != 0; i += 4) {
        if (IBAN_LENGTHS[i] == country[0] && IBAN_LENGTHS[i + 1] == country[1])
            return (size_t)(IBAN_LENGTHS[i + 2] - '0') * 10 + (size_t)(IBAN_LENGTHS[i + 3] - '0');
    }
    return 0;
}

/* Registers print account numbers in capitals, people type them in small letters, nobody mixes. */
static bool one_case(const sx_match *m)
{
    bool small = false, capital = false;
    for (size_t i = 0; i < m->len; i++) {
        if (!sx_ascii_letter(m->text[i])) continue;
        if (sx_ascii_upper(m->text[i]))
            capital = true;
        else
            small = true;
    }
    return !(small && capital);
}

float sx_check_iban(const sx_match *m, int arg)
{
    char v[40];
    (void)arg;
    if (m->len < 15 || sx_match_alnum(m, v, 2) < 2) return SX_CHECK_NO;
    size_t need = iban_length(v), n = need < 15 || m->len < need ? 0 : sx_match_alnum(m, v, need + 1);
    if (n != need || n == 0 || !one_case(m)) return SX_CHECK_NO;
    uint64_t rest = 0;
    for (size_t i = 0; i < n; i++) {
        char c = v[i + 4 < n ? i + 4 : i + 4 - n];
        rest = c <= '9' ? rest * 10 + (unsigned)(c - '0') : rest * 100 + (unsigned)(c - 'A' + 10);
        if (rest > UINT64_MAX / 1000) rest %= 97;
    }
    return rest % 97 == 1 ? SX_CHECK_YES : SX_CHECK_NO;
}
