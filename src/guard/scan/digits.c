#include "guard/scan/digits.h"

#include "guard/scan/chars.h"

bool sx_date_ok(unsigned y, unsigned m, unsigned d)
{
    static const unsigned char DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (m < 1 || m > 12 || d < 1) return false;
    bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    return d <= DAYS[m - 1] + (m == 2 && leap ? 1u : 0u);
}

bool sx_iso7064_mod11_10(const char *d, size_t n)
{
    unsigned p = 10;
    for (size_t i = 0; i + 1 < n; i++) {
        unsigned s = (p + (unsigned)(d[i] - '0')) % 10;
        p = (s == 0 ? 10 : s) * 2 % 11;
    }
    return (11 - p) % 10 == (unsigned)(d[n - 1] - '0');
}

/* J. Verhoeff, 1969: the dihedral group of order ten and a permutation of period eight. */
bool sx_verhoeff(const char *d, size_t n)
{
    static const unsigned char P[8][10] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4},
                                           {5, 8, 0, 3, 7, 9, 6, 1, 4, 2}, {8, 9, 1, 6, 0, 4, 3, 5, 2, 7},
                                           {9, 4, 5, 3, 1, 2, 6, 8, 7, 0}, {4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
                                           {2, 7, 9, 3, 8, 0, 6, 4, 1, 5}, {7, 0, 4, 6, 9, 1, 3, 2, 5, 8}};
    unsigned c = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned x = P[i % 8][d[n - 1 - i] - '0'];
        /* c = c * x in D5: rotations 0..4, reflections 5..9 */
        c = c < 5 ? (x < 5 ? (c + x) % 5 : 5 + (c + x - 5) % 5) : (x < 5 ? 5 + (c - 5 + 5 - x) % 5 : (c + 5 - x) % 5);
    }
    return c == 0;
}

bool sx_same_separators(const char *s, size_t n)
{
    char sep = 0;
    for (size_t i = 0; i < n; i++) {
        if (sx_ascii_letter(s[i]) || sx_ascii_digit(s[i])) continue;
        if (sep != 0 && s[i] != sep) return false;
        sep = s[i];
    }
    return true;
}
