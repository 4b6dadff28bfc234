/* Surrogates of numbers: digits are drawn, what they are written with stays, and the rule by which the guard knows the kind says
 * whether the result would pass. */
#include "guard/vault/surrogate.h"

#include <stdio.h>
#include <string.h>

#include "guard/scan/chars.h"
#include "guard/scan/rules.h"
#include "platform/unicode.h"
#include "platform/utf8.h"

enum {
    TRIES = 20000,   /* draws until a check accepts; a check of two digits takes about a hundred */
    LONGEST = 128,   /* bytes of a number */
    SHORTEST = 6,    /* letters and digits of one that is told from others when it comes back */
    FEW_LETTERS = 6, /* series and countries: more of them are a code that tells who it is */
};

void sx_dice_begin(sx_dice *dice, const unsigned char key[SX_KEY_BYTES], const char *type, const char *canon,
                   size_t len, uint32_t attempt)
{
    unsigned char of_type[SX_HASH_BYTES], of_value[SX_HASH_BYTES];
    const unsigned char number[4] = {(unsigned char)attempt, (unsigned char)(attempt >> 8),
                                     (unsigned char)(attempt >> 16), (unsigned char)(attempt >> 24)};
    sx_hash_keyed(of_type, type, strlen(type), key);
    sx_hash_keyed(of_value, canon, len, of_type);
    sx_hash_keyed(dice->key, number, sizeof number, of_value);
    dice->blocks = 0;
    dice->left = 0;
    sx_wipe(of_type, sizeof of_type);
    sx_wipe(of_value, sizeof of_value);
}

uint32_t sx_dice_roll(sx_dice *dice, uint32_t below)
{
    if (dice->left < 4) {
        sx_hash_keyed(dice->block, &dice->blocks, sizeof dice->blocks, dice->key);
        dice->blocks++;
        dice->left = sizeof dice->block;
    }
    uint32_t v;
    memcpy(&v, dice->block + sizeof dice->block - dice->left, sizeof v);
    dice->left -= 4;
    return v % below;
}

void sx_dice_end(sx_dice *dice)
{
    sx_wipe(dice, sizeof *dice);
}

/* ---- numbers ---- */

static float check(const sx_rule *rule, const char *text, size_t len)
{
    size_t lead = 0;
    const sx_match m = {text, len, 0, 0, &lead, NULL};
    return rule->check(&m, rule->arg);
}

/* The rule of the type's whose check thinks best of the value, and what it thinks; NULL when none can say. */
static const sx_rule *rule_for(const char *type, const char *value, size_t len, float *thinks)
{
    sx_rule_table table;
    const sx_rule *best = NULL;
    *thinks = SX_CHECK_NO;
    for (size_t t = 0; sx_rule_table_at(t, &table); t++) {
        for (size_t i = 0; i < table.count; i++) {
            const sx_rule *r = &table.rules[i];
            float said = r->check != NULL && strcmp(r->type, type) == 0 ? check(r, value, len) : SX_CHECK_NO;
            if (said <= *thinks) continue;
            best = r;
            *thinks = said;
        }
    }
    return best;
}

/* Digits behind a + or 00 that name a country, by ITU E.164: one, two or three. */
static size_t country_code(const char *d, size_t n)
{
    static const char TWO[] =
        "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 "
        "65 66 81 82 84 86 90 91 92 93 94 95 98 ";
    if (n < 3) return n;
    if (d[0] == '1' || d[0] == '7') return 1;
    const char pair[] = {d[0], d[1], ' ', '\0'};
    return strstr(TWO, pair) != NULL ? 2 : 3;
}

/* How many of the leading letters and digits stay: what says which kind or country it is, and nothing of whom. */
static size_t kept(const char *type, const char *alnum, size_t n, bool plus)
{
    if (strcmp(type, "CREDIT_CARD") == 0 || strcmp(type, "CN_BANK_CARD") == 0) return 2;
    if (strcmp(type, "IBAN_CODE") == 0) return 2;
    if (strcmp(type, "CN_MOBILE") == 0 && !plus) return n == 13 ? 3 : 1;
    if (strstr(type, "PHONE") == NULL && strcmp(type, "CN_MOBILE") != 0 && strstr(type, "MOBILE") == NULL) return 0;
    if (plus) return country_code(alnum, n);
    if (n > 4 && alnum[0] == '0' && alnum[1] == '0') return 2 + country_code(alnum + 2, n - 2);
    return alnum[0] == '0' ? 1 : 0;
}

