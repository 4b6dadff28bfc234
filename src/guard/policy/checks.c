/* Check digits that a policy's patterns may ask for by name. They look at the match's letters and digits alone. */
#include <string.h>

#include "guard/policy/read.h"

enum { ROOM = 64 };

static float verdict(bool right)
{
    return right ? SX_CHECK_MAYBE : SX_CHECK_NO; /* the rule's own score stands */
}

static float luhn(const sx_match *m, int arg)
{
    char d[ROOM];
    size_t n = sx_match_digits(m, d, ROOM);
    (void)arg;
    return verdict(n > 1 && n < ROOM && sx_luhn(d, n));
}

/* ISO/IEC 7064 MOD 97-10: letters count from 10 on, the whole leaves 1. */
static float mod97(const sx_match *m, int arg)
{
    char s[ROOM];
    size_t n = sx_match_alnum(m, s, ROOM);
    unsigned rest = 0;
    (void)arg;
    for (size_t i = 0; i < n; i++) {
        bool digit = s[i] >= '0' && s[i] <= '9';
        unsigned v = (unsigned)(digit ? s[i] - '0' : s[i] - 'A' + 10);
        rest = (rest * (digit ? 10 : 100) + v) % 97;
    }
    return verdict(n > 2 && n < ROOM && rest == 1);
}

/* ISO/IEC 7064 MOD 11-2: the last may be X. */
static float mod11_2(const sx_match *m, int arg)
{
    char s[ROOM];
    size_t n = sx_match_alnum(m, s, ROOM);
    unsigned sum = 0;
    (void)arg;
    if (n < 2 || n >= ROOM) return SX_CHECK_NO;
    for (size_t i = 0; i + 1 < n; i++) {
        if (s[i] < '0' || s[i] > '9') return SX_CHECK_NO;
        sum = (sum + (unsigned)(s[i] - '0')) * 2 % 11;
    }
    unsigned last = s[n - 1] == 'X' ? 10 : (unsigned)(s[n - 1] - '0');
    return verdict(last <= 10 && (sum + last) % 11 == 1);
}

/* ISO/IEC 7064 MOD 11,10. */
static float mod11_10(const sx_match *m, int arg)
{
    char d[ROOM];
    size_t n = sx_match_digits(m, d, ROOM);
    unsigned p = 10;
    (void)arg;
    if (n < 2 || n >= ROOM) return SX_CHECK_NO;
    for (size_t i = 0; i + 1 < n; i++) {
        unsigned s = (p + (unsigned)(d[i] - '0')) % 10;
        p = (s == 0 ? 10 : s) * 2 % 11;
    }
    return verdict((p + (unsigned)(d[n - 1] - '0')) % 10 == 1);
}

/* J. Verhoeff, "Error Detecting Decimal Codes", 1969: the dihedral group of order 10. */
static float verhoeff(const sx_match *m, int arg)
{
    static const uint8_t PERMUTE[10] = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
    char d[ROOM];
    size_t n = sx_match_digits(m, d, ROOM);
    unsigned c = 0;
    (void)arg;
    if (n < 2 || n >= ROOM) return SX_CHECK_NO;
    for (size_t i = 0; i < n; i++) {
        unsigned x = (unsigned)(d[n - 1 - i] - '0');
        for (size_t k = 0; k < i % 8; k++) x = PERMUTE[x];
        bool turned = c >= 5, mirrored = x >= 5; /* a rotation, or a reflection behind it */
        unsigned a = c % 5, b = x % 5;
        c = (turned ? (a + 5 - b) % 5 : (a + b) % 5) + (turned != mirrored ? 5 : 0);
    }
    return verdict(c == 0);
}

/* M. Damm, 2004: a totally anti-symmetric quasigroup of order 10. */
static float damm(const sx_match *m, int arg)
{
    static const uint8_t NEXT[10][10] = {{0, 3, 1, 7, 5, 9, 8, 6, 4, 2}, {7, 0, 9, 2, 1, 5, 4, 8, 6, 3},
                                         {4, 2, 0, 6, 8, 7, 1, 3, 5, 9}, {1, 7, 5, 0, 9, 8, 3, 4, 2, 6},
                                         {6, 1, 2, 3, 0, 4, 5, 9, 7, 8}, {3, 6, 7, 4, 2, 0, 9, 5, 8, 1},
                                         {5, 8, 6, 9, 7, 2, 0, 1, 3, 4}, {8, 9, 4, 5, 3, 6, 2, 0, 1, 7},
                                         {9, 4, 3, 8, 6, 1, 7, 2, 0, 5}, {2, 5, 8, 1, 4, 3, 6, 7, 9, 0}};
    char d[ROOM];
    size_t n = sx_match_digits(m, d, ROOM);
    uint8_t c = 0;
    (void)arg;
    for (size_t i = 0; i < n && n < ROOM; i++) c = NEXT[c][d[i] - '0'];
    return verdict(n > 1 && n < ROOM && c == 0);
}

/* GS1 (EAN, GTIN): weights 1 and 3 from the right. */
static float gs1(const sx_match *m, int arg)
{
    char d[ROOM];
    size_t n = sx_match_digits(m, d, ROOM);
    unsigned sum = 0;
    (void)arg;
    for (size_t i = 0; i < n && n < ROOM; i++) sum += (unsigned)(d[n - 1 - i] - '0') * (i % 2 == 0 ? 1 : 3);
    return verdict(n > 1 && n < ROOM && sum % 10 == 0);
}

static const struct {
    const char *name;
    sx_check_fn fn;
} CHECKS[] = {{"luhn", luhn},         {"mod97-10", mod97}, {"mod11-2", mod11_2}, {"mod11-10", mod11_10},
              {"verhoeff", verhoeff}, {"damm", damm},      {"gs1", gs1}};

sx_check_fn sx_policy_check(const char *name)
{
    for (size_t i = 0; i < sizeof CHECKS / sizeof *CHECKS; i++) {
        if (strcmp(CHECKS[i].name, name) == 0) return CHECKS[i].fn;
    }
    return NULL;
}

const char *sx_policy_check_name(size_t i)
{
    return i < sizeof CHECKS / sizeof *CHECKS ? CHECKS[i].name : NULL;
}