static char draw_like(sx_dice *dice, char c, bool first)
{
    if (sx_ascii_digit(c))
        return (char)('0' + (first && c != '0' ? 2 + sx_dice_roll(dice, 8) : sx_dice_roll(dice, 10)));
    return (char)((sx_ascii_upper(c) ? 'A' : 'a') + sx_dice_roll(dice, 26));
}

static void number(sx_buf *out, sx_dice *dice, const char *type, const char *value, size_t len)
{
    char alnum[LONGEST], text[LONGEST + 1];
    size_t n = 0, letters = 0;
    if (len >= LONGEST) return;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)value[i] >= 0x80)
            return; /* written in another script's digits: a placeholder says as much */
        if (!sx_ascii_digit(value[i]) && !sx_ascii_letter(value[i])) continue;
        letters += sx_ascii_letter(value[i]);
        alnum[n++] = value[i];
    }
    if (n < SHORTEST || letters == n) return;
    float thinks;
    char plain[LONGEST + 1];
    memcpy(plain, value, len);
    plain[len] = '\0';
    const sx_rule *rule = rule_for(type, plain, len, &thinks);
    size_t keep = kept(type, alnum, n, value[0] == '+');
    bool draw_letters = letters > FEW_LETTERS || strcmp(type, "IBAN_CODE") == 0;
    for (unsigned t = 0; t < TRIES; t++) {
        size_t at = 0;
        bool same = true;
        for (size_t i = 0; i < len; i++) {
            char c = value[i];
            bool counts = sx_ascii_digit(c) || sx_ascii_letter(c);
            bool drawn = counts && at >= keep && (draw_letters || sx_ascii_digit(c));
            text[i] = drawn ? draw_like(dice, c, at == keep) : c;
            same = same && text[i] == c;
            at += counts;
        }
        text[len] = '\0';
        if (same || (rule != NULL && check(rule, text, len) < thinks)) continue;
        sx_buf_add(out, text, len);
        return;
    }
}

/* GB 11643: a district that exists, the birthday moved, a number of that day, the check character. */
static void resident_id(sx_buf *out, sx_dice *dice, const char *value, size_t len, int32_t shift)
{
    static const char *const DISTRICTS[] = {"110105", "120103", "310115", "320106", "330106", "340104",
                                            "350203", "370102", "410105", "420106", "430102", "440106",
                                            "500103", "510107", "530102", "610113"};
    static const unsigned char WEIGHT[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    char d[19], id[32];
    size_t n = 0;
    for (size_t i = 0; i < len && n < sizeof d; i++) {
        if (sx_ascii_digit(value[i]) || sx_ascii_letter(value[i])) d[n++] = value[i];
    }
    if (n != 18) return;
    int32_t year = (d[6] - '0') * 1000 + (d[7] - '0') * 100 + (d[8] - '0') * 10 + (d[9] - '0');
    uint32_t month = (uint32_t)((d[10] - '0') * 10 + (d[11] - '0')),
             day = (uint32_t)((d[12] - '0') * 10 + (d[13] - '0'));
    if (!sx_date_move(&year, &month, &day, shift) || year < 1900 || year > 2099) return;
    unsigned sum = 0;
    const char *district = DISTRICTS[sx_dice_roll(dice, sizeof DISTRICTS / sizeof *DISTRICTS)];
    snprintf(id, sizeof id, "%s%04d%02u%02u%03u", district, (int)year, (unsigned)month % 100, (unsigned)day % 100,
             1 + (unsigned)sx_dice_roll(dice, 999));
    for (size_t i = 0; i < 17; i++) sum += (unsigned)(id[i] - '0') * WEIGHT[i];
    id[17] = "10X98765432"[sum % 11];
    sx_reshape(out, SX_VALUE_NUMBER, value, len, id, 18);
}

/* Networks that are set aside for tests and examples: RFC 2544, RFC 3849. */
static void ip_address(sx_buf *out, sx_dice *dice, const char *value, size_t len)
{
    if (memchr(value, ':', len) == NULL)
        sx_buf_printf(out, "198.%u.%u.%u", 18 + (unsigned)sx_dice_roll(dice, 2), (unsigned)sx_dice_roll(dice, 256),
                      1 + (unsigned)sx_dice_roll(dice, 254));
    else
        sx_buf_printf(out, "2001:db8:%x:%x::%x", 1 + (unsigned)sx_dice_roll(dice, 65535),
                      1 + (unsigned)sx_dice_roll(dice, 65535), 1 + (unsigned)sx_dice_roll(dice, 65535));
}

void sx_surrogate(sx_buf *out, sx_dice *dice, const char *type, const char *value, size_t len, uint32_t attempt,
                  int32_t shift)
{
    sx_value_kind kind = sx_value_kind_of(type);
    if (strcmp(type, "PERSON") == 0)
        sx_surrogate_name(out, dice, value, len, attempt);
    else if (strcmp(type, "EMAIL_ADDRESS") == 0)
        sx_surrogate_email(out, dice);
    else if (strcmp(type, "DATE_TIME") == 0 || strcmp(type, "DATE_OF_BIRTH") == 0)
        sx_surrogate_date(out, value, len, shift + (int32_t)attempt);
    else if (strcmp(type, "IP_ADDRESS") == 0)
        ip_address(out, dice, value, len);
    else if (strcmp(type, "CN_RESIDENT_ID") == 0)
        resident_id(out, dice, value, len, shift);
    else if (kind == SX_VALUE_NUMBER)
        number(out, dice, type, value, len);
}

/* ---- shapes ---- */

static bool counts(uint32_t cp)
{
    return cp != SX_UTF8_BAD && (sx_uc_class(cp) & (SX_UC_L | SX_UC_N)) != 0;
}

static size_t count(const char *s, size_t n)
{
    size_t total = 0, step;
    for (size_t i = 0; i < n; i += step) total += counts(sx_utf8_next(s + i, n - i, &step));
    return total;
}

/* The letters and digits of one in the places of the other's. */
static bool pour(sx_buf *out, const char *shape, size_t n, const char *from, size_t from_len)
{
    size_t step, next = 0, taken;
    if (count(shape, n) != count(from, from_len)) return false;
    for (size_t i = 0; i < n; i += step) {
        uint32_t cp = sx_utf8_next(shape + i, n - i, &step);
        if (!counts(cp)) {
            sx_buf_add(out, shape + i, step);
            continue;
        }
        while (!counts(sx_utf8_next(from + next, from_len - next, &taken))) next += taken;
        sx_buf_add(out, from + next, taken);
        next += taken;
    }
    return true;
}

/* 1: all letters are capitals and there are two of them; -1: none is, and there are such; 0: mixed, or none of it. */
static int case_of(const char *s, size_t n)
{
    size_t upper = 0, lower = 0, step;
    for (size_t i = 0; i < n; i += step) {
        uint32_t class = sx_uc_class(sx_utf8_next(s + i, n - i, &step));
        upper += (class & SX_UC_LU) != 0;
        lower += (class & SX_UC_LL) != 0;
    }
    return upper > 1 && lower == 0 ? 1 : lower > 0 && upper == 0 ? -1 : 0;
}

bool sx_reshape(sx_buf *out, sx_value_kind kind, const char *shape, size_t shape_len, const char *from, size_t from_len)
{
    if (kind == SX_VALUE_NUMBER) return pour(out, shape, shape_len, from, from_len);
    int want = kind == SX_VALUE_NAME ? case_of(shape, shape_len) : 0;
    size_t step;
    if (want == 0 || case_of(from, from_len) == want) {
        sx_buf_add(out, from, from_len);
        return true;
    }
    for (size_t i = 0; i < from_len; i += step) {
        char bytes[4];
        uint32_t cp = sx_utf8_next(from + i, from_len - i, &step);
        if (cp == SX_UTF8_BAD)
            sx_buf_add(out, from + i, step);
        else
            sx_buf_add(out, bytes, sx_utf8_put(want > 0 ? sx_uc_upper(cp) : sx_uc_lower(cp), bytes));
    }
    return true;
}
